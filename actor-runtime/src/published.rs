//! The common trait of everything that an actor publishes.

/// Events or latest values, which clients read without the mailbox.
pub trait Published: Send + Sync {
    /// Opens the channel. A subscriber of events can be `event_capacity` behind before it misses any.
    fn open(event_capacity: usize) -> Self;

    /// Closes the channel: subscribers and followers read what was published before, then end.
    fn close(&self);
}

/// The latest values of an actor without `#[watch]` methods, whose client cannot read a value before there is a state.
#[diagnostic::on_unimplemented(
    message = "an actor with `#[watch]` methods has no values before its state; use `Actor::builder`",
    label = "has `#[watch]` methods"
)]
pub trait Unwatched {}

impl Unwatched for () {}

/// An actor that publishes nothing.
impl Published for () {
    #[inline]
    fn open(_event_capacity: usize) {}

    #[inline]
    fn close(&self) {}
}
