//! Exits: how an actor ended, and what it had done until then.

use std::any::Any;
use std::error::Error;
use std::fmt;
use std::mem;
use std::sync::Arc;

use crate::error::Why;
use crate::panics::{Payload, caught, discard};
use crate::shutdown::StopReason;

/// The end of an actor: the reason, the final state, and the number of commands handled, skipped and refused.
///
/// The exit of one incarnation of a supervised actor (see [`Supervisor`](crate::Supervisor)) counts from the start of
/// that incarnation.
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
    /// The reason why the actor ended.
    pub reason: ExitReason,
    /// The final state. It is `None` if a method was cut off, by a panic, an abort or a deadline, if a
    /// `#[command(last)]` method took the state, and if a supervised actor ended before it was restarted.
    pub state: Option<A>,
    /// The number of commands that ran to their end.
    pub handled: u64,
    /// The number of calls to `skip_cancelled` methods that were skipped because their callers had left.
    pub skipped: u64,
    /// The number of commands that were accepted and never begun. Their callers were told.
    pub refused: u64,
    /// The method that was cut off, if one was: a command, a hook or a source.
    pub in_progress: Option<&'static str>,
    /// The name of the instance.
    pub(crate) name: Option<Arc<String>>,
}

/// An exit without its state, so that this is compiled once and not for each actor.
impl Exit<()> {
    /// The exit of an actor whose loop ended with a state, with a panic, or cut off without either.
    #[inline]
    pub(crate) fn new(panic: Option<Payload>, has_state: bool, stop: Option<StopReason>) -> Self {
        let reason = match panic {
            Some(payload) => ExitReason::Panicked(payload),
            None if !has_state => ExitReason::Aborted,
            None => ExitReason::of(stop.unwrap_or(StopReason::ClientsDropped)),
        };
        Self {
            reason,
            state: has_state.then_some(()),
            handled: 0,
            skipped: 0,
            refused: 0,
            in_progress: None,
            name: None,
        }
    }

    /// Adds what only some actors have to tell.
    #[cold]
    pub(crate) fn add(&mut self, record: Record) {
        let unfinished = match record.last_batch {
            (method, behind_first) if self.in_progress == Some(method) => behind_first,
            _ => 0,
        };
        let handled = self.handled + record.batched - unfinished - record.skipped;
        let unhandled = record.turned_away + u64::from(record.is_last_unfinished);
        // Saturating: a `#[run]` method can handle commands that were never sent, and so never counted as handled.
        self.handled = handled.saturating_sub(unhandled);
        self.skipped = record.skipped;
        self.refused += record.refused + record.turned_away;
        self.name = record.name;
        if let Some(error) = record.start_error {
            self.reason.or_start_error(error);
        }
        if let Some(error) = record.error {
            self.reason.or_error(error);
        }
        if let Some(panic) = record.panic {
            self.reason.or_panic(panic);
        }
    }

    #[inline]
    pub(crate) fn with_state<A>(self, state: Option<A>) -> Exit<A> {
        Exit {
            reason: self.reason,
            state,
            handled: self.handled,
            skipped: self.skipped,
            refused: self.refused,
            in_progress: self.in_progress,
            name: self.name,
        }
    }
}

impl<A> Exit<A> {
    /// Formats the exit with this text for its `reason`.
    fn fmt_with(&self, reason: &dyn fmt::Display, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{reason}")?;
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

    /// Returns the name that [`Builder::name`](crate::Builder::name) gave to the instance, if it did.
    pub fn name(&self) -> Option<&str> {
        self.name.as_ref().map(|name| name.as_str())
    }

    /// Takes the state out.
    pub(crate) fn split(mut self) -> (Exit<()>, Option<A>) {
        let state = self.state.take();
        let exit = Exit {
            reason: self.reason,
            state: state.as_ref().map(|_| ()),
            handled: self.handled,
            skipped: self.skipped,
            refused: self.refused,
            in_progress: self.in_progress,
            name: self.name,
        };
        (exit, state)
    }
}

/// Everything that an actor tells in its exit, except for the number of its commands.
#[derive(Default)]
pub(crate) struct Record {
    /// The name of the instance.
    pub(crate) name: Option<Arc<String>>,
    pub(crate) start_error: Option<Box<dyn Error + Send + Sync>>,
    /// The first error that ended the loop.
    pub(crate) error: Option<Box<dyn Error + Send + Sync>>,
    /// The number of queued commands that were refused before the mailbox ended.
    pub(crate) refused: u64,
    /// The first panic that was kept for the exit, such as the panic of a task.
    pub(crate) panic: Option<Payload>,
    /// The number of calls skipped because their callers had left.
    pub(crate) skipped: u64,
    /// The number of commands handled together with another one, in its batch.
    pub(crate) batched: u64,
    /// The method of the last batch, and the number of commands behind its first one.
    pub(crate) last_batch: (&'static str, u64),
    /// The number of commands that were begun and then refused.
    pub(crate) turned_away: u64,
    /// True if a command was begun that takes the state, and its method has not returned.
    pub(crate) is_last_unfinished: bool,
}

impl Record {
    pub(crate) fn is_of_failure(&self) -> bool {
        self.failure().is_some()
    }

    /// Returns the reason why the actor ends, if it has failed.
    pub(crate) fn failure(&self) -> Option<Why> {
        match self {
            Self { panic: Some(_), .. } => Some(Why::Panicked),
            Self {
                start_error: Some(_),
                ..
            } => Some(Why::StartFailed),
            Self { error: Some(_), .. } => Some(Why::Failed),
            _ => None,
        }
    }

    /// Keeps an error unless there was one before. Returns the one that is not kept, to be dropped without a lock.
    pub(crate) fn keep_error(
        &mut self,
        error: Box<dyn Error + Send + Sync>,
    ) -> Option<Box<dyn Error + Send + Sync>> {
        if self.error.is_some() {
            return Some(error);
        }
        self.error = Some(error);
        None
    }

    /// Keeps a panic unless there was one before. Returns the one that is not kept, to be dropped without a lock.
    pub(crate) fn keep_panic(&mut self, payload: Payload) -> Option<Payload> {
        if self.panic.is_some() {
            return Some(payload);
        }
        self.panic = Some(payload);
        None
    }
}

impl<A> fmt::Debug for Exit<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Exit")
            .field("name", &self.name)
            .field("reason", &self.reason)
            .field("handled", &self.handled)
            .field("skipped", &self.skipped)
            .field("refused", &self.refused)
            .field("in_progress", &self.in_progress)
            .finish_non_exhaustive()
    }
}

/// One line for people: "cancelled; 12 commands handled, 0 refused".
impl<A> fmt::Display for Exit<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.fmt_with(&self.reason, f)
    }
}

/// Shows an exit in the log, also if its error panics when it is displayed.
#[cfg(feature = "tracing")]
pub(crate) struct Logged<'a, A>(pub(crate) &'a Exit<A>);

#[cfg(feature = "tracing")]
impl<A> fmt::Display for Logged<'_, A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt_with(&self.0.reason.described(), f)
    }
}

/// The reason why an actor ended.
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
    /// The shutdown token was cancelled, [`ActorHandle::shutdown`](crate::ActorHandle::shutdown) was called, or the
    /// parent has ended.
    Cancelled,
    /// The actor stopped itself with [`Context::stop`](crate::Context::stop) or a `#[command(last)]`, its `#[run]`
    /// method has returned, or it was `detached` and its streams have ended when no client was left.
    Stopped,
    /// The last client was dropped, and the queued commands have been handled. A `detached` actor whose streams have
    /// ended before also ends then.
    ClientsDropped,
    /// The `#[on_start]` method failed with this error, or the period of an `#[every]` method was zero.
    StartFailed(Box<dyn Error + Send + Sync>),
    /// The actor ended with this error: a method called [`Context::fail`](crate::Context::fail), or a source or the
    /// `#[on_stop]` method returned it. If there were several errors, this is the first one.
    Failed(Box<dyn Error + Send + Sync>),
    /// A method or a task of the actor panicked, with this payload. In a profile with `panic = "abort"` the process
    /// ends instead.
    Panicked(Box<dyn Any + Send>),
    /// The actor's task was aborted, its runtime ended, or a method outlasted the deadline.
    Aborted,
}

impl ExitReason {
    #[inline]
    pub(crate) fn of(stop: StopReason) -> Self {
        match stop {
            StopReason::Cancelled => Self::Cancelled,
            // The error is added later.
            StopReason::Stopped | StopReason::Failed => Self::Stopped,
            StopReason::ClientsDropped => Self::ClientsDropped,
        }
    }

    /// Returns the reason without its error or payload.
    #[inline]
    pub(crate) fn why(&self) -> Why {
        match self {
            Self::Cancelled => Why::Cancelled,
            Self::Stopped => Why::Stopped,
            Self::ClientsDropped => Why::ClientsDropped,
            Self::StartFailed(_) => Why::StartFailed,
            Self::Failed(_) => Why::Failed,
            Self::Panicked(_) => Why::Panicked,
            Self::Aborted => Why::Aborted,
        }
    }

    /// Describes the reason, also if its error panics when it is displayed.
    pub(crate) fn described(&self) -> String {
        let mut text = String::new();
        if let Some(panic) = caught(|| text = self.to_string()) {
            discard(panic);
            text = self.why().to_string();
        }
        text
    }

    /// Becomes the error of the start, unless it is a panic.
    #[cold]
    fn or_start_error(&mut self, error: Box<dyn Error + Send + Sync>) {
        match self {
            Self::Panicked(_) => self.leave_out(error),
            _ => self.give_way(Self::StartFailed(error)),
        }
    }

    /// Becomes an error, unless it is a panic or the error of the start.
    #[cold]
    fn or_error(&mut self, error: Box<dyn Error + Send + Sync>) {
        match self {
            Self::Panicked(_) | Self::StartFailed(_) => self.leave_out(error),
            _ => self.give_way(Self::Failed(error)),
        }
    }

    /// Becomes a panic, unless it is one already.
    #[cold]
    pub(crate) fn or_panic(&mut self, payload: Payload) {
        match self {
            Self::Panicked(_) => discard(payload),
            _ => self.give_way(Self::Panicked(payload)),
        }
    }

    /// Becomes `reason`, which counts more.
    fn give_way(&mut self, reason: Self) {
        let last = mem::replace(self, reason);
        self.leave_out(last);
    }

    /// Drops what the exit does not tell. If its drop panics, that counts more than an error.
    fn leave_out<T>(&mut self, untold: T) {
        if let Some(panic) = caught(|| drop(untold)) {
            self.or_panic(panic);
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
            Self::Failed(error) => write!(f, "failed: {error}"),
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
            Self::Failed(error) => f.debug_tuple("Failed").field(error).finish(),
            Self::Panicked(payload) => f
                .debug_tuple("Panicked")
                .field(&message(payload.as_ref()))
                .finish(),
            Self::Aborted => f.write_str("Aborted"),
        }
    }
}

/// Returns the text that `panic!` was given, if it was text.
fn message(payload: &(dyn Any + Send)) -> Option<&str> {
    match payload.downcast_ref::<String>() {
        Some(message) => Some(message),
        None => payload.downcast_ref::<&'static str>().copied(),
    }
}
