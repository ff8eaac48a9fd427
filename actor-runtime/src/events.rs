//! Events: the announcements of an actor to its subscribers.
//!
//! Underneath is a broadcast channel of tokio. The first subscription makes it, so an actor without subscribers pays
//! for a lock and nothing else.
//!
//! # Invariants
//!
//! 1. The state holds the only lasting sender of the channel, so taking it out closes the channel. Subscribers still
//!    read what was sent before, since the channel also belongs to its receivers.
//! 2. No user code runs while the state is locked: no event is cloned or dropped, and nobody is woken. The sender is
//!    cloned under the lock, and used after it.
//! 3. The state does not name the type of the events, so `Events` are `Send` and `Sync` for every type. The bounds are
//!    asked where events are emitted, and nowhere else. The state never holds a sender of another type.
//! 4. A subscription holds a receiver from the moment that it is made: it gets each event emitted after that, or is
//!    told how many it missed.
//! 5. The channel holds each event in an `Arc`, so tokio clones no event under a lock of the channel, which the actor
//!    also takes. An event that is slow to clone holds up other subscribers at most. The `Mutex` makes the `Arc` `Send`
//!    where an event need not be `Sync`.

use std::any::Any;
use std::fmt;
use std::future::poll_fn;
use std::marker::PhantomData;
use std::mem;
use std::pin::Pin;
use std::sync::{Arc, PoisonError};
use std::task::{Context, Poll, ready};

use futures_core::Stream;
use tokio::sync::broadcast;
use tokio::sync::broadcast::error::RecvError;
use tokio_util::sync::ReusableBoxFuture;

use crate::published::Published;
use crate::sync::{Mutex, MutexGuard};

/// The events of an actor, for any number of subscribers.
pub struct Events<E> {
    capacity: usize,
    state: Mutex<Listeners>,
    of: PhantomData<fn(E) -> E>,
}

enum Listeners {
    /// No subscription was made yet.
    Unheard,
    /// A `broadcast::Sender` of shared events (invariant 3).
    Open(Box<dyn Any + Send + Sync>),
    Closed,
}

/// An event in the channel (invariant 5).
type SharedEvent<E> = Arc<Mutex<E>>;

impl<E> Events<E> {
    /// Makes the events of an actor. A subscriber can be `capacity` events behind, rounded up to a power of two, before
    /// it misses any.
    ///
    /// # Panics
    ///
    /// If `capacity` is 0.
    #[track_caller]
    pub fn new(capacity: usize) -> Self {
        assert!(capacity > 0, "the capacity of events must be at least 1");
        Self {
            capacity,
            state: Mutex::new(Listeners::Unheard),
            of: PhantomData,
        }
    }

    /// Announces `event` without waiting. For a subscriber that is too far behind, it replaces the oldest event. If
    /// there is no subscriber, it is dropped.
    pub fn emit(&self, event: E)
    where
        E: Send + 'static,
    {
        match self.sender() {
            Some(sender) if sender.receiver_count() > 0 => {
                // Fails only if the last subscriber has left meanwhile.
                let _ = sender.send(Arc::new(Mutex::new(event)));
            }
            _ => {}
        }
    }

    /// Subscribes to the events that are emitted from now on.
    pub fn subscribe(&self) -> Subscription<E>
    where
        E: Clone + Send + 'static,
    {
        // The receiver is made now, and not at the first poll (invariant 4).
        Subscription {
            next: self
                .receiver()
                .map(|receiver| ReusableBoxFuture::new(receive(receiver))),
        }
    }

    /// Clones the sender, to be used without the lock (invariant 2).
    fn sender(&self) -> Option<broadcast::Sender<SharedEvent<E>>>
    where
        E: 'static,
    {
        self.lock().sender().cloned()
    }

    fn receiver(&self) -> Option<broadcast::Receiver<SharedEvent<E>>>
    where
        E: Send + 'static,
    {
        let mut state = self.lock();
        if let Listeners::Unheard = *state {
            let sender = broadcast::Sender::<SharedEvent<E>>::new(self.capacity);
            *state = Listeners::Open(Box::new(sender));
        }
        state.sender().map(broadcast::Sender::subscribe)
    }

    /// Locks the state. Nothing that runs under the lock leaves it half changed, so a panic does not spoil it.
    fn lock(&self) -> MutexGuard<'_, Listeners> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Listeners {
    fn sender<E: 'static>(&self) -> Option<&broadcast::Sender<SharedEvent<E>>> {
        match self {
            Self::Open(sender) => sender.downcast_ref(),
            Self::Unheard | Self::Closed => None,
        }
    }
}

impl<E: 'static> Published for Events<E> {
    fn open(event_capacity: usize) -> Self {
        Self::new(event_capacity)
    }

    /// Ends all subscriptions, each after the events that it has not seen yet (invariant 1). Later subscriptions end at
    /// once, and later events are dropped.
    fn close(&self) {
        let state = mem::replace(&mut *self.lock(), Listeners::Closed);
        // Wakes the subscribers, without the lock (invariant 2).
        drop(state);
    }
}

impl<E> fmt::Debug for Events<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Events")
            .field("capacity", &self.capacity)
            .finish_non_exhaustive()
    }
}

/// An event, or the number of events that a slow subscriber has missed.
///
/// # Examples
///
/// ```
/// use actor_runtime::{actor, channel, Notice};
///
/// struct Counter;
///
/// #[actor(event = u32, event_capacity = 2)]
/// impl Counter {
///     pub fn add(&mut self) {}
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let (counter, inbox) = channel::<Counter>(8);
/// let mut totals = counter.subscribe();
/// for total in 1..=5 {
///     inbox.emit(total);
/// }
/// assert_eq!(totals.next().await, Some(Notice::Missed(3)));
/// assert_eq!(totals.next().await, Some(Notice::Event(4)));
/// assert_eq!(totals.next().await, Some(Notice::Event(5)));
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Notice<E> {
    /// An event that the actor announced.
    Event(E),
    /// The number of events that later ones have overwritten before this subscriber took them.
    Missed(u64),
}

/// A stream of the events that an actor announces after the subscription.
///
/// The stream ends when the actor has ended. It does not keep the actor alive. To unsubscribe, drop the stream.
///
/// # Examples
///
/// ```
/// use actor_runtime::{actor, Actor, CallError, CancellationToken, Context, Notice};
///
/// struct Counter(u64);
///
/// #[actor(event = u64)]
/// impl Counter {
///     pub fn add(&mut self, amount: u64, ctx: &mut Context<Self>) {
///         self.0 += amount;
///         ctx.emit(self.0);
///     }
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), CallError> {
/// let counter = Counter(0).spawn(CancellationToken::new());
/// let mut totals = counter.subscribe();
/// counter.add(2).await?;
/// counter.add(3).await?;
/// drop(counter);
/// assert_eq!(totals.next().await, Some(Notice::Event(2)));
/// assert_eq!(totals.next().await, Some(Notice::Event(5)));
/// assert_eq!(totals.next().await, None);
/// # Ok(())
/// # }
/// ```
#[must_use = "streams do nothing unless polled"]
pub struct Subscription<E> {
    /// Receives the next event; `None` once the stream has ended.
    next: Option<ReusableBoxFuture<'static, Received<E>>>,
}

/// A received event, and the receiver, which moves into the future and back because tokio's cannot be polled by itself.
type Received<E> = (
    Result<SharedEvent<E>, RecvError>,
    broadcast::Receiver<SharedEvent<E>>,
);

async fn receive<E>(mut receiver: broadcast::Receiver<SharedEvent<E>>) -> Received<E> {
    let event = receiver.recv().await;
    (event, receiver)
}

impl<E: Clone + Send + 'static> Subscription<E> {
    /// Receives the next event, or the number of events that were missed. Returns `None` once the actor has ended and
    /// all of its events were seen.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe: an event is taken only when it is returned.
    pub async fn next(&mut self) -> Option<Notice<E>> {
        poll_fn(|cx| Pin::new(&mut *self).poll_next(cx)).await
    }
}

impl<E: Clone + Send + 'static> Stream for Subscription<E> {
    type Item = Notice<E>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Notice<E>>> {
        let this = self.get_mut();
        let Some(next) = &mut this.next else {
            return Poll::Ready(None);
        };
        let (event, receiver) = ready!(next.poll(cx));
        let notice = match event {
            Ok(event) => Notice::Event(into_event(event)),
            Err(RecvError::Lagged(count)) => Notice::Missed(count),
            Err(RecvError::Closed) => {
                this.next = None;
                return Poll::Ready(None);
            }
        };
        next.set(receive(receiver));
        Poll::Ready(Some(notice))
    }
}

/// Returns a clone of the event, or the event itself to the last subscriber that sees it (invariant 5).
fn into_event<E: Clone>(event: SharedEvent<E>) -> E {
    match Arc::try_unwrap(event) {
        Ok(event) => event.into_inner().unwrap_or_else(PoisonError::into_inner),
        Err(event) => {
            // A poisoned lock is fine: a clone that panics leaves the event as it was.
            let event = event.lock().unwrap_or_else(PoisonError::into_inner);
            E::clone(&event)
        }
    }
}

impl<E> fmt::Debug for Subscription<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Subscription").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::panic::{AssertUnwindSafe, catch_unwind};
    use std::pin::pin;
    use std::sync::Arc;
    use std::task::Waker;
    use std::time::Duration;

    use tokio::task::yield_now;
    use tokio::time::timeout;

    use super::*;

    fn poll_once<F: Future>(future: Pin<&mut F>) -> Poll<F::Output> {
        future.poll(&mut Context::from_waker(Waker::noop()))
    }

    /// Returns the notices that can be read now, without waiting.
    fn seen<E: Clone + Send + 'static>(subscription: &mut Subscription<E>) -> Vec<Notice<E>> {
        let mut notices = Vec::new();
        while let Poll::Ready(Some(notice)) = poll_once(pin!(subscription.next())) {
            notices.push(notice);
        }
        notices
    }

    fn has_ended<E: Clone + Send + 'static>(subscription: &mut Subscription<E>) -> bool {
        matches!(poll_once(pin!(subscription.next())), Poll::Ready(None))
    }

    #[test]
    fn nothing_is_made_until_somebody_listens() {
        let events = Events::new(4);
        let event = Arc::new(());
        events.emit(Arc::clone(&event));
        assert_eq!(Arc::strong_count(&event), 1);
        assert!(matches!(*events.lock(), Listeners::Unheard));
        assert_eq!(seen(&mut events.subscribe()), []);
        assert!(matches!(*events.lock(), Listeners::Open(_)));
        events.emit(Arc::clone(&event));
        assert_eq!(Arc::strong_count(&event), 1);
    }

    #[test]
    fn each_subscriber_gets_each_event_that_follows() {
        let events = Events::new(4);
        let mut early = events.subscribe();
        events.emit(1);
        let mut late = events.subscribe();
        events.emit(2);
        assert_eq!(seen(&mut early), [Notice::Event(1), Notice::Event(2)]);
        assert_eq!(seen(&mut late), [Notice::Event(2)]);
        drop(early);
        events.emit(3);
        assert_eq!(seen(&mut late), [Notice::Event(3)]);
    }

    #[test]
    fn who_is_too_slow_is_told_how_much_it_missed() {
        // Rounded up to a power of two.
        for (capacity, kept) in [(1, 1), (2, 2), (3, 4), (4, 4)] {
            let events = Events::new(capacity);
            let mut subscription = events.subscribe();
            for number in 0..10 {
                events.emit(number);
            }
            let notices = seen(&mut subscription);
            assert_eq!(notices[0], Notice::Missed(10 - kept));
            assert_eq!(notices[1], Notice::Event(10 - kept));
            assert_eq!(notices.len() as u64, 1 + kept);
            assert!(!has_ended(&mut subscription));
        }
    }

    #[test]
    fn closed_events_end_their_subscriptions_after_what_was_not_seen() {
        let events = Events::new(2);
        let mut subscription = events.subscribe();
        for number in 0..3 {
            events.emit(number);
        }
        events.close();
        events.close();
        events.emit(3);
        let rest = [Notice::Missed(1), Notice::Event(1), Notice::Event(2)];
        assert_eq!(seen(&mut subscription), rest);
        assert!(has_ended(&mut subscription));
        assert!(has_ended(&mut subscription));
        assert!(has_ended(&mut events.subscribe()));
    }

    #[test]
    fn events_that_nobody_heard_can_be_closed() {
        let events = Events::new(2);
        events.close();
        events.emit(1);
        assert!(has_ended(&mut events.subscribe()));
    }

    #[test]
    fn dropped_events_end_their_subscriptions() {
        let events = Events::new(2);
        let mut subscription = events.subscribe();
        events.emit(1);
        drop(events);
        assert_eq!(seen(&mut subscription), [Notice::Event(1)]);
        assert!(has_ended(&mut subscription));
    }

    #[tokio::test(start_paused = true)]
    async fn an_event_and_the_end_wake_who_waits() {
        let events = Events::new(2);
        let mut subscription = events.subscribe();
        let subscriber = tokio::spawn(async move {
            let first = subscription.next().await;
            (first, subscription.next().await)
        });
        yield_now().await;
        events.emit(1);
        yield_now().await;
        events.close();
        let notices = timeout(Duration::from_secs(1), subscriber).await;
        assert_eq!(notices.unwrap().unwrap(), (Some(Notice::Event(1)), None));
    }

    #[test]
    fn a_next_that_was_dropped_takes_nothing() {
        let events = Events::new(2);
        let mut subscription = events.subscribe();
        {
            let mut next = pin!(subscription.next());
            assert!(poll_once(next.as_mut()).is_pending());
            events.emit(1);
        }
        drop(subscription.next());
        assert_eq!(seen(&mut subscription), [Notice::Event(1)]);
    }

    #[test]
    fn a_dropped_event_may_come_back() {
        #[derive(Clone)]
        struct Nosy(Arc<Events<Nosy>>);

        impl Drop for Nosy {
            fn drop(&mut self) {
                self.0.close();
            }
        }

        let unheard = Arc::new(Events::new(2));
        unheard.emit(Nosy(Arc::clone(&unheard)));
        assert!(matches!(*unheard.lock(), Listeners::Closed));
        unheard.emit(Nosy(Arc::clone(&unheard)));

        let left = Arc::new(Events::new(2));
        drop(left.subscribe());
        left.emit(Nosy(Arc::clone(&left)));
        assert!(matches!(*left.lock(), Listeners::Closed));
    }

    #[test]
    fn a_panic_under_the_lock_spoils_nothing() {
        let events = Events::new(usize::MAX);
        let subscribe = catch_unwind(AssertUnwindSafe(|| events.subscribe()));
        assert!(subscribe.is_err() && events.state.lock().is_err());
        events.emit(1);
        events.close();
        assert!(has_ended(&mut events.subscribe()));
    }

    #[test]
    #[should_panic(expected = "the capacity of events must be at least 1")]
    fn a_capacity_of_zero_is_refused() {
        drop(Events::<()>::new(0));
    }

    #[test]
    fn subscriptions_move_between_tasks() {
        fn check<S: Stream + Send + Unpin + fmt::Debug>() {}
        check::<Subscription<std::cell::Cell<u32>>>();
    }
}
