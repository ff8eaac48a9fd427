use std::rc::Rc;

use actor_runtime::actor;

pub struct Cache;

#[actor]
impl Cache {
    #[command(batch = 8)]
    pub fn add(&mut self, rows: Vec<u8>) -> Vec<Rc<u8>> {
        rows.into_iter().map(Rc::new).collect()
    }
}

fn main() {}
