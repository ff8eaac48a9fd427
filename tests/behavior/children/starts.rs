//! The places where a child is started.

use actor_runtime::{
    Actor as _, CallError, CancellationToken, Client as _, Context, ExitReason, Inbox, actor,
    prepare,
};
use tokio::task::LocalSet;

use super::{ChildClient, Parent, SECOND, Story, child, family_of};
use crate::support::{idle, soon, spawn, summary};

/// A parent that starts a child before its first command.
struct Early {
    story: Story,
    child: Option<ChildClient>,
    fails: bool,
}

#[actor]
impl Early {
    #[on_start]
    async fn begin(&mut self, ctx: &mut Context<Self>) -> Result<(), &'static str> {
        let child = ctx.start(child("child", &self.story).builder());
        child.ping().await.unwrap();
        self.child = Some(child);
        if self.fails { Err("in vain") } else { Ok(()) }
    }

    pub(crate) fn child(&self) -> Option<ChildClient> {
        self.child.clone()
    }
}

#[tokio::test(start_paused = true)]
async fn in_the_first_hook() {
    for fails in [false, true] {
        let story = Story::default();
        let early = Early {
            story: story.clone(),
            child: None,
            fails,
        };
        let (early, handle) = early.builder().spawn_with_handle();
        if !fails {
            let child = early.child().await.unwrap().unwrap();
            assert_eq!(child.ping().await, Ok(()));
        }
        drop(early);
        let exit = soon(handle).await;
        assert_eq!(matches!(exit.reason, ExitReason::StartFailed(_)), fails);
        assert_eq!(story.lines(), ["child stops", "child dropped"]);
    }
}

#[tokio::test(start_paused = true)]
async fn in_the_last_hook() {
    let story = Story::default();
    let mut parent = Parent::new(&story);
    parent.last_child = true;
    let family = family_of(parent, None);
    family.shutdown.cancel();
    assert_eq!(
        summary(&soon(family.handle).await),
        "cancelled: 0 handled, 0 refused, state"
    );
    assert_eq!(
        story.lines()[..4],
        [
            "parent pinged the last child",
            "parent stops",
            "last stops",
            "last dropped"
        ]
    );
}

/// A parent whose methods run on the tasks of their callers.
struct Lender {
    story: Story,
}

#[actor(in_place)]
impl Lender {
    pub(crate) fn start(&mut self, ctx: &mut Context<Self>) -> ChildClient {
        ctx.start(child("child", &self.story).builder())
    }
}

#[tokio::test(start_paused = true)]
async fn in_a_method_that_was_called_in_place() {
    let story = Story::default();
    let lender = Lender {
        story: story.clone(),
    };
    let (lender, handle) = lender.builder().spawn_with_handle();
    idle().await;
    // It ends alone, which the loop that is idle sees.
    drop(lender.start().await.unwrap());
    idle().await;
    assert_eq!(story.lines(), ["child stops", "child dropped"]);
    let child = lender.start().await.unwrap();
    drop(lender);
    assert!(soon(handle).await.state.is_some());
    assert!(child.is_closed());
    assert_eq!(story.lines().len(), 4);
}

/// A parent with a loop of its own.
struct Runs {
    story: Story,
}

#[actor]
impl Runs {
    pub(crate) fn start(&mut self, ctx: &mut Context<Self>) -> ChildClient {
        ctx.start(child("child", &self.story).builder())
    }

    #[run]
    async fn serve(mut self, inbox: &mut Inbox<RunsCommand>, ctx: &mut Context<Self>) -> Self {
        let first = ctx.start(child("first", &self.story).builder());
        while let Some(command) = inbox.next().await {
            self.handle(command, ctx).await;
        }
        assert_eq!(first.ping().await, Ok(()));
        self
    }
}

#[tokio::test(start_paused = true)]
async fn in_a_loop_of_its_own() {
    let story = Story::default();
    let token = CancellationToken::new();
    let (runs, handle) = Runs {
        story: story.clone(),
    }
    .spawn_with_handle(token.clone());
    let child = runs.start().await.unwrap();
    token.cancel();
    assert!(soon(handle).await.state.is_some());
    assert!(child.is_closed());
    assert_eq!(story.lines().len(), 4);
}

/// A parent that stays on its thread.
struct Local {
    story: std::rc::Rc<Story>,
}

#[actor(local)]
impl Local {
    pub(crate) fn start(&mut self, ctx: &mut Context<Self>) -> ChildClient {
        ctx.start(child("child", &self.story).builder())
    }
}

#[tokio::test(start_paused = true)]
async fn in_a_local_actor() {
    let story = Story::default();
    let local = Local {
        story: story.clone().into(),
    };
    let (local, runner) = local.builder().into_runner();
    let exit = LocalSet::new()
        .run_until(async {
            let runner = tokio::task::spawn_local(runner.run());
            let child = local.start().await.unwrap();
            drop(local);
            let exit = soon(runner).await.unwrap();
            assert!(child.is_closed());
            exit
        })
        .await;
    assert!(exit.state.is_some());
    assert_eq!(story.lines(), ["child stops", "child dropped"]);
}

#[tokio::test(start_paused = true)]
async fn with_a_client_that_was_there_before() {
    let story = Story::default();
    let family = family_of(Parent::new(&story), None);
    let (client, prepared) = prepare::<super::Child>(2);
    let early = spawn({
        let client = client.clone();
        async move { client.ping().await }
    });
    let builder = prepared.builder(child("child", &story));
    let (other, _handle) = family.parent.start_other(builder).await.unwrap();
    assert!(other.same_actor(&client));
    assert_eq!(soon(early).await.unwrap(), Ok(()));
    family.shutdown.cancel();
    soon(family.handle).await;
    assert!(client.is_closed());
}

/// A method may start a child without an actor: it lives as long as the context.
#[tokio::test(start_paused = true)]
async fn without_an_actor() {
    let story = Story::default();
    let mut ctx = Context::detached();
    let child = Parent::new(&story).start("child", &mut ctx);
    assert_eq!(child.ping().await, Ok(()));
    drop(ctx);
    soon(child.ended()).await;
    assert!(matches!(child.ping().await, Err(CallError::Closed(_))));
    assert!(!story.lines().contains(&"child stops".to_owned()));
}

/// A child is started after the parent was told to end, while that handles what is queued.
#[tokio::test(start_paused = true)]
async fn while_the_parent_drains() {
    let story = Story::default();
    let family = family_of(Parent::new(&story), None);
    let key = super::hold(&family.parent).await;
    let start = spawn({
        let parent = family.parent.clone();
        async move { parent.start("child").await }
    });
    idle().await;
    let end = spawn(
        family
            .handle
            .shutdown_with(actor_runtime::Shutdown::Drain, 1000 * SECOND),
    );
    idle().await;
    key.open();
    let child = soon(start).await.unwrap().unwrap();
    assert!(soon(end).await.unwrap().state.is_some());
    assert!(child.is_closed());
    assert_eq!(story.lines()[..2], ["parent stops", "child stops"]);
}
