//! The mailbox: the bounded queue of commands between the clients of an actor and its loop.
//!
//! Senders push into one buffer under a lock; the receiver swaps that buffer for its own empty one
//! and then works through it without the lock. The mailbox is also the waker of the shutdown token,
//! so that cancellation reaches it without a second future in the loop.
//!
//! # Invariants
//!
//! 1. Accepting a command and closing the mailbox both happen under the lock: a command is either
//!    refused with [`CallError::Closed`], or in the queue, where the receiver finds it.
//! 2. `accepted + granted - started <= capacity`: commands drained by the receiver still count until
//!    they are started, so `capacity` bounds what is accepted and not yet started.
//! 3. A sender waits only while that sum is `capacity` and `WAITING` is set. Starting a command is
//!    one read-modify-write of `control`, and so is setting `WAITING`: either the sender sees the slot
//!    or the receiver sees the sender. Each slot that becomes free while senders wait is granted to
//!    the one that came first; one that leaves after it was granted a slot passes it on.
//! 4. `STOPPING` is set before `stop` returns, and the receiver reads it with the same operation
//!    that starts a command: after `stop` no further command is started.
//! 5. Only live senders push, and the last one to go wakes the receiver: with no senders and an
//!    empty queue the mailbox stays empty for ever.
//! 6. A command's position is the number of commands accepted before it. Once its reply is lost, it
//!    was started if and only if `started` is past that position.
//! 7. No waker is woken or dropped, and no command is dropped, while the lock is held: all of them
//!    may run code that comes back here.

#[cfg(test)]
mod tests;

use std::collections::VecDeque;
use std::fmt;
use std::future::poll_fn;
use std::mem;
use std::pin::Pin;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::{AcqRel, Acquire, Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::task::{Context, Poll, Wake, Waker, ready};

use tokio::task::coop;
use tokio_util::sync::CancellationToken;

use crate::actor::Command;
use crate::error::CallError;

/// The capacity of a mailbox without a bound.
pub const UNBOUNDED: usize = usize::MAX;

/// In `control`: no further command may be started.
const STOPPING: usize = 1;
/// In `control`: a sender waits for a slot.
const WAITING: usize = 2;
/// In `control`, and in every count that is compared with it: one command.
const ONE: usize = 4;

/// Why a mailbox was told to stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stop {
    /// From outside: the shutdown token, or the actor's handle.
    Cancelled,
    /// From inside: the actor's context.
    Inside,
}

pub(crate) struct Mailbox<C> {
    /// How many commands were started, and the flags above.
    control: AtomicUsize,
    senders: AtomicUsize,
    capacity: usize,
    /// Stops the actor.
    pub(crate) shutdown: CancellationToken,
    /// Cancelled when the mailbox is closed; made when the first one asks for it.
    closed: OnceLock<CancellationToken>,
    state: Mutex<State<C>>,
}

struct State<C> {
    queue: VecDeque<C>,
    /// How many commands were ever accepted, in units of `ONE`.
    accepted: usize,
    /// How many slots are promised to senders that have not used them yet, in units of `ONE`.
    granted: usize,
    /// `started` as senders saw it last: read again only when the mailbox looks full, so that
    /// senders and receiver rarely share the cache line of `control`.
    started: usize,
    /// Senders that wait for a slot, by ticket.
    line: VecDeque<Waiting>,
    next_ticket: u64,
    receiver: Option<Waker>,
    stop: Option<Stop>,
    is_closed: bool,
}

struct Waiting {
    ticket: u64,
    waker: Waker,
}

impl Waiting {
    /// Gives the waker that was there, to be dropped without the lock.
    fn replace_waker(&mut self, waker: &Waker) -> Option<Waker> {
        let is_new = !self.waker.will_wake(waker);
        is_new.then(|| mem::replace(&mut self.waker, waker.clone()))
    }
}

impl<C> Mailbox<C> {
    fn new(capacity: usize, shutdown: CancellationToken) -> Self {
        assert!(capacity > 0, "the capacity of a mailbox must be at least 1");
        Self {
            control: AtomicUsize::new(0),
            senders: AtomicUsize::new(1),
            capacity,
            shutdown,
            closed: OnceLock::new(),
            state: Mutex::new(State {
                queue: VecDeque::new(),
                accepted: 0,
                granted: 0,
                started: 0,
                line: VecDeque::new(),
                next_ticket: 0,
                receiver: None,
                stop: None,
                is_closed: false,
            }),
        }
    }

    /// Nothing that runs under the lock leaves it half done, so a panic does not spoil the state.
    fn lock(&self) -> MutexGuard<'_, State<C>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.lock().is_closed
    }

    pub(crate) fn stop_reason(&self) -> Option<Stop> {
        self.lock().stop
    }

    /// A token that is cancelled when the mailbox is closed.
    pub(crate) fn closed(&self) -> CancellationToken {
        let closed = self.closed.get_or_init(CancellationToken::new);
        // Whoever closes the mailbox may have looked for it before it was there.
        if self.is_closed() {
            closed.cancel();
        }
        closed.clone()
    }

    fn has_senders(&self) -> bool {
        self.senders.load(Acquire) > 0
    }

    /// Refuses new commands, and starts none of those that are queued.
    pub(crate) fn stop(&self, stop: Stop) {
        let mut state = self.lock();
        if !state.is_closed {
            state.stop = Some(stop);
        }
        self.control.fetch_or(STOPPING, AcqRel);
        self.close_locked(state);
    }

    /// Refuses new commands, and those whose senders wait for a slot.
    pub(crate) fn close(&self) {
        self.close_locked(self.lock());
    }

    fn close_locked(&self, mut state: MutexGuard<'_, State<C>>) {
        if mem::replace(&mut state.is_closed, true) {
            return;
        }
        let line = mem::take(&mut state.line);
        let receiver = state.receiver.take();
        drop(state);
        if let Some(closed) = self.closed.get() {
            closed.cancel();
        }
        for waiting in line {
            waiting.waker.wake();
        }
        if let Some(receiver) = receiver {
            receiver.wake();
        }
    }

    /// Counts one more command as started, unless the mailbox is stopping.
    #[inline]
    fn start(&self) -> Started {
        let control = self.control.fetch_add(ONE, AcqRel);
        if control & (STOPPING | WAITING) == 0 {
            return Started::Yes;
        }
        self.start_noticed(control)
    }

    #[cold]
    fn start_noticed(&self, control: usize) -> Started {
        if control & STOPPING != 0 {
            self.control.fetch_sub(ONE, AcqRel);
            return Started::No;
        }
        self.admit(self.lock());
        Started::Yes
    }

    /// Grants a slot that became free to the sender that has waited longest.
    fn admit(&self, mut state: MutexGuard<'_, State<C>>) {
        let has_room = state.has_room(self.capacity, self.control.load(Acquire));
        let first = if has_room {
            state.line.pop_front()
        } else {
            None
        };
        if state.line.is_empty() {
            self.control.fetch_and(!WAITING, AcqRel);
        }
        let Some(first) = first else { return };
        state.granted = state.granted.wrapping_add(ONE);
        drop(state);
        first.waker.wake();
    }

    /// Whether a sender that holds no slot may push now. If not, the receiver has been told that
    /// somebody waits.
    fn has_room_or_wait(&self, state: &mut State<C>) -> bool {
        if self.has_room(state) {
            return true;
        }
        if !state.line.is_empty() {
            return false;
        }
        let control = self.control.fetch_or(WAITING, AcqRel);
        let has_room = state.has_room(self.capacity, control);
        if has_room {
            self.control.fetch_and(!WAITING, AcqRel);
        }
        has_room
    }

    /// Whether a sender that holds no slot may push now.
    fn has_room(&self, state: &mut State<C>) -> bool {
        state.line.is_empty()
            && (state.has_room(self.capacity, state.started)
                || state.has_room(self.capacity, self.control.load(Acquire)))
    }

    fn try_push(&self, command: C) -> Result<Position, CallError> {
        let mut state = self.lock();
        let refusal = match () {
            () if state.is_closed => CallError::Closed,
            () if !self.has_room(&mut state) => CallError::Full,
            () => return Ok(push(state, command)),
        };
        drop(state);
        drop(command);
        Err(refusal)
    }

    /// Takes a sender that no longer waits out of the line, or passes its slot on.
    fn leave(&self, ticket: u64) {
        let mut state = self.lock();
        if state.is_closed {
            return;
        }
        match state.place_of(ticket) {
            Ok(place) => {
                let waiting = state.line.remove(place);
                if state.line.is_empty() {
                    self.control.fetch_and(!WAITING, AcqRel);
                }
                drop(state);
                drop(waiting);
            }
            Err(_) => {
                state.granted = state.granted.wrapping_sub(ONE);
                self.admit(state);
            }
        }
    }

    /// What became of the command at `position`, whose reply was lost because of `lost`.
    pub(crate) fn why_lost(&self, position: Position, lost: CallError) -> CallError {
        let started = self.control.load(Acquire) & !(STOPPING | WAITING);
        // Both counts wrap around: "past" means ahead by less than half of the circle.
        let is_started = (1..usize::MAX / 2).contains(&started.wrapping_sub(position.0));
        match lost {
            _ if !is_started => CallError::Refused,
            CallError::Unanswered if self.is_closed() => CallError::Stopped,
            lost => lost,
        }
    }
}

impl<C> State<C> {
    fn has_room(&mut self, capacity: usize, control: usize) -> bool {
        self.see_started(control);
        self.taken() < capacity
    }

    fn see_started(&mut self, control: usize) {
        self.started = control & !(STOPPING | WAITING);
    }

    /// How many slots are in use, or promised.
    fn taken(&self) -> usize {
        self.accepted
            .wrapping_add(self.granted)
            .wrapping_sub(self.started)
            / ONE
    }

    /// Puts a sender at the end of the line.
    fn join(&mut self, waker: Waker) -> u64 {
        let ticket = self.next_ticket;
        self.next_ticket += 1;
        self.line.push_back(Waiting { ticket, waker });
        ticket
    }

    fn place_of(&self, ticket: u64) -> Result<usize, usize> {
        self.line
            .binary_search_by_key(&ticket, |waiting| waiting.ticket)
    }
}

/// Accepts a command for which there is room.
#[inline]
fn push<C>(mut state: MutexGuard<'_, State<C>>, command: C) -> Position {
    let position = Position(state.accepted);
    state.accepted = state.accepted.wrapping_add(ONE);
    state.queue.push_back(command);
    let receiver = state.receiver.take();
    drop(state);
    if let Some(receiver) = receiver {
        receiver.wake();
    }
    position
}

/// The mailbox as the waker of a shutdown token: "wake" means "stop".
impl<C: std::marker::Send + 'static> Wake for Mailbox<C> {
    fn wake(self: Arc<Self>) {
        self.stop(Stop::Cancelled);
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.stop(Stop::Cancelled);
    }
}

enum Started {
    Yes,
    No,
}

/// The number of commands that were accepted before this one, in units of `ONE`.
#[derive(Clone, Copy)]
pub(crate) struct Position(usize);

/// The sending half of a mailbox.
///
/// It is all that a generated client holds. The mailbox ends when the last one is dropped.
pub struct Sender<C> {
    mailbox: Arc<Mailbox<C>>,
}

impl<C> Sender<C> {
    pub(crate) fn mailbox(&self) -> &Arc<Mailbox<C>> {
        &self.mailbox
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.mailbox.is_closed()
    }

    pub(crate) fn free_capacity(&self) -> usize {
        let mut state = self.mailbox.lock();
        if state.is_closed {
            return 0;
        }
        if self.mailbox.capacity == UNBOUNDED {
            return UNBOUNDED;
        }
        state.see_started(self.mailbox.control.load(Acquire));
        self.mailbox.capacity - state.taken()
    }

    #[inline]
    pub(crate) fn send(&self, command: C) -> Send<'_, C> {
        Send {
            mailbox: &self.mailbox,
            command: Some(command),
            ticket: None,
        }
    }

    pub(crate) fn try_send(&self, command: C) -> Result<Position, CallError> {
        self.mailbox.try_push(command)
    }

    pub(crate) fn downgrade(&self) -> WeakSender<C> {
        WeakSender {
            mailbox: Arc::clone(&self.mailbox),
        }
    }
}

impl<C> Clone for Sender<C> {
    fn clone(&self) -> Self {
        self.mailbox.senders.fetch_add(1, Relaxed);
        Self {
            mailbox: Arc::clone(&self.mailbox),
        }
    }
}

impl<C> Drop for Sender<C> {
    fn drop(&mut self) {
        if self.mailbox.senders.fetch_sub(1, AcqRel) > 1 {
            return;
        }
        let receiver = self.mailbox.lock().receiver.take();
        if let Some(receiver) = receiver {
            receiver.wake();
        }
    }
}

impl<C> fmt::Debug for Sender<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("is_closed", &self.is_closed())
            .finish_non_exhaustive()
    }
}

/// A sender that does not keep the actor alive.
pub(crate) struct WeakSender<C> {
    mailbox: Arc<Mailbox<C>>,
}

impl<C> WeakSender<C> {
    /// One whose mailbox has no sender, but is not closed.
    pub(crate) fn detached() -> Self {
        let (sender, mut inbox) = mailbox(1, CancellationToken::new());
        inbox.is_finished = true;
        sender.downgrade()
    }

    pub(crate) fn mailbox(&self) -> &Arc<Mailbox<C>> {
        &self.mailbox
    }

    pub(crate) fn upgrade(&self) -> Option<Sender<C>> {
        self.mailbox
            .senders
            .fetch_update(AcqRel, Acquire, |senders| {
                (senders > 0).then_some(senders + 1)
            })
            .ok()?;
        Some(Sender {
            mailbox: Arc::clone(&self.mailbox),
        })
    }
}

impl<C> Clone for WeakSender<C> {
    fn clone(&self) -> Self {
        Self {
            mailbox: Arc::clone(&self.mailbox),
        }
    }
}

/// Waits until the mailbox has accepted the command. Dropped before that, it leaves nothing behind.
#[must_use = "futures do nothing unless polled"]
pub struct Send<'a, C> {
    mailbox: &'a Mailbox<C>,
    command: Option<C>,
    ticket: Option<u64>,
}

/// The command is moved out before anything could rely on its address.
impl<C> Unpin for Send<'_, C> {}

impl<C> Future for Send<'_, C> {
    type Output = Result<(), CallError>;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.get_mut().poll_accepted(cx).map_ok(drop)
    }
}

impl<'a, C> Send<'a, C> {
    pub(crate) fn mailbox(&self) -> &'a Mailbox<C> {
        self.mailbox
    }

    #[inline]
    pub(crate) fn poll_accepted(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Result<Position, CallError>> {
        let budget = ready!(coop::poll_proceed(cx));
        let mut state = self.mailbox.lock();
        let is_at_once =
            self.ticket.is_none() && !state.is_closed && self.mailbox.has_room(&mut state);
        if !is_at_once {
            state = match ready!(self.poll_turn(state, cx)) {
                Ok(state) => state,
                Err(error) => return Poll::Ready(Err(error)),
            };
        }
        budget.made_progress();
        let Some(command) = self.command.take() else {
            panic!("`Send` was polled after it was ready");
        };
        Poll::Ready(Ok(push(state, command)))
    }

    /// Waits for a slot.
    #[cold]
    fn poll_turn(
        &mut self,
        mut state: MutexGuard<'a, State<C>>,
        cx: &mut Context<'_>,
    ) -> Poll<Result<MutexGuard<'a, State<C>>, CallError>> {
        if state.is_closed {
            self.ticket = None;
            return Poll::Ready(Err(CallError::Closed));
        }
        match self.ticket {
            None if self.mailbox.has_room_or_wait(&mut state) => Poll::Ready(Ok(state)),
            None => {
                self.ticket = Some(state.join(cx.waker().clone()));
                Poll::Pending
            }
            Some(ticket) => match state.place_of(ticket) {
                Ok(place) => {
                    let old = state.line[place].replace_waker(cx.waker());
                    drop(state);
                    drop(old);
                    Poll::Pending
                }
                Err(_) => {
                    state.granted = state.granted.wrapping_sub(ONE);
                    self.ticket = None;
                    Poll::Ready(Ok(state))
                }
            },
        }
    }
}

impl<C> Drop for Send<'_, C> {
    #[inline]
    fn drop(&mut self) {
        if let Some(ticket) = self.ticket {
            self.mailbox.leave(ticket);
        }
    }
}

/// The receiving half of a mailbox: what the loop of an actor reads.
///
/// Dropping it closes the mailbox and answers every caller whose command is still queued with
/// [`CallError::Refused`].
pub struct Inbox<C> {
    mailbox: Arc<Mailbox<C>>,
    /// Accepted commands that were taken out of the mailbox together, the oldest first.
    batch: VecDeque<C>,
    in_progress: Option<&'static str>,
    started: u64,
    is_finished: bool,
    /// Whether to let others run before the mailbox is looked at again: the last batch was more than
    /// one command, so there are several senders, or a quick one.
    lingers: bool,
}

impl<C: Command> Inbox<C> {
    /// The next command, or `None` when there will be no further one: the mailbox was told to stop,
    /// or the last client is gone and the queue is empty.
    ///
    /// The command that was handed out before counts as done.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe: a command is taken out only when it is returned.
    ///
    /// # Examples
    ///
    /// ```
    /// use actor_runtime::{actor, channel};
    ///
    /// struct Greeter;
    ///
    /// #[actor]
    /// impl Greeter {
    ///     pub fn greet(&self, name: &str) -> String {
    ///         format!("hello {name}")
    ///     }
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let (client, mut inbox) = channel::<Greeter>(8);
    /// let caller = tokio::spawn(async move { client.greet("Ann").await });
    /// let Some(GreeterCommand::Greet { name, reply }) = inbox.next().await else { panic!() };
    /// assert_eq!(name, "Ann");
    /// reply.send("a faked answer".to_owned());
    /// assert_eq!(caller.await.unwrap().unwrap(), "a faked answer");
    /// # }
    /// ```
    #[inline]
    pub fn next(&mut self) -> impl Future<Output = Option<C>> {
        poll_fn(|cx| self.poll_next(cx))
    }

    #[inline]
    fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Option<C>> {
        self.in_progress = None;
        let budget = ready!(coop::poll_proceed(cx));
        if self.batch.is_empty() && !ready!(self.poll_refill(cx)) {
            return Poll::Ready(None);
        }
        match self.mailbox.start() {
            Started::Yes => {
                let command = self.batch.pop_front();
                self.in_progress = command.as_ref().map(Command::name);
                self.started += 1;
                budget.made_progress();
                Poll::Ready(command)
            }
            Started::No => Poll::Ready(None),
        }
    }

    /// Swaps the empty batch for what has been queued; `false` when nothing will come any more.
    #[inline(never)]
    fn poll_refill(&mut self, cx: &mut Context<'_>) -> Poll<bool> {
        // Those who were just answered push again meanwhile, and need not wake the actor for it.
        if mem::take(&mut self.lingers) {
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        let mut state = self.mailbox.lock();
        if !state.queue.is_empty() {
            mem::swap(&mut state.queue, &mut self.batch);
            self.lingers = self.batch.len() > 1;
            return Poll::Ready(true);
        }
        if state.is_closed {
            return Poll::Ready(false);
        }
        if !self.mailbox.has_senders() {
            self.mailbox.close_locked(state);
            return Poll::Ready(false);
        }
        let old = state.receiver.replace(cx.waker().clone());
        drop(state);
        drop(old);
        Poll::Pending
    }
}

impl<C> Inbox<C> {
    pub(crate) fn mailbox(&self) -> &Arc<Mailbox<C>> {
        &self.mailbox
    }

    /// The command that was handed out last, if the next one was not asked for yet.
    pub(crate) fn in_progress(&self) -> Option<&'static str> {
        self.in_progress
    }

    /// How many commands were handed out.
    pub(crate) fn started(&self) -> u64 {
        self.started
    }

    /// Closes the mailbox and gives what was accepted and not started, the oldest first. To drop it is
    /// to tell the callers.
    pub(crate) fn close(&mut self) -> [VecDeque<C>; 2] {
        self.is_finished = true;
        let mut state = self.mailbox.lock();
        let queue = mem::take(&mut state.queue);
        self.mailbox.close_locked(state);
        [mem::take(&mut self.batch), queue]
    }
}

impl<C> Drop for Inbox<C> {
    fn drop(&mut self) {
        if !self.is_finished {
            drop(self.close());
        }
    }
}

impl<C> fmt::Debug for Inbox<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Inbox")
            .field("in_progress", &self.in_progress)
            .finish_non_exhaustive()
    }
}

pub(crate) fn mailbox<C>(capacity: usize, shutdown: CancellationToken) -> (Sender<C>, Inbox<C>) {
    let mailbox = Arc::new(Mailbox::new(capacity, shutdown));
    let sender = Sender {
        mailbox: Arc::clone(&mailbox),
    };
    let inbox = Inbox {
        mailbox,
        batch: VecDeque::new(),
        in_progress: None,
        started: 0,
        is_finished: false,
        lingers: false,
    };
    (sender, inbox)
}
