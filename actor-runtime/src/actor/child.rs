//! Everything that [`Context::start`](super::Context::start) can start.

use tokio::runtime::Handle;
use tokio::task::AbortHandle;

use super::SendActor;
use crate::handle::ActorHandle;
use crate::shared::{Control, Controller};
use crate::tasks::TaskName;

/// An actor that [`Context::start`](crate::Context::start) can start: a [`Builder`](crate::Builder) or a
/// [`Supervisor`](crate::Supervisor).
#[diagnostic::on_unimplemented(
    message = "`{Self}` is neither a builder nor a supervisor; pass `actor.builder()`",
    label = "cannot be started"
)]
pub trait Child<A: SendActor>: Startable<A> {}

/// The methods of a [`Child`], which only this crate can call and implement.
pub trait Startable<A: SendActor> {
    #[track_caller]
    fn start(self, parent: &Parent<'_>) -> A::Client;

    #[track_caller]
    fn start_with_handle(self, parent: &Parent<'_>) -> (A::Client, ActorHandle<A>);
}

/// The actor that starts a child.
pub struct Parent<'a> {
    actor: &'a (dyn Control + 'a),
    runtime: Handle,
}

impl<'a> Parent<'a> {
    /// # Panics
    ///
    /// If called outside of a tokio runtime.
    pub(super) fn new(actor: &'a (dyn Control + 'a)) -> Self {
        let runtime = Handle::current();
        Self { actor, runtime }
    }

    /// Spawns the task that runs a child.
    #[track_caller]
    pub(crate) fn spawn(
        &self,
        child: Controller,
        task: impl Future<Output = ()> + Send + 'static,
    ) -> AbortHandle {
        let name = TaskName::of(|| child.title());
        let mut children = self.actor.children_to_add();
        let children = children.get_or_insert_default();
        children.spawn(child, task, &self.runtime, &name)
    }
}
