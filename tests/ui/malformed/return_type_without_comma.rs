use actor_runtime::{CallError, actor};

struct Cache;

// The client keeps the other methods.
#[actor]
impl Cache {
    pub fn load(&mut self) -> Result<() String> {
        Ok(())
    }

    pub fn store(&mut self) -> Result<Vec<u8> std::io::Error> {
        Ok(Vec::new())
    }

    pub fn keys(&self) -> Vec<std::string::> {
        Vec::new()
    }

    pub fn clear(&mut self) {}
}

async fn clear(cache: CacheClient) -> Result<(), CallError> {
    cache.clear().await
}

fn main() {
    drop(clear);
}
