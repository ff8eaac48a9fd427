//! What kills an actor, and when: all that is drawn from the seed.

use std::future::poll_fn;
use std::ops::RangeInclusive;
use std::sync::Arc;
use std::task::Poll;

use tokio::sync::Notify;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Death {
    /// The token is cancelled, and what is queued refused.
    TokenStops,
    /// The token is cancelled, and what is queued handled.
    TokenDrains,
    Abort,
    /// A method panics.
    Panic,
    /// The actor is aborted, and the drop of its state panics.
    StatePanics,
    /// The token is cancelled, and the drop of each argument that is refused panics.
    ArgumentPanics,
    ClientsDropped,
    /// A method stops the actor.
    Stop,
    /// A method never ends, and is cut off when the token is cancelled.
    Deadline,
    /// The runtime that the actor lives in is shut down.
    RuntimeEnds,
    /// `TokenStops` for an actor that is restarted before, or meanwhile.
    RestartedStops,
    /// `TokenDrains` for such an actor.
    RestartedDrains,
    /// `ClientsDropped` for such an actor.
    RestartedAlone,
    /// An actor is restarted as often as it may be, and fails once more.
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

    /// How often it is drawn, among the others: less often if it takes a tick of the clock, or a thread.
    fn weight(self) -> usize {
        match self {
            Self::Deadline | Self::RuntimeEnds => 1,
            // Each restart takes such a tick.
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

    /// Whether its callers leave when they want, and that is its end.
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

/// How the incarnations of a supervised actor fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Failure {
    /// A method panics, and takes the state with it.
    Method,
    /// A task panics, so that the state is whole.
    Task,
    /// The drop of that state panics, too: a second failure, before there is another incarnation.
    TaskAndState,
}

impl Failure {
    const ALL: [Self; 3] = [Self::Method, Self::Task, Self::TaskAndState];

    /// Whether it unwinds through the state, and the command in progress.
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
    /// The last of its orders brings it.
    LastOrder,
    /// After so many turns of the task that kills it, whatever the actor does.
    Turns(usize),
    /// The last failure of its incarnations brings it, while there may be none.
    LastFailure,
}

/// One life.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Plan {
    pub(crate) death: Death,
    pub(crate) lane: Lane,
    pub(crate) capacity: usize,
    /// How many call it.
    pub(crate) callers: usize,
    /// How many replies it keeps in its state: less than there are callers, so that one goes on.
    pub(crate) keeps: usize,
    moment: Moment,
    /// How many orders it begins before it dies, or asks for it.
    orders: usize,
    /// How many of its incarnations fail if it is supervised, one after the other.
    failures: usize,
    pub(crate) failure: Failure,
    /// What each caller draws from, with its number.
    pub(crate) seed: usize,
}

impl Plan {
    /// Each life can be drawn without those before it.
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
            // Its callers leave when they want, or its supervisor does.
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
            seed: random.below(usize::MAX),
        }
    }

    /// Whether what was accepted is handled whatever happens.
    pub(crate) fn handles_all(&self) -> bool {
        match self.death {
            Death::TokenDrains | Death::ClientsDropped | Death::RestartedAlone => true,
            // What fails again before it has begun an order is not drained any further.
            Death::RestartedDrains => self.failure != Failure::TaskAndState || self.is_survived(),
            _ => false,
        }
    }

    /// Whether all failures are over when it is killed.
    pub(crate) fn is_survived(&self) -> bool {
        self.death.is_from_outside() && self.moment == Moment::LastOrder
    }

    /// How many restarts there may be in all.
    pub(crate) fn restarts(&self) -> RangeInclusive<usize> {
        let most = match (self.death, self.failure) {
            // The last failure is one too many.
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

/// What the actor knows of its plan.
pub(crate) struct Fate {
    pub(crate) plan: Plan,
    left: usize,
    /// How many incarnations are still to fail, this one included.
    failures: usize,
    is_due: Arc<Notify>,
}

/// What a method does.
#[derive(Clone, Copy)]
pub(crate) enum Step {
    Return,
    Wait,
    /// Wait for some time, to be killed meanwhile, or not.
    Linger,
    Panic,
    PanicAfterWaiting,
    PanicInTask,
    Stop,
    WaitForEver,
}

impl Fate {
    /// That of the next incarnation.
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
            // A task that panics does not end it at once.
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

/// What the one who kills knows of the plan.
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

/// Lets others run, so many times. With tokio's `yield_now` the task would wait until no other can go on.
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

/// `SplitMix64`: seeds that are close to each other give numbers that are not.
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
