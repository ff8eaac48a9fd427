//! Drives the loop of an actor: catches its panics, bounds its end, and waits for what it has spawned.

use std::future::pending;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use pin_project_lite::pin_project;
use tokio::task::coop::unconstrained;
use tokio::time::sleep;

use crate::error::Why;
use crate::panics::{Payload, caught, keep_first};
use crate::polled::Polled;
use crate::shared::Controller;
use crate::shutdown::{Shutdown, StopReason};
use crate::spans::Spans;

/// The end of a loop: with the state if it returned, with a payload if it panicked, and without a state if it was cut
/// off. A drop of what was cut off may also have panicked.
pub(crate) struct LoopEnd<A> {
    pub(crate) state: Option<A>,
    pub(crate) panic: Option<Payload>,
}

pin_project! {
    /// Polls a loop until it returns, panics or is overdue, and then the tasks that the actor has spawned.
    ///
    /// If it is dropped before that, it closes the mailbox before it drops the loop, and with it the reply in progress,
    /// whose caller then finds the mailbox closed and knows why.
    pub(crate) struct Drive<'a, R: Future> {
        driver: &'a mut Driver,
        // The state of an actor whose loop has returned, while its tasks are waited for.
        state: Option<Box<R::Output>>,
        // `None` once it was dropped.
        #[pin]
        run: Option<R>,
    }

    impl<R: Future> PinnedDrop for Drive<'_, R> {
        fn drop(this: Pin<&mut Self>) {
            let this = this.project();
            if this.driver.progress == LoopProgress::Ended {
                return;
            }
            this.driver.actor.abandon_if_panicking();
            this.driver.actor.foresee_end(Why::Aborted);
            this.driver.actor.close();
            let mut run = this.run;
            let state = this.state.take();
            let panics = [caught(|| run.set(None)), caught(|| drop(state))];
            for panic in panics.into_iter().flatten() {
                this.driver.actor.keep_panic(panic);
            }
        }
    }
}

impl<'a, R: Future> Drive<'a, R> {
    /// Drives `run`, or ends at once if there is none.
    pub(crate) fn new(driver: &'a mut Driver, run: Option<R>) -> Self {
        driver.progress = LoopProgress::Running;
        Self {
            driver,
            state: None,
            run,
        }
    }
}

impl<R: Future> Future for Drive<'_, R> {
    type Output = LoopEnd<R::Output>;

    #[inline(always)]
    #[expect(clippy::inline_always, reason = "the three calls are 3 % of a message")]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let mut run = this.run;
        let mut returned = None;
        let polled = this.driver.poll(cx, &mut |cx| {
            let Some(run) = run.as_mut().as_pin_mut() else {
                return Poll::Ready(());
            };
            run.poll(cx).map(|state| returned = Some(state))
        });
        match polled {
            Poll::Pending => {
                if let Some(state) = returned {
                    *this.state = Some(Box::new(state));
                }
                Poll::Pending
            }
            Poll::Ready(mut panic) => {
                if let Some(state) = this.state.take() {
                    returned = Some(*state);
                }
                if returned.is_none() {
                    // A loop that was cut off still has its state and its method.
                    if let Some(other) = caught(|| run.set(None)) {
                        keep_first(&mut panic, other);
                    }
                }
                Poll::Ready(LoopEnd {
                    state: returned,
                    panic,
                })
            }
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
    /// The loop has ended, and the tasks that it has spawned have not.
    WaitsForTasks,
    Ended,
}

impl Driver {
    #[inline]
    pub(crate) fn new(actor: Controller, spans: Spans, deadline: Option<Duration>) -> Self {
        let overdue = deadline.map(|deadline| Box::new(overdue(actor.clone(), deadline)));
        Self {
            polled: Polled::new(actor.clone()),
            actor,
            spans,
            overdue,
            progress: LoopProgress::Running,
        }
    }

    /// Polls the loop and then the tasks; ready with the panic of the loop, if there was one.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "the three calls are 3 % of a message")]
    fn poll(
        &mut self,
        cx: &mut Context<'_>,
        run: &mut dyn FnMut(&mut Context<'_>) -> Poll<()>,
    ) -> Poll<Option<Payload>> {
        let polled = match self.progress {
            LoopProgress::WaitsForTasks => Poll::Ready(None),
            _ => self.poll_run(cx, run),
        };
        if polled.is_pending() && self.overdue.is_none() && self.actor.is_quiet() {
            return Poll::Pending;
        }
        self.look_after(polled, cx, run)
    }

    /// Looks after everything but the loop, which was just `polled`.
    #[cold]
    fn look_after(
        &mut self,
        mut polled: Poll<Option<Payload>>,
        cx: &mut Context<'_>,
        run: &mut dyn FnMut(&mut Context<'_>) -> Poll<()>,
    ) -> Poll<Option<Payload>> {
        while polled.is_pending() {
            if self.progress == LoopProgress::Overdue {
                // The loop was polled again: between two commands nothing has to be cut off.
                polled = Poll::Ready(None);
                break;
            }
            if !self.interrupts_loop(cx) {
                ready!(self.poll_overdue(cx));
                self.progress = LoopProgress::Overdue;
            }
            polled = self.poll_run(cx, run);
        }
        let mut panic = ready!(polled);
        if self.has_tasks_to_wait_for() {
            self.begin_wait_for_tasks(panic.take());
        }
        if self.progress == LoopProgress::WaitsForTasks {
            ready!(self.poll_tasks(cx));
        }
        self.progress = LoopProgress::Ended;
        Poll::Ready(panic)
    }

    /// Looks after those who depend on a loop that waits. Returns true if the loop was interrupted and has to be polled
    /// again.
    fn interrupts_loop(&mut self, cx: &mut Context<'_>) -> bool {
        let lanes = self.actor.lanes();
        lanes.admit_waiting();
        if self.actor.common().has_tasks() {
            // The actor is woken when further ones have ended.
            let _ = self.actor.reap_tasks(cx);
        }
        let is_new = self.progress == LoopProgress::Running;
        if is_new && lanes.first.gate().is_interrupted() {
            // The loop may have looked before that, and begun to wait when it was too late to be woken.
            self.progress = LoopProgress::Interrupted;
            return true;
        }
        false
    }

    #[inline(always)]
    #[expect(clippy::inline_always, reason = "the three calls are 3 % of a message")]
    fn poll_run(
        &mut self,
        cx: &mut Context<'_>,
        run: &mut dyn FnMut(&mut Context<'_>) -> Poll<()>,
    ) -> Poll<Option<Payload>> {
        let Self { polled, spans, .. } = self;
        polled.enter();
        // The subscriber may also panic.
        let result = catch_unwind(AssertUnwindSafe(|| spans.in_scope(|| run(cx))));
        polled.leave();
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
        let is_new = matches!(
            self.progress,
            LoopProgress::Running | LoopProgress::Interrupted
        );
        is_new && self.actor.common().has_tasks()
    }

    /// Keeps the `panic` of the loop while the tasks are waited for, so that it is not lost if the actor is aborted.
    #[cold]
    fn begin_wait_for_tasks(&mut self, panic: Option<Payload>) {
        if let Some(panic) = panic {
            self.actor.keep_panic(panic);
        }
        if self.actor.may_be_restarted() {
            // The next incarnation starts its own.
            let mut tasks = self.actor.take_tasks();
            tasks.cut_short();
            self.actor.put_tasks(tasks);
        } else {
            // The tasks may wait for that.
            self.actor.close();
        }
        self.progress = LoopProgress::WaitsForTasks;
    }

    /// Waits for the tasks while there is time.
    #[cold]
    fn poll_tasks(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if self.actor.reap_tasks(cx).is_ready() {
            return Poll::Ready(());
        }
        self.poll_overdue(cx)
    }
}

/// Panics in a runtime without a timer.
pub(crate) fn require_timer() {
    drop(sleep(Duration::ZERO));
}

/// Ready when the end has taken longer than the `deadline`, counted from when the mailbox is closed.
///
/// # Panics
///
/// In a runtime without a timer, now and not at the end.
fn overdue(actor: Controller, deadline: Duration) -> Overdue {
    actor.set_deadline(deadline);
    let closed = actor.closed();
    let mut sleep = Box::pin(sleep(Duration::ZERO));
    // The loop shares the budget of its task, and may have used all of it.
    Box::pin(unconstrained(async move {
        closed.cancelled().await;
        match actor.deadline_at() {
            Some(at) => sleep.as_mut().reset(at),
            None => pending().await,
        }
        sleep.await;
    }))
}
