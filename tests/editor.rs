//! `#[actor]` in an editor: the answers of rust-analyzer while a block is being typed.
//!
//! Each row is a case in which parsers of attribute macros differ. A parser that needs a whole `impl` block loses the
//! client, or even `self`, at the first half-typed item. One session answers all rows, because a server takes seconds
//! to start. `RUST_ANALYZER` names a server other than the one on the `PATH`.

use std::cmp::Reverse;
use std::env;
use std::fs;
use std::io::{BufRead, BufReader, Write as _};
use std::iter;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::process::{self, Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::{Duration, Instant};

use proc_macro2::TokenStream;
use serde_json::{Value, json};

use self::Expected::{LeadsTo, LeavesTheBlock, Offers, Renames, RenamesAll, Shows};

#[test]
#[ignore = "needs rust-analyzer; `.ci/run` adds it"]
fn an_editor_knows_an_actor_that_is_being_typed() {
    let mut editor = Editor::open(&small_crate());
    let mut failures: Vec<String> = ROWS
        .iter()
        .filter_map(|row| check(&mut editor, row).err())
        .collect();
    failures.extend(check_expansion(&mut editor).err());
    assert!(
        failures.is_empty(),
        "{} of {} rows fail:\n{}",
        failures.len(),
        ROWS.len() + 1,
        failures.join("\n")
    );
}

/// The time limit for all rows together.
const PATIENCE: Duration = Duration::from_secs(300);

const CURSOR: &str = "$0";

const NEW_NAME: &str = "renamed";

/// The code of the error by which the server refuses to rename something.
const REFUSED: i32 = -32602;

/// The text from which every row starts.
const CACHE: &str = "\
use actor_runtime::actor;

pub struct Cache {
    store: u32,
}

#[actor]
impl Cache {
    /// The value that was stored last.
    pub fn get(&self) -> u32 {
        self.store
    }

    // between two methods

    #[command(try)]
    pub fn set(&mut self, value: u32) {
        // in a body
        self.store = value.max(self.get());
    }

    fn private(&self) {}

    // at the end
}

pub fn direct(actor: &Cache) -> u32 {
    actor.get()
}

pub async fn elsewhere(client: CacheClient) {
    client.get().await;
    client.try_set(1);
    // elsewhere
}

pub fn received(command: CacheCommand) {
    if let CacheCommand::Get { .. } = command {}
}
";

const BODY: &str = "// in a body";
const BETWEEN: &str = "// between two methods";
const END: &str = "// at the end";
const ELSEWHERE: &str = "// elsewhere";

/// One question about [`CACHE`].
struct Row {
    name: &'static str,
    /// The typed texts, each with the text that it replaces. `$0` is the cursor.
    typed: &'static [(&'static str, &'static str)],
    expected: Expected,
}

/// The expected answer about the name at the cursor.
enum Expected {
    /// Completion offers these names, among others.
    Offers(&'static [&'static str]),
    /// The definition is at the `$0` of these lines, and nowhere else.
    LeadsTo(&'static [&'static str]),
    /// Hover shows this text.
    Shows(&'static str),
    /// The new name replaces this one everywhere, and nothing else is changed.
    RenamesAll(&'static str),
    /// The new name replaces this one in some places, and nothing else is changed.
    Renames(&'static str),
    /// The server renames the name or refuses to, and the block stays unchanged either way.
    LeavesTheBlock,
}

const ROWS: &[Row] = &[
    Row {
        name: "`self` in a body",
        typed: &[(BODY, "self.$0")],
        expected: Offers(&["store", "private"]),
    },
    Row {
        name: "`self` after a half-typed statement",
        typed: &[(BODY, "let x = ; self.$0")],
        expected: Offers(&["store", "private"]),
    },
    Row {
        name: "the client of a whole block",
        typed: &[(ELSEWHERE, "client.$0")],
        expected: Offers(&["get", "set", "try_set"]),
    },
    Row {
        name: "the client beside a half-typed statement",
        typed: &[(BODY, "let x = ;"), (ELSEWHERE, "client.$0")],
        expected: Offers(&["get", "set", "try_set"]),
    },
    Row {
        name: "the client beside a half-typed argument at the end",
        typed: &[(END, "fn foo(&mut self, k: "), (ELSEWHERE, "client.$0")],
        expected: Offers(&["get", "set", "try_set"]),
    },
    Row {
        name: "the client beside a half-typed argument between two methods",
        typed: &[(BETWEEN, "fn foo(&mut self, k: "), (ELSEWHERE, "client.$0")],
        expected: Offers(&["get", "set", "try_set"]),
    },
    Row {
        name: "the client beside a half-typed argument and the `)` that editors add",
        typed: &[
            (BETWEEN, "fn foo(&mut self, k: )"),
            (ELSEWHERE, "client.$0"),
        ],
        expected: Offers(&["get", "set", "try_set"]),
    },
    Row {
        name: "the client beside half-typed keywords at the end",
        typed: &[(END, "pub asy"), (ELSEWHERE, "client.$0")],
        expected: Offers(&["get", "set", "try_set"]),
    },
    Row {
        name: "the client beside half-typed keywords between two methods",
        typed: &[(BETWEEN, "pub asy"), (ELSEWHERE, "client.$0")],
        expected: Offers(&["get", "set", "try_set"]),
    },
    Row {
        name: "`self` under an unknown option of the actor",
        typed: &[("#[actor]", "#[actor(bad = 1)]"), (BODY, "self.$0")],
        expected: Offers(&["store", "private"]),
    },
    Row {
        name: "the client under an unknown option of the actor",
        typed: &[("#[actor]", "#[actor(bad = 1)]"), (ELSEWHERE, "client.$0")],
        expected: Offers(&["get", "set", "try_set"]),
    },
    Row {
        name: "`self` under an unknown option of a command",
        typed: &[("#[command(try)]", "#[command(bad)]"), (BODY, "self.$0")],
        expected: Offers(&["store", "private"]),
    },
    Row {
        name: "the client under an unknown option of a command",
        typed: &[
            ("#[command(try)]", "#[command(bad)]"),
            (ELSEWHERE, "client.$0"),
        ],
        expected: Offers(&["get", "set"]),
    },
    Row {
        name: "the client's method of a command that is refused",
        typed: &[("value: u32", "value: &mut u32"), (ELSEWHERE, "client.$0")],
        expected: Offers(&["get", "set"]),
    },
    Row {
        name: "`self` in the body of a source",
        typed: &[(
            BETWEEN,
            "#[on(std::future::ready(self.store))] fn stored(&mut self, n: u32) { self.$0 }",
        )],
        expected: Offers(&["store", "private"]),
    },
    Row {
        name: "the client beside a source without a period",
        typed: &[
            (BETWEEN, "#[every()] fn tick(&mut self) {}"),
            (ELSEWHERE, "client.$0"),
        ],
        expected: Offers(&["get", "set", "try_set"]),
    },
    Row {
        name: "the client beside the attribute of a method to come",
        typed: &[(BETWEEN, "#[on(self.)]"), (ELSEWHERE, "client.$0")],
        expected: Offers(&["get", "set", "try_set"]),
    },
    Row {
        name: "a published value beside a half-typed source",
        typed: &[
            (
                "    /// The value that was stored",
                "    #[watch]\n    /// The value that was stored",
            ),
            (BETWEEN, "#[every(std::time::)] fn tick(&mut self) {}"),
            ("client.get().await", "client.get()"),
            (ELSEWHERE, "client.$0"),
        ],
        expected: Offers(&["get", "watch_get", "set", "try_set"]),
    },
    Row {
        name: "the definition of a client's method",
        typed: &[("client.get()", "client.$0get()")],
        expected: LeadsTo(&["pub fn $0get(&self) -> u32 {"]),
    },
    Row {
        name: "the docs of a client's method",
        typed: &[("client.get()", "client.$0get()")],
        expected: Shows("The value that was stored last."),
    },
    Row {
        name: "a method renamed at its definition",
        typed: &[("fn get", "fn $0get")],
        expected: RenamesAll("get"),
    },
    // At a call the server finds both the user's method and the client's. The compiler then finds the calls of the
    // other one.
    Row {
        name: "a method renamed at a call of the client's",
        typed: &[("client.get()", "client.$0get()")],
        expected: Renames("get"),
    },
    Row {
        name: "a method renamed at a call of the user's",
        typed: &[("actor.get()", "actor.$0get()")],
        expected: Renames("get"),
    },
    // The block has no such name that could be replaced.
    Row {
        name: "the client renamed",
        typed: &[("client: CacheClient", "client: $0CacheClient")],
        expected: LeavesTheBlock,
    },
    Row {
        name: "the enum renamed",
        typed: &[("command: CacheCommand", "command: $0CacheCommand")],
        expected: LeavesTheBlock,
    },
    Row {
        name: "a variant renamed",
        typed: &[("CacheCommand::Get", "CacheCommand::$0Get")],
        expected: LeavesTheBlock,
    },
    Row {
        name: "a twin renamed",
        typed: &[("client.try_set", "client.$0try_set")],
        expected: LeavesTheBlock,
    },
];

fn check(editor: &mut Editor, row: &Row) -> Result<(), String> {
    let Row {
        name,
        typed,
        expected,
    } = row;
    let (text, cursor) = typed_into_cache(typed);
    editor.show(&text);
    let (holds, got) = match expected {
        Offers(names) => {
            let offered = editor.completions(cursor);
            let holds = names
                .iter()
                .all(|name| offered.contains(&(*name).to_owned()));
            (holds, format!("it offers {offered:?}"))
        }
        LeadsTo(lines) => {
            let definitions = editor.definitions(cursor);
            (
                definitions == *lines,
                format!("it leads to {definitions:?}"),
            )
        }
        Shows(docs) => {
            let hover = editor.hover(cursor);
            (hover.contains(docs), format!("it shows {hover}"))
        }
        RenamesAll(name) => {
            let renamed = editor.renamed(cursor);
            let holds = renamed == text.replace(name, NEW_NAME);
            (holds, changes(&text, &renamed))
        }
        Renames(name) => {
            let renamed = editor.renamed(cursor);
            let holds = renamed != text && renamed.replace(NEW_NAME, name) == text;
            (holds, changes(&text, &renamed))
        }
        LeavesTheBlock => {
            let renamed = editor.renamed(cursor);
            // The server does not rename a name that it does not know, either.
            let is_known = !editor.definitions(cursor).is_empty();
            let holds = is_known && block(&renamed) == block(&text);
            (holds, changes(&text, &renamed))
        }
    };
    if holds {
        Ok(())
    } else {
        Err(format!("{name}: {got}"))
    }
}

/// Compares what "expand macro" shows for a block with the snapshot in `expand`.
fn check_expansion(editor: &mut Editor) -> Result<(), String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("expand");
    let text = fs::read_to_string(folder.join("cache.rs")).expect("a source file");
    let snapshot = fs::read_to_string(folder.join("cache.expanded.rs")).expect("a snapshot");
    editor.show(&text);
    let attribute = text.lines().position(|line| line == "#[actor]");
    let cursor = Position {
        line: attribute.expect("an attribute"),
        character: "#[".len(),
    };
    let params = json!({ "textDocument": { "uri": editor.uri }, "position": cursor.json() });
    let expanded = editor.request("rust-analyzer/expandMacro", &params);
    let expanded = expanded.map_err(|error| format!("the macro expanded: {error}"))?;
    let shown = words(expanded["expansion"].as_str().unwrap_or_default());
    let start = snapshot.find("\nimpl Cache {").expect("the block");
    let end = snapshot.find("\nfn main() {}").expect("the end");
    if shown == words(&snapshot[start..end]) {
        Ok(())
    } else {
        Err(format!("the macro expanded: it shows {shown}"))
    }
}

/// Returns the tokens of a text, except commas, which one printer adds at the end of a list and another does not.
fn words(text: &str) -> String {
    let tokens: TokenStream = text.parse().expect("tokens");
    let tokens = tokens.to_string().replace(',', "");
    tokens.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Returns [`CACHE`] after some typing, and the position of the cursor.
fn typed_into_cache(typed: &[(&str, &str)]) -> (String, Position) {
    let mut text = CACHE.to_owned();
    for (place, typed) in typed {
        assert!(text.contains(place), "`{place}` is in the text");
        text = text.replacen(place, typed, 1);
    }
    let (before, after) = text.split_once(CURSOR).expect("a row has a cursor");
    let line_start = before.rfind('\n').map_or(0, |end| end + 1);
    let position = Position {
        line: before.matches('\n').count(),
        character: before.len() - line_start,
    };
    (format!("{before}{after}"), position)
}

/// Returns the annotated block and the text before it.
fn block(text: &str) -> &str {
    let (block, _uses) = text.split_once("pub fn direct").expect("a use");
    block
}

fn changes(text: &str, renamed: &str) -> String {
    let lines = text.lines().zip(renamed.lines());
    let changed: Vec<&str> = lines
        .filter(|(old, new)| old != new)
        .map(|(_, new)| new.trim())
        .collect();
    format!("it changes {changed:?}")
}

/// Creates the crate in which the server sees the text, in one of cargo's temporary folders.
fn small_crate() -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("editor");
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let runtime = root.join("actor-runtime");
    let manifest = format!(
        "[package]\nname = \"cache\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n\
         [dependencies]\nactor-runtime = {{ path = '{}' }}\n\n[workspace]\n",
        runtime.display()
    );
    fs::create_dir_all(folder.join("src")).expect("a folder that is writable");
    fs::write(folder.join("Cargo.toml"), manifest).expect("a manifest");
    fs::write(folder.join("src/lib.rs"), CACHE).expect("a source file");
    fs::copy(root.join("Cargo.lock"), folder.join("Cargo.lock")).expect("a lock file");
    folder
}

/// A position in an ASCII text, where the server's UTF-16 units are bytes.
#[derive(Clone, Copy)]
struct Position {
    line: usize,
    character: usize,
}

impl Position {
    fn of(json: &Value) -> Self {
        let number = |key: &str| {
            let number = json[key].as_u64().expect("a number");
            usize::try_from(number).expect("a small number")
        };
        Self {
            line: number("line"),
            character: number("character"),
        }
    }

    fn json(self) -> Value {
        json!({ "line": self.line, "character": self.character })
    }

    fn offset(self, text: &str) -> usize {
        let lines = text.split_inclusive('\n').take(self.line);
        lines.map(str::len).sum::<usize>() + self.character
    }
}

/// A rust-analyzer with one open file.
struct Editor {
    server: Child,
    stdin: ChildStdin,
    messages: Receiver<Value>,
    /// The time at which the test gives up.
    deadline: Instant,
    requests: u64,
    uri: String,
    version: u64,
    text: String,
}

impl Editor {
    /// Waits until the server has loaded the crate at `folder` and built its macro.
    fn open(folder: &Path) -> Self {
        let program = env::var_os("RUST_ANALYZER").unwrap_or_else(|| "rust-analyzer".into());
        let mut server = Command::new(&program)
            .current_dir(folder)
            .env("RA_LOG", "error")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("{}: {error}", program.display()));
        let stdin = server.stdin.take().expect("it is piped");
        let mut stdout = BufReader::new(server.stdout.take().expect("it is piped"));
        let (sender, messages) = channel();
        thread::spawn(move || {
            iter::from_fn(|| read_message(&mut stdout)).try_for_each(|message| sender.send(message))
        });
        let root = format!("file://{}", folder.display());
        let mut editor = Self {
            server,
            stdin,
            messages,
            deadline: Instant::now() + PATIENCE,
            requests: 0,
            uri: format!("{root}/src/lib.rs"),
            version: 0,
            text: CACHE.to_owned(),
        };
        editor.initialize(&root, folder);
        editor
    }

    fn initialize(&mut self, root: &str, folder: &Path) {
        let params = json!({
            "processId": process::id(),
            "rootUri": root,
            "capabilities": { "experimental": { "serverStatusNotification": true } },
            "initializationOptions": {
                "cachePriming": { "enable": false },
                "cargo": {
                    // This folder does not exist. Without the setting the server adds the component `rust-src`, which
                    // changes the compiler's messages that the tests in `ui` expect.
                    "sysrootSrc": folder.join("no-sysroot"),
                    // Cargo may be using the other target folder.
                    "targetDir": folder.join("target"),
                },
                "checkOnSave": false,
                "procMacro": { "enable": true },
            },
        });
        self.request("initialize", &params)
            .expect("the server starts");
        self.notify("initialized", &json!({}));
        let status = self.wait_for("the crate to be loaded", |message| {
            let is_loaded = message["method"] == "experimental/serverStatus"
                && message["params"]["quiescent"] == true;
            is_loaded.then(|| message["params"].clone())
        });
        assert_ne!(status["health"], "error", "{status}");
        let document = json!({
            "uri": self.uri,
            "languageId": "rust",
            "version": self.version,
            "text": self.text,
        });
        self.notify("textDocument/didOpen", &json!({ "textDocument": document }));
    }

    /// Replaces the open text, and leaves the file on the disk alone.
    fn show(&mut self, text: &str) {
        text.clone_into(&mut self.text);
        self.version += 1;
        let change = json!({
            "textDocument": { "uri": self.uri, "version": self.version },
            "contentChanges": [{ "text": text }],
        });
        self.notify("textDocument/didChange", &change);
    }

    fn completions(&mut self, cursor: Position) -> Vec<String> {
        let completions = self.ask("completion", cursor);
        let items = completions["items"].as_array().into_iter().flatten();
        let labels = items.filter_map(|item| item["label"].as_str());
        labels.map(str::to_owned).collect()
    }

    /// Returns the lines of the definitions, each with a cursor.
    fn definitions(&mut self, cursor: Position) -> Vec<String> {
        let definitions = self.ask("definition", cursor);
        let definitions = definitions.as_array().into_iter().flatten();
        definitions
            .map(|definition| self.marked_line(definition))
            .collect()
    }

    fn marked_line(&self, location: &Value) -> String {
        if location["uri"] != *self.uri {
            return location.to_string();
        }
        let start = Position::of(&location["range"]["start"]);
        let mut text = self.text.clone();
        text.insert_str(start.offset(&self.text), CURSOR);
        let line = text.lines().nth(start.line);
        line.expect("a line of the text").trim().to_owned()
    }

    fn hover(&mut self, cursor: Position) -> String {
        self.ask("hover", cursor)["contents"].to_string()
    }

    /// Returns the text with [`NEW_NAME`] in place of the name at the cursor, or unchanged if the server refuses.
    fn renamed(&mut self, cursor: Position) -> String {
        let params = json!({
            "textDocument": { "uri": self.uri },
            "position": cursor.json(),
            "newName": NEW_NAME,
        });
        let edit = match self.request("textDocument/rename", &params) {
            Ok(edit) => edit,
            Err(error) if error["code"] == REFUSED => return self.text.clone(),
            Err(error) => panic!("rename: {error}"),
        };
        let mut replacements = self.replacements(&edit);
        replacements.sort_by_key(|(range, _)| Reverse(range.start));
        let mut text = self.text.clone();
        for (range, new) in replacements {
            text.replace_range(range, new);
        }
        text
    }

    fn replacements<'a>(&self, workspace_edit: &'a Value) -> Vec<(Range<usize>, &'a str)> {
        let offset = |position| Position::of(position).offset(&self.text);
        let files = workspace_edit["documentChanges"].as_array();
        let mut replacements = Vec::new();
        for file in files.expect("edits by file") {
            assert_eq!(file["textDocument"]["uri"], *self.uri);
            for edit in file["edits"].as_array().expect("edits") {
                let range = offset(&edit["range"]["start"])..offset(&edit["range"]["end"]);
                replacements.push((range, edit["newText"].as_str().expect("a text")));
            }
        }
        replacements
    }

    /// Asks for `textDocument/{what}` at the cursor.
    fn ask(&mut self, what: &str, cursor: Position) -> Value {
        let params = json!({
            "textDocument": { "uri": self.uri },
            "position": cursor.json(),
        });
        self.request(&format!("textDocument/{what}"), &params)
            .unwrap_or_else(|error| panic!("{what}: {error}"))
    }

    fn request(&mut self, method: &str, params: &Value) -> Result<Value, Value> {
        self.requests += 1;
        let id = self.requests;
        self.send(&json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params }));
        self.wait_for(method, |message| {
            let is_answer = message["id"] == id && message.get("method").is_none();
            is_answer.then(|| match message.get("error") {
                Some(error) => Err(error.clone()),
                None => Ok(message["result"].clone()),
            })
        })
    }

    fn notify(&mut self, method: &str, params: &Value) {
        self.send(&json!({ "jsonrpc": "2.0", "method": method, "params": params }));
    }

    fn send(&mut self, message: &Value) {
        let body = message.to_string();
        write!(self.stdin, "Content-Length: {}\r\n\r\n{body}", body.len())
            .and_then(|()| self.stdin.flush())
            .expect("the server reads");
    }

    /// Handles messages until `find` finds the expected one.
    fn wait_for<T>(&mut self, what: &str, find: impl Fn(&Value) -> Option<T>) -> T {
        loop {
            let time_left = self.deadline.saturating_duration_since(Instant::now());
            let message = match self.messages.recv_timeout(time_left) {
                Ok(message) => message,
                Err(RecvTimeoutError::Timeout) => {
                    panic!("the server takes more than {PATIENCE:?}; last, for {what}")
                }
                Err(RecvTimeoutError::Disconnected) => {
                    panic!("the server ended before {what}")
                }
            };
            if let Some(found) = find(&message) {
                return found;
            }
            self.answer(&message);
        }
    }

    /// Answers a question of the server, such as whether it may register or show something. It may.
    fn answer(&mut self, message: &Value) {
        if message.get("method").is_some()
            && let Some(id) = message.get("id")
        {
            self.send(&json!({ "jsonrpc": "2.0", "id": id, "result": null }));
        }
    }
}

impl Drop for Editor {
    fn drop(&mut self) {
        // The server may have ended.
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

/// Reads a message, or returns `None` if the server has closed its output.
fn read_message(stdout: &mut impl BufRead) -> Option<Value> {
    let mut length = 0;
    loop {
        let mut line = String::new();
        stdout.read_line(&mut line).ok().filter(|&read| read > 0)?;
        let line = line.trim_end();
        if line.is_empty() {
            break;
        }
        if let Some(value) = line.strip_prefix("Content-Length: ") {
            length = value.parse().expect("a length");
        }
    }
    let mut body = vec![0; length];
    stdout.read_exact(&mut body).ok()?;
    Some(serde_json::from_slice(&body).expect("a message is JSON"))
}
