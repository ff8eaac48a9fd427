//! `#[actor]`: a command enum, a typed client and a loop from an `impl` block.
//!
//! Use it through the crate `actor-runtime`, which re-exports it and has everything that the generated code needs.

#![forbid(unsafe_code)]

mod parse;

mod lower;

mod model;

mod validate;

mod expand;

mod diagnostics;
mod fallback;
#[cfg(test)]
mod tests;

use proc_macro2::TokenStream;

use crate::diagnostics::Errors;

/// Turns an `impl` block into an actor: a command enum, a client and a loop.
///
/// ```
/// use std::collections::HashMap;
/// use actor_runtime::{actor, Actor, CancellationToken};
///
/// #[derive(Default)]
/// pub struct Cache { store: HashMap<String, String> }
///
/// #[actor]
/// impl Cache {
///     /// The value stored under `key`.
///     pub fn get(&self, key: &str) -> Option<String> { self.store.get(key).cloned() }
///
///     pub fn set(&mut self, key: String, value: String) { self.store.insert(key, value); }
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), actor_runtime::CallError> {
/// let shutdown = CancellationToken::new();
/// let cache: CacheClient = Cache::default().spawn(shutdown.clone());
/// cache.set("a".into(), "1".into()).await?;
/// assert_eq!(cache.get("a").await?, Some("1".into()));
/// # Ok(())
/// # }
/// ```
///
/// The block stays as it is. The macro adds `enum CacheCommand`, `struct CacheClient` with an async method for each
/// command, and `impl Actor for Cache` with the match and the loop. `cargo expand` shows them, and the text compiles
/// if you paste it in place of the attribute.
///
/// A type has one `#[actor]` block. With a second one, rustc reports that `CacheCommand` and `CacheClient` are defined
/// twice. Put all commands into the first block, and helpers into an `impl` block without the attribute.
///
/// # Commands
///
/// A method with `&self` or `&mut self` and a visibility (`pub`, `pub(crate)`, ..) is a command. Private methods,
/// associated functions and builders, such as `fn with_size(self, size: u32) -> Self`, are not touched.
/// `#[command(skip)]` keeps a visible method off the client. Methods may be `async`: the actor begins the next command
/// when the one before it is done.
///
/// A visible method that takes `self` and does not return it would end the actor, so it has to say what it is. With
/// `#[command(last)]` it is a [command](#the-last-command), and with `#[command(skip)]` it is not. A type that names
/// `Self`, the actor, its client, or a name that ends in `Builder` counts as returning it.
///
/// A private method with `#[command]` is a command whose client method is private, too. Nobody outside of the module
/// can call it, and docs do not show its variant. It is for what an actor sends to itself:
///
/// ```
/// use actor_runtime::{actor, Actor, CallError, CancellationToken, Context};
///
/// struct Feed { items: Vec<String> }
///
/// #[actor]
/// impl Feed {
///     pub fn refresh(&self, ctx: &mut Context<Self>) {
///         let feed = ctx.client().clone();
///         ctx.spawn(async move {
///             let items = vec!["fetched".to_owned()];
///             if let Some(feed) = feed.upgrade() {
///                 let _ = feed.replace(items).await;
///             }
///         });
///     }
///
///     #[command]
///     fn replace(&mut self, items: Vec<String>) { self.items = items; }
///
///     pub fn items(&self) -> Vec<String> { self.items.clone() }
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), CallError> {
/// let feed = Feed { items: Vec::new() }.spawn(CancellationToken::new());
/// feed.refresh().await?;
/// # while feed.items().await?.is_empty() { tokio::task::yield_now().await; }
/// assert_eq!(feed.items().await?, ["fetched"]);
/// # Ok(())
/// # }
/// ```
///
/// A method with a return type, including a written `-> ()`, is a *call*: its caller waits for the reply. A method
/// without a return type is a *cast*: its caller waits only until the mailbox has accepted the command.
/// `#[command(ack)]` turns a cast into a call.
///
/// Generic methods and `unsafe` methods cannot be commands.
///
/// # Arguments
///
/// The client's parameters read like the method's. Borrowed and generic arguments are converted on the caller's side:
///
/// | the method takes | the command carries |
/// |---|---|
/// | `&str`, `&Path`, `&[T]` | `String`, `PathBuf`, `Vec<T>` |
/// | `&OsStr`, `&CStr` and other names that end in `Str`, `Path`, `Slice` or `RawValue` | its `ToOwned::Owned` |
/// | `&T` where `T: ?Sized` | `T::Owned` |
/// | any other `&T` | `T`, by `Clone` |
/// | `Option` of one of these | `Option` of the carried type |
/// | `impl Into<T>` | `T` |
/// | `impl AsRef<str>`, `impl AsRef<Path>`, `impl AsRef<[T]>` | `String`, `PathBuf`, `Vec<T>` |
/// | `impl IntoIterator<Item = T>` | `Vec<T>` |
/// | any other type | the type |
///
/// Patterns such as `(a, b): (A, B)` and `_` work, and so does a `cfg` on an argument. The macro refuses `&mut T`,
/// references inside other types and any other `impl Trait`.
///
/// A parameter `ctx: &mut Context<Self>` is not sent by the client. It gives the method the actor's own (weak)
/// client, a token that ends with the actor, `stop`, `fail`, `spawn` for tasks that the actor waits for before it ends,
/// `start` for child actors that end with it, and `send_after` for a command that the actor sends to itself later.
///
/// ```
/// use actor_runtime::{actor, Context};
///
/// struct Countdown(u32);
///
/// #[actor]
/// impl Countdown {
///     pub fn tick(&mut self, by: u32, ctx: &mut Context<Self>) -> u32 {
///         self.0 = self.0.saturating_sub(by);
///         if self.0 == 0 {
///             ctx.stop();
///         }
///         self.0
///     }
/// }
/// ```
///
/// The macro knows special parameters by their names: `Context`, `Reply`, `ReplyStream` and `Inbox` as the last segment
/// of the type. A context may also have another name, if that ends in `Ctx` or `Context`, has the one parameter
/// `Self`, or is the type of an argument `ctx`. rustc then checks that it is one. A `Reply` under another name, or
/// inside of a type, is an ordinary argument, which the client has to pass.
///
/// # What the client returns
///
/// The actor may be gone, so a call can fail with a `CallError`. The option `errors`, on the actor or by
/// `#[command(errors = ..)]` on a method, chooses how the client reports it:
///
/// | `errors` | a method that returns `T` | a method that returns `Result<T, E>` | a method that returns nothing |
/// |---|---|---|---|
/// | `wrap`, the default | `Result<T, CallError>` | `Result<Result<T, E>, CallError>` | `Result<(), CallError>` |
/// | `into` | as `wrap` | `Result<T, E>`, by `E: From<CallError>` | as `wrap` |
/// | `into(path)` | as `wrap` | `Result<T, E>`, by the function `path: fn(CallError) -> E` | as `wrap` |
/// | `default` | `T`, by `T: Default` | `Result<T, E>`, by its `Default` | nothing |
///
/// For a block, `into` means the methods whose return type is a `Result` by its name: the last segment of the path ends
/// in `Result`, as in `io::Result<T>` or `CaptchaResult`. On a method, `into` is taken at its word, whatever the name
/// of the type. Where the type is no `Result` after all, rustc says so.
///
/// ```
/// use actor_runtime::{actor, Actor, CancellationToken};
/// use std::io;
///
/// struct Files;
///
/// #[actor(errors = into)]
/// impl Files {
///     pub async fn read(&self, name: &str) -> io::Result<String> {
///         Err(io::Error::new(io::ErrorKind::NotFound, name.to_owned()))
///     }
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let shutdown = CancellationToken::new();
/// let files = Files.spawn(shutdown.clone());
/// assert_eq!(files.read("a").await.unwrap_err().kind(), io::ErrorKind::NotFound);
/// shutdown.cancel();
/// assert_eq!(files.read("a").await.unwrap_err().kind(), io::ErrorKind::BrokenPipe);
/// # }
/// ```
///
/// `into(path)` is for errors that cannot implement `From<CallError>`, because neither of the two types is yours:
///
/// ```
/// use actor_runtime::{actor, Actor, CancellationToken};
/// use std::error::Error;
///
/// type Failure = Box<dyn Error + Send + Sync>;
///
/// struct Captcha;
///
/// #[actor(errors = into(Failure::from))]
/// impl Captcha {
///     pub fn solve(&self, image: Vec<u8>) -> Result<String, Failure> {
///         Ok(String::from_utf8(image)?)
///     }
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Failure> {
/// let captcha = Captcha.spawn(CancellationToken::new());
/// assert_eq!(captcha.solve(vec![b'a']).await?, "a");
/// # Ok(())
/// # }
/// ```
///
/// # A client before the state
///
/// `prepare::<Cache>(capacity)` returns a client and the mailbox of an actor whose state does not exist yet, for states
/// that hold the client or a client of an actor that does. `prepared.builder(Cache::new(..))` then starts the actor.
/// Each `#[watch]` method of such an actor needs an `initial` value. See `prepare` for two actors that know each other.
///
/// # Timeouts
///
/// With `timeout = duration` on the block or on a method, the client's method gives up after that time with
/// `CallError::TimedOut`. The duration is a constant expression. A method's own timeout replaces the block's.
///
/// ```
/// use actor_runtime::{actor, Actor, CallError, CancellationToken};
/// use std::time::Duration;
/// use tokio::time::sleep;
///
/// struct Printer { pages: usize }
///
/// #[actor(timeout = Duration::from_secs(5))]
/// impl Printer {
///     #[command(timeout = Duration::from_secs(60))]
///     pub async fn print(&mut self, pages: usize) {
///         sleep(Duration::from_secs(8)).await;
///         self.pages += pages;
///     }
///
///     pub fn pages(&self) -> usize { self.pages }
/// }
///
/// # #[tokio::main(flavor = "current_thread", start_paused = true)]
/// # async fn main() -> Result<(), CallError> {
/// let printer = Printer { pages: 0 }.spawn(CancellationToken::new());
/// printer.print(2).await?;
/// assert_eq!(printer.pages().await, Err(CallError::TimedOut));
/// assert_eq!(printer.pages().await, Ok(2));
/// # Ok(())
/// # }
/// ```
///
/// The time counts from the first poll. A call has to be answered by then, a cast has to be accepted, and a call with a
/// `ReplyStream` has to be accepted, too: the stream itself may take longer. A caller that still waits for a place in
/// the mailbox gives it up, and its command never runs. A command that was accepted is not affected: it runs to its
/// end. With `Duration::ZERO` a command is sent if there is room, and not waited for.
///
/// `blocking_` methods have the timeout, too. A `try_` method does not wait, and neither its `Answer` nor its `Replies`
/// have a timeout.
///
/// The timer belongs to the runtime in which the actor is spawned. So callers on threads and on other executors need
/// none of their own. Until the actor runs, it is the runtime in which `prepare` or `into_runner` was called, or none,
/// and then the time counts from the start. The clients of a `channel` that was made outside of a runtime wait without
/// a timeout. A runtime without a timer is refused by a panic, in all of these functions.
///
/// # Replies that come later
///
/// A method that takes `reply: Reply<T>` need not answer before it returns. It can keep the reply in the state, move
/// it to a task, or send it to another actor. The client's method looks as if the method returned `T` and has no
/// parameter for the reply. If a reply is dropped, its caller gets `CallError::Unanswered`. Callers that still wait
/// when the actor has ended get `CallError::Stopped`. `Reply::closed` waits until the caller has left, so that work for
/// it can be cut off. `Reply::forward` hands on the answer of another actor.
///
/// ```
/// use actor_runtime::{actor, Actor, CancellationToken, Reply};
/// use std::collections::HashMap;
///
/// #[derive(Default)]
/// struct Exchange { waiting: HashMap<u64, Reply<String>> }
///
/// #[actor]
/// impl Exchange {
///     pub fn ask(&mut self, id: u64, reply: Reply<String>) { self.waiting.insert(id, reply); }
///
///     pub fn answer(&mut self, id: u64, text: String) {
///         if let Some(reply) = self.waiting.remove(&id) { reply.send(text) }
///     }
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), actor_runtime::CallError> {
/// let exchange = Exchange::default().spawn(CancellationToken::new());
/// let (text, _) = tokio::join!(exchange.ask(1), exchange.answer(1, "yes".into()));
/// assert_eq!(text?, "yes");
/// # Ok(())
/// # }
/// ```
///
/// A method that takes `reply: ReplyStream<T>` gives many answers. The client returns `Result<Replies<T>, CallError>`,
/// a stream of `Result<T, CallError>`. Inside the method, `send` never waits for the reader, so all unread items are
/// buffered. In a task, `send` waits once 16 items are unread. `finish` ends the stream. If the `ReplyStream` is
/// dropped without `finish`, the stream ends with an error, so that a truncated list never looks complete. See
/// `ReplyStream` for examples.
///
/// # Sources
///
/// An actor can wait for more than commands. These attributes, on private methods, add sources to its loop:
///
/// | attribute | the method is called | with |
/// |---|---|---|
/// | `#[every(period)]` | each time the period has passed | the `Instant` of the tick |
/// | `#[every(period, now)]` | at the start, then each time the period has passed | the `Instant` of the tick |
/// | `#[at(deadline)]` | once an `Option<Instant>`, evaluated each turn, has passed | that `Instant` |
/// | `#[stream(stream)]` | for each item of a stream | the item |
/// | `#[on(future)]` | when the future is ready; each turn makes a new one | the future's output |
/// | `#[on(future, if condition)]` | when the future is ready, while the condition holds | the future's output |
/// | `#[on(pattern = future)]` | when the future is ready and its output matches | the names in the pattern |
///
/// The method may take the value in the last column, and a `ctx: &mut Context<Self>`. It may return `Result<(), E>`: an
/// error ends the actor, as `ctx.fail(error)` does. The period and the stream are
/// evaluated once, after `#[on_start]`, and may use `self`. The stream has to be owned, and its end switches the
/// source off. A period of zero fails the start. Ticks that are missed while a method runs come late and are not made
/// up for.
///
/// The future of `#[on]` is dropped whenever something else is ready first, so it has to be cancel safe, as defined
/// by the "Cancel safety" sections of tokio's documentation. The future may borrow fields of `self`, and its output
/// has to be owned. Where there are several such futures, each one borrows fields of its own. The loop evaluates all
/// conditions of a turn before it makes the futures, and makes no future whose condition is false.
///
/// ```
/// use actor_runtime::{actor, Actor, CancellationToken};
/// use std::time::Duration;
/// use tokio::sync::mpsc;
///
/// struct Meter { samples: mpsc::Receiver<u32>, is_open: bool, sum: u32, reports: Vec<u32> }
///
/// #[actor]
/// impl Meter {
///     pub fn reports(&self) -> Vec<u32> { self.reports.clone() }
///
///     #[on(self.samples.recv(), if self.is_open)]
///     fn sample(&mut self, sample: Option<u32>) {
///         match sample {
///             Some(sample) => self.sum += sample,
///             None => self.is_open = false,
///         }
///     }
///
///     #[every(Duration::from_secs(1))]
///     fn report(&mut self) { self.reports.push(self.sum); }
/// }
///
/// # #[tokio::main(flavor = "current_thread", start_paused = true)]
/// # async fn main() -> Result<(), actor_runtime::CallError> {
/// let (sampler, samples) = mpsc::channel(8);
/// let meter = Meter { samples, is_open: true, sum: 0, reports: Vec::new() };
/// let meter = meter.spawn(CancellationToken::new());
/// sampler.send(2).await.unwrap();
/// sampler.send(3).await.unwrap();
/// tokio::time::sleep(Duration::from_millis(1500)).await;
/// assert_eq!(meter.reports().await?, [5]);
/// # Ok(())
/// # }
/// ```
///
/// With a pattern, as in `#[on(Some(price) = self.prices.recv())]`, the method takes names that the pattern binds.
/// `, if condition` may follow. An output that does not match is dropped and the future made again, up to eight times
/// in a row. Then the source waits for the next turn, and lets others run. After 8,192 such outputs in a row, with
/// no wait in between, it waits until something else wakes the loop. So a closed channel, which only yields
/// `None`, does not keep the loop busy.
///
/// `#[at(deadline)]` is for a moment that moves, such as the next expiry in a cache. The deadline is an
/// `Option<tokio::time::Instant>`. Each turn evaluates it before the futures are made, so that it may call any method
/// with `&self`. `None` switches the source off. The loop keeps one timer, and sets it only when the value differs.
/// Once the deadline has passed, the commands that are queued at that moment go first, at most eight of them. The
/// method should move the deadline: one that stays in the past is due again in each round.
///
/// ```
/// use actor_runtime::{actor, Actor, CancellationToken};
/// use std::collections::BTreeMap;
/// use std::time::Duration;
/// use tokio::time::Instant;
///
/// #[derive(Default)]
/// struct Sessions { by_expiry: BTreeMap<Instant, String> }
///
/// #[actor]
/// impl Sessions {
///     pub fn open(&mut self, name: String, length: Duration) {
///         self.by_expiry.insert(Instant::now() + length, name);
///     }
///
///     pub fn count(&self) -> usize { self.by_expiry.len() }
///
///     #[at(self.next_expiry())]
///     fn expire(&mut self) { self.by_expiry.pop_first(); }
///
///     fn next_expiry(&self) -> Option<Instant> { self.by_expiry.keys().next().copied() }
/// }
///
/// # #[tokio::main(flavor = "current_thread", start_paused = true)]
/// # async fn main() -> Result<(), actor_runtime::CallError> {
/// let sessions = Sessions::default().spawn(CancellationToken::new());
/// sessions.open("Ann".into(), Duration::from_secs(60)).await?;
/// sessions.open("Bob".into(), Duration::from_secs(30)).await?;
/// tokio::time::sleep(Duration::from_secs(45)).await;
/// assert_eq!(sessions.count().await?, 1);
/// # Ok(())
/// # }
/// ```
///
/// A stream such as `#[stream(self.other.subscribe())]` is made after `#[on_start]` and yields only what happens
/// after that. To miss nothing, subscribe where the actor is made and wait with `#[on(self.events.next())]`. The
/// future of a stream that has ended is always ready, so switch it off by a condition, or write a pattern.
///
/// Each turn of the loop first checks whether the actor has to end, then takes commands with priority. Otherwise the
/// loop works in rounds: up to eight commands, then each source that is ready once, in the order of the methods. So a
/// ready source waits for at most eight commands and one turn of each other source. After 16 commands with priority in
/// a row, one other command and one source that is ready go first. A method always runs to its end before the next
/// turn.
///
/// A stream or timer that nothing has woken costs a busy actor nothing: `#[stream]`, `#[every]` and `#[at]` have wakers
/// of their own, and are not polled before these are used. So a stream has to wake its waker when it has an item, as
/// the contract of `Stream` says. The future of `#[on]` is made in each turn, and polled once in each round. If that
/// takes long, as with a large `FuturesUnordered` that has much to do, a `ctx.spawn`ed task or a `#[stream]` is better.
///
/// # Start and end
///
/// The loop calls `#[on_start]`, on a private method, before the first command. Commands are queued in the meantime.
/// The method may return `Result<(), E>`: an error ends the actor, its callers are told, and the exit has the error.
/// `ActorHandle::started` waits for `#[on_start]`. The loop calls `#[on_stop]` after the last command. That method
/// may take the `StopReason`, and may return `Result<(), E>`. It is not called if the start failed or a method was cut
/// off. A `Supervisor` restarts an actor that panicked, whose start failed or that ended with an error, and keeps its
/// clients and its queued commands.
///
/// ```
/// use actor_runtime::{actor, Actor, CancellationToken, StopReason};
/// use std::io;
///
/// struct Session { is_open: bool }
///
/// #[actor]
/// impl Session {
///     pub fn is_open(&self) -> bool { self.is_open }
///
///     #[on_start]
///     async fn open(&mut self) -> io::Result<()> { self.is_open = true; Ok(()) }
///
///     #[on_stop]
///     async fn close(&mut self, _reason: StopReason) { self.is_open = false; }
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), actor_runtime::CallError> {
/// let (session, handle) = Session { is_open: false }.spawn_with_handle(CancellationToken::new());
/// handle.started().await?;
/// assert!(session.is_open().await?);
/// drop(session);
/// assert!(!handle.await.state.unwrap().is_open);
/// # Ok(())
/// # }
/// ```
///
/// An actor ends
/// - when its token is cancelled: after the method in progress, and with `shutdown = drain` after the queued
///   commands and the items that each `#[stream]` has ready. The other sources are switched off. A stream that is
///   always ready needs a `deadline`. Without `drain` the queued commands are refused, and their callers told.
/// - when a method calls `stop` on its context, or a [last command](#the-last-command) is handled.
/// - when a method calls `ctx.fail(error)`, or a source or `#[on_stop]` returns an error. The exit has the error, and
///   the queued commands are refused.
/// - when its last client is dropped, after the queued commands. An actor that is `detached` or has no commands goes
///   on without clients. If it has streams, it ends when all of them have ended and no client is left.
///
/// `deadline = duration`, a constant expression, limits how long shutdown may take, counted from when new commands
/// are refused. A method that is still running then is dropped at its `.await`, together with the state, and the exit
/// names the method. The page `actor_runtime::guide::order_of_shutdown` ends several actors one after the other.
///
/// # Around each command
///
/// A private method with `#[before_each]` runs before each command, and one with `#[after_each]` after it. They take
/// `&self` or `&mut self`, and a context if they need it. They do not run around sources and hooks, and a batch counts
/// as one command. In a `#[run]` method, `Actor::handle` calls them.
///
/// ```
/// use actor_runtime::{actor, Actor, CancellationToken};
///
/// #[derive(Default)]
/// struct Journal { open: Vec<String>, committed: usize }
///
/// #[actor]
/// impl Journal {
///     pub fn append(&mut self, line: String) -> () { self.open.push(line); }
///     pub fn remove(&mut self, line: &str) -> () { self.open.retain(|other| other != line); }
///     pub fn committed(&self) -> usize { self.committed }
///
///     #[before_each]
///     fn check(&self) -> Result<(), String> {
///         if self.open.len() > 1_000 { Err("the journal is full".to_owned()) } else { Ok(()) }
///     }
///
///     #[after_each]
///     fn commit(&mut self) { self.committed = self.open.len(); }
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), actor_runtime::CallError> {
/// let journal = Journal::default().spawn(CancellationToken::new());
/// journal.append("one".into()).await?;
/// assert_eq!(journal.committed().await?, 1);
/// # Ok(())
/// # }
/// ```
///
/// The answer that a command returns is sent after the `#[after_each]` method, and latest values are published between
/// the two. Both methods may return `Result<(), E>`. An `Err` ends the actor as `ctx.fail` does. If it comes before the
/// command, the command does not run and its caller gets `Refused`. If it comes after the command, the answer is not
/// sent, and its caller gets `Stopped`, or `Unanswered` if a `Supervisor` restarts the actor.
///
/// # The last command
///
/// A method with `#[command(last)]` takes `self`: it ends the actor, and its caller gets what the method makes of the
/// final state. The actor ends as by `ctx.stop()`: queued commands are refused, `#[on_stop]` runs, children and tasks
/// are waited for. Then the method is called. One caller gets the state, and all others get `Refused` or `Closed`.
///
/// ```
/// use actor_runtime::{actor, Actor, CallError, CancellationToken, Why};
///
/// #[derive(Default)]
/// struct Store { rows: Vec<String> }
///
/// #[actor]
/// impl Store {
///     pub fn insert(&mut self, row: String) { self.rows.push(row); }
///
///     #[command(last)]
///     pub fn into_rows(self) -> Vec<String> { self.rows }
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), CallError> {
/// let store = Store::default().spawn(CancellationToken::new());
/// store.insert("one".to_owned()).await?;
/// assert_eq!(store.into_rows().await?, ["one"]);
/// assert_eq!(store.into_rows().await, Err(CallError::Closed(Why::Stopped)));
/// # Ok(())
/// # }
/// ```
///
/// The method may be `async` and take arguments, but no context and no reply. Its caller always waits for its end, even
/// if it returns nothing. The method runs if its caller leaves, and if `#[on_stop]` returns an error. It is not called
/// if a method was cut off before, or once the `deadline` has passed, which also cuts it off. The exit has no state,
/// and a `Supervisor` does not restart the actor. `Actor::handle` keeps the command for the runner, so a test calls the
/// method itself.
///
/// # A loop of your own
///
/// A private method with `#[run]` takes the place of the generated loop, for work that spans commands, such as a
/// transaction that stays open. It is an `async fn` that owns the state, takes the inbox, and the context if it needs
/// it, and returns the state. `Inbox::next` gives the next command of either lane, and is cancel safe. `Actor::handle`
/// calls the method of a command, answers its caller and publishes the latest values. Everything else stays as it is:
/// the client, `#[on_start]` before the loop, `#[on_stop]` after it, and `batch`.
///
/// ```
/// use actor_runtime::{actor, Actor, CancellationToken, Context, Inbox};
/// use std::time::Duration;
/// use tokio::time::{timeout_at, Instant};
///
/// #[derive(Default)]
/// struct Store { open: Vec<String>, committed: Vec<Vec<String>> }
///
/// #[actor]
/// impl Store {
///     pub fn insert(&mut self, row: String) { self.open.push(row); }
///     pub fn remove(&mut self, row: &str) -> () { self.open.retain(|other| other != row); }
///
///     /// Commits every ten milliseconds, or after a hundred commands.
///     #[run]
///     async fn commit_together(mut self, inbox: &mut Inbox<StoreCommand>, ctx: &mut Context<Self>) -> Self {
///         while let Some(first) = inbox.next().await {
///             let due = Instant::now() + Duration::from_millis(10);
///             self.handle(first, ctx).await;
///             for _ in 1..100 {
///                 let Ok(Some(command)) = timeout_at(due, inbox.next()).await else { break };
///                 self.handle(command, ctx).await;
///             }
///             let transaction = std::mem::take(&mut self.open);
///             self.committed.push(transaction);
///         }
///         self
///     }
/// }
///
/// # #[tokio::main(flavor = "current_thread", start_paused = true)]
/// # async fn main() -> Result<(), actor_runtime::CallError> {
/// let (store, handle) = Store::default().spawn_with_handle(CancellationToken::new());
/// store.insert("one".to_owned()).await?;
/// store.insert("two".to_owned()).await?;
/// store.remove("one").await?;
/// drop(store);
/// assert_eq!(handle.await.state.unwrap().committed, [["two"]]);
/// # Ok(())
/// # }
/// ```
///
/// When `next` returns `None`, the actor ends, and the loop returns what is left to return. A loop that returns before
/// that ends the actor as `ctx.stop()` does: what is queued is refused, the reason is `Stopped`, and a `Supervisor`
/// restarts nothing. While the loop waits for something other than `next`, no command begins, and nobody tells the loop
/// that the actor is to end: `ctx.token()` does. A command counts as done, in exits and panics, when `next` is called
/// again.
///
/// # Events and latest values
///
/// With `event = E`, `ctx.emit(event)` announces something to everybody who has called `client.subscribe()`, which
/// returns a stream of `Notice::Event(event)`. `emit` returns the number of subscribers. No subscriber holds the actor
/// up. A subscriber that is more than `event_capacity` events behind (64 unless set, rounded up to a power of two)
/// loses the oldest ones and gets `Notice::Missed(count)`. See `Context::emit` for an example. `ctx.emitter()` is an
/// emitter of their own for tasks.
///
/// `#[watch]` on a visible method with `&self` and without arguments publishes the method's value. `client.health()`
/// reads it at once, without the mailbox, also when the actor has ended. `client.watch_health()` is a stream of it.
/// The loop computes the value at the start and after each method with `&mut self`, and publishes it if it differs.
/// It does so before it sends the answer that the method returned. The value has to be `Clone + PartialEq + Send +
/// Sync + 'static`, and readers get clones.
///
/// ```
/// use actor_runtime::{actor, Actor, CancellationToken};
///
/// struct Pool { free: usize }
///
/// #[actor]
/// impl Pool {
///     pub fn take(&mut self) -> bool {
///         let is_free = self.free > 0;
///         self.free -= usize::from(is_free);
///         is_free
///     }
///
///     /// How many are free.
///     #[watch]
///     pub fn free(&self) -> usize { self.free }
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), actor_runtime::CallError> {
/// let pool = Pool { free: 2 }.spawn(CancellationToken::new());
/// assert_eq!(pool.free(), 2);
/// assert!(pool.take().await?);
/// assert_eq!(pool.free(), 1);
/// # Ok(())
/// # }
/// ```
///
/// `#[watch(initial = expr)]` gives the value that clients read before there is a state: after `prepare`, and while the
/// factory of `Supervisor::try_new` makes the first one. Both require it of each `#[watch]` method. The expression is
/// evaluated where the client is made, and nowhere else. The actor publishes the method's value when it has a state.
///
/// ```
/// use actor_runtime::{actor, prepare, CallError};
///
/// struct Pool { free: usize }
///
/// #[actor]
/// impl Pool {
///     pub fn take(&mut self) { self.free -= 1; }
///
///     #[watch(initial = 0)]
///     pub fn free(&self) -> usize { self.free }
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let (pool, prepared) = prepare::<Pool>(8);
/// assert_eq!(pool.free(), 0);
/// let pool = prepared.builder(Pool { free: 2 }).spawn();
/// assert_eq!(pool.free(), 2);
/// # }
/// ```
///
/// A fake made by `channel` or `channel_of` publishes both through its inbox: `inbox.emit(event)`,
/// `inbox.latest().free.publish(3)`.
///
/// # Priority, batches, and callers that have gone
///
/// `#[command(priority)]` sends the command through a second lane with the same capacity. The loop serves that lane
/// before everything except the end. Each lane keeps the order of arrival.
///
/// `#[command(batch = 100)]` passes up to 100 consecutive calls of a method, from the head of the lane, to one run of
/// the method. The method has one argument, a `Vec<T>`. Each call sends one element, and `arg = row` names the
/// client's parameter for it. The method returns nothing or a `Vec<R>` with an answer for each call, in order. A call
/// without an answer gets `CallError::Unanswered`.
///
/// `#[command(skip_cancelled)]` skips a call whose caller has gone before the call is begun. `Exit::skipped` counts
/// them.
///
/// ```
/// use actor_runtime::{actor, Actor, CancellationToken};
///
/// #[derive(Default)]
/// struct Table { rows: Vec<String>, writes: usize }
///
/// #[actor]
/// impl Table {
///     /// The number of the row.
///     #[command(batch = 100, arg = row)]
///     pub async fn insert(&mut self, rows: Vec<String>) -> Vec<usize> {
///         self.writes += 1;
///         let first = self.rows.len();
///         self.rows.extend(rows);
///         (first..self.rows.len()).collect()
///     }
///
///     #[command(priority)]
///     pub fn writes(&self) -> usize { self.writes }
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), actor_runtime::CallError> {
/// let table = Table::default().spawn(CancellationToken::new());
/// let (one, two) = tokio::join!(table.insert("a".into()), table.insert("b".into()));
/// assert_eq!((one?, two?), (0, 1));
/// assert_eq!(table.writes().await?, 1);
/// # Ok(())
/// # }
/// ```
///
/// # An actor in a library
///
/// A doc comment on the block becomes the documentation of the client, as the doc comment of a method becomes the
/// documentation of the client's method. Examples stay on the block and are not copied, so that they run once.
///
/// The enum is `#[non_exhaustive]` if it is `pub`, so that a new command is not a breaking change. A fake in another
/// crate needs a last arm, `_ => {}`, which drops the command. Variants of commands that are less visible than the
/// client are hidden from the documentation.
///
/// The enum is public because fakes match on it. To keep it out of a library's API, put the actor into a private module
/// and re-export the client:
///
/// ```
/// mod cache {
///     use actor_runtime::{actor, Actor, CancellationToken};
///     use std::collections::HashMap;
///
///     #[derive(Default)]
///     pub struct Cache { store: HashMap<String, String> }
///
///     /// A cache that many tasks share.
///     #[actor]
///     impl Cache {
///         pub fn get(&self, key: &str) -> Option<String> { self.store.get(key).cloned() }
///     }
///
///     impl CacheClient {
///         /// Starts an empty cache, which ends when `shutdown` is cancelled.
///         pub fn start(shutdown: CancellationToken) -> Self { Cache::default().spawn(shutdown) }
///     }
/// }
///
/// pub use cache::CacheClient;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), actor_runtime::CallError> {
/// let cache = CacheClient::start(actor_runtime::CancellationToken::new());
/// assert_eq!(cache.get("a").await?, None);
/// assert_eq!(format!("{cache:?}"), "CacheClient { is_closed: false, .. }");
/// # Ok(())
/// # }
/// ```
///
/// # Options of the actor
///
/// | `#[actor(..)]` | |
/// |---|---|
/// | `capacity = 64` | the number of commands that may be accepted and not yet begun, in each lane |
/// | `unbounded` | no such limit |
/// | `shutdown = stop` | the effect of the token on queued commands: `stop` refuses them, `drain` handles them and what streams have ready |
/// | `deadline = Duration::from_secs(5)` | the longest time that shutdown may take |
/// | `detached` | the actor goes on without clients, unless its streams have ended |
/// | `event = E`, `event_capacity = 64` | the type of the events, and how many a subscriber may be behind |
/// | `timeout = Duration::from_secs(5)` | the time after which callers give up, see [above](#timeouts) |
/// | `errors = wrap` | `wrap`, `into`, `into(path)` or `default`, see above |
/// | `command = Name`, `client = Name` | the names of the enum and of the client |
/// | `vis = pub(crate)` | the visibility of both; otherwise they are as visible as the most visible command |
/// | `try`, `blocking` | every command has these, as by `#[command(try, blocking)]` |
/// | `local` | the actor need not be `Send`: `builder().spawn_local()` runs it in a `LocalSet`, `into_runner` anywhere |
/// | `in_place` | calls of synchronous methods run on the caller's task while the actor is idle |
/// | `remote` | clients in other processes can call the actor; see [below](#remote-actors) |
/// | `crate = path` | the path of `actor_runtime`, if it was renamed or re-exported |
///
/// The client of a `pub` actor has to be `pub`. If none of the actor's commands is `pub`, write `vis = pub`.
///
/// # Options of a command
///
/// | `#[command(..)]` | |
/// |---|---|
/// | `skip` | not a command |
/// | `ack` | wait for the end of a method that returns nothing |
/// | `last` | the method takes `self`, and ends the actor |
/// | `errors = ..` | as for the actor |
/// | `timeout = ..` | as for the actor, whose timeout it replaces |
/// | `try` | adds a client method `try_name`, which sends at once or fails, and never waits |
/// | `blocking` | adds a client method `blocking_name`, for threads and `spawn_blocking` |
/// | `skip_cancelled` | skip a call whose caller has gone |
/// | `priority` | through the lane that is served first |
/// | `in_place` | as for the actor |
/// | `batch = 100`, `arg = row` | several calls at once, and the client's name for the value that one of them sends |
///
/// With `in_place`, a call to an actor that has nothing else to do needs no switch to another task. The page
/// `actor_runtime::guide::where_a_method_runs` says when that happens, and what one can notice. An actor that is
/// `local`, has sources, a `#[run]` method or an async `#[before_each]` or `#[after_each]` method cannot have it. Calls
/// with a `timeout` are always queued.
///
/// `try_` and `blocking_` methods always return `Result<_, CallError>`. With `#[actor(blocking)]`, commands that take a
/// `ReplyStream` have no such method. The table shows which options combine. `skip`
/// stands alone, `in_place` and `timeout` exclude each other, and `priority`, `try` and `timeout` go with all others:
///
/// | the method | `ack` | `errors` | `blocking` | `skip_cancelled` | `batch` | `in_place` |
/// |---|---|---|---|---|---|---|
/// | returns something | answered anyway | yes | yes | yes | a `Vec` | unless `async` |
/// | returns nothing | yes | yes | yes | with `ack` | yes | with `ack`, unless `async` |
/// | takes `Reply` | answered anyway | yes | yes | yes | no | unless `async` |
/// | takes `ReplyStream` | answered anyway | no | no | yes | no | no |
/// | is a batch | where it returns nothing | yes | yes | no | | no |
/// | is the last | answered anyway | yes | yes | no | no | no |
///
/// `capacity` and `unbounded` exclude each other, and `event_capacity` needs `event`. All other options of an actor
/// combine freely. A method has at most one of the attributes `command`, `every`, `at`, `stream`, `on`,
/// `on_start`, `run`, `on_stop`, `before_each`, `after_each` and `watch`. Several methods may have the same attribute,
/// except `on_start`, `run`, `on_stop`, `before_each` and `after_each`. An actor with `run` has no sources.
///
/// ```
/// use actor_runtime::{actor, Actor, CallError, CancellationToken};
///
/// struct Log(Vec<String>);
///
/// #[actor(capacity = 1)]
/// impl Log {
///     #[command(try, blocking)]
///     pub fn append(&mut self, line: &str) { self.0.push(line.to_owned()); }
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let log = Log(Vec::new()).spawn(CancellationToken::new());
/// assert_eq!(log.try_append("one"), Ok(()));
/// assert_eq!(log.try_append("two"), Err(CallError::Full));
/// assert_eq!(log.blocking_append("three"), Err(CallError::Blocking));
/// # }
/// ```
///
/// # Sending without waiting
///
/// A `try_` method is a plain function that has sent the command when it returns. It needs no runtime and no `.await`,
/// so a synchronous function, a callback or a `Drop` can send. If the mailbox has no room, the method fails with
/// `CallError::Full`, which an `unbounded` actor never does. It does not overtake senders that wait for room.
///
/// | the command is | `try_name` returns |
/// |---|---|
/// | a cast | `Result<(), CallError>` |
/// | a call that answers with `T` | `Result<Answer<T>, CallError>` |
/// | a call with a `ReplyStream<T>` | `Result<Replies<T>, CallError>` |
///
/// An `Answer<T>` is a future of `Result<T, CallError>` that borrows nothing and does not keep the actor alive. It can
/// be awaited later, elsewhere, or never: dropping it tells the actor that the caller has left. Its error says why the
/// answer was lost. As it may be awaited on any thread, the commands have to be `Send`, also if the actor is `local`.
///
/// ```
/// use actor_runtime::{actor, Actor, CallError, CancellationToken};
///
/// struct Shop { price: u32 }
///
/// #[actor]
/// impl Shop {
///     #[command(try)]
///     pub fn price(&self) -> u32 { self.price }
///
///     #[command(try)]
///     pub fn raise(&mut self, by: u32) { self.price += by; }
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), CallError> {
/// let shop = Shop { price: 1 }.spawn(CancellationToken::new());
/// // Sent in this order, and handled in this order.
/// let before = shop.try_price()?;
/// shop.try_raise(2)?;
/// let after = shop.try_price()?;
/// assert_eq!((before.await?, after.await?), (1, 3));
/// # Ok(())
/// # }
/// ```
///
/// A `Drop` cannot wait, and inside a task it cannot block either. To an `unbounded` actor it can always send:
///
/// ```
/// use actor_runtime::{actor, Actor, CallError, CancellationToken};
///
/// struct Pool { free: Vec<u32> }
///
/// #[actor(unbounded)]
/// impl Pool {
///     #[command(try)]
///     pub fn give_back(&mut self, connection: u32) { self.free.push(connection); }
///     pub fn free(&self) -> usize { self.free.len() }
/// }
///
/// struct Lease { connection: u32, pool: PoolClient }
///
/// impl Drop for Lease {
///     fn drop(&mut self) {
///         // Fails only if the pool has gone, with all its connections.
///         let _ = self.pool.try_give_back(self.connection);
///     }
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), CallError> {
/// let pool = Pool { free: Vec::new() }.spawn(CancellationToken::new());
/// drop([1, 2, 3].map(|connection| Lease { connection, pool: pool.clone() }));
/// assert_eq!(pool.free().await?, 3);
/// # Ok(())
/// # }
/// ```
///
/// # Attributes
///
/// The client's method has the docs of the user's method, except the examples, which rustdoc runs once. In links,
/// `Self` still means the actor where the client has no such method. The docs of a variant are the first paragraph.
/// `cfg`, `deprecated`, `must_use` and lint levels of a method reach every generated item they apply to, also inside
/// `cfg_attr`. The `cfg` of an argument reaches its field. All other attributes, such as `#[tracing::instrument]`,
/// stay on the method. They may stand before or after `#[command(..)]`.
///
/// ```
/// use actor_runtime::actor;
///
/// struct Files;
///
/// #[actor]
/// impl Files {
///     /// The permissions are an argument only where there are some.
///     pub fn create(&mut self, name: &str, #[cfg(unix)] mode: u32) { /* .. */ }
///
///     #[cfg(windows)]
///     pub fn hide(&mut self, name: &str) { /* .. */ }
/// }
/// ```
///
/// # Generics
///
/// Parameters and `where` clauses of the block work. A `where` clause of a command is also one of the block. The enum
/// and the client keep the parameters that commands use, with the bounds that mention only those. Where a command uses
/// `T::Item`, these are also the parameters in the bounds of `T`, but not those in the bounds of `T::Item`. The actor
/// runs if its type parameters, and the associated types that its commands carry, are `Send + 'static`. You need to
/// write these bounds only in a block with a `Context<Self>`, which exists only for an actor. A lifetime of the block
/// can be used by its state, and not by its commands.
///
/// ```
/// use actor_runtime::actor;
///
/// pub struct Ring<T, const N: usize>([Option<T>; N], usize);
///
/// #[actor]
/// impl<T: Clone, const N: usize> Ring<T, N> {
///     pub fn push(&mut self, value: T) {
///         self.0[self.1 % N] = Some(value);
///         self.1 += 1;
///     }
/// }
///
/// fn needs_no_length<T: Clone>(_: RingClient<T>) {}
/// ```
///
/// A type that an async command sends, such as `watch::Receiver<T>`, may need more of a parameter than `Send`. Then
/// rustc asks for the bound, at the type.
///
/// A trait with asynchronous methods should declare that their futures are `Send`. With `async fn load(..)` in the
/// trait nobody could know, and the actor could not run on every thread:
///
/// ```
/// use actor_runtime::actor;
///
/// pub trait Db {
///     fn load(&mut self, key: &str) -> impl Future<Output = String> + Send;
/// }
///
/// struct Postgres;
///
/// impl Db for Postgres {
///     async fn load(&mut self, key: &str) -> String { key.to_owned() }
/// }
///
/// pub struct Cache<D>(D);
///
/// #[actor]
/// impl<D: Db> Cache<D> {
///     pub async fn get(&mut self, key: &str) -> String { self.0.load(key).await }
/// }
/// ```
///
/// # Remote actors
///
/// With `#[actor(remote)]`, the client can sit in another process than the actor. The commands can be written as JSON
/// and read again, and the module `actor_runtime::remote` shows how to carry them. It is behind the feature `remote` of
/// `actor-runtime`.
///
/// Arguments and answers have to implement `serde::Serialize` and `serde::Deserialize`. A method without a return type
/// is a call, as with `ack`: its client returns when it is done, also in the same process. A private method with
/// `#[command]` is not carried.
///
/// Events, latest values and streamed replies are not carried yet, so a `remote` block cannot have them. A `local` actor cannot
/// be remote, and `errors = default` would hide that calls fail.
///
/// # Mistakes
///
/// All mistakes of a block are reported at once, each on the part to change. The rest still works: the client keeps
/// its methods, including one for each command with a mistake whose signature is usable. The same holds while a
/// method is being typed.
///
/// ```compile_fail
/// # use actor_runtime::actor;
/// # struct Names(Vec<String>);
/// #[actor]
/// impl Names {
///     pub fn first(&self) -> &str { &self.0[0] }
/// //                         ^^^^ a reply cannot borrow from the actor; return an owned value
/// }
/// ```
#[proc_macro_attribute]
pub fn actor(
    args: proc_macro::TokenStream,
    block: proc_macro::TokenStream,
) -> proc_macro::TokenStream {
    actor_tokens(args.into(), &block.into()).into()
}

fn actor_tokens(args: TokenStream, block: &TokenStream) -> TokenStream {
    let mut errors = Errors::default();
    let Some(input) = parse::parse(args, block, &mut errors) else {
        return fallback::block_only(block, errors);
    };
    let Some(mut actor) = lower::lower(input, &mut errors) else {
        return fallback::block_only(block, errors);
    };
    let conflicts = validate::validate(&actor, &mut errors);
    fallback::resolve(&mut actor, &conflicts);
    fallback::with_errors(expand::expand(&actor), errors)
}
