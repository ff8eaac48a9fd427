//! The start and the end of an actor: what generated code says around its loop.

use std::error::Error;
use std::fmt;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::Instant;

use crate::actor::Command;
use crate::mailbox::{Inbox, Start};
use crate::shutdown::StopReason;
use crate::turns::Interval;

/// What generated code asks for.
#[doc(hidden)]
impl<C: Command> Inbox<C> {
    /// Whether the start failed with what an `#[on_start]` method returned.
    pub fn fails(&mut self, result: impl StartResult) -> bool {
        self.leave();
        let error = result.into_error();
        let is_error = error.is_some();
        self.mailbox()
            .with_extras(|extras| extras.record.start_error = error);
        is_error
    }

    /// The interval of an `#[every]` method, which fails the start if it is zero.
    pub fn every(&mut self, method: &'static str, period: Duration) -> Option<Interval> {
        self.interval(method, period, period)
    }

    /// The same, with a first tick at once.
    pub fn every_from_now(&mut self, method: &'static str, period: Duration) -> Option<Interval> {
        self.interval(method, period, Duration::ZERO)
    }

    fn interval(
        &mut self,
        method: &'static str,
        period: Duration,
        first: Duration,
    ) -> Option<Interval> {
        if self.fails((!period.is_zero()).then_some(()).ok_or(ZeroPeriod(method))) {
            return None;
        }
        Some(Interval::new(Instant::now(), first, period))
    }

    /// The start is done.
    pub fn started(&mut self) {
        self.leave();
        let start = self.mailbox().with_extras(|extras| extras.start.clone());
        if let Some(start) = start {
            start.send_replace(Start::Done);
        }
    }

    /// The hook of the end runs. Those whose commands will not be handled need not wait for it.
    pub fn enter_stop(&mut self, method: &'static str) {
        if !self.mailbox().gate().is_interrupted() {
            self.refuse_queued();
        }
        self.enter(method);
    }

    /// Why the actor ends.
    pub fn stop_reason(&self) -> StopReason {
        self.mailbox().stop_reason()
    }
}

impl<C: Command> Inbox<C> {
    /// From now on somebody may ask whether the actor has started.
    pub(crate) fn expect_start(&self) {
        self.mailbox()
            .with_extras(|extras| extras.start = Some(watch::Sender::default()));
    }
}

/// What an `#[on_start]` method returns.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not say whether the start failed; return `Result<(), E>` or nothing",
    label = "not the result of a start"
)]
pub trait StartResult {
    fn into_error(self) -> Option<Box<dyn Error + Send + Sync>>;
}

impl StartResult for () {
    fn into_error(self) -> Option<Box<dyn Error + Send + Sync>> {
        None
    }
}

impl<E: Into<Box<dyn Error + Send + Sync>>> StartResult for Result<(), E> {
    fn into_error(self) -> Option<Box<dyn Error + Send + Sync>> {
        self.err().map(Into::into)
    }
}

/// An interval without a length would tick all the time.
#[derive(Debug)]
struct ZeroPeriod(&'static str);

impl fmt::Display for ZeroPeriod {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the period of `{}` is zero", self.0)
    }
}

impl Error for ZeroPeriod {}
