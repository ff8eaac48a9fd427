use std::rc::Rc;

use actor_runtime::actor;

pub struct Cache;

#[actor]
impl Cache {
    pub async fn set(&mut self, value: Rc<str>) {
        std::future::ready(value).await;
    }
}

fn main() {}
