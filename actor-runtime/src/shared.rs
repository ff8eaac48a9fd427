//! Everything that clients, loop and tasks of an actor share: the mailbox, events, latest values, and the extras.
//!
//! Only the mailbox and what is published depend on the actor's commands. Everything else works on [`Control`], which
//! names no commands, so that it is compiled once and not for each actor.
//!
//! # Invariants
//!
//! 1. The extras are made when somebody first asks for a part of them. Whoever makes or reads a token of theirs looks
//!    at the mailbox after that; whoever closes or ends the mailbox looks at the extras after that. So a token is
//!    cancelled if it was there in time, and found to be due if it was not.
//! 2. Nothing is cancelled, woken or dropped while the extras are locked. Tasks and children have locks of their own,
//!    since a task of a runtime that has ended is dropped where it is spawned.
//! 3. The tokens that methods get descend from the shutdown token. An actor that its shutdown token stops cancels none
//!    of them, since their ancestor does: otherwise a chain of actors, each with a token of the one before, would need
//!    as much stack as it is long.

use std::any::Any;
use std::collections::BTreeMap;
use std::error::Error;
use std::mem;
use std::ops::Deref;
use std::pin::Pin;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, OnceLock, PoisonError, Weak};
use std::task::{Context, Poll, Wake, Waker, ready};
use std::thread;
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::sync::watch;
use tokio::time::{Instant, sleep};
use tokio_util::sync::{
    CancellationToken, WaitForCancellationFuture, WaitForCancellationFutureOwned,
};

use crate::children::Children;
use crate::command::{Command, Values};
use crate::error::{CallError, Why};
use crate::exit::Record;
use crate::journal::{Journal, Roster};
use crate::mailbox::{AnyLanes, LaneEnd, Mailbox, Sent};
use crate::meters::{Meter, Meters, Ticket};
use crate::panics::{Payload, Shielded, caught, caught_drop, discard, keep_first};
use crate::position::{Accepted, Progress};
use crate::published::Published as _;
use crate::shutdown::{Shutdown, StopReason};
use crate::spans::{Caller, Spans};
use crate::sync::atomic::AtomicBool;
use crate::sync::{Mutex, MutexGuard};
use crate::tasks::{TaskEnd, Tasks};
use crate::title::Title;
use crate::waits::{Progressing, Waits};

/// The shared part of an actor with commands `C`.
pub(crate) struct Shared<C: Command> {
    pub(crate) mailbox: Mailbox<C>,
    pub(crate) events: C::Events,
    pub(crate) latest: Values<C>,
    common: Common,
}

/// The parts of [`Shared`] that do not depend on the commands.
pub(crate) struct Common {
    /// The token that stops the actor, unless a later one is among the extras.
    token: CancellationToken,
    extras: OnceLock<Box<Extras>>,
    meters: Meters,
}

/// The parts that only some actors need (invariant 1).
#[derive(Default)]
struct Extras {
    /// The name of the instance. It is set before the actor has a context.
    instance: OnceLock<Arc<String>>,
    /// The token that stops an actor whose mailbox is older than its state. It is set before the actor has a context.
    late_token: OnceLock<CancellationToken>,
    /// The journal of a monitored actor. It is set before the actor has a context.
    journal: OnceLock<Box<ActorJournal>>,
    /// True once the actor has spawned a task or started a child.
    has_dependants: AtomicBool,
    /// True if there is one that the loop does not wait for yet.
    has_new_dependants: AtomicBool,
    /// The tasks that the actor spawned.
    tasks: Mutex<Tasks>,
    /// The children that the actor started, once it has.
    children: Mutex<Option<Box<Children<Controller>>>>,
    state: Mutex<ExtrasState>,
}

#[derive(Default)]
struct ExtrasState {
    /// Cancelled when the mailbox is closed.
    closed: CancellationToken,
    /// A child of the shutdown token, cancelled when the mailbox is closed: the parent of all tokens that methods get.
    work: Option<CancellationToken>,
    /// A child of `work`, cancelled when an incarnation of a supervised actor ends; `None` for other actors.
    incarnation: Option<CancellationToken>,
    /// Cancelled when the actor has ended.
    ended: Option<CancellationToken>,
    /// Told why the actor has ended, when nothing is left of it.
    told: Option<watch::Sender<Option<Why>>>,
    /// The progress of the actor's start, if that can fail.
    start: Option<watch::Sender<Start>>,
    /// The waits of the actor's methods, made when somebody looks for a deadlock.
    waits: Option<Arc<Waits>>,
    /// The runtime whose timer bounds the waits of callers, if some commands have a timeout.
    runtime: Option<watch::Sender<Option<Handle>>>,
    time: TimeToEnd,
    /// The command that takes the state at the end, once it was begun.
    last: Option<LastCommand>,
    record: Record,
}

/// A command that takes the state of its actor, of whatever type.
type LastCommand = Box<dyn Any + Send>;

impl ExtrasState {
    /// Takes out everything that the exit of the instance with this `name` has to tell.
    fn take_record(&mut self, name: Option<&Arc<String>>) -> Record {
        Record {
            name: name.cloned(),
            ..mem::take(&mut self.record)
        }
    }
}

/// The time that the end of an actor may take.
#[derive(Default)]
struct TimeToEnd {
    /// The deadline of the actor, counted from when its mailbox is closed.
    deadline: Option<Duration>,
    closed_at: Option<Instant>,
    /// The moment until which somebody waits who then aborts the actor.
    limit: Option<Instant>,
}

impl TimeToEnd {
    /// Returns the moment of the deadline, unless the mailbox is open or the deadline is too far away.
    fn deadline_at(&self) -> Option<Instant> {
        self.closed_at?.checked_add(self.deadline?)
    }

    /// Returns the moment after which no more command may begin, if there is one.
    fn due(&self) -> Option<Instant> {
        let moments = self.deadline_at().into_iter().chain(self.limit);
        moments.min()
    }
}

/// Ready when an actor has ended.
pub(crate) type EndWait = Pin<Box<Shielded<WaitForCancellationFutureOwned>>>;

/// The progress of an actor's start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Start {
    #[default]
    Pending,
    Done,
    /// The actor ended before its start was done.
    Failed,
}

/// The remains of an actor whose mailbox has ended.
pub(crate) struct Remains {
    /// The reason why the mailbox was told to stop, if it was.
    pub(crate) stop: Option<StopReason>,
    /// The reason for the end, as callers are told.
    pub(crate) told: Why,
    /// Everything else that the exit tells; `None` if there is nothing.
    pub(crate) record: Option<Box<Record>>,
    /// True if no command is queued.
    pub(crate) is_empty: bool,
}

impl<C: Command> Shared<C> {
    /// A mailbox that stops when `token` is cancelled, in the way that `shutdown` says.
    #[inline]
    pub(crate) fn new(capacity: usize, shutdown: Shutdown, token: CancellationToken) -> Self {
        let event_capacity = C::event_capacity();
        Self {
            mailbox: Mailbox::new(capacity, shutdown),
            events: C::Events::open(event_capacity),
            latest: Values::<C>::open(event_capacity),
            common: Common {
                token,
                extras: OnceLock::new(),
                meters: Meters::default(),
            },
        }
    }

    #[inline]
    pub(crate) fn control(&self) -> &(dyn Control + '_) {
        self
    }

    #[inline]
    pub(crate) fn meters(&self) -> &Meters {
        &self.common.meters
    }

    /// Notes that nothing is left of the actor, and tells those who wait for that (invariant 1).
    #[inline]
    pub(crate) fn end(&self) {
        self.mailbox.lanes.first().lock().line.set_gone();
        self.meters().end();
        if self.common.extras.get().is_some() {
            self.control().tell_end();
        }
    }
}

impl<C: Command + Send + 'static> Shared<C> {
    /// Keeps the command that takes the state at the end. A second one is dropped.
    pub(crate) fn keep_last(&self, command: C) {
        let caller = Caller::of_cast(command.name(), || self.control().title());
        let ticket = Ticket::new(command.name(), self.meters());
        let kept = Box::new(Sent::new(command, caller, ticket));
        drop(self.control().keep_last(kept));
    }

    /// Takes out the command that takes the state, if one was begun.
    pub(crate) fn take_last(&self) -> Option<Sent<C>> {
        let last = self.control().take_last()?;
        last.downcast().ok().map(|last| *last)
    }
}

/// An actor, whatever its commands are.
pub(crate) trait Control {
    /// The name of the actor's type in messages.
    fn actor(&self) -> &'static str;

    fn common(&self) -> &Common;

    fn lanes(&self) -> AnyLanes<'_>;

    fn has_senders(&self) -> bool;

    /// Returns true if a loop that waits leaves nothing to look after: no sender that waits, no interrupt, no extras.
    fn is_quiet(&self) -> bool;
}

impl<C: Command> Control for Shared<C> {
    fn actor(&self) -> &'static str {
        C::ACTOR
    }

    fn common(&self) -> &Common {
        &self.common
    }

    fn lanes(&self) -> AnyLanes<'_> {
        self.mailbox.lanes.erased()
    }

    fn has_senders(&self) -> bool {
        self.mailbox.has_senders()
    }

    fn is_quiet(&self) -> bool {
        self.mailbox.lanes.is_quiet() && self.common.extras.get().is_none()
    }
}

/// A share in an actor of any commands that may be sent.
#[derive(Clone)]
pub(crate) struct Controller(Arc<dyn Control + Send + Sync>);

impl Controller {
    #[inline]
    pub(crate) fn of<C: Command + Send + 'static>(shared: &Arc<Shared<C>>) -> Self {
        Self(Arc::<Shared<C>>::clone(shared))
    }

    pub(crate) fn downgrade(&self) -> WeakController {
        WeakController(Arc::downgrade(&self.0))
    }

    /// Puts an actor that is about to run into the roster of its monitor, if it has one.
    #[cold]
    pub(crate) fn enter_roster(&self) {
        if let Some(journal) = self.journal() {
            journal.enter(self.downgrade());
        }
    }
}

/// An actor, as others know it that do not keep it.
pub(crate) struct WeakController(Weak<dyn Control + Send + Sync>);

impl WeakController {
    pub(crate) fn upgrade(&self) -> Option<Controller> {
        self.0.upgrade().map(Controller)
    }
}

pub(crate) type ActorJournal = Journal<WeakController>;
pub(crate) type ActorRoster = Roster<WeakController>;

impl Progressing for WeakController {
    fn progress(&self) -> Option<Progress> {
        Some(self.upgrade()?.lanes().progress())
    }
}

impl Deref for Controller {
    type Target = dyn Control;

    fn deref(&self) -> &Self::Target {
        &*self.0
    }
}

impl Common {
    /// Locks the extras, which are made if they are not there.
    #[cold]
    fn extras(&self) -> MutexGuard<'_, ExtrasState> {
        self.extras.get_or_init(Box::default).lock()
    }

    /// Locks the extras, if they were ever needed.
    #[inline]
    fn extras_if_made(&self) -> Option<MutexGuard<'_, ExtrasState>> {
        self.extras.get().map(|extras| extras.lock())
    }

    /// Returns the reason why the actor ends, if it has failed.
    #[inline]
    fn failure(&self) -> Option<Why> {
        self.extras_if_made()?.record.failure()
    }

    #[inline]
    pub(crate) fn has_dependants(&self) -> bool {
        match self.extras.get() {
            // Relaxed: a method sets the flag, and the loop that polls the method reads it.
            Some(extras) => extras.has_dependants.load(Relaxed),
            None => false,
        }
    }

    /// Returns true once after the actor has spawned tasks or started children.
    #[inline]
    pub(crate) fn takes_new_dependants(&self) -> bool {
        match self.extras.get() {
            // Relaxed: the thread that has polled the method asks.
            Some(extras) => extras.has_new_dependants.swap(false, Relaxed),
            None => false,
        }
    }

    /// Returns the extras of an actor that is about to spawn a task or start a child.
    fn extras_to_add(&self) -> &Extras {
        // Relaxed: as in `has_dependants`.
        let extras = self.extras.get_or_init(Box::default);
        extras.has_dependants.store(true, Relaxed);
        extras.has_new_dependants.store(true, Relaxed);
        extras
    }

    fn tasks(&self) -> MutexGuard<'_, Tasks> {
        self.extras.get_or_init(Box::default).tasks()
    }

    fn children(&self) -> MutexGuard<'_, Option<Box<Children<Controller>>>> {
        self.extras.get_or_init(Box::default).children()
    }
}

impl Extras {
    /// Locks the tasks. Nothing that runs under the lock leaves them half changed.
    fn tasks(&self) -> MutexGuard<'_, Tasks> {
        self.tasks.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Locks the children. Nothing that runs under the lock leaves them half changed.
    fn children(&self) -> MutexGuard<'_, Option<Box<Children<Controller>>>> {
        self.children.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Locks the state. Nothing that runs under the lock can panic.
    fn lock(&self) -> MutexGuard<'_, ExtrasState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl dyn Control + '_ {
    /// The token that stops the actor.
    #[inline]
    pub(crate) fn shutdown_token(&self) -> &CancellationToken {
        let common = self.common();
        let extras = common.extras.get();
        let late_token = extras.and_then(|extras| extras.late_token.get());
        late_token.unwrap_or(&common.token)
    }

    /// The name of the actor in messages.
    pub(crate) fn title(&self) -> Title {
        Title {
            actor: self.actor(),
            instance: self.instance().cloned(),
        }
    }

    /// Begins to measure the actor, and returns the meter of its loop.
    #[inline]
    pub(crate) fn start_meter(&self) -> Meter {
        let meters = &self.common().meters;
        meters.start(|| self.title(), || self.lanes().first.capacity());
        meters.meter()
    }

    /// Begins the spans of the actor.
    #[inline]
    pub(crate) fn start_spans(&self) -> Spans {
        Spans::new(|| self.title())
    }

    /// The name of the instance, if it has one.
    pub(crate) fn instance(&self) -> Option<&Arc<String>> {
        self.common().extras.get()?.instance.get()
    }

    /// Names the instance, once and before the actor has a context.
    #[cold]
    pub(crate) fn set_instance(&self, name: String) {
        let extras = self.common().extras.get_or_init(Box::default);
        let set = extras.instance.set(Arc::new(name));
        debug_assert!(set.is_ok(), "an actor is named once");
    }

    /// Begins the journal of an actor in this `roster`, once and before the actor has a context.
    #[cold]
    pub(crate) fn set_roster(&self, roster: Arc<ActorRoster>) {
        let extras = self.common().extras.get_or_init(Box::default);
        let set = extras.journal.set(Box::new(Journal::new(roster)));
        debug_assert!(set.is_ok(), "the roster of an actor is set once");
    }

    /// Notes that the loop of the actor has panicked: the method in progress will not return.
    #[cold]
    pub(crate) fn note_loop_panic(&self) {
        if let Some(journal) = self.journal() {
            journal.cut_off();
        }
    }

    /// The journal of the actor, if it is monitored.
    pub(crate) fn journal(&self) -> Option<&ActorJournal> {
        let journal = self.common().extras.get()?.journal.get()?;
        Some(journal)
    }

    /// Sets the token that stops the actor, once and before the actor has a context.
    #[cold]
    pub(crate) fn set_late_token(&self, token: CancellationToken) {
        let extras = self.common().extras.get_or_init(Box::default);
        let set = extras.late_token.set(token);
        debug_assert!(set.is_ok(), "the token of an actor is set once");
    }

    /// Returns a token that is cancelled when the mailbox is closed.
    pub(crate) fn closed(&self) -> CancellationToken {
        let closed = self.common().extras().closed.clone();
        // After the token is there (invariant 1).
        if self.lanes().first.is_closed() {
            cancel(&closed);
        }
        closed
    }

    /// Returns a token that is cancelled when the mailbox is closed or the incarnation of a supervised actor ends.
    pub(crate) fn incarnation(&self) -> CancellationToken {
        let work = self.work();
        let incarnation = self.common().extras().incarnation.clone();
        incarnation.unwrap_or(work)
    }

    /// Returns the parent of the tokens that methods get.
    fn work(&self) -> CancellationToken {
        let made = self.common().extras().work.clone();
        let work = made.unwrap_or_else(|| {
            // Not under the lock, since this locks the shutdown token, as whoever cancels that does.
            let new = self.shutdown_token().child_token();
            let mut extras = self.common().extras();
            extras.work.get_or_insert_with(|| new.clone()).clone()
        });
        // After the token is there (invariant 1).
        if self.lanes().first.is_closed() {
            cancel(&work);
        }
        work
    }

    /// Returns a token that is cancelled when the actor has ended, its tasks included.
    pub(crate) fn ended(&self) -> CancellationToken {
        let ended = self.common().extras().ended.get_or_insert_default().clone();
        // After the token is there (invariant 1).
        if self.lanes().first.lock().line.is_over() {
            cancel(&ended);
        }
        ended
    }

    /// Waits until the actor has ended, its tasks included.
    pub(crate) fn wait_for_end(&self) -> EndWait {
        Box::pin(Shielded::new(self.ended().cancelled_owned()))
    }

    /// Refuses further commands, and lets those that are queued begin only if `how` says so, or the actor's own
    /// `shutdown` if it does not.
    #[inline]
    pub(crate) fn stop(&self, reason: StopReason, how: Option<Shutdown>) {
        self.lanes().stop(reason, how);
        self.cancel_closed();
        self.cancel_work();
    }

    /// Stops the actor because its shutdown token is cancelled, which also cancels the tokens of methods (invariant 3).
    fn stop_by_token(&self) {
        self.lanes().stop(StopReason::Cancelled, None);
        self.cancel_closed();
    }

    /// Stops the actor when `cancelled` is ready. The `actor` is the waker, so one poll is all that the future needs as
    /// long as it lives.
    #[inline]
    pub(crate) fn stop_when(
        &self,
        cancelled: Pin<&mut WaitForCancellationFuture<'_>>,
        actor: &Waker,
    ) {
        if cancelled.poll(&mut Context::from_waker(actor)).is_ready() {
            self.stop_by_token();
        }
    }

    /// Refuses further commands, and those whose senders wait for a slot.
    #[inline]
    pub(crate) fn close(&self) {
        let lanes = self.lanes();
        // Whoever stops the mailbox also closes it.
        if !lanes.first.gate().is_stopping() {
            lanes.close();
            self.cancel_closed();
            self.cancel_work();
        }
    }

    /// Tells those who wait for the mailbox to close, after it was closed (invariant 1).
    #[inline]
    fn cancel_closed(&self) {
        let extras = self.common().extras_if_made();
        let closed = extras.map(|mut extras| {
            extras.time.closed_at.get_or_insert_with(Instant::now);
            extras.closed.clone()
        });
        if let Some(closed) = closed {
            cancel(&closed);
        }
    }

    /// Cancels the tokens of methods, after the mailbox was closed (invariant 1).
    #[inline]
    fn cancel_work(&self) {
        let extras = self.common().extras_if_made();
        if let Some(work) = extras.and_then(|extras| extras.work.clone()) {
            cancel(&work);
        }
    }

    /// Sets the longest time that the end may take, counted from when the mailbox is closed.
    pub(crate) fn set_deadline(&self, deadline: Duration) {
        self.common().extras().time.deadline = Some(deadline);
    }

    /// Sets the moment at which the actor will be aborted, unless there is none.
    pub(crate) fn set_limit(&self, limit: Option<Instant>) {
        self.common().extras().time.limit = limit;
    }

    /// Returns the moment of the deadline, counted from when the mailbox was closed, unless it is too far away.
    pub(crate) fn deadline_at(&self) -> Option<Instant> {
        self.common().extras().time.deadline_at()
    }

    /// Lets no further command begin if the end has taken too long, and returns true then. The loop asks between two
    /// commands, since it may handle many of them before it lets anybody else look.
    #[cold]
    pub(crate) fn stops_if_overdue(&self) -> bool {
        let extras = self.common().extras_if_made();
        let due = extras.and_then(|extras| extras.time.due());
        let is_overdue = due.is_some_and(|due| due <= Instant::now());
        if is_overdue {
            self.stop(StopReason::Cancelled, Some(Shutdown::Stop));
        }
        is_overdue
    }

    /// Ends the loop after the method in progress, and keeps the `error` for the exit, unless there was one before.
    #[cold]
    pub(crate) fn fail(&self, error: Box<dyn Error + Send + Sync>) {
        let second = self.with_record(|record| record.keep_error(error));
        drop(second);
        self.interrupt(Why::Failed);
    }

    /// Ends the loop after the method in progress, `because` the actor or a task has failed. A supervised actor may
    /// begin another incarnation. Any other actor ends.
    pub(crate) fn interrupt(&self, because: Why) {
        let incarnation = self.common().extras().incarnation.clone();
        let Some(incarnation) = incarnation else {
            self.foresee_end(because);
            return self.stop(StopReason::Stopped, Some(Shutdown::Stop));
        };
        self.lanes().interrupt();
        cancel(&incarnation);
    }

    /// Ends an actor whose method has panicked while a caller had the state, as the loop will do. A supervised actor
    /// goes on.
    #[cold]
    pub(crate) fn fail_in_place(&self) {
        let extras = self.common().extras_if_made();
        let is_supervised = extras.is_some_and(|extras| extras.incarnation.is_some());
        if !is_supervised {
            self.foresee_end(Why::Panicked);
            self.close();
        }
    }

    /// Called before the loop or a task of the actor is dropped. A panic that unwinds already is not theirs, so their
    /// callers are not told of a panic.
    pub(crate) fn abandon_if_panicking(&self) {
        if thread::panicking() {
            self.lanes().abandon();
        }
    }

    /// Begins an incarnation of a supervised actor, and returns what the exit of the one before has to tell.
    pub(crate) fn begin_incarnation(&self) -> Record {
        let next = self.work().child_token();
        let mut extras = self.common().extras();
        let last = extras.incarnation.replace(next);
        let record = extras.take_record(self.instance());
        drop(extras);
        if let Some(last) = last {
            cancel(&last);
        }
        self.lanes().resume();
        record
    }

    /// Returns true if something of the actor's has panicked, or its start has failed.
    pub(crate) fn has_failed(&self) -> bool {
        let is_interrupted = self.lanes().first.gate().is_interrupted();
        is_interrupted || self.common().extras().record.is_of_failure()
    }

    /// Returns true if the actor has failed and is supervised.
    pub(crate) fn may_be_restarted(&self) -> bool {
        let lanes = self.lanes();
        let gate = lanes.first.gate();
        let is_failure = gate.is_interrupted();
        let extras = self.common().extras();
        !gate.is_stopping()
            && extras.incarnation.is_some()
            && (is_failure || extras.record.is_of_failure())
    }

    /// Keeps a panic for the exit, unless there was one before.
    #[cold]
    pub(crate) fn keep_panic(&self, payload: Payload) {
        let second = self.with_record(|record| record.keep_panic(payload));
        if let Some(second) = second {
            discard(second);
        }
    }

    /// Changes what the exit will tell. Returns what does not stay in there, to be dropped without the lock.
    pub(crate) fn with_record<T>(&self, with: impl FnOnce(&mut Record) -> T) -> T {
        with(&mut self.common().extras().record)
    }

    /// Keeps the command that takes the state at the end, unless there is one. Returns a second one, to be dropped
    /// without the lock.
    #[cold]
    fn keep_last(&self, command: LastCommand) -> Option<LastCommand> {
        let mut extras = self.common().extras();
        if extras.last.is_some() {
            return Some(command);
        }
        extras.last = Some(command);
        extras.record.is_last_unfinished = true;
        drop(extras);
        if let Some(journal) = self.journal() {
            journal.postpone();
        }
        None
    }

    /// Takes out the command that takes the state, if one was begun.
    fn take_last(&self) -> Option<LastCommand> {
        self.common().extras_if_made()?.last.take()
    }

    /// Says what became of an accepted command, whose reply was lost because of `lost`.
    pub(crate) fn why_lost(&self, accepted: Accepted, lost: CallError) -> CallError {
        self.lanes().why_lost(accepted, lost)
    }

    /// Returns the reason why the mailbox is closed, as far as it is known.
    #[cold]
    pub(crate) fn why(&self) -> Why {
        // Before what is noted, which has it once the record no longer has it.
        if let Some(failure) = self.common().failure() {
            return failure;
        }
        let why = self.lanes().first.lock().line.why();
        match why {
            Why::Unknown => self.lanes().stop_reason().map_or(Why::Unknown, Why::from),
            why => why,
        }
    }

    /// Notes why the actor is about to end, unless that is known already.
    pub(crate) fn foresee_end(&self, because: Why) {
        self.lanes().first.lock().line.foresee(because);
    }

    /// Notes why the actor has ended.
    pub(crate) fn settle_end(&self, because: Why) {
        self.lanes().first.lock().line.settle(because);
    }

    /// Tells those who wait for the end of the actor, of which nothing is left.
    #[cold]
    fn tell_end(&self) {
        let extras = self.common().extras_if_made();
        if let Some(told) = extras.and_then(|extras| extras.told.clone()) {
            told.send_replace(Some(self.why()));
        }
    }

    /// Returns a receiver that is told why the actor has ended, when nothing is left of it.
    pub(crate) fn end_told(&self) -> watch::Receiver<Option<Why>> {
        let told = self.common().extras().told.get_or_insert_default().clone();
        // After the sender is there (invariant 1).
        let is_gone = self.lanes().first.lock().line.is_gone();
        if is_gone {
            told.send_replace(Some(self.why()));
        }
        told.subscribe()
    }

    /// Returns the reason why the loop ends.
    pub(crate) fn stop_reason(&self) -> StopReason {
        if self.common().failure() == Some(Why::Failed) {
            return StopReason::Failed;
        }
        match self.lanes().stop_reason() {
            Some(reason) => reason,
            None if self.lanes().first.gate().is_interrupted() => StopReason::Stopped,
            None => StopReason::ClientsDropped,
        }
    }

    /// Returns the waits of the actor's methods, if anybody has looked for a deadlock.
    pub(crate) fn waits_if_made(&self) -> Option<Arc<Waits>> {
        self.common().extras_if_made()?.waits.clone()
    }

    /// Returns the waits of the actor's methods, for those who look for a deadlock.
    #[cold]
    pub(crate) fn waits(&self) -> Arc<Waits> {
        let mut extras = self.common().extras();
        let waits = &mut extras.waits;
        Arc::clone(waits.get_or_insert_with(|| Arc::new(Waits::of(self.title()))))
    }

    /// Notes the current `runtime`, whose timer bounds the waits of callers from now on.
    ///
    /// # Panics
    ///
    /// If the runtime has no timer.
    #[cold]
    pub(crate) fn set_runtime(&self, runtime: Handle) {
        drop(sleep(Duration::ZERO));
        let known = self
            .common()
            .extras()
            .runtime
            .get_or_insert_default()
            .clone();
        known.send_replace(Some(runtime));
    }

    /// Returns a receiver of the runtime whose timer bounds the waits of callers.
    pub(crate) fn runtime(&self) -> watch::Receiver<Option<Handle>> {
        let mut extras = self.common().extras();
        extras.runtime.get_or_insert_default().subscribe()
    }

    /// Prepares for those who ask whether the actor has started.
    pub(crate) fn expect_start(&self) {
        self.common().extras().start = Some(watch::Sender::default());
    }

    /// Tells that the start is done.
    pub(crate) fn finish_start(&self) {
        let start = self.common().extras().start.clone();
        if let Some(start) = start {
            start.send_replace(Start::Done);
        }
    }

    /// Returns the progress of the actor's start, if that can fail.
    pub(crate) fn start(&self) -> Option<watch::Receiver<Start>> {
        let extras = self.common().extras();
        extras.start.as_ref().map(watch::Sender::subscribe)
    }

    /// Locks the tasks to add one, after those that have ended have given up their places, even if the method never
    /// waits.
    pub(crate) fn tasks_to_add(&self) -> MutexGuard<'_, Tasks> {
        loop {
            let mut tasks = self.common().extras_to_add().tasks();
            let Some(end) = tasks.try_next() else {
                return tasks;
            };
            drop(tasks);
            self.keep_panic_of(end);
        }
    }

    /// Locks the children to add one, after those that have ended have given up their places.
    pub(crate) fn children_to_add(&self) -> MutexGuard<'_, Option<Box<Children<Controller>>>> {
        loop {
            let mut children = self.common().extras_to_add().children();
            let Some(ended) = children.get_or_insert_default().try_next() else {
                return children;
            };
            drop(children);
            ended.discard();
        }
    }

    /// Aborts the tasks, which the actor then still waits for.
    pub(crate) fn cut_tasks_short(&self) {
        self.common().tasks().cut_short();
    }

    /// Aborts the tasks and the children, which end when they are polled next.
    pub(crate) fn cut_short(&self) {
        self.cut_tasks_short();
        if let Some(children) = &mut *self.common().children() {
            children.cut_short();
        }
    }

    /// Tells the children to end, each as its own settings say. None has more time than the end of this actor has left.
    pub(crate) fn end_children(&self) {
        let due = self.common().extras().time.due();
        self.tell_children(due);
    }

    /// Tells the children of an actor that is to be restarted to end. They have as long as the end of the actor would
    /// have, if it began now, and are aborted then.
    pub(crate) fn end_children_before_restart(&self) {
        let deadline = self.common().extras().time.deadline;
        let due = deadline.and_then(|deadline| Instant::now().checked_add(deadline));
        if let (Some(due), Some(children)) = (due, &mut *self.common().children()) {
            children.cut_short_at(due);
        }
        self.tell_children(due);
    }

    fn tell_children(&self, due: Option<Instant>) {
        let children = self.common().children();
        let living = children.as_ref().map(|children| children.living());
        drop(children);
        for child in living.into_iter().flatten() {
            if let Some(due) = due {
                child.end_by(due);
            }
            child.stop(StopReason::Cancelled, None);
        }
    }

    /// Shortens the deadline of an actor that ends to this moment.
    fn end_by(&self, due: Instant) {
        let mut extras = self.common().extras();
        let time = &mut extras.time;
        let closed_at = *time.closed_at.get_or_insert_with(Instant::now);
        let left = due.saturating_duration_since(closed_at);
        time.deadline = Some(time.deadline.map_or(left, |deadline| deadline.min(left)));
    }

    /// Forgets the tasks and the children that have ended; ready when there are no others.
    #[cold]
    pub(crate) fn reap(&self, cx: &mut Context<'_>) -> Poll<()> {
        let children = self.reap_children(cx);
        ready!(self.reap_tasks(cx));
        children
    }

    fn reap_tasks(&self, cx: &mut Context<'_>) -> Poll<()> {
        loop {
            // A statement of its own, so that the lock is released before the panic is kept.
            let next = self.common().tasks().poll_next(cx);
            match ready!(next) {
                Some(end) => self.keep_panic_of(end),
                None => return Poll::Ready(()),
            }
        }
    }

    fn reap_children(&self, cx: &mut Context<'_>) -> Poll<()> {
        loop {
            let mut children = self.common().children();
            let Some(living) = &mut *children else {
                return Poll::Ready(());
            };
            let next = living.poll_next(cx);
            drop(children);
            match ready!(next) {
                Some(ended) => ended.discard(),
                None => return Poll::Ready(()),
            }
        }
    }

    /// Returns the number of tasks that have not ended, and the number of such children by their titles.
    pub(crate) fn dependants(&self) -> (usize, BTreeMap<String, usize>) {
        let tasks = self.common().tasks().len();
        let children = self.common().children();
        let living = children.as_ref().map(|children| children.living());
        drop(children);
        let mut titles = BTreeMap::new();
        for child in living.into_iter().flatten() {
            *titles.entry(child.title().to_string()).or_default() += 1;
        }
        (tasks, titles)
    }

    /// Returns true if the actor is known to run in a runtime with a timer.
    #[cfg(feature = "tracing")]
    pub(crate) fn has_timer(&self) -> bool {
        let extras = self.common().extras();
        extras.time.deadline.is_some() || extras.incarnation.is_some()
    }

    /// Keeps the panic of a task that has ended, if there was one.
    fn keep_panic_of(&self, end: TaskEnd) {
        if let Some(payload) = end.panic {
            self.keep_panic(payload);
        }
    }

    /// Ends the mailbox for good: of an actor whose loop panicked or was cut off, if there is such a `failure`. Tells
    /// those who wait for the end, aborts the tasks and children that had no more time, and returns what the exit has
    /// to tell.
    #[inline]
    pub(crate) fn end(&self, failure: Option<Why>) -> Remains {
        let common = self.common();
        let failure = match failure {
            Some(Why::Panicked) => failure,
            _ => common.failure().or(failure),
        };
        let LaneEnd {
            stop,
            told,
            is_empty,
        } = self.lanes().end(failure);
        Remains {
            stop,
            told,
            is_empty,
            record: common.extras.get().map(|_| Box::new(self.end_extras())),
        }
    }

    #[cold]
    fn end_extras(&self) -> Record {
        let tasks = mem::take(&mut *self.common().tasks());
        let children = self.common().children().take();
        drop(children);
        if let Some(journal) = self.journal() {
            journal.leave();
        }
        let mut extras = self.common().extras();
        let ended = LastExtras {
            tokens: [extras.ended.clone(), extras.work.take()],
            start: extras.start.clone(),
            tasks,
            last: extras.last.take(),
            record: extras.take_record(self.instance()),
        };
        drop(extras);
        self.cancel_closed();
        ended.tell()
    }
}

/// The extras of an actor that has ended.
struct LastExtras {
    tokens: [Option<CancellationToken>; 2],
    start: Option<watch::Sender<Start>>,
    tasks: Tasks,
    last: Option<LastCommand>,
    record: Record,
}

impl LastExtras {
    /// Tells whoever waits for an answer that will not come, or for a start that is not done (invariant 2).
    #[cold]
    fn tell(mut self) -> Record {
        if let Some(panic) = self.tasks.abort() {
            keep_first(&mut self.record.panic, panic);
        }
        if let Some(panic) = caught_drop(&mut self.last) {
            keep_first(&mut self.record.panic, panic);
        }
        for token in self.tokens.iter().flatten() {
            cancel(token);
        }
        if let Some(start) = self.start {
            start.send_if_modified(|start| {
                let is_pending = *start == Start::Pending;
                if is_pending {
                    *start = Start::Failed;
                }
                is_pending
            });
        }
        self.record
    }
}

/// Cancels a token. If a waker that waits for it panics, nobody is told.
fn cancel(token: &CancellationToken) {
    if let Some(panic) = caught(|| token.cancel()) {
        discard(panic);
    }
}

/// The waker of a shutdown token: to wake the actor is to stop it, at once and wherever the token is cancelled.
impl<C: Command + Send + 'static> Wake for Shared<C> {
    fn wake(self: Arc<Self>) {
        self.control().stop_by_token();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.control().stop_by_token();
    }
}
