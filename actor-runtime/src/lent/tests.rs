//! The owners of a state, one by one and by hand, and threads that race for a state; also what miri runs.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use std::thread;

use tokio::task::JoinSet;

use super::*;
use crate::{Actor as _, CancellationToken, ExitReason, actor};

struct Plain(Arc<AtomicUsize>);

impl Drop for Plain {
    fn drop(&mut self) {
        self.0.fetch_add(1, SeqCst);
    }
}

impl Lendable for Plain {
    fn handle_now(&mut self, _sent: &mut dyn Any, _caller: Option<task::Id>) -> Handled {
        Handled::Done
    }

    fn tally(&mut self) -> &mut Tally {
        unreachable!("nobody counts")
    }

    fn into_any(self: Box<Self>) -> Box<dyn Any + Send> {
        self
    }
}

/// The custody of a state that nobody has, and the number of times that the state was dropped.
fn idle() -> (Custody, Arc<AtomicUsize>) {
    let (mut custody, drops) = (Custody::default(), Arc::default());
    custody.put(Box::new(Plain(Arc::clone(&drops))));
    (custody, drops)
}

/// Notes each end, and whether a method had panicked.
#[derive(Clone, Default)]
struct Ends(Arc<Mutex<Vec<bool>>>);

impl Ends {
    fn all(&self) -> Vec<bool> {
        self.0.lock().unwrap().clone()
    }
}

impl Ending for Ends {
    fn end(self: Box<Self>, returned: Option<Returned>) {
        let (_state, panic) = returned.expect("a caller had the state");
        self.0.lock().unwrap().push(panic.is_some());
    }
}

#[test]
fn a_state_has_one_owner() {
    let (mut custody, drops) = idle();
    assert!(custody.take_back(false).is_none());
    let state = custody.take(None).unwrap();
    assert!(custody.take(None).is_none());
    assert!(custody.take_back(true).is_none());
    assert!(custody.bring_back(state, None).is_none());
    let (state, panic) = custody.take_back(true).unwrap();
    assert!(panic.is_none());
    assert!(custody.take(None).is_none());
    assert!(custody.take_back(true).is_none());
    drop(state);
    assert_eq!(drops.load(SeqCst), 1);
}

#[test]
fn a_panic_is_kept_for_the_loop() {
    let (mut custody, drops) = idle();
    let state = custody.take(None).unwrap();
    let ending = custody.bring_back(state, Some(Box::new("in place")));
    assert!(ending.is_none());
    assert!(custody.take(None).is_none());
    let (_, panic) = custody.take_back(false).unwrap();
    assert!(panic.is_some());
    assert!(custody.take_back(true).is_none());
    assert_eq!(drops.load(SeqCst), 1);
}

#[test]
fn an_end_comes_when_the_state_is_back() {
    for panic in [None, Some(Box::new("in place") as Payload)] {
        let has_panicked = panic.is_some();
        let ends = Ends::default();
        let (mut custody, drops) = idle();
        let state = custody.take(None).unwrap();
        assert!(custody.leave(Box::new(ends.clone())).is_ok());
        let (ending, returned) = custody.bring_back(state, panic).unwrap();
        assert!(ends.all().is_empty() && custody.take(None).is_none());
        ending.end(Some(returned));
        assert_eq!(ends.all(), [has_panicked]);
        assert_eq!(drops.load(SeqCst), 1);
    }
}

#[test]
fn an_end_is_given_back_if_no_caller_has_the_state() {
    let (mut custody, _drops) = idle();
    let (ending, returned) = custody.leave(Box::<Ends>::default()).err().unwrap();
    assert!(returned.is_some_and(|(_, panic)| panic.is_none()));
    // The loop had the state.
    let (_, returned) = custody.leave(ending).err().unwrap();
    assert!(returned.is_none());
}

#[test]
fn an_end_after_a_panic_has_the_panic() {
    let (mut custody, _drops) = idle();
    let state = custody.take(None).unwrap();
    let ending = custody.bring_back(state, Some(Box::new("in place")));
    assert!(ending.is_none());
    let (_, returned) = custody.leave(Box::<Ends>::default()).err().unwrap();
    assert!(returned.is_some_and(|(_, panic)| panic.is_some()));
}

#[test]
fn an_end_takes_the_place_of_the_one_before() {
    let (first, second) = (Ends::default(), Ends::default());
    let (mut custody, _) = idle();
    let state = custody.take(None).unwrap();
    assert!(matches!(custody.leave(Box::new(first.clone())), Ok(None)));
    assert!(matches!(
        custody.leave(Box::new(second.clone())),
        Ok(Some(_))
    ));
    let (ending, returned) = custody.bring_back(state, None).unwrap();
    ending.end(Some(returned));
    assert_eq!((first.all().len(), second.all().len()), (0, 1));
}

/// An end that nobody brings, as its caller has leaked the state, goes with the custody.
#[test]
fn an_end_is_dropped_with_its_custody() {
    let ends = Ends::default();
    let (mut custody, drops) = idle();
    let state = custody.take(None).unwrap();
    assert!(custody.leave(Box::new(ends.clone())).is_ok());
    drop((custody, state));
    assert!(Arc::into_inner(ends.0).is_some());
    assert_eq!(drops.load(SeqCst), 1);
}

#[derive(Default)]
struct Desk {
    sum: usize,
    entered: Arc<AtomicBool>,
    may_leave: Arc<AtomicBool>,
}

#[actor(crate = crate, in_place)]
impl Desk {
    pub(crate) fn add(&mut self, number: usize) -> Option<tokio::task::Id> {
        self.sum += number;
        tokio::task::try_id()
    }

    pub(crate) fn note(&mut self, number: usize) {
        self.sum += number;
    }

    pub(crate) fn hold(&self) -> usize {
        self.entered.store(true, SeqCst);
        while !self.may_leave.load(SeqCst) {
            thread::yield_now();
        }
        self.sum
    }
}

fn two_threads() -> tokio::runtime::Runtime {
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    builder.worker_threads(2).enable_time().build().unwrap()
}

/// Calls the actor until one of the calls has run in place.
async fn add_in_place(desk: &DeskClient) {
    while desk.add(0).await.unwrap() != tokio::task::try_id() {
        tokio::task::yield_now().await;
    }
}

#[test]
fn callers_on_two_threads_race_for_the_state() {
    const CALLS: usize = if cfg!(miri) { 20 } else { 2_000 };
    two_threads().block_on(async {
        let (desk, handle) = Desk::default().spawn_with_handle(CancellationToken::new());
        let mut callers = JoinSet::new();
        for _ in 0..2 {
            let desk = desk.clone();
            callers.spawn(async move {
                add_in_place(&desk).await;
                for number in 0..CALLS {
                    desk.note(number).await.unwrap();
                    desk.add(number).await.unwrap();
                }
            });
        }
        drop(desk);
        callers.join_all().await;
        assert_eq!(handle.await.state.unwrap().sum, 2 * CALLS * (CALLS - 1));
    });
}

#[test]
fn an_abort_leaves_the_end_to_the_caller_that_has_the_state() {
    two_threads().block_on(async {
        let desk = Desk::default();
        let (entered, may_leave) = (Arc::clone(&desk.entered), Arc::clone(&desk.may_leave));
        let (desk, handle) = desk.spawn_with_handle(CancellationToken::new());
        let caller = tokio::spawn(async move {
            add_in_place(&desk).await;
            desk.hold().await
        });
        while !entered.load(SeqCst) {
            tokio::task::yield_now().await;
        }
        handle.abort();
        while !handle.is_finished() {
            tokio::task::yield_now().await;
        }
        may_leave.store(true, SeqCst);
        assert_eq!(caller.await.unwrap(), Ok(0));
        let exit = handle.await;
        assert!(matches!(exit.reason, ExitReason::Aborted));
        assert!(exit.handled > 1 && exit.state.is_none());
    });
}
