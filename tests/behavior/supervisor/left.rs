//! The legacy of an incarnation: the things that it leaves to the next one, and those that it takes with it.

use std::pin::pin;
use std::sync::Arc;

use actor_runtime::{CallError, CancellationToken, Client as _, Notice};
use tokio::time::sleep;

use super::{CANCELLED, MINUTE, NoteOnDrop, PhoenixClient, STOPPED, Start, Story, WITHOUT_CLIENTS};
use crate::support::{calling, gate, idle, poll_once, soon, summary};

#[tokio::test(start_paused = true)]
async fn a_failure_costs_the_command_in_progress_and_no_other() {
    let actor = Story::default().spawn();
    let (failing, key) = actor.fail_later().await;
    let mut calls = Vec::new();
    // Two calls are queued, and two wait for a place.
    for number in 1..=4 {
        calls.push(actor.double(number).await);
    }
    key.open();
    assert_eq!(soon(failing).await.unwrap(), Err(CallError::Panicked));
    idle().await;
    // The actor waits to be restarted, and its mailbox is as it was.
    assert!(!actor.client.is_closed());
    assert_eq!(actor.client.try_note(5), Err(CallError::Full));
    assert!(actor.story.log.numbers().is_empty());
    for (number, call) in (1..=4).zip(calls) {
        assert_eq!(soon(call).await.unwrap(), Ok(2 * number));
    }
    assert_eq!(actor.story.log.numbers(), [1, 2, 3, 4]);
    assert_eq!(actor.story.incarnations(), 2);
    assert_eq!(soon(actor.client.number()).await, Ok(2));
}

#[tokio::test(start_paused = true)]
async fn what_was_taken_out_of_the_mailbox_still_counts() {
    let actor = Story::default().spawn();
    let (gate, mut key) = gate();
    let (held, failing, queued) = (
        actor.call(|it| async move { it.hold(gate).await }).await,
        actor.call(|it| async move { it.fail().await }).await,
        actor.double(1).await,
    );
    key.entered().await;
    // The loop takes both queued commands, and one of them fails.
    key.open();
    assert_eq!(soon(held).await.unwrap(), Ok(1));
    assert_eq!(soon(failing).await.unwrap(), Err(CallError::Panicked));
    idle().await;
    assert_eq!(actor.client.capacity(), 1);
    assert_eq!(actor.client.try_note(2), Ok(()));
    assert_eq!(actor.client.try_note(3), Err(CallError::Full));
    assert_eq!(soon(queued).await.unwrap(), Ok(2));
    assert_eq!(soon(actor.client.number()).await, Ok(2));
    assert_eq!(actor.story.log.numbers(), [1, 2]);
}

#[tokio::test(start_paused = true)]
async fn who_waits_when_a_slot_becomes_free_has_it_during_the_wait() {
    let actor = Story::default().spawn_with(|it| it.capacity(1));
    let (held, key) = actor.hold().await;
    let failing = actor.call(|it| async move { it.fail().await }).await;
    let mut first = pin!(actor.client.note(1));
    let mut second = pin!(actor.client.note(2));
    assert!(poll_once(first.as_mut()).is_pending());
    assert!(poll_once(second.as_mut()).is_pending());
    key.open();
    assert_eq!(soon(held).await.unwrap(), Ok(1));
    assert_eq!(soon(failing).await.unwrap(), Err(CallError::Panicked));
    idle().await;
    // The slot of the failed command is promised.
    assert_eq!(actor.client.try_note(3), Err(CallError::Full));
    assert_eq!(soon(first).await, Ok(()));
    assert!(poll_once(second.as_mut()).is_pending());
    assert_eq!(actor.story.incarnations(), 1);
    assert_eq!(soon(second).await, Ok(()));
    assert_eq!(soon(actor.client.number()).await, Ok(2));
    assert_eq!(actor.story.log.numbers(), [1, 2]);
}

#[tokio::test(start_paused = true)]
async fn callers_wait_while_there_is_no_incarnation() {
    let actor = Story::default().spawn();
    actor.fail().await;
    let weak = actor.client.downgrade();
    let closed = calling(&weak.upgrade().unwrap(), |it| async move {
        it.closed().await;
    })
    .await;
    let call = actor.double(1).await;
    assert_eq!(actor.story.incarnations(), 1);
    assert_eq!(soon(call).await.unwrap(), Ok(2));
    assert!(!closed.is_finished());
    closed.abort();
    // The context of the new incarnation has the same client.
    let client = soon(actor.client.client()).await.unwrap().unwrap();
    assert!(client.same_actor(&actor.client));
    drop(client);
    actor.shutdown.cancel();
    let exit = actor.exit().await;
    assert_eq!(summary(&exit), "cancelled: 2 handled, 0 refused, state");
    assert_eq!(exit.state.unwrap().number, 2);
}

#[tokio::test(start_paused = true)]
async fn subscriptions_and_latest_values_go_on() {
    let actor = Story::default().spawn();
    let (mut events, mut sizes) = (actor.client.subscribe(), actor.client.watch_size());
    assert_eq!(soon(sizes.next()).await, Some(0));
    soon(actor.client.grow(5)).await.unwrap();
    assert_eq!(soon(sizes.next()).await, Some(5));
    actor.fail().await;
    assert_eq!(actor.client.size(), 5);
    // The size of the new state is published before it handles anything.
    assert_eq!(soon(sizes.next()).await, Some(0));
    soon(actor.client.grow(7)).await.unwrap();
    assert_eq!(soon(sizes.next()).await, Some(7));
    assert_eq!(soon(events.next()).await, Some(Notice::Event(5)));
    assert_eq!(soon(events.next()).await, Some(Notice::Event(7)));
    drop(actor.client);
    assert_eq!(soon(events.next()).await, None);
    assert_eq!(soon(sizes.next()).await, None);
}

#[tokio::test(start_paused = true)]
async fn its_tasks_have_ended_before_the_next_one_is_made() {
    let actor = Story::default().spawn();
    let log = actor.story.log.clone();
    for number in [1, 2] {
        let it = Box::new(NoteOnDrop(log.clone(), number));
        soon(actor.client.work(it)).await.unwrap();
    }
    let (gate, mut key) = gate();
    actor.story.next([Start::Waits(gate)]);
    assert_eq!(soon(actor.client.fail()).await, Err(CallError::Panicked));
    key.entered().await;
    assert_eq!(log.len(), 2);
    key.open();
    assert_eq!(soon(actor.client.number()).await, Ok(2));
}

#[tokio::test(start_paused = true)]
async fn its_tasks_are_waited_for_when_it_ends() {
    async fn check(end: impl AsyncFnOnce(PhoenixClient, CancellationToken), reason: u32) {
        let actor = Story::default().spawn();
        actor.fail().await;
        let it = Box::new(NoteOnDrop(actor.story.log.clone(), 1));
        soon(actor.client.work(it)).await.unwrap();
        end(actor.client, actor.shutdown).await;
        sleep(MINUTE).await;
        assert!(!actor.handle.is_finished());
        assert_eq!(actor.story.log.numbers(), [reason]);
    }
    check(async |_, shutdown| shutdown.cancel(), CANCELLED).await;
    check(async |_, _| {}, WITHOUT_CLIENTS).await;
    let stop = async |client: PhoenixClient, _| assert_eq!(client.stop().await, Ok(2));
    check(stop, STOPPED).await;
}

#[tokio::test(start_paused = true)]
async fn its_tasks_are_waited_for_when_it_fails_at_the_end() {
    let actor = Story::default().spawn();
    let it = Box::new(NoteOnDrop(actor.story.log.clone(), 1));
    soon(actor.client.work(it)).await.unwrap();
    assert_eq!(
        soon(actor.client.stop_and_fail()).await,
        Err(CallError::Panicked)
    );
    sleep(MINUTE).await;
    assert!(!actor.handle.is_finished());
    assert!(actor.story.log.numbers().is_empty());
}

#[tokio::test(start_paused = true)]
async fn its_token_is_cancelled_and_the_next_one_has_another() {
    let actor = Story::default().spawn();
    let first = soon(actor.client.token()).await.unwrap();
    assert!(!first.is_cancelled());
    actor.fail().await;
    assert!(first.is_cancelled());
    let second = soon(actor.client.token()).await.unwrap();
    assert!(!second.is_cancelled());
    actor.shutdown.cancel();
    assert!(second.is_cancelled());
}

#[tokio::test(start_paused = true)]
async fn its_token_is_cancelled_when_a_task_fails() {
    let actor = Story::default().spawn();
    let token = soon(actor.client.token()).await.unwrap();
    let task_key = actor.fail_in_a_task().await;
    let (hold, key) = actor.hold().await;
    task_key.open();
    soon(token.cancelled()).await;
    assert!(!hold.is_finished());
    key.open();
    assert_eq!(soon(hold).await.unwrap(), Ok(1));
}

#[tokio::test(start_paused = true)]
async fn deferred_replies_go_with_what_kept_them() {
    let actor = Story::default().spawn();
    let place = Arc::default();
    let (kept, given_away, delegated) = (
        actor.call(|it| async move { it.keep().await }).await,
        calling(&actor.client, {
            let place = Arc::clone(&place);
            |it: PhoenixClient| async move { it.give_away(&place).await }
        })
        .await,
        actor.call(|it| async move { it.delegate().await }).await,
    );
    actor.fail().await;
    assert_eq!(soon(kept).await.unwrap(), Err(CallError::Panicked));
    assert_eq!(soon(delegated).await.unwrap(), Err(CallError::Unanswered));
    assert_eq!(soon(actor.client.number()).await, Ok(2));
    assert!(!given_away.is_finished());
    let reply = place.lock().unwrap().take().unwrap();
    reply.send(3);
    assert_eq!(soon(given_away).await.unwrap(), Ok(3));
}

#[tokio::test(start_paused = true)]
async fn deferred_replies_are_dropped_with_a_state_that_is_whole() {
    let actor = Story::default().spawn();
    let kept = actor.call(|it| async move { it.keep().await }).await;
    let key = actor.fail_in_a_task().await;
    key.open();
    idle().await;
    // The reply is dropped at the failure, before the restart.
    assert!(kept.is_finished());
    assert_eq!(soon(kept).await.unwrap(), Err(CallError::Unanswered));
    assert_eq!(actor.story.incarnations(), 1);
}
