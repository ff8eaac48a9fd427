//! The counter by xtra: a message type per method.

use std::hint::black_box;

use benches::contender::Contender;
use tokio_util::sync::CancellationToken;
use xtra::{Address, Context, Handler, Mailbox};

use crate::CAPACITY;

#[derive(Default, xtra::Actor)]
struct Counter {
    value: u64,
}

struct FetchAdd(u64);
struct Add(u64);

impl Handler<FetchAdd> for Counter {
    type Return = u64;

    async fn handle(&mut self, message: FetchAdd, _: &mut Context<Self>) -> u64 {
        let before = self.value;
        self.value = before.wrapping_add(message.0);
        before
    }
}

impl Handler<Add> for Counter {
    type Return = ();

    async fn handle(&mut self, message: Add, _: &mut Context<Self>) {
        self.value = self.value.wrapping_add(message.0);
    }
}

#[derive(Clone)]
pub struct Client(Address<Counter>);

impl Contender for Client {
    async fn spawn(_: CancellationToken) -> Self {
        let mailbox = Mailbox::bounded(CAPACITY);
        Self(xtra::spawn_tokio(Counter::default(), mailbox))
    }

    async fn spawn_with_handle(
        shutdown: CancellationToken,
    ) -> (Self, impl Future<Output = ()> + Send) {
        let client = Self::spawn(shutdown).await;
        let handle = client.0.join();
        (client, handle)
    }

    async fn call(&self, i: usize) {
        let answer = self.0.send(FetchAdd(i as u64)).await;
        black_box(answer.expect("it runs"));
    }

    async fn cast(&self, i: usize) {
        let sent = self.0.send(Add(i as u64)).detach().await;
        drop(sent.expect("it runs"));
    }
}
