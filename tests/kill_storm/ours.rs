//! What `#[actor]` makes.

use std::collections::VecDeque;
use std::future::pending;
use std::time::Duration;

use actor_runtime::{
    Actor, ActorHandle, CallError, CancellationToken, Context, Exit, ExitReason, Reply, SendActor,
    actor,
};
use tokio::runtime::{self, Runtime};

use crate::plan::{Death, Fate, Lane, Plan, Step, pass};
use crate::subject::{
    Bomb, BoxFuture, Client, Counts, Ended, How, Order, Subject, Victim, panic_quietly,
};

pub(crate) struct Ours;

impl Subject for Ours {
    const DEATHS: &'static [Death] = &Death::ALL;
    const LANES: &'static [Lane] = &Lane::ALL;

    fn start(plan: Plan) -> Victim {
        let drains = match plan.death {
            Death::TokenStops | Death::ArgumentPanics => false,
            Death::TokenDrains => true,
            // The two are one then.
            _ => plan.seed.is_multiple_of(2),
        };
        match (drains, plan.lane.has_priority()) {
            (false, false) => start::<Stops>(plan),
            (false, true) => start::<StopsWithPriority>(plan),
            (true, false) => start::<Drains>(plan),
            (true, true) => start::<DrainsWithPriority>(plan),
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
    async fn carry_out(&mut self, mut order: Order, stop: impl FnOnce()) -> usize {
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
            Step::Stop => stop(),
            Step::WaitForEver => pending().await,
        }
        order.finish()
    }

    async fn keep(&mut self, order: Order, reply: Reply<usize>, stop: impl FnOnce()) {
        let number = self.carry_out(order, stop).await;
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

/// Actors that differ in what the macro is told.
macro_rules! victim {
    ($victim:ident, $client:ident, $shutdown:ident $(, $priority:ident)?) => {
        struct $victim(Life);

        #[actor(shutdown = $shutdown)]
        impl $victim {
            #[command(try)]
            pub(crate) async fn call(&mut self, order: Order, ctx: &mut Context<Self>) -> usize {
                self.0.carry_out(order, || ctx.stop()).await
            }

            #[command(try)]
            pub(crate) async fn cast(&mut self, order: Order, ctx: &mut Context<Self>) {
                self.0.carry_out(order, || ctx.stop()).await;
            }

            #[command(try $(, $priority)?)]
            pub(crate) async fn call_first(&mut self, order: Order, ctx: &mut Context<Self>) -> usize {
                self.0.carry_out(order, || ctx.stop()).await
            }

            #[command(try $(, $priority)?)]
            pub(crate) async fn cast_first(&mut self, order: Order, ctx: &mut Context<Self>) {
                self.0.carry_out(order, || ctx.stop()).await;
            }

            #[command(try)]
            pub(crate) async fn defer(
                &mut self,
                order: Order,
                reply: Reply<usize>,
                ctx: &mut Context<Self>,
            ) {
                self.0.keep(order, reply, || ctx.stop()).await;
            }
        }

        impl From<Life> for $victim {
            fn from(life: Life) -> Self {
                Self(life)
            }
        }

        impl Client for $client {
            fn another(&self) -> Box<dyn Client> {
                Box::new(self.clone())
            }

            fn send(
                &self,
                how: How,
                order: Order,
            ) -> BoxFuture<'_, Result<Option<usize>, CallError>> {
                Box::pin(async move {
                    let answer = match how {
                        How::Call => self.call(order).await?,
                        How::TryCall => self.try_call(order).await?,
                        How::CallFirst => self.call_first(order).await?,
                        How::TryCallFirst => self.try_call_first(order).await?,
                        How::Defer => self.defer(order).await?,
                        How::TryDefer => self.try_defer(order).await?,
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

fn start<A>(plan: Plan) -> Victim
where
    A: SendActor + From<Life>,
    A::Client: Client,
{
    let fate = plan.fate();
    let executioner = fate.executioner();
    let life = Life {
        fate,
        kept: VecDeque::new(),
        _bomb: (plan.death == Death::StatePanics).then(|| Bomb),
    };
    let token = CancellationToken::new();
    let mut builder = A::from(life)
        .builder()
        .capacity(plan.capacity)
        .shutdown(token.clone());
    if plan.death == Death::Deadline {
        builder = builder.deadline(Duration::ZERO);
    }
    let home = (plan.death == Death::RuntimeEnds).then(Home::new);
    let (client, handle) = {
        let _entered = home.as_ref().map(Home::enter);
        builder.spawn_with_handle()
    };
    let death = async move {
        executioner.moment().await;
        match plan.death {
            Death::TokenStops | Death::TokenDrains | Death::ArgumentPanics | Death::Deadline => {
                token.cancel();
            }
            Death::Abort | Death::StatePanics => handle.abort(),
            Death::RuntimeEnds => drop(home),
            Death::Panic | Death::ClientsDropped | Death::Stop => {}
        }
        ended(plan.death, handle).await
    };
    Victim {
        client: Box::new(client),
        death: Box::pin(death),
    }
}

async fn ended<A: Actor>(death: Death, handle: ActorHandle<A>) -> Ended {
    let exit = handle.await;
    let counts = Counts {
        handled: usize::try_from(exit.handled).unwrap(),
        refused: usize::try_from(exit.refused).unwrap(),
        cut_off: usize::from(exit.in_progress.is_some()),
    };
    Ended {
        counts: Some(counts),
        mistake: (!is_right(death, &exit)).then(|| format!("{exit:?}")),
    }
}

fn is_right<A>(death: Death, exit: &Exit<A>) -> bool {
    let (has_state, is_reason) = match death {
        Death::TokenStops | Death::TokenDrains => {
            (true, matches!(exit.reason, ExitReason::Cancelled))
        }
        Death::ArgumentPanics if exit.refused > 0 => {
            (true, matches!(exit.reason, ExitReason::Panicked(_)))
        }
        Death::ArgumentPanics => (true, matches!(exit.reason, ExitReason::Cancelled)),
        Death::Abort | Death::StatePanics | Death::Deadline | Death::RuntimeEnds => {
            (false, matches!(exit.reason, ExitReason::Aborted))
        }
        Death::Panic => (false, matches!(exit.reason, ExitReason::Panicked(_))),
        Death::ClientsDropped => (true, matches!(exit.reason, ExitReason::ClientsDropped)),
        Death::Stop => (true, matches!(exit.reason, ExitReason::Stopped)),
    };
    is_reason && exit.state.is_some() == has_state
}

/// A runtime that an actor has for itself, until it is dropped.
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
            // A task must not wait for it.
            runtime.shutdown_background();
        }
    }
}
