//! Hooks: the calls that generated code makes around the loop, at the start and the end of an actor.

use std::error::Error;
use std::fmt;
use std::time::Duration;

use tokio::time::Instant;

use crate::command::Command;
use crate::inbox::Inbox;
use crate::shutdown::{Shutdown, StopReason};
use crate::turns::Interval;

#[doc(hidden)]
impl<C: Command> Inbox<C> {
    /// Begins a hook or the method of a source.
    pub fn enter(&mut self, method: &'static str) {
        self.work_mut().begin_other(method);
    }

    /// Begins to evaluate the expression of a source. The method does not run, but is to blame for a panic.
    pub fn set_up(&mut self, method: &'static str) {
        self.work_mut().begin_source(method);
    }

    /// Ends the hook or the method of a source that was begun last.
    pub fn leave(&mut self) {
        self.work_mut().end();
    }

    /// Begins the `#[on_stop]` method. Commands that will not be handled are refused first, so that their callers need
    /// not wait for it.
    pub fn enter_stop(&mut self, method: &'static str) {
        if !self.control().lanes().first.gate().is_interrupted() {
            self.refuse_queued();
        }
        self.enter(method);
    }

    /// Ends the actor after its `#[run]` method, unless the end was the reason why the method returned.
    pub fn loop_returned(&mut self) {
        self.leave();
        let first = self.control().lanes().first;
        if !first.gate().is_halted() && !first.is_closed() {
            self.control()
                .stop(StopReason::Stopped, Some(Shutdown::Stop));
        }
    }

    /// Ends the `#[on_start]` method. Returns true if its `result` fails the start.
    pub fn start_failed(&mut self, result: impl LoopResult) -> bool {
        self.leave();
        let Some(error) = result.into_error() else {
            return false;
        };
        self.fail_start(error);
        true
    }

    pub(crate) fn fail_start(&mut self, error: Box<dyn Error + Send + Sync>) {
        let earlier = self
            .control()
            .with_record(|record| record.start_error.replace(error));
        drop(earlier);
    }

    /// Ends the actor if the `result` of a source or an `#[on_stop]` method is an error.
    pub fn fail_if_error(&mut self, result: impl LoopResult) {
        if let Some(error) = result.into_error() {
            self.control().fail(error);
        }
    }

    /// Makes the interval of an `#[every]` method. A zero period fails the start.
    pub fn every(&mut self, method: &'static str, period: Duration) -> Option<Interval> {
        self.interval(method, period, period)
    }

    /// Makes the interval of an `#[every]` method with a first tick at once. A zero period fails the start.
    pub fn every_from_now(&mut self, method: &'static str, period: Duration) -> Option<Interval> {
        self.interval(method, period, Duration::ZERO)
    }

    fn interval(
        &mut self,
        method: &'static str,
        period: Duration,
        first: Duration,
    ) -> Option<Interval> {
        self.leave();
        if period.is_zero() {
            self.fail_start(Box::new(ZeroPeriod(method)));
            return None;
        }
        Some(Interval::new(Instant::now(), first, period))
    }

    /// Marks the start as done.
    pub fn started(&mut self) {
        self.leave();
        self.control().finish_start();
    }
}

/// The result of a hook or a source.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not say whether the method failed; return `Result<(), E>` or nothing",
    label = "not the result of a hook or a source"
)]
pub trait LoopResult {
    fn into_error(self) -> Option<Box<dyn Error + Send + Sync>>;
}

impl LoopResult for () {
    fn into_error(self) -> Option<Box<dyn Error + Send + Sync>> {
        None
    }
}

impl<E: LoopError> LoopResult for Result<(), E> {
    fn into_error(self) -> Option<Box<dyn Error + Send + Sync>> {
        self.err().map(Into::into)
    }
}

/// The error of a hook or a source.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot end an actor; return an error that becomes a `Box<dyn Error + Send + Sync>`",
    label = "not the error of a hook or a source"
)]
pub trait LoopError: Into<Box<dyn Error + Send + Sync>> {}

#[diagnostic::do_not_recommend]
impl<E: Into<Box<dyn Error + Send + Sync>>> LoopError for E {}

/// The error of an `#[every]` method whose interval would tick all the time.
#[derive(Debug)]
struct ZeroPeriod(&'static str);

impl fmt::Display for ZeroPeriod {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the period of `{}` is zero", self.0)
    }
}

impl Error for ZeroPeriod {}
