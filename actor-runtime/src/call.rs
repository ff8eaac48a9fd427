//! A call: sends a command, then waits for its answer, for as long as its mode says.
//!
//! [`Sender::cast`], [`Sender::call`] and [`Sender::open`] make the three kinds of calls. Each is a future that waits
//! for room in the mailbox; `if_room` sends at once or fails, and `blocking` waits on the thread.

use std::pin::Pin;
use std::task::{self, Poll, ready};

use tokio_util::sync::WaitForCancellationFutureOwned;

use crate::blocking::block_on;
use crate::command::Command;
use crate::error::CallError;
use crate::polled;
use crate::position::Position;
use crate::replies::{Origin, Replies};
use crate::reply::Answer;
use crate::sender::{Cast, Sender};
use crate::shared::Controller;

impl<C: Command> Sender<C> {
    /// Sends a command and waits for its answer.
    #[inline]
    pub fn call<T>(&self, command: C, answer: Answer<T>) -> Call<'_, C, T> {
        Call {
            cast: self.cast(command),
            position: None,
            answer,
            deferred: None,
            ended: None,
        }
    }

    /// Sends a command whose answers are a stream.
    #[inline]
    pub fn open<T>(&self, command: C, replies: Replies<T>) -> Open<'_, C, T> {
        Open {
            method: command.name(),
            cast: self.cast(command),
            replies: Some(replies),
        }
    }
}

impl<C: Command> Cast<'_, C> {
    /// Blocks the thread until the mailbox has accepted the command.
    pub fn blocking(self) -> Result<(), CallError> {
        block_on(self)?
    }
}

/// Waits until a command is accepted, then for its answer. Dropped, it no longer waits; a command that was accepted
/// runs all the same.
#[must_use = "futures do nothing unless polled"]
pub struct Call<'a, C: Command, T> {
    cast: Cast<'a, C>,
    position: Option<Position>,
    answer: Answer<T>,
    /// The method that is called, if anybody may send the answer.
    deferred: Option<&'static str>,
    /// Ready when the actor has ended; made when a deferred answer is waited for.
    ended: Option<Pin<Box<WaitForCancellationFutureOwned>>>,
}

impl<'a, C: Command, T> Call<'a, C, T> {
    /// Lets anybody send the answer. When the actor has ended it will not come, although the reply may still be kept
    /// somewhere, as in the actor's final state.
    pub fn deferred(mut self) -> Self {
        self.deferred = Some(self.cast.method());
        self
    }

    /// Sends the command at once, if there is room for it.
    pub fn if_room(self) -> CallIfRoom<'a, C, T> {
        CallIfRoom(self)
    }

    /// Blocks the thread until the answer has come.
    pub fn blocking(self) -> Result<T, CallError> {
        block_on(self)?
    }

    /// Lists that a method waits for this call, if one polls it.
    #[inline]
    fn list_wait(&mut self) -> Result<(), CallError> {
        if polled::in_method() {
            self.cast
                .list_wait_for_answer(self.position, self.deferred)?;
        }
        Ok(())
    }

    #[inline]
    fn poll_answer(
        &mut self,
        position: Position,
        cx: &mut task::Context<'_>,
    ) -> Poll<Result<T, CallError>> {
        let result = ready!(Pin::new(&mut self.answer).poll(cx));
        self.cast.end_wait();
        Poll::Ready(match result {
            Ok(answer) => Ok(answer),
            Err(lost) => Err(self.cast.why_lost(position, lost)),
        })
    }

    /// Gives up a deferred answer that has not come when the actor has ended.
    #[cold]
    fn poll_ended(
        &mut self,
        position: Position,
        cx: &mut task::Context<'_>,
    ) -> Poll<Result<T, CallError>> {
        let shared = self.cast.shared();
        let ended = self
            .ended
            .get_or_insert_with(|| Box::pin(shared.control().ended().cancelled_owned()));
        ready!(ended.as_mut().poll(cx));
        // What came meanwhile counts.
        if let Poll::Ready(result) = self.poll_answer(position, cx) {
            return Poll::Ready(result);
        }
        Poll::Ready(Err(self.cast.why_lost(position, CallError::Unanswered)))
    }
}

impl<C: Command, T> Future for Call<'_, C, T> {
    type Output = Result<T, CallError>;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut task::Context<'_>) -> Poll<Self::Output> {
        let this = self.get_mut();
        let position = match this.position {
            Some(position) => position,
            None => {
                this.list_wait()?;
                *this.position.insert(ready!(this.cast.poll_accepted(cx))?)
            }
        };
        if let Poll::Ready(result) = this.poll_answer(position, cx) {
            return Poll::Ready(result);
        }
        this.list_wait()?;
        if this.deferred.is_some() {
            return this.poll_ended(position, cx);
        }
        Poll::Pending
    }
}

/// Fails if there is no room for a command, then waits for its answer.
#[must_use = "futures do nothing unless polled"]
pub struct CallIfRoom<'a, C: Command, T>(Call<'a, C, T>);

impl<C: Command, T> Future for CallIfRoom<'_, C, T> {
    type Output = Result<T, CallError>;

    fn poll(self: Pin<&mut Self>, cx: &mut task::Context<'_>) -> Poll<Self::Output> {
        let call = &mut self.get_mut().0;
        if call.position.is_none() {
            call.list_wait()?;
            call.position = Some(call.cast.accept_if_room()?);
        }
        Pin::new(call).poll(cx)
    }
}

/// Waits until a command is accepted, and gives the stream of its answers.
#[must_use = "futures do nothing unless polled"]
pub struct Open<'a, C: Command, T> {
    cast: Cast<'a, C>,
    method: &'static str,
    /// `None` once it was ready.
    replies: Option<Replies<T>>,
}

impl<C: Command + Send + 'static, T> Open<'_, C, T> {
    /// Sends the command at once, if there is room for it.
    pub fn if_room(mut self) -> Result<Replies<T>, CallError> {
        let position = self.cast.accept_if_room()?;
        self.replies(position)
    }

    /// Returns the replies to the command that was accepted at `position`.
    fn replies(&mut self, position: Position) -> Result<Replies<T>, CallError> {
        let replies = self.replies.take().ok_or(CallError::Closed)?;
        Ok(replies.from(Origin {
            actor: Controller::of(self.cast.shared()),
            accepted: self.cast.accepted_at(position),
            method: self.method,
        }))
    }
}

impl<C: Command + Send + 'static, T> Future for Open<'_, C, T> {
    type Output = Result<Replies<T>, CallError>;

    fn poll(self: Pin<&mut Self>, cx: &mut task::Context<'_>) -> Poll<Self::Output> {
        let this = self.get_mut();
        let position = ready!(this.cast.poll_accepted(cx))?;
        Poll::Ready(this.replies(position))
    }
}

/// `errors = into`: a failed call is an error of the method's own type.
pub fn flatten<T, E: From<CallError>>(result: Result<Result<T, E>, CallError>) -> Result<T, E> {
    result.unwrap_or_else(|error| Err(error.into()))
}

/// `errors = default`: a failed call is the default of the method's own type.
pub fn or_default<T: Default>(method: &'static str, result: Result<T, CallError>) -> T {
    match result {
        Ok(answer) => answer,
        Err(error) => {
            log_hidden(method, &error);
            T::default()
        }
    }
}

/// Logs the failure of a call whose caller gets a default in place of the answer.
#[cold]
fn log_hidden(method: &'static str, error: &CallError) {
    #[cfg(feature = "tracing")]
    tracing::warn!(method, %error, "a call failed; its caller got the default");
    #[cfg(not(feature = "tracing"))]
    let _ = (method, error);
}

#[cfg(test)]
mod tests {
    use tokio_util::sync::CancellationToken;

    use super::*;
    use crate::inbox::Inbox;
    use crate::replies::ReplyStream;
    use crate::shutdown::{Shutdown, StopReason};

    struct List(ReplyStream<u32>);

    impl Command for List {
        type Events = ();
        type Latest = ();

        const ACTOR: &'static str = "list";

        fn name(&self) -> &'static str {
            "list"
        }
    }

    async fn send() -> (Sender<List>, Inbox<List>, Replies<u32>) {
        let (sender, inbox) = Inbox::open(1, Shutdown::Stop, CancellationToken::new());
        let (reply, replies) = ReplyStream::new();
        let replies = sender.open(List(reply), replies).await.unwrap();
        (sender, inbox, replies)
    }

    #[tokio::test(start_paused = true)]
    async fn a_stream_that_was_never_started_is_refused() {
        let (_sender, inbox, mut replies) = send().await;
        drop(inbox);
        assert_eq!(replies.next().await, Some(Err(CallError::Refused)));
        assert_eq!(replies.next().await, None);
    }

    #[tokio::test(start_paused = true)]
    async fn a_stream_that_was_cut_off_is_stopped() {
        let (sender, mut inbox, mut replies) = send().await;
        let List(mut reply) = inbox.next().await.unwrap();
        reply.send(1).await.unwrap();
        sender.shared().control().stop(StopReason::Cancelled, None);
        drop(reply);
        assert_eq!(replies.next().await, Some(Ok(1)));
        assert_eq!(replies.next().await, Some(Err(CallError::Stopped)));
    }

    #[tokio::test(start_paused = true)]
    async fn a_stream_that_is_kept_ends_with_its_actor() {
        let (sender, mut inbox, mut replies) = send().await;
        let List(mut reply) = inbox.next().await.unwrap();
        reply.send(1).await.unwrap();
        drop(inbox);
        assert_eq!(replies.next().await, Some(Ok(1)));
        assert_eq!(replies.next().await, Some(Err(CallError::Stopped)));
        assert_eq!(replies.next().await, None);
        assert!(reply.is_closed());
        drop(sender);
    }

    #[tokio::test(start_paused = true)]
    async fn a_stream_that_was_forgotten_is_unanswered() {
        let (_sender, mut inbox, mut replies) = send().await;
        drop(inbox.next().await);
        assert_eq!(replies.next().await, Some(Err(CallError::Unanswered)));
    }

    #[tokio::test(start_paused = true)]
    async fn a_closed_mailbox_takes_no_stream() {
        let (sender, inbox, _replies) = send().await;
        drop(inbox);
        let (reply, replies) = ReplyStream::new();
        let refused = sender.open(List(reply), replies).await;
        assert_eq!(refused.unwrap_err(), CallError::Closed);
    }
}
