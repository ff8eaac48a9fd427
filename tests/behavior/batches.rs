//! Batches: commands that are handled several at once.

use std::sync::{Arc, Mutex};

use actor_runtime::{
    Actor, ActorHandle, CallError, CancellationToken, Client as _, Context, Reply, Shutdown, actor,
};
use tokio::task::JoinHandle;

use crate::support::{Gate, Key, Log, calling, gate, idle, on_four_threads, soon, spawn, summary};

/// The batches that an actor was given, in order. A command outside of any batch counts as a batch of one.
#[derive(Clone, Default)]
struct Batches(Arc<Mutex<Vec<Vec<u32>>>>);

impl Batches {
    fn push(&self, batch: Vec<u32>) {
        self.0.lock().unwrap().push(batch);
    }

    fn all(&self) -> Vec<Vec<u32>> {
        self.0.lock().unwrap().clone()
    }
}

struct Table {
    batches: Batches,
}

#[actor]
impl Table {
    /// Answers each call with twice its number.
    #[command(batch = 4, arg = row, try, blocking)]
    pub(crate) fn insert(&mut self, rows: Vec<u32>) -> Vec<u32> {
        self.batches.push(rows.clone());
        rows.into_iter().map(|row| 2 * row).collect()
    }

    #[command(batch = 4, arg = number, try)]
    pub(crate) async fn note(&mut self, numbers: Vec<u32>) {
        tokio::task::yield_now().await;
        self.batches.push(numbers);
    }

    #[command(batch = 4, ack)]
    pub(crate) fn acknowledged(&mut self, numbers: Vec<u32>) {
        self.batches.push(numbers);
    }

    #[command(batch = 4)]
    #[allow(clippy::unused_unit, reason = "a written `()` makes a call")]
    pub(crate) fn done(&mut self, numbers: Vec<u32>) -> () {
        self.batches.push(numbers);
    }

    /// Answers all but the last two calls. A call that is alone gets one answer more than there are calls.
    #[command(batch = 4)]
    pub(crate) fn miscount(&mut self, mut numbers: Vec<u32>) -> Vec<u32> {
        match numbers.len() {
            1 => numbers.push(100),
            calls => numbers.truncate(calls - 2),
        }
        numbers
    }

    #[command(batch = 1)]
    pub(crate) fn single(&mut self, numbers: Vec<u32>) {
        self.batches.push(numbers);
    }

    #[command(batch = 1000)]
    pub(crate) fn many(&mut self, numbers: Vec<u32>) {
        self.batches.push(numbers);
    }

    #[command(try)]
    pub(crate) fn other(&mut self, number: u32) {
        self.batches.push(vec![number]);
    }

    pub(crate) async fn hold(&mut self, gate: Gate) {
        gate.pass().await;
    }

    /// Waits at the gate of the last call.
    #[command(batch = 4, arg = gate)]
    pub(crate) async fn hold_all(&mut self, gates: Vec<Option<Gate>>) -> Vec<u32> {
        let calls = gates.len();
        for gate in gates.into_iter().flatten() {
            gate.pass().await;
        }
        vec![1; calls]
    }

    #[command(batch = 4)]
    pub(crate) fn panic(&mut self, numbers: Vec<u32>) -> Vec<u32> {
        self.batches.push(numbers);
        std::panic::resume_unwind(Box::new(()))
    }

    #[command(batch = 4, priority, try)]
    pub(crate) fn insert_first(&mut self, rows: Vec<u32>) -> Vec<u32> {
        self.batches.push(rows.clone());
        rows
    }

    #[command(priority, try)]
    pub(crate) fn other_first(&mut self, number: u32) {
        self.batches.push(vec![number]);
    }

    #[command(batch = 4)]
    pub(crate) fn stop_at_zero(&mut self, numbers: Vec<u32>, ctx: &mut Context<Self>) -> Vec<bool> {
        if numbers.contains(&0) {
            ctx.stop();
        }
        let is_told = |_| ctx.token().is_cancelled();
        numbers.into_iter().map(is_told).collect()
    }
}

struct Held {
    client: TableClient,
    handle: ActorHandle<Table>,
    batches: Batches,
    shutdown: CancellationToken,
    key: Key,
}

/// A table that is kept busy.
async fn held_table(capacity: usize) -> Held {
    let (batches, shutdown) = (Batches::default(), CancellationToken::new());
    let table = Table {
        batches: batches.clone(),
    };
    let (client, handle) = table
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
        batches,
        shutdown,
        key,
    }
}

async fn inserting(client: &TableClient, row: u32) -> JoinHandle<Result<u32, CallError>> {
    calling(client, async move |table| table.insert(row).await).await
}

#[tokio::test(start_paused = true)]
async fn what_is_queued_is_handled_together_up_to_the_limit() {
    async fn check(queued: u32, expected: &[&[u32]]) {
        let held = held_table(64).await;
        let mut calls = Vec::new();
        for row in 1..=queued {
            calls.push(inserting(&held.client, row).await);
        }
        held.key.open();
        for (row, call) in (1..).zip(calls) {
            assert_eq!(soon(call).await.unwrap(), Ok(2 * row));
        }
        assert_eq!(held.batches.all(), expected);
        drop(held.client);
        assert_eq!(soon(held.handle).await.handled, 1 + u64::from(queued));
    }
    check(1, &[&[1]]).await;
    check(3, &[&[1, 2, 3]]).await;
    check(4, &[&[1, 2, 3, 4]]).await;
    check(5, &[&[1, 2, 3, 4], &[5]]).await;
    check(9, &[&[1, 2, 3, 4], &[5, 6, 7, 8], &[9]]).await;
}

#[tokio::test(start_paused = true)]
async fn a_call_alone_does_not_wait_for_others() {
    let held = held_table(64).await;
    held.key.open();
    for row in 0..3 {
        assert_eq!(soon(held.client.insert(row)).await, Ok(2 * row));
    }
    assert_eq!(held.batches.all(), [[0], [1], [2]]);
}

#[tokio::test(start_paused = true)]
async fn another_command_in_between_ends_the_run() {
    let held = held_table(64).await;
    let client = &held.client;
    for number in 1..=2 {
        client.try_note(number).unwrap();
    }
    client.try_other(3).unwrap();
    for number in 4..=6 {
        client.try_note(number).unwrap();
    }
    let insert = inserting(client, 7).await;
    client.try_note(8).unwrap();
    held.key.open();
    assert_eq!(soon(insert).await.unwrap(), Ok(14));
    idle().await;
    let expected: &[&[u32]] = &[&[1, 2], &[3], &[4, 5, 6], &[7], &[8]];
    assert_eq!(held.batches.all(), expected);
}

#[tokio::test(start_paused = true)]
async fn casts_and_acknowledged_ones_are_batches_too() {
    let held = held_table(64).await;
    for number in 1..=5 {
        held.client.try_note(number).unwrap();
    }
    let mut calls = Vec::new();
    for number in 11..=13 {
        calls.push(
            calling(&held.client, async move |table| {
                table.acknowledged(number).await
            })
            .await,
        );
    }
    for number in 21..=22 {
        calls.push(calling(&held.client, async move |table| table.done(number).await).await);
    }
    held.key.open();
    for call in calls {
        assert_eq!(soon(call).await.unwrap(), Ok(()));
    }
    let expected: &[&[u32]] = &[&[1, 2, 3, 4], &[5], &[11, 12, 13], &[21, 22]];
    assert_eq!(held.batches.all(), expected);
    drop(held.client);
    assert_eq!(soon(held.handle).await.handled, 11);
}

#[tokio::test(start_paused = true)]
async fn who_gets_no_answer_is_told_and_what_is_left_over_is_dropped() {
    let held = held_table(64).await;
    let mut calls = Vec::new();
    for number in 1..=4 {
        calls.push(
            calling(&held.client, async move |table| {
                table.miscount(number).await
            })
            .await,
        );
    }
    held.key.open();
    let expected = [
        Ok(1),
        Ok(2),
        Err(CallError::Unanswered),
        Err(CallError::Unanswered),
    ];
    for (call, expected) in calls.into_iter().zip(expected) {
        assert_eq!(soon(call).await.unwrap(), expected);
    }
    assert_eq!(soon(held.client.miscount(5)).await, Ok(5));
    drop(held.client);
    assert_eq!(soon(held.handle).await.handled, 6);
}

#[tokio::test(start_paused = true)]
async fn a_limit_can_be_one_or_more_than_is_ever_queued() {
    let held = held_table(64).await;
    let mut expected = Vec::new();
    for number in 1..=3 {
        soon(held.client.single(number)).await.unwrap();
        expected.push(vec![number]);
    }
    for number in 4..=60 {
        soon(held.client.many(number)).await.unwrap();
    }
    expected.push((4..=60).collect());
    held.key.open();
    idle().await;
    assert_eq!(held.batches.all(), expected);
}

#[tokio::test(start_paused = true)]
async fn the_capacity_is_exact_and_those_who_wait_are_let_in() {
    let held = held_table(4).await;
    let (gate, mut key) = gate();
    // The batch takes these three, and then waits at the gate.
    let mut calls = vec![
        calling(&held.client, async |table| table.hold_all(None).await).await,
        calling(&held.client, async |table| table.hold_all(None).await).await,
        calling(&held.client, async |table| table.hold_all(Some(gate)).await).await,
    ];
    held.client.try_other(1).unwrap();
    assert_eq!(held.client.try_other(100), Err(CallError::Full));
    let mut waiting = Vec::new();
    for number in 2..=5 {
        let table = held.client.clone();
        waiting.push(spawn(async move { table.other(number).await }));
        idle().await;
    }
    assert!(waiting.iter().all(|sender| !sender.is_finished()));
    held.key.open();
    key.entered().await;
    idle().await;
    // Three were begun, so three places are free.
    assert_eq!(
        waiting.iter().filter(|sender| sender.is_finished()).count(),
        3
    );
    assert_eq!(held.client.try_other(100), Err(CallError::Full));
    key.open();
    for sender in waiting {
        soon(sender).await.unwrap().unwrap();
    }
    for call in calls.drain(..) {
        assert_eq!(soon(call).await.unwrap(), Ok(1));
    }
    idle().await;
    assert_eq!(held.batches.all(), [[1], [2], [3], [4], [5]]);
}

struct Wide {
    log: Log,
}

#[actor]
impl Wide {
    #[command(batch = 100)]
    pub(crate) async fn hold_all(&mut self, gates: Vec<Option<Gate>>) {
        for gate in gates.into_iter().flatten() {
            gate.pass().await;
        }
    }

    pub(crate) fn note(&mut self, number: u32) {
        self.log.push(number);
    }
}

/// The number of places that become free at once does not matter.
#[tokio::test(start_paused = true)]
async fn a_large_batch_lets_in_as_many_as_it_makes_room_for() {
    let log = Log::default();
    let (client, runner) = Wide { log: log.clone() }
        .builder()
        .capacity(100)
        .into_runner();
    let (gate, mut key) = gate();
    for _ in 1..100 {
        soon(client.hold_all(None)).await.unwrap();
    }
    soon(client.hold_all(Some(gate))).await.unwrap();
    let mut waiting = Vec::new();
    for number in 0..100 {
        let client = client.clone();
        waiting.push(spawn(async move { client.note(number).await }));
        idle().await;
    }
    assert!(waiting.iter().all(|sender| !sender.is_finished()));
    let end = spawn(runner.run());
    key.entered().await;
    idle().await;
    assert_eq!(
        waiting.iter().filter(|sender| sender.is_finished()).count(),
        100
    );
    assert_eq!(client.capacity(), 0);
    key.open();
    drop(client);
    assert_eq!(soon(end).await.unwrap().handled, 200);
    assert_eq!(log.numbers(), (0..100).collect::<Vec<_>>());
}

#[tokio::test(start_paused = true)]
async fn a_stop_refuses_what_is_not_part_of_a_batch_yet() {
    let held = held_table(64).await;
    let mut calls = Vec::new();
    for row in 1..=6 {
        calls.push(inserting(&held.client, row).await);
    }
    held.shutdown.cancel();
    held.key.open();
    for call in calls {
        assert_eq!(soon(call).await.unwrap(), Err(CallError::Refused));
    }
    assert_eq!(
        summary(&soon(held.handle).await),
        "cancelled: 1 handled, 6 refused, state"
    );
    assert_eq!(held.batches.all(), [] as [Vec<u32>; 0]);
}

#[tokio::test(start_paused = true)]
async fn a_stop_during_a_batch_lets_it_end_and_refuses_the_next_one() {
    let held = held_table(64).await;
    let (gate, mut key) = gate();
    let one = calling(&held.client, async |table| table.hold_all(None).await).await;
    let two = calling(&held.client, async |table| table.hold_all(Some(gate)).await).await;
    held.key.open();
    key.entered().await;
    let late = calling(&held.client, async |table| table.hold_all(None).await).await;
    held.shutdown.cancel();
    key.open();
    assert_eq!(soon(one).await.unwrap(), Ok(1));
    assert_eq!(soon(two).await.unwrap(), Ok(1));
    assert_eq!(soon(late).await.unwrap(), Err(CallError::Refused));
    assert_eq!(
        summary(&soon(held.handle).await),
        "cancelled: 3 handled, 1 refused, state"
    );
}

#[tokio::test(start_paused = true)]
async fn a_drain_and_the_last_client_leave_nothing_behind() {
    async fn check(
        end: impl AsyncFnOnce(TableClient, ActorHandle<Table>, Key) -> String,
    ) -> String {
        let held = held_table(64).await;
        for number in 1..=6 {
            held.client.try_note(number).unwrap();
        }
        let told = end(held.client, held.handle, held.key).await;
        let expected: &[&[u32]] = &[&[1, 2, 3, 4], &[5, 6]];
        assert_eq!(held.batches.all(), expected);
        told
    }
    let told = check(async |client, handle, key| {
        drop(client);
        key.open();
        summary(&soon(handle).await)
    });
    assert_eq!(told.await, "clients dropped: 7 handled, 0 refused, state");
    let told = check(async |_client, handle, key| {
        let minute = std::time::Duration::from_secs(60);
        let end = spawn(handle.shutdown_with(Shutdown::Drain, minute));
        idle().await;
        key.open();
        summary(&soon(end).await.unwrap())
    });
    assert_eq!(told.await, "cancelled: 7 handled, 0 refused, state");
}

#[tokio::test(start_paused = true)]
async fn a_batch_that_is_cut_off_was_not_handled() {
    let held = held_table(64).await;
    held.client.try_note(1).unwrap();
    held.client.try_note(2).unwrap();
    let (gate, mut key) = gate();
    let mut calls = vec![
        calling(&held.client, async |table| table.hold_all(None).await).await,
        calling(&held.client, async |table| table.hold_all(None).await).await,
        calling(&held.client, async |table| table.hold_all(Some(gate)).await).await,
    ];
    held.key.open();
    key.entered().await;
    let late = inserting(&held.client, 1).await;
    held.handle.abort();
    for call in calls.drain(..) {
        assert_eq!(soon(call).await.unwrap(), Err(CallError::Stopped));
    }
    assert_eq!(soon(late).await.unwrap(), Err(CallError::Refused));
    assert_eq!(
        summary(&soon(held.handle).await),
        "aborted in hold_all: 3 handled, 1 refused, no state"
    );
}

/// The batch before was of the same method.
#[tokio::test(start_paused = true)]
async fn a_second_batch_that_is_cut_off_takes_the_first_one_not_along() {
    let held = held_table(64).await;
    let calls = [
        calling(&held.client, async |table| table.hold_all(None).await).await,
        calling(&held.client, async |table| table.hold_all(None).await).await,
    ];
    held.key.open();
    for call in calls {
        assert_eq!(soon(call).await.unwrap(), Ok(1));
    }
    let (gate, mut key) = gate();
    let last = calling(&held.client, async |table| table.hold_all(Some(gate)).await).await;
    key.entered().await;
    held.handle.abort();
    assert_eq!(soon(last).await.unwrap(), Err(CallError::Stopped));
    assert_eq!(
        summary(&soon(held.handle).await),
        "aborted in hold_all: 3 handled, 0 refused, no state"
    );
}

#[tokio::test(start_paused = true)]
async fn a_panic_tells_all_of_its_batch() {
    let held = held_table(64).await;
    let mut calls = Vec::new();
    for number in 1..=5 {
        calls.push(calling(&held.client, async move |table| table.panic(number).await).await);
    }
    held.key.open();
    let fifth = calls.pop().unwrap();
    for call in calls {
        assert_eq!(soon(call).await.unwrap(), Err(CallError::Panicked));
    }
    assert_eq!(soon(fifth).await.unwrap(), Err(CallError::Refused));
    assert_eq!(
        summary(&soon(held.handle).await),
        "panicked in panic: 1 handled, 1 refused, no state"
    );
}

#[tokio::test(start_paused = true)]
async fn callers_that_have_left_are_part_of_the_batch() {
    let held = held_table(64).await;
    let mut calls = Vec::new();
    for row in 1..=4 {
        calls.push(inserting(&held.client, row).await);
    }
    for left in [2, 0] {
        calls.remove(left).abort();
    }
    idle().await;
    held.key.open();
    for (call, row) in calls.into_iter().zip([2, 4]) {
        assert_eq!(soon(call).await.unwrap(), Ok(2 * row));
    }
    assert_eq!(held.batches.all(), [[1, 2, 3, 4]]);
}

#[tokio::test(start_paused = true)]
async fn a_batch_with_priority_is_taken_from_its_lane() {
    let held = held_table(64).await;
    let mut calls = Vec::new();
    held.client.try_note(1).unwrap();
    for row in 11..=15 {
        calls.push(
            calling(&held.client, async move |table| {
                table.insert_first(row).await
            })
            .await,
        );
        held.client.try_note(row - 9).unwrap();
    }
    held.client.try_other_first(20).unwrap();
    calls.push(calling(&held.client, async |table| table.insert_first(21).await).await);
    held.key.open();
    for (call, row) in calls.into_iter().zip([11, 12, 13, 14, 15, 21]) {
        assert_eq!(soon(call).await.unwrap(), Ok(row));
    }
    idle().await;
    let expected: &[&[u32]] = &[
        &[11, 12, 13, 14],
        &[15],
        &[20],
        &[21],
        &[1, 2, 3, 4],
        &[5, 6],
    ];
    assert_eq!(held.batches.all(), expected);
    drop(held.client);
    assert_eq!(soon(held.handle).await.handled, 14);
}

#[tokio::test(start_paused = true)]
async fn a_batch_has_a_context() {
    let held = held_table(64).await;
    let mut calls = Vec::new();
    for number in [1, 0, 2, 3, 4] {
        let call = async move |table: TableClient| table.stop_at_zero(number).await;
        calls.push(calling(&held.client, call).await);
    }
    held.key.open();
    let fifth = calls.pop().unwrap();
    for call in calls {
        assert_eq!(soon(call).await.unwrap(), Ok(true));
    }
    assert_eq!(soon(fifth).await.unwrap(), Err(CallError::Refused));
    assert_eq!(
        summary(&soon(held.handle).await),
        "stopped: 5 handled, 1 refused, state"
    );
}

#[tokio::test(start_paused = true)]
async fn without_an_actor_a_batch_is_of_one() {
    let mut table = Table {
        batches: Batches::default(),
    };
    let mut context = Context::detached();
    for number in 1..=2 {
        let (reply, answer) = Reply::new();
        let command = TableCommand::Insert { row: number, reply };
        table.handle(command, &mut context).await;
        assert_eq!(soon(answer).await, Ok(2 * number));
        let command = TableCommand::Note { number };
        table.handle(command, &mut context).await;
    }
    assert_eq!(table.batches.all(), [[1], [1], [2], [2]]);
}

struct Buffer<T> {
    items: Vec<T>,
    batches: Vec<usize>,
}

#[actor]
impl<T> Buffer<T> {
    #[command(batch = 3, arg = item)]
    pub(crate) fn push(&mut self, items: Vec<T>) -> Vec<Result<usize, String>> {
        self.batches.push(items.len());
        let first = self.items.len();
        self.items.extend(items);
        (first..self.items.len()).map(Ok).collect()
    }

    pub(crate) async fn hold(&mut self, gate: Gate) {
        gate.pass().await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_batch_can_be_generic() {
    let buffer = Buffer {
        items: Vec::new(),
        batches: Vec::new(),
    };
    let (client, handle) = buffer.spawn_with_handle(CancellationToken::new());
    let (gate, mut key) = gate();
    soon(client.hold(gate)).await.unwrap();
    key.entered().await;
    let mut calls = Vec::new();
    for item in ["a", "b", "c", "d"] {
        let client = client.clone();
        calls.push(spawn(async move { client.push(item).await }));
        idle().await;
    }
    drop(client);
    key.open();
    for (place, call) in calls.into_iter().enumerate() {
        assert_eq!(soon(call).await.unwrap(), Ok(Ok(place)));
    }
    let state = soon(handle).await.state.unwrap();
    assert_eq!(state.items, ["a", "b", "c", "d"]);
    assert_eq!(state.batches, [3, 1]);
}

/// An actor that has no other command.
struct Alone(Vec<Vec<u32>>);

#[actor]
impl Alone {
    #[command(batch = 8)]
    pub(crate) fn push(&mut self, items: Vec<u32>) {
        self.0.push(items);
    }
}

#[test]
fn nothing_is_lost_or_reordered_under_load() {
    on_four_threads(async {
        let (client, handle) = Alone(Vec::new()).builder().capacity(8).spawn_with_handle();
        let mut senders = Vec::new();
        for _ in 0..8 {
            let client = client.clone();
            senders.push(spawn(async move {
                for number in 0..500 {
                    client.push(number).await.unwrap();
                }
            }));
        }
        drop(client);
        for sender in senders {
            sender.await.unwrap();
        }
        let exit = handle.await;
        assert_eq!((exit.handled, exit.refused), (4000, 0));
        let batches = exit.state.unwrap().0;
        assert!(batches.iter().all(|batch| (1..=8).contains(&batch.len())));
        let mut sum = 0;
        for number in batches.iter().flatten() {
            sum += number;
        }
        assert_eq!(sum, 8 * (0..500).sum::<u32>());
    });
}

#[test]
fn a_twin_is_part_of_the_batch() {
    on_four_threads(async {
        let held = held_table(64).await;
        let one = spawn(held.client.try_insert(1).unwrap());
        let two = held.client.clone();
        let two = tokio::task::spawn_blocking(move || two.blocking_insert(2));
        while held.client.capacity() > 62 {
            tokio::task::yield_now().await;
        }
        held.key.open();
        assert_eq!(one.await.unwrap(), Ok(2));
        assert_eq!(two.await.unwrap(), Ok(4));
        assert_eq!(held.batches.all().len(), 1);
    });
}
