//! The moment when a caller has its answer.

use actor_runtime::{Actor as _, CallError, CancellationToken, Reply, ReplyStream, actor};
use tokio::task::yield_now;

use crate::support::{Gate, Log, gate, payload, poll_once, soon};
use crate::wakers::{noting, poll_with};

/// A value that notes its drop.
struct Noisy {
    log: Log,
    number: u32,
}

impl Drop for Noisy {
    fn drop(&mut self) {
        self.log.push(self.number);
    }
}

struct Clerk(Log);

const ANSWERED: u32 = 100;
const DONE: u32 = 200;

#[actor]
impl Clerk {
    pub(crate) async fn work(&mut self, first: Noisy, _: Noisy, third: Noisy) -> u32 {
        let _local = noisy(&self.0, 4);
        yield_now().await;
        drop(third);
        self.0.push(DONE);
        first.number
    }

    pub(crate) fn work_at_once(&mut self, first: Noisy, _: Noisy, third: Noisy) -> u32 {
        let _local = noisy(&self.0, 4);
        drop(third);
        self.0.push(DONE);
        first.number
    }
}

fn noisy(log: &Log, number: u32) -> Noisy {
    let log = log.clone();
    Noisy { log, number }
}

/// Returns everything that happens until `call` is answered. The caller is told at that very moment.
async fn until_answered<F: Future<Output = Result<u32, CallError>>>(
    call: impl FnOnce(ClerkClient, [Noisy; 3]) -> F,
) -> Vec<u32> {
    let log = Log::default();
    let client = Clerk(log.clone()).spawn(CancellationToken::new());
    let arguments = [1, 2, 3].map(|number| noisy(&log, number));
    let mut call = Box::pin(call(client, arguments));
    assert!(poll_with(&noting(&log, ANSWERED), call.as_mut()).is_pending());
    assert!(log.numbers().is_empty());
    for _ in 0..3 {
        yield_now().await;
    }
    let numbers = log.numbers();
    assert_eq!(soon(call).await, Ok(1));
    numbers
}

#[tokio::test(start_paused = true)]
async fn row_25_what_a_method_used_is_dropped_before_its_caller_has_the_answer() {
    let plain = Log::default();
    let [first, second, third] = [1, 2, 3].map(|number| noisy(&plain, number));
    Clerk(plain.clone()).work(first, second, third).await;
    plain.push(ANSWERED);
    assert_eq!(plain.numbers(), [3, DONE, 4, 2, 1, ANSWERED]);
    let called = until_answered(|client, [first, second, third]| async move {
        client.work(first, second, third).await
    });
    assert_eq!(called.await, plain.numbers());

    let plain = Log::default();
    let [first, second, third] = [1, 2, 3].map(|number| noisy(&plain, number));
    Clerk(plain.clone()).work_at_once(first, second, third);
    plain.push(ANSWERED);
    let called = until_answered(|client, [first, second, third]| async move {
        client.work_at_once(first, second, third).await
    });
    assert_eq!(called.await, plain.numbers());
}

/// An actor that answers in every way.
struct Responder;

#[actor]
impl Responder {
    #[command(try)]
    pub(crate) fn now(&self) -> u32 {
        1
    }

    #[command(try)]
    pub(crate) fn deferred(&self, reply: Reply<u32>) {
        reply.send(2);
    }

    pub(crate) fn streamed(&self, mut reply: ReplyStream<u32>) {
        reply.try_send(3).unwrap();
        reply.finish();
    }

    pub(crate) async fn hold(&self, gate: Gate) {
        gate.pass().await;
    }

    pub(crate) fn die(&self) {
        std::panic::resume_unwind(Box::new("after the answers"))
    }
}

/// No caller looks before the actor is dead.
#[tokio::test(start_paused = true)]
async fn row_26_an_answer_that_was_sent_before_the_death_arrives() {
    let (client, handle) = Responder.spawn_with_handle(CancellationToken::new());
    let (gate, mut key) = gate();
    client.hold(gate).await.unwrap();
    key.entered().await;
    let mut streamed = client.streamed().await.unwrap();
    let mut now = Box::pin(client.now());
    let mut try_now = Box::pin(client.try_now().unwrap());
    let mut deferred = Box::pin(client.deferred());
    let mut try_deferred = Box::pin(client.try_deferred().unwrap());
    assert!(poll_once(now.as_mut()).is_pending());
    assert!(poll_once(try_now.as_mut()).is_pending());
    assert!(poll_once(deferred.as_mut()).is_pending());
    assert!(poll_once(try_deferred.as_mut()).is_pending());
    client.die().await.unwrap();
    key.open();
    assert_eq!(payload(soon(handle).await), Some("after the answers"));
    assert_eq!(soon(now).await, Ok(1));
    assert_eq!(soon(try_now).await, Ok(1));
    assert_eq!(soon(deferred).await, Ok(2));
    assert_eq!(soon(try_deferred).await, Ok(2));
    assert_eq!(soon(streamed.next()).await, Some(Ok(3)));
    assert_eq!(soon(streamed.next()).await, None);
}
