//! Why a call was not answered.

use std::error::Error;
use std::fmt;
use std::io;

/// Why a call to an actor was not answered, or a command not accepted.
///
/// The variants say how far the command got:
///
/// | | variants | [`is_retryable`](Self::is_retryable) |
/// |---|---|---|
/// | never accepted | `Closed`, `Full`, `Blocking` | yes |
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
    /// Whether the command certainly did not run, so that sending it again cannot run it twice.
    ///
    /// # Examples
    ///
    /// ```
    /// use actor_runtime::CallError;
    ///
    /// assert!(CallError::Full.is_retryable());
    /// assert!(CallError::Refused.is_retryable());
    /// assert!(!CallError::Panicked.is_retryable());
    /// ```
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::Closed | Self::Full | Self::Blocking | Self::Refused => true,
            Self::Stopped | Self::Panicked | Self::Unanswered => false,
        }
    }
}

impl fmt::Display for CallError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
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

impl From<CallError> for io::Error {
    fn from(error: CallError) -> Self {
        let kind = match error {
            CallError::Full => io::ErrorKind::WouldBlock,
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
