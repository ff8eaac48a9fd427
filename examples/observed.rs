//! A service that is seen twice: in the lines of its log, and in the traces of OpenTelemetry. A call is part of the
//! trace of its caller. A cast has a trace of its own, which is linked to its sender.
//!
//! The traces stay in memory here, where the example looks at them. A service sends them to a collector, as with the
//! crate `opentelemetry-otlp`. Metrics are another matter: there are none in here.
//!
//! ```text
//! cargo run -p examples --features tracing --example observed
//! ```

use std::collections::HashMap;
use std::io;
use std::time::Duration;

use actor_runtime::{Actor as _, CallError, CancellationToken, actor};
use opentelemetry::trace::{SpanId, TracerProvider as _};
use opentelemetry_sdk::trace::{InMemorySpanExporter, SdkTracerProvider, SpanData};
use tokio::time::sleep;
use tracing::{info, instrument};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

/// Loads pages, which takes a while.
pub struct Database;

#[actor]
impl Database {
    /// Loads the page called `key`.
    pub async fn load(&self, key: &str) -> String {
        sleep(Duration::from_millis(20)).await;
        info!(key, "loaded");
        format!("the page {key}")
    }
}

/// Counts the visits of each page.
#[derive(Default)]
pub struct Visits(HashMap<String, u64>);

#[actor]
impl Visits {
    /// Counts a visit.
    pub fn count(&mut self, key: String) {
        *self.0.entry(key).or_default() += 1;
    }
}

/// Keeps the pages that were loaded.
pub struct Cache {
    database: DatabaseClient,
    visits: VisitsClient,
    pages: HashMap<String, String>,
}

#[actor]
impl Cache {
    /// Returns the page called `key`.
    pub async fn get(&mut self, key: &str) -> Result<String, CallError> {
        self.visits.count(key.to_owned()).await?;
        if !self.pages.contains_key(key) {
            let page = self.database.load(key).await?;
            self.pages.insert(key.to_owned(), page);
        }
        Ok(self.pages[key].clone())
    }
}

/// Answers a request, as the handler of a web framework does.
#[instrument(skip(cache))]
async fn request(cache: &CacheClient, key: &str) -> Result<String, CallError> {
    cache.get(key).await?
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), CallError> {
    let exporter = InMemorySpanExporter::default();
    let provider = SdkTracerProvider::builder()
        .with_simple_exporter(exporter.clone())
        .build();
    let traces = tracing_opentelemetry::layer().with_tracer(provider.tracer("observed"));
    let lines = tracing_subscriber::fmt::layer().with_writer(io::stderr);
    tracing_subscriber::registry()
        .with(lines)
        .with(traces)
        .init();

    let (visits, visited) = Visits::default()
        .builder()
        .name("pages")
        .spawn_with_handle();
    let cache = Cache {
        database: Database.spawn(CancellationToken::new()),
        visits,
        pages: HashMap::new(),
    };
    let cache = cache.spawn(CancellationToken::new());
    for key in ["home", "about", "home"] {
        assert_eq!(request(&cache, key).await?, format!("the page {key}"));
    }
    drop(cache);
    assert_eq!(visited.await.handled, 3);

    let spans = exporter
        .get_finished_spans()
        .expect("nobody has shut the exporter down");
    let (mut requests, mut counts) = (Vec::new(), Vec::new());
    for root in spans.iter().filter(|span| is_child(span, SpanId::INVALID)) {
        let tree = tree(&spans, root);
        println!("{tree}");
        match root.name.as_ref() {
            "request" => requests.push(tree),
            "visits.count" => counts.push(root.links.len()),
            _ => {}
        }
    }
    // The third request finds its page in the cache.
    let loaded = "request(cache.get(database.load))";
    assert_eq!(requests, [loaded, loaded, "request(cache.get)"]);
    assert_eq!(counts.len(), 3);
    assert!(counts.iter().all(|&links| links > 0));
    Ok(())
}

fn is_child(span: &SpanData, parent: SpanId) -> bool {
    span.parent_span_id == parent
}

/// Returns the name of a span, with the names of its children in parentheses.
fn tree(spans: &[SpanData], span: &SpanData) -> String {
    let parent = span.span_context.span_id();
    let children = spans.iter().filter(|child| is_child(child, parent));
    let children: Vec<_> = children.map(|child| tree(spans, child)).collect();
    match children.as_slice() {
        [] => span.name.to_string(),
        children => format!("{}({})", span.name, children.join(", ")),
    }
}
