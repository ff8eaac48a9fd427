//! Children: the actors that an actor has started.

use std::collections::HashMap;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::runtime::Handle;
use tokio::task::{AbortHandle, Id};
use tokio::time::{Instant, Sleep, sleep_until};

use crate::panics::{Payload, discard};
use crate::tasks::{TaskEnd, TaskName, Tasks};

/// The number of children for which there is always room.
const KEPT: usize = 64;

/// The children of one actor. Dropping them aborts those that have not ended.
pub(crate) struct Children<C> {
    tasks: Tasks,
    /// The children in `tasks`.
    actors: HashMap<Id, C>,
    /// Ready when those that have not ended are to be aborted.
    limit: Option<Pin<Box<Sleep>>>,
}

impl<C> Default for Children<C> {
    fn default() -> Self {
        Self {
            tasks: Tasks::default(),
            actors: HashMap::new(),
            limit: None,
        }
    }
}

impl<C: Clone> Children<C> {
    #[track_caller]
    pub(crate) fn spawn(
        &mut self,
        child: C,
        task: impl Future<Output = ()> + Send + 'static,
        runtime: &Handle,
        name: &TaskName,
    ) -> AbortHandle {
        let task = self.tasks.spawn(task, runtime, name);
        self.actors.insert(task.id(), child);
        task
    }

    /// The children that have not been taken out.
    pub(crate) fn living(&self) -> Vec<C> {
        self.actors.values().cloned().collect()
    }

    /// Aborts the children that have not ended at this moment. They stay here until they have ended.
    pub(crate) fn cut_short_at(&mut self, limit: Instant) {
        self.limit = Some(Box::pin(sleep_until(limit)));
    }

    /// Aborts the children, which stay here until they have ended.
    pub(crate) fn cut_short(&mut self) {
        self.tasks.cut_short();
    }

    /// Takes out a child that has ended; `None` if none has.
    pub(crate) fn try_next(&mut self) -> Option<EndedChild<C>> {
        let end = self.tasks.try_next()?;
        Some(self.take_out(end))
    }

    /// Waits for a child to end, and takes it out; `None` if there are no children.
    pub(crate) fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Option<EndedChild<C>>> {
        if let Poll::Ready(next) = self.tasks.poll_next(cx) {
            return Poll::Ready(next.map(|end| self.take_out(end)));
        }
        if let Some(limit) = &mut self.limit {
            ready!(limit.as_mut().poll(cx));
            self.limit = None;
            self.tasks.cut_short();
        }
        Poll::Pending
    }

    fn take_out(&mut self, end: TaskEnd) -> EndedChild<C> {
        let actor = self.actors.remove(&end.id);
        // To twice what is needed, so that this is rare.
        let needed = self.actors.len() * 2;
        if self.actors.capacity() > KEPT.max(needed * 2) {
            self.actors.shrink_to(needed);
        }
        EndedChild {
            actor,
            panic: end.panic,
        }
    }
}

/// A child that has ended. Its exit has told how.
pub(crate) struct EndedChild<C> {
    actor: Option<C>,
    /// The panic of the task itself, such as one of the runtime's.
    panic: Option<Payload>,
}

impl<C> EndedChild<C> {
    /// Drops what is left of the child, where nothing is locked.
    pub(crate) fn discard(self) {
        drop(self.actor);
        if let Some(panic) = self.panic {
            discard(panic);
        }
    }
}
