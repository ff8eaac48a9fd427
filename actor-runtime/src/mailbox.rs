//! The mailbox: the bounded queue of commands between the clients of an actor and its loop.
//!
//! Senders push into one buffer under a lock; the receiver swaps that buffer for its own empty one and then works
//! through it without the lock. Commands with priority have a lane of their own, made like the first one, in a
//! mailbox whose actor has such commands. The mailbox knows of no actor: what else clients, loop and tasks share is
//! in `shared.rs`. An actor whose calls run in place also leaves its state here while it is idle, as a box without a
//! type (`lent.rs`).
//!
//! # Invariants
//!
//! 1. Accepting a command and closing a lane both happen under the lock: a command is either refused with
//!    [`CallError::Closed`](crate::CallError::Closed), or in the queue, where the receiver finds it.
//! 2. `accepted - begun + promised + room <= capacity`: commands drained by the receiver still count until they are
//!    begun, so `capacity` bounds what is accepted and not yet begun. While the lane is open, a
//!    command that may not begin is never counted as begun, not even for a moment.
//! 3. A sender waits only while no slot is free and `WAITING` is set. Beginning a command is one read-modify-write of
//!    the gate, and so is setting `WAITING`: either the sender sees the slot or the receiver sees the sender. Whoever
//!    frees a slot while senders wait calls them, the first in line first, until no slot is free or nobody waits. The
//!    loop does so for up to eight slots together, and at the latest before it goes idle. A sender that was called has
//!    a promise of one slot. If it leaves, the slot is free again. If it does not come although nothing is queued and
//!    others want the slot, the loop breaks all promises, and calls those behind. A sender that comes too late takes
//!    a free slot or is the first in line. tokio's semaphore, in contrast, reserves a permit for as long as its future
//!    is neither polled nor dropped, so one forgotten future can block all others.
//! 4. `HALTED` is set before `stop` returns, and the receiver reads it with the operation that begins a command:
//!    after `stop` no further command begins. `interrupt` sets it for one loop of a supervised actor: the mailbox
//!    stays open, and the next loop begins the rest. Without `STOPPING`, it is no more than that.
//! 5. Only living senders push, and the last one to go wakes the receiver: with no senders and an empty queue the
//!    mailbox stays empty.
//! 6. The position of a command is the number of commands accepted before it. Once its reply is lost, it was begun
//!    if and only if the count of commands begun is past that position.
//! 7. No waker is woken or dropped, no sender's waker is cloned, and no command is dropped, while the lock is held: all
//!    of them may run code that comes back here. The waker of the loop is cloned under the lock, as in tokio's
//!    channels.
//! 8. Both lanes are closed and stopped together, the one with priority first, and never locked at the same time.
//!    The receiver looks into that one first and waits for both. When no senders are left it looks again,
//!    since the last of them may have pushed behind its back.

mod borrowed;
mod gate;
mod lane;
mod lanes;
mod line;
#[cfg(test)]
mod model;
mod places;

use std::sync::atomic::Ordering::{AcqRel, Acquire, Relaxed};

pub(crate) use self::borrowed::Borrowed;
pub(crate) use self::gate::Begun;
pub(crate) use self::lane::{
    AnyLane, Contents, Lane, LaneEnd, Locked, Queue, Refusal, Sent, is_large, push, wake,
};
pub(crate) use self::lanes::{AnyLanes, Lanes};
#[cfg(test)]
pub(crate) use self::line::PATIENCE;
pub use self::line::UNBOUNDED;
pub(crate) use self::line::{Admission, TOGETHER};
pub(crate) use self::places::Place;
use crate::command::Command;
use crate::shutdown::Shutdown;
use crate::sync::atomic::AtomicUsize;

pub(crate) struct Mailbox<C: Command> {
    pub(crate) lanes: Lanes<C>,
    senders: AtomicUsize,
}

impl<C: Command> Mailbox<C> {
    /// A mailbox with one sender.
    ///
    /// # Panics
    ///
    /// If `capacity` is 0.
    #[inline]
    pub(crate) fn new(capacity: usize, shutdown: Shutdown) -> Self {
        Self {
            lanes: Lanes::new(capacity, shutdown),
            senders: AtomicUsize::new(1),
        }
    }

    /// Counts one more sender, made from a living one.
    #[inline]
    pub(crate) fn count_sender(&self) {
        // Relaxed: the sender that is cloned keeps the count above 0, as in `Arc`.
        self.senders.fetch_add(1, Relaxed);
    }

    /// Counts one more sender, unless the last one has gone (invariant 5).
    pub(crate) fn revive_sender(&self) -> bool {
        let revived = |senders| (senders > 0).then_some(senders + 1);
        // AcqRel, Acquire: whoever finds no senders left sees all that they pushed.
        self.senders.fetch_update(AcqRel, Acquire, revived).is_ok()
    }

    /// Counts one sender less. Returns true if it was the last one.
    #[inline]
    pub(crate) fn discount_sender(&self) -> bool {
        // AcqRel: the receiver that finds no senders left sees all that they pushed (invariant 5).
        self.senders.fetch_sub(1, AcqRel) == 1
    }

    #[inline]
    pub(crate) fn has_senders(&self) -> bool {
        // Acquire: with the decrement of the last sender, its pushes are seen (invariant 5).
        self.senders.load(Acquire) > 0
    }
}
