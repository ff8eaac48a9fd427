//! Calls that are not handled once nobody waits for them.

use std::sync::Arc;
use std::time::Duration;

use actor_runtime::{
    Actor, ActorHandle, CallError, CancellationToken, Context, Exit, Reply, ReplyStream, actor,
};
use tokio::task::JoinHandle;
use tokio::time::timeout;

use crate::support::{
    Gate, Key, Log, PanicOnDrop, calling, gate, idle, on_four_threads, payload, soon, spawn,
    summary,
};

struct Search {
    log: Log,
}

#[actor]
impl Search {
    #[command(skip_cancelled)]
    pub(crate) fn find(&mut self, number: u32) -> u32 {
        self.log.push(number);
        2 * number
    }

    /// Doubles the number as above, without the option.
    pub(crate) fn always(&mut self, number: u32) -> u32 {
        self.log.push(number);
        2 * number
    }

    #[command(skip_cancelled)]
    pub(crate) async fn find_slowly(&mut self, number: u32, gate: Gate) -> u32 {
        gate.pass().await;
        self.log.push(number);
        2 * number
    }

    #[command(skip_cancelled, ack)]
    pub(crate) fn acknowledged(&mut self, number: u32) {
        self.log.push(number);
    }

    #[command(skip_cancelled)]
    pub(crate) fn deferred(&mut self, number: u32, reply: Reply<u32>) {
        self.log.push(number);
        reply.send(2 * number);
    }

    #[command(skip_cancelled, try)]
    pub(crate) fn listed(&mut self, number: u32, reply: ReplyStream<u32>) {
        self.log.push(number);
        reply.finish();
    }

    #[command(skip_cancelled, priority)]
    pub(crate) fn find_first(&mut self, number: u32) -> u32 {
        self.log.push(number);
        2 * number
    }

    #[command(skip_cancelled)]
    pub(crate) fn drop_it(&mut self, it: Box<dyn Send>) -> u32 {
        drop(it);
        1
    }

    pub(crate) async fn hold(&mut self, gate: Gate) {
        gate.pass().await;
    }
}

struct Held {
    client: SearchClient,
    handle: ActorHandle<Search>,
    log: Log,
    key: Key,
}

async fn held_search() -> Held {
    let log = Log::default();
    let search = Search { log: log.clone() };
    let (client, handle) = search.spawn_with_handle(CancellationToken::new());
    let (gate, mut key) = gate();
    soon(client.hold(gate)).await.unwrap();
    key.entered().await;
    Held {
        client,
        handle,
        log,
        key,
    }
}

/// Makes the caller leave.
async fn leave<T>(call: JoinHandle<T>) {
    call.abort();
    idle().await;
}

/// Returns the number of commands that ran, and the number of those that were skipped.
fn counts<A>(exit: &Exit<A>) -> (u64, u64) {
    (exit.handled, exit.skipped)
}

#[tokio::test(start_paused = true)]
async fn exactly_what_nobody_waits_for_is_skipped() {
    let held = held_search().await;
    let (mut staying, mut leaving) = (Vec::new(), Vec::new());
    for number in 1..=6 {
        let find = calling(&held.client, async move |search| search.find(number).await).await;
        let always = calling(&held.client, async move |search| {
            search.always(10 + number).await
        })
        .await;
        if number % 2 == 0 {
            leaving.extend([find, always]);
        } else {
            staying.extend([find, always]);
        }
    }
    for call in leaving {
        leave(call).await;
    }
    held.key.open();
    for (call, number) in staying.into_iter().zip([1, 11, 3, 13, 5, 15]) {
        assert_eq!(soon(call).await.unwrap(), Ok(2 * number));
    }
    drop(held.client);
    let exit = soon(held.handle).await;
    assert_eq!(
        summary(&exit),
        "clients dropped: 10 handled, 0 refused, state"
    );
    assert_eq!(counts(&exit), (10, 3));
    assert_eq!(held.log.numbers(), [1, 11, 12, 3, 13, 14, 5, 15, 16]);
}

#[tokio::test(start_paused = true)]
async fn a_caller_that_gave_up_while_it_was_queued_is_skipped() {
    let held = held_search().await;
    let second = Duration::from_secs(1);
    assert!(timeout(second, held.client.find(1)).await.is_err());
    assert!(timeout(second, held.client.always(2)).await.is_err());
    held.key.open();
    assert_eq!(soon(held.client.find(3)).await, Ok(6));
    drop(held.client);
    assert_eq!(counts(&soon(held.handle).await), (3, 1));
    assert_eq!(held.log.numbers(), [2, 3]);
}

#[tokio::test(start_paused = true)]
async fn what_was_started_is_not_skipped() {
    let held = held_search().await;
    let (gate, mut key) = gate();
    let call = calling(&held.client, async |search| {
        search.find_slowly(1, gate).await
    })
    .await;
    held.key.open();
    key.entered().await;
    leave(call).await;
    key.open();
    drop(held.client);
    assert_eq!(counts(&soon(held.handle).await), (2, 0));
    assert_eq!(held.log.numbers(), [1]);
}

#[tokio::test(start_paused = true)]
async fn each_kind_of_call_can_be_skipped() {
    let held = held_search().await;
    let client = &held.client;
    leave(calling(client, async |search| search.acknowledged(1).await).await).await;
    leave(calling(client, async |search| search.deferred(2).await).await).await;
    drop(client.try_listed(3).unwrap());
    leave(calling(client, async |search| search.find_first(4).await).await).await;
    let acknowledged = calling(client, async |search| search.acknowledged(11).await).await;
    let deferred = calling(client, async |search| search.deferred(12).await).await;
    let mut listed = client.try_listed(13).unwrap();
    let first = calling(client, async |search| search.find_first(14).await).await;
    held.key.open();
    assert_eq!(soon(acknowledged).await.unwrap(), Ok(()));
    assert_eq!(soon(deferred).await.unwrap(), Ok(24));
    assert_eq!(soon(listed.next()).await, None);
    assert_eq!(soon(first).await.unwrap(), Ok(28));
    drop(held.client);
    assert_eq!(counts(&soon(held.handle).await), (5, 4));
    assert_eq!(held.log.numbers(), [14, 11, 12, 13]);
}

#[tokio::test(start_paused = true)]
async fn the_arguments_of_what_is_skipped_are_dropped() {
    let held = held_search().await;
    let kept = Arc::new(());
    let argument = Box::new(Arc::clone(&kept));
    leave(calling(&held.client, async |search| search.drop_it(argument).await).await).await;
    assert_eq!(Arc::strong_count(&kept), 2);
    held.key.open();
    assert_eq!(soon(held.client.find(1)).await, Ok(2));
    assert_eq!(Arc::strong_count(&kept), 1);
}

#[tokio::test(start_paused = true)]
async fn an_argument_that_panics_when_it_is_dropped_ends_the_actor() {
    let held = held_search().await;
    let argument = Box::new(PanicOnDrop);
    leave(calling(&held.client, async |search| search.drop_it(argument).await).await).await;
    held.key.open();
    let exit = soon(held.handle).await;
    assert_eq!(
        summary(&exit),
        "panicked in drop_it: 1 handled, 0 refused, no state"
    );
    assert_eq!(exit.skipped, 0);
    assert_eq!(payload(exit), Some("dropped"));
}

#[tokio::test(start_paused = true)]
async fn the_first_command_may_panic_when_it_is_skipped() {
    let log = Log::default();
    let (client, runner) = Search { log }.builder().into_runner();
    let argument = Box::new(PanicOnDrop);
    leave(calling(&client, async |search| search.drop_it(argument).await).await).await;
    let exit = soon(runner.run()).await;
    assert_eq!(
        summary(&exit),
        "panicked in drop_it: 0 handled, 0 refused, no state"
    );
}

#[tokio::test(start_paused = true)]
async fn what_is_refused_is_not_skipped() {
    let held = held_search().await;
    leave(calling(&held.client, async |search| search.find(1).await).await).await;
    let stays = calling(&held.client, async |search| search.find(2).await).await;
    let end = spawn(held.handle.shutdown(Duration::from_secs(60)));
    idle().await;
    held.key.open();
    assert_eq!(soon(stays).await.unwrap(), Err(CallError::Refused));
    let exit = soon(end).await.unwrap();
    assert_eq!(summary(&exit), "cancelled: 1 handled, 2 refused, state");
    assert_eq!(exit.skipped, 0);
}

#[tokio::test(start_paused = true)]
async fn without_an_actor_calls_are_skipped_too() {
    let log = Log::default();
    let mut search = Search { log: log.clone() };
    let (reply, answer) = Reply::new();
    drop(answer);
    let command = SearchCommand::Find { number: 1, reply };
    search.handle(command, &mut Context::detached()).await;
    assert!(log.numbers().is_empty());
}

#[test]
fn each_call_is_handled_or_skipped_under_load() {
    on_four_threads(async {
        let log = Log::default();
        let search = Search { log: log.clone() };
        let (client, handle) = search.spawn_with_handle(CancellationToken::new());
        let mut callers = Vec::new();
        for caller in 0..8 {
            let client = client.clone();
            callers.push(spawn(async move {
                for number in 0..200 {
                    let call = client.find(number);
                    if caller % 2 == 0 {
                        assert_eq!(call.await, Ok(2 * number));
                    } else {
                        // The first poll sends the call, and the second one drops it.
                        let _ = timeout(Duration::ZERO, call).await;
                    }
                }
            }));
        }
        drop(client);
        for caller in callers {
            caller.await.unwrap();
        }
        let exit = handle.await;
        assert_eq!(exit.handled, log.len() as u64);
        assert!(exit.handled >= 800);
        assert!(exit.handled + exit.skipped <= 1600);
    });
}
