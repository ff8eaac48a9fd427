//! Latest values: the present value of a `#[watch]` method, and the changes of that value.
//!
//! Underneath is a watch channel of tokio.
//!
//! # Invariants
//!
//! 1. No user code runs while a lock is held: the value is behind an `Arc`, and compared, cloned and dropped without a
//!    lock. So no reader holds up the actor.
//! 2. `sender` holds the only lasting sender, so taking it out closes the channel. The value stays, since it belongs to
//!    the receivers, of which one is kept here.
//! 3. The channel does not name the type of the value, so a `Latest` is `Send` and `Sync` for every type. The bounds
//!    are required where a value is published, and nowhere else. The channel never holds a value of another type.
//! 4. The receiver kept here never looks at a change, and neither has a clone of it: whatever was published is new to a
//!    follower that starts from a clone.

use std::any::Any;
use std::fmt;
use std::future::poll_fn;
use std::marker::PhantomData;
use std::pin::Pin;
use std::sync::{Arc, PoisonError};
use std::task::{Context, Poll, ready};

use futures_core::Stream;
use tokio::sync::watch;
use tokio::sync::watch::error::RecvError;
use tokio::task::coop;
use tokio_util::sync::ReusableBoxFuture;

use crate::panics::Shield;
use crate::published::Published;
use crate::sync::{Mutex, MutexGuard};

/// The latest value of a `#[watch]` method, for any number of readers and followers.
///
/// The actor publishes its latest values itself. A test without an actor publishes them through
/// [`Inbox::latest`](crate::Inbox::latest), which has a field for each `#[watch]` method.
///
/// # Examples
///
/// ```
/// use actor_runtime::{actor, channel};
///
/// struct Store;
///
/// #[actor]
/// impl Store {
///     #[watch]
///     pub fn size(&self) -> usize {
///         0
///     }
/// }
///
/// let (store, inbox) = channel::<Store>(8);
/// inbox.latest().size.publish(3);
/// assert_eq!(store.size(), 3);
/// ```
pub struct Latest<T> {
    /// `None` once the channel is closed (invariant 2).
    sender: Mutex<Option<watch::Sender<Present>>>,
    receiver: watch::Receiver<Present>,
    of: PhantomData<fn() -> T>,
}

/// The present value, of any type (invariant 3); `None` until the first one is published, and never again.
type Present = Option<Arc<dyn Any + Send + Sync>>;

impl<T> Latest<T> {
    /// Makes a cell for a latest value, which is empty until the first value is published.
    #[doc(hidden)]
    pub fn new() -> Self {
        let (sender, receiver) = watch::channel(None);
        Self {
            sender: Mutex::new(Some(sender)),
            receiver,
            of: PhantomData,
        }
    }

    /// Publishes `value` and tells the followers, unless it equals the present one. Once the actor has ended, `value`
    /// is dropped.
    ///
    /// This method is meant for one task, the actor's. If two tasks publish equal values at once, followers may get
    /// both.
    pub fn publish(&self, value: T)
    where
        T: PartialEq + Send + Sync + 'static,
    {
        let present = self.receiver.borrow().clone();
        if value_of(&present).is_some_and(|present: &T| *present == value) {
            return;
        }
        // A statement of its own, so that the lock is released before anybody is woken (invariant 1).
        let sender = self.lock().clone();
        if let Some(sender) = sender {
            // Returned and dropped here, so that the old value is dropped without the channel's lock (invariant 1).
            drop(sender.send_replace(Some(Arc::new(value))));
        }
    }

    /// Returns a clone of the present value, which is the last one once the actor has ended.
    ///
    /// # Panics
    ///
    /// If no value was published yet. An actor publishes one before it starts, so this only happens to a client made by
    /// [`channel`](crate::channel()).
    #[track_caller]
    pub fn get(&self) -> T
    where
        T: Clone + 'static,
    {
        let present = self.receiver.borrow().clone();
        let Some(value) = value_of(&present) else {
            panic!("no value was published yet; publish one by `Inbox::latest`");
        };
        T::clone(value)
    }

    /// Follows the value, starting with the present one.
    pub fn watch(&self) -> Watch<T> {
        // To a clone of the kept receiver, the present value is new (invariant 4).
        Watch {
            next: Some(ReusableBoxFuture::new(change(self.receiver.clone()))),
            shield: Shield::default(),
            of: PhantomData,
        }
    }

    /// Locks the sender. Nothing that runs under the lock leaves it half changed, so a panic does not spoil it.
    fn lock(&self) -> MutexGuard<'_, Option<watch::Sender<Present>>> {
        self.sender.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn value_of<T: 'static>(present: &Present) -> Option<&T> {
    present.as_deref()?.downcast_ref()
}

impl<T: 'static> Published for Latest<T> {
    fn open(_event_capacity: usize) -> Self {
        Self::new()
    }

    /// Ends all followers, each after the last value (invariant 2). Values that are published later are dropped.
    fn close(&self) {
        let sender = self.lock().take();
        // Wakes the followers, without the lock (invariant 1).
        drop(sender);
    }
}

impl<T> fmt::Debug for Latest<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Latest").finish_non_exhaustive()
    }
}

/// A stream of the latest value: the present one first, then the one after each change.
///
/// A slow follower skips the values in between and gets the newest one. Once the actor has ended, the stream ends after
/// the last value. It does not keep the actor alive.
///
/// # Examples
///
/// ```
/// use actor_runtime::{actor, Actor, CallError, CancellationToken};
///
/// struct Download { percent: u8 }
///
/// #[actor]
/// impl Download {
///     #[command(ack)]
///     pub fn advance(&mut self, percent: u8) {
///         self.percent += percent;
///     }
///
///     #[watch]
///     pub fn progress(&self) -> u8 {
///         self.percent
///     }
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), CallError> {
/// let download = Download { percent: 0 }.spawn(CancellationToken::new());
/// let mut progress = download.watch_progress();
/// assert_eq!(progress.next().await, Some(0));
/// download.advance(60).await?;
/// assert_eq!(download.progress(), 60);
/// assert_eq!(progress.next().await, Some(60));
/// drop(download);
/// assert_eq!(progress.next().await, None);
/// # Ok(())
/// # }
/// ```
#[must_use = "streams do nothing unless polled"]
pub struct Watch<T> {
    /// Waits for the next change; `None` once the stream has ended.
    next: Option<ReusableBoxFuture<'static, Change>>,
    /// A waker that panics would leave other followers untold.
    shield: Shield,
    of: PhantomData<fn() -> T>,
}

/// A change, and the receiver, which moves into the future and back because tokio's cannot be polled by itself.
type Change = (Result<(), RecvError>, watch::Receiver<Present>);

async fn change(mut receiver: watch::Receiver<Present>) -> Change {
    let changed = receiver.changed().await;
    (changed, receiver)
}

impl<T: Clone + 'static> Watch<T> {
    /// Waits for a value that was not returned yet, and returns it; `None` once the actor has ended and its last value
    /// was returned.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe: a change counts as seen only when its value is returned.
    pub async fn next(&mut self) -> Option<T> {
        poll_fn(|cx| Pin::new(&mut *self).poll_next(cx)).await
    }
}

impl<T: Clone + 'static> Stream for Watch<T> {
    type Item = T;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<T>> {
        let this = self.get_mut();
        let Some(next) = &mut this.next else {
            // As before the end: a task that asks in a loop lets others run.
            let budget = ready!(coop::poll_proceed(cx));
            budget.made_progress();
            return Poll::Ready(None);
        };
        let waker = this.shield.over(cx.waker());
        let (changed, mut receiver) = ready!(next.poll(&mut Context::from_waker(waker)));
        if changed.is_err() {
            this.next = None;
            return Poll::Ready(None);
        }
        let present = receiver.borrow_and_update().clone();
        next.set(change(receiver));
        Poll::Ready(value_of(&present).cloned())
    }
}

impl<T> fmt::Debug for Watch<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Watch").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::pin::pin;
    use std::sync::Weak;
    use std::task::Waker;
    use std::time::Duration;

    use tokio::task::yield_now;
    use tokio::time::timeout;

    use super::*;
    use crate::panics::tests::panics_when_woken;

    fn poll_once<F: Future>(future: Pin<&mut F>) -> Poll<F::Output> {
        future.poll(&mut Context::from_waker(Waker::noop()))
    }

    fn next<T: Clone + Send + Sync + 'static>(watch: &mut Watch<T>) -> Poll<Option<T>> {
        poll_once(pin!(watch.next()))
    }

    #[test]
    fn the_present_value_is_the_last_one_published() {
        let latest = Latest::new();
        for number in [1, 1, 2, 1] {
            latest.publish(number);
            assert_eq!(latest.get(), number);
        }
        latest.close();
        assert_eq!(latest.get(), 1);
        latest.publish(2);
        assert_eq!(latest.get(), 1);
    }

    #[test]
    fn names_are_printed() {
        let latest = Latest::<u32>::new();
        let printed = format!("{latest:?}, {:?}", latest.watch());
        assert_eq!(printed, "Latest { .. }, Watch { .. }");
    }

    #[test]
    #[should_panic(expected = "no value was published yet; publish one by `Inbox::latest`")]
    fn what_was_never_published_cannot_be_read() {
        Latest::<u32>::new().get();
    }

    #[test]
    fn a_follower_gets_the_present_value_first() {
        let latest = Latest::new();
        let mut early = latest.watch();
        assert_eq!(next(&mut early), Poll::Pending);
        latest.publish(1);
        let mut late = latest.watch();
        for watch in [&mut early, &mut late] {
            assert_eq!(next(watch), Poll::Ready(Some(1)));
            assert_eq!(next(watch), Poll::Pending);
        }
    }

    #[test]
    fn a_follower_gets_the_newest_of_several_changes() {
        let latest = Latest::new();
        latest.publish(1);
        let mut watch = latest.watch();
        latest.publish(2);
        assert_eq!(next(&mut watch), Poll::Ready(Some(2)));
        latest.publish(3);
        latest.publish(4);
        assert_eq!(next(&mut watch), Poll::Ready(Some(4)));
        assert_eq!(next(&mut watch), Poll::Pending);
    }

    #[test]
    fn an_equal_value_is_no_change() {
        #[derive(Clone)]
        struct Parity(u32);

        impl PartialEq for Parity {
            fn eq(&self, other: &Self) -> bool {
                self.0 % 2 == other.0 % 2
            }
        }

        let latest = Latest::new();
        let mut watch = latest.watch();
        latest.publish(Parity(1));
        assert!(next(&mut watch).is_ready());
        latest.publish(Parity(3));
        assert!(next(&mut watch).is_pending());
        assert_eq!(latest.get().0, 1);
        latest.publish(Parity(4));
        assert!(next(&mut watch).is_ready());
    }

    #[test]
    fn a_follower_ends_after_the_last_value() {
        let latest = Latest::new();
        latest.publish(1);
        let mut seen = latest.watch();
        assert_eq!(next(&mut seen), Poll::Ready(Some(1)));
        let mut behind = latest.watch();
        latest.close();
        latest.close();
        let mut late = latest.watch();
        assert_eq!(next(&mut seen), Poll::Ready(None));
        for watch in [&mut behind, &mut late] {
            assert_eq!(next(watch), Poll::Ready(Some(1)));
            assert_eq!(next(watch), Poll::Ready(None));
            assert_eq!(next(watch), Poll::Ready(None));
        }
    }

    #[test]
    fn a_follower_of_nothing_ends_with_the_actor() {
        let closed = Latest::<u32>::new();
        let mut watch = closed.watch();
        closed.close();
        assert_eq!(next(&mut watch), Poll::Ready(None));

        let dropped = Latest::<u32>::new();
        let mut watch = dropped.watch();
        drop(dropped);
        assert_eq!(next(&mut watch), Poll::Ready(None));
    }

    #[tokio::test(start_paused = true)]
    async fn a_change_and_the_end_wake_who_waits() {
        let latest = Latest::new();
        let mut watch = latest.watch();
        let follower = tokio::spawn(async move {
            let first = watch.next().await;
            (first, watch.next().await)
        });
        yield_now().await;
        latest.publish(1);
        yield_now().await;
        latest.close();
        let values = timeout(Duration::from_secs(1), follower).await;
        assert_eq!(values.unwrap().unwrap(), (Some(1), None));
    }

    #[tokio::test(start_paused = true)]
    async fn a_waker_that_panics_leaves_nobody_untold() {
        let latest = Latest::new();
        let mut fragile: Vec<_> = (0..100).map(|_| latest.watch()).collect();
        let waker = panics_when_woken();
        for watch in &mut fragile {
            let mut next = pin!(watch.next());
            let next = next.as_mut().poll(&mut Context::from_waker(&waker));
            assert!(next.is_pending());
        }
        let mut last = latest.watch();
        let follower = tokio::spawn(async move { last.next().await });
        yield_now().await;
        latest.publish(1);
        let value = timeout(Duration::from_secs(1), follower).await;
        assert_eq!(value.unwrap().unwrap(), Some(1));
    }

    #[tokio::test]
    async fn one_who_asks_after_the_end_lets_others_run() {
        let latest = Latest::<u32>::new();
        let mut watch = latest.watch();
        latest.close();
        let mut asked = 0;
        while let Poll::Ready(value) = next(&mut watch) {
            assert_eq!(value, None);
            asked += 1;
        }
        assert!(asked > 1);
    }

    #[test]
    fn a_next_that_was_dropped_has_seen_nothing() {
        let latest = Latest::new();
        let mut watch = latest.watch();
        {
            let mut next = pin!(watch.next());
            assert!(poll_once(next.as_mut()).is_pending());
            latest.publish(1);
        }
        drop(watch.next());
        assert_eq!(next(&mut watch), Poll::Ready(Some(1)));
    }

    /// A value that takes all locks whenever it is compared, cloned or dropped. If a lock were held meanwhile, a test
    /// that uses the value would not end.
    struct Nosy {
        number: u32,
        latest: Weak<Latest<Nosy>>,
    }

    impl Nosy {
        fn take_all_locks(&self) {
            if let Some(latest) = self.latest.upgrade() {
                let sender = latest.lock().clone();
                sender.inspect(|sender| sender.send_modify(|_| {}));
            }
        }
    }

    impl Clone for Nosy {
        fn clone(&self) -> Self {
            self.take_all_locks();
            Self {
                number: self.number,
                latest: Weak::clone(&self.latest),
            }
        }
    }

    impl PartialEq for Nosy {
        fn eq(&self, other: &Self) -> bool {
            self.take_all_locks();
            self.number == other.number
        }
    }

    impl Drop for Nosy {
        fn drop(&mut self) {
            self.take_all_locks();
        }
    }

    #[test]
    fn no_lock_is_held_while_a_value_is_used() {
        let latest = Arc::new(Latest::new());
        let mut watch = latest.watch();
        for number in [1, 2, 2] {
            latest.publish(Nosy {
                number,
                latest: Arc::downgrade(&latest),
            });
            assert_eq!(latest.get().number, number);
            assert!(next(&mut watch).is_ready());
        }
        latest.close();
        latest.publish(latest.get());
    }

    #[test]
    fn what_was_replaced_is_dropped() {
        let latest = Latest::new();
        let first = Arc::new(1);
        latest.publish(Arc::clone(&first));
        latest.publish(Arc::clone(&first));
        assert_eq!(Arc::strong_count(&first), 2);
        latest.publish(Arc::new(2));
        assert_eq!(Arc::strong_count(&first), 1);
    }

    #[test]
    fn who_follows_moves_between_tasks() {
        fn check<S: Stream + Send + Unpin + fmt::Debug>() {}
        check::<Watch<String>>();
    }
}
