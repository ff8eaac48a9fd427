//! Random actors that wait for each other: everybody comes back, and no call is refused unless there is a ring of
//! waits.
//!
//! Methods wait for one call, for several, for the first of several, and for a call that began elsewhere. They lose
//! patience, keep calls for later and hand them to tasks. The test notes who waits for whom, and on one thread it
//! knows for each refusal whether it was right.

use std::cell::Cell;
use std::collections::{HashMap, HashSet};
use std::future::poll_fn;
use std::mem;
use std::pin::Pin;
use std::sync::{Arc, Mutex, OnceLock};
use std::task::{Context, Poll};

use actor_runtime::{Actor as _, CallError, CancellationToken, Reply, ReplyStream, actor};
use tokio::task::{JoinHandle, yield_now};

use crate::support::{on_four_threads, soon, spawn};

/// The methods of a plan, one after the other.
type Plan = Vec<Step>;

/// Something that a method does.
pub(crate) enum Step {
    Pause(usize),
    /// Waits for all of them.
    All(Vec<Ask>),
    /// Waits for the first of them, and drops the others.
    First(Vec<Ask>),
    /// Waits until it was polled so often.
    Impatiently(usize, Ask),
    /// Polls the call once, and keeps it.
    Keep(Ask),
    /// Waits for a call that somebody has kept.
    AwaitKept,
    /// Lets a task wait for a call that somebody has kept.
    HandOver,
}

/// A call to the actor with a number.
pub(crate) struct Ask {
    to: usize,
    what: What,
}

pub(crate) enum What {
    /// Is answered when the plan is done.
    Run(Plan),
    /// Is answered between the two plans.
    Answer(Plan, Plan),
    /// Is answered by a task, after the method.
    Aside(Plan),
    /// Gets an item after each plan.
    List(Vec<Plan>),
    /// Waits for its place in the mailbox only.
    Note,
}

/// Numbers that look random, and that each run repeats (xorshift64).
struct Dice(u64);

impl Dice {
    fn new(seed: u64) -> Self {
        let mut dice = Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1);
        for _ in 0..4 {
            dice.roll(2);
        }
        dice
    }

    fn roll(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % sides as u64).unwrap()
    }

    /// Rolls a plan, in which each call goes to one of the `actors`.
    fn plan(&mut self, actors: Actors, depth: usize) -> Plan {
        (0..self.roll(4))
            .map(|_| self.step(actors, depth))
            .collect()
    }

    fn step(&mut self, actors: Actors, depth: usize) -> Step {
        match self.roll(10) {
            _ if depth == 0 => Step::Pause(self.roll(3)),
            0..=2 => Step::All(self.asks(actors, depth)),
            3 | 4 => Step::First(self.asks(actors, depth)),
            5 => Step::Impatiently(self.roll(4), self.ask(actors, depth)),
            6 => Step::Keep(self.ask(actors, depth)),
            // A call that one actor has kept may be awaited by another one, so this adds waits in any direction.
            7 if actors.order == Order::Any => Step::AwaitKept,
            7 | 8 => Step::HandOver,
            _ => Step::Pause(self.roll(3)),
        }
    }

    fn asks(&mut self, actors: Actors, depth: usize) -> Vec<Ask> {
        (0..=self.roll(3))
            .map(|_| self.ask(actors, depth))
            .collect()
    }

    fn ask(&mut self, actors: Actors, depth: usize) -> Ask {
        let to = actors.first + self.roll(actors.end - actors.first);
        let next = match actors.order {
            Order::Any => actors,
            // The last one calls nobody.
            Order::Upwards => Actors {
                first: (to + 1).min(actors.end - 1),
                ..actors
            },
        };
        let depth = if next.first == to && actors.order == Order::Upwards {
            0
        } else {
            depth - 1
        };
        let what = match self.roll(8) {
            0..=3 => What::Run(self.plan(next, depth)),
            4 => What::Answer(self.plan(next, depth), self.plan(next, depth)),
            5 => What::Aside(self.plan(next, depth)),
            6 => What::List((0..self.roll(4)).map(|_| self.plan(next, depth)).collect()),
            _ => What::Note,
        };
        Ask { to, what }
    }
}

/// The actors that a method may call.
#[derive(Clone, Copy)]
struct Actors {
    first: usize,
    end: usize,
    order: Order,
}

#[derive(Clone, Copy, PartialEq)]
enum Order {
    Any,
    /// Each one calls only those that come after it, so there can be no ring.
    Upwards,
}

/// A run of a method of the actor with a number.
#[derive(Clone, Copy, PartialEq)]
struct Run {
    actor: usize,
    id: u64,
}

thread_local! {
    /// The method that is being polled.
    static POLLED: Cell<Option<Run>> = const { Cell::new(None) };
}

/// A future of a method, or of a task.
struct Polled<F> {
    by: Option<Run>,
    future: Pin<Box<F>>,
}

impl<F: Future> Future for Polled<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let before = POLLED.replace(self.by);
        let polled = self.future.as_mut().poll(cx);
        POLLED.set(before);
        polled
    }
}

#[derive(Default)]
pub(crate) struct World {
    nodes: OnceLock<Vec<NodeClient>>,
    model: Mutex<Model>,
    kept: Mutex<Vec<Call>>,
    tasks: Mutex<Vec<JoinHandle<()>>>,
}

#[derive(Default)]
struct Model {
    last_id: u64,
    /// The runs that wait for a call, and the actor that is called.
    waits: HashMap<u64, (Run, usize)>,
    deadlocks: usize,
    faults: Vec<String>,
}

impl Model {
    fn new_id(&mut self) -> u64 {
        self.last_id += 1;
        self.last_id
    }

    /// Returns true if the actor `from` waits for the actor `goal`.
    fn has_way(&self, from: usize, goal: usize) -> bool {
        let mut seen = HashSet::from([from]);
        let mut found = vec![from];
        while let Some(here) = found.pop() {
            if here == goal {
                return true;
            }
            let next = self.waits.values().filter(|(run, _)| run.actor == here);
            found.extend(next.map(|&(_, to)| to).filter(|&to| seen.insert(to)));
        }
        false
    }
}

/// A call, which the model knows of.
struct Call {
    id: u64,
    to: usize,
    world: Arc<World>,
    future: Pin<Box<dyn Future<Output = Result<(), CallError>> + Send>>,
}

impl Future for Call {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let polled = self.future.as_mut().poll(cx);
        let (by, id, to) = (POLLED.get(), self.id, self.to);
        let mut model = self.world.model.lock().unwrap();
        match (polled, by) {
            (Poll::Pending, Some(run)) => {
                model.waits.insert(id, (run, to));
                return Poll::Pending;
            }
            (Poll::Pending, None) => {
                model.waits.remove(&id);
                return Poll::Pending;
            }
            (Poll::Ready(Ok(())), _) => {}
            (Poll::Ready(Err(CallError::Deadlock(cycle))), Some(run)) => {
                model.deadlocks += 1;
                model.waits.remove(&id);
                if !model.has_way(to, run.actor) {
                    model.faults.push(format!("nobody waits: {cycle}"));
                }
            }
            (Poll::Ready(Err(error)), _) => model.faults.push(error.to_string()),
        }
        Poll::Ready(())
    }
}

impl Drop for Call {
    fn drop(&mut self) {
        self.world.forget(self.id);
    }
}

impl World {
    /// Notes that nobody has to wait for the call with this number.
    fn forget(&self, call: u64) {
        self.model.lock().unwrap().waits.remove(&call);
    }

    fn call(self: &Arc<Self>, ask: Ask) -> Call {
        let id = self.model.lock().unwrap().new_id();
        let node = self.nodes.get().unwrap()[ask.to].clone();
        let world = Arc::clone(self);
        let future = async move {
            match ask.what {
                What::Run(plan) => node.run(id, plan).await,
                What::Answer(first, then) => node.answer(id, first, then).await,
                What::Aside(plan) => node.answer_aside(id, plan).await,
                What::List(plans) => {
                    let mut items = node.list(id, plans).await?;
                    while let Some(item) = items.next().await {
                        item?;
                    }
                    Ok(())
                }
                What::Note => node.note().await,
            }
        };
        Call {
            id,
            to: ask.to,
            world,
            future: Box::pin(future),
        }
    }

    fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        let future = Box::pin(task);
        let task = spawn(Polled { by: None, future });
        self.tasks.lock().unwrap().push(task);
    }

    fn last_kept(&self) -> Option<Call> {
        self.kept.lock().unwrap().pop()
    }

    /// Carries the plan out, in a method.
    async fn carry_out(self: &Arc<Self>, plan: Plan) {
        for step in plan {
            self.take(step).await;
        }
    }

    async fn take(self: &Arc<Self>, step: Step) {
        match step {
            Step::Pause(length) => {
                for _ in 0..length {
                    yield_now().await;
                }
            }
            Step::All(asks) => {
                let mut calls: Vec<_> = asks.into_iter().map(|ask| self.call(ask)).collect();
                poll_fn(|cx| {
                    calls.retain_mut(|call| Pin::new(call).poll(cx).is_pending());
                    if calls.is_empty() {
                        Poll::Ready(())
                    } else {
                        Poll::Pending
                    }
                })
                .await;
            }
            Step::First(asks) => {
                let mut calls: Vec<_> = asks.into_iter().map(|ask| self.call(ask)).collect();
                poll_fn(|cx| {
                    let is_ready = calls
                        .iter_mut()
                        .any(|call| Pin::new(call).poll(cx).is_ready());
                    if is_ready {
                        Poll::Ready(())
                    } else {
                        Poll::Pending
                    }
                })
                .await;
            }
            Step::Impatiently(mut patience, ask) => {
                let mut call = self.call(ask);
                poll_fn(|cx| {
                    if Pin::new(&mut call).poll(cx).is_ready() || patience == 0 {
                        return Poll::Ready(());
                    }
                    patience -= 1;
                    cx.waker().wake_by_ref();
                    Poll::Pending
                })
                .await;
            }
            Step::Keep(ask) => {
                let mut call = self.call(ask);
                let polled = poll_fn(|cx| Poll::Ready(Pin::new(&mut call).poll(cx))).await;
                if polled.is_pending() {
                    self.kept.lock().unwrap().push(call);
                }
            }
            Step::AwaitKept => {
                if let Some(call) = self.last_kept() {
                    call.await;
                }
            }
            Step::HandOver => {
                if let Some(call) = self.last_kept() {
                    self.spawn(call);
                }
            }
        }
    }
}

struct Node {
    number: usize,
    world: Arc<World>,
}

#[actor(capacity = 2)]
impl Node {
    #[command(ack)]
    pub(crate) async fn run(&mut self, call: u64, plan: Plan) {
        self.carry_out(async |world| world.carry_out(plan).await)
            .await;
        self.world.forget(call);
    }

    pub(crate) async fn answer(&self, call: u64, first: Plan, then: Plan, reply: Reply<()>) {
        self.carry_out(async |world| {
            world.carry_out(first).await;
            world.forget(call);
            reply.send(());
            world.carry_out(then).await;
        })
        .await;
    }

    pub(crate) async fn answer_aside(&self, call: u64, plan: Plan, reply: Reply<()>) {
        self.carry_out(async |world| world.carry_out(plan).await)
            .await;
        self.world.spawn(async move {
            yield_now().await;
            reply.send(());
        });
        self.world.forget(call);
    }

    pub(crate) async fn list(&self, call: u64, plans: Vec<Plan>, mut reply: ReplyStream<()>) {
        self.carry_out(async |world| {
            for plan in plans {
                world.carry_out(plan).await;
                world.forget(call);
                let _ = reply.send(()).await;
            }
        })
        .await;
        self.world.forget(call);
        reply.finish();
    }

    pub(crate) fn note(&self) {}

    /// Carries a plan out as a method that the model knows of.
    async fn carry_out(&self, plan: impl AsyncFnOnce(&Arc<World>)) {
        let id = self.world.model.lock().unwrap().new_id();
        let run = Run {
            actor: self.number,
            id,
        };
        Polled {
            by: Some(run),
            future: Box::pin(plan(&self.world)),
        }
        .await;
        // Calls that were kept wait for nobody until they are polled again.
        let mut model = self.world.model.lock().unwrap();
        model.waits.retain(|_, (waiting, _)| *waiting != run);
    }
}

/// Lets actors carry out random plans. Returns what the model has noted.
async fn wander(seed: u64, order: Order) -> Model {
    let mut dice = Dice::new(seed);
    let actors = Actors {
        first: 0,
        end: 2 + dice.roll(4),
        order,
    };
    let world = Arc::<World>::default();
    let token = CancellationToken::new();
    let nodes = (0..actors.end).map(|number| {
        let world = Arc::clone(&world);
        Node { number, world }.spawn(token.clone())
    });
    let _ = world.nodes.set(nodes.collect());
    for _ in 0..=dice.roll(4) {
        let first = world.call(dice.ask(actors, 4));
        world.spawn(first);
    }
    loop {
        let task = world.tasks.lock().unwrap().pop();
        match task {
            Some(task) => task.await.unwrap(),
            None => break,
        }
    }
    let kept = mem::take(&mut *world.kept.lock().unwrap());
    drop(kept);
    token.cancel();
    mem::take(&mut *world.model.lock().unwrap())
}

#[tokio::test(start_paused = true)]
async fn everybody_comes_back_and_only_rings_are_refused() {
    let mut deadlocks = 0;
    for seed in 0..3_000 {
        let model = soon(wander(seed, Order::Any)).await;
        assert!(model.faults.is_empty(), "seed {seed}: {:?}", model.faults);
        deadlocks += model.deadlocks;
    }
    println!("{deadlocks} deadlocks");
    assert!(deadlocks > 0, "nobody waited in a ring");
}

#[test]
fn everybody_comes_back_on_several_threads() {
    on_four_threads(async {
        for seed in 0..2_000 {
            wander(seed, Order::Any).await;
        }
    });
}

#[test]
fn nothing_is_refused_on_several_threads_where_there_is_no_ring() {
    on_four_threads(async {
        for seed in 0..2_000 {
            let model = wander(seed, Order::Upwards).await;
            assert_eq!(model.deadlocks, 0, "seed {seed}");
        }
    });
}
