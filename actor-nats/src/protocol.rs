//! The wire format: words and headers.

use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher as _, Hasher as _};

/// Returns a mark that no other process has.
pub(crate) fn unique() -> String {
    // The keys of the hash function are random: the standard library asks the system for them.
    let random = || RandomState::new().build_hasher().finish();
    format!("{:016x}{:016x}", random(), random())
}
