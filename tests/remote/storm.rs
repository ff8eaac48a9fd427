//! Callers under load while the nats-server is killed again and again: what they were told, against what has run.
//!
//! `CALLS` sets the number of calls: `CALLS=1000000 cargo test --release -p tests-remote storm -- --nocapture`.

use std::env;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use actor_nats::{Remote, serve};
use actor_runtime::{Actor as _, CallError, CancellationToken, actor};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use crate::harness::{NatsServer, TestResult};

const KILLS: usize = 8;
const LINKS: usize = 3;
const CALLERS: usize = 48;
const TIMEOUT: Duration = Duration::from_millis(700);

/// Counts the runs of each call.
struct Ledger(Arc<[AtomicU8]>);

#[actor(remote)]
impl Ledger {
    pub(crate) fn run(&mut self, call: usize) -> usize {
        self.0[call].fetch_add(1, Ordering::Relaxed);
        call
    }
}

/// Counts of calls.
#[derive(Debug, Default)]
struct Tally {
    answered: usize,
    never_ran: usize,
    /// Told that it may have run, and did.
    perhaps_ran: usize,
    perhaps_did_not: usize,
    lies: usize,
}

impl Tally {
    fn add(&mut self, told: &Result<usize, CallError>, call: usize, runs: u8) {
        match (told, runs) {
            (Ok(answer), 1) if *answer == call => self.answered += 1,
            (Err(error), 0) if error.never_ran() => self.never_ran += 1,
            (Err(error), 0) if !error.never_ran() => self.perhaps_did_not += 1,
            (Err(error), 1) if !error.never_ran() => self.perhaps_ran += 1,
            _ => {
                eprintln!("call {call} ran {runs} times, and its caller was told {told:?}");
                self.lies += 1;
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_storm_tells_no_lies() -> TestResult {
    let calls: usize = env::var("CALLS").map_or(Ok(100_000), |calls| calls.parse())?;
    let Some(mut server) = NatsServer::start_with("").await? else {
        return Ok(());
    };
    let runs: Arc<[AtomicU8]> = (0..calls).map(|_| AtomicU8::new(0)).collect();
    let ledger = Ledger(runs.clone()).spawn(CancellationToken::new());
    let nats = server.connect().await?;
    let service = serve(&nats, "ledger", &ledger).limit(40);
    service.spawn(CancellationToken::new()).await?;

    let next = Arc::new(AtomicUsize::new(0));
    let mut callers = JoinSet::new();
    for _ in 0..LINKS {
        let link = Remote::<LedgerClient>::new(&server.connect().await?, "ledger");
        let link = link.timeout(TIMEOUT).window(CALLERS / LINKS);
        let ledger = link.spawn(CancellationToken::new());
        for _ in 0..CALLERS / LINKS {
            callers.spawn(call_all(ledger.clone(), next.clone(), calls));
        }
    }

    let start = Instant::now();
    for kill in 1..=KILLS {
        while next.load(Ordering::Relaxed) < calls * kill / (KILLS + 1) {
            sleep(Duration::from_millis(1)).await;
        }
        server.kill();
        // Some are shorter than the timeout. In the longest, calls are made that find no connection until they end.
        sleep(TIMEOUT * u32::try_from(kill)? / 3).await;
        server.restart().await?;
    }
    let mut told = Vec::with_capacity(calls);
    while let Some(some) = callers.join_next().await {
        told.extend(some?);
    }
    let elapsed = start.elapsed();
    // What was under way may run later: not after this, as nothing is under way in this process.
    timeout(Duration::from_secs(60), idle(&runs)).await?;

    let mut tally = Tally::default();
    for (call, told) in &told {
        tally.add(told, *call, runs[*call].load(Ordering::Relaxed));
    }
    println!("{calls} calls and {KILLS} kills in {elapsed:.1?}: {tally:?}");
    assert_eq!(told.len(), calls);
    assert_eq!(tally.lies, 0);
    assert!(tally.never_ran > 0 && tally.answered > calls / 2);
    Ok(())
}

/// Makes calls until all were made, and returns what it was told.
async fn call_all(
    ledger: LedgerClient,
    next: Arc<AtomicUsize>,
    calls: usize,
) -> Vec<(usize, Result<usize, CallError>)> {
    let mut told = Vec::new();
    loop {
        let call = next.fetch_add(1, Ordering::Relaxed);
        if call >= calls {
            return told;
        }
        told.push((call, ledger.run(call).await));
    }
}

/// Waits until nothing has run for some time.
async fn idle(runs: &[AtomicU8]) {
    let sum = || -> u64 {
        runs.iter()
            .map(|it| u64::from(it.load(Ordering::Relaxed)))
            .sum()
    };
    let mut before = sum();
    loop {
        sleep(2 * TIMEOUT).await;
        let now = sum();
        if now == before {
            return;
        }
        before = now;
    }
}
