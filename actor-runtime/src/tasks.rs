//! Tasks: all that this crate spawns is spawned here.

use std::any::Any;
use std::iter;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::thread;

use tokio::runtime::Handle;
use tokio::task::{AbortHandle, JoinError, JoinHandle, JoinSet};

use crate::actor::Command;
use crate::mailbox::Mailbox;

/// An actor on a task of its own.
pub(crate) fn spawn(actor: impl Future<Output = ()> + Send + 'static) -> JoinHandle<()> {
    tokio::spawn(actor)
}

/// A task that belongs to the actor of `mailbox`.
pub(crate) fn spawn_tracked<C, F>(mailbox: &Arc<Mailbox<C>>, future: F) -> AbortHandle
where
    C: Command + Send + 'static,
    F: Future<Output = ()> + Send + 'static,
{
    // Where there is none, this panics before anything is taken out.
    let runtime = Handle::current();
    let mut tasks = mailbox
        .with_extras(|extras| extras.tasks.take())
        .unwrap_or_default();
    // Those that are done need no place any more, also if the method never waits.
    while let Some(result) = tasks.try_join_next() {
        keep_panic(mailbox, result);
    }
    let interrupt_on_panic = InterruptOnPanic(Arc::clone(mailbox));
    let task = async move {
        let _interrupt_on_panic = interrupt_on_panic;
        future.await;
    };
    let handle = tasks.spawn_on(task, &runtime);
    mailbox.gate().set_has_tasks();
    mailbox.with_extras(|extras| extras.tasks = Some(tasks));
    handle
}

/// Keeps nothing of those that are done, now and, since it has the actor woken, when further ones are.
#[cold]
pub(crate) fn let_go<C: Command>(mailbox: &Mailbox<C>, cx: &mut Context<'_>) {
    let Some(mut tasks) = mailbox.with_extras(|extras| extras.tasks.take()) else {
        return;
    };
    while let Poll::Ready(Some(result)) = tasks.poll_join_next(cx) {
        keep_panic(mailbox, result);
    }
    mailbox.with_extras(|extras| extras.tasks = Some(tasks));
}

/// The tasks of an actor whose loop has ended. Dropped, it aborts those that have not.
pub(crate) struct Tasks(JoinSet<()>);

impl Tasks {
    pub(crate) fn of<C: Command>(mailbox: &Mailbox<C>) -> Self {
        let tasks = mailbox.with_extras(|extras| extras.tasks.take());
        Self(tasks.unwrap_or_default())
    }

    /// They need not run to their end.
    pub(crate) fn abort(&mut self) {
        self.0.abort_all();
    }

    pub(crate) fn poll_finished<C: Command>(
        &mut self,
        mailbox: &Mailbox<C>,
        cx: &mut Context<'_>,
    ) -> Poll<()> {
        while let Some(result) = ready!(self.0.poll_join_next(cx)) {
            keep_panic(mailbox, result);
        }
        Poll::Ready(())
    }
}

fn keep_panic<C: Command>(mailbox: &Mailbox<C>, result: Result<(), JoinError>) {
    if let Some(panic) = panic_of(result) {
        mailbox.keep_panic(panic);
    }
}

/// What those have panicked with that have ended and were not waited for; the others are aborted.
pub(crate) fn first_panic(mut tasks: JoinSet<()>) -> Option<Box<dyn Any + Send>> {
    iter::from_fn(|| tasks.try_join_next()).find_map(panic_of)
}

fn panic_of(result: Result<(), JoinError>) -> Option<Box<dyn Any + Send>> {
    result.err()?.try_into_panic().ok()
}

/// Ends the loop of an actor when a task of the actor panics.
struct InterruptOnPanic<C: Command>(Arc<Mailbox<C>>);

impl<C: Command> Drop for InterruptOnPanic<C> {
    fn drop(&mut self) {
        if thread::panicking() {
            self.0.interrupt();
        }
    }
}
