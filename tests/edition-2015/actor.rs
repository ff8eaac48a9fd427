//! An actor in the edition without `async`, where a path starts at the root of the crate and a trait
//! object needs no `dyn`.

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

    #[actor(capacity = 8, on_stopped = default)]
    impl<V: Clone> Cache<V> {
        /// The value stored under `key`.
        pub(crate) fn get(&self, key: &str) -> Option<V> {
            self.entries.get(key).cloned()
        }

        #[command(try, blocking, on_stopped = error)]
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

use actor_runtime::{Actor, CancellationToken};
use cache::{Cache, CacheClient};

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
