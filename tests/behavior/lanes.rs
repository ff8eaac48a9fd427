//! Commands with priority: a lane of their own, which is served first.

use std::time::Duration;

use actor_runtime::{
    Actor, ActorHandle, CallError, CancellationToken, Command as _, Context, Reply, ReplyStream,
    Shutdown, Why, actor, channel,
};
use tokio::task::{JoinHandle, spawn_blocking};

use crate::support::{Gate, Key, Log, calling, gate, idle, on_four_threads, soon, spawn, summary};

struct Clerk {
    log: Log,
}

#[actor]
impl Clerk {
    #[command(try)]
    pub(crate) fn note(&mut self, number: u32) {
        self.log.push(number);
    }

    #[command(try)]
    pub(crate) fn double(&mut self, number: u32) -> u32 {
        self.log.push(number);
        2 * number
    }

    #[command(try)]
    pub(crate) fn forget(&mut self, reply: Reply<u32>) {
        drop(reply);
    }

    pub(crate) async fn hold(&mut self, gate: Gate) {
        gate.pass().await;
    }

    #[command(priority, try, blocking)]
    pub(crate) fn note_first(&mut self, number: u32) {
        self.log.push(number);
    }

    #[command(priority, try, blocking)]
    pub(crate) fn double_first(&mut self, number: u32) -> u32 {
        self.log.push(number);
        2 * number
    }

    #[command(priority, ack)]
    pub(crate) fn do_first(&mut self, number: u32) {
        self.log.push(number);
    }

    #[command(priority)]
    pub(crate) fn defer_first(&mut self, number: u32, reply: Reply<u32>) {
        self.log.push(number);
        reply.send(2 * number);
    }

    #[command(priority, try)]
    pub(crate) async fn list_first(&mut self, number: u32, mut reply: ReplyStream<u32>) {
        self.log.push(number);
        // The reader may have gone.
        let _ = reply.send(2 * number).await;
        reply.finish();
    }

    #[command(priority, errors = default)]
    pub(crate) async fn hold_first(&mut self, gate: Gate) {
        gate.pass().await;
    }

    #[command(priority)]
    pub(crate) async fn hold_and_double_first(&mut self, number: u32, gate: Gate) -> u32 {
        gate.pass().await;
        2 * number
    }

    #[command(priority, try)]
    pub(crate) fn forget_first(&mut self, reply: Reply<u32>) {
        drop(reply);
    }

    #[command(priority)]
    pub(crate) fn stop_first(&mut self, ctx: &mut Context<Self>) {
        ctx.stop();
    }

    #[command(priority)]
    pub(crate) fn panic_first(&mut self) {
        std::panic::resume_unwind(Box::new(()))
    }

    /// Sends itself again, until it has counted down to 0.
    #[command(priority, try)]
    pub(crate) fn again_first(&mut self, number: u32, ctx: &mut Context<Self>) {
        self.log.push(number);
        if let (Some(client), 1..) = (ctx.client().upgrade(), number) {
            client.try_again_first(number - 1).unwrap();
        }
    }
}

struct Held {
    client: ClerkClient,
    handle: ActorHandle<Clerk>,
    log: Log,
    shutdown: CancellationToken,
    key: Key,
}

/// Starts a clerk that is kept busy, with room for `capacity` commands in each lane.
async fn held_clerk(capacity: usize) -> Held {
    let (log, shutdown) = (Log::default(), CancellationToken::new());
    let (client, handle) = Clerk { log: log.clone() }
        .builder()
        .capacity(capacity)
        .shutdown(shutdown.clone())
        .spawn_with_handle();
    let (gate, mut key) = gate();
    soon(client.hold(gate)).await.unwrap();
    key.entered().await;
    Held {
        client,
        handle,
        log,
        shutdown,
        key,
    }
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_is_lost_was_begun_in_its_own_lane() {
    for has_priority in [false, true] {
        let clerk = Clerk {
            log: Log::default(),
        };
        let clerk = clerk.spawn(CancellationToken::new());
        let answer = if has_priority {
            clerk.try_forget_first()
        } else {
            clerk.try_forget()
        };
        let lost = soon(answer.unwrap()).await;
        assert_eq!(lost, Err(CallError::Unanswered));
    }
}

#[tokio::test(start_paused = true)]
async fn what_has_priority_is_handled_first_and_in_its_order() {
    let held = held_clerk(8).await;
    for number in 1..=3 {
        held.client.try_note(number).unwrap();
        held.client.try_note_first(10 + number).unwrap();
    }
    held.key.open();
    idle().await;
    assert_eq!(held.log.numbers(), [11, 12, 13, 1, 2, 3]);
}

#[tokio::test(start_paused = true)]
async fn what_has_priority_is_handled_before_what_was_taken_out_of_the_mailbox_already() {
    let held = held_clerk(8).await;
    let (gate, mut key) = gate();
    held.client.try_note(1).unwrap();
    soon(held.client.hold(gate)).await.unwrap();
    held.client.try_note(2).unwrap();
    held.client.try_note(3).unwrap();
    held.key.open();
    key.entered().await;
    held.client.try_note_first(11).unwrap();
    key.open();
    idle().await;
    assert_eq!(held.log.numbers(), [1, 11, 2, 3]);
}

#[tokio::test(start_paused = true)]
async fn an_idle_actor_is_woken_by_either_lane() {
    let log = Log::default();
    let clerk = Clerk { log }.spawn(CancellationToken::new());
    for _ in 0..3 {
        idle().await;
        assert_eq!(soon(clerk.double_first(1)).await, Ok(2));
        idle().await;
        assert_eq!(soon(clerk.double(2)).await, Ok(4));
    }
}

#[tokio::test(start_paused = true)]
async fn each_kind_of_command_can_have_priority() {
    let held = held_clerk(8).await;
    held.client.try_note(1).unwrap();
    held.client.try_note_first(2).unwrap();
    let call = calling(&held.client, async |clerk| clerk.double_first(3).await).await;
    let ack = calling(&held.client, async |clerk| clerk.do_first(4).await).await;
    let deferred = calling(&held.client, async |clerk| clerk.defer_first(5).await).await;
    let mut list = soon(held.client.list_first(6)).await.unwrap();
    held.key.open();
    assert_eq!(soon(call).await.unwrap(), Ok(6));
    assert_eq!(soon(ack).await.unwrap(), Ok(()));
    assert_eq!(soon(deferred).await.unwrap(), Ok(10));
    assert_eq!(soon(list.next()).await, Some(Ok(12)));
    assert_eq!(soon(list.next()).await, None);
    idle().await;
    assert_eq!(held.log.numbers(), [2, 3, 4, 5, 6, 1]);
}

#[tokio::test(start_paused = true)]
async fn each_lane_has_the_capacity_for_itself() {
    for capacity in [1, 2, 7] {
        let held = held_clerk(capacity).await;
        let clerk = &held.client;
        for number in 0..capacity {
            let number = u32::try_from(number).unwrap();
            assert_eq!(clerk.try_note(number), Ok(()));
        }
        assert_eq!(clerk.try_note(100), Err(CallError::Full));
        for number in 0..capacity {
            let number = u32::try_from(number).unwrap();
            assert_eq!(clerk.try_note_first(number), Ok(()));
        }
        assert_eq!(clerk.try_note_first(100), Err(CallError::Full));
        assert_eq!(clerk.try_double_first(100).unwrap_err(), CallError::Full);
        assert_eq!(clerk.try_list_first(100).unwrap_err(), CallError::Full);
        held.key.open();
        idle().await;
        assert_eq!(held.log.len(), 2 * capacity);
    }
}

#[tokio::test(start_paused = true)]
async fn a_full_lane_does_not_block_the_other_one() {
    let held = held_clerk(1).await;
    held.client.try_note_first(11).unwrap();
    assert_eq!(held.client.try_note_first(12), Err(CallError::Full));
    assert_eq!(held.client.try_note(1), Ok(()));
    assert_eq!(held.client.try_note(2), Err(CallError::Full));
    held.key.open();
    idle().await;
    assert_eq!(held.log.numbers(), [11, 1]);
}

#[tokio::test(start_paused = true)]
async fn senders_wait_in_the_line_of_their_lane() {
    let held = held_clerk(1).await;
    held.client.try_note(0).unwrap();
    held.client.try_note_first(100).unwrap();
    let mut waiting = Vec::new();
    for number in 1..=20 {
        waiting.push(calling(&held.client, async move |clerk| clerk.note(number).await).await);
        waiting.push(
            calling(&held.client, async move |clerk| {
                clerk.note_first(100 + number).await
            })
            .await,
        );
    }
    assert!(waiting.iter().all(|sender| !sender.is_finished()));
    held.key.open();
    for sender in waiting {
        soon(sender).await.unwrap().unwrap();
    }
    idle().await;
    let handled = held.log.numbers().into_iter();
    let (first, usual): (Vec<u32>, Vec<u32>) = handled.partition(|&number| number >= 100);
    assert_eq!(usual, (0..=20).collect::<Vec<_>>());
    assert_eq!(first, (100..=120).collect::<Vec<_>>());
}

#[tokio::test(start_paused = true)]
async fn a_sender_that_leaves_the_line_makes_no_room_and_takes_none() {
    let held = held_clerk(1).await;
    held.client.try_note_first(1).unwrap();
    let left = calling(&held.client, async |clerk| clerk.note_first(2).await).await;
    let stays = calling(&held.client, async |clerk| clerk.note_first(3).await).await;
    left.abort();
    idle().await;
    assert!(!stays.is_finished());
    held.key.open();
    soon(stays).await.unwrap().unwrap();
    idle().await;
    assert_eq!(held.log.numbers(), [1, 3]);
}

/// The callers of an actor with two calls queued and one waiting in each lane.
struct Callers {
    queued: Vec<JoinHandle<Result<u32, CallError>>>,
    waiting: Vec<JoinHandle<Result<u32, CallError>>>,
}

async fn callers(client: &ClerkClient) -> Callers {
    let mut callers = Callers {
        queued: Vec::new(),
        waiting: Vec::new(),
    };
    for number in 1..=3 {
        let pair = [
            calling(client, async move |clerk| clerk.double(number).await).await,
            calling(client, async move |clerk| {
                clerk.double_first(10 + number).await
            })
            .await,
        ];
        match number {
            3 => callers.waiting.extend(pair),
            _ => callers.queued.extend(pair),
        }
    }
    callers
}

impl Callers {
    async fn check(self, queued: &[Result<u32, CallError>], waiting: CallError) {
        for (call, expected) in self.queued.into_iter().zip(queued) {
            assert_eq!(soon(call).await.unwrap(), *expected);
        }
        for call in self.waiting {
            assert_eq!(soon(call).await.unwrap(), Err(waiting.clone()));
        }
    }
}

const REFUSED: [Result<u32, CallError>; 4] = [
    Err(CallError::Refused),
    Err(CallError::Refused),
    Err(CallError::Refused),
    Err(CallError::Refused),
];

#[tokio::test(start_paused = true)]
async fn a_stop_refuses_what_is_queued_in_both_lanes() {
    let held = held_clerk(2).await;
    let callers = callers(&held.client).await;
    held.shutdown.cancel();
    assert_eq!(
        held.client.try_note(1),
        Err(CallError::Closed(Why::Cancelled))
    );
    assert_eq!(
        held.client.try_note_first(1),
        Err(CallError::Closed(Why::Cancelled))
    );
    held.key.open();
    callers
        .check(&REFUSED, CallError::Closed(Why::Cancelled))
        .await;
    assert_eq!(
        summary(&soon(held.handle).await),
        "cancelled: 1 handled, 4 refused, state"
    );
    assert!(held.log.numbers().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_drain_handles_what_is_queued_in_both_lanes() {
    let held = held_clerk(2).await;
    let callers = callers(&held.client).await;
    let client = held.client.clone();
    let shutdown = spawn(
        held.handle
            .shutdown_with(Shutdown::Drain, Duration::from_secs(1)),
    );
    idle().await;
    assert_eq!(client.try_note(1), Err(CallError::Closed(Why::Cancelled)));
    assert_eq!(
        client.try_note_first(1),
        Err(CallError::Closed(Why::Cancelled))
    );
    held.key.open();
    let answers = [Ok(2), Ok(22), Ok(4), Ok(24)];
    callers
        .check(&answers, CallError::Closed(Why::Cancelled))
        .await;
    assert_eq!(
        summary(&soon(shutdown).await.unwrap()),
        "cancelled: 5 handled, 0 refused, state"
    );
    assert_eq!(held.log.numbers(), [11, 12, 1, 2]);
}

#[tokio::test(start_paused = true)]
async fn a_stop_from_inside_refuses_both_lanes() {
    let held = held_clerk(8).await;
    soon(held.client.stop_first()).await.unwrap();
    let callers = callers(&held.client).await;
    held.key.open();
    callers.check(&REFUSED, CallError::Refused).await;
    assert_eq!(
        summary(&soon(held.handle).await),
        "stopped: 2 handled, 6 refused, state"
    );
}

#[tokio::test(start_paused = true)]
async fn a_panic_refuses_both_lanes() {
    let held = held_clerk(8).await;
    soon(held.client.panic_first()).await.unwrap();
    let callers = callers(&held.client).await;
    held.key.open();
    callers.check(&REFUSED, CallError::Refused).await;
    assert_eq!(
        summary(&soon(held.handle).await),
        "panicked in panic_first: 1 handled, 6 refused, no state"
    );
}

#[tokio::test(start_paused = true)]
async fn a_dropped_inbox_refuses_both_lanes() {
    let (client, inbox) = channel::<Clerk>(2);
    let callers = callers(&client).await;
    drop(inbox);
    callers
        .check(&REFUSED, CallError::Closed(Why::Unknown))
        .await;
    assert_eq!(
        client.try_note_first(1),
        Err(CallError::Closed(Why::Unknown))
    );
}

/// The inbox alone lets waiting senders in: it has no runner.
#[tokio::test(start_paused = true)]
async fn a_fake_lets_in_who_waits_in_either_lane() {
    let (client, mut inbox) = channel::<Clerk>(1);
    client.try_note(1).unwrap();
    client.try_note_first(11).unwrap();
    let usual = calling(&client, async |clerk| clerk.note(2).await).await;
    let first = calling(&client, async |clerk| clerk.note_first(12).await).await;
    let next = soon(inbox.next()).await;
    assert!(matches!(next, Some(ClerkCommand::NoteFirst { number: 11 })));
    assert_eq!(soon(first).await.unwrap(), Ok(()));
    assert!(!usual.is_finished());
    for expected in ["note_first", "note"] {
        assert_eq!(soon(inbox.next()).await.unwrap().name(), expected);
    }
    assert_eq!(soon(usual).await.unwrap(), Ok(()));
}

/// Each lane counts on its own what was accepted and begun.
#[tokio::test(start_paused = true)]
async fn a_caller_learns_what_became_of_its_command_from_its_lane() {
    let held = held_clerk(8).await;
    held.key.open();
    for number in 1..=3 {
        assert_eq!(soon(held.client.double(number)).await, Ok(2 * number));
    }
    assert_eq!(
        soon(held.client.forget_first()).await,
        Err(CallError::Unanswered)
    );
    let (gate, mut key) = gate();
    let in_progress = calling(&held.client, async |clerk| {
        clerk.hold_and_double_first(1, gate).await
    })
    .await;
    key.entered().await;
    let queued_first = calling(&held.client, async |clerk| clerk.double_first(1).await).await;
    let mut queued_list = soon(held.client.list_first(1)).await.unwrap();
    let queued = calling(&held.client, async |clerk| clerk.double(1).await).await;
    held.handle.abort();
    let exit = soon(held.handle).await;
    assert_eq!(
        summary(&exit),
        "aborted in hold_and_double_first: 5 handled, 3 refused, no state"
    );
    assert_eq!(soon(in_progress).await.unwrap(), Err(CallError::Stopped));
    assert_eq!(soon(queued_first).await.unwrap(), Err(CallError::Refused));
    assert_eq!(
        soon(queued_list.next()).await,
        Some(Err(CallError::Refused))
    );
    assert_eq!(soon(queued_list.next()).await, None);
    assert_eq!(soon(queued).await.unwrap(), Err(CallError::Refused));
}

#[tokio::test(start_paused = true)]
async fn all_that_is_queued_is_handled_when_the_last_client_is_dropped() {
    async fn check(usual: &[u32], first: &[u32]) {
        let held = held_clerk(8).await;
        for &number in usual {
            held.client.try_note(number).unwrap();
        }
        for &number in first {
            held.client.try_note_first(number).unwrap();
        }
        drop(held.client);
        held.key.open();
        assert_eq!(
            summary(&soon(held.handle).await),
            format!(
                "clients dropped: {} handled, 0 refused, state",
                1 + usual.len() + first.len()
            )
        );
        assert_eq!(held.log.numbers(), [first, usual].concat());
    }
    check(&[], &[]).await;
    check(&[1], &[]).await;
    check(&[], &[11]).await;
    check(&[], &[11, 12, 13]).await;
    check(&[1, 2, 3], &[11, 12, 13]).await;
}

#[tokio::test(start_paused = true)]
async fn the_last_client_may_be_dropped_before_the_start() {
    let log = Log::default();
    let (client, runner) = Clerk { log: log.clone() }.builder().into_runner();
    client.try_note(1).unwrap();
    client.try_note_first(11).unwrap();
    drop(client);
    let exit = soon(runner.run()).await;
    assert_eq!(
        summary(&exit),
        "clients dropped: 2 handled, 0 refused, state"
    );
    assert_eq!(log.numbers(), [11, 1]);
}

#[test]
fn what_the_last_client_sends_is_handled_on_any_thread() {
    on_four_threads(async {
        for number in 0..500 {
            let log = Log::default();
            let (client, handle) =
                Clerk { log: log.clone() }.spawn_with_handle(CancellationToken::new());
            let sender = spawn(async move { client.note_first(number).await });
            sender.await.unwrap().unwrap();
            let exit = handle.await;
            assert_eq!((exit.handled, exit.refused), (1, 0));
            assert_eq!(log.numbers(), [number]);
        }
    });
}

#[test]
fn blocking_twins_go_through_the_lane() {
    on_four_threads(async {
        let held = held_clerk(1).await;
        held.client.try_note(1).unwrap();
        assert_eq!(held.client.blocking_note_first(0), Err(CallError::Blocking));
        let client = held.client.clone();
        // The other lane is full, and nothing is handled meanwhile.
        spawn_blocking(move || client.blocking_note_first(11))
            .await
            .unwrap()
            .unwrap();
        let client = held.client.clone();
        let waits = spawn_blocking(move || client.blocking_double_first(12));
        held.key.open();
        assert_eq!(waits.await.unwrap(), Ok(24));
        drop(held.client);
        let _ = held.handle.await;
        let log = held.log.numbers();
        assert_eq!(log.first(), Some(&11));
        assert_eq!(log.len(), 3);
    });
}

/// After 16 commands with priority in a row, one of the others goes first.
#[tokio::test(start_paused = true)]
async fn what_has_priority_does_not_starve_the_rest() {
    let held = held_clerk(8).await;
    held.client.try_note(1000).unwrap();
    held.client.try_note(1001).unwrap();
    held.client.try_again_first(200).unwrap();
    held.key.open();
    idle().await;
    let mut expected: Vec<u32> = (0..=200).rev().collect();
    expected.insert(16, 1000);
    expected.insert(16 + 1 + 16, 1001);
    assert_eq!(held.log.numbers(), expected);
}

#[tokio::test(start_paused = true)]
async fn a_command_with_priority_interrupts_nothing() {
    let held = held_clerk(8).await;
    let first = calling(&held.client, async |clerk| clerk.double_first(1).await).await;
    assert!(!first.is_finished());
    held.key.open();
    assert_eq!(soon(first).await.unwrap(), Ok(2));
}

#[tokio::test(start_paused = true)]
async fn errors_works_for_priority() {
    let held = held_clerk(8).await;
    held.shutdown.cancel();
    held.key.open();
    let _ = soon(held.handle).await;
    let (gate, _key) = gate();
    let () = soon(held.client.hold_first(gate)).await;
}

#[test]
fn senders_of_both_lanes_lose_nothing() {
    on_four_threads(async {
        let log = Log::default();
        let (client, handle) = Clerk { log: log.clone() }
            .builder()
            .capacity(2)
            .spawn_with_handle();
        let mut senders = Vec::new();
        for sender in 0..8 {
            let client = client.clone();
            senders.push(spawn(async move {
                for number in 0..500 {
                    let number = 1000 * sender + number;
                    match sender % 2 {
                        0 => client.note(number).await.unwrap(),
                        _ => client.note_first(number).await.unwrap(),
                    }
                }
            }));
        }
        drop(client);
        for sender in senders {
            sender.await.unwrap();
        }
        let exit = handle.await;
        assert_eq!((exit.handled, exit.refused), (4000, 0));
        for sender in 0..8 {
            let sent = log.numbers();
            let sent: Vec<u32> = sent
                .into_iter()
                .filter(|number| number / 1000 == sender)
                .collect();
            let expected: Vec<u32> = (0..500).map(|number| 1000 * sender + number).collect();
            assert_eq!(sent, expected);
        }
    });
}
