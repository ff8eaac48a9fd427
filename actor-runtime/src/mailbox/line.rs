//! The line of a lane: its counts, the senders that wait for a slot, and how it ends. All of it is under the lock.

use std::cmp::Ordering;
use std::collections::VecDeque;
use std::mem;
use std::ops::Range;
use std::task::Waker;

use super::gate::Gate;
use crate::position::{ONE, Position};
use crate::shutdown::{Shutdown, StopReason};

/// The capacity of a mailbox without a bound.
pub const UNBOUNDED: usize = usize::MAX;

/// The number of slots granted under one lock.
pub(crate) const TOGETHER: u8 = 8;

/// The number of times that the receiver lets others run before it takes back unused slots that were granted: more
/// often than a scheduler of tokio polls tasks before it looks at the global queue, which is 61 times
/// (`global_queue_interval` in the documentation of `tokio::runtime::Builder`).
const PATIENCE: u8 = 128;

/// Senders that were granted slots, to be woken without the lock.
pub(crate) type Admitted = [Option<Waker>; TOGETHER as usize];

pub(crate) struct Line {
    capacity: usize,
    /// The number of commands ever accepted, in units of [`ONE`].
    accepted: usize,
    /// The number of slots promised to senders that have not used them yet.
    granted: usize,
    /// The number of commands begun, as senders saw it last. They read it again only when the lane looks full, so
    /// that they rarely need the cache line of the gate, which the receiver writes all the time.
    begun: usize,
    /// The senders that were `granted` a slot, followed by those that wait for one, both by ticket.
    senders: VecDeque<WaitingSender>,
    next_ticket: u64,
    receiver: Option<Waker>,
    /// The way to end when the shutdown token is cancelled.
    shutdown: Shutdown,
    /// The reason why the lane was told to stop, if it was.
    stop: Option<StopReason>,
    is_closed: bool,
    /// True once the actor has ended.
    is_over: bool,
    /// True if a sender that does not wait was refused although nothing is queued.
    is_wanted: bool,
    /// The number of times in a row that the receiver has found all slots promised and nothing queued.
    stalls: u8,
}

/// A sender that was told to wait.
pub(crate) struct WaitingSender {
    ticket: u64,
    /// `None` once a slot was granted.
    waker: Option<Waker>,
}

impl WaitingSender {
    fn new(ticket: u64, waker: &Waker) -> Self {
        let waker = Some(waker.clone());
        Self { ticket, waker }
    }
}

/// The place of a sender that was told to wait: an index into `Line::senders`.
enum PlaceInLine {
    /// Among those that have a slot.
    HasSlot(usize),
    InLine(usize),
    /// Out of line, because the sender did not use its slot. The index is where it gets in again.
    PassedOver(usize),
}

/// The time at which a sender may push.
pub(crate) enum Admission {
    Now,
    /// Later, when its waker is woken. The receiver, if there is one, has to look whether the holders of the slots come.
    Later(Option<Waker>),
    /// Never: the lane is closed.
    Never,
}

/// The part of the lane that a sender gave up when it left.
pub(crate) enum GivenUp {
    /// A place in line, to be dropped without the lock.
    Place(#[expect(dead_code, reason = "it is there to be dropped")] WaitingSender),
    /// A slot, which belongs to the next sender.
    Slot,
    Nothing,
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
            granted: 0,
            begun: 0,
            senders: VecDeque::new(),
            next_ticket: 0,
            receiver: None,
            shutdown,
            stop: None,
            is_closed: false,
            is_over: false,
            is_wanted: false,
            stalls: 0,
        }
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.is_closed
    }

    pub(crate) fn is_over(&self) -> bool {
        self.is_over
    }

    pub(crate) fn stop_reason(&self) -> Option<StopReason> {
        self.stop
    }

    /// Marks the end of the actor, and returns the reason why the lane was told to stop, if it was.
    #[inline]
    pub(crate) fn end(&mut self) -> Option<StopReason> {
        self.is_over = true;
        self.stop
    }

    /// Lets no further command begin, or only those that are queued: as `how` says, or as the shutdown token
    /// would have it.
    #[inline]
    pub(crate) fn stop(&mut self, gate: &Gate, reason: StopReason, how: Option<Shutdown>) {
        if !self.is_closed {
            self.stop = Some(reason);
        }
        match how.unwrap_or(self.shutdown) {
            Shutdown::Stop => gate.stop(),
            Shutdown::Drain => gate.drain(),
        }
    }

    /// Refuses further commands; `None` if the lane was closed before.
    #[inline]
    pub(super) fn close(&mut self) -> Option<Closing> {
        let was_closed = mem::replace(&mut self.is_closed, true);
        (!was_closed).then(|| Closing {
            receiver: self.receiver.take(),
            somebody_waits: self.somebody_waits(),
        })
    }

    /// Counts a command as accepted, and returns the receiver, to be woken without the lock.
    #[inline]
    pub(crate) fn accept(&mut self) -> (Position, Option<Waker>) {
        let position = Position(self.accepted);
        self.accepted = self.accepted.wrapping_add(ONE);
        (position, self.receiver.take())
    }

    /// Returns true if a sender that holds no slot may push now.
    #[inline]
    pub(crate) fn has_room(&mut self, gate: &Gate) -> bool {
        let seems_free = self.senders.is_empty() && self.queued() < self.capacity;
        seems_free || !self.somebody_waits() && self.free_slots(gate.begun()) > 0
    }

    fn free_slots(&mut self, begun: usize) -> usize {
        self.begun = begun;
        self.capacity - self.queued() - self.granted
    }

    /// Returns the number of commands accepted and not begun.
    #[inline]
    fn queued(&self) -> usize {
        self.accepted.wrapping_sub(self.begun) / ONE
    }

    /// Returns the number of commands that would be accepted now.
    pub(crate) fn capacity_left(&mut self, gate: &Gate) -> usize {
        match self.capacity {
            _ if self.is_closed || self.somebody_waits() => 0,
            UNBOUNDED => UNBOUNDED,
            _ => self.free_slots(gate.begun()),
        }
    }

    pub(crate) fn take_receiver(&mut self) -> Option<Waker> {
        self.receiver.take()
    }

    /// Leaves the waker of the receiver, and returns the one that it left before, to be dropped without the lock.
    #[inline]
    pub(crate) fn leave_receiver(&mut self, receiver: &Waker) -> Option<Waker> {
        self.receiver.replace(receiver.clone())
    }

    #[inline]
    pub(crate) fn somebody_waits(&self) -> bool {
        self.senders.len() > self.granted
    }

    /// Takes the first sender out of the line of a closed lane.
    pub(crate) fn turn_away(&mut self) -> Option<Waker> {
        // Those that were granted a slot have been woken.
        self.senders.drain(..mem::take(&mut self.granted));
        self.senders.pop_front()?.waker
    }

    /// Returns true if a sender that has not waited may push now.
    #[inline]
    pub(crate) fn admits(&mut self, gate: &Gate) -> bool {
        !self.is_closed && self.has_room(gate)
    }

    /// Says when another sender may push; if later, `waker` is woken then. The waker that it had left before
    /// becomes `old`, to be dropped without the lock.
    #[cold]
    pub(crate) fn turn(
        &mut self,
        gate: &Gate,
        ticket: &mut Option<u64>,
        waker: &Waker,
        old: &mut Option<Waker>,
    ) -> Admission {
        if self.is_closed {
            *ticket = None;
            return Admission::Never;
        }
        let Some(own) = *ticket else {
            if self.has_room_after_all(gate) {
                return Admission::Now;
            }
            let own = self.next_ticket;
            self.next_ticket += 1;
            *ticket = Some(own);
            self.senders.push_back(WaitingSender::new(own, waker));
            return Admission::Later(self.look_for_stall());
        };
        match self.place_of(own) {
            PlaceInLine::HasSlot(place) => {
                self.use_slot(place);
                self.stalls = 0;
            }
            PlaceInLine::InLine(place) => {
                let waiting = &mut self.senders[place].waker;
                if !waiting.as_ref().is_some_and(|old| old.will_wake(waker)) {
                    *old = waiting.replace(waker.clone());
                }
                return Admission::Later(None);
            }
            PlaceInLine::PassedOver(place) => {
                if !self.has_room(gate) && !self.has_room_after_all(gate) {
                    self.senders.insert(place, WaitingSender::new(own, waker));
                    return Admission::Later(self.look_for_stall());
                }
            }
        }
        *ticket = None;
        Admission::Now
    }

    /// Takes the sender at `place` out of those that have a slot.
    fn use_slot(&mut self, place: usize) {
        self.granted -= 1;
        if place == 0 {
            self.senders.pop_front();
        } else {
            self.senders.remove(place);
        }
    }

    /// Returns the receiver if it has to look whether the holders of the slots come: nothing is queued then, so it
    /// may wait for them as well.
    fn look_for_stall(&mut self) -> Option<Waker> {
        if self.granted == self.capacity {
            self.receiver.take()
        } else {
            None
        }
    }

    /// Notes that a sender was refused that does not wait. Returns the receiver, if it has to be woken for that.
    pub(crate) fn refuse(&mut self) -> Option<Waker> {
        self.is_wanted = true;
        self.look_for_stall()
    }

    /// Returns true if nothing comes because all slots are promised while others want them.
    ///
    /// The receiver asks while nothing is queued, and again soon. Slots are taken back if their holders do not
    /// come; the receiver then grants them to others. A holder that comes after all gets in line at its old place
    /// (invariant 3).
    #[inline]
    pub(crate) fn is_stalled(&mut self) -> bool {
        self.granted == self.capacity && self.is_stalled_for(PATIENCE)
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
            self.senders.drain(..mem::take(&mut self.granted));
        }
        true
    }

    /// Returns true if a sender may push after all, for which there seemed to be no room. If not, the receiver
    /// has been told that somebody waits (invariant 3).
    fn has_room_after_all(&mut self, gate: &Gate) -> bool {
        if self.somebody_waits() {
            return false;
        }
        let has_room = self.free_slots(gate.wait()) > 0;
        if has_room {
            gate.end_wait();
        }
        has_room
    }

    /// Grants the slots that became free to the senders that have waited longest, as many as can be woken
    /// together (invariant 3).
    pub(crate) fn admit(&mut self, gate: &Gate, admitted: &mut Admitted) {
        let free = self.free_slots(gate.begun());
        for place in admitted.iter_mut().take(free) {
            let Some(first) = self.senders.get_mut(self.granted) else {
                break;
            };
            *place = first.waker.take();
            self.granted += 1;
        }
        if !self.somebody_waits() {
            gate.end_wait();
        }
    }

    /// Takes back what a sender has that no longer wants to push.
    pub(crate) fn leave(&mut self, gate: &Gate, ticket: u64) -> GivenUp {
        if self.is_closed {
            return GivenUp::Nothing;
        }
        match self.place_of(ticket) {
            PlaceInLine::HasSlot(place) => {
                self.use_slot(place);
                GivenUp::Slot
            }
            PlaceInLine::InLine(place) => {
                let left = self.senders.remove(place);
                if !self.somebody_waits() {
                    gate.end_wait();
                }
                left.map_or(GivenUp::Nothing, GivenUp::Place)
            }
            PlaceInLine::PassedOver(_) => GivenUp::Nothing,
        }
    }

    fn place_of(&self, ticket: u64) -> PlaceInLine {
        // The first is woken first.
        if self.granted > 0 && self.senders[0].ticket == ticket {
            return PlaceInLine::HasSlot(0);
        }
        match self.search(0..self.granted, ticket) {
            Ok(place) => PlaceInLine::HasSlot(place),
            Err(_) => match self.search(self.granted..self.senders.len(), ticket) {
                Ok(place) => PlaceInLine::InLine(place),
                Err(place) => PlaceInLine::PassedOver(place),
            },
        }
    }

    /// Returns the index of the ticket among these senders, or the index at which it would be.
    fn search(&self, mut among: Range<usize>, ticket: u64) -> Result<usize, usize> {
        while !among.is_empty() {
            let middle = among.start + among.len() / 2;
            match self.senders[middle].ticket.cmp(&ticket) {
                Ordering::Less => among.start = middle + 1,
                Ordering::Equal => return Ok(middle),
                Ordering::Greater => among.end = middle,
            }
        }
        Err(among.start)
    }
}
