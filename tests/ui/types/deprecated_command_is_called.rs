#![deny(deprecated)]

use actor_runtime::actor;

pub struct Cache;

#[actor]
impl Cache {
    #[deprecated = "use `set`"]
    pub fn reset(&mut self) {}
}

pub async fn calls(cache: CacheClient) {
    let _ = cache.reset().await;
}

fn main() {}
