//! Who may send, and whether there is more to start: all of a mailbox that does not depend on its
//! commands, and so is compiled once and not for each actor. [`Gate`] is what is read without the
//! lock, [`Line`] what is behind it.

use std::collections::VecDeque;
use std::mem;
use std::sync::atomic::Ordering::{AcqRel, Acquire, Relaxed};
use std::task::Waker;

use tokio_util::sync::CancellationToken;

use crate::error::CallError;
use crate::shutdown::{Shutdown, StopReason};
use crate::sync::atomic::AtomicUsize;

/// The capacity of a mailbox without a bound.
pub const UNBOUNDED: usize = usize::MAX;

/// In `control`: no further command may be started.
const STOPPING: usize = 1;
/// In `control`: a sender waits for a slot.
const WAITING: usize = 2;
/// In `control`: what is queued is handled, and nothing else.
const DRAINING: usize = 4;
/// In `control`: the actor has spawned tasks.
const TASKS: usize = 8;
/// In `control`, and in every count that is compared with it: one command.
const ONE: usize = 16;

/// The number of commands that were accepted before this one, in units of `ONE`.
#[derive(Clone, Copy)]
pub(crate) struct Position(usize);

pub(super) enum Started {
    Yes,
    /// Yes, and a sender waits for the slot.
    FreesASlot,
    No,
}

pub(crate) struct Gate {
    /// How many commands were started, and the flags above.
    control: AtomicUsize,
    pub(super) senders: AtomicUsize,
    shutdown: CancellationToken,
}

impl Gate {
    pub(super) fn new(shutdown: CancellationToken) -> Self {
        Self {
            control: AtomicUsize::new(0),
            senders: AtomicUsize::new(1),
            shutdown,
        }
    }

    pub(super) fn has_senders(&self) -> bool {
        self.senders.load(Acquire) > 0
    }

    pub(super) fn count_sender(&self) {
        self.senders.fetch_add(1, Relaxed);
    }

    /// What stops the actor.
    pub(crate) fn shutdown(&self) -> &CancellationToken {
        &self.shutdown
    }

    /// Counts one more command as started, unless the mailbox is stopping.
    #[inline]
    pub(super) fn start(&self) -> Started {
        let control = self.control.fetch_add(ONE, AcqRel);
        match control & (STOPPING | WAITING) {
            0 => Started::Yes,
            WAITING => Started::FreesASlot,
            _ => {
                self.control.fetch_sub(ONE, AcqRel);
                Started::No
            }
        }
    }

    #[inline]
    fn control(&self) -> usize {
        self.control.load(Acquire)
    }

    /// Whether `stop` was called: the mailbox is closed, or will be before its lock is free again.
    #[inline]
    pub(crate) fn is_stopping(&self) -> bool {
        self.control() & STOPPING != 0
    }

    /// Whether only what is queued is handled, or not even that.
    #[inline]
    pub(crate) fn is_ending(&self) -> bool {
        self.control() & (STOPPING | DRAINING) != 0
    }

    #[inline]
    pub(crate) fn has_tasks(&self) -> bool {
        self.control() & TASKS != 0
    }

    pub(crate) fn set_has_tasks(&self) {
        self.control.fetch_or(TASKS, AcqRel);
    }

    #[inline]
    pub(super) fn somebody_waits(&self) -> bool {
        self.control() & WAITING != 0
    }

    fn nobody_waits(&self) {
        self.control.fetch_and(!WAITING, AcqRel);
    }

    /// What became of the command at `position`, whose reply was lost because of `lost`.
    pub(super) fn why_lost(
        &self,
        position: Position,
        lost: CallError,
        is_closed: bool,
    ) -> CallError {
        let started = started(self.control());
        // Both counts wrap around: "past" means ahead by less than half of the circle.
        let is_started = (1..usize::MAX / 2).contains(&started.wrapping_sub(position.0));
        match lost {
            _ if !is_started => CallError::Refused,
            CallError::Unanswered if is_closed => CallError::Stopped,
            lost => lost,
        }
    }
}

#[inline]
fn started(control: usize) -> usize {
    control & !(ONE - 1)
}

/// The counts, the line of waiting senders, and how it ends.
pub(super) struct Line {
    capacity: usize,
    /// How many commands were ever accepted, in units of `ONE`.
    accepted: usize,
    /// How many slots are promised to senders that have not used them yet, in units of `ONE`.
    granted: usize,
    /// `started` as senders saw it last: read again only when the mailbox looks full, so that
    /// senders rarely need the cache line of `control`, which the receiver writes all the time.
    started: usize,
    /// Senders that wait for a slot, by ticket.
    waiting: VecDeque<Waiting>,
    next_ticket: u64,
    pub(super) receiver: Option<Waker>,
    /// What the shutdown token asks for.
    shutdown: Shutdown,
    /// Why the mailbox was closed, if it was told to.
    pub(super) stop: Option<StopReason>,
    pub(super) is_closed: bool,
    /// Whether the actor has ended.
    pub(super) is_over: bool,
}

pub(super) struct Waiting {
    ticket: u64,
    waker: Waker,
}

/// How many slots are granted under one lock.
pub(super) const TOGETHER: u8 = 8;

/// Senders that were granted slots, to be woken without the lock.
pub(super) type Admitted = [Option<Waker>; TOGETHER as usize];

/// When a sender may push.
pub(super) enum Admission {
    Now,
    /// When its waker is woken.
    Later,
    /// The mailbox is closed.
    Never,
}

/// What a sender had.
pub(super) enum Left {
    /// A place in line, to be dropped without the lock.
    Line(#[expect(dead_code, reason = "it is there to be dropped")] Waiting),
    /// A slot, for others.
    Slot,
    /// Nothing: the mailbox is closed.
    Nothing,
}

impl Line {
    pub(super) fn new(capacity: usize, shutdown: Shutdown) -> Self {
        assert!(capacity > 0, "the capacity of a mailbox must be at least 1");
        Self {
            capacity,
            accepted: 0,
            granted: 0,
            started: 0,
            waiting: VecDeque::new(),
            next_ticket: 0,
            receiver: None,
            shutdown,
            stop: None,
            is_closed: false,
            is_over: false,
        }
    }

    /// Starts no further commands, or only those that are queued: as `how` says, or as the shutdown
    /// token would have it.
    pub(super) fn stop(&mut self, gate: &Gate, reason: StopReason, how: Option<Shutdown>) {
        if !self.is_closed {
            self.stop = Some(reason);
        }
        let flag = match how.unwrap_or(self.shutdown) {
            Shutdown::Stop => STOPPING,
            Shutdown::Drain => DRAINING,
        };
        gate.control.fetch_or(flag, AcqRel);
    }

    /// Counts a command as accepted, and gives the receiver, to be woken without the lock.
    #[inline]
    pub(super) fn accept(&mut self) -> (Position, Option<Waker>) {
        let position = Position(self.accepted);
        self.accepted = self.accepted.wrapping_add(ONE);
        (position, self.receiver.take())
    }

    /// Whether a sender that holds no slot may push now.
    #[inline]
    pub(super) fn has_room(&mut self, gate: &Gate) -> bool {
        self.waiting.is_empty()
            && (self.taken() < self.capacity || self.free_slots(gate.control()) > 0)
    }

    fn free_slots(&mut self, control: usize) -> usize {
        self.started = started(control);
        self.capacity - self.taken()
    }

    /// How many slots are in use, or promised.
    #[inline]
    fn taken(&self) -> usize {
        self.accepted
            .wrapping_add(self.granted)
            .wrapping_sub(self.started)
            / ONE
    }

    /// How many commands would be accepted now.
    pub(super) fn free(&mut self, gate: &Gate) -> usize {
        match self.capacity {
            _ if self.is_closed || self.somebody_waits() => 0,
            UNBOUNDED => UNBOUNDED,
            _ => self.free_slots(gate.control()),
        }
    }

    pub(super) fn receiver(&mut self) -> Option<Waker> {
        self.receiver.take()
    }

    #[inline]
    pub(super) fn somebody_waits(&self) -> bool {
        !self.waiting.is_empty()
    }

    /// Takes the first sender out of the line of a closed mailbox.
    pub(super) fn turn_away(&mut self) -> Option<Waker> {
        self.waiting.pop_front().map(|waiting| waiting.waker)
    }

    /// When a sender may push; if later, `waker` is woken. The one that it had before becomes `old`, to
    /// be dropped without the lock.
    #[inline]
    pub(super) fn turn(
        &mut self,
        gate: &Gate,
        ticket: &mut Option<u64>,
        waker: &Waker,
        old: &mut Option<Waker>,
    ) -> Admission {
        if ticket.is_none() && !self.is_closed && self.has_room(gate) {
            return Admission::Now;
        }
        self.turn_in_line(gate, ticket, waker, old)
    }

    #[cold]
    fn turn_in_line(
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
            if self.has_room_or_wait(gate) {
                return Admission::Now;
            }
            *ticket = Some(self.next_ticket);
            self.waiting.push_back(Waiting {
                ticket: self.next_ticket,
                waker: waker.clone(),
            });
            self.next_ticket += 1;
            return Admission::Later;
        };
        let Some(place) = self.place_of(own) else {
            self.granted = self.granted.wrapping_sub(ONE);
            *ticket = None;
            return Admission::Now;
        };
        let waiting = &mut self.waiting[place].waker;
        if !waiting.will_wake(waker) {
            *old = Some(mem::replace(waiting, waker.clone()));
        }
        Admission::Later
    }

    /// Whether a sender that holds no slot may push now. If not, the receiver has been told that
    /// somebody waits.
    fn has_room_or_wait(&mut self, gate: &Gate) -> bool {
        if self.has_room(gate) {
            return true;
        }
        if !self.waiting.is_empty() {
            return false;
        }
        let control = gate.control.fetch_or(WAITING, AcqRel);
        let has_room = self.free_slots(control) > 0;
        if has_room {
            gate.nobody_waits();
        }
        has_room
    }

    /// Grants the slots that became free to the senders that have waited longest, as many as can be
    /// woken together.
    pub(super) fn admit(&mut self, gate: &Gate, admitted: &mut Admitted) {
        let free = self.free_slots(gate.control());
        for place in admitted.iter_mut().take(free) {
            let Some(first) = self.waiting.pop_front() else {
                break;
            };
            self.granted = self.granted.wrapping_add(ONE);
            *place = Some(first.waker);
        }
        if self.waiting.is_empty() {
            gate.nobody_waits();
        }
    }

    /// Takes back what a sender had that no longer wants to push.
    pub(super) fn leave(&mut self, gate: &Gate, ticket: u64) -> Left {
        if self.is_closed {
            return Left::Nothing;
        }
        let Some(place) = self.place_of(ticket) else {
            self.granted = self.granted.wrapping_sub(ONE);
            return Left::Slot;
        };
        let left = self.waiting.remove(place);
        if self.waiting.is_empty() {
            gate.nobody_waits();
        }
        left.map_or(Left::Nothing, Left::Line)
    }

    /// Where a sender waits, unless it was granted a slot: that happens in the order of tickets.
    fn place_of(&self, ticket: u64) -> Option<usize> {
        if ticket < self.waiting.front()?.ticket {
            return None;
        }
        self.waiting
            .binary_search_by_key(&ticket, |waiting| waiting.ticket)
            .ok()
    }
}
