//! The counts of a storm, printed at its end.

use std::fmt;
use std::time::Duration;

use actor_runtime::CallError;

use crate::callers::{Outcome, Record};
use crate::plan::{Death, Lane, Plan};

const ENDS: [&str; 11] = [
    "answered",
    "accepted casts",
    "callers left",
    "Closed",
    "Full",
    "Refused",
    "Stopped",
    "Panicked",
    "Unanswered",
    "Deadlock",
    "Blocking",
];

#[derive(Clone, Default)]
pub(crate) struct Tally {
    /// The deaths by kind and lane, in the order of `ALL`.
    deaths: [[usize; Lane::ALL.len()]; Death::ALL.len()],
    restarts: usize,
    /// The calls in the order of [`ENDS`].
    calls: [usize; ENDS.len()],
    /// The calls that ran on their caller's task.
    in_place: usize,
}

impl Tally {
    pub(crate) fn add(&mut self, plan: Plan, restarts: usize, log: &[Record]) {
        self.deaths[plan.death as usize][plan.lane as usize] += 1;
        self.restarts += restarts;
        for record in log {
            self.calls[end(&record.outcome)] += 1;
            self.in_place += usize::from(record.ticket.begun_in_place());
        }
    }

    pub(crate) fn deaths(&self) -> usize {
        self.deaths.iter().flatten().sum()
    }

    pub(crate) fn in_place(&self) -> usize {
        self.in_place
    }
}

/// Returns the position of an outcome in [`ENDS`].
fn end(outcome: &Outcome) -> usize {
    match outcome {
        Outcome::Answered(_) => 0,
        Outcome::Accepted => 1,
        Outcome::Left => 2,
        Outcome::Failed(CallError::Closed(_)) => 3,
        Outcome::Failed(CallError::Full) => 4,
        Outcome::Failed(CallError::Refused) => 5,
        Outcome::Failed(CallError::Stopped) => 6,
        Outcome::Failed(CallError::Panicked) => 7,
        Outcome::Failed(CallError::Unanswered) => 8,
        Outcome::Failed(CallError::Deadlock(_)) => 9,
        Outcome::Failed(_) => 10,
    }
}

pub(crate) struct Report {
    pub(crate) seed: usize,
    pub(crate) tally: Tally,
    pub(crate) took: Duration,
    /// The callers that hang, each with the call it is in.
    pub(crate) hung: Vec<String>,
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let deaths = self.tally.deaths();
        let seconds = self.took.as_secs_f64();
        let each = self.took.as_micros() / deaths.max(1) as u128;
        writeln!(
            f,
            "{deaths} deaths in {seconds:.1} s, {each} µs each; seed {}",
            self.seed
        )?;
        write!(f, "{:17}", "")?;
        for lane in Lane::ALL {
            write!(f, "{:>19}", format!("{lane:?}"))?;
        }
        writeln!(f)?;
        for death in Death::ALL {
            write!(f, "  {:15}", format!("{death:?}"))?;
            for deaths in self.tally.deaths[death as usize] {
                write!(f, "{deaths:19}")?;
            }
            writeln!(f)?;
        }
        writeln!(f, "{} restarts", self.tally.restarts)?;
        let calls: usize = self.tally.calls.iter().sum();
        writeln!(f, "{calls} calls, {} in place", self.tally.in_place)?;
        for (end, calls) in ENDS.iter().zip(self.tally.calls) {
            writeln!(f, "  {end:15}{calls:19}")?;
        }
        write!(f, "{} hung", self.hung.len())?;
        for name in &self.hung {
            write!(f, "\n  {name}")?;
        }
        Ok(())
    }
}
