//! Leases: one owner of a name, which fails over.
//!
//! # Invariants
//!
//! 1. The lease is an entry of a bucket. Whoever creates it holds the lease, and writes the entry again every third of
//!    the term, at the last revision. An entry that is not written again expires after the term.
//! 2. The lease counts as held for two thirds of the term after the last successful write **was begun**. The server
//!    counts the whole term, from when it has stored the write. So the old owner has stopped before a new one starts.
//! 3. [`Held::is_held`] compares two times and nothing else: no message, no task and no timer has to be in time for it.
//!    A process that was frozen knows that it has lost the lease with its first look.
//! 4. The end of the token does not end the lease: an owner that was told to stop still answers what it has accepted.
//! 5. A write may be stored although its acknowledgement was lost. The next one then fails for its revision, and finds
//!    the owner's own mark in the entry.

use std::error::Error;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use actor_runtime::CancellationToken;
use async_nats::jetstream::kv::{self, CreateErrorKind, Operation, Store, UpdateErrorKind};
use bytes::Bytes;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio::time::{sleep, sleep_until, timeout};

use crate::protocol::unique;

/// The right to be the one owner of a name, for as long as it is renewed.
///
/// A lease is an entry of a `JetStream` key-value bucket. The bucket's `max_age` is the term: after that time a lease
/// expires whose owner has died, and the next one of those that wait in [`acquire`](Self::acquire) takes it. A task
/// renews the lease every third of the term until the lease is [released](Self::release) or dropped.
///
/// An owner counts its lease as held for two thirds of the term after the last renewal, and the server keeps it for
/// the whole term. So there is no moment with two owners, as long as their clocks run at about the same speed. (The
/// clock of a machine that is suspended as a whole stands still.) What an owner has begun may also go on when its lease
/// ends. A store that must not see a late write is told the [`fence`](Self::fence), and refuses writes with a lower one
/// than it has seen.
///
/// The bucket is yours, with the replicas and the storage that you choose. `create_key_value` of async-nats cannot make
/// one on NATS 2.9, which Debian 12 has. `create_stream` can, and `get_key_value` finds it, as the example `failover`
/// shows.
///
/// # Examples
///
/// ```no_run
/// use std::time::Duration;
/// use actor_nats::{Lease, LeaseError};
/// use actor_runtime::CancellationToken;
/// use async_nats::jetstream;
///
/// # async fn example() -> Result<(), async_nats::Error> {
/// let nats = async_nats::connect("nats://127.0.0.1").await?;
/// let leases = jetstream::kv::Config {
///     bucket: "leases".to_owned(),
///     max_age: Duration::from_secs(10),
///     ..Default::default()
/// };
/// let bucket = jetstream::new(nats).create_key_value(leases).await?;
///
/// let shutdown = CancellationToken::new();
/// let lease = Lease::acquire(&bucket, "cache", shutdown.clone()).await?;
/// println!("the owner, with fence {}", lease.fence());
/// lease.token().cancelled().await;
/// lease.release().await;
/// # Ok(())
/// # }
/// ```
pub struct Lease {
    held: Held,
    fence: u64,
    token: CancellationToken,
    /// Ends the renewals, which then return the entry.
    renewals: Option<(oneshot::Sender<()>, JoinHandle<Option<Entry>>)>,
}

impl Lease {
    /// Waits until `name` has no owner, and becomes its owner.
    ///
    /// The name is tried again every tenth of the term, also while there is no connection. It is a key of the bucket:
    /// letters, digits and `-`, `_`, `=`, `/`, `.`.
    ///
    /// # Errors
    ///
    /// [`LeaseError::Cancelled`] if `shutdown` is cancelled first, [`LeaseError::NoTerm`] if entries of the bucket do
    /// not expire, and [`LeaseError::Nats`] if the first attempt fails for another reason than an owner.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe. If the future is dropped at the moment when it takes the lease, nobody owns the name for one term.
    ///
    /// # Panics
    ///
    /// If called outside of a tokio runtime.
    pub async fn acquire(
        bucket: &Store,
        name: impl Into<String>,
        shutdown: CancellationToken,
    ) -> Result<Self, LeaseError> {
        let term = bucket.status().await.map_err(LeaseError::nats)?.max_age();
        if term.is_zero() {
            return Err(LeaseError::NoTerm);
        }
        let entry = Entry {
            bucket: bucket.clone(),
            key: name.into(),
            owner: unique().into(),
            term,
            revision: 0,
        };
        let (entry, begun) = tokio::select! {
            biased;
            () = shutdown.cancelled() => return Err(LeaseError::Cancelled),
            created = entry.create() => created?,
        };
        let held = Held::new(begun + entry.held_for());
        // Its end does not end the renewals (invariant 4).
        let token = shutdown.child_token();
        let (end, ended) = oneshot::channel();
        let fence = entry.revision;
        let renewals = tokio::spawn(entry.renew_until(ended, begun, held.clone(), token.clone()));
        Ok(Self {
            held,
            fence,
            token,
            renewals: Some((end, renewals)),
        })
    }

    /// Returns a token that is cancelled when the lease is lost, when it is released or dropped, and when the token of
    /// [`acquire`](Self::acquire) is cancelled. In the last case the lease is still held, so that what was accepted can
    /// be answered.
    pub fn token(&self) -> CancellationToken {
        self.token.clone()
    }

    /// Returns a number that is larger for each owner of the name than for the owners before it.
    pub fn fence(&self) -> u64 {
        self.fence
    }

    /// Returns true if nobody else can own the name at this moment.
    pub fn is_held(&self) -> bool {
        self.held.is_held()
    }

    /// Gives the lease back, so that the next owner does not wait for the end of the term.
    ///
    /// Release it when nothing is served any longer, since a caller that finds no owner is told so at once. An error
    /// is not reported: the lease then ends with its term.
    ///
    /// # Cancel safety
    ///
    /// If the future is dropped, the lease is no longer held, and may end only with its term.
    pub async fn release(mut self) {
        let Some((end, renewals)) = self.renewals.take() else {
            return;
        };
        let _ = end.send(());
        let entry = renewals.await;
        self.give_up();
        if let Ok(Some(entry)) = entry {
            entry.delete().await;
        }
    }

    pub(crate) fn held(&self) -> Held {
        self.held.clone()
    }

    fn give_up(&self) {
        self.held.until(Instant::now());
        self.token.cancel();
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        if let Some((_, renewals)) = self.renewals.take() {
            renewals.abort();
            self.give_up();
        }
    }
}

impl fmt::Debug for Lease {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lease")
            .field("fence", &self.fence)
            .field("is_held", &self.is_held())
            .finish_non_exhaustive()
    }
}

/// The time until which a lease is held.
#[derive(Clone)]
pub(crate) struct Held(Arc<Mutex<Instant>>);

impl Held {
    fn new(until: Instant) -> Self {
        Self(Arc::new(Mutex::new(until)))
    }

    /// Returns true if the lease is held (invariant 3).
    pub(crate) fn is_held(&self) -> bool {
        Instant::now() < self.end()
    }

    fn end(&self) -> Instant {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn until(&self, end: Instant) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = end;
    }
}

/// The entry of a lease.
struct Entry {
    bucket: Store,
    key: String,
    /// The mark of this owner.
    owner: Bytes,
    term: Duration,
    revision: u64,
}

/// The result of one attempt to renew a lease.
enum Renewed {
    /// The write was begun at this time.
    Yes(Instant),
    /// The entry has an earlier write of this owner.
    At(u64),
    /// Another one owns the name, or nobody.
    Lost,
}

impl Entry {
    /// The time for which a write holds the lease, from when it was begun (invariant 2).
    fn held_for(&self) -> Duration {
        self.term * 2 / 3
    }

    /// The time of one attempt, and the pause between attempts.
    fn attempt(&self) -> Duration {
        self.term / 10
    }

    /// Creates the entry once nobody has one (invariant 1), and returns the time at which the write began.
    async fn create(mut self) -> Result<(Self, Instant), LeaseError> {
        let mut is_first = true;
        loop {
            let begun = Instant::now();
            match self.bucket.create(&self.key, self.owner.clone()).await {
                Ok(revision) if begun.elapsed() < self.held_for() => {
                    self.revision = revision;
                    return Ok((self, begun));
                }
                Err(error) if error.kind() == CreateErrorKind::AlreadyExists => {}
                Err(error) if is_first => return Err(LeaseError::nats(error)),
                // The entry of a write that took too long expires, as others do.
                Ok(_) | Err(_) => {}
            }
            is_first = false;
            sleep(self.attempt()).await;
        }
    }

    /// Renews the lease, which was acquired at `begun`, until it is lost or `ended` is sent. Returns the entry if it is
    /// still held.
    async fn renew_until(
        mut self,
        mut ended: oneshot::Receiver<()>,
        begun: Instant,
        held: Held,
        token: CancellationToken,
    ) -> Option<Self> {
        let mut next = begun + self.term / 3;
        while held.is_held() {
            tokio::select! {
                biased;
                _ = &mut ended => return Some(self),
                () = sleep_until(next.min(held.end()).into()) => {}
            }
            let left = held.end().saturating_duration_since(Instant::now());
            match timeout(left.min(self.attempt()), self.renew()).await {
                Ok(Ok(Renewed::Yes(begun))) => {
                    held.until(begun + self.held_for());
                    next = begun + self.term / 3;
                }
                Ok(Ok(Renewed::At(revision))) => self.revision = revision,
                Ok(Ok(Renewed::Lost)) => break,
                // The write may still arrive.
                Ok(Err(_)) => next = Instant::now() + self.attempt(),
                Err(_) => next = Instant::now(),
            }
        }
        held.until(Instant::now());
        #[cfg(feature = "tracing")]
        tracing::warn!(name = self.key, fence = self.revision, "a lease was lost");
        token.cancel();
        None
    }

    async fn renew(&mut self) -> Result<Renewed, kv::EntryError> {
        let begun = Instant::now();
        let owner = self.owner.clone();
        let updated = self.bucket.update(&self.key, owner, self.revision).await;
        match updated {
            Ok(revision) => {
                self.revision = revision;
                Ok(Renewed::Yes(begun))
            }
            Err(error) if error.kind() == UpdateErrorKind::WrongLastRevision => {
                // The entry may have an earlier write of this owner (invariant 5).
                let found = self.bucket.entry(&self.key).await?;
                let own =
                    found.filter(|it| it.operation == Operation::Put && it.value == self.owner);
                Ok(own.map_or(Renewed::Lost, |it| Renewed::At(it.revision)))
            }
            Err(error) => Err(kv::EntryError::with_source(
                kv::EntryErrorKind::Other,
                error,
            )),
        }
    }

    async fn delete(self) {
        let delete = self
            .bucket
            .delete_expect_revision(&self.key, Some(self.revision));
        let _ = timeout(self.term, delete).await;
    }
}

/// The reason why a lease was not acquired.
#[derive(Debug)]
#[non_exhaustive]
pub enum LeaseError {
    /// The token was cancelled while the lease had another owner.
    Cancelled,
    /// Entries of the bucket do not expire: its `max_age` is zero.
    NoTerm,
    /// The bucket could not be read or written.
    Nats(async_nats::Error),
}

impl LeaseError {
    fn nats(error: impl Error + Send + Sync + 'static) -> Self {
        Self::Nats(Box::new(error))
    }
}

impl fmt::Display for LeaseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Cancelled => "cancelled while the lease had another owner",
            Self::NoTerm => "leases of a bucket without `max_age` do not expire",
            Self::Nats(_) => "the bucket of the lease could not be used",
        })
    }
}

impl Error for LeaseError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Cancelled | Self::NoTerm => None,
            Self::Nats(error) => Some(&**error),
        }
    }
}
