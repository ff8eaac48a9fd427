//! Spans: with the feature `tracing`, an actor has a span for as long as it lives, and one for each method that runs,
//! whose parent is the span of the caller. Spans record names, and no arguments. Without the feature, this file does
//! nothing.
//!
//! # Invariants
//!
//! 1. Each span that is entered during a poll of the actor is exited before the poll ends, even by a panic.
//! 2. No span is made, entered, exited or dropped under a lock, or while the cell of the thread is borrowed: all of
//!    these run code of the subscriber.

#[cfg(feature = "tracing")]
pub(crate) use self::enabled::{Caller, Spans, begin, end};

#[cfg(not(feature = "tracing"))]
pub(crate) use self::disabled::{Caller, Spans, begin, end};

#[cfg(feature = "tracing")]
mod enabled {
    use std::cell::RefCell;
    use std::mem;

    use tracing::level_filters::LevelFilter;
    use tracing::span::EnteredSpan;
    use tracing::{Span, info_span};

    thread_local! {
        /// The spans of the actor that this thread polls.
        static POLLED: RefCell<Option<Entered>> = const { RefCell::new(None) };
    }

    /// Returns true if a subscriber may want to see the spans.
    fn is_on() -> bool {
        LevelFilter::current() >= LevelFilter::INFO
    }

    /// The origin of a command: the span in which it was sent.
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
        /// The spans of the method that runs, if one does.
        method: Option<Method>,
    }

    #[derive(Clone)]
    struct Method {
        /// The span of the caller, or of the actor.
        parent: Span,
        own: Span,
    }

    impl Spans {
        pub(crate) fn new(name: &'static str) -> Self {
            Self {
                name,
                actor: info_span!(target: "actor_runtime", "actor", name),
                method: None,
            }
        }

        /// Runs `poll` in the spans of the actor (invariant 1).
        pub(crate) fn in_scope<T>(&mut self, poll: impl FnOnce() -> T) -> T {
            let outer = POLLED.try_with(|polled| {
                let entered = if is_on() {
                    Some(self.enter())
                } else {
                    // Its spans would be out of date by the time that spans are shown again.
                    self.method = None;
                    None
                };
                swap(polled, entered)
            });
            // A thread that has dropped its cell is about to end, and enters no more spans.
            let Ok(outer) = outer else {
                return poll();
            };
            let _exit = ExitWhenDropped { spans: self, outer };
            poll()
        }

        /// Forgets the method, which no longer runs.
        pub(crate) fn end(&mut self) {
            self.method = None;
        }

        fn enter(&mut self) -> Entered {
            let actor = mem::replace(&mut self.actor, Span::none());
            let (parent, method) = match self.method.take() {
                Some(Method { parent, own }) => (parent, Some(own)),
                None => (actor.clone(), None),
            };
            Entered {
                name: self.name,
                actor,
                parent: parent.entered(),
                method: method.map(Span::entered),
            }
        }
    }

    /// Replaces the content of the cell, and returns the one before. It costs next to nothing if neither is there.
    fn swap(polled: &RefCell<Option<Entered>>, next: Option<Entered>) -> Option<Entered> {
        if next.is_none() && polled.borrow().is_none() {
            return None;
        }
        polled.replace(next)
    }

    /// Exits the spans when the poll ends, even by a panic (invariant 1).
    struct ExitWhenDropped<'a> {
        spans: &'a mut Spans,
        outer: Option<Entered>,
    }

    impl Drop for ExitWhenDropped<'_> {
        fn drop(&mut self) {
            let outer = self.outer.take();
            let entered = POLLED.try_with(|polled| swap(polled, outer));
            if let Ok(Some(entered)) = entered {
                let own = entered.method.map(EnteredSpan::exit);
                let parent = entered.parent.exit();
                self.spans.method = own.map(|own| Method { parent, own });
                self.spans.actor = entered.actor;
            }
        }
    }

    /// The spans of an actor while it is polled.
    struct Entered {
        name: &'static str,
        actor: Span,
        /// The span of the method that runs, if one does. Entered last, so it stands first, to be dropped first.
        method: Option<EnteredSpan>,
        /// The span of the caller, or of the actor. It is also entered, since the span of the method may not be shown.
        parent: EnteredSpan,
    }

    impl Entered {
        fn begin(&mut self, method: &'static str, caller: Option<Caller>) {
            self.enter_parent(match caller {
                Some(Caller(span)) if !span.is_none() => span,
                _ => self.actor.clone(),
            });
            // Not `parent: ..`: a subscriber panics if another one has made the parent.
            let span = info_span!(target: "actor_runtime", "handle", actor = self.name, method);
            self.method = Some(span.entered());
        }

        fn end(&mut self) {
            if self.method.is_some() {
                self.enter_parent(self.actor.clone());
            }
        }

        fn enter_parent(&mut self, parent: Span) {
            // The span that was entered last is exited first.
            self.method = None;
            self.parent = Span::none().entered();
            self.parent = parent.entered();
        }
    }

    /// Calls `with` with the spans of the actor that this thread polls, if it polls one.
    fn with_entered(with: impl FnOnce(&mut Entered)) {
        let _ = POLLED.try_with(|polled| {
            if polled.borrow().is_none() {
                return;
            }
            // Taken out, since the subscriber may come back here (invariant 2).
            let mut entered = polled.take();
            entered.as_mut().map(with);
            polled.replace(entered);
        });
    }

    /// Enters the spans of a method that begins, called by `caller` or by nobody.
    pub(crate) fn begin(method: &'static str, caller: Option<Caller>) {
        with_entered(|entered| entered.begin(method, caller));
    }

    /// Exits the span of a method that has ended.
    pub(crate) fn end() {
        with_entered(Entered::end);
    }
}

#[cfg(not(feature = "tracing"))]
mod disabled {
    #[derive(Clone, Copy)]
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
        #[expect(clippy::unused_self, reason = "there is nothing to end")]
        pub(crate) fn end(&mut self) {}

        #[inline]
        #[expect(clippy::unused_self, reason = "there is nothing to enter")]
        pub(crate) fn in_scope<T>(&mut self, poll: impl FnOnce() -> T) -> T {
            poll()
        }
    }

    #[inline]
    pub(crate) fn begin(_method: &'static str, _caller: Option<Caller>) {}

    #[inline]
    pub(crate) fn end() {}
}
