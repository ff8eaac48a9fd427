use std::rc::Rc;

use actor_runtime::actor;

pub struct Cache;

#[actor]
impl Cache {
    pub async fn load(&mut self) -> usize {
        let shared = Rc::new(0);
        std::future::ready(()).await;
        Rc::strong_count(&shared)
    }
}

fn main() {}
