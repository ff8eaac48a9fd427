//! One owner of a name, which fails over.

use std::time::{Duration, Instant};

use actor_nats::{Lease, LeaseError};
use actor_runtime::CancellationToken;
use tokio::time::{sleep, timeout};

use crate::harness::{NatsServer, PATIENCE, Process, TestResult, bucket};

const TERM: Duration = Duration::from_secs(2);

const JETSTREAM: &str = "jetstream {}";

#[tokio::test]
async fn a_released_lease_is_taken_at_once() -> TestResult {
    let Some(server) = NatsServer::start_with(JETSTREAM).await? else {
        return Ok(());
    };
    let bucket = bucket(&server.connect().await?, TERM).await?;
    let mut fences = Vec::new();
    let start = Instant::now();
    for _ in 0..3 {
        let lease = Lease::acquire(&bucket, "cache", CancellationToken::new()).await?;
        assert!(lease.is_held() && !lease.token().is_cancelled());
        fences.push(lease.fence());
        let token = lease.token();
        lease.release().await;
        assert!(token.is_cancelled());
    }
    assert!(start.elapsed() < TERM, "{:?}", start.elapsed());
    assert!(fences.is_sorted_by(|a, b| a < b), "{fences:?}");
    Ok(())
}

#[tokio::test]
async fn a_lease_is_held_for_longer_than_its_term() -> TestResult {
    let Some(server) = NatsServer::start_with(JETSTREAM).await? else {
        return Ok(());
    };
    let bucket = bucket(&server.connect().await?, TERM).await?;
    let lease = Lease::acquire(&bucket, "cache", CancellationToken::new()).await?;
    let shutdown = CancellationToken::new();
    let mut other = Box::pin(Lease::acquire(&bucket, "cache", shutdown.clone()));
    assert!(timeout(2 * TERM, &mut other).await.is_err());
    assert!(lease.is_held());

    // Another name has another owner.
    Lease::acquire(&bucket, "store", CancellationToken::new()).await?;

    shutdown.cancel();
    let error = other.await.unwrap_err();
    assert!(matches!(error, LeaseError::Cancelled), "{error:?}");
    Ok(())
}

#[tokio::test]
async fn a_dropped_lease_ends_with_its_term() -> TestResult {
    let Some(server) = NatsServer::start_with(JETSTREAM).await? else {
        return Ok(());
    };
    let bucket = bucket(&server.connect().await?, TERM).await?;
    let lease = Lease::acquire(&bucket, "cache", CancellationToken::new()).await?;
    let token = lease.token();
    let start = Instant::now();
    drop(lease);
    assert!(token.is_cancelled());
    let next = Lease::acquire(&bucket, "cache", CancellationToken::new());
    timeout(PATIENCE, next).await??;
    assert!(start.elapsed() > TERM / 3, "{:?}", start.elapsed());
    Ok(())
}

#[tokio::test]
async fn a_lease_without_a_server_is_lost_in_time() -> TestResult {
    let Some(mut server) = NatsServer::start_with(JETSTREAM).await? else {
        return Ok(());
    };
    let bucket = bucket(&server.connect().await?, TERM).await?;
    let lease = Lease::acquire(&bucket, "cache", CancellationToken::new()).await?;
    server.kill();
    let start = Instant::now();
    timeout(PATIENCE, lease.token().cancelled()).await?;
    assert!(!lease.is_held());
    assert!(start.elapsed() < TERM, "{:?}", start.elapsed());

    // It is never held again, and the next one is.
    server.restart().await?;
    let fence = lease.fence();
    let next = Lease::acquire(&bucket, "cache", CancellationToken::new());
    let next = timeout(PATIENCE, next).await??;
    assert!(next.fence() > fence);
    assert!(!lease.is_held());
    lease.release().await;
    assert!(next.is_held());
    Ok(())
}

#[tokio::test]
async fn a_lease_survives_a_short_restart_of_the_server() -> TestResult {
    let Some(mut server) = NatsServer::start_with(JETSTREAM).await? else {
        return Ok(());
    };
    let bucket = bucket(&server.connect().await?, 5 * TERM).await?;
    let lease = Lease::acquire(&bucket, "cache", CancellationToken::new()).await?;
    server.kill();
    server.restart().await?;
    sleep(5 * TERM).await;
    assert!(lease.is_held() && !lease.token().is_cancelled());
    Ok(())
}

#[tokio::test]
async fn a_bucket_without_a_term_or_without_jetstream_is_refused() -> TestResult {
    let Some(server) = NatsServer::start_with(JETSTREAM).await? else {
        return Ok(());
    };
    let bucket = bucket(&server.connect().await?, Duration::ZERO).await?;
    let lease = Lease::acquire(&bucket, "cache", CancellationToken::new()).await;
    assert!(matches!(lease, Err(LeaseError::NoTerm)), "{lease:?}");
    Ok(())
}

#[tokio::test]
async fn a_name_that_is_no_key_is_refused() -> TestResult {
    let Some(server) = NatsServer::start_with(JETSTREAM).await? else {
        return Ok(());
    };
    let bucket = bucket(&server.connect().await?, TERM).await?;
    let lease = Lease::acquire(&bucket, "a key", CancellationToken::new()).await;
    assert!(matches!(lease, Err(LeaseError::Nats(_))), "{lease:?}");
    Ok(())
}

#[tokio::test]
async fn the_lease_of_a_killed_process_goes_to_the_next_one() -> TestResult {
    let Some(server) = NatsServer::start_with(JETSTREAM).await? else {
        return Ok(());
    };
    let bucket = bucket(&server.connect().await?, TERM).await?;
    let mut owner = Process::start("holder", &server)?;
    let fence: u64 = owner.says("holds").await?.parse()?;
    owner.signal("KILL")?;
    let start = Instant::now();
    let next = Lease::acquire(&bucket, "cache", CancellationToken::new());
    let next = timeout(PATIENCE, next).await??;
    assert!(next.fence() > fence);
    assert!(start.elapsed() > TERM / 3, "{:?}", start.elapsed());
    Ok(())
}

#[tokio::test]
async fn a_frozen_process_knows_that_it_has_lost_its_lease() -> TestResult {
    let Some(server) = NatsServer::start_with(JETSTREAM).await? else {
        return Ok(());
    };
    let bucket = bucket(&server.connect().await?, TERM).await?;
    let mut owner = Process::start("holder", &server)?;
    let fence: u64 = owner.says("holds").await?.parse()?;
    owner.signal("STOP")?;
    let next = Lease::acquire(&bucket, "cache", CancellationToken::new());
    let next = timeout(PATIENCE, next).await??;
    assert!(next.fence() > fence);
    owner.signal("CONT")?;
    owner.says("has lost it").await?;
    owner.says("does not hold it").await?;
    assert!(owner.ended().await?);
    assert!(next.is_held());
    Ok(())
}

#[tokio::test]
async fn a_process_that_is_told_to_end_holds_its_lease_until_it_has_drained() -> TestResult {
    let Some(server) = NatsServer::start_with(JETSTREAM).await? else {
        return Ok(());
    };
    let bucket = bucket(&server.connect().await?, 10 * TERM).await?;
    let mut owner = Process::start("holder", &server)?;
    owner.says("holds").await?;
    let next =
        tokio::spawn(
            async move { Lease::acquire(&bucket, "cache", CancellationToken::new()).await },
        );
    owner.signal("TERM")?;
    owner.says("is told to end").await?;
    owner.says("holds it still").await?;
    assert!(!next.is_finished());
    owner.says("has released it").await?;
    // Not the term, but a tenth of it.
    timeout(5 * TERM, next).await???;
    assert!(owner.ended().await?);
    Ok(())
}
