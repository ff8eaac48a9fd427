//! The roles in which this test program is started again, as another process.

use std::env;
use std::time::Duration;

use actor_nats::Lease;
use actor_runtime::CancellationToken;
use async_nats::jetstream;
use tokio::signal::unix::{SignalKind, signal};

use crate::harness::{TestResult, connect};

/// Says something to the test that has started this process.
fn say(words: &str) {
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
        "holder" => hold(&nats, shutdown).await,
        role => Err(format!("no role {role:?}").into()),
    }
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
    // Others have to wait for this.
    tokio::time::sleep(Duration::from_millis(500)).await;
    say(if lease.is_held() {
        "holds it still"
    } else {
        "does not hold it"
    });
    lease.release().await;
    say("has released it");
    Ok(())
}
