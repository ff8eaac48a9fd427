//! The counter by kameo: a message type per method.

use std::hint::black_box;

use benches::contender::Contender;
use kameo::Actor;
use kameo::actor::{ActorRef, Spawn};
use kameo::mailbox::bounded;
use kameo::message::{Context, Message};
use tokio_util::sync::CancellationToken;

use crate::CAPACITY;

#[derive(Actor, Default)]
struct Counter {
    value: u64,
}

struct FetchAdd(u64);
struct Add(u64);

impl Message<FetchAdd> for Counter {
    type Reply = u64;

    async fn handle(&mut self, message: FetchAdd, _: &mut Context<Self, u64>) -> u64 {
        let before = self.value;
        self.value = before.wrapping_add(message.0);
        before
    }
}

impl Message<Add> for Counter {
    type Reply = ();

    async fn handle(&mut self, message: Add, _: &mut Context<Self, ()>) {
        self.value = self.value.wrapping_add(message.0);
    }
}

#[derive(Clone)]
pub struct Client(ActorRef<Counter>);

impl Contender for Client {
    async fn spawn(_: CancellationToken) -> Self {
        Self(Counter::spawn_with_mailbox(
            Counter::default(),
            bounded(CAPACITY),
        ))
    }

    async fn spawn_with_handle(_: CancellationToken) -> (Self, impl Future<Output = ()> + Send) {
        let prepared = Counter::prepare_with_mailbox(bounded(CAPACITY));
        let client = Self(prepared.actor_ref().clone());
        let handle = prepared.spawn(Counter::default());
        (client, async { drop(handle.await) })
    }

    async fn call(&self, i: usize) {
        let answer = self.0.ask(FetchAdd(i as u64)).send().await;
        black_box(answer.expect("it runs"));
    }

    async fn cast(&self, i: usize) {
        self.0.tell(Add(i as u64)).send().await.expect("it runs");
    }
}
