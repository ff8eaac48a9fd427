//! The queue of jobs, in a database file: a job that was acknowledged is on the disk.
//!
//! All jobs that wait for the disk are written in one transaction, so that one `fsync` is enough for them.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use actor_runtime::{Actor as _, CallError, CancellationToken, Exit, Monitor, actor};
use rusqlite::{
    Connection, ErrorCode, OptionalExtension as _, Row, Transaction, TransactionBehavior,
};
use serde::Serialize;
use tokio::runtime::Handle;
use tokio::task::{JoinHandle, spawn_blocking};
use tokio::time::sleep;
use tracing::warn;

/// Something to do for a user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewJob {
    /// The user.
    pub user: String,
    /// The text that says what to do.
    pub text: String,
}

/// A job in the file. It is to be done while it has neither a result nor an error.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Job {
    /// The number of the job. Later jobs have higher numbers.
    pub id: i64,
    /// The user.
    pub user: String,
    /// The text that says what to do.
    pub text: String,
    /// The result, if the job is done.
    pub result: Option<String>,
    /// The last error, if the job has failed.
    pub error: Option<String>,
}

/// The outcome of a job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// The number of the job.
    pub id: i64,
    /// The result or the error.
    pub result: Result<String, String>,
}

/// The reason a job was not written or read.
#[derive(Clone, Debug, thiserror::Error)]
pub enum JobError {
    /// The actor gave no answer.
    #[error(transparent)]
    Call(#[from] CallError),
    /// The database failed. Shared, since a failed commit concerns all its jobs.
    #[error(transparent)]
    Database(Arc<rusqlite::Error>),
}

impl From<rusqlite::Error> for JobError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Database(Arc::new(error))
    }
}

/// The actor that has the file.
pub struct Jobs {
    database: Connection,
    newest: i64,
}

/// The number of times that a transaction is tried.
const ATTEMPTS: u32 = 6;

/// The pause after the first attempt, which doubles after each further one.
const FIRST_PAUSE: Duration = Duration::from_millis(20);

impl Jobs {
    /// Opens the file, or creates it.
    pub fn open(path: &Path) -> rusqlite::Result<Self> {
        Self::new(Connection::open(path)?)
    }

    /// Uses a database that is open.
    pub fn new(database: Connection) -> rusqlite::Result<Self> {
        // Reads meet short locks only. `commit` waits for long ones.
        database.busy_timeout(Duration::from_millis(20))?;
        // Each commit waits until the data is on the disk.
        database.execute_batch(
            "PRAGMA journal_mode = WAL;
             PRAGMA synchronous = FULL;
             CREATE TABLE IF NOT EXISTS job (
                 id INTEGER PRIMARY KEY, user TEXT NOT NULL, text TEXT NOT NULL, result TEXT, error TEXT
             );
             CREATE INDEX IF NOT EXISTS to_do ON job (id) WHERE result IS NULL AND error IS NULL",
        )?;
        let newest = "SELECT coalesce(max(id), 0) FROM job";
        let newest = database.query_row(newest, (), |row| row.get(0))?;
        Ok(Self { database, newest })
    }

    /// Starts the actor on a thread of its own, which may wait for the disk.
    pub fn start(
        self,
        shutdown: CancellationToken,
        monitor: &Monitor,
    ) -> (JobsClient, JoinHandle<Exit<Self>>) {
        let builder = self.builder().shutdown(shutdown).monitor(monitor);
        let (client, runner) = builder.into_runner();
        let runtime = Handle::current();
        let thread = spawn_blocking(move || runtime.block_on(runner.run()));
        (client, thread)
    }

    /// Runs `write` in a transaction, and again if another process has locked the file.
    async fn commit<T>(
        &mut self,
        write: impl Fn(&Transaction<'_>) -> rusqlite::Result<T>,
    ) -> Result<T, JobError> {
        let mut pause = FIRST_PAUSE;
        for _ in 1..ATTEMPTS {
            match self.try_commit(&write) {
                Err(error) if is_lock(&error) => warn!("trying again in {pause:?}: {error}"),
                result => return Ok(result?),
            }
            sleep(pause).await;
            pause *= 2;
        }
        Ok(self.try_commit(&write)?)
    }

    fn try_commit<T>(
        &mut self,
        write: impl Fn(&Transaction<'_>) -> rusqlite::Result<T>,
    ) -> rusqlite::Result<T> {
        let behavior = TransactionBehavior::Immediate;
        let transaction = self.database.transaction_with_behavior(behavior)?;
        let written = write(&transaction)?;
        transaction.commit()?;
        Ok(written)
    }
}

// What was accepted is written, also when the service ends. Callers give up when the disk is too slow for them.
#[actor(
    capacity = 1024,
    shutdown = drain,
    timeout = Duration::from_secs(10),
    errors = into
)]
impl Jobs {
    /// Writes a job, and returns its number after the commit.
    #[command(batch = 256, arg = job)]
    pub async fn submit(&mut self, jobs: Vec<NewJob>) -> Vec<Result<i64, JobError>> {
        let insert = "INSERT INTO job (user, text) VALUES (?1, ?2)";
        let ids = self.commit(|transaction| {
            let mut insert = transaction.prepare(insert)?;
            let ids = jobs.iter().map(|job| insert.insert((&job.user, &job.text)));
            ids.collect::<rusqlite::Result<Vec<_>>>()
        });
        match ids.await {
            Ok(ids) => {
                self.newest = ids.last().copied().unwrap_or(self.newest);
                ids.into_iter().map(Ok).collect()
            }
            Err(error) => vec![Err(error); jobs.len()],
        }
    }

    /// Writes the outcome of a job. Jobs that are done go before new ones.
    #[command(batch = 256, arg = outcome, priority)]
    pub async fn finish(&mut self, outcomes: Vec<Outcome>) -> Vec<Result<(), JobError>> {
        let update = "UPDATE job SET result = ?2, error = ?3 WHERE id = ?1";
        let updated = self.commit(|transaction| {
            let mut update = transaction.prepare(update)?;
            for Outcome { id, result } in &outcomes {
                update.execute((id, result.as_ref().ok(), result.as_ref().err()))?;
            }
            Ok(())
        });
        vec![updated.await; outcomes.len()]
    }

    /// Returns a job.
    pub fn get(&self, id: i64) -> Result<Option<Job>, JobError> {
        let get = "SELECT id, user, text, result, error FROM job WHERE id = ?1";
        let mut get = self.database.prepare(get)?;
        Ok(get.query_row((id,), job).optional()?)
    }

    /// Returns the first jobs behind a number that are to be done, at most `limit` of them.
    #[command(priority)]
    pub fn to_do(&self, after: i64, limit: usize) -> Result<Vec<Job>, JobError> {
        let to_do = "SELECT id, user, text, result, error FROM job
                     WHERE result IS NULL AND error IS NULL AND id > ?1 ORDER BY id";
        let mut to_do = self.database.prepare(to_do)?;
        let jobs = to_do.query_map((after,), job)?;
        Ok(jobs.take(limit).collect::<rusqlite::Result<_>>()?)
    }

    /// Returns the highest number of a job.
    #[watch]
    pub fn newest(&self) -> i64 {
        self.newest
    }
}

fn job(row: &Row<'_>) -> rusqlite::Result<Job> {
    Ok(Job {
        id: row.get(0)?,
        user: row.get(1)?,
        text: row.get(2)?,
        result: row.get(3)?,
        error: row.get(4)?,
    })
}

fn is_lock(error: &rusqlite::Error) -> bool {
    let code = error.sqlite_error_code();
    matches!(
        code,
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked)
    )
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::PathBuf;
    use std::{env, process};

    use futures_util::FutureExt as _;
    use tokio::join;
    use tokio::time::timeout;

    use super::*;

    /// A file that is removed in the end.
    struct File(PathBuf);

    impl File {
        fn new(name: &str) -> Self {
            let directory = env::temp_dir().join(format!("service-{}-{name}", process::id()));
            fs::create_dir(&directory).expect("a new directory");
            Self(directory)
        }

        fn path(&self) -> PathBuf {
            self.0.join("jobs")
        }
    }

    impl Drop for File {
        fn drop(&mut self) {
            fs::remove_dir_all(&self.0).expect("the directory is there");
        }
    }

    fn new_job(text: &str) -> NewJob {
        NewJob {
            user: "Ann".into(),
            text: text.into(),
        }
    }

    type TestResult = Result<(), Box<dyn std::error::Error>>;

    #[tokio::test]
    async fn jobs_are_read_after_a_restart() -> TestResult {
        let file = File::new("restart");
        let jobs = Jobs::open(&file.path())?.spawn(CancellationToken::new());
        let submitted = join!(
            jobs.submit(new_job("one")),
            jobs.submit(new_job("two")),
            jobs.submit(new_job("three")),
        );
        assert_eq!((submitted.0?, submitted.1?, submitted.2?), (1, 2, 3));
        assert_eq!(jobs.newest(), 3);
        let outcomes = [(1, Ok("fine".to_owned())), (3, Err("bad".to_owned()))];
        for (id, result) in outcomes {
            jobs.finish(Outcome { id, result }).await?;
        }
        drop(jobs);

        let jobs = Jobs::open(&file.path())?.spawn(CancellationToken::new());
        assert_eq!(jobs.newest(), 3);
        let done = jobs.get(1).await?.expect("it was written");
        assert_eq!(
            (done.text.as_str(), done.result.as_deref()),
            ("one", Some("fine"))
        );
        assert_eq!(
            jobs.get(3).await?.and_then(|job| job.error).as_deref(),
            Some("bad")
        );
        assert_eq!(jobs.get(4).await?, None);
        let to_do = jobs.to_do(0, 10).await?;
        assert_eq!(to_do.iter().map(|job| job.id).collect::<Vec<_>>(), [2]);
        assert!(jobs.to_do(2, 10).await?.is_empty());
        Ok(())
    }

    #[tokio::test(start_paused = true)]
    async fn a_lock_of_another_process_is_waited_for() -> TestResult {
        let file = File::new("lock");
        let jobs = Jobs::open(&file.path())?.spawn(CancellationToken::new());
        let other = Connection::open(file.path())?;
        other.execute_batch("BEGIN IMMEDIATE")?;

        let mut submitted = Box::pin(jobs.submit(new_job("one")));
        assert!(timeout(FIRST_PAUSE * 3, &mut submitted).await.is_err());
        other.execute_batch("COMMIT")?;
        assert_eq!(submitted.await?, 1);

        // It is not waited for forever.
        other.execute_batch("BEGIN IMMEDIATE")?;
        let error = jobs.submit(new_job("two")).await.expect_err("it is locked");
        assert!(matches!(error, JobError::Database(error) if is_lock(&error)));
        other.execute_batch("COMMIT")?;
        assert_eq!(jobs.submit(new_job("three")).await?, 2);
        Ok(())
    }

    #[tokio::test]
    async fn what_was_accepted_is_written_at_the_end() -> TestResult {
        let file = File::new("end");
        let stop = CancellationToken::new();
        let jobs = Jobs::open(&file.path())?.spawn(stop.clone());
        // The actor has the same thread, so that the job is still queued when the stop comes.
        let mut submitted = Box::pin(jobs.submit(new_job("one")));
        assert!((&mut submitted).now_or_never().is_none());
        stop.cancel();
        assert_eq!(submitted.await?, 1);
        let refused = jobs.submit(new_job("two")).await.expect_err("a stop");
        assert!(matches!(refused, JobError::Call(error) if error.never_ran()));
        Ok(())
    }
}
