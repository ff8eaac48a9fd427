//! Failures that nobody would see without a log.

use std::cell::{Cell, RefCell};
use std::error::Error;
use std::fmt;
use std::mem;
use std::panic::resume_unwind;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::atomic::{AtomicBool, AtomicU64};
use std::sync::{Arc, Barrier, OnceLock, mpsc};
use std::thread;
use std::time::Duration;

use actor_runtime::{
    Actor, CallError, CancellationToken, Context, ExitReason, Supervisor, Why, actor,
};
use tokio::runtime::{self, Runtime};
use tokio::sync::mpsc::unbounded_channel;
use tokio::task::{self, yield_now};
use tokio::time::sleep;
use tracing::dispatcher::{set_default, with_default};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber, info};
use tracing_subscriber::layer::{self, Layer, SubscriberExt as _};
use tracing_subscriber::registry::Registry;

use crate::log::Log;

struct Fragile;

#[actor]
impl Fragile {
    pub(crate) fn fail(&mut self) -> () {
        panic!("out of luck");
    }

    #[command(try, errors = default)]
    pub(crate) fn count(&self) -> usize {
        1
    }
}

const PANICKED: &str = concat!(
    r#"actor{otel.name=fragile actor="fragile"}: ERROR an actor panicked actor="fragile" "#,
    r#"exit=panicked with "out of luck" in `fail`; 0 commands handled, 0 refused"#
);

/// Waits until every task is idle.
async fn idle() {
    sleep(Duration::from_millis(1)).await;
}

#[tokio::test(start_paused = true)]
async fn a_panic_without_a_handle_is_logged() {
    let (log, _guard) = Log::start();
    let fragile = Fragile.spawn(CancellationToken::new());
    assert_eq!(fragile.fail().await, Err(CallError::Panicked));
    idle().await;
    assert_eq!(log.events(), [PANICKED]);
}

#[tokio::test(start_paused = true)]
async fn a_panic_is_logged_also_for_a_callback() {
    let (log, _guard) = Log::start();
    let fragile = Fragile.builder().on_exit(drop).spawn();
    assert_eq!(fragile.fail().await, Err(CallError::Panicked));
    idle().await;
    assert_eq!(log.events(), [PANICKED]);
}

#[tokio::test(start_paused = true)]
async fn a_panic_is_logged_when_the_handle_is_dropped_and_not_when_it_is_awaited() {
    let (log, _guard) = Log::start();
    let (fragile, handle) = Fragile.spawn_with_handle(CancellationToken::new());
    assert_eq!(fragile.fail().await, Err(CallError::Panicked));
    idle().await;
    assert!(log.events().is_empty());
    drop(handle);
    // The panic was kept until the actor had ended.
    let panicked = PANICKED.trim_start_matches(r#"actor{otel.name=fragile actor="fragile"}"#);
    assert_eq!(log.events(), [panicked]);

    let (fragile, handle) = Fragile.spawn_with_handle(CancellationToken::new());
    assert_eq!(fragile.fail().await, Err(CallError::Panicked));
    drop(handle.await);
    assert!(log.events().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_callback_that_panics_leaves_no_span_entered() {
    let (log, _guard) = Log::start();
    let fragile = Fragile
        .builder()
        .on_exit(|_| panic!("out of luck, too"))
        .spawn();
    drop(fragile);
    idle().await;
    info!("afterwards");
    assert_eq!(log.events(), [": INFO afterwards"]);
    assert_eq!(log.open(), 0);
}

/// An error that panics when it is shown.
#[derive(Debug)]
struct Shy;

impl fmt::Display for Shy {
    fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        resume_unwind(Box::new("shown"))
    }
}

impl Error for Shy {}

struct Failing;

#[actor]
impl Failing {
    #[command(ack)]
    pub(crate) fn fail(&mut self, ctx: &mut Context<Self>) {
        ctx.fail(Shy);
    }
}

const FAILED: &str = concat!(
    r#"actor{otel.name=failing actor="failing"}: ERROR an actor failed actor="failing" "#,
    r#"exit=failed; 1 command handled, 0 refused"#
);

#[tokio::test(start_paused = true)]
async fn an_error_that_cannot_be_shown_reaches_the_callback() {
    let (log, _guard) = Log::start();
    let (told, mut reasons) = unbounded_channel();
    let builder = Failing.builder();
    let failing = builder.on_exit(move |exit| told.send(exit.reason).unwrap());
    let failing = failing.spawn();
    failing.fail().await.unwrap();
    let reason = reasons.recv().await.unwrap();
    assert!(matches!(reason, ExitReason::Failed(error) if error.is::<Shy>()));
    assert_eq!(log.events(), [FAILED]);
}

#[tokio::test(start_paused = true)]
async fn an_error_that_cannot_be_shown_is_no_panic_of_whoever_drops_the_handle() {
    let (log, _guard) = Log::start();
    let (failing, handle) = Failing.spawn_with_handle(CancellationToken::new());
    failing.fail().await.unwrap();
    idle().await;
    drop(handle);
    assert_eq!(log.events().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn an_actor_whose_error_cannot_be_shown_is_restarted() {
    let (log, _guard) = Log::start();
    let supervisor = Supervisor::new(|| Failing).restarts(1, Duration::from_secs(60));
    let (failing, handle) = supervisor.spawn_with_handle();
    failing.fail().await.unwrap();
    failing.fail().await.unwrap();
    let exit = handle.await;
    assert!(matches!(exit.reason, ExitReason::Failed(error) if error.is::<Shy>()));
    let events = log.events();
    assert_eq!(events.len(), 3);
    assert_eq!(events[0], FAILED);
    assert!(events[2].contains("an actor failed too often to be restarted"));
}

#[tokio::test(start_paused = true)]
async fn an_end_without_a_panic_is_not_logged() {
    let (log, _guard) = Log::start();
    let fragile = Fragile.spawn(CancellationToken::new());
    drop(fragile);
    idle().await;
    assert!(log.events().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_restart_is_logged_and_so_is_the_last_failure() {
    let (log, _guard) = Log::start();
    let fragile = Supervisor::new(|| Fragile)
        .restarts(1, Duration::from_secs(60))
        .backoff(Duration::ZERO, Duration::ZERO)
        .spawn();
    for _ in 0..2 {
        assert_eq!(fragile.fail().await, Err(CallError::Panicked));
    }
    assert_eq!(fragile.fail().await, Err(CallError::Closed(Why::Panicked)));
    let exit = r#"exit=panicked with "out of luck" in `fail`; 0 commands handled, 0 refused"#;
    let event = |event: &str| {
        format!(r#"actor{{otel.name=fragile actor="fragile"}}: {event} actor="fragile""#)
    };
    assert_eq!(
        log.events(),
        [
            format!("{} {exit}", event("ERROR an actor failed")),
            format!("{} delay=0ns", event("WARN an actor is restarted")),
            format!(
                "{} {exit}",
                event("ERROR an actor failed too often to be restarted")
            ),
            PANICKED.to_owned(),
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn a_default_in_place_of_an_answer_is_logged() {
    let (log, _guard) = Log::start();
    let shutdown = CancellationToken::new();
    let fragile = Fragile.spawn(shutdown.clone());
    assert_eq!(fragile.count().await, 1);
    assert!(log.events().is_empty());
    shutdown.cancel();
    assert_eq!(fragile.count().await, 0);
    assert_eq!(
        log.events(),
        [
            ": WARN a call failed; its caller got the default method=\"count\" \
            error=the actor was told to stop"
        ]
    );
}

thread_local! {
    /// The runtime of a thread, dropped after every value that the thread first used later.
    static RUNTIME: RefCell<Option<Runtime>> = const { RefCell::new(None) };
}

#[test]
fn an_exit_is_told_by_a_thread_that_ends() {
    let (told, exits) = mpsc::channel();
    let subscriber = Log::default().subscriber();
    let thread = thread::spawn(move || {
        RUNTIME.with(|kept| {
            let runtime = runtime::Builder::new_current_thread().build().unwrap();
            with_default(&subscriber, || {
                runtime.block_on(async {
                    let builder = Fragile.builder();
                    let fragile = builder.on_exit(move |exit| told.send(exit.handled).unwrap());
                    let fragile = fragile.spawn();
                    assert_eq!(fragile.count().await, 1);
                    mem::forget(fragile);
                });
            });
            *kept.borrow_mut() = Some(runtime);
        });
    });
    thread.join().unwrap();
    assert_eq!(exits.recv(), Ok(1));
}

/// A layer that panics once: at a new span with this name or, without a name, when the first span is entered.
struct Nervous {
    name: Option<&'static str>,
    was_it: AtomicBool,
}

impl Nervous {
    fn panic_once(&self) {
        assert!(self.was_it.swap(true, Relaxed), "out of nerves");
    }
}

impl<S: Subscriber> Layer<S> for Nervous {
    fn on_new_span(&self, attributes: &Attributes<'_>, _: &Id, _: layer::Context<'_, S>) {
        if self.name == Some(attributes.metadata().name()) {
            self.panic_once();
        }
    }

    fn on_enter(&self, _: &Id, _: layer::Context<'_, S>) {
        if self.name.is_none() {
            self.panic_once();
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_subscriber_that_panics_ends_the_actor_that_it_was_shown() {
    for name in [Some("handle"), None] {
        let was_it = AtomicBool::default();
        let subscriber = Registry::default().with(Nervous { name, was_it });
        let guard = set_default(&subscriber.into());
        let (fragile, handle) = Fragile.spawn_with_handle(CancellationToken::new());
        assert!(fragile.try_count().unwrap().await.is_err());
        assert!(matches!(handle.await.reason, ExitReason::Panicked(_)));
        drop(guard);
        // The thread has left the span that it polled in.
        let (log, _guard) = Log::start();
        let fragile = Fragile.spawn(CancellationToken::new());
        assert_eq!(fragile.count().await, 1);
        info!("afterwards");
        assert_eq!(log.events(), [": INFO afterwards"]);
    }
}

/// A log that panics, as one that writes to a closed pipe.
struct Closed;

impl<S: Subscriber> Layer<S> for Closed {
    fn on_event(&self, _: &Event<'_>, _: layer::Context<'_, S>) {
        resume_unwind(Box::new("closed"));
    }
}

#[tokio::test(start_paused = true)]
async fn a_log_that_panics_costs_no_exit_and_no_restart() {
    let _guard = set_default(&Registry::default().with(Closed).into());
    let (told, exits) = mpsc::channel();
    let failing = Failing
        .builder()
        .on_exit(move |exit| told.send(exit.handled).unwrap())
        .spawn();
    failing.fail().await.unwrap();
    idle().await;
    assert_eq!(exits.try_recv(), Ok(1));
    let (failing, handle) = Supervisor::new(|| Failing)
        .restarts(1, Duration::from_secs(60))
        .backoff(Duration::ZERO, Duration::ZERO)
        .spawn_with_handle();
    for _ in 0..2 {
        failing.fail().await.unwrap();
        idle().await;
    }
    assert!(matches!(handle.await.reason, ExitReason::Failed(_)));
}

/// An actor that lends its state.
struct Lender;

#[actor(in_place)]
impl Lender {
    #[command(try)]
    pub(crate) fn note(&mut self, _number: u32) {}

    pub(crate) fn fail(&mut self) -> u32 {
        resume_unwind(Box::new("told to"))
    }

    pub(crate) fn count(&self) -> usize {
        1
    }
}

/// A subscriber that sends to an actor whenever it is shown something. If a lock were held meanwhile, the test would
/// not end.
#[derive(Clone, Default)]
struct Nosy {
    actor: Arc<OnceLock<LenderClient>>,
    pries: Arc<AtomicU64>,
}

impl Nosy {
    fn pry(&self) {
        thread_local! {
            static IS_PRYING: Cell<bool> = const { Cell::new(false) };
        }
        if IS_PRYING.replace(true) {
            return;
        }
        if let Some(actor) = self.actor.get() {
            self.pries.fetch_add(1, Relaxed);
            // There may be no room.
            let _ = actor.try_note(1);
        }
        IS_PRYING.set(false);
    }
}

impl Subscriber for Nosy {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        self.pry();
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {
        self.pry();
    }

    fn record_follows_from(&self, _: &Id, _: &Id) {
        self.pry();
    }

    fn event(&self, _: &Event<'_>) {
        self.pry();
    }

    fn enter(&self, _: &Id) {
        self.pry();
    }

    fn exit(&self, _: &Id) {
        self.pry();
    }

    fn clone_span(&self, id: &Id) -> Id {
        self.pry();
        id.clone()
    }

    fn try_close(&self, _: Id) -> bool {
        self.pry();
        true
    }
}

#[tokio::test]
async fn a_subscriber_may_send_to_the_actor_that_it_is_shown() {
    let nosy = Nosy::default();
    let _guard = set_default(&nosy.clone().into());
    let lender = Supervisor::new(|| Lender)
        .capacity(4)
        .backoff(Duration::ZERO, Duration::ZERO)
        .spawn();
    nosy.actor.set(lender.clone()).unwrap();
    for _ in 0..3 {
        for _ in 0..10 {
            assert_eq!(lender.count().await, Ok(1));
            yield_now().await;
        }
        assert_eq!(lender.fail().await, Err(CallError::Panicked));
    }
    assert!(nosy.pries.load(Relaxed) > 50);
}

/// An actor that lends its state, and tells which incarnation it is.
struct Incarnation(u32);

#[actor(in_place)]
impl Incarnation {
    #[command(try)]
    pub(crate) fn wake(&mut self) {}

    pub(crate) fn number(&self) -> u32 {
        self.0
    }
}

/// A layer that panics once, at the first span that is entered after it was armed.
#[derive(Clone, Default)]
struct Armed(Arc<AtomicBool>);

impl<S: Subscriber> Layer<S> for Armed {
    fn on_enter(&self, _: &Id, _: layer::Context<'_, S>) {
        assert!(!self.0.swap(false, Relaxed), "out of nerves");
    }
}

#[tokio::test(start_paused = true)]
async fn a_loop_that_a_subscriber_ends_takes_its_idle_state_along() {
    let armed = Armed::default();
    let subscriber = Registry::default().with(armed.clone());
    let _guard = set_default(&subscriber.into());
    let mut number = 0;
    let actor = Supervisor::new(move || {
        number += 1;
        Incarnation(number)
    })
    .spawn();
    assert_eq!(actor.number().await, Ok(1));
    yield_now().await;
    // The loop is idle, and its state in the mailbox.
    assert_eq!(actor.number().await, Ok(1));
    armed.0.store(true, Relaxed);
    actor.try_wake().unwrap();
    yield_now().await;
    assert!(!armed.0.load(Relaxed), "the loop was polled");
    assert_eq!(actor.number().await, Ok(2));
    sleep(Duration::from_secs(60)).await;
    assert_eq!(actor.number().await, Ok(2));
}

/// An actor with a method that a caller runs for as long as a test wants. It tells when it is made and dropped.
struct Held {
    number: u32,
    story: mpsc::Sender<(&'static str, u32)>,
}

impl Drop for Held {
    fn drop(&mut self) {
        // The test may be over.
        let _ = self.story.send(("dropped", self.number));
    }
}

#[actor(in_place)]
impl Held {
    #[command(priority, try)]
    pub(crate) fn wake(&mut self) {}

    pub(crate) fn hold(&self, begun: mpsc::Sender<()>, end: Arc<Barrier>) -> u32 {
        begun.send(()).unwrap();
        end.wait();
        self.number
    }

    pub(crate) fn task(&self) -> Option<task::Id> {
        task::try_id()
    }

    pub(crate) fn number(&self) -> u32 {
        self.number
    }
}

#[test]
fn a_state_that_a_caller_has_comes_back_before_a_restart() {
    let armed = Armed::default();
    let dispatch = tracing::Dispatch::new(Registry::default().with(armed.clone()));
    let runtime = runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_time()
        .on_thread_start(move || mem::forget(set_default(&dispatch)))
        .build()
        .unwrap();
    let _entered = runtime.enter();
    let (story, told) = mpsc::channel();
    let mut number = 0;
    let supervisor = Supervisor::new(move || {
        number += 1;
        story.send(("made", number)).unwrap();
        let story = story.clone();
        Held { number, story }
    })
    .backoff(Duration::ZERO, Duration::ZERO);
    // On a thread with the subscriber.
    let actor = runtime.spawn(async { supervisor.spawn() });
    let actor = runtime.block_on(actor).unwrap();
    let (begun, has_begun) = mpsc::channel();
    let end = Arc::new(Barrier::new(2));
    let holder = runtime.spawn({
        let (actor, end) = (actor.clone(), Arc::clone(&end));
        async move {
            while actor.task().await != Ok(task::try_id()) {
                yield_now().await;
            }
            actor.hold(begun, end).await
        }
    });
    has_begun.recv().unwrap();
    armed.0.store(true, Relaxed);
    actor.try_wake().unwrap();
    while armed.0.load(Relaxed) {
        thread::yield_now();
    }
    end.wait();
    assert_eq!(runtime.block_on(holder).unwrap(), Ok(1));
    assert_eq!(runtime.block_on(actor.number()), Ok(2));
    let told: Vec<_> = told.try_iter().collect();
    assert_eq!(told, [("made", 1), ("dropped", 1), ("made", 2)]);
}
