//! A client before the state of its actor.

use std::fmt;

use tokio_util::sync::CancellationToken;

use super::{Actor, Builder};
use crate::client::Client as _;
use crate::command::Values;
use crate::inbox::Inbox;
use crate::published::Initialized;

/// Makes a client before the state of its actor exists, for a state that needs the client.
///
/// `capacity` is the capacity of the mailbox. [`Actor::CAPACITY`] is the one that the block sets. Commands that are
/// sent before the actor starts are queued. Clients of an actor with `#[watch]` methods read the value of
/// `#[watch(initial = ..)]` until there is a state.
///
/// # Panics
///
/// If `capacity` is 0, or an initial value panics. An actor with a `timeout` also panics here in a runtime without a
/// timer.
///
/// # Examples
///
/// Two actors that know each other. An actor lives as long as anybody has a client of it, so one of the two holds a
/// weak client:
///
/// ```
/// use actor_runtime::{actor, prepare, Actor, CallError, CancellationToken, Client, WeakClient};
///
/// struct Parser { lines: Vec<String>, editor: WeakClient<EditorClient> }
///
/// #[actor]
/// impl Parser {
///     pub async fn parse(&mut self, line: String) {
///         self.lines.push(line);
///         if let Some(editor) = self.editor.upgrade() {
///             let _ = editor.show(self.lines.len()).await;
///         }
///     }
/// }
///
/// struct Editor { parser: ParserClient, shown: usize }
///
/// #[actor]
/// impl Editor {
///     pub async fn insert(&self, line: String) -> Result<(), CallError> {
///         self.parser.parse(line).await
///     }
///
///     pub fn show(&mut self, lines: usize) { self.shown = lines; }
///
///     pub fn shown(&self) -> usize { self.shown }
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), CallError> {
/// let shutdown = CancellationToken::new();
/// let (editor, prepared) = prepare::<Editor>(Editor::CAPACITY);
/// let parser = Parser { lines: Vec::new(), editor: editor.downgrade() };
/// let parser = parser.spawn(shutdown.clone());
/// let editor = prepared.builder(Editor { parser, shown: 0 }).shutdown(shutdown).spawn();
/// editor.insert("fn main() {}".into()).await??;
/// # while editor.shown().await? == 0 { tokio::task::yield_now().await; }
/// assert_eq!(editor.shown().await?, 1);
/// # Ok(())
/// # }
/// ```
pub fn prepare<A: Actor>(capacity: usize) -> (A::Client, Prepared<A>)
where
    Values<A::Command>: Initialized,
{
    let prepared = Prepared::<A>::open(capacity, CancellationToken::new());
    A::publish_initial(&prepared.inbox);
    (prepared.client.clone(), prepared)
}

/// The mailbox of an actor without a state. [`prepare`] returns it.
///
/// If it is dropped, the mailbox is closed: queued commands are answered with
/// [`CallError::Refused`](crate::CallError::Refused), and later ones with
/// [`CallError::Closed`](crate::CallError::Closed).
#[must_use = "if it is dropped, the client is closed"]
pub struct Prepared<A: Actor> {
    pub(super) client: A::Client,
    pub(super) inbox: Inbox<A::Command>,
}

impl<A: Actor> Prepared<A> {
    /// Opens a mailbox that stops when `token` is cancelled.
    #[inline]
    pub(super) fn open(capacity: usize, token: CancellationToken) -> Self {
        let (sender, inbox) = Inbox::open(capacity, A::SHUTDOWN, token);
        Self {
            client: A::Client::from_sender(sender),
            inbox,
        }
    }

    /// Returns a builder that starts `actor` on this mailbox, with a method for each setting except the capacity.
    ///
    /// # Examples
    ///
    /// A constructor that returns an actor together with its client:
    ///
    /// ```
    /// use actor_runtime::{actor, prepare, Actor, Builder, CallError};
    ///
    /// pub struct Counter(u64);
    ///
    /// #[actor]
    /// impl Counter {
    ///     pub fn new_pair(start: u64) -> (Builder<Self>, CounterClient) {
    ///         let (client, prepared) = prepare(Self::CAPACITY);
    ///         (prepared.builder(Self(start)), client)
    ///     }
    ///
    ///     pub fn add(&mut self, amount: u64) -> u64 {
    ///         self.0 += amount;
    ///         self.0
    ///     }
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), CallError> {
    /// let (builder, counter) = Counter::new_pair(1);
    /// let sum = tokio::spawn({
    ///     let counter = counter.clone();
    ///     async move { counter.add(2).await }
    /// });
    /// tokio::task::yield_now().await;
    /// builder.spawn();
    /// assert_eq!(sum.await.unwrap(), Ok(3));
    /// assert_eq!(counter.add(1).await?, 4);
    /// # Ok(())
    /// # }
    /// ```
    pub fn builder(self, actor: A) -> Builder<A> {
        Builder::new(actor, Some(self))
    }
}

impl<A: Actor> fmt::Debug for Prepared<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Prepared").finish_non_exhaustive()
    }
}
