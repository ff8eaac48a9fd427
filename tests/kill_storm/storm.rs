//! One death after the other, and what has to be true of each.

use std::sync::{Arc, Mutex};
use std::time::Instant;
use std::{array, panic, thread};

use actor_runtime::CallError;
use tokio::runtime;
use tokio::sync::{mpsc, oneshot};

use crate::callers::{Caller, Job, Outcome, Record};
use crate::plan::{Death, Plan};
use crate::subject::{Counts, How, Subject, Victim};
use crate::tally::{Report, Tally};
use crate::watchdog::{self, Post};

const CALLERS: usize = 8;

/// Kills so many actors of this kind, or as many as it takes until somebody hangs.
pub(crate) fn storm<S: Subject>(deaths: usize, seed: usize) -> Report {
    println!("SEED={seed}");
    let runtime = runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_time()
        .build()
        .expect("two threads");
    let tally = Arc::<Mutex<Tally>>::default();
    let begun = Instant::now();
    // The callers', and that of whoever waits for deaths.
    let posts: [Arc<Post>; CALLERS + 1] = array::from_fn(|_| Arc::default());
    let (_go_on, stop) = std::sync::mpsc::channel();
    let (caught, hung) = oneshot::channel();
    let watched = posts.clone();
    thread::spawn(move || watchdog::watch(&watched, &stop, caught));
    let rage = runtime.spawn(rage::<S>(deaths, seed, posts, Arc::clone(&tally)));
    let hung = runtime.block_on(async {
        tokio::select! {
            end = rage => match end {
                Ok(()) => Vec::new(),
                Err(error) => panic::resume_unwind(error.into_panic()),
            },
            Ok(hung) = hung => hung,
        }
    });
    runtime.shutdown_background();
    let tally = tally.lock().expect("nobody panics with it").clone();
    if !hung.is_empty() {
        let plan = Plan::draw(seed, tally.deaths(), S::DEATHS, S::LANES);
        println!("hung: {plan:?}");
    }
    Report {
        seed,
        tally,
        took: begun.elapsed(),
        hung,
    }
}

async fn rage<S: Subject>(
    deaths: usize,
    seed: usize,
    posts: [Arc<Post>; CALLERS + 1],
    tally: Arc<Mutex<Tally>>,
) {
    let [own, posts @ ..] = posts;
    let callers = posts.map(|post| {
        let (job, jobs) = mpsc::unbounded_channel();
        tokio::spawn(Caller { jobs, post }.live());
        job
    });
    for life in 0..deaths {
        let plan = Plan::draw(seed, life, S::DEATHS, S::LANES);
        let Victim { client, death } = S::start(plan);
        // Each caller has its turn.
        let logs: Vec<_> = (0..plan.callers)
            .map(|number| {
                let (log, logged) = oneshot::channel();
                let client = client.another();
                let job = Job {
                    client,
                    plan,
                    number,
                    log,
                };
                assert!(callers[(life + number) % CALLERS].send(job).is_ok());
                logged
            })
            .collect();
        drop(client);
        let waiting = own.wait(How::Call);
        let ended = death.await;
        drop(waiting);
        let mut log = Vec::new();
        for logged in logs {
            log.extend(logged.await.expect("no caller panics"));
        }
        assert!(
            ended.mistake.is_none(),
            "life {life}, {plan:?}: {:?}",
            ended.mistake
        );
        let mistake = log.iter().find(|record| !is_true(plan.death, record));
        assert!(mistake.is_none(), "life {life}, {plan:?}: {mistake:?}");
        if let Some(counts) = ended.counts {
            assert!(
                is_sum(plan.death, &counts, &log),
                "life {life}, {plan:?}: {counts:?}, {log:?}"
            );
        }
        tally.lock().expect("nobody panics with it").add(plan, &log);
    }
}

/// Whether a caller was told the truth, now that the actor is dead.
fn is_true(death: Death, record: &Record) -> bool {
    let (begun, done) = (record.ticket.begun(), record.ticket.done());
    match &record.outcome {
        Outcome::Answered(number) => {
            *number == record.number && (record.begun, begun, done) == (1, 1, 1)
        }
        Outcome::Accepted if death.handles_all() => (begun, done) == (1, 1),
        Outcome::Failed(_) if death == Death::ClientsDropped => {
            matches!(record.outcome, Outcome::Failed(CallError::Full)) && begun == 0
        }
        Outcome::Failed(CallError::Refused) => begun == 0 && !death.handles_all(),
        Outcome::Failed(CallError::Closed) => begun == 0,
        Outcome::Failed(CallError::Full) => begun == 0 && record.how.is_try(),
        Outcome::Failed(CallError::Stopped | CallError::Panicked) => {
            (record.begun, begun) == (1, 1)
        }
        Outcome::Failed(CallError::Unanswered) | Outcome::Accepted | Outcome::Left => begun <= 1,
        Outcome::Failed(_) => false,
    }
}

/// Whether the exit counts what the callers do: none is lost, and none counted twice.
fn is_sum(death: Death, counts: &Counts, log: &[Record]) -> bool {
    let begun: usize = log.iter().map(|record| record.ticket.begun()).sum();
    let done: usize = log.iter().map(|record| record.ticket.done()).sum();
    let refused = log.iter().filter(|record| match record.outcome {
        Outcome::Failed(CallError::Refused) => true,
        Outcome::Accepted => record.ticket.begun() == 0,
        _ => false,
    });
    // Whether it was accepted, nobody knows.
    let left = log
        .iter()
        .filter(|record| matches!(record.outcome, Outcome::Left) && record.ticket.begun() == 0);
    let (refused, left) = (refused.count(), left.count());
    counts.handled == done
        && counts.cut_off == begun - done
        && (refused..=refused + left).contains(&counts.refused)
        && (counts.refused == 0 || !death.handles_all())
}
