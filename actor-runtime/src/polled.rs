//! The actor and the method that this thread polls.
//!
//! # Invariants
//!
//! 1. A thread knows the innermost actor that it polls: whoever polls an actor swaps it in, and out again, even when
//!    the method panics.

use std::cell::Cell;
use std::sync::Arc;

use crate::error::Cycle;
use crate::shared::Controller;
use crate::sync::thread_local;
use crate::waits::{self, Listed, Until, Wait, Waits};

thread_local! {
    static METHOD: Cell<Option<&'static str>> = const { Cell::new(None) };
    static ACTOR: Cell<Option<Controller>> = const { Cell::new(None) };
}

/// Returns true if a method is being polled, as far as that is known without a look at its actor.
#[inline]
pub(crate) fn in_method() -> bool {
    METHOD.with(|method| method.get().is_some())
}

/// Notes that the actor being polled begins a method, or has ended it.
#[inline]
pub(crate) fn set_method(method: Option<&'static str>) {
    METHOD.with(|polled| polled.set(method));
}

/// An actor while it is not polled. While it is, this holds whatever the thread knew before.
pub(crate) struct Polled {
    method: Option<&'static str>,
    actor: Option<Controller>,
}

impl Polled {
    #[inline]
    pub(crate) fn new(actor: Controller) -> Self {
        Self {
            method: None,
            actor: Some(actor),
        }
    }

    /// Exchanges the actor with the one that the thread knows (invariant 1).
    #[inline]
    pub(crate) fn swap(&mut self) {
        self.method = METHOD.with(|method| method.replace(self.method));
        // A thread that has dropped its cell is about to end, and finds no more deadlocks.
        let _ = ACTOR.try_with(|actor| self.actor = actor.replace(self.actor.take()));
    }
}

/// Lists that the method being polled waits for the actor of `target`; `None` if no method is being polled.
///
/// # Errors
///
/// The cycle that this wait would close.
#[cold]
pub(crate) fn list_wait(target: Arc<Waits>, until: Until) -> Result<Option<Listed>, Cycle> {
    let (Some(method), Some(actor)) = (METHOD.with(Cell::get), actor()) else {
        return Ok(None);
    };
    let wait = Wait {
        method,
        progress: actor.lanes().progress(),
        target,
        until,
    };
    waits::list(actor.waits(), wait).map(Some)
}

/// Returns the actor that this thread polls (invariant 1).
fn actor() -> Option<Controller> {
    ACTOR
        .try_with(|cell| {
            let actor = cell.take();
            cell.set(actor.clone());
            actor
        })
        .ok()?
}
