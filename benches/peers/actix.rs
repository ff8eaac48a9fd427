//! The counter by actix, whose actors stay on one thread: the thread of a current-thread runtime, or otherwise an
//! arbiter's. `do_send` is unbounded.

use std::hint::black_box;
use std::sync::LazyLock;
use std::time::Duration;

use actix::{Actor, Addr, Arbiter, ArbiterHandle, Context, Handler, Message, System};
use benches::contender::Contender;
use benches::load::{self, Load};
use tokio::runtime::{Handle, Runtime, RuntimeFlavor};
use tokio::sync::oneshot;
use tokio::task::{JoinSet, LocalSet, spawn_local};
use tokio_util::sync::CancellationToken;

use crate::CAPACITY;

#[derive(Default)]
struct Counter {
    value: u64,
    /// The sender that is dropped with the actor.
    _running: Option<oneshot::Sender<()>>,
}

#[derive(Message)]
#[rtype(result = "u64")]
struct FetchAdd(u64);

#[derive(Message)]
#[rtype(result = "()")]
struct Add(u64);

impl Actor for Counter {
    type Context = Context<Self>;

    fn started(&mut self, context: &mut Context<Self>) {
        context.set_mailbox_capacity(CAPACITY);
    }
}

impl Handler<FetchAdd> for Counter {
    type Result = u64;

    fn handle(&mut self, message: FetchAdd, _: &mut Context<Self>) -> u64 {
        let before = self.value;
        self.value = before.wrapping_add(message.0);
        before
    }
}

impl Handler<Add> for Counter {
    type Result = ();

    fn handle(&mut self, message: Add, _: &mut Context<Self>) {
        self.value = self.value.wrapping_add(message.0);
    }
}

#[derive(Clone)]
pub struct Client(Addr<Counter>);

impl Contender for Client {
    async fn spawn(_: CancellationToken) -> Self {
        Self(start(Counter::default()))
    }

    async fn spawn_with_handle(_: CancellationToken) -> (Self, impl Future<Output = ()> + Send) {
        let (running, ended) = oneshot::channel();
        let counter = Counter {
            value: 0,
            _running: Some(running),
        };
        (Self(start(counter)), async { drop(ended.await) })
    }

    async fn call(&self, i: usize) {
        black_box(self.0.send(FetchAdd(i as u64)).await.expect("it runs"));
    }

    async fn cast(&self, i: usize) {
        self.0.do_send(Add(i as u64));
    }

    fn spawn_caller(callers: &mut JoinSet<()>, caller: impl Future<Output = ()> + Send + 'static) {
        if is_current_thread(&Handle::current()) {
            // On the thread of the actors, as actix itself does it.
            callers.spawn_local(caller);
        } else {
            callers.spawn(caller);
        }
    }
}

/// The thread of the actors if the runtime has several.
static ARBITER: LazyLock<ArbiterHandle> = LazyLock::new(|| {
    let _system = System::new();
    Arbiter::new().handle()
});

fn start(counter: Counter) -> Addr<Counter> {
    if is_current_thread(&Handle::current()) {
        counter.start()
    } else {
        Counter::start_in_arbiter(&ARBITER, |_| counter)
    }
}

fn is_current_thread(runtime: &Handle) -> bool {
    runtime.runtime_flavor() == RuntimeFlavor::CurrentThread
}

/// Runs a load in a place where the actors of a current-thread runtime can live.
pub fn run(runtime: &Runtime, load: Load, operations: u32) -> Duration {
    // Forced on this thread, since the arbiter makes a runtime.
    LazyLock::force(&ARBITER);
    if !is_current_thread(runtime.handle()) {
        return load::run::<Client>(runtime, load, operations);
    }
    let carried = async { spawn_local(load::carry::<Client>(load, operations)).await };
    let time = LocalSet::new().block_on(runtime, carried);
    time.expect("it does not panic")
}
