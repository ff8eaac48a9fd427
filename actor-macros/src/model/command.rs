//! The methods of the client, with their arguments and replies.

use proc_macro2::TokenStream;
use syn::{Expr, ExprPath, Ident, Visibility, WherePredicate};

use super::attributes::Attributes;
use super::trees::Trees;
use super::vocabulary::{Asyncness, ContextArgument, NamedType, Receiver, Twin};

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
    /// The parameters in the order of the method.
    pub(crate) parameters: Vec<Parameter>,
    pub(crate) reply: Reply,
    pub(crate) errors: ErrorMode,
    /// The time after which callers give up, as it is written outside of the block.
    pub(crate) timeout: Option<Trees>,
    pub(crate) twins: Vec<Twin>,
    pub(crate) lane: Lane,
    pub(crate) absent_callers: AbsentCallers,
    /// The method's own option that lets its calls run in place.
    pub(crate) in_place: Option<Ident>,
    /// The number of calls that the method takes at once, if it takes more than one.
    pub(crate) batch: Option<Expr>,
}

/// The way a client method returns a `CallError`.
#[derive(Clone, Default)]
pub(crate) enum ErrorMode {
    /// In a `Result` around the method's own type.
    #[default]
    Wrap,
    /// In the method's own `Result`, by this function or by `From`.
    Into(Option<ExprPath>),
    /// Not at all: the client method returns the default of the method's own type.
    Default,
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

pub(crate) enum Parameter {
    /// Sent by the client.
    Argument(Argument),
    /// `&mut Context<Self>`, added by the loop.
    Context(ContextArgument),
    /// `Reply<T>` or `ReplyStream<T>`, made by the client.
    Reply,
}

pub(crate) struct Argument {
    pub(crate) attributes: Attributes,
    pub(crate) name: Ident,
    /// The type in the client's method.
    pub(crate) taken: Trees,
    /// The type in the command.
    pub(crate) carried: Trees,
    /// The part of the carried type that the user wrote: the `T` of a `Vec<T>` that the macro added.
    pub(crate) named: NamedType,
    pub(crate) conversion: Conversion,
}

/// The conversion of an argument into the command on the caller's side, and back for the method.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Conversion {
    /// Moved both times.
    Move,
    /// `&T`: converted to an owned value, then borrowed.
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
    /// `str`, `Path` or `[T]`, to which a reference to the owned form coerces.
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
    /// The last segment of the type ends in `Result`.
    Result,
    Other,
}

/// A client method in place of a command or a published value with a mistake. It has the method's signature, so that
/// rustc does not report the mistake again at every call.
pub(crate) struct Refused {
    pub(crate) kind: MethodKind,
    pub(crate) attributes: Attributes,
    pub(crate) visibility: Visibility,
    pub(crate) method: Ident,
    /// The parameters of the method, such as `<T: ToString>`.
    pub(crate) generics: Trees,
    pub(crate) where_clause: Trees,
    /// `pattern: Type`, as the method has it.
    pub(crate) arguments: Vec<TokenStream>,
    pub(crate) reply: Reply,
    pub(crate) errors: ErrorMode,
}

/// The role of a method of the client, or the role that it was meant to have.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum MethodKind {
    Command,
    Watch,
}

impl Command {
    /// Returns whether whoever has the state can handle the command at once.
    pub(crate) fn is_immediate(&self) -> bool {
        self.asyncness == Asyncness::Sync && self.batch.is_none() && !self.is_last()
    }

    /// Returns whether the method takes the state, and so ends the actor.
    pub(crate) fn is_last(&self) -> bool {
        self.receiver == Receiver::Takes
    }

    /// Returns the values that the client sends.
    pub(crate) fn arguments(&self) -> impl Iterator<Item = &Argument> {
        self.parameters
            .iter()
            .filter_map(|parameter| match parameter {
                Parameter::Argument(argument) => Some(argument),
                Parameter::Context(_) | Parameter::Reply => None,
            })
    }

    /// Returns the types that this command certainly takes from one thread to another. Commands and arguments under a
    /// `cfg` are left out, as they need not exist.
    pub(crate) fn surely_sent_types(&self) -> impl Iterator<Item = &NamedType> {
        let is_sure = !self.attributes.is_conditional();
        let arguments = self.sure_arguments();
        arguments
            .map(|argument| &argument.named)
            .chain(self.reply.sent_type())
            .filter(move |_| is_sure)
    }

    /// Returns the types with parts to prove that the method's future keeps: the arguments, and a reply that the method
    /// takes.
    pub(crate) fn unproven_types_in_future(&self) -> Vec<&Trees> {
        let arguments = self.sure_arguments();
        let reply = match &self.reply {
            Reply::Deferred(ty) | Reply::Stream(ty) => Some(&ty.named),
            Reply::Accepted | Reply::Done | Reply::Value(_) => None,
        };
        let types = arguments.map(|argument| &argument.named).chain(reply);
        types
            .filter(|ty| !ty.unproven.is_empty())
            .map(|ty| &ty.tokens)
            .collect()
    }

    /// Returns the arguments that no `cfg` can remove.
    fn sure_arguments(&self) -> impl Iterator<Item = &Argument> {
        let arguments = self.arguments();
        arguments.filter(|argument| !argument.attributes.is_conditional())
    }

    /// Returns whether other processes can call the method, if they can call any.
    pub(crate) fn is_carried(&self) -> bool {
        !matches!(self.visibility, Visibility::Inherited)
    }

    /// Returns whether the client waits for more than a place in the mailbox.
    pub(crate) fn replies(&self) -> bool {
        !matches!(self.reply, Reply::Accepted)
    }

    /// Returns whether a caller that has the state can run the method, and then has the answer. A caller that may give
    /// up leaves the method to the actor.
    pub(crate) fn can_run_in_place(&self) -> bool {
        self.is_immediate() && self.reply.is_one_answer() && self.timeout.is_none()
    }
}

impl Reply {
    /// Returns whether the answer is a `Result`, by its name.
    pub(crate) fn is_named_result(&self) -> bool {
        match self {
            Self::Value(ty) | Self::Deferred(ty) => ty.shape == ReplyShape::Result,
            Self::Accepted | Self::Done | Self::Stream(_) => false,
        }
    }

    /// Returns whether the caller waits for an answer, and for only one.
    pub(crate) fn is_one_answer(&self) -> bool {
        match self {
            Self::Done | Self::Value(_) | Self::Deferred(_) => true,
            Self::Accepted | Self::Stream(_) => false,
        }
    }

    /// Returns the type of the answer as the user named it.
    pub(crate) fn sent_type(&self) -> Option<&NamedType> {
        match self {
            Self::Value(ty) | Self::Deferred(ty) | Self::Stream(ty) => Some(&ty.named),
            Self::Accepted | Self::Done => None,
        }
    }
}
