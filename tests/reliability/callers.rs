//! Callers that leave, and callers that must not wait.

use std::sync::Arc;
use std::time::Duration;

use actor_runtime::{Actor as _, CallError, CancellationToken, Client as _, Why, actor};
use tokio::time::timeout;

use crate::support::{
    Gate, Log, gate, held_worker, hold, idle, on_one_thread, poll_once, soon, worker,
};

#[tokio::test(start_paused = true)]
async fn row_02_a_caller_that_leaves_while_it_waits_for_a_slot_has_sent_nothing() {
    let (worker, key) = held_worker(1).await;
    let argument = Arc::new(());
    worker.client.note(1).await.unwrap();
    let mut cast = Box::pin(worker.client.drop_it(2, Box::new(Arc::clone(&argument))));
    let mut call = Box::pin(worker.client.double(3));
    assert!(poll_once(cast.as_mut()).is_pending());
    assert!(poll_once(call.as_mut()).is_pending());
    drop(cast);
    assert_eq!(Arc::strong_count(&argument), 1);
    drop(call);
    key.open();
    idle().await;
    assert_eq!(worker.log.numbers(), [1]);
    assert_eq!(worker.client.capacity(), 1);
    assert_eq!(soon(worker.client.double(4)).await, Ok(8));
}

#[tokio::test(start_paused = true)]
async fn row_03_a_caller_that_leaves_does_not_hurt_the_actor() {
    let worker = worker(8);
    let (gate, mut key) = gate();
    let mut started = Box::pin(worker.client.hold_and_double(1, gate));
    assert!(poll_once(started.as_mut()).is_pending());
    key.entered().await;
    let mut queued = Box::pin(worker.client.double(2));
    assert!(poll_once(queued.as_mut()).is_pending());
    drop((started, queued));
    idle().await;
    assert!(worker.log.numbers().is_empty());
    key.open();
    assert_eq!(soon(worker.client.double(3)).await, Ok(6));
    assert_eq!(worker.log.numbers(), [1, 2, 3]);
    let exit = soon(worker.handle.shutdown(Duration::from_secs(1))).await;
    assert_eq!((exit.handled, exit.refused), (3, 0));
}

struct Search(Log);

#[actor]
impl Search {
    #[command(skip_cancelled)]
    pub(crate) fn find(&mut self, number: u32) -> u32 {
        self.0.push(number);
        number
    }

    pub(crate) async fn hold(&mut self, gate: Gate) {
        gate.pass().await;
    }
}

#[tokio::test(start_paused = true)]
async fn row_04_nothing_is_done_for_a_caller_that_has_left_if_the_method_says_so() {
    let log = Log::default();
    let (search, handle) = Search(log.clone()).spawn_with_handle(CancellationToken::new());
    let (gate, key) = gate();
    search.hold(gate).await.unwrap();
    let mut calls: Vec<_> = (1..=3).map(|it| Box::pin(search.find(it))).collect();
    for call in &mut calls {
        assert!(poll_once(call.as_mut()).is_pending());
    }
    drop(calls.remove(1));
    key.open();
    for call in calls {
        soon(call).await.unwrap();
    }
    assert_eq!(log.numbers(), [1, 3]);
    drop(search);
    let exit = soon(handle).await;
    // The command that held the actor was handled, too.
    assert_eq!((exit.handled - 1, exit.skipped), (2, 1));
}

/// On a single thread, which would wait for itself.
#[test]
fn row_28_a_blocking_call_inside_of_a_task_is_an_error() {
    on_one_thread(async || {
        let worker = worker(1);
        let client = worker.client.clone();
        let task =
            tokio::spawn(async move { (client.blocking_double(1), client.blocking_note(2)) });
        let expected = (Err(CallError::Blocking), Err(CallError::Blocking));
        assert_eq!(task.await.unwrap(), expected);
        assert_eq!(worker.client.double(3).await, Ok(6));
        assert_eq!(worker.log.numbers(), [3]);
    });
}

#[tokio::test(start_paused = true)]
async fn row_30_who_gives_up_and_who_finds_nobody_can_tell_the_difference() {
    let patience = Duration::from_secs(1);
    let worker = worker(1);
    let call = async |number| timeout(patience, worker.client.double(number)).await;
    let key = hold(&worker.client).await;
    assert!(call(1).await.is_err(), "nobody answers");
    key.open();
    assert_eq!(call(2).await, Ok(Ok(4)));
    worker.handle.abort();
    soon(worker.handle).await;
    assert_eq!(
        call(3).await,
        Ok(Err(CallError::Closed(Why::Aborted))),
        "nobody is there"
    );
    assert_eq!(worker.log.numbers(), [1, 2]);
}
