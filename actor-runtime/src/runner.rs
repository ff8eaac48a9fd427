//! From an actor to a running one: the builder, and the runner that polls the loop.

use std::any::Any;
use std::fmt;
use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex};
use std::task::{self, Poll, Waker};
use std::time::Duration;

use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::actor::{Actor, SendActor};
use crate::client::Client;
use crate::context::Context;
use crate::handle::{ActorHandle, Exit, ExitReason, OnExit, Report};
use crate::mailbox::{Inbox, Mailbox, Stop, mailbox};

/// What can be set before an actor starts; made by [`Actor::builder`].
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use actor_runtime::{actor, Actor, CancellationToken, Client};
///
/// struct Echo;
///
/// #[actor]
/// impl Echo {
///     pub fn echo(&self, text: String) -> String {
///         text
///     }
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), actor_runtime::CallError> {
/// let shutdown = CancellationToken::new();
/// let echo = Echo
///     .builder()
///     .capacity(8)
///     .shutdown(shutdown.child_token())
///     .deadline(Duration::from_secs(5))
///     .on_exit(|exit| eprintln!("echo ended: {exit}"))
///     .spawn();
/// assert_eq!(echo.capacity(), 8);
/// assert_eq!(echo.echo("hi".into()).await?, "hi");
/// # Ok(())
/// # }
/// ```
#[must_use = "a builder does nothing until one of its last three methods is called"]
pub struct Builder<A: Actor> {
    actor: A,
    capacity: usize,
    shutdown: Option<CancellationToken>,
    deadline: Option<Duration>,
    on_exit: Option<OnExit<A>>,
}

impl<A: Actor> Builder<A> {
    pub(crate) fn new(actor: A) -> Self {
        Self {
            actor,
            capacity: A::CAPACITY,
            shutdown: None,
            deadline: None,
            on_exit: None,
        }
    }

    /// How many commands may be accepted and not yet started; [`Actor::CAPACITY`] unless set.
    pub fn capacity(mut self, capacity: usize) -> Self {
        self.capacity = capacity;
        self
    }

    /// The token that stops the actor.
    pub fn shutdown(mut self, token: CancellationToken) -> Self {
        self.shutdown = Some(token);
        self
    }

    /// How long the command in progress may take once the actor was told to stop. Without a deadline
    /// it may take as long as it wants.
    pub fn deadline(mut self, deadline: Duration) -> Self {
        self.deadline = Some(deadline);
        self
    }

    /// What to do with the exit if nobody holds a handle to take it.
    pub fn on_exit(mut self, on_exit: impl FnOnce(Exit<A>) + Send + 'static) -> Self {
        self.on_exit = Some(Box::new(on_exit));
        self
    }

    /// Starts the actor on a task of its own.
    ///
    /// # Panics
    ///
    /// If it is called outside of a tokio runtime, or the capacity is 0.
    pub fn spawn(self) -> A::Client
    where
        A: SendActor,
    {
        let (client, runner) = self.into_runner();
        drop(runner.spawn());
        client
    }

    /// Starts the actor on a task of its own, and gives a handle that waits for its end.
    ///
    /// # Panics
    ///
    /// If it is called outside of a tokio runtime, or the capacity is 0.
    pub fn spawn_with_handle(self) -> (A::Client, ActorHandle<A>)
    where
        A: SendActor,
    {
        let (client, mut runner) = self.into_runner();
        let (sender, exit) = oneshot::async_channel();
        runner.life.handle = Some(sender);
        let mailbox = Arc::clone(runner.life.inbox.mailbox());
        let task = runner.spawn();
        (
            client,
            ActorHandle {
                exit: Mutex::new(exit),
                task,
                mailbox,
            },
        )
    }

    /// The actor as a future, to run in a `JoinSet`, a `TaskTracker`, a `LocalSet` or a thread.
    ///
    /// # Panics
    ///
    /// If the capacity is 0.
    ///
    /// # Examples
    ///
    /// An actor with state that cannot leave its thread:
    ///
    /// ```
    /// use std::rc::Rc;
    /// use actor_runtime::{actor, Actor};
    ///
    /// struct Names(Rc<str>);
    ///
    /// #[actor(local)]
    /// impl Names {
    ///     pub fn first(&self) -> String {
    ///         self.0.to_string()
    ///     }
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), actor_runtime::CallError> {
    /// let (names, runner) = Names("Ann".into()).builder().into_runner();
    /// let local = tokio::task::LocalSet::new();
    /// local.spawn_local(runner.run());
    /// local.run_until(async { assert_eq!(names.first().await.unwrap(), "Ann") }).await;
    /// # Ok(())
    /// # }
    /// ```
    pub fn into_runner(self) -> (A::Client, Runner<A>) {
        let (sender, inbox) = mailbox(self.capacity, self.shutdown.unwrap_or_default());
        let client = A::Client::from_sender(sender);
        let context = Context::new(client.downgrade());
        let life = Life {
            inbox,
            context,
            handle: None,
            on_exit: self.on_exit,
        };
        let runner = Runner {
            actor: self.actor,
            life,
            deadline: self.deadline,
        };
        (client, runner)
    }
}

impl<A: Actor> fmt::Debug for Builder<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Builder")
            .field("capacity", &self.capacity)
            .field("deadline", &self.deadline)
            .finish_non_exhaustive()
    }
}

/// An actor that is ready to run; made by [`Builder::into_runner`].
///
/// Commands that are sent before it runs are queued. Dropped, it refuses them.
#[must_use = "a runner does nothing unless `run` is awaited"]
pub struct Runner<A: Actor> {
    actor: A,
    life: Life<A>,
    deadline: Option<Duration>,
}

impl<A: Actor> Runner<A> {
    /// Runs the actor to its end. A panic of a method does not unwind through here: it is in the exit.
    ///
    /// # Cancel safety
    ///
    /// Dropped before it is done, the actor is aborted: its state is dropped, and its callers are told.
    pub fn run(self) -> impl Future<Output = Exit<A>>
    where
        A::Command: Send,
    {
        let Self {
            actor,
            mut life,
            deadline,
        } = self;
        let overdue = life.overdue(deadline);
        async move {
            let outcome = {
                let mailbox = Arc::clone(life.inbox.mailbox());
                let run = pin!(actor.run(&mut life.inbox, &mut life.context));
                drive(run, mailbox, overdue).await
            };
            life.end(outcome)
        }
    }

    /// The one place of this crate that spawns.
    fn spawn(self) -> JoinHandle<()>
    where
        A: SendActor,
    {
        let Self {
            actor,
            mut life,
            deadline,
        } = self;
        let overdue = life.overdue(deadline);
        tokio::spawn(async move {
            let outcome = {
                let mailbox = Arc::clone(life.inbox.mailbox());
                let run = pin!(actor.run_send(&mut life.inbox, &mut life.context));
                drive(run, mailbox, overdue).await
            };
            life.end_and_report(outcome);
        })
    }
}

impl<A: Actor> fmt::Debug for Runner<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Runner")
            .field("deadline", &self.deadline)
            .finish_non_exhaustive()
    }
}

/// How the loop ended.
enum Outcome<A> {
    Returned(A),
    Panicked(Box<dyn Any + Send>),
    /// It was dropped, or is about to be.
    CutOff,
}

/// Polls the loop until it returns, panics or is overdue.
///
/// This and `spawn` are blocks rather than `async fn`s, which would keep each argument twice: what is
/// here, each actor has.
fn drive<A, C: Send + 'static>(
    mut run: Pin<&mut impl Future<Output = A>>,
    mailbox: Arc<Mailbox<C>>,
    mut overdue: Option<Pin<Box<impl Future<Output = ()>>>>,
) -> impl Future<Output = Outcome<A>> {
    // Dropped before the loop and with it the reply in progress, whose caller then finds the mailbox
    // closed and knows why.
    let closing = Closing(mailbox);
    async move {
        let cancelled = pin!(closing.0.shutdown.cancelled());
        wake_at(cancelled, &closing.0);
        poll_fn(
            |cx| match catch_unwind(AssertUnwindSafe(|| run.as_mut().poll(cx))) {
                Ok(Poll::Ready(actor)) => Poll::Ready(Outcome::Returned(actor)),
                Ok(Poll::Pending) => match &mut overdue {
                    Some(overdue) => overdue.as_mut().poll(cx).map(|()| Outcome::CutOff),
                    None => Poll::Pending,
                },
                Err(payload) => Poll::Ready(Outcome::Panicked(payload)),
            },
        )
        .await
    }
}

/// Stops the mailbox when `cancelled` is ready. The mailbox is the waker, so one poll is all that the
/// future needs.
fn wake_at<C: Send + 'static>(cancelled: Pin<&mut impl Future>, mailbox: &Arc<Mailbox<C>>) {
    let waker = Waker::from(Arc::clone(mailbox));
    if cancelled
        .poll(&mut task::Context::from_waker(&waker))
        .is_ready()
    {
        mailbox.stop(Stop::Cancelled);
    }
}

struct Closing<C>(Arc<Mailbox<C>>);

impl<C> Drop for Closing<C> {
    fn drop(&mut self) {
        self.0.close();
    }
}

/// What outlives the loop: it makes the exit, also when the task is dropped.
struct Life<A: Actor> {
    inbox: Inbox<A::Command>,
    context: Context<A>,
    handle: Option<oneshot::Sender<Report<A>>>,
    on_exit: Option<OnExit<A>>,
}

impl<A: Actor> Life<A> {
    /// Ready when the command in progress has had its time after the mailbox was closed.
    fn overdue(
        &self,
        deadline: Option<Duration>,
    ) -> Option<Pin<Box<impl Future<Output = ()> + use<A>>>> {
        let deadline = deadline?;
        let closed = self.inbox.mailbox().closed();
        Some(Box::pin(async move {
            closed.cancelled().await;
            tokio::time::sleep(deadline).await;
        }))
    }

    fn end(&mut self, outcome: Outcome<A>) -> Exit<A> {
        let mailbox = self.inbox.mailbox();
        let returned = match mailbox.stop_reason() {
            Some(Stop::Cancelled) => ExitReason::Cancelled,
            Some(Stop::Inside) => ExitReason::Stopped,
            None => ExitReason::ClientsDropped,
        };
        let in_progress = self.inbox.in_progress();
        let (refused, dropped) = self.inbox.refuse();
        let (reason, state) = match (outcome, dropped) {
            (Outcome::Returned(actor), Ok(())) => (returned, Some(actor)),
            (Outcome::Returned(actor), Err(payload)) => {
                (ExitReason::Panicked(payload), Some(actor))
            }
            (Outcome::Panicked(payload), _) => (ExitReason::Panicked(payload), None),
            (Outcome::CutOff, _) => (ExitReason::Aborted, None),
        };
        Exit {
            reason,
            state,
            handled: self.inbox.started() - u64::from(in_progress.is_some()),
            refused,
            in_progress,
        }
    }

    fn end_and_report(&mut self, outcome: Outcome<A>) {
        let exit = Some(self.end(outcome));
        let report = Report {
            exit,
            on_exit: self.on_exit.take(),
        };
        if let Some(handle) = self.handle.take() {
            // If the handle is gone, the report is dropped here and goes to `on_exit`.
            let _ = handle.send(report);
        }
    }
}

impl<A: Actor> Drop for Life<A> {
    fn drop(&mut self) {
        if !self.inbox.is_finished() {
            self.end_and_report(Outcome::CutOff);
        }
    }
}
