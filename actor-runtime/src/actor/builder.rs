//! The builder, which starts an actor with its settings, and the runner, which runs it.

use std::fmt;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::{Actor, Child, Context, Life, Parent, Prepared, SendActor, Spawned, Startable};
use crate::client::Client as _;
use crate::drive::{Drive, Driver, LoopEnd};
use crate::exit::Exit;
use crate::handle::{ActorHandle, HandleRecipient, OnExit, Recipient, Report};
use crate::monitor::Monitor;
use crate::reply::Receiver;
use crate::shared::Controller;
use crate::sync::Exclusive;
use crate::tasks::{self, TaskName};

/// An actor that has not started yet, with its settings. [`Actor::builder`] returns it.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use actor_runtime::{actor, Actor, CancellationToken, Client};
///
/// struct Echo;
///
/// #[actor]
/// impl Echo {
///     pub fn echo(&self, text: String) -> String {
///         text
///     }
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), actor_runtime::CallError> {
/// let shutdown = CancellationToken::new();
/// let echo = Echo
///     .builder()
///     .capacity(8)
///     .shutdown(shutdown.child_token())
///     .deadline(Duration::from_secs(5))
///     .on_exit(|exit| eprintln!("echo ended: {exit}"))
///     .spawn();
/// assert_eq!(echo.capacity(), 8);
/// assert_eq!(echo.echo("hi".into()).await?, "hi");
/// # Ok(())
/// # }
/// ```
#[must_use = "a builder does nothing until `spawn`, `spawn_with_handle` or `into_runner` is called"]
pub struct Builder<A: Actor> {
    actor: A,
    /// The client and the mailbox, if there were any before the actor.
    prepared: Option<Prepared<A>>,
    settings: Settings,
    on_exit: Option<OnExit<A>>,
}

/// The settings of an actor or of a supervisor that do not depend on the actor's type.
pub(crate) struct Settings {
    pub(crate) capacity: usize,
    pub(crate) shutdown: Option<CancellationToken>,
    pub(crate) deadline: Option<Duration>,
    pub(crate) is_queued: bool,
    pub(crate) name: Option<String>,
    pub(crate) monitor: Option<Monitor>,
}

impl Settings {
    /// Returns the settings that `A` has unless its builder changes them.
    pub(crate) const fn of<A: Actor>() -> Self {
        Self {
            capacity: A::CAPACITY,
            shutdown: None,
            deadline: A::DEADLINE,
            is_queued: false,
            name: None,
            monitor: None,
        }
    }
}

impl<A: Actor> Builder<A> {
    pub(crate) fn new(actor: A, prepared: Option<Prepared<A>>) -> Self {
        Self {
            actor,
            prepared,
            settings: Settings::of::<A>(),
            on_exit: None,
        }
    }

    /// Names this instance of the actor, in addition to the name of its type.
    ///
    /// Both names are in the client's `Debug` output, in the [`Exit`], in the cycle of a
    /// [`CallError::Deadlock`](crate::CallError::Deadlock), and in spans, logs, metrics and the [`Monitor`]. Names need
    /// not be unique.
    ///
    /// # Examples
    ///
    /// ```
    /// use actor_runtime::{actor, Actor, Client};
    ///
    /// struct Cache;
    ///
    /// #[actor]
    /// impl Cache {
    ///     pub fn get(&self) -> u32 { 42 }
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let (cache, handle) = Cache.builder().name("eu-1").spawn_with_handle();
    /// assert_eq!(format!("{cache:?}"), r#"CacheClient { name: "eu-1", is_closed: false, .. }"#);
    /// drop(cache);
    /// assert_eq!(handle.await.name(), Some("eu-1"));
    /// # }
    /// ```
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.settings.name = Some(name.into());
        self
    }

    /// Shows the actor in the snapshots of this [`Monitor`], from the moment it is spawned until it ends. A runner
    /// shows it from its first poll.
    ///
    /// A monitored actor notes when each of its methods begins and ends, under a lock of its own.
    ///
    /// # Examples
    ///
    /// ```
    /// use actor_runtime::{actor, Actor, Monitor};
    ///
    /// struct Cache;
    ///
    /// #[actor]
    /// impl Cache {
    ///     pub fn get(&self) -> u32 { 42 }
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), actor_runtime::CallError> {
    /// let monitor = Monitor::new();
    /// let cache = Cache.builder().name("eu-1").monitor(&monitor).spawn();
    /// cache.get().await?;
    /// let snapshot = monitor.snapshot();
    /// assert_eq!(snapshot.actors[0].name.as_deref(), Some("eu-1"));
    /// assert_eq!(snapshot.actors[0].handled, 1);
    /// # Ok(())
    /// # }
    /// ```
    pub fn monitor(mut self, monitor: &Monitor) -> Self {
        self.settings.monitor = Some(monitor.clone());
        self
    }

    /// Sets the number of commands that may be accepted and not yet begun. The default is [`Actor::CAPACITY`].
    ///
    /// Commands with `priority` have their own lane in the mailbox, with the same capacity. The bound is exact: a
    /// command counts until it is begun, also after the loop has taken it out of the queue. The command in progress
    /// does not count. Slots are granted to waiting senders in arrival order, in batches of up to eight, and at the
    /// latest before the loop goes idle.
    ///
    /// The capacity also bounds the memory of the mailbox, since a command that is not accepted stays with its sender.
    /// The mailbox grows as needed. At most it holds two buffers for that many commands, and three words for each
    /// sender that waited at the same time. When nothing is queued, it gives back a buffer that is larger than 32 KiB
    /// and has room for more than 64 commands.
    ///
    /// # Panics
    ///
    /// If [`Prepared::builder`] has returned this builder. Pass the capacity to [`prepare`](crate::prepare) instead.
    #[track_caller]
    pub fn capacity(mut self, capacity: usize) -> Self {
        assert!(
            self.prepared.is_none(),
            "a prepared actor has a mailbox; pass its capacity to `prepare`"
        );
        self.settings.capacity = capacity;
        self
    }

    /// Sets the token that stops the actor.
    pub fn shutdown(mut self, token: CancellationToken) -> Self {
        self.settings.shutdown = Some(token);
        self
    }

    /// Sets the longest time that shutdown may take, counted from when new commands are refused. The default is
    /// [`Actor::DEADLINE`].
    ///
    /// Shutdown includes the method in progress, the commands that are drained, `#[on_stop]`, and the children and
    /// tasks that the actor has started. No command begins after the deadline. A method that is still running then is
    /// dropped at its `.await`, together with the state. Without a deadline, nothing limits how long shutdown takes.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    /// use actor_runtime::{actor, Actor, CancellationToken, ExitReason};
    ///
    /// struct Worker;
    ///
    /// #[actor]
    /// impl Worker {
    ///     pub async fn work_forever(&mut self) {
    ///         std::future::pending().await
    ///     }
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread", start_paused = true)]
    /// # async fn main() -> Result<(), actor_runtime::CallError> {
    /// let shutdown = CancellationToken::new();
    /// let (worker, handle) = Worker
    ///     .builder()
    ///     .shutdown(shutdown.clone())
    ///     .deadline(Duration::from_secs(5))
    ///     .spawn_with_handle();
    /// worker.work_forever().await?;
    /// tokio::task::yield_now().await;
    /// shutdown.cancel();
    /// assert!(matches!(handle.await.reason, ExitReason::Aborted));
    /// # Ok(())
    /// # }
    /// ```
    pub fn deadline(mut self, deadline: Duration) -> Self {
        self.settings.deadline = Some(deadline);
        self
    }

    /// Queues all calls to this instance, also calls that would run in place.
    ///
    /// # Examples
    ///
    /// ```
    /// use actor_runtime::{actor, Actor};
    ///
    /// struct Counter(u64);
    ///
    /// #[actor]
    /// impl Counter {
    ///     pub fn add(&mut self, amount: u64) -> u64 {
    ///         self.0 += amount;
    ///         self.0
    ///     }
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), actor_runtime::CallError> {
    /// let counter = Counter(1).builder().queued().spawn();
    /// assert_eq!(counter.add(2).await?, 3);
    /// # Ok(())
    /// # }
    /// ```
    pub fn queued(mut self) -> Self {
        self.settings.is_queued = true;
        self
    }

    /// Sets a function that receives the actor's [`Exit`], unless an [`ActorHandle`] or [`Runner::run`] returns it.
    ///
    /// # Examples
    ///
    /// ```
    /// use actor_runtime::{actor, Actor};
    /// use tokio::sync::oneshot;
    ///
    /// struct Echo;
    ///
    /// #[actor]
    /// impl Echo {
    ///     pub fn echo(&self, text: String) -> String {
    ///         text
    ///     }
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), actor_runtime::CallError> {
    /// let (tell, told) = oneshot::channel();
    /// let echo = Echo
    ///     .builder()
    ///     .on_exit(move |exit| drop(tell.send(exit.to_string())))
    ///     .spawn();
    /// assert_eq!(echo.echo("hi".into()).await?, "hi");
    /// drop(echo);
    /// assert_eq!(told.await.unwrap(), "all clients dropped; 1 command handled, 0 refused");
    /// # Ok(())
    /// # }
    /// ```
    pub fn on_exit(mut self, on_exit: impl FnOnce(Exit<A>) + Send + 'static) -> Self {
        let on_exit = Exclusive::new(on_exit);
        self.on_exit = Some(Box::new(move |exit| on_exit.into_inner()(exit)));
        self
    }

    /// Starts the actor on a task of its own, and returns its client.
    ///
    /// # Panics
    ///
    /// If called outside of a tokio runtime, if the capacity is 0, or if a `#[watch]` method panics. An actor with a
    /// deadline, a `timeout`, or an `#[every]` or `#[at]` method also panics here if the runtime has no timer.
    #[track_caller]
    pub fn spawn(self) -> A::Client
    where
        A: SendActor,
    {
        let (client, unstarted) =
            Unstarted::with_settings(Some(self.actor), self.prepared, self.settings, self.on_exit);
        drop(spawn(unstarted));
        client
    }

    /// Starts the actor on a task of its own, and returns its client and a handle that waits for its end.
    ///
    /// # Panics
    ///
    /// If called outside of a tokio runtime, if the capacity is 0, or if a `#[watch]` method panics. An actor with a
    /// deadline, a `timeout`, or an `#[every]` or `#[at]` method also panics here if the runtime has no timer.
    #[track_caller]
    pub fn spawn_with_handle(self) -> (A::Client, ActorHandle<A>)
    where
        A: SendActor,
    {
        let (recipient, exit) = HandleRecipient::new(self.on_exit);
        let (client, unstarted) =
            Unstarted::with_settings(Some(self.actor), self.prepared, self.settings, recipient);
        (client, spawn_with_handle(unstarted, exit))
    }

    /// Starts the actor on a task of its own in the `LocalSet` of the caller, and returns its client. This is for
    /// `local` actors, which stay on their thread.
    ///
    /// # Panics
    ///
    /// If called outside of a `LocalSet`, if the capacity is 0, or if a `#[watch]` method panics. An actor with a
    /// deadline, a `timeout`, or an `#[every]` or `#[at]` method also panics here if the runtime has no timer.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::rc::Rc;
    /// use actor_runtime::{actor, Actor};
    /// use tokio::task::LocalSet;
    ///
    /// struct Names(Rc<str>);
    ///
    /// #[actor(local)]
    /// impl Names {
    ///     pub fn first(&self) -> String {
    ///         self.0.to_string()
    ///     }
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), actor_runtime::CallError> {
    /// let local = LocalSet::new();
    /// local.run_until(async {
    ///     let names = Names("Ann".into()).builder().spawn_local();
    ///     assert_eq!(names.first().await?, "Ann");
    ///     Ok(())
    /// })
    /// .await
    /// # }
    /// ```
    #[track_caller]
    pub fn spawn_local(self) -> A::Client
    where
        A: 'static,
        A::Command: Send, // a `local` actor's client can go to any thread, with all that it sends
    {
        let (client, unstarted) =
            Unstarted::with_settings(Some(self.actor), self.prepared, self.settings, self.on_exit);
        drop(spawn_local(unstarted));
        client
    }

    /// Starts the actor as [`spawn_local`](Self::spawn_local) does, and returns its client and a handle that waits for
    /// its end.
    ///
    /// # Panics
    ///
    /// If called outside of a `LocalSet`, if the capacity is 0, or if a `#[watch]` method panics. An actor with a
    /// deadline, a `timeout`, or an `#[every]` or `#[at]` method also panics here if the runtime has no timer.
    #[track_caller]
    pub fn spawn_local_with_handle(self) -> (A::Client, ActorHandle<A>)
    where
        A: 'static,
        A::Command: Send, // a `local` actor's client can go to any thread, with all that it sends
    {
        let (recipient, exit) = HandleRecipient::new(self.on_exit);
        let (client, unstarted) =
            Unstarted::with_settings(Some(self.actor), self.prepared, self.settings, recipient);
        let controller = unstarted.controller();
        let task = spawn_local(unstarted).abort_handle();
        (client, ActorHandle::new(exit, task, controller))
    }

    /// Returns the actor's client and a runner, whose future you can run in a `JoinSet`, a `TaskTracker`, a `LocalSet`
    /// or on a thread.
    ///
    /// # Panics
    ///
    /// If the capacity is 0, or a `#[watch]` method panics. An actor with a `timeout` also panics here in a runtime
    /// without a timer.
    ///
    /// # Examples
    ///
    /// An actor with state that cannot leave its thread:
    ///
    /// ```
    /// use std::rc::Rc;
    /// use actor_runtime::{actor, Actor};
    ///
    /// struct Names(Rc<str>);
    ///
    /// #[actor(local)]
    /// impl Names {
    ///     pub fn first(&self) -> String {
    ///         self.0.to_string()
    ///     }
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), actor_runtime::CallError> {
    /// let (names, runner) = Names("Ann".into()).builder().into_runner();
    /// let local = tokio::task::LocalSet::new();
    /// local.spawn_local(runner.run());
    /// local.run_until(async { assert_eq!(names.first().await.unwrap(), "Ann") }).await;
    /// # Ok(())
    /// # }
    /// ```
    pub fn into_runner(self) -> (A::Client, Runner<A>) {
        let (client, unstarted) =
            Unstarted::with_settings(Some(self.actor), self.prepared, self.settings, self.on_exit);
        (client, Runner(unstarted))
    }
}

impl<A: SendActor> Child<A> for Builder<A> {}

impl<A: SendActor> Startable<A> for Builder<A> {
    #[track_caller]
    fn start(self, parent: &Parent<'_>) -> A::Client {
        let (client, unstarted) =
            Unstarted::with_settings(Some(self.actor), self.prepared, self.settings, self.on_exit);
        parent.spawn(unstarted.controller(), task(unstarted));
        client
    }

    #[track_caller]
    fn start_with_handle(self, parent: &Parent<'_>) -> (A::Client, ActorHandle<A>) {
        let (recipient, exit) = HandleRecipient::new(self.on_exit);
        let (client, unstarted) =
            Unstarted::with_settings(Some(self.actor), self.prepared, self.settings, recipient);
        let controller = unstarted.controller();
        let task = parent.spawn(controller.clone(), task(unstarted));
        (client, ActorHandle::new(exit, task, controller))
    }
}

impl<A: Actor> fmt::Debug for Builder<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Builder")
            .field("name", &self.settings.name)
            .field("capacity", &self.settings.capacity)
            .field("deadline", &self.settings.deadline)
            .finish_non_exhaustive()
    }
}

/// An actor that is ready to run. [`Builder::into_runner`] returns it.
///
/// Commands that are sent before it runs are queued. If the runner is dropped, they are refused.
///
/// # Examples
///
/// ```
/// use actor_runtime::{actor, Actor, ExitReason};
///
/// struct Counter(u64);
///
/// #[actor]
/// impl Counter {
///     pub fn add(&mut self, amount: u64) {
///         self.0 += amount;
///     }
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), actor_runtime::CallError> {
/// let (counter, runner) = Counter(1).builder().into_runner();
/// counter.add(2).await?;
/// drop(counter);
/// let exit = runner.run().await;
/// assert!(matches!(exit.reason, ExitReason::ClientsDropped));
/// assert_eq!(exit.state.unwrap().0, 3);
/// # Ok(())
/// # }
/// ```
#[must_use = "a runner does nothing unless `run` is awaited"]
pub struct Runner<A: Actor>(Unstarted<A, Option<OnExit<A>>>);

impl<A: Actor> Runner<A> {
    /// Runs the actor to its end, and returns its exit. A panic of a method does not unwind out of the returned future:
    /// the exit contains it.
    ///
    /// # Panics
    ///
    /// The first poll panics if the runtime has no timer and the actor has a deadline, a `timeout`, or an `#[every]` or
    /// `#[at]` method.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future before it is done aborts the actor: its state is dropped, and its callers get an error.
    pub fn run(self) -> impl Future<Output = Exit<A>>
    where
        A::Command: Send, // a `local` actor's client can go to any thread, with all that it sends
    {
        let Unstarted {
            mut life, deadline, ..
        } = self.0;
        // An async block, since the future of an `async fn` would store `self` twice.
        async move {
            let mut driver = life.driver(deadline);
            let (exit, state) = run(&mut life, &mut driver).await;
            exit.with_state(state)
        }
    }
}

impl<A: Actor> fmt::Debug for Runner<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Runner")
            .field("deadline", &self.0.deadline)
            .finish_non_exhaustive()
    }
}

/// An actor with its mailbox, ready to run. `R` receives the exit.
pub(crate) struct Unstarted<A: Actor, R: Recipient<A>> {
    pub(crate) life: Life<A, R>,
    pub(crate) deadline: Option<Duration>,
    /// True if methods may run in place.
    pub(crate) lends: bool,
}

impl<A: Actor, R: Recipient<A>> Unstarted<A, R> {
    /// Opens the mailbox of `actor`, and returns its client. The actor stops when `token` is cancelled.
    #[inline]
    pub(crate) fn new(
        actor: A,
        capacity: usize,
        token: CancellationToken,
        deadline: Option<Duration>,
        recipient: R,
    ) -> (A::Client, Self) {
        let prepared = Prepared::open(capacity, token);
        Self::of(Some(actor), prepared, deadline, recipient)
    }

    /// Gives the mailbox that was `prepared` to `actor`, which a supervisor may make later, and returns its client.
    #[inline]
    fn of(
        actor: Option<A>,
        prepared: Prepared<A>,
        deadline: Option<Duration>,
        recipient: R,
    ) -> (A::Client, Self) {
        let Prepared { client, mut inbox } = prepared;
        if A::DETACHED {
            inbox.detach();
        }
        if A::START_CAN_FAIL {
            inbox.control().expect_start();
        }
        let meter = inbox.control().start_meter();
        inbox.work_mut().set_driven(meter);
        let context = Context::new(client.downgrade());
        if let Some(actor) = &actor {
            actor.publish(&context);
        }
        let spans = inbox.control().start_spans();
        let unstarted = Self {
            life: Life {
                actor,
                inbox,
                context,
                spans,
                recipient,
            },
            deadline,
            lends: true,
        };
        (client, unstarted)
    }

    /// Opens the mailbox of `actor`, unless it was `prepared`, with these `settings`, and returns its client.
    pub(crate) fn with_settings(
        actor: Option<A>,
        prepared: Option<Prepared<A>>,
        settings: Settings,
        recipient: R,
    ) -> (A::Client, Self) {
        let prepared = match prepared {
            Some(prepared) => {
                if let Some(token) = settings.shutdown {
                    prepared.inbox.control().set_late_token(token);
                }
                prepared
            }
            None => Prepared::open(settings.capacity, settings.shutdown.unwrap_or_default()),
        };
        if let Some(name) = settings.name {
            prepared.inbox.control().set_instance(name);
        }
        let is_monitored = settings.monitor.is_some();
        if let Some(monitor) = settings.monitor {
            monitor.enlist(prepared.inbox.control());
        }
        let (client, mut unstarted) = Self::of(actor, prepared, settings.deadline, recipient);
        if is_monitored {
            unstarted.life.inbox.work_mut().set_monitored();
        }
        unstarted.lends = !settings.is_queued;
        (client, unstarted)
    }

    pub(crate) fn controller(&self) -> Controller
    where
        A::Command: Send,
    {
        Controller::of(self.life.inbox.shared())
    }
}

impl<A: SendActor, R: Recipient<A> + Send + 'static> Unstarted<A, R> {
    /// Returns the actor for a task of its own, and the driver of its loop.
    #[inline]
    pub(crate) fn into_spawned(mut self) -> (Spawned<A, R>, Driver) {
        if self.lends {
            self.life.begin_lending();
        }
        let driver = self.life.driver(self.deadline);
        (Spawned::new(self.life), driver)
    }
}

/// Spawns a task that runs the actor, and returns the handle that waits for its `exit`.
#[track_caller]
#[inline]
pub(super) fn spawn_with_handle<A: SendActor>(
    unstarted: Unstarted<A, HandleRecipient<A>>,
    exit: Receiver<Report<A>>,
) -> ActorHandle<A> {
    let controller = unstarted.controller();
    ActorHandle::new(exit, spawn(unstarted).abort_handle(), controller)
}

/// Spawns a task that runs the actor.
#[track_caller]
#[inline]
pub(super) fn spawn<A, R>(unstarted: Unstarted<A, R>) -> JoinHandle<()>
where
    A: SendActor,
    R: Recipient<A> + Send + 'static,
{
    let name = TaskName::of(|| unstarted.life.inbox.control().title());
    tasks::spawn(task(unstarted), &name)
}

/// Spawns a task that runs the actor on this thread.
#[track_caller]
fn spawn_local<A, R>(unstarted: Unstarted<A, R>) -> JoinHandle<()>
where
    A: Actor<Command: Send> + 'static,
    R: Recipient<A> + 'static,
{
    let Unstarted {
        mut life, deadline, ..
    } = unstarted;
    let mut driver = life.driver(deadline);
    let name = TaskName::of(|| life.inbox.control().title());
    let task = async move {
        let (exit, state) = run(&mut life, &mut driver).await;
        life.report(exit, state);
    };
    tasks::spawn_local(task, &name)
}

/// Runs an actor that may be `local` to its end. Returns its exit and its state.
async fn run<A, R>(life: &mut Life<A, R>, driver: &mut Driver) -> (Exit<()>, Option<A>)
where
    A: Actor<Command: Send>,
    R: Recipient<A>,
{
    let outcome = {
        let shared = Arc::clone(life.inbox.shared());
        let cancelled = pin!(shared.control().shutdown_token().cancelled());
        shared.control().stop_when(cancelled, &life.waker());
        let (actor, inbox, context) = life.parts();
        let run = actor.map(move |actor| actor.run(inbox, context));
        Drive::new(driver, run).await
    };
    let outcome = match life.wait_for_dependants(driver, outcome) {
        Ok(outcome) => outcome,
        Err(dependants) => {
            dependants.await;
            life.end_of_wait()
        }
    };
    match life.last_of(outcome) {
        Ok(last) => {
            let last = Box::pin(Drive::new(driver, Some(last.begin(A::last))));
            (life.end_last(last.await), None)
        }
        Err(LoopEnd { state, panic }) => (life.end(panic, state.is_some()), state),
    }
}

/// The task that runs the actor. It repeats [`run`], whose future is not known to be `Send`.
#[inline]
pub(crate) fn task<A, R>(unstarted: Unstarted<A, R>) -> impl Future<Output = ()> + Send + 'static
where
    A: SendActor,
    R: Recipient<A> + Send + 'static,
{
    let (mut spawned, mut driver) = unstarted.into_spawned();
    async move {
        let outcome = {
            let life = spawned.life();
            let shared = Arc::clone(life.inbox.shared());
            let cancelled = pin!(shared.control().shutdown_token().cancelled());
            shared.control().stop_when(cancelled, &life.waker());
            let (actor, inbox, context) = life.parts();
            let run = actor.map(move |actor| actor.run_send(inbox, context));
            Drive::new(&mut driver, run).await
        };
        if let Some(rest) = spawned.end(&mut driver, outcome) {
            rest.await;
        }
    }
}
