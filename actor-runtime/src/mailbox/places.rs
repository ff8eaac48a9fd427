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
use std::num::NonZeroUsize;
use std::task::Waker;

/// The place of one sender.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place(NonZeroUsize);

/// The places of a lane. There is nothing until the first sender has to wait.
#[derive(Default)]
pub(super) struct Places(Option<Box<Slab>>);

/// The number of places that are kept for later when none is in use.
const KEPT: usize = 64;

impl Places {
    /// Returns true if nobody is in line.
    #[inline]
    pub(super) fn is_line_empty(&self) -> bool {
        match &self.0 {
            Some(slab) => slab.first.is_none(),
            None => true,
        }
    }

    /// Makes a place at the end of the line.
    pub(super) fn join(&mut self, waker: Waker) -> Place {
        let slab = self.slab();
        let before = slab.last;
        let place = slab.take_unused();
        slab.put(before, place, None, waker);
        place
    }

    /// Puts a place that is not in the line to its head.
    pub(super) fn rejoin(&mut self, place: Place, waker: Waker) {
        let slab = self.slab();
        let behind = slab.first;
        slab.put(None, place, behind, waker);
    }

    /// Calls the first one out of the line, and returns its waker.
    pub(super) fn call_first(&mut self) -> Option<Waker> {
        let slab = self.slab();
        slab.take_out(slab.first?, Spot::Called(slab.round))
    }

    /// Passes over all that were called and have not come.
    pub(super) fn pass_over(&mut self) {
        self.slab().round += 1;
    }

    /// Returns true if the place was called, and not passed over since.
    pub(super) fn is_called(&mut self, place: Place) -> bool {
        let slab = self.slab();
        let round = slab.round;
        matches!(slab.spot(place), Spot::Called(called) if *called == round)
    }

    /// Returns the waker of a place in line.
    pub(super) fn waker(&mut self, place: Place) -> Option<&mut Waker> {
        match self.slab().spot(place) {
            Spot::InLine { waker, .. } => Some(waker),
            _ => None,
        }
    }

    /// Takes a place back. Returns its waker if it was in line, to be dropped without the lock.
    pub(super) fn give_back(&mut self, place: Place) -> Option<Waker> {
        let slab = self.slab();
        let waker = slab.take_out(place, Spot::Unused(slab.unused));
        slab.unused = Some(place);
        slab.used -= 1;
        if slab.used == 0 && slab.spots.len() > KEPT {
            self.0 = None;
        }
        waker
    }

    fn slab(&mut self) -> &mut Slab {
        self.0.get_or_insert_default()
    }
}

#[derive(Default)]
struct Slab {
    spots: Vec<Spot>,
    /// The number of places in use. The others form a list of their own, which `unused` begins.
    used: usize,
    unused: Option<Place>,
    first: Option<Place>,
    last: Option<Place>,
    /// The round in which places are called now.
    round: u64,
}

enum Spot {
    Unused(Option<Place>),
    InLine {
        waker: Waker,
        before: Option<Place>,
        behind: Option<Place>,
    },
    /// Called out of the line in this round.
    Called(u64),
}

impl Slab {
    fn spot(&mut self, Place(number): Place) -> &mut Spot {
        &mut self.spots[number.get() - 1]
    }

    fn take_unused(&mut self) -> Place {
        self.used += 1;
        let Some(place) = self.unused else {
            let number = NonZeroUsize::MIN.saturating_add(self.spots.len());
            self.spots.push(Spot::Unused(None));
            return Place(number);
        };
        if let Spot::Unused(next) = *self.spot(place) {
            self.unused = next;
        }
        place
    }

    /// Puts `place` between two neighbours in line.
    fn put(&mut self, before: Option<Place>, place: Place, behind: Option<Place>, waker: Waker) {
        *self.spot(place) = Spot::InLine {
            waker,
            before,
            behind,
        };
        *self.link_behind(before) = Some(place);
        *self.link_before(behind) = Some(place);
    }

    /// Leaves `spot` at the place and returns its waker, if it was in line.
    fn take_out(&mut self, place: Place, spot: Spot) -> Option<Waker> {
        let taken_out = mem::replace(self.spot(place), spot);
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
        match place.map(|Place(number)| &mut self.spots[number.get() - 1]) {
            Some(Spot::InLine { behind, .. }) => behind,
            _ => &mut self.first,
        }
    }

    /// Returns the link to the place before `place`, or to the last one.
    fn link_before(&mut self, place: Option<Place>) -> &mut Option<Place> {
        match place.map(|Place(number)| &mut self.spots[number.get() - 1]) {
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
            assert!(places.0.is_some());
            assert!(places.give_back(place).is_some());
        }
        assert!(places.0.is_none());
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
