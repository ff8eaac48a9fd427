//! The counter by interthread: an enum and a client, made from an `impl` block. Nothing waits for the end of an
//! actor.

use std::cell::Cell;
use std::hint::black_box;

use benches::contender::Contender;
use tokio_util::sync::CancellationToken;

struct Counter {
    /// The number, in a cell, since the client's methods have the receivers of these methods.
    value: Cell<u64>,
}

// The capacity is `CAPACITY`; the macro wants a literal.
#[interthread::actor(channel = 64, lib = "tokio")]
impl Counter {
    pub fn new() -> Self {
        Self {
            value: Cell::new(0),
        }
    }

    pub fn fetch_add(&self, amount: u64) -> u64 {
        let before = self.value.get();
        self.value.set(before.wrapping_add(amount));
        before
    }

    pub fn add(&self, amount: u64) {
        self.value.set(self.value.get().wrapping_add(amount));
    }
}

impl Contender for CounterLive {
    async fn spawn(_: CancellationToken) -> Self {
        Self::new()
    }

    async fn call(&self, i: usize) {
        black_box(self.fetch_add(i as u64).await);
    }

    async fn cast(&self, i: usize) {
        self.add(i as u64).await;
    }
}
