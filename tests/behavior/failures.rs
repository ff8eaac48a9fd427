//! Errors that end an actor: `Context::fail`, and sources and hooks that return them.

use std::error::Error;
use std::fmt;
use std::io;
use std::panic;
use std::time::Duration;

use actor_runtime::{
    Actor as _, ActorHandle, CallError, CancellationToken, Client as _, Context, Exit, ExitReason,
    StopReason, Supervisor, Why, actor,
};
use tokio::sync::mpsc::{self, UnboundedReceiver, UnboundedSender};
use tokio::task::yield_now;
use tokio::time::{Instant, sleep};

use crate::support::{Gate, Log, gate, idle, soon, spawn, summary};

const SECOND: Duration = Duration::from_secs(1);

/// The number in the log for an `#[on_stop]` method that was told of a failure, and of any other reason.
const FAILED: u32 = 100;
const ENDED: u32 = 101;

/// An actor that fails when it is told to.
struct Fragile {
    log: Log,
    lines: UnboundedReceiver<&'static str>,
    at: Option<Instant>,
    last_words: Option<&'static str>,
}

#[actor(capacity = 2)]
impl Fragile {
    pub(crate) fn fail(&mut self, error: &'static str, ctx: &mut Context<Self>) -> u32 {
        ctx.fail(error);
        // The method goes on to its end.
        self.log.push(1);
        2
    }

    pub(crate) async fn hold_and_fail(&mut self, gate: Gate, ctx: &mut Context<Self>) {
        ctx.fail("held");
        gate.pass().await;
    }

    pub(crate) fn fail_and_stop(&mut self, ctx: &mut Context<Self>) {
        ctx.fail("failed, then stopped");
        ctx.stop();
        ctx.fail("a second error");
    }

    pub(crate) fn stop_and_fail(&mut self, ctx: &mut Context<Self>) {
        ctx.stop();
        ctx.fail("stopped, then failed");
    }

    pub(crate) fn fail_and_panic(&mut self, ctx: &mut Context<Self>) {
        ctx.fail("failed");
        panic::resume_unwind(Box::new("panicked"));
    }

    #[command(ack)]
    pub(crate) fn set(&mut self, at: Option<Instant>, last_words: Option<&'static str>) {
        self.at = at;
        self.last_words = last_words;
    }

    pub(crate) fn note(&mut self, number: u32) -> Result<u32, io::Error> {
        self.log.push(number);
        Err(io::Error::other("nobody but the caller cares"))
    }

    #[on(Some(line) = self.lines.recv())]
    async fn read(&mut self, line: &'static str) -> Result<(), Broken> {
        yield_now().await;
        if line.is_empty() {
            return Err(Broken);
        }
        Ok(())
    }

    #[at(self.at)]
    fn expire(&mut self) -> Result<(), Box<dyn Error + Send + Sync>> {
        self.at = None;
        Err("expired".into())
    }

    #[on_stop]
    fn close(&mut self, reason: StopReason) -> Result<(), &'static str> {
        let is_failure = reason == StopReason::Failed;
        self.log.push(if is_failure { FAILED } else { ENDED });
        match self.last_words {
            Some(words) => Err(words),
            None => Ok(()),
        }
    }
}

#[derive(Debug)]
struct Broken;

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an empty line")
    }
}

impl Error for Broken {}

struct Started {
    client: FragileClient,
    handle: ActorHandle<Fragile>,
    log: Log,
    lines: UnboundedSender<&'static str>,
    shutdown: CancellationToken,
}

fn fragile() -> Started {
    let (lines, receiver) = mpsc::unbounded_channel();
    let log = Log::default();
    let fragile = Fragile {
        log: log.clone(),
        lines: receiver,
        at: None,
        last_words: None,
    };
    let shutdown = CancellationToken::new();
    let (client, handle) = fragile.spawn_with_handle(shutdown.clone());
    Started {
        client,
        handle,
        log,
        lines,
        shutdown,
    }
}

/// Returns the text of the error that ended the actor.
fn error<A>(exit: Exit<A>) -> String {
    match exit.reason {
        ExitReason::Failed(error) => error.to_string(),
        other => panic!("{other}"),
    }
}

#[tokio::test(start_paused = true)]
async fn an_actor_that_fails_ends_after_the_method_in_progress() {
    let Started {
        client,
        handle,
        log,
        ..
    } = fragile();
    assert_eq!(soon(client.fail("broken")).await, Ok(2));
    assert_eq!(
        client.fail("later").await,
        Err(CallError::Closed(Why::Failed))
    );
    assert_eq!(soon(client.ended()).await, Why::Failed);
    let exit = soon(handle).await;
    assert_eq!(
        exit.to_string(),
        "failed: broken; 1 command handled, 0 refused"
    );
    assert!(exit.state.is_some());
    assert_eq!(error(exit), "broken");
    assert_eq!(log.numbers(), [1, FAILED]);
    assert_eq!(Why::Failed.to_string(), "failed");
}

#[tokio::test(start_paused = true)]
async fn callers_are_told_of_the_failure() {
    let Started {
        client,
        handle,
        log,
        ..
    } = fragile();
    let (gate, mut key) = gate();
    let holding = client.clone();
    let held = spawn(async move { holding.hold_and_fail(gate).await });
    key.entered().await;
    // The mailbox is closed at once.
    assert_eq!(
        client.note(1).await.unwrap_err(),
        CallError::Closed(Why::Failed)
    );
    key.open();
    assert_eq!(soon(held).await.unwrap(), Ok(()));
    assert_eq!(error(soon(handle).await), "held");
    assert_eq!(log.numbers(), [FAILED]);
}

#[tokio::test(start_paused = true)]
async fn queued_callers_are_refused() {
    let Started {
        client,
        handle,
        log,
        ..
    } = fragile();
    let (failed, noted) = tokio::join!(client.fail("broken"), client.note(7));
    assert_eq!(failed, Ok(2));
    assert_eq!(noted.unwrap_err(), CallError::Refused);
    let exit = soon(handle).await;
    assert_eq!((exit.handled, exit.refused), (1, 1));
    assert_eq!(log.numbers(), [1, FAILED]);
}

#[tokio::test(start_paused = true)]
async fn a_source_fails_with_the_error_that_it_returns() {
    let Started {
        client,
        handle,
        log,
        lines,
        ..
    } = fragile();
    lines.send("fine").unwrap();
    idle().await;
    assert!(!client.is_closed());
    lines.send("").unwrap();
    let exit = soon(handle).await;
    match &exit.reason {
        ExitReason::Failed(error) => assert!(error.is::<Broken>()),
        other => panic!("{other}"),
    }
    assert_eq!(
        soon(client.note(1)).await.unwrap_err(),
        CallError::Closed(Why::Failed)
    );
    assert_eq!(log.numbers(), [FAILED]);
}

#[tokio::test(start_paused = true)]
async fn a_deadline_fails_with_the_error_that_it_returns() {
    let Started { client, handle, .. } = fragile();
    client
        .set(Some(Instant::now() + SECOND), None)
        .await
        .unwrap();
    assert_eq!(error(soon(handle).await), "expired");
}

#[tokio::test(start_paused = true)]
async fn the_result_of_a_command_is_for_its_caller() {
    let Started { client, .. } = fragile();
    assert!(client.note(1).await.unwrap().is_err());
    idle().await;
    assert!(!client.is_closed());
}

#[tokio::test(start_paused = true)]
async fn the_last_hook_may_fail() {
    let Started {
        client,
        handle,
        log,
        shutdown,
        ..
    } = fragile();
    client.set(None, Some("not flushed")).await.unwrap();
    shutdown.cancel();
    let exit = soon(handle).await;
    assert_eq!(client.ended().await, Why::Failed);
    assert!(exit.state.is_some());
    assert_eq!(error(exit), "not flushed");
    // The hook was called because of the shutdown.
    assert_eq!(log.numbers(), [ENDED]);
}

#[tokio::test(start_paused = true)]
async fn the_first_error_counts() {
    let Started { client, handle, .. } = fragile();
    client.set(None, Some("not flushed")).await.unwrap();
    client.fail_and_stop().await.unwrap();
    assert_eq!(error(soon(handle).await), "failed, then stopped");
    let Started { client, handle, .. } = fragile();
    client.stop_and_fail().await.unwrap();
    assert_eq!(error(soon(handle).await), "stopped, then failed");
}

#[tokio::test(start_paused = true)]
async fn a_panic_counts_more_than_an_error() {
    let Started { client, handle, .. } = fragile();
    client.fail_and_panic().await.unwrap();
    assert_eq!(
        summary(&soon(handle).await),
        "panicked in fail_and_panic: 0 handled, 0 refused, no state"
    );
}

#[tokio::test(start_paused = true)]
async fn an_actor_that_is_cut_off_after_it_failed_has_failed() {
    let Started { client, handle, .. } = fragile();
    let (gate, mut key) = gate();
    client.hold_and_fail(gate).await.unwrap();
    key.entered().await;
    let exit = soon(handle.shutdown(SECOND)).await;
    assert_eq!(exit.in_progress, Some("hold_and_fail"));
    assert!(exit.state.is_none());
    assert_eq!(error(exit), "held");
}

/// The restarts of a supervised actor, each with its exit.
fn supervised() -> (
    FragileClient,
    ActorHandle<Fragile>,
    Log,
    UnboundedReceiver<String>,
) {
    let log = Log::default();
    let factory = {
        let log = log.clone();
        move || Fragile {
            log: log.clone(),
            lines: mpsc::unbounded_channel().1,
            at: None,
            last_words: None,
        }
    };
    let (exits, restarts) = mpsc::unbounded_channel();
    let (client, handle) = Supervisor::new(factory)
        .restarts(2, Duration::from_secs(600))
        .on_restart(move |exit| drop(exits.send(exit.to_string())))
        .spawn_with_handle();
    (client, handle, log, restarts)
}

#[tokio::test(start_paused = true)]
async fn a_supervisor_restarts_an_actor_that_fails() {
    let (client, handle, log, mut restarts) = supervised();
    // Both are queued, and the second one is left to the next incarnation.
    let (failed, noted) = tokio::join!(client.fail("broken"), client.note(7));
    assert_eq!(failed, Ok(2));
    assert!(noted.unwrap().is_err());
    assert_eq!(
        restarts.recv().await.unwrap(),
        "failed: broken; 1 command handled, 0 refused"
    );
    assert_eq!(log.numbers(), [1, FAILED, 7]);
    // A source fails, too.
    client.set(Some(Instant::now()), None).await.unwrap();
    assert_eq!(
        restarts.recv().await.unwrap(),
        "failed: expired; 2 commands handled, 0 refused"
    );
    // Each failure counts.
    client.fail("once more").await.unwrap();
    assert_eq!(error(soon(handle).await), "once more");
    assert_eq!(
        client.fail("later").await,
        Err(CallError::Closed(Why::Failed))
    );
}

#[tokio::test(start_paused = true)]
async fn an_actor_that_stops_itself_is_not_restarted_though_it_fails() {
    for fails_first in [true, false] {
        let (client, handle, log, mut restarts) = supervised();
        if fails_first {
            client.fail_and_stop().await.unwrap();
        } else {
            client.stop_and_fail().await.unwrap();
        }
        error(soon(handle).await);
        assert_eq!(restarts.recv().await, None);
        assert_eq!(log.numbers(), [FAILED]);
    }
}

#[tokio::test(start_paused = true)]
async fn without_clients_the_error_of_the_last_hook_restarts_nothing() {
    let (client, handle, _log, mut restarts) = supervised();
    client.set(None, Some("not flushed")).await.unwrap();
    drop(client);
    assert_eq!(error(soon(handle).await), "not flushed");
    assert_eq!(restarts.recv().await, None);
}

/// An error that panics when it is dropped.
#[derive(Debug)]
struct PanicsWhenDropped;

impl fmt::Display for PanicsWhenDropped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("fragile")
    }
}

impl Error for PanicsWhenDropped {}

impl Drop for PanicsWhenDropped {
    fn drop(&mut self) {
        panic::resume_unwind(Box::new("dropped"));
    }
}

/// An actor whose error is not told, since a panic or an error of the start counts more.
struct Untidy {
    fails_to_start: bool,
}

#[actor]
impl Untidy {
    #[on_start]
    fn begin(&mut self, ctx: &mut Context<Self>) -> Result<(), &'static str> {
        if self.fails_to_start {
            ctx.fail(PanicsWhenDropped);
            return Err("no start");
        }
        Ok(())
    }

    pub(crate) fn fail_and_panic(&mut self, ctx: &mut Context<Self>) -> u32 {
        ctx.fail(PanicsWhenDropped);
        panic::resume_unwind(Box::new("panicked"));
    }

    pub(crate) fn value(&self) -> u32 {
        1
    }
}

#[tokio::test(start_paused = true)]
async fn an_error_whose_drop_panics_costs_no_exit() {
    let actor = Untidy {
        fails_to_start: false,
    };
    let (client, handle) = actor.spawn_with_handle(CancellationToken::new());
    assert_eq!(client.fail_and_panic().await, Err(CallError::Panicked));
    assert_eq!(
        summary(&soon(handle).await),
        "panicked in fail_and_panic: 0 handled, 0 refused, no state"
    );
    // A panic of the drop counts more than the error of the start.
    let actor = Untidy {
        fails_to_start: true,
    };
    let (client, handle) = actor.spawn_with_handle(CancellationToken::new());
    let exit = soon(handle).await;
    assert!(matches!(exit.reason, ExitReason::Panicked(_)), "{exit}");
    assert_eq!(client.ended().await, Why::Panicked);
}

#[tokio::test(start_paused = true)]
async fn an_error_whose_drop_panics_does_not_end_a_supervisor() {
    let (exits, mut restarts) = mpsc::unbounded_channel();
    let client = Supervisor::new(|| Untidy {
        fails_to_start: false,
    })
    .on_restart(move |exit| drop(exits.send(exit.to_string())))
    .spawn();
    assert_eq!(client.fail_and_panic().await, Err(CallError::Panicked));
    assert_eq!(soon(client.value()).await, Ok(1));
    assert_eq!(
        restarts.recv().await.unwrap(),
        "panicked with \"panicked\" in `fail_and_panic`; 0 commands handled, 0 refused"
    );
}

/// An actor whose calls run on the callers' tasks.
struct Lent(u32);

#[actor(in_place)]
impl Lent {
    pub(crate) fn fail(&mut self, ctx: &mut Context<Self>) -> u32 {
        ctx.fail("in place");
        self.0
    }

    pub(crate) fn value(&self) -> u32 {
        self.0
    }
}

#[tokio::test(start_paused = true)]
async fn a_method_that_runs_in_place_may_fail() {
    let (client, handle) = Lent(1).spawn_with_handle(CancellationToken::new());
    idle().await;
    assert_eq!(client.fail().await, Ok(1));
    assert_eq!(error(soon(handle).await), "in place");
    assert_eq!(client.value().await, Err(CallError::Closed(Why::Failed)));
    let client = Supervisor::new(|| Lent(2)).spawn();
    idle().await;
    assert_eq!(client.fail().await, Ok(2));
    assert_eq!(soon(client.value()).await, Ok(2));
    sleep(SECOND).await;
    assert!(!client.is_closed());
}

#[tokio::test(start_paused = true)]
async fn a_method_without_an_actor_may_fail() {
    assert_eq!(Lent(1).fail(&mut Context::detached()), 1);
}

/// An actor that tells itself to end in one of the methods around its commands.
struct Strict {
    log: Log,
    fails_at: &'static str,
}

#[actor]
impl Strict {
    pub(crate) fn note(&mut self, number: u32) -> u32 {
        self.log.push(number);
        number
    }

    #[on_start]
    fn open(&mut self, ctx: &mut Context<Self>) {
        self.fail_at("start", ctx);
    }

    #[before_each]
    fn before(&mut self, ctx: &mut Context<Self>) {
        self.fail_at("before", ctx);
    }

    #[after_each]
    fn after(&mut self, ctx: &mut Context<Self>) {
        self.fail_at("after", ctx);
    }

    #[on_stop]
    fn close(&mut self) {
        self.log.push(ENDED);
    }

    fn fail_at(&self, place: &'static str, ctx: &mut Context<Self>) {
        if self.fails_at == place {
            ctx.fail(place);
        }
    }
}

/// Returns how the actor's start and its first two commands went, its last words and its log.
async fn strict(fails_at: &'static str) -> (bool, [Result<u32, CallError>; 2], String, Vec<u32>) {
    let log = Log::default();
    let actor = Strict {
        log: log.clone(),
        fails_at,
    };
    let (client, handle) = actor.spawn_with_handle(CancellationToken::new());
    let (first, second) = tokio::join!(client.note(1), client.note(2));
    let has_started = soon(handle.started()).await.is_ok();
    let error = error(soon(handle).await);
    (has_started, [first, second], error, log.numbers())
}

#[tokio::test(start_paused = true)]
async fn a_command_that_has_begun_is_answered_although_the_actor_fails_around_it() {
    for place in ["before", "after"] {
        let answers = [Ok(1), Err(CallError::Refused)];
        let expected = (true, answers, place.to_owned(), vec![1, ENDED]);
        assert_eq!(strict(place).await, expected);
    }
}

/// An error that `#[on_start]` returns is a start that failed. This one is not.
#[tokio::test(start_paused = true)]
async fn an_actor_may_fail_after_its_start() {
    let answers = [Err(CallError::Refused), Err(CallError::Refused)];
    let expected = (true, answers, "start".to_owned(), vec![ENDED]);
    assert_eq!(strict("start").await, expected);
}
