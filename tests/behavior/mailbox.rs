//! The capacity of a mailbox, and the fate of senders when it is used up.

use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;

use actor_runtime::{
    Actor as _, CallError, CancellationToken, Client as _, Inbox, Why, actor, channel,
};
use tokio::task::yield_now;

use crate::support::{
    Log, Worker, WorkerCommand, gate, held_worker, idle, poll_once, soon, spawn, summary, worker,
};

const CAPACITIES: [u32; 3] = [1, 2, 64];

/// The number in the next command, which has to be a `note`.
async fn next_note(inbox: &mut Inbox<WorkerCommand>) -> u32 {
    match soon(inbox.next()).await {
        Some(WorkerCommand::Note { number }) => number,
        other => panic!("instead of a note: {other:?}"),
    }
}

#[tokio::test(start_paused = true)]
async fn the_capacity_bounds_what_is_accepted_and_not_started() {
    for capacity in CAPACITIES {
        let (worker, key) = held_worker(capacity as usize).await;
        for number in 0..capacity {
            assert_eq!(worker.client.capacity(), (capacity - number) as usize);
            assert_eq!(worker.client.try_note(number), Ok(()));
        }
        assert_eq!(worker.client.capacity(), 0);
        assert_eq!(worker.client.try_note(100), Err(CallError::Full));
        assert_eq!(worker.client.try_double(100).unwrap_err(), CallError::Full);
        key.open();
        idle().await;
        assert_eq!(worker.log.numbers(), (0..capacity).collect::<Vec<_>>());
        assert_eq!(worker.client.capacity(), capacity as usize);
        let answer = worker.client.try_double(100).unwrap();
        assert_eq!(soon(answer).await, Ok(200));
    }
}

#[tokio::test(start_paused = true)]
async fn a_call_that_does_not_wait_for_room_has_an_answer_to_wait_for() {
    let (worker, key) = held_worker(1).await;
    let call = spawn(worker.client.try_double(4).unwrap());
    idle().await;
    assert!(!call.is_finished());
    key.open();
    assert_eq!(soon(call).await.unwrap(), Ok(8));
}

#[tokio::test(start_paused = true)]
async fn senders_wait_for_room() {
    for capacity in CAPACITIES {
        let (worker, key) = held_worker(capacity as usize).await;
        for number in 0..capacity {
            soon(worker.client.note(number)).await.unwrap();
        }
        let client = worker.client.clone();
        let cast = spawn(async move { client.note(100).await });
        idle().await;
        assert!(!cast.is_finished());
        key.open();
        assert_eq!(soon(cast).await.unwrap(), Ok(()));
        idle().await;
        let all = (0..capacity).chain([100]).collect::<Vec<_>>();
        assert_eq!(worker.log.numbers(), all);
        assert_eq!(worker.client.capacity(), capacity as usize);
    }
}

#[tokio::test(start_paused = true)]
async fn waiting_senders_are_accepted_in_the_order_in_which_they_came() {
    for capacity in CAPACITIES {
        let (worker, key) = held_worker(capacity as usize).await;
        let senders = 100;
        let mut casts = Vec::new();
        for number in 0..capacity + senders {
            let client = worker.client.clone();
            casts.push(spawn(async move { client.note(number).await }));
            idle().await;
        }
        let waiting = casts.iter().filter(|cast| !cast.is_finished()).count();
        assert_eq!(waiting, senders as usize);
        key.open();
        for cast in casts {
            soon(cast).await.unwrap().unwrap();
        }
        idle().await;
        let all = (0..capacity + senders).collect::<Vec<_>>();
        assert_eq!(worker.log.numbers(), all);
        assert_eq!(worker.client.capacity(), capacity as usize);
    }
}

#[tokio::test(start_paused = true)]
async fn a_waiting_sender_is_accepted_when_a_started_command_waits() {
    for capacity in CAPACITIES {
        let (worker, key) = held_worker(capacity as usize).await;
        let (second_gate, mut second_key) = gate();
        soon(worker.client.hold(second_gate)).await.unwrap();
        for number in 1..capacity {
            soon(worker.client.note(number)).await.unwrap();
        }
        let mut casts = Vec::new();
        for number in [100, 101] {
            let client = worker.client.clone();
            casts.push(spawn(async move { client.note(number).await }));
            idle().await;
        }
        assert!(!casts[0].is_finished());
        key.open();
        // One command begins, and is held before its end. The commands that were queued with it are not begun.
        second_key.entered().await;
        idle().await;
        assert!(casts[0].is_finished());
        assert!(!casts[1].is_finished());
        assert_eq!(worker.client.capacity(), 0);
        second_key.open();
        idle().await;
        assert!(casts[1].is_finished());
        let all = (1..capacity).chain([100, 101]).collect::<Vec<_>>();
        assert_eq!(worker.log.numbers(), all);
        assert_eq!(worker.client.capacity(), capacity as usize);
    }
}

#[tokio::test(start_paused = true)]
async fn senders_that_leave_the_line_change_nothing_for_the_others() {
    /// Lets some of five waiting senders leave, whose numbers are `leaving`.
    async fn check(capacity: u32, leaving: &[u32]) {
        let (worker, key) = held_worker(capacity as usize).await;
        for number in 0..capacity {
            soon(worker.client.note(100 + number)).await.unwrap();
        }
        let mut casts = Vec::new();
        for number in 0..5 {
            let client = worker.client.clone();
            casts.push(spawn(async move { client.note(number).await }));
            idle().await;
        }
        for &number in leaving {
            casts[number as usize].abort();
        }
        idle().await;
        assert_eq!(worker.client.try_note(9), Err(CallError::Full));
        key.open();
        idle().await;
        let staying = (0..5).filter(|number| !leaving.contains(number));
        let all = (100..100 + capacity).chain(staying).collect::<Vec<_>>();
        assert_eq!(worker.log.numbers(), all, "{leaving:?} left");
        assert_eq!(worker.client.capacity(), capacity as usize);
    }
    for capacity in CAPACITIES {
        for leaving in [&[][..], &[0], &[4], &[2], &[3, 1], &[0, 1, 2, 3, 4]] {
            check(capacity, leaving).await;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_sender_that_leaves_when_it_is_its_turn_gives_its_place_to_the_next() {
    /// Of five senders that wait for one of two places, the first few leave when both are free.
    async fn check(leaving: usize) {
        let (client, mut inbox) = channel::<Worker>(2);
        client.try_note(100).unwrap();
        client.try_note(101).unwrap();
        let mut casts: Vec<_> = (0..5).map(|number| Box::pin(client.note(number))).collect();
        for cast in &mut casts {
            assert!(poll_once(cast.as_mut()).is_pending());
        }
        assert_eq!(next_note(&mut inbox).await, 100);
        assert_eq!(next_note(&mut inbox).await, 101);
        let staying = casts.split_off(leaving);
        drop(casts);
        let mut accepted = 0;
        for cast in staying {
            // The notes come one after the other, so that each needs the place of the one before.
            let (sent, received) = tokio::join!(biased; soon(cast), next_note(&mut inbox));
            sent.unwrap();
            assert_eq!(received as usize, leaving + accepted);
            accepted += 1;
        }
        assert_eq!(accepted, 5 - leaving);
        assert_eq!(client.capacity(), 2);
        assert_eq!(client.try_note(1), Ok(()));
        assert_eq!(client.try_note(2), Ok(()));
        assert_eq!(client.try_note(3), Err(CallError::Full));
    }
    for leaving in 0..=5 {
        check(leaving).await;
    }
}

#[tokio::test(start_paused = true)]
async fn nobody_overtakes_a_sender_that_waits() {
    let (client, mut inbox) = channel::<Worker>(1);
    client.try_note(1).unwrap();
    let mut second = pin!(client.note(2));
    assert!(poll_once(second.as_mut()).is_pending());
    assert_eq!(next_note(&mut inbox).await, 1);
    // The place is free, and promised.
    assert_eq!(client.try_note(3), Err(CallError::Full));
    let mut third = pin!(client.note(3));
    assert!(poll_once(third.as_mut()).is_pending());
    assert_eq!(poll_once(second.as_mut()), Poll::Ready(Ok(())));
    assert_eq!(next_note(&mut inbox).await, 2);
    assert_eq!(poll_once(third.as_mut()), Poll::Ready(Ok(())));
    assert_eq!(next_note(&mut inbox).await, 3);
}

#[derive(Default)]
struct Wakes(AtomicUsize);

impl Wakes {
    fn count(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }
}

impl Wake for Wakes {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

#[tokio::test(start_paused = true)]
async fn a_waiting_sender_is_woken_where_it_was_polled_last() {
    let (client, mut inbox) = channel::<Worker>(1);
    client.try_note(1).unwrap();
    let mut second = pin!(client.note(2));
    let (before, after) = (Arc::<Wakes>::default(), Arc::<Wakes>::default());
    for wakes in [&before, &after, &after] {
        let waker = Waker::from(Arc::clone(wakes));
        let poll = second.as_mut().poll(&mut Context::from_waker(&waker));
        assert!(poll.is_pending());
    }
    assert_eq!(next_note(&mut inbox).await, 1);
    assert_eq!((before.count(), after.count()), (0, 1));
}

#[tokio::test(start_paused = true)]
async fn an_actor_that_waits_is_woken_where_it_was_polled_last() {
    let (client, mut inbox) = channel::<Worker>(1);
    let (before, after) = (Arc::<Wakes>::default(), Arc::<Wakes>::default());
    for wakes in [&before, &after, &after] {
        let waker = Waker::from(Arc::clone(wakes));
        let next = pin!(inbox.next());
        assert!(next.poll(&mut Context::from_waker(&waker)).is_pending());
    }
    client.try_note(1).unwrap();
    assert_eq!((before.count(), after.count()), (0, 1));
}

#[tokio::test(start_paused = true)]
async fn an_unbounded_mailbox_accepts_everything() {
    let (worker, key) = held_worker(usize::MAX).await;
    assert_eq!(worker.client.capacity(), usize::MAX);
    let commands = 20_000;
    for number in 0..commands {
        worker.client.try_note(number).unwrap();
    }
    assert_eq!(worker.client.capacity(), usize::MAX);
    key.open();
    idle().await;
    assert_eq!(worker.log.numbers(), (0..commands).collect::<Vec<_>>());
}

#[test]
fn a_mailbox_without_room_for_a_command_is_a_mistake() {
    fn check(make: impl FnOnce() + std::panic::UnwindSafe) {
        let payload = std::panic::catch_unwind(make).unwrap_err();
        let message: &&str = payload.downcast_ref().unwrap();
        assert!(message.contains("capacity"), "{message}");
    }
    check(|| drop(channel::<Worker>(0)));
    check(|| {
        let log = Log::default();
        drop(Worker { log }.builder().capacity(0).into_runner());
    });
}

/// The number of commands accepted and not begun, seen from outside: a sender counts its command once it was told that
/// the command was accepted.
#[derive(Default)]
struct Tally {
    accepted: AtomicUsize,
    started: AtomicUsize,
    most: AtomicUsize,
}

impl Tally {
    fn accepted(&self) {
        self.accepted.fetch_add(1, Ordering::Relaxed);
        let started = self.started.load(Ordering::Relaxed);
        let accepted = self.accepted.load(Ordering::Relaxed);
        let queued = accepted.saturating_sub(started);
        self.most.fetch_max(queued, Ordering::Relaxed);
    }

    fn started(&self) {
        self.started.fetch_add(1, Ordering::Relaxed);
    }
}

struct Tallying(Arc<Tally>);

#[actor]
impl Tallying {
    pub(crate) async fn tally(&self, number: u32) {
        self.0.started();
        if number.is_multiple_of(3) {
            yield_now().await;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn the_capacity_is_used_and_never_exceeded() {
    for capacity in CAPACITIES {
        let tally = Arc::<Tally>::default();
        let client = Tallying(Arc::clone(&tally))
            .builder()
            .capacity(capacity as usize)
            .shutdown(CancellationToken::new())
            .spawn();
        let mut senders = Vec::new();
        for _ in 0..4 {
            let (client, tally) = (client.clone(), Arc::clone(&tally));
            senders.push(spawn(async move {
                for number in 0..200 {
                    client.tally(number).await.unwrap();
                    tally.accepted();
                    assert!(client.capacity() <= capacity as usize);
                }
            }));
        }
        for sender in senders {
            soon(sender).await.unwrap();
        }
        idle().await;
        assert_eq!(tally.started.load(Ordering::Relaxed), 800);
        assert_eq!(tally.most.load(Ordering::Relaxed), capacity as usize);
        assert_eq!(client.capacity(), capacity as usize);
    }
}

#[tokio::test(start_paused = true)]
async fn a_closed_mailbox_refuses_and_has_no_room() {
    let worker = worker(4);
    worker.handle.abort();
    let _ = soon(worker.handle).await;
    assert_eq!(
        worker.client.try_note(1),
        Err(CallError::Closed(Why::Aborted))
    );
    assert_eq!(
        soon(worker.client.note(1)).await,
        Err(CallError::Closed(Why::Aborted))
    );
    assert_eq!(worker.client.capacity(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_sender_that_is_not_polled_does_not_keep_its_actor_from_ending() {
    let (worker, key) = held_worker(1).await;
    let client = worker.client.clone();
    soon(client.note(1)).await.unwrap();
    let mut forgotten = Box::pin(client.note(2));
    assert!(poll_once(forgotten.as_mut()).is_pending());
    let next = spawn({
        let client = client.clone();
        async move { client.double(3).await }
    });
    key.open();
    assert_eq!(soon(next).await.unwrap(), Ok(6));
    let exit = soon(worker.handle.shutdown(Duration::from_secs(1))).await;
    assert_eq!(summary(&exit), "cancelled: 3 handled, 0 refused, state");
    assert_eq!(
        soon(forgotten).await,
        Err(CallError::Closed(Why::Cancelled))
    );
}

/// Sends a note when it is dropped, if there is room.
pub(crate) struct Bell {
    desk: DeskClient,
    is_sent: Arc<AtomicUsize>,
}

impl Drop for Bell {
    fn drop(&mut self) {
        if self.desk.try_note().is_ok() {
            self.is_sent.fetch_add(1, Ordering::Relaxed);
        }
    }
}

struct Desk;

#[actor]
impl Desk {
    #[command(try)]
    pub(crate) fn note(&mut self) {}

    pub(crate) fn ring(&mut self, bell: Bell) {
        drop(bell);
    }
}

#[tokio::test(start_paused = true)]
async fn a_sender_that_leaves_has_left_when_its_argument_is_dropped() {
    let (desk, mut inbox) = channel::<Desk>(1);
    desk.note().await.unwrap();
    let is_sent = Arc::<AtomicUsize>::default();
    let bell = Bell {
        desk: desk.clone(),
        is_sent: Arc::clone(&is_sent),
    };
    let mut ring = Box::pin(desk.ring(bell));
    assert!(poll_once(ring.as_mut()).is_pending());
    assert!(matches!(soon(inbox.next()).await, Some(DeskCommand::Note)));
    // The waiting call has the slot now.
    assert_eq!(desk.try_note(), Err(CallError::Full));
    drop(ring);
    assert_eq!(is_sent.load(Ordering::Relaxed), 1);
}
