use actor_runtime::actor;

pub struct Cache<'a>(&'a str);

#[actor]
impl<'a> Cache<'a> {
    pub fn get(&'a self) -> u8 {
        self.0.len() as u8
    }

    pub async fn set(&'static mut self) {}
}

async fn calls(cache: CacheClient) {
    let _: u8 = cache.get().await.unwrap();
}

fn main() {}
