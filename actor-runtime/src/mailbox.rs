//! The mailbox: the bounded queue of commands between the clients of an actor and its loop.
//!
//! Senders push into one buffer under a lock; the receiver swaps that buffer for its own empty one
//! and then works through it without the lock. The mailbox is also the waker of the shutdown token,
//! so that cancellation reaches it without a second future in the loop.
//!
//! # Invariants
//!
//! 1. Accepting a command and closing the mailbox both happen under the lock: a command is either
//!    refused with [`CallError::Closed`], or in the queue, where the receiver finds it.
//! 2. `accepted + granted - started <= capacity`: commands drained by the receiver still count until
//!    they are started, so `capacity` bounds what is accepted and not yet started.
//! 3. A sender waits only while that sum is `capacity` and `WAITING` is set. Starting a command is
//!    one read-modify-write of `control`, and so is setting `WAITING`: either the sender sees the slot
//!    or the receiver sees the sender. Each slot that becomes free while senders wait is granted to
//!    the one that came first, several together if a runner polls the loop, but before it waits; one
//!    that leaves after it was granted a slot passes it on.
//! 4. `STOPPING` is set before `stop` returns, and the receiver reads it with the same operation
//!    that starts a command: after `stop` no further command is started.
//! 5. Only live senders push, and the last one to go wakes the receiver: with no senders and an
//!    empty queue the mailbox stays empty for ever.
//! 6. A command's position is the number of commands accepted before it. Once its reply is lost, it
//!    was started if and only if `started` is past that position.
//! 7. No waker is woken or dropped, and no command is dropped, while the lock is held: all of them
//!    may run code that comes back here.

mod gate;
mod inbox;
mod sender;

#[cfg(test)]
mod tests;

use std::collections::VecDeque;
use std::marker;
use std::mem;
use std::sync::{Arc, Mutex, MutexGuard};
use std::task::{Wake, Waker};

use tokio_util::sync::CancellationToken;

pub use self::gate::UNBOUNDED;
use self::gate::{Admitted, Left, Line};
pub(crate) use self::gate::{Gate, Position, Stop};
pub use self::inbox::Inbox;
pub(crate) use self::sender::WeakSender;
pub use self::sender::{Send, Sender};
use crate::error::CallError;

pub(crate) struct Mailbox<C> {
    gate: Gate,
    state: Mutex<State<C>>,
}

struct State<C> {
    queue: VecDeque<C>,
    line: Line,
}

impl<C> Mailbox<C> {
    /// Nothing that runs under the lock leaves it half done, so a panic does not spoil the state.
    fn lock(&self) -> MutexGuard<'_, State<C>> {
        match self.state.lock() {
            Ok(state) => state,
            Err(poisoned) => poisoned.into_inner(),
        }
    }

    pub(crate) fn gate(&self) -> &Gate {
        &self.gate
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.lock().line.is_closed
    }

    /// A token that is cancelled when the mailbox is closed.
    pub(crate) fn closed(&self) -> CancellationToken {
        let closed = self.gate.closed();
        // Whoever closes the mailbox may have looked for it before it was there.
        if self.is_closed() {
            closed.cancel();
        }
        closed.clone()
    }

    /// Refuses new commands, and starts none of those that are queued.
    pub(crate) fn stop(&self, stop: Stop) {
        let mut state = self.lock();
        state.line.stop(&self.gate, stop);
        self.close_locked(state);
    }

    /// Refuses new commands, and those whose senders wait for a slot.
    pub(crate) fn close(&self) {
        // Whoever stops the mailbox closes it, too.
        if !self.gate.is_stopping() {
            self.close_locked(self.lock());
        }
    }

    fn close_locked(&self, mut state: MutexGuard<'_, State<C>>) {
        if mem::replace(&mut state.line.is_closed, true) {
            return;
        }
        let receiver = state.line.receiver.take();
        let somebody_waits = state.line.somebody_waits();
        drop(state);
        self.gate.tell_closed();
        wake(receiver);
        if somebody_waits {
            while self.wake_one(Line::turn_away) {}
        }
    }

    /// Takes a waker out of the line and wakes it, if there is one.
    #[cold]
    fn wake_one(&self, which: fn(&mut Line, &Gate) -> Option<Waker>) -> bool {
        let waker = which(&mut self.lock().line, &self.gate);
        wake(waker)
    }

    fn try_push(&self, command: C) -> Result<Position, CallError> {
        let mut state = self.lock();
        let refusal = match () {
            () if state.line.is_closed => CallError::Closed,
            () if !state.line.has_room(&self.gate) => CallError::Full,
            () => return Ok(push(state, command)),
        };
        drop(state);
        drop(command);
        Err(refusal)
    }

    /// Grants the slots that are free to senders that wait.
    #[cold]
    fn admit(&self) {
        let mut admitted = Admitted::default();
        self.lock().line.admit(&self.gate, &mut admitted);
        wake_all(admitted);
    }

    /// [`admit`](Self::admit), if somebody waits.
    #[inline]
    pub(crate) fn admit_waiting(&self) {
        if self.gate.somebody_waits() {
            self.admit();
        }
    }

    /// Takes a sender that no longer waits out of the line, or passes its slot on.
    fn leave(&self, ticket: u64) {
        let left = self.lock().line.leave(&self.gate, ticket);
        if let Left::Slot = left {
            self.admit();
        }
    }

    /// What became of the command at `position`, whose reply was lost because of `lost`.
    pub(crate) fn why_lost(&self, position: Position, lost: CallError) -> CallError {
        self.gate.why_lost(position, lost, self.is_closed())
    }
}

/// Accepts a command for which there is room.
#[inline]
fn push<C>(mut state: MutexGuard<'_, State<C>>, command: C) -> Position {
    let (position, receiver) = state.line.accept();
    state.queue.push_back(command);
    drop(state);
    wake(receiver);
    position
}

fn wake_all(wakers: Admitted) {
    for waker in wakers {
        wake(waker);
    }
}

/// Whether there was one to wake.
#[inline]
fn wake(waker: Option<Waker>) -> bool {
    waker.map(Waker::wake).is_some()
}

/// The mailbox as the waker of a shutdown token: "wake" means "stop".
impl<C: marker::Send + 'static> Wake for Mailbox<C> {
    fn wake(self: Arc<Self>) {
        self.stop(Stop::Cancelled);
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.stop(Stop::Cancelled);
    }
}

/// Both ends of a new mailbox.
pub(crate) fn mailbox<C>(capacity: usize, shutdown: CancellationToken) -> (Sender<C>, Inbox<C>) {
    let mailbox = Arc::new(Mailbox {
        gate: Gate::new(shutdown),
        state: Mutex::new(State {
            queue: VecDeque::new(),
            line: Line::new(capacity),
        }),
    });
    (Sender::first(Arc::clone(&mailbox)), Inbox::new(mailbox))
}
