//! The gate of a lane: the part that is read without the lock.

use std::sync::atomic::Ordering::{AcqRel, Acquire};

use crate::position::{ONE, Position};
use crate::sync::atomic::AtomicUsize;

/// No further command may be begun, for good or until a restart. The loop looks at one bit for both.
const HALTED: usize = 1;
/// A sender waits for a slot.
const WAITING: usize = 2;
/// Commands that are queued are handled, and no others are accepted.
const DRAINING: usize = 4;
/// Set together with `HALTED` when no restart will begin commands either.
const STOPPING: usize = 8;
/// The loop or a task of the actor was dropped by the panic of a runtime's thread, which is not the actor's.
const ABANDONED: usize = 16;

const _: () = assert!(ABANDONED < ONE, "the flags are below the counts");

/// The number of commands begun, in units of [`ONE`], and the flags above.
pub(crate) struct Gate(AtomicUsize);

/// The answer to a loop that wants to begin a command.
#[derive(Clone, Copy)]
pub(crate) enum Begun {
    Yes,
    /// Yes, and a sender waits for the slot that became free.
    FreesASlot,
    /// Yes, if there is still time for one of the last commands.
    IfInTime,
    No,
}

impl Gate {
    pub(super) fn new() -> Self {
        Self(AtomicUsize::new(0))
    }

    /// Counts one more command as begun, unless none may be begun.
    #[inline]
    pub(crate) fn begin(&self) -> Begun {
        let begun = |word: usize| (word & HALTED == 0).then_some(word.wrapping_add(ONE));
        // AcqRel: one operation frees the slot for senders and sees `WAITING` (invariant 3) and `HALTED` (4). Acquire:
        // the loop ends with what was written before it was halted.
        match self.0.fetch_update(AcqRel, Acquire, begun) {
            Ok(word) => match word & (WAITING | DRAINING) {
                0 => Begun::Yes,
                WAITING => Begun::FreesASlot,
                _ => Begun::IfInTime,
            },
            Err(_) => Begun::No,
        }
    }

    /// Takes back the count of a command that is not begun after all.
    pub(crate) fn take_back(&self) {
        // AcqRel: in order with the operation in `begin`.
        self.0.fetch_sub(ONE, AcqRel);
    }

    /// Reads the word. Acquire: what was written before a flag was set is seen with the flag.
    #[inline]
    fn read(&self) -> usize {
        self.0.load(Acquire)
    }

    /// Returns the number of commands begun, in units of [`ONE`].
    pub(super) fn begun(&self) -> usize {
        begun(self.read())
    }

    /// Returns true if the lane was told to stop: it is closed, or will be before its lock is free again.
    #[inline]
    pub(crate) fn is_stopping(&self) -> bool {
        self.read() & STOPPING != 0
    }

    /// Returns true if no further command may be begun, for good or until a restart.
    #[inline]
    pub(crate) fn is_halted(&self) -> bool {
        self.read() & HALTED != 0
    }

    /// Returns true if the loop ends and the actor does not.
    pub(crate) fn is_interrupted(&self) -> bool {
        self.read() & (HALTED | STOPPING) == HALTED
    }

    /// Returns true if at most the queued commands are still handled.
    #[inline]
    pub(crate) fn is_ending(&self) -> bool {
        self.read() & (STOPPING | DRAINING) != 0
    }

    /// Returns true if nobody waits for a slot, and commands may begin.
    #[inline]
    pub(super) fn is_quiet(&self) -> bool {
        self.read() & (WAITING | HALTED) == 0
    }

    #[inline]
    pub(crate) fn is_waited_for(&self) -> bool {
        self.read() & WAITING != 0
    }

    /// Lets the loop begin no further command, for good (invariant 4).
    #[inline]
    pub(super) fn stop(&self) {
        // AcqRel: the loop's next `begin` sees the flag, and this thread sees what the loop has done so far.
        self.0.fetch_or(STOPPING | HALTED, AcqRel);
    }

    /// Tells the loop that the queued commands are the last ones.
    pub(super) fn drain(&self) {
        // AcqRel: as in `stop`.
        self.0.fetch_or(DRAINING, AcqRel);
    }

    /// Notes that a reply may be lost because of a panic that is not the actor's.
    pub(super) fn abandon(&self) {
        // AcqRel: whoever loses a reply that is dropped after this finds the flag.
        self.0.fetch_or(ABANDONED, AcqRel);
    }

    pub(super) fn is_abandoned(&self) -> bool {
        self.read() & ABANDONED != 0
    }

    /// Lets the present loop begin no further command (invariant 4).
    pub(super) fn interrupt(&self) {
        // AcqRel: as in `stop`.
        self.0.fetch_or(HALTED, AcqRel);
    }

    /// Lets the next loop begin commands, unless the lane is stopping.
    pub(super) fn resume(&self) {
        let resumed = |word| (word & STOPPING == 0).then_some(word & !HALTED);
        // AcqRel, Acquire: the next loop sees what the one before has done. A failure leaves a stopping lane halted.
        let _ = self.0.fetch_update(AcqRel, Acquire, resumed);
    }

    /// Tells the loop that a sender waits, and returns the number of commands begun until then, in units of
    /// [`ONE`] (invariant 3).
    pub(super) fn wait(&self) -> usize {
        // AcqRel: either this sender sees the slot that the loop frees, or the loop sees `WAITING`.
        begun(self.0.fetch_or(WAITING, AcqRel))
    }

    /// Tells the loop that senders no longer wait.
    pub(super) fn end_wait(&self) {
        // AcqRel: ordered with the `wait` of the next sender, which happens under the lock as this does.
        self.0.fetch_and(!WAITING, AcqRel);
    }

    /// Returns true if the command at `position` was begun (invariant 6).
    pub(crate) fn has_begun(&self, position: Position) -> bool {
        position.distance_to(self.begun()) > 0
    }
}

#[inline]
fn begun(word: usize) -> usize {
    word & !(ONE - 1)
}
