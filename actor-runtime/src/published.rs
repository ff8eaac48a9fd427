//! The common trait of everything that an actor publishes.

use std::marker::PhantomData;

/// Events or latest values, which clients read without the mailbox.
pub trait Published: Send + Sync {
    /// Opens the channel. A subscriber of events can be `event_capacity` behind before it misses any.
    fn open(event_capacity: usize) -> Self;

    /// Closes the channel: subscribers and followers read what was published before, then end.
    fn close(&self);
}

/// Latest values that clients can read before there is a state.
#[diagnostic::on_unimplemented(
    message = "a `#[watch]` method has no value before there is a state; write `#[watch(initial = ..)]`",
    label = "has a `#[watch]` method without `initial`"
)]
pub trait Initialized {}

impl Initialized for () {}

/// The latest value of a method without `initial`. It stands in the bounds of all latest values, and does not hold.
pub struct NoInitial<'a>(PhantomData<&'a ()>);

/// An actor that publishes nothing.
impl Published for () {
    #[inline]
    fn open(_event_capacity: usize) {}

    #[inline]
    fn close(&self) {}
}
