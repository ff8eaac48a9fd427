//! The command that somebody waits for with an answer or a stream of their own.

use std::task::{Context, Poll, ready};

use crate::error::CallError;
use crate::polled;
use crate::position::Accepted;
use crate::shared::Controller;
use crate::spans::WaitingCaller;
use crate::waits::{Until, Watched};

/// A command that an actor has accepted. It keeps the mailbox, but not the actor.
pub(crate) struct Origin {
    pub(crate) actor: Controller,
    pub(crate) accepted: Accepted,
    /// The method that is called, if anybody may send the answer.
    pub(crate) deferred: Option<&'static str>,
    #[expect(dead_code, reason = "it is there to be dropped when the caller leaves")]
    pub(crate) caller: WaitingCaller,
}

impl Origin {
    /// Says what became of the command, whose reply was lost because of `lost`.
    pub(crate) fn why_lost(&self, lost: CallError) -> CallError {
        self.actor.why_lost(self.accepted, lost)
    }

    /// Lists that the method being polled waits for what the command gives, unless that would be forever.
    pub(crate) fn poll_list(
        &self,
        watch: &mut Option<Box<Watched>>,
        cx: &mut Context<'_>,
    ) -> Poll<Result<(), CallError>> {
        let until = Until::of_answer(self.deferred, Some(self.accepted));
        let listed = ready!(polled::poll_list(watch, self.actor.waits(), until, cx));
        Poll::Ready(listed.map_err(|cycle| CallError::Deadlock(cycle.of_an_accepted_command())))
    }
}
