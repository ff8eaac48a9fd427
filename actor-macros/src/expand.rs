//! `Actor` to tokens: the user's block first, then the enum, the client and the loop.

mod client;
mod command;
mod paths;
mod runner;

use proc_macro2::TokenStream;
use quote::{ToTokens as _, quote};
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
    let conditions = actor.attributes.at(Place::Item);
    quote! {
        #block
        #(#conditions #items)*
    }
}

/// What the enum and the client allow themselves.
fn allowed_lints() -> TokenStream {
    quote! {
        #[allow(private_interfaces, unreachable_pub, reason = "visibility is a guess")]
        #[allow(rustdoc::private_intra_doc_links)]
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

/// What the parameters of a client have to be so that it can be shared: `Send + 'static`.
fn client_where(actor: &Actor) -> TokenStream {
    let generics = &actor.message_generics;
    where_clause(
        generics,
        generics.type_params().map(|param| sendable(&param.ident)),
    )
}

/// What the parameters of an actor have to be so that it can run on its own.
fn actor_where(actor: &Actor) -> TokenStream {
    let is_sent = |name: &Ident| {
        actor.locality == Locality::Anywhere
            || actor
                .message_generics
                .type_params()
                .any(|param| param.ident == *name)
    };
    let params = actor.generics.type_params().map(|param| {
        let name = &param.ident;
        if is_sent(name) {
            sendable(name)
        } else {
            quote!(#name: 'static)
        }
    });
    let self_type = &actor.self_type;
    let has_lifetimes = actor.generics.lifetimes().next().is_some();
    where_clause(
        &actor.generics,
        params.chain(has_lifetimes.then(|| quote!(#self_type: 'static))),
    )
}

fn sendable(param: &Ident) -> TokenStream {
    quote!(#param: ::core::marker::Send + 'static)
}

/// The `where` of `generics` with further predicates.
fn where_clause(generics: &Generics, further: impl Iterator<Item = TokenStream>) -> TokenStream {
    let own = generics
        .where_clause
        .iter()
        .flat_map(|clause| &clause.predicates);
    let mut all = own
        .map(|predicate| predicate.to_token_stream())
        .chain(further)
        .peekable();
    if all.peek().is_none() {
        return TokenStream::new();
    }
    quote!(where #(#all),*)
}
