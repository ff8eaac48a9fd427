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
        ctx.spawn(async move { go_on.notified().await });
    }

    pub(crate) async fn fail(&mut self) -> () {
        yield_now().await;
        panic!("out of luck");
    }
}

const REQUEST: &str = "request{id=7}";
const GET: &str = r#"handle{actor="cache" method="get"}"#;
const ACTOR: &str = r#"actor{name="cache"}"#;

#[tokio::test(start_paused = true)]
async fn a_method_runs_in_the_span_of_its_caller() {
    let (log, _guard) = Log::start();
    let cache = Cache::default().spawn(CancellationToken::new());
    async {
        cache.get("hunter2").await.unwrap();
        cache.set("hunter2".into(), "hunter2".into()).await.unwrap();
        cache.try_get("hunter2").unwrap().await.unwrap();
        cache.try_set("hunter2".into(), "hunter2".into()).unwrap();
        cache.clear().await.unwrap();
        cache.answer_later().await.unwrap();
        drop(cache.list().await.unwrap());
        cache.get("hunter2").await.unwrap();
    }
    .instrument(info_span!("request", id = 7))
    .await;
    let in_request = |method: &str, event: &str| {
        format!(r#"{REQUEST} > handle{{actor="cache" method="{method}"}}: INFO {event}"#)
    };
    assert_eq!(
        log.events(),
        [
            in_request("get", "found"),
            in_request("set", "replaced"),
            in_request("get", "found"),
            in_request("clear", "cleared"),
            in_request("set", "replaced"),
            in_request("answer_later", "kept"),
            in_request("list", "listed"),
            in_request("get", "found"),
        ]
    );
    let spans = log.spans();
    assert!(
        !spans.iter().any(|span| span.contains("hunter2")),
        "{spans:?}"
    );
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
    let handle = |method: &str| format!(r#"handle{{actor="store" method="{method}"}}"#);
    assert_eq!(
        in_place.events[..6],
        [
            format!("request{{id=1}} > {}: INFO loaded", handle("load")),
            format!("request{{id=2}} > {}: INFO replaced", handle("set")),
            format!("request{{id=3}} > {}: INFO found", handle("get")),
            "request{id=3}: INFO answered".to_owned(),
            format!(r#"actor{{name="store"}} > {}: INFO found"#, handle("get")),
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
    let set = r#"handle{actor="cache" method="set"}"#;
    assert_eq!(
        log.events(),
        [
            format!("{REQUEST} > {set}: INFO replaced"),
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
async fn a_method_that_nobody_in_a_span_called_runs_in_that_of_the_actor() {
    let (log, _guard) = Log::start();
    let cache = info_span!("main").in_scope(|| Cache::default().spawn(CancellationToken::new()));
    cache.get("a").await.unwrap();
    assert_eq!(
        log.events(),
        [format!("main{{}} > {ACTOR} > {GET}: INFO found")]
    );
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
    let load = format!(r#"{REQUEST} > handle{{actor="cache" method="load"}}"#);
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
    let load = r#"handle{actor="cache" method="load"}"#;
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
async fn a_batch_runs_in_the_span_of_its_first_caller() {
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
    let put = r#"request{id=0} > handle{actor="cache" method="put"}"#;
    assert!(log.events().contains(&format!("{put}: INFO put 3")));
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
    // The actor's span.
    assert_eq!(log.open(), 1);
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
    let front = |method: &str| format!(r#"{REQUEST} > handle{{actor="front" method="{method}"}}"#);
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
async fn hooks_and_sources_run_in_the_span_of_the_actor() {
    let (log, _guard) = Log::start();
    let (clock, handle) = Clock::default().spawn_with_handle(CancellationToken::new());
    handle.await;
    drop(clock);
    let actor = r#"actor{name="clock"}"#;
    let handle = |method: &str| format!(r#"{actor} > handle{{actor="clock" method="{method}"}}"#);
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
            r#"{REQUEST} > handle{{actor="names" method="first"}}: INFO read"#
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
            &format!("main{{}} > {ACTOR}: INFO failed"),
            &format!("main{{}} > {ACTOR}: INFO made"),
            &format!("main{{}} > {ACTOR} > {GET}: INFO found"),
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
