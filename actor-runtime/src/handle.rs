//! The handle of a running actor: waits for its end, or brings it about.

use std::fmt;
use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::task::AbortHandle;
use tokio::task::coop::{consume_budget, unconstrained};
use tokio::time::{Instant, sleep};

use crate::error::CallError;
use crate::exit::Exit;
#[cfg(feature = "tracing")]
use crate::exit::{ExitReason, Logged};
#[cfg(feature = "tracing")]
use crate::panics::observed;
use crate::panics::{Shielded, caught, caught_drop, discard};
use crate::reply::{Receiver, Reply};
use crate::shared::{Controller, Start};
use crate::shutdown::{Shutdown, StopReason};

/// The handle of a running actor: a future of the actor's [`Exit`], and the ways to end the actor.
///
/// [`Actor::spawn_with_handle`](crate::Actor::spawn_with_handle) returns it. Dropping the handle lets the actor go on.
///
/// The exit has the final state, and belongs to the handle. So do not keep a handle in the state of its own actor, nor
/// the handles of two actors in each other's states: handle and exit then keep each other alive, as two `Arc`s do, and
/// nobody sees the exit. A method ends its own actor with [`Context::stop`](crate::Context::stop). An actor may keep
/// the handles of its children, which [`Context::start_with_handle`](crate::Context::start_with_handle) returns.
///
/// A handle that has returned the exit is never ready again, so it may stay in a `select!` or be a source,
/// `#[on(&mut self.worker)]`.
///
/// # Examples
///
/// ```
/// use actor_runtime::{actor, Actor, CancellationToken};
///
/// struct Counter(u64);
///
/// #[actor]
/// impl Counter {
///     pub fn add(&mut self, amount: u64) {
///         self.0 += amount;
///     }
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), actor_runtime::CallError> {
/// let (counter, handle) = Counter(1).spawn_with_handle(CancellationToken::new());
/// counter.add(2).await?;
/// drop(counter);
/// let exit = handle.await;
/// assert_eq!(exit.state.map(|counter| counter.0), Some(3));
/// # Ok(())
/// # }
/// ```
#[must_use = "a handle that is dropped no longer tells how the actor ended; use `spawn`"]
pub struct ActorHandle<A> {
    exit: Receiver<Report<A>>,
    task: AbortHandle,
    /// The actor, without the type of its commands. With it, an actor that owns handles of actors of its own type would
    /// be `Send` only if it is an actor, and an actor only if it is `Send`.
    actor: Controller,
}

impl<A> ActorHandle<A> {
    pub(crate) fn new(exit: Receiver<Report<A>>, task: AbortHandle, actor: Controller) -> Self {
        Self { exit, task, actor }
    }

    /// Waits until the actor has started: its `#[on_start]` method is done and its sources are set up.
    ///
    /// Commands that are sent before that are queued. The handle of a supervised actor waits for the first incarnation
    /// that gets that far.
    ///
    /// # Errors
    ///
    /// [`CallError::Closed`] if the actor ended before it had started: it says why, and the exit has the error.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe: it only waits.
    ///
    /// # Examples
    ///
    /// ```
    /// use actor_runtime::{actor, Actor, CancellationToken, ExitReason};
    ///
    /// struct Server;
    ///
    /// #[actor]
    /// impl Server {
    ///     pub fn ping(&self) {}
    ///
    ///     #[on_start]
    ///     async fn listen(&mut self) -> std::io::Result<()> {
    ///         Err(std::io::Error::other("the port is taken"))
    ///     }
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let (server, handle) = Server.spawn_with_handle(CancellationToken::new());
    /// let error = handle.started().await.unwrap_err();
    /// assert_eq!(error.to_string(), "the actor failed to start");
    /// let exit = handle.await;
    /// assert!(matches!(&exit.reason, ExitReason::StartFailed(_)));
    /// assert!(exit.to_string().starts_with("failed to start: the port is taken"));
    /// # }
    /// ```
    pub async fn started(&self) -> Result<(), CallError> {
        // A task that asks in a loop lets others run.
        consume_budget().await;
        let Some(mut start) = self.actor.start() else {
            return Ok(());
        };
        let start = start.wait_for(|start| *start != Start::Pending);
        let start = Shielded::new(start).await;
        match start.as_deref() {
            Ok(Start::Done) => Ok(()),
            _ => Err(CallError::Closed(self.actor.why())),
        }
    }

    /// Tells the actor to end as its [`Actor::SHUTDOWN`](crate::Actor::SHUTDOWN) says, and waits for its end.
    ///
    /// If the actor has not ended after `deadline`, no further command begins, and the actor is aborted at the next
    /// `.await` of its method.
    ///
    /// # Panics
    ///
    /// If the runtime has no timer.
    ///
    /// # Cancel safety
    ///
    /// The first poll tells the actor to end. Dropping the future before it is done does not abort the actor.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    /// use actor_runtime::{actor, Actor, CancellationToken, ExitReason};
    ///
    /// struct Worker;
    ///
    /// #[actor]
    /// impl Worker {
    ///     pub async fn work_forever(&mut self) {
    ///         std::future::pending().await
    ///     }
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread", start_paused = true)]
    /// # async fn main() {
    /// let (worker, handle) = Worker.spawn_with_handle(CancellationToken::new());
    /// worker.work_forever().await.unwrap();
    /// tokio::task::yield_now().await;
    /// let exit = handle.shutdown(Duration::from_secs(5)).await;
    /// assert!(matches!(exit.reason, ExitReason::Aborted));
    /// assert_eq!(exit.in_progress, Some("work_forever"));
    /// # }
    /// ```
    pub async fn shutdown(self, deadline: Duration) -> Exit<A> {
        self.end(None, deadline).await
    }

    /// Tells the actor to end, and waits for its end as [`shutdown`](Self::shutdown) does, but treats queued commands
    /// as `how` says.
    ///
    /// An actor that is already stopping is not drained after all.
    ///
    /// # Panics
    ///
    /// If the runtime has no timer.
    ///
    /// # Cancel safety
    ///
    /// The first poll tells the actor to end. Dropping the future before it is done does not abort the actor.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    /// use actor_runtime::{actor, Actor, CancellationToken, Shutdown};
    ///
    /// struct Log(Vec<String>);
    ///
    /// #[actor]
    /// impl Log {
    ///     pub fn append(&mut self, line: String) {
    ///         self.0.push(line);
    ///     }
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let (log, handle) = Log(Vec::new()).spawn_with_handle(CancellationToken::new());
    /// log.append("one".into()).await.unwrap();
    /// let exit = handle.shutdown_with(Shutdown::Drain, Duration::from_secs(5)).await;
    /// assert_eq!(exit.state.unwrap().0, ["one"]);
    /// # }
    /// ```
    pub async fn shutdown_with(self, how: Shutdown, deadline: Duration) -> Exit<A> {
        self.end(Some(how), deadline).await
    }

    async fn end(mut self, how: Option<Shutdown>, deadline: Duration) -> Exit<A> {
        // Before the actor is told, since a runtime without a timer refuses this. The budget is its own, since whoever
        // polls this may have used theirs.
        let mut overdue = pin!(unconstrained(sleep(deadline)));
        let actor = self.actor.clone();
        let _limit = Limit::new(&actor, deadline);
        self.actor.stop(StopReason::Cancelled, how);
        let exit = poll_fn(|cx| match Pin::new(&mut self).poll(cx) {
            Poll::Ready(exit) => Poll::Ready(Some(exit)),
            Poll::Pending => overdue.as_mut().poll(cx).map(|()| None),
        });
        if let Some(exit) = exit.await {
            return exit;
        }
        self.abort();
        self.await
    }

    /// Aborts the actor at the next `.await` of its method, however far the method is. The state is dropped.
    ///
    /// # Examples
    ///
    /// ```
    /// use actor_runtime::{actor, Actor, CancellationToken, ExitReason};
    ///
    /// struct Worker;
    ///
    /// #[actor]
    /// impl Worker {
    ///     pub async fn work_forever(&mut self) {
    ///         std::future::pending().await
    ///     }
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), actor_runtime::CallError> {
    /// let (worker, handle) = Worker.spawn_with_handle(CancellationToken::new());
    /// worker.work_forever().await?;
    /// handle.abort();
    /// assert!(matches!(handle.await.reason, ExitReason::Aborted));
    /// # Ok(())
    /// # }
    /// ```
    pub fn abort(&self) {
        self.task.abort();
    }

    /// Returns true if the actor's task has ended.
    pub fn is_finished(&self) -> bool {
        self.task.is_finished()
    }
}

/// The time after which a shutdown aborts the actor, unless it is dropped before. The loop also looks at it, since an
/// abort waits for the next `.await`.
struct Limit<'a>(&'a Controller);

impl<'a> Limit<'a> {
    fn new(actor: &'a Controller, deadline: Duration) -> Self {
        actor.set_limit(Instant::now().checked_add(deadline));
        Self(actor)
    }
}

impl Drop for Limit<'_> {
    fn drop(&mut self) {
        self.0.set_limit(None);
    }
}

impl<A> Future for ActorHandle<A> {
    type Output = Exit<A>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        if self.exit.is_closed() {
            return Poll::Pending;
        }
        let report = ready!(Pin::new(&mut self.exit).poll(cx));
        // The other end sends at the latest when it is dropped, so an error cannot happen.
        let unseen = report.ok().and_then(|mut report| report.0.take());
        Poll::Ready(match unseen {
            Some(unseen) => unseen.exit,
            None => Exit::new(None, false, None).with_state(None),
        })
    }
}

impl<A> fmt::Debug for ActorHandle<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ActorHandle")
            .field("is_finished", &self.is_finished())
            .finish_non_exhaustive()
    }
}

/// The function given to [`Builder::on_exit`](crate::Builder::on_exit).
pub(crate) type OnExit<A> = Box<dyn FnOnce(Exit<A>) + Send + Sync>;

/// The recipient of an actor's exit. An actor that is spawned without a handle is also compiled without one.
pub(crate) trait Recipient<A> {
    /// Returns false if nobody will have the state. Whoever ends the actor then drops it.
    fn takes_state(&self) -> bool;

    /// Takes the exit and the state, once.
    fn receive(&mut self, actor: &'static str, exit: Exit<()>, state: Option<A>);
}

/// Nobody takes the exit.
impl<A> Recipient<A> for () {
    fn takes_state(&self) -> bool {
        false
    }

    fn receive(&mut self, actor: &'static str, exit: Exit<()>, _state: Option<A>) {
        drop_unseen(actor, exit);
    }
}

/// The function `on_exit` takes the exit, if there is one.
impl<A> Recipient<A> for Option<OnExit<A>> {
    fn takes_state(&self) -> bool {
        self.is_some()
    }

    fn receive(&mut self, actor: &'static str, mut exit: Exit<()>, mut state: Option<A>) {
        let Some(on_exit) = self.take() else {
            drop_state(&mut exit, &mut state);
            return drop_unseen(actor, exit);
        };
        log_unseen(actor, &exit);
        // The actor may end because a panic unwinds, or its handle may be dropped by one.
        if let Some(panic) = caught(|| on_exit(exit.with_state(state))) {
            discard(panic);
        }
    }
}

/// Drops the state of an actor that has ended. A panic of the drop becomes the actor's.
pub(crate) fn drop_state<A>(exit: &mut Exit<()>, state: &mut Option<A>) {
    if let Some(panic) = caught_drop(state) {
        exit.reason.or_panic(panic);
    }
}

/// Drops an exit that nobody takes.
fn drop_unseen(actor: &'static str, exit: Exit<()>) {
    log_unseen(actor, &exit);
    // The actor may end because a panic unwinds, or its handle may be dropped by one.
    if let Some(panic) = caught(|| drop(exit)) {
        discard(panic);
    }
}

/// The handle takes the exit, or `on_exit` if the handle is gone.
pub(crate) struct HandleRecipient<A> {
    reply: Reply<Report<A>>,
    /// In a box of its own, so that an actor without it keeps one word for it.
    on_exit: Option<Box<OnExit<A>>>,
}

impl<A> HandleRecipient<A> {
    #[inline]
    pub(crate) fn new(on_exit: Option<OnExit<A>>) -> (Self, Receiver<Report<A>>) {
        let (reply, receiver) = Reply::with_receiver();
        let on_exit = on_exit.map(Box::new);
        (Self { reply, on_exit }, receiver)
    }
}

impl<A> Recipient<A> for HandleRecipient<A> {
    fn takes_state(&self) -> bool {
        self.on_exit.is_some() || !self.reply.is_closed()
    }

    #[inline]
    fn receive(&mut self, actor: &'static str, exit: Exit<()>, state: Option<A>) {
        let unseen = Unseen {
            actor,
            exit: exit.with_state(state),
            on_exit: self.on_exit.take().map(|on_exit| *on_exit),
        };
        // If the handle is gone, the report is dropped here.
        self.reply.send_once(Report(Some(unseen)));
    }
}

/// An exit on its way to the handle; empty once the handle has it.
pub(crate) struct Report<A>(Option<Unseen<A>>);

/// An exit that nobody has seen yet.
struct Unseen<A> {
    actor: &'static str,
    exit: Exit<A>,
    on_exit: Option<OnExit<A>>,
}

impl<A> Drop for Report<A> {
    fn drop(&mut self) {
        if let Some(mut unseen) = self.0.take() {
            let (exit, state) = unseen.exit.split();
            unseen.on_exit.receive(unseen.actor, exit, state);
        }
    }
}

/// Logs a panic or an error that nobody waited for.
fn log_unseen(actor: &'static str, exit: &Exit<()>) {
    #[cfg(feature = "tracing")]
    observed(|| match exit.reason {
        ExitReason::Panicked(_) => {
            tracing::error!(actor, name = exit.name(), exit = %Logged(exit), "an actor panicked");
        }
        ExitReason::Failed(_) => {
            tracing::error!(actor, name = exit.name(), exit = %Logged(exit), "an actor failed");
        }
        _ => {}
    });
    #[cfg(not(feature = "tracing"))]
    let _ = (actor, exit);
}
