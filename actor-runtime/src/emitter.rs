//! An emitter that its holder owns, so that tasks and threads can emit an actor's events.

use std::fmt;
use std::sync::Arc;

use crate::command::{Command, Emitter};
use crate::shared::Shared;

/// Emits the events of an actor from elsewhere, such as a task or a thread. [`Context::emitter`] returns it.
///
/// An emitter does not keep the actor alive. It stays valid when a [`Supervisor`](crate::Supervisor) restarts the
/// actor. Once the actor has ended, it emits nothing.
///
/// [`Context::emitter`]: crate::Context::emitter
///
/// # Examples
///
/// ```
/// use actor_runtime::{actor, Actor, CallError, CancellationToken, Context, EventEmitter, Notice};
///
/// struct Import;
///
/// async fn read(parts: u32, progress: EventEmitter<u32>) {
///     for part in 1..=parts {
///         tokio::task::yield_now().await;
///         progress.emit(part);
///     }
/// }
///
/// #[actor(event = u32)]
/// impl Import {
///     pub fn start(&mut self, parts: u32, ctx: &mut Context<Self>) {
///         let progress = ctx.emitter();
///         ctx.spawn(read(parts, progress));
///     }
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), CallError> {
/// let import = Import.spawn(CancellationToken::new());
/// let mut progress = import.subscribe();
/// import.start(2).await?;
/// drop(import);
/// assert_eq!(progress.next().await, Some(Notice::Event(1)));
/// assert_eq!(progress.next().await, Some(Notice::Event(2)));
/// assert_eq!(progress.next().await, None);
/// # Ok(())
/// # }
/// ```
pub struct EventEmitter<E>(Arc<dyn Emit<E> + Send + Sync>);

/// An actor that emits events `E`, whatever its commands are.
trait Emit<E> {
    fn emit(&self, event: E) -> usize;
}

impl<C: Emitter> Emit<C::Event> for Shared<C> {
    fn emit(&self, event: C::Event) -> usize {
        self.events.emit(event)
    }
}

impl<E> EventEmitter<E> {
    pub(crate) fn of<C>(actor: &Arc<Shared<C>>) -> Self
    where
        C: Command + Emitter<Event = E> + Send + 'static,
    {
        Self(Arc::<Shared<C>>::clone(actor))
    }

    /// Announces `event` to the subscribers, without waiting, as [`Context::emit`](crate::Context::emit) does.
    ///
    /// Returns the number of subscribers that will see the event, which is 0 once the actor has ended.
    pub fn emit(&self, event: E) -> usize {
        self.0.emit(event)
    }
}

impl<E> Clone for EventEmitter<E> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<E> fmt::Debug for EventEmitter<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EventEmitter").finish_non_exhaustive()
    }
}
