//! Everything that the other modules share: an actor, gates to hold it at, and ways to wait for events.

use std::fmt;
use std::panic;
use std::pin::Pin;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker, ready};
use std::thread;
use std::time::Duration;

use actor_runtime::{
    Actor as _, ActorHandle, CallError, CancellationToken, Exit, ExitReason, Stream, Why, actor,
};
use tokio::runtime;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};

/// A log of the numbers that an actor was sent, in the order in which it handled them.
#[derive(Clone, Default)]
pub(crate) struct Log(Arc<Mutex<Vec<u32>>>);

impl Log {
    pub(crate) fn push(&self, number: u32) {
        self.0.lock().unwrap().push(number);
    }

    pub(crate) fn numbers(&self) -> Vec<u32> {
        self.0.lock().unwrap().clone()
    }

    pub(crate) fn len(&self) -> usize {
        self.0.lock().unwrap().len()
    }
}

/// A gate, at which a method waits until the test lets it go on.
pub(crate) struct Gate {
    entered: oneshot::Sender<()>,
    opened: oneshot::Receiver<()>,
}

/// The other side of a [`Gate`].
pub(crate) struct Key {
    entered: oneshot::Receiver<()>,
    open: oneshot::Sender<()>,
}

pub(crate) fn gate() -> (Gate, Key) {
    let (entered, has_entered) = oneshot::channel();
    let (open, opened) = oneshot::channel();
    let key = Key {
        entered: has_entered,
        open,
    };
    (Gate { entered, opened }, key)
}

impl Gate {
    pub(crate) async fn pass(self) {
        // The test may have opened the gate without waiting for this.
        let _ = self.entered.send(());
        self.opened.await.expect("the key has been lost");
    }
}

impl Key {
    /// Waits until a method has come to the gate.
    pub(crate) async fn entered(&mut self) {
        soon(&mut self.entered).await.expect("nobody will come");
    }

    pub(crate) fn open(self) {
        // The method may have been cut off.
        let _ = self.open.send(());
    }
}

/// The usual actor of these tests.
pub(crate) struct Worker {
    pub(crate) log: Log,
}

#[actor]
impl Worker {
    /// A cast.
    #[command(try, blocking)]
    pub(crate) fn note(&mut self, number: u32) {
        self.log.push(number);
    }

    /// A call.
    #[command(try, blocking)]
    pub(crate) fn double(&mut self, number: u32) -> u32 {
        self.log.push(number);
        2 * number
    }

    /// A cast that takes as long as the test wants, and is not done before its second note.
    pub(crate) async fn hold(&mut self, gate: Gate) {
        gate.pass().await;
    }

    /// A call that takes as long as the test wants, and notes `number` when it is done.
    #[command(blocking)]
    pub(crate) async fn hold_and_double(&mut self, number: u32, gate: Gate) -> u32 {
        gate.pass().await;
        self.log.push(number);
        2 * number
    }

    /// A call that panics with `payload`.
    pub(crate) fn panic_with(&mut self, payload: Box<dyn std::any::Any + Send>) -> u32 {
        panic::resume_unwind(payload)
    }

    /// A call that panics once it has passed the gate.
    pub(crate) async fn hold_and_panic(&mut self, gate: Gate) -> u32 {
        gate.pass().await;
        panic::resume_unwind(Box::new("held"))
    }

    pub(crate) fn stop(&mut self, ctx: &mut actor_runtime::Context<Self>) -> u32 {
        ctx.stop();
        0
    }

    /// A cast that stops the actor and then takes as long as the test wants.
    pub(crate) async fn stop_and_hold(
        &mut self,
        gate: Gate,
        ctx: &mut actor_runtime::Context<Self>,
    ) {
        ctx.stop();
        gate.pass().await;
    }

    /// A call that takes as long as the test wants and then stops the actor.
    pub(crate) async fn hold_and_stop(
        &mut self,
        gate: Gate,
        ctx: &mut actor_runtime::Context<Self>,
    ) -> u32 {
        gate.pass().await;
        ctx.stop();
        0
    }

    /// A cast that drops what it was sent, after its note.
    pub(crate) fn drop_it(&mut self, number: u32, it: Box<dyn Send>) {
        self.log.push(number);
        drop(it);
    }
}

/// A worker on a task of its own, with a handle.
pub(crate) struct Started {
    pub(crate) client: WorkerClient,
    pub(crate) handle: ActorHandle<Worker>,
    pub(crate) log: Log,
}

pub(crate) fn worker(capacity: usize) -> Started {
    let log = Log::default();
    let worker = Worker { log: log.clone() };
    let (client, handle) = worker.builder().capacity(capacity).spawn_with_handle();
    Started {
        client,
        handle,
        log,
    }
}

/// A worker whose token is at hand.
pub(crate) struct Cancellable {
    pub(crate) started: Started,
    pub(crate) shutdown: CancellationToken,
}

pub(crate) fn cancellable(capacity: usize) -> Cancellable {
    let log = Log::default();
    let shutdown = CancellationToken::new();
    let (client, handle) = Worker { log: log.clone() }
        .builder()
        .capacity(capacity)
        .shutdown(shutdown.clone())
        .spawn_with_handle();
    Cancellable {
        started: Started {
            client,
            handle,
            log,
        },
        shutdown,
    }
}

/// Keeps a worker busy: commands sent from now on stay queued until the key is used.
pub(crate) async fn hold(client: &WorkerClient) -> Key {
    let (gate, mut key) = gate();
    soon(client.hold(gate)).await.unwrap();
    key.entered().await;
    key
}

/// Starts a worker that is kept busy.
pub(crate) async fn held_worker(capacity: usize) -> (Started, Key) {
    let started = worker(capacity);
    let key = hold(&started.client).await;
    (started, key)
}

/// Spawns a boxed future, so that the compiler makes a copy of the task for each output, and not for each future and
/// scheduler.
pub(crate) fn spawn<T: Send + 'static>(
    future: impl Future<Output = T> + Send + 'static,
) -> JoinHandle<T> {
    let future: Pin<Box<dyn Future<Output = T> + Send>> = Box::pin(future);
    tokio::spawn(future)
}

/// Makes a call on a task of its own, and returns once the call waits.
pub(crate) async fn calling<C, F>(client: &C, call: impl FnOnce(C) -> F) -> JoinHandle<F::Output>
where
    C: Clone,
    F: Future<Output: Send> + Send + 'static,
{
    let call = spawn(call(client.clone()));
    idle().await;
    assert!(!call.is_finished());
    call
}

/// Returns everything that an exit says, in one line.
pub(crate) fn summary<A>(exit: &Exit<A>) -> String {
    let reason = match &exit.reason {
        ExitReason::Cancelled => "cancelled",
        ExitReason::Stopped => "stopped",
        ExitReason::ClientsDropped => "clients dropped",
        ExitReason::StartFailed(_) => "failed to start",
        ExitReason::Panicked(_) => "panicked",
        ExitReason::Aborted => "aborted",
        _ => "ended otherwise",
    };
    let method = exit.in_progress.map(|method| format!(" in {method}"));
    let state = exit.state.as_ref().map_or("no state", |_| "state");
    format!(
        "{reason}{}: {} handled, {} refused, {state}",
        method.unwrap_or_default(),
        exit.handled,
        exit.refused
    )
}

/// Returns the payload of the panic, if it was text.
pub(crate) fn payload<A>(exit: Exit<A>) -> Option<&'static str> {
    match exit.reason {
        ExitReason::Panicked(payload) => payload.downcast_ref().copied(),
        _ => None,
    }
}

/// Returns the output of `future`, and fails the test if that would take forever: paused time moves when every task
/// waits.
pub(crate) async fn soon<F: Future>(future: F) -> F::Output {
    let hour = Duration::from_secs(60 * 60);
    timeout(hour, future).await.expect("waits forever")
}

/// Returns when all other tasks wait, since only then does paused time move.
pub(crate) async fn idle() {
    sleep(Duration::from_millis(1)).await;
}

/// Polls `future` once, with a waker that wakes nobody.
pub(crate) fn poll_once<F: Future + ?Sized>(future: Pin<&mut F>) -> Poll<F::Output> {
    future.poll(&mut Context::from_waker(Waker::noop()))
}

/// Runs `test` on a thread of its own, and fails if it has not ended after two minutes.
pub(crate) fn watched(test: impl FnOnce() + Send + 'static) {
    let (done, is_done) = channel();
    let thread = thread::spawn(move || {
        test();
        // The watcher no longer listens if it has given up.
        let _ = done.send(());
    });
    let waited = is_done.recv_timeout(Duration::from_secs(120));
    assert_ne!(waited, Err(RecvTimeoutError::Timeout), "hangs");
    if let Err(payload) = thread.join() {
        panic::resume_unwind(payload);
    }
}

/// Runs `test` on a runtime with four threads; see [`watched`].
pub(crate) fn on_four_threads<F: Future<Output = ()> + Send + 'static>(test: F) {
    watched(|| runtime_of(4).block_on(test));
}

/// Runs `test` on a runtime with a single thread; see [`watched`].
pub(crate) fn on_one_thread(test: impl AsyncFnOnce() + Send + 'static) {
    watched(|| {
        let mut builder = runtime::Builder::new_current_thread();
        builder.enable_time().build().unwrap().block_on(test());
    });
}

pub(crate) fn runtime_of(threads: usize) -> runtime::Runtime {
    runtime::Builder::new_multi_thread()
        .worker_threads(threads)
        .enable_time()
        .build()
        .unwrap()
}

/// The callers of one actor at the moment of its end, each on a task of its own.
pub(crate) struct Callers {
    in_flight: JoinHandle<Result<u32, CallError>>,
    queued: Vec<JoinHandle<Result<u32, CallError>>>,
    waiting: Vec<JoinHandle<Result<u32, CallError>>>,
    client: WorkerClient,
}

/// The answers that [`Callers`] got.
#[derive(Debug, PartialEq)]
pub(crate) struct Answers {
    pub(crate) in_flight: Result<u32, CallError>,
    pub(crate) queued: Vec<Result<u32, CallError>>,
    pub(crate) waiting: Vec<Result<u32, CallError>>,
    /// The result of a call that was made after the end.
    pub(crate) late: Result<u32, CallError>,
}

impl Callers {
    /// Makes these calls with `in_flight` in progress, two calls queued and two waiting. The capacity must be 2.
    pub(crate) async fn of<F>(
        client: &WorkerClient,
        in_flight: impl FnOnce(WorkerClient) -> F,
    ) -> Self
    where
        F: Future<Output = Result<u32, CallError>> + Send + 'static,
    {
        let in_flight = spawn(in_flight(client.clone()));
        idle().await;
        let mut calls = Vec::new();
        for number in 1..=4 {
            let client = client.clone();
            calls.push(spawn(async move { client.double(number).await }));
            idle().await;
        }
        let waiting = calls.split_off(2);
        Self {
            in_flight,
            queued: calls,
            waiting,
            client: client.clone(),
        }
    }

    pub(crate) async fn answers(self) -> Answers {
        let mut answers = Answers {
            in_flight: soon(self.in_flight).await.unwrap(),
            queued: Vec::new(),
            waiting: Vec::new(),
            late: Ok(0),
        };
        for call in self.queued {
            answers.queued.push(soon(call).await.unwrap());
        }
        for call in self.waiting {
            answers.waiting.push(soon(call).await.unwrap());
        }
        answers.late = soon(self.client.double(5)).await;
        answers
    }
}

/// Returns the answers to the callers of an actor that ends for this reason while it handles a command.
pub(crate) fn answers_after_end(in_flight: Result<u32, CallError>, why: Why) -> Answers {
    Answers {
        in_flight,
        queued: vec![Err(CallError::Refused); 2],
        waiting: vec![Err(CallError::Closed(why)); 2],
        late: Err(CallError::Closed(why)),
    }
}

/// A value that panics when it is dropped, unless the thread panics already.
pub(crate) struct PanicOnDrop;

impl Drop for PanicOnDrop {
    fn drop(&mut self) {
        if !thread::panicking() {
            panic::resume_unwind(Box::new("dropped"));
        }
    }
}

impl fmt::Debug for PanicOnDrop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PanicOnDrop")
    }
}

/// A stream of the values that a test sends, which ends when the sender is dropped. Polled after its end, it panics.
pub(crate) struct Feed<T>(Option<mpsc::UnboundedReceiver<T>>);

pub(crate) fn feed<T>() -> (mpsc::UnboundedSender<T>, Feed<T>) {
    let (sender, receiver) = mpsc::unbounded_channel();
    (sender, Feed(Some(receiver)))
}

/// Returns a stream of these items.
pub(crate) fn feed_of<T>(items: impl IntoIterator<Item = T>) -> Feed<T> {
    let (sender, feed) = feed();
    for item in items {
        assert!(sender.send(item).is_ok());
    }
    feed
}

impl<T> Stream for Feed<T> {
    type Item = T;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<T>> {
        let receiver = self.0.as_mut().expect("polled after its end");
        let item = ready!(receiver.poll_recv(cx));
        if item.is_none() {
            self.0 = None;
        }
        Poll::Ready(item)
    }
}

/// A stream that is always ready, and takes nothing from the budget of its task.
pub(crate) struct Always;

impl Stream for Always {
    type Item = ();

    fn poll_next(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<Option<()>> {
        Poll::Ready(Some(()))
    }
}
