//! The sending end of a mailbox.

use std::fmt;
use std::mem;
use std::pin::Pin;
use std::ptr;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use tokio::task::coop;
use tokio_util::sync::CancellationToken;

use crate::command::{Command, Emitter};
use crate::error::CallError;
use crate::events::Subscription;
use crate::mailbox::{Admission, AnyLane, Lane, Place, Queue, Sent, push, wake};
use crate::polled;
use crate::position::{Accepted, Position};
use crate::shared::{Control, Shared};
use crate::shutdown::Shutdown;
use crate::waits::{Listed, Until};

/// The only field of a generated client. The mailbox ends when the last sender is dropped.
pub struct Sender<C: Command> {
    shared: Arc<Shared<C>>,
}

impl<C: Command> Sender<C> {
    /// The sender that a new mailbox counts already.
    pub(crate) fn first(shared: Arc<Shared<C>>) -> Self {
        Self { shared }
    }

    pub(crate) fn shared(&self) -> &Arc<Shared<C>> {
        &self.shared
    }

    /// Sends a command that has no answer.
    #[inline]
    pub fn cast(&self, command: C) -> Cast<'_, C> {
        Cast {
            shared: &self.shared,
            lane: self.shared.mailbox.lanes.of(&command),
            wait: None,
            sent: Some(Sent::new(command)),
        }
    }

    /// The events of the actor.
    #[inline]
    pub fn events(&self) -> &C::Events {
        &self.shared.events
    }

    /// The latest values of the actor.
    #[inline]
    pub fn latest(&self) -> &C::Latest {
        &self.shared.latest
    }

    /// Subscribes to the events that are emitted from now on.
    pub fn subscribe(&self) -> Subscription<C::Event>
    where
        C: Emitter,
    {
        self.events().subscribe()
    }

    pub(crate) fn downgrade(&self) -> WeakSender<C> {
        WeakSender {
            shared: Arc::clone(&self.shared),
        }
    }
}

impl<C: Command> Clone for Sender<C> {
    fn clone(&self) -> Self {
        self.shared.mailbox.count_sender();
        Self {
            shared: Arc::clone(&self.shared),
        }
    }
}

impl<C: Command> Drop for Sender<C> {
    fn drop(&mut self) {
        let mailbox = &self.shared.mailbox;
        if mailbox.discount_sender() {
            let lane = mailbox.lanes.first();
            if !lane.gate().is_stopping() {
                lane.erased().wake_receiver();
            }
        }
    }
}

impl<C: Command> fmt::Debug for Sender<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        describe(self.shared.control(), f)
    }
}

fn describe(actor: &dyn Control, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    f.debug_struct("Client")
        .field("is_closed", &actor.lanes().first.is_closed())
        .finish_non_exhaustive()
}

/// A sender that does not keep the actor alive.
pub(crate) struct WeakSender<C: Command> {
    shared: Arc<Shared<C>>,
}

impl<C: Command> WeakSender<C> {
    /// A sender of a mailbox that has no other sender, but is not closed.
    pub(crate) fn detached() -> Self {
        let shared = Shared::new(1, Shutdown::Stop, CancellationToken::new());
        shared.mailbox.discount_sender();
        Self {
            shared: Arc::new(shared),
        }
    }

    pub(crate) fn shared(&self) -> &Arc<Shared<C>> {
        &self.shared
    }

    pub(crate) fn upgrade(&self) -> Option<Sender<C>> {
        self.shared.mailbox.revive_sender().then(|| Sender {
            shared: Arc::clone(&self.shared),
        })
    }
}

impl<C: Command> Clone for WeakSender<C> {
    fn clone(&self) -> Self {
        Self {
            shared: Arc::clone(&self.shared),
        }
    }
}

/// Waits until the mailbox has accepted the command. Dropped before that, it leaves nothing behind.
#[must_use = "futures do nothing unless polled"]
pub struct Cast<'a, C: Command> {
    shared: &'a Arc<Shared<C>>,
    lane: &'a Lane<Queue<C>>,
    /// `None` unless it had to wait, so that there is little to do when it is dropped. It stands before the command,
    /// whose drop finds the slot free.
    wait: Option<CastWait<'a, C>>,
    sent: Option<Sent<C>>,
}

/// The command is moved out before anything could rely on its address.
impl<C: Command> Unpin for Cast<'_, C> {}

impl<C: Command> Future for Cast<'_, C> {
    type Output = Result<(), CallError>;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match self.get_mut().poll_accepted(cx) {
            Poll::Ready(Ok(_)) => Poll::Ready(Ok(())),
            Poll::Ready(Err(error)) => Poll::Ready(Err(error)),
            Poll::Pending => Poll::Pending,
        }
    }
}

impl<'a, C: Command> Cast<'a, C> {
    /// Sends the command at once, if there is room for it.
    pub fn if_room(mut self) -> Result<(), CallError> {
        self.accept_if_room().map(drop)
    }

    /// Accepts the command at once, if there is room for it.
    pub(crate) fn accept_if_room(&mut self) -> Result<Position, CallError> {
        match self.sent.take() {
            Some(sent) => self.lane.try_push(sent),
            None => Err(CallError::Closed),
        }
    }

    #[inline]
    pub(crate) fn poll_accepted(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Result<Position, CallError>> {
        let budget = ready!(coop::poll_proceed(cx));
        // Declared before the guard, so that it is dropped without the lock.
        let mut waker;
        let mut state = self.lane.lock();
        if self.has_place() || !state.line.admits(self.lane.gate()) {
            drop(state);
            waker = Some(cx.waker().clone());
            state = self.lane.lock();
            let gate = self.lane.gate();
            let place = &mut self.waiting().place;
            match state.line.turn(gate, place, &mut waker) {
                Admission::Now => {}
                Admission::Later(receiver) => {
                    drop(state);
                    wake(receiver);
                    return self.poll_later();
                }
                Admission::Never => return Poll::Ready(Err(CallError::Closed)),
            }
        }
        // Not `made_progress`, which costs a call: this is 4 % of a cast.
        mem::forget(budget);
        let Some(sent) = self.sent.take() else {
            panic!("`Cast` was polled after it was ready");
        };
        Poll::Ready(Ok(push(state, sent)))
    }

    /// Waits in line, unless that would be forever.
    #[cold]
    fn poll_later(&mut self) -> Poll<Result<Position, CallError>> {
        let actor = self.shared.control();
        let result = list(actor, &mut self.waiting().listed, Until::Done);
        if result.is_err() {
            self.wait = None;
        }
        pending_unless_failed(result)
    }

    /// Lists that the method which is polled waits for the answer to the command, which was accepted at `position`
    /// or not yet. `deferred` is the method that is called, if anybody may send the answer.
    #[cold]
    pub(crate) fn list_wait_for_answer(
        &mut self,
        position: Option<Position>,
        deferred: Option<&'static str>,
    ) -> Result<(), CallError> {
        let actor = self.shared.control();
        let has_priority = self.has_priority();
        let listed = &mut self.waiting().listed;
        list_answer(actor, listed, has_priority, position, deferred)
    }

    pub(crate) fn lane(&self) -> &AnyLane<'_> {
        self.lane.erased()
    }

    fn has_priority(&self) -> bool {
        C::HAS_PRIORITY && !ptr::eq(self.lane, self.shared.mailbox.lanes.first())
    }

    /// Returns where the command was accepted.
    pub(crate) fn accepted_at(&self, position: Position) -> Accepted {
        Accepted {
            has_priority: self.has_priority(),
            position,
        }
    }

    /// Returns the name of the method that the command calls, before it is accepted.
    pub(crate) fn method(&self) -> &'static str {
        let sent = self.sent.as_ref();
        sent.map_or("", |sent| sent.command.name())
    }

    pub(crate) fn shared(&self) -> &'a Arc<Shared<C>> {
        self.shared
    }

    /// Ends the wait, if there was one.
    #[inline]
    pub(crate) fn end_wait(&mut self) {
        self.wait = None;
    }

    #[inline]
    fn has_place(&self) -> bool {
        match &self.wait {
            Some(wait) => wait.place.is_some(),
            None => false,
        }
    }

    #[cold]
    fn waiting(&mut self) -> &mut CastWait<'a, C> {
        self.wait.get_or_insert(CastWait {
            lane: self.lane,
            place: None,
            listed: None,
        })
    }
}

/// The wait of a sender. Dropping it gives up the place in line, or passes the slot on.
struct CastWait<'a, C> {
    lane: &'a Lane<Queue<C>>,
    /// The sender's place in line, or its slot that it has not used yet.
    place: Option<Place>,
    /// Keeps it listed that a method waits for this.
    listed: Option<Listed>,
}

impl<C> Drop for CastWait<'_, C> {
    #[cold]
    fn drop(&mut self) {
        if let Some(place) = self.place {
            self.lane.erased().leave(place);
        }
    }
}

/// Keeps it `listed` that the method which is polled waits for `actor`, if one is.
fn list(actor: &dyn Control, listed: &mut Option<Listed>, until: Until) -> Result<(), CallError> {
    if let Some(listed) = listed {
        listed.update(until);
    } else if polled::in_method() {
        let new = polled::list_wait(actor.waits(), until);
        *listed = new.map_err(CallError::Deadlock)?;
    }
    Ok(())
}

/// Keeps it `listed` that the method which is polled waits for an answer of `actor`.
fn list_answer(
    actor: &dyn Control,
    listed: &mut Option<Listed>,
    has_priority: bool,
    position: Option<Position>,
    deferred: Option<&'static str>,
) -> Result<(), CallError> {
    if position.is_none() && actor.lanes().first.is_closed() {
        return Ok(());
    }
    let accepted = position.map(|position| Accepted {
        has_priority,
        position,
    });
    let until = match deferred {
        Some(method) => Until::Answered { method, accepted },
        None => Until::Done,
    };
    match list(actor, listed, until) {
        Err(CallError::Deadlock(cycle)) if accepted.is_some() => {
            Err(CallError::Deadlock(cycle.of_an_accepted_command()))
        }
        result => result,
    }
}

fn pending_unless_failed(result: Result<(), CallError>) -> Poll<Result<Position, CallError>> {
    match result {
        Ok(()) => Poll::Pending,
        Err(error) => Poll::Ready(Err(error)),
    }
}
