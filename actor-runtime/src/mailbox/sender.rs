//! The sending half of a mailbox.

use std::fmt;
use std::mem;
use std::pin::Pin;
use std::ptr;
use std::sync::Arc;
use std::sync::atomic::Ordering::{AcqRel, Acquire};
use std::task::{Context, Poll, Waker, ready};

use tokio::task::coop;
use tokio_util::sync::CancellationToken;

use super::gate::{Admission, Line};
use super::lane::{Sent, push};
use super::{Accepted, Lane, Mailbox, Position, mailbox};
use crate::actor::Command;
use crate::error::{CallError, Cycle};
use crate::shutdown::Shutdown;
use crate::waits::{self, Listed, Until};

/// All that a generated client holds. The mailbox ends when the last one is dropped.
pub struct Sender<C: Command> {
    mailbox: Arc<Mailbox<C>>,
}

impl<C: Command> Sender<C> {
    /// The one that a new mailbox counts already.
    pub(super) fn first(mailbox: Arc<Mailbox<C>>) -> Self {
        Self { mailbox }
    }

    pub(crate) fn mailbox(&self) -> &Arc<Mailbox<C>> {
        &self.mailbox
    }

    /// Sends a command that has no answer.
    #[inline]
    pub fn cast(&self, command: C) -> Send<'_, C> {
        Send {
            mailbox: &self.mailbox,
            lane: self.mailbox.lane_of(&command),
            sent: Some(Sent::new(command)),
            wait: None,
        }
    }

    /// Sends a command, if there is room for it; where it was accepted, for [`why_lost`](Self::why_lost).
    pub(crate) fn try_send(&self, command: C) -> Result<Accepted, CallError> {
        let has_priority = command.has_priority();
        let position = self
            .mailbox
            .lane_of(&command)
            .try_push(Sent::new(command))?;
        Ok(Accepted {
            has_priority,
            position,
        })
    }

    /// What the actor announces.
    #[inline]
    pub fn events(&self) -> &C::Events {
        &self.mailbox.events
    }

    /// The latest values of the actor.
    #[inline]
    pub fn latest(&self) -> &C::Latest {
        &self.mailbox.latest
    }

    pub(crate) fn downgrade(&self) -> WeakSender<C> {
        WeakSender {
            mailbox: Arc::clone(&self.mailbox),
        }
    }
}

impl<C: Command> Clone for Sender<C> {
    fn clone(&self) -> Self {
        self.mailbox.gate().count_sender();
        Self {
            mailbox: Arc::clone(&self.mailbox),
        }
    }
}

impl<C: Command> Drop for Sender<C> {
    fn drop(&mut self) {
        let gate = self.mailbox.gate();
        if gate.senders.fetch_sub(1, AcqRel) == 1 && !gate.is_stopping() {
            self.mailbox.lane().wake_one(Line::receiver);
        }
    }
}

impl<C: Command> fmt::Debug for Sender<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("is_closed", &self.mailbox.lane().is_closed())
            .finish_non_exhaustive()
    }
}

/// A sender that does not keep the actor alive.
pub(crate) struct WeakSender<C: Command> {
    mailbox: Arc<Mailbox<C>>,
}

impl<C: Command> WeakSender<C> {
    /// One whose mailbox has no sender, but is not closed.
    pub(crate) fn detached() -> Self {
        let (sender, inbox) = mailbox(1, Shutdown::Stop, CancellationToken::new());
        inbox.forget();
        sender.downgrade()
    }

    pub(crate) fn mailbox(&self) -> &Arc<Mailbox<C>> {
        &self.mailbox
    }

    pub(crate) fn upgrade(&self) -> Option<Sender<C>> {
        self.mailbox
            .gate()
            .senders
            .fetch_update(AcqRel, Acquire, |senders| {
                (senders > 0).then_some(senders + 1)
            })
            .ok()?;
        Some(Sender {
            mailbox: Arc::clone(&self.mailbox),
        })
    }
}

impl<C: Command> Clone for WeakSender<C> {
    fn clone(&self) -> Self {
        Self {
            mailbox: Arc::clone(&self.mailbox),
        }
    }
}

/// Waits until the mailbox has accepted the command. Dropped before that, it leaves nothing behind.
#[must_use = "futures do nothing unless polled"]
pub struct Send<'a, C: Command> {
    mailbox: &'a Mailbox<C>,
    lane: &'a Lane<C>,
    /// `None` unless it had to wait: then there is little to do when it is dropped. Before the command, whose drop
    /// finds the slot free.
    wait: Option<Wait<'a, C>>,
    sent: Option<Sent<C>>,
}

/// The command is moved out before anything could rely on its address.
impl<C: Command> Unpin for Send<'_, C> {}

impl<C: Command> Future for Send<'_, C> {
    type Output = Result<(), CallError>;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.get_mut().poll_accepted(cx).map_ok(drop)
    }
}

impl<C: Command> Send<'_, C> {
    /// What became of the command, once it was accepted, whose reply was lost because of `lost`.
    pub(crate) fn why_lost(&self, position: Position, lost: CallError) -> CallError {
        self.lane.why_lost(position, lost)
    }

    /// Sends the command, if there is room for it.
    pub(crate) fn try_accept(&mut self) -> Result<Position, CallError> {
        match self.sent.take() {
            Some(sent) => self.lane.try_push(sent),
            None => Err(CallError::Closed),
        }
    }

    pub(crate) fn mailbox(&self) -> &Mailbox<C> {
        self.mailbox
    }

    /// Where the command was accepted.
    pub(crate) fn accepted_at(&self, position: Position) -> Accepted {
        let priority = self.mailbox.priority();
        Accepted {
            has_priority: priority.is_some_and(|priority| ptr::eq(priority, self.lane)),
            position,
        }
    }

    #[inline]
    pub(crate) fn poll_accepted(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Result<Position, CallError>> {
        let budget = ready!(coop::poll_proceed(cx));
        // Before the lock, so that it is dropped after.
        let mut old = None;
        let mut state = self.lane.lock();
        if self.has_ticket() || !state.line.admits(&self.lane.gate) {
            let gate = &self.lane.gate;
            let ticket = &mut self.waiting().ticket;
            match state.line.turn(gate, ticket, cx.waker(), &mut old) {
                Admission::Now => {}
                Admission::Later(receiver) => {
                    drop(state);
                    return self.poll_later(receiver);
                }
                Admission::Never => return Poll::Ready(Err(CallError::Closed)),
            }
        }
        // Not `made_progress`, which costs a call: this is 4 % of a cast.
        mem::forget(budget);
        let Some(sent) = self.sent.take() else {
            panic!("`Send` was polled after it was ready");
        };
        Poll::Ready(Ok(push(state, sent)))
    }
}

impl<'a, C: Command> Send<'a, C> {
    /// It waits in line, unless it does so for ever.
    #[cold]
    fn poll_later(&mut self, receiver: Option<Waker>) -> Poll<Result<Position, CallError>> {
        if let Some(receiver) = receiver {
            receiver.wake();
        }
        if let Err(cycle) = self.list_wait(Until::Done) {
            self.wait = None;
            return Poll::Ready(Err(CallError::Deadlock(cycle)));
        }
        Poll::Pending
    }

    /// Lists that the method which is polled waits for this, if one is.
    fn list_wait(&mut self, until: Until) -> Result<(), Cycle> {
        let listed = self.wait.as_ref().and_then(|it| it.listed.as_ref());
        if let Some(listed) = listed {
            listed.is_for(until);
        } else if waits::in_method() {
            let listed = waits::list(self.mailbox.waits(), until)?;
            self.waiting().listed = listed;
        }
        Ok(())
    }

    /// Lists that the method which is polled waits for the answer to the command, which was accepted at `position`
    /// or not yet; `deferred` is the method that is called, if anybody may send it.
    #[cold]
    pub(crate) fn list_call(
        &mut self,
        position: Option<Position>,
        deferred: Option<&'static str>,
    ) -> Result<(), CallError> {
        let accepted = match position {
            Some(position) => Some(self.accepted_at(position)),
            None if self.lane.is_closed() => return Ok(()),
            None => None,
        };
        let until = match deferred {
            Some(method) => Until::Answered { method, accepted },
            None => Until::Done,
        };
        match self.list_wait(until) {
            Ok(()) => Ok(()),
            Err(cycle) if accepted.is_some() => {
                Err(CallError::Deadlock(cycle.of_an_accepted_command()))
            }
            Err(cycle) => Err(CallError::Deadlock(cycle)),
        }
    }

    /// It does not wait any more.
    #[inline]
    pub(crate) fn end_wait(&mut self) {
        self.wait = None;
    }

    #[inline]
    fn has_ticket(&self) -> bool {
        let wait = self.wait.as_ref();
        wait.is_some_and(|wait| wait.ticket.is_some())
    }

    #[cold]
    fn waiting(&mut self) -> &mut Wait<'a, C> {
        self.wait.get_or_insert_with(|| Wait {
            lane: self.lane,
            ticket: None,
            listed: None,
        })
    }
}

/// A sender that has to wait. Dropped, it does not any more.
struct Wait<'a, C> {
    lane: &'a Lane<C>,
    /// What it has in line.
    ticket: Option<u64>,
    /// Where it is listed that a method waits for this.
    listed: Option<Listed>,
}

impl<C> Drop for Wait<'_, C> {
    #[cold]
    fn drop(&mut self) {
        if let Some(ticket) = self.ticket {
            self.lane.leave(ticket);
        }
    }
}
