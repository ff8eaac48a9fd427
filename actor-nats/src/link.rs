//! The actor that stands in for one in another process.
//!
//! # Invariants
//!
//! 1. A command is taken from the mailbox only while fewer than `window` calls are under way. So callers wait in the
//!    mailbox, and a caller that leaves it has sent nothing.
//! 2. A call is handed to NATS only while there is a connection, which is looked at right before. Without one it is
//!    held, in the order of arrival: async-nats would keep it, and send it after a reconnect, when nobody waits for it.
//!    While calls are held, the link looks for the connection every 20 ms.
//! 3. Every call under way has a deadline. There is one timeout for all of them, so the oldest call is due first.
//! 4. The error at the deadline says how far the call got: held, refused as one too many, or sent.
//! 5. A call whose caller has left is not sent.
//! 6. A call that was refused as one too many is held and sent again. Nothing else is: it may have run.
//! 7. A link that is told to stop takes no more commands, and ends when the calls under way are over. A link whose NATS
//!    client is closed stops itself.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::marker::PhantomData;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use actor_runtime::remote::{RemoteCommand, ReplyTo};
use actor_runtime::{Actor, CallError, Client, Context, Detail, Inbox, SendActor};
use async_nats::client::PublishErrorKind;
use async_nats::connection::State;
use async_nats::{HeaderMap, Message, Subscriber};
use bytes::Bytes;
use futures_util::StreamExt as _;
use tokio::time::{Instant, Sleep, sleep_until, timeout};

use crate::protocol::{self, Answer, checked};

/// The time after which held calls are tried again.
const LOOK: Duration = Duration::from_millis(20);

/// A timeout that nobody outlives, and that can be added to the time of any clock.
const LONGEST: Duration = Duration::from_secs(365 * 24 * 60 * 60);

/// An actor that stands in for an actor in another process: its client is the client of that actor.
///
/// A link is spawned like any other actor, so it has a mailbox, can be supervised, and ends by a token. It sends the
/// commands that it receives over NATS, to the process that [serves](crate::serve()) the name, and tells the callers
/// the answers.
///
/// # Errors of its calls
///
/// A call returns after [`timeout`](Self::timeout) at the latest. Its error says what is known about the command:
///
/// | error | what happened | it ran |
/// |---|---|---|
/// | [`Unreachable`](CallError::Unreachable) | nobody serves the name, or there was no connection for the whole timeout | no |
/// | [`Full`](CallError::Full) | the server had as many commands as it takes, for the whole timeout | no |
/// | [`Unsupported`](CallError::Unsupported) | the server does not know the method or cannot read its arguments, or they are too large for NATS; the call would fail again | no |
/// | [`Closed`](CallError::Closed), [`Refused`](CallError::Refused) | the actor ended first, or the link | no |
/// | [`Panicked`](CallError::Panicked), [`Stopped`](CallError::Stopped) | as for a local actor | perhaps |
/// | [`Unanswered`](CallError::Unanswered) | the actor dropped the reply, or the answer cannot be sent or read | perhaps |
/// | [`TimedOut`](CallError::TimedOut) | no answer came: the process was killed, the connection was lost, the method takes longer, or NATS does not permit the call | perhaps, perhaps later |
///
/// A command runs at most once. The link repeats only what certainly did not run: commands for which the server had no
/// room.
///
/// # Examples
///
/// ```no_run
/// use std::time::Duration;
/// use actor_nats::Remote;
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
/// let link = Remote::new(&nats, "counter").timeout(Duration::from_secs(2));
/// let counter: CounterClient = link.spawn(CancellationToken::new());
/// println!("{}", counter.add(1).await?);
/// # Ok(())
/// # }
/// ```
pub struct Remote<C> {
    nats: async_nats::Client,
    name: String,
    timeout: Duration,
    window: usize,
    headers: Option<Arc<AddHeaders>>,
    client: PhantomData<fn() -> C>,
}

type AddHeaders = dyn Fn(&mut HeaderMap) + Send + Sync;

impl<C: Client<Command: RemoteCommand>> Remote<C> {
    /// Makes a link to the actor that is served as `name`.
    ///
    /// Nothing is sent before the first call, so the actor need not be there yet. The type of the client is inferred
    /// where it is used, or written as in `Remote::<CounterClient>::new`.
    ///
    /// # Panics
    ///
    /// If the name is not made of words with dots between them. A word has no space, no `*` and `>`, and does not begin
    /// with `$`.
    #[must_use]
    pub fn new(nats: &async_nats::Client, name: impl Into<String>) -> Self {
        Self {
            nats: nats.clone(),
            name: checked(name.into()),
            timeout: Duration::from_secs(10),
            window: 256,
            headers: None,
            client: PhantomData,
        }
    }

    /// Sets the time after which a call fails, counted from when the link takes it out of its mailbox. Ten seconds by
    /// default.
    #[must_use]
    pub fn timeout(self, timeout: Duration) -> Self {
        let timeout = timeout.min(LONGEST);
        Self { timeout, ..self }
    }

    /// Sets the number of calls that may be under way. Further calls wait in the mailbox. 256 by default.
    ///
    /// # Panics
    ///
    /// If it is 0.
    #[must_use]
    pub fn window(self, window: usize) -> Self {
        assert!(window > 0, "a link with a window of 0 sends nothing");
        Self { window, ..self }
    }

    /// Calls `headers` for each command, to add headers such as the context of a trace.
    ///
    /// With the feature `tracing`, the span of the call is the current span meanwhile.
    #[must_use]
    pub fn headers(self, headers: impl Fn(&mut HeaderMap) + Send + Sync + 'static) -> Self {
        let headers = Some(Arc::new(headers) as Arc<AddHeaders>);
        Self { headers, ..self }
    }
}

impl<C: Client<Command: RemoteCommand>> Actor for Remote<C> {
    type Command = C::Command;
    type Client = C;

    /// Sends `command` and waits until its caller was told the answer.
    async fn handle(&mut self, command: C::Command, context: &mut Context<Self>) {
        let mut link = Link::open(self).await;
        link.react(Event::Command(Some(command)), context).await;
        while !link.calls.is_empty() {
            let event = link.event(None).await;
            link.react(event, context).await;
        }
    }

    async fn run(self, inbox: &mut Inbox<C::Command>, context: &mut Context<Self>) -> Self {
        let mut link = Link::open(&self).await;
        while !(link.is_ending && link.calls.is_empty()) {
            // Further callers wait in the mailbox (invariant 1).
            let has_room = !link.is_ending && link.calls.len() < self.window;
            let event = link.event(has_room.then_some(&mut *inbox)).await;
            link.react(event, context).await;
        }
        drop(link);
        self
    }
}

impl<C: Client<Command: RemoteCommand> + Send + Sync> SendActor for Remote<C> {
    fn run_send(
        self,
        inbox: &mut Inbox<C::Command>,
        context: &mut Context<Self>,
    ) -> impl Future<Output = Self> + Send {
        self.run(inbox, context)
    }
}

impl<C> fmt::Debug for Remote<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Remote")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

/// A link at work.
struct Link<'a, C> {
    remote: &'a Remote<C>,
    /// The subjects of the answers, without the number of the call.
    inbox: String,
    /// Is `None` for as long as async-nats has no room for a subscription.
    answers: Option<Subscriber>,
    /// The calls under way by number: the oldest first.
    calls: BTreeMap<u64, Call>,
    next_number: u64,
    /// The calls that were not sent, or refused as one too many.
    held: BTreeSet<u64>,
    next_look: Instant,
    timer: Pin<Box<Sleep>>,
    is_ending: bool,
}

/// A call under way.
struct Call {
    method: &'static str,
    arguments: Bytes,
    headers: Option<HeaderMap>,
    reply: ReplyTo,
    deadline: Instant,
    got: Got,
}

/// The progress of a call.
#[derive(Clone, Copy)]
enum Got {
    Nowhere,
    Refused,
    Sent,
}

impl Call {
    /// The error of the deadline (invariant 4).
    fn overdue(&self) -> CallError {
        match self.got {
            Got::Nowhere => CallError::Unreachable,
            Got::Refused => CallError::Full,
            Got::Sent => CallError::TimedOut,
        }
    }
}

/// Something that a link waits for.
enum Event<C> {
    Command(Option<C>),
    Answer(Option<Message>),
    Time,
}

/// The NATS client is closed for good.
struct Closed;

impl<'a, C: Client<Command: RemoteCommand>> Link<'a, C> {
    async fn open(remote: &'a Remote<C>) -> Self {
        let now = Instant::now();
        let mut link = Self {
            remote,
            inbox: format!("{}.", remote.nats.new_inbox()),
            answers: None,
            calls: BTreeMap::new(),
            next_number: 0,
            held: BTreeSet::new(),
            next_look: now,
            timer: Box::pin(sleep_until(now)),
            is_ending: false,
        };
        // The first call finds out if this failed.
        let _ = link.subscribe().await;
        link
    }

    /// Subscribes to the answers, if there is room for that.
    async fn subscribe(&mut self) -> Result<(), Closed> {
        let subscribe = self.remote.nats.subscribe(format!("{}*", self.inbox));
        if let Ok(answers) = timeout(LOOK, subscribe).await {
            self.answers = Some(answers.map_err(|_| Closed)?);
        }
        Ok(())
    }

    /// Waits for the next event. Nothing is lost when the future is dropped.
    async fn event(&mut self, inbox: Option<&mut Inbox<C::Command>>) -> Event<C::Command> {
        self.set_timer();
        let has_room = inbox.is_some();
        let command = async {
            match inbox {
                Some(inbox) => inbox.next().await,
                None => None,
            }
        };
        let has_answers = self.answers.is_some();
        let answers = &mut self.answers;
        let answer = async {
            match answers {
                Some(answers) => answers.next().await,
                None => None,
            }
        };
        tokio::select! {
            biased;
            answer = answer, if has_answers => Event::Answer(answer),
            () = &mut self.timer, if !self.calls.is_empty() => Event::Time,
            command = command, if has_room => Event::Command(command),
        }
    }

    /// Sets the timer, unless it fires early enough: it is cheaper to be woken in vain from time to time.
    fn set_timer(&mut self) {
        // The oldest call is due first (invariant 3).
        let first = self.calls.first_key_value();
        let Some(mut next) = first.map(|(_, call)| call.deadline) else {
            return;
        };
        if self.is_ending || !self.held.is_empty() {
            next = next.min(self.next_look);
        }
        if next < self.timer.deadline() || self.timer.is_elapsed() {
            self.timer.as_mut().reset(next);
        }
    }

    async fn react(&mut self, event: Event<C::Command>, context: &mut Context<Remote<C>>) {
        let reacted = match event {
            Event::Command(Some(command)) => self.take(command).await,
            Event::Command(None) => {
                // The calls under way go on (invariant 7).
                self.is_ending = true;
                Ok(())
            }
            Event::Answer(Some(answer)) => {
                self.answered(answer);
                Ok(())
            }
            Event::Answer(None) => Err(Closed),
            Event::Time => self.look().await,
        };
        if let Err(Closed) = reacted {
            context.stop();
            self.is_ending = true;
            for (_, call) in std::mem::take(&mut self.calls) {
                let error = match call.got {
                    Got::Sent => CallError::Stopped,
                    Got::Nowhere | Got::Refused => call.overdue(),
                };
                call.reply.fail(error);
            }
        }
    }

    /// Takes a command, and sends it unless others are held, which go first (invariant 2).
    async fn take(&mut self, command: C::Command) -> Result<(), Closed> {
        let Some((method, arguments, reply)) = command.write().into_parts() else {
            return Ok(());
        };
        let headers = self.remote.headers.as_ref().map(|add| {
            let mut headers = HeaderMap::new();
            add(&mut headers);
            headers
        });
        let call = Call {
            method,
            arguments: arguments.into(),
            headers,
            reply,
            deadline: Instant::now() + self.remote.timeout,
            got: Got::Nowhere,
        };
        let number = self.next_number;
        self.next_number += 1;
        self.calls.insert(number, call);
        if self.held.is_empty() {
            self.send(number).await
        } else {
            self.held.insert(number);
            Ok(())
        }
    }

    /// Sends a call, or holds it.
    async fn send(&mut self, number: u64) -> Result<(), Closed> {
        let Some(call) = self.calls.get_mut(&number) else {
            return Ok(());
        };
        if call.reply.is_closed() {
            // Not sent (invariant 5).
            self.calls.remove(&number);
            return Ok(());
        }
        let nats = &self.remote.nats;
        // Right before the call is handed over (invariant 2).
        if self.answers.is_none() || nats.connection_state() != State::Connected {
            self.hold(number);
            return Ok(());
        }
        let mut headers = call.headers.clone().unwrap_or_default();
        protocol::add_timeout(&mut headers, call.deadline - Instant::now());
        let publish = nats.publish_with_reply_and_headers(
            format!("{}.{}", self.remote.name, call.method),
            format!("{}{number}", self.inbox),
            headers,
            call.arguments.clone(),
        );
        match timeout(LOOK, publish).await {
            Ok(Ok(())) => call.got = Got::Sent,
            // async-nats has no room.
            Err(_) => self.hold(number),
            Ok(Err(error)) if error.kind() == PublishErrorKind::Send => return Err(Closed),
            Ok(Err(_)) => {
                let bytes = call.arguments.len();
                let phrase = format!(
                    "its {bytes} bytes are more than NATS carries: {}",
                    nats.max_payload()
                );
                if let Some(call) = self.calls.remove(&number) {
                    call.reply.fail(CallError::Unsupported(Detail::new(phrase)));
                }
            }
        }
        Ok(())
    }

    fn hold(&mut self, number: u64) {
        if self.held.is_empty() {
            self.next_look = Instant::now() + LOOK;
        }
        self.held.insert(number);
    }

    fn answered(&mut self, message: Message) {
        let number = message.subject.strip_prefix(&self.inbox);
        let Some(number) = number.and_then(|it| it.parse().ok()) else {
            return;
        };
        let answer = protocol::answer(message);
        if answer == Answer::Full {
            if let Some(call) = self.calls.get_mut(&number) {
                // It did not run (invariant 6).
                call.got = Got::Refused;
                self.hold(number);
            }
            return;
        }
        let Some(call) = self.calls.remove(&number) else {
            return;
        };
        match answer {
            Answer::Value(json) => call.reply.answer(&json),
            Answer::Error(error) => call.reply.fail(error),
            Answer::Full => {}
        }
    }

    /// Ends the calls that are overdue, and tries those that are held.
    async fn look(&mut self) -> Result<(), Closed> {
        let now = Instant::now();
        while let Some(first) = self.calls.first_entry() {
            if first.get().deadline > now {
                break;
            }
            let (number, call) = first.remove_entry();
            self.held.remove(&number);
            let error = call.overdue();
            call.reply.fail(error);
        }
        if now < self.next_look {
            return Ok(());
        }
        self.next_look = now + LOOK;
        if self.is_ending {
            self.calls.retain(|_, call| !call.reply.is_closed());
        }
        if self.held.is_empty() {
            return Ok(());
        }
        if self.answers.is_none() {
            self.subscribe().await?;
        }
        let mut held = std::mem::take(&mut self.held);
        while let Some(number) = held.pop_first() {
            self.send(number).await?;
            if self.held.contains(&number) {
                break;
            }
        }
        self.held.append(&mut held);
        Ok(())
    }
}
