//! Slips in the header of a function: a missing `->`, a `:` in its place, a missing body.

use proc_macro2::{Delimiter, TokenStream, TokenTree};
use quote::quote;
use syn::parse::{ParseStream, Parser as _};
use syn::{Signature, Type, WhereClause};

use super::impossible::{cannot_be_clause, cannot_be_type, has_wrong_pair};
use super::trees::{
    begins_item, begins_with_arrow, begins_with_pair, is_group, is_punct, is_word, joined,
    length_of_arguments,
};

/// A function that is printed so that rustc parses it.
pub(super) struct Mended<'a> {
    /// The function from its `fn` on, or nothing if it could not be mended.
    pub(super) function: Option<TokenStream>,
    pub(super) after: &'a [TokenTree],
}

/// Mends the function at the start of `trees`, which begin with `fn`.
pub(super) fn mended(trees: &[TokenTree]) -> Mended<'_> {
    let (header, rest) = trees.split_at(header_length(trees));
    let (body, after) = split_body(rest);
    let function = if is_signature(header) {
        Some(with_body(&joined(header), body))
    } else {
        mended_header(header, body)
    };
    Mended { function, after }
}

/// Returns whether `trees` are the header of a function.
pub(super) fn is_signature(trees: &[TokenTree]) -> bool {
    syn::parse2::<Signature>(joined(trees)).is_ok()
}

/// Returns the number of trees before the body, or before the next item if there is no body.
fn header_length(trees: &[TokenTree]) -> usize {
    let mut depth = 0_usize;
    for (position, tree) in trees.iter().enumerate().skip(1) {
        let (before, after) = (&trees[position - 1], &trees[position + 1..]);
        match tree {
            TokenTree::Punct(punct) => match punct.as_char() {
                '<' => depth += 1,
                '>' if !is_punct(before, '-') && !is_punct(before, '=') => {
                    depth = depth.saturating_sub(1);
                }
                ';' => return position,
                _ => {}
            },
            tree if is_body(tree) && !(depth > 0 && continues_arguments(after)) => return position,
            _ => {}
        }
        if begins_item(&trees[position..]) {
            return position;
        }
    }
    trees.len()
}

/// Returns whether a list of generic arguments goes on, so that the braces before `trees` are one of its constants.
fn continues_arguments(trees: &[TokenTree]) -> bool {
    matches!(trees, [next, ..] if is_punct(next, ',') || is_punct(next, '>'))
}

/// Returns whether `tree` is a block, perhaps as the fragment of a `macro_rules!`.
fn is_body(tree: &TokenTree) -> bool {
    let TokenTree::Group(group) = tree else {
        return false;
    };
    match group.delimiter() {
        Delimiter::Brace => true,
        Delimiter::None => {
            let mut inside = group.stream().into_iter();
            matches!((inside.next(), inside.next()), (Some(tree), None) if is_body(&tree))
        }
        _ => false,
    }
}

fn split_body(trees: &[TokenTree]) -> (Option<&TokenTree>, &[TokenTree]) {
    match trees {
        [body, after @ ..] if is_body(body) || is_punct(body, ';') => (Some(body), after),
        _ => (None, trees),
    }
}

/// Returns a function with a body of its own, or with one in place of the missing or wrong body.
fn with_body(header: &TokenStream, body: Option<&TokenTree>) -> TokenStream {
    match body {
        Some(body) => quote!(#header #body),
        None => quote!(#header { ::core::unimplemented!() }),
    }
}

/// Mends a header that is not a signature. rustc itself recovers from mistakes among the parameters, so they are left
/// as they are.
fn mended_header(header: &[TokenTree], body: Option<&TokenTree>) -> Option<TokenStream> {
    let [_, TokenTree::Ident(_), rest @ ..] = header else {
        return None;
    };
    let as_it_is = || Some(with_body(&joined(header), body));
    if rest.is_empty() && body.is_some_and(is_body) {
        return as_it_is();
    }
    let generics = generics_length(rest)?;
    rest.get(generics).filter(|tree| is_parenthesis(tree))?;
    let (start, tail) = header.split_at(2 + generics + 1);
    if has_wrong_pair(&rest[..generics]) {
        return None;
    }
    let printed = joined(start);
    match mended_tail(tail) {
        Tail::Meant { output, clause } => {
            // A body names the parameters, which rustc may have lost.
            let body = body.filter(|body| is_body(body) && is_signature(start));
            Some(with_body(&quote!(#printed #output #clause), body))
        }
        Tail::Guessed { output } => Some(with_body(&quote!(#printed #output), None)),
        Tail::Unknown => as_it_is(),
    }
}

/// Returns the number of trees of the generic parameters at the start, and `None` if they have no end.
fn generics_length(trees: &[TokenTree]) -> Option<usize> {
    match trees {
        [open, inside @ ..] if is_punct(open, '<') => Some(1 + length_of_arguments(inside)?),
        _ => Some(0),
    }
}

/// The part of a header after the parameters, mended.
enum Tail {
    /// All of it has been understood.
    Meant {
        output: TokenStream,
        clause: TokenStream,
    },
    /// The type that the function returns, at most. Its body may have another type.
    Guessed { output: TokenStream },
    /// Syntax that this crate does not know.
    Unknown,
}

fn mended_tail(tail: &[TokenTree]) -> Tail {
    let is_where = |tree: &TokenTree| is_word(tree, "where");
    let clause = tail.iter().position(is_where).unwrap_or(tail.len());
    let (returned, clause) = tail.split_at(clause);
    let is_clause = clause.is_empty() || !cannot_be_clause(clause);
    if returned.is_empty() {
        return after_clause(clause, is_clause);
    }
    let ty = without_wrong_arrow(returned);
    let has_arrow = begins_with_arrow(returned) && ty.len() + 2 == returned.len();
    match parse_type(ty) {
        Some((_, rest)) if rest.is_empty() && has_arrow && is_clause => Tail::Unknown,
        Some((ty, rest)) if rest.is_empty() && is_clause => Tail::Meant {
            output: quote!(-> #ty),
            clause: joined(clause),
        },
        // rustc takes parentheses for arguments of the type, and reports them later.
        Some((_, rest)) if matches!(&rest[..], [next] if is_parenthesis(next)) => Tail::Unknown,
        Some((ty, rest)) if has_arrow && !continues_type(&rest) => Tail::Guessed {
            output: quote!(-> #ty),
        },
        None if has_arrow && !cannot_be_type(ty) && is_clause => Tail::Unknown,
        _ => Tail::Guessed {
            output: TokenStream::new(),
        },
    }
}

/// Returns `trees` without the arrow, or the `:`, `=>`, `- >` or `-> ->` in its place.
fn without_wrong_arrow(trees: &[TokenTree]) -> &[TokenTree] {
    let is_arrow = |tree: &TokenTree| ":->=".chars().any(|part| is_punct(tree, part));
    match trees {
        [first, rest @ ..] if is_arrow(first) && !begins_with_pair(trees, [':', ':']) => {
            without_wrong_arrow(rest)
        }
        _ => trees,
    }
}

/// Mends a return type that stands behind the `where`.
fn after_clause(clause: &[TokenTree], is_clause: bool) -> Tail {
    let unknown = if is_clause {
        Tail::Unknown
    } else {
        Tail::Guessed {
            output: TokenStream::new(),
        }
    };
    let mut arrows = (0..clause.len()).rev();
    let arrow = arrows.find(|&position| begins_with_arrow(&clause[position..]));
    let Some((clause, output)) = arrow.map(|position| clause.split_at(position)) else {
        return unknown;
    };
    let (clause, ty) = (joined(clause), parse_type(&output[2..]));
    match (syn::parse2::<WhereClause>(clause.clone()), ty) {
        (Ok(_), Some((ty, rest))) if rest.is_empty() => Tail::Meant {
            output: quote!(-> #ty),
            clause,
        },
        _ => unknown,
    }
}

/// Returns the type at the start of `trees`, with the trees after it.
fn parse_type(trees: &[TokenTree]) -> Option<(Type, Vec<TokenTree>)> {
    let parser = |input: ParseStream<'_>| {
        let (ty, rest): (Type, TokenStream) = (input.parse()?, input.parse()?);
        Ok((ty, rest.into_iter().collect()))
    };
    parser.parse2(joined(trees)).ok()
}

fn is_parenthesis(tree: &TokenTree) -> bool {
    is_group(tree, Delimiter::Parenthesis)
}

/// Returns whether the tokens after a type tell that it is only the start of what was meant, such as `std` in
/// `std:io:Error`.
fn continues_type(rest: &[TokenTree]) -> bool {
    matches!(rest, [next, ..] if is_punct(next, ':') || is_punct(next, '.') || is_group(next, Delimiter::Bracket))
}
