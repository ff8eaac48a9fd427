use std::collections::HashMap;
use std::hash::Hash;

use actor_runtime::Reply;
use actor_runtime::actor;

#[derive(Default)]
pub struct Cache {
    store: HashMap<String, String>,
}

// Each command is answered, and can be written as JSON and read again.
#[actor(remote)]
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

pub struct Store<K, V> {
    rows: HashMap<K, Vec<V>>,
    waiting: Vec<(K, Reply<Vec<V>>)>,
}

// With parameters, `cfg`, a reply that comes later, and a command that stays in this process.
#[actor(remote)]
impl<K: Clone + Eq + Hash, V: Clone> Store<K, V> {
    pub fn rows(&mut self, key: K, reply: Reply<Vec<V>>) {
        match self.rows.get(&key) {
            Some(rows) => reply.send(rows.clone()),
            None => self.waiting.push((key, reply)),
        }
    }

    pub fn add(&mut self, key: K, row: V, #[cfg(test)] times: usize) {
        #[cfg(not(test))]
        let times = 1;
        let row = std::iter::repeat_n(row, times);
        self.rows.entry(key).or_default().extend(row);
    }

    #[cfg(test)]
    pub fn last(&self, r#type: &K) -> Option<V> {
        self.rows.get(r#type)?.last().cloned()
    }

    #[command]
    fn clear(&mut self) {
        self.rows.clear();
    }
}

fn main() {}
