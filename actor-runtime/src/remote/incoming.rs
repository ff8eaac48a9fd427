//! A command that came in: read, sent to its actor, and answered.

use std::collections::BTreeMap;
use std::fmt;
use std::future::ready;
use std::pin::Pin;
use std::task::{Context, Poll};

use serde_json::value::RawValue;

use super::portable::{Portable, unsupported};
use crate::answer::Answer;
use crate::command::Command;
use crate::error::CallError;
use crate::reply::Reply;
use crate::sender::Sender;

/// A command that came in and was not read yet.
pub struct Incoming<'a, C: Command> {
    sender: &'a Sender<C>,
    method: &'a str,
    arguments: &'a [u8],
}

impl<'a, C: Command + Send + 'static> Incoming<'a, C> {
    pub(super) fn new(sender: &'a Sender<C>, method: &'a str, arguments: &'a [u8]) -> Self {
        Self {
            sender,
            method,
            arguments,
        }
    }

    /// Returns the name of the method.
    pub fn method(&self) -> &'a str {
        self.method
    }

    /// Handles a call, whose command `make` makes of the arguments.
    #[doc(hidden)]
    pub fn call<T: Portable>(
        self,
        make: impl FnOnce(&mut Arguments<'a>, Reply<T>) -> Result<C, CallError>,
    ) -> Handling<'a> {
        let sender = self.sender;
        match self.read(make) {
            Ok((command, answer)) => {
                Handling::new(async move { written(&sender.call(command, answer).await?) })
            }
            Err(error) => Handling::failed(error),
        }
    }

    /// Handles a call whose answer anybody may send.
    #[doc(hidden)]
    pub fn call_deferred<T: Portable>(
        self,
        make: impl FnOnce(&mut Arguments<'a>, Reply<T>) -> Result<C, CallError>,
    ) -> Handling<'a> {
        let sender = self.sender;
        match self.read(make) {
            Ok((command, answer)) => {
                Handling::new(
                    async move { written(&sender.call(command, answer).deferred().await?) },
                )
            }
            Err(error) => Handling::failed(error),
        }
    }

    /// Handles a command that the actor does not have.
    #[doc(hidden)]
    pub fn unknown(self) -> Handling<'a> {
        Handling::failed(unsupported(format!("no method `{}`", self.method)))
    }

    fn read<T: Portable>(
        self,
        make: impl FnOnce(&mut Arguments<'a>, Reply<T>) -> Result<C, CallError>,
    ) -> Result<(C, Answer<T>), CallError> {
        let mut arguments = Arguments::read(self.arguments)?;
        let (reply, answer) = Reply::new();
        Ok((make(&mut arguments, reply)?, answer))
    }
}

impl<C: Command> fmt::Debug for Incoming<'_, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Incoming")
            .field("method", &self.method)
            .finish_non_exhaustive()
    }
}

/// The arguments of a command that came in, by name.
#[doc(hidden)]
// With owned keys, since an escaped one cannot be borrowed.
pub struct Arguments<'a>(BTreeMap<String, &'a RawValue>);

impl<'a> Arguments<'a> {
    fn read(json: &'a [u8]) -> Result<Self, CallError> {
        if json.is_empty() {
            return Ok(Self(BTreeMap::new()));
        }
        let arguments = serde_json::from_slice(json);
        let arguments =
            arguments.map_err(|_| unsupported("the arguments are not a JSON object".to_owned()))?;
        Ok(Self(arguments))
    }

    /// Takes the argument called `name`. If it is missing, it is `None` or another value that is written as `null`.
    pub fn take<T: Portable>(&mut self, name: &str) -> Result<T, CallError> {
        match self.0.remove(name) {
            Some(json) => T::read(json.get().as_bytes())
                .ok_or_else(|| unsupported(format!("the argument `{name}` cannot be read"))),
            None => T::read(b"null")
                .ok_or_else(|| unsupported(format!("the argument `{name}` is missing"))),
        }
    }
}

impl fmt::Debug for Arguments<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

/// Sends a command to its actor, and waits for the answer, as JSON. [`receive`](super::receive()) returns it.
#[must_use = "futures do nothing unless polled"]
pub struct Handling<'a>(Pin<Box<dyn Future<Output = Result<Vec<u8>, CallError>> + Send + 'a>>);

impl<'a> Handling<'a> {
    fn new(handling: impl Future<Output = Result<Vec<u8>, CallError>> + Send + 'a) -> Self {
        Self(Box::pin(handling))
    }

    fn failed(error: CallError) -> Self {
        Self::new(ready(Err(error)))
    }
}

impl Future for Handling<'_> {
    type Output = Result<Vec<u8>, CallError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.0.as_mut().poll(cx)
    }
}

impl fmt::Debug for Handling<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Handling").finish_non_exhaustive()
    }
}

/// Writes an answer. The method has run, so an answer that cannot be written is lost.
fn written<T: Portable>(answer: &T) -> Result<Vec<u8>, CallError> {
    let mut json = Vec::new();
    if answer.write(&mut json) {
        Ok(json)
    } else {
        Err(CallError::Unanswered)
    }
}
