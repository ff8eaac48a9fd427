//! `#[actor]`: a command enum, a typed client and a loop from an `impl` block.
//!
//! Use it through the crate `actor-runtime`, which re-exports it and has everything that the generated code needs.

#![forbid(unsafe_code)]

mod parse;

mod lower;

mod model;

mod validate;

mod expand;

mod diagnostics;
mod fallback;
#[cfg(test)]
mod tests;

use proc_macro2::TokenStream;

use crate::diagnostics::Errors;

#[doc = include_str!("actor.md")]
#[proc_macro_attribute]
pub fn actor(
    args: proc_macro::TokenStream,
    block: proc_macro::TokenStream,
) -> proc_macro::TokenStream {
    actor_tokens(args.into(), &block.into()).into()
}

fn actor_tokens(args: TokenStream, block: &TokenStream) -> TokenStream {
    let mut errors = Errors::default();
    let Some(input) = parse::parse(args, block, &mut errors) else {
        return fallback::block_only(block, errors);
    };
    let Some(mut actor) = lower::lower(input, &mut errors) else {
        return fallback::block_only(block, errors);
    };
    let conflicts = validate::validate(&actor, &mut errors);
    fallback::resolve(&mut actor, &conflicts);
    fallback::with_errors(expand::expand(&actor), errors)
}
