//! The macro under attack: the inputs of the snapshots, mutated some thousand times. It never panics,
//! keeps the user's tokens, and what it adds is Rust.

use std::mem;
use std::panic::{AssertUnwindSafe, catch_unwind};

use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};

use super::actors;
use crate::parse;

const MUTANTS: u64 = 2500;

/// What takes the place of a token.
const NASTY: &str = "self _ super crate async fn impl dyn pub const static where for unsafe extern \
    mut type macro_rules union r#type reply answer command context inbox sender clone Context Option \
    Result 'a 'static & &mut -> .. :: < > ! ; = 0 \"text\" #[command(try)] #[cfg_attr(unix,command)]";

#[test]
fn mutants_are_survived() {
    let actors = actors();
    let mut random = Random(0x9E37_79B9_7F4A_7C15);
    let mut accepted = 0;
    for round in 0..MUTANTS {
        let (args, block) = &actors[random.below(actors.len())];
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
        accepted += u64::from(is_accepted);
    }
    // Mutants that break the very first rule would attack nothing else.
    assert!(accepted > MUTANTS / 10, "only {accepted} were accepted");
    assert!(accepted < MUTANTS * 9 / 10, "{accepted} were accepted");
}

/// Whether there were no mistakes.
fn check(args: &TokenStream, block: &TokenStream) -> bool {
    let output = crate::actor_tokens(args.clone(), block);
    let kept: Vec<TokenTree> = parse::without_helpers(block.clone()).into_iter().collect();
    let mut trees = output.into_iter();
    for kept in kept {
        let tree = trees.next().expect("the user's tokens come out");
        assert_eq!(tree.to_string(), kept.to_string());
    }

    let added: TokenStream = trees.collect();
    let items = syn::parse2::<syn::File>(added.clone());
    assert!(items.is_ok(), "not Rust: {added}");
    let text = added.to_string();
    let is_accepted = !text.contains("compile_error");
    assert!(!is_accepted || text.contains("fn handle"), "{text}");
    is_accepted
}

/// One token tree deleted, doubled, swapped, replaced or wrapped, at any depth.
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
    let nasty = all[random.below(all.len())];
    nasty.parse().expect("it is made of tokens")
}

/// The same numbers in each run.
struct Random(u64);

impl Random {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % end as u64).unwrap_or_default()
    }
}
