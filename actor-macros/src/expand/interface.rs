//! `INTERFACE`: the signatures that other processes see, as text.

use proc_macro2::{Delimiter, Group, Punct, Spacing, TokenStream, TokenTree};
use quote::{ToTokens as _, quote};
use syn::ext::IdentExt as _;

use super::call::name_of;
use crate::model::{Actor, Argument, Command, Place, Reply};

pub(super) fn constant(actor: &Actor) -> TokenStream {
    let commands = actor.commands.iter().filter(|command| command.is_carried());
    let signatures = commands.map(|command| {
        let (cfg, signature) = (command.attributes.at(Place::Argument), signature(command));
        quote!(#cfg #signature)
    });
    quote! {
        const INTERFACE: &'static [&'static str] = &[#(#signatures),*];
    }
}

/// `get(key: String) -> Option<String>`. An argument under a `cfg` has it, since text cannot be under one.
fn signature(command: &Command) -> String {
    let arguments = command.arguments().map(|argument| {
        let Argument { name, carried, .. } = argument;
        let cfg = written(argument.attributes.at(Place::Argument).to_token_stream());
        let separator = if cfg.is_empty() { "" } else { " " };
        format!(
            "{cfg}{separator}{}: {}",
            name.unraw(),
            written(carried.to_token_stream())
        )
    });
    let arguments: Vec<String> = arguments.collect();
    let signature = format!("{}({})", name_of(&command.method), arguments.join(", "));
    match &command.reply {
        Reply::Value(ty) | Reply::Deferred(ty) | Reply::Stream(ty) => {
            format!("{signature} -> {}", written(ty.named.to_token_stream()))
        }
        Reply::Accepted | Reply::Done => signature,
    }
}

/// Writes a type as rustfmt does. The paths that the macro adds are left out: `::std::string::String` is `String`.
pub(super) fn written(ty: TokenStream) -> String {
    let trees: Vec<TokenTree> = ty.into_iter().collect();
    let mut rest = without_root(&trees);
    let mut text = String::new();
    while let [tree, after @ ..] = rest {
        let next = match tree {
            TokenTree::Group(group) => in_delimiters(group),
            TokenTree::Punct(punct) => written_punct(punct, &text, after.first()),
            word if text.ends_with(|last: char| last.is_alphanumeric() || last == '_') => {
                format!(" {word}")
            }
            word => word.to_string(),
        };
        text.push_str(&next);
        rest = match tree {
            TokenTree::Punct(_) => without_root(after),
            _ => after,
        };
    }
    text
}

fn in_delimiters(group: &Group) -> String {
    let content = written(group.stream());
    match group.delimiter() {
        Delimiter::Parenthesis => format!("({content})"),
        Delimiter::Bracket => format!("[{content}]"),
        Delimiter::Brace => format!("{{ {content} }}"),
        Delimiter::None => content,
    }
}

/// Writes punctuation behind the text `before` it.
fn written_punct(punct: &Punct, before: &str, after: Option<&TokenTree>) -> String {
    let is_last = after.is_none();
    let is_trailing = matches!(after, Some(TokenTree::Punct(next)) if next.as_char() == '>');
    let is_alone = punct.spacing() == Spacing::Alone;
    match punct.as_char() {
        ',' if is_trailing => String::new(),
        ',' | ';' if !is_last => format!("{punct} "),
        '+' | '=' if is_alone => format!(" {punct} "),
        ':' if is_alone && !before.ends_with(':') => ": ".to_owned(),
        '-' => " -".to_owned(),
        '>' if before.ends_with('-') => "> ".to_owned(),
        other => other.to_string(),
    }
}

/// Leaves out `::std::string::` and the like in front of a name.
fn without_root(trees: &[TokenTree]) -> &[TokenTree] {
    let is_colon =
        |tree: &TokenTree| matches!(tree, TokenTree::Punct(punct) if punct.as_char() == ':');
    let segment = |trees: &'_ [TokenTree]| match trees {
        [first, second, TokenTree::Ident(name), ..] if is_colon(first) && is_colon(second) => {
            Some(name.to_string())
        }
        _ => None,
    };
    let is_root = segment(trees).is_some_and(|name| name == "std" || name == "core");
    let mut rest = trees;
    while is_root && rest.get(3..).is_some_and(|after| segment(after).is_some()) {
        rest = &rest[3..];
    }
    if is_root { &rest[2..] } else { trees }
}

#[cfg(test)]
mod tests {
    use super::written;

    #[test]
    fn types_are_written_as_people_write_them() {
        for ty in [
            "Option<String>",
            "Vec<(u8, Option<i32>)>",
            "(u8,)",
            "[[u8; 4]; 2]",
            "&'static str",
            "Box<dyn Error + Send>",
            "fn(u8, &str) -> Result<(), Error>",
            "<K as Lookup<Key = u8>>::Item",
            "std::io::Result<u32>",
            "Array<{ 1 }>",
        ] {
            let tokens = ty.parse().unwrap();
            assert_eq!(written(tokens), ty);
        }
        for (ty, expected) in [
            ("::std::string::String", "String"),
            ("::std::vec::Vec<::std::path::PathBuf>", "Vec<PathBuf>"),
            ("HashMap<\nK,\nV,\n>", "HashMap<K, V>"),
            ("::other::Type", "::other::Type"),
        ] {
            assert_eq!(written(ty.parse().unwrap()), expected);
        }
    }
}
