//! Spans: with the feature `tracing`, an actor has a span for as long as it lives, and one for each method that runs
//! and each task that it spawns. Spans record names, and no arguments. Without the feature, nothing of this exists.
//!
//! The span of a call is a child of its caller's span, in the same trace. All other spans are roots, each with a trace
//! of its own: a trace that grew for as long as the actor lives could not be shown. A root *follows from* the span in
//! which the cast was sent or the task spawned, and from the span of the actor.
//!
//! # Invariants
//!
//! 1. Each span that is entered during a poll of the actor is exited before the poll ends, even by a panic.
//! 2. No span is made, cloned, entered, exited or dropped under a lock, or while the cell of the thread is borrowed:
//!    all of these run code of the subscriber.
//! 3. Nothing that is queued keeps the span of its sender open. The span of a cast is made when the cast is sent, since
//!    it can be linked to a span only as long as that is open. The span of a caller is queued only for as long as the
//!    caller waits.

#[cfg(feature = "tracing")]
mod recorded;
#[cfg(not(feature = "tracing"))]
mod unrecorded;

#[cfg(feature = "tracing")]
pub(crate) use self::recorded::{
    Asked, Caller, Spans, TaskSpan, WaitingCaller, begin, end, join_batch,
};
#[cfg(not(feature = "tracing"))]
pub(crate) use self::unrecorded::{
    Asked, Caller, Spans, TaskSpan, WaitingCaller, begin, end, join_batch,
};
