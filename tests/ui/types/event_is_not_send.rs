use std::rc::Rc;

use actor_runtime::actor;

pub struct Cache;

#[actor(event = Rc<u8>)]
impl Cache {
    pub fn len(&self) -> usize {
        0
    }
}

fn main() {}
