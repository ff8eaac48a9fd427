//! Answers to "how do I ..?", one page for each question, with code that runs, in the order in which they come up.
//!
//! # The basics
//!
//! - [Your first actor](first_actor)
//! - [Calls and casts](calls_and_casts)
//! - [Errors](errors)
//! - [Where a method runs](where_a_method_runs)
//! - [Blocking work and long computations](blocking_work)
//!
//! # More than commands
//!
//! - [Timers and expiry](timers)
//! - [Sources](sources)
//! - [Tasks](tasks)
//! - [Replies that come later](replies)
//! - [Events and latest values](events_and_values)
//! - [Batches, priority and lost callers](batches_and_priority)
//! - [Start and end](start_and_end)
//!
//! # Several actors
//!
//! - [The order of shutdown](order_of_shutdown)
//! - [Two actors that know each other](two_actors)
//! - [Child actors and pools](children_and_pools)
//! - [Supervision and death watch](supervision)
//!
//! # In practice
//!
//! - [Testing](testing)
//! - [Observability](observability)
//! - [Editors](editors)
//! - [Deadlocks](deadlocks)
//! - [Actors in a library](actors_in_a_library)
//! - [Moving a hand-written actor](moving_an_actor)
//! - [Beyond one machine](beyond_one_machine)
//! - [When not to use an actor](when_not)

#[doc = include_str!("guide/first_actor.md")]
pub mod first_actor {}

#[doc = include_str!("guide/calls_and_casts.md")]
pub mod calls_and_casts {}

#[doc = include_str!("guide/errors.md")]
pub mod errors {}

#[doc = include_str!("guide/where_a_method_runs.md")]
pub mod where_a_method_runs {}

#[doc = include_str!("guide/blocking_work.md")]
pub mod blocking_work {}

#[doc = include_str!("guide/timers.md")]
pub mod timers {}

#[doc = include_str!("guide/sources.md")]
pub mod sources {}

#[doc = include_str!("guide/tasks.md")]
pub mod tasks {}

#[doc = include_str!("guide/replies.md")]
pub mod replies {}

#[doc = include_str!("guide/events_and_values.md")]
pub mod events_and_values {}

#[doc = include_str!("guide/batches_and_priority.md")]
pub mod batches_and_priority {}

#[doc = include_str!("guide/start_and_end.md")]
pub mod start_and_end {}

#[doc = include_str!("guide/order_of_shutdown.md")]
pub mod order_of_shutdown {}

#[doc = include_str!("guide/two_actors.md")]
pub mod two_actors {}

#[doc = include_str!("guide/children_and_pools.md")]
pub mod children_and_pools {}

#[doc = include_str!("guide/supervision.md")]
pub mod supervision {}

#[doc = include_str!("guide/testing.md")]
pub mod testing {}

#[doc = include_str!("guide/observability.md")]
pub mod observability {}

#[doc = include_str!("guide/editors.md")]
pub mod editors {}

#[doc = include_str!("guide/deadlocks.md")]
pub mod deadlocks {}

#[doc = include_str!("guide/actors_in_a_library.md")]
pub mod actors_in_a_library {}

#[doc = include_str!("guide/moving_an_actor.md")]
pub mod moving_an_actor {}

// Tested in `actor-nats`, which its code needs.
#[cfg_attr(not(doctest), doc = include_str!("guide/beyond_one_machine.md"))]
pub mod beyond_one_machine {}

#[doc = include_str!("guide/when_not.md")]
pub mod when_not {}
