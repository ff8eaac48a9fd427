//! Callers that leave: they never hurt the actor.

use std::time::Duration;

use actor_runtime::{CallError, Client as _, channel};
use tokio::time::timeout;

use crate::support::{Worker, WorkerCommand, held_worker, idle, poll_once, soon, spawn, worker};

#[tokio::test(start_paused = true)]
async fn a_call_that_is_never_polled_is_never_sent() {
    let worker = worker(8);
    drop(worker.client.note(1));
    drop(worker.client.double(2));
    idle().await;
    assert!(worker.log.numbers().is_empty());
    assert_eq!(worker.client.double(4).await, Ok(8));
}

#[tokio::test(start_paused = true)]
async fn a_command_runs_if_its_caller_left_after_it_was_accepted() {
    let (worker, key) = held_worker(8).await;
    let mut call = Box::pin(worker.client.double(1));
    assert!(poll_once(call.as_mut()).is_pending());
    drop(call);
    let client = worker.client.clone();
    let task = spawn(async move { client.double(2).await });
    idle().await;
    task.abort();
    idle().await;
    key.open();
    idle().await;
    assert_eq!(worker.log.numbers(), [1, 2]);
    assert_eq!(soon(worker.client.double(3)).await, Ok(6));
}

#[tokio::test(start_paused = true)]
async fn a_caller_that_gives_up_does_not_hurt_the_actor() {
    let (worker, key) = held_worker(2).await;
    let second = Duration::from_secs(1);
    // The first two calls are accepted, the other two wait for room.
    for number in 1..=4 {
        assert!(timeout(second, worker.client.double(number)).await.is_err());
    }
    assert_eq!(worker.client.try_note(5), Err(CallError::Full));
    key.open();
    assert_eq!(soon(worker.client.double(6)).await, Ok(12));
    assert_eq!(worker.log.numbers(), [1, 2, 6]);
    assert_eq!(worker.client.capacity(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_caller_that_panics_does_not_hurt_the_actor() {
    let (worker, key) = held_worker(8).await;
    let client = worker.client.clone();
    let caller = spawn(async move {
        let mut call = Box::pin(client.double(1));
        assert!(poll_once(call.as_mut()).is_pending());
        std::panic::resume_unwind(Box::new("the caller panics"))
    });
    let caller: Result<(), _> = soon(caller).await;
    assert!(caller.unwrap_err().is_panic());
    key.open();
    assert_eq!(soon(worker.client.double(2)).await, Ok(4));
    assert_eq!(worker.log.numbers(), [1, 2]);
}

#[tokio::test(start_paused = true)]
async fn the_answer_of_a_caller_that_left_is_dropped() {
    let (client, mut inbox) = channel::<Worker>(8);
    let mut call = Box::pin(client.double(1));
    assert!(poll_once(call.as_mut()).is_pending());
    let Some(WorkerCommand::Double { number, reply }) = inbox.next().await else {
        panic!("the call is the only command");
    };
    assert!(!reply.is_closed());
    drop(call);
    assert!(reply.is_closed());
    reply.send(2 * number);
}

#[tokio::test(start_paused = true)]
async fn callers_get_their_own_answers() {
    let (worker, key) = held_worker(64).await;
    let mut calls = Vec::new();
    for number in 0..40 {
        let client = worker.client.clone();
        calls.push(spawn(async move { client.double(number).await }));
    }
    idle().await;
    // Every third caller leaves.
    for call in calls.iter().step_by(3) {
        call.abort();
    }
    key.open();
    for (number, call) in calls.into_iter().enumerate() {
        match soon(call).await {
            Ok(answer) => assert_eq!(answer, Ok(2 * u32::try_from(number).unwrap())),
            Err(error) => assert!(error.is_cancelled() && number % 3 == 0),
        }
    }
    assert_eq!(worker.log.len(), 40);
}
