use actor_runtime::actor;

pub struct Cache;

#[actor]
impl Clone for Cache {
    fn clone(&self) -> Self {
        Cache
    }
}

fn main() {}
