//! Who may send, and whether there is more to start: all of a mailbox that does not depend on its
//! commands, and so is compiled once and not for each actor. [`Gate`] is what is read without the
//! lock, [`Line`] what is behind it.

use std::cmp::Ordering;
use std::collections::VecDeque;
use std::mem;
use std::ops::Range;
use std::sync::atomic::Ordering::{AcqRel, Acquire, Relaxed};
use std::task::Waker;

use tokio_util::sync::CancellationToken;

use super::Accepted;
use crate::error::CallError;
use crate::shutdown::{Shutdown, StopReason};
use crate::sync::atomic::AtomicUsize;

/// The capacity of a mailbox without a bound.
pub const UNBOUNDED: usize = usize::MAX;

/// In `control`: no further command may be started, for good or by this incarnation of the actor. One bit for
/// both, since the loop looks at it all the time.
const HALTED: usize = 1;
/// In `control`: a sender waits for a slot.
const WAITING: usize = 2;
/// In `control`: what is queued is handled, and nothing else.
const DRAINING: usize = 4;
/// In `control`: the actor has spawned tasks.
const TASKS: usize = 8;
/// In `control`, and `HALTED` with it: no incarnation may start one.
const STOPPING: usize = 16;
/// In `control`, and in every count that is compared with it: one command.
const ONE: usize = 32;

/// The number of commands that were accepted before this one, in units of `ONE`.
#[derive(Clone, Copy)]
pub(crate) struct Position(usize);

/// How many commands of each lane were started.
#[derive(Clone, Copy)]
pub(crate) struct Progress {
    pub(super) first_lane: usize,
    pub(super) priority: usize,
}

/// How far a command has got.
pub(crate) enum Stage {
    Queued,
    /// No later command of its lane was started.
    LastStarted,
    Done,
}

impl Progress {
    pub(crate) fn stage_of(self, accepted: Accepted) -> Stage {
        let started = if accepted.has_priority {
            self.priority
        } else {
            self.first_lane
        };
        match ahead(started, accepted.position) {
            0 => Stage::Queued,
            ONE => Stage::LastStarted,
            _ => Stage::Done,
        }
    }
}

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

    /// Counts one more command as started, unless no further one may be.
    #[inline]
    pub(super) fn start(&self) -> Started {
        let control = self.control.fetch_add(ONE, AcqRel);
        match control & (HALTED | WAITING) {
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

    /// How many commands were started, in units of `ONE`.
    pub(super) fn started(&self) -> usize {
        started(self.control())
    }

    /// Whether `stop` was called: the mailbox is closed, or will be before its lock is free again.
    #[inline]
    pub(crate) fn is_stopping(&self) -> bool {
        self.control() & STOPPING != 0
    }

    /// Whether no further command may be started, for good or before a restart.
    #[inline]
    pub(crate) fn is_halted(&self) -> bool {
        self.control() & HALTED != 0
    }

    /// Whether the loop ends, but not the actor.
    pub(crate) fn is_interrupted(&self) -> bool {
        self.control() & (HALTED | STOPPING) == HALTED
    }

    pub(super) fn interrupt(&self) {
        self.control.fetch_or(HALTED, AcqRel);
    }

    /// There is another loop, which may start commands.
    pub(super) fn resume(&self) {
        let resume = |control| (control & STOPPING == 0).then_some(control & !HALTED);
        // It stays as it is if the mailbox is stopping.
        let _ = self.control.fetch_update(AcqRel, Acquire, resume);
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
        let is_started = ahead(self.started(), position) > 0;
        match lost {
            _ if !is_started => CallError::Refused,
            CallError::Unanswered if is_closed => CallError::Stopped,
            lost => lost,
        }
    }
}

/// How far `started` is past `position`; 0 if it is not. Both counts wrap around: "past" means ahead by less than
/// half of the circle.
#[inline]
fn ahead(started: usize, position: Position) -> usize {
    let ahead = started.wrapping_sub(position.0);
    if ahead < usize::MAX / 2 { ahead } else { 0 }
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
    /// How many slots are promised to senders that have not used them yet.
    granted: usize,
    /// `started` as senders saw it last: read again only when the mailbox looks full, so that
    /// senders rarely need the cache line of `control`, which the receiver writes all the time.
    started: usize,
    /// Senders that were `granted` a slot, then those that wait for one, both by ticket.
    senders: VecDeque<Waiting>,
    next_ticket: u64,
    pub(super) receiver: Option<Waker>,
    /// What the shutdown token asks for.
    shutdown: Shutdown,
    /// Why the mailbox was closed, if it was told to.
    pub(super) stop: Option<StopReason>,
    pub(super) is_closed: bool,
    /// Whether the actor has ended.
    pub(super) is_over: bool,
    /// Whether somebody was refused who would not wait, although nothing is queued.
    is_wanted: bool,
    /// How often in a row the receiver has found all slots promised, and nothing queued.
    stalls: u8,
}

/// A sender that was told to wait.
pub(super) struct Waiting {
    ticket: u64,
    /// `None` once a slot was granted.
    waker: Option<Waker>,
}

impl Waiting {
    fn new(ticket: u64, waker: &Waker) -> Self {
        let waker = Some(waker.clone());
        Self { ticket, waker }
    }
}

/// Where a sender is that was told to wait.
enum Place {
    /// Among those that have a slot.
    Granted(usize),
    /// In line, with so many before it in all.
    InLine(usize),
    /// It had a slot, and did not use it; it would be here.
    Passed(usize),
}

/// How many slots are granted under one lock.
pub(super) const TOGETHER: u8 = 8;

/// How often the receiver lets others run before it takes slots back that were granted and are not used: more
/// often than a scheduler of tokio polls tasks before it looks at what waits elsewhere, which is 61 times.
const PATIENCE: u8 = 128;

/// Senders that were granted slots, to be woken without the lock.
pub(super) type Admitted = [Option<Waker>; TOGETHER as usize];

/// When a sender may push.
pub(super) enum Admission {
    Now,
    /// When its waker is woken. The receiver is to look whether somebody holds a slot and does not come.
    Later(Option<Waker>),
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

    /// Starts no further commands, or only those that are queued: as `how` says, or as the shutdown
    /// token would have it.
    pub(super) fn stop(&mut self, gate: &Gate, reason: StopReason, how: Option<Shutdown>) {
        if !self.is_closed {
            self.stop = Some(reason);
        }
        let flag = match how.unwrap_or(self.shutdown) {
            Shutdown::Stop => STOPPING | HALTED,
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
        let seems_free = self.senders.is_empty() && self.queued() < self.capacity;
        seems_free || !self.somebody_waits() && self.free_slots(gate.control()) > 0
    }

    fn free_slots(&mut self, control: usize) -> usize {
        self.started = started(control);
        self.capacity - self.queued() - self.granted
    }

    /// How many commands were accepted and not started.
    #[inline]
    fn queued(&self) -> usize {
        self.accepted.wrapping_sub(self.started) / ONE
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
        self.senders.len() > self.granted
    }

    /// Takes the first sender out of the line of a closed mailbox.
    pub(super) fn turn_away(&mut self) -> Option<Waker> {
        // Those that were granted a slot have been woken.
        self.senders.drain(..mem::take(&mut self.granted));
        self.senders.pop_front()?.waker
    }

    /// Whether a sender that has not waited may push now.
    #[inline]
    pub(super) fn admits(&mut self, gate: &Gate) -> bool {
        !self.is_closed && self.has_room(gate)
    }

    /// When another sender may push; if later, `waker` is woken. The one that it had before becomes `old`, to
    /// be dropped without the lock.
    #[cold]
    pub(super) fn turn(
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
            self.senders.push_back(Waiting::new(own, waker));
            return Admission::Later(self.look_for_stall());
        };
        match self.place_of(own) {
            Place::Granted(place) => {
                self.leave_granted(place);
                self.stalls = 0;
            }
            Place::InLine(place) => {
                let waiting = &mut self.senders[place].waker;
                if !waiting.as_ref().is_some_and(|old| old.will_wake(waker)) {
                    *old = waiting.replace(waker.clone());
                }
                return Admission::Later(None);
            }
            Place::Passed(place) => {
                if !self.has_room(gate) && !self.has_room_after_all(gate) {
                    self.senders.insert(place, Waiting::new(own, waker));
                    return Admission::Later(self.look_for_stall());
                }
            }
        }
        *ticket = None;
        Admission::Now
    }

    /// A sender that was granted a slot, and is at this place, has no ticket any more.
    fn leave_granted(&mut self, place: usize) {
        self.granted -= 1;
        if place == 0 {
            self.senders.pop_front();
        } else {
            self.senders.remove(place);
        }
    }

    /// The receiver, if it is to look whether those that hold the slots come: nothing is queued, so it may
    /// wait for them as well.
    fn look_for_stall(&mut self) -> Option<Waker> {
        if self.granted == self.capacity {
            self.receiver.take()
        } else {
            None
        }
    }

    /// A sender was refused that does not wait; the receiver, if it is to be woken for that.
    pub(super) fn refuse(&mut self) -> Option<Waker> {
        self.is_wanted = true;
        self.look_for_stall()
    }

    /// Whether nothing comes because all slots are promised, while others want them; to be asked while nothing is
    /// queued, and again soon. The slots are taken back if those who have them do not come; then they are to be
    /// granted to others. A sender that comes after all gets in line at its old place.
    #[inline]
    pub(super) fn is_stalled(&mut self) -> bool {
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

    /// Whether a sender may push after all, for which there seemed to be no room. If not, the receiver has been
    /// told that somebody waits.
    fn has_room_after_all(&mut self, gate: &Gate) -> bool {
        if self.somebody_waits() {
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
            let Some(first) = self.senders.get_mut(self.granted) else {
                break;
            };
            *place = first.waker.take();
            self.granted += 1;
        }
        if !self.somebody_waits() {
            gate.nobody_waits();
        }
    }

    /// Takes back what a sender had that no longer wants to push.
    pub(super) fn leave(&mut self, gate: &Gate, ticket: u64) -> Left {
        if self.is_closed {
            return Left::Nothing;
        }
        match self.place_of(ticket) {
            Place::Granted(place) => {
                self.leave_granted(place);
                Left::Slot
            }
            Place::InLine(place) => {
                let left = self.senders.remove(place);
                if !self.somebody_waits() {
                    gate.nobody_waits();
                }
                left.map_or(Left::Nothing, Left::Line)
            }
            Place::Passed(_) => Left::Nothing,
        }
    }

    /// Where the sender with this ticket is.
    fn place_of(&self, ticket: u64) -> Place {
        // The first is woken first.
        if self.granted > 0 && self.senders[0].ticket == ticket {
            return Place::Granted(0);
        }
        match self.search(0..self.granted, ticket) {
            Ok(place) => Place::Granted(place),
            Err(_) => match self.search(self.granted..self.senders.len(), ticket) {
                Ok(place) => Place::InLine(place),
                Err(place) => Place::Passed(place),
            },
        }
    }

    /// Where the ticket is among these senders, or would be.
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
