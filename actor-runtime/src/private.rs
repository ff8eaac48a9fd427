//! Everything that generated code may name and users need not. No semver promise: the macro's version is pinned.

pub use crate::actor::run;
pub use crate::bounds::{
    Given, Unproven, assert_send, assert_source, assert_source_local, assert_stream,
    assert_stream_local, given, is_send, sent,
};
pub use crate::call::{flatten, flatten_with, or_default};
pub use crate::command::Emitter;
pub use crate::events::Events;
pub use crate::lending::{Lending, NextCommand, run_lending};
pub use crate::lent::InPlace;
pub use crate::mailbox::UNBOUNDED;
pub use crate::published::{Initialized, NoInitial, Published};
pub use crate::reply::{Held, SentHeld, acknowledge, answer_each};
pub use crate::sender::Sender;
pub use crate::turns::{
    Misses, Turn, Turns, future_of, poll_deadline, poll_item, poll_nothing, poll_output,
    poll_output_if, poll_tick,
};
