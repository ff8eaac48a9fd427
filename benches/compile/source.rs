//! The crates that are compiled: a main file with so many actors of so many methods, in one of two ways, and a `main`
//! that spawns each actor and calls each method.

use std::fmt;

/// The number of actors, and of methods of each one.
#[derive(Clone, Copy)]
pub(crate) struct Shape {
    actors: usize,
    methods: usize,
}

impl Shape {
    pub(crate) const fn new(actors: usize, methods: usize) -> Self {
        Self { actors, methods }
    }
}

impl fmt::Display for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} x {}", self.actors, self.methods)
    }
}

/// A way to write an actor.
#[derive(Clone, Copy)]
pub(crate) struct Way {
    pub(crate) name: &'static str,
    pub(crate) dependencies: &'static str,
    /// The items of an actor, with a list for each part of a `Method`.
    items: &'static str,
    /// The arguments of `#[actor]`.
    options: &'static str,
}

pub(crate) const WAYS: [Way; 3] = [
    Way {
        name: "reference",
        dependencies: r#"tokio = { version = "1.52.3", default-features = false, features = ["macros", "rt", "sync"] }
tokio-util = { version = "0.7.18", default-features = false }
"#,
        items: BY_HAND,
        options: "",
    },
    Way {
        name: "actor",
        dependencies: OWN_DEPENDENCIES,
        items: BY_MACRO,
        options: "errors = default",
    },
    Way {
        name: "in_place",
        dependencies: OWN_DEPENDENCIES,
        items: BY_MACRO,
        options: "errors = default, in_place",
    },
];

const OWN_DEPENDENCIES: &str = concat!(
    "actor-runtime.path = '",
    env!("CARGO_MANIFEST_DIR"),
    r#"/../actor-runtime'
tokio = { version = "1.52.3", default-features = false, features = ["macros", "rt"] }
"#
);

/// The dependencies that other crates need, in the versions of `peers/Cargo.lock`, with their default features.
pub(crate) const PEERS: [(&str, &str); 3] = [
    (
        "actify",
        "actify = \"*\"\ntokio = { version = \"1\", features = [\"macros\", \"rt\"] }\n",
    ),
    (
        "kameo",
        "kameo = \"*\"\ntokio = { version = \"1\", features = [\"macros\", \"rt\"] }\n",
    ),
    (
        "ractor",
        "ractor = \"*\"\ntokio = { version = \"1\", features = [\"macros\", \"rt\"] }\n",
    ),
];

/// The actor by hand, as in `examples/handwritten.rs`.
const BY_HAND: &str = r"
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;

#[derive(Default)]
pub struct Store {
    values: HashMap<String, u64>,
}

pub enum StoreCommand {
    <variants>
}

#[derive(Clone)]
pub struct StoreClient {
    sender: mpsc::Sender<StoreCommand>,
}

impl StoreClient {
    <client>
}

impl Store {
    pub fn spawn(self, shutdown: CancellationToken) -> StoreClient {
        let (sender, commands) = mpsc::channel(64);
        tokio::spawn(self.run(commands, shutdown));
        StoreClient { sender }
    }

    async fn run(
        mut self,
        mut commands: mpsc::Receiver<StoreCommand>,
        shutdown: CancellationToken,
    ) {
        loop {
            let command = tokio::select! {
                () = shutdown.cancelled() => break,
                command = commands.recv() => command,
            };
            let Some(command) = command else { break };
            self.handle(command);
        }
    }

    fn handle(&mut self, command: StoreCommand) {
        match command {
            <arms>
        }
    }

    <methods>
}
";

/// The actor by `#[actor]`, whose client methods have the signatures of the ones by hand.
const BY_MACRO: &str = r"
use actor_runtime::{Actor as _, CancellationToken, actor};

#[derive(Default)]
pub struct Store {
    values: HashMap<String, u64>,
}

#[actor(<options>)]
impl Store {
    <methods>
}
";

/// A method in all its forms. `#` is its number.
struct Method {
    definition: &'static str,
    variant: &'static str,
    client: &'static str,
    arm: &'static str,
    call: &'static str,
}

/// The methods of an actor, repeated as often as needed.
const METHODS: [Method; 4] = [
    Method {
        definition: "pub fn get#(&self, key: &str) -> Option<u64> { self.values.get(key).copied() }",
        variant: "Get# { key: String, reply: oneshot::Sender<Option<u64>> },",
        client: "pub async fn get#(&self, key: &str) -> Option<u64> {
        let (reply, answer) = oneshot::channel();
        let key = key.to_owned();
        let _ = self.sender.send(StoreCommand::Get# { key, reply }).await;
        answer.await.unwrap_or_default()
    }",
        arm: "StoreCommand::Get# { key, reply } => {
                let _ = reply.send(self.get#(&key));
            }",
        call: r#"client.get#("key").await;"#,
    },
    Method {
        definition: "pub fn set#(&mut self, key: String, value: u64) { self.values.insert(key, value); }",
        variant: "Set# { key: String, value: u64 },",
        client: "pub async fn set#(&self, key: String, value: u64) {
        let _ = self.sender.send(StoreCommand::Set# { key, value }).await;
    }",
        arm: "StoreCommand::Set# { key, value } => self.set#(key, value),",
        call: r#"client.set#("key".to_owned(), #).await;"#,
    },
    Method {
        definition: "pub fn sum#(&self, factor: u64) -> u64 { factor * self.values.values().sum::<u64>() }",
        variant: "Sum# { factor: u64, reply: oneshot::Sender<u64> },",
        client: "pub async fn sum#(&self, factor: u64) -> u64 {
        let (reply, answer) = oneshot::channel();
        let _ = self.sender.send(StoreCommand::Sum# { factor, reply }).await;
        answer.await.unwrap_or_default()
    }",
        arm: "StoreCommand::Sum# { factor, reply } => {
                let _ = reply.send(self.sum#(factor));
            }",
        call: "client.sum#(#).await;",
    },
    Method {
        definition: "pub fn remove#(&mut self, key: &str) { self.values.remove(key); }",
        variant: "Remove# { key: String },",
        client: "pub async fn remove#(&self, key: &str) {
        let key = key.to_owned();
        let _ = self.sender.send(StoreCommand::Remove# { key }).await;
    }",
        arm: "StoreCommand::Remove# { key } => self.remove#(&key),",
        call: r#"client.remove#("key").await;"#,
    },
];

pub(crate) fn manifest(name: &str, way: Way) -> String {
    format!(
        "[package]\nname = \"{name}\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n[dependencies]\n{}",
        way.dependencies
    )
}

/// A program that does not use its dependencies.
pub(crate) const IDLE: &str = "fn main() {}\n";

/// Returns the manifest of an idle program.
pub(crate) fn idle_manifest(name: &str, dependencies: &str) -> String {
    format!(
        "[package]\nname = \"idle-{name}\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n\
         [dependencies]\n{dependencies}"
    )
}

pub(crate) fn program(way: Way, shape: Shape) -> String {
    let mut actors = String::new();
    let mut calls = Vec::new();
    for number in 0..shape.actors {
        actors += &actor(way, number, shape.methods);
        calls.push(format!("actor{number}::call_each().await;"));
    }
    format!(
        "{actors}#[tokio::main(flavor = \"current_thread\")]
async fn main() {{
    {}
}}
",
        calls.join("\n    ")
    )
}

fn actor(way: Way, number: usize, methods: usize) -> String {
    let each = |form: fn(&Method) -> &str, indent: &str| {
        let forms = (0..methods).zip(METHODS.iter().cycle());
        let forms = forms.map(|(number, method)| form(method).replace('#', &number.to_string()));
        forms.collect::<Vec<_>>().join(indent)
    };
    let items = way
        .items
        .replace("<options>", way.options)
        .replace("<variants>", &each(|it| it.variant, "\n    "))
        .replace("<client>", &each(|it| it.client, "\n\n    "))
        .replace("<arms>", &each(|it| it.arm, "\n            "))
        .replace("<methods>", &each(|it| it.definition, "\n\n    "));
    let mut callers = String::new();
    let mut calls = Vec::new();
    let every_call = each(|it| it.call, "\n");
    // In groups, as the compiler's time for one async function is quadratic in its `.await`s.
    for (group, some) in (0..).zip(every_call.split('\n').collect::<Vec<_>>().chunks(10)) {
        let some = some.join("\n    ");
        callers += &format!("\nasync fn call{group}(client: &StoreClient) {{\n    {some}\n}}\n");
        calls.push(format!("call{group}(&client).await;"));
    }
    let calls = calls.join("\n    ");
    format!(
        "mod actor{number} {{
use std::collections::HashMap;
{items}{callers}
pub async fn call_each() {{
    let client = Store::default().spawn(CancellationToken::new());
    {calls}
}}
}}

"
    )
}
