//! Links in docs: replaces the `Self` in their targets, as it is another type at a generated item.

/// Returns a line of docs with another type in place of `Self` in each target of a link. `owner` returns the type that
/// has an item of a name. The text of a link stays.
pub(super) fn resolved(line: &str, owner: &impl Fn(&str) -> String) -> String {
    if !line.contains("Self") {
        return line.to_owned();
    }
    if let Some((name, target)) = definition(line) {
        let indent = &line[..line.len() - line.trim_start().len()];
        return match target_resolved(target, owner) {
            Some(target) => format!("{indent}[{name}]: {target}"),
            None => line.to_owned(),
        };
    }
    let mut resolved = String::new();
    let mut rest = line;
    while let Some(start) = rest.find(['[', '`', '\\']) {
        let (before, found) = rest.split_at(start);
        let (written, length) = if found.starts_with('[') {
            link_resolved(found, owner)
        } else {
            let length = literal_length(found);
            (found[..length].to_owned(), length)
        };
        resolved.push_str(before);
        resolved.push_str(&written);
        rest = &found[length..];
    }
    resolved.push_str(rest);
    resolved
}

/// Returns whether the line is the target of a link, or the text of a footnote, that is written elsewhere.
pub(super) fn is_definition(line: &str) -> bool {
    definition(line).is_some() || line.trim_start().starts_with("[^") && line.contains("]:")
}

/// Splits the line `[name]: target`. A title may follow the target.
fn definition(line: &str) -> Option<(&str, &str)> {
    let (name, target) = line.trim().strip_prefix('[')?.split_once("]:")?;
    let (target, mut words) = (target.trim(), target.split_whitespace());
    let has_target = words.next().is_some();
    let has_no_text = words
        .next()
        .is_none_or(|word| word.starts_with(['"', '\'', '(']));
    (!name.contains(']') && has_target && has_no_text).then_some((name, target))
}

/// Returns the length of the escape or code span with which `text` begins.
fn literal_length(text: &str) -> usize {
    if text.starts_with('\\') {
        return text.chars().take(2).map(char::len_utf8).sum();
    }
    let length = text.len() - text.trim_start_matches('`').len();
    let (mark, rest) = text.split_at(length);
    rest.find(mark).map_or(length, |end| end + 2 * length)
}

/// Returns the link with which `link` begins, with another target, and its length in `link`.
fn link_resolved(link: &str, owner: &impl Fn(&str) -> String) -> (String, usize) {
    let Some(end) = link.find(']') else {
        return ("[".to_owned(), 1);
    };
    let (text, rest) = (&link[1..end], &link[end + 1..]);
    let same = |length: usize| (link[..length].to_owned(), length);
    if let Some(inside) = rest.strip_prefix('(') {
        let Some(close) = inside.find(')') else {
            return same(end + 1);
        };
        // The target may end with `()`.
        let close = close + usize::from(inside[close..].starts_with("))"));
        let target = target_resolved(&inside[..close], owner);
        return match target {
            Some(target) => (format!("[{text}]({target})"), end + close + 3),
            None => same(end + close + 3),
        };
    }
    let label = rest
        .strip_prefix('[')
        .and_then(|label| label.split_once(']'));
    let (label, length) = match label {
        Some((label, _)) => (label, end + label.len() + 3),
        None => ("", end + 1),
    };
    let label = if label.is_empty() { text } else { label };
    match target_resolved(label, owner) {
        Some(target) => (format!("[{text}]({target})"), length),
        None => same(length),
    }
}

/// Returns the target with another type, if it begins with `Self` and that is another type here.
fn target_resolved(target: &str, owner: &impl Fn(&str) -> String) -> Option<String> {
    let target = target.trim_matches('`');
    let (kind, path) = match target.split_once('@') {
        Some((kind, path)) => (format!("{kind}@"), path),
        None => (String::new(), target),
    };
    let after = path.strip_prefix("Self")?;
    let item = after
        .strip_prefix("::")
        .or(after.is_empty().then_some(""))?;
    let mut names = item.split(|letter: char| !letter.is_alphanumeric() && letter != '_');
    let owner = owner(names.next().unwrap_or_default());
    (owner != "Self").then(|| format!("{kind}{owner}{after}"))
}

#[cfg(test)]
mod tests {
    use super::{is_definition, resolved};

    fn check(line: &str, expected: &str) {
        let owner = |name: &str| if name == "set" { "Self" } else { "Cache" }.to_owned();
        assert_eq!(resolved(line, &owner), expected);
    }

    #[test]
    fn the_target_changes_and_the_text_does_not() {
        check("See [`Self::new`].", "See [`Self::new`](Cache::new).");
        check("See [Self::new()].", "See [Self::new()](Cache::new()).");
        check(
            "See [the maker](Self::new).",
            "See [the maker](Cache::new).",
        );
        check(
            "See [it](Self::new()), too.",
            "See [it](Cache::new()), too.",
        );
        check(
            "See [the maker][Self::new].",
            "See [the maker](Cache::new).",
        );
        check("See [`Self::new`][].", "See [`Self::new`](Cache::new).");
        check(" [maker]: Self::new", " [maker]: Cache::new");
        check(
            "[maker]: Self::new \"The maker\"",
            "[maker]: Cache::new \"The maker\"",
        );
        check(
            "See [`Self::new`]: it.",
            "See [`Self::new`](Cache::new): it.",
        );
        check(
            "[`Self::new`]: it makes one.",
            "[`Self::new`](Cache::new): it makes one.",
        );
        check(
            "[^note]: See [`Self::new`].",
            "[^note]: See [`Self::new`](Cache::new).",
        );
        check("[`Self`] is it.", "[`Self`](Cache) is it.");
        check("[`fn@Self::new`]", "[`fn@Self::new`](fn@Cache::new)");
        check("[a](Self::a) [b](Self::b)", "[a](Cache::a) [b](Cache::b)");
    }

    #[test]
    fn everything_else_stays() {
        for line in [
            "See [`Self::set`], [it](Self::set) and [`Other`].",
            "`[Self::new]` is code, and so is ``[`Self::new`]``.",
            r"\[Self::new] is no link.",
            "[Selfish] [Self [x](y",
            "[x]: https://example.com",
            "[`Self::new`]: https://example.com",
            "größe [ä](ö) [`",
        ] {
            check(line, line);
        }
    }

    #[test]
    fn a_definition_is_a_line_of_its_own() {
        assert!(is_definition(" [`Self::new`]: Self::new"));
        assert!(is_definition("[it]: https://example.com \"Title\""));
        assert!(is_definition("[^note]: This is a note."));
        assert!(!is_definition("See [it]: yes."));
        assert!(!is_definition("[it]: it makes one."));
        assert!(!is_definition("[it](Self::new): yes"));
    }
}
