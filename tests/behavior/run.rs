//! Actors with a loop of their own: here a store whose transactions span commands.

use std::mem;
use std::panic;
use std::rc::Rc;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use actor_runtime::{
    Actor, CallError, CancellationToken, Context, ExitReason, Inbox, Shutdown, StopReason,
    Supervisor, Why, actor,
};
use tokio::task::yield_now;
use tokio::time::{Instant, sleep, timeout_at};

use crate::support::{Gate, calling, gate, idle, payload, soon, spawn, summary};

const LIMIT: usize = 3;
const PATIENCE: Duration = Duration::from_secs(1);

/// The transactions that were committed, which outlive the store.
type Committed = Arc<Mutex<Vec<Vec<u32>>>>;

#[derive(Default)]
struct Store {
    /// The numbers of the transaction that is open.
    open: Vec<u32>,
    committed: Committed,
    hooks: Vec<&'static str>,
    reason: Option<StopReason>,
}

#[actor]
impl Store {
    /// A cast.
    pub(crate) fn insert(&mut self, number: u32) {
        self.open.push(number);
    }

    /// A call.
    pub(crate) fn double(&mut self, number: u32) -> u32 {
        self.open.push(number);
        2 * number
    }

    #[command(batch = 10, arg = number)]
    pub(crate) fn insert_all(&mut self, numbers: Vec<u32>) {
        self.open.push(numbers.into_iter().map(|_| 1).sum());
    }

    #[command(priority)]
    pub(crate) fn urgent(&mut self, number: u32) {
        self.open.push(number);
    }

    pub(crate) async fn hold(&mut self, gate: Gate) {
        gate.pass().await;
    }

    pub(crate) fn fail(&mut self) -> u32 {
        panic::resume_unwind(Box::new("the disk is full"))
    }

    pub(crate) fn stop(&mut self, ctx: &mut Context<Self>) {
        ctx.stop();
    }

    #[watch]
    pub(crate) fn in_transaction(&self) -> usize {
        self.open.len()
    }

    #[on_start]
    fn begin(&mut self) {
        self.hooks.push("start");
    }

    #[run]
    async fn run_batches(
        mut self,
        inbox: &mut Inbox<StoreCommand>,
        ctx: &mut Context<Self>,
    ) -> Self {
        while let Some(first) = inbox.next().await {
            let due = Instant::now() + PATIENCE;
            self.handle(first, ctx).await;
            while self.open.len() < LIMIT {
                let Ok(Some(next)) = timeout_at(due, inbox.next()).await else {
                    break;
                };
                self.handle(next, ctx).await;
            }
            self.commit();
            self.publish(ctx);
        }
        self
    }

    #[on_stop]
    fn end(&mut self, reason: StopReason) {
        self.hooks.push("stop");
        self.reason = Some(reason);
    }
}

impl Store {
    fn commit(&mut self) {
        let transaction = mem::take(&mut self.open);
        if !transaction.is_empty() {
            self.committed.lock().unwrap().push(transaction);
        }
    }
}

/// Returns the transactions, each with its numbers.
fn transactions(committed: &Committed) -> Vec<Vec<u32>> {
    committed.lock().unwrap().clone()
}

#[tokio::test(start_paused = true)]
async fn commands_of_all_kinds_share_a_transaction() {
    let store = Store::default();
    let committed = store.committed.clone();
    let client = store.spawn(CancellationToken::new());
    client.insert(1).await.unwrap();
    assert_eq!(client.double(2).await, Ok(4));
    assert_eq!(client.in_transaction(), 2);
    assert!(transactions(&committed).is_empty());
    client.urgent(3).await.unwrap();
    idle().await;
    assert_eq!(transactions(&committed), [[1, 2, 3]]);
    assert_eq!(client.in_transaction(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_transaction_ends_after_a_time() {
    let store = Store::default();
    let committed = store.committed.clone();
    let client = store.spawn(CancellationToken::new());
    client.insert(1).await.unwrap();
    sleep(PATIENCE / 2).await;
    assert_eq!(client.double(2).await, Ok(4));
    assert!(transactions(&committed).is_empty());
    sleep(PATIENCE).await;
    assert_eq!(transactions(&committed), [[1, 2]]);
    // No command was lost to the timeout.
    assert_eq!(client.double(3).await, Ok(6));
}

#[tokio::test(start_paused = true)]
async fn commands_with_priority_go_first() {
    let store = Store::default();
    let committed = store.committed.clone();
    let client = store.spawn(CancellationToken::new());
    let (gate, mut key) = gate();
    client.hold(gate).await.unwrap();
    key.entered().await;
    client.insert(1).await.unwrap();
    client.urgent(2).await.unwrap();
    client.urgent(3).await.unwrap();
    key.open();
    idle().await;
    assert_eq!(transactions(&committed), [[2, 3, 1]]);
}

#[tokio::test(start_paused = true)]
async fn a_batch_is_handed_over_at_once() {
    let store = Store::default();
    let committed = store.committed.clone();
    let (client, handle) = store.spawn_with_handle(CancellationToken::new());
    let (gate, mut key) = gate();
    client.hold(gate).await.unwrap();
    key.entered().await;
    for number in 1..=5 {
        client.insert_all(number).await.unwrap();
    }
    key.open();
    drop(client);
    let exit = soon(handle).await;
    assert_eq!(transactions(&committed), [[5]]);
    assert_eq!(
        summary(&exit),
        "clients dropped: 6 handled, 0 refused, state"
    );
}

#[tokio::test(start_paused = true)]
async fn the_last_client_ends_the_loop_after_what_is_queued() {
    let (client, handle) = Store::default().spawn_with_handle(CancellationToken::new());
    for number in 0..4 {
        client.insert(number).await.unwrap();
    }
    drop(client);
    let start = Instant::now();
    let exit = soon(handle).await;
    // The transaction that was open did not wait for its time.
    assert_eq!(start.elapsed(), Duration::ZERO);
    assert_eq!(
        summary(&exit),
        "clients dropped: 4 handled, 0 refused, state"
    );
    let store = exit.state.unwrap();
    assert_eq!(transactions(&store.committed), [vec![0, 1, 2], vec![3]]);
    assert_eq!(store.hooks, ["start", "stop"]);
    assert_eq!(store.reason, Some(StopReason::ClientsDropped));
}

#[tokio::test(start_paused = true)]
async fn stop_and_drain_are_as_ever() {
    for (how, transactions_left, expected) in [
        (
            Shutdown::Stop,
            vec![],
            "cancelled: 1 handled, 2 refused, state",
        ),
        (
            Shutdown::Drain,
            vec![vec![1, 2]],
            "cancelled: 3 handled, 0 refused, state",
        ),
    ] {
        let (client, handle) = Store::default().spawn_with_handle(CancellationToken::new());
        let (gate, mut key) = gate();
        client.hold(gate).await.unwrap();
        key.entered().await;
        client.insert(1).await.unwrap();
        client.insert(2).await.unwrap();
        let end = spawn(handle.shutdown_with(how, PATIENCE));
        idle().await;
        assert!(matches!(client.insert(3).await, Err(CallError::Closed(_))));
        key.open();
        let exit = soon(end).await.unwrap();
        assert_eq!(summary(&exit), expected);
        let store = exit.state.unwrap();
        assert_eq!(transactions(&store.committed), transactions_left);
        assert_eq!(store.reason, Some(StopReason::Cancelled));
    }
}

#[tokio::test(start_paused = true)]
async fn a_deadline_cuts_the_loop_off() {
    let shutdown = CancellationToken::new();
    let (client, handle) = Store::default()
        .builder()
        .shutdown(shutdown.clone())
        .deadline(PATIENCE)
        .spawn_with_handle();
    let (gate, mut key) = gate();
    client.hold(gate).await.unwrap();
    key.entered().await;
    shutdown.cancel();
    let exit = soon(handle).await;
    assert_eq!(
        summary(&exit),
        "aborted in hold: 0 handled, 0 refused, no state"
    );
    drop(key);
}

#[tokio::test(start_paused = true)]
async fn a_method_may_stop_the_actor() {
    let (client, handle) = Store::default().spawn_with_handle(CancellationToken::new());
    client.stop().await.unwrap();
    let exit = soon(handle).await;
    assert_eq!(summary(&exit), "stopped: 1 handled, 0 refused, state");
}

#[tokio::test(start_paused = true)]
async fn a_panic_ends_the_loop() {
    let (client, handle) = Store::default().spawn_with_handle(CancellationToken::new());
    assert_eq!(client.fail().await, Err(CallError::Panicked));
    let exit = soon(handle).await;
    assert_eq!(
        summary(&exit),
        "panicked in fail: 0 handled, 0 refused, no state"
    );
    assert_eq!(payload(exit), Some("the disk is full"));
}

#[tokio::test(start_paused = true)]
async fn the_next_incarnation_has_a_loop_of_its_own() {
    let committed = Committed::default();
    let of_incarnation = committed.clone();
    let client = Supervisor::new(move || Store {
        committed: of_incarnation.clone(),
        ..Store::default()
    })
    .spawn();
    client.insert(1).await.unwrap();
    assert_eq!(client.fail().await, Err(CallError::Panicked));
    // The transaction that was open is lost with the state.
    for number in 2..=4 {
        client.insert(number).await.unwrap();
    }
    sleep(Duration::from_secs(20)).await;
    assert_eq!(transactions(&committed), [[2, 3, 4]]);
}

/// An actor whose loop returns after one command.
struct Once;

#[actor]
impl Once {
    pub(crate) async fn double(&self, number: u32, gate: Gate) -> u32 {
        gate.pass().await;
        2 * number
    }

    #[run]
    async fn serve_one(self, inbox: &mut Inbox<OnceCommand>, ctx: &mut Context<Self>) -> Self {
        let mut once = self;
        if let Some(command) = inbox.next().await {
            once.handle(command, ctx).await;
        }
        once
    }
}

#[tokio::test(start_paused = true)]
async fn a_loop_that_returns_ends_the_actor() {
    let (client, handle) = Once.builder().capacity(1).spawn_with_handle();
    let mut keys = Vec::new();
    let mut calls = Vec::new();
    // One is handled, one is queued, and one waits for room.
    for number in 1..=3 {
        let (gate, key) = gate();
        keys.push(key);
        let call = async move |client: OnceClient| client.double(number, gate).await;
        calls.push(calling(&client, call).await);
    }
    for key in keys {
        key.open();
    }
    let mut answers = Vec::new();
    for call in calls {
        answers.push(soon(call).await.unwrap());
    }
    assert_eq!(
        answers,
        [
            Ok(2),
            Err(CallError::Refused),
            Err(CallError::Closed(Why::Stopped))
        ]
    );
    let exit = soon(handle).await;
    assert_eq!(summary(&exit), "stopped: 1 handled, 1 refused, state");
    let (gate, _key) = gate();
    assert_eq!(
        client.double(4, gate).await,
        Err(CallError::Closed(Why::Stopped))
    );
}

#[tokio::test(start_paused = true)]
async fn a_loop_that_returns_is_not_restarted() {
    let (client, handle) = Supervisor::new(|| Once).spawn_with_handle();
    let (gate, key) = gate();
    key.open();
    assert_eq!(client.double(1, gate).await, Ok(2));
    let exit = soon(handle).await;
    assert!(matches!(exit.reason, ExitReason::Stopped));
}

/// An actor without commands, whose loop does something else.
struct Ticker(u32);

#[actor]
impl Ticker {
    #[run]
    async fn tick(mut self, inbox: &mut Inbox<TickerCommand>) -> Self {
        while timeout_at(Instant::now() + PATIENCE, inbox.next())
            .await
            .is_err()
        {
            self.0 += 1;
        }
        self
    }
}

#[tokio::test(start_paused = true)]
async fn a_loop_needs_no_commands() {
    let (client, handle) = Ticker(0).spawn_with_handle(CancellationToken::new());
    drop(client);
    sleep(PATIENCE * 7 / 2).await;
    let exit = soon(handle.shutdown(PATIENCE)).await;
    assert_eq!(exit.state.unwrap().0, 3);
}

/// A generic actor, whose loop has its parameters in another order.
struct Pile<T>(Vec<T>);

#[actor]
impl<T: Send + 'static> Pile<T> {
    pub(crate) fn push(&mut self, item: T) {
        self.0.push(item);
    }

    #[run]
    async fn pile_up(
        mut self,
        ctx: &mut Context<Self>,
        inbox: &mut Inbox<PileCommand<T>>,
    ) -> Pile<T> {
        while let Some(command) = inbox.next().await {
            self.handle(command, ctx).await;
        }
        self
    }
}

/// An actor whose state borrows.
struct Reader<'a>(&'a str);

#[actor]
impl Reader<'_> {
    pub(crate) async fn length(&self) -> usize {
        yield_now().await;
        self.0.len()
    }

    #[run]
    async fn read(mut self, inbox: &mut Inbox<ReaderCommand>, ctx: &mut Context<Self>) -> Self {
        while let Some(command) = inbox.next().await {
            self.handle(command, ctx).await;
        }
        self
    }
}

/// An actor whose state is not `Send`.
struct Local(Rc<u32>);

#[actor(local)]
impl Local {
    pub(crate) fn get(&self) -> u32 {
        *self.0
    }

    #[run]
    async fn keep(mut self, inbox: &mut Inbox<LocalCommand>, ctx: &mut Context<Self>) -> Self {
        while let Some(command) = inbox.next().await {
            self.handle(command, ctx).await;
        }
        self
    }
}

#[tokio::test(start_paused = true)]
async fn actors_of_all_kinds_have_loops() {
    let (pile, handle) = Pile(Vec::new()).spawn_with_handle(CancellationToken::new());
    pile.push("a").await.unwrap();
    drop(pile);
    assert_eq!(soon(handle).await.state.unwrap().0, ["a"]);

    let reader = Reader("four").spawn(CancellationToken::new());
    assert_eq!(soon(reader.length()).await, Ok(4));

    let (local, runner) = Local(Rc::new(7)).builder().into_runner();
    let (answer, exit) = tokio::join!(async move { local.get().await }, async move {
        runner.run().await
    });
    assert_eq!(answer, Ok(7));
    assert!(matches!(exit.reason, ExitReason::ClientsDropped));
}
