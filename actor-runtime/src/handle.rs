//! The handle of a running actor: waits for its end, or brings it about.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::task::JoinHandle;
use tokio::time::timeout;

use crate::error::CallError;
use crate::exit::Exit;
#[cfg(feature = "tracing")]
use crate::exit::ExitReason;
use crate::reply::{Answer, Reply};
use crate::shared::{Controller, Start};
use crate::shutdown::{Shutdown, StopReason};

/// A future of the actor's [`Exit`].
///
/// Dropping the handle lets the actor go on. See [`Actor::spawn_with_handle`](crate::Actor::spawn_with_handle).
#[must_use = "a handle that is dropped no longer tells how the actor ended; use `spawn`"]
pub struct ActorHandle<A> {
    exit: Answer<Report<A>>,
    task: JoinHandle<()>,
    /// It names no commands: an actor that owns handles of actors of its own type would be `Send` only if it is an
    /// actor, and an actor only if it is `Send`.
    actor: Controller,
}

impl<A> ActorHandle<A> {
    pub(crate) fn new(exit: Answer<Report<A>>, task: JoinHandle<()>, actor: Controller) -> Self {
        Self { exit, task, actor }
    }

    /// Waits until the actor has started: until its `#[on_start]` method is done and its sources are set
    /// up. Commands that are sent before that are queued. Of a supervised actor, it is the first incarnation
    /// to get that far.
    ///
    /// # Errors
    ///
    /// [`CallError::Closed`] if the actor ended before it was done with that; the exit says why.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe: it only waits.
    ///
    /// # Examples
    ///
    /// ```
    /// use actor_runtime::{actor, Actor, CancellationToken, ExitReason};
    ///
    /// struct Server;
    ///
    /// #[actor]
    /// impl Server {
    ///     pub fn ping(&self) {}
    ///
    ///     #[on_start]
    ///     async fn listen(&mut self) -> std::io::Result<()> {
    ///         Err(std::io::Error::other("the port is taken"))
    ///     }
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let (server, handle) = Server.spawn_with_handle(CancellationToken::new());
    /// assert!(handle.started().await.is_err());
    /// let exit = handle.await;
    /// assert!(matches!(&exit.reason, ExitReason::StartFailed(_)));
    /// assert!(exit.to_string().starts_with("failed to start: the port is taken"));
    /// # }
    /// ```
    pub async fn started(&self) -> Result<(), CallError> {
        let Some(mut start) = self.actor.start() else {
            return Ok(());
        };
        let start = start.wait_for(|start| *start != Start::Pending).await;
        match start.as_deref() {
            Ok(Start::Done) => Ok(()),
            _ => Err(CallError::Closed),
        }
    }

    /// Tells the actor to end as its [`Actor::SHUTDOWN`](crate::Actor::SHUTDOWN) says, and waits for its end. A method that is not
    /// done after `deadline` is aborted at its next `.await`.
    ///
    /// # Panics
    ///
    /// If the runtime has no timer.
    ///
    /// # Cancel safety
    ///
    /// Once it was polled, the actor has been told to stop. Dropped before it is done, it does not
    /// abort the actor.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    /// use actor_runtime::{actor, Actor, CancellationToken, ExitReason};
    ///
    /// struct Worker;
    ///
    /// #[actor]
    /// impl Worker {
    ///     pub async fn work_for_ever(&mut self) {
    ///         std::future::pending().await
    ///     }
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread", start_paused = true)]
    /// # async fn main() {
    /// let (worker, handle) = Worker.spawn_with_handle(CancellationToken::new());
    /// worker.work_for_ever().await.unwrap();
    /// tokio::task::yield_now().await;
    /// let exit = handle.shutdown(Duration::from_secs(5)).await;
    /// assert!(matches!(exit.reason, ExitReason::Aborted));
    /// assert_eq!(exit.in_progress, Some("work_for_ever"));
    /// # }
    /// ```
    pub async fn shutdown(self, deadline: Duration) -> Exit<A> {
        self.end(None, deadline).await
    }

    /// The same, with another way to treat queued commands than the actor's own. What stops already is not
    /// drained after all.
    ///
    /// # Panics
    ///
    /// If the runtime has no timer.
    ///
    /// # Cancel safety
    ///
    /// As that of [`shutdown`](Self::shutdown).
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    /// use actor_runtime::{actor, Actor, CancellationToken, Shutdown};
    ///
    /// struct Log(Vec<String>);
    ///
    /// #[actor]
    /// impl Log {
    ///     pub fn append(&mut self, line: String) {
    ///         self.0.push(line);
    ///     }
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let (log, handle) = Log(Vec::new()).spawn_with_handle(CancellationToken::new());
    /// log.append("one".into()).await.unwrap();
    /// let exit = handle.shutdown_with(Shutdown::Drain, Duration::from_secs(5)).await;
    /// assert_eq!(exit.state.unwrap().0, ["one"]);
    /// # }
    /// ```
    pub async fn shutdown_with(self, how: Shutdown, deadline: Duration) -> Exit<A> {
        self.end(Some(how), deadline).await
    }

    async fn end(mut self, how: Option<Shutdown>, deadline: Duration) -> Exit<A> {
        self.actor.stop(StopReason::Cancelled, how);
        if let Ok(exit) = timeout(deadline, &mut self).await {
            return exit;
        }
        self.abort();
        self.await
    }

    /// Ends the actor at the next `.await` of its method, however far that is. Its state is dropped.
    pub fn abort(&self) {
        self.task.abort();
    }

    /// Whether the actor's task has ended.
    pub fn is_finished(&self) -> bool {
        self.task.is_finished()
    }
}

impl<A> Future for ActorHandle<A> {
    type Output = Exit<A>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        Pin::new(&mut self.exit).poll(cx).map(|report| {
            // Whoever holds the other end sends when it is dropped, so an error cannot happen.
            let exit = report.ok().and_then(Report::into_exit);
            exit.unwrap_or_else(|| Exit::new(None, false, None).with_state(None))
        })
    }
}

impl<A> fmt::Debug for ActorHandle<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ActorHandle")
            .field("is_finished", &self.is_finished())
            .finish_non_exhaustive()
    }
}

/// A function that gets an exit, and logs a panic if nobody else has seen it.
pub(crate) type OnExit<A> = Box<dyn FnOnce(Exit<A>) + Send>;

/// An exit on its way to the handle; empty once the handle has it.
pub(crate) struct Report<A>(Option<Unseen<A>>);

/// An exit that nobody has seen yet.
struct Unseen<A> {
    exit: Exit<A>,
    actor: &'static str,
    on_exit: Option<OnExit<A>>,
}

impl<A: 'static> Report<A>
where
    A: Send,
{
    /// Lets a handle get the exit first, and `on_exit` if the handle is gone.
    pub(crate) fn ask(actor: &'static str, on_exit: &mut Option<OnExit<A>>) -> Answer<Self> {
        let (reply, answer) = Reply::new();
        let if_unseen = on_exit.take();
        *on_exit = Some(Box::new(move |exit| {
            // If the handle is gone, the report is dropped here.
            reply.send(Self(Some(Unseen {
                exit,
                actor,
                on_exit: if_unseen,
            })));
        }));
        answer
    }
}

impl<A> Report<A> {
    fn into_exit(mut self) -> Option<Exit<A>> {
        self.0.take().map(|unseen| unseen.exit)
    }
}

impl<A> Drop for Report<A> {
    fn drop(&mut self) {
        if let Some(unseen) = self.0.take() {
            let Unseen {
                exit,
                actor,
                on_exit,
            } = unseen;
            match on_exit {
                Some(on_exit) => on_exit(exit),
                None => log_unseen(actor, &exit),
            }
        }
    }
}

/// Logs a panic that nobody waited for.
pub(crate) fn log_unseen<A>(actor: &'static str, exit: &Exit<A>) {
    #[cfg(feature = "tracing")]
    if let ExitReason::Panicked(_) = exit.reason {
        tracing::error!(actor, %exit, "an actor panicked");
    }
    #[cfg(not(feature = "tracing"))]
    let _ = (actor, exit);
}
