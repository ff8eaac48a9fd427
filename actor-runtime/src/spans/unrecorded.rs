//! Stands in for spans without the feature `tracing`.

use crate::title::Title;

#[derive(Clone, Copy)]
pub(crate) struct Caller;

impl Caller {
    #[inline]
    pub(crate) fn of_cast(_method: &'static str, _title: impl FnOnce() -> Title) -> Self {
        Self
    }
}

#[derive(Default)]
pub(crate) struct WaitingCaller;

impl WaitingCaller {
    #[inline]
    pub(crate) fn current() -> Self {
        Self
    }

    #[inline]
    #[expect(clippy::unused_self, reason = "there is no span to share")]
    pub(crate) fn caller(&self) -> Caller {
        Caller
    }
}

#[derive(Default)]
pub(crate) struct Asked;

impl Asked {
    #[inline]
    pub(crate) fn by_nobody() -> Self {
        Self
    }

    #[inline]
    pub(crate) fn current() -> Self {
        Self
    }

    #[inline]
    #[expect(clippy::unused_self, reason = "there is no span to show")]
    pub(crate) fn is_shown(&self) -> bool {
        false
    }

    #[inline]
    #[expect(clippy::unused_self, reason = "there is no span to link")]
    pub(crate) fn answer(self) {}
}

#[derive(Clone)]
pub(crate) struct Spans;

impl Spans {
    #[inline]
    pub(crate) fn new(_title: impl FnOnce() -> Title) -> Self {
        Self
    }

    #[inline]
    #[expect(clippy::unused_self, reason = "there is nothing to end")]
    pub(crate) fn end(&mut self) {}

    #[inline]
    #[expect(clippy::unused_self, reason = "there is nothing to enter")]
    pub(crate) fn in_scope<T>(&mut self, poll: impl FnOnce() -> T) -> T {
        poll()
    }
}

pub(crate) struct TaskSpan;

impl TaskSpan {
    #[inline]
    pub(crate) fn new(_title: impl FnOnce() -> Title) -> Self {
        Self
    }

    #[inline]
    #[expect(clippy::unused_self, reason = "there is nothing to enter")]
    pub(crate) fn in_scope<T>(&self, poll: impl FnOnce() -> T) -> T {
        poll()
    }
}

#[inline]
pub(crate) fn begin(_method: &'static str, _caller: Option<Caller>) {}

#[inline]
pub(crate) fn end() {}

#[inline]
pub(crate) fn join_batch(_caller: Caller) {}
