//! Fairness: an actor and its senders let other tasks run, even on a runtime with a single thread.

use std::cell::Cell;
use std::future::poll_fn;
use std::rc::Rc;
use std::task::Poll;

use tokio::task::{JoinHandle, LocalSet, yield_now};

use crate::support::{Log, held_worker, idle, soon, spawn, worker};

/// The most commands that an actor may handle before another task has its turn.
const TURN: usize = 128;
/// More turns than any test needs: a task that always runs keeps paused time from moving.
const TURNS: usize = 100_000;

/// The way in which a task lets others run.
#[derive(Clone, Copy, Debug)]
enum Manners {
    /// The task is woken at once, and runs after those that are ready by now.
    QueueAgain,
    /// The runtime also looks for input and timers before the task runs again.
    Yield,
}

impl Manners {
    async fn let_others_run(self) {
        match self {
            Self::Yield => yield_now().await,
            Self::QueueAgain => {
                let mut has_waited = false;
                poll_fn(|cx| {
                    if has_waited {
                        return Poll::Ready(());
                    }
                    has_waited = true;
                    cx.waker().wake_by_ref();
                    Poll::Pending
                })
                .await;
            }
        }
    }
}

/// Counts the commands that are handled between two turns of this task, until it has seen `commands` of them. Returns
/// the highest count.
fn longest_run(log: &Log, commands: usize, manners: Manners) -> JoinHandle<usize> {
    let log = log.clone();
    spawn(async move {
        let (mut handled, mut longest) = (0, 0);
        for _ in 0..TURNS {
            manners.let_others_run().await;
            longest = longest.max(log.len() - handled);
            handled = log.len();
            if handled == commands {
                return longest;
            }
        }
        panic!("{handled} of {commands} commands handled, and no more");
    })
}

#[tokio::test(start_paused = true)]
async fn an_actor_with_a_full_mailbox_lets_other_tasks_run() {
    // Tasks that have yielded are woken in reverse order, so one of them may run twice in a row.
    for (manners, turns) in [(Manners::QueueAgain, 1), (Manners::Yield, 2)] {
        let commands = 5000;
        let (worker, key) = held_worker(usize::MAX).await;
        for number in 0..commands {
            worker.client.try_note(number).unwrap();
        }
        let longest = longest_run(&worker.log, commands as usize, manners);
        key.open();
        let longest = soon(longest).await.unwrap();
        assert!(
            longest <= turns * TURN,
            "{longest} without a break: {manners:?}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn an_actor_that_is_kept_busy_by_a_sender_lets_other_tasks_run() {
    for capacity in [1, 64, usize::MAX] {
        let worker = worker(capacity);
        let client = worker.client.clone();
        let longest = longest_run(&worker.log, 5000, Manners::QueueAgain);
        let sender = spawn(async move {
            for number in 0..5000 {
                client.note(number).await.unwrap();
            }
        });
        let longest = soon(longest).await.unwrap();
        soon(sender).await.unwrap();
        assert!(longest <= TURN, "{longest} without a break");
    }
}

#[tokio::test(start_paused = true)]
async fn a_sender_that_never_has_to_wait_lets_other_tasks_run() {
    let (worker, key) = held_worker(usize::MAX).await;
    let local = LocalSet::new();
    let has_run = Rc::new(Cell::new(false));
    let other = Rc::clone(&has_run);
    local.spawn_local(async move { other.set(true) });
    let sending = local.run_until(async {
        let mut sent = 0;
        while !has_run.get() {
            assert!(sent < 100_000, "the other task never runs");
            worker.client.note(0).await.unwrap();
            sent += 1;
        }
    });
    soon(sending).await;
    key.open();
    idle().await;
}

/// Calls that fail at once have nothing to wait for.
#[tokio::test(start_paused = true)]
async fn a_caller_of_an_actor_that_is_gone_lets_other_tasks_run() {
    let worker = worker(1);
    soon(worker.client.stop()).await.unwrap();
    let local = LocalSet::new();
    let has_run = Rc::new(Cell::new(false));
    let other = Rc::clone(&has_run);
    local.spawn_local(async move { other.set(true) });
    let calling = local.run_until(async {
        let mut calls = 0;
        while !has_run.get() {
            assert!(calls < 100_000, "the other task never runs");
            worker.client.double(0).await.unwrap_err();
            calls += 1;
        }
    });
    soon(calling).await;
}

/// Each of two actors has enough work for several turns.
#[tokio::test(start_paused = true)]
async fn actors_take_turns() {
    let commands = 1000;
    let (one, one_key) = held_worker(usize::MAX).await;
    let (two, two_key) = held_worker(usize::MAX).await;
    for number in 0..commands {
        one.client.try_note(number).unwrap();
        two.client.try_note(number).unwrap();
    }
    let (first, second) = (one.log.clone(), two.log.clone());
    let watching = spawn(async move {
        let mut furthest_apart = 0;
        for _ in 0..TURNS {
            Manners::QueueAgain.let_others_run().await;
            furthest_apart = furthest_apart.max(first.len().abs_diff(second.len()));
            if first.len() + second.len() == 2 * commands as usize {
                return furthest_apart;
            }
        }
        panic!("an actor handles no more commands");
    });
    one_key.open();
    two_key.open();
    let furthest_apart = soon(watching).await.unwrap();
    assert!(furthest_apart <= TURN, "{furthest_apart} commands apart");
}
