//! The time after which a caller gives up its call.
//!
//! The timer belongs to the runtime of the actor, so that callers on threads and on other executors have it, too. It is
//! made when the caller begins to wait.

use std::future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::sync::watch;
use tokio::task::coop::unconstrained;
use tokio::time::sleep;

use crate::blocking::block_on;
use crate::command::Command;
use crate::error::CallError;
use crate::panics::{caught, discard};
use crate::shared::{Control, Shared};

/// Waits for the call `F` until its time has passed. Whoever gives up drops the call.
#[must_use = "futures do nothing unless polled"]
pub struct Within<'a, C: Command, F> {
    actor: &'a Arc<Shared<C>>,
    method: &'static str,
    call: F,
    timeout: Timeout,
}

impl<'a, C: Command, F> Within<'a, C, F> {
    /// Gives a `call` of the `actor`'s `method` this much time from its first poll.
    pub(crate) fn new(
        actor: &'a Arc<Shared<C>>,
        method: &'static str,
        call: F,
        time: Duration,
    ) -> Self {
        Self {
            actor,
            method,
            call,
            timeout: Timeout { time, timer: None },
        }
    }

    /// Blocks the thread until the call is done, or its time has passed.
    pub fn blocking<T>(self) -> Result<T, CallError>
    where
        F: Future<Output = Result<T, CallError>> + Unpin,
    {
        block_on(self)?
    }
}

impl<C: Command, F, T> Future for Within<'_, C, F>
where
    F: Future<Output = Result<T, CallError>> + Unpin,
{
    type Output = Result<T, CallError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let Self {
            actor,
            method,
            call,
            timeout,
        } = &mut *self;
        // Before the timer, so that a result which came in time is not lost.
        if let Poll::Ready(result) = Pin::new(call).poll(cx) {
            return Poll::Ready(result);
        }
        ready!(timeout.poll(actor.control(), cx));
        actor.meters().timed_out(method);
        Poll::Ready(Err(CallError::TimedOut))
    }
}

/// The time of a call, whatever the call is.
struct Timeout {
    time: Duration,
    /// `None` until the caller has to wait.
    timer: Option<Pin<Box<dyn Future<Output = ()> + Send + Sync>>>,
}

impl Timeout {
    /// Waits until the time has passed by the clock of the `actor`.
    #[cold]
    fn poll(&mut self, actor: &dyn Control, cx: &mut Context<'_>) -> Poll<()> {
        let Self { time, timer } = self;
        // The call shares the budget of its task, and may have used all of it.
        let timer =
            timer.get_or_insert_with(|| Box::pin(unconstrained(elapsed(*time, actor.runtime()))));
        let mut polled = Poll::Pending;
        if let Some(panic) = caught(|| polled = timer.as_mut().poll(cx)) {
            // The runtime of the timer has ended. So has the actor, which tells its callers, unless it never started.
            discard(panic);
            *timer = Box::pin(future::pending());
        }
        polled
    }
}

/// Waits until the `runtime` is known, then until the time has passed by its clock.
async fn elapsed(time: Duration, mut runtime: watch::Receiver<Option<Handle>>) {
    let known = runtime.wait_for(Option::is_some).await;
    let Some(runtime) = known.ok().and_then(|runtime| runtime.clone()) else {
        return future::pending().await;
    };
    let sleep = {
        let _entered = runtime.enter();
        sleep(time)
    };
    sleep.await;
}
