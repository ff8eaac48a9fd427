//! The receiving end of a mailbox: what the loop of an actor reads.

mod leftover;

#[cfg(test)]
mod tests;

use std::collections::VecDeque;
use std::fmt;
use std::mem;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use tokio::runtime::Handle;
use tokio::task::coop;
use tokio_util::sync::CancellationToken;

pub(crate) use self::leftover::Leftover;
use crate::command::{Command, Values};
use crate::error::Why;
use crate::events::Events;
use crate::mailbox::{AnyLanes, Begun, Queue, Sent, TOGETHER, is_large};
use crate::published::Published as _;
use crate::sender::Sender;
use crate::shared::{Control, Shared};
use crate::shutdown::Shutdown;
use crate::work::Work;

/// The receiving end of an actor's mailbox, which the actor's loop reads.
///
/// Dropping it closes the mailbox and answers every caller whose command is still queued with
/// [`CallError::Refused`](crate::CallError::Refused).
pub struct Inbox<C: Command> {
    shared: Arc<Shared<C>>,
    /// Accepted commands that were taken out of the first lane together, the oldest first.
    taken: Queue<C>,
    work: Work,
    /// The number of commands with priority in a row.
    urgent: u8,
    without_clients: WithoutClients,
    is_finished: bool,
    /// True if the loop lets others run before it looks at the mailbox again: it took more than one command last, so
    /// there are several senders, or a quick one. For a single sender that waits for room it goes on, since a task that
    /// wakes itself wakes another thread of the runtime, which would take the loop away from the sender.
    lingers: bool,
    /// The number of slots that became free for senders that wait, and were not granted yet.
    freed: u8,
    /// True if the loop has found nothing to do, and has not been told since.
    is_idle: bool,
    known_end: KnownEnd,
}

/// Says if the loop was told that there are no more commands.
#[derive(Clone, Copy)]
enum KnownEnd {
    No,
    Yes,
}

/// The number of commands with priority in a row, after which others go first.
const URGENT_IN_A_ROW: u8 = 16;

/// The fate of an actor when its last client is dropped.
#[derive(Clone, Copy, PartialEq, Eq)]
enum WithoutClients {
    Ends,
    /// The actor goes on, since it counts as a client itself.
    GoesOn,
    /// The actor would go on, but its streams have ended.
    EndsWithoutStreams,
}

/// The commands that are left for another incarnation of a supervised actor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Upcoming {
    /// There are commands, or there may be.
    Some,
    /// There are commands, and there will be no more.
    Last,
    None,
}

impl<C: Command> Inbox<C> {
    /// Opens a mailbox that stops when `token` is cancelled, in the way that `shutdown` says.
    ///
    /// # Panics
    ///
    /// If `capacity` is 0, or in a runtime without a timer, if some commands have a timeout.
    #[inline]
    pub(crate) fn open(
        capacity: usize,
        shutdown: Shutdown,
        token: CancellationToken,
    ) -> (Sender<C>, Self) {
        let shared = Arc::new(Shared::new(capacity, shutdown, token));
        if C::HAS_TIMEOUTS {
            if let Ok(runtime) = Handle::try_current() {
                shared.control().set_runtime(runtime);
            }
        }
        let inbox = Self {
            shared: Arc::clone(&shared),
            taken: VecDeque::new(),
            work: Work::default(),
            urgent: 0,
            without_clients: WithoutClients::Ends,
            is_finished: false,
            lingers: false,
            freed: 0,
            is_idle: false,
            known_end: KnownEnd::No,
        };
        (Sender::first(shared), inbox)
    }

    /// Receives the next command, or `None` when there will be no further one: the mailbox was told to stop, or the
    /// last client is gone and the queue is empty.
    ///
    /// The command that was returned before counts as done.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe: a command is taken out only when it is returned.
    ///
    /// # Examples
    ///
    /// ```
    /// use actor_runtime::{actor, channel};
    ///
    /// struct Greeter;
    ///
    /// #[actor]
    /// impl Greeter {
    ///     pub fn greet(&self, name: &str) -> String {
    ///         format!("hello {name}")
    ///     }
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let (client, mut inbox) = channel::<Greeter>(8);
    /// let caller = tokio::spawn(async move { client.greet("Ann").await });
    /// let Some(GreeterCommand::Greet { name, reply }) = inbox.next().await else { panic!() };
    /// assert_eq!(name, "Ann");
    /// reply.send("a faked answer".to_owned());
    /// assert_eq!(caller.await.unwrap().unwrap(), "a faked answer");
    /// # }
    /// ```
    #[expect(
        clippy::should_implement_trait,
        reason = "the next of a stream, not of an iterator"
    )]
    #[inline]
    pub fn next(&mut self) -> impl Future<Output = Option<C>> {
        Next(self)
    }

    /// The latest values of the actor, one field for each `#[watch]` method. The holder of an inbox made by
    /// [`channel`](crate::channel()) publishes them in place of the actor.
    ///
    /// # Examples
    ///
    /// ```
    /// use actor_runtime::{actor, channel};
    ///
    /// struct Store;
    ///
    /// #[actor]
    /// impl Store {
    ///     #[watch]
    ///     pub fn is_ready(&self) -> bool {
    ///         true
    ///     }
    /// }
    ///
    /// let (store, inbox) = channel::<Store>(8);
    /// inbox.latest().is_ready.publish(false);
    /// assert!(!store.is_ready());
    /// ```
    pub fn latest(&self) -> &Values<C> {
        &self.shared.latest
    }

    /// Receives the next command of the first lane.
    pub(crate) fn poll_first_lane(&mut self, cx: &mut Context<'_>) -> Poll<Option<C>> {
        if self.taken.is_empty() && !ready!(self.poll_refill(cx)) {
            return Poll::Ready(None);
        }
        if !self.begins_taken() {
            return Poll::Ready(None);
        }
        let first = self.taken.pop_front();
        Poll::Ready(first.map(|sent| self.begin(sent)))
    }

    /// Receives the next command of the lane that is served first. If there is none, whoever sends one wakes the loop.
    pub(crate) fn poll_priority(&mut self, cx: &mut Context<'_>) -> Option<C> {
        let lane = self.shared.mailbox.lanes.priority()?;
        if lane.gate().is_ending() && self.control().stops_if_overdue() {
            return None;
        }
        let first = lane.begin_first(cx.waker())?;
        self.urgent += 1;
        Some(self.begin(first))
    }

    /// Ends a row of commands with priority that is as long as it may be. Returns true if there was one: then others
    /// go first, and the first lane is looked at without delay.
    pub(crate) fn ends_urgent_row(&mut self) -> bool {
        let ends = self.urgent >= URGENT_IN_A_ROW;
        if ends {
            self.end_urgent_row();
            self.lingers = false;
        }
        ends
    }

    #[inline]
    pub(crate) fn end_urgent_row(&mut self) {
        self.urgent = 0;
    }

    /// Begins the first command in `taken`; `false` if none may begin.
    #[inline]
    fn begins_taken(&mut self) -> bool {
        match self.shared.mailbox.lanes.first().gate().begin() {
            Begun::Yes => true,
            begun => self.has_begun(begun),
        }
    }

    /// Does what begins with a command, and returns true if it has `begun` after all.
    #[cold]
    fn has_begun(&mut self, begun: Begun) -> bool {
        match begun {
            Begun::Yes => true,
            Begun::FreesASlot => {
                self.free_slot();
                true
            }
            Begun::IfInTime => {
                let is_late = self.control().stops_if_overdue();
                if is_late {
                    self.shared.mailbox.lanes.first().gate().take_back();
                }
                !is_late
            }
            Begun::No => false,
        }
    }

    /// Takes what is queued in the first lane, if nothing is left of what was taken before; `false` when nothing will
    /// come.
    #[inline]
    fn poll_refill(&mut self, cx: &mut Context<'_>) -> Poll<bool> {
        // Here, since otherwise the next method begins at once.
        self.work.end();
        let lanes = &self.shared.mailbox.lanes;
        if C::HAS_PRIORITY && lanes.erased().is_priority_stalled() {
            pass_slots_on(lanes.erased(), cx);
        }
        let lane = lanes.first();
        // Those who were just answered push again meanwhile, and need not wake the actor for it.
        if mem::take(&mut self.freed) > 0 {
            lane.erased().admit();
        }
        if lane.gate().is_halted() {
            return Poll::Ready(false);
        }
        if mem::take(&mut self.lingers) {
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        let mut state = lane.lock();
        if !state.queue.is_empty() {
            if C::HAS_BATCHES {
                // The rest of a batch is looked for in the mailbox.
                self.taken.extend(state.queue.pop_front());
            } else {
                mem::swap(&mut *state.queue, &mut self.taken);
                // Callers that run in place do not queue behind those who were answered together with them.
                if !C::IN_PLACE && self.taken.len() > 1 {
                    // A loop that goes idle frees large buffers, which a sender that waits needs again.
                    self.lingers = !state.line.has_one_waiter() || is_large(&self.taken);
                }
            }
            return Poll::Ready(true);
        }
        if state.line.is_closed() || !self.shared.mailbox.has_senders() {
            drop(state);
            return poll_closed(self.shared.control(), cx);
        }
        let is_stalled = state.line.is_stalled();
        let old = state.line.leave_receiver(cx.waker().clone());
        let is_large = is_large(&state.queue) || is_large(&self.taken);
        drop(state);
        drop(old);
        if is_large {
            self.give_back();
        }
        if is_stalled {
            pass_slots_on(self.control().lanes(), cx);
        }
        if C::IN_PLACE {
            self.is_idle = true;
        }
        Poll::Pending
    }

    /// Frees the buffers that a burst has left behind.
    #[cold]
    #[inline(never)]
    fn give_back(&mut self) {
        self.taken = VecDeque::new();
        self.shared.mailbox.lanes.first().give_back();
    }

    /// Tells the loop that there are no more commands. A loop that asks again lets others run.
    #[cold]
    #[inline(never)]
    fn poll_end(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        match self.known_end {
            KnownEnd::No => self.known_end = KnownEnd::Yes,
            KnownEnd::Yes => ready!(coop::poll_proceed(cx)).made_progress(),
        }
        Poll::Ready(())
    }

    fn begin(&mut self, sent: Sent<C>) -> C {
        let Sent {
            command,
            caller,
            ticket,
        } = sent;
        self.work.begin_command(command.name(), caller, ticket);
        command
    }

    /// Grants the slot of the command that was just begun, now or with others.
    #[cold]
    fn free_slot(&mut self) {
        self.freed += 1;
        if self.freed == TOGETHER || !self.work.is_driven() {
            self.freed = 0;
            self.shared.mailbox.lanes.first().erased().admit();
        }
    }
}

/// Grants the slots that are free, and looks again soon.
#[cold]
fn pass_slots_on(lanes: AnyLanes<'_>, cx: &Context<'_>) {
    lanes.admit_waiting();
    cx.waker().wake_by_ref();
}

/// Closes a mailbox in whose first lane nothing is queued and no more commands will come, and returns `false`. Pending
/// if the last sender has pushed with priority behind the back of the loop (invariant 8 of the mailbox), which then
/// looks again.
#[cold]
fn poll_closed(actor: &dyn Control, cx: &Context<'_>) -> Poll<bool> {
    if actor.lanes().is_empty() {
        actor.close();
        return Poll::Ready(false);
    }
    cx.waker().wake_by_ref();
    Poll::Pending
}

impl<E, C> Inbox<C>
where
    C: Command<Events = Events<E>>,
    E: Send + 'static,
{
    /// Emits `event`, and returns the number of subscribers that will see it. The holder of an inbox made by
    /// [`channel`](crate::channel()) does so for the actor.
    ///
    /// # Examples
    ///
    /// ```
    /// use actor_runtime::{actor, channel, Notice};
    ///
    /// struct Door;
    ///
    /// #[actor(event = &'static str)]
    /// impl Door {
    ///     pub fn open(&mut self) {}
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let (door, inbox) = channel::<Door>(8);
    /// let mut events = door.subscribe();
    /// assert_eq!(inbox.emit("opened"), 1);
    /// assert_eq!(events.next().await, Some(Notice::Event("opened")));
    /// # }
    /// ```
    pub fn emit(&self, event: E) -> usize {
        self.shared.events.emit(event)
    }
}

struct Next<'a, C: Command>(&'a mut Inbox<C>);

impl<C: Command> Future for Next<'_, C> {
    type Output = Option<C>;

    #[inline]
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let inbox = &mut *self.0;
        inbox.work.finish();
        // Before the budget is charged, since to give it back is 1 % of a call.
        let needs_more = !C::HAS_PRIORITY && inbox.taken.is_empty();
        if needs_more && !ready!(inbox.poll_refill(cx)) {
            return inbox.poll_end(cx).map(|()| None);
        }
        // One unit for each command, as for tokio's channels. A worker thread runs a sender and the loop that wake each
        // other while their common budget lasts. If it lasts too long, it hands one of the two to another thread.
        let Poll::Ready(budget) = coop::poll_proceed(cx) else {
            inbox.work.end();
            // Nothing is in progress, so whoever stops the actor need not wait.
            if inbox.shared.mailbox.lanes.first().gate().is_halted() {
                return inbox.poll_end(cx).map(|()| None);
            }
            return Poll::Pending;
        };
        if C::HAS_PRIORITY {
            let mut first = None;
            if inbox.ends_urgent_row() {
                if let Poll::Ready(command) = inbox.poll_first_lane(cx) {
                    first = command;
                }
            }
            if let Some(command) = first.or_else(|| inbox.poll_priority(cx)) {
                budget.made_progress();
                return Poll::Ready(Some(command));
            }
            if inbox.taken.is_empty() && !ready!(inbox.poll_refill(cx)) {
                inbox.known_end = KnownEnd::Yes;
                budget.made_progress();
                return Poll::Ready(None);
            }
            inbox.end_urgent_row();
        }
        if !inbox.begins_taken() {
            inbox.known_end = KnownEnd::Yes;
            budget.made_progress();
            return Poll::Ready(None);
        }
        // Not `made_progress`, which costs a call: this is 2 % of a cast.
        mem::forget(budget);
        // Not in a function: whatever returns a command moves it, which is a fifth of a cast with 1 KiB.
        let Some(sent) = inbox.taken.pop_front() else {
            return Poll::Ready(None);
        };
        let Sent {
            command,
            caller,
            ticket,
        } = sent;
        inbox.work.begin_command(command.name(), caller, ticket);
        Poll::Ready(Some(command))
    }
}

impl<C: Command> Inbox<C> {
    pub(crate) fn shared(&self) -> &Arc<Shared<C>> {
        &self.shared
    }

    pub(crate) fn control(&self) -> &(dyn Control + '_) {
        self.shared.control()
    }

    pub(crate) fn work(&self) -> &Work {
        &self.work
    }

    pub(crate) fn work_mut(&mut self) -> &mut Work {
        &mut self.work
    }

    /// Returns true once if the loop has found nothing to do.
    pub(crate) fn takes_idle(&mut self) -> bool {
        mem::take(&mut self.is_idle)
    }

    /// Lets the actor live without clients: it counts as one.
    pub(crate) fn detach(&mut self) {
        self.shared.mailbox.count_sender();
        self.without_clients = WithoutClients::GoesOn;
    }

    /// Lets an actor that would live without clients end with the last one, since its streams have ended. Returns true
    /// if there are no clients.
    pub(crate) fn attach(&mut self) -> bool {
        if self.without_clients != WithoutClients::GoesOn {
            return false;
        }
        self.without_clients = WithoutClients::EndsWithoutStreams;
        self.shared.mailbox.discount_sender()
    }

    pub(crate) fn is_finished(&self) -> bool {
        self.is_finished
    }

    /// Forgets what one incarnation of the actor has done, for the next one. What is queued stays.
    pub(crate) fn begin_incarnation(&mut self) {
        self.work.begin_incarnation();
        self.known_end = KnownEnd::No;
        // The next one has streams, too.
        let is_attached = self.without_clients == WithoutClients::EndsWithoutStreams;
        if is_attached && self.shared.mailbox.revive_sender() {
            self.without_clients = WithoutClients::GoesOn;
        }
        self.control().lanes().admit_waiting();
    }

    /// Returns the commands that are left for another incarnation of the actor.
    pub(crate) fn upcoming(&self) -> Upcoming {
        // Before the queues: without senders they stay as they are (invariant 5 of the mailbox).
        let has_senders = self.shared.mailbox.has_senders();
        upcoming(self.control(), has_senders, self.taken.is_empty())
    }

    /// Closes the mailbox for good and drops what was accepted and not begun, the oldest first. To drop a command is to
    /// tell its caller. There is a `failure` if the loop panicked or was cut off.
    #[inline]
    pub(crate) fn refuse(&mut self, failure: Option<Why>) -> Leftover {
        self.is_finished = true;
        let remains = self.control().end(failure);
        let is_empty = remains.is_empty && self.taken.is_empty();
        let mut leftover = Leftover::of(remains);
        if !is_empty {
            self.drop_queued(&mut leftover);
        }
        self.shared.events.close();
        self.shared.latest.close();
        leftover
    }

    /// Drops what a closed mailbox has accepted and not begun, before the end.
    pub(crate) fn refuse_queued(&mut self) {
        let mut leftover = Leftover::default();
        self.drop_queued(&mut leftover);
        leftover.keep_for_exit(self.control());
    }

    /// Drops all queued commands, which are added to the `leftover`.
    #[cold]
    fn drop_queued(&mut self, leftover: &mut Leftover) {
        leftover.drop_each(&mut || self.drop_first());
    }

    /// Drops the command that would have been begun next; `false` if there is none.
    fn drop_first(&mut self) -> bool {
        let lanes = &self.shared.mailbox.lanes;
        if C::HAS_PRIORITY && lanes.drop_first_with_priority() {
            return true;
        }
        if self.taken.is_empty() {
            mem::swap(&mut *lanes.first().lock().queue, &mut self.taken);
        }
        self.taken.pop_front().is_some()
    }
}

/// Returns the commands that are left for another incarnation of `actor`.
fn upcoming(actor: &dyn Control, has_senders: bool, is_none_taken: bool) -> Upcoming {
    let lanes = actor.lanes();
    let is_closed = lanes.first.is_closed();
    let is_empty = is_none_taken && lanes.is_empty();
    match is_closed {
        _ if lanes.first.gate().is_stopping() => Upcoming::None,
        true if !is_empty => Upcoming::Last,
        false if !is_empty || has_senders => Upcoming::Some,
        _ => Upcoming::None,
    }
}

impl<C: Command> Drop for Inbox<C> {
    fn drop(&mut self) {
        if self.is_finished {
            return self.shared.end();
        }
        let leftover = self.refuse(None);
        self.shared.end();
        leftover.resume_panic();
    }
}

impl<C: Command> fmt::Debug for Inbox<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Inbox")
            .field("in_progress", &self.work.in_progress())
            .finish_non_exhaustive()
    }
}
