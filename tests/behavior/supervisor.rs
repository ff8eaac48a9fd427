//! Supervised actors: here an actor that can fail in all ways, and in the modules the effects of its failures.

mod between;
mod ends;
mod factories;
mod failures;
mod lanes;
mod left;
mod runners;
mod waits;

use std::collections::VecDeque;
use std::future::pending;
use std::hint;
use std::panic;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use actor_runtime::{
    ActorHandle, CallError, CancellationToken, Context, Exit, Reply, StopReason, Supervisor, actor,
};
use tokio::task::JoinHandle;

use crate::support::{Gate, Key, Log, calling, gate, idle, soon};

const MILLISECOND: Duration = Duration::from_millis(1);
const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);

const CANCELLED: u32 = 1000;
const STOPPED: u32 = 1001;
const WITHOUT_CLIENTS: u32 = 1002;

/// The state that the incarnations of an actor share with their test.
#[derive(Clone, Default)]
struct Story {
    /// The number of incarnations.
    incarnations: Arc<AtomicU32>,
    /// The log of all incarnations, which also has the reasons of their ends.
    log: Log,
    /// The starts of the next incarnations, if they do not go well.
    starts: Arc<Mutex<VecDeque<Start>>>,
    exits: Exits,
}

/// The exits that were followed by a restart.
#[derive(Clone, Default)]
struct Exits(Arc<Mutex<Vec<String>>>);

impl Exits {
    /// Returns a function that keeps the exits.
    fn keep<A>(&self) -> impl FnMut(Exit<A>) + Send + 'static {
        let exits = self.0.clone();
        move |exit| {
            let mut exits = exits.lock().unwrap_or_else(PoisonError::into_inner);
            exits.push(exit.to_string());
        }
    }

    fn texts(&self) -> Vec<String> {
        self.0.lock().unwrap().clone()
    }
}

enum Start {
    Well,
    Fails,
    FailsWith(Box<dyn Send>),
    Panics,
    Waits(Gate),
    WaitsAndFails(Gate),
    /// The factory panics.
    IsNotMade,
    /// The `#[watch]` method panics.
    IsNotSeen,
}

impl Story {
    fn of(starts: impl IntoIterator<Item = Start>) -> Self {
        let story = Self::default();
        story.next(starts);
        story
    }

    fn next(&self, starts: impl IntoIterator<Item = Start>) {
        self.starts.lock().unwrap().extend(starts);
    }

    /// Takes the next start, if it happens in the place that asks.
    fn take(&self, is_asked: impl FnOnce(&Start) -> bool) -> Option<Start> {
        let mut starts = self.starts.lock().unwrap();
        if is_asked(starts.front()?) {
            return starts.pop_front();
        }
        None
    }

    fn incarnations(&self) -> u32 {
        self.incarnations.load(Ordering::Relaxed)
    }

    fn exits(&self) -> Vec<String> {
        self.exits.texts()
    }

    /// Makes a supervisor of a [`Phoenix`].
    fn supervisor(&self) -> Supervisor<Phoenix> {
        let story = self.clone();
        Supervisor::new(move || story.make()).on_restart(self.exits.keep())
    }

    fn make(&self) -> Phoenix {
        let number = 1 + self.incarnations.fetch_add(1, Ordering::Relaxed);
        if self.take(|it| matches!(it, Start::IsNotMade)).is_some() {
            panic::resume_unwind(Box::new("in the factory"));
        }
        Phoenix {
            number,
            story: self.clone(),
            size: 0,
            kept: Vec::new(),
            left: None,
        }
    }

    fn spawn(&self) -> Running {
        self.spawn_with(|supervisor| supervisor)
    }

    fn spawn_with(&self, with: impl FnOnce(Supervisor<Phoenix>) -> Supervisor<Phoenix>) -> Running {
        let shutdown = CancellationToken::new();
        let supervisor = self.supervisor().shutdown(shutdown.clone()).capacity(2);
        let (client, handle) = with(supervisor).spawn_with_handle();
        Running {
            client,
            handle,
            shutdown,
            story: self.clone(),
        }
    }
}

/// An actor that can fail in all ways.
struct Phoenix {
    /// The number of this incarnation.
    number: u32,
    story: Story,
    size: u32,
    kept: Vec<Reply<u32>>,
    left: Option<Box<dyn Send>>,
}

#[actor(event = u32)]
impl Phoenix {
    #[command(try)]
    pub(crate) fn note(&mut self, number: u32) {
        self.story.log.push(number);
    }

    /// Returns the number of the incarnation that handles this.
    #[command(try)]
    pub(crate) fn number(&self) -> u32 {
        self.number
    }

    pub(crate) fn double(&mut self, number: u32) -> u32 {
        self.story.log.push(number);
        2 * number
    }

    pub(crate) async fn hold(&mut self, gate: Gate) -> u32 {
        gate.pass().await;
        self.number
    }

    pub(crate) fn fail(&mut self) -> u32 {
        panic::resume_unwind(Box::new("in a method"))
    }

    pub(crate) async fn hold_and_fail(&mut self, gate: Gate) -> u32 {
        gate.pass().await;
        panic::resume_unwind(Box::new("behind the gate"))
    }

    pub(crate) async fn never_end(&mut self) -> u32 {
        pending().await
    }

    pub(crate) fn drop_it(&mut self, it: Box<dyn Send>) -> u32 {
        drop(it);
        self.number
    }

    /// Keeps a value, which is dropped with the state.
    #[command(ack)]
    pub(crate) fn leave(&mut self, it: Box<dyn Send>) {
        self.left = Some(it);
    }

    /// Lets others go on, and takes a moment longer.
    #[command(ack)]
    pub(crate) fn release(&self, others: &Arc<AtomicBool>, moment: u32) {
        others.store(true, Ordering::Release);
        for _ in 0..moment {
            hint::spin_loop();
        }
    }

    pub(crate) fn stop(&mut self, ctx: &mut Context<Self>) -> u32 {
        ctx.stop();
        self.number
    }

    pub(crate) fn stop_and_fail(&mut self, ctx: &mut Context<Self>) -> u32 {
        ctx.stop();
        panic::resume_unwind(Box::new("after the stop"))
    }

    /// Keeps the reply in the state, and never answers.
    pub(crate) fn keep(&mut self, reply: Reply<u32>) {
        self.kept.push(reply);
    }

    /// Gives the reply to the test, which answers.
    pub(crate) fn give_away(&mut self, place: &Arc<Mutex<Option<Reply<u32>>>>, reply: Reply<u32>) {
        *place.lock().unwrap() = Some(reply);
    }

    /// Gives the reply to a task, which never answers.
    pub(crate) fn delegate(&mut self, reply: Reply<u32>, ctx: &mut Context<Self>) {
        ctx.spawn(async move {
            pending::<()>().await;
            drop(reply);
        });
    }

    /// Spawns a task that drops `it` when it is aborted.
    #[command(ack)]
    pub(crate) fn work(&mut self, it: Box<dyn Send>, ctx: &mut Context<Self>) {
        ctx.spawn(async move {
            pending::<()>().await;
            drop(it);
        });
    }

    /// Spawns a task that blocks its thread, and cannot be aborted.
    #[command(ack)]
    pub(crate) fn block(&mut self, block: Box<dyn FnOnce() + Send>, ctx: &mut Context<Self>) {
        ctx.spawn(async move { block() });
    }

    /// Spawns a task that fails behind the gate.
    #[command(ack)]
    pub(crate) fn fail_in_a_task(&mut self, gate: Gate, ctx: &mut Context<Self>) {
        ctx.spawn(async move {
            gate.pass().await;
            panic::resume_unwind(Box::new("in a task"));
        });
    }

    pub(crate) fn token(&self, ctx: &mut Context<Self>) -> CancellationToken {
        ctx.token()
    }

    #[command(ack)]
    pub(crate) fn grow(&mut self, size: u32, ctx: &mut Context<Self>) {
        self.size = size;
        ctx.emit(size);
    }

    /// Returns the client in the context, which all incarnations have in common.
    pub(crate) fn client(&self, ctx: &mut Context<Self>) -> Option<PhoenixClient> {
        ctx.client().upgrade()
    }

    #[watch]
    pub(crate) fn size(&self) -> u32 {
        if self
            .story
            .take(|it| matches!(it, Start::IsNotSeen))
            .is_some()
        {
            panic::resume_unwind(Box::new("in a watch method"));
        }
        self.size
    }

    #[on_start]
    async fn start(&mut self) -> Result<(), &'static str> {
        match self.story.take(|_| true) {
            Some(Start::Fails) => return Err("it is too early"),
            Some(Start::FailsWith(it)) => {
                self.left = Some(it);
                return Err("it left something");
            }
            Some(Start::Panics) => panic::resume_unwind(Box::new("in the start")),
            Some(Start::Waits(gate)) => gate.pass().await,
            Some(Start::WaitsAndFails(gate)) => {
                gate.pass().await;
                return Err("it took too long");
            }
            _ => {}
        }
        Ok(())
    }

    #[on_stop]
    fn end(&mut self, reason: StopReason) {
        self.story.log.push(match reason {
            StopReason::Cancelled => CANCELLED,
            StopReason::Stopped => STOPPED,
            _ => WITHOUT_CLIENTS,
        });
    }
}

struct Running {
    client: PhoenixClient,
    handle: ActorHandle<Phoenix>,
    shutdown: CancellationToken,
    story: Story,
}

impl Running {
    /// Fails the actor, which then waits to be restarted.
    async fn fail(&self) {
        assert_eq!(soon(self.client.fail()).await, Err(CallError::Panicked));
        idle().await;
    }

    /// Makes a call on a task of its own, which waits.
    async fn call<F>(&self, call: impl FnOnce(PhoenixClient) -> F) -> JoinHandle<F::Output>
    where
        F: Future<Output: Send> + Send + 'static,
    {
        calling(&self.client, call).await
    }

    async fn double(&self, number: u32) -> JoinHandle<Result<u32, CallError>> {
        self.call(move |it| async move { it.double(number).await })
            .await
    }

    /// Begins a command that is done when the key is used.
    async fn hold(&self) -> (JoinHandle<Result<u32, CallError>>, Key) {
        let (gate, mut key) = gate();
        let call = self.call(|it| async move { it.hold(gate).await }).await;
        key.entered().await;
        (call, key)
    }

    /// Spawns a task that fails when the key is used.
    async fn fail_in_a_task(&self) -> Key {
        let (gate, mut key) = gate();
        soon(self.client.fail_in_a_task(gate)).await.unwrap();
        key.entered().await;
        key
    }

    /// Begins a command that fails when the key is used.
    async fn fail_later(&self) -> (JoinHandle<Result<u32, CallError>>, Key) {
        let (gate, mut key) = gate();
        let call = self.call(|it| async move { it.hold_and_fail(gate).await });
        let call = call.await;
        key.entered().await;
        (call, key)
    }

    async fn exit(self) -> Exit<Phoenix> {
        soon(self.handle).await
    }
}

/// Logs the number when it is dropped.
struct NoteOnDrop(Log, u32);

impl Drop for NoteOnDrop {
    fn drop(&mut self) {
        self.0.push(self.1);
    }
}

type Calls = Vec<JoinHandle<Result<u32, CallError>>>;

async fn results(calls: Calls) -> Vec<Result<u32, CallError>> {
    let mut results = Vec::new();
    for call in calls {
        results.push(soon(call).await.unwrap());
    }
    results
}
