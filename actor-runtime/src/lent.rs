//! The place of an idle actor's state, and who may take it.
//!
//! A loop that has nothing to do puts the state here. A caller that finds it may take it, run its method on its own
//! task, and bring the state back.
//!
//! # Invariants
//!
//! 1. The state has one owner at any time: the loop, a caller, or this place. It changes hands under the lock, and no
//!    code of a user runs under that lock.
//! 2. Only a caller on the actor's own runtime takes the state, so what a method spawns runs where it would without
//!    the caller.
//! 3. A loop that is dropped while a caller has the state leaves behind what is left to do at the end. Whoever brings
//!    the state back does that, so nobody is told of the end before the method is over.
//! 4. A panic in place is kept here with the state, for the loop to go on with.

#[cfg(test)]
mod tests;

use std::any::Any;
use std::mem;
use std::ops::Deref;
use std::sync::PoisonError;

use tokio::runtime::{Handle, Id};

use crate::panics::Payload;
use crate::published::Published;
use crate::spans::{Caller, Spans};
use crate::sync::{Mutex, MutexGuard};

/// The state of an actor with commands `C`, whatever its type is.
pub(crate) trait Lendable<C>: Send {
    /// Handles a command of a synchronous method.
    fn handle_now(&mut self, command: C, caller: Caller) -> Handled;

    /// Gives back the type of the state.
    fn into_any(self: Box<Self>) -> Box<dyn Any + Send>;
}

/// The state of an actor with everything that a method needs, to be lent as a whole.
pub(crate) struct LentState<A, X> {
    pub(crate) actor: A,
    pub(crate) context: X,
    pub(crate) tally: Tally,
    pub(crate) spans: Option<Spans>,
}

/// The work of callers that the loop has not counted yet.
#[derive(Default)]
pub(crate) struct Tally {
    /// The number of commands begun.
    pub(crate) begun: u64,
    /// The method that panicked, if one did.
    pub(crate) in_progress: Option<&'static str>,
}

/// A state that is lent, with or without its type.
pub(crate) enum Shape<A, X, C> {
    Typed(Box<LentState<A, X>>),
    Erased(Box<dyn Lendable<C>>),
}

/// Gives a state the other shape. A context has it if its actor is `Send` and runs on a task of its own.
pub(crate) type Reshape<A, X, C> = fn(Shape<A, X, C>) -> Shape<A, X, C>;

/// The way in which a command was handled.
pub(crate) enum Handled {
    Done,
    /// The method has done something that the loop has to look after.
    WakesLoop,
    Panicked(Payload),
}

/// The end of an actor whose loop was dropped, for whoever brings back the state, and the panic of its method.
type Ending<C> = Box<dyn FnOnce(Box<dyn Lendable<C>>, Option<Payload>) + Send>;

/// The place of the state.
pub struct IdleState<C>(Mutex<Custody<C>>);

struct Custody<C> {
    owner: Owner<C>,
    /// The runtime of the actor (invariant 2).
    runtime: Option<Id>,
    /// The spans of the actor.
    spans: Option<Spans>,
}

enum Owner<C> {
    Loop,
    Nobody(Box<dyn Lendable<C>>),
    Caller,
    /// A caller has the state, and there is no loop any longer (invariant 3).
    LastCaller(Ending<C>),
    /// The loop has yet to take the state, whose method panicked (invariant 4).
    Panicked(Box<dyn Lendable<C>>, Payload),
}

/// The state, for a loop that asks for it.
pub(crate) enum Returned<C> {
    State(Box<dyn Lendable<C>>),
    Panicked(Box<dyn Lendable<C>>, Payload),
    /// A caller has it, or nothing is to be done with it.
    Nothing,
}

impl<C> IdleState<C> {
    fn new() -> Self {
        Self(Mutex::new(Custody {
            owner: Owner::Loop,
            runtime: None,
            spans: None,
        }))
    }

    /// Locks the place. Nothing that runs under the lock can panic.
    fn lock(&self) -> MutexGuard<'_, Custody<C>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes that the loop runs on this runtime, in these `spans`.
    pub(crate) fn settle(&self, spans: Spans) {
        let mut place = self.lock();
        place.runtime = runtime();
        place.spans = Some(spans);
    }

    pub(crate) fn spans(&self) -> Option<Spans> {
        self.lock().spans.clone()
    }

    /// Puts the state of a loop that has nothing to do.
    pub(crate) fn put(&self, state: Box<dyn Lendable<C>>) {
        self.lock().owner = Owner::Nobody(state);
    }

    /// Takes the state for a caller, if nobody has it.
    #[inline]
    pub(crate) fn take(&self) -> Option<Box<dyn Lendable<C>>> {
        let runtime = runtime();
        let mut place = self.lock();
        if place.runtime != runtime || !matches!(place.owner, Owner::Nobody(_)) {
            return None;
        }
        match mem::replace(&mut place.owner, Owner::Caller) {
            Owner::Nobody(state) => Some(state),
            _ => None,
        }
    }

    /// Brings the state back that a caller has taken. Returns what the caller has to do after that, without any lock.
    #[must_use]
    #[inline]
    pub(crate) fn bring_back(
        &self,
        state: Box<dyn Lendable<C>>,
        panic: Option<Payload>,
    ) -> Option<impl FnOnce() + use<C>> {
        let mut place = self.lock();
        let owner = mem::replace(&mut place.owner, Owner::Loop);
        if let Owner::LastCaller(ending) = owner {
            return Some(move || ending(state, panic));
        }
        let next = match panic {
            Some(panic) => Owner::Panicked(state, panic),
            None => Owner::Nobody(state),
        };
        // What was there holds nothing, so that there is nothing to drop.
        mem::forget((owner, mem::replace(&mut place.owner, next)));
        None
    }

    /// Takes the state for the loop, if it `has_work` or a method has panicked.
    pub(crate) fn take_back(&self, has_work: bool) -> Returned<C> {
        let mut place = self.lock();
        match mem::replace(&mut place.owner, Owner::Loop) {
            Owner::Nobody(state) if has_work => Returned::State(state),
            Owner::Panicked(state, panic) => Returned::Panicked(state, panic),
            owner => {
                place.owner = owner;
                Returned::Nothing
            }
        }
    }

    /// Does the `ending` of an actor whose loop was dropped, `ended`, when the state is back: now if nobody has it, and
    /// otherwise when the caller brings it back. Returns `ended` if the loop had the state.
    pub(crate) fn leave<T: Send + 'static>(
        &self,
        ended: T,
        ending: fn(T, Box<dyn Lendable<C>>, Option<Payload>),
    ) -> Option<T>
    where
        C: 'static,
    {
        let mut place = self.lock();
        let (state, panic) = match mem::replace(&mut place.owner, Owner::Loop) {
            Owner::Nobody(state) => (state, None),
            Owner::Panicked(state, panic) => (state, Some(panic)),
            Owner::Caller => {
                let ending = move |state, panic| ending(ended, state, panic);
                place.owner = Owner::LastCaller(Box::new(ending));
                return None;
            }
            Owner::Loop | Owner::LastCaller(_) => return Some(ended),
        };
        drop(place);
        ending(ended, state, panic);
        None
    }
}

/// Returns the runtime that polls this thread's task, if one does.
fn runtime() -> Option<Id> {
    Handle::try_current().ok().map(|runtime| runtime.id())
}

/// The latest values `L` of an actor whose methods run in place, and the place of its state.
pub struct InPlace<C, L> {
    latest: L,
    idle: IdleState<C>,
}

impl<C, L> InPlace<C, L> {
    /// The place of the state.
    pub fn idle(&self) -> &IdleState<C> {
        &self.idle
    }
}

impl<C, L> Deref for InPlace<C, L> {
    type Target = L;

    fn deref(&self) -> &L {
        &self.latest
    }
}

impl<C, L: Published> Published for InPlace<C, L> {
    fn open(event_capacity: usize) -> Self {
        Self {
            latest: L::open(event_capacity),
            idle: IdleState::new(),
        }
    }

    fn close(&self) {
        self.latest.close();
    }
}
