//! Drives the loop of an actor: catches its panics, bounds its end, and waits for what it has spawned.

mod patience;

use std::future::pending;
use std::mem;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use pin_project_lite::pin_project;
use tokio::task::coop::unconstrained;
use tokio::time::sleep;

use self::patience::Patience;
use crate::error::Why;
use crate::panics::{Clear, Payload, caught_drop, keep_first};
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

impl<A> LoopEnd<Option<A>> {
    /// The end of a loop that may have had no state to begin with.
    pub(crate) fn flatten(self) -> LoopEnd<A> {
        LoopEnd {
            state: self.state.flatten(),
            panic: self.panic,
        }
    }
}

pin_project! {
    /// Polls a loop until it returns, panics or is overdue.
    ///
    /// If it is dropped before that, it closes the mailbox before it drops the loop, and with it the reply in progress,
    /// whose caller then finds the mailbox closed and knows why.
    pub(crate) struct Drive<'a, R: Future> {
        driver: &'a mut Driver,
        // `None` if there is no loop, and once it was cut off.
        #[pin]
        run: Option<R>,
    }

    impl<R: Future> PinnedDrop for Drive<'_, R> {
        fn drop(this: Pin<&mut Self>) {
            let this = this.project();
            if this.driver.has_loop {
                let mut run = this.run;
                this.driver.abort(&mut run);
            }
        }
    }
}

impl<R> Clear for Pin<&mut Option<R>> {
    fn clear(&mut self) {
        self.set(None);
    }
}

impl<'a, R: Future> Drive<'a, R> {
    /// Drives `run`, or ends at once if there is none.
    pub(crate) fn new(driver: &'a mut Driver, run: Option<R>) -> Self {
        driver.progress = LoopProgress::Running;
        driver.has_loop = run.is_some();
        Self { driver, run }
    }
}

impl<R: Future> Future for Drive<'_, R> {
    type Output = LoopEnd<R::Output>;

    #[cfg_attr(
        not(debug_assertions),
        inline(always),
        expect(clippy::inline_always, reason = "otherwise a call takes 3 % more")
    )]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let mut run = this.run;
        let mut state = None;
        let polled = this.driver.poll(cx, &mut |cx| {
            let Some(run) = run.as_mut().as_pin_mut() else {
                return Poll::Ready(());
            };
            match run.poll(cx) {
                Poll::Ready(returned) => {
                    state = Some(returned);
                    Poll::Ready(())
                }
                Poll::Pending => Poll::Pending,
            }
        });
        let mut panic = ready!(polled);
        if state.is_none() {
            // A loop that was cut off still has its state and its method.
            cut_off(&mut panic, &mut run);
        }
        this.driver.has_loop = false;
        Poll::Ready(LoopEnd { state, panic })
    }
}

/// Drops a loop that has not returned, and keeps its panic unless there was one before.
#[cold]
fn cut_off(panic: &mut Option<Payload>, run: &mut dyn Clear) {
    if let Some(other) = caught_drop(run) {
        keep_first(panic, other);
    }
}

/// Waits for everything that an actor has started, after its loop has ended and while there is time. When there is no
/// more time, aborts the rest, and looks again: what does not run at that moment has ended by then, and its panics are
/// not lost.
pub(crate) struct Dependants<'a> {
    driver: &'a mut Driver,
    patience: Patience,
    /// True if the rest was aborted.
    is_cut_short: bool,
}

impl Future for Dependants<'_> {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let Self {
            driver,
            patience,
            is_cut_short,
        } = self.get_mut();
        if driver.polled.actor().reap(cx).is_ready() {
            return Poll::Ready(());
        }
        ready!(driver.poll_no_time(patience, cx));
        if mem::replace(is_cut_short, true) {
            return Poll::Ready(());
        }
        driver.polled.actor().cut_short();
        cx.waker().wake_by_ref();
        Poll::Pending
    }
}

/// Everything that it takes to drive loops and does not depend on their actors, so that it is compiled once.
pub(crate) struct Driver {
    polled: Polled,
    spans: Spans,
    /// Ready when the end of the actor has taken too long, if it has a deadline.
    overdue: Option<Box<Overdue>>,
    progress: LoopProgress,
    /// True while a loop is driven that has not ended.
    has_loop: bool,
}

type Overdue = Pin<Box<dyn Future<Output = ()> + Send>>;

#[derive(Clone, Copy, PartialEq, Eq)]
enum LoopProgress {
    Running,
    /// The loop was interrupted, and polled again since.
    Interrupted,
    /// The deadline has passed.
    Overdue,
}

impl Driver {
    #[inline]
    pub(crate) fn new(actor: Controller, spans: Spans, deadline: Option<Duration>) -> Self {
        let overdue = deadline.map(|deadline| Box::new(overdue(actor.clone(), deadline)));
        Self {
            polled: Polled::new(actor),
            spans,
            overdue,
            progress: LoopProgress::Running,
            has_loop: false,
        }
    }

    /// Closes the mailbox, and then drops a loop that was not driven to its end.
    #[cold]
    fn abort(&self, run: &mut dyn Clear) {
        let actor = self.polled.actor();
        actor.abandon_if_panicking();
        actor.foresee_end(Why::Aborted);
        actor.close();
        if let Some(panic) = caught_drop(run) {
            actor.keep_panic(panic);
        }
    }

    /// Polls the loop; ready with its panic, if there was one.
    #[cfg_attr(
        not(debug_assertions),
        inline(always),
        expect(clippy::inline_always, reason = "otherwise a call takes 3 % more")
    )]
    fn poll(
        &mut self,
        cx: &mut Context<'_>,
        run: &mut dyn FnMut(&mut Context<'_>) -> Poll<()>,
    ) -> Poll<Option<Payload>> {
        match self.poll_run(cx, run) {
            Poll::Ready(panic) => Poll::Ready(panic),
            Poll::Pending if self.overdue.is_none() && self.polled.actor().is_quiet() => {
                Poll::Pending
            }
            Poll::Pending => self.look_after(cx, run),
        }
    }

    /// Looks after everything but the loop, which waits; ready with its panic if it has ended since or is cut off.
    #[cold]
    fn look_after(
        &mut self,
        cx: &mut Context<'_>,
        run: &mut dyn FnMut(&mut Context<'_>) -> Poll<()>,
    ) -> Poll<Option<Payload>> {
        loop {
            if self.progress == LoopProgress::Overdue {
                // The loop was polled again: between two commands nothing has to be cut off.
                return Poll::Ready(None);
            }
            if !self.interrupts_loop(cx) {
                ready!(self.poll_overdue(cx));
                self.progress = LoopProgress::Overdue;
            }
            if let Poll::Ready(panic) = self.poll_run(cx, run) {
                return Poll::Ready(panic);
            }
        }
    }

    /// Looks after those who depend on a loop that waits. Returns true if the loop was interrupted and has to be polled
    /// again.
    fn interrupts_loop(&mut self, cx: &mut Context<'_>) -> bool {
        let lanes = self.polled.actor().lanes();
        lanes.admit_waiting();
        if self.polled.actor().common().has_dependants() {
            // The actor is woken when further ones have ended.
            let _ = self.polled.actor().reap(cx);
        }
        let is_new = self.progress == LoopProgress::Running;
        if is_new && lanes.first.gate().is_interrupted() {
            // The loop may have looked before that, and begun to wait when it was too late to be woken.
            self.progress = LoopProgress::Interrupted;
            return true;
        }
        false
    }

    #[cfg_attr(
        not(debug_assertions),
        inline(always),
        expect(clippy::inline_always, reason = "otherwise a call takes 3 % more")
    )]
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
            Err(payload) => {
                polled.actor().note_loop_panic();
                Some(payload)
            }
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
        self.polled
            .actor()
            .stop(StopReason::Cancelled, Some(Shutdown::Stop));
        Poll::Ready(())
    }

    /// Returns true if there is anything to wait for that the actor has started.
    #[inline]
    pub(crate) fn has_dependants(&self) -> bool {
        self.polled.actor().common().has_dependants()
    }

    /// Waits for everything that the actor has started.
    ///
    /// In a box, so that an actor which starts nothing has no room for the wait.
    #[cold]
    pub(crate) fn wait(&mut self) -> Pin<Box<Dependants<'_>>> {
        Box::pin(Dependants {
            driver: self,
            patience: Patience::new(),
            is_cut_short: false,
        })
    }

    /// Tells what the actor has started to end, now that the loop has ended. Keeps the `panic` of the loop meanwhile,
    /// so that it is not lost if the actor is aborted. Returns true if the queued commands are to be refused.
    #[cold]
    pub(crate) fn begin_wait(&self, panic: Option<Payload>) -> bool {
        let actor = self.polled.actor();
        if let Some(panic) = panic {
            actor.keep_panic(panic);
        }
        if actor.may_be_restarted() {
            // The next incarnation starts its own.
            actor.cut_tasks_short();
            actor.end_children_before_restart();
            return false;
        }
        // The tasks may wait for that.
        actor.close();
        actor.end_children();
        true
    }

    /// Ready when there is no more time to wait for what the actor has started.
    #[cold]
    fn poll_no_time(&mut self, patience: &mut Patience, cx: &mut Context<'_>) -> Poll<()> {
        if self.progress != LoopProgress::Overdue {
            patience.poll(&**self.polled.actor(), &mut self.spans, cx);
            ready!(self.poll_overdue(cx));
            self.progress = LoopProgress::Overdue;
        }
        Poll::Ready(())
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
