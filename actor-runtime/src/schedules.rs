//! Schedules of the runtime's own concurrency, explored with [shuttle](https://docs.rs/shuttle).
//!
//! Clients, the actor and whoever ends it take turns as a seeded scheduler says, and each scenario has to hold in all
//! of [`SCHEDULES`] schedules. No scenario need assert that every call returns: in a schedule in which nobody can go
//! on, shuttle reports a deadlock.
//!
//! ```sh
//! RUSTFLAGS="--cfg shuttle" cargo test --release -p actor-runtime --lib --target-dir target/shuttle schedules
//! ```
//!
//! A failed scenario prints a seed. With this seed in `SHUTTLE_RANDOM_SEED`, the first schedule is the one that failed.
//! Other seeds give other schedules. `SCHEDULES` sets the number of schedules.
//!
//! # Explored
//!
//! Other tasks may run at these points:
//!
//! - each operation on the locks and atomics of [`sync`](crate::sync);
//! - wherever a future waits;
//! - wherever a thread parks.
//!
//! # Not explored
//!
//! - Dependencies: each operation of theirs is one step. Examples are a replaced latest value, and a changed count of an
//!   `Arc`. So is a cancelled shutdown token, but the mailbox, which is its waker, is stopped in many steps.
//! - Panics: they unwind in one step, up to the place where they are caught.
//! - Weak memory: each atomic operation is sequentially consistent here. Miri and `ThreadSanitizer` check that the
//!   orderings suffice.
//! - tokio: there is no runtime, so no timer, no budget, and no task that an actor spawns.

mod clients;
mod ends;
mod lanes;
mod lent;
mod published;
mod replies;
mod restarts;
mod rings;
mod room;
mod streams;

use std::env;
use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::Poll;

use shuttle::future::{JoinError, JoinHandle, block_on, spawn_local, yield_now};
use shuttle::rand::{Rng as _, thread_rng};
use shuttle::scheduler::RandomScheduler;
use shuttle::{Config, Runner};

use crate::{Answer, Builder, CallError, Context, Exit, Reply, SendActor, actor};

/// The number of schedules that are explored for each scenario, unless `SCHEDULES` is set.
const SCHEDULES: usize = 20_000;

/// The first seed, unless `SHUTTLE_RANDOM_SEED` is set.
const SEED: u64 = 0x5eed;

/// Runs `scenario` in as many schedules as `SCHEDULES` says.
fn explore<F: Future>(scenario: impl Fn() -> F + Send + Sync + 'static) {
    let count = match env::var("SCHEDULES") {
        Ok(count) => count.parse().expect("`SCHEDULES` is a number"),
        Err(_) => SCHEDULES,
    };
    let mut config = Config::new();
    // It warns that atomic operations are sequentially consistent.
    config.silence_warnings = true;
    // Without optimization the frames are large.
    config.stack_size = 0x4_0000;
    let scheduler = RandomScheduler::new_from_seed(SEED, count);
    Runner::new(scheduler, config).run(move || {
        block_on(scenario());
    });
}

/// Lets others run, for a while that differs between schedules.
async fn a_while() {
    for _ in 0..thread_rng().gen_range(0..10) {
        yield_now().await;
    }
}

/// Waits for `future`, but not forever.
async fn impatiently<F: Future>(future: F) -> Option<F::Output> {
    let mut future = pin!(future);
    let mut patience = thread_rng().gen_range(0..10);
    std::future::poll_fn(move |cx| match future.as_mut().poll(cx) {
        Poll::Ready(output) => Poll::Ready(Some(output)),
        Poll::Pending if patience == 0 => Poll::Ready(None),
        Poll::Pending => {
            patience -= 1;
            cx.waker().wake_by_ref();
            Poll::Pending
        }
    })
    .await
}

/// The record of an actor's work, in order. It is for the scenario, and not part of what is explored.
#[derive(Clone, Debug, Default)]
struct Ledger(Arc<Mutex<Vec<Entry>>>);

#[derive(Clone, Copy, Debug, PartialEq)]
enum Entry {
    Begun(usize),
    Finished(usize),
}

use Entry::{Begun, Finished};

impl Ledger {
    fn enter(&self, entry: Entry) {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(entry);
    }

    fn entries(&self) -> Vec<Entry> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    fn has(&self, entry: Entry) -> bool {
        self.entries().contains(&entry)
    }

    /// Returns the commands in the order in which they were begun.
    fn begun(&self) -> Vec<usize> {
        let entries = self.entries().into_iter();
        let begun = entries.filter_map(|entry| match entry {
            Begun(id) => Some(id),
            Finished(_) => None,
        });
        begun.collect()
    }

    /// Returns true if a caller was told the truth. The scenario asks when all is over.
    fn confirms(&self, told: &Told) -> bool {
        let was_begun = self.has(Begun(told.id));
        let was_finished = self.has(Finished(told.id));
        match told.result {
            Ok(Some(answer)) => answer == told.id && was_finished,
            Ok(None) => true,
            Err(CallError::Stopped | CallError::Panicked) => was_begun && !was_finished,
            Err(CallError::Closed(_) | CallError::Full | CallError::Refused) => !was_begun,
            Err(_) => false,
        }
    }
}

/// The fate of command `id`, as its caller knows it. A call has an answer, and a cast is only known to be accepted.
#[derive(Debug)]
struct Told {
    id: usize,
    result: Result<Option<usize>, CallError>,
}

impl Told {
    async fn by(id: usize, call: impl Future<Output = Result<usize, CallError>>) -> Self {
        let result = call.await.map(Some);
        Self { id, result }
    }

    async fn by_cast(id: usize, cast: impl Future<Output = Result<(), CallError>>) -> Self {
        let result = cast.await.map(|()| None);
        Self { id, result }
    }

    fn was_accepted(&self) -> bool {
        !matches!(self.result, Err(CallError::Closed(_) | CallError::Full))
    }
}

/// Returns the number of commands that were accepted.
fn accepted(all_told: &[Told]) -> u64 {
    all_told.iter().filter(|told| told.was_accepted()).count() as u64
}

/// Waits for all of `tasks`, and returns their outputs.
async fn join<T>(tasks: impl IntoIterator<Item = JoinHandle<T>>) -> Vec<T> {
    let mut joined = Vec::new();
    for task in tasks {
        joined.push(task.await.unwrap());
    }
    joined
}

/// An actor that lets others run in the middle of each command.
struct Worker {
    ledger: Ledger,
    /// Replies that are never sent.
    kept: Vec<Reply<usize>>,
}

impl Worker {
    fn new(ledger: &Ledger) -> Self {
        Self {
            ledger: ledger.clone(),
            kept: Vec::new(),
        }
    }
}

#[actor(crate = crate)]
impl Worker {
    #[command(try, blocking)]
    pub(crate) async fn call(&mut self, id: usize) -> usize {
        self.ledger.enter(Begun(id));
        yield_now().await;
        self.ledger.enter(Finished(id));
        id
    }

    #[command(try, blocking)]
    pub(crate) async fn cast(&mut self, id: usize) {
        self.ledger.enter(Begun(id));
        yield_now().await;
        self.ledger.enter(Finished(id));
    }

    #[command(skip_cancelled)]
    pub(crate) async fn look(&mut self, id: usize) -> usize {
        self.call(id).await
    }

    pub(crate) async fn wait(&mut self, id: usize, until: Answer<()>) {
        self.ledger.enter(Begun(id));
        until.await.unwrap();
        self.ledger.enter(Finished(id));
    }

    /// Answers, and goes on.
    pub(crate) async fn answer(&mut self, id: usize, reply: Reply<usize>) {
        self.ledger.enter(Begun(id));
        yield_now().await;
        reply.send(id);
        self.ledger.enter(Finished(id));
        yield_now().await;
    }

    /// Keeps the reply, to the end and longer.
    pub(crate) async fn keep(&mut self, id: usize, reply: Reply<usize>) {
        self.ledger.enter(Begun(id));
        yield_now().await;
        self.kept.push(reply);
    }

    pub(crate) async fn stop(&mut self, id: usize, ctx: &mut Context<Self>) -> usize {
        self.ledger.enter(Begun(id));
        ctx.stop();
        yield_now().await;
        self.ledger.enter(Finished(id));
        id
    }

    pub(crate) async fn panic(&mut self, id: usize) -> usize {
        self.ledger.enter(Begun(id));
        yield_now().await;
        // Not `panic!`: in the panic hook, shuttle would report a failure.
        std::panic::resume_unwind(Box::new("on purpose"));
    }
}

/// A running actor.
struct Running<A> {
    task: JoinHandle<Exit<A>>,
    cut_off: Arc<Mutex<Option<Exit<A>>>>,
}

fn start<A: SendActor>(builder: Builder<A>) -> (A::Client, Running<A>) {
    let cut_off = Arc::new(Mutex::new(None));
    let exit = Arc::clone(&cut_off);
    let builder = builder.on_exit(move |cut_off| *exit.lock().unwrap() = Some(cut_off));
    let (client, runner) = builder.into_runner();
    let task = spawn_local(runner.run());
    (client, Running { task, cut_off })
}

impl<A> Running<A> {
    /// Waits for the exit of the actor, even if its task was aborted.
    async fn exit(self) -> Exit<A> {
        match self.task.await {
            Ok(exit) => exit,
            Err(JoinError::Cancelled) => self.cut_off.lock().unwrap().take().unwrap(),
        }
    }
}
