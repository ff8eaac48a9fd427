//! Hooks: the methods that an actor runs before its first command and after its last one.

use std::error::Error;
use std::io;
use std::panic;
use std::time::Duration;

use actor_runtime::{
    Actor as _, ActorHandle, CallError, CancellationToken, Context, ExitReason, StopReason, Why,
    actor,
};
use tokio::task::yield_now;
use tokio::time::sleep;

use crate::support::{
    Feed, Gate, Key, Log, Worker, feed, gate, idle, payload, soon, spawn, summary,
};

const SECOND: Duration = Duration::from_secs(1);

const STARTED: u32 = 100;
const STOPPED: u32 = 200;

/// The outcome of the first hook, once it has passed its gate.
#[derive(Clone, Copy)]
enum Start {
    Succeeds,
    Fails,
    Panics,
}

/// An actor that has both hooks, and is held in the first one.
struct Server {
    gate: Option<Gate>,
    start: Start,
    log: Log,
}

#[actor(capacity = 1)]
impl Server {
    #[command(try)]
    pub(crate) fn double(&mut self, number: u32) -> u32 {
        self.log.push(number);
        2 * number
    }

    #[on_start]
    async fn listen(&mut self, ctx: &mut Context<Self>) -> Result<(), io::Error> {
        self.gate.take().unwrap().pass().await;
        assert!(ctx.client().upgrade().is_some());
        match self.start {
            Start::Succeeds => {
                self.log.push(STARTED);
                Ok(())
            }
            Start::Fails => Err(io::Error::other("the port is taken")),
            Start::Panics => panic::resume_unwind(Box::new("no port")),
        }
    }

    #[on_stop]
    async fn close(&mut self) {
        yield_now().await;
        self.log.push(STOPPED);
    }
}

struct Starting {
    client: ServerClient,
    handle: ActorHandle<Server>,
    log: Log,
    shutdown: CancellationToken,
    key: Key,
}

/// Starts a server that waits at its gate.
async fn starting(start: Start) -> Starting {
    let (log, shutdown) = (Log::default(), CancellationToken::new());
    let (gate, mut key) = gate();
    let server = Server {
        gate: Some(gate),
        start,
        log: log.clone(),
    };
    let (client, handle) = server
        .builder()
        .shutdown(shutdown.clone())
        .deadline(10 * SECOND)
        .spawn_with_handle();
    key.entered().await;
    Starting {
        client,
        handle,
        log,
        shutdown,
        key,
    }
}

/// Makes a call that is queued, and one that waits for room.
struct Calls([tokio::task::JoinHandle<Result<u32, CallError>>; 2]);

impl Calls {
    async fn of(client: &ServerClient) -> Self {
        let calls = [1, 2].map(|number| {
            let client = client.clone();
            spawn(async move { client.double(number).await })
        });
        idle().await;
        assert_eq!(client.try_double(3).unwrap_err(), CallError::Full);
        Self(calls)
    }

    async fn answers(self) -> [Result<u32, CallError>; 2] {
        let [queued, waiting] = self.0;
        [soon(queued).await.unwrap(), soon(waiting).await.unwrap()]
    }
}

#[tokio::test(start_paused = true)]
async fn commands_queue_until_the_start_is_done() {
    let server = starting(Start::Succeeds).await;
    let calls = Calls::of(&server.client).await;
    assert!(server.log.numbers().is_empty());
    server.key.open();
    assert_eq!(calls.answers().await, [Ok(2), Ok(4)]);
    drop(server.client);
    assert_eq!(
        summary(&soon(server.handle).await),
        "clients dropped: 2 handled, 0 refused, state"
    );
    assert_eq!(server.log.numbers(), [STARTED, 1, 2, STOPPED]);
}

#[tokio::test(start_paused = true)]
async fn a_start_that_fails_ends_the_actor() {
    let server = starting(Start::Fails).await;
    let calls = Calls::of(&server.client).await;
    server.key.open();
    assert_eq!(
        calls.answers().await,
        [
            Err(CallError::Refused),
            Err(CallError::Closed(Why::StartFailed))
        ]
    );
    assert_eq!(
        soon(server.handle.started()).await,
        Err(CallError::Closed(Why::StartFailed))
    );
    let exit = soon(server.handle).await;
    assert_eq!(
        summary(&exit),
        "failed to start: 0 handled, 1 refused, state"
    );
    let ExitReason::StartFailed(error) = exit.reason else {
        panic!("ended otherwise");
    };
    assert!(error.is::<io::Error>());
    assert_eq!(error.to_string(), "the port is taken");
    // An actor that never ran is not told to stop.
    assert!(server.log.numbers().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_start_that_panics_ends_the_actor() {
    let server = starting(Start::Panics).await;
    let calls = Calls::of(&server.client).await;
    server.key.open();
    assert_eq!(
        calls.answers().await,
        [
            Err(CallError::Refused),
            Err(CallError::Closed(Why::Panicked))
        ]
    );
    assert_eq!(
        soon(server.handle.started()).await,
        Err(CallError::Closed(Why::Panicked))
    );
    let exit = soon(server.handle).await;
    assert_eq!(
        summary(&exit),
        "panicked in listen: 0 handled, 1 refused, no state"
    );
    assert_eq!(payload(exit), Some("no port"));
    assert!(server.log.numbers().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_handle_waits_for_the_start() {
    let server = starting(Start::Succeeds).await;
    let mut waiting = Box::pin(server.handle.started());
    tokio::select! {
        biased;
        started = &mut waiting => panic!("{started:?}"),
        () = idle() => {}
    }
    server.key.open();
    assert_eq!(soon(waiting).await, Ok(()));
    assert_eq!(soon(server.handle.started()).await, Ok(()));
    server.shutdown.cancel();
    while !server.handle.is_finished() {
        yield_now().await;
    }
    // The actor did start.
    assert_eq!(soon(server.handle.started()).await, Ok(()));
    assert_eq!(soon(server.handle.started()).await, Ok(()));
}

#[tokio::test(start_paused = true)]
async fn a_handle_tells_again_that_the_start_failed() {
    for (start, why) in [
        (Start::Fails, Why::StartFailed),
        (Start::Panics, Why::Panicked),
    ] {
        let server = starting(start).await;
        let (first, second) = (server.handle.started(), server.handle.started());
        server.key.open();
        assert_eq!(soon(first).await, Err(CallError::Closed(why)));
        assert_eq!(soon(second).await, Err(CallError::Closed(why)));
        while !server.handle.is_finished() {
            yield_now().await;
        }
        assert_eq!(
            soon(server.handle.started()).await,
            Err(CallError::Closed(why))
        );
    }
}

#[tokio::test(start_paused = true)]
async fn an_actor_that_is_aborted_before_or_in_its_start_did_not_start() {
    let server = starting(Start::Succeeds).await;
    server.handle.abort();
    assert_eq!(
        soon(server.handle.started()).await,
        Err(CallError::Closed(Why::Aborted))
    );
    assert_eq!(
        summary(&soon(server.handle).await),
        "aborted in listen: 0 handled, 0 refused, no state"
    );
    server.key.open();

    let (gate, key) = gate();
    let server = Server {
        gate: Some(gate),
        start: Start::Succeeds,
        log: Log::default(),
    };
    let (_client, handle) = server.spawn_with_handle(CancellationToken::new());
    handle.abort();
    assert_eq!(
        soon(handle.started()).await,
        Err(CallError::Closed(Why::Aborted))
    );
    assert_eq!(
        summary(&soon(handle).await),
        "aborted: 0 handled, 0 refused, no state"
    );
    key.open();
}

#[tokio::test(start_paused = true)]
async fn an_actor_without_a_start_has_started() {
    let worker = Worker {
        log: Log::default(),
    };
    let shutdown = CancellationToken::new();
    let (_client, handle) = worker.spawn_with_handle(shutdown.clone());
    assert_eq!(soon(handle.started()).await, Ok(()));
    shutdown.cancel();
    while !handle.is_finished() {
        yield_now().await;
    }
    assert_eq!(soon(handle.started()).await, Ok(()));
}

#[tokio::test(start_paused = true)]
async fn a_start_runs_to_its_end_when_the_actor_is_told_to_stop() {
    let server = starting(Start::Succeeds).await;
    let calls = Calls::of(&server.client).await;
    server.shutdown.cancel();
    sleep(9 * SECOND).await;
    assert!(!server.handle.is_finished());
    server.key.open();
    assert_eq!(
        calls.answers().await,
        [
            Err(CallError::Refused),
            Err(CallError::Closed(Why::Cancelled))
        ]
    );
    assert_eq!(
        summary(&soon(server.handle).await),
        "cancelled: 0 handled, 1 refused, state"
    );
    assert_eq!(server.log.numbers(), [STARTED, STOPPED]);
}

#[tokio::test(start_paused = true)]
async fn a_start_that_outlasts_the_deadline_is_dropped() {
    let server = starting(Start::Succeeds).await;
    server.shutdown.cancel();
    assert_eq!(
        summary(&soon(server.handle).await),
        "aborted in listen: 0 handled, 0 refused, no state"
    );
    assert!(server.log.numbers().is_empty());
    server.key.open();
}

/// A start that fails with an error of each type that can be boxed.
macro_rules! failing {
    ($($name:ident: $error:ty = $value:expr;)*) => {
        $(
            struct $name;

            #[actor]
            impl $name {
                #[on_start]
                fn start(&mut self) -> Result<(), $error> {
                    Err($value)
                }
            }
        )*

        #[tokio::test(start_paused = true)]
        async fn a_start_may_fail_with_any_error() {
            $(
                let (_client, handle) = $name.spawn_with_handle(CancellationToken::new());
                let exit = soon(handle).await;
                assert_eq!(
                    exit.to_string(),
                    "failed to start: too early; 0 commands handled, 0 refused"
                );
            )*
        }
    };
}

failing! {
    WithText: &'static str = "too early";
    WithString: String = "too early".to_owned();
    WithBox: Box<dyn Error + Send + Sync> = "too early".into();
    WithIo: io::Error = io::Error::other("too early");
}

/// Notes why it stops.
struct Session {
    stream: Option<Feed<()>>,
    gate: Option<Gate>,
    is_fragile: bool,
    log: Log,
    reason: Option<StopReason>,
}

#[actor(shutdown = drain, detached)]
impl Session {
    pub(crate) async fn hold(&mut self, gate: Gate) {
        gate.pass().await;
    }

    pub(crate) fn note(&mut self, number: u32) {
        self.log.push(number);
    }

    pub(crate) fn stop(&mut self, ctx: &mut Context<Self>) {
        ctx.stop();
    }

    #[stream(self.stream.take().unwrap())]
    fn item(&mut self) {}

    #[on_stop]
    async fn close(&mut self, ctx: &mut Context<Self>, reason: StopReason) {
        assert!(ctx.token().is_cancelled());
        if let Some(gate) = self.gate.take() {
            gate.pass().await;
        }
        if self.is_fragile {
            panic::resume_unwind(Box::new("not closed"));
        }
        self.log.push(STOPPED);
        self.reason = Some(reason);
    }
}

fn session() -> (tokio::sync::mpsc::UnboundedSender<()>, Session) {
    let (items, stream) = feed();
    let session = Session {
        stream: Some(stream),
        gate: None,
        is_fragile: false,
        log: Log::default(),
        reason: None,
    };
    (items, session)
}

#[tokio::test(start_paused = true)]
async fn the_last_hook_is_told_why_the_actor_stops() {
    let shutdown = CancellationToken::new();
    let (items, session) = self::session();
    let (_client, handle) = session.spawn_with_handle(shutdown.clone());
    shutdown.cancel();
    let session = soon(handle).await.state.unwrap();
    assert_eq!(session.reason, Some(StopReason::Cancelled));
    drop(items);

    let (items, session) = self::session();
    let (_client, handle) = session.spawn_with_handle(CancellationToken::new());
    let session = soon(handle.shutdown(SECOND)).await.state.unwrap();
    assert_eq!(session.reason, Some(StopReason::Cancelled));
    drop(items);

    let (items, session) = self::session();
    let (client, handle) = session.spawn_with_handle(CancellationToken::new());
    client.stop().await.unwrap();
    let session = soon(handle).await.state.unwrap();
    assert_eq!(session.reason, Some(StopReason::Stopped));
    drop(items);

    let (items, session) = self::session();
    let (client, handle) = session.spawn_with_handle(CancellationToken::new());
    drop((client, items));
    let session = soon(handle).await.state.unwrap();
    assert_eq!(session.reason, Some(StopReason::Stopped));
}

/// An actor that ends with its last client.
struct Guest(Option<StopReason>);

#[actor]
impl Guest {
    pub(crate) fn ping(&self) {}

    #[on_stop]
    fn leave(&mut self, reason: StopReason) {
        self.0 = Some(reason);
    }
}

#[tokio::test(start_paused = true)]
async fn the_last_hook_is_told_that_the_clients_have_gone() {
    let (client, handle) = Guest(None).spawn_with_handle(CancellationToken::new());
    client.ping().await.unwrap();
    drop(client);
    let exit = soon(handle).await;
    assert!(matches!(exit.reason, ExitReason::ClientsDropped));
    assert_eq!(exit.state.unwrap().0, Some(StopReason::ClientsDropped));
}

#[tokio::test(start_paused = true)]
async fn the_last_hook_comes_after_what_is_queued_and_before_the_exit() {
    let shutdown = CancellationToken::new();
    let (_items, mut session) = session();
    let (closing, mut closing_key) = gate();
    session.gate = Some(closing);
    let log = session.log.clone();
    let (client, handle) = session.spawn_with_handle(shutdown.clone());
    let (gate, mut key) = gate();
    client.hold(gate).await.unwrap();
    key.entered().await;
    for number in 1..=3 {
        client.note(number).await.unwrap();
    }
    shutdown.cancel();
    key.open();
    closing_key.entered().await;
    assert_eq!(log.numbers(), [1, 2, 3]);
    assert!(!handle.is_finished());
    closing_key.open();
    assert_eq!(
        summary(&soon(handle).await),
        "cancelled: 4 handled, 0 refused, state"
    );
    assert_eq!(log.numbers(), [1, 2, 3, STOPPED]);
}

#[tokio::test(start_paused = true)]
async fn the_last_hook_has_until_the_deadline() {
    for is_late in [false, true] {
        let shutdown = CancellationToken::new();
        let (_items, mut session) = session();
        let (closing, mut key) = gate();
        session.gate = Some(closing);
        let log = session.log.clone();
        let (client, handle) = session
            .builder()
            .shutdown(shutdown.clone())
            .deadline(10 * SECOND)
            .spawn_with_handle();
        client.note(1).await.unwrap();
        idle().await;
        shutdown.cancel();
        key.entered().await;
        sleep(if is_late { 11 } else { 9 } * SECOND).await;
        key.open();
        let (expected, numbers) = if is_late {
            ("aborted in close: 1 handled, 0 refused, no state", vec![1])
        } else {
            ("cancelled: 1 handled, 0 refused, state", vec![1, STOPPED])
        };
        assert_eq!(summary(&soon(handle).await), expected);
        assert_eq!(log.numbers(), numbers);
    }
}

#[tokio::test(start_paused = true)]
async fn a_panic_of_the_last_hook_reaches_the_exit() {
    let (_items, mut session) = session();
    session.is_fragile = true;
    let (client, handle) = session.spawn_with_handle(CancellationToken::new());
    client.note(1).await.unwrap();
    client.stop().await.unwrap();
    client.note(2).await.unwrap();
    let exit = soon(handle).await;
    assert_eq!(
        summary(&exit),
        "panicked in close: 2 handled, 1 refused, no state"
    );
    assert_eq!(payload(exit), Some("not closed"));
}

/// An actor with hooks of which only one alternative is present.
struct Configured(Log);

#[actor]
impl Configured {
    #[cfg(true)]
    #[on_start]
    fn begin(&mut self) {
        self.0.push(1);
    }

    #[cfg(false)]
    #[on_start]
    async fn begin(&mut self) -> Result<(), Missing> {
        self.0.push(2);
    }

    #[cfg(false)]
    #[on_stop]
    fn end(&mut self) {
        self.0.push(3);
    }

    #[cfg(true)]
    #[on_stop]
    async fn end(&self, _: StopReason) {
        yield_now().await;
        self.0.push(4);
    }
}

#[tokio::test(start_paused = true)]
async fn one_of_two_hooks_may_be_absent() {
    let log = Log::default();
    let (_client, handle) = Configured(log.clone()).spawn_with_handle(CancellationToken::new());
    soon(handle.started()).await.unwrap();
    let exit = soon(handle.shutdown(SECOND)).await;
    assert_eq!(summary(&exit), "cancelled: 0 handled, 0 refused, state");
    assert_eq!(log.numbers(), [1, 4]);
}
