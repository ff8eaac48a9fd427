//! The cache of `examples/cache.rs`, whose calls may run in place.

use std::collections::HashMap;
use std::hint::black_box;

use actor_runtime::{Actor as _, CancellationToken, actor};
use benches::contender::{Contender, key};

/// The values by key.
#[derive(Default)]
pub(crate) struct Cache {
    store: HashMap<String, String>,
}

#[actor(in_place, errors = default)]
impl Cache {
    /// Returns the value stored under `key`.
    pub(crate) fn get(&self, key: &str) -> Option<String> {
        self.store.get(key).cloned()
    }

    /// Stores `value` under `key`.
    pub(crate) fn set(&mut self, key: String, value: String) {
        self.store.insert(key, value);
    }
}

impl Contender for CacheClient {
    async fn spawn(shutdown: CancellationToken) -> Self {
        Cache::default().spawn(shutdown)
    }

    async fn call(&self, i: usize) {
        black_box(self.get(key(i)).await);
    }

    async fn cast(&self, i: usize) {
        self.set(key(i).to_owned(), "value".to_owned()).await;
    }
}
