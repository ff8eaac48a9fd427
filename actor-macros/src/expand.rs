//! `Actor` to tokens: the user's block first, then the enum, the client and the loop.

mod client;
mod command;
mod paths;
mod runner;

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::{Generics, Ident};

use crate::model::{Actor, Locality, Place};

pub(crate) fn expand(actor: &Actor) -> TokenStream {
    // First, because editors resolve a token to its first occurrence.
    let block = &actor.block;
    let items = [
        command::items(actor),
        client::items(actor),
        runner::items(actor),
    ];
    let items = items.into_iter().flatten();
    let attributes = actor.attributes.at(Place::Item);
    quote! {
        #block
        #(#attributes #items)*
    }
}

/// What the enum and the client allow themselves.
fn allowed_lints() -> TokenStream {
    quote! {
        #[allow(private_interfaces, unreachable_pub, reason = "visibility is a guess")]
    }
}

/// A generated item matches on deprecated commands, too.
fn allow_deprecated(actor: &Actor) -> Option<TokenStream> {
    let is_deprecated = actor
        .commands
        .iter()
        .any(|command| command.attributes.is_deprecated());
    is_deprecated.then(|| quote!(#[allow(deprecated, reason = "commands may be deprecated")]))
}

/// What has to hold so that a client can outlive whoever made it.
fn client_where(actor: &Actor) -> TokenStream {
    let generics = &actor.message_generics;
    where_clause(
        generics,
        generics
            .type_params()
            .map(|param| bound(&param.ident, quote!('static))),
    )
}

/// What has to hold so that an actor can be one.
fn actor_where(actor: &Actor) -> TokenStream {
    where_clause(&actor.generics, actor_predicates(actor))
}

/// What has to hold so that an actor can run on any thread. It is asked at the user's types and then
/// assumed, so that one mistake is one error.
fn send_actor_where(actor: &Actor) -> TokenStream {
    let itself = Ident::new("Self", actor.name.span()).into_token_stream();
    let has_lifetimes = actor.has_lifetimes();
    // With lifetimes, rustc would take `Self: Send` for a further condition, which it cannot prove.
    let outlives = has_lifetimes.then(|| bound(&itself, quote!('static)));
    let asked = (!has_lifetimes).then_some(&itself).into_iter();
    let sent = asked.chain(actor.types_to_prove()).map(|ty| {
        let (start, end) = ends(ty);
        let sent = quote_spanned!(end=> Send);
        bound(ty, quote_spanned!(start=> ::core::marker::#sent))
    });
    let predicates = actor_predicates(actor).chain(outlives).chain(sent);
    where_clause(&actor.generics, predicates)
}

fn actor_predicates(actor: &Actor) -> impl Iterator<Item = TokenStream> {
    let bounds = match actor.locality {
        Locality::Anywhere => quote!(::core::marker::Send + 'static),
        Locality::Local => quote!('static),
    };
    let params = actor.generics.type_params();
    params.map(move |param| bound(&param.ident, &bounds))
}

/// The first and the last place of `tokens`: what is spanned by both is shown at all of them.
fn ends(tokens: &TokenStream) -> (Span, Span) {
    let mut spans = tokens.clone().into_iter().map(|tree| tree.span());
    let start = spans.next().unwrap_or_else(Span::call_site);
    (start, spans.last().unwrap_or(start))
}

fn bound(ty: impl ToTokens, bounds: impl ToTokens) -> TokenStream {
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
