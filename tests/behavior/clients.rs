//! Clients: their properties, the methods that all of them have, weak clients, and clients without an actor.

use std::fmt::Debug;
use std::pin::pin;
use std::rc::Rc;
use std::task::Poll;

use actor_runtime::{
    Actor as _, Answer, CallError, CancellationToken, Client, Reply, ReplyStream, WeakClient, Why,
    actor, channel, channel_of,
};
use tokio::task::yield_now;

use crate::support::{
    Worker, WorkerClient, WorkerCommand, idle, poll_once, soon, spawn, summary, worker,
};

/// Commands with everything that could spoil the client's bounds.
struct Odd {
    _not_sendable: Rc<()>,
}

#[actor(local)]
impl Odd {
    /// A cell is `Send` and not `Sync`.
    pub(crate) fn cell(&self, cell: std::cell::Cell<u8>) -> std::cell::Cell<u8> {
        cell
    }
}

#[test]
fn clients_can_be_shared_whatever_their_commands_carry() {
    fn check<T: Clone + Send + Sync + Debug + 'static>() {}
    check::<WorkerClient>();
    check::<WeakClient<WorkerClient>>();
    check::<OddClient>();
    check::<WeakClient<OddClient>>();
}

#[tokio::test(start_paused = true)]
async fn the_futures_of_calls_can_be_sent() {
    fn check<T: Send>(_: &T) {}
    let (client, _inbox) = channel::<Odd>(1);
    check(&client.cell(std::cell::Cell::new(1)));
    let worker = worker(1);
    check(&worker.client.note(1));
    check(&worker.client.double(1));
    check(&worker.client.try_double(1).unwrap());
    check(&worker.client.closed());
    check(&worker.handle);
}

/// Whatever has happened is ready each time that somebody asks. Each answer takes from the budget of the task.
#[tokio::test]
async fn who_asks_again_and_again_lets_others_run() {
    let worker = worker(1);
    let (reply, answer) = Reply::<u32>::new();
    drop(answer);
    let (stream, replies) = ReplyStream::<u32>::new();
    drop(replies);
    for question in 0..5 {
        if question == 1 {
            worker.handle.abort();
            soon(worker.client.ended()).await;
        }
        let mut asked = 0;
        loop {
            let is_told = match question {
                0 => poll_once(pin!(worker.handle.started())).is_ready(),
                1 => poll_once(pin!(worker.client.closed())).is_ready(),
                2 => poll_once(pin!(worker.client.ended())).is_ready(),
                3 => poll_once(pin!(reply.closed())).is_ready(),
                _ => poll_once(pin!(stream.closed())).is_ready(),
            };
            if !is_told {
                break;
            }
            asked += 1;
        }
        assert!(asked > 1, "question {question}");
        yield_now().await;
    }
}

#[test]
fn showing_a_command_shows_no_argument() {
    let (reply, _answer): (_, Answer<u32>) = Reply::new();
    let commands = [
        (WorkerCommand::Note { number: 1234 }, "note"),
        (
            WorkerCommand::Double {
                number: 1234,
                reply,
            },
            "double",
        ),
    ];
    for (command, shown) in commands {
        assert_eq!(format!("{command:?}"), shown);
        assert_eq!(format!("{command:#?}"), shown);
        assert_eq!(actor_runtime::Command::name(&command), shown);
    }
}

#[test]
fn showing_a_client_shows_no_command() {
    let (client, _inbox) = channel::<Worker>(2);
    client.try_note(1234).unwrap();
    let shown = format!("{client:?}");
    assert_eq!(shown, "WorkerClient { is_closed: false, .. }");
    let shown = format!("{:?}", client.downgrade());
    assert_eq!(shown, "WeakClient { .. }");
}

#[tokio::test(start_paused = true)]
async fn clients_know_whether_they_reach_the_same_actor() {
    let (one, other) = (worker(1), worker(1));
    let clone = one.client.clone();
    let upgraded = one.client.downgrade().upgrade().unwrap();
    assert!(one.client.same_actor(&one.client));
    assert!(one.client.same_actor(&clone));
    assert!(one.client.same_actor(&upgraded));
    assert!(!one.client.same_actor(&other.client));
}

#[tokio::test(start_paused = true)]
async fn clients_are_told_of_the_end() {
    let worker = worker(1);
    let early = spawn({
        let client = worker.client.clone();
        async move { client.closed().await }
    });
    let mut left = Box::pin(worker.client.closed());
    assert!(poll_once(left.as_mut()).is_pending());
    idle().await;
    assert!(!early.is_finished());
    assert!(!worker.client.is_closed());
    drop(left);
    assert_eq!(soon(worker.client.stop()).await, Ok(0));
    assert!(worker.client.is_closed());
    soon(early).await.unwrap();
    soon(worker.client.closed()).await;
}

#[tokio::test(start_paused = true)]
async fn waiting_for_the_end_keeps_an_actor_alive_as_a_client_does() {
    let worker = worker(1);
    let client = worker.client;
    let weak = client.downgrade();
    let watching = spawn(async move { client.closed().await });
    idle().await;
    assert!(weak.upgrade().is_some());
    watching.abort();
    idle().await;
    assert!(weak.upgrade().is_none());
    assert!(worker.handle.is_finished());
}

#[tokio::test(start_paused = true)]
async fn weak_clients_do_not_keep_an_actor_alive() {
    let worker = worker(8);
    let weak = worker.client.downgrade();
    let clone = weak.clone();
    let upgraded = weak.upgrade().unwrap();
    drop(worker.client);
    idle().await;
    // Once upgraded, it is a client like any other.
    assert_eq!(soon(upgraded.double(1)).await, Ok(2));
    drop(upgraded);
    assert!(weak.upgrade().is_none());
    assert!(clone.upgrade().is_none());
    let exit = soon(worker.handle).await;
    assert_eq!(
        summary(&exit),
        "clients dropped: 1 handled, 0 refused, state"
    );
}

#[tokio::test(start_paused = true)]
async fn weak_clients_can_be_upgraded_after_the_end_while_there_is_a_client() {
    let worker = worker(8);
    let weak = worker.client.downgrade();
    assert_eq!(soon(worker.client.stop()).await, Ok(0));
    let _ = soon(worker.handle).await;
    let upgraded = weak.upgrade().unwrap();
    assert!(upgraded.is_closed());
    assert_eq!(
        soon(upgraded.double(1)).await,
        Err(CallError::Closed(Why::Stopped))
    );
}

#[tokio::test(start_paused = true)]
async fn an_actor_with_its_own_weak_client_ends() {
    struct Knower {
        itself: Option<WeakClient<KnowerClient>>,
    }

    #[actor]
    impl Knower {
        pub(crate) fn know(&mut self, itself: WeakClient<KnowerClient>) {
            self.itself = Some(itself);
        }

        pub(crate) fn knows(&self) -> bool {
            let itself = self.itself.as_ref();
            itself.is_some_and(|weak| weak.upgrade().is_some())
        }
    }

    let (client, handle) = Knower { itself: None }.spawn_with_handle(CancellationToken::new());
    client.know(client.downgrade()).await.unwrap();
    assert_eq!(soon(client.knows()).await, Ok(true));
    drop(client);
    assert_eq!(
        summary(&soon(handle).await),
        "clients dropped: 2 handled, 0 refused, state"
    );
}

#[tokio::test(start_paused = true)]
async fn a_client_without_an_actor_is_answered_by_the_test() {
    let (client, mut inbox) = channel::<Worker>(2);
    let caller = spawn({
        let client = client.clone();
        async move {
            client.note(1).await.unwrap();
            let doubled = client.double(2).await;
            let unanswered = client.double(3).await;
            (doubled, unanswered)
        }
    });
    let mut next = async || soon(inbox.next()).await.unwrap();
    assert!(matches!(next().await, WorkerCommand::Note { number: 1 }));
    let WorkerCommand::Double { number: 2, reply } = next().await else {
        panic!("the second command is a call");
    };
    reply.send(1000);
    let WorkerCommand::Double { number: 3, reply } = next().await else {
        panic!("the third command is a call");
    };
    drop(reply);
    assert_eq!(
        soon(caller).await.unwrap(),
        (Ok(1000), Err(CallError::Unanswered))
    );
    drop(client);
    assert!(soon(inbox.next()).await.is_none());
    assert!(soon(inbox.next()).await.is_none(), "and it stays so");
}

#[tokio::test(start_paused = true)]
async fn an_inbox_that_is_dropped_refuses_what_it_holds() {
    let (client, mut inbox) = channel::<Worker>(3);
    let mut calls: Vec<_> = (0..4)
        .map(|number| Box::pin(client.double(number)))
        .collect();
    for call in &mut calls {
        assert!(poll_once(call.as_mut()).is_pending());
    }
    let taken = inbox.next().await;
    drop(inbox);
    drop(taken);
    let mut answers = Vec::new();
    for call in calls {
        answers.push(soon(call).await.unwrap_err());
    }
    // Three were accepted, and one of them was taken out. The last came too late for the place of that one.
    assert_eq!(answers[0], CallError::Stopped);
    assert_eq!(answers[1..3], [CallError::Refused, CallError::Refused]);
    assert!(answers[3].never_ran(), "{:?}", answers[3]);
}

#[test]
fn an_inbox_that_is_asked_in_vain_loses_nothing() {
    let (client, mut inbox) = channel::<Worker>(8);
    for number in 0..300 {
        assert!(poll_once(pin!(inbox.next())).is_pending());
        client.try_note(number).unwrap();
        let Poll::Ready(Some(WorkerCommand::Note { number: received })) =
            poll_once(pin!(inbox.next()))
        else {
            panic!("{number} is lost");
        };
        assert_eq!(received, number);
    }
}

#[tokio::test(start_paused = true)]
async fn a_reply_is_a_channel_of_its_own() {
    let (reply, answer) = Reply::new();
    reply.send(1);
    assert_eq!(soon(answer).await, Ok(1));

    let (reply, answer) = Reply::<u8>::new();
    drop(reply);
    assert_eq!(soon(answer).await, Err(CallError::Unanswered));

    let (reply, answer) = Reply::<u8>::new();
    let sender = spawn(async move {
        let _reply = reply;
        std::panic::resume_unwind(Box::new(()))
    });
    let _: Result<(), _> = soon(sender).await;
    assert_eq!(soon(answer).await, Err(CallError::Panicked));

    // The call is first polled in one place, then in another.
    let (reply, mut answer) = Reply::new();
    let mut first = Box::pin(&mut answer);
    assert!(poll_once(first.as_mut()).is_pending());
    drop(first);
    let answer = spawn(answer);
    idle().await;
    reply.send(2);
    assert_eq!(soon(answer).await.unwrap(), Ok(2));
}

struct Blob([u8; 1024]);

#[actor]
#[allow(clippy::large_types_passed_by_value, reason = "that is what is tested")]
impl Blob {
    #[command(try)]
    pub(crate) fn store(&mut self, bytes: [u8; 1024]) {
        self.0 = bytes;
    }

    #[command(try)]
    pub(crate) fn swap(&mut self, bytes: [u8; 1024]) -> [u8; 1024] {
        bytes
    }

    pub(crate) fn borrow(&mut self, bytes: &[u8; 1024]) -> u8 {
        bytes[0]
    }
}

/// A future holds the value that it sends, but not once per layer.
#[test]
fn the_futures_of_calls_are_not_much_larger_than_what_they_send() {
    let (client, _inbox) = channel::<Blob>(1);
    let bytes = [0; 1024];
    let sizes = [
        ("store", size_of_val(&client.store(bytes))),
        ("swap", size_of_val(&client.swap(bytes))),
        ("borrow", size_of_val(&client.borrow(&bytes))),
    ];
    println!("{sizes:?}");
    for (method, size) in sizes {
        assert!(size < 3 * 1024, "{method}: {size} bytes");
    }
}

#[tokio::test(start_paused = true)]
async fn a_fake_needs_the_type_of_the_client_only() {
    let (client, mut inbox) = channel_of::<WorkerClient>(1);
    let call = spawn(async move { client.double(1).await });
    let Some(WorkerCommand::Double { number, reply }) = soon(inbox.next()).await else {
        panic!("another command came");
    };
    reply.send(2 * number);
    assert_eq!(soon(call).await.unwrap(), Ok(2));
    assert!(soon(inbox.next()).await.is_none());
}

mod feed {
    use actor_runtime::{Context, actor};

    #[derive(Default)]
    pub(crate) struct Feed(Vec<u32>);

    #[actor]
    impl Feed {
        pub(crate) fn refresh(&self, number: u32, ctx: &mut Context<Self>) {
            let feed = ctx.client().clone();
            ctx.spawn(async move {
                let feed = feed.upgrade().expect("the test has a client");
                assert_eq!(feed.push(number).await, Ok(1));
                drop(feed.try_push(10 * number));
            });
        }

        #[command(try)]
        fn push(&mut self, number: u32) -> usize {
            self.0.push(number);
            self.0.len()
        }

        pub(crate) fn numbers(&self) -> Vec<u32> {
            self.0.clone()
        }
    }
}

#[tokio::test(start_paused = true)]
async fn an_actor_can_send_itself_what_nobody_else_can() {
    let feed = feed::Feed::default().spawn(CancellationToken::new());
    soon(feed.refresh(1)).await.unwrap();
    idle().await;
    assert_eq!(soon(feed.numbers()).await.unwrap(), [1, 10]);
}
