//! Supervision: restarts of an actor after a failure, on the same mailbox.
//!
//! # Invariants
//!
//! 1. The mailbox is closed when the actor is told to end, when its last client has gone and nothing is queued, and
//!    when its supervisor ends. A failure never closes it, so queued commands stay where they are, and waiting senders
//!    stay in line.
//! 2. When an incarnation is made, nothing is left of the one before: its loop, children, tasks and counts are gone. Its
//!    state is also gone, unless `on_restart` has kept it.
//! 3. Each failure is reported once: by the exit that `on_restart` gets, or by the last exit. A panic between two
//!    incarnations is kept with the panics of tasks, and reported by the next exit.
//! 4. Each restart waits, and counts. Only while the mailbox is drained does it not wait. Each of these restarts but
//!    the first follows a command that was begun, so there are no more of them than queued commands.

mod restarts;

use std::fmt;
use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::Arc;
use std::task::{self, Poll};
use std::time::Duration;

use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;

use self::restarts::{Restarts, random};
use crate::actor::{
    Actor, Child, Context, Life, Parent, SendActor, Settings, Startable, Unstarted,
};
use crate::command::Command;
use crate::drive::{Drive, LoopEnd, require_timer};
use crate::exit::{Exit, ExitReason};
use crate::handle::{ActorHandle, HandleRecipient, OnExit, Recipient};
use crate::inbox::{Inbox, Upcoming};
use crate::monitor::Monitor;
use crate::panics::{caught, discard};
use crate::shared::{Control, Controller};
use crate::tasks::{self, TaskName};

/// Starts an actor, and restarts it from a factory on the same mailbox when it fails.
///
/// Clients stay valid, and the next incarnation of the actor handles the queued commands.
///
/// An actor fails when one of its methods, hooks, sources or tasks panics, when something that it drops panics, when its
/// start fails, and when it ends with an error ([`Context::fail`](crate::Context::fail)). An actor that is told to end,
/// stops itself, is aborted or loses its last client does not fail: it ends as any other actor does.
///
/// # After a failure
///
/// - **The command in progress** is not run again, so a command that always panics costs one restart each time it is
///   sent. Its caller gets [`CallError::Panicked`](crate::CallError::Panicked). If a task panicked, the command runs to
///   its end first.
/// - **Queued commands** stay queued, in both lanes and in their order, and count toward the capacity. Senders that
///   wait for a place stay in line.
/// - **Deferred replies** in the state are dropped with it. Their callers get
///   [`CallError::Panicked`](crate::CallError::Panicked) if a panic unwound through the state, and otherwise
///   [`CallError::Unanswered`](crate::CallError::Unanswered). Callers whose replies were in tasks also get
///   `Unanswered`. Replies that are kept elsewhere can still be sent.
/// - **Tasks** of [`Context::spawn`](crate::Context::spawn) are aborted, and waited for.
///   [`Context::token`](crate::Context::token) is cancelled.
/// - **Children** of [`Context::start`](crate::Context::start) are told to end, and waited for.
/// - **Subscriptions and latest values** go on. The new state publishes its values when it is made.
/// - **Panics** are each in one [`Exit`]: the last panic is in the exit of the handle, the others are in the exits of
///   [`on_restart`](Self::on_restart). Each exit counts from the start of its own incarnation.
///
/// # The end
///
/// The mailbox stays open while the supervisor waits to restart the actor. If the actor is told to end meanwhile, it
/// ends at once: queued commands are refused, or with [`Shutdown::Drain`](crate::Shutdown::Drain) handled by one more
/// incarnation, which is made without a wait. A command that panics while the mailbox is drained also leaves the others
/// to one more incarnation. If the last client is dropped, queued commands are handled after the wait. If nothing is
/// queued, the actor ends without another incarnation, and its exit has no state.
///
/// The supervisor gives up after too many [`restarts`](Self::restarts). It closes the mailbox, queued callers get
/// [`CallError::Refused`](crate::CallError::Refused), and the exit says what the last failure was.
///
/// # Examples
///
/// ```
/// use actor_runtime::{actor, CallError, Supervisor};
///
/// #[derive(Default)]
/// struct Counter(u64);
///
/// #[actor]
/// impl Counter {
///     pub fn add(&mut self, amount: u64) -> u64 {
///         self.0 = self.0.checked_add(amount).expect("too much");
///         self.0
///     }
/// }
///
/// # #[tokio::main(flavor = "current_thread", start_paused = true)]
/// # async fn main() -> Result<(), CallError> {
/// let counter = Supervisor::new(Counter::default)
///     .on_restart(|exit| eprintln!("the counter is restarted: {exit}"))
///     .spawn();
/// assert_eq!(counter.add(1).await?, 1);
/// assert_eq!(counter.add(u64::MAX).await, Err(CallError::Panicked));
/// assert_eq!(counter.add(2).await?, 2);
/// # Ok(())
/// # }
/// ```
#[must_use = "a supervisor does nothing until it spawns the actor"]
pub struct Supervisor<A: Actor> {
    incarnations: Incarnations<A>,
    settings: Settings,
    on_exit: Option<OnExit<A>>,
}

impl<A: Actor> Supervisor<A> {
    /// Makes a supervisor of the actor that `factory` makes.
    ///
    /// The factory is called first when the actor is spawned, on the caller's thread. Later the actor's task calls it,
    /// where a panic counts as a failure of the actor. The factory must not block. Do what takes time in `#[on_start]`,
    /// which may fail.
    pub fn new(factory: impl FnMut() -> A + Send + 'static) -> Self
    where
        A: SendActor,
    {
        Self {
            incarnations: Incarnations {
                factory: Box::new(factory),
                restarts: Restarts::default(),
                on_restart: None,
            },
            settings: Settings::of::<A>(),
            on_exit: None,
        }
    }

    /// Sets the `limit` of restarts in any period as long as `within`. After one more failure, the supervisor gives up.
    /// It also gives up after more than `limit` failures in a row of incarnations that have handled no command and
    /// served no source, however long they lived.
    ///
    /// The default is 10 restarts in ten minutes: with the default [`backoff`](Self::backoff), an actor that fails at
    /// once, again and again, has about half a minute, and one that fails less than once a minute is restarted for as
    /// long as it does something in between. With `usize::MAX` the supervisor never gives up, with 0 it never
    /// restarts.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    /// use actor_runtime::{actor, CallError, ExitReason, Supervisor, Why};
    ///
    /// struct Fragile;
    ///
    /// #[actor]
    /// impl Fragile {
    ///     pub fn fail(&mut self) -> () {
    ///         panic!("out of luck");
    ///     }
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread", start_paused = true)]
    /// # async fn main() {
    /// let (fragile, handle) = Supervisor::new(|| Fragile)
    ///     .restarts(1, Duration::from_secs(60))
    ///     .spawn_with_handle();
    /// assert_eq!(fragile.fail().await, Err(CallError::Panicked));
    /// assert_eq!(fragile.fail().await, Err(CallError::Panicked));
    /// assert_eq!(fragile.fail().await, Err(CallError::Closed(Why::Panicked)));
    /// assert!(matches!(handle.await.reason, ExitReason::Panicked(_)));
    /// # }
    /// ```
    pub fn restarts(mut self, limit: usize, within: Duration) -> Self {
        let restarts = &mut self.incarnations.restarts;
        (restarts.limit, restarts.within) = (limit, within);
        self
    }

    /// Sets the delay before the first restart, and the longest delay.
    ///
    /// The defaults are 100 milliseconds and 10 seconds. The delay doubles with each restart in a row. A row ends when
    /// an incarnation lives longer than the time given to [`restarts`](Self::restarts).
    ///
    /// Each wait is drawn at random between half of the delay and all of it. So actors that failed together, as when a
    /// database went away, do not come back together.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    /// use actor_runtime::{actor, CallError, Supervisor};
    ///
    /// struct Fragile;
    ///
    /// #[actor]
    /// impl Fragile {
    ///     pub fn fail(&mut self) -> () {
    ///         panic!("out of luck");
    ///     }
    ///
    ///     pub fn ping(&self) -> () {}
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread", start_paused = true)]
    /// # async fn main() -> Result<(), CallError> {
    /// let fragile = Supervisor::new(|| Fragile)
    ///     .backoff(Duration::from_secs(1), Duration::from_secs(60))
    ///     .spawn();
    /// assert_eq!(fragile.fail().await, Err(CallError::Panicked));
    /// let start = tokio::time::Instant::now();
    /// fragile.ping().await?;
    /// assert!(start.elapsed() >= Duration::from_millis(500));
    /// # Ok(())
    /// # }
    /// ```
    pub fn backoff(mut self, first: Duration, longest: Duration) -> Self {
        let restarts = &mut self.incarnations.restarts;
        (restarts.first, restarts.longest) = (first, longest);
        self
    }

    /// Sets a function that gets each exit after which the actor is to be restarted, before the wait.
    ///
    /// Without this function, such an exit is dropped. With the feature `tracing`, the exit is logged either way.
    ///
    /// The function runs on the actor's task, so it must not block. A panic of the function counts as another failure.
    ///
    /// # Examples
    ///
    /// ```
    /// use actor_runtime::{actor, CallError, Supervisor};
    /// use tokio::sync::mpsc;
    ///
    /// struct Divider;
    ///
    /// #[actor]
    /// impl Divider {
    ///     pub fn divide(&self, number: u32, by: u32) -> u32 {
    ///         number / by
    ///     }
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread", start_paused = true)]
    /// # async fn main() {
    /// let (failures, mut failed) = mpsc::unbounded_channel();
    /// let divider = Supervisor::new(|| Divider)
    ///     .on_restart(move |exit| drop(failures.send(exit.to_string())))
    ///     .spawn();
    /// assert_eq!(divider.divide(6, 3).await, Ok(2));
    /// assert_eq!(divider.divide(1, 0).await, Err(CallError::Panicked));
    /// assert_eq!(
    ///     failed.recv().await.unwrap(),
    ///     "panicked with \"attempt to divide by zero\" in `divide`; 1 command handled, 0 refused"
    /// );
    /// # }
    /// ```
    pub fn on_restart(mut self, on_restart: impl FnMut(Exit<A>) + Send + 'static) -> Self {
        self.incarnations.on_restart = Some(Box::new(on_restart));
        self
    }

    /// Names this instance of the actor; see [`Builder::name`](crate::Builder::name).
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.settings.name = Some(name.into());
        self
    }

    /// Shows the actor in the snapshots of this [`Monitor`], with its restarts and its last failure; see
    /// [`Builder::monitor`](crate::Builder::monitor).
    ///
    /// # Examples
    ///
    /// ```
    /// use actor_runtime::{actor, CallError, Monitor, Supervisor};
    ///
    /// struct Divider;
    ///
    /// #[actor]
    /// impl Divider {
    ///     pub fn divide(&self, number: u32, by: u32) -> u32 {
    ///         number / by
    ///     }
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread", start_paused = true)]
    /// # async fn main() {
    /// let monitor = Monitor::new();
    /// let divider = Supervisor::new(|| Divider).monitor(&monitor).spawn();
    /// assert_eq!(divider.divide(1, 0).await, Err(CallError::Panicked));
    /// assert_eq!(divider.divide(6, 3).await, Ok(2));
    /// let snapshot = monitor.snapshot();
    /// assert_eq!(snapshot.actors[0].restarts, 1);
    /// let failure = snapshot.actors[0].last_failure.as_ref().unwrap();
    /// assert_eq!(failure.reason, "panicked with \"attempt to divide by zero\"");
    /// assert_eq!(failure.method, Some("divide"));
    /// # }
    /// ```
    pub fn monitor(mut self, monitor: &Monitor) -> Self {
        self.settings.monitor = Some(monitor.clone());
        self
    }

    /// Sets the capacity of the mailbox; see [`Builder::capacity`](crate::Builder::capacity).
    pub fn capacity(mut self, capacity: usize) -> Self {
        self.settings.capacity = capacity;
        self
    }

    /// Sets the token that stops the actor.
    pub fn shutdown(mut self, token: CancellationToken) -> Self {
        self.settings.shutdown = Some(token);
        self
    }

    /// Sets the longest time that shutdown may take, restarts included. See
    /// [`Builder::deadline`](crate::Builder::deadline).
    pub fn deadline(mut self, deadline: Duration) -> Self {
        self.settings.deadline = Some(deadline);
        self
    }

    /// Sets a function that receives the last [`Exit`], unless an [`ActorHandle`] returns it.
    pub fn on_exit(mut self, on_exit: impl FnOnce(Exit<A>) + Send + 'static) -> Self {
        self.on_exit = Some(Box::new(on_exit));
        self
    }

    /// Starts the actor on a task of its own, and returns its client.
    ///
    /// # Panics
    ///
    /// If called outside of a tokio runtime or in one without a timer, if the capacity is 0, or if the factory or a
    /// `#[watch]` method panics.
    #[track_caller]
    pub fn spawn(self) -> A::Client
    where
        A: SendActor,
    {
        let (client, controller, task) = task(self.incarnations, self.settings, self.on_exit);
        drop(tasks::spawn(task, &TaskName::of(|| controller.title())));
        client
    }

    /// Starts the actor on a task of its own, and returns its client and a handle that waits for the end of its last
    /// incarnation.
    ///
    /// [`ActorHandle::started`] waits for the first start that does not fail.
    ///
    /// # Panics
    ///
    /// If called outside of a tokio runtime or in one without a timer, if the capacity is 0, or if the factory or a
    /// `#[watch]` method panics.
    #[track_caller]
    pub fn spawn_with_handle(self) -> (A::Client, ActorHandle<A>)
    where
        A: SendActor,
    {
        let (recipient, exit) = HandleRecipient::new(self.on_exit);
        let (client, controller, task) = task(self.incarnations, self.settings, recipient);
        let name = TaskName::of(|| controller.title());
        let task = tasks::spawn(task, &name).abort_handle();
        (client, ActorHandle::new(exit, task, controller))
    }
}

impl<A: SendActor> Child<A> for Supervisor<A> {}

impl<A: SendActor> Startable<A> for Supervisor<A> {
    #[track_caller]
    fn start(self, parent: &Parent<'_>) -> A::Client {
        let (client, controller, task) = task(self.incarnations, self.settings, self.on_exit);
        parent.spawn(controller, task);
        client
    }

    #[track_caller]
    fn start_with_handle(self, parent: &Parent<'_>) -> (A::Client, ActorHandle<A>) {
        let (recipient, exit) = HandleRecipient::new(self.on_exit);
        let (client, controller, task) = task(self.incarnations, self.settings, recipient);
        let task = parent.spawn(controller.clone(), task);
        (client, ActorHandle::new(exit, task, controller))
    }
}

impl<A: Actor> fmt::Debug for Supervisor<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Supervisor")
            .field("restarts", &self.incarnations.restarts.limit)
            .field("within", &self.incarnations.restarts.within)
            .field("name", &self.settings.name)
            .field("capacity", &self.settings.capacity)
            .field("deadline", &self.settings.deadline)
            .finish_non_exhaustive()
    }
}

/// Makes the first incarnation, and returns the task that runs all incarnations.
fn task<A, R>(
    mut incarnations: Incarnations<A>,
    settings: Settings,
    recipient: R,
) -> (
    A::Client,
    Controller,
    impl Future<Output = ()> + Send + 'static,
)
where
    A: SendActor,
    R: Recipient<A> + Send + 'static,
{
    let actor = (incarnations.factory)();
    let (client, unstarted) = Unstarted::with_settings(actor, None, settings, recipient);
    let controller = unstarted.controller();
    let (mut spawned, mut driver) = unstarted.into_spawned();
    // For the waits between restarts.
    require_timer();
    spawned.life().inbox.control().begin_incarnation();
    let task = async move {
        let life = spawned.life();
        let shared = Arc::clone(life.inbox.shared());
        let cancelled = pin!(shared.control().shutdown_token().cancelled());
        shared.control().stop_when(cancelled, &life.waker());
        let mut upcoming = Upcoming::Some;
        loop {
            let outcome = {
                let (actor, inbox, context) = life.parts();
                let run = actor.map(move |actor| actor.run_send(inbox, context));
                Drive::new(&mut driver, run).await
            };
            let outcome = life.wait_for_dependants(&mut driver, outcome).await;
            // Panics of the loop, of tasks and of what came before this incarnation all count (invariant 3).
            if outcome.panic.is_none() && !life.inbox.control().has_failed() {
                return spawned.end_and_report(outcome);
            }
            let delay = match incarnations.after_failure(upcoming, &life.inbox) {
                AfterFailure::Restart(delay) => delay,
                AfterFailure::End => return spawned.end_and_report(outcome),
                AfterFailure::GiveUp => return give_up(life, outcome),
            };
            // The mailbox stays open (invariant 1), and the counts begin again (invariant 2).
            let exit = life.end_incarnation(outcome);
            let Life {
                inbox,
                context,
                spans,
                ..
            } = &mut *life;
            spans.in_scope(|| incarnations.tell(exit, delay, inbox.control()));
            upcoming = wait(inbox, delay).await;
            if upcoming == Upcoming::None {
                return end_between(life);
            }
            life.actor = spans.in_scope(|| incarnations.next(context));
        }
    };
    (client, controller, task)
}

/// Waits until the next incarnation is to be made, or none is needed (invariant 4).
async fn wait<C: Command>(inbox: &mut Inbox<C>, delay: Duration) -> Upcoming {
    let mut delay = pin!(sleep(delay));
    poll_fn(move |cx| match poll_no_wait(inbox, cx) {
        Poll::Ready(upcoming) => Poll::Ready(upcoming),
        Poll::Pending => delay.as_mut().poll(cx).map(|()| Upcoming::Some),
    })
    .await
}

/// Ready when there is no need to wait for a restart.
pub(crate) fn poll_no_wait<C: Command>(
    inbox: &mut Inbox<C>,
    cx: &mut task::Context<'_>,
) -> Poll<Upcoming> {
    // Whoever changes what is upcoming wakes the supervisor in place of the loop. The waker is left before the look, so
    // that no change is missed.
    inbox.control().lanes().first.leave_receiver(cx.waker());
    match inbox.upcoming() {
        Upcoming::Some => Poll::Pending,
        upcoming => Poll::Ready(upcoming),
    }
}

fn give_up<A, R>(life: &mut Life<A, R>, outcome: LoopEnd<A>)
where
    A: Actor,
    R: Recipient<A>,
{
    let LoopEnd { state, panic } = outcome;
    let exit = life.end(panic, state.is_some());
    #[cfg(feature = "tracing")]
    life.spans.in_scope(|| {
        tracing::error!(
            actor = A::Command::ACTOR,
            name = exit.name(),
            %exit,
            "an actor failed too often to be restarted"
        );
    });
    life.report(exit, state);
}

/// Ends an actor that has no incarnation at the moment and needs none.
fn end_between<A, R>(life: &mut Life<A, R>)
where
    A: Actor,
    R: Recipient<A>,
{
    let exit = life.end_between();
    life.report(exit, None);
}

/// Makes the incarnations of an actor.
struct Incarnations<A> {
    factory: Box<dyn FnMut() -> A + Send>,
    restarts: Restarts,
    on_restart: Option<Box<dyn FnMut(Exit<A>) + Send>>,
}

/// The step that follows a failure.
enum AfterFailure {
    Restart(Duration),
    /// There is nothing to restart for.
    End,
    GiveUp,
}

impl<A: Actor> Incarnations<A> {
    /// Decides what follows the failure of an incarnation that was made for the commands in `before`.
    fn after_failure(&mut self, before: Upcoming, inbox: &Inbox<A::Command>) -> AfterFailure {
        match inbox.upcoming() {
            Upcoming::None => return AfterFailure::End,
            // A restart that does not wait has to follow a command that was begun (invariant 4).
            Upcoming::Last if before == Upcoming::Last && !inbox.work().has_begun() => {
                return AfterFailure::End;
            }
            Upcoming::Last | Upcoming::Some => {}
        }
        let has_worked = inbox.work().has_worked();
        let delay = self.restarts.delay(Instant::now(), random(), has_worked);
        delay.map_or(AfterFailure::GiveUp, AfterFailure::Restart)
    }

    /// Reports an exit that is followed by a restart.
    fn tell(&mut self, exit: Exit<A>, delay: Duration, failed: &dyn Control) {
        #[cfg(feature = "tracing")]
        {
            let (actor, name) = (A::Command::ACTOR, exit.name());
            tracing::error!(actor, name, %exit, "an actor failed");
            tracing::warn!(actor, name, ?delay, "an actor is restarted");
        }
        #[cfg(not(feature = "tracing"))]
        let _ = delay;
        if let Some(journal) = failed.journal() {
            journal.fail(described(&exit.reason), exit.in_progress);
        }
        // Dropping the exit may also panic.
        keep_panic(failed, || match &mut self.on_restart {
            Some(on_restart) => on_restart(exit),
            None => drop(exit),
        });
    }

    /// Makes the next incarnation, unless something has panicked since the last one.
    fn next(&mut self, context: &Context<A>) -> Option<A> {
        // Each restart counts, even if the factory panics (invariant 4).
        self.restarts.count(Instant::now());
        if let Some(journal) = context.control().journal() {
            journal.restart();
        }
        if context.control().has_failed() {
            return None;
        }
        keep_panic(context.control(), || {
            let actor = (self.factory)();
            actor.publish(context);
            actor
        })
    }
}

/// Describes the reason of an exit, which may have an error of a user's.
fn described(reason: &ExitReason) -> String {
    let mut text = String::new();
    if let Some(panic) = caught(|| text = reason.to_string()) {
        discard(panic);
        text = reason.why().to_string();
    }
    text
}

/// Runs code between two incarnations, and keeps its panic if there is one (invariant 3).
fn keep_panic<T>(actor: &dyn Control, run: impl FnOnce() -> T) -> Option<T> {
    match catch_unwind(AssertUnwindSafe(run)) {
        Ok(result) => Some(result),
        Err(payload) => {
            actor.keep_panic(payload);
            None
        }
    }
}
