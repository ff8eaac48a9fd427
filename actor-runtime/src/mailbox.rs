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

mod sender;

mod inbox;

#[cfg(test)]
mod tests;

use std::collections::VecDeque;
use std::marker;
use std::mem;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::{AcqRel, Acquire};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::task::{Wake, Waker};

use tokio_util::sync::CancellationToken;

pub use self::inbox::Inbox;
pub(crate) use self::sender::WeakSender;
pub use self::sender::{Send, Sender};
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
impl<C: marker::Send + 'static> Wake for Mailbox<C> {
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

/// Both ends of a new mailbox.
pub(crate) fn mailbox<C>(capacity: usize, shutdown: CancellationToken) -> (Sender<C>, Inbox<C>) {
    let mailbox = Arc::new(Mailbox::new(capacity, shutdown));
    (Sender::first(Arc::clone(&mailbox)), Inbox::new(mailbox))
}
