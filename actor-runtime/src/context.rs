//! What a method learns about the actor that it runs in.

use std::fmt;

use tokio_util::sync::CancellationToken;

use crate::actor::Actor;
use crate::client::WeakClient;
use crate::mailbox::Stop;

/// The actor that a method runs in: a parameter `ctx: &mut Context<Self>` that the client does not
/// see.
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
pub struct Context<A: Actor> {
    client: WeakClient<A::Client>,
}

impl<A: Actor> Context<A> {
    pub(crate) fn new(client: WeakClient<A::Client>) -> Self {
        Self { client }
    }

    /// A context without an actor, to call [`Actor::handle`] or a method from a test.
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

    /// The actor's own client, weak, so that the actor does not keep itself alive.
    pub fn client(&self) -> &WeakClient<A::Client> {
        &self.client
    }

    /// A token for work that should end with the actor: it is cancelled when the actor is told to
    /// stop, by the token that it was started with or otherwise, and at the latest when it ends.
    /// Cancelling it does not stop the actor.
    pub fn token(&self) -> CancellationToken {
        self.client.as_sender().mailbox().closed()
    }

    /// Stops the actor after the command in progress. Queued commands are refused; the token that the
    /// actor was started with is left alone.
    pub fn stop(&mut self) {
        self.client.as_sender().mailbox().stop(Stop::Inside);
    }
}

impl<A: Actor> fmt::Debug for Context<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Context").finish_non_exhaustive()
    }
}
