//! The server of an actor.
//!
//! # Invariants
//!
//! 1. There is one subscription, for all methods of the name. So the commands of one caller arrive in their order.
//! 2. The server never waits for the actor, since async-nats drops what is not taken from a subscription in time. Each
//!    message becomes a future; they are polled in the order of arrival. With `limit` of them, further commands are
//!    refused at once.
//! 3. A command that the actor has not accepted when its caller gives up is not sent.
//! 4. A message without a reply subject is ignored: nobody would learn what became of it.
//! 5. A server that is spawned was heard: an answer to its own question has come through its subscription. Another
//!    server of the name is found before that. This finds mistakes; two servers that start at the same moment may not
//!    find each other. Only a lease excludes them.
//! 6. With a lease, a server that does not hold it neither takes a command nor answers one. Such a server has no queue
//!    group, since a process that is frozen stays in its group.
//! 7. An answer to a command that came before a reconnect is sent until somebody gets it: the caller may be back later
//!    than the server. Other answers are sent once.
//! 8. At the end the subscription is drained, what has come is answered, and the answers are written to the connection.
//! 9. While the subscription is drained, nothing is published: async-nats forgets the subscription with the next thing
//!    that it does, which has to be the server's last message.

use std::error::Error;
use std::fmt;
use std::panic::resume_unwind;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use actor_runtime::remote::{RemoteCommand, receive};
use actor_runtime::{CallError, CancellationToken, Client};
#[cfg(feature = "tracing")]
use async_nats::HeaderMap;
use async_nats::client::traits::Publisher as _;
use async_nats::connection::State;
use async_nats::message::OutboundMessage;
use async_nats::{Message, StatusCode, Subject, Subscriber};
use bytes::Bytes;
use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep, timeout, timeout_at};
#[cfg(feature = "tracing")]
use tracing::{Instrument as _, Span};

#[cfg(feature = "lease")]
use crate::lease::{Held, Lease};
use crate::protocol::{self, WHO, checked, unique};

/// The time for an answer of NATS itself or of another server.
const PATIENCE: Duration = Duration::from_secs(5);

/// The time after which NATS would have said that nobody got a message.
const SILENCE: Duration = Duration::from_secs(1);

/// The time between two attempts to send an answer.
const PAUSE: Duration = Duration::from_millis(20);

/// Serves an actor to other processes, as `name`.
///
/// The commands of callers go through `client` into the mailbox of the actor, like all others. [`Server`] has the
/// settings.
///
/// # Panics
///
/// If the name is not made of words with dots between them. A word has no space, no `*` and `>`, and does not begin
/// with `$`.
///
/// # Examples
///
/// ```no_run
/// use actor_nats::serve;
/// use actor_runtime::{actor, Actor, CancellationToken};
///
/// pub struct Counter(u64);
///
/// #[actor(remote)]
/// impl Counter {
///     pub fn add(&mut self, amount: u64) -> u64 {
///         self.0 += amount;
///         self.0
///     }
/// }
///
/// # async fn example() -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
/// let nats = async_nats::connect("nats://127.0.0.1").await?;
/// let shutdown = CancellationToken::new();
/// let counter = Counter(0).spawn(CancellationToken::new());
/// let served = serve(&nats, "counter", &counter).spawn(shutdown.clone()).await?;
/// // Callers find it from now on, until the token is cancelled.
/// # shutdown.cancel();
/// served.ended().await;
/// # Ok(())
/// # }
/// ```
pub fn serve<C>(nats: &async_nats::Client, name: impl Into<String>, client: &C) -> Server<C>
where
    C: Client<Command: RemoteCommand> + Send + Sync,
{
    Server {
        nats: nats.clone(),
        name: checked(name.into()),
        client: client.clone(),
        limit: 1024,
        owners: Owners::One,
        #[cfg(feature = "tracing")]
        span: None,
    }
}

/// A server that was not spawned yet. [`serve`](serve()) makes it.
#[must_use = "nobody is served before `spawn`"]
pub struct Server<C> {
    nats: async_nats::Client,
    name: String,
    client: C,
    limit: usize,
    owners: Owners,
    #[cfg(feature = "tracing")]
    span: Option<Arc<MakeSpan>>,
}

#[cfg(feature = "tracing")]
type MakeSpan = dyn Fn(Option<&HeaderMap>) -> Span + Send + Sync;

/// The servers that a name may have.
enum Owners {
    One,
    Many,
    #[cfg(feature = "lease")]
    Leased(Held),
}

impl<C> Server<C>
where
    C: Client<Command: RemoteCommand> + Send + Sync,
{
    /// Sets the number of commands that may wait or run. Further commands are refused, and their callers try again
    /// until their timeout. 1024 by default.
    ///
    /// The commands take up to this number times the `max_payload` of NATS in memory.
    ///
    /// # Panics
    ///
    /// If it is 0.
    pub fn limit(self, limit: usize) -> Self {
        assert!(limit > 0, "a server with a limit of 0 takes nothing");
        Self { limit, ..self }
    }

    /// Lets the name have several servers, each with an actor of its own. NATS chooses one for each command.
    pub fn replicated(self) -> Self {
        let owners = Owners::Many;
        Self { owners, ..self }
    }

    /// Serves only while the lease is held: otherwise no command is taken, and no answer is sent.
    #[cfg(feature = "lease")]
    pub fn lease(self, lease: &Lease) -> Self {
        let owners = Owners::Leased(lease.held());
        Self { owners, ..self }
    }

    /// Calls `span` with the headers of each command, for a span in which the command is handled: its parent can be the
    /// caller's span, if the [headers](crate::Remote::headers) have its context.
    #[cfg(feature = "tracing")]
    pub fn span(self, span: impl Fn(Option<&HeaderMap>) -> Span + Send + Sync + 'static) -> Self {
        let span = Some(Arc::new(span) as Arc<MakeSpan>);
        Self { span, ..self }
    }

    /// Begins to serve. When this returns, callers find the actor.
    ///
    /// The server ends when `shutdown` is cancelled or the actor takes no more commands. It then answers what has come.
    /// The server has a client, so the actor does not end with its last client before.
    ///
    /// # Errors
    ///
    /// - [`ServeError::Taken`] if the name is served already.
    /// - [`ServeError::Denied`] if NATS does not permit it.
    /// - [`ServeError::Nats`] if there is no connection to NATS.
    ///
    /// # Cancel safety
    ///
    /// Nothing is served if the future is dropped. A command that has come meanwhile is answered.
    ///
    /// # Panics
    ///
    /// If called outside of a tokio runtime.
    pub async fn spawn(self, shutdown: CancellationToken) -> Result<Served, ServeError> {
        let is_only_one = matches!(self.owners, Owners::One);
        let who = format!("{}.{WHO}", self.name);
        let nats = self.nats.clone();
        if is_only_one {
            match ask(&nats, question(who.clone()), PATIENCE).await? {
                Asked::Nobody => {}
                Asked::Answer(_) => return Err(taken(&self.name)),
                Asked::Silence => return Err(ServeError::Denied),
            }
        }
        let subscription = self.subscribe().await.map_err(ServeError::nats)?;
        // A flush says that the subscription was written. Only an answer says that it was read.
        let nobody = question(nats.new_inbox());
        if !matches!(ask(&nats, nobody, PATIENCE).await?, Asked::Nobody) {
            return Err(ServeError::Denied);
        }

        let mark = unique();
        let end = shutdown.child_token();
        let guard = end.clone().drop_guard();
        let name = self.name.clone();
        let is_replicated = matches!(self.owners, Owners::Many);
        let client = self.client.clone();
        let serving = Serving {
            prefix: format!("{name}."),
            mark: mark.clone().into(),
            server: self,
        };
        let served = Served {
            task: tokio::spawn(Arc::new(serving).run(subscription, end)),
        };
        // By its own question (invariant 5).
        let heard = match ask(&nats, question(who), PATIENCE).await? {
            Asked::Answer(answer) if is_replicated || answer == mark => Ok(()),
            Asked::Answer(_) => Err(taken(&name)),
            Asked::Nobody | Asked::Silence => Err(ServeError::Denied),
        };
        // A server that was told to end at once need not be heard.
        if !shutdown.is_cancelled() && !client.is_closed() {
            heard?;
        }
        guard.disarm();
        Ok(served)
    }

    async fn subscribe(&self) -> Result<Subscriber, async_nats::SubscribeError> {
        // One for all methods (invariant 1).
        let subject = format!("{}.*", self.name);
        match self.owners {
            Owners::One | Owners::Many => {
                self.nats.queue_subscribe(subject, self.name.clone()).await
            }
            // Without a queue group (invariant 6).
            #[cfg(feature = "lease")]
            Owners::Leased(_) => self.nats.subscribe(subject).await,
        }
    }

    /// Returns true unless a lease is needed and lost.
    fn is_owner(&self) -> bool {
        match &self.owners {
            Owners::One | Owners::Many => true,
            #[cfg(feature = "lease")]
            Owners::Leased(held) => held.is_held(),
        }
    }
}

impl<C> fmt::Debug for Server<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Server")
            .field("name", &self.name)
            .field("limit", &self.limit)
            .finish_non_exhaustive()
    }
}

/// A server at work. To drop it does not end it.
#[derive(Debug)]
pub struct Served {
    task: JoinHandle<()>,
}

impl Served {
    /// Waits until the server has ended and has answered every command that had come.
    ///
    /// # Cancel safety
    ///
    /// If the future is dropped, the server goes on, and nobody can wait for it.
    pub async fn ended(self) {
        let ended = self.task.await;
        if let Some(panic) = ended.err().and_then(|error| error.try_into_panic().ok()) {
            resume_unwind(panic);
        }
    }
}

/// A server at work, as its task sees it.
struct Serving<C> {
    server: Server<C>,
    /// The subjects of the commands, without the method.
    prefix: String,
    mark: Bytes,
}

/// A command that has come.
struct Command {
    message: Message,
    reply: Subject,
    received: Instant,
    connection: u64,
    is_over_limit: bool,
}

impl<C> Serving<C>
where
    C: Client<Command: RemoteCommand> + Send + Sync,
{
    async fn run(self: Arc<Self>, mut subscription: Subscriber, end: CancellationToken) {
        let client = &self.server.client;
        let mut running = FuturesUnordered::new();
        let mut ending = pin!(async {
            tokio::select! {
                () = end.cancelled() => {}
                () = client.closed() => {}
            }
        });
        loop {
            tokio::select! {
                biased;
                () = &mut ending => break,
                // Before the next command, so that answers are not held up by a flood. Each one makes room.
                Some(()) = running.next() => {}
                message = subscription.next() => match message {
                    Some(message) => {
                        // Taken at once (invariant 2).
                        let command = self.accept(message, running.len());
                        running.extend(command.map(|it| self.clone().respond(it)));
                    }
                    // The NATS client is closed.
                    None => break,
                }
            }
        }
        // What has come is answered (invariant 8), but not while the subscription is drained (invariant 9). The server
        // of NATS may be away.
        let _ = timeout(PATIENCE, async {
            if subscription.drain().await.is_err() {
                return;
            }
            while let Some(message) = subscription.next().await {
                let command = self.accept(message, running.len());
                running.extend(command.map(|it| self.clone().respond(it)));
            }
        })
        .await;
        while let Some(()) = running.next().await {}
        let _ = timeout(PATIENCE, self.server.nats.flush()).await;
    }

    fn accept(&self, message: Message, running: usize) -> Option<Command> {
        if !self.server.is_owner() {
            // Not taken (invariant 6).
            return None;
        }
        Some(Command {
            // Without a reply subject it is ignored (invariant 4).
            reply: message.reply.clone()?,
            received: Instant::now(),
            connection: connection(&self.server.nats),
            is_over_limit: running >= self.server.limit,
            message,
        })
    }

    async fn respond(self: Arc<Self>, command: Command) {
        let limit = protocol::timeout(command.message.headers.as_ref());
        let deadline = limit.and_then(|limit| command.received.checked_add(limit));
        let outcome = match deadline {
            // Nobody waits for a late answer (invariant 3).
            Some(deadline) => match timeout_at(deadline, self.outcome(&command)).await {
                Ok(outcome) => outcome,
                Err(_) => return,
            },
            None => self.outcome(&command).await,
        };
        if !self.server.is_owner() {
            // Not answered (invariant 6).
            return;
        }
        let (payload, headers) = match outcome {
            Ok(answer) => (answer, None),
            Err(error) => (Bytes::new(), Some(protocol::error(&error))),
        };
        let answer = OutboundMessage {
            subject: command.reply,
            reply: None,
            payload,
            headers,
        };
        let nats = &self.server.nats;
        let is_connected = nats.connection_state() == State::Connected;
        let send = async {
            if is_connected && command.connection == connection(nats) {
                let _ = nats.publish_message(answer).await;
            } else {
                send_after_reconnect(nats, answer).await;
            }
        };
        // If NATS is away for long, async-nats has no room.
        let _ = timeout(limit.unwrap_or(PATIENCE), send).await;
    }

    async fn outcome(&self, command: &Command) -> Result<Bytes, CallError> {
        let message = &command.message;
        let method = message.subject.strip_prefix(&self.prefix);
        let method = method.unwrap_or_default();
        if method == WHO {
            return Ok(self.mark.clone());
        }
        if command.is_over_limit {
            return Err(CallError::Full);
        }
        let answer = self.receive(method, message).await;
        #[cfg(feature = "tracing")]
        if let Err(CallError::Unsupported(detail)) = &answer {
            let name = &self.server.name;
            tracing::warn!(%name, method, "an unsupported command: {detail}");
        }
        match answer? {
            answer if answer.len() > self.server.nats.max_payload() => Err(CallError::Unanswered),
            answer => Ok(answer.into()),
        }
    }

    #[cfg(feature = "tracing")]
    async fn receive(&self, method: &str, message: &Message) -> Result<Vec<u8>, CallError> {
        let span = match &self.server.span {
            Some(span) => span(message.headers.as_ref()),
            None => Span::none(),
        };
        let handling = span.in_scope(|| receive(&self.server.client, method, &message.payload));
        handling.instrument(span).await
    }

    #[cfg(not(feature = "tracing"))]
    async fn receive(&self, method: &str, message: &Message) -> Result<Vec<u8>, CallError> {
        receive(&self.server.client, method, &message.payload).await
    }
}

#[cfg_attr(
    not(feature = "tracing"),
    expect(unused_variables, reason = "it is logged")
)]
fn taken(name: &str) -> ServeError {
    #[cfg(feature = "tracing")]
    tracing::warn!(name, "the name is served already");
    ServeError::Taken
}

/// Returns the number of the connection to NATS.
fn connection(nats: &async_nats::Client) -> u64 {
    // Relaxed: the number is compared with an earlier one, and nothing else is read because of it.
    nats.statistics().connects.load(Ordering::Relaxed)
}

/// Sends an answer until somebody gets it (invariant 7). After NATS was away, the server may be back before the caller.
async fn send_after_reconnect(nats: &async_nats::Client, answer: OutboundMessage) {
    loop {
        if nats.connection_state() == State::Connected
            && let Ok(Asked::Silence) = ask(nats, answer.clone(), SILENCE).await
        {
            return;
        }
        sleep(PAUSE).await;
    }
}

/// The answer to a question.
enum Asked {
    Answer(Bytes),
    Nobody,
    Silence,
}

/// Returns a question to `subject`.
fn question(subject: String) -> OutboundMessage {
    OutboundMessage {
        subject: subject.into(),
        reply: None,
        payload: Bytes::new(),
        headers: None,
    }
}

/// Publishes `message` as a question, and waits for an answer.
async fn ask(
    nats: &async_nats::Client,
    mut message: OutboundMessage,
    patience: Duration,
) -> Result<Asked, ServeError> {
    let asked = async {
        let inbox = nats.new_inbox();
        let answers = nats.subscribe(inbox.clone()).await;
        let mut answers = answers.map_err(ServeError::nats)?;
        message.reply = Some(inbox.into());
        let published = nats.publish_message(message).await;
        published.map_err(ServeError::nats)?;
        match answers.next().await {
            Some(answer) if answer.status == Some(StatusCode::NO_RESPONDERS) => Ok(Asked::Nobody),
            Some(answer) => Ok(Asked::Answer(answer.payload)),
            None => Err(ServeError::nats(Disconnected)),
        }
    };
    match timeout(patience, asked).await {
        Ok(asked) => asked,
        Err(_) if nats.connection_state() == State::Connected => Ok(Asked::Silence),
        Err(error) => Err(ServeError::nats(error)),
    }
}

/// The NATS client is closed.
#[derive(Debug)]
struct Disconnected;

impl fmt::Display for Disconnected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the NATS client is closed")
    }
}

impl Error for Disconnected {}

/// The reason why an actor is not served.
#[derive(Debug)]
#[non_exhaustive]
pub enum ServeError {
    /// Another process serves the name. See [`Server::replicated`] and [`Server::lease`] for names with several
    /// servers.
    Taken,
    /// No question came back. NATS does not permit subscribing to the name or asking who serves it, or the process
    /// that serves it hangs.
    Denied,
    /// There is no connection to NATS.
    Nats(async_nats::Error),
}

impl ServeError {
    fn nats(error: impl Error + Send + Sync + 'static) -> Self {
        Self::Nats(Box::new(error))
    }
}

impl fmt::Display for ServeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Taken => "the name is served by another process",
            Self::Denied => {
                "NATS does not permit serving the name, or the process that serves it hangs"
            }
            Self::Nats(_) => "there is no connection to NATS",
        })
    }
}

impl Error for ServeError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Taken | Self::Denied => None,
            Self::Nats(error) => Some(&**error),
        }
    }
}
