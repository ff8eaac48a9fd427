//! Polls of sources: a stream or timer that nothing has woken costs a busy actor nothing.

use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::Relaxed;
use std::task::{Context, Poll};
use std::time::Duration;

use actor_runtime::{Actor as _, CancellationToken, Stream, actor};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use crate::support::{Feed, Log, feed, idle, on_four_threads, soon, spawn};

/// The number of polls of a source.
#[derive(Clone, Default)]
struct Polls(Arc<AtomicUsize>);

impl Polls {
    fn add(&self) {
        self.0.fetch_add(1, Relaxed);
    }

    /// Returns the number of polls since the last call.
    fn take(&self) -> usize {
        self.0.swap(0, Relaxed)
    }
}

/// A stream that counts its polls.
struct Counted {
    feed: Feed<u32>,
    polls: Polls,
}

impl Stream for Counted {
    type Item = u32;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<u32>> {
        self.polls.add();
        Pin::new(&mut self.feed).poll_next(cx)
    }
}

/// A channel that counts the polls of its receiver.
struct CountedChannel {
    receiver: UnboundedReceiver<u32>,
    polls: Polls,
}

impl CountedChannel {
    async fn next(&mut self) -> Option<u32> {
        let mut next = Box::pin(self.receiver.recv());
        poll_fn(|cx| {
            self.polls.add();
            next.as_mut().poll(cx)
        })
        .await
    }
}

/// An actor that follows a stream, and has a timer.
struct Follower {
    stream: Option<Counted>,
    log: Log,
}

#[actor(capacity = 1000)]
impl Follower {
    pub(crate) fn cast(&mut self) {}

    #[command(ack)]
    pub(crate) fn call(&mut self) {}

    #[stream(self.stream.take().unwrap())]
    fn item(&mut self, number: u32) {
        self.log.push(number);
    }

    #[every(Duration::from_secs(60 * 60))]
    fn tick(&mut self) {}
}

struct Followed {
    follower: Follower,
    items: UnboundedSender<u32>,
    polls: Polls,
    log: Log,
}

fn followed() -> Followed {
    let (items, feed) = feed();
    let (polls, log) = (Polls::default(), Log::default());
    let stream = Counted {
        feed,
        polls: polls.clone(),
    };
    let follower = Follower {
        stream: Some(stream),
        log: log.clone(),
    };
    Followed {
        follower,
        items,
        polls,
        log,
    }
}

#[tokio::test(start_paused = true)]
async fn a_stream_that_was_not_woken_is_not_polled() {
    let Followed {
        follower,
        items,
        polls,
        log,
    } = followed();
    let client = follower.spawn(CancellationToken::new());
    idle().await;
    assert_eq!(polls.take(), 1);
    // A loop that is idle after each command.
    for _ in 0..1000 {
        client.call().await.unwrap();
    }
    // A loop that is never idle.
    for _ in 0..1000 {
        client.cast().await.unwrap();
    }
    client.call().await.unwrap();
    // Many callers.
    let calls = (0..64).map(|_| {
        let client = client.clone();
        spawn(async move {
            for _ in 0..20 {
                client.call().await.unwrap();
            }
        })
    });
    for call in calls.collect::<Vec<_>>() {
        soon(call).await.unwrap();
    }
    assert_eq!(polls.take(), 0);
    // Two items are three polls: the last one finds nothing.
    items.send(1).unwrap();
    items.send(2).unwrap();
    for _ in 0..1000 {
        client.call().await.unwrap();
    }
    assert_eq!((polls.take(), log.numbers()), (3, vec![1, 2]));
}

/// The future of such a source is made in each turn, and so it has to be polled in each round.
#[tokio::test(start_paused = true)]
async fn a_future_is_polled_once_in_each_round() {
    struct Receiver {
        channel: CountedChannel,
    }

    #[actor(capacity = 1000)]
    impl Receiver {
        pub(crate) fn cast(&mut self) {}

        #[command(ack)]
        pub(crate) fn call(&mut self) {}

        #[on(self.channel.next())]
        fn item(&mut self, _item: Option<u32>) {}
    }

    let (_items, receiver) = unbounded_channel();
    let polls = Polls::default();
    let channel = CountedChannel {
        receiver,
        polls: polls.clone(),
    };
    let client = Receiver { channel }.spawn(CancellationToken::new());
    idle().await;
    polls.take();
    for _ in 0..999 {
        client.cast().await.unwrap();
    }
    client.call().await.unwrap();
    let polls = polls.take();
    assert!((125..140).contains(&polls), "{polls} polls");
}

/// The stream has the waker of the task that polled the loop last.
#[tokio::test(start_paused = true)]
async fn a_loop_that_moves_to_another_task_polls_its_streams_again() {
    let Followed {
        follower,
        items,
        polls,
        log,
    } = followed();
    let (client, runner) = follower.builder().into_runner();
    let mut run = Box::pin(runner.run());
    for _ in 0..2 {
        let is_pending = poll_fn(|cx| Poll::Ready(run.as_mut().poll(cx).is_pending()));
        assert!(is_pending.await);
    }
    assert_eq!(polls.take(), 1);
    let run = spawn(run);
    idle().await;
    assert_eq!(polls.take(), 1);
    items.send(1).unwrap();
    idle().await;
    assert_eq!(log.numbers(), [1]);
    drop(client);
    soon(run).await.unwrap();
}

/// No item is overheard while commands come in.
#[test]
fn no_item_is_lost_on_four_threads() {
    on_four_threads(async {
        let Followed {
            follower,
            items,
            log,
            ..
        } = followed();
        let client = follower.spawn(CancellationToken::new());
        let calls = spawn({
            let client = client.clone();
            async move {
                for _ in 0..20_000 {
                    client.call().await.unwrap();
                }
            }
        });
        for number in 0..20_000 {
            items.send(number).unwrap();
            // Each item has to wake the loop, or to be seen by it.
            while number % 10 == 0 && log.len() <= number as usize {
                tokio::task::yield_now().await;
            }
        }
        calls.await.unwrap();
        while log.len() < 20_000 {
            tokio::task::yield_now().await;
        }
        assert!(log.numbers().is_sorted());
    });
}
