//! The error of a call, which says how far its command got.

use std::error::Error;
use std::fmt;
use std::io;
use std::sync::Arc;

use crate::shutdown::StopReason;
use crate::title::Title;

/// The reason why a call was not answered, or a command not accepted.
///
/// The variants say how far the command got:
///
/// | | variants | [`never_ran`](Self::never_ran) |
/// |---|---|---|
/// | never accepted | `Closed`, `Full`, `Deadlock`, `Blocking`, `Unreachable`, `Unsupported` | yes |
/// | accepted, never begun | `Refused` | yes |
/// | may have run, wholly or in part | `Stopped`, `Panicked`, `Unanswered`, `TimedOut` | no |
///
/// A deadlock that is found only after the command was accepted is the exception: the command may have run.
///
/// # Examples
///
/// ```
/// use actor_runtime::{actor, Actor, CallError, CancellationToken, Client, Why};
///
/// struct Greeter;
///
/// #[actor]
/// impl Greeter {
///     pub fn greet(&self, name: &str) -> String {
///         format!("hello {name}")
///     }
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let shutdown = CancellationToken::new();
/// let client = Greeter.spawn(shutdown.clone());
/// shutdown.cancel();
/// client.closed().await;
/// let error = client.greet("Ann").await.unwrap_err();
/// assert_eq!(error, CallError::Closed(Why::Cancelled));
/// assert_eq!(error.to_string(), "the actor was told to stop");
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum CallError {
    /// The actor no longer takes commands: it has ended, or was told to end, for this reason.
    Closed(Why),
    /// The mailbox is full, and a `try_` method does not wait.
    Full,
    /// The call would have closed a cycle of actors that wait for each other, so no answer would have come. See
    /// [`Cycle`].
    Deadlock(Cycle),
    /// A `blocking_` method was called inside an async task, which it would have blocked.
    ///
    /// A task under tokio's `unconstrained` cannot be told from a thread, so there the method blocks.
    Blocking,
    /// The actor accepted this command, and ended before it began it.
    Refused,
    /// The actor was stopped while it handled this command, or ended before a deferred reply was sent.
    Stopped,
    /// The method panicked.
    Panicked,
    /// The reply was dropped without an answer.
    Unanswered,
    /// The time that the command's `timeout` sets has passed.
    ///
    /// A caller that still waited for a place in the mailbox has given it up, and its command never runs. A command
    /// that was accepted runs to its end, now or later. The error of a cast always means the former. For a call, it
    /// does not say which. A caller that has to know sends with a `try_` method, which fails with [`Full`](Self::Full)
    /// or has sent the command, and then waits for the [`Answer`](crate::Answer) as long as it likes.
    TimedOut,
    /// The actor is in another process, and nobody there serves its name, or there is no connection.
    ///
    /// Only carriers of commands return it; see `actor_runtime::remote`, which is behind the feature `remote`.
    Unreachable,
    /// The command cannot be sent to another process, or that process does not know it. The same call fails again.
    ///
    /// Only commands of remote actors fail with it; see `actor_runtime::remote`, which is behind the feature `remote`.
    Unsupported(Detail),
}

const _: () = assert!(
    size_of::<CallError>() == 16,
    "an error costs little to return"
);

impl CallError {
    /// Returns true if the command certainly did not run, so that sending it again cannot run it twice.
    ///
    /// True does not mean that another attempt can succeed: a call to an actor that has ended never runs either,
    /// however often it is repeated. Bound the number of attempts, and check
    /// [`Client::is_closed`](crate::Client::is_closed) before the next one.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    /// use actor_runtime::{actor, channel, CallError, Client, Why};
    ///
    /// struct Greeter;
    ///
    /// #[actor]
    /// impl Greeter {
    ///     #[command(try)]
    ///     pub fn greet(&self) -> String {
    ///         "hello".to_owned()
    ///     }
    /// }
    ///
    /// /// Tries three times, for as long as there is an actor.
    /// async fn greet(client: &GreeterClient) -> Result<String, CallError> {
    ///     for pause in [10, 100].map(Duration::from_millis) {
    ///         match client.try_greet() {
    ///             Err(error) if error.never_ran() && !client.is_closed() => {
    ///                 tokio::time::sleep(pause).await;
    ///             }
    ///             sent => return sent?.await,
    ///         }
    ///     }
    ///     client.try_greet()?.await
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let (client, inbox) = channel::<Greeter>(1);
    /// drop(inbox);
    /// assert_eq!(greet(&client).await, Err(CallError::Closed(Why::Unknown)));
    /// # }
    /// ```
    pub fn never_ran(&self) -> bool {
        match self {
            Self::Closed(_)
            | Self::Full
            | Self::Blocking
            | Self::Refused
            | Self::Unreachable
            | Self::Unsupported(_) => true,
            Self::Deadlock(cycle) => !cycle.0.is_accepted,
            Self::Stopped | Self::Panicked | Self::Unanswered | Self::TimedOut => false,
        }
    }
}

impl fmt::Display for CallError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Deadlock(cycle) => return write!(f, "a deadlock: {cycle}"),
            Self::Closed(why) => return write!(f, "the actor {why}"),
            Self::Full => "the actor's mailbox is full",
            Self::Blocking => "a blocking call inside an async task",
            Self::Refused => "the actor ended before it came to this command",
            Self::Stopped => "the actor was stopped while it handled this command",
            Self::Panicked => "the actor panicked while it handled this command",
            Self::Unanswered => "the actor dropped the reply without an answer",
            Self::TimedOut => "the call took longer than its timeout",
            Self::Unreachable => "the actor cannot be reached",
            Self::Unsupported(detail) => {
                return write!(f, "the command is not supported: {detail}");
            }
        })
    }
}

impl Error for CallError {}

/// The reason why an actor has ended, or takes no more commands.
///
/// [`CallError::Closed`] contains it, and [`Client::ended`](crate::Client::ended) returns it. When the actor has ended,
/// it says in one word what the [`ExitReason`](crate::ExitReason) says with its payload. Until then it is what is known
/// so far. So an actor that was told to stop, and panics in its `#[on_stop]` method, is [`Cancelled`](Self::Cancelled)
/// first and [`Panicked`](Self::Panicked) in the end.
///
/// Its `Display` goes on from "the actor": "panicked", "was told to stop".
///
/// # Examples
///
/// ```
/// use actor_runtime::{actor, Actor, CallError, CancellationToken, Client, Why};
///
/// struct Divider;
///
/// #[actor]
/// impl Divider {
///     pub fn divide(&self, number: u32, by: u32) -> u32 {
///         number / by
///     }
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let divider = Divider.spawn(CancellationToken::new());
/// assert_eq!(divider.divide(1, 0).await, Err(CallError::Panicked));
/// assert_eq!(divider.ended().await, Why::Panicked);
/// let error = divider.divide(4, 2).await.unwrap_err();
/// assert_eq!(error.to_string(), "the actor panicked");
/// # }
/// ```
// As large as a pointer, which another variant of `CallError` has in its place. So an error fits into two registers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[repr(usize)]
#[non_exhaustive]
pub enum Why {
    /// No reason is known. The actor is ending and has not told it yet, or there never was an actor: the inbox of a
    /// [`channel`](crate::channel()) was dropped.
    #[default]
    Unknown,
    /// The shutdown token was cancelled, or [`ActorHandle::shutdown`](crate::ActorHandle::shutdown) was called.
    Cancelled,
    /// The actor stopped itself with [`Context::stop`](crate::Context::stop) or a `#[command(last)]`, its streams have
    /// ended, or its `#[run]` method has returned.
    Stopped,
    /// The last client was dropped, and the queued commands have been handled.
    ClientsDropped,
    /// The start failed: the `#[on_start]` method returned an error, or the period of an `#[every]` method was zero.
    StartFailed,
    /// The actor failed with an error: a method called [`Context::fail`](crate::Context::fail), or a source or the
    /// `#[on_stop]` method returned it.
    Failed,
    /// A method or a task of the actor panicked.
    Panicked,
    /// The actor's task was aborted, its runtime ended, or a method outlasted the deadline.
    Aborted,
}

/// A [`Why`] in one byte.
#[derive(Clone, Copy, Default)]
pub(crate) struct PackedWhy(u8);

impl PackedWhy {
    /// All reasons, in the order of their numbers.
    const ALL: [Why; 8] = [
        Why::Unknown,
        Why::Cancelled,
        Why::Stopped,
        Why::ClientsDropped,
        Why::StartFailed,
        Why::Failed,
        Why::Panicked,
        Why::Aborted,
    ];

    pub(crate) fn new(why: Why) -> Self {
        Self(why as u8)
    }

    pub(crate) fn unpack(self) -> Why {
        Self::ALL[usize::from(self.0)]
    }
}

impl From<StopReason> for Why {
    fn from(reason: StopReason) -> Self {
        match reason {
            StopReason::Cancelled => Self::Cancelled,
            StopReason::Stopped => Self::Stopped,
            StopReason::ClientsDropped => Self::ClientsDropped,
            StopReason::Failed => Self::Failed,
        }
    }
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Unknown => "no longer takes commands",
            Self::Cancelled => "was told to stop",
            Self::Stopped => "stopped itself",
            Self::ClientsDropped => "ended with its last client",
            Self::StartFailed => "failed to start",
            Self::Failed => "failed",
            Self::Panicked => "panicked",
            Self::Aborted => "was aborted",
        })
    }
}

/// Actors that would wait for each other forever, each in a method: `cache.get → db.load → cache`.
///
/// The call that would close the cycle fails instead, so the cycle never forms. Its actors go on as soon as the method
/// that called handles the error or returns it. To avoid the cycle, change one of its calls:
///
/// - Give the callee what it needs in the arguments.
/// - Call from a task ([`Context::spawn`](crate::Context::spawn)).
/// - Answer later, with a [`Reply`](crate::Reply).
///
/// # What counts as a wait
///
/// A method waits for an actor from the first time that it polls a call to it, or a cast for which there is no room,
/// until the answer is sent or the call is dropped. A call that is kept and no longer polled, as `&mut call` in a
/// `select!`, counts until the method ends. The next item of [`Replies`](crate::Replies) counts as an answer.
///
/// Calls of tasks are not waits, even if the method waits for the task, and even if it polls the task itself, as with a
/// `LocalSet`. Other waits are not seen either, and actors that wait for each other in these ways hang:
///
/// - for a [`Reply`](crate::Reply) that is kept in a state, or was sent elsewhere, after its method has returned;
/// - for channels, locks, and other primitives;
/// - for the task of a spawned future, and for the end of an actor, as a parent does for its children before a restart.
///
/// # Examples
///
/// ```
/// use actor_runtime::{actor, Actor, CallError, CancellationToken, Context, Why};
///
/// struct Counter(u64);
///
/// #[actor]
/// impl Counter {
///     pub fn value(&self) -> u64 {
///         self.0
///     }
///
///     pub async fn double(&mut self, ctx: &mut Context<Self>) -> Result<u64, CallError> {
///         let myself = ctx.client().upgrade().ok_or(CallError::Closed(Why::ClientsDropped))?;
///         self.0 += myself.value().await?; // Write `self.value()`: the actor is busy with `double`.
///         Ok(self.0)
///     }
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), CallError> {
/// let counter = Counter(1).spawn(CancellationToken::new());
/// let error = counter.double().await?.unwrap_err();
/// assert_eq!(error.to_string(), "a deadlock: counter.double → counter");
/// assert_eq!(counter.value().await?, 1);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Cycle(Arc<Ring>);

#[derive(Clone, PartialEq, Eq, Hash)]
struct Ring {
    steps: Vec<Step>,
    /// True if the command was accepted before the deadlock was found, as when its call began outside of the method
    /// that now waits for it.
    is_accepted: bool,
}

/// A method that waits for the actor of the next step. The method of the last step waits for the actor of the first.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(crate) struct Step {
    pub(crate) actor: Title,
    pub(crate) method: &'static str,
}

impl Cycle {
    pub(crate) fn new(steps: Vec<Step>) -> Self {
        let is_accepted = false;
        Self(Arc::new(Ring { steps, is_accepted }))
    }

    pub(crate) fn of_an_accepted_command(mut self) -> Self {
        Arc::make_mut(&mut self.0).is_accepted = true;
        self
    }
}

impl fmt::Display for Cycle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for step in &self.0.steps {
            write!(f, "{}.{} → ", step.actor, step.method)?;
        }
        match self.0.steps.first() {
            Some(first) => write!(f, "{}", first.actor),
            None => Ok(()),
        }
    }
}

impl fmt::Debug for Cycle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Cycle({self})")
    }
}

/// The reason why a command is [unsupported](CallError::Unsupported). It names methods and arguments, and never contains
/// the value of an argument.
///
/// # Examples
///
/// ```
/// use actor_runtime::{CallError, Detail};
///
/// let error = CallError::Unsupported(Detail::new("no method `put`"));
/// assert_eq!(error.to_string(), "the command is not supported: no method `put`");
/// ```
// Behind one word, so that `CallError` stays small.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Detail(Arc<Box<str>>);

impl Detail {
    /// Makes a detail of a phrase such as "no method `put`", which follows "the command is not supported:".
    pub fn new(phrase: impl Into<Box<str>>) -> Self {
        Self(Arc::new(phrase.into()))
    }
}

impl fmt::Display for Detail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Detail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Detail({self})")
    }
}

impl From<CallError> for io::Error {
    fn from(error: CallError) -> Self {
        let kind = match error {
            CallError::Full => io::ErrorKind::WouldBlock,
            CallError::Deadlock(_) => io::ErrorKind::Deadlock,
            CallError::TimedOut => io::ErrorKind::TimedOut,
            CallError::Unreachable => io::ErrorKind::NotConnected,
            CallError::Unsupported(_) => io::ErrorKind::Unsupported,
            CallError::Closed(_) | CallError::Refused | CallError::Stopped => {
                io::ErrorKind::BrokenPipe
            }
            CallError::Blocking | CallError::Panicked | CallError::Unanswered => {
                io::ErrorKind::Other
            }
        };
        Self::new(kind, error)
    }
}

#[cfg(test)]
mod tests {
    use super::{PackedWhy, Why};

    #[test]
    fn a_packed_reason_is_unpacked() {
        for why in PackedWhy::ALL {
            assert_eq!(PackedWhy::new(why).unpack(), why);
        }
        assert_eq!(PackedWhy::ALL.last(), Some(&Why::Aborted));
    }
}
