use actor_runtime::actor;

pub struct Value;

pub struct Cache;

#[actor]
impl Cache {
    pub fn set(&mut self, value: &Value) {
        let _ = value;
    }
}

async fn calls(cache: CacheClient) {
    cache.set(&Value).await.unwrap();
}

fn main() {}
