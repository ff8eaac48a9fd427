//! The worker, which performs the jobs of the queue and announces their outcomes.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use actor_runtime::{CancellationToken, Context, actor};
use futures_util::FutureExt as _;
use tokio::task::JoinSet;
use tokio::time::sleep;
use tracing::{debug, info, warn};

use crate::config::ConfigClient;
use crate::jobs::{Job, JobError, JobsClient, Outcome};

/// Everything that it takes to perform a job.
pub trait Work: Clone + Send + Sync + 'static {
    /// Performs a job. A job is performed again if this fails, and also if the process ends before the result is
    /// written: so it has to be idempotent.
    fn perform(&self, job: &Job) -> impl Future<Output = Result<String, String>> + Send;
}

/// Counts the words of the text. Your work goes here.
#[derive(Clone)]
pub struct CountWords;

impl Work for CountWords {
    async fn perform(&self, job: &Job) -> Result<String, String> {
        // As long as a call of another service takes.
        sleep(Duration::from_millis(10)).await;
        Ok(format!("{} words", job.text.split_whitespace().count()))
    }
}

/// A job that was performed, and is so in the database.
#[derive(Debug)]
pub struct Finished {
    /// The job, as it was before.
    pub job: Job,
    /// The result or the last error.
    pub result: Result<String, String>,
}

/// The actor that performs jobs.
pub struct Worker<W> {
    work: W,
    config: ConfigClient,
    jobs: JobsClient,
    running: JoinSet<Option<Finished>>,
    /// The number of the last job that was begun. All jobs before it are done or running.
    last: i64,
}

/// The pause after the first attempt at a job, which doubles after each further one.
const FIRST_PAUSE: Duration = Duration::from_millis(100);

impl<W: Work> Worker<W> {
    /// Makes a worker that begins with the first job that is not done.
    pub fn new(work: W, config: ConfigClient, jobs: JobsClient) -> Self {
        Self {
            work,
            config,
            jobs,
            running: JoinSet::new(),
            last: 0,
        }
    }

    /// Begins jobs once half of those that may run are done, so that it asks for several at once.
    async fn begin(&mut self, ctx: &Context<Self>) -> Result<(), JobError> {
        let settings = self.config.settings();
        let newest = self.jobs.newest();
        let free = settings.workers.get().saturating_sub(self.running.len());
        if free < self.running.len() || self.last == newest {
            return Ok(());
        }
        let jobs = self.jobs.to_do(self.last, free).await?;
        self.last = match jobs.last() {
            Some(job) if jobs.len() == free => job.id,
            Some(job) => newest.max(job.id),
            None => newest,
        };
        for job in jobs {
            let (work, jobs, stop) = (self.work.clone(), self.jobs.clone(), ctx.token());
            self.running
                .spawn(perform(work, job, settings.attempts.get(), jobs, stop));
        }
        Ok(())
    }
}

// A job that takes longer than the deadline is cut off, and performed again after the next start.
#[actor(event = Arc<Finished>, vis = pub, deadline = Duration::from_secs(5))]
impl<W: Work> Worker<W> {
    #[stream(self.jobs.watch_newest())]
    async fn look(&mut self, ctx: &mut Context<Self>) -> Result<(), JobError> {
        self.begin(ctx).await
    }

    #[on(Some(Ok(finished)) = self.running.join_next(), if !self.running.is_empty())]
    async fn go_on(
        &mut self,
        finished: Option<Finished>,
        ctx: &mut Context<Self>,
    ) -> Result<(), JobError> {
        if let Some(finished) = finished {
            ctx.emit(Arc::new(finished));
        }
        self.begin(ctx).await
    }

    #[on_stop]
    async fn wait(&mut self, ctx: &mut Context<Self>) {
        while let Some(finished) = self.running.join_next().await {
            if let Ok(Some(finished)) = finished {
                ctx.emit(Arc::new(finished));
            }
        }
    }
}

/// Performs a job, and writes its outcome. Between two attempts, `stop` leaves the job for the next start.
async fn perform<W: Work>(
    work: W,
    job: Job,
    attempts: u32,
    jobs: JobsClient,
    stop: CancellationToken,
) -> Option<Finished> {
    let mut attempt = 1;
    let mut pause = FIRST_PAUSE;
    let result = loop {
        debug!(job = job.id, attempt, "begun");
        let performed = AssertUnwindSafe(work.perform(&job)).catch_unwind().await;
        match performed.unwrap_or_else(|_| Err("the work panicked".to_owned())) {
            Err(error) if attempt < attempts => {
                info!(job = job.id, attempt, "trying again in {pause:?}: {error}");
            }
            result => break result,
        }
        stop.run_until_cancelled(sleep(pause)).await?;
        attempt += 1;
        pause *= 2;
    };
    let outcome = Outcome {
        id: job.id,
        result: result.clone(),
    };
    match jobs.finish(outcome).await {
        Ok(()) => Some(Finished { job, result }),
        Err(error) => {
            // The job is performed again after the next start.
            warn!(job = job.id, "the outcome is not written: {error}");
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use actor_runtime::{Actor as _, ActorHandle, Client as _, Notice, Why};
    use rusqlite::Connection;
    use tokio::time::Instant;

    use super::*;
    use crate::config;
    use crate::jobs::{Jobs, NewJob};

    /// Takes a second for each job, and fails as often as the number in the text says.
    #[derive(Clone, Default)]
    struct Slow {
        attempts: Arc<Mutex<Vec<(i64, Instant)>>>,
    }

    impl Work for Slow {
        async fn perform(&self, job: &Job) -> Result<String, String> {
            sleep(Duration::from_secs(1)).await;
            let failures = job.text.parse().expect("a number");
            let mut attempts = self.attempts.lock().expect("no panic while it is locked");
            attempts.push((job.id, Instant::now()));
            if attempts.iter().filter(|(id, _)| *id == job.id).count() > failures {
                Ok("done".to_owned())
            } else {
                Err("not yet".to_owned())
            }
        }
    }

    struct Fixture {
        jobs: JobsClient,
        worker: WorkerClient,
        handle: ActorHandle<Worker<Slow>>,
        work: Slow,
        stop: CancellationToken,
    }

    /// Starts a worker that finds jobs with these texts.
    async fn start(texts: &[&str]) -> Fixture {
        let (config, _) = config::fake("workers = 2\nattempts = 3");
        let jobs = Jobs::new(Connection::open_in_memory().expect("memory")).expect("a table");
        let jobs = jobs.builder().spawn();
        for text in texts {
            let (user, text) = ("Ann".into(), (*text).into());
            jobs.submit(NewJob { user, text }).await.expect("room");
        }
        let (work, stop) = (Slow::default(), CancellationToken::new());
        let worker = Worker::new(work.clone(), config, jobs.clone());
        let (worker, handle) = worker.spawn_with_handle(stop.clone());
        Fixture {
            jobs,
            worker,
            handle,
            work,
            stop,
        }
    }

    #[tokio::test(start_paused = true)]
    async fn jobs_run_side_by_side_but_not_all_of_them() -> Result<(), JobError> {
        let start_of_all = Instant::now();
        let fixture = start(&["0"; 5]).await;
        let mut events = fixture.worker.subscribe();
        for (id, second) in [(1, 1), (2, 1), (3, 2), (4, 2), (5, 3)] {
            let Some(Notice::Event(finished)) = events.next().await else {
                panic!("no event");
            };
            assert_eq!(
                (finished.job.id, &finished.result),
                (id, &Ok("done".into()))
            );
            assert_eq!(start_of_all.elapsed().as_secs(), second);
            let job = fixture.jobs.get(id).await?.expect("it was written");
            assert_eq!(job.result.as_deref(), Some("done"));
        }

        // A job that comes later.
        let (user, text) = ("Ann".into(), "0".into());
        fixture.jobs.submit(NewJob { user, text }).await?;
        assert!(matches!(events.next().await, Some(Notice::Event(it)) if it.job.id == 6));
        Ok(())
    }

    #[tokio::test(start_paused = true)]
    async fn a_failure_or_a_panic_is_tried_again() -> Result<(), JobError> {
        let fixture = start(&["2", "3", "a panic"]).await;
        let mut events = fixture.worker.subscribe();
        let mut results = Vec::new();
        while results.len() < 3 {
            if let Some(Notice::Event(finished)) = events.next().await {
                results.push((finished.job.id, finished.result.clone()));
            }
        }
        results.sort_by_key(|(id, _)| *id);
        let expected = [
            (1, Ok("done".to_owned())),
            (2, Err("not yet".to_owned())),
            (3, Err("the work panicked".to_owned())),
        ];
        assert_eq!(results, expected);
        let failed = fixture.jobs.get(2).await?.expect("it was written");
        assert_eq!(failed.error.as_deref(), Some("not yet"));

        let attempts = fixture.work.attempts.lock().expect("no panic");
        let times = attempts.iter().filter(|(id, _)| *id == 1);
        let times: Vec<_> = times.map(|(_, time)| *time).collect();
        let between = times.windows(2).map(|pair| pair[1] - pair[0]);
        let pauses = [FIRST_PAUSE, FIRST_PAUSE * 2].map(|pause| pause + Duration::from_secs(1));
        assert_eq!(between.collect::<Vec<_>>(), pauses);
        Ok(())
    }

    #[tokio::test(start_paused = true)]
    async fn the_end_waits_for_jobs_and_not_for_pauses() -> Result<(), JobError> {
        let fixture = start(&["1", "0", "0"]).await;
        let mut events = fixture.worker.subscribe();
        // The first job waits for its second attempt, and the third has begun.
        assert!(matches!(events.next().await, Some(Notice::Event(it)) if it.job.id == 2));
        sleep(FIRST_PAUSE / 2).await;
        fixture.stop.cancel();
        assert!(matches!(events.next().await, Some(Notice::Event(it)) if it.job.id == 3));
        assert!(events.next().await.is_none());
        assert_eq!(fixture.worker.ended().await, Why::Cancelled);
        assert!(fixture.handle.await.state.is_some());
        let to_do = fixture.jobs.to_do(0, 10).await?;
        assert_eq!(to_do.iter().map(|job| job.id).collect::<Vec<_>>(), [1]);
        Ok(())
    }
}
