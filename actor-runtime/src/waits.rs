//! Who waits for whom: how a call finds out that it would wait for ever.
//!
//! While a method of an actor is polled, its thread knows. A call that is polled meanwhile is listed by that
//! actor, from before it waits until it is done or dropped. A cycle of such waits is a deadlock: each of its
//! actors is in a method, and that method waits for the next actor, which takes no command until its own is done.
//!
//! # Invariants
//!
//! 1. A wait is listed before its cycle is looked for: of several actors that begin to wait for each other at
//!    the same time, the one that lists last sees all the others.
//! 2. A cycle counts only if, when the last of its waits was found, the first was still there, and so was each
//!    after it: then there was a moment at which they all were.
//! 3. No two lists are locked at the same time, and nothing is dropped or woken under a lock.
//! 4. What a thread knows is that of the innermost actor that it polls: whoever polls an actor swaps it in, and out
//!    again, also when the method panics.

use std::cell::Cell;
use std::collections::{BTreeMap, HashSet};
use std::sync::{Arc, PoisonError};

use crate::error::{Cycle, Step};
use crate::mailbox::{Accepted, Progress, Stage};
use crate::sync::{Mutex, MutexGuard, thread_local};

thread_local! {
    /// The method that this thread polls, if it polls one.
    static METHOD: Cell<Option<&'static str>> = const { Cell::new(None) };
    /// The actor whose method that is.
    static ACTOR: Cell<Option<Arc<dyn Waiter>>> = const { Cell::new(None) };
}

/// An actor that may wait for others.
pub(crate) trait Waiter: Send + Sync {
    fn waits(&self) -> Arc<Waits>;

    /// What the actor has started.
    fn progress(&self) -> Progress;
}

/// Whether a method is polled, as far as it is known without a look at its actor.
#[inline]
pub(crate) fn in_method() -> bool {
    METHOD.with(|it| it.get().is_some())
}

/// The actor that is polled begins a method, or has ended it.
#[inline]
pub(crate) fn set_method(method: Option<&'static str>) {
    METHOD.with(|it| it.set(method));
}

/// What the thread knows while it polls an actor.
pub(crate) struct Polled {
    method: Option<&'static str>,
    actor: Option<Arc<dyn Waiter>>,
}

impl Polled {
    #[inline]
    pub(crate) fn new(actor: Arc<dyn Waiter>) -> Self {
        Self {
            method: None,
            actor: Some(actor),
        }
    }

    /// Exchanges it with what the thread knows.
    #[inline]
    pub(crate) fn swap(&mut self) {
        self.method = METHOD.with(|it| it.replace(self.method));
        // A thread that has dropped it ends, and finds no deadlocks any more.
        let _ = ACTOR.try_with(|actor| self.actor = actor.replace(self.actor.take()));
    }
}

/// What the methods of one actor wait for.
pub(crate) struct Waits {
    /// What the actor is called in messages.
    actor: &'static str,
    list: Mutex<List>,
}

#[derive(Default)]
struct List {
    waits: BTreeMap<u64, Wait>,
    next: u64,
}

/// One of them.
#[derive(Clone)]
struct Wait {
    /// The method that waits, and what its actor had started by then.
    method: &'static str,
    progress: Progress,
    target: Arc<Waits>,
    until: Until,
}

/// When a wait is over.
#[derive(Clone, Copy)]
pub(crate) enum Until {
    /// When the method that was called is done, or the command of a cast accepted.
    Done,
    /// When the answer comes, which somebody else may give once the method that was called is done.
    Answered {
        method: &'static str,
        accepted: Option<Accepted>,
    },
}

impl Wait {
    /// Whether it goes on as long as `next` does, which is a wait of its target.
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
            Stage::LastStarted => next.method == method,
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

    /// Nothing that runs under the lock can panic.
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
        drop(wait);
    }
}

/// A wait that is listed until this is dropped.
pub(crate) struct Listed {
    waits: Arc<Waits>,
    id: u64,
}

impl Listed {
    /// What is known about it by now.
    pub(crate) fn is_for(&self, until: Until) {
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

/// Lists that the method which is polled waits for `target`; `None` if none is.
///
/// # Errors
///
/// The cycle that this wait would close.
#[cold]
pub(crate) fn list(target: Arc<Waits>, until: Until) -> Result<Option<Listed>, Cycle> {
    let (Some(method), Some(actor)) = (METHOD.with(Cell::get), actor()) else {
        return Ok(None);
    };
    let waits = actor.waits();
    let wait = Wait {
        method,
        progress: actor.progress(),
        target,
        until,
    };
    let id = waits.add(wait.clone());
    let listed = Listed { waits, id };
    match cycle_of(Found {
        waits: Arc::clone(&listed.waits),
        id,
        wait,
        before: 0,
    }) {
        None => Ok(Some(listed)),
        Some(cycle) => Err(cycle),
    }
}

/// The actor that this thread polls.
fn actor() -> Option<Arc<dyn Waiter>> {
    ACTOR
        .try_with(|cell| {
            let actor = cell.take();
            cell.set(actor.clone());
            actor
        })
        .ok()?
}

/// A wait on the way from the first one, which is found when its turn comes.
struct Found {
    /// Who waits.
    waits: Arc<Waits>,
    id: u64,
    wait: Wait,
    /// Where the wait is that led here.
    before: usize,
}

/// The shortest way from the `first` wait back to the actor that waits.
fn cycle_of(first: Found) -> Option<Cycle> {
    let goal = Arc::clone(&first.waits);
    let mut seen = HashSet::new();
    let mut found = vec![first];
    let mut number = 0;
    while let Some(here) = found.get(number) {
        if Arc::ptr_eq(&here.wait.target, &goal) {
            let way = way_to(number, &found);
            let is_closed = here.wait.depends_on(&way[0].wait);
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

/// The waits from the first one to this.
fn way_to(mut number: usize, found: &[Found]) -> Vec<&Found> {
    let mut way = vec![&found[number]];
    while number > 0 {
        number = found[number].before;
        way.push(&found[number]);
    }
    way.reverse();
    way
}

/// As one would tell it: the wait that closes the cycle is the last one.
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
