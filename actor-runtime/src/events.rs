//! Events: the announcements of an actor to its subscribers.
//!
//! The first subscription makes the channel, so an actor without subscribers pays for a lock and nothing else. Not a
//! channel of tokio's, which drops overwritten events under its lock, and tells nobody after a waker that panics.
//!
//! # Invariants
//!
//! 1. A subscriber is told of each event that is emitted after it subscribed: it gets the event, or is told how many it
//!    missed. It waits only while there is no event that it has not seen, and the channel is open.
//! 2. No user code runs under a lock: no event is cloned or dropped, and no waker is cloned, woken or dropped. So an
//!    event may do everything that others can do, such as subscribe.
//! 3. The channel keeps an event until all who subscribed before it have seen it, and at most `capacity` of them. An
//!    event that was emitted later was seen by no more of them, so the oldest one is the first to go.
//! 4. Whoever clones an event takes it out meanwhile, since an event need not be `Sync`. The last who sees it gets it
//!    without a clone.
//! 5. A subscription has moved on before it clones an event, so an event whose clone panics is skipped.
//! 6. `Events` do not name the type of the channel, so they are `Send` and `Sync` for every type. The bounds are
//!    asked where events are emitted, and nowhere else. They never hold a channel of another type.

use std::any::Any;
use std::collections::VecDeque;
use std::fmt;
use std::future::poll_fn;
use std::marker::PhantomData;
use std::mem;
use std::pin::Pin;
use std::sync::{Arc, PoisonError};
use std::task::{Context, Poll, Waker, ready};

use futures_core::Stream;
use tokio::task::coop;

use crate::meters::Missed;
use crate::numbered::Numbered;
use crate::panics::wake;
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
    /// An [`OpenBroadcast`] of events (invariant 6).
    Open(Box<dyn Any + Send + Sync>),
    Closed,
}

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
        let rounded_up = capacity.checked_next_power_of_two();
        Self {
            capacity: rounded_up.unwrap_or(capacity),
            state: Mutex::new(Listeners::Unheard),
            of: PhantomData,
        }
    }

    /// Announces `event` without waiting, and returns the number of its subscribers. For a subscriber that is too far
    /// behind, it replaces the oldest event. If there is no subscriber, it is dropped.
    pub fn emit(&self, event: E) -> usize
    where
        E: Send + 'static,
    {
        // A statement of its own, so that the lock is released before the event is used (invariant 2).
        let channel = self.lock().channel();
        channel.map_or(0, |channel| channel.send(event))
    }

    /// Subscribes to the events that are emitted from now on.
    pub fn subscribe(&self) -> Subscription<E>
    where
        E: Clone + Send + 'static,
    {
        let channel = self.channel();
        Subscription {
            id: channel.as_ref().map_or(0, |channel| channel.subscribe()),
            channel,
            received: None,
            missed: None,
        }
    }

    /// Returns the channel, which is made if there is none; `None` if it was closed.
    fn channel(&self) -> Option<Arc<Broadcast<E>>>
    where
        E: Send + 'static,
    {
        let mut state = self.lock();
        if let Listeners::Unheard = *state {
            let channel = OpenBroadcast(Arc::new(Broadcast::new(self.capacity)));
            *state = Listeners::Open(Box::<OpenBroadcast<E>>::new(channel));
        }
        state.channel()
    }

    /// Locks the state. Nothing that runs under the lock leaves it half changed, so a panic does not spoil it.
    fn lock(&self) -> MutexGuard<'_, Listeners> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Listeners {
    fn channel<E: 'static>(&self) -> Option<Arc<Broadcast<E>>> {
        match self {
            Self::Open(channel) => {
                let channel = channel.downcast_ref::<OpenBroadcast<E>>()?;
                Some(Arc::clone(&channel.0))
            }
            Self::Unheard | Self::Closed => None,
        }
    }
}

impl<E: 'static> Published for Events<E> {
    fn open(event_capacity: usize) -> Self {
        Self::new(event_capacity)
    }

    /// Ends all subscriptions, each after the events that it has not seen yet. Later subscriptions end at once, and
    /// later events are dropped.
    fn close(&self) {
        let state = mem::replace(&mut *self.lock(), Listeners::Closed);
        // Closes the channel, without the lock (invariant 2).
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

/// A channel that is closed when this is dropped.
struct OpenBroadcast<E>(Arc<Broadcast<E>>);

impl<E> Drop for OpenBroadcast<E> {
    fn drop(&mut self) {
        self.0.close();
    }
}

struct Broadcast<E> {
    capacity: usize,
    state: Mutex<Backlog<E>>,
}

struct Backlog<E> {
    /// The events that not all subscribers have seen, the oldest first (invariant 3).
    events: VecDeque<Kept<E>>,
    /// The number of events emitted before the first one of these.
    first: u64,
    /// The subscribers by their ids.
    subscribers: Numbered<Subscriber>,
    next_id: u64,
    is_closed: bool,
}

/// An event, which is out of its cell while somebody clones it (invariant 4).
type Cell<E> = Mutex<Option<E>>;

struct Kept<E> {
    event: Arc<Cell<E>>,
    /// The number of subscribers that have yet to see the event.
    unseen: usize,
}

struct Subscriber {
    /// The number of events emitted before the one that the subscriber sees next.
    next: u64,
    /// Left while the subscriber waits.
    waker: Option<Waker>,
}

enum Received<E> {
    Event(Arc<Cell<E>>),
    Missed(u64),
    Closed,
}

impl<E> Broadcast<E> {
    fn new(capacity: usize) -> Self {
        Self {
            capacity,
            state: Mutex::new(Backlog {
                events: VecDeque::new(),
                first: 0,
                subscribers: Numbered::default(),
                next_id: 0,
                is_closed: false,
            }),
        }
    }

    /// Locks the state. Nothing that runs under the lock leaves it half changed, so a panic does not spoil it.
    fn lock(&self) -> MutexGuard<'_, Backlog<E>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns the number of subscribers that have yet to see the event.
    fn send(&self, event: E) -> usize {
        let mut state = self.lock();
        let unseen = state.subscribers.len();
        if unseen == 0 {
            // Before the event is dropped (invariant 2).
            drop(state);
            return 0;
        }
        let event = Arc::new(Mutex::new(Some(event)));
        state.events.push_back(Kept { event, unseen });
        let overwritten = if state.events.len() > self.capacity {
            state.drop_first()
        } else {
            None
        };
        wake_all(state);
        drop(overwritten);
        unseen
    }

    fn close(&self) {
        let mut state = self.lock();
        state.is_closed = true;
        wake_all(state);
    }

    fn subscribe(&self) -> u64 {
        let mut state = self.lock();
        let subscriber = Subscriber {
            next: state.first + state.events.len() as u64,
            waker: None,
        };
        let id = state.next_id;
        state.next_id += 1;
        state.subscribers.insert(id, subscriber);
        id
    }

    /// Takes out a subscriber, and drops the events that only it had yet to see.
    fn leave(&self, id: u64) {
        let mut state = self.lock();
        let subscriber = state.subscribers.remove(id);
        let next = subscriber.as_ref().map_or(0, |subscriber| subscriber.next);
        let seen = next.saturating_sub(state.first);
        for behind_first in seen.. {
            let Some(kept) = kept_at(&mut state.events, behind_first) else {
                break;
            };
            kept.unseen -= 1;
        }
        let mut dropped = Vec::new();
        while state.events.front().is_some_and(|kept| kept.unseen == 0) {
            dropped.extend(state.drop_first());
        }
        if state.subscribers.len() == 0 {
            state.events = VecDeque::new();
        }
        drop(state);
        drop((dropped, subscriber));
    }

    fn poll_receive(&self, id: u64, cx: &mut Context<'_>) -> Poll<Received<E>> {
        let mut waker = None;
        loop {
            let mut guard = self.lock();
            let state = &mut *guard;
            let Some(subscriber) = state.subscribers.get_mut(id) else {
                return Poll::Ready(Received::Closed);
            };
            let Some(behind_first) = subscriber.next.checked_sub(state.first) else {
                let missed = state.first - subscriber.next;
                subscriber.next = state.first;
                return Poll::Ready(Received::Missed(missed));
            };
            if let Some(kept) = kept_at(&mut state.events, behind_first) {
                subscriber.next += 1;
                kept.unseen -= 1;
                let event = Arc::clone(&kept.event);
                if kept.unseen == 0 {
                    // The first one, since nobody has seen a later one alone (invariant 3). It is not the last share.
                    state.drop_first();
                }
                return Poll::Ready(Received::Event(event));
            }
            if state.is_closed {
                return Poll::Ready(Received::Closed);
            }
            let left = &mut subscriber.waker;
            if left.as_ref().is_some_and(|left| left.will_wake(cx.waker())) {
                return Poll::Pending;
            }
            if let Some(waker) = waker.take() {
                let old = left.replace(waker);
                drop(guard);
                drop(old);
                return Poll::Pending;
            }
            // Cloned without the lock (invariant 2), under which everything is looked at again.
            drop(guard);
            waker = Some(cx.waker().clone());
        }
    }
}

impl<E> Backlog<E> {
    /// Takes the oldest event out, to be dropped without the lock.
    fn drop_first(&mut self) -> Option<Kept<E>> {
        self.first += 1;
        self.events.pop_front()
    }
}

fn kept_at<E>(events: &mut VecDeque<Kept<E>>, behind_first: u64) -> Option<&mut Kept<E>> {
    events.get_mut(usize::try_from(behind_first).ok()?)
}

/// Wakes all subscribers that wait, without the lock (invariant 2).
fn wake_all<E>(mut state: MutexGuard<'_, Backlog<E>>) {
    let subscribers = state.subscribers.iter_mut();
    let wakers: Vec<Waker> = subscribers.filter_map(|it| it.waker.take()).collect();
    drop(state);
    wakers.into_iter().for_each(wake);
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
    /// `None` once the stream has ended.
    channel: Option<Arc<Broadcast<E>>>,
    id: u64,
    /// An event that was received while another subscriber cloned it.
    received: Option<Arc<Cell<E>>>,
    missed: Option<Missed>,
}

impl<E> Subscription<E> {
    /// Counts what is missed.
    pub(crate) fn counting(mut self, missed: Missed) -> Self {
        self.missed = Some(missed);
        self
    }
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
        // Also after the end: a task that asks in a loop lets others run.
        let budget = ready!(coop::poll_proceed(cx));
        let notice = ready!(this.poll_notice(cx));
        budget.made_progress();
        Poll::Ready(notice)
    }
}

impl<E: Clone> Subscription<E> {
    fn poll_notice(&mut self, cx: &mut Context<'_>) -> Poll<Option<Notice<E>>> {
        let Some(channel) = &self.channel else {
            return Poll::Ready(None);
        };
        let received = match self.received.take() {
            Some(event) => Received::Event(event),
            None => ready!(channel.poll_receive(self.id, cx)),
        };
        match received {
            Received::Event(event) => match into_event(event) {
                Ok(event) => Poll::Ready(Some(Notice::Event(event))),
                Err(event) => {
                    self.received = Some(event);
                    // The clone does not wait, so it is soon done.
                    cx.waker().wake_by_ref();
                    Poll::Pending
                }
            },
            Received::Missed(count) => {
                if let Some(missed) = &self.missed {
                    missed.count(count);
                }
                Poll::Ready(Some(Notice::Missed(count)))
            }
            Received::Closed => {
                self.unsubscribe();
                Poll::Ready(None)
            }
        }
    }
}

impl<E> Subscription<E> {
    fn unsubscribe(&mut self) {
        if let Some(channel) = self.channel.take() {
            channel.leave(self.id);
        }
    }
}

impl<E> Drop for Subscription<E> {
    fn drop(&mut self) {
        self.unsubscribe();
    }
}

/// Returns a clone of the event, or the event itself to the last subscriber that sees it (invariant 4). If another
/// subscriber clones it right now, it is given back.
fn into_event<E: Clone>(event: Arc<Cell<E>>) -> Result<E, Arc<Cell<E>>> {
    let shared = match Arc::try_unwrap(event) {
        Ok(cell) => {
            let event = cell.into_inner().unwrap_or_else(PoisonError::into_inner);
            return Ok(event.expect("who clones an event shares it"));
        }
        Err(shared) => shared,
    };
    let Some(event) = take(&shared) else {
        return Err(shared);
    };
    let lent = Lent {
        cell: &shared,
        event: Some(event),
    };
    let clone = lent.event.clone();
    drop(lent);
    Ok(clone.expect("it was lent"))
}

fn take<E>(cell: &Cell<E>) -> Option<E> {
    cell.lock().unwrap_or_else(PoisonError::into_inner).take()
}

/// An event that is out of its cell, into which it goes back even if its clone panics.
struct Lent<'a, E> {
    cell: &'a Cell<E>,
    event: Option<E>,
}

impl<E> Drop for Lent<'_, E> {
    fn drop(&mut self) {
        let mut cell = self.cell.lock().unwrap_or_else(PoisonError::into_inner);
        // It holds nothing that would be dropped.
        mem::swap(&mut *cell, &mut self.event);
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
    use std::sync::atomic::AtomicBool;
    use std::sync::atomic::Ordering::Relaxed;
    use std::sync::{Arc, Barrier, Weak};
    use std::thread;
    use std::time::Duration;

    use tokio::task::yield_now;
    use tokio::time::timeout;

    use super::*;
    use crate::panics::tests::panics_when_woken;

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
    fn a_channel_without_subscribers_keeps_no_space() {
        let events = Events::new(4);
        let subscriptions: Vec<_> = (0..1000).map(|_| events.subscribe()).collect();
        events.emit(1);
        drop(subscriptions);
        let channel = events.channel().unwrap();
        let state = channel.lock();
        assert_eq!(state.subscribers.len(), 0);
        assert_eq!(state.events.capacity(), 0);
    }

    #[test]
    fn names_are_printed() {
        let events = Events::<u32>::new(4);
        let printed = format!("{events:?}, {:?}", events.subscribe());
        assert_eq!(printed, "Events { capacity: 4, .. }, Subscription { .. }");
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
    fn an_event_is_kept_until_all_have_seen_it() {
        let events = Events::new(4);
        let event = Arc::new(());
        let mut first = events.subscribe();
        let mut second = events.subscribe();
        events.emit(Arc::clone(&event));
        drop(seen(&mut first));
        assert_eq!(Arc::strong_count(&event), 2);
        // The last one gets the event itself.
        let notices = seen(&mut second);
        assert_eq!((Arc::strong_count(&event), notices.len()), (2, 1));
        drop(notices);
        events.emit(Arc::clone(&event));
        events.emit(Arc::clone(&event));
        drop(seen(&mut first));
        assert_eq!(Arc::strong_count(&event), 3);
        // Those that only this one had yet to see.
        drop(second);
        assert_eq!(Arc::strong_count(&event), 1);
        events.emit(Arc::clone(&event));
        drop(first);
        assert_eq!(Arc::strong_count(&event), 1);
    }

    #[test]
    fn subscribers_that_left_keep_no_place() {
        let events = Events::new(4);
        let mut early = events.subscribe();
        events.emit(1);
        for number in 2..10 {
            let mut other = events.subscribe();
            events.emit(number);
            assert_eq!(seen(&mut other), [Notice::Event(number)]);
        }
        let notices = seen(&mut early);
        assert_eq!((&notices[0], notices.len()), (&Notice::Missed(5), 5));
        let channel = early.channel.as_ref().unwrap();
        assert_eq!(channel.lock().subscribers.len(), 1);
    }

    /// An event that does everything that others do, whenever it is cloned or dropped.
    struct Nosy {
        events: Weak<Events<Nosy>>,
        _held: Option<Subscription<Nosy>>,
    }

    impl Nosy {
        fn pry(&self) {
            let Some(events) = self.events.upgrade() else {
                return;
            };
            drop(events.subscribe());
            let mut other = events.subscribe();
            let nested = Self {
                events: Weak::new(),
                _held: None,
            };
            events.emit(nested);
            assert!(poll_once(pin!(other.next())).is_ready());
        }
    }

    impl Clone for Nosy {
        fn clone(&self) -> Self {
            self.pry();
            Self {
                events: Weak::clone(&self.events),
                _held: None,
            }
        }
    }

    impl Drop for Nosy {
        fn drop(&mut self) {
            self.pry();
        }
    }

    #[test]
    fn no_lock_is_held_while_an_event_is_used() {
        let events = Arc::new(Events::new(1));
        let mut subscriptions = [events.subscribe(), events.subscribe()];
        for _ in 0..3 {
            // Overwrites the one before.
            events.emit(Nosy {
                events: Arc::downgrade(&events),
                _held: Some(events.subscribe()),
            });
        }
        for subscription in &mut subscriptions {
            assert!(poll_once(pin!(subscription.next())).is_ready());
        }
        events.emit(Nosy {
            events: Arc::downgrade(&events),
            _held: Some(events.subscribe()),
        });
        drop(subscriptions);
        events.close();
    }

    /// An event whose clones panic while it is told so.
    struct Fragile(Arc<AtomicBool>);

    impl Clone for Fragile {
        fn clone(&self) -> Self {
            assert!(!self.0.load(Relaxed), "told to");
            Self(Arc::clone(&self.0))
        }
    }

    #[test]
    fn an_event_whose_clone_panics_is_skipped() {
        let panics = Arc::new(AtomicBool::new(true));
        let events = Events::new(4);
        let mut subscription = events.subscribe();
        let mut other = events.subscribe();
        events.emit(Fragile(Arc::clone(&panics)));
        events.emit(Fragile(Arc::new(AtomicBool::new(false))));
        let next = catch_unwind(AssertUnwindSafe(|| poll_once(pin!(subscription.next()))));
        assert!(next.is_err());
        assert_eq!(seen(&mut subscription).len(), 1);
        panics.store(false, Relaxed);
        assert_eq!(seen(&mut other).len(), 2);
    }

    #[test]
    fn a_clone_on_another_thread_is_waited_for() {
        /// The clone waits until somebody else has asked for the event.
        struct Slow(Arc<Barrier>);

        impl Clone for Slow {
            fn clone(&self) -> Self {
                self.0.wait();
                self.0.wait();
                Self(Arc::clone(&self.0))
            }
        }

        let barrier = Arc::new(Barrier::new(2));
        let events = Events::new(4);
        let mut subscription = events.subscribe();
        let mut other = events.subscribe();
        events.emit(Slow(Arc::clone(&barrier)));
        let thread = thread::spawn(move || seen(&mut subscription).len());
        barrier.wait();
        assert!(poll_once(pin!(other.next())).is_pending());
        barrier.wait();
        assert_eq!(thread.join().unwrap(), 1);
        assert_eq!(seen(&mut other).len(), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn a_waker_that_panics_leaves_nobody_untold() {
        let events = Events::new(4);
        let mut fragile = [events.subscribe(), events.subscribe()];
        let waker = panics_when_woken();
        for subscription in &mut fragile {
            let mut next = pin!(subscription.next());
            assert!(
                next.as_mut()
                    .poll(&mut Context::from_waker(&waker))
                    .is_pending()
            );
        }
        let mut last = events.subscribe();
        let subscriber = tokio::spawn(async move { last.next().await });
        yield_now().await;
        events.emit(1);
        let notice = timeout(Duration::from_secs(1), subscriber).await;
        assert_eq!(notice.unwrap().unwrap(), Some(Notice::Event(1)));
    }

    #[tokio::test]
    async fn one_who_asks_after_the_end_lets_others_run() {
        let events = Events::<u32>::new(1);
        let mut subscription = events.subscribe();
        events.close();
        let mut asked = 0;
        while let Poll::Ready(notice) = poll_once(pin!(subscription.next())) {
            assert_eq!(notice, None);
            asked += 1;
        }
        assert!(asked > 1);
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
