//! The cache in one process, and its client in others, over NATS.
//!
//! ```text
//! nats-server &
//! cargo run -p examples --features nats --example remote_cache -- serve
//! cargo run -p examples --features nats --example remote_cache -- set answer 42
//! cargo run -p examples --features nats --example remote_cache -- get answer
//! ```

use std::collections::HashMap;
use std::env;
use std::error::Error;

use actor_nats::{Remote, serve};
use actor_runtime::{Actor as _, CancellationToken, actor};
use tokio::signal::ctrl_c;

/// The values by key, owned by one task of one process.
#[derive(Default)]
pub struct Cache {
    store: HashMap<String, String>,
}

#[actor(remote)]
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

/// Serves a cache until ctrl-c, and then answers what has come.
async fn server(nats: &async_nats::Client) -> Result<(), Box<dyn Error + Send + Sync>> {
    let shutdown = CancellationToken::new();
    let cache = Cache::default().spawn(CancellationToken::new());
    let served = serve(nats, "cache", &cache).spawn(shutdown.clone()).await?;
    println!("serving the cache");
    ctrl_c().await?;
    shutdown.cancel();
    served.ended().await;
    println!("every caller was answered");
    Ok(())
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error + Send + Sync>> {
    let url = env::var("NATS_URL").unwrap_or_else(|_| "nats://127.0.0.1".to_owned());
    let nats = async_nats::connect(url).await?;
    let arguments: Vec<String> = env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    if arguments == ["serve"] {
        return server(&nats).await;
    }

    let cache: CacheClient = Remote::new(&nats, "cache").spawn(CancellationToken::new());
    match arguments[..] {
        ["get", key] => match cache.get(key).await? {
            Some(value) => println!("{value}"),
            None => println!("nothing is stored under {key:?}"),
        },
        ["set", key, value] => cache.set(key.into(), value.into()).await?,
        ["invalidate", key] => cache.invalidate(key).await?,
        _ => return Err("write `serve`, `get KEY`, `set KEY VALUE` or `invalidate KEY`".into()),
    }
    Ok(())
}
