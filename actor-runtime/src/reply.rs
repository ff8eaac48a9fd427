//! The reply to one call: a oneshot channel whose loss says why.
//!
//! Both ends share a lock, which neither holds for longer than a few instructions.
//!
//! # Invariants
//!
//! 1. The outcome is set in the same turn of the lock in which the waker is taken, which is woken after that; a waker
//!    is left only while there is no outcome. So no caller waits for what is there already.
//! 2. Nobody but the two ends holds the channel: who is alone with it needs no lock.
//! 3. No waker is woken or dropped, and no answer is dropped, while the lock is held: all of them may run code that
//!    comes back here. A waker is cloned there, as in the mailbox.

use std::fmt;
use std::mem;
use std::pin::Pin;
use std::sync::{Arc, PoisonError};
use std::task::{Context, Poll, Waker};
use std::thread;

use crate::error::CallError;
use crate::sync::{Mutex, MutexGuard};

/// Where the answer to one call goes.
///
/// A method that takes one need not answer before it returns; see [`#[actor]`](macro@crate::actor). It can
/// be kept in the state, sent to a task, or to another actor. Dropped, it leaves its caller with
/// [`CallError::Unanswered`]. When the actor has ended, its tasks included, its callers wait no longer,
/// wherever the reply is kept: they get [`CallError::Stopped`].
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
    /// A reply, and the future of what will be sent with it.
    pub fn new() -> (Self, Answer<T>) {
        let channel = Arc::new(Channel(Mutex::new(State {
            waker: None,
            outcome: Outcome::Open,
        })));
        let answer = Answer {
            channel: Some(Arc::clone(&channel)),
        };
        let channel = Some(channel);
        (Self { channel }, answer)
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
        if let Some(channel) = self.channel.take() {
            finish(channel, Outcome::Answered(answer));
        }
    }

    /// Whether the caller has left, so that nobody waits for the answer.
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
        channel.is_none_or(|channel| Arc::strong_count(channel) == 1)
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
    // The caller must not have to wait until the panic has reached the end of the loop.
    let outcome = if thread::panicking() {
        Outcome::Panicked
    } else {
        Outcome::Unanswered
    };
    finish(channel, outcome);
}

/// Tells the caller. If it has left, the outcome goes with the channel.
#[inline]
fn finish<T>(channel: Arc<Channel<T>>, outcome: Outcome<T>) {
    let mut state = channel.lock();
    // There is nothing in `Open` to drop.
    mem::forget(mem::replace(&mut state.outcome, outcome));
    let waker = state.waker.take();
    drop(state);
    // Before the caller is woken, which then finds itself alone.
    drop(channel);
    if let Some(waker) = waker {
        waker.wake();
    }
}

impl<T> fmt::Debug for Reply<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reply")
            .field("is_closed", &self.is_closed())
            .finish_non_exhaustive()
    }
}

/// What a reply and its answer share.
struct Channel<T>(Mutex<State<T>>);

struct State<T> {
    waker: Option<Waker>,
    outcome: Outcome<T>,
}

enum Outcome<T> {
    Open,
    /// The actor has an answer, which the caller must not see yet.
    Held(T),
    Answered(T),
    /// The reply was dropped.
    Unanswered,
    /// It was dropped by a panic.
    Panicked,
}

impl<T> Channel<T> {
    #[inline]
    fn lock(&self) -> MutexGuard<'_, State<T>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    #[inline]
    fn into_outcome(self) -> Outcome<T> {
        let state = self.0.into_inner();
        state.unwrap_or_else(PoisonError::into_inner).outcome
    }
}

impl<T> Outcome<T> {
    #[inline]
    fn into_result(self) -> Result<T, CallError> {
        match self {
            Self::Answered(answer) => Ok(answer),
            Self::Panicked => Err(CallError::Panicked),
            Self::Unanswered | Self::Open | Self::Held(_) => Err(CallError::Unanswered),
        }
    }
}

/// The future of the answer to one call; see [`Reply::new`].
///
/// # Errors
///
/// [`CallError::Unanswered`] if the reply was dropped, [`CallError::Panicked`] if that was because of
/// a panic.
///
/// # Cancel safety
///
/// Cancel safe: polled again later, it gives the answer that came meanwhile.
#[must_use = "futures do nothing unless polled"]
pub struct Answer<T> {
    /// `None` once it was ready.
    channel: Option<Arc<Channel<T>>>,
}

impl<T> Future for Answer<T> {
    type Output = Result<T, CallError>;

    #[inline]
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let Some(channel) = &self.channel else {
            return Poll::Ready(Err(CallError::Unanswered));
        };
        if Arc::strong_count(channel) == 1 {
            // Without a reply nobody else can have the lock.
            let channel = self.channel.take().and_then(Arc::into_inner);
            let outcome = channel.map_or(Outcome::Unanswered, Channel::into_outcome);
            return Poll::Ready(outcome.into_result());
        }
        let mut state = channel.lock();
        if !matches!(state.outcome, Outcome::Open | Outcome::Held(_)) {
            let outcome = mem::replace(&mut state.outcome, Outcome::Open);
            drop(state);
            self.channel = None;
            return Poll::Ready(outcome.into_result());
        }
        let waker = &mut state.waker;
        let old = match waker {
            Some(waker) if waker.will_wake(cx.waker()) => None,
            _ => waker.replace(cx.waker().clone()),
        };
        drop(state);
        drop(old);
        Poll::Pending
    }
}

impl<T> Drop for Answer<T> {
    #[inline]
    fn drop(&mut self) {
        if let Some(channel) = self.channel.take() {
            leave(&channel);
        }
    }
}

/// Nobody waits for the answer any more. What came meanwhile goes with the channel.
#[cold]
fn leave<T>(channel: &Channel<T>) {
    let waker = channel.lock().waker.take();
    drop(waker);
}

impl<T> fmt::Debug for Answer<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Answer").finish_non_exhaustive()
    }
}

impl<T: 'static> Reply<T> {
    /// Keeps the answer back until the actor has published its latest values.
    #[doc(hidden)]
    pub fn hold(mut self, answer: T) -> Held {
        let channel = self.channel.take();
        if let Some(channel) = &channel {
            // There is nothing in `Open` to drop.
            mem::forget(mem::replace(
                &mut channel.lock().outcome,
                Outcome::Held(answer),
            ));
        }
        Held {
            first: channel.map(|channel| channel as Arc<dyn Hold>),
            others: Vec::new(),
        }
    }
}

/// Answers that their callers do not see yet. Dropped unsent, as by a panic, it tells them that there is none.
#[must_use = "callers wait until what is held is sent"]
pub struct Held {
    first: Option<Arc<dyn Hold>>,
    others: Vec<Arc<dyn Hold>>,
}

/// A channel of any answer.
trait Hold {
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
    /// Nothing to send: the command had no answer.
    pub fn nothing() -> Self {
        Self {
            first: None,
            others: Vec::new(),
        }
    }

    /// Keeps back the answers to a batch, in the order of its calls.
    pub fn each<T: 'static>(replies: Vec<Reply<T>>, answers: Vec<T>) -> Self {
        let held = replies.into_iter().zip(answers);
        Self {
            first: None,
            others: held
                .filter_map(|(reply, answer)| reply.hold(answer).first.take())
                .collect(),
        }
    }

    /// Keeps back that a batch without answers is done.
    pub fn done(replies: Vec<Reply<()>>) -> Self {
        let answers = vec![(); replies.len()];
        Self::each(replies, answers)
    }

    /// Lets the callers see their answers.
    pub fn send(mut self) {
        for held in self.take() {
            held.release();
        }
    }

    fn take(&mut self) -> impl Iterator<Item = Arc<dyn Hold>> {
        self.first
            .take()
            .into_iter()
            .chain(mem::take(&mut self.others))
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        for held in self.take() {
            held.withdraw();
        }
    }
}

/// Sends the answers to a batch, in the order of its calls. Callers for whom there is no answer are told so.
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

    use std::sync::Weak;
    use std::task::Wake;

    /// How often two threads race: fewer times where each step is interpreted.
    const RACES: usize = if cfg!(miri) { 30 } else { 3_000 };

    /// Wakes nobody, and counts for whom it waits.
    struct Nobody;

    impl Wake for Nobody {
        fn wake(self: Arc<Self>) {}
    }

    /// Polls once, with a waker that lives as long as the result can be upgraded.
    fn poll<T>(answer: &mut Answer<T>) -> (Poll<Result<T, CallError>>, Weak<Nobody>) {
        let waker = Arc::new(Nobody);
        let left = Arc::downgrade(&waker);
        let poll = Pin::new(answer).poll(&mut Context::from_waker(&waker.into()));
        (poll, left)
    }

    fn waiting<T>() -> (Reply<T>, Answer<T>, Weak<Nobody>) {
        let (reply, mut answer) = Reply::new();
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

    #[test]
    fn an_answer_that_nobody_waits_for_is_dropped() {
        let answered = Arc::new(());
        let (reply, answer, _) = waiting();
        reply.send(Arc::clone(&answered));
        drop(answer);
        assert_eq!(Arc::strong_count(&answered), 1);
        let (reply, answer) = Reply::new();
        drop(answer);
        reply.send(Arc::clone(&answered));
        assert_eq!(Arc::strong_count(&answered), 1);
    }

    /// Where both end at the same time, the one must not free what the other reads:
    /// see <https://github.com/faern/oneshot/issues/87>.
    #[test]
    fn a_caller_may_leave_while_it_is_answered() {
        let answered = Arc::new(());
        for race in 0..RACES {
            let (reply, answer, waker) = waiting();
            let sender = thread::spawn({
                let answered = Arc::clone(&answered);
                move || match race % 2 {
                    0 => reply.send(answered),
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
