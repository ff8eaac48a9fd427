//! Types and `where` clauses that no version of Rust accepts, told from pairs of neighbouring tokens.

use std::slice::from_ref;

use proc_macro2::{Delimiter, Ident, TokenTree};

use super::trees::{
    begins_with_arrow, begins_with_pair, is_group, is_one_of, is_punct, is_word, joined,
};

/// Returns whether `trees` cannot be a type.
pub(super) fn cannot_be_type(trees: &[TokenTree]) -> bool {
    let (Some(first), Some(last)) = (trees.first(), trees.last()) else {
        return true;
    };
    let is_start = match first {
        TokenTree::Ident(_) => !is_one_of(first, &["let", "mut", "pub", "ref", "where"]),
        TokenTree::Punct(_) => {
            "&*!<'?".chars().any(|start| is_punct(first, start))
                || begins_with_pair(trees, [':'; 2])
        }
        TokenTree::Group(_) => true,
        TokenTree::Literal(_) => false,
    };
    let is_half = "&*?:".chars().any(|half| is_punct(last, half))
        || is_one_of(last, &["mut", "const"])
        || begins_with_arrow(&trees[trees.len().saturating_sub(2)..]);
    !is_start || is_half || has_wrong_pair(trees)
}

/// Returns whether `trees`, which begin with `where`, cannot be a clause.
pub(super) fn cannot_be_clause(trees: &[TokenTree]) -> bool {
    let mut predicates = predicates(&trees[1..]);
    if predicates.last().is_some_and(|last| last.is_empty()) {
        predicates.pop();
    }
    has_wrong_pair(trees) || predicates.into_iter().any(cannot_be_predicate)
}

/// Splits a clause at the commas outside of generic arguments.
fn predicates(trees: &[TokenTree]) -> Vec<&[TokenTree]> {
    let mut predicates = Vec::new();
    let mut start = 0;
    let mut depth = 0;
    for position in 0..trees.len() {
        depth += step(&trees[..=position]);
        if depth == 0 && is_punct(&trees[position], ',') {
            predicates.push(&trees[start..position]);
            start = position + 1;
        }
    }
    predicates.push(&trees[start..]);
    predicates
}

fn cannot_be_predicate(trees: &[TokenTree]) -> bool {
    let is_colon = |position: &usize| {
        let (before, here) = (&trees[..*position], &trees[*position..]);
        let is_second = before.last().is_some_and(|last| is_punct(last, ':'));
        is_punct(&here[0], '=')
            || (is_punct(&here[0], ':') && !begins_with_pair(here, [':'; 2]) && !is_second)
    };
    (0..trees.len())
        .find(is_colon)
        .is_none_or(|colon| colon == 0)
}

/// Returns whether two neighbours cannot follow each other, or an angle bracket has no other half.
pub(super) fn has_wrong_pair(trees: &[TokenTree]) -> bool {
    let mut depth = 0;
    for position in 0..trees.len() {
        let before = &trees[..=position];
        depth += step(before);
        let is_wrong = match &trees[position..] {
            [first, second, ..] => is_wrong_pair(&before[..position], first, second, depth),
            _ => false,
        };
        if depth < 0 || is_wrong {
            return true;
        }
    }
    depth != 0
}

/// Returns the change of the depth by an angle bracket, the last of `trees`.
fn step(trees: &[TokenTree]) -> i32 {
    match trees {
        [.., arrow, close]
            if is_punct(close, '>') && (is_punct(arrow, '-') || is_punct(arrow, '=')) =>
        {
            0
        }
        [.., open] if is_punct(open, '<') => 1,
        [.., close] if is_punct(close, '>') => -1,
        _ => 0,
    }
}

fn is_wrong_pair(before: &[TokenTree], first: &TokenTree, second: &TokenTree, depth: i32) -> bool {
    let follows = |sign| before.last().is_some_and(|last| is_punct(last, sign));
    let after_type = (is_name(first) && !follows('\''))
        || is_group(first, Delimiter::Parenthesis)
        || ends_with_arguments(before, first);
    let is_path = is_punct(first, ':') && follows(':');
    match second {
        TokenTree::Ident(_) => is_word(first, "for") || (after_type && is_name(second)),
        TokenTree::Literal(_) => after_type || is_punct(first, ':'),
        TokenTree::Punct(sign) => match sign.as_char() {
            '<' => false,
            _ if is_path => true,
            '&' => after_type,
            ';' => depth > 0,
            ',' => ['&', ',', '<'].iter().any(|&sign| is_punct(first, sign)),
            '>' => is_punct(first, '&'),
            '+' => is_punct(first, '+'),
            _ => false,
        },
        TokenTree::Group(_) => false,
    }
}

/// Returns whether `last`, after the trees before it, ends the generic arguments of a name.
fn ends_with_arguments(before: &[TokenTree], last: &TokenTree) -> bool {
    if !is_punct(last, '>') {
        return false;
    }
    let mut depth = 1;
    let open = (0..before.len()).rev().find(|&position| {
        depth -= step(&before[..=position]);
        depth == 0
    });
    open.is_some_and(|open| open > 0 && is_name(&before[open - 1]))
}

/// Returns whether `tree` is `Self` or a word that is not a keyword.
fn is_name(tree: &TokenTree) -> bool {
    is_word(tree, "Self") || syn::parse2::<Ident>(joined(from_ref(tree))).is_ok()
}
