//! Supervision: restarts of an actor after a failure, on the same mailbox.

mod factory;
mod incarnations;
mod restarts;

use std::fmt;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use tokio::task::AbortHandle;
use tokio_util::sync::CancellationToken;

use self::factory::Made;
pub use self::factory::{Factory, LocalFactory, SendFactory};
#[cfg(all(test, shuttle))]
pub(crate) use self::incarnations::poll_no_wait;
use self::incarnations::{FollowUp, Incarnations, SupervisedEnd};
use crate::actor::{Actor, Child, Parent, SendActor, Settings, Startable, Unstarted};
use crate::command::{Command as _, Values};
use crate::drive::{Drive, require_timer};
use crate::exit::Exit;
use crate::handle::{ActorHandle, HandleRecipient, OnExit, Recipient};
use crate::hooks::LoopError;
use crate::monitor::Monitor;
use crate::published::Initialized;
use crate::shared::Controller;
use crate::sync::Exclusive;
use crate::tasks::{self, TaskName};

/// Starts an actor, and restarts it from a factory on the same mailbox when it fails.
///
/// Clients stay valid, and the next incarnation of the actor handles the queued commands.
///
/// An actor fails when one of its methods, hooks, sources or tasks panics, when something that it drops panics, when
/// its state cannot be made ([`try_new`](Self::try_new)), when its start fails, and when it ends with an error
/// ([`Context::fail`](crate::Context::fail)). An actor that is told to end, stops itself, is aborted or loses its last
/// client does not fail: it ends as any other actor does.
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
#[must_use = "a supervisor does nothing until `spawn`, `spawn_with_handle` or `into_runner` is called"]
pub struct Supervisor<A: Actor, F = SendFactory<A>> {
    incarnations: Incarnations<A, F>,
    settings: Settings,
    on_exit: Option<OnExit<A>>,
}

impl<A: Actor> Supervisor<A> {
    /// Makes a supervisor of the actor that `factory` makes.
    ///
    /// The factory is called first when the actor is spawned, on the caller's thread. Later the actor's task calls it,
    /// where a panic counts as a failure of the actor. The factory must not block. For a state that takes time to make,
    /// or can fail, see [`try_new`](Self::try_new).
    pub fn new(factory: impl FnMut() -> A + Send + 'static) -> Self {
        Self::of(SendFactory::plain(factory))
    }

    /// Makes a supervisor of the actor that the future of `factory` makes, unless it fails.
    ///
    /// The actor's task makes each state, also the first one. The client is there at once, and commands queue
    /// meanwhile.
    ///
    /// - An error is a failed start of the actor, as of `#[on_start]`: it counts, it is followed by a restart after a
    ///   delay, and the exit has it as [`ExitReason::StartFailed`](crate::ExitReason::StartFailed). So does a panic,
    ///   which the exit has as [`ExitReason::Panicked`](crate::ExitReason::Panicked).
    /// - The actor has [started](ActorHandle::started) when it has a state and its `#[on_start]` method is done.
    /// - If the actor is told to end, or its last client is dropped, and no queued command is to be handled, the future
    ///   is dropped. With [`Shutdown::Drain`](crate::Shutdown::Drain) queued commands are handled first. The
    ///   [`deadline`](Self::deadline) also holds for the future.
    /// - In errors, exits and spans the future is a method of the actor with the name `factory`.
    ///
    /// Clients of an actor with `#[watch]` methods read the value of `#[watch(initial = ..)]` until the first state is
    /// made. Later they read the last value while another state is made.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::io;
    /// use actor_runtime::{actor, CallError, Supervisor};
    ///
    /// struct Connection { address: String }
    ///
    /// impl Connection {
    ///     async fn open(attempt: u32) -> io::Result<Self> {
    ///         match attempt {
    ///             1 => Err(io::ErrorKind::ConnectionRefused.into()),
    ///             _ => Ok(Self { address: "localhost".into() }),
    ///         }
    ///     }
    /// }
    ///
    /// #[actor]
    /// impl Connection {
    ///     pub fn address(&self) -> String {
    ///         self.address.clone()
    ///     }
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread", start_paused = true)]
    /// # async fn main() -> Result<(), CallError> {
    /// let mut attempts = 0;
    /// let connection = Supervisor::try_new(move || {
    ///     attempts += 1;
    ///     Connection::open(attempts)
    /// })
    /// .on_restart(|exit| assert_eq!(exit.reason.to_string(), "failed to start: connection refused"))
    /// .spawn();
    /// assert_eq!(connection.address().await?, "localhost");
    /// # Ok(())
    /// # }
    /// ```
    pub fn try_new<M, E>(factory: impl FnMut() -> M + Send + 'static) -> Self
    where
        M: Future<Output = Result<A, E>> + Send + 'static,
        E: LoopError,
        Values<A::Command>: Initialized,
    {
        Self::of(SendFactory::fallible(factory))
    }

    /// Starts the actor on a task of its own, and returns its client.
    ///
    /// # Panics
    ///
    /// If called outside of a tokio runtime or in one without a timer, if the capacity is 0, or if the factory given to
    /// [`new`](Self::new) or a `#[watch]` method panics.
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
    /// If called outside of a tokio runtime or in one without a timer, if the capacity is 0, or if the factory given to
    /// [`new`](Self::new) or a `#[watch]` method panics.
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

impl<A: Actor> Supervisor<A, LocalFactory<A>> {
    /// Makes a supervisor of a `local` actor with a `factory` that is not `Send`, to be run by
    /// [`into_runner`](Self::into_runner). See [`LocalFactory`] for an example.
    pub fn new_local(factory: impl FnMut() -> A + 'static) -> Self {
        Self::of(LocalFactory::plain_local(factory))
    }

    /// Makes a supervisor of a `local` actor as [`try_new`](Supervisor::try_new) does, with a `factory` or a future
    /// that is not `Send`.
    pub fn try_new_local<M, E>(factory: impl FnMut() -> M + 'static) -> Self
    where
        M: Future<Output = Result<A, E>> + 'static,
        E: LoopError,
        Values<A::Command>: Initialized,
    {
        Self::of(LocalFactory::fallible_local(factory))
    }
}

impl<A: Actor, F> Supervisor<A, F> {
    fn of(factory: F) -> Self {
        Self {
            incarnations: Incarnations::new(factory),
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
    ///     #[command(ack)]
    ///     pub fn fail(&mut self) {
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
    ///     #[command(ack)]
    ///     pub fn fail(&mut self) {
    ///         panic!("out of luck");
    ///     }
    ///
    ///     #[command(ack)]
    ///     pub fn ping(&self) {}
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
        let mut on_restart = Exclusive::new(on_restart);
        let on_restart = move |exit| on_restart.get_mut()(exit);
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
        let on_exit = Exclusive::new(on_exit);
        self.on_exit = Some(Box::new(move |exit| on_exit.into_inner()(exit)));
        self
    }
}

impl<A, P, F, M> Supervisor<A, Factory<P, F>>
where
    A: Actor,
    P: FnMut() -> A,
    F: FnMut() -> M,
{
    /// Starts the actor on a task of its own in the `LocalSet` of the caller, and returns its client. This is for
    /// `local` actors, which stay on their thread.
    ///
    /// # Panics
    ///
    /// If called outside of a `LocalSet` or in a runtime without a timer, if the capacity is 0, or if the factory given
    /// to [`new`](Supervisor::new) or a `#[watch]` method panics.
    #[track_caller]
    pub fn spawn_local(self) -> A::Client
    where
        Self: 'static,
        M: Future<Output = Made<A>> + Unpin,
        A::Command: Send, // a `local` actor's client can go to any thread, with all that it sends
    {
        let (client, ..) = spawn_local(self.incarnations, self.settings, self.on_exit);
        client
    }

    /// Starts the actor as [`spawn_local`](Self::spawn_local) does, and returns its client and a handle that waits for
    /// the end of its last incarnation.
    ///
    /// # Panics
    ///
    /// If called outside of a `LocalSet` or in a runtime without a timer, if the capacity is 0, or if the factory given
    /// to [`new`](Supervisor::new) or a `#[watch]` method panics.
    #[track_caller]
    pub fn spawn_local_with_handle(self) -> (A::Client, ActorHandle<A>)
    where
        Self: 'static,
        M: Future<Output = Made<A>> + Unpin,
        A::Command: Send, // a `local` actor's client can go to any thread, with all that it sends
    {
        let (recipient, exit) = HandleRecipient::new(self.on_exit);
        let (client, controller, task) = spawn_local(self.incarnations, self.settings, recipient);
        (client, ActorHandle::new(exit, task, controller))
    }

    /// Returns the actor's client and a runner, whose future you can run in a `JoinSet`, a `TaskTracker`, a `LocalSet`
    /// or on a thread. See [`Builder::into_runner`](crate::Builder::into_runner) for an actor that is not supervised.
    ///
    /// # Panics
    ///
    /// If the capacity is 0, or if the factory given to [`new`](Supervisor::new) or a `#[watch]` method panics.
    pub fn into_runner(self) -> (A::Client, SupervisedRunner<A, Factory<P, F>>) {
        let Self {
            mut incarnations,
            settings,
            on_exit,
        } = self;
        let (client, unstarted) = incarnations.open(settings, on_exit);
        let runner = SupervisedRunner {
            unstarted,
            incarnations,
        };
        (client, runner)
    }
}

impl<A: Actor, F> fmt::Debug for Supervisor<A, F> {
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

/// Runs the incarnations of a supervised actor. [`Supervisor::into_runner`] returns it.
///
/// Commands that are sent before it runs are queued. If the runner is dropped, they are refused.
///
/// # Examples
///
/// ```
/// use actor_runtime::{actor, CallError, ExitReason, Supervisor};
/// use tokio::task::JoinSet;
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
/// let (divider, runner) = Supervisor::new(|| Divider).into_runner();
/// let mut actors = JoinSet::new();
/// actors.spawn(runner.run());
/// assert_eq!(divider.divide(1, 0).await, Err(CallError::Panicked));
/// assert_eq!(divider.divide(6, 3).await, Ok(2));
/// drop(divider);
/// let exit = actors.join_next().await.unwrap().unwrap();
/// assert!(matches!(exit.reason, ExitReason::ClientsDropped));
/// # }
/// ```
#[must_use = "a runner does nothing unless `run` is awaited"]
pub struct SupervisedRunner<A: Actor, F = SendFactory<A>> {
    unstarted: Unstarted<A, Option<OnExit<A>>>,
    incarnations: Incarnations<A, F>,
}

impl<A, P, F, M> SupervisedRunner<A, Factory<P, F>>
where
    A: Actor,
    P: FnMut() -> A,
    F: FnMut() -> M,
    M: Future<Output = Made<A>> + Unpin,
{
    /// Runs the actor and its restarts to the end, and returns the last exit. A panic of a method does not unwind out
    /// of the returned future: an exit contains it.
    ///
    /// # Panics
    ///
    /// The first poll panics if the runtime has no timer.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future before it is done aborts the actor: its state is dropped, and its callers get an error.
    pub fn run(self) -> impl Future<Output = Exit<A>>
    where
        A::Command: Send, // a `local` actor's client can go to any thread, with all that it sends
    {
        let Self {
            unstarted: Unstarted {
                mut life, deadline, ..
            },
            mut incarnations,
        } = self;
        // An async block, since the future of an `async fn` would store `self` twice.
        async move {
            let mut driver = life.driver(deadline);
            // For the waits between restarts.
            require_timer();
            let end = incarnations.run(&mut life, &mut driver).await;
            let (exit, state) = end.exit(&mut life);
            exit.with_state(state)
        }
    }
}

impl<A: Actor, F> fmt::Debug for SupervisedRunner<A, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SupervisedRunner")
            .field("deadline", &self.unstarted.deadline)
            .finish_non_exhaustive()
    }
}

/// Opens the mailbox, and returns the task that runs all incarnations.
fn task<A, R>(
    mut incarnations: Incarnations<A, SendFactory<A>>,
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
    let (client, unstarted) = incarnations.open(settings, recipient);
    let controller = unstarted.controller();
    let (mut spawned, mut driver) = unstarted.into_spawned();
    // For the waits between restarts.
    require_timer();
    let task = async move {
        let life = spawned.life();
        let shared = Arc::clone(life.inbox.shared());
        let cancelled = pin!(shared.control().shutdown_token().cancelled());
        shared.control().stop_when(cancelled, &life.waker());
        loop {
            let outcome = {
                let (first, inbox, context) = life.parts();
                let run = async {
                    let actor = incarnations.state(first, inbox, context).await?;
                    Some(actor.run_send(inbox, context).await)
                };
                Drive::new(&mut driver, Some(run)).await
            };
            let is_unmade = matches!(outcome.state, Some(None));
            let mut outcome = outcome.flatten();
            if A::Command::IN_PLACE && outcome.state.is_none() {
                life.drop_lent(&mut outcome.panic).await;
            }
            let outcome = match life.wait_for_dependants(&mut driver, outcome) {
                Ok(outcome) => outcome,
                Err(dependants) => {
                    dependants.await;
                    life.end_of_wait()
                }
            };
            let outcome = match life.last_of(outcome) {
                Ok(last) => return spawned.run_last(&mut driver, last).await,
                Err(outcome) => outcome,
            };
            match incarnations.follow(life, outcome, is_unmade).await {
                FollowUp::Again => {}
                FollowUp::End(SupervisedEnd::Incarnation(outcome)) => {
                    return spawned.end_and_report(outcome);
                }
                FollowUp::End(SupervisedEnd::Mailbox(exit, state)) => {
                    return life.report(exit, state);
                }
            }
        }
    };
    (client, controller, task)
}

/// Runs all incarnations on a task that stays on this thread.
#[track_caller]
fn spawn_local<A, P, F, M, R>(
    mut incarnations: Incarnations<A, Factory<P, F>>,
    settings: Settings,
    recipient: R,
) -> (A::Client, Controller, AbortHandle)
where
    A: Actor<Command: Send> + 'static,
    P: FnMut() -> A + 'static,
    F: FnMut() -> M + 'static,
    M: Future<Output = Made<A>> + Unpin,
    R: Recipient<A> + 'static,
{
    let (client, unstarted) = incarnations.open(settings, recipient);
    let controller = unstarted.controller();
    let Unstarted {
        mut life, deadline, ..
    } = unstarted;
    let mut driver = life.driver(deadline);
    // For the waits between restarts.
    require_timer();
    let name = TaskName::of(|| controller.title());
    let task = async move {
        let end = incarnations.run(&mut life, &mut driver).await;
        let (exit, state) = end.exit(&mut life);
        life.report(exit, state);
    };
    let task = tasks::spawn_local(task, &name);
    (client, controller, task.abort_handle())
}
