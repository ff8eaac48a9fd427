//! The sending end of a mailbox.

use std::fmt;
use std::mem;
use std::pin::Pin;
use std::ptr;
use std::sync::Arc;
use std::task::{Context, Poll, Waker, ready};

use tokio::task::{self, coop};
use tokio_util::sync::CancellationToken;

use crate::command::{Command, Emitter, Values};
use crate::error::{CallError, Why};
use crate::events::Subscription;
use crate::mailbox::{
    Admission, AnyLane, Borrowed, Contents, Lane, Locked, Place, Refusal, Sent, push, wake,
};
use crate::meters::Ticket;
use crate::polled;
use crate::position::{Accepted, Position};
use crate::shared::{Control, EndWait, Shared};
use crate::shutdown::Shutdown;
use crate::spans::Caller;
use crate::waits::{Until, Watched};

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
        let caller = Caller::of_cast(command.name(), || self.shared.control().title());
        self.send(command, caller)
    }

    /// Sends a command for a `caller`, and waits until it is accepted.
    #[inline]
    pub(crate) fn send(&self, command: C, caller: Caller) -> Cast<'_, C> {
        let ticket = Ticket::new(command.name(), self.shared.meters());
        Cast {
            shared: &self.shared,
            lane: self.shared.mailbox.lanes.of(&command),
            wait: None,
            sent: Some(Sent::new(command, caller, ticket)),
        }
    }

    /// The events of the actor.
    #[inline]
    pub fn events(&self) -> &C::Events {
        &self.shared.events
    }

    /// The latest values of the actor.
    #[inline]
    pub fn latest(&self) -> &Values<C> {
        &self.shared.latest
    }

    /// Subscribes to the events that are emitted from now on.
    pub fn subscribe(&self) -> Subscription<C::Event>
    where
        C: Emitter,
    {
        let missed = self.shared.meters().missed();
        self.events().subscribe().counting(missed)
    }

    /// Formats the client called `name`, for its `Debug`.
    pub fn describe(&self, name: &str, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        describe(self.shared.control(), name, f)
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

fn describe(actor: &dyn Control, name: &str, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let mut debug = f.debug_struct(name);
    if let Some(instance) = actor.instance() {
        debug.field("name", instance);
    }
    debug
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
    lane: &'a Lane<Contents<C>>,
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
        let this = self.get_mut();
        match this.poll_accepted(cx) {
            Poll::Ready(Ok(_)) => Poll::Ready(Ok(())),
            Poll::Ready(Err(error)) => Poll::Ready(Err(error)),
            Poll::Pending => this.erased().poll_in_line(cx).map_ok(drop),
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
        let Some(sent) = self.sent.take() else {
            return Err(CallError::Closed(Why::Unknown));
        };
        match self.lane.try_push(sent) {
            Ok(position) => Ok(position),
            Err(Refusal::Full) => Err(CallError::Full),
            Err(Refusal::Closed) => Err(closed(self.actor())),
        }
    }

    /// Waits until the command is accepted.
    #[inline]
    pub(crate) fn poll_accepted(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Result<Position, CallError>> {
        let budget = ready!(coop::poll_proceed(cx));
        self.offer();
        let state = match self.lock_if_admitted() {
            Some(state) => state,
            None => match ready!(self.poll_turn(cx)) {
                Ok(state) => state,
                Err(error) => {
                    // Nothing else makes the sender wait.
                    budget.made_progress();
                    return Poll::Ready(Err(error));
                }
            },
        };
        // Not `made_progress`, which costs a call: this is 2 % of a cast.
        mem::forget(budget);
        let Some(sent) = self.sent.take() else {
            panic!("`Cast` was polled after it was ready");
        };
        Poll::Ready(Ok(push(state, sent)))
    }

    /// Locks the lane, unless the sender has to wait.
    #[inline]
    fn lock_if_admitted(&mut self) -> Option<Locked<'a, C>> {
        let (lane, gate) = (self.lane, self.lane.gate());
        if self.wait.is_none() && gate.is_waited_for() {
            // Others come first. To lock twice would be 3 % of a call.
            return None;
        }
        let mut state = lane.lock();
        let is_admitted = match &mut self.wait {
            None => state.line.admits(gate),
            Some(CastWait { wait, .. }) => state.line.admits_again(gate, &mut wait.place),
        };
        if is_admitted { Some(state) } else { None }
    }

    /// Waits for a slot in line, and locks the lane when there is one.
    #[cold]
    fn poll_turn(&mut self, cx: &mut Context<'_>) -> Poll<Result<Locked<'a, C>, CallError>> {
        let lane = self.lane;
        // Declared before the guard, so that it is dropped without the lock.
        let mut waker = Some(cx.waker().clone());
        let mut state = lane.lock();
        let place = &mut self.waiting().place;
        let receiver = match state.line.turn(lane.gate(), place, &mut waker) {
            Admission::Now => return Poll::Ready(Ok(state)),
            Admission::Later(receiver) => Some(receiver),
            Admission::Never => None,
        };
        drop(state);
        self.withdraw();
        match receiver {
            Some(receiver) => {
                wake(receiver);
                Poll::Pending
            }
            None => Poll::Ready(Err(closed(self.actor()))),
        }
    }

    #[inline]
    fn offer(&mut self) {
        if let Some(sent) = &mut self.sent {
            sent.ticket.offer();
        }
    }

    #[inline]
    fn withdraw(&mut self) {
        if let Some(sent) = &mut self.sent {
            sent.ticket.withdraw();
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

    #[cold]
    fn waiting(&mut self) -> &mut SenderWait {
        let lane = self.lane;
        let wait = self.wait.get_or_insert_with(|| CastWait {
            lane,
            wait: SenderWait::default(),
        });
        &mut wait.wait
    }

    #[inline]
    pub(crate) fn erased(&mut self) -> &mut (dyn AnyCast + '_) {
        self
    }
}

impl<C: Command + Send + 'static> Cast<'_, C> {
    /// Runs the command here and now if the actor has nothing else to do, and returns where it was accepted. Pending if
    /// the task has to let others run first: a caller that has used up its budget does not queue for that.
    pub(crate) fn poll_in_place(&mut self, cx: &mut Context<'_>) -> Poll<Option<Position>> {
        let Self {
            shared, lane, sent, ..
        } = self;
        let budget = ready!(coop::poll_proceed(cx));
        let (lanes, task) = (&shared.mailbox.lanes, task::try_id());
        let Some((state, locked)) = lanes.take_state(lane, task) else {
            return Poll::Ready(None);
        };
        // As in `poll_accepted`.
        mem::forget(budget);
        let mut borrowed = Borrowed::new(lanes, lane, task, state);
        let position = borrowed.handle(locked, sent, cx);
        if borrowed.has_panicked() {
            // Before others can see that the state is back.
            shared.control().fail_in_place();
        }
        borrowed.give_back();
        Poll::Ready(position)
    }
}

/// A cast of any command. Everything that does not depend on the command is implemented for the trait object, so that
/// it is compiled once and not for each actor.
pub(crate) trait AnyCast {
    /// Waits until the command is accepted.
    fn poll_accepted(&mut self, cx: &mut Context<'_>) -> Poll<Result<Position, CallError>>;

    fn actor(&self) -> &dyn Control;

    fn lane(&self) -> &AnyLane<'_>;

    /// Returns the wait, which begins if there was none.
    fn waiting(&mut self) -> &mut SenderWait;

    /// Forgets that a method waited for this, which something else polls now.
    fn end_watch(&mut self);

    /// Ends the wait, if there was one.
    fn end_wait(&mut self);
}

impl<C: Command> AnyCast for Cast<'_, C> {
    fn poll_accepted(&mut self, cx: &mut Context<'_>) -> Poll<Result<Position, CallError>> {
        self.poll_accepted(cx)
    }

    fn actor(&self) -> &dyn Control {
        self.shared.control()
    }

    fn lane(&self) -> &AnyLane<'_> {
        self.lane.erased()
    }

    fn waiting(&mut self) -> &mut SenderWait {
        self.waiting()
    }

    fn end_watch(&mut self) {
        if let Some(CastWait { wait, .. }) = &mut self.wait {
            wait.watch = None;
        }
    }

    fn end_wait(&mut self) {
        self.wait = None;
    }
}

/// Returns the error of a command that a closed mailbox refuses.
#[cold]
fn closed(actor: &dyn Control) -> CallError {
    CallError::Closed(actor.why())
}

impl dyn AnyCast + '_ {
    /// Waits in line for a caller that waits for nothing else, unless that would be forever. `poll_accepted` was just
    /// pending.
    #[cold]
    pub(crate) fn poll_in_line(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Result<Position, CallError>> {
        // Without budget it is not known whether there is room.
        if !polled::in_method() || !coop::has_budget_remaining() {
            return Poll::Pending;
        }
        let Some(waker) = self.watch(cx) else {
            return Poll::Pending;
        };
        // Again, so that whoever grants a slot ends the wait.
        let polled = self.poll_accepted(&mut Context::from_waker(&waker));
        if polled.is_ready() {
            self.end_wait();
        } else {
            ready!(self.poll_list(Until::Done, cx))?;
        }
        polled
    }

    /// Watches this for the method that polls it, if one does. Returns the waker to poll it with.
    #[cold]
    pub(crate) fn watch(&mut self, cx: &Context<'_>) -> Option<Waker> {
        polled::watch(&mut self.waiting().watch, cx)
    }

    /// Lists that the method which polls this waits for the answer to the command, which was accepted at `position`
    /// or not yet. `deferred` is the method that is called, if anybody may send the answer.
    #[cold]
    pub(crate) fn poll_list_for_answer(
        &mut self,
        position: Option<Position>,
        deferred: Option<&'static str>,
        cx: &mut Context<'_>,
    ) -> Poll<Result<(), CallError>> {
        if position.is_none() && self.actor().lanes().first.is_closed() {
            return Poll::Ready(Ok(()));
        }
        let accepted = position.map(|position| self.accepted_at(position));
        let until = Until::of_answer(deferred, accepted);
        match ready!(self.poll_list(until, cx)) {
            Err(CallError::Deadlock(cycle)) if accepted.is_some() => {
                let cycle = cycle.of_an_accepted_command();
                Poll::Ready(Err(CallError::Deadlock(cycle)))
            }
            result => Poll::Ready(result),
        }
    }

    /// Lists that the method which polls this waits, unless that would be forever.
    fn poll_list(&mut self, until: Until, cx: &mut Context<'_>) -> Poll<Result<(), CallError>> {
        let target = self.actor().waits();
        let watch = &mut self.waiting().watch;
        let listed = ready!(polled::poll_list(watch, target, until, cx));
        if listed.is_err() {
            self.end_wait();
        }
        Poll::Ready(listed.map_err(CallError::Deadlock))
    }

    /// Returns where the command was accepted.
    pub(crate) fn accepted_at(&self, position: Position) -> Accepted {
        Accepted {
            has_priority: !ptr::addr_eq(self.lane(), self.actor().lanes().first),
            position,
        }
    }

    /// Waits until the actor has ended.
    pub(crate) fn poll_ended(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if self.waiting().ended.is_none() {
            self.waiting().ended = Some(self.actor().wait_for_end());
        }
        match &mut self.waiting().ended {
            Some(ended) => ended.as_mut().poll(cx),
            None => Poll::Pending,
        }
    }
}

/// The wait of a sender for a slot, or for its answer.
#[derive(Default)]
pub(crate) struct SenderWait {
    /// The sender's place in line, or its slot that it has not used yet.
    place: Option<Place>,
    /// `None` unless a method waits.
    watch: Option<Box<Watched>>,
    /// `None` unless a caller waits who would not be told of the end otherwise.
    ended: Option<EndWait>,
}

/// The wait of a sender in a lane. Dropping it gives up the place in line, or passes the slot on.
struct CastWait<'a, C: Command> {
    lane: &'a Lane<Contents<C>>,
    wait: SenderWait,
}

impl<C: Command> Drop for CastWait<'_, C> {
    #[cold]
    fn drop(&mut self) {
        if let Some(place) = self.wait.place {
            self.lane.erased().leave(place);
        }
    }
}
