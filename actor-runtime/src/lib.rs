#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod actor;

mod mailbox;
mod reply;

mod client;
mod context;
mod handle;
mod runner;

mod blocking;
mod error;

pub use actor_macros::actor;
pub use tokio_util::sync::CancellationToken;

pub use crate::actor::{Actor, Command, SendActor};
pub use crate::client::{Client, WeakClient, channel};
pub use crate::context::Context;
pub use crate::error::CallError;
pub use crate::handle::{ActorHandle, Exit, ExitReason};
pub use crate::mailbox::Inbox;
pub use crate::reply::{Answer, Reply};
pub use crate::runner::{Builder, Runner};

#[doc(hidden)]
#[path = "private.rs"]
pub mod __private;
