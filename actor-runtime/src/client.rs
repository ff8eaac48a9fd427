//! Clients: the methods that all of them have, and weak clients.

use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use crate::command::Command;
use crate::sender::{Sender, WeakSender};

/// What every generated client can do besides the methods of its actor.
///
/// These are methods of a trait so that the client's own methods are the actor's and nothing else.
/// A client is `Send` and `Sync` if its commands are `Send`, which those of an actor have to be unless
/// it is `local`.
///
/// # Examples
///
/// ```
/// use actor_runtime::{actor, Actor, CancellationToken, Client};
///
/// struct Counter(u64);
///
/// #[actor]
/// impl Counter {
///     pub fn add(&mut self, amount: u64) -> u64 {
///         self.0 += amount;
///         self.0
///     }
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let shutdown = CancellationToken::new();
/// let counter = Counter(0).spawn(shutdown.clone());
/// assert!(!counter.is_closed());
/// assert!(counter.same_actor(&counter.clone()));
/// shutdown.cancel();
/// counter.closed().await;
/// assert!(counter.is_closed());
/// # }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not the client of an actor",
    label = "not a client"
)]
pub trait Client: Clone + 'static {
    /// The commands that this client sends.
    type Command: Command + 'static;

    /// The client that sends through `sender`.
    #[doc(hidden)]
    fn from_sender(sender: Sender<Self::Command>) -> Self;

    /// What this client sends through.
    #[doc(hidden)]
    fn as_sender(&self) -> &Sender<Self::Command>;

    /// Waits until the actor takes no commands any more: it ended, or was told to.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe: nothing is lost when the future is dropped.
    fn closed(&self) -> impl Future<Output = ()> {
        self.as_sender()
            .shared()
            .control()
            .closed()
            .cancelled_owned()
    }

    /// Whether the actor takes no commands any more.
    fn is_closed(&self) -> bool {
        self.as_sender()
            .shared()
            .control()
            .lanes()
            .first
            .is_closed()
    }

    /// A client that does not keep the actor alive.
    fn downgrade(&self) -> WeakClient<Self> {
        WeakClient {
            sender: self.as_sender().downgrade(),
            client: PhantomData,
        }
    }

    /// How many more commands the mailbox would accept at this moment, beside those with priority:
    /// `usize::MAX` if it is unbounded, 0 if it is closed.
    fn capacity(&self) -> usize {
        self.as_sender()
            .shared()
            .control()
            .lanes()
            .first
            .capacity_left()
    }

    /// Whether both clients reach the same actor.
    fn same_actor(&self, other: &Self) -> bool {
        Arc::ptr_eq(self.as_sender().shared(), other.as_sender().shared())
    }
}

/// A client that does not keep its actor alive.
///
/// # Examples
///
/// ```
/// use actor_runtime::{actor, channel, Client};
///
/// struct Greeter;
///
/// #[actor]
/// impl Greeter {
///     pub fn greet(&self) -> String {
///         "hello".to_owned()
///     }
/// }
///
/// let (client, _inbox) = channel::<Greeter>(8);
/// let weak = client.downgrade();
/// assert!(weak.upgrade().is_some());
/// drop(client);
/// assert!(weak.upgrade().is_none());
/// ```
pub struct WeakClient<C: Client> {
    sender: WeakSender<C::Command>,
    /// A client can be made of it, so it is `Send` and `Sync` as the client is.
    client: PhantomData<C>,
}

impl<C: Client> WeakClient<C> {
    pub(crate) fn detached() -> Self {
        Self {
            sender: WeakSender::detached(),
            client: PhantomData,
        }
    }

    /// The client, unless the last one has been dropped. Of a `detached` actor there can always be one.
    pub fn upgrade(&self) -> Option<C> {
        self.sender.upgrade().map(C::from_sender)
    }

    pub(crate) fn as_sender(&self) -> &WeakSender<C::Command> {
        &self.sender
    }
}

impl<C: Client> Clone for WeakClient<C> {
    fn clone(&self) -> Self {
        Self {
            sender: self.sender.clone(),
            client: PhantomData,
        }
    }
}

impl<C: Client> fmt::Debug for WeakClient<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WeakClient").finish_non_exhaustive()
    }
}
