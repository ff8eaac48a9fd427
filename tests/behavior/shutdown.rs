//! Shutdown: the ends of actors that are told to end, or that nobody needs.

use std::time::Duration;

use actor_runtime::{
    Actor as _, CallError, CancellationToken, Client as _, ExitReason, Why, actor,
};
use tokio::task::yield_now;
use tokio::time::advance;

use crate::support::{
    Answers, Callers, Cancellable, Gate, Log, Started, Worker, WorkerClient, answers_after_end,
    cancellable, gate, hold, idle, on_four_threads, soon, spawn, summary,
};

const SECOND: Duration = Duration::from_secs(1);

#[tokio::test(start_paused = true)]
async fn an_idle_actor_ends_when_its_token_is_cancelled() {
    let Cancellable { started, shutdown } = cancellable(8);
    assert_eq!(soon(started.client.double(1)).await, Ok(2));
    idle().await;
    assert!(!started.handle.is_finished());
    shutdown.cancel();
    assert_eq!(
        summary(&soon(started.handle).await),
        "cancelled: 1 handled, 0 refused, state"
    );
}

#[tokio::test(start_paused = true)]
async fn what_was_sent_before_the_start_is_refused_if_the_token_is_cancelled_by_then() {
    let shutdown = CancellationToken::new();
    let log = Log::default();
    let (client, runner) = Worker { log: log.clone() }
        .builder()
        .shutdown(shutdown.clone())
        .into_runner();
    client.try_note(1).unwrap();
    shutdown.cancel();
    // The token is not looked at before the runner runs.
    client.try_note(2).unwrap();
    let exit = soon(runner.run()).await;
    assert_eq!(summary(&exit), "cancelled: 0 handled, 2 refused, state");
    assert!(log.numbers().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_token_can_be_cancelled_before_the_actor_is_spawned() {
    let shutdown = CancellationToken::new();
    shutdown.cancel();
    let log = Log::default();
    let (client, handle) = Worker { log: log.clone() }.spawn_with_handle(shutdown);
    let answer = soon(client.double(1)).await.unwrap_err();
    assert!(answer.never_ran());
    assert_eq!(
        soon(client.double(1)).await,
        Err(CallError::Closed(Why::Cancelled))
    );
    let exit = soon(handle).await;
    assert!(matches!(exit.reason, ExitReason::Cancelled));
    assert_eq!(exit.handled, 0);
    assert!(log.numbers().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_token_that_is_dropped_stops_nothing() {
    let log = Log::default();
    let client = Worker { log }.spawn(CancellationToken::new());
    idle().await;
    assert_eq!(soon(client.double(1)).await, Ok(2));
}

#[tokio::test(start_paused = true)]
async fn one_token_stops_all_that_have_it_or_a_child_of_it() {
    let shutdown = CancellationToken::new();
    let tokens = [
        shutdown.clone(),
        shutdown.child_token(),
        shutdown.child_token().child_token(),
    ];
    let handles = tokens.map(|token| {
        let log = Log::default();
        Worker { log }.spawn_with_handle(token)
    });
    idle().await;
    shutdown.cancel();
    for (client, handle) in handles {
        let exit = soon(handle).await;
        assert!(matches!(exit.reason, ExitReason::Cancelled));
        assert!(client.is_closed());
    }
}

/// Checks the answers of a worker that `stop` tells to end while a call is in progress.
async fn check_callers(worker: Cancellable, stop: impl AsyncFnOnce(&Started, &CancellationToken)) {
    let Cancellable { started, shutdown } = worker;
    let (gate, mut key) = gate();
    let callers = Callers::of(&started.client, |client: WorkerClient| async move {
        client.hold_and_double(50, gate).await
    })
    .await;
    key.entered().await;
    stop(&started, &shutdown).await;
    assert!(started.client.is_closed());
    soon(started.client.closed()).await;
    key.open();
    // The command in progress runs to its end, and its caller gets the answer.
    assert_eq!(
        callers.answers().await,
        answers_after_end(Ok(100), Why::Cancelled)
    );
    assert_eq!(started.log.numbers(), [50]);
}

#[tokio::test(start_paused = true)]
async fn every_caller_is_answered_or_told_when_the_token_is_cancelled() {
    check_callers(cancellable(2), async |_, shutdown| shutdown.cancel()).await;
}

#[tokio::test(start_paused = true)]
async fn every_caller_is_answered_or_told_when_the_actor_stops_itself() {
    let Cancellable { started, shutdown } = cancellable(2);
    let key = hold(&started.client).await;
    let (gate, held_key) = gate();
    held_key.open();
    // The call that stops the actor is the one in progress.
    let stopping = spawn({
        let client = started.client.clone();
        async move { client.stop().await }
    });
    idle().await;
    let queued = spawn({
        let client = started.client.clone();
        async move { client.hold_and_double(1, gate).await }
    });
    idle().await;
    let waiting = spawn({
        let client = started.client.clone();
        async move { client.double(1).await }
    });
    idle().await;
    key.open();
    assert_eq!(soon(stopping).await.unwrap(), Ok(0));
    assert_eq!(soon(queued).await.unwrap(), Err(CallError::Refused));
    // The call got the place of the call that stopped the actor, or came too late for it.
    assert!(soon(waiting).await.unwrap().unwrap_err().never_ran());
    let exit = soon(started.handle).await;
    assert!(matches!(exit.reason, ExitReason::Stopped));
    assert_eq!(exit.handled, 2);
    assert!(exit.state.is_some());
    assert!(!shutdown.is_cancelled(), "the token belongs to the caller");
}

#[tokio::test(start_paused = true)]
async fn a_handler_runs_to_its_end_before_the_actor_stops() {
    struct Account {
        left: Log,
        arrived: Log,
    }

    #[actor]
    impl Account {
        pub(crate) async fn transfer(&mut self, amount: u32, gate: Gate) {
            self.left.push(amount);
            gate.pass().await;
            for _ in 0..1000 {
                yield_now().await;
            }
            self.arrived.push(amount);
        }
    }

    let shutdown = CancellationToken::new();
    let (account, handle) = Account {
        left: Log::default(),
        arrived: Log::default(),
    }
    .spawn_with_handle(shutdown.clone());
    let (gate, mut key) = gate();
    account.transfer(5, gate).await.unwrap();
    key.entered().await;
    shutdown.cancel();
    drop(account);
    idle().await;
    key.open();
    let exit = soon(handle).await;
    let account = exit.state.unwrap();
    assert_eq!(account.left.numbers(), account.arrived.numbers());
    assert_eq!(account.arrived.numbers(), [5]);
}

#[tokio::test(start_paused = true)]
async fn the_first_reason_counts() {
    let Cancellable { started, shutdown } = cancellable(8);
    let (gate, mut key) = gate();
    started.client.stop_and_hold(gate).await.unwrap();
    key.entered().await;
    shutdown.cancel();
    key.open();
    let exit = soon(started.handle).await;
    assert!(matches!(exit.reason, ExitReason::Stopped));

    let Cancellable { started, shutdown } = cancellable(8);
    let (gate, mut key) = self::gate();
    let waiting = started.client.hold_and_stop(gate);
    let opening = async {
        key.entered().await;
        shutdown.cancel();
        key.open();
    };
    let (stopped, ()) = soon(async { tokio::join!(waiting, opening) }).await;
    assert_eq!(stopped, Ok(0));
    let exit = soon(started.handle).await;
    assert!(matches!(exit.reason, ExitReason::Cancelled));
}

#[tokio::test(start_paused = true)]
async fn what_is_queued_is_handled_when_the_last_client_is_dropped() {
    for queued in [1, 2, 8, 300] {
        let Cancellable { started, .. } = cancellable(512);
        let key = hold(&started.client).await;
        for number in 0..queued {
            started.client.try_note(number).unwrap();
        }
        let last = started.client.clone();
        let weak = started.client.downgrade();
        drop(started.client);
        assert!(weak.upgrade().is_some());
        drop(last);
        assert!(weak.upgrade().is_none());
        key.open();
        assert_eq!(
            summary(&soon(started.handle).await),
            format!("clients dropped: {} handled, 0 refused, state", queued + 1)
        );
        assert_eq!(started.log.numbers(), (0..queued).collect::<Vec<_>>());
    }
}

#[tokio::test(start_paused = true)]
async fn an_idle_actor_ends_when_the_last_client_is_dropped() {
    let Cancellable { started, .. } = cancellable(8);
    idle().await;
    drop(started.client);
    let exit = soon(started.handle).await;
    assert!(matches!(exit.reason, ExitReason::ClientsDropped));
}

#[tokio::test(start_paused = true)]
async fn a_call_in_progress_keeps_its_actor() {
    let Cancellable { started, .. } = cancellable(8);
    let client = started.client;
    let call = spawn(async move { client.double(4).await });
    assert_eq!(soon(call).await.unwrap(), Ok(8));
    let exit = soon(started.handle).await;
    assert!(matches!(exit.reason, ExitReason::ClientsDropped));
}

#[tokio::test(start_paused = true)]
async fn the_token_wins_over_what_is_queued_by_clients_that_are_gone() {
    let Cancellable { started, shutdown } = cancellable(8);
    let key = hold(&started.client).await;
    started.client.try_note(1).unwrap();
    drop(started.client);
    shutdown.cancel();
    key.open();
    assert_eq!(
        summary(&soon(started.handle).await),
        "cancelled: 1 handled, 1 refused, state"
    );
}

/// The cause that tells the actor to stop, while it is held.
#[derive(Clone, Copy, Debug)]
enum Stop {
    Token,
    Context,
}

/// A worker with a deadline, whose command in progress is held after it was told to stop.
async fn overdue(stop: Stop) -> (Started, crate::support::Key) {
    let log = Log::default();
    let shutdown = CancellationToken::new();
    let (client, handle) = Worker { log: log.clone() }
        .builder()
        .deadline(60 * SECOND)
        .shutdown(shutdown.clone())
        .spawn_with_handle();
    let started = Started {
        client,
        handle,
        log,
    };
    let key = match stop {
        Stop::Token => {
            let key = hold(&started.client).await;
            shutdown.cancel();
            key
        }
        Stop::Context => {
            let (gate, mut key) = gate();
            started.client.stop_and_hold(gate).await.unwrap();
            key.entered().await;
            key
        }
    };
    (started, key)
}

#[tokio::test(start_paused = true)]
async fn a_handler_may_take_until_the_deadline() {
    for stop in [Stop::Token, Stop::Context] {
        let (started, key) = overdue(stop).await;
        yield_now().await;
        advance(59 * SECOND).await;
        assert!(!started.handle.is_finished(), "{stop:?}");
        key.open();
        let exit = soon(started.handle).await;
        assert_eq!((exit.handled, exit.in_progress), (1, None), "{stop:?}");
        assert!(exit.state.is_some(), "{stop:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_handler_that_outlasts_the_deadline_is_dropped() {
    for (stop, method) in [(Stop::Token, "hold"), (Stop::Context, "stop_and_hold")] {
        let (started, key) = overdue(stop).await;
        let exit = soon(started.handle).await;
        assert_eq!(
            summary(&exit),
            format!("aborted in {method}: 0 handled, 0 refused, no state")
        );
        assert_eq!(exit.in_progress, Some(method));
        key.open();
    }
}

#[tokio::test(start_paused = true)]
async fn a_deadline_does_not_run_before_the_actor_is_told_to_stop() {
    let log = Log::default();
    let (client, handle) = Worker { log: log.clone() }
        .builder()
        .deadline(SECOND)
        .spawn_with_handle();
    let (gate, mut key) = gate();
    client.hold(gate).await.unwrap();
    key.entered().await;
    client.note(1).await.unwrap();
    // Without clients, the actor still has all the time that it needs.
    drop(client);
    advance(1000 * SECOND).await;
    assert!(!handle.is_finished());
    key.open();
    assert_eq!(
        summary(&soon(handle).await),
        "clients dropped: 2 handled, 0 refused, state"
    );
}

#[tokio::test(start_paused = true)]
async fn callers_are_told_when_a_deadline_cuts_the_handler_off() {
    let log = Log::default();
    let shutdown = CancellationToken::new();
    let (client, handle) = Worker { log: log.clone() }
        .builder()
        .capacity(2)
        .deadline(SECOND)
        .shutdown(shutdown.clone())
        .spawn_with_handle();
    let (gate, mut key) = gate();
    let callers = Callers::of(&client, |client: WorkerClient| async move {
        client.hold_and_double(1, gate).await
    })
    .await;
    key.entered().await;
    shutdown.cancel();
    assert_eq!(
        callers.answers().await,
        Answers {
            waiting: vec![Err(CallError::Closed(Why::Cancelled)); 2],
            ..answers_after_end(Err(CallError::Stopped), Why::Aborted)
        }
    );
    assert_eq!(
        summary(&soon(handle).await),
        "aborted in hold_and_double: 0 handled, 2 refused, no state"
    );
    assert!(log.numbers().is_empty());
    key.open();
}

#[test]
fn an_actor_ends_when_it_is_told_to_by_another_thread() {
    on_four_threads(async {
        for _ in 0..200 {
            let Cancellable { started, shutdown } = cancellable(4);
            let client = started.client.clone();
            let caller = spawn(async move {
                let mut number = 0;
                loop {
                    match client.double(number).await {
                        Ok(doubled) => assert_eq!(doubled, 2 * number),
                        Err(error) => break (number, error),
                    }
                    number += 1;
                }
            });
            started.client.double(7).await.unwrap();
            shutdown.cancel();
            let exit = started.handle.await;
            assert!(matches!(exit.reason, ExitReason::Cancelled));
            let (answered, error) = caller.await.unwrap();
            // The command in progress was answered, so none of the failed calls ran.
            assert!(error.never_ran(), "{error:?}");
            assert_eq!(exit.handled, u64::from(answered) + 1);
            assert_eq!(started.log.len(), answered as usize + 1);
        }
    });
}
