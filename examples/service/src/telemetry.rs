//! The log, the metrics, and the dashboard of the actors.

use std::env;
use std::error::Error;
use std::sync::Arc;
use std::time::{Duration, Instant};

use actor_runtime::{Context, Monitor, actor};
use axum::extract::{MatchedPath, Request};
use axum::middleware::Next;
use axum::response::Response;
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use tracing::{Instrument as _, info_span};
use tracing_subscriber::filter::Targets;
use tracing_subscriber::fmt;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

/// Installs the log and the metrics. Actors keep the metrics that they find when they start, so this comes first.
///
/// The log is filtered by `RUST_LOG`, such as `info,actor_runtime=warn`.
pub fn install() -> Result<PrometheusHandle, Box<dyn Error + Send + Sync>> {
    let filter = env::var("RUST_LOG").unwrap_or_else(|_| "info".to_owned());
    tracing_subscriber::registry()
        .with(fmt::layer().with_writer(std::io::stderr))
        .with(filter.parse::<Targets>()?)
        .init();
    metrics::describe_histogram!(
        "http_request_seconds",
        metrics::Unit::Seconds,
        "The time from a request to its response."
    );
    Ok(PrometheusBuilder::new().install_recorder()?)
}

/// Measures a request, and gives it a span.
pub async fn observe(request: Request, next: Next) -> Response {
    let start = Instant::now();
    let method = request.method().to_string();
    // The route and not the path, which could have any number of values.
    let route = request.extensions().get::<MatchedPath>();
    let route = route.map_or("none", MatchedPath::as_str).to_owned();
    let span = info_span!("request", method, route);
    let response = next.run(request).instrument(span).await;
    let status = response.status().as_str().to_owned();
    metrics::histogram!("http_request_seconds", "method" => method, "route" => route, "status" => status)
        .record(start.elapsed());
    response
}

/// The actor that looks at the other actors, once for all dashboards.
pub struct Telemetry {
    monitor: Monitor,
    prometheus: PrometheusHandle,
}

impl Telemetry {
    /// Looks at the actors of `monitor`.
    pub fn new(monitor: Monitor, prometheus: PrometheusHandle) -> Self {
        Self {
            monitor,
            prometheus,
        }
    }
}

#[actor(event = Arc<str>)]
impl Telemetry {
    /// Returns the metrics as Prometheus reads them.
    pub fn render(&self) -> String {
        self.prometheus.render()
    }

    #[every(Duration::from_millis(250))]
    fn look(&mut self, ctx: &mut Context<Self>) -> Result<(), serde_json::Error> {
        ctx.emit(serde_json::to_string(&self.monitor.snapshot())?.into());
        Ok(())
    }

    /// Sums up what was recorded, which would fill the memory if nobody asked for the metrics.
    #[every(Duration::from_secs(1))]
    fn sum_up(&self) {
        self.prometheus.run_upkeep();
    }
}
