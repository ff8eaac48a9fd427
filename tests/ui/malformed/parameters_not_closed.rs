use actor_runtime::{CallError, actor};

struct Cache;

// The client keeps the other methods.
#[actor]
impl Cache {
    pub fn set(&mut self, entries: Vec<(u8, String))> -> usize {
        entries.len()
    }

    pub fn clear(&mut self) {}
}

async fn clear(cache: CacheClient) -> Result<(), CallError> {
    cache.clear().await
}

fn main() {
    drop(clear);
}
