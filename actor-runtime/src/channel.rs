//! A client without an actor, to test code that uses the client.

use tokio_util::sync::CancellationToken;

use crate::actor::Actor;
use crate::client::Client;
use crate::inbox::Inbox;
use crate::shutdown::Shutdown;

/// Makes a client without an actor, and the inbox that receives what it sends.
///
/// The inbox gives the commands as they are, so a test sees each argument and answers each reply as it likes. See
/// [`Inbox::next`] for an example.
///
/// # Panics
///
/// If `capacity` is 0. A client with a `timeout` also panics here in a runtime without a timer.
pub fn channel<A: Actor>(capacity: usize) -> (A::Client, Inbox<A::Command>) {
    channel_of(capacity)
}

/// Makes a client without an actor, and the inbox that receives what it sends, as [`channel`] does.
///
/// The type of the client is enough. So a fake of a generic actor needs no parameters that the commands do not use.
///
/// # Panics
///
/// If `capacity` is 0. A client with a `timeout` also panics here in a runtime without a timer.
///
/// # Examples
///
/// ```
/// use actor_runtime::{actor, channel_of};
///
/// pub trait Db {
///     fn load(&self, key: &str) -> String;
/// }
///
/// pub struct Cache<D> { db: D }
///
/// #[actor]
/// impl<D: Db> Cache<D> {
///     pub fn get(&self, key: &str) -> String { self.db.load(key) }
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// // There is no `Db` here.
/// let (cache, mut inbox) = channel_of::<CacheClient>(1);
/// let fake = async {
///     while let Some(CacheCommand::Get { key, reply }) = inbox.next().await {
///         reply.send(format!("the value of {key}"));
///     }
/// };
/// let test = async move { cache.get("a").await };
/// let ((), value) = tokio::join!(fake, test);
/// assert_eq!(value, Ok("the value of a".to_owned()));
/// # }
/// ```
pub fn channel_of<C: Client>(capacity: usize) -> (C, Inbox<C::Command>) {
    let (sender, inbox) = Inbox::open(capacity, Shutdown::Stop, CancellationToken::new());
    (C::from_sender(sender), inbox)
}
