//! The counter by actify: a trait for its handle, made from an `impl` block. Every method is answered, and nothing
//! waits for the end of an actor. The capacity is 100.

use std::hint::black_box;

use actify::{Handle, actify};
use benches::contender::Contender;
use tokio_util::sync::CancellationToken;

#[derive(Clone, Default)]
struct Counter {
    value: u64,
}

#[actify]
impl Counter {
    fn fetch_add(&mut self, amount: u64) -> u64 {
        let before = self.value;
        self.value = before.wrapping_add(amount);
        before
    }
}

#[derive(Clone)]
pub struct Client(Handle<Counter>);

impl Contender for Client {
    async fn spawn(_: CancellationToken) -> Self {
        Self(Handle::new(Counter::default()))
    }

    async fn call(&self, i: usize) {
        black_box(self.0.fetch_add(i as u64).await);
    }

    async fn cast(&self, i: usize) {
        self.call(i).await;
    }
}
