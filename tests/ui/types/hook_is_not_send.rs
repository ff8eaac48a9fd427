use std::rc::Rc;

use actor_runtime::actor;

pub struct Cache;

#[actor]
impl Cache {
    #[on_start]
    async fn open(&mut self) {
        let shared = Rc::new(0);
        std::future::ready(()).await;
        drop(shared);
    }
}

fn main() {}
