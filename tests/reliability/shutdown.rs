//! Actors that are told to end while they have work to do.

use std::time::Duration;

use actor_runtime::{
    Actor as _, CallError, CancellationToken, Client as _, Context, ExitReason, Shutdown,
    StopReason, Why, actor,
};
use tokio::time::{Instant, sleep};

use crate::support::{
    Cancellable, Gate, Log, calling, cancellable, gate, held_worker, hold, idle, soon, summary,
};

const SECOND: Duration = Duration::from_secs(1);
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

#[tokio::test(start_paused = true)]
async fn row_09_callers_that_wait_for_a_slot_are_told_at_once() {
    let Cancellable { started, shutdown } = cancellable(1);
    let key = hold(&started.client).await;
    started.client.try_note(0).unwrap();
    let mut waiting = Vec::new();
    // More callers than are woken together.
    for number in 1..=20 {
        let call = calling(&started.client, |client| async move {
            client.double(number).await
        });
        waiting.push(call.await);
    }
    shutdown.cancel();
    for call in waiting {
        assert_eq!(
            soon(call).await.unwrap(),
            Err(CallError::Closed(Why::Cancelled))
        );
    }
    idle().await;
    assert!(!started.handle.is_finished());
    key.open();
    let exit = soon(started.handle).await;
    assert_eq!((exit.handled, exit.refused), (1, 1));
}

/// Shuts down an actor with a call in progress and a hundred queued ones. Returns the exit, and the numbers of
/// answered and refused calls.
async fn shut_down(how: Shutdown) -> (String, usize, usize) {
    let (worker, key) = held_worker(100).await;
    let mut calls = Vec::new();
    for number in 0..100 {
        let client = worker.client.clone();
        calls.push(tokio::spawn(async move { client.double(number).await }));
    }
    idle().await;
    assert_eq!(worker.client.capacity(), 0);
    let exit = tokio::spawn(worker.handle.shutdown_with(how, SECOND));
    idle().await;
    key.open();
    let (mut answered, mut refused) = (0, 0);
    for (number, call) in (0..).zip(calls) {
        match soon(call).await.unwrap() {
            Ok(answer) => {
                assert_eq!(answer, 2 * number);
                answered += 1;
            }
            Err(error) => {
                assert_eq!(error, CallError::Refused);
                refused += 1;
            }
        }
    }
    assert_eq!(worker.log.len(), answered);
    (summary(&soon(exit).await.unwrap()), answered, refused)
}

#[tokio::test(start_paused = true)]
async fn row_10_each_queued_command_is_handled_or_refused_and_counted() {
    let stopped = "cancelled: 1 handled, 100 refused, state";
    assert_eq!(
        shut_down(Shutdown::Stop).await,
        (stopped.to_owned(), 0, 100)
    );
    let drained = "cancelled: 101 handled, 0 refused, state";
    assert_eq!(
        shut_down(Shutdown::Drain).await,
        (drained.to_owned(), 100, 0)
    );
}

struct Patient;

#[actor]
impl Patient {
    /// Works until the token is cancelled.
    pub(crate) async fn work_until_told(&mut self, ctx: &mut Context<Self>) -> &'static str {
        ctx.token().cancelled().await;
        "told"
    }
}

#[tokio::test(start_paused = true)]
async fn row_11_a_method_that_takes_no_notice_of_the_shutdown_is_cut_off_by_a_deadline_alone() {
    let Cancellable { started, shutdown } = cancellable(1);
    let key = hold(&started.client).await;
    shutdown.cancel();
    sleep(DAY).await;
    assert!(!started.handle.is_finished());
    key.open();
    assert_eq!(soon(started.handle).await.handled, 1);

    let (worker, _key) = held_worker(1).await;
    let start = Instant::now();
    let exit = soon(worker.handle.shutdown(SECOND)).await;
    assert_eq!(
        summary(&exit),
        "aborted in hold: 0 handled, 0 refused, no state"
    );
    assert_eq!(start.elapsed(), SECOND);
}

#[tokio::test(start_paused = true)]
async fn row_11_a_method_can_look_at_the_token() {
    let (client, handle) = Patient.spawn_with_handle(CancellationToken::new());
    let call = calling(
        &client,
        |client| async move { client.work_until_told().await },
    )
    .await;
    let exit = soon(handle.shutdown(SECOND)).await;
    assert!(matches!(exit.reason, ExitReason::Cancelled));
    assert_eq!(soon(call).await.unwrap(), Ok("told"));
}

#[tokio::test(start_paused = true)]
async fn row_13_no_further_command_is_started_however_many_are_queued() {
    async fn check(capacity: usize, queued: u32) {
        let Cancellable { started, shutdown } = cancellable(capacity);
        let key = hold(&started.client).await;
        for number in 0..queued {
            started.client.try_note(number).unwrap();
        }
        shutdown.cancel();
        assert!(started.client.is_closed());
        assert_eq!(
            started.client.try_note(1),
            Err(CallError::Closed(Why::Cancelled))
        );
        key.open();
        assert_eq!(
            summary(&soon(started.handle).await),
            format!("cancelled: 1 handled, {queued} refused, state")
        );
        assert!(started.log.numbers().is_empty());
    }
    check(1, 0).await;
    check(1, 1).await;
    check(64, 64).await;
    check(10_000, 10_000).await;
    check(usize::MAX, 10_000).await;
}

/// Half of the commands that were taken out of the mailbox together have been handled.
#[tokio::test(start_paused = true)]
async fn row_13_no_further_command_is_started_in_the_middle_of_a_batch() {
    let Cancellable { started, shutdown } = cancellable(64);
    let key = hold(&started.client).await;
    let (gate, mut second_key) = gate();
    for number in 0..10 {
        started.client.try_note(number).unwrap();
    }
    soon(started.client.hold(gate)).await.unwrap();
    for number in 10..20 {
        started.client.try_note(number).unwrap();
    }
    key.open();
    second_key.entered().await;
    shutdown.cancel();
    second_key.open();
    assert_eq!(
        summary(&soon(started.handle).await),
        "cancelled: 12 handled, 10 refused, state"
    );
    assert_eq!(started.log.numbers(), (0..10).collect::<Vec<_>>());
}

/// An actor that notes each of its hooks and its drop.
struct Connection(Log);

const HANDLED: u32 = 1;
const CLOSING: u32 = 2;
const CLOSED: u32 = 3;
const DROPPED: u32 = 4;
const GONE: u32 = 5;

#[actor(shutdown = drain)]
impl Connection {
    pub(crate) async fn send(&mut self, gate: Gate) {
        gate.pass().await;
        self.0.push(HANDLED);
    }

    #[on_stop]
    async fn close(&mut self, _reason: StopReason) {
        self.0.push(CLOSING);
        sleep(SECOND).await;
        self.0.push(CLOSED);
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.0.push(DROPPED);
    }
}

#[tokio::test(start_paused = true)]
async fn row_24_the_last_hook_may_wait_and_the_state_is_dropped_after_it() {
    let log = Log::default();
    let (shutdown, gone) = (CancellationToken::new(), log.clone());
    let client = Connection(log.clone())
        .builder()
        .shutdown(shutdown.clone())
        .on_exit(move |exit| {
            drop(exit.state);
            gone.push(GONE);
        })
        .spawn();
    let (gate, mut key) = gate();
    client.send(gate).await.unwrap();
    key.entered().await;
    shutdown.cancel();
    key.open();
    soon(sleep(2 * SECOND)).await;
    assert_eq!(log.numbers(), [HANDLED, CLOSING, CLOSED, DROPPED, GONE]);
}

#[tokio::test(start_paused = true)]
async fn row_24_the_last_hook_is_bounded_by_the_deadline() {
    let log = Log::default();
    let (client, handle) = Connection(log.clone()).spawn_with_handle(CancellationToken::new());
    let exit = soon(handle.shutdown(SECOND / 2)).await;
    assert_eq!(
        summary(&exit),
        "aborted in close: 0 handled, 0 refused, no state"
    );
    assert_eq!(log.numbers(), [CLOSING, DROPPED]);
    drop(client);
}
