//! The interface of an actor to callers and executioners, in every way of writing actors.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};
use std::{panic, thread};

use actor_runtime::CallError;
use tokio::task;

use crate::plan::{Death, Lane, Plan};

pub(crate) type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// A way to write actors.
pub(crate) trait Subject: 'static {
    /// The deaths that this way supports.
    const DEATHS: &'static [Death];
    const LANES: &'static [Lane];

    fn start(plan: Plan) -> Victim;
}

/// An actor that has been started.
pub(crate) struct Victim {
    pub(crate) client: Box<dyn Client>,
    /// Brings about the actor's death, and waits for it.
    pub(crate) death: BoxFuture<'static, Ended>,
}

pub(crate) trait Client: Send + Sync {
    fn another(&self) -> Box<dyn Client>;

    fn is_closed(&self) -> bool;

    /// Sends an order. The future resolves to the answer if there is one to wait for.
    fn send(&self, how: How, order: Order) -> BoxFuture<'_, Result<Option<usize>, CallError>>;
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum How {
    Call,
    TryCall,
    Cast,
    TryCast,
    CallFirst,
    TryCallFirst,
    CastFirst,
    TryCastFirst,
    Defer,
    TryDefer,
}

impl How {
    pub(crate) const ALL: [Self; 10] = [
        Self::Call,
        Self::TryCall,
        Self::Cast,
        Self::TryCast,
        Self::CallFirst,
        Self::TryCallFirst,
        Self::CastFirst,
        Self::TryCastFirst,
        Self::Defer,
        Self::TryDefer,
    ];
}

impl How {
    pub(crate) fn has_answer(self) -> bool {
        !matches!(
            self,
            Self::Cast | Self::TryCast | Self::CastFirst | Self::TryCastFirst
        )
    }

    /// Returns whether the reply may outlive the method.
    pub(crate) fn is_deferred(self) -> bool {
        matches!(self, Self::Defer | Self::TryDefer)
    }

    /// Returns whether the call fails when there is no room.
    pub(crate) fn is_try(self) -> bool {
        match self {
            Self::TryCall
            | Self::TryCast
            | Self::TryCallFirst
            | Self::TryCastFirst
            | Self::TryDefer => true,
            Self::Call | Self::Cast | Self::CallFirst | Self::CastFirst | Self::Defer => false,
        }
    }
}

/// The end of an actor.
pub(crate) struct Ended {
    /// The actor's counts, or `None` if it does not count.
    pub(crate) counts: Option<Counts>,
    /// The number of restarts before the end.
    pub(crate) restarts: usize,
    /// The difference from the plan, if there is one.
    pub(crate) mistake: Option<String>,
}

#[derive(Debug, Default)]
pub(crate) struct Counts {
    pub(crate) handled: usize,
    pub(crate) refused: usize,
    pub(crate) cut_off: usize,
}

/// The argument of a command.
pub(crate) struct Order {
    pub(crate) number: usize,
    pub(crate) ticket: Arc<Ticket>,
    /// The task of the caller.
    pub(crate) caller: task::Id,
    pub(crate) fuse: Fuse,
}

impl Order {
    fn is_with_its_caller(&self) -> bool {
        task::try_id() == Some(self.caller)
    }
}

#[derive(PartialEq)]
pub(crate) enum Fuse {
    Cut,
    /// The drop panics, except in the caller's task, to which unsent arguments return.
    Burns,
}

/// The record of a command, shared by its caller and the final check.
#[derive(Debug, Default)]
pub(crate) struct Ticket {
    begun: AtomicUsize,
    begun_in_place: AtomicBool,
    done: AtomicUsize,
}

impl Ticket {
    pub(crate) fn begun(&self) -> usize {
        self.begun.load(Relaxed)
    }

    /// Returns whether the method began on the caller's task.
    pub(crate) fn begun_in_place(&self) -> bool {
        self.begun_in_place.load(Relaxed)
    }

    pub(crate) fn done(&self) -> usize {
        self.done.load(Relaxed)
    }
}

impl Order {
    pub(crate) fn begin(&mut self) {
        self.fuse = Fuse::Cut;
        self.ticket.begun.fetch_add(1, Relaxed);
        let in_place = self.is_with_its_caller();
        self.ticket.begun_in_place.store(in_place, Relaxed);
    }

    pub(crate) fn finish(&self) -> usize {
        self.ticket.done.fetch_add(1, Relaxed);
        self.number
    }
}

impl Drop for Order {
    fn drop(&mut self) {
        if self.fuse == Fuse::Burns && !self.is_with_its_caller() {
            panic_quietly();
        }
    }
}

/// A value that panics when it is dropped.
pub(crate) struct Bomb;

impl Drop for Bomb {
    fn drop(&mut self) {
        panic_quietly();
    }
}

/// Panics without the hook, which would flood the terminal, and never during a panic, which would end the process.
pub(crate) fn panic_quietly() {
    if !thread::panicking() {
        panic::resume_unwind(Box::new("storm"));
    }
}
