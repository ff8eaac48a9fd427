//! `Actor` to tokens: the user's block first, then the enum, the client and the loop.

mod client;
mod remote;
mod runner;

mod around;
mod batch;
mod last;
mod run;

mod sources;

mod command;
mod published;

mod docs;
mod examples;
mod interface;
mod links;

mod bounds;
mod call;
mod lints;

mod paths;
mod places;

use proc_macro2::{TokenStream, TokenTree};
use quote::quote;

use crate::model::{Actor, Lifetimes, Place};

pub(crate) fn expand(actor: &Actor) -> TokenStream {
    // First, because editors resolve a token to its first occurrence.
    let block = block(actor);
    let items = [
        command::items(actor),
        client::items(actor),
        runner::items(actor),
        remote::items(actor),
    ];
    let items = items.into_iter().flatten();
    let attributes = actor.attributes.at(Place::Item);
    quote! {
        #block
        #(#attributes #items)*
    }
}

/// The user's block. A block without parameters and lifetimes gets an empty list of them, in which rustc suggests nothing: it would
/// suggest a parameter for an unknown type in the block alone, and thus report the type again in the generated items.
fn block(actor: &Actor) -> TokenStream {
    if actor.generics.lt_token.is_some() || actor.lifetimes == Lifetimes::Named {
        return actor.block.clone();
    }
    let is_impl = |tree: &TokenTree| matches!(tree, TokenTree::Ident(word) if word == "impl");
    let with_list = |tree: TokenTree| {
        let list = is_impl(&tree).then(|| quote!(<>));
        quote!(#tree #list)
    };
    actor.block.clone().into_iter().map(with_list).collect()
}
