//! Draining: a shutdown that handles the queued commands, and the deadline that bounds it.

use std::future::ready;
use std::time::Duration;

use actor_runtime::{
    Actor as _, ActorHandle, CallError, CancellationToken, Client as _, Context, Reply, Shutdown,
    Why, actor,
};
use tokio::task::{JoinHandle, consume_budget};
use tokio::time::sleep;

use crate::support::{
    Feed, Gate, Key, Log, Worker, feed, gate, hold, idle, soon, spawn, summary, worker,
};

const SECOND: Duration = Duration::from_secs(1);

const TICK: u32 = 100;
const ITEM: u32 = 101;

/// An actor that handles queued commands before it ends, and has sources that are always ready.
struct Drained {
    log: Log,
}

#[actor(shutdown = drain, deadline = Duration::from_secs(10), capacity = 4)]
impl Drained {
    #[command(try)]
    pub(crate) fn double(&mut self, number: u32) -> u32 {
        self.log.push(number);
        2 * number
    }

    pub(crate) async fn hold(&mut self, gate: Gate) {
        gate.pass().await;
    }

    pub(crate) async fn work(&mut self, time: Duration) {
        sleep(time).await;
    }

    pub(crate) fn stop(&mut self, ctx: &mut Context<Self>) {
        ctx.stop();
    }

    #[every(Duration::from_millis(1))]
    fn tick(&mut self) {
        self.log.push(TICK);
    }

    #[on(ready(()))]
    async fn item(&mut self) {
        assert!(self.log.len() < 10_000, "nobody else has a turn");
        // Paused time moves only when every task waits.
        sleep(Duration::from_millis(1)).await;
        self.log.push(ITEM);
    }
}

struct Draining {
    client: DrainedClient,
    handle: ActorHandle<Drained>,
    log: Log,
    shutdown: CancellationToken,
    key: Key,
    /// The number of turns of its sources before it was told to stop.
    before: usize,
}

/// An actor that is held by its command in progress.
async fn held(deadline: Option<Duration>) -> Draining {
    let (log, shutdown) = (Log::default(), CancellationToken::new());
    let mut builder = Drained { log: log.clone() }
        .builder()
        .shutdown(shutdown.clone());
    if let Some(deadline) = deadline {
        builder = builder.deadline(deadline);
    }
    let (client, handle) = builder.spawn_with_handle();
    sleep(10 * Duration::from_millis(1)).await;
    let (gate, mut key) = gate();
    client.hold(gate).await.unwrap();
    key.entered().await;
    let before = log.len();
    assert!(before > 5, "the sources run");
    Draining {
        client,
        handle,
        log,
        shutdown,
        key,
        before,
    }
}

/// Calls on tasks of their own.
async fn calls(
    client: &DrainedClient,
    numbers: impl IntoIterator<Item = u32>,
) -> Vec<JoinHandle<Result<u32, CallError>>> {
    let mut calls = Vec::new();
    for number in numbers {
        let client = client.clone();
        calls.push(spawn(async move { client.double(number).await }));
        idle().await;
    }
    calls
}

async fn answers(calls: Vec<JoinHandle<Result<u32, CallError>>>) -> Vec<Result<u32, CallError>> {
    let mut answers = Vec::new();
    for call in calls {
        answers.push(soon(call).await.unwrap());
    }
    answers
}

#[tokio::test(start_paused = true)]
async fn what_is_queued_is_handled_and_nothing_else() {
    let actor = held(None).await;
    let queued = calls(&actor.client, 1..=4).await;
    let waiting = calls(&actor.client, 5..=6).await;
    actor.shutdown.cancel();
    // The call fails at once, while the command in progress goes on.
    assert_eq!(
        answers(waiting).await,
        vec![Err(CallError::Closed(Why::Cancelled)); 2]
    );
    assert!(actor.client.is_closed());
    assert_eq!(
        actor.client.try_double(7).unwrap_err(),
        CallError::Closed(Why::Cancelled)
    );
    assert_eq!(
        soon(actor.client.double(7)).await,
        Err(CallError::Closed(Why::Cancelled))
    );
    idle().await;
    actor.key.open();
    assert_eq!(answers(queued).await, [Ok(2), Ok(4), Ok(6), Ok(8)]);
    assert_eq!(
        summary(&soon(actor.handle).await),
        "cancelled: 5 handled, 0 refused, state"
    );
    // The sources were switched off.
    assert_eq!(actor.log.numbers()[actor.before..], [1, 2, 3, 4]);
}

#[tokio::test(start_paused = true)]
async fn a_second_token_changes_nothing() {
    let actor = held(None).await;
    let queued = calls(&actor.client, 1..=3).await;
    actor.shutdown.cancel();
    actor.shutdown.cancel();
    idle().await;
    actor.shutdown.cancel();
    actor.key.open();
    assert_eq!(answers(queued).await, [Ok(2), Ok(4), Ok(6)]);
    assert_eq!(
        summary(&soon(actor.handle).await),
        "cancelled: 4 handled, 0 refused, state"
    );
}

#[tokio::test(start_paused = true)]
async fn what_was_sent_before_the_start_is_handled_if_the_token_is_cancelled_by_then() {
    let (log, shutdown) = (Log::default(), CancellationToken::new());
    shutdown.cancel();
    let (client, runner) = Drained { log: log.clone() }
        .builder()
        .shutdown(shutdown)
        .into_runner();
    let queued = calls(&client, 1..=2).await;
    let exit = soon(runner.run()).await;
    assert_eq!(summary(&exit), "cancelled: 2 handled, 0 refused, state");
    assert_eq!(answers(queued).await, [Ok(2), Ok(4)]);
    assert_eq!(log.numbers(), [1, 2]);
}

/// The deadline comes from the attribute, or from the builder.
#[tokio::test(start_paused = true)]
async fn a_method_that_outlasts_the_deadline_is_dropped_and_what_is_left_refused() {
    for (deadline, seconds) in [(None, 10), (Some(5 * SECOND), 5)] {
        let actor = held(deadline).await;
        let queued = calls(&actor.client, 1..=2).await;
        actor.client.work(3600 * SECOND).await.unwrap();
        let refused = calls(&actor.client, 3..=3).await;
        let start = tokio::time::Instant::now();
        actor.shutdown.cancel();
        actor.key.open();
        let exit = soon(actor.handle).await;
        assert_eq!(
            summary(&exit),
            "aborted in work: 3 handled, 1 refused, no state"
        );
        assert_eq!(start.elapsed().as_secs(), seconds);
        assert_eq!(answers(queued).await, [Ok(2), Ok(4)]);
        assert_eq!(answers(refused).await, [Err(CallError::Refused)]);
        assert_eq!(actor.log.numbers()[actor.before..], [1, 2]);
    }
}

/// The command in progress at the deadline ends at that moment. It was the last of those that were taken out of the
/// mailbox together.
#[tokio::test(start_paused = true)]
async fn a_deadline_that_passes_between_two_commands_keeps_the_state() {
    let actor = held(None).await;
    let (gate, mut second_key) = gate();
    actor.client.hold(gate).await.unwrap();
    actor.client.work(10 * SECOND).await.unwrap();
    actor.key.open();
    second_key.entered().await;
    let refused = calls(&actor.client, 1..=2).await;
    actor.shutdown.cancel();
    second_key.open();
    assert_eq!(
        summary(&soon(actor.handle).await),
        "cancelled: 3 handled, 2 refused, state"
    );
    assert_eq!(answers(refused).await, vec![Err(CallError::Refused); 2]);
}

#[tokio::test(start_paused = true)]
async fn an_actor_that_stops_itself_refuses_what_it_would_have_drained() {
    let actor = held(None).await;
    let handled = calls(&actor.client, 1..=1).await;
    actor.client.stop().await.unwrap();
    let refused = calls(&actor.client, 2..=3).await;
    actor.shutdown.cancel();
    actor.key.open();
    assert_eq!(answers(handled).await, [Ok(2)]);
    assert_eq!(answers(refused).await, vec![Err(CallError::Refused); 2]);
    // The token told the actor to end before the actor stopped itself.
    assert_eq!(
        summary(&soon(actor.handle).await),
        "cancelled: 3 handled, 2 refused, state"
    );
}

#[tokio::test(start_paused = true)]
async fn to_stop_an_actor_leaves_the_token_of_its_caller_alone() {
    let actor = held(None).await;
    actor.client.stop().await.unwrap();
    let refused = calls(&actor.client, 1..=1).await;
    actor.key.open();
    assert_eq!(answers(refused).await, [Err(CallError::Refused)]);
    assert_eq!(
        summary(&soon(actor.handle).await),
        "stopped: 2 handled, 1 refused, state"
    );
    assert!(!actor.shutdown.is_cancelled());
}

#[tokio::test(start_paused = true)]
async fn a_handle_shuts_an_actor_down_in_its_own_way() {
    let actor = held(None).await;
    let queued = calls(&actor.client, 1..=2).await;
    actor.key.open();
    let exit = soon(actor.handle.shutdown(5 * SECOND)).await;
    assert_eq!(summary(&exit), "cancelled: 3 handled, 0 refused, state");
    assert_eq!(answers(queued).await, [Ok(2), Ok(4)]);
    assert!(!actor.shutdown.is_cancelled());

    let started = worker(8);
    let key = hold(&started.client).await;
    started.client.try_note(1).unwrap();
    key.open();
    let exit = soon(started.handle.shutdown(5 * SECOND)).await;
    assert_eq!(summary(&exit), "cancelled: 1 handled, 1 refused, state");
}

#[tokio::test(start_paused = true)]
async fn a_handle_may_choose_the_other_way() {
    let actor = held(None).await;
    let queued = calls(&actor.client, 1..=2).await;
    actor.key.open();
    let exit = soon(actor.handle.shutdown_with(Shutdown::Stop, 5 * SECOND)).await;
    assert_eq!(summary(&exit), "cancelled: 1 handled, 2 refused, state");
    assert_eq!(answers(queued).await, vec![Err(CallError::Refused); 2]);
    assert_eq!(actor.log.len(), actor.before);

    let started = worker(8);
    let key = hold(&started.client).await;
    started.client.try_note(1).unwrap();
    key.open();
    let exit = soon(started.handle.shutdown_with(Shutdown::Drain, 5 * SECOND)).await;
    assert_eq!(summary(&exit), "cancelled: 2 handled, 0 refused, state");
    assert_eq!(started.log.numbers(), [1]);
}

/// The handle's deadline does not replace the actor's: it aborts the actor.
#[tokio::test(start_paused = true)]
async fn a_handle_gives_a_draining_actor_as_long_as_it_says() {
    let actor = held(None).await;
    let queued = calls(&actor.client, 1..=1).await;
    let exit = soon(actor.handle.shutdown(SECOND)).await;
    assert_eq!(
        summary(&exit),
        "aborted in hold: 0 handled, 1 refused, no state"
    );
    assert_eq!(answers(queued).await, [Err(CallError::Refused)]);
    actor.key.open();
}

/// An actor that drains can still be told to stop at once.
#[tokio::test(start_paused = true)]
async fn a_handle_may_stop_an_actor_that_drains() {
    let actor = held(None).await;
    let queued = calls(&actor.client, 1..=2).await;
    actor.shutdown.cancel();
    idle().await;
    actor.key.open();
    let exit = soon(actor.handle.shutdown_with(Shutdown::Stop, 5 * SECOND)).await;
    assert_eq!(summary(&exit), "cancelled: 1 handled, 2 refused, state");
    assert_eq!(answers(queued).await, vec![Err(CallError::Refused); 2]);
}

#[tokio::test(start_paused = true)]
async fn an_actor_that_stops_is_not_drained_after_all() {
    let (log, shutdown) = (Log::default(), CancellationToken::new());
    let (client, handle) = Worker { log: log.clone() }.spawn_with_handle(shutdown.clone());
    let key = hold(&client).await;
    client.try_note(1).unwrap();
    shutdown.cancel();
    key.open();
    let exit = soon(handle.shutdown_with(Shutdown::Drain, 5 * SECOND)).await;
    assert_eq!(summary(&exit), "cancelled: 1 handled, 1 refused, state");
    assert!(log.numbers().is_empty());
}

/// An actor that drains both lanes, the first one last.
struct Lanes(Log);

#[actor(shutdown = drain)]
impl Lanes {
    pub(crate) async fn hold(&mut self, gate: Gate) {
        gate.pass().await;
    }

    pub(crate) fn note(&mut self, number: u32) {
        self.0.push(number);
    }

    #[command(priority)]
    pub(crate) fn note_first(&mut self, number: u32) {
        self.0.push(number);
    }
}

#[tokio::test(start_paused = true)]
async fn both_lanes_are_drained() {
    let (log, shutdown) = (Log::default(), CancellationToken::new());
    let (client, handle) = Lanes(log.clone()).spawn_with_handle(shutdown.clone());
    let (gate, mut key) = gate();
    client.hold(gate).await.unwrap();
    key.entered().await;
    for number in 1..=3 {
        client.note(number).await.unwrap();
        client.note_first(10 + number).await.unwrap();
    }
    shutdown.cancel();
    assert_eq!(client.note(4).await, Err(CallError::Closed(Why::Cancelled)));
    assert_eq!(
        client.note_first(4).await,
        Err(CallError::Closed(Why::Cancelled))
    );
    key.open();
    assert_eq!(
        summary(&soon(handle).await),
        "cancelled: 7 handled, 0 refused, state"
    );
    assert_eq!(log.numbers(), [11, 12, 13, 1, 2, 3]);
}

/// An actor that takes note of acknowledgements, which reach it through a stream.
struct Sent {
    acknowledgements: Option<Feed<u32>>,
    log: Log,
}

#[actor(shutdown = drain)]
impl Sent {
    pub(crate) async fn hold(&mut self, gate: Gate) {
        gate.pass().await;
    }

    #[command(try)]
    pub(crate) fn note(&mut self, number: u32) {
        self.log.push(number);
    }

    #[stream(self.acknowledgements.take().unwrap())]
    fn acknowledged(&mut self, number: u32) {
        self.log.push(number);
    }

    #[on(ready(()))]
    async fn other(&mut self) {
        sleep(SECOND).await;
    }
}

/// Items that came while a method ran are not lost, and neither are those behind the last command.
#[tokio::test(start_paused = true)]
async fn what_a_stream_has_ready_is_handled() {
    let (items, acknowledgements) = feed();
    let (log, shutdown) = (Log::default(), CancellationToken::new());
    let sent = Sent {
        acknowledgements: Some(acknowledgements),
        log: log.clone(),
    };
    let (client, handle) = sent.spawn_with_handle(shutdown.clone());
    let (gate, mut key) = gate();
    client.hold(gate).await.unwrap();
    key.entered().await;
    client.try_note(1).unwrap();
    for number in 11..=13 {
        items.send(number).unwrap();
    }
    shutdown.cancel();
    key.open();
    let exit = soon(handle).await;
    assert_eq!(summary(&exit), "cancelled: 2 handled, 0 refused, state");
    assert_eq!(log.numbers(), [1, 11, 12, 13]);
}

/// A stream of tokio's is not ready when the budget of the task is used up. That says nothing about its items.
#[tokio::test(start_paused = true)]
async fn a_drain_handles_more_items_than_a_task_has_budget_for() {
    for notes in 0..4 {
        let (items, acknowledgements) = feed();
        let (log, shutdown) = (Log::default(), CancellationToken::new());
        let sent = Sent {
            acknowledgements: Some(acknowledgements),
            log: log.clone(),
        };
        let (client, handle) = sent.spawn_with_handle(shutdown.clone());
        let (gate, mut key) = gate();
        client.hold(gate).await.unwrap();
        key.entered().await;
        for number in 0..notes {
            client.try_note(number).unwrap();
        }
        for number in notes..500 {
            items.send(number).unwrap();
        }
        shutdown.cancel();
        key.open();
        soon(handle).await;
        assert_eq!(log.numbers(), (0..500).collect::<Vec<_>>());
    }
}

/// An actor that uses up the budget of its task.
struct Reader {
    items: Option<Feed<u32>>,
    log: Log,
}

#[actor(shutdown = drain)]
impl Reader {
    pub(crate) async fn use_budget(&self, units: u32) {
        for _ in 0..units {
            consume_budget().await;
        }
    }

    #[stream(self.items.take().unwrap())]
    fn item(&mut self, number: u32) {
        self.log.push(number);
    }
}

/// A loop that lets others run wakes its task before tokio does so because no budget is left.
#[tokio::test(start_paused = true)]
async fn a_drain_handles_items_that_were_there_when_the_budget_was_used_up() {
    for used in 100..140 {
        let (items, feed) = feed();
        let (log, shutdown) = (Log::default(), CancellationToken::new());
        let reader = Reader {
            items: Some(feed),
            log: log.clone(),
        };
        let (client, handle) = reader.spawn_with_handle(shutdown.clone());
        idle().await;
        client.use_budget(used).await.unwrap();
        client.use_budget(0).await.unwrap();
        items.send(1).unwrap();
        shutdown.cancel();
        soon(handle).await;
        assert_eq!(log.numbers(), [1], "used {used}");
    }
}

/// A request, with the reply to the caller who made it.
struct Request {
    number: u32,
    reply: Reply<u32>,
}

struct Front {
    doubler: DoublerClient,
}

#[actor(shutdown = drain)]
impl Front {
    pub(crate) async fn hold(&mut self, gate: Gate) {
        gate.pass().await;
    }

    pub(crate) fn is_told(&self, ctx: &mut Context<Self>) -> bool {
        ctx.token().is_cancelled()
    }

    pub(crate) async fn double(&self, number: u32, reply: Reply<u32>) {
        let request = Request { number, reply };
        self.doubler.double(request).await.unwrap();
    }
}

struct Doubler;

#[actor]
impl Doubler {
    pub(crate) fn double(&self, request: Request) {
        request.reply.send(2 * request.number);
    }
}

#[tokio::test(start_paused = true)]
async fn methods_see_their_token_cancelled_before_the_queue_is_drained() {
    let shutdown = CancellationToken::new();
    let doubler = Doubler.spawn(CancellationToken::new());
    let front = Front { doubler }.spawn(shutdown.clone());
    assert_eq!(front.is_told().await, Ok(false));
    let (gate, key) = gate();
    front.hold(gate).await.unwrap();
    let open = async {
        idle().await;
        shutdown.cancel();
        key.open();
    };
    let (is_told, answer, ()) = tokio::join!(front.is_told(), front.double(2), open);
    assert_eq!(is_told, Ok(true));
    assert_eq!(answer, Ok(4));
}
