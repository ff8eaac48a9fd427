//! Panics of users' code, caught where others depend on what comes after that code.

use std::any::Any;
use std::mem;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// The value that something panicked with.
pub(crate) type Payload = Box<dyn Any + Send>;

/// Runs a user's `code`, and returns what it panicked with, if it did.
pub(crate) fn caught(code: impl FnOnce()) -> Option<Payload> {
    catch_unwind(AssertUnwindSafe(code)).err()
}

/// Drops a payload that nobody gets. Its drop may panic, too.
#[cold]
pub(crate) fn discard(payload: Payload) {
    // A third one is not asked for.
    mem::forget(caught(|| drop(payload)));
}

/// Keeps a panic in `first`, unless there was one before.
#[cold]
pub(crate) fn keep_first(first: &mut Option<Payload>, payload: Payload) {
    match first {
        Some(_) => discard(payload),
        None => *first = Some(payload),
    }
}
