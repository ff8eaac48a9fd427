//! Names of instances, and the depth of their queues.

use std::cell::RefCell;
use std::panic::{self, AssertUnwindSafe, Location, catch_unwind};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use actor_runtime::{
    Actor as _, CallError, CancellationToken, Client as _, Context, Supervisor, actor, channel,
    prepare,
};

use crate::support::{Cancellable, Gate, cancellable, gate, hold, idle, poll_once, soon};

struct Cache;

#[actor(shutdown = drain)]
impl Cache {
    pub(crate) async fn wait(&mut self, gate: Gate) {
        gate.pass().await;
    }

    #[command(try)]
    pub(crate) fn set(&mut self) {}

    #[command(priority)]
    pub(crate) fn clear(&mut self) {}

    #[command(ack)]
    pub(crate) fn fail(&mut self) {
        panic!("out of luck");
    }
}

#[tokio::test(start_paused = true)]
async fn an_instance_has_the_name_that_its_builder_gave_it() {
    let (cache, handle) = Cache.builder().name("eu-1").spawn_with_handle();
    assert_eq!(cache.name(), Some("eu-1"));
    assert_eq!(
        format!("{cache:?}"),
        r#"CacheClient { name: "eu-1", is_closed: false, .. }"#
    );
    drop(cache);
    let exit = soon(handle).await;
    assert_eq!(exit.name(), Some("eu-1"));
    assert!(format!("{exit:?}").starts_with(r#"Exit { name: Some("eu-1"), "#));
}

#[tokio::test(start_paused = true)]
async fn an_instance_need_not_have_a_name() {
    let (cache, handle) = Cache.spawn_with_handle(CancellationToken::new());
    assert_eq!(cache.name(), None);
    assert_eq!(format!("{cache:?}"), "CacheClient { is_closed: false, .. }");
    drop(cache);
    assert_eq!(soon(handle).await.name(), None);
    let (fake, _inbox) = channel::<Cache>(1);
    assert_eq!(fake.name(), None);
}

#[tokio::test(start_paused = true)]
async fn a_prepared_instance_is_named_by_its_builder() {
    let (cache, prepared) = prepare::<Cache>(4);
    assert_eq!(cache.name(), None);
    drop(prepared.builder(Cache).name("eu-1").spawn());
    assert_eq!(cache.name(), Some("eu-1"));
}

#[tokio::test(start_paused = true)]
async fn each_incarnation_has_the_name_of_its_supervisor() {
    let names = Arc::new(Mutex::new(Vec::new()));
    let failed = Arc::clone(&names);
    let (cache, handle) = Supervisor::new(|| Cache)
        .name("eu-1")
        .restarts(1, Duration::from_secs(60))
        .on_restart(move |exit| {
            let name = exit.name().map(str::to_owned);
            failed.lock().unwrap().push(name);
        })
        .spawn_with_handle();
    for _ in 0..2 {
        assert_eq!(soon(cache.fail()).await, Err(CallError::Panicked));
    }
    assert_eq!(soon(handle).await.name(), Some("eu-1"));
    assert_eq!(*names.lock().unwrap(), [Some("eu-1".to_owned())]);
}

/// An actor that asks another one.
struct Asker;

#[actor]
impl Asker {
    pub(crate) async fn ask(&self, other: AskerClient, back: AskerClient) -> Result<(), CallError> {
        other.ask_back(back).await?
    }

    pub(crate) async fn ask_back(&self, other: AskerClient) -> Result<(), CallError> {
        other.rest().await
    }

    #[command(ack)]
    pub(crate) fn rest(&self) {}
}

#[tokio::test(start_paused = true)]
async fn a_cycle_says_which_instances_wait_for_each_other() {
    let first = Asker.builder().name("first").spawn();
    let second = Asker.builder().name("second").spawn();
    let unnamed = Asker.builder().spawn();
    for (other, name) in [(&second, "asker second"), (&unnamed, "asker")] {
        let asked = soon(first.ask(other.clone(), first.clone())).await;
        let Err(CallError::Deadlock(cycle)) = asked.unwrap() else {
            panic!("the two wait for each other");
        };
        let cycle = cycle.to_string();
        assert_eq!(
            cycle,
            format!("asker first.ask → {name}.ask_back → asker first")
        );
    }
}

#[tokio::test(start_paused = true)]
async fn what_will_not_begin_is_not_queued() {
    let Cancellable { started, shutdown } = cancellable(4);
    let key = hold(&started.client).await;
    started.client.note(1).await.unwrap();
    assert_eq!(started.client.queued(), 1);
    shutdown.cancel();
    idle().await;
    assert_eq!(started.client.queued(), 0);
    key.open();
}

#[tokio::test(start_paused = true)]
async fn the_queue_depth_counts_both_lanes() {
    let shutdown = CancellationToken::new();
    let (cache, handle) = Cache
        .builder()
        .capacity(3)
        .shutdown(shutdown.clone())
        .spawn_with_handle();
    let (pass, mut key) = gate();
    soon(cache.wait(pass)).await.unwrap();
    key.entered().await;
    assert_eq!((cache.queued(), cache.capacity()), (0, 3));
    for queued in 1..=3 {
        cache.try_set().unwrap();
        assert_eq!((cache.queued(), cache.capacity()), (queued, 3 - queued));
    }
    soon(cache.clear()).await.unwrap();
    assert_eq!((cache.queued(), cache.capacity()), (4, 0));
    {
        // Waits for room.
        let mut sixth = Box::pin(cache.set());
        assert!(poll_once(sixth.as_mut()).is_pending());
        assert_eq!(cache.queued(), 4);
    }
    // A drain still begins them.
    shutdown.cancel();
    idle().await;
    assert_eq!((cache.queued(), cache.capacity()), (4, 0));
    key.open();
    assert_eq!(soon(handle).await.handled, 5);
    assert_eq!((cache.queued(), cache.max_capacity()), (0, 3));
}

struct Backlog;

#[actor(unbounded)]
impl Backlog {
    pub(crate) async fn wait(&mut self, gate: Gate) {
        gate.pass().await;
    }

    #[command(try)]
    pub(crate) fn add(&mut self, ctx: &mut Context<Self>) {
        ctx.stop();
    }
}

#[tokio::test(start_paused = true)]
async fn an_unbounded_queue_has_a_depth_and_refused_commands_do_not_count() {
    let (backlog, handle) = Backlog.spawn_with_handle(CancellationToken::new());
    assert_eq!(backlog.max_capacity(), usize::MAX);
    let (pass, mut key) = gate();
    soon(backlog.wait(pass)).await.unwrap();
    key.entered().await;
    for queued in 1..=1_000 {
        backlog.try_add().unwrap();
        assert_eq!((backlog.queued(), backlog.capacity()), (queued, usize::MAX));
    }
    key.open();
    let exit = soon(handle).await;
    assert_eq!((exit.handled, exit.refused), (2, 999));
    assert_eq!((backlog.queued(), backlog.capacity()), (0, 0));
}

thread_local! {
    /// The place of the last panic of this thread.
    static PANICKED_AT: RefCell<Option<(String, u32)>> = const { RefCell::new(None) };
}

/// Returns the place of the panic of `spawn`.
fn panics_at(spawn: impl FnOnce()) -> (String, u32) {
    assert!(catch_unwind(AssertUnwindSafe(spawn)).is_err());
    PANICKED_AT.take().unwrap()
}

#[test]
fn whatever_spawns_names_the_line_of_its_caller() {
    let default = panic::take_hook();
    panic::set_hook(Box::new(move |panic| {
        let at = panic.location();
        PANICKED_AT.set(at.map(|at| (at.file().to_owned(), at.line())));
        default(panic);
    }));
    let here = |line| (Location::caller().file().to_owned(), line);
    let at = panics_at(|| drop(Cache.spawn(CancellationToken::new())));
    assert_eq!(at, here(line!() - 1));
    let at = panics_at(|| drop(Cache.spawn_with_handle(CancellationToken::new())));
    assert_eq!(at, here(line!() - 1));
    let at = panics_at(|| drop(Cache.builder().spawn()));
    assert_eq!(at, here(line!() - 1));
    let at = panics_at(|| drop(Cache.builder().spawn_with_handle()));
    assert_eq!(at, here(line!() - 1));
    let at = panics_at(|| drop(Context::<Cache>::detached().spawn(async {})));
    assert_eq!(at, here(line!() - 1));
    let second = Duration::from_secs(1);
    let at =
        panics_at(|| drop(Context::<Cache>::detached().send_after(second, CacheCommand::Set {})));
    assert_eq!(at, here(line!() - 1));
}
