//! Locks, atomics and threads, from std. In the tests of `schedules.rs` they are from shuttle, which lets other tasks
//! run at each use of them.

#[cfg(all(test, shuttle))]
pub(crate) use shuttle::{
    sync::{Mutex, MutexGuard, atomic},
    thread, thread_local,
};
#[cfg(not(all(test, shuttle)))]
pub(crate) use std::{
    sync::{Mutex, MutexGuard, atomic},
    thread, thread_local,
};
