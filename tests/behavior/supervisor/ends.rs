//! The end of an actor while there is no incarnation, and while it is drained.

use std::panic;
use std::pin::Pin;
use std::sync::{Arc, Mutex, mpsc};
use std::task::Poll;
use std::time::Duration;

use actor_runtime::{
    CallError, CancellationToken, Exit, ExitReason, Shutdown, Supervisor, Why, actor,
};
use tokio::time::{Instant, sleep};

use super::{
    CANCELLED, MILLISECOND, MINUTE, Phoenix, Running, SECOND, Start, Story, WITHOUT_CLIENTS,
    results,
};
use crate::support::{Log, gate, idle, on_four_threads, poll_once, soon, spawn, summary};

#[tokio::test(start_paused = true)]
async fn a_stop_during_the_wait_refuses_what_is_queued() {
    async fn check(stop: impl AsyncFnOnce(Running) -> Exit<Phoenix>) {
        let story = Story::default();
        let actor = story.spawn_with(|it| it.backoff(MINUTE, MINUTE));
        actor.fail().await;
        let queued = [actor.double(1).await, actor.double(2).await];
        let waiting = actor.double(3).await;
        let start = Instant::now();
        let exit = stop(actor).await;
        assert_eq!(summary(&exit), "cancelled: 0 handled, 2 refused, no state");
        for call in queued {
            assert_eq!(soon(call).await.unwrap(), Err(CallError::Refused));
        }
        assert_eq!(
            soon(waiting).await.unwrap(),
            Err(CallError::Closed(Why::Cancelled))
        );
        assert_eq!(start.elapsed(), Duration::ZERO);
        assert_eq!((story.incarnations(), story.exits().len()), (1, 1));
    }
    check(async |actor| {
        actor.shutdown.cancel();
        actor.exit().await
    })
    .await;
    check(async |actor| soon(actor.handle.shutdown(SECOND)).await).await;
}

#[tokio::test(start_paused = true)]
async fn an_abort_during_the_wait_refuses_what_is_queued() {
    let actor = Story::default().spawn();
    actor.fail().await;
    let queued = actor.double(1).await;
    actor.handle.abort();
    assert_eq!(soon(queued).await.unwrap(), Err(CallError::Refused));
    assert_eq!(
        soon(actor.client.number()).await,
        Err(CallError::Closed(Why::Aborted))
    );
    assert_eq!(
        summary(&actor.exit().await),
        "aborted: 0 handled, 1 refused, no state"
    );
}

/// Polls a call for its answer when this is dropped.
struct AskOnDrop {
    call: Arc<Mutex<Call>>,
    answer: mpsc::Sender<Poll<Result<u32, CallError>>>,
}

type Call = Pin<Box<dyn Future<Output = Result<u32, CallError>> + Send>>;

impl Drop for AskOnDrop {
    fn drop(&mut self) {
        let answer = poll_once(self.call.lock().unwrap().as_mut());
        self.answer.send(answer).unwrap();
    }
}

/// The mailbox is closed before the reply is lost, as with any actor: whoever looks at once knows why.
#[tokio::test(start_paused = true)]
async fn an_abort_stops_the_command_in_progress() {
    let actor = Story::default().spawn();
    actor.fail().await;
    let client = actor.client.clone();
    let call: Call = Box::pin(async move { client.never_end().await });
    let (call, (answer, asked)) = (Arc::new(Mutex::new(call)), mpsc::channel());
    let it = Box::new(AskOnDrop {
        call: call.clone(),
        answer,
    });
    soon(actor.client.leave(it)).await.unwrap();
    assert!(poll_once(call.lock().unwrap().as_mut()).is_pending());
    idle().await;
    actor.handle.abort();
    assert_eq!(
        summary(&actor.exit().await),
        "aborted in never_end: 1 handled, 0 refused, no state"
    );
    assert_eq!(asked.recv(), Ok(Poll::Ready(Err(CallError::Stopped))));
}

#[tokio::test(start_paused = true)]
async fn a_drain_during_the_wait_ends_the_wait() {
    let actor = Story::default().spawn_with(|it| it.backoff(MINUTE, MINUTE));
    actor.fail().await;
    let queued = [actor.double(1).await, actor.double(2).await];
    let waiting = actor.double(3).await;
    let (story, start) = (actor.story, Instant::now());
    let exit = soon(actor.handle.shutdown_with(Shutdown::Drain, SECOND)).await;
    assert_eq!(summary(&exit), "cancelled: 2 handled, 0 refused, state");
    for (number, call) in (1..).zip(queued) {
        assert_eq!(soon(call).await.unwrap(), Ok(2 * number));
    }
    assert_eq!(
        soon(waiting).await.unwrap(),
        Err(CallError::Closed(Why::Cancelled))
    );
    assert_eq!(start.elapsed(), Duration::ZERO);
    assert_eq!(story.log.numbers(), [1, 2, CANCELLED]);
    assert_eq!(story.incarnations(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_drain_during_the_wait_needs_no_incarnation_for_nothing() {
    let actor = Story::default().spawn();
    actor.fail().await;
    let (story, start) = (actor.story, Instant::now());
    let exit = soon(actor.handle.shutdown_with(Shutdown::Drain, SECOND)).await;
    assert_eq!(summary(&exit), "cancelled: 0 handled, 0 refused, no state");
    assert_eq!(start.elapsed(), Duration::ZERO);
    assert_eq!(story.incarnations(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_drain_handles_what_is_queued_whatever_fails() {
    let actor = Story::default().spawn_with(|it| it.capacity(8));
    let (failing, key) = actor.fail_later().await;
    let mut calls = vec![failing];
    for number in [1, 0, 2, 0, 0, 3] {
        calls.push(match number {
            0 => actor.call(|it| async move { it.fail().await }).await,
            number => actor.double(number).await,
        });
    }
    let start = Instant::now();
    let drain = spawn(actor.handle.shutdown_with(Shutdown::Drain, MINUTE));
    idle().await;
    key.open();
    let panicked = Err(CallError::Panicked);
    assert_eq!(
        results(calls).await,
        [
            panicked.clone(),
            Ok(2),
            panicked.clone(),
            Ok(4),
            panicked.clone(),
            panicked,
            Ok(6)
        ]
    );
    let exit = soon(drain).await.unwrap();
    assert_eq!(summary(&exit), "cancelled: 1 handled, 0 refused, state");
    assert_eq!(start.elapsed(), MILLISECOND);
    assert_eq!(actor.story.incarnations(), 5);
}

#[tokio::test(start_paused = true)]
async fn a_drain_goes_on_after_a_task_has_failed() {
    let actor = Story::default().spawn();
    let task_key = actor.fail_in_a_task().await;
    let (hold, key) = actor.hold().await;
    let queued = actor.double(1).await;
    let drain = spawn(actor.handle.shutdown_with(Shutdown::Drain, MINUTE));
    idle().await;
    task_key.open();
    idle().await;
    key.open();
    assert_eq!(soon(hold).await.unwrap(), Ok(1));
    assert_eq!(soon(queued).await.unwrap(), Ok(2));
    let exit = soon(drain).await.unwrap();
    assert_eq!(summary(&exit), "cancelled: 1 handled, 0 refused, state");
    assert_eq!(actor.story.log.numbers(), [CANCELLED, 1, CANCELLED]);
}

#[tokio::test(start_paused = true)]
async fn a_drain_goes_on_after_the_start_that_it_met_has_failed() {
    let (gate, key) = gate();
    let story = Story::of([Start::WaitsAndFails(gate), Start::Well]);
    let actor = story.spawn();
    let queued = [actor.double(1).await, actor.double(2).await];
    let start = Instant::now();
    let drain = spawn(actor.handle.shutdown_with(Shutdown::Drain, MINUTE));
    idle().await;
    key.open();
    for (number, call) in (1..).zip(queued) {
        assert_eq!(soon(call).await.unwrap(), Ok(2 * number));
    }
    let exit = soon(drain).await.unwrap();
    assert_eq!(summary(&exit), "cancelled: 2 handled, 0 refused, state");
    // There was no wait.
    assert_eq!(start.elapsed(), MILLISECOND);
    assert_eq!((story.incarnations(), story.exits().len()), (2, 1));
}

/// Otherwise the drain would never end.
#[tokio::test(start_paused = true)]
async fn a_drain_tries_one_start() {
    let story = Story::of([Start::Fails, Start::Fails, Start::Well]);
    let actor = story.spawn_with(|it| it.restarts(usize::MAX, MINUTE));
    idle().await;
    let queued = actor.double(1).await;
    let exit = soon(actor.handle.shutdown_with(Shutdown::Drain, MINUTE)).await;
    assert_eq!(
        summary(&exit),
        "failed to start: 0 handled, 1 refused, state"
    );
    assert_eq!(soon(queued).await.unwrap(), Err(CallError::Refused));
    assert_eq!((story.incarnations(), story.exits().len()), (2, 1));
}

#[tokio::test(start_paused = true)]
async fn a_drain_makes_no_more_restarts_than_there_may_be() {
    let actor = Story::default().spawn_with(|it| it.capacity(8).restarts(2, MINUTE));
    let (failing, key) = actor.fail_later().await;
    let mut calls = vec![failing];
    for _ in 0..4 {
        calls.push(actor.call(|it| async move { it.fail().await }).await);
    }
    let drain = spawn(actor.handle.shutdown_with(Shutdown::Drain, MINUTE));
    idle().await;
    key.open();
    let (panicked, refused) = (Err(CallError::Panicked), Err(CallError::Refused));
    assert_eq!(
        results(calls).await,
        [
            panicked.clone(),
            panicked.clone(),
            panicked,
            refused.clone(),
            refused
        ]
    );
    let exit = soon(drain).await.unwrap();
    assert_eq!(
        summary(&exit),
        "panicked in fail: 0 handled, 2 refused, no state"
    );
}

#[tokio::test(start_paused = true)]
async fn the_deadline_is_that_of_all_incarnations() {
    let actor = Story::default().spawn_with(|it| it.deadline(10 * SECOND));
    let (failing, key) = actor.fail_later().await;
    let never = actor.call(|it| async move { it.never_end().await }).await;
    let refused = actor.double(1).await;
    let start = Instant::now();
    let drain = spawn(actor.handle.shutdown_with(Shutdown::Drain, MINUTE));
    sleep(6 * SECOND).await;
    key.open();
    assert_eq!(soon(failing).await.unwrap(), Err(CallError::Panicked));
    let exit = soon(drain).await.unwrap();
    assert_eq!(
        summary(&exit),
        "aborted in never_end: 0 handled, 1 refused, no state"
    );
    assert_eq!(start.elapsed().as_secs(), 10);
    assert_eq!(soon(never).await.unwrap(), Err(CallError::Stopped));
    assert_eq!(soon(refused).await.unwrap(), Err(CallError::Refused));
    assert_eq!(actor.story.incarnations(), 2);
}

/// There is no time left for another incarnation.
#[test]
fn the_deadline_is_also_that_of_tasks_that_cannot_be_aborted() {
    on_four_threads(async {
        let actor = Story::default().spawn_with(|it| it.deadline(Duration::ZERO));
        let (blocked, is_blocked) = mpsc::channel();
        let (unblock, is_unblocked) = mpsc::channel();
        let block = Box::new(move || {
            blocked.send(()).unwrap();
            is_unblocked.recv().unwrap();
        });
        actor.client.block(block).await.unwrap();
        is_blocked.recv().unwrap();
        assert_eq!(actor.client.fail().await, Err(CallError::Panicked));
        actor.client.note(1).await.unwrap();
        let exit = actor.handle.shutdown_with(Shutdown::Drain, MINUTE).await;
        assert_eq!(
            summary(&exit),
            "panicked in fail: 1 handled, 1 refused, no state"
        );
        assert_eq!(actor.story.incarnations(), 1);
        unblock.send(()).unwrap();
    });
}

#[tokio::test(start_paused = true)]
async fn what_is_queued_is_handled_after_the_wait_without_clients() {
    let actor = Story::default().spawn();
    actor.fail().await;
    actor.client.note(1).await.unwrap();
    let story = actor.story;
    drop(actor.client);
    idle().await;
    assert_eq!(story.incarnations(), 1);
    let exit = soon(actor.handle).await;
    assert_eq!(
        summary(&exit),
        "clients dropped: 1 handled, 0 refused, state"
    );
    assert_eq!(story.log.numbers(), [1, WITHOUT_CLIENTS]);
}

#[tokio::test(start_paused = true)]
async fn an_actor_without_clients_does_not_wait_for_nothing() {
    let actor = Story::default().spawn();
    actor.fail().await;
    let (story, start) = (actor.story, Instant::now());
    drop(actor.client);
    let exit = soon(actor.handle).await;
    assert_eq!(
        summary(&exit),
        "clients dropped: 0 handled, 0 refused, no state"
    );
    assert_eq!(start.elapsed(), Duration::ZERO);
    assert_eq!(story.incarnations(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_detached_actor_is_restarted_without_clients() {
    struct Clock {
        ticks: Log,
    }

    #[actor(detached)]
    impl Clock {
        pub(crate) fn ticks(&self) -> usize {
            self.ticks.len()
        }

        #[every(SECOND)]
        fn tick(&mut self) {
            self.ticks.push(1);
            panic::resume_unwind(Box::new("once is enough"));
        }
    }

    let (ticks, shutdown) = (Log::default(), CancellationToken::new());
    let factory = ticks.clone();
    let (clock, handle) = Supervisor::new(move || Clock {
        ticks: factory.clone(),
    })
    .shutdown(shutdown.clone())
    .spawn_with_handle();
    drop(clock);
    sleep(5 * SECOND).await;
    assert!(ticks.len() >= 3);
    shutdown.cancel();
    assert!(matches!(soon(handle).await.reason, ExitReason::Cancelled));
}
