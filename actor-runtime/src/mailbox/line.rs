//! The line of a lane: its counts, the senders that wait for a slot, and how it ends. All of it is under the lock.

use std::mem;
use std::task::Waker;

use super::gate::Gate;
use super::places::{Place, Places};
use crate::error::{PackedWhy, Why};
use crate::position::{ONE, Position};
use crate::shutdown::{Shutdown, StopReason};

/// The capacity of a mailbox without a bound.
pub const UNBOUNDED: usize = usize::MAX;

/// The number of slots granted under one lock.
pub(crate) const TOGETHER: u8 = 8;

/// The number of times in a row that the receiver finds a stall before it breaks the promises: more often than a
/// scheduler of tokio polls tasks before it looks at the global queue, which is 61 times (`global_queue_interval` in
/// the documentation of `tokio::runtime::Builder`).
pub(crate) const PATIENCE: u8 = if cfg!(shuttle) { 4 } else { 128 };

/// Senders that were granted slots, to be woken without the lock.
pub(crate) type Admitted = [Option<Waker>; TOGETHER as usize];

pub(crate) struct Line {
    capacity: usize,
    /// The number of commands ever accepted, in units of [`ONE`].
    accepted: usize,
    /// The number of free slots that senders may use without looking at the gate. So they rarely need its cache line,
    /// which the receiver writes all the time. 0 while somebody waits, and in a closed lane.
    room: usize,
    places: Places,
    receiver: Option<Waker>,
    /// The way to end when the shutdown token is cancelled.
    shutdown: Shutdown,
    /// The reason why the lane was told to stop, if it was.
    stop: Option<StopReason>,
    stage: LaneStage,
    /// The reason for the end of the actor, as soon as more is known than `stop` says.
    why: PackedWhy,
    /// True if a sender that does not wait was refused although nothing is queued.
    is_wanted: bool,
    /// The number of times in a row that the receiver has found all slots promised and nothing queued.
    stalls: u8,
}

/// The time at which a sender may push.
pub(crate) enum Admission {
    Now,
    /// Later, when its waker is woken. The receiver, if there is one, has to look whether those that were called come.
    Later(Option<Waker>),
    /// Never: the lane is closed.
    Never,
}

/// The part of the lane that a sender gave up when it left.
pub(crate) enum GivenUp {
    /// A place in line, with a waker to be dropped without the lock.
    Place(#[expect(dead_code, reason = "it is there to be dropped")] Waker),
    /// A slot, which belongs to the next sender.
    Slot,
    Nothing,
}

/// The stage that a lane has reached. A later stage includes the earlier ones.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum LaneStage {
    Open,
    Closed,
    /// The actor has ended.
    Over,
    /// Nothing is left of the actor: its loop, its tasks, and its state unless somebody has it.
    Gone,
}

/// The receiver and the waiting senders, which are told without the lock that a lane was closed.
pub(super) struct Closing {
    pub(super) receiver: Option<Waker>,
    pub(super) somebody_waits: bool,
}

impl Line {
    #[inline]
    pub(crate) fn new(capacity: usize, shutdown: Shutdown) -> Self {
        assert!(capacity > 0, "the capacity of a mailbox must be at least 1");
        Self {
            capacity,
            accepted: 0,
            room: 0,
            places: Places::default(),
            receiver: None,
            shutdown,
            stop: None,
            stage: LaneStage::Open,
            why: PackedWhy::default(),
            is_wanted: false,
            stalls: 0,
        }
    }

    pub(super) fn capacity(&self) -> usize {
        self.capacity
    }

    /// Returns the number of commands that are queued and may still begin.
    pub(super) fn queued(&self, gate: &Gate) -> usize {
        if self.is_over() || gate.is_stopping() {
            return 0;
        }
        self.accepted.wrapping_sub(gate.begun()) / ONE
    }

    /// Returns the position of the last of the first `limit` commands that are queued; `None` if none is.
    pub(super) fn last_queued(&self, gate: &Gate, limit: u8) -> Option<Position> {
        let begun = gate.begun();
        let queued = self.accepted.wrapping_sub(begun) / ONE;
        let before_last = queued.min(limit.into()).checked_sub(1)?;
        Some(Position(begun.wrapping_add(before_last * ONE)))
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.stage >= LaneStage::Closed
    }

    pub(crate) fn is_over(&self) -> bool {
        self.stage >= LaneStage::Over
    }

    pub(crate) fn is_gone(&self) -> bool {
        self.stage == LaneStage::Gone
    }

    pub(crate) fn set_gone(&mut self) {
        self.stage = LaneStage::Gone;
    }

    /// Returns the reason for the end of the actor, as far as it is known.
    #[inline]
    pub(crate) fn why(&self) -> Why {
        match (self.why.unpack(), self.stop) {
            (Why::Unknown, Some(stop)) => Why::from(stop),
            (why, _) => why,
        }
    }

    /// Notes why the actor is about to end, unless that is known already.
    pub(crate) fn foresee(&mut self, because: Why) {
        if self.why.unpack() == Why::Unknown {
            self.why = PackedWhy::new(because);
        }
    }

    /// Notes why the actor has ended.
    pub(crate) fn settle(&mut self, because: Why) {
        self.why = PackedWhy::new(because);
    }

    pub(crate) fn stop_reason(&self) -> Option<StopReason> {
        self.stop
    }

    /// Lets no further command begin, or only those that are queued: as `how` says, or as the shutdown token
    /// would have it.
    #[inline]
    pub(crate) fn stop(&mut self, gate: &Gate, reason: StopReason, how: Option<Shutdown>) {
        if !self.is_closed() {
            self.stop = Some(reason);
        }
        match how.unwrap_or(self.shutdown) {
            Shutdown::Stop => gate.stop(),
            Shutdown::Drain => gate.drain(),
        }
    }

    /// Refuses further commands, and goes on to `stage`; `None` if the lane was closed before.
    #[inline]
    pub(super) fn close(&mut self, stage: LaneStage) -> Option<Closing> {
        let was_closed = self.is_closed();
        self.stage = self.stage.max(stage);
        self.room = 0;
        (!was_closed).then(|| Closing {
            receiver: self.receiver.take(),
            somebody_waits: self.somebody_waits(),
        })
    }

    /// Counts a command as accepted for which there is room.
    #[inline]
    pub(crate) fn accept(&mut self) -> Position {
        self.room -= 1;
        let position = Position(self.accepted);
        self.accepted = self.accepted.wrapping_add(ONE);
        position
    }

    /// Returns true if the lane is open, and nobody waits for a slot or was promised one.
    pub(crate) fn is_free(&self) -> bool {
        !self.is_closed() && !self.somebody_waits() && self.places.promised() == 0
    }

    /// Returns true if a sender that has no place may push now.
    #[inline]
    pub(crate) fn admits(&mut self, gate: &Gate) -> bool {
        self.room > 0 || !self.is_closed() && !self.somebody_waits() && self.has_room(gate.begun())
    }

    /// Returns true if there is room, with this many commands begun.
    fn has_room(&mut self, begun: usize) -> bool {
        self.room = self.free_slots(begun);
        self.room > 0
    }

    /// Returns the number of slots that are neither in use nor promised, with this many commands begun (invariant 2).
    fn free_slots(&self, begun: usize) -> usize {
        let queued = self.accepted.wrapping_sub(begun) / ONE;
        self.capacity
            .saturating_sub(queued + self.places.promised())
    }

    /// Returns the number of commands that would be accepted now.
    pub(crate) fn capacity_left(&self, gate: &Gate) -> usize {
        match self.capacity {
            _ if self.is_closed() || self.somebody_waits() => 0,
            UNBOUNDED => UNBOUNDED,
            _ => self.free_slots(gate.begun()),
        }
    }

    #[inline]
    pub(crate) fn take_receiver(&mut self) -> Option<Waker> {
        self.receiver.take()
    }

    /// Returns true if `receiver` is the waker that the receiver left.
    pub(crate) fn has_receiver(&self, receiver: &Waker) -> bool {
        let left = self.receiver.as_ref();
        left.is_some_and(|left| left.will_wake(receiver))
    }

    /// Leaves the waker of the receiver, and returns the one that it left before, to be dropped without the lock.
    #[inline]
    pub(crate) fn leave_receiver(&mut self, receiver: Waker) -> Option<Waker> {
        self.receiver.replace(receiver)
    }

    #[inline]
    pub(crate) fn somebody_waits(&self) -> bool {
        !self.places.is_line_empty()
    }

    /// Returns true if a single sender waits, or was called and has not come.
    #[inline]
    pub(crate) fn has_one_waiter(&self) -> bool {
        self.places.used() == 1
    }

    /// Takes the first sender out of the line of a closed lane.
    pub(crate) fn turn_away(&mut self) -> Option<Waker> {
        self.places.call_first()
    }

    /// Returns true if a sender that may have a place may push now. If so, the sender no longer has it.
    #[cold]
    pub(crate) fn admits_again(&mut self, gate: &Gate, own: &mut Option<Place>) -> bool {
        match own {
            Some(_) => self.admits_called(own),
            None => self.admits(gate),
        }
    }

    /// Returns true if a sender was called out of the line. If so, it no longer has its place.
    fn admits_called(&mut self, own: &mut Option<Place>) -> bool {
        let is_open = !self.is_closed();
        let called = own.take_if(|place| is_open && self.places.give_back_called(*place));
        if called.is_none() {
            return false;
        }
        self.room += 1;
        self.stalls = 0;
        self.is_wanted = false;
        true
    }

    /// Says when another sender may push; if later, `waker` is woken then. In `waker` is left what has to be dropped
    /// without the lock.
    #[cold]
    pub(crate) fn turn(
        &mut self,
        gate: &Gate,
        own: &mut Option<Place>,
        waker: &mut Option<Waker>,
    ) -> Admission {
        if self.is_closed() {
            *own = None;
            return Admission::Never;
        }
        if self.admits_called(own) {
            return Admission::Now;
        }
        let Some(place) = *own else {
            if self.has_room_after_all(gate) {
                return Admission::Now;
            }
            *own = waker.take().map(|waker| self.places.join(waker));
            return Admission::Later(self.look_for_stall());
        };
        if let Some(old) = self.places.waker(place) {
            if let Some(waker) = waker.as_mut().filter(|waker| !waker.will_wake(old)) {
                mem::swap(old, waker);
            }
            return Admission::Later(None);
        }
        if !self.has_room_after_all(gate) {
            // The sender was passed over.
            if let Some(waker) = waker.take() {
                self.places.rejoin(place, waker);
            }
            return Admission::Later(self.look_for_stall());
        }
        self.places.give_back(place);
        *own = None;
        Admission::Now
    }

    /// Returns true if a sender may push after all, for which there seemed to be no room. If not, the receiver
    /// has been told that somebody waits (invariant 3).
    fn has_room_after_all(&mut self, gate: &Gate) -> bool {
        if self.somebody_waits() {
            return false;
        }
        let has_room = self.has_room(gate.wait());
        if has_room {
            gate.end_wait();
        }
        has_room
    }

    /// Calls senders for the slots that are free, as many as can be woken together. Returns true if there may be more
    /// of both (invariant 3).
    pub(crate) fn admit(&mut self, gate: &Gate, admitted: &mut Admitted) -> bool {
        let free = self.free_slots(gate.begun());
        for called in admitted.iter_mut().take(free) {
            *called = self.places.call_first();
            if called.is_none() {
                break;
            }
        }
        if !self.somebody_waits() {
            gate.end_wait();
            return false;
        }
        free > admitted.len()
    }

    /// Takes back the place of a sender that no longer wants to push.
    pub(crate) fn leave(&mut self, gate: &Gate, place: Place) -> GivenUp {
        if self.is_closed() {
            return GivenUp::Nothing;
        }
        if self.places.give_back_called(place) {
            return GivenUp::Slot;
        }
        let waker = self.places.give_back(place);
        if !self.somebody_waits() {
            gate.end_wait();
        }
        waker.map_or(GivenUp::Nothing, GivenUp::Place)
    }

    /// Returns the receiver if it has to look for a stall: nothing is queued then, so it may wait as well.
    fn look_for_stall(&mut self) -> Option<Waker> {
        if self.places.promised() == self.capacity {
            self.receiver.take()
        } else {
            None
        }
    }

    /// Notes that a sender was refused that does not wait. Returns the receiver, if it has to be woken for that.
    pub(crate) fn refuse(&mut self) -> Option<Waker> {
        self.is_wanted |= self.places.promised() == self.capacity;
        self.look_for_stall()
    }

    /// Returns true if nothing comes because all slots are promised while others want them.
    ///
    /// The receiver asks while nothing is queued. If the lane is stalled, the receiver grants what is free and asks
    /// again soon, after others have run. If those that were called have not come until then, all promises are broken.
    /// A sender that comes after all then takes a free slot, or is the first in line (invariant 3).
    #[inline]
    pub(crate) fn is_stalled(&mut self) -> bool {
        self.places.promised() == self.capacity && self.is_stalled_for(PATIENCE)
    }

    #[cold]
    fn is_stalled_for(&mut self, patience: u8) -> bool {
        if !self.somebody_waits() && !self.is_wanted {
            return false;
        }
        self.stalls += 1;
        if self.stalls > patience {
            self.stalls = 0;
            self.is_wanted = false;
            self.places.pass_over();
        }
        true
    }
}
