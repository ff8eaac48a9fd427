//! `Context::send_after`: a command that an actor sends to itself later.

use std::panic;
use std::time::Duration;

use actor_runtime::{
    Actor as _, ActorHandle, CancellationToken, Client as _, Context, Supervisor, Why, actor,
};
use tokio::task::AbortHandle;
use tokio::time::{Instant, sleep};

use crate::support::{Gate, Log, gate, idle, soon, summary};

const SECOND: Duration = Duration::from_secs(1);

/// An actor that keeps entries for a while.
struct Cache {
    log: Log,
    start: Instant,
    timers: Vec<AbortHandle>,
}

#[actor(capacity = 2)]
impl Cache {
    /// Keeps `key` until `invalidate` is called with it.
    #[command(ack)]
    pub(crate) fn keep(&mut self, key: u32, time: Duration, ctx: &mut Context<Self>) {
        let timer = ctx.send_after(time, CacheCommand::Invalidate { key });
        self.timers.push(timer);
    }

    /// Forgets the handle.
    #[command(ack)]
    pub(crate) fn flush_after(&mut self, delay: Duration, ctx: &mut Context<Self>) {
        ctx.send_after(delay, CacheCommand::Flush {});
    }

    #[command(ack)]
    pub(crate) fn touch(&mut self) {
        for timer in self.timers.drain(..) {
            timer.abort();
        }
    }

    pub(crate) fn invalidate(&mut self, key: u32) {
        let millis = u32::try_from(self.start.elapsed().as_millis()).unwrap();
        self.log.push(key);
        self.log.push(millis);
    }

    #[command(priority)]
    pub(crate) fn flush(&mut self) {
        self.log.push(0);
    }

    pub(crate) async fn hold(&mut self, gate: Gate) {
        gate.pass().await;
    }

    pub(crate) fn panic(&mut self) {
        panic::resume_unwind(Box::new("told to"));
    }

    #[command(ack)]
    pub(crate) fn stop(&mut self, ctx: &mut Context<Self>) {
        ctx.stop();
        ctx.send_after(Duration::ZERO, CacheCommand::Flush {});
    }
}

impl Cache {
    fn new(log: &Log) -> Self {
        Self {
            log: log.clone(),
            start: Instant::now(),
            timers: Vec::new(),
        }
    }
}

fn cache() -> (CacheClient, ActorHandle<Cache>, Log) {
    let log = Log::default();
    let (client, handle) = Cache::new(&log).spawn_with_handle(CancellationToken::new());
    (client, handle, log)
}

#[tokio::test(start_paused = true)]
async fn the_command_is_sent_after_exactly_the_delay() {
    let (client, _handle, log) = cache();
    client.keep(1, 3 * SECOND).await.unwrap();
    client.keep(2, Duration::from_millis(1500)).await.unwrap();
    client.keep(3, Duration::ZERO).await.unwrap();
    sleep(5 * SECOND).await;
    assert_eq!(log.numbers(), [3, 0, 2, 1500, 1, 3000]);
}

#[tokio::test(start_paused = true)]
async fn the_delay_is_counted_from_the_call() {
    let (client, _handle, log) = cache();
    client.keep(1, SECOND).await.unwrap();
    let (gate, mut key) = gate();
    client.hold(gate).await.unwrap();
    key.entered().await;
    sleep(3 * SECOND).await;
    key.open();
    idle().await;
    assert_eq!(log.numbers(), [1, 3000]);
}

#[tokio::test(start_paused = true)]
async fn the_handle_cancels_the_command() {
    let (client, _handle, log) = cache();
    client.keep(1, SECOND).await.unwrap();
    client.keep(2, SECOND).await.unwrap();
    client.touch().await.unwrap();
    client.keep(3, 2 * SECOND).await.unwrap();
    sleep(5 * SECOND).await;
    assert_eq!(log.numbers(), [3, 2000]);
}

#[tokio::test(start_paused = true)]
async fn a_handle_that_is_dropped_cancels_nothing() {
    let (client, _handle, log) = cache();
    client.flush_after(SECOND).await.unwrap();
    sleep(2 * SECOND).await;
    assert_eq!(log.numbers(), [0]);
}

#[tokio::test(start_paused = true)]
async fn it_neither_keeps_the_actor_alive_nor_holds_up_its_end() {
    let (client, handle, log) = cache();
    let start = Instant::now();
    client.keep(1, SECOND).await.unwrap();
    let ended = client.ended();
    drop(client);
    assert_eq!(
        summary(&soon(handle).await),
        "clients dropped: 1 handled, 0 refused, state"
    );
    assert_eq!(soon(ended).await, Why::ClientsDropped);
    assert_eq!(start.elapsed(), Duration::ZERO);
    sleep(5 * SECOND).await;
    assert_eq!(log.numbers(), [0; 0]);
}

#[tokio::test(start_paused = true)]
async fn a_stopped_actor_sends_nothing_to_itself() {
    let (client, handle, log) = cache();
    let start = Instant::now();
    client.keep(1, SECOND).await.unwrap();
    client.stop().await.unwrap();
    assert_eq!(
        summary(&soon(handle).await),
        "stopped: 2 handled, 0 refused, state"
    );
    assert_eq!(start.elapsed(), Duration::ZERO);
    assert_eq!(log.numbers(), [0; 0]);
}

#[tokio::test(start_paused = true)]
async fn the_command_waits_timeroom() {
    let (client, _handle, log) = cache();
    client.keep(1, SECOND).await.unwrap();
    client.flush_after(SECOND).await.unwrap();
    let (gate, mut key) = gate();
    client.hold(gate).await.unwrap();
    key.entered().await;
    client.invalidate(2).await.unwrap();
    client.invalidate(3).await.unwrap();
    sleep(2 * SECOND).await;
    // The mailbox is full.
    assert_eq!(client.capacity(), 0);
    key.open();
    idle().await;
    // The command with priority has a lane of its own.
    assert_eq!(log.numbers(), [0, 2, 2000, 3, 2000, 1, 2000]);
}

#[tokio::test(start_paused = true)]
async fn a_restart_cancels_it() {
    let log = Log::default();
    let factory = {
        let log = log.clone();
        move || Cache::new(&log)
    };
    let client = Supervisor::new(factory).spawn();
    client.keep(1, SECOND).await.unwrap();
    client.panic().await.unwrap();
    sleep(5 * SECOND).await;
    client.keep(2, SECOND).await.unwrap();
    sleep(5 * SECOND).await;
    assert_eq!(log.numbers()[..1], [2]);
}

/// An actor whose calls run on the callers' tasks.
struct Counter(u32);

#[actor(unbounded, in_place)]
impl Counter {
    pub(crate) fn add_later(&mut self, amount: u32, ctx: &mut Context<Self>) -> u32 {
        ctx.send_after(SECOND, CounterCommand::Add { amount });
        self.0
    }

    pub(crate) fn add(&mut self, amount: u32) {
        self.0 += amount;
    }

    pub(crate) fn value(&self) -> u32 {
        self.0
    }
}

#[tokio::test(start_paused = true)]
async fn a_method_that_runs_in_place_may_send_later() {
    let counter = Counter(1).spawn(CancellationToken::new());
    idle().await;
    assert_eq!(counter.add_later(2).await, Ok(1));
    sleep(SECOND).await;
    idle().await;
    assert_eq!(counter.value().await, Ok(3));
}

#[tokio::test(start_paused = true)]
async fn a_method_without_an_actor_may_send_later() {
    let mut counter = Counter(1);
    assert_eq!(counter.add_later(2, &mut Context::detached()), 1);
    sleep(2 * SECOND).await;
    assert_eq!(counter.value(), 1);
}
