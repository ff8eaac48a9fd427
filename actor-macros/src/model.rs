//! An actor as the macro understands it: plain data, already checked method by method.

mod argument;
mod attributes;
mod lower;
mod names;
mod types;
mod visibility;

use std::collections::HashSet;

use proc_macro2::TokenStream;
use syn::{Generics, Ident, Path, Type, Visibility};

pub(crate) use self::attributes::{Attributes, Place};
pub(crate) use self::lower::lower;
pub(crate) use self::names::{Names, item as item_name, twin as twin_name};
pub(crate) use crate::parse::{Capacity, Locality, OnStopped};

pub(crate) struct Actor {
    /// The user's block, without our attributes.
    pub(crate) block: TokenStream,
    /// The last segment of the type's path.
    pub(crate) name: Ident,
    pub(crate) self_type: Type,
    /// The names of the generated enum and client.
    pub(crate) command: Ident,
    pub(crate) client: Ident,
    /// Those of the block.
    pub(crate) generics: Generics,
    /// Those of the block that commands use.
    pub(crate) message_generics: Generics,
    /// The path of the runtime crate, if it is not the usual one.
    pub(crate) runtime: Option<Path>,
    pub(crate) visibility: Visibility,
    pub(crate) capacity: Capacity,
    pub(crate) locality: Locality,
    pub(crate) names: Names,
    /// Those of the whole block.
    pub(crate) attributes: Attributes,
    pub(crate) commands: Vec<Command>,
}

/// A method that the client can call.
pub(crate) struct Command {
    pub(crate) attributes: Attributes,
    pub(crate) visibility: Visibility,
    pub(crate) method: Ident,
    pub(crate) variant: Ident,
    pub(crate) asyncness: Asyncness,
    /// In the order of the method.
    pub(crate) parameters: Vec<Parameter>,
    pub(crate) reply: Reply,
    pub(crate) on_stopped: OnStopped,
    pub(crate) twins: Vec<Twin>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Asyncness {
    Sync,
    Async,
}

pub(crate) enum Parameter {
    /// Sent by the client.
    Argument(Argument),
    /// `&mut Context<Self>`, added by the loop.
    Context,
}

pub(crate) struct Argument {
    pub(crate) name: Ident,
    /// What the client's method takes.
    pub(crate) taken: TokenStream,
    /// What the command carries.
    pub(crate) carried: TokenStream,
    pub(crate) conversion: Conversion,
}

/// How an argument gets into the command on the caller's side, and out of it for the method.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Conversion {
    /// Moved in and out.
    Move,
    /// `&str`, `&Path`, `&[T]`: owned, then a reference to it.
    Own,
    /// Another `&T`: owned, then borrowed as `T`.
    OwnAndBorrow,
    /// `Option` of the former two.
    OwnOption,
    OwnAndBorrowOption,
    /// `impl Into<T>`.
    Into,
    /// `impl AsRef<T>`.
    AsRef,
    /// `impl IntoIterator`.
    Collect,
}

/// What the caller waits for.
pub(crate) enum Reply {
    /// A cast: for the place in the mailbox.
    Accepted,
    /// For the end of a method that returns nothing.
    Done,
    /// For the value of the method.
    Value(ReplyType),
}

pub(crate) struct ReplyType {
    pub(crate) tokens: TokenStream,
    pub(crate) shape: ReplyShape,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum ReplyShape {
    /// The last segment of the type is `Result`.
    Result,
    Other,
}

/// A further client method for the same command.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Twin {
    Try,
    Blocking,
}

impl Actor {
    /// Types that have to be `Send`, as far as that is neither plain nor up to the generics; each
    /// once. Those under a `cfg` need not exist.
    pub(crate) fn types_to_prove(&self) -> Vec<&TokenStream> {
        let mut seen = HashSet::new();
        let commands = self.commands.iter();
        let types = commands
            .filter(|command| !command.attributes.is_conditional())
            .flat_map(Command::sent_types);
        types
            .filter(|ty| !types::is_plainly_send(ty) && !types::is_up_to(ty, &self.generics))
            .filter(|ty| seen.insert(ty.to_string()))
            .collect()
    }

    /// Whether the state may borrow: `impl<'a> Cache<'a>` or `impl Cache<'_>`.
    pub(crate) fn has_lifetimes(&self) -> bool {
        types::has_lifetime(&self.self_type)
    }

    pub(crate) fn uses_context(&self) -> bool {
        self.commands.iter().any(|command| {
            command
                .parameters
                .iter()
                .any(|parameter| matches!(parameter, Parameter::Context))
        })
    }
}

impl Command {
    /// What the client sends.
    pub(crate) fn arguments(&self) -> impl Iterator<Item = &Argument> {
        self.parameters
            .iter()
            .filter_map(|parameter| match parameter {
                Parameter::Argument(argument) => Some(argument),
                Parameter::Context => None,
            })
    }

    /// What this command takes from one thread to another: its arguments and its reply.
    pub(crate) fn sent_types(&self) -> impl Iterator<Item = &TokenStream> {
        let reply = match &self.reply {
            Reply::Value(ty) => Some(&ty.tokens),
            Reply::Accepted | Reply::Done => None,
        };
        self.arguments()
            .map(|argument| &argument.carried)
            .chain(reply)
    }

    /// Whether the client waits for more than a place in the mailbox.
    pub(crate) fn replies(&self) -> bool {
        !matches!(self.reply, Reply::Accepted)
    }
}
