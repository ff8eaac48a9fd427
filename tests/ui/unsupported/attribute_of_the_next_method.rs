use actor_runtime::{CallError, actor};

struct Cache;

// While a method is being typed, its attribute stands on the next one, which the client keeps as a command.
#[actor]
impl Cache {
    #[every(std::time::Duration::from_secs(1))]
    pub fn get(&self, key: &str) -> usize {
        key.len()
    }

    #[run]
    pub fn set(&mut self, key: String) -> bool {
        key.is_empty()
    }

    #[watch]
    pub fn remove(&self, key: &str) -> usize {
        key.len()
    }
}

async fn use_client(cache: CacheClient) -> Result<usize, CallError> {
    cache.set("key".to_owned()).await?;
    Ok(cache.get("key").await? + cache.remove("key").await?)
}

fn main() {
    drop(use_client);
}
