//! Streamed replies: a bounded queue of items, and an end that tells whether the list is complete.
//!
//! # Invariants
//!
//! 1. The items have a queue, and the end has a reply of its own. So the end needs no room in the queue, and sending it
//!    never waits.
//! 2. The reader looks for the end only when the queue is empty for good, so it first reads every item that was sent
//!    before the end.
//! 3. A streamed reply that is dropped without `finish` ends in an error, as any dropped reply does: a truncated list
//!    never looks complete.

use std::error::Error;
use std::fmt;
use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use futures_core::Stream;
use tokio::sync::mpsc;
use tokio::task::coop;
use tokio_util::sync::WaitForCancellationFutureOwned;

use crate::error::{CallError, Cycle};
use crate::polled;
use crate::position::Accepted;
use crate::reply::{Answer, Reply};
use crate::shared::Controller;
use crate::waits::{Until, Watched};

/// The number of items that may be sent and not yet read, unless it was set.
const CAPACITY: usize = 16;

/// The sending end of a streamed reply: the answer to one call, as a list of items.
///
/// [`finish`](Self::finish) ends the list. If the sending end is dropped without it, the reader gets an error after the
/// items that were sent, so that a truncated list never looks complete.
///
/// # Examples
///
/// ```
/// use actor_runtime::{actor, Actor, CallError, CancellationToken, ReplyStream};
///
/// struct Log(Vec<String>);
///
/// #[actor]
/// impl Log {
///     pub async fn lines(&self, mut reply: ReplyStream<String>) {
///         for line in &self.0 {
///             if reply.send(line.clone()).await.is_err() {
///                 return; // The reader has gone.
///             }
///         }
///         reply.finish();
///     }
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), CallError> {
/// let log = Log(vec!["one".into(), "two".into()]).spawn(CancellationToken::new());
/// let mut lines = log.lines().await?;
/// assert_eq!(lines.next().await, Some(Ok("one".to_owned())));
/// assert_eq!(lines.next().await, Some(Ok("two".to_owned())));
/// assert_eq!(lines.next().await, None);
/// # Ok(())
/// # }
/// ```
#[must_use = "a streamed reply that is dropped without `finish` ends in an error"]
pub struct ReplyStream<T> {
    items: mpsc::Sender<T>,
    end: Reply<()>,
}

impl<T> ReplyStream<T> {
    /// Makes a streamed reply with room for 16 items that are not read yet, and the stream of its items.
    ///
    /// # Examples
    ///
    /// ```
    /// use actor_runtime::ReplyStream;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let (mut reply, mut replies) = ReplyStream::new();
    /// reply.send("one").await.unwrap();
    /// reply.finish();
    /// assert_eq!(replies.next().await, Some(Ok("one")));
    /// assert_eq!(replies.next().await, None);
    /// # }
    /// ```
    pub fn new() -> (Self, Replies<T>) {
        Self::with_capacity(CAPACITY)
    }

    /// Makes a streamed reply with room for `capacity` items that are not read yet, and the stream of its items.
    ///
    /// # Panics
    ///
    /// If `capacity` is 0.
    #[track_caller]
    pub fn with_capacity(capacity: usize) -> (Self, Replies<T>) {
        assert!(
            capacity > 0,
            "the capacity of a streamed reply must be at least 1"
        );
        let (sender, receiver) = mpsc::channel(capacity);
        let (reply, answer) = Reply::new();
        (
            Self {
                items: sender,
                end: reply,
            },
            Replies {
                items: receiver,
                end: Some(End {
                    answer,
                    origin: None,
                    ended: None,
                    watch: None,
                }),
            },
        )
    }

    /// Waits until there is room for an item, and sends it.
    ///
    /// # Errors
    ///
    /// Returns the item if the reader has gone.
    ///
    /// # Cancel safety
    ///
    /// If the future is dropped before it is ready, the item is dropped with it and was not sent.
    pub async fn send(&mut self, item: T) -> Result<(), T> {
        self.items.send(item).await.map_err(|unsent| unsent.0)
    }

    /// Sends an item if there is room for it.
    ///
    /// # Errors
    ///
    /// [`TrySendError::Full`] if there is no room, [`TrySendError::Closed`] if the reader has gone.
    ///
    /// # Examples
    ///
    /// ```
    /// use actor_runtime::{ReplyStream, TrySendError};
    ///
    /// let (mut reply, replies) = ReplyStream::with_capacity(1);
    /// assert_eq!(reply.try_send("one"), Ok(()));
    /// assert_eq!(reply.try_send("two"), Err(TrySendError::Full("two")));
    /// drop(replies);
    /// assert_eq!(reply.try_send("two"), Err(TrySendError::Closed("two")));
    /// ```
    pub fn try_send(&mut self, item: T) -> Result<(), TrySendError<T>> {
        self.items.try_send(item).map_err(|unsent| match unsent {
            mpsc::error::TrySendError::Full(item) => TrySendError::Full(item),
            mpsc::error::TrySendError::Closed(item) => TrySendError::Closed(item),
        })
    }

    /// Returns true if the reader has gone, so that nobody waits for further items.
    pub fn is_closed(&self) -> bool {
        self.items.is_closed()
    }

    /// Waits until the reader has gone.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe: nothing is lost when the future is dropped.
    ///
    /// # Examples
    ///
    /// ```
    /// use actor_runtime::ReplyStream;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let (reply, replies) = ReplyStream::<u32>::new();
    /// assert!(!reply.is_closed());
    /// drop(replies);
    /// reply.closed().await;
    /// assert!(reply.is_closed());
    /// # }
    /// ```
    pub async fn closed(&self) {
        self.items.closed().await;
    }

    /// Ends the stream, and tells the reader that the list is complete. It does not wait, even if the reader is behind.
    pub fn finish(self) {
        // Needs no room in the queue (invariant 1).
        self.end.send(());
    }
}

impl<T> fmt::Debug for ReplyStream<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReplyStream")
            .field("is_closed", &self.is_closed())
            .finish_non_exhaustive()
    }
}

/// The error of [`ReplyStream::try_send`], which gives the item back.
///
/// # Examples
///
/// ```
/// use actor_runtime::ReplyStream;
///
/// let (mut reply, replies) = ReplyStream::new();
/// drop(replies);
/// let error = reply.try_send("one").unwrap_err();
/// assert_eq!(error.to_string(), "the reader of the reply has gone");
/// assert_eq!(error.into_item(), "one");
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TrySendError<T> {
    /// The reader is behind, and `try_send` does not wait.
    Full(T),
    /// The reader has gone.
    Closed(T),
}

impl<T> TrySendError<T> {
    /// Returns the item that was not sent.
    pub fn into_item(self) -> T {
        match self {
            Self::Full(item) | Self::Closed(item) => item,
        }
    }
}

/// Shows the variant and not the item, which need not be `Debug`.
impl<T> fmt::Debug for TrySendError<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let variant = match self {
            Self::Full(_) => "Full",
            Self::Closed(_) => "Closed",
        };
        f.debug_tuple(variant).finish_non_exhaustive()
    }
}

impl<T> fmt::Display for TrySendError<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Full(_) => "the reader of the reply is behind",
            Self::Closed(_) => "the reader of the reply has gone",
        })
    }
}

impl<T> Error for TrySendError<T> {}

/// A stream of the items of one reply; see [`ReplyStream`].
///
/// The stream gives each item as `Ok`. An error comes last, and says why the list is not complete: see
/// [`next`](Self::next). Dropping the stream tells the actor that the reader has gone.
///
/// # Examples
///
/// ```
/// use actor_runtime::{CallError, ReplyStream};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let (mut reply, mut replies) = ReplyStream::new();
/// reply.send("one").await.unwrap();
/// drop(reply);
/// assert_eq!(replies.next().await, Some(Ok("one")));
/// assert_eq!(replies.next().await, Some(Err(CallError::Unanswered)));
/// assert_eq!(replies.next().await, None);
/// # }
/// ```
#[must_use = "streams do nothing unless polled"]
pub struct Replies<T> {
    items: mpsc::Receiver<T>,
    /// `None` once the stream has ended.
    end: Option<End>,
}

struct End {
    answer: Answer<()>,
    /// The command that is answered; `None` unless an actor has accepted it.
    origin: Option<Origin>,
    /// Ready when the actor of `origin` has ended.
    ended: Option<Pin<Box<WaitForCancellationFutureOwned>>>,
    /// `None` unless a method waits for the next item.
    watch: Option<Box<Watched>>,
}

/// A command that is answered by a stream.
pub(crate) struct Origin {
    pub(crate) actor: Controller,
    pub(crate) accepted: Accepted,
    pub(crate) method: &'static str,
}

impl<T> Replies<T> {
    /// Makes these the replies to a command that was accepted.
    pub(crate) fn from(mut self, origin: Origin) -> Self {
        if let Some(end) = &mut self.end {
            end.ended = Some(Box::pin(origin.actor.ended().cancelled_owned()));
            end.origin = Some(origin);
        }
        self
    }

    /// Receives the next item; `None` when the list is complete, and after an error.
    ///
    /// # Errors
    ///
    /// - [`CallError::Unanswered`] if the actor dropped the reply before the list was complete.
    /// - [`CallError::Panicked`] if a panic dropped the reply.
    /// - [`CallError::Refused`] or [`CallError::Stopped`] if the actor ended before the list was complete.
    /// - [`CallError::Deadlock`] if the actor waits for the actor whose method reads.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe: an item is taken only when it is returned.
    pub async fn next(&mut self) -> Option<Result<T, CallError>> {
        poll_fn(|cx| Pin::new(&mut *self).poll_next(cx)).await
    }
}

impl<T> Stream for Replies<T> {
    type Item = Result<T, CallError>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = self.get_mut();
        if polled::in_method() {
            this.poll_in_method(cx)
        } else {
            this.poll_item(cx)
        }
    }
}

impl<T> Replies<T> {
    /// Waits for the next item on behalf of the method that reads, unless that would be forever.
    #[cold]
    fn poll_in_method(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<T, CallError>>> {
        let end = self.end.as_mut();
        let Some(waker) = end.and_then(|end| polled::watch(&mut end.watch, cx)) else {
            return self.poll_item(cx);
        };
        let item = self.poll_item(&mut Context::from_waker(&waker));
        let Some(end) = &mut self.end else {
            return item;
        };
        if item.is_ready() {
            end.watch = None;
            return item;
        }
        // Without budget it is not known whether there is an item.
        if !coop::has_budget_remaining() {
            return Poll::Pending;
        }
        match ready!(end.poll_list(cx)) {
            Ok(()) => Poll::Pending,
            Err(cycle) => {
                self.end = None;
                // The actor may wait for room in the queue, which nobody will make.
                self.items.close();
                let error = CallError::Deadlock(cycle.of_an_accepted_command());
                Poll::Ready(Some(Err(error)))
            }
        }
    }

    fn poll_item(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<T, CallError>>> {
        let Some(end) = &mut self.end else {
            return Poll::Ready(None);
        };
        let item = match self.items.poll_recv(cx) {
            Poll::Pending => {
                ready!(end.poll_ended(cx));
                // Items that came meanwhile are still read (invariant 2). No others will come, although the reply may
                // still be kept somewhere.
                self.items.close();
                ready!(self.items.poll_recv(cx))
            }
            Poll::Ready(item) => item,
        };
        if let Some(item) = item {
            return Poll::Ready(Some(Ok(item)));
        }
        // The queue is empty for good (invariant 2).
        let error = ready!(end.poll_error(cx));
        self.end = None;
        Poll::Ready(error.map(Err))
    }
}

impl End {
    fn poll_ended(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        match &mut self.ended {
            Some(ended) => ended.as_mut().poll(cx),
            None => Poll::Pending,
        }
    }

    /// Waits for the end of the list, and returns an error unless the list is complete (invariant 3).
    fn poll_error(&mut self, cx: &mut Context<'_>) -> Poll<Option<CallError>> {
        let answer = match Pin::new(&mut self.answer).poll(cx) {
            Poll::Ready(answer) => answer,
            Poll::Pending => {
                ready!(self.poll_ended(cx));
                Err(CallError::Unanswered)
            }
        };
        Poll::Ready(answer.err().map(|lost| match &self.origin {
            Some(origin) => origin.actor.why_lost(origin.accepted, lost),
            None => lost,
        }))
    }

    /// Lists that the method being polled waits for the next item.
    fn poll_list(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Cycle>> {
        let Some(origin) = &self.origin else {
            return Poll::Ready(Ok(()));
        };
        let until = Until::Answered {
            method: origin.method,
            accepted: Some(origin.accepted),
        };
        polled::poll_list(&mut self.watch, origin.actor.waits(), until, cx)
    }
}

impl<T> fmt::Debug for Replies<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Replies").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::pin::pin;
    use std::sync::Arc;
    use std::task::Waker;
    use std::time::Duration;

    use tokio::time::timeout;
    use tokio_util::sync::CancellationToken;

    use super::*;
    use crate::command::Command;
    use crate::inbox::Inbox;
    use crate::shared::Shared;
    use crate::shutdown::Shutdown;

    fn poll_once<F: Future>(future: Pin<&mut F>) -> Poll<F::Output> {
        future.poll(&mut Context::from_waker(Waker::noop()))
    }

    fn next<T>(replies: &mut Replies<T>) -> Poll<Option<Result<T, CallError>>> {
        poll_once(pin!(replies.next()))
    }

    /// Returns the items that are left, and the error after them, if any.
    #[track_caller]
    fn read_to_end<T>(replies: &mut Replies<T>) -> (Vec<T>, Option<CallError>) {
        let mut items = Vec::new();
        loop {
            match next(replies) {
                Poll::Ready(Some(Ok(item))) => items.push(item),
                Poll::Ready(Some(Err(error))) => return (items, Some(error)),
                Poll::Ready(None) => return (items, None),
                Poll::Pending => panic!("the stream has not ended"),
            }
        }
    }

    #[test]
    fn what_was_sent_is_read_before_the_end() {
        let (mut reply, mut replies) = ReplyStream::new();
        assert!(next(&mut replies).is_pending());
        for number in 0..16 {
            assert_eq!(reply.try_send(number), Ok(()));
        }
        assert_eq!(reply.try_send(16), Err(TrySendError::Full(16)));
        // The queue is full, and the end needs no room in it (invariant 1).
        reply.finish();
        assert_eq!(read_to_end(&mut replies), ((0..16).collect(), None));
        assert_eq!(read_to_end(&mut replies), (vec![], None));
    }

    #[test]
    fn a_reply_without_items_can_be_complete() {
        let (reply, mut replies) = ReplyStream::<u32>::new();
        reply.finish();
        assert_eq!(read_to_end(&mut replies), (vec![], None));
    }

    #[test]
    fn a_truncated_list_ends_in_an_error() {
        let (mut reply, mut replies) = ReplyStream::with_capacity(1);
        assert_eq!(reply.try_send(1), Ok(()));
        drop(reply);
        let unanswered = Some(CallError::Unanswered);
        assert_eq!(read_to_end(&mut replies), (vec![1], unanswered));
        assert_eq!(read_to_end(&mut replies), (vec![], None));
    }

    #[tokio::test(start_paused = true)]
    async fn a_panic_ends_the_list_in_an_error() {
        let (mut reply, mut replies) = ReplyStream::with_capacity(2);
        let panics = tokio::spawn(async move {
            reply.send(1).await.unwrap();
            panic!("between two items");
        });
        assert!(panics.await.unwrap_err().is_panic());
        let panicked = Some(CallError::Panicked);
        assert_eq!(read_to_end(&mut replies), (vec![1], panicked));
        assert_eq!(read_to_end(&mut replies), (vec![], None));
    }

    #[tokio::test(start_paused = true)]
    async fn who_sends_waits_for_room() {
        let (mut reply, mut replies) = ReplyStream::with_capacity(1);
        {
            let mut first = pin!(reply.send(1));
            assert_eq!(poll_once(first.as_mut()), Poll::Ready(Ok(())));
        }
        let sends = tokio::spawn(async move {
            reply.send(2).await.unwrap();
            reply.finish();
        });
        tokio::task::yield_now().await;
        assert!(!sends.is_finished());
        let second = timeout(Duration::from_secs(1), async {
            assert_eq!(replies.next().await, Some(Ok(1)));
            replies.next().await
        });
        assert_eq!(second.await, Ok(Some(Ok(2))));
        let end = timeout(Duration::from_secs(1), replies.next());
        assert_eq!(end.await, Ok(None));
    }

    #[tokio::test(start_paused = true)]
    async fn the_actor_learns_that_the_reader_has_gone() {
        let (mut reply, replies) = ReplyStream::with_capacity(1);
        assert_eq!(reply.send(1).await, Ok(()));
        assert!(!reply.is_closed());
        assert!(poll_once(pin!(reply.closed())).is_pending());
        let waits = tokio::spawn(async move {
            let unsent = reply.send(2).await;
            reply.closed().await;
            (unsent, reply.is_closed(), reply.try_send(3))
        });
        tokio::task::yield_now().await;
        drop(replies);
        let learned = timeout(Duration::from_secs(1), waits).await;
        let expected = (Err(2), true, Err(TrySendError::Closed(3)));
        assert_eq!(learned.unwrap().unwrap(), expected);
    }

    #[test]
    fn what_is_dropped_before_it_is_ready_takes_and_sends_nothing() {
        let (mut reply, mut replies) = ReplyStream::with_capacity(1);
        {
            let mut next = pin!(replies.next());
            assert!(poll_once(next.as_mut()).is_pending());
            assert_eq!(reply.try_send(1), Ok(()));
        }
        assert!(poll_once(pin!(reply.send(2))).is_pending());
        assert_eq!(next(&mut replies), Poll::Ready(Some(Ok(1))));
        assert_eq!(next(&mut replies), Poll::Pending);
        assert_eq!(reply.try_send(3), Ok(()));
        assert_eq!(next(&mut replies), Poll::Ready(Some(Ok(3))));
    }

    #[test]
    fn what_nobody_reads_is_dropped() {
        let item = Arc::new(());
        let (mut reply, mut replies) = ReplyStream::new();
        for _ in 0..3 {
            assert_eq!(reply.try_send(Arc::clone(&item)), Ok(()));
        }
        assert!(next(&mut replies).is_ready());
        drop(replies);
        assert_eq!(Arc::strong_count(&item), 1);
        reply.finish();
    }

    struct Nothing;

    impl Command for Nothing {
        type Events = ();
        type Latest = ();

        const ACTOR: &'static str = "nothing";

        fn name(&self) -> &'static str {
            "nothing"
        }
    }

    /// Returns the origin of a command that was refused, and its actor.
    fn refused() -> (Origin, Arc<Shared<Nothing>>) {
        let (sender, inbox) = Inbox::open(1, Shutdown::Stop, CancellationToken::new());
        let mut cast = sender.cast(Nothing);
        let position = cast.accept_if_room().expect("there is room");
        let origin = Origin {
            actor: Controller::of(sender.shared()),
            accepted: cast.accepted_at(position),
            method: "list",
        };
        drop(cast);
        drop(inbox);
        (origin, Arc::clone(sender.shared()))
    }

    #[test]
    fn the_fate_of_the_command_says_what_the_error_is() {
        let (origin, _actor) = refused();
        let (mut reply, replies) = ReplyStream::new();
        let mut replies = replies.from(origin);
        assert_eq!(reply.try_send(1), Ok(()));
        reply.finish();
        assert_eq!(read_to_end(&mut replies), (vec![1], None));

        let (origin, actor) = refused();
        let (mut reply, replies) = ReplyStream::new();
        let mut replies = replies.from(origin);
        assert_eq!(reply.try_send(1), Ok(()));
        drop(reply);
        let refused = Some(CallError::Refused);
        assert_eq!(read_to_end(&mut replies), (vec![1], refused));
        // Nothing keeps the actor once the stream has ended.
        assert_eq!(Arc::strong_count(&actor), 1);
        assert_eq!(read_to_end(&mut replies), (vec![], None));
    }

    #[test]
    fn an_error_shows_itself_but_not_the_item() {
        struct Opaque;

        let full = TrySendError::Full(Opaque);
        assert_eq!(format!("{full:?}"), "Full(..)");
        assert_eq!(full.to_string(), "the reader of the reply is behind");
        let closed = TrySendError::Closed(Opaque);
        assert_eq!(format!("{closed:?}"), "Closed(..)");
        assert_eq!(closed.to_string(), "the reader of the reply has gone");
        let Opaque = closed.into_item();
    }

    #[test]
    #[should_panic(expected = "the capacity of a streamed reply must be at least 1")]
    fn a_capacity_of_zero_is_refused() {
        drop(ReplyStream::<()>::with_capacity(0));
    }

    #[test]
    fn both_sides_move_between_tasks() {
        fn check<S: Send + Unpin + fmt::Debug>(_: &S) {}
        fn check_future<F: Future + Send>(_: F) {}

        let (mut reply, mut replies) = ReplyStream::<std::cell::Cell<u32>>::new();
        check(&reply);
        check(&replies);
        check_future(reply.closed());
        check_future(reply.send(std::cell::Cell::new(1)));
        check_future(replies.next());
    }
}
