//! An actor in this edition, and in the others that have `async`.

use std::collections::HashMap;

use actor_runtime::{actor, Actor as _, CancellationToken, Context};

#[derive(Default)]
struct Cache<V> {
    entries: HashMap<String, V>,
}

#[actor(capacity = 8, on_stopped = default)]
impl<V: Clone> Cache<V> {
    /// The value stored under `key`.
    pub(crate) async fn get(&mut self, key: &str) -> Option<V> {
        tokio::task::yield_now().await;
        self.entries.get(key).cloned()
    }

    #[command(try, blocking, on_stopped = error)]
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
