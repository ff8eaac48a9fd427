//! The kill storm: callers that race with the deaths of actors, and with the restarts of some. Each call returns,
//! and says truly what became of its command.
//!
//! `DEATHS=10000000 cargo test --release -p tests --test kill_storm -- --nocapture` kills more of them and says
//! how they and their calls ended; `SEED=2` draws others.
//!
//! That a storm could find a caller that hangs is shown on the actor that one writes by hand with tokio's
//! channels, where a caller can: `the_storm_finds_the_hang_of_a_plain_actor`.

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
    #[cfg(feature = "tracing")]
    spans::assert_closed();
}

/// See <https://github.com/tokio-rs/tokio/issues/7714>: a sender that has its permit when the receiver is
/// dropped pushes into a queue that nobody drains. Which death that meets is chance.
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
