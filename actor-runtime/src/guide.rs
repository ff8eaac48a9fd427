//! Answers to "how do I ..?", one page for each question, with code that runs.

#[doc = include_str!("guide/where_a_method_runs.md")]
pub mod where_a_method_runs {}

#[doc = include_str!("guide/order_of_shutdown.md")]
pub mod order_of_shutdown {}

#[doc = include_str!("guide/moving_an_actor.md")]
pub mod moving_an_actor {}
