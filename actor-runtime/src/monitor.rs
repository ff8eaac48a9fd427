//! The [`Monitor`], and its picture of living actors.

mod chart;

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use self::chart::Chart;
use crate::journal::{Failed, Ongoing};
use crate::mailbox::UNBOUNDED;
use crate::shared::{ActorRoster, Control, Controller, WeakController};
use crate::waits::Waits;

/// A view of living actors from outside: what each of them does, since when, and whom it waits for.
///
/// A monitor is a plain value, and its clones show the same actors. Pass it to
/// [`Builder::monitor`](crate::Builder::monitor) or [`Supervisor::monitor`](crate::Supervisor::monitor) of each actor
/// that it is to show. It keeps no actor alive, and forgets those that have ended.
///
/// A snapshot shows a method that hangs or blocks its thread, since it waits for no actor. It may be taken on any
/// thread, and outside of a runtime.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use actor_runtime::{actor, Actor, Monitor};
///
/// struct Robot;
///
/// #[actor]
/// impl Robot {
///     pub async fn walk(&mut self) {
///         std::future::pending().await
///     }
/// }
///
/// # #[tokio::main(flavor = "current_thread", start_paused = true)]
/// # async fn main() -> Result<(), actor_runtime::CallError> {
/// let monitor = Monitor::new();
/// let robot = Robot.builder().name("r2").monitor(&monitor).spawn();
/// robot.walk().await?;
/// robot.walk().await?;
/// tokio::time::sleep(Duration::from_secs(60)).await;
///
/// let snapshot = monitor.snapshot();
/// let robot = &snapshot.actors[0];
/// assert_eq!((robot.actor, robot.name.as_deref()), ("robot", Some("r2")));
/// assert_eq!(robot.queued, 1);
/// let in_progress = robot.in_progress.as_ref().unwrap();
/// assert_eq!(in_progress.method, "walk");
/// assert!(in_progress.busy_for >= Duration::from_secs(60));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Default)]
pub struct Monitor(Arc<ActorRoster>);

/// The living actors of a [`Monitor`] at one moment, in the order in which they were made.
///
/// The actors go on while the snapshot is taken, so it is not a consistent cut through all of them: each actor's entry
/// is read a little later than the one before.
///
/// # Serialization
///
/// With the feature `serde`, it implements `Serialize`, and so does everything in it. The fields keep their names, and
/// times are seconds.
///
/// ```
/// # #[cfg(feature = "serde")] mod example {
/// # use std::time::Duration;
/// use actor_runtime::{actor, Actor, Monitor};
/// use serde_json::json;
///
/// struct Robot;
///
/// #[actor]
/// impl Robot {
///     pub async fn walk(&mut self) {
///         std::future::pending().await
///     }
/// }
///
/// # #[tokio::main(flavor = "current_thread", start_paused = true)]
/// # pub async fn main() -> Result<(), actor_runtime::CallError> {
/// let monitor = Monitor::new();
/// let robot = Robot.builder().monitor(&monitor).spawn();
/// robot.walk().await?;
/// # tokio::task::yield_now().await;
/// tokio::time::advance(Duration::from_millis(1500)).await;
/// let snapshot = serde_json::to_value(monitor.snapshot()).unwrap();
/// let robot = &snapshot["actors"][0];
/// assert_eq!(robot["actor"], "robot");
/// assert_eq!(robot["in_progress"], json!({ "method": "walk", "busy_for": 1.5 }));
/// # Ok(())
/// # }
/// # }
/// # #[cfg(not(feature = "serde"))] mod example { pub fn main() -> Result<(), ()> { Ok(()) } }
/// # fn main() { example::main().unwrap() }
/// ```
#[derive(Clone, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Snapshot {
    /// The actors.
    pub actors: Vec<ActorSnapshot>,
}

/// One actor in a [`Snapshot`].
#[derive(Clone, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct ActorSnapshot {
    /// The number of the actor, which no other actor of the monitor has or had. A supervised actor keeps it when it is
    /// restarted.
    pub id: u64,
    /// The name of the actor's type in messages, such as `cache`.
    pub actor: &'static str,
    /// The name that [`Builder::name`](crate::Builder::name) gave to the instance, if it did.
    pub name: Option<String>,
    /// The number of commands that were accepted and not yet begun, with and without priority.
    pub queued: usize,
    /// The number of these commands that have priority.
    pub queued_with_priority: usize,
    /// The number of commands that may be queued, in each of both lanes. `None` if there is no bound.
    pub capacity: Option<usize>,
    /// True if the actor no longer takes commands, since it is about to end.
    pub is_closed: bool,
    /// The number of commands that ran to their end. In contrast to [`Exit::handled`](crate::Exit::handled), it counts
    /// on when the actor is restarted.
    pub handled: u64,
    /// The number of calls to `skip_cancelled` methods that were skipped because their callers had left.
    pub skipped: u64,
    /// The number of commands that were accepted and will not be begun. Only an actor that is about to end refuses
    /// commands.
    pub refused: u64,
    /// The number of times that a [`Supervisor`](crate::Supervisor) has restarted the actor.
    pub restarts: u64,
    /// The last failure after which the actor was restarted, or will be.
    pub last_failure: Option<Failure>,
    /// The method that runs, if one does: a command, a hook or a source.
    pub in_progress: Option<InProgress>,
    /// The actors that the method waits for, each of them once. The calls that [`Cycle`](crate::Cycle) does not count
    /// as waits are not shown here, either.
    pub waits_for: Vec<WaitsFor>,
    /// The number of tasks of [`Context::spawn`](crate::Context::spawn) that have not ended. The end of the actor waits
    /// for them.
    pub tasks: usize,
    /// The child actors that have not ended: the number of those with each type and name, such as `cache eu-1`. The end
    /// of the actor waits for them. So an actor that is closed, runs no method, and has tasks or children for long may
    /// never end.
    pub children: BTreeMap<String, usize>,
}

/// A method that runs.
#[derive(Clone, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct InProgress {
    /// The name of the method.
    pub method: &'static str,
    /// The time since it began. Serialized as seconds, with a fraction.
    #[cfg_attr(feature = "serde", serde(serialize_with = "seconds"))]
    pub busy_for: Duration,
}

/// The failure of a supervised actor.
#[derive(Clone, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Failure {
    /// The [`ExitReason`](crate::ExitReason), as it is printed. It contains the message of the panic or the error.
    pub reason: String,
    /// The method that was cut off, if one was.
    pub method: Option<&'static str>,
    /// The time since the failure. Serialized as seconds, with a fraction.
    #[cfg_attr(feature = "serde", serde(serialize_with = "seconds"))]
    pub ago: Duration,
}

/// An actor that another one waits for.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct WaitsFor {
    /// The number of the actor in the snapshot. `None` if this monitor does not show the actor.
    pub id: Option<u64>,
    /// The name of the actor's type in messages.
    pub actor: &'static str,
    /// The name of the instance, if it has one.
    pub name: Option<String>,
}

#[cfg(feature = "serde")]
fn seconds<S: serde::Serializer>(time: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64(time.as_secs_f64())
}

impl Monitor {
    /// Makes a monitor that shows no actors yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Returns what the living actors do at this moment.
    ///
    /// Taking a snapshot stops no actor: it takes the locks of each mailbox one after the other, as a sender does, and
    /// runs no code of a user under them.
    pub fn snapshot(&self) -> Snapshot {
        let living: Vec<Controller> = self.0.each(WeakController::upgrade);
        let entries = living.iter().filter_map(|actor| Entry::of(&**actor));
        let entries: Vec<Entry> = entries.collect();
        // After the waits for them were seen, so that none is missed.
        let numbered = living.iter().filter_map(|actor| {
            let number = actor.journal()?.number;
            Some((Arc::as_ptr(&actor.waits_if_made()?), number))
        });
        let numbers: HashMap<*const Waits, u64> = numbered.collect();
        let actors = entries.into_iter().map(|entry| entry.numbered(&numbers));
        Snapshot {
            actors: actors.collect(),
        }
    }

    /// Draws who waits for whom at this moment; see [`Snapshot::mermaid`].
    pub fn mermaid(&self) -> String {
        self.snapshot().mermaid()
    }

    /// Begins the journal of an actor that is about to be shown.
    pub(crate) fn enlist(&self, actor: &dyn Control) {
        actor.set_roster(Arc::clone(&self.0));
    }
}

impl fmt::Debug for Monitor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Monitor").finish_non_exhaustive()
    }
}

/// An actor whose waits are not numbered yet.
struct Entry {
    snapshot: ActorSnapshot,
    targets: Vec<Arc<Waits>>,
}

impl Entry {
    /// Looks at an actor, unless it has ended.
    fn of(actor: &dyn Control) -> Option<Self> {
        let journal = actor.journal()?;
        let lanes = actor.lanes();
        if lanes.first.lock().line.is_over() {
            return None;
        }
        let notes = journal.notes();
        let now = Instant::now();
        let targets = targets(actor, notes.running.as_ref());
        let (tasks, children) = actor.dependants();
        let snapshot = ActorSnapshot {
            id: journal.number,
            actor: actor.actor(),
            name: actor.instance().map(|name| name.as_str().to_owned()),
            queued: lanes.queued(),
            queued_with_priority: lanes.queued_with_priority(),
            capacity: Some(lanes.first.capacity()).filter(|&capacity| capacity != UNBOUNDED),
            is_closed: lanes.first.is_closed(),
            handled: notes.handled,
            skipped: notes.skipped,
            refused: actor.with_record(|record| record.refused),
            restarts: notes.restarts,
            last_failure: notes.failure.map(|failed| Failure::of(failed, now)),
            in_progress: notes.running.map(|running| InProgress::of(&running, now)),
            waits_for: Vec::new(),
            tasks,
            children,
        };
        Some(Self { snapshot, targets })
    }

    /// Returns the snapshot, with the `numbers` of those that the actor waits for.
    fn numbered(self, numbers: &HashMap<*const Waits, u64>) -> ActorSnapshot {
        let Self {
            mut snapshot,
            targets,
        } = self;
        let waits_for = targets.iter().map(|target| WaitsFor {
            id: numbers.get(&Arc::as_ptr(target)).copied(),
            actor: target.actor().actor,
            name: target.actor().instance.as_deref().cloned(),
        });
        snapshot.waits_for = waits_for.collect();
        snapshot.waits_for.sort_by_key(|wait| wait.id);
        snapshot
    }
}

/// Returns the waits of the actors that the method which is `running` waits for.
fn targets(actor: &dyn Control, running: Option<&Ongoing>) -> Vec<Arc<Waits>> {
    match (running, actor.waits_if_made()) {
        (Some(running), Some(waits)) => waits.targets(running.method),
        _ => Vec::new(),
    }
}

impl InProgress {
    fn of(running: &Ongoing, now: Instant) -> Self {
        Self {
            method: running.method,
            busy_for: now.saturating_duration_since(running.since),
        }
    }
}

impl Failure {
    fn of(failed: Failed, now: Instant) -> Self {
        Self {
            reason: failed.reason,
            method: failed.method,
            ago: now.saturating_duration_since(failed.at),
        }
    }
}

impl Snapshot {
    /// Draws who waits for whom, as a [Mermaid](https://mermaid.js.org) flowchart: an arrow from each actor in the
    /// snapshot to each actor that its method waits for, with the name of the method. Actors without arrows are left
    /// out.
    ///
    /// # Examples
    ///
    /// ```
    /// use actor_runtime::{actor, Actor, CallError, Monitor};
    ///
    /// struct Database;
    ///
    /// #[actor]
    /// impl Database {
    ///     pub async fn load(&self) -> u32 {
    ///         std::future::pending().await
    ///     }
    /// }
    ///
    /// struct Cache(DatabaseClient);
    ///
    /// #[actor]
    /// impl Cache {
    ///     pub async fn refresh(&mut self) {
    ///         let _ = self.0.load().await;
    ///     }
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread", start_paused = true)]
    /// # async fn main() -> Result<(), CallError> {
    /// let monitor = Monitor::new();
    /// let database = Database.builder().monitor(&monitor).spawn();
    /// let cache = Cache(database).builder().name("eu-1").monitor(&monitor).spawn();
    /// cache.refresh().await?;
    /// # tokio::time::sleep(std::time::Duration::from_secs(1)).await;
    /// assert_eq!(
    ///     monitor.snapshot().mermaid(),
    ///     "flowchart LR\n    \
    ///         a1[\"database\"]\n    \
    ///         a2[\"cache eu-1\"]\n    \
    ///         a2 -- \"refresh\" --> a1\n"
    /// );
    /// # Ok(())
    /// # }
    /// ```
    pub fn mermaid(&self) -> String {
        let mut chart = Chart::default();
        for actor in &self.actors {
            let Some(running) = &actor.in_progress else {
                continue;
            };
            for other in &actor.waits_for {
                let from = chart.node(Some(actor.id), actor.actor, actor.name.as_deref());
                let to = chart.node(other.id, other.actor, other.name.as_deref());
                chart.arrow(&from, running.method, &to);
            }
        }
        chart.to_string()
    }
}

#[cfg(test)]
mod tests {
    use tokio_util::sync::CancellationToken;

    use super::*;
    use crate::command::Command;
    use crate::inbox::Inbox;
    use crate::shutdown::Shutdown;

    struct Nothing;

    impl Command for Nothing {
        type Events = ();
        type Latest = ();

        const ACTOR: &'static str = "idler";

        fn name(&self) -> &'static str {
            "nothing"
        }
    }

    #[test]
    fn an_actor_that_has_ended_leaves_the_roster() {
        let monitor = Monitor::new();
        let entries = || monitor.0.each(|_| Some(())).len();
        let (sender, inbox) = Inbox::<Nothing>::open(1, Shutdown::Stop, CancellationToken::new());
        monitor.enlist(inbox.control());
        Controller::of(inbox.shared()).enter_roster();
        assert_eq!(entries(), 1);
        drop(inbox);
        // The client is still there, and with it the memory of the actor.
        assert_eq!(entries(), 0);
        drop(sender);
    }
}
