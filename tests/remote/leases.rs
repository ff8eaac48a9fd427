//! One owner of a name, which fails over.

use std::time::{Duration, Instant};

use actor_nats::{Lease, LeaseError};
use actor_runtime::{Actor as _, CallError, CancellationToken};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};

use crate::harness::{NatsServer, PATIENCE, Process, TestResult, bucket};
use crate::probe::link;

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
async fn a_renewal_without_an_acknowledgement_is_recognized() -> TestResult {
    let Some(server) = NatsServer::start_with(JETSTREAM).await? else {
        return Ok(());
    };
    let bucket = bucket(&server.connect().await?, TERM).await?;
    let lease = Lease::acquire(&bucket, "cache", CancellationToken::new()).await?;
    for _ in 0..3 {
        let entry = bucket.entry("cache").await?.ok_or("no entry")?;
        // As the owner writes it, which does not get to know the revision.
        bucket.update("cache", entry.value, entry.revision).await?;
        sleep(TERM).await;
        assert!(lease.is_held() && !lease.token().is_cancelled());
    }
    Ok(())
}

#[tokio::test]
async fn a_lease_that_another_one_has_overwritten_is_lost() -> TestResult {
    let Some(server) = NatsServer::start_with(JETSTREAM).await? else {
        return Ok(());
    };
    let bucket = bucket(&server.connect().await?, TERM).await?;
    let lease = Lease::acquire(&bucket, "cache", CancellationToken::new()).await?;
    bucket.put("cache", "another".into()).await?;
    timeout(TERM / 2, lease.token().cancelled()).await?;
    assert!(!lease.is_held());
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
    let bucket = bucket(&server.connect().await?, TERM).await?;
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
    timeout(PATIENCE, next).await???;
    assert!(owner.ended().await?);
    Ok(())
}

/// A caller who asks for the fence of the owner, all the time.
struct Caller {
    /// The fence of the owner that has answered last.
    answered: watch::Receiver<u64>,
    end: CancellationToken,
    calls: JoinHandle<Calls>,
}

/// The answers of a caller, in their order.
#[derive(Debug, Default)]
struct Calls {
    fences: Vec<u64>,
    retryable: usize,
    timed_out: usize,
}

impl Caller {
    async fn start(server: &NatsServer) -> TestResult<Self> {
        let link = link(&server.connect().await?).timeout(Duration::from_secs(1));
        let probe = link.spawn(CancellationToken::new());
        let end = CancellationToken::new();
        let is_ended = end.clone();
        let (told, answered) = watch::channel(0);
        let calls = tokio::spawn(async move {
            let mut calls = Calls::default();
            while !is_ended.is_cancelled() {
                match probe.fence().await {
                    Ok(fence) => {
                        calls.fences.push(fence);
                        told.send_replace(fence);
                    }
                    Err(CallError::TimedOut) => calls.timed_out += 1,
                    Err(error) => {
                        assert!(error.never_ran(), "{error:?}");
                        calls.retryable += 1;
                        sleep(Duration::from_millis(5)).await;
                    }
                }
            }
            calls
        });
        Ok(Self {
            answered,
            end,
            calls,
        })
    }

    /// Waits for the next answer of the owner with this `fence`.
    async fn answered_by(&mut self, fence: u64) -> TestResult {
        self.answered.mark_unchanged();
        loop {
            timeout(PATIENCE, self.answered.changed()).await??;
            if *self.answered.borrow_and_update() == fence {
                return Ok(());
            }
        }
    }

    /// Ends the calls. No owner has answered after the next one.
    async fn ended(self) -> TestResult<Calls> {
        self.end.cancel();
        let calls = timeout(PATIENCE, self.calls).await??;
        assert!(calls.fences.is_sorted(), "{calls:?}");
        Ok(calls)
    }
}

impl Calls {
    /// The fences of the owners that have answered.
    fn owners(&self) -> Vec<u64> {
        let mut owners = self.fences.clone();
        owners.dedup();
        owners
    }
}

#[tokio::test]
async fn another_process_answers_for_one_that_was_killed() -> TestResult {
    let Some(server) = NatsServer::start_with(JETSTREAM).await? else {
        return Ok(());
    };
    bucket(&server.connect().await?, TERM).await?;
    let mut first = Process::start("owner", &server)?;
    let old: u64 = first.says("owns").await?.parse()?;
    let mut second = Process::start("owner", &server)?;
    second.says("waits").await?;
    let mut caller = Caller::start(&server).await?;
    caller.answered_by(old).await?;
    first.signal("KILL")?;
    let new: u64 = second.says("owns").await?.parse()?;
    caller.answered_by(new).await?;
    let calls = caller.ended().await?;
    assert_eq!(calls.owners(), [old, new]);
    // The call that was under way, and all others are told that nobody is there.
    assert!(calls.timed_out <= 1 && calls.retryable > 0, "{calls:?}");
    Ok(())
}

#[tokio::test]
async fn a_frozen_process_does_not_answer_after_the_next_one() -> TestResult {
    let Some(server) = NatsServer::start_with(JETSTREAM).await? else {
        return Ok(());
    };
    bucket(&server.connect().await?, TERM).await?;
    let mut first = Process::start("owner", &server)?;
    let old: u64 = first.says("owns").await?.parse()?;
    let mut second = Process::start("owner", &server)?;
    second.says("waits").await?;
    let mut caller = Caller::start(&server).await?;
    caller.answered_by(old).await?;
    first.signal("STOP")?;
    let new: u64 = second.says("owns").await?.parse()?;
    for _ in 0..100 {
        caller.answered_by(new).await?;
    }
    // It finds the commands of the other one in its socket.
    first.signal("CONT")?;
    first.says("has lost it").await?;
    assert!(first.ended().await?);
    caller.answered_by(new).await?;
    let calls = caller.ended().await?;
    assert_eq!(calls.owners(), [old, new]);
    Ok(())
}

#[tokio::test]
async fn an_answer_from_before_the_freeze_is_not_sent_after_it() -> TestResult {
    let Some(server) = NatsServer::start_with(JETSTREAM).await? else {
        return Ok(());
    };
    bucket(&server.connect().await?, TERM).await?;
    let mut first = Process::start("owner", &server)?;
    first.says("owns").await?;
    let mut second = Process::start("owner", &server)?;
    second.says("waits").await?;
    let link = link(&server.connect().await?).timeout(4 * TERM);
    let probe = link.spawn(CancellationToken::new());
    let call = tokio::spawn(async move { probe.sleep(500).await });
    first.says("sleeps").await?;
    first.signal("STOP")?;
    second.says("owns").await?;
    // The method ends now.
    first.signal("CONT")?;
    first.says("has lost it").await?;
    assert_eq!(call.await?, Err(CallError::TimedOut));
    Ok(())
}

#[tokio::test]
async fn processes_hand_over_with_errors_that_may_be_retried() -> TestResult {
    let Some(server) = NatsServer::start_with(JETSTREAM).await? else {
        return Ok(());
    };
    bucket(&server.connect().await?, TERM).await?;
    let mut owner = Process::start("owner", &server)?;
    let mut fences: Vec<u64> = vec![owner.says("owns").await?.parse()?];
    let mut caller = Caller::start(&server).await?;
    for _ in 0..6 {
        let mut next = Process::start("owner", &server)?;
        next.says("waits").await?;
        caller.answered_by(fences[fences.len() - 1]).await?;
        owner.signal("TERM")?;
        owner.says("ends").await?;
        assert!(owner.ended().await?);
        fences.push(next.says("owns").await?.parse()?);
        owner = next;
    }
    caller.answered_by(fences[fences.len() - 1]).await?;
    let calls = caller.ended().await?;
    assert_eq!(calls.owners(), fences);
    assert_eq!(calls.timed_out, 0, "{calls:?}");
    Ok(())
}
