use std::rc::Rc;

use actor_runtime::actor;

pub struct Cache;

#[actor]
impl Cache {
    pub fn set(&mut self, values: &[Rc<str>]) {
        let _ = values;
    }
}

fn main() {}
