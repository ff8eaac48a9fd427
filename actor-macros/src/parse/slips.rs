//! Slips between the items of a block, such as a stray `;` or a missing `fn`.
//!
//! rustc parses a block before the macro gets it, and has reported these slips. In the output it would report them a
//! second time, and lose the methods that follow. So the output is without them. They are mended only if no version of
//! rustc accepts them. rustc reports all other mistakes when it sees the output.

use std::slice::from_ref;

use proc_macro2::{Delimiter, Ident, Punct, Spacing, Span, TokenStream, TokenTree};
use syn::{Meta, Visibility};

use super::header::{self, Mended};
use super::trees::{
    QUALIFIERS, begins_item, begins_with_pair, is_abi, is_group, is_one_of, is_punct, is_word,
    joined,
};

/// Words that begin an item which rustc parses in a block, if only to refuse it.
const OTHER_ITEMS: [&str; 12] = [
    "use", "static", "mod", "struct", "enum", "union", "trait", "impl", "extern", "unsafe", "auto",
    "reuse",
];

/// Returns the body of a block in which rustc finds no slips.
pub(super) fn without_slips(body: TokenStream) -> TokenStream {
    let trees: Vec<TokenTree> = body.into_iter().collect();
    let (inner_attributes, mut rest) = trees.split_at(inner_attributes_length(&trees));
    let mut mended: TokenStream = joined(inner_attributes);
    while !rest.is_empty() {
        if let Some(after) = after_other_side(rest) {
            rest = after;
            continue;
        }
        let (attributes, item) = split_attributes(rest);
        let Printed { tokens, after } = Printed::mended(item);
        if !tokens.is_empty() {
            mended.extend([attributes, tokens]);
        }
        rest = after;
    }
    mended
}

fn inner_attributes_length(trees: &[TokenTree]) -> usize {
    let is_inner = |trees: &&[TokenTree]| {
        let [pound, exclamation, bracket] = trees else {
            return false;
        };
        is_punct(pound, '#') && is_punct(exclamation, '!') && is_group(bracket, Delimiter::Bracket)
    };
    3 * trees.chunks(3).take_while(is_inner).count()
}

/// Returns the trees after the second side of a merge conflict, if it is here. With both sides there would be each
/// method twice.
fn after_other_side(trees: &[TokenTree]) -> Option<&[TokenTree]> {
    if !is_marker(trees, '=') {
        return None;
    }
    let end = (0..trees.len()).find(|&position| is_marker(&trees[position..], '>'))?;
    Some(&trees[end..])
}

/// Returns whether `trees` begin with a marker of a merge conflict.
fn is_marker(trees: &[TokenTree], sign: char) -> bool {
    let marker = trees.first_chunk::<7>();
    marker.is_some_and(|marker| marker.iter().all(|tree| is_punct(tree, sign)))
}

/// Splits off the attributes at the start, except those that rustc refuses.
fn split_attributes(trees: &[TokenTree]) -> (TokenStream, &[TokenTree]) {
    let mut attributes = TokenStream::new();
    let mut rest = trees;
    while let [pound, after @ ..] = rest {
        if !is_punct(pound, '#') {
            break;
        }
        rest = match after {
            [TokenTree::Group(attribute), after @ ..]
                if attribute.delimiter() == Delimiter::Bracket =>
            {
                if syn::parse2::<Meta>(attribute.stream()).is_ok() {
                    attributes.extend([pound.clone(), attribute.clone().into()]);
                }
                after
            }
            [exclamation, bracket, after @ ..]
                if is_punct(exclamation, '!') && is_group(bracket, Delimiter::Bracket) =>
            {
                after
            }
            _ => after,
        };
    }
    (attributes, rest)
}

/// An item without its attributes, as the macro prints it, and the trees after it.
struct Printed<'a> {
    /// Nothing if rustc has refused all of the item.
    tokens: TokenStream,
    after: &'a [TokenTree],
}

impl<'a> Printed<'a> {
    fn mended(trees: &'a [TokenTree]) -> Self {
        let lead_length = lead_length(trees);
        let (lead, rest) = trees.split_at(lead_length);
        let words = lead
            .iter()
            .filter(|tree| !is_one_of(tree, &["pub", "default"]));
        let mut words = words.filter(|tree| matches!(tree, TokenTree::Ident(_)));
        let first = words.next();
        let is_first = |expected: &[&str]| first.is_some_and(|word| is_one_of(word, expected));
        match rest {
            [word, ..] if is_word(word, "fn") => Self::function(lead, rest),
            [TokenTree::Group(group), after @ ..] if group.delimiter() == Delimiter::None => {
                // A fragment such as `$method:item`.
                Self::kept(trees, after)
            }
            [next, ..]
                if is_first(&OTHER_ITEMS)
                    && words.next().is_some()
                    && !is_group(next, Delimiter::Parenthesis) =>
            {
                Self::kept(trees, end_of_item(trees))
            }
            _ if is_first(&["const", "type"]) => Self::value(trees, lead_length),
            [next, ..] if is_punct(next, '!') || begins_with_pair(rest, [':', ':']) => {
                Self::macro_call(trees)
            }
            [next, ..] if is_group(next, Delimiter::Parenthesis) => {
                Self::function_without_fn(lead, rest)
                    .unwrap_or_else(|| Self::cut(end_of_slip(trees)))
            }
            _ => Self::cut(end_of_slip(trees)),
        }
    }

    fn kept(trees: &[TokenTree], after: &'a [TokenTree]) -> Self {
        let length = trees.len() - after.len();
        Self {
            tokens: joined(&trees[..length]),
            after,
        }
    }

    fn cut(after: &'a [TokenTree]) -> Self {
        Self {
            tokens: TokenStream::new(),
            after,
        }
    }

    /// Mends a function: `lead` is in front of its `fn`, with which `trees` begin.
    fn function(lead: &[TokenTree], trees: &'a [TokenTree]) -> Self {
        let Mended { function, after } = header::mended(trees);
        let Some(function) = function else {
            return Self::cut(after);
        };
        let mut tokens = mended_lead(lead);
        tokens.extend(function);
        Self { tokens, after }
    }

    /// Adds the `fn` to a function without one: `lead` ends with its name, and `trees` begin with its parameters.
    fn function_without_fn(lead: &[TokenTree], trees: &'a [TokenTree]) -> Option<Self> {
        let (name, lead) = lead.split_last()?;
        let mut function = vec![Ident::new("fn", Span::call_site()).into(), name.clone()];
        function.extend_from_slice(trees);
        if !header::is_signature(&function[..3]) {
            return None;
        }
        let mended = Printed::function(lead, &function);
        let after = &trees[trees.len() - mended.after.len()..];
        let is_method = trees[..trees.len() - after.len()]
            .iter()
            .any(|tree| is_group(tree, Delimiter::Brace));
        is_method.then_some(Self {
            tokens: mended.tokens,
            after,
        })
    }

    /// Mends a constant or a type, which end with `;`.
    fn value(trees: &'a [TokenTree], lead_length: usize) -> Self {
        let ends = |position: &usize| is_punct(&trees[*position], ';');
        let begins = |position: &usize| begins_item(&trees[*position..]);
        let mut positions = lead_length..trees.len();
        let end = positions.find(|position| ends(position) || begins(position));
        let (item, after) = trees.split_at(end.unwrap_or(trees.len()));
        if let [semicolon, after @ ..] = after {
            if is_punct(semicolon, ';') {
                return Self::kept(trees, after);
            }
        }
        let item = match item {
            [item @ .., comma] if is_punct(comma, ',') => item,
            item => item,
        };
        let value = item.iter().rev().take_while(|tree| !is_punct(tree, '='));
        let length = value.count();
        if length == 0 || length == item.len() {
            return Self::cut(after);
        }
        let semicolon = Punct::new(';', Spacing::Alone).into();
        Self {
            tokens: item.iter().cloned().chain([semicolon]).collect(),
            after,
        }
    }

    /// Keeps the call of a macro, which ends with a group, or with a group and `;`.
    fn macro_call(trees: &'a [TokenTree]) -> Self {
        let is_path = |tree: &&TokenTree| {
            is_punct(tree, ':') || matches!(tree, TokenTree::Ident(word) if word != "fn")
        };
        let path = trees.iter().take_while(is_path).count();
        let rest = match &trees[path..] {
            [exclamation, rest @ ..] if is_punct(exclamation, '!') => rest,
            _ => return Self::cut(end_of_slip(trees)),
        };
        let group = match rest {
            [word, group @ ..] if is_word(&trees[0], "macro_rules") && !is_word(word, "pub") => {
                group
            }
            group => group,
        };
        match group {
            [TokenTree::Group(group), semicolon, after @ ..]
                if is_punct(semicolon, ';') && group.delimiter() != Delimiter::Brace =>
            {
                Self::kept(trees, after)
            }
            [TokenTree::Group(_), after @ ..] => Self::kept(trees, after),
            _ => Self::cut(rest),
        }
    }
}

/// Returns the number of trees in front of the `fn` of a function, or of the first punctuation or group of anything
/// else.
fn lead_length(trees: &[TokenTree]) -> usize {
    let mut length = 0;
    while let Some(tree) = trees.get(length) {
        let is_part = match tree {
            TokenTree::Ident(word) => word != "fn",
            TokenTree::Literal(_) => true,
            TokenTree::Group(group) => match group.delimiter() {
                Delimiter::Parenthesis => length > 0 && is_word(&trees[length - 1], "pub"),
                Delimiter::None => length == 0 && is_visibility(group.stream()),
                _ => false,
            },
            TokenTree::Punct(_) => false,
        };
        if !is_part {
            break;
        }
        length += 1;
    }
    length
}

/// Returns whether the `tokens` of a fragment are a visibility, which may be empty.
fn is_visibility(tokens: TokenStream) -> bool {
    let mut trees = tokens.into_iter();
    trees.next().is_none_or(|tree| is_word(&tree, "pub")) && trees.count() < 2
}

/// Returns the visibility and the qualifiers of a function, without other words and without a half-typed item before
/// them.
fn mended_lead(lead: &[TokenTree]) -> TokenStream {
    let is_pub = |tree: &TokenTree| is_word(tree, "pub");
    let last = lead.iter().rposition(is_pub).unwrap_or_default();
    let (before, lead) = lead.split_at(last);
    let is_misplaced = |tree: &TokenTree| is_one_of(tree, &["async", "unsafe"]);
    let misplaced = if before.iter().all(is_misplaced) {
        before
    } else {
        &[]
    };
    let (visibility, words) = lead.split_at(visibility_length(lead));
    let visibility = match visibility {
        [word, _] if syn::parse2::<Visibility>(joined(visibility)).is_err() => from_ref(word),
        visibility => visibility,
    };
    let is_known = |position: &usize| {
        is_one_of(&words[*position], &QUALIFIERS) || is_abi(&words[..=*position])
    };
    let known = (0..words.len()).rfind(|position| !is_known(position));
    let words = &words[known.map_or(0, |position| position + 1)..];
    visibility
        .iter()
        .chain(misplaced)
        .chain(words)
        .cloned()
        .collect()
}

fn visibility_length(lead: &[TokenTree]) -> usize {
    match lead {
        [word, group, ..] if is_word(word, "pub") && is_group(group, Delimiter::Parenthesis) => 2,
        [word, ..] if is_word(word, "pub") || is_group(word, Delimiter::None) => 1,
        _ => 0,
    }
}

/// Returns the trees after an item that ends with `;` or braces.
fn end_of_item(trees: &[TokenTree]) -> &[TokenTree] {
    let is_end = |tree: &TokenTree| is_punct(tree, ';') || is_group(tree, Delimiter::Brace);
    let end = trees.iter().position(is_end).map(|position| position + 1);
    &trees[end.unwrap_or(trees.len())..]
}

/// Returns the trees after the slip with which `trees` begin: one that cannot begin an item, or all up to the end of
/// what looks like a field or a statement.
fn end_of_slip(trees: &[TokenTree]) -> &[TokenTree] {
    let mut rest = trees;
    while let [tree, after @ ..] = rest {
        rest = after;
        let is_end = |tree| is_punct(tree, ';') || is_punct(tree, ',');
        if is_end(tree) || is_group(tree, Delimiter::Brace) || begins_item(rest) {
            break;
        }
        // Punctuation and brackets in front of an item are on their own.
        let is_alone = !matches!(tree, TokenTree::Ident(_)) && rest.len() + 1 == trees.len();
        if is_alone && !is_punct(tree, '\'') {
            break;
        }
    }
    rest
}
