//! The journal of a monitored actor: everything about its methods that other threads may read while it runs.
//!
//! # Invariants
//!
//! 1. The notes are locked for a few instructions, in which no code of a user runs: a reader never waits for a method,
//!    and a method never waits for a reader who looks at something else.
//! 2. An actor is in the roster of its monitor from the moment it is about to run until its mailbox has ended. The
//!    roster keeps no actor alive.

use std::mem;
use std::sync::{Arc, PoisonError};

use tokio::time::Instant;

use crate::numbered::Numbered;
use crate::sync::{Mutex, MutexGuard};

/// The living actors of a monitor. A `T` is one that is not kept alive.
pub(crate) struct Roster<T>(Mutex<Entries<T>>);

struct Entries<T> {
    actors: Numbered<T>,
    next: u64,
}

impl<T> Default for Roster<T> {
    fn default() -> Self {
        Self(Mutex::new(Entries {
            actors: Numbered::default(),
            next: 1,
        }))
    }
}

impl<T> Roster<T> {
    /// Locks the entries. Nothing that runs under the lock leaves them half changed.
    fn lock(&self) -> MutexGuard<'_, Entries<T>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns what `look_up` finds of each actor, in the order in which they were made.
    pub(crate) fn each<U>(&self, look_up: impl Fn(&T) -> Option<U>) -> Vec<U> {
        let entries = self.lock();
        let actors = entries.actors.iter();
        actors.filter_map(|(_, actor)| look_up(actor)).collect()
    }
}

/// The notes about one monitored actor, which its methods write.
pub(crate) struct Journal<T> {
    roster: Arc<Roster<T>>,
    /// The number of the actor in the roster.
    pub(crate) number: u64,
    notes: Mutex<Notes>,
}

/// The work of a monitored actor, in all of its incarnations.
#[derive(Clone, Default)]
pub(crate) struct Notes {
    pub(crate) running: Option<Ongoing>,
    /// The number of commands that ran to their end.
    pub(crate) handled: u64,
    /// The number of calls that were skipped because their callers had left.
    pub(crate) skipped: u64,
    pub(crate) restarts: u64,
    pub(crate) failure: Option<Failed>,
}

/// A method that runs.
#[derive(Clone)]
pub(crate) struct Ongoing {
    pub(crate) method: &'static str,
    pub(crate) since: Instant,
    /// The number of commands that it handles: none if nobody called it, and several if they are a batch.
    commands: u64,
}

/// The last failure of a supervised actor.
#[derive(Clone)]
pub(crate) struct Failed {
    pub(crate) reason: String,
    pub(crate) method: Option<&'static str>,
    pub(crate) at: Instant,
}

impl<T> Journal<T> {
    /// The journal of an actor that is about to be in the `roster`.
    pub(crate) fn new(roster: Arc<Roster<T>>) -> Self {
        let mut entries = roster.lock();
        let number = entries.next;
        entries.next += 1;
        drop(entries);
        Self {
            roster,
            number,
            notes: Mutex::default(),
        }
    }

    /// Puts the actor into the roster (invariant 2).
    pub(crate) fn enter(&self, actor: T) {
        self.roster.lock().actors.insert(self.number, actor);
    }

    /// Takes the actor out of the roster (invariant 2).
    pub(crate) fn leave(&self) {
        let actor = self.roster.lock().actors.remove(self.number);
        // Without the lock.
        drop(actor);
    }

    /// Locks the notes (invariant 1).
    fn lock(&self) -> MutexGuard<'_, Notes> {
        self.notes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn notes(&self) -> Notes {
        self.lock().clone()
    }

    /// Notes that the method of a command begins, after which the last one is done.
    pub(crate) fn begin_command(&self, method: &'static str) {
        self.begin(method, 1);
    }

    /// Notes that a method begins that nobody called.
    pub(crate) fn begin_other(&self, method: &'static str) {
        self.begin(method, 0);
    }

    fn begin(&self, method: &'static str, commands: u64) {
        let since = Instant::now();
        let mut notes = self.lock();
        notes.finish();
        notes.running = Some(Ongoing {
            method,
            since,
            commands,
        });
    }

    /// Notes that the method handles this many `more` commands.
    pub(crate) fn join_batch(&self, more: u64) {
        if let Some(running) = &mut self.lock().running {
            running.commands += more;
        }
    }

    /// Notes that the command which was begun is skipped.
    pub(crate) fn skip(&self) {
        self.postpone();
        self.lock().skipped += 1;
    }

    /// Notes that the command which was begun is not handled now. It may begin again.
    pub(crate) fn postpone(&self) {
        if let Some(running) = &mut self.lock().running {
            running.commands = running.commands.saturating_sub(1);
        }
    }

    /// Notes that the last method is done.
    pub(crate) fn finish(&self) {
        self.lock().finish();
    }

    /// Notes that the last method, if it is not done, never will be.
    pub(crate) fn cut_off(&self) {
        self.lock().running = None;
    }

    /// Notes a failure after which the actor is to be restarted.
    pub(crate) fn fail(&self, reason: String, method: Option<&'static str>) {
        let failed = Failed {
            reason,
            method,
            at: Instant::now(),
        };
        let before = self.lock().failure.replace(failed);
        // Without the lock.
        drop(before);
    }

    pub(crate) fn restart(&self) {
        self.lock().restarts += 1;
    }
}

impl Notes {
    fn finish(&mut self) {
        if let Some(running) = mem::take(&mut self.running) {
            self.handled += running.commands;
        }
    }
}
