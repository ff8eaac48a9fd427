//! `#[before_each]` and `#[after_each]`: methods that run around each command.

use std::panic;
use std::time::Duration;

use actor_runtime::{
    Actor as _, ActorHandle, CallError, CancellationToken, Client as _, Context, ExitReason, Inbox,
    Reply, ReplyStream, Supervisor, Why, actor,
};
use tokio::sync::mpsc::{self, UnboundedReceiver, UnboundedSender};
use tokio::task::yield_now;

use crate::support::{Gate, Log, calling, gate, idle, payload, soon, summary};

/// The numbers in the log for the methods around each command, for a tick, and for the hooks.
const BEFORE: u32 = 1;
const AFTER: u32 = 2;
const TICK: u32 = 100;
const START: u32 = 101;
const STOP: u32 = 102;

/// An actor that fails before or after a command when it is told to.
#[derive(Default)]
struct Clerk {
    log: Log,
    fails_before: Option<&'static str>,
    fails_after: Option<&'static str>,
    committed: usize,
    ticks: Option<UnboundedReceiver<()>>,
}

#[actor(capacity = 64)]
impl Clerk {
    #[command(try)]
    pub(crate) fn note(&mut self, number: u32) -> u32 {
        self.log.push(number);
        number
    }

    pub(crate) fn cast(&self, number: u32) {
        self.log.push(number);
    }

    pub(crate) async fn hold(&self, gate: Gate) -> usize {
        gate.pass().await;
        self.committed
    }

    pub(crate) fn later(&self, reply: Reply<u32>) {
        reply.send(7);
    }

    pub(crate) fn list(&self, reply: ReplyStream<u32>) {
        reply.finish();
    }

    #[command(batch = 8, arg = number)]
    pub(crate) fn together(&mut self, numbers: Vec<u32>) -> Vec<usize> {
        let count = numbers.len();
        for number in numbers {
            self.log.push(number);
        }
        vec![count; count]
    }

    #[command(skip_cancelled, ack)]
    pub(crate) fn only_if_awaited(&mut self) {
        self.log.push(0);
    }

    /// Lets the methods around the commands fail from now on.
    #[command(ack)]
    pub(crate) fn fail(&mut self, before: Option<&'static str>, after: Option<&'static str>) {
        (self.fails_before, self.fails_after) = (before, after);
    }

    #[command(last)]
    pub(crate) fn finish(self) -> usize {
        self.committed
    }

    #[watch]
    pub(crate) fn committed(&self) -> usize {
        self.committed
    }

    #[before_each]
    async fn begin(&mut self) -> Result<(), &'static str> {
        self.log.push(BEFORE);
        yield_now().await;
        match self.fails_before {
            Some("panic") => panic::resume_unwind(Box::new("before")),
            Some(error) => Err(error),
            None => Ok(()),
        }
    }

    #[after_each]
    fn commit(&mut self, ctx: &mut Context<Self>) -> Result<(), &'static str> {
        assert!(!ctx.token().is_cancelled() || self.log.len() > 0);
        self.log.push(AFTER);
        self.committed = self.log.len();
        match self.fails_after {
            Some("panic") => panic::resume_unwind(Box::new("after")),
            Some(error) => Err(error),
            None => Ok(()),
        }
    }

    #[on_start]
    fn start(&mut self) {
        self.log.push(START);
    }

    #[on_stop]
    fn stop(&mut self) {
        self.log.push(STOP);
    }

    #[on(Some(()) = recv(&mut self.ticks))]
    fn tick(&mut self) {
        self.log.push(TICK);
    }
}

async fn recv(ticks: &mut Option<UnboundedReceiver<()>>) -> Option<()> {
    match ticks {
        Some(ticks) => ticks.recv().await,
        None => std::future::pending().await,
    }
}

fn clerk() -> (ClerkClient, ActorHandle<Clerk>, Log, UnboundedSender<()>) {
    let (tick, ticks) = mpsc::unbounded_channel();
    let state = Clerk {
        ticks: Some(ticks),
        ..Clerk::default()
    };
    let log = state.log.clone();
    let (client, handle) = state.spawn_with_handle(CancellationToken::new());
    (client, handle, log, tick)
}

#[tokio::test(start_paused = true)]
async fn each_command_is_between_the_two_and_nothing_else_is() {
    let (client, handle, log, tick) = clerk();
    assert_eq!(client.note(5).await, Ok(5));
    tick.send(()).unwrap();
    idle().await;
    client.cast(6).await.unwrap();
    assert_eq!(client.later().await, Ok(7));
    let mut list = client.list().await.unwrap();
    assert_eq!(soon(list.next()).await, None);
    let expected = [
        START, BEFORE, 5, AFTER, TICK, BEFORE, 6, AFTER, BEFORE, AFTER, BEFORE, AFTER,
    ];
    assert_eq!(log.numbers(), expected);
    drop((client, list));
    let exit = soon(handle).await;
    assert_eq!(log.numbers()[expected.len()..], [STOP]);
    assert_eq!(
        summary(&exit),
        "clients dropped: 4 handled, 0 refused, state"
    );
}

#[tokio::test(start_paused = true)]
async fn a_batch_is_one_command() {
    let (client, _handle, log, _tick) = clerk();
    let (gate, mut key) = gate();
    let hold = calling(&client, |client| async move { client.hold(gate).await }).await;
    key.entered().await;
    let mut calls = Vec::new();
    for number in [10, 11, 12] {
        calls.push(
            calling(&client, move |client| async move {
                client.together(number).await
            })
            .await,
        );
    }
    key.open();
    assert!(soon(hold).await.unwrap().is_ok());
    for call in calls {
        assert_eq!(soon(call).await.unwrap(), Ok(3));
    }
    let expected = [START, BEFORE, AFTER, BEFORE, 10, 11, 12, AFTER];
    assert_eq!(log.numbers(), expected);
}

#[tokio::test(start_paused = true)]
async fn values_are_published_and_answers_sent_after_it() {
    let (client, _handle, log, _tick) = clerk();
    // Start, before, the command, after.
    assert_eq!(client.note(5).await, Ok(5));
    assert_eq!(client.committed(), 4);
    // A method that takes `&self` changes nothing itself.
    assert_eq!(client.later().await, Ok(7));
    assert_eq!(client.committed(), log.len());
}

#[tokio::test(start_paused = true)]
async fn a_skipped_call_is_between_them_too() {
    let (client, handle, log, _tick) = clerk();
    let (gate, mut key) = gate();
    let hold = calling(&client, |client| async move { client.hold(gate).await }).await;
    key.entered().await;
    let skipped = calling(
        &client,
        |client| async move { client.only_if_awaited().await },
    )
    .await;
    skipped.abort();
    idle().await;
    key.open();
    assert!(soon(hold).await.unwrap().is_ok());
    assert_eq!(client.note(9).await, Ok(9));
    let expected = [START, BEFORE, AFTER, BEFORE, AFTER, BEFORE, 9, AFTER];
    assert_eq!(log.numbers(), expected);
    drop(client);
    assert_eq!(soon(handle).await.skipped, 1);
}

#[tokio::test(start_paused = true)]
async fn a_failure_before_a_command_refuses_it() {
    let (client, handle, log, _tick) = clerk();
    client.fail(Some("locked"), None).await.unwrap();
    let calls = (
        client.note(5),
        client.later(),
        client.together(6),
        client.finish(),
    );
    let calls = tokio::join!(calls.0, calls.1, calls.2, calls.3);
    let refused = CallError::Refused;
    assert_eq!(calls.0, Err(refused.clone()));
    assert_eq!(calls.1, Err(refused.clone()));
    assert_eq!(calls.2, Err(refused.clone()));
    assert_eq!(calls.3, Err(refused));
    assert_eq!(client.note(5).await, Err(CallError::Closed(Why::Failed)));
    let exit = soon(handle).await;
    assert_eq!(log.numbers(), [START, BEFORE, AFTER, BEFORE, STOP]);
    assert_eq!((exit.handled, exit.refused), (1, 4));
    assert!(matches!(exit.reason, ExitReason::Failed(_)));
    assert!(exit.state.is_some());
}

#[tokio::test(start_paused = true)]
async fn a_list_is_refused_too() {
    let (client, _handle, _, _tick) = clerk();
    client.fail(Some("locked"), None).await.unwrap();
    let mut list = client.list().await.unwrap();
    assert_eq!(soon(list.next()).await, Some(Err(CallError::Refused)));
    assert_eq!(soon(list.next()).await, None);
}

#[tokio::test(start_paused = true)]
async fn a_twin_tells_of_the_refusal() {
    let (client, _handle, _, _tick) = clerk();
    client.fail(Some("locked"), None).await.unwrap();
    let answer = client.try_note(5).unwrap();
    assert_eq!(soon(answer).await, Err(CallError::Refused));
}

#[tokio::test(start_paused = true)]
async fn a_failure_after_a_command_withdraws_the_answer() {
    let (client, handle, log, _tick) = clerk();
    assert_eq!(
        client.fail(None, Some("full")).await,
        Err(CallError::Stopped)
    );
    let exit = soon(handle).await;
    assert_eq!(log.numbers(), [START, BEFORE, AFTER, STOP]);
    assert_eq!(
        exit.to_string(),
        "failed: full; 1 command handled, 0 refused"
    );
}

#[tokio::test(start_paused = true)]
async fn panics_reach_the_caller_and_name_the_command() {
    let (client, handle, _, _tick) = clerk();
    client.fail(Some("panic"), None).await.unwrap();
    assert_eq!(client.note(5).await, Err(CallError::Panicked));
    let exit = soon(handle).await;
    assert_eq!(
        summary(&exit),
        "panicked in note: 1 handled, 0 refused, no state"
    );
    assert_eq!(payload(exit), Some("before"));
    let (client, handle, _, _tick) = clerk();
    assert_eq!(
        client.fail(None, Some("panic")).await,
        Err(CallError::Panicked)
    );
    assert_eq!(payload(soon(handle).await), Some("after"));
}

#[tokio::test(start_paused = true)]
async fn the_last_command_is_between_them_as_well() {
    let (client, handle, log, _tick) = clerk();
    assert_eq!(soon(client.finish()).await, Ok(3));
    assert_eq!(log.numbers(), [START, BEFORE, AFTER, STOP]);
    assert_eq!(
        summary(&handle.await),
        "stopped: 1 handled, 0 refused, no state"
    );
}

#[tokio::test(start_paused = true)]
async fn a_supervisor_goes_on_with_the_next_command() {
    let log = Log::default();
    let states = log.clone();
    let mut made = 0;
    let factory = move || {
        made += 1;
        Clerk {
            log: states.clone(),
            fails_before: (made == 1).then_some("locked"),
            ..Clerk::default()
        }
    };
    let (client, handle) = Supervisor::new(factory).spawn_with_handle();
    let (first, second) = tokio::join!(client.note(5), client.note(6));
    assert_eq!((first, second), (Err(CallError::Refused), Ok(6)));
    let expected = [START, BEFORE, STOP, START, BEFORE, 6, AFTER];
    assert_eq!(log.numbers(), expected);
    drop(client);
    assert_eq!(
        summary(&soon(handle).await),
        "clients dropped: 1 handled, 0 refused, state"
    );
}

/// An actor that is lent, with one async command.
#[derive(Default)]
struct Lent {
    depth: u32,
    log: Log,
    fails: bool,
}

#[actor(in_place)]
impl Lent {
    pub(crate) fn get(&self) -> u32 {
        self.depth
    }

    pub(crate) async fn get_later(&self) -> u32 {
        yield_now().await;
        self.depth
    }

    #[command(ack)]
    pub(crate) fn fail(&mut self) {
        self.fails = true;
    }

    #[cfg(not(any()))]
    #[before_each]
    fn begin(&mut self) -> Result<(), String> {
        self.depth += 1;
        self.log.push(BEFORE);
        if self.fails {
            Err("lent".to_owned())
        } else {
            Ok(())
        }
    }

    #[cfg(any())]
    #[before_each]
    fn begin_otherwise(&mut self) {}

    #[after_each]
    fn end(&mut self) {
        self.depth -= 1;
        self.log.push(AFTER);
    }

    #[watch]
    pub(crate) fn depth(&self) -> u32 {
        self.depth
    }
}

#[tokio::test(start_paused = true)]
async fn calls_in_place_are_between_them_once() {
    let state = Lent::default();
    let log = state.log.clone();
    let (client, handle) = state.spawn_with_handle(CancellationToken::new());
    idle().await;
    assert_eq!(client.get().await, Ok(1));
    assert_eq!(client.get_later().await, Ok(1));
    assert_eq!(client.get().await, Ok(1));
    assert_eq!(client.depth(), 0);
    assert_eq!(log.numbers(), [BEFORE, AFTER, BEFORE, AFTER, BEFORE, AFTER]);
    client.fail().await.unwrap();
    assert_eq!(client.get().await, Err(CallError::Refused));
    let exit = soon(handle).await;
    assert_eq!(
        exit.to_string(),
        "failed: lent; 4 commands handled, 1 refused"
    );
}

/// An actor with a loop of its own.
#[derive(Default)]
struct Looped(u32);

#[actor]
impl Looped {
    pub(crate) fn count(&self) -> u32 {
        self.0
    }

    #[before_each]
    fn begin(&mut self) {
        self.0 += 1;
    }

    #[run]
    async fn serve(mut self, inbox: &mut Inbox<LoopedCommand>, ctx: &mut Context<Self>) -> Self {
        while let Some(command) = inbox.next().await {
            self.handle(command, ctx).await;
        }
        self
    }
}

#[tokio::test(start_paused = true)]
async fn a_loop_that_calls_handle_has_them() {
    let client = Looped::default().spawn(CancellationToken::new());
    assert_eq!(client.count().await, Ok(1));
    assert_eq!(client.count().await, Ok(2));
}

/// A generic, local actor.
struct Pile<T>(Vec<T>, std::rc::Rc<Log>);

#[actor(local)]
impl<T: Clone> Pile<T> {
    pub(crate) fn push(&mut self, value: T) {
        self.0.push(value);
    }

    pub(crate) async fn len(&self) -> usize {
        yield_now().await;
        self.0.len()
    }

    #[before_each]
    async fn begin(&self)
    where
        T: PartialEq,
    {
        let log = std::rc::Rc::clone(&self.1);
        yield_now().await;
        log.push(BEFORE);
    }
}

#[tokio::test(start_paused = true)]
async fn local_actors_have_them() {
    let log = std::rc::Rc::new(Log::default());
    let (client, runner) = Pile(vec![1], std::rc::Rc::clone(&log))
        .builder()
        .into_runner();
    let used = async move {
        client.push(2).await.unwrap();
        assert_eq!(client.len().await, Ok(2));
    };
    let (exit, ()) = tokio::join!(runner.run(), used);
    assert_eq!(exit.handled, 2);
    assert_eq!(log.numbers(), [BEFORE, BEFORE]);
}

#[tokio::test(start_paused = true)]
async fn a_deadline_cuts_off_what_comes_before() {
    struct Slow;

    #[actor]
    impl Slow {
        pub(crate) fn get(&self) -> u32 {
            0
        }

        #[before_each]
        async fn wait(&self) {
            std::future::pending::<()>().await;
        }
    }

    let shutdown = CancellationToken::new();
    let second = Duration::from_secs(1);
    let builder = Slow.builder().shutdown(shutdown.clone()).deadline(second);
    let (client, handle) = builder.spawn_with_handle();
    let get = calling(&client, |client| async move { client.get().await }).await;
    shutdown.cancel();
    assert_eq!(soon(get).await.unwrap(), Err(CallError::Stopped));
    assert_eq!(
        summary(&handle.await),
        "aborted in get: 0 handled, 0 refused, no state"
    );
    assert_eq!(soon(client.ended()).await, Why::Aborted);
}

/// A generic actor whose answers are held across an `.await`.
struct Stack<I: Iterator>(Vec<I::Item>, Log);

#[actor]
impl<I: Iterator> Stack<I>
where
    I::Item: Clone,
{
    pub(crate) fn push(&mut self, item: I::Item) -> Option<I::Item> {
        let last = self.0.last().cloned();
        self.0.push(item);
        last
    }

    #[command(batch = 8, arg = item)]
    pub(crate) fn push_all(&mut self, items: Vec<I::Item>) -> Vec<usize> {
        let before = self.0.len();
        self.0.extend(items);
        (before..self.0.len()).collect()
    }

    #[command(batch = 8, arg = number, ack)]
    pub(crate) async fn note(&mut self, numbers: Vec<u32>) {
        yield_now().await;
        for number in numbers {
            self.1.push(number);
        }
    }

    #[command(last)]
    pub(crate) fn into_items(self) -> Vec<I::Item> {
        self.0
    }

    #[after_each]
    async fn after(&mut self) -> Result<(), String> {
        yield_now().await;
        self.1.push(AFTER);
        if self.0.len() > 3 {
            return Err("too many".to_owned());
        }
        Ok(())
    }
}

#[tokio::test(start_paused = true)]
async fn what_comes_after_may_be_async() {
    let log = Log::default();
    let stack: Stack<std::ops::Range<u8>> = Stack(Vec::new(), log.clone());
    let client = stack.spawn(CancellationToken::new());
    assert_eq!(client.push(1).await, Ok(None));
    let (one, two) = tokio::join!(client.push_all(2), client.push_all(3));
    assert_eq!((one, two), (Ok(1), Ok(2)));
    assert_eq!(client.note(9).await, Ok(()));
    assert_eq!(log.numbers(), [AFTER, AFTER, 9, AFTER]);
    assert_eq!(client.into_items().await, Ok(vec![1, 2, 3]));
    let stack: Stack<std::ops::Range<u8>> = Stack(vec![1, 2, 3], log);
    let client = stack.spawn(CancellationToken::new());
    assert_eq!(client.push(4).await, Err(CallError::Stopped));
    assert_eq!(soon(client.ended()).await, Why::Failed);
}
