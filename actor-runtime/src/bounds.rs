//! Assertions that generated code wraps around what the user wrote, so that rustc reports a missing bound there.

use std::marker::PhantomData;
use std::ops::Deref;

use futures_core::Stream;

use crate::error::CallError;

/// Asserts that a type is `Send`. Unlike a predicate of a `where` clause, it is not assumed afterwards: rustc would
/// take `Box<dyn Error + Send + Sync>: Send` for the only such fact, and not find it for the lifetimes inside a future.
pub fn is_send<T: ?Sized + Send>() {}

/// Asserts that the future of an async method is `Send`.
pub fn assert_send<F>(future: F) -> impl Future<Output = F::Output> + Send
where
    F: Future + Send, // otherwise, write `#[actor(local)]`, or `&mut self` instead of `&self`
{
    future
}

/// Returns an `assert_send` that asserts something only if `T` is `Send`. If `T` is not, [`is_send`] or the supertrait
/// of `SendActor` has told so, at the type, and futures that keep a `T` need not be reported again.
pub fn given<T>() -> Given<T> {
    Given(PhantomData)
}

/// The assertions about futures that keep values of type `T`. The methods of [`Unproven`] take the place of its own
/// where `T` is not `Send`.
pub struct Given<T>(PhantomData<fn() -> T>);

impl<T: Send> Given<T> {
    /// Asserts that a future is `Send`.
    pub fn assert_send<F>(self, future: F) -> impl Future<Output = F::Output> + Send + use<T, F>
    where
        F: Future + Send, // otherwise, write `#[actor(local)]`, or `&mut self` instead of `&self`
    {
        future
    }

    /// Asserts that the future of a loop is `Send`.
    pub fn assert_loop<F>(self, run: F) -> impl Future<Output = F::Output> + Send + use<T, F>
    where
        F: Future + Send, // otherwise, write `#[actor(local)]`
    {
        run
    }
}

impl<T> Deref for Given<T> {
    type Target = Unproven;

    fn deref(&self) -> &Unproven {
        &Unproven
    }
}

/// The assertions about futures that keep a value that is not `Send`: none.
pub struct Unproven;

impl Unproven {
    /// Returns the future as it is.
    pub fn assert_send<F: Future>(&self, future: F) -> F {
        future
    }

    /// Stands for a loop that cannot run, as the actor does not compile.
    pub fn assert_loop<F: Future>(
        &self,
        _run: F,
    ) -> impl Future<Output = F::Output> + Send + use<F> {
        std::future::pending()
    }
}

/// Asserts that a source is a future, and that the future and its output are `Send`.
pub fn assert_source<F: IntoFuture>(future: F) -> F::IntoFuture
where
    F::IntoFuture: Send, // otherwise, write `#[actor(local)]`
    F::Output: Send,
{
    future.into_future()
}

/// Asserts that a value is `Send`.
pub fn sent<T>(value: T) -> T
where
    T: Send, // otherwise, write `#[actor(local)]`
{
    value
}

/// Asserts that a source of a `local` actor is a future.
pub fn assert_source_local<F: IntoFuture>(future: F) -> F::IntoFuture {
    future.into_future()
}

/// Asserts that a source is a stream, and that the stream and its items are `Send`.
pub fn assert_stream<S: IntoStream>(stream: S) -> S::IntoStream
where
    S::IntoStream: Send, // otherwise, write `#[actor(local)]`
    S::Item: Send,
{
    stream.into_stream()
}

/// Asserts that a source of a `local` actor is a stream.
pub fn assert_stream_local<S: IntoStream>(stream: S) -> S::IntoStream {
    stream.into_stream()
}

/// A `Result`, also by an alias. The associated type makes rustc report any other type once.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a `Result`; write `#[command(errors = wrap)]`",
    label = "is not a `Result`"
)]
pub trait AnyResult {
    type Error;

    fn failed(error: Self::Error) -> Self;
}

impl<T, E> AnyResult for Result<T, E> {
    type Error = E;

    fn failed(error: E) -> Self {
        Err(error)
    }
}

/// An error that implements `From<CallError>`. rustc names the remedies if it does not.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be made from a `CallError`; implement `From<CallError>`, or write `errors = into(path)`",
    label = "the error cannot be made from a `CallError`"
)]
pub trait FromCallError {
    fn from_call_error(error: CallError) -> Self;
}

#[diagnostic::do_not_recommend]
impl<E: From<CallError>> FromCallError for E {
    fn from_call_error(error: CallError) -> Self {
        error.into()
    }
}

/// The stream counterpart of `IntoFuture`. The associated type makes rustc report a non-stream once instead of at every
/// use.
pub trait IntoStream {
    type Item;
    type IntoStream: Stream<Item = Self::Item>;

    fn into_stream(self) -> Self::IntoStream;
}

impl<S: Stream> IntoStream for S {
    type Item = S::Item;
    type IntoStream = S;

    fn into_stream(self) -> S {
        self
    }
}
