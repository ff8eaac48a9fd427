//! One death after the other, and the conditions that must hold for each.

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

/// Kills so many actors of a kind, or fewer if a caller hangs before.
pub(crate) fn storm<S: Subject>(deaths: usize, seed: usize) -> Report {
    println!("SEED={seed}");
    let runtime = runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_time()
        .build()
        .expect("two threads");
    let tally = Arc::<Mutex<Tally>>::default();
    let begun = Instant::now();
    // A post for each caller, and one for the task that waits for deaths.
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
        // The callers report one after the other.
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
        let client = plan.keeps_client.then_some(client);
        let waiting = own.wait(How::Call);
        let ended = death.await;
        drop(waiting);
        drop(client);
        let mut log = Vec::new();
        for logged in logs {
            log.extend(logged.await.expect("no caller panics"));
        }
        assert!(
            ended.mistake.is_none(),
            "life {life}, {plan:?}: {:?}",
            ended.mistake
        );
        let mistake = log.iter().find(|record| !is_true(&plan, record));
        assert!(mistake.is_none(), "life {life}, {plan:?}: {mistake:?}");
        if let Some(counts) = ended.counts {
            assert!(
                is_sum(&plan, &counts, &log),
                "life {life}, {plan:?}: {counts:?}, {log:?}"
            );
        }
        let mut tally = tally.lock().expect("nobody panics with it");
        tally.add(plan, ended.restarts, &log);
    }
}

/// Returns whether a caller was told the truth, now that the actor is dead.
fn is_true(plan: &Plan, record: &Record) -> bool {
    let (begun, done) = (record.ticket.begun(), record.ticket.done());
    let may_be_cut_off = plan.death.is_supervised() && plan.failure.is_in_method();
    match &record.outcome {
        Outcome::Answered(number) => {
            *number == record.number && (record.begun, begun, done) == (1, 1, 1)
        }
        Outcome::Accepted if plan.handles_all() => begun == 1 && (done == 1 || may_be_cut_off),
        Outcome::Failed(error) if !is_possible(plan, record.how, error) => false,
        // Nobody is told of an end that has not come. Of two lanes, the one that is checked here closes a moment
        // later.
        Outcome::Failed(CallError::Closed(_) | CallError::Refused | CallError::Stopped)
            if !record.is_closed && !plan.lane.has_priority() =>
        {
            false
        }
        Outcome::Failed(CallError::Refused | CallError::Closed(_) | CallError::Full) => begun == 0,
        Outcome::Failed(CallError::Stopped | CallError::Panicked) => {
            (record.begun, begun) == (1, 1) && (done == 0 || record.how.is_deferred())
        }
        Outcome::Failed(CallError::Unanswered) if plan.death.is_supervised() => {
            (record.begun, begun, done) == (1, 1, 1)
        }
        Outcome::Failed(CallError::Unanswered) | Outcome::Accepted | Outcome::Left => begun <= 1,
        Outcome::Failed(_) => false,
    }
}

/// Returns whether a command can have failed in this way.
fn is_possible(plan: &Plan, how: How, error: &CallError) -> bool {
    let is_kept = how.is_deferred() && plan.keeps > 0;
    match error {
        CallError::Full => how.is_try(),
        CallError::Closed(_) => !plan.death.is_up_to_callers(),
        CallError::Refused => !plan.handles_all(),
        CallError::Stopped | CallError::Panicked | CallError::Unanswered
            if !plan.death.is_supervised() =>
        {
            plan.death != Death::ClientsDropped
        }
        CallError::Panicked => plan.failure.is_in_method(),
        // A state that is still whole is dropped at a restart, or kept until the end if there is no restart.
        CallError::Unanswered => is_kept && !plan.failure.is_in_method(),
        CallError::Stopped => {
            is_kept && !(plan.death == Death::GivesUp && plan.failure.is_in_method())
        }
        _ => false,
    }
}

/// Returns whether the exit agrees with the callers' counts: no command is lost or counted twice.
fn is_sum(plan: &Plan, counts: &Counts, log: &[Record]) -> bool {
    let begun: usize = log.iter().map(|record| record.ticket.begun()).sum();
    let done: usize = log.iter().map(|record| record.ticket.done()).sum();
    let refused = log.iter().filter(|record| match record.outcome {
        Outcome::Failed(CallError::Refused) => true,
        Outcome::Accepted => record.ticket.begun() == 0,
        _ => false,
    });
    // Nobody knows whether these were accepted.
    let left = log
        .iter()
        .filter(|record| matches!(record.outcome, Outcome::Left) && record.ticket.begun() == 0);
    let (refused, left) = (refused.count(), left.count());
    counts.handled == done
        && counts.cut_off == begun - done
        && (refused..=refused + left).contains(&counts.refused)
        && (counts.refused == 0 || !plan.handles_all())
}
