//! `actor-nats` against a real nats-server, which each test starts for itself.
//!
//! Without a `nats-server`, the tests print that they are skipped, and pass. With `REQUIRE_NATS=1` they fail then.

mod harness;
mod leases;
mod processes;
