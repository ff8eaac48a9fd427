use std::rc::Rc;

use actor_runtime::actor;

pub struct Cache {
    shared: Rc<str>,
}

#[actor]
impl Cache {
    pub fn get(&self) -> usize {
        Rc::strong_count(&self.shared)
    }
}

fn main() {}
