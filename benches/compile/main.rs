//! The time to compile: crates with the same actors, written by hand and by `#[actor]`.

use std::collections::BTreeSet;
use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant, SystemTime};

use benches::report::{markdown, save};
use benches::spread::Spread;

mod source;

use crate::source::{PEERS, Shape, WAYS, Way};

const ROUNDS: usize = 5;
/// The rounds of clean builds, which take longer and vary less.
const CLEAN_ROUNDS: usize = 3;

/// The crates that are compared.
const SHAPES: [Shape; 2] = [Shape::new(1, 100), Shape::new(50, 6)];
/// The crates that show whether time grows faster than the actor.
const SERIES: [Shape; 4] = [
    Shape::new(1, 10),
    Shape::new(1, 100),
    Shape::new(1, 300),
    Shape::new(1, 1000),
];

/// The manifest of the crates. The runtime is compiled as it is from a registry, which is never incremental.
const WORKSPACE: &str = r#"[workspace]
members = ["crates/*"]
resolver = "3"

[profile.dev.package."*"]
incremental = false
"#;

/// A run of cargo after the crate was touched.
struct Step {
    name: &'static str,
    command: &'static str,
    is_incremental: bool,
}

const STEPS: [Step; 4] = [
    Step {
        name: "check",
        command: "check",
        is_incremental: false,
    },
    Step {
        name: "build",
        command: "build",
        is_incremental: false,
    },
    Step {
        name: "check, incremental",
        command: "check",
        is_incremental: true,
    },
    Step {
        name: "build, incremental",
        command: "build",
        is_incremental: true,
    },
];

fn main() {
    let workspace = Workspace::new();
    let text = format!(
        "Seconds to compile the crate again after `touch`, in the dev profile, with its dependencies\n\
         built, of the reference, and the others' over the reference's in the same round: the median of\n\
         {ROUNDS} rounds, and its quartiles.\n{}",
        comparison(&workspace),
    );
    print!("{text}");
    save("compile.md", &text);
    if env::args().any(|argument| argument == "--comparison") {
        return;
    }
    let text = format!(
        "Seconds to compile crates of several sizes, to expand them, and to build dependencies.\n{}{}{}",
        series(&workspace),
        expansion(&workspace),
        dependencies(),
    );
    print!("{text}");
    save("compile-growth.md", &text);
}

fn comparison(workspace: &Workspace) -> String {
    let mut lines = Vec::new();
    for shape in SHAPES {
        for step in &STEPS {
            let times = workspace.times(&WAYS.map(|way| (way, shape)), step);
            let mut line = vec![format!("{shape}, {}", step.name), seconds(&times[0])];
            line.extend(times[1..].iter().map(|times_of_way| {
                let ratios = times_of_way.iter().zip(&times[0]);
                Spread::of(ratios.map(|(own, reference)| own / reference).collect()).to_string()
            }));
            lines.push(line);
        }
    }
    let mut header = vec![String::new()];
    header.extend(WAYS.map(|way| way.name.to_owned()));
    markdown("The actor against the reference", &header, &lines)
}

fn series(workspace: &Workspace) -> String {
    let mut lines = Vec::new();
    for way in WAYS {
        for step in &STEPS[..2] {
            let times = workspace.times(&SERIES.map(|shape| (way, shape)), step);
            let mut line = vec![format!("{}, {}", way.name, step.name)];
            line.extend(times.iter().map(|times| seconds(times)));
            lines.push(line);
        }
    }
    let mut header = vec![String::new()];
    header.extend(SERIES.map(|shape| shape.to_string()));
    markdown("From 10 to 1,000 methods", &header, &lines)
}

/// Returns the table of the macro's own time, taken from the compiler's account of its passes.
fn expansion(workspace: &Workspace) -> String {
    let mut lines = Vec::new();
    for way in WAYS {
        let mut line = vec![way.name.to_owned()];
        for shape in SERIES {
            let times = (0..ROUNDS).map(|_| workspace.expansion(&name(way, shape)));
            let time = Spread::of(times.collect()).median;
            line.push(format!("{:.0} ms", time * 1000.0));
        }
        lines.push(line);
    }
    let mut header = vec![String::new()];
    header.extend(SERIES.map(|shape| shape.to_string()));
    markdown(
        "Expanding all macros of the crate (`-Z time-passes`: `macro_expand_crate`)",
        &header,
        &lines,
    )
}

/// Returns the table of what a program's dependencies take to build, in an empty target folder.
fn dependencies() -> String {
    // Calls in place need no others.
    let own = [WAYS[0], WAYS[1]].map(|way| (way.name, way.dependencies));
    let mut lines = Vec::new();
    for (lock, programs) in [("..", &own[..]), ("peers", &PEERS[..])] {
        for &(name, dependencies) in programs {
            let program = Idle::new(name, dependencies, lock);
            let times = (0..CLEAN_ROUNDS).map(|_| program.clean_build());
            lines.push(match times.collect::<Option<Vec<_>>>() {
                Some(times) => vec![
                    name.to_owned(),
                    program.dependencies().to_string(),
                    seconds(&times),
                ],
                None => vec![name.to_owned(), "not fetched".to_owned(), String::new()],
            });
        }
    }
    let header = ["", "crates", "clean build"].map(str::to_owned);
    markdown("Dependencies, by `cargo tree`", &header, &lines)
}

fn seconds(times: &[f64]) -> String {
    format!("{:.2} s", Spread::of(times.to_vec()).median)
}

/// All the crates, in one of cargo's temporary folders.
struct Workspace {
    path: PathBuf,
}

impl Workspace {
    fn new() -> Self {
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("compile");
        let benches = Path::new(env!("CARGO_MANIFEST_DIR"));
        write(&path.join("Cargo.toml"), WORKSPACE);
        fs::copy(benches.join("../Cargo.lock"), path.join("Cargo.lock")).expect("a lock file");
        let workspace = Self { path };
        for way in WAYS {
            for shape in SHAPES.into_iter().chain(SERIES) {
                let folder = workspace.path.join("crates").join(name(way, shape));
                write(
                    &folder.join("Cargo.toml"),
                    &source::manifest(&name(way, shape), way),
                );
                write(&folder.join("src/main.rs"), &source::program(way, shape));
            }
        }
        workspace
    }

    /// Returns the seconds by round, crate by crate. Each round begins with another crate. A round before the first
    /// one builds the dependencies.
    fn times(&self, crates: &[(Way, Shape)], step: &Step) -> Vec<Vec<f64>> {
        let mut times = vec![Vec::new(); crates.len()];
        for round in 0..=ROUNDS {
            for turn in 0..crates.len() {
                let index = (round + turn) % crates.len();
                let (way, shape) = crates[index];
                let time = self.compile(&name(way, shape), step);
                if round > 0 {
                    times[index].push(time.as_secs_f64());
                }
            }
        }
        times
    }

    fn compile(&self, name: &str, step: &Step) -> Duration {
        let main = self.path.join("crates").join(name).join("src/main.rs");
        let main = fs::File::options().append(true).open(main);
        let touched = main.and_then(|main| main.set_modified(SystemTime::now()));
        touched.expect("a file that can be touched");
        let start = Instant::now();
        let mut cargo = self.cargo(&[step.command, "--quiet", "--package", name]);
        if step.is_incremental {
            // The dev profile is, and the variable would override the workspace.
            cargo.env_remove("CARGO_INCREMENTAL");
        } else {
            cargo.env("CARGO_INCREMENTAL", "0");
        }
        let status = cargo.status();
        assert!(status.expect("cargo runs").success(), "{name} compiles");
        start.elapsed()
    }

    /// Returns the seconds that the compiler says it took to expand the macros of a crate.
    fn expansion(&self, name: &str) -> f64 {
        let mut cargo = self.cargo(&["rustc", "--profile", "check", "--package", name]);
        cargo.args(["--", "-Ztime-passes", "-Zunpretty=expanded"]);
        let output = cargo.env("RUSTC_BOOTSTRAP", "1").output();
        let log = String::from_utf8(output.expect("cargo runs").stderr).expect("text");
        let pass = log
            .lines()
            .find(|line| line.ends_with("macro_expand_crate"));
        let time = pass.and_then(|pass| pass.split_whitespace().nth(1));
        let time = time.and_then(|time| time.trim_end_matches(';').parse().ok());
        time.unwrap_or_else(|| panic!("the compiler told no times: {log}"))
    }

    fn cargo(&self, arguments: &[&str]) -> Command {
        cargo(&self.path, arguments)
    }
}

/// A separate crate that has dependencies and nothing else.
struct Idle {
    path: PathBuf,
}

impl Idle {
    /// Creates the crate, with the versions of the lock file in the folder `lock`.
    fn new(name: &str, dependencies: &str, lock: &str) -> Self {
        let path = Path::new(env!("CARGO_TARGET_TMPDIR"))
            .join("compile-idle")
            .join(name);
        let manifest = source::idle_manifest(name, dependencies);
        write(
            &path.join("Cargo.toml"),
            &format!("{manifest}\n[workspace]\n"),
        );
        write(&path.join("src/main.rs"), source::IDLE);
        let lock = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join(lock)
            .join("Cargo.lock");
        fs::copy(lock, path.join("Cargo.lock")).expect("a lock file");
        Self { path }
    }

    /// Returns the seconds of a clean build, or `None` if a dependency would have to be fetched.
    fn clean_build(&self) -> Option<f64> {
        let _ = fs::remove_dir_all(self.path.join("target"));
        let start = Instant::now();
        let status = self
            .cargo(&["build", "--quiet"])
            .status()
            .expect("cargo runs");
        status.success().then(|| start.elapsed().as_secs_f64())
    }

    /// Counts the direct and indirect dependencies.
    fn dependencies(&self) -> usize {
        let mut tree = self.cargo(&["tree", "--edges=no-dev", "--prefix=none"]);
        let tree = String::from_utf8(tree.output().expect("cargo runs").stdout).expect("text");
        // Cargo marks repeated crates by `(*)`.
        let crates = tree.lines().map(|line| line.trim_end_matches(" (*)"));
        crates.collect::<BTreeSet<_>>().len() - 1
    }

    fn cargo(&self, arguments: &[&str]) -> Command {
        cargo(&self.path, arguments)
    }
}

/// Returns a cargo command that works offline, in a folder with a target folder of its own.
fn cargo(folder: &Path, arguments: &[&str]) -> Command {
    let mut cargo = Command::new(env!("CARGO"));
    cargo
        .current_dir(folder)
        .env("CARGO_TARGET_DIR", folder.join("target"))
        .arg("--offline")
        .args(arguments);
    cargo
}

fn name(way: Way, shape: Shape) -> String {
    format!("{}-{shape}", way.name).replace(' ', "")
}

fn write(path: &Path, text: &str) {
    let folder = path.parent().expect("a file in a folder");
    fs::create_dir_all(folder).expect("a folder that is writable");
    fs::write(path, text).expect("a file that is writable");
}
