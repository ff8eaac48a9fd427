//! Tasks: everything that this crate spawns is spawned here.

use std::any::Any;
use std::iter;
use std::task::{Context, Poll};

use tokio::runtime::Handle;
use tokio::task::{AbortHandle, JoinError, JoinHandle, JoinSet};

/// Spawns an actor on a task of its own.
pub(crate) fn spawn(actor: impl Future<Output = ()> + Send + 'static) -> JoinHandle<()> {
    tokio::spawn(actor)
}

/// The tasks that belong to one actor. Dropping them aborts those that have not ended.
#[derive(Default)]
pub(crate) struct Tasks(JoinSet<()>);

/// The panic of a task that has ended, if it had one.
pub(crate) type TaskPanic = Option<Box<dyn Any + Send>>;

impl Tasks {
    pub(crate) fn spawn(
        &mut self,
        task: impl Future<Output = ()> + Send + 'static,
        runtime: &Handle,
    ) -> AbortHandle {
        self.0.spawn_on(task, runtime)
    }

    /// Takes out a task that has ended; `None` if none has.
    pub(crate) fn try_next(&mut self) -> Option<TaskPanic> {
        self.0.try_join_next().map(panic_of)
    }

    /// Waits for a task to end, and takes it out; `None` if there are no tasks.
    pub(crate) fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Option<TaskPanic>> {
        self.0.poll_join_next(cx).map(|next| next.map(panic_of))
    }

    /// Aborts the tasks, which stay here until they have ended.
    pub(crate) fn cut_short(&mut self) {
        self.0.abort_all();
    }

    /// Aborts the tasks, and returns the first panic of those that had ended.
    pub(crate) fn abort(mut self) -> TaskPanic {
        iter::from_fn(|| self.try_next()).flatten().next()
    }
}

fn panic_of(result: Result<(), JoinError>) -> TaskPanic {
    result.err()?.try_into_panic().ok()
}
