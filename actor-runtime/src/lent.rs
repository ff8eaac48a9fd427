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
//!    the state back does that, so nobody is told of the end before the method is over. A supervisor takes the state
//!    back before it makes the next one, so there is one state at any time.
//! 4. A panic in place is kept here with the state, for the loop to go on with.

#[cfg(test)]
mod tests;

use std::any::Any;
use std::marker::PhantomData;
use std::mem;

use tokio::runtime::{Handle, Id};
use tokio::task;

use crate::meters::Meter;
use crate::panics::Payload;
use crate::published::Published;
use crate::spans::Spans;

/// The state of an actor, whatever its type and its commands are. So everything about lending is compiled once, and
/// not for each actor.
pub(crate) trait Lendable: Send {
    /// Handles a command of a synchronous method for a caller on a task. The command is taken out of `sent`, which is
    /// an `Option` of a command on its way.
    fn handle_now(&mut self, sent: &mut dyn Any, caller: Option<task::Id>) -> Handled;

    /// Returns the work that the loop has not counted yet.
    fn tally(&mut self) -> &mut Tally;

    /// Gives back the type of the state.
    fn into_any(self: Box<Self>) -> Box<dyn Any + Send>;
}

/// The state of an actor with everything that a method needs, to be lent as a whole.
pub(crate) struct LentState<A, X, K> {
    pub(crate) actor: A,
    pub(crate) context: X,
    /// The share in the actor that a thread keeps while it runs a method; `None` before the state is lent. With a
    /// new one each time, a call in place takes 8 % longer.
    pub(crate) share: Option<K>,
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
pub(crate) enum Shape<A, X, K> {
    Typed(Box<LentState<A, X, K>>),
    Erased(Box<dyn Lendable>),
}

/// Gives a state the other shape. A context has it if its actor is `Send` and runs on a task of its own.
pub(crate) type Reshape<A, X, K> = fn(Shape<A, X, K>) -> Shape<A, X, K>;

/// The way in which a command was handled.
pub(crate) enum Handled {
    Done,
    /// The method has done something that the loop has to look after.
    WakesLoop,
    Panicked(Payload),
}

/// An actor whose loop is gone, for whoever brings back the state (invariant 3).
pub(crate) trait Ending: Send {
    /// Ends the actor. There is no state if its loop had that.
    fn end(self: Box<Self>, returned: Option<Returned>);
}

/// The custody of a state: its owner, and the place where it is while nobody owns it.
#[derive(Default)]
pub struct Custody {
    /// The state of a loop that has nothing to do, while no caller has it.
    idle: Option<Box<dyn Lendable>>,
    owner: Owner,
    /// The runtime of the actor (invariant 2).
    runtime: Option<Id>,
    /// The task that took the state last, which is on that runtime unless it enters another one in the middle of a poll.
    /// To ask for a runtime is 6 % of a call, and tokio counts the ids of tasks up, in all runtimes together.
    caller: Option<task::Id>,
    /// The spans of the actor.
    spans: Option<Spans>,
}

/// The owner of a state that is not idle.
#[derive(Default)]
enum Owner {
    #[default]
    Loop,
    Caller,
    /// A caller has the state, and there is no loop any longer (invariant 3).
    LastCaller(Box<dyn Ending>),
    /// The loop has yet to take the state, whose method panicked (invariant 4).
    Panicked(Box<Returned>),
}

/// A state that was lent, and the panic of its method.
pub(crate) type Returned = (Box<dyn Lendable>, Option<Payload>);

/// An actor whose state no caller has, with the state unless the loop had that.
pub(crate) type Unclaimed = (Box<dyn Ending>, Option<Returned>);

impl Custody {
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
    pub(crate) fn put(&mut self, state: Box<dyn Lendable>) {
        self.idle = Some(state);
    }

    /// Returns true if a caller has the state.
    #[inline]
    pub(crate) fn is_lent(&self) -> bool {
        matches!(self.owner, Owner::Caller | Owner::LastCaller(_))
    }

    /// Takes the state for a caller on a task, if nobody has it.
    #[inline]
    pub(crate) fn take(&mut self, caller: Option<task::Id>) -> Option<Box<dyn Lendable>> {
        self.idle.as_ref()?;
        let is_known = caller.is_some() && caller == self.caller;
        if !is_known {
            if self.runtime != runtime() {
                return None;
            }
            self.caller = caller;
        }
        self.set_owner(Owner::Caller);
        self.idle.take()
    }

    /// Brings the state back that a caller has taken. If there is no loop any longer, the caller gets the actor, which
    /// it has to end without the lock.
    #[must_use]
    #[inline]
    pub(crate) fn bring_back(
        &mut self,
        state: Box<dyn Lendable>,
        panic: Option<Payload>,
    ) -> Option<(Box<dyn Ending>, Returned)> {
        if let Owner::LastCaller(_) = self.owner {
            return match mem::take(&mut self.owner) {
                Owner::LastCaller(ending) => Some((ending, (state, panic))),
                _ => None,
            };
        }
        if panic.is_some() {
            self.set_owner(Owner::Panicked(Box::new((state, panic))));
        } else {
            self.set_owner(Owner::Loop);
            // There was none, and so there is nothing to drop.
            mem::forget(self.idle.replace(state));
        }
        None
    }

    /// Replaces an owner that holds nothing, so that there is nothing to drop.
    #[inline]
    fn set_owner(&mut self, owner: Owner) {
        mem::forget(mem::replace(&mut self.owner, owner));
    }

    /// Takes the state for the loop, if it `has_work` or a method has panicked. `None` if a caller has the state, or
    /// nothing is to be done with it.
    pub(crate) fn take_back(&mut self, has_work: bool) -> Option<Returned> {
        if let Owner::Panicked(_) = self.owner {
            return match mem::take(&mut self.owner) {
                Owner::Panicked(lent) => Some(*lent),
                _ => None,
            };
        }
        let idle = self.idle.take_if(|_| has_work);
        idle.map(|state| (state, None))
    }

    /// Leaves an actor whose loop is gone to the caller that has the state, in place of an ending that was left before.
    /// Returns that one, to be dropped without the lock. If no caller has the state, gives back the actor.
    pub(crate) fn leave(
        &mut self,
        ending: Box<dyn Ending>,
    ) -> Result<Option<Box<dyn Ending>>, Unclaimed> {
        if !self.is_lent() {
            return Err((ending, self.take_back(true)));
        }
        match mem::replace(&mut self.owner, Owner::LastCaller(ending)) {
            Owner::LastCaller(before) => Ok(Some(before)),
            _ => Ok(None),
        }
    }
}

/// Returns the runtime that polls this thread's task, if one does.
#[cold]
fn runtime() -> Option<Id> {
    Handle::try_current().ok().map(|runtime| runtime.id())
}

/// The latest values of an actor, which also tell whether it lends its state.
pub trait Lends {
    /// The latest values themselves.
    type Values: Published;

    /// The custody of the state; `()` for an actor that keeps it.
    type Custody: Default + Send;

    /// True if the actor lends its state.
    const LENDS: bool;

    /// The custody of a state that is lent.
    fn custody(custody: &mut Self::Custody) -> Option<&mut Custody>;
}

impl<L: Published> Lends for L {
    type Values = L;
    type Custody = ();

    const LENDS: bool = false;

    #[inline]
    fn custody((): &mut ()) -> Option<&mut Custody> {
        None
    }
}

/// The latest values `L` of an actor whose methods run in place.
pub struct InPlace<L>(PhantomData<L>);

impl<L: Published> Lends for InPlace<L> {
    type Values = L;
    type Custody = Custody;

    const LENDS: bool = true;

    #[inline]
    fn custody(custody: &mut Custody) -> Option<&mut Custody> {
        Some(custody)
    }
}
