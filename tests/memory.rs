//! The heap after everything has ended: empty. Callers that give up, subscribers that leave and tasks that are done
//! leave no residue, however many they are, and a bounded mailbox does not grow.
//!
//! Each test repeats a round with a thousand of them. The first rounds grow the buffers to the size that so many need
//! at once, and buffers keep their size: at most two of `capacity` commands, and three words for each sender that
//! waited at the same time. A further round frees everything that it allocates, to the byte. Large buffers are given
//! back when a burst is over.

#![allow(
    clippy::unused_self,
    reason = "a command is a method, and what it costs is what is tested"
)]

use std::cell::Cell;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{self, Waker};
use std::time::Duration;

use actor_runtime::{
    Actor, ActorHandle, Builder, CancellationToken, Client as _, Context, Monitor, Reply,
    ReplyStream, actor,
};
use allocation_counter::{AllocationInfo, measure};
use tokio::runtime::{self, Runtime};
use tokio::sync::Semaphore;
use tokio::task::{JoinSet, yield_now};
use tokio::time::{sleep, timeout};

/// The number of callers, subscribers or tasks at a time.
const CROWD: usize = 1000;
/// The time after which a caller gives up.
const PATIENCE: Duration = Duration::from_millis(10);

/// A time after which everything that ever ends has ended.
const HOUR: Duration = Duration::from_secs(60 * 60);

/// The argument of each command.
type Load = [u8; 256];
const LOAD: Load = [0; 256];

/// An actor that needs a permit for each method.
struct Worker {
    permits: Arc<Semaphore>,
    kept: Vec<Reply<Load>>,
    streams: Vec<ReplyStream<Load>>,
}

#[actor(event = Load)]
impl Worker {
    #[command(try)]
    pub(crate) async fn cast(&mut self, load: Load) {
        self.work(load).await;
    }

    #[command(try)]
    pub(crate) async fn call(&mut self, load: Load) -> Load {
        self.work(load).await
    }

    #[command(skip_cancelled)]
    pub(crate) async fn find(&mut self, load: Load) -> Load {
        self.work(load).await
    }

    #[command(priority)]
    pub(crate) async fn call_first(&mut self, load: Load) -> Load {
        self.work(load).await
    }

    /// Keeps the reply.
    pub(crate) fn defer(&mut self, _load: Load, reply: Reply<Load>) {
        self.kept.push(reply);
    }

    /// Keeps the stream, with an unread item.
    pub(crate) fn stream(&mut self, mut reply: ReplyStream<Load>) {
        // The reader may have left.
        let _ = reply.try_send(LOAD);
        self.streams.push(reply);
    }

    #[command(ack)]
    pub(crate) fn forget(&mut self) {
        self.kept.clear();
        self.streams.clear();
    }

    /// Spawns tasks that keep some values until they are done.
    #[command(ack)]
    pub(crate) fn spawn_tasks(&mut self, count: usize, ctx: &mut Context<Self>) {
        for _ in 0..count {
            let kept = (
                ctx.client().clone(),
                ctx.token(),
                Arc::clone(&self.permits),
                LOAD,
            );
            ctx.spawn(async move {
                yield_now().await;
                drop(kept);
            });
        }
    }

    /// Starts children, some of which have ended before the method is over.
    #[command(ack)]
    pub(crate) async fn start_children(&mut self, count: usize, ctx: &mut Context<Self>) {
        for number in 0..count {
            let child = ctx.start(Self::new(&self.permits).builder().capacity(1));
            if number % 2 == 0 {
                drop(child);
                yield_now().await;
            } else {
                ctx.spawn(async move { drop(child) });
            }
        }
    }

    #[command(ack)]
    pub(crate) fn announce(&mut self, ctx: &mut Context<Self>) {
        ctx.emit(LOAD);
    }

    #[watch]
    pub(crate) fn streams(&self) -> usize {
        self.streams.len()
    }
}

impl Worker {
    fn new(permits: &Arc<Semaphore>) -> Self {
        Self {
            permits: Arc::clone(permits),
            kept: Vec::new(),
            streams: Vec::new(),
        }
    }

    async fn work(&self, load: Load) -> Load {
        self.permits.acquire().await.unwrap().forget();
        load
    }
}

/// A worker, with everything that a test needs of it.
struct Subject {
    client: WorkerClient,
    handle: ActorHandle<Worker>,
    permits: Arc<Semaphore>,
}

impl Subject {
    fn new(capacity: usize) -> Self {
        let permits = Arc::new(Semaphore::new(0));
        let worker = Worker::new(&permits).builder().capacity(capacity);
        let (client, handle) = worker.spawn_with_handle();
        Self {
            client,
            handle,
            permits,
        }
    }

    /// Keeps the worker busy until it gets a permit.
    async fn hold(&self) {
        self.client.cast(LOAD).await.unwrap();
        sleep(PATIENCE).await;
    }

    /// Lets the worker handle all commands that it was sent.
    async fn let_go(&self) {
        self.permits.add_permits(10 * CROWD);
        self.client.call(LOAD).await.unwrap();
        sleep(PATIENCE).await;
        self.permits.forget_permits(usize::MAX);
    }
}

fn runtime() -> Runtime {
    let mut builder = runtime::Builder::new_current_thread();
    builder.enable_time().start_paused(true).build().unwrap()
}

/// Runs a crowd of callers that lose patience, each on its own task.
async fn give_up<F, T>(client: &WorkerClient, call: impl Fn(WorkerClient) -> F)
where
    F: Future<Output = T> + Send + 'static,
    T: Send + 'static,
{
    let mut crowd = JoinSet::new();
    for _ in 0..CROWD {
        crowd.spawn(timeout(PATIENCE, call(client.clone())));
    }
    while let Some(answer) = crowd.join_next().await {
        assert!(answer.unwrap().is_err(), "was answered in time");
    }
}

/// Asserts that neither a `round` nor ten of them leave anything. The runtime has only this thread, so the
/// measurement covers everything that happens in it.
#[track_caller]
fn check_residue(capacity: usize, round: impl AsyncFn(&Subject) + Copy) {
    let runtime = runtime();
    let subject = runtime.block_on(async { Subject::new(capacity) });
    let rounds = |count: usize| {
        measure(|| {
            runtime.block_on(async {
                for _ in 0..count {
                    timeout(HOUR, round(&subject)).await.expect("waits forever");
                }
            });
        })
    };
    // Two, since a mailbox has two buffers.
    rounds(2);
    for count in [1, 10] {
        let AllocationInfo {
            count_current,
            bytes_current,
            count_total,
            ..
        } = rounds(count);
        assert!(count_total > 0, "nothing was measured");
        let left = (count_current, bytes_current);
        assert_eq!(left, (0, 0), "allocations and bytes left of {count} rounds");
    }
    drop(subject.handle);
}

#[test]
fn callers_that_give_up_while_they_wait_for_room_leave_nothing() {
    check_residue(1, async |subject| {
        subject.hold().await;
        subject.client.cast(LOAD).await.unwrap();
        let client = &subject.client;
        give_up(client, |client| async move { client.cast(LOAD).await }).await;
        give_up(client, |client| async move { client.call(LOAD).await }).await;
        give_up(client, |client| async move { client.defer(LOAD).await }).await;
        give_up(client, |client| async move { client.stream().await }).await;
        subject.let_go().await;
    });
}

#[test]
fn callers_that_give_up_while_they_are_queued_leave_nothing() {
    check_residue(4 * CROWD, async |subject| {
        subject.hold().await;
        let client = &subject.client;
        give_up(client, |client| async move { client.call(LOAD).await }).await;
        give_up(client, |client| async move { client.find(LOAD).await }).await;
        give_up(
            client,
            |client| async move { client.call_first(LOAD).await },
        )
        .await;
        subject.let_go().await;
    });
}

#[test]
fn callers_that_give_up_while_they_are_handled_leave_nothing() {
    check_residue(1, async |subject| {
        for _ in 0..CROWD {
            let call = subject.client.call(LOAD);
            assert!(timeout(PATIENCE, call).await.is_err());
            subject.permits.add_permits(1);
        }
        subject.let_go().await;
    });
}

#[test]
fn callers_that_give_up_an_answer_that_is_deferred_leave_nothing() {
    check_residue(CROWD, async |subject| {
        let client = &subject.client;
        give_up(client, |client| async move { client.defer(LOAD).await }).await;
        client.forget().await.unwrap();
    });
}

#[test]
fn readers_that_leave_a_streamed_answer_leave_nothing() {
    check_residue(CROWD, async |subject| {
        for _ in 0..CROWD {
            let mut replies = subject.client.stream().await.unwrap();
            drop(timeout(PATIENCE, replies.next()).await);
            assert!(timeout(PATIENCE, replies.next()).await.is_err());
        }
        subject.client.forget().await.unwrap();
    });
}

#[test]
fn subscribers_that_come_and_go_leave_nothing() {
    check_residue(CROWD, async |subject| {
        let client = &subject.client;
        let subscribers: Vec<_> = (0..CROWD).map(|_| client.subscribe()).collect();
        client.announce().await.unwrap();
        for mut subscriber in subscribers {
            assert!(subscriber.next().await.is_some());
            assert!(timeout(PATIENCE, subscriber.next()).await.is_err());
        }
        for _ in 0..CROWD {
            let mut follower = client.watch_streams();
            assert_eq!(follower.next().await, Some(0));
            assert!(timeout(PATIENCE, follower.next()).await.is_err());
        }
    });
}

#[test]
fn clients_that_come_and_go_leave_nothing() {
    check_residue(CROWD, async |subject| {
        let weak: Vec<_> = (0..CROWD).map(|_| subject.client.downgrade()).collect();
        for weak in &weak {
            let client = weak.upgrade().unwrap();
            assert!(timeout(PATIENCE, client.closed()).await.is_err());
        }
    });
}

/// Tasks leave nothing, not even until the next one is spawned. Each of them is an allocation of its own.
#[test]
fn tasks_that_are_done_leave_nothing() {
    let runtime = runtime();
    let subject = runtime.block_on(async { Subject::new(1) });
    let spawn = |count: usize| {
        measure(|| {
            runtime.block_on(async {
                subject.client.spawn_tasks(count).await.unwrap();
                sleep(PATIENCE).await;
                assert_eq!(Arc::strong_count(&subject.permits), 2);
            });
        })
    };
    spawn(1);
    spawn(1);
    let tasks = spawn(CROWD);
    assert!(tasks.count_total > CROWD as u64);
    // The runtime's own queue has grown in the meantime.
    assert_eq!(tasks.count_current, 0);
    let tasks = spawn(CROWD);
    assert_eq!((tasks.count_current, tasks.bytes_current), (0, 0));
}

/// Children that have ended before their parent leave nothing with it.
#[test]
fn children_that_have_ended_leave_nothing() {
    let runtime = runtime();
    let subject = runtime.block_on(async { Subject::new(1) });
    let start = |count: usize| {
        measure(|| {
            runtime.block_on(async {
                subject.client.start_children(count).await.unwrap();
                sleep(PATIENCE).await;
                assert_eq!(Arc::strong_count(&subject.permits), 2);
            });
        })
    };
    start(CROWD);
    let children = start(CROWD);
    assert!(children.count_total > CROWD as u64);
    // The runtime's own queue may have grown.
    assert!(children.count_current <= 1);
    let children = start(100 * CROWD);
    assert_eq!((children.count_current, children.bytes_current), (0, 0));
}

/// Stops all actors by one token, while weak clients outlive each of them. The builders get `further` settings.
fn check_lives(further: impl Fn(Builder<Worker>) -> Builder<Worker>) {
    let runtime = runtime();
    let shutdown = CancellationToken::new();
    let lives = |count: usize| {
        measure(|| {
            runtime.block_on(async {
                let mut weak = Vec::new();
                for life in 0..count {
                    let permits = Arc::new(Semaphore::new(0));
                    let builder = Worker::new(&permits).builder();
                    let (client, handle) = further(builder)
                        .shutdown(shutdown.clone())
                        .spawn_with_handle();
                    client.cast(LOAD).await.unwrap();
                    weak.push(client.downgrade());
                    let queued = timeout(PATIENCE, client.call(LOAD)).await;
                    assert!(queued.is_err());
                    if life % 2 == 0 {
                        handle.abort();
                    } else {
                        permits.add_permits(2);
                        drop(client);
                    }
                    handle.await;
                }
                assert!(weak.iter().all(|weak| weak.upgrade().is_none()));
            });
        })
    };
    lives(CROWD);
    let left = lives(CROWD);
    assert_eq!((left.count_current, left.bytes_current), (0, 0));
}

#[test]
fn actors_that_have_ended_leave_nothing() {
    check_lives(|builder| builder);
}

#[test]
fn monitored_actors_that_have_ended_leave_nothing() {
    let monitor = Monitor::new();
    check_lives(|builder| builder.monitor(&monitor));
    assert!(monitor.snapshot().actors.is_empty());
}

/// Measures one poll of each future.
fn poll_each<F: Future>(futures: &mut [Pin<Box<F>>]) -> AllocationInfo {
    let mut cx = task::Context::from_waker(Waker::noop());
    measure(|| {
        for future in futures {
            assert!(future.as_mut().poll(&mut cx).is_pending());
        }
    })
}

/// Senders that wait for room keep their arguments. The mailbox has three words for each of them, and as many again
/// because its buffer doubles.
#[test]
fn senders_that_wait_do_not_make_a_mailbox_larger() {
    let runtime = runtime();
    let subject = runtime.block_on(async {
        let subject = Subject::new(8);
        subject.hold().await;
        subject
    });
    let client = &subject.client;
    let full = measure(|| {
        let casts = (0..100 * CROWD).map(|_| client.try_cast(LOAD));
        assert_eq!(casts.flatten().count(), 8);
    });
    let command = size_of::<WorkerCommand>();
    assert!(full.bytes_current.unsigned_abs() <= (8 * command) as u64);
    assert!(full.bytes_max <= (2 * 8 * command) as u64);
    let mut casts: Vec<_> = (0..10 * CROWD)
        .map(|_| Box::pin(client.cast(LOAD)))
        .collect();
    let waiting = poll_each(&mut casts);
    let words = 3 * size_of::<usize>();
    let most = 2 * (10 * CROWD * words) as u64;
    assert!(waiting.bytes_current.unsigned_abs() <= most, "{waiting:?}");
    assert_eq!(waiting.count_current, 1);
}

/// An actor that lends its state, and has children and subscribers.
#[derive(Default)]
struct Host {
    children: Vec<WorkerClient>,
}

#[actor(in_place, unbounded, event = Load)]
impl Host {
    #[command(priority, try)]
    pub(crate) fn cast_first(&mut self, _load: Load) {}

    #[command(try)]
    pub(crate) fn cast(&mut self, _load: Load) {}

    #[command(ack)]
    pub(crate) fn start_children(&mut self, count: usize, ctx: &mut Context<Self>) {
        let permits = Arc::new(Semaphore::new(0));
        for _ in 0..count {
            let child = Worker::new(&Arc::clone(&permits)).builder();
            self.children.push(ctx.start(child));
        }
    }

    /// Lets all children but one go.
    #[command(ack)]
    pub(crate) fn let_children_go(&mut self) {
        self.children.truncate(1);
        self.children.shrink_to_fit();
    }
}

/// Asserts that a burst leaves no large buffer behind.
#[track_caller]
fn check_burst(burst: impl AsyncFn(&HostClient, usize) + Copy) {
    const LARGE: u64 = 40 * 1024;
    let runtime = runtime();
    // The runtime's own queue grows, and keeps its size.
    runtime.block_on(async {
        (0..50 * CROWD).for_each(|_| drop(tokio::spawn(yield_now())));
        sleep(PATIENCE).await;
    });
    let host = runtime.block_on(async { Host::default().spawn(CancellationToken::new()) });
    let bytes_left = |count: usize| {
        let left = measure(|| {
            runtime.block_on(async {
                burst(&host, count).await;
                sleep(PATIENCE).await;
            });
        });
        assert!(count < CROWD || left.bytes_max > LARGE, "{left:?}");
        left.bytes_current
    };
    bytes_left(1);
    let left = bytes_left(20 * CROWD);
    assert!(left < LARGE.cast_signed(), "{left} bytes");
}

#[test]
fn a_burst_of_casts_leaves_no_large_buffer() {
    check_burst(async |host, count| {
        for _ in 0..count {
            host.try_cast(LOAD).unwrap();
        }
    });
    check_burst(async |host, count| {
        for _ in 0..count {
            host.try_cast_first(LOAD).unwrap();
        }
    });
}

/// Not even if one of the children goes on.
#[test]
fn a_burst_of_children_leaves_no_large_buffer() {
    check_burst(async |host, count| {
        host.start_children(count).await.unwrap();
        host.let_children_go().await.unwrap();
    });
}

/// Not even if one of the subscribers stays.
#[test]
fn a_burst_of_subscribers_leaves_no_large_buffer() {
    let first = Cell::new(None);
    check_burst(async |host, count| {
        first.set(Some(host.subscribe()));
        drop((0..count).map(|_| host.subscribe()).collect::<Vec<_>>());
    });
}
