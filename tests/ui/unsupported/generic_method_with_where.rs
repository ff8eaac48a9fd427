use actor_runtime::actor;

pub struct Cache;

#[actor]
impl Cache {
    pub fn set<T>(&mut self, value: T)
    where
        T: ToString,
    {
        let _ = value;
    }
}

async fn calls(cache: CacheClient) {
    cache.set(1).await.unwrap();
}

fn main() {}
