//! Commands that are written down, so that something can carry them to another process.
//!
//! With `#[actor(remote)]`, the macro implements [`RemoteCommand`] for the commands of an actor. This module turns such
//! a command into the name of its method and a JSON object of its arguments, and back. It opens no connection: that is
//! the work of a *carrier*, which needs these two only:
//!
//! - On the caller's side, the carrier receives commands as any actor does, and takes them apart with
//!   [`RemoteCommand::write`] and [`Written::into_parts`]. The answer, or the error, goes to the [`ReplyTo`].
//! - On the actor's side, the carrier gives [`receive`] the method and the arguments, and sends back the bytes that
//!   come out.
//!
//! The example `http_actor` of the repository carries commands by HTTP.
//!
//! # What is carried
//!
//! A client of a remote actor is the client of the local one. In a `remote` actor, a method without a return type is a
//! call, too: its client returns when it is done. Arguments travel by name, so an argument can be added if it is an
//! `Option`: where it is missing, it is `None`. Names that the actor does not know are ignored. Private methods with
//! `#[command]` are not carried.
//!
//! JSON has its price. Bytes as `Vec<u8>` take about four characters each. The keys of maps have to be strings or
//! numbers. `NaN` cannot be read back, and `Some(None)` becomes `None`.
//!
//! # Errors
//!
//! A call that cannot be carried fails with [`CallError::Unsupported`](crate::CallError::Unsupported), and did not run.
//! An answer that cannot be written or read is [`CallError::Unanswered`](crate::CallError::Unanswered), since the
//! method has run. Neither shows a value: an error names the method and the argument.
//!
//! # Examples
//!
//! A carrier that carries commands from one task to another:
//!
//! ```
//! use actor_runtime::remote::{receive, RemoteCommand};
//! use actor_runtime::{actor, channel, Actor, CallError, CancellationToken};
//!
//! struct Adder(u64);
//!
//! #[actor(remote)]
//! impl Adder {
//!     pub fn add(&mut self, amount: u64) -> u64 { self.0 += amount; self.0 }
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), CallError> {
//! let adder = Adder(40).spawn(CancellationToken::new());
//! let (remote, mut inbox) = channel::<Adder>(8);
//!
//! tokio::spawn(async move {
//!     while let Some(command) = inbox.next().await {
//!         let Some((method, arguments, reply)) = command.write().into_parts() else { continue };
//!         assert_eq!((method, &*arguments), ("add", &br#"{"amount":2}"#[..]));
//!         match receive(&adder, method, &arguments).await {
//!             Ok(answer) => reply.answer(&answer),
//!             Err(error) => reply.fail(error),
//!         }
//!     }
//! });
//!
//! assert_eq!(remote.add(2).await?, 42);
//! # Ok(())
//! # }
//! ```

mod incoming;
mod written;

mod portable;

pub use self::incoming::{Arguments, Handling, Incoming};
pub use self::portable::{Portable, PortablePart};
pub use self::written::{ReplyTo, Written};
use crate::client::Client;
use crate::command::Command;

/// A command that can be sent to another process. `#[actor(remote)]` implements it.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a command of a `remote` actor; write `#[actor(remote)]`",
    label = "not a remote command"
)]
pub trait RemoteCommand: Command + Send + 'static {
    /// The methods that other processes can call, with their arguments and answers: `get(key: String) ->
    /// Option<String>`.
    ///
    /// A test that compares it with a snapshot shows whoever changes what is sent that they do.
    const INTERFACE: &'static [&'static str];

    /// Takes a command apart.
    fn write(self) -> Written;

    /// Reads the command that came in.
    #[doc(hidden)]
    fn read(incoming: Incoming<'_, Self>) -> Handling<'_>;
}

/// Reads a command that came from another process, sends it to the `client`'s actor, and waits for the answer.
///
/// The `arguments` are a JSON object of the arguments by name. Without arguments it may also be empty. They are read at
/// once. The command is sent when the future is polled.
///
/// The command is queued like any other, so a full mailbox holds it up. A `timeout` of the actor or the command does
/// not apply: it belongs to the caller, who is in another process.
///
/// # Errors
///
/// - [`CallError::Unsupported`](crate::CallError::Unsupported) if there is no such method, or the arguments cannot be
///   read. The command did not run.
/// - [`CallError::Unanswered`](crate::CallError::Unanswered) if the answer cannot be written.
/// - The errors of any call to the actor.
///
/// # Cancel safety
///
/// A future that is dropped before the actor has accepted the command has sent nothing. A command that was accepted
/// runs all the same.
///
/// # Examples
///
/// ```
/// use actor_runtime::remote::receive;
/// use actor_runtime::{actor, Actor, CallError, CancellationToken};
///
/// struct Greeter;
///
/// #[actor(remote)]
/// impl Greeter {
///     pub fn greet(&self, name: &str) -> String { format!("hello {name}") }
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let greeter = Greeter.spawn(CancellationToken::new());
/// let answer = receive(&greeter, "greet", br#"{"name":"Ann"}"#).await;
/// assert_eq!(answer, Ok(br#""hello Ann""#.to_vec()));
///
/// let error = receive(&greeter, "greet", b"{}").await.unwrap_err();
/// assert_eq!(error.to_string(), "the command is not supported: the argument `name` is missing");
/// # }
/// ```
pub fn receive<'a, C: Client<Command: RemoteCommand>>(
    client: &'a C,
    method: &'a str,
    arguments: &'a [u8],
) -> Handling<'a> {
    RemoteCommand::read(Incoming::new(client.as_sender(), method, arguments))
}
