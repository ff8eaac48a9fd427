//! Spans as a subscriber sees them.

use std::cell::RefCell;
use std::mem;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use tracing::field::Empty;
use tracing::level_filters::LevelFilter;
use tracing::span::EnteredSpan;
use tracing::{Span, info_span};

use crate::title::Title;

thread_local! {
    /// The spans of the actor that this thread polls.
    static POLLED: RefCell<Option<Entered>> = const { RefCell::new(None) };
}

/// Returns true if a subscriber may want to see the spans.
fn is_on() -> bool {
    LevelFilter::current() >= LevelFilter::INFO
}

/// Returns true if this thread is in the spans of an actor.
#[inline]
fn is_in_spans() -> bool {
    POLLED.try_with(|polled| polled.borrow().is_some()) == Ok(true)
}

/// The sender of a command, as the span of the method sees it.
pub(crate) enum Caller {
    /// Sent where no span is shown.
    Unknown,
    /// The span of a caller that waits, until it leaves (invariant 3).
    Waiting(Arc<CallerSpan>),
    Cast(UnbegunSpan),
}

impl Caller {
    /// The sender of a cast to the actor with this `title`. Makes the span of the method.
    pub(crate) fn of_cast(method: &'static str, title: impl FnOnce() -> Title) -> Self {
        if !is_on() {
            return Self::Unknown;
        }
        let span = root_span(&title(), method);
        span.follows_from(Span::current());
        Self::Cast(UnbegunSpan(span))
    }
}

/// The span of a caller, until the method is begun or the caller leaves.
#[derive(Default)]
pub(crate) struct CallerSpan(Mutex<Option<Span>>);

impl CallerSpan {
    fn take(&self) -> Option<Span> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

/// The span of a method that was not begun yet. A span that is dropped tells that the method never ran.
pub(crate) struct UnbegunSpan(Span);

impl UnbegunSpan {
    fn begin(mut self) -> Span {
        mem::replace(&mut self.0, Span::none())
    }
}

impl Drop for UnbegunSpan {
    fn drop(&mut self) {
        self.0.record("outcome", "refused");
    }
}

/// A caller that waits for its answer. Dropping it takes back the span that is queued (invariant 3).
#[derive(Default)]
pub(crate) struct WaitingCaller(Option<Arc<CallerSpan>>);

impl WaitingCaller {
    pub(crate) fn current() -> Self {
        let span = if is_on() {
            Span::current()
        } else {
            Span::none()
        };
        Self((!span.is_none()).then(|| Arc::new(CallerSpan(Mutex::new(Some(span))))))
    }

    pub(crate) fn caller(&self) -> Caller {
        match &self.0 {
            Some(span) => Caller::Waiting(Arc::clone(span)),
            None => Caller::Unknown,
        }
    }
}

impl Drop for WaitingCaller {
    fn drop(&mut self) {
        let queued = self.0.take().and_then(|span| span.take());
        // A statement of its own, after the lock is released (invariant 2).
        drop(queued);
    }
}

/// The span of a caller whose answer anybody may send.
#[derive(Default)]
pub(crate) struct Asked(Option<Box<Span>>);

impl Asked {
    pub(crate) fn by_nobody() -> Self {
        Self(None)
    }

    pub(crate) fn current() -> Self {
        let is_asked = is_on().then(Span::current).filter(|span| !span.is_none());
        Self(is_asked.map(Box::new))
    }

    pub(crate) fn is_shown(&self) -> bool {
        self.0.is_some()
    }

    /// Links the span of the caller to the span in which the answer is sent, unless that is the method's own.
    pub(crate) fn answer(self) {
        let Some(caller) = self.0.filter(|_| !thread::panicking()) else {
            return;
        };
        let mut is_own = false;
        with_entered(|entered| is_own = entered.base.id() == caller.id());
        if !is_own {
            caller.follows_from(Span::current());
        }
    }
}

/// The span of a task that an actor has spawned.
pub(crate) struct TaskSpan(Span);

impl TaskSpan {
    /// Makes the span of a task of the actor with this `title`. It follows from the span of the method that spawns it.
    pub(crate) fn new(title: impl FnOnce() -> Title) -> Self {
        if !is_on() {
            return Self(Span::none());
        }
        let mut method = None;
        with_entered(|entered| method = entered.method.as_ref().map(|method| method.name));
        let title = title();
        let span = match method {
            Some(method) => info_span!(
                target: "actor_runtime",
                parent: None,
                "task",
                otel.name = %format_args!("{}.{method} task", title.actor),
                actor = title.actor,
                name = title.instance(),
                method,
            ),
            None => info_span!(
                target: "actor_runtime",
                parent: None,
                "task",
                otel.name = %format_args!("{} task", title.actor),
                actor = title.actor,
                name = title.instance(),
            ),
        };
        span.follows_from(Span::current());
        Self(span)
    }

    pub(crate) fn in_scope<T>(&self, poll: impl FnOnce() -> T) -> T {
        self.0.in_scope(poll)
    }
}

/// Makes the span of a method that has no parent.
fn root_span(title: &Title, method: &'static str) -> Span {
    info_span!(
        target: "actor_runtime",
        parent: None,
        "handle",
        otel.name = %format_args!("{}.{method}", title.actor),
        actor = title.actor,
        name = title.instance(),
        method,
        outcome = Empty,
    )
}

/// Makes the span of a method in the span that is current. No parent is named, since a subscriber panics at the span of
/// another one.
fn child_span(title: &Title, method: &'static str) -> Span {
    info_span!(
        target: "actor_runtime",
        "handle",
        otel.name = %format_args!("{}.{method}", title.actor),
        actor = title.actor,
        name = title.instance(),
        method,
    )
}

/// The spans of an actor while it is not polled.
#[derive(Clone)]
pub(crate) struct Spans {
    title: Title,
    actor: Span,
    /// The spans of the method that runs, if one does.
    method: Option<Method>,
}

#[derive(Clone)]
struct Method {
    name: &'static str,
    own: Span,
    /// The span of the caller, or of the actor.
    base: Span,
}

impl Spans {
    /// Makes the span of an actor, which follows from the span in which the actor is started.
    pub(crate) fn new(title: impl FnOnce() -> Title) -> Self {
        let title = title();
        let actor = info_span!(
            target: "actor_runtime",
            parent: None,
            "actor",
            otel.name = %title,
            actor = title.actor,
            name = title.instance(),
        );
        actor.follows_from(Span::current());
        Self {
            title,
            actor,
            method: None,
        }
    }

    /// Runs `poll` in the spans of the actor (invariant 1).
    #[inline]
    pub(crate) fn in_scope<T>(&mut self, poll: impl FnOnce() -> T) -> T {
        if !is_on() && !is_in_spans() {
            // Its spans would be out of date by the time that spans are shown again.
            self.method = None;
            return poll();
        }
        self.in_scope_of_spans(poll)
    }

    fn in_scope_of_spans<T>(&mut self, poll: impl FnOnce() -> T) -> T {
        let outer = POLLED.try_with(|polled| {
            let entered = if is_on() {
                Some(self.enter())
            } else {
                // As in `in_scope`.
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
        let (base, method) = match self.method.take() {
            Some(Method { name, own, base }) => (base, Some((name, own))),
            None => (actor.clone(), None),
        };
        Entered {
            title: self.title.clone(),
            actor,
            base: base.entered(),
            method: method.map(|(name, own)| EnteredMethod {
                name,
                span: own.entered(),
            }),
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
            let own = entered
                .method
                .map(|method| (method.name, method.span.exit()));
            let base = entered.base.exit();
            self.spans.method = own.map(|(name, own)| Method { name, own, base });
            self.spans.actor = entered.actor;
        }
    }
}

/// The spans of an actor while it is polled.
struct Entered {
    title: Title,
    actor: Span,
    /// The method that runs, if one does. Entered last, so it stands first, to be dropped first.
    method: Option<EnteredMethod>,
    /// The span of a caller that waits, or of the actor. It is also entered, since the span of the method may not be
    /// shown.
    base: EnteredSpan,
}

struct EnteredMethod {
    name: &'static str,
    span: EnteredSpan,
}

impl Entered {
    /// Enters the span of a method that begins, called by `caller` or by nobody.
    fn begin(&mut self, name: &'static str, caller: Option<Caller>) {
        let caller = match caller {
            Some(Caller::Waiting(span)) => span.take(),
            Some(Caller::Cast(span)) => return self.enter_root(name, span.begin()),
            Some(Caller::Unknown) | None => None,
        };
        match caller {
            Some(caller) => {
                self.enter_base(caller);
                self.enter_method(name, child_span(&self.title, name));
            }
            None => self.enter_root(name, root_span(&self.title, name)),
        }
    }

    fn enter_root(&mut self, name: &'static str, span: Span) {
        span.follows_from(&self.actor);
        self.enter_base(self.actor.clone());
        self.enter_method(name, span);
    }

    fn enter_method(&mut self, name: &'static str, span: Span) {
        let span = span.entered();
        self.method = Some(EnteredMethod { name, span });
    }

    fn end(&mut self) {
        if self.method.is_some() {
            self.enter_base(self.actor.clone());
        }
    }

    fn enter_base(&mut self, base: Span) {
        // The span that was entered last is exited first.
        self.method = None;
        self.base = Span::none().entered();
        self.base = base.entered();
    }

    /// Links the span of the method, which handles a batch, to the span of a further command.
    fn join_batch(&self, caller: Caller) {
        let Some(method) = &self.method else {
            return;
        };
        let sender = match caller {
            Caller::Waiting(span) => span.take(),
            Caller::Cast(span) => Some(span.begin()),
            Caller::Unknown => None,
        };
        if let Some(sender) = sender {
            method.span.follows_from(&sender);
        }
    }
}

/// Calls `with` with the spans of the actor that this thread polls, if it polls one.
#[cold]
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
#[inline]
pub(crate) fn begin(method: &'static str, caller: Option<Caller>) {
    if is_in_spans() {
        with_entered(|entered| entered.begin(method, caller));
    }
}

/// Exits the span of a method that has ended.
#[inline]
pub(crate) fn end() {
    if is_in_spans() {
        with_entered(Entered::end);
    }
}

/// Links the method that runs, which handles a batch, to the sender of a further command.
pub(crate) fn join_batch(caller: Caller) {
    with_entered(|entered| entered.join_batch(caller));
}
