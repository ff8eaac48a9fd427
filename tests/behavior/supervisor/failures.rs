//! Failures, and ends that are not failures.

use std::mem;
use std::panic;
use std::pin::pin;
use std::time::Duration;

use actor_runtime::{CallError, Client as _, Context, Exit, Supervisor, actor};
use tokio::time::sleep;

use super::{Exits, MINUTE, Phoenix, Running, SECOND, STOPPED, Start, Story};
use crate::support::{
    Feed, Key, PanicOnDrop, feed, feed_of, gate, idle, payload, poll_once, soon, summary,
};

#[tokio::test(start_paused = true)]
async fn a_start_that_fails_is_tried_again() {
    let (gate, mut key) = gate();
    let story = Story::of([Start::Fails, Start::Panics, Start::Waits(gate)]);
    let actor = story.spawn();
    // The call is queued meanwhile.
    let call = actor.double(1).await;
    key.entered().await;
    assert!(poll_once(pin!(actor.handle.started())).is_pending());
    key.open();
    assert_eq!(soon(actor.handle.started()).await, Ok(()));
    assert_eq!(soon(call).await.unwrap(), Ok(2));
    assert_eq!(
        story.exits(),
        [
            "failed to start: it is too early; 0 commands handled, 0 refused",
            "panicked with \"in the start\" in `start`; 0 commands handled, 0 refused",
        ]
    );
    assert_eq!(story.incarnations(), 3);
    // Later calls of `started` are told of the start that did succeed.
    story.next([Start::Fails, Start::Fails]);
    actor.fail().await;
    assert_eq!(soon(actor.handle.started()).await, Ok(()));
}

#[tokio::test(start_paused = true)]
async fn a_period_of_zero_is_a_failed_start() {
    struct Ticker {
        period: Duration,
    }

    #[actor]
    impl Ticker {
        pub(crate) fn period(&self) -> Duration {
            self.period
        }

        #[every(self.period)]
        fn tick(&mut self) {
            panic::resume_unwind(Box::new("in a source"));
        }
    }

    let mut periods = [Duration::ZERO, SECOND, MINUTE].into_iter();
    let exits = Exits::default();
    let (ticker, handle) = Supervisor::new(move || Ticker {
        period: periods.next().unwrap(),
    })
    .on_restart(exits.keep())
    .spawn_with_handle();
    assert_eq!(soon(handle.started()).await, Ok(()));
    assert_eq!(soon(ticker.period()).await, Ok(SECOND));
    sleep(2 * SECOND).await;
    assert_eq!(soon(ticker.period()).await, Ok(MINUTE));
    assert_eq!(
        exits.texts(),
        [
            "failed to start: the period of `tick` is zero; 0 commands handled, 0 refused",
            "panicked with \"in a source\" in `tick`; 1 command handled, 0 refused",
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn a_task_that_fails_ends_its_incarnation_after_the_command_in_progress() {
    let actor = Story::default().spawn();
    let task_key = actor.fail_in_a_task().await;
    let (hold, key) = actor.hold().await;
    let queued = [actor.double(1).await, actor.double(2).await];
    let waiting = actor.double(3).await;
    task_key.open();
    idle().await;
    assert!(!actor.client.is_closed());
    key.open();
    assert_eq!(soon(hold).await.unwrap(), Ok(1));
    for (number, call) in (1..).zip(queued) {
        assert_eq!(soon(call).await.unwrap(), Ok(2 * number));
    }
    assert_eq!(soon(waiting).await.unwrap(), Ok(6));
    assert_eq!(soon(actor.client.number()).await, Ok(2));
    // The hook of the end has run before the restart, and no command was refused for it.
    assert_eq!(actor.story.log.numbers(), [STOPPED, 1, 2, 3]);
    assert_eq!(
        actor.story.exits(),
        ["panicked with \"in a task\"; 2 commands handled, 0 refused"]
    );
}

#[tokio::test(start_paused = true)]
async fn a_task_that_fails_wakes_an_idle_actor() {
    let actor = Story::default().spawn();
    for number in 1..=3 {
        let key = actor.fail_in_a_task().await;
        key.open();
        sleep(SECOND).await;
        assert_eq!(actor.story.incarnations(), number + 1);
    }
    assert_eq!(
        actor.story.exits(),
        ["panicked with \"in a task\"; 1 command handled, 0 refused"; 3]
    );
}

#[tokio::test(start_paused = true)]
async fn the_first_of_two_panics_counts() {
    let actor = Story::default().spawn();
    soon(actor.client.work(Box::new(PanicOnDrop)))
        .await
        .unwrap();
    actor.fail().await;
    let (gate, mut key) = gate();
    soon(actor.client.fail_in_a_task(gate)).await.unwrap();
    soon(actor.client.work(Box::new(PanicOnDrop)))
        .await
        .unwrap();
    key.entered().await;
    key.open();
    assert_eq!(soon(actor.client.number()).await, Ok(3));
    assert_eq!(
        actor.story.exits(),
        [
            "panicked with \"in a method\" in `fail`; 1 command handled, 0 refused",
            "panicked with \"in a task\"; 2 commands handled, 0 refused",
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn a_panic_of_a_task_that_is_aborted_is_not_lost() {
    /// An actor whose start fails, and whose task also fails.
    struct Starter {
        is_first: bool,
        key: Option<Key>,
    }

    #[actor]
    impl Starter {
        pub(crate) fn is_first(&self) -> bool {
            self.is_first
        }

        #[on_start]
        async fn start(&mut self, ctx: &mut Context<Self>) -> Result<(), &'static str> {
            if !self.is_first {
                return Ok(());
            }
            let (gate, mut key) = gate();
            ctx.spawn(async {
                let _dropped = PanicOnDrop;
                gate.pass().await;
            });
            key.entered().await;
            self.key = Some(key);
            Err("it is too early")
        }
    }

    let mut is_first = true;
    let exits = Exits::default();
    let starter = Supervisor::new(move || Starter {
        is_first: mem::replace(&mut is_first, false),
        key: None,
    })
    .on_restart(exits.keep())
    .spawn();
    assert_eq!(soon(starter.is_first()).await, Ok(false));
    assert_eq!(
        exits.texts(),
        ["panicked with \"dropped\"; 0 commands handled, 0 refused"]
    );
}

#[tokio::test(start_paused = true)]
async fn a_panic_in_what_is_dropped_is_a_failure() {
    let actor = Story::default().spawn();
    let dropped = soon(actor.client.drop_it(Box::new(PanicOnDrop))).await;
    assert_eq!(dropped, Err(CallError::Panicked));
    // A state that is whole, and cannot be dropped: two failures, each of which is reported.
    actor.story.next([Start::FailsWith(Box::new(PanicOnDrop))]);
    assert_eq!(soon(actor.client.number()).await, Ok(3));
    assert_eq!(
        actor.story.exits(),
        [
            "panicked with \"dropped\" in `drop_it`; 0 commands handled, 0 refused",
            "failed to start: it left something; 0 commands handled, 0 refused",
            "panicked with \"dropped\"; 0 commands handled, 0 refused",
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn a_state_that_cannot_be_dropped_is_told_without_a_hook_too() {
    let story = Story::of([Start::FailsWith(Box::new(PanicOnDrop))]);
    let factory = story.clone();
    let (_client, handle) = Supervisor::new(move || factory.make())
        .restarts(1, MINUTE)
        .spawn_with_handle();
    let exit = soon(handle).await;
    assert_eq!(summary(&exit), "panicked: 0 handled, 0 refused, no state");
    assert_eq!(payload(exit), Some("dropped"));
    assert_eq!(story.incarnations(), 1);
}

#[tokio::test(start_paused = true)]
async fn an_end_is_no_failure() {
    async fn check(end: impl AsyncFnOnce(Running) -> Exit<Phoenix>, reason: &str) {
        let story = Story::default();
        let actor = story.spawn();
        assert_eq!(soon(actor.client.number()).await, Ok(1));
        let exit = end(actor).await;
        assert!(summary(&exit).starts_with(reason), "{exit}");
        sleep(MINUTE).await;
        assert_eq!((story.incarnations(), story.exits().len()), (1, 0));
    }
    let cancel = async |actor: Running| {
        actor.shutdown.cancel();
        actor.exit().await
    };
    check(cancel, "cancelled: 1 handled, 0 refused, state").await;
    let shut_down = async |actor: Running| soon(actor.handle.shutdown(SECOND)).await;
    check(shut_down, "cancelled: 1 handled, 0 refused, state").await;
    let stop = async |actor: Running| {
        assert_eq!(soon(actor.client.stop()).await, Ok(1));
        actor.exit().await
    };
    check(stop, "stopped: 2 handled, 0 refused, state").await;
    let drop_client = async |actor: Running| {
        drop(actor.client);
        soon(actor.handle).await
    };
    check(drop_client, "clients dropped: 1 handled, 0 refused, state").await;
    let abort = async |actor: Running| {
        actor.handle.abort();
        actor.exit().await
    };
    check(abort, "aborted: 1 handled, 0 refused, no state").await;
    let time_out = async |actor: Running| {
        let _never = actor.call(|it| async move { it.never_end().await }).await;
        soon(actor.handle.shutdown(SECOND)).await
    };
    check(
        time_out,
        "aborted in never_end: 1 handled, 0 refused, no state",
    )
    .await;
}

#[tokio::test(start_paused = true)]
async fn the_end_of_its_streams_is_no_failure() {
    struct Reader {
        lines: Option<Feed<u32>>,
    }

    #[actor]
    impl Reader {
        #[stream(self.lines.take().unwrap())]
        fn line(&mut self, line: u32) {
            if line == 0 {
                panic::resume_unwind(Box::new("a bad line"));
            }
        }
    }

    let (sender, lines) = feed();
    let mut feeds = [feed_of([1, 0, 2]), lines].into_iter();
    let (client, handle) = Supervisor::new(move || Reader {
        lines: feeds.next(),
    })
    .spawn_with_handle();
    drop(client);
    sleep(SECOND).await;
    assert!(!handle.is_finished());
    drop(sender);
    assert_eq!(
        summary(&soon(handle).await),
        "stopped: 0 handled, 0 refused, state"
    );
}

#[tokio::test(start_paused = true)]
async fn a_failure_after_the_actor_was_told_to_stop_is_the_last_one() {
    let actor = Story::default().spawn();
    assert_eq!(
        soon(actor.client.stop_and_fail()).await,
        Err(CallError::Panicked)
    );
    let exit = soon(actor.handle).await;
    assert_eq!(
        summary(&exit),
        "panicked in stop_and_fail: 0 handled, 0 refused, no state"
    );
    assert_eq!(payload(exit), Some("after the stop"));

    let actor = Story::default().spawn();
    let (failing, key) = actor.fail_later().await;
    let queued = actor.double(1).await;
    actor.shutdown.cancel();
    key.open();
    assert_eq!(soon(failing).await.unwrap(), Err(CallError::Panicked));
    assert_eq!(soon(queued).await.unwrap(), Err(CallError::Refused));
    let story = actor.story.clone();
    let exit = actor.exit().await;
    assert_eq!(
        summary(&exit),
        "panicked in hold_and_fail: 0 handled, 1 refused, no state"
    );
    assert_eq!((story.incarnations(), story.exits().len()), (1, 0));
}

#[tokio::test(start_paused = true)]
async fn a_failure_of_an_actor_that_nobody_needs_is_the_last_one() {
    let actor = Story::default().spawn();
    let (failing, key) = actor.fail_later().await;
    drop(actor.client);
    failing.abort();
    idle().await;
    key.open();
    let exit = soon(actor.handle).await;
    assert_eq!(
        summary(&exit),
        "panicked in hold_and_fail: 0 handled, 0 refused, no state"
    );
    assert_eq!(actor.story.incarnations(), 1);
}
