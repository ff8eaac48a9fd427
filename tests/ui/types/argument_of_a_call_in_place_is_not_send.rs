use std::rc::Rc;

use actor_runtime::actor;

pub struct Cache;

#[actor(in_place)]
impl Cache {
    pub fn set(&mut self, value: Rc<str>) -> usize {
        value.len()
    }

    pub fn size(&self) -> usize {
        0
    }
}

fn main() {}
