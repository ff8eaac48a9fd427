//! The receiving half of a mailbox.

use std::any::Any;
use std::collections::VecDeque;
use std::fmt;
use std::mem;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::thread;

use tokio::task::coop;

use super::Mailbox;
use super::extras::Record;
use super::gate::{Started, TOGETHER};
use super::lane::Sent;
use crate::actor::{Command, Published as _};
use crate::events::Events;
use crate::shutdown::StopReason;
use crate::spans::{self, Caller};
use crate::waits;

/// What the loop of an actor reads: the receiving half of its mailbox.
///
/// Dropping it closes the mailbox and answers every caller whose command is still queued with
/// [`CallError::Refused`](crate::CallError::Refused).
pub struct Inbox<C: Command> {
    mailbox: Arc<Mailbox<C>>,
    /// Accepted commands that were taken out of the mailbox together, the oldest first.
    taken: VecDeque<Sent<C>>,
    /// The method that runs.
    in_progress: Option<&'static str>,
    started: u64,
    is_finished: bool,
    /// What that method is.
    work: Work,
    without_clients: WithoutClients,
    /// Whether to let others run before the mailbox is looked at again: what was taken last was more
    /// than one command, so there are several senders, or a quick one.
    lingers: bool,
    /// Whether whoever polls the loop grants slots when it waits; see [`Inbox::drive`].
    is_driven: bool,
    /// How many slots have become free for senders that wait, and were not granted yet.
    freed: u8,
}

/// What runs.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Work {
    Command,
    /// A hook or a source.
    Other,
}

/// What there is to do for another incarnation of a supervised actor.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Prospect {
    /// There are commands, or there may be.
    GoOn,
    /// There are commands, and there will be no more.
    Drain,
    /// There is nothing to do.
    End,
}

/// What becomes of an actor when its last client is dropped.
#[derive(Clone, Copy, PartialEq, Eq)]
enum WithoutClients {
    Ends,
    GoesOn,
}

impl<C: Command> Inbox<C> {
    /// The next command, or `None` when there will be no further one: the mailbox was told to stop,
    /// or the last client is gone and the queue is empty.
    ///
    /// The command that was handed out before counts as done.
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

    /// The latest values of the actor, one field for each `#[watch]` method, to publish in its place; for an
    /// inbox made by [`channel`](crate::channel).
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
    pub fn latest(&self) -> &C::Latest {
        &self.mailbox.latest
    }

    /// The next command of the first lane.
    pub(crate) fn poll_first_lane(&mut self, cx: &mut Context<'_>) -> Poll<Option<C>> {
        if !ready!(self.poll_start(cx)) {
            return Poll::Ready(None);
        }
        let sent = self.taken.pop_front();
        Poll::Ready(sent.map(|sent| self.begin_command(sent)))
    }

    /// Whether a command of the first lane is started, which then is the first one that was taken out;
    /// `false` when there will be none.
    #[inline]
    fn poll_start(&mut self, cx: &mut Context<'_>) -> Poll<bool> {
        if self.taken.is_empty() && !ready!(self.poll_refill(cx)) {
            return Poll::Ready(false);
        }
        match self.mailbox.gate().start() {
            Started::Yes => {}
            Started::FreesASlot => self.free_slot(),
            Started::No => return Poll::Ready(false),
        }
        Poll::Ready(true)
    }

    /// The next command of the lane that is served first; if there is none, whoever sends one wakes the
    /// loop.
    pub(crate) fn poll_priority(&mut self, cx: &mut Context<'_>) -> Option<C> {
        let lane = self.mailbox.priority()?;
        let mut state = lane.lock();
        if state.queue.is_empty() {
            let old = state.line.receiver.replace(cx.waker().clone());
            drop(state);
            drop(old);
            return None;
        }
        let started = lane.gate.start();
        if let Started::No = started {
            return None;
        }
        let sent = state.queue.pop_front();
        drop(state);
        if let Started::FreesASlot = started {
            lane.admit();
        }
        sent.map(|sent| self.begin_command(sent))
    }

    /// Takes what has been queued, if nothing is left of what was taken before; `false` when nothing
    /// will come any more.
    #[inline(never)]
    fn poll_refill(&mut self, cx: &mut Context<'_>) -> Poll<bool> {
        // Here, since otherwise the next method begins at once.
        self.end();
        if let Some(priority) = self.mailbox.priority() {
            let mut state = priority.lock();
            let is_stalled = state.queue.is_empty() && state.line.is_stalled();
            drop(state);
            if is_stalled {
                self.admit_others(cx);
            }
        }
        // Those who were just answered push again meanwhile, and need not wake the actor for it.
        if mem::take(&mut self.freed) > 0 {
            self.mailbox.lane().admit();
        }
        if self.mailbox.gate().is_halted() {
            return Poll::Ready(false);
        }
        if mem::take(&mut self.lingers) {
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        let mut state = self.mailbox.lane().lock();
        if !state.queue.is_empty() {
            if C::BATCHES {
                // The rest of a batch is looked for in the mailbox.
                self.taken.extend(state.queue.pop_front());
            } else {
                mem::swap(&mut state.queue, &mut self.taken);
                self.lingers = self.taken.len() > 1;
            }
            return Poll::Ready(true);
        }
        if state.line.is_closed || !self.mailbox.gate().has_senders() {
            if C::PRIORITY {
                drop(state);
                // It may have been pushed after there was none, and before the end.
                if self.has_queued_priority() {
                    cx.waker().wake_by_ref();
                    return Poll::Pending;
                }
                state = self.mailbox.lane().lock();
            }
            self.mailbox.close_locked(state);
            return Poll::Ready(false);
        }
        let is_stalled = state.line.is_stalled();
        let old = state.line.receiver.replace(cx.waker().clone());
        drop(state);
        drop(old);
        if is_stalled {
            self.admit_others(cx);
        }
        Poll::Pending
    }

    /// Grants slots that senders have let pass, and looks again soon.
    #[cold]
    fn admit_others(&self, cx: &Context<'_>) {
        self.mailbox.admit_waiting();
        cx.waker().wake_by_ref();
    }

    /// Whether a command with priority is queued.
    fn has_queued_priority(&self) -> bool {
        let lane = self.mailbox.priority();
        lane.is_some_and(|lane| !lane.lock().queue.is_empty())
    }
}

impl<E, C> Inbox<C>
where
    C: Command<Events = Events<E>>,
    E: Send + 'static,
{
    /// Announces `event` in place of the actor, to those who have subscribed; for an inbox made by
    /// [`channel`](crate::channel).
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
    /// inbox.emit("opened");
    /// assert_eq!(events.next().await, Some(Notice::Event("opened")));
    /// # }
    /// ```
    pub fn emit(&self, event: E) {
        self.mailbox.events.emit(event);
    }
}

struct Next<'a, C: Command>(&'a mut Inbox<C>);

impl<C: Command> Future for Next<'_, C> {
    type Output = Option<C>;

    #[inline]
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let inbox = &mut *self.0;
        inbox.in_progress = None;
        let Poll::Ready(budget) = coop::poll_proceed(cx) else {
            inbox.end();
            // Nothing is in progress, so whoever stops the actor need not wait.
            if inbox.mailbox.gate().is_halted() {
                return Poll::Ready(None);
            }
            return Poll::Pending;
        };
        if C::PRIORITY {
            if let Some(command) = inbox.poll_priority(cx) {
                budget.made_progress();
                return Poll::Ready(Some(command));
            }
        }
        if !ready!(inbox.poll_start(cx)) {
            return Poll::Ready(None);
        }
        // Not `made_progress`, which costs a call: this is 4 % of a cast.
        mem::forget(budget);
        // Not in a function: whatever returns a command moves it, which is a fifth of a cast with 1 KiB.
        let Some(Sent { command, caller }) = inbox.taken.pop_front() else {
            return Poll::Ready(None);
        };
        inbox.started += 1;
        inbox.begin(command.name(), Some(caller));
        Poll::Ready(Some(command))
    }
}

impl<C: Command> Inbox<C> {
    pub(super) fn new(mailbox: Arc<Mailbox<C>>) -> Self {
        Self {
            mailbox,
            taken: VecDeque::new(),
            in_progress: None,
            started: 0,
            is_finished: false,
            work: Work::Command,
            without_clients: WithoutClients::Ends,
            lingers: false,
            is_driven: false,
            freed: 0,
        }
    }

    /// From now on slots may be granted together, because whoever polls the loop calls
    /// [`Mailbox::admit_waiting`] when it waits. It also tells the thread whose methods run.
    pub(crate) fn drive(&mut self) {
        self.is_driven = true;
    }

    /// From now on there may be no clients: the actor counts as one.
    pub(crate) fn detach(&mut self) {
        self.mailbox.gate().count_sender();
        self.without_clients = WithoutClients::GoesOn;
    }

    pub(crate) fn is_detached(&self) -> bool {
        self.without_clients == WithoutClients::GoesOn
    }

    /// A hook or a source runs, until [`leave`](Self::leave).
    #[doc(hidden)]
    pub fn enter(&mut self, method: &'static str) {
        self.begin(method, None);
        self.work = Work::Other;
    }

    /// A source is polled, until [`leave`](Self::leave). That is not its method.
    pub(crate) fn enter_source(&mut self, method: &'static str) {
        self.in_progress = Some(method);
        self.work = Work::Other;
    }

    fn begin_command(&mut self, sent: Sent<C>) -> C {
        let Sent { command, caller } = sent;
        self.started += 1;
        self.begin(command.name(), Some(caller));
        command
    }

    /// This method runs from now on, for a caller or for nobody.
    #[inline]
    fn begin(&mut self, method: &'static str, caller: Option<Caller>) {
        self.in_progress = Some(method);
        if self.is_driven {
            waits::set_method(Some(method));
            spans::begin(method, caller);
        }
    }

    /// No method runs any more.
    fn end(&mut self) {
        self.in_progress = None;
        if self.is_driven {
            waits::set_method(None);
            spans::end();
        }
    }

    /// It runs no more.
    #[doc(hidden)]
    pub fn leave(&mut self) {
        self.end();
        self.work = Work::Command;
    }

    /// Grants the slot of the command that was just started, now or with others.
    #[cold]
    fn free_slot(&mut self) {
        self.freed += 1;
        if self.freed == TOGETHER || !self.is_driven {
            self.freed = 0;
            self.mailbox.lane().admit();
        }
    }

    /// Leaves the mailbox open, for a context that has no actor.
    pub(super) fn forget(mut self) {
        self.is_finished = true;
    }

    pub(crate) fn mailbox(&self) -> &Arc<Mailbox<C>> {
        &self.mailbox
    }

    /// The method that runs, if one does.
    pub(crate) fn in_progress(&self) -> Option<&'static str> {
        self.in_progress
    }

    /// Whether that is the method of a command.
    pub(crate) fn is_handling(&self) -> bool {
        self.in_progress.is_some() && self.work == Work::Command
    }

    /// How many commands were handed out and are done.
    pub(crate) fn handed_out_and_done(&self) -> u64 {
        self.started - u64::from(self.is_handling())
    }

    pub(crate) fn is_finished(&self) -> bool {
        self.is_finished
    }

    /// Counts anew, for the next incarnation of the actor. What is queued stays.
    pub(crate) fn begin_anew(&mut self) {
        // Not `leave`: the loop is not polled, but another actor may be.
        self.in_progress = None;
        self.work = Work::Command;
        self.started = 0;
        self.mailbox.admit_waiting();
    }

    /// Whether the loop has got to a command.
    pub(crate) fn has_started(&self) -> bool {
        self.started > 0
    }

    /// What there is to do for another incarnation of the actor.
    pub(crate) fn prospect(&self) -> Prospect {
        let gate = self.mailbox.gate();
        // Before the queues: without senders they stay as they are.
        let has_senders = gate.has_senders();
        let state = self.mailbox.lane().lock();
        let is_closed = state.line.is_closed;
        let is_empty = self.taken.is_empty() && state.queue.is_empty();
        drop(state);
        let is_empty = is_empty && !self.has_queued_priority();
        match is_closed {
            _ if gate.is_stopping() => Prospect::End,
            true if !is_empty => Prospect::Drain,
            false if !is_empty || has_senders => Prospect::GoOn,
            _ => Prospect::End,
        }
    }

    /// Whoever changes the prospect wakes the supervisor in place of the loop.
    pub(crate) fn wake_at_change(&self, cx: &Context<'_>) {
        let mut state = self.mailbox.lane().lock();
        let old = state.line.receiver.replace(cx.waker().clone());
        drop(state);
        drop(old);
    }

    /// Drops what a closed mailbox has accepted and not started, before the end.
    pub(crate) fn refuse_queued(&mut self) {
        let mut dropped = Dropped::default();
        dropped.drop_queued(&self.mailbox, &mut self.taken);
        self.mailbox.with_extras(|extras| {
            extras.record.refused += dropped.count;
            let panic = &mut extras.record.panic;
            *panic = panic.take().or(dropped.panic);
        });
    }

    /// Closes the mailbox and drops what was accepted and not started, the oldest first; to drop it
    /// is to tell the callers.
    #[inline]
    pub(crate) fn refuse(&mut self) -> Refused {
        let Self { mailbox, taken, .. } = self;
        self.is_finished = true;
        let mut state = mailbox.lane().lock();
        let stop = state.line.stop;
        state.line.is_over = true;
        let extras = state.extras.as_mut().map(|extras| extras.end());
        let is_empty = !C::PRIORITY && taken.is_empty() && state.queue.is_empty();
        if state.line.is_closed {
            drop(state);
        } else {
            mailbox.close_locked(state);
        }
        let mut refused = Refused {
            stop: stop.or_else(|| mailbox.priority_stop()),
            record: extras.map(|ended| Box::new(ended.tell())),
            dropped: Dropped::default(),
        };
        if !is_empty {
            refused.dropped.drop_queued(mailbox, taken);
        }
        mailbox.events.close();
        mailbox.latest.close();
        refused
    }
}

/// What is left of a mailbox.
pub(crate) struct Refused {
    /// Why the mailbox was told to stop, if it was.
    pub(crate) stop: Option<StopReason>,
    /// What else the exit will tell.
    pub(crate) record: Option<Box<Record>>,
    pub(crate) dropped: Dropped,
}

impl Refused {
    /// A mailbox that stays open.
    pub(crate) fn nothing(record: Record) -> Self {
        Self {
            stop: None,
            record: Some(Box::new(record)),
            dropped: Dropped::default(),
        }
    }
}

/// What became of the commands that were accepted and not started.
#[derive(Default)]
pub(crate) struct Dropped {
    pub(crate) count: u64,
    /// The first panic among the drops.
    pub(crate) panic: Option<Box<dyn Any + Send>>,
}

impl Dropped {
    /// Drops what is queued, the oldest of each lane first, and what was `taken` out before that.
    fn drop_queued<C: Command>(&mut self, mailbox: &Mailbox<C>, taken: &mut VecDeque<Sent<C>>) {
        if let Some(priority) = mailbox.priority() {
            self.drop_each(&mut || {
                let command = priority.lock().queue.pop_front();
                command.is_some()
            });
        }
        let mut is_drained = false;
        self.drop_each(&mut || {
            if taken.is_empty() && !mem::replace(&mut is_drained, true) {
                mem::swap(&mut mailbox.lane().lock().queue, taken);
            }
            taken.pop_front().is_some()
        });
    }

    /// Repeats what drops a command until there is none. One by one: a second panic, while the first
    /// one unwinds, would end the process.
    fn drop_each(&mut self, drop_one: &mut dyn FnMut() -> bool) {
        loop {
            match catch_unwind(AssertUnwindSafe(&mut *drop_one)) {
                Ok(false) => return,
                Ok(true) => {}
                Err(payload) => self.panic = self.panic.take().or(Some(payload)),
            }
            self.count += 1;
        }
    }

    fn resume_panic(self) {
        match self.panic {
            Some(payload) if !thread::panicking() => resume_unwind(payload),
            _ => {}
        }
    }
}

impl<C: Command> Drop for Inbox<C> {
    fn drop(&mut self) {
        if !self.is_finished {
            self.refuse().dropped.resume_panic();
        }
    }
}

impl<C: Command> fmt::Debug for Inbox<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Inbox")
            .field("in_progress", &self.in_progress)
            .finish_non_exhaustive()
    }
}
