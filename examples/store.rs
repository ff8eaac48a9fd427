//! One transaction for commands of all kinds: it stays open until it has had enough of them, or
//! for as long as it may. A read sees what was not committed yet, and an answer does not wait for
//! the commit.
//!
//! ```text
//! cargo run -p examples --example store
//! ```

use std::error::Error;
use std::path::Path;
use std::time::Duration;
use std::{env, fs, process};

use actor_runtime::{Actor, CancellationToken, Context, Inbox, actor};
use rusqlite::{Connection, OptionalExtension as _};
use tokio::task::block_in_place;
use tokio::time::{Instant, sleep, timeout_at};

/// The number of commands after which a transaction is committed.
const COMMANDS: usize = 64;

/// The longest time that a transaction stays open.
const TIME: Duration = Duration::from_millis(20);

/// Texts under keys, in a file.
pub struct Store {
    database: Connection,
    transactions: u64,
}

impl Store {
    /// Opens the file, or creates it.
    pub fn open(path: &Path) -> rusqlite::Result<Self> {
        let database = Connection::open(path)?;
        // Each commit waits until the data is on the disk.
        database.execute_batch(
            "PRAGMA synchronous = FULL;
             CREATE TABLE IF NOT EXISTS entry (key TEXT PRIMARY KEY, value TEXT NOT NULL)",
        )?;
        Ok(Self {
            database,
            transactions: 0,
        })
    }

    fn begin(&self) -> rusqlite::Result<()> {
        self.database.execute_batch("BEGIN")
    }

    fn commit(&mut self) -> rusqlite::Result<()> {
        // The disk would hold up all tasks of this thread, so they move to another one.
        block_in_place(|| self.database.execute_batch("COMMIT"))?;
        self.transactions += 1;
        Ok(())
    }
}

// Accepted commands are carried out, also when the program ends.
#[actor(shutdown = drain)]
impl Store {
    /// Stores `value` under `key`.
    pub fn put(&mut self, key: &str, value: &str) -> rusqlite::Result<()> {
        let put = "INSERT OR REPLACE INTO entry VALUES (?1, ?2)";
        self.database.execute(put, (key, value)).map(drop)
    }

    /// Removes the value under `key`, and returns whether there was one.
    pub fn remove(&mut self, key: &str) -> rusqlite::Result<bool> {
        let remove = "DELETE FROM entry WHERE key = ?1";
        Ok(self.database.execute(remove, (key,))? > 0)
    }

    /// Returns the value under `key`, committed or not.
    pub fn get(&self, key: &str) -> rusqlite::Result<Option<String>> {
        let get = "SELECT value FROM entry WHERE key = ?1";
        let mut get = self.database.prepare(get)?;
        get.query_row((key,), |row| row.get(0)).optional()
    }

    /// Opens a transaction for the first command, and commits it with the others that came.
    #[run]
    async fn commit_together(
        mut self,
        inbox: &mut Inbox<StoreCommand>,
        ctx: &mut Context<Self>,
    ) -> Self {
        while let Some(first) = inbox.next().await {
            let due = Instant::now() + TIME;
            if let Err(error) = self.begin() {
                ctx.fail(error);
                break;
            }
            self.handle(first, ctx).await;
            for _ in 1..COMMANDS {
                // A timeout loses no command: `next` takes one only when it returns it.
                let Ok(Some(command)) = timeout_at(due, inbox.next()).await else {
                    break;
                };
                self.handle(command, ctx).await;
            }
            if let Err(error) = self.commit() {
                ctx.fail(error);
                break;
            }
        }
        self
    }
}

// `block_in_place` needs another thread for the other tasks.
#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() -> Result<(), Box<dyn Error>> {
    let path = env::temp_dir().join(format!("store-{}.sqlite", process::id()));
    let shutdown = CancellationToken::new();
    let (store, handle) = Store::open(&path)?.spawn_with_handle(shutdown.clone());

    // Another connection sees an entry once it is committed, and the client at once.
    store.put("a", "1").await??;
    assert_eq!(store.get("a").await??.as_deref(), Some("1"));
    let reader = Store::open(&path)?;
    let start = Instant::now();
    while reader.get("a")?.is_none() {
        sleep(Duration::from_millis(1)).await;
    }
    println!("committed after another {:?}", start.elapsed());

    let mut commands = 2;
    for number in 0..500 {
        let key = number.to_string();
        store.put(&key, "new").await??;
        commands += 1;
        if number % 2 == 1 {
            assert!(store.remove(&key).await??);
            commands += 1;
        }
    }

    shutdown.cancel();
    let exit = handle.await;
    println!("the store ended: {exit}");
    assert_eq!(exit.handled, commands);
    let transactions = exit.state.expect("no method was cut off").transactions;
    println!("{commands} commands, {transactions} transactions");
    assert!(transactions * 2 < commands);
    assert_eq!(reader.get("498")?.as_deref(), Some("new"));
    assert_eq!(reader.get("499")?, None);
    fs::remove_file(path)?;
    Ok(())
}
