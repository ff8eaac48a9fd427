//! `#[actor]`: a command enum, a typed client and a loop from an `impl` block.
//!
//! Use it through the crate `actor-runtime`, which re-exports it and has what the generated code
//! needs.

#![forbid(unsafe_code)]

mod parse;

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
/// (weak) client, a token that ends with the actor, and `stop`.
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
/// The actor may be gone, so a call can fail with a `CallError`. `on_stopped`, for the actor or by
/// `#[command(on_stopped = ..)]` for one method, chooses how the client says so:
///
/// | `on_stopped` | a method that returns `T` | `Result<T, E>` | nothing |
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
/// #[actor(on_stopped = into)]
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
/// # Options of the actor
///
/// | `#[actor(..)]` | |
/// |---|---|
/// | `capacity = 64` | how many commands may be accepted and not yet started |
/// | `unbounded` | no such limit |
/// | `on_stopped = error` | `error`, `into` or `default`, see above |
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
/// | `on_stopped = ..` | as for the actor |
/// | `try` | a further client method `try_name`, which fails with `Full` where `name` waits for room |
/// | `blocking` | a further client method `blocking_name`, for threads and `spawn_blocking` |
///
/// `try_` and `blocking_` methods always return `Result<_, CallError>`. What combines with what:
///
/// | | `ack` | `on_stopped` | `try` | `blocking` | `skip` |
/// |---|---|---|---|---|---|
/// | a method that returns something | refused, it is a call anyway | yes | yes | yes | alone |
/// | a method that returns nothing | yes | yes | yes | yes | alone |
///
/// `capacity` and `unbounded` exclude each other; all other options of an actor combine freely.
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
    let Some(mut actor) = model::lower(input, &mut errors) else {
        return fallback::block_only(block, errors);
    };
    validate::validate(&mut actor, &mut errors);
    fallback::with_errors(expand::expand(&actor), errors)
}
