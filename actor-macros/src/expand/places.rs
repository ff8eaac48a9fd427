//! Spans: the places in the user's code at which rustc shows an error in generated code.

use proc_macro2::{Group, Span, TokenStream, TokenTree};
use quote::ToTokens;
use syn::Ident;

use crate::model::{NamedType, Trees};

/// The spans of the first and the last token. rustc underlines everything from the one to the other.
pub(super) fn edges(tokens: &impl ToTokens) -> (Span, Span) {
    edges_of(&Trees::of(tokens))
}

fn edges_of(Trees(trees): &Trees) -> (Span, Span) {
    let start = trees.first().map_or_else(Span::call_site, TokenTree::span);
    (start, trees.last().map_or(start, TokenTree::span))
}

/// The edges of `tokens`, for generated code that is shown there.
pub(super) fn generated_edges(tokens: &impl ToTokens) -> (Span, Span) {
    let (start, end) = edges(tokens);
    (generated_at(start), generated_at(end))
}

/// The edges of a type that was named, for generated code that is shown there.
pub(super) fn generated_edges_of(ty: &NamedType) -> (Span, Span) {
    let (start, end) = edges_of(&ty.tokens);
    (generated_at(start), generated_at(end))
}

/// The span of generated code that is shown at `place`.
pub(super) fn generated_at(place: Span) -> Span {
    Span::call_site().located_at(place)
}

/// `name`, shown at `place`.
pub(super) fn name_at(name: &Ident, place: Span) -> Ident {
    let mut name = name.clone();
    name.set_span(name.span().located_at(place));
    name
}

/// `tokens`, shown at `place`.
pub(super) fn tokens_at(tokens: &TokenStream, place: Span) -> TokenStream {
    let moved = tokens.clone().into_iter().map(|mut tree| {
        if let TokenTree::Group(group) = &tree {
            tree = Group::new(group.delimiter(), tokens_at(&group.stream(), place)).into();
        }
        tree.set_span(tree.span().located_at(place));
        tree
    });
    moved.collect()
}

/// The place of the first name in a type, such as `Config` in `&Config`.
pub(super) fn first_name(ty: &impl ToTokens) -> Span {
    let mut trees = ty.to_token_stream().into_iter();
    let name = trees.find(|tree| matches!(tree, TokenTree::Ident(name) if name != "mut"));
    name.map_or_else(|| edges(ty).0, |name| name.span())
}

/// The place of the last name or the last brackets in a type, such as `Config` in `&Config`.
pub(super) fn last_name(Trees(ty): &Trees) -> Span {
    let is_name = |tree: &&TokenTree| matches!(tree, TokenTree::Ident(_) | TokenTree::Group(_));
    let mut names = ty.iter().rev().filter(is_name);
    names.next().map_or_else(Span::call_site, TokenTree::span)
}
