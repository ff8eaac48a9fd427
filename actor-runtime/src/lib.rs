#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

// From what users touch first down to the ground. A file imports only what stands below it; ARCHITECTURE.md draws the
// arrows.
mod supervisor;

#[cfg(feature = "remote")]
pub mod remote;

mod lending;

mod channel;

mod actor;

pub mod monitor;

mod drive;
mod hooks;
mod turns;

mod handle;

mod client;

mod call;

mod answer;
mod replies;

mod origin;

mod emitter;

mod inbox;

mod sender;
mod within;

mod last;
mod work;

mod polled;

mod shared;

mod mailbox;

mod children;
mod command;

mod lent;
mod meters;

mod events;
mod latest;
mod reply;

mod blocking;
mod bounds;
mod exit;
mod journal;
mod waits;

mod error;
mod numbered;
mod panics;
mod position;
mod published;
mod shutdown;
mod spans;
mod sync;
mod tasks;
mod title;

#[cfg(all(test, shuttle))]
mod schedules;

pub mod guide;

pub use actor_macros::actor;
pub use futures_core::Stream;
pub use tokio_util::sync::CancellationToken;

pub use crate::actor::{Actor, Builder, Child, Context, Prepared, Runner, SendActor, prepare};
pub use crate::answer::Answer;
pub use crate::channel::{channel, channel_of};
pub use crate::client::{Client, Ended, WeakClient};
pub use crate::command::Command;
pub use crate::emitter::EventEmitter;
pub use crate::error::{CallError, Cycle, Detail, Why};
pub use crate::events::{Notice, Subscription};
pub use crate::exit::{Exit, ExitReason};
pub use crate::handle::ActorHandle;
pub use crate::inbox::Inbox;
pub use crate::latest::{Latest, Watch};
pub use crate::monitor::Monitor;
pub use crate::replies::{Replies, ReplyStream, TrySendError};
pub use crate::reply::Reply;
pub use crate::shutdown::{Shutdown, StopReason};
pub use crate::supervisor::{Factory, LocalFactory, SendFactory, SupervisedRunner, Supervisor};

#[doc(hidden)]
#[path = "private.rs"]
pub mod __private;
