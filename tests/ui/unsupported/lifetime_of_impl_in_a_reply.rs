use actor_runtime::actor;

pub struct Cache<'a>(&'a str);

#[actor]
impl<'a> Cache<'a> {
    pub fn get(&self) -> &'a str {
        self.0
    }
}

async fn calls(cache: CacheClient) {
    let _: usize = cache.get().await.unwrap().len();
}

fn main() {}
