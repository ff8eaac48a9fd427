#![deny(unused_must_use)]

use actor_runtime::actor;

pub struct Cache;

#[actor(errors = default)]
impl Cache {
    #[must_use = "it is expensive"]
    pub fn get(&self) -> u8 {
        1
    }
}

pub async fn calls(cache: CacheClient) {
    cache.get().await;
}

fn main() {}
