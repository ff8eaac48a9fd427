//! The incarnations of a supervised actor: makes each of them, and finds out what follows it.
//!
//! # Invariants
//!
//! 1. The mailbox is closed when the actor is told to end, when its last client has gone and nothing is queued, and
//!    when its supervisor ends. A failure never closes it, so queued commands stay where they are, and waiting senders
//!    stay in line.
//! 2. When an incarnation is made, nothing is left of the one before: its loop, children, tasks and counts are gone.
//!    Its state is also gone, unless `on_restart` has kept it.
//! 3. Each failure is reported once: by the exit that `on_restart` gets, or by the last exit. A panic between two
//!    incarnations is kept with the panics of tasks, and reported by the next exit.
//! 4. Each restart waits, and counts. Only while the mailbox is drained does it not wait. Each of these restarts but
//!    the first follows a command that was begun, so there are no more of them than queued commands.

use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{self, Poll};
use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::factory::{Factory, Made, Making};
use super::restarts::{Restarts, random};
use crate::actor::{Actor, Context, Life, Settings, Unstarted};
use crate::command::Command;
use crate::drive::{Drive, Driver, LoopEnd};
use crate::exit::Exit;
#[cfg(feature = "tracing")]
use crate::exit::Logged;
use crate::handle::Recipient;
use crate::inbox::{Inbox, Upcoming};
use crate::panics::caught;
#[cfg(feature = "tracing")]
use crate::panics::observed;
use crate::shared::Control;

/// Makes the incarnations of an actor.
pub(super) struct Incarnations<A, F> {
    factory: F,
    pub(super) restarts: Restarts,
    pub(super) on_restart: Option<Box<dyn FnMut(Exit<A>) + Send + Sync>>,
    /// The commands for which the present incarnation was made.
    upcoming: Upcoming,
}

/// The step that follows an incarnation.
pub(super) enum FollowUp<A> {
    Again,
    End(SupervisedEnd<A>),
}

/// The end of a supervised actor.
pub(super) enum SupervisedEnd<A> {
    /// The last incarnation has ended like this.
    Incarnation(LoopEnd<A>),
    /// The mailbox has also ended, with this exit.
    Mailbox(Exit<()>, Option<A>),
}

impl<A: Actor> SupervisedEnd<A> {
    /// Ends the mailbox unless that has happened, and returns the exit.
    pub(super) fn exit<R: Recipient<A>>(self, life: &mut Life<A, R>) -> (Exit<()>, Option<A>) {
        match self {
            Self::Incarnation(LoopEnd { state, panic }) => {
                (life.end(panic, state.is_some()), state)
            }
            Self::Mailbox(exit, state) => (exit, state),
        }
    }
}

/// The step that follows a failure.
enum AfterFailure {
    Restart(Duration),
    /// There is nothing to restart for.
    End,
    GiveUp,
}

impl<A, P, F, M> Incarnations<A, Factory<P, F>>
where
    A: Actor,
    P: FnMut() -> A,
    F: FnMut() -> M,
{
    /// Opens the mailbox of the actor, and makes the first state unless a future makes it.
    pub(super) fn open<R: Recipient<A>>(
        &mut self,
        settings: Settings,
        recipient: R,
    ) -> (A::Client, Unstarted<A, R>) {
        let first = self.factory.first();
        let can_fail = first.is_none();
        let (client, unstarted) = Unstarted::with_settings(first, None, settings, recipient);
        let control = unstarted.life.inbox.control();
        if can_fail {
            A::publish_initial(&unstarted.life.inbox);
            control.expect_start();
        }
        control.begin_incarnation();
        unstarted.life.inbox.shared().meters().supervise();
        (client, unstarted)
    }

    /// Runs all incarnations of an actor that may be `local`. The supervisor's task repeats this with futures that are
    /// known to be `Send`.
    pub(super) async fn run<R>(
        &mut self,
        life: &mut Life<A, R>,
        driver: &mut Driver,
    ) -> SupervisedEnd<A>
    where
        R: Recipient<A>,
        M: Future<Output = Made<A>> + Unpin,
        A::Command: Send,
    {
        let shared = Arc::clone(life.inbox.shared());
        let cancelled = pin!(shared.control().shutdown_token().cancelled());
        shared.control().stop_when(cancelled, &life.waker());
        loop {
            let outcome = {
                let (first, inbox, context) = life.parts();
                let run = async {
                    let actor = self.state(first, inbox, context).await?;
                    Some(actor.run(inbox, context).await)
                };
                Drive::new(driver, Some(run)).await
            };
            let is_unmade = matches!(outcome.state, Some(None));
            let outcome = match life.wait_for_dependants(driver, outcome.flatten()) {
                Ok(outcome) => outcome,
                Err(dependants) => {
                    dependants.await;
                    life.end_of_wait()
                }
            };
            let outcome = match life.last_of(outcome) {
                Ok(last) => {
                    let last = Box::pin(Drive::new(driver, Some(last.begin(A::last))));
                    return SupervisedEnd::Mailbox(life.end_last(last.await), None);
                }
                Err(outcome) => outcome,
            };
            if let FollowUp::End(end) = self.follow(life, outcome, is_unmade).await {
                return end;
            }
        }
    }

    /// Makes the next state, unless it is the `first` one, which is there. Returns `None` if that fails, or if the
    /// actor ends before and no command is left to be handled.
    pub(super) async fn state(
        &mut self,
        first: Option<A>,
        inbox: &mut Inbox<A::Command>,
        context: &Context<A>,
    ) -> Option<A>
    where
        M: Future<Output = Made<A>> + Unpin,
    {
        if first.is_some() || inbox.control().has_failed() {
            return first;
        }
        let actor = match self.factory.make() {
            Making::Done(actor) => actor,
            Making::Pending(making) => made(making, inbox).await?,
        };
        actor.publish(context);
        if !A::START_CAN_FAIL {
            inbox.control().finish_start();
        }
        Some(actor)
    }
}

impl<A: Actor, F> Incarnations<A, F> {
    pub(super) fn new(factory: F) -> Self {
        Self {
            factory,
            restarts: Restarts::default(),
            on_restart: None,
            upcoming: Upcoming::Some,
        }
    }

    /// Finds out what follows an incarnation, and waits for that. An incarnation `is_unmade` if there was no state to
    /// begin with.
    pub(super) async fn follow<R: Recipient<A>>(
        &mut self,
        life: &mut Life<A, R>,
        outcome: LoopEnd<A>,
        is_unmade: bool,
    ) -> FollowUp<A> {
        // Panics of the loop, of tasks and of what came before this incarnation all count (invariant 3).
        if outcome.panic.is_none() && !life.inbox.control().has_failed() {
            if is_unmade {
                return FollowUp::End(SupervisedEnd::Mailbox(life.end_between(), None));
            }
            return FollowUp::End(SupervisedEnd::Incarnation(outcome));
        }
        let delay = match self.after_failure(&life.inbox) {
            AfterFailure::Restart(delay) => delay,
            AfterFailure::End => return FollowUp::End(SupervisedEnd::Incarnation(outcome)),
            AfterFailure::GiveUp => return FollowUp::End(give_up(life, outcome)),
        };
        // The mailbox stays open (invariant 1), and the counts begin again (invariant 2).
        let exit = life.end_incarnation(outcome);
        let Life { inbox, spans, .. } = &mut *life;
        spans.in_scope(|| self.tell(exit, delay, inbox.control()));
        self.upcoming = wait(inbox, delay).await;
        if self.upcoming == Upcoming::None {
            return FollowUp::End(SupervisedEnd::Mailbox(life.end_between(), None));
        }
        // Each restart counts, even if no state is made (invariant 4).
        self.restarts.count(Instant::now());
        if let Some(journal) = life.inbox.control().journal() {
            journal.restart();
        }
        life.inbox.shared().meters().restarted();
        FollowUp::Again
    }

    /// Decides what follows the failure of an incarnation.
    fn after_failure(&mut self, inbox: &Inbox<A::Command>) -> AfterFailure {
        match inbox.upcoming() {
            Upcoming::None => return AfterFailure::End,
            // A restart that does not wait has to follow a command that was begun (invariant 4).
            Upcoming::Last if self.upcoming == Upcoming::Last && !inbox.work().has_begun() => {
                return AfterFailure::End;
            }
            Upcoming::Last | Upcoming::Some => {}
        }
        let has_worked = inbox.work().has_worked();
        let delay = self.restarts.delay(Instant::now(), random(), has_worked);
        delay.map_or(AfterFailure::GiveUp, AfterFailure::Restart)
    }

    /// Reports an exit that is followed by a restart.
    fn tell(&mut self, exit: Exit<A>, delay: Duration, failed: &dyn Control) {
        #[cfg(feature = "tracing")]
        {
            let (actor, name) = (A::Command::ACTOR, exit.name());
            observed(|| {
                tracing::error!(actor, name, exit = %Logged(&exit), "an actor failed");
                tracing::warn!(actor, name, ?delay, "an actor is restarted");
            });
        }
        #[cfg(not(feature = "tracing"))]
        let _ = delay;
        if let Some(journal) = failed.journal() {
            journal.fail(exit.reason.described(), exit.in_progress);
        }
        // Dropping the exit may also panic (invariant 3).
        let panic = caught(|| match &mut self.on_restart {
            Some(on_restart) => on_restart(exit),
            None => drop(exit),
        });
        if let Some(panic) = panic {
            failed.keep_panic(panic);
        }
    }
}

/// Waits for a state, as long as there may be a command for it.
async fn made<A, C, M>(mut making: M, inbox: &mut Inbox<C>) -> Option<A>
where
    C: Command,
    M: Future<Output = Made<A>> + Unpin,
{
    inbox.enter("factory");
    let made = poll_fn(|cx| match poll_no_wait(inbox, cx) {
        Poll::Ready(Upcoming::None) => Poll::Ready(None),
        _ => Pin::new(&mut making).poll(cx).map(Some),
    });
    let made = made.await;
    inbox.leave();
    match made? {
        Ok(actor) => Some(actor),
        Err(error) => {
            inbox.fail_start(error);
            None
        }
    }
}

/// Waits until the next incarnation is to be made, or none is needed (invariant 4).
async fn wait<C: Command>(inbox: &mut Inbox<C>, delay: Duration) -> Upcoming {
    let mut delay = pin!(sleep(delay));
    poll_fn(move |cx| match poll_no_wait(inbox, cx) {
        Poll::Ready(upcoming) => Poll::Ready(upcoming),
        Poll::Pending => delay.as_mut().poll(cx).map(|()| Upcoming::Some),
    })
    .await
}

/// Ready when there is no need to wait for a restart.
pub(crate) fn poll_no_wait<C: Command>(
    inbox: &mut Inbox<C>,
    cx: &mut task::Context<'_>,
) -> Poll<Upcoming> {
    // Whoever changes what is upcoming wakes the supervisor in place of the loop. The waker is left before the look, so
    // that no change is missed.
    inbox.control().lanes().first.leave_receiver(cx.waker());
    match inbox.upcoming() {
        Upcoming::Some => Poll::Pending,
        upcoming => Poll::Ready(upcoming),
    }
}

/// Ends an actor that has failed too often.
fn give_up<A, R>(life: &mut Life<A, R>, outcome: LoopEnd<A>) -> SupervisedEnd<A>
where
    A: Actor,
    R: Recipient<A>,
{
    let LoopEnd { state, panic } = outcome;
    let exit = life.end(panic, state.is_some());
    #[cfg(feature = "tracing")]
    life.spans.in_scope(|| {
        observed(|| {
            tracing::error!(
                actor = A::Command::ACTOR,
                name = exit.name(),
                exit = %Logged(&exit),
                "an actor failed too often to be restarted"
            );
        });
    });
    SupervisedEnd::Mailbox(exit, state)
}
