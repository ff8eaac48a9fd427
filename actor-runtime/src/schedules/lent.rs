//! Calls in place: callers that take the state of an idle actor, and all that may come in between.

use std::sync::{Arc, Mutex};

use shuttle::future::{JoinHandle, spawn};
use shuttle::thread;

use super::ends::End;
use super::{Begun, Entry, Finished, Ledger, Told, a_while, accepted, explore, impatiently, join};
use crate::actor::{Unstarted, task};
use crate::drive::Drive;
use crate::{
    CallError, CancellationToken, Context, Exit, ExitReason, SendActor as _, Shutdown, StopReason,
    actor,
};

/// An actor that lets others run in the middle of each method.
struct Desk {
    ledger: Ledger,
}

#[actor(crate = crate, in_place)]
impl Desk {
    pub(crate) fn call(&mut self, id: usize) -> usize {
        self.work(id)
    }

    pub(crate) fn cast(&mut self, id: usize) {
        self.work(id);
    }

    pub(crate) async fn wait(&mut self, id: usize) -> usize {
        shuttle::future::yield_now().await;
        self.work(id)
    }

    pub(crate) fn stop(&mut self, id: usize, ctx: &mut Context<Self>) -> usize {
        ctx.stop();
        self.work(id)
    }

    pub(crate) fn fail(&mut self, id: usize) -> usize {
        self.ledger.enter(Begun(id));
        thread::yield_now();
        // Not `panic!`: in the panic hook, shuttle would report a failure.
        std::panic::resume_unwind(Box::new("on purpose"));
    }

    fn work(&mut self, id: usize) -> usize {
        self.ledger.enter(Begun(id));
        thread::yield_now();
        self.ledger.enter(Finished(id));
        id
    }
}

/// A running actor that lends its state.
struct Running {
    task: JoinHandle<()>,
    exit: Arc<Mutex<Option<Exit<Desk>>>>,
}

type Recipient = Option<Box<dyn FnOnce(Exit<Desk>) + Send + Sync>>;

fn start(ledger: &Ledger, capacity: usize, token: CancellationToken) -> (DeskClient, Running) {
    start_on(ledger, capacity, token, |unstarted| spawn(task(unstarted)))
}

fn start_on(
    ledger: &Ledger,
    capacity: usize,
    token: CancellationToken,
    spawn: impl FnOnce(Unstarted<Desk, Recipient>) -> JoinHandle<()>,
) -> (DeskClient, Running) {
    let desk = Desk {
        ledger: ledger.clone(),
    };
    let exit = Arc::new(Mutex::new(None));
    let keeps = Arc::clone(&exit);
    let on_exit: Recipient = Some(Box::new(move |exit| *keeps.lock().unwrap() = Some(exit)));
    let (client, unstarted) = Unstarted::new(desk, capacity, token, None, on_exit);
    let task = spawn(unstarted);
    (client, Running { task, exit })
}

/// Restarts the actor after each panic, as a supervisor does that does not wait. `failures` receives the exits before
/// the last one.
async fn restarted(
    unstarted: Unstarted<Desk, Recipient>,
    ledger: Ledger,
    failures: Arc<Mutex<Vec<Exit<Desk>>>>,
) {
    let (mut spawned, mut driver) = unstarted.into_spawned();
    spawned.life().inbox.control().begin_incarnation();
    loop {
        let life = spawned.life();
        let outcome = {
            let (actor, inbox, context) = life.parts();
            let run = actor.map(move |actor| actor.run_send(inbox, context));
            Drive::new(&mut driver, run).await
        };
        if outcome.panic.is_none() {
            return spawned.end_and_report(outcome);
        }
        failures.lock().unwrap().push(life.end_incarnation(outcome));
        life.actor = Some(Desk {
            ledger: ledger.clone(),
        });
    }
}

impl Running {
    /// Waits for the exit. A caller may bring it after the task was aborted.
    async fn exit(self) -> Exit<Desk> {
        let _ = self.task.await;
        loop {
            if let Some(exit) = self.exit.lock().unwrap().take() {
                return exit;
            }
            shuttle::future::yield_now().await;
        }
    }
}

/// Asserts that one method ran after the other, each to its end or its panic.
fn assert_one_by_one(ledger: &Ledger) {
    let mut running = None;
    for entry in ledger.entries() {
        match entry {
            Entry::Begun(id) => running = Some(id),
            Entry::Finished(id) => assert_eq!(running.take(), Some(id)),
        }
    }
}

fn caller(client: &DeskClient, id: usize) -> JoinHandle<Told> {
    let client = client.clone();
    spawn(async move {
        a_while().await;
        Told::by(id, client.call(id)).await
    })
}

fn caster(client: &DeskClient, id: usize) -> JoinHandle<Told> {
    let client = client.clone();
    spawn(async move {
        a_while().await;
        Told::by_cast(id, client.cast(id)).await
    })
}

#[test]
fn casts_and_calls_of_one_client_keep_their_order() {
    explore(async || {
        let ledger = Ledger::default();
        let (client, running) = start(&ledger, 4, CancellationToken::new());
        let clients = [0, 10].map(|first| {
            let client = client.clone();
            spawn(async move {
                client.cast(first).await.unwrap();
                assert_eq!(client.call(first + 1).await, Ok(first + 1));
                client.cast(first + 2).await.unwrap();
                assert_eq!(client.wait(first + 3).await, Ok(first + 3));
                assert_eq!(client.call(first + 4).await, Ok(first + 4));
            })
        });
        drop(client);
        join(clients).await;
        assert_eq!(running.exit().await.handled, 10);
        assert_one_by_one(&ledger);
        for first in [0, 10] {
            let own = ledger.begun().into_iter();
            let own: Vec<usize> = own.filter(|id| (first..first + 10).contains(id)).collect();
            assert_eq!(own, Vec::from_iter(first..first + 5));
        }
    });
}

#[test]
fn senders_that_wait_for_room_get_through() {
    explore(async || {
        let ledger = Ledger::default();
        let (client, running) = start(&ledger, 1, CancellationToken::new());
        let callers = [0, 1].map(|id| caller(&client, id));
        let casters = [2, 3, 4].map(|id| caster(&client, id));
        let leaving = {
            let client = client.clone();
            spawn(async move { impatiently(client.call(5)).await })
        };
        drop(client);
        for told in join(callers.into_iter().chain(casters)).await {
            assert!(told.result.is_ok());
        }
        leaving.await.unwrap();
        let exit = running.exit().await;
        assert!(exit.handled == 5 || exit.handled == 6);
        assert_one_by_one(&ledger);
    });
}

/// Lets callers and casters meet the end of the actor. Each is told the truth, and each command is accounted for.
async fn callers_meet(end: End) {
    let ledger = Ledger::default();
    let token = CancellationToken::new();
    let (client, running) = start(&ledger, 2, token.clone());
    let callers = [0, 1].map(|id| caller(&client, id));
    let casters = [2, 3].map(|id| caster(&client, id));
    let abort = running.task.abort_handle();
    let ender = {
        let client = client.clone();
        spawn(async move {
            a_while().await;
            match end {
                End::Token => token.cancel(),
                End::Drain => {
                    let actor = client.0.shared().control();
                    actor.stop(StopReason::Cancelled, Some(Shutdown::Drain));
                }
                End::Inside => return Some(Told::by(4, client.stop(4)).await),
                End::Panic => return Some(Told::by(5, client.fail(5)).await),
                End::Abort => abort.abort(),
            }
            None
        })
    };
    drop(client);
    let mut all_told = join(callers.into_iter().chain(casters)).await;
    all_told.extend(ender.await.unwrap());
    let exit = running.exit().await;
    assert_one_by_one(&ledger);
    for told in &all_told {
        assert!(ledger.confirms(told), "{told:?}, {:?}", ledger.entries());
    }
    let cut_off = u64::from(exit.in_progress.is_some());
    assert_eq!(exit.handled + exit.refused + cut_off, accepted(&all_told));
    match end {
        End::Panic if ledger.has(Begun(5)) => {
            assert!(matches!(exit.reason, ExitReason::Panicked(_)));
        }
        _ => assert!(!matches!(exit.reason, ExitReason::Panicked(_))),
    }
}

#[test]
fn callers_meet_a_token_that_is_cancelled() {
    explore(|| callers_meet(End::Token));
}

#[test]
fn callers_meet_a_drain() {
    explore(|| callers_meet(End::Drain));
}

#[test]
fn callers_meet_a_method_that_stops() {
    explore(|| callers_meet(End::Inside));
}

#[test]
fn callers_meet_a_panic_in_place() {
    explore(|| callers_meet(End::Panic));
}

#[test]
fn callers_meet_an_abort() {
    explore(|| callers_meet(End::Abort));
}

#[test]
fn the_last_client_leaves_after_a_call_in_place() {
    explore(async || {
        let ledger = Ledger::default();
        let (client, running) = start(&ledger, 2, CancellationToken::new());
        let callers = [0, 1, 2].map(|id| caller(&client, id));
        drop(client);
        for told in join(callers).await {
            assert_eq!(told.result, Ok(Some(told.id)));
        }
        let exit = running.exit().await;
        assert!(matches!(exit.reason, ExitReason::ClientsDropped));
        assert_eq!(exit.handled, 3);
    });
}

#[test]
fn a_caller_that_leaves_at_any_point_leaves_the_state_behind() {
    explore(async || {
        let ledger = Ledger::default();
        let (client, running) = start(&ledger, 1, CancellationToken::new());
        let leaving = [0, 1].map(|id| {
            let client = client.clone();
            spawn(async move { impatiently(client.call(id)).await })
        });
        let casters = [2, 3].map(|id| caster(&client, id));
        join(leaving).await;
        join(casters).await;
        assert_eq!(client.call(4).await, Ok(4));
        assert_eq!(client.call(5).await.map_err(|_: CallError| ()), Ok(5));
        drop(client);
        running.exit().await;
        assert_one_by_one(&ledger);
    });
}

#[test]
fn a_panic_in_place_leaves_the_queue_to_the_next_incarnation() {
    explore(async || {
        let (ledger, failures) = (Ledger::default(), Arc::default());
        let restarts = (ledger.clone(), Arc::clone(&failures));
        let (client, running) = start_on(&ledger, 2, CancellationToken::new(), |unstarted| {
            spawn(restarted(unstarted, restarts.0, restarts.1))
        });
        let callers = [0, 1].map(|id| caller(&client, id));
        let casters = [2, 3].map(|id| caster(&client, id));
        let failing = [4, 5].map(|id| {
            let client = client.clone();
            spawn(async move {
                a_while().await;
                Told::by(id, client.fail(id)).await
            })
        });
        drop(client);
        for told in join(failing).await {
            assert_eq!(told.result, Err(CallError::Panicked));
        }
        for told in join(callers.into_iter().chain(casters)).await {
            assert!(told.result.is_ok(), "{told:?}");
        }
        let last = running.exit().await;
        assert!(matches!(last.reason, ExitReason::ClientsDropped));
        let failures = failures.lock().unwrap();
        assert_eq!(failures.len(), 2);
        for exit in failures.iter() {
            assert_eq!(exit.in_progress, Some("fail"));
            assert!(matches!(exit.reason, ExitReason::Panicked(_)) && exit.refused == 0);
        }
        let handled: u64 = failures.iter().chain([&last]).map(|it| it.handled).sum();
        assert_eq!((handled, last.refused), (4, 0));
        assert_one_by_one(&ledger);
        assert_eq!(ledger.begun().len(), 6);
    });
}
