use actor_runtime::actor;

pub struct Cache(Vec<u8>);

#[actor]
impl Cache {
    #[command(last)]
    pub fn values(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.0)
    }
}

async fn use_client(cache: &CacheClient) {
    let _ = cache.values().await;
}

fn main() {}
