use std::rc::Rc;

use actor_runtime::actor;

pub struct Cache;

#[actor]
impl Cache {
    #[every(std::time::Duration::from_secs(1))]
    async fn tick(&mut self) {
        let shared = Rc::new(0);
        std::future::ready(()).await;
        drop(shared);
    }
}

fn main() {}
