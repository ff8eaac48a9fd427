//! The plan of a life, drawn from the seed: what kills the actor, and when.

use std::future::poll_fn;
use std::ops::RangeInclusive;
use std::sync::Arc;
use std::task::Poll;

use tokio::sync::Notify;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Death {
    /// The token is cancelled, and queued commands are refused.
    TokenStops,
    /// The token is cancelled, and queued commands are handled.
    TokenDrains,
    Abort,
    /// A method panics.
    Panic,
    /// The actor is aborted, and the drop of its state panics.
    StatePanics,
    /// The token is cancelled, and each refused argument panics when it is dropped.
    ArgumentPanics,
    ClientsDropped,
    /// A method stops the actor.
    Stop,
    /// A method never ends, and is cut off when the token is cancelled.
    Deadline,
    /// The actor's runtime is shut down.
    RuntimeEnds,
    /// `TokenStops` for an actor that is restarted earlier, or at the same time.
    RestartedStops,
    /// `TokenDrains` for a restarted actor.
    RestartedDrains,
    /// `ClientsDropped` for a restarted actor.
    RestartedAlone,
    /// An actor is restarted as often as allowed, and fails again.
    GivesUp,
}

impl Death {
    pub(crate) const ALL: [Self; 14] = [
        Self::TokenStops,
        Self::TokenDrains,
        Self::Abort,
        Self::Panic,
        Self::StatePanics,
        Self::ArgumentPanics,
        Self::ClientsDropped,
        Self::Stop,
        Self::Deadline,
        Self::RuntimeEnds,
        Self::RestartedStops,
        Self::RestartedDrains,
        Self::RestartedAlone,
        Self::GivesUp,
    ];

    /// Returns how often a death is drawn. A death that takes a tick of the clock, or a thread, is drawn less often.
    fn weight(self) -> usize {
        match self {
            Self::Deadline | Self::RuntimeEnds => 1,
            // Each restart takes a tick of the clock.
            _ if self.is_supervised() => 1,
            _ => 8,
        }
    }

    pub(crate) fn is_supervised(self) -> bool {
        matches!(
            self,
            Self::RestartedStops | Self::RestartedDrains | Self::RestartedAlone | Self::GivesUp
        )
    }

    /// Returns whether the callers leave when they want, and so end the actor.
    pub(crate) fn is_up_to_callers(self) -> bool {
        matches!(self, Self::ClientsDropped | Self::RestartedAlone)
    }

    pub(crate) fn is_from_outside(self) -> bool {
        match self {
            Self::TokenStops
            | Self::TokenDrains
            | Self::Abort
            | Self::StatePanics
            | Self::ArgumentPanics
            | Self::RuntimeEnds
            | Self::RestartedStops
            | Self::RestartedDrains => true,
            Self::Panic
            | Self::ClientsDropped
            | Self::Stop
            | Self::Deadline
            | Self::RestartedAlone
            | Self::GivesUp => false,
        }
    }
}

/// The way in which the incarnations of a supervised actor fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Failure {
    /// A method panics, and takes the state with it.
    Method,
    /// A task panics, so that the state is whole.
    Task,
    /// The drop of the whole state panics, too: a second failure, before the next incarnation.
    TaskAndState,
}

impl Failure {
    const ALL: [Self; 3] = [Self::Method, Self::Task, Self::TaskAndState];

    /// Returns whether the panic unwinds through the state and the command in progress.
    pub(crate) fn is_in_method(self) -> bool {
        self == Self::Method
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lane {
    Bounded,
    Unbounded,
    /// Some commands have priority.
    BoundedPriority,
    UnboundedPriority,
}

impl Lane {
    pub(crate) const ALL: [Self; 4] = [
        Self::Bounded,
        Self::Unbounded,
        Self::BoundedPriority,
        Self::UnboundedPriority,
    ];

    pub(crate) fn has_priority(self) -> bool {
        matches!(self, Self::BoundedPriority | Self::UnboundedPriority)
    }

    fn is_bounded(self) -> bool {
        matches!(self, Self::Bounded | Self::BoundedPriority)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Moment {
    /// The actor's last order brings its death.
    LastOrder,
    /// The death comes after some turns of the task that kills the actor, whatever the actor does.
    Turns(usize),
    /// The last failure of the actor's incarnations brings its death, perhaps between two of them.
    LastFailure,
}

/// One life of an actor.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Plan {
    pub(crate) death: Death,
    pub(crate) lane: Lane,
    pub(crate) capacity: usize,
    /// The number of callers.
    pub(crate) callers: usize,
    /// The number of replies that the actor keeps in its state: fewer than callers, so that one goes on.
    pub(crate) keeps: usize,
    moment: Moment,
    /// The number of orders that the actor begins before it dies, or asks for its death.
    orders: usize,
    /// The number of incarnations of a supervised actor that fail, one after the other.
    failures: usize,
    pub(crate) failure: Failure,
    /// Tells whether callers run most methods in place.
    pub(crate) is_in_place: bool,
    /// Tells whether a client outlives the actor, so that the last one to leave does not wake it.
    pub(crate) keeps_client: bool,
    /// The seed of each caller's draws, together with its number.
    pub(crate) seed: usize,
}

impl Plan {
    /// Draws a life, independently of the lives before it.
    pub(crate) fn draw(seed: usize, life: usize, deaths: &[Death], lanes: &[Lane]) -> Self {
        let mut random = Random::new(seed.wrapping_mul(1_000_003).wrapping_add(life));
        let death = draw_death(deaths, &mut random);
        let lane = lanes[random.below(lanes.len())];
        let capacity = if lane.is_bounded() {
            1 + random.below(3)
        } else {
            usize::MAX
        };
        let moment = match death {
            // The callers decide when to leave, or the supervisor when to give up.
            _ if death.is_up_to_callers() || death == Death::GivesUp => Moment::Turns(0),
            _ if death.is_from_outside() && random.below(2) == 0 => Moment::Turns(random.below(4)),
            _ if death.is_supervised() && random.below(2) == 0 => Moment::LastFailure,
            _ => Moment::LastOrder,
        };
        let callers = 2 + random.below(4);
        // A caller that waits for its reply keeps its client.
        let keeps = if death.is_up_to_callers() {
            0
        } else {
            random.below(callers)
        };
        let (failures, failure) = if death.is_supervised() {
            let failure = Failure::ALL[random.below(Failure::ALL.len())];
            (1 + random.below(3), failure)
        } else {
            (0, Failure::Method)
        };
        Self {
            death,
            lane,
            capacity,
            callers,
            keeps,
            moment,
            orders: 1 + random.below(4),
            failures,
            failure,
            is_in_place: random.below(2) == 0,
            keeps_client: random.below(2) == 0 && !death.is_up_to_callers(),
            seed: random.below(usize::MAX),
        }
    }

    /// Returns whether every accepted command is handled, whatever happens.
    pub(crate) fn handles_all(&self) -> bool {
        match self.death {
            Death::TokenDrains | Death::ClientsDropped | Death::RestartedAlone => true,
            // An incarnation that fails before it has begun an order ends the drain.
            Death::RestartedDrains => self.failure != Failure::TaskAndState || self.is_survived(),
            _ => false,
        }
    }

    /// Returns whether all failures are over when the actor is killed.
    pub(crate) fn is_survived(&self) -> bool {
        self.death.is_from_outside() && self.moment == Moment::LastOrder
    }

    /// Returns the possible numbers of restarts.
    pub(crate) fn restarts(&self) -> RangeInclusive<usize> {
        let most = match (self.death, self.failure) {
            // The last failure is one more than allowed.
            (Death::GivesUp, _) => self.failures - 1,
            (_, Failure::TaskAndState) => 2 * self.failures,
            (_, Failure::Method | Failure::Task) => self.failures,
        };
        let is_exact = self.is_survived() || self.death == Death::GivesUp;
        if is_exact { most..=most } else { 0..=most }
    }

    pub(crate) fn fate(self) -> Fate {
        Fate {
            plan: self,
            left: self.orders,
            failures: self.failures,
            is_due: Arc::default(),
        }
    }
}

fn draw_death(deaths: &[Death], random: &mut Random) -> Death {
    let mut drawn = random.below(deaths.iter().map(|death| death.weight()).sum());
    for &death in deaths {
        match drawn.checked_sub(death.weight()) {
            Some(rest) => drawn = rest,
            None => return death,
        }
    }
    deaths[0]
}

/// The actor's part of the plan.
pub(crate) struct Fate {
    pub(crate) plan: Plan,
    left: usize,
    /// The number of incarnations that are still to fail, including this one.
    failures: usize,
    is_due: Arc<Notify>,
}

/// A method's next action.
#[derive(Clone, Copy)]
pub(crate) enum Step {
    Return,
    Wait,
    /// Wait for some time, in which the actor may be killed.
    Linger,
    Panic,
    PanicAfterWaiting,
    PanicInTask,
    Stop,
    WaitForEver,
}

impl Fate {
    /// Returns the fate of the next incarnation.
    pub(crate) fn again(&self) -> Self {
        let failures = self.failures.saturating_sub(1);
        Self {
            plan: self.plan,
            left: 1 + (self.plan.orders + failures) % 4,
            failures,
            is_due: Arc::clone(&self.is_due),
        }
    }

    pub(crate) fn next(&mut self) -> Step {
        let is_even = self.left.is_multiple_of(2);
        let is_last = self.left == 1;
        self.left = self.left.saturating_sub(1);
        if self.failures > 0 {
            // A task that panics does not end the actor at once.
            if is_last {
                return self.fail();
            }
        } else if self.left == 0 && self.plan.moment == Moment::LastOrder {
            self.is_due.notify_one();
            match self.plan.death {
                Death::Panic if self.plan.orders.is_multiple_of(2) => return Step::Panic,
                Death::Panic => return Step::PanicAfterWaiting,
                Death::Stop => return Step::Stop,
                Death::Deadline => return Step::WaitForEver,
                _ => return Step::Linger,
            }
        }
        if is_even { Step::Wait } else { Step::Return }
    }

    fn fail(&self) -> Step {
        if self.failures == 1 && self.plan.moment == Moment::LastFailure {
            self.is_due.notify_one();
        }
        match self.plan.failure {
            Failure::Method if self.plan.orders.is_multiple_of(2) => Step::Panic,
            Failure::Method => Step::PanicAfterWaiting,
            Failure::Task | Failure::TaskAndState => Step::PanicInTask,
        }
    }

    pub(crate) fn executioner(&self) -> Executioner {
        Executioner {
            moment: self.plan.moment,
            is_due: Arc::clone(&self.is_due),
        }
    }
}

/// The executioner's part of the plan.
pub(crate) struct Executioner {
    moment: Moment,
    is_due: Arc<Notify>,
}

impl Executioner {
    pub(crate) async fn moment(&self) {
        match self.moment {
            Moment::LastOrder | Moment::LastFailure => self.is_due.notified().await,
            Moment::Turns(turns) => {
                pass(turns).await;
            }
        }
    }
}

/// Lets others run `turns` times. With tokio's `yield_now` the task would wait until all others are idle.
pub(crate) async fn pass(mut turns: usize) {
    poll_fn(|cx| {
        let Some(left) = turns.checked_sub(1) else {
            return Poll::Ready(());
        };
        turns = left;
        cx.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

/// The generator `SplitMix64`, in which close seeds give numbers that are far apart.
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: usize) -> Self {
        Self(seed as u64)
    }

    pub(crate) fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut number = self.0;
        number = (number ^ (number >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        number = (number ^ (number >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        number ^= number >> 31;
        usize::try_from(number % end as u64).unwrap_or_default()
    }
}
