//! The actor and the method that this thread polls.
//!
//! # Invariants
//!
//! 1. A thread knows the innermost actor that it polls: whoever polls an actor swaps it in, and out again, even when
//!    the method panics.
//! 2. A method may poll other tasks, as with a `LocalSet`. They are known by their ids, and wait for themselves.

use std::cell::Cell;
use std::mem::{self, ManuallyDrop};
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use tokio::task;

use crate::error::Cycle;
use crate::shared::{ActorJournal, Controller};
use crate::sync::thread_local;
use crate::waits::{Run, Until, Waits, Watched};

thread_local! {
    /// The actor and the method, in one piece, since rustc may not inline each look at it.
    static KNOWN: Known = const {
        Known {
            method: Cell::new(None),
            task: Cell::new(None),
            actor: Cell::new(ManuallyDrop::new(None)),
        }
    };
}

struct Known {
    /// The name of the method, or `WAITS`.
    method: Cell<Option<&'static str>>,
    /// The task that polls the actor; `None` outside of tasks.
    task: Cell<Option<task::Id>>,
    /// A thread that ends polls no actor, so there is nothing to drop (invariant 1).
    actor: Cell<ManuallyDrop<Option<Controller>>>,
}

/// Stands in for the name of a method that has listed waits. The list has the name.
const WAITS: &str = "";

/// Returns true if a method is being polled, as far as that is known without a look at its actor.
#[inline]
pub(crate) fn in_method() -> bool {
    KNOWN.with(|known| known.method.get().is_some())
}

/// Returns true if a method is being polled, and not a task that the method polls (invariant 2).
pub(crate) fn is_method() -> bool {
    in_method() && is_same_task()
}

#[cold]
fn is_same_task() -> bool {
    KNOWN.with(|known| known.task.get()) == task::try_id()
}

/// Notes that the actor being polled begins the method of a command. The progress of the actor tells others.
#[inline]
pub(crate) fn begin_command(method: &'static str) {
    KNOWN.with(|known| known.method.set(Some(method)));
}

/// Notes that the actor being polled begins another method, or has ended the last one.
#[inline]
pub(crate) fn set_method(method: Option<&'static str>) {
    if KNOWN.with(|known| known.method.replace(method)) == Some(WAITS) {
        end_waits();
    }
}

#[cold]
fn end_waits() {
    if let Some(actor) = actor() {
        actor.waits().end_run();
    }
}

/// An actor while it is not polled. While it is, this holds whatever the thread knew before.
pub(crate) struct Polled {
    method: Option<&'static str>,
    task: Option<task::Id>,
    actor: Option<Controller>,
}

impl Polled {
    #[inline]
    pub(crate) fn new(actor: Controller) -> Self {
        Self {
            method: None,
            task: None,
            actor: Some(actor),
        }
    }

    /// The actor, which is not being polled.
    #[inline]
    pub(crate) fn actor(&self) -> &Controller {
        let actor = self.actor.as_ref();
        actor.expect("a poll that has ended has swapped the actor back (invariant 1)")
    }

    /// Begins a poll of the actor.
    #[inline]
    pub(crate) fn enter(&mut self) {
        // A loop stays in its task: to ask each time costs 1 % of a call.
        if self.task.is_none() {
            self.task = task::try_id();
        }
        self.exchange();
    }

    /// Ends a poll of the actor.
    #[inline]
    pub(crate) fn leave(&mut self) {
        self.exchange();
    }

    /// Exchanges the actor with the one that the thread knows (invariant 1).
    #[inline]
    fn exchange(&mut self) {
        // Not in the closure, which the compiler would not inline then.
        KNOWN.with(|known| self.swap(known));
    }

    #[inline]
    fn swap(&mut self, known: &Known) {
        self.method = known.method.replace(self.method);
        self.task = known.task.replace(self.task);
        let actor = ManuallyDrop::new(self.actor.take());
        self.actor = ManuallyDrop::into_inner(known.actor.replace(actor));
    }
}

/// Polls an actor once, on a caller's `task`, with something that does not panic. The thread keeps the actor meanwhile,
/// and after that whatever it knew before (invariant 1).
#[inline]
pub(crate) fn poll_once<T>(
    actor: &mut Option<Controller>,
    task: Option<task::Id>,
    poll: impl FnOnce() -> T,
) -> T {
    let mut own = Polled {
        method: None,
        task,
        actor: actor.take(),
    };
    own.exchange();
    let polled = poll();
    own.exchange();
    // There was none, and so there is nothing to drop.
    mem::forget(mem::replace(actor, own.actor));
    polled
}

/// Watches a future for the method that polls it, if one does. Returns the waker to poll it with.
#[cold]
pub(crate) fn watch(watch: &mut Option<Box<Watched>>, cx: &Context<'_>) -> Option<Waker> {
    let actor = if is_method() { actor() } else { None };
    let Some(actor) = actor else {
        *watch = None;
        return None;
    };
    // Whoever waits for a slot that is free waits no longer for this method.
    actor.lanes().admit_waiting();
    let by = actor.waits();
    begin_waits(&actor, &by);
    let last = watch.as_ref();
    if let Some(waker) = last.and_then(|watch| watch.waker(&by, cx.waker())) {
        return Some(waker);
    }
    let (new, waker) = Watched::new(by, cx.waker());
    *watch = Some(Box::new(new));
    Some(waker)
}

/// Begins the list of what the method waits for, which ends the waits of another one.
fn begin_waits(actor: &Controller, waits: &Waits) {
    let method = KNOWN.with(|known| known.method.replace(Some(WAITS)));
    let Some(method) = method.filter(|method| *method != WAITS) else {
        return;
    };
    waits.begin_run(Run {
        method,
        progress: actor.lanes().progress(),
        actor: Arc::new(actor.downgrade()),
    });
}

/// Lists that the method which polls a watched future waits for the actor of `target`, and looks for a ring.
///
/// # Errors
///
/// The cycle that this wait would close.
#[cold]
pub(crate) fn poll_list(
    watch: &mut Option<Box<Watched>>,
    target: Arc<Waits>,
    until: Until,
    cx: &mut Context<'_>,
) -> Poll<Result<(), Cycle>> {
    match watch {
        Some(watch) => watch.poll_list(target, until, cx),
        None => Poll::Ready(Ok(())),
    }
}

/// Does something with the journal of the actor that this thread polls, if it is monitored.
#[cold]
pub(crate) fn with_journal(with: impl FnOnce(&ActorJournal)) {
    let actor = actor();
    if let Some(journal) = actor.as_ref().and_then(|actor| actor.journal()) {
        with(journal);
    }
}

/// Returns the actor that this thread polls (invariant 1).
fn actor() -> Option<Controller> {
    KNOWN.with(|known| {
        let actor = known.actor.take();
        known.actor.set(actor.clone());
        ManuallyDrop::into_inner(actor)
    })
}
