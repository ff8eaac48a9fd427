//! Clients that are older than the states of their actors.

use std::rc::Rc;
use std::time::Duration;

use actor_runtime::{
    Actor, CallError, CancellationToken, Client as _, Context, ExitReason, Notice, WeakClient, Why,
    actor, prepare,
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
