//! The methods that all clients have, and weak clients.

use std::fmt;
use std::marker::PhantomData;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use tokio::task::coop::cooperative;

use crate::command::Command;
use crate::error::Why;
use crate::panics::Shielded;
use crate::sender::{Sender, WeakSender};

/// The methods that every generated client has, in addition to the methods of its actor.
///
/// These methods belong to a trait, so that the inherent methods of a client are only its actor's. Import `Client` to
/// call them.
///
/// A client is `Send` and `Sync` if its commands are `Send`. Commands have to be `Send` unless the actor is `local`.
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

    /// Makes the client that sends through `sender`.
    #[doc(hidden)]
    fn from_sender(sender: Sender<Self::Command>) -> Self;

    /// Returns the sender of this client.
    #[doc(hidden)]
    fn as_sender(&self) -> &Sender<Self::Command>;

    /// Waits until the actor no longer takes commands, because it has ended or was told to end.
    ///
    /// This comes before the end: the command in progress, queued commands that are drained, the `#[on_stop]` method
    /// and the actor's tasks may follow. [`ended`](Self::ended) waits for all of them.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe: nothing is lost when the future is dropped.
    ///
    /// # Examples
    ///
    /// ```
    /// # use actor_runtime::{actor, channel, Client};
    /// # struct Greeter;
    /// # #[actor]
    /// # impl Greeter {
    /// #     pub fn greet(&self) {}
    /// # }
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let (client, inbox) = channel::<Greeter>(8);
    /// drop(inbox);
    /// client.closed().await;
    /// # }
    /// ```
    fn closed(&self) -> impl Future<Output = ()> + Send {
        let closed = self.as_sender().shared().control().closed();
        // A task that asks in a loop lets others run.
        cooperative(Shielded::new(closed.cancelled_owned()))
    }

    /// Waits until the actor has ended, and returns the reason.
    ///
    /// The `#[on_stop]` method, the children and the tasks of [`Context::spawn`](crate::Context::spawn) are over then.
    /// The final state was given to the [`ActorHandle`](crate::ActorHandle) or to
    /// [`Builder::on_exit`](crate::Builder::on_exit), and otherwise dropped, so what it had open is closed. A
    /// supervised actor has ended when there will be no further incarnation.
    ///
    /// The future does not keep the actor alive, and may be made before or after the end. A method that awaits the end
    /// of its own actor waits forever.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe: nothing is lost when the future is dropped.
    ///
    /// # Examples
    ///
    /// ```
    /// use actor_runtime::{actor, Actor, CancellationToken, Client, Why};
    ///
    /// struct Log(Vec<String>);
    ///
    /// #[actor]
    /// impl Log {
    ///     pub fn append(&mut self, line: String) {
    ///         self.0.push(line);
    ///     }
    ///
    ///     #[on_stop]
    ///     async fn flush(&mut self) {
    ///         tokio::task::yield_now().await;
    ///     }
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let shutdown = CancellationToken::new();
    /// let log = Log(Vec::new()).spawn(shutdown.clone());
    /// shutdown.cancel();
    /// // `flush` has returned after this.
    /// assert_eq!(log.ended().await, Why::Cancelled);
    /// # }
    /// ```
    fn ended(&self) -> Ended {
        let mut why = self.as_sender().shared().control().end_told();
        let told = Box::pin(async move {
            match why.wait_for(Option::is_some).await.as_deref() {
                Ok(&Some(why)) => why,
                _ => Why::Unknown,
            }
        });
        Ended(Shielded::new(told))
    }

    /// Returns true if the actor no longer takes commands.
    ///
    /// # Examples
    ///
    /// ```
    /// # use actor_runtime::{actor, channel, Client};
    /// # struct Greeter;
    /// # #[actor]
    /// # impl Greeter {
    /// #     pub fn greet(&self) {}
    /// # }
    /// let (client, inbox) = channel::<Greeter>(8);
    /// assert!(!client.is_closed());
    /// drop(inbox);
    /// assert!(client.is_closed());
    /// ```
    fn is_closed(&self) -> bool {
        self.as_sender()
            .shared()
            .control()
            .lanes()
            .first
            .is_closed()
    }

    /// Returns a client that does not keep the actor alive.
    ///
    /// # Examples
    ///
    /// ```
    /// # use actor_runtime::{actor, channel, Client};
    /// # struct Greeter;
    /// # #[actor]
    /// # impl Greeter {
    /// #     pub fn greet(&self) {}
    /// # }
    /// let (client, _inbox) = channel::<Greeter>(8);
    /// let weak = client.downgrade();
    /// drop(client);
    /// assert!(weak.upgrade().is_none());
    /// ```
    fn downgrade(&self) -> WeakClient<Self> {
        WeakClient {
            sender: self.as_sender().downgrade(),
            client: PhantomData,
        }
    }

    /// Returns the number of commands without priority that the mailbox would accept at this moment.
    ///
    /// The number is `usize::MAX` if the mailbox is unbounded, and 0 if it is closed.
    ///
    /// # Examples
    ///
    /// ```
    /// # use actor_runtime::{actor, channel, CallError, Client};
    /// # struct Greeter;
    /// # #[actor]
    /// # impl Greeter {
    /// #     pub fn greet(&self) {}
    /// # }
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), CallError> {
    /// let (client, _inbox) = channel::<Greeter>(8);
    /// client.greet().await?;
    /// assert_eq!(client.capacity(), 7);
    /// # Ok(())
    /// # }
    /// ```
    fn capacity(&self) -> usize {
        self.as_sender()
            .shared()
            .control()
            .lanes()
            .first
            .capacity_left()
    }

    /// Returns the number of commands that may be accepted and not yet begun. Commands with priority have as many slots
    /// of their own.
    ///
    /// The number is `usize::MAX` if the mailbox is unbounded. It does not change, also when the mailbox is closed.
    ///
    /// # Examples
    ///
    /// ```
    /// # use actor_runtime::{actor, channel, CallError, Client};
    /// # struct Greeter;
    /// # #[actor]
    /// # impl Greeter {
    /// #     pub fn greet(&self) {}
    /// # }
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), CallError> {
    /// let (client, _inbox) = channel::<Greeter>(8);
    /// client.greet().await?;
    /// assert_eq!((client.capacity(), client.max_capacity()), (7, 8));
    /// # Ok(())
    /// # }
    /// ```
    fn max_capacity(&self) -> usize {
        self.as_sender().shared().control().lanes().first.capacity()
    }

    /// Returns the queue depth: the number of commands that were accepted and not yet begun, with and without priority.
    ///
    /// Commands whose senders still wait for room do not count, and neither do commands that will be refused because
    /// the actor ends.
    ///
    /// # Examples
    ///
    /// ```
    /// # use actor_runtime::{actor, channel, CallError, Client};
    /// # struct Greeter;
    /// # #[actor]
    /// # impl Greeter {
    /// #     pub fn greet(&self) {}
    /// # }
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), CallError> {
    /// let (client, mut inbox) = channel::<Greeter>(8);
    /// client.greet().await?;
    /// assert_eq!(client.queued(), 1);
    /// inbox.next().await;
    /// assert_eq!(client.queued(), 0);
    /// # Ok(())
    /// # }
    /// ```
    fn queued(&self) -> usize {
        self.as_sender().shared().control().lanes().queued()
    }

    /// Returns the name that [`Builder::name`](crate::Builder::name) gave to the actor, if it did.
    ///
    /// # Examples
    ///
    /// ```
    /// use actor_runtime::{actor, Actor, Client};
    ///
    /// struct Greeter;
    ///
    /// #[actor]
    /// impl Greeter {
    ///     pub fn greet(&self) {}
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let greeter = Greeter.builder().name("eu-1").spawn();
    /// assert_eq!(greeter.name(), Some("eu-1"));
    /// # }
    /// ```
    fn name(&self) -> Option<&str> {
        let name = self.as_sender().shared().control().instance();
        name.map(|name| name.as_str())
    }

    /// Returns true if both clients belong to the same actor.
    ///
    /// # Examples
    ///
    /// ```
    /// # use actor_runtime::{actor, channel, Client};
    /// # struct Greeter;
    /// # #[actor]
    /// # impl Greeter {
    /// #     pub fn greet(&self) {}
    /// # }
    /// let (ann, _inbox) = channel::<Greeter>(8);
    /// let (ben, _inbox) = channel::<Greeter>(8);
    /// assert!(ann.same_actor(&ann.clone()));
    /// assert!(!ann.same_actor(&ben));
    /// ```
    fn same_actor(&self, other: &Self) -> bool {
        Arc::ptr_eq(self.as_sender().shared(), other.as_sender().shared())
    }
}

/// Waits until an actor has ended, and tells why. [`Client::ended`] returns it.
#[must_use = "futures do nothing unless polled"]
pub struct Ended(Shielded<Pin<Box<dyn Future<Output = Why> + Send + Sync>>>);

impl Future for Ended {
    type Output = Why;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Why> {
        Pin::new(&mut self.0).poll(cx)
    }
}

impl fmt::Debug for Ended {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ended").finish_non_exhaustive()
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
    /// Makes a weak client `Send` and `Sync` only if the client is, since it can be upgraded to one.
    client: PhantomData<C>,
}

impl<C: Client> WeakClient<C> {
    /// Returns a weak client without an actor, which cannot be upgraded.
    pub(crate) fn detached() -> Self {
        Self {
            sender: WeakSender::detached(),
            client: PhantomData,
        }
    }

    /// Returns a client, or `None` if the last client was dropped. A weak client of a `detached` actor can be upgraded
    /// even then, unless the streams of the actor have ended.
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
