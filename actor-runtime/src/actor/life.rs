//! The part of a running actor that outlives its loop: it makes the exit, also when the task is dropped.

use std::mem::needs_drop;
use std::pin::Pin;
use std::sync::Arc;
use std::task::Waker;
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::sync::oneshot;

use super::{Actor, Context, SendActor};
use crate::command::Command;
use crate::drive::{Dependants, Drive, Driver, LoopEnd, require_timer};
use crate::error::Why;
use crate::exit::{Exit, ExitReason};
use crate::handle::{Recipient, drop_state};
use crate::inbox::{Inbox, Leftover};
use crate::last::Last;
use crate::lent::{Ending, Returned, Shape};
use crate::meters::CutOff;
use crate::panics::{Payload, caught, caught_drop, discard, keep_first};
use crate::shared::{Control, Controller};
use crate::spans::Spans;
use crate::work::Work;

/// A running actor, without its loop. `R` receives the exit.
pub(crate) struct Life<A: Actor, R: Recipient<A>> {
    /// The actor until its loop has it.
    pub(crate) actor: Option<A>,
    pub(crate) inbox: Inbox<A::Command>,
    pub(crate) context: Context<A>,
    pub(crate) spans: Spans,
    pub(super) recipient: R,
}

impl<A: Actor, R: Recipient<A>> Life<A, R> {
    /// Returns the waker of the shutdown token, which stops the actor.
    pub(crate) fn waker(&self) -> Waker
    where
        A::Command: Send,
    {
        Waker::from(Arc::clone(self.inbox.shared()))
    }

    /// Takes out the actor, and borrows everything that its loop needs.
    pub(crate) fn parts(&mut self) -> (Option<A>, &mut Inbox<A::Command>, &mut Context<A>) {
        (self.actor.take(), &mut self.inbox, &mut self.context)
    }

    /// Returns the driver of the loop.
    ///
    /// # Panics
    ///
    /// In a runtime without a timer, if something of the actor needs one.
    #[inline]
    pub(crate) fn driver(&self, deadline: Option<Duration>) -> Driver
    where
        A::Command: Send,
    {
        if A::NEEDS_TIMER {
            require_timer();
        }
        if A::Command::HAS_TIMEOUTS {
            self.inbox.control().set_runtime(Handle::current());
        }
        let controller = Controller::of(self.inbox.shared());
        if self.inbox.work().is_monitored() {
            controller.enter_roster();
        }
        Driver::new(controller, self.spans.clone(), deadline)
    }

    /// Lets callers run methods in place, if the actor has such methods.
    #[inline]
    pub(crate) fn begin_lending(&mut self)
    where
        A: SendActor,
    {
        if !A::Command::IN_PLACE {
            return;
        }
        self.inbox.control().begin_lending(self.spans.clone());
        self.context.set_reshape(|shape| match shape {
            Shape::Typed(mut state) => {
                if state.share.is_none() {
                    state.share = Some(Controller::of(state.context.shared()));
                }
                Shape::Erased(state)
            }
            Shape::Erased(state) => match state.into_any().downcast() {
                Ok(state) => Shape::Typed(state),
                Err(_) => unreachable!("an actor gets back the state that it has lent"),
            },
        });
    }

    /// Takes back the state of a loop that was cut off while the state was lent, and drops it. If a caller has the
    /// state, waits until its method is over (invariant 3 of `lent.rs`).
    pub(crate) async fn drop_lent(&mut self, panic: &mut Option<Payload>)
    where
        A: SendActor,
    {
        let (sender, receiver) = oneshot::channel();
        let returned = match self.inbox.control().leave(Box::new(Handover(sender))) {
            Ok(()) => {
                // It is not lost if the task is dropped meanwhile.
                if let Some(panic) = panic.take() {
                    self.inbox.control().keep_panic(panic);
                }
                receiver.await.ok()
            }
            Err((_, returned)) => returned,
        };
        if let Some(returned) = returned {
            drop_returned(returned, self.inbox.work_mut(), panic);
        }
    }

    /// Takes out the final state and the command that takes it, if there is such a command and it is in time. The
    /// panic of the loop is kept for the exit.
    fn take_last(&mut self, end: &mut LoopEnd<A>) -> Option<Last<A, A::Command>>
    where
        A::Command: Send,
    {
        if end.state.is_none() || self.inbox.control().stops_if_overdue() {
            return None;
        }
        let command = self.inbox.shared().take_last()?;
        let last = Last::new(end.state.take()?, command);
        if let Some(panic) = end.panic.take() {
            self.inbox.control().keep_panic(panic);
        }
        self.inbox.refuse_queued();
        self.inbox.work_mut().resume(last.method());
        Some(last)
    }

    /// Ends an actor whose state was taken by a method that has ended like this. Returns the exit.
    pub(crate) fn end_last(&mut self, LoopEnd { state, panic }: LoopEnd<()>) -> Exit<()> {
        let has_returned = state.is_some();
        if has_returned {
            self.inbox.work_mut().finish();
            let control = self.inbox.control();
            control.with_record(|record| record.is_last_unfinished = false);
        }
        self.end(panic, has_returned)
    }

    /// Waits for everything that the actor has started, after its loop has ended; at once if that is nothing. Queued
    /// commands are refused first, since a child or a task may wait for one of them. The state waits where it was
    /// before its loop, for [`end_of_wait`](Self::end_of_wait).
    #[inline]
    pub(crate) fn wait_for_dependants<'a>(
        &mut self,
        driver: &'a mut Driver,
        end: LoopEnd<A>,
    ) -> Result<LoopEnd<A>, Pin<Box<Dependants<'a>>>> {
        if !driver.has_dependants() {
            return Ok(end);
        }
        self.begin_wait(driver, end);
        Err(driver.wait())
    }

    #[cold]
    fn begin_wait(&mut self, driver: &mut Driver, end: LoopEnd<A>) {
        self.actor = end.state;
        if driver.begin_wait(end.panic) {
            self.inbox.refuse_queued();
        }
    }

    /// Returns the end of the loop, after the wait. The panic is kept in the record.
    pub(crate) fn end_of_wait(&mut self) -> LoopEnd<A> {
        LoopEnd {
            state: self.actor.take(),
            panic: None,
        }
    }

    /// Takes out the command that takes the state, and the state with it. Returns the end of the loop if there is no
    /// such command, or no time for it.
    #[inline]
    pub(crate) fn last_of(&mut self, mut end: LoopEnd<A>) -> Result<Last<A, A::Command>, LoopEnd<A>>
    where
        A::Command: Send,
    {
        if A::HAS_LAST {
            if let Some(last) = self.take_last(&mut end) {
                return Ok(last);
            }
        }
        Err(end)
    }

    /// Ends the mailbox after a loop that panicked or not, and returns the exit, without the state.
    #[inline]
    pub(crate) fn end(&mut self, panic: Option<Payload>, has_state: bool) -> Exit<()> {
        let leftover = self.inbox.refuse(failure(panic.as_ref(), has_state));
        let told = leftover.told;
        let exit = exit(self.inbox.work_mut(), panic, has_state, leftover);
        settle_end(self.inbox.control(), told, &exit);
        exit
    }

    /// Ends the mailbox of an actor that has no incarnation at the moment, and returns the exit.
    pub(crate) fn end_between(&mut self) -> Exit<()> {
        let reason = ExitReason::of(self.inbox.control().stop_reason());
        let leftover = self.inbox.refuse(None);
        let told = leftover.told;
        let mut exit = exit(self.inbox.work_mut(), None, false, leftover);
        if let ExitReason::Aborted = exit.reason {
            exit.reason = reason;
        }
        settle_end(self.inbox.control(), told, &exit);
        exit
    }

    /// Returns the exit of an incarnation that is followed by another one, which has the rest of the commands.
    pub(crate) fn end_incarnation(&mut self, outcome: LoopEnd<A>) -> Exit<A> {
        let LoopEnd { state, panic } = outcome;
        let leftover = Leftover::of_incarnation(self.inbox.control().begin_incarnation());
        let exit = exit(self.inbox.work_mut(), panic, state.is_some(), leftover);
        self.inbox.begin_incarnation();
        exit.with_state(state)
    }

    #[inline]
    pub(crate) fn end_and_report(&mut self, outcome: LoopEnd<A>) {
        let LoopEnd { state, panic } = outcome;
        let exit = self.end(panic, state.is_some());
        self.report(exit, state);
    }

    /// Hands the exit and the state to whoever gets them.
    #[inline]
    pub(crate) fn report(&mut self, mut exit: Exit<()>, mut state: Option<A>) {
        let recipient = &mut self.recipient;
        self.spans.in_scope(|| {
            if needs_drop::<A>() && !recipient.takes_state() {
                drop_state(&mut exit, &mut state);
                // The state may have panicked.
                self.inbox.control().settle_end(exit.reason.why());
            }
            recipient.receive(A::Command::ACTOR, exit, state);
        });
    }
}

/// Returns the reason for the end of an actor whose loop has ended like this, unless the loop returned.
#[inline]
fn failure(panic: Option<&Payload>, has_state: bool) -> Option<Why> {
    match panic {
        Some(_) => Some(Why::Panicked),
        None if !has_state => Some(Why::Aborted),
        None => None,
    }
}

/// Notes the reason for the end, unless callers are `told` so already.
#[inline]
fn settle_end(actor: &dyn Control, told: Why, exit: &Exit<()>) {
    let why = exit.reason.why();
    if why != told {
        actor.settle_end(why);
    }
}

/// Returns the exit of an actor that has done this `work`, without the state.
#[inline]
fn exit(work: &mut Work, panic: Option<Payload>, has_state: bool, leftover: Leftover) -> Exit<()> {
    work.cut_off(if panic.is_some() {
        CutOff::Panicked
    } else {
        CutOff::Stopped
    });
    let mut exit = Exit::new(panic, has_state, leftover.stop);
    exit.handled = work.done();
    exit.in_progress = work.in_progress();
    leftover.tell(&mut exit);
    exit
}

/// A running actor on a task of its own. Its end waits for a caller that has the state.
pub(crate) struct Spawned<A: SendActor, R: Recipient<A> + Send + 'static>(Option<Life<A, R>>);

impl<A: SendActor, R: Recipient<A> + Send + 'static> Spawned<A, R> {
    pub(crate) fn new(life: Life<A, R>) -> Self {
        Self(Some(life))
    }

    /// The actor, until its end.
    #[inline]
    pub(crate) fn life(&mut self) -> &mut Life<A, R> {
        self.0.as_mut().expect("the end consumes it")
    }

    /// Ends the actor, once. By reference: to move it would cost 1 % of a short life.
    #[inline]
    pub(crate) fn end_and_report(&mut self, outcome: LoopEnd<A>) {
        if A::Command::IN_PLACE && outcome.state.is_none() {
            if let Some(life) = self.0.take() {
                end_without_state(WithoutLoop::of(life, outcome.panic));
            }
        } else {
            self.life().end_and_report(outcome);
        }
    }

    /// Ends the actor, and reports that. Returns what remains to be done, if that takes time.
    #[inline]
    pub(crate) fn end<'a>(
        &'a mut self,
        driver: &'a mut Driver,
        outcome: LoopEnd<A>,
    ) -> Option<RestOfEnd<'a>> {
        if driver.has_dependants() {
            self.life().begin_wait(driver, outcome);
            return Some(end_after_wait(driver, self));
        }
        self.end_now(driver, outcome)
    }

    /// Ends an actor that waits for nothing.
    #[inline]
    fn end_now<'a>(
        &'a mut self,
        driver: &'a mut Driver,
        outcome: LoopEnd<A>,
    ) -> Option<RestOfEnd<'a>> {
        // A constant, so that other actors have no code for the method.
        if !A::HAS_LAST {
            self.end_and_report(outcome);
            return None;
        }
        match self.life().last_of(outcome) {
            Ok(last) => Some(self.run_last(driver, last)),
            Err(outcome) => {
                self.end_and_report(outcome);
                None
            }
        }
    }

    /// Runs the method that takes the state, ends the actor, and reports that.
    ///
    /// In a box, so that an actor without such a command has no room for it.
    pub(crate) fn run_last<'a>(
        &'a mut self,
        driver: &'a mut Driver,
        last: Last<A, A::Command>,
    ) -> RestOfEnd<'a> {
        Box::pin(async move {
            let outcome = Drive::new(driver, Some(last.begin(A::last_send))).await;
            let life = self.life();
            let exit = life.end_last(outcome);
            life.report(exit, None);
        })
    }
}

/// The rest of the end of an actor. In a box, so that an actor whose end takes no time has no room for it.
type RestOfEnd<'a> = Pin<Box<dyn Future<Output = ()> + Send + 'a>>;

/// A running actor of any type, whose loop has ended.
trait Waiting: Send {
    /// Ends the actor after the wait for what it has started. Returns what remains to be done, if that takes time.
    fn end_after_wait<'a>(&'a mut self, driver: &'a mut Driver) -> Option<RestOfEnd<'a>>;
}

impl<A: SendActor, R: Recipient<A> + Send + 'static> Waiting for Spawned<A, R> {
    fn end_after_wait<'a>(&'a mut self, driver: &'a mut Driver) -> Option<RestOfEnd<'a>> {
        let outcome = self.life().end_of_wait();
        self.end_now(driver, outcome)
    }
}

/// Waits for everything that the actor has started, and ends it then. Compiled once, and not for each actor.
#[cold]
fn end_after_wait<'a>(driver: &'a mut Driver, actor: &'a mut dyn Waiting) -> RestOfEnd<'a> {
    Box::pin(async move {
        driver.wait().await;
        if let Some(rest) = actor.end_after_wait(driver) {
            rest.await;
        }
    })
}

impl<A: SendActor, R: Recipient<A> + Send + 'static> Drop for Spawned<A, R> {
    fn drop(&mut self) {
        if A::Command::IN_PLACE {
            if let Some(life) = self.0.take() {
                if !life.inbox.is_finished() {
                    drop_without_state(WithoutLoop::of(life, None));
                }
            }
        }
    }
}

/// An actor whose loop is gone, with the panic of the loop, if there was one.
struct WithoutLoop<A: SendActor, R: Recipient<A> + Send + 'static> {
    life: Life<A, R>,
    panic: Option<Payload>,
}

impl<A: SendActor, R: Recipient<A> + Send + 'static> WithoutLoop<A, R> {
    fn of(life: Life<A, R>, panic: Option<Payload>) -> (Controller, Box<dyn Ending>) {
        let actor = Controller::of(life.inbox.shared());
        (actor, Box::new(Self { life, panic }))
    }
}

/// Ends an actor whose loop was cut off, or leaves the end to the caller that has its state.
#[cold]
fn end_without_state((actor, ending): (Controller, Box<dyn Ending>)) {
    if let Err((ending, returned)) = actor.leave(ending) {
        ending.end(returned);
    }
}

/// Drops an actor with its loop, or leaves the end to the caller that has its state.
#[cold]
fn drop_without_state((actor, ending): (Controller, Box<dyn Ending>)) {
    // If the loop had the state, the drop ends the actor.
    if let Err((ending, returned @ Some(_))) = actor.leave(ending) {
        ending.end(returned);
    }
}

impl<A: SendActor, R: Recipient<A> + Send + 'static> Ending for WithoutLoop<A, R> {
    fn end(mut self: Box<Self>, returned: Option<Returned>) {
        let Self { life, panic } = &mut *self;
        if let Some(returned) = returned {
            drop_returned(returned, life.inbox.work_mut(), panic);
        }
        let panic = panic.take();
        life.end_and_report(LoopEnd { state: None, panic });
    }
}

/// A supervisor that waits for a state that a caller has.
struct Handover(oneshot::Sender<Returned>);

impl Ending for Handover {
    fn end(self: Box<Self>, returned: Option<Returned>) {
        let unsent = returned.and_then(|returned| self.0.send(returned).err());
        // The supervisor is gone, and so nobody is told of a panic.
        if let Some(panic) = caught(|| drop(unsent)) {
            discard(panic);
        }
    }
}

/// Drops a state that was lent, after its actor's loop. Keeps the first panic.
#[cold]
fn drop_returned(
    (mut state, last_panic): Returned,
    work: &mut Work,
    first_panic: &mut Option<Payload>,
) {
    work.absorb(state.tally());
    let dropped = caught(|| drop(state));
    for panic in [last_panic, dropped].into_iter().flatten() {
        keep_first(first_panic, panic);
    }
}

impl<A: Actor, R: Recipient<A>> Drop for Life<A, R> {
    fn drop(&mut self) {
        if self.inbox.is_finished() {
            return;
        }
        // Before the state is dropped, so that callers whose replies it has find out why.
        self.inbox.control().foresee_end(Why::Aborted);
        self.inbox.control().close();
        let panic = caught_drop(&mut self.actor);
        self.end_and_report(LoopEnd { state: None, panic });
    }
}
