use std::sync::{Mutex, MutexGuard, RwLockReadGuard};

use actor_runtime::actor;

pub struct Cache(Mutex<u8>);

#[actor]
impl Cache {
    pub fn lock(&self) -> MutexGuard<u8> {
        self.0.lock().unwrap()
    }

    pub fn set(&mut self, values: RwLockReadGuard<Vec<u8>>) {
        drop(values);
    }
}

async fn call(cache: CacheClient) {
    cache.lock().await.unwrap();
}

fn main() {}
