//! The mailbox against a model of itself: random steps, which each run repeats.

use std::collections::VecDeque;
use std::pin::Pin;
use std::task::Poll;

use actor_runtime::{CallError, Client as _, Inbox, channel};

use crate::support::{Worker, WorkerClient, WorkerCommand, poll_once};

/// Numbers that look random, and that each run repeats (xorshift64).
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % sides as u64).unwrap()
    }
}

type Cast = Pin<Box<dyn Future<Output = Result<(), CallError>>>>;

/// A mailbox, and the model of its content.
struct Pair {
    capacity: usize,
    client: WorkerClient,
    inbox: Inbox<WorkerCommand>,
    /// Waiting senders with their numbers, in the order in which they came.
    waiting: Vec<(u32, Cast)>,
    queued: VecDeque<u32>,
    next_number: u32,
}

impl Pair {
    fn new(capacity: usize) -> Self {
        let (client, inbox) = channel::<Worker>(capacity);
        Self {
            capacity,
            client,
            inbox,
            waiting: Vec::new(),
            queued: VecDeque::new(),
            next_number: 0,
        }
    }

    fn new_number(&mut self) -> u32 {
        self.next_number += 1;
        self.next_number
    }

    fn try_send(&mut self) {
        let number = self.new_number();
        let expected = if self.queued.len() < self.capacity {
            self.queued.push_back(number);
            Ok(())
        } else {
            Err(CallError::Full)
        };
        assert_eq!(self.client.try_note(number), expected);
    }

    fn send(&mut self) {
        let number = self.new_number();
        let client = self.client.clone();
        let mut cast: Cast = Box::pin(async move { client.note(number).await });
        let has_room = self.queued.len() < self.capacity;
        match poll_once(cast.as_mut()) {
            Poll::Ready(result) => {
                assert!(has_room);
                assert_eq!(result, Ok(()));
                self.queued.push_back(number);
            }
            Poll::Pending => {
                assert!(!has_room);
                self.waiting.push((number, cast));
            }
        }
    }

    fn poll_waiting(&mut self, place: usize) {
        let Some((_, cast)) = self.waiting.get_mut(place) else {
            return;
        };
        assert!(poll_once(cast.as_mut()).is_pending());
    }

    fn leave(&mut self, place: usize) {
        if place < self.waiting.len() {
            drop(self.waiting.remove(place));
        }
    }

    fn receive(&mut self, leaving: Option<usize>) {
        let mut next = Box::pin(self.inbox.next());
        // A mailbox may step back now and then, to let others run.
        let mut received = poll_once(next.as_mut());
        if received.is_pending() {
            received = poll_once(next.as_mut());
        }
        drop(next);
        let received = match received {
            Poll::Ready(Some(WorkerCommand::Note { number })) => Some(number),
            Poll::Ready(other) => panic!("received {other:?}"),
            Poll::Pending => None,
        };
        assert_eq!(received, self.queued.pop_front());
        // The sender leaves before it learns that it was its turn.
        if let Some(place) = leaving {
            self.leave(place);
        }
        self.accept_first();
    }

    /// Gives the free place to the sender that has waited longest.
    fn accept_first(&mut self) {
        if self.waiting.is_empty() || self.queued.len() == self.capacity {
            return;
        }
        let (number, mut cast) = self.waiting.remove(0);
        assert_eq!(poll_once(cast.as_mut()), Poll::Ready(Ok(())));
        self.queued.push_back(number);
    }

    fn check(&self) {
        assert!(self.queued.len() <= self.capacity);
        assert_eq!(self.client.capacity(), self.capacity - self.queued.len());
        assert!(self.waiting.is_empty() || self.client.capacity() == 0);
    }
}

#[test]
fn the_mailbox_does_what_its_model_does() {
    for seed in 1..=200 {
        for capacity in [1, 2, 3, 64] {
            let mut dice = Dice(seed);
            let mut pair = Pair::new(capacity);
            // Sometimes more is sent than received, sometimes less.
            let sides = 7 + dice.roll(6);
            for _ in 0..300 {
                match dice.roll(sides) {
                    0 => pair.try_send(),
                    1 | 2 => pair.send(),
                    3 => pair.poll_waiting(dice.roll(4)),
                    4 => pair.leave(dice.roll(4)),
                    5 => pair.receive(Some(dice.roll(3))),
                    _ => pair.receive(None),
                }
                pair.check();
            }
            while !pair.queued.is_empty() {
                pair.receive(None);
                pair.check();
            }
            assert!(pair.waiting.is_empty());
        }
    }
}
