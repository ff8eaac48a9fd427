//! The timer of an `#[at]` method, which is kept while its deadline moves.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::Ordering::{Acquire, Release};
use std::task::{Context, Poll, Wake, Waker, ready};

use tokio::time::{Instant, Sleep, sleep_until};

use crate::sync::atomic::AtomicBool;

/// A deadline that moves.
pub struct Deadline {
    at: Option<Instant>,
    is_past: bool,
    sleep: Pin<Box<Sleep>>,
    /// The latest moment that the timer is set to.
    latest: Instant,
    /// The waker of the timer, once it was needed.
    bell: Option<Arc<Bell>>,
}

/// Wakes the loop, and says that it was the timer. So a timer that has not rung need not be polled.
struct Bell {
    task: Waker,
    rings: AtomicBool,
}

impl Deadline {
    /// Makes a deadline that is off. Its timer is never set to a moment after `latest`.
    pub(super) fn new(latest: Instant) -> Self {
        Self {
            at: None,
            is_past: false,
            sleep: Box::pin(sleep_until(latest)),
            latest,
            bell: None,
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
        self.is_past = false;
        // A deadline that is switched off leaves the timer alone, which wakes the loop once at most.
        if let Some(at) = at {
            self.sleep.as_mut().reset(at.min(self.latest));
            if let Some(bell) = &self.bell {
                bell.ring();
            }
        }
    }

    /// Waits for the deadline, and stays ready until it moves.
    #[inline]
    pub(super) fn poll(&mut self, cx: &Context<'_>) -> Poll<Instant> {
        let Some(at) = self.at else {
            return Poll::Pending;
        };
        let is_asleep = |bell: &Arc<Bell>| !bell.rings() && bell.task.will_wake(cx.waker());
        if !self.is_past {
            if self.bell.as_ref().is_some_and(is_asleep) {
                return Poll::Pending;
            }
            ready!(self.poll_sleep(cx.waker()));
            self.is_past = true;
        }
        Poll::Ready(at)
    }

    fn poll_sleep(&mut self, task: &Waker) -> Poll<()> {
        let bell = match self.bell.take() {
            Some(bell) if bell.task.will_wake(task) => bell,
            _ => Arc::new(Bell {
                task: task.clone(),
                rings: AtomicBool::new(false),
            }),
        };
        // Before the poll, so that no ring is lost.
        bell.silence();
        let waker = Waker::from(Arc::clone(&bell));
        self.bell = Some(bell);
        let sleep = self.sleep.as_mut();
        sleep.poll(&mut Context::from_waker(&waker))
    }
}

impl Bell {
    #[inline]
    fn rings(&self) -> bool {
        self.rings.load(Acquire)
    }

    fn ring(&self) {
        self.rings.store(true, Release);
    }

    fn silence(&self) {
        self.rings.store(false, Release);
    }
}

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.ring();
        self.task.wake_by_ref();
    }
}
