//! Answers to "how do I ..?", one page for each question, with code that runs.

#[doc = include_str!("guide/order_of_shutdown.md")]
pub mod order_of_shutdown {}
