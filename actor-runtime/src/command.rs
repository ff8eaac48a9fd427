//! Commands: the messages of an actor.

use crate::events::Events;
use crate::lent::Lends;
use crate::published::Published;

/// The latest values of an actor with commands `C`: one field for each `#[watch]` method.
pub(crate) type Values<C> = <<C as Command>::Latest as Lends>::Values;

/// A command of an actor: the enum that [`#[actor]`](macro@crate::actor) makes of the block's methods.
pub trait Command: Sized {
    /// The events of the actor, or `()` for an actor without events.
    #[doc(hidden)]
    type Events: Published;

    /// The latest values of the actor, or `()` for an actor without latest values. Wrapped if calls may run in place.
    #[doc(hidden)]
    type Latest: Lends;

    /// The name of the actor in messages.
    const ACTOR: &'static str;

    /// True if some commands have priority.
    #[doc(hidden)]
    const HAS_PRIORITY: bool = false;

    /// True if some commands are handled in batches.
    #[doc(hidden)]
    const HAS_BATCHES: bool = false;

    /// True if callers give up some commands after a time, and need the timer of the actor's runtime.
    #[doc(hidden)]
    const HAS_TIMEOUTS: bool = false;

    /// True if calls may run in place. Whatever is behind this constant is not compiled for other actors.
    #[doc(hidden)]
    const IN_PLACE: bool = <Self::Latest as Lends>::LENDS;

    /// Returns the number of events that a subscriber can be behind before it misses any.
    #[doc(hidden)]
    fn event_capacity() -> usize {
        64
    }

    /// Returns the name of the method that this command calls.
    fn name(&self) -> &'static str;

    /// Returns true if the method of this command is synchronous, so that a caller may run it in place.
    #[doc(hidden)]
    fn is_immediate(&self) -> bool {
        false
    }

    /// Tells the caller of this command that it did not run. It is generated for actors with a `#[before_each]` method
    /// that may fail, and called for no others.
    #[doc(hidden)]
    fn refuse(self) {}

    /// Returns true if this command goes through the lane that is served first.
    #[doc(hidden)]
    #[inline]
    fn has_priority(&self) -> bool {
        false
    }
}

/// The command of an actor with events: `#[actor(event = ..)]`.
#[diagnostic::on_unimplemented(
    message = "an actor with `{Self}` has no events; write `#[actor(event = ..)]`",
    label = "has no events"
)]
pub trait Emitter: Command<Events = Events<Self::Event>> {
    /// The type of the events.
    type Event: Clone + Send + 'static;
}
