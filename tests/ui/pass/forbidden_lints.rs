//! Lints that a crate may forbid: generated code does not allow them, and does not need to.
#![forbid(
    missing_docs,
    private_bounds,
    private_interfaces,
    unreachable_pub,
    clippy::future_not_send,
    reason = "generated code keeps them"
)]

use actor_runtime::{Reply, actor};

/// A public actor in a private module of a program.
pub(crate) struct Cache<T>(T);

#[derive(Clone)]
pub(crate) struct Entry;

#[actor(event = Entry)]
impl<T: Send + Sync> Cache<T> {
    pub(crate) fn entry(&self, key: &str, entry: &Entry) -> Entry {
        let _ = (key, entry);
        Entry
    }

    #[command(try, blocking)]
    pub(crate) async fn replace(&mut self, value: T) -> T {
        std::mem::replace(&mut self.0, value)
    }

    pub(crate) fn later(&self, reply: Reply<Entry>) {
        reply.send(Entry);
    }

    #[watch]
    pub(crate) fn size(&self) -> u8 {
        1
    }
}

mod private {
    use actor_runtime::actor;

    struct Hidden;

    struct Key;

    #[actor]
    impl Hidden {
        pub(super) async fn hide(&mut self, key: Key) -> Option<Key> {
            Some(key)
        }
    }
}

fn main() {}
