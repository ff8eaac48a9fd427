//! A command on its way out: the name of its method, its arguments as JSON, and whoever is told the answer.

use std::fmt;

use super::portable::{Portable, unsupported};
use crate::error::CallError;
use crate::reply::Reply;

/// A command that was taken apart. [`RemoteCommand::write`](super::RemoteCommand::write) returns it.
pub struct Written {
    method: &'static str,
    /// A JSON object without its end.
    arguments: Vec<u8>,
    reply: ReplyTo,
    /// The reason why the command cannot be sent.
    failure: Option<CallError>,
}

impl Written {
    /// Begins with a call of `method`, which has no arguments yet.
    #[doc(hidden)]
    pub fn call<T: Portable>(method: &'static str, reply: Reply<T>) -> Self {
        Self {
            method,
            arguments: vec![b'{'],
            reply: ReplyTo(Box::new(reply)),
            failure: None,
        }
    }

    /// A call of a private method, which other processes cannot call.
    #[doc(hidden)]
    pub fn private<T: Portable>(method: &'static str, reply: Reply<T>) -> Self {
        Self {
            failure: Some(unsupported(format!("`{method}` is private"))),
            ..Self::call(method, reply)
        }
    }

    /// Adds the argument called `name`, an identifier.
    #[doc(hidden)]
    #[must_use]
    pub fn with<T: Portable>(mut self, name: &'static str, argument: &T) -> Self {
        if self.failure.is_some() {
            return self;
        }
        if self.arguments.len() > 1 {
            self.arguments.push(b',');
        }
        // No identifier has a character that JSON escapes.
        self.arguments.push(b'"');
        self.arguments.extend_from_slice(name.as_bytes());
        self.arguments.extend_from_slice(b"\":");
        if !argument.write(&mut self.arguments) {
            let phrase = format!("the argument `{name}` cannot be written");
            self.failure = Some(unsupported(phrase));
        }
        self
    }

    /// Returns the name of the method, a JSON object of its arguments by name, and whoever is told the answer.
    ///
    /// Returns `None` if an argument could not be written. The caller was told so then.
    pub fn into_parts(self) -> Option<(&'static str, Vec<u8>, ReplyTo)> {
        let Self {
            method,
            mut arguments,
            reply,
            failure,
        } = self;
        if let Some(error) = failure {
            reply.fail(error);
            return None;
        }
        arguments.push(b'}');
        Some((method, arguments, reply))
    }
}

impl fmt::Debug for Written {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Written")
            .field("method", &self.method)
            .finish_non_exhaustive()
    }
}

/// The caller of a remote command, who waits for the answer.
///
/// If it is dropped, the caller gets [`CallError::Unanswered`].
#[must_use = "a reply that is dropped leaves its caller without an answer"]
pub struct ReplyTo(Box<dyn AnyReply + Send>);

impl ReplyTo {
    /// Returns true if the caller has left, so that the command need not be sent.
    pub fn is_closed(&self) -> bool {
        self.0.is_closed()
    }

    /// Sends the answer, which [`receive`](super::receive()) returned in the other process. If it cannot be read, the
    /// caller gets [`CallError::Unanswered`].
    pub fn answer(self, json: &[u8]) {
        self.0.answer(json);
    }

    /// Tells the caller why there is no answer.
    pub fn fail(self, error: CallError) {
        self.0.fail(error);
    }
}

impl fmt::Debug for ReplyTo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReplyTo")
            .field("is_closed", &self.is_closed())
            .finish_non_exhaustive()
    }
}

/// A reply, whatever the type of its answer.
trait AnyReply {
    fn is_closed(&self) -> bool;
    fn answer(self: Box<Self>, json: &[u8]);
    fn fail(self: Box<Self>, error: CallError);
}

impl<T: Portable> AnyReply for Reply<T> {
    fn is_closed(&self) -> bool {
        self.is_closed()
    }

    fn answer(self: Box<Self>, json: &[u8]) {
        match T::read(json) {
            Some(answer) => self.send(answer),
            None => (*self).fail(CallError::Unanswered),
        }
    }

    fn fail(self: Box<Self>, error: CallError) {
        (*self).fail(error);
    }
}
