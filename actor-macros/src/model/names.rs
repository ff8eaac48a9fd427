//! Every identifier that the macro invents.

use std::collections::HashSet;

use proc_macro2::{Ident, Span};
use quote::format_ident;
use syn::ext::IdentExt as _;

use super::vocabulary::Twin;

/// The locals and fields of the generated code. Their names differ from all arguments.
pub(crate) struct Names {
    pub(crate) command: Ident,
    pub(crate) context: Ident,
    pub(crate) unused_context: Ident,
    pub(crate) inbox: Ident,
    /// The state that the loop lends, and the state while a command is handled.
    pub(crate) lent: Ident,
    pub(crate) actor: Ident,
    pub(crate) reply: Ident,
    pub(crate) answer: Ident,
    pub(crate) held: Ident,
    pub(crate) batch: Ident,
    pub(crate) replies: Ident,
    pub(crate) answers: Ident,
    pub(crate) sender: Ident,
    /// The state of the loop with sources.
    pub(crate) turns: Ident,
    pub(crate) turn: Ident,
    pub(crate) source: Ident,
    pub(crate) task: Ident,
    pub(crate) output: Ident,
    pub(crate) source_type: Ident,
    pub(crate) started: Ident,
    pub(crate) result: Ident,
    /// The latest values, and the type that holds them.
    pub(crate) latest: Ident,
    pub(crate) latest_type: Ident,
    /// The field for the parameters that may appear in no other field.
    pub(crate) absent: Ident,
    pub(crate) formatter: Ident,
    /// A command that comes from another process, its arguments, and one that goes there.
    pub(crate) incoming: Ident,
    pub(crate) arguments: Ident,
    pub(crate) written: Ident,
    /// The variant that is never made, and its content.
    pub(crate) never_variant: Ident,
    pub(crate) never: Ident,
}

impl Names {
    pub(crate) fn unused(used: &HashSet<String>) -> Self {
        let unused = |name: &str| invented(name, used);
        Self {
            command: unused("command"),
            context: unused("context"),
            unused_context: unused("_context"),
            inbox: unused("inbox"),
            lent: unused("lent"),
            actor: unused("actor"),
            reply: unused("reply"),
            answer: unused("answer"),
            held: unused("held"),
            batch: unused("batch"),
            replies: unused("replies"),
            answers: unused("answers"),
            sender: unused("sender"),
            turns: unused("turns"),
            turn: unused("turn"),
            source: unused("source"),
            task: unused("cx"),
            output: unused("output"),
            source_type: unused("Source"),
            started: unused("started"),
            result: unused("result"),
            latest: unused("latest"),
            latest_type: unused("Latest"),
            absent: unused("_absent"),
            formatter: unused("f"),
            incoming: unused("incoming"),
            arguments: unused("arguments"),
            written: unused("written"),
            // No method makes a variant that begins with underscores.
            never_variant: unused("__Never"),
            never: unused("never"),
        }
    }
}

/// Names in editions older than the edition of the generated code, where they are keywords.
const NEW_KEYWORDS: [&str; 5] = ["async", "await", "dyn", "gen", "try"];

/// Returns the user's name for generated code, where lints such as the one about `_unused` do not apply to it.
pub(crate) fn generated_name(name: &Ident) -> Ident {
    let text = name.to_string();
    if NEW_KEYWORDS.contains(&text.as_str()) {
        return Ident::new_raw(&text, made_from(name));
    }
    let mut generated = name.clone();
    generated.set_span(made_from(name));
    generated
}

/// Returns the place of a name made from the user's. An editor that renames one of the two leaves the other alone.
fn made_from(name: &Ident) -> Span {
    Span::call_site().located_at(name.span())
}

/// Returns the name of an argument that is a pattern: `argument_2` for the second one.
pub(crate) fn argument_name(position: usize, used: &HashSet<String>) -> Ident {
    invented(&format!("argument_{position}"), used)
}

fn invented(name: &str, used: &HashSet<String>) -> Ident {
    let mut name = name.to_owned();
    while used.contains(&name) {
        name.push('_');
    }
    Ident::new(&name, Span::mixed_site())
}

/// Returns the name of a generated item, `CacheCommand` or `CacheClient`.
pub(crate) fn item_name(actor: &Ident, suffix: &str) -> Ident {
    format_ident!("{}{suffix}", actor.unraw(), span = made_from(actor))
}

/// Returns the actor's name for messages: `key_value` for `KeyValue`.
pub(crate) fn in_words(actor: &Ident) -> String {
    let name = actor.unraw().to_string();
    let mut words = String::new();
    let mut before = '_';
    let mut letters = name.chars().peekable();
    while let Some(letter) = letters.next() {
        let begins_next_word = letters.peek().is_some_and(|next| next.is_lowercase());
        let ends_word = before != '_' && (!before.is_uppercase() || begins_next_word);
        if letter.is_uppercase() && ends_word {
            words.push('_');
        }
        words.extend(letter.to_lowercase());
        before = letter;
    }
    words
}

/// Returns the variant for a method: `GetAll` for `get_all`.
pub(crate) fn variant_name(method: &Ident) -> Ident {
    let mut name = String::new();
    for word in method.unraw().to_string().split('_') {
        let mut letters = word.chars();
        if let Some(first) = letters.next() {
            name.extend(first.to_uppercase());
            name.push_str(letters.as_str());
        }
    }
    if name == "Self" {
        name.push('_');
    }
    // Not every letter can begin a name.
    let is_usual = name.starts_with(|first: char| first.is_ascii_uppercase());
    if !is_usual && syn::parse_str::<Ident>(&name).is_err() {
        name.insert(0, '_');
    }
    if name == "_" {
        name.push('_');
    }
    Ident::new(&name, made_from(method))
}

/// Returns the loop's name for the source of `method`. A name with capitals could be a struct's, and is not reused.
pub(crate) fn local_name(method: &Ident, used: &HashSet<String>) -> Ident {
    let name = method.unraw().to_string();
    let lower = name.to_lowercase();
    if name != lower {
        return invented(&format!("{lower}_source"), used);
    }
    let mut local = method.clone();
    local.set_span(Span::mixed_site());
    local
}

/// Returns the type parameter for the output of a source: `FlushOutput`.
pub(crate) fn output_type_name(variant: &Ident) -> Ident {
    format_ident!("{variant}Output", span = Span::mixed_site())
}

/// Returns the constant for the number of a source: `FLUSH` for the variant `Flush`.
pub(crate) fn number_name(variant: &Ident, used: &HashSet<String>) -> Ident {
    invented(&in_words(variant).to_uppercase(), used)
}

/// Returns the loop's name for the condition of a source.
pub(crate) fn condition_name(method: &Ident, used: &HashSet<String>) -> Ident {
    invented(&format!("{}_is_on", method.unraw()), used)
}

/// Returns the loop's name for the count of outputs of a source that did not match.
pub(crate) fn misses_name(method: &Ident, used: &HashSet<String>) -> Ident {
    invented(&format!("{}_misses", method.unraw()), used)
}

/// Returns the name of the method that follows a latest value, such as `watch_health`.
pub(crate) fn follower_name(method: &Ident) -> Ident {
    format_ident!("watch_{}", method.unraw(), span = made_from(method))
}

/// Returns the name of the client's method for events.
pub(crate) fn subscribe_name() -> Ident {
    Ident::new("subscribe", Span::call_site())
}

/// Returns a variant to use instead of `variant`, which is taken. No method makes a variant that begins like it.
pub(crate) fn numbered_variant(variant: &Ident, position: usize) -> Ident {
    format_ident!("__{variant}{position}", span = Span::mixed_site())
}

/// Returns the name of a second client method, `try_get` or `blocking_get`.
pub(crate) fn twin_name(twin: Twin, method: &Ident) -> Ident {
    let prefix = match twin {
        Twin::Try => "try",
        Twin::Blocking => "blocking",
    };
    format_ident!("{prefix}_{}", method.unraw(), span = made_from(method))
}

#[cfg(test)]
mod tests {
    use quote::format_ident;

    use super::in_words;

    #[test]
    fn actors_are_called_like_variables() {
        for (actor, words) in [
            ("Cache", "cache"),
            ("KeyValue", "key_value"),
            ("HttpServer", "http_server"),
            ("HTTPServer", "http_server"),
            ("Db2Pool", "db2_pool"),
            ("DB", "db"),
            ("already_so", "already_so"),
            ("r#Type", "type"),
            ("Größe", "größe"),
        ] {
            assert_eq!(in_words(&format_ident!("{actor}")), words);
        }
    }
}
