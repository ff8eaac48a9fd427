//! Supervised actors that run elsewhere than in a task of their own, `local` ones among them.

use std::cell::Cell;
use std::collections::HashMap;
use std::rc::Rc;
use std::thread;

use actor_runtime::{
    CallError, CancellationToken, Client as _, ExitReason, Supervisor, Why, actor,
};
use tokio::runtime;
use tokio::task::{JoinSet, LocalSet, yield_now};

use super::{MINUTE, Start, Story};
use crate::support::{calling, idle, poll_once, soon, summary};

#[tokio::test(start_paused = true)]
async fn a_supervised_actor_runs_in_a_join_set() {
    let story = Story::of([Start::Fails]);
    let (client, runner) = story.supervisor().capacity(3).into_runner();
    assert!(format!("{runner:?}").starts_with("SupervisedRunner {"));
    assert_eq!((client.capacity(), client.size()), (3, 0));
    let queued = calling(&client, |client| async move { client.number().await }).await;
    let mut actors = JoinSet::new();
    actors.spawn(runner.run());
    assert_eq!(soon(queued).await.unwrap(), Ok(2));
    assert_eq!(soon(client.fail()).await, Err(CallError::Panicked));
    assert_eq!(soon(client.number()).await, Ok(3));
    drop(client);
    let exit = soon(actors.join_next()).await.unwrap().unwrap();
    assert_eq!(
        summary(&exit),
        "clients dropped: 1 handled, 0 refused, state"
    );
    assert_eq!(story.exits().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_runner_gives_up_as_a_supervisor_does() {
    let story = Story::of([Start::Fails, Start::Fails, Start::Fails]);
    let supervisor = story.supervisor().restarts(2, MINUTE);
    let (client, runner) = supervisor.into_runner();
    let exit = soon(runner.run()).await;
    assert_eq!(
        exit.to_string(),
        "failed to start: it is too early; 0 commands handled, 0 refused"
    );
    assert_eq!(
        soon(client.number()).await,
        Err(CallError::Closed(Why::StartFailed))
    );
}

#[tokio::test(start_paused = true)]
async fn the_token_of_a_runner_stops_the_actor_between_two_incarnations() {
    let (story, shutdown) = (Story::of([Start::Fails]), CancellationToken::new());
    let supervisor = story.supervisor().shutdown(shutdown.clone());
    let (client, runner) = supervisor.backoff(MINUTE, MINUTE).into_runner();
    let run = tokio::spawn(runner.run());
    let queued = calling(&client, |client| async move { client.number().await }).await;
    shutdown.cancel();
    let exit = soon(run).await.unwrap();
    assert_eq!(summary(&exit), "cancelled: 0 handled, 1 refused, no state");
    assert_eq!(soon(queued).await.unwrap(), Err(CallError::Refused));
}

#[tokio::test(start_paused = true)]
async fn dropping_a_runner_aborts_the_actor() {
    let story = Story::default();
    let (client, runner) = story.supervisor().into_runner();
    drop(runner);
    let aborted = Err(CallError::Closed(Why::Aborted));
    assert_eq!(soon(client.number()).await, aborted);

    let (client, runner) = story.supervisor().into_runner();
    let mut run = Box::pin(runner.run());
    let mut number = Box::pin(client.number());
    assert!(poll_once(number.as_mut()).is_pending());
    assert!(poll_once(run.as_mut()).is_pending());
    assert_eq!(soon(number).await, Ok(2));
    drop(run);
    assert_eq!(soon(client.number()).await, aborted);
}

#[tokio::test(start_paused = true)]
async fn a_runner_that_is_dropped_reports_to_on_exit() {
    let exits = super::Exits::default();
    let keep = exits.keep();
    let (_client, runner) = Story::default().supervisor().on_exit(keep).into_runner();
    drop(runner);
    assert_eq!(exits.texts(), ["aborted; 0 commands handled, 0 refused"]);
}

/// A local actor that counts its incarnations.
struct Names(Rc<Cell<u32>>);

#[actor(local)]
impl Names {
    pub(crate) async fn incarnation(&self) -> u32 {
        let number = Rc::clone(&self.0);
        yield_now().await;
        number.get()
    }

    pub(crate) async fn panic_later(&mut self) -> u8 {
        yield_now().await;
        std::panic::resume_unwind(Box::new("local"))
    }
}

async fn is_restarted(names: NamesClient) {
    assert_eq!(soon(names.incarnation()).await, Ok(1));
    assert_eq!(soon(names.panic_later()).await, Err(CallError::Panicked));
    assert_eq!(soon(names.incarnation()).await, Ok(2));
}

#[tokio::test(start_paused = true)]
async fn a_local_actor_is_restarted() {
    let number = Rc::new(Cell::new(0));
    let made = Rc::clone(&number);
    let (names, runner) = Supervisor::new_local(move || {
        made.set(made.get() + 1);
        Names(Rc::clone(&made))
    })
    .into_runner();
    let local = LocalSet::new();
    let run = local.spawn_local(runner.run());
    local.run_until(is_restarted(names)).await;
    let exit = local.run_until(run).await.unwrap();
    assert!(matches!(exit.reason, ExitReason::ClientsDropped));
    assert_eq!(number.get(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_local_actor_is_made_by_a_future_that_stays_on_its_thread() {
    let number = Rc::new(Cell::new(0));
    let (names, runner) = Supervisor::try_new_local(move || {
        let number = Rc::clone(&number);
        async move {
            idle().await;
            number.set(number.get() + 1);
            Ok::<_, CallError>(Names(number))
        }
    })
    .into_runner();
    let local = LocalSet::new();
    local.spawn_local(runner.run());
    local.run_until(is_restarted(names)).await;
}

#[test]
fn a_local_actor_is_supervised_on_a_thread_of_its_own() {
    let (give, given) = std::sync::mpsc::channel();
    let thread = thread::spawn(move || {
        let mut number = 0;
        // This factory may be sent, although what it makes may not.
        let (names, runner) = Supervisor::new(move || {
            number += 1;
            Names(Rc::new(Cell::new(number)))
        })
        .into_runner();
        give.send(names).unwrap();
        let mut builder = runtime::Builder::new_current_thread();
        let runtime = builder.enable_time().start_paused(true).build().unwrap();
        runtime.block_on(runner.run()).to_string()
    });
    let names = given.recv().unwrap();
    let mut builder = runtime::Builder::new_current_thread();
    let runtime = builder.enable_time().build().unwrap();
    runtime.block_on(is_restarted(names));
    let exit = thread.join().unwrap();
    assert_eq!(exit, "all clients dropped; 1 command handled, 0 refused");
}

trait Db: Send + Sync {
    fn get(&self, key: u32) -> Option<u32>;
}

impl Db for HashMap<u32, u32> {
    fn get(&self, key: u32) -> Option<u32> {
        HashMap::get(self, &key).copied()
    }
}

/// An actor whose type has a lifetime that may be any.
struct Cache<D>(D);

#[actor]
impl<D: Db + 'static> Cache<D> {
    pub(crate) async fn get(&self, key: u32) -> Option<u32> {
        yield_now().await;
        self.0.get(key)
    }
}

impl Db for Box<dyn Db> {
    fn get(&self, key: u32) -> Option<u32> {
        (**self).get(key)
    }
}

#[tokio::test(start_paused = true)]
async fn a_generic_actor_is_supervised() {
    fn make() -> Cache<Box<dyn Db>> {
        Cache(Box::new(HashMap::from([(1, 2)])))
    }
    let (cache, runner) = Supervisor::new(make).into_runner();
    let mut actors = JoinSet::new();
    actors.spawn(runner.run());
    assert_eq!(soon(cache.get(1)).await, Ok(Some(2)));
    let cache = Supervisor::try_new(async || Ok::<_, CallError>(make())).spawn();
    assert_eq!(soon(cache.get(1)).await, Ok(Some(2)));
}
