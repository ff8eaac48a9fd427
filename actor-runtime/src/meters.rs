//! Metrics: with the feature `metrics`, an actor counts its commands and takes their times, for the recorder that was
//! installed when the actor was started. Without the feature, nothing of this exists.
//!
//! # Invariants
//!
//! 1. The number of queued commands goes up before a command is pushed and down when it is begun, dropped or not
//!    accepted after all, so it is never below zero.
//! 2. The recorder is not called under a lock.
//! 3. The start of an actor settles for its whole life whether it is measured. An actor that is not reads no clock and
//!    takes no lock for its metrics.

#[cfg(feature = "metrics")]
mod recorded;
#[cfg(not(feature = "metrics"))]
mod unrecorded;

#[cfg(feature = "metrics")]
pub(crate) use self::recorded::{Meter, Meters, Missed, Ticket};
#[cfg(not(feature = "metrics"))]
pub(crate) use self::unrecorded::{Meter, Meters, Missed, Ticket};

/// The way in which a method that was begun ended.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum CutOff {
    Panicked,
    /// By an abort, a deadline or the end of the runtime.
    Stopped,
}
