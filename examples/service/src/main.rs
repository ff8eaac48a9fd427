//! Starts the actors and the servers, and ends them in the right order.
//!
//! ```text
//! cargo run -p service --features observed -- examples/service/service.toml
//! ```

use std::env;
use std::error::Error;
use std::time::Duration;

use actor_runtime::{Actor as _, CancellationToken, Client as _, Monitor};
use axum::serve;
use futures_util::FutureExt as _;
use futures_util::future::select_all;
use service::config::Config;
use service::jobs::Jobs;
use service::limiter::Limiter;
use service::sessions::Sessions;
use service::signals::Stops;
use service::telemetry::{self, Telemetry};
use service::web::{Admin, App, admin_router, router};
use service::worker::{CountWords, Worker};
use tokio::net::TcpListener;
use tokio::time::timeout;
use tracing::{info, warn};

/// The time for requests in flight, once the service is told to stop. Docker kills a service after ten seconds.
const GRACE: Duration = Duration::from_secs(7);

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error + Send + Sync>> {
    let path = env::args_os().nth(1).unwrap_or("service.toml".into());
    let prometheus = telemetry::install()?;
    let mut stops = Stops::new()?;
    let stop = CancellationToken::new();
    let stop_jobs = CancellationToken::new();
    let monitor = Monitor::new();

    // The start: each actor after those that it calls.
    let config = Config::open(path.into())?
        .builder()
        .monitor(&monitor)
        .spawn();
    let settings = config.settings();
    let (jobs, jobs_end) = Jobs::open(&settings.database)?.start(stop_jobs.clone(), &monitor);
    let worker = Worker::new(CountWords, config.clone(), jobs.clone())
        .builder()
        .shutdown(stop.clone())
        .monitor(&monitor)
        .spawn();
    let sessions = Sessions::new(config.clone())
        .builder()
        .monitor(&monitor)
        .spawn();
    let limiter = Limiter::new(config.clone())
        .builder()
        .monitor(&monitor)
        .spawn();
    let telemetry = Telemetry::new(monitor, prometheus).spawn(CancellationToken::new());

    let admin = TcpListener::bind(settings.admin).await?;
    let listener = TcpListener::bind(settings.listen).await?;
    println!("admin on http://{}", admin.local_addr()?);
    println!("listening on http://{}", listener.local_addr()?);

    // An actor that ends by itself has failed. The service then ends, too, and whoever has started it starts it again.
    let ends = [
        ("config", config.ended()),
        ("jobs", jobs.ended()),
        ("worker", worker.ended()),
        ("sessions", sessions.ended()),
        ("limiter", limiter.ended()),
        ("telemetry", telemetry.ended()),
    ];
    let worker_end = worker.ended();
    let failure = select_all(ends.map(|(actor, end)| end.map(move |why| format!("{actor} {why}"))));

    let app = App {
        sessions,
        limiter,
        jobs,
        worker,
    };
    // Cut off when the process ends, so that the end can be watched.
    tokio::spawn(serve(admin, admin_router(Admin { config, telemetry })).into_future());
    let server =
        serve(listener, router(app)).with_graceful_shutdown(stop.clone().cancelled_owned());
    let server = tokio::spawn(server.into_future());

    let failure = tokio::select! {
        () = stops.recv() => None,
        (failure, ..) = failure => Some(failure),
    };

    // The end: each actor before those that it calls.
    info!("stopping");
    stop.cancel();
    // The server takes no more connections, and answers the requests in flight. Its streams of events end with the
    // worker.
    match timeout(GRACE, server).await {
        Ok(result) => result??,
        Err(_) => warn!("some requests took too long"),
    }
    // The worker begins no more jobs, and writes the outcomes of those that are running.
    info!("the worker {}", worker_end.await);
    // Whatever is queued is written.
    stop_jobs.cancel();
    info!("the jobs ended: {}", jobs_end.await?);
    failure.map_or(Ok(()), |failure| Err(failure.into()))
}
