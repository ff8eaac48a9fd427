//! The line of waiting senders against a model: senders are polled, forgotten, dropped and passed over in random
//! order, while the loop takes commands, is restarted, and at last told to stop or not.
//!
//! Each run asks two questions. Do all senders that are polled when they are woken get through? Is each slot there when
//! all senders have gone?

use std::collections::VecDeque;
use std::env;
use std::panic::{catch_unwind, resume_unwind};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::task::{Context, Poll, Wake, Waker};

use tokio_util::sync::CancellationToken;

use super::PATIENCE;
use crate::command::Command;
use crate::error::{CallError, Why};
use crate::inbox::Inbox;
use crate::meters::Meter;
use crate::sender::{Cast, Sender};
use crate::shutdown::{Shutdown, StopReason};

/// The number of runs, unless `SEEDS` is set.
const SEEDS: u64 = if cfg!(miri) {
    10
} else if cfg!(debug_assertions) {
    2_000
} else {
    100_000
};

/// A sender's command. Those with an odd number have priority.
struct Number(usize);

impl Command for Number {
    type Events = ();
    type Latest = ();

    const ACTOR: &'static str = "number";
    const HAS_PRIORITY: bool = true;

    fn name(&self) -> &'static str {
        "number"
    }

    fn has_priority(&self) -> bool {
        self.0 % 2 == 1
    }
}

/// `SplitMix64`, of Steele, Lea and Flood: "Fast splittable pseudorandom number generators" (2014).
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((bits ^ (bits >> 31)) % bound as u64).unwrap()
    }
}

#[derive(Default)]
struct Flag(AtomicBool);

impl Wake for Flag {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Relaxed);
    }
}

impl Flag {
    fn set() -> Arc<Self> {
        Arc::new(Self(AtomicBool::new(true)))
    }

    /// Polls `future` with a waker that sets the flag, which is cleared before.
    fn poll<F: Future>(self: &Arc<Self>, future: Pin<&mut F>) -> Poll<F::Output> {
        self.0.store(false, Relaxed);
        future.poll(&mut Context::from_waker(&Waker::from(Arc::clone(self))))
    }

    fn is_set(&self) -> bool {
        self.0.load(Relaxed)
    }
}

/// A sender that has not pushed yet.
struct Waiting<'a> {
    number: usize,
    cast: Pin<Box<Cast<'a, Number>>>,
    woken: Arc<Flag>,
    is_forgotten: bool,
}

struct Model<'a> {
    random: Random,
    capacity: usize,
    sender: &'a Sender<Number>,
    inbox: Inbox<Number>,
    loop_woken: Arc<Flag>,
    waiting: Vec<Waiting<'a>>,
    next_number: usize,
    /// The numbers accepted and not begun, in the order in which they were accepted, of each lane.
    queued: [VecDeque<usize>; 2],
    is_stopped: bool,
}

impl Model<'_> {
    /// A sender begins, and is polled once.
    fn join(&mut self) {
        let number = self.next_number;
        self.next_number += 1;
        self.waiting.push(Waiting {
            number,
            cast: Box::pin(self.sender.cast(Number(number))),
            woken: Flag::set(),
            is_forgotten: false,
        });
        self.poll(self.waiting.len() - 1);
    }

    /// Polls a sender. Returns true if it got through or was turned away.
    fn poll(&mut self, index: usize) -> bool {
        let waiting = &mut self.waiting[index];
        let Poll::Ready(result) = waiting.woken.poll(waiting.cast.as_mut()) else {
            return false;
        };
        let number = waiting.number;
        self.waiting.remove(index);
        self.note(number, &result);
        true
    }

    /// A sender that does not wait.
    fn try_push(&mut self) {
        let number = self.next_number;
        self.next_number += 1;
        let result = self.sender.cast(Number(number)).if_room();
        if result != Err(CallError::Full) {
            self.note(number, &result);
        }
    }

    fn note(&mut self, number: usize, result: &Result<(), CallError>) {
        assert_eq!(result.is_err(), self.is_stopped, "{result:?}");
        if result.is_ok() {
            let lane = &mut self.queued[number % 2];
            lane.push_back(number);
            assert!(lane.len() <= self.capacity, "the capacity is exceeded");
        }
    }

    /// The loop begins a command. Returns true if there was one.
    fn take(&mut self) -> bool {
        let next = self.loop_woken.poll(pin!(self.inbox.next()));
        let Poll::Ready(command) = next else {
            if self.inbox.work().is_driven() {
                self.inbox.control().lanes().admit_waiting();
            }
            return false;
        };
        let Some(Number(number)) = command else {
            return false;
        };
        // It polls again when the method is done.
        self.loop_woken.0.store(true, Relaxed);
        let first = self.queued[number % 2].pop_front();
        assert_eq!(first, Some(number), "the order of acceptance");
        true
    }

    /// The loop is interrupted, and finds no further command until the next incarnation begins.
    fn restart(&mut self) {
        self.inbox.control().interrupt(Why::Panicked);
        if self.random.below(2) == 0 {
            assert!(!self.take(), "a command was begun while interrupted");
            self.step();
        }
        self.inbox.control().begin_incarnation();
        self.inbox.begin_incarnation();
        self.loop_woken.0.store(true, Relaxed);
    }

    fn step(&mut self) {
        let any = self.waiting.len();
        match self.random.below(16) {
            0..4 => {
                for _ in 0..=self.random.below(8) {
                    self.join();
                }
            }
            4..6 => self.try_push(),
            6 => self.forget_some(),
            7 if any > 0 => {
                let index = self.random.below(any);
                self.waiting[index].is_forgotten = false;
            }
            8 if any > 0 => {
                let index = self.random.below(any);
                drop(self.waiting.swap_remove(index));
            }
            9..11 if any > 0 => {
                let index = self.random.below(any);
                self.poll(index);
            }
            11 => self.poll_woken(),
            12 => {
                let polls = self.random.below(2 * usize::from(PATIENCE));
                for _ in 0..polls {
                    if self.loop_woken.is_set() {
                        self.take();
                    }
                }
            }
            _ => {
                self.take();
            }
        }
        let lanes = self.inbox.control().lanes();
        assert!(lanes.first.capacity_left() <= self.capacity);
    }

    /// Forgets most senders, or those that were called.
    fn forget_some(&mut self) {
        let only_called = self.random.below(2) == 0;
        for waiting in &mut self.waiting {
            let is_due = !only_called || waiting.woken.is_set();
            waiting.is_forgotten |= is_due && self.random.below(8) > 0;
        }
    }

    /// Polls the senders that were woken and are not forgotten.
    fn poll_woken(&mut self) {
        let mut index = 0;
        while index < self.waiting.len() {
            let waiting = &self.waiting[index];
            let is_due = waiting.woken.is_set() && !waiting.is_forgotten;
            if !is_due || !self.poll(index) {
                index += 1;
            }
        }
    }

    /// Polls who is woken until nobody is.
    fn settle(&mut self) {
        loop {
            self.poll_woken();
            if !self.loop_woken.is_set() {
                return;
            }
            self.take();
        }
    }

    fn stop(&mut self) {
        self.is_stopped = true;
        self.inbox
            .control()
            .stop(StopReason::Stopped, Some(Shutdown::Stop));
        self.poll_woken();
        let left = self.waiting.iter().filter(|it| !it.is_forgotten);
        assert_eq!(left.count(), 0, "somebody was not turned away");
    }

    fn finish(&mut self) {
        // First with nothing to do for the loop, unless a sender wakes it.
        for _ in 0..2 {
            self.settle();
            self.forget_some();
            for _ in 0..self.random.below(2 * self.capacity) {
                self.join();
            }
        }
        self.settle();
        let left = self.waiting.iter().filter(|it| !it.is_forgotten);
        assert_eq!(left.count(), 0, "somebody hangs");
        while !self.waiting.is_empty() {
            let index = self.random.below(self.waiting.len());
            drop(self.waiting.swap_remove(index));
        }
        self.settle();
        let shared = Arc::clone(self.inbox.shared());
        let lanes = &shared.mailbox.lanes;
        for lane in [lanes.first(), lanes.priority().unwrap()] {
            assert_eq!(
                lane.erased().capacity_left(),
                self.capacity,
                "a slot is lost"
            );
        }
    }
}

fn run(seed: u64) {
    let mut random = Random(seed);
    let capacity = 1 + random.below(20);
    let (sender, mut inbox) = Inbox::open(capacity, Shutdown::Stop, CancellationToken::new());
    if random.below(2) == 0 {
        inbox.work_mut().set_driven(Meter::default());
    }
    let steps = random.below(200);
    inbox.control().begin_incarnation();
    let mut model = Model {
        random,
        capacity,
        sender: &sender,
        inbox,
        loop_woken: Flag::set(),
        waiting: Vec::new(),
        next_number: 0,
        queued: [VecDeque::new(), VecDeque::new()],
        is_stopped: false,
    };
    for _ in 0..steps {
        model.step();
        if model.random.below(40) == 0 {
            model.restart();
        }
    }
    if model.random.below(8) == 0 {
        model.stop();
    } else {
        model.finish();
    }
}

#[test]
fn senders_that_are_polled_get_through_and_no_slot_is_lost() {
    let seeds = env::var("SEEDS").map_or(SEEDS, |seeds| seeds.parse().unwrap());
    for seed in 0..seeds {
        if let Err(panic) = catch_unwind(|| run(seed)) {
            println!("the seed is {seed}");
            resume_unwind(panic);
        }
    }
}
