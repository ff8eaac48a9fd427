//! Streamed replies, of many items.

use std::future::poll_fn;
use std::pin::Pin;

use actor_runtime::{
    Actor, ActorHandle, CallError, CancellationToken, Context, Replies, ReplyStream, Stream,
    TrySendError, Why, actor, channel,
};
use tokio::task::LocalSet;

use crate::support::{Gate, Log, gate, idle, on_four_threads, soon, spawn, summary};

struct Library {
    log: Log,
}

#[actor(capacity = 2)]
impl Library {
    /// Notes each number once it was sent, and 1000 if the reader has gone.
    #[command(try)]
    pub(crate) async fn list(&mut self, numbers: u32, mut reply: ReplyStream<u32>) {
        for number in 1..=numbers {
            if reply.send(number).await.is_err() {
                self.log.push(1000);
                return;
            }
            self.log.push(number);
        }
        reply.finish();
    }

    /// Sends an item before the gate and one after it, and notes 1000 if the reader has gone.
    pub(crate) async fn list_around(&mut self, gate: Gate, mut reply: ReplyStream<u32>) {
        reply.send(1).await.unwrap();
        self.log.push(1);
        gate.pass().await;
        match reply.send(2).await {
            Ok(()) => reply.finish(),
            Err(_) => self.log.push(1000),
        }
    }

    /// The next command does not wait for this one.
    pub(crate) fn list_aside(
        &self,
        numbers: u32,
        mut reply: ReplyStream<u32>,
        ctx: &mut Context<Self>,
    ) {
        let log = self.log.clone();
        ctx.spawn(async move {
            for number in 1..=numbers {
                if reply.send(number).await.is_err() {
                    return;
                }
                log.push(number);
            }
            reply.finish();
        });
    }

    pub(crate) async fn truncate(&self, numbers: u32, mut reply: ReplyStream<u32>) {
        for number in 1..=numbers {
            reply.send(number).await.unwrap();
        }
    }

    pub(crate) async fn panic_after(&self, numbers: u32, mut reply: ReplyStream<u32>) {
        for number in 1..=numbers {
            reply.send(number).await.unwrap();
        }
        std::panic::resume_unwind(Box::new(()))
    }

    pub(crate) async fn hold_after(&self, numbers: u32, mut reply: ReplyStream<u32>, gate: Gate) {
        for number in 1..=numbers {
            reply.send(number).await.unwrap();
        }
        gate.pass().await;
        reply.finish();
    }

    /// Sends as many items as there is room for, and reports their number.
    pub(crate) fn try_all(&mut self, mut reply: ReplyStream<u32>) {
        let mut next = 1;
        let unsent = loop {
            match reply.try_send(next) {
                Ok(()) => next += 1,
                Err(unsent) => break unsent,
            }
        };
        assert!(matches!(unsent, TrySendError::Full(_)));
        self.log.push(unsent.into_item());
        reply.finish();
    }

    pub(crate) async fn wait_for_reader(&mut self, reply: ReplyStream<u32>) {
        reply.closed().await;
        assert!(reply.is_closed());
        self.log.push(1000);
    }

    pub(crate) async fn hold(&mut self, gate: Gate) {
        gate.pass().await;
    }

    #[command(ack)]
    pub(crate) fn ping(&self) {}

    #[command(priority)]
    pub(crate) async fn list_first(&mut self, number: u32, mut reply: ReplyStream<u32>) {
        self.log.push(number);
        reply.send(number).await.unwrap();
        reply.finish();
    }

    pub(crate) fn note(&mut self, number: u32) {
        self.log.push(number);
    }
}

struct Open {
    client: LibraryClient,
    handle: ActorHandle<Library>,
    log: Log,
    shutdown: CancellationToken,
}

fn library() -> Open {
    let (log, shutdown) = (Log::default(), CancellationToken::new());
    let (client, handle) = Library { log: log.clone() }.spawn_with_handle(shutdown.clone());
    Open {
        client,
        handle,
        log,
        shutdown,
    }
}

/// The number of items that there is room for.
const ROOM: u32 = 16;

/// Returns all items, and the error at the end, if there is one.
async fn read(mut replies: Replies<u32>) -> (Vec<u32>, Option<CallError>) {
    let mut items = Vec::new();
    while let Some(item) = soon(replies.next()).await {
        match item {
            Ok(item) => items.push(item),
            Err(error) => {
                assert_eq!(
                    soon(replies.next()).await,
                    None,
                    "an error is the last item"
                );
                return (items, Some(error));
            }
        }
    }
    assert_eq!(soon(replies.next()).await, None);
    (items, None)
}

fn up_to(last: u32) -> Vec<u32> {
    (1..=last).collect()
}

#[tokio::test(start_paused = true)]
async fn the_items_come_in_order_and_end() {
    for numbers in [0, 1, ROOM, ROOM + 1, 1000] {
        let library = library();
        let replies = soon(library.client.list(numbers)).await.unwrap();
        assert_eq!(read(replies).await, (up_to(numbers), None));
        drop(library.client);
        let exit = soon(library.handle).await;
        assert_eq!((exit.handled, exit.refused), (1, 0));
    }
}

#[tokio::test(start_paused = true)]
async fn a_truncated_list_ends_in_an_error() {
    for numbers in [0, 1, ROOM, 1000] {
        let library = library();
        let replies = soon(library.client.truncate(numbers)).await.unwrap();
        let expected = (up_to(numbers), Some(CallError::Unanswered));
        assert_eq!(read(replies).await, expected);
        assert_eq!(soon(library.client.ping()).await, Ok(()));
    }
}

#[tokio::test(start_paused = true)]
async fn a_panic_ends_the_list_in_an_error() {
    for numbers in [0, 3] {
        let library = library();
        let replies = soon(library.client.panic_after(numbers)).await.unwrap();
        let expected = (up_to(numbers), Some(CallError::Panicked));
        assert_eq!(read(replies).await, expected);
        assert_eq!(
            summary(&soon(library.handle).await),
            "panicked in panic_after: 0 handled, 0 refused, no state"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_list_that_is_cut_off_ends_in_an_error() {
    let library = library();
    let (gate, mut key) = gate();
    let replies = soon(library.client.hold_after(3, gate)).await.unwrap();
    key.entered().await;
    library.handle.abort();
    let expected = (up_to(3), Some(CallError::Stopped));
    assert_eq!(read(replies).await, expected);
}

#[tokio::test(start_paused = true)]
async fn a_list_that_was_never_started_is_refused() {
    let library = library();
    let (gate, mut key) = gate();
    soon(library.client.hold(gate)).await.unwrap();
    key.entered().await;
    let replies = soon(library.client.list(3)).await.unwrap();
    let first = soon(library.client.list_first(3)).await.unwrap();
    library.shutdown.cancel();
    key.open();
    assert_eq!(read(replies).await, (vec![], Some(CallError::Refused)));
    assert_eq!(read(first).await, (vec![], Some(CallError::Refused)));
    assert_eq!(
        summary(&soon(library.handle).await),
        "cancelled: 1 handled, 2 refused, state"
    );
    assert!(library.log.numbers().is_empty());
}

#[tokio::test(start_paused = true)]
async fn an_actor_that_is_gone_takes_no_request() {
    let library = library();
    library.shutdown.cancel();
    idle().await;
    let client = &library.client;
    assert_eq!(
        soon(client.list(3)).await.unwrap_err(),
        CallError::Closed(Why::Cancelled)
    );
    assert_eq!(
        client.try_list(3).unwrap_err(),
        CallError::Closed(Why::Cancelled)
    );
    assert_eq!(
        soon(client.list_first(3)).await.unwrap_err(),
        CallError::Closed(Why::Cancelled)
    );
}

#[tokio::test(start_paused = true)]
async fn the_request_waits_for_room_in_the_mailbox() {
    let library = library();
    let (gate, mut key) = gate();
    soon(library.client.hold(gate)).await.unwrap();
    key.entered().await;
    let one = library.client.try_list(1).unwrap();
    let two = library.client.try_list(2).unwrap();
    assert_eq!(library.client.try_list(3).unwrap_err(), CallError::Full);
    let client = library.client.clone();
    let three = spawn(async move { client.list(3).await });
    idle().await;
    assert!(!three.is_finished());
    key.open();
    let three = soon(three).await.unwrap().unwrap();
    for (number, replies) in (1..).zip([one, two, three]) {
        assert_eq!(read(replies).await, (up_to(number), None));
    }
}

#[tokio::test(start_paused = true)]
async fn a_method_does_not_wait_for_the_reader() {
    let library = library();
    let replies = soon(library.client.list(100)).await.unwrap();
    // Nothing is read, and the next caller has its turn.
    soon(library.client.ping()).await.unwrap();
    assert_eq!(library.log.numbers(), up_to(100));
    assert_eq!(read(replies).await, (up_to(100), None));
}

#[tokio::test(start_paused = true)]
async fn a_reader_may_call_the_actor_between_two_items() {
    let library = library();
    let mut replies = soon(library.client.list(100)).await.unwrap();
    for number in up_to(100) {
        assert_eq!(soon(replies.next()).await, Some(Ok(number)));
        soon(library.client.ping()).await.unwrap();
    }
    assert_eq!(soon(replies.next()).await, None);
}

#[tokio::test(start_paused = true)]
async fn a_task_waits_for_the_reader() {
    let library = library();
    let mut replies = soon(library.client.list_aside(100)).await.unwrap();
    for read in 0..5 {
        idle().await;
        assert_eq!(library.log.numbers(), up_to(ROOM + read));
        assert_eq!(soon(replies.next()).await, Some(Ok(read + 1)));
    }
    let rest = (6..=100).collect();
    assert_eq!(read(replies).await, (rest, None));
}

/// Lists from a task that a method polls.
struct Desk {
    log: Log,
}

#[actor(local)]
impl Desk {
    pub(crate) async fn list(&self, numbers: u32, mut reply: ReplyStream<u32>) {
        let log = self.log.clone();
        let tasks = LocalSet::new();
        tasks.spawn_local(async move {
            for number in 1..=numbers {
                reply.send(number).await.unwrap();
                log.push(number);
            }
            reply.finish();
        });
        tasks.await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_task_that_a_method_polls_waits_for_the_reader() {
    let log = Log::default();
    let (client, runner) = Desk { log: log.clone() }.builder().into_runner();
    let reads = async {
        let replies = client.list(100).await.unwrap();
        idle().await;
        assert_eq!(log.numbers(), up_to(ROOM));
        let items = read(replies).await;
        drop(client);
        items
    };
    let (_, items) = soon(async { tokio::join!(runner.run(), reads) }).await;
    assert_eq!(items, (up_to(100), None));
}

#[tokio::test(start_paused = true)]
async fn what_need_not_wait_does_not() {
    let library = library();
    let replies = soon(library.client.try_all()).await.unwrap();
    // Nothing is read before the method is done.
    soon(library.client.ping()).await.unwrap();
    assert_eq!(library.log.numbers(), [ROOM + 1]);
    assert_eq!(read(replies).await, (up_to(ROOM), None));
}

#[tokio::test(start_paused = true)]
async fn a_reader_that_is_behind_loses_nothing() {
    let library = library();
    let replies = soon(library.client.list(ROOM)).await.unwrap();
    // The list is finished, and the actor has ended.
    soon(library.client.ping()).await.unwrap();
    drop(library.client);
    let _ = soon(library.handle).await;
    assert_eq!(read(replies).await, (up_to(ROOM), None));
}

#[tokio::test(start_paused = true)]
async fn a_reader_does_not_keep_the_actor_alive() {
    let library = library();
    let replies = soon(library.client.list(100)).await.unwrap();
    drop(library.client);
    assert_eq!(read(replies).await, (up_to(100), None));
    assert_eq!(
        summary(&soon(library.handle).await),
        "clients dropped: 1 handled, 0 refused, state"
    );
}

#[tokio::test(start_paused = true)]
async fn the_actor_learns_that_the_reader_has_gone() {
    let library = library();
    let (gate, mut key) = gate();
    let mut replies = soon(library.client.list_around(gate)).await.unwrap();
    key.entered().await;
    assert_eq!(soon(replies.next()).await, Some(Ok(1)));
    drop(replies);
    key.open();
    soon(library.client.ping()).await.unwrap();
    assert_eq!(library.log.numbers(), [1, 1000]);
}

#[tokio::test(start_paused = true)]
async fn a_task_that_waits_learns_that_the_reader_has_gone() {
    let library = library();
    let mut replies = soon(library.client.list_aside(100)).await.unwrap();
    assert_eq!(soon(replies.next()).await, Some(Ok(1)));
    idle().await;
    drop(replies);
    drop(library.client);
    let _ = soon(library.handle).await;
    assert_eq!(library.log.numbers(), up_to(ROOM + 1));
}

#[tokio::test(start_paused = true)]
async fn the_actor_can_wait_for_the_reader_to_go() {
    let library = library();
    let replies = soon(library.client.wait_for_reader()).await.unwrap();
    idle().await;
    assert!(library.log.numbers().is_empty());
    drop(replies);
    soon(library.client.ping()).await.unwrap();
    assert_eq!(library.log.numbers(), [1000]);
}

#[tokio::test(start_paused = true)]
async fn a_reader_that_left_before_the_start_stops_nothing() {
    let library = library();
    let (gate, mut key) = gate();
    soon(library.client.hold(gate)).await.unwrap();
    key.entered().await;
    drop(soon(library.client.list(3)).await.unwrap());
    key.open();
    soon(library.client.ping()).await.unwrap();
    assert_eq!(library.log.numbers(), [1000]);
}

#[tokio::test(start_paused = true)]
async fn a_task_can_send_the_items_while_the_actor_goes_on() {
    let library = library();
    let replies = soon(library.client.list_aside(100)).await.unwrap();
    let others = soon(library.client.list_aside(50)).await.unwrap();
    // Nothing is read yet.
    soon(library.client.ping()).await.unwrap();
    idle().await;
    assert_eq!(read(others).await, (up_to(50), None));
    drop(library.client);
    // The end waits for the task, and the task for the reader.
    idle().await;
    assert!(!library.handle.is_finished());
    assert_eq!(read(replies).await, (up_to(100), None));
    let exit = soon(library.handle).await;
    assert_eq!((exit.handled, exit.refused), (3, 0));
}

#[tokio::test(start_paused = true)]
async fn a_task_that_is_aborted_leaves_a_truncated_list() {
    let library = library();
    let replies = soon(library.client.list_aside(100)).await.unwrap();
    idle().await;
    library.handle.abort();
    let expected = (up_to(ROOM), Some(CallError::Stopped));
    assert_eq!(read(replies).await, expected);
}

#[tokio::test(start_paused = true)]
async fn a_list_with_priority_comes_first() {
    let library = library();
    let (gate, mut key) = gate();
    soon(library.client.hold(gate)).await.unwrap();
    key.entered().await;
    soon(library.client.note(1)).await.unwrap();
    let replies = soon(library.client.list_first(11)).await.unwrap();
    key.open();
    assert_eq!(read(replies).await, (vec![11], None));
    idle().await;
    assert_eq!(library.log.numbers(), [11, 1]);
}

/// Collects the items of any stream.
async fn collected<S: Stream + Unpin>(mut stream: S) -> Vec<S::Item> {
    let mut items = Vec::new();
    while let Some(item) = poll_fn(|cx| Pin::new(&mut stream).poll_next(cx)).await {
        items.push(item);
    }
    items
}

#[tokio::test(start_paused = true)]
async fn replies_are_a_stream() {
    let library = library();
    let replies = soon(library.client.list(2)).await.unwrap();
    assert_eq!(soon(collected(replies)).await, [Ok(1), Ok(2)]);
    let replies = soon(library.client.truncate(1)).await.unwrap();
    let expected = [Ok(1), Err(CallError::Unanswered)];
    assert_eq!(soon(collected(replies)).await, expected);
}

#[tokio::test(start_paused = true)]
async fn a_fake_sends_the_items_of_its_choice() {
    let (client, mut inbox) = channel::<Library>(2);
    let replies = client.try_list(7).unwrap();
    let Some(LibraryCommand::List {
        numbers: 7,
        mut reply,
    }) = soon(inbox.next()).await
    else {
        panic!("another command");
    };
    soon(reply.send(70)).await.unwrap();
    reply.finish();
    assert_eq!(read(replies).await, (vec![70], None));

    let refused = client.try_list(8).unwrap();
    drop(inbox);
    assert_eq!(read(refused).await, (vec![], Some(CallError::Refused)));
}

struct Shelf<T> {
    items: Vec<T>,
}

#[actor]
impl<T: Clone + Sync> Shelf<T> {
    pub(crate) async fn items(&self, mut reply: ReplyStream<T>) {
        for item in &self.items {
            if reply.send(item.clone()).await.is_err() {
                return;
            }
        }
        reply.finish();
    }
}

#[tokio::test(start_paused = true)]
async fn a_streamed_reply_can_be_generic() {
    let items = vec!["a", "b"];
    let shelf = Shelf { items }.spawn(CancellationToken::new());
    let replies = soon(shelf.items()).await.unwrap();
    assert_eq!(soon(collected(replies)).await, [Ok("a"), Ok("b")]);
}

#[test]
fn readers_on_other_threads_get_all() {
    on_four_threads(async {
        let log = Log::default();
        let client = Library { log }.spawn(CancellationToken::new());
        let mut readers = Vec::new();
        for numbers in 0..100 {
            let client = client.clone();
            readers.push(spawn(async move {
                let items = collected(client.list(numbers).await.unwrap()).await;
                let expected: Vec<_> = (1..=numbers).map(Ok).collect();
                assert_eq!(items, expected);
            }));
        }
        for reader in readers {
            reader.await.unwrap();
        }
    });
}
