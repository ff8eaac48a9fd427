//! Shutdown: the ways in which an actor is told to end, and the reasons for its end.

/// The fate of queued commands when an actor is told to end.
///
/// It is set by `#[actor(shutdown = ..)]`, or by [`ActorHandle::shutdown_with`](crate::ActorHandle::shutdown_with).
/// Either way, new commands are refused, and the command in progress runs to its end.
///
/// # Examples
///
/// ```
/// use actor_runtime::{actor, Actor, CancellationToken};
///
/// struct Log(Vec<String>);
///
/// #[actor(shutdown = drain)]
/// impl Log {
///     pub fn append(&mut self, line: String) {
///         self.0.push(line);
///     }
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let shutdown = CancellationToken::new();
/// let (log, handle) = Log(Vec::new()).spawn_with_handle(shutdown.clone());
/// log.append("one".into()).await.unwrap();
/// log.append("two".into()).await.unwrap();
/// shutdown.cancel();
/// assert_eq!(handle.await.state.unwrap().0, ["one", "two"]);
/// # }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shutdown {
    /// Queued commands are refused.
    Stop,
    /// Queued commands are handled, and the items that each `#[stream]` has ready. The other sources of the actor are
    /// switched off. New commands are refused, so tasks of [`Context::spawn`](crate::Context::spawn) can no longer
    /// report back with a command.
    Drain,
}

/// The reason why an actor ends, by itself or because it was told to.
///
/// An `#[on_stop]` method may take it as a parameter.
///
/// # Examples
///
/// ```
/// use actor_runtime::{actor, Actor, CancellationToken, StopReason};
///
/// struct Session;
///
/// #[actor]
/// impl Session {
///     pub fn ping(&self) {}
///
///     #[on_stop]
///     async fn close(&mut self, reason: StopReason) {
///         assert_eq!(reason, StopReason::ClientsDropped);
///     }
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let (session, handle) = Session.spawn_with_handle(CancellationToken::new());
/// drop(session);
/// assert!(handle.await.state.is_some());
/// # }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum StopReason {
    /// The shutdown token was cancelled, the actor's handle asked for the end, or its parent has ended.
    Cancelled,
    /// The actor stopped itself, its `#[run]` method has returned, or its streams have ended and it had no clients.
    Stopped,
    /// The last client was dropped, and the queued commands have been handled.
    ClientsDropped,
    /// The actor failed with an error, which its exit has: a method called
    /// [`Context::fail`](crate::Context::fail), or a source returned it.
    Failed,
}
