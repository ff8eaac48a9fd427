use std::rc::Rc;

use actor_runtime::actor;

async fn wait() {
    let shared = Rc::new(0);
    std::future::ready(()).await;
    drop(shared);
}

pub struct Cache;

#[actor]
impl Cache {
    #[on(wait())]
    fn done(&mut self) {}
}

fn main() {}
