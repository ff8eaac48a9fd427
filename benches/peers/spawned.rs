//! The counter by spawned: a message type per method. The mailbox is unbounded, and an actor ends only when it is
//! told to.

use std::hint::black_box;
use std::sync::Arc;

use benches::contender::Contender;
use spawned_concurrency::message::Message;
use spawned_concurrency::tasks::{Actor, ActorRef, ActorStart as _, Context, Handler};
use tokio_util::sync::CancellationToken;

#[derive(Default)]
struct Counter {
    value: u64,
}

struct FetchAdd(u64);
struct Add(u64);

impl Actor for Counter {}

impl Message for FetchAdd {
    type Result = u64;
}

impl Message for Add {
    type Result = ();
}

impl Handler<FetchAdd> for Counter {
    async fn handle(&mut self, message: FetchAdd, _: &Context<Self>) -> u64 {
        let before = self.value;
        self.value = before.wrapping_add(message.0);
        before
    }
}

impl Handler<Add> for Counter {
    async fn handle(&mut self, message: Add, _: &Context<Self>) {
        self.value = self.value.wrapping_add(message.0);
    }
}

#[derive(Clone)]
pub struct Client {
    actor: ActorRef<Counter>,
    _last: Arc<Last>,
}

/// Stops the actor with its last client.
struct Last(ActorRef<Counter>);

impl Drop for Last {
    fn drop(&mut self) {
        self.0.context().stop();
    }
}

impl Contender for Client {
    async fn spawn(_: CancellationToken) -> Self {
        let actor = Counter::default().start();
        Self {
            _last: Arc::new(Last(actor.clone())),
            actor,
        }
    }

    async fn spawn_with_handle(
        shutdown: CancellationToken,
    ) -> (Self, impl Future<Output = ()> + Send) {
        let client = Self::spawn(shutdown).await;
        let actor = client.actor.clone();
        (client, async move { actor.join().await })
    }

    async fn call(&self, i: usize) {
        // `request` would also start a timer.
        let answer = self.actor.request_raw(FetchAdd(i as u64));
        black_box(answer.expect("it runs").await.expect("it runs"));
    }

    async fn cast(&self, i: usize) {
        self.actor.send(Add(i as u64)).expect("it runs");
    }
}
