//! The receiving half of a mailbox.

use std::collections::VecDeque;
use std::fmt;
use std::future::poll_fn;
use std::mem;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::thread;

use tokio::task::coop;

use super::{Mailbox, Started};
use crate::actor::Command;

/// What the loop of an actor reads: the receiving half of its mailbox.
///
/// Dropping it closes the mailbox and answers every caller whose command is still queued with
/// [`CallError::Refused`](crate::CallError::Refused).
pub struct Inbox<C> {
    mailbox: Arc<Mailbox<C>>,
    /// Accepted commands that were taken out of the mailbox together, the oldest first.
    batch: VecDeque<C>,
    in_progress: Option<&'static str>,
    started: u64,
    is_finished: bool,
    /// Whether to let others run before the mailbox is looked at again: the last batch was more than
    /// one command, so there are several senders, or a quick one.
    lingers: bool,
}

impl<C: Command> Inbox<C> {
    /// The next command, or `None` when there will be no further one: the mailbox was told to stop,
    /// or the last client is gone and the queue is empty.
    ///
    /// The command that was handed out before counts as done.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe: a command is taken out only when it is returned.
    ///
    /// # Examples
    ///
    /// ```
    /// use actor_runtime::{actor, channel};
    ///
    /// struct Greeter;
    ///
    /// #[actor]
    /// impl Greeter {
    ///     pub fn greet(&self, name: &str) -> String {
    ///         format!("hello {name}")
    ///     }
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let (client, mut inbox) = channel::<Greeter>(8);
    /// let caller = tokio::spawn(async move { client.greet("Ann").await });
    /// let Some(GreeterCommand::Greet { name, reply }) = inbox.next().await else { panic!() };
    /// assert_eq!(name, "Ann");
    /// reply.send("a faked answer".to_owned());
    /// assert_eq!(caller.await.unwrap().unwrap(), "a faked answer");
    /// # }
    /// ```
    #[expect(
        clippy::should_implement_trait,
        reason = "the next of a stream, not of an iterator"
    )]
    #[inline]
    pub fn next(&mut self) -> impl Future<Output = Option<C>> {
        poll_fn(|cx| self.poll_next(cx))
    }

    #[inline]
    fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Option<C>> {
        self.in_progress = None;
        let budget = ready!(coop::poll_proceed(cx));
        if self.batch.is_empty() && !ready!(self.poll_refill(cx)) {
            return Poll::Ready(None);
        }
        match self.mailbox.start() {
            Started::Yes => {
                let command = self.batch.pop_front();
                self.in_progress = command.as_ref().map(Command::name);
                self.started += 1;
                // Not `made_progress`, which costs a call: this is 4 % of a cast.
                mem::forget(budget);
                Poll::Ready(command)
            }
            Started::No => Poll::Ready(None),
        }
    }

    /// Swaps the empty batch for what has been queued; `false` when nothing will come any more.
    #[inline(never)]
    fn poll_refill(&mut self, cx: &mut Context<'_>) -> Poll<bool> {
        // Those who were just answered push again meanwhile, and need not wake the actor for it.
        if mem::take(&mut self.lingers) {
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        let mut state = self.mailbox.lock();
        if !state.queue.is_empty() {
            mem::swap(&mut state.queue, &mut self.batch);
            self.lingers = self.batch.len() > 1;
            return Poll::Ready(true);
        }
        if state.is_closed {
            return Poll::Ready(false);
        }
        if !self.mailbox.has_senders() {
            self.mailbox.close_locked(state);
            return Poll::Ready(false);
        }
        let old = state.receiver.replace(cx.waker().clone());
        drop(state);
        drop(old);
        Poll::Pending
    }
}

impl<C> Inbox<C> {
    pub(super) fn new(mailbox: Arc<Mailbox<C>>) -> Self {
        Self {
            mailbox,
            batch: VecDeque::new(),
            in_progress: None,
            started: 0,
            is_finished: false,
            lingers: false,
        }
    }

    /// Leaves the mailbox open, for a context that has no actor.
    pub(super) fn forget(mut self) {
        self.is_finished = true;
    }

    pub(crate) fn mailbox(&self) -> &Arc<Mailbox<C>> {
        &self.mailbox
    }

    /// The command that was handed out last, if the next one was not asked for yet.
    pub(crate) fn in_progress(&self) -> Option<&'static str> {
        self.in_progress
    }

    /// How many commands were handed out.
    pub(crate) fn started(&self) -> u64 {
        self.started
    }

    pub(crate) fn is_finished(&self) -> bool {
        self.is_finished
    }

    /// Closes the mailbox and drops what was accepted and not started, the oldest first; to drop it
    /// is to tell the callers. Gives how many these were, and the first panic among the drops.
    pub(crate) fn refuse(&mut self) -> (u64, thread::Result<()>) {
        self.is_finished = true;
        self.mailbox.close();
        let (mut refused, mut dropped) = (0, Ok(()));
        while let Some(command) = self.pop_refused() {
            refused += 1;
            // One by one: a second panic, while the first one unwinds, would end the process.
            dropped = dropped.and(catch_unwind(AssertUnwindSafe(|| drop(command))));
        }
        (refused, dropped)
    }

    fn pop_refused(&mut self) -> Option<C> {
        if self.batch.is_empty() {
            mem::swap(&mut self.mailbox.lock().queue, &mut self.batch);
        }
        self.batch.pop_front()
    }
}

impl<C> Drop for Inbox<C> {
    fn drop(&mut self) {
        if self.is_finished {
            return;
        }
        match self.refuse() {
            (_, Err(payload)) if !thread::panicking() => resume_unwind(payload),
            _ => {}
        }
    }
}

impl<C> fmt::Debug for Inbox<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Inbox")
            .field("in_progress", &self.in_progress)
            .finish_non_exhaustive()
    }
}
