//! Both lanes, batches and skipped calls of an actor that is restarted.

use std::panic;

use actor_runtime::{ActorHandle, CallError, Context, Supervisor, actor};

use super::{Calls, Exits, results};
use crate::support::{Gate, Log, calling, gate, idle, poll_once, soon, summary};

/// An actor with two lanes, batches, and calls that may be skipped.
struct Lanes {
    log: Log,
}

#[actor(capacity = 8)]
impl Lanes {
    #[command(priority)]
    pub(crate) fn urgent(&mut self, number: u32) -> u32 {
        self.log.push(number);
        number
    }

    #[command(priority)]
    pub(crate) fn fail_urgently(&mut self) -> u32 {
        panic::resume_unwind(Box::new("urgent"))
    }

    pub(crate) fn usual(&mut self, number: u32) -> u32 {
        self.log.push(number);
        number
    }

    #[command(skip_cancelled)]
    pub(crate) fn optional(&mut self, number: u32) -> u32 {
        self.log.push(number);
        number
    }

    /// Fails if one of the numbers is 0.
    #[command(batch = 3)]
    pub(crate) fn rows(&mut self, numbers: Vec<u32>) -> Vec<u32> {
        if numbers.contains(&0) {
            panic::resume_unwind(Box::new("a bad row"));
        }
        for number in &numbers {
            self.log.push(*number);
        }
        numbers
    }

    pub(crate) async fn hold(&mut self, gate: Gate) -> u32 {
        gate.pass().await;
        0
    }

    #[command(ack)]
    pub(crate) fn work(&mut self, gate: Gate, ctx: &mut Context<Self>) {
        ctx.spawn(async move {
            gate.pass().await;
            panic::resume_unwind(Box::new("in a task"));
        });
    }
}

fn lanes(log: &Log) -> (LanesClient, ActorHandle<Lanes>, Exits) {
    let (log, exits) = (log.clone(), Exits::default());
    let (client, handle) = Supervisor::new(move || Lanes { log: log.clone() })
        .on_restart(exits.keep())
        .spawn_with_handle();
    (client, handle, exits)
}

#[tokio::test(start_paused = true)]
async fn both_lanes_survive_in_their_order() {
    let log = Log::default();
    let (client, _handle, _) = lanes(&log);
    let (gate, mut key) = gate();
    let mut calls = vec![calling(&client, |it| async move { it.hold(gate).await }).await];
    key.entered().await;
    for number in [11, 12] {
        calls.push(calling(&client, move |it| async move { it.usual(number).await }).await);
    }
    calls.push(calling(&client, |it| async move { it.fail_urgently().await }).await);
    for number in [1, 2] {
        calls.push(calling(&client, move |it| async move { it.urgent(number).await }).await);
    }
    key.open();
    assert_eq!(
        results(calls).await,
        [
            Ok(0),
            Ok(11),
            Ok(12),
            Err(CallError::Panicked),
            Ok(1),
            Ok(2)
        ]
    );
    assert_eq!(log.numbers(), [1, 2, 11, 12]);
}

/// Commands with priority are all that is queued when nothing more can be sent.
#[tokio::test(start_paused = true)]
async fn what_has_priority_is_handled_although_nobody_needs_the_actor() {
    let log = Log::default();
    let (client, handle, _) = lanes(&log);
    assert_eq!(soon(client.fail_urgently()).await, Err(CallError::Panicked));
    idle().await;
    let mut call = Box::pin(client.urgent(1));
    assert!(poll_once(call.as_mut()).is_pending());
    drop(call);
    drop(client);
    let exit = soon(handle).await;
    assert_eq!(
        summary(&exit),
        "clients dropped: 1 handled, 0 refused, state"
    );
    assert_eq!(log.numbers(), [1]);
}

#[tokio::test(start_paused = true)]
async fn no_lane_goes_on_after_a_task_has_failed() {
    let log = Log::default();
    let (client, _handle, exits) = lanes(&log);
    let (in_task, mut task_key) = gate();
    client.work(in_task).await.unwrap();
    task_key.entered().await;
    let (held, mut key) = gate();
    let mut calls = vec![calling(&client, |it| async move { it.hold(held).await }).await];
    key.entered().await;
    calls.push(calling(&client, |it| async move { it.usual(2).await }).await);
    calls.push(calling(&client, |it| async move { it.urgent(1).await }).await);
    task_key.open();
    idle().await;
    key.open();
    idle().await;
    assert!(log.numbers().is_empty());
    assert_eq!(
        exits.texts(),
        ["panicked with \"in a task\"; 2 commands handled, 0 refused"]
    );
    assert_eq!(results(calls).await, [Ok(0), Ok(2), Ok(1)]);
    assert_eq!(log.numbers(), [1, 2]);
}

#[tokio::test(start_paused = true)]
async fn a_batch_fails_together_and_the_next_one_is_handled() {
    let log = Log::default();
    let (client, handle, exits) = lanes(&log);
    let (gate, mut key) = gate();
    let hold = calling(&client, |it| async move { it.hold(gate).await }).await;
    key.entered().await;
    let mut calls = Calls::new();
    for number in [1, 2, 3, 4, 0, 5, 6, 7] {
        calls.push(calling(&client, move |it| async move { it.rows(number).await }).await);
    }
    key.open();
    assert_eq!(soon(hold).await.unwrap(), Ok(0));
    let panicked = Err(CallError::Panicked);
    assert_eq!(
        results(calls).await,
        [
            Ok(1),
            Ok(2),
            Ok(3),
            panicked.clone(),
            panicked.clone(),
            panicked,
            Ok(6),
            Ok(7)
        ]
    );
    assert_eq!(log.numbers(), [1, 2, 3, 6, 7]);
    assert_eq!(
        exits.texts(),
        ["panicked with \"a bad row\" in `rows`; 4 commands handled, 0 refused"]
    );
    drop(client);
    assert_eq!(
        summary(&soon(handle).await),
        "clients dropped: 2 handled, 0 refused, state"
    );
}

#[tokio::test(start_paused = true)]
async fn each_exit_counts_for_its_own_incarnation() {
    let log = Log::default();
    let (client, handle, exits) = lanes(&log);
    for _ in 0..2 {
        let (gate, mut key) = gate();
        let hold = calling(&client, |it| async move { it.hold(gate).await }).await;
        key.entered().await;
        let skipped = calling(&client, |it| async move { it.optional(1).await }).await;
        let row = calling(&client, |it| async move { it.rows(0).await }).await;
        skipped.abort();
        key.open();
        assert_eq!(soon(hold).await.unwrap(), Ok(0));
        assert_eq!(soon(row).await.unwrap(), Err(CallError::Panicked));
    }
    assert_eq!(soon(client.usual(2)).await, Ok(2));
    let told = "panicked with \"a bad row\" in `rows`; 1 command handled, 0 refused";
    assert_eq!(exits.texts(), [told; 2]);
    drop(client);
    let exit = soon(handle).await;
    assert_eq!((exit.handled, exit.skipped, exit.refused), (1, 0, 0));
    assert_eq!(log.numbers(), [2]);
}
