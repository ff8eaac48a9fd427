//! Expansion snapshots: the pipeline runs on `tests/expand/*.rs` and is compared with
//! `*.expanded.rs`. `EXPAND=overwrite cargo test -p actor-macros` writes what came out.

use std::path::Path;
use std::{env, fs};

use proc_macro2::TokenStream;
use quote::ToTokens as _;
use syn::{Attribute, Item};

/// `#[actor]` blocks of a file, replaced by what the pipeline makes of them.
fn expanded(source: &str) -> String {
    // The import would be unused.
    let source = source.replace("use actor_runtime::actor;\n", "");
    let mut file = syn::parse_file(&source).expect("the input is Rust");
    for item in &mut file.items {
        let Item::Impl(block) = item else { continue };
        let Some(position) = block.attrs.iter().position(is_actor) else {
            continue;
        };
        let args = match block.attrs.remove(position).meta {
            syn::Meta::List(list) => list.tokens,
            _ => TokenStream::new(),
        };
        *item = Item::Verbatim(crate::actor_tokens(args, &block.to_token_stream()));
    }
    let file = syn::parse_file(&file.to_token_stream().to_string()).expect("the output is Rust");
    prettyplease::unparse(&file)
}

fn is_actor(attribute: &Attribute) -> bool {
    attribute.path().is_ident("actor")
}

#[test]
fn expansions_are_as_recorded() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/expand");
    let overwrite = env::var_os("EXPAND").is_some_and(|value| value == "overwrite");
    let mut checked = 0;
    for entry in fs::read_dir(&folder).expect("the folder of snapshots is there") {
        let path = entry.expect("the folder can be read").path();
        let name = path
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        if name.ends_with(".expanded.rs") || !name.ends_with(".rs") {
            continue;
        }
        let actual = expanded(&fs::read_to_string(&path).expect("the input can be read"));
        let recorded = path.with_extension("expanded.rs");
        if overwrite {
            fs::write(&recorded, &actual).expect("the snapshot can be written");
        }
        let expected = fs::read_to_string(&recorded).unwrap_or_default();
        assert!(
            expected == actual,
            "{name} expands to something else:\n{actual}"
        );
        checked += 1;
    }
    assert!(checked >= 6, "only {checked} snapshots were found");
}
