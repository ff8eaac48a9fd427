//! The mailbox: the bounded queue of commands between the clients of an actor and its loop.
//!
//! Senders push into one buffer under a lock; the receiver swaps that buffer for its own empty one
//! and then works through it without the lock. The mailbox is also the waker of the shutdown token,
//! so that cancellation reaches it without a second future in the loop. Commands with priority have a
//! lane of their own, made like the first one, in a mailbox whose actor has such commands.
//!
//! # Invariants
//!
//! 1. Accepting a command and closing the mailbox both happen under the lock: a command is either
//!    refused with [`CallError::Closed`], or in the queue, where the receiver finds it.
//! 2. `accepted - started + granted <= capacity`: commands drained by the receiver still count until
//!    they are started, so `capacity` bounds what is accepted and not yet started.
//! 3. A sender waits only while that sum is `capacity` and `WAITING` is set. Starting a command is
//!    one read-modify-write of `control`, and so is setting `WAITING`: either the sender sees the slot
//!    or the receiver sees the sender. Each slot that becomes free while senders wait is granted to
//!    the one that came first, several together if a runner polls the loop, but before it waits; one
//!    that leaves after it was granted a slot passes it on, and one that does not come although nothing else is
//!    queued loses it to the next: so a sender that is not polled any more holds up nobody for ever.
//! 4. `HALTED` is set before `stop` returns, and the receiver reads it with the same operation
//!    that starts a command: after `stop` no further command is started.
//!    `interrupt` sets it for one loop of a supervised actor: the mailbox stays open, and the next loop starts
//!    the rest. Without `STOPPING`, it is no more than that.
//! 5. Only live senders push, and the last one to go wakes the receiver: with no senders and an
//!    empty queue the mailbox stays empty for ever.
//! 6. A command's position is the number of commands accepted before it. Once its reply is lost, it
//!    was started if and only if `started` is past that position.
//! 7. No waker is woken or dropped, and no command is dropped, while the lock is held: all of them
//!    may run code that comes back here.
//! 8. Both lanes are closed and stopped together, the one with priority first, and never held at the same
//!    time. The receiver looks into that one first and waits for both; when there are no senders left, it
//!    looks once more, since the last of them may have pushed behind its back.

mod extras;
mod gate;
mod inbox;
mod lane;
mod sender;

#[cfg(test)]
mod tests;

use std::any::Any;
use std::marker;
use std::mem;
use std::sync::Arc;
use std::task::Wake;

use tokio_util::sync::CancellationToken;

use self::extras::Extras;
pub(crate) use self::extras::{Record, Start};
pub use self::gate::UNBOUNDED;
pub(crate) use self::gate::{Gate, Position, Progress, Stage};
use self::gate::{Line, Started, TOGETHER};
pub use self::inbox::Inbox;
pub(crate) use self::inbox::{Prospect, Refused};
use self::lane::{Lane, Sent, State};
pub(crate) use self::sender::WeakSender;
pub use self::sender::{Send, Sender};
use crate::actor::Command;
use crate::error::CallError;
use crate::shutdown::{Shutdown, StopReason};
use crate::sync::MutexGuard;
use crate::waits::{Waiter, Waits};

pub(crate) struct Mailbox<C: Command> {
    lane: Lane<C>,
    /// The lane that is served first, if there are commands for it.
    priority: Option<Box<Lane<C>>>,
    /// What the actor announces, and its latest values.
    pub(crate) events: C::Events,
    pub(crate) latest: C::Latest,
}

impl<C: Command> Mailbox<C> {
    pub(crate) fn gate(&self) -> &Gate {
        &self.lane.gate
    }

    pub(crate) fn lane(&self) -> &Lane<C> {
        &self.lane
    }

    /// `None` if the actor has no commands with priority, which is known when it is compiled.
    #[inline]
    pub(crate) fn priority(&self) -> Option<&Lane<C>> {
        if C::PRIORITY {
            self.priority.as_deref()
        } else {
            None
        }
    }

    /// The lane that `command` goes through.
    #[inline]
    pub(crate) fn lane_of(&self, command: &C) -> &Lane<C> {
        match self.priority() {
            Some(priority) if command.has_priority() => priority,
            _ => &self.lane,
        }
    }

    /// A token that is cancelled when the mailbox is closed.
    pub(crate) fn closed(&self) -> CancellationToken {
        let mut state = self.lane.lock();
        let closed = extras_of(&mut state).closed.clone();
        let is_closed = state.line.is_closed;
        drop(state);
        if is_closed {
            closed.cancel();
        }
        closed
    }

    /// A token that is cancelled when the mailbox is closed, or the incarnation of a supervised actor ends.
    pub(crate) fn incarnation(&self) -> CancellationToken {
        let closed = self.closed();
        let incarnation = self.with_extras(|extras| extras.incarnation.clone());
        incarnation.unwrap_or(closed)
    }

    /// A token that is cancelled when the actor has ended, its tasks included.
    pub(crate) fn ended(&self) -> CancellationToken {
        let mut state = self.lane.lock();
        let ended = extras_of(&mut state).ended.get_or_insert_default().clone();
        let is_over = state.line.is_over;
        drop(state);
        if is_over {
            ended.cancel();
        }
        ended
    }

    /// Refuses new commands, and starts those that are queued only if `how` says so, or the actor's own
    /// `shutdown` if it does not say.
    pub(crate) fn stop(&self, reason: StopReason, how: Option<Shutdown>) {
        if let Some(priority) = self.priority() {
            priority.stop(reason, how);
        }
        self.lane.stop(reason, how);
    }

    /// Refuses new commands, and those whose senders wait for a slot.
    pub(crate) fn close(&self) {
        // Whoever stops the mailbox closes it, too.
        if !self.gate().is_stopping() {
            self.close_locked(self.lane.lock());
        }
    }

    /// The same, with the lock of the first lane.
    fn close_locked(&self, state: MutexGuard<'_, State<C>>) {
        self.lane.close_locked(state);
        if let Some(priority) = self.priority() {
            priority.close_locked(priority.lock());
        }
    }

    /// Ends the loop after the command in progress. If the actor is supervised, that is all; if not, it ends
    /// with its loop.
    pub(crate) fn interrupt(&self) {
        let incarnation = self.with_extras(|extras| extras.incarnation.clone());
        let Some(incarnation) = incarnation else {
            return self.stop(StopReason::Stopped, Some(Shutdown::Stop));
        };
        if let Some(priority) = self.priority() {
            priority.gate.interrupt();
        }
        self.lane.gate.interrupt();
        self.lane.wake_one(Line::receiver);
        incarnation.cancel();
    }

    /// Begins an incarnation of a supervised actor, and gives what the exit of the one before will tell.
    pub(crate) fn begin_incarnation(&self) -> Record {
        let next = self.closed().child_token();
        let (last, record) = self.with_extras(|extras| {
            let last = extras.incarnation.replace(next);
            (last, mem::take(&mut extras.record))
        });
        if let Some(last) = last {
            last.cancel();
        }
        if let Some(priority) = self.priority() {
            priority.gate.resume();
        }
        self.lane.gate.resume();
        record
    }

    /// Whether something of the actor's has panicked, or its start has failed.
    pub(crate) fn has_failed(&self) -> bool {
        self.gate().is_interrupted() || self.with_extras(|extras| extras.record.is_of_failure())
    }

    /// Whether that is so, and the actor is supervised.
    #[cold]
    pub(crate) fn may_be_restarted(&self) -> bool {
        let gate = self.gate();
        let is_failure = gate.is_interrupted();
        !gate.is_stopping()
            && self.with_extras(|extras| {
                extras.incarnation.is_some() && (is_failure || extras.record.is_of_failure())
            })
    }

    /// Keeps what something of the actor's has panicked with for the exit, unless something has before.
    #[cold]
    pub(crate) fn keep_panic(&self, payload: Box<dyn Any + marker::Send>) {
        let second = self.with_extras(|extras| {
            let first = &mut extras.record.panic;
            match first {
                Some(_) => Some(payload),
                None => {
                    *first = Some(payload);
                    None
                }
            }
        });
        drop(second);
    }

    /// Grants the slots that are free, if somebody waits for one.
    #[inline]
    pub(crate) fn admit_waiting(&self) {
        self.lane.admit_waiting();
        if let Some(priority) = self.priority() {
            priority.admit_waiting();
        }
    }

    /// Looks at what only some actors need. Nothing that `with` returns is dropped under the lock.
    pub(crate) fn with_extras<T>(&self, with: impl FnOnce(&mut Extras) -> T) -> T {
        with(extras_of(&mut self.lane.lock()))
    }

    /// What the actor's methods wait for, and others who look for it.
    #[cold]
    pub(crate) fn waits(&self) -> Arc<Waits> {
        self.with_extras(|extras| {
            let waits = &mut extras.waits;
            Arc::clone(waits.get_or_insert_with(|| Arc::new(Waits::of(C::ACTOR))))
        })
    }

    /// Why the loop ends.
    pub(crate) fn stop_reason(&self) -> StopReason {
        let stop = self.lane.lock().line.stop;
        let stop = stop.or_else(|| self.priority_stop());
        match stop {
            Some(stop) => stop,
            None if self.gate().is_interrupted() => StopReason::Stopped,
            None => StopReason::ClientsDropped,
        }
    }

    /// What the lane with priority was told to stop for. It is told first: its callers may drop the last client
    /// before the other lane is told, too.
    #[inline]
    fn priority_stop(&self) -> Option<StopReason> {
        self.priority()?.lock().line.stop
    }
}

impl<C: Command> Mailbox<C> {
    /// Starts the commands of one method at the head of their lane, up to `limit` with the `first`, and
    /// gives what `take` makes of each: its argument, and its reply.
    pub(crate) fn take_batch<T, R>(
        &self,
        method: &'static str,
        limit: usize,
        first: (T, R),
        take: fn(C) -> Option<(T, R)>,
    ) -> (Vec<T>, Vec<R>) {
        let (mut arguments, mut replies) = (vec![first.0], vec![first.1]);
        let mut callers = Vec::new();
        // All commands of a method go through one lane.
        let priority = self.priority();
        let priority = priority.filter(|priority| is_first(&priority.lock(), method));
        let lane = priority.unwrap_or(&self.lane);
        let mut freed: usize = 0;
        let mut state = lane.lock();
        while arguments.len() < limit && is_first(&state, method) {
            match lane.gate.start() {
                Started::Yes => {}
                Started::FreesASlot => freed += 1,
                Started::No => break,
            }
            let Some(Sent { command, caller }) = state.queue.pop_front() else {
                break;
            };
            // Dropped without the lock.
            callers.push(caller);
            if let Some((argument, reply)) = take(command) {
                arguments.push(argument);
                replies.push(reply);
            }
        }
        drop(state);
        // As often as it takes to wake one sender for each slot.
        for _ in 0..freed.div_ceil(TOGETHER.into()) {
            lane.admit();
        }
        let behind_first = arguments.len() as u64 - 1;
        self.with_extras(|extras| {
            extras.record.batched += behind_first;
            extras.record.last_batch = (method, behind_first);
        });
        (arguments, replies)
    }
}

/// Where a command was accepted.
#[derive(Clone, Copy)]
pub(crate) struct Accepted {
    pub(crate) has_priority: bool,
    pub(crate) position: Position,
}

impl<C: Command> Mailbox<C> {
    /// What became of an accepted command, whose reply was lost because of `lost`.
    pub(crate) fn why_lost(&self, accepted: Accepted, lost: CallError) -> CallError {
        let lane = match self.priority() {
            Some(priority) if accepted.has_priority => priority,
            _ => &self.lane,
        };
        lane.why_lost(accepted.position, lost)
    }
}

impl<C: Command + marker::Send> Waiter for Mailbox<C> {
    fn waits(&self) -> Arc<Waits> {
        Mailbox::waits(self)
    }

    fn progress(&self) -> Progress {
        Progress {
            first_lane: self.gate().started(),
            priority: self.priority().map_or(0, |lane| lane.gate.started()),
        }
    }
}

/// Whether the first command that is queued calls `method`.
fn is_first<C: Command>(state: &State<C>, method: &str) -> bool {
    let first = state.queue.front();
    first.is_some_and(|sent| sent.command.name() == method)
}

fn extras_of<'a, C>(state: &'a mut MutexGuard<'_, State<C>>) -> &'a mut Extras {
    state.extras.get_or_insert_default()
}

/// The mailbox as the waker of a shutdown token: "wake" means "stop".
impl<C: Command + marker::Send + 'static> Wake for Mailbox<C> {
    fn wake(self: Arc<Self>) {
        self.stop(StopReason::Cancelled, None);
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.stop(StopReason::Cancelled, None);
    }
}

/// Both ends of a new mailbox; `shutdown` is what the `token` asks for.
#[inline]
pub(crate) fn mailbox<C: Command>(
    capacity: usize,
    shutdown: Shutdown,
    token: CancellationToken,
) -> (Sender<C>, Inbox<C>) {
    let priority =
        C::PRIORITY.then(|| Box::new(Lane::new(capacity, shutdown, CancellationToken::new())));
    let (events, latest) = C::publications();
    let mailbox = Arc::new(Mailbox {
        lane: Lane::new(capacity, shutdown, token),
        priority,
        events,
        latest,
    });
    (Sender::first(Arc::clone(&mailbox)), Inbox::new(mailbox))
}
