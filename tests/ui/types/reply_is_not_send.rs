use std::rc::Rc;

use actor_runtime::actor;

pub struct Cache;

#[actor]
impl Cache {
    pub fn get(&self) -> Rc<str> {
        Rc::from("")
    }
}

fn main() {}
