//! The methods that the client has, with their arguments and replies.

use proc_macro2::TokenStream;
use syn::{Expr, Ident, Visibility, WherePredicate};

use super::{Asyncness, Attributes, ErrorMode, NamedType, Receiver};

/// A method that the client can call.
pub(crate) struct Command {
    pub(crate) attributes: Attributes,
    pub(crate) visibility: Visibility,
    pub(crate) method: Ident,
    pub(crate) variant: Ident,
    pub(crate) receiver: Receiver,
    pub(crate) asyncness: Asyncness,
    /// The predicates of the method's own `where`.
    pub(crate) conditions: Vec<WherePredicate>,
    /// In the order of the method.
    pub(crate) parameters: Vec<Parameter>,
    pub(crate) reply: Reply,
    pub(crate) errors: ErrorMode,
    pub(crate) twins: Vec<Twin>,
    pub(crate) lane: Lane,
    pub(crate) absent_callers: AbsentCallers,
    /// The number of calls that the method takes at once, if it takes more than one.
    pub(crate) batch: Option<Expr>,
}

/// The lane of the mailbox that a command goes through.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lane {
    First,
    Priority,
}

/// The treatment of a call whose caller has gone before the call is begun.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum AbsentCallers {
    Served,
    Skipped,
}

/// A further client method for the same command.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Twin {
    Try,
    Blocking,
}

pub(crate) enum Parameter {
    /// Sent by the client.
    Argument(Argument),
    /// `&mut Context<Self>`, added by the loop.
    Context(Attributes),
    /// `Reply<T>` or `ReplyStream<T>`, which the client made.
    Reply,
}

pub(crate) struct Argument {
    pub(crate) attributes: Attributes,
    pub(crate) name: Ident,
    /// The type in the client's method.
    pub(crate) taken: TokenStream,
    /// The type in the command.
    pub(crate) carried: TokenStream,
    /// The part of the carried type that the user named: the `T` of a `Vec<T>` that is ours.
    pub(crate) named: NamedType,
    pub(crate) conversion: Conversion,
}

/// The way of an argument into the command on the caller's side, and out of it for the method.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Conversion {
    /// Moved in and out.
    Move,
    /// `&T`: made an owned value, then borrowed.
    Own(Referent),
    /// `Option<&T>`.
    OwnOption(Referent),
    /// `impl Into<T>`.
    Into,
    /// `impl AsRef<T>`.
    AsRef,
    /// `impl IntoIterator`.
    Collect,
}

/// The target of a reference.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Referent {
    /// A type that is its own owned form.
    Sized,
    /// `str`, `Path` or `[T]`, which a reference to the owned form turns into by itself.
    Known,
    /// Another type without a size.
    Unsized,
}

/// The event that the caller waits for.
pub(crate) enum Reply {
    /// A cast: the command has a place in the mailbox.
    Accepted,
    /// The end of a method that returns nothing.
    Done,
    /// The value of the method.
    Value(ReplyType),
    /// The value sent with the `Reply` that the method takes.
    Deferred(ReplyType),
    /// A stream of values sent with the `ReplyStream` that the method takes.
    Stream(ReplyType),
}

pub(crate) struct ReplyType {
    pub(crate) named: NamedType,
    pub(crate) shape: ReplyShape,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum ReplyShape {
    /// The last segment of the type is `Result`.
    Result,
    Other,
}

/// The remains of a command or a published value with a mistake: a client method with its signature, so
/// that rustc does not report the mistake again at every call.
pub(crate) struct Refused {
    pub(crate) kind: RefusedKind,
    pub(crate) attributes: Attributes,
    pub(crate) visibility: Visibility,
    pub(crate) method: Ident,
    /// The parameters of the method, such as `<T: ToString>`.
    pub(crate) generics: TokenStream,
    pub(crate) where_clause: TokenStream,
    /// `pattern: Type`, as the method has it.
    pub(crate) arguments: Vec<TokenStream>,
    pub(crate) reply: Reply,
    pub(crate) errors: ErrorMode,
}

/// The role that the method was meant to have.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum RefusedKind {
    Command,
    Watch,
}

impl Command {
    /// The values that the client sends.
    pub(crate) fn arguments(&self) -> impl Iterator<Item = &Argument> {
        self.parameters
            .iter()
            .filter_map(|parameter| match parameter {
                Parameter::Argument(argument) => Some(argument),
                Parameter::Context(_) | Parameter::Reply => None,
            })
    }

    /// The types that this command takes from one thread to another. A command under a `cfg` has none for
    /// sure, and an argument under a `cfg` is not among them.
    pub(crate) fn surely_sent_types(&self) -> impl Iterator<Item = &NamedType> {
        let is_sure = !self.attributes.is_conditional();
        let arguments = self.arguments();
        arguments
            .filter(|argument| !argument.attributes.is_conditional())
            .map(|argument| &argument.named)
            .chain(self.reply.sent_type())
            .filter(move |_| is_sure)
    }

    /// Returns whether the client waits for more than a place in the mailbox.
    pub(crate) fn replies(&self) -> bool {
        !matches!(self.reply, Reply::Accepted)
    }
}

impl Reply {
    /// The type that the user named.
    pub(crate) fn sent_type(&self) -> Option<&NamedType> {
        match self {
            Self::Value(ty) | Self::Deferred(ty) | Self::Stream(ty) => Some(&ty.named),
            Self::Accepted | Self::Done => None,
        }
    }
}
