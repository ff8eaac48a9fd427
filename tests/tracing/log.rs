//! A subscriber that writes down spans and events.

use std::fmt::{self, Write as _};
use std::sync::{Arc, Mutex};

use tracing::dispatcher::{DefaultGuard, set_default};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Dispatch, Event, Subscriber};
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::layer::{Context, Layer, SubscriberExt as _};
use tracing_subscriber::registry::{LookupSpan, Registry};

/// The spans and events so far.
#[derive(Clone, Default)]
pub(crate) struct Log(Arc<Mutex<Shown>>);

#[derive(Default)]
struct Shown {
    events: Vec<String>,
    /// All spans, in the order in which they were created.
    spans: Vec<String>,
    /// The spans that follow from others.
    links: Vec<String>,
    /// The fields that were set later.
    records: Vec<String>,
    open: usize,
}

impl Log {
    pub(crate) fn subscriber(&self) -> Dispatch {
        Registry::default().with(self.clone()).into()
    }

    /// Returns a subscriber that sees no spans of actors, as with a filter for the user's own crates.
    pub(crate) fn subscriber_without_spans(&self) -> Dispatch {
        let filter = filter_fn(|metadata| metadata.target() != "actor_runtime");
        Registry::default()
            .with(self.clone().with_filter(filter))
            .into()
    }

    /// Writes down the spans and events of this thread until the guard is dropped.
    pub(crate) fn start() -> (Self, DefaultGuard) {
        let log = Self::default();
        let guard = set_default(&log.subscriber());
        (log, guard)
    }

    /// Returns the events since the last call: their spans from the outermost one, the level, and the text.
    pub(crate) fn events(&self) -> Vec<String> {
        self.with(|shown| std::mem::take(&mut shown.events))
    }

    pub(crate) fn spans(&self) -> Vec<String> {
        self.with(|shown| shown.spans.clone())
    }

    /// Returns the links since the last call: a span, and the one that it follows from.
    pub(crate) fn links(&self) -> Vec<String> {
        self.with(|shown| std::mem::take(&mut shown.links))
    }

    /// Returns the fields that were set since the last call, after their spans were made.
    pub(crate) fn records(&self) -> Vec<String> {
        self.with(|shown| std::mem::take(&mut shown.records))
    }

    /// Returns the number of open spans.
    pub(crate) fn open(&self) -> usize {
        self.with(|shown| shown.open)
    }

    fn with<T>(&self, with: impl FnOnce(&mut Shown) -> T) -> T {
        with(&mut self.0.lock().unwrap())
    }
}

/// A span as it is written down.
struct Title(String);

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Log {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let mut fields = Fields::default();
        attributes.record(&mut fields);
        let title = format!("{}{{{}}}", attributes.metadata().name(), fields.0);
        let span = context.span(id).unwrap();
        span.extensions_mut().insert(Title(title.clone()));
        self.with(|shown| {
            shown.spans.push(title);
            shown.open += 1;
        });
    }

    fn on_record(&self, id: &Id, record: &Record<'_>, context: Context<'_, S>) {
        let mut fields = Fields::default();
        record.record(&mut fields);
        let title = title(id, &context).expect("the span is open");
        let record = format!("{title}: {}", fields.0);
        self.with(|shown| shown.records.push(record));
    }

    fn on_follows_from(&self, id: &Id, follows: &Id, context: Context<'_, S>) {
        let title_of = |id| title(id, &context);
        // A span of another subscriber is no span here.
        if let (Some(span), Some(follows)) = (title_of(id), title_of(follows)) {
            self.with(|shown| shown.links.push(format!("{span} <- {follows}")));
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let mut fields = Fields::default();
        event.record(&mut fields);
        let level = event.metadata().level();
        let scope = context.lookup_current();
        let scope = scope.map_or(String::new(), |span| way_to(&span.id(), &context));
        let event = format!("{scope}: {level} {}", fields.0);
        self.with(|shown| shown.events.push(event));
    }

    fn on_close(&self, _: Id, _: Context<'_, S>) {
        self.with(|shown| shown.open -= 1);
    }
}

fn title<S: Subscriber + for<'a> LookupSpan<'a>>(
    id: &Id,
    context: &Context<'_, S>,
) -> Option<String> {
    let span = context.span(id)?;
    let extensions = span.extensions();
    extensions.get::<Title>().map(|title| title.0.clone())
}

fn way_to<S: Subscriber + for<'a> LookupSpan<'a>>(id: &Id, context: &Context<'_, S>) -> String {
    let spans = context.span_scope(id).unwrap().from_root();
    let titles = spans.map(|span| span.extensions().get::<Title>().unwrap().0.clone());
    titles.collect::<Vec<_>>().join(" > ")
}

#[derive(Default)]
struct Fields(String);

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        if !self.0.is_empty() {
            self.0.push(' ');
        }
        match field.name() {
            "message" => write!(self.0, "{value:?}").unwrap(),
            name => write!(self.0, "{name}={value:?}").unwrap(),
        }
    }
}
