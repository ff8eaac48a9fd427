//! Clients that are older than the states of their actors.

use std::rc::Rc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use actor_runtime::{
    Actor, CallError, CancellationToken, Client as _, Context, ExitReason, Notice, Supervisor,
    WeakClient, Why, actor, prepare,
};
use tokio::task::LocalSet;

use crate::support::{Log, Worker, calling, idle, soon, spawn};

#[tokio::test(start_paused = true)]
async fn commands_wait_for_the_state() {
    let (client, prepared) = prepare::<Worker>(3);
    client.note(1).await.unwrap();
    let doubled = calling(&client, |client| async move { client.double(2).await }).await;
    let log = Log::default();
    let builder = prepared.builder(Worker { log: log.clone() });
    client.note(3).await.unwrap();
    assert_eq!(log.len(), 0);
    let (returned, handle) = builder.spawn_with_handle();
    assert!(client.same_actor(&returned));
    assert_eq!(soon(doubled).await.unwrap(), Ok(4));
    drop((client, returned));
    let exit = soon(handle).await;
    assert!(matches!(exit.reason, ExitReason::ClientsDropped));
    assert_eq!(log.numbers(), [1, 2, 3]);
}

#[tokio::test(start_paused = true)]
async fn the_capacity_holds_before_there_is_a_state() {
    let (client, prepared) = prepare::<Worker>(1);
    assert_eq!(client.capacity(), 1);
    client.try_note(1).unwrap();
    assert_eq!(client.try_note(2), Err(CallError::Full));
    let note = calling(&client, |client| async move { client.note(3).await }).await;
    let log = Log::default();
    let _client = prepared.builder(Worker { log: log.clone() }).spawn();
    soon(note).await.unwrap().unwrap();
    idle().await;
    assert_eq!(log.numbers(), [1, 3]);
}

#[tokio::test(start_paused = true)]
async fn callers_are_told_that_no_state_comes() {
    let (client, prepared) = prepare::<Worker>(1);
    let queued = calling(&client, |client| async move { client.double(1).await }).await;
    let waiting = calling(&client, |client| async move { client.double(2).await }).await;
    let follows = spawn({
        let client = client.clone();
        async move { client.closed().await }
    });
    drop(prepared);
    assert_eq!(soon(queued).await.unwrap(), Err(CallError::Refused));
    let closed = Err(CallError::Closed(Why::Unknown));
    assert_eq!(soon(waiting).await.unwrap(), closed);
    assert_eq!(soon(client.double(3)).await, closed);
    soon(follows).await.unwrap();
    assert!(client.is_closed());
}

#[tokio::test(start_paused = true)]
async fn a_builder_that_is_dropped_closes_the_client() {
    let (client, prepared) = prepare::<Worker>(1);
    let builder = prepared.builder(Worker {
        log: Log::default(),
    });
    drop(builder);
    assert!(client.is_closed());
}

#[tokio::test(start_paused = true)]
async fn the_token_of_the_builder_stops_the_actor() {
    let (client, prepared) = prepare::<Worker>(2);
    let shutdown = CancellationToken::new();
    let log = Log::default();
    let builder = prepared.builder(Worker { log: log.clone() });
    let (_, handle) = builder.shutdown(shutdown.clone()).spawn_with_handle();
    assert_eq!(soon(client.double(1)).await, Ok(2));
    shutdown.cancel();
    let exit = soon(handle).await;
    assert!(matches!(exit.reason, ExitReason::Cancelled));
    assert_eq!(
        soon(client.double(2)).await,
        Err(CallError::Closed(Why::Cancelled))
    );
}

#[tokio::test(start_paused = true)]
async fn a_token_that_was_cancelled_before_the_start_refuses_what_is_queued() {
    let (client, prepared) = prepare::<Worker>(2);
    let queued = calling(&client, |client| async move { client.double(1).await }).await;
    let shutdown = CancellationToken::new();
    shutdown.cancel();
    let log = Log::default();
    let builder = prepared.builder(Worker { log: log.clone() });
    let (_, handle) = builder.shutdown(shutdown).spawn_with_handle();
    assert_eq!(soon(queued).await.unwrap(), Err(CallError::Refused));
    assert_eq!(soon(handle).await.refused, 1);
    assert_eq!(log.len(), 0);
}

#[tokio::test(start_paused = true)]
async fn an_actor_without_clients_handles_what_is_queued() {
    let (client, prepared) = prepare::<Worker>(2);
    client.note(1).await.unwrap();
    drop(client);
    let log = Log::default();
    let (client, runner) = prepared.builder(Worker { log: log.clone() }).into_runner();
    drop(client);
    let exit = soon(runner.run()).await;
    assert!(matches!(exit.reason, ExitReason::ClientsDropped));
    assert_eq!(log.numbers(), [1]);
}

#[test]
#[should_panic(expected = "pass its capacity to `prepare`")]
fn the_capacity_is_said_once() {
    let (_client, prepared) = prepare::<Worker>(1);
    let log = Log::default();
    let _ = prepared.builder(Worker { log }).capacity(2);
}

#[test]
#[should_panic(expected = "capacity")]
fn a_mailbox_needs_a_capacity() {
    let _ = prepare::<Worker>(0);
}

struct Herald(WeakClient<HeraldClient>);

#[actor(event = u32, detached, in_place)]
impl Herald {
    #[on_start]
    fn begin(&mut self, ctx: &mut Context<Self>) {
        ctx.emit(1);
    }

    pub(crate) fn knows_itself(&self, ctx: &mut Context<Self>) -> bool {
        let clients = (self.0.upgrade(), ctx.client().upgrade());
        matches!(clients, (Some(known), Some(own)) if known.same_actor(&own))
    }

    pub(crate) fn is_told_to_end(&self, ctx: &mut Context<Self>) -> bool {
        ctx.token().is_cancelled()
    }
}

#[tokio::test(start_paused = true)]
async fn subscriptions_are_as_old_as_the_client() {
    let (client, prepared) = prepare::<Herald>(Herald::CAPACITY);
    let mut events = client.subscribe();
    let herald = Herald(client.downgrade());
    let (_, handle) = prepared.builder(herald).spawn_with_handle();
    assert_eq!(soon(events.next()).await, Some(Notice::Event(1)));
    assert_eq!(soon(client.knows_itself()).await, Ok(true));
    assert_eq!(soon(client.is_told_to_end()).await, Ok(false));
    drop(client);
    idle().await;
    assert!(!handle.is_finished());
    let exit = soon(handle.shutdown(Duration::from_secs(1))).await;
    assert!(matches!(exit.reason, ExitReason::Cancelled));
}

struct Local(Rc<u32>);

#[actor(local, unbounded)]
impl Local {
    pub(crate) fn number(&self) -> u32 {
        *self.0
    }
}

#[tokio::test(start_paused = true)]
async fn local_actors_can_be_prepared() {
    let (client, prepared) = prepare::<Local>(Local::CAPACITY);
    let number = calling(&client, |client| async move { client.number().await }).await;
    let (_client, runner) = prepared.builder(Local(Rc::new(7))).into_runner();
    let local = LocalSet::new();
    local.spawn_local(runner.run());
    let number = soon(local.run_until(number)).await.unwrap();
    assert_eq!(number, Ok(7));
}

/// A pool whose values can be read before it exists.
struct Pool {
    free: u32,
}

#[actor]
impl Pool {
    const EMPTY: u32 = 0;

    #[command(ack)]
    pub(crate) fn take(&mut self) {
        self.free -= 1;
    }

    #[watch(initial = Self::EMPTY)]
    pub(crate) fn free(&self) -> u32 {
        self.free
    }

    #[watch(initial = None)]
    pub(crate) fn last(&self) -> Option<u32> {
        self.free.checked_sub(1)
    }
}

#[tokio::test(start_paused = true)]
async fn values_are_the_initial_ones_until_there_is_a_state() {
    let (pool, prepared) = prepare::<Pool>(2);
    let mut follows = pool.watch_free();
    assert_eq!((pool.free(), pool.last()), (0, None));
    assert_eq!(soon(follows.next()).await, Some(0));
    let builder = prepared.builder(Pool { free: 3 });
    assert_eq!(pool.free(), 0);
    let pool = builder.spawn();
    assert_eq!((pool.free(), pool.last()), (3, Some(2)));
    assert_eq!(soon(follows.next()).await, Some(3));
    soon(pool.take()).await.unwrap();
    assert_eq!((pool.free(), pool.last()), (2, Some(1)));
}

#[tokio::test(start_paused = true)]
async fn values_stay_the_initial_ones_if_no_state_comes() {
    let (pool, prepared) = prepare::<Pool>(2);
    drop(prepared);
    assert_eq!(pool.free(), 0);
    let mut follows = pool.watch_free();
    assert_eq!(soon(follows.next()).await, Some(0));
    assert_eq!(soon(follows.next()).await, None);
}

#[tokio::test(start_paused = true)]
async fn a_state_with_the_initial_value_is_no_change() {
    let (client, prepared) = prepare::<Pool>(2);
    let mut follows = client.watch_free();
    assert_eq!(soon(follows.next()).await, Some(0));
    let pool = prepared.builder(Pool { free: 0 }).spawn();
    idle().await;
    assert_eq!(pool.free(), 0);
    drop((client, pool));
    assert_eq!(soon(follows.next()).await, None);
}

static EVALUATED: AtomicU32 = AtomicU32::new(0);

fn evaluate() -> u32 {
    EVALUATED.fetch_add(1, Ordering::Relaxed)
}

struct Costly;

#[actor]
impl Costly {
    pub(crate) fn ping(&self) {}

    #[watch(initial = evaluate())]
    pub(crate) fn number(&self) -> u32 {
        7
    }
}

#[tokio::test(start_paused = true)]
async fn an_initial_value_is_made_where_there_is_a_client_before_a_state() {
    let costly = Costly.spawn(CancellationToken::new());
    let supervised = Supervisor::new(|| Costly).spawn();
    assert_eq!((costly.number(), supervised.number()), (7, 7));
    assert_eq!(EVALUATED.load(Ordering::Relaxed), 0);
    let (costly, prepared) = prepare::<Costly>(1);
    assert_eq!(EVALUATED.load(Ordering::Relaxed), 1);
    assert_eq!(costly.number(), 0);
    drop(prepared);
}

/// An actor with a value in its own `cfg`, calls in place, and a value of a type parameter.
struct Generic<T>(T);

#[actor(in_place)]
impl<T: Clone + Default + PartialEq + Send + Sync + 'static> Generic<T> {
    pub(crate) fn set(&mut self, value: T) {
        self.0 = value;
    }

    #[watch(initial = T::default())]
    pub(crate) fn value(&self) -> T {
        self.0.clone()
    }

    #[cfg(any())]
    #[watch(initial = no_such_function())]
    pub(crate) fn absent(&self) -> u8 {
        0
    }
}

#[tokio::test(start_paused = true)]
async fn a_generic_value_has_an_initial_one() {
    let (generic, prepared) = prepare::<Generic<String>>(1);
    assert_eq!(generic.value(), "");
    let generic = prepared.builder(Generic("a".to_owned())).spawn();
    assert_eq!(generic.value(), "a");
    soon(generic.set("b".to_owned())).await.unwrap();
    idle().await;
    assert_eq!(generic.value(), "b");
}
