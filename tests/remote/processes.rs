//! The roles in which this test program is started again, as another process.

use std::env;
use std::time::Duration;

use actor_nats::{Lease, serve};
use actor_runtime::{Actor as _, CancellationToken};
use async_nats::jetstream;
use tokio::signal::unix::{SignalKind, signal};

use crate::harness::{TestResult, connect};
use crate::probe::Probe;

/// Says something to the test that has started this process.
pub(crate) fn say(words: &str) {
    // The name of the test stands on the line before.
    println!("\nprocess: {words}");
}

#[tokio::test]
#[ignore = "a process of the other tests"]
async fn process() -> TestResult {
    let nats = connect(&env::var("NATS_URL")?).await?;
    let shutdown = CancellationToken::new();
    let mut terminated = signal(SignalKind::terminate())?;
    tokio::spawn({
        let shutdown = shutdown.clone();
        async move {
            terminated.recv().await;
            shutdown.cancel();
        }
    });
    match env::var("ROLE")?.as_str() {
        "server" => server(&nats, shutdown).await,
        "owner" => own(&nats, shutdown).await,
        "holder" => hold(&nats, shutdown).await,
        role => Err(format!("no role {role:?}").into()),
    }
}

/// Serves a probe until the process is told to end.
async fn server(nats: &async_nats::Client, shutdown: CancellationToken) -> TestResult {
    let probe = Probe::new().spawn(CancellationToken::new());
    let served = serve(nats, "probe", &probe).spawn(shutdown).await?;
    say("serves");
    served.ended().await;
    Ok(())
}

/// Serves a probe for as long as this process has the lease.
async fn own(nats: &async_nats::Client, shutdown: CancellationToken) -> TestResult {
    let bucket = jetstream::new(nats.clone()).get_key_value("leases").await?;
    say("waits");
    let lease = Lease::acquire(&bucket, "probe", shutdown).await?;
    let probe = Probe::with_fence(lease.fence()).spawn(lease.token());
    let server = serve(nats, "probe", &probe).lease(&lease);
    let served = server.spawn(lease.token()).await?;
    say(&format!("owns {}", lease.fence()));
    served.ended().await;
    drop(probe);
    say(if lease.is_held() {
        "ends"
    } else {
        "has lost it"
    });
    lease.release().await;
    Ok(())
}

/// Holds a lease until it is lost or the process is told to end.
async fn hold(nats: &async_nats::Client, shutdown: CancellationToken) -> TestResult {
    let bucket = jetstream::new(nats.clone()).get_key_value("leases").await?;
    let lease = Lease::acquire(&bucket, "cache", shutdown.clone()).await?;
    say(&format!("holds {}", lease.fence()));
    lease.token().cancelled().await;
    say(if lease.is_held() {
        "is told to end"
    } else {
        "has lost it"
    });
    // For longer than a lease is held without a renewal. Others have to wait for this.
    tokio::time::sleep(Duration::from_secs(2)).await;
    say(if lease.is_held() {
        "holds it still"
    } else {
        "does not hold it"
    });
    lease.release().await;
    say("has released it");
    Ok(())
}
