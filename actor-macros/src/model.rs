//! An actor as the macro understands it: plain data, already checked method by method.

mod argument;
mod attributes;
mod generics;
mod lower;
mod names;
mod options;
mod parameters;
mod refused;
mod roles;
mod signature;
mod tokens;
mod types;
mod visibility;

use std::collections::HashSet;

use proc_macro2::TokenStream;
use quote::ToTokens as _;
use syn::{Expr, Generics, Ident, Path, Type, Visibility, WherePredicate};

pub(crate) use self::attributes::{Attributes, Place};
pub(crate) use self::lower::lower;
pub(crate) use self::names::{
    Names, follower as follower_name, in_words, item as item_name, numbered_variant,
    twin as twin_name,
};
pub(crate) use self::refused::{Refused, RefusedKind};
pub(crate) use crate::parse::{Capacity, ErrorMode, FirstTick, Life, Locality, Shutdown};

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
    /// The type parameters among them that no field is sure to name.
    pub(crate) unnamed_parameters: Vec<Ident>,
    /// The path of the runtime crate, if it is not the usual one.
    pub(crate) runtime: Option<Path>,
    pub(crate) visibility: Visibility,
    pub(crate) capacity: Capacity,
    pub(crate) locality: Locality,
    pub(crate) life: Life,
    pub(crate) shutdown: Option<Shutdown>,
    pub(crate) deadline: Option<Expr>,
    pub(crate) event: Option<Event>,
    pub(crate) names: Names,
    /// Those of the whole block.
    pub(crate) attributes: Attributes,
    pub(crate) commands: Vec<Command>,
    pub(crate) refused: Vec<Refused>,
    pub(crate) on_start: Vec<Hook>,
    pub(crate) sources: Vec<Source>,
    pub(crate) on_stop: Vec<Hook>,
    pub(crate) watches: Vec<Watch>,
    /// Those of the block that the published values use.
    pub(crate) watch_generics: Generics,
    /// The type parameters among them that no field is sure to name.
    pub(crate) unwatched_parameters: Vec<Ident>,
}

/// What the actor announces.
pub(crate) struct Event {
    pub(crate) ty: TokenStream,
    /// Those of the block that it uses.
    pub(crate) generics: Generics,
    pub(crate) capacity: Option<Expr>,
    /// The client's method that listens, unless there is one of that name.
    pub(crate) subscribe: Option<Ident>,
}

/// What is done with values of a type.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Needs {
    /// They stay where the actor is.
    Kept,
    /// They go from one thread to another.
    Sent,
    /// Several threads look at them.
    Shared,
}

/// A method that the loop calls of its own accord.
pub(crate) struct Call {
    pub(crate) method: Ident,
    pub(crate) receiver: Receiver,
    /// The user's `self`.
    pub(crate) itself: Ident,
    pub(crate) asyncness: Asyncness,
    /// The predicates of the method's own `where`.
    pub(crate) conditions: Vec<WherePredicate>,
    /// In the order of the method.
    pub(crate) parameters: Vec<CallParameter>,
}

pub(crate) enum CallParameter {
    /// What the method is called about, and the type for which the method takes it.
    Output(TokenStream),
    Context(Attributes),
}

/// What a method does to the state.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Receiver {
    Reads,
    Changes,
}

/// A method that is called once, at the start or at the end.
pub(crate) struct Hook {
    pub(crate) attributes: Attributes,
    pub(crate) call: Call,
    /// What it returns, if it does.
    pub(crate) result: Option<TokenStream>,
}

/// A method that is called whenever something comes, and where that comes from.
pub(crate) struct Source {
    pub(crate) attributes: Attributes,
    pub(crate) call: Call,
    pub(crate) variant: Ident,
    /// The type parameter that stands for its output.
    pub(crate) output_type: Ident,
    /// The constant that holds its number.
    pub(crate) number: Ident,
    /// What the loop calls what it waits for.
    pub(crate) local: Ident,
    pub(crate) kind: SourceKind,
}

pub(crate) enum SourceKind {
    Every {
        period: TokenStream,
        first: FirstTick,
    },
    Stream(TokenStream),
    On(TokenStream),
    /// As long as the condition holds; the local is what it gave.
    OnIf {
        future: TokenStream,
        condition: TokenStream,
        local: Ident,
    },
}

/// A method whose value the client reads without the mailbox.
pub(crate) struct Watch {
    pub(crate) attributes: Attributes,
    pub(crate) visibility: Visibility,
    pub(crate) method: Ident,
    /// The client's method that follows the value, unless there is one of that name.
    pub(crate) follower: Option<Ident>,
    /// The predicates of the method's own `where`.
    pub(crate) conditions: Vec<WherePredicate>,
    pub(crate) ty: TokenStream,
}

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
    /// How many calls the method takes at once, if it takes more than one.
    pub(crate) batch: Option<Expr>,
}

/// Which lane of the mailbox a command goes through.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lane {
    First,
    Priority,
}

/// What becomes of a call whose caller has gone before it is started.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum AbsentCallers {
    Served,
    Skipped,
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
    Context(Attributes),
    /// `Reply<T>` or `ReplyStream<T>`, which the client made.
    Reply,
}

pub(crate) struct Argument {
    pub(crate) attributes: Attributes,
    pub(crate) name: Ident,
    /// What the client's method takes.
    pub(crate) taken: TokenStream,
    /// What the command carries.
    pub(crate) carried: TokenStream,
    /// What of that the user named: the `T` of a `Vec<T>` that is ours.
    pub(crate) named: TokenStream,
    pub(crate) conversion: Conversion,
}

/// How an argument gets into the command on the caller's side, and out of it for the method.
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

/// What a reference refers to.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Referent {
    /// A type that is its own owned form.
    Sized,
    /// `str`, `Path` or `[T]`, which a reference to the owned form turns into by itself.
    Known,
    /// Another type without a size.
    Unsized,
}

/// What the caller waits for.
pub(crate) enum Reply {
    /// A cast: for the place in the mailbox.
    Accepted,
    /// For the end of a method that returns nothing.
    Done,
    /// For the value of the method.
    Value(ReplyType),
    /// For what is sent with the `Reply` that the method takes.
    Deferred(ReplyType),
    /// For a stream of what is sent with the `ReplyStream` that the method takes.
    Stream(ReplyType),
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
    /// Types that have to be `Send`, as far as that is not plain; each once. Those under a `cfg` need not
    /// exist.
    pub(crate) fn types_to_prove(&self) -> Vec<&TokenStream> {
        let mut seen = HashSet::from([self.self_type.to_token_stream().to_string()]);
        let types = self.commands.iter().flat_map(Command::surely_sent_types);
        types
            .filter(|ty| {
                !types::is_plainly_send(ty, &self.generics)
                    || generics::has_projection(ty, &self.generics)
            })
            .filter(|ty| seen.insert(ty.to_string()))
            .collect()
    }

    /// Whether a method is async, or something else is waited for than a command.
    pub(crate) fn has_futures(&self) -> bool {
        let mut commands = self.commands.iter();
        let mut hooks = self.on_start.iter().chain(&self.on_stop);
        commands.any(|command| command.asyncness == Asyncness::Async)
            || hooks.any(|hook| hook.call.asyncness == Asyncness::Async)
            || !self.sources.is_empty()
    }

    /// Whether something comes before the first command that can fail.
    pub(crate) fn starts(&self) -> bool {
        let mut sources = self.sources.iter();
        !self.on_start.is_empty()
            || sources.any(|source| matches!(source.kind, SourceKind::Every { .. }))
    }

    pub(crate) fn has_priority(&self) -> bool {
        let mut commands = self.commands.iter();
        commands.any(|command| command.lane == Lane::Priority)
    }

    pub(crate) fn has_batches(&self) -> bool {
        self.commands.iter().any(|command| command.batch.is_some())
    }

    /// Whether the actor goes on without clients.
    pub(crate) fn is_detached(&self) -> bool {
        self.life == Life::Detached || (self.commands.is_empty() && self.refused.is_empty())
    }

    /// The associated types in [`types_to_prove`](Self::types_to_prove), which the futures of async methods
    /// may keep. Other types would be taken for the only ones of their kind: a `Box<dyn Fn()>` in a
    /// predicate is `'static`, and that in a future is not.
    pub(crate) fn types_in_futures(&self) -> Vec<TokenStream> {
        if !self.has_futures() {
            return Vec::new();
        }
        let mut seen = HashSet::new();
        let types = self.types_to_prove().into_iter();
        types
            .flat_map(|ty| generics::projections(ty, &self.generics))
            .filter(|ty| seen.insert(ty.to_string()))
            .collect()
    }

    /// What has to hold so that all methods can be called.
    pub(crate) fn conditions(&self) -> impl Iterator<Item = &WherePredicate> {
        let commands = self.commands.iter().map(|command| &command.conditions);
        let hooks = self.on_start.iter().chain(&self.on_stop);
        let calls = hooks.map(|hook| &hook.call);
        let calls = calls.chain(self.sources.iter().map(|source| &source.call));
        let watches = self.watches.iter().map(|watch| &watch.conditions);
        let all = commands.chain(calls.map(|call| &call.conditions));
        all.chain(watches).flatten()
    }

    /// The associated types of parameters that are published, and what they have to be.
    pub(crate) fn published_projections(&self) -> Vec<(TokenStream, Needs)> {
        let projections = |ty: &TokenStream| generics::projections(ty, &self.generics);
        let announced = self.event.iter().flat_map(|event| projections(&event.ty));
        let watched = self.watches.iter().flat_map(|watch| projections(&watch.ty));
        let announced = announced.map(|ty| (ty, Needs::Sent));
        announced
            .chain(watched.map(|ty| (ty, Needs::Shared)))
            .collect()
    }

    /// What a parameter of the block has to be.
    pub(crate) fn needs_of(&self, parameter: &Ident) -> Needs {
        let is_in = |generics: &Generics| {
            generics
                .type_params()
                .any(|param| param.ident == *parameter)
        };
        let mut event = self.event.iter();
        if is_in(&self.watch_generics) {
            Needs::Shared
        } else if self.locality == Locality::Anywhere || event.any(|event| is_in(&event.generics)) {
            Needs::Sent
        } else {
            Needs::Kept
        }
    }

    pub(crate) fn has_type_parameters(&self) -> bool {
        self.generics.type_params().next().is_some()
    }

    /// Whether the state may borrow: `impl<'a> Cache<'a>` or `impl Cache<'_>`.
    pub(crate) fn borrows(&self) -> bool {
        types::has_lifetime(&self.self_type)
    }

    /// Whether the type of the block may have a lifetime that is not seen: `impl Cache<'static>`,
    /// `impl Cache<Box<dyn Db>>`, `impl Cache<Alias>`.
    pub(crate) fn may_hide_lifetimes(&self) -> bool {
        types::may_hide_lifetimes(&self.self_type, &self.generics)
    }

    /// Whether handling commands takes more than the state.
    pub(crate) fn uses_context(&self) -> bool {
        self.commands.iter().any(|command| {
            let mut parameters = command.parameters.iter();
            parameters.any(|parameter| matches!(parameter, Parameter::Context(_)))
                || command.batch.is_some()
                || command.absent_callers == AbsentCallers::Skipped
                || self.publishes_after(command.receiver)
        })
    }

    /// Returns true if a command may change a published value.
    pub(crate) fn publishes_after_commands(&self) -> bool {
        let mut commands = self.commands.iter();
        commands.any(|command| self.publishes_after(command.receiver))
    }

    /// Returns true if a published value may have changed after a method with this receiver.
    pub(crate) fn publishes_after(&self, receiver: Receiver) -> bool {
        receiver == Receiver::Changes && !self.watches.is_empty()
    }
}

impl Call {
    pub(crate) fn takes_output(&self) -> bool {
        let mut parameters = self.parameters.iter();
        parameters.any(|parameter| matches!(parameter, CallParameter::Output(_)))
    }
}

impl Command {
    /// What the client sends.
    pub(crate) fn arguments(&self) -> impl Iterator<Item = &Argument> {
        self.parameters
            .iter()
            .filter_map(|parameter| match parameter {
                Parameter::Argument(argument) => Some(argument),
                Parameter::Context(_) | Parameter::Reply => None,
            })
    }

    /// What this command takes from one thread to another: its arguments and its reply.
    pub(crate) fn sent_types(&self) -> impl Iterator<Item = &TokenStream> {
        self.arguments()
            .map(|argument| &argument.carried)
            .chain(self.reply.sent_type())
    }

    /// The same, without what is under a `cfg`, which need not exist.
    pub(crate) fn surely_sent_types(&self) -> impl Iterator<Item = &TokenStream> {
        let is_sure = !self.attributes.is_conditional();
        let arguments = self.arguments();
        arguments
            .filter(|argument| !argument.attributes.is_conditional())
            .map(|argument| &argument.named)
            .chain(self.reply.sent_type())
            .filter(move |_| is_sure)
    }

    /// Whether the client waits for more than a place in the mailbox.
    pub(crate) fn replies(&self) -> bool {
        !matches!(self.reply, Reply::Accepted)
    }
}

impl ReplyType {
    fn of(ty: &Type, tokens: TokenStream) -> Self {
        let shape = if types::is_named(ty, "Result") {
            ReplyShape::Result
        } else {
            ReplyShape::Other
        };
        Self { tokens, shape }
    }
}

impl Reply {
    fn sent_type(&self) -> Option<&TokenStream> {
        match self {
            Self::Value(ty) | Self::Deferred(ty) | Self::Stream(ty) => Some(&ty.tokens),
            Self::Accepted | Self::Done => None,
        }
    }
}
