//! The custody of the state of an actor that lends it, and who may take it.
//!
//! A loop that has nothing to do puts the state into the mailbox. A caller that finds it may take it, run its method
//! on its own task, and bring the state back.
//!
//! # Invariants
//!
//! 1. The state has one owner at any time: the loop, a caller, or the mailbox. It changes hands under the lock of the
//!    first lane, and no code of a user runs under that lock.
//! 2. Only a caller on the actor's own runtime takes the state, so what a method spawns runs where it would without
//!    the caller.
//! 3. A loop that is dropped while a caller has the state leaves behind what is left to do at the end. Whoever brings
//!    the state back does that, so nobody is told of the end before the method is over.
//! 4. A panic in place is kept here with the state, for the loop to go on with.

#[cfg(test)]
mod tests;

use std::any::Any;
use std::marker::PhantomData;
use std::mem;

use tokio::runtime::{Handle, Id};
use tokio::task;

use crate::meters::{Meter, Ticket};
use crate::panics::Payload;
use crate::published::Published;
use crate::spans::{Caller, Spans};

/// The state of an actor with commands `C`, whatever its type is.
pub(crate) trait Lendable<C>: Send {
    /// Handles a command of a synchronous method, on a thread that knows that it polls the actor.
    fn handle_now(&mut self, command: C, caller: Caller, ticket: Ticket) -> Handled;

    /// Gives back the type of the state.
    fn into_any(self: Box<Self>) -> Box<dyn Any + Send>;
}

/// The state of an actor with everything that a method needs, to be lent as a whole.
pub(crate) struct LentState<A, X> {
    pub(crate) actor: A,
    pub(crate) context: X,
    pub(crate) tally: Tally,
    pub(crate) spans: Option<Spans>,
    pub(crate) is_monitored: bool,
    pub(crate) meter: Meter,
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

/// The end of an actor whose loop was dropped, for whoever brings back the state.
type Ending<C> = Box<dyn FnOnce(Returned<C>) + Send>;

/// The custody of a state: its owner, and the place where it is while nobody owns it.
pub struct Custody<C> {
    owner: Owner<C>,
    /// The runtime of the actor (invariant 2).
    runtime: Option<Id>,
    /// The task that took the state last, which is on that runtime. To ask for a runtime is 6 % of a call, and tokio
    /// counts the ids of tasks up, in all runtimes together.
    caller: Option<task::Id>,
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
    Panicked(Box<Returned<C>>),
}

/// A state that was lent, and the panic of its method.
pub(crate) type Returned<C> = (Box<dyn Lendable<C>>, Option<Payload>);

impl<C> Default for Custody<C> {
    fn default() -> Self {
        Self {
            owner: Owner::Loop,
            runtime: None,
            caller: None,
            spans: None,
        }
    }
}

impl<C> Custody<C> {
    /// Notes that the loop runs on this runtime, in these `spans`.
    pub(crate) fn settle(&mut self, spans: Spans) {
        self.runtime = runtime();
        self.spans = Some(spans);
    }

    /// Takes out the spans of the actor, to be cloned without the lock and kept again.
    pub(crate) fn take_spans(&mut self) -> Option<Spans> {
        self.spans.take()
    }

    /// Keeps spans that were taken out.
    pub(crate) fn keep_spans(&mut self, spans: Option<Spans>) {
        self.spans = spans;
    }

    /// Puts the state of a loop that has nothing to do.
    pub(crate) fn put(&mut self, state: Box<dyn Lendable<C>>) {
        self.owner = Owner::Nobody(state);
    }

    /// Returns true if a caller has the state.
    #[inline]
    pub(crate) fn is_lent(&self) -> bool {
        matches!(self.owner, Owner::Caller | Owner::LastCaller(_))
    }

    /// Takes the state for a caller on a task, if nobody has it.
    #[inline]
    pub(crate) fn take(&mut self, caller: Option<task::Id>) -> Option<Box<dyn Lendable<C>>> {
        if !matches!(self.owner, Owner::Nobody(_)) {
            return None;
        }
        let is_known = caller.is_some() && caller == self.caller;
        if !is_known {
            if self.runtime != runtime() {
                return None;
            }
            self.caller = caller;
        }
        match mem::replace(&mut self.owner, Owner::Caller) {
            Owner::Nobody(state) => Some(state),
            _ => None,
        }
    }

    /// Brings the state back that a caller has taken. Returns what the caller has to do after that, without the lock.
    #[must_use]
    #[inline]
    pub(crate) fn bring_back(
        &mut self,
        state: Box<dyn Lendable<C>>,
        panic: Option<Payload>,
    ) -> Option<impl FnOnce() + use<C>> {
        if let Owner::LastCaller(_) = self.owner {
            let owner = mem::replace(&mut self.owner, Owner::Loop);
            return match owner {
                Owner::LastCaller(ending) => Some(move || ending((state, panic))),
                _ => None,
            };
        }
        let owner = match panic {
            Some(_) => Owner::Panicked(Box::new((state, panic))),
            None => Owner::Nobody(state),
        };
        // What was there holds nothing, so that there is nothing to drop.
        mem::forget(mem::replace(&mut self.owner, owner));
        None
    }

    /// Takes the state for the loop, if it `has_work` or a method has panicked. `None` if a caller has the state, or
    /// nothing is to be done with it.
    pub(crate) fn take_back(&mut self, has_work: bool) -> Option<Returned<C>> {
        match mem::replace(&mut self.owner, Owner::Loop) {
            Owner::Nobody(state) if has_work => Some((state, None)),
            Owner::Panicked(lent) => Some(*lent),
            owner => {
                self.owner = owner;
                None
            }
        }
    }

    /// Leaves the `ending` of an actor whose loop was dropped, `ended`, to the caller that has the state. If none has,
    /// gives `ended` back, with the state unless the loop had that.
    pub(crate) fn leave<T: Send + 'static>(
        &mut self,
        ended: T,
        ending: fn(T, Returned<C>),
    ) -> Result<(), (T, Option<Returned<C>>)>
    where
        C: 'static,
    {
        if let Owner::Caller = self.owner {
            let ending = move |returned| ending(ended, returned);
            self.owner = Owner::LastCaller(Box::new(ending));
            return Ok(());
        }
        Err((ended, self.take_back(true)))
    }
}

/// Returns the runtime that polls this thread's task, if one does.
#[cold]
fn runtime() -> Option<Id> {
    Handle::try_current().ok().map(|runtime| runtime.id())
}

/// The latest values of an actor, which also tell whether it lends its state.
pub trait Lends<C> {
    /// The latest values themselves.
    type Values: Published;

    /// The custody of the state; `()` for an actor that keeps it.
    type Custody: Default + Send;

    /// True if the actor lends its state.
    const LENDS: bool;

    /// The custody of a state that is lent.
    fn custody(custody: &mut Self::Custody) -> Option<&mut Custody<C>>;
}

impl<C, L: Published> Lends<C> for L {
    type Values = L;
    type Custody = ();

    const LENDS: bool = false;

    #[inline]
    fn custody((): &mut ()) -> Option<&mut Custody<C>> {
        None
    }
}

/// The latest values `L` of an actor whose methods run in place.
pub struct InPlace<L>(PhantomData<L>);

impl<C, L: Published> Lends<C> for InPlace<L> {
    type Values = L;
    type Custody = Custody<C>;

    const LENDS: bool = true;

    #[inline]
    fn custody(custody: &mut Custody<C>) -> Option<&mut Custody<C>> {
        Some(custody)
    }
}
