use actor_runtime::{CallError, actor};

struct Cache;

// The client keeps the other methods.
#[actor]
impl Cache {
    pub() fn set(&mut self, key: String) {
        drop(key);
    }

    pub fn clear(&mut self) {}
}

async fn clear(cache: CacheClient) -> Result<(), CallError> {
    cache.clear().await
}

fn main() {
    drop(clear);
}
