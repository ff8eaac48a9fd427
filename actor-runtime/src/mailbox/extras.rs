//! What only some actors need of their mailbox.

use std::any::Any;
use std::error::Error;
use std::mem;
use std::sync::Arc;

use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::tasks;
use crate::waits::Waits;

/// Made when the first one asks for a part of it.
#[derive(Default)]
pub(crate) struct Extras {
    /// Cancelled when the mailbox is closed.
    pub(crate) closed: CancellationToken,
    /// Cancelled when an incarnation of the actor ends, if it is supervised.
    pub(crate) incarnation: Option<CancellationToken>,
    /// Cancelled when the actor has ended.
    pub(crate) ended: Option<CancellationToken>,
    /// How far the actor has got with its start, if that can fail.
    pub(crate) start: Option<watch::Sender<Start>>,
    /// What the actor spawned.
    pub(crate) tasks: Option<JoinSet<()>>,
    /// What the actor waits for: made when somebody looks for a deadlock.
    pub(super) waits: Option<Arc<Waits>>,
    pub(crate) record: Record,
}

impl Extras {
    /// What is to be done with the rest once the actor has ended, without the lock.
    #[cold]
    pub(super) fn end(&mut self) -> Ended {
        Ended {
            token: self.ended.clone(),
            start: self.start.clone(),
            tasks: self.tasks.take(),
            record: mem::take(&mut self.record),
        }
    }
}

/// What is left of an actor that has ended.
pub(super) struct Ended {
    token: Option<CancellationToken>,
    start: Option<watch::Sender<Start>>,
    tasks: Option<JoinSet<()>>,
    record: Record,
}

impl Ended {
    /// Aborts the tasks that had no more time, and tells whoever waits for an answer that will not come,
    /// or for a start that is not done.
    #[cold]
    pub(super) fn tell(mut self) -> Record {
        let panic = self.tasks.and_then(tasks::first_panic);
        self.record.panic = self.record.panic.or(panic);
        if let Some(token) = self.token {
            token.cancel();
        }
        if let Some(start) = self.start {
            start.send_if_modified(|start| {
                let is_pending = *start == Start::Pending;
                if is_pending {
                    *start = Start::Failed;
                }
                is_pending
            });
        }
        self.record
    }
}

/// What the exit will tell.
#[derive(Default)]
pub(crate) struct Record {
    pub(crate) start_error: Option<Box<dyn Error + Send + Sync>>,
    /// How many commands were refused before the hooks of the end.
    pub(crate) refused: u64,
    /// The first panic of a spawned task, or among those commands.
    pub(crate) panic: Option<Box<dyn Any + Send>>,
    /// How many calls were skipped because their callers had gone.
    pub(crate) skipped: u64,
    /// How many commands were handled with another one, in its batch.
    pub(crate) batched: u64,
    /// The method of the last batch, and how many of them it handled.
    pub(crate) last_batch: (&'static str, u64),
}

impl Record {
    pub(crate) fn is_of_failure(&self) -> bool {
        self.panic.is_some() || self.start_error.is_some()
    }
}

/// How far an actor has got with its start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Start {
    #[default]
    Pending,
    Done,
    /// The actor ended before it was done.
    Failed,
}
