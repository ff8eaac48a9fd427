//! The part of a running actor that outlives its loop: it makes the exit, also when the task is dropped.

use std::sync::Arc;
use std::task::Waker;

use super::{Actor, Context, Settings};
use crate::client::Client as _;
use crate::command::Command;
use crate::drive::LoopEnd;
use crate::exit::Exit;
use crate::handle::{OnExit, log_unseen};
use crate::inbox::{Inbox, Leftover, Work};
use crate::spans::Spans;

pub(crate) struct Life<A: Actor> {
    pub(crate) inbox: Inbox<A::Command>,
    pub(crate) context: Context<A>,
    pub(crate) spans: Spans,
    /// Gets the exit. If there is none, nobody does.
    pub(crate) on_exit: Option<OnExit<A>>,
}

impl<A: Actor> Life<A> {
    pub(crate) fn new(settings: Settings<A>) -> (A::Client, Self) {
        let token = settings.shutdown.unwrap_or_default();
        let (sender, mut inbox) = Inbox::open(settings.capacity, A::SHUTDOWN, token);
        if A::DETACHED {
            inbox.detach();
        }
        if A::START_CAN_FAIL {
            inbox.control().expect_start();
        }
        inbox.work_mut().drive();
        let client = A::Client::from_sender(sender);
        let life = Self {
            inbox,
            context: Context::new(client.downgrade()),
            spans: Spans::new(A::Command::ACTOR),
            on_exit: settings.on_exit,
        };
        (client, life)
    }

    /// Returns the waker of the shutdown token, which stops the actor.
    pub(crate) fn waker(&self) -> Waker
    where
        A::Command: Send,
    {
        Waker::from(Arc::clone(self.inbox.shared()))
    }

    /// Ends the mailbox, and returns the exit.
    pub(crate) fn end(&mut self, outcome: LoopEnd<A>) -> Exit<A> {
        let leftover = self.inbox.refuse();
        self.exit(outcome, leftover)
    }

    /// Returns the exit of an incarnation that is followed by another one, which has the rest of the commands.
    pub(crate) fn end_incarnation(&mut self, outcome: LoopEnd<A>) -> Exit<A> {
        let record = self.inbox.control().begin_incarnation();
        let exit = self.exit(outcome, Leftover::of_incarnation(record));
        self.inbox.begin_incarnation();
        exit
    }

    fn exit(&self, outcome: LoopEnd<A>, leftover: Leftover) -> Exit<A> {
        let LoopEnd { state, panic } = outcome;
        let mut exit = Exit::new(panic, state.is_some(), leftover.stop);
        tell(self.inbox.work(), leftover, &mut exit);
        exit.with_state(state)
    }

    pub(crate) fn end_and_report(&mut self, outcome: LoopEnd<A>) {
        let exit = self.end(outcome);
        self.report(exit);
    }

    /// Hands the exit to whoever gets it.
    pub(crate) fn report(&mut self, exit: Exit<A>) {
        let on_exit = self.on_exit.take();
        self.spans.in_scope(|| match on_exit {
            Some(on_exit) => on_exit(exit),
            None => log_unseen(A::Command::ACTOR, &exit),
        });
    }
}

/// Adds the work that was done, and what was left of the mailbox, to the `exit`.
fn tell(work: &Work, leftover: Leftover, exit: &mut Exit<()>) {
    exit.handled = work.done();
    exit.in_progress = work.in_progress();
    leftover.tell(exit);
}

impl<A: Actor> Drop for Life<A> {
    fn drop(&mut self) {
        if !self.inbox.is_finished() {
            self.end_and_report(LoopEnd::CUT_OFF);
        }
    }
}
