//! Turns: neither a full mailbox nor a busy source keeps another source waiting.

use std::future::ready;
use std::time::Duration;

use actor_runtime::{Actor as _, CancellationToken, Context, SendActor, actor};
use tokio::task::yield_now;
use tokio::time::{Instant, advance};

use crate::support::{Always, Gate, Log, feed_of, gate, on_one_thread, soon, spawn, summary};

const MILLISECOND: Duration = Duration::from_millis(1);

/// The number of commands in a round.
const COMMANDS: usize = 8;

/// The commands and sources that have turns.
const COMMAND: u32 = 0;
const TICK: u32 = 1;
const PRIORITY: u32 = 2;
const FIRST: u32 = 11;
const SECOND: u32 = 12;
const THIRD: u32 = 13;

/// Notes who has a turn. Without the bound, a test in which another source is never served would not end.
fn note(turns: &Log, who: u32) {
    assert!(turns.len() < 100_000, "somebody has no turn");
    turns.push(who);
}

/// Returns the largest number of turns of others between two turns of `who`.
fn longest_wait(turns: &[u32], who: u32) -> usize {
    let waits = turns.split(|&turn| turn == who).map(<[u32]>::len);
    waits.max().unwrap_or_default()
}

/// An actor that takes a tenth of a millisecond for each of its turns, except for ticks.
struct Busy(Log);

#[actor(capacity = 64)]
impl Busy {
    pub(crate) async fn step(&mut self) {
        advance(MILLISECOND / 10).await;
        note(&self.0, COMMAND);
    }

    #[every(MILLISECOND)]
    fn tick(&mut self) {
        note(&self.0, TICK);
    }
}

/// Ten commands of a tenth of a millisecond are handled before a tick is due, and at most eight after that.
#[tokio::test(start_paused = true)]
async fn a_full_mailbox_does_not_starve_a_timer() {
    let (senders, commands) = (128, 50);
    let log = Log::default();
    let (client, handle) = Busy(log.clone()).spawn_with_handle(CancellationToken::new());
    let start = Instant::now();
    for _ in 0..senders {
        let client = client.clone();
        spawn(async move {
            for _ in 0..commands {
                client.step().await.unwrap();
            }
        });
    }
    drop(client);
    let exit = soon(handle).await;
    assert_eq!(exit.handled, senders * commands);
    let turns = log.numbers();
    assert!(longest_wait(&turns, TICK) <= 10 + COMMANDS);
    let ticks = turns.iter().filter(|&&turn| turn == TICK).count();
    let milliseconds = start.elapsed().as_millis() as usize;
    assert_eq!(milliseconds, 640);
    assert!(ticks.abs_diff(milliseconds) <= 1, "{ticks} ticks");
}

/// An actor for which time passes in each turn, and something is always ready.
struct Crowded(Log);

#[actor(capacity = 64)]
impl Crowded {
    pub(crate) async fn step(&mut self) {
        self.turn(COMMAND).await;
    }

    #[command(priority)]
    pub(crate) async fn step_first(&mut self) {
        self.turn(PRIORITY).await;
    }

    pub(crate) async fn hold(&mut self, gate: Gate) {
        gate.pass().await;
    }

    #[stream(Always)]
    async fn first(&mut self) {
        self.turn(FIRST).await;
    }

    #[every(MILLISECOND)]
    fn tick(&mut self) {
        note(&self.0, TICK);
    }

    #[stream(Always)]
    async fn second(&mut self) {
        self.turn(SECOND).await;
    }

    #[on(ready(()))]
    async fn third(&mut self) {
        self.turn(THIRD).await;
    }
}

impl Crowded {
    async fn turn(&mut self, who: u32) {
        advance(MILLISECOND / 10).await;
        note(&self.0, who);
    }
}

/// A source that is ready waits for eight commands, and for one turn of each of the others.
#[tokio::test(start_paused = true)]
async fn a_source_is_served_after_one_turn_of_each_other_and_eight_commands() {
    let log = Log::default();
    let (client, handle) = Crowded(log.clone()).spawn_with_handle(CancellationToken::new());
    for _ in 0..128 {
        let client = client.clone();
        spawn(async move {
            for _ in 0..20 {
                client.step().await.unwrap();
            }
        });
    }
    drop(client);
    soon(handle).await;
    let turns = log.numbers();
    for source in [FIRST, SECOND, THIRD] {
        let wait = longest_wait(&turns, source);
        assert!(
            (COMMANDS..=COMMANDS + 3).contains(&wait),
            "{source}: {wait}"
        );
    }
    // The tick is due after ten turns.
    assert!(longest_wait(&turns, TICK) <= 10 + COMMANDS + 3);
    // The mailbox lets senders push once its commands are handled, and so may sit out one round.
    assert!(longest_wait(&turns, COMMAND) <= 2 * 4);
}

#[tokio::test(start_paused = true)]
async fn commands_with_priority_come_before_all_others() {
    let log = Log::default();
    let client = Crowded(log.clone()).spawn(CancellationToken::new());
    let (gate, mut key) = gate();
    client.hold(gate).await.unwrap();
    key.entered().await;
    for _ in 0..3 {
        client.step().await.unwrap();
        client.step_first().await.unwrap();
    }
    let before = log.len();
    key.open();
    while log.len() < before + 30 {
        yield_now().await;
    }
    let turns = &log.numbers()[before..];
    assert_eq!(turns[..3], [PRIORITY; 3]);
    // The first lane goes on with its round.
    assert_eq!(turns[3..6], [COMMAND; 3]);
    let commands = turns.iter().filter(|&&turn| turn == COMMAND).count();
    assert_eq!(commands, 3);
}

/// An actor whose commands with priority never end.
struct Flooded(Log);

#[actor]
impl Flooded {
    #[command(priority, try)]
    pub(crate) async fn flood(&mut self, ctx: &mut Context<Self>) {
        advance(MILLISECOND).await;
        note(&self.0, PRIORITY);
        if let Some(client) = ctx.client().upgrade() {
            client.try_flood().unwrap();
        }
        if self.0.len() == 1000 {
            ctx.stop();
        }
    }

    #[every(10 * MILLISECOND)]
    fn tick(&mut self) {
        note(&self.0, TICK);
    }
}

/// A source goes first after 16 commands with priority in a row.
#[tokio::test(start_paused = true)]
async fn commands_with_priority_do_not_starve_a_timer() {
    let log = Log::default();
    let (client, handle) = Flooded(log.clone()).spawn_with_handle(CancellationToken::new());
    client.try_flood().unwrap();
    soon(handle).await;
    let turns = log.numbers();
    assert!(longest_wait(&turns, TICK) <= 10 + 16);
}

/// An actor whose commands with priority never end, and whose sources are always ready.
struct Torn(Log);

#[actor]
impl Torn {
    #[command(priority, try)]
    pub(crate) fn flood(&mut self, ctx: &mut Context<Self>) {
        note(&self.0, PRIORITY);
        if let Some(client) = ctx.client().upgrade() {
            client.try_flood().unwrap();
        }
        if self.0.len() > 1000 {
            ctx.stop();
        }
    }

    #[stream(Always)]
    fn first(&mut self) {
        note(&self.0, FIRST);
    }

    #[on(ready(()))]
    fn second(&mut self) {
        note(&self.0, SECOND);
    }
}

#[tokio::test(start_paused = true)]
async fn commands_with_priority_starve_no_source() {
    let log = Log::default();
    let (client, handle) = Torn(log.clone()).spawn_with_handle(CancellationToken::new());
    client.try_flood().unwrap();
    soon(handle).await;
    let turns = log.numbers();
    for source in [FIRST, SECOND] {
        assert!(longest_wait(&turns, source) <= 2 * 16 + 1, "{source}");
    }
}

/// An actor with a source that is always ready.
struct Eager(Log);

#[actor]
impl Eager {
    pub(crate) fn step(&mut self) -> usize {
        note(&self.0, COMMAND);
        self.0.len()
    }

    #[stream(Always)]
    fn item(&mut self) {
        note(&self.0, FIRST);
    }
}

/// Between two commands comes one item, or two after the mailbox let senders push.
#[tokio::test(start_paused = true)]
async fn a_busy_stream_does_not_starve_commands() {
    let log = Log::default();
    let client = Eager(log.clone()).spawn(CancellationToken::new());
    let calls = (0..50).map(|_| {
        let client = client.clone();
        spawn(async move { client.step().await })
    });
    let calls: Vec<_> = calls.collect();
    for call in calls {
        soon(call).await.unwrap().unwrap();
    }
    let turns = log.numbers();
    let mut turns: Vec<_> = turns
        .split(|&turn| turn == COMMAND)
        .map(<[u32]>::len)
        .collect();
    assert_eq!(turns.len(), 51);
    // The turns before the first command and after the last one do not count.
    turns.pop();
    turns.remove(0);
    assert!(turns.iter().all(|&turns| turns <= 2), "{turns:?}");
}

/// An actor that follows streams until it has enough.
struct Two(Log);

#[actor]
impl Two {
    #[stream(Always)]
    fn first(&mut self) {
        note(&self.0, FIRST);
    }

    #[stream(Always)]
    fn second(&mut self, (): (), ctx: &mut Context<Self>) {
        note(&self.0, SECOND);
        if self.0.len() == 1000 {
            ctx.stop();
        }
    }
}

#[tokio::test(start_paused = true)]
async fn two_streams_that_are_always_ready_alternate() {
    let log = Log::default();
    let (_client, handle) = Two(log.clone()).spawn_with_handle(CancellationToken::new());
    let exit = soon(handle).await;
    assert_eq!(summary(&exit), "stopped: 0 handled, 0 refused, state");
    assert_eq!(log.numbers(), [FIRST, SECOND].repeat(500));
}

/// An actor that ends in the middle of its work.
struct Canceller {
    log: Log,
    shutdown: CancellationToken,
}

#[actor]
impl Canceller {
    pub(crate) fn step(&mut self) {
        note(&self.log, COMMAND);
    }

    #[command(priority)]
    pub(crate) fn step_first(&mut self) {
        note(&self.log, PRIORITY);
    }

    #[stream(Always)]
    async fn cancel(&mut self, (): (), ctx: &mut Context<Self>) {
        if let Some(client) = ctx.client().upgrade() {
            client.step().await.unwrap();
            client.step_first().await.unwrap();
        }
        note(&self.log, FIRST);
        self.shutdown.cancel();
    }

    #[on(ready(()))]
    fn other(&mut self) {
        note(&self.log, SECOND);
    }

    #[stream(feed_of([()]))]
    fn last(&mut self) {
        note(&self.log, THIRD);
    }
}

#[tokio::test(start_paused = true)]
async fn nothing_comes_after_the_shutdown() {
    let (log, shutdown) = (Log::default(), CancellationToken::new());
    let canceller = Canceller {
        log: log.clone(),
        shutdown: shutdown.clone(),
    };
    let (_client, handle) = canceller.spawn_with_handle(shutdown);
    let exit = soon(handle).await;
    assert_eq!(summary(&exit), "cancelled: 0 handled, 2 refused, state");
    assert_eq!(log.numbers(), [FIRST]);
}

/// An actor with sources that are always ready, and no commands.
struct Tireless(Log);

#[actor]
impl Tireless {
    #[stream(Always)]
    fn item(&mut self) {
        note(&self.0, FIRST);
    }

    #[on(ready(()))]
    fn output(&self) {
        note(&self.0, SECOND);
    }
}

/// The largest number of turns that an actor may have before another task has one.
const RUN: usize = 128;

/// The largest number of turns of the actor between two turns of another task, which then stops the actor.
async fn longest_run(log: &Log, shutdown: CancellationToken) -> usize {
    let log = log.clone();
    let other = spawn(async move {
        let (mut turns, mut longest) = (log.len(), 0);
        while turns < 5000 {
            yield_now().await;
            longest = longest.max(log.len() - turns);
            turns = log.len();
        }
        shutdown.cancel();
        longest
    });
    soon(other).await.unwrap()
}

async fn check_that_others_run<A: SendActor>(actor: fn(Log) -> A) {
    let (log, shutdown) = (Log::default(), CancellationToken::new());
    let (_client, handle) = actor(log.clone()).spawn_with_handle(shutdown.clone());
    assert!(longest_run(&log, shutdown).await <= 2 * RUN);
    assert_eq!(
        summary(&soon(handle).await),
        "cancelled: 0 handled, 0 refused, state"
    );
}

#[test]
fn sources_that_are_always_ready_let_other_tasks_run() {
    on_one_thread(async || {
        check_that_others_run(Eager).await;
        check_that_others_run(Tireless).await;
    });
}
