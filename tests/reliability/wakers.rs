//! A waker that tells the test the moment of a wake-up.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};

use crate::support::Log;

struct Note {
    log: Log,
    number: u32,
}

impl Wake for Note {
    fn wake(self: Arc<Self>) {
        self.log.push(self.number);
    }
}

/// Returns a waker that notes `number`.
pub(crate) fn noting(log: &Log, number: u32) -> Waker {
    let log = log.clone();
    Waker::from(Arc::new(Note { log, number }))
}

/// Polls `future` once.
pub(crate) fn poll_with<F: Future>(waker: &Waker, future: Pin<&mut F>) -> Poll<F::Output> {
    future.poll(&mut Context::from_waker(waker))
}
