//! Both lanes of a mailbox. "Priority first" is written here and nowhere else (invariant 8).

use std::task::Waker;

use super::lane::{AnyLane, Contents, Lane, LaneEnd, Queue};
use crate::command::Command;
use crate::error::{CallError, Why};
use crate::position::{Accepted, Progress};
use crate::shutdown::{Shutdown, StopReason};

pub(crate) struct Lanes<C: Command> {
    first: Lane<Contents<C>>,
    /// `None` unless some commands have priority.
    priority: Option<Box<Lane<Contents<C>>>>,
}

impl<C: Command> Lanes<C> {
    #[inline]
    pub(super) fn new(capacity: usize, shutdown: Shutdown) -> Self {
        Self {
            first: Lane::new(capacity, shutdown),
            priority: if C::HAS_PRIORITY {
                Some(Box::new(Lane::new(capacity, shutdown)))
            } else {
                None
            },
        }
    }

    #[inline]
    pub(crate) fn first(&self) -> &Lane<Contents<C>> {
        &self.first
    }

    /// Returns the lane that is served first. That there is none is known at compile time.
    #[inline]
    pub(crate) fn priority(&self) -> Option<&Lane<Contents<C>>> {
        if C::HAS_PRIORITY {
            self.priority.as_deref()
        } else {
            None
        }
    }

    /// Returns the lane that `command` goes through.
    #[inline]
    pub(crate) fn of(&self, command: &C) -> &Lane<Contents<C>> {
        match self.priority() {
            Some(priority) if command.has_priority() => priority,
            _ => &self.first,
        }
    }

    /// Begins the commands of `method` at the head of their lane, up to `limit`.
    pub(crate) fn begin_batch(&self, method: &'static str, limit: usize) -> Queue<C> {
        // All commands of a method go through one lane.
        let priority = self.priority();
        let priority = priority.filter(|priority| priority.lock().is_first(method));
        priority.unwrap_or(&self.first).begin_batch(method, limit)
    }

    /// Drops the first command with priority; `false` if there is none.
    pub(crate) fn drop_first_with_priority(&self) -> bool {
        let first = self
            .priority()
            .and_then(|lane| lane.lock().queue.pop_front());
        first.is_some()
    }

    /// Returns true if no command with priority is queued.
    #[inline]
    pub(crate) fn is_priority_empty(&self) -> bool {
        !C::HAS_PRIORITY || self.erased().is_priority_empty()
    }

    /// Returns true if nobody waits for a slot and the loop was not told to end.
    #[inline]
    pub(crate) fn is_quiet(&self) -> bool {
        let is_quiet = self.first.gate().is_quiet();
        match self.priority() {
            Some(priority) => is_quiet && priority.gate().is_quiet(),
            None => is_quiet,
        }
    }

    #[inline]
    pub(crate) fn erased(&self) -> AnyLanes<'_> {
        AnyLanes {
            priority: match self.priority() {
                Some(priority) => Some(priority.erased()),
                None => None,
            },
            first: self.first.erased(),
        }
    }
}

/// Both lanes of any mailbox.
#[derive(Clone, Copy)]
pub(crate) struct AnyLanes<'a> {
    pub(crate) first: &'a AnyLane<'a>,
    priority: Option<&'a AnyLane<'a>>,
}

impl<'a> AnyLanes<'a> {
    /// Does something with each lane, in the order in which both are told and asked (invariant 8).
    #[inline]
    fn each(self, mut with: impl FnMut(&AnyLane<'a>)) {
        if let Some(priority) = self.priority {
            with(priority);
        }
        with(self.first);
    }

    /// Returns the lane that accepted a command.
    fn at(self, accepted: Accepted) -> &'a AnyLane<'a> {
        match self.priority {
            Some(priority) if accepted.has_priority => priority,
            _ => self.first,
        }
    }

    #[inline]
    pub(crate) fn stop(self, reason: StopReason, how: Option<Shutdown>) {
        self.each(|lane| lane.stop(reason, how));
    }

    #[inline]
    pub(crate) fn close(self) {
        self.each(AnyLane::close);
    }

    /// Ends the loop after the command in progress.
    pub(crate) fn interrupt(self) {
        self.each(|lane| lane.gate().interrupt());
        self.first.wake_receiver();
    }

    /// Notes that a reply may be lost because of a panic that is not the actor's.
    pub(crate) fn abandon(self) {
        self.each(|lane| lane.gate().abandon());
    }

    /// Lets the next loop begin commands.
    pub(crate) fn resume(self) {
        self.each(|lane| lane.gate().resume());
    }

    /// Grants the slots that are free in either lane, if somebody waits for one.
    pub(crate) fn admit_waiting(self) {
        self.each(AnyLane::admit_waiting);
    }

    /// Returns true if the lane with priority is stalled; see [`AnyLane::is_stalled`].
    pub(crate) fn is_priority_stalled(self) -> bool {
        self.priority.is_some_and(AnyLane::is_stalled)
    }

    /// Returns the number of commands in both lanes that are queued and may still begin.
    pub(crate) fn queued(self) -> usize {
        let mut queued = 0;
        self.each(|lane| queued += lane.queued());
        queued
    }

    /// Returns true if no command with priority is queued.
    #[inline]
    pub(crate) fn is_priority_empty(self) -> bool {
        self.priority.is_none_or(AnyLane::is_empty)
    }

    /// Leaves the waker of the receiver with the lane with priority, if there is one.
    pub(crate) fn leave_priority_receiver(self, receiver: &Waker) {
        if let Some(priority) = self.priority {
            priority.leave_receiver(receiver);
        }
    }

    /// Returns the number of commands with priority that are queued and may still begin.
    pub(crate) fn queued_with_priority(self) -> usize {
        self.priority.map_or(0, AnyLane::queued)
    }

    pub(crate) fn is_empty(self) -> bool {
        let mut is_empty = true;
        self.each(|lane| is_empty &= lane.is_empty());
        is_empty
    }

    /// Returns the reason why the mailbox was told to stop, if it was.
    ///
    /// The lane with priority is told first: its callers may drop the last client before the other lane is told.
    pub(crate) fn stop_reason(self) -> Option<StopReason> {
        let mut reason = None;
        self.each(|lane| reason = lane.lock().line.stop_reason().or(reason));
        reason
    }

    /// Closes both lanes at the end of the actor, and notes the `failure` that ends it, if one does.
    #[inline]
    pub(crate) fn end(self, failure: Option<Why>) -> LaneEnd {
        let priority = self.priority.map(|lane| lane.end(failure));
        let mut end = self.first.end(failure);
        if let Some(priority) = priority {
            end.stop = end.stop.or(priority.stop);
            end.is_empty &= priority.is_empty;
        }
        end
    }

    /// Says what became of an accepted command, whose reply was lost because of `lost`.
    pub(crate) fn why_lost(self, accepted: Accepted, lost: CallError) -> CallError {
        self.at(accepted).why_lost(accepted.position, lost)
    }

    pub(crate) fn progress(self) -> Progress {
        Progress {
            first_lane: self.first.gate().begun(),
            priority: self.priority.map_or(0, |lane| lane.gate().begun()),
        }
    }
}
