//! Metrics as a recorder gets them.

use std::sync::atomic::Ordering::Relaxed;
use std::sync::atomic::{AtomicBool, AtomicU64};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use metrics::{
    Counter, Gauge, Histogram, Unit, counter, describe_counter, describe_gauge, describe_histogram,
    gauge, histogram,
};
use tokio::time::Instant;

use super::CutOff;
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

/// The metrics of an actor; empty until it is started, and for a fake.
#[derive(Default)]
pub(crate) struct Meters(OnceLock<Arc<Instruments>>);

impl Meters {
    /// Begins to measure the actor with this `title`.
    pub(crate) fn start(&self, title: impl FnOnce() -> Title, capacity: impl FnOnce() -> usize) {
        self.0.get_or_init(|| {
            describe();
            Arc::new(Instruments::new(&title(), capacity()))
        });
    }

    /// Notes that the actor has ended.
    pub(crate) fn end(&self) {
        if let Some(instruments) = self.0.get() {
            instruments.end();
        }
    }

    pub(crate) fn meter(&self) -> Meter {
        Meter(self.0.get().cloned())
    }

    /// Shows the number of restarts, which is 0.
    pub(crate) fn supervise(&self) {
        self.add_restarts(0);
    }

    pub(crate) fn restarted(&self) {
        self.add_restarts(1);
    }

    fn add_restarts(&self, restarts: u64) {
        if let Some(instruments) = self.0.get() {
            counter!(RESTARTS, instruments.labels.clone()).increment(restarts);
        }
    }

    /// Notes that the command that was begun last is skipped.
    pub(crate) fn skipped(&self) {
        if let Some(instruments) = self.0.get() {
            // Relaxed: a method sets the flag, and the loop that polls the method reads it.
            instruments.was_skipped.store(true, Relaxed);
        }
    }

    /// Counts a caller of the `method` that gave up. A command that it has sent is also counted when it ends.
    pub(crate) fn timed_out(&self, method: &'static str) {
        if let Some(instruments) = self.0.get() {
            instruments.count(method, "timed_out", 1);
        }
    }

    /// Returns a counter of the events that a subscriber misses.
    pub(crate) fn missed(&self) -> Missed {
        Missed(
            self.0
                .get()
                .map(|instruments| counter!(MISSED, instruments.labels.clone())),
        )
    }
}

/// A share in the metrics of an actor, if it has any.
#[derive(Clone, Default)]
pub(crate) struct Meter(Option<Arc<Instruments>>);

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

/// A command on its way, as the metrics see it. Dropping the ticket of an accepted command counts it as refused.
pub(crate) struct Ticket {
    method: &'static str,
    sent_at: Instant,
    /// The actor that was offered the command; `None` unless it may be queued.
    queued_at: Option<Arc<Instruments>>,
    meter: Meter,
}

impl Ticket {
    pub(crate) fn new(method: &'static str, meters: &Meters) -> Self {
        Self {
            method,
            sent_at: Instant::now(),
            queued_at: None,
            meter: meters.meter(),
        }
    }

    /// Counts the command as queued, before it is pushed (invariant 1).
    pub(crate) fn offer(&mut self) {
        if let Some(instruments) = &self.meter.0 {
            instruments.queued.increment(1.0);
            self.queued_at = Some(Arc::clone(instruments));
        }
    }

    /// Notes that the command was not accepted.
    pub(crate) fn withdraw(&mut self) {
        if let Some(instruments) = self.queued_at.take() {
            instruments.queued.decrement(1.0);
        }
    }

    /// Begins the method of the command.
    pub(crate) fn begin(mut self, method: &'static str, meter: &Meter) -> Running {
        self.withdraw();
        let begun = Instant::now();
        Running(meter.0.as_ref().map(|instruments| {
            let method = instruments.method(method);
            let waited = begun.saturating_duration_since(self.sent_at);
            method.queue_time.record(waited);
            RunningMethod {
                instruments: Arc::clone(instruments),
                method,
                begun,
            }
        }))
    }

    /// Begins the method of the command together with the one in progress.
    pub(crate) fn join_batch(self, method: &'static str, meters: &Meters) {
        drop(self.begin(method, &meters.meter()));
        if let Some(instruments) = meters.0.get() {
            // Relaxed: as in `skipped`.
            instruments.batched.fetch_add(1, Relaxed);
        }
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        if let Some(instruments) = self.queued_at.take() {
            instruments.queued.decrement(1.0);
            instruments.count(self.method, "refused", 1);
        }
    }
}

/// The method of a command while it runs; empty for other methods and without metrics.
#[derive(Default)]
pub(crate) struct Running(Option<RunningMethod>);

struct RunningMethod {
    instruments: Arc<Instruments>,
    method: Arc<MethodInstruments>,
    begun: Instant,
}

impl Running {
    /// Notes that the method has returned.
    pub(crate) fn end(&mut self) {
        let Some(RunningMethod {
            instruments,
            method,
            begun,
        }) = self.0.take()
        else {
            return;
        };
        // Relaxed: as in `Meters::skipped`.
        let (batched, was_skipped) = (
            instruments.batched.swap(0, Relaxed),
            instruments.was_skipped.swap(false, Relaxed),
        );
        if was_skipped {
            return instruments.count(method.method, "skipped", 1);
        }
        method.handle_time.record(begun.elapsed());
        method.ok.increment(1 + batched);
    }

    /// Notes that the method did not return.
    pub(crate) fn cut_off(&mut self, how: CutOff) {
        let Some(RunningMethod {
            instruments,
            method,
            ..
        }) = self.0.take()
        else {
            return;
        };
        let outcome = match how {
            CutOff::Panicked => "panicked",
            CutOff::Stopped => "stopped",
        };
        let batched = instruments.batched.swap(0, Relaxed);
        instruments.count(method.method, outcome, 1 + batched);
    }
}
