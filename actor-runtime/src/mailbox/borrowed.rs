//! The state of an idle actor in the hands of a caller, which runs its method in place.
//!
//! # Invariants
//!
//! 1. A caller takes the state only if nobody waits for a slot or was promised one, and if it can handle all commands
//!    before its own: at most [`BEFORE`] in the first lane, all of synchronous methods, and none with priority. So
//!    nobody is overtaken.
//! 2. The caller's command is accepted and begun under one lock, after the queue was found empty there. So it counts
//!    like all others, and nobody sees it queued.
//! 3. The caller has the waker of the loop as long as it has the state, so senders do not wake a loop that could do
//!    nothing. It puts both back, looks at the lane under its lock, and wakes the loop if there is something to do.
//!    After that, it looks at the lane with priority, as a loop does that finds no senders left.

use std::ptr;
use std::task::{Context, Poll, Waker};

use tokio::task::coop;

use super::gate::Begun;
use super::lane::{Lane, Queue, Sent};
use super::lanes::Lanes;
use crate::command::Command;
use crate::lent::{Handled, IdleState, Lendable};
use crate::panics::{self, Payload};
use crate::position::Position;

/// The number of queued commands that a caller handles before its own.
const BEFORE: usize = 8;

pub(crate) struct Borrowed<'a, C: Command> {
    lanes: &'a Lanes<C>,
    place: &'a IdleState<C>,
    state: Box<dyn Lendable<C>>,
    /// The waker of the loop, if it has left one.
    receiver: Option<Waker>,
    wakes_loop: bool,
    panic: Option<Payload>,
}

impl<C: Command> Lanes<C> {
    /// Takes the state of the actor from its `place`, for a caller with a command for `lane`.
    #[inline]
    pub(crate) fn borrow<'a>(
        &'a self,
        place: &'a IdleState<C>,
        lane: &Lane<Queue<C>>,
    ) -> Option<Borrowed<'a, C>> {
        if !self.is_priority_empty() {
            return None;
        }
        let mut first = self.first().lock();
        // Nobody is overtaken (invariant 1).
        let is_free = first.line.is_free() && !self.first().gate().is_halted();
        let may_handle = first.queue.len() <= BEFORE
            && first.queue.iter().all(|sent| sent.command.is_immediate());
        if !is_free || !may_handle {
            return None;
        }
        // A lane is never locked together with the other one (invariant 8 of the mailbox).
        let is_first = ptr::eq(lane, self.first());
        let state = place.take()?;
        let receiver = first.line.take_receiver();
        drop(first);
        let borrowed = Borrowed {
            lanes: self,
            place,
            state,
            receiver,
            wakes_loop: false,
            panic: None,
        };
        if !is_first && !lane.lock().line.is_free() {
            borrowed.give_back();
            return None;
        }
        Some(borrowed)
    }
}

impl<C: Command> Borrowed<'_, C> {
    /// Handles what is queued before a command for `lane`, and then the command. Returns where it was accepted; `None`
    /// if it has to be queued, and then leaves it in `sent`.
    #[inline]
    pub(crate) fn handle(
        &mut self,
        lane: &Lane<Queue<C>>,
        sent: &mut Option<Sent<C>>,
        cx: &mut Context<'_>,
    ) -> Option<Position> {
        for _ in 0..=BEFORE {
            // Each command costs the caller's task one unit, as it would cost the actor's.
            let Poll::Ready(budget) = coop::poll_proceed(cx) else {
                return None;
            };
            budget.made_progress();
            if self.is_urgent_for(lane) {
                return None;
            }
            let mut state = lane.lock();
            let Some(first) = state.queue.front() else {
                if !state.line.admits(lane.gate()) || lane.gate().is_halted() {
                    return None;
                }
                // Under the lock under which nothing is queued (invariant 2).
                let own = sent.take()?;
                let position = state.line.accept_in_place();
                match lane.gate().begin() {
                    Begun::Yes | Begun::FreesASlot => {}
                    Begun::IfInTime | Begun::No => {
                        // The loop was interrupted just now. The next one begins the command.
                        state.queue.push_back(own);
                        return Some(position);
                    }
                }
                drop(state);
                self.run(own);
                return Some(position);
            };
            if !first.command.is_immediate() {
                return None;
            }
            match lane.gate().begin() {
                Begun::Yes | Begun::FreesASlot => {}
                Begun::IfInTime => {
                    lane.gate().take_back();
                    return None;
                }
                Begun::No => return None,
            }
            let first = state.queue.pop_front()?;
            drop(state);
            if !self.run(first) {
                return None;
            }
        }
        None
    }

    /// Returns true if a command with priority has come that goes before those in `lane`.
    fn is_urgent_for(&self, lane: &Lane<Queue<C>>) -> bool {
        ptr::eq(lane, self.lanes.first()) && !self.lanes.is_priority_empty()
    }

    /// Handles a command; `false` if its method panicked.
    #[inline]
    fn run(&mut self, sent: Sent<C>) -> bool {
        let Sent { command, caller } = sent;
        match self.state.handle_now(command, caller) {
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
        let Self {
            lanes,
            place,
            state,
            mut receiver,
            mut wakes_loop,
            panic,
        } = self;
        let first = lanes.first();
        wakes_loop |= panic.is_some();
        let mut lane = first.lock();
        let ending = place.bring_back(state, panic);
        wakes_loop |= !lane.queue.is_empty() || lane.line.is_closed() || first.gate().is_halted();
        // A loop that was polled meanwhile has left another one.
        let newer = lane.line.take_receiver();
        let older = newer.and_then(|newer| receiver.replace(newer));
        if !wakes_loop {
            let none = receiver
                .take()
                .map(|receiver| lane.line.leave_receiver(receiver));
            debug_assert!(none.flatten().is_none(), "it was just taken");
        }
        drop(lane);
        drop(older);
        panics::wake_if_any(receiver);
        first.erased().admit_waiting();
        if !lanes.is_priority_empty() {
            first.erased().wake_receiver();
        }
        if let Some(ending) = ending {
            ending();
        }
    }
}
