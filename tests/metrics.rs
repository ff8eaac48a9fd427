//! The metrics of the feature `metrics`, as Prometheus scrapes them.

#![allow(clippy::unused_self, reason = "a command is a method")]

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::panic::resume_unwind;
use std::sync::Arc;
use std::time::Duration;

use actor_runtime::{
    Actor as _, CallError, CancellationToken, Context, Notice, Reply, Supervisor, Why, actor,
    channel, prepare,
};
use metrics::{
    Counter, CounterFn, Gauge, Histogram, HistogramFn, Key, KeyName, LocalRecorderGuard, Metadata,
    Recorder, SharedString, Unit, set_default_local_recorder,
};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusRecorder};
use tokio::sync::Notify;
use tokio::sync::mpsc::unbounded_channel;
use tokio::time::{sleep, timeout};

/// Returns a recorder for one test.
fn recorder() -> PrometheusRecorder {
    PrometheusBuilder::new().build_recorder()
}

/// The lines of one scrape: values by the name and labels of the metric.
struct Scrape(BTreeMap<String, f64>);

impl Scrape {
    fn of(recorder: &PrometheusRecorder) -> Self {
        let text = recorder.handle().render();
        let lines = text.lines().filter(|line| !line.is_empty());
        let values = lines.filter(|line| !line.starts_with('#')).map(|line| {
            let (metric, value) = line.rsplit_once(' ').unwrap();
            (metric.to_owned(), value.parse().unwrap())
        });
        Self(values.collect())
    }

    fn get(&self, metric: &str) -> Option<f64> {
        self.0.get(metric).copied()
    }

    fn commands(&self, actor: &str, method: &str, outcome: &str) -> Option<f64> {
        self.get(&format!(
            r#"actor_commands_total{{actor="{actor}",name="",method="{method}",outcome="{outcome}"}}"#
        ))
    }

    fn queued(&self, actor: &str) -> Option<f64> {
        self.get(&format!(r#"actor_queued{{actor="{actor}",name=""}}"#))
    }
}

/// A guard for the recorder of this thread. The recorder has to outlive it.
fn install(recorder: &PrometheusRecorder) -> LocalRecorderGuard<'_> {
    set_default_local_recorder(recorder)
}

#[derive(Default)]
struct Cache {
    go_on: Arc<Notify>,
}

#[actor(event = u32)]
impl Cache {
    pub(crate) fn get(&self) -> u32 {
        1
    }

    #[command(try)]
    pub(crate) fn set(&mut self) {}

    #[command(try, priority)]
    pub(crate) fn clear(&mut self) {}

    pub(crate) async fn load(&mut self) -> () {
        self.go_on.notified().await;
    }

    #[command(timeout = Duration::from_secs(1))]
    pub(crate) fn get_soon(&self) -> u32 {
        1
    }

    #[command(batch = 8)]
    pub(crate) fn put(&mut self, rows: Vec<u32>) {
        drop(rows);
    }

    #[command(skip_cancelled)]
    pub(crate) fn find(&self) -> u32 {
        2
    }

    #[command(ack)]
    pub(crate) fn fail(&mut self) {
        panic!("out of luck");
    }

    pub(crate) fn forget(&self, reply: Reply<u32>) {
        drop(reply);
    }

    #[command(ack)]
    pub(crate) fn announce(&mut self, ctx: &mut Context<Self>) {
        for event in 0..100 {
            ctx.emit(event);
        }
    }
}

/// Waits until every task is idle.
async fn idle() {
    sleep(Duration::from_millis(1)).await;
}

#[tokio::test(start_paused = true)]
async fn commands_are_counted_by_outcome() {
    let recorder = recorder();
    let _guard = install(&recorder);
    let (cache, handle) = Cache::default().spawn_with_handle(CancellationToken::new());
    cache.get().await.unwrap();
    cache.get().await.unwrap();
    cache.set().await.unwrap();
    assert_eq!(cache.forget().await, Err(CallError::Unanswered));
    assert_eq!(cache.fail().await, Err(CallError::Panicked));
    drop(handle.await);
    let scrape = Scrape::of(&recorder);
    assert_eq!(scrape.commands("cache", "get", "ok"), Some(2.0));
    assert_eq!(scrape.commands("cache", "set", "ok"), Some(1.0));
    assert_eq!(scrape.commands("cache", "forget", "ok"), Some(1.0));
    assert_eq!(scrape.commands("cache", "fail", "panicked"), Some(1.0));
    // Shown from the first call on, so that a rate can be told.
    assert_eq!(scrape.commands("cache", "fail", "ok"), Some(0.0));
    assert_eq!(scrape.queued("cache"), Some(0.0));
}

#[tokio::test(start_paused = true)]
async fn callers_that_give_up_are_counted() {
    let recorder = recorder();
    let _guard = install(&recorder);
    let cache = Cache::default();
    let go_on = Arc::clone(&cache.go_on);
    let cache = cache.builder().capacity(1).spawn();
    let load = tokio::spawn({
        let cache = cache.clone();
        async move { cache.load().await }
    });
    idle().await;
    // The first one is accepted, and the second one is not.
    assert_eq!(cache.get_soon().await, Err(CallError::TimedOut));
    assert_eq!(cache.get_soon().await, Err(CallError::TimedOut));
    go_on.notify_one();
    load.await.unwrap().unwrap();
    idle().await;
    let scrape = Scrape::of(&recorder);
    assert_eq!(scrape.commands("cache", "get_soon", "timed_out"), Some(2.0));
    assert_eq!(scrape.commands("cache", "get_soon", "ok"), Some(1.0));
    assert_eq!(scrape.commands("cache", "get_soon", "refused"), None);
    assert_eq!(scrape.queued("cache"), Some(0.0));
}

#[tokio::test(start_paused = true)]
async fn commands_that_are_refused_skipped_or_cut_off_are_counted() {
    let recorder = recorder();
    let _guard = install(&recorder);
    let cache = Cache::default();
    let go_on = Arc::clone(&cache.go_on);
    let (cache, handle) = cache.builder().capacity(4).spawn_with_handle();
    let load = tokio::spawn({
        let cache = cache.clone();
        async move { cache.load().await }
    });
    idle().await;
    let second = Duration::from_secs(1);
    assert!(timeout(second, cache.find()).await.is_err());
    go_on.notify_one();
    load.await.unwrap().unwrap();
    cache.get().await.unwrap();
    let load = tokio::spawn({
        let cache = cache.clone();
        async move { cache.load().await }
    });
    idle().await;
    for _ in 0..4 {
        cache.try_set().unwrap();
    }
    assert_eq!(cache.try_set(), Err(CallError::Full));
    cache.try_clear().unwrap();
    assert_eq!(Scrape::of(&recorder).queued("cache"), Some(5.0));
    handle.abort();
    drop(handle.await);
    assert_eq!(load.await.unwrap(), Err(CallError::Stopped));
    let scrape = Scrape::of(&recorder);
    assert_eq!(scrape.commands("cache", "find", "skipped"), Some(1.0));
    assert_eq!(scrape.commands("cache", "find", "ok"), Some(0.0));
    assert_eq!(scrape.commands("cache", "load", "ok"), Some(1.0));
    assert_eq!(scrape.commands("cache", "load", "stopped"), Some(1.0));
    // The one that was not accepted does not count.
    assert_eq!(scrape.commands("cache", "set", "refused"), Some(4.0));
    assert_eq!(scrape.commands("cache", "clear", "refused"), Some(1.0));
    assert_eq!(scrape.queued("cache"), Some(0.0));
}

#[tokio::test(start_paused = true)]
async fn times_in_the_queue_and_in_the_method_are_told() {
    let recorder = recorder();
    let _guard = install(&recorder);
    let cache = Cache::default();
    let go_on = Arc::clone(&cache.go_on);
    let cache = cache.spawn(CancellationToken::new());
    let load = cache.load();
    let get = async {
        idle().await;
        cache.get().await
    };
    let open = async {
        sleep(Duration::from_secs(3)).await;
        go_on.notify_one();
    };
    let (load, get, ()) = tokio::join!(load, get, open);
    load.unwrap();
    get.unwrap();
    idle().await;
    let scrape = Scrape::of(&recorder);
    let sum = |metric: &str, method: &str| {
        let labels = format!(r#"{{actor="cache",name="",method="{method}"}}"#);
        let sum = scrape.get(&format!("{metric}_sum{labels}")).unwrap();
        let count = scrape.get(&format!("{metric}_count{labels}"));
        assert_eq!(count, Some(1.0));
        sum
    };
    assert!((sum("actor_handle_seconds", "load") - 3.0).abs() < 0.01);
    assert!((sum("actor_queue_seconds", "get") - 2.999).abs() < 0.01);
    assert!(sum("actor_queue_seconds", "load") < 0.01);
    assert!(sum("actor_handle_seconds", "get") < 0.01);
}

#[tokio::test(start_paused = true)]
async fn each_command_of_a_batch_counts() {
    let recorder = recorder();
    let _guard = install(&recorder);
    let cache = Cache::default();
    let go_on = Arc::clone(&cache.go_on);
    let cache = cache.spawn(CancellationToken::new());
    let load = tokio::spawn({
        let cache = cache.clone();
        async move { cache.load().await }
    });
    idle().await;
    for row in 0..5 {
        cache.put(row).await.unwrap();
    }
    go_on.notify_one();
    load.await.unwrap().unwrap();
    cache.get().await.unwrap();
    let scrape = Scrape::of(&recorder);
    assert_eq!(scrape.commands("cache", "put", "ok"), Some(5.0));
    let of_put = r#"{actor="cache",name="",method="put"}"#;
    let queued = scrape.get(&format!("actor_queue_seconds_count{of_put}"));
    let handled = scrape.get(&format!("actor_handle_seconds_count{of_put}"));
    assert_eq!((queued, handled), (Some(5.0), Some(1.0)));
    assert_eq!(scrape.queued("cache"), Some(0.0));
}

#[tokio::test(start_paused = true)]
async fn an_instance_has_its_name_and_its_capacity() {
    let recorder = recorder();
    let _guard = install(&recorder);
    let first = Cache::default().builder().name("eu-1").capacity(8).spawn();
    let second = Cache::default().builder().name("eu-2").capacity(16).spawn();
    let nameless = [8, 8].map(|capacity| Cache::default().builder().capacity(capacity).spawn());
    let capacity = |name: &str| {
        Scrape::of(&recorder).get(&format!(r#"actor_capacity{{actor="cache",name="{name}"}}"#))
    };
    assert_eq!(capacity("eu-1"), Some(8.0));
    assert_eq!(capacity("eu-2"), Some(16.0));
    // Those without a name share their metrics.
    assert_eq!(capacity(""), Some(16.0));
    drop((first, nameless));
    idle().await;
    assert_eq!((capacity("eu-1"), capacity("")), (Some(0.0), Some(0.0)));
    second.get().await.unwrap();
    let get = r#"{actor="cache",name="eu-2",method="get",outcome="ok"}"#;
    let scrape = Scrape::of(&recorder);
    assert_eq!(scrape.get(&format!("actor_commands_total{get}")), Some(1.0));
}

#[tokio::test(start_paused = true)]
async fn restarts_are_counted_from_zero() {
    let recorder = recorder();
    let _guard = install(&recorder);
    let cache = Supervisor::new(Cache::default).spawn();
    let restarts = || {
        let scrape = Scrape::of(&recorder);
        scrape.get(r#"actor_restarts_total{actor="cache",name=""}"#)
    };
    assert_eq!(restarts(), Some(0.0));
    assert_eq!(cache.fail().await, Err(CallError::Panicked));
    cache.get().await.unwrap();
    assert_eq!(restarts(), Some(1.0));
    let scrape = Scrape::of(&recorder);
    assert_eq!(scrape.commands("cache", "fail", "panicked"), Some(1.0));
    assert_eq!(scrape.commands("cache", "get", "ok"), Some(1.0));
}

#[tokio::test(start_paused = true)]
async fn missed_events_are_counted() {
    let recorder = recorder();
    let _guard = install(&recorder);
    let cache = Cache::default().spawn(CancellationToken::new());
    let mut events = cache.subscribe();
    cache.announce().await.unwrap();
    let Some(Notice::Missed(missed)) = events.next().await else {
        panic!("there is room for fewer than 100");
    };
    let scrape = Scrape::of(&recorder);
    let counted = scrape.get(r#"actor_events_missed_total{actor="cache",name=""}"#);
    #[expect(clippy::cast_precision_loss, reason = "it is small")]
    let missed = missed as f64;
    assert_eq!(counted, Some(missed));
}

/// An actor whose calls run in place.
struct Store;

#[actor(in_place)]
impl Store {
    pub(crate) fn get(&self) -> Option<tokio::task::Id> {
        tokio::task::try_id()
    }

    #[command(ack)]
    pub(crate) fn fail(&mut self) {
        panic!("out of luck");
    }
}

#[tokio::test(start_paused = true)]
async fn calls_in_place_count_like_others() {
    let recorder = recorder();
    let _guard = install(&recorder);
    let store = Store.spawn(CancellationToken::new());
    idle().await;
    for _ in 0..3 {
        assert_eq!(store.get().await, Ok(None));
    }
    assert_eq!(store.fail().await, Err(CallError::Panicked));
    let scrape = Scrape::of(&recorder);
    assert_eq!(scrape.commands("store", "get", "ok"), Some(3.0));
    assert_eq!(scrape.commands("store", "fail", "panicked"), Some(1.0));
    assert_eq!(scrape.queued("store"), Some(0.0));
}

#[tokio::test(start_paused = true)]
async fn without_an_actor_there_is_nothing_to_tell() {
    let recorder = recorder();
    let _guard = install(&recorder);
    let (fake, mut inbox) = channel::<Cache>(4);
    fake.set().await.unwrap();
    fake.set().await.unwrap();
    assert!(inbox.next().await.is_some());
    drop(inbox);
    assert!(Scrape::of(&recorder).0.is_empty());
}

#[tokio::test(start_paused = true)]
async fn an_actor_that_was_started_without_a_recorder_is_never_measured() {
    let cache = Supervisor::new(Cache::default).spawn();
    cache.get().await.unwrap();
    let recorder = recorder();
    let _guard = install(&recorder);
    cache.get().await.unwrap();
    assert_eq!(cache.fail().await, Err(CallError::Panicked));
    cache.get().await.unwrap();
    assert!(Scrape::of(&recorder).0.is_empty());
}

thread_local! {
    static OKS: RefCell<Vec<Key>> = const { RefCell::new(Vec::new()) };
}

/// A recorder without fields.
struct Plain;

/// A counter of `Plain`.
struct PlainCounter(Key);

impl CounterFn for PlainCounter {
    fn increment(&self, value: u64) {
        OKS.with_borrow_mut(|oks| oks.extend((0..value).map(|_| self.0.clone())));
    }

    fn absolute(&self, _value: u64) {}
}

impl Recorder for Plain {
    fn describe_counter(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn describe_gauge(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn describe_histogram(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn register_counter(&self, key: &Key, _: &Metadata<'_>) -> Counter {
        Counter::from_arc(Arc::new(PlainCounter(key.clone())))
    }

    fn register_gauge(&self, _: &Key, _: &Metadata<'_>) -> Gauge {
        Gauge::noop()
    }

    fn register_histogram(&self, _: &Key, _: &Metadata<'_>) -> Histogram {
        Histogram::noop()
    }
}

#[tokio::test(start_paused = true)]
async fn a_recorder_without_fields_is_one() {
    let _guard = set_default_local_recorder(&Plain);
    let cache = Cache::default().spawn(CancellationToken::new());
    cache.get().await.unwrap();
    idle().await;
    let oks = OKS.take();
    assert_eq!(oks.len(), 1);
    assert_eq!(oks[0].name(), "actor_commands_total");
}

/// A recorder of which everything panics that counts or takes times.
struct Broken {
    _fields: u8,
}

/// A counter or histogram of `Broken`.
struct Panics;

impl CounterFn for Panics {
    fn increment(&self, _: u64) {
        resume_unwind(Box::new("broken"));
    }

    fn absolute(&self, _: u64) {}
}

impl HistogramFn for Panics {
    fn record(&self, _: f64) {
        resume_unwind(Box::new("broken"));
    }
}

impl Recorder for Broken {
    fn describe_counter(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn describe_gauge(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn describe_histogram(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn register_counter(&self, _: &Key, _: &Metadata<'_>) -> Counter {
        Counter::from_arc(Arc::new(Panics))
    }

    fn register_gauge(&self, _: &Key, _: &Metadata<'_>) -> Gauge {
        Gauge::noop()
    }

    fn register_histogram(&self, _: &Key, _: &Metadata<'_>) -> Histogram {
        Histogram::from_arc(Arc::new(Panics))
    }
}

/// An actor that lends its state.
struct Lender;

#[actor(in_place)]
impl Lender {
    pub(crate) fn get(&self) -> u32 {
        1
    }
}

#[tokio::test(start_paused = true)]
async fn a_recorder_that_panics_leaves_no_caller_waiting() {
    let broken = Broken { _fields: 0 };
    for is_queued in [true, false] {
        let builder = Lender.builder();
        let builder = if is_queued { builder.queued() } else { builder };
        let guard = set_default_local_recorder(&broken);
        let (lender, handle) = builder.spawn_with_handle();
        idle().await;
        assert_eq!(lender.get().await, Err(CallError::Panicked));
        drop(guard);
        let exit = timeout(Duration::from_secs(1), handle).await.unwrap();
        assert_eq!(exit.to_string(), BROKEN);
        assert_eq!(lender.get().await, Err(CallError::Closed(Why::Panicked)));
    }
}

const BROKEN: &str = "panicked with \"broken\" in `get`; 0 commands handled, 0 refused";

#[tokio::test(start_paused = true)]
async fn a_recorder_that_panics_ends_no_supervisor() {
    let broken = Broken { _fields: 0 };
    let _guard = set_default_local_recorder(&broken);
    let (exits, mut told) = unbounded_channel();
    let (lender, handle) = Supervisor::new(|| Lender)
        .restarts(2, Duration::from_secs(60))
        .on_restart(move |exit| drop(exits.send(exit.to_string())))
        .spawn_with_handle();
    for _ in 0..2 {
        assert_eq!(lender.get().await, Err(CallError::Panicked));
        assert_eq!(told.recv().await.unwrap(), BROKEN);
    }
    assert_eq!(lender.get().await, Err(CallError::Panicked));
    let exit = timeout(Duration::from_secs(1), handle).await.unwrap();
    assert_eq!(exit.to_string(), BROKEN);
}

#[tokio::test(start_paused = true)]
async fn commands_from_before_the_start_are_counted_once_they_begin() {
    let recorder = recorder();
    let _guard = install(&recorder);
    let (cache, prepared) = prepare::<Cache>(4);
    cache.try_set().unwrap();
    sleep(Duration::from_secs(2)).await;
    prepared.builder(Cache::default()).spawn();
    cache.get().await.unwrap();
    let scrape = Scrape::of(&recorder);
    assert_eq!(scrape.commands("cache", "set", "ok"), Some(1.0));
    assert_eq!(scrape.queued("cache"), Some(0.0));
    let waited = r#"actor_queue_seconds_sum{actor="cache",name="",method="set"}"#;
    assert_eq!(scrape.get(waited).map(f64::round), Some(2.0));
}

#[tokio::test(start_paused = true)]
async fn every_metric_is_described() {
    let recorder = recorder();
    let _guard = install(&recorder);
    let cache = Supervisor::new(Cache::default).spawn();
    let mut events = cache.subscribe();
    cache.announce().await.unwrap();
    events.next().await.unwrap();
    let text = recorder.handle().render();
    for metric in [
        "actor_commands_total",
        "actor_queue_seconds",
        "actor_handle_seconds",
        "actor_queued",
        "actor_capacity",
        "actor_restarts_total",
        "actor_events_missed_total",
    ] {
        assert!(
            text.contains(&format!("# HELP {metric} ")),
            "{metric}: {text}"
        );
    }
}
