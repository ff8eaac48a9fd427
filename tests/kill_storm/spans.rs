//! The spans of actors, with the feature `tracing`: a storm closes every span that it opens.

use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::SeqCst;
use std::thread;
use std::time::{Duration, Instant};

use tracing::Subscriber;
use tracing::dispatcher::set_global_default;
use tracing::span::{Attributes, Id};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt as _};
use tracing_subscriber::registry::Registry;

static OPENED: AtomicUsize = AtomicUsize::new(0);
static CLOSED: AtomicUsize = AtomicUsize::new(0);

struct Count;

impl<S: Subscriber> Layer<S> for Count {
    fn on_new_span(&self, _: &Attributes<'_>, _: &Id, _: Context<'_, S>) {
        OPENED.fetch_add(1, SeqCst);
    }

    fn on_close(&self, _: Id, _: Context<'_, S>) {
        CLOSED.fetch_add(1, SeqCst);
    }
}

/// Counts the spans of all threads from now on.
pub(crate) fn count() {
    set_global_default(Registry::default().with(Count).into()).expect("no other subscriber");
}

/// Asserts that there were spans of each actor, method and call, and that all are closed.
pub(crate) fn assert_closed() {
    assert!(OPENED.load(SeqCst) > 0);
    let begun = Instant::now();
    // A runtime that was shut down drops its last task when its thread gets to it.
    while CLOSED.load(SeqCst) < OPENED.load(SeqCst) {
        assert!(
            begun.elapsed() < Duration::from_secs(60),
            "spans are left open"
        );
        thread::yield_now();
    }
}
