//! The kill storm: callers that race with the deaths of actors, and with restarts. Each call returns, and tells the
//! truth about its command. In half of the lives, callers run methods in place.
//!
//! `DEATHS=10000000 cargo test --release -p tests --test kill_storm -- --nocapture` kills more actors and reports how
//! they and their calls ended. `SEED=2` draws different ones.
//!
//! To prove that a storm can find a caller that hangs, `the_storm_finds_the_hang_of_a_plain_actor` storms the usual
//! hand-written actor with tokio's channels, where a caller can hang.

mod callers;
mod ours;
mod plain;
mod plan;
#[cfg(feature = "tracing")]
mod spans;
mod storm;
mod subject;
mod tally;
mod watchdog;

use std::env;

use crate::ours::Ours;
use crate::plain::Plain;
use crate::storm::storm;

#[test]
fn no_caller_hangs_or_is_told_a_lie_however_its_actor_dies() {
    #[cfg(feature = "tracing")]
    spans::count();
    let deaths = number("DEATHS").unwrap_or(100_000);
    let report = storm::<Ours>(deaths, number("SEED").unwrap_or(1));
    println!("{report}");
    assert!(report.hung.is_empty(), "{report}");
    assert_eq!(report.tally.deaths(), deaths);
    assert!(report.tally.in_place() > deaths / 20, "{report}");
    #[cfg(feature = "tracing")]
    spans::assert_closed();
}

/// Finds the hang of <https://github.com/tokio-rs/tokio/issues/7714>: a sender that holds its permit when the
/// receiver is dropped pushes into a queue that nobody drains. Chance decides which death does it.
#[test]
#[ignore = "takes as many deaths as it takes"]
fn the_storm_finds_the_hang_of_a_plain_actor() {
    let deaths = number("PLAIN_DEATHS").unwrap_or(5_000_000);
    let report = storm::<Plain>(deaths, number("SEED").unwrap_or(1));
    println!("{report}");
    assert!(!report.hung.is_empty(), "{report}");
}

fn number(name: &str) -> Option<usize> {
    let text = env::var(name).ok()?;
    Some(text.parse().expect("a number"))
}
