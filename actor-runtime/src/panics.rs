//! Panics of users' code, caught where others depend on what comes after that code.

use std::any::Any;
use std::mem;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};

use pin_project_lite::pin_project;

/// The value that something panicked with.
pub(crate) type Payload = Box<dyn Any + Send>;

/// Runs a user's `code`, and returns what it panicked with, if it did.
pub(crate) fn caught(code: impl FnOnce()) -> Option<Payload> {
    catch_unwind(AssertUnwindSafe(code)).err()
}

/// A place whose content can be dropped where it is.
pub(crate) trait Clear {
    fn clear(&mut self);
}

impl<T> Clear for Option<T> {
    fn clear(&mut self) {
        *self = None;
    }
}

/// Drops the content of a `place`, and returns what it panicked with, if it did. Compiled once, and not for each actor.
pub(crate) fn caught_drop(place: &mut dyn Clear) -> Option<Payload> {
    caught(|| place.clear())
}

/// Drops a payload that nobody gets. Its drop may panic, too.
#[cold]
pub(crate) fn discard(payload: Payload) {
    // The payload of a second panic is leaked, since its drop may panic, too.
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

/// Shows something to a subscriber or a recorder. If that panics, nobody is told.
#[cfg(any(feature = "metrics", feature = "tracing"))]
pub(crate) fn observed(show: impl FnOnce()) {
    if let Some(panic) = caught(show) {
        discard(panic);
    }
}

/// Wakes a task. If its waker panics, nobody is told.
#[inline]
pub(crate) fn wake(waker: Waker) {
    if let Some(panic) = caught(|| waker.wake()) {
        discard(panic);
    }
}

/// Wakes a task, if there is a waker.
#[inline]
pub(crate) fn wake_if_any(waker: Option<Waker>) {
    waker.into_iter().for_each(wake);
}

pin_project! {
    /// A future of tokio's whose waker may panic: tokio wakes several together, and tells nobody after one that panics.
    pub(crate) struct Shielded<F> {
        shield: Shield,
        #[pin]
        future: F,
    }
}

impl<F> Shielded<F> {
    pub(crate) fn new(future: F) -> Self {
        let shield = Shield::default();
        Self { shield, future }
    }
}

impl<F: Future> Future for Shielded<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        let waker = this.shield.over(cx.waker());
        this.future.poll(&mut Context::from_waker(waker))
    }
}

/// The waker that was left last, and the one that stands for it.
#[derive(Default)]
pub(crate) struct Shield(Option<[Waker; 2]>);

impl Shield {
    /// Returns a waker that wakes `waker` and does not panic.
    pub(crate) fn over(&mut self, waker: &Waker) -> &Waker {
        let kept = self.0.take().filter(|[left, _]| left.will_wake(waker));
        let [_, shielded] = self.0.insert(kept.unwrap_or_else(|| {
            let shielded = Arc::new(ShieldedWaker(waker.clone()));
            [waker.clone(), Waker::from(shielded)]
        }));
        shielded
    }
}

struct ShieldedWaker(Waker);

impl Wake for ShieldedWaker {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        if let Some(panic) = caught(|| self.0.wake_by_ref()) {
            discard(panic);
        }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use std::panic;

    use super::*;

    /// A waker that panics.
    pub(crate) fn panics_when_woken() -> Waker {
        struct PanicsWhenWoken;

        impl Wake for PanicsWhenWoken {
            fn wake(self: Arc<Self>) {
                panic::resume_unwind(Box::new("woken"));
            }
        }

        Arc::new(PanicsWhenWoken).into()
    }

    #[test]
    fn a_payload_whose_drop_panics_is_discarded() {
        struct PanicsWhenDropped;

        impl Drop for PanicsWhenDropped {
            fn drop(&mut self) {
                // This payload is leaked; without a size it leaks no memory, which miri would report.
                panic::resume_unwind(Box::new(()));
            }
        }

        let mut first = None;
        keep_first(&mut first, Box::new(1));
        keep_first(&mut first, Box::new(PanicsWhenDropped));
        assert!(first.is_some_and(|first| first.is::<i32>()));
    }

    #[test]
    #[cfg_attr(
        miri,
        ignore = "miri gives a vtable several addresses, so `will_wake` may say no"
    )]
    fn a_shield_is_made_once_for_each_waker() {
        let waker = panics_when_woken();
        let mut shield = Shield::default();
        let first = shield.over(&waker).clone();
        assert!(shield.over(&waker).will_wake(&first));
        assert!(!shield.over(&panics_when_woken()).will_wake(&first));
        first.wake();
    }
}
