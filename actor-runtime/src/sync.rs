//! Locks, atomics and threads, from std. In the tests of `schedules.rs` they are from shuttle, which lets other tasks
//! run at each use of them.

use std::sync::{Mutex as StdMutex, PoisonError};

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

/// A value that can be shared between threads whatever it is, because only its owner gets at it. The lock is never
/// locked.
pub(crate) struct Exclusive<T>(StdMutex<T>);

impl<T> Exclusive<T> {
    pub(crate) fn new(value: T) -> Self {
        Self(StdMutex::new(value))
    }

    pub(crate) fn get_mut(&mut self) -> &mut T {
        self.0.get_mut().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn into_inner(self) -> T {
        self.0.into_inner().unwrap_or_else(PoisonError::into_inner)
    }
}
