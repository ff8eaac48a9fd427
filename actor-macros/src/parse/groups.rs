//! Groups of tokens: replaces their content, and unwraps invisible ones.

use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};

/// Returns a group with the delimiter and span of `group`, with other tokens in it.
pub(crate) fn regrouped(group: &Group, stream: TokenStream) -> Group {
    let mut regrouped = Group::new(group.delimiter(), stream);
    regrouped.set_span(group.span());
    regrouped
}

/// Returns the tokens that a `macro_rules!` fragment such as `$block:item` wraps, or `tokens` if there is no
/// fragment.
pub(super) fn without_invisible_group(tokens: TokenStream) -> TokenStream {
    let mut trees = tokens.clone().into_iter();
    match (trees.next(), trees.next()) {
        (Some(TokenTree::Group(group)), None) if group.delimiter() == Delimiter::None => {
            without_invisible_group(group.stream())
        }
        _ => tokens,
    }
}
