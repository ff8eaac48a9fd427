//! An actor as the macro understands it: plain data, and facts derived from it.

mod command;
mod role;

mod attributes;
mod names;
mod trees;
mod vocabulary;

use std::collections::HashSet;

use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::{Expr, Generics, Ident, Path, Type, Visibility, WherePredicate};

pub(crate) use self::attributes::{Attributes, Forwarded, ForwardedKind, Place};
pub(crate) use self::command::{
    AbsentCallers, Argument, Command, Conversion, ErrorMode, Lane, MethodKind, Parameter, Referent,
    Refused, Reply, ReplyShape, ReplyType,
};
pub(crate) use self::names::{
    Names, argument_name, condition_name, follower_name, generated_name, in_words, item_name,
    local_name, misses_name, number_name, numbered_variant, output_type_name, subscribe_name,
    twin_name, variant_name,
};
pub(crate) use self::role::{
    FirstTick, Hook, LoopArgument, LoopMethod, LoopParameter, OutputPattern, OwnLoop, Source,
    SourceKind, Watch,
};
pub(crate) use self::trees::Trees;
pub(crate) use self::vocabulary::{
    Asyncness, ContextArgument, NamedType, Part, Receiver, Sending, Twin, bounds_of, is_as_visible,
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
    /// The type parameters of commands that may appear in no field.
    pub(crate) unnamed_parameters: Vec<Ident>,
    /// The path of the runtime crate, if it is not the default.
    pub(crate) runtime: Option<Path>,
    pub(crate) visibility: Visibility,
    pub(crate) capacity: Capacity,
    pub(crate) locality: Locality,
    pub(crate) life: Life,
    /// The option of the block that lets calls run in place.
    pub(crate) in_place: Option<Ident>,
    /// The option of the block that lets other processes call the actor.
    pub(crate) remote: Option<Ident>,
    /// The second client methods that the block asks for.
    pub(crate) twins: Vec<Twin>,
    pub(crate) shutdown: Option<Shutdown>,
    pub(crate) deadline: Option<Expr>,
    pub(crate) event: Option<Event>,
    pub(crate) names: Names,
    /// The attributes of the whole block.
    pub(crate) attributes: Attributes,
    pub(crate) commands: Vec<Command>,
    pub(crate) refused: Vec<Refused>,
    pub(crate) on_start: Vec<Hook>,
    /// The `#[run]` methods, of which there is one at most unless that was reported.
    pub(crate) own_loops: Vec<OwnLoop>,
    pub(crate) sources: Vec<Source>,
    pub(crate) on_stop: Vec<Hook>,
    /// The methods around each command.
    pub(crate) before_each: Vec<Hook>,
    pub(crate) after_each: Vec<Hook>,
    pub(crate) watches: Vec<Watch>,
    /// The parameters of the block that published values use.
    pub(crate) watch_generics: Generics,
    /// The type parameters of published values that may appear in no field.
    pub(crate) unwatched_parameters: Vec<Ident>,
}

/// The lifetimes in the type of the block.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lifetimes {
    /// The type has no lifetime.
    Absent,
    /// The type may have a lifetime that cannot be seen: `impl Cache<Alias>`.
    MaybeHidden,
    /// The type has only `'static`: `impl Cache<'static>`, `impl Cache<Box<dyn Db>>`.
    Static,
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

/// The events that the actor announces.
pub(crate) struct Event {
    pub(crate) ty: NamedType,
    /// The parameters of the block that the type uses.
    pub(crate) generics: Generics,
    pub(crate) capacity: Option<Expr>,
    /// The client's method that subscribes, unless a method of the user has its name.
    pub(crate) subscribe: Option<Ident>,
}

/// The threads that see the values of a type, and therefore the bounds of the type.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Requirement {
    /// The values stay where the actor is.
    Kept,
    /// The values go from one thread to another.
    Sent,
    /// Several threads have references to the values.
    Shared,
}

impl Actor {
    /// Returns the parts of sent types that an assertion is about, each once.
    pub(crate) fn asserted_parts(&self) -> Vec<&Trees> {
        let parts = self.sent_parts().filter(SentPart::is_asserted);
        self.each_once(parts.map(|sent| sent.part))
    }

    /// Returns the parts of sent types that a predicate is about, each once.
    pub(crate) fn required_parts(&self) -> Vec<&Trees> {
        let asserted = self.sent_parts().filter(SentPart::is_asserted);
        let asserted: HashSet<&String> = asserted.map(|sent| &sent.part.text).collect();
        let parts = self.sent_parts().map(|sent| sent.part);
        self.each_once(parts.filter(|part| !asserted.contains(&part.text)))
    }

    /// Returns the parts that need a predicate even where futures keep them, each once.
    pub(crate) fn required_parts_in_futures(&self) -> Vec<&Trees> {
        let parts = self.sent_parts();
        let parts = parts.filter(|sent| sent.part.sending == Sending::Required);
        self.each_once(parts.map(|sent| sent.part))
    }

    /// Returns each of `parts` once, except the type of the actor.
    fn each_once<'a>(&'a self, parts: impl Iterator<Item = &'a Part>) -> Vec<&'a Trees> {
        let parts = parts.map(|part| (part.text.clone(), &part.tokens));
        each_once(parts, &self.self_type)
    }

    fn sent_parts(&self) -> impl Iterator<Item = SentPart<'_>> {
        self.commands.iter().flat_map(|command| {
            let types = command.surely_sent_types();
            let parts = types.flat_map(|ty| &ty.unproven);
            parts.map(|part| SentPart {
                part,
                is_kept: self.keeps_in_future(command),
            })
        })
    }

    /// Returns the types with parts to prove that the future of the loop keeps, each once.
    pub(crate) fn unproven_types_in_futures(&self) -> Vec<&Trees> {
        let commands = self.commands.iter();
        let waiting = commands.filter(|command| self.keeps_in_future(command));
        let types = waiting.flat_map(Command::surely_sent_types);
        let unproven = types.filter(|ty| !ty.unproven.is_empty());
        let unproven = unproven.map(|ty| (ty.tokens.to_string(), &ty.tokens));
        each_once(unproven, &self.self_type)
    }

    /// Returns whether a method whose future is asserted to be `Send` may keep the command in it. A loop of the user
    /// keeps commands of all kinds.
    fn keeps_in_future(&self, command: &Command) -> bool {
        command.asyncness == Asyncness::Async || !self.own_loops.is_empty()
    }

    /// Returns whether the loop awaits anything except commands.
    pub(crate) fn has_futures(&self) -> bool {
        let mut commands = self.commands.iter();
        let mut hooks = self.hooks();
        commands.any(|command| command.asyncness == Asyncness::Async)
            || hooks.any(|hook| hook.call.asyncness == Asyncness::Async)
            || !self.own_loops.is_empty()
            || !self.sources.is_empty()
    }

    /// Returns whether anything before the first command can fail.
    pub(crate) fn start_can_fail(&self) -> bool {
        !self.on_start.is_empty() || self.every().next().is_some()
    }

    /// The `#[every]` methods.
    pub(crate) fn every(&self) -> impl Iterator<Item = &Source> {
        let sources = self.sources.iter();
        sources.filter(|source| matches!(source.kind, SourceKind::Every { .. }))
    }

    /// The methods that wait for a timer.
    pub(crate) fn timed(&self) -> impl Iterator<Item = &Source> {
        let sources = self.sources.iter();
        sources.filter(|source| matches!(source.kind, SourceKind::Every { .. } | SourceKind::At(_)))
    }

    pub(crate) fn has_priority(&self) -> bool {
        let mut commands = self.commands.iter();
        commands.any(|command| command.lane == Lane::Priority)
    }

    /// Returns whether some calls may run in place.
    pub(crate) fn lends(&self) -> bool {
        let mut commands = self.commands.iter();
        commands.any(|command| self.runs_in_place(command))
    }

    /// Returns whether the calls of a command may run in place.
    pub(crate) fn runs_in_place(&self, command: &Command) -> bool {
        let is_meant = self.in_place.is_some() || command.in_place.is_some();
        let mut around = self.around_each();
        let is_async = around.any(|hook| hook.call.asyncness == Asyncness::Async);
        is_meant && command.can_run_in_place() && !is_async
    }

    /// Returns whether a command takes the state.
    pub(crate) fn has_last(&self) -> bool {
        self.commands.iter().any(Command::is_last)
    }

    /// The commands that callers give up after a time.
    pub(crate) fn commands_with_timeout(&self) -> impl Iterator<Item = &Command> {
        let commands = self.commands.iter();
        commands.filter(|command| command.timeout.is_some())
    }

    pub(crate) fn has_batches(&self) -> bool {
        self.commands.iter().any(|command| command.batch.is_some())
    }

    /// Returns whether the actor goes on when it has no clients.
    pub(crate) fn is_detached(&self) -> bool {
        self.life == Life::Detached || (self.commands.is_empty() && self.refused.is_empty())
    }

    /// Returns the predicates under which all methods can be called.
    pub(crate) fn conditions(&self) -> impl Iterator<Item = &WherePredicate> {
        let commands = self.commands.iter().map(|command| &command.conditions);
        let hooks = self.hooks().map(|hook| &hook.call);
        let calls = hooks.chain(self.sources.iter().map(|source| &source.call));
        let loops = self.own_loops.iter().map(|own| &own.conditions);
        let watches = self.watches.iter().map(|watch| &watch.conditions);
        let all = commands.chain(calls.map(|call| &call.conditions));
        all.chain(loops).chain(watches).flatten()
    }

    fn hooks(&self) -> impl Iterator<Item = &Hook> {
        let ends = self.on_start.iter().chain(&self.on_stop);
        ends.chain(self.around_each())
    }

    /// Returns the methods around each command.
    pub(crate) fn around_each(&self) -> impl Iterator<Item = &Hook> {
        self.before_each.iter().chain(&self.after_each)
    }

    /// Returns the associated types of parameters that are published, with their requirements.
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

    /// Returns the requirement of a parameter of the block.
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

    /// Returns whether a predicate asks for a state that is `Send`, as parameters decide it. Otherwise the supertrait
    /// of `SendActor` asks, and uses of the actor are not reported again. Where the state has a lifetime, rustc would
    /// take the predicate for one about that lifetime only.
    pub(crate) fn requires_sent_state(&self) -> bool {
        match self.lifetimes {
            Lifetimes::Absent | Lifetimes::MaybeHidden => self.has_type_parameters(),
            Lifetimes::Static | Lifetimes::Named => false,
        }
    }

    /// Returns whether futures that keep the state may rely on the predicate, too.
    pub(crate) fn assumes_sent_state(&self) -> bool {
        self.requires_sent_state() && !self.may_hide_lifetimes()
    }

    /// Returns whether handling commands needs the context in addition to the state.
    pub(crate) fn uses_context(&self) -> bool {
        let mut around = self.around_each();
        around.any(|hook| hook.call.uses_context())
            || self.commands.iter().any(|command| {
                let mut parameters = command.parameters.iter();
                parameters.any(|parameter| matches!(parameter, Parameter::Context(_)))
                    || command.batch.is_some()
                    || command.absent_callers == AbsentCallers::Skipped
                    || command.is_last()
                    || self.publishes_after_command(command)
            })
    }

    /// Returns whether a command may change a published value.
    pub(crate) fn publishes_after_commands(&self) -> bool {
        let mut commands = self.commands.iter();
        commands.any(|command| self.publishes_after_command(command))
    }

    /// Returns whether a command, or a method around it, may change a published value.
    fn publishes_after_command(&self, command: &Command) -> bool {
        let mut around = self.around_each();
        self.publishes_after(command.receiver)
            || around.any(|hook| self.publishes_after(hook.call.receiver))
    }

    /// Returns whether a method with this receiver may change a published value.
    pub(crate) fn publishes_after(&self, receiver: Receiver) -> bool {
        receiver == Receiver::Changes && !self.watches.is_empty()
    }

    /// Returns whether the answer to a command is held until something else has run.
    pub(crate) fn holds_answer(&self, command: &Command) -> bool {
        !self.after_each.is_empty() || self.publishes_after_command(command)
    }

    /// Returns whether answers are held across an `.await` that may move them to another thread.
    pub(crate) fn sends_held_answers(&self) -> bool {
        let mut after = self.after_each.iter();
        let is_async = after.any(|hook| hook.call.asyncness == Asyncness::Async);
        is_async && self.locality == Locality::Anywhere
    }

    /// Returns whether the answer to any command is held.
    pub(crate) fn holds_answers(&self) -> bool {
        let mut commands = self.commands.iter();
        // Asked for each command, and most actors have neither.
        let may_hold = !self.after_each.is_empty() || !self.watches.is_empty();
        may_hold && commands.any(|command| self.holds_answer(command))
    }
}

/// A part of a type that a command sends.
struct SentPart<'a> {
    part: &'a Part,
    /// True if a future may keep the command that sends the part.
    is_kept: bool,
}

impl SentPart<'_> {
    fn is_asserted(&self) -> bool {
        match self.part.sending {
            Sending::Asserted => true,
            Sending::RequiredOutsideFutures => self.is_kept,
            Sending::Required => false,
        }
    }
}

/// Returns each of `types` once, except the type of the actor. Equal types have equal texts.
fn each_once<'a>(types: impl Iterator<Item = (String, &'a Trees)>, actor: &Type) -> Vec<&'a Trees> {
    let mut types = types.peekable();
    if types.peek().is_none() {
        // As usual. The compiler takes long to make text.
        return Vec::new();
    }
    let mut seen = HashSet::from([actor.to_token_stream().to_string()]);
    types
        .filter_map(|(text, ty)| seen.insert(text).then_some(ty))
        .collect()
}
