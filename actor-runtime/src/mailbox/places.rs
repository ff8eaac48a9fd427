//! The places of senders that were told to wait: a slab, through which the line runs as a linked list.
//!
//! Joining the line at either end, leaving it anywhere and being called out of it take constant time.
//!
//! # Invariants
//!
//! 1. A place is made for one sender and stays the sender's until it is given back. So nobody else has the place as
//!    long as the sender keeps it.
//! 2. A place is in the line exactly as long as it has a waker.

use std::mem;
use std::num::NonZeroU32;
use std::task::Waker;

/// The place of one sender. Four bytes are enough: more senders would not fit into memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place(NonZeroU32);

impl Place {
    fn index(self) -> usize {
        self.0.get() as usize - 1
    }
}

/// The places of a lane.
#[derive(Default)]
pub(super) struct Places {
    spots: Vec<Spot>,
    /// The round in which places are called now. It wraps around: nobody stays away for exactly four billion rounds.
    round: u32,
    /// The number of places called in this round, each of which has a promise of one slot.
    called: u32,
    /// The number of places in use. The others form a list of their own, which `unused` begins.
    used: u32,
    unused: Option<Place>,
    first: Option<Place>,
    last: Option<Place>,
}

enum Spot {
    InLine {
        waker: Waker,
        before: Option<Place>,
        behind: Option<Place>,
    },
    /// Called in this round, or not in use. Both in one variant, so that a spot has three words.
    OutOfLine {
        round: u32,
        next_unused: Option<Place>,
    },
}

/// The number of places that are kept for later when none is in use.
const KEPT: usize = 64;

impl Places {
    /// Returns true if nobody is in line.
    #[inline]
    pub(super) fn is_line_empty(&self) -> bool {
        self.first.is_none()
    }

    /// Returns the number of slots promised to senders that were called and have not come yet.
    #[inline]
    pub(super) fn promised(&self) -> usize {
        self.called as usize
    }

    /// Returns the number of places in use.
    #[inline]
    pub(super) fn used(&self) -> usize {
        self.used as usize
    }

    /// Makes a place at the end of the line.
    #[inline]
    pub(super) fn join(&mut self, waker: Waker) -> Place {
        let place = self.take_unused();
        self.put(self.last, place, None, waker);
        place
    }

    /// Puts a place that is not in the line to its head.
    pub(super) fn rejoin(&mut self, place: Place, waker: Waker) {
        self.put(None, place, self.first, waker);
    }

    /// Calls the first one out of the line, and returns its waker.
    #[inline]
    pub(super) fn call_first(&mut self) -> Option<Waker> {
        let called = Spot::OutOfLine {
            round: self.round,
            next_unused: None,
        };
        let waker = self.take_out(self.first?, called)?;
        self.called += 1;
        Some(waker)
    }

    /// Passes over all that were called and have not come.
    pub(super) fn pass_over(&mut self) {
        self.round = self.round.wrapping_add(1);
        self.called = 0;
    }

    /// Returns true if the place was called, and not passed over since.
    #[cfg(test)]
    pub(super) fn is_called(&self, place: Place) -> bool {
        matches!(self.spots[place.index()], Spot::OutOfLine { round, .. } if round == self.round)
    }

    /// Returns the waker of a place in line.
    pub(super) fn waker(&mut self, place: Place) -> Option<&mut Waker> {
        match &mut self.spots[place.index()] {
            Spot::InLine { waker, .. } => Some(waker),
            Spot::OutOfLine { .. } => None,
        }
    }

    /// Takes a place back if it was called, and not passed over since; otherwise returns false.
    #[inline]
    pub(super) fn give_back_called(&mut self, place: Place) -> bool {
        match &mut self.spots[place.index()] {
            Spot::OutOfLine { round, next_unused } if *round == self.round => {
                *next_unused = self.unused.replace(place);
                self.called -= 1;
                self.count_unused();
                true
            }
            _ => false,
        }
    }

    /// Takes a place back that was not called. Returns its waker if it was in line, to be dropped without the lock.
    pub(super) fn give_back(&mut self, place: Place) -> Option<Waker> {
        let unused = Spot::OutOfLine {
            round: self.round,
            next_unused: self.unused.replace(place),
        };
        let waker = self.take_out(place, unused);
        self.count_unused();
        waker
    }

    /// Counts a place that was given back.
    #[inline]
    fn count_unused(&mut self) {
        self.used -= 1;
        if self.used == 0 && self.spots.len() > KEPT {
            self.forget_a_long_line();
        }
    }

    #[cold]
    fn forget_a_long_line(&mut self) {
        *self = Self::default();
    }

    /// Returns a place that is not in use, which becomes one that is.
    #[inline]
    fn take_unused(&mut self) -> Place {
        self.used += 1;
        let Some(place) = self.unused else {
            self.spots.push(Spot::OutOfLine {
                round: self.round,
                next_unused: None,
            });
            // All others are in use.
            return Place(NonZeroU32::MIN.saturating_add(self.used - 1));
        };
        if let Spot::OutOfLine { next_unused, .. } = self.spots[place.index()] {
            self.unused = next_unused;
        }
        place
    }

    /// Puts `place` between two neighbours in line.
    #[inline]
    fn put(&mut self, before: Option<Place>, place: Place, behind: Option<Place>, waker: Waker) {
        self.spots[place.index()] = Spot::InLine {
            waker,
            before,
            behind,
        };
        *self.link_behind(before) = Some(place);
        *self.link_before(behind) = Some(place);
    }

    /// Leaves `spot` at the place and returns its waker, if it was in line.
    #[inline]
    fn take_out(&mut self, place: Place, spot: Spot) -> Option<Waker> {
        let taken_out = mem::replace(&mut self.spots[place.index()], spot);
        let Spot::InLine {
            waker,
            before,
            behind,
        } = taken_out
        else {
            return None;
        };
        *self.link_behind(before) = behind;
        *self.link_before(behind) = before;
        Some(waker)
    }

    /// Returns the link to the place behind `place`, or to the first one.
    fn link_behind(&mut self, place: Option<Place>) -> &mut Option<Place> {
        match place.map(|place| &mut self.spots[place.index()]) {
            Some(Spot::InLine { behind, .. }) => behind,
            _ => &mut self.first,
        }
    }

    /// Returns the link to the place before `place`, or to the last one.
    fn link_before(&mut self, place: Option<Place>) -> &mut Option<Place> {
        match place.map(|place| &mut self.spots[place.index()]) {
            Some(Spot::InLine { before, .. }) => before,
            _ => &mut self.last,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{KEPT, Places};
    use std::task::Waker;

    #[test]
    fn a_place_that_is_given_back_is_used_again() {
        let mut places = Places::default();
        let first = places.join(Waker::noop().clone());
        let second = places.join(Waker::noop().clone());
        assert!(places.give_back(first).is_some());
        assert_eq!(places.join(Waker::noop().clone()), first);
        assert!(places.waker(second).is_some());
    }

    #[test]
    fn nothing_is_left_of_a_long_line() {
        let mut places = Places::default();
        let mut line = Vec::new();
        for _ in 0..=KEPT {
            line.push(places.join(Waker::noop().clone()));
        }
        for place in line {
            assert!(!places.spots.is_empty());
            assert!(places.give_back(place).is_some());
        }
        assert_eq!(places.spots.capacity(), 0);
    }

    #[test]
    fn those_who_were_passed_over_come_first() {
        let mut places = Places::default();
        let [late, punctual] = [(); 2].map(|()| places.join(Waker::noop().clone()));
        assert!(places.call_first().is_some());
        assert!(places.is_called(late));
        places.pass_over();
        assert!(!places.is_called(late));
        places.rejoin(late, Waker::noop().clone());
        assert!(places.call_first().is_some());
        assert!(places.is_called(late) && !places.is_called(punctual));
    }
}
