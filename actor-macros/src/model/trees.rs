//! Tokens that the macro keeps.

use std::fmt;

use proc_macro2::{TokenStream, TokenTree};
use quote::{ToTokens, TokenStreamExt as _};

/// The tokens of a type or a clause, which are read and printed several times. A `TokenStream` is the compiler's, which
/// has to be asked each time.
#[derive(Clone)]
pub(crate) struct Trees(pub(crate) Vec<TokenTree>);

impl Trees {
    pub(crate) fn of(tokens: impl ToTokens) -> Self {
        Self(tokens.into_token_stream().into_iter().collect())
    }
}

impl ToTokens for Trees {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        tokens.append_all(&self.0);
    }
}

impl fmt::Display for Trees {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.to_token_stream().fmt(f)
    }
}
