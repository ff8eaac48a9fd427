use std::error::Error;

use actor_runtime::{Actor, CancellationToken, actor};

pub struct Cache;

#[actor]
impl Cache {
    pub async fn load(&mut self, path: &str) -> Result<String, Box<dyn Error>> {
        Ok(path.to_owned())
    }
}

async fn load() -> Option<String> {
    let cache = Cache.spawn(CancellationToken::new());
    let loading = cache.load("a");
    loading.await.ok()?.ok()
}

fn main() {
    drop(load());
}
