use std::rc::Rc;

use actor_runtime::actor;

pub struct Cache;

#[actor]
impl Cache {
    #[on(std::future::pending::<Rc<u8>>())]
    fn done(&mut self, shared: Rc<u8>) {
        drop(shared);
    }
}

fn main() {}
