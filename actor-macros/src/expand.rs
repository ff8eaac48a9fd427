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

mod parameters;
mod paths;
mod places;

use proc_macro2::TokenStream;
use quote::quote;

use crate::model::{Actor, Place};

pub(crate) fn expand(actor: &Actor) -> TokenStream {
    // First, because editors resolve a token to its first occurrence.
    let block = &actor.block;
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
