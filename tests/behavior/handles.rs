//! Handles: an actor's exit, and the recipient of the exit if nobody takes it.

use std::cell::Cell;
use std::marker::PhantomData;
use std::panic;
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use actor_runtime::{
    Actor as _, ActorHandle, Builder, CallError, CancellationToken, Client as _, ExitReason,
    Prepared, Runner, SupervisedRunner, Supervisor, Why, actor,
};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinSet;

use crate::support::{
    Callers, Log, Worker, WorkerClient, answers_after_end, gate, held_worker, idle,
    on_four_threads, poll_once, runtime_of, soon, spawn, summary, worker,
};

const SECOND: Duration = Duration::from_secs(1);

#[tokio::test(start_paused = true)]
async fn the_handle_is_a_future_of_the_exit() {
    let mut worker = worker(8);
    let mut handle = Box::pin(&mut worker.handle);
    assert!(poll_once(handle.as_mut()).is_pending());
    drop(handle);
    // Nothing is lost if a waiter gives up.
    tokio::select! {
        biased;
        exit = &mut worker.handle => panic!("ended already: {exit}"),
        () = idle() => {}
    }
    assert_eq!(soon(worker.client.double(1)).await, Ok(2));
    assert_eq!(soon(worker.client.stop()).await, Ok(0));
    let exit = soon(&mut worker.handle).await;
    assert_eq!(summary(&exit), "stopped: 2 handled, 0 refused, state");
    assert_eq!(exit.state.unwrap().log.numbers(), [1]);
}

#[tokio::test(start_paused = true)]
async fn a_handle_knows_whether_the_actor_has_ended() {
    let (worker, key) = held_worker(8).await;
    assert!(!worker.handle.is_finished());
    drop(worker.client);
    idle().await;
    assert!(!worker.handle.is_finished());
    assert!(format!("{:?}", worker.handle).contains("is_finished: false"));
    key.open();
    idle().await;
    assert!(worker.handle.is_finished());
    assert!(format!("{:?}", worker.handle).contains("is_finished: true"));
    let exit = soon(worker.handle).await;
    assert!(matches!(exit.reason, ExitReason::ClientsDropped));
}

#[tokio::test(start_paused = true)]
async fn a_handle_that_is_dropped_lets_the_actor_go_on() {
    let worker = worker(8);
    drop(worker.handle);
    idle().await;
    assert_eq!(soon(worker.client.double(1)).await, Ok(2));
}

#[tokio::test(start_paused = true)]
async fn shutdown_waits_for_the_command_in_progress() {
    let (worker, key) = held_worker(8).await;
    worker.client.try_note(1).unwrap();
    let shutdown = spawn(worker.handle.shutdown(60 * SECOND));
    tokio::time::advance(59 * SECOND).await;
    assert!(worker.client.is_closed());
    assert!(!shutdown.is_finished());
    key.open();
    assert_eq!(
        summary(&soon(shutdown).await.unwrap()),
        "cancelled: 1 handled, 1 refused, state"
    );
    assert!(worker.log.numbers().is_empty());
}

#[tokio::test(start_paused = true)]
async fn shutdown_aborts_a_command_that_takes_too_long() {
    let (worker, key) = held_worker(8).await;
    worker.client.try_note(1).unwrap();
    let exit = soon(worker.handle.shutdown(60 * SECOND)).await;
    assert_eq!(
        summary(&exit),
        "aborted in hold: 0 handled, 1 refused, no state"
    );
    key.open();
}

#[tokio::test(start_paused = true)]
async fn shutdown_of_an_actor_that_has_ended_gives_its_exit() {
    for deadline in [Duration::ZERO, SECOND, Duration::MAX] {
        let worker = worker(8);
        assert_eq!(soon(worker.client.stop()).await, Ok(0));
        soon(worker.client.closed()).await;
        idle().await;
        let exit = soon(worker.handle.shutdown(deadline)).await;
        assert!(matches!(exit.reason, ExitReason::Stopped));
    }
}

#[tokio::test(start_paused = true)]
async fn shutdown_leaves_the_token_alone() {
    let shutdown = CancellationToken::new();
    let log = Log::default();
    let (_client, handle) = Worker { log }.spawn_with_handle(shutdown.clone());
    let exit = soon(handle.shutdown(SECOND)).await;
    assert!(matches!(exit.reason, ExitReason::Cancelled));
    assert!(!shutdown.is_cancelled());
}

#[tokio::test(start_paused = true)]
async fn a_shutdown_that_is_dropped_still_stops_but_does_not_abort() {
    let (worker, key) = held_worker(8).await;
    let mut shutdown = Box::pin(worker.handle.shutdown(SECOND));
    assert!(poll_once(shutdown.as_mut()).is_pending());
    drop(shutdown);
    tokio::time::advance(60 * SECOND).await;
    assert!(worker.client.is_closed());
    key.open();
    soon(worker.client.closed()).await;
}

#[tokio::test(start_paused = true)]
async fn abort_drops_the_actor_where_it_is() {
    let (worker, key) = held_worker(8).await;
    worker.client.try_note(1).unwrap();
    worker.handle.abort();
    assert_eq!(
        summary(&soon(worker.handle).await),
        "aborted in hold: 0 handled, 1 refused, no state"
    );
    key.open();
}

#[tokio::test(start_paused = true)]
async fn every_caller_is_told_of_an_abort() {
    let worker = worker(2);
    let (gate, mut key) = gate();
    let callers = Callers::of(&worker.client, |client: WorkerClient| async move {
        client.hold_and_double(1, gate).await
    })
    .await;
    key.entered().await;
    worker.handle.abort();
    assert_eq!(
        callers.answers().await,
        answers_after_end(Err(CallError::Stopped), Why::Aborted)
    );
    assert_eq!(
        summary(&soon(worker.handle).await),
        "aborted in hold_and_double: 0 handled, 2 refused, no state"
    );
    key.open();
}

#[tokio::test(start_paused = true)]
async fn abort_of_an_idle_actor_drops_its_state_too() {
    let worker = worker(8);
    assert_eq!(soon(worker.client.double(1)).await, Ok(2));
    worker.handle.abort();
    assert_eq!(
        summary(&soon(worker.handle).await),
        "aborted: 1 handled, 0 refused, no state"
    );
}

#[tokio::test(start_paused = true)]
async fn abort_before_the_first_poll_refuses_everything() {
    let worker = worker(8);
    worker.client.try_note(1).unwrap();
    worker.handle.abort();
    assert_eq!(
        summary(&soon(worker.handle).await),
        "aborted: 0 handled, 1 refused, no state"
    );
    assert!(worker.log.numbers().is_empty());
}

#[tokio::test(start_paused = true)]
async fn abort_of_an_actor_that_has_ended_changes_nothing() {
    let worker = worker(8);
    assert_eq!(soon(worker.client.stop()).await, Ok(0));
    idle().await;
    worker.handle.abort();
    let exit = soon(worker.handle).await;
    assert!(matches!(exit.reason, ExitReason::Stopped));
    assert!(exit.state.is_some());
}

#[test]
fn the_end_of_the_runtime_is_an_abort() {
    on_four_threads(async {
        let runtime = runtime_of(1);
        let (gate, mut key) = gate();
        let (worker, in_flight) = {
            let _entered = runtime.enter();
            let worker = worker(2);
            let client = worker.client.clone();
            (worker, async move { client.hold_and_double(1, gate).await })
        };
        // The callers are on this thread, the actor is on another one.
        let in_flight = spawn(in_flight);
        key.entered().await;
        worker.client.try_note(1).unwrap();
        let mut queued = Box::pin(worker.client.double(2));
        assert!(poll_once(queued.as_mut()).is_pending());
        let mut waiting = Box::pin(worker.client.double(3));
        assert!(poll_once(waiting.as_mut()).is_pending());
        runtime.shutdown_background();
        assert_eq!(in_flight.await.unwrap(), Err(CallError::Stopped));
        assert_eq!(queued.await, Err(CallError::Refused));
        assert_eq!(waiting.await, Err(CallError::Closed(Why::Aborted)));
        assert_eq!(
            worker.client.double(4).await,
            Err(CallError::Closed(Why::Aborted))
        );
        assert_eq!(
            summary(&worker.handle.await),
            "aborted in hold_and_double: 0 handled, 2 refused, no state"
        );
        key.open();
    });
}

/// A worker whose exit goes to the receiver if nobody takes it.
fn reporting() -> (Builder<Worker>, Receiver<String>) {
    let (report, reports) = channel();
    let log = Log::default();
    let builder = Worker { log }
        .builder()
        .on_exit(move |exit| report.send(summary(&exit)).unwrap());
    (builder, reports)
}

/// Returns the exit that was reported once the actor has ended.
async fn report(reports: Receiver<String>) -> Option<String> {
    idle().await;
    reports.try_recv().ok()
}

#[tokio::test(start_paused = true)]
async fn on_exit_gets_the_exit_of_an_actor_without_a_handle() {
    let (builder, reports) = reporting();
    let client = builder.spawn();
    client.note(1).await.unwrap();
    drop(client);
    assert_eq!(
        report(reports).await.as_deref(),
        Some("clients dropped: 1 handled, 0 refused, state")
    );
}

#[tokio::test(start_paused = true)]
async fn on_exit_gets_a_panic_that_nobody_waits_for() {
    let (builder, reports) = reporting();
    let client = builder.spawn();
    let call = client.panic_with(Box::new("alone"));
    assert_eq!(soon(call).await, Err(CallError::Panicked));
    assert_eq!(
        report(reports).await.as_deref(),
        Some("panicked in panic_with: 0 handled, 0 refused, no state")
    );
}

#[tokio::test(start_paused = true)]
async fn on_exit_gets_the_exit_if_the_handle_is_dropped_before_the_end() {
    let (builder, reports) = reporting();
    let (client, handle) = builder.spawn_with_handle();
    drop(handle);
    assert_eq!(soon(client.stop()).await, Ok(0));
    assert_eq!(
        report(reports).await.as_deref(),
        Some("stopped: 1 handled, 0 refused, state")
    );
}

#[tokio::test(start_paused = true)]
async fn on_exit_gets_the_exit_if_the_handle_is_dropped_after_the_end() {
    let (builder, reports) = reporting();
    let (client, handle) = builder.spawn_with_handle();
    assert_eq!(soon(client.stop()).await, Ok(0));
    idle().await;
    assert!(handle.is_finished());
    assert!(reports.try_recv().is_err(), "the handle may still want it");
    drop(handle);
    assert_eq!(
        report(reports).await.as_deref(),
        Some("stopped: 1 handled, 0 refused, state")
    );
}

#[tokio::test(start_paused = true)]
async fn on_exit_gets_the_exit_of_an_abort_that_nobody_waits_for() {
    let (builder, reports) = reporting();
    let (client, handle) = builder.spawn_with_handle();
    client.note(1).await.unwrap();
    handle.abort();
    drop(handle);
    assert_eq!(
        report(reports).await.as_deref(),
        Some("aborted: 0 handled, 1 refused, no state")
    );
}

#[tokio::test(start_paused = true)]
async fn on_exit_does_not_get_what_the_handle_took() {
    let (builder, reports) = reporting();
    let (client, handle) = builder.spawn_with_handle();
    drop(client);
    let exit = soon(handle).await;
    assert!(matches!(exit.reason, ExitReason::ClientsDropped));
    assert_eq!(report(reports).await, None);

    let (builder, reports) = reporting();
    let (_client, handle) = builder.spawn_with_handle();
    let exit = soon(handle.shutdown(SECOND)).await;
    assert!(matches!(exit.reason, ExitReason::Cancelled));
    assert_eq!(report(reports).await, None);
}

#[tokio::test(start_paused = true)]
async fn on_exit_does_not_get_what_the_runner_returned() {
    let (builder, reports) = reporting();
    let (client, runner) = builder.into_runner();
    drop(client);
    let exit = soon(runner.run()).await;
    assert!(matches!(exit.reason, ExitReason::ClientsDropped));
    assert_eq!(report(reports).await, None);
}

#[tokio::test(start_paused = true)]
async fn on_exit_gets_the_exit_of_a_runner_that_is_dropped() {
    let (builder, reports) = reporting();
    let (client, runner) = builder.into_runner();
    client.try_note(1).unwrap();
    drop(runner);
    assert_eq!(
        report(reports).await.as_deref(),
        Some("aborted: 0 handled, 1 refused, no state")
    );

    // In the middle of a command.
    let (builder, reports) = reporting();
    let (client, runner) = builder.into_runner();
    let (gate, mut key) = gate();
    client.hold(gate).await.unwrap();
    let mut set = JoinSet::new();
    set.spawn(runner.run());
    key.entered().await;
    set.shutdown().await;
    assert_eq!(
        report(reports).await.as_deref(),
        Some("aborted in hold: 0 handled, 0 refused, no state")
    );
    key.open();
}

/// Says of a type whether it is `Sync`, and compiles even if it is not.
struct Asked<T>(PhantomData<T>);

/// Prefers this inherent method to the method of the trait, where both exist.
impl<T: Sync> Asked<T> {
    fn is_sync(&self) -> bool {
        true
    }
}

trait Otherwise {
    fn is_sync(&self) -> bool {
        false
    }
}

impl<T> Otherwise for Asked<T> {}

/// A handle is `Sync` as the handle of a task is: a reference is enough to look at it.
#[test]
fn a_handle_can_be_shared() {
    assert!(Asked(PhantomData::<u8>).is_sync());
    assert!(!Asked(PhantomData::<Cell<u8>>).is_sync());
    assert!(Asked(PhantomData::<ActorHandle<Worker>>).is_sync());
}

/// A server may keep its actors until it starts them, and be shared by then. The functions that they call need not be.
#[test]
fn what_starts_an_actor_can_be_shared() {
    assert!(Asked(PhantomData::<Builder<Counter>>).is_sync());
    assert!(Asked(PhantomData::<Runner<Counter>>).is_sync());
    assert!(Asked(PhantomData::<Prepared<Counter>>).is_sync());
    assert!(Asked(PhantomData::<Supervisor<Counter>>).is_sync());
    assert!(Asked(PhantomData::<SupervisedRunner<Counter>>).is_sync());
    assert!(!Asked(PhantomData::<Builder<Local>>).is_sync());
}

struct Counter(u8);

#[actor]
impl Counter {
    pub(crate) fn count(&mut self) {
        self.0 += 1;
    }
}

/// An actor whose state is not `Sync`.
struct Local(Cell<u8>);

#[actor]
impl Local {
    pub(crate) fn panic(&mut self) {
        self.0.set(1);
        panic::resume_unwind(Box::new("told to"));
    }
}

#[tokio::test(start_paused = true)]
async fn functions_need_not_be_shared() {
    let made = Cell::new(0);
    let restarts = Cell::new(0);
    let (to_us, exit) = oneshot::channel();
    let last = Cell::new(Some(to_us));
    let (to_us, mut exits) = mpsc::unbounded_channel();
    let client = Supervisor::new(move || {
        made.set(made.get() + 1);
        Local(made.clone())
    })
    .restarts(2, Duration::from_secs(600))
    .on_restart(move |_| {
        restarts.set(restarts.get() + 1);
        to_us.send(restarts.get()).unwrap();
    })
    .on_exit(move |exit| drop(last.take().unwrap().send(exit.to_string())))
    .spawn();
    for _ in 1..=3 {
        client.panic().await.unwrap();
    }
    assert!(soon(exit).await.unwrap().starts_with("panicked"));
    assert_eq!((exits.recv().await, exits.recv().await), (Some(1), Some(2)));
}

#[tokio::test(start_paused = true)]
async fn exits_can_be_shown() {
    let worker = worker(8);
    let call = worker.client.panic_with(Box::new("shown"));
    assert_eq!(soon(call).await, Err(CallError::Panicked));
    let exit = soon(worker.handle).await;
    for shown in [format!("{exit:?}"), format!("{exit}")] {
        for part in ["anicked", "shown", "panic_with", "handled", "refused"] {
            assert!(shown.contains(part), "{shown}");
        }
    }
}
