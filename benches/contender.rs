//! The contenders, in the words of the loads.

use std::hint::black_box;

use actor_runtime::Actor as _;
use tokio::runtime::Handle;
use tokio::task::{JoinSet, yield_now};
use tokio_util::sync::CancellationToken;

use crate::disk::BLOCK;
use crate::{
    cache, counter, counter_in_place, disk, handwritten, handwritten_counter, handwritten_disk,
};

/// The keys of the caches.
pub const KEYS: [&str; 8] = [
    "alpha", "bravo", "charlie", "delta", "echo", "foxtrot", "golf", "hotel",
];

/// The client of an actor, written in one way or another.
pub trait Contender: Clone + Send + Sync + 'static {
    /// Starts an actor that ends with the token or with its last client.
    fn spawn(shutdown: CancellationToken) -> impl Future<Output = Self> + Send;

    /// Starts an actor, and returns a future of its end. Where the actor has no handle, the future asks the runtime.
    fn spawn_with_handle(
        shutdown: CancellationToken,
    ) -> impl Future<Output = (Self, impl Future<Output = ()> + Send)> + Send {
        async {
            let tasks = alive_tasks();
            (Self::spawn(shutdown).await, ended(tasks))
        }
    }

    /// Sends the `i`-th command, if it is a call, and waits for the answer.
    fn call(&self, i: usize) -> impl Future<Output = ()> + Send;

    /// Sends the `i`-th command, if it is a cast.
    fn cast(&self, i: usize) -> impl Future<Output = ()> + Send;

    /// Starts a task that uses actors.
    fn spawn_caller(callers: &mut JoinSet<()>, caller: impl Future<Output = ()> + Send + 'static) {
        callers.spawn(caller);
    }
}

impl Contender for handwritten::CacheClient {
    async fn spawn(shutdown: CancellationToken) -> Self {
        handwritten::Cache::default().spawn(shutdown)
    }

    async fn call(&self, i: usize) {
        black_box(self.get(key(i)).await);
    }

    async fn cast(&self, i: usize) {
        self.set(key(i).to_owned(), "value".to_owned()).await;
    }
}

impl Contender for cache::CacheClient {
    async fn spawn(shutdown: CancellationToken) -> Self {
        cache::Cache::default().spawn(shutdown)
    }

    async fn call(&self, i: usize) {
        black_box(self.get(key(i)).await);
    }

    async fn cast(&self, i: usize) {
        self.set(key(i).to_owned(), "value".to_owned()).await;
    }
}

impl Contender for handwritten_counter::CounterClient {
    async fn spawn(shutdown: CancellationToken) -> Self {
        handwritten_counter::Counter::default().spawn(shutdown).0
    }

    async fn spawn_with_handle(
        shutdown: CancellationToken,
    ) -> (Self, impl Future<Output = ()> + Send) {
        let (client, handle) = handwritten_counter::Counter::default().spawn(shutdown);
        (client, async {
            handle.await.expect("it does not panic");
        })
    }

    async fn call(&self, i: usize) {
        black_box(self.fetch_add(i as u64).await);
    }

    async fn cast(&self, i: usize) {
        self.add(i as u64).await;
    }
}

/// A client of the hand-written counter that ends only when its last client is dropped.
#[derive(Clone)]
pub struct WithoutShutdown(handwritten_counter::CounterClient);

impl Contender for WithoutShutdown {
    async fn spawn(shutdown: CancellationToken) -> Self {
        Self::spawn_with_handle(shutdown).await.0
    }

    async fn spawn_with_handle(
        _shutdown: CancellationToken,
    ) -> (Self, impl Future<Output = ()> + Send) {
        let (client, handle) = handwritten_counter::Counter::default().spawn_without_shutdown();
        (Self(client), async {
            handle.await.expect("it does not panic");
        })
    }

    async fn call(&self, i: usize) {
        self.0.call(i).await;
    }

    async fn cast(&self, i: usize) {
        self.0.cast(i).await;
    }
}

impl Contender for counter::CounterClient {
    async fn spawn(shutdown: CancellationToken) -> Self {
        counter::Counter::default().spawn(shutdown)
    }

    async fn spawn_with_handle(
        shutdown: CancellationToken,
    ) -> (Self, impl Future<Output = ()> + Send) {
        let (client, handle) = counter::Counter::default().spawn_with_handle(shutdown);
        (client, async { drop(handle.await) })
    }

    async fn call(&self, i: usize) {
        black_box(self.fetch_add(i as u64).await);
    }

    async fn cast(&self, i: usize) {
        self.add(i as u64).await;
    }
}

impl Contender for counter_in_place::CounterClient {
    async fn spawn(shutdown: CancellationToken) -> Self {
        counter_in_place::Counter::default().spawn(shutdown)
    }

    async fn spawn_with_handle(
        shutdown: CancellationToken,
    ) -> (Self, impl Future<Output = ()> + Send) {
        let (client, handle) = counter_in_place::Counter::default().spawn_with_handle(shutdown);
        (client, async { drop(handle.await) })
    }

    async fn call(&self, i: usize) {
        black_box(self.fetch_add(i as u64).await);
    }

    async fn cast(&self, i: usize) {
        self.add(i as u64).await;
    }
}

impl Contender for handwritten_disk::DiskClient {
    async fn spawn(shutdown: CancellationToken) -> Self {
        handwritten_disk::Disk(BLOCK).spawn(shutdown)
    }

    async fn call(&self, i: usize) {
        black_box(self.write(black_box([byte(i); BLOCK.len()])).await);
    }

    async fn cast(&self, i: usize) {
        self.preset(black_box([byte(i); BLOCK.len()])).await;
    }
}

impl Contender for disk::DiskClient {
    async fn spawn(shutdown: CancellationToken) -> Self {
        disk::Disk(BLOCK).spawn(shutdown)
    }

    async fn call(&self, i: usize) {
        black_box(self.write(black_box([byte(i); BLOCK.len()])).await);
    }

    async fn cast(&self, i: usize) {
        self.preset(black_box([byte(i); BLOCK.len()])).await;
    }
}

/// Returns the content of the `i`-th block.
pub fn byte(i: usize) -> u8 {
    i.to_le_bytes()[0]
}

/// Returns the key of the `i`-th command.
pub fn key(i: usize) -> &'static str {
    KEYS[i % KEYS.len()]
}

/// Returns the number of tasks that the runtime has.
pub fn alive_tasks() -> usize {
    Handle::current().metrics().num_alive_tasks()
}

/// Waits until the runtime has at most `tasks` tasks again.
pub async fn ended(tasks: usize) {
    while alive_tasks() > tasks {
        yield_now().await;
    }
}
