#![doc = include_str!("../README.md")]

mod link;

mod serve;

#[cfg(feature = "lease")]
mod lease;

mod protocol;

#[cfg(feature = "lease")]
pub use crate::lease::{Lease, LeaseError};
pub use crate::link::Remote;
pub use crate::serve::{ServeError, Served, Server, serve};

/// The code of the runtime's page about this crate.
#[cfg(all(doctest, feature = "tracing"))]
#[doc = include_str!("../../actor-runtime/src/guide/beyond_one_machine.md")]
mod beyond_one_machine {}
