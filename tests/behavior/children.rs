//! Child actors: they end with their parent, after its last hook and in its time, and leave nothing when they end
//! before.

mod ends;
mod exits;
mod starts;

use std::future::pending;
use std::panic;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use actor_runtime::{
    Actor as _, ActorHandle, Builder, CancellationToken, Context, StopReason, actor,
};
use tokio::time::sleep;

use self::ends::{Reporter, ReporterClient};
use crate::support::{Gate, gate};

const SECOND: Duration = Duration::from_secs(1);

/// The record of everything that the actors did, in order.
#[derive(Clone, Default)]
struct Story(Arc<Mutex<Vec<String>>>);

impl Story {
    fn tell(&self, line: impl Into<String>) {
        self.0.lock().unwrap().push(line.into());
    }

    fn lines(&self) -> Vec<String> {
        self.0.lock().unwrap().clone()
    }

    /// Returns the lines that are no notes.
    fn ends(&self) -> Vec<String> {
        let mut lines = self.lines();
        lines.retain(|line| !line.contains(':'));
        lines
    }
}

/// The usual child. It may have a child itself.
struct Child {
    name: &'static str,
    story: Story,
    grandchild: Option<ChildClient>,
}

#[actor]
impl Child {
    pub(crate) async fn note(&mut self, number: u32, time: Duration) {
        sleep(time).await;
        self.story.tell(format!("{}: {number}", self.name));
    }

    #[command(ack)]
    pub(crate) fn ping(&mut self) {}

    pub(crate) async fn hang(&mut self) {
        pending::<()>().await;
    }

    pub(crate) fn stop(&mut self, ctx: &mut Context<Self>) {
        ctx.stop();
    }

    pub(crate) fn panic(&mut self) {
        panic::resume_unwind(Box::new("in a child"));
    }

    /// Waits for the answer of its parent.
    pub(crate) async fn ask(&mut self, parent: ParentClient) {
        let answer = parent.answer().await;
        self.story
            .tell(format!("{} asked and got {answer:?}", self.name));
    }

    #[command(ack)]
    pub(crate) fn start_grandchild(&mut self, ctx: &mut Context<Self>) {
        let grandchild = child("grandchild", &self.story);
        self.grandchild = Some(ctx.start(grandchild.builder()));
    }

    pub(crate) fn start_and_return(&mut self, ctx: &mut Context<Self>) -> ChildClient {
        ctx.start(child("descendant", &self.story).builder())
    }

    pub(crate) async fn hang_grandchild(&mut self) {
        let grandchild = self.grandchild.as_ref().unwrap();
        grandchild.hang().await.unwrap();
    }

    #[on_stop]
    fn end(&mut self) {
        self.story.tell(format!("{} stops", self.name));
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        self.story.tell(format!("{} dropped", self.name));
    }
}

fn child(name: &'static str, story: &Story) -> Child {
    Child {
        name,
        story: story.clone(),
        grandchild: None,
    }
}

/// A child that handles what is queued.
struct Drainer {
    story: Story,
}

#[actor(shutdown = drain)]
impl Drainer {
    pub(crate) async fn note(&mut self, number: u32) {
        sleep(SECOND).await;
        self.story.tell(format!("drainer: {number}"));
    }

    #[on_stop]
    fn end(&mut self) {
        self.story.tell("drainer stops");
    }
}

/// The usual parent, which keeps the clients of its children.
struct Parent {
    story: Story,
    children: Vec<ChildClient>,
    drainer: Option<DrainerClient>,
    at_the_end: Option<Gate>,
    last_child: bool,
    has_reporter: bool,
    reporter: Option<ReporterClient>,
}

impl Parent {
    fn new(story: &Story) -> Self {
        Self {
            story: story.clone(),
            children: Vec::new(),
            drainer: None,
            at_the_end: None,
            last_child: false,
            has_reporter: false,
            reporter: None,
        }
    }
}

#[actor]
impl Parent {
    #[on_start]
    fn begin(&mut self, ctx: &mut Context<Self>) {
        if self.has_reporter {
            let reporter = Reporter {
                parent: ctx.client().clone(),
                story: self.story.clone(),
            };
            self.reporter = Some(ctx.start(reporter.builder()));
        }
    }

    #[command(try)]
    pub(crate) fn start(&mut self, name: &'static str, ctx: &mut Context<Self>) -> ChildClient {
        let child = ctx.start(child(name, &self.story).builder());
        self.children.push(child.clone());
        child
    }

    /// Starts a child that is not in the state.
    pub(crate) fn start_other(
        &mut self,
        child: Builder<Child>,
        ctx: &mut Context<Self>,
    ) -> (ChildClient, ActorHandle<Child>) {
        ctx.start_with_handle(child)
    }

    pub(crate) fn start_drainer(&mut self, ctx: &mut Context<Self>) -> DrainerClient {
        let story = self.story.clone();
        let drainer = ctx.start(Drainer { story }.builder());
        self.drainer.insert(drainer).clone()
    }

    #[command(ack)]
    pub(crate) fn spawn(&mut self, ctx: &mut Context<Self>) {
        let (token, story) = (ctx.token(), self.story.clone());
        ctx.spawn(async move {
            token.cancelled().await;
            sleep(10 * SECOND).await;
            story.tell("task ends");
        });
    }

    pub(crate) fn answer(&self) -> u32 {
        42
    }

    pub(crate) async fn hold(&mut self, gate: Gate) {
        gate.pass().await;
    }

    pub(crate) fn panic(&mut self) {
        panic::resume_unwind(Box::new("in a parent"));
    }

    #[on_stop]
    async fn end(&mut self, _: StopReason, ctx: &mut Context<Self>) {
        if let Some(gate) = self.at_the_end.take() {
            gate.pass().await;
        }
        if self.last_child {
            let child = self.start("last", ctx);
            child.ping().await.unwrap();
            self.story.tell("parent pinged the last child");
        }
        for child in &self.children {
            // The child may have ended by itself.
            let _ = child.ping().await;
        }
        if let Some(drainer) = &self.drainer {
            drainer.note(100).await.unwrap();
        }
        self.story.tell("parent stops");
    }
}

impl Drop for Parent {
    fn drop(&mut self) {
        self.story.tell("parent dropped");
    }
}

struct Family {
    parent: ParentClient,
    handle: ActorHandle<Parent>,
    story: Story,
    shutdown: CancellationToken,
}

fn family(deadline: Option<Duration>) -> Family {
    let story = Story::default();
    family_of(Parent::new(&story), deadline)
}

fn family_of(parent: Parent, deadline: Option<Duration>) -> Family {
    let (story, shutdown) = (parent.story.clone(), CancellationToken::new());
    let mut builder = parent.builder().shutdown(shutdown.clone());
    if let Some(deadline) = deadline {
        builder = builder.deadline(deadline);
    }
    let (parent, handle) = builder.spawn_with_handle();
    Family {
        parent,
        handle,
        story,
        shutdown,
    }
}

/// Keeps the parent busy: commands sent from now on stay queued until the key is used.
async fn hold(parent: &ParentClient) -> crate::support::Key {
    let (gate, mut key) = gate();
    parent.hold(gate).await.unwrap();
    key.entered().await;
    key
}
