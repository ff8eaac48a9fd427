//! The answer to one call, as a future that its caller owns.

use std::fmt;
use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, ready};

use tokio::task::coop;

use crate::blocking::block_on;
use crate::error::CallError;
use crate::origin::Origin;
use crate::polled;
use crate::reply::{Receiver, Reply};
use crate::shared::EndWait;
use crate::waits::Watched;

/// The future of the answer to one call that was sent already: by a `try_` method of a client, or by whoever has the
/// other half of [`Reply::new`].
///
/// An answer borrows nothing, so it can be kept, moved to a task, or joined with others. It does not keep the actor
/// alive. Dropping it tells the actor that the caller has left, as [`Reply::is_closed`] says. The command still runs,
/// unless it has `skip_cancelled`.
///
/// # Errors
///
/// - [`CallError::Refused`] if the actor ended before it began the call.
/// - [`CallError::Panicked`] or [`CallError::Stopped`] if the actor ended before it answered.
/// - [`CallError::Unanswered`] if the reply was dropped.
/// - [`CallError::Deadlock`] if a method of an actor waits for the answer, and the answer waits for the method.
///
/// Without an actor, there are only `Unanswered` and `Panicked`, if a panic dropped the reply.
///
/// # Cancel safety
///
/// Cancel safe: an answer that came meanwhile is returned by the next poll.
///
/// # Examples
///
/// All calls are sent before the first answer is waited for:
///
/// ```
/// use actor_runtime::{actor, Actor, Answer, CallError, CancellationToken};
///
/// struct Squares;
///
/// #[actor]
/// impl Squares {
///     #[command(try)]
///     pub fn square(&self, n: u64) -> u64 { n * n }
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), CallError> {
/// let squares = Squares.spawn(CancellationToken::new());
/// let answers = (1..=3).map(|n| squares.try_square(n));
/// let answers: Vec<Answer<u64>> = answers.collect::<Result<_, _>>()?;
/// let mut sum = 0;
/// for answer in answers {
///     sum += answer.await?;
/// }
/// assert_eq!(sum, 14);
/// # Ok(())
/// # }
/// ```
#[must_use = "an answer that is dropped tells the actor that its caller has left"]
pub struct Answer<T> {
    receiver: Receiver<T>,
    /// `None` unless an actor has accepted the call, and once the answer was ready.
    call: Option<Box<AcceptedCall>>,
}

/// A call that waits for its answer, without the type of the answer.
struct AcceptedCall {
    origin: Origin,
    /// Ready when the actor has ended; `None` unless a deferred answer is waited for.
    ended: Option<EndWait>,
    /// `None` unless a method waits.
    watch: Option<Box<Watched>>,
}

impl<T> Reply<T> {
    /// Makes a reply, and the future of the answer that it will send.
    #[inline]
    pub fn new() -> (Self, Answer<T>) {
        let (reply, receiver) = Self::with_receiver();
        let call = None;
        (reply, Answer { receiver, call })
    }

    /// Waits for the `answer` of another actor, and sends it to the caller of this reply.
    ///
    /// A method that awaits this holds up its actor. A task does not: `ctx.spawn(reply.forward(answer))`. The end of
    /// the actor then waits for the answer, as for all tasks of [`Context::spawn`](crate::Context::spawn).
    ///
    /// If the caller leaves, the answer is dropped, so the other actor finds out. If the answer does not come, the
    /// caller gets [`CallError::Unanswered`], whatever the reason: other errors would speak of the method that it has
    /// called, which did run. To choose another answer, await the `answer` and send the result.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future before it is done drops the reply.
    ///
    /// # Examples
    ///
    /// ```
    /// use actor_runtime::{actor, Actor, CallError, CancellationToken, Context, Reply};
    ///
    /// struct Store;
    ///
    /// #[actor]
    /// impl Store {
    ///     #[command(try)]
    ///     pub fn load(&self, key: String) -> String { format!("the value of {key}") }
    /// }
    ///
    /// struct Cache { store: StoreClient }
    ///
    /// #[actor]
    /// impl Cache {
    ///     pub fn get(&self, key: String, reply: Reply<String>, ctx: &mut Context<Self>) {
    ///         if let Ok(answer) = self.store.try_load(key) {
    ///             ctx.spawn(reply.forward(answer));
    ///         }
    ///     }
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), CallError> {
    /// let store = Store.spawn(CancellationToken::new());
    /// let cache = Cache { store }.spawn(CancellationToken::new());
    /// assert_eq!(cache.get("a".into()).await?, "the value of a");
    /// # Ok(())
    /// # }
    /// ```
    pub async fn forward(self, mut answer: Answer<T>) {
        let answered = {
            let mut left = pin!(self.closed());
            let answered = poll_fn(|cx| match left.as_mut().poll(cx) {
                Poll::Ready(()) => Poll::Ready(None),
                Poll::Pending => Pin::new(&mut answer).poll(cx).map(Result::ok),
            });
            answered.await
        };
        if let Some(answer) = answered {
            self.send(answer);
        }
    }
}

impl<T> Answer<T> {
    /// Makes the answer to a call that was accepted.
    pub(crate) fn to(origin: Origin, receiver: Receiver<T>) -> Self {
        let call = Box::new(AcceptedCall {
            origin,
            ended: None,
            watch: None,
        });
        Self {
            receiver,
            call: Some(call),
        }
    }

    #[inline]
    pub(crate) fn into_receiver(self) -> Receiver<T> {
        self.receiver
    }

    /// Blocks the thread until the answer has come.
    ///
    /// # Errors
    ///
    /// The [errors](Self#errors) of the future, and [`CallError::Blocking`] inside an async task.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::thread;
    /// use actor_runtime::Reply;
    ///
    /// let (reply, answer) = Reply::new();
    /// let caller = thread::spawn(|| answer.blocking_wait());
    /// reply.send(42);
    /// assert_eq!(caller.join().unwrap(), Ok(42));
    /// ```
    pub fn blocking_wait(self) -> Result<T, CallError> {
        block_on(self)?
    }
}

impl<T> Future for Answer<T> {
    type Output = Result<T, CallError>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let unit = ready!(coop::poll_proceed(cx));
        let Self { receiver, call } = self.get_mut();
        let polled = match call {
            Some(call) => call.poll(receiver, cx),
            None => Pin::new(&mut *receiver).poll(cx),
        };
        if polled.is_ready() {
            unit.made_progress();
            // The answer may be lost although somebody still has the reply.
            receiver.close();
            *call = None;
        }
        polled
    }
}

impl AcceptedCall {
    /// Waits for the answer, unless a method would wait for it forever.
    fn poll<T>(
        &mut self,
        receiver: &mut Receiver<T>,
        cx: &mut Context<'_>,
    ) -> Poll<Result<T, CallError>> {
        if !polled::in_method() {
            return self.poll_answer(receiver, cx);
        }
        let Some(waker) = polled::watch(&mut self.watch, cx) else {
            return self.poll_answer(receiver, cx);
        };
        let polled = self.poll_answer(receiver, &mut Context::from_waker(&waker));
        if polled.is_pending() {
            ready!(self.origin.poll_list(&mut self.watch, cx))?;
        }
        polled
    }

    fn poll_answer<T>(
        &mut self,
        receiver: &mut Receiver<T>,
        cx: &mut Context<'_>,
    ) -> Poll<Result<T, CallError>> {
        // Before the answer: every one that came until the actor ended is then seen.
        let ended = self.poll_ended(cx);
        match Pin::new(receiver).poll(cx) {
            Poll::Ready(Ok(answer)) => Poll::Ready(Ok(answer)),
            Poll::Ready(Err(lost)) => Poll::Ready(Err(self.origin.why_lost(lost))),
            Poll::Pending => ended.map(|()| Err(self.origin.why_lost(CallError::Unanswered))),
        }
    }

    /// Waits until the actor has ended, if anybody may keep the reply beyond that.
    fn poll_ended(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if self.origin.deferred.is_none() {
            return Poll::Pending;
        }
        let ended = &mut self.ended;
        let ended = ended.get_or_insert_with(|| self.origin.actor.wait_for_end());
        ended.as_mut().poll(cx)
    }
}

impl<T> fmt::Debug for Answer<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Answer").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    #[test]
    fn an_answer_moves_between_tasks() {
        fn check<A: Future + Send + Unpin + fmt::Debug + 'static>(_: &A) {}

        let (_reply, answer) = Reply::<Cell<u32>>::new();
        check(&answer);
    }
}
