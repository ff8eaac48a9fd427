//! An actor as the macro understands it: plain data, and facts derived from it.

mod attributes;
mod names;

use std::collections::HashSet;

use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::{Expr, Generics, Ident, Path, Type, Visibility, WherePredicate};

pub(crate) use self::attributes::{Attributes, Forwarded, ForwardedKind, Place};
pub(crate) use self::names::{
    Names, argument as argument_name, condition as condition_name, follower as follower_name,
    generated as generated_name, in_words, item as item_name, local as local_name,
    numbered_variant, subscribe as subscribe_name, twin as twin_name, variant as variant_name,
};

pub(crate) struct Actor {
    /// The user's block, without our attributes.
    pub(crate) block: TokenStream,
    /// The last segment of the type's path.
    pub(crate) name: Ident,
    pub(crate) self_type: Type,
    pub(crate) lifetimes: Lifetimes,
    /// The name of the generated enum.
    pub(crate) command: Ident,
    /// The name of the generated client.
    pub(crate) client: Ident,
    /// The parameters of the block.
    pub(crate) generics: Generics,
    /// The parameters of the block that commands use.
    pub(crate) message_generics: Generics,
    /// The type parameters of commands that no field is sure to name.
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
    /// The attributes of the whole block.
    pub(crate) attributes: Attributes,
    pub(crate) commands: Vec<Command>,
    pub(crate) refused: Vec<Refused>,
    pub(crate) on_start: Vec<Hook>,
    pub(crate) sources: Vec<Source>,
    pub(crate) on_stop: Vec<Hook>,
    pub(crate) watches: Vec<Watch>,
    /// The parameters of the block that published values use.
    pub(crate) watch_generics: Generics,
    /// The type parameters of published values that no field is sure to name.
    pub(crate) unwatched_parameters: Vec<Ident>,
}

/// The lifetimes in the type of the block.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lifetimes {
    /// The type has none.
    Absent,
    /// The type may have one that is not seen: `impl Cache<'static>`, `impl Cache<Box<dyn Db>>`,
    /// `impl Cache<Alias>`.
    MaybeHidden,
    /// The state may borrow: `impl<'a> Cache<'a>`, `impl Cache<'_>`.
    Named,
}

/// The size of the mailbox.
#[derive(Default)]
pub(crate) enum Capacity {
    #[default]
    Default,
    Bounded(Expr),
    Unbounded,
}

/// The threads on which an actor can run.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Locality {
    /// The actor runs on any thread.
    #[default]
    Anywhere,
    /// The actor stays on the thread of its runner.
    Local,
}

/// The fate of an actor without clients.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Life {
    /// The actor ends.
    #[default]
    Attached,
    /// The actor goes on.
    Detached,
}

/// The fate of queued commands when the actor is told to end.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shutdown {
    Stop,
    Drain,
}

/// The way in which a client method returns a `CallError`.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum ErrorMode {
    /// In a `Result` around the method's own type.
    #[default]
    Wrap,
    /// In the method's own `Result`.
    Into,
    /// Not at all: the method's own type has a default.
    Default,
}

/// The events that the actor announces.
pub(crate) struct Event {
    pub(crate) ty: NamedType,
    /// The parameters of the block that the type uses.
    pub(crate) generics: Generics,
    pub(crate) capacity: Option<Expr>,
    /// The client's method that listens, unless a method of the user has its name.
    pub(crate) subscribe: Option<Ident>,
}

/// A type that the user named, as it is written outside of the block.
pub(crate) struct NamedType {
    pub(crate) tokens: TokenStream,
    pub(crate) sending: Sending,
    /// The associated types of parameters in it, or the whole type if they are not as plain as `T::Item`.
    pub(crate) projections: Vec<TokenStream>,
}

/// The reason to believe that a type is `Send`.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sending {
    /// The type is made of std's types and of parameters.
    Plain,
    /// None: rustc is asked.
    ToProve,
}

/// The threads that see the values of a type, and so what is required of the type.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Requirement {
    /// The values stay where the actor is.
    Kept,
    /// The values go from one thread to another.
    Sent,
    /// Several threads look at the values.
    Shared,
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
    /// The number of calls that the method takes at once, if it takes more than one.
    pub(crate) batch: Option<Expr>,
}

/// The effect of a method on the state.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Receiver {
    Reads,
    Changes,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Asyncness {
    Sync,
    Async,
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

/// A method that the loop calls of its own accord.
pub(crate) struct LoopMethod {
    pub(crate) method: Ident,
    pub(crate) receiver: Receiver,
    /// The user's `self`.
    pub(crate) self_ident: Ident,
    pub(crate) asyncness: Asyncness,
    /// The predicates of the method's own `where`.
    pub(crate) conditions: Vec<WherePredicate>,
    /// In the order of the method.
    pub(crate) parameters: Vec<LoopParameter>,
}

pub(crate) enum LoopParameter {
    /// The value that the method is called about, with the type for which the method takes it.
    Output(Box<Type>),
    Context(Attributes),
}

/// A method that the loop calls once, at the start or at the end.
pub(crate) struct Hook {
    pub(crate) attributes: Attributes,
    pub(crate) call: LoopMethod,
    /// The method's return type, if it has one.
    pub(crate) result: Option<Type>,
}

/// A method that the loop calls whenever a value comes, and the origin of the values.
pub(crate) struct Source {
    pub(crate) attributes: Attributes,
    pub(crate) call: LoopMethod,
    pub(crate) variant: Ident,
    /// The loop's name for the stream, timer or future.
    pub(crate) local: Ident,
    pub(crate) kind: SourceKind,
}

pub(crate) enum SourceKind {
    Every {
        period: Expr,
        first: FirstTick,
    },
    Stream(Expr),
    On(Expr),
    /// A future made while the condition holds; the local has the value of the condition.
    OnIf {
        future: Expr,
        condition: Expr,
        local: Ident,
    },
}

/// The first time at which an interval ticks.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum FirstTick {
    AfterOnePeriod,
    AtOnce,
}

/// A method whose value the client reads without the mailbox.
pub(crate) struct Watch {
    pub(crate) attributes: Attributes,
    pub(crate) visibility: Visibility,
    pub(crate) method: Ident,
    /// The client's method that follows the value, unless a method of the user has its name.
    pub(crate) follower: Option<Ident>,
    /// The predicates of the method's own `where`.
    pub(crate) conditions: Vec<WherePredicate>,
    pub(crate) ty: NamedType,
}

impl Actor {
    /// Types for which rustc is asked whether they are `Send`, each once.
    pub(crate) fn types_to_prove(&self) -> Vec<&TokenStream> {
        let types = self.unproven_types().into_iter();
        types.map(|ty| &ty.tokens).collect()
    }

    /// The associated types in [`types_to_prove`](Self::types_to_prove), which the futures of async methods
    /// may keep. Other types would be taken for the only ones of their kind: a `Box<dyn Fn()>` in a
    /// predicate is `'static`, and the one in a future is not.
    pub(crate) fn types_in_futures(&self) -> Vec<TokenStream> {
        if !self.has_futures() {
            return Vec::new();
        }
        let mut seen = HashSet::new();
        let types = self.unproven_types().into_iter();
        types
            .flat_map(|ty| &ty.projections)
            .filter(|ty| seen.insert(ty.to_string()))
            .cloned()
            .collect()
    }

    /// Types under a `cfg` are not among them, as they need not exist.
    fn unproven_types(&self) -> Vec<&NamedType> {
        let mut seen = HashSet::from([self.self_type.to_token_stream().to_string()]);
        let types = self.commands.iter().flat_map(Command::surely_sent_types);
        types
            .filter(|ty| ty.sending == Sending::ToProve)
            .filter(|ty| seen.insert(ty.tokens.to_string()))
            .collect()
    }

    /// Returns whether the loop awaits anything except commands.
    pub(crate) fn has_futures(&self) -> bool {
        let mut commands = self.commands.iter();
        let mut hooks = self.hooks();
        commands.any(|command| command.asyncness == Asyncness::Async)
            || hooks.any(|hook| hook.call.asyncness == Asyncness::Async)
            || !self.sources.is_empty()
    }

    /// Returns whether anything before the first command can fail.
    pub(crate) fn start_can_fail(&self) -> bool {
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

    /// Returns whether the enum has commands to tell of, and nothing more.
    pub(crate) fn is_plain(&self) -> bool {
        self.event.is_none()
            && self.watches.is_empty()
            && !self.has_priority()
            && !self.has_batches()
    }

    /// Returns whether the actor goes on without clients.
    pub(crate) fn is_detached(&self) -> bool {
        self.life == Life::Detached || (self.commands.is_empty() && self.refused.is_empty())
    }

    /// The predicates under which all methods can be called.
    pub(crate) fn conditions(&self) -> impl Iterator<Item = &WherePredicate> {
        let commands = self.commands.iter().map(|command| &command.conditions);
        let hooks = self.hooks().map(|hook| &hook.call);
        let calls = hooks.chain(self.sources.iter().map(|source| &source.call));
        let watches = self.watches.iter().map(|watch| &watch.conditions);
        let all = commands.chain(calls.map(|call| &call.conditions));
        all.chain(watches).flatten()
    }

    fn hooks(&self) -> impl Iterator<Item = &Hook> {
        self.on_start.iter().chain(&self.on_stop)
    }

    /// The associated types of parameters that are published, with what is required of them.
    pub(crate) fn published_projections(&self) -> Vec<(TokenStream, Requirement)> {
        let required = |ty: &NamedType, requirement| {
            let projections = ty.projections.clone().into_iter();
            projections.map(move |ty| (ty, requirement))
        };
        let events = self.event.iter().map(|event| &event.ty);
        let watches = self.watches.iter().map(|watch| &watch.ty);
        events
            .flat_map(|ty| required(ty, Requirement::Sent))
            .chain(watches.flat_map(|ty| required(ty, Requirement::Shared)))
            .collect()
    }

    /// Returns what is required of a parameter of the block.
    pub(crate) fn requirement_of(&self, parameter: &Ident) -> Requirement {
        let is_in = |generics: &Generics| {
            let mut params = generics.type_params();
            params.any(|param| param.ident == *parameter)
        };
        let mut event = self.event.iter();
        if is_in(&self.watch_generics) {
            Requirement::Shared
        } else if self.locality == Locality::Anywhere || event.any(|event| is_in(&event.generics)) {
            Requirement::Sent
        } else {
            Requirement::Kept
        }
    }

    pub(crate) fn has_type_parameters(&self) -> bool {
        self.generics.type_params().next().is_some()
    }

    /// Returns whether the state may borrow.
    pub(crate) fn borrows(&self) -> bool {
        self.lifetimes == Lifetimes::Named
    }

    /// Returns whether the type of the block may have a lifetime.
    pub(crate) fn may_hide_lifetimes(&self) -> bool {
        self.lifetimes != Lifetimes::Absent
    }

    /// Returns whether handling commands takes more than the state.
    pub(crate) fn uses_context(&self) -> bool {
        self.commands.iter().any(|command| {
            let mut parameters = command.parameters.iter();
            parameters.any(|parameter| matches!(parameter, Parameter::Context(_)))
                || command.batch.is_some()
                || command.absent_callers == AbsentCallers::Skipped
                || self.publishes_after(command.receiver)
        })
    }

    /// Returns whether a published value may have changed.
    pub(crate) fn publishes_after(&self, receiver: Receiver) -> bool {
        receiver == Receiver::Changes && !self.watches.is_empty()
    }
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

impl LoopMethod {
    pub(crate) fn takes_output(&self) -> bool {
        let mut parameters = self.parameters.iter();
        parameters.any(|parameter| matches!(parameter, LoopParameter::Output(_)))
    }
}

impl ToTokens for NamedType {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        self.tokens.to_tokens(tokens);
    }
}
