//! Types as tokens: the names in them, and other names put in their place.

use std::collections::HashSet;
use std::mem;

use proc_macro2::{Delimiter, Ident, Spacing, Span, TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::{Generics, Lifetime, Type};

use crate::parse::regrouped;

/// `tokens` of a type with `Self` spelled out, as it is needed outside of the block.
pub(crate) fn without_self(tokens: impl ToTokens, self_type: &Type) -> TokenStream {
    spelled_out(tokens.into_token_stream(), self_type, Position::Type)
}

/// Where a `Self` stands: in a length, a type with parameters cannot be written as it is elsewhere, and
/// rustc refuses it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Position {
    Type,
    Expression,
}

fn spelled_out(tokens: TokenStream, self_type: &Type, mut position: Position) -> TokenStream {
    let trees: Vec<TokenTree> = tokens.into_iter().collect();
    let mut spelled = TokenStream::new();
    for (index, tree) in trees.iter().enumerate() {
        match tree {
            TokenTree::Ident(name) if name == "Self" && is_first(&trees, index) => {
                match &trees[index + 1..] {
                    [colon, _, TokenTree::Ident(_), ..] if is_path_separator(colon) => {
                        spelled.extend(quote!(<#self_type>));
                    }
                    // rustc refuses `Self<..>` and `Self::<..>`.
                    [next, ..] if is_punct(next, '<') || is_path_separator(next) => {
                        spelled.extend([tree.clone()]);
                    }
                    _ if position == Position::Expression && has_arguments(self_type) => {
                        spelled.extend([tree.clone()]);
                    }
                    _ => self_type.to_tokens(&mut spelled),
                }
            }
            TokenTree::Group(group) => {
                let inside = match group.delimiter() {
                    Delimiter::Brace => Position::Expression,
                    _ => position,
                };
                let inner = regrouped(group, spelled_out(group.stream(), self_type, inside));
                spelled.extend([TokenTree::Group(inner)]);
            }
            tree => {
                if is_punct(tree, ';') {
                    position = Position::Expression;
                }
                spelled.extend([tree.clone()]);
            }
        }
    }
    spelled
}

fn has_arguments(ty: &Type) -> bool {
    let mut trees = ty.to_token_stream().into_iter();
    trees.any(|tree| is_punct(&tree, '<'))
}

/// `tokens` with `'_` in place of the lifetimes of `generics`.
pub(crate) fn without_lifetimes(tokens: TokenStream, generics: &Generics) -> TokenStream {
    let lifetimes: HashSet<String> = generics
        .lifetimes()
        .map(|param| param.lifetime.ident.to_string())
        .collect();
    let mut is_lifetime = false;
    let elided = tokens.into_iter().map(|tree| {
        let was_lifetime = mem::replace(&mut is_lifetime, is_punct(&tree, '\''));
        match tree {
            TokenTree::Ident(name) if was_lifetime && lifetimes.contains(&name.to_string()) => {
                Ident::new("_", name.span()).into()
            }
            TokenTree::Group(group) => {
                regrouped(&group, without_lifetimes(group.stream(), generics)).into()
            }
            tree => tree,
        }
    });
    elided.collect()
}

/// `tokens` of a type with `'static` in place of all lifetimes, written or not.
pub(crate) fn made_static(tokens: TokenStream) -> TokenStream {
    let mut made = TokenStream::new();
    let mut trees = tokens.into_iter().peekable();
    let mut is_lifetime = false;
    while let Some(tree) = trees.next() {
        let was_lifetime = mem::replace(&mut is_lifetime, is_punct(&tree, '\''));
        let is_reference = is_punct(&tree, '&');
        match tree {
            TokenTree::Ident(name) if was_lifetime => {
                made.extend([TokenTree::Ident(Ident::new("static", name.span()))]);
            }
            TokenTree::Group(group) => {
                let inner = regrouped(&group, made_static(group.stream()));
                made.extend([TokenTree::Group(inner)]);
            }
            tree => made.extend([tree]),
        }
        if is_reference && !trees.peek().is_some_and(|next| is_punct(next, '\'')) {
            Lifetime::new("'static", Span::call_site()).to_tokens(&mut made);
        }
    }
    made
}

/// The first lifetime in the tokens of a type that is one of `generics`.
pub(crate) fn lifetime_of(ty: TokenStream, generics: &Generics) -> Option<Lifetime> {
    let trees: Vec<TokenTree> = ty.into_iter().collect();
    trees
        .iter()
        .enumerate()
        .find_map(|(position, tree)| match tree {
            TokenTree::Group(group) => lifetime_of(group.stream(), generics),
            TokenTree::Ident(name) if position > 0 && is_punct(&trees[position - 1], '\'') => {
                let mut of_block = generics.lifetimes().map(|param| &param.lifetime);
                let lifetime = of_block.find(|lifetime| lifetime.ident == *name)?;
                Some(Lifetime {
                    apostrophe: trees[position - 1].span(),
                    ident: Ident::new(&lifetime.ident.to_string(), name.span()),
                })
            }
            _ => None,
        })
}

/// The first `Self` in the tokens of a type.
pub(crate) fn own_type(ty: TokenStream) -> Option<Ident> {
    ty.into_iter().find_map(|tree| match tree {
        TokenTree::Ident(name) if name == "Self" => Some(name),
        TokenTree::Group(group) => own_type(group.stream()),
        _ => None,
    })
}

/// The names that can be those of parameters: what is behind a `::` or before a `=` is none of the block's.
pub(super) fn first_names_in(tokens: TokenStream) -> HashSet<String> {
    let trees: Vec<TokenTree> = tokens.into_iter().collect();
    let mut names = HashSet::new();
    for (position, tree) in trees.iter().enumerate() {
        let is_assigned = trees
            .get(position + 1)
            .is_some_and(|next| is_punct(next, '='));
        match tree {
            TokenTree::Group(group) => names.extend(first_names_in(group.stream())),
            TokenTree::Ident(name) if position > 0 && is_punct(&trees[position - 1], '\'') => {
                names.insert(format!("'{name}"));
            }
            TokenTree::Ident(name) if is_first(&trees, position) && !is_assigned => {
                names.insert(name.to_string());
            }
            _ => {}
        }
    }
    names
}

/// Whether the name at `position` begins its path, and is none of a lifetime.
pub(super) fn is_first(trees: &[TokenTree], position: usize) -> bool {
    let is_segment = position > 1 && is_path_separator(&trees[position - 2]);
    let is_lifetime = position > 0 && is_punct(&trees[position - 1], '\'');
    !is_segment && !is_lifetime
}

/// Identifiers and lifetimes, in groups too.
pub(super) fn names_in(tokens: TokenStream) -> HashSet<String> {
    let mut names = HashSet::new();
    collect_names(tokens, &mut names);
    names
}

fn collect_names(tokens: TokenStream, names: &mut HashSet<String>) {
    let mut is_lifetime = false;
    for tree in tokens {
        let was_lifetime = mem::replace(&mut is_lifetime, is_punct(&tree, '\''));
        match tree {
            TokenTree::Ident(name) if was_lifetime => {
                names.insert(format!("'{name}"));
            }
            TokenTree::Ident(name) => {
                names.insert(name.to_string());
            }
            TokenTree::Group(group) => collect_names(group.stream(), names),
            TokenTree::Punct(_) | TokenTree::Literal(_) => {}
        }
    }
}

pub(super) fn is_punct(tree: &TokenTree, what: char) -> bool {
    matches!(tree, TokenTree::Punct(punct) if punct.as_char() == what)
}

/// The first half of `::`.
pub(super) fn is_path_separator(tree: &TokenTree) -> bool {
    matches!(tree, TokenTree::Punct(punct) if punct.as_char() == ':' && punct.spacing() == Spacing::Joint)
}
