//! Turns: the order in which a loop with sources serves them and the mailbox. Generated code says how each source is
//! polled.
//!
//! # Invariants
//!
//! 1. A turn looks for the end first, then for a command with priority. After 16 of these in a row, one
//!    command of the first lane and one source go first, if they are ready.
//! 2. A round has up to [`COMMANDS_PER_ROUND`] commands of the first lane, and then one turn of each source that is
//!    ready, always in the order in which they are declared. So a source that is ready waits for no more commands than
//!    that, and for at most one turn of each of the others.
//! 3. Each turn takes from the budget of the task, even where a source does not. So a source that is always ready lets
//!    other tasks run.
//! 4. A source that has ended is not polled again, and a stream or timer only after it was woken. While the actor
//!    drains, only streams are polled, until none is ready and no command is queued. A stream of tokio's that finds no
//!    budget left says that it is not ready. So it is polled again whoever wakes the task, and a drain ends only if
//!    there is budget left after all streams were polled.
//! 5. A deadline that has passed waits for the commands of the first lane that are queued when a turn finds it past,
//!    and for no more than [`COMMANDS_PER_ROUND`] of them. Then the commands of this round are over. A round looks at
//!    the mailbox at least once, so a deadline that is always past does not hide its end.

mod bell;
mod deadline;

use std::convert::Infallible;
use std::future::{pending, poll_fn};
use std::mem;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use futures_core::Stream;
use tokio::task::coop;
use tokio::time::{Instant, MissedTickBehavior};

use self::bell::Bell;
use self::deadline::Deadline;
use crate::command::Command;
use crate::inbox::Inbox;
use crate::position::Position;
use crate::shutdown::{Shutdown, StopReason};

/// The next step of an actor.
pub enum Turn<C, S> {
    /// The actor handles a command.
    Command(C),
    /// The actor handles the output of a source.
    Source(S),
    /// There is nothing more to do.
    End,
}

/// The number of commands of the first lane in a round.
const COMMANDS_PER_ROUND: u8 = 8;

/// The turns of `N` sources and the mailbox.
pub struct Turns<const N: usize> {
    methods: [&'static str; N],
    kinds: [SourceKind; N],
    has_ended: [bool; N],
    /// The number of commands in this round.
    commands: u8,
    /// The number of sources that had their turn in this round.
    asked: usize,
    /// True if the method of a source was begun last.
    serves: bool,
    /// True if the first lane had its turn after a row of commands with priority, and the sources did not.
    owes_source: bool,
    /// The number of streams that have not ended.
    streams: usize,
    deadlines: usize,
    /// True if a deadline has passed, and the commands that go first have begun.
    is_due: bool,
}

enum SourceKind {
    Stream(Bell),
    Deadline(Due),
    /// A timer with a period, or a future.
    Other,
}

/// The progress of a deadline (invariant 5).
#[derive(Clone, Copy)]
enum Due {
    NotYet,
    /// The deadline has passed, and the commands up to this one go first.
    Behind(Position),
    Now,
}

impl<const N: usize> Turns<N> {
    /// Makes the turns of sources with these `methods`.
    pub fn new(methods: [&'static str; N]) -> Self {
        Self {
            methods,
            kinds: [const { SourceKind::Other }; N],
            has_ended: [false; N],
            commands: 0,
            asked: 0,
            serves: false,
            owes_source: false,
            streams: 0,
            deadlines: 0,
            is_due: false,
        }
    }

    /// Notes that the source with this `number` is a stream. When the last stream has ended, a detached actor without
    /// clients has nothing to wait for.
    pub fn stream<S>(&mut self, number: usize, stream: S) -> S {
        self.kinds[number] = SourceKind::Stream(Bell::default());
        self.streams += 1;
        stream
    }

    /// Makes the deadline of the source with this `number`.
    pub fn deadline(&mut self, number: usize) -> Deadline {
        self.kinds[number] = SourceKind::Deadline(Due::NotYet);
        self.deadlines += 1;
        Deadline::new(Instant::now() + FAR_AWAY)
    }

    /// Waits for the next step of the actor. `poll` polls the source with a number, and gives `None` at its end.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe if the sources are: an output that is ready is returned.
    pub async fn next<C, S>(
        &mut self,
        inbox: &mut Inbox<C>,
        mut poll: impl FnMut(usize, &mut Context<'_>) -> Poll<Option<S>>,
    ) -> Turn<C, S>
    where
        C: Command,
    {
        poll_fn(|cx| self.poll_next(inbox, &mut poll, cx)).await
    }

    fn poll_next<C, S>(
        &mut self,
        inbox: &mut Inbox<C>,
        poll: &mut impl FnMut(usize, &mut Context<'_>) -> Poll<Option<S>>,
        cx: &mut Context<'_>,
    ) -> Poll<Turn<C, S>>
    where
        C: Command,
    {
        inbox.leave();
        // The end comes first (invariant 1).
        if inbox.control().lanes().first.gate().is_halted() {
            return Poll::Ready(Turn::End);
        }
        // Unless the method has ended the actor, as with an error.
        if mem::take(&mut self.serves) {
            inbox.work_mut().note_served();
        }
        // Each turn costs one unit (invariant 3).
        let Poll::Ready(budget) = coop::poll_proceed(cx) else {
            return Poll::Pending;
        };
        if self.deadlines > 0 && !is_draining(inbox) {
            self.note_deadlines(inbox, poll, cx);
        }
        let turn = match self.poll_urgent(inbox, poll, cx) {
            Some(turn) => Poll::Ready(turn),
            None => self.poll_rounds(inbox, poll, cx),
        };
        if turn.is_ready() {
            budget.made_progress();
        }
        turn
    }

    /// Notes which deadlines have passed, and which commands go first (invariant 5).
    fn note_deadlines<C, S>(
        &mut self,
        inbox: &Inbox<C>,
        poll: &mut impl FnMut(usize, &mut Context<'_>) -> Poll<Option<S>>,
        cx: &mut Context<'_>,
    ) where
        C: Command,
    {
        let lane = inbox.control().lanes().first;
        self.is_due = false;
        for (number, kind) in self.kinds.iter_mut().enumerate() {
            let SourceKind::Deadline(due) = kind else {
                continue;
            };
            *due = match *due {
                _ if poll(number, cx).is_pending() => Due::NotYet,
                Due::NotYet => match lane.last_queued(COMMANDS_PER_ROUND) {
                    Some(last) => Due::Behind(last),
                    None => Due::Now,
                },
                Due::Behind(last) if lane.gate().has_begun(last) => Due::Now,
                due => due,
            };
            self.is_due |= matches!(due, Due::Now);
        }
    }

    /// Returns the turn of a command with priority, or of what goes first after a row of these (invariant 1).
    fn poll_urgent<C, S>(
        &mut self,
        inbox: &mut Inbox<C>,
        poll: &mut impl FnMut(usize, &mut Context<'_>) -> Poll<Option<S>>,
        cx: &mut Context<'_>,
    ) -> Option<Turn<C, S>>
    where
        C: Command,
    {
        if !C::HAS_PRIORITY {
            return None;
        }
        if inbox.ends_urgent_row() {
            self.owes_source = true;
            if let Poll::Ready(Some(command)) = inbox.poll_first_lane(cx) {
                return Some(Turn::Command(command));
            }
        }
        if mem::take(&mut self.owes_source) {
            // Goes on where the round is, so that each source has its turn.
            let is_whole_round = self.asked == 0;
            let mut turn = self.poll_sources(inbox, poll, cx);
            if turn.is_none() {
                self.begin_round();
                if !is_whole_round {
                    turn = self.poll_sources(inbox, poll, cx);
                }
            }
            if turn.is_some() {
                return turn;
            }
            self.begin_round();
        }
        inbox.poll_priority(cx).map(Turn::Command)
    }

    /// Goes on with this round, and if nothing is ready in it, with the next one (invariant 2).
    fn poll_rounds<C, S>(
        &mut self,
        inbox: &mut Inbox<C>,
        poll: &mut impl FnMut(usize, &mut Context<'_>) -> Poll<Option<S>>,
        cx: &mut Context<'_>,
    ) -> Poll<Turn<C, S>>
    where
        C: Command,
    {
        let mut mailbox = None;
        loop {
            let limit = if self.is_due { 1 } else { COMMANDS_PER_ROUND };
            let is_first_lanes_turn = self.asked == 0 && self.commands < limit;
            if is_first_lanes_turn && mailbox.is_none() {
                match inbox.poll_first_lane(cx) {
                    Poll::Ready(Some(command)) => {
                        self.commands += 1;
                        inbox.end_urgent_row();
                        return Poll::Ready(Turn::Command(command));
                    }
                    Poll::Ready(None) if !is_draining(inbox) => return Poll::Ready(Turn::End),
                    nothing => mailbox = Some(nothing.map(|_| Turn::End)),
                }
            }
            let is_whole_round = self.asked == 0;
            if let Some(turn) = self.poll_sources(inbox, poll, cx) {
                inbox.end_urgent_row();
                return Poll::Ready(turn);
            }
            self.begin_round();
            if is_whole_round {
                if let Some(nothing) = mailbox {
                    if nothing.is_ready() && !coop::has_budget_remaining() {
                        // Without budget, this wakes the task as tokio wakes those that have used up theirs.
                        let _ = coop::poll_proceed(cx);
                        return Poll::Pending;
                    }
                    return nothing;
                }
            }
        }
    }

    fn begin_round(&mut self) {
        self.commands = 0;
        self.asked = 0;
        self.is_due = false;
    }

    /// Returns the output of the next source in this round that is ready.
    fn poll_sources<C, S>(
        &mut self,
        inbox: &mut Inbox<C>,
        poll: &mut impl FnMut(usize, &mut Context<'_>) -> Poll<Option<S>>,
        cx: &mut Context<'_>,
    ) -> Option<Turn<C, S>>
    where
        C: Command,
    {
        let is_draining = is_draining(inbox);
        if is_draining && inbox.control().stops_if_overdue() {
            return Some(Turn::End);
        }
        while self.asked < N {
            let number = self.asked;
            self.asked += 1;
            // Never polled again, not while the actor drains, or not until it is woken (invariant 4).
            if self.has_ended[number] || !self.kinds[number].is_on(is_draining, cx.waker()) {
                continue;
            }
            if let Some(output) = self.poll_source(number, inbox, poll, cx) {
                self.serves = true;
                inbox.enter(self.methods[number]);
                return Some(Turn::Source(output));
            }
        }
        None
    }

    /// Returns the output of a source, if it is ready.
    fn poll_source<C, S>(
        &mut self,
        number: usize,
        inbox: &mut Inbox<C>,
        poll: &mut impl FnMut(usize, &mut Context<'_>) -> Poll<Option<S>>,
        cx: &mut Context<'_>,
    ) -> Option<S>
    where
        C: Command,
    {
        // A panic of the source counts as a panic of its method.
        inbox.work_mut().begin_source(self.methods[number]);
        let polled = match &mut self.kinds[number] {
            SourceKind::Stream(bell) => {
                let polled = bell.poll(cx, |cx| poll(number, cx));
                if polled.is_pending() && !coop::has_budget_remaining() {
                    bell.ring();
                }
                polled
            }
            SourceKind::Deadline(_) | SourceKind::Other => poll(number, cx),
        };
        inbox.leave();
        match polled {
            Poll::Ready(Some(output)) => {
                self.kinds[number].begin();
                Some(output)
            }
            Poll::Pending => None,
            Poll::Ready(None) => {
                self.has_ended[number] = true;
                self.streams -= 1;
                if self.streams == 0 {
                    inbox.run_dry(cx);
                }
                None
            }
        }
    }
}

impl SourceKind {
    /// Returns true if the source may be polled by this `task` now (invariants 4 and 5).
    fn is_on(&self, is_draining: bool, task: &Waker) -> bool {
        match self {
            Self::Stream(bell) => !bell.is_silent(task),
            Self::Deadline(due) => !is_draining && matches!(due, Due::Now),
            Self::Other => !is_draining,
        }
    }

    /// Begins the method of the source. A deadline that stays past waits for others again.
    fn begin(&mut self) {
        if let Self::Deadline(due) = self {
            *due = Due::NotYet;
        }
    }
}

fn is_draining<C: Command>(inbox: &Inbox<C>) -> bool {
    inbox.control().lanes().first.gate().is_ending()
}

impl<C: Command> Inbox<C> {
    /// Ends an actor that has gone on without clients, after what is queued, since its streams have ended. If it has
    /// clients, it ends with the last one.
    fn run_dry(&mut self, cx: &Context<'_>) {
        if self.attach() {
            self.control()
                .stop(StopReason::Stopped, Some(Shutdown::Drain));
            // The mailbox may have been polled already in this turn.
            cx.waker().wake_by_ref();
        }
    }
}

/// An interval that the loop owns. Missed ticks are delayed, not bunched.
pub struct Interval {
    interval: tokio::time::Interval,
    bell: Bell,
}

/// A duration longer than any process runs, and short enough to be added to any instant.
const FAR_AWAY: Duration = Duration::from_secs(60 * 60 * 24 * 365 * 30);

impl Interval {
    pub(crate) fn new(start: Instant, first: Duration, period: Duration) -> Self {
        let [first, period] = [first, period].map(|length| length.min(FAR_AWAY));
        let first = start + first;
        let mut interval = tokio::time::interval_at(first, period);
        interval.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let bell = Bell::default();
        Self { interval, bell }
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Instant> {
        let Self { interval, bell } = self;
        bell.poll(cx, |cx| interval.poll_tick(cx))
    }
}

/// Polls the interval of an `#[every]` method, and turns its next tick into the output of a source.
pub fn poll_tick<S>(
    interval: &mut Interval,
    cx: &mut Context<'_>,
    output: impl FnOnce(Instant) -> S,
) -> Poll<Option<S>> {
    interval.poll(cx).map(|tick| Some(output(tick)))
}

/// Polls the deadline of an `#[at]` method, and turns it into the output of a source once it has passed.
pub fn poll_deadline<S>(
    deadline: &mut Deadline,
    cx: &mut Context<'_>,
    output: impl FnOnce(Instant) -> S,
) -> Poll<Option<S>> {
    deadline.poll(cx).map(|at| Some(output(at)))
}

/// Polls the stream of a `#[stream]` method, and turns its next item into the output of a source; `None` at its end.
pub fn poll_item<T: Stream, S>(
    stream: Pin<&mut T>,
    cx: &mut Context<'_>,
    output: impl FnOnce(T::Item) -> S,
) -> Poll<Option<S>> {
    stream.poll_next(cx).map(|item| item.map(output))
}

/// Polls the future of an `#[on]` method, and turns its value into the output of a source.
pub fn poll_output<F: Future, S>(
    future: Pin<&mut F>,
    cx: &mut Context<'_>,
    output: impl FnOnce(F::Output) -> S,
) -> Poll<Option<S>> {
    future.poll(cx).map(|value| Some(output(value)))
}

/// Polls the future of an `#[on]` method that has a condition. There is no future unless the condition holds.
pub fn poll_output_if<F: Future, S>(
    future: Pin<&mut Option<F>>,
    cx: &mut Context<'_>,
    output: impl FnOnce(F::Output) -> S,
) -> Poll<Option<S>> {
    match future.as_pin_mut() {
        Some(future) => poll_output(future, cx, output),
        None => Poll::Pending,
    }
}

/// Returns the future of an `#[on(pattern = future)]` source.
///
/// Reports a non-future here, and not again where the result is awaited: that is what the bounds on both types are for.
/// A bound such as `Send`, which may not hold, would be reported wherever rustc sees the result.
pub fn future_of<F: IntoFuture>(future: F) -> impl Future<Output = F::Output>
where
    F::IntoFuture: Anything,
    F::Output: Anything,
{
    future.into_future()
}

/// A bound that always holds.
pub trait Anything {}

impl<T: ?Sized> Anything for T {}

/// The outputs of an `#[on(pattern = future)]` source that did not match, since the last one that did.
///
/// A future that is made again and again may be ready forever, such as the one of a closed channel. So the source waits
/// for the next turn after eight outputs in a row. In the meantime nothing would wake the loop for the outputs behind
/// them. So the source wakes it, unless it has done so 1,024 times in vain.
pub struct Misses {
    in_round: u8,
    rounds: u16,
}

impl Misses {
    const PER_ROUND: u8 = 8;
    const ROUNDS: u16 = 1024;

    /// Starts with no output counted.
    #[expect(
        clippy::new_without_default,
        reason = "generated code calls this, where no prelude may be"
    )]
    pub const fn new() -> Self {
        Self {
            in_round: 0,
            rounds: 0,
        }
    }

    /// Begins a turn. If the future was not ready in the last turn, it wakes the loop itself.
    pub fn begin(&mut self) {
        if self.in_round < Self::PER_ROUND {
            self.rounds = 0;
        }
        self.in_round = 0;
    }

    /// Counts an output, and waits if it is time for others.
    pub async fn miss(&mut self) {
        self.in_round += 1;
        if self.in_round < Self::PER_ROUND {
            return;
        }
        if self.rounds == Self::ROUNDS {
            return pending().await;
        }
        self.rounds += 1;
        let mut has_waited = false;
        poll_fn(|cx| {
            if has_waited {
                return Poll::Ready(());
            }
            has_waited = true;
            cx.waker().wake_by_ref();
            Poll::Pending
        })
        .await;
        self.in_round = 0;
    }
}

/// Stands for the sources of an actor that may all be removed by `cfg`: it is never ready.
pub fn poll_nothing<S>(_source: fn(Infallible) -> S) -> Poll<Option<S>> {
    Poll::Pending
}

#[cfg(test)]
mod tests {
    use std::pin::{Pin, pin};
    use std::task::Waker;

    use super::*;

    fn poll_once<F: Future>(future: Pin<&mut F>) -> Poll<F::Output> {
        future.poll(&mut Context::from_waker(Waker::noop()))
    }

    /// Counts misses until the source waits. Returns true if it wakes the loop itself.
    fn miss_until_it_waits(misses: &mut Misses) -> bool {
        for _ in 1..Misses::PER_ROUND {
            assert!(poll_once(pin!(misses.miss())).is_ready());
        }
        let mut last = pin!(misses.miss());
        assert!(poll_once(last.as_mut()).is_pending());
        poll_once(last).is_ready()
    }

    /// A turn in which the source waits, and something else is ready.
    fn cut_off(misses: &mut Misses) {
        misses.begin();
        for _ in 1..Misses::PER_ROUND {
            assert!(poll_once(pin!(misses.miss())).is_ready());
        }
        assert!(poll_once(pin!(misses.miss())).is_pending());
    }

    #[test]
    fn a_source_that_only_misses_wakes_the_loop_for_a_while() {
        let mut misses = Misses::new();
        for _ in 0..Misses::ROUNDS {
            cut_off(&mut misses);
        }
        misses.begin();
        assert!(!miss_until_it_waits(&mut misses));
    }

    #[test]
    fn a_source_that_was_not_ready_wakes_the_loop_again() {
        let mut misses = Misses::new();
        for _ in 0..Misses::ROUNDS {
            cut_off(&mut misses);
        }
        misses.begin();
        assert!(poll_once(pin!(misses.miss())).is_ready());
        misses.begin();
        assert!(miss_until_it_waits(&mut misses));
    }
}
