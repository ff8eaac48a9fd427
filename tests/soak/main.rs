//! A service on a loopback socket under random requests, timeouts, panics, restarts and shutdowns, for as long as you
//! like: `MINUTES=10 cargo test --release -p tests --test soak -- --ignored --nocapture`.
//!
//! After each round everything is shut down. Then each command has had one fate that agrees with its caller's
//! outcome, the exits of the actors add up to these fates, and no task is left. `SEED` draws the same requests and
//! deaths again, though threads may interleave them differently.

mod actors;
mod book;
mod client;
mod lives;
mod service;

use std::cell::Cell;
use std::env;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use tokio::runtime::{Builder, Handle};
use tokio::sync::{Semaphore, watch};
use tokio::task::{JoinSet, yield_now};
use tokio::time::timeout;

use crate::book::{Counts, Totals};
use crate::client::send_requests;
use crate::lives::Lives;
use crate::service::{Server, Service};

type TestResult<T = ()> = Result<T, Box<dyn std::error::Error + Send + Sync>>;

const CLIENTS: usize = 6;
const REQUESTS: usize = 60;
/// The number of requests after which something is shut down and started again.
const BETWEEN_DEATHS: usize = 20;
/// The duration without `MINUTES`.
const SHORT: Duration = Duration::from_secs(5);
/// The limit of a round. A round that takes longer hangs.
const WATCHDOG: Duration = Duration::from_secs(60);
const MINUTE: Duration = Duration::from_secs(60);

/// A generator of numbers that look random and depend only on the seed (xorshift64).
pub(crate) struct Dice(u64);

impl Dice {
    fn new(seed: u64) -> Self {
        // Never 0, since xorshift would stay at 0.
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    pub(crate) fn roll(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % sides as u64).unwrap()
    }
}

#[test]
#[ignore = "takes as long as it is told to"]
fn nothing_is_lost_and_nothing_is_left() -> TestResult {
    let duration = match env::var("MINUTES") {
        Ok(minutes) => MINUTE.mul_f64(minutes.parse()?),
        Err(_) => SHORT,
    };
    let seed = match env::var("SEED") {
        Ok(seed) => seed.parse()?,
        Err(_) => SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs(),
    };
    println!("SEED={seed}");
    let runtime = Builder::new_multi_thread()
        .worker_threads(4)
        .enable_all()
        .build()?;
    let result = runtime.block_on(soak(duration, seed));
    // If something hangs, waiting for it would hang, too.
    runtime.shutdown_background();
    result
}

async fn soak(duration: Duration, seed: u64) -> TestResult {
    let mut dice = Dice::new(seed);
    let (mut totals, start) = (Totals::default(), Instant::now());
    let mut next_report = MINUTE.min(duration);
    loop {
        let (service, stage) = (Arc::default(), Cell::new("it starts"));
        let round = round(&mut dice, &service, &stage, &mut totals);
        if let Ok(result) = timeout(WATCHDOG, round).await {
            result?;
        } else {
            for book in service.books() {
                println!("{}", book.pending());
            }
            let hangs = format!("round {} hangs while {}", totals.rounds, stage.get());
            return Err(hangs.into());
        }
        totals.rounds += 1;
        if start.elapsed() >= next_report {
            report(start.elapsed(), &totals);
            if start.elapsed() >= duration {
                return Ok(());
            }
            next_report = (next_report + MINUTE).min(duration);
        }
    }
}

/// Runs from an empty service to some hundred requests and back.
async fn round(
    dice: &mut Dice,
    service: &Arc<Service>,
    stage: &Cell<&'static str>,
    totals: &mut Totals,
) -> TestResult {
    let tasks = Handle::current().metrics().num_alive_tasks();
    let mut server = Server::start(Arc::clone(service)).await?;
    let mut lives = Lives::start(dice, service);

    let (address, addresses) = watch::channel(server.address);
    let progress = Arc::new(Semaphore::new(0));
    let mut clients = JoinSet::new();
    for _ in 0..CLIENTS {
        let dice = Dice::new(dice.roll(usize::MAX) as u64);
        clients.spawn(send_requests(
            REQUESTS,
            dice,
            addresses.clone(),
            Arc::clone(&progress),
        ));
    }
    drop(addresses);

    for _ in 0..CLIENTS * REQUESTS / BETWEEN_DEATHS {
        let requests = u32::try_from(BETWEEN_DEATHS)?;
        stage.set("requests are answered");
        // A client that fails adds no permits, so its failure has to end the wait.
        loop {
            tokio::select! {
                permits = progress.acquire_many(requests) => break permits?.forget(),
                Some(responses) = clients.join_next() => totals.add_responses(responses??),
            }
        }
        match dice.roll(5) {
            0 => {
                stage.set("the server is restarted");
                server.stop().await?;
                server = Server::start(Arc::clone(service)).await?;
                // The clients may all be done.
                let _ = address.send(server.address);
            }
            _ => {
                stage.set("an actor is replaced");
                lives = lives.replace_one(dice, service).await;
            }
        }
    }
    stage.set("the last requests are answered");
    while let Some(responses) = clients.join_next().await {
        totals.add_responses(responses??);
    }
    stage.set("all is shut down");
    // Abandoned requests may still be in progress.
    let (stopped, ()) = tokio::join!(server.stop(), lives.end(dice, service));
    stopped?;
    stage.set("tasks are left");
    while Handle::current().metrics().num_alive_tasks() != tasks {
        yield_now().await;
    }
    for book in service.books() {
        book.close(totals);
    }
    Ok(())
}

fn report(elapsed: Duration, totals: &Totals) {
    let Totals {
        rounds,
        restarts,
        in_place,
        ..
    } = totals;
    println!(
        "after {} s: {rounds} rounds, {restarts} restarts, {in_place} calls in place, {}",
        elapsed.as_secs(),
        memory()
    );
    let all: [(&str, &Counts); 4] = [
        ("requests", &totals.responses),
        ("callers were told", &totals.told),
        ("commands", &totals.fates),
        ("exits", &totals.exits),
    ];
    for (what, counts) in all {
        println!("  {what}: {} {counts:?}", counts.values().sum::<u64>());
    }
}

/// Returns the memory of the process, if the system reports it.
fn memory() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let resident = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    format!("{} resident", resident.unwrap_or("unknown").trim())
}
