//! Assertions that generated code wraps around what the user wrote, so that rustc reports a missing bound there.

use futures_core::Stream;

/// Asserts that the future of an async method is `Send`.
pub fn assert_send<F: Future + Send>(future: F) -> impl Future<Output = F::Output> + Send {
    future
}

/// Asserts that a source is a future, and that the future and its output are `Send`.
pub fn assert_source<F: IntoFuture>(future: F) -> F::IntoFuture
where
    F::IntoFuture: Send,
    F::Output: Send,
{
    future.into_future()
}

/// Asserts that a source of a `local` actor is a future.
pub fn assert_source_local<F: IntoFuture>(future: F) -> F::IntoFuture {
    future.into_future()
}

/// Asserts that a source is a stream, and that the stream and its items are `Send`.
pub fn assert_stream<S: IntoStream>(stream: S) -> S::IntoStream
where
    S::IntoStream: Send,
    S::Item: Send,
{
    stream.into_stream()
}

/// Asserts that a source of a `local` actor is a stream.
pub fn assert_stream_local<S: IntoStream>(stream: S) -> S::IntoStream {
    stream.into_stream()
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
