#![doc = include_str!("../README.md")]

mod protocol;

#[cfg(feature = "lease")]
mod lease;

#[cfg(feature = "lease")]
pub use crate::lease::{Lease, LeaseError};
