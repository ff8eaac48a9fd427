//! Actors: the traits that `#[actor]` implements.

mod builder;
mod child;
mod context;
mod life;
mod prepared;

use std::future::ready;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

#[cfg(all(test, shuttle))]
pub(crate) use self::builder::task;
pub use self::builder::{Builder, Runner};
pub(crate) use self::builder::{Settings, Unstarted};
pub use self::child::Child;
pub(crate) use self::child::{Parent, Startable};
pub use self::context::Context;
pub(crate) use self::life::{Life, Spawned};
pub use self::prepared::{Prepared, prepare};
use crate::client::Client;
use crate::command::Command;
use crate::handle::{ActorHandle, HandleRecipient};
use crate::inbox::Inbox;
use crate::shutdown::Shutdown;

/// State that is owned by one task and reached through a client.
///
/// [`#[actor]`](macro@crate::actor) implements this trait. `handle` and `run` are the match and the loop that you would
/// write by hand.
///
/// # Examples
///
/// ```
/// use actor_runtime::{actor, Actor, CancellationToken};
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
/// let shutdown = CancellationToken::new();
/// let (counter, handle) = Counter(1).spawn_with_handle(shutdown.clone());
/// assert_eq!(counter.add(2).await?, 3);
/// shutdown.cancel();
/// assert_eq!(handle.await.state.map(|counter| counter.0), Some(3));
/// # Ok(())
/// # }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an actor; put `#[actor]` on its `impl` block",
    label = "not an actor"
)]
pub trait Actor: Sized {
    /// The enum of this actor's commands, with one variant for each command method.
    type Command: Command + 'static;

    /// The client of this actor, with one method for each command.
    type Client: Client<Command = Self::Command>;

    /// The number of commands that may be accepted and not yet begun.
    const CAPACITY: usize = 64;

    /// The fate of queued commands when the shutdown token is cancelled.
    const SHUTDOWN: Shutdown = Shutdown::Stop;

    /// The longest time that shutdown may take, counted from when new commands are refused. `None` means no limit.
    const DEADLINE: Option<Duration> = None;

    /// True if the actor goes on when its last client is dropped.
    const DETACHED: bool = false;

    /// True if the start can fail: the actor has an `#[on_start]` or an `#[every]` method.
    #[doc(hidden)]
    const START_CAN_FAIL: bool = false;

    /// True if the actor needs the timer of its runtime: it has an `#[every]` or `#[at]` method.
    #[doc(hidden)]
    const NEEDS_TIMER: bool = false;

    /// True if the actor has a command that takes its state: `#[command(last)]`. Whatever is behind this constant is
    /// not compiled for other actors.
    #[doc(hidden)]
    const HAS_LAST: bool = false;

    /// Calls the method that `command` stands for and sends its reply.
    fn handle(
        &mut self,
        command: Self::Command,
        context: &mut Context<Self>,
    ) -> impl Future<Output = ()>;

    /// Runs the loop, which handles one command at a time, until the actor ends. Returns the final state.
    fn run(
        self,
        inbox: &mut Inbox<Self::Command>,
        context: &mut Context<Self>,
    ) -> impl Future<Output = Self>;

    /// Publishes the values of `#[watch]` methods that have changed. [`handle`](Self::handle) does so after each method
    /// that takes `&mut self`, so only a `#[run]` method that changes the state itself need call it.
    #[inline]
    fn publish(&self, _context: &Context<Self>) {}

    /// Publishes the initial values of `#[watch]` methods, for clients that are there before a state. It is generated
    /// for actors that have such values.
    #[doc(hidden)]
    fn publish_initial(_inbox: &Inbox<Self::Command>) {}

    /// Returns a builder, which has a method for each setting of the actor. See [`Builder`] for an example.
    fn builder(self) -> Builder<Self> {
        Builder::new(self, None)
    }

    /// Handles a command of a synchronous method for the caller that has the state. It is generated for actors whose
    /// calls may run in place, and called for no others.
    #[doc(hidden)]
    fn handle_now(&mut self, _command: Self::Command, _context: &mut Context<Self>) {}

    /// Calls the `#[command(last)]` method that `command` stands for with the final state, and sends its reply. It is
    /// generated for actors with such a method, and called for no others.
    #[doc(hidden)]
    fn last(self, _command: Self::Command) -> impl Future<Output = ()> {
        ready(())
    }

    /// Starts the actor on a task of its own, and returns its client.
    ///
    /// The actor ends when `shutdown` is cancelled or, unless it is `detached`, when its last client is dropped. A
    /// method ends it by [`Context::stop`] or by a panic.
    ///
    /// # Panics
    ///
    /// If called outside of a tokio runtime, if the capacity is 0, or if a `#[watch]` method panics. An actor with a
    /// deadline, a `timeout`, or an `#[every]` or `#[at]` method also panics here if the runtime has no timer.
    ///
    /// # Examples
    ///
    /// ```
    /// use actor_runtime::{actor, Actor, CancellationToken};
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
    /// let echo = Echo.spawn(CancellationToken::new());
    /// assert_eq!(echo.echo("hi".into()).await?, "hi");
    /// # Ok(())
    /// # }
    /// ```
    #[must_use = "an actor with commands ends when its last client is dropped"]
    #[track_caller]
    fn spawn(self, shutdown: CancellationToken) -> Self::Client
    where
        Self: SendActor,
    {
        let (client, unstarted) =
            Unstarted::new(self, Self::CAPACITY, shutdown, Self::DEADLINE, ());
        drop(builder::spawn(unstarted));
        client
    }

    /// Starts the actor on a task of its own, and returns its client and a handle that waits for its end.
    ///
    /// See [`ActorHandle`] for an example.
    ///
    /// # Panics
    ///
    /// If called outside of a tokio runtime, if the capacity is 0, or if a `#[watch]` method panics. An actor with a
    /// deadline, a `timeout`, or an `#[every]` or `#[at]` method also panics here if the runtime has no timer.
    #[track_caller]
    fn spawn_with_handle(self, shutdown: CancellationToken) -> (Self::Client, ActorHandle<Self>)
    where
        Self: SendActor,
    {
        let (recipient, exit) = HandleRecipient::new(None);
        let (client, unstarted) =
            Unstarted::new(self, Self::CAPACITY, shutdown, Self::DEADLINE, recipient);
        (client, builder::spawn_with_handle(unstarted, exit))
    }
}

/// An actor that may run on any thread.
///
/// [`#[actor]`](macro@crate::actor) implements it unless the actor is `local`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is a `local` actor; use `spawn_local` or `into_runner`",
    label = "cannot be sent to another thread"
)]
pub trait SendActor:
    Actor<Command: Send, Client: Send + Sync>
    + Send // otherwise, write `#[actor(local)]`
    + 'static
{
    /// [`Actor::run`], as a future that is `Send`.
    fn run_send(
        self,
        inbox: &mut Inbox<Self::Command>,
        context: &mut Context<Self>,
    ) -> impl Future<Output = Self> + Send;

    /// [`Actor::last`], as a future that is `Send`.
    #[doc(hidden)]
    fn last_send(self, _command: Self::Command) -> impl Future<Output = ()> + Send {
        ready(())
    }
}

/// Runs the loop of an actor that has only commands and whose type may contain lifetimes.
///
/// The generated `run` of such an actor calls this function, which is generic over the actor. A generated `async fn`
/// would name the actor, and rustc could not prove that its future is `Send`:
/// <https://github.com/rust-lang/rust/issues/110338>.
pub async fn run<A: Actor>(
    mut actor: A,
    inbox: &mut Inbox<A::Command>,
    context: &mut Context<A>,
) -> A {
    loop {
        let Some(command) = inbox.next().await else {
            return actor;
        };
        actor.handle(command, context).await;
    }
}
