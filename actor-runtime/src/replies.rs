//! Streamed replies: a queue of items, and an end that tells whether the list is complete.
//!
//! Both ends share a lock, which neither holds for longer than a few instructions.
//!
//! # Invariants
//!
//! 1. An item is pushed, and the reader's waker taken, under one lock. The same holds for the end of the list, and for
//!    an item that is taken and the sender's waker. So nobody waits for an item, an end or room that is there already.
//! 2. The reader looks for the end only when the queue is empty, so it first reads every item that was sent before the
//!    end. The end needs no room in the queue, so sending it never waits.
//! 3. A streamed reply that is dropped without `finish` ends in an error, as any dropped reply does: a truncated list
//!    never looks complete.
//! 4. No waker is cloned, woken or dropped, and no item is dropped, while the lock is held: all of them may run code
//!    that comes back here.

use std::collections::VecDeque;
use std::error::Error;
use std::fmt;
use std::future::poll_fn;
use std::mem;
use std::pin::Pin;
use std::sync::{Arc, PoisonError};
use std::task::{Context, Poll, Waker, ready};
use std::thread;

use futures_core::Stream;
use tokio::sync::Notify;
use tokio::task::coop;

use crate::error::CallError;
use crate::origin::Origin;
use crate::panics::{Shielded, wake_if_any};
use crate::polled;
use crate::shared::EndWait;
use crate::sync::{Mutex, MutexGuard};
use crate::waits::Watched;

/// The number of items that may be sent and not yet read, unless it was set.
const CAPACITY: usize = 16;

/// The sending end of a streamed reply: the answer to one call, as a list of items.
///
/// [`finish`](Self::finish) ends the list. If the sending end is dropped without it, the reader gets an error after the
/// items that were sent, so that a truncated list never looks complete.
///
/// # Backpressure
///
/// Inside a method, [`send`](Self::send) never waits: a reader that is slow, or that calls the actor between two items,
/// does not hold the actor. All items that the method sends and the reader has not read are buffered, so the buffer
/// can grow to the length of the list. In a task, as one of [`Context::spawn`](crate::Context::spawn), `send` waits
/// for the reader, and at most 16 items are buffered. Send long lists from a task.
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
///
/// A task that waits for the reader:
///
/// ```
/// use actor_runtime::{actor, Actor, CallError, CancellationToken, Context, ReplyStream};
///
/// struct Numbers;
///
/// #[actor]
/// impl Numbers {
///     pub fn below(&self, end: u64, mut reply: ReplyStream<u64>, ctx: &mut Context<Self>) {
///         ctx.spawn(async move {
///             for number in 0..end {
///                 if reply.send(number).await.is_err() {
///                     return; // The reader has gone.
///                 }
///             }
///             reply.finish();
///         });
///     }
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), CallError> {
/// let numbers = Numbers.spawn(CancellationToken::new());
/// let mut first = numbers.below(1_000_000).await?;
/// assert_eq!(first.next().await, Some(Ok(0)));
/// # Ok(())
/// # }
/// ```
#[must_use = "a streamed reply that is dropped without `finish` ends in an error"]
pub struct ReplyStream<T> {
    queue: Arc<ItemQueue<T>>,
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
        let queue = Arc::new(ItemQueue {
            state: Mutex::new(ItemQueueState {
                items: VecDeque::new(),
                capacity,
                end: End::Open,
                is_closed: false,
                reader: None,
                sender: None,
            }),
            closed: Notify::new(),
        });
        let replies = Replies {
            queue: Some(Arc::clone(&queue)),
            origin: None,
            ended: None,
            watch: None,
        };
        (Self { queue }, replies)
    }

    /// Sends an item. Waits until there is room for it, except inside a method of an actor, which never waits for a
    /// reader; see [Backpressure](Self#backpressure).
    ///
    /// # Errors
    ///
    /// Returns the item if the reader has gone.
    ///
    /// # Cancel safety
    ///
    /// If the future is dropped before it is ready, the item is dropped with it and was not sent.
    pub async fn send(&mut self, item: T) -> Result<(), T> {
        let mut sending = Sending {
            queue: &self.queue,
            item: Some(item),
        };
        poll_fn(|cx| sending.poll(cx)).await
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
        let state = self.queue.lock();
        if state.is_closed {
            drop(state);
            return Err(TrySendError::Closed(item));
        }
        if !state.has_room() {
            drop(state);
            return Err(TrySendError::Full(item));
        }
        push(state, item);
        Ok(())
    }

    /// Returns true if the reader has gone, so that nobody waits for further items.
    pub fn is_closed(&self) -> bool {
        self.queue.lock().is_closed
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
        // A task that asks in a loop lets others run.
        coop::consume_budget().await;
        // Before the look at the state, so that nothing that happens after it is missed.
        let closed = self.queue.closed.notified();
        if !self.is_closed() {
            Shielded::new(closed).await;
        }
    }

    /// Ends the stream, and tells the reader that the list is complete. It does not wait, even if the reader is behind.
    pub fn finish(self) {
        self.queue.end(End::Finished);
    }
}

#[doc(hidden)]
impl<T> ReplyStream<T> {
    /// Tells the caller that the command did not run.
    pub fn refuse(self) {
        self.queue.end(End::Refused);
    }
}

impl<T> Drop for ReplyStream<T> {
    fn drop(&mut self) {
        // After `finish`, this comes second (invariant 3).
        self.queue.end(if thread::panicking() {
            End::Panicked
        } else {
            End::Unanswered
        });
    }
}

impl<T> fmt::Debug for ReplyStream<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReplyStream")
            .field("is_closed", &self.is_closed())
            .finish_non_exhaustive()
    }
}

/// An item on its way. Dropping it leaves no waker behind.
struct Sending<'a, T> {
    queue: &'a ItemQueue<T>,
    /// `None` once it was sent.
    item: Option<T>,
}

impl<T> Sending<'_, T> {
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), T>> {
        let unit = ready!(coop::poll_proceed(cx));
        let Some(item) = self.item.take() else {
            return Poll::Ready(Ok(()));
        };
        // Known before the lock is taken (invariant 4).
        let never_waits = polled::is_method();
        let mut waker = None;
        loop {
            let mut state = self.queue.lock();
            if state.is_closed {
                drop(state);
                unit.made_progress();
                return Poll::Ready(Err(item));
            }
            if never_waits || state.has_room() {
                push(state, item);
                unit.made_progress();
                return Poll::Ready(Ok(()));
            }
            if waker.is_some() {
                let old = mem::replace(&mut state.sender, waker);
                drop(state);
                drop(old);
                self.item = Some(item);
                return Poll::Pending;
            }
            drop(state);
            // Without the lock (invariant 4).
            waker = Some(cx.waker().clone());
        }
    }
}

impl<T> Drop for Sending<'_, T> {
    fn drop(&mut self) {
        if self.item.is_some() {
            let waker = self.queue.lock().sender.take();
            drop(waker);
        }
    }
}

/// The queue that a streamed reply and its reader share.
struct ItemQueue<T> {
    state: Mutex<ItemQueueState<T>>,
    /// Notified when the reader has gone.
    closed: Notify,
}

struct ItemQueueState<T> {
    items: VecDeque<T>,
    capacity: usize,
    end: End,
    /// True if the reader has gone, or waits for no further items.
    is_closed: bool,
    reader: Option<Waker>,
    /// The sender that waits for room.
    sender: Option<Waker>,
}

/// The end of a list.
#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    Open,
    Finished,
    /// The command did not run.
    Refused,
    /// The reply was dropped.
    Unanswered,
    /// The reply was dropped by a panic.
    Panicked,
}

impl<T> ItemQueue<T> {
    /// Locks the state. Nothing that runs under the lock can panic.
    fn lock(&self) -> MutexGuard<'_, ItemQueueState<T>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Ends the list, unless it has ended, and wakes the reader (invariant 1).
    fn end(&self, end: End) {
        let mut state = self.lock();
        if state.end != End::Open {
            return;
        }
        state.end = end;
        let reader = state.reader.take();
        drop(state);
        wake_if_any(reader);
    }

    /// Tells the sender that no further items are wanted.
    fn close(&self) {
        let mut state = self.lock();
        state.is_closed = true;
        let sender = state.sender.take();
        drop(state);
        wake_if_any(sender);
        self.closed.notify_waiters();
    }
}

impl<T> ItemQueueState<T> {
    fn has_room(&self) -> bool {
        self.items.len() < self.capacity
    }
}

/// Pushes an item, and wakes the reader (invariant 1).
fn push<T>(mut state: MutexGuard<'_, ItemQueueState<T>>, item: T) {
    state.items.push_back(item);
    let reader = state.reader.take();
    drop(state);
    wake_if_any(reader);
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
    /// `None` once the stream has ended.
    queue: Option<Arc<ItemQueue<T>>>,
    /// The command that is answered; `None` unless an actor has accepted it.
    origin: Option<Origin>,
    /// Ready when the actor of `origin` has ended; `None` once it was.
    ended: Option<EndWait>,
    /// `None` unless a method waits for the next item.
    watch: Option<Box<Watched>>,
}

impl<T> Replies<T> {
    /// Makes these the replies to a command that was accepted.
    pub(crate) fn from(mut self, origin: Origin) -> Self {
        self.ended = Some(origin.actor.wait_for_end());
        self.origin = Some(origin);
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
        // Also at the end: a task that asks again and again lets others run.
        let unit = ready!(coop::poll_proceed(cx));
        let polled = if polled::in_method() {
            this.poll_in_method(cx)
        } else {
            this.poll_item(cx)
        };
        if polled.is_ready() {
            unit.made_progress();
        }
        polled
    }
}

impl<T> Replies<T> {
    /// Waits for the next item on behalf of the method that reads, unless that would be forever.
    #[cold]
    fn poll_in_method(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<T, CallError>>> {
        let Some(waker) = polled::watch(&mut self.watch, cx) else {
            return self.poll_item(cx);
        };
        let item = self.poll_item(&mut Context::from_waker(&waker));
        if item.is_ready() {
            self.watch = None;
            return item;
        }
        match ready!(self.poll_list(cx)) {
            Ok(()) => Poll::Pending,
            Err(deadlock) => {
                // The actor may wait for room in the queue, which nobody will make.
                self.end();
                Poll::Ready(Some(Err(deadlock)))
            }
        }
    }

    /// Lists that the method being polled waits for the next item.
    fn poll_list(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), CallError>> {
        match &self.origin {
            Some(origin) => origin.poll_list(&mut self.watch, cx),
            None => Poll::Ready(Ok(())),
        }
    }

    fn poll_item(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<T, CallError>>> {
        let Some(queue) = &self.queue else {
            return Poll::Ready(None);
        };
        let mut end = match queue.poll_take(cx) {
            Poll::Ready(Ok(item)) => return Poll::Ready(Some(Ok(item))),
            Poll::Ready(Err(end)) => end,
            Poll::Pending => End::Open,
        };
        if end == End::Open {
            if let Some(ended) = &mut self.ended {
                ready!(ended.as_mut().poll(cx));
                self.ended = None;
                // No others will come, although the reply may still be kept somewhere.
                queue.close();
            } else if self.origin.is_none() {
                return Poll::Pending;
            }
            // Items that came meanwhile are still read (invariant 2).
            end = match queue.poll_take(cx) {
                Poll::Ready(Ok(item)) => return Poll::Ready(Some(Ok(item))),
                Poll::Ready(Err(end)) => end,
                Poll::Pending => End::Unanswered,
            };
        }
        let lost = match end {
            End::Finished => None,
            End::Panicked => Some(CallError::Panicked),
            End::Refused => Some(CallError::Refused),
            End::Open | End::Unanswered => Some(CallError::Unanswered),
        };
        let error = lost.map(|lost| match &self.origin {
            Some(origin) => origin.why_lost(lost),
            None => lost,
        });
        self.end();
        Poll::Ready(error.map(Err))
    }

    /// Ends the stream: nothing keeps the actor, and nobody waits for room.
    fn end(&mut self) {
        self.origin = None;
        self.ended = None;
        self.watch = None;
        if let Some(queue) = self.queue.take() {
            queue.close();
            let mut state = queue.lock();
            let left = (mem::take(&mut state.items), state.reader.take());
            // In this order (invariant 4).
            drop(state);
            drop(left);
        }
    }
}

impl<T> ItemQueue<T> {
    /// Takes the next item, or fails with the end of the list.
    fn poll_take(&self, cx: &mut Context<'_>) -> Poll<Result<T, End>> {
        let mut waker = None;
        loop {
            let mut state = self.lock();
            if let Some(item) = state.items.pop_front() {
                let has_room = state.has_room();
                let sender = if has_room { state.sender.take() } else { None };
                drop(state);
                wake_if_any(sender);
                return Poll::Ready(Ok(item));
            }
            if state.end != End::Open {
                return Poll::Ready(Err(state.end));
            }
            if waker.is_some() {
                let old = mem::replace(&mut state.reader, waker);
                drop(state);
                drop(old);
                return Poll::Pending;
            }
            drop(state);
            // Without the lock (invariant 4).
            waker = Some(cx.waker().clone());
        }
    }
}

impl<T> Drop for Replies<T> {
    fn drop(&mut self) {
        self.end();
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
    use std::sync::Weak;
    use std::task::Wake;
    use std::time::Duration;

    use tokio::time::timeout;
    use tokio_util::sync::CancellationToken;

    use super::*;
    use crate::command::Command;
    use crate::inbox::Inbox;
    use crate::shared::{Controller, Shared};
    use crate::shutdown::Shutdown;
    use crate::spans::WaitingCaller;

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

    #[tokio::test(start_paused = true)]
    async fn the_end_takes_its_share_of_the_budget() {
        let (reply, mut replies) = ReplyStream::<u32>::new();
        reply.finish();
        let mut ends = 0;
        poll_fn(|cx| {
            while ends < 1_000 && Pin::new(&mut replies).poll_next(cx) == Poll::Ready(None) {
                ends += 1;
            }
            Poll::Ready(())
        })
        .await;
        assert!(ends < 1_000, "others never run");
    }

    #[test]
    fn wakers_may_come_back() {
        /// Looks at the reply when it is cloned, woken or dropped.
        struct Nosy(Weak<ItemQueue<Arc<()>>>);

        impl Wake for Nosy {
            fn wake(self: Arc<Self>) {}
        }

        impl Drop for Nosy {
            fn drop(&mut self) {
                if let Some(queue) = self.0.upgrade() {
                    drop(queue.lock());
                }
            }
        }

        let (mut reply, mut replies) = ReplyStream::with_capacity(1);
        let nosy = || Waker::from(Arc::new(Nosy(Arc::downgrade(&reply.queue))));
        let wakers = [nosy(), nosy(), nosy(), nosy()];
        let mut contexts = wakers.each_ref().map(Context::from_waker).into_iter();
        for mut cx in contexts.by_ref().take(2) {
            assert!(pin!(replies.next()).poll(&mut cx).is_pending());
        }
        let item = Arc::new(());
        assert_eq!(reply.try_send(Arc::clone(&item)), Ok(()));
        let mut sending = Box::pin(reply.send(item));
        for mut cx in contexts {
            assert!(sending.as_mut().poll(&mut cx).is_pending());
        }
        drop(wakers);
        drop(sending);
        drop(replies);
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
            accepted: cast.erased().accepted_at(position),
            deferred: Some("list"),
            caller: WaitingCaller::current(),
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
