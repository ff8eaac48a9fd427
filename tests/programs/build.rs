//! Makes a module of each program, and a test of each `main` that does something: a binary each would be linked more
//! than a hundred times. Programs that the manifest names are targets of their own.

use std::fmt::Write as _;
use std::path::Path;
use std::{env, fs};

fn main() {
    let manifest = fs::read_to_string("Cargo.toml").expect("the manifest can be read");
    let package = env::current_dir().expect("cargo sets it");
    let tests = package.join("..").join("..");
    println!("cargo::rerun-if-changed=Cargo.toml");
    let mut modules = String::new();
    for folder in ["ui/pass", "expand"] {
        let folder = tests.join(folder);
        println!("cargo::rerun-if-changed={}", folder.display());
        let entries = fs::read_dir(&folder).expect("the folder can be read");
        let mut paths: Vec<_> = entries
            .map(|entry| entry.expect("the folder can be read").path())
            .collect();
        paths.sort();
        let name = folder.file_name().expect("it has one").to_string_lossy();
        writeln!(modules, "mod {name} {{").expect("there is room");
        for path in paths {
            let file = path.file_name().expect("it is a file").to_string_lossy();
            if !manifest.contains(&format!("/{file}\"")) {
                modules.push_str(&module(&path));
            }
        }
        modules.push_str("}\n");
    }
    let out = env::var_os("OUT_DIR").expect("cargo sets it");
    fs::write(Path::new(&out).join("programs.rs"), modules).expect("it can be written");
}

fn module(path: &Path) -> String {
    let source = fs::read_to_string(path).expect("the program can be read");
    let stem = path.file_stem().expect("it is a file").to_string_lossy();
    let name = stem.replace('.', "_");
    let module = format!("#[path = {path:?}]\nmod {name};\n");
    let is_main = |line: &&str| line.contains("fn main()");
    match source.lines().find(is_main) {
        Some("fn main() {}") => module,
        Some(main) if main.starts_with("pub ") => {
            format!("{module}#[test]\nfn {name}() {{\n{name}::main()\n}}\n")
        }
        _ => panic!("{}: `main` is empty, or `pub` to be run", path.display()),
    }
}
