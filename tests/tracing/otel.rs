//! Spans as OpenTelemetry exports them.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use actor_runtime::{Actor as _, CancellationToken, Context, Reply, actor};
use opentelemetry::trace::{SpanId, TraceId, TracerProvider as _};
use opentelemetry_sdk::trace::{InMemorySpanExporter, SdkTracerProvider, SpanData};
use tokio::sync::{Notify, oneshot};
use tokio::time::{Instant, sleep};
use tracing::dispatcher::{DefaultGuard, set_default};
use tracing::{Instrument as _, info_span};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::registry::Registry;

/// The spans that were exported: those that are closed.
struct Traces {
    exporter: InMemorySpanExporter,
    provider: SdkTracerProvider,
    _guard: DefaultGuard,
}

impl Traces {
    /// Exports the spans of this thread until the guard is dropped.
    fn start() -> Self {
        let exporter = InMemorySpanExporter::default();
        let provider = SdkTracerProvider::builder()
            .with_simple_exporter(exporter.clone())
            .build();
        let layer = tracing_opentelemetry::layer().with_tracer(provider.tracer("tests"));
        let guard = set_default(&Registry::default().with(layer).into());
        Self {
            exporter,
            provider,
            _guard: guard,
        }
    }

    fn closed(&self) -> Vec<SpanData> {
        self.provider.force_flush().unwrap();
        self.exporter.get_finished_spans().unwrap()
    }

    /// Returns the only closed span with this name.
    fn named(&self, name: &str) -> SpanData {
        let mut closed = self.closed();
        closed.retain(|span| span.name == name);
        assert_eq!(closed.len(), 1, "{name}");
        closed.remove(0)
    }
}

fn trace(span: &SpanData) -> TraceId {
    span.span_context.trace_id()
}

fn follows_from(span: &SpanData) -> Vec<SpanId> {
    let links = span.links.iter();
    links.map(|link| link.span_context.span_id()).collect()
}

fn is_root(span: &SpanData) -> bool {
    span.parent_span_id == SpanId::INVALID
}

fn id(span: &SpanData) -> SpanId {
    span.span_context.span_id()
}

#[derive(Default)]
struct Cache {
    go_on: Arc<Notify>,
    casts: usize,
    done: Option<oneshot::Sender<()>>,
    asked: Option<Reply<()>>,
}

#[actor]
impl Cache {
    pub(crate) fn get(&self) -> usize {
        self.casts
    }

    #[command(try)]
    pub(crate) fn set(&mut self) {}

    pub(crate) async fn load(&mut self) -> () {
        self.go_on.notified().await;
    }

    pub(crate) fn refresh(&mut self, go_on: Arc<Notify>, ctx: &mut Context<Self>) {
        ctx.spawn(async move { go_on.notified().await });
    }

    pub(crate) fn ask(&mut self, reply: Reply<()>) {
        self.asked = Some(reply);
    }

    #[command(ack)]
    pub(crate) fn answer(&mut self) {
        if let Some(asked) = self.asked.take() {
            asked.send(());
        }
    }

    /// Casts to itself until that was enough.
    #[command(try)]
    pub(crate) fn step(&mut self, ctx: &mut Context<Self>) {
        self.casts -= 1;
        if self.casts > 0 {
            ctx.client().upgrade().unwrap().try_step().unwrap();
        } else if let Some(done) = self.done.take() {
            done.send(()).unwrap();
        }
    }
}

/// Waits until every task is idle.
async fn idle() {
    sleep(Duration::from_millis(1)).await;
}

#[tokio::test(start_paused = true)]
async fn a_call_is_a_child_of_its_caller() {
    let traces = Traces::start();
    let cache = Cache::default().spawn(CancellationToken::new());
    let get = cache.get().instrument(info_span!("request"));
    get.await.unwrap();
    idle().await;
    let (request, get) = (traces.named("request"), traces.named("cache.get"));
    assert_eq!(trace(&get), trace(&request));
    assert_eq!(get.parent_span_id, id(&request));
    assert!(follows_from(&get).is_empty());
    let attributes: HashMap<_, _> = get
        .attributes
        .iter()
        .map(|attribute| (attribute.key.as_str(), attribute.value.as_str()))
        .collect();
    assert_eq!(attributes["actor"], "cache");
    assert_eq!(attributes["method"], "get");
}

#[tokio::test]
async fn requests_that_cast_are_over_when_they_return() {
    let traces = Traces::start();
    let cache = Cache::default();
    let go_on = Arc::clone(&cache.go_on);
    let cache = cache.spawn(CancellationToken::new());
    let load = tokio::spawn({
        let cache = cache.clone();
        async move { cache.load().await }
    });
    tokio::task::yield_now().await;
    cache.set().instrument(info_span!("request")).await.unwrap();
    // The cast is still queued.
    let request = traces.named("request");
    go_on.notify_one();
    load.await.unwrap().unwrap();
    cache.get().await.unwrap();
    let set = traces.named("cache.set");
    assert!(is_root(&set));
    assert_ne!(trace(&set), trace(&request));
    assert_eq!(follows_from(&set)[0], id(&request));
    assert!(set.end_time > request.end_time);
    // The span of the actor is open, so its link is to a span that is exported later.
    drop(cache);
    tokio::task::yield_now().await;
    let actor = traces.named("cache");
    assert_eq!(follows_from(&set)[1], id(&actor));
}

#[tokio::test(start_paused = true)]
async fn an_actor_does_not_keep_the_request_that_spawned_it() {
    let traces = Traces::start();
    let cache = info_span!("request").in_scope(|| Cache::default().spawn(CancellationToken::new()));
    let request = traces.named("request");
    cache.get().await.unwrap();
    let get = traces.named("cache.get");
    drop(cache);
    idle().await;
    let actor = traces.named("cache");
    assert!(is_root(&actor) && is_root(&get));
    assert_eq!(follows_from(&actor), [id(&request)]);
    assert_eq!(follows_from(&get), [id(&actor)]);
}

/// An actor with a source.
struct Clock;

#[actor]
impl Clock {
    #[every(Duration::from_secs(1))]
    fn tick(&mut self) {}
}

#[tokio::test(start_paused = true)]
async fn each_tick_has_a_trace_of_its_own() {
    let traces = Traces::start();
    let shutdown = CancellationToken::new();
    let start = Instant::now();
    let (_clock, handle) = Clock.spawn_with_handle(shutdown.clone());
    sleep(Duration::from_millis(3_500)).await;
    assert_eq!(start.elapsed().as_secs(), 3);
    let ticks = traces.closed();
    shutdown.cancel();
    handle.await;
    let clock = traces.named("clock");
    let names: Vec<_> = ticks.iter().map(|tick| tick.name.clone()).collect();
    assert_eq!(names, ["clock.tick"; 3]);
    for tick in &ticks {
        assert_eq!(tick.name, "clock.tick");
        assert!(is_root(tick));
        assert_eq!(follows_from(tick), [id(&clock)]);
    }
    assert_ne!(trace(&ticks[0]), trace(&ticks[1]));
}

#[tokio::test(start_paused = true)]
async fn a_task_and_a_late_answer_are_tied_in() {
    let traces = Traces::start();
    let cache = Cache::default().spawn(CancellationToken::new());
    let go_on = Arc::new(Notify::new());
    cache.refresh(Arc::clone(&go_on)).await.unwrap();
    idle().await;
    let refresh = traces.named("cache.refresh");
    go_on.notify_one();
    idle().await;
    let task = traces.named("cache.refresh task");
    assert!(is_root(&task));
    assert_eq!(follows_from(&task), [id(&refresh)]);

    let ask = cache.ask().instrument(info_span!("request"));
    let (asked, answered) = tokio::join!(ask, async {
        idle().await;
        cache.answer().await
    });
    asked.and(answered).unwrap();
    idle().await;
    let (request, answer) = (traces.named("request"), traces.named("cache.answer"));
    assert_eq!(follows_from(&request), [id(&answer)]);
    assert_eq!(traces.named("cache.ask").parent_span_id, id(&request));
}

#[tokio::test(start_paused = true)]
async fn a_hundred_thousand_casts_to_oneself_are_as_many_short_traces() {
    const CASTS: usize = 100_000;
    let traces = Traces::start();
    let (done, is_done) = oneshot::channel();
    let cache = Cache {
        casts: CASTS,
        done: Some(done),
        ..Cache::default()
    };
    let cache = cache.spawn(CancellationToken::new());
    let step = cache.step().instrument(info_span!("request"));
    step.await.unwrap();
    is_done.await.unwrap();
    idle().await;
    let mut steps = traces.closed();
    steps.retain(|span| span.name == "cache.step");
    assert_eq!(steps.len(), CASTS);
    let request = traces.named("request");
    let mut sender = id(&request);
    for step in &steps {
        assert!(is_root(step));
        // The step before, and the actor.
        assert_eq!(follows_from(step)[0], sender);
        assert_eq!(step.links.len(), 2);
        sender = id(step);
    }
}
