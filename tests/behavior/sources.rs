//! Sources: timers, streams and futures that an actor waits for in addition to commands.

use std::cell::Cell;
use std::future::{pending, poll_fn, ready};
use std::io;
use std::panic;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, Mutex};
use std::task::{Poll, Waker};
use std::time::Duration;

use actor_runtime::{
    Actor as _, ActorHandle, CallError, CancellationToken, Context, Stream, Why, actor,
};
use tokio::sync::mpsc::{self, UnboundedReceiver, UnboundedSender};
use tokio::task::{LocalSet, yield_now};
use tokio::time::{Instant, advance, sleep};

use crate::support::{Feed, Log, feed, feed_of, idle, payload, soon, summary};

const SECOND: Duration = Duration::from_secs(1);

/// Returns the number of milliseconds that have passed since `start`.
fn since(start: Instant) -> u32 {
    u32::try_from(start.elapsed().as_millis()).unwrap()
}

/// An actor that notes the ticks of its timer.
struct Clock {
    start: Instant,
    ticks: Log,
}

#[actor]
impl Clock {
    pub(crate) fn ping(&self) {}

    #[every(SECOND)]
    fn tick(&mut self) {
        self.ticks.push(since(self.start));
    }
}

fn clock() -> (ClockClient, Log) {
    let ticks = Log::default();
    let clock = Clock {
        start: Instant::now(),
        ticks: ticks.clone(),
    };
    (clock.spawn(CancellationToken::new()), ticks)
}

#[tokio::test(start_paused = true)]
async fn a_timer_ticks_first_one_period_after_the_start() {
    let (_client, ticks) = clock();
    sleep(Duration::from_millis(3500)).await;
    assert_eq!(ticks.numbers(), [1000, 2000, 3000]);
}

#[tokio::test(start_paused = true)]
async fn commands_neither_hold_a_timer_up_nor_reset_it() {
    let (client, ticks) = clock();
    for _ in 0..10 {
        sleep(Duration::from_millis(900)).await;
        client.ping().await.unwrap();
    }
    idle().await;
    let expected: Vec<u32> = (1..=9).map(|second| 1000 * second).collect();
    assert_eq!(ticks.numbers(), expected);
}

/// An actor with timers of all forms.
struct Timers {
    start: Instant,
    period: Duration,
    at_once: Log,
    given: Log,
    read: Log,
    waiting: Log,
}

#[actor]
impl Timers {
    #[on_start]
    async fn choose_a_period(&mut self) {
        sleep(Duration::from_millis(100)).await;
        self.period = Duration::from_millis(700);
    }

    #[every(SECOND, now)]
    fn at_once(&mut self) {
        self.at_once.push(since(self.start));
    }

    #[every(self.period)]
    fn when(&mut self, tick: Instant) {
        let tick = tick.duration_since(self.start).as_millis();
        self.given.push(u32::try_from(tick).unwrap());
    }

    #[every(2 * self.period)]
    fn read(&self) {
        self.read.push(since(self.start));
    }

    #[every(Duration::from_millis(1600))]
    async fn wait(&mut self, ctx: &mut Context<Self>) {
        yield_now().await;
        self.waiting.push(since(self.start));
        if self.waiting.len() == 2 {
            ctx.stop();
        }
    }
}

#[tokio::test(start_paused = true)]
async fn timers_are_set_up_after_the_start_and_from_fields() {
    let timers = Timers {
        start: Instant::now(),
        period: Duration::ZERO,
        at_once: Log::default(),
        given: Log::default(),
        read: Log::default(),
        waiting: Log::default(),
    };
    let (_client, handle) = timers.spawn_with_handle(CancellationToken::new());
    let timers = soon(handle).await.state.unwrap();
    assert_eq!(timers.at_once.numbers(), [100, 1100, 2100, 3100]);
    assert_eq!(timers.given.numbers(), [800, 1500, 2200, 2900]);
    assert_eq!(timers.read.numbers(), [1500, 2900]);
    assert_eq!(timers.waiting.numbers(), [1700, 3300]);
}

/// An actor with a timer whose period the test chooses.
struct Periodic {
    period: Duration,
    log: Log,
}

#[actor]
impl Periodic {
    pub(crate) fn echo(&self, number: u32) -> u32 {
        number
    }

    #[on_start]
    fn begin(&mut self) {
        self.log.push(0);
    }

    #[every(self.period)]
    fn tick(&mut self) {
        self.log.push(1);
    }

    #[on_stop]
    fn end(&mut self) {
        self.log.push(2);
    }
}

#[tokio::test(start_paused = true)]
async fn a_period_of_zero_fails_the_start() {
    let log = Log::default();
    let periodic = Periodic {
        period: Duration::ZERO,
        log: log.clone(),
    };
    let (client, handle) = periodic.spawn_with_handle(CancellationToken::new());
    assert_eq!(soon(client.echo(1)).await, Err(CallError::Refused));
    assert_eq!(
        soon(client.echo(1)).await,
        Err(CallError::Closed(Why::StartFailed))
    );
    assert_eq!(
        soon(handle.started()).await,
        Err(CallError::Closed(Why::StartFailed))
    );
    let exit = soon(handle).await;
    assert_eq!(
        exit.to_string(),
        "failed to start: the period of `tick` is zero; 0 commands handled, 1 refused"
    );
    assert!(exit.state.is_some());
    assert_eq!(log.numbers(), [0]);
}

#[tokio::test(start_paused = true)]
async fn a_period_may_be_longer_than_any_process_runs() {
    let longest = [
        Duration::MAX,
        Duration::from_secs(u64::MAX),
        Duration::MAX / 2,
    ];
    for period in longest {
        let log = Log::default();
        let periodic = Periodic {
            period,
            log: log.clone(),
        };
        let client = periodic.spawn(CancellationToken::new());
        advance(Duration::from_secs(60 * 60 * 24)).await;
        assert_eq!(soon(client.echo(1)).await, Ok(1), "{period:?}");
        assert_eq!(log.numbers(), [0]);
    }
}

/// An actor that is late for the first tick of its timer, which has the longest period.
struct Late(Log);

#[actor]
impl Late {
    #[stream(feed_of([()]))]
    async fn work(&mut self) {
        sleep(SECOND).await;
    }

    #[every(Duration::MAX, now)]
    fn tick(&mut self) {
        self.0.push(0);
    }
}

#[tokio::test(start_paused = true)]
async fn a_tick_may_be_late_whatever_the_period_is() {
    let log = Log::default();
    let (client, handle) = Late(log.clone()).spawn_with_handle(CancellationToken::new());
    drop(client);
    assert_eq!(
        summary(&soon(handle).await),
        "stopped: 0 handled, 0 refused, state"
    );
    assert_eq!(log.numbers(), [0]);
}

/// An actor that follows streams.
struct Reader {
    first: Option<Feed<u32>>,
    second: Option<Feed<u32>>,
    log: Log,
    untaken: u32,
}

#[actor]
impl Reader {
    pub(crate) fn untaken(&self) -> u32 {
        self.untaken
    }

    #[stream(self.first.take().unwrap())]
    fn first(&mut self, number: u32) {
        self.log.push(number);
    }

    #[stream(self.second.take().unwrap())]
    async fn second(&mut self, number: u32, ctx: &mut Context<Self>) {
        yield_now().await;
        self.log.push(number);
        if number == 99 {
            ctx.stop();
        }
    }

    #[stream(feed_of(["one", "two", "three"]))]
    fn count(&mut self) {
        self.untaken += 1;
    }
}

struct Read {
    client: ReaderClient,
    handle: ActorHandle<Reader>,
    log: Log,
    first: UnboundedSender<u32>,
    second: UnboundedSender<u32>,
}

fn reader() -> Read {
    let log = Log::default();
    let (first, first_feed) = feed();
    let (second, second_feed) = feed();
    let reader = Reader {
        first: Some(first_feed),
        second: Some(second_feed),
        log: log.clone(),
        untaken: 0,
    };
    let (client, handle) = reader.spawn_with_handle(CancellationToken::new());
    Read {
        client,
        handle,
        log,
        first,
        second,
    }
}

#[tokio::test(start_paused = true)]
async fn the_items_of_a_stream_come_in_order() {
    let reader = reader();
    for number in 0..100 {
        reader.first.send(number).unwrap();
        if number % 7 == 0 {
            idle().await;
        }
    }
    idle().await;
    assert_eq!(reader.log.numbers(), (0..100).collect::<Vec<_>>());
    assert_eq!(soon(reader.client.untaken()).await, Ok(3));
}

/// The streams panic if they are polled again.
#[tokio::test(start_paused = true)]
async fn a_stream_that_has_ended_is_not_polled_again() {
    let reader = reader();
    reader.first.send(1).unwrap();
    drop(reader.first);
    for number in 2..5 {
        reader.second.send(number).unwrap();
        idle().await;
        assert_eq!(soon(reader.client.untaken()).await, Ok(3));
    }
    assert_eq!(reader.log.numbers(), [1, 2, 3, 4]);
    reader.second.send(99).unwrap();
    assert_eq!(
        summary(&soon(reader.handle).await),
        "stopped: 3 handled, 0 refused, state"
    );
}

#[tokio::test(start_paused = true)]
async fn commands_are_handled_when_all_streams_have_ended() {
    let reader = reader();
    drop(reader.first);
    drop(reader.second);
    idle().await;
    for _ in 0..3 {
        assert_eq!(soon(reader.client.untaken()).await, Ok(3));
    }
}

/// An actor that waits for futures of its fields.
struct Hub {
    left: UnboundedReceiver<u32>,
    right: UnboundedReceiver<u32>,
    is_open: bool,
    /// One entry for each future that was made.
    made: Log,
    log: Log,
}

#[actor]
impl Hub {
    pub(crate) fn set_open(&mut self, is_open: bool) {
        self.is_open = is_open;
    }

    #[on(self.left.recv(), if !self.left.is_closed())]
    fn left(&mut self, number: Option<u32>) {
        self.log.push(number.unwrap_or(1000));
    }

    #[on(self.right.recv(), if self.is_open)]
    async fn right(&mut self, number: Option<u32>, ctx: &mut Context<Self>) {
        yield_now().await;
        match number {
            Some(number) => self.log.push(number),
            None => ctx.stop(),
        }
    }

    #[on(make(&self.made), if self.is_open)]
    fn never(&self) {}
}

/// Returns a future that is never ready, and notes that it was made.
fn make(made: &Log) -> impl Future<Output = ()> + use<> {
    made.push(0);
    pending()
}

struct Sending {
    left: UnboundedSender<u32>,
    right: UnboundedSender<u32>,
    client: HubClient,
    handle: ActorHandle<Hub>,
    made: Log,
    log: Log,
}

fn hub() -> Sending {
    let (log, made) = (Log::default(), Log::default());
    let (left, left_numbers) = mpsc::unbounded_channel();
    let (right, right_numbers) = mpsc::unbounded_channel();
    let hub = Hub {
        left: left_numbers,
        right: right_numbers,
        is_open: true,
        made: made.clone(),
        log: log.clone(),
    };
    let (client, handle) = hub.spawn_with_handle(CancellationToken::new());
    Sending {
        left,
        right,
        client,
        handle,
        made,
        log,
    }
}

#[tokio::test(start_paused = true)]
async fn an_actor_waits_for_futures_of_several_fields() {
    let hub = hub();
    for (left, right) in [(1, 2), (3, 4), (5, 6)] {
        hub.left.send(left).unwrap();
        idle().await;
        hub.right.send(right).unwrap();
        idle().await;
    }
    assert_eq!(hub.log.numbers(), [1, 2, 3, 4, 5, 6]);
    drop(hub.right);
    assert_eq!(
        summary(&soon(hub.handle).await),
        "stopped: 0 handled, 0 refused, state"
    );
}

/// Nothing is lost when a future is dropped because of another one, or of a command.
#[tokio::test(start_paused = true)]
async fn futures_are_made_anew_each_turn_and_lose_nothing() {
    let hub = hub();
    for number in 0..50 {
        hub.left.send(2 * number).unwrap();
        hub.right.send(2 * number + 1).unwrap();
        hub.client.set_open(true).await.unwrap();
    }
    idle().await;
    let mut numbers = hub.log.numbers();
    assert!(numbers.iter().filter(|&number| number % 2 == 0).is_sorted());
    numbers.sort_unstable();
    assert_eq!(numbers, (0..100).collect::<Vec<_>>());
    // Each turn makes one future, and the actor still waits for another one.
    assert_eq!(hub.made.len(), 100 + 50 + 1);
}

#[tokio::test(start_paused = true)]
async fn a_future_is_not_made_unless_its_condition_holds() {
    let hub = hub();
    idle().await;
    assert_eq!(hub.made.len(), 1);
    hub.client.set_open(false).await.unwrap();
    idle().await;
    hub.right.send(1).unwrap();
    hub.left.send(2).unwrap();
    idle().await;
    assert_eq!(hub.log.numbers(), [2]);
    assert_eq!(hub.made.len(), 1);
    hub.client.set_open(true).await.unwrap();
    idle().await;
    assert_eq!(hub.log.numbers(), [2, 1]);
    // One future after the command, and one after the number.
    assert_eq!(hub.made.len(), 3);
}

/// An actor whose source borrows all of it.
struct Whole {
    numbers: Vec<u32>,
    log: Log,
}

#[actor]
impl Whole {
    pub(crate) fn add(&mut self, number: u32) {
        self.numbers.push(number);
    }

    async fn next(&mut self) -> u32 {
        poll_fn(|_| match self.numbers.pop() {
            Some(number) => Poll::Ready(number),
            None => Poll::Pending,
        })
        .await
    }

    #[on(self.next())]
    fn take(&mut self, number: u32) {
        self.log.push(number);
    }
}

#[tokio::test(start_paused = true)]
async fn a_future_may_borrow_the_whole_actor_where_it_is_the_only_one() {
    let log = Log::default();
    let whole = Whole {
        numbers: vec![2, 1],
        log: log.clone(),
    };
    let client = whole.spawn(CancellationToken::new());
    idle().await;
    client.add(3).await.unwrap();
    idle().await;
    assert_eq!(log.numbers(), [1, 2, 3]);
}

/// An actor whose source gives errors.
struct Socket {
    packets: UnboundedReceiver<io::Result<u32>>,
    errors: Vec<io::Error>,
    log: Log,
}

#[actor]
impl Socket {
    #[on(self.packets.recv())]
    fn receive(&mut self, packet: Option<io::Result<u32>>, ctx: &mut Context<Self>) {
        match packet {
            Some(Ok(number)) => self.log.push(number),
            Some(Err(error)) => self.errors.push(error),
            None => ctx.stop(),
        }
    }
}

#[tokio::test(start_paused = true)]
async fn what_a_source_gives_may_be_an_error() {
    let (packets, received) = mpsc::unbounded_channel();
    for packet in [Ok(1), Err(io::Error::other("lost")), Ok(2)] {
        packets.send(packet).unwrap();
    }
    let socket = Socket {
        packets: received,
        errors: Vec::new(),
        log: Log::default(),
    };
    let (_client, handle) = socket.spawn_with_handle(CancellationToken::new());
    drop(packets);
    let socket = soon(handle).await.state.unwrap();
    assert_eq!(socket.errors[0].to_string(), "lost");
    assert_eq!(socket.log.numbers(), [1, 2]);
}

/// The place where an actor panics.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Panic {
    Tick,
    Item,
    Output,
    LaterOutput,
    Stream,
    Future,
    NewFuture,
    Condition,
}

/// An actor that panics in one place, once it was told to start.
#[derive(Clone)]
struct Fragile {
    panic: Panic,
    is_due: Arc<AtomicBool>,
    /// The waker of the stream.
    stream: Arc<Mutex<Option<Waker>>>,
}

#[actor]
impl Fragile {
    pub(crate) fn start(&mut self) {
        self.is_due.store(true, Relaxed);
        self.stream.lock().unwrap().take().unwrap().wake();
    }

    #[every(SECOND)]
    fn tick(&mut self) {
        self.here(Panic::Tick);
    }

    #[stream(Breaking(self.clone()))]
    fn item(&mut self, (): ()) {
        self.here(Panic::Item);
    }

    #[on(self.make(), if self.is_on())]
    async fn output(&mut self, (): ()) {
        self.here(Panic::Output);
        yield_now().await;
        self.here(Panic::LaterOutput);
    }
}

impl Fragile {
    fn here(&self, place: Panic) {
        if self.panic == place && self.is_due.load(Relaxed) {
            panic::resume_unwind(Box::new("here"));
        }
    }

    fn is_on(&self) -> bool {
        self.here(Panic::Condition);
        true
    }

    fn make(&self) -> impl Future<Output = ()> + use<> {
        self.here(Panic::NewFuture);
        let fragile = self.clone();
        poll_fn(move |_| {
            fragile.here(Panic::Future);
            fragile.ready_for(&[Panic::Output, Panic::LaterOutput])
        })
    }

    fn ready_for(&self, panics: &[Panic]) -> Poll<()> {
        if self.is_due.load(Relaxed) && panics.contains(&self.panic) {
            return Poll::Ready(());
        }
        Poll::Pending
    }
}

struct Breaking(Fragile);

impl Stream for Breaking {
    type Item = ();

    fn poll_next(self: Pin<&mut Self>, cx: &mut std::task::Context<'_>) -> Poll<Option<()>> {
        *self.0.stream.lock().unwrap() = Some(cx.waker().clone());
        self.0.here(Panic::Stream);
        self.0.ready_for(&[Panic::Item]).map(Some)
    }
}

#[tokio::test(start_paused = true)]
async fn the_exit_names_the_method_whose_source_or_body_panicked() {
    let panics = [
        (Panic::Tick, "panicked in tick"),
        (Panic::Item, "panicked in item"),
        (Panic::Output, "panicked in output"),
        (Panic::LaterOutput, "panicked in output"),
        (Panic::Stream, "panicked in item"),
        (Panic::Future, "panicked in output"),
        // The future is made between two methods.
        (Panic::NewFuture, "panicked"),
        (Panic::Condition, "panicked"),
    ];
    for (panic, end) in panics {
        let fragile = Fragile {
            panic,
            is_due: Arc::default(),
            stream: Arc::default(),
        };
        let (client, handle) = fragile.spawn_with_handle(CancellationToken::new());
        soon(handle.started()).await.unwrap();
        client.start().await.unwrap();
        let exit = soon(handle).await;
        assert_eq!(
            summary(&exit),
            format!("{end}: 1 handled, 0 refused, no state"),
            "{panic:?}"
        );
        assert_eq!(payload(exit), Some("here"));
    }
}

/// An actor whose sources cannot be made.
struct Broken {
    place: u8,
}

#[actor]
impl Broken {
    #[on_start]
    fn begin(&mut self) {}

    #[every(self.period())]
    fn tick(&mut self) {}

    #[stream(self.stream())]
    fn item(&mut self, (): ()) {}
}

impl Broken {
    fn period(&self) -> Duration {
        assert_ne!(self.place, 0, "no period");
        SECOND
    }

    fn stream(&self) -> Feed<()> {
        assert_ne!(self.place, 1, "no stream");
        feed_of([])
    }
}

#[tokio::test(start_paused = true)]
async fn the_exit_names_the_method_whose_source_could_not_be_made() {
    for (place, method) in [(0, "tick"), (1, "item")] {
        let (_client, handle) = Broken { place }.spawn_with_handle(CancellationToken::new());
        assert_eq!(
            soon(handle.started()).await,
            Err(CallError::Closed(Why::Panicked))
        );
        assert_eq!(
            summary(&soon(handle).await),
            format!("panicked in {method}: 0 handled, 0 refused, no state")
        );
    }
}

/// An actor that has parameters, and takes its stream and its future from them.
struct Generic<S, F> {
    stream: Option<S>,
    make: F,
    log: Log,
}

#[actor]
impl<S, F, O> Generic<S, F>
where
    S: Stream<Item = u32> + Send + 'static,
    F: FnMut() -> O + Send + 'static,
    O: Future<Output = u32> + Send + 'static,
{
    #[stream(self.stream.take().unwrap())]
    fn item(&mut self, number: u32) {
        self.log.push(number);
    }

    #[on((self.make)())]
    fn output(&mut self, number: u32, ctx: &mut Context<Self>) {
        self.log.push(number);
        if self.log.len() >= 6 {
            ctx.stop();
        }
    }
}

#[tokio::test(start_paused = true)]
async fn sources_may_be_parameters_of_the_actor() {
    let log = Log::default();
    let generic = Generic {
        stream: Some(feed_of([1, 2, 3])),
        make: || ready(10),
        log: log.clone(),
    };
    let (_client, handle) = generic.spawn_with_handle(CancellationToken::new());
    let exit = soon(handle).await;
    assert_eq!(summary(&exit), "stopped: 0 handled, 0 refused, state");
    assert_eq!(log.numbers(), [1, 10, 2, 10, 3, 10]);
}

/// An actor that cannot leave its thread, and neither can its sources.
struct Local {
    items: Rc<Cell<u32>>,
    log: Log,
}

#[actor(local)]
impl Local {
    #[stream(CountDown(Rc::clone(&self.items)))]
    async fn item(&mut self, rest: Rc<Cell<u32>>) {
        let rest = rest.get();
        yield_now().await;
        self.log.push(rest);
    }

    #[on(wait_for_zero(Rc::clone(&self.items)))]
    fn zero(&mut self, rest: Rc<Cell<u32>>, ctx: &mut Context<Self>) {
        self.items = rest;
        self.log.push(100 + self.items.get());
        ctx.stop();
    }

    #[every(SECOND, now)]
    fn tick(&mut self) {
        self.log.push(1000);
    }
}

struct CountDown(Rc<Cell<u32>>);

impl Stream for CountDown {
    type Item = Rc<Cell<u32>>;

    fn poll_next(self: Pin<&mut Self>, _: &mut std::task::Context<'_>) -> Poll<Option<Self::Item>> {
        let rest = self.0.get();
        if rest == 0 {
            return Poll::Pending;
        }
        self.0.set(rest - 1);
        Poll::Ready(Some(Rc::clone(&self.0)))
    }
}

async fn wait_for_zero(items: Rc<Cell<u32>>) -> Rc<Cell<u32>> {
    poll_fn(|_| match items.get() {
        0 => Poll::Ready(()),
        _ => Poll::Pending,
    })
    .await;
    items
}

#[tokio::test(start_paused = true)]
async fn a_local_actor_may_wait_for_what_cannot_leave_its_thread() {
    let log = Log::default();
    let actor = Local {
        items: Rc::new(Cell::new(2)),
        log: log.clone(),
    };
    let (_client, runner) = actor.builder().into_runner();
    let local = LocalSet::new();
    let exit = local.run_until(runner.run());
    assert_eq!(
        summary(&soon(exit).await),
        "stopped: 0 handled, 0 refused, state"
    );
    assert_eq!(log.numbers(), [1, 1000, 0, 100]);
}

macro_rules! waiting {
    ($name:ident, $period:expr, $feed:ident, $numbers:ident, $condition:expr) => {
        struct $name {
            $feed: Option<Feed<u32>>,
            $numbers: UnboundedReceiver<u32>,
            log: Log,
        }

        #[actor]
        impl $name {
            #[every($period)]
            fn tick(&mut self) {
                self.log.push(0);
            }

            #[stream(self.$feed.take().unwrap())]
            fn $feed(&mut self, number: u32) {
                self.log.push(number);
            }

            #[on(self.$numbers.recv(), if $condition)]
            fn receive(&mut self, output: Option<u32>, ctx: &mut Context<Self>) {
                match output {
                    Some(output) => self.log.push(output),
                    None => ctx.stop(),
                }
            }
        }
    };
}

waiting!(Generated, SECOND, turns, inbox, true);

#[tokio::test(start_paused = true)]
async fn a_macro_may_write_an_actor_with_sources() {
    let (log, (numbers, received)) = (Log::default(), mpsc::unbounded_channel());
    let (sender, items) = feed();
    let generated = Generated {
        turns: Some(items),
        inbox: received,
        log: log.clone(),
    };
    let (_client, handle) = generated.spawn_with_handle(CancellationToken::new());
    sender.send(1).unwrap();
    idle().await;
    numbers.send(2).unwrap();
    sleep(SECOND).await;
    drop(numbers);
    let exit = soon(handle).await;
    assert_eq!(summary(&exit), "stopped: 0 handled, 0 refused, state");
    assert_eq!(log.numbers(), [1, 2, 0]);
}

/// Sources under `cfg`, some of which are absent.
struct Configured(Log);

#[actor]
impl Configured {
    #[cfg(false)]
    #[every(missing())]
    fn missing(&mut self, _: Missing) {}

    #[cfg(true)]
    #[stream(feed_of([1]))]
    fn present(&mut self, number: u32) {
        self.0.push(number);
    }

    #[cfg(false)]
    #[on(missing(), if missing())]
    fn present(&mut self, _: Missing) {}

    #[on(ready(2), if self.0.len() == 1)]
    fn last(&mut self, number: u32) {
        self.0.push(number);
    }
}

#[tokio::test(start_paused = true)]
async fn sources_may_be_absent() {
    let log = Log::default();
    let (client, handle) = Configured(log.clone()).spawn_with_handle(CancellationToken::new());
    drop(client);
    let exit = soon(handle).await;
    assert_eq!(summary(&exit), "stopped: 0 handled, 0 refused, state");
    assert_eq!(log.numbers(), [1, 2]);
}
