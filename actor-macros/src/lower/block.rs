//! From the block, with the arguments of `#[actor(..)]`, to the actor.

use std::collections::HashSet;

use quote::ToTokens as _;
use syn::{Expr, Ident, Type, Visibility};

use super::argument::{reply_of, simple_name};
use super::attributes::forwarded;
use super::parameters::{UsedParameters, with_alternatives};
use super::signature::typed_arguments;
use super::types::{self, lifetimes_of};
use super::visibility::most_visible;
use super::{Callers, Lowering, Methods, generics, remote, role, signature};
use crate::diagnostics::Errors;
use crate::model::{Actor, Event, Names, item_name, subscribe_name};
use crate::parse::{Block, Input, Method};

/// Returns `None` if the type or a parameter has no name, because generated items are named after them.
pub(crate) fn lower(input: Input, errors: &mut Errors) -> Option<Actor> {
    let Input { args, mut block } = input;
    let name = actor_name(&block, errors)?;
    let used_names = used_names(&block);
    let remote = remote::checked(&args, &block, errors);
    let client = args.client;
    let client = client.unwrap_or_else(|| item_name(&name, "Client"));
    let error_mode = args.errors.map(|(_, mode)| mode).unwrap_or_default();
    let lifetimes = lifetimes_of(&block.self_type, &block.generics);
    let lowering = Lowering {
        block: &block,
        lifetimes,
        used_names: &used_names,
        errors: &error_mode,
        timeout: args.timeout.as_ref(),
        twins: &args.twins,
        locality: args.locality,
        callers: match remote {
            Some(_) => Callers::Anywhere,
            None => Callers::InProcess,
        },
        client: &client,
    };
    let mut methods = lowering.methods(errors);
    if methods.are_none() && errors.is_empty() {
        check_commands(&block, errors);
    }
    let capacity = args.event_capacity.map(|(_, capacity)| capacity);
    let event = args.event.as_ref();
    let event = event.and_then(|ty| lowering.event(ty, capacity, errors));
    block.generics = with_alternatives(block.generics, &mut methods);
    let parameters = UsedParameters::of(&block, &methods, event.as_ref());
    let visibility = args
        .visibility
        .unwrap_or_else(|| most_visible(methods.visibilities()));
    Some(Actor {
        lifetimes,
        command: args.command.unwrap_or_else(|| item_name(&name, "Command")),
        client,
        message_generics: parameters.of_messages,
        unnamed_parameters: parameters.unnamed,
        runtime: args.runtime,
        visibility,
        capacity: args.capacity,
        locality: args.locality,
        life: args.life,
        in_place: args.in_place,
        remote,
        twins: args.twins,
        shutdown: args.shutdown,
        deadline: args.deadline,
        event,
        names: Names::unused(&used_names),
        attributes: forwarded(&block.attributes),
        commands: methods.commands,
        refused: methods.refused,
        on_start: methods.on_start,
        own_loops: methods.own_loops,
        sources: methods.sources,
        on_stop: methods.on_stop,
        before_each: methods.before_each,
        after_each: methods.after_each,
        watches: methods.watches,
        watch_generics: parameters.of_watches,
        unwatched_parameters: parameters.unwatched,
        name,
        block: block.tokens,
        self_type: block.self_type,
        generics: block.generics,
    })
}

/// Reports a type without a name, unless rustc refuses it anyway.
fn actor_name(block: &Block, errors: &mut Errors) -> Option<Ident> {
    if generics::has_unnamed(&block.generics) {
        return None;
    }
    let name = type_name(&block.self_type);
    if name.is_none() && !types::is_without_block(&block.self_type) {
        errors.report(
            &block.self_type,
            "an actor needs a name; write `impl Name { .. }`",
        );
    }
    name
}

fn type_name(ty: &Type) -> Option<Ident> {
    match types::bare(ty) {
        Type::Path(path) if path.qself.is_none() => {
            let name = &path.path.segments.last()?.ident;
            // Keywords such as `crate` do not parse.
            syn::parse2(name.to_token_stream()).ok()
        }
        _ => None,
    }
}

/// Refuses a block without commands. A block without methods is left alone, as it is still being typed.
fn check_commands(block: &Block, errors: &mut Errors) {
    let mut methods = block.methods.iter();
    let is_meant = |method: &Method| {
        method.options.command.skip.is_some() || signature::is_meant_as_command(method)
    };
    if block.has_slips || methods.any(is_meant) {
        return;
    }
    let mut signatures = block.methods.iter().map(|method| &method.signature);
    match signatures.find(|signature| signature::receiver(signature).is_some()) {
        Some(signature) => {
            errors.report(&signature.ident, "no method is a command; write `pub fn`");
        }
        None if block.methods.is_empty() => {}
        None => errors.report(&block.self_type, "no method is a command; take `&self`"),
    }
}

/// Returns the names that generated code must not give to anything of its own.
fn used_names(block: &Block) -> HashSet<String> {
    let mut used = HashSet::new();
    for method in &block.methods {
        // The method may call its reply anything, since the field of the command has a name of its own.
        let arguments = typed_arguments(&method.signature);
        let arguments = arguments.filter(|argument| reply_of(&argument.ty).is_none());
        used.extend(arguments.filter_map(|argument| Some(simple_name(argument)?.to_string())));
        if let Some((_, role)) = &method.options.role {
            used.insert(method.signature.ident.to_string());
            used.extend(role::names_in(role, &method.signature));
        }
    }
    used
}

impl Lowering<'_> {
    fn methods(&self, errors: &mut Errors) -> Methods {
        let mut methods = Methods::default();
        for method in &self.block.methods {
            if let Some((word, role)) = &method.options.role {
                self.lower_role(method, word, role, &mut methods, errors);
                continue;
            }
            if !signature::is_command(method, &self.block.generics, errors)
                || self.is_builder(method)
            {
                continue;
            }
            match self.command(method, errors) {
                Some(command) => methods.commands.push(command),
                None => methods.refused.extend(self.refused(method)),
            }
        }
        methods
    }

    fn event(&self, ty: &Type, capacity: Option<Expr>, errors: &mut Errors) -> Option<Event> {
        let ty = self.event_type(ty, errors)?;
        let Block {
            generics,
            self_type,
            ..
        } = self.block;
        Some(Event {
            generics: generics::used_generics(generics, self_type, ty.to_token_stream()),
            ty,
            capacity,
            subscribe: Some(subscribe_name()),
        })
    }
}

impl Methods {
    fn are_none(&self) -> bool {
        let Self {
            commands,
            on_start,
            own_loops,
            sources,
            on_stop,
            before_each,
            after_each,
            watches,
            refused,
        } = self;
        commands.is_empty()
            && on_start.is_empty()
            && own_loops.is_empty()
            && sources.is_empty()
            && on_stop.is_empty()
            && before_each.is_empty()
            && after_each.is_empty()
            && watches.is_empty()
            && refused.is_empty()
    }

    /// Returns the visibilities of the client's methods.
    fn visibilities(&self) -> impl Iterator<Item = &Visibility> + Clone {
        let commands = self.commands.iter().map(|command| &command.visibility);
        commands
            .chain(self.refused.iter().map(|refused| &refused.visibility))
            .chain(self.watches.iter().map(|watch| &watch.visibility))
    }
}
