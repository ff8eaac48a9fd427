//! Blocking calls from threads, and their errors in async code.

use std::pin::Pin;
use std::task::{Context, Poll, Waker};
use std::thread;

use actor_runtime::{Actor as _, CallError, CancellationToken, Why, actor, channel};
use tokio::task::coop::poll_proceed;
use tokio::task::{LocalSet, block_in_place, spawn_blocking};

use crate::support::{
    Worker, WorkerClient, gate, held_worker, on_four_threads, on_one_thread, runtime_of, spawn,
    watched, worker,
};

/// Makes a call and a cast in a place where both work.
fn check_works(client: &WorkerClient) {
    assert_eq!(client.blocking_double(4), Ok(8));
    assert_eq!(client.blocking_note(1), Ok(()));
    assert_eq!(client.blocking_double(5), Ok(10));
}

/// Makes a call and a cast in a place where neither may block.
fn check_refuses(client: &WorkerClient) {
    assert_eq!(client.blocking_double(4), Err(CallError::Blocking));
    assert_eq!(client.blocking_note(1), Err(CallError::Blocking));
}

#[test]
fn threads_can_call() {
    on_four_threads(async {
        let worker = worker(8);
        let client = worker.client.clone();
        let thread = thread::spawn(move || check_works(&client));
        spawn_blocking(move || thread.join().unwrap())
            .await
            .unwrap();
        assert_eq!(worker.log.numbers(), [4, 1, 5]);
    });
}

#[test]
fn blocking_tasks_can_call() {
    on_four_threads(async {
        let worker = worker(8);
        let client = worker.client.clone();
        spawn_blocking(move || check_works(&client)).await.unwrap();
        assert_eq!(worker.log.numbers(), [4, 1, 5]);
    });
}

#[test]
fn blocking_tasks_can_call_an_actor_on_a_single_thread() {
    on_one_thread(async || {
        let worker = worker(1);
        let client = worker.client.clone();
        spawn_blocking(move || check_works(&client)).await.unwrap();
        assert_eq!(worker.log.numbers(), [4, 1, 5]);
    });
}

#[test]
fn tasks_can_call_where_they_said_that_they_block() {
    on_four_threads(async {
        let worker = worker(8);
        let client = worker.client.clone();
        let task = spawn(async move {
            block_in_place(|| check_works(&client));
            // Back in the task, blocking is an error again.
            check_refuses(&client);
        });
        task.await.unwrap();
        let client = worker.client.clone();
        block_in_place(|| check_works(&client));
        assert_eq!(worker.log.numbers(), [4, 1, 5, 4, 1, 5]);
    });
}

#[test]
fn threads_wait_for_room() {
    on_four_threads(async {
        let (worker, key) = held_worker(1).await;
        worker.client.note(1).await.unwrap();
        let client = worker.client.clone();
        let (about_to_block, blocks_soon) = tokio::sync::oneshot::channel();
        let sender = thread::spawn(move || {
            about_to_block.send(()).unwrap();
            client.blocking_note(2).unwrap();
            client.blocking_double(3)
        });
        blocks_soon.await.unwrap();
        key.open();
        let doubled = spawn_blocking(move || sender.join().unwrap())
            .await
            .unwrap();
        assert_eq!(doubled, Ok(6));
        assert_eq!(worker.log.numbers(), [1, 2, 3]);
    });
}

#[test]
fn a_task_on_a_single_thread_is_not_blocked() {
    on_one_thread(async || {
        let worker = worker(8);
        // Inside the future of `block_on` itself.
        check_refuses(&worker.client);
        let client = worker.client.clone();
        let task = spawn(async move { check_refuses(&client) });
        task.await.unwrap();
        assert_eq!(worker.client.double(1).await, Ok(2));
        assert_eq!(worker.log.numbers(), [1]);
    });
}

#[test]
fn a_task_on_several_threads_is_not_blocked() {
    on_four_threads(async {
        let worker = worker(8);
        check_refuses(&worker.client);
        let client = worker.client.clone();
        let task = spawn(async move { check_refuses(&client) });
        task.await.unwrap();
        assert_eq!(worker.client.double(1).await, Ok(2));
        assert_eq!(worker.log.numbers(), [1]);
    });
}

#[test]
fn a_local_task_is_not_blocked() {
    on_one_thread(async || {
        let worker = worker(8);
        let local = LocalSet::new();
        let client = worker.client.clone();
        let task = local.spawn_local(async move { check_refuses(&client) });
        local
            .run_until(async {
                check_refuses(&worker.client);
                task.await.unwrap();
            })
            .await;
        assert!(worker.log.numbers().is_empty());
    });
}

#[test]
fn a_handler_is_not_blocked() {
    struct Selfish {
        client: Option<SelfishClient>,
    }

    #[actor]
    impl Selfish {
        pub(crate) fn meet(&mut self, client: SelfishClient) {
            self.client = Some(client);
        }

        #[command(blocking)]
        pub(crate) fn ask_itself(&mut self) -> Result<(), CallError> {
            let client = self.client.as_ref().unwrap();
            client.blocking_ask_itself()?
        }
    }

    on_four_threads(async {
        let selfish = Selfish { client: None }.spawn(CancellationToken::new());
        selfish.meet(selfish.clone()).await.unwrap();
        assert_eq!(selfish.ask_itself().await, Ok(Err(CallError::Blocking)));
    });
}

#[test]
fn a_runtime_entered_without_a_task_is_no_obstacle() {
    watched(|| {
        let runtime = runtime_of(1);
        let worker = runtime.block_on(async { worker(8) });
        let _entered = runtime.enter();
        check_works(&worker.client);
    });
}

/// Returns the number of times that a task may still go on before tokio makes it yield.
fn budget() -> usize {
    let mut cx = Context::from_waker(Waker::noop());
    let mut units = Vec::new();
    while units.len() < 1000
        && let Poll::Ready(unit) = poll_proceed(&mut cx)
    {
        units.push(unit);
    }
    let budget = units.len();
    // Each unit gives back the budget that there was before it was taken, so the first one is dropped last.
    while let Some(unit) = units.pop() {
        drop(unit);
    }
    budget
}

#[test]
fn a_call_that_is_refused_costs_the_task_nothing() {
    on_one_thread(async || {
        let worker = worker(8);
        let before = budget();
        assert!(before < 1000, "a task has a budget");
        assert_eq!(budget(), before, "looking costs nothing");
        check_refuses(&worker.client);
        assert_eq!(budget(), before);
        // With some of the budget used up, then with all of it.
        let mut cx = Context::from_waker(Waker::noop());
        for left in (0..before).rev() {
            let Poll::Ready(unit) = poll_proceed(&mut cx) else {
                panic!("the budget is used up");
            };
            unit.made_progress();
            assert_eq!(budget(), left);
            check_refuses(&worker.client);
            assert_eq!(budget(), left);
        }
    });
}

#[test]
fn a_thread_is_told_when_the_actor_ends() {
    on_four_threads(async {
        let (started, key) = held_worker(8).await;
        let (gate, mut second_key) = gate();
        let client = started.client.clone();
        let in_flight = spawn_blocking(move || client.blocking_hold_and_double(1, gate));
        key.open();
        second_key.entered().await;
        let client = started.client.clone();
        let queued = spawn_blocking(move || client.blocking_double(2));
        while started.client.try_note(3).is_ok() {}
        started.handle.abort();
        let exit = started.handle.await;
        assert_eq!(in_flight.await.unwrap(), Err(CallError::Stopped));
        // The call may have come too late for the mailbox.
        let queued = queued.await.unwrap().unwrap_err();
        assert!(queued.never_ran(), "{queued:?}");
        assert_eq!(exit.in_progress, Some("hold_and_double"));
        let client = started.client.clone();
        let late = spawn_blocking(move || client.blocking_double(2));
        assert_eq!(late.await.unwrap(), Err(CallError::Closed(Why::Aborted)));
    });
}

#[test]
fn a_thread_that_waits_for_room_is_told_when_the_mailbox_closes() {
    watched(|| {
        let (client, inbox) = channel::<Worker>(1);
        client.try_note(1).unwrap();
        let mut waiting = Box::pin(client.note(2));
        let mut cx = Context::from_waker(Waker::noop());
        assert!(Pin::new(&mut waiting).poll(&mut cx).is_pending());
        let sender = client.clone();
        let thread = thread::spawn(move || sender.blocking_note(3));
        drop(inbox);
        assert_eq!(thread.join().unwrap(), Err(CallError::Closed(Why::Unknown)));
        let waiting = Pin::new(&mut waiting).poll(&mut cx);
        assert_eq!(waiting, Poll::Ready(Err(CallError::Closed(Why::Unknown))));
    });
}
