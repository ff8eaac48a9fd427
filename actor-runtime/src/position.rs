//! Positions of commands in their lane, and the progress of an actor through its lanes.
//!
//! Counts of commands are kept in units of [`ONE`], so that a count and the flags of a lane's gate fit in one word
//! and can be compared without a shift. They wrap around.

/// One command, in every count of commands. The bits below it hold the flags of a gate.
pub(crate) const ONE: usize = 32;

/// The number of commands that a lane accepted before this one, in units of [`ONE`].
#[derive(Clone, Copy)]
pub(crate) struct Position(pub(crate) usize);

/// The lane that accepted a command, and the command's position there.
#[derive(Clone, Copy)]
pub(crate) struct Accepted {
    pub(crate) has_priority: bool,
    pub(crate) position: Position,
}

/// The number of commands begun in each lane, in units of [`ONE`].
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Progress {
    pub(crate) first_lane: usize,
    pub(crate) priority: usize,
}

/// The stage that an accepted command has reached.
pub(crate) enum Stage {
    Queued,
    /// No later command of its lane was begun.
    LastBegun,
    Done,
}

impl Progress {
    pub(crate) fn stage_of(self, accepted: Accepted) -> Stage {
        let begun = if accepted.has_priority {
            self.priority
        } else {
            self.first_lane
        };
        match accepted.position.distance_to(begun) {
            0 => Stage::Queued,
            ONE => Stage::LastBegun,
            _ => Stage::Done,
        }
    }
}

impl Position {
    /// The distance from here to the count `begun`; 0 if `begun` has not passed this position.
    ///
    /// Both counts wrap around, so "passed" means ahead by less than half of the range.
    #[inline]
    pub(crate) fn distance_to(self, begun: usize) -> usize {
        let ahead = begun.wrapping_sub(self.0);
        if ahead < usize::MAX / 2 { ahead } else { 0 }
    }
}
