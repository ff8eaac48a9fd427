use std::collections::HashMap;

use actor_runtime::actor;

#[derive(Default)]
pub struct Cache {
    store: HashMap<String, String>,
}

#[actor]
impl Cache {
    /// The value stored under `key`.
    pub fn get(&self, key: &str) -> Option<String> {
        self.store.get(key).cloned()
    }

    pub fn set(&mut self, key: String, value: String) {
        self.store.insert(key, value);
    }

    pub fn invalidate(&mut self, key: &str) {
        self.store.remove(key);
    }
}

fn main() {}
