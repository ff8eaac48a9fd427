//! The last command of an actor, whose method takes the final state.

use std::pin::Pin;
use std::task::{self, Poll};

use pin_project_lite::pin_project;

use crate::command::Command;
use crate::mailbox::Sent;
use crate::polled;
use crate::spans::Caller;
use crate::work::tell_begin;

/// The final state of an actor, and the command that takes it.
pub(crate) struct Last<A, C> {
    state: A,
    command: C,
    caller: Caller,
}

pin_project! {
    /// The method that takes the state. The thread and the spans are told when it begins.
    pub(crate) struct LastMethod<F> {
        name: &'static str,
        // `None` once the method has begun.
        caller: Option<Caller>,
        #[pin]
        method: F,
    }
}

impl<A, C: Command> Last<A, C> {
    pub(crate) fn new(
        state: A,
        Sent {
            command, caller, ..
        }: Sent<C>,
    ) -> Self {
        Self {
            state,
            command,
            caller,
        }
    }

    /// Returns the name of the method.
    pub(crate) fn method(&self) -> &'static str {
        self.command.name()
    }

    /// Makes the future of the method, which `call` calls.
    pub(crate) fn begin<F>(self, call: fn(A, C) -> F) -> LastMethod<F> {
        LastMethod {
            name: self.method(),
            caller: Some(self.caller),
            method: call(self.state, self.command),
        }
    }
}

impl<F: Future> Future for LastMethod<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut task::Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        if let Some(caller) = this.caller.take() {
            tell_begin(this.name, caller);
            polled::with_journal(|journal| journal.begin_command(this.name));
        }
        this.method.poll(cx)
    }
}
