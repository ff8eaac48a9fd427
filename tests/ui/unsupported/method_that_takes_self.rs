use actor_runtime::actor;

pub struct Cache(Vec<u8>);

#[actor]
impl Cache {
    pub fn new() -> Self {
        Self(Vec::new())
    }

    pub fn with(mut self, value: u8) -> Self {
        self.0.push(value);
        self
    }

    pub fn into_values(self) -> Vec<u8> {
        self.0
    }
}

async fn use_client(cache: &CacheClient) {
    let _ = cache.into_values().await;
}

fn main() {}
