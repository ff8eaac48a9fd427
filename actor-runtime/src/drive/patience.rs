//! The warning of an end that waits for itself: for the tasks and the children of its actor. Without the feature
//! `tracing`, this file does nothing.

#[cfg(feature = "tracing")]
use std::{panic::catch_unwind, pin::Pin, time::Duration};

use std::task::Context;

#[cfg(feature = "tracing")]
use tokio::{
    task::coop::{Unconstrained, unconstrained},
    time::{Sleep, sleep},
};
#[cfg(feature = "tracing")]
use tracing::level_filters::LevelFilter;

#[cfg(feature = "tracing")]
use crate::panics::{discard, observed};
use crate::shared::Control;
use crate::spans::Spans;

/// The time for which an end waits before it is logged, once.
#[cfg(feature = "tracing")]
const LONGEST: Duration = Duration::from_secs(10);

/// The time that an end may still wait.
pub(super) struct Patience {
    #[cfg(feature = "tracing")]
    left: Left,
}

#[cfg(feature = "tracing")]
enum Left {
    All,
    Until(Pin<Box<Unconstrained<Sleep>>>),
    /// The end was logged, or will not be.
    Over,
}

impl Patience {
    pub(super) fn new() -> Self {
        Self {
            #[cfg(feature = "tracing")]
            left: Left::All,
        }
    }

    /// Logs what the end of `actor` waits for, if it has waited for too long.
    #[cfg(feature = "tracing")]
    pub(super) fn poll(&mut self, actor: &dyn Control, spans: &mut Spans, cx: &mut Context<'_>) {
        if let Left::All = self.left {
            self.left = begin(actor);
        }
        let Left::Until(timer) = &mut self.left else {
            return;
        };
        if timer.as_mut().poll(cx).is_ready() {
            self.left = Left::Over;
            observed(|| spans.in_scope(|| warn(actor)));
        }
    }

    #[cfg(not(feature = "tracing"))]
    #[expect(clippy::unused_self, reason = "with the feature, it has a timer")]
    pub(super) fn poll(&mut self, _: &dyn Control, _: &mut Spans, _: &mut Context<'_>) {}
}

/// Sets the timer.
#[cfg(feature = "tracing")]
fn begin(actor: &dyn Control) -> Left {
    if LevelFilter::current() < LevelFilter::WARN {
        return Left::Over;
    }
    // Where a panic cannot be caught, only a timer that is known to be there may be asked for.
    if cfg!(not(panic = "unwind")) && !actor.has_timer() {
        return Left::Over;
    }
    // Only a panic of tokio's tells that a runtime has no timer.
    match catch_unwind(|| sleep(LONGEST)) {
        Ok(timer) => Left::Until(Box::pin(unconstrained(timer))),
        Err(payload) => {
            discard(payload);
            Left::Over
        }
    }
}

#[cfg(feature = "tracing")]
fn warn(actor: &dyn Control) {
    let (tasks, children) = actor.dependants();
    tracing::warn!(
        actor = actor.actor(),
        name = actor.instance().map(|name| name.as_str()),
        tasks,
        ?children,
        "the end of an actor waits for its tasks and children"
    );
}
