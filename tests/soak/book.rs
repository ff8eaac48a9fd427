//! The books: the fate of each command, from two independent witnesses.
//!
//! The [`Ticket`] travels with the command and knows its fate. The caller knows the answer or error it was given.
//! Both are in the command's [`Record`], and the exits of the actors have to add up to the fates.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::{Arc, Mutex, OnceLock};
use std::task::{Context, Poll};
use std::{mem, ptr, thread};

use actor_runtime::{CallError, Exit, ExitReason};
use tokio::task::yield_now;

/// A count for each kind of event.
pub(crate) type Counts = BTreeMap<&'static str, u64>;

pub(crate) fn add(counts: &mut Counts, what: &'static str, times: u64) {
    *counts.entry(what).or_default() += times;
}

/// The moment when a method answers.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Manner {
    /// Never: the caller learns only that the command was accepted.
    Cast,
    /// When it returns.
    Call,
    /// At any time.
    Deferred,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Fate {
    NeverAccepted,
    /// Accepted and not begun: refused, or skipped.
    TurnedAway,
    Done,
    /// Begun, and then dropped or ended by a panic.
    CutOff,
}

/// One command.
#[derive(Debug)]
struct Record {
    #[expect(dead_code, reason = "shown when something is wrong with the record")]
    command: &'static str,
    manner: Manner,
    fate: OnceLock<Fate>,
    /// The caller's outcome, empty if the caller left.
    told: OnceLock<Result<(), CallError>>,
}

impl Record {
    /// Returns whether the witnesses agree.
    fn is_right(&self) -> bool {
        use CallError::{Closed, Deadlock, Full, Panicked, Refused, Stopped, Unanswered};
        let Some(fate) = self.fate.get() else {
            return false;
        };
        let was_started = matches!(fate, Fate::Done | Fate::CutOff);
        match (self.told.get(), self.manner) {
            (None, _) => true,
            (Some(Ok(())), Manner::Cast) => *fate != Fate::NeverAccepted,
            (Some(Ok(())), Manner::Call) => *fate == Fate::Done,
            (Some(Err(Closed(_) | Full)), _) => *fate == Fate::NeverAccepted,
            (Some(Err(error @ Deadlock(_))), _) => {
                (*fate == Fate::NeverAccepted) == error.never_ran()
            }
            (Some(Err(Refused)), _) => *fate == Fate::TurnedAway,
            (Some(Err(Stopped | Panicked)), Manner::Call) => *fate == Fate::CutOff,
            (Some(Ok(()) | Err(Stopped | Panicked | Unanswered)), Manner::Deferred) => was_started,
            (Some(Err(_)), _) => false,
        }
    }

    /// Returns whether the thread polls or drops the command's own call.
    fn is_calling(&self) -> bool {
        ptr::eq(CALLING.get(), self)
    }

    fn told(&self) -> &'static str {
        match self.told.get() {
            None => "caller left",
            Some(Ok(())) => "ok",
            Some(Err(CallError::Closed(_))) => "closed",
            Some(Err(CallError::Full)) => "full",
            Some(Err(CallError::Deadlock(_))) => "deadlock",
            Some(Err(CallError::Refused)) => "refused",
            Some(Err(CallError::Stopped)) => "stopped",
            Some(Err(CallError::Panicked)) => "panicked",
            Some(Err(CallError::Unanswered)) => "unanswered",
            Some(Err(_)) => "otherwise",
        }
    }
}

/// The only argument of a command, which records the fate. A ticket that is dropped before its command begins knows
/// who dropped it.
#[derive(Debug)]
pub(crate) struct Ticket {
    record: Arc<Record>,
    /// The number of times the command yields.
    pub(crate) effort: u32,
}

impl Ticket {
    fn end(&self, fate: Fate) {
        // The first fate counts, since every ticket is also dropped in the end.
        let _ = self.record.fate.set(fate);
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        self.end(if self.record.is_calling() {
            Fate::NeverAccepted
        } else {
            Fate::TurnedAway
        });
    }
}

thread_local! {
    /// The record of the [`Call`] that the thread polls or drops. A ticket dropped by its own call was not accepted: a
    /// method that runs in place marks its ticket before it drops it.
    static CALLING: Cell<*const Record> = const { Cell::new(ptr::null()) };
}

fn calling<T>(record: &Record, run: impl FnOnce() -> T) -> T {
    let before = CALLING.replace(record);
    let result = run();
    CALLING.set(before);
    result
}

/// The future of a client's method.
struct Call<F> {
    record: Arc<Record>,
    future: Option<Pin<Box<F>>>,
}

impl<F> Call<F> {
    fn new(record: Arc<Record>, future: F) -> Self {
        let future = Some(Box::pin(future));
        Self { record, future }
    }

    fn end(&mut self) {
        calling(&self.record, || self.future = None);
    }
}

impl<F: Future> Future for Call<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let Self { record, future } = &mut *self;
        let future = future.as_mut().expect("polled after its end");
        let result = calling(record, || future.as_mut().poll(cx));
        if result.is_ready() {
            self.end();
        }
        result
    }
}

impl<F> Drop for Call<F> {
    fn drop(&mut self) {
        self.end();
    }
}

/// A running method, with the tickets of its command or batch, if it has any.
pub(crate) struct Run {
    book: Arc<Book>,
    tickets: Vec<Ticket>,
    is_done: bool,
}

impl Run {
    pub(crate) async fn work(&self) {
        let effort = self.tickets.iter().map(|ticket| ticket.effort).max();
        work(effort.unwrap_or_default()).await;
    }

    /// Works without `await`, so that the thread is blocked.
    pub(crate) fn work_now(&self) {
        for ticket in &self.tickets {
            (0..ticket.effort).for_each(|_| thread::yield_now());
        }
    }

    /// Marks the method as done. Nothing is awaited between this call and the method's end.
    pub(crate) fn finish(mut self) {
        self.is_done = true;
    }
}

impl Drop for Run {
    fn drop(&mut self) {
        let fate = if self.is_done {
            Fate::Done
        } else {
            self.book.entries.lock().unwrap().cut_off += 1;
            Fate::CutOff
        };
        for ticket in &self.tickets {
            ticket.end(fate);
        }
    }
}

/// Does work that takes `effort` polls.
pub(crate) async fn work(effort: u32) {
    for _ in 0..effort {
        yield_now().await;
    }
}

/// The commands and the exits of all actors of one type.
#[derive(Default)]
pub(crate) struct Book {
    entries: Mutex<Entries>,
}

#[derive(Default)]
struct Entries {
    records: Vec<Arc<Record>>,
    /// The number of methods that were cut off, including hooks and sources.
    cut_off: u64,
    /// The number of methods that ran on their caller's task.
    in_place: u64,
    exits: Exits,
}

/// The sum of all exits, including exits that were followed by a restart.
#[derive(Debug, Default)]
struct Exits {
    handled: u64,
    turned_away: u64,
    in_progress: u64,
    reasons: Counts,
    restarts: u64,
}

impl Book {
    /// Sends a command, and records its outcome.
    pub(crate) async fn call<T, F>(
        &self,
        (command, manner): (&'static str, Manner),
        effort: u32,
        send: impl FnOnce(Ticket) -> F,
    ) -> Result<T, CallError>
    where
        F: Future<Output = Result<T, CallError>>,
    {
        let record = Arc::new(Record {
            command,
            manner,
            fate: OnceLock::new(),
            told: OnceLock::new(),
        });
        self.entries
            .lock()
            .unwrap()
            .records
            .push(Arc::clone(&record));
        let ticket = Ticket {
            record: Arc::clone(&record),
            effort,
        };
        let result = Call::new(Arc::clone(&record), send(ticket)).await;
        let told = result.as_ref().map(drop).map_err(CallError::clone);
        record.told.set(told).expect("a call ends once");
        result
    }

    /// Records that a method has begun.
    pub(crate) fn run(self: &Arc<Self>, tickets: Vec<Ticket>) -> Run {
        let in_place = tickets.iter().filter(|it| it.record.is_calling()).count();
        self.entries.lock().unwrap().in_place += in_place as u64;
        Run {
            book: Arc::clone(self),
            tickets,
            is_done: false,
        }
    }

    pub(crate) fn add_exit<A>(&self, exit: &Exit<A>) {
        let exits = &mut self.entries.lock().unwrap().exits;
        exits.handled += exit.handled;
        exits.turned_away += exit.skipped + exit.refused;
        exits.in_progress += u64::from(exit.in_progress.is_some());
        let reason = match exit.reason {
            ExitReason::Cancelled => "cancelled",
            ExitReason::Stopped => "stopped itself",
            ExitReason::ClientsDropped => "clients dropped",
            ExitReason::StartFailed(_) => "failed to start",
            ExitReason::Panicked(_) => "panicked",
            ExitReason::Aborted => "aborted",
            _ => "otherwise",
        };
        add(&mut exits.reasons, reason, 1);
    }

    pub(crate) fn add_restart<A>(&self, exit: &Exit<A>) {
        self.add_exit(exit);
        self.entries.lock().unwrap().exits.restarts += 1;
    }

    /// Lists the commands that are in flight or have a waiting caller, including commands whose callers left.
    pub(crate) fn pending(&self) -> String {
        let entries = self.entries.lock().unwrap();
        let records = entries.records.iter();
        let pending =
            records.filter(|record| record.fate.get().is_none() || record.told.get().is_none());
        let pending: Vec<&Arc<Record>> = pending.collect();
        format!("{pending:#?}, {:?}", entries.exits)
    }

    /// Checks the book once all actors have ended and all callers have left, and empties it.
    pub(crate) fn close(&self, totals: &mut Totals) {
        let entries = mem::take(&mut *self.entries.lock().unwrap());
        let (records, exits) = (&entries.records, &entries.exits);
        for record in records {
            assert!(record.is_right(), "a caller was misled: {record:?}");
            add(&mut totals.told, record.told(), 1);
        }
        let count = |fate| {
            let of_it = records
                .iter()
                .filter(|record| record.fate.get() == Some(&fate));
            of_it.count() as u64
        };
        let (done, turned_away) = (count(Fate::Done), count(Fate::TurnedAway));
        assert_eq!(exits.handled, done, "handled, and run to the end");
        assert_eq!(exits.turned_away, turned_away, "refused or skipped");
        assert_eq!(exits.in_progress, entries.cut_off, "methods cut off");
        add(&mut totals.fates, "done", done);
        add(&mut totals.fates, "refused or skipped", turned_away);
        add(&mut totals.fates, "cut off", count(Fate::CutOff));
        let never = count(Fate::NeverAccepted);
        add(&mut totals.fates, "never accepted", never);
        for (reason, times) in &exits.reasons {
            add(&mut totals.exits, reason, *times);
        }
        totals.restarts += exits.restarts;
        totals.in_place += entries.in_place;
    }
}

/// The totals of all rounds.
#[derive(Default)]
pub(crate) struct Totals {
    pub(crate) rounds: u64,
    pub(crate) responses: Counts,
    pub(crate) told: Counts,
    pub(crate) fates: Counts,
    pub(crate) exits: Counts,
    pub(crate) restarts: u64,
    pub(crate) in_place: u64,
}

impl Totals {
    pub(crate) fn add_responses(&mut self, responses: Counts) {
        for (response, times) in responses {
            add(&mut self.responses, response, times);
        }
    }
}
