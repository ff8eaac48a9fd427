//! What `spawn_with_handle` returns: wait for the actor's end, or bring it about.

use std::any::Any;
use std::error::Error;
use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::timeout;

use crate::actor::{Actor, Command};
use crate::error::CallError;
use crate::mailbox::{Mailbox, Record, Start};
use crate::reply::{Answer, Reply};
use crate::shutdown::{Shutdown, StopReason};

/// How an actor ended, or one of the incarnations that a [`Supervisor`](crate::Supervisor) made of it: then it
/// counts what was handled, skipped and refused since that one was started.
///
/// # Examples
///
/// ```
/// use actor_runtime::{actor, Actor, CancellationToken, ExitReason};
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
/// drop(log);
/// let exit = handle.await;
/// assert!(matches!(exit.reason, ExitReason::ClientsDropped));
/// assert_eq!((exit.handled, exit.refused), (1, 0));
/// assert_eq!(exit.state.unwrap().0, ["one"]);
/// # }
/// ```
#[non_exhaustive]
pub struct Exit<A> {
    /// Why the actor ended.
    pub reason: ExitReason,
    /// The final state. `None` where a method was cut off: after a panic, an abort or a deadline. `None`, too,
    /// where a supervised actor ended before it was restarted.
    pub state: Option<A>,
    /// How many commands ran to their end.
    pub handled: u64,
    /// How many calls were skipped because their callers had gone: those of `skip_cancelled` methods.
    pub skipped: u64,
    /// How many commands were accepted and never started; their callers were told.
    pub refused: u64,
    /// The method that was cut off, if one was: that of a command, a hook or a source.
    pub in_progress: Option<&'static str>,
}

/// Without the state, so that it is compiled once and not for each actor.
impl Exit<()> {
    /// What only some actors have to tell.
    #[cold]
    pub(crate) fn add(&mut self, record: Record) {
        let unfinished = match record.last_batch {
            (method, behind_first) if self.in_progress == Some(method) => behind_first,
            _ => 0,
        };
        self.handled = self.handled + record.batched - unfinished - record.skipped;
        self.skipped = record.skipped;
        self.refused += record.refused;
        if let (Some(error), true) = (record.start_error, self.state.is_some()) {
            self.reason = ExitReason::StartFailed(error);
        }
        if let Some(panic) = record.panic {
            self.reason.or_panic(panic);
        }
    }

    pub(crate) fn with_state<A>(self, state: Option<A>) -> Exit<A> {
        Exit {
            reason: self.reason,
            state,
            handled: self.handled,
            skipped: self.skipped,
            refused: self.refused,
            in_progress: self.in_progress,
        }
    }
}

impl<A> fmt::Debug for Exit<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Exit")
            .field("reason", &self.reason)
            .field("handled", &self.handled)
            .field("skipped", &self.skipped)
            .field("refused", &self.refused)
            .field("in_progress", &self.in_progress)
            .finish_non_exhaustive()
    }
}

/// For people: "cancelled; 12 commands handled, 0 refused".
impl<A> fmt::Display for Exit<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.reason)?;
        if let Some(method) = self.in_progress {
            write!(f, " in `{method}`")?;
        }
        let plural = if self.handled == 1 { "" } else { "s" };
        write!(
            f,
            "; {} command{plural} handled, {} refused",
            self.handled, self.refused
        )
    }
}

/// Why an actor ended.
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
///     pub fn fail(&mut self) {
///         panic!("out of luck");
///     }
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let (worker, handle) = Worker.spawn_with_handle(CancellationToken::new());
/// worker.fail().await.unwrap();
/// match handle.await.reason {
///     ExitReason::Panicked(payload) => assert_eq!(payload.downcast_ref(), Some(&"out of luck")),
///     other => unreachable!("{other}"),
/// }
/// # }
/// ```
#[non_exhaustive]
pub enum ExitReason {
    /// The shutdown token was cancelled, or [`ActorHandle::shutdown`] called.
    Cancelled,
    /// The actor stopped itself with [`Context::stop`](crate::Context::stop), or its streams have ended.
    Stopped,
    /// The last client was dropped, and what was queued has been handled.
    ClientsDropped,
    /// The `#[on_start]` method failed with this, or the period of an `#[every]` method was zero.
    StartFailed(Box<dyn Error + Send + Sync>),
    /// A method or a task of the actor panicked; this is what it panicked with. Where a profile sets
    /// `panic = "abort"` there is no such exit: the process ends.
    Panicked(Box<dyn Any + Send>),
    /// The actor's task was aborted, its runtime ended, or a method outlasted the deadline.
    Aborted,
}

impl ExitReason {
    pub(crate) fn new(
        panic: Option<Box<dyn Any + Send>>,
        has_returned: bool,
        stop: Option<StopReason>,
    ) -> Self {
        match panic {
            Some(payload) => Self::Panicked(payload),
            None if !has_returned => Self::Aborted,
            None => Self::of(stop.unwrap_or(StopReason::ClientsDropped)),
        }
    }

    #[inline]
    pub(crate) fn of(stop: StopReason) -> Self {
        match stop {
            StopReason::Cancelled => Self::Cancelled,
            StopReason::Stopped => Self::Stopped,
            StopReason::ClientsDropped => Self::ClientsDropped,
        }
    }

    /// A panic, unless there was one before.
    #[cold]
    pub(crate) fn or_panic(&mut self, payload: Box<dyn Any + Send>) {
        if !matches!(self, Self::Panicked(_)) {
            *self = Self::Panicked(payload);
        }
    }
}

impl fmt::Display for ExitReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cancelled => f.write_str("cancelled"),
            Self::Stopped => f.write_str("stopped"),
            Self::ClientsDropped => f.write_str("all clients dropped"),
            Self::StartFailed(error) => write!(f, "failed to start: {error}"),
            Self::Panicked(payload) => match message(payload.as_ref()) {
                Some(message) => write!(f, "panicked with \"{message}\""),
                None => f.write_str("panicked"),
            },
            Self::Aborted => f.write_str("aborted"),
        }
    }
}

impl fmt::Debug for ExitReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cancelled => f.write_str("Cancelled"),
            Self::Stopped => f.write_str("Stopped"),
            Self::ClientsDropped => f.write_str("ClientsDropped"),
            Self::StartFailed(error) => f.debug_tuple("StartFailed").field(error).finish(),
            Self::Panicked(payload) => f
                .debug_tuple("Panicked")
                .field(&message(payload.as_ref()))
                .finish(),
            Self::Aborted => f.write_str("Aborted"),
        }
    }
}

/// What `panic!` was given, if it was text.
fn message(payload: &(dyn Any + Send)) -> Option<&str> {
    match payload.downcast_ref::<String>() {
        Some(message) => Some(message),
        None => payload.downcast_ref::<&'static str>().copied(),
    }
}

/// A future of the actor's [`Exit`].
///
/// Dropped, it lets the actor go on. See [`Actor::spawn_with_handle`].
#[must_use = "a handle that is dropped no longer tells how the actor ended; use `spawn`"]
pub struct ActorHandle<A: Actor> {
    pub(crate) exit: Answer<Report<A>>,
    pub(crate) task: JoinHandle<()>,
    /// That of `A`'s commands, which it does not name: an actor that owns handles of actors of its own type
    /// would be `Send` only if it is an actor, which is only if it is `Send`.
    pub(crate) mailbox: Arc<dyn Remote>,
}

/// What a handle asks of a mailbox.
pub(crate) trait Remote: Send + Sync {
    fn cancel(&self, how: Option<Shutdown>);

    /// How far the actor has got with its start, if that can fail.
    fn start(&self) -> Option<watch::Receiver<Start>>;
}

impl<C: Command + Send> Remote for Mailbox<C> {
    fn cancel(&self, how: Option<Shutdown>) {
        self.stop(StopReason::Cancelled, how);
    }

    fn start(&self) -> Option<watch::Receiver<Start>> {
        self.with_extras(|extras| extras.start.as_ref().map(watch::Sender::subscribe))
    }
}

impl<A: Actor> ActorHandle<A> {
    /// Waits until the actor has started: until its `#[on_start]` method is done and its sources are set
    /// up. Commands that are sent before that are queued. Of a supervised actor, it is the first incarnation
    /// to get that far.
    ///
    /// # Errors
    ///
    /// [`CallError::Closed`] if the actor ended before it was done with that; the exit says why.
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
    /// assert!(handle.started().await.is_err());
    /// let exit = handle.await;
    /// assert!(matches!(&exit.reason, ExitReason::StartFailed(_)));
    /// assert!(exit.to_string().starts_with("failed to start: the port is taken"));
    /// # }
    /// ```
    pub async fn started(&self) -> Result<(), CallError> {
        let Some(mut start) = self.mailbox.start() else {
            return Ok(());
        };
        let start = start.wait_for(|start| *start != Start::Pending).await;
        match start.as_deref() {
            Ok(Start::Done) => Ok(()),
            _ => Err(CallError::Closed),
        }
    }

    /// Tells the actor to end as its [`Actor::SHUTDOWN`] says, and waits for its end. A method that is not
    /// done after `deadline` is aborted at its next `.await`.
    ///
    /// # Panics
    ///
    /// If the runtime has no timer.
    ///
    /// # Cancel safety
    ///
    /// Once it was polled, the actor has been told to stop. Dropped before it is done, it does not
    /// abort the actor.
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
    ///     pub async fn work_for_ever(&mut self) {
    ///         std::future::pending().await
    ///     }
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread", start_paused = true)]
    /// # async fn main() {
    /// let (worker, handle) = Worker.spawn_with_handle(CancellationToken::new());
    /// worker.work_for_ever().await.unwrap();
    /// tokio::task::yield_now().await;
    /// let exit = handle.shutdown(Duration::from_secs(5)).await;
    /// assert!(matches!(exit.reason, ExitReason::Aborted));
    /// assert_eq!(exit.in_progress, Some("work_for_ever"));
    /// # }
    /// ```
    pub async fn shutdown(self, deadline: Duration) -> Exit<A> {
        self.shutdown_with(A::SHUTDOWN, deadline).await
    }

    /// The same, with another way to treat queued commands than the actor's own. What stops already is not
    /// drained after all.
    ///
    /// # Panics
    ///
    /// If the runtime has no timer.
    ///
    /// # Cancel safety
    ///
    /// As that of [`shutdown`](Self::shutdown).
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
    pub async fn shutdown_with(mut self, how: Shutdown, deadline: Duration) -> Exit<A> {
        self.mailbox.cancel(Some(how));
        if let Ok(exit) = timeout(deadline, &mut self).await {
            return exit;
        }
        self.abort();
        self.await
    }

    /// Ends the actor at the next `.await` of its method, however far that is. Its state is dropped.
    pub fn abort(&self) {
        self.task.abort();
    }

    /// Whether the actor's task has ended.
    pub fn is_finished(&self) -> bool {
        self.task.is_finished()
    }
}

impl<A: Actor> Future for ActorHandle<A> {
    type Output = Exit<A>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        Pin::new(&mut self.exit).poll(cx).map(|report| {
            // Whoever holds the other end sends when it is dropped, so an error cannot happen.
            let exit = report.ok().and_then(Report::into_exit);
            exit.unwrap_or(Exit {
                reason: ExitReason::Aborted,
                state: None,
                handled: 0,
                skipped: 0,
                refused: 0,
                in_progress: None,
            })
        })
    }
}

impl<A: Actor> fmt::Debug for ActorHandle<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ActorHandle")
            .field("is_finished", &self.is_finished())
            .finish_non_exhaustive()
    }
}

/// What [`Builder::on_exit`](crate::Builder::on_exit) was given.
pub(crate) type OnExit<A> = Box<dyn FnOnce(Exit<A>) + Send>;

/// Who is told how an actor ended: its handle, or nobody. What is spawned without a handle is compiled
/// without one, too.
pub(crate) trait Recipient<A: Actor> {
    fn receive(self, exit: Exit<A>, on_exit: Option<OnExit<A>>);
}

impl<A: Actor> Recipient<A> for () {
    fn receive(self, exit: Exit<A>, on_exit: Option<OnExit<A>>) {
        nobody_waits(exit, on_exit);
    }
}

impl<A: Actor> Recipient<A> for Reply<Report<A>> {
    #[inline]
    fn receive(self, exit: Exit<A>, on_exit: Option<OnExit<A>>) {
        // If the handle is gone, the report is dropped here.
        self.send(Report(Some((exit, on_exit))));
    }
}

/// An exit on its way to the handle; empty once the handle has it.
pub(crate) struct Report<A: Actor>(Option<(Exit<A>, Option<OnExit<A>>)>);

impl<A: Actor> Report<A> {
    fn into_exit(mut self) -> Option<Exit<A>> {
        self.0.take().map(|(exit, _)| exit)
    }
}

impl<A: Actor> Drop for Report<A> {
    fn drop(&mut self) {
        if let Some((exit, on_exit)) = self.0.take() {
            nobody_waits(exit, on_exit);
        }
    }
}

/// The end of an actor whose handle is gone, or that had none.
fn nobody_waits<A: Actor>(exit: Exit<A>, on_exit: Option<OnExit<A>>) {
    #[cfg(feature = "tracing")]
    if let ExitReason::Panicked(_) = exit.reason {
        tracing::error!(actor = A::Command::ACTOR, %exit, "an actor panicked");
    }
    if let Some(on_exit) = on_exit {
        on_exit(exit);
    }
}
