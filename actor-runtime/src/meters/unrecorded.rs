//! Stands in for metrics without the feature `metrics`.

use super::CutOff;
use crate::title::Title;

#[derive(Default)]
pub(crate) struct Meters(());

#[expect(clippy::unused_self, reason = "there is nothing to measure")]
impl Meters {
    #[inline]
    pub(crate) fn start(&self, _title: impl FnOnce() -> Title, _capacity: impl FnOnce() -> usize) {}

    #[inline]
    pub(crate) fn end(&self) {}

    #[inline]
    pub(crate) fn meter(&self) -> Meter {
        Meter(())
    }

    #[inline]
    pub(crate) fn supervise(&self) {}

    #[inline]
    pub(crate) fn restarted(&self) {}

    #[inline]
    pub(crate) fn skipped(&self) {}

    #[inline]
    pub(crate) fn timed_out(&self, _method: &'static str) {}

    #[inline]
    pub(crate) fn missed(&self) -> Missed {
        Missed
    }
}

pub(crate) struct Missed;

#[expect(clippy::unused_self, reason = "there is nothing to count")]
impl Missed {
    #[inline]
    pub(crate) fn count(&self, _events: u64) {}
}

pub(crate) struct Ticket;

#[expect(clippy::unused_self, reason = "there is nothing to measure")]
impl Ticket {
    #[inline]
    pub(crate) fn new(_method: &'static str, _meters: &Meters) -> Self {
        Self
    }

    #[inline]
    pub(crate) fn offer(&mut self) {}

    #[inline]
    pub(crate) fn withdraw(&mut self) {}

    #[inline]
    pub(crate) fn join_batch(self, _method: &'static str, _meters: &Meters) {}
}

#[derive(Default)]
pub(crate) struct Meter(());

#[expect(clippy::unused_self, reason = "there is nothing to measure")]
impl Meter {
    #[inline]
    pub(crate) fn begin(&mut self, _method: &'static str, _ticket: Ticket) {}

    #[inline]
    pub(crate) fn end(&mut self) {}

    #[inline]
    pub(crate) fn cut_off(&mut self, _how: CutOff) {}
}
