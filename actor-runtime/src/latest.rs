//! The latest value of something that an actor publishes.
//!
//! Underneath is a watch channel of tokio's.
//!
//! # Invariants
//!
//! 1. Nothing of a user's runs while a lock is held: the value is behind an `Arc`, and compared,
//!    cloned and dropped outside. So no reader holds up the actor.
//! 2. The one lasting sender is in `sender`, so to take it out is to close the channel. The value
//!    stays: it belongs to the receivers, of which one is kept here.
//! 3. What the value is of is left open in the channel, so a `Latest` is `Send` and `Sync` whatever it is
//!    of: that is asked where a value is published, and nowhere else. No other type ever gets in.
//! 4. The receiver kept here never looks at a change, and neither has a clone of it: whatever was
//!    published is new to a follower that starts from there.

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
use tokio_util::sync::ReusableBoxFuture;

use crate::published::Published;
use crate::sync::{Mutex, MutexGuard};

/// The latest value of a `#[watch]` method, for any number of readers and followers.
///
/// The actor publishes it by itself. In its place [`Inbox::latest`](crate::Inbox::latest) does, which
/// has a field for each such method.
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
    /// `None` once it is closed.
    sender: Mutex<Option<watch::Sender<Present>>>,
    receiver: watch::Receiver<Present>,
    of: PhantomData<fn() -> T>,
}

/// `None` until a value is published, and never again.
type Present = Option<Arc<dyn Any + Send + Sync>>;

impl<T> Latest<T> {
    /// Without a value, until one is published.
    #[doc(hidden)]
    pub fn new() -> Self {
        let (sender, receiver) = watch::channel(None);
        Self {
            sender: Mutex::new(Some(sender)),
            receiver,
            of: PhantomData,
        }
    }

    /// Makes `value` the present one and tells the followers, unless it equals the one before. After
    /// the end it is dropped.
    ///
    /// Meant for one task, the actor's: two at once may both tell of the same value.
    pub fn publish(&self, value: T)
    where
        T: PartialEq + Send + Sync + 'static,
    {
        let present = self.receiver.borrow().clone();
        if value_of(&present).is_some_and(|present: &T| *present == value) {
            return;
        }
        // A statement of its own, so that the lock is released before anybody is woken.
        let sender = self.lock().clone();
        if let Some(sender) = sender {
            // The old value is dropped here, after the channel's lock.
            drop(sender.send_replace(Some(Arc::new(value))));
        }
    }

    /// A clone of the present value. After the end it is the last one.
    ///
    /// # Panics
    ///
    /// If no value was published yet. An actor has one from the start, so this only happens to a
    /// client that was made by [`channel`](crate::channel).
    #[track_caller]
    pub fn get(&self) -> T
    where
        T: Clone + 'static,
    {
        let present = self.receiver.borrow().clone();
        let Some(value) = value_of(&present) else {
            panic!("no value was published yet; publish one on the inbox first");
        };
        T::clone(value)
    }

    /// Follows the value, from the present one on.
    pub fn watch(&self) -> Watch<T> {
        Watch {
            next: Some(ReusableBoxFuture::new(change(self.receiver.clone()))),
            of: PhantomData,
        }
    }

    /// Nothing that runs under the lock leaves it half done, so a panic does not spoil the state.
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

    /// Ends those who follow, each after the last value. What is published later is dropped.
    fn close(&self) {
        let sender = self.lock().take();
        // Wakes the followers.
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
/// Who is slow skips what was in between and gets the newest. The stream ends after the last value
/// once the actor has ended. It does not keep the actor alive.
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
///     pub fn advance(&mut self, percent: u8) -> () {
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
    /// The next change; `None` once the stream has ended.
    next: Option<ReusableBoxFuture<'static, Change>>,
    of: PhantomData<fn() -> T>,
}

/// The receiver goes through the future and back, because tokio's cannot be polled by itself.
type Change = (Result<(), RecvError>, watch::Receiver<Present>);

async fn change(mut receiver: watch::Receiver<Present>) -> Change {
    let changed = receiver.changed().await;
    (changed, receiver)
}

impl<T: Clone + 'static> Watch<T> {
    /// The value, as soon as there is one that was not returned yet; `None` when the actor has ended
    /// and its last value was returned.
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
            return Poll::Ready(None);
        };
        let (changed, mut receiver) = ready!(next.poll(cx));
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
    #[should_panic(expected = "no value was published yet; publish one on the inbox first")]
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

    /// Takes all locks whenever it is compared, cloned or dropped. If one were held meanwhile, a test
    /// that uses it would not end.
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
