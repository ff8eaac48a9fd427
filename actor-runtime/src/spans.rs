//! What `tracing` shows of an actor: a span for as long as it lives, and one for each of its methods while it runs,
//! whose parent is the span of its caller. They record names, and no arguments. Without the feature all of this is
//! nothing.
//!
//! # Invariants
//!
//! 1. What is entered during a poll of the actor is exited before the poll ends, also by a panic.
//! 2. No span is made, entered, exited or dropped under a lock: all of that runs code of the subscriber.

#[cfg(feature = "tracing")]
pub(crate) use self::enabled::{Caller, Spans, begin, end};

#[cfg(not(feature = "tracing"))]
pub(crate) use self::disabled::{Caller, Spans, begin, end};

#[cfg(feature = "tracing")]
mod enabled {
    use std::cell::Cell;
    use std::mem;

    use tracing::level_filters::LevelFilter;
    use tracing::span::EnteredSpan;
    use tracing::{Span, info_span};

    thread_local! {
        /// The spans of the actor that this thread polls.
        static POLLED: Cell<Option<Entered>> = const { Cell::new(None) };
    }

    /// Whether there may be somebody to whom spans are shown.
    fn is_on() -> bool {
        LevelFilter::current() >= LevelFilter::INFO
    }

    /// Where a command comes from: the span in which it was sent.
    pub(crate) struct Caller(Span);

    impl Caller {
        pub(crate) fn current() -> Self {
            Self(if is_on() {
                Span::current()
            } else {
                Span::none()
            })
        }
    }

    /// The spans of an actor while it is not polled.
    #[derive(Clone)]
    pub(crate) struct Spans {
        name: &'static str,
        actor: Span,
        /// That of the method that runs, or of the actor.
        current: Span,
    }

    /// The same while it is.
    struct Entered {
        name: &'static str,
        actor: Span,
        current: EnteredSpan,
    }

    impl Spans {
        pub(crate) fn new(name: &'static str) -> Self {
            let actor = info_span!("actor", name);
            let current = actor.clone();
            Self {
                name,
                actor,
                current,
            }
        }

        /// Does what the actor does, in its spans.
        pub(crate) fn in_scope<T>(&mut self, poll: impl FnOnce() -> T) -> T {
            if !is_on() {
                return poll();
            }
            let outer = POLLED.replace(Some(Entered {
                name: self.name,
                actor: mem::replace(&mut self.actor, Span::none()),
                current: mem::replace(&mut self.current, Span::none()).entered(),
            }));
            let _exit = ExitWhenDropped { spans: self, outer };
            poll()
        }
    }

    struct ExitWhenDropped<'a> {
        spans: &'a mut Spans,
        outer: Option<Entered>,
    }

    impl Drop for ExitWhenDropped<'_> {
        fn drop(&mut self) {
            if let Some(entered) = POLLED.replace(self.outer.take()) {
                self.spans.current = entered.current.exit();
                self.spans.actor = entered.actor;
            }
        }
    }

    impl Entered {
        fn exit(&mut self) {
            self.current = Span::none().entered();
        }

        fn enter(&mut self, span: Span) {
            self.current = span.entered();
        }
    }

    /// Does something with the spans of the actor that this thread polls.
    fn with_entered(with: impl FnOnce(&mut Entered)) {
        if !is_on() {
            return;
        }
        if !is_on() {
            return;
        }
        // Taken out, since the subscriber may come back here.
        let mut entered = POLLED.take();
        entered.as_mut().map(with);
        POLLED.set(entered);
    }

    /// A method begins, which `caller` has called, or nobody.
    pub(crate) fn begin(method: &'static str, caller: Option<&Caller>) {
        with_entered(|entered| {
            entered.exit();
            let parent = match caller {
                Some(Caller(span)) if !span.is_none() => span,
                _ => &entered.actor,
            };
            // Not `parent: parent`, with which a subscriber panics if it is not the one that made the parent.
            let method = parent.in_scope(|| info_span!("handle", actor = entered.name, method));
            entered.enter(method);
        });
    }

    /// It has ended.
    pub(crate) fn end() {
        with_entered(|entered| {
            entered.exit();
            entered.enter(entered.actor.clone());
        });
    }
}

#[cfg(not(feature = "tracing"))]
mod disabled {
    pub(crate) struct Caller;

    impl Caller {
        #[inline]
        pub(crate) fn current() -> Self {
            Self
        }
    }

    #[derive(Clone)]
    pub(crate) struct Spans;

    impl Spans {
        #[inline]
        pub(crate) fn new(_name: &'static str) -> Self {
            Self
        }

        #[inline]
        #[expect(clippy::unused_self, reason = "there is nothing to enter")]
        pub(crate) fn in_scope<T>(&mut self, poll: impl FnOnce() -> T) -> T {
            poll()
        }
    }

    #[inline]
    pub(crate) fn begin(_method: &'static str, _caller: Option<&Caller>) {}

    #[inline]
    pub(crate) fn end() {}
}
