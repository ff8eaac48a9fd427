//! Deferred replies, which are sent later or from elsewhere.

use std::collections::HashMap;
use std::io;

use actor_runtime::{
    Actor, ActorHandle, CallError, CancellationToken, Context, Reply, Why, actor, channel,
};
use tokio::select;
use tokio::sync::oneshot;
use tokio::task::{JoinHandle, spawn_blocking};

use crate::support::{Gate, gate, idle, on_four_threads, soon, spawn, summary};

#[derive(Default)]
struct Exchange {
    waiting: HashMap<u32, Reply<String>>,
}

#[actor(capacity = 2)]
impl Exchange {
    #[command(try, blocking)]
    pub(crate) fn ask(&mut self, id: u32, reply: Reply<String>) {
        self.waiting.insert(id, reply);
    }

    /// Returns true if somebody had asked.
    pub(crate) fn answer(&mut self, id: u32, text: &str) -> bool {
        let reply = self.waiting.remove(&id);
        reply.map(|reply| reply.send(text.to_owned())).is_some()
    }

    pub(crate) fn forget(&mut self, id: u32) -> bool {
        self.waiting.remove(&id).is_some()
    }

    pub(crate) fn is_asked(&self, id: u32) -> bool {
        let reply = self.waiting.get(&id);
        reply.is_some_and(|reply| !reply.is_closed())
    }

    pub(crate) async fn answer_and_hold(&mut self, reply: Reply<u32>, gate: Gate) {
        reply.send(1);
        gate.pass().await;
    }

    /// Works for as long as somebody waits for the answer.
    pub(crate) async fn work(&mut self, reply: Reply<u32>, gate: Gate) {
        select! {
            () = reply.closed() => {}
            () = gate.pass() => reply.send(3),
        }
    }

    /// The next command does not wait for this one.
    pub(crate) fn answer_elsewhere(&self, reply: Reply<u32>, gate: Gate, ctx: &mut Context<Self>) {
        ctx.spawn(async move {
            gate.pass().await;
            reply.send(2);
        });
    }

    pub(crate) fn answer_on_a_thread(&self, go_on: oneshot::Receiver<u32>, reply: Reply<u32>) {
        std::thread::spawn(move || reply.send(go_on.blocking_recv().unwrap()));
    }

    pub(crate) fn panic(&self, reply: Reply<u32>) {
        let _reply = reply;
        std::panic::resume_unwind(Box::new(()))
    }

    pub(crate) async fn hold(&mut self, gate: Gate) {
        gate.pass().await;
    }

    pub(crate) fn stop_and_keep(&mut self, id: u32, reply: Reply<String>, ctx: &mut Context<Self>) {
        self.waiting.insert(id, reply);
        ctx.stop();
    }
}

fn exchange() -> (ExchangeClient, ActorHandle<Exchange>) {
    Exchange::default().spawn_with_handle(CancellationToken::new())
}

/// A call on a task of its own, once it waits.
async fn asking(client: &ExchangeClient, id: u32) -> JoinHandle<Result<String, CallError>> {
    let client = client.clone();
    let call = spawn(async move { client.ask(id).await });
    idle().await;
    assert!(!call.is_finished());
    call
}

#[tokio::test(start_paused = true)]
async fn work_for_a_caller_that_left_can_be_cut_off() {
    let exchange = Exchange::default().spawn(CancellationToken::new());
    let (gate, mut key) = gate();
    let call = spawn({
        let exchange = exchange.clone();
        async move { exchange.work(gate).await }
    });
    key.entered().await;
    call.abort();
    // The method has ended, although nobody has opened the gate.
    assert_eq!(soon(exchange.is_asked(0)).await, Ok(false));
    drop(key);

    let (gate, key) = self::gate();
    key.open();
    assert_eq!(soon(exchange.work(gate)).await, Ok(3));
}

#[tokio::test(start_paused = true)]
async fn a_later_command_can_answer() {
    let (client, _handle) = exchange();
    let one = asking(&client, 1).await;
    let two = asking(&client, 2).await;
    assert_eq!(soon(client.answer(2, "two")).await, Ok(true));
    assert_eq!(soon(two).await.unwrap(), Ok("two".to_owned()));
    assert!(!one.is_finished());
    assert_eq!(soon(client.answer(1, "one")).await, Ok(true));
    assert_eq!(soon(one).await.unwrap(), Ok("one".to_owned()));
    assert_eq!(soon(client.answer(1, "again")).await, Ok(false));
}

#[tokio::test(start_paused = true)]
async fn a_reply_can_be_sent_before_the_method_returns() {
    let (client, _handle) = exchange();
    let (gate, mut key) = gate();
    assert_eq!(soon(client.answer_and_hold(gate)).await, Ok(1));
    key.entered().await;
    let next = spawn(async move { client.is_asked(1).await });
    idle().await;
    assert!(!next.is_finished());
    key.open();
    assert_eq!(soon(next).await.unwrap(), Ok(false));
}

#[tokio::test(start_paused = true)]
async fn another_task_can_answer_while_the_actor_goes_on() {
    let (client, handle) = exchange();
    let (gate, mut key) = gate();
    let caller = client.clone();
    let call = spawn(async move { caller.answer_elsewhere(gate).await });
    key.entered().await;
    assert_eq!(soon(client.is_asked(1)).await, Ok(false));
    assert!(!call.is_finished());
    // The end of the actor waits for its tasks.
    drop(client);
    idle().await;
    assert!(!handle.is_finished());
    key.open();
    assert_eq!(soon(call).await.unwrap(), Ok(2));
    assert_eq!(
        summary(&soon(handle).await),
        "clients dropped: 2 handled, 0 refused, state"
    );
}

#[test]
fn a_thread_can_answer_while_the_actor_goes_on() {
    on_four_threads(async {
        let (client, _handle) = exchange();
        let (go_on, may_go_on) = oneshot::channel();
        let caller = client.clone();
        let call = spawn(async move { caller.answer_on_a_thread(may_go_on).await });
        assert_eq!(client.is_asked(1).await, Ok(false));
        go_on.send(7).unwrap();
        assert_eq!(call.await.unwrap(), Ok(7));
    });
}

/// A command that is sent to another actor.
struct Job {
    number: u32,
    reply: Reply<u32>,
}

struct Back;

#[actor]
impl Back {
    pub(crate) fn work(&mut self, job: Job) {
        let Job { number, reply } = job;
        reply.send(2 * number);
    }
}

struct Front {
    back: BackClient,
}

#[actor]
impl Front {
    pub(crate) async fn double(&self, number: u32, reply: Reply<u32>) {
        // Dropped with the job, the reply says so.
        let _ = self.back.work(Job { number, reply }).await;
    }
}

#[tokio::test(start_paused = true)]
async fn another_actor_can_answer() {
    let shutdown = CancellationToken::new();
    let back = Back.spawn(shutdown.clone());
    let front = Front { back }.spawn(CancellationToken::new());
    assert_eq!(soon(front.double(4)).await, Ok(8));
    shutdown.cancel();
    idle().await;
    // The front lives, so the error does not say that it has stopped.
    assert_eq!(soon(front.double(4)).await, Err(CallError::Unanswered));
    assert_eq!(soon(front.double(4)).await, Err(CallError::Unanswered));
}

#[tokio::test(start_paused = true)]
async fn a_reply_that_is_dropped_says_so_while_the_actor_lives() {
    let (client, _handle) = exchange();
    let call = asking(&client, 1).await;
    assert_eq!(soon(client.forget(1)).await, Ok(true));
    assert_eq!(soon(call).await.unwrap(), Err(CallError::Unanswered));
    // The second reply takes the place of the first.
    let first = asking(&client, 2).await;
    let second = asking(&client, 2).await;
    assert_eq!(soon(first).await.unwrap(), Err(CallError::Unanswered));
    assert_eq!(soon(client.answer(2, "two")).await, Ok(true));
    assert_eq!(soon(second).await.unwrap(), Ok("two".to_owned()));
}

#[tokio::test(start_paused = true)]
async fn who_waits_for_an_actor_that_ends_is_told() {
    let client = Exchange::default().spawn(CancellationToken::new());
    let kept = asking(&client, 1).await;
    let last = soon(client.stop_and_keep(2)).await;
    assert_eq!(last, Err(CallError::Stopped));
    assert_eq!(soon(kept).await.unwrap(), Err(CallError::Stopped));

    let (client, handle) = exchange();
    let kept = asking(&client, 1).await;
    handle.abort();
    assert_eq!(soon(kept).await.unwrap(), Err(CallError::Stopped));
}

/// The replies belong to the state, and so to whoever gets the state.
#[tokio::test(start_paused = true)]
async fn nobody_waits_for_a_reply_in_a_final_state() {
    let (client, handle) = exchange();
    let kept = asking(&client, 1).await;
    assert_eq!(soon(client.forget(0)).await, Ok(false));
    let mut exit = soon(handle.shutdown(std::time::Duration::from_secs(1))).await;
    assert_eq!(soon(kept).await.unwrap(), Err(CallError::Stopped));
    let state = exit.state.as_mut().unwrap();
    assert!(state.waiting[&1].is_closed());
}

#[tokio::test(start_paused = true)]
async fn nobody_waits_while_the_exit_waits_for_its_handle() {
    let log = CancellationToken::new();
    let (client, handle) = Exchange::default().spawn_with_handle(log.clone());
    let kept = asking(&client, 1).await;
    log.cancel();
    assert_eq!(soon(kept).await.unwrap(), Err(CallError::Stopped));
    drop(handle);
}

#[tokio::test(start_paused = true)]
async fn a_reply_that_was_kept_is_refused_or_unanswered_as_far_as_it_got() {
    let (client, handle) = exchange();
    let kept = asking(&client, 1).await;
    let (gate, mut key) = gate();
    soon(client.hold(gate)).await.unwrap();
    key.entered().await;
    let queued = asking(&client, 2).await;
    handle.abort();
    assert_eq!(soon(queued).await.unwrap(), Err(CallError::Refused));
    assert_eq!(soon(kept).await.unwrap(), Err(CallError::Stopped));
    let exit = soon(handle).await;
    assert_eq!(
        summary(&exit),
        "aborted in hold: 1 handled, 1 refused, no state"
    );
}

#[tokio::test(start_paused = true)]
async fn a_panic_tells_who_waits_for_its_method() {
    let (client, handle) = exchange();
    let kept = asking(&client, 1).await;
    assert_eq!(soon(client.panic()).await, Err(CallError::Panicked));
    // The state was dropped by the panic.
    let kept = soon(kept).await.unwrap();
    assert!(
        matches!(kept, Err(CallError::Panicked | CallError::Stopped)),
        "{kept:?}"
    );
    let exit = soon(handle).await;
    assert_eq!(
        summary(&exit),
        "panicked in panic: 1 handled, 0 refused, no state"
    );
}

#[tokio::test(start_paused = true)]
async fn the_actor_learns_that_the_caller_has_left() {
    let (client, _handle) = exchange();
    let call = asking(&client, 1).await;
    assert_eq!(soon(client.is_asked(1)).await, Ok(true));
    call.abort();
    idle().await;
    assert_eq!(soon(client.is_asked(1)).await, Ok(false));
    assert_eq!(soon(client.answer(1, "for nobody")).await, Ok(true));
}

#[tokio::test(start_paused = true)]
async fn a_twin_does_not_wait_for_room_but_its_answer_is_waited_for() {
    let (client, _handle) = exchange();
    let call = spawn(client.try_ask(1).unwrap());
    idle().await;
    assert!(!call.is_finished());
    assert_eq!(soon(client.answer(1, "one")).await, Ok(true));
    assert_eq!(soon(call).await.unwrap(), Ok("one".to_owned()));

    let (gate, mut key) = gate();
    soon(client.hold(gate)).await.unwrap();
    key.entered().await;
    let (_queued, _too) = (asking(&client, 2).await, asking(&client, 3).await);
    assert_eq!(client.try_ask(4).unwrap_err(), CallError::Full);
    key.open();
}

#[test]
fn a_thread_can_wait_for_the_answer() {
    on_four_threads(async {
        let (client, _handle) = exchange();
        let blocking = client.clone();
        let call = spawn_blocking(move || blocking.blocking_ask(1));
        while !client.answer(1, "one").await.unwrap() {
            tokio::task::yield_now().await;
        }
        assert_eq!(call.await.unwrap(), Ok("one".to_owned()));
        assert_eq!(client.blocking_ask(2), Err(CallError::Blocking));
    });
}

struct Gone;

#[actor(errors = into)]
impl Gone {
    pub(crate) fn checked(&self, fails: bool, reply: Reply<io::Result<u32>>) {
        reply.send(if fails {
            Err(io::ErrorKind::NotFound.into())
        } else {
            Ok(1)
        });
    }

    /// Has no error, so its client returns what it would otherwise return.
    pub(crate) fn plain(&self, reply: Reply<u32>) {
        reply.send(2);
    }

    #[command(errors = default)]
    pub(crate) fn defaulted(&self, forget: bool, reply: Reply<Vec<u32>>) {
        if !forget {
            reply.send(vec![3]);
        }
    }

    #[command(errors = wrap)]
    pub(crate) fn nested(&self, reply: Reply<Result<u32, ()>>) {
        reply.send(Err(()));
    }
}

#[tokio::test(start_paused = true)]
async fn errors_chooses_what_the_client_returns() {
    let shutdown = CancellationToken::new();
    let gone = Gone.spawn(shutdown.clone());
    assert_eq!(soon(gone.checked(false)).await.unwrap(), 1);
    let error = soon(gone.checked(true)).await.unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::NotFound);
    assert_eq!(soon(gone.plain()).await, Ok(2));
    assert_eq!(soon(gone.defaulted(false)).await, [3]);
    assert!(soon(gone.defaulted(true)).await.is_empty());
    assert_eq!(soon(gone.nested()).await, Ok(Err(())));
    shutdown.cancel();
    let error = soon(gone.checked(false)).await.unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::BrokenPipe);
    assert_eq!(
        soon(gone.plain()).await,
        Err(CallError::Closed(Why::Cancelled))
    );
    assert!(soon(gone.defaulted(false)).await.is_empty());
    assert_eq!(
        soon(gone.nested()).await,
        Err(CallError::Closed(Why::Cancelled))
    );
}

/// The reply can stand anywhere, under any path, with any name. So can an argument.
struct Anywhere;

#[actor]
impl Anywhere {
    pub(crate) fn first(&self, back: actor_runtime::Reply<u32>, reply: u32) {
        back.send(reply);
    }

    pub(crate) fn between(&self, one: u32, answer: Reply<u32>, two: &str, _: &mut Context<Self>) {
        answer.send(one + u32::try_from(two.len()).unwrap());
    }

    pub(crate) fn ignored(&self, _: Reply<u32>) {}
}

#[tokio::test(start_paused = true)]
async fn a_reply_can_stand_anywhere() {
    let anywhere = Anywhere.spawn(CancellationToken::new());
    assert_eq!(soon(anywhere.first(3)).await, Ok(3));
    assert_eq!(soon(anywhere.between(4, "ab")).await, Ok(6));
    assert_eq!(soon(anywhere.ignored()).await, Err(CallError::Unanswered));
}

struct Slots<T> {
    waiting: Vec<Reply<T>>,
}

#[actor]
impl<T> Slots<T> {
    pub(crate) fn take(&mut self, reply: Reply<T>) {
        self.waiting.push(reply);
    }

    pub(crate) fn put(&mut self, value: T) -> Option<T> {
        let Some(reply) = self.waiting.pop() else {
            return Some(value);
        };
        reply.send(value);
        None
    }
}

#[tokio::test(start_paused = true)]
async fn a_deferred_reply_can_be_generic() {
    let slots = Slots { waiting: vec![] }.spawn(CancellationToken::new());
    assert_eq!(soon(slots.put("early")).await, Ok(Some("early")));
    let taking = slots.clone();
    let taken = spawn(async move { taking.take().await });
    idle().await;
    assert_eq!(soon(slots.put("late")).await, Ok(None));
    assert_eq!(soon(taken).await.unwrap(), Ok("late"));
}

#[tokio::test(start_paused = true)]
async fn a_method_with_a_reply_can_be_called_without_an_actor() {
    let mut exchange = Exchange::default();
    let (reply, answer) = Reply::new();
    exchange.ask(1, reply);
    assert!(exchange.answer(1, "one"));
    assert_eq!(soon(answer).await, Ok("one".to_owned()));

    let (client, mut inbox) = channel::<Exchange>(1);
    let call = asking(&client, 2).await;
    let Some(command) = soon(inbox.next()).await else {
        panic!("no command");
    };
    exchange.handle(command, &mut Context::detached()).await;
    assert!(exchange.answer(2, "two"));
    assert_eq!(soon(call).await.unwrap(), Ok("two".to_owned()));
}

type Later = Reply<u32>;

/// An actor that is given replies under names which the macro does not know.
struct Clerk(Option<Later>);

#[actor]
impl Clerk {
    pub(crate) fn keep(&mut self, reply: Later) {
        self.0 = Some(reply);
    }

    pub(crate) fn answer(&mut self, other: Option<Reply<u32>>) -> usize {
        let replies = [self.0.take(), other];
        let answered = replies.into_iter().flatten().map(|reply| reply.send(4));
        answered.count()
    }
}

#[tokio::test(start_paused = true)]
async fn a_reply_by_another_name_or_inside_of_a_type_is_an_argument() {
    let clerk = Clerk(None).spawn(CancellationToken::new());
    let (reply, first) = Reply::new();
    clerk.keep(reply).await.unwrap();
    let (reply, second) = Reply::new();
    assert_eq!(clerk.answer(Some(reply)).await, Ok(2));
    assert_eq!(first.await, Ok(4));
    assert_eq!(second.await, Ok(4));
}
