//! Announcements of an actor to slow readers.

use std::pin::pin;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::task::Poll;

use actor_runtime::{Actor as _, CancellationToken, Context, Notice, actor};
use tokio::task::spawn_blocking;

use crate::support::{on_four_threads, poll_once, soon};

struct Radio;

#[actor(event = u32, event_capacity = 4)]
impl Radio {
    #[command(ack)]
    pub(crate) fn count_to(&mut self, last: u32, ctx: &mut Context<Self>) {
        for number in 1..=last {
            ctx.emit(number);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn row_17_a_slow_subscriber_is_told_what_it_missed_and_nobody_waits_for_it() {
    let radio = Radio.spawn(CancellationToken::new());
    let mut stuck = radio.subscribe();
    // Nothing else runs before this is ready.
    let mut counted = Box::pin(radio.count_to(10_000));
    assert!(poll_once(counted.as_mut()).is_pending());
    soon(counted).await.unwrap();
    let mut seen = Vec::new();
    while let Poll::Ready(Some(notice)) = poll_once(pin!(stuck.next())) {
        seen.push(notice);
    }
    let mut expected = vec![Notice::Missed(9_996)];
    expected.extend((9_997..=10_000).map(Notice::Event));
    assert_eq!(seen, expected);
}

/// A gate that holds the first one to reach it until the test opens it.
type Gate = Arc<Mutex<Option<(Sender<()>, Receiver<()>)>>>;

/// A value whose first clone waits until the test opens the gate.
struct Held {
    number: u32,
    gate: Gate,
}

impl Clone for Held {
    fn clone(&self) -> Self {
        let gate = self.gate.lock().unwrap().take();
        if let Some((entered, opened)) = gate {
            entered.send(()).unwrap();
            opened.recv().unwrap();
        }
        Self {
            number: self.number,
            gate: Arc::default(),
        }
    }
}

impl PartialEq for Held {
    fn eq(&self, other: &Self) -> bool {
        self.number == other.number
    }
}

struct Tank {
    level: u32,
    gate: Gate,
}

#[actor]
impl Tank {
    #[command(ack)]
    pub(crate) fn set(&mut self, level: u32) {
        self.level = level;
    }

    #[watch]
    pub(crate) fn level(&self) -> Held {
        Held {
            number: self.level,
            gate: Arc::clone(&self.gate),
        }
    }
}

/// Proves that a held value is not borrowed, and may be kept across anything.
fn owned<T: 'static>(value: T) -> T {
    value
}

/// One reader is in the middle of its read, and another one follows.
#[test]
fn row_18_a_reader_of_the_latest_value_never_keeps_the_actor_waiting() {
    on_four_threads(async {
        let (entered, has_entered) = channel();
        let (open, opened) = channel();
        let tank = Tank {
            level: 1,
            gate: Arc::new(Mutex::new(Some((entered, opened)))),
        }
        .spawn(CancellationToken::new());
        let mut follower = tank.watch_level();
        let reader = tank.clone();
        let read = spawn_blocking(move || owned(reader.level()).number);
        spawn_blocking(move || has_entered.recv().unwrap())
            .await
            .unwrap();
        for level in 2..=5 {
            tank.set(level).await.unwrap();
        }
        assert_eq!(owned(tank.level()).number, 5);
        // The values in between are skipped.
        assert_eq!(owned(follower.next().await.unwrap()).number, 5);
        open.send(()).unwrap();
        assert_eq!(read.await.unwrap(), 1);
    });
}
