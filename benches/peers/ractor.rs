//! The counter by ractor: an enum with ports for the replies. The mailbox is unbounded, and an actor ends only when
//! it is told to.

use std::hint::black_box;
use std::sync::Arc;

use benches::contender::Contender;
use ractor::rpc::CallResult;
use ractor::{Actor, ActorProcessingErr, ActorRef, RpcReplyPort};
use tokio_util::sync::CancellationToken;

struct Counter;

enum CounterMessage {
    FetchAdd(u64, RpcReplyPort<u64>),
    Add(u64),
}

impl Actor for Counter {
    type Msg = CounterMessage;
    type State = u64;
    type Arguments = ();

    async fn pre_start(
        &self,
        _: ActorRef<CounterMessage>,
        (): (),
    ) -> Result<u64, ActorProcessingErr> {
        Ok(0)
    }

    async fn handle(
        &self,
        _: ActorRef<CounterMessage>,
        message: CounterMessage,
        value: &mut u64,
    ) -> Result<(), ActorProcessingErr> {
        match message {
            CounterMessage::FetchAdd(amount, reply) => {
                let _ = reply.send(*value);
                *value = value.wrapping_add(amount);
            }
            CounterMessage::Add(amount) => *value = value.wrapping_add(amount),
        }
        Ok(())
    }
}

#[derive(Clone)]
pub struct Client {
    actor: ActorRef<CounterMessage>,
    _last: Arc<Last>,
}

/// Stops the actor with its last client.
struct Last(ActorRef<CounterMessage>);

impl Drop for Last {
    fn drop(&mut self) {
        self.0.stop(None);
    }
}

impl Contender for Client {
    async fn spawn(shutdown: CancellationToken) -> Self {
        Self::spawn_with_handle(shutdown).await.0
    }

    async fn spawn_with_handle(_: CancellationToken) -> (Self, impl Future<Output = ()> + Send) {
        let (actor, handle) = Actor::spawn(None, Counter, ()).await.expect("it starts");
        let client = Self {
            _last: Arc::new(Last(actor.clone())),
            actor,
        };
        (client, async { handle.await.expect("it does not panic") })
    }

    async fn call(&self, i: usize) {
        let message = |reply| CounterMessage::FetchAdd(i as u64, reply);
        let Ok(CallResult::Success(answer)) = self.actor.call(message, None).await else {
            panic!("it runs");
        };
        black_box(answer);
    }

    async fn cast(&self, i: usize) {
        let sent = self.actor.cast(CounterMessage::Add(i as u64));
        sent.expect("it runs");
    }
}
