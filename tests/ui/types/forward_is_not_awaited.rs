#![deny(unused_must_use)]

use actor_runtime::{Reply, actor};

pub struct Store;

#[actor(try)]
impl Store {
    pub fn load(&self) -> u32 {
        0
    }
}

pub struct Cache {
    store: StoreClient,
}

#[actor]
impl Cache {
    pub fn get(&self, reply: Reply<u32>) {
        if let Ok(answer) = self.store.try_load() {
            reply.forward(answer);
        }
    }
}

fn main() {}
