//! A cache actor written by hand: the code that `#[actor]` replaces. `cache.rs` is written with the macro.
//!
//! ```text
//! cargo run -p examples --example handwritten
//! ```

use std::collections::HashMap;

use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;

/// The number of commands that may wait in the mailbox before senders have to wait.
const CAPACITY: usize = 64;

/// The values by key, owned by one task.
#[derive(Default)]
pub struct Cache {
    store: HashMap<String, String>,
}

/// Commands for a [`Cache`] actor.
#[derive(Debug)]
pub enum CacheCommand {
    /// Asks for the value stored under `key`.
    Get {
        /// The key of the value.
        key: String,
        /// The sender for the answer.
        reply: oneshot::Sender<Option<String>>,
    },
    /// Stores `value` under `key`.
    Set {
        /// The key of the value.
        key: String,
        /// The value to store.
        value: String,
    },
    /// Forgets the value stored under `key`.
    Invalidate {
        /// The key of the value.
        key: String,
    },
}

/// A client of a [`Cache`] actor.
#[derive(Clone, Debug)]
pub struct CacheClient {
    sender: mpsc::Sender<CacheCommand>,
}

impl CacheClient {
    /// Returns the value stored under `key`, or `None` if nothing is stored or the actor is gone.
    pub async fn get(&self, key: &str) -> Option<String> {
        let (reply, answer) = oneshot::channel();
        let key = key.to_owned();
        // If the actor is gone, the command is dropped together with `reply`, and `answer` fails.
        let _ = self.sender.send(CacheCommand::Get { key, reply }).await;
        answer.await.unwrap_or_default()
    }

    /// Stores `value` under `key`, unless the actor is gone.
    pub async fn set(&self, key: String, value: String) {
        let _ = self.sender.send(CacheCommand::Set { key, value }).await;
    }

    /// Forgets the value stored under `key`, unless the actor is gone.
    pub async fn invalidate(&self, key: &str) {
        let key = key.to_owned();
        let _ = self.sender.send(CacheCommand::Invalidate { key }).await;
    }
}

impl Cache {
    /// Starts the actor on its own task. It runs until `shutdown` is cancelled or the last client
    /// is dropped.
    pub fn spawn(self, shutdown: CancellationToken) -> CacheClient {
        let (sender, commands) = mpsc::channel(CAPACITY);
        tokio::spawn(self.run(commands, shutdown));
        CacheClient { sender }
    }

    async fn run(
        mut self,
        mut commands: mpsc::Receiver<CacheCommand>,
        shutdown: CancellationToken,
    ) {
        loop {
            let command = tokio::select! {
                () = shutdown.cancelled() => break,
                command = commands.recv() => command,
            };
            let Some(command) = command else { break };
            // Outside of `select!`, so that nothing can drop the method halfway.
            self.handle(command);
        }
    }

    fn handle(&mut self, command: CacheCommand) {
        match command {
            CacheCommand::Get { key, reply } => {
                // A caller that has left is not a failure of the actor.
                let _ = reply.send(self.store.get(&key).cloned());
            }
            CacheCommand::Set { key, value } => {
                self.store.insert(key, value);
            }
            CacheCommand::Invalidate { key } => {
                self.store.remove(&key);
            }
        }
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
    // The loop chooses at random between a command and its end, so this lets it see the end first.
    tokio::task::yield_now().await;
    println!("stopped: {:?}", cache.get("answer").await);
}
