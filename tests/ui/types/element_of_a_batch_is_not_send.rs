use std::rc::Rc;

use actor_runtime::actor;

pub struct Cache;

#[actor]
impl Cache {
    #[command(batch = 8)]
    pub fn add(&mut self, rows: Vec<Rc<u8>>) {
        drop(rows);
    }
}

fn main() {}
