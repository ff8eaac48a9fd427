//! Who waits, and who has waited for too long.

use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use tokio::sync::oneshot;

use crate::subject::How;

/// After this, one is watched more closely.
const SUSPECT: Duration = Duration::from_secs(2);
/// After this on top of it, one will wait for ever.
const HUNG: Duration = Duration::from_secs(15);
const BETWEEN_LOOKS: Duration = Duration::from_millis(250);

/// Where one who waits says so.
#[derive(Default)]
pub(crate) struct Post {
    /// How often it has begun and ended to wait: odd while it waits.
    steps: AtomicUsize,
    /// What for, as a place in [`How::ALL`].
    how: AtomicUsize,
}

impl Post {
    pub(crate) fn wait(&self, how: How) -> Waiting<'_> {
        self.how.store(how as usize, Relaxed);
        self.steps.fetch_add(1, Relaxed);
        Waiting(self)
    }

    fn how(&self) -> How {
        How::ALL[self.how.load(Relaxed)]
    }
}

/// It waits until this is dropped.
pub(crate) struct Waiting<'a>(&'a Post);

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.steps.fetch_add(1, Relaxed);
    }
}

/// Looks at the posts, of which the first one is not a caller's, until `stop` is closed, or somebody hangs: then it says who.
pub(crate) fn watch(posts: &[Arc<Post>], stop: &Receiver<()>, hung: oneshot::Sender<Vec<String>>) {
    let mut looks: Vec<Look> = posts.iter().map(|post| Look::new(post)).collect();
    while stop.recv_timeout(BETWEEN_LOOKS) == Err(RecvTimeoutError::Timeout) {
        for (look, post) in looks.iter_mut().zip(posts) {
            look.again(post);
        }
        if looks.iter().any(|look| look.waits_for(SUSPECT + HUNG)) {
            let all = looks.iter().zip(posts).enumerate();
            let all = all.filter(|(_, (look, _))| look.waits_for(SUSPECT));
            let names = all.map(|(number, (_, post))| match number.checked_sub(1) {
                Some(number) => format!("caller {number} in {:?}", post.how()),
                None => "the end of the actor".to_owned(),
            });
            // The storm may be over.
            let _ = hung.send(names.collect());
            return;
        }
    }
}

/// What was seen at a post, and when it was first seen.
struct Look {
    steps: usize,
    since: Instant,
}

impl Look {
    fn new(post: &Post) -> Self {
        Self {
            steps: post.steps.load(Relaxed),
            since: Instant::now(),
        }
    }

    fn again(&mut self, post: &Post) {
        if post.steps.load(Relaxed) != self.steps {
            *self = Self::new(post);
        }
    }

    fn waits_for(&self, time: Duration) -> bool {
        !self.steps.is_multiple_of(2) && self.since.elapsed() > time
    }
}
