//! The end of a parent.

use actor_runtime::{
    Actor as _, CancellationToken, Client as _, Context, ExitReason, Shutdown, Supervisor,
    WeakClient, actor,
};
use tokio::time::{Instant, sleep};

use super::{
    Child, ChildClient, Parent, ParentClient, SECOND, Story, child, family, family_of, hold,
};
use crate::support::{gate, idle, payload, runtime_of, soon, spawn, summary};

#[tokio::test(start_paused = true)]
async fn a_parent_with_its_childrens_clients_ends_with_its_last_client() {
    let family = family(None);
    drop(family.parent.start("child").await.unwrap());
    drop(family.parent);
    let exit = soon(family.handle).await;
    assert_eq!(
        summary(&exit),
        "clients dropped: 1 handled, 0 refused, state"
    );
    drop(exit);
    assert_eq!(
        family.story.lines(),
        [
            "parent stops",
            "child stops",
            "child dropped",
            "parent dropped"
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn a_child_that_drains_handles_what_is_queued() {
    for end in 0..10 {
        let family = family(None);
        let drainer = family.parent.start_drainer().await.unwrap();
        for number in 0..5 {
            drainer.note(number).await.unwrap();
        }
        if end % 2 == 0 {
            family.shutdown.cancel();
        } else {
            drop((drainer, family.parent));
        }
        assert!(soon(family.handle).await.state.is_some());
        let numbers = [0, 1, 2, 3, 4, 100].map(|number| format!("drainer: {number}"));
        let mut story = family.story.lines();
        story.retain(|line| line.starts_with("drainer:"));
        assert_eq!(story, numbers);
        assert_eq!(family.story.ends()[..2], ["parent stops", "drainer stops"]);
    }
}

/// The order is the documented one: the hook of the parent, its children, its tasks, and then its state.
#[tokio::test(start_paused = true)]
async fn the_end_has_an_order() {
    let family = family(None);
    family.parent.spawn().await.unwrap();
    let child = family.parent.start("child").await.unwrap();
    child.start_grandchild().await.unwrap();
    let key = hold(&family.parent).await;
    let queued = spawn({
        let parent = family.parent.clone();
        async move { parent.answer().await }
    });
    idle().await;
    family.shutdown.cancel();
    idle().await;
    // The children are not told before the parent's own end.
    child.ping().await.unwrap();
    key.open();
    assert!(soon(queued).await.unwrap().is_err());
    drop(soon(family.handle).await);
    assert_eq!(
        family.story.lines(),
        [
            "parent stops",
            "child stops",
            "grandchild stops",
            "grandchild dropped",
            "child dropped",
            "task ends",
            "parent dropped",
        ]
    );
}

/// A parent whose state can be taken at the end.
struct Owner {
    story: Story,
    child: Option<ChildClient>,
}

#[actor]
impl Owner {
    #[command(ack)]
    pub(crate) fn start(&mut self, ctx: &mut Context<Self>) {
        self.child = Some(ctx.start(child("child", &self.story).builder()));
        let (token, story) = (ctx.token(), self.story.clone());
        ctx.spawn(async move {
            token.cancelled().await;
            sleep(10 * SECOND).await;
            story.tell("task ends");
        });
    }

    #[command(last)]
    pub(crate) fn take(self) -> Vec<String> {
        self.story.tell("owner is taken");
        self.story.lines()
    }

    #[on_stop]
    fn end(&mut self) {
        self.story.tell("owner stops");
    }
}

impl Drop for Owner {
    fn drop(&mut self) {
        self.story.tell("owner dropped");
    }
}

#[tokio::test(start_paused = true)]
async fn the_state_of_a_parent_is_taken_after_its_children_and_tasks_have_ended() {
    let story = Story::default();
    let owner = Owner {
        story: story.clone(),
        child: None,
    };
    let (owner, handle) = owner.spawn_with_handle(CancellationToken::new());
    owner.start().await.unwrap();
    let taken = soon(owner.take()).await.unwrap();
    assert_eq!(
        taken,
        [
            "owner stops",
            "child stops",
            "child dropped",
            "task ends",
            "owner is taken",
        ]
    );
    soon(handle).await;
    assert_eq!(story.lines().last().unwrap(), "owner dropped");
}

#[tokio::test(start_paused = true)]
async fn a_parent_that_panics_waits_for_its_children() {
    let family = family(None);
    let child = family.parent.start("child").await.unwrap();
    child.note(1, SECOND).await.unwrap();
    family.parent.panic().await.unwrap();
    let exit = soon(family.handle).await;
    assert_eq!(payload(exit), Some("in a parent"));
    assert_eq!(
        family.story.lines(),
        ["parent dropped", "child: 1", "child stops", "child dropped"]
    );
}

#[tokio::test(start_paused = true)]
async fn an_abort_reaches_children_and_their_children() {
    let family = family(None);
    let child = family.parent.start("child").await.unwrap();
    child.start_grandchild().await.unwrap();
    family.handle.abort();
    let exit = soon(family.handle).await;
    assert!(matches!(exit.reason, ExitReason::Aborted));
    soon(child.ended()).await;
    idle().await;
    assert_eq!(
        family.story.lines(),
        ["parent dropped", "child dropped", "grandchild dropped"]
    );
}

#[tokio::test(start_paused = true)]
async fn an_abort_reaches_children_that_are_waited_for() {
    let family = family(None);
    let child = family.parent.start("child").await.unwrap();
    child.hang().await.unwrap();
    let key = hold(&family.parent).await;
    key.open();
    drop(family.parent);
    // The hook waits for the child.
    sleep(1000 * SECOND).await;
    assert!(!family.handle.is_finished());
    family.handle.abort();
    assert!(soon(family.handle).await.state.is_none());
    idle().await;
    assert_eq!(family.story.lines(), ["parent dropped", "child dropped"]);
}

/// Without a deadline, the end waits for a child that never ends, and for no longer than `shutdown` says.
#[tokio::test(start_paused = true)]
async fn a_child_that_never_ends_is_waited_for() {
    let family = family(None);
    let (child, handle) = family
        .parent
        .start_other(child("child", &family.story).builder())
        .await
        .unwrap();
    child.hang().await.unwrap();
    idle().await;
    family.shutdown.cancel();
    sleep(1000 * SECOND).await;
    assert!(!family.handle.is_finished());
    assert_eq!(family.story.lines(), ["parent stops"]);
    let exit = soon(family.handle.shutdown(SECOND)).await;
    assert!(matches!(exit.reason, ExitReason::Aborted));
    let exit = soon(handle).await;
    assert_eq!(
        summary(&exit),
        "aborted in hang: 0 handled, 0 refused, no state"
    );
}

#[tokio::test(start_paused = true)]
async fn a_runner_that_is_dropped_aborts_children() {
    let story = Story::default();
    let (parent, runner) = Parent::new(&story).builder().into_runner();
    let runner = spawn(async move { drop(runner.run().await) });
    let child = parent.start("child").await.unwrap();
    runner.abort();
    soon(child.ended()).await;
    assert_eq!(story.lines(), ["parent dropped", "child dropped"]);
}

#[test]
fn a_runtime_that_ends_aborts_children() {
    let runtime = runtime_of(2);
    let family = runtime.block_on(async {
        let family = family(None);
        let child = family.parent.start("child").await.unwrap();
        child.start_grandchild().await.unwrap();
        family
    });
    drop(runtime);
    let mut lines = family.story.lines();
    // A thread may still have polled one whose last client was dropped with another's state.
    lines.retain(|line| line.ends_with("dropped"));
    lines.sort();
    assert_eq!(
        lines,
        ["child dropped", "grandchild dropped", "parent dropped"]
    );
}

#[tokio::test(start_paused = true)]
async fn children_share_the_deadline_of_their_parent() {
    let (at_the_end, key) = gate();
    let story = Story::default();
    let mut parent = Parent::new(&story);
    parent.at_the_end = Some(at_the_end);
    let family = family_of(parent, Some(5 * SECOND));
    let other = child("child", &story).builder().deadline(1000 * SECOND);
    let (child, handle) = family.parent.start_other(other).await.unwrap();
    child.start_grandchild().await.unwrap();
    child.hang_grandchild().await.unwrap();
    idle().await;
    let start = Instant::now();
    family.shutdown.cancel();
    sleep(3 * SECOND).await;
    key.open();
    let exit = soon(family.handle).await;
    assert_eq!(summary(&exit), "cancelled: 1 handled, 0 refused, state");
    assert_eq!(start.elapsed().as_secs(), 5);
    assert_eq!(story.lines()[..2], ["parent stops", "child stops"]);
    // It had ended, apart from its own child.
    let exit = soon(handle).await;
    assert_eq!(start.elapsed().as_secs(), 5);
    assert!(exit.handled >= 2, "{exit}");
    drop(exit);
    idle().await;
    assert!(story.lines().contains(&"grandchild dropped".to_owned()));
}

#[tokio::test(start_paused = true)]
async fn a_child_may_have_a_shorter_deadline() {
    let family = family(Some(5 * SECOND));
    let other = child("child", &family.story).builder().deadline(SECOND);
    let (child, handle) = family.parent.start_other(other).await.unwrap();
    child.hang().await.unwrap();
    idle().await;
    let start = Instant::now();
    family.shutdown.cancel();
    let exit = soon(family.handle).await;
    assert_eq!(summary(&exit), "cancelled: 1 handled, 0 refused, state");
    assert_eq!(start.elapsed().as_secs(), 1);
    assert!(matches!(soon(handle).await.reason, ExitReason::Aborted));
}

/// A drain that never waits looks at the deadline between two commands.
#[tokio::test(start_paused = true)]
async fn a_child_that_drains_knows_what_is_left_of_the_deadline() {
    let family = family(Some(5 * SECOND));
    let drainer = family.parent.start_drainer().await.unwrap();
    for number in 0..10 {
        drainer.note(number).await.unwrap();
    }
    let start = Instant::now();
    let exit = soon(family.handle.shutdown_with(Shutdown::Stop, 1000 * SECOND)).await;
    assert_eq!(summary(&exit), "cancelled: 1 handled, 0 refused, state");
    assert_eq!(start.elapsed().as_secs(), 5);
    idle().await;
    assert_eq!(family.story.lines().len(), 5, "{:?}", family.story.lines());
}

/// The command was queued before the parent was told to end, and is refused before the children are waited for.
#[tokio::test(start_paused = true)]
async fn a_child_that_waits_for_its_parent_gets_an_error() {
    let family = family(None);
    let key = hold(&family.parent).await;
    let child = family.parent.try_start("child").unwrap();
    key.open();
    let child = soon(child).await.unwrap();
    let key = hold(&family.parent).await;
    child.ask(family.parent.clone()).await.unwrap();
    idle().await;
    family.shutdown.cancel();
    key.open();
    soon(family.handle).await;
    assert!(
        family
            .story
            .lines()
            .contains(&"child asked and got Err(Refused)".to_owned()),
        "{:?}",
        family.story.lines()
    );
}

/// A parent without a hook refuses what is queued, too, and so does one that panics.
#[tokio::test(start_paused = true)]
async fn a_child_that_waits_for_a_parent_that_panics_gets_an_error() {
    let family = family(None);
    let child = family.parent.start("child").await.unwrap();
    let key = hold(&family.parent).await;
    family.parent.panic().await.unwrap();
    child.ask(family.parent.clone()).await.unwrap();
    idle().await;
    key.open();
    assert_eq!(payload(soon(family.handle).await), Some("in a parent"));
    assert_eq!(
        family.story.ends()[..2],
        ["parent dropped", "child asked and got Err(Refused)"]
    );
}

/// A child that is asked to call its parent in the parent's end.
#[tokio::test(start_paused = true)]
async fn a_child_that_calls_its_parent_in_the_end_gets_an_error() {
    let family = family(None);
    let child = family.parent.start("child").await.unwrap();
    child.note(1, SECOND).await.unwrap();
    child.ask(family.parent.clone()).await.unwrap();
    let parent = family.parent.clone();
    drop(family.parent);
    family.shutdown.cancel();
    soon(family.handle).await;
    assert!(parent.is_closed());
    // The child handled it before the ping of the hook.
    assert_eq!(
        family.story.lines()[..2],
        ["child: 1", "child asked and got Err(Closed(Cancelled))"]
    );
}

/// A child that reports to its parent when it ends.
pub(super) struct Reporter {
    pub(super) parent: WeakClient<ParentClient>,
    pub(super) story: Story,
}

#[actor]
impl Reporter {
    pub(crate) fn work(&mut self) {}

    #[on_stop]
    async fn report(&mut self) {
        let parent = self.parent.upgrade();
        let answer = match parent {
            Some(parent) => parent.answer().await,
            None => Ok(0),
        };
        self.story.tell(format!("reporter got {answer:?}"));
    }
}

#[tokio::test(start_paused = true)]
async fn a_child_whose_last_hook_calls_its_parent_gets_an_error() {
    for clients in ["held", "dropped"] {
        let story = Story::default();
        let mut parent = Parent::new(&story);
        parent.has_reporter = true;
        let family = family_of(parent, None);
        // The first command is after the start.
        assert_eq!(family.parent.answer().await, Ok(42));
        let mut client = Some(family.parent);
        if clients == "dropped" {
            client = None;
        } else {
            family.shutdown.cancel();
        }
        assert!(soon(family.handle).await.state.is_some());
        let answer = match client {
            Some(_) => "reporter got Err(Closed(Cancelled))",
            None => "reporter got Ok(0)",
        };
        assert_eq!(story.lines()[..2], ["parent stops", answer]);
    }
}

#[tokio::test(start_paused = true)]
async fn a_restart_ends_the_children_before_the_next_state_is_made() {
    let story = Story::default();
    let made = story.clone();
    let supervisor = Supervisor::new(move || {
        made.tell("parent made");
        Parent::new(&made)
    });
    let (parent, handle) = supervisor.deadline(5 * SECOND).spawn_with_handle();
    let drainer = parent.start_drainer().await.unwrap();
    for number in 0..3 {
        drainer.note(number).await.unwrap();
    }
    let child = parent.start("child").await.unwrap();
    parent.panic().await.unwrap();
    assert_eq!(parent.answer().await, Ok(42));
    let numbers = (0..3).map(|number| format!("drainer: {number}"));
    let mut lines = story.lines();
    assert_eq!(lines.pop().unwrap(), "parent made");
    lines.sort();
    let mut expected: Vec<_> = numbers.collect();
    for line in [
        "child dropped",
        "child stops",
        "drainer stops",
        "parent dropped",
        "parent made",
    ] {
        expected.push(line.to_owned());
    }
    expected.sort();
    assert_eq!(lines, expected);
    assert!(child.is_closed());
    // The next incarnation has children of its own.
    parent.start("second").await.unwrap();
    drop(parent);
    assert!(soon(handle).await.state.is_some());
    assert!(story.lines().contains(&"second stops".to_owned()));
}

/// A restart waits for children for no longer than an end would.
#[tokio::test(start_paused = true)]
async fn a_restart_aborts_children_that_do_not_end() {
    let story = Story::default();
    let made = story.clone();
    let supervisor = Supervisor::new(move || Parent::new(&made)).deadline(5 * SECOND);
    let (parent, handle) = supervisor.spawn_with_handle();
    let child = parent.start("child").await.unwrap();
    child.start_grandchild().await.unwrap();
    child.hang().await.unwrap();
    idle().await;
    let start = Instant::now();
    parent.panic().await.unwrap();
    assert_eq!(soon(parent.answer()).await, Ok(42));
    assert_eq!(start.elapsed().as_secs(), 5);
    assert_eq!(
        story.lines(),
        ["parent dropped", "child dropped", "grandchild dropped"]
    );
    drop(parent);
    soon(handle).await;
}

/// The call of the child would wait for the next incarnation, which waits for the child.
#[tokio::test(start_paused = true)]
async fn a_restart_aborts_a_child_that_waits_for_its_parent() {
    let story = Story::default();
    let made = story.clone();
    let supervisor = Supervisor::new(move || Parent::new(&made)).deadline(5 * SECOND);
    let (parent, handle) = supervisor.spawn_with_handle();
    let child = parent.start("child").await.unwrap();
    let key = hold(&parent).await;
    parent.panic().await.unwrap();
    child.ask(parent.clone()).await.unwrap();
    idle().await;
    let start = Instant::now();
    key.open();
    assert_eq!(soon(parent.answer()).await, Ok(42));
    assert_eq!(start.elapsed().as_secs(), 5);
    assert_eq!(story.lines(), ["parent dropped", "child dropped"]);
    drop(parent);
    soon(handle).await;
}

/// The supervisor of a parent may be told to end while it waits for children.
#[tokio::test(start_paused = true)]
async fn a_parent_between_two_incarnations_ends_with_its_children() {
    let story = Story::default();
    let made = story.clone();
    let (parent, handle) = Supervisor::new(move || Parent::new(&made)).spawn_with_handle();
    let child = parent.start("child").await.unwrap();
    child.note(1, 5 * SECOND).await.unwrap();
    parent.panic().await.unwrap();
    sleep(SECOND).await;
    let exit = soon(handle.shutdown(100 * SECOND)).await;
    assert!(matches!(exit.reason, ExitReason::Panicked(_)), "{exit}");
    assert_eq!(
        story.lines(),
        ["parent dropped", "child: 1", "child stops", "child dropped"]
    );
}

#[tokio::test(start_paused = true)]
async fn a_long_line_of_descendants_ends() {
    let story = Story::default();
    let (first, handle) = child("first", &story).builder().spawn_with_handle();
    let mut line = vec![first];
    for _ in 0..1000 {
        let next = line[line.len() - 1].start_and_return().await.unwrap();
        line.push(next);
    }
    drop(line);
    let exit: actor_runtime::Exit<Child> = soon(handle).await;
    assert!(exit.state.is_some());
    assert_eq!(story.lines().len(), 2001);
}
