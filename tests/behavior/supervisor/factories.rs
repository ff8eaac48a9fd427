//! Factories whose futures make the state, and may fail.

use std::collections::VecDeque;
use std::future::pending;
use std::panic;
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use actor_runtime::{
    Actor as _, CallError, CancellationToken, Client as _, Context, ExitReason, Shutdown,
    Supervisor, Why, actor,
};
use tokio::time::{Instant, timeout};

use super::{Exits, MILLISECOND, MINUTE, NoteOnDrop, SECOND};
use crate::support::{
    Gate, Log, PanicOnDrop, Worker, WorkerClient, calling, gate, idle, payload, soon, summary,
};

/// The work of the factory, one step for each incarnation. After the last step, it makes a worker.
#[derive(Clone, Default)]
struct Site {
    steps: Arc<Mutex<VecDeque<Step>>>,
    log: Log,
    exits: Exits,
}

enum Step {
    Fails,
    PanicsAtOnce,
    Panics,
    Waits(Gate),
    /// Keeps the value until the future is dropped.
    NeverEnds(Box<dyn Send>),
}

impl Site {
    fn of(steps: impl IntoIterator<Item = Step>) -> Self {
        Self {
            steps: Arc::new(Mutex::new(steps.into_iter().collect())),
            ..Self::default()
        }
    }

    fn supervisor(&self) -> Supervisor<Worker> {
        let site = self.clone();
        let factory = move || {
            let step = site.steps.lock().unwrap().pop_front();
            if let Some(Step::PanicsAtOnce) = step {
                panic::resume_unwind(Box::new("in the factory"));
            }
            make(site.log.clone(), step)
        };
        Supervisor::try_new(factory)
            .on_restart(self.exits.keep())
            .capacity(2)
    }
}

async fn make(log: Log, step: Option<Step>) -> Result<Worker, &'static str> {
    match step {
        Some(Step::Fails) => return Err("no connection"),
        Some(Step::Panics) => panic::resume_unwind(Box::new("in the future")),
        Some(Step::Waits(gate)) => gate.pass().await,
        Some(Step::NeverEnds(it)) => {
            pending::<()>().await;
            drop(it);
        }
        _ => {}
    }
    Ok(Worker { log })
}

/// A value that notes when it is dropped.
fn noted(log: &Log) -> Box<dyn Send> {
    Box::new(NoteOnDrop(log.clone(), 99))
}

#[tokio::test(start_paused = true)]
async fn a_state_that_could_not_be_made_is_made_again() {
    let site = Site::of([Step::Fails, Step::PanicsAtOnce, Step::Panics]);
    let (client, handle) = site.supervisor().spawn_with_handle();
    let start = Instant::now();
    let doubled = calling(&client, |client| async move { client.double(1).await }).await;
    client.note(2).await.unwrap();
    assert_eq!(soon(handle.started()).await, Ok(()));
    assert!(start.elapsed() >= 300 * MILLISECOND);
    assert_eq!(soon(doubled).await.unwrap(), Ok(2));
    drop(client);
    assert_eq!(
        summary(&soon(handle).await),
        "clients dropped: 2 handled, 0 refused, state"
    );
    assert_eq!(site.log.numbers(), [1, 2]);
    assert_eq!(
        site.exits.texts(),
        [
            "failed to start: no connection; 0 commands handled, 0 refused",
            "panicked with \"in the factory\"; 0 commands handled, 0 refused",
            "panicked with \"in the future\" in `factory`; 0 commands handled, 0 refused",
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn the_client_is_there_before_the_state() {
    let (gate, mut key) = gate();
    let site = Site::of([Step::Waits(gate)]);
    let (client, handle) = site.supervisor().spawn_with_handle();
    client.try_note(1).unwrap();
    client.try_note(2).unwrap();
    assert_eq!(client.try_note(3), Err(CallError::Full));
    let waiting = calling(&client, |client| async move { client.double(4).await }).await;
    key.entered().await;
    assert!(timeout(MINUTE, handle.started()).await.is_err());
    assert_eq!(site.log.len(), 0);
    key.open();
    assert_eq!(soon(handle.started()).await, Ok(()));
    assert_eq!(soon(waiting).await.unwrap(), Ok(8));
    assert_eq!(site.log.numbers(), [1, 2, 4]);
}

#[tokio::test(start_paused = true)]
async fn who_waits_is_told_that_no_state_can_be_made() {
    let site = Site::of([Step::Fails, Step::Fails]);
    let supervisor = site.supervisor().restarts(1, MINUTE);
    let (client, handle) = supervisor.spawn_with_handle();
    let queued = calling(&client, |client| async move { client.double(1).await }).await;
    let closed = CallError::Closed(Why::StartFailed);
    assert_eq!(soon(handle.started()).await, Err(closed.clone()));
    assert_eq!(soon(queued).await.unwrap(), Err(CallError::Refused));
    assert_eq!(soon(client.double(2)).await, Err(closed));
    let exit = soon(handle).await;
    assert_eq!(
        exit.to_string(),
        "failed to start: no connection; 0 commands handled, 1 refused"
    );
    assert!(exit.state.is_none());
    assert_eq!(site.exits.texts().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn each_failure_makes_a_state_again() {
    let site = Site::default();
    let (client, _handle) = site.supervisor().spawn_with_handle();
    assert_eq!(soon(client.double(1)).await, Ok(2));
    site.steps.lock().unwrap().push_back(Step::Fails);
    let panicked = soon(client.panic_with(Box::new("in a method"))).await;
    assert_eq!(panicked, Err(CallError::Panicked));
    assert_eq!(soon(client.double(2)).await, Ok(4));
    assert_eq!(site.exits.texts().len(), 2);
}

/// Begins to make a state that will not come, and returns what has to be dropped with the future.
fn pending_site() -> (Site, Supervisor<Worker>) {
    let log = Log::default();
    let site = Site {
        log: log.clone(),
        ..Site::of([Step::NeverEnds(noted(&log))])
    };
    let supervisor = site.supervisor();
    (site, supervisor)
}

#[tokio::test(start_paused = true)]
async fn a_stop_does_not_wait_for_the_state() {
    let (site, supervisor) = pending_site();
    let shutdown = CancellationToken::new();
    let (client, handle) = supervisor.shutdown(shutdown.clone()).spawn_with_handle();
    let queued = calling(&client, |client| async move { client.double(1).await }).await;
    let start = Instant::now();
    shutdown.cancel();
    let cancelled = CallError::Closed(Why::Cancelled);
    assert_eq!(soon(handle.started()).await, Err(cancelled));
    let exit = soon(handle).await;
    assert_eq!(start.elapsed(), Duration::ZERO);
    assert_eq!(summary(&exit), "cancelled: 0 handled, 1 refused, no state");
    assert_eq!(soon(queued).await.unwrap(), Err(CallError::Refused));
    assert_eq!(site.log.numbers(), [99]);
}

#[tokio::test(start_paused = true)]
async fn a_token_that_was_cancelled_before_makes_no_state() {
    let (site, supervisor) = pending_site();
    let shutdown = CancellationToken::new();
    shutdown.cancel();
    let (client, handle) = supervisor.shutdown(shutdown).spawn_with_handle();
    let exit = soon(handle).await;
    assert_eq!(summary(&exit), "cancelled: 0 handled, 0 refused, no state");
    assert!(client.is_closed());
    assert!(site.exits.texts().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_drain_waits_for_the_state_if_a_command_is_queued() {
    let (gate, mut key) = gate();
    let site = Site::of([Step::Waits(gate)]);
    let (client, handle) = site.supervisor().spawn_with_handle();
    let queued = calling(&client, |client| async move { client.double(1).await }).await;
    key.entered().await;
    let ended = tokio::spawn(handle.shutdown_with(Shutdown::Drain, MINUTE));
    idle().await;
    assert_eq!(
        soon(client.double(2)).await,
        Err(CallError::Closed(Why::Cancelled))
    );
    key.open();
    assert_eq!(soon(queued).await.unwrap(), Ok(2));
    let exit = soon(ended).await.unwrap();
    assert_eq!(summary(&exit), "cancelled: 1 handled, 0 refused, state");
}

#[tokio::test(start_paused = true)]
async fn a_drain_of_nothing_does_not_wait_for_the_state() {
    let (site, supervisor) = pending_site();
    let (_client, handle) = supervisor.spawn_with_handle();
    idle().await;
    let start = Instant::now();
    let exit = soon(handle.shutdown_with(Shutdown::Drain, MINUTE)).await;
    assert_eq!(start.elapsed(), Duration::ZERO);
    assert_eq!(summary(&exit), "cancelled: 0 handled, 0 refused, no state");
    assert_eq!(site.log.numbers(), [99]);
}

#[tokio::test(start_paused = true)]
async fn a_drain_that_fails_to_make_the_state_ends() {
    let (gate, mut key) = gate();
    let site = Site::of([Step::Waits(gate), Step::Fails, Step::Fails, Step::Fails]);
    let (client, handle) = site.supervisor().spawn_with_handle();
    let held = calling(&client, |client| async move {
        client.panic_with(Box::new("in a method")).await
    });
    let held = held.await;
    let queued = calling(&client, |client| async move { client.double(1).await }).await;
    key.entered().await;
    let ended = tokio::spawn(handle.shutdown_with(Shutdown::Drain, MINUTE));
    idle().await;
    key.open();
    assert_eq!(soon(held).await.unwrap(), Err(CallError::Panicked));
    assert_eq!(soon(queued).await.unwrap(), Err(CallError::Refused));
    let exit = soon(ended).await.unwrap();
    assert!(matches!(exit.reason, ExitReason::StartFailed(_)));
}

#[tokio::test(start_paused = true)]
async fn a_deadline_holds_for_a_state_that_does_not_come() {
    let (site, supervisor) = pending_site();
    let shutdown = CancellationToken::new();
    let supervisor = supervisor.shutdown(shutdown.clone()).deadline(SECOND);
    let (client, handle) = supervisor.spawn_with_handle();
    let queued = calling(&client, |client| async move { client.double(1).await }).await;
    let start = Instant::now();
    let exit = soon(handle.shutdown_with(Shutdown::Drain, MINUTE)).await;
    assert_eq!(start.elapsed(), SECOND);
    assert_eq!(summary(&exit), "cancelled: 0 handled, 1 refused, no state");
    assert_eq!(soon(queued).await.unwrap(), Err(CallError::Refused));
    assert_eq!(site.log.numbers(), [99]);
}

#[tokio::test(start_paused = true)]
async fn an_abort_drops_the_future() {
    let (site, supervisor) = pending_site();
    let (client, handle) = supervisor.spawn_with_handle();
    let queued = calling(&client, |client| async move { client.double(1).await }).await;
    handle.abort();
    let exit = soon(handle).await;
    assert_eq!(
        summary(&exit),
        "aborted in factory: 0 handled, 1 refused, no state"
    );
    assert_eq!(soon(queued).await.unwrap(), Err(CallError::Refused));
    assert_eq!(
        soon(client.double(2)).await,
        Err(CallError::Closed(Why::Aborted))
    );
    assert_eq!(site.log.numbers(), [99]);
}

#[tokio::test(start_paused = true)]
async fn an_actor_without_clients_needs_no_state() {
    let (site, supervisor) = pending_site();
    let (client, handle) = supervisor.spawn_with_handle();
    idle().await;
    drop(client);
    let exit = soon(handle).await;
    assert_eq!(
        summary(&exit),
        "clients dropped: 0 handled, 0 refused, no state"
    );
    assert_eq!(site.log.numbers(), [99]);
}

#[tokio::test(start_paused = true)]
async fn a_cast_of_the_last_client_waits_for_the_state() {
    let (gate, mut key) = gate();
    let site = Site::of([Step::Waits(gate)]);
    let (client, handle) = site.supervisor().spawn_with_handle();
    client.note(1).await.unwrap();
    key.entered().await;
    drop(client);
    idle().await;
    key.open();
    let exit = soon(handle).await;
    assert_eq!(
        summary(&exit),
        "clients dropped: 1 handled, 0 refused, state"
    );
}

#[tokio::test(start_paused = true)]
async fn a_panic_of_a_future_that_is_dropped_is_not_lost() {
    let site = Site::of([Step::NeverEnds(Box::new(PanicOnDrop))]);
    let (_client, handle) = site.supervisor().spawn_with_handle();
    idle().await;
    let exit = soon(handle.shutdown(MINUTE)).await;
    assert_eq!(payload(exit), Some("dropped"));
    let site = Site::of([Step::NeverEnds(Box::new(PanicOnDrop))]);
    let (_client, handle) = site.supervisor().spawn_with_handle();
    idle().await;
    handle.abort();
    assert_eq!(payload(soon(handle).await), Some("dropped"));
}

/// An actor whose factory calls somebody who calls the actor.
struct Circular;

#[actor]
impl Circular {
    pub(crate) fn ping(&self) -> u32 {
        1
    }
}

struct Caller(Arc<OnceLock<CircularClient>>);

#[actor]
impl Caller {
    pub(crate) async fn ping(&self) -> Result<u32, CallError> {
        self.0.get().unwrap().ping().await
    }
}

#[tokio::test(start_paused = true)]
async fn a_factory_that_waits_for_its_own_actor_is_a_deadlock() {
    let place = Arc::new(OnceLock::new());
    let caller = Caller(Arc::clone(&place)).spawn(CancellationToken::new());
    let found = Arc::new(Mutex::new(None));
    let (calls, keeps) = (caller.clone(), Arc::clone(&found));
    let circular = Supervisor::try_new(move || {
        let (caller, found) = (calls.clone(), Arc::clone(&keeps));
        async move {
            *found.lock().unwrap() = Some(caller.ping().await);
            Ok::<_, CallError>(Circular)
        }
    })
    .spawn();
    place.set(circular.clone()).unwrap();
    assert_eq!(soon(circular.ping()).await, Ok(1));
    let found = found.lock().unwrap().take();
    let Some(Ok(Err(CallError::Deadlock(cycle)))) = found else {
        panic!("{found:?}");
    };
    assert_eq!(
        cycle.to_string(),
        "circular.factory → caller.ping → circular"
    );
}

/// An actor that also has hooks, calls in place and a loop that ends with an error.
struct Whole {
    log: Log,
}

#[actor(in_place)]
impl Whole {
    pub(crate) fn number(&self) -> u32 {
        7
    }

    pub(crate) fn fail(&mut self, ctx: &mut Context<Self>) {
        ctx.fail("enough");
    }

    #[on_start]
    fn start(&mut self) -> Result<(), &'static str> {
        self.log.push(1);
        match self.log.len() {
            1 => Err("the first start"),
            _ => Ok(()),
        }
    }

    #[on_stop]
    fn stop(&mut self) {
        self.log.push(2);
    }
}

#[tokio::test(start_paused = true)]
async fn hooks_and_calls_in_place_come_after_the_state() {
    let (log, exits) = (Log::default(), Exits::default());
    let its_log = log.clone();
    let (whole, handle) = Supervisor::try_new(move || {
        let log = its_log.clone();
        async move {
            idle().await;
            Ok::<_, CallError>(Whole { log })
        }
    })
    .on_restart(exits.keep())
    .spawn_with_handle();
    assert_eq!(soon(handle.started()).await, Ok(()));
    assert_eq!(log.numbers(), [1, 1]);
    assert_eq!(soon(whole.number()).await, Ok(7));
    soon(whole.fail()).await.unwrap();
    assert_eq!(soon(whole.number()).await, Ok(7));
    drop(whole);
    assert!(soon(handle).await.state.is_some());
    assert_eq!(log.numbers(), [1, 1, 2, 1, 2]);
    assert_eq!(
        exits.texts(),
        [
            "failed to start: the first start; 0 commands handled, 0 refused",
            "failed: enough; 2 commands handled, 0 refused",
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn senders_go_on_while_the_state_is_made() {
    async fn note(client: WorkerClient, number: u32) -> Result<(), CallError> {
        client.note(number).await
    }
    let (gate, key) = gate();
    let site = Site::of([Step::Fails, Step::Waits(gate)]);
    let client = site.supervisor().spawn();
    let mut notes = Vec::new();
    for number in 0..5 {
        notes.push(tokio::spawn(note(client.clone(), number)));
        idle().await;
    }
    key.open();
    for note in notes {
        soon(note).await.unwrap().unwrap();
    }
    idle().await;
    assert_eq!(site.log.numbers(), [0, 1, 2, 3, 4]);
}

/// An actor whose value can be read before it is made.
struct Gauge(u32);

#[actor]
impl Gauge {
    pub(crate) fn fail(&mut self, ctx: &mut Context<Self>) {
        ctx.fail("enough");
    }

    #[watch(initial = None)]
    pub(crate) fn level(&self) -> Option<u32> {
        Some(self.0)
    }
}

#[tokio::test(start_paused = true)]
async fn a_value_is_the_initial_one_until_a_state_is_made() {
    let mut number = 0;
    let (gauge, handle) = Supervisor::try_new(move || {
        number += 1;
        async move {
            idle().await;
            match number {
                1 | 3 => Err("no connection"),
                _ => Ok(Gauge(number)),
            }
        }
    })
    .spawn_with_handle();
    let mut follows = gauge.watch_level();
    assert_eq!(gauge.level(), None);
    assert_eq!(soon(follows.next()).await, Some(None));
    soon(handle.started()).await.unwrap();
    assert_eq!(gauge.level(), Some(2));
    assert_eq!(soon(follows.next()).await, Some(Some(2)));
    gauge.fail().await.unwrap();
    // The last value stays while there is no state.
    assert_eq!(soon(follows.next()).await, Some(Some(4)));
    drop(gauge);
    assert_eq!(soon(follows.next()).await, None);
}

/// An actor that starts a child whose state does not come.
struct Parent(Site);

#[actor]
impl Parent {
    pub(crate) fn start(&mut self, ctx: &mut Context<Self>) -> WorkerClient {
        ctx.start(self.0.supervisor())
    }
}

#[tokio::test(start_paused = true)]
async fn a_parent_does_not_wait_for_the_state_of_its_child() {
    let (site, _) = pending_site();
    let (parent, handle) = Parent(site.clone()).spawn_with_handle(CancellationToken::new());
    let child = soon(parent.start()).await.unwrap();
    let queued = calling(&child, |child| async move { child.double(1).await }).await;
    drop(parent);
    let start = Instant::now();
    soon(handle).await;
    assert_eq!(start.elapsed(), Duration::ZERO);
    assert_eq!(soon(queued).await.unwrap(), Err(CallError::Refused));
    assert_eq!(site.log.numbers(), [99]);
}
