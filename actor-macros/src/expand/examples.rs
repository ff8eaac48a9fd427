//! Finds the examples in docs: the code that rustdoc runs.

/// The kind of a line of docs.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum LineKind {
    Text,
    /// Code that rustdoc does not run, with its fences.
    Code,
    /// Code that rustdoc runs, with its fences, or the title of such code.
    Example,
}

/// Returns the kind of each line.
pub(super) fn kinds(lines: &[&str]) -> Vec<LineKind> {
    let indents = lines.iter().filter(|line| !line.trim().is_empty());
    let margin = indents.map(|line| indent(line)).min().unwrap_or_default();
    let mut scanner = Scanner {
        margin,
        state: State::Text,
        is_after_blank: true,
        is_in_list: false,
    };
    let mut kinds: Vec<LineKind> = lines.iter().map(|line| scanner.kind(line)).collect();
    add_titles(lines, &mut kinds);
    kinds
}

struct Scanner {
    /// The spaces in front of all lines.
    margin: usize,
    state: State,
    is_after_blank: bool,
    /// Indented lines of a list are not code.
    is_in_list: bool,
}

enum State {
    Text,
    /// Between two fences of this kind and length.
    Fenced {
        mark: char,
        length: usize,
        kind: LineKind,
        /// A quote that ends takes its fence with it.
        is_quoted: bool,
    },
    Indented,
}

impl Scanner {
    fn kind(&mut self, line: &str) -> LineKind {
        let text = line.trim();
        let quoted = text.trim_start_matches(['>', ' ']);
        let is_in_quote = text.starts_with('>');
        if matches!(self.state, State::Fenced { is_quoted, .. } if is_quoted && !is_in_quote) {
            self.state = State::Text;
        }
        if let State::Fenced {
            mark,
            length,
            kind,
            is_quoted,
        } = self.state
        {
            if fence(if is_quoted { quoted } else { text })
                .is_some_and(|(end, info)| end.0 == mark && end.1 >= length && info.is_empty())
            {
                self.state = State::Text;
                self.is_after_blank = true;
            }
            return kind;
        }
        let is_blank = text.is_empty();
        let is_indented = indent(line) >= self.margin + 4;
        if let State::Indented = self.state {
            if is_blank || is_indented {
                return LineKind::Example;
            }
            self.state = State::Text;
        }
        if let Some(((mark, length), info)) = fence(without_list_mark(quoted)) {
            let kind = if is_rust(info) {
                LineKind::Example
            } else {
                LineKind::Code
            };
            self.state = State::Fenced {
                mark,
                length,
                kind,
                is_quoted: is_in_quote,
            };
            return kind;
        }
        if is_indented && self.is_after_blank && !self.is_in_list {
            self.state = State::Indented;
            return LineKind::Example;
        }
        if !is_blank && !is_indented {
            self.is_in_list = begins_list(text) || (self.is_in_list && indent(line) > self.margin);
        }
        self.is_after_blank = is_blank;
        LineKind::Text
    }
}

/// Adds the titles in front of examples to them, if nothing else stands below the titles.
fn add_titles(lines: &[&str], kinds: &mut [LineKind]) {
    let mut has_example = false;
    let mut has_text = false;
    for (line, kind) in lines.iter().zip(kinds).rev() {
        let text = line.trim();
        match kind {
            LineKind::Example => has_example = true,
            LineKind::Text if text.starts_with('#') => {
                if has_example && !has_text {
                    *kind = LineKind::Example;
                } else {
                    has_example = false;
                }
                has_text = false;
            }
            LineKind::Text | LineKind::Code => has_text |= !text.is_empty(),
        }
    }
}

fn indent(line: &str) -> usize {
    line.len() - line.trim_start().len()
}

/// Returns the mark and the length of a fence, and the text after it.
fn fence(text: &str) -> Option<((char, usize), &str)> {
    let mark = text.chars().next().filter(|mark| "`~".contains(*mark))?;
    let info = text.trim_start_matches(mark);
    let length = text.len() - info.len();
    let is_fence = length >= 3 && !(mark == '`' && info.contains('`'));
    is_fence.then_some(((mark, length), info.trim()))
}

/// Returns whether rustdoc takes a fenced block for Rust. It ignores unknown words after the first that is about Rust.
fn is_rust(info: &str) -> bool {
    const WORDS: [&str; 6] = [
        "no_run",
        "should_panic",
        "compile_fail",
        "test_harness",
        "standalone_crate",
        "ignore",
    ];
    let is_setting = |word: &str| {
        let mut starts = ["edition", "E0", "{", "."].iter();
        starts.any(|start| word.starts_with(start))
    };
    let words = info.split([',', ' ', '\t']);
    let mut words = words.filter(|word| !word.is_empty() && !is_setting(word));
    let first = words.clone().next();
    words.any(|word| word == "rust")
        || first.is_none_or(|word| WORDS.contains(&word) || word.starts_with("ignore-"))
}

fn begins_list(text: &str) -> bool {
    without_list_mark(text).len() < text.len()
}

/// Returns a line without the `-` or `1.` of the list that it may begin.
fn without_list_mark(text: &str) -> &str {
    let after_number = text.trim_start_matches(|letter: char| letter.is_ascii_digit());
    let marks: &[&str] = if after_number.len() < text.len() {
        &[". ", ") "]
    } else {
        &["- ", "* ", "+ "]
    };
    let mut marks = marks.iter();
    let after_mark = marks.find_map(|mark| after_number.strip_prefix(mark));
    after_mark.map_or(text, str::trim_start)
}

#[cfg(test)]
mod tests {
    use super::{LineKind, kinds};

    fn check(docs: &str, left: &str) {
        let lines: Vec<&str> = docs.split('\n').collect();
        let kinds = kinds(&lines);
        let kept = lines.iter().zip(kinds);
        let kept = kept.filter(|(_, kind)| *kind != LineKind::Example);
        let kept: Vec<&str> = kept.map(|(line, _)| *line).collect();
        assert_eq!(kept.join("\n"), left, "{docs}");
    }

    #[test]
    fn examples_are_inside() {
        check(" Text.\n\n ```\n one();\n ```\n More.", " Text.\n\n More.");
        check(" ```no_run\n one();\n ```", "");
        check(" ~~~rust,should_panic\n ```\n ~~~\n Text.", " Text.");
        check(" ```rust,linenos\n one();\n ```", "");
        check(" ```linenos,rust\n one();\n ```", "");
        check(" ```edition2021,no_run,linenos\n one();\n ```", "");
        check(" ````\n ```\n ````\n Text.", " Text.");
        check(
            " Text.\n\n     one();\n\n     two();\n More.",
            " Text.\n\n More.",
        );
        check(" ```\n one();", "");
        check(
            " > Text.\n > ```\n > one();\n > ```\n > More.",
            " > Text.\n > More.",
        );
        check(" > ```\n > one();\n\n Text.", "\n Text.");
        check(" - ```\n   one();\n   ```\n - two", " - two");
        check(" 1. ```\n    one();\n    ```\n 2. two", " 2. two");
    }

    #[test]
    fn other_text_is_outside() {
        for text in [
            " ```text\n a -> b\n ```",
            " ```json\n {}\n ```\n Text.",
            " ```edition2021,text\n a -> b\n ```",
            " Text\n     that goes on.",
            " - one\n\n     more of it\n - two",
            " Inline ```code```.",
        ] {
            check(text, text);
        }
    }

    #[test]
    fn a_title_of_examples_is_inside() {
        check(" Text.\n\n # Examples\n\n ```\n one();\n ```", " Text.\n\n");
        check(
            " # Errors\n\n Never.\n\n # Examples\n\n ```\n one();\n ```",
            " # Errors\n\n Never.\n\n",
        );
        check(
            " # Examples\n\n ## One\n\n ```\n one();\n ```\n\n ## Two\n\n ```\n two();\n ```",
            "\n\n\n",
        );
        check(
            " # Examples\n\n ## One\n\n One.\n\n ## Two\n\n ```\n two();\n ```",
            " # Examples\n\n ## One\n\n One.\n\n",
        );
        let with_text = " # Examples\n\n Look:";
        check(&format!("{with_text}\n ```\n one();\n ```"), with_text);
    }
}
