//! The loop of an actor that waits for more than commands. Generated code says how each source is polled;
//! the order is here.
//!
//! # Invariants
//!
//! 1. A turn looks for the end first, then for a command with priority.
//! 2. The others, the first lane among them, are asked in a circle that begins behind the one that was
//!    served last. So a source that is ready is served after at most one turn of each of the others. The lane
//!    may pass one round more, when all that was taken out of it together has been handled.
//! 3. Each turn takes from the budget of the task, also where a source does not: one that is always ready
//!    lets other tasks run.
//! 4. A source that has ended is not polled again. Those of a draining actor are not polled at all.

use std::convert::Infallible;
use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use futures_core::Stream;
use tokio::task::coop;
use tokio::time::{Instant, MissedTickBehavior};

use crate::command::Command;
use crate::inbox::Inbox;
use crate::shutdown::{Shutdown, StopReason};

/// What an actor does next.
pub enum Turn<C, S> {
    /// It handles a command.
    Command(C),
    /// It handles what a source gave.
    Source(S),
    /// There is nothing more to do.
    End,
}

/// Whose turn it is among `N` sources and the mailbox.
pub struct Turns<const N: usize> {
    methods: [&'static str; N],
    has_ended: [bool; N],
    /// Who is asked first; `N` for the mailbox.
    first: usize,
    /// How many streams have not ended.
    streams: usize,
}

impl<const N: usize> Turns<N> {
    /// Sources with the names of their methods.
    pub fn new(methods: [&'static str; N]) -> Self {
        Self {
            methods,
            has_ended: [false; N],
            first: 0,
            streams: 0,
        }
    }

    /// Counts a stream: when the last one has ended, an actor without clients has nothing to wait for.
    pub fn stream<S>(&mut self, stream: S) -> S {
        self.streams += 1;
        stream
    }

    /// What the actor does next. `poll` polls the source with a number; `None` is its end.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe if the sources are: what was ready is returned.
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
        if inbox.control().lanes().first.gate().is_halted() {
            return Poll::Ready(Turn::End);
        }
        let Poll::Ready(budget) = coop::poll_proceed(cx) else {
            return Poll::Pending;
        };
        let turn = self.poll_in_order(inbox, poll, cx);
        if turn.is_ready() {
            budget.made_progress();
        }
        turn
    }

    fn poll_in_order<C, S>(
        &mut self,
        inbox: &mut Inbox<C>,
        poll: &mut impl FnMut(usize, &mut Context<'_>) -> Poll<Option<S>>,
        cx: &mut Context<'_>,
    ) -> Poll<Turn<C, S>>
    where
        C: Command,
    {
        if C::HAS_PRIORITY {
            if let Some(command) = inbox.poll_priority(cx) {
                return Poll::Ready(Turn::Command(command));
            }
        }
        if inbox.control().lanes().first.gate().is_ending() {
            return poll_mailbox(inbox, cx);
        }
        for number in (self.first..=N).chain(0..self.first) {
            if number == N {
                if let Poll::Ready(turn) = poll_mailbox(inbox, cx) {
                    self.first = 0;
                    return Poll::Ready(turn);
                }
            } else if let Some(output) = self.poll_source(number, inbox, poll, cx) {
                self.first = number + 1;
                inbox.enter(self.methods[number]);
                return Poll::Ready(Turn::Source(output));
            }
        }
        Poll::Pending
    }

    /// The output of a source, if it is ready.
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
        if self.has_ended[number] {
            return None;
        }
        // So that a panic is that of the method.
        inbox.work_mut().begin_source(self.methods[number]);
        let polled = poll(number, cx);
        inbox.leave();
        match polled {
            Poll::Ready(Some(output)) => Some(output),
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

fn poll_mailbox<C: Command, S>(inbox: &mut Inbox<C>, cx: &mut Context<'_>) -> Poll<Turn<C, S>> {
    inbox
        .poll_first_lane(cx)
        .map(|command| command.map_or(Turn::End, Turn::Command))
}

impl<C: Command> Inbox<C> {
    /// The streams have ended: an actor that goes on without clients handles what is queued, and ends.
    fn run_dry(&self, cx: &Context<'_>) {
        if self.is_detached() {
            self.control()
                .stop(StopReason::Stopped, Some(Shutdown::Drain));
            // The mailbox may have been asked already in this turn.
            cx.waker().wake_by_ref();
        }
    }
}

/// An interval that is owned by the loop. Ticks that were missed are delayed, not bunched.
pub struct Interval(tokio::time::Interval);

/// Longer than any process runs, and short enough to be added to any instant.
const FAR_AWAY: Duration = Duration::from_secs(60 * 60 * 24 * 365 * 30);

impl Interval {
    pub(crate) fn new(start: Instant, first: Duration, period: Duration) -> Self {
        let [first, period] = [first, period].map(|length| length.min(FAR_AWAY));
        let first = start + first;
        let mut interval = tokio::time::interval_at(first, period);
        interval.set_missed_tick_behavior(MissedTickBehavior::Delay);
        Self(interval)
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Instant> {
        self.0.poll_tick(cx)
    }
}

/// The next tick of an `#[every]` method, made a source's output.
pub fn poll_tick<S>(
    interval: &mut Interval,
    cx: &mut Context<'_>,
    output: impl FnOnce(Instant) -> S,
) -> Poll<Option<S>> {
    interval.poll(cx).map(|tick| Some(output(tick)))
}

/// The next item of a `#[stream]` method, or its end.
pub fn poll_item<T: Stream, S>(
    stream: Pin<&mut T>,
    cx: &mut Context<'_>,
    output: impl FnOnce(T::Item) -> S,
) -> Poll<Option<S>> {
    stream.poll_next(cx).map(|item| item.map(output))
}

/// What the future of an `#[on]` method gives.
pub fn poll_output<F: Future, S>(
    future: Pin<&mut F>,
    cx: &mut Context<'_>,
    output: impl FnOnce(F::Output) -> S,
) -> Poll<Option<S>> {
    future.poll(cx).map(|value| Some(output(value)))
}

/// The same, if there is a future: its condition holds.
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

/// What there is for a source that is not there.
pub fn poll_nothing<S>(_source: fn(Infallible) -> S) -> Poll<Option<S>> {
    Poll::Pending
}
