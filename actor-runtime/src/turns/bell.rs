//! The bell of one source: a waker of its own, so that a source that nothing has woken is not polled.
//!
//! # Invariants
//!
//! 1. A bell rings unless the last poll of its source was not ready, with a waker of the bell that wakes the task which
//!    polls now, and none of these wakers was used since. So a source that is skipped would be woken by its waker.
//! 2. A bell is silenced before the poll, by a swap. Whoever rings it before the swap has told the source before, and
//!    the poll sees that. Whoever rings it later is not overheard.

use std::sync::Arc;
use std::sync::atomic::Ordering::{AcqRel, Acquire, Release};
use std::task::{Context, Poll, Wake, Waker};

use crate::sync::atomic::AtomicBool;

#[derive(Default)]
pub(super) struct Bell(Option<Arc<Wire>>);

/// The part of a bell that others hold.
struct Wire {
    task: Waker,
    rings: AtomicBool,
}

impl Bell {
    /// Returns true if a poll by this `task` would not be ready (invariant 1).
    #[inline]
    pub(super) fn is_silent(&self, task: &Waker) -> bool {
        let wire = self.0.as_ref();
        // Acquire: whoever sees the bell ring sees what the source was told before.
        wire.is_some_and(|wire| !wire.rings.load(Acquire) && wire.task.will_wake(task))
    }

    /// Rings, since the source is to be polled for another reason.
    pub(super) fn ring(&self) {
        if let Some(wire) = &self.0 {
            // Release: as in `wake_by_ref`.
            wire.rings.store(true, Release);
        }
    }

    /// Polls the source, unless the bell is silent.
    #[inline]
    pub(super) fn poll<T>(
        &mut self,
        cx: &Context<'_>,
        poll: impl FnOnce(&mut Context<'_>) -> Poll<T>,
    ) -> Poll<T> {
        if self.is_silent(cx.waker()) {
            return Poll::Pending;
        }
        let waker = self.silence(cx.waker());
        let polled = poll(&mut Context::from_waker(&waker));
        if polled.is_ready() {
            self.ring();
        }
        polled
    }

    /// Silences the bell, and returns the waker that rings it (invariant 2).
    fn silence(&mut self, task: &Waker) -> Waker {
        let kept = self.0.take().filter(|wire| wire.task.will_wake(task));
        let wire = self.0.insert(kept.unwrap_or_else(|| {
            Arc::new(Wire {
                task: task.clone(),
                rings: AtomicBool::new(false),
            })
        }));
        // AcqRel: the poll that follows sees what the source was told before the bell rang.
        wire.rings.swap(false, AcqRel);
        Waker::from(Arc::clone(wire))
    }
}

impl Wake for Wire {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        // Release: whoever sees the bell ring sees what the source was told before.
        self.rings.store(true, Release);
        self.task.wake_by_ref();
    }
}

#[cfg(all(test, not(shuttle)))]
mod tests {
    use std::sync::atomic::AtomicUsize;
    use std::sync::atomic::Ordering::Relaxed;

    use super::*;

    /// A task that counts how often it is woken.
    #[derive(Default)]
    struct Task(AtomicUsize);

    impl Wake for Task {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Relaxed);
        }
    }

    /// A source that counts its polls, and keeps the waker of the last one.
    #[derive(Default)]
    struct Source {
        polls: usize,
        waker: Option<Waker>,
        is_ready: bool,
    }

    impl Source {
        fn poll(&mut self, bell: &mut Bell, task: &Waker) -> Poll<()> {
            bell.poll(&Context::from_waker(task), |cx| {
                self.polls += 1;
                self.waker = Some(cx.waker().clone());
                if self.is_ready {
                    Poll::Ready(())
                } else {
                    Poll::Pending
                }
            })
        }
    }

    #[test]
    #[cfg_attr(
        miri,
        ignore = "miri gives a vtable several addresses, so `will_wake` may say no"
    )]
    fn a_source_is_polled_once_for_each_time_that_it_is_woken() {
        let (mut bell, mut source) = (Bell::default(), Source::default());
        let task = Arc::new(Task::default());
        let waker = Waker::from(Arc::clone(&task));
        for wakes in 0..3 {
            for _ in 0..1000 {
                assert!(source.poll(&mut bell, &waker).is_pending());
            }
            assert_eq!((source.polls, task.0.load(Relaxed)), (wakes + 1, wakes));
            source.waker.take().unwrap().wake();
        }
    }

    #[test]
    #[cfg_attr(
        miri,
        ignore = "miri gives a vtable several addresses, so `will_wake` may say no"
    )]
    fn a_source_that_was_ready_is_polled_again() {
        let (mut bell, mut source) = (Bell::default(), Source::default());
        let waker = Waker::from(Arc::new(Task::default()));
        source.is_ready = true;
        for _ in 0..10 {
            assert!(source.poll(&mut bell, &waker).is_ready());
        }
        source.is_ready = false;
        for _ in 0..10 {
            assert!(source.poll(&mut bell, &waker).is_pending());
        }
        assert_eq!(source.polls, 11);
    }

    #[test]
    fn a_source_that_wakes_itself_is_polled_again() {
        let mut bell = Bell::default();
        let waker = Waker::from(Arc::new(Task::default()));
        for _ in 0..10 {
            assert!(!bell.is_silent(&waker));
            let polled = bell.poll(&Context::from_waker(&waker), |cx| {
                cx.waker().wake_by_ref();
                Poll::<()>::Pending
            });
            assert!(polled.is_pending());
        }
    }

    #[test]
    #[cfg_attr(
        miri,
        ignore = "miri gives a vtable several addresses, so `will_wake` may say no"
    )]
    fn another_task_polls_the_source_and_is_woken() {
        let (mut bell, mut source) = (Bell::default(), Source::default());
        let tasks = [Arc::new(Task::default()), Arc::new(Task::default())];
        for task in &tasks {
            let waker = Waker::from(Arc::clone(task));
            assert!(!bell.is_silent(&waker));
            assert!(source.poll(&mut bell, &waker).is_pending());
            assert!(bell.is_silent(&waker));
        }
        assert_eq!(source.polls, 2);
        source.waker.take().unwrap().wake();
        assert_eq!(tasks.map(|task| task.0.load(Relaxed)), [0, 1]);
    }
}
