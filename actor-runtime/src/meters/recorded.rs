//! Metrics as a recorder gets them.

use std::mem;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::atomic::{AtomicBool, AtomicU64};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use metrics::{
    Counter, Gauge, Histogram, SharedString, Unit, counter, describe_counter, describe_gauge,
    describe_histogram, gauge, histogram, with_recorder,
};
use tokio::time::Instant;

use super::CutOff;
use crate::panics::observed;
use crate::title::Title;

const COMMANDS: &str = "actor_commands_total";
const QUEUE_TIME: &str = "actor_queue_seconds";
const HANDLE_TIME: &str = "actor_handle_seconds";
const QUEUED: &str = "actor_queued";
const CAPACITY: &str = "actor_capacity";
const RESTARTS: &str = "actor_restarts_total";
const MISSED: &str = "actor_events_missed_total";

/// Tells the recorder what the metrics are.
fn describe() {
    describe_counter!(
        COMMANDS,
        Unit::Count,
        "Commands by outcome: ok, panicked, stopped (cut off), skipped, refused (accepted, but never begun), or \
        timed_out (its caller gave up; if it was accepted, it is counted again when it ends)."
    );
    describe_histogram!(
        QUEUE_TIME,
        Unit::Seconds,
        "Time from when a command was sent until its method began."
    );
    describe_histogram!(
        HANDLE_TIME,
        Unit::Seconds,
        "Time that the method of a command took."
    );
    describe_gauge!(
        QUEUED,
        Unit::Count,
        "Commands that were accepted and not yet begun."
    );
    describe_gauge!(
        CAPACITY,
        Unit::Count,
        "Commands without priority that can be accepted and not yet begun. Absent if there is no bound."
    );
    describe_counter!(
        RESTARTS,
        Unit::Count,
        "Restarts of supervised actors after a failure."
    );
    describe_counter!(
        MISSED,
        Unit::Count,
        "Events that subscribers missed because they were too slow."
    );
}

/// Returns true if there is a recorder. The crate `metrics` does not tell, but the recorder that stands in for a
/// missing one has no fields, and keeps no key of a metric. So a recorder like that counts as missing.
fn is_recorded() -> bool {
    with_recorder(|recorder| size_of_val(recorder) > 0) || keeps_keys()
}

/// Returns true if the recorder keeps the keys of counters, gauges or histograms.
fn keeps_keys() -> bool {
    let label: Arc<str> = Arc::from("");
    let labels = || {
        let value = SharedString::from_shared(Arc::clone(&label));
        vec![metrics::Label::new("actor", value)]
    };
    let _handles = (
        counter!(COMMANDS, labels()),
        gauge!(QUEUED, labels()),
        histogram!(QUEUE_TIME, labels()),
    );
    Arc::strong_count(&label) > 1
}

/// The metrics of an actor; empty until it is started, and for a fake.
#[derive(Default)]
pub(crate) struct Meters(OnceLock<Option<Arc<Instruments>>>);

impl Meters {
    /// Begins to measure the actor with this `title`, if there is a recorder (invariant 3).
    pub(crate) fn start(&self, title: impl FnOnce() -> Title, capacity: impl FnOnce() -> usize) {
        self.0.get_or_init(|| {
            is_recorded().then(|| {
                describe();
                Arc::new(Instruments::new(&title(), capacity()))
            })
        });
    }

    #[inline]
    fn instruments(&self) -> Option<&Arc<Instruments>> {
        self.0.get()?.as_ref()
    }

    /// Notes that the actor has ended.
    pub(crate) fn end(&self) {
        if let Some(instruments) = self.instruments() {
            observed(|| instruments.end());
        }
    }

    /// Returns the meter of a loop of the actor.
    pub(crate) fn meter(&self) -> Meter {
        let instruments = self.instruments();
        Meter(instruments.map(|instruments| LoopMeter::new(Arc::clone(instruments))))
    }

    /// Shows the number of restarts, which is 0.
    pub(crate) fn supervise(&self) {
        self.add_restarts(0);
    }

    pub(crate) fn restarted(&self) {
        self.add_restarts(1);
    }

    fn add_restarts(&self, restarts: u64) {
        if let Some(instruments) = self.instruments() {
            observed(|| counter!(RESTARTS, instruments.labels.clone()).increment(restarts));
        }
    }

    /// Notes that the command that was begun last is skipped.
    pub(crate) fn skipped(&self) {
        if let Some(instruments) = self.instruments() {
            // Relaxed: a method sets the flag, and the loop that polls the method reads it.
            instruments.was_skipped.store(true, Relaxed);
        }
    }

    /// Counts a caller of the `method` that gave up. A command that it has sent is also counted when it ends.
    pub(crate) fn timed_out(&self, method: &'static str) {
        if let Some(instruments) = self.instruments() {
            instruments.count(method, "timed_out", 1);
        }
    }

    /// Returns a counter of the events that a subscriber misses.
    pub(crate) fn missed(&self) -> Missed {
        let instruments = self.instruments();
        Missed(instruments.map(|instruments| counter!(MISSED, instruments.labels.clone())))
    }
}

/// The metrics of one actor.
struct Instruments {
    labels: Vec<metrics::Label>,
    queued: Gauge,
    capacity: Option<Gauge>,
    bound: f64,
    /// The methods that were called so far.
    methods: Mutex<Vec<Arc<MethodInstruments>>>,
    /// True if the command in progress is skipped.
    was_skipped: AtomicBool,
    /// The number of commands that are handled together with the one in progress.
    batched: AtomicU64,
}

/// The metrics of one method.
struct MethodInstruments {
    method: &'static str,
    ok: Counter,
    queue_time: Histogram,
    handle_time: Histogram,
}

impl Instruments {
    fn new(title: &Title, capacity: usize) -> Self {
        let name = title.instance().unwrap_or_default().to_owned();
        let labels = vec![
            metrics::Label::from_static_parts("actor", title.actor),
            metrics::Label::new("name", name),
        ];
        let is_bounded = capacity < usize::MAX;
        #[expect(clippy::cast_precision_loss, reason = "a recorder takes floats")]
        let bound = capacity as f64;
        let capacity = is_bounded.then(|| gauge!(CAPACITY, labels.clone()));
        if let Some(capacity) = &capacity {
            capacity.increment(bound);
        }
        Self {
            queued: gauge!(QUEUED, labels.clone()),
            capacity,
            bound,
            labels,
            methods: Mutex::default(),
            was_skipped: AtomicBool::new(false),
            batched: AtomicU64::new(0),
        }
    }

    /// Takes the capacity out of the sum over the actors of the same name.
    fn end(&self) {
        if let Some(capacity) = &self.capacity {
            capacity.decrement(self.bound);
        }
    }

    fn method(&self, method: &'static str) -> Arc<MethodInstruments> {
        let methods = || self.methods.lock().unwrap_or_else(PoisonError::into_inner);
        let known = methods()
            .iter()
            .find(|known| known.method == method)
            .cloned();
        known.unwrap_or_else(|| {
            // Not under the lock (invariant 2). Another thread may be as quick: both add to the same metrics.
            let labels = self.labels_of(method);
            let new = Arc::new(MethodInstruments {
                method,
                ok: counter!(COMMANDS, with(&labels, "ok")),
                queue_time: histogram!(QUEUE_TIME, labels.clone()),
                handle_time: histogram!(HANDLE_TIME, labels),
            });
            methods().push(Arc::clone(&new));
            new
        })
    }

    fn labels_of(&self, method: &'static str) -> Vec<metrics::Label> {
        let mut labels = self.labels.clone();
        labels.push(metrics::Label::from_static_parts("method", method));
        labels
    }

    fn count(&self, method: &'static str, outcome: &'static str, commands: u64) {
        let labels = with(&self.labels_of(method), outcome);
        counter!(COMMANDS, labels).increment(commands);
    }
}

/// Adds an outcome to labels.
fn with(labels: &[metrics::Label], outcome: &'static str) -> Vec<metrics::Label> {
    let outcome = metrics::Label::from_static_parts("outcome", outcome);
    labels.iter().cloned().chain([outcome]).collect()
}

/// Counts the events that one subscriber misses.
pub(crate) struct Missed(Option<Counter>);

impl Missed {
    pub(crate) fn count(&self, events: u64) {
        if let Some(missed) = &self.0 {
            missed.increment(events);
        }
    }
}

/// A command on its way, as the metrics see it; empty if its actor was started without a recorder. Dropping the ticket
/// of an accepted command counts it as refused.
pub(crate) struct Ticket(Option<Box<Timed>>);

/// A command whose time in the queue is measured.
struct Timed {
    method: &'static str,
    sent_at: Instant,
    /// The actor that was offered the command; `None` before it is started.
    actor: Option<Arc<Instruments>>,
    may_be_queued: bool,
}

impl Ticket {
    #[inline]
    pub(crate) fn new(method: &'static str, meters: &Meters) -> Self {
        match meters.0.get() {
            Some(None) => Self(None),
            started => Self(Some(Box::new(Timed::new(method, started)))),
        }
    }

    /// Counts the command as queued, before it is pushed (invariant 1).
    #[inline]
    pub(crate) fn offer(&mut self) {
        if let Some(timed) = &mut self.0 {
            timed.offer();
        }
    }

    /// Notes that the command was not accepted.
    #[inline]
    pub(crate) fn withdraw(&mut self) {
        if let Some(timed) = &mut self.0 {
            timed.withdraw();
        }
    }

    /// Begins the method of the command together with the one in progress.
    pub(crate) fn join_batch(self, method: &'static str, meters: &Meters) {
        if let (Some(mut timed), Some(instruments)) = (self.0, meters.instruments()) {
            timed.begin(&instruments.method(method));
            // Relaxed: as in `skipped`.
            instruments.batched.fetch_add(1, Relaxed);
        }
    }
}

impl Timed {
    #[cold]
    fn new(method: &'static str, actor: Option<&Option<Arc<Instruments>>>) -> Self {
        Self {
            method,
            sent_at: Instant::now(),
            actor: actor.cloned().flatten(),
            may_be_queued: false,
        }
    }

    #[cold]
    fn offer(&mut self) {
        if let Some(actor) = &self.actor {
            actor.queued.increment(1.0);
            self.may_be_queued = true;
        }
    }

    #[cold]
    fn withdraw(&mut self) {
        if let Some(actor) = self.unqueue() {
            actor.queued.decrement(1.0);
        }
    }

    /// Returns the actor once if it may have queued the command.
    fn unqueue(&mut self) -> Option<&Instruments> {
        let actor = self.actor.as_deref();
        actor.filter(|_| mem::take(&mut self.may_be_queued))
    }

    /// Notes the time that the command was queued, and returns the present.
    fn begin(&mut self, method: &MethodInstruments) -> Instant {
        self.withdraw();
        let begun = Instant::now();
        let waited = begun.saturating_duration_since(self.sent_at);
        method.queue_time.record(waited);
        begun
    }
}

impl Drop for Timed {
    fn drop(&mut self) {
        let method = self.method;
        if let Some(actor) = self.unqueue() {
            actor.queued.decrement(1.0);
            actor.count(method, "refused", 1);
        }
    }
}

/// Measures the methods that a loop runs; empty for a fake, and for an actor that was started without a recorder.
#[derive(Default)]
pub(crate) struct Meter(Option<LoopMeter>);

struct LoopMeter {
    instruments: Arc<Instruments>,
    /// The methods that the loop has run so far, which it finds here without a lock.
    methods: Vec<Arc<MethodInstruments>>,
    /// The method of a command that runs, if one does, and when it was begun.
    running: Option<(Arc<MethodInstruments>, Instant)>,
}

impl Meter {
    /// Begins the method of a command.
    #[inline]
    pub(crate) fn begin(&mut self, method: &'static str, ticket: Ticket) {
        if let Some(meter) = &mut self.0 {
            meter.begin(method, ticket);
        }
    }

    /// Notes that the method of the command that runs, if one does, has returned.
    #[inline]
    pub(crate) fn end(&mut self) {
        if let Some(meter) = &mut self.0 {
            meter.end();
        }
    }

    /// Notes that the method of the command that runs, if one does, will not return.
    #[inline]
    pub(crate) fn cut_off(&mut self, how: CutOff) {
        if let Some(meter) = &mut self.0 {
            meter.cut_off(how);
        }
    }
}

impl LoopMeter {
    fn new(instruments: Arc<Instruments>) -> Self {
        Self {
            instruments,
            methods: Vec::new(),
            running: None,
        }
    }

    #[cold]
    fn begin(&mut self, method: &'static str, ticket: Ticket) {
        self.end();
        if let Some(mut timed) = ticket.0 {
            let method = self.method(method);
            let begun = timed.begin(&method);
            self.running = Some((method, begun));
        }
    }

    fn method(&mut self, method: &'static str) -> Arc<MethodInstruments> {
        let known = self.methods.iter().find(|known| known.method == method);
        if let Some(known) = known {
            return Arc::clone(known);
        }
        let new = self.instruments.method(method);
        self.methods.push(Arc::clone(&new));
        new
    }

    #[cold]
    fn end(&mut self) {
        let Some((method, begun)) = self.running.take() else {
            return;
        };
        // Relaxed: as in `Meters::skipped`.
        let (batched, was_skipped) = (
            self.instruments.batched.swap(0, Relaxed),
            self.instruments.was_skipped.swap(false, Relaxed),
        );
        if was_skipped {
            return self.instruments.count(method.method, "skipped", 1);
        }
        method.handle_time.record(begun.elapsed());
        method.ok.increment(1 + batched);
    }

    #[cold]
    fn cut_off(&mut self, how: CutOff) {
        let Some((method, _)) = self.running.take() else {
            return;
        };
        let outcome = match how {
            CutOff::Panicked => "panicked",
            CutOff::Stopped => "stopped",
        };
        // Relaxed: as in `Meters::skipped`.
        let batched = self.instruments.batched.swap(0, Relaxed);
        // The end of the actor depends on what comes after this.
        observed(|| self.instruments.count(method.method, outcome, 1 + batched));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_a_recorder_commands_have_no_tickets() {
        let meters = Meters::default();
        let title = || Title {
            actor: "cache",
            instance: None,
        };
        // The actor may be measured yet.
        assert!(Ticket::new("get", &meters).0.is_some());
        meters.start(title, || 8);
        assert!(Ticket::new("get", &meters).0.is_none());
        assert!(meters.meter().0.is_none());
    }
}
