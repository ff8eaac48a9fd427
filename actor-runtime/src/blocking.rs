//! Blocking: a thread waits for a future, but never inside an async task.

use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};

use tokio::task::coop;

use crate::error::CallError;
use crate::sync::thread::{self, Thread};

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

/// Blocks the thread until `future` is ready.
///
/// # Errors
///
/// [`CallError::Blocking`] inside an async task. The future is not polled then.
pub(crate) fn block_on<F: Future>(future: F) -> Result<F::Output, CallError> {
    if is_in_task(u8::MAX) {
        return Err(CallError::Blocking);
    }
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    let mut cx = Context::from_waker(&waker);
    let mut future = pin!(future);
    loop {
        match future.as_mut().poll(&mut cx) {
            Poll::Ready(output) => return Ok(output),
            Poll::Pending => thread::park(),
        }
    }
}

/// Returns true if this thread is polling an async task.
///
/// `Handle::try_current` cannot tell, since it also finds a runtime in `spawn_blocking`. Only tasks have a budget, which
/// tokio counts in a byte: a thread that can take more than 255 units polls no task. Each unit is given back, the last
/// one first.
fn is_in_task(more: u8) -> bool {
    let mut cx = Context::from_waker(Waker::noop());
    let Poll::Ready(_unit) = coop::poll_proceed(&mut cx) else {
        return true;
    };
    more > 0 && is_in_task(more - 1)
}
