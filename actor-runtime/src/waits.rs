//! Deadlocks: a call that would wait forever finds the ring of waits that it would close.
//!
//! While a method of an actor is polled, its thread knows (`polled.rs`). A call that is polled meanwhile is listed by
//! that actor. From then on its wait counts, until the first of these: somebody wakes it, as whoever sends the answer
//! does, the method ends, or the call is dropped. A ring of such waits is a deadlock: each of its actors is in a
//! method, and that method waits for the next actor, which takes no command until its own is done.
//!
//! # Invariants
//!
//! 1. A wait is listed before its ring is looked for: of several actors that begin to wait for each other at the same
//!    time, the one that lists last sees all the others.
//! 2. A wait that has ended never counts again: a call that was woken and still has to wait is another wait, which is
//!    listed and looked for again. So a wait counts without a break.
//! 3. A ring counts only if, when the last of its waits was found, each of the others still counted, checked from the
//!    first to the last: then there was a moment at which all of them counted. If not, the search begins again, since
//!    there may be another way.
//! 4. No two lists are locked at the same time, and nothing is dropped or woken under a lock.

use std::collections::HashSet;
use std::mem;
use std::sync::atomic::Ordering::{Acquire, Release};
use std::sync::{Arc, PoisonError, Weak};
use std::task::{Context, Poll, Wake, Waker, ready};

use tokio::task::coop;

use crate::error::{Cycle, Step};
use crate::numbered::Numbered;
use crate::position::{Accepted, Progress, Stage};
use crate::sync::atomic::AtomicBool;
use crate::sync::{Mutex, MutexGuard};
use crate::title::Title;

/// The number of waits that a search looks at for one unit of its task's budget.
const WAITS_PER_UNIT: usize = 32;

/// The waits of one actor's methods.
pub(crate) struct Waits {
    actor: Title,
    list: Mutex<List>,
}

/// The waits of the last method that has waited.
#[derive(Default)]
struct List {
    run: Option<Run>,
    waits: Numbered<Wait>,
    next: u64,
}

/// A method that runs.
#[derive(Clone)]
pub(crate) struct Run {
    pub(crate) method: &'static str,
    /// The progress of the method's actor. It changes when the actor begins the method of another command.
    pub(crate) progress: Progress,
    pub(crate) actor: Arc<dyn Progressing>,
}

/// An actor, whose commands begin one after the other.
pub(crate) trait Progressing: Send + Sync {
    /// Returns the progress of the actor, if there still is one.
    fn progress(&self) -> Option<Progress>;
}

impl Run {
    /// Returns true unless the actor has begun another command since.
    fn is_current(&self) -> bool {
        self.actor.progress() == Some(self.progress)
    }
}

/// A wait for another actor.
struct Wait {
    /// The waits of the actor that this one is for.
    target: Arc<Waits>,
    until: Until,
    is_over: Arc<AtomicBool>,
}

impl Wait {
    /// Returns true if nobody has ended this wait.
    fn counts(&self) -> bool {
        !has_ended(&self.is_over)
    }
}

/// The moment at which a wait is over.
#[derive(Clone, Copy)]
pub(crate) enum Until {
    /// The method that was called is done, or the command of a cast is accepted.
    Done,
    /// The answer has come, which anybody may give once the method that was called is done.
    Answered {
        method: &'static str,
        accepted: Option<Accepted>,
    },
}

impl Until {
    /// The wait for the answer to a command, which was accepted or not yet. `deferred` is the method that is called, if
    /// anybody may send the answer.
    pub(crate) fn of_answer(deferred: Option<&'static str>, accepted: Option<Accepted>) -> Self {
        match deferred {
            Some(method) => Self::Answered { method, accepted },
            None => Self::Done,
        }
    }

    /// Returns true if the wait cannot be over before `run`, a method of the actor that is waited for.
    fn depends_on(self, run: &Run) -> bool {
        let Self::Answered {
            method,
            accepted: Some(accepted),
        } = self
        else {
            return true;
        };
        match run.progress.stage_of(accepted) {
            Stage::Queued => true,
            // The method of a source may have begun since.
            Stage::LastBegun => run.method == method,
            Stage::Done => false,
        }
    }
}

/// The waker of a wait. It ends the wait before it wakes the task, and when nobody can wake it any longer: a call that
/// is polled elsewhere leaves another waker.
struct Alarm {
    task: Waker,
    is_over: Arc<AtomicBool>,
}

impl Wake for Alarm {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        end(&self.is_over);
        self.task.wake_by_ref();
    }
}

impl Drop for Alarm {
    fn drop(&mut self) {
        end(&self.is_over);
    }
}

fn end(is_over: &AtomicBool) {
    // Release: whoever sees the end of a wait sees what came before it.
    is_over.store(true, Release);
}

fn has_ended(is_over: &AtomicBool) -> bool {
    // Acquire: as in `end`.
    is_over.load(Acquire)
}

impl Waits {
    pub(crate) fn of(actor: Title) -> Self {
        Self {
            actor,
            list: Mutex::default(),
        }
    }

    /// Locks the list. Nothing that runs under the lock can panic, since nothing is dropped there (invariant 4).
    fn lock(&self) -> MutexGuard<'_, List> {
        self.list.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Begins the waits of a method. The waits of another one have ended, since whoever keeps its calls no longer waits
    /// for them.
    pub(crate) fn begin_run(&self, run: Run) {
        self.replace_run(Some(run));
    }

    /// Ends the waits of the method that ran.
    pub(crate) fn end_run(&self) {
        self.replace_run(None);
    }

    fn replace_run(&self, run: Option<Run>) {
        let mut list = self.lock();
        let before = mem::replace(&mut list.run, run);
        let ended = mem::take(&mut list.waits);
        // Without the lock (invariant 4).
        drop(list);
        drop(before);
        for (_, wait) in ended.iter() {
            end(&wait.is_over);
        }
    }

    /// Lists a wait of the method that runs.
    fn add(&self, wait: Wait) -> (u64, Option<Run>) {
        let mut list = self.lock();
        let id = list.next;
        list.next += 1;
        list.waits.insert(id, wait);
        (id, list.run.clone())
    }

    fn update(&self, id: u64, until: Until) {
        if let Some(wait) = self.lock().waits.get_mut(id) {
            wait.until = until;
        }
    }

    fn remove(&self, id: u64) {
        let wait = self.lock().waits.remove(id);
        // Without the lock (invariant 4).
        drop(wait);
    }

    /// Returns true if the wait counts.
    fn counts(&self, id: u64) -> bool {
        let list = self.lock();
        list.waits.get(id).is_some_and(Wait::counts)
    }

    /// Returns true if the wait counts and cannot be over before `run`, a method of the actor that it is for.
    fn depends_on(&self, id: u64, run: &Run) -> bool {
        let list = self.lock();
        let wait = list.waits.get(id);
        wait.is_some_and(|wait| wait.counts() && wait.until.depends_on(run))
    }

    /// Returns the waits of the actors that `method` waits for, each of them once, if that is the method which runs.
    pub(crate) fn targets(&self, method: &'static str) -> Vec<Arc<Self>> {
        let list = self.lock();
        let run = list.run.clone();
        let counting = list.waits.iter().filter(|(_, wait)| wait.counts());
        let targets = counting.map(|(_, wait)| Arc::clone(&wait.target));
        let mut targets: Vec<_> = targets.collect();
        drop(list);
        // After the waits were seen, as in `before`.
        if !run.is_some_and(|run| run.method == method && run.is_current()) {
            return Vec::new();
        }
        let mut seen = HashSet::new();
        targets.retain(|target| seen.insert(Arc::as_ptr(target).addr()));
        targets
    }

    /// The actor whose waits these are.
    pub(crate) fn actor(&self) -> &Title {
        &self.actor
    }

    /// Returns the waits that have to be over before another one is, which is for this actor; `None` if that does not
    /// depend on the method that has listed them.
    fn before(self: &Arc<Self>, until: Until, led_by: usize) -> Option<Vec<Found>> {
        let list = self.lock();
        let run = list.run.clone().filter(|run| until.depends_on(run))?;
        let counting = list.waits.iter().filter(|(_, wait)| wait.counts());
        let found = counting.map(|(id, wait)| Found {
            waits: Arc::clone(self),
            id,
            run: run.clone(),
            target: Arc::clone(&wait.target),
            until: wait.until,
            led_by,
        });
        let found = found.collect();
        drop(list);
        // After the waits were seen, so that they belong to the method that runs.
        Some(if run.is_current() { found } else { Vec::new() })
    }
}

/// A future that a method polls, and that waits for another actor. It has an alarm as its waker.
pub(crate) struct Watched {
    /// The waits of the method's actor.
    by: Arc<Waits>,
    alarm: Weak<Alarm>,
    is_over: Arc<AtomicBool>,
    /// The number of the wait in the list, once it is there.
    id: Option<u64>,
    /// The search for a ring, until it is done.
    search: Option<Search>,
}

impl Watched {
    /// Watches a future that a method polls for `task`. Returns the waker to poll it with.
    pub(crate) fn new(by: Arc<Waits>, task: &Waker) -> (Self, Waker) {
        let is_over = Arc::new(AtomicBool::new(false));
        let alarm = Arc::new(Alarm {
            task: task.clone(),
            is_over: Arc::clone(&is_over),
        });
        let watch = Self {
            by,
            alarm: Arc::downgrade(&alarm),
            is_over,
            id: None,
            search: None,
        };
        (watch, alarm.into())
    }

    /// Returns the waker to poll the future with again, if a method of the same actor polls it for the same task, and
    /// its wait has not ended.
    pub(crate) fn waker(&self, by: &Arc<Waits>, task: &Waker) -> Option<Waker> {
        let alarm = self.alarm.upgrade()?;
        let is_current = Arc::ptr_eq(&self.by, by) && alarm.task.will_wake(task);
        (is_current && !has_ended(&self.is_over)).then(|| alarm.into())
    }

    /// Lists that the method which runs waits for the actor of `target`, and looks for a ring. Pending if the task has
    /// no more budget for that.
    ///
    /// # Errors
    ///
    /// The cycle that this wait would close.
    pub(crate) fn poll_list(
        &mut self,
        target: Arc<Waits>,
        until: Until,
        cx: &mut Context<'_>,
    ) -> Poll<Result<(), Cycle>> {
        match self.id {
            Some(id) => self.update(id, until),
            None => self.list(target, until),
        }
        Poll::Ready(match ready!(self.poll_search(cx)) {
            Some(cycle) => Err(cycle),
            None => Ok(()),
        })
    }

    /// Updates the moment at which the wait is over, of which more is known by now.
    fn update(&mut self, id: u64, until: Until) {
        self.by.update(id, until);
        if let Some(search) = &mut self.search {
            search.found[0].until = until;
        }
    }

    /// Lists the wait, and begins to search (invariant 1).
    fn list(&mut self, target: Arc<Waits>, until: Until) {
        let (id, run) = self.by.add(Wait {
            target: Arc::clone(&target),
            until,
            is_over: Arc::clone(&self.is_over),
        });
        self.id = Some(id);
        self.search = run.map(|run| {
            Search::from(Found {
                waits: Arc::clone(&self.by),
                id,
                run,
                target,
                until,
                led_by: 0,
            })
        });
    }

    /// Returns the ring that the search finds, if it is not done yet.
    fn poll_search(&mut self, cx: &mut Context<'_>) -> Poll<Option<Cycle>> {
        let Some(search) = &mut self.search else {
            return Poll::Ready(None);
        };
        let cycle = ready!(search.poll(cx));
        self.search = None;
        Poll::Ready(cycle)
    }
}

impl Drop for Watched {
    #[cold]
    fn drop(&mut self) {
        if let Some(id) = self.id {
            self.by.remove(id);
        }
    }
}

/// A wait that a search has found.
struct Found {
    /// The list that has it.
    waits: Arc<Waits>,
    id: u64,
    /// The method that waits.
    run: Run,
    target: Arc<Waits>,
    until: Until,
    /// The index of the wait that led here.
    led_by: usize,
}

/// A search for the shortest way from a wait back to the actor that waits. It lists the waits of each actor once. If a
/// wait of the way that it found has ended meanwhile, it begins again.
struct Search {
    /// The first wait, and all to which it leads, the nearest first.
    found: Vec<Found>,
    /// The index of the wait to be looked at next.
    next: usize,
    /// The addresses of the lists that were looked at, which the waits that led there keep.
    seen: HashSet<usize>,
    /// The number of waits that were looked at since the task last had to pay for it.
    unpaid: usize,
}

impl Search {
    fn from(first: Found) -> Self {
        Self {
            found: vec![first],
            next: 0,
            seen: HashSet::new(),
            unpaid: 0,
        }
    }

    /// Goes on with the search. A ring that is complete when the search begins stays complete, however long it takes.
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Option<Cycle>> {
        while let Some(here) = self.found.get(self.next) {
            if self.unpaid == WAITS_PER_UNIT {
                ready!(coop::poll_proceed(cx)).made_progress();
                self.unpaid = 0;
            }
            self.unpaid += 1;
            let first = &self.found[0];
            if !Arc::ptr_eq(&here.target, &first.waits) {
                self.look_behind(self.next);
            } else if here.until.depends_on(&first.run) {
                let way = way_to(self.next, &self.found);
                if is_ring(&way) {
                    return Poll::Ready(Some(cycle(&way)));
                }
                if !first.waits.counts(first.id) {
                    return Poll::Ready(None);
                }
                // Another way may lead here (invariant 3).
                self.found.truncate(1);
                self.seen.clear();
                self.next = 0;
                continue;
            }
            self.next += 1;
        }
        Poll::Ready(None)
    }

    /// Looks at the waits of the actor that the wait at `index` is for, unless that was done.
    fn look_behind(&mut self, index: usize) {
        let here = &self.found[index];
        let address = Arc::as_ptr(&here.target).addr();
        if self.seen.contains(&address) {
            return;
        }
        if let Some(next) = here.target.before(here.until, index) {
            self.seen.insert(address);
            self.found.extend(next);
        }
    }
}

/// Returns the waits from the first one to the one at `index`.
fn way_to(mut index: usize, found: &[Found]) -> Vec<&Found> {
    let mut way = vec![&found[index]];
    while index > 0 {
        index = found[index].led_by;
        way.push(&found[index]);
    }
    way.reverse();
    way
}

/// Returns true if each wait still counts, and depends on the next one (invariant 3).
fn is_ring(way: &[&Found]) -> bool {
    let next = way.iter().skip(1).chain(way.first());
    way.iter()
        .zip(next)
        .all(|(wait, next)| wait.waits.depends_on(wait.id, &next.run) && wait.run.is_current())
}

/// Returns the cycle in the order in which people tell it: the wait that closes it comes last.
fn cycle(way: &[&Found]) -> Cycle {
    let in_order = way.iter().skip(1).chain(way.first());
    Cycle::new(
        in_order
            .map(|step| Step {
                actor: step.waits.actor.clone(),
                method: step.run.method,
            })
            .collect(),
    )
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;

    use super::*;

    /// Actors that wait for each other, by number.
    struct Actors(Vec<Arc<Waits>>);

    impl Actors {
        fn new(count: usize) -> Self {
            let actors = (0..count).map(|_| {
                let waits = Waits::of(Title {
                    actor: "actor",
                    instance: None,
                });
                waits.begin_run(Run {
                    method: "run",
                    progress: Idle::PROGRESS,
                    actor: Arc::new(Idle),
                });
                Arc::new(waits)
            });
            Self(actors.collect())
        }

        /// Lets an actor wait for another one, and returns the wait before its search.
        fn wait(&self, by: usize, target: usize) -> (Watched, Waker) {
            let (by, target) = (&self.0[by], &self.0[target]);
            let (mut watch, waker) = Watched::new(Arc::clone(by), Waker::noop());
            watch.list(Arc::clone(target), Until::Done);
            (watch, waker)
        }
    }

    /// An actor that begins no further command.
    struct Idle;

    impl Idle {
        const PROGRESS: Progress = Progress {
            first_lane: 0,
            priority: 0,
        };
    }

    impl Progressing for Idle {
        fn progress(&self) -> Option<Progress> {
            Some(Self::PROGRESS)
        }
    }

    /// Searches outside of a task, where there is no end of the budget. Returns true if there is a ring.
    fn finds_ring((watch, _): &mut (Watched, Waker)) -> bool {
        match watch.poll_search(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(cycle) => cycle.is_some(),
            Poll::Pending => panic!("the search is not done"),
        }
    }

    #[test]
    fn a_ring_is_found_by_its_last_wait() {
        let actors = Actors::new(3);
        let mut waits = [(0, 1), (0, 1), (1, 2)].map(|(by, target)| actors.wait(by, target));
        assert!(waits.iter_mut().all(|wait| !finds_ring(wait)));
        let mut last = actors.wait(2, 0);
        assert!(finds_ring(&mut last));
    }

    #[test]
    fn a_wait_that_has_ended_is_in_no_ring() {
        /// Ends a wait, and returns what is left of it.
        type End = fn(Watched, Waker, &Waits) -> (Option<Watched>, Option<Waker>);

        let ends: [End; 4] = [
            |_, _, _| (None, None),
            |watch, waker, _| {
                waker.wake_by_ref();
                (Some(watch), Some(waker))
            },
            |watch, _, _| (Some(watch), None),
            |watch, waker, waits| {
                waits.end_run();
                (Some(watch), Some(waker))
            },
        ];
        for end in ends {
            let actors = Actors::new(2);
            let (watch, waker) = actors.wait(0, 1);
            let _rest = end(watch, waker, &actors.0[0]);
            let mut second = actors.wait(1, 0);
            assert!(!finds_ring(&mut second));
        }
    }

    #[test]
    fn each_wait_is_looked_at_once() {
        const WIDTH: usize = if cfg!(miri) { 6 } else { 40 };
        const LAYERS: usize = 5;
        let actors = Actors::new(WIDTH * LAYERS + 1);
        let mut waits = Vec::new();
        for by in 0..WIDTH * (LAYERS - 1) {
            let next_layer = (by / WIDTH + 1) * WIDTH;
            waits.extend((0..WIDTH).map(|number| actors.wait(by, next_layer + number)));
        }
        let (mut watch, _waker) = actors.wait(WIDTH * LAYERS, 0);
        let search = watch.search.as_mut().unwrap();
        let cycle = search.poll(&mut Context::from_waker(Waker::noop()));
        assert!(matches!(cycle, Poll::Ready(None)));
        assert!(search.next <= waits.len(), "{} waits", search.next);
    }

    #[test]
    fn a_ring_whose_last_wait_has_ended_is_none() {
        let actors = Actors::new(2);
        let _back = actors.wait(1, 0);
        let mut last = actors.wait(0, 1);
        last.1.wake_by_ref();
        assert!(!finds_ring(&mut last));
    }

    #[test]
    fn a_method_waits_for_its_targets_while_it_runs() {
        let actors = Actors::new(3);
        let _waits = [(0, 1), (0, 2), (0, 1)].map(|(by, target)| actors.wait(by, target));
        let waits = &actors.0[0];
        assert_eq!(waits.targets("run").len(), 2);
        assert!(waits.targets("another").is_empty());
        waits.lock().run.as_mut().unwrap().progress.first_lane += 1;
        assert!(waits.targets("run").is_empty());
    }

    #[test]
    #[cfg_attr(
        miri,
        ignore = "miri gives a vtable several addresses, so `will_wake` may say no"
    )]
    fn a_wait_keeps_its_waker_while_one_method_polls_it_for_one_task() {
        let actors = Actors::new(2);
        let (by, other) = (&actors.0[0], &actors.0[1]);
        let [task, other_task] = [(); 2].map(|()| {
            let alarm = Alarm {
                task: Waker::noop().clone(),
                is_over: Arc::default(),
            };
            Waker::from(Arc::new(alarm)).clone()
        });
        let (watch, waker) = Watched::new(Arc::clone(by), &task);
        assert!(watch.waker(by, &task).is_some());
        assert!(watch.waker(other, &task).is_none());
        assert!(watch.waker(by, &other_task).is_none());
        waker.wake_by_ref();
        assert!(watch.waker(by, &task).is_none());
    }

    /// Takes the budget of the task, except for one unit.
    async fn spend_budget() {
        poll_fn(|cx| {
            let mut units = Vec::new();
            while let Poll::Ready(unit) = coop::poll_proceed(cx) {
                units.push(unit);
            }
            drop(units.pop());
            for unit in units {
                unit.made_progress();
            }
            Poll::Ready(())
        })
        .await;
    }

    #[tokio::test(start_paused = true)]
    async fn a_short_search_costs_no_budget() {
        let actors = Actors::new(4);
        let _waits = [(1, 2), (2, 3), (3, 0)].map(|(by, target)| actors.wait(by, target));
        let (mut last, _waker) = actors.wait(0, 1);
        spend_budget().await;
        let polled = poll_fn(|cx| Poll::Ready(last.poll_search(cx))).await;
        assert!(matches!(polled, Poll::Ready(Some(_))));
    }

    /// The way in which a wait ends.
    #[derive(Clone, Copy)]
    enum End {
        Drop,
        Wake,
    }

    /// Breaks a ring in the middle of the search for it, and returns true if a ring is found all the same. There may be
    /// `other_waits` in place of the one that ends.
    async fn finds_broken_ring(how: End, other_waits: usize) -> bool {
        const FAN: usize = 4 * WAITS_PER_UNIT;
        let actors = Actors::new(3 + FAN);
        let breaks = actors.wait(1, 2);
        let fan = (3..3 + FAN).map(|target| actors.wait(1, target));
        let _fan: Vec<_> = fan.collect();
        let _others: Vec<_> = (0..other_waits).map(|_| actors.wait(1, 2)).collect();
        let _back = actors.wait(2, 0);
        let (mut watch, _waker) = actors.wait(0, 1);
        spend_budget().await;
        let polled = poll_fn(|cx| Poll::Ready(watch.poll_search(cx))).await;
        assert!(polled.is_pending(), "the search has a budget");
        let _ended = match how {
            End::Drop => {
                drop(breaks);
                None
            }
            End::Wake => {
                breaks.1.wake_by_ref();
                Some(breaks)
            }
        };
        poll_fn(|cx| watch.poll_search(cx)).await.is_some()
    }

    #[tokio::test(start_paused = true)]
    async fn a_ring_that_breaks_during_the_search_is_none() {
        assert!(!finds_broken_ring(End::Drop, 0).await);
        assert!(!finds_broken_ring(End::Wake, 0).await);
    }

    #[tokio::test(start_paused = true)]
    async fn a_ring_is_found_although_one_of_its_waits_ends_during_the_search() {
        assert!(finds_broken_ring(End::Drop, 1).await);
        assert!(finds_broken_ring(End::Wake, 1).await);
    }
}
