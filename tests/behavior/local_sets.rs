//! Local actors in a `LocalSet`: their handles, their tasks and their supervisors.

use std::cell::{Cell, RefCell};
use std::future::pending;
use std::panic;
use std::rc::Rc;
use std::time::Duration;

use actor_runtime::{
    Actor as _, CallError, CancellationToken, Client as _, Context, ExitReason, Reply, Supervisor,
    Why, actor,
};
use tokio::sync::oneshot;
use tokio::task::{LocalSet, yield_now};
use tokio::time::{Instant, sleep};

use crate::support::{idle, payload, soon, summary};

const SECOND: Duration = Duration::from_secs(1);

/// An actor whose tasks share its notes, which cannot leave their thread.
struct Boss {
    notes: Rc<RefCell<Vec<u32>>>,
}

#[actor(local)]
impl Boss {
    pub(crate) fn note(&mut self, number: u32) {
        self.notes.borrow_mut().push(number);
    }

    /// Spawns a task that notes the number after a second.
    #[command(ack)]
    pub(crate) fn delegate(&self, number: u32, ctx: &mut Context<Self>) {
        let notes = Rc::clone(&self.notes);
        ctx.spawn_local(async move {
            sleep(SECOND).await;
            notes.borrow_mut().push(number);
        });
    }

    /// Spawns a task that answers.
    pub(crate) fn count(&self, reply: Reply<usize>, ctx: &mut Context<Self>) {
        let notes = Rc::clone(&self.notes);
        ctx.spawn_local(async move {
            yield_now().await;
            reply.send(notes.borrow().len());
        });
    }

    /// Spawns a task that notes when it is dropped, and never ends.
    #[command(ack)]
    pub(crate) fn delegate_forever(&self, number: u32, ctx: &mut Context<Self>) {
        let note = NoteOnDrop(Rc::clone(&self.notes), number);
        ctx.spawn_local(async move {
            pending::<()>().await;
            drop(note);
        });
    }

    /// Spawns one task that may be sent, and one that may not.
    #[command(ack)]
    pub(crate) fn delegate_both(&self, ctx: &mut Context<Self>) {
        let (sender, receiver) = oneshot::channel();
        ctx.spawn(async move { sender.send(5).unwrap() });
        let notes = Rc::clone(&self.notes);
        ctx.spawn_local(async move {
            let number = receiver.await.unwrap();
            notes.borrow_mut().push(number);
        });
    }

    /// Spawns a task that is aborted at once.
    #[command(ack)]
    pub(crate) fn change_its_mind(&self, number: u32, ctx: &mut Context<Self>) {
        let note = NoteOnDrop(Rc::clone(&self.notes), number);
        ctx.spawn_local(async move {
            pending::<()>().await;
            drop(note);
        })
        .abort();
    }

    #[command(ack)]
    pub(crate) fn fail_in_a_task(&self, ctx: &mut Context<Self>) {
        ctx.spawn_local(async {
            yield_now().await;
            panic::resume_unwind(Box::new("in a task"));
        });
    }

    pub(crate) async fn never_end(&mut self) -> u32 {
        pending().await
    }
}

struct NoteOnDrop(Rc<RefCell<Vec<u32>>>, u32);

impl Drop for NoteOnDrop {
    fn drop(&mut self) {
        self.0.borrow_mut().push(self.1);
    }
}

fn boss() -> (Boss, Rc<RefCell<Vec<u32>>>) {
    let notes = Rc::default();
    let boss = Boss {
        notes: Rc::clone(&notes),
    };
    (boss, notes)
}

async fn in_a_local_set(test: impl AsyncFnOnce()) {
    LocalSet::new().run_until(test()).await;
}

#[tokio::test(start_paused = true)]
async fn the_handle_of_a_local_actor_waits_for_its_end() {
    in_a_local_set(async || {
        let (boss, notes) = boss();
        let (client, handle) = boss.builder().spawn_local_with_handle();
        soon(handle.started()).await.unwrap();
        soon(client.note(1)).await.unwrap();
        assert!(!handle.is_finished());
        let exit = soon(handle.shutdown(SECOND)).await;
        assert_eq!(summary(&exit), "cancelled: 0 handled, 1 refused, state");
        drop(exit);
        assert_eq!(Rc::strong_count(&notes), 1);
        assert!(client.is_closed());
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_local_actor_is_spawned_with_its_settings() {
    in_a_local_set(async || {
        let shutdown = CancellationToken::new();
        let (told, tell) = oneshot::channel();
        let builder = boss().0.builder().capacity(3).shutdown(shutdown.clone());
        let client = builder
            .on_exit(move |exit| told.send(summary(&exit)).unwrap())
            .spawn_local();
        assert_eq!(client.capacity(), 3);
        assert_eq!(soon(client.count()).await, Ok(0));
        shutdown.cancel();
        assert_eq!(
            soon(tell).await.unwrap(),
            "cancelled: 1 handled, 0 refused, state"
        );
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_local_actor_is_aborted() {
    in_a_local_set(async || {
        let (boss, notes) = boss();
        let (client, handle) = boss.builder().spawn_local_with_handle();
        soon(client.delegate_forever(1)).await.unwrap();
        let call = tokio::task::spawn_local({
            let client = client.clone();
            async move { client.never_end().await }
        });
        idle().await;
        handle.abort();
        let exit = soon(handle).await;
        assert_eq!(
            summary(&exit),
            "aborted in never_end: 1 handled, 0 refused, no state"
        );
        assert_eq!(soon(call).await.unwrap(), Err(CallError::Stopped));
        idle().await;
        assert_eq!(*notes.borrow(), [1]);
        assert_eq!(Rc::strong_count(&notes), 1);
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_local_set_that_is_dropped_aborts_its_actors() {
    let (client, handle) = LocalSet::new()
        .run_until(async {
            let (client, handle) = boss().0.builder().spawn_local_with_handle();
            soon(client.delegate_forever(1)).await.unwrap();
            (client, handle)
        })
        .await;
    assert!(matches!(soon(handle).await.reason, ExitReason::Aborted));
    let aborted = Err(CallError::Closed(Why::Aborted));
    assert_eq!(soon(client.note(1)).await, aborted);
}

#[tokio::test(start_paused = true)]
#[should_panic(expected = "LocalSet")]
async fn a_local_actor_needs_a_local_set() {
    boss().0.builder().spawn_local();
}

#[tokio::test(start_paused = true)]
async fn the_end_waits_for_local_tasks() {
    in_a_local_set(async || {
        let (boss, notes) = boss();
        let (client, handle) = boss.builder().spawn_local_with_handle();
        soon(client.delegate(1)).await.unwrap();
        soon(client.delegate_both()).await.unwrap();
        drop(client);
        let start = Instant::now();
        let exit = soon(handle).await;
        assert_eq!(start.elapsed(), SECOND);
        assert_eq!(
            summary(&exit),
            "clients dropped: 2 handled, 0 refused, state"
        );
        assert_eq!(*notes.borrow(), [5, 1]);
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn local_tasks_are_aborted_after_the_deadline() {
    in_a_local_set(async || {
        let (boss, notes) = boss();
        let builder = boss.builder().deadline(SECOND);
        let (client, handle) = builder.spawn_local_with_handle();
        soon(client.delegate_forever(1)).await.unwrap();
        soon(client.change_its_mind(2)).await.unwrap();
        idle().await;
        assert_eq!(*notes.borrow(), [2]);
        drop(client);
        let start = Instant::now();
        let exit = soon(handle).await;
        assert_eq!(start.elapsed(), SECOND);
        assert!(exit.state.is_some());
        idle().await;
        assert_eq!(*notes.borrow(), [2, 1]);
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_panic_of_a_local_task_is_its_actors() {
    in_a_local_set(async || {
        let (client, handle) = boss().0.builder().spawn_local_with_handle();
        soon(client.fail_in_a_task()).await.unwrap();
        let exit = soon(handle).await;
        assert_eq!(payload(exit), Some("in a task"));
        let panicked = Err(CallError::Closed(Why::Panicked));
        assert_eq!(soon(client.note(1)).await, panicked);
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_local_task_of_an_actor_elsewhere_is_a_panic_of_the_method() {
    let (client, runner) = boss().0.builder().into_runner();
    let delegate = client.delegate(1);
    let (exit, result) = soon(async { tokio::join!(runner.run(), delegate) }).await;
    assert!(result.is_err());
    assert_eq!(
        summary(&exit),
        "panicked in delegate: 0 handled, 0 refused, no state"
    );
}

#[tokio::test(start_paused = true)]
async fn a_supervised_local_actor_has_a_handle() {
    in_a_local_set(async || {
        let notes = Rc::new(RefCell::new(Vec::new()));
        let shared = Rc::clone(&notes);
        let supervisor = Supervisor::new_local(move || Boss {
            notes: Rc::clone(&shared),
        });
        let (client, handle) = supervisor.spawn_local_with_handle();
        soon(client.delegate_forever(1)).await.unwrap();
        soon(client.fail_in_a_task()).await.unwrap();
        idle().await;
        // The tasks of the first incarnation are gone before the second one is made.
        assert_eq!(soon(client.count()).await, Ok(1));
        handle.abort();
        let exit = soon(handle).await;
        assert_eq!(summary(&exit), "aborted: 1 handled, 0 refused, no state");
        assert_eq!(*notes.borrow(), [1]);
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_local_state_that_takes_time_is_made_in_the_local_set() {
    in_a_local_set(async || {
        let attempts = Rc::new(Cell::new(0));
        let counted = Rc::clone(&attempts);
        let (told, tell) = oneshot::channel();
        let client = Supervisor::try_new_local(move || {
            let attempts = Rc::clone(&counted);
            async move {
                attempts.set(attempts.get() + 1);
                idle().await;
                match attempts.get() {
                    1 => Err("no connection"),
                    _ => Ok(boss().0),
                }
            }
        })
        .on_exit(move |exit| told.send(summary(&exit)).unwrap())
        .spawn_local();
        assert_eq!(soon(client.count()).await, Ok(0));
        assert_eq!(attempts.get(), 2);
        drop(client);
        assert_eq!(
            soon(tell).await.unwrap(),
            "clients dropped: 1 handled, 0 refused, state"
        );
    })
    .await;
}
