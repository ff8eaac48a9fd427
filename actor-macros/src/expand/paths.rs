//! The paths of the runtime crate. No other file spells them out.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, TokenStreamExt as _, quote_spanned};
use syn::token::PathSep;
use syn::{Ident, Path};

use super::places::tokens_at;
use crate::model::Actor;

/// A path in the runtime crate. An expansion has hundreds, so `quote!` appends the tokens without a stream in between.
#[derive(Clone, Copy)]
pub(super) struct RuntimePath<'a> {
    /// The path of the crate, if it is not the default.
    runtime: Option<&'a Path>,
    module: Option<&'static str>,
    span: Span,
}

impl ToTokens for RuntimePath<'_> {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        let separator = PathSep {
            spans: [self.span; 2],
        };
        match self.runtime {
            Some(runtime) => runtime.to_tokens(tokens),
            None => {
                separator.to_tokens(tokens);
                tokens.append(Ident::new("actor_runtime", self.span));
            }
        }
        if let Some(module) = self.module {
            separator.to_tokens(tokens);
            tokens.append(Ident::new(module, self.span));
        }
    }
}

/// The path of the runtime's public items.
pub(super) fn public(actor: &Actor) -> RuntimePath<'_> {
    public_at(actor, Span::call_site())
}

/// The path of the public items, with a `span` at which rustc shows an error about them.
pub(super) fn public_at(actor: &Actor, span: Span) -> RuntimePath<'_> {
    RuntimePath {
        runtime: actor.runtime.as_ref(),
        module: None,
        span,
    }
}

/// The path of the module with the items of remote commands. If the feature is off, rustc says so at the `word` of the
/// block that asks for them.
pub(super) fn remote(actor: &Actor, word: &Ident) -> TokenStream {
    remote_at(actor, word, Span::call_site())
}

/// The path of that module, with a `place` at which rustc shows an error about its items.
pub(super) fn remote_at(actor: &Actor, word: &Ident, place: Span) -> TokenStream {
    let public = tokens_at(&public(actor).to_token_stream(), place);
    let remote = Ident::new("remote", Span::call_site().located_at(word.span()));
    quote_spanned!(place=> #public::#remote)
}

/// The path of the hidden items, which only generated code names.
pub(super) fn private(actor: &Actor) -> RuntimePath<'_> {
    private_at(actor, Span::call_site())
}

/// The path of the hidden items, with a `span` at which rustc shows an error about them.
pub(super) fn private_at(actor: &Actor, span: Span) -> RuntimePath<'_> {
    RuntimePath {
        module: Some("__private"),
        ..public_at(actor, span)
    }
}
