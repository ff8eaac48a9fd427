//! All that generated code may name. No semver promise: the macro's version is pinned.

use std::marker;
use std::pin::Pin;
use std::task::{self, Poll, ready};

pub use crate::actor::{Actor, Command, SendActor};
pub use crate::client::Client;
pub use crate::context::Context;
pub use crate::error::CallError;
pub use crate::mailbox::{Inbox, Send, Sender, UNBOUNDED};
pub use crate::reply::Reply;

use crate::blocking::block_on;
use crate::mailbox::Position;
use crate::reply::Answer;

impl<C> Sender<C> {
    /// Sends a command and waits for its answer.
    #[inline]
    pub fn call<T>(&self, command: C, answer: Answer<T>) -> Call<'_, C, T> {
        Call {
            send: self.cast(command),
            position: None,
            answer,
        }
    }

    /// Sends a command, if there is room for it, and waits for its answer.
    pub async fn try_call<T>(&self, command: C, answer: Answer<T>) -> Result<T, CallError> {
        let position = self.try_send(command)?;
        answer
            .await
            .map_err(|lost| self.mailbox().why_lost(position, lost))
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

/// Waits until a command is accepted, then for its answer. Dropped, it no longer waits; a command that
/// was accepted runs all the same.
#[must_use = "futures do nothing unless polled"]
pub struct Call<'a, C, T> {
    send: Send<'a, C>,
    position: Option<Position>,
    answer: Answer<T>,
}

impl<C, T> Future for Call<'_, C, T> {
    type Output = Result<T, CallError>;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut task::Context<'_>) -> Poll<Self::Output> {
        let this = self.get_mut();
        let position = match this.position {
            Some(position) => position,
            None => *this.position.insert(ready!(this.send.poll_accepted(cx))?),
        };
        Poll::Ready(match ready!(Pin::new(&mut this.answer).poll(cx)) {
            Ok(answer) => Ok(answer),
            Err(lost) => Err(this.send.mailbox().why_lost(position, lost)),
        })
    }
}

/// `on_stopped = into`: a failed call is an error of the method's own type.
pub fn flatten<T, E: From<CallError>>(result: Result<Result<T, E>, CallError>) -> Result<T, E> {
    result.unwrap_or_else(|error| Err(error.into()))
}

/// `on_stopped = default`: a failed call is the default of the method's own type.
pub fn or_default<T: Default>(method: &'static str, result: Result<T, CallError>) -> T {
    result.unwrap_or_else(|error| {
        #[cfg(feature = "tracing")]
        tracing::warn!(method, %error, "a call failed; its caller got the default");
        #[cfg(not(feature = "tracing"))]
        let _ = (method, error);
        T::default()
    })
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

/// The future of an async method, which has to be `Send` unless the actor is `local`.
pub fn assert_send<F: Future + marker::Send>(
    future: F,
) -> impl Future<Output = F::Output> + marker::Send {
    future
}
