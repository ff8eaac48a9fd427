//! Questions about token trees.

use proc_macro2::{Delimiter, Spacing, TokenStream, TokenTree};

pub(crate) fn is_punct(tree: &TokenTree, expected: char) -> bool {
    matches!(tree, TokenTree::Punct(punct) if punct.as_char() == expected)
}

pub(super) fn is_word(tree: &TokenTree, expected: &str) -> bool {
    matches!(tree, TokenTree::Ident(word) if word == expected)
}

pub(super) fn is_one_of(tree: &TokenTree, expected: &[&str]) -> bool {
    expected.iter().any(|expected| is_word(tree, expected))
}

pub(super) fn is_group(tree: &TokenTree, delimiter: Delimiter) -> bool {
    matches!(tree, TokenTree::Group(group) if group.delimiter() == delimiter)
}

/// Returns whether `trees` begin with `->`.
pub(super) fn begins_with_arrow(trees: &[TokenTree]) -> bool {
    begins_with_pair(trees, ['-', '>'])
}

/// Returns whether `trees` begin with punctuation of two characters.
pub(super) fn begins_with_pair(trees: &[TokenTree], pair: [char; 2]) -> bool {
    match trees {
        [TokenTree::Punct(first), second, ..] => {
            first.as_char() == pair[0]
                && first.spacing() == Spacing::Joint
                && is_punct(second, pair[1])
        }
        _ => false,
    }
}

/// The words that may stand between the visibility of a function and `fn`.
pub(super) const QUALIFIERS: [&str; 8] = [
    "default", "final", "const", "async", "gen", "unsafe", "safe", "extern",
];

/// Returns whether an item begins here. The answer is no for items that rustc also finds in other places, such as
/// macro calls and function pointers.
pub(super) fn begins_item(trees: &[TokenTree]) -> bool {
    match trees {
        [pound, bracket, ..] if is_punct(pound, '#') => is_group(bracket, Delimiter::Bracket),
        [visibility, ..] if is_word(visibility, "pub") => true,
        [word, TokenTree::Ident(_), colon, ..]
            if is_word(word, "const") && is_punct(colon, ':') =>
        {
            true
        }
        [word, TokenTree::Ident(_), equals, ..] if is_word(word, "type") => is_punct(equals, '='),
        _ => begins_function(trees),
    }
}

fn begins_function(trees: &[TokenTree]) -> bool {
    let position = |tree: &TokenTree| !is_one_of(tree, &QUALIFIERS);
    match trees.iter().position(position) {
        Some(literal) if is_abi(&trees[..=literal]) => begins_function(&trees[literal + 1..]),
        Some(position) => {
            matches!(&trees[position..], [word, TokenTree::Ident(_), ..] if is_word(word, "fn"))
        }
        None => false,
    }
}

/// Returns whether `trees` end with `extern "C"`.
pub(super) fn is_abi(trees: &[TokenTree]) -> bool {
    matches!(trees, [.., word, TokenTree::Literal(_)] if is_word(word, "extern"))
}

/// Returns the number of trees up to the `>` that closes the generic arguments before `trees`.
pub(crate) fn length_of_arguments(trees: &[TokenTree]) -> Option<usize> {
    let mut depth = 1;
    let mut is_after_minus = false;
    for (position, tree) in trees.iter().enumerate() {
        if is_punct(tree, '<') {
            depth += 1;
        } else if is_punct(tree, '>') && !is_after_minus {
            depth -= 1;
        }
        if depth == 0 {
            return Some(position + 1);
        }
        is_after_minus = is_punct(tree, '-');
    }
    None
}

pub(super) fn joined(trees: &[TokenTree]) -> TokenStream {
    trees.iter().cloned().collect()
}
