//! The parameters of the generated types: a selection of the block's, with their bounds.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::{
    Attribute, GenericParam, Generics, Ident, PredicateType, Type, TypeParam, WherePredicate,
    parse_quote,
};

use super::{Methods, generics};
use crate::model::{Command, Event, NamedType, Refused, Reply};
use crate::parse::Block;

/// The parameters of the block that the generated types have.
#[derive(Default)]
pub(super) struct UsedParameters {
    pub(super) of_messages: Generics,
    pub(super) of_watches: Generics,
    /// The type parameters of messages that may appear in no field.
    pub(super) unnamed: Vec<Ident>,
    /// The type parameters of published values that may appear in no field.
    pub(super) unwatched: Vec<Ident>,
}

impl UsedParameters {
    pub(super) fn of(block: &Block, methods: &Methods, event: Option<&Event>) -> Self {
        if block.generics.params.is_empty() {
            return Self::default();
        }
        let generics = with_conditions(block, methods);
        let used_by = |types| generics::used_generics(&generics, &block.self_type, types);
        let mut of_messages = used_by(named_in_messages(methods, event));
        let mut of_watches = used_by(named_in_watches(methods));
        if let Some(event) = event {
            require_sent(&mut of_messages, &event.generics, [&event.ty]);
        }
        let watched = methods.watches.iter().map(|watch| &watch.ty);
        require_shared(&mut of_messages, &of_watches, watched.clone());
        let shared = of_watches.clone();
        require_shared(&mut of_watches, &shared, watched);
        let mut commands = methods.commands.iter();
        if commands.any(|command| matches!(command.reply, Reply::Stream(_))) {
            // A stream of replies can go to any thread, and holds a reference to the mailbox.
            let sent = methods.commands.iter().flat_map(named_types);
            let parameters = of_messages.clone();
            require_sent(&mut of_messages, &parameters, sent);
        }
        let surely_sent = methods.commands.iter();
        let surely_sent = surely_sent.flat_map(Command::surely_sent_types);
        let surely_watched = methods.watches.iter();
        let surely_watched = surely_watched
            .filter(|watch| !watch.attributes.is_conditional())
            .map(|watch| &watch.ty);
        Self {
            unnamed: generics::unnamed_parameters(&of_messages, surely_sent),
            unwatched: generics::unnamed_parameters(&of_watches, surely_watched),
            of_messages,
            of_watches,
        }
    }
}

/// Returns the generics of the block, with an alternative of each parameter of which a method under a `cfg` requires
/// something. A predicate cannot be under a `cfg`, and may name a trait that is there under the `cfg` alone.
pub(super) fn with_alternatives(mut generics: Generics, methods: &mut Methods) -> Generics {
    let commands = methods.commands.iter_mut();
    let commands = commands.map(|command| (&command.attributes, &mut command.conditions));
    let watches = methods.watches.iter_mut();
    let watches = watches.map(|watch| (&watch.attributes, &mut watch.conditions));
    for (attributes, conditions) in commands.chain(watches) {
        if let Some(cfg) = attributes.cfg() {
            conditions.retain(|condition| !move_to_parameter(condition, &cfg, &mut generics));
        }
    }
    generics
}

/// The number of alternatives of one parameter, which each further `cfg` doubles.
const MOST_ALTERNATIVES: usize = 16;

/// Returns whether a condition could be moved to a parameter.
fn move_to_parameter(
    condition: &WherePredicate,
    cfg: &TokenStream,
    generics: &mut Generics,
) -> bool {
    let WherePredicate::Type(PredicateType {
        lifetimes: None,
        bounded_ty: Type::Path(path),
        bounds,
        ..
    }) = condition
    else {
        return false;
    };
    let mut alternatives: Vec<&mut TypeParam> = generics
        .type_params_mut()
        .filter(|param| path.path.is_ident(&param.ident))
        .collect();
    let cfg_attribute: Attribute = parse_quote!(#[cfg(#cfg)]);
    let text = cfg_attribute.to_token_stream().to_string();
    let is_under_cfg = |param: &TypeParam| {
        let mut attributes = param.attrs.iter().map(ToTokens::to_token_stream);
        attributes.any(|attribute| attribute.to_string() == text)
    };
    let is_known = alternatives.iter().any(|param| is_under_cfg(param));
    if !is_known && !(1..MOST_ALTERNATIVES).contains(&alternatives.len()) {
        return false;
    }
    let mut others = Vec::new();
    for param in &mut alternatives {
        if !is_known {
            let mut other = param.clone();
            other.attrs.push(parse_quote!(#[cfg(not(#cfg))]));
            others.push(GenericParam::Type(other));
            param.attrs.push(cfg_attribute.clone());
        }
        if is_under_cfg(param) {
            param.bounds.extend(bounds.iter().cloned());
        }
    }
    let last = generics.params.iter().rposition(
        |param| matches!(param, GenericParam::Type(param) if path.path.is_ident(&param.ident)),
    );
    for other in others {
        generics
            .params
            .insert(last.map_or(0, |last| last + 1), other);
    }
    true
}

/// Returns the generics of the block with the predicates of the commands and published values. The actor has to meet
/// them all, and the types that the client carries may need them.
fn with_conditions(block: &Block, methods: &Methods) -> Generics {
    let commands = methods.commands.iter();
    let watches = methods.watches.iter().map(|watch| &watch.conditions);
    let conditions = commands.map(|command| &command.conditions).chain(watches);
    let mut generics = block.generics.clone();
    for condition in conditions.flatten() {
        let predicates = &mut generics.make_where_clause().predicates;
        predicates.push(condition.clone());
    }
    generics
}

fn named_in_watches(methods: &Methods) -> TokenStream {
    let types = methods.watches.iter().map(|watch| &watch.ty);
    quote!(#(#types,)*)
}

fn named_in_messages(methods: &Methods, event: Option<&Event>) -> TokenStream {
    let sent = methods.commands.iter().flat_map(named_types);
    let refused = methods.refused.iter().map(named_in_refused);
    let watched = named_in_watches(methods);
    let event = event.map(|event| &event.ty);
    quote!(#(#sent,)* #(#refused,)* #watched #event)
}

/// Returns the types of the arguments and of the reply.
fn named_types(command: &Command) -> impl Iterator<Item = &NamedType> {
    let arguments = command.arguments().map(|argument| &argument.named);
    arguments.chain(command.reply.sent_type())
}

fn named_in_refused(refused: &Refused) -> TokenStream {
    let Refused {
        generics,
        where_clause,
        arguments,
        ..
    } = refused;
    let reply = refused.reply.sent_type();
    quote!(#generics, #where_clause, #(#arguments,)* #reply)
}

/// Requires that values of the type parameters of `of`, and of the associated types in `types`, can go to
/// other threads.
fn require_sent<'a>(
    generics: &mut Generics,
    of: &Generics,
    types: impl IntoIterator<Item = &'a NamedType>,
) {
    let is_sent = quote!(::core::marker::Send + 'static);
    generics::require(generics, required(of, types), &is_sent);
}

/// Requires that other threads can see values of the type parameters of `of`, and of the associated types
/// in `types`.
fn require_shared<'a>(
    generics: &mut Generics,
    of: &Generics,
    types: impl IntoIterator<Item = &'a NamedType>,
) {
    let is_shared = quote!(::core::marker::Send + ::core::marker::Sync + 'static);
    generics::require(generics, required(of, types), &is_shared);
}

fn required<'a>(
    of: &Generics,
    types: impl IntoIterator<Item = &'a NamedType>,
) -> impl Iterator<Item = TokenStream> {
    let projections = types.into_iter().flat_map(|ty| ty.projections.iter());
    generics::parameters(of).chain(projections.cloned())
}
