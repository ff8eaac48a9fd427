//! The monitor: what living actors do, seen from outside.

use std::fmt;
use std::future::pending;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use actor_runtime::monitor::{ActorSnapshot, WaitsFor};
use actor_runtime::{
    Actor as _, CallError, CancellationToken, Client as _, Context, Inbox, Monitor, Supervisor,
    actor, prepare,
};

use crate::support::{Gate, gate, idle, on_four_threads, poll_once, soon, spawn};

/// An actor with commands of all kinds.
struct Cache;

#[actor(shutdown = drain)]
impl Cache {
    pub(crate) fn get(&self) -> u32 {
        42
    }

    pub(crate) async fn wait(&mut self, gate: Gate) {
        gate.pass().await;
    }

    #[command(priority)]
    pub(crate) fn clear(&mut self) {}

    pub(crate) fn look(&self, monitor: &Monitor) -> Vec<ActorSnapshot> {
        monitor.snapshot().actors
    }

    #[command(skip_cancelled)]
    pub(crate) fn find(&self) -> u32 {
        1
    }

    #[command(batch = 8, arg = numbers)]
    pub(crate) async fn add(&mut self, numbers: Vec<Gate>) {
        for gate in numbers {
            gate.pass().await;
        }
    }

    #[command(ack)]
    pub(crate) fn fail(&mut self) {
        panic!("out of luck");
    }

    pub(crate) fn quit(&mut self, gate: Gate, ctx: &mut Context<Self>) {
        ctx.spawn(gate.pass());
        ctx.stop();
    }

    #[command(ack)]
    pub(crate) fn end(&mut self, ctx: &mut Context<Self>) {
        ctx.fail(Unprintable);
    }
}

/// An error that panics when it is printed.
#[derive(Debug)]
struct Unprintable;

impl fmt::Display for Unprintable {
    fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        panic!("unprintable");
    }
}

impl std::error::Error for Unprintable {}

/// Returns the only actor that the monitor shows.
fn only(monitor: &Monitor) -> ActorSnapshot {
    let mut actors = monitor.snapshot().actors;
    let only = actors.pop().expect("there is an actor");
    assert!(actors.is_empty(), "{actors:?}");
    only
}

/// Returns the method in progress, and how long it has run in seconds.
fn running(actor: &ActorSnapshot) -> Option<(&'static str, u64)> {
    let running = actor.in_progress.as_ref()?;
    Some((running.method, running.busy_for.as_secs()))
}

async fn second() {
    tokio::time::sleep(Duration::from_secs(1)).await;
}

#[tokio::test(start_paused = true)]
async fn it_shows_what_an_actor_does() {
    let monitor = Monitor::new();
    assert!(monitor.snapshot().actors.is_empty());
    let cache = Cache
        .builder()
        .name("eu-1")
        .capacity(4)
        .monitor(&monitor)
        .spawn();
    let actor = only(&monitor);
    assert_eq!(
        (actor.actor, actor.name.as_deref()),
        ("cache", Some("eu-1"))
    );
    assert_eq!((actor.capacity, actor.queued), (Some(4), 0));
    assert_eq!(actor.queued_with_priority, 0);
    assert_eq!(actor.queued_with_priority, 0);
    assert_eq!((running(&actor), actor.handled), (None, 0));
    let (gate, mut key) = gate();
    cache.wait(gate).await.unwrap();
    key.entered().await;
    let _queued = [cache.get(), cache.get()].map(|call| {
        let mut call = Box::pin(call);
        assert!(poll_once(call.as_mut()).is_pending());
        call
    });
    cache.clear().await.unwrap();
    second().await;
    second().await;
    let actor = only(&monitor);
    assert_eq!(running(&actor), Some(("wait", 2)));
    assert_eq!((actor.queued, actor.queued_with_priority), (3, 1));
    assert_eq!((actor.handled, actor.is_closed), (0, false));
    key.open();
    idle().await;
    let actor = only(&monitor);
    assert_eq!((running(&actor), actor.queued), (None, 0));
    assert_eq!(actor.handled, 4);
}

#[tokio::test(start_paused = true)]
async fn a_method_that_begins_right_after_another_one_has_its_own_time() {
    let monitor = Monitor::new();
    let cache = Cache.builder().monitor(&monitor).spawn();
    let (first, mut first_key) = gate();
    let (second_gate, mut second_key) = gate();
    cache.wait(first).await.unwrap();
    cache.wait(second_gate).await.unwrap();
    first_key.entered().await;
    second().await;
    first_key.open();
    second_key.entered().await;
    let actor = only(&monitor);
    assert_eq!((running(&actor), actor.handled), (Some(("wait", 0)), 1));
    second_key.open();
}

#[tokio::test(start_paused = true)]
async fn each_command_of_a_batch_counts() {
    let monitor = Monitor::new();
    let cache = Cache.builder().monitor(&monitor).spawn();
    let mut keys = Vec::new();
    for _ in 0..3 {
        let (gate, key) = gate();
        cache.add(gate).await.unwrap();
        keys.push(key);
    }
    for key in keys {
        idle().await;
        let actor = only(&monitor);
        assert_eq!((actor.handled, actor.queued), (0, 0));
        assert_eq!(running(&actor).unwrap().0, "add");
        key.open();
    }
    idle().await;
    assert_eq!(only(&monitor).handled, 3);
}

#[tokio::test(start_paused = true)]
async fn a_skipped_call_is_not_handled() {
    let monitor = Monitor::new();
    let cache = Cache.builder().monitor(&monitor).spawn();
    let (gate, mut key) = gate();
    cache.wait(gate).await.unwrap();
    key.entered().await;
    {
        let mut call = Box::pin(cache.find());
        assert!(poll_once(call.as_mut()).is_pending());
    }
    key.open();
    assert_eq!(soon(cache.find()).await, Ok(1));
    idle().await;
    let actor = only(&monitor);
    assert_eq!((actor.handled, actor.skipped), (2, 1));
}

#[tokio::test(start_paused = true)]
async fn a_restarted_actor_keeps_its_entry() {
    let monitor = Monitor::new();
    let cache = Supervisor::new(|| Cache)
        .name("eu-1")
        .backoff(Duration::from_secs(8), Duration::from_secs(8))
        .monitor(&monitor)
        .spawn();
    let first = only(&monitor);
    assert_eq!((first.restarts, first.last_failure.is_none()), (0, true));
    assert_eq!(cache.get().await, Ok(42));
    assert_eq!(cache.fail().await, Err(CallError::Panicked));
    second().await;
    let between = only(&monitor);
    assert_eq!((between.restarts, running(&between)), (0, None));
    let failure = between.last_failure.unwrap();
    assert_eq!(failure.reason, "panicked with \"out of luck\"");
    assert_eq!(failure.method, Some("fail"));
    assert_eq!(failure.ago, Duration::from_secs(1));
    assert_eq!(cache.get().await, Ok(42));
    let second = only(&monitor);
    assert_eq!((second.id, second.restarts), (first.id, 1));
    assert_eq!((second.handled, second.name.as_deref()), (2, Some("eu-1")));
}

#[tokio::test(start_paused = true)]
async fn a_failure_that_cannot_be_printed_is_shown() {
    let monitor = Monitor::new();
    let cache = Supervisor::new(|| Cache).monitor(&monitor).spawn();
    assert_eq!(cache.end().await, Ok(()));
    assert_eq!(cache.get().await, Ok(42));
    let actor = only(&monitor);
    assert_eq!(actor.last_failure.unwrap().reason, "failed");
    assert_eq!(actor.restarts, 1);
}

#[tokio::test(start_paused = true)]
async fn an_actor_that_has_ended_is_gone() {
    let monitor = Monitor::new();
    let (cache, handle) = Cache.builder().monitor(&monitor).spawn_with_handle();
    let other = Cache.builder().monitor(&monitor).spawn();
    let [_, stays] = monitor.snapshot().actors.try_into().unwrap();
    assert_eq!(cache.fail().await, Err(CallError::Panicked));
    soon(handle).await;
    // The client of the one that has ended is still there.
    assert!(cache.is_closed());
    assert_eq!(only(&monitor).id, stays.id);
    let end = other.ended();
    drop(other);
    soon(end).await;
    assert!(monitor.snapshot().actors.is_empty());
}

#[tokio::test(start_paused = true)]
async fn it_keeps_no_actor_alive() {
    let monitor = Monitor::new();
    let (cache, handle) = Cache.builder().monitor(&monitor).spawn_with_handle();
    let snapshot = monitor.snapshot();
    drop(cache);
    soon(handle).await;
    assert_eq!(snapshot.actors.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn an_actor_that_drains_is_closed() {
    let monitor = Monitor::new();
    let shutdown = CancellationToken::new();
    let cache = Cache
        .builder()
        .shutdown(shutdown.clone())
        .monitor(&monitor)
        .spawn();
    let (gate, mut key) = gate();
    cache.wait(gate).await.unwrap();
    key.entered().await;
    shutdown.cancel();
    second().await;
    let actor = only(&monitor);
    assert_eq!(
        (actor.is_closed, running(&actor)),
        (true, Some(("wait", 1)))
    );
    key.open();
}

#[tokio::test(start_paused = true)]
async fn an_actor_that_waits_for_its_tasks_is_in_no_method() {
    let monitor = Monitor::new();
    let cache = Cache.builder().monitor(&monitor).spawn();
    let (first, mut first_key) = gate();
    let (task, mut task_key) = gate();
    cache.wait(first).await.unwrap();
    first_key.entered().await;
    cache.quit(task).await.unwrap();
    let (never, _key) = gate();
    cache.wait(never).await.unwrap();
    first_key.open();
    task_key.entered().await;
    second().await;
    let actor = only(&monitor);
    assert_eq!((running(&actor), actor.is_closed), (None, true));
    assert_eq!((actor.handled, actor.refused), (2, 1));
    assert_eq!((actor.tasks, actor.children.len()), (1, 0));
    task_key.open();
}

/// An actor with children.
struct Family;

#[actor]
impl Family {
    pub(crate) fn start(&mut self, ctx: &mut Context<Self>) -> CacheClient {
        ctx.start(Cache.builder().name("eu-1"))
    }
}

#[tokio::test(start_paused = true)]
async fn it_shows_what_an_end_waits_for() {
    let monitor = Monitor::new();
    let shutdown = CancellationToken::new();
    let parent = Family
        .builder()
        .monitor(&monitor)
        .shutdown(shutdown.clone());
    let parent = parent.spawn();
    let child = parent.start().await.unwrap();
    let (gate, mut key) = gate();
    child.wait(gate).await.unwrap();
    key.entered().await;
    shutdown.cancel();
    second().await;
    let actor = only(&monitor);
    assert_eq!((running(&actor), actor.is_closed), (None, true));
    assert_eq!((actor.tasks, actor.children["cache eu-1"]), (0, 1));
    key.open();
    soon(parent.ended()).await;
    assert!(monitor.snapshot().actors.is_empty());
}

/// An actor that calls others.
struct Front {
    cache: CacheClient,
}

#[actor]
impl Front {
    pub(crate) async fn ask(&mut self) -> Result<u32, CallError> {
        self.cache.get().await
    }

    pub(crate) async fn ask_twice(&mut self, other: CacheClient) -> Result<u32, CallError> {
        let (one, two) = tokio::join!(self.cache.get(), other.get());
        Ok(one? + two?)
    }

    pub(crate) async fn forget(&mut self, gate: Gate) {
        {
            let mut call = Box::pin(self.cache.get());
            assert!(poll_once(call.as_mut()).is_pending());
        }
        gate.pass().await;
    }

    pub(crate) async fn cast(&mut self) -> Result<(), CallError> {
        self.cache.clear().await?;
        self.cache.clear().await
    }
}

/// Keeps the cache busy.
async fn hold(cache: &CacheClient) -> crate::support::Key {
    let (gate, mut key) = gate();
    cache.wait(gate).await.unwrap();
    key.entered().await;
    key
}

fn waits(actor: &ActorSnapshot) -> Vec<(Option<u64>, String)> {
    let text = |wait: &WaitsFor| match &wait.name {
        Some(name) => format!("{} {name}", wait.actor),
        None => wait.actor.to_owned(),
    };
    let waits = actor.waits_for.iter();
    waits.map(|wait| (wait.id, text(wait))).collect()
}

#[tokio::test(start_paused = true)]
async fn it_shows_whom_a_method_waits_for() {
    let monitor = Monitor::new();
    let cache = Cache.builder().name("eu-1").monitor(&monitor).spawn();
    let front = Front {
        cache: cache.clone(),
    };
    let front = front.builder().monitor(&monitor).spawn();
    let key = hold(&cache).await;
    let asking = spawn({
        let front = front.clone();
        async move { front.ask().await }
    });
    second().await;
    let [shown, waiting] = monitor.snapshot().actors.try_into().unwrap();
    assert_eq!(waits(&waiting), [(Some(shown.id), "cache eu-1".to_owned())]);
    assert_eq!(running(&waiting), Some(("ask", 1)));
    assert_eq!(waits(&shown), []);
    assert_eq!(
        monitor.mermaid(),
        "flowchart LR\n    a1[\"cache eu-1\"]\n    a2[\"front\"]\n    a2 -- \"ask\" --> a1\n"
    );
    key.open();
    assert_eq!(soon(asking).await.unwrap(), Ok(Ok(42)));
    assert!(
        monitor
            .snapshot()
            .actors
            .iter()
            .all(|it| it.waits_for.is_empty())
    );
    assert_eq!(monitor.mermaid(), "flowchart LR\n");
}

#[tokio::test(start_paused = true)]
async fn a_method_may_wait_for_several_actors_also_for_one_that_is_not_shown() {
    let monitor = Monitor::new();
    let cache = Cache.builder().monitor(&monitor).spawn();
    let other = Cache.builder().name("hidden").spawn();
    let front = Front {
        cache: cache.clone(),
    };
    let front = front.builder().monitor(&monitor).spawn();
    let keys = [hold(&cache).await, hold(&other).await];
    let asking = spawn(async move { front.ask_twice(other).await });
    second().await;
    let [shown, waiting] = monitor.snapshot().actors.try_into().unwrap();
    let hidden = (None, "cache hidden".to_owned());
    assert_eq!(
        waits(&waiting),
        [hidden.clone(), (Some(shown.id), "cache".to_owned())]
    );
    let [key, other_key] = keys;
    key.open();
    idle().await;
    let [_, waiting] = monitor.snapshot().actors.try_into().unwrap();
    assert_eq!(waits(&waiting), [hidden]);
    other_key.open();
    assert_eq!(soon(asking).await.unwrap(), Ok(Ok(84)));
}

#[tokio::test(start_paused = true)]
async fn a_call_that_was_dropped_is_no_wait() {
    let monitor = Monitor::new();
    let cache = Cache.spawn(CancellationToken::new());
    let front = Front {
        cache: cache.clone(),
    };
    let front = front.builder().monitor(&monitor).spawn();
    let key = hold(&cache).await;
    let (gate, mut forgotten) = gate();
    front.forget(gate).await.unwrap();
    forgotten.entered().await;
    let actor = only(&monitor);
    assert_eq!(
        (running(&actor).unwrap().0, waits(&actor)),
        ("forget", vec![])
    );
    forgotten.open();
    key.open();
}

#[tokio::test(start_paused = true)]
async fn a_call_that_was_answered_is_no_wait() {
    let monitor = Monitor::new();
    let cache = Cache.spawn(CancellationToken::new());
    let front = Front {
        cache: cache.clone(),
    };
    let front = front.builder().monitor(&monitor).spawn();
    let key = hold(&cache).await;
    let asking = spawn(async move { front.ask().await });
    second().await;
    assert_eq!(waits(&only(&monitor)), [(None, "cache".to_owned())]);
    // Handled right behind the call, before its caller is polled.
    let looking = spawn({
        let monitor = monitor.clone();
        async move { cache.look(&monitor).await }
    });
    idle().await;
    key.open();
    let seen = soon(looking).await.unwrap().unwrap();
    assert_eq!(running(&seen[0]), Some(("ask", 1)));
    assert_eq!(waits(&seen[0]), []);
    assert_eq!(soon(asking).await.unwrap(), Ok(Ok(42)));
}

#[tokio::test(start_paused = true)]
async fn a_cast_without_room_is_a_wait() {
    let monitor = Monitor::new();
    let cache = Cache.builder().capacity(1).spawn();
    let front = Front {
        cache: cache.clone(),
    };
    let front = front.builder().monitor(&monitor).spawn();
    let key = hold(&cache).await;
    let casting = spawn(async move { front.cast().await });
    second().await;
    assert_eq!(waits(&only(&monitor)), [(None, "cache".to_owned())]);
    key.open();
    assert_eq!(soon(casting).await.unwrap(), Ok(Ok(())));
}

/// An actor with hooks and a source.
struct Clock {
    start: Option<Gate>,
}

#[actor]
impl Clock {
    #[on_start]
    async fn wind(&mut self) {
        if let Some(gate) = self.start.take() {
            gate.pass().await;
        }
    }

    #[every(Duration::from_secs(60))]
    async fn strike(&mut self) {
        tokio::time::sleep(Duration::from_secs(5)).await;
    }

    pub(crate) fn read(&self) {}
}

#[tokio::test(start_paused = true)]
async fn hooks_and_sources_are_methods_in_progress_and_no_commands() {
    let monitor = Monitor::new();
    let (gate, mut key) = gate();
    let clock = Clock { start: Some(gate) };
    let clock = clock.builder().monitor(&monitor).spawn();
    key.entered().await;
    second().await;
    assert_eq!(running(&only(&monitor)), Some(("wind", 1)));
    key.open();
    tokio::time::sleep(Duration::from_secs(63)).await;
    let actor = only(&monitor);
    assert_eq!((running(&actor), actor.handled), (Some(("strike", 3)), 0));
    clock.read().await.unwrap();
    tokio::time::sleep(Duration::from_secs(10)).await;
    let actor = only(&monitor);
    assert_eq!((running(&actor), actor.handled), (None, 1));
}

/// An actor with a task that outlives its loop.
struct Writer;

#[actor]
impl Writer {
    pub(crate) fn write(&mut self, gate: Gate, fails: bool, ctx: &mut Context<Self>) {
        ctx.spawn(gate.pass());
        assert!(!fails, "out of luck");
    }

    #[run]
    async fn write_once(
        mut self,
        inbox: &mut Inbox<WriterCommand>,
        ctx: &mut Context<Self>,
    ) -> Self {
        if let Some(command) = inbox.next().await {
            self.handle(command, ctx).await;
        }
        self
    }
}

#[tokio::test(start_paused = true)]
async fn a_loop_that_has_ended_is_in_no_method() {
    let monitor = Monitor::new();
    for (fails, handled) in [(false, 1), (true, 0)] {
        let (writer, handle) = Writer.builder().monitor(&monitor).spawn_with_handle();
        let (gate, mut key) = gate();
        writer.write(gate, fails).await.unwrap();
        key.entered().await;
        second().await;
        // The task is still there.
        let actor = only(&monitor);
        assert_eq!((running(&actor), actor.handled), (None, handled));
        key.open();
        soon(handle).await;
    }
}

/// An actor that starts another one.
struct Parent {
    monitor: Monitor,
    child: Option<ClockClient>,
}

#[actor(unbounded)]
impl Parent {
    #[command(ack)]
    pub(crate) fn start(&mut self, ctx: &mut Context<Self>) {
        let clock = Clock { start: None };
        self.child = Some(ctx.start(clock.builder().monitor(&self.monitor)));
    }

    #[on_stop]
    async fn hang(&mut self) {
        pending::<()>().await;
    }
}

#[tokio::test(start_paused = true)]
async fn children_and_mailboxes_without_a_bound_are_shown() {
    let monitor = Monitor::new();
    let parent = Parent {
        monitor: monitor.clone(),
        child: None,
    };
    let shutdown = CancellationToken::new();
    let builder = parent.builder().shutdown(shutdown.clone());
    let (parent, handle) = builder.monitor(&monitor).spawn_with_handle();
    parent.start().await.unwrap();
    let [shown, child] = monitor.snapshot().actors.try_into().unwrap();
    assert_eq!((shown.actor, shown.capacity), ("parent", None));
    assert_eq!((child.actor, child.capacity), ("clock", Some(64)));
    shutdown.cancel();
    second().await;
    let [hanging, _] = monitor.snapshot().actors.try_into().unwrap();
    assert_eq!(running(&hanging), Some(("hang", 1)));
    handle.abort();
    soon(handle).await;
    idle().await;
    assert!(monitor.snapshot().actors.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_prepared_actor_is_shown() {
    let monitor = Monitor::new();
    let (cache, prepared) = prepare::<Cache>(2);
    cache.clear().await.unwrap();
    drop(prepared.builder(Cache).monitor(&monitor).spawn());
    idle().await;
    assert_eq!(only(&monitor).handled, 1);
}

/// An actor that cannot leave its thread.
struct Local(std::rc::Rc<()>);

#[actor(local)]
impl Local {
    pub(crate) fn get(&self) -> usize {
        std::rc::Rc::strong_count(&self.0)
    }
}

#[tokio::test(start_paused = true)]
async fn a_runner_is_shown_while_it_runs() {
    let monitor = Monitor::new();
    let (local, runner) = Local(std::rc::Rc::default())
        .builder()
        .monitor(&monitor)
        .into_runner();
    let asked = async {
        assert_eq!(local.get().await, Ok(1));
        let actor = only(&monitor);
        assert_eq!((actor.actor, actor.handled), ("local", 1));
        drop(local);
    };
    let (exit, ()) = soon(async { tokio::join!(runner.run(), asked) }).await;
    assert_eq!(exit.handled, 1);
    assert!(monitor.snapshot().actors.is_empty());
    let unused = Cache.builder().monitor(&monitor).into_runner();
    drop(unused);
    assert!(monitor.snapshot().actors.is_empty());
}

/// An actor that blocks its thread.
struct Blocker;

#[actor(in_place)]
impl Blocker {
    pub(crate) fn block(&mut self, until: mpsc::Receiver<()>) -> bool {
        until.into_iter().next().is_some()
    }

    pub(crate) fn fail(&mut self) -> u32 {
        panic!("out of luck");
    }
}

/// Returns a snapshot of the actor, once its method runs.
fn once_running(monitor: &Monitor) -> ActorSnapshot {
    loop {
        let actor = only(monitor);
        if actor.in_progress.is_some() {
            return actor;
        }
        thread::yield_now();
    }
}

fn a_method_that_blocks_is_seen(is_queued: bool) {
    on_four_threads(async move {
        let monitor = Monitor::new();
        let mut builder = Blocker.builder().monitor(&monitor);
        if is_queued {
            builder = builder.queued();
        }
        let blocker = builder.spawn();
        // So that the loop has nothing to do when the call comes.
        while only(&monitor).handled == 0 {
            let (unblock, until) = mpsc::channel();
            unblock.send(()).unwrap();
            assert_eq!(blocker.block(until).await, Ok(true));
        }
        let (unblock, until) = mpsc::channel();
        let blocking = spawn({
            let blocker = blocker.clone();
            async move { blocker.block(until).await }
        });
        // Outside of any runtime.
        let looking = thread::spawn(move || {
            let first = once_running(&monitor);
            let later = loop {
                let later = only(&monitor).in_progress.unwrap().busy_for;
                if later > first.in_progress.as_ref().unwrap().busy_for {
                    break later;
                }
            };
            unblock.send(()).unwrap();
            (monitor, first, later)
        });
        assert_eq!(blocking.await.unwrap(), Ok(true));
        let (monitor, first, _) = looking.join().unwrap();
        assert_eq!(first.in_progress.unwrap().method, "block");
        drop(blocker);
        while !monitor.snapshot().actors.is_empty() {
            thread::yield_now();
        }
    });
}

#[test]
fn a_method_that_blocks_its_thread_is_seen() {
    a_method_that_blocks_is_seen(true);
}

#[test]
fn a_method_that_blocks_the_thread_of_its_caller_is_seen() {
    a_method_that_blocks_is_seen(false);
}

#[tokio::test(start_paused = true)]
async fn a_panic_in_place_is_a_failure() {
    let monitor = Monitor::new();
    let blocker = Supervisor::new(|| Blocker).monitor(&monitor).spawn();
    idle().await;
    assert_eq!(blocker.fail().await, Err(CallError::Panicked));
    second().await;
    let actor = only(&monitor);
    assert_eq!((actor.restarts, actor.handled), (1, 0));
    assert_eq!(running(&actor), None);
    assert_eq!(actor.last_failure.unwrap().method, Some("fail"));
}

#[tokio::test(start_paused = true)]
async fn monitors_are_shared_by_their_clones_and_know_nothing_of_each_other() {
    let (one, two) = (Monitor::new(), Monitor::default());
    let first = Cache.builder().monitor(&one.clone()).spawn();
    let second = Cache.builder().monitor(&two).spawn();
    let unseen = Cache.spawn(CancellationToken::new());
    assert_eq!((only(&one).id, only(&two).id), (1, 1));
    drop((first, second, unseen));
}

/// An actor that ends with a method which takes its time.
struct Store;

#[actor]
impl Store {
    #[command(last)]
    pub(crate) async fn close(self, gate: Gate) -> u32 {
        gate.pass().await;
        7
    }
}

#[tokio::test(start_paused = true)]
async fn the_method_that_takes_the_state_is_shown() {
    let monitor = Monitor::new();
    let store = Store.builder().monitor(&monitor).spawn();
    let (gate, mut key) = gate();
    let closing = spawn(async move { store.close(gate).await });
    key.entered().await;
    second().await;
    let actor = only(&monitor);
    assert_eq!((running(&actor), actor.handled), (Some(("close", 1)), 0));
    key.open();
    assert_eq!(soon(closing).await.unwrap(), Ok(7));
    idle().await;
    assert!(monitor.snapshot().actors.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_factory_that_takes_its_time_is_shown() {
    let monitor = Monitor::new();
    let slow = || async {
        pending::<()>().await;
        Ok::<_, std::io::Error>(Cache)
    };
    let cache = Supervisor::try_new(slow).monitor(&monitor).spawn();
    idle().await;
    second().await;
    assert_eq!(running(&only(&monitor)), Some(("factory", 1)));
    drop(cache);
}
