//! Timeouts: callers give up after a time, which does not hurt the actor.

mod clocks;

use std::io;
use std::time::Duration;

use actor_runtime::{
    Actor as _, CallError, CancellationToken, Client as _, Context, Replies, Reply, ReplyStream,
    Supervisor, Why, actor,
};
use tokio::task::{self, JoinHandle};
use tokio::time::{Instant, sleep, timeout};

use crate::support::{Gate, Key, Log, calling, gate, idle, poll_once, soon, spawn};

/// The timeout of the block.
const PATIENCE: Duration = Duration::from_secs(5);
const SECOND: Duration = Duration::from_secs(1);
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

#[derive(Default)]
struct Office {
    log: Log,
    kept: Vec<Reply<u32>>,
}

#[actor(capacity = 1, timeout = PATIENCE)]
impl Office {
    /// A cast that takes as long as the test wants.
    pub(crate) async fn hold(&mut self, gate: Gate) {
        gate.pass().await;
    }

    /// A cast.
    #[command(try, blocking)]
    pub(crate) fn note(&mut self, number: u32) {
        self.log.push(number);
    }

    /// A call.
    #[command(try, blocking)]
    pub(crate) fn double(&mut self, number: u32) -> u32 {
        self.log.push(number);
        2 * number
    }

    /// A call that takes as long as the test wants, and notes `number` when it is done.
    #[command(try)]
    pub(crate) async fn hold_and_double(&mut self, number: u32, gate: Gate) -> u32 {
        gate.pass().await;
        self.log.push(number);
        2 * number
    }

    #[command(timeout = SECOND)]
    pub(crate) fn double_soon(&mut self, number: u32) -> u32 {
        self.double(number)
    }

    #[command(timeout = Duration::MAX)]
    pub(crate) fn double_sometime(&mut self, number: u32) -> u32 {
        self.double(number)
    }

    #[command(timeout = Duration::ZERO)]
    pub(crate) fn double_now(&mut self, number: u32) -> u32 {
        self.double(number)
    }

    #[command(timeout = Duration::ZERO)]
    pub(crate) fn note_now(&mut self, number: u32) {
        self.note(number);
    }

    #[command(errors = default)]
    pub(crate) fn count(&self) -> usize {
        1 + self.log.len()
    }

    #[command(errors = into)]
    pub(crate) fn save(&mut self) -> io::Result<usize> {
        Ok(self.log.len())
    }

    #[command(errors = into(Some))]
    pub(crate) fn load(&mut self) -> Result<usize, Option<CallError>> {
        Ok(self.log.len())
    }

    #[command(skip_cancelled)]
    pub(crate) fn double_if_wanted(&mut self, number: u32) -> u32 {
        self.double(number)
    }

    #[command(priority)]
    pub(crate) fn double_first(&mut self, number: u32) -> u32 {
        self.double(number)
    }

    #[command(batch = 10, arg = number)]
    pub(crate) fn double_each(&mut self, numbers: Vec<u32>) -> Vec<u32> {
        numbers
            .into_iter()
            .map(|number| self.double(number))
            .collect()
    }

    pub(crate) fn keep(&mut self, reply: Reply<u32>) {
        self.kept.push(reply);
    }

    /// Returns whether the callers whose replies were kept have left.
    pub(crate) fn callers_have_left(&self) -> Vec<bool> {
        self.kept.iter().map(Reply::is_closed).collect()
    }

    /// Answers at once, then after a day.
    #[command(try)]
    pub(crate) fn list(&mut self, mut reply: ReplyStream<u32>, ctx: &mut Context<Self>) {
        ctx.spawn(async move {
            reply.send(1).await.unwrap();
            sleep(DAY).await;
            reply.send(2).await.unwrap();
            reply.finish();
        });
    }

    #[command(ack)]
    pub(crate) fn fail(&mut self) {
        std::panic::resume_unwind(Box::new("failed"));
    }
}

struct Started {
    client: OfficeClient,
    log: Log,
}

fn office() -> Started {
    let log = Log::default();
    let office = Office {
        log: log.clone(),
        ..Office::default()
    };
    Started {
        client: office.spawn(CancellationToken::new()),
        log,
    }
}

/// Keeps an office busy, with room for one command in its mailbox.
async fn hold(client: &OfficeClient) -> Key {
    let (gate, mut key) = gate();
    soon(client.hold(gate)).await.unwrap();
    key.entered().await;
    key
}

/// Fills the mailbox of an office that is busy.
async fn held_office() -> (Started, Key) {
    let office = office();
    let key = hold(&office.client).await;
    (office, key)
}

/// Asserts that the call gives up after exactly this time.
async fn check_times_out<T: std::fmt::Debug + PartialEq>(
    call: impl Future<Output = Result<T, CallError>>,
    time: Duration,
) {
    let start = Instant::now();
    assert_eq!(soon(call).await, Err(CallError::TimedOut));
    assert_eq!(start.elapsed(), time);
}

#[tokio::test(start_paused = true)]
async fn an_accepted_command_runs_although_its_caller_gave_up() {
    let (office, key) = held_office().await;
    check_times_out(office.client.double(1), PATIENCE).await;
    assert!(office.log.numbers().is_empty());
    key.open();
    assert_eq!(soon(office.client.double(2)).await, Ok(4));
    assert_eq!(office.log.numbers(), [1, 2]);
}

#[tokio::test(start_paused = true)]
async fn a_method_in_progress_runs_to_its_end_although_its_caller_gave_up() {
    let office = office();
    let (gate, key) = gate();
    check_times_out(office.client.hold_and_double(1, gate), PATIENCE).await;
    key.open();
    assert_eq!(soon(office.client.double(2)).await, Ok(4));
    assert_eq!(office.log.numbers(), [1, 2]);
}

#[tokio::test(start_paused = true)]
async fn a_caller_that_waits_for_a_place_gives_it_up() {
    let (office, key) = held_office().await;
    office.client.note(1).await.unwrap();
    check_times_out(office.client.double(2), PATIENCE).await;
    check_times_out(office.client.note(3), PATIENCE).await;
    let later = calling(&office.client, |office| async move { office.note(4).await }).await;
    key.open();
    assert_eq!(soon(later).await.unwrap(), Ok(()));
    assert_eq!(soon(office.client.double(5)).await, Ok(10));
    assert_eq!(office.log.numbers(), [1, 4, 5]);
    assert_eq!(office.client.capacity(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_command_has_its_own_timeout_or_that_of_the_block() {
    let (office, key) = held_office().await;
    office.client.note(1).await.unwrap();
    check_times_out(office.client.double_soon(2), SECOND).await;
    check_times_out(office.client.double_first(3), PATIENCE).await;
    check_times_out(office.client.double_each(4), PATIENCE).await;
    key.open();
    assert_eq!(soon(office.client.double_soon(5)).await, Ok(10));
    assert_eq!(soon(office.client.double_each(6)).await, Ok(12));
    // The lane of commands with priority had room.
    assert_eq!(office.log.numbers(), [3, 1, 5, 6]);
}

#[tokio::test(start_paused = true)]
async fn the_longest_timeout_is_none() {
    let (office, key) = held_office().await;
    let mut call = Box::pin(office.client.double_sometime(1));
    assert!(timeout(365 * DAY, call.as_mut()).await.is_err());
    key.open();
    assert_eq!(soon(call).await, Ok(2));
}

#[tokio::test(start_paused = true)]
async fn without_any_time_a_command_is_sent_and_not_waited_for() {
    let (office, key) = held_office().await;
    check_times_out(office.client.double_now(1), Duration::ZERO).await;
    check_times_out(office.client.note_now(2), Duration::ZERO).await;
    key.open();
    idle().await;
    assert_eq!(office.client.note_now(3).await, Ok(()));
    idle().await;
    assert_eq!(office.log.numbers(), [1, 3]);
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_came_in_time_is_not_lost() {
    let (office, key) = held_office().await;
    let mut call = Box::pin(office.client.double(1));
    assert!(poll_once(call.as_mut()).is_pending());
    key.open();
    // The caller is polled again only when its time has passed.
    sleep(2 * PATIENCE).await;
    assert_eq!(call.await, Ok(2));
}

#[tokio::test(start_paused = true)]
async fn the_time_is_counted_from_the_first_poll() {
    let (office, _key) = held_office().await;
    let call = office.client.double(1);
    sleep(2 * PATIENCE).await;
    check_times_out(call, PATIENCE).await;
}

#[tokio::test(start_paused = true)]
async fn a_caller_that_gave_up_has_left() {
    let office = office();
    check_times_out(office.client.keep(), PATIENCE).await;
    assert_eq!(office.client.callers_have_left().await.unwrap(), [true]);
    let key = hold(&office.client).await;
    check_times_out(office.client.double_if_wanted(1), PATIENCE).await;
    key.open();
    assert_eq!(soon(office.client.double_if_wanted(2)).await, Ok(4));
    assert_eq!(office.log.numbers(), [2]);
}

#[tokio::test(start_paused = true)]
async fn the_error_is_returned_as_all_others_are() {
    let (office, _key) = held_office().await;
    office.client.note(1).await.unwrap();
    let start = Instant::now();
    assert_eq!(soon(office.client.count()).await, 0);
    let error = soon(office.client.save()).await.unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::TimedOut);
    assert_eq!(error.to_string(), "the call took longer than its timeout");
    let error = soon(office.client.load()).await;
    assert_eq!(error, Err(Some(CallError::TimedOut)));
    assert_eq!(start.elapsed(), 3 * PATIENCE);
}

#[tokio::test(start_paused = true)]
async fn a_stream_has_a_timeout_until_it_is_there() {
    let (office, key) = held_office().await;
    office.client.note(1).await.unwrap();
    let start = Instant::now();
    let refused = soon(office.client.list()).await;
    assert_eq!(refused.map(drop), Err(CallError::TimedOut));
    assert_eq!(start.elapsed(), PATIENCE);
    key.open();
    let mut replies: Replies<u32> = soon(office.client.list()).await.unwrap();
    assert_eq!(replies.next().await, Some(Ok(1)));
    assert_eq!(replies.next().await, Some(Ok(2)));
    assert_eq!(replies.next().await, None);
    assert_eq!(start.elapsed(), PATIENCE + DAY);
}

#[tokio::test(start_paused = true)]
async fn an_answer_to_a_command_that_was_sent_at_once_has_no_timeout() {
    let office = office();
    let (gate, key) = gate();
    let mut answer = office.client.try_hold_and_double(1, gate).unwrap();
    assert!(timeout(DAY, &mut answer).await.is_err());
    key.open();
    assert_eq!(soon(answer).await, Ok(2));
}

#[tokio::test(start_paused = true)]
async fn the_time_passes_while_the_actor_ends() {
    let shutdown = CancellationToken::new();
    let office = Office::default().spawn(shutdown.clone());
    let (gate, mut key) = gate();
    let held = calling(&office, |office| async move {
        office.hold_and_double(1, gate).await
    });
    let held = held.await;
    key.entered().await;
    let queued = calling(&office, |office| async move { office.double(2).await }).await;
    let waiting = calling(&office, |office| async move { office.double(3).await }).await;
    shutdown.cancel();
    assert_eq!(
        soon(waiting).await.unwrap(),
        Err(CallError::Closed(Why::Cancelled))
    );
    // The method takes no notice.
    assert_eq!(soon(held).await.unwrap(), Err(CallError::TimedOut));
    assert_eq!(soon(queued).await.unwrap(), Err(CallError::TimedOut));
    check_closed(&office).await;
    key.open();
    soon(office.ended()).await;
}

async fn check_closed(office: &OfficeClient) {
    let closed = CallError::Closed(Why::Cancelled);
    assert_eq!(soon(office.double(4)).await, Err(closed));
}

#[tokio::test(start_paused = true)]
async fn a_supervised_actor_has_timeouts_after_a_restart() {
    let log = Log::default();
    let shared = log.clone();
    let make = move || Office {
        log: shared.clone(),
        ..Office::default()
    };
    let office = Supervisor::new(make).spawn();
    assert_eq!(soon(office.fail()).await, Err(CallError::Panicked));
    assert_eq!(soon(office.double(1)).await, Ok(2));
    let key = hold(&office).await;
    check_times_out(office.double(2), PATIENCE).await;
    key.open();
    assert_eq!(soon(office.double(3)).await, Ok(6));
    assert_eq!(log.numbers(), [1, 2, 3]);
}

struct Asker {
    other: AnswererClient,
}

#[actor]
impl Asker {
    /// Calls the other actor, and then takes as long as the test wants.
    pub(crate) async fn ask_and_hold(&mut self, gate: Gate) -> Result<u32, CallError> {
        let answer = self.other.get().await;
        gate.pass().await;
        answer
    }

    pub(crate) fn ping(&self) -> u32 {
        1
    }
}

struct Answerer;

#[actor]
impl Answerer {
    /// Takes as long as the test wants, and then calls back.
    pub(crate) async fn hold_and_ask(
        &mut self,
        gate: Gate,
        asker: AskerClient,
    ) -> Result<u32, CallError> {
        gate.pass().await;
        asker.ping().await
    }

    #[command(timeout = PATIENCE)]
    pub(crate) fn get(&self) -> u32 {
        2
    }
}

/// Two actors, of which the one asks the other, which is about to ask back.
struct Pair {
    asking: JoinHandle<Result<Result<u32, CallError>, CallError>>,
    asker_key: Key,
    asking_back: JoinHandle<Result<Result<u32, CallError>, CallError>>,
    answerer_key: Key,
}

async fn pair() -> Pair {
    let answerer = Answerer.spawn(CancellationToken::new());
    let asker = Asker {
        other: answerer.clone(),
    }
    .spawn(CancellationToken::new());
    let (gate_of_answerer, answerer_key) = gate();
    let (gate_of_asker, asker_key) = gate();
    let back = asker.clone();
    let asking_back = calling(&answerer, |answerer| async move {
        answerer.hold_and_ask(gate_of_answerer, back).await
    });
    let asking_back = asking_back.await;
    let asking = calling(&asker, |asker| async move {
        asker.ask_and_hold(gate_of_asker).await
    });
    let asking = asking.await;
    Pair {
        asking,
        asker_key,
        asking_back,
        answerer_key,
    }
}

#[tokio::test(start_paused = true)]
async fn a_call_that_timed_out_is_no_wait() {
    let Pair {
        asking,
        mut asker_key,
        asking_back,
        answerer_key,
    } = pair().await;
    asker_key.entered().await;
    answerer_key.open();
    idle().await;
    assert!(!asking_back.is_finished());
    asker_key.open();
    assert_eq!(soon(asking).await.unwrap(), Ok(Err(CallError::TimedOut)));
    assert_eq!(soon(asking_back).await.unwrap(), Ok(Ok(1)));
}

#[tokio::test(start_paused = true)]
async fn a_deadlock_is_found_before_the_time_has_passed() {
    let start = Instant::now();
    let Pair {
        asking,
        asker_key,
        asking_back,
        answerer_key,
    } = pair().await;
    answerer_key.open();
    let error = soon(asking_back).await.unwrap().unwrap().unwrap_err();
    assert!(matches!(error, CallError::Deadlock(_)), "{error}");
    asker_key.open();
    assert_eq!(soon(asking).await.unwrap(), Ok(Ok(2)));
    assert!(start.elapsed() < SECOND);
}

struct Desk;

#[actor(in_place, timeout = PATIENCE)]
impl Desk {
    /// Returns the task that runs the method.
    pub(crate) fn task(&self) -> Option<task::Id> {
        task::try_id()
    }
}

struct Counter;

#[actor(in_place)]
impl Counter {
    #[command(timeout = PATIENCE)]
    pub(crate) fn queued(&self) -> Option<task::Id> {
        task::try_id()
    }

    pub(crate) fn in_place(&self) -> Option<task::Id> {
        task::try_id()
    }
}

#[tokio::test(start_paused = true)]
async fn calls_with_a_timeout_are_queued() {
    let caller = spawn(async {
        let own = task::try_id();
        let desk = Desk.spawn(CancellationToken::new());
        let counter = Counter.spawn(CancellationToken::new());
        idle().await;
        assert_ne!(desk.task().await.unwrap(), own);
        assert_ne!(counter.queued().await.unwrap(), own);
        idle().await;
        assert_eq!(counter.in_place().await.unwrap(), own);
    });
    soon(caller).await.unwrap();
}

struct Store<T>(T);

trait Slow {
    const PATIENCE: Duration;
}

impl Slow for u8 {
    const PATIENCE: Duration = SECOND;
}

#[actor]
impl<T: Slow + Clone> Store<T> {
    const TWICE: u32 = 2;

    #[command(timeout = T::PATIENCE)]
    pub(crate) async fn hold(&mut self, value: T, gate: Gate) -> T {
        gate.pass().await;
        value
    }

    #[command(timeout = T::PATIENCE.saturating_mul(Self::TWICE))]
    pub(crate) fn get(&self) -> T {
        self.0.clone()
    }
}

#[tokio::test(start_paused = true)]
async fn a_timeout_may_depend_on_parameters() {
    let store = Store(1_u8).spawn(CancellationToken::new());
    let (gate, key) = gate();
    check_times_out(store.hold(1, gate), SECOND).await;
    check_times_out(store.get(), 2 * SECOND).await;
    key.open();
    assert_eq!(soon(store.get()).await, Ok(1));
}

struct Conditional;

#[actor]
impl Conditional {
    #[cfg(false)]
    #[command(timeout = SECOND)]
    pub(crate) fn absent(&self) -> u32 {
        1
    }

    #[cfg(true)]
    #[command(timeout = SECOND)]
    pub(crate) async fn present(&self, gate: Gate) {
        gate.pass().await;
    }

    #[command(ack, timeout = SECOND)]
    pub(crate) fn ping(&self) {}
}

#[tokio::test(start_paused = true)]
async fn a_timeout_stands_under_the_cfg_of_its_method() {
    let actor = Conditional.spawn(CancellationToken::new());
    let (gate, key) = gate();
    actor.present(gate).await.unwrap();
    check_times_out(actor.ping(), SECOND).await;
    key.open();
    assert_eq!(soon(actor.ping()).await, Ok(()));
}
