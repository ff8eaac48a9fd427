//! What `#[actor]` implements: an actor and its commands.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use crate::client::Client;
use crate::context::Context;
use crate::events::Events;
use crate::handle::ActorHandle;
use crate::mailbox::Inbox;
use crate::runner::Builder;
use crate::shutdown::Shutdown;

/// A command of an actor: what [`#[actor]`](macro@crate::actor) makes of the block's methods.
pub trait Command: Sized {
    /// What the actor announces; `()` if that is nothing.
    #[doc(hidden)]
    type Events: Published;

    /// The latest values of the actor; `()` if there are none.
    #[doc(hidden)]
    type Latest: Published;

    /// Whether some commands have priority.
    #[doc(hidden)]
    const PRIORITY: bool = false;

    /// Whether some commands are handled in batches.
    #[doc(hidden)]
    const BATCHES: bool = false;

    /// What the actor is called in messages.
    const ACTOR: &'static str;

    /// The name of the method that this command calls.
    fn name(&self) -> &'static str;

    /// Whether this command is one of them.
    #[doc(hidden)]
    #[inline]
    fn has_priority(&self) -> bool {
        false
    }

    #[doc(hidden)]
    fn publications() -> (Self::Events, Self::Latest);
}

/// The command of an actor that has commands and nothing else, which is all that generated code then says.
pub trait PlainCommand: Sized {
    /// See [`Command::ACTOR`].
    const ACTOR: &'static str;

    /// See [`Command::name`].
    fn name(&self) -> &'static str;
}

impl<C: PlainCommand> Command for C {
    type Events = ();
    type Latest = ();

    const ACTOR: &'static str = <C as PlainCommand>::ACTOR;

    #[inline]
    fn name(&self) -> &'static str {
        PlainCommand::name(self)
    }

    #[inline]
    fn publications() -> ((), ()) {
        ((), ())
    }
}

/// What a mailbox holds for others to see.
pub trait Published: Send + Sync + 'static {
    /// There will be no more of it.
    fn close(&self);
}

impl Published for () {
    #[inline]
    fn close(&self) {}
}

/// The command of an actor with events: `#[actor(event = ..)]`.
#[diagnostic::on_unimplemented(
    message = "an actor with `{Self}` has no events; write `#[actor(event = ..)]`",
    label = "has no events"
)]
pub trait Emitter: Command<Events = Events<Self::Event>> {
    /// What the actor announces.
    type Event: Clone + Send + 'static;
}

/// State that is owned by one task and reached through a client.
///
/// [`#[actor]`](macro@crate::actor) implements it; `handle` and `run` are the match and the loop that one
/// would write by hand.
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
    /// The commands of this actor, one variant for each method.
    type Command: Command + 'static;

    /// The client of this actor, one method for each command.
    type Client: Client<Command = Self::Command>;

    /// How many commands may be accepted and not yet started.
    const CAPACITY: usize = 64;

    /// What becomes of queued commands when the shutdown token is cancelled.
    const SHUTDOWN: Shutdown = Shutdown::Stop;

    /// How long the end may take once the actor was told to stop; `None` for as long as it wants.
    const DEADLINE: Option<Duration> = None;

    /// Whether the actor goes on when its last client is dropped.
    const DETACHED: bool = false;

    /// Whether something comes before the first command that can fail.
    #[doc(hidden)]
    const STARTS: bool = false;

    /// Calls the method that `command` stands for and sends its reply.
    fn handle(
        &mut self,
        command: Self::Command,
        context: &mut Context<Self>,
    ) -> impl Future<Output = ()>;

    /// The loop: handles one command after the other until there are no more.
    fn run(
        self,
        inbox: &mut Inbox<Self::Command>,
        context: &mut Context<Self>,
    ) -> impl Future<Output = Self>;

    /// Publishes the latest values that have changed.
    #[doc(hidden)]
    #[inline]
    fn publish(&self, _context: &Context<Self>) {}

    /// Everything that can be set before the actor starts.
    fn builder(self) -> Builder<Self> {
        Builder::new(self)
    }

    /// Starts the actor on a task of its own, until `shutdown` is cancelled or the last client is
    /// dropped.
    ///
    /// # Panics
    ///
    /// If it is called outside of a tokio runtime, the capacity is 0, or a `#[watch]` method panics.
    fn spawn(self, shutdown: CancellationToken) -> Self::Client
    where
        Self: SendActor,
    {
        self.builder().shutdown(shutdown).spawn()
    }

    /// Starts the actor on a task of its own, and gives a handle that waits for its end.
    ///
    /// # Panics
    ///
    /// If it is called outside of a tokio runtime, the capacity is 0, or a `#[watch]` method panics.
    fn spawn_with_handle(self, shutdown: CancellationToken) -> (Self::Client, ActorHandle<Self>)
    where
        Self: SendActor,
    {
        self.builder().shutdown(shutdown).spawn_with_handle()
    }
}

/// An actor that may run on any thread.
///
/// [`#[actor]`](macro@crate::actor) implements it unless the actor is `local`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is a `local` actor; use `into_runner`",
    label = "cannot be sent to another thread"
)]
pub trait SendActor: Actor<Command: Send, Client: Send + Sync> + Send + 'static {
    /// [`Actor::run`], as a future that is `Send`.
    fn run_send(
        self,
        inbox: &mut Inbox<Self::Command>,
        context: &mut Context<Self>,
    ) -> impl Future<Output = Self> + Send;
}
