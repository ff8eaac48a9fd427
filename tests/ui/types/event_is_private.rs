use actor_runtime::actor;

pub struct Cache;

#[derive(Clone)]
struct CacheEvent;

#[actor(event = CacheEvent)]
impl Cache {
    pub fn len(&self) -> usize {
        0
    }
}

fn main() {}
