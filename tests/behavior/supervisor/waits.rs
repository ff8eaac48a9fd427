//! Restarts: how often they happen, and when.

use std::panic::{self, AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use actor_runtime::{CallError, Client as _, Supervisor, Why, actor};
use tokio::runtime;
use tokio::sync::mpsc;
use tokio::task::yield_now;
use tokio::time::{Instant, sleep};

use super::{CANCELLED, MILLISECOND, MINUTE, SECOND, Start, Story};
use crate::support::{self, Log, gate, idle, on_four_threads, payload, soon, summary};

#[tokio::test(start_paused = true)]
async fn it_gives_up_after_too_many_restarts() {
    let story = Story::default();
    let actor = story.spawn_with(|it| it.restarts(2, MINUTE));
    actor.fail().await;
    actor.fail().await;
    let (failing, key) = actor.fail_later().await;
    let queued = [actor.double(1).await, actor.double(2).await];
    let waiting = actor.double(3).await;
    key.open();
    assert_eq!(soon(failing).await.unwrap(), Err(CallError::Panicked));
    for call in queued {
        assert_eq!(soon(call).await.unwrap(), Err(CallError::Refused));
    }
    assert_eq!(
        soon(waiting).await.unwrap(),
        Err(CallError::Closed(Why::Panicked))
    );
    assert_eq!(
        soon(actor.client.number()).await,
        Err(CallError::Closed(Why::Panicked))
    );
    let exit = actor.exit().await;
    assert_eq!(
        summary(&exit),
        "panicked in hold_and_fail: 0 handled, 2 refused, no state"
    );
    assert_eq!(payload(exit), Some("behind the gate"));
    assert_eq!((story.incarnations(), story.exits().len()), (3, 2));
}

#[tokio::test(start_paused = true)]
async fn a_start_that_never_succeeds_is_told_when_it_gives_up() {
    let story = Story::of([Start::Fails, Start::Fails, Start::Fails]);
    let actor = story.spawn_with(|it| it.restarts(2, MINUTE));
    assert_eq!(
        soon(actor.handle.started()).await,
        Err(CallError::Closed(Why::StartFailed))
    );
    assert_eq!(
        summary(&actor.exit().await),
        "failed to start: 0 handled, 0 refused, state"
    );
    assert_eq!(story.incarnations(), 3);
}

#[tokio::test(start_paused = true)]
async fn the_last_exit_goes_where_that_of_any_actor_goes() {
    let (story, last) = (Story::default(), Log::default());
    let log = last.clone();
    let supervisor = story.supervisor().restarts(1, MINUTE);
    let client = supervisor
        .on_exit(move |exit| {
            assert_eq!(payload(exit), Some("in a method"));
            log.push(1);
        })
        .spawn();
    for _ in 0..2 {
        assert_eq!(soon(client.fail()).await, Err(CallError::Panicked));
    }
    soon(client.closed()).await;
    idle().await;
    assert_eq!((last.len(), story.exits().len()), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn it_may_be_told_not_to_restart_at_all() {
    let story = Story::default();
    let actor = story.spawn_with(|it| it.restarts(0, MINUTE));
    actor.fail().await;
    assert_eq!(payload(actor.exit().await), Some("in a method"));
    assert_eq!((story.incarnations(), story.exits().len()), (1, 0));
}

#[tokio::test(start_paused = true)]
async fn restarts_that_are_far_apart_are_never_too_many() {
    let story = Story::default();
    let actor = story.spawn_with(|it| it.restarts(2, MINUTE));
    for number in 1..=100 {
        assert_eq!(soon(actor.client.number()).await, Ok(number));
        actor.fail().await;
        sleep(MINUTE * 2 / 3).await;
    }
}

/// An actor whose source fails, each time after an hour.
struct Lost {
    at: Instant,
}

#[actor]
impl Lost {
    pub(crate) fn ping(&self) -> u32 {
        1
    }

    #[at(Some(self.at))]
    fn lost(&mut self) -> Result<(), &'static str> {
        Err("lost")
    }
}

/// The source that has failed is no work.
#[tokio::test(start_paused = true)]
async fn it_gives_up_an_actor_that_does_nothing_but_fail() {
    for answers in [false, true] {
        let (client, handle) = Supervisor::new(|| Lost {
            at: Instant::now() + 60 * MINUTE,
        })
        .restarts(2, MINUTE)
        .spawn_with_handle();
        for _ in 0..10 {
            if answers {
                assert_eq!(client.ping().await, Ok(1));
            }
            sleep(61 * MINUTE).await;
        }
        assert_eq!(client.is_closed(), !answers);
        drop(client);
        soon(handle).await;
    }
}

#[tokio::test(start_paused = true)]
async fn the_wait_doubles_up_to_a_limit_and_starts_over_after_a_long_life() {
    let actor = Story::default()
        .spawn_with(|it| it.backoff(SECOND, 5 * SECOND).restarts(usize::MAX, MINUTE));
    let check = async |delays: &[u32]| {
        for delay in delays {
            let start = Instant::now();
            assert_eq!(soon(actor.client.fail()).await, Err(CallError::Panicked));
            soon(actor.client.number()).await.unwrap();
            let (wait, delay) = (start.elapsed(), *delay * SECOND);
            // A timer has the precision of a millisecond.
            assert!(
                wait >= delay / 2 && wait <= delay + MILLISECOND,
                "{wait:?} of {delay:?}"
            );
        }
    };
    check(&[1, 2, 4, 5, 5]).await;
    sleep(MINUTE / 2).await;
    check(&[5]).await;
    sleep(MINUTE).await;
    check(&[1, 2]).await;
}

#[tokio::test(start_paused = true)]
async fn the_waits_of_actors_that_failed_together_differ() {
    let waits = async || {
        let actor = Story::default().spawn_with(|it| it.backoff(MINUTE, MINUTE));
        let start = Instant::now();
        actor.fail().await;
        soon(actor.client.number()).await.unwrap();
        start.elapsed()
    };
    let first = waits().await;
    for _ in 0..10 {
        if waits().await != first {
            return;
        }
    }
    panic!("all actors waited for {first:?}");
}

#[tokio::test(start_paused = true)]
async fn no_wait_is_too_long() {
    let actor = Story::default().spawn_with(|it| {
        it.backoff(Duration::MAX, Duration::MAX)
            .restarts(3, Duration::MAX)
    });
    actor.fail().await;
    sleep(1000 * MINUTE).await;
    assert_eq!(actor.story.incarnations(), 1);
    actor.shutdown.cancel();
    assert_eq!(
        summary(&actor.exit().await),
        "cancelled: 0 handled, 0 refused, no state"
    );
}

#[tokio::test(start_paused = true)]
async fn thousands_of_restarts_leave_nothing_behind() {
    let story = Story::default();
    let actor = story.spawn_with(|it| {
        it.backoff(Duration::ZERO, Duration::ZERO)
            .restarts(usize::MAX, SECOND)
    });
    let alive = Arc::new(());
    for _ in 0..3000 {
        soon(actor.client.work(Box::new(alive.clone())))
            .await
            .unwrap();
        assert_eq!(soon(actor.client.fail()).await, Err(CallError::Panicked));
    }
    assert_eq!(soon(actor.client.number()).await, Ok(3001));
    assert_eq!(Arc::strong_count(&alive), 1);
    let metrics = runtime::Handle::current().metrics();
    assert_eq!(metrics.num_alive_tasks(), 1);
    drop(actor.client);
    assert_eq!(
        summary(&soon(actor.handle).await),
        "clients dropped: 1 handled, 0 refused, state"
    );
    idle().await;
    assert_eq!(metrics.num_alive_tasks(), 0);
}

#[tokio::test(start_paused = true)]
async fn an_actor_that_fails_at_once_lets_others_run() {
    let story = Story::of((0..10_000).map(|_| Start::Fails));
    let actor = story.spawn_with(|it| {
        it.backoff(Duration::ZERO, Duration::ZERO)
            .restarts(usize::MAX, SECOND)
    });
    let is_over = Arc::new(AtomicBool::new(false));
    let other = support::spawn({
        let is_over = is_over.clone();
        async move {
            while !is_over.load(Ordering::Relaxed) {
                yield_now().await;
            }
        }
    });
    yield_now().await;
    assert!(story.incarnations() < 1000, "{}", story.incarnations());
    is_over.store(true, Ordering::Relaxed);
    soon(other).await.unwrap();
    assert_eq!(soon(actor.client.number()).await, Ok(10_001));
}

#[test]
fn without_a_timer_there_is_no_supervisor() {
    let supervisor = || Story::default().supervisor();
    let spawn = || catch_unwind(AssertUnwindSafe(|| drop(supervisor().spawn())));
    assert!(spawn().is_err());
    let runtime = runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(async { assert!(spawn().is_err()) });
    let runtime = runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .unwrap();
    runtime.block_on(async { assert!(spawn().is_ok()) });
}

#[test]
fn a_supervisor_shows_how_it_restarts() {
    let supervisor = Story::default().supervisor().restarts(3, SECOND);
    assert_eq!(
        format!("{supervisor:?}"),
        "Supervisor { restarts: 3, within: 1s, name: None, capacity: 64, deadline: None, .. }"
    );
}

/// A task fails on another thread, sometimes just when the loop begins to wait.
#[test]
fn no_failure_of_a_task_goes_unnoticed() {
    on_four_threads(async {
        let (story, (failures, mut failed)) = (Story::default(), mpsc::unbounded_channel());
        let client = Supervisor::new(move || story.make())
            .restarts(usize::MAX, SECOND)
            .backoff(Duration::ZERO, Duration::ZERO)
            .on_restart(move |exit| failures.send(payload(exit)).unwrap())
            .spawn();
        for moment in 300..1300 {
            let is_released = Arc::new(AtomicBool::new(false));
            let may_fail = is_released.clone();
            let fail = Box::new(move || {
                while !may_fail.load(Ordering::Acquire) {
                    thread::yield_now();
                }
                panic::resume_unwind(Box::new("in a task"));
            });
            client.block(fail).await.unwrap();
            client.release(&is_released, moment).await.unwrap();
            assert_eq!(failed.recv().await.unwrap(), Some("in a task"));
        }
    });
}

/// Callers on many threads meet methods and tasks that fail.
#[test]
fn every_call_returns_while_an_actor_is_restarted() {
    on_four_threads(async {
        const CALLERS: u32 = 8;
        const CALLS: u32 = 300;

        let story = Story::default();
        let factory = story.clone();
        let (client, handle) = Supervisor::new(move || factory.make())
            .capacity(3)
            .restarts(usize::MAX, SECOND)
            .backoff(Duration::ZERO, Duration::ZERO)
            .spawn_with_handle();
        let mut callers = Vec::new();
        for caller in 0..CALLERS {
            let client = client.clone();
            callers.push(support::spawn(async move {
                for number in 0..CALLS {
                    match (caller + number) % 4 {
                        0 => assert_eq!(client.fail().await, Err(CallError::Panicked)),
                        1 => {
                            let (gate, key) = gate();
                            key.open();
                            client.fail_in_a_task(gate).await.unwrap();
                        }
                        _ => assert_eq!(client.double(number).await, Ok(2 * number)),
                    }
                }
            }));
        }
        for caller in callers {
            caller.await.unwrap();
        }
        assert_eq!(
            story
                .log
                .numbers()
                .iter()
                .filter(|it| **it < CANCELLED)
                .count(),
            1200
        );
        drop(client);
        // A task may have failed after the last command.
        let exit = handle.await;
        assert_eq!(exit.refused, 0, "{exit}");
    });
}
