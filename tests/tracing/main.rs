//! The spans and logs of the feature `tracing`.

#![allow(
    clippy::needless_pass_by_value,
    clippy::unused_self,
    clippy::unused_unit,
    reason = "a command is a method, and what it says is what is tested"
)]

mod ends;
mod failures;
mod lines;
mod log;
mod otel;
mod spans;
#[cfg(tokio_unstable)]
mod tasks;
