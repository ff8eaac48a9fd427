//! A service that is seen three ways: in the lines of its log, in the traces of OpenTelemetry, and in the metrics that
//! Prometheus scrapes. A call is part of the trace of its caller. A cast has a trace of its own, which is linked to its
//! sender.
//!
//! The traces stay in memory here, where the example looks at them. A service sends them to a collector, as with the
//! crate `opentelemetry-otlp`.
//!
//! ```text
//! cargo run -p examples --features observed --example observed
//! ```

use std::collections::HashMap;
use std::error::Error;
use std::io;
use std::time::Duration;

use actor_runtime::{Actor as _, CallError, CancellationToken, actor};
use axum::Router;
use axum::extract::{Path, State};
use axum::routing::get;
use metrics_exporter_prometheus::PrometheusBuilder;
use opentelemetry::trace::{SpanId, TracerProvider as _};
use opentelemetry_sdk::trace::{InMemorySpanExporter, SdkTracerProvider};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::sleep;
use tracing::{info, instrument};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

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
    visits: VisitsClient,
    pages: HashMap<String, String>,
}

#[actor]
impl Cache {
    /// Returns the page called `key`, which takes a while for the first time.
    pub async fn get(&mut self, key: String) -> Result<String, CallError> {
        self.visits.count(key.clone()).await?;
        if !self.pages.contains_key(&key) {
            sleep(Duration::from_millis(20)).await;
            info!(key, "loaded");
            self.pages.insert(key.clone(), format!("the page {key}"));
        }
        Ok(self.pages[&key].clone())
    }
}

/// Answers a request for a page.
#[instrument(skip(cache))]
async fn page(State(cache): State<CacheClient>, Path(key): Path<String>) -> Result<String, String> {
    let page = cache.get(key).await.and_then(|page| page);
    page.map_err(|error| error.to_string())
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let exporter = InMemorySpanExporter::default();
    let provider = SdkTracerProvider::builder()
        .with_simple_exporter(exporter.clone())
        .build();
    tracing_subscriber::registry()
        .with(tracing_subscriber::fmt::layer().with_writer(io::stderr))
        .with(tracing_opentelemetry::layer().with_tracer(provider.tracer("observed")))
        .init();
    // Before the actors start, which keep the metrics of the recorder that they find.
    let prometheus = PrometheusBuilder::new().install_recorder()?;

    let shutdown = CancellationToken::new();
    let visits = Visits::default().spawn(shutdown.clone());
    let pages = HashMap::new();
    let cache = Cache { visits, pages }.builder().name("pages").spawn();
    let service = Router::new()
        .route("/pages/{key}", get(page))
        .with_state(cache)
        .route("/metrics", get(async move || prometheus.render()));
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    tokio::spawn(async move { axum::serve(listener, service).await });

    let ask = async |path: &str| {
        let mut connection = TcpStream::connect(address).await?;
        let request = format!("GET {path} HTTP/1.1\r\nHost: observed\r\nConnection: close\r\n\r\n");
        connection.write_all(request.as_bytes()).await?;
        let mut response = String::new();
        connection.read_to_string(&mut response).await?;
        Ok::<_, io::Error>(response)
    };
    for key in ["home", "about", "home"] {
        let response = ask(&format!("/pages/{key}")).await?;
        assert!(response.ends_with(&format!("the page {key}")), "{response}");
    }
    let metrics = ask("/metrics").await?;
    println!("{metrics}");
    let handled = r#"actor_commands_total{actor="cache",name="pages",method="get",outcome="ok"} 3"#;
    assert!(metrics.contains(handled));

    let spans = exporter.get_finished_spans()?;
    for span in &spans {
        let is_root = span.parent_span_id == SpanId::INVALID;
        println!(
            "{}: {} links, is a root: {is_root}",
            span.name,
            span.links.len()
        );
        assert_eq!(is_root, span.name != "cache.get");
        assert_eq!(span.name == "visits.count", !span.links.is_empty());
    }
    assert!(spans.iter().any(|span| span.name == "cache.get"));
    Ok(())
}
