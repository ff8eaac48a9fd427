//! The leftover of a mailbox at its end: commands that were not begun, and everything that the exit has to tell.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::thread;

use crate::error::Why;
use crate::exit::{Exit, Record};
use crate::panics::{Payload, keep_first};
use crate::shared::{Control, Remains};
use crate::shutdown::StopReason;

#[derive(Default)]
pub(crate) struct Leftover {
    /// The reason why the mailbox was told to stop, if it was.
    pub(crate) stop: Option<StopReason>,
    /// The reason for the end, as callers are told.
    pub(crate) told: Why,
    /// Everything else that the exit tells; `None` if there is nothing.
    record: Option<Box<Record>>,
    /// The number of commands that were dropped.
    pub(crate) count: u64,
    /// The first panic among the drops.
    panic: Option<Payload>,
}

impl Leftover {
    /// The leftover of a mailbox that has ended.
    #[inline]
    pub(crate) fn of(remains: Remains) -> Self {
        let Remains {
            stop, told, record, ..
        } = remains;
        Self {
            stop,
            told,
            record,
            ..Self::default()
        }
    }

    /// The leftover of an incarnation whose mailbox stays open.
    pub(crate) fn of_incarnation(record: Record) -> Self {
        Self {
            record: Some(Box::new(record)),
            ..Self::default()
        }
    }

    /// Repeats what drops a command until there is none. One by one: a second panic, while the first one unwinds,
    /// would end the process.
    pub(crate) fn drop_each(&mut self, drop_one: &mut dyn FnMut() -> bool) {
        loop {
            match catch_unwind(AssertUnwindSafe(&mut *drop_one)) {
                Ok(false) => return,
                Ok(true) => {}
                Err(payload) => keep_first(&mut self.panic, payload),
            }
            self.count += 1;
        }
    }

    /// Keeps all of it for the exit of `actor`.
    pub(crate) fn keep_for_exit(self, actor: &dyn Control) {
        actor.with_record(|record| record.refused += self.count);
        if let Some(panic) = self.panic {
            actor.keep_panic(panic);
        }
    }

    /// Adds all of it to the `exit`.
    #[inline]
    pub(crate) fn tell(self, exit: &mut Exit<()>) {
        exit.refused = self.count;
        if let Some(record) = self.record {
            exit.add(*record);
        }
        // The first panic counts, and this one came last.
        if let Some(panic) = self.panic {
            exit.reason.or_panic(panic);
        }
    }

    /// Goes on with a panic among the drops, unless another one unwinds.
    pub(crate) fn resume_panic(self) {
        match self.panic {
            Some(payload) if !thread::panicking() => resume_unwind(payload),
            _ => {}
        }
    }
}
