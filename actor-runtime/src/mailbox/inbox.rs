//! The receiving half of a mailbox.

use std::any::Any;
use std::collections::VecDeque;
use std::fmt;
use std::mem;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::thread;

use tokio::task::coop;

use super::gate::{Started, TOGETHER};
use super::{Mailbox, Stop};
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
    /// Whether whoever polls the loop grants slots when it waits; see [`Inbox::drive`].
    is_driven: bool,
    /// How many slots have become free for senders that wait, and were not granted yet.
    freed: u8,
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
        Next(self)
    }

    /// Swaps the empty batch for what has been queued; `false` when nothing will come any more.
    #[inline(never)]
    fn poll_refill(&mut self, cx: &mut Context<'_>) -> Poll<bool> {
        // Those who were just answered push again meanwhile, and need not wake the actor for it.
        if mem::take(&mut self.freed) > 0 {
            self.mailbox.admit();
        }
        if mem::take(&mut self.lingers) {
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        if self.mailbox.gate.is_stopping() {
            return Poll::Ready(false);
        }
        let mut state = self.mailbox.lock();
        if !state.queue.is_empty() {
            mem::swap(&mut state.queue, &mut self.batch);
            self.lingers = self.batch.len() > 1;
            return Poll::Ready(true);
        }
        if state.line.is_closed {
            return Poll::Ready(false);
        }
        if !self.mailbox.gate.has_senders() {
            self.mailbox.close_locked(state);
            return Poll::Ready(false);
        }
        let old = state.line.receiver.replace(cx.waker().clone());
        drop(state);
        drop(old);
        Poll::Pending
    }
}

struct Next<'a, C>(&'a mut Inbox<C>);

impl<C: Command> Future for Next<'_, C> {
    type Output = Option<C>;

    #[inline]
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let inbox = &mut *self.0;
        inbox.in_progress = None;
        let budget = ready!(coop::poll_proceed(cx));
        if inbox.batch.is_empty() && !ready!(inbox.poll_refill(cx)) {
            return Poll::Ready(None);
        }
        match inbox.mailbox.gate.start() {
            Started::Yes => {}
            Started::FreesASlot => inbox.free_slot(),
            Started::No => return Poll::Ready(None),
        }
        let command = inbox.batch.pop_front();
        if let Some(command) = &command {
            inbox.in_progress = Some(command.name());
        }
        inbox.started += 1;
        // Not `made_progress`, which costs a call: this is 4 % of a cast.
        mem::forget(budget);
        Poll::Ready(command)
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
            is_driven: false,
            freed: 0,
        }
    }

    /// From now on slots may be granted together, because whoever polls the loop calls
    /// [`Mailbox::admit_waiting`] when it waits.
    pub(crate) fn drive(&mut self) {
        self.is_driven = true;
    }

    /// Grants the slot of the command that was just started, now or with others.
    #[cold]
    fn free_slot(&mut self) {
        self.freed += 1;
        if self.freed == TOGETHER || !self.is_driven {
            self.freed = 0;
            self.mailbox.admit();
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
    /// is to tell the callers.
    pub(crate) fn refuse(&mut self) -> Refused {
        self.is_finished = true;
        let state = self.mailbox.lock();
        let stop = state.line.stop;
        let mut is_drained = state.queue.is_empty();
        self.mailbox.close_locked(state);
        Refused::drop_each(stop, &mut || {
            if self.batch.is_empty() && !mem::replace(&mut is_drained, true) {
                mem::swap(&mut self.mailbox.lock().queue, &mut self.batch);
            }
            self.batch.pop_front().is_some()
        })
    }
}

/// What became of the commands that were accepted and not started.
pub(crate) struct Refused {
    /// Why the mailbox was told to stop, if it was.
    pub(crate) stop: Option<Stop>,
    pub(crate) count: u64,
    /// The first panic among the drops.
    pub(crate) panic: Option<Box<dyn Any + Send>>,
}

impl Refused {
    /// Repeats what drops a command until there is none. One by one: a second panic, while the first
    /// one unwinds, would end the process.
    fn drop_each(stop: Option<Stop>, drop_one: &mut dyn FnMut() -> bool) -> Self {
        let (mut count, mut panic) = (0, None);
        loop {
            match catch_unwind(AssertUnwindSafe(&mut *drop_one)) {
                Ok(false) => return Self { stop, count, panic },
                Ok(true) => {}
                Err(payload) => panic = panic.or(Some(payload)),
            }
            count += 1;
        }
    }

    fn resume_panic(self) {
        match self.panic {
            Some(payload) if !thread::panicking() => resume_unwind(payload),
            _ => {}
        }
    }
}

impl<C> Drop for Inbox<C> {
    fn drop(&mut self) {
        if !self.is_finished {
            self.refuse().resume_panic();
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
