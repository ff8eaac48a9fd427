//! A lane of a mailbox: a bounded queue of commands, and who waits for a place in it.

use std::collections::VecDeque;
use std::mem;
use std::task::Waker;

use tokio_util::sync::CancellationToken;

use super::extras::Extras;
use super::gate::{Admitted, Gate, Left, Line, Position};
use crate::error::CallError;
use crate::shutdown::{Shutdown, StopReason};
use crate::spans::Caller;
use crate::sync::{Mutex, MutexGuard};

/// The queue that senders push into.
pub(crate) struct Lane<C> {
    pub(super) gate: Gate,
    state: Mutex<State<C>>,
}

pub(super) struct State<C> {
    pub(super) queue: VecDeque<Sent<C>>,
    pub(super) line: Line,
    /// What only some actors need; made when the first one asks for it.
    pub(super) extras: Option<Box<Extras>>,
}

/// A command on its way.
pub(super) struct Sent<C> {
    pub(super) command: C,
    pub(super) caller: Caller,
}

impl<C> Sent<C> {
    #[inline]
    pub(super) fn new(command: C) -> Self {
        let caller = Caller::current();
        Self { command, caller }
    }
}

impl<C> Lane<C> {
    #[inline]
    pub(super) fn new(capacity: usize, shutdown: Shutdown, token: CancellationToken) -> Self {
        Self {
            gate: Gate::new(token),
            state: Mutex::new(State {
                queue: VecDeque::new(),
                line: Line::new(capacity, shutdown),
                extras: None,
            }),
        }
    }

    /// Nothing that runs under the lock leaves it half done, so a panic does not spoil the state.
    pub(super) fn lock(&self) -> MutexGuard<'_, State<C>> {
        match self.state.lock() {
            Ok(state) => state,
            Err(poisoned) => poisoned.into_inner(),
        }
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.lock().line.is_closed
    }

    pub(crate) fn free_capacity(&self) -> usize {
        self.lock().line.free(&self.gate)
    }

    /// Refuses new commands, and starts those that are queued only if `how` says so.
    pub(super) fn stop(&self, reason: StopReason, how: Option<Shutdown>) {
        let mut state = self.lock();
        state.line.stop(&self.gate, reason, how);
        self.close_locked(state);
    }

    pub(super) fn close_locked(&self, mut state: MutexGuard<'_, State<C>>) {
        if mem::replace(&mut state.line.is_closed, true) {
            return;
        }
        let receiver = state.line.receiver.take();
        let somebody_waits = state.line.somebody_waits();
        let closed = state.extras.as_ref().map(|extras| extras.closed.clone());
        drop(state);
        wake(receiver);
        if let Some(closed) = &closed {
            closed.cancel();
        }
        if somebody_waits {
            while self.wake_one(Line::turn_away) {}
        }
    }

    /// Takes a waker out of the line and wakes it, if there is one.
    #[cold]
    pub(super) fn wake_one(&self, which: fn(&mut Line) -> Option<Waker>) -> bool {
        let waker = which(&mut self.lock().line);
        wake(waker)
    }

    pub(super) fn try_push(&self, sent: Sent<C>) -> Result<Position, CallError> {
        let mut state = self.lock();
        let (refusal, receiver) = match () {
            () if state.line.is_closed => (CallError::Closed, None),
            () if !state.line.has_room(&self.gate) => (CallError::Full, state.line.refuse()),
            () => return Ok(push(state, sent)),
        };
        drop(state);
        wake(receiver);
        drop(sent);
        Err(refusal)
    }

    /// Grants the slots that are free to senders that wait.
    #[cold]
    pub(super) fn admit(&self) {
        let mut admitted = Admitted::default();
        self.lock().line.admit(&self.gate, &mut admitted);
        for waker in admitted {
            wake(waker);
        }
    }

    /// [`admit`](Self::admit), if somebody waits.
    #[inline]
    pub(super) fn admit_waiting(&self) {
        if self.gate.somebody_waits() {
            self.admit();
        }
    }

    /// Takes a sender that no longer waits out of the line, or passes its slot on.
    pub(super) fn leave(&self, ticket: u64) {
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
pub(super) fn push<C>(mut state: MutexGuard<'_, State<C>>, sent: Sent<C>) -> Position {
    let (position, receiver) = state.line.accept();
    state.queue.push_back(sent);
    drop(state);
    wake(receiver);
    position
}

/// Whether there was one to wake.
#[inline]
fn wake(waker: Option<Waker>) -> bool {
    waker.map(Waker::wake).is_some()
}
