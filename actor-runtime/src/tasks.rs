//! Tasks: everything that this crate spawns is spawned here.

use std::iter;
#[cfg(debug_assertions)]
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::runtime::Handle;
use tokio::task::{self, AbortHandle, Id, JoinError, JoinHandle, JoinSet};

use crate::panics::Payload;
use crate::title::Title;

/// The name of a task in tools that show tasks, such as tokio-console. It is empty where tokio cannot name a task.
pub(crate) struct TaskName(#[cfg(all(tokio_unstable, feature = "tracing"))] String);

impl TaskName {
    /// Names a task after its actor.
    #[inline]
    pub(crate) fn of(title: impl FnOnce() -> Title) -> Self {
        #[cfg(all(tokio_unstable, feature = "tracing"))]
        return Self(title().to_string());
        #[cfg(not(all(tokio_unstable, feature = "tracing")))]
        {
            let _ = title;
            Self()
        }
    }
}

/// A task of any actor. It is the one type of task that tokio runs in the dev profile, so tokio's code for a task is
/// compiled once and not for each actor.
#[cfg(debug_assertions)]
type AnyTask = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Spawns an actor on a task of its own.
#[track_caller]
#[inline]
pub(crate) fn spawn(
    actor: impl Future<Output = ()> + Send + 'static,
    name: &TaskName,
) -> JoinHandle<()> {
    #[cfg(debug_assertions)]
    let spawned = spawn_any(Box::pin(actor), name);
    #[cfg(not(debug_assertions))]
    let spawned = spawn_one(actor, name);
    spawned
}

#[cfg(debug_assertions)]
#[track_caller]
fn spawn_any(actor: AnyTask, name: &TaskName) -> JoinHandle<()> {
    spawn_one(actor, name)
}

#[track_caller]
#[inline]
fn spawn_one(actor: impl Future<Output = ()> + Send + 'static, name: &TaskName) -> JoinHandle<()> {
    #[cfg(all(tokio_unstable, feature = "tracing"))]
    {
        let spawned = task::Builder::new().name(&name.0).spawn(actor);
        spawned.expect("tokio spawns a task on any runtime")
    }
    #[cfg(not(all(tokio_unstable, feature = "tracing")))]
    {
        let TaskName() = name;
        tokio::spawn(actor)
    }
}

/// Spawns an actor on a task of its own that stays on this thread.
///
/// # Panics
///
/// Outside of a `LocalSet`.
#[track_caller]
pub(crate) fn spawn_local(
    actor: impl Future<Output = ()> + 'static,
    name: &TaskName,
) -> JoinHandle<()> {
    #[cfg(all(tokio_unstable, feature = "tracing"))]
    {
        let spawned = task::Builder::new().name(&name.0).spawn_local(actor);
        spawned.expect("tokio spawns a task in any `LocalSet`")
    }
    #[cfg(not(all(tokio_unstable, feature = "tracing")))]
    {
        let TaskName() = name;
        task::spawn_local(actor)
    }
}

/// The tasks that belong to one actor. Dropping them aborts those that have not ended.
#[derive(Default)]
pub(crate) struct Tasks(JoinSet<()>);

impl Tasks {
    #[track_caller]
    pub(crate) fn spawn(
        &mut self,
        task: impl Future<Output = ()> + Send + 'static,
        runtime: &Handle,
        name: &TaskName,
    ) -> AbortHandle {
        #[cfg(debug_assertions)]
        let spawned = self.spawn_any(Box::pin(task), runtime, name);
        #[cfg(not(debug_assertions))]
        let spawned = self.spawn_one(task, runtime, name);
        spawned
    }

    #[cfg(debug_assertions)]
    #[track_caller]
    fn spawn_any(&mut self, task: AnyTask, runtime: &Handle, name: &TaskName) -> AbortHandle {
        self.spawn_one(task, runtime, name)
    }

    #[track_caller]
    fn spawn_one(
        &mut self,
        task: impl Future<Output = ()> + Send + 'static,
        runtime: &Handle,
        name: &TaskName,
    ) -> AbortHandle {
        #[cfg(all(tokio_unstable, feature = "tracing"))]
        {
            let spawned = self.0.build_task().name(&name.0).spawn_on(task, runtime);
            spawned.expect("tokio spawns a task on any runtime")
        }
        #[cfg(not(all(tokio_unstable, feature = "tracing")))]
        {
            let TaskName() = name;
            self.0.spawn_on(task, runtime)
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// Spawns a task that stays on this thread.
    ///
    /// # Panics
    ///
    /// Outside of a `LocalSet`.
    #[track_caller]
    pub(crate) fn spawn_local(
        &mut self,
        task: impl Future<Output = ()> + 'static,
        name: &TaskName,
    ) -> AbortHandle {
        #[cfg(all(tokio_unstable, feature = "tracing"))]
        {
            let spawned = self.0.build_task().name(&name.0).spawn_local(task);
            spawned.expect("tokio spawns a task in any `LocalSet`")
        }
        #[cfg(not(all(tokio_unstable, feature = "tracing")))]
        {
            let TaskName() = name;
            self.0.spawn_local(task)
        }
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
