//! Commands: the methods that become one, the result of a call and its time, and the order of commands.

use std::time::Duration;

use actor_runtime::{Actor as _, CallError, CancellationToken, actor};
use futures_util::stream::FuturesUnordered;
use futures_util::{FutureExt as _, StreamExt as _};
use tokio::sync::mpsc;
use tokio::task::yield_now;
use tokio::time::timeout;

use crate::support::{Gate, Log, gate, held_worker, idle, soon, spawn, worker};

struct Counter {
    total: i64,
}

#[actor]
impl Counter {
    /// A constructor is not a command.
    pub(crate) fn new(total: i64) -> Self {
        Self { total }
    }

    /// A builder is not a command,
    pub(crate) fn starting_at(mut self, total: i64) -> Self {
        self.total = total;
        self
    }

    /// boxed or not.
    #[allow(clippy::boxed_local, reason = "that is what is tested")]
    pub(crate) fn boxed_total(self: Box<Self>) -> i64 {
        self.total
    }

    /// A private method is not a command.
    fn private_total(&self) -> i64 {
        self.total
    }

    #[command(skip)]
    pub(crate) fn skipped_total(&self) -> i64 {
        self.total
    }

    pub(crate) fn total(&self) -> i64 {
        self.private_total()
    }

    pub(crate) async fn total_later(&self) -> i64 {
        yield_now().await;
        self.skipped_total()
    }

    pub(crate) fn add(&mut self, amount: i64) -> i64 {
        self.total += amount;
        self.total
    }

    pub(crate) async fn add_later(&mut self, amount: i64) -> i64 {
        yield_now().await;
        self.add(amount)
    }

    pub(crate) fn reset(&mut self) {
        self.total = 0;
    }

    pub(crate) async fn reset_later(&mut self) {
        yield_now().await;
        self.reset();
    }

    #[command(ack)]
    pub(crate) fn reset_acknowledged(&mut self) {
        self.reset();
    }

    #[allow(clippy::unused_unit, reason = "a written `()` makes a call")]
    pub(crate) fn reset_as_call(&mut self) -> () {
        self.reset();
    }

    pub(crate) async fn hold_cast(&mut self, gate: Gate) {
        gate.pass().await;
    }

    #[command(ack)]
    pub(crate) async fn hold_acknowledged(&mut self, gate: Gate) {
        gate.pass().await;
    }

    #[allow(clippy::unused_unit, reason = "a written `()` makes a call")]
    pub(crate) async fn hold_as_call(&mut self, gate: Gate) -> () {
        gate.pass().await;
    }

    pub(crate) fn checked_add(&mut self, amount: i64) -> Result<i64, String> {
        self.total = self.total.checked_add(amount).ok_or("too much")?;
        Ok(self.total)
    }
}

fn counter() -> CounterClient {
    Counter::new(40).spawn(CancellationToken::new())
}

#[tokio::test(start_paused = true)]
async fn calls_return_what_the_method_returns() {
    async fn check(call: impl AsyncFnOnce(&CounterClient) -> Result<i64, CallError>, total: i64) {
        assert_eq!(soon(call(&counter())).await, Ok(total));
    }
    check(CounterClient::total, 40).await;
    check(CounterClient::total_later, 40).await;
    check(async |counter| counter.add(2).await, 42).await;
    check(async |counter| counter.add_later(2).await, 42).await;
}

#[tokio::test(start_paused = true)]
async fn calls_without_a_value_change_the_state() {
    async fn check(call: impl AsyncFnOnce(&CounterClient) -> Result<(), CallError>) {
        let counter = counter();
        assert_eq!(soon(call(&counter)).await, Ok(()));
        assert_eq!(soon(counter.total()).await, Ok(0));
    }
    check(CounterClient::reset).await;
    check(CounterClient::reset_later).await;
    check(CounterClient::reset_acknowledged).await;
    check(CounterClient::reset_as_call).await;
}

#[tokio::test(start_paused = true)]
async fn the_error_of_a_method_is_part_of_what_it_returns() {
    let counter = counter();
    assert_eq!(counter.checked_add(2).await, Ok(Ok(42)));
    assert_eq!(
        counter.checked_add(i64::MAX).await,
        Ok(Err("too much".to_owned()))
    );
    assert_eq!(counter.total().await, Ok(42));
}

#[derive(Debug, PartialEq)]
enum Returns {
    OnceAccepted,
    OnceDone,
}

#[tokio::test(start_paused = true)]
async fn casts_wait_for_their_place_and_calls_for_the_end_of_the_method() {
    async fn check<F>(call: impl FnOnce(CounterClient, Gate) -> F, returns: Returns)
    where
        F: Future<Output = Result<(), CallError>> + Send + 'static,
    {
        let (gate, mut key) = gate();
        let call = spawn(call(counter(), gate));
        key.entered().await;
        idle().await;
        let returned = if call.is_finished() {
            Returns::OnceAccepted
        } else {
            Returns::OnceDone
        };
        assert_eq!(returned, returns);
        key.open();
        assert_eq!(soon(call).await.unwrap(), Ok(()));
    }
    check(
        |counter, gate| async move { counter.hold_cast(gate).await },
        Returns::OnceAccepted,
    )
    .await;
    check(
        |counter, gate| async move { counter.hold_acknowledged(gate).await },
        Returns::OnceDone,
    )
    .await;
    check(
        |counter, gate| async move { counter.hold_as_call(gate).await },
        Returns::OnceDone,
    )
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_cast_returns_before_its_command_starts() {
    let (worker, key) = held_worker(8).await;
    soon(worker.client.note(1)).await.unwrap();
    idle().await;
    assert!(worker.log.numbers().is_empty());
    key.open();
    idle().await;
    assert_eq!(worker.log.numbers(), [1]);
}

#[tokio::test(start_paused = true)]
async fn the_commands_of_one_client_run_in_the_order_in_which_they_were_sent() {
    for capacity in [1, 2, 64] {
        let worker = worker(capacity);
        for number in 0..500 {
            if number % 7 == 0 {
                assert_eq!(soon(worker.client.double(number)).await, Ok(2 * number));
            } else {
                soon(worker.client.note(number)).await.unwrap();
            }
        }
        idle().await;
        assert_eq!(worker.log.numbers(), (0..500).collect::<Vec<_>>());
    }
}

#[tokio::test(start_paused = true)]
async fn calls_that_wait_together_run_in_the_order_in_which_they_were_polled() {
    let (worker, key) = held_worker(1).await;
    let client = &worker.client;
    let opening = async {
        idle().await;
        key.open();
    };
    let results = soon(async {
        tokio::join!(
            biased;
            client.double(1),
            client.double(2),
            client.double(3),
            opening
        )
    });
    assert_eq!(results.await, (Ok(2), Ok(4), Ok(6), ()));
    assert_eq!(worker.log.numbers(), [1, 2, 3]);
}

/// A `timeout` without budget wakes itself, and so polls its call before those that came earlier.
#[tokio::test(start_paused = true)]
async fn calls_of_a_task_without_budget_run_in_their_order() {
    let worker = worker(64);
    let (sender, mut numbers) = mpsc::unbounded_channel();
    (0..400).for_each(|number| sender.send(number).unwrap());
    drop(sender);
    let mut calls = FuturesUnordered::new();
    let calling = async {
        loop {
            tokio::select! {
                biased;
                Some(()) = calls.next() => {}
                Some(number) = numbers.recv() => {
                    let call = timeout(Duration::from_secs(1), worker.client.double(number));
                    calls.push(call.map(move |answer| assert_eq!(answer, Ok(Ok(2 * number)))));
                }
                else => break,
            }
        }
    };
    soon(calling).await;
    assert_eq!(worker.log.numbers(), (0..400).collect::<Vec<_>>());
}

#[tokio::test(start_paused = true)]
async fn a_method_runs_alone_from_its_start_to_its_end() {
    struct Steps {
        log: Log,
    }

    #[actor]
    impl Steps {
        pub(crate) async fn walk(&self, number: u32) -> u32 {
            self.log.push(number);
            yield_now().await;
            self.log.push(number);
            number
        }
    }

    let log = Log::default();
    let steps = Steps { log: log.clone() }.spawn(CancellationToken::new());
    let walks = soon(async { tokio::join!(steps.walk(1), steps.walk(2), steps.walk(3)) });
    assert_eq!(walks.await, (Ok(1), Ok(2), Ok(3)));
    assert!(
        log.numbers().chunks(2).all(|steps| steps[0] == steps[1]),
        "{:?}",
        log.numbers()
    );
}

/// The methods that a client would have in its place, if it had none of these names itself. Its own methods come first,
/// so this does not compile if there are any.
trait NotGenerated {
    #[allow(clippy::new_ret_no_self, clippy::wrong_self_convention)]
    fn new(&self) {}
    fn starting_at(&self) {}
    fn boxed_total(&self) {}
    fn private_total(&self) {}
    fn skipped_total(&self) {}
    fn try_total(&self) {}
    fn blocking_total(&self) {}
}

impl NotGenerated for CounterClient {}

#[tokio::test(start_paused = true)]
async fn the_client_has_the_commands_and_nothing_else() {
    let counter = counter();
    counter.new();
    counter.starting_at();
    counter.boxed_total();
    counter.private_total();
    counter.skipped_total();
    counter.try_total();
    counter.blocking_total();
}

#[tokio::test(start_paused = true)]
async fn the_methods_stay_plain_methods() {
    let mut counter = Counter::new(1).starting_at(5);
    assert_eq!(counter.private_total(), 5);
    assert_eq!(counter.skipped_total(), 5);
    assert_eq!(counter.add(1), 6);
    assert_eq!(counter.total_later().await, 6);
    counter.reset_acknowledged();
    assert_eq!(Box::new(counter).boxed_total(), 0);
}

mod visibility {
    //! Each of these items is used by the module outside, so they are at least as visible as they should be. The
    //! language has no way to say that they are not more visible.

    use actor_runtime::actor;

    pub(super) struct Room {
        pub(super) guests: u32,
    }

    #[actor]
    impl Room {
        pub(super) fn enter(&mut self) -> u32 {
            self.guests += 1;
            self.guests
        }

        pub(in crate::calls::visibility) fn leave(&mut self) {
            self.guests -= 1;
        }

        pub(self) fn is_empty(&self) -> bool {
            self.guests == 0
        }
    }

    pub(super) async fn use_inner_commands(room: &RoomClient) -> bool {
        room.leave().await.unwrap();
        room.is_empty().await.unwrap()
    }

    pub(super) struct House;

    #[actor(command = Knock, client = Door, vis = pub(super))]
    impl House {
        pub(self) fn knock(&self) -> &'static str {
            "who is there?"
        }
    }

    impl Door {
        pub(super) async fn bang(&self) -> &'static str {
            self.knock().await.unwrap()
        }
    }
}

#[tokio::test(start_paused = true)]
async fn enum_and_client_are_as_visible_as_the_most_visible_command() {
    let room: visibility::RoomClient =
        visibility::Room { guests: 0 }.spawn(CancellationToken::new());
    assert_eq!(room.enter().await, Ok(1));
    assert!(visibility::use_inner_commands(&room).await);
    let _: Option<visibility::RoomCommand> = None;
}

#[tokio::test(start_paused = true)]
async fn enum_and_client_can_be_named_and_made_more_visible() {
    let door: visibility::Door = visibility::House.spawn(CancellationToken::new());
    assert_eq!(door.bang().await, "who is there?");
    let _: Option<visibility::Knock> = None;
}
