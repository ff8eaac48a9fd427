//! Why a call was not answered.

use std::error::Error;
use std::fmt;
use std::io;
use std::sync::Arc;

/// Why a call to an actor was not answered, or a command not accepted.
///
/// The variants say how far the command got:
///
/// | | variants | [`never_ran`](Self::never_ran) |
/// |---|---|---|
/// | never accepted | `Closed`, `Full`, `Deadlock`, `Blocking` | yes |
/// | accepted, never started | `Refused` | yes |
/// | may have run, wholly or in part | `Stopped`, `Panicked`, `Unanswered` | no |
///
/// # Examples
///
/// ```
/// use actor_runtime::{actor, channel, CallError};
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
/// let (client, inbox) = channel::<Greeter>(1);
/// drop(inbox);
/// assert_eq!(client.greet("Ann").await, Err(CallError::Closed));
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum CallError {
    /// The actor takes no commands any more: it ended, or was told to.
    Closed,
    /// The mailbox is full, and a `try_` method does not wait.
    Full,
    /// A method of an actor called an actor that waits for it, itself for one, so neither would ever go on. See
    /// [`Cycle`].
    Deadlock(Cycle),
    /// A `blocking_` method was called inside an async task, which it would have blocked. (A task
    /// under tokio's `unconstrained` cannot be told from a thread: there the method blocks.)
    Blocking,
    /// The actor ended before it came to this command.
    Refused,
    /// The actor was stopped while it handled this command.
    Stopped,
    /// The method panicked.
    Panicked,
    /// The reply was dropped without an answer.
    Unanswered,
}

impl CallError {
    /// Returns true if the command certainly did not run, so that sending it again cannot run it twice.
    ///
    /// That alone is no reason to send it again: a call to an actor that has ended never runs either, however
    /// often it is repeated. Bound the number of attempts, and look at
    /// [`Client::is_closed`](crate::Client::is_closed) before the next one.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    /// use actor_runtime::{actor, channel, CallError, Client};
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
    ///         match client.try_greet().await {
    ///             Err(error) if error.never_ran() && !client.is_closed() => {
    ///                 tokio::time::sleep(pause).await;
    ///             }
    ///             answer => return answer,
    ///         }
    ///     }
    ///     client.try_greet().await
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let (client, inbox) = channel::<Greeter>(1);
    /// drop(inbox);
    /// assert_eq!(greet(&client).await, Err(CallError::Closed));
    /// # }
    /// ```
    pub fn never_ran(&self) -> bool {
        match self {
            Self::Closed | Self::Full | Self::Blocking | Self::Refused => true,
            Self::Deadlock(cycle) => !cycle.0.is_accepted,
            Self::Stopped | Self::Panicked | Self::Unanswered => false,
        }
    }
}

impl fmt::Display for CallError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Deadlock(cycle) => return write!(f, "a deadlock: {cycle}"),
            Self::Closed => "the actor takes no commands any more",
            Self::Full => "the actor's mailbox is full",
            Self::Blocking => "a blocking call inside an async task",
            Self::Refused => "the actor ended before it came to this command",
            Self::Stopped => "the actor was stopped while it handled this command",
            Self::Panicked => "the actor panicked while it handled this command",
            Self::Unanswered => "the actor dropped the reply without an answer",
        })
    }
}

impl Error for CallError {}

/// Actors that would wait for each other for ever, each in a method: `cache.get → db.load → cache`.
///
/// The call that would close the cycle fails, and with it the cycle is none: a caller that handles the error,
/// or hands it on, lets all of its actors go on. What to change is one of the calls in it: let the callee have what it needs
/// in its arguments, spawn a task that calls ([`Context::spawn`](crate::Context::spawn)), or answer later with a
/// [`Reply`](crate::Reply).
///
/// # Examples
///
/// ```
/// use actor_runtime::{actor, Actor, CallError, CancellationToken, Context};
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
///         let myself = ctx.client().upgrade().ok_or(CallError::Closed)?;
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
    /// Whether the command was accepted, which is so if its call began outside of the method that waits now.
    is_accepted: bool,
}

/// A method that waits for the actor of the next step, and the last one for that of the first.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(crate) struct Step {
    pub(crate) actor: &'static str,
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
        let first = self.0.steps.first();
        f.write_str(first.map_or("", |step| step.actor))
    }
}

impl fmt::Debug for Cycle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Cycle({self})")
    }
}

impl From<CallError> for io::Error {
    fn from(error: CallError) -> Self {
        let kind = match error {
            CallError::Full => io::ErrorKind::WouldBlock,
            CallError::Deadlock(_) => io::ErrorKind::Deadlock,
            CallError::Closed | CallError::Refused | CallError::Stopped => {
                io::ErrorKind::BrokenPipe
            }
            CallError::Blocking | CallError::Panicked | CallError::Unanswered => {
                io::ErrorKind::Other
            }
        };
        Self::new(kind, error)
    }
}
