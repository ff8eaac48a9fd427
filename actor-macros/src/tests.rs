//! Expansion snapshots: the pipeline runs on `tests/expand/*.rs`, and its output is compared with `*.expanded.rs`.
//! `EXPAND=overwrite cargo test -p actor-macros` overwrites the snapshots.

mod half_typed;
mod mutations;

use std::path::{Path, PathBuf};
use std::{env, fs};

use proc_macro2::TokenStream;
use quote::ToTokens as _;
use syn::{Attribute, Item, Meta};

/// Returns the source with the pipeline's output in place of each `#[actor]` block.
fn expanded(source: &str) -> String {
    // The import would be unused.
    let source = source.replace("use actor_runtime::actor;\n", "");
    let mut file = syn::parse_file(&source).expect("the input is Rust");
    for item in &mut file.items {
        if let Some(args) = take_actor(item) {
            *item = Item::Verbatim(crate::actor_tokens(args, &item.to_token_stream()));
        }
    }
    let file = syn::parse_file(&file.to_token_stream().to_string()).expect("the output is Rust");
    prettyplease::unparse(&file)
}

/// Takes `#[actor(..)]` off an item and returns its arguments.
fn take_actor(item: &mut Item) -> Option<TokenStream> {
    let Item::Impl(block) = item else { return None };
    let is_actor = |attribute: &Attribute| attribute.path().is_ident("actor");
    let position = block.attrs.iter().position(is_actor)?;
    match block.attrs.remove(position).meta {
        Meta::List(list) => Some(list.tokens),
        _ => Some(TokenStream::new()),
    }
}

/// Returns the files of `tests/expand` that are not snapshots, in order.
fn inputs() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/expand");
    let entries = fs::read_dir(&folder).expect("the folder of snapshots is there");
    let mut paths: Vec<PathBuf> = entries
        .map(|entry| entry.expect("the folder can be read").path())
        .filter(|path| {
            let name = path.to_string_lossy();
            name.ends_with(".rs") && !name.ends_with(".expanded.rs")
        })
        .collect();
    paths.sort();
    assert!(paths.len() >= 13, "only {} inputs were found", paths.len());
    paths
}

/// Returns the arguments and the block of each actor in the inputs.
fn actors() -> Vec<(TokenStream, TokenStream)> {
    let mut actors = Vec::new();
    for path in inputs() {
        let source = fs::read_to_string(&path).expect("the input can be read");
        let file = syn::parse_file(&source).expect("the input is Rust");
        for mut item in file.items {
            if let Some(args) = take_actor(&mut item) {
                actors.push((args, item.into_token_stream()));
            }
        }
    }
    actors
}

#[test]
fn the_same_input_gives_the_same_output() {
    for (args, block) in actors() {
        let outputs = [(); 3].map(|()| crate::actor_tokens(args.clone(), &block).to_string());
        assert_eq!(outputs[0], outputs[1]);
        assert_eq!(outputs[0], outputs[2]);
    }
}

#[test]
fn a_renamed_crate_is_the_only_one() {
    for (args, block) in actors() {
        let args = args.to_string().replace("crate = :: actor_runtime ,", "");
        let args = format!("crate = ::renamed, {args}");
        let args = args.parse().expect("they are made of tokens");
        let output = crate::actor_tokens(args, &block).to_string();
        assert!(!output.contains("actor_runtime"), "{output}");
        assert!(!output.contains("compile_error"), "{output}");
    }
}

#[test]
fn expansions_are_as_recorded() {
    let overwrite = env::var_os("EXPAND").is_some_and(|value| value == "overwrite");
    for path in inputs() {
        let actual = expanded(&fs::read_to_string(&path).expect("the input can be read"));
        let recorded = path.with_extension("expanded.rs");
        if overwrite {
            fs::write(&recorded, &actual).expect("the snapshot can be written");
        }
        let expected = fs::read_to_string(&recorded).unwrap_or_default();
        assert!(
            expected == actual,
            "{} expands to something else:\n{actual}",
            path.display()
        );
    }
}
