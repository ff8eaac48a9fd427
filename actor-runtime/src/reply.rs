//! The reply to one call: a oneshot channel whose loss says why.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::thread;

use crate::error::CallError;

/// Where the answer to one call goes.
///
/// A method that takes one need not answer before it returns; see [`#[actor]`](macro@crate::actor). It can
/// be kept in the state, sent to a task, or to another actor. Dropped, it leaves its caller with
/// [`CallError::Unanswered`]. When the actor has ended, its tasks included, its callers wait no longer,
/// wherever the reply is kept: they get [`CallError::Stopped`].
///
/// # Examples
///
/// A command made and answered by hand, without an actor:
///
/// ```
/// use actor_runtime::Reply;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let (reply, answer) = Reply::new();
/// reply.send(42);
/// assert_eq!(answer.await, Ok(42));
/// # }
/// ```
#[must_use = "a reply that is dropped leaves its caller without an answer"]
pub struct Reply<T> {
    /// `None` only while it is dropped after it was used.
    sender: Option<oneshot::Sender<Result<T, CallError>>>,
}

impl<T> Reply<T> {
    /// A reply, and the future of what will be sent with it.
    pub fn new() -> (Self, Answer<T>) {
        let (sender, receiver) = oneshot::async_channel();
        (
            Self {
                sender: Some(sender),
            },
            Answer { receiver },
        )
    }

    /// Sends the answer. If the caller has left, the answer is dropped.
    ///
    /// # Examples
    ///
    /// ```
    /// use actor_runtime::Reply;
    ///
    /// let (reply, answer) = Reply::new();
    /// drop(answer);
    /// reply.send("nobody hears this, and nothing breaks");
    /// ```
    pub fn send(mut self, answer: T) {
        if let Some(sender) = self.sender.take() {
            // A caller that has left is no failure of the actor.
            let _ = sender.send(Ok(answer));
        }
    }

    /// Whether the caller has left, so that nobody waits for the answer.
    ///
    /// # Examples
    ///
    /// ```
    /// use actor_runtime::Reply;
    ///
    /// let (reply, answer) = Reply::<u32>::new();
    /// assert!(!reply.is_closed());
    /// drop(answer);
    /// assert!(reply.is_closed());
    /// ```
    pub fn is_closed(&self) -> bool {
        self.sender.as_ref().is_none_or(oneshot::Sender::is_closed)
    }
}

impl<T> Drop for Reply<T> {
    #[inline]
    fn drop(&mut self) {
        if let Some(sender) = self.sender.take() {
            leave_unanswered(sender);
        }
    }
}

#[cold]
fn leave_unanswered<T>(sender: oneshot::Sender<Result<T, CallError>>) {
    // The caller must not have to wait until the panic has reached the end of the loop.
    if thread::panicking() {
        let _ = sender.send(Err(CallError::Panicked));
    }
}

impl<T> fmt::Debug for Reply<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reply")
            .field("is_closed", &self.is_closed())
            .finish_non_exhaustive()
    }
}

/// The future of the answer to one call; see [`Reply::new`].
///
/// # Errors
///
/// [`CallError::Unanswered`] if the reply was dropped, [`CallError::Panicked`] if that was because of
/// a panic.
///
/// # Cancel safety
///
/// Cancel safe: polled again later, it gives the answer that came meanwhile.
#[must_use = "futures do nothing unless polled"]
pub struct Answer<T> {
    receiver: oneshot::AsyncReceiver<Result<T, CallError>>,
}

impl<T> Future for Answer<T> {
    type Output = Result<T, CallError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        Pin::new(&mut self.receiver)
            .poll(cx)
            .map(|answer| answer.unwrap_or(Err(CallError::Unanswered)))
    }
}

impl<T> fmt::Debug for Answer<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Answer").finish_non_exhaustive()
    }
}
