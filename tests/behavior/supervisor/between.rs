//! Panics between two incarnations: in the factory, in a `#[watch]` method, and in `on_restart`.

use std::mem;
use std::panic::{self, AssertUnwindSafe, catch_unwind};

use actor_runtime::{ActorHandle, CallError, CancellationToken, Supervisor};
use tokio::runtime;

use super::{Phoenix, PhoenixClient, Start, Story};
use crate::support::{idle, payload, soon, summary};

#[tokio::test(start_paused = true)]
async fn a_panic_of_the_factory_is_a_failure() {
    let actor = Story::default().spawn();
    assert_eq!(soon(actor.handle.started()).await, Ok(()));
    let failures = [Start::IsNotMade, Start::IsNotSeen, Start::IsNotMade];
    actor.story.next(failures);
    actor.fail().await;
    assert_eq!(soon(actor.client.number()).await, Ok(5));
    assert_eq!(
        actor.story.exits(),
        [
            "panicked with \"in a method\" in `fail`; 0 commands handled, 0 refused",
            "panicked with \"in the factory\"; 0 commands handled, 0 refused",
            "panicked with \"in a watch method\"; 0 commands handled, 0 refused",
            "panicked with \"in the factory\"; 0 commands handled, 0 refused",
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn a_panic_of_the_first_factory_is_the_callers() {
    for start in [Start::IsNotMade, Start::IsNotSeen] {
        let story = Story::of([start]);
        let supervisor = story.supervisor();
        let spawned = catch_unwind(AssertUnwindSafe(|| supervisor.spawn()));
        assert!(spawned.is_err());
        assert_eq!(story.exits(), [""; 0]);
    }
    let tasks = runtime::Handle::current().metrics().num_alive_tasks();
    assert_eq!(tasks, 0);
}

#[tokio::test(start_paused = true)]
async fn a_panic_of_the_hook_of_restarts_is_a_failure() {
    let story = Story::default();
    let (factory, mut keep, mut is_first) = (story.clone(), story.exits.keep(), true);
    let (client, handle) = Supervisor::new(move || factory.make())
        .on_restart(move |exit| {
            keep(exit);
            if mem::replace(&mut is_first, false) {
                panic::resume_unwind(Box::new("in the hook"));
            }
        })
        .spawn_with_handle();
    assert_eq!(soon(client.fail()).await, Err(CallError::Panicked));
    assert_eq!(soon(client.number()).await, Ok(2));
    assert_eq!(
        story.exits(),
        [
            "panicked with \"in a method\" in `fail`; 0 commands handled, 0 refused",
            "panicked with \"in the hook\"; 0 commands handled, 0 refused",
        ]
    );
    drop(client);
    assert_eq!(
        summary(&soon(handle).await),
        "clients dropped: 1 handled, 0 refused, state"
    );
}

#[tokio::test(start_paused = true)]
async fn a_panic_of_the_hook_of_restarts_is_not_lost_if_there_is_no_restart() {
    async fn check(end: impl FnOnce(PhoenixClient, &ActorHandle<Phoenix>, CancellationToken)) {
        let (story, shutdown) = (Story::default(), CancellationToken::new());
        let (client, handle) = Supervisor::new(move || story.make())
            .on_restart(|_| panic::resume_unwind(Box::new("in the hook")))
            .shutdown(shutdown.clone())
            .spawn_with_handle();
        assert_eq!(soon(client.fail()).await, Err(CallError::Panicked));
        idle().await;
        end(client, &handle, shutdown);
        let exit = soon(handle).await;
        assert_eq!(summary(&exit), "panicked: 0 handled, 0 refused, no state");
        assert_eq!(payload(exit), Some("in the hook"));
    }
    check(|_, _, shutdown| shutdown.cancel()).await;
    check(|_, handle, _| handle.abort()).await;
    check(|client, _, _| drop(client)).await;
}
