//! The invariants of the mailbox, one by one and by hand; also what miri runs.

use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Wake, Waker};
use std::thread;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::Inbox;
use crate::blocking::block_on;
use crate::command::Command;
use crate::error::{CallError, Why};
use crate::meters::Meter;
use crate::position::{Accepted, Position};
use crate::sender::{Cast, Sender};
use crate::shutdown::{Shutdown, StopReason};

#[derive(Debug, PartialEq)]
struct Number(usize);

impl Command for Number {
    type Events = ();
    type Latest = ();

    const ACTOR: &'static str = "number";

    fn name(&self) -> &'static str {
        "number"
    }
}

#[derive(Default)]
struct Wakes(AtomicUsize);

impl Wake for Wakes {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

fn with_capacity(capacity: usize) -> (Sender<Number>, Inbox<Number>) {
    Inbox::open(capacity, Shutdown::Stop, CancellationToken::new())
}

fn poll_once<F: Future>(future: Pin<&mut F>) -> Poll<F::Output> {
    future.poll(&mut Context::from_waker(Waker::noop()))
}

/// The next command, looking again if the loop only let others run.
fn next(inbox: &mut Inbox<Number>) -> Poll<Option<usize>> {
    for _ in 0..2 {
        if let Poll::Ready(command) = poll_once(pin!(inbox.next())) {
            return Poll::Ready(command.map(|number| number.0));
        }
    }
    Poll::Pending
}

/// Closes the mailbox, and returns the number of commands that were accepted and not begun.
fn refused(inbox: &mut Inbox<Number>) -> u64 {
    inbox.refuse(None).count
}

fn position(sender: &Sender<Number>, number: usize) -> Position {
    let mut cast = sender.cast(Number(number));
    cast.accept_if_room().expect("there is room")
}

#[test]
fn a_command_that_comes_too_late_is_not_begun() {
    let (sender, mut inbox) = Inbox::open(2, Shutdown::Drain, CancellationToken::new());
    let position = position(&sender, 1);
    inbox.control().set_deadline(Duration::ZERO);
    inbox.control().stop(StopReason::Cancelled, None);
    assert_eq!(next(&mut inbox), Poll::Ready(None));
    let lanes = &inbox.shared().mailbox.lanes;
    assert!(!lanes.first().gate().has_begun(position));
    assert_eq!(refused(&mut inbox), 1);
}

#[test]
fn a_closed_mailbox_accepts_nothing() {
    let (sender, mut inbox) = with_capacity(2);
    position(&sender, 1);
    assert_eq!(refused(&mut inbox), 1);
    assert_eq!(
        sender.cast(Number(2)).if_room().err(),
        Some(CallError::Closed(Why::Unknown))
    );
    assert_eq!(next(&mut inbox), Poll::Ready(None));
}

#[test]
fn capacity_counts_what_is_drained_and_not_started() {
    for capacity in [1, 2, 3, 64] {
        let (sender, mut inbox) = with_capacity(capacity);
        for number in 0..capacity {
            position(&sender, number);
        }
        assert_eq!(sender.shared().control().lanes().first.capacity_left(), 0);
        for number in 0..2 * capacity {
            assert_eq!(
                sender.cast(Number(0)).if_room().err(),
                Some(CallError::Full)
            );
            assert_eq!(next(&mut inbox), Poll::Ready(Some(number)));
            position(&sender, capacity + number);
        }
    }
}

#[test]
fn a_free_slot_goes_to_the_sender_that_has_waited_longest() {
    let (sender, mut inbox) = with_capacity(1);
    position(&sender, 0);
    let mut first = pin!(sender.cast(Number(1)));
    let mut second = pin!(sender.cast(Number(2)));
    assert!(poll_once(first.as_mut()).is_pending());
    assert!(poll_once(second.as_mut()).is_pending());
    assert_eq!(next(&mut inbox), Poll::Ready(Some(0)));
    assert!(poll_once(second.as_mut()).is_pending());
    assert_eq!(
        sender.cast(Number(3)).if_room().err(),
        Some(CallError::Full)
    );
    assert_eq!(poll_once(first.as_mut()), Poll::Ready(Ok(())));
    assert_eq!(next(&mut inbox), Poll::Ready(Some(1)));
    assert_eq!(poll_once(second.as_mut()), Poll::Ready(Ok(())));
}

#[test]
fn slots_are_granted_together_and_before_the_loop_waits() {
    let (sender, mut inbox) = with_capacity(16);
    inbox.work_mut().set_driven(Meter::default());
    for number in 0..16 {
        position(&sender, number);
    }
    let casts = (16..26).map(|number| Box::pin(sender.cast(Number(number))));
    let mut casts: Vec<_> = casts.collect();
    let mut newly_accepted = || {
        let before = casts.len();
        casts.retain_mut(|cast| poll_once(cast.as_mut()).is_pending());
        before - casts.len()
    };
    assert_eq!(newly_accepted(), 0);
    for number in 0..7 {
        assert_eq!(next(&mut inbox), Poll::Ready(Some(number)));
    }
    assert_eq!(newly_accepted(), 0);
    // What is free is for those who wait.
    assert_eq!(sender.shared().control().lanes().first.capacity_left(), 0);
    assert_eq!(
        sender.cast(Number(0)).if_room().err(),
        Some(CallError::Full)
    );
    assert_eq!(next(&mut inbox), Poll::Ready(Some(7)));
    assert_eq!(newly_accepted(), 8);
    assert_eq!(next(&mut inbox), Poll::Ready(Some(8)));
    assert_eq!(newly_accepted(), 0);
    inbox.control().lanes().admit_waiting();
    assert_eq!(newly_accepted(), 1);
}

#[test]
fn the_loop_lets_others_run_unless_a_sender_waits_alone() {
    for (waiting, lets_others_run) in [(0, true), (1, false), (2, true)] {
        let (sender, mut inbox) = with_capacity(2);
        position(&sender, 0);
        position(&sender, 1);
        let casts = (0..waiting).map(|number| Box::pin(sender.cast(Number(number))));
        let mut casts: Vec<_> = casts.collect();
        for cast in &mut casts {
            assert!(poll_once(cast.as_mut()).is_pending());
        }
        assert_eq!(next(&mut inbox), Poll::Ready(Some(0)));
        assert_eq!(next(&mut inbox), Poll::Ready(Some(1)));
        let task = Arc::<Wakes>::default();
        let waker = Waker::from(Arc::clone(&task));
        let next = pin!(inbox.next()).poll(&mut Context::from_waker(&waker));
        assert!(next.is_pending());
        let has_woken_itself = task.0.load(Ordering::Relaxed) == 1;
        assert_eq!(has_woken_itself, lets_others_run, "{waiting} wait");
    }
}

#[test]
fn a_sender_that_leaves_passes_its_slot_on() {
    let (sender, mut inbox) = with_capacity(1);
    position(&sender, 0);
    let mut granted = Box::pin(sender.cast(Number(1)));
    let mut waiting = Box::pin(sender.cast(Number(2)));
    let mut last = pin!(sender.cast(Number(3)));
    assert!(poll_once(granted.as_mut()).is_pending());
    assert!(poll_once(waiting.as_mut()).is_pending());
    assert!(poll_once(last.as_mut()).is_pending());
    assert_eq!(next(&mut inbox), Poll::Ready(Some(0)));
    drop(waiting);
    drop(granted);
    assert_eq!(poll_once(last.as_mut()), Poll::Ready(Ok(())));
    assert_eq!(next(&mut inbox), Poll::Ready(Some(3)));
    assert_eq!(sender.shared().control().lanes().first.capacity_left(), 1);
}

/// A full mailbox with one slot, which is promised to the sender that is returned.
fn promised<'a>(
    sender: &'a Sender<Number>,
    inbox: &mut Inbox<Number>,
) -> Pin<Box<Cast<'a, Number>>> {
    position(sender, 0);
    let mut called = Box::pin(sender.cast(Number(1)));
    assert!(poll_once(called.as_mut()).is_pending());
    assert_eq!(next(inbox), Poll::Ready(Some(0)));
    called
}

/// Polls the loop as often as it wakes itself, up to `limit`. Returns the number of polls.
fn looks(inbox: &mut Inbox<Number>, limit: usize) -> usize {
    let woken = Arc::new(Wakes::default());
    let waker = Waker::from(Arc::clone(&woken));
    for polls in 0..limit {
        let mut cx = Context::from_waker(&waker);
        assert!(pin!(inbox.next()).poll(&mut cx).is_pending());
        if woken.0.load(Ordering::Relaxed) == polls {
            return polls;
        }
    }
    limit
}

const PATIENCE: usize = crate::mailbox::PATIENCE as usize;

#[test]
fn the_loop_looks_for_a_stall_only_while_somebody_wants_the_slot() {
    let (sender, mut inbox) = with_capacity(1);
    let forgotten = promised(&sender, &mut inbox);
    assert_eq!(looks(&mut inbox, 1000), 0);
    let refused = sender.cast(Number(2)).if_room();
    assert_eq!(refused.err(), Some(CallError::Full));
    assert_eq!(looks(&mut inbox, 1000), PATIENCE + 1);
    // Nobody wants the slot of the second one that is forgotten, nor did anybody who came while commands were queued.
    position(&sender, 3);
    assert_eq!(
        sender.cast(Number(4)).if_room().err(),
        Some(CallError::Full)
    );
    assert_eq!(next(&mut inbox), Poll::Ready(Some(3)));
    let second = promised(&sender, &mut inbox);
    assert_eq!(looks(&mut inbox, 1000), 0);
    drop((forgotten, second));
    assert_eq!(sender.shared().control().lanes().first.capacity_left(), 1);
}

#[test]
fn the_loop_is_patient_with_each_sender() {
    let (sender, mut inbox) = with_capacity(1);
    let mut first = promised(&sender, &mut inbox);
    let mut second = Box::pin(sender.cast(Number(2)));
    assert!(poll_once(second.as_mut()).is_pending());
    assert_eq!(looks(&mut inbox, PATIENCE), PATIENCE);
    assert_eq!(poll_once(first.as_mut()), Poll::Ready(Ok(())));
    assert_eq!(next(&mut inbox), Poll::Ready(Some(1)));
    // Now the second one is called, and the third one waits.
    let mut third = Box::pin(sender.cast(Number(3)));
    assert!(poll_once(third.as_mut()).is_pending());
    assert_eq!(looks(&mut inbox, PATIENCE), PATIENCE);
    assert!(poll_once(third.as_mut()).is_pending());
    assert_eq!(looks(&mut inbox, PATIENCE), 1);
    assert_eq!(poll_once(third.as_mut()), Poll::Ready(Ok(())));
    assert!(poll_once(second.as_mut()).is_pending());
    assert_eq!(next(&mut inbox), Poll::Ready(Some(3)));
    assert_eq!(poll_once(second.as_mut()), Poll::Ready(Ok(())));
}

#[test]
fn the_gate_is_quiet_when_nobody_waits_any_longer() {
    let (sender, mut inbox) = with_capacity(1);
    let shared = Arc::clone(sender.shared());
    let lanes = &shared.mailbox.lanes;
    let called = promised(&sender, &mut inbox);
    assert!(lanes.is_quiet());
    let mut waiting = Box::pin(sender.cast(Number(2)));
    assert!(poll_once(waiting.as_mut()).is_pending());
    assert!(!lanes.is_quiet());
    drop(waiting);
    assert!(lanes.is_quiet());
    drop(called);
    assert!(lanes.is_quiet());
}

/// A sender's waker, whose wake and drop call the mailbox.
struct Curious(Sender<Number>);

impl Curious {
    fn look(&self) {
        let lane = self.0.shared().control().lanes().first;
        assert!(lane.capacity_left() <= 1);
    }
}

impl Wake for Curious {
    fn wake(self: Arc<Self>) {
        self.look();
    }
}

impl Drop for Curious {
    fn drop(&mut self) {
        self.look();
    }
}

#[test]
fn wakers_of_senders_may_use_the_mailbox() {
    let (sender, mut inbox) = with_capacity(1);
    let waker = || Waker::from(Arc::new(Curious(sender.clone())));
    position(&sender, 0);
    let mut cast = Box::pin(sender.cast(Number(1)));
    for _ in 0..3 {
        let poll = cast.as_mut().poll(&mut Context::from_waker(&waker()));
        assert!(poll.is_pending());
    }
    assert_eq!(next(&mut inbox), Poll::Ready(Some(0)));
    drop(cast);
}

struct Panics;

impl Wake for Panics {
    fn wake(self: Arc<Self>) {
        std::panic::resume_unwind(Box::new("a waker panics"));
    }
}

#[test]
fn a_waker_that_panics_does_not_keep_the_others_from_being_woken() {
    let woken = Arc::new(Wakes::default());
    for is_closed in [true, false] {
        let before = woken.0.load(Ordering::Relaxed);
        let (sender, mut inbox) = with_capacity(2);
        position(&sender, 0);
        position(&sender, 1);
        let wakers = [Waker::from(Arc::new(Panics)), Waker::from(woken.clone())];
        let casts = wakers.map(|waker| {
            let mut cast = Box::pin(sender.cast(Number(2)));
            let poll = cast.as_mut().poll(&mut Context::from_waker(&waker));
            assert!(poll.is_pending());
            cast
        });
        if is_closed {
            inbox.control().close();
        } else {
            assert_eq!(next(&mut inbox), Poll::Ready(Some(0)));
            assert_eq!(next(&mut inbox), Poll::Ready(Some(1)));
        }
        assert_eq!(woken.0.load(Ordering::Relaxed), before + 1);
        drop(casts);
    }
}

#[test]
fn a_burst_leaves_no_large_buffer() {
    const BURST: usize = if cfg!(miri) { 5_000 } else { 10_000 };
    let (sender, mut inbox) = with_capacity(usize::MAX);
    for number in 0..BURST {
        position(&sender, number);
    }
    for number in 0..BURST {
        assert_eq!(next(&mut inbox), Poll::Ready(Some(number)));
    }
    assert_eq!(next(&mut inbox), Poll::Pending);
    assert_eq!(inbox.taken.capacity(), 0);
    // The buffer of another burst is in the mailbox when the last command is taken out.
    for number in 0..BURST {
        position(&sender, number);
    }
    assert_eq!(next(&mut inbox), Poll::Ready(Some(0)));
    position(&sender, BURST);
    for number in 1..=BURST {
        assert_eq!(next(&mut inbox), Poll::Ready(Some(number)));
    }
    assert_eq!(next(&mut inbox), Poll::Pending);
    let lane = sender.shared().mailbox.lanes.first();
    assert_eq!(lane.lock().queue.capacity(), 0);
}

#[test]
fn nothing_is_started_after_stop() {
    let (sender, mut inbox) = with_capacity(8);
    for number in 0..8 {
        position(&sender, number);
    }
    let mut waiting = pin!(sender.cast(Number(8)));
    assert!(poll_once(waiting.as_mut()).is_pending());
    assert_eq!(next(&mut inbox), Poll::Ready(Some(0)));
    inbox.control().stop(StopReason::Cancelled, None);
    assert_eq!(next(&mut inbox), Poll::Ready(None));
    assert_eq!(
        poll_once(waiting.as_mut()),
        Poll::Ready(Err(CallError::Closed(Why::Cancelled)))
    );
    assert_eq!(refused(&mut inbox), 7);
}

#[test]
fn the_last_sender_to_go_wakes_the_receiver() {
    let (sender, mut inbox) = with_capacity(1);
    let woken = Arc::new(Wakes::default());
    let waker = Waker::from(Arc::clone(&woken));
    let weak = sender.downgrade();
    let second = sender.clone();
    assert!(
        pin!(inbox.next())
            .poll(&mut Context::from_waker(&waker))
            .is_pending()
    );
    drop(sender);
    assert_eq!(woken.0.load(Ordering::Relaxed), 0);
    drop(second);
    assert_eq!(woken.0.load(Ordering::Relaxed), 1);
    assert!(weak.upgrade().is_none());
    assert_eq!(next(&mut inbox), Poll::Ready(None));
}

#[test]
fn a_position_tells_whether_a_command_was_started() {
    let (sender, mut inbox) = with_capacity(2);
    let (first, second) = (position(&sender, 1), position(&sender, 2));
    assert_eq!(next(&mut inbox), Poll::Ready(Some(1)));
    let shared = Arc::clone(inbox.shared());
    let lane = shared.control().lanes().first;
    let why = |position| lane.why_lost(position, CallError::Unanswered);
    assert_eq!(why(first), CallError::Unanswered);
    drop(inbox);
    assert_eq!(why(first), CallError::Stopped);
    assert_eq!(why(second), CallError::Refused);
    assert_eq!(
        lane.why_lost(first, CallError::Panicked),
        CallError::Panicked
    );
}

#[test]
fn a_cancelled_token_stops_the_mailbox() {
    let (sender, mut inbox) = with_capacity(1);
    position(&sender, 1);
    let waker = Waker::from(Arc::clone(inbox.shared()));
    waker.wake_by_ref();
    assert!(sender.shared().control().lanes().first.is_closed());
    assert_eq!(next(&mut inbox), Poll::Ready(None));
    assert_eq!(inbox.refuse(None).stop, Some(StopReason::Cancelled));
}

#[test]
fn nothing_is_lost_or_reordered_between_threads() {
    const SENDERS: usize = 3;
    const COMMANDS: usize = if cfg!(miri) { 8 } else { 1000 };
    let (sender, mut inbox) = with_capacity(4);
    let senders = (0..SENDERS).map(|own| {
        let sender = sender.clone();
        thread::spawn(move || {
            for number in 0..COMMANDS {
                block_on(sender.cast(Number(own * COMMANDS + number)))
                    .unwrap()
                    .unwrap();
            }
        })
    });
    let senders: Vec<_> = senders.collect();
    drop(sender);
    let mut expected: Vec<usize> = (0..SENDERS).map(|own| own * COMMANDS).collect();
    while let Some(Number(number)) = block_on(inbox.next()).unwrap() {
        let next = &mut expected[number / COMMANDS];
        assert_eq!(number, *next);
        *next += 1;
    }
    for sender in senders {
        sender.join().unwrap();
    }
    assert_eq!(
        expected.iter().sum::<usize>(),
        (1..=SENDERS).map(|own| own * COMMANDS).sum::<usize>()
    );
}

/// A command of which the odd ones have priority.
#[derive(Debug, PartialEq)]
struct Ranked(usize);

impl Command for Ranked {
    type Events = ();
    type Latest = ();

    const HAS_PRIORITY: bool = true;

    const ACTOR: &'static str = "ranked";

    fn name(&self) -> &'static str {
        "ranked"
    }

    fn has_priority(&self) -> bool {
        self.0 % 2 == 1
    }
}

fn ranked(capacity: usize) -> (Sender<Ranked>, Inbox<Ranked>) {
    Inbox::open(capacity, Shutdown::Stop, CancellationToken::new())
}

fn push_ranked(sender: &Sender<Ranked>, number: usize) -> Result<Accepted, CallError> {
    let mut cast = sender.cast(Ranked(number));
    let position = cast.accept_if_room()?;
    Ok(cast.erased().accepted_at(position))
}

#[test]
fn lanes_are_quiet_if_nobody_waits_in_either() {
    for number in [1, 2] {
        let (sender, _inbox) = ranked(1);
        let lanes = &sender.shared().mailbox.lanes;
        assert!(push_ranked(&sender, number).is_ok());
        let mut waiting = Box::pin(sender.cast(Ranked(number)));
        assert!(poll_once(waiting.as_mut()).is_pending());
        assert!(!lanes.is_quiet());
        drop(waiting);
        assert!(lanes.is_quiet());
    }
}

fn next_ranked(inbox: &mut Inbox<Ranked>) -> Poll<Option<usize>> {
    for _ in 0..2 {
        if let Poll::Ready(command) = poll_once(pin!(inbox.next())) {
            return Poll::Ready(command.map(|ranked| ranked.0));
        }
    }
    Poll::Pending
}

#[test]
fn commands_with_priority_are_first_also_before_what_was_taken_out() {
    let (sender, mut inbox) = ranked(4);
    for number in [0, 2, 1, 4, 3] {
        assert!(push_ranked(&sender, number).is_ok());
    }
    assert_eq!(next_ranked(&mut inbox), Poll::Ready(Some(1)));
    assert_eq!(next_ranked(&mut inbox), Poll::Ready(Some(3)));
    assert_eq!(next_ranked(&mut inbox), Poll::Ready(Some(0)));
    assert!(push_ranked(&sender, 5).is_ok());
    assert_eq!(next_ranked(&mut inbox), Poll::Ready(Some(5)));
    assert_eq!(next_ranked(&mut inbox), Poll::Ready(Some(2)));
    assert_eq!(next_ranked(&mut inbox), Poll::Ready(Some(4)));
    assert_eq!(next_ranked(&mut inbox), Poll::Pending);
}

#[test]
fn each_lane_has_the_capacity() {
    let (sender, mut inbox) = ranked(1);
    assert!(push_ranked(&sender, 0).is_ok());
    assert!(push_ranked(&sender, 1).is_ok());
    let mut waiting = pin!(sender.cast(Ranked(3)));
    assert!(poll_once(waiting.as_mut()).is_pending());
    assert_eq!(push_ranked(&sender, 2).err(), Some(CallError::Full));
    assert_eq!(next_ranked(&mut inbox), Poll::Ready(Some(1)));
    assert_eq!(poll_once(waiting.as_mut()), Poll::Ready(Ok(())));
    assert_eq!(push_ranked(&sender, 2).err(), Some(CallError::Full));
}

#[test]
fn both_lanes_wake_the_receiver() {
    for number in [0, 1] {
        let (sender, mut inbox) = ranked(1);
        let woken = Arc::new(Wakes::default());
        let waker = Waker::from(Arc::clone(&woken));
        let mut cx = Context::from_waker(&waker);
        assert!(pin!(inbox.next()).poll(&mut cx).is_pending());
        assert!(push_ranked(&sender, number).is_ok());
        assert_eq!(woken.0.load(Ordering::Relaxed), 1, "{number}");
    }
}

#[test]
fn both_lanes_are_stopped_and_refused() {
    let (sender, mut inbox) = ranked(2);
    let accepted = [0, 1].map(|number| push_ranked(&sender, number).unwrap());
    inbox.control().stop(StopReason::Stopped, None);
    assert_eq!(next_ranked(&mut inbox), Poll::Ready(None));
    assert_eq!(
        push_ranked(&sender, 2).err(),
        Some(CallError::Closed(Why::Stopped))
    );
    assert_eq!(
        push_ranked(&sender, 3).err(),
        Some(CallError::Closed(Why::Stopped))
    );
    assert_eq!(inbox.refuse(None).count, 2);
    for accepted in accepted {
        let why = sender
            .shared()
            .control()
            .why_lost(accepted, CallError::Unanswered);
        assert_eq!(why, CallError::Refused);
    }
}

#[test]
fn both_lanes_are_interrupted_and_go_on() {
    let (sender, mut inbox) = ranked(2);
    inbox.control().begin_incarnation();
    for number in [0, 1] {
        assert!(push_ranked(&sender, number).is_ok());
    }
    inbox.control().interrupt(Why::Panicked);
    assert_eq!(next_ranked(&mut inbox), Poll::Ready(None));
    assert!(push_ranked(&sender, 2).is_ok());
    inbox.control().begin_incarnation();
    for number in [1, 0, 2] {
        assert_eq!(next_ranked(&mut inbox), Poll::Ready(Some(number)));
    }
    assert_eq!(next_ranked(&mut inbox), Poll::Pending);
}

#[test]
fn nothing_goes_on_after_a_stop() {
    let (sender, mut inbox) = ranked(2);
    inbox.control().begin_incarnation();
    for number in [0, 1] {
        assert!(push_ranked(&sender, number).is_ok());
    }
    inbox.control().interrupt(Why::Panicked);
    let stop = Some(Shutdown::Stop);
    inbox.control().stop(StopReason::Cancelled, stop);
    inbox.control().begin_incarnation();
    assert_eq!(next_ranked(&mut inbox), Poll::Ready(None));
    assert_eq!(inbox.refuse(None).count, 2);
}

#[test]
fn a_stop_that_has_reached_one_lane_is_why_the_last_sender_went() {
    let (sender, mut inbox) = ranked(4);
    let shared = Arc::clone(sender.shared());
    let priority = shared.mailbox.lanes.priority().unwrap();
    priority
        .erased()
        .stop(StopReason::Cancelled, Some(Shutdown::Drain));
    assert!(push_ranked(&sender, 1).is_err());
    drop(sender);
    assert_eq!(next_ranked(&mut inbox), Poll::Ready(None));
    assert_eq!(shared.control().stop_reason(), StopReason::Cancelled);
    assert_eq!(inbox.refuse(None).stop, Some(StopReason::Cancelled));
}

#[test]
fn both_lanes_are_drained() {
    let (sender, mut inbox) = ranked(2);
    for number in [0, 1] {
        assert!(push_ranked(&sender, number).is_ok());
    }
    let drain = Some(Shutdown::Drain);
    inbox.control().stop(StopReason::Cancelled, drain);
    assert_eq!(
        push_ranked(&sender, 3).err(),
        Some(CallError::Closed(Why::Cancelled))
    );
    assert_eq!(next_ranked(&mut inbox), Poll::Ready(Some(1)));
    assert_eq!(next_ranked(&mut inbox), Poll::Ready(Some(0)));
    assert_eq!(next_ranked(&mut inbox), Poll::Ready(None));
    assert_eq!(inbox.refuse(None).count, 0);
}

#[test]
fn nothing_is_left_behind_by_senders_on_other_threads() {
    const ROUNDS: usize = if cfg!(miri) { 4 } else { 200 };
    for _ in 0..ROUNDS {
        let (sender, mut inbox) = ranked(usize::MAX);
        let senders = [0, 1].map(|number| {
            let sender = sender.clone();
            thread::spawn(move || {
                for _ in 0..8 {
                    push_ranked(&sender, number).unwrap();
                }
            })
        });
        drop(sender);
        let mut count = 0;
        while let Some(Ranked(_)) = block_on(inbox.next()).unwrap() {
            count += 1;
        }
        assert_eq!(count, 16);
        for sender in senders {
            sender.join().unwrap();
        }
    }
}

#[test]
fn what_the_last_sender_pushed_behind_the_receivers_back_is_found() {
    let (sender, mut inbox) = ranked(2);
    let mut cx = Context::from_waker(Waker::noop());
    assert!(inbox.poll_priority(&mut cx).is_none());
    assert!(push_ranked(&sender, 1).is_ok());
    drop(sender);
    assert!(inbox.poll_first_lane(&mut cx).is_pending());
    assert_eq!(next_ranked(&mut inbox), Poll::Ready(Some(1)));
    assert_eq!(next_ranked(&mut inbox), Poll::Ready(None));
}

#[test]
fn who_asks_for_the_end_after_it_is_told() {
    let (sender, inbox) = with_capacity(1);
    let actor = sender.shared().control();
    let (early, closed) = (actor.ended(), actor.closed());
    actor.close();
    assert!(closed.is_cancelled() && actor.closed().is_cancelled());
    assert!(!early.is_cancelled() && !actor.ended().is_cancelled());
    drop(inbox);
    assert!(early.is_cancelled() && actor.ended().is_cancelled());

    // Also if nobody has asked before.
    let (sender, inbox) = with_capacity(1);
    drop(inbox);
    assert!(sender.shared().control().ended().is_cancelled());
}

#[cfg(not(shuttle))]
#[tokio::test]
async fn one_who_asks_after_the_end_lets_others_run() {
    for is_stopped in [false, true] {
        let (sender, mut inbox) = with_capacity(2);
        if is_stopped {
            sender.cast(Number(1)).if_room().unwrap();
            assert_eq!(next(&mut inbox), Poll::Ready(Some(1)));
            sender.cast(Number(2)).if_room().unwrap();
            sender.shared().control().stop(StopReason::Stopped, None);
        }
        drop(sender);
        let mut asked = 0;
        while let Poll::Ready(command) = poll_once(pin!(inbox.next())) {
            assert_eq!(command, None);
            asked += 1;
        }
        assert!(asked > 1);
        tokio::task::yield_now().await;
    }
}
