//! Sends that are kept and no longer polled, as `&mut call` in a `select!` can leave them. They do not hold up others
//! forever.

use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use actor_runtime::{
    Actor as _, CallError, CancellationToken, Client as _, Shutdown, Why, actor, channel,
};
use tokio::select;

use crate::support::{
    Gate, Key, Log, Worker, WorkerClient, WorkerCommand, calling, gate, hold, idle, poll_once,
    soon, spawn, summary, worker,
};

/// A send that was told to wait.
fn forgotten<F: Future>(send: F) -> Pin<Box<F>> {
    let mut send = Box::pin(send);
    assert!(poll_once(send.as_mut()).is_pending());
    send
}

#[tokio::test(start_paused = true)]
async fn row_08_a_send_that_is_not_polled_any_more_holds_up_nobody() {
    let (client, mut inbox) = channel::<Worker>(1);
    client.note(0).await.unwrap();
    let kept = forgotten(client.note(1));
    assert!(inbox.next().await.is_some());
    let receiver = spawn(async move {
        let mut numbers = Vec::new();
        while let Some(WorkerCommand::Note { number }) = inbox.next().await {
            numbers.push(number);
        }
        numbers
    });
    soon(client.note(2)).await.unwrap();
    drop(kept);
    drop(client);
    assert_eq!(soon(receiver).await.unwrap(), [2]);
}

/// The usual case: a call is polled by reference, and another branch of the `select!` needs the same actor.
#[tokio::test(start_paused = true)]
async fn a_select_that_sends_while_it_keeps_a_call_goes_on() {
    let worker = worker(1);
    let key = hold(&worker.client).await;
    worker.client.note(1).await.unwrap();
    let client = worker.client.clone();
    let task = spawn(async move {
        let mut call = pin!(client.double(2));
        select! {
            _ = &mut call => panic!("the mailbox is full"),
            () = idle() => {}
        }
        key.open();
        client.note(3).await.unwrap();
        call.await
    });
    assert_eq!(soon(task).await.unwrap(), Ok(4));
    // The call was sent before the note, and comes after it.
    assert_eq!(worker.log.numbers(), [1, 3, 2]);
}

/// The number of kept sends before one that is polled does not matter, and neither does the capacity.
#[tokio::test(start_paused = true)]
async fn any_number_of_them_is_passed_over() {
    for capacity in [1, 2, 3, 8] {
        for dead in [0, 1, 2, 7, 100] {
            let worker = worker(capacity);
            let key = hold(&worker.client).await;
            for number in 0..u32::try_from(capacity).unwrap() {
                worker.client.note(number).await.unwrap();
            }
            let kept: Vec<_> = (0..dead)
                .map(|number| forgotten(worker.client.note(1_000 + number)))
                .collect();
            let first = calling(
                &worker.client,
                |client| async move { client.double(7).await },
            )
            .await;
            let second = calling(
                &worker.client,
                |client| async move { client.double(8).await },
            )
            .await;
            key.open();
            assert_eq!(soon(first).await.unwrap(), Ok(14));
            assert_eq!(soon(second).await.unwrap(), Ok(16));
            let order = worker.log.numbers();
            assert_eq!(
                order[capacity..],
                [7, 8],
                "the order of those who were polled"
            );
            drop(kept);
            assert_eq!(
                worker.client.capacity(),
                capacity,
                "nothing is left of the others"
            );
        }
    }
}

#[tokio::test(start_paused = true)]
async fn one_that_is_polled_after_all_is_next() {
    let (client, mut inbox) = channel::<Worker>(1);
    client.note(0).await.unwrap();
    let mut late = forgotten(client.note(1));
    let other = calling(&client, |client| async move { client.note(2).await }).await;
    assert!(inbox.next().await.is_some());
    let mut take = async || match soon(inbox.next()).await {
        Some(WorkerCommand::Note { number }) => number,
        _ => panic!("not a note"),
    };
    assert_eq!(take().await, 2);
    soon(other).await.unwrap().unwrap();
    // The late sender came before this one, but the free place is promised to nobody.
    client.note(3).await.unwrap();
    let last = calling(&client, |client| async move { client.note(4).await }).await;
    assert!(poll_once(late.as_mut()).is_pending());
    assert_eq!(take().await, 3);
    soon(late).await.unwrap();
    soon(async { assert_eq!(take().await, 1) }).await;
    assert_eq!(take().await, 4);
    soon(last).await.unwrap().unwrap();
}

#[tokio::test(start_paused = true)]
async fn who_does_not_wait_gets_a_place_too() {
    let worker = worker(1);
    let key = hold(&worker.client).await;
    worker.client.note(1).await.unwrap();
    let kept = forgotten(worker.client.note(2));
    key.open();
    idle().await;
    // The place is promised. Asking for it makes the receiver look at the promise.
    assert_eq!(worker.client.try_note(3), Err(CallError::Full));
    idle().await;
    assert_eq!(worker.client.try_note(3), Ok(()));
    idle().await;
    assert_eq!(worker.log.numbers(), [1, 3]);
    drop(kept);
}

#[tokio::test(start_paused = true)]
async fn the_end_does_not_wait_for_them() {
    for how in [Shutdown::Stop, Shutdown::Drain] {
        let worker = worker(1);
        let key = hold(&worker.client).await;
        worker.client.note(1).await.unwrap();
        let kept = forgotten(worker.client.note(2));
        key.open();
        idle().await;
        let exit = soon(worker.handle.shutdown_with(how, Duration::from_secs(1))).await;
        assert_eq!(summary(&exit), "cancelled: 2 handled, 0 refused, state");
        assert_eq!(soon(kept).await, Err(CallError::Closed(Why::Cancelled)));
    }
}

/// Two lanes, each with room for one command.
#[derive(Default)]
struct Laned {
    log: Log,
}

#[actor(capacity = 1)]
impl Laned {
    #[command(priority)]
    pub(crate) fn first(&mut self, number: u32) {
        self.log.push(number);
    }

    pub(crate) fn then(&mut self, number: u32) {
        self.log.push(number);
    }

    pub(crate) async fn hold(&mut self, gate: Gate) {
        gate.pass().await;
    }
}

async fn held_laned() -> (LanedClient, Log, Key) {
    let laned = Laned::default();
    let log = laned.log.clone();
    let client = laned.spawn(CancellationToken::new());
    let (gate, mut key) = gate();
    client.hold(gate).await.unwrap();
    key.entered().await;
    (client, log, key)
}

#[tokio::test(start_paused = true)]
async fn in_either_lane() {
    let (client, log, key) = held_laned().await;
    client.first(1).await.unwrap();
    client.then(2).await.unwrap();
    let kept = (
        forgotten(client.first(3)),
        forgotten(client.first(4)),
        forgotten(client.then(5)),
    );
    let first = calling(&client, |client| async move { client.first(6).await }).await;
    let then = calling(&client, |client| async move { client.then(7).await }).await;
    key.open();
    soon(first).await.unwrap().unwrap();
    soon(then).await.unwrap().unwrap();
    idle().await;
    assert_eq!(log.numbers()[..2], [1, 2]);
    assert_eq!(log.len(), 4);
    drop(kept);
}

/// The receiver looks at the lane with priority even though the other one never runs empty.
#[tokio::test(start_paused = true)]
async fn in_the_first_lane_while_the_other_is_busy() {
    let (client, log, key) = held_laned().await;
    client.first(1).await.unwrap();
    let kept = forgotten(client.first(2));
    let busy = spawn({
        let client = client.clone();
        async move {
            for number in 100.. {
                if client.then(number).await.is_err() {
                    return;
                }
            }
        }
    });
    key.open();
    let sent = spawn({
        let client = client.clone();
        async move { client.first(3).await }
    });
    // Paused time does not move while any task is busy.
    while !sent.is_finished() {
        assert!(log.len() < 100_000, "the sender waits forever");
        tokio::task::yield_now().await;
    }
    busy.abort();
    drop(kept);
}

/// Counts how often a future is polled.
struct Counted<F> {
    future: Pin<Box<F>>,
    polls: Arc<AtomicUsize>,
}

impl<F: Future> Future for Counted<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        self.polls.fetch_add(1, Ordering::Relaxed);
        self.future.as_mut().poll(cx)
    }
}

#[tokio::test(start_paused = true)]
async fn an_actor_whose_senders_are_all_kept_goes_to_sleep() {
    let (client, runner) = Worker {
        log: Log::default(),
    }
    .builder()
    .capacity(2)
    .into_runner();
    let polls = Arc::new(AtomicUsize::new(0));
    let actor = spawn(Counted {
        future: Box::pin(runner.run()),
        polls: Arc::clone(&polls),
    });
    client.note(1).await.unwrap();
    client.note(2).await.unwrap();
    let kept: Vec<_> = (0..20)
        .map(|number| forgotten(client.note(number)))
        .collect();
    idle().await;
    let busy = polls.swap(0, Ordering::Relaxed);
    assert!(busy < 20 * 200, "polled {busy} times");
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(polls.load(Ordering::Relaxed), 0, "it sleeps");
    soon(client.note(3)).await.unwrap();
    drop(kept);
    drop(client);
    assert_eq!(soon(actor).await.unwrap().handled, 3);
}

/// Senders are polled, kept or dropped in an order drawn from a seed. Each sender that is polled gets through, and
/// there are never more queued commands than there is room for.
#[tokio::test(start_paused = true)]
async fn whoever_is_polled_gets_through() {
    for seed in 1..=200_u64 {
        let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15);
        let mut draw = move |among: u64| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            state % among
        };
        let capacity = usize::try_from(1 + draw(3)).unwrap();
        let worker = worker(capacity);
        let key = hold(&worker.client).await;
        for _ in 0..capacity {
            worker.client.note(0).await.unwrap();
        }
        let client: WorkerClient = worker.client.clone();
        let (mut kept, mut polled, mut expected) = (Vec::new(), Vec::new(), Vec::new());
        for number in 1..=12 {
            match draw(3) {
                0 => kept.push(forgotten(client.note(number))),
                1 => drop(forgotten(client.note(number))),
                _ => {
                    let call = move |client: WorkerClient| async move { client.note(number).await };
                    polled.push(calling(&client, call).await);
                    expected.push(number);
                }
            }
        }
        key.open();
        for send in polled {
            soon(send).await.unwrap().unwrap();
        }
        idle().await;
        let numbers = worker.log.numbers();
        assert_eq!(numbers[capacity..], expected, "seed {seed}");
        for send in kept {
            soon(send).await.unwrap();
        }
        soon(client.double(99)).await.unwrap();
    }
}
