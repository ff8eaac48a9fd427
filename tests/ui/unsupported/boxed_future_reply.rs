use std::future::{Future, ready};
use std::pin::Pin;

use actor_runtime::actor;

type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

struct Cache;

#[actor]
impl Cache {
    pub fn get(&self) -> BoxFuture<'_, u32> {
        Box::pin(ready(1))
    }

    pub fn set(&mut self) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        Box::pin(ready(()))
    }
}

fn main() {}
