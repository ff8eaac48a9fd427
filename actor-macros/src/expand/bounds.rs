//! Predicates: the traits that the types of an actor have to implement, asked at the user's types.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::{Attribute, Generics, Ident, TypeParam, TypeParamBound};

use super::command::command_type;
use super::{paths, places};
use crate::model::{Actor, Locality, Requirement};

/// The types that go to other processes.
#[derive(Default)]
pub(super) struct CarriedTypes {
    /// The types that are certainly there.
    pub(super) certain: Vec<TokenStream>,
    /// The parameters and their associated types in all others. A predicate cannot be under a `cfg`, so it must not
    /// name such a type itself.
    pub(super) parts_of_others: Vec<TokenStream>,
}

/// The `where` under which a client can outlive its maker.
pub(super) fn client_where(actor: &Actor) -> TokenStream {
    let generics = &actor.message_generics;
    where_clause(
        generics,
        generics
            .type_params()
            .map(|param| predicate(&param.ident, quote!('static))),
    )
}

/// The `where` under which commands can go to another process, as the `word` of the block asks: the types that they
/// carry are portable, and the command outlives its maker.
pub(super) fn remote_where(actor: &Actor, carried: &CarriedTypes, word: &Ident) -> TokenStream {
    let CarriedTypes {
        certain,
        parts_of_others,
    } = carried;
    let generics = &actor.message_generics;
    let is_named = |param: &&TypeParam| {
        let name = param.ident.to_string();
        let mut types = certain.iter().chain(parts_of_others);
        types.any(|ty| ty.to_string() == name)
    };
    let others = generics.type_params().filter(|param| !is_named(param));
    let others = others.map(|param| predicate(&param.ident, quote!('static)));
    let portable = |ty: &TokenStream, bound: &str| {
        let (start, end) = places::generated_edges(ty);
        let remote = paths::remote_at(actor, word, start);
        let bound = Ident::new(bound, end);
        predicate(ty, quote_spanned!(end=> #remote::#bound))
    };
    let certain = certain.iter().map(|ty| portable(ty, "Portable"));
    let parts = parts_of_others
        .iter()
        .map(|ty| portable(ty, "PortablePart"));
    where_clause(generics, others.chain(certain).chain(parts))
}

/// The `where` of a client method that returns a stream or an `Answer`, or that runs the command in place. The first
/// two keep the mailbox, wherever they are waited for, to say why the answer was lost. The last one takes commands to
/// the caller's task. Parameters need not allow for that.
pub(super) fn mailbox_where(actor: &Actor) -> Option<TokenStream> {
    let command_type = command_type(actor);
    if actor.message_generics.type_params().next().is_some() {
        return Some(quote!(where #command_type: ::core::marker::Send + 'static,));
    }
    let assumed = assumed_predicate(actor).filter(|_| actor.locality == Locality::Anywhere);
    assumed.map(|predicate| quote!(where #predicate,))
}

/// The parameters of the `impl` blocks. One under a `cfg` has its bounds here, as a `where` names it in any case.
pub(super) fn actor_generics(actor: &Actor) -> Generics {
    let mut generics = actor.generics.clone();
    for param in generics.type_params_mut() {
        if is_conditional(param) {
            let bounds = required_bounds(Span::call_site(), actor.requirement_of(&param.ident));
            param.bounds.push(TypeParamBound::Verbatim(bounds));
        }
    }
    generics
}

fn is_conditional(param: &TypeParam) -> bool {
    let mut attributes = param.attrs.iter().map(Attribute::path);
    attributes.any(|path| path.is_ident("cfg") || path.is_ident("cfg_attr"))
}

/// The `where` under which the type is an actor, and the futures of its methods can be sent.
pub(super) fn actor_where(actor: &Actor) -> TokenStream {
    let mut sent = Vec::new();
    if actor.locality == Locality::Anywhere && actor.has_futures() {
        sent.extend(
            actor
                .assumes_sent_state()
                .then(|| send_predicate(&self_type(actor))),
        );
        sent.extend(
            actor
                .required_parts_in_futures()
                .into_iter()
                .map(send_predicate),
        );
    }
    where_clause(&actor.generics, actor_predicates(actor).chain(sent))
}

/// The `where` clause under which an actor can run on any thread.
pub(super) fn send_actor_where(actor: &Actor) -> TokenStream {
    let self_type = self_type(actor);
    let outlives = actor
        .borrows()
        .then(|| predicate(&self_type, quote!('static)));
    let is_sent = actor
        .requires_sent_state()
        .then(|| send_predicate(&self_type));
    let predicates = actor_predicates(actor)
        .chain(outlives)
        .chain(is_sent)
        .chain(actor.required_parts().into_iter().map(send_predicate))
        .chain(assumed_predicate(actor));
    where_clause(&actor.generics, predicates)
}

/// The assertions about the parts of sent types, shown at the parts.
pub(super) fn assertions(actor: &Actor) -> TokenStream {
    let private = paths::private(actor);
    let parts = actor.asserted_parts().into_iter();
    parts
        .map(|part| quote!(#private::is_send::<#part>();))
        .collect()
}

/// `for<'assumed> CacheCommand: Send`, if there are assertions about its parts. With a lifetime, rustc leaves the proof
/// to whoever uses the actor, and assumes the predicate in the `impl`, so that one mistake is one error.
fn assumed_predicate(actor: &Actor) -> Option<TokenStream> {
    // A command that is kept has it already.
    (!actor.has_last() && !actor.asserted_parts().is_empty()).then(|| assumed_to_be_sent(actor))
}

/// `Self`, shown at the actor's name.
fn self_type(actor: &Actor) -> TokenStream {
    Ident::new("Self", actor.name.span()).into_token_stream()
}

/// The predicates of the methods, then the bounds of each actor. Those are shown at the parameters, for whoever uses
/// the actor with a type that is not `Send`.
fn actor_predicates(actor: &Actor) -> impl Iterator<Item = TokenStream> {
    let params = actor.generics.type_params();
    let params = params.filter(|param| !is_conditional(param));
    let params = params.map(|param| {
        let name = param.ident.to_token_stream();
        (name, actor.requirement_of(&param.ident))
    });
    let types = params.chain(actor.published_projections());
    let required = types.map(|(ty, requirement)| requirement_predicate(&ty, requirement));
    actor
        .conditions()
        .map(ToTokens::to_token_stream)
        .chain(required)
        .chain(published_predicates(actor))
        .chain(kept_predicate(actor))
}

/// `for<'assumed> CacheCommand: Send`, if a command is kept for the end and what it sends may not be `Send`.
fn kept_predicate(actor: &Actor) -> Option<TokenStream> {
    if !actor.has_last() {
        return None;
    }
    let is_certain =
        actor.message_generics.type_params().next().is_none() && actor.asserted_parts().is_empty();
    (!is_certain).then(|| assumed_to_be_sent(actor))
}

fn assumed_to_be_sent(actor: &Actor) -> TokenStream {
    let command_type = command_type(actor);
    quote!(for<'assumed> #command_type: ::core::marker::Send)
}

fn requirement_predicate(ty: &TokenStream, requirement: Requirement) -> TokenStream {
    let (start, _) = places::generated_edges(ty);
    predicate(ty, required_bounds(start, requirement))
}

fn required_bounds(place: Span, requirement: Requirement) -> TokenStream {
    match requirement {
        Requirement::Shared => {
            quote_spanned!(place=> ::core::marker::Send + ::core::marker::Sync + 'static)
        }
        Requirement::Sent => quote_spanned!(place=> ::core::marker::Send + 'static),
        Requirement::Kept => quote_spanned!(place=> 'static),
    }
}

/// Latest values are read on other threads, also if the actor is `local`.
fn published_predicates(actor: &Actor) -> impl Iterator<Item = TokenStream> {
    let params = actor.watch_generics.type_params();
    params.map(|param| {
        let at = places::generated_at(param.ident.span());
        let shared = match actor.locality {
            Locality::Anywhere => quote_spanned!(at=> ::core::marker::Sync),
            Locality::Local => quote_spanned!(at=> ::core::marker::Send + ::core::marker::Sync),
        };
        predicate(&param.ident, shared)
    })
}

/// `ty: Send`, shown at `ty` if it does not hold.
fn send_predicate(ty: &impl ToTokens) -> TokenStream {
    let (start, end) = places::edges(ty);
    // Where the path begins is up to the edition of this token.
    let root = quote_spanned!(places::generated_at(start)=> ::);
    let send = quote_spanned!(end=> Send);
    predicate(ty, quote_spanned!(start=> #root core::marker::#send))
}

fn predicate(ty: impl ToTokens, bounds: impl ToTokens) -> TokenStream {
    quote!(#ty: #bounds)
}

/// The `where` of `generics` with further predicates.
fn where_clause(generics: &Generics, further: impl Iterator<Item = TokenStream>) -> TokenStream {
    let own = generics
        .where_clause
        .iter()
        .flat_map(|clause| &clause.predicates);
    let mut all = own.map(ToTokens::to_token_stream).chain(further).peekable();
    if all.peek().is_none() {
        return TokenStream::new();
    }
    quote!(where #(#all),*)
}
