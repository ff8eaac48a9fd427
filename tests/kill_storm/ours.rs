//! The actors that `#[actor]` makes.

use std::collections::VecDeque;
use std::future::pending;
use std::mem;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::mpsc;
use std::task::{self, Poll, Waker};
use std::thread;
use std::time::{Duration, Instant};

use actor_runtime::{
    Actor, ActorHandle, CallError, CancellationToken, Context, Exit, ExitReason, Reply, SendActor,
    Supervisor, actor,
};
use tokio::runtime::{self, Runtime};

use crate::plan::{Death, Failure, Fate, Lane, Plan, Step, pass};
use crate::subject::{
    Bomb, BoxFuture, Client, Counts, Ended, How, Order, Subject, Victim, panic_quietly,
};

pub(crate) struct Ours;

impl Subject for Ours {
    const DEATHS: &'static [Death] = &Death::ALL;
    const LANES: &'static [Lane] = &Lane::ALL;

    fn start(plan: Plan) -> Victim {
        let drains = match plan.death {
            Death::TokenStops | Death::ArgumentPanics | Death::RestartedStops => false,
            Death::TokenDrains | Death::RestartedDrains => true,
            // The two do not differ for these deaths.
            _ => plan.seed.is_multiple_of(2),
        };
        match (drains, plan.lane.has_priority(), plan.is_in_place) {
            (false, false, false) => start::<Stops>(plan),
            (false, false, true) => start::<StopsInPlace>(plan),
            (false, true, false) => start::<StopsWithPriority>(plan),
            (false, true, true) => start::<StopsWithPriorityInPlace>(plan),
            (true, false, false) => start::<Drains>(plan),
            (true, false, true) => start::<DrainsInPlace>(plan),
            (true, true, false) => start::<DrainsWithPriority>(plan),
            (true, true, true) => start::<DrainsWithPriorityInPlace>(plan),
        }
    }
}

/// The state of an actor.
struct Life {
    fate: Fate,
    kept: VecDeque<(usize, Reply<usize>)>,
    _bomb: Option<Bomb>,
}

impl Life {
    fn new(fate: Fate) -> Self {
        let Plan { death, failure, .. } = fate.plan;
        let has_bomb = death == Death::StatePanics || failure == Failure::TaskAndState;
        Self {
            fate,
            kept: VecDeque::new(),
            _bomb: has_bomb.then(|| Bomb),
        }
    }

    async fn carry_out<A: SendActor>(&mut self, order: Order, ctx: &mut Context<A>) -> usize {
        self.carry_out_until(order, pending(), ctx).await
    }

    /// Carries out an order without `await`. Its waits block the thread, and none is forever.
    fn carry_out_now<A: SendActor>(&mut self, order: Order, ctx: &mut Context<A>) -> usize {
        block_on(self.carry_out_until(order, a_deadline(), ctx))
    }

    async fn carry_out_until<A: SendActor>(
        &mut self,
        mut order: Order,
        end: impl Future<Output = ()>,
        ctx: &mut Context<A>,
    ) -> usize {
        order.begin();
        if order.number.is_multiple_of(2) {
            self.answer_one();
        }
        match self.fate.next() {
            Step::Return => {}
            Step::Wait => pass(1).await,
            Step::Linger => pass(4).await,
            Step::Panic => panic_quietly(),
            Step::PanicAfterWaiting => {
                pass(1).await;
                panic_quietly();
            }
            Step::PanicInTask => drop(ctx.spawn(async { panic_quietly() })),
            Step::Stop => ctx.stop(),
            Step::WaitForEver => end.await,
        }
        order.finish()
    }

    fn keep(&mut self, number: usize, reply: Reply<usize>) {
        self.kept.push_back((number, reply));
        while self.kept.len() > self.fate.plan.keeps {
            self.answer_one();
        }
    }

    fn answer_one(&mut self) {
        if let Some((number, reply)) = self.kept.pop_front() {
            reply.send(number);
        }
    }
}

/// Waits for longer than the shortest deadline takes.
async fn a_deadline() {
    let begun = Instant::now();
    while begun.elapsed() < Duration::from_millis(3) {
        pass(1).await;
    }
}

/// Polls a future on this thread until it is ready.
fn block_on<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    let mut cx = task::Context::from_waker(Waker::noop());
    loop {
        match future.as_mut().poll(&mut cx) {
            Poll::Ready(output) => return output,
            Poll::Pending => thread::yield_now(),
        }
    }
}

/// Makes actors with different options of the macro.
macro_rules! victim {
    ($victim:ident, $client:ident, $shutdown:ident $(, $priority:ident)?) => {
        victim!($victim, $client);

        #[actor(shutdown = $shutdown)]
        impl $victim {
            #[command(try)]
            pub(crate) async fn call(&mut self, order: Order, ctx: &mut Context<Self>) -> usize {
                self.0.carry_out(order, ctx).await
            }

            #[command(try)]
            pub(crate) async fn cast(&mut self, order: Order, ctx: &mut Context<Self>) {
                self.0.carry_out(order, ctx).await;
            }

            #[command(try $(, $priority)?)]
            pub(crate) async fn call_first(&mut self, order: Order, ctx: &mut Context<Self>) -> usize {
                self.0.carry_out(order, ctx).await
            }

            #[command(try $(, $priority)?)]
            pub(crate) async fn cast_first(&mut self, order: Order, ctx: &mut Context<Self>) {
                self.0.carry_out(order, ctx).await;
            }

            #[command(try)]
            pub(crate) async fn defer(
                &mut self,
                order: Order,
                reply: Reply<usize>,
                ctx: &mut Context<Self>,
            ) {
                let number = self.0.carry_out(order, ctx).await;
                self.0.keep(number, reply);
            }
        }
    };
    (in_place $victim:ident, $client:ident, $shutdown:ident $(, $priority:ident)?) => {
        victim!($victim, $client);

        #[actor(in_place, shutdown = $shutdown)]
        impl $victim {
            #[command(try)]
            pub(crate) fn call(&mut self, order: Order, ctx: &mut Context<Self>) -> usize {
                self.0.carry_out_now(order, ctx)
            }

            #[command(try)]
            pub(crate) fn cast(&mut self, order: Order, ctx: &mut Context<Self>) {
                self.0.carry_out_now(order, ctx);
            }

            #[command(try $(, $priority)?)]
            pub(crate) fn call_first(&mut self, order: Order, ctx: &mut Context<Self>) -> usize {
                self.0.carry_out_now(order, ctx)
            }

            /// The one method that is left to the loop.
            #[command(try $(, $priority)?)]
            pub(crate) async fn cast_first(&mut self, order: Order, ctx: &mut Context<Self>) {
                self.0.carry_out(order, ctx).await;
            }

            #[command(try)]
            pub(crate) fn defer(
                &mut self,
                order: Order,
                reply: Reply<usize>,
                ctx: &mut Context<Self>,
            ) {
                let number = self.0.carry_out_now(order, ctx);
                self.0.keep(number, reply);
            }
        }
    };
    ($victim:ident, $client:ident) => {
        struct $victim(Life);

        impl From<Life> for $victim {
            fn from(life: Life) -> Self {
                Self(life)
            }
        }

        impl Client for $client {
            fn another(&self) -> Box<dyn Client> {
                Box::new(self.clone())
            }

            fn is_closed(&self) -> bool {
                actor_runtime::Client::is_closed(self)
            }

            fn send(
                &self,
                how: How,
                order: Order,
            ) -> BoxFuture<'_, Result<Option<usize>, CallError>> {
                Box::pin(async move {
                    let answer = match how {
                        How::Call => self.call(order).await?,
                        How::TryCall => self.try_call(order)?.await?,
                        How::CallFirst => self.call_first(order).await?,
                        How::TryCallFirst => self.try_call_first(order)?.await?,
                        How::Defer => self.defer(order).await?,
                        How::TryDefer => self.try_defer(order)?.await?,
                        How::Cast => return self.cast(order).await.map(|()| None),
                        How::TryCast => return self.try_cast(order).map(|()| None),
                        How::CastFirst => return self.cast_first(order).await.map(|()| None),
                        How::TryCastFirst => return self.try_cast_first(order).map(|()| None),
                    };
                    Ok(Some(answer))
                })
            }
        }
    };
}

victim!(Stops, StopsClient, stop);
victim!(StopsWithPriority, StopsWithPriorityClient, stop, priority);
victim!(Drains, DrainsClient, drain);
victim!(
    DrainsWithPriority,
    DrainsWithPriorityClient,
    drain,
    priority
);
victim!(in_place StopsInPlace, StopsInPlaceClient, stop);
victim!(in_place StopsWithPriorityInPlace, StopsWithPriorityInPlaceClient, stop, priority);
victim!(in_place DrainsInPlace, DrainsInPlaceClient, drain);
victim!(in_place DrainsWithPriorityInPlace, DrainsWithPriorityInPlaceClient, drain, priority);

fn start<A>(plan: Plan) -> Victim
where
    A: SendActor + From<Life>,
    A::Client: Client,
{
    let fate = plan.fate();
    let executioner = fate.executioner();
    let token = CancellationToken::new();
    let home = (plan.death == Death::RuntimeEnds).then(Home::new);
    let (told, failures) = mpsc::channel();
    let (client, handle) = {
        let _entered = home.as_ref().map(Home::enter);
        if plan.death.is_supervised() {
            supervise(fate, token.clone(), told)
        } else {
            spawn::<A>(fate, token.clone())
        }
    };
    let death = async move {
        executioner.moment().await;
        match plan.death {
            Death::TokenStops
            | Death::TokenDrains
            | Death::ArgumentPanics
            | Death::Deadline
            | Death::RestartedStops
            | Death::RestartedDrains => token.cancel(),
            Death::Abort | Death::StatePanics => handle.abort(),
            Death::RuntimeEnds => drop(home),
            Death::Panic
            | Death::ClientsDropped
            | Death::Stop
            | Death::RestartedAlone
            | Death::GivesUp => {}
        }
        ended(plan, handle, failures).await
    };
    Victim {
        client: Box::new(client),
        death: Box::pin(death),
    }
}

fn spawn<A>(fate: Fate, token: CancellationToken) -> (A::Client, ActorHandle<A>)
where
    A: SendActor + From<Life>,
{
    let Plan {
        death, capacity, ..
    } = fate.plan;
    let mut builder = A::from(Life::new(fate))
        .builder()
        .capacity(capacity)
        .shutdown(token);
    if death == Death::Deadline {
        builder = builder.deadline(Duration::ZERO);
    }
    builder.spawn_with_handle()
}

/// Starts an actor that is restarted. `told` receives each exit before the last one.
fn supervise<A>(
    fate: Fate,
    token: CancellationToken,
    told: mpsc::Sender<Exit<A>>,
) -> (A::Client, ActorHandle<A>)
where
    A: SendActor + From<Life>,
{
    let plan = fate.plan;
    let limit = match plan.death {
        Death::GivesUp => *plan.restarts().end(),
        _ => usize::MAX,
    };
    let mut next = fate;
    let factory = move || {
        let after = next.again();
        A::from(Life::new(mem::replace(&mut next, after)))
    };
    Supervisor::new(factory)
        .on_restart(move |mut exit| {
            let state = exit.state.take();
            // If nobody receives, the storm is over.
            let _ = told.send(exit);
            drop(state);
        })
        .restarts(limit, Duration::MAX)
        .backoff(Duration::ZERO, Duration::ZERO)
        .capacity(plan.capacity)
        .shutdown(token)
        .spawn_with_handle()
}

async fn ended<A: Actor>(
    plan: Plan,
    handle: ActorHandle<A>,
    failures: mpsc::Receiver<Exit<A>>,
) -> Ended {
    let mut last = handle.await;
    let failures: Vec<_> = failures.try_iter().collect();
    // Queued commands are left to the next incarnation.
    let is_right = failures
        .iter()
        .all(|it| is_failure(&plan, it) && it.refused == 0)
        && plan.restarts().contains(&failures.len())
        && is_right(&plan, &last);
    // The drop of the state may panic.
    let _ = catch_unwind(AssertUnwindSafe(|| drop(last.state.take())));
    let mut counts = Counts::default();
    for exit in failures.iter().chain([&last]) {
        counts.handled += usize::try_from(exit.handled).unwrap();
        counts.refused += usize::try_from(exit.refused).unwrap();
        counts.cut_off += usize::from(exit.in_progress.is_some());
    }
    Ended {
        counts: Some(counts),
        restarts: failures.len(),
        mistake: (!is_right).then(|| format!("{failures:?}, {last:?}")),
    }
}

fn is_right<A>(plan: &Plan, exit: &Exit<A>) -> bool {
    let (has_state, is_reason) = match plan.death {
        Death::TokenStops | Death::TokenDrains => {
            (true, matches!(exit.reason, ExitReason::Cancelled))
        }
        Death::RestartedStops | Death::RestartedDrains if plan.is_survived() => {
            (true, matches!(exit.reason, ExitReason::Cancelled))
        }
        Death::RestartedStops | Death::RestartedDrains | Death::RestartedAlone | Death::GivesUp => {
            return is_right_amid_failures(plan, exit);
        }
        Death::ArgumentPanics if exit.refused > 0 => {
            (true, matches!(exit.reason, ExitReason::Panicked(_)))
        }
        Death::ArgumentPanics => (true, matches!(exit.reason, ExitReason::Cancelled)),
        // A method that is not async is never cut off, and may end in time.
        Death::Deadline if plan.is_in_place && exit.state.is_some() => {
            (true, matches!(exit.reason, ExitReason::Cancelled))
        }
        Death::Abort | Death::Deadline | Death::RuntimeEnds => {
            (false, matches!(exit.reason, ExitReason::Aborted))
        }
        Death::Panic | Death::StatePanics => {
            (false, matches!(exit.reason, ExitReason::Panicked(_)))
        }
        Death::ClientsDropped => (true, matches!(exit.reason, ExitReason::ClientsDropped)),
        Death::Stop => (true, matches!(exit.reason, ExitReason::Stopped)),
    };
    is_reason && exit.state.is_some() == has_state
}

/// Checks the exit of a supervised actor that may have ended while it failed or between two incarnations.
fn is_right_amid_failures<A>(plan: &Plan, exit: &Exit<A>) -> bool {
    match exit.reason {
        ExitReason::Cancelled => plan.death.is_from_outside(),
        ExitReason::ClientsDropped => plan.death == Death::RestartedAlone,
        _ => is_failure(plan, exit),
    }
}

fn is_failure<A>(plan: &Plan, exit: &Exit<A>) -> bool {
    let is_cut_off = exit.in_progress.is_some();
    matches!(exit.reason, ExitReason::Panicked(_))
        && is_cut_off == plan.failure.is_in_method()
        && !(is_cut_off && exit.state.is_some())
}

/// A runtime for a single actor, until it is dropped.
struct Home(Option<Runtime>);

impl Home {
    fn new() -> Self {
        let mut builder = runtime::Builder::new_multi_thread();
        let runtime = builder.worker_threads(1).enable_time().build();
        Self(Some(runtime.expect("a thread for it")))
    }

    fn enter(&self) -> Option<runtime::EnterGuard<'_>> {
        self.0.as_ref().map(Runtime::enter)
    }
}

impl Drop for Home {
    fn drop(&mut self) {
        if let Some(runtime) = self.0.take() {
            // A task must not wait for the shutdown.
            runtime.shutdown_background();
        }
    }
}
