//! Everything that an actor publishes: events, latest values, streamed replies.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use shuttle::future::{spawn, yield_now};

use super::{a_while, explore, join, start};
use crate::{
    Actor as _, CallError, CancellationToken, Context, Notice, ReplyStream, Subscription, actor,
};

/// An actor that publishes its level.
#[derive(Default)]
struct Gauge {
    level: usize,
    has_begun: Arc<AtomicBool>,
    has_finished: Arc<AtomicBool>,
}

#[actor(crate = crate, event = usize, event_capacity = 2)]
impl Gauge {
    pub(crate) async fn raise(&mut self, ctx: &mut Context<Self>) -> usize {
        self.level += 1;
        ctx.emit(self.level);
        yield_now().await;
        self.level
    }

    pub(crate) async fn count(&mut self, mut reply: ReplyStream<usize>) {
        self.has_begun.store(true, Relaxed);
        for number in 0..3 {
            if reply.send(number).await.is_err() {
                return;
            }
            yield_now().await;
        }
        self.has_finished.store(true, Relaxed);
        reply.finish();
        yield_now().await;
    }

    #[watch]
    pub(crate) fn level(&self) -> usize {
        self.level
    }
}

impl GaugeClient {
    /// Makes two announcements.
    async fn raise_twice(self) {
        for _ in 0..2 {
            let level = self.raise().await.unwrap();
            // Published before the reply was sent.
            assert!(self.level() >= level);
        }
    }
}

#[test]
fn subscribers_see_or_miss_each_event() {
    /// Returns the first event that was seen or missed, and the last one.
    async fn listen(mut events: Subscription<usize>) -> Option<(u64, u64)> {
        let (mut first, mut last) = (None, 0);
        let mut missed = 0;
        while let Some(notice) = events.next().await {
            match notice {
                Notice::Missed(count) => missed += count,
                Notice::Event(level) => {
                    let level = level as u64;
                    let next = level - missed;
                    assert!(next == last + 1 || first.is_none(), "{next} after {last}");
                    first = first.or(Some(next));
                    last = level;
                    missed = 0;
                }
            }
            a_while().await;
        }
        assert_eq!(missed, 0);
        Some((first?, last))
    }

    explore(async || {
        let (client, running) = start(Gauge::default().builder());
        let early = spawn(listen(client.subscribe()));
        let late = client.clone();
        let late = spawn(async move {
            a_while().await;
            let events = late.subscribe();
            drop(late);
            listen(events).await
        });
        let raising = [client.clone(), client].map(|client| spawn(client.raise_twice()));
        join(raising).await;
        assert_eq!(running.exit().await.handled, 4);
        assert_eq!(early.await.unwrap(), Some((1, 4)));
        assert!(late.await.unwrap().is_none_or(|(_, last)| last == 4));
    });
}

#[test]
fn followers_see_the_last_value() {
    explore(async || {
        let (client, running) = start(Gauge::default().builder());
        let followers = [0, 1].map(|_| {
            let client = client.clone();
            spawn(async move {
                a_while().await;
                let mut levels = client.watch_level();
                let present = client.level();
                drop(client);
                let mut last = None;
                while let Some(level) = levels.next().await {
                    assert!(last < Some(level), "{level} after {last:?}");
                    last = Some(level);
                }
                assert!(last >= Some(present));
                last
            })
        });
        let raising = [client.clone(), client].map(|client| spawn(client.raise_twice()));
        join(raising).await;
        assert_eq!(running.exit().await.state.unwrap().level, 4);
        assert_eq!(join(followers).await, [Some(4), Some(4)]);
    });
}

/// The items that a reader got, and the end after them.
struct Read {
    items: usize,
    end: Result<(), CallError>,
}

/// Calls `count` with room for one item.
async fn read(client: GaugeClient) -> Read {
    let (reply, replies) = ReplyStream::with_capacity(1);
    let command = GaugeCommand::Count { reply };
    let mut items = 0;
    let mut replies = match client.0.open(command, replies).await {
        Ok(replies) => replies,
        Err(error) => {
            return Read {
                items,
                end: Err(error),
            };
        }
    };
    while let Some(item) = replies.next().await {
        match item {
            Ok(item) => assert_eq!(item, items),
            Err(error) => {
                assert!(replies.next().await.is_none());
                return Read {
                    items,
                    end: Err(error),
                };
            }
        }
        items += 1;
    }
    Read { items, end: Ok(()) }
}

#[test]
fn a_streamed_reply_is_complete_or_ends_in_an_error() {
    explore(async || {
        let gauge = Gauge::default();
        let has_begun = Arc::clone(&gauge.has_begun);
        let has_finished = Arc::clone(&gauge.has_finished);
        let token = CancellationToken::new();
        let (client, running) = start(gauge.builder().shutdown(token.clone()));
        let reader = spawn(read(client));
        let aborting = running.task.abort_handle();
        let enders = [
            spawn(async move {
                a_while().await;
                token.cancel();
            }),
            spawn(async move {
                a_while().await;
                a_while().await;
                aborting.abort();
            }),
        ];
        let Read { items, end } = reader.await.unwrap();
        join(enders).await;
        running.exit().await;
        let (begun, finished) = (has_begun.load(Relaxed), has_finished.load(Relaxed));
        match end {
            Ok(()) => assert!(finished && items == 3),
            Err(CallError::Stopped) => assert!(begun && !finished),
            Err(CallError::Refused | CallError::Closed(_)) => assert!(!begun && items == 0),
            Err(error) => panic!("{error:?}"),
        }
    });
}
