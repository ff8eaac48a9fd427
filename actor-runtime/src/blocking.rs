//! Blocks a thread until a future is ready. Inside an async task this is an error.

use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};

use tokio::task::coop;

use crate::error::CallError;
use crate::sync::thread::{self, Thread};

/// A waker that unparks a thread.
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
/// [`CallError::Blocking`] inside an async task. In this case the future is not polled.
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
/// `Handle::try_current` cannot tell, since it also finds a runtime in `spawn_blocking`. The cooperative budget can:
/// tokio keeps the budget of a task in a `u8`, and outside of a task the budget is unlimited. So a thread that can take
/// 256 units is not polling a task. A call takes one unit and then recurses to take `more` further ones. Each level
/// gives its unit back when it returns.
fn is_in_task(more: u8) -> bool {
    let mut cx = Context::from_waker(Waker::noop());
    let Poll::Ready(_unit) = coop::poll_proceed(&mut cx) else {
        return true;
    };
    more > 0 && is_in_task(more - 1)
}
