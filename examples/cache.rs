//! A cache actor: three methods become three commands. Its client has the signatures of the client
//! in `handwritten.rs`.
//!
//! ```text
//! cargo run -p examples --example cache
//! ```

use std::collections::HashMap;

use actor_runtime::{Actor as _, CancellationToken, actor};

/// The values by key, owned by one task.
#[derive(Default)]
pub struct Cache {
    store: HashMap<String, String>,
}

// With `default`, calls to an actor that is gone return `None` and `()` instead of an error.
#[actor(errors = default)]
impl Cache {
    /// Returns the value stored under `key`.
    pub fn get(&self, key: &str) -> Option<String> {
        self.store.get(key).cloned()
    }

    /// Stores `value` under `key`.
    pub fn set(&mut self, key: String, value: String) {
        self.store.insert(key, value);
    }

    /// Forgets the value stored under `key`.
    pub fn invalidate(&mut self, key: &str) {
        self.store.remove(key);
    }
}

/// Stores a value, forgets it, and stops the actor.
#[tokio::main(flavor = "current_thread")]
async fn main() {
    let shutdown = CancellationToken::new();
    let cache = Cache::default().spawn(shutdown.clone());

    cache.set("answer".into(), "42".into()).await;
    println!("stored: {:?}", cache.get("answer").await);

    cache.invalidate("answer").await;
    println!("forgotten: {:?}", cache.get("answer").await);

    cache.set("answer".into(), "42".into()).await;
    shutdown.cancel();
    println!("stopped: {:?}", cache.get("answer").await);
}
