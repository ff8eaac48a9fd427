//! All that generated code may name. No semver promise: the macro's version is pinned.

use std::future::poll_fn;
use std::marker;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{self, Poll, ready};

pub use futures_core::Stream;
use tokio_util::sync::CancellationToken;

pub use crate::actor::{
    Actor, Command as FullCommand, Emitter, PlainCommand as Command, Published, SendActor,
};
pub use crate::client::Client;
pub use crate::context::Context;
pub use crate::error::CallError;
pub use crate::events::{Events, Subscription};
pub use crate::latest::{Latest, Watch};
pub use crate::mailbox::{Inbox, Send, Sender, UNBOUNDED};
pub use crate::replies::{Replies, ReplyStream};
pub use crate::reply::Reply;
pub use crate::shutdown::{Shutdown, StopReason};
pub use crate::turns::{
    Turn, Turns, poll_item, poll_nothing, poll_output, poll_output_if, poll_tick,
};

use crate::blocking::block_on;
use crate::mailbox::{Accepted, Mailbox, Position};
use crate::replies::{Fate, Origin};
use crate::reply::Answer;
use crate::waits::{self, Waits};

impl<C: FullCommand> Sender<C> {
    /// Sends a command and waits for its answer.
    #[inline]
    pub fn call<T>(&self, command: C, answer: Answer<T>) -> Call<'_, C, T> {
        Call {
            send: self.cast(command),
            position: None,
            answer,
            deferred: None,
        }
    }

    /// Sends a command, if there is room for it, and waits for its answer.
    pub fn try_call<T>(&self, command: C, answer: Answer<T>) -> TryCall<'_, C, T> {
        TryCall(self.call(command, answer))
    }

    /// [`call`](Self::call) for an answer that anybody may send: when the actor has ended, it will not come,
    /// although the reply may still be kept somewhere, as in the actor's final state.
    pub async fn call_deferred<T>(&self, command: C, answer: Answer<T>) -> Result<T, CallError> {
        let mut call = self.deferred(command, answer);
        call.until_ended().await
    }

    /// The same, if there is room for the command.
    pub async fn try_call_deferred<T>(
        &self,
        command: C,
        answer: Answer<T>,
    ) -> Result<T, CallError> {
        let mut call = self.deferred(command, answer);
        call.try_accept()?;
        call.until_ended().await
    }

    fn deferred<T>(&self, command: C, answer: Answer<T>) -> Call<'_, C, T> {
        let deferred = Some(command.name());
        Call {
            deferred,
            ..self.call(command, answer)
        }
    }

    /// [`call_deferred`](Self::call_deferred), blocking the thread.
    pub fn blocking_call_deferred<T>(&self, command: C, answer: Answer<T>) -> Result<T, CallError> {
        block_on(self.call_deferred(command, answer))?
    }

    /// Sends a command that has no answer, if there is room for it.
    pub fn try_cast(&self, command: C) -> Result<(), CallError> {
        self.try_send(command).map(drop)
    }

    /// [`call`](Self::call), blocking the thread.
    pub fn blocking_call<T>(&self, command: C, answer: Answer<T>) -> Result<T, CallError> {
        block_on(self.call(command, answer))?
    }

    /// [`cast`](Self::cast), blocking the thread.
    pub fn blocking_cast(&self, command: C) -> Result<(), CallError> {
        block_on(self.cast(command))?
    }
}

impl<C: FullCommand + marker::Send + 'static> Sender<C> {
    /// Sends a command whose answers are a stream.
    pub async fn open<T>(&self, command: C, replies: Replies<T>) -> Result<Replies<T>, CallError> {
        let method = command.name();
        let mut send = self.cast(command);
        let position = poll_fn(|cx| send.poll_accepted(cx)).await?;
        Ok(replies.from(self.origin(method, send.accepted_at(position))))
    }

    /// The same, if there is room for the command.
    pub fn try_open<T>(&self, command: C, replies: Replies<T>) -> Result<Replies<T>, CallError> {
        let method = command.name();
        let accepted = self.try_send(command)?;
        Ok(replies.from(self.origin(method, accepted)))
    }

    fn origin(&self, method: &'static str, accepted: Accepted) -> Origin {
        Origin {
            fate: Arc::<Mailbox<C>>::clone(self.mailbox()),
            accepted,
            method,
        }
    }
}

impl<C: FullCommand + marker::Send> Fate for Mailbox<C> {
    fn why_lost(&self, accepted: Accepted, lost: CallError) -> CallError {
        Mailbox::why_lost(self, accepted, lost)
    }

    fn ended(&self) -> CancellationToken {
        Mailbox::ended(self)
    }

    fn waits(&self) -> Arc<Waits> {
        Mailbox::waits(self)
    }
}

/// Waits until a command is accepted, then for its answer. Dropped, it no longer waits; a command that
/// was accepted runs all the same.
#[must_use = "futures do nothing unless polled"]
pub struct Call<'a, C: FullCommand, T> {
    send: Send<'a, C>,
    position: Option<Position>,
    answer: Answer<T>,
    /// The method that is called, if anybody may send the answer.
    deferred: Option<&'static str>,
}

impl<C: FullCommand, T> Call<'_, C, T> {
    /// Sends the command, if there is room for it.
    fn try_accept(&mut self) -> Result<(), CallError> {
        self.list_wait()?;
        self.position = Some(self.send.try_accept()?);
        Ok(())
    }

    /// The answer, if it comes before the actor has ended.
    async fn until_ended(&mut self) -> Result<T, CallError> {
        let ended = self.send.mailbox().ended();
        let mut ended = pin!(ended.cancelled());
        poll_fn(|cx| {
            let answer = Pin::new(&mut *self).poll(cx);
            if answer.is_ready() {
                return answer;
            }
            ready!(ended.as_mut().poll(cx));
            // What came meanwhile counts.
            let answer = Pin::new(&mut *self).poll(cx);
            if answer.is_ready() {
                return answer;
            }
            Poll::Ready(Err(self.why_lost(CallError::Unanswered)))
        })
        .await
    }

    /// Why there is no answer, which was lost because of `lost`.
    fn why_lost(&self, lost: CallError) -> CallError {
        match self.position {
            Some(position) => self.send.why_lost(position, lost),
            None => CallError::Closed,
        }
    }

    /// Lists that a method waits for this call, if one polls it.
    #[inline]
    fn list_wait(&mut self) -> Result<(), CallError> {
        if waits::in_method() {
            self.send.list_call(self.position, self.deferred)?;
        }
        Ok(())
    }
}

impl<C: FullCommand, T> Future for Call<'_, C, T> {
    type Output = Result<T, CallError>;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut task::Context<'_>) -> Poll<Self::Output> {
        let this = self.get_mut();
        let position = match this.position {
            Some(position) => position,
            None => {
                this.list_wait()?;
                *this.position.insert(ready!(this.send.poll_accepted(cx))?)
            }
        };
        let Poll::Ready(answer) = Pin::new(&mut this.answer).poll(cx) else {
            this.list_wait()?;
            return Poll::Pending;
        };
        this.send.end_wait();
        Poll::Ready(answer.map_err(|lost| this.send.why_lost(position, lost)))
    }
}

/// The same, which fails if there is no room for the command.
#[must_use = "futures do nothing unless polled"]
pub struct TryCall<'a, C: FullCommand, T>(Call<'a, C, T>);

impl<C: FullCommand, T> Future for TryCall<'_, C, T> {
    type Output = Result<T, CallError>;

    fn poll(self: Pin<&mut Self>, cx: &mut task::Context<'_>) -> Poll<Self::Output> {
        let call = &mut self.get_mut().0;
        if call.position.is_none() {
            call.try_accept()?;
        }
        Pin::new(call).poll(cx)
    }
}

/// `errors = into`: a failed call is an error of the method's own type.
pub fn flatten<T, E: From<CallError>>(result: Result<Result<T, E>, CallError>) -> Result<T, E> {
    result.unwrap_or_else(|error| Err(error.into()))
}

/// `errors = default`: a failed call is the default of the method's own type.
pub fn or_default<T: Default>(method: &'static str, result: Result<T, CallError>) -> T {
    result.unwrap_or_else(|error| {
        #[cfg(feature = "tracing")]
        tracing::warn!(method, %error, "a call failed; its caller got the default");
        #[cfg(not(feature = "tracing"))]
        let _ = (method, error);
        T::default()
    })
}

/// The answers to a batch, in the order of its calls. Whoever has none is told so.
pub fn answer_each<T>(replies: Vec<Reply<T>>, answers: Vec<T>) {
    for (reply, answer) in replies.into_iter().zip(answers) {
        reply.send(answer);
    }
}

/// A batch without answers is done.
pub fn acknowledge(replies: Vec<Reply<()>>) {
    for reply in replies {
        reply.send(());
    }
}

/// [`Actor::run`] of an actor that only is one for `'static`.
pub async fn run<A: Actor>(
    mut actor: A,
    inbox: &mut Inbox<A::Command>,
    context: &mut Context<A>,
) -> A {
    loop {
        let Some(command) = inbox.next().await else {
            return actor;
        };
        actor.handle(command, context).await;
    }
}

/// How many events a subscriber can be behind, unless it is said.
pub const EVENTS: usize = 64;

impl<C: Emitter> Sender<C> {
    /// Listens to the events that are emitted from now on.
    pub fn subscribe(&self) -> Subscription<C::Event> {
        self.events().subscribe()
    }
}

/// The future of a source, which has to be `Send`, like what it gives, unless the actor is `local`.
pub fn assert_source<F: IntoFuture>(future: F) -> F::IntoFuture
where
    F::IntoFuture: marker::Send,
    F::Output: marker::Send,
{
    future.into_future()
}

/// That of a `local` actor.
pub fn assert_source_local<F: IntoFuture>(future: F) -> F::IntoFuture {
    future.into_future()
}

/// The stream of a source, which has to be `Send`, like its items, unless the actor is `local`.
pub fn assert_stream<S: IntoStream>(stream: S) -> S::IntoStream
where
    S::IntoStream: marker::Send,
    S::Item: marker::Send,
{
    stream.into_stream()
}

/// That of a `local` actor.
pub fn assert_stream_local<S: IntoStream>(stream: S) -> S::IntoStream {
    stream.into_stream()
}

/// For streams what `IntoFuture` is for futures. What is none has no such type, so that rustc says so
/// once, and not again wherever the stream is used.
pub trait IntoStream {
    type Item;
    type IntoStream: Stream<Item = Self::Item>;

    fn into_stream(self) -> Self::IntoStream;
}

impl<S: Stream> IntoStream for S {
    type Item = S::Item;
    type IntoStream = S;

    fn into_stream(self) -> S {
        self
    }
}

/// The future of an async method, which has to be `Send` unless the actor is `local`.
pub fn assert_send<F: Future + marker::Send>(
    future: F,
) -> impl Future<Output = F::Output> + marker::Send {
    future
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mailbox::mailbox;

    struct List(ReplyStream<u32>);

    impl Command for List {
        const ACTOR: &'static str = "list";

        fn name(&self) -> &'static str {
            "list"
        }
    }

    async fn send() -> (Sender<List>, Inbox<List>, Replies<u32>) {
        let (sender, inbox) = mailbox(1, Shutdown::Stop, CancellationToken::new());
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
        sender.mailbox().stop(StopReason::Cancelled, None);
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
