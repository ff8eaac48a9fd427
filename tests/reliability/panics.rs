//! Panics, and other ends that are not a success.

use std::sync::mpsc::channel;

use actor_runtime::{
    Actor as _, ActorHandle, CallError, CancellationToken, Client as _, Why, actor,
};

use crate::support::{
    Callers, Gate, Log, PanicOnDrop, Worker, WorkerClient, answers_after_end, gate, hold, idle,
    payload, soon, summary, worker,
};

#[tokio::test(start_paused = true)]
async fn row_05_every_caller_is_told_of_a_panic() {
    let worker = worker(2);
    let (gate, mut key) = gate();
    let callers = Callers::of(&worker.client, |client: WorkerClient| async move {
        client.hold_and_panic(gate).await
    })
    .await;
    key.entered().await;
    key.open();
    assert_eq!(
        callers.answers().await,
        answers_after_end(Err(CallError::Panicked), Why::Panicked)
    );
    let exit = soon(worker.handle).await;
    assert_eq!(
        summary(&exit),
        "panicked in hold_and_panic: 0 handled, 2 refused, no state"
    );
    assert_eq!(payload(exit), Some("held"));
    assert!(worker.log.numbers().is_empty());
}

/// An actor whose state panics when it is dropped.
struct Explosive {
    _state: PanicOnDrop,
}

#[actor(capacity = 2)]
impl Explosive {
    pub(crate) async fn hold(&mut self, gate: Gate) -> u32 {
        gate.pass().await;
        1
    }

    pub(crate) fn double(&mut self, number: u32) -> u32 {
        2 * number
    }
}

/// Checks a call in progress and a queued one after `end` was called.
async fn check_explosive(
    end: impl FnOnce(CancellationToken, ActorHandle<Explosive>),
    in_flight: Result<u32, CallError>,
) {
    let shutdown = CancellationToken::new();
    let state = PanicOnDrop;
    let (client, handle) = Explosive { _state: state }.spawn_with_handle(shutdown.clone());
    let (gate, mut key) = gate();
    let call = tokio::spawn({
        let client = client.clone();
        async move { client.hold(gate).await }
    });
    key.entered().await;
    let queued = tokio::spawn({
        let client = client.clone();
        async move { client.double(1).await }
    });
    idle().await;
    end(shutdown, handle);
    idle().await;
    key.open();
    assert_eq!(soon(call).await.unwrap(), in_flight);
    assert_eq!(soon(queued).await.unwrap(), Err(CallError::Refused));
    assert_eq!(
        soon(client.double(1)).await,
        Err(CallError::Closed(Why::Panicked))
    );
    soon(client.closed()).await;
}

#[tokio::test(start_paused = true)]
async fn row_05_callers_are_told_although_the_state_panics_when_it_is_dropped() {
    check_explosive(
        |shutdown, handle| {
            drop(handle);
            shutdown.cancel();
        },
        Ok(1),
    )
    .await;
    check_explosive(
        |_, handle| {
            handle.abort();
            // The exit has no state, so it can be dropped.
            drop(handle);
        },
        Err(CallError::Stopped),
    )
    .await;
}

#[tokio::test(start_paused = true)]
async fn row_05_an_exit_is_reported_although_the_state_panics_when_it_is_dropped() {
    let shutdown = CancellationToken::new();
    let state = PanicOnDrop;
    let (client, handle) = Explosive { _state: state }.spawn_with_handle(shutdown.clone());
    assert_eq!(soon(client.double(1)).await, Ok(2));
    handle.abort();
    let exit = soon(handle).await;
    assert_eq!((exit.handled, exit.refused), (1, 0));
    assert!(exit.state.is_none());
}

#[tokio::test(start_paused = true)]
async fn row_21_a_panic_that_nobody_waits_for_goes_to_on_exit() {
    enum Handle {
        Never,
        DroppedBefore,
        DroppedAfter,
    }
    for handle in [Handle::Never, Handle::DroppedBefore, Handle::DroppedAfter] {
        let (report, reports) = channel();
        let builder = Worker {
            log: Log::default(),
        }
        .builder()
        .on_exit(move |exit| report.send(payload(exit)).unwrap());
        let (client, held) = match handle {
            Handle::Never => (builder.spawn(), None),
            Handle::DroppedBefore => (builder.spawn_with_handle().0, None),
            Handle::DroppedAfter => {
                let (client, handle) = builder.spawn_with_handle();
                (client, Some(handle))
            }
        };
        let answer = soon(client.panic_with(Box::new("unseen"))).await;
        assert_eq!(answer, Err(CallError::Panicked));
        soon(client.closed()).await;
        idle().await;
        drop(held);
        assert_eq!(reports.try_recv(), Ok(Some("unseen")));
    }
}

#[deny(
    unfulfilled_lint_expectations,
    reason = "then rustc does not warn, which is what is tested"
)]
#[tokio::test(start_paused = true)]
async fn row_21_to_drop_a_handle_is_a_warning() {
    let worker = Worker {
        log: Log::default(),
    };
    #[expect(unused_must_use, reason = "it is the warning that is expected")]
    {
        worker.spawn_with_handle(CancellationToken::new());
    }
}

#[tokio::test(start_paused = true)]
async fn row_22_an_exit_says_why_the_actor_ended() {
    async fn check(end: impl AsyncFnOnce(&WorkerClient), expected: &str) {
        let worker = worker(2);
        let key = hold(&worker.client).await;
        end(&worker.client).await;
        key.open();
        drop(worker.client);
        assert_eq!(summary(&soon(worker.handle).await), expected);
    }
    check(async |_| {}, "clients dropped: 1 handled, 0 refused, state").await;
    let stop = async |client: &WorkerClient| {
        let (gate, key) = gate();
        client.stop_and_hold(gate).await.unwrap();
        key.open();
    };
    check(stop, "stopped: 2 handled, 0 refused, state").await;

    let worker = worker(2);
    let key = hold(&worker.client).await;
    worker.handle.abort();
    assert_eq!(
        summary(&soon(worker.handle).await),
        "aborted in hold: 0 handled, 0 refused, no state"
    );
    drop(key);
}
