//! Calls in place: methods that run on the caller's task while the actor has nothing else to do.

mod lent;
mod load;

use std::pin::pin;
use std::task::{self, Poll, Waker};
use std::thread;
use std::time::Duration;

use actor_runtime::{
    Actor as _, CallError, CancellationToken, Client as _, Context, ExitReason, Reply, Supervisor,
    Why, actor, channel,
};
use tokio::runtime::Builder;
use tokio::sync::mpsc;
use tokio::task::{JoinSet, LocalSet, yield_now};

use crate::support::{PanicOnDrop, payload, poll_once, soon};

#[derive(Default)]
struct Desk {
    log: Vec<u32>,
    peers: Vec<DeskClient>,
}

/// A task, or `None` for a thread and for the future of `block_on`.
type Task = Option<tokio::task::Id>;

#[actor(in_place)]
impl Desk {
    /// The task that runs the method.
    #[command(try, blocking)]
    pub(crate) fn task(&self) -> Task {
        tokio::task::try_id()
    }

    pub(crate) fn thread(&self) -> thread::ThreadId {
        thread::current().id()
    }

    #[command(try)]
    pub(crate) fn note(&mut self, number: u32) {
        self.log.push(number);
    }

    pub(crate) fn log(&self) -> Vec<u32> {
        self.log.clone()
    }

    #[command(ack)]
    pub(crate) async fn wait(&mut self, number: u32) {
        yield_now().await;
        self.log.push(number);
    }

    #[command(ack)]
    pub(crate) fn stop(&self, ctx: &mut Context<Self>) {
        ctx.stop();
    }

    #[command(ack)]
    pub(crate) fn fail(&self) {
        panic!("in place");
    }

    /// Fails after it has sent a note to the actor.
    #[command(ack)]
    pub(crate) fn note_and_fail(&self, number: u32, ctx: &mut Context<Self>) {
        let own = ctx.client().upgrade().unwrap();
        own.try_note(number).unwrap();
        panic!("in place");
    }

    #[command(ack)]
    pub(crate) fn spawn(&self, ctx: &mut Context<Self>, panics: bool) {
        ctx.spawn(async move { assert!(!panics, "a task") });
    }

    pub(crate) fn keep(&mut self, peer: DeskClient) -> usize {
        self.peers.push(peer);
        self.peers.len()
    }

    /// Calls another actor, or this one, and blocks the thread until it answers.
    pub(crate) fn ask(&self, index: usize) -> Result<Vec<u32>, CallError> {
        block_on(self.peers[index].log())
    }

    #[command(priority)]
    pub(crate) fn first(&mut self) -> usize {
        self.log.len()
    }

    /// Drops an argument, which panics.
    #[command(ack)]
    pub(crate) fn drop_it(&self, bomb: PanicOnDrop) {
        drop(bomb);
    }

    /// Answers with a value whose drop panics.
    #[command(try)]
    pub(crate) fn bomb(&self) -> PanicOnDrop {
        PanicOnDrop
    }

    #[command(priority)]
    pub(crate) fn note_first(&mut self, number: u32) {
        self.log.push(number);
    }

    pub(crate) fn answer_later(&mut self, reply: Reply<u32>) {
        reply.send(7);
    }

    #[command(skip_cancelled, try)]
    pub(crate) fn skipped(&mut self) -> u32 {
        self.log.push(99);
        99
    }

    #[watch]
    pub(crate) fn len(&self) -> usize {
        self.log.len()
    }
}

/// Polls a future on this thread until it is ready.
fn block_on<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    loop {
        let polled = future
            .as_mut()
            .poll(&mut task::Context::from_waker(Waker::noop()));
        match polled {
            Poll::Ready(output) => return output,
            Poll::Pending => thread::yield_now(),
        }
    }
}

fn desk() -> DeskClient {
    Desk::default().spawn(CancellationToken::new())
}

/// Lets the loop lend its state.
async fn idle(desk: &DeskClient) {
    soon(desk.wait(0)).await.unwrap();
    yield_now().await;
}

/// Returns true if a call would run on this task.
async fn runs_here(desk: &DeskClient) -> bool {
    desk.task().await.unwrap() == tokio::task::try_id()
}

#[tokio::test(start_paused = true)]
async fn a_call_to_an_idle_actor_runs_on_the_callers_task() {
    let desk = desk();
    idle(&desk).await;
    assert_eq!(desk.task().await, Ok(None));
    let caller = desk.clone();
    let task = tokio::spawn(async move { (caller.task().await, tokio::task::id()) });
    let (ran, own) = task.await.unwrap();
    assert_eq!(ran, Ok(Some(own)));
}

#[tokio::test(start_paused = true)]
async fn commands_that_are_queued_come_first() {
    let desk = desk();
    idle(&desk).await;
    for number in 1..=8 {
        desk.note(number).await.unwrap();
    }
    assert!(runs_here(&desk).await);
    assert_eq!(desk.log().await.unwrap(), [0, 1, 2, 3, 4, 5, 6, 7, 8]);
    assert!(runs_here(&desk).await);
    // One more is left to the loop.
    for number in 1..=9 {
        desk.note(number).await.unwrap();
    }
    assert!(!runs_here(&desk).await);
}

#[tokio::test(start_paused = true)]
async fn a_queued_async_command_is_left_to_the_loop() {
    let desk = desk();
    idle(&desk).await;
    desk.note(1).await.unwrap();
    let waits = tokio::spawn({
        let desk = desk.clone();
        async move { desk.wait(2).await }
    });
    yield_now().await;
    desk.note(3).await.unwrap();
    assert_eq!(soon(desk.log()).await.unwrap(), [0, 1, 2, 3]);
    waits.await.unwrap().unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_command_with_priority_goes_first() {
    let desk = desk();
    idle(&desk).await;
    desk.note(1).await.unwrap();
    // Before the note that is queued.
    assert_eq!(desk.first().await, Ok(1));
    assert_eq!(desk.first().await, Ok(1));
    assert_eq!(desk.log().await.unwrap(), [0, 1]);
    idle(&desk).await;
    // A queued one is left to the loop.
    desk.note_first(2).await.unwrap();
    assert!(!runs_here(&desk).await);
}

#[tokio::test]
async fn calls_that_do_not_wait_and_calls_of_threads_queue() {
    let desk = desk();
    idle(&desk).await;
    let actor = desk.try_task().unwrap().await.unwrap();
    assert!(actor.is_some());
    let caller = desk.clone();
    let blocking = tokio::task::spawn_blocking(move || caller.blocking_task());
    assert_eq!(blocking.await.unwrap(), Ok(actor));
}

/// An actor with a parameter, hooks, and a command under a `cfg`.
struct Shelf<T> {
    items: Vec<T>,
    is_open: bool,
}

#[actor(in_place, errors = into)]
impl<T> Shelf<T>
where
    T: Clone + Send + 'static,
{
    pub(crate) fn get(&self, index: usize) -> Result<T, CallError> {
        self.items.get(index).cloned().ok_or(CallError::Unanswered)
    }

    #[command(ack)]
    pub(crate) fn put(&mut self, item: T) {
        self.items.push(item);
    }

    #[cfg(any())]
    pub(crate) fn absent(&self) -> Absent {}

    #[cfg(test)]
    pub(crate) fn is_open(&self) -> bool {
        self.is_open
    }

    #[on_start]
    fn open(&mut self) {
        self.is_open = true;
    }

    #[on_stop]
    fn close(&mut self) {
        self.is_open = false;
    }
}

#[tokio::test(start_paused = true)]
async fn a_generic_actor_with_hooks_lends_its_state() {
    let shelf = Shelf {
        items: Vec::new(),
        is_open: false,
    };
    let (shelf, handle) = shelf.spawn_with_handle(CancellationToken::new());
    assert_eq!(shelf.is_open().await, Ok(true));
    shelf.put("tea").await.unwrap();
    assert_eq!(shelf.get(0).await, Ok("tea"));
    assert_eq!(shelf.get(1).await, Err(CallError::Unanswered));
    drop(shelf);
    let exit = soon(handle).await;
    assert_eq!((exit.handled, exit.state.unwrap().is_open), (4, false));
}

/// A state whose type may hide a lifetime.
#[actor(in_place)]
impl Boxed<Box<dyn Fn(u32) -> u32 + Send>> {
    pub(crate) fn apply(&self, number: u32) -> u32 {
        (self.0)(number)
    }
}

struct Boxed<F>(F);

#[tokio::test(start_paused = true)]
async fn an_actor_of_a_trait_object_lends_its_state() {
    let double: Box<dyn Fn(u32) -> u32 + Send> = Box::new(|number| 2 * number);
    let boxed = Boxed(double).spawn(CancellationToken::new());
    assert_eq!(boxed.apply(2).await, Ok(4));
    assert_eq!(boxed.apply(3).await, Ok(6));
}

#[tokio::test(start_paused = true)]
async fn waiting_senders_are_not_overtaken_and_are_woken() {
    let desk = Desk::default().builder().capacity(2).spawn();
    idle(&desk).await;
    let mut senders = JoinSet::new();
    for number in 1..=6 {
        let desk = desk.clone();
        senders.spawn(async move { desk.note(number).await });
    }
    let last = tokio::spawn({
        let desk = desk.clone();
        async move { desk.log().await }
    });
    assert_eq!(soon(last).await.unwrap().unwrap(), [0, 1, 2, 3, 4, 5, 6]);
    while let Some(sent) = soon(senders.join_next()).await {
        sent.unwrap().unwrap();
    }
    idle(&desk).await;
    assert!(runs_here(&desk).await);
}

#[test]
fn threads_and_other_runtimes_queue() {
    let mut runtime = Builder::new_multi_thread();
    let runtime = runtime.worker_threads(1).enable_all().build().unwrap();
    let desk = runtime.block_on(async { desk() });
    let here = thread::current().id();
    // The loop lends the state soon, on a thread of its own.
    while runtime.block_on(desk.thread()) != Ok(here) {}
    assert_ne!(block_on(desk.thread()), Ok(here));
    let other = Builder::new_current_thread().build().unwrap();
    assert_ne!(other.block_on(desk.thread()), Ok(here));
    // In tasks, which the actor gets to know.
    let runs_here = |desk: DeskClient| async move { runs_here(&desk).await };
    while !runtime
        .block_on(runtime.spawn(runs_here(desk.clone())))
        .unwrap()
    {}
    for _ in 0..2 {
        assert!(
            !other
                .block_on(other.spawn(runs_here(desk.clone())))
                .unwrap()
        );
    }
}

#[tokio::test(start_paused = true)]
async fn an_actor_that_is_queued_or_run_by_hand_lends_nothing() {
    let desk = Desk::default().builder().queued().spawn();
    idle(&desk).await;
    assert!(!runs_here(&desk).await);
    let (desk, runner) = Desk::default().builder().into_runner();
    let task = tokio::spawn(runner.run());
    idle(&desk).await;
    assert!(!runs_here(&desk).await);
    drop(desk);
    assert_eq!(soon(task).await.unwrap().handled, 2);
}

#[tokio::test(start_paused = true)]
async fn a_channel_has_no_state_to_lend() {
    let (desk, mut inbox) = channel::<Desk>(8);
    let caller = tokio::spawn(async move { desk.task().await });
    let Some(DeskCommand::Task { reply }) = soon(inbox.next()).await else {
        panic!("a call");
    };
    reply.send(None);
    assert_eq!(soon(caller).await.unwrap(), Ok(None));
}

#[tokio::test(start_paused = true)]
async fn calls_in_place_count_in_the_exit() {
    let (desk, handle) = Desk::default().spawn_with_handle(CancellationToken::new());
    idle(&desk).await;
    for _ in 0..5 {
        assert!(runs_here(&desk).await);
    }
    desk.note(1).await.unwrap();
    drop(desk);
    let exit = soon(handle).await;
    assert!(matches!(exit.reason, ExitReason::ClientsDropped));
    assert_eq!((exit.handled, exit.refused, exit.in_progress), (7, 0, None));
    assert_eq!(exit.state.unwrap().log, [0, 1]);
}

#[tokio::test(start_paused = true)]
async fn a_method_in_place_stops_the_actor() {
    let (desk, handle) = Desk::default().spawn_with_handle(CancellationToken::new());
    idle(&desk).await;
    assert_eq!(desk.stop().await, Ok(()));
    assert_eq!(desk.log().await, Err(CallError::Closed(Why::Stopped)));
    let exit = soon(handle).await;
    assert!(matches!(exit.reason, ExitReason::Stopped));
    assert_eq!(exit.handled, 2);
}

#[tokio::test(start_paused = true)]
async fn an_idle_actor_ends_by_its_token_and_by_abort() {
    let shutdown = CancellationToken::new();
    let (desk, handle) = Desk::default().spawn_with_handle(shutdown.clone());
    idle(&desk).await;
    shutdown.cancel();
    assert_eq!(desk.log().await, Err(CallError::Closed(Why::Cancelled)));
    assert_eq!(soon(handle).await.state.unwrap().log, [0]);

    let (desk, handle) = Desk::default().spawn_with_handle(CancellationToken::new());
    idle(&desk).await;
    handle.abort();
    assert_eq!(soon(desk.ended()).await, Why::Aborted);
    let exit = soon(handle).await;
    assert!(matches!(exit.reason, ExitReason::Aborted) && exit.state.is_none());
    assert_eq!(exit.handled, 1);
}

#[test]
fn an_idle_actor_ends_with_its_runtime() {
    let mut runtime = Builder::new_current_thread();
    let runtime = runtime.enable_all().build().unwrap();
    let (desk, handle) = runtime.block_on(async {
        let (desk, handle) = Desk::default().spawn_with_handle(CancellationToken::new());
        idle(&desk).await;
        (desk, handle)
    });
    drop(runtime);
    assert_eq!(block_on(desk.log()), Err(CallError::Closed(Why::Aborted)));
    assert!(matches!(block_on(handle).reason, ExitReason::Aborted));
}

#[tokio::test(start_paused = true)]
async fn a_panic_in_place_ends_the_actor() {
    let (desk, handle) = Desk::default().spawn_with_handle(CancellationToken::new());
    idle(&desk).await;
    desk.note(1).await.unwrap();
    assert_eq!(desk.fail().await, Err(CallError::Panicked));
    assert_eq!(desk.log().await, Err(CallError::Closed(Why::Panicked)));
    let exit = soon(handle).await;
    assert_eq!((exit.handled, exit.in_progress), (2, Some("fail")));
    let ExitReason::Panicked(payload) = exit.reason else {
        panic!("ended with {:?}", exit.reason);
    };
    assert_eq!(payload.downcast_ref(), Some(&"in place"));
}

/// The loop is dropped before it has seen the panic.
#[tokio::test(start_paused = true)]
async fn a_panic_in_place_before_an_abort_is_not_lost() {
    let (desk, handle) = Desk::default().spawn_with_handle(CancellationToken::new());
    idle(&desk).await;
    assert_eq!(desk.fail().await, Err(CallError::Panicked));
    handle.abort();
    assert_eq!(soon(desk.ended()).await, Why::Panicked);
    let exit = soon(handle).await;
    assert_eq!((exit.handled, exit.in_progress), (1, Some("fail")));
    assert_eq!(payload(exit), Some("in place"));
}

#[tokio::test(start_paused = true)]
async fn a_panic_of_an_argument_in_place_ends_the_actor() {
    let (desk, handle) = Desk::default().spawn_with_handle(CancellationToken::new());
    idle(&desk).await;
    assert_eq!(desk.drop_it(PanicOnDrop).await, Err(CallError::Panicked));
    assert_eq!(payload(soon(handle).await), Some("dropped"));
}

/// The answer to a caller that left is dropped by another one, which handles the command.
#[tokio::test(start_paused = true)]
async fn a_panic_of_an_answer_in_place_ends_the_actor() {
    let (desk, handle) = Desk::default().spawn_with_handle(CancellationToken::new());
    idle(&desk).await;
    drop(desk.try_bomb().unwrap());
    assert_eq!(desk.log().await, Err(CallError::Closed(Why::Panicked)));
    let exit = soon(handle).await;
    assert_eq!((exit.handled, exit.in_progress), (1, Some("bomb")));
    assert_eq!(payload(exit), Some("dropped"));
}

#[tokio::test(start_paused = true)]
async fn a_caller_in_a_local_set_runs_the_method() {
    let desk = desk();
    idle(&desk).await;
    let local = LocalSet::new();
    let caller = local.spawn_local(async move { runs_here(&desk).await });
    assert!(local.run_until(caller).await.unwrap());
}

/// Each call in place takes from the budget of the task.
#[tokio::test(start_paused = true)]
async fn a_caller_that_calls_again_and_again_lets_others_run() {
    let desk = desk();
    idle(&desk).await;
    let caller = tokio::spawn(async move {
        let mut here = 0;
        for _ in 0..1000 {
            here += u32::from(runs_here(&desk).await);
        }
        here
    });
    let mut turns = 0;
    while !caller.is_finished() {
        yield_now().await;
        turns += 1;
    }
    // A call that finds no budget left is not queued, so that it runs in place after the others.
    assert_eq!(caller.await.unwrap(), 1000);
    assert!(turns >= 5, "{turns} turns");
}

#[tokio::test(start_paused = true)]
async fn a_panic_in_place_restarts_a_supervised_actor() {
    let (desk, handle) = Supervisor::new(Desk::default).spawn_with_handle();
    idle(&desk).await;
    assert_eq!(desk.fail().await, Err(CallError::Panicked));
    desk.note(1).await.unwrap();
    assert_eq!(soon(desk.log()).await.unwrap(), [1]);
    idle(&desk).await;
    assert!(runs_here(&desk).await);
    drop(desk);
    assert!(matches!(
        soon(handle).await.reason,
        ExitReason::ClientsDropped
    ));
}

#[tokio::test(start_paused = true)]
async fn panics_in_place_count_as_failures_and_leave_the_queue() {
    let (told, mut failures) = mpsc::unbounded_channel();
    let (desk, handle) = Supervisor::new(Desk::default)
        .restarts(2, Duration::MAX)
        .on_restart(move |exit| drop(told.send(exit)))
        .spawn_with_handle();
    for number in 1..=2 {
        idle(&desk).await;
        assert!(runs_here(&desk).await);
        let failed = desk.note_and_fail(number).await;
        assert_eq!(failed, Err(CallError::Panicked));
        assert_eq!(soon(desk.log()).await.unwrap(), [number]);
        let exit = failures.try_recv().unwrap();
        // After the first failure, a note and the log come first.
        let handled = 2 * u64::from(number);
        assert_eq!((exit.handled, exit.refused), (handled, 0));
        assert_eq!(exit.in_progress, Some("note_and_fail"));
    }
    idle(&desk).await;
    assert!(runs_here(&desk).await);
    assert_eq!(desk.note_and_fail(3).await, Err(CallError::Panicked));
    assert_eq!(soon(desk.ended()).await, Why::Panicked);
    let exit = soon(handle).await;
    assert_eq!((exit.handled, exit.refused), (4, 1));
    assert!(failures.recv().await.is_none());
}

#[tokio::test(start_paused = true)]
async fn tasks_spawned_in_place_are_waited_for() {
    let (desk, handle) = Desk::default().spawn_with_handle(CancellationToken::new());
    idle(&desk).await;
    for _ in 0..3 {
        desk.spawn(false).await.unwrap();
    }
    assert!(runs_here(&desk).await);
    desk.spawn(true).await.unwrap();
    assert_eq!(soon(desk.ended()).await, Why::Panicked);
    assert!(matches!(soon(handle).await.reason, ExitReason::Panicked(_)));
}

#[tokio::test(start_paused = true)]
async fn latest_values_are_published_before_the_answer() {
    let desk = desk();
    idle(&desk).await;
    desk.note(1).await.unwrap();
    assert_eq!(desk.log().await.unwrap().len(), 2);
    assert_eq!(desk.len(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_deferred_answer_may_come_from_a_method_in_place() {
    let desk = desk();
    idle(&desk).await;
    assert_eq!(desk.answer_later().await, Ok(7));
}

#[tokio::test(start_paused = true)]
async fn a_skipped_call_is_skipped_by_others_too() {
    let (desk, handle) = Desk::default().spawn_with_handle(CancellationToken::new());
    idle(&desk).await;
    // Nine, so that the loop has to handle them, and the call waits.
    for number in 1..=9 {
        desk.note(number).await.unwrap();
    }
    assert!(poll_once(pin!(desk.skipped())).is_pending());
    assert_eq!(soon(desk.log()).await.unwrap().len(), 10);
    idle(&desk).await;
    // This one is left to the next caller.
    drop(desk.try_skipped().unwrap());
    assert!(runs_here(&desk).await);
    assert_eq!(desk.log().await.unwrap().len(), 11);
    drop(desk);
    let exit = soon(handle).await;
    assert_eq!((exit.handled, exit.skipped), (14, 2));
}

#[tokio::test(start_paused = true)]
async fn rings_of_calls_in_place_are_found() {
    let (one, two) = (desk(), desk());
    idle(&one).await;
    idle(&two).await;
    one.keep(two.clone()).await.unwrap();
    two.keep(one.clone()).await.unwrap();
    one.keep(one.clone()).await.unwrap();
    // One asks two, which is idle.
    assert_eq!(one.ask(0).await.unwrap().unwrap(), [0]);
    // One asks itself.
    let error = one.ask(1).await.unwrap().unwrap_err();
    assert!(matches!(error, CallError::Deadlock(_)), "{error}");
    assert_eq!(one.log().await.unwrap(), [0]);
}

#[actor(in_place)]
impl Ring {
    pub(crate) fn go(&self, hops: usize) -> Result<usize, CallError> {
        match (hops, &self.next) {
            (0, _) | (_, None) => Ok(0),
            (_, Some(next)) => Ok(block_on(next.go(hops - 1))?? + 1),
        }
    }

    #[command(ack)]
    pub(crate) fn link(&mut self, next: RingClient) {
        self.next = Some(next);
    }
}

#[derive(Default)]
struct Ring {
    next: Option<RingClient>,
}

#[tokio::test(start_paused = true)]
async fn a_ring_of_three_is_a_deadlock_and_a_chain_is_none() {
    let ring = [(); 3].map(|()| Ring::default().spawn(CancellationToken::new()));
    yield_now().await;
    for (index, actor) in ring.iter().enumerate() {
        actor.link(ring[(index + 1) % 3].clone()).await.unwrap();
    }
    assert_eq!(ring[0].go(2).await.unwrap(), Ok(2));
    let error = ring[0].go(3).await.unwrap().unwrap_err();
    assert!(matches!(error, CallError::Deadlock(_)), "{error}");
}
