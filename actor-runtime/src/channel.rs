//! A client without an actor, to test code that uses the client.

use tokio_util::sync::CancellationToken;

use crate::actor::Actor;
use crate::client::Client as _;
use crate::inbox::Inbox;
use crate::shutdown::Shutdown;

/// Makes a client without an actor, and the inbox that receives what it sends.
///
/// The inbox gives the commands as they are, so a test sees each argument and answers each reply as it likes. See
/// [`Inbox::next`] for an example.
///
/// # Panics
///
/// If `capacity` is 0.
pub fn channel<A: Actor>(capacity: usize) -> (A::Client, Inbox<A::Command>) {
    let (sender, inbox) = Inbox::open(capacity, Shutdown::Stop, CancellationToken::new());
    (A::Client::from_sender(sender), inbox)
}
