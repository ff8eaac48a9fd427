//! The loop of an actor whose methods run in place: it lends the state when it has nothing to do.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::pin::Pin;
use std::task::{self, Poll, ready};

use crate::actor::{Actor, Context, SendActor};
use crate::command::Command;
use crate::inbox::Inbox;
use crate::lent::{Custody, Handled, Lendable, LentState, Reshape, Shape, Tally};
use crate::meters::{CutOff, Ticket};
use crate::spans::{Caller, Spans};

impl<A> Lendable<A::Command> for LentState<A, Context<A>>
where
    A: SendActor,
{
    fn handle_now(&mut self, command: A::Command, caller: Caller, ticket: Ticket) -> Handled {
        let Self {
            actor,
            context,
            tally,
            spans,
            is_monitored,
            meter,
        } = self;
        meter.begin(command.name(), ticket);
        let handle = || {
            if *is_monitored {
                tally.begin_monitored_command(command.name(), caller);
            } else {
                tally.begin_command(command.name(), caller);
            }
            actor.handle_now(command, context);
            if *is_monitored {
                tally.end_monitored();
            } else {
                tally.end();
            }
        };
        let result = catch_unwind(AssertUnwindSafe(|| match spans {
            Some(spans) => spans.in_scope(handle),
            None => handle(),
        }));
        match &result {
            Ok(()) => meter.end(),
            Err(_) => meter.cut_off(CutOff::Panicked),
        }
        match result {
            Ok(()) if context.shared().control().common().takes_new_dependants() => {
                Handled::WakesLoop
            }
            Ok(()) => Handled::Done,
            Err(payload) => Handled::Panicked(payload),
        }
    }

    fn into_any(self: Box<Self>) -> Box<dyn Any + Send> {
        self
    }
}

/// The state of an actor, with its loop or lent to a caller.
pub struct Lending<'a, A, X, C: Command> {
    inbox: &'a mut Inbox<C>,
    /// `None` while the loop has lent the state, or has given it back to `run`.
    state: Option<Box<LentState<A, X>>>,
    /// `None` for an actor that lends nothing.
    reshape: Option<Reshape<A, X, C>>,
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
            tally: Tally::default(),
            spans: self.lent_spans(),
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

impl<C: Command> Inbox<C> {
    /// Returns a clone of the spans of the actor, for callers.
    fn lent_spans(&self) -> Option<Spans> {
        let spans = self.with_custody(Custody::take_spans).flatten();
        // A subscriber may do everything that others can do, so no lock is held.
        let cloned = spans.clone();
        self.with_custody(|custody| custody.keep_spans(spans));
        cloned
    }
}

impl<'a, A, X, C: Command> Lending<'a, A, X, C> {
    /// Receives the next command, as [`Inbox::next`] does. The state is here when there is one, and when there will be
    /// none.
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
    pub fn into_state(mut self) -> A {
        let state = self.state.take();
        state.expect("the loop ends when the state is here").actor
    }

    fn poll_next(&mut self, cx: &mut task::Context<'_>) -> Poll<Option<C>> {
        if self.state.is_none() {
            let (state, panic) = ready!(self.inbox.poll_state(cx));
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
    fn keep(&mut self, state: Box<dyn Lendable<C>>) {
        let state = self.reshape.map(|reshape| reshape(Shape::Erased(state)));
        if let Some(Shape::Typed(mut state)) = state {
            self.inbox.work_mut().absorb(&mut state.tally);
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
                Shape::Erased(state) => {
                    self.inbox.with_custody(|custody| custody.put(state));
                }
                Shape::Typed(state) => self.state = Some(state),
            }
        }
    }
}

/// A loop that is dropped takes the state with it, unless a caller has that.
impl<A, X, C: Command> Drop for Lending<'_, A, X, C> {
    fn drop(&mut self) {
        if self.state.is_some() {
            return;
        }
        let returned = self.inbox.with_custody(|custody| custody.take_back(true));
        if let Some((state, panic)) = returned.flatten() {
            if let Some(panic) = panic {
                self.inbox.control().keep_panic(panic);
            }
            self.keep(state);
        }
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
