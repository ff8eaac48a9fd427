//! What kills an actor, and when: all that is drawn from the seed.

use std::future::poll_fn;
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
}

impl Death {
    pub(crate) const ALL: [Self; 10] = [
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
    ];

    /// How often it is drawn, among the others: less often if it takes a tick of the clock, or a thread.
    fn weight(self) -> usize {
        match self {
            Self::Deadline | Self::RuntimeEnds => 1,
            _ => 8,
        }
    }

    /// Whether what was accepted is handled whatever happens.
    pub(crate) fn handles_all(self) -> bool {
        matches!(self, Self::TokenDrains | Self::ClientsDropped)
    }

    fn is_from_outside(self) -> bool {
        match self {
            Self::TokenStops
            | Self::TokenDrains
            | Self::Abort
            | Self::StatePanics
            | Self::ArgumentPanics
            | Self::RuntimeEnds => true,
            Self::Panic | Self::ClientsDropped | Self::Stop | Self::Deadline => false,
        }
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
            // Its callers leave when they want.
            Death::ClientsDropped => Moment::Turns(0),
            _ if death.is_from_outside() && random.below(2) == 0 => Moment::Turns(random.below(4)),
            _ => Moment::LastOrder,
        };
        let callers = 2 + random.below(4);
        // A caller that waits for its reply keeps its client.
        let keeps = match death {
            Death::ClientsDropped => 0,
            _ => random.below(callers),
        };
        Self {
            death,
            lane,
            capacity,
            callers,
            keeps,
            moment,
            orders: 1 + random.below(4),
            seed: random.below(usize::MAX),
        }
    }

    pub(crate) fn fate(self) -> Fate {
        Fate {
            plan: self,
            left: self.orders,
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
    Stop,
    WaitForEver,
}

impl Fate {
    pub(crate) fn next(&mut self) -> Step {
        let is_even = self.left.is_multiple_of(2);
        self.left = self.left.saturating_sub(1);
        if self.left == 0 && self.plan.moment == Moment::LastOrder {
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
            Moment::LastOrder => self.is_due.notified().await,
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
