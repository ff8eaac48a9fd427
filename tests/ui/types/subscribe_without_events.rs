use actor_runtime::actor;

pub struct Cache;

#[actor]
impl Cache {
    pub fn len(&self) -> usize {
        0
    }
}

pub fn listens(cache: &CacheClient) {
    cache.subscribe();
}

fn main() {}
