//! Tasks: everything that this crate spawns is spawned here.

use std::iter;
use std::task::{Context, Poll};

use tokio::runtime::Handle;
use tokio::task::{self, AbortHandle, Id, JoinError, JoinHandle, JoinSet};

use crate::panics::Payload;

/// Spawns an actor on a task of its own.
pub(crate) fn spawn(actor: impl Future<Output = ()> + Send + 'static) -> JoinHandle<()> {
    tokio::spawn(actor)
}

/// Spawns an actor on a task of its own that stays on this thread.
///
/// # Panics
///
/// Outside of a `LocalSet`.
pub(crate) fn spawn_local(actor: impl Future<Output = ()> + 'static) -> JoinHandle<()> {
    task::spawn_local(actor)
}

/// The tasks that belong to one actor. Dropping them aborts those that have not ended.
#[derive(Default)]
pub(crate) struct Tasks(JoinSet<()>);

impl Tasks {
    pub(crate) fn spawn(
        &mut self,
        task: impl Future<Output = ()> + Send + 'static,
        runtime: &Handle,
    ) -> AbortHandle {
        self.0.spawn_on(task, runtime)
    }

    /// Spawns a task that stays on this thread.
    ///
    /// # Panics
    ///
    /// Outside of a `LocalSet`.
    pub(crate) fn spawn_local(&mut self, task: impl Future<Output = ()> + 'static) -> AbortHandle {
        self.0.spawn_local(task)
    }

    /// Takes out a task that has ended; `None` if none has.
    pub(crate) fn try_next(&mut self) -> Option<TaskEnd> {
        self.0.try_join_next_with_id().map(TaskEnd::of)
    }

    /// Waits for a task to end, and takes it out; `None` if there are no tasks.
    pub(crate) fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Option<TaskEnd>> {
        let next = self.0.poll_join_next_with_id(cx);
        next.map(|next| next.map(TaskEnd::of))
    }

    /// Aborts the tasks, which stay here until they have ended.
    pub(crate) fn cut_short(&mut self) {
        self.0.abort_all();
    }

    /// Aborts the tasks, and returns the first panic of those that had ended.
    pub(crate) fn abort(mut self) -> Option<Payload> {
        iter::from_fn(|| self.try_next()).find_map(|end| end.panic)
    }
}

/// The end of a task, which has returned, was aborted, or has panicked.
pub(crate) struct TaskEnd {
    pub(crate) id: Id,
    pub(crate) panic: Option<Payload>,
}

impl TaskEnd {
    fn of(result: Result<(Id, ()), JoinError>) -> Self {
        match result {
            Ok((id, ())) => Self { id, panic: None },
            Err(error) => Self {
                id: error.id(),
                panic: error.try_into_panic().ok(),
            },
        }
    }
}
