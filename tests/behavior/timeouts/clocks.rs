//! The clock of a timeout: the actor's runtime has it, wherever the caller is.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};

use actor_runtime::{channel, channel_of, prepare};
use tokio::runtime::{Builder, Runtime};
use tokio::sync::oneshot;

use super::*;
use crate::support::{on_four_threads, runtime_of, watched};

/// An executor that is not tokio's.
fn block_on<T>(future: impl Future<Output = T>) -> T {
    struct Unpark(Thread);

    impl Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }

    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    let mut future = pin!(future);
    loop {
        match future.as_mut().poll(&mut Context::from_waker(&waker)) {
            Poll::Ready(output) => return output,
            Poll::Pending => thread::park(),
        }
    }
}

fn without_timer() -> Runtime {
    Builder::new_current_thread().build().unwrap()
}

/// Calls on a thread of its own, while the time of the actor's runtime moves whenever all of its tasks wait.
async fn on_a_thread<T: Send + 'static>(call: impl FnOnce() -> T + Send + 'static) -> T {
    let (done, is_done) = oneshot::channel();
    let thread = thread::spawn(move || drop(done.send(call())));
    let result = is_done.await;
    thread.join().unwrap();
    result.unwrap()
}

#[tokio::test(start_paused = true)]
async fn callers_outside_of_the_runtime_have_its_clock() {
    let (office, _key) = held_office().await;
    let timed_out = Err(CallError::TimedOut);
    let start = Instant::now();
    let client = office.client.clone();
    let blocking = on_a_thread(move || client.blocking_double(1)).await;
    assert_eq!(blocking, timed_out);
    assert_eq!(start.elapsed(), PATIENCE);
    let client = office.client.clone();
    let note = on_a_thread(move || client.blocking_note(2)).await;
    assert_eq!(note, Err(CallError::TimedOut));
    assert_eq!(start.elapsed(), 2 * PATIENCE);
    let client = office.client.clone();
    let foreign = on_a_thread(move || block_on(client.double(3))).await;
    assert_eq!(foreign, timed_out);
    assert_eq!(start.elapsed(), 3 * PATIENCE);
    let client = office.client.clone();
    let other = on_a_thread(move || without_timer().block_on(client.double(4))).await;
    assert_eq!(other, timed_out);
    assert_eq!(start.elapsed(), 4 * PATIENCE);
}

#[test]
fn a_caller_in_a_task_may_not_block() {
    on_four_threads(async {
        let office = Office::default().spawn(CancellationToken::new());
        assert_eq!(office.blocking_double(1), Err(CallError::Blocking));
    });
}

#[test]
fn callers_return_when_the_runtime_of_the_actor_ends() {
    watched(|| {
        let runtime = runtime_of(2);
        let office = runtime.block_on(async { Office::default().spawn(CancellationToken::new()) });
        let (gate, mut key) = gate();
        let calls = {
            let key = &mut key;
            let office = office.clone();
            let held = thread::spawn({
                let office = office.clone();
                move || block_on(office.hold_and_double(1, gate))
            });
            runtime.block_on(key.entered());
            let queued = thread::spawn(move || office.blocking_double(2));
            [held, queued]
        };
        while office.queued() == 0 {
            thread::yield_now();
        }
        runtime.shutdown_background();
        let [held, queued] = calls.map(|call| call.join().unwrap());
        assert_eq!(held, Err(CallError::Stopped));
        assert_eq!(queued, Err(CallError::Refused));
        let closed = Err(CallError::Closed(Why::Aborted));
        assert_eq!(office.blocking_double(3), closed);
    });
}

#[tokio::test(start_paused = true)]
async fn calls_time_out_before_the_actor_has_started() {
    let (office, prepared) = prepare::<Office>(1);
    check_times_out(office.double(1), PATIENCE).await;
    check_times_out(office.double(2), PATIENCE).await;
    let log = Log::default();
    let (client, runner) = prepared
        .builder(Office {
            log: log.clone(),
            ..Office::default()
        })
        .into_runner();
    check_times_out(client.double(3), PATIENCE).await;
    let run = spawn(runner.run());
    assert_eq!(soon(client.double(4)).await, Ok(8));
    drop((office, client));
    soon(run).await.unwrap();
    assert_eq!(log.numbers(), [1, 4]);
    let (office, _runner) = Office::default().builder().into_runner();
    check_times_out(office.double(1), PATIENCE).await;
}

#[test]
fn a_clock_that_has_stopped_is_no_panic() {
    watched(|| {
        let first = runtime_of(1);
        let (office, prepared) = first.block_on(async { prepare::<Office>(2) });
        drop(first);
        let mut call = Box::pin(office.double(1));
        assert!(poll_once(call.as_mut()).is_pending());
        assert!(poll_once(call.as_mut()).is_pending());
        let mut builder = Builder::new_current_thread();
        let second = builder.enable_time().start_paused(true).build().unwrap();
        second.block_on(async {
            let _client = prepared.builder(Office::default()).spawn();
            assert_eq!(soon(call).await, Ok(2));
            let _key = hold(&office).await;
            check_times_out(office.double(2), PATIENCE).await;
        });
    });
}

#[test]
fn without_a_runtime_the_time_is_counted_from_the_start() {
    watched(|| {
        let (office, prepared) = prepare::<Office>(1);
        let (gate, key) = gate();
        assert!(poll_once(pin!(office.hold(gate))).is_ready());
        let mut call = Box::pin(office.double(2));
        assert!(poll_once(call.as_mut()).is_pending());
        let mut builder = Builder::new_current_thread();
        let runtime = builder.enable_time().start_paused(true).build().unwrap();
        runtime.block_on(async {
            assert!(timeout(DAY, call.as_mut()).await.is_err());
            let _client = prepared.builder(Office::default()).spawn();
            check_times_out(call, PATIENCE).await;
            key.open();
        });
    });
}

#[tokio::test(start_paused = true)]
async fn a_fake_has_the_clock_of_its_runtime() {
    let (office, mut inbox) = channel::<Office>(1);
    check_times_out(office.double(1), PATIENCE).await;
    let Some(OfficeCommand::Double { number: 1, reply }) = inbox.next().await else {
        panic!("the call is the only command");
    };
    assert!(reply.is_closed());
    let (office, _inbox) = channel_of::<OfficeClient>(1);
    check_times_out(office.double(1), PATIENCE).await;
}

#[test]
fn a_fake_without_a_runtime_has_no_clock() {
    let (office, mut inbox) = channel::<Office>(1);
    let mut builder = Builder::new_current_thread();
    let runtime = builder.enable_time().start_paused(true).build().unwrap();
    runtime.block_on(async {
        let mut call = Box::pin(office.double(1));
        assert!(timeout(DAY, call.as_mut()).await.is_err());
        if let Some(OfficeCommand::Double { number, reply }) = inbox.next().await {
            reply.send(2 * number);
        }
        assert_eq!(call.await, Ok(2));
    });
}

fn panics<T>(code: impl FnOnce() -> T) -> bool {
    catch_unwind(AssertUnwindSafe(|| drop(code()))).is_err()
}

#[test]
fn without_a_timer_an_actor_with_timeouts_is_refused() {
    without_timer().block_on(async {
        assert!(panics(|| Office::default().spawn(CancellationToken::new())));
        assert!(panics(|| Office::default().builder().into_runner()));
        assert!(panics(|| channel::<Office>(1)));
        assert!(panics(|| prepare::<Office>(1)));
    });
    // Outside of a runtime nobody knows which one it will be.
    let (_client, runner) = Office::default().builder().into_runner();
    without_timer().block_on(async { assert!(panics(|| poll_once(pin!(runner.run())))) });
    let (_client, runner) = Office::default().builder().into_runner();
    assert!(panics(|| poll_once(pin!(runner.run()))));
}
