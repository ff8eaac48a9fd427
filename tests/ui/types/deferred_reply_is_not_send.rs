use std::rc::Rc;

use actor_runtime::{Reply, actor};

pub struct Cache;

#[actor]
impl Cache {
    pub fn ask(&mut self, reply: Reply<Rc<u8>>) {
        drop(reply);
    }
}

fn main() {}
