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

use super::Actor;
use crate::client::{Client, WeakClient};
use crate::command::{Command as _, Emitter, Values};
use crate::error::Why;
use crate::hooks::LoopResult;
use crate::lent::Reshape;
use crate::panics::{caught, discard};
use crate::shared::{Control, Controller, Shared};
use crate::shutdown::{Shutdown, StopReason};

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
    reshape: Option<Reshape<A, Self, C::Command>>,
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
    pub(super) fn set_reshape(&mut self, reshape: Reshape<A, Self, A::Command>) {
        self.reshape = Some(reshape);
    }

    pub(crate) fn reshape(&self) -> Option<Reshape<A, Self, A::Command>> {
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
    ///     pub fn start(&mut self, ctx: &mut Context<Self>) -> () {
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
    /// is aborted. A task that should end earlier can watch [`token`](Self::token).
    ///
    /// Once the actor is told to end, its mailbox refuses commands, so a task can no longer report back, even while the
    /// actor drains. Keep tasks whose results the state needs in a `JoinSet` of the actor, which
    /// `#[on(self.tasks.join_next(), if !self.tasks.is_empty())]` reads and `#[on_stop]` drains.
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
    pub fn spawn<F>(&mut self, future: F) -> AbortHandle
    where
        F: Future<Output = ()> + Send + 'static,
        A::Command: Send,
    {
        // Without a runtime, this panics before anything is taken out.
        let runtime = Handle::current();
        let actor = Controller::of(self.shared());
        let task = ActorTask {
            actor: actor.clone(),
            is_polled: false,
            future: Some(future),
        };
        actor.add_task(|tasks| tasks.spawn(task, &runtime))
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
        self.control().with_record(|record| record.skipped += 1);
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
        let (mut arguments, mut replies) = (vec![first.0], vec![first.1]);
        for (argument, reply) in others.into_iter().filter_map(|sent| take(sent.command)) {
            arguments.push(argument);
            replies.push(reply);
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
            let Some(panic) = caught(|| this.future.set(None)) else {
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

impl<F: Future<Output = ()>> Future for ActorTask<F> {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut task::Context<'_>) -> Poll<()> {
        let mut this = self.project();
        let Some(future) = this.future.as_mut().as_pin_mut() else {
            return Poll::Ready(());
        };
        *this.is_polled = true;
        let polled = future.poll(cx);
        *this.is_polled = false;
        polled
    }
}

impl<A: Actor> fmt::Debug for Context<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Context").finish_non_exhaustive()
    }
}
