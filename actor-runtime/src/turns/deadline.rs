//! The timer of an `#[at]` method, which is kept while its deadline moves.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::time::{Instant, Sleep, sleep_until};

use super::bell::Bell;

/// A deadline that moves.
pub struct Deadline {
    at: Option<Instant>,
    is_past: bool,
    sleep: Pin<Box<Sleep>>,
    /// The latest moment that the timer is set to.
    latest: Instant,
    bell: Bell,
}

impl Deadline {
    /// Makes a deadline that is off. Its timer is never set to a moment after `latest`.
    pub(super) fn new(latest: Instant) -> Self {
        Self {
            at: None,
            is_past: false,
            sleep: Box::pin(sleep_until(latest)),
            latest,
            bell: Bell::default(),
        }
    }

    /// Moves the deadline; `None` switches it off. Does nothing unless the value differs.
    #[inline]
    pub fn set(&mut self, at: Option<Instant>) {
        if self.at != at {
            self.move_to(at);
        }
    }

    fn move_to(&mut self, at: Option<Instant>) {
        self.at = at;
        // A timer rounds up, so it would never be ready for a deadline that is always the present moment.
        self.is_past = at.is_some_and(|at| at <= Instant::now());
        // A deadline that is past or switched off leaves the timer alone, which wakes the loop once at most.
        if let Some(at) = at.filter(|_| !self.is_past) {
            self.sleep.as_mut().reset(at.min(self.latest));
            self.bell.ring();
        }
    }

    /// Waits for the deadline, and stays ready until it moves.
    #[inline]
    pub(super) fn poll(&mut self, cx: &Context<'_>) -> Poll<Instant> {
        let Some(at) = self.at else {
            return Poll::Pending;
        };
        if !self.is_past {
            let sleep = self.sleep.as_mut();
            ready!(self.bell.poll(cx, |cx| sleep.poll(cx)));
            self.is_past = true;
        }
        Poll::Ready(at)
    }
}
