//! Tokens to `Input`: the arguments of `#[actor(..)]`, and the signatures of the block.
//!
//! Bodies are not parsed: each is any one token tree. A method that cannot be parsed is left to rustc, which explains
//! the mistake, and does not affect the other methods.

mod args;
mod attributes;
mod command;
mod groups;
mod nearest;
mod role;

use proc_macro2::{Delimiter, TokenStream, TokenTree};
use syn::ext::IdentExt as _;
use syn::parse::discouraged::Speculative as _;
use syn::parse::{ParseStream, Parser as _};
use syn::{Attribute, Error, Generics, Ident, Result, Signature, Token, Type, Visibility};

pub(crate) use self::args::Args;
pub(crate) use self::attributes::{CfgAttr, Options};
pub(crate) use self::command::CommandOptions;
pub(crate) use self::groups::regrouped;
use self::groups::without_invisible_group;
pub(crate) use self::role::Role;
use crate::diagnostics::Errors;

pub(crate) struct Input {
    pub(crate) args: Args,
    pub(crate) block: Block,
}

/// The annotated block.
pub(crate) struct Block {
    /// The whole block, without our attributes on methods.
    pub(crate) tokens: TokenStream,
    pub(crate) attributes: Vec<Attribute>,
    pub(crate) generics: Generics,
    pub(crate) self_type: Type,
    pub(crate) methods: Vec<Method>,
}

pub(crate) struct Method {
    pub(crate) attributes: Vec<Attribute>,
    pub(crate) options: Options,
    pub(crate) visibility: Visibility,
    pub(crate) signature: Signature,
}

/// Returns `None` if there is no block.
pub(crate) fn parse(args: TokenStream, block: &TokenStream, errors: &mut Errors) -> Option<Input> {
    let args = args::parse(args, errors);
    let block = without_invisible_group(block.clone());
    match (|input: ParseStream<'_>| parse_block(input, &block, errors)).parse2(block.clone()) {
        Ok(block) => Some(Input { args, block }),
        Err(error) => {
            errors.push(error);
            None
        }
    }
}

fn parse_block(input: ParseStream<'_>, tokens: &TokenStream, errors: &mut Errors) -> Result<Block> {
    let mut attributes = input.call(Attribute::parse_outer)?;
    attributes::refuse(&attributes, errors);
    if let Some(second) = attributes.iter().find(|attribute| is_actor(attribute)) {
        return Err(Error::new_spanned(
            second,
            "a second `#[actor]`; remove one",
        ));
    }
    input.parse::<Visibility>()?;
    input.parse::<Option<Token![unsafe]>>()?;
    if !input.peek(Token![impl]) {
        return Err(not_an_inherent_impl(input));
    }
    input.parse::<Token![impl]>()?;
    let mut generics: Generics = if input.peek(Token![<]) && !input.peek2(Token![<]) {
        input.parse()?
    } else {
        Generics::default()
    };
    // Only an `impl` of a trait has these two, and such a block is refused below.
    input.parse::<Option<Token![const]>>()?;
    input.parse::<Option<Token![!]>>()?;
    let self_type: Type = input.parse()?;
    if input.peek(Token![for]) {
        return Err(Error::new_spanned(
            self_type,
            "the methods of a trait cannot be commands; write an inherent `impl` block",
        ));
    }
    generics.where_clause = input.parse()?;
    let content;
    syn::braced!(content in input);
    attributes.extend(content.call(Attribute::parse_inner)?);
    let methods = parse_methods(&content, errors);
    Ok(Block {
        tokens: without_helpers(tokens.clone()),
        attributes,
        generics,
        self_type,
        methods,
    })
}

fn is_actor(attribute: &Attribute) -> bool {
    let path = attribute.path();
    path.is_ident("actor")
        || path
            .segments
            .iter()
            .map(|segment| segment.ident.to_string())
            .eq(["actor_runtime", "actor"])
}

fn not_an_inherent_impl(input: ParseStream<'_>) -> Error {
    input.error("expected an inherent `impl` block; put `#[actor]` on `impl Name { .. }`")
}

fn parse_methods(content: ParseStream<'_>, errors: &mut Errors) -> Vec<Method> {
    let mut methods = Vec::new();
    while !content.is_empty() {
        let attempt = content.fork();
        if let Ok(method) = parse_item(&attempt, errors) {
            content.advance_to(&attempt);
            methods.extend(method);
        } else {
            methods.extend(skip_to_next_item(content, errors));
        }
    }
    methods
}

/// Returns `None` if the item is not a function.
fn parse_item(input: ParseStream<'_>, errors: &mut Errors) -> Result<Option<Method>> {
    let attributes = input.call(Attribute::parse_outer)?;
    let visibility: Visibility = input.parse()?;
    if !is_function(input) {
        let is_other_item = input.peek(Token![const])
            || input.peek(Token![type])
            || (input.peek(Ident) && input.peek2(Token![!]));
        skip_item(input)?;
        if is_other_item {
            attributes::refuse(&attributes, errors);
        }
        return Ok(None);
    }
    let signature: Signature = input.parse()?;
    // While the body is still to be typed, an editor puts an identifier there, or nothing.
    if !input.is_empty() && !is_start_of_item(input) {
        input.parse::<TokenTree>()?;
    }
    let options = attributes::parse(&attributes, errors);
    Ok(Some(Method {
        attributes,
        options,
        visibility,
        signature,
    }))
}

fn is_function(input: ParseStream<'_>) -> bool {
    input.peek(Token![fn])
        || input.peek(Token![async])
        || input.peek(Token![unsafe])
        || input.peek(Token![extern])
        || (input.peek(Token![const]) && !(input.peek2(Ident::peek_any) && input.peek3(Token![:])))
}

/// Skips up to a `;`, a braced group with the `;` after it, or the next item if this one is half-typed.
fn skip_item(input: ParseStream<'_>) -> Result<()> {
    loop {
        if input.peek(Token![#]) || input.peek(Token![pub]) {
            return Ok(());
        }
        if input.parse::<Option<Token![;]>>()?.is_some() {
            return Ok(());
        }
        if let TokenTree::Group(group) = input.parse()? {
            if group.delimiter() == Delimiter::Brace {
                input.parse::<Option<Token![;]>>()?;
                return Ok(());
            }
        }
    }
}

/// Returns the methods inside of the skipped tokens. An editor closes an open `(` at the end of the block, after the
/// methods that follow.
fn skip_to_next_item(input: ParseStream<'_>, errors: &mut Errors) -> Vec<Method> {
    let mut methods = Vec::new();
    while let Ok(tree) = input.parse::<TokenTree>() {
        if let TokenTree::Group(group) = tree {
            if group.delimiter() == Delimiter::Parenthesis {
                let behind = |input: ParseStream<'_>| Ok(parse_methods(input, errors));
                methods.extend(behind.parse2(group.stream()).unwrap_or_default());
            }
        }
        if is_start_of_item(input) {
            break;
        }
    }
    methods
}

fn is_start_of_item(input: ParseStream<'_>) -> bool {
    input.peek(Token![#])
        || input.peek(Token![pub])
        || input.peek(Token![fn])
        || input.peek(Token![async])
}

/// Returns the block without our attributes on methods, otherwise untouched.
pub(crate) fn without_helpers(block: TokenStream) -> TokenStream {
    let block = attributes::strip(without_invisible_group(block));
    let mut tokens: Vec<TokenTree> = block.into_iter().collect();
    if let Some(TokenTree::Group(body)) = tokens.last_mut() {
        *body = regrouped(body, attributes::strip(body.stream()));
    }
    tokens.into_iter().collect()
}
