//! The words of the documentation: plain English that a reader understands without its surroundings.
//!
//! Editors show a doc comment alone, so each one opens with a noun phrase or a verb. Comments and pages use no words
//! that are old or vague.

use std::fs;
use std::path::{Path, PathBuf};

/// Openings of doc comments that point back at something.
const OPENINGS: [&str; 14] = [
    "How", "It", "Its", "That", "The same", "Their", "They", "Those", "What", "Where", "Whether",
    "Which", "Who", "Why",
];

/// Words that are out of use or vague, with what to write.
const WORDS: [(&str, &str); 22] = [
    ("afresh", "again"),
    ("anew", "again"),
    ("any more", "no longer"),
    ("are none", "are not"),
    ("beside", "next to, or except"),
    ("besides", "also, or except"),
    ("but for", "except"),
    ("for ever", "forever"),
    ("has none", "has no .."),
    ("have none", "have no .."),
    ("hitherto", "until now"),
    ("is none", "is not"),
    ("lest", "so that .. not"),
    ("once more", "again"),
    ("or else", "otherwise"),
    ("save for", "except"),
    ("that of", "the thing's name"),
    ("the one which", "the thing's name"),
    ("thereof", "of it"),
    ("those of", "the things' name"),
    ("whereof", "of which"),
    ("whilst", "while"),
];

/// Idioms that contain one of these words and are plain.
const IDIOMS: [&str; 2] = ["there are none", "there is none"];

/// Lines that may break a rule: the file, a part of the line, and the reason.
const EXCEPTIONS: &[(&str, &str, &str)] = &[];

/// The folders with sources.
const SOURCES: [&str; 6] = [
    "actor-macros",
    "actor-nats",
    "actor-runtime",
    "benches",
    "examples",
    "tests",
];

/// The folders with pages, the top level among them.
const PAGES: [&str; 8] = [
    "",
    "actor-macros",
    "actor-macros/src",
    "actor-nats",
    "actor-runtime/src/guide",
    "benches",
    "examples",
    "examples/service",
];

#[test]
fn comments_and_pages_use_plain_words() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let mut texts = Vec::new();
    for path in sources(root).into_iter().chain(pages(root)) {
        let text = fs::read_to_string(&path).unwrap();
        let file = path.strip_prefix(root).unwrap().to_str().unwrap();
        let is_page = path.extension().is_some_and(|it| it == "md");
        let found = if is_page {
            paragraphs(&text)
        } else {
            comments(&text)
        };
        texts.extend(found.into_iter().map(|it| (file.to_owned(), it)));
    }
    let docs = texts.iter().filter(|(_, text)| text.kind == Kind::Doc);
    let docs = docs.count();
    assert!(docs > 1000, "only {docs} doc comments were found");
    assert!(
        EXCEPTIONS.len() * 50 <= docs,
        "more than 2 % of {docs} doc comments are exceptions"
    );

    let mut used = vec![false; EXCEPTIONS.len()];
    let mut report = Vec::new();
    for (file, text) in &texts {
        for fault in text.faults() {
            let exception = EXCEPTIONS
                .iter()
                .position(|(path, part, _)| path == file && fault.line.contains(part));
            match exception {
                Some(position) => used[position] = true,
                None => report.push(format!("{file}:{}: {}", fault.number, fault.remedy)),
            }
        }
    }
    assert!(
        report.is_empty(),
        "{} lines:\n{}",
        report.len(),
        report.join("\n")
    );
    for (exception, is_used) in EXCEPTIONS.iter().zip(used) {
        assert!(is_used, "nothing needs the exception {exception:?}");
    }
}

#[test]
fn a_doc_comment_that_points_back_is_found() {
    for opening in OPENINGS {
        let comment = format!("fn one() {{}}\n\n    /// {opening} actor.\n    fn two() {{}}");
        assert_eq!(numbers(&comments(&comment)), [3], "{opening}");
    }
    assert_eq!(numbers(&comments("//! It's an actor.")), [1]);
    assert_eq!(
        numbers(&comments("/// An actor.\nstruct A;\n/// `What`, indeed.")),
        [3]
    );
}

#[test]
fn a_doc_comment_that_stands_alone_is_not_found() {
    let lines = [
        "/// Returns whether the actor has ended.",
        "/// Items of a list.",
        "/// The samelet.",
        "/// An actor.\n/// It ends.",
        "/// An actor.\n///\n/// What it does.",
        "// What comes next is no documentation.",
        "let text = \"/// What\";",
    ];
    for line in lines {
        assert_eq!(numbers(&comments(line)), [0; 0], "{line}");
    }
}

#[test]
fn an_old_or_vague_word_is_found() {
    for (word, _) in WORDS {
        for word in [word, &capitalized(word)] {
            let line = format!("An actor, {word} it.");
            assert_eq!(numbers(&comments(&format!("\n// {line}"))), [2], "{word}");
            assert_eq!(numbers(&comments(&format!("//! {line}"))), [1], "{word}");
            assert_eq!(
                numbers(&paragraphs(&format!("# A\n\n{line}"))),
                [3],
                "{word}"
            );
        }
    }
    assert_eq!(
        numbers(&comments("/// An actor\n/// waits for\n/// ever.")),
        [2]
    );
    assert_eq!(numbers(&paragraphs("- An actor waits for\n  ever.")), [1]);
}

#[test]
fn a_plain_word_is_not_found() {
    let lines = [
        "An actor that waits forever.",
        "Each value is None.",
        "The fact that offers are rare, and the name `for_ever`.",
        "A lane for everybody.",
        "The first one, if there is none.",
    ];
    for line in lines {
        assert_eq!(numbers(&comments(&format!("/// {line}"))), [0; 0], "{line}");
        assert_eq!(numbers(&paragraphs(line)), [0; 0], "{line}");
    }
    assert_eq!(numbers(&comments("let anew = any(more); // anew")), [0; 0]);
    assert_eq!(
        numbers(&comments("// wait for\nlet ever = 1;\n// ever")),
        [0; 0]
    );
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Doc,
    Comment,
    Page,
}

/// A comment of some lines, or a paragraph of a page.
struct Text {
    kind: Kind,
    /// The number of the first line.
    number: usize,
    lines: Vec<String>,
}

/// A line that breaks a rule.
struct Fault<'a> {
    number: usize,
    line: &'a str,
    remedy: String,
}

impl Text {
    fn faults(&self) -> Vec<Fault<'_>> {
        let joined = self.lines.join(" ");
        let mut faults = Vec::new();
        for opening in OPENINGS {
            let text = joined.trim_start_matches(|it: char| !it.is_alphanumeric());
            if self.kind == Kind::Doc && starts_with_word(text, opening) {
                let remedy = format!("open with a noun phrase or a verb instead of `{opening}`");
                faults.push(self.fault(0, remedy));
            }
        }
        for (word, better) in WORDS {
            for word in [word, &capitalized(word)] {
                for position in positions(&joined, word) {
                    faults.push(self.fault(position, format!("instead of `{word}` say {better}")));
                }
            }
        }
        faults
    }

    /// Returns the fault at `position` of the joined lines.
    fn fault(&self, position: usize, remedy: String) -> Fault<'_> {
        let mut end = 0;
        let ends = self.lines.iter().map(|line| {
            end += line.len() + 1;
            end
        });
        let index = ends.take_while(|end| *end <= position).count();
        Fault {
            number: self.number + index,
            line: &self.lines[index],
            remedy,
        }
    }
}

/// Returns the positions of a word, except in idioms.
fn positions(text: &str, word: &str) -> Vec<usize> {
    let all = text.match_indices(word).map(|(position, _)| position);
    all.filter(|position| {
        let (before, rest) = text.split_at(*position);
        let end = position + word.len();
        starts_with_word(rest, word)
            && !before.ends_with(is_part_of_word)
            && !IDIOMS.iter().any(|idiom| text[..end].ends_with(idiom))
    })
    .collect()
}

fn starts_with_word(text: &str, word: &str) -> bool {
    text.strip_prefix(word)
        .is_some_and(|rest| !rest.starts_with(is_part_of_word))
}

fn is_part_of_word(letter: char) -> bool {
    letter.is_alphanumeric() || letter == '_'
}

fn capitalized(word: &str) -> String {
    word[..1].to_ascii_uppercase() + &word[1..]
}

/// Collects the comments of a source that stand on lines of their own.
fn comments(source: &str) -> Vec<Text> {
    let mut comments = Vec::new();
    for (index, line) in source.lines().enumerate() {
        let marker = ["///", "//!", "//"]
            .into_iter()
            .find(|marker| line.trim_start().starts_with(marker));
        let text = marker.and_then(|marker| line.split_once(marker));
        let kind = match marker {
            Some("//") | None => Kind::Comment,
            Some(_) => Kind::Doc,
        };
        add_line(
            &mut comments,
            kind,
            index + 1,
            text.map(|(_, text)| text.trim()),
        );
    }
    comments
}

/// Collects the paragraphs of a page, lists and tables included.
fn paragraphs(page: &str) -> Vec<Text> {
    let mut paragraphs = Vec::new();
    for (index, line) in page.lines().enumerate() {
        let text = Some(line.trim()).filter(|it| !it.is_empty());
        add_line(&mut paragraphs, Kind::Page, index + 1, text);
    }
    paragraphs
}

/// Appends a line to the last text if it continues that text, and otherwise begins one.
fn add_line(texts: &mut Vec<Text>, kind: Kind, number: usize, line: Option<&str>) {
    let Some(line) = line else { return };
    match texts.last_mut() {
        Some(last) if last.kind == kind && last.number + last.lines.len() == number => {
            last.lines.push(line.to_owned());
        }
        _ => texts.push(Text {
            kind,
            number,
            lines: vec![line.to_owned()],
        }),
    }
}

fn numbers(texts: &[Text]) -> Vec<usize> {
    let faults = texts.iter().flat_map(Text::faults);
    faults.map(|it| it.number).collect()
}

/// Finds all sources, except programs that are meant to be wrong and what the macro wrote.
fn sources(root: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let mut folders: Vec<PathBuf> = SOURCES.iter().map(|it| root.join(it)).collect();
    while let Some(folder) = folders.pop() {
        for path in entries(&folder) {
            let name = path.file_name().unwrap().to_str().unwrap();
            if path.is_dir() {
                if name != "ui" && name != "target" {
                    folders.push(path);
                }
            } else if path.extension().is_some_and(|it| it == "rs") && !name.contains(".expanded.")
            {
                files.push(path);
            }
        }
    }
    files.sort();
    files
}

fn pages(root: &Path) -> Vec<PathBuf> {
    let folders = PAGES.iter().map(|it| root.join(it));
    let entries = folders.flat_map(|it| entries(&it));
    entries
        .filter(|it| it.extension().is_some_and(|it| it == "md"))
        .collect()
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap();
    entries.map(|it| it.unwrap().path()).collect()
}
