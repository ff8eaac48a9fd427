//! `#[actor]`: a command enum, a typed client and a loop from an `impl` block.
//!
//! Use it through the crate `actor-runtime`, which re-exports it and has what the generated code
//! needs.

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
/// The block stays as it is. Beside it come `enum CacheCommand`, `struct CacheClient` with an async
/// method for each command, and `impl Actor for Cache` with the match and the loop. `cargo expand`
/// shows them; the text compiles if it is put in place of the attribute.
///
/// # Commands
///
/// A method with `&self` or `&mut self` and a visibility (`pub`, `pub(crate)`, ..) is a command.
/// Private methods, associated functions and methods that take `self` or `Box<Self>` stay what they
/// are; `#[command(skip)]` keeps a visible method off the client. Methods may be `async`; the next
/// command is started when the one before it is done.
///
/// A method that returns something, a written `-> ()` included, is a *call*: its caller waits for the
/// reply. A method without a return type is a *cast*: its caller waits only until the mailbox has
/// accepted it. `#[command(ack)]` makes it a call.
///
/// Generic methods and `unsafe` ones cannot be commands.
///
/// # Arguments
///
/// The client's parameters read like the method's. What is borrowed or generic is converted on the
/// caller's side:
///
/// | the method takes | the command carries |
/// |---|---|
/// | `&str`, `&Path`, `&[T]` | `String`, `PathBuf`, `Vec<T>` |
/// | `&OsStr`, `&CStr` and others that end in `Str`, `Path`, `Slice`, `RawValue` | its `ToOwned::Owned` |
/// | `&T` where `T: ?Sized` | `T::Owned` |
/// | another `&T` | `T`, by `Clone` |
/// | `Option` of one of these | `Option` of what it carries |
/// | `impl Into<T>` | `T` |
/// | `impl AsRef<str>`, `impl AsRef<Path>`, `impl AsRef<[T]>` | `String`, `PathBuf`, `Vec<T>` |
/// | `impl IntoIterator<Item = T>` | `Vec<T>` |
/// | any other type | the type |
///
/// Patterns such as `(a, b): (A, B)` and `_` work, and so does a `cfg` on an argument. `&mut T`, references
/// inside other types and other `impl Trait` are refused.
///
/// A parameter `ctx: &mut Context<Self>` is not sent by the client: it gives the method the actor's own
/// (weak) client, a token that ends with the actor, `stop`, and `spawn` for tasks that the actor's end
/// waits for.
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
/// # What the client returns
///
/// The actor may be gone, so a call can fail with a `CallError`. `errors`, for the actor or by
/// `#[command(errors = ..)]` for one method, chooses how the client says so:
///
/// | `errors` | a method that returns `T` | `Result<T, E>` | nothing |
/// |---|---|---|---|
/// | `error`, the default | `Result<T, CallError>` | `Result<Result<T, E>, CallError>` | `Result<(), CallError>` |
/// | `into` | as `error` | `Result<T, E>`, by `E: From<CallError>` | as `error` |
/// | `default` | `T`, by `T: Default` | `Result<T, E>`, by its `Default` | nothing |
///
/// With `into`, a type is a `Result` if its last segment says so, which `io::Result<T>` does.
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
/// # Replies that come later
///
/// A method that takes `reply: Reply<T>` need not answer before it returns: the reply can be kept in the
/// state, moved to a task, or sent to another actor as a part of a struct. The client's method is that of
/// one that returns `T`, and the parameter is not among its own. A reply that is dropped leaves the caller
/// with `CallError::Unanswered`; when the actor has ended, whoever still waits gets `CallError::Stopped`.
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
/// With `reply: ReplyStream<T>` there are many answers: the client returns `Result<Replies<T>, CallError>`,
/// a stream of `Result<T, CallError>`. It holds at most 16 items that were not read. `finish` ends it;
/// dropped without, it ends in an error, so that a list that was cut off never looks complete. See
/// `ReplyStream` for an example.
///
/// # Sources
///
/// Commands need not be all that an actor waits for. These attributes, on private methods, add to its loop:
///
/// | attribute | the method is called | with |
/// |---|---|---|
/// | `#[every(period)]` | each time that the period has passed | the `Instant` of the tick |
/// | `#[every(period, now)]` | the same, and at the start | the same |
/// | `#[stream(stream)]` | for each item of a stream | the item |
/// | `#[on(future)]` | when the future is ready, which is made anew for each turn | its output |
/// | `#[on(future, if condition)]` | the same, where the condition holds | its output |
///
/// The method takes what it is called with, or not; a `ctx: &mut Context<Self>` besides. Period and stream are
/// evaluated once, after `#[on_start]`, and may use `self`; the stream has to be an owned one, and its end
/// switches it off. A period of zero fails the start. Ticks that were missed while a method ran are delayed,
/// not made up for.
///
/// What `#[on]` waits for is dropped whenever something else is ready first, so it has to be cancel safe: what
/// the docs of tokio's types say under that heading. It may borrow fields of `self`, each of several its own,
/// and gives an owned output. Conditions are evaluated before all futures of a turn, and a future whose
/// condition does not hold is not made.
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
/// A stream such as `#[stream(self.other.subscribe())]` gives what comes after it was made, which is after
/// `#[on_start]`. To miss nothing, subscribe where the actor is made and wait with
/// `#[on(self.events.next())]`; like each future that is ready for ever at its end, it then has to be switched off
/// by a condition.
///
/// In each turn of the loop the end comes first, then commands with priority. The rest, other commands among
/// them, are asked in a circle that begins behind the one that was served last: a source that is ready is
/// served after at most one turn of each of the others, and a command after at most two. A method always
/// runs to its end before the next turn.
///
/// # Start and end
///
/// `#[on_start]`, on a private method, is called before the first command; commands are queued meanwhile. It
/// may return `Result<(), E>`: an error ends the actor, its callers are told, and the exit has the error.
/// `ActorHandle::started` waits for it. `#[on_stop]` is called after the last command. It may take the
/// `StopReason`. It is not called where the start failed or a method was cut off. A `Supervisor` restarts an actor
/// that panicked, or whose start failed, and keeps its clients and what is queued.
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
/// - when its token is cancelled: after the method in progress, and with `shutdown = drain` after the commands
///   that are queued, while the sources are switched off. Other queued commands are refused, and their
///   callers told.
/// - when it calls `stop` on its context.
/// - when its last client is dropped, after what is queued. With `detached`, and where it has no commands, it goes
///   on instead, until the last of its streams has ended if it has any.
///
/// `deadline = duration`, a constant, bounds what all that may take once new commands are refused; a method
/// that is not done by then is dropped at its `.await`, the state with it, and the exit says which it was.
///
/// # Events and latest values
///
/// With `event = E`, `ctx.emit(event)` announces something to all who have called `client.subscribe()`: a stream
/// of `Notice::Event(event)`. Nobody holds the actor up: who is more than `event_capacity` events behind
/// (64 unless set, rounded up to a power of two) loses the oldest ones and gets `Notice::Missed(count)`. See
/// `Context::emit` for an example.
///
/// `#[watch]` on a visible method with `&self` and without arguments makes its value something to look at:
/// `client.health()` reads it at once, without the mailbox, also when the actor has ended, and
/// `client.watch_health()` is a stream of it. It is computed at the start and after each method with
/// `&mut self`, and published if it differs, before an answer that the method returned is sent. The
/// value has to be `Clone + PartialEq + Send + Sync + 'static`; readers get clones.
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
/// A fake made by `channel` does both through its inbox: `inbox.emit(event)`, `inbox.latest().free.publish(3)`.
///
/// # Priority, batches, and callers that have gone
///
/// `#[command(priority)]` sends through a lane of its own, with the same capacity, that is served before all
/// but the end. Within a lane the order is that of arrival.
///
/// `#[command(batch = 100)]` gives a method the calls of it that stand together at the head of the lane, up to
/// so many at once. It has one argument, a `Vec<T>` of which each call sends one element (`arg = row` says what the
/// client calls that one), and returns a `Vec<R>` with an answer for each, in order, or nothing. A call for
/// which there is no answer gets `CallError::Unanswered`.
///
/// `#[command(skip_cancelled)]` does not start a call whose caller has gone; `Exit::skipped` counts them.
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
/// # Options of the actor
///
/// | `#[actor(..)]` | |
/// |---|---|
/// | `capacity = 64` | how many commands may be accepted and not yet started, in each lane |
/// | `unbounded` | no such limit |
/// | `shutdown = stop` | what the token does to queued commands: `stop` refuses them, `drain` handles them |
/// | `deadline = Duration::from_secs(5)` | how long the end may take |
/// | `detached` | the actor goes on without clients |
/// | `event = E`, `event_capacity = 64` | what it announces, and how far a subscriber may be behind |
/// | `errors = wrap` | `wrap`, `into` or `default`, see above |
/// | `command = Name`, `client = Name` | the names of the enum and of the client |
/// | `vis = pub(crate)` | how visible both are; otherwise as the most visible command |
/// | `local` | the actor need not be `Send`, and runs where its runner does |
/// | `crate = path` | where `actor_runtime` is, if it was renamed or re-exported |
///
/// The client of a `pub` actor has to be `pub`: if none of its commands is, write `vis = pub`.
///
/// # Options of a command
///
/// | `#[command(..)]` | |
/// |---|---|
/// | `skip` | not a command |
/// | `ack` | wait for the end of a method that returns nothing |
/// | `errors = ..` | as for the actor |
/// | `try` | a further client method `try_name`, which fails with `Full` where `name` waits for room |
/// | `blocking` | a further client method `blocking_name`, for threads and `spawn_blocking` |
/// | `skip_cancelled` | do not start a call whose caller has gone |
/// | `priority` | through the lane that is served first |
/// | `batch = 100`, `arg = row` | several calls at once, and the client's name for what one of them sends |
///
/// `try_` and `blocking_` methods always return `Result<_, CallError>`. What combines with what (`skip` is
/// alone, and `priority` and `try` go with all):
///
/// | the method | `ack` | `errors` | `blocking` | `skip_cancelled` | `batch` |
/// |---|---|---|---|---|---|
/// | returns something | answered anyway | yes | yes | yes | a `Vec` |
/// | returns nothing | yes | yes | yes | with `ack` | yes |
/// | takes `Reply` | answered anyway | yes | yes | yes | no |
/// | takes `ReplyStream` | answered anyway | no | no | yes | no |
/// | is a batch | where it returns nothing | yes | yes | no | |
///
/// `capacity` and `unbounded` exclude each other, and `event_capacity` needs `event`; all other options of an actor
/// combine freely. A method has one of the attributes `command`, `every`, `stream`, `on`, `on_start`, `on_stop`
/// and `watch`, and several methods may have the same, but for `on_start` and `on_stop`.
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
/// # Attributes
///
/// Docs, `cfg`, `deprecated`, `must_use` and lint levels of a method reach every generated item they
/// apply to, inside `cfg_attr` too; the `cfg` of an argument reaches its field. All other attributes stay
/// on the method, such as `#[tracing::instrument]`, before `#[command(..)]` or after it.
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
/// Parameters and `where` of the block work; a `where` of a command is one of the actor, too. The enum and
/// the client keep the parameters that commands use, with the predicates that mention only those. The
/// actor runs where its type parameters, and those of their associated types that commands carry, are
/// `Send + 'static`, which need not be written but in a block with a `Context<Self>`: there is one only
/// for an actor. A lifetime of the block can be used by its state, not by its commands.
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
/// A parameter that provides something asynchronous declares that its futures are `Send`. With
/// `async fn load(..)` in the trait nobody could know, and the actor could not run on any thread:
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
/// # Mistakes
///
/// All mistakes of a block are reported at once, each on what to change, and the rest still works: the
/// client has its methods, also that of a command with a mistake where its signature can be one. So it does
/// while a method is being typed.
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
