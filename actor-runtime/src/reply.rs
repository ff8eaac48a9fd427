//! Replies: a oneshot channel for the answer to one call, which says why if the answer is lost.
//!
//! Both ends share a lock, which neither holds for longer than a few instructions.
//!
//! # Invariants
//!
//! 1. The outcome is set and the waker taken under one lock, after which the waker is woken. A waker is left only
//!    while there is no outcome. So no caller waits for an outcome that is there already.
//! 2. Only the two ends hold the channel, and no end is cloned: an end that is alone with the channel stays alone, and
//!    needs no lock.
//! 3. No waker is cloned, woken or dropped, and no answer is dropped, while the lock is held: all of them may run code
//!    that comes back here.
//! 4. A caller that leaves sets `Left` under the lock, unless there is an outcome. So whoever waits for that, and has
//!    seen `Open` under the lock, is told.

use std::fmt;
use std::mem::{self, ManuallyDrop};
use std::pin::Pin;
use std::sync::{Arc, PoisonError};
use std::task::{Context, Poll, Waker};
use std::thread;

use tokio::sync::Notify;
use tokio::sync::futures::OwnedNotified;
use tokio::task::coop::consume_budget;

use crate::error::CallError;
use crate::panics::{Shielded, wake_if_any};
use crate::spans::Asked;
use crate::sync::{Mutex, MutexGuard};

/// The sending end of the answer to one call.
///
/// A method that takes a `Reply` need not answer before it returns; see [`#[actor]`](macro@crate::actor). The reply can
/// be kept in the state, or sent to a task or to another actor. If it is dropped, its caller gets
/// [`CallError::Unanswered`]. Once the actor and its tasks have ended, callers no longer wait, wherever their replies
/// are kept: they get [`CallError::Stopped`].
///
/// # Examples
///
/// A command made and answered by hand, without an actor:
///
/// ```
/// use actor_runtime::Reply;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let (reply, answer) = Reply::new();
/// reply.send(42);
/// assert_eq!(answer.await, Ok(42));
/// # }
/// ```
#[must_use = "a reply that is dropped leaves its caller without an answer"]
pub struct Reply<T> {
    /// `None` once the answer was sent.
    channel: Option<Arc<Channel<T>>>,
}

impl<T> Reply<T> {
    /// Makes a reply, and the receiver of the answer that it will send.
    pub(crate) fn with_receiver() -> (Self, Receiver<T>) {
        let channel = Arc::new(Channel(Mutex::new(State {
            waker: None,
            outcome: Outcome::Open,
            asked: Asked::by_nobody(),
        })));
        let receiver = Receiver {
            channel: Some(Arc::clone(&channel)),
        };
        let channel = Some(channel);
        (Self { channel }, receiver)
    }

    /// Sends the answer. If the caller has left, the answer is dropped.
    ///
    /// # Examples
    ///
    /// ```
    /// use actor_runtime::Reply;
    ///
    /// let (reply, answer) = Reply::new();
    /// drop(answer);
    /// reply.send("nobody hears this, and nothing breaks");
    /// ```
    #[inline]
    pub fn send(mut self, answer: T) {
        self.send_once(answer);
    }

    /// Sends the answer, and gives it back if the caller has left. So nothing is lost that was taken for a caller, such
    /// as a connection of a pool.
    ///
    /// The caller may still leave before it reads an answer that was sent. Then the answer is dropped.
    ///
    /// # Errors
    ///
    /// The answer, if the caller has left.
    ///
    /// # Examples
    ///
    /// ```
    /// use actor_runtime::{actor, Actor, CancellationToken, Reply};
    ///
    /// struct Pool { free: Vec<u32>, waiting: Vec<Reply<u32>> }
    ///
    /// #[actor]
    /// impl Pool {
    ///     pub fn lease(&mut self, reply: Reply<u32>) { self.waiting.push(reply); }
    ///
    ///     pub fn give_back(&mut self, mut connection: u32) {
    ///         for reply in self.waiting.drain(..) {
    ///             match reply.deliver(connection) {
    ///                 Ok(()) => return,
    ///                 Err(undelivered) => connection = undelivered,
    ///             }
    ///         }
    ///         self.free.push(connection);
    ///     }
    ///
    ///     pub fn free(&self) -> usize { self.free.len() }
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread", start_paused = true)]
    /// # async fn main() -> Result<(), actor_runtime::CallError> {
    /// let pool = Pool { free: Vec::new(), waiting: Vec::new() }.spawn(CancellationToken::new());
    /// let second = std::time::Duration::from_secs(1);
    /// assert!(tokio::time::timeout(second, pool.lease()).await.is_err());
    /// pool.give_back(7).await?;
    /// assert_eq!(pool.free().await?, 1);
    /// # Ok(())
    /// # }
    /// ```
    pub fn deliver(mut self, answer: T) -> Result<(), T> {
        let Some(channel) = self.channel.take() else {
            return Err(answer);
        };
        let mut state = channel.lock();
        if let Outcome::Left = state.outcome {
            return Err(answer);
        }
        let waker = state.set(Outcome::Answered(answer));
        let asked = mem::take(&mut state.asked);
        drop(state);
        drop(channel);
        asked.answer();
        wake_if_any(waker);
        Ok(())
    }

    /// Sends the answer; further ones are dropped.
    #[inline]
    pub(crate) fn send_once(&mut self, answer: T) {
        if let Some(channel) = self.channel.take() {
            finish(channel, Outcome::Answered(answer));
        }
    }

    /// Tells the caller that the command did not run.
    #[doc(hidden)]
    pub fn refuse(mut self) {
        if let Some(channel) = self.channel.take() {
            finish(channel, Outcome::Refused);
        }
    }

    /// Tells the caller of a remote actor why there is no answer.
    #[cfg(feature = "remote")]
    pub(crate) fn fail(mut self, error: CallError) {
        if let Some(channel) = self.channel.take() {
            finish(channel, Outcome::Failed(error));
        }
    }

    /// Returns true if the caller has left, so that nobody waits for the answer.
    ///
    /// # Examples
    ///
    /// ```
    /// use actor_runtime::Reply;
    ///
    /// let (reply, answer) = Reply::<u32>::new();
    /// assert!(!reply.is_closed());
    /// drop(answer);
    /// assert!(reply.is_closed());
    /// ```
    pub fn is_closed(&self) -> bool {
        let channel = self.channel.as_ref();
        // A relaxed read: nothing is read because of it, and a caller that has left does not come back (invariant 2).
        channel.is_none_or(|channel| Arc::strong_count(channel) == 1)
    }

    /// Waits until the caller has left, as a caller with a `timeout` may do. Work that nobody else needs can then be
    /// cut off.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe: nothing is lost when the future is dropped.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    /// use actor_runtime::{actor, Actor, CancellationToken, Context, Reply};
    /// use tokio::{select, time::{sleep, timeout}};
    ///
    /// struct Search;
    ///
    /// #[actor]
    /// impl Search {
    ///     pub fn find(&self, word: String, reply: Reply<usize>, ctx: &mut Context<Self>) {
    ///         ctx.spawn(async move {
    ///             select! {
    ///                 () = reply.closed() => {} // Nobody waits for the rest of the search.
    ///                 () = sleep(Duration::from_secs(60)) => reply.send(word.len()),
    ///             }
    ///         });
    ///     }
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let search = Search.spawn(CancellationToken::new());
    /// let found = timeout(Duration::from_millis(1), search.find("actor".into())).await;
    /// assert!(found.is_err());
    /// # }
    /// ```
    pub async fn closed(&self) {
        // A task that asks in a loop lets others run.
        consume_budget().await;
        let Some(channel) = &self.channel else {
            return;
        };
        if let Some(left) = channel.left() {
            Shielded::new(left).await;
        }
    }
}

impl<T> Drop for Reply<T> {
    #[inline]
    fn drop(&mut self) {
        if let Some(channel) = self.channel.take() {
            leave_unanswered(channel);
        }
    }
}

#[cold]
fn leave_unanswered<T>(channel: Arc<Channel<T>>) {
    // Said at once, since the panic may take long to reach the end of the loop.
    let outcome = if thread::panicking() {
        Outcome::Panicked
    } else {
        Outcome::Unanswered
    };
    finish(channel, outcome);
}

/// Sets the outcome and wakes the caller (invariant 1). The outcome of a caller that has left is dropped with the
/// channel.
#[cfg_attr(
    not(debug_assertions),
    inline(always),
    expect(clippy::inline_always, reason = "the call is 1 % of a short life")
)]
fn finish<T>(channel: Arc<Channel<T>>, outcome: Outcome<T>) {
    let mut state = channel.lock();
    let waker = state.set(outcome);
    let asked = mem::take(&mut state.asked);
    drop(state);
    asked.answer();
    // Before the caller is woken, which then finds itself alone (invariant 2).
    drop(channel);
    wake_if_any(waker);
}

impl<T> fmt::Debug for Reply<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reply")
            .field("is_closed", &self.is_closed())
            .finish_non_exhaustive()
    }
}

/// The channel that a reply and its answer share.
struct Channel<T>(Mutex<State<T>>);

struct State<T> {
    waker: Option<Waker>,
    outcome: Outcome<T>,
    asked: Asked,
}

impl<T> State<T> {
    /// Sets the outcome, and takes the waker of the caller, to be woken without the lock (invariant 1).
    #[inline]
    fn set(&mut self, outcome: Outcome<T>) -> Option<Waker> {
        self.outcome.clear();
        mem::forget(mem::replace(&mut self.outcome, outcome));
        self.waker.take()
    }
}

enum Outcome<T> {
    Open,
    /// Open, and somebody waits for the caller to leave. Whoever replaces this drops it, so that other outcomes have no
    /// code for it.
    Watched(ManuallyDrop<Arc<Notify>>),
    /// The caller has left.
    Left,
    /// The actor has an answer, which the caller must not see yet.
    Held(T),
    Answered(T),
    /// The reply was dropped.
    Unanswered,
    /// The command did not run.
    Refused,
    /// The reply was dropped by a panic.
    Panicked,
    /// The command went to another process, where this became of it.
    #[cfg(feature = "remote")]
    Failed(CallError),
}

impl<T> Channel<T> {
    #[inline]
    fn lock(&self) -> MutexGuard<'_, State<T>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns a future that is ready when the caller leaves; `None` if it has left (invariant 4).
    #[cold]
    fn left(&self) -> Option<OwnedNotified> {
        let mut state = self.lock();
        if let Outcome::Open = state.outcome {
            let watched = Outcome::Watched(ManuallyDrop::default());
            mem::forget(mem::replace(&mut state.outcome, watched));
        }
        match &state.outcome {
            Outcome::Watched(left) => Some(Arc::clone(left).notified_owned()),
            _ => None,
        }
    }

    #[inline]
    fn into_outcome(self) -> Outcome<T> {
        let state = self.0.into_inner();
        state.unwrap_or_else(PoisonError::into_inner).outcome
    }
}

impl<T> Outcome<T> {
    /// Prepares for an outcome that replaces this one, after which there is nothing to drop.
    #[inline]
    fn clear(&mut self) {
        if let Self::Watched(_) = self {
            self.end_watch();
        }
    }

    /// Drops what the caller would have told when it left. Nobody waits for it, so this runs no code of anybody's.
    #[cold]
    fn end_watch(&mut self) {
        if let Self::Watched(left) = mem::replace(self, Self::Open) {
            drop(ManuallyDrop::into_inner(left));
        }
    }

    /// Returns true if the caller has to wait.
    #[inline]
    fn is_open(&self) -> bool {
        matches!(
            self,
            Self::Open | Self::Watched(_) | Self::Left | Self::Held(_)
        )
    }

    #[inline]
    fn into_result(self) -> Result<T, CallError> {
        match self {
            Self::Answered(answer) => Ok(answer),
            lost => Err(lost.why_lost()),
        }
    }

    /// Returns the reason why there is no answer.
    #[cold]
    fn why_lost(&self) -> CallError {
        match self {
            Self::Panicked => CallError::Panicked,
            Self::Refused => CallError::Refused,
            #[cfg(feature = "remote")]
            Self::Failed(error) => error.clone(),
            Self::Unanswered
            | Self::Open
            | Self::Watched(_)
            | Self::Left
            | Self::Held(_)
            | Self::Answered(_) => CallError::Unanswered,
        }
    }
}

/// The receiving end of the answer to one call. It knows no more than that the reply was dropped, if it was.
#[must_use = "futures do nothing unless polled"]
pub(crate) struct Receiver<T> {
    /// `None` once it was ready or closed.
    channel: Option<Arc<Channel<T>>>,
}

impl<T> Receiver<T> {
    /// Returns true if the answer was received, or nobody waits for it.
    pub(crate) fn is_closed(&self) -> bool {
        self.channel.is_none()
    }

    /// Tells whoever sends the answer who has `asked` for it.
    #[inline]
    pub(crate) fn tell_asked(&mut self, asked: Asked) {
        if let (Some(channel), true) = (&self.channel, asked.is_shown()) {
            channel.lock().asked = asked;
        }
    }

    /// Leaves: nobody waits for the answer any longer.
    #[inline]
    pub(crate) fn close(&mut self) {
        if let Some(channel) = self.channel.take() {
            leave(&channel);
        }
    }
}

impl<T> Future for Receiver<T> {
    type Output = Result<T, CallError>;

    #[inline(always)]
    #[expect(clippy::inline_always, reason = "this is 2 % of a call")]
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let Some(channel) = &self.channel else {
            return Poll::Ready(Err(CallError::Unanswered));
        };
        // A relaxed read: a count of 1 is final (invariant 2), and `into_inner` acquires what the reply has written.
        if Arc::strong_count(channel) == 1 {
            // Without a reply nobody else can have the lock.
            let channel = self.channel.take().and_then(Arc::into_inner);
            return Poll::Ready(match channel {
                Some(channel) => channel.into_outcome().into_result(),
                None => Err(CallError::Unanswered),
            });
        }
        // Without the lock (invariant 3).
        let waker = cx.waker().clone();
        let mut state = channel.lock();
        if !state.outcome.is_open() {
            let outcome = mem::replace(&mut state.outcome, Outcome::Open);
            drop(state);
            self.channel = None;
            return Poll::Ready(outcome.into_result());
        }
        // There is no outcome, under the lock that is still held (invariant 1).
        let old = state.waker.replace(waker);
        // In this order (invariant 3).
        drop(state);
        drop(old);
        Poll::Pending
    }
}

impl<T> Drop for Receiver<T> {
    #[inline]
    fn drop(&mut self) {
        self.close();
    }
}

/// Takes the waker of a caller that leaves, and tells who waits for that (invariant 4). An answer that came meanwhile
/// is dropped with the channel.
#[cold]
#[inline(never)]
fn leave<T>(channel: &Channel<T>) {
    let mut state = channel.lock();
    let waker = state.waker.take();
    let asked = mem::take(&mut state.asked);
    let watched = match &mut state.outcome {
        open @ (Outcome::Open | Outcome::Watched(_)) => Some(mem::replace(open, Outcome::Left)),
        _ => None,
    };
    drop(state);
    // Without the lock (invariant 3).
    drop((waker, asked));
    if let Some(Outcome::Watched(left)) = watched {
        ManuallyDrop::into_inner(left).notify_waiters();
    }
}

impl<T: 'static> Reply<T> {
    /// Holds the answer back until the actor has published its latest values.
    #[doc(hidden)]
    pub fn hold(self, answer: T) -> Held {
        Held {
            first: self.held(answer).map(|channel| channel as _),
            others: Vec::new(),
        }
    }

    /// Holds the answer back across an `.await`.
    #[doc(hidden)]
    pub fn hold_sent(self, answer: T) -> SentHeld
    where
        T: Send,
    {
        Held {
            first: self.held(answer).map(|channel| channel as _),
            others: Vec::new(),
        }
    }

    fn held(mut self, answer: T) -> Option<Arc<Channel<T>>> {
        let channel = self.channel.take()?;
        let mut state = channel.lock();
        state.outcome.clear();
        mem::forget(mem::replace(&mut state.outcome, Outcome::Held(answer)));
        drop(state);
        Some(channel)
    }
}

/// Answers that are held back from their callers. If they are dropped unsent, as by a panic, the callers are told that
/// there is no answer.
#[must_use = "callers wait until what is held is sent"]
pub struct Held<H: ?Sized + Hold = dyn Hold> {
    first: Option<Arc<H>>,
    others: Vec<Arc<H>>,
}

/// Answers that are held back across an `.await`.
pub type SentHeld = Held<dyn Hold + Send + Sync>;

/// A channel, whatever the type of its answer.
pub trait Hold {
    /// Lets the caller see the answer.
    fn release(self: Arc<Self>);

    /// Tells the caller that there is no answer.
    fn withdraw(self: Arc<Self>);
}

impl<T> Hold for Channel<T> {
    fn release(self: Arc<Self>) {
        let outcome = mem::replace(&mut self.lock().outcome, Outcome::Open);
        finish(
            self,
            match outcome {
                Outcome::Held(answer) => Outcome::Answered(answer),
                outcome => outcome,
            },
        );
    }

    fn withdraw(self: Arc<Self>) {
        // The answer is dropped without the lock (invariant 3).
        let answer = mem::replace(&mut self.lock().outcome, Outcome::Open);
        leave_unanswered(self);
        drop(answer);
    }
}

impl Held {
    /// Holds back the answers to a batch, in the order of its calls.
    pub fn each<T: 'static>(replies: Vec<Reply<T>>, answers: Vec<T>) -> Self {
        Self::each_by(replies, answers, Reply::hold)
    }

    /// Holds back the acknowledgements of a batch without answers.
    pub fn done(replies: Vec<Reply<()>>) -> Self {
        let answers = vec![(); replies.len()];
        Self::each(replies, answers)
    }
}

impl SentHeld {
    /// Holds back the answers to a batch, in the order of its calls.
    pub fn each_sent<T: Send + 'static>(replies: Vec<Reply<T>>, answers: Vec<T>) -> Self {
        Self::each_by(replies, answers, Reply::hold_sent)
    }

    /// Holds back the acknowledgements of a batch without answers.
    pub fn done_sent(replies: Vec<Reply<()>>) -> Self {
        let answers = vec![(); replies.len()];
        Self::each_sent(replies, answers)
    }
}

impl<H: ?Sized + Hold> Held<H> {
    /// Holds nothing back, for a command without an answer.
    pub fn nothing() -> Self {
        Self {
            first: None,
            others: Vec::new(),
        }
    }

    fn each_by<T>(replies: Vec<Reply<T>>, answers: Vec<T>, hold: fn(Reply<T>, T) -> Self) -> Self {
        let calls = replies.into_iter().zip(answers);
        Self {
            first: None,
            others: calls
                .filter_map(|(reply, answer)| hold(reply, answer).first.take())
                .collect(),
        }
    }

    /// Lets the callers see their answers.
    pub fn send(mut self) {
        for held in self.take() {
            held.release();
        }
    }

    fn take(&mut self) -> impl Iterator<Item = Arc<H>> + use<H> {
        self.first
            .take()
            .into_iter()
            .chain(mem::take(&mut self.others))
    }
}

impl<H: ?Sized + Hold> Drop for Held<H> {
    fn drop(&mut self) {
        for held in self.take() {
            held.withdraw();
        }
    }
}

/// Sends the answers to a batch, in the order of its calls. Callers without an answer are told so.
pub fn answer_each<T>(replies: Vec<Reply<T>>, answers: Vec<T>) {
    for (reply, answer) in replies.into_iter().zip(answers) {
        reply.send(answer);
    }
}

/// Tells the callers of a batch without answers that it is done.
pub fn acknowledge(replies: Vec<Reply<()>>) {
    for reply in replies {
        reply.send(());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    use std::cell::{Cell, RefCell};
    use std::pin::pin;
    use std::rc::Rc;
    use std::sync::Weak;
    use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
    use std::task::Wake;

    /// The number of races between two threads: fewer where miri interprets each step.
    const RACES: usize = if cfg!(miri) { 30 } else { 3_000 };

    /// A waker that wakes nobody, and whose count tells who holds it.
    struct Nobody;

    impl Wake for Nobody {
        fn wake(self: Arc<Self>) {}
    }

    /// Polls once, with a waker that lives as long as the result can be upgraded.
    fn poll<T>(answer: &mut Receiver<T>) -> (Poll<Result<T, CallError>>, Weak<Nobody>) {
        let waker = Arc::new(Nobody);
        let left = Arc::downgrade(&waker);
        let poll = Pin::new(answer).poll(&mut Context::from_waker(&waker.into()));
        (poll, left)
    }

    fn waiting<T>() -> (Reply<T>, Receiver<T>, Weak<Nobody>) {
        let (reply, mut answer) = Reply::with_receiver();
        let (poll, waker) = poll(&mut answer);
        assert!(poll.is_pending() && waker.strong_count() == 1);
        (reply, answer, waker)
    }

    #[test]
    fn a_caller_that_leaves_takes_its_waker_along() {
        let (reply, answer, waker) = waiting::<u32>();
        drop(answer);
        assert!(reply.is_closed());
        assert_eq!(waker.strong_count(), 0);
    }

    #[test]
    fn only_the_last_waker_is_kept() {
        let (reply, mut answer, first) = waiting();
        let (_, second) = poll(&mut answer);
        assert_eq!((first.strong_count(), second.strong_count()), (0, 1));
        reply.send(1);
        assert_eq!(second.strong_count(), 0);
        assert_eq!(poll(&mut answer).0, Poll::Ready(Ok(1)));
        assert_eq!(poll(&mut answer).0, Poll::Ready(Err(CallError::Unanswered)));
    }

    /// A waker that notes that it was woken.
    struct Notes(Arc<AtomicBool>);

    impl Wake for Notes {
        fn wake(self: Arc<Self>) {
            self.0.store(true, Relaxed);
        }
    }

    /// Polls a wait for the caller to leave.
    fn poll_closed<F: Future<Output = ()>>(closed: Pin<&mut F>) -> (bool, Weak<Nobody>) {
        let waker = Arc::new(Nobody);
        let left = Arc::downgrade(&waker);
        let poll = closed.poll(&mut Context::from_waker(&waker.into()));
        (poll.is_ready(), left)
    }

    #[test]
    fn all_who_wait_for_the_caller_to_leave_are_woken() {
        let (reply, answer, _) = waiting::<u32>();
        let (mut one, mut two) = (Box::pin(reply.closed()), Box::pin(reply.closed()));
        let woken = [(); 2].map(|()| Arc::new(AtomicBool::new(false)));
        for (closed, woken) in [&mut one, &mut two].into_iter().zip(&woken) {
            let waker = Waker::from(Arc::new(Notes(Arc::clone(woken))));
            let poll = closed.as_mut().poll(&mut Context::from_waker(&waker));
            assert!(poll.is_pending());
        }
        drop(answer);
        assert!(woken.iter().all(|woken| woken.load(Relaxed)));
        assert!(poll_closed(one.as_mut()).0 && poll_closed(two.as_mut()).0);
        assert!(poll_closed(pin!(reply.closed())).0);
    }

    #[test]
    fn a_wait_for_the_caller_to_leave_changes_nothing() {
        let (reply, mut answer, _) = waiting();
        let (is_closed, waker) = poll_closed(pin!(reply.closed()));
        assert!(!is_closed && !reply.is_closed());
        assert_eq!(waker.strong_count(), 0);
        assert!(poll(&mut answer).0.is_pending());
        let held = reply.hold(1);
        assert!(poll(&mut answer).0.is_pending());
        held.send();
        assert_eq!(poll(&mut answer).0, Poll::Ready(Ok(1)));

        let (reply, mut answer, _) = waiting();
        assert!(!poll_closed(pin!(reply.closed())).0);
        reply.send(2);
        assert_eq!(poll(&mut answer).0, Poll::Ready(Ok(2)));
    }

    #[test]
    fn a_caller_does_not_see_an_answer_that_is_held() {
        let (reply, mut answer, first) = waiting();
        let held = reply.hold(1);
        assert_eq!(first.strong_count(), 1);
        let (polled, second) = poll(&mut answer);
        assert!(polled.is_pending());
        assert_eq!((first.strong_count(), second.strong_count()), (0, 1));
        held.send();
        assert_eq!(second.strong_count(), 0);
        assert_eq!(poll(&mut answer).0, Poll::Ready(Ok(1)));
    }

    #[test]
    fn an_answer_that_was_held_and_not_sent_is_lost() {
        let answered = Arc::new(());
        let (reply, mut answer, waker) = waiting();
        drop(reply.hold_sent(Arc::clone(&answered)));
        assert_eq!((waker.strong_count(), Arc::strong_count(&answered)), (0, 1));
        assert_eq!(poll(&mut answer).0, Poll::Ready(Err(CallError::Unanswered)));

        let (reply, mut answer, waker) = waiting();
        let panics = move || {
            let _held = reply.hold(1);
            std::panic::resume_unwind(Box::new(()))
        };
        let panic: thread::Result<()> = std::panic::catch_unwind(panics);
        assert!(panic.is_err());
        assert_eq!(waker.strong_count(), 0);
        assert_eq!(poll(&mut answer).0, Poll::Ready(Err(CallError::Panicked)));
    }

    #[test]
    fn an_answer_is_held_for_a_caller_that_leaves_or_has_left() {
        for leaves_before in [true, false] {
            for is_sent in [true, false] {
                let answered = Arc::new(());
                let (reply, mut answer, waker) = waiting();
                if leaves_before {
                    answer.close();
                }
                let held = reply.hold(Arc::clone(&answered));
                answer.close();
                assert_eq!(waker.strong_count(), 0);
                if is_sent {
                    held.send();
                } else {
                    drop(held);
                }
                assert_eq!(Arc::strong_count(&answered), 1);
            }
        }
    }

    #[test]
    fn a_batch_is_held_in_the_order_of_its_calls() {
        let batch = || -> (Vec<_>, Vec<_>) { (0..3).map(|_| Reply::with_receiver()).unzip() };
        let results = |answers: Vec<Receiver<u32>>| -> Vec<_> {
            answers
                .into_iter()
                .map(|mut answer| poll(&mut answer).0)
                .collect()
        };
        let missing = Poll::Ready(Err(CallError::Unanswered));

        let (replies, mut answers) = batch();
        let held = Held::each(replies, vec![1, 2]);
        // Nothing can be held for the last one.
        let polled = answers.iter_mut().map(|answer| poll(answer).0.is_ready());
        assert_eq!(polled.collect::<Vec<_>>(), [false, false, true]);
        held.send();
        assert_eq!(
            results(answers),
            [Poll::Ready(Ok(1)), Poll::Ready(Ok(2)), missing.clone()]
        );

        let (replies, answers) = batch();
        drop(Held::each_sent(replies, vec![1, 2, 3]));
        assert_eq!(
            results(answers),
            [missing.clone(), missing.clone(), missing]
        );

        let (replies, answers): (Vec<_>, Vec<_>) = (0..2).map(|_| Reply::with_receiver()).unzip();
        Held::done(replies).send();
        for mut answer in answers {
            assert_eq!(poll(&mut answer).0, Poll::Ready(Ok(())));
        }
        <Held>::nothing().send();
    }

    /// Calls a closure when it is dropped.
    struct OnDrop(Box<dyn FnMut()>);

    impl Drop for OnDrop {
        fn drop(&mut self) {
            (self.0)();
        }
    }

    #[test]
    fn a_held_answer_is_dropped_without_the_lock_after_its_caller_was_told() {
        let (reply, answer) = Reply::<OnDrop>::with_receiver();
        let answer = Rc::new(RefCell::new(answer));
        let told = Rc::new(Cell::new(false));
        let on_drop = {
            let (answer, told) = (Rc::clone(&answer), Rc::clone(&told));
            move || {
                let polled = poll(&mut answer.borrow_mut()).0;
                told.set(matches!(polled, Poll::Ready(Err(CallError::Unanswered))));
            }
        };
        drop(reply.hold(OnDrop(Box::new(on_drop))));
        assert!(told.get());
    }

    #[test]
    fn an_answer_that_nobody_waits_for_is_dropped() {
        let answered = Arc::new(());
        let (reply, answer, _) = waiting();
        reply.send(Arc::clone(&answered));
        drop(answer);
        assert_eq!(Arc::strong_count(&answered), 1);
        let (reply, answer) = Reply::with_receiver();
        drop(answer);
        reply.send(Arc::clone(&answered));
        assert_eq!(Arc::strong_count(&answered), 1);
    }

    #[test]
    fn an_answer_that_cannot_be_delivered_comes_back() {
        let (reply, answer, _) = waiting();
        assert_eq!(reply.deliver(1), Ok(()));
        drop(answer);
        let (reply, answer, waker) = waiting();
        drop(answer);
        assert_eq!(reply.deliver(1), Err(1));
        assert_eq!(waker.strong_count(), 0);
    }

    /// Neither end may free what the other reads, even if both are dropped at the same time: see
    /// <https://github.com/faern/oneshot/issues/87>.
    #[test]
    fn a_caller_may_leave_while_it_is_answered() {
        let answered = Arc::new(());
        for race in 0..RACES {
            let (reply, answer, waker) = waiting();
            let sender = thread::spawn({
                let answered = Arc::clone(&answered);
                move || match race % 3 {
                    0 => reply.send(answered),
                    1 => drop(reply.deliver(answered)),
                    _ => drop(reply),
                }
            });
            drop(answer);
            sender.join().unwrap();
            assert_eq!((waker.strong_count(), Arc::strong_count(&answered)), (0, 1));
        }
    }

    #[test]
    fn a_caller_may_ask_again_while_it_is_answered() {
        for _ in 0..RACES {
            let (reply, mut answer, _) = waiting();
            let sender = thread::spawn(move || reply.send(1));
            let (early, waker) = poll(&mut answer);
            sender.join().unwrap();
            match early {
                Poll::Pending => assert_eq!(poll(&mut answer).0, Poll::Ready(Ok(1))),
                ready @ Poll::Ready(_) => assert_eq!(ready, Poll::Ready(Ok(1))),
            }
            assert_eq!(waker.strong_count(), 0);
        }
    }
}
