#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod actor;

mod mailbox;
mod replies;
mod reply;

mod events;
mod latest;

mod client;
mod context;
mod handle;
mod runner;
mod shutdown;
mod supervisor;

mod hooks;
mod spans;
mod tasks;
mod turns;
mod waits;

mod blocking;
mod error;
mod sync;

#[cfg(all(test, shuttle))]
mod schedules;

pub use actor_macros::actor;
pub use futures_core::Stream;
pub use tokio_util::sync::CancellationToken;

pub use crate::actor::{Actor, Command, SendActor};
pub use crate::client::{Client, WeakClient, channel};
pub use crate::context::Context;
pub use crate::error::{CallError, Cycle};
pub use crate::events::{Notice, Subscription};
pub use crate::handle::{ActorHandle, Exit, ExitReason};
pub use crate::latest::{Latest, Watch};
pub use crate::mailbox::Inbox;
pub use crate::replies::{Replies, ReplyStream, TrySendError};
pub use crate::reply::{Answer, Reply};
pub use crate::runner::{Builder, Runner};
pub use crate::shutdown::{Shutdown, StopReason};
pub use crate::supervisor::Supervisor;

#[doc(hidden)]
#[path = "private.rs"]
pub mod __private;
