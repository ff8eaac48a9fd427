//! Ends that wait for themselves.

use std::future::pending;
use std::time::Duration;

use actor_runtime::{Actor, ActorHandle, CancellationToken, Context, Supervisor, actor};
use tokio::runtime;
use tokio::sync::oneshot;
use tokio::time::sleep;

use crate::log::Log;

const SECOND: Duration = Duration::from_secs(1);

struct Child;

#[actor]
impl Child {
    pub(crate) async fn hang(&mut self) {
        pending::<()>().await;
    }
}

struct Drainer;

#[actor(shutdown = drain)]
impl Drainer {
    pub(crate) async fn sleep(&mut self, time: Duration) {
        sleep(time).await;
    }
}

#[derive(Default)]
struct Parent {
    drainers: Vec<DrainerClient>,
}

#[actor]
impl Parent {
    pub(crate) async fn start_child(&mut self, ctx: &mut Context<Self>) -> () {
        let child = ctx.start(Child.builder());
        child.hang().await.unwrap();
    }

    pub(crate) async fn start_named_child(
        &mut self,
        name: &'static str,
        ctx: &mut Context<Self>,
    ) -> () {
        let child = ctx.start(Child.builder().name(name));
        child.hang().await.unwrap();
    }

    pub(crate) async fn start_drainer(&mut self, time: Duration, ctx: &mut Context<Self>) -> () {
        let drainer = ctx.start(Drainer.builder());
        drainer.sleep(time).await.unwrap();
        self.drainers.push(drainer);
    }

    pub(crate) fn spawn(&mut self, end: oneshot::Receiver<()>, ctx: &mut Context<Self>) -> () {
        ctx.spawn(async move { drop(end.await) });
    }

    pub(crate) fn fail(&mut self, ctx: &mut Context<Self>) -> () {
        ctx.fail("a failure");
    }
}

fn parent(token: &CancellationToken) -> (ParentClient, ActorHandle<Parent>) {
    Parent::default().spawn_with_handle(token.clone())
}

/// The warning of the usual parent that waits for these.
fn warning(tasks: usize, children: &str) -> String {
    format!(
        "actor{{otel.name=parent actor=\"parent\"}}: WARN the end of an actor waits for its tasks and children \
         actor=\"parent\" tasks={tasks} children={children}"
    )
}

#[tokio::test(start_paused = true)]
async fn an_end_that_waits_for_long_is_named_once() {
    let (log, _guard) = Log::start();
    let token = CancellationToken::new();
    let (parent, handle) = parent(&token);
    let (_end, end) = oneshot::channel();
    parent.spawn(end).await.unwrap();
    for _ in 0..2 {
        parent.start_child().await.unwrap();
    }
    parent.start_drainer(5 * SECOND).await.unwrap();
    parent.start_drainer(30 * SECOND).await.unwrap();
    // Only an end waits.
    sleep(2 * SECOND).await;
    assert!(log.events().is_empty());
    token.cancel();
    sleep(9 * SECOND).await;
    assert!(log.events().is_empty());
    sleep(2 * SECOND).await;
    // One of the children that drain has ended.
    assert_eq!(log.events(), [warning(1, r#"{"child": 2, "drainer": 1}"#)]);
    sleep(1000 * SECOND).await;
    assert!(log.events().is_empty());
    assert!(!handle.is_finished());
}

#[tokio::test(start_paused = true)]
async fn an_end_that_waits_for_a_task_alone_is_named() {
    let (log, _guard) = Log::start();
    let token = CancellationToken::new();
    let (parent, handle) = parent(&token);
    let (tell, end) = oneshot::channel();
    parent.spawn(end).await.unwrap();
    drop(parent);
    sleep(11 * SECOND).await;
    assert_eq!(log.events(), [warning(1, "{}")]);
    drop(tell);
    assert!(handle.await.state.is_some());
}

#[tokio::test(start_paused = true)]
async fn an_end_that_is_in_time_is_not_named() {
    let (log, _guard) = Log::start();
    let token = CancellationToken::new();
    let (parent, handle) = parent(&token);
    parent.start_drainer(9 * SECOND).await.unwrap();
    token.cancel();
    assert!(handle.await.state.is_some());
    sleep(1000 * SECOND).await;
    assert!(log.events().is_empty());
}

#[tokio::test(start_paused = true)]
async fn an_incarnation_that_waits_for_a_child_is_named() {
    let (log, _guard) = Log::start();
    let parent = Supervisor::new(Parent::default).spawn();
    parent.start_drainer(20 * SECOND).await.unwrap();
    parent.fail().await.unwrap();
    sleep(11 * SECOND).await;
    assert_eq!(log.events(), [warning(0, r#"{"drainer": 1}"#)]);
    sleep(20 * SECOND).await;
    // It is restarted.
    parent.start_drainer(SECOND).await.unwrap();
}

/// Without a timer, nothing tells that the end waits.
#[test]
fn an_end_needs_no_timer() {
    let (log, _guard) = Log::start();
    let runtime = runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(async {
        let token = CancellationToken::new();
        let (parent, handle) = parent(&token);
        let (tell, end) = oneshot::channel();
        parent.spawn(end).await.unwrap();
        token.cancel();
        for _ in 0..100 {
            tokio::task::yield_now().await;
        }
        assert!(!handle.is_finished());
        drop(tell);
        assert!(handle.await.state.is_some());
    });
    assert!(log.events().is_empty());
}

#[tokio::test(start_paused = true)]
async fn an_end_that_waits_for_long_names_the_instances() {
    let (log, _guard) = Log::start();
    let token = CancellationToken::new();
    let builder = Parent::default()
        .builder()
        .name("a")
        .shutdown(token.clone());
    let (parent, handle) = builder.spawn_with_handle();
    parent.start_named_child("b").await.unwrap();
    token.cancel();
    sleep(11 * SECOND).await;
    let warning = "the end of an actor waits for its tasks and children \
        actor=\"parent\" name=\"a\" tasks=0 children={\"child b\": 1}";
    let events = log.events();
    assert!(
        events.iter().any(|event| event.ends_with(warning)),
        "{events:?}"
    );
    handle.abort();
}
