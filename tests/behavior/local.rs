//! Local actors, which cannot leave their thread, and actors that run elsewhere than in a spawned task.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::thread;

use actor_runtime::{
    Actor as _, CallError, CancellationToken, Client as _, Context, ExitReason, Notice, Why, actor,
};
use tokio::runtime;
use tokio::sync::{mpsc, oneshot};
use tokio::task::{JoinSet, LocalSet, yield_now};

use crate::support::{Log, Worker, idle, on_four_threads, poll_once, soon, spawn, summary};

struct Names {
    names: Rc<RefCell<Vec<String>>>,
}

#[actor(local)]
impl Names {
    pub(crate) fn add(&mut self, name: &str) -> usize {
        self.names.borrow_mut().push(name.to_owned());
        self.names.borrow().len()
    }

    /// Returns a future that is not `Send`.
    pub(crate) async fn join_later(&self, separator: &str) -> String {
        let names = Rc::clone(&self.names);
        yield_now().await;
        names.borrow().join(separator)
    }

    pub(crate) async fn panic_later(&mut self) -> u8 {
        yield_now().await;
        std::panic::resume_unwind(Box::new("local"))
    }

    pub(crate) fn stop(&mut self, ctx: &mut Context<Self>) {
        ctx.stop();
    }
}

fn names() -> Names {
    Names {
        names: Rc::default(),
    }
}

#[tokio::test(start_paused = true)]
async fn a_local_actor_runs_in_a_local_set() {
    let shared = Rc::default();
    let names = Names {
        names: Rc::clone(&shared),
    };
    let (client, runner) = names.builder().into_runner();
    let local = LocalSet::new();
    let run = local.spawn_local(runner.run());
    local
        .run_until(async {
            assert_eq!(soon(client.add("Ann")).await, Ok(1));
            assert_eq!(soon(client.add("Bob")).await, Ok(2));
            let joined = soon(client.join_later("+")).await;
            assert_eq!(joined.as_deref(), Ok("Ann+Bob"));
            // The state that it shares with its thread is really shared.
            assert_eq!(shared.borrow().len(), 2);
            client.stop().await.unwrap();
            let exit = soon(run).await.unwrap();
            assert_eq!(summary(&exit), "stopped: 4 handled, 0 refused, state");
        })
        .await;
}

#[test]
fn a_local_actor_is_called_from_other_threads() {
    on_four_threads(async {
        let (to_us, client) = oneshot::channel();
        let shutdown = CancellationToken::new();
        let token = shutdown.clone();
        let thread = thread::spawn(move || {
            let (client, runner) = names().builder().shutdown(token).into_runner();
            assert!(to_us.send(client).is_ok());
            let runtime = runtime::Builder::new_current_thread().build().unwrap();
            let exit = LocalSet::new().block_on(&runtime, runner.run());
            (summary(&exit), exit.state.unwrap().names.take())
        });
        let client: NamesClient = client.await.unwrap();
        let mut callers = JoinSet::new();
        for _ in 0..10 {
            let client = client.clone();
            callers.spawn(async move { client.add("x").await.unwrap() });
        }
        let mut lengths = callers.join_all().await;
        lengths.sort_unstable();
        assert_eq!(lengths, (1..=10).collect::<Vec<_>>());
        shutdown.cancel();
        client.closed().await;
        let (exit, names) = tokio::task::spawn_blocking(|| thread.join().unwrap())
            .await
            .unwrap();
        assert_eq!(exit, "cancelled: 10 handled, 0 refused, state");
        assert_eq!(names.len(), 10);
    });
}

#[tokio::test(start_paused = true)]
async fn a_panic_of_a_local_actor_is_in_its_exit() {
    let (client, runner) = names().builder().into_runner();
    let local = LocalSet::new();
    let run = local.spawn_local(runner.run());
    local
        .run_until(async {
            let answer = soon(client.panic_later()).await;
            assert_eq!(answer, Err(CallError::Panicked));
            let exit = soon(run).await.unwrap();
            assert!(matches!(exit.reason, ExitReason::Panicked(_)));
            assert_eq!(exit.in_progress, Some("panic_later"));
        })
        .await;
}

#[tokio::test(start_paused = true)]
async fn callers_are_told_when_a_local_set_is_dropped() {
    let (client, runner) = names().builder().into_runner();
    let local = LocalSet::new();
    local.spawn_local(runner.run());
    local
        .run_until(async { assert_eq!(soon(client.add("Ann")).await, Ok(1)) })
        .await;
    let mut call = Box::pin(client.join_later("+"));
    assert!(poll_once(call.as_mut()).is_pending());
    drop(local);
    assert_eq!(soon(call).await, Err(CallError::Refused));
    assert_eq!(
        soon(client.add("Bob")).await,
        Err(CallError::Closed(Why::Aborted))
    );
}

fn worker_builder() -> (actor_runtime::Builder<Worker>, Log) {
    let log = Log::default();
    (Worker { log: log.clone() }.builder(), log)
}

#[tokio::test(start_paused = true)]
async fn runners_run_in_a_join_set() {
    let shutdown = CancellationToken::new();
    let mut set = JoinSet::new();
    let mut clients = Vec::new();
    for _ in 0..3 {
        let (builder, _log) = worker_builder();
        let (client, runner) = builder.shutdown(shutdown.child_token()).into_runner();
        set.spawn(runner.run());
        clients.push(client);
    }
    for client in &clients {
        assert_eq!(soon(client.double(1)).await, Ok(2));
    }
    shutdown.cancel();
    for exit in soon(set.join_all()).await {
        assert_eq!(summary(&exit), "cancelled: 1 handled, 0 refused, state");
    }
}

#[test]
fn a_runner_runs_on_a_thread_of_its_own() {
    on_four_threads(async {
        let (builder, log) = worker_builder();
        let (client, runner) = builder.into_runner();
        let thread = thread::spawn(|| {
            let runtime = runtime::Builder::new_current_thread().build().unwrap();
            summary(&runtime.block_on(runner.run()))
        });
        for number in 0..100 {
            assert_eq!(client.double(number).await, Ok(2 * number));
        }
        drop(client);
        let exit = tokio::task::spawn_blocking(|| thread.join().unwrap());
        assert_eq!(
            exit.await.unwrap(),
            "clients dropped: 100 handled, 0 refused, state"
        );
        assert_eq!(log.len(), 100);
    });
}

#[tokio::test(start_paused = true)]
async fn a_runner_runs_beside_its_callers_in_one_task() {
    let (builder, _log) = worker_builder();
    let (client, runner) = builder.into_runner();
    let calls = async move {
        assert_eq!(client.double(1).await, Ok(2));
        assert_eq!(client.double(2).await, Ok(4));
    };
    let (exit, ()) = soon(async { tokio::join!(runner.run(), calls) }).await;
    assert_eq!(
        summary(&exit),
        "clients dropped: 2 handled, 0 refused, state"
    );
}

/// An actor that publishes, emits events and has sources, with state that cannot leave its thread.
struct Sums {
    numbers: mpsc::Receiver<u32>,
    sum: Rc<Cell<u32>>,
}

#[actor(local, event = u32)]
impl Sums {
    #[watch]
    pub(crate) fn sum(&self) -> u32 {
        self.sum.get()
    }

    #[on(self.numbers.recv())]
    fn add(&mut self, number: Option<u32>, ctx: &mut Context<Self>) {
        match number {
            Some(number) => {
                self.sum.set(self.sum.get() + number);
                ctx.emit(self.sum.get());
            }
            None => ctx.stop(),
        }
    }
}

#[test]
fn a_local_actor_on_its_own_thread_is_followed_from_others() {
    on_four_threads(async {
        let (sender, numbers) = mpsc::channel(1);
        let (clients, client) = oneshot::channel();
        let thread = thread::spawn(move || {
            let sum = Rc::new(Cell::new(0));
            let (client, runner) = Sums { numbers, sum }.builder().into_runner();
            clients.send(client).unwrap();
            let runtime = runtime::Builder::new_current_thread().build().unwrap();
            summary(&runtime.block_on(runner.run()))
        });
        let client: SumsClient = soon(client).await.unwrap();
        let mut sums = client.subscribe();
        for number in [1, 2] {
            soon(sender.send(number)).await.unwrap();
        }
        assert_eq!(soon(sums.next()).await, Some(Notice::Event(1)));
        assert_eq!(soon(sums.next()).await, Some(Notice::Event(3)));
        drop(sender);
        let summary = tokio::task::spawn_blocking(|| thread.join().unwrap());
        assert_eq!(
            soon(summary).await.unwrap(),
            "stopped: 0 handled, 0 refused, state"
        );
        assert_eq!(client.sum(), 3);
    });
}

/// The rest of a task's budget must not decide how an actor starts.
#[tokio::test(start_paused = true)]
async fn a_runner_starts_in_a_task_that_has_used_up_its_budget() {
    let (builder, _log) = worker_builder();
    let (client, runner) = builder.into_runner();
    let caller = spawn(async move { client.double(1).await });
    while tokio::task::coop::has_budget_remaining() {
        tokio::task::coop::consume_budget().await;
    }
    let exit = soon(runner.run()).await;
    assert_eq!(
        summary(&exit),
        "clients dropped: 1 handled, 0 refused, state"
    );
    assert_eq!(soon(caller).await.unwrap(), Ok(2));
}

#[tokio::test(start_paused = true)]
async fn commands_are_queued_until_the_runner_runs() {
    let (builder, log) = worker_builder();
    let (client, runner) = builder.capacity(2).into_runner();
    client.try_note(1).unwrap();
    client.try_note(2).unwrap();
    assert_eq!(client.try_note(3), Err(CallError::Full));
    idle().await;
    assert!(log.numbers().is_empty());
    let run = spawn(runner.run());
    assert_eq!(soon(client.double(4)).await, Ok(8));
    assert_eq!(log.numbers(), [1, 2, 4]);
    drop(client);
    assert_eq!(soon(run).await.unwrap().handled, 3);
}

#[tokio::test(start_paused = true)]
async fn a_runner_that_is_dropped_tells_its_callers() {
    let (builder, log) = worker_builder();
    let (client, runner) = builder.capacity(1).into_runner();
    let mut queued = Box::pin(client.double(1));
    assert!(poll_once(queued.as_mut()).is_pending());
    let mut waiting = Box::pin(client.double(2));
    assert!(poll_once(waiting.as_mut()).is_pending());
    drop(runner);
    assert!(client.is_closed());
    soon(client.closed()).await;
    assert_eq!(soon(queued).await, Err(CallError::Refused));
    assert_eq!(soon(waiting).await, Err(CallError::Closed(Why::Aborted)));
    assert_eq!(
        soon(client.double(3)).await,
        Err(CallError::Closed(Why::Aborted))
    );
    assert!(log.numbers().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_run_that_is_dropped_tells_its_callers() {
    let (builder, _log) = worker_builder();
    let (client, runner) = builder.into_runner();
    let (gate, mut key) = crate::support::gate();
    let run = spawn(runner.run());
    let mut in_flight = Box::pin(client.hold_and_double(1, gate));
    assert!(poll_once(in_flight.as_mut()).is_pending());
    key.entered().await;
    let mut queued = Box::pin(client.double(2));
    assert!(poll_once(queued.as_mut()).is_pending());
    run.abort();
    assert_eq!(soon(in_flight).await, Err(CallError::Stopped));
    assert_eq!(soon(queued).await, Err(CallError::Refused));
    assert!(soon(run).await.unwrap_err().is_cancelled());
    key.open();
}
