//! The state of an idle actor in the hands of a caller, which runs its method in place.
//!
//! # Invariants
//!
//! 1. A caller takes the state only if nobody waits for a slot or was promised one, and if it can handle all commands
//!    before its own: at most [`BEFORE`] in the first lane, all of synchronous methods, and none with priority. So
//!    nobody is overtaken.
//! 2. The caller's command is begun and accepted under one lock, under which the queue was found empty. So it counts
//!    like all others, and nobody sees it queued.
//! 3. Senders do not wake a loop whose state is lent. The caller brings the state back under the lock of the first
//!    lane, and wakes the loop if there is something to do. A loop that was woken before that leaves its waker again
//!    when it does not find the state. After that, the caller looks at the lane with priority, as a loop does that
//!    finds no senders left.

#[cfg(test)]
mod tests;

use std::any::Any;
use std::ptr;
use std::task::{Context, Poll};

use tokio::task::{self, coop};

use super::gate::{Begun, Gate};
use super::lane::{AnyQueue as _, Contents, Lane, Locked, Queue, Sent};
use super::lanes::Lanes;
use crate::command::Command;
use crate::lent::{Handled, Lendable};
use crate::panics::{self, Payload};
use crate::position::Position;

/// The number of queued commands that a caller handles before its own.
const BEFORE: usize = 8;

/// A state in the hands of a caller, with whatever the caller has learnt while it had the state.
pub(crate) struct Borrowed<'a, C: Command> {
    lanes: &'a Lanes<C>,
    /// The lane of the caller's command.
    lane: &'a Lane<Contents<C>>,
    /// The caller's task.
    caller: Option<task::Id>,
    state: Box<dyn Lendable>,
    wakes_loop: bool,
    panic: Option<Payload>,
}

impl<C: Command> Lanes<C> {
    /// Takes the state of the actor for a caller on a task, with a command for `lane`, and locks that lane.
    #[inline]
    pub(crate) fn take_state<'a>(
        &'a self,
        lane: &'a Lane<Contents<C>>,
        caller: Option<task::Id>,
    ) -> Option<(Box<dyn Lendable>, Locked<'a, C>)> {
        if !self.is_priority_empty() {
            return None;
        }
        let mut first = self.first().lock();
        // Nobody is overtaken (invariant 1).
        let is_free = first.line.is_free() && !self.first().gate().is_halted();
        let may_handle = first.queue.is_empty() || may_handle(&first.queue);
        if !is_free || !may_handle {
            return None;
        }
        let state = first.queue.custody()?.take(caller)?;
        if C::HAS_PRIORITY && !ptr::eq(lane, self.first()) {
            drop(first);
            return self.lock_other(lane, caller, state);
        }
        Some((state, first))
    }

    /// Locks a lane that is not the first one, for a caller that has taken the state. A lane is never locked together
    /// with the other one (invariant 8 of the mailbox).
    fn lock_other<'a>(
        &'a self,
        lane: &'a Lane<Contents<C>>,
        caller: Option<task::Id>,
        state: Box<dyn Lendable>,
    ) -> Option<(Box<dyn Lendable>, Locked<'a, C>)> {
        let locked = lane.lock();
        if locked.line.is_free() {
            return Some((state, locked));
        }
        drop(locked);
        Borrowed::new(self, lane, caller, state).give_back();
        None
    }
}

impl<'a, C: Command> Borrowed<'a, C> {
    #[inline]
    pub(crate) fn new(
        lanes: &'a Lanes<C>,
        lane: &'a Lane<Contents<C>>,
        caller: Option<task::Id>,
        state: Box<dyn Lendable>,
    ) -> Self {
        Self {
            lanes,
            lane,
            caller,
            state,
            wakes_loop: false,
            panic: None,
        }
    }

    /// Handles what is queued before a command in its lane, which is `locked`, and then the command. Returns where it
    /// was accepted; `None` if it has to be queued, and then leaves it in `sent`.
    #[inline]
    pub(crate) fn handle(
        &mut self,
        mut locked: Locked<'a, C>,
        sent: &mut Option<Sent<C>>,
        cx: &mut Context<'_>,
    ) -> Option<Position>
    where
        C: 'static,
    {
        if !locked.queue.is_empty() {
            locked = self.handle_queued(locked, cx)?;
        }
        let gate = self.lane.gate();
        if !locked.line.admits(gate) || !begins(gate) {
            return None;
        }
        // Under the lock under which nothing is queued (invariant 2).
        let position = locked.line.accept();
        drop(locked);
        self.run(sent);
        Some(position)
    }

    /// Handles what is queued, and returns the lock under which nothing is; `None` if the caller may not go on.
    #[cold]
    fn handle_queued(
        &mut self,
        mut locked: Locked<'a, C>,
        cx: &mut Context<'_>,
    ) -> Option<Locked<'a, C>>
    where
        C: 'static,
    {
        let lane = self.lane;
        for _ in 0..=BEFORE {
            let Some(first) = locked.queue.front() else {
                return Some(locked);
            };
            if !first.command.is_immediate() || !begins(lane.gate()) {
                return None;
            }
            let mut first = locked.queue.pop_front();
            drop(locked);
            let goes_on = self.run(&mut first) && charge(cx) && !self.is_urgent();
            if !goes_on {
                return None;
            }
            locked = lane.lock();
        }
        None
    }

    /// Returns true if a command with priority has come that goes before the caller's.
    fn is_urgent(&self) -> bool {
        ptr::eq(self.lane, self.lanes.first()) && !self.lanes.is_priority_empty()
    }

    /// Handles a command, which is an `Option<Sent<C>>`; `false` if its method panicked.
    #[inline]
    fn run(&mut self, sent: &mut dyn Any) -> bool {
        match self.state.handle_now(sent, self.caller) {
            Handled::Done => {}
            Handled::WakesLoop => self.wakes_loop = true,
            Handled::Panicked(payload) => self.panic = Some(payload),
        }
        self.panic.is_none()
    }

    /// Returns true if a method has panicked.
    pub(crate) fn has_panicked(&self) -> bool {
        self.panic.is_some()
    }

    /// Gives the state back (invariant 3).
    #[inline]
    pub(crate) fn give_back(self) {
        let first = self.lanes.first();
        let wakes_loop = self.wakes_loop || self.panic.is_some();
        let mut lane = first.lock();
        let custody = lane.queue.custody();
        let left = custody.and_then(|custody| custody.bring_back(self.state, self.panic));
        let has_work = wakes_loop
            || !lane.queue.is_empty()
            || lane.line.is_closed()
            || first.gate().is_halted();
        let receiver = if has_work {
            lane.line.take_receiver()
        } else {
            None
        };
        drop(lane);
        panics::wake_if_any(receiver);
        first.erased().admit_waiting();
        if !self.lanes.is_priority_empty() {
            first.erased().wake_receiver();
        }
        if let Some((ending, returned)) = left {
            ending.end(Some(returned));
        }
    }
}

/// Returns true if a caller may handle all that is queued.
#[cold]
fn may_handle<C: Command>(queue: &Queue<C>) -> bool {
    let mut immediate = 0;
    while queue
        .get(immediate)
        .is_some_and(|sent| sent.command.is_immediate())
    {
        immediate += 1;
    }
    immediate == queue.len() && immediate <= BEFORE
}

/// Counts a command as begun; `false` if that is for the loop to do.
#[inline]
fn begins(gate: &Gate) -> bool {
    match gate.begin() {
        Begun::Yes | Begun::FreesASlot => true,
        Begun::IfInTime => {
            gate.take_back();
            false
        }
        Begun::No => false,
    }
}

/// Charges the caller's task one unit, as each command would cost the actor's; `false` if nothing is left.
fn charge(cx: &mut Context<'_>) -> bool {
    match coop::poll_proceed(cx) {
        Poll::Ready(budget) => {
            budget.made_progress();
            true
        }
        Poll::Pending => false,
    }
}
