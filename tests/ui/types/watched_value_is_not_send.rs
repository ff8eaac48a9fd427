use std::rc::Rc;

use actor_runtime::actor;

pub struct Cache;

#[actor]
impl Cache {
    #[watch]
    pub fn health(&self) -> Rc<u8> {
        Rc::new(1)
    }
}

fn main() {}
