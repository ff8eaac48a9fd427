//! The counter by rsactor: a message type per method.

use std::hint::black_box;

use benches::contender::Contender;
use rsactor::{Actor, ActorRef, message_handlers, spawn_with_mailbox_capacity};
use tokio_util::sync::CancellationToken;

use crate::CAPACITY;

#[derive(Actor, Default)]
struct Counter {
    value: u64,
}

struct FetchAdd(u64);
struct Add(u64);

#[message_handlers]
#[expect(clippy::unused_async, reason = "the macro wants them so")]
impl Counter {
    #[handler]
    async fn fetch_add(&mut self, message: FetchAdd, _: &ActorRef<Self>) -> u64 {
        let before = self.value;
        self.value = before.wrapping_add(message.0);
        before
    }

    #[handler]
    async fn add(&mut self, message: Add, _: &ActorRef<Self>) {
        self.value = self.value.wrapping_add(message.0);
    }
}

#[derive(Clone)]
pub struct Client(ActorRef<Counter>);

impl Contender for Client {
    async fn spawn(shutdown: CancellationToken) -> Self {
        Self::spawn_with_handle(shutdown).await.0
    }

    async fn spawn_with_handle(_: CancellationToken) -> (Self, impl Future<Output = ()> + Send) {
        let (actor, handle) = spawn_with_mailbox_capacity(Counter::default(), CAPACITY);
        (Self(actor), async { drop(handle.await) })
    }

    async fn call(&self, i: usize) {
        black_box(self.0.ask(FetchAdd(i as u64)).await.expect("it runs"));
    }

    async fn cast(&self, i: usize) {
        self.0.tell(Add(i as u64)).await.expect("it runs");
    }
}
