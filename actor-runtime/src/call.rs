//! A call: sends a command, then waits for its answer, for as long as its mode says.
//!
//! [`Sender::cast`], [`Sender::call`] and [`Sender::open`] make the three kinds of calls. Each is a future that waits
//! for room in the mailbox. `if_room` sends at once or fails, and `blocking` waits on the thread.

use std::mem;
use std::pin::Pin;
use std::task::{self, Poll, Waker, ready};
use std::time::Duration;

use crate::answer::Answer;
use crate::blocking::block_on;
use crate::bounds::{AnyResult, FromCallError};
use crate::command::Command;
use crate::error::{CallError, Why};
use crate::origin::Origin;
use crate::polled;
use crate::position::Position;
use crate::replies::Replies;
use crate::reply::Receiver;
use crate::sender::{AnyCast, Cast, Sender};
use crate::shared::Controller;
use crate::spans::{Asked, WaitingCaller};
use crate::within::Within;

impl<C: Command> Sender<C> {
    /// Sends a command and waits for its answer.
    #[inline]
    pub fn call<T>(&self, command: C, answer: Answer<T>) -> Call<'_, C, T> {
        let caller = WaitingCaller::current();
        Call {
            request: Request {
                cast: self.send(command, caller.caller()),
                position: None,
                deferred: None,
                caller,
            },
            answer: answer.into_receiver(),
        }
    }

    /// Sends a command whose answers are a stream.
    #[inline]
    pub fn open<T>(&self, command: C, replies: Replies<T>) -> Open<'_, C, T> {
        let caller = WaitingCaller::current();
        Open {
            method: command.name(),
            cast: self.send(command, caller.caller()),
            caller,
            replies: Some(replies),
        }
    }
}

impl<'a, C: Command> Cast<'a, C> {
    /// Gives up if the mailbox has not accepted the command after this time.
    pub fn within(self, time: Duration) -> Within<'a, C, Self> {
        Within::new(self.shared(), self.method(), self, time)
    }

    /// Blocks the thread until the mailbox has accepted the command.
    pub fn blocking(self) -> Result<(), CallError> {
        block_on(self)?
    }
}

/// Waits until a command is accepted, then for its answer. Dropped, it no longer waits; a command that was accepted
/// runs all the same.
#[must_use = "futures do nothing unless polled"]
pub struct Call<'a, C: Command, T> {
    request: Request<Cast<'a, C>>,
    answer: Receiver<T>,
}

/// Everything about a call except its answer, with a cast `K`. What does not depend on the command is implemented for
/// [`AnyRequest`], so that it is compiled once and not for each actor.
struct Request<K: ?Sized> {
    position: Option<Position>,
    /// The method that is called, if anybody may send the answer.
    deferred: Option<&'static str>,
    caller: WaitingCaller,
    cast: K,
}

/// A request with any command.
type AnyRequest<'a> = Request<dyn AnyCast + 'a>;

impl<'a, C: Command, T> Call<'a, C, T> {
    /// Lets anybody send the answer. When the actor has ended it will not come, although the reply may still be kept
    /// somewhere, as in the actor's final state.
    pub fn deferred(mut self) -> Self {
        self.request.deferred = Some(self.request.cast.method());
        self.answer.tell_asked(Asked::current());
        self
    }

    /// Sends the command at once, if there is room for it.
    pub fn if_room(self) -> Result<Answer<T>, CallError>
    where
        C: Send + 'static, // otherwise, leave `try` out: any thread may await the answer
    {
        let Request {
            mut cast,
            deferred,
            caller,
            ..
        } = self.request;
        let position = cast.accept_if_room()?;
        let origin = origin(&mut cast, position, deferred, caller);
        Ok(Answer::to(origin, self.answer))
    }

    /// Gives up if there is no answer after this time.
    pub fn within(self, time: Duration) -> Within<'a, C, Self> {
        let cast = &self.request.cast;
        Within::new(cast.shared(), cast.method(), self, time)
    }

    /// Runs the method at once, on the task of the caller, if the actor has nothing else to do.
    pub fn in_place(self) -> CallInPlace<'a, C, T> {
        CallInPlace {
            call: self,
            was_tried: false,
        }
    }

    /// Blocks the thread until the answer has come.
    pub fn blocking(self) -> Result<T, CallError> {
        block_on(self)?
    }
}

impl<C: Command, T> Future for Call<'_, C, T> {
    type Output = Result<T, CallError>;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut task::Context<'_>) -> Poll<Self::Output> {
        let Self { request, answer } = self.get_mut();
        if polled::in_method() {
            return poll_in_method(request, answer, cx);
        }
        if request.position.is_none() {
            let accepted = request.cast.poll_accepted(cx);
            ready!(request.erased().note_accepted(accepted))?;
        }
        poll_answer(request, answer, cx)
    }
}

/// Waits for the answer to a request that was accepted.
#[cfg_attr(not(debug_assertions), inline(always))]
fn poll_answer<T>(
    request: &mut AnyRequest<'_>,
    answer: &mut Receiver<T>,
    cx: &mut task::Context<'_>,
) -> Poll<Result<T, CallError>> {
    if request.deferred.is_some() {
        return poll_deferred(request, answer, cx);
    }
    match Pin::new(answer).poll(cx) {
        Poll::Ready(Err(lost)) => Poll::Ready(Err(request.why_lost(lost))),
        polled => polled,
    }
}

/// Waits for an answer that anybody may send, as long as the actor has not ended.
#[cold]
fn poll_deferred<T>(
    request: &mut AnyRequest<'_>,
    answer: &mut Receiver<T>,
    cx: &mut task::Context<'_>,
) -> Poll<Result<T, CallError>> {
    // Before the answer: every one that came until the actor ended is then seen.
    let ended = request.cast.poll_ended(cx);
    match Pin::new(answer).poll(cx) {
        Poll::Ready(Ok(answer)) => Poll::Ready(Ok(answer)),
        Poll::Ready(Err(lost)) => Poll::Ready(Err(request.why_lost(lost))),
        Poll::Pending => ended.map(|()| Err(request.why_lost(CallError::Unanswered))),
    }
}

/// Polls a call for the method that waits for it, unless that would be forever.
#[cold]
#[inline(never)]
fn poll_in_method<T>(
    request: &mut AnyRequest<'_>,
    answer: &mut Receiver<T>,
    cx: &mut task::Context<'_>,
) -> Poll<Result<T, CallError>> {
    let waker = ready!(poll_unsent(request, answer, cx))?;
    let Some(waker) = waker else {
        return poll_call(request, answer, cx);
    };
    let polled = poll_call(request, answer, &mut task::Context::from_waker(&waker));
    if polled.is_ready() {
        request.cast.end_wait();
    } else {
        ready!(request.poll_list(cx))?;
    }
    polled
}

fn poll_call<T>(
    request: &mut AnyRequest<'_>,
    answer: &mut Receiver<T>,
    cx: &mut task::Context<'_>,
) -> Poll<Result<T, CallError>> {
    if request.position.is_none() {
        let accepted = request.cast.poll_accepted(cx);
        ready!(request.note_accepted(accepted))?;
    }
    poll_answer(request, answer, cx)
}

/// Lists the wait of a call that was not sent yet, if a method waits for it. Returns the waker to poll the call with.
fn poll_unsent<T>(
    request: &mut AnyRequest<'_>,
    answer: &mut Receiver<T>,
    cx: &mut task::Context<'_>,
) -> Poll<Result<Option<Waker>, CallError>> {
    let waker = request.cast.watch(cx);
    if let (Some(waker), None) = (&waker, request.position) {
        // Before anybody can answer, so that whoever does so ends the wait.
        let unanswered = Pin::new(answer).poll(&mut task::Context::from_waker(waker));
        debug_assert!(unanswered.is_pending(), "nobody has the reply");
        ready!(request.poll_list(cx))?;
    }
    Poll::Ready(Ok(waker))
}

impl<C: Command> Request<Cast<'_, C>> {
    #[inline]
    fn erased(&mut self) -> &mut AnyRequest<'_> {
        self
    }
}

impl AnyRequest<'_> {
    /// Notes where the command was `accepted`, or that it waits.
    #[inline]
    fn note_accepted(
        &mut self,
        accepted: Poll<Result<Position, CallError>>,
    ) -> Poll<Result<(), CallError>> {
        match accepted {
            Poll::Ready(Ok(position)) => {
                self.position = Some(position);
                Poll::Ready(Ok(()))
            }
            Poll::Ready(Err(error)) => Poll::Ready(Err(error)),
            Poll::Pending => {
                if !polled::in_method() {
                    // The answer still has the waker of a method that began the call.
                    self.cast.end_watch();
                }
                Poll::Pending
            }
        }
    }

    /// Lists that the method which polls the call waits for it, unless that would be forever.
    fn poll_list(&mut self, cx: &mut task::Context<'_>) -> Poll<Result<(), CallError>> {
        let Self {
            position, deferred, ..
        } = *self;
        self.cast.poll_list_for_answer(position, deferred, cx)
    }

    /// Says what became of the command, whose reply was lost because of `lost`.
    #[cold]
    fn why_lost(&mut self, lost: CallError) -> CallError {
        match self.position {
            Some(position) => self.cast.lane().why_lost(position, lost),
            None => lost,
        }
    }
}

/// Runs the method of a command in place if it can, and otherwise waits as a [`Call`] does.
#[must_use = "futures do nothing unless polled"]
pub struct CallInPlace<'a, C: Command, T> {
    call: Call<'a, C, T>,
    /// True if the command was tried in place, and is in the queue or in line if it did not run there.
    was_tried: bool,
}

impl<C: Command + Send + 'static, T> Future for CallInPlace<'_, C, T> {
    type Output = Result<T, CallError>;

    #[inline]
    fn poll(mut self: Pin<&mut Self>, cx: &mut task::Context<'_>) -> Poll<Self::Output> {
        if !self.was_tried {
            let Call { request, answer } = &mut self.call;
            let in_method = polled::in_method();
            if in_method {
                // Before the method runs, which may wait for this one.
                ready!(poll_unsent(request, answer, cx))?;
            }
            request.position = ready!(request.cast.poll_in_place(cx));
            self.was_tried = true;
            let Call { request, answer } = &mut self.call;
            if request.position.is_some() && !in_method {
                return poll_answer(request, answer, cx);
            }
        }
        Pin::new(&mut self.call).poll(cx)
    }
}

/// Waits until a command is accepted, and gives the stream of its answers.
#[must_use = "futures do nothing unless polled"]
pub struct Open<'a, C: Command, T> {
    cast: Cast<'a, C>,
    method: &'static str,
    /// `None` once it was ready.
    replies: Option<Replies<T>>,
    caller: WaitingCaller,
}

impl<'a, C: Command + Send + 'static, T> Open<'a, C, T> {
    /// Gives up if the mailbox has not accepted the command after this time. The answers may take longer.
    pub fn within(self, time: Duration) -> Within<'a, C, Self> {
        Within::new(self.cast.shared(), self.method, self, time)
    }

    /// Sends the command at once, if there is room for it.
    pub fn if_room(mut self) -> Result<Replies<T>, CallError> {
        let position = self.cast.accept_if_room()?;
        self.replies(position)
    }

    /// Returns the replies to the command that was accepted at `position`.
    fn replies(&mut self, position: Position) -> Result<Replies<T>, CallError> {
        let replies = self.replies.take();
        let replies = replies.ok_or(CallError::Closed(Why::Unknown))?;
        let caller = mem::take(&mut self.caller);
        let origin = origin(&mut self.cast, position, Some(self.method), caller);
        Ok(replies.from(origin))
    }
}

impl<C: Command + Send + 'static, T> Future for Open<'_, C, T> {
    type Output = Result<Replies<T>, CallError>;

    fn poll(self: Pin<&mut Self>, cx: &mut task::Context<'_>) -> Poll<Self::Output> {
        let this = self.get_mut();
        let accepted = match this.cast.poll_accepted(cx) {
            Poll::Pending => this.cast.erased().poll_in_line(cx),
            accepted @ Poll::Ready(_) => accepted,
        };
        let position = ready!(accepted)?;
        Poll::Ready(this.replies(position))
    }
}

/// Returns the origin of the answer to a command that was accepted at `position`. `deferred` is the method that is
/// called, if anybody may send the answer. The `caller` waits for it.
fn origin<C: Command + Send + 'static>(
    cast: &mut Cast<'_, C>,
    position: Position,
    deferred: Option<&'static str>,
    caller: WaitingCaller,
) -> Origin {
    Origin {
        actor: Controller::of(cast.shared()),
        accepted: cast.erased().accepted_at(position),
        deferred,
        caller,
    }
}

/// `errors = into`: a failed call is an error of the method's own type.
pub fn flatten<R: AnyResult<Error: FromCallError>>(result: Result<R, CallError>) -> R {
    flatten_with(result, FromCallError::from_call_error)
}

/// `errors = into(path)`: a failed call is an error of the method's own type, made by `convert`.
pub fn flatten_with<R: AnyResult>(
    result: Result<R, CallError>,
    convert: fn(CallError) -> R::Error,
) -> R {
    result.unwrap_or_else(|error| R::failed(convert(error)))
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
    use std::task::Waker;
    use std::time::Duration;

    use tokio::time::timeout;
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

    fn poll_once<F: Future>(future: Pin<&mut F>) -> Poll<F::Output> {
        future.poll(&mut task::Context::from_waker(Waker::noop()))
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
    async fn a_stream_ends_with_its_actor_although_somebody_could_send() {
        let (_sender, mut inbox, mut replies) = send().await;
        let List(mut reply) = inbox.next().await.unwrap();
        for number in 0..16 {
            reply.try_send(number).unwrap();
        }
        let mut kept = Box::pin(reply.send(16));
        assert!(poll_once(kept.as_mut()).is_pending());
        // There is room now, and nobody polls.
        assert_eq!(replies.next().await, Some(Ok(0)));
        drop(inbox);
        for number in 1..16 {
            assert_eq!(replies.next().await, Some(Ok(number)));
        }
        let end = timeout(Duration::from_secs(1), replies.next()).await;
        assert_eq!(end, Ok(Some(Err(CallError::Stopped))));
        assert_eq!(kept.await, Err(16));
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
        assert_eq!(refused.unwrap_err(), CallError::Closed(Why::Unknown));
    }
}
