//! A watchdog for callers that wait too long.

use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use tokio::sync::oneshot;

use crate::subject::How;

/// The wait after which a post is suspected to hang.
const SUSPECT: Duration = Duration::from_secs(2);
/// The further wait after which a suspect certainly hangs.
const HUNG: Duration = Duration::from_secs(15);
const BETWEEN_LOOKS: Duration = Duration::from_millis(250);

/// The place where a task announces that it waits.
#[derive(Default)]
pub(crate) struct Post {
    /// The number of times the task has begun or ended a wait: odd while it waits.
    steps: AtomicUsize,
    /// The kind of call it waits for, as a position in [`How::ALL`].
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

/// A guard of a wait, which ends when the guard is dropped.
pub(crate) struct Waiting<'a>(&'a Post);

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.steps.fetch_add(1, Relaxed);
    }
}

/// Watches the posts until `stop` is closed or a task hangs, and then names the hanging tasks. The first post is not
/// a caller's.
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

/// The steps seen at a post, and the time they were first seen.
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
