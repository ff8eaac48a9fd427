//! Deadlocks: a call that would wait forever finds the cycle of waits that it would close.
//!
//! While a method of an actor is polled, its thread knows (`polled.rs`). A call that is polled meanwhile is listed by
//! that actor, from before it waits until it is done or dropped. A cycle of such waits is a deadlock: each of its
//! actors is in a method, and that method waits for the next actor, which takes no command until its own is done.
//!
//! # Invariants
//!
//! 1. A wait is listed before its cycle is looked for: of several actors that begin to wait for each other at the
//!    same time, the one that lists last sees all the others.
//! 2. A cycle counts only if, when the last of its waits was found, each of the others was still there, checked from
//!    the first to the last: then there was a moment at which all of them were there.
//! 3. No two lists are locked at the same time, and nothing is dropped or woken under a lock.

use std::collections::{BTreeMap, HashSet};
use std::sync::{Arc, PoisonError};

use crate::error::{Cycle, Step};
use crate::position::{Accepted, Progress, Stage};
use crate::sync::{Mutex, MutexGuard};

/// The waits of one actor's methods.
pub(crate) struct Waits {
    /// The name of the actor in messages.
    actor: &'static str,
    list: Mutex<List>,
}

#[derive(Default)]
struct List {
    waits: BTreeMap<u64, Wait>,
    next: u64,
}

/// A method that waits for another actor.
#[derive(Clone)]
pub(crate) struct Wait {
    pub(crate) method: &'static str,
    /// The progress of the method's actor when the wait began.
    pub(crate) progress: Progress,
    /// The waits of the actor that this one is for.
    pub(crate) target: Arc<Waits>,
    pub(crate) until: Until,
}

/// The moment at which a wait is over.
#[derive(Clone, Copy)]
pub(crate) enum Until {
    /// The method that was called is done, or the command of a cast is accepted.
    Done,
    /// The answer has come, which anybody may give once the method that was called is done.
    Answered {
        method: &'static str,
        accepted: Option<Accepted>,
    },
}

impl Wait {
    /// Returns true if this wait cannot end before `next`, a wait of the actor that this one is for.
    fn depends_on(&self, next: &Self) -> bool {
        let Until::Answered {
            method,
            accepted: Some(accepted),
        } = self.until
        else {
            return true;
        };
        match next.progress.stage_of(accepted) {
            Stage::Queued => true,
            Stage::LastBegun => next.method == method,
            Stage::Done => false,
        }
    }
}

impl Waits {
    pub(crate) fn of(actor: &'static str) -> Self {
        Self {
            actor,
            list: Mutex::default(),
        }
    }

    /// Locks the list. Nothing that runs under the lock can panic, since nothing is dropped there (invariant 3).
    fn lock(&self) -> MutexGuard<'_, List> {
        self.list.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn add(&self, wait: Wait) -> u64 {
        let mut list = self.lock();
        let id = list.next;
        list.next += 1;
        list.waits.insert(id, wait);
        id
    }

    fn all(&self) -> Vec<(u64, Wait)> {
        let list = self.lock();
        list.waits
            .iter()
            .map(|(id, wait)| (*id, wait.clone()))
            .collect()
    }

    fn has(&self, id: u64) -> bool {
        self.lock().waits.contains_key(&id)
    }

    fn remove(&self, id: u64) {
        let wait = self.lock().waits.remove(&id);
        // Without the lock (invariant 3).
        drop(wait);
    }
}

/// Keeps a wait listed. Dropping it ends the wait.
pub(crate) struct Listed {
    waits: Arc<Waits>,
    id: u64,
}

impl Listed {
    /// Updates the moment at which the wait is over, of which more is known by now.
    pub(crate) fn update(&self, until: Until) {
        let mut list = self.waits.lock();
        if let Some(wait) = list.waits.get_mut(&self.id) {
            wait.until = until;
        }
    }
}

impl Drop for Listed {
    #[cold]
    fn drop(&mut self) {
        self.waits.remove(self.id);
    }
}

/// Lists `wait` among the `waits` of its actor.
///
/// # Errors
///
/// The cycle that this wait would close.
#[cold]
pub(crate) fn list(waits: Arc<Waits>, wait: Wait) -> Result<Listed, Cycle> {
    // Before the search (invariant 1).
    let id = waits.add(wait.clone());
    let listed = Listed { waits, id };
    let first = Found {
        waits: Arc::clone(&listed.waits),
        id,
        wait,
        before: 0,
    };
    match cycle_of(first) {
        None => Ok(listed),
        Some(cycle) => Err(cycle),
    }
}

/// A wait that the search from the first one has found.
struct Found {
    /// The list that has it.
    waits: Arc<Waits>,
    id: u64,
    wait: Wait,
    /// The index of the wait that led here.
    before: usize,
}

/// Returns the shortest way from the `first` wait back to the actor that waits.
fn cycle_of(first: Found) -> Option<Cycle> {
    let goal = Arc::clone(&first.waits);
    let mut seen = HashSet::new();
    let mut found = vec![first];
    let mut number = 0;
    while let Some(here) = found.get(number) {
        if Arc::ptr_eq(&here.wait.target, &goal) {
            let way = way_to(number, &found);
            let is_closed = here.wait.depends_on(&way[0].wait);
            // In the order of the way (invariant 2).
            if is_closed && way.iter().all(|step| step.waits.has(step.id)) {
                return Some(cycle(&way));
            }
        } else {
            let target = Arc::clone(&here.wait.target);
            let mut next = target.all();
            next.retain(|(id, wait)| {
                here.wait.depends_on(wait) && seen.insert((Arc::as_ptr(&target), *id))
            });
            found.extend(next.into_iter().map(|(id, wait)| Found {
                waits: Arc::clone(&target),
                id,
                wait,
                before: number,
            }));
        }
        number += 1;
    }
    None
}

/// Returns the waits from the first one to the one with this number.
fn way_to(mut number: usize, found: &[Found]) -> Vec<&Found> {
    let mut way = vec![&found[number]];
    while number > 0 {
        number = found[number].before;
        way.push(&found[number]);
    }
    way.reverse();
    way
}

/// Returns the cycle in the order in which people tell it: the wait that closes it comes last.
fn cycle(way: &[&Found]) -> Cycle {
    let in_order = way.iter().skip(1).chain(way.first());
    Cycle::new(
        in_order
            .map(|step| Step {
                actor: step.waits.actor,
                method: step.wait.method,
            })
            .collect(),
    )
}
