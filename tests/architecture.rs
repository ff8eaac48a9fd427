//! Compares the arrows between the files of the crates, as `ARCHITECTURE.md` draws them, with the imports.
//!
//! A file and its folder (`inbox.rs` and `inbox/`) are a room. An import from another room leads to the room's own
//! file, whose re-exports are no arrows. An import inside of a room leads to the file that defines the item.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::fs;
use std::path::Path;

use proc_macro2::{Delimiter, TokenStream, TokenTree};

/// A crate, with the exceptions from the rules.
struct Rules {
    name: &'static str,
    /// Rooms that every file may import without an arrow.
    ground: &'static [&'static str],
    /// Circles that are allowed. `ARCHITECTURE.md` has the reasons.
    knots: &'static [&'static [&'static str]],
    /// Names of two types, with their files.
    shared_names: &'static [(&'static str, [&'static str; 2])],
}

const MACROS: Rules = Rules {
    name: "actor-macros",
    ground: &[],
    knots: &[],
    shared_names: &[],
};

const RUNTIME: Rules = Rules {
    name: "actor-runtime",
    ground: &["error", "panics", "shutdown", "sync", "title"],
    knots: &[&[
        "actor",
        "actor/builder",
        "actor/child",
        "actor/context",
        "actor/life",
        "actor/prepared",
    ]],
    shared_names: &[
        // One half for the feature `tracing`, and one for its absence.
        ("Asked", ["spans/recorded", "spans/unrecorded"]),
        ("Caller", ["spans/recorded", "spans/unrecorded"]),
        ("Meter", ["meters/recorded", "meters/unrecorded"]),
        ("Meters", ["meters/recorded", "meters/unrecorded"]),
        ("Missed", ["meters/recorded", "meters/unrecorded"]),
        ("Spans", ["spans/recorded", "spans/unrecorded"]),
        ("TaskSpan", ["spans/recorded", "spans/unrecorded"]),
        ("Ticket", ["meters/recorded", "meters/unrecorded"]),
        ("WaitingCaller", ["spans/recorded", "spans/unrecorded"]),
    ],
};

const NATS: Rules = Rules {
    name: "actor-nats",
    ground: &[],
    knots: &[],
    shared_names: &[],
};

#[test]
fn the_macro_is_as_drawn() {
    assert_eq!(MACROS.mistakes_on_disk(), Vec::<String>::new());
}

#[test]
fn the_runtime_is_as_drawn() {
    assert_eq!(RUNTIME.mistakes_on_disk(), Vec::<String>::new());
}

#[test]
fn the_carrier_is_as_drawn() {
    assert_eq!(NATS.mistakes_on_disk(), Vec::<String>::new());
}

#[test]
fn arrows_of_the_runtime_point_down() {
    let Drawing { files, arrows } = RUNTIME.drawing();
    let line = |file: &String| files.iter().position(|other| other == file);
    let points_up = |(from, to): &&(String, String)| line(to) <= line(from);
    let is_knotted = |(from, to): &(String, String)| {
        let is_in = |knot: &&[&str]| [from, to].iter().all(|file| knot.contains(&file.as_str()));
        RUNTIME.knots.iter().any(is_in)
    };
    let mut up = arrows.iter().filter(points_up);
    assert_eq!(up.find(|arrow| !is_knotted(arrow)), None);
}

impl Rules {
    fn mistakes_on_disk(&self) -> Vec<String> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        let source = |file: &str| {
            let path = root.join(self.name).join(format!("src/{file}.rs"));
            fs::read_to_string(&path).unwrap_or_else(|_| panic!("no file {}", path.display()))
        };
        self.mistakes(&Crate::read(&source), &self.drawing())
    }

    fn drawing(&self) -> Drawing {
        let text = include_str!("../ARCHITECTURE.md");
        let start = text.split_once(&format!("```text\n{}/src", self.name));
        let block = start.and_then(|(_, rest)| rest.split_once("```"));
        let lines = block.and_then(|(block, _)| block.split_once('\n'));
        Drawing::parse(lines.expect("ARCHITECTURE.md has a block of the crate").1)
    }

    /// A sentence for each difference between the crate and its drawing, and for each broken rule.
    fn mistakes(&self, krate: &Crate, drawing: &Drawing) -> Vec<String> {
        let mut mistakes = Vec::new();
        let shown: BTreeSet<&str> = drawing.files.iter().map(String::as_str).collect();
        let files = krate.files();
        mistakes.extend(
            files
                .difference(&shown)
                .map(|file| format!("{file} is not shown")),
        );
        mistakes.extend(
            shown
                .difference(&files)
                .map(|file| format!("{file} does not exist")),
        );
        let arrows = krate.arrows();
        let is_ground = |to: &str| self.ground.contains(&to);
        for (from, to) in arrows
            .difference(&drawing.arrows)
            .filter(|(_, to)| !is_ground(to))
        {
            mistakes.push(format!("{from} imports {to}, which is not shown"));
        }
        for (from, to) in drawing.arrows.difference(&arrows) {
            mistakes.push(format!("{from} does not import {to}, which is shown"));
        }
        let circles = circles(&arrows);
        let knots = self.knots.iter().map(|knot| strings(knot)).collect();
        mistakes.extend(
            circles
                .difference(&knots)
                .map(|circle| format!("a circle: {circle:?}")),
        );
        mistakes.extend(
            knots
                .difference(&circles)
                .map(|knot| format!("no circle: {knot:?}")),
        );
        let shared = krate.shared_names();
        let allowed = self.shared_names.iter();
        let allowed = allowed
            .map(|(name, files)| ((*name).to_owned(), strings(files)))
            .collect();
        mistakes.extend(
            shared
                .difference(&allowed)
                .map(|name| format!("one name: {name:?}")),
        );
        mistakes.extend(
            allowed
                .difference(&shared)
                .map(|name| format!("two names: {name:?}")),
        );
        mistakes
    }
}

fn strings(words: &[&str]) -> Vec<String> {
    words.iter().map(|&word| word.to_owned()).collect()
}

/// Each file with each file that it imports.
type Arrows = BTreeSet<(String, String)>;

/// The block of a crate in `ARCHITECTURE.md`, with lines such as `inbox/work.rs  <words>  [polled, spans]`.
struct Drawing {
    files: Vec<String>,
    arrows: Arrows,
}

impl Drawing {
    fn parse(lines: &str) -> Self {
        let lines = lines.lines().filter(|line| !line.trim().is_empty());
        let lines: Vec<(&str, &str)> = lines
            .map(|line| {
                let (file, rest) = line.split_once(".rs").expect("a line begins with a file");
                let imports = rest.trim_end().strip_suffix(']');
                let imports = imports.and_then(|rest| rest.rsplit_once('['));
                (file, imports.expect("a line ends with the imports").1)
            })
            .collect();
        let files: Vec<String> = lines.iter().map(|(file, _)| (*file).to_owned()).collect();
        let mut arrows = Arrows::new();
        for (file, imports) in lines {
            let imports = imports.split(',').map(str::trim);
            for import in imports.filter(|import| !import.is_empty()) {
                // A file of the same folder is named without the folder.
                let sibling = format!("{}/{import}", room(file));
                let is_sibling = files.contains(&sibling);
                let to = if is_sibling {
                    sibling
                } else {
                    import.to_owned()
                };
                arrows.insert((file.to_owned(), to));
            }
        }
        Self { files, arrows }
    }
}

/// The room of a file: `inbox` for `inbox` and `inbox/work`.
fn room(file: &str) -> &str {
    file.split_once('/').map_or(file, |(room, _)| room)
}

/// The circles of rooms, and the circles of files inside of one room.
fn circles(arrows: &Arrows) -> BTreeSet<Vec<String>> {
    let rooms = arrows.iter().map(|(from, to)| (room(from), room(to)));
    let rooms = rooms.filter(|(from, to)| from != to).collect();
    let files = arrows.iter().map(|(from, to)| (from.as_str(), to.as_str()));
    let files = files.filter(|(from, to)| room(from) == room(to)).collect();
    [circles_of(&rooms), circles_of(&files)]
        .into_iter()
        .flatten()
        .collect()
}

/// The largest sets of nodes that all reach each other.
fn circles_of(arrows: &BTreeSet<(&str, &str)>) -> BTreeSet<Vec<String>> {
    let nodes = arrows.iter().map(|(from, _)| *from);
    let reached: BTreeMap<_, _> = nodes
        .map(|node| (node, reached_from(node, arrows)))
        .collect();
    let circular = reached.iter().filter(|(node, there)| there.contains(*node));
    circular
        .map(|(node, there)| {
            let reaches_back =
                |other: &&&str| reached.get(**other).is_some_and(|back| back.contains(node));
            let circle = there.iter().filter(reaches_back);
            circle.map(|&node| node.to_owned()).collect()
        })
        .collect()
}

fn reached_from<'a>(start: &'a str, arrows: &BTreeSet<(&'a str, &'a str)>) -> BTreeSet<&'a str> {
    let mut reached = BTreeSet::new();
    let mut open = vec![start];
    while let Some(node) = open.pop() {
        let next = arrows.iter().filter(|(from, _)| *from == node);
        open.extend(next.map(|(_, to)| *to).filter(|to| reached.insert(*to)));
    }
    reached
}

/// The modules of a crate by path, without its tests.
#[derive(Default)]
struct Crate {
    modules: BTreeMap<Vec<String>, Module>,
}

#[derive(Default)]
struct Module {
    /// The file without `.rs`, such as `lib` or `inbox/work`.
    file: String,
    uses: Vec<Use>,
    /// The paths outside of `use` items.
    paths: Vec<Vec<String>>,
    /// The identifiers outside of `use` items.
    words: HashSet<String>,
    types: Vec<String>,
}

/// A name that a `use` item brings into scope.
struct Use {
    is_exported: bool,
    name: String,
    path: Vec<String>,
}

impl Crate {
    /// Reads the crate from `source`, which returns the text of a file.
    fn read(source: &dyn Fn(&str) -> String) -> Self {
        let mut krate = Self::default();
        krate.read_file("lib", Vec::new(), source);
        krate
    }

    fn read_file(&mut self, file: &str, path: Vec<String>, source: &dyn Fn(&str) -> String) {
        let tokens = source(file).parse().expect("the file is Rust");
        self.read_module(file, path, tokens, source);
    }

    fn read_module(
        &mut self,
        file: &str,
        path: Vec<String>,
        tokens: TokenStream,
        source: &dyn Fn(&str) -> String,
    ) {
        let mut module = Module {
            file: file.to_owned(),
            ..Module::default()
        };
        for Item { attributes, tokens } in items(tokens) {
            let Some((name, body)) = inner_module(&tokens) else {
                module.add_item(&tokens);
                continue;
            };
            let inner = [path.as_slice(), &[name]].concat();
            match body {
                Some(body) => self.read_module(file, inner, body, source),
                None => {
                    let file = attributes.iter().find_map(|attribute| path_of(attribute));
                    self.read_file(&file.unwrap_or_else(|| inner.join("/")), inner, source);
                }
            }
        }
        self.modules.insert(path, module);
    }

    fn files(&self) -> BTreeSet<&str> {
        self.modules
            .values()
            .map(|module| module.file.as_str())
            .collect()
    }

    fn arrows(&self) -> Arrows {
        let mut arrows = Arrows::new();
        for (at, module) in &self.modules {
            let Module {
                file,
                uses,
                paths,
                words,
                ..
            } = module;
            let is_needed = |import: &&Use| !import.is_exported || words.contains(&import.name);
            let imports = uses.iter().filter(is_needed).map(|import| &import.path);
            let targets = imports
                .chain(paths)
                .filter_map(|path| self.file_of(path, at, file));
            let others = targets.filter(|to| to != file);
            arrows.extend(others.map(|to| (file.clone(), to)));
        }
        arrows
    }

    /// The file to which `path` leads from the module `at`, for an import by the file `from`. Paths into other crates
    /// lead to none.
    fn file_of(&self, path: &[String], at: &[String], from: &str) -> Option<String> {
        let (mut at, mut rest) = self.start_of(path, at)?;
        while let [name, behind @ ..] = rest {
            let inner = [at.as_slice(), std::slice::from_ref(name)].concat();
            if !self.modules.contains_key(&inner) {
                break;
            }
            (at, rest) = (inner, behind);
        }
        let module = &self.modules[&at];
        let is_inside = room(&module.file) == room(from);
        // The module may import the item from another file of the room.
        let import = module
            .uses
            .iter()
            .find(|import| is_inside && rest.first() == Some(&import.name));
        let definition = import.and_then(|import| self.file_of(&import.path, &at, from));
        definition.or_else(|| Some(module.file.clone()))
    }

    /// The module in which `path` begins, and the rest of `path`.
    fn start_of<'a>(
        &self,
        path: &'a [String],
        at: &[String],
    ) -> Option<(Vec<String>, &'a [String])> {
        let parents = path.iter().take_while(|name| *name == "super").count();
        match path.first()?.as_str() {
            "crate" => Some((Vec::new(), &path[1..])),
            "self" => Some((at.to_vec(), &path[1..])),
            "super" => Some((at[..at.len() - parents].to_vec(), &path[parents..])),
            name => {
                let is_inner = self
                    .modules
                    .contains_key(&[at, &[name.to_owned()]].concat());
                is_inner.then(|| (at.to_vec(), path))
            }
        }
    }

    /// The names of several types, with their files.
    fn shared_names(&self) -> BTreeSet<(String, Vec<String>)> {
        let mut files: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for module in self.modules.values() {
            for name in &module.types {
                files
                    .entry(name.clone())
                    .or_default()
                    .push(module.file.clone());
            }
        }
        files.retain(|_, files| files.len() > 1);
        files.into_iter().collect()
    }
}

impl Module {
    /// Adds an item that is not a module.
    fn add_item(&mut self, item: &[TokenTree]) {
        let (visibility, item) = item.split_at(length_of_visibility(item));
        match item {
            [word, tree @ ..] if is_word(word, "use") => {
                let is_exported = !visibility.is_empty();
                let leaves = leaves(tree, Vec::new()).into_iter();
                self.uses.extend(leaves.map(|(path, name)| Use {
                    is_exported,
                    name,
                    path,
                }));
                return;
            }
            [TokenTree::Ident(word), TokenTree::Ident(name), ..] => {
                let is_type = ["struct", "enum", "union", "trait", "type"]
                    .iter()
                    .any(|it| word == it);
                self.types.extend(is_type.then(|| name.to_string()));
            }
            // A macro that defines items, such as `pin_project!`.
            [TokenTree::Ident(word), bang, TokenTree::Group(body), ..]
                if is_punct(bang, '!') && word != "macro_rules" =>
            {
                for item in items(body.stream()) {
                    self.add_item(&item.tokens);
                }
            }
            _ => {}
        }
        self.add_body(item);
    }

    /// Adds the identifiers and paths of an item.
    fn add_body(&mut self, mut tokens: &[TokenTree]) {
        while let [first, rest @ ..] = tokens {
            // A path such as `::core::mem` begins in another crate.
            if let Some((_, behind)) = segment(tokens) {
                tokens = behind;
                continue;
            }
            tokens = rest;
            match first {
                TokenTree::Group(group) => self.add_body(&trees(group.stream())),
                // In a type, `use` is followed by `<`.
                TokenTree::Ident(word)
                    if word == "use" && matches!(rest, [TokenTree::Ident(_), ..]) =>
                {
                    let end = rest.iter().position(|tree| is_punct(tree, ';'));
                    let (tree, behind) = rest.split_at(end.unwrap_or(rest.len()));
                    let leaves = leaves(tree, Vec::new()).into_iter();
                    self.paths.extend(leaves.map(|(path, _)| path));
                    tokens = behind;
                }
                TokenTree::Ident(word) => {
                    let mut path = vec![word.to_string()];
                    while let Some((name, behind)) = segment(tokens) {
                        path.push(name);
                        tokens = behind;
                    }
                    self.words.extend(path.iter().cloned());
                    self.paths.extend((path.len() > 1).then_some(path));
                }
                TokenTree::Punct(_) | TokenTree::Literal(_) => {}
            }
        }
    }
}

/// An item of a module.
struct Item {
    attributes: Vec<Vec<TokenTree>>,
    tokens: Vec<TokenTree>,
}

/// The items of a module, without those that exist only in tests.
fn items(tokens: TokenStream) -> Vec<Item> {
    let mut items = Vec::new();
    let mut tokens = tokens.into_iter().peekable();
    while tokens.peek().is_some() {
        let mut item = Item {
            attributes: Vec::new(),
            tokens: Vec::new(),
        };
        while tokens.next_if(|tree| is_punct(tree, '#')).is_some() {
            tokens.next_if(|tree| is_punct(tree, '!'));
            if let Some(TokenTree::Group(attribute)) = tokens.next() {
                item.attributes.push(trees(attribute.stream()));
            }
        }
        for tree in tokens.by_ref() {
            let is_body =
                matches!(&tree, TokenTree::Group(group) if group.delimiter() == Delimiter::Brace);
            let is_use = item.tokens.iter().any(|tree| is_word(tree, "use"));
            let is_end = is_punct(&tree, ';') || (is_body && !is_use);
            item.tokens.push(tree);
            if is_end {
                break;
            }
        }
        if !item
            .attributes
            .iter()
            .any(|attribute| is_for_tests(attribute))
        {
            items.push(item);
        }
    }
    items
}

/// Recognizes `cfg(test)` and `cfg(all(test, ..))`, and not `cfg(not(test))`.
fn is_for_tests(attribute: &[TokenTree]) -> bool {
    let [TokenTree::Ident(word), TokenTree::Group(condition)] = attribute else {
        return matches!(attribute, [test] if is_word(test, "test"));
    };
    let parts = trees(condition.stream());
    let mut parts = parts.split(|tree| is_punct(tree, ','));
    (word == "cfg" || word == "all") && parts.any(is_for_tests)
}

/// The name of an inner module, and the tokens in its braces if it has some.
fn inner_module(item: &[TokenTree]) -> Option<(String, Option<TokenStream>)> {
    match &item[length_of_visibility(item)..] {
        [word, TokenTree::Ident(name), body] if is_word(word, "mod") => {
            let body = match body {
                TokenTree::Group(body) => Some(body.stream()),
                _ => None,
            };
            Some((name.to_string(), body))
        }
        _ => None,
    }
}

/// The file in `#[path = "private.rs"]`.
fn path_of(attribute: &[TokenTree]) -> Option<String> {
    match attribute {
        [word, _, TokenTree::Literal(path)] if is_word(word, "path") => {
            Some(path.to_string().trim_matches('"').replace(".rs", ""))
        }
        _ => None,
    }
}

/// The paths of a `use` tree behind `path`, each with the name that it brings into scope.
fn leaves(tree: &[TokenTree], mut path: Vec<String>) -> Vec<(Vec<String>, String)> {
    let mut alias = None;
    let mut tree = tree.iter();
    while let Some(token) = tree.next() {
        match token {
            TokenTree::Ident(word) if word == "as" => alias = tree.next().map(ToString::to_string),
            // In braces, `self` is the path in front of them.
            TokenTree::Ident(word) if word == "self" && !path.is_empty() => {}
            TokenTree::Ident(word) => path.push(word.to_string()),
            TokenTree::Group(group) => {
                let group = trees(group.stream());
                let parts = group.split(|tree| is_punct(tree, ','));
                let parts = parts.filter(|part| !part.is_empty());
                return parts.flat_map(|part| leaves(part, path.clone())).collect();
            }
            TokenTree::Punct(_) | TokenTree::Literal(_) => {}
        }
    }
    let name = alias.or_else(|| path.last().cloned());
    name.map(|name| (path, name)).into_iter().collect()
}

/// The name in a leading `::name`, and the tokens behind it.
fn segment(tokens: &[TokenTree]) -> Option<(String, &[TokenTree])> {
    match tokens {
        [first, second, TokenTree::Ident(name), behind @ ..]
            if is_punct(first, ':') && is_punct(second, ':') =>
        {
            Some((name.to_string(), behind))
        }
        _ => None,
    }
}

/// The number of tokens in a leading `pub` or `pub(crate)`.
fn length_of_visibility(item: &[TokenTree]) -> usize {
    match item {
        [word, TokenTree::Group(scope), ..]
            if is_word(word, "pub") && scope.delimiter() == Delimiter::Parenthesis =>
        {
            2
        }
        [word, ..] if is_word(word, "pub") => 1,
        _ => 0,
    }
}

fn trees(tokens: TokenStream) -> Vec<TokenTree> {
    tokens.into_iter().collect()
}

fn is_punct(tree: &TokenTree, punct: char) -> bool {
    matches!(tree, TokenTree::Punct(other) if other.as_char() == punct)
}

fn is_word(tree: &TokenTree, word: &str) -> bool {
    matches!(tree, TokenTree::Ident(other) if other == word)
}

/// Small crates of which the mistakes are known.
mod small {
    use super::{Crate, Drawing, Rules};

    const RULES: Rules = Rules {
        name: "small",
        ground: &["ground"],
        knots: &[],
        shared_names: &[],
    };

    /// The mistakes of a crate of these files, drawn as `drawing`.
    fn mistakes(rules: &Rules, files: &[(&str, &str)], drawing: &str) -> Vec<String> {
        let source = |name: &str| {
            let mut files = files.iter();
            let file = files.find(|(file, _)| *file == name);
            file.expect("a module has a file").1.to_owned()
        };
        rules.mistakes(&Crate::read(&source), &Drawing::parse(drawing))
    }

    /// The arrows from `a` to `b`, `b/c` and `d`, when `a` has this text.
    fn imports(text: &str) -> String {
        let files = [
            ("lib", "mod a; mod b; mod d;"),
            ("a", text),
            (
                "b",
                "mod c; pub use self::c::C; pub use std::mem; pub struct B;",
            ),
            ("b/c", "pub struct C; "),
            ("d", "pub struct D;"),
        ];
        let drawing = "lib.rs []\na.rs []\nb.rs []\nb/c.rs []\nd.rs []";
        let mistakes = mistakes(&RULES, &files, drawing).into_iter();
        let imported = mistakes.map(|mistake| {
            let arrow = mistake.strip_prefix("a imports ");
            let to = arrow.and_then(|arrow| arrow.strip_suffix(", which is not shown"));
            to.unwrap_or_else(|| panic!("{mistake}")).to_owned()
        });
        imported.collect::<Vec<String>>().join(" ")
    }

    #[test]
    fn imports_are_found() {
        for (text, imported) in [
            ("use crate::d::D;", "d"),
            ("use super::d::D;", "d"),
            ("use super::{b::{self, B}, d};", "b d"),
            ("pub(crate) use crate::d::D; struct A(D);", "d"),
            ("use crate::d::D as E;", "d"),
            ("#[derive(Clone)] use crate::d::D;", "d"),
            ("fn a() { crate::d::D; }", "d"),
            ("fn a() -> Option<super::d::D> { None }", "d"),
            ("fn a() { use crate::d::D; }", "d"),
            ("fn a() { vec![if true { crate::d::D } else { a }]; }", "d"),
            ("mod inner { use super::super::d::D; }", "d"),
            ("mod inner { fn a() { crate::b::B; } }", "b"),
            ("#[cfg(not(test))] use crate::d::D;", "d"),
            ("#[cfg(feature = \"test\")] use crate::d::D;", "d"),
            ("#[cfg(any(test, unix))] use crate::d::D;", "d"),
            (
                "impl A { fn a(a: u8) -> impl Sized + use<> { crate::d::D } }",
                "d",
            ),
            // From outside, a room has one file.
            ("use crate::b::C;", "b"),
            ("use crate::b::mem;", "b"),
        ] {
            assert_eq!(imports(text), imported, "{text}");
        }
    }

    #[test]
    fn other_paths_are_no_imports() {
        for text in [
            "use d::D;",
            "use std::mem; fn a() { ::d::mem::take(); let d = 1; }",
            "// use crate::d::D;",
            "/// [`D`](crate::d::D)\nfn a() { \"crate::d::D\"; }",
            "pub use crate::d::D;",
            "pub(crate) use crate::{b, d::D as E}; struct F(D);",
            "#[cfg(test)] use crate::d::D;",
            "#[cfg(test)] mod tests { use crate::d::D; }",
            "#[cfg(all(test, unix))] mod tests;",
            "struct A; use self::A as B;",
        ] {
            assert_eq!(imports(text), "", "{text}");
        }
    }

    #[test]
    fn a_room_sees_where_its_items_are() {
        let files = [
            (
                "lib",
                "#[path = \"e.rs\"] pub mod __e; mod b; fn a() { __e::a(); }",
            ),
            (
                "b",
                "mod c; mod d; use self::c::C; pub use self::d::{D, E}; struct B(C);",
            ),
            ("b/c", "use super::E; pub struct C(E);"),
            ("b/d", "use super::B; pub struct D(B); pub struct E;"),
            ("e", ""),
        ];
        let drawing = "lib.rs the crate [e]\nb.rs [c]\nb/c.rs [d]\nb/d.rs [b]\ne.rs []";
        let found = mistakes(&RULES, &files, drawing);
        assert_eq!(found, ["a circle: [\"b\", \"b/c\", \"b/d\"]"]);
    }

    #[test]
    fn circles_are_found() {
        let files = [
            ("lib", "mod a; mod b; mod ground;"),
            ("a", "mod x; mod y; use crate::ground; use self::x::X;"),
            ("a/x", "use super::y::Y; use crate::b::B;"),
            ("a/y", "use super::x::X;"),
            ("b", "use crate::a::y::Y;"),
            ("ground", ""),
        ];
        let drawing = "lib.rs []\na.rs [x]\na/x.rs [y, b]\na/y.rs [x]\nb.rs [a/y]\nground.rs []";
        let found = mistakes(&RULES, &files, drawing);
        let circles = ["a circle: [\"a\", \"b\"]", "a circle: [\"a/x\", \"a/y\"]"];
        assert_eq!(found, circles);

        let knots: &[&[&str]] = &[&["a", "b"], &["a/x", "a/y"], &["a", "c"]];
        let found = mistakes(&Rules { knots, ..RULES }, &files, drawing);
        assert_eq!(found, ["no circle: [\"a\", \"c\"]"]);
    }

    #[test]
    fn the_drawing_is_the_crate() {
        let files = [
            ("lib", "mod a; mod b;"),
            ("a", "use crate::b::B;"),
            ("b", ""),
        ];
        let found = mistakes(&RULES, &files, "lib.rs []\na.rs words [] [lib]\nc.rs []\n");
        let differences = [
            "b is not shown",
            "c does not exist",
            "a imports b, which is not shown",
            "a does not import lib, which is shown",
        ];
        assert_eq!(found, differences);
    }

    #[test]
    fn names_of_two_types_are_found() {
        let files = [
            (
                "lib",
                "mod a; mod b; pub struct One; #[cfg(test)] mod tests { struct Two; }",
            ),
            (
                "a",
                "pub(crate) enum Two {} trait Has { type One; } fn one() { struct One; }",
            ),
            (
                "b",
                "pin_project! { struct Two { a: u8 } } impl Has for A { type One = u8; }",
            ),
        ];
        let drawing = "lib.rs []\na.rs []\nb.rs []";
        let found = mistakes(&RULES, &files, drawing);
        assert_eq!(found, ["one name: (\"Two\", [\"a\", \"b\"])"]);

        let shared_names = &[("Two", ["a", "b"]), ("One", ["a", "lib"])];
        let found = mistakes(
            &Rules {
                shared_names,
                ..RULES
            },
            &files,
            drawing,
        );
        assert_eq!(found, ["two names: (\"One\", [\"a\", \"lib\"])"]);
    }
}
