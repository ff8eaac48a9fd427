//! From an actor to a running one: the builder, and the runner that polls the loop.

use std::any::Any;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{self, Poll, Waker, ready};
use std::time::Duration;

use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::actor::{Actor, Command, SendActor};
use crate::client::Client;
use crate::context::Context;
use crate::handle::{ActorHandle, Exit, ExitReason, OnExit, Recipient};
use crate::mailbox::{Inbox, Mailbox, Refused, mailbox};
use crate::reply::Reply;
use crate::shutdown::{Shutdown, StopReason};
use crate::spans::Spans;
use crate::tasks::{self, Tasks};
use crate::waits::Polled;

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
    pub(crate) actor: A,
    pub(crate) capacity: usize,
    pub(crate) shutdown: Option<CancellationToken>,
    pub(crate) deadline: Option<Duration>,
    pub(crate) on_exit: Option<OnExit<A>>,
}

impl<A: Actor> Builder<A> {
    pub(crate) fn new(actor: A) -> Self {
        Self {
            actor,
            capacity: A::CAPACITY,
            shutdown: None,
            deadline: A::DEADLINE,
            on_exit: None,
        }
    }

    /// How many commands may be accepted and not yet started, in each lane; [`Actor::CAPACITY`] unless set.
    ///
    /// That is exact. The loop takes what is queued out of the mailbox together, to work through it
    /// without the lock; each of these commands counts until it is started. The command in progress
    /// does not. Senders that wait get what becomes free in the order in which they came, at the latest
    /// when eight commands have been started or the loop waits.
    ///
    /// It is what bounds the mailbox in memory: what is not accepted stays with its sender. What the mailbox
    /// has grown to it keeps until the actor ends, which is at most two buffers for that many commands, and
    /// three words for each sender that waited at the same time.
    pub fn capacity(mut self, capacity: usize) -> Self {
        self.capacity = capacity;
        self
    }

    /// The token that stops the actor.
    pub fn shutdown(mut self, token: CancellationToken) -> Self {
        self.shutdown = Some(token);
        self
    }

    /// How long the end may take once the actor was told to stop: the method in progress, what is
    /// drained, `#[on_stop]` and the tasks that the actor spawned. A method that is not done by then is
    /// dropped at its `.await`, and with it the state. [`Actor::DEADLINE`] unless set; without one it may
    /// all take as long as it wants.
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
    /// If it is called outside of a tokio runtime, the capacity is 0, or a `#[watch]` method panics.
    pub fn spawn(self) -> A::Client
    where
        A: SendActor,
    {
        let (client, prepared) = self.with_handle(());
        drop(spawn(prepared));
        client
    }

    /// Starts the actor on a task of its own, and gives a handle that waits for its end.
    ///
    /// # Panics
    ///
    /// If it is called outside of a tokio runtime, the capacity is 0, or a `#[watch]` method panics.
    pub fn spawn_with_handle(self) -> (A::Client, ActorHandle<A>)
    where
        A: SendActor,
    {
        let (reply, exit) = Reply::new();
        let (client, prepared) = self.with_handle(reply);
        let mailbox: Arc<Mailbox<A::Command>> = Arc::clone(prepared.life.inbox.mailbox());
        let task = spawn(prepared);
        (
            client,
            ActorHandle {
                exit,
                task,
                mailbox,
            },
        )
    }

    /// The actor as a future, to run in a `JoinSet`, a `TaskTracker`, a `LocalSet` or a thread.
    ///
    /// # Panics
    ///
    /// If the capacity is 0, or a `#[watch]` method panics.
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
        let (client, prepared) = self.with_handle(());
        (client, Runner(prepared))
    }

    pub(crate) fn with_handle<H: Recipient<A>>(self, handle: H) -> (A::Client, Prepared<A, H>) {
        let token = self.shutdown.unwrap_or_default();
        let (sender, mut inbox) = mailbox(self.capacity, A::SHUTDOWN, token);
        if A::DETACHED {
            inbox.detach();
        }
        if A::STARTS {
            inbox.expect_start();
        }
        let client = A::Client::from_sender(sender);
        let context = Context::new(client.downgrade());
        self.actor.publish(&context);
        let life = Life {
            inbox,
            context,
            spans: Spans::new(A::Command::ACTOR),
            handle: Some(handle),
            on_exit: self.on_exit,
        };
        let prepared = Prepared {
            actor: self.actor,
            life,
            deadline: self.deadline,
        };
        (client, prepared)
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
pub struct Runner<A: Actor>(Prepared<A, ()>);

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
        let Prepared {
            actor,
            mut life,
            deadline,
        } = self.0;
        let overdue = deadline.map(|deadline| overdue(life.inbox.mailbox().closed(), deadline));
        // A block, since an `async fn` keeps its arguments twice.
        async move {
            let outcome = {
                life.inbox.drive();
                let mailbox = Arc::clone(life.inbox.mailbox());
                let run = pin!(actor.run(&mut life.inbox, &mut life.context));
                let closing = Closing(mailbox);
                let cancelled = pin!(closing.0.gate().shutdown().cancelled());
                closing.stop_at(cancelled);
                Drive {
                    run,
                    mailbox: &closing.0,
                    polled: Polled::new(Arc::<Mailbox<_>>::clone(&closing.0)),
                    spans: life.spans.clone(),
                    overdue,
                    after: None,
                }
                .await
            };
            life.end(outcome)
        }
    }
}

impl<A: Actor> fmt::Debug for Runner<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Runner")
            .field("deadline", &self.0.deadline)
            .finish_non_exhaustive()
    }
}

/// An actor that is about to run.
pub(crate) struct Prepared<A: Actor, H: Recipient<A>> {
    pub(crate) actor: A,
    pub(crate) life: Life<A, H>,
    pub(crate) deadline: Option<Duration>,
}

fn spawn<A, H>(prepared: Prepared<A, H>) -> JoinHandle<()>
where
    A: SendActor,
    H: Recipient<A> + Send + 'static,
{
    let Prepared {
        actor,
        mut life,
        deadline,
    } = prepared;
    let overdue = deadline.map(|deadline| overdue(life.inbox.mailbox().closed(), deadline));
    tasks::spawn(async move {
        let outcome = {
            life.inbox.drive();
            let mailbox = Arc::clone(life.inbox.mailbox());
            let run = pin!(actor.run_send(&mut life.inbox, &mut life.context));
            let closing = Closing(mailbox);
            let cancelled = pin!(closing.0.gate().shutdown().cancelled());
            closing.stop_at(cancelled);
            Drive {
                run,
                mailbox: &closing.0,
                polled: Polled::new(Arc::<Mailbox<_>>::clone(&closing.0)),
                spans: life.spans.clone(),
                overdue,
                after: None,
            }
            .await
        };
        life.end_and_report(outcome);
    })
}

/// How the loop ended: with the state if it returned, with a payload if it panicked, without both if
/// it was cut off.
pub(crate) struct Outcome<A> {
    state: Option<A>,
    panic: Option<Box<dyn Any + Send>>,
}

impl<A> Outcome<A> {
    pub(crate) const CUT_OFF: Self = Self {
        state: None,
        panic: None,
    };

    /// Whether something of the actor's has panicked, or its start has failed.
    pub(crate) fn is_failure<C: Command>(&self, mailbox: &Mailbox<C>) -> bool {
        self.panic.is_some() || mailbox.has_failed()
    }
}

/// Polls the loop until it returns, panics or is overdue, and then what it has spawned.
pub(crate) struct Drive<'a, R: Future, O, C: Command> {
    pub(crate) run: Pin<&'a mut R>,
    pub(crate) mailbox: &'a Mailbox<C>,
    pub(crate) polled: Polled,
    pub(crate) spans: Spans,
    pub(crate) overdue: Option<Pin<Box<O>>>,
    pub(crate) after: Option<Box<After<R::Output>>>,
}

/// The loop has ended, and tasks of the actor have not.
pub(crate) struct After<A> {
    outcome: Outcome<A>,
    tasks: Tasks,
}

/// `run` is pinned elsewhere, and nothing else has to be.
impl<R: Future, O, C: Command> Unpin for Drive<'_, R, O, C> {}

impl<R: Future, O: Future, C: Command> Future for Drive<'_, R, O, C> {
    type Output = Outcome<R::Output>;

    #[inline]
    fn poll(mut self: Pin<&mut Self>, cx: &mut task::Context<'_>) -> Poll<Self::Output> {
        if self.after.is_some() {
            return self.poll_after(cx);
        }
        let mut is_overdue = false;
        loop {
            if let Poll::Ready(outcome) = self.poll_run(cx) {
                if self.mailbox.gate().has_tasks() && !is_overdue {
                    return self.finish(outcome, cx);
                }
                return Poll::Ready(outcome);
            }
            if is_overdue {
                return Poll::Ready(Outcome::CUT_OFF);
            }
            self.mailbox.admit_waiting();
            if self.mailbox.gate().has_tasks() {
                tasks::let_go(self.mailbox, cx);
            }
            ready!(self.poll_overdue(cx));
            // Between two commands nothing has to be cut off.
            is_overdue = true;
        }
    }
}

impl<R: Future, O: Future, C: Command> Drive<'_, R, O, C> {
    /// Ready once, when there is no more time: then no further command is started.
    #[inline]
    fn poll_overdue(&mut self, cx: &mut task::Context<'_>) -> Poll<()> {
        match &mut self.overdue {
            Some(overdue) => ready!(overdue.as_mut().poll(cx)),
            None => return Poll::Pending,
        };
        let mailbox = self.mailbox;
        mailbox.stop(StopReason::Cancelled, Some(Shutdown::Stop));
        Poll::Ready(())
    }

    #[cold]
    fn finish(
        &mut self,
        mut outcome: Outcome<R::Output>,
        cx: &mut task::Context<'_>,
    ) -> Poll<Outcome<R::Output>> {
        if let Some(panic) = outcome.panic.take() {
            // Not lost if the actor is aborted meanwhile.
            self.mailbox.keep_panic(panic);
        }
        let mut tasks = Tasks::of(self.mailbox);
        if self.mailbox.may_be_restarted() {
            // The next incarnation starts its own.
            tasks.abort();
        } else {
            // The tasks may wait for that.
            self.mailbox.close();
        }
        self.after = Some(Box::new(After { outcome, tasks }));
        self.poll_after(cx)
    }

    #[cold]
    fn poll_after(&mut self, cx: &mut task::Context<'_>) -> Poll<Outcome<R::Output>> {
        if let Some(after) = &mut self.after {
            if after.tasks.poll_finished(self.mailbox, cx).is_pending() {
                ready!(self.poll_overdue(cx));
            }
        }
        match self.after.take() {
            Some(after) => Poll::Ready(after.outcome),
            None => Poll::Pending,
        }
    }
}

impl<R: Future, O, C: Command> Drive<'_, R, O, C> {
    #[inline]
    fn poll_run(&mut self, cx: &mut task::Context<'_>) -> Poll<Outcome<R::Output>> {
        let Self {
            run, polled, spans, ..
        } = self;
        polled.swap();
        // The subscriber may panic, too.
        let result = catch_unwind(AssertUnwindSafe(|| {
            spans.in_scope(|| run.as_mut().poll(cx))
        }));
        polled.swap();
        let (state, panic) = match result {
            Ok(Poll::Ready(actor)) => (Some(actor), None),
            Ok(Poll::Pending) => return Poll::Pending,
            Err(payload) => (None, Some(payload)),
        };
        spans.end();
        Poll::Ready(Outcome { state, panic })
    }
}

/// Ready when the end has taken too long, counted from when the mailbox is closed. Not generic, so that it is
/// compiled once and not for each actor.
pub(crate) fn overdue(
    closed: CancellationToken,
    deadline: Duration,
) -> Pin<Box<impl Future<Output = ()>>> {
    Box::pin(async move {
        closed.cancelled().await;
        tokio::time::sleep(deadline).await;
    })
}

/// Closes the mailbox when it is dropped: before the loop and with it the reply in progress, whose
/// caller then finds the mailbox closed and knows why.
pub(crate) struct Closing<C: Command>(pub(crate) Arc<Mailbox<C>>);

impl<C: Command + Send + 'static> Closing<C> {
    /// Stops the mailbox when `cancelled` is ready. The mailbox is the waker, so one poll is all that
    /// the future needs, as long as it lives.
    pub(crate) fn stop_at(&self, cancelled: Pin<&mut impl Future>) {
        let waker = Waker::from(Arc::clone(&self.0));
        let mut cx = task::Context::from_waker(&waker);
        if cancelled.poll(&mut cx).is_ready() {
            self.0.stop(StopReason::Cancelled, None);
        }
    }
}

impl<C: Command> Drop for Closing<C> {
    fn drop(&mut self) {
        self.0.close();
    }
}

/// What outlives the loop: it makes the exit, also when the task is dropped.
pub(crate) struct Life<A: Actor, H: Recipient<A>> {
    pub(crate) inbox: Inbox<A::Command>,
    pub(crate) context: Context<A>,
    pub(crate) spans: Spans,
    handle: Option<H>,
    on_exit: Option<OnExit<A>>,
}

impl<A: Actor, H: Recipient<A>> Life<A, H> {
    pub(crate) fn end(&mut self, outcome: Outcome<A>) -> Exit<A> {
        let refused = self.inbox.refuse();
        self.exit(outcome, refused)
    }

    /// The exit of an incarnation that is followed by another one, which has the rest of the commands.
    pub(crate) fn end_incarnation(&mut self, outcome: Outcome<A>) -> Exit<A> {
        let record = self.inbox.mailbox().begin_incarnation();
        let exit = self.exit(outcome, Refused::nothing(record));
        self.inbox.begin_anew();
        exit
    }

    fn exit(&self, outcome: Outcome<A>, refused: Refused) -> Exit<A> {
        let mut exit = Exit {
            reason: ExitReason::new(outcome.panic, outcome.state.is_some(), refused.stop),
            state: outcome.state.is_some().then_some(()),
            handled: self.inbox.handed_out_and_done(),
            skipped: 0,
            refused: refused.dropped.count,
            in_progress: self.inbox.in_progress(),
        };
        if let Some(record) = refused.record {
            exit.add(*record);
        }
        // The first panic counts, and this one came last.
        if let Some(panic) = refused.dropped.panic {
            exit.reason.or_panic(panic);
        }
        exit.with_state(outcome.state)
    }

    pub(crate) fn end_and_report(&mut self, outcome: Outcome<A>) {
        let exit = self.end(outcome);
        self.report(exit);
    }

    pub(crate) fn report(&mut self, exit: Exit<A>) {
        if let Some(handle) = self.handle.take() {
            let on_exit = self.on_exit.take();
            self.spans.in_scope(|| handle.receive(exit, on_exit));
        }
    }
}

impl<A: Actor, H: Recipient<A>> Drop for Life<A, H> {
    fn drop(&mut self) {
        if !self.inbox.is_finished() {
            self.end_and_report(Outcome::CUT_OFF);
        }
    }
}
