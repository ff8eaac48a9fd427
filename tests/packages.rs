//! The packages that are published: what a registry shows of them, and the licences and pages that they contain.
//!
//! A page is read in places that have nothing next to it: in a registry, on docs.rs, in the book of the guide. A relative
//! link breaks there.

use std::collections::HashSet;
use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

/// The address of a file of the repository.
const REPOSITORY: &str = "https://github.com/actor-macros/actor-macros/blob/main/";
/// The address of a picture of the repository.
const PICTURES: &str = "https://raw.githubusercontent.com/actor-macros/actor-macros/main/";
/// The address of a page of the guide.
const GUIDE: &str = "https://docs.rs/actor-runtime/latest/actor_runtime/guide/";

#[test]
fn packages_describe_themselves() {
    for package in published() {
        let name = &package["name"];
        for field in [
            "description",
            "documentation",
            "license",
            "repository",
            "rust_version",
        ] {
            let text = package[field].as_str().unwrap_or_default();
            assert!(!text.is_empty(), "{name} has no {field}");
        }
        assert_eq!(package["readme"], "README.md", "{name}");
        for (field, most) in [("keywords", 5), ("categories", 5)] {
            let count = package[field].as_array().map_or(0, Vec::len);
            assert!((1..=most).contains(&count), "{name} has {count} {field}");
        }
    }
}

#[test]
fn packages_contain_the_licences() {
    for package in published() {
        for licence in ["LICENSE-APACHE", "LICENSE-MIT"] {
            let copy = folder(&package).join(licence);
            let metadata = fs::symlink_metadata(&copy).unwrap();
            assert!(metadata.is_file(), "{} is a link", copy.display());
            let original = fs::read(root().join(licence)).unwrap();
            assert_eq!(fs::read(&copy).unwrap(), original, "{}", copy.display());
        }
    }
}

/// A part of what `cargo deny check` says, for machines that have no `cargo-deny`.
#[test]
fn dependencies_have_licences_that_are_allowed() {
    let text = fs::read_to_string(root().join("deny.toml")).unwrap();
    let list = text
        .split("\nallow = [")
        .nth(1)
        .and_then(|rest| rest.split(']').next());
    let allowed: Vec<&str> = list
        .unwrap()
        .split(',')
        .map(|it| it.trim().trim_matches('"'))
        .collect();
    let metadata = metadata(&["--all-features", "--filter-platform", &host()]);
    let packages = metadata["packages"].as_array().unwrap();
    assert!(packages.len() > 50, "only {} packages", packages.len());
    for package in packages {
        let licence = package["license"].as_str().unwrap_or_default();
        let is_allowed = licence.split(" AND ").all(|all| {
            let mut any = all
                .trim_matches(['(', ')'])
                .split(" OR ")
                .flat_map(|it| it.split('/'));
            any.any(|it| allowed.contains(&it))
        });
        assert!(is_allowed, "{}: {licence}", package["name"]);
    }
}

#[test]
fn links_of_pages_lead_somewhere() {
    let faults: Vec<String> = pages()
        .iter()
        .flat_map(|page| {
            let text = fs::read_to_string(page).unwrap();
            let faults = faults(&text);
            faults
                .into_iter()
                .map(|fault| format!("{}: {fault}", page.display()))
        })
        .collect();
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn a_broken_link_is_found() {
    for link in [
        "tests",
        "../README.md",
        "LICENSE-MIT",
        "#nowhere",
        "http://example.com",
        "https://github.com/actor-macros/actor-macros/blob/main/nowhere.rs",
        "https://raw.githubusercontent.com/actor-macros/actor-macros/main/nowhere.svg",
        "https://docs.rs/actor-runtime/latest/actor_runtime/guide/nowhere/index.html",
        "https://docs.rs/actor-runtime/latest/actor_runtime/guide/tasks/index.html#nowhere",
    ] {
        for page in [
            format!("[a\nlink]({link})"),
            format!("[a]: {link}"),
            format!("![]({link})"),
        ] {
            assert_eq!(faults(&page).len(), 1, "{page}");
        }
    }
    assert_eq!(faults("[text][label]").len(), 1);
}

#[test]
fn a_link_that_holds_is_not_found() {
    for text in [
        "## Two words, and `code`\n\n[link](#two-words-and-code)",
        "[link](https://github.com/actor-macros/actor-macros/blob/main/README.md#speed)",
        "[link](https://docs.rs/actor-runtime/latest/actor_runtime/guide/index.html)",
        "[link](https://docs.rs/actor-runtime/latest/actor_runtime/guide/order_of_shutdown/index.html)",
        "[link](https://docs.rs/actor-runtime/latest/actor_runtime/guide/tasks/index.html#which-to-take)",
        "[link](https://crates.io/crates/actor-runtime)",
        "[`Exit`](crate::Exit)",
        "[text][label]\n\n[label]: https://crates.io/crates/actor-runtime",
        "```\n#[command(in_place)]\nlet a = [f](b);\n```",
    ] {
        assert_eq!(faults(text), [""; 0], "{text}");
    }
}

/// Returns the packages of the workspace that are published.
fn published() -> Vec<Value> {
    let mut metadata = metadata(&["--no-deps", "--offline"]);
    let packages = metadata["packages"].as_array_mut().unwrap();
    packages.retain(|package| package["publish"].is_null());
    assert!(packages.len() >= 2, "only {} are published", packages.len());
    packages.clone()
}

fn metadata(arguments: &[&str]) -> Value {
    let mut cargo = Command::new(env::var_os("CARGO").unwrap());
    cargo
        .args(["metadata", "--format-version=1"])
        .args(arguments);
    let output = cargo.current_dir(root()).output().unwrap();
    let error = String::from_utf8_lossy(&output.stderr);
    serde_json::from_slice(&output.stdout).expect(&error)
}

/// Returns the platform of this machine, for which cargo has fetched all dependencies.
fn host() -> String {
    let version = Command::new("rustc").arg("-vV").output().unwrap().stdout;
    let version = String::from_utf8(version).unwrap();
    let host = version.lines().find_map(|line| line.strip_prefix("host: "));
    host.unwrap().to_owned()
}

fn folder(package: &Value) -> PathBuf {
    let manifest = Path::new(package["manifest_path"].as_str().unwrap());
    manifest.parent().unwrap().to_owned()
}

/// Returns the pages that somebody reads outside of the repository: the READMEs of packages, the page of the macro, and
/// the guide.
fn pages() -> Vec<PathBuf> {
    let mut pages: Vec<PathBuf> = published()
        .iter()
        .map(|package| folder(package).join("README.md"))
        .collect();
    let guide = fs::read_dir(root().join("actor-runtime/src/guide")).unwrap();
    pages.extend(guide.map(|entry| entry.unwrap().path()));
    pages.push(root().join("actor-macros/src/actor.md"));
    pages
}

/// Returns the links of a page that lead nowhere.
fn faults(page: &str) -> Vec<String> {
    let (prose, headings) = prose(page);
    let links = links(&prose);
    links
        .into_iter()
        .filter(|link| !leads_somewhere(link, &headings))
        .collect()
}

/// Returns a page without its code, and the anchors of its headings.
fn prose(page: &str) -> (String, HashSet<String>) {
    let mut is_code = false;
    let mut prose = String::new();
    let mut headings = HashSet::new();
    for line in page.lines() {
        if line.trim_start().starts_with("```") {
            is_code = !is_code;
        } else if !is_code {
            if let Some(heading) = line.strip_prefix('#') {
                headings.insert(anchor(heading.trim_start_matches('#').trim()));
            }
            prose.extend([line, "\n"]);
        }
    }
    (prose, headings)
}

/// Returns the anchor that GitHub and rustdoc give to a heading.
fn anchor(heading: &str) -> String {
    let kept = heading
        .chars()
        .filter(|it| it.is_alphanumeric() || " -_".contains(*it));
    kept.map(|it| {
        if it == ' ' {
            '-'
        } else {
            it.to_ascii_lowercase()
        }
    })
    .collect()
}

/// Returns the targets of `[text](target)`, of `[text][label]` and of `[label]: target`.
fn links(prose: &str) -> Vec<String> {
    let inline = prose
        .split("](")
        .skip(1)
        .filter_map(|rest| rest.split_once(')'));
    let inline = inline.map(|(target, _)| target.trim().to_owned());
    let labels = prose
        .split("][")
        .skip(1)
        .filter_map(|rest| rest.split_once(']'));
    let labels = labels.filter(|(label, _)| !prose.contains(&format!("[{label}]: ")));
    let labels = labels.map(|(label, _)| format!("[{label}] without a target"));
    let named = prose.split("]: ").skip(1);
    let named = named.filter_map(|rest| rest.lines().next().map(|it| it.trim().to_owned()));
    inline.chain(labels).chain(named).collect()
}

fn leads_somewhere(link: &str, headings: &HashSet<String>) -> bool {
    if let Some(anchor) = link.strip_prefix('#') {
        return headings.contains(anchor);
    }
    let (path, anchor) = link.split_once('#').unwrap_or((link, ""));
    if let Some(file) = path
        .strip_prefix(REPOSITORY)
        .or(path.strip_prefix(PICTURES))
    {
        return root().join(file).exists();
    }
    if let Some(page) = path.strip_prefix(GUIDE) {
        let name = page.trim_end_matches("index.html").trim_end_matches('/');
        let file = format!("actor-runtime/src/guide/{name}.md");
        return match fs::read_to_string(root().join(file)) {
            Ok(page) => anchor.is_empty() || prose(&page).1.contains(anchor),
            Err(_) => name.is_empty(),
        };
    }
    // rustdoc checks the links to items.
    path.starts_with("https://") || path.starts_with("crate::") || path.starts_with("mod@crate::")
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}
