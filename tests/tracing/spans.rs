//! The spans of actors and of their methods.

use std::panic;
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::sync::Arc;
use std::task::{self, Waker};
use std::thread;
use std::time::Duration;

use actor_runtime::{
    Actor, Builder, CallError, CancellationToken, Context, Reply, ReplyStream, Stream, Supervisor,
    actor,
};
use tokio::runtime;
use tokio::sync::{Notify, oneshot};
use tokio::task::{LocalSet, yield_now};
use tokio::time::{sleep, timeout};
use tracing::dispatcher::{set_default, with_default};
use tracing::level_filters::LevelFilter;
use tracing::{Instrument as _, info, info_span};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::registry::Registry;
use tracing_subscriber::reload;

use crate::log::Log;

/// An actor that logs its methods.
#[derive(Default)]
struct Cache {
    go_on: Arc<Notify>,
}

#[actor]
impl Cache {
    #[command(try, blocking)]
    pub(crate) fn get(&self, key: &str) -> usize {
        info!("found");
        key.len()
    }

    #[command(try, blocking)]
    pub(crate) fn set(&mut self, key: String, value: String) {
        info!("replaced");
        drop((key, value));
    }

    #[command(priority)]
    pub(crate) fn clear(&mut self) {
        info!("cleared");
    }

    pub(crate) async fn load(&mut self) -> () {
        info!("before");
        self.go_on.notified().await;
        info!("after");
    }

    pub(crate) fn answer_later(&self, reply: Reply<usize>) {
        info!("kept");
        reply.send(1);
    }

    pub(crate) async fn list(&self, mut reply: ReplyStream<usize>) {
        info!("listed");
        let _ = reply.send(1).await;
        reply.finish();
    }

    #[command(batch = 8)]
    pub(crate) fn put(&mut self, rows: Vec<usize>) {
        info!("put {}", rows.len());
    }

    pub(crate) fn spawn_task(&mut self, go_on: Arc<Notify>, ctx: &mut Context<Self>) -> () {
        ctx.spawn(async move {
            go_on.notified().await;
            info!("went on");
        });
    }

    pub(crate) async fn fail(&mut self) -> () {
        yield_now().await;
        panic!("out of luck");
    }
}

const REQUEST: &str = "request{id=7}";
const GET: &str = r#"handle{otel.name=cache.get actor="cache" method="get"}"#;
const ACTOR: &str = r#"actor{otel.name=cache actor="cache"}"#;

/// Returns the span of a method of a cache.
fn handle(method: &str) -> String {
    format!(r#"handle{{otel.name=cache.{method} actor="cache" method="{method}"}}"#)
}

#[tokio::test(start_paused = true)]
async fn a_call_runs_in_the_span_of_its_caller() {
    let (log, _guard) = Log::start();
    let cache = Cache::default().spawn(CancellationToken::new());
    async {
        cache.get("hunter2").await.unwrap();
        cache.try_get("hunter2").unwrap().await.unwrap();
        cache.answer_later().await.unwrap();
        let mut list = cache.list().await.unwrap();
        assert_eq!(list.next().await, Some(Ok(1)));
        assert_eq!(list.next().await, None);
        cache.get("hunter2").await.unwrap();
    }
    .instrument(info_span!("request", id = 7))
    .await;
    let in_request = |method: &str, event: &str| {
        let method = handle(method);
        format!("{REQUEST} > {method}: INFO {event}")
    };
    assert_eq!(
        log.events(),
        [
            in_request("get", "found"),
            in_request("get", "found"),
            in_request("answer_later", "kept"),
            in_request("list", "listed"),
            in_request("get", "found"),
        ]
    );
    assert!(log.links().is_empty());
    let spans = log.spans();
    assert!(
        !spans.iter().any(|span| span.contains("hunter2")),
        "{spans:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_cast_has_a_trace_of_its_own_that_follows_from_its_sender() {
    let (log, _guard) = Log::start();
    let cache = Cache::default();
    let go_on = Arc::clone(&cache.go_on);
    let cache = cache.spawn(CancellationToken::new());
    let waits = cache.clone();
    let load = tokio::spawn(async move { waits.load().await });
    idle().await;
    async {
        cache.set("hunter2".into(), "hunter2".into()).await.unwrap();
        cache.try_set("hunter2".into(), "hunter2".into()).unwrap();
        cache.clear().await.unwrap();
    }
    .instrument(info_span!("request", id = 7))
    .await;
    // The actor, and four methods. The request is over, although its casts are not.
    assert_eq!(log.open(), 5);
    let [set, clear] = ["set", "clear"].map(handle);
    let links = [&set, &set, &clear].map(|method| format!("{method} <- {REQUEST}"));
    assert_eq!(log.links()[1..], links);
    log.events();
    go_on.notify_one();
    load.await.unwrap().unwrap();
    idle().await;
    assert_eq!(
        log.events()[1..],
        [
            format!("{clear}: INFO cleared"),
            format!("{set}: INFO replaced"),
            format!("{set}: INFO replaced"),
        ]
    );
    let begun = [&clear, &set, &set].map(|method| format!("{method} <- {ACTOR}"));
    assert_eq!(log.links(), begun);
    assert_eq!((log.open(), log.records()), (1, vec![]));
    let spans = log.spans();
    assert!(
        !spans.iter().any(|span| span.contains("hunter2")),
        "{spans:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_command_that_is_queued_keeps_no_span_of_a_caller_that_left() {
    let (log, _guard) = Log::start();
    let cache = Cache::default().spawn(CancellationToken::new());
    let waits = cache.clone();
    let load = tokio::spawn(async move { waits.load().await });
    idle().await;
    let open = log.open();
    for _ in 0..3 {
        let request = async {
            let get = poll_for_a_second(cache.get("a")).await;
            let answer = cache.try_get("a").unwrap();
            let list = cache.list().await.unwrap();
            let later = poll_for_a_second(cache.answer_later()).await;
            assert!(get.is_none() && later.is_none());
            drop((answer, list));
        };
        request.instrument(info_span!("request", id = 7)).await;
    }
    assert_eq!(log.open(), open);
    load.abort();
}

#[tokio::test(start_paused = true)]
async fn a_cast_that_never_ran_says_so() {
    let (log, _guard) = Log::start();
    let (cache, actor) = Cache::default().builder().capacity(1).spawn_with_handle();
    let waits = cache.clone();
    let load = tokio::spawn(async move { waits.load().await });
    idle().await;
    cache.try_set("a".into(), "b".into()).unwrap();
    let refused = format!(r#"{}: outcome="refused""#, handle("set"));
    let full = cache.try_set("a".into(), "b".into());
    assert_eq!(full, Err(CallError::Full));
    assert_eq!(log.records(), [refused.as_str()]);
    actor.abort();
    drop(actor.await);
    assert_eq!(log.records(), [refused]);
    assert_eq!(load.await.unwrap(), Err(CallError::Stopped));
    assert_eq!(log.open(), 0);
}

#[tokio::test(start_paused = true)]
async fn actors_that_cast_to_themselves_do_not_nest_their_spans() {
    let (log, _guard) = Log::start();
    let (done, is_done) = oneshot::channel();
    let steps = Steps {
        left: 1_000,
        done: Some(done),
    };
    let steps = steps.spawn(CancellationToken::new());
    steps
        .step()
        .instrument(info_span!("request", id = 7))
        .await
        .unwrap();
    is_done.await.unwrap();
    let step = r#"handle{otel.name=steps.step actor="steps" method="step"}"#;
    let events = log.events();
    assert_eq!(events.len(), 1_000);
    assert!(
        events
            .iter()
            .all(|event| *event == format!("{step}: INFO stepped"))
    );
    let links = log.links();
    let from_step = format!("{step} <- {step}");
    assert_eq!(links.iter().filter(|link| **link == from_step).count(), 999);
    // The actor, and at most two steps.
    assert!(log.open() <= 3);
}

/// An actor that casts to itself until nothing is left.
struct Steps {
    left: usize,
    done: Option<oneshot::Sender<()>>,
}

#[actor]
impl Steps {
    #[command(try)]
    pub(crate) fn step(&mut self, ctx: &mut Context<Self>) {
        info!("stepped");
        self.left -= 1;
        if self.left > 0 {
            ctx.client().upgrade().unwrap().try_step().unwrap();
        } else if let Some(done) = self.done.take() {
            done.send(()).unwrap();
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_task_follows_from_the_method_that_spawned_it() {
    let (log, _guard) = Log::start();
    let cache = Cache::default().builder().name("eu-1").spawn();
    let go_on = Arc::new(Notify::new());
    async {
        cache.spawn_task(Arc::clone(&go_on)).await.unwrap();
    }
    .instrument(info_span!("request", id = 7))
    .await;
    go_on.notify_one();
    idle().await;
    let named = |span: &str, name: &str| {
        let method = r#"method="spawn_task""#;
        format!(r#"{span}{{otel.name={name} actor="cache" name="eu-1" {method}}}"#)
    };
    let task = named("task", "cache.spawn_task task");
    assert_eq!(
        log.links(),
        [format!("{task} <- {}", named("handle", "cache.spawn_task"))]
    );
    assert_eq!(log.events(), [format!("{task}: INFO went on")]);
    assert_eq!(log.open(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_caller_follows_from_whatever_answers_it_later() {
    let (log, _guard) = Log::start();
    let desk = Desk::default().spawn(CancellationToken::new());
    let ask = desk.ask().instrument(info_span!("request", id = 7));
    let answer = async {
        idle().await;
        desk.answer().instrument(info_span!("clerk")).await.unwrap();
    };
    let (asked, ()) = tokio::join!(ask, answer);
    asked.unwrap();
    let answer = r#"handle{otel.name=desk.answer actor="desk" method="answer"}"#;
    assert_eq!(log.links(), [format!("{REQUEST} <- {answer}")]);
    drop(desk);
    idle().await;
    assert_eq!(log.open(), 0);
}

/// An actor that answers later.
#[derive(Default)]
struct Desk {
    asked: Option<Reply<()>>,
}

#[actor]
impl Desk {
    pub(crate) fn ask(&mut self, reply: Reply<()>) {
        self.asked = Some(reply);
    }

    #[command(ack)]
    pub(crate) fn answer(&mut self) {
        if let Some(asked) = self.asked.take() {
            asked.send(());
        }
    }
}

/// Waits until every task is idle.
async fn idle() {
    sleep(Duration::from_millis(1)).await;
}

/// An actor whose calls run in place.
struct Store;

#[actor(in_place)]
impl Store {
    pub(crate) fn get(&self) -> Option<tokio::task::Id> {
        info!("found");
        tokio::task::try_id()
    }

    pub(crate) fn set(&mut self) {
        info!("replaced");
    }

    pub(crate) async fn load(&mut self) -> () {
        yield_now().await;
        info!("loaded");
    }

    pub(crate) fn fail(&self) -> () {
        info!("fails");
        panic::resume_unwind(Box::new("out of luck"));
    }
}

/// The traces that a [`Store`] leaves.
#[derive(Debug, PartialEq)]
struct Traces {
    events: Vec<String>,
    /// All spans, in alphabetical order.
    spans: Vec<String>,
    /// The number of spans that are left open.
    open: usize,
}

/// Calls a store, and returns its traces and the task of its methods.
async fn traces(store: Builder<Store>) -> (Traces, Option<tokio::task::Id>) {
    let (log, _guard) = Log::start();
    let (store, handle) = store.spawn_with_handle();
    let request = |id: u64| info_span!("request", id);
    store.load().instrument(request(1)).await.unwrap();
    yield_now().await;
    store.set().instrument(request(2)).await.unwrap();
    let task = async {
        let task = store.get().await.unwrap();
        info!("answered");
        task
    };
    let task = task.instrument(request(3)).await;
    store.get().await.unwrap();
    let failed = store.fail().instrument(request(4)).await;
    assert_eq!(failed, Err(CallError::Panicked));
    drop(store);
    handle.await;
    let mut spans = log.spans();
    spans.sort();
    let (events, open) = (log.events(), log.open());
    let traces = Traces {
        events,
        spans,
        open,
    };
    (traces, task)
}

#[tokio::test(start_paused = true)]
async fn a_call_in_place_has_the_spans_of_a_queued_one() {
    let (queued, actor) = traces(Store.builder().queued()).await;
    let (in_place, caller) = traces(Store.builder()).await;
    assert!(actor.is_some() && caller.is_none());
    assert_eq!(in_place, queued);
    let handle = |method: &str| {
        format!(r#"handle{{otel.name=store.{method} actor="store" method="{method}"}}"#)
    };
    assert_eq!(
        in_place.events[..6],
        [
            format!("request{{id=1}} > {}: INFO loaded", handle("load")),
            format!("{}: INFO replaced", handle("set")),
            format!("request{{id=3}} > {}: INFO found", handle("get")),
            "request{id=3}: INFO answered".to_owned(),
            format!("{}: INFO found", handle("get")),
            format!("request{{id=4}} > {}: INFO fails", handle("fail")),
        ]
    );
    assert_eq!(in_place.open, 0);
}

#[test]
fn a_method_runs_in_the_span_of_a_thread_that_blocks() {
    let log = Log::default();
    let subscriber = log.subscriber();
    let runtime = runtime::Builder::new_current_thread().build().unwrap();
    // Spawned before there is a subscriber, so the actor has no span that this one knows.
    let cache = {
        let _entered = runtime.enter();
        Cache::default().spawn(CancellationToken::new())
    };
    let (answered, is_answered) = oneshot::channel();
    let caller = thread::spawn({
        let subscriber = subscriber.clone();
        move || {
            with_default(&subscriber, || {
                let _entered = info_span!("request", id = 7).entered();
                cache.blocking_set("a".into(), "b".into()).unwrap();
                cache.blocking_get("a").unwrap();
            });
            answered.send(()).unwrap();
        }
    });
    with_default(&subscriber, || runtime.block_on(is_answered).unwrap());
    caller.join().unwrap();
    let set = r#"handle{otel.name=cache.set actor="cache" method="set"}"#;
    assert_eq!(
        log.events(),
        [
            format!("{set}: INFO replaced"),
            format!("{REQUEST} > {GET}: INFO found"),
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn a_caller_may_have_another_subscriber_than_the_actor() {
    let (callers, actors) = (Log::default(), Log::default());
    let _guard = set_default(&actors.subscriber());
    let (cache, handle) = Cache::default().spawn_with_handle(CancellationToken::new());
    // With one more span the two counts differ.
    let _one_more = info_span!("main");
    let mut get = Box::pin(cache.get("a"));
    with_default(&callers.subscriber(), || {
        let request = info_span!("request", id = 7);
        let mut cx = task::Context::from_waker(Waker::noop());
        assert!(request.in_scope(|| get.as_mut().poll(&mut cx)).is_pending());
    });
    get.await.unwrap();
    assert_eq!(actors.events(), [format!("{GET}: INFO found")]);
    drop(cache);
    handle.await;
    assert_eq!((callers.events().len(), callers.open()), (0, 0));
}

#[tokio::test(start_paused = true)]
async fn a_method_is_in_the_span_of_its_caller_also_if_its_own_is_not_shown() {
    let log = Log::default();
    let _guard = set_default(&log.subscriber_without_spans());
    let (cache, handle) = Cache::default().spawn_with_handle(CancellationToken::new());
    let request = info_span!("request", id = 7);
    cache.get("a").instrument(request).await.unwrap();
    cache.get("a").await.unwrap();
    drop(cache);
    handle.await;
    let found = [format!("{REQUEST}: INFO found"), ": INFO found".to_owned()];
    assert_eq!(log.events(), found);
    assert_eq!((log.spans(), log.open()), (vec![REQUEST.to_owned()], 0));
}

#[tokio::test(start_paused = true)]
async fn a_level_may_change_while_a_method_waits() {
    let log = Log::default();
    let (level, reload) = reload::Layer::new(LevelFilter::INFO);
    let subscriber = Registry::default().with(level).with(log.clone());
    let _guard = set_default(&subscriber.into());
    let cache = Cache::default();
    let go_on = Arc::clone(&cache.go_on);
    let cache = cache.spawn(CancellationToken::new());
    {
        let mut load = pin!(cache.load().instrument(info_span!("first")));
        assert!(poll_for_a_second(load.as_mut()).await.is_none());
        reload.reload(LevelFilter::WARN).unwrap();
        go_on.notify_one();
        load.await.unwrap();
    }
    // The actor's span.
    assert_eq!(log.open(), 1);
    reload.reload(LevelFilter::INFO).unwrap();
    let second = info_span!("second");
    cache.get("a").instrument(second).await.unwrap();
    let found = format!("second{{}} > {GET}: INFO found");
    assert_eq!(log.events().last(), Some(&found));
}

async fn poll_for_a_second<F: Future>(future: F) -> Option<F::Output> {
    timeout(Duration::from_secs(1), future).await.ok()
}

#[tokio::test(start_paused = true)]
async fn a_method_that_nobody_in_a_span_called_follows_from_the_actor() {
    let (log, _guard) = Log::start();
    let cache = info_span!("main").in_scope(|| Cache::default().spawn(CancellationToken::new()));
    cache.get("a").await.unwrap();
    assert_eq!(log.events(), [format!("{GET}: INFO found")]);
    let links = [format!("{ACTOR} <- main{{}}"), format!("{GET} <- {ACTOR}")];
    assert_eq!(log.links(), links);
    // The actor does not keep the span in which it was spawned.
    assert_eq!(log.open(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_method_that_waits_goes_on_in_its_span_and_leaves_it_meanwhile() {
    let (log, _guard) = Log::start();
    let cache = Cache::default();
    let go_on = Arc::clone(&cache.go_on);
    let cache = cache.spawn(CancellationToken::new());
    let mut call = pin!(cache.load().instrument(info_span!("request", id = 7)));
    tokio::select! {
        biased;
        _ = &mut call => unreachable!("it waits"),
        () = sleep(Duration::from_secs(1)) => info!("meanwhile"),
    }
    go_on.notify_one();
    call.await.unwrap();
    info!("answered");
    let load = format!(r#"{REQUEST} > handle{{otel.name=cache.load actor="cache" method="load"}}"#);
    assert_eq!(
        log.events(),
        [
            format!("{load}: INFO before"),
            ": INFO meanwhile".to_owned(),
            format!("{load}: INFO after"),
            ": INFO answered".to_owned(),
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn methods_of_two_actors_do_not_mix_their_spans() {
    let (log, _guard) = Log::start();
    let caches = [Cache::default(), Cache::default()];
    let go_on = caches.each_ref().map(|cache| Arc::clone(&cache.go_on));
    let [first, second] = caches.map(|cache| cache.spawn(CancellationToken::new()));
    let calls = tokio::spawn(async move {
        tokio::join!(
            first.load().instrument(info_span!("first")),
            second.load().instrument(info_span!("second")),
        )
    });
    sleep(Duration::from_secs(1)).await;
    for go_on in go_on {
        go_on.notify_one();
    }
    let (first, second) = calls.await.unwrap();
    first.and(second).unwrap();
    let load = r#"handle{otel.name=cache.load actor="cache" method="load"}"#;
    assert_eq!(
        log.events(),
        [
            format!("first{{}} > {load}: INFO before"),
            format!("second{{}} > {load}: INFO before"),
            format!("first{{}} > {load}: INFO after"),
            format!("second{{}} > {load}: INFO after"),
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn a_batch_runs_in_the_span_of_its_first_cast_and_follows_from_the_others() {
    let (log, _guard) = Log::start();
    let cache = Cache::default();
    let go_on = Arc::clone(&cache.go_on);
    let cache = cache.spawn(CancellationToken::new());
    let load = tokio::spawn({
        let cache = cache.clone();
        async move { cache.load().await }
    });
    sleep(Duration::from_secs(1)).await;
    for id in 0..3 {
        let put = cache.put(id).instrument(info_span!("request", id));
        put.await.unwrap();
    }
    go_on.notify_one();
    load.await.unwrap().unwrap();
    cache.get("a").await.unwrap();
    let put = handle("put");
    assert!(log.events().contains(&format!("{put}: INFO put 3")));
    let links = log.links();
    let of = |link: String| links.iter().filter(|other| **other == link).count();
    let senders = (0..3).map(|id| of(format!("{put} <- request{{id={id}}}")));
    assert_eq!(senders.collect::<Vec<_>>(), [1, 1, 1]);
    // The batch follows from the other two.
    assert_eq!(of(format!("{put} <- {put}")), 2);
    assert_eq!((log.open(), log.records()), (1, vec![]));
}

#[tokio::test(start_paused = true)]
async fn spans_are_closed_however_the_actor_ends() {
    let (log, _guard) = Log::start();
    let cancel = CancellationToken::new();
    let (cache, handle) = Cache::default().spawn_with_handle(cancel.clone());
    let calls = tokio::spawn(async move {
        let load = cache.load().instrument(info_span!("load"));
        let refused = cache.get("a").instrument(info_span!("refused"));
        tokio::join!(load, refused)
    });
    sleep(Duration::from_secs(1)).await;
    assert!(log.open() > 0);
    cancel.cancel();
    handle.abort();
    drop(handle.await);
    let (load, refused) = calls.await.unwrap();
    assert_eq!(load, Err(CallError::Stopped));
    assert_eq!(refused, Err(CallError::Refused));
    assert_eq!(log.open(), 0);

    let (cache, handle) = Cache::default().spawn_with_handle(CancellationToken::new());
    let fail = cache.fail().instrument(info_span!("request", id = 7));
    assert_eq!(fail.await, Err(CallError::Panicked));
    drop((cache, handle.await));
    assert_eq!(log.open(), 0);
    info!("after the panic");
    assert_eq!(log.events().last().unwrap(), ": INFO after the panic");

    let builder = Cache::default().builder().deadline(Duration::from_secs(1));
    let shutdown = CancellationToken::new();
    let (cache, handle) = builder.shutdown(shutdown.clone()).spawn_with_handle();
    {
        let mut load = pin!(cache.load().instrument(info_span!("request", id = 7)));
        assert!(poll_for_a_second(load.as_mut()).await.is_none());
        shutdown.cancel();
        assert_eq!(load.await, Err(CallError::Stopped));
    }
    drop(handle.await);
    assert_eq!(log.open(), 0);
}

#[tokio::test(start_paused = true)]
async fn the_span_of_a_method_that_panicked_does_not_wait_for_tasks() {
    let (log, _guard) = Log::start();
    let (cache, handle) = Cache::default().spawn_with_handle(CancellationToken::new());
    let go_on = Arc::new(Notify::new());
    cache.spawn_task(Arc::clone(&go_on)).await.unwrap();
    let fail = cache.fail().instrument(info_span!("request", id = 7));
    assert_eq!(fail.await, Err(CallError::Panicked));
    sleep(Duration::from_secs(1)).await;
    assert!(!handle.is_finished());
    // The spans of the actor and of its task.
    assert_eq!(log.open(), 2);
    go_on.notify_one();
    drop(handle.await);
    assert_eq!(log.open(), 0);
}

/// An actor that calls another one.
struct Front {
    cache: CacheClient,
}

#[actor]
impl Front {
    pub(crate) async fn get(&self) -> Result<usize, CallError> {
        let length = self.cache.get("a").await;
        info!("asked");
        length
    }

    /// Polls the cache here, and not on a task of its own.
    pub(crate) async fn get_here(&mut self) -> Result<usize, CallError> {
        let (cache, runner) = Cache::default().builder().into_runner();
        let (length, _exit) = tokio::join!(
            async move {
                let length = cache.get("a").await;
                info!("asked");
                length
            },
            runner.run()
        );
        info!("joined");
        length
    }
}

#[tokio::test(start_paused = true)]
async fn a_method_that_is_called_by_another_one_is_in_its_span() {
    let (log, _guard) = Log::start();
    let cache = Cache::default().spawn(CancellationToken::new());
    let front = Front { cache }.spawn(CancellationToken::new());
    async {
        front.get().await.unwrap().unwrap();
        front.get_here().await.unwrap().unwrap();
    }
    .instrument(info_span!("request", id = 7))
    .await;
    let front = |method: &str| {
        format!(r#"{REQUEST} > handle{{otel.name=front.{method} actor="front" method="{method}"}}"#)
    };
    assert_eq!(
        log.events(),
        [
            format!("{} > {GET}: INFO found", front("get")),
            format!("{}: INFO asked", front("get")),
            format!("{} > {GET}: INFO found", front("get_here")),
            format!("{}: INFO asked", front("get_here")),
            format!("{}: INFO joined", front("get_here")),
        ]
    );
}

/// An actor whose methods are called by nobody.
#[derive(Default)]
struct Clock {
    bell: Notify,
}

#[actor]
impl Clock {
    pub(crate) fn read(&self) {
        info!("read");
    }

    #[on_start]
    fn start(&mut self) {
        info!("started");
        self.bell.notify_one();
    }

    #[every(Duration::from_secs(1))]
    async fn tick(&mut self, ctx: &mut Context<Self>) {
        yield_now().await;
        info!("ticked");
        ctx.stop();
    }

    #[stream(strikes())]
    fn strike(&mut self, (): ()) {
        info!("struck");
    }

    #[on(self.bell.notified())]
    fn ring(&mut self, (): ()) {
        info!("rung");
    }

    #[on_stop]
    fn end(&mut self) {
        info!("stopped");
    }
}

/// Returns a stream of one strike, which logs that it is polled.
fn strikes() -> impl Stream<Item = ()> {
    struct Strikes(usize);

    impl Stream for Strikes {
        type Item = ();

        fn poll_next(
            mut self: Pin<&mut Self>,
            _: &mut task::Context<'_>,
        ) -> task::Poll<Option<()>> {
            self.0 += 1;
            info!("asked");
            match self.0 {
                1 => task::Poll::Ready(Some(())),
                _ => task::Poll::Pending,
            }
        }
    }

    Strikes(0)
}

#[tokio::test(start_paused = true)]
async fn hooks_and_sources_follow_from_the_actor() {
    let (log, _guard) = Log::start();
    let (clock, handle) = Clock::default().spawn_with_handle(CancellationToken::new());
    handle.await;
    drop(clock);
    let actor = r#"actor{otel.name=clock actor="clock"}"#;
    let handle = |method: &str| {
        format!(r#"handle{{otel.name=clock.{method} actor="clock" method="{method}"}}"#)
    };
    let mut events = log.events();
    events.dedup();
    assert_eq!(
        events,
        [
            format!("{}: INFO started", handle("start")),
            format!("{actor}: INFO asked"),
            format!("{}: INFO struck", handle("strike")),
            format!("{}: INFO rung", handle("ring")),
            format!("{actor}: INFO asked"),
            format!("{}: INFO ticked", handle("tick")),
            format!("{}: INFO stopped", handle("end")),
        ]
    );
}

/// An actor that stays on its thread.
struct Names(Rc<str>);

#[actor(local)]
impl Names {
    pub(crate) fn first(&self) -> String {
        info!("read");
        self.0.to_string()
    }
}

#[tokio::test(start_paused = true)]
async fn a_local_actor_has_spans_too() {
    let (log, _guard) = Log::start();
    let (names, runner) = Names("Ann".into()).builder().into_runner();
    let local = LocalSet::new();
    local.spawn_local(runner.run());
    let call = names.first().instrument(info_span!("request", id = 7));
    local.run_until(call).await.unwrap();
    assert_eq!(
        log.events(),
        [format!(
            r#"{REQUEST} > handle{{otel.name=names.first actor="names" method="first"}}: INFO read"#
        )]
    );
}

#[tokio::test(start_paused = true)]
async fn the_incarnations_of_an_actor_have_one_span() {
    let (log, _guard) = Log::start();
    let supervisor = Supervisor::new(|| {
        info!("made");
        Cache::default()
    });
    let supervisor = supervisor.on_restart(|_| info!("failed"));
    let cache = info_span!("main").in_scope(|| supervisor.spawn());
    assert_eq!(cache.fail().await, Err(CallError::Panicked));
    cache.get("a").await.unwrap();
    let spans = log.spans();
    let actors: Vec<_> = spans.iter().filter(|span| *span == ACTOR).collect();
    assert_eq!(actors.len(), 1);
    let events = log.events();
    let events: Vec<_> = events.iter().filter(|it| it.contains("INFO")).collect();
    assert_eq!(
        events,
        [
            "main{}: INFO made",
            &format!("{ACTOR}: INFO failed"),
            &format!("{ACTOR}: INFO made"),
            &format!("{GET}: INFO found"),
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn a_client_without_an_actor_enters_no_spans() {
    let (log, _guard) = Log::start();
    let (cache, mut inbox) = actor_runtime::channel::<Cache>(8);
    async {
        cache.set("a".into(), "b".into()).await.unwrap();
    }
    .instrument(info_span!("request", id = 7))
    .await;
    let command = inbox.next().await;
    info!("received");
    assert!(matches!(command, Some(CacheCommand::Set { .. })));
    assert_eq!(log.events(), [": INFO received"]);
    drop((command, inbox));
    assert_eq!(log.open(), 0);
}
