//! The words that several parts of the model share.

use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::Visibility;

/// A type that the user named, as it is written outside of the block.
pub(crate) struct NamedType {
    pub(crate) tokens: TokenStream,
    pub(crate) sending: Sending,
    /// The associated types of parameters in this type, or the whole type if they are not as plain as `T::Item`.
    pub(crate) projections: Vec<TokenStream>,
}

/// The reason to believe that a type is `Send`.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sending {
    /// The type consists of std's types and of parameters.
    Plain,
    /// No reason is visible, so the generated code asks rustc.
    ToProve,
}

/// The effect of a method on the state.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Receiver {
    Reads,
    Changes,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Asyncness {
    Sync,
    Async,
}

/// A second client method for a command.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Twin {
    Try,
    Blocking,
}

/// Returns whether an item with the visibility `one` is seen wherever the `other` is.
pub(crate) fn is_as_visible(one: &Visibility, other: &Visibility) -> bool {
    let [one_tokens, other] = [one, other].map(|one| one.to_token_stream().to_string());
    matches!(one, Visibility::Public(_)) || one_tokens == other
}

impl ToTokens for NamedType {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        self.tokens.to_tokens(tokens);
    }
}
