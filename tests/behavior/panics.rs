//! Panics in methods and in values that an actor drops: they end the actor, reach its handle, and never a caller.

use std::any::Any;
use std::panic::{self, AssertUnwindSafe, catch_unwind};
use std::thread;

use actor_runtime::{
    Actor as _, CallError, CancellationToken, Client as _, Exit, ExitReason, Reply, Why, actor,
    channel,
};

use crate::support::{
    PanicOnDrop, Worker, held_worker, hold, idle, payload, soon, spawn, summary, worker,
};

#[tokio::test(start_paused = true)]
async fn the_handle_gets_what_the_method_panicked_with() {
    async fn check(payload: Box<dyn Any + Send>) -> Box<dyn Any + Send> {
        let worker = worker(8);
        assert_eq!(
            soon(worker.client.panic_with(payload)).await,
            Err(CallError::Panicked)
        );
        let exit = soon(worker.handle).await;
        assert_eq!(
            summary(&exit),
            "panicked in panic_with: 0 handled, 0 refused, no state"
        );
        assert_eq!(exit.in_progress, Some("panic_with"));
        match exit.reason {
            ExitReason::Panicked(payload) => payload,
            other => panic!("ended with {other:?}"),
        }
    }
    let text = check(Box::new("text")).await;
    assert_eq!(text.downcast_ref(), Some(&"text"));
    let text = check(Box::new("owned".to_owned())).await;
    assert_eq!(text.downcast_ref(), Some(&"owned".to_owned()));
    let number = check(Box::new(7_u8)).await;
    assert_eq!(number.downcast_ref(), Some(&7_u8));
}

#[tokio::test(start_paused = true)]
async fn an_exit_that_is_dropped_unseen_panics_for_nobody() {
    let worker = worker(8);
    let payload = Box::new(PanicOnDrop);
    assert_eq!(
        soon(worker.client.panic_with(payload)).await,
        Err(CallError::Panicked)
    );
    assert_eq!(soon(worker.client.ended()).await, Why::Panicked);
    drop(worker.handle);
}

#[tokio::test(start_paused = true)]
async fn a_panic_of_a_cast_reaches_the_handle_too() {
    let worker = worker(8);
    worker.client.note(1).await.unwrap();
    worker
        .client
        .drop_it(2, Box::new(PanicOnDrop))
        .await
        .unwrap();
    soon(worker.client.closed()).await;
    assert_eq!(
        worker.client.note(3).await,
        Err(CallError::Closed(Why::Panicked))
    );
    let exit = soon(worker.handle).await;
    assert_eq!((exit.handled, exit.in_progress), (1, Some("drop_it")));
    assert_eq!(payload(exit), Some("dropped"));
    assert_eq!(worker.log.numbers(), [1, 2]);
}

/// Panics in each place where a handler can.
struct Fragile;

#[actor]
impl Fragile {
    pub(crate) fn at_once(&self) -> u8 {
        panic::resume_unwind(Box::new("at once"))
    }

    pub(crate) async fn before_it_waits(&mut self) -> u8 {
        if true {
            panic::resume_unwind(Box::new("before it waits"));
        }
        tokio::task::yield_now().await;
        0
    }

    pub(crate) async fn after_it_waited(&mut self) -> u8 {
        tokio::task::yield_now().await;
        panic::resume_unwind(Box::new("after it waited"))
    }

    /// The unwinding drops the answer.
    pub(crate) async fn with_a_local(&mut self) -> u8 {
        let _local = String::from("local");
        tokio::task::yield_now().await;
        panic::resume_unwind(Box::new("with a local"))
    }

    pub(crate) fn with_an_argument(&self, argument: PanicOnDrop) -> u8 {
        drop(argument);
        0
    }

    #[command(ack)]
    pub(crate) fn acknowledged(&self) {
        panic::resume_unwind(Box::new("acknowledged"))
    }
}

#[tokio::test(start_paused = true)]
async fn a_panic_anywhere_in_a_method_is_the_same() {
    async fn check<T: std::fmt::Debug + PartialEq>(
        call: impl AsyncFnOnce(&FragileClient) -> Result<T, CallError>,
        expected: &str,
    ) {
        let (fragile, handle) = Fragile.spawn_with_handle(CancellationToken::new());
        assert_eq!(soon(call(&fragile)).await, Err(CallError::Panicked));
        // The caller is told before the actor has ended.
        soon(fragile.closed()).await;
        let exit = soon(handle).await;
        assert!(exit.state.is_none());
        assert_eq!(payload(exit), Some(expected));
    }
    check(FragileClient::at_once, "at once").await;
    check(FragileClient::before_it_waits, "before it waits").await;
    check(FragileClient::after_it_waited, "after it waited").await;
    check(FragileClient::with_a_local, "with a local").await;
    check(FragileClient::acknowledged, "acknowledged").await;
    check(
        async |fragile| fragile.with_an_argument(PanicOnDrop).await,
        "dropped",
    )
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_panic_in_what_is_refused_is_not_lost() {
    let worker = worker(8);
    let key = hold(&worker.client).await;
    let before = spawn({
        let client = worker.client.clone();
        async move { client.double(1).await }
    });
    idle().await;
    // The second panic must not meet the first one, which would end the process.
    for number in [2, 3] {
        let argument = Box::new(PanicOnDrop);
        worker.client.drop_it(number, argument).await.unwrap();
    }
    let after = spawn({
        let client = worker.client.clone();
        async move { client.double(3).await }
    });
    idle().await;
    let shutdown = spawn(worker.handle.shutdown(std::time::Duration::from_secs(1)));
    idle().await;
    key.open();
    assert_eq!(soon(before).await.unwrap(), Err(CallError::Refused));
    assert_eq!(soon(after).await.unwrap(), Err(CallError::Refused));
    let exit: Exit<Worker> = soon(shutdown).await.unwrap();
    assert_eq!(summary(&exit), "panicked: 1 handled, 4 refused, state");
    assert_eq!(payload(exit), Some("dropped"));
    assert!(worker.log.numbers().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_panic_in_what_an_abort_refuses_is_not_lost() {
    let (worker, _key) = held_worker(8).await;
    let argument = Box::new(PanicOnDrop);
    worker.client.drop_it(1, argument).await.unwrap();
    worker.handle.abort();
    let exit = soon(worker.handle).await;
    assert_eq!(
        summary(&exit),
        "panicked in hold: 0 handled, 1 refused, no state"
    );
    assert_eq!(payload(exit), Some("dropped"));
}

#[tokio::test(start_paused = true)]
async fn a_panic_in_what_a_dropped_inbox_refuses_does_not_keep_it_from_the_others() {
    let (client, inbox) = channel::<Worker>(8);
    for number in [1, 2] {
        let argument = Box::new(PanicOnDrop);
        client.drop_it(number, argument).await.unwrap();
    }
    let after = spawn(async move { client.double(3).await });
    idle().await;
    let dropped = catch_unwind(AssertUnwindSafe(|| drop(inbox)));
    let payload = dropped.unwrap_err();
    assert_eq!(payload.downcast_ref(), Some(&"dropped"));
    assert_eq!(soon(after).await.unwrap(), Err(CallError::Refused));
}

#[tokio::test(start_paused = true)]
async fn a_panic_in_what_a_refused_send_drops_stays_with_its_owner() {
    let worker = worker(8);
    worker.handle.abort();
    let _ = soon(worker.handle).await;
    let client = worker.client;
    let send = spawn(async move { client.drop_it(1, Box::new(PanicOnDrop)).await });
    // The value is the caller's own, dropped on the caller's side, so nobody else is to be told.
    assert!(soon(send).await.unwrap_err().is_panic());
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_was_sent_before_a_panic_arrives() {
    /// Answers, and panics when it drops its argument.
    struct Hasty;

    #[actor]
    impl Hasty {
        pub(crate) fn answer(&self, replies: Vec<Reply<u8>>, _: &PanicOnDrop2) {
            for reply in replies {
                reply.send(1);
            }
        }
    }

    /// A type that can be cloned, as a borrowed argument must be.
    #[derive(Clone)]
    struct PanicOnDrop2;

    impl Drop for PanicOnDrop2 {
        fn drop(&mut self) {
            // It panics in the actor's task alone.
            if !thread::panicking() && tokio::task::try_id() != TEST.get() {
                panic::resume_unwind(Box::new("dropped"));
            }
        }
    }

    thread_local! {
        static TEST: std::cell::Cell<Option<tokio::task::Id>> = const { std::cell::Cell::new(None) };
    }
    TEST.set(tokio::task::try_id());

    let (hasty, handle) = Hasty.spawn_with_handle(CancellationToken::new());
    let (reply, answer) = Reply::new();
    hasty.answer(vec![reply], &PanicOnDrop2).await.unwrap();
    assert_eq!(soon(answer).await, Ok(1));
    assert_eq!(payload(soon(handle).await), Some("dropped"));
}

#[tokio::test(start_paused = true)]
async fn a_panic_does_not_reach_other_actors() {
    let shutdown = CancellationToken::new();
    let (fragile, _handle) = Fragile.spawn_with_handle(shutdown.clone());
    let worker = worker(8);
    assert_eq!(soon(fragile.at_once()).await, Err(CallError::Panicked));
    assert_eq!(soon(worker.client.double(1)).await, Ok(2));
    assert!(!shutdown.is_cancelled());
}

/// A method of one actor that calls another actor, which panics.
#[tokio::test(start_paused = true)]
async fn an_actor_can_call_one_that_panics() {
    struct Careful {
        fragile: FragileClient,
    }

    #[actor]
    impl Careful {
        pub(crate) async fn ask(&self) -> Result<u8, CallError> {
            self.fragile.after_it_waited().await
        }
    }

    let fragile = Fragile.spawn(CancellationToken::new());
    let careful = Careful { fragile }.spawn(CancellationToken::new());
    assert_eq!(soon(careful.ask()).await, Ok(Err(CallError::Panicked)));
    assert_eq!(
        soon(careful.ask()).await,
        Ok(Err(CallError::Closed(Why::Panicked)))
    );
}
