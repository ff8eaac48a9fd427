//! Tasks that belong to an actor: the actor waits for them, tells them to end, and cuts them off with itself.

use std::future::pending;
use std::panic;
use std::sync::Arc;
use std::time::Duration;

use actor_runtime::{
    Actor as _, ActorHandle, CallError, CancellationToken, Client as _, Context, ExitReason,
    Shutdown, StopReason, Why, actor,
};
use tokio::time::{Instant, advance, sleep};

use crate::support::{Gate, Key, Log, gate, idle, payload, soon, spawn, summary};

const SECOND: Duration = Duration::from_secs(1);

/// A token whose count tells how many tasks live.
type Token = Arc<()>;

/// An actor that gives its work to tasks.
struct Boss {
    log: Log,
    at_the_end: Option<Gate>,
}

#[actor]
impl Boss {
    pub(crate) fn note(&mut self, number: u32) {
        self.log.push(number);
    }

    /// Spawns a task that passes the gate, and then notes the number.
    pub(crate) fn delegate(&mut self, number: u32, gate: Gate, ctx: &mut Context<Self>) {
        let log = self.log.clone();
        ctx.spawn(async move {
            gate.pass().await;
            log.push(number);
        });
    }

    /// Spawns a task that calls the actor.
    pub(crate) fn delegate_note(&mut self, number: u32, ctx: &mut Context<Self>) {
        let client = ctx.client().upgrade().unwrap();
        ctx.spawn(async move {
            sleep(SECOND).await;
            client.note(number).await.unwrap();
        });
    }

    /// Spawns a task that ends when it is told to.
    pub(crate) fn delegate_until_stopped(&mut self, number: u32, ctx: &mut Context<Self>) {
        let (token, log) = (ctx.token(), self.log.clone());
        ctx.spawn(async move {
            token.cancelled().await;
            sleep(SECOND).await;
            log.push(number);
        });
    }

    /// Spawns a task that never ends.
    pub(crate) fn delegate_for_ever(&mut self, token: Token, ctx: &mut Context<Self>) {
        ctx.spawn(async move {
            pending::<()>().await;
            drop(token);
        });
    }

    /// Spawns a task that ends soon.
    pub(crate) fn delegate_drop(&mut self, token: Token, ctx: &mut Context<Self>) {
        ctx.spawn(async move { drop(token) });
    }

    /// Spawns a task that panics.
    pub(crate) fn delegate_panic(&mut self, gate: Gate, ctx: &mut Context<Self>) {
        ctx.spawn(async move {
            gate.pass().await;
            panic::resume_unwind(Box::new("in a task"));
        });
    }

    /// Spawns a task that panics when it is dropped.
    pub(crate) fn delegate_bomb(&mut self, token: Token, ctx: &mut Context<Self>) {
        struct Bomb(#[expect(dead_code, reason = "it is there to be dropped")] Token);

        impl Drop for Bomb {
            fn drop(&mut self) {
                panic::resume_unwind(Box::new("dropped"));
            }
        }

        let bomb = Bomb(token);
        ctx.spawn(async move {
            pending::<()>().await;
            drop(bomb);
        });
    }

    pub(crate) fn delegate_and_abort(&mut self, token: Token, ctx: &mut Context<Self>) {
        let task = ctx.spawn(async move {
            pending::<()>().await;
            drop(token);
        });
        task.abort();
    }

    pub(crate) async fn hold(&mut self, gate: Gate) {
        gate.pass().await;
    }

    pub(crate) fn panic(&mut self) {
        panic::resume_unwind(Box::new("in the actor"));
    }

    pub(crate) fn stop(&mut self, ctx: &mut Context<Self>) {
        ctx.stop();
    }

    #[on_stop]
    fn end(&mut self, _: StopReason, ctx: &mut Context<Self>) {
        if let Some(gate) = self.at_the_end.take() {
            self.delegate(200, gate, ctx);
        }
        self.log.push(100);
    }
}

struct Running {
    client: BossClient,
    handle: ActorHandle<Boss>,
    log: Log,
    shutdown: CancellationToken,
}

fn boss(deadline: Option<Duration>) -> Running {
    boss_with(None, deadline)
}

fn boss_with(at_the_end: Option<Gate>, deadline: Option<Duration>) -> Running {
    let (log, shutdown) = (Log::default(), CancellationToken::new());
    let boss = Boss {
        log: log.clone(),
        at_the_end,
    };
    let mut builder = boss.builder().shutdown(shutdown.clone());
    if let Some(deadline) = deadline {
        builder = builder.deadline(deadline);
    }
    let (client, handle) = builder.spawn_with_handle();
    Running {
        client,
        handle,
        log,
        shutdown,
    }
}

/// Spawns a task that waits at its gate, and then notes 1.
async fn delegate(client: &BossClient) -> Key {
    let (gate, mut key) = gate();
    client.delegate(1, gate).await.unwrap();
    key.entered().await;
    key
}

#[tokio::test(start_paused = true)]
async fn the_end_waits_for_tasks() {
    async fn check(
        end: impl AsyncFnOnce(BossClient, CancellationToken),
        reason: &str,
        handled: u64,
    ) {
        let boss = boss(None);
        let key = delegate(&boss.client).await;
        end(boss.client, boss.shutdown).await;
        sleep(1000 * SECOND).await;
        assert!(!boss.handle.is_finished());
        assert_eq!(boss.log.numbers(), [100]);
        key.open();
        assert_eq!(
            summary(&soon(boss.handle).await),
            format!("{reason}: {handled} handled, 0 refused, state")
        );
        assert_eq!(boss.log.numbers(), [100, 1]);
    }
    check(async |_, shutdown| shutdown.cancel(), "cancelled", 1).await;
    check(async |_, _| {}, "clients dropped", 1).await;
    check(async |client, _| client.stop().await.unwrap(), "stopped", 2).await;
}

#[tokio::test(start_paused = true)]
async fn the_end_waits_for_tasks_of_the_last_hook() {
    let (gate, mut key) = gate();
    let boss = boss_with(Some(gate), None);
    boss.shutdown.cancel();
    key.entered().await;
    idle().await;
    assert!(!boss.handle.is_finished());
    key.open();
    assert_eq!(
        summary(&soon(boss.handle).await),
        "cancelled: 0 handled, 0 refused, state"
    );
    assert_eq!(boss.log.numbers(), [100, 200]);
}

/// The actor has returned its state, which is whole.
#[tokio::test(start_paused = true)]
async fn tasks_are_aborted_after_the_deadline() {
    let boss = boss(Some(10 * SECOND));
    let token = Token::default();
    let key = delegate(&boss.client).await;
    boss.client.delegate_for_ever(token.clone()).await.unwrap();
    idle().await;
    let start = Instant::now();
    boss.shutdown.cancel();
    sleep(5 * SECOND).await;
    key.open();
    idle().await;
    assert_eq!(boss.log.numbers(), [100, 1]);
    assert_eq!(
        summary(&soon(boss.handle).await),
        "cancelled: 2 handled, 0 refused, state"
    );
    assert_eq!(start.elapsed().as_secs(), 10);
    idle().await;
    assert_eq!(Arc::strong_count(&token), 1);
}

/// The loop took two commands together, so it lets others run before it looks for more. Then no time is left, although
/// no command is in progress.
#[tokio::test(start_paused = true)]
async fn tasks_are_aborted_if_the_deadline_passes_between_two_commands() {
    let boss = boss(Some(SECOND));
    let token = Token::default();
    boss.client.delegate_for_ever(token.clone()).await.unwrap();
    let (held, mut key) = gate();
    boss.client.hold(held).await.unwrap();
    key.entered().await;
    boss.client.note(1).await.unwrap();
    let shutdown = spawn(boss.handle.shutdown_with(Shutdown::Drain, 1000 * SECOND));
    spawn(async {
        sleep(SECOND / 2).await;
        key.open();
    });
    idle().await;
    // Both timers have expired when the actor is polled again.
    advance(2 * SECOND).await;
    let exit = soon(shutdown).await.unwrap();
    assert_eq!(summary(&exit), "cancelled: 2 handled, 1 refused, state");
    assert_eq!(boss.log.numbers(), [100]);
    idle().await;
    assert_eq!(Arc::strong_count(&token), 1);
}

#[tokio::test(start_paused = true)]
async fn tasks_are_aborted_with_their_actor() {
    let boss = boss(None);
    let token = Token::default();
    boss.client.delegate_for_ever(token.clone()).await.unwrap();
    idle().await;
    assert_eq!(Arc::strong_count(&token), 2);
    boss.handle.abort();
    assert_eq!(
        summary(&soon(boss.handle).await),
        "aborted: 1 handled, 0 refused, no state"
    );
    idle().await;
    assert_eq!(Arc::strong_count(&token), 1);
}

#[tokio::test(start_paused = true)]
async fn tasks_are_aborted_with_an_actor_that_waits_for_them() {
    let boss = boss(None);
    let token = Token::default();
    boss.client.delegate_for_ever(token.clone()).await.unwrap();
    idle().await;
    let exit = soon(boss.handle.shutdown(SECOND)).await;
    assert_eq!(summary(&exit), "aborted: 1 handled, 0 refused, no state");
    idle().await;
    assert_eq!(Arc::strong_count(&token), 1);
}

#[tokio::test(start_paused = true)]
async fn tasks_of_an_actor_that_panics_have_until_the_deadline() {
    let boss = boss(Some(10 * SECOND));
    let token = Token::default();
    boss.client.delegate_until_stopped(1).await.unwrap();
    boss.client.delegate_for_ever(token.clone()).await.unwrap();
    boss.client.panic().await.unwrap();
    let exit = soon(boss.handle).await;
    assert_eq!(
        summary(&exit),
        "panicked in panic: 2 handled, 0 refused, no state"
    );
    assert_eq!(payload(exit), Some("in the actor"));
    assert_eq!(boss.log.numbers(), [1]);
    idle().await;
    assert_eq!(Arc::strong_count(&token), 1);
}

#[tokio::test(start_paused = true)]
async fn a_panic_is_not_lost_when_the_actor_that_waits_for_its_tasks_is_aborted() {
    let boss = boss(None);
    let token = Token::default();
    boss.client.delegate_for_ever(token.clone()).await.unwrap();
    boss.client.panic().await.unwrap();
    idle().await;
    assert!(!boss.handle.is_finished());
    boss.handle.abort();
    let exit = soon(boss.handle).await;
    assert_eq!(
        summary(&exit),
        "panicked in panic: 1 handled, 0 refused, no state"
    );
    assert_eq!(payload(exit), Some("in the actor"));
}

#[tokio::test(start_paused = true)]
async fn a_task_may_call_its_actor_and_keeps_it_meanwhile() {
    let boss = boss(None);
    boss.client.delegate_note(1).await.unwrap();
    idle().await;
    drop(boss.client);
    assert_eq!(
        summary(&soon(boss.handle).await),
        "clients dropped: 2 handled, 0 refused, state"
    );
    assert_eq!(boss.log.numbers(), [1, 100]);
}

/// An actor whose task waits for it, and that has no hook of the end.
struct Asked {
    log: Log,
}

#[actor]
impl Asked {
    #[command(ack)]
    pub(crate) fn delegate(&mut self, ask: Gate, ctx: &mut Context<Self>) {
        let (asked, log) = (ctx.client().upgrade().unwrap(), self.log.clone());
        ctx.spawn(async move {
            ask.pass().await;
            log.push(match asked.get().await {
                Err(CallError::Refused) => 1,
                _ => 0,
            });
        });
    }

    pub(crate) async fn hold(&mut self, gate: Gate, ctx: &mut Context<Self>) {
        gate.pass().await;
        ctx.stop();
    }

    pub(crate) async fn hold_and_panic(&mut self, gate: Gate) {
        gate.pass().await;
        panic::resume_unwind(Box::new("in the actor"));
    }

    pub(crate) fn get(&self) -> u32 {
        0
    }
}

/// Nobody handles what is queued once the loop has ended, so it is refused before the task is waited for.
#[tokio::test(start_paused = true)]
async fn a_task_that_waits_for_its_actor_gets_an_error() {
    for panics in [false, true] {
        let log = Log::default();
        let (asked, handle) = Asked { log: log.clone() }.builder().spawn_with_handle();
        let (ask, mut in_task) = gate();
        asked.delegate(ask).await.unwrap();
        in_task.entered().await;
        let (held, mut key) = gate();
        if panics {
            asked.hold_and_panic(held).await.unwrap();
        } else {
            asked.hold(held).await.unwrap();
        }
        key.entered().await;
        in_task.open();
        idle().await;
        key.open();
        let exit = soon(handle).await;
        assert_eq!((exit.state.is_none(), exit.refused), (panics, 1));
        assert_eq!(log.numbers(), [1]);
    }
}

#[tokio::test(start_paused = true)]
async fn tasks_are_told_that_the_actor_ends() {
    async fn check(end: impl AsyncFnOnce(BossClient, CancellationToken)) {
        let boss = boss(None);
        boss.client.delegate_until_stopped(1).await.unwrap();
        idle().await;
        end(boss.client, boss.shutdown).await;
        assert!(soon(boss.handle).await.state.is_some());
        assert_eq!(boss.log.numbers(), [100, 1]);
    }
    check(async |_, shutdown| shutdown.cancel()).await;
    check(async |_, _| {}).await;
    check(async |client, _| client.stop().await.unwrap()).await;
}

#[tokio::test(start_paused = true)]
async fn a_panic_of_a_task_ends_its_actor() {
    let boss = boss(None);
    let (in_task, mut task_key) = gate();
    boss.client.delegate_panic(in_task).await.unwrap();
    let (held, mut key) = gate();
    boss.client.hold(held).await.unwrap();
    task_key.entered().await;
    key.entered().await;
    boss.client.note(1).await.unwrap();
    task_key.open();
    soon(boss.client.closed()).await;
    assert!(!boss.handle.is_finished());
    // The command in progress runs to its end.
    key.open();
    let exit = soon(boss.handle).await;
    assert_eq!(summary(&exit), "panicked: 2 handled, 1 refused, state");
    assert_eq!(payload(exit), Some("in a task"));
    assert_eq!(boss.log.numbers(), [100]);
}

#[tokio::test(start_paused = true)]
async fn an_idle_actor_ends_when_a_task_panics() {
    let boss = boss(None);
    let (gate, key) = gate();
    boss.client.delegate_panic(gate).await.unwrap();
    idle().await;
    key.open();
    let exit = soon(boss.handle).await;
    assert_eq!(summary(&exit), "panicked: 1 handled, 0 refused, state");
    assert_eq!(
        boss.client.note(1).await,
        Err(CallError::Closed(Why::Panicked))
    );
}

/// The actor does not wait for the task, since no time is left.
#[tokio::test(start_paused = true)]
async fn a_panic_of_a_task_is_not_lost_when_the_actor_is_cut_off() {
    let boss = boss(Some(SECOND));
    let (in_task, mut task_key) = gate();
    boss.client.delegate_panic(in_task).await.unwrap();
    let (held, mut key) = gate();
    boss.client.hold(held).await.unwrap();
    task_key.entered().await;
    key.entered().await;
    task_key.open();
    let exit = soon(boss.handle).await;
    assert_eq!(
        summary(&exit),
        "panicked in hold: 1 handled, 0 refused, no state"
    );
    assert_eq!(payload(exit), Some("in a task"));
    key.open();
}

/// The loop has ended, or is cut off in a method.
#[tokio::test(start_paused = true)]
async fn a_panic_of_a_task_that_has_no_more_time_is_not_lost() {
    for is_held in [false, true] {
        let boss = boss(Some(SECOND));
        let token = Token::default();
        boss.client.delegate_bomb(token.clone()).await.unwrap();
        let (held, mut key) = gate();
        if is_held {
            boss.client.hold(held).await.unwrap();
            key.entered().await;
        }
        idle().await;
        boss.shutdown.cancel();
        let exit = soon(boss.handle).await;
        assert_eq!(Arc::strong_count(&token), 1);
        assert_eq!(payload(exit), Some("dropped"));
    }
}

#[tokio::test(start_paused = true)]
async fn tasks_that_are_done_leave_nothing_behind() {
    let boss = boss(None);
    let token = Token::default();
    for _ in 0..10_000 {
        boss.client.delegate_drop(token.clone()).await.unwrap();
    }
    idle().await;
    assert_eq!(Arc::strong_count(&token), 1);
    boss.client.delegate_and_abort(token.clone()).await.unwrap();
    idle().await;
    assert_eq!(Arc::strong_count(&token), 1);
    // An aborted task does not count as a panic.
    drop(boss.client);
    let exit = soon(boss.handle).await;
    assert!(matches!(exit.reason, ExitReason::ClientsDropped));
    assert_eq!(exit.handled, 10_001);
}

#[tokio::test(start_paused = true)]
async fn a_method_may_spawn_without_an_actor() {
    let log = Log::default();
    let mut boss = Boss {
        log: log.clone(),
        at_the_end: None,
    };
    let mut ctx = Context::detached();
    let (gate, mut key) = gate();
    boss.delegate(1, gate, &mut ctx);
    boss.delegate_until_stopped(2, &mut ctx);
    key.entered().await;
    key.open();
    idle().await;
    assert_eq!(log.numbers(), [1]);
    ctx.stop();
    sleep(2 * SECOND).await;
    assert_eq!(log.numbers(), [1, 2]);
}
