//! The time that a shutdown may take, which holds whatever the loop does meanwhile.

use std::future::{pending, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::mpsc::channel;
use std::time::Duration;

use actor_runtime::{
    Actor as _, CancellationToken, Exit, SendActor, Shutdown, StopReason, Supervisor, actor,
};
use tokio::runtime;
use tokio::task::consume_budget;
use tokio::time::{advance, timeout};

use crate::support::{Feed, feed, idle, on_one_thread, poll_once, spawn, summary};

const TICK: Duration = Duration::from_millis(10);
const DEADLINE: Duration = Duration::from_millis(100);

/// Lets time pass and nobody else run, as a method does that computes.
fn take(time: Duration) {
    let _ = poll_once(pin!(advance(time)));
}

/// An actor whose methods leave no time to others.
struct Busy;

#[actor(shutdown = drain, deadline = DEADLINE)]
impl Busy {
    /// Takes a tenth of the deadline.
    pub(crate) fn compute(&mut self) {
        take(TICK);
    }

    /// Uses up the budget of the task each time that it is polled.
    pub(crate) async fn spin(&mut self) {
        loop {
            consume_budget().await;
        }
    }

    /// Tells the actor to end, computes for half of the deadline, and then waits.
    pub(crate) async fn stop_and_wait(&mut self, token: CancellationToken) {
        token.cancel();
        take(5 * TICK);
        pending::<()>().await;
    }
}

/// Runs a test that would never end if a deadline did not hold, with time paused.
fn paused(test: impl AsyncFnOnce() + Send + 'static) {
    on_one_thread(async || {
        tokio::time::pause();
        test().await;
    });
}

/// Returns the exit, although the actor never lets paused time move by itself.
async fn exit_of<A>(handle: impl Future<Output = Exit<A>> + Send + 'static) -> Exit<A>
where
    A: Send + 'static,
{
    let exit = spawn(handle);
    while !exit.is_finished() {
        advance(TICK).await;
    }
    exit.await.unwrap()
}

#[test]
fn a_deadline_holds_for_a_method_that_uses_all_of_the_budget() {
    const CUT_OFF: &str = "aborted in spin: 0 handled, 0 refused, no state";
    paused(async || {
        for is_supervised in [false, true] {
            let token = CancellationToken::new();
            let (client, handle) = if is_supervised {
                let supervisor = Supervisor::new(|| Busy).shutdown(token.clone());
                supervisor.spawn_with_handle()
            } else {
                Busy.spawn_with_handle(token.clone())
            };
            client.spin().await.unwrap();
            tokio::task::yield_now().await;
            token.cancel();
            assert_eq!(summary(&exit_of(handle).await), CUT_OFF);
        }
        let (client, handle) = Busy.spawn_with_handle(CancellationToken::new());
        client.spin().await.unwrap();
        tokio::task::yield_now().await;
        let exit = exit_of(handle.shutdown(TICK)).await;
        assert_eq!(summary(&exit), CUT_OFF);
    });
}

/// Queues 64 commands that take a tenth of the deadline each.
async fn queue(client: &BusyClient) {
    for _ in 0..64 {
        client.compute().await.unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn a_drain_ends_at_the_deadline_between_two_commands() {
    let token = CancellationToken::new();
    let (client, handle) = Busy.spawn_with_handle(token.clone());
    queue(&client).await;
    token.cancel();
    // Nothing was cut off, so there is a state.
    let expected = "cancelled: 10 handled, 54 refused, state";
    assert_eq!(summary(&handle.await), expected);
}

#[tokio::test(start_paused = true)]
async fn a_shutdown_that_drains_ends_at_its_deadline_between_two_commands() {
    let builder = Busy.builder().deadline(Duration::MAX);
    let (client, handle) = builder.spawn_with_handle();
    queue(&client).await;
    let exit = handle.shutdown_with(Shutdown::Drain, 3 * TICK).await;
    let expected = "cancelled: 3 handled, 61 refused, state";
    assert_eq!(summary(&exit), expected);
}

#[tokio::test(start_paused = true)]
async fn a_shutdown_that_is_dropped_limits_no_drain() {
    let (tell, told) = channel();
    let builder = Busy.builder().deadline(Duration::MAX);
    let builder = builder.on_exit(move |exit| tell.send(summary(&exit)).unwrap());
    let (client, handle) = builder.spawn_with_handle();
    queue(&client).await;
    {
        let mut shutdown = pin!(handle.shutdown_with(Shutdown::Drain, TICK));
        assert!(poll_once(shutdown.as_mut()).is_pending());
    }
    idle().await;
    let expected = "cancelled: 64 handled, 0 refused, state";
    assert_eq!(told.recv().unwrap(), expected);
}

/// An actor with sources, which takes turns.
struct Turning {
    feed: Option<Feed<u32>>,
    handled: u32,
}

#[actor(shutdown = drain, deadline = DEADLINE)]
impl Turning {
    pub(crate) fn compute(&mut self) {
        take(TICK);
    }

    #[command(priority)]
    pub(crate) fn compute_first(&mut self) {
        take(TICK);
    }

    #[stream(self.feed.take().unwrap())]
    fn item(&mut self, item: u32) {
        self.handled += item;
    }

    #[on_stop]
    fn end(&mut self, reason: StopReason) {
        assert_eq!(reason, StopReason::Cancelled);
    }
}

#[tokio::test(start_paused = true)]
async fn turns_end_at_the_deadline_between_two_commands() {
    let (_sender, feed) = feed();
    let token = CancellationToken::new();
    let actor = Turning {
        feed: Some(feed),
        handled: 0,
    };
    let (client, handle) = actor.spawn_with_handle(token.clone());
    for _ in 0..6 {
        client.compute_first().await.unwrap();
        client.compute().await.unwrap();
    }
    token.cancel();
    let expected = "cancelled: 10 handled, 2 refused, state";
    assert_eq!(summary(&handle.await), expected);
}

#[tokio::test(start_paused = true)]
async fn the_deadline_counts_from_the_end_of_the_mailbox_however_late_the_loop_looks() {
    let token = CancellationToken::new();
    let (client, handle) = Busy.spawn_with_handle(token.clone());
    client.stop_and_wait(token).await.unwrap();
    let exit = timeout(DEADLINE + TICK, handle).await;
    let expected = "aborted in stop_and_wait: 0 handled, 0 refused, no state";
    assert_eq!(summary(&exit.unwrap()), expected);
}

#[test]
fn a_shutdown_holds_although_its_task_uses_all_of_the_budget() {
    paused(async || {
        let (client, handle) = Busy.spawn_with_handle(CancellationToken::new());
        client.spin().await.unwrap();
        let mut shutdown = Box::pin(handle.shutdown(TICK));
        let hungry = poll_fn(move |cx| {
            while pin!(consume_budget()).poll(cx).is_ready() {}
            shutdown.as_mut().poll(cx)
        });
        let exit = exit_of(hungry).await;
        let expected = "aborted in spin: 0 handled, 0 refused, no state";
        assert_eq!(summary(&exit), expected);
    });
}

/// An actor that needs the time for its ticks.
struct Ticking;

#[actor(detached)]
impl Ticking {
    #[every(TICK)]
    fn tick(&mut self) {}

    pub(crate) fn ping(&self) {}
}

/// An actor that needs the time for a deadline of its own.
struct Expiring;

#[actor(detached)]
impl Expiring {
    #[at(None)]
    fn expire(&mut self) {}

    pub(crate) fn ping(&self) {}
}

struct Patient;

#[actor(detached)]
impl Patient {
    #[cfg(false)]
    #[every(TICK)]
    fn tick(&mut self) {}

    pub(crate) fn ping(&self) {}
}

fn spawns<A: SendActor>(actor: A) -> bool {
    catch_unwind(AssertUnwindSafe(|| drop(actor.builder().spawn()))).is_ok()
}

fn is_polled(run: impl Future) -> bool {
    let mut run = pin!(run);
    catch_unwind(AssertUnwindSafe(|| {
        assert!(poll_once(run.as_mut()).is_pending());
    }))
    .is_ok()
}

#[test]
fn without_a_timer_an_actor_that_needs_one_is_refused() {
    let check = |has_timer: bool| {
        assert_eq!(spawns(Busy), has_timer);
        assert_eq!(spawns(Ticking), has_timer);
        assert_eq!(spawns(Expiring), has_timer);
        assert!(spawns(Patient));
        let (_client, runner) = Busy.builder().into_runner();
        assert_eq!(is_polled(runner.run()), has_timer);
        let (_client, runner) = Ticking.builder().into_runner();
        assert_eq!(is_polled(runner.run()), has_timer);
    };
    let runtime = runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(async { check(false) });
    let mut builder = runtime::Builder::new_current_thread();
    let runtime = builder.enable_time().build().unwrap();
    runtime.block_on(async { check(true) });
}

#[test]
fn without_a_timer_nobody_is_told_of_a_shutdown_that_is_refused() {
    let runtime = runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(async {
        let (client, handle) = Patient.spawn_with_handle(CancellationToken::new());
        let shutdown = spawn(handle.shutdown(TICK));
        assert!(shutdown.await.unwrap_err().is_panic());
        assert_eq!(client.ping().await, Ok(()));
    });
}
