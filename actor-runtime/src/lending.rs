//! The loop of an actor whose methods run in place: it lends the state when it has nothing to do.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::pin::Pin;
use std::task::{self, Poll, ready};

use tokio::task::Id;

use crate::actor::{Actor, Context, SendActor};
use crate::command::Command;
use crate::inbox::Inbox;
use crate::lent::{
    Ending, Handled, Lendable, LentState, Reshape, Returned, Shape, Tally, Unclaimed,
};
use crate::mailbox::Sent;
use crate::meters::{CutOff, Meter, Ticket};
use crate::panics::Payload;
use crate::polled;
use crate::shared::{Control, Controller};
use crate::spans::{Caller, Spans};

impl<A> Lendable for LentState<A, Context<A>, Controller>
where
    A: SendActor,
{
    fn handle_now(&mut self, sent: &mut dyn Any, caller_task: Option<Id>) -> Handled {
        let sent = sent
            .downcast_mut()
            .and_then(Option::<Sent<A::Command>>::take);
        let Some(Sent {
            command,
            caller,
            ticket,
        }) = sent
        else {
            unreachable!("a caller brings a command of the actor");
        };
        let mut share = self.share.take();
        let result = polled::poll_once(&mut share, caller_task, || {
            catch_unwind(AssertUnwindSafe(|| self.handle(command, caller, ticket)))
        });
        self.share = share;
        handled(result, &mut self.meter, self.context.shared().control())
    }

    fn tally(&mut self) -> &mut Tally {
        &mut self.tally
    }

    fn into_any(self: Box<Self>) -> Box<dyn Any + Send> {
        self
    }
}

/// Returns the way in which a method of the actor behind `control` has ended.
#[inline]
fn handled(result: Result<(), Payload>, meter: &mut Meter, control: &dyn Control) -> Handled {
    if let Err(payload) = result {
        meter.cut_off(CutOff::Panicked);
        return Handled::Panicked(payload);
    }
    if control.common().takes_new_dependants() {
        Handled::WakesLoop
    } else {
        Handled::Done
    }
}

impl<A: SendActor> LentState<A, Context<A>, Controller> {
    #[inline]
    fn handle(&mut self, command: A::Command, caller: Caller, ticket: Ticket) {
        let Self {
            actor,
            context,
            tally,
            spans,
            is_monitored,
            meter,
            ..
        } = self;
        let handle = || {
            let method = command.name();
            tally.begin_command(method, caller, *is_monitored);
            // The recorder may also panic.
            meter.begin(method, ticket);
            actor.handle_now(command, context);
            meter.end();
            tally.end(*is_monitored);
        };
        match spans {
            Some(spans) => spans.in_scope(handle),
            None => handle(),
        }
    }
}

/// The state of an actor, with its loop or lent to a caller.
pub struct Lending<'a, A, X, C: Command> {
    inbox: &'a mut Inbox<C>,
    /// `None` while the loop has lent the state, or has given it back to `run`.
    state: Option<Box<LentState<A, X, Controller>>>,
    /// `None` for an actor that lends nothing.
    reshape: Option<Reshape<A, X, Controller>>,
}

impl<C: Command> Inbox<C> {
    /// Begins the loop of an actor that lends its state while it has nothing to do.
    pub fn lend<A>(&mut self, actor: A, context: &Context<A>) -> Lending<'_, A, Context<A>, C>
    where
        A: Actor<Command = C>,
    {
        let state = LentState {
            actor,
            context: context.duplicate(),
            share: None,
            tally: Tally::default(),
            spans: self.control().spans_in_place(),
            is_monitored: self.work().is_monitored(),
            meter: self.shared().meters().meter(),
        };
        Lending {
            inbox: self,
            state: Some(Box::new(state)),
            reshape: context.reshape(),
        }
    }
}

impl<'a, A, X, C: Command> Lending<'a, A, X, C> {
    /// Receives the next command, as [`Inbox::next`] does. Once this is ready, the state is here.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe: a command is taken out only when it is returned.
    #[expect(
        clippy::should_implement_trait,
        reason = "the next of a stream, not of an iterator"
    )]
    pub fn next(&mut self) -> NextCommand<'_, 'a, A, X, C> {
        NextCommand(self)
    }

    /// The state and its context, after a command was received.
    ///
    /// # Panics
    ///
    /// If the last call of `next` was not ready.
    pub fn parts(&mut self) -> (&mut A, &mut X) {
        let state = self.state.as_mut();
        let state = state.expect("a command comes when the state is here");
        (&mut state.actor, &mut state.context)
    }

    /// Returns the state, when there will be no further command.
    ///
    /// # Panics
    ///
    /// If the last call of `next` was not ready.
    pub fn into_state(self) -> A {
        let state = self.state;
        state.expect("the loop ends when the state is here").actor
    }

    fn poll_next(&mut self, cx: &mut task::Context<'_>) -> Poll<Option<C>> {
        if self.state.is_none() {
            let (state, panic) = ready!(self.inbox.control().poll_state(cx));
            self.keep(state);
            if let Some(panic) = panic {
                // As if the method had run here.
                resume_unwind(panic);
            }
        }
        let next = Pin::new(&mut self.inbox.next()).poll(cx);
        if next.is_pending() && self.inbox.takes_idle() {
            self.lend();
        }
        next
    }

    /// Keeps a state that has come back, and counts what callers did with it.
    fn keep(&mut self, mut state: Box<dyn Lendable>) {
        self.inbox.work_mut().absorb(state.tally());
        let Some(reshape) = self.reshape else {
            return;
        };
        if let Shape::Typed(state) = reshape(Shape::Erased(state)) {
            self.state = Some(state);
        }
    }

    /// Puts the state where callers find it.
    fn lend(&mut self) {
        let Some(reshape) = self.reshape else {
            return;
        };
        if let Some(state) = self.state.take() {
            match reshape(Shape::Typed(state)) {
                Shape::Erased(state) => self.inbox.control().lend(state),
                Shape::Typed(state) => self.state = Some(state),
            }
        }
    }
}

impl dyn Control + '_ {
    /// Lets callers on this runtime take the state when the loop lends it, in these `spans`.
    pub(crate) fn begin_lending(&self, spans: Spans) {
        if let Some(custody) = self.lanes().first.lock().queue.custody() {
            custody.settle(spans);
        }
    }

    /// Leaves an actor whose loop is gone to the caller that has the state. If none has, gives it back.
    #[cold]
    pub(crate) fn leave(&self, ending: Box<dyn Ending>) -> Result<(), Unclaimed> {
        let left = match self.lanes().first.lock().queue.custody() {
            Some(custody) => custody.leave(ending),
            None => Err((ending, None)),
        };
        left.map(drop)
    }

    /// Returns a clone of the spans of an actor that lends its state.
    fn spans_in_place(&self) -> Option<Spans> {
        let first = self.lanes().first;
        let spans = first.lock().queue.custody()?.take_spans();
        // A subscriber may do everything that others can do, so no lock is held.
        let cloned = spans.clone();
        if let Some(custody) = first.lock().queue.custody() {
            custody.keep_spans(spans);
        }
        cloned
    }

    /// Puts the state of a loop that has nothing to do where callers find it.
    pub(crate) fn lend(&self, state: Box<dyn Lendable>) {
        if let Some(custody) = self.lanes().first.lock().queue.custody() {
            custody.put(state);
        }
    }

    /// Takes back the state that the loop has lent, if there is something to do. If not, whoever brings work or the
    /// state wakes the loop.
    pub(crate) fn poll_state(&self, cx: &mut task::Context<'_>) -> Poll<Returned> {
        let lanes = self.lanes();
        // Before the look, so that none is missed.
        lanes.leave_priority_receiver(cx.waker());
        let is_urgent = !lanes.is_priority_empty();
        let mut lane = lanes.first.lock();
        let has_work = is_urgent
            || !lane.queue.is_empty()
            || !lane.line.is_free()
            || lanes.first.gate().is_halted()
            || !self.has_senders();
        let custody = lane.queue.custody();
        if let Some(lent) = custody.and_then(|custody| custody.take_back(has_work)) {
            return Poll::Ready(lent);
        }
        let old = lane.line.leave_receiver(cx.waker().clone());
        drop(lane);
        drop(old);
        Poll::Pending
    }
}

/// The future of the next command.
pub struct NextCommand<'l, 'a, A, X, C: Command>(&'l mut Lending<'a, A, X, C>);

impl<A, X, C: Command> Future for NextCommand<'_, '_, A, X, C> {
    type Output = Option<C>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut task::Context<'_>) -> Poll<Self::Output> {
        self.0.poll_next(cx)
    }
}

/// Runs the loop of an actor like the one of [`run`](crate::actor::run) whose calls may run in place.
pub async fn run_lending<A: Actor>(
    actor: A,
    inbox: &mut Inbox<A::Command>,
    context: &mut Context<A>,
) -> A {
    let mut lent = inbox.lend(actor, context);
    while let Some(command) = lent.next().await {
        let (actor, context) = lent.parts();
        actor.handle(command, context).await;
    }
    lent.into_state()
}
