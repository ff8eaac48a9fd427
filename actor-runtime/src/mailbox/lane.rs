//! A lane of a mailbox: a bounded queue of commands, and the senders that wait for a place in it.

use std::collections::VecDeque;
use std::iter;
use std::mem;
use std::ops::{Deref, DerefMut};
use std::task::Waker;

use super::gate::{Begun, Gate};
use super::line::{Admitted, Closing, GivenUp, LaneStage, Line};
use super::places::Place;
use crate::command::Command;
use crate::error::{CallError, Why};
use crate::lent::{Custody, Lends};
use crate::meters::Ticket;
use crate::panics;
use crate::position::Position;
use crate::shutdown::{Shutdown, StopReason};
use crate::spans::Caller;
use crate::sync::{Mutex, MutexGuard};

/// A command on its way.
pub(crate) struct Sent<C> {
    pub(crate) command: C,
    pub(crate) caller: Caller,
    pub(crate) ticket: Ticket,
}

impl<C> Sent<C> {
    #[inline]
    pub(crate) fn new(command: C, caller: Caller, ticket: Ticket) -> Self {
        Self {
            command,
            caller,
            ticket,
        }
    }
}

/// Commands in the order in which they were sent.
pub(crate) type Queue<C> = VecDeque<Sent<C>>;

/// The queue of a lane. In the first lane it comes with the custody of the actor's state, under the same lock.
pub(crate) struct Contents<C: Command> {
    queue: Queue<C>,
    custody: <C::Latest as Lends>::Custody,
}

impl<C: Command> Deref for Contents<C> {
    type Target = Queue<C>;

    #[inline]
    fn deref(&self) -> &Queue<C> {
        &self.queue
    }
}

impl<C: Command> DerefMut for Contents<C> {
    #[inline]
    fn deref_mut(&mut self) -> &mut Queue<C> {
        &mut self.queue
    }
}

/// A lane whose queue is a `Q`. Everything that does not depend on the commands is implemented for [`AnyLane`], so
/// that it is compiled once and not for each actor.
pub(crate) struct Lane<Q: ?Sized> {
    gate: Gate,
    state: Mutex<LaneState<Q>>,
}

pub(crate) struct LaneState<Q: ?Sized> {
    pub(crate) line: Line,
    pub(crate) queue: Q,
}

/// A lane of commands `C` under its lock.
pub(crate) type Locked<'a, C> = MutexGuard<'a, LaneState<Contents<C>>>;

/// A lane of any commands.
pub(crate) type AnyLane<'a> = Lane<dyn AnyQueue + 'a>;

/// The reason why a command of a sender that does not wait was not accepted.
pub(crate) enum Refusal {
    Full,
    Closed,
}

/// A queue of any commands.
pub(crate) trait AnyQueue {
    fn is_empty(&self) -> bool;

    /// The custody of the actor's state, if the actor lends it and this is the queue of its first lane.
    fn custody(&mut self) -> Option<&mut Custody>;
}

/// The end of a lane, or of all lanes of a mailbox.
pub(crate) struct LaneEnd {
    /// The reason why it was told to stop, if it was.
    pub(crate) stop: Option<StopReason>,
    /// The reason for the end, as callers are told.
    pub(crate) told: Why,
    /// True if nothing is queued, which then stays so (invariant 1).
    pub(crate) is_empty: bool,
}

/// The largest buffer in bytes that a mailbox keeps when nothing is queued, unless its commands are large.
const KEPT: usize = 32 * 1024;

/// The number of commands for which a mailbox keeps a buffer, however large they are. To allocate one again and again
/// takes a third of a cast with 1 KiB. tokio's channels keep room for 96.
const KEPT_COMMANDS: usize = 64;

/// Returns true if the buffer of a queue is too large to be kept while nothing is queued.
#[inline]
pub(crate) fn is_large<C>(queue: &Queue<C>) -> bool {
    let size = const { size_of::<Sent<C>>() };
    size > 0 && queue.capacity() > (KEPT / size).max(KEPT_COMMANDS)
}

impl<C: Command> AnyQueue for Contents<C> {
    fn is_empty(&self) -> bool {
        self.queue.is_empty()
    }

    #[inline]
    fn custody(&mut self) -> Option<&mut Custody> {
        C::Latest::custody(&mut self.custody)
    }
}

impl<Q: ?Sized> Lane<Q> {
    #[inline]
    pub(crate) fn gate(&self) -> &Gate {
        &self.gate
    }

    /// Locks the state. Nothing that runs under the lock leaves it half done, so a panic does not spoil it.
    #[inline]
    pub(crate) fn lock(&self) -> MutexGuard<'_, LaneState<Q>> {
        match self.state.lock() {
            Ok(state) => state,
            Err(poisoned) => poisoned.into_inner(),
        }
    }
}

impl<C: Command> Lane<Contents<C>> {
    #[inline]
    pub(super) fn new(capacity: usize, shutdown: Shutdown) -> Self {
        Self {
            gate: Gate::new(),
            state: Mutex::new(LaneState {
                line: Line::new(capacity, shutdown),
                queue: Contents {
                    queue: VecDeque::new(),
                    custody: <C::Latest as Lends>::Custody::default(),
                },
            }),
        }
    }

    #[inline]
    pub(crate) fn erased(&self) -> &AnyLane<'_> {
        self
    }

    /// Accepts `sent`, if there is room for it.
    pub(crate) fn try_push(&self, mut sent: Sent<C>) -> Result<Position, Refusal> {
        sent.ticket.offer();
        let mut state = self.lock();
        if state.line.admits(&self.gate) {
            return Ok(push(state, sent));
        }
        drop(state);
        sent.ticket.withdraw();
        drop(sent);
        Err(self.erased().refuse())
    }

    /// Takes the first command, unless none may be begun. If there is none, `waker` is left to be woken for the next.
    pub(crate) fn begin_first(&self, waker: &Waker) -> Option<Sent<C>> {
        let mut state = self.lock();
        if state.queue.is_empty() {
            if !state.line.has_receiver(waker) {
                drop(state);
                self.erased().leave_receiver(waker);
                // One may have been sent before the waker was there.
                state = self.lock();
            }
            if state.queue.is_empty() {
                let is_large = is_large(&state.queue);
                drop(state);
                if is_large {
                    self.give_back();
                }
                return None;
            }
        }
        let begun = self.gate.begin();
        if let Begun::No = begun {
            return None;
        }
        let first = state.queue.pop_front();
        drop(state);
        if let Begun::FreesASlot = begun {
            self.erased().admit();
        }
        first
    }

    /// Frees the buffer of the queue, if nothing is queued.
    #[cold]
    pub(crate) fn give_back(&self) {
        let mut state = self.lock();
        if state.queue.is_empty() {
            let burst = mem::take(&mut *state.queue);
            drop(state);
            drop(burst);
        }
    }

    /// Begins the commands of `method` at the head of the queue, up to `limit`.
    pub(super) fn begin_batch(&self, method: &'static str, limit: usize) -> Queue<C> {
        let mut batch = Queue::new();
        let mut frees_a_slot = false;
        let mut state = self.lock();
        while batch.len() < limit && state.is_first(method) {
            match self.gate.begin() {
                Begun::Yes | Begun::IfInTime => {}
                Begun::FreesASlot => frees_a_slot = true,
                Begun::No => break,
            }
            batch.extend(state.queue.pop_front());
        }
        drop(state);
        if frees_a_slot {
            self.erased().admit();
        }
        batch
    }
}

impl<C: Command> LaneState<Contents<C>> {
    /// Returns true if a caller has the state.
    #[inline]
    fn is_lent(&mut self) -> bool {
        let custody = AnyQueue::custody(&mut self.queue);
        custody.is_some_and(|custody| custody.is_lent())
    }

    /// Returns true if the first command that is queued calls `method`.
    pub(super) fn is_first(&self, method: &str) -> bool {
        let first = self.queue.front();
        first.is_some_and(|sent| sent.command.name() == method)
    }
}

impl AnyLane<'_> {
    pub(crate) fn is_closed(&self) -> bool {
        self.lock().line.is_closed()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.lock().queue.is_empty()
    }

    /// Returns the position of the last of the first `limit` commands that are queued; `None` if none is.
    pub(crate) fn last_queued(&self, limit: u8) -> Option<Position> {
        self.lock().line.last_queued(&self.gate, limit)
    }

    pub(crate) fn capacity(&self) -> usize {
        self.lock().line.capacity()
    }

    pub(super) fn queued(&self) -> usize {
        self.lock().line.queued(&self.gate)
    }

    pub(crate) fn capacity_left(&self) -> usize {
        self.lock().line.capacity_left(&self.gate)
    }

    /// Refuses a command of a sender that does not wait.
    #[cold]
    fn refuse(&self) -> Refusal {
        let mut state = self.lock();
        if state.line.is_closed() {
            return Refusal::Closed;
        }
        let receiver = state.line.refuse();
        drop(state);
        wake(receiver);
        Refusal::Full
    }

    /// Refuses further commands, and lets those that are queued begin only if `how` says so.
    #[inline]
    pub(crate) fn stop(&self, reason: StopReason, how: Option<Shutdown>) {
        let mut state = self.lock();
        state.line.stop(&self.gate, reason, how);
        self.close_locked(state, LaneStage::Closed);
    }

    /// Refuses further commands, and those whose senders wait for a slot.
    #[inline]
    pub(super) fn close(&self) {
        self.close_locked(self.lock(), LaneStage::Closed);
    }

    /// Closes the lane at the end of the actor, and notes the `failure` that ends it, if one does.
    #[inline]
    pub(super) fn end(&self, failure: Option<Why>) -> LaneEnd {
        let mut state = self.lock();
        if let Some(failure) = failure {
            state.line.settle(failure);
        }
        let end = LaneEnd {
            stop: state.line.stop_reason(),
            told: state.line.why(),
            is_empty: state.queue.is_empty(),
        };
        self.close_locked(state, LaneStage::Over);
        end
    }

    /// Closes the lane under the lock (invariant 1).
    #[inline]
    fn close_locked<Q: ?Sized>(&self, mut state: MutexGuard<'_, LaneState<Q>>, reached: LaneStage) {
        let closing = state.line.close(reached);
        drop(state);
        if let Some(closing) = closing {
            self.tell_closed(closing);
        }
    }

    /// Tells the receiver and those who wait that the lane was closed.
    #[cold]
    fn tell_closed(&self, closing: Closing) {
        panics::wake_if_any(closing.receiver);
        if closing.somebody_waits {
            wake_all(iter::from_fn(|| self.lock().line.turn_away()));
        }
    }

    /// Takes the receiver's waker and wakes it, if it waits.
    #[cold]
    pub(crate) fn wake_receiver(&self) {
        let receiver = self.lock().line.take_receiver();
        wake_all(receiver.into_iter());
    }

    /// Leaves the waker of the receiver, to be woken at the next change.
    pub(crate) fn leave_receiver(&self, receiver: &Waker) {
        let receiver = receiver.clone();
        let old = self.lock().line.leave_receiver(receiver);
        drop(old);
    }

    /// Returns true if nothing is queued, all slots are promised, and others want them. The receiver then looks again
    /// soon.
    pub(crate) fn is_stalled(&self) -> bool {
        let mut state = self.lock();
        state.queue.is_empty() && state.line.is_stalled()
    }

    /// Grants the slots that are free to senders that wait, until one of the two runs out (invariant 3).
    #[cold]
    pub(crate) fn admit(&self) {
        loop {
            let mut admitted = Admitted::default();
            let may_be_more = self.lock().line.admit(&self.gate, &mut admitted);
            wake_all(admitted.into_iter().flatten());
            if !may_be_more {
                return;
            }
        }
    }

    /// Grants the slots that are free, if somebody waits.
    #[inline]
    pub(crate) fn admit_waiting(&self) {
        if self.gate.is_waited_for() {
            self.admit();
        }
    }

    /// Takes a sender that no longer waits out of the line, or passes its slot on (invariant 3).
    pub(crate) fn leave(&self, place: Place) {
        let given_up = self.lock().line.leave(&self.gate, place);
        if let GivenUp::Slot = given_up {
            self.admit();
        }
    }

    /// Says what became of the command at `position`, whose reply was lost because of `lost` (invariant 6).
    pub(crate) fn why_lost(&self, position: Position, lost: CallError) -> CallError {
        match lost {
            _ if !self.gate.has_begun(position) => CallError::Refused,
            CallError::Panicked if self.gate.is_abandoned() => CallError::Stopped,
            CallError::Unanswered if self.is_closed() => CallError::Stopped,
            lost => lost,
        }
    }
}

/// Accepts a command for which there is room.
#[inline]
pub(crate) fn push<C: Command>(mut state: Locked<'_, C>, sent: Sent<C>) -> Position {
    let position = state.line.accept();
    // A loop without the state could do nothing. Whoever has it looks at the queue, and wakes the loop.
    let receiver = if state.is_lent() {
        None
    } else {
        state.line.take_receiver()
    };
    state.queue.push_back(sent);
    drop(state);
    wake(receiver);
    position
}

/// Wakes the loop, if it waits, without a lock (invariant 7). A panic of its waker reaches the sender.
#[inline]
pub(crate) fn wake(waker: Option<Waker>) {
    if let Some(waker) = waker {
        waker.wake();
    }
}

/// Wakes several without a lock (invariant 7), even if one of the wakers panics.
fn wake_all(wakers: impl Iterator<Item = Waker>) {
    wakers.for_each(panics::wake);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_buffer_is_large_above_what_is_kept() {
        let kept = KEPT / size_of::<Sent<[u8; 64]>>();
        let is_large = |capacity| is_large(&Queue::<[u8; 64]>::with_capacity(capacity));
        assert!(!is_large(0));
        assert!(!is_large(kept));
        assert!(is_large(kept + 1));
    }

    #[test]
    fn a_buffer_for_few_commands_is_kept() {
        let is_large = |capacity| is_large(&Queue::<[u8; 4096]>::with_capacity(capacity));
        assert!(!is_large(KEPT_COMMANDS));
        assert!(is_large(KEPT_COMMANDS + 1));
    }
}
