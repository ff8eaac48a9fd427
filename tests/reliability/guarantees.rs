//! The tests that hold the sentences of `GUARANTEES.md`.

use std::fs;
use std::path::Path;

#[test]
fn each_guarantee_names_tests_that_exist() {
    let guarantees = guarantees(include_str!("../../GUARANTEES.md"));
    assert!(guarantees.len() > 30, "only {}", guarantees.len());
    let sources = sources(Path::new(env!("CARGO_MANIFEST_DIR")));
    assert_eq!(mistakes(&guarantees, &sources), [""; 0]);
}

#[test]
fn a_guarantee_without_a_test_is_found() {
    let page = "| guarantee | test |\n|---|---|\n| One. | `a`, `b` |\n| Two. | |\n| Three. | a |\n";
    let sources = "#[test]\nfn a() {}\n\nfn b() {}\n".to_owned();
    let expected = ["no test `b`: One.", "no test: Two.", "no test: Three."];
    assert_eq!(mistakes(&guarantees(page), &[sources]), expected);
}

/// A row of the table, with the names of its tests.
struct Guarantee<'a> {
    sentence: &'a str,
    tests: Vec<&'a str>,
}

fn guarantees(page: &str) -> Vec<Guarantee<'_>> {
    let rows = page.lines().filter_map(|line| {
        let (sentence, tests) = line
            .strip_prefix("| ")?
            .strip_suffix('|')?
            .split_once(" | ")?;
        Some(Guarantee {
            sentence,
            tests: tests.split('`').skip(1).step_by(2).collect(),
        })
    });
    rows.filter(|it| it.sentence != "guarantee").collect()
}

fn mistakes(guarantees: &[Guarantee<'_>], sources: &[String]) -> Vec<String> {
    let mut mistakes = Vec::new();
    for Guarantee { sentence, tests } in guarantees {
        if tests.is_empty() {
            mistakes.push(format!("no test: {sentence}"));
        }
        let missing = tests
            .iter()
            .filter(|test| !sources.iter().any(|it| has_test(it, test)));
        mistakes.extend(missing.map(|test| format!("no test `{test}`: {sentence}")));
    }
    mistakes
}

/// Returns whether `source` has a function `test` with an attribute such as `#[test]` or `#[tokio::test(..)]`.
fn has_test(source: &str, test: &str) -> bool {
    let found = source.split_once(&format!("fn {test}()"));
    let attributes = found.and_then(|(before, _)| before.rsplit("\n\n").next());
    attributes.is_some_and(|it| it.contains("#[test]") || it.contains("#[tokio::test"))
}

/// Reads all sources of the tests, except the programs for the compiler.
fn sources(folder: &Path) -> Vec<String> {
    let mut sources = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() && !path.ends_with("ui") && !path.ends_with("expand") {
            sources.extend(self::sources(&path));
        } else if path.extension().is_some_and(|it| it == "rs") {
            sources.push(fs::read_to_string(&path).unwrap());
        }
    }
    sources
}
