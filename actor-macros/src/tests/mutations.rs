//! The macro under attack: real `impl` blocks, mutated some thousand times. The macro never panics, gives the same
//! output twice and keeps the user's tokens, and everything it adds is Rust.
//!
//! `MUTANTS=1000000 cargo test --release -p actor-macros --lib mutants` makes more mutants, `SEED=2` makes different
//! ones, and `CORPUS=folder` adds the blocks of all Rust files in that folder.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::{env, fs, mem};

use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};
use quote::ToTokens as _;
use syn::{Item, ItemImpl};

use super::take_actor;
use crate::parse;

const MUTANTS: usize = 2500;

/// Replacements for a token.
const NASTY: &str = "self Self _ super crate async await fn impl dyn pub pub(crate) const static \
    where for unsafe extern mut ref type macro_rules union r#type r#async reply answer command \
    context inbox sender never _ा été this tx clone drop Context Option Result Infallible __Never \
    str [u8] 'a 'static '_ & &mut && -> .. ... :: < > ! ? ; , = 0 -1 1.5e3 \"text\" b\"bytes\" 'c' \
    @ $ # #[command] #[command(try)] #[comand(ack)] #[command=1] #[cfg_attr(unix,command)] \
    #[cfg(unix)] #![allow(unused)] #[cfg_attr(a,cfg_attr(b,cfg(c)))] &'static impl~Into<u8> \
    dyn~Fn() (&mut~Context<Self>) <T:?Sized> #[every(self.x)] #[every(1,now)] #[stream(x)] #[at(x)] #[on(x)] \
    #[on(x,if~y)] #[on(Some(n)=self.x)] #[on(n=x,if~y)] #[on(x,if)] #[on_start] #[on_stop] #[before_each] #[after_each] #[command(last)] #[watch] #[on()] #[run] #[command(batch=2,arg=x)] \
    #[command(priority,skip_cancelled)] Reply<u8> ReplyStream<u8> Vec<u8> event=E event_capacity=2 \
    shutdown=drain deadline=d detached turns output latest if now";

#[test]
fn mutants_are_survived() {
    let number = |name| env::var(name).map(|text| text.parse().expect("a number"));
    let mutants = number("MUTANTS").unwrap_or(MUTANTS);
    let seed = number("SEED").unwrap_or(1);
    let blocks = corpus();
    let mut random = Random::new(seed);
    let mut accepted = 0;
    for round in 0..mutants {
        let (args, block) = &blocks[random.below(blocks.len())];
        let (mut args, mut block) = (args.clone(), block.clone());
        for _ in 0..=random.below(3) {
            if random.below(8) == 0 {
                args = mutated(args, &mut random);
            } else {
                block = mutated(block, &mut random);
            }
        }
        let outcome = catch_unwind(AssertUnwindSafe(|| check(&args, &block)));
        let Ok(is_accepted) = outcome else {
            panic!("round {round}:\n#[actor({args})]\n{block}");
        };
        accepted += usize::from(is_accepted);
    }
    println!(
        "{mutants} mutants of {} blocks, {accepted} accepted",
        blocks.len()
    );
    // If mutants failed at the very first rule, nothing after it would be tested.
    assert!(accepted > mutants / 10, "only {accepted} were accepted");
    assert!(accepted < mutants * 9 / 10, "{accepted} were accepted");
}

/// Returns the inherent blocks of the project's tests and examples, and of the folder `CORPUS`, with the arguments of
/// their `#[actor]`.
fn corpus() -> Vec<(TokenStream, TokenStream)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut folders: Vec<PathBuf> = ["tests", "examples"].map(|name| root.join(name)).into();
    folders.extend(env::var_os("CORPUS").map(PathBuf::from));
    let mut blocks = Vec::new();
    while let Some(folder) = folders.pop() {
        let entries = fs::read_dir(&folder).expect("the folder can be read");
        let mut paths: Vec<PathBuf> = entries
            .map(|entry| entry.expect("the folder can be read").path())
            .collect();
        paths.sort();
        for path in paths {
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                // A file that is not Rust or not UTF-8 is a test of another project.
                let source = fs::read_to_string(&path).unwrap_or_default();
                let file = syn::parse_file(&source);
                collect_blocks(file.map(|file| file.items).unwrap_or_default(), &mut blocks);
            }
        }
    }
    assert!(
        blocks.len() > 100,
        "only {} blocks were found",
        blocks.len()
    );
    blocks
}

fn collect_blocks(items: Vec<Item>, blocks: &mut Vec<(TokenStream, TokenStream)>) {
    for mut item in items {
        let args = take_actor(&mut item).unwrap_or_default();
        match item {
            Item::Impl(block) if block.trait_.is_none() => {
                blocks.push((args, block.into_token_stream()));
            }
            Item::Mod(module) => {
                let (_, items) = module.content.unwrap_or_default();
                collect_blocks(items, blocks);
            }
            _ => {}
        }
    }
}

/// Checks the output for a block, and returns whether it has no mistakes.
fn check(args: &TokenStream, block: &TokenStream) -> bool {
    let output = crate::actor_tokens(args.clone(), block);
    let again = crate::actor_tokens(args.clone(), block);
    assert_eq!(output.to_string(), again.to_string());
    let mut trees = output.into_iter();
    let kept: Vec<TokenTree> = parse::without_helpers(block.clone()).into_iter().collect();
    // Slips are taken out of the body. syn finds them, too.
    let has_slips = syn::parse2::<ItemImpl>(block.clone()).is_err();
    for kept in kept {
        let tree = trees.next().expect("the user's tokens come out");
        let is_body = matches!(kept, TokenTree::Group(_));
        assert!(
            tree.to_string() == kept.to_string() || (is_body && has_slips),
            "`{kept}` has become `{tree}`"
        );
    }

    let added: TokenStream = trees.collect();
    let items = syn::parse2::<syn::File>(added.clone());
    assert!(items.is_ok(), "not Rust: {added}");
    let text = added.to_string();
    let is_accepted = !text.contains("compile_error");
    // The macro adds nothing to a block that rustc refuses by itself.
    let is_whole = text.is_empty() || text.contains("fn handle");
    assert!(!is_accepted || is_whole, "{text}");
    is_accepted
}

/// Returns the tokens with one token tree deleted, doubled, swapped, replaced or wrapped, at any depth.
fn mutated(tokens: TokenStream, random: &mut Random) -> TokenStream {
    let mut trees: Vec<TokenTree> = tokens.into_iter().collect();
    if trees.is_empty() {
        return nasty(random);
    }
    let groups: Vec<usize> = (0..trees.len())
        .filter(|&position| matches!(trees[position], TokenTree::Group(_)))
        .collect();
    if !groups.is_empty() && random.below(4) != 0 {
        let position = groups[random.below(groups.len())];
        if let TokenTree::Group(group) = &mut trees[position] {
            *group = Group::new(group.delimiter(), mutated(group.stream(), random));
        }
        return trees.into_iter().collect();
    }
    let position = random.below(trees.len());
    let other = random.below(trees.len());
    match random.below(7) {
        0 => drop(trees.remove(position)),
        1 => trees.insert(position, trees[position].clone()),
        2 => trees.swap(position, other),
        3 => trees.insert(position, trees[other].clone()),
        4 => drop(trees.splice(position..=position, nasty(random))),
        5 => {
            let wrapped = mem::take(&mut trees);
            let end = wrapped.len().min(position + 1 + random.below(3));
            let inner = wrapped[position..end].iter().cloned().collect();
            trees.extend_from_slice(&wrapped[..position]);
            trees.push(Group::new(Delimiter::None, inner).into());
            trees.extend_from_slice(&wrapped[end..]);
        }
        _ => {
            if let TokenTree::Group(group) = &mut trees[position] {
                let delimiters = [
                    Delimiter::Brace,
                    Delimiter::Bracket,
                    Delimiter::Parenthesis,
                    Delimiter::None,
                ];
                *group = Group::new(delimiters[random.below(4)], group.stream());
            }
        }
    }
    trees.into_iter().collect()
}

fn nasty(random: &mut Random) -> TokenStream {
    let all: Vec<&str> = NASTY.split_whitespace().collect();
    let nasty = all[random.below(all.len())].replace('~', " ");
    nasty.parse().expect("it is made of tokens")
}

/// A sequence of numbers that depends only on the seed.
struct Random(u64);

impl Random {
    fn new(seed: usize) -> Self {
        Self((seed as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % end as u64).unwrap_or_default()
    }
}
