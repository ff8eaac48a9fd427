//! The ends of children that end before their parent, and how the parent sees them.

use std::sync::mpsc;

use actor_runtime::{
    Actor as _, ActorHandle, CallError, CancellationToken, Client as _, Context, Exit, ExitReason,
    Supervisor, actor,
};
use tokio::task::JoinSet;

use super::{Child, ChildClient, SECOND, Story, child, family};
use crate::support::{idle, poll_once, soon, summary};

#[tokio::test(start_paused = true)]
async fn a_child_may_end_alone() {
    let family = family(None);
    let token = CancellationToken::new();
    let start = async |name| {
        let child = child(name, &family.story).builder().shutdown(token.clone());
        family.parent.start_other(child).await.unwrap()
    };
    let (first, first_handle) = start("first").await;
    drop(first);
    assert!(matches!(
        soon(first_handle).await.reason,
        ExitReason::ClientsDropped
    ));
    let (second, second_handle) = start("second").await;
    second.stop().await.unwrap();
    assert!(matches!(
        soon(second_handle).await.reason,
        ExitReason::Stopped
    ));
    let (third, third_handle) = start("third").await;
    third.panic().await.unwrap();
    assert!(matches!(
        soon(third_handle).await.reason,
        ExitReason::Panicked(_)
    ));
    let (_fourth, fourth_handle) = start("fourth").await;
    fourth_handle.abort();
    assert!(matches!(
        soon(fourth_handle).await.reason,
        ExitReason::Aborted
    ));
    let (fifth, fifth_handle) = start("fifth").await;
    assert!(!fifth_handle.is_finished());
    token.cancel();
    assert!(matches!(
        soon(fifth_handle).await.reason,
        ExitReason::Cancelled
    ));
    assert!(fifth.is_closed());
    // The parent goes on.
    assert_eq!(family.parent.answer().await, Ok(42));
    drop(family.parent);
    assert_eq!(
        summary(&soon(family.handle).await),
        "clients dropped: 6 handled, 0 refused, state"
    );
}

#[tokio::test(start_paused = true)]
async fn an_exit_that_nobody_waits_for_goes_to_its_function() {
    let family = family(None);
    let (tell, told) = mpsc::channel();
    let other = child("child", &family.story)
        .builder()
        .on_exit(move |exit| tell.send(exit.to_string()).unwrap());
    let (child, handle) = family.parent.start_other(other).await.unwrap();
    drop(handle);
    child.panic().await.unwrap();
    idle().await;
    assert_eq!(
        told.try_recv().unwrap(),
        "panicked with \"in a child\" in `panic`; 0 commands handled, 0 refused"
    );
    assert_eq!(family.parent.answer().await, Ok(42));
}

#[tokio::test(start_paused = true)]
async fn a_handle_is_ready_once() {
    let story = Story::default();
    let (child, mut handle) = child("child", &story).builder().spawn_with_handle();
    drop(child);
    let exit = soon(&mut handle).await;
    assert!(exit.state.is_some());
    assert!(poll_once(std::pin::pin!(&mut handle)).is_pending());
    assert!(handle.is_finished());
}

/// A parent that keeps the handle of its only child as a source.
struct Boss {
    story: Story,
    child: ChildClient,
    handle: ActorHandle<Child>,
    restarts: u32,
}

#[actor]
impl Boss {
    pub(crate) fn child(&self) -> ChildClient {
        self.child.clone()
    }

    #[on(&mut self.handle)]
    fn child_ended(&mut self, exit: Exit<Child>, ctx: &mut Context<Self>) {
        self.story.tell(format!("boss: {exit}"));
        drop(exit);
        if self.restarts == 0 {
            return;
        }
        self.restarts -= 1;
        (self.child, self.handle) = ctx.start_with_handle(child("next", &self.story).builder());
    }
}

fn boss(restarts: u32) -> (BossClient, ActorHandle<Boss>, Story) {
    let story = Story::default();
    let (child, handle) = child("first", &story).builder().spawn_with_handle();
    let boss = Boss {
        story: story.clone(),
        child,
        handle,
        restarts,
    };
    let (client, handle) = boss.builder().spawn_with_handle();
    (client, handle, story)
}

#[tokio::test(start_paused = true)]
async fn a_parent_sees_the_exit_of_its_child_once() {
    let (boss, handle, story) = boss(0);
    boss.child().await.unwrap().panic().await.unwrap();
    idle().await;
    // The source is polled after each of these commands.
    for _ in 0..100 {
        assert!(boss.child().await.unwrap().is_closed());
    }
    drop(boss);
    soon(handle).await;
    assert_eq!(
        story.lines(),
        [
            "first dropped",
            "boss: panicked with \"in a child\" in `panic`; 0 commands handled, 0 refused",
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn a_parent_may_start_another_child() {
    let (boss, handle, story) = boss(2);
    for _ in 0..3 {
        boss.child().await.unwrap().stop().await.unwrap();
        idle().await;
    }
    assert_eq!(
        boss.child().await.unwrap().ping().await,
        Err(CallError::Closed(actor_runtime::Why::Stopped))
    );
    drop(boss);
    soon(handle).await;
    let ends = story
        .lines()
        .iter()
        .filter(|line| *line == "boss: stopped; 1 command handled, 0 refused")
        .count();
    assert_eq!(ends, 3);
}

/// A parent of many.
#[derive(Default)]
struct Crew {
    story: Story,
    children: JoinSet<Exit<Child>>,
}

#[actor]
impl Crew {
    pub(crate) fn hire(&mut self, name: &'static str, ctx: &mut Context<Self>) -> ChildClient {
        let (child, handle) = ctx.start_with_handle(child(name, &self.story).builder());
        self.children.spawn(handle);
        child
    }

    #[on(Some(Ok(exit)) = self.children.join_next(), if !self.children.is_empty())]
    fn child_ended(&mut self, exit: Exit<Child>) {
        let name = exit.state.map_or("somebody", |child| child.name);
        self.story.tell(format!("crew: {name} {}", exit.reason));
    }
}

#[tokio::test(start_paused = true)]
async fn a_parent_of_many_sees_each_exit() {
    let story = Story::default();
    let crew = Crew {
        story: story.clone(),
        ..Crew::default()
    };
    let (crew, handle) = crew.builder().spawn_with_handle();
    let ann = crew.hire("ann").await.unwrap();
    let bob = crew.hire("bob").await.unwrap();
    let cid = crew.hire("cid").await.unwrap();
    bob.panic().await.unwrap();
    idle().await;
    ann.stop().await.unwrap();
    idle().await;
    drop((crew, cid));
    soon(handle).await;
    let mut told = story.lines();
    told.retain(|line| line.starts_with("crew"));
    assert_eq!(
        told,
        [
            "crew: somebody panicked with \"in a child\"",
            "crew: ann stopped"
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn a_supervised_child_is_restarted_and_ends_with_its_parent() {
    let story = Story::default();
    let mut ctx = Context::<Crew>::detached();
    let made = story.clone();
    let (child, handle) = ctx.start_with_handle(Supervisor::new(move || child("child", &made)));
    child.panic().await.unwrap();
    assert_eq!(soon(child.ping()).await, Ok(()));
    assert_eq!(story.lines(), ["child dropped"]);
    child.note(1, SECOND).await.unwrap();
    // Without an actor, the context is all that there is to end.
    drop(ctx);
    assert!(matches!(soon(handle).await.reason, ExitReason::Aborted));
    assert_eq!(story.lines(), ["child dropped", "child dropped"]);
}
