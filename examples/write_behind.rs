//! Rows from many producers in few transactions: all rows that wait for the database are inserted
//! at once, and each producer is answered after the commit. Every acknowledged row is in the file,
//! even if its producer crashes.
//!
//! ```text
//! cargo run -p examples --example write_behind
//! ```

use std::error::Error;
use std::path::Path;
use std::sync::Arc;
use std::{env, fs, process};

use actor_runtime::{Actor as _, CancellationToken, actor};
use rusqlite::Connection;
use tokio::sync::mpsc;
use tokio::task::{JoinSet, block_in_place};

/// A measurement. Each sensor numbers its values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Row {
    sensor: u32,
    number: u32,
}

/// The reason a row is not in the file. Shared, since a failed commit concerns all its rows.
pub type InsertError = Arc<rusqlite::Error>;

/// The table of measured values, in a file.
pub struct Table {
    database: Connection,
    transactions: usize,
}

impl Table {
    /// Opens the file, or creates it.
    pub fn open(path: &Path) -> rusqlite::Result<Self> {
        let database = Connection::open(path)?;
        // Each commit waits until the data is on the disk.
        database.execute_batch(
            "PRAGMA synchronous = FULL;
             CREATE TABLE IF NOT EXISTS measured (sensor, number, PRIMARY KEY (sensor, number))",
        )?;
        Ok(Self {
            database,
            transactions: 0,
        })
    }

    fn insert_all(&mut self, rows: Vec<Row>) -> rusqlite::Result<Vec<rusqlite::Result<()>>> {
        let transaction = self.database.transaction()?;
        let mut insert = transaction.prepare("INSERT INTO measured VALUES (?1, ?2)")?;
        // A refused row does not affect the other rows of its transaction.
        let results = rows
            .into_iter()
            .map(|row| insert.execute((row.sensor, row.number)).map(drop))
            .collect();
        drop(insert);
        transaction.commit()?;
        self.transactions += 1;
        Ok(results)
    }

    fn select_all(&self) -> rusqlite::Result<Vec<Row>> {
        let mut select = self
            .database
            .prepare("SELECT sensor, number FROM measured ORDER BY sensor, number")?;
        let rows = select.query_map((), |row| {
            Ok(Row {
                sensor: row.get(0)?,
                number: row.get(1)?,
            })
        })?;
        rows.collect()
    }
}

// Accepted rows are written, also when the program ends.
#[actor(capacity = 256, shutdown = drain)]
impl Table {
    /// Inserts `row`, and answers after the commit.
    #[command(batch = 256, arg = row)]
    pub fn insert(&mut self, rows: Vec<Row>) -> Vec<Result<(), InsertError>> {
        let count = rows.len();
        // The disk would hold up all tasks of this thread, so they move to another one.
        // `spawn_blocking` cannot borrow: the actor would have to give the database away and take
        // it back.
        match block_in_place(|| self.insert_all(rows)) {
            Ok(results) => results
                .into_iter()
                .map(|result| result.map_err(Arc::new))
                .collect(),
            Err(error) => vec![Err(Arc::new(error)); count],
        }
    }
}

/// Inserts one row after the other, and reports the acknowledged ones.
async fn produce(table: TableClient, sensor: u32, acknowledged: mpsc::UnboundedSender<Row>) {
    for number in 0.. {
        let row = Row { sensor, number };
        let inserted = table.insert(row).await.expect("the table has not ended");
        inserted.expect("the row is new");
        acknowledged.send(row).expect("somebody counts");
    }
}

// `block_in_place` needs another thread for the other tasks.
#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() -> Result<(), Box<dyn Error>> {
    let path = env::temp_dir().join(format!("write-behind-{}.sqlite", process::id()));
    let shutdown = CancellationToken::new();
    let (table, handle) = Table::open(&path)?.spawn_with_handle(shutdown.clone());

    let (acknowledge, mut acknowledged) = mpsc::unbounded_channel();
    let mut producers = JoinSet::new();
    for sensor in 0..64 {
        producers.spawn(produce(table.clone(), sensor, acknowledge.clone()));
    }
    drop(acknowledge);

    // All producers crash in the middle of their work. Their last rows may be written or not.
    let mut rows = Vec::new();
    while let Some(row) = acknowledged.recv().await {
        rows.push(row);
        if rows.len() == 400 {
            producers.abort_all();
        }
    }
    while let Some(result) = producers.join_next().await {
        assert!(result.is_err_and(|error| error.is_cancelled()));
    }

    let twice = table.insert(rows[0]).await?;
    println!("again: {}", twice.expect_err("the row is there"));
    shutdown.cancel();
    let exit = handle.await;
    println!("the table ended: {exit}");
    let transactions = exit.state.expect("no method was cut off").transactions;

    let written = Table::open(&path)?.select_all()?;
    println!(
        "{} rows acknowledged, {} written, {transactions} transactions",
        rows.len(),
        written.len(),
    );
    assert!(rows.iter().all(|row| written.binary_search(row).is_ok()));
    assert!(transactions < rows.len());
    fs::remove_file(path)?;
    Ok(())
}
