//! The context of a method: the actor that it runs in.

use std::error::Error;
use std::fmt;
use std::marker::PhantomData;
use std::panic::resume_unwind;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{self, Poll};
use std::thread;
use std::time::Duration;

use pin_project_lite::pin_project;
use tokio::runtime::Handle;
use tokio::task::AbortHandle;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use super::{Actor, Child, Parent, SendActor};
use crate::client::{Client, WeakClient};
use crate::command::{Command, Emitter, Values};
use crate::emitter::EventEmitter;
use crate::error::Why;
use crate::handle::ActorHandle;
use crate::hooks::LoopResult;
use crate::lent::Reshape;
use crate::mailbox::Sent;
use crate::panics::{caught, discard};
use crate::shared::{Control, Controller, Shared};
use crate::shutdown::{Shutdown, StopReason};
use crate::spans::{self, TaskSpan};
use crate::tasks::TaskName;

/// The actor that a method runs in.
///
/// A method takes it as a parameter `ctx: &mut Context<Self>`, which the client does not see.
///
/// # Examples
///
/// ```
/// use actor_runtime::{actor, Actor, CallError, CancellationToken, Context, ExitReason};
///
/// struct Countdown(u32);
///
/// #[actor]
/// impl Countdown {
///     pub fn tick(&mut self, ctx: &mut Context<Self>) {
///         self.0 -= 1;
///         if self.0 == 0 {
///             ctx.stop();
///         }
///     }
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), CallError> {
/// let (countdown, handle) = Countdown(2).spawn_with_handle(CancellationToken::new());
/// countdown.tick().await?;
/// countdown.tick().await?;
/// assert!(matches!(handle.await.reason, ExitReason::Stopped));
/// # Ok(())
/// # }
/// ```
pub struct Context<A: Actor, C: Client = <A as Actor>::Client> {
    // Not `A::Client`: to find out whether a future that keeps a context is `Send`, rustc would have to prove that `A`
    // is an actor, and it cannot for a `Cache<Box<dyn Db>>` whose lifetime may be any. See
    // <https://github.com/rust-lang/rust/issues/110338>.
    client: WeakClient<C>,
    actor: PhantomData<fn() -> A>,
    /// `None` unless the actor may lend its state.
    reshape: Option<Reshape<A, Self, Controller>>,
}

impl<A: Actor> Context<A> {
    pub(crate) fn new(client: WeakClient<A::Client>) -> Self {
        Self {
            client,
            actor: PhantomData,
            reshape: None,
        }
    }

    /// Lets the actor lend its state.
    pub(super) fn set_reshape(&mut self, reshape: Reshape<A, Self, Controller>) {
        self.reshape = Some(reshape);
    }

    pub(crate) fn reshape(&self) -> Option<Reshape<A, Self, Controller>> {
        self.reshape
    }

    /// Returns a context of the same actor, to be lent with the state.
    pub(crate) fn duplicate(&self) -> Self {
        Self {
            client: self.client.clone(),
            actor: PhantomData,
            reshape: None,
        }
    }

    /// Makes a context without an actor, to call [`Actor::handle`] or a method from a test.
    ///
    /// # Examples
    ///
    /// ```
    /// use actor_runtime::{actor, Context};
    ///
    /// struct Echo;
    ///
    /// #[actor]
    /// impl Echo {
    ///     pub fn echo(&self, text: String, ctx: &mut Context<Self>) -> String {
    ///         ctx.stop();
    ///         text
    ///     }
    /// }
    ///
    /// assert_eq!(Echo.echo("hi".into(), &mut Context::detached()), "hi");
    /// ```
    pub fn detached() -> Self {
        Self::new(WeakClient::detached())
    }

    /// Returns the actor's own client, which is weak so that the actor does not keep itself alive.
    ///
    /// # Examples
    ///
    /// ```
    /// use actor_runtime::{actor, Actor, CancellationToken, Context};
    ///
    /// struct Job(bool);
    ///
    /// #[actor]
    /// impl Job {
    ///     #[command(ack)]
    ///     pub fn start(&mut self, ctx: &mut Context<Self>) {
    ///         let job = ctx.client().upgrade();
    ///         ctx.spawn(async move {
    ///             if let Some(job) = job {
    ///                 // The actor may have ended meanwhile.
    ///                 let _ = job.finish().await;
    ///             }
    ///         });
    ///     }
    ///
    ///     pub fn finish(&mut self) {
    ///         self.0 = true;
    ///     }
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), actor_runtime::CallError> {
    /// let (job, handle) = Job(false).spawn_with_handle(CancellationToken::new());
    /// job.start().await?;
    /// drop(job);
    /// assert!(handle.await.state.unwrap().0);
    /// # Ok(())
    /// # }
    /// ```
    pub fn client(&self) -> &WeakClient<A::Client> {
        &self.client
    }

    /// Returns a token for work that should end with the actor.
    ///
    /// The token is cancelled when the actor is told to stop, by its shutdown token or otherwise. It is cancelled at
    /// the latest when the actor ends or a [`Supervisor`](crate::Supervisor) restarts it. Cancelling the token does not
    /// stop the actor.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    /// use actor_runtime::{actor, Actor, CancellationToken, Context};
    ///
    /// struct Heart;
    ///
    /// #[actor]
    /// impl Heart {
    ///     pub fn beat(&self, ctx: &mut Context<Self>) {
    ///         let token = ctx.token();
    ///         ctx.spawn(async move {
    ///             while !token.is_cancelled() {
    ///                 tokio::time::sleep(Duration::from_secs(1)).await;
    ///             }
    ///         });
    ///     }
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread", start_paused = true)]
    /// # async fn main() -> Result<(), actor_runtime::CallError> {
    /// let (heart, handle) = Heart.spawn_with_handle(CancellationToken::new());
    /// heart.beat().await?;
    /// let exit = handle.shutdown(Duration::from_secs(5)).await;
    /// assert!(exit.state.is_some());
    /// # Ok(())
    /// # }
    /// ```
    pub fn token(&self) -> CancellationToken {
        // A child, which may be cancelled: the deadline is counted from its parent.
        self.control().incarnation().child_token()
    }

    /// Stops the actor after the command in progress.
    ///
    /// Queued commands are refused, even if the shutdown token would let the actor handle them. The shutdown token
    /// itself is not cancelled. See [`Context`] for an example.
    pub fn stop(&mut self) {
        self.control()
            .stop(StopReason::Stopped, Some(Shutdown::Stop));
    }

    /// Ends the actor with an error, after the method in progress.
    ///
    /// Queued commands are refused, callers get `Closed` with [`Why::Failed`], and the `#[on_stop]` method gets
    /// [`StopReason::Failed`]. The exit has the error, as [`ExitReason::Failed`](crate::ExitReason::Failed). A
    /// [`Supervisor`](crate::Supervisor) restarts the actor, as after a panic.
    ///
    /// The first error counts, whether the actor was told to stop before or after it. An actor that was told to stop is
    /// not restarted. A panic counts more than an error. A method of a source and `#[on_stop]` may also return a
    /// `Result<(), E>`: an `Err` ends the actor as this function does.
    ///
    /// An actor that fails in its `#[on_start]` method has started, and its `#[on_stop]` method is called. Return the
    /// error instead, and the start has failed.
    ///
    /// # Examples
    ///
    /// ```
    /// use actor_runtime::{actor, Actor, CancellationToken, Context, ExitReason};
    ///
    /// struct Journal(Vec<String>);
    ///
    /// #[actor]
    /// impl Journal {
    ///     pub fn append(&mut self, line: String, ctx: &mut Context<Self>) {
    ///         if line.is_empty() {
    ///             return ctx.fail("an empty line");
    ///         }
    ///         self.0.push(line);
    ///     }
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), actor_runtime::CallError> {
    /// let (journal, handle) = Journal(Vec::new()).spawn_with_handle(CancellationToken::new());
    /// journal.append("one".into()).await?;
    /// journal.append("".into()).await?;
    /// match handle.await.reason {
    ///     ExitReason::Failed(error) => assert_eq!(error.to_string(), "an empty line"),
    ///     other => unreachable!("{other}"),
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn fail(&mut self, error: impl Into<Box<dyn Error + Send + Sync>>) {
        self.control().fail(error.into());
    }

    /// Spawns a task that belongs to the actor, and returns a handle that can abort it.
    ///
    /// The actor's end waits for the task. Once the deadline of the end has passed, or the actor is aborted, the task
    /// is aborted. A task that should end earlier can watch [`token`](Self::token). The exit of an aborted actor does
    /// not wait for its tasks, so it does not have a panic of what they drop then.
    ///
    /// Once the actor is told to end, its mailbox refuses commands, so a task can no longer report back, even while the
    /// actor drains. Keep tasks whose results the state needs in a `JoinSet` of the actor, which
    /// `#[on(self.tasks.join_next(), if !self.tasks.is_empty())]` reads and `#[on_stop]` drains.
    ///
    /// With the feature `tracing`, an end that has waited for its tasks and children for ten seconds is logged, with
    /// the number of tasks and the names of the children. In a runtime without a timer it is not.
    ///
    /// The task may call the actor, which goes on meanwhile. If the task panics, the actor ends after the command in
    /// progress, and its exit has the panic. A [`Supervisor`](crate::Supervisor) that restarts the actor first aborts
    /// its tasks and waits for them.
    ///
    /// # Panics
    ///
    /// If called outside of a tokio runtime.
    ///
    /// # Examples
    ///
    /// ```
    /// use actor_runtime::{actor, Actor, CancellationToken, Context, Reply};
    ///
    /// struct Resolver;
    ///
    /// #[actor]
    /// impl Resolver {
    ///     /// The next command does not wait for this one.
    ///     pub fn resolve(&self, name: String, reply: Reply<String>, ctx: &mut Context<Self>) {
    ///         ctx.spawn(async move { reply.send(format!("address of {name}")) });
    ///     }
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), actor_runtime::CallError> {
    /// let resolver = Resolver.spawn(CancellationToken::new());
    /// assert_eq!(resolver.resolve("a".into()).await?, "address of a");
    /// # Ok(())
    /// # }
    /// ```
    #[track_caller]
    pub fn spawn<F>(&mut self, future: F) -> AbortHandle
    where
        F: Future<Output = ()> + Send + 'static,
        A::Command: Send,
    {
        // Without a runtime, this panics before anything is taken out.
        let runtime = Handle::current();
        let task = ActorTask::new(self.shared(), future);
        let name = TaskName::of(|| self.control().title());
        let mut tasks = self.control().tasks_to_add();
        tasks.spawn(task, &runtime, &name)
    }

    /// Spawns a task that belongs to the actor and is not `Send`, on the `LocalSet` in which the actor runs.
    ///
    /// In all other ways it is a task of [`spawn`](Self::spawn): the actor's end waits for it, its panic is the
    /// actor's, and a deadline or an abort ends it.
    ///
    /// # Panics
    ///
    /// If the actor does not run in a `LocalSet`: it was not started by
    /// [`Builder::spawn_local`](crate::Builder::spawn_local) or by a runner in a `LocalSet`.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::cell::RefCell;
    /// use std::rc::Rc;
    /// use actor_runtime::{actor, Actor, Context};
    /// use tokio::task::LocalSet;
    ///
    /// struct Journal(Rc<RefCell<Vec<String>>>);
    ///
    /// #[actor(local)]
    /// impl Journal {
    ///     pub fn append(&self, line: String, ctx: &mut Context<Self>) {
    ///         let lines = Rc::clone(&self.0);
    ///         ctx.spawn_local(async move { lines.borrow_mut().push(line) });
    ///     }
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), actor_runtime::CallError> {
    /// let lines = Rc::default();
    /// let local = LocalSet::new();
    /// local.run_until(async {
    ///     let journal = Journal(Rc::clone(&lines)).builder();
    ///     let (journal, handle) = journal.spawn_local_with_handle();
    ///     journal.append("one".into()).await?;
    ///     drop(journal);
    ///     assert!(handle.await.state.is_some());
    ///     assert_eq!(*lines.borrow(), ["one"]);
    ///     Ok(())
    /// })
    /// .await
    /// # }
    /// ```
    #[track_caller]
    pub fn spawn_local<F>(&mut self, future: F) -> AbortHandle
    where
        F: Future<Output = ()> + 'static,
        A::Command: Send,
    {
        let task = ActorTask::new(self.shared(), future);
        let name = TaskName::of(|| self.control().title());
        let mut tasks = self.control().tasks_to_add();
        tasks.spawn_local(task, &name)
    }

    /// Starts a child actor, and returns its client. The child ends with this actor, its parent.
    ///
    /// # The end of the parent
    ///
    /// The parent handles or refuses what is queued, and then runs its `#[on_stop]` method, which may call the
    /// children. After that, the children are told to end as if their tokens were cancelled: a child with `shutdown =
    /// drain` handles what is queued. The parent waits for its children and for its tasks. Last, its state is dropped
    /// or handed back.
    ///
    /// - **Deadline.** Once the deadline of the parent has passed, its children are aborted, and their children, too. A
    ///   child's own deadline may come before that. Without a deadline, the parent waits for a child that never ends.
    ///   With the feature `tracing`, such an end is logged after ten seconds, as with [`spawn`](Self::spawn).
    /// - **Abort.** A parent that is aborted aborts its children, also if its runner is dropped or its runtime ends. It
    ///   does not wait for them, so its exit may come before theirs.
    /// - **Restart.** Before a [`Supervisor`](crate::Supervisor) makes the next state of a parent that has failed, the
    ///   children are told to end and waited for. After the time of the parent's deadline, counted from the failure,
    ///   they are aborted. The next incarnation starts its own children.
    ///
    /// Any method may start a child, also `#[on_start]` and `#[on_stop]`, and clients of children may stay in the
    /// state. A child that calls its parent should keep a [`WeakClient`]: two actors with clients of each other keep
    /// each other alive. When the parent has stopped, such a call fails, so it cannot hold up the end. When the parent
    /// is restarted, the call waits for the next incarnation, which waits for the child. So give a deadline to a
    /// supervised parent that its children call.
    ///
    /// # The end of a child
    ///
    /// A child may also end before its parent, as any other actor: when its last client is dropped, by
    /// [`stop`](Self::stop), or by a token given to [`Builder::shutdown`](crate::Builder::shutdown). The parent keeps
    /// nothing of it then. Do not give it the [`token`](Self::token) of the parent, which is cancelled before
    /// `#[on_stop]`.
    ///
    /// A failure of a child does not end the parent. [`start_with_handle`](Self::start_with_handle) shows the exit to
    /// the parent. A [`Supervisor`](crate::Supervisor) in place of the builder restarts the child.
    ///
    /// # Panics
    ///
    /// As [`Builder::spawn`](crate::Builder::spawn) or [`Supervisor::spawn`](crate::Supervisor::spawn) does.
    ///
    /// # Examples
    ///
    /// ```
    /// use actor_runtime::{actor, Actor, CancellationToken, Context};
    ///
    /// struct Journal(Vec<String>);
    ///
    /// #[actor(shutdown = drain)]
    /// impl Journal {
    ///     pub fn append(&mut self, line: String) {
    ///         self.0.push(line);
    ///     }
    ///
    ///     #[on_stop]
    ///     async fn flush(&mut self) {
    ///         assert_eq!(self.0, ["opened", "closed"]);
    ///     }
    /// }
    ///
    /// #[derive(Default)]
    /// struct Shop {
    ///     journal: Option<JournalClient>,
    /// }
    ///
    /// #[actor]
    /// impl Shop {
    ///     #[on_start]
    ///     async fn open(&mut self, ctx: &mut Context<Self>) {
    ///         let journal = ctx.start(Journal(Vec::new()).builder());
    ///         journal.append("opened".into()).await.expect("it has just been started");
    ///         self.journal = Some(journal);
    ///     }
    ///
    ///     pub fn customers(&self) -> usize {
    ///         0
    ///     }
    ///
    ///     #[on_stop]
    ///     async fn close(&mut self) {
    ///         if let Some(journal) = &self.journal {
    ///             journal.append("closed".into()).await.expect("children end after this method");
    ///         }
    ///     }
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), actor_runtime::CallError> {
    /// let (shop, handle) = Shop::default().spawn_with_handle(CancellationToken::new());
    /// assert_eq!(shop.customers().await?, 0);
    /// drop(shop);
    /// let exit = handle.await;
    /// // The client is still there, the journal is not.
    /// let journal = exit.state.and_then(|shop| shop.journal).unwrap();
    /// assert!(journal.append("reopened".into()).await.is_err());
    /// # Ok(())
    /// # }
    /// ```
    #[must_use = "an actor with commands ends when its last client is dropped"]
    #[track_caller]
    pub fn start<B: SendActor>(&mut self, child: impl Child<B>) -> B::Client
    where
        A::Command: Send,
    {
        child.start(&Parent::new(self.control()))
    }

    /// Starts a child actor as [`start`](Self::start) does, and returns its client and a handle that waits for its end.
    ///
    /// The parent may keep the handle in its state and make it a source, whose method gets the exit, with its type, the
    /// reason and the final state. The method decides what follows: it may start another child, or end the parent with
    /// [`fail`](Self::fail).
    ///
    /// An exit that nobody waits for goes to [`Builder::on_exit`](crate::Builder::on_exit). With the feature `tracing`,
    /// it is logged if it is a failure.
    ///
    /// # Panics
    ///
    /// As [`Builder::spawn`](crate::Builder::spawn) or [`Supervisor::spawn`](crate::Supervisor::spawn) does.
    ///
    /// # Examples
    ///
    /// One child, without which its parent cannot go on:
    ///
    /// ```
    /// use actor_runtime::{actor, Actor, ActorHandle, CancellationToken, Context, Exit};
    ///
    /// struct Connection;
    ///
    /// #[actor]
    /// impl Connection {
    ///     pub fn send(&mut self, line: &str) {
    ///         assert!(!line.is_empty());
    ///     }
    /// }
    ///
    /// #[derive(Default)]
    /// struct Session {
    ///     connection: Option<ConnectionClient>,
    ///     end: Option<ActorHandle<Connection>>,
    /// }
    ///
    /// #[actor]
    /// impl Session {
    ///     #[on_start]
    ///     fn connect(&mut self, ctx: &mut Context<Self>) {
    ///         let (connection, end) = ctx.start_with_handle(Connection.builder());
    ///         (self.connection, self.end) = (Some(connection), Some(end));
    ///     }
    ///
    ///     pub async fn send(&mut self, line: &str) {
    ///         if let Some(connection) = &self.connection {
    ///             let _ = connection.send(line).await;
    ///         }
    ///     }
    ///
    ///     #[on(self.end.as_mut().unwrap(), if self.end.is_some())]
    ///     fn disconnected(&mut self, exit: Exit<Connection>, ctx: &mut Context<Self>) {
    ///         ctx.fail(format!("the connection {}", exit.reason));
    ///     }
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), actor_runtime::CallError> {
    /// let (session, handle) = Session::default().spawn_with_handle(CancellationToken::new());
    /// session.send("hello").await?;
    /// session.send("").await?;
    /// let exit = handle.await;
    /// assert!(exit.to_string().starts_with("failed: the connection panicked"));
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// Many children, in a `JoinSet` of their handles:
    ///
    /// ```
    /// use actor_runtime::{actor, Actor, CancellationToken, Context, Exit};
    /// use tokio::task::JoinSet;
    ///
    /// struct Job(u32);
    ///
    /// #[actor]
    /// impl Job {
    ///     pub fn work(&mut self) {
    ///         self.0 *= 2;
    ///     }
    /// }
    ///
    /// #[derive(Default)]
    /// struct Crew {
    ///     jobs: JoinSet<Exit<Job>>,
    ///     total: u32,
    /// }
    ///
    /// #[actor]
    /// impl Crew {
    ///     pub fn start(&mut self, number: u32, ctx: &mut Context<Self>) -> JobClient {
    ///         let (job, handle) = ctx.start_with_handle(Job(number).builder());
    ///         self.jobs.spawn(handle);
    ///         job
    ///     }
    ///
    ///     pub fn total(&self) -> u32 {
    ///         self.total
    ///     }
    ///
    ///     #[on(Some(Ok(exit)) = self.jobs.join_next(), if !self.jobs.is_empty())]
    ///     fn job_ended(&mut self, exit: Exit<Job>) {
    ///         self.total += exit.state.map_or(0, |job| job.0);
    ///     }
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread", start_paused = true)]
    /// # async fn main() -> Result<(), actor_runtime::CallError> {
    /// let crew = Crew::default().spawn(CancellationToken::new());
    /// for number in 1..=3 {
    ///     let job = crew.start(number).await?;
    ///     job.work().await?;
    ///     // It ends with its last client.
    /// }
    /// # tokio::time::sleep(std::time::Duration::from_secs(1)).await;
    /// assert_eq!(crew.total().await?, 12);
    /// # Ok(())
    /// # }
    /// ```
    #[track_caller]
    pub fn start_with_handle<B: SendActor>(
        &mut self,
        child: impl Child<B>,
    ) -> (B::Client, ActorHandle<B>)
    where
        A::Command: Send,
    {
        child.start_with_handle(&Parent::new(self.control()))
    }

    /// Sends `command` to the actor itself after `delay`, as a client would, and returns a handle that can cancel it.
    ///
    /// The delay counts from this call. After it, the command waits for room in the mailbox, and its method runs in its
    /// turn. A command with a reply is answered to whoever has the other half of the reply. To cancel the command, call
    /// `abort` on the handle. Dropping the handle cancels nothing.
    ///
    /// A command that is still to come does not keep the actor alive, and its end does not wait for the delay: the
    /// command is dropped when the actor no longer takes commands. It is also dropped when a
    /// [`Supervisor`](crate::Supervisor) restarts the actor. For one moment that moves, `#[at(..)]` needs no command.
    ///
    /// # Panics
    ///
    /// If called outside of a tokio runtime, or in one without a timer.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::collections::HashMap;
    /// use std::time::Duration;
    /// use actor_runtime::{actor, Actor, CancellationToken, Context};
    ///
    /// #[derive(Default)]
    /// struct Cache(HashMap<String, String>);
    ///
    /// #[actor]
    /// impl Cache {
    ///     pub fn set_for(&mut self, ttl: Duration, key: String, value: String, ctx: &mut Context<Self>) {
    ///         self.0.insert(key.clone(), value);
    ///         ctx.send_after(ttl, CacheCommand::Invalidate { key });
    ///     }
    ///
    ///     pub fn get(&self, key: &str) -> Option<String> {
    ///         self.0.get(key).cloned()
    ///     }
    ///
    ///     pub fn invalidate(&mut self, key: &str) {
    ///         self.0.remove(key);
    ///     }
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread", start_paused = true)]
    /// # async fn main() -> Result<(), actor_runtime::CallError> {
    /// let cache = Cache::default().spawn(CancellationToken::new());
    /// cache.set_for(Duration::from_secs(60), "a".into(), "1".into()).await?;
    /// assert_eq!(cache.get("a").await?, Some("1".into()));
    /// tokio::time::sleep(Duration::from_secs(61)).await;
    /// assert_eq!(cache.get("a").await?, None);
    /// # Ok(())
    /// # }
    /// ```
    #[track_caller]
    pub fn send_after(&mut self, delay: Duration, command: A::Command) -> AbortHandle
    where
        A::Command: Send,
    {
        let delay = sleep(delay);
        let incarnation = self.control().incarnation();
        let actor = self.client.as_sender().clone();
        self.spawn(async move {
            let sent = async {
                delay.await;
                if let Some(actor) = actor.upgrade() {
                    // Refused only if the actor ends.
                    let _ = actor.cast(command).await;
                }
            };
            incarnation.run_until_cancelled(sent).await;
        })
    }

    /// Announces `event` to the subscribers of an actor with `#[actor(event = ..)]`, without waiting.
    ///
    /// Returns the number of subscribers that will see the event. If there are none, the event is dropped. A subscriber
    /// that is too slow misses the oldest events, and is told how many.
    ///
    /// # Examples
    ///
    /// ```
    /// use actor_runtime::{actor, Actor, CancellationToken, Context, Notice};
    ///
    /// struct Door;
    ///
    /// #[derive(Clone, Debug, PartialEq)]
    /// pub enum DoorEvent {
    ///     Opened,
    /// }
    ///
    /// #[actor(event = DoorEvent)]
    /// impl Door {
    ///     pub fn open(&mut self, ctx: &mut Context<Self>) -> usize {
    ///         ctx.emit(DoorEvent::Opened)
    ///     }
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), actor_runtime::CallError> {
    /// let door = Door.spawn(CancellationToken::new());
    /// let mut events = door.subscribe();
    /// assert_eq!(door.open().await?, 1);
    /// assert_eq!(events.next().await, Some(Notice::Event(DoorEvent::Opened)));
    /// # Ok(())
    /// # }
    /// ```
    pub fn emit(&mut self, event: <A::Command as Emitter>::Event) -> usize
    where
        A::Command: Emitter,
    {
        self.shared().events.emit(event)
    }

    /// Returns an emitter for the actor's tasks, which emits events as [`emit`](Self::emit) does. It is owned, can be
    /// cloned, and does not keep the actor alive. See [`EventEmitter`] for an example.
    // Generic, since rustc would otherwise say that an actor without events has no such method.
    pub fn emitter<E>(&self) -> EventEmitter<E>
    where
        A::Command: Emitter<Event = E> + Send,
    {
        EventEmitter::of(self.shared())
    }

    pub(crate) fn shared(&self) -> &Arc<Shared<A::Command>> {
        self.client.as_sender().shared()
    }

    pub(crate) fn control(&self) -> &(dyn Control + '_) {
        self.shared().control()
    }
}

/// The parts that generated code uses.
#[doc(hidden)]
impl<A: Actor> Context<A> {
    #[inline]
    pub fn latest(&self) -> &Values<A::Command> {
        &self.shared().latest
    }

    /// Returns the reason why the actor ends.
    pub fn stop_reason(&self) -> StopReason {
        self.control().stop_reason()
    }

    /// Skips a call whose caller has left. It counts as skipped once it is dropped: if the drop panics, it was cut off.
    pub fn skip(&mut self, call: A::Command) {
        drop(call);
        self.shared().meters().skipped();
        self.control().with_record(|record| record.skipped += 1);
        if let Some(journal) = self.control().journal() {
            journal.skip();
        }
    }

    /// Ends the actor if the `result` of a `#[before_each]` or `#[after_each]` method is an error. Returns true then.
    pub fn failed(&mut self, result: impl LoopResult) -> bool {
        let Some(error) = result.into_error() else {
            return false;
        };
        self.control().fail(error);
        true
    }

    /// Refuses a command after its `#[before_each]` method has failed.
    pub fn refuse(&mut self, command: A::Command) {
        self.control().with_record(|record| record.turned_away += 1);
        command.refuse();
    }

    /// Keeps a command that takes the state, and ends the actor. A second one is dropped.
    pub fn keep_last(&mut self, command: A::Command)
    where
        A::Command: Send,
    {
        self.shared().keep_last(command);
        self.stop();
    }

    /// Takes the calls of `method` that are queued behind the `first` one, up to `limit` in all, and returns their
    /// arguments and replies, which `take` takes out of each command.
    pub fn batch<T, R>(
        &mut self,
        method: &'static str,
        limit: usize,
        first: (T, R),
        take: fn(A::Command) -> Option<(T, R)>,
    ) -> (Vec<T>, Vec<R>) {
        let lanes = &self.shared().mailbox.lanes;
        let others = lanes.begin_batch(method, limit.saturating_sub(1));
        let behind_first = others.len() as u64;
        self.control().with_record(|record| {
            record.batched += behind_first;
            record.last_batch = (method, behind_first);
        });
        if let Some(journal) = self.control().journal() {
            journal.join_batch(behind_first);
        }
        let (mut arguments, mut replies) = (vec![first.0], vec![first.1]);
        for sent in others {
            let Sent {
                command,
                caller,
                ticket,
            } = sent;
            spans::join_batch(caller);
            ticket.join_batch(method, self.shared().meters());
            if let Some((argument, reply)) = take(command) {
                arguments.push(argument);
                replies.push(reply);
            }
        }
        (arguments, replies)
    }
}

pin_project! {
    /// A task of an actor, which ends the loop of the actor if it panics.
    struct ActorTask<F> {
        actor: Controller,
        // True while `future` is polled, and after a panic of it.
        is_polled: bool,
        span: TaskSpan,
        #[pin]
        future: Option<F>,
    }

    impl<F> PinnedDrop for ActorTask<F> {
        fn drop(this: Pin<&mut Self>) {
            let mut this = this.project();
            if *this.is_polled {
                return this.actor.interrupt(Why::Panicked);
            }
            this.actor.abandon_if_panicking();
            let panic = this.span.in_scope(|| caught(|| this.future.set(None)));
            let Some(panic) = panic else {
                return;
            };
            this.actor.interrupt(Why::Panicked);
            if thread::panicking() {
                discard(panic);
            } else {
                resume_unwind(panic);
            }
        }
    }
}

impl<F> ActorTask<F> {
    fn new<C: Command + Send + 'static>(actor: &Arc<Shared<C>>, future: F) -> Self {
        Self {
            actor: Controller::of(actor),
            is_polled: false,
            span: TaskSpan::new(|| actor.control().title()),
            future: Some(future),
        }
    }
}

impl<F: Future<Output = ()>> Future for ActorTask<F> {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut task::Context<'_>) -> Poll<()> {
        let mut this = self.project();
        let Some(future) = this.future.as_mut().as_pin_mut() else {
            return Poll::Ready(());
        };
        *this.is_polled = true;
        let polled = this.span.in_scope(|| future.poll(cx));
        *this.is_polled = false;
        polled
    }
}

impl<A: Actor> fmt::Debug for Context<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Context").finish_non_exhaustive()
    }
}
