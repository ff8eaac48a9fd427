//! Types as tokens: finds the names in them, and replaces names.
//!
//! Types are not taken apart by visitors: with visitors, a clean build of this crate and its dependencies takes a
//! tenth longer.

use std::collections::HashSet;

use proc_macro2::{Delimiter, Ident, Spacing, Span, TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::ext::IdentExt as _;
use syn::{Generics, Lifetime, Type};

use crate::model::Trees;
use crate::parse::{is_punct, regrouped};

/// Writes `tokens` of a type as they are written outside of the block, with `Self` spelled out.
pub(super) fn without_self(tokens: impl ToTokens, self_type: &Type) -> Trees {
    Trees(spelled_out(
        tokens.into_token_stream(),
        self_type,
        Position::Type,
    ))
}

/// The position of a `Self`. In an expression, such as a length, a type with parameters is written differently, and
/// rustc refuses it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Position {
    Type,
    Expression,
}

fn spelled_out(tokens: TokenStream, self_type: &Type, mut position: Position) -> Vec<TokenTree> {
    let trees: Vec<TokenTree> = tokens.into_iter().collect();
    let mut spelled = Vec::new();
    for here in with_neighbours(&trees) {
        match here.tree {
            TokenTree::Ident(name) if name == "Self" && here.is_first() => {
                spelled.extend(self_spelled_out(&here, self_type, position));
            }
            TokenTree::Group(group) => {
                let inside = match group.delimiter() {
                    Delimiter::Brace => Position::Expression,
                    _ => position,
                };
                let inner = spelled_out(group.stream(), self_type, inside);
                spelled.push(regrouped(group, inner.into_iter().collect()).into());
            }
            tree => {
                if is_punct(tree, ';') {
                    position = Position::Expression;
                }
                spelled.push(tree.clone());
            }
        }
    }
    spelled
}

fn self_spelled_out(here: &Neighbours<'_>, self_type: &Type, position: Position) -> TokenStream {
    match here.after {
        [colon, _, TokenTree::Ident(_), ..] if is_path_separator(colon) => quote!(<#self_type>),
        // rustc refuses `Self<..>` and `Self::<..>`.
        [next, ..] if is_punct(next, '<') || is_path_separator(next) => here.tree.clone().into(),
        _ if position == Position::Expression && has_arguments(self_type) => {
            here.tree.clone().into()
        }
        _ => self_type.to_token_stream(),
    }
}

fn has_arguments(ty: &Type) -> bool {
    let mut trees = ty.to_token_stream().into_iter();
    trees.any(|tree| is_punct(&tree, '<'))
}

/// Returns `tokens` with `'_` in place of the lifetimes of `generics`.
pub(super) fn without_lifetimes(tokens: TokenStream, generics: &Generics) -> TokenStream {
    let trees: Vec<TokenTree> = tokens.into_iter().collect();
    let elided = with_neighbours(&trees).map(|here| match here.tree {
        TokenTree::Ident(name) if here.is_lifetime() && lifetime(name, generics).is_some() => {
            Ident::new("_", name.span()).into()
        }
        TokenTree::Group(group) => {
            regrouped(group, without_lifetimes(group.stream(), generics)).into()
        }
        tree => tree.clone(),
    });
    elided.collect()
}

/// The guards of locks. They borrow the lock even if they name no lifetime.
pub(super) const GUARDS: [&str; 3] = ["MutexGuard", "RwLockReadGuard", "RwLockWriteGuard"];

/// Returns `tokens` with a `'_` in each `Cow` or guard that names no lifetime. An `async fn` may not leave it out.
pub(super) fn with_elided_lifetimes(tokens: TokenStream) -> TokenStream {
    let trees: Vec<TokenTree> = tokens.into_iter().collect();
    let mut written = TokenStream::new();
    for here in with_neighbours(&trees) {
        written.extend([match here.tree {
            TokenTree::Group(group) => {
                regrouped(group, with_elided_lifetimes(group.stream())).into()
            }
            tree => tree.clone(),
        }]);
        let is_borrowing = matches!(here.before, [.., TokenTree::Ident(name)]
            if name == "Cow" || GUARDS.iter().any(|guard| name == guard));
        let has_lifetime = matches!(here.after, [next, ..] if is_punct(next, '\''));
        if is_borrowing && is_punct(here.tree, '<') && !has_lifetime {
            written.extend(quote!('_,));
        }
    }
    written
}

/// Returns `tokens` of a type with `'static` in place of all lifetimes, elided ones included.
pub(super) fn made_static(tokens: TokenStream) -> TokenStream {
    let trees: Vec<TokenTree> = tokens.into_iter().collect();
    let mut made = TokenStream::new();
    for here in with_neighbours(&trees) {
        made.extend([match here.tree {
            TokenTree::Ident(name) if here.is_lifetime() => {
                TokenTree::Ident(Ident::new("static", name.span()))
            }
            TokenTree::Group(group) => regrouped(group, made_static(group.stream())).into(),
            tree => tree.clone(),
        }]);
        let is_elided = !matches!(here.after, [next, ..] if is_punct(next, '\''));
        if is_punct(here.tree, '&') && is_elided {
            Lifetime::new("'static", Span::call_site()).to_tokens(&mut made);
        }
    }
    made
}

/// Returns the first lifetime of `generics` in the tokens of a type.
pub(super) fn lifetime_of(ty: impl ToTokens, generics: &Generics) -> Option<Lifetime> {
    generics.lifetimes().next()?;
    let trees: Vec<TokenTree> = ty.into_token_stream().into_iter().collect();
    with_neighbours(&trees).find_map(|here| match (here.before, here.tree) {
        (_, TokenTree::Group(group)) => lifetime_of(group.stream(), generics),
        ([.., apostrophe], TokenTree::Ident(name)) if here.is_lifetime() => {
            let lifetime = lifetime(name, generics)?;
            Some(Lifetime {
                apostrophe: apostrophe.span(),
                ident: Ident::new(&lifetime.ident.to_string(), name.span()),
            })
        }
        _ => None,
    })
}

/// Returns the first `&'static` in the tokens of a type.
pub(super) fn static_reference(ty: TokenStream) -> Option<TokenStream> {
    let trees: Vec<TokenTree> = ty.into_iter().collect();
    with_neighbours(&trees).find_map(|here| match (here.tree, here.after) {
        (TokenTree::Group(group), _) => static_reference(group.stream()),
        (tree, [apostrophe, TokenTree::Ident(name), ..])
            if is_punct(tree, '&') && is_punct(apostrophe, '\'') && name == "static" =>
        {
            Some(quote!(#tree #apostrophe #name))
        }
        _ => None,
    })
}

fn lifetime<'a>(name: &Ident, generics: &'a Generics) -> Option<&'a Lifetime> {
    let mut lifetimes = generics.lifetimes().map(|param| &param.lifetime);
    lifetimes.find(|lifetime| lifetime.ident.unraw() == name.unraw())
}

/// Returns the identifier called `name`, as the tokens have it.
pub(super) fn find_name(tokens: TokenStream, name: &Ident) -> Option<Ident> {
    tokens.into_iter().find_map(|tree| match tree {
        TokenTree::Ident(found) if found == *name => Some(found),
        TokenTree::Group(group) => find_name(group.stream(), name),
        _ => None,
    })
}

/// Returns the first `Self` in the tokens of a type.
pub(super) fn first_self(ty: TokenStream) -> Option<Ident> {
    ty.into_iter().find_map(|tree| match tree {
        TokenTree::Ident(name) if name == "Self" => Some(name),
        TokenTree::Group(group) => first_self(group.stream()),
        _ => None,
    })
}

/// Returns whether the tokens of a type have a `Self`.
pub(super) fn have_self(Trees(ty): &Trees) -> bool {
    ty.iter().any(|tree| match tree {
        TokenTree::Ident(name) => name == "Self",
        TokenTree::Group(group) => first_self(group.stream()).is_some(),
        _ => false,
    })
}

/// Returns whether the tokens of a type have a lifetime, elided ones included.
pub(super) fn has_region(ty: TokenStream) -> bool {
    let names = names_in(ty);
    names.contains("dyn") || names.iter().any(|name| name.starts_with('\''))
}

/// Returns whether the tokens of a type have a `_` that is not a lifetime.
pub(super) fn has_placeholder(ty: TokenStream) -> bool {
    let trees: Vec<TokenTree> = ty.into_iter().collect();
    with_neighbours(&trees).any(|here| match here.tree {
        TokenTree::Ident(name) => name == "_" && !here.is_lifetime(),
        TokenTree::Group(group) => has_placeholder(group.stream()),
        _ => false,
    })
}

/// Returns all identifiers and lifetimes, also inside groups.
pub(super) fn names_in(tokens: TokenStream) -> HashSet<String> {
    names(tokens, |_| true)
}

/// Returns the identifiers and lifetimes that can be parameters of the block.
pub(super) fn first_names_in(tokens: TokenStream) -> HashSet<String> {
    names(tokens, can_be_parameter)
}

fn names(tokens: TokenStream, is_wanted: fn(&Neighbours<'_>) -> bool) -> HashSet<String> {
    let trees: Vec<TokenTree> = tokens.into_iter().collect();
    let mut found = HashSet::new();
    for here in with_neighbours(&trees) {
        match here.tree {
            TokenTree::Group(group) => found.extend(names(group.stream(), is_wanted)),
            TokenTree::Ident(name) if is_wanted(&here) => {
                let apostrophe = if here.is_lifetime() { "'" } else { "" };
                found.insert(format!("{apostrophe}{name}"));
            }
            _ => {}
        }
    }
    found
}

/// A token with the tokens around it.
#[derive(Clone, Copy)]
pub(super) struct Neighbours<'a> {
    pub(super) before: &'a [TokenTree],
    pub(super) tree: &'a TokenTree,
    pub(super) after: &'a [TokenTree],
}

pub(super) fn with_neighbours(trees: &[TokenTree]) -> impl Iterator<Item = Neighbours<'_>> {
    (0..trees.len()).map(|position| Neighbours {
        before: &trees[..position],
        tree: &trees[position],
        after: &trees[position + 1..],
    })
}

impl Neighbours<'_> {
    /// Returns whether the identifier is the name of a lifetime.
    fn is_lifetime(&self) -> bool {
        matches!(self.before, [.., before] if is_punct(before, '\''))
    }

    /// Returns whether a `<` begins the arguments of a name, and not a qualified path.
    pub(super) fn is_after_name(&self) -> bool {
        match self.before {
            [.., TokenTree::Ident(name)] => {
                !["as", "dyn", "mut", "const", "impl"].contains(&name.to_string().as_str())
            }
            [.., colon, second] => is_path_separator(colon) && is_punct(second, ':'),
            _ => false,
        }
    }

    /// Returns whether the identifier begins its path and is not the name of a lifetime.
    pub(super) fn is_first(&self) -> bool {
        let is_segment = matches!(self.before, [.., before, _] if is_path_separator(before));
        !is_segment && !self.is_lifetime()
    }
}

/// Returns whether the identifier can be a parameter: it does not follow `::` and does not precede `=`.
fn can_be_parameter(here: &Neighbours<'_>) -> bool {
    let is_assigned = matches!(here.after, [next, ..] if is_punct(next, '='));
    here.is_lifetime() || (here.is_first() && !is_assigned)
}

/// Returns whether `tree` is the first half of `::`.
pub(super) fn is_path_separator(tree: &TokenTree) -> bool {
    matches!(tree, TokenTree::Punct(punct) if punct.as_char() == ':' && punct.spacing() == Spacing::Joint)
}
