//! An actor in the edition without `async`, where a path starts at the root of the crate and a trait
//! object needs no `dyn`.

#![allow(
    clippy::needless_pass_by_value,
    clippy::unused_self,
    reason = "what is tested is that it compiles"
)]

extern crate actor_runtime;
extern crate tokio;

#[allow(
    bare_trait_objects,
    clippy::needless_pass_by_value,
    clippy::unused_self,
    anonymous_parameters,
    reason = "that is how one wrote it"
)]
mod cache {
    use std::collections::HashMap;

    use actor_runtime::{actor, Context};

    #[derive(Default)]
    pub(crate) struct Cache<V> {
        entries: HashMap<String, V>,
    }

    pub(crate) trait Listener {
        fn changed(&self, &str) -> usize;
    }

    impl Listener for () {
        fn changed(&self, key: &str) -> usize {
            key.len()
        }
    }

    #[actor(capacity = 8, errors = default)]
    impl<V: Clone> Cache<V> {
        /// The value stored under `key`.
        pub(crate) fn get(&self, key: &str) -> Option<V> {
            self.entries.get(key).cloned()
        }

        #[command(try, blocking, errors = wrap)]
        pub(crate) fn set(&mut self, (key, value): (String, V), gen: Option<&V>) -> bool {
            let old = self.entries.insert(key, value);
            gen.is_some() || old.is_some()
        }

        pub(crate) fn listen(&self, listener: Box<Listener + Send>) -> usize {
            listener.changed("four")
        }

        pub(crate) fn stop(&mut self, context: &mut Context<Self>)
        where
            V: Send + 'static,
        {
            self.entries.clear();
            context.stop();
        }
    }
}

#[allow(bare_trait_objects, reason = "that is how one wrote it")]
mod feed {
    use std::future::ready;
    use std::time::Duration;

    use actor_runtime::{actor, Context, Reply};

    #[derive(Default)]
    pub(crate) struct Feed {
        total: usize,
        change: Option<Box<Fn(usize) -> usize + Send>>,
    }

    #[actor(event = ::feed::Event, deadline = Duration::from_secs(5), timeout = Duration::from_secs(5))]
    impl Feed {
        #[on_start]
        fn start(&mut self) {
            self.change = Some(Box::new(|number| number + 1));
        }

        #[every(::std::time::Duration::from_secs(60), now)]
        fn tick(&mut self) {
            self.total += 1;
        }

        #[on(ready(self.total), if self.total == 1)]
        fn add(&mut self, total: usize, context: &mut Context<Self>) {
            self.total += total;
            context.emit(Event);
        }

        #[watch]
        pub(crate) fn total(&self) -> ::std::string::String {
            self.total.to_string()
        }

        pub(crate) fn ask(&mut self, reply: Reply<usize>) {
            let total = self.change.as_ref().map(|change| change(self.total));
            reply.send(total.unwrap_or_default());
        }

        #[command(batch = 4, arg = gen)]
        pub(crate) fn double(&mut self, numbers: Vec<usize>) -> Vec<usize> {
            numbers.iter().map(|number| 2 * number).collect()
        }
    }

    #[derive(Clone)]
    pub(crate) struct Event;
}

use actor_runtime::{Actor, CancellationToken};
use cache::{Cache, CacheClient};
use feed::Feed;

#[test]
fn sources_and_hooks_work() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .unwrap();
    let feed = {
        let _entered = runtime.enter();
        Feed::default().spawn(CancellationToken::new())
    };
    let mut events = feed.subscribe();
    assert!(runtime.block_on(events.next()).is_some());
    assert_eq!(runtime.block_on(feed.ask()), Ok(3));
    assert_eq!(runtime.block_on(feed.double(2)), Ok(4));
    assert_eq!(feed.total(), "2");
}

#[test]
fn an_actor_works() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    let shutdown = CancellationToken::new();
    let (cache, handle) = {
        let _entered = runtime.enter();
        Cache::default().spawn_with_handle(shutdown)
    };
    let cache: CacheClient<u8> = cache;
    let entry = ("a".to_owned(), 1);
    assert_eq!(runtime.block_on(cache.set(entry, None)), Ok(false));
    assert_eq!(runtime.block_on(cache.get("a")), Some(1));
    assert_eq!(runtime.block_on(cache.listen(Box::new(()))), 4);
    runtime.block_on(cache.stop());
    assert_eq!(runtime.block_on(handle).handled, 4);
}
