//! `#[command(last)]`: a command that ends the actor, and answers with what its method makes of the final state.

use std::io;
use std::panic;
use std::time::Duration;

use actor_runtime::{
    Actor as _, ActorHandle, CallError, CancellationToken, Client as _, Command as _, Context,
    Inbox, Reply, Supervisor, Why, actor, channel,
};
use tokio::task::{LocalSet, yield_now};
use tokio::time::Instant;

use crate::support::{
    Gate, Log, PanicOnDrop, calling, gate, idle, on_four_threads, payload, soon, spawn, summary,
};

const SECOND: Duration = Duration::from_secs(1);

/// The number in the log for the end of a task, and for `#[on_stop]`.
const TASK: u32 = 100;
const STOP: u32 = 101;
const DROP: u32 = 102;

#[derive(Default)]
struct Store {
    values: Vec<u32>,
    log: Log,
    last_words: Option<&'static str>,
    gate: Option<Gate>,
}

impl Drop for Store {
    fn drop(&mut self) {
        self.log.push(DROP);
    }
}

#[actor(capacity = 64)]
impl Store {
    #[command(try)]
    pub(crate) fn insert(&mut self, value: u32) -> usize {
        self.values.push(value);
        self.values.len()
    }

    pub(crate) async fn hold(&mut self, gate: Gate) {
        gate.pass().await;
    }

    pub(crate) fn hold_end(&mut self, gate: Gate) {
        self.gate = Some(gate);
    }

    pub(crate) fn say(&mut self, last_words: &'static str) {
        self.last_words = Some(last_words);
    }

    /// Spawns a task that ends after a second.
    pub(crate) fn work(&mut self, ctx: &mut Context<Self>) {
        let log = self.log.clone();
        ctx.spawn(async move {
            tokio::time::sleep(SECOND).await;
            log.push(TASK);
        });
    }

    pub(crate) fn panic_in_task(&mut self, ctx: &mut Context<Self>) {
        ctx.spawn(async { panic::resume_unwind(Box::new("task")) });
    }

    /// The values, when no more can be added.
    #[command(last, try, blocking)]
    pub(crate) fn shutdown(mut self) -> Vec<u32> {
        self.log.push(1);
        std::mem::take(&mut self.values)
    }

    #[command(last, priority)]
    pub(crate) async fn shutdown_later(mut self, gate: Gate, name: &str) -> Vec<u32> {
        gate.pass().await;
        self.values.push(name.len().try_into().unwrap());
        std::mem::take(&mut self.values)
    }

    #[command(last)]
    pub(crate) async fn shutdown_and_panic(self, gate: Gate) -> u32 {
        gate.pass().await;
        panic::resume_unwind(Box::new("last"))
    }

    /// Nothing is returned, and its caller waits all the same.
    #[command(last)]
    pub(crate) fn close(self, _: PanicOnDropIf) {
        self.log.push(2);
    }

    #[on_stop]
    async fn stopped(&mut self) -> Result<(), &'static str> {
        if let Some(gate) = self.gate.take() {
            gate.pass().await;
        }
        self.log.push(STOP);
        match self.last_words {
            Some("panic") => panic::resume_unwind(Box::new("stop")),
            Some(error) => Err(error),
            None => Ok(()),
        }
    }
}

/// An argument that may panic when it is dropped.
type PanicOnDropIf = Option<PanicOnDrop>;

fn store() -> (StoreClient, ActorHandle<Store>, Log) {
    let state = Store::default();
    let log = state.log.clone();
    let (client, handle) = state.spawn_with_handle(CancellationToken::new());
    (client, handle, log)
}

#[tokio::test(start_paused = true)]
async fn the_last_call_gets_the_state_after_hooks_and_tasks() {
    let (client, handle, log) = store();
    client.work().await.unwrap();
    client.insert(7).await.unwrap();
    let start = Instant::now();
    assert_eq!(soon(client.shutdown()).await, Ok(vec![7]));
    assert_eq!(start.elapsed(), SECOND);
    assert_eq!(log.numbers(), [STOP, TASK, 1, DROP]);
    assert!(client.is_closed());
    let closed = Err(CallError::Closed(Why::Stopped));
    assert_eq!(client.insert(8).await, closed);
    assert_eq!(soon(client.ended()).await, Why::Stopped);
    assert_eq!(
        summary(&handle.await),
        "stopped: 3 handled, 0 refused, no state"
    );
}

#[tokio::test(start_paused = true)]
async fn queued_calls_are_refused_before_the_method_runs() {
    let (client, handle, _) = store();
    let (held, mut key) = gate();
    client.hold(held).await.unwrap();
    key.entered().await;
    let (last_gate, mut last_key) = gate();
    let before = calling(&client, |client| async move { client.insert(1).await }).await;
    let last = calling(&client, |client| async move {
        client.shutdown_later(last_gate, "ab").await
    });
    let last = last.await;
    let second = calling(&client, |client| async move { client.shutdown().await }).await;
    key.open();
    // The one with priority comes first, and is the last one.
    assert_eq!(soon(before).await.unwrap(), Err(CallError::Refused));
    assert_eq!(soon(second).await.unwrap(), Err(CallError::Refused));
    last_key.entered().await;
    assert!(!last.is_finished());
    last_key.open();
    assert_eq!(soon(last).await.unwrap(), Ok(vec![2]));
    assert_eq!(
        summary(&handle.await),
        "stopped: 2 handled, 2 refused, no state"
    );
}

#[tokio::test(start_paused = true)]
async fn one_of_many_callers_gets_the_state() {
    let (client, handle, _) = store();
    let calls: Vec<_> = (0..100)
        .map(|number| {
            let client = client.clone();
            spawn(async move {
                if number % 3 == 0 {
                    yield_now().await;
                }
                client.shutdown().await
            })
        })
        .collect();
    let mut states = 0;
    for call in calls {
        match soon(call).await.unwrap() {
            Ok(values) => {
                assert!(values.is_empty());
                states += 1;
            }
            Err(CallError::Refused | CallError::Closed(Why::Stopped)) => {}
            Err(other) => panic!("{other:?}"),
        }
    }
    assert_eq!(states, 1);
    assert_eq!(handle.await.handled, 1);
}

#[test]
fn callers_on_many_threads_lose_nothing() {
    on_four_threads(async {
        for _ in 0..200 {
            let (client, handle, _) = store();
            let inserts: Vec<_> = (0..8)
                .map(|number| {
                    let client = client.clone();
                    tokio::spawn(async move { client.insert(number).await })
                })
                .collect();
            let shutdowns: Vec<_> = (0..4)
                .map(|_| {
                    let client = client.clone();
                    tokio::spawn(async move { client.shutdown().await })
                })
                .collect();
            let mut inserted = 0;
            for insert in inserts {
                match insert.await.unwrap() {
                    Ok(_) => inserted += 1,
                    Err(error) => assert!(error.never_ran(), "{error:?}"),
                }
            }
            let mut states = Vec::new();
            for shutdown in shutdowns {
                match shutdown.await.unwrap() {
                    Ok(values) => states.push(values.len()),
                    Err(error) => assert!(error.never_ran(), "{error:?}"),
                }
            }
            assert_eq!(states, [inserted]);
            assert!(handle.await.state.is_none());
        }
    });
}

#[tokio::test(start_paused = true)]
async fn the_method_runs_without_its_caller() {
    let (client, handle, log) = store();
    drop(client.try_shutdown().unwrap());
    drop(client);
    let exit = soon(handle).await;
    assert_eq!(log.numbers(), [STOP, 1, DROP]);
    assert_eq!(summary(&exit), "stopped: 1 handled, 0 refused, no state");
}

#[tokio::test(start_paused = true)]
async fn a_method_that_returns_nothing_is_awaited() {
    let (client, handle, log) = store();
    let (held, mut key) = gate();
    client.hold_end(held).await.unwrap();
    let close = calling(&client, |client| async move { client.close(None).await }).await;
    key.entered().await;
    key.open();
    assert_eq!(soon(close).await.unwrap(), Ok(()));
    assert_eq!(log.numbers(), [STOP, 2, DROP]);
    assert_eq!(
        summary(&handle.await),
        "stopped: 2 handled, 0 refused, no state"
    );
}

#[tokio::test]
async fn twins_end_the_actor() {
    let (client, handle, _) = store();
    let thread = tokio::task::spawn_blocking(move || client.blocking_shutdown());
    assert_eq!(thread.await.unwrap(), Ok(Vec::new()));
    assert!(handle.await.state.is_none());
    let (client, handle, _) = store();
    client.try_insert(1).unwrap().await.unwrap();
    let answer = client.try_shutdown().unwrap();
    assert_eq!(answer.await, Ok(vec![1]));
    assert!(handle.await.state.is_none());
}

#[tokio::test(start_paused = true)]
async fn a_panic_reaches_the_caller_and_the_exit() {
    let (client, handle, _) = store();
    let (gate, key) = gate();
    key.open();
    let panicked = client.shutdown_and_panic(gate).await;
    assert_eq!(panicked, Err(CallError::Panicked));
    assert_eq!(soon(client.ended()).await, Why::Panicked);
    let exit = handle.await;
    let expected = "panicked in shutdown_and_panic: 0 handled, 0 refused, no state";
    assert_eq!(summary(&exit), expected);
    assert_eq!(payload(exit), Some("last"));
}

#[tokio::test(start_paused = true)]
async fn a_panic_before_the_method_loses_the_state() {
    let (client, handle, log) = store();
    client.say("panic").await.unwrap();
    assert_eq!(soon(client.shutdown()).await, Err(CallError::Stopped));
    let exit = handle.await;
    assert_eq!(
        summary(&exit),
        "panicked in stopped: 1 handled, 0 refused, no state"
    );
    assert_eq!(log.numbers(), [STOP, DROP]);
}

#[tokio::test(start_paused = true)]
async fn an_error_at_the_end_does_not_keep_the_state_from_the_caller() {
    let (client, handle, _) = store();
    client.insert(3).await.unwrap();
    client.say("no luck").await.unwrap();
    assert_eq!(soon(client.shutdown()).await, Ok(vec![3]));
    let exit = handle.await;
    assert_eq!(
        exit.to_string(),
        "failed: no luck; 3 commands handled, 0 refused"
    );
    assert!(exit.state.is_none());
}

#[tokio::test(start_paused = true)]
async fn a_panic_of_a_task_does_not_keep_the_state_from_the_caller() {
    let (client, handle, _) = store();
    let (held, key) = gate();
    client.panic_in_task().await.unwrap();
    client.hold_end(held).await.unwrap();
    let last = client.try_shutdown();
    key.open();
    match last {
        Ok(answer) => assert_eq!(soon(answer).await, Ok(Vec::new())),
        Err(error) => assert!(error.never_ran()),
    }
    assert_eq!(payload(handle.await), Some("task"));
}

#[tokio::test(start_paused = true)]
async fn an_abort_drops_the_state_and_tells_the_caller() {
    let (client, handle, log) = store();
    let (gate, mut key) = gate();
    let last = calling(&client, |client| async move {
        client.shutdown_later(gate, "").await
    });
    let last = last.await;
    key.entered().await;
    handle.abort();
    assert_eq!(soon(last).await.unwrap(), Err(CallError::Stopped));
    let exit = handle.await;
    assert_eq!(
        summary(&exit),
        "aborted in shutdown_later: 0 handled, 0 refused, no state"
    );
    assert_eq!(log.numbers(), [STOP, DROP]);
}

#[tokio::test(start_paused = true)]
async fn the_deadline_holds_for_the_method() {
    let (client, handle) = Store::default()
        .builder()
        .deadline(5 * SECOND)
        .spawn_with_handle();
    let (gate, _key) = gate();
    let start = Instant::now();
    assert_eq!(
        soon(client.shutdown_later(gate, "")).await,
        Err(CallError::Stopped)
    );
    assert_eq!(start.elapsed(), 5 * SECOND);
    let exit = handle.await;
    assert_eq!(
        summary(&exit),
        "aborted in shutdown_later: 0 handled, 0 refused, no state"
    );
}

#[tokio::test(start_paused = true)]
async fn a_method_that_is_too_late_leaves_the_state_to_the_exit() {
    let (client, handle) = Store::default()
        .builder()
        .deadline(SECOND / 2)
        .spawn_with_handle();
    // The end waits for its task, until the deadline.
    client.work().await.unwrap();
    assert_eq!(soon(client.shutdown()).await, Err(CallError::Stopped));
    assert_eq!(
        summary(&handle.await),
        "stopped: 1 handled, 0 refused, state"
    );
}

#[tokio::test(start_paused = true)]
async fn an_actor_that_was_told_to_stop_refuses_the_last_call() {
    let token = CancellationToken::new();
    let (client, handle) = Store::default().spawn_with_handle(token.clone());
    let (gate, mut key) = gate();
    client.hold(gate).await.unwrap();
    key.entered().await;
    let last = calling(&client, |client| async move { client.shutdown().await }).await;
    token.cancel();
    key.open();
    assert_eq!(soon(last).await.unwrap(), Err(CallError::Refused));
    assert_eq!(
        summary(&handle.await),
        "cancelled: 1 handled, 1 refused, state"
    );
}

#[tokio::test(start_paused = true)]
async fn an_argument_that_was_kept_in_vain_is_dropped() {
    let (client, handle, _) = store();
    client.say("panic").await.unwrap();
    let closed = soon(client.close(Some(PanicOnDrop))).await;
    assert_eq!(closed, Err(CallError::Panicked));
    // The first panic counts.
    assert_eq!(payload(handle.await), Some("stop"));
}

#[tokio::test(start_paused = true)]
async fn a_supervisor_ends() {
    let log = Log::default();
    let states = log.clone();
    let factory = move || {
        let mut store = Store::default();
        store.log = states.clone();
        store
    };
    let (client, handle) = Supervisor::new(factory).spawn_with_handle();
    client.insert(1).await.unwrap();
    // An error at the end does not restart it either.
    client.say("no luck").await.unwrap();
    assert_eq!(soon(client.shutdown()).await, Ok(vec![1]));
    let exit = soon(handle).await;
    assert_eq!(
        exit.to_string(),
        "failed: no luck; 3 commands handled, 0 refused"
    );
    assert_eq!(log.numbers(), [STOP, 1, DROP]);
}

#[tokio::test(start_paused = true)]
async fn a_supervisor_does_not_restart_after_a_panic_of_the_method() {
    let (client, handle) = Supervisor::new(Store::default).spawn_with_handle();
    let (gate, key) = gate();
    key.open();
    let panicked = soon(client.shutdown_and_panic(gate)).await;
    assert_eq!(panicked, Err(CallError::Panicked));
    assert_eq!(payload(soon(handle).await), Some("last"));
    assert_eq!(
        client.shutdown().await,
        Err(CallError::Closed(Why::Panicked))
    );
}

/// An actor that drains, whose errors are its own.
struct Drained(Vec<u32>);

#[actor(shutdown = drain, in_place, errors = into)]
impl Drained {
    pub(crate) fn insert(&mut self, value: u32) -> usize {
        self.0.push(value);
        self.0.len()
    }

    #[command(last)]
    pub(crate) fn shutdown(self) -> Result<Vec<u32>, io::Error> {
        Ok(self.0)
    }

    #[command(last, errors = default)]
    pub(crate) fn into_values(self) -> Vec<u32> {
        self.0
    }

    #[watch]
    pub(crate) fn count(&self) -> usize {
        self.0.len()
    }
}

#[tokio::test(start_paused = true)]
async fn calls_in_place_go_on_until_the_last_one() {
    let (client, handle) = Drained(Vec::new()).spawn_with_handle(CancellationToken::new());
    idle().await;
    assert_eq!(client.insert(1).await, Ok(1));
    assert_eq!(client.insert(2).await, Ok(2));
    assert_eq!(client.shutdown().await.unwrap(), [1, 2]);
    assert_eq!(client.count(), 2);
    assert_eq!(client.into_values().await, [0; 0]);
    let error = client.shutdown().await.unwrap_err();
    assert_eq!(error.to_string(), "the actor stopped itself");
    assert_eq!(
        summary(&handle.await),
        "stopped: 3 handled, 0 refused, no state"
    );
}

#[tokio::test(start_paused = true)]
async fn a_mailbox_that_is_drained_comes_to_the_last_call() {
    let token = CancellationToken::new();
    let (client, runner) = Drained(Vec::new())
        .builder()
        .shutdown(token.clone())
        .into_runner();
    let calls = [1, 2, 3].map(|number| {
        let client = client.clone();
        spawn(async move {
            match number {
                2 => client.shutdown().await.map(|values| values.len()),
                number => client.insert(number).await.map_err(io::Error::other),
            }
        })
    });
    idle().await;
    token.cancel();
    let exit = runner.run().await;
    assert_eq!(summary(&exit), "cancelled: 2 handled, 1 refused, no state");
    let mut answers = Vec::new();
    for call in calls {
        answers.push(call.await.unwrap().map_err(|error| error.to_string()));
    }
    let refused = Err("the actor ended before it came to this command".to_owned());
    assert_eq!(answers, [Ok(1), Ok(1), refused]);
}

/// A generic actor whose commands carry the parameter.
struct Pile<T, const N: usize>([Option<T>; N]);

#[actor]
impl<T: Clone, const N: usize> Pile<T, N>
where
    T: PartialEq,
{
    pub(crate) fn put(&mut self, value: T) -> bool {
        match self.0.iter_mut().find(|place| place.is_none()) {
            Some(place) => {
                *place = Some(value);
                true
            }
            None => false,
        }
    }

    #[command(last)]
    pub(crate) async fn into_values(self, except: T) -> Vec<T> {
        yield_now().await;
        let values = self.0.into_iter().flatten();
        values.filter(|value| *value != except).collect()
    }

    #[cfg(any())]
    #[command(last)]
    pub(crate) fn never(self) {}
}

/// Starts an actor of any type.
fn pile<T: Clone + PartialEq + Send + 'static>() -> PileClient<T> {
    Pile::<T, 4>([const { None }; 4]).spawn(CancellationToken::new())
}

#[tokio::test(start_paused = true)]
async fn generic_actors_give_their_state_away() {
    let pile = pile();
    for text in ["a", "b", "c"] {
        assert_eq!(pile.put(text.to_owned()).await, Ok(true));
    }
    let values = pile.into_values("b".to_owned()).await;
    assert_eq!(values, Ok(vec!["a".to_owned(), "c".to_owned()]));
}

trait Db {
    fn name(&self) -> String;
}

struct Memory;

impl Db for Memory {
    fn name(&self) -> String {
        "memory".to_owned()
    }
}

/// An actor whose type has a lifetime that cannot be seen.
struct Boxed<D: ?Sized>(Box<D>);

#[actor]
impl Boxed<dyn Db + Send> {
    pub(crate) fn name(&self) -> String {
        self.0.name()
    }

    #[command(last)]
    pub(crate) async fn close(self) -> String {
        yield_now().await;
        self.0.name()
    }
}

#[tokio::test(start_paused = true)]
async fn a_state_may_be_a_trait_object() {
    let state: Boxed<dyn Db + Send> = Boxed(Box::new(Memory));
    let client = state.spawn(CancellationToken::new());
    assert_eq!(client.name().await.as_deref(), Ok("memory"));
    assert_eq!(client.close().await.as_deref(), Ok("memory"));
}

/// An actor with a state that is not `Send`.
struct Local<T>(std::rc::Rc<Vec<T>>);

#[actor(local)]
impl<T: Clone> Local<T> {
    pub(crate) fn push(&mut self, value: T) {
        std::rc::Rc::make_mut(&mut self.0).push(value);
    }

    #[command(last)]
    pub(crate) async fn finish(self) -> Vec<T> {
        let kept = std::rc::Rc::clone(&self.0);
        yield_now().await;
        kept.to_vec()
    }
}

#[tokio::test(start_paused = true)]
async fn local_actors_give_their_state_away() {
    let (client, runner) = Local(std::rc::Rc::default()).builder().into_runner();
    let local = LocalSet::new();
    let run = local.spawn_local(runner.run());
    local
        .run_until(async move {
            client.push(5).await.unwrap();
            assert_eq!(client.finish().await, Ok(vec![5]));
            assert_eq!(
                summary(&run.await.unwrap()),
                "stopped: 2 handled, 0 refused, no state"
            );
        })
        .await;
}

/// An actor with a loop of its own, which also handles a command that nobody has sent.
struct Looped(u32);

#[actor]
impl Looped {
    pub(crate) fn add(&mut self, number: u32) {
        self.0 += number;
    }

    #[command(last)]
    pub(crate) fn sum(self) -> u32 {
        self.0
    }

    #[run]
    async fn serve(mut self, inbox: &mut Inbox<LoopedCommand>, ctx: &mut Context<Self>) -> Self {
        while let Some(command) = inbox.next().await {
            let is_full = self.0 >= 10;
            self.handle(command, ctx).await;
            if is_full {
                let (reply, _) = Reply::new();
                self.handle(LoopedCommand::Sum { reply }, ctx).await;
            }
        }
        self
    }
}

#[tokio::test(start_paused = true)]
async fn an_own_loop_ends_by_the_last_command() {
    let (client, handle) = Looped(0).spawn_with_handle(CancellationToken::new());
    client.add(2).await.unwrap();
    assert_eq!(client.sum().await, Ok(2));
    assert_eq!(
        summary(&handle.await),
        "stopped: 2 handled, 0 refused, no state"
    );
    let (client, handle) = Looped(10).spawn_with_handle(CancellationToken::new());
    client.add(2).await.unwrap();
    assert_eq!(
        summary(&handle.await),
        "stopped: 1 handled, 0 refused, no state"
    );
}

/// A private last command.
struct Private;

#[actor]
impl Private {
    pub(crate) fn ping(&self) {}

    #[command(last)]
    fn give_up(self) -> u8 {
        3
    }
}

#[tokio::test(start_paused = true)]
async fn a_private_last_command_is_for_the_module() {
    let client = Private.spawn(CancellationToken::new());
    client.ping().await.unwrap();
    assert_eq!(soon(client.give_up()).await, Ok(3));
}

#[tokio::test]
async fn a_command_is_kept_by_handle() {
    let mut store = Store::default();
    let mut context = Context::detached();
    let (reply, answer) = Reply::new();
    let command = StoreCommand::Shutdown { reply };
    assert_eq!(command.name(), "shutdown");
    store.handle(command, &mut context).await;
    let (second, refused) = Reply::new();
    store
        .handle(StoreCommand::Shutdown { reply: second }, &mut context)
        .await;
    assert_eq!(refused.await, Err(CallError::Unanswered));
    drop(context);
    assert_eq!(answer.await, Err(CallError::Unanswered));
    assert_eq!(store.shutdown(), [0; 0]);
}

#[tokio::test]
async fn a_fake_answers_the_last_call() {
    let (client, mut inbox) = channel::<Store>(1);
    let call = tokio::spawn(async move { client.shutdown().await });
    match inbox.next().await {
        Some(StoreCommand::Shutdown { reply }) => reply.send(vec![1]),
        other => panic!("{other:?}"),
    }
    assert_eq!(call.await.unwrap(), Ok(vec![1]));
}

/// An actor whose last command calls the actor that waits for it.
struct Front {
    back: Option<BackClient>,
}

#[actor]
impl Front {
    pub(crate) fn connect(&mut self, back: BackClient) {
        self.back = Some(back);
    }

    #[command(last)]
    pub(crate) async fn close(self) -> Result<(), CallError> {
        match self.back {
            Some(back) => back.flush().await,
            None => Ok(()),
        }
    }
}

struct Back(FrontClient);

#[actor]
impl Back {
    pub(crate) async fn close(&mut self) -> Result<Result<(), CallError>, CallError> {
        self.0.close().await
    }

    #[command(ack)]
    pub(crate) fn flush(&mut self) {}
}

#[tokio::test(start_paused = true)]
async fn a_last_command_that_waits_for_its_caller_is_a_deadlock() {
    let (front, handle) = Front { back: None }.spawn_with_handle(CancellationToken::new());
    let back = Back(front.clone()).spawn(CancellationToken::new());
    front.connect(back.clone()).await.unwrap();
    let error = soon(back.close()).await.unwrap().unwrap().unwrap_err();
    assert_eq!(
        error.to_string(),
        "a deadlock: back.close → front.close → back"
    );
    let expected = "stopped: 2 handled, 0 refused, no state";
    assert_eq!(summary(&handle.await), expected);
}

/// An actor without hooks.
struct Plain(Option<Gate>);

#[actor]
impl Plain {
    pub(crate) fn ping(&self) -> u8 {
        0
    }

    #[command(last)]
    pub(crate) async fn close(mut self) {
        if let Some(gate) = self.0.take() {
            gate.pass().await;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn the_last_command_is_alone() {
    let (gate, mut key) = gate();
    let (client, runner) = Plain(Some(gate)).builder().into_runner();
    let close = calling(&client, |client| async move { client.close().await }).await;
    let ping = calling(&client, |client| async move { client.ping().await }).await;
    let exit = spawn(runner.run());
    key.entered().await;
    assert_eq!(soon(ping).await.unwrap(), Err(CallError::Refused));
    assert!(!close.is_finished());
    key.open();
    assert_eq!(soon(close).await.unwrap(), Ok(()));
    let expected = "stopped: 1 handled, 1 refused, no state";
    assert_eq!(summary(&exit.await.unwrap()), expected);
}

#[tokio::test(start_paused = true)]
async fn a_supervisor_that_runs_elsewhere_ends_too() {
    let (client, runner) = Supervisor::new(|| Plain(None)).into_runner();
    let exit = spawn(runner.run());
    assert_eq!(soon(client.close()).await, Ok(()));
    let expected = "stopped: 1 handled, 0 refused, no state";
    assert_eq!(summary(&exit.await.unwrap()), expected);
}

#[tokio::test(start_paused = true)]
async fn local_actors_on_tasks_of_their_own_give_their_state_away() {
    let local = LocalSet::new();
    local
        .run_until(async {
            let builder = Local(std::rc::Rc::new(vec![4])).builder();
            let (client, handle) = builder.spawn_local_with_handle();
            assert_eq!(soon(client.finish()).await, Ok(vec![4]));
            let expected = "stopped: 1 handled, 0 refused, no state";
            assert_eq!(summary(&handle.await), expected);
        })
        .await;
}

/// An actor with a child, which it also knows.
struct Parent {
    log: Log,
    child: Option<StoreClient>,
}

#[actor]
impl Parent {
    pub(crate) fn start(&mut self, ctx: &mut Context<Self>) {
        let mut child = Store::default();
        child.log = self.log.clone();
        self.child = Some(ctx.start(child.builder()));
    }

    #[command(last)]
    pub(crate) async fn close(self) -> Option<CallError> {
        self.log.push(3);
        self.child?.insert(1).await.err()
    }

    #[on_stop]
    fn stopped(&mut self) {
        self.log.push(4);
    }
}

#[tokio::test(start_paused = true)]
async fn the_last_command_comes_after_the_children() {
    let log = Log::default();
    let state = Parent {
        log: log.clone(),
        child: None,
    };
    let (client, handle) = state.spawn_with_handle(CancellationToken::new());
    client.start().await.unwrap();
    let closed = CallError::Closed(Why::Cancelled);
    assert_eq!(soon(client.close()).await, Ok(Some(closed)));
    assert_eq!(log.numbers(), [4, STOP, DROP, 3]);
    let expected = "stopped: 2 handled, 0 refused, no state";
    assert_eq!(summary(&handle.await), expected);
}
