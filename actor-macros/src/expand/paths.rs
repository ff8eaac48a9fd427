//! The one file that spells the path of the runtime crate.

use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};

use crate::model::Actor;

/// Where everything is that generated code names.
pub(super) fn private(actor: &Actor) -> TokenStream {
    private_at(actor, Span::call_site())
}

/// The same, so that an error is shown at `span`.
pub(super) fn private_at(actor: &Actor, span: Span) -> TokenStream {
    match &actor.runtime {
        Some(runtime) => quote!(#runtime::__private),
        None => quote_spanned!(span=> ::actor_runtime::__private),
    }
}
