//! Drives the loop of an actor: catches its panics, bounds its end, and waits for what it has spawned.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::task::{Context, Poll, Waker, ready};
use std::time::Duration;

use pin_project_lite::pin_project;
use tokio::time::sleep;
use tokio_util::sync::{CancellationToken, WaitForCancellationFutureOwned};

use crate::polled::Polled;
use crate::shared::Controller;
use crate::shutdown::{Shutdown, StopReason};
use crate::spans::Spans;
use crate::tasks::Tasks;

/// The end of a loop: with the state if it returned, with a payload if it panicked, and without both if it was cut
/// off.
pub(crate) struct LoopEnd<A> {
    pub(crate) state: Option<A>,
    pub(crate) panic: Option<Box<dyn Any + Send>>,
}

impl<A> LoopEnd<A> {
    pub(crate) const CUT_OFF: Self = Self {
        state: None,
        panic: None,
    };
}

pin_project! {
    /// Polls a loop until it returns, panics or is overdue, and then the tasks that the actor has spawned.
    pub(crate) struct Drive<'a, R: Future> {
        // Before the loop, so that it is dropped first.
        driver: CloseIfDropped<'a>,
        // The state and the tasks of an actor whose loop has ended.
        after: Option<Box<After<R::Output>>>,
        #[pin]
        run: R,
    }
}

struct After<A> {
    state: Option<A>,
    tasks: Tasks,
}

impl<'a, R: Future> Drive<'a, R> {
    pub(crate) fn new(driver: &'a mut Driver, run: R) -> Self {
        driver.progress = LoopProgress::Running;
        Self {
            driver: CloseIfDropped(driver),
            after: None,
            run,
        }
    }
}

impl<R: Future> Future for Drive<'_, R> {
    type Output = LoopEnd<R::Output>;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let (driver, mut run) = (&mut *this.driver.0, this.run);
        if this.after.is_none() {
            let mut state = None;
            let panic = ready!(driver.poll_loop(cx, &mut |cx| {
                run.as_mut().poll(cx).map(|actor| state = Some(actor))
            }));
            if !driver.has_tasks_to_wait_for() {
                driver.progress = LoopProgress::Ended;
                return Poll::Ready(LoopEnd { state, panic });
            }
            let tasks = driver.take_tasks(panic);
            *this.after = Some(Box::new(After { state, tasks }));
        }
        if let Some(after) = this.after {
            ready!(driver.poll_tasks(&mut after.tasks, cx));
        }
        driver.progress = LoopProgress::Ended;
        let state = this.after.take().and_then(|after| after.state);
        Poll::Ready(LoopEnd { state, panic: None })
    }
}

/// Closes the mailbox if the loop is dropped before its end: before the loop and with it the reply in progress, whose
/// caller then finds the mailbox closed and knows why.
struct CloseIfDropped<'a>(&'a mut Driver);

impl Drop for CloseIfDropped<'_> {
    fn drop(&mut self) {
        if self.0.progress != LoopProgress::Ended {
            self.0.actor.close();
        }
    }
}

/// Everything that it takes to drive loops and does not depend on their actors, so that it is compiled once.
pub(crate) struct Driver {
    actor: Controller,
    polled: Polled,
    spans: Spans,
    /// Ready when the end of the actor has taken too long, if it has a deadline.
    overdue: Option<Box<Overdue>>,
    progress: LoopProgress,
}

type Overdue = Pin<Box<dyn Future<Output = ()> + Send>>;

#[derive(Clone, Copy, PartialEq, Eq)]
enum LoopProgress {
    Running,
    /// The loop was interrupted, and polled again since.
    Interrupted,
    /// The deadline has passed.
    Overdue,
    Ended,
}

impl Driver {
    pub(crate) fn new(actor: Controller, spans: Spans, deadline: Option<Duration>) -> Self {
        let overdue = deadline.map(|deadline| Box::new(overdue(actor.closed(), deadline)));
        Self {
            polled: Polled::new(actor.clone()),
            actor,
            spans,
            overdue,
            progress: LoopProgress::Running,
        }
    }

    /// Ready when the shutdown token is cancelled.
    pub(crate) fn cancelled(&self) -> WaitForCancellationFutureOwned {
        self.actor.shutdown_token().clone().cancelled_owned()
    }

    /// Stops the actor when `cancelled` is ready. The `actor` is the waker, so one poll is all that the future needs as
    /// long as it lives.
    pub(crate) fn stop_when(
        &self,
        cancelled: Pin<&mut WaitForCancellationFutureOwned>,
        actor: &Waker,
    ) {
        if cancelled.poll(&mut Context::from_waker(actor)).is_ready() {
            self.actor.stop(StopReason::Cancelled, None);
        }
    }

    /// Polls the loop until it returns, panics or is overdue; ready with its panic, if there was one.
    fn poll_loop(
        &mut self,
        cx: &mut Context<'_>,
        run: &mut dyn FnMut(&mut Context<'_>) -> Poll<()>,
    ) -> Poll<Option<Box<dyn Any + Send>>> {
        loop {
            let is_overdue = self.progress == LoopProgress::Overdue;
            if let Poll::Ready(panic) = self.poll_run(cx, run) {
                return Poll::Ready(panic);
            }
            if is_overdue {
                return Poll::Ready(None);
            }
            let lanes = self.actor.lanes();
            lanes.admit_waiting();
            if self.actor.common().has_tasks() {
                self.actor.reap_tasks(cx);
            }
            let is_interrupted = lanes.first.gate().is_interrupted();
            if is_interrupted && self.progress == LoopProgress::Running {
                // The loop may have looked before that, and begun to wait when it was too late to be woken.
                self.progress = LoopProgress::Interrupted;
                continue;
            }
            ready!(self.poll_overdue(cx));
            // Once more: between two commands nothing has to be cut off.
            self.progress = LoopProgress::Overdue;
        }
    }

    #[inline]
    fn poll_run(
        &mut self,
        cx: &mut Context<'_>,
        run: &mut dyn FnMut(&mut Context<'_>) -> Poll<()>,
    ) -> Poll<Option<Box<dyn Any + Send>>> {
        let Self { polled, spans, .. } = self;
        polled.swap();
        // The subscriber may panic, too.
        let result = catch_unwind(AssertUnwindSafe(|| spans.in_scope(|| run(cx))));
        polled.swap();
        let panic = match result {
            Ok(Poll::Pending) => return Poll::Pending,
            Ok(Poll::Ready(())) => None,
            Err(payload) => Some(payload),
        };
        spans.end();
        Poll::Ready(panic)
    }

    /// Ready when there is no more time: then no further command begins.
    #[inline]
    fn poll_overdue(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        match &mut self.overdue {
            Some(overdue) => ready!(overdue.as_mut().as_mut().poll(cx)),
            None => return Poll::Pending,
        }
        self.actor.stop(StopReason::Cancelled, Some(Shutdown::Stop));
        Poll::Ready(())
    }

    /// Returns true if the actor has spawned tasks, and there is still time to wait for them.
    #[inline]
    fn has_tasks_to_wait_for(&self) -> bool {
        self.actor.common().has_tasks() && self.progress != LoopProgress::Overdue
    }

    /// Takes the tasks that the actor has spawned. The `panic` of the loop is kept while they are waited for, so that
    /// it is not lost if the actor is aborted.
    #[cold]
    fn take_tasks(&mut self, panic: Option<Box<dyn Any + Send>>) -> Tasks {
        if let Some(panic) = panic {
            self.actor.keep_panic(panic);
        }
        let mut tasks = self.actor.take_tasks();
        if self.actor.may_be_restarted() {
            // The next incarnation starts its own.
            tasks.cut_short();
        } else {
            // The tasks may wait for that.
            self.actor.close();
        }
        tasks
    }

    #[cold]
    fn poll_tasks(&mut self, tasks: &mut Tasks, cx: &mut Context<'_>) -> Poll<()> {
        loop {
            match tasks.poll_next(cx) {
                Poll::Ready(Some(panic)) => self.actor.keep_task_panic(panic),
                Poll::Ready(None) => return Poll::Ready(()),
                Poll::Pending => return self.poll_overdue(cx),
            }
        }
    }
}

/// Ready when the end has taken too long, counted from when the mailbox is closed.
fn overdue(closed: CancellationToken, deadline: Duration) -> Overdue {
    Box::pin(async move {
        closed.cancelled().await;
        sleep(deadline).await;
    })
}
