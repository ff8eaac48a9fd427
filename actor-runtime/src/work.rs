//! The work of an actor: which of its methods runs. Spans, deadlock detection and the journal of a monitored actor
//! are told here.

use std::mem;

use crate::lent::Tally;
use crate::meters::{CutOff, Meter, Ticket};
use crate::polled;
use crate::shared::ActorJournal;
use crate::spans::{self, Caller};

pub(crate) struct Work {
    /// The method that runs.
    in_progress: Option<&'static str>,
    kind: Kind,
    /// The number of commands begun by this incarnation of the actor.
    begun: u64,
    /// True if this incarnation has served a source.
    has_served: bool,
    loop_kind: LoopKind,
    meter: Meter,
}

/// The kind of method that runs.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Command,
    /// A hook or a source.
    Other,
}

/// The poller of the loop.
#[derive(Clone, Copy, PartialEq, Eq)]
enum LoopKind {
    /// The runner, which also grants slots when the loop waits.
    Driven,
    /// The runner of a monitored actor.
    Monitored,
    /// A test, which works through an inbox by hand.
    ByHand,
}

impl Default for Work {
    fn default() -> Self {
        Self {
            in_progress: None,
            kind: Kind::Command,
            begun: 0,
            has_served: false,
            loop_kind: LoopKind::ByHand,
            meter: Meter::default(),
        }
    }
}

impl Work {
    /// Notes that a runner polls the loop: the thread then knows which method it polls.
    pub(crate) fn set_driven(&mut self, meter: Meter) {
        self.loop_kind = LoopKind::Driven;
        self.meter = meter;
    }

    /// Notes that the actor is monitored: its journal then tells which method runs.
    pub(crate) fn set_monitored(&mut self) {
        self.loop_kind = LoopKind::Monitored;
    }

    #[inline]
    pub(crate) fn is_driven(&self) -> bool {
        self.loop_kind != LoopKind::ByHand
    }

    pub(crate) fn is_monitored(&self) -> bool {
        self.loop_kind == LoopKind::Monitored
    }

    /// Begins the method of a command, for its caller.
    #[inline]
    pub(crate) fn begin_command(&mut self, method: &'static str, caller: Caller, ticket: Ticket) {
        self.begun += 1;
        self.kind = Kind::Command;
        self.in_progress = Some(method);
        self.meter.begin(method, ticket);
        if self.loop_kind == LoopKind::Driven {
            tell_begin(method, caller);
        } else {
            self.tell_begin_apart(method, caller);
        }
    }

    /// Begins a hook or the method of a source, which nobody called.
    pub(crate) fn begin_other(&mut self, method: &'static str) {
        self.kind = Kind::Other;
        self.in_progress = Some(method);
        if self.is_driven() {
            polled::set_method(Some(method));
            spans::begin(method, None);
        }
        if self.is_monitored() {
            polled::with_journal(|journal| journal.begin_other(method));
        }
    }

    /// Begins to poll the source of a method. Its panic is the method's, but the method does not run yet.
    pub(crate) fn begin_source(&mut self, method: &'static str) {
        self.in_progress = Some(method);
        self.kind = Kind::Other;
    }

    /// Notes that a command goes on after the loop.
    pub(crate) fn resume(&mut self, method: &'static str) {
        self.in_progress = Some(method);
        self.kind = Kind::Other;
    }

    /// Notes that the method of a command is done. The thread is told when the next one begins, or none does.
    #[inline]
    pub(crate) fn finish(&mut self) {
        self.in_progress = None;
        self.meter.end();
    }

    /// Notes that the method of the command that runs, if one does, will not return.
    #[inline]
    pub(crate) fn cut_off(&mut self, how: CutOff) {
        self.meter.cut_off(how);
    }

    /// Notes that no method runs.
    #[inline]
    pub(crate) fn end(&mut self) {
        self.in_progress = None;
        self.kind = Kind::Command;
        self.meter.end();
        if self.loop_kind == LoopKind::Driven {
            tell_end();
        } else {
            self.tell_end_apart();
        }
    }

    /// Tells whom there is to tell that the method of a command begins, unless the loop is a usual one.
    #[cold]
    #[inline(never)]
    fn tell_begin_apart(&self, method: &'static str, caller: Caller) {
        if self.is_monitored() {
            tell_begin_monitored(method, caller);
        }
    }

    /// Tells whom there is to tell that no method runs, unless the loop is a usual one.
    #[cold]
    #[inline(never)]
    fn tell_end_apart(&self) {
        if self.is_monitored() {
            tell_end_monitored();
        }
    }

    /// Adds what callers have done, and the method of theirs that panicked.
    pub(crate) fn absorb(&mut self, tally: &mut Tally) {
        let Tally { begun, in_progress } = mem::take(tally);
        self.begun += begun;
        if in_progress.is_some() {
            self.in_progress = in_progress;
            self.kind = Kind::Command;
        }
    }

    /// Forgets what one incarnation of the actor has done, for the next one.
    pub(crate) fn begin_incarnation(&mut self) {
        // Not `end`: the loop is not polled, but another actor may be.
        self.in_progress = None;
        self.kind = Kind::Command;
        self.begun = 0;
        self.has_served = false;
    }

    /// Returns the method that runs, if one does.
    pub(crate) fn in_progress(&self) -> Option<&'static str> {
        self.in_progress
    }

    /// Notes that the method of a source is done.
    pub(crate) fn note_served(&mut self) {
        self.has_served = true;
    }

    /// Returns true if this incarnation has handled a command or served a source.
    pub(crate) fn has_worked(&self) -> bool {
        self.has_served || self.done() > 0
    }

    /// Returns true if a command was begun.
    pub(crate) fn has_begun(&self) -> bool {
        self.begun > 0
    }

    /// Returns the number of commands that were begun and are done.
    pub(crate) fn done(&self) -> u64 {
        let is_handling = self.in_progress.is_some() && self.kind == Kind::Command;
        self.begun - u64::from(is_handling)
    }
}

impl Tally {
    /// Begins the method of a command on the task of a caller.
    #[inline]
    pub(crate) fn begin_command(
        &mut self,
        method: &'static str,
        caller: Caller,
        is_monitored: bool,
    ) {
        self.begun += 1;
        self.in_progress = Some(method);
        if is_monitored {
            tell_begin_monitored(method, caller);
        } else {
            tell_begin(method, caller);
        }
    }

    /// Notes that the method has returned.
    #[inline]
    pub(crate) fn end(&mut self, is_monitored: bool) {
        self.in_progress = None;
        if is_monitored {
            tell_end_monitored();
        } else {
            tell_end();
        }
    }
}

/// Tells the thread and the spans that the method of a command begins.
#[inline]
pub(crate) fn tell_begin(method: &'static str, caller: Caller) {
    polled::begin_command(method);
    spans::begin(method, Some(caller));
}

/// Tells the thread and the spans that no method runs.
#[inline]
fn tell_end() {
    polled::set_method(None);
    spans::end();
}

#[cold]
fn tell_begin_monitored(method: &'static str, caller: Caller) {
    polled::with_journal(|journal| journal.begin_command(method));
    tell_begin(method, caller);
}

#[cold]
fn tell_end_monitored() {
    tell_end();
    polled::with_journal(ActorJournal::finish);
}
