//! `actor-nats` against a real nats-server, which each test starts for itself.
//!
//! Without a `nats-server`, the tests print that they are skipped, and pass. With `REQUIRE_NATS=1` they fail then.

#![allow(
    clippy::unused_self,
    clippy::unnecessary_wraps,
    reason = "a command is a method, and what it returns is what is tested"
)]
#![allow(clippy::similar_names, reason = "a server, and what it has served")]

mod harness;
mod probe;
mod processes;

mod calls;
mod connections;
mod leases;
mod permissions;
mod servers;
mod storm;
#[cfg(feature = "tracing")]
mod traces;
