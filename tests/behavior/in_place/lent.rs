//! Actors that end or fail while a caller has their state.

use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::thread;
use std::time::Duration;

use actor_runtime::{
    Actor as _, ActorHandle, CallError, CancellationToken, Client as _, Context, Exit, ExitReason,
    Supervisor, Why, actor,
};
use tokio::sync::{mpsc, oneshot};
use tokio::task::{JoinHandle, yield_now};

use super::{Task, block_on};
use crate::support::{PanicOnDrop, on_four_threads, payload, poll_once, runtime_of, watched};

/// An actor that says when it is dropped, and lets a test wait inside of its method.
struct Slow {
    signals: Arc<Signals>,
    bomb: Option<PanicOnDrop>,
    own: Option<SlowClient>,
}

#[derive(Default)]
struct Signals {
    entered: AtomicBool,
    may_leave: AtomicBool,
    drops: AtomicUsize,
}

impl Drop for Slow {
    fn drop(&mut self) {
        self.signals.drops.fetch_add(1, SeqCst);
    }
}

#[actor(in_place)]
impl Slow {
    pub(crate) fn work(&self, panics: bool) -> u32 {
        self.signals.entered.store(true, SeqCst);
        while !self.signals.may_leave.load(SeqCst) {
            thread::yield_now();
        }
        assert!(!panics, "at last");
        1
    }

    pub(crate) fn task(&self) -> Task {
        tokio::task::try_id()
    }

    /// Spawns a task that panics when it is told to.
    #[command(ack)]
    pub(crate) fn spawn(&self, panic: oneshot::Receiver<()>, ctx: &mut Context<Self>) {
        ctx.spawn(async move {
            panic.await.unwrap();
            panic!("a task");
        });
    }

    #[command(ack)]
    pub(crate) fn keep(&mut self, own: SlowClient) {
        self.own = Some(own);
    }
}

impl Slow {
    fn new(signals: &Arc<Signals>) -> Self {
        Self {
            signals: Arc::clone(signals),
            bomb: None,
            own: None,
        }
    }
}

impl Signals {
    /// Returns when a method is in the hands of its caller.
    fn wait_for_entry(&self) {
        while !self.entered.load(SeqCst) {
            thread::yield_now();
        }
    }

    /// Lets the method end, and asserts that the end of the actor has waited for that.
    fn let_go(&self, client: &SlowClient) {
        let has_waited = poll_once(pin!(client.ended())).is_pending();
        let drops = self.drops.load(SeqCst);
        self.may_leave.store(true, SeqCst);
        assert!(has_waited && drops == 0);
    }
}

/// Calls an actor until it is idle, and then lets it work in place.
async fn work(client: SlowClient, panics: bool) -> Result<u32, CallError> {
    while client.task().await? != tokio::task::try_id() {
        yield_now().await;
    }
    client.work(panics).await
}

fn wait_for_the_loop(handle: &ActorHandle<Slow>) {
    while !handle.is_finished() {
        thread::yield_now();
    }
}

/// The circumstances of an end.
#[derive(Default)]
struct Lent {
    panics: bool,
    has_bomb: bool,
    deadline: Option<Duration>,
}

impl Lent {
    /// Runs `end` while a caller has the state, and returns what the caller got and the exit.
    fn end_by(
        self,
        end: impl FnOnce(&ActorHandle<Slow>, &CancellationToken),
    ) -> (Result<u32, CallError>, Exit<Slow>) {
        let signals = Arc::default();
        let mut slow = Slow::new(&signals);
        slow.bomb = self.has_bomb.then(|| PanicOnDrop);
        let shutdown = CancellationToken::new();
        let mut builder = slow.builder().shutdown(shutdown.clone());
        if let Some(deadline) = self.deadline {
            builder = builder.deadline(deadline);
        }
        runtime_of(2).block_on(async {
            let (client, handle) = builder.spawn_with_handle();
            let caller = tokio::spawn(work(client.clone(), self.panics));
            signals.wait_for_entry();
            end(&handle, &shutdown);
            signals.let_go(&client);
            let answer = caller.await.unwrap();
            let exit = handle.await;
            let drops = signals.drops.load(SeqCst);
            assert_eq!(drops, usize::from(exit.state.is_none()));
            (answer, exit)
        })
    }
}

/// Aborts the actor, and waits until its loop is gone.
fn abort(handle: &ActorHandle<Slow>, _shutdown: &CancellationToken) {
    handle.abort();
    wait_for_the_loop(handle);
}

#[test]
fn a_token_that_is_cancelled_while_the_state_is_lent_waits_for_the_method() {
    let (answer, exit) = Lent::default().end_by(|_, shutdown| shutdown.cancel());
    assert_eq!(answer, Ok(1));
    assert!(matches!(exit.reason, ExitReason::Cancelled));
    assert!(exit.handled > 1 && exit.in_progress.is_none() && exit.state.is_some());
}

#[test]
fn an_abort_while_the_state_is_lent_waits_for_the_method() {
    let (answer, exit) = Lent::default().end_by(abort);
    assert_eq!(answer, Ok(1));
    assert!(matches!(exit.reason, ExitReason::Aborted));
    assert!(exit.handled > 1 && exit.in_progress.is_none() && exit.state.is_none());
}

#[test]
fn a_deadline_that_passes_while_the_state_is_lent_waits_for_the_method() {
    let lent = Lent {
        deadline: Some(Duration::ZERO),
        ..Lent::default()
    };
    let (answer, exit) = lent.end_by(|handle, shutdown| {
        shutdown.cancel();
        wait_for_the_loop(handle);
    });
    assert_eq!(answer, Ok(1));
    assert!(matches!(exit.reason, ExitReason::Aborted));
    assert!(exit.handled > 1 && exit.in_progress.is_none() && exit.state.is_none());
}

#[test]
fn a_panic_after_an_abort_is_not_lost() {
    let lent = Lent {
        panics: true,
        ..Lent::default()
    };
    let (answer, exit) = lent.end_by(abort);
    assert_eq!(answer, Err(CallError::Panicked));
    assert_eq!(exit.in_progress, Some("work"));
    assert_eq!(payload(exit), Some("at last"));
}

#[test]
fn a_panic_of_the_state_after_an_abort_is_not_lost() {
    let lent = Lent {
        has_bomb: true,
        ..Lent::default()
    };
    let (answer, exit) = lent.end_by(abort);
    assert_eq!(answer, Ok(1));
    assert_eq!((exit.in_progress, exit.state.is_none()), (None, true));
    assert_eq!(payload(exit), Some("dropped"));
}

#[test]
fn the_end_of_the_runtime_while_the_state_is_lent_waits_for_the_method() {
    watched(|| {
        let signals = Arc::default();
        let slow = Slow::new(&signals);
        let runtime = runtime_of(2);
        let (client, handle) = {
            let _entered = runtime.enter();
            slow.spawn_with_handle(CancellationToken::new())
        };
        runtime.spawn(work(client.clone(), false));
        signals.wait_for_entry();
        runtime.shutdown_background();
        wait_for_the_loop(&handle);
        signals.let_go(&client);
        assert_eq!(block_on(client.ended()), Why::Aborted);
        let exit = block_on(handle);
        assert!(matches!(exit.reason, ExitReason::Aborted));
        assert!(exit.handled > 1 && exit.in_progress.is_none() && exit.state.is_none());
        assert_eq!(signals.drops.load(SeqCst), 1);
    });
}

#[test]
fn a_task_that_fails_while_the_state_is_lent_restarts_the_actor_after_the_method() {
    on_four_threads(async {
        let (told, mut failures) = mpsc::unbounded_channel();
        let signals = Arc::<Signals>::default();
        let factory = {
            let signals = Arc::clone(&signals);
            move || Slow::new(&signals)
        };
        let (client, handle) = Supervisor::new(factory)
            .backoff(Duration::ZERO, Duration::ZERO)
            .on_restart(move |exit| drop(told.send(exit)))
            .spawn_with_handle();
        let (fail, failed) = oneshot::channel();
        client.spawn(failed).await.unwrap();
        let caller: JoinHandle<_> = tokio::spawn(work(client.clone(), false));
        signals.wait_for_entry();
        fail.send(()).unwrap();
        // Queued for the next incarnation, unless the first one is not over when the state is back.
        let next = tokio::spawn({
            let client = client.clone();
            async move { client.task().await }
        });
        for _ in 0..100 {
            yield_now().await;
        }
        let has_waited = failures.try_recv().is_err() && !next.is_finished();
        signals.let_go(&client);
        assert!(has_waited);
        assert_eq!(caller.await.unwrap(), Ok(1));
        let exit = failures.recv().await.unwrap();
        assert!(matches!(exit.reason, ExitReason::Panicked(_)));
        assert!(exit.handled > 2 && exit.in_progress.is_none() && exit.state.is_some());
        assert!(next.await.unwrap().is_ok());
        drop(exit);
        assert_eq!(work(client.clone(), false).await, Ok(1));
        drop(client);
        assert!(matches!(handle.await.reason, ExitReason::ClientsDropped));
        assert_eq!(signals.drops.load(SeqCst), 2);
    });
}

/// The state is idle, and so in the mailbox that its own client keeps.
#[test]
fn a_state_with_its_own_client_is_dropped_at_the_end() {
    for ends_by_token in [false, true] {
        let runtime = runtime_of(1);
        let signals = Arc::default();
        let slow = Slow::new(&signals);
        let shutdown = CancellationToken::new();
        let (client, handle) = {
            let _entered = runtime.enter();
            slow.spawn_with_handle(shutdown.clone())
        };
        runtime.block_on(async {
            client.keep(client.clone()).await.unwrap();
            signals.may_leave.store(true, SeqCst);
            assert_eq!(work(client, false).await, Ok(1));
        });
        if ends_by_token {
            shutdown.cancel();
            let exit = runtime.block_on(handle);
            assert!(matches!(exit.reason, ExitReason::Cancelled));
            assert!(exit.state.is_some());
        } else {
            drop(runtime);
            assert!(matches!(block_on(handle).reason, ExitReason::Aborted));
        }
        assert_eq!(signals.drops.load(SeqCst), 1);
    }
}
