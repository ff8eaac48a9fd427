//! An actor in edition 2018, and in the later ones.

#![allow(
    clippy::needless_pass_by_value,
    clippy::unnecessary_wraps,
    clippy::unused_self,
    reason = "what is tested is that it compiles"
)]

use std::collections::HashMap;
use std::future::ready;
use std::time::Duration;

use actor_runtime::{actor, Actor as _, CancellationToken, Context, Notice, Reply, StopReason};

#[derive(Default)]
struct Cache<V> {
    entries: HashMap<String, V>,
}

#[actor(capacity = 8, errors = default)]
impl<V: Clone> Cache<V> {
    /// The value stored under `key`.
    pub(crate) async fn get(&mut self, key: &str) -> Option<V> {
        tokio::task::yield_now().await;
        self.entries.get(key).cloned()
    }

    #[command(try, blocking, errors = wrap)]
    pub(crate) fn set(&mut self, (key, value): (String, V), r#try: Option<&V>) -> bool {
        let old = self.entries.insert(key, value);
        r#try.is_some() || old.is_some()
    }

    pub(crate) fn count(&self, f: fn(&str) -> bool) -> usize {
        self.entries.keys().filter(|key| f(key)).count()
    }

    pub(crate) fn stop(&mut self, context: &mut Context<Self>)
    where
        V: Send + 'static,
    {
        self.entries.clear();
        context.stop();
    }
}

#[test]
fn an_actor_works() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    let handled = runtime.block_on(async {
        let (cache, handle) = Cache::default().spawn_with_handle(CancellationToken::new());
        let cache: CacheClient<u8> = cache;
        let entry = ("a".to_owned(), 1);
        assert_eq!(cache.set(entry, None).await, Ok(false));
        assert_eq!(cache.get("a").await, Some(1));
        assert_eq!(cache.count(|key| key == "a").await, 1);
        cache.stop().await;
        handle.await.handled
    });
    assert_eq!(handled, 4);
}

#[derive(Default)]
struct Feed {
    total: usize,
    reply: Option<Reply<usize>>,
}

#[actor(event = usize, shutdown = drain)]
impl Feed {
    #[on_start]
    fn start(&mut self) -> Result<(), std::fmt::Error> {
        self.total = 1;
        Ok(())
    }

    #[every(Duration::from_secs(60), now)]
    fn tick(&mut self) {
        self.total += 1;
    }

    #[on(ready(self.total), if self.total == 2)]
    async fn add(&mut self, total: usize, context: &mut Context<Self>) {
        tokio::task::yield_now().await;
        self.total += total;
        context.emit(self.total);
        if let Some(reply) = self.reply.take() {
            reply.send(self.total);
        }
    }

    #[on_stop]
    fn stop(&mut self, reason: StopReason) {
        assert_eq!(reason, StopReason::ClientsDropped);
        self.total = 0;
    }

    #[watch]
    pub(crate) fn total(&self) -> usize {
        self.total
    }

    pub(crate) fn wait(&mut self, reply: Reply<usize>) {
        if self.total < 4 {
            self.reply = Some(reply);
        } else {
            reply.send(self.total);
        }
    }

    #[command(batch = 4, arg = r#try, priority)]
    pub(crate) fn double(&mut self, numbers: Vec<usize>) -> Vec<usize> {
        numbers.iter().map(|number| 2 * number).collect()
    }
}

#[test]
fn sources_and_hooks_work() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .unwrap();
    let state = runtime.block_on(async {
        let (feed, handle) = Feed::default().spawn_with_handle(CancellationToken::new());
        let mut totals = feed.subscribe();
        assert_eq!(feed.wait().await, Ok(4));
        assert_eq!(feed.total(), 4);
        assert_eq!(totals.next().await, Some(Notice::Event(4)));
        assert_eq!(feed.double(2).await, Ok(4));
        drop(feed);
        handle.await.state
    });
    assert_eq!(state.map(|feed| feed.total), Some(0));
}
