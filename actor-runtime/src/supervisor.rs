//! Supervision: an actor that is made again after a failure, on the same mailbox.
//!
//! # Invariants
//!
//! 1. The mailbox is closed when the actor is told to end, when its last client has gone and nothing is
//!    queued, and when its supervisor ends; never by a failure. So what is queued stays where it is, and who
//!    waits stays in line.
//! 2. When an incarnation is made, nothing is left of the one before: its loop, its tasks and what was
//!    counted for it. Its state is gone, too, unless `on_restart` has kept it.
//! 3. Each failure is told once: by the exit that `on_restart` gets, or by the last one. What panics between
//!    two incarnations is kept where the panics of tasks are, and told by the next exit.
//! 4. Each restart waits, and counts. Only while the mailbox is drained does it not wait, and then each but
//!    the first follows a command that was started: there are no more than what is queued.

use std::collections::VecDeque;
use std::fmt;
use std::future::poll_fn;
use std::hash::{BuildHasher, RandomState};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;

use crate::actor::{Actor, Command, SendActor};
use crate::context::Context;
use crate::handle::{ActorHandle, Exit, ExitReason, OnExit, Recipient};
use crate::mailbox::{Inbox, Mailbox, Prospect};
use crate::reply::Reply;
use crate::runner::{Builder, Closing, Drive, Life, Outcome, Prepared, overdue};
use crate::tasks;
use crate::turns::FAR_AWAY;
use crate::waits::Polled;

/// Starts an actor and restarts it from a factory when it fails, on the same mailbox: clients stay valid, and
/// what is queued is handled by the next incarnation.
///
/// An actor fails when a method, a hook, a source or a task of its own panics, when what it drops does, and
/// when its start fails. It does not fail when it is told to end, stops itself, is aborted, or has lost its
/// last client: then it ends as any actor does.
///
/// # What becomes of
///
/// - **the command in progress**: its caller gets [`CallError::Panicked`](crate::CallError::Panicked). It is
///   not run again, so a command that always panics costs one restart each time it is sent. If a task
///   panicked, the command runs to its end first.
/// - **queued commands**: they stay queued, in both lanes and in their order, and count for the capacity.
///   Senders that wait for a place stay in line.
/// - **deferred replies**: those in the state are dropped with it; their callers get
///   [`CallError::Panicked`](crate::CallError::Panicked) if a panic unwound through the state, else, as those
///   whose replies were in tasks, [`CallError::Unanswered`](crate::CallError::Unanswered). What is kept
///   elsewhere can still be answered.
/// - **tasks** of [`Context::spawn`](crate::Context::spawn): they are aborted, and waited for.
///   [`Context::token`](crate::Context::token) is cancelled.
/// - **subscriptions and latest values**: they go on. The new state publishes its values when it is made.
/// - **panics**: each is in one [`Exit`], the last one in that of the handle, the others in those of
///   [`on_restart`](Self::on_restart). Each exit counts from the start of its own incarnation.
///
/// # When it ends
///
/// While it waits to restart, the mailbox is open. Told to end then, the actor ends at once: queued commands
/// are refused, or with [`Shutdown::Drain`](crate::Shutdown::Drain) handled by one more incarnation, which
/// does not wait. So are those that are left when a command panics while the mailbox is drained. When the
/// last client is dropped, what is queued is handled after the wait. If nothing is queued, the actor ends
/// without one more incarnation; its exit then has no state.
///
/// It gives up when there were too many [`restarts`](Self::restarts): the mailbox is closed, queued callers get
/// [`CallError::Refused`](crate::CallError::Refused), and the exit says what the last failure was.
///
/// # Examples
///
/// ```
/// use actor_runtime::{actor, CallError, Supervisor};
///
/// #[derive(Default)]
/// struct Counter(u64);
///
/// #[actor]
/// impl Counter {
///     pub fn add(&mut self, amount: u64) -> u64 {
///         self.0 = self.0.checked_add(amount).expect("too much");
///         self.0
///     }
/// }
///
/// # #[tokio::main(flavor = "current_thread", start_paused = true)]
/// # async fn main() -> Result<(), CallError> {
/// let counter = Supervisor::new(Counter::default)
///     .on_restart(|exit| eprintln!("the counter is restarted: {exit}"))
///     .spawn();
/// assert_eq!(counter.add(1).await?, 1);
/// assert_eq!(counter.add(u64::MAX).await, Err(CallError::Panicked));
/// assert_eq!(counter.add(2).await?, 2);
/// # Ok(())
/// # }
/// ```
#[must_use = "a supervisor does nothing until it spawns the actor"]
pub struct Supervisor<A: Actor> {
    incarnations: Incarnations<A>,
    capacity: usize,
    shutdown: Option<CancellationToken>,
    deadline: Option<Duration>,
    on_exit: Option<OnExit<A>>,
}

impl<A: Actor> Supervisor<A> {
    /// A supervisor of what `factory` makes.
    ///
    /// It is called first when the actor is spawned, by the caller of that. Later it is called by the actor's
    /// task, where a panic counts as a failure of the actor. It must not block: what takes time to make is
    /// made in `#[on_start]`, which may fail.
    pub fn new(factory: impl FnMut() -> A + Send + 'static) -> Self
    where
        A: SendActor,
    {
        Self {
            incarnations: Incarnations {
                factory: Box::new(factory),
                restarts: Restarts::default(),
                on_restart: None,
            },
            capacity: A::CAPACITY,
            shutdown: None,
            deadline: A::DEADLINE,
            on_exit: None,
        }
    }

    /// At most so many restarts in such a time, whenever that begins; after one more failure the supervisor
    /// gives up. 10 in a minute unless set: with the usual [`backoff`](Self::backoff), an actor that fails
    /// again and again has about half a minute. With `usize::MAX` the supervisor never gives up, with 0 it
    /// never restarts.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    /// use actor_runtime::{actor, CallError, ExitReason, Supervisor};
    ///
    /// struct Fragile;
    ///
    /// #[actor]
    /// impl Fragile {
    ///     pub fn fail(&mut self) -> () {
    ///         panic!("out of luck");
    ///     }
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread", start_paused = true)]
    /// # async fn main() {
    /// let (fragile, handle) = Supervisor::new(|| Fragile)
    ///     .restarts(1, Duration::from_secs(60))
    ///     .spawn_with_handle();
    /// assert_eq!(fragile.fail().await, Err(CallError::Panicked));
    /// assert_eq!(fragile.fail().await, Err(CallError::Panicked));
    /// assert_eq!(fragile.fail().await, Err(CallError::Closed));
    /// assert!(matches!(handle.await.reason, ExitReason::Panicked(_)));
    /// # }
    /// ```
    pub fn restarts(mut self, limit: usize, within: Duration) -> Self {
        let restarts = &mut self.incarnations.restarts;
        (restarts.limit, restarts.within) = (limit, within);
        self
    }

    /// How long to wait before a restart: the first delay, and the longest. It doubles with each restart in a
    /// row, which ends when an incarnation lives longer than the time given to [`restarts`](Self::restarts).
    /// From 100 milliseconds to 10 seconds unless set.
    ///
    /// Each wait is drawn at random between half of the delay and all of it, so that actors that failed
    /// together, as when a database went away, do not come back together.
    pub fn backoff(mut self, first: Duration, longest: Duration) -> Self {
        let restarts = &mut self.incarnations.restarts;
        (restarts.first, restarts.longest) = (first, longest);
        self
    }

    /// What to do with each exit after which the actor is to be restarted, before the wait. Without it, such
    /// an exit is dropped; with the feature `tracing`, it is logged either way.
    ///
    /// It runs on the actor's task, so it must not block. If it panics, that counts as another failure.
    ///
    /// # Examples
    ///
    /// ```
    /// use actor_runtime::{actor, CallError, Supervisor};
    /// use tokio::sync::mpsc;
    ///
    /// struct Divider;
    ///
    /// #[actor]
    /// impl Divider {
    ///     pub fn divide(&self, number: u32, by: u32) -> u32 {
    ///         number / by
    ///     }
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread", start_paused = true)]
    /// # async fn main() {
    /// let (failures, mut failed) = mpsc::unbounded_channel();
    /// let divider = Supervisor::new(|| Divider)
    ///     .on_restart(move |exit| drop(failures.send(exit.to_string())))
    ///     .spawn();
    /// assert_eq!(divider.divide(6, 3).await, Ok(2));
    /// assert_eq!(divider.divide(1, 0).await, Err(CallError::Panicked));
    /// assert_eq!(
    ///     failed.recv().await.unwrap(),
    ///     "panicked with \"attempt to divide by zero\" in `divide`; 1 command handled, 0 refused"
    /// );
    /// # }
    /// ```
    pub fn on_restart(mut self, on_restart: impl FnMut(Exit<A>) + Send + 'static) -> Self {
        self.incarnations.on_restart = Some(Box::new(on_restart));
        self
    }

    /// See [`Builder::capacity`].
    pub fn capacity(mut self, capacity: usize) -> Self {
        self.capacity = capacity;
        self
    }

    /// The token that stops the actor.
    pub fn shutdown(mut self, token: CancellationToken) -> Self {
        self.shutdown = Some(token);
        self
    }

    /// How long the end may take once the actor was told to stop, restarts included; see
    /// [`Builder::deadline`].
    pub fn deadline(mut self, deadline: Duration) -> Self {
        self.deadline = Some(deadline);
        self
    }

    /// What to do with the last exit if nobody holds a handle to take it.
    pub fn on_exit(mut self, on_exit: impl FnOnce(Exit<A>) + Send + 'static) -> Self {
        self.on_exit = Some(Box::new(on_exit));
        self
    }

    /// Starts the actor on a task of its own.
    ///
    /// # Panics
    ///
    /// If it is called outside of a tokio runtime or in one without a timer, the capacity is 0, or the factory
    /// or a `#[watch]` method panics.
    pub fn spawn(self) -> A::Client
    where
        A: SendActor,
    {
        let (client, prepared, incarnations) = self.prepare(());
        drop(spawn(prepared, incarnations));
        client
    }

    /// Starts the actor on a task of its own, and gives a handle that waits for the end of its last
    /// incarnation. [`ActorHandle::started`] waits for the first start that does not fail.
    ///
    /// # Panics
    ///
    /// If it is called outside of a tokio runtime or in one without a timer, the capacity is 0, or the factory
    /// or a `#[watch]` method panics.
    pub fn spawn_with_handle(self) -> (A::Client, ActorHandle<A>)
    where
        A: SendActor,
    {
        let (reply, exit) = Reply::new();
        let (client, prepared, incarnations) = self.prepare(reply);
        let mailbox: Arc<Mailbox<A::Command>> = Arc::clone(prepared.life.inbox.mailbox());
        let task = spawn(prepared, incarnations);
        (
            client,
            ActorHandle {
                exit,
                task,
                mailbox,
            },
        )
    }

    /// The first incarnation, and what makes the others.
    fn prepare<H: Recipient<A>>(
        mut self,
        handle: H,
    ) -> (A::Client, Prepared<A, H>, Incarnations<A>) {
        let builder = Builder {
            actor: (self.incarnations.factory)(),
            capacity: self.capacity,
            shutdown: self.shutdown,
            deadline: self.deadline,
            on_exit: self.on_exit,
        };
        let (client, prepared) = builder.with_handle(handle);
        (client, prepared, self.incarnations)
    }
}

impl<A: Actor> fmt::Debug for Supervisor<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Supervisor")
            .field("restarts", &self.incarnations.restarts.limit)
            .field("within", &self.incarnations.restarts.within)
            .field("capacity", &self.capacity)
            .field("deadline", &self.deadline)
            .finish_non_exhaustive()
    }
}

fn spawn<A, H>(prepared: Prepared<A, H>, mut incarnations: Incarnations<A>) -> JoinHandle<()>
where
    A: SendActor,
    H: Recipient<A> + Send + 'static,
{
    let Prepared {
        actor,
        mut life,
        deadline,
    } = prepared;
    let mailbox = Arc::clone(life.inbox.mailbox());
    mailbox.begin_incarnation();
    let mut overdue = deadline.map(|deadline| overdue(mailbox.closed(), deadline));
    // Where there is no timer, this panics now, and not at the first restart.
    drop(sleep(Duration::ZERO));
    tasks::spawn(async move {
        life.inbox.drive();
        let closing = Closing(mailbox);
        let cancelled = pin!(closing.0.gate().shutdown().cancelled());
        closing.stop_at(cancelled);
        let mut next = Some(actor);
        let mut prospect = Prospect::GoOn;
        loop {
            let outcome = match next.take() {
                Some(actor) => run_incarnation(actor, &mut life, overdue.as_mut()).await,
                None => Outcome::CUT_OFF,
            };
            if !outcome.is_failure(&closing.0) {
                return life.end_and_report(outcome);
            }
            let delay = match incarnations.verdict(prospect, &life.inbox) {
                Verdict::Restart(delay) => delay,
                Verdict::End => return life.end_and_report(outcome),
                Verdict::GiveUp => return give_up(&mut life, outcome),
            };
            let exit = life.end_incarnation(outcome);
            let spans = &mut life.spans;
            spans.in_scope(|| incarnations.tell(exit, delay, &closing.0));
            prospect = wait(&mut life.inbox, delay).await;
            if prospect == Prospect::End {
                return end_between(&mut life);
            }
            let Life { context, spans, .. } = &mut life;
            next = spans.in_scope(|| incarnations.next(context, &closing.0));
        }
    })
}

/// Runs an incarnation to its end. Dropped before that, it closes the mailbox.
async fn run_incarnation<A, H, O>(
    actor: A,
    life: &mut Life<A, H>,
    overdue: Option<&mut O>,
) -> Outcome<A>
where
    A: SendActor,
    H: Recipient<A>,
    O: Future + Unpin,
{
    let mailbox = Arc::clone(life.inbox.mailbox());
    let run = pin!(actor.run_send(&mut life.inbox, &mut life.context));
    let mut closing = ClosingIfDropped(Some(&mailbox));
    let mut drive = Drive {
        run,
        mailbox: &mailbox,
        polled: Polled::new(Arc::<Mailbox<_>>::clone(&mailbox)),
        spans: life.spans.clone(),
        overdue: overdue.map(Box::pin),
        after: None,
    };
    let mut was_interrupted = false;
    let outcome = poll_fn(|cx| {
        let outcome = Pin::new(&mut drive).poll(cx);
        if outcome.is_pending() && !was_interrupted && mailbox.gate().is_interrupted() {
            was_interrupted = true;
            // The loop may have looked before that, and begun to wait when it was too late to be woken.
            return Pin::new(&mut drive).poll(cx);
        }
        outcome
    })
    .await;
    closing.0 = None;
    outcome
}

/// As [`Closing`], but for a loop that may be followed by another one.
struct ClosingIfDropped<'a, C: Command>(Option<&'a Mailbox<C>>);

impl<C: Command> Drop for ClosingIfDropped<'_, C> {
    fn drop(&mut self) {
        if let Some(mailbox) = self.0 {
            mailbox.close();
        }
    }
}

/// Waits until the next incarnation is to be made, or there is no need for one.
async fn wait<C: Command>(inbox: &mut Inbox<C>, delay: Duration) -> Prospect {
    let mut delay = pin!(sleep(delay));
    poll_fn(move |cx| {
        // Before the look, so that no change is missed.
        inbox.wake_at_change(cx);
        match inbox.prospect() {
            Prospect::GoOn => delay.as_mut().poll(cx).map(|()| Prospect::GoOn),
            prospect => Poll::Ready(prospect),
        }
    })
    .await
}

fn give_up<A: Actor, H: Recipient<A>>(life: &mut Life<A, H>, outcome: Outcome<A>) {
    let exit = life.end(outcome);
    #[cfg(feature = "tracing")]
    life.spans.in_scope(|| {
        tracing::error!(
            actor = A::Command::ACTOR,
            %exit,
            "an actor failed too often to be restarted"
        );
    });
    life.report(exit);
}

/// The end of an actor that has no incarnation at the moment, and needs none.
fn end_between<A: Actor, H: Recipient<A>>(life: &mut Life<A, H>) {
    let reason = ExitReason::of(life.inbox.mailbox().stop_reason());
    let mut exit = life.end(Outcome::CUT_OFF);
    if let ExitReason::Aborted = exit.reason {
        exit.reason = reason;
    }
    life.report(exit);
}

/// What makes an actor again and again.
struct Incarnations<A> {
    factory: Box<dyn FnMut() -> A + Send>,
    restarts: Restarts,
    on_restart: Option<Box<dyn FnMut(Exit<A>) + Send>>,
}

/// What follows a failure.
enum Verdict {
    Restart(Duration),
    /// There is nothing to restart for.
    End,
    GiveUp,
}

impl<A: Actor> Incarnations<A> {
    /// What follows the failure of an incarnation that was made for what `before` says.
    fn verdict(&mut self, before: Prospect, inbox: &Inbox<A::Command>) -> Verdict {
        match inbox.prospect() {
            Prospect::End => return Verdict::End,
            Prospect::Drain if before == Prospect::Drain && !inbox.has_started() => {
                return Verdict::End;
            }
            Prospect::Drain | Prospect::GoOn => {}
        }
        let delay = self.restarts.delay(Instant::now(), random());
        delay.map_or(Verdict::GiveUp, Verdict::Restart)
    }

    /// Tells of an exit that is followed by a restart.
    fn tell(&mut self, exit: Exit<A>, delay: Duration, mailbox: &Mailbox<A::Command>) {
        #[cfg(feature = "tracing")]
        {
            let actor = A::Command::ACTOR;
            tracing::error!(actor, %exit, "an actor failed");
            tracing::warn!(actor, ?delay, "an actor is restarted");
        }
        #[cfg(not(feature = "tracing"))]
        let _ = delay;
        // What is dropped may panic, too.
        keep_panic(mailbox, || match &mut self.on_restart {
            Some(on_restart) => on_restart(exit),
            None => drop(exit),
        });
    }

    /// The next incarnation, unless something has panicked since the last one.
    fn next(&mut self, context: &Context<A>, mailbox: &Mailbox<A::Command>) -> Option<A> {
        self.restarts.count(Instant::now());
        if mailbox.has_failed() {
            return None;
        }
        keep_panic(mailbox, || {
            let actor = (self.factory)();
            actor.publish(context);
            actor
        })
    }
}

/// The result of what runs between two incarnations.
fn keep_panic<C: Command, T>(mailbox: &Mailbox<C>, run: impl FnOnce() -> T) -> Option<T> {
    match catch_unwind(AssertUnwindSafe(run)) {
        Ok(result) => Some(result),
        Err(payload) => {
            mailbox.keep_panic(payload);
            None
        }
    }
}

/// How often to restart, and after which delay.
struct Restarts {
    limit: usize,
    within: Duration,
    first: Duration,
    longest: Duration,
    /// The delay before the next restart in a row.
    next: Duration,
    /// When there were restarts, as far as they count.
    past: VecDeque<Instant>,
}

impl Default for Restarts {
    fn default() -> Self {
        Self {
            limit: 10,
            within: Duration::from_secs(60),
            first: Duration::from_millis(100),
            longest: Duration::from_secs(10),
            next: Duration::ZERO,
            past: VecDeque::new(),
        }
    }
}

impl Restarts {
    /// How long to wait after a failure, unless it was one too many.
    fn delay(&mut self, now: Instant, random: u32) -> Option<Duration> {
        while let Some(first) = self.past.front() {
            if now.saturating_duration_since(*first) < self.within {
                break;
            }
            self.past.pop_front();
        }
        if self.past.is_empty() {
            self.next = self.first;
        }
        if self.past.len() >= self.limit {
            return None;
        }
        let delay = self.next.min(self.longest);
        self.next = delay.saturating_mul(2);
        Some(between_half_and_all(delay, random))
    }

    /// Counts a restart.
    fn count(&mut self, now: Instant) {
        self.past.push_back(now);
    }
}

/// Half of `delay` if the number is 0, all of it if it is the greatest one.
fn between_half_and_all(delay: Duration, random: u32) -> Duration {
    // Short enough to be multiplied by any number.
    let half = delay.min(FAR_AWAY) / 2;
    half + half * random / u32::MAX
}

/// A random number: what a map would use so that nobody can guess its hashes.
fn random() -> u32 {
    let [a, b, c, d, ..] = RandomState::new().hash_one(()).to_ne_bytes();
    u32::from_ne_bytes([a, b, c, d])
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn restarts(limit: usize, within: Duration) -> Restarts {
        Restarts {
            limit,
            within,
            first: SECOND,
            longest: 10 * SECOND,
            ..Restarts::default()
        }
    }

    /// The delay if the actor fails that many seconds after the `start`, and is restarted at once.
    fn fail(restarts: &mut Restarts, start: Instant, seconds: u32) -> Option<Duration> {
        let now = start + seconds * SECOND;
        let delay = restarts.delay(now, u32::MAX);
        if delay.is_some() {
            restarts.count(now);
        }
        delay
    }

    #[test]
    fn the_delay_doubles_up_to_the_longest() {
        let (mut restarts, start) = (restarts(usize::MAX, 60 * SECOND), Instant::now());
        let delays = [0, 1, 2, 3, 40, 90].map(|at| fail(&mut restarts, start, at));
        assert_eq!(
            delays,
            [1, 2, 4, 8, 10, 10].map(|delay| Some(delay * SECOND))
        );
    }

    #[test]
    fn the_first_delay_is_no_longer_than_the_longest() {
        let mut restarts = Restarts {
            first: 20 * SECOND,
            ..restarts(1, SECOND)
        };
        let delay = restarts.delay(Instant::now(), u32::MAX);
        assert_eq!(delay, Some(10 * SECOND));
    }

    #[test]
    fn the_delay_starts_over_when_an_incarnation_has_lived_long() {
        let (mut restarts, start) = (restarts(usize::MAX, 60 * SECOND), Instant::now());
        let delays = [0, 1, 61, 120, 181].map(|at| fail(&mut restarts, start, at));
        assert_eq!(delays, [1, 2, 1, 2, 1].map(|delay| Some(delay * SECOND)));
    }

    #[test]
    fn the_limit_holds_for_each_stretch_of_time() {
        let (mut restarts, start) = (restarts(2, 60 * SECOND), Instant::now());
        let at = [0, 50, 60, 109, 110, 119].map(|at| fail(&mut restarts, start, at).is_some());
        assert_eq!(at, [true, true, true, false, true, false]);
    }

    #[test]
    fn without_restarts_the_first_failure_is_one_too_many() {
        let mut restarts = restarts(0, 60 * SECOND);
        assert_eq!(restarts.delay(Instant::now(), 0), None);
    }

    #[test]
    fn no_duration_is_too_long() {
        let mut restarts = Restarts {
            first: Duration::MAX,
            longest: Duration::MAX,
            ..restarts(usize::MAX, Duration::MAX)
        };
        let now = Instant::now();
        for random in [0, 1, u32::MAX] {
            let delay = restarts.delay(now, random).unwrap();
            assert!(delay >= FAR_AWAY / 2 && delay <= FAR_AWAY);
            restarts.count(now);
        }
    }

    #[test]
    fn a_wait_is_between_half_of_the_delay_and_all_of_it() {
        for delay in [Duration::ZERO, Duration::from_nanos(1), SECOND, FAR_AWAY] {
            assert_eq!(between_half_and_all(delay, 0), delay / 2);
            assert_eq!(between_half_and_all(delay, u32::MAX), delay / 2 * 2);
            for random in [1, u32::MAX / 3, u32::MAX / 2, u32::MAX - 1] {
                let wait = between_half_and_all(delay, random);
                assert!(wait >= delay / 2 && wait <= delay, "{wait:?} of {delay:?}");
            }
        }
        let wait = between_half_and_all(SECOND, u32::MAX / 5);
        assert_eq!(wait.as_millis(), 600);
    }

    #[test]
    fn numbers_are_random() {
        let numbers: Vec<u32> = (0..100).map(|_| random()).collect();
        let low = numbers.iter().filter(|number| **number < u32::MAX / 2);
        assert!((1..100).contains(&low.count()));
    }
}
