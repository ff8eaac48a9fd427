//! The paths of the runtime crate. No other file spells them out.

use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::Ident;

use super::places::tokens_at;
use crate::model::Actor;

/// The path of the runtime's public items.
pub(super) fn public(actor: &Actor) -> TokenStream {
    public_at(actor, Span::call_site())
}

/// The path of the public items, with a `span` at which rustc shows an error about them.
pub(super) fn public_at(actor: &Actor, span: Span) -> TokenStream {
    match &actor.runtime {
        Some(runtime) => quote!(#runtime),
        None => quote_spanned!(span=> ::actor_runtime),
    }
}

/// The path of the module with the items of remote commands. If the feature is off, rustc says so at the `word` of the
/// block that asks for them.
pub(super) fn remote(actor: &Actor, word: &Ident) -> TokenStream {
    remote_at(actor, word, Span::call_site())
}

/// The path of that module, with a `place` at which rustc shows an error about its items.
pub(super) fn remote_at(actor: &Actor, word: &Ident, place: Span) -> TokenStream {
    let public = tokens_at(&public(actor), place);
    let remote = Ident::new("remote", Span::call_site().located_at(word.span()));
    quote_spanned!(place=> #public::#remote)
}

/// The path of the hidden items, which only generated code names.
pub(super) fn private(actor: &Actor) -> TokenStream {
    private_at(actor, Span::call_site())
}

/// The path of the hidden items, with a `span` at which rustc shows an error about them.
pub(super) fn private_at(actor: &Actor, span: Span) -> TokenStream {
    let runtime = public_at(actor, span);
    quote_spanned!(span=> #runtime::__private)
}
