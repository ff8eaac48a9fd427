//! A counter in a file, with one owner out of two processes. The owner is killed while it counts, and the other one
//! goes on. Nothing is counted twice, and nothing is lost.
//!
//! ```text
//! nats-server --jetstream &
//! cargo run -p examples --features nats --example failover
//! ```

use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;
use std::{env, fs, process};

use actor_nats::{Lease, Remote, serve};
use actor_runtime::{Actor as _, CancellationToken, actor};
use async_nats::jetstream::{self, kv, stream};
use rusqlite::{Connection, TransactionBehavior};
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};
use tokio::sync::watch;
use tokio::task::{JoinSet, block_in_place};
use tokio::time::sleep;

type Result<T = ()> = std::result::Result<T, Box<dyn Error + Send + Sync>>;

/// The time after which an owner that has died is replaced.
const TERM: Duration = Duration::from_secs(2);

/// The callers, and what each of them counts.
const CALLERS: u32 = 8;
const COUNTS: u32 = 200;

/// A counter in a file, which belongs to the owner with the highest fence.
pub struct Counter {
    database: Connection,
    fence: i64,
}

impl Counter {
    /// Opens the file, and takes it over from all earlier owners.
    pub fn open(path: &Path, fence: i64) -> rusqlite::Result<Self> {
        let database = Connection::open(path)?;
        database.busy_timeout(Duration::from_secs(10))?;
        database.execute_batch(
            "CREATE TABLE IF NOT EXISTS counter (total INTEGER NOT NULL, fence INTEGER NOT NULL);
             CREATE TABLE IF NOT EXISTS counted (call INTEGER PRIMARY KEY);
             INSERT INTO counter SELECT 0, 0 WHERE NOT EXISTS (SELECT * FROM counter);",
        )?;
        let take = "UPDATE counter SET fence = ?1 WHERE fence < ?1";
        database.execute(take, (fence,))?;
        Ok(Self { database, fence })
    }

    fn count_once(&mut self, call: u32) -> rusqlite::Result<Option<u32>> {
        let behavior = TransactionBehavior::Immediate;
        let transaction = self.database.transaction_with_behavior(behavior)?;
        let (mut total, fence): (u32, i64) =
            transaction.query_row("SELECT total, fence FROM counter", (), |row| {
                Ok((row.get(0)?, row.get(1)?))
            })?;
        if fence != self.fence {
            return Ok(None);
        }
        let insert = "INSERT OR IGNORE INTO counted VALUES (?1)";
        if transaction.execute(insert, (call,))? > 0 {
            total += 1;
            transaction.execute("UPDATE counter SET total = ?1", (total,))?;
        }
        transaction.commit()?;
        Ok(Some(total))
    }
}

#[actor(remote)]
impl Counter {
    /// Counts a call, unless it was counted before, and returns the total. Returns `None` if a later owner has the file.
    pub fn count(&mut self, call: u32) -> std::result::Result<Option<u32>, String> {
        block_in_place(|| self.count_once(call)).map_err(|error| error.to_string())
    }
}

/// Waits until this process is the owner, and serves the counter until it has lost the lease.
async fn own(nats: &async_nats::Client, path: &Path) -> Result {
    let bucket = jetstream::new(nats.clone())
        .get_key_value("failover")
        .await?;
    let lease = Lease::acquire(&bucket, "counter", CancellationToken::new()).await?;
    // SQLite has signed integers only.
    let fence = i64::try_from(lease.fence())?;
    let counter = Counter::open(path, fence)?.spawn(lease.token());
    let service = serve(nats, "counter", &counter).lease(&lease);
    let served = service.spawn(lease.token()).await?;
    println!(
        "process {} owns the counter, with fence {}",
        process::id(),
        lease.fence()
    );
    served.ended().await;
    drop(counter);
    lease.release().await;
    Ok(())
}

/// Starts another process that wants to be the owner.
fn owner(path: &Path) -> Result<Child> {
    Ok(Command::new(env::current_exe()?)
        .arg(path)
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()?)
}

/// Waits until a process is the owner.
async fn owns(owner: &mut Child) -> Result {
    let output = owner.stdout.take().ok_or("the output was taken")?;
    let line = BufReader::new(output).lines().next_line().await?;
    println!("{}", line.ok_or("the process has ended")?);
    Ok(())
}

/// Makes the bucket of the lease. With NATS 2.10 or later, `create_key_value` does this.
async fn bucket(nats: &async_nats::Client) -> Result<kv::Store> {
    let jetstream = jetstream::new(nats.clone());
    let stream = stream::Config {
        name: "KV_failover".to_owned(),
        subjects: vec!["$KV.failover.>".to_owned()],
        max_messages_per_subject: 1,
        max_age: TERM,
        discard: stream::DiscardPolicy::New,
        allow_rollup: true,
        deny_delete: true,
        storage: stream::StorageType::Memory,
        ..Default::default()
    };
    jetstream.create_stream(stream).await?;
    Ok(jetstream.get_key_value("failover").await?)
}

/// Counts until each call was counted. A call has a number, so it may be repeated whatever became of it.
async fn count_all(counter: CounterClient, caller: u32, progress: watch::Sender<u32>) -> u32 {
    let mut repeated = 0;
    for count in 0..COUNTS {
        let call = caller * COUNTS + count;
        while !matches!(counter.count(call).await, Ok(Ok(Some(_)))) {
            repeated += 1;
            sleep(Duration::from_millis(20)).await;
        }
        progress.send_modify(|counted| *counted += 1);
    }
    repeated
}

// `block_in_place` needs another thread for the other tasks.
#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() -> Result {
    let url = env::var("NATS_URL").unwrap_or_else(|_| "nats://127.0.0.1".to_owned());
    let nats = async_nats::connect(url).await?;
    if let Some(path) = env::args_os().nth(1) {
        return own(&nats, &PathBuf::from(path)).await;
    }

    bucket(&nats).await?;
    let path = env::temp_dir().join(format!("failover-{}.sqlite", process::id()));
    let mut first = owner(&path)?;
    owns(&mut first).await?;
    let mut second = owner(&path)?;

    let link = Remote::new(&nats, "counter").timeout(Duration::from_secs(1));
    let counter: CounterClient = link.spawn(CancellationToken::new());
    let (progress, mut seen) = watch::channel(0);
    let mut callers: JoinSet<u32> = (0..CALLERS)
        .map(|caller| count_all(counter.clone(), caller, progress.clone()))
        .collect();

    // In the middle of the calls.
    let quarter = CALLERS * COUNTS / 4;
    seen.wait_for(|&counted| counted >= quarter).await?;
    first.kill().await?;
    println!("the owner was killed");
    owns(&mut second).await?;

    let mut repeated = 0;
    while let Some(caller) = callers.join_next().await {
        repeated += caller?;
    }
    second.kill().await?;
    let file = Connection::open(&path)?;
    let total: u32 = file.query_row("SELECT total FROM counter", (), |row| row.get(0))?;
    println!("{total} counted, after {repeated} repeated calls");
    assert_eq!(total, CALLERS * COUNTS);
    assert!(repeated > 0, "the callers have noticed");
    fs::remove_file(path)?;
    Ok(())
}
