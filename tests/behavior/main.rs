//! The behaviour of actors at run time: one module per promise.

#![allow(
    clippy::unused_self,
    clippy::unnecessary_wraps,
    reason = "a command is a method, and what it returns is what is tested"
)]

mod answers;
mod arguments;
mod around;
mod at;
mod attributes;
mod batches;
mod blocking;
mod callers;
mod calls;
mod children;
mod clients;
mod conditional;
mod context;
mod cut_off;
mod deadlines;
mod deadlocks;
mod deferred;
mod drain;
mod errors;
mod events;
mod failures;
mod fairness;
mod forwarded;
mod futurelock;
mod generics;
mod handles;
mod hooks;
mod in_place;
mod instances;
mod lanes;
mod last;
mod latest;
mod lifetimes;
mod lives;
mod load;
mod local;
mod local_sets;
mod mailbox;
mod model;
mod monitor;
mod names;
mod odd_values;
mod panics;
mod patterns;
mod places;
mod polls;
mod prepared;
mod rings;
mod run;
mod send_after;
mod shutdown;
mod skip_cancelled;
mod sources;
mod storm;
mod storm_of_sources;
mod streamed;
mod supervisor;
mod support;
mod tasks;
mod timeouts;
mod turns;
mod why;
