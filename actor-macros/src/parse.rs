//! Tokens to `Input`: the arguments of `#[actor(..)]`, and the signatures of the block.
//!
//! Bodies are not parsed: each is any one token tree. A method that cannot be parsed is left to rustc, which explains
//! the mistake, and does not affect the other methods. Neither does a slip between two methods. The one exception is a
//! block with a slip: syn then tells whether rustc accepts the block after all.

mod args;
mod attributes;
mod command;
mod groups;
mod header;
mod impossible;
mod nearest;
mod role;
mod slips;
mod trees;

use proc_macro2::{Delimiter, Span, TokenStream, TokenTree};
use syn::ext::IdentExt as _;
use syn::parse::discouraged::Speculative as _;
use syn::parse::{ParseStream, Parser as _};
use syn::token::{Brace, Paren};
use syn::{
    Attribute, Error, Generics, Ident, ItemImpl, Result, Signature, Token, Type, Visibility,
};

pub(crate) use self::args::Args;
pub(crate) use self::attributes::{CfgAttr, Options};
pub(crate) use self::command::CommandOptions;
pub(crate) use self::groups::regrouped;
use self::groups::without_invisible_group;
pub(crate) use self::role::Role;
pub(crate) use self::trees::{is_punct, length_of_arguments};
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
    /// True if anything in the block is not an item, or is half an item.
    pub(crate) has_slips: bool,
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
    let mut own_errors = Errors::default();
    let mut parsed = parse_block(&block, Items::parse, &mut own_errors);
    let has_slips = parsed.as_ref().map_or(true, |block| block.has_slips);
    if has_slips && syn::parse2::<ItemImpl>(block.clone()).is_err() {
        let mended = with_body(block, slips::without_slips);
        let mut mended_errors = Errors::default();
        if let Ok(block) = parse_block(&mended, Items::parse_whole, &mut mended_errors) {
            (parsed, own_errors) = (Ok(block), mended_errors);
        }
    }
    errors.append(own_errors);
    let block = errors.keep(parsed)?;
    let block = Block { has_slips, ..block };
    Some(Input { args, block })
}

fn parse_block(
    tokens: &TokenStream,
    items: fn(ParseStream<'_>, &mut Errors) -> Items,
    errors: &mut Errors,
) -> Result<Block> {
    let signatures = with_body(tokens.clone(), without_bodies);
    (|input: ParseStream<'_>| parse_input(input, tokens, items, errors)).parse2(signatures)
}

/// Returns the body of a block with empty bodies of methods, since syn would take in each of their tokens.
fn without_bodies(body: TokenStream) -> TokenStream {
    let mut trees = body.into_iter().peekable();
    let mut emptied = Vec::new();
    while let Some(tree) = trees.next() {
        // A constant in the arguments of a type, as in `Row<{ WIDTH }>`, is not a body.
        let is_argument =
            |next: &TokenTree| [',', '>'].into_iter().any(|mark| is_punct(next, mark));
        emptied.push(match &tree {
            TokenTree::Group(group)
                if group.delimiter() == Delimiter::Brace
                    && !trees.peek().is_some_and(is_argument) =>
            {
                regrouped(group, TokenStream::new()).into()
            }
            _ => tree,
        });
    }
    emptied.into_iter().collect()
}

fn parse_input(
    input: ParseStream<'_>,
    tokens: &TokenStream,
    items: fn(ParseStream<'_>, &mut Errors) -> Items,
    errors: &mut Errors,
) -> Result<Block> {
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
            "commands are the methods of an inherent `impl` block; implement the trait for its client",
        ));
    }
    generics.where_clause = input.parse()?;
    let content;
    syn::braced!(content in input);
    attributes.extend(content.call(Attribute::parse_inner)?);
    let Items { methods, has_slips } = items(&content, errors);
    Ok(Block {
        tokens: without_place_for_parameters(without_helpers(tokens.clone())),
        attributes,
        generics,
        self_type,
        methods,
        has_slips,
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

/// The items of a block, of which only the methods matter.
#[derive(Default)]
struct Items {
    methods: Vec<Method>,
    has_slips: bool,
}

/// An item of a block.
struct Item {
    /// Nothing if the item is not a function.
    method: Option<Method>,
    is_whole: bool,
}

impl Items {
    fn parse(content: ParseStream<'_>, errors: &mut Errors) -> Self {
        Self::parse_with(content, parse_item, errors)
    }

    /// Parses the items that syn parses as a whole. One that leaves something over, such as the length in `[u8, 4]`,
    /// would make the whole block an error.
    fn parse_whole(content: ParseStream<'_>, errors: &mut Errors) -> Self {
        let parse_whole_item = |input: ParseStream<'_>, errors: &mut Errors| {
            let (start, item) = (input.fork(), parse_item(input, errors)?);
            let mut tokens = TokenStream::new();
            while start.cursor() != input.cursor() {
                tokens.extend([start.parse::<TokenTree>()?]);
            }
            let again = |input: ParseStream<'_>| parse_item(input, &mut Errors::default());
            again.parse2(tokens).map(|_| item)
        };
        Self::parse_with(content, parse_whole_item, errors)
    }

    fn parse_with(
        content: ParseStream<'_>,
        parse_item: fn(ParseStream<'_>, &mut Errors) -> Result<Item>,
        errors: &mut Errors,
    ) -> Self {
        let mut items = Self::default();
        while !content.is_empty() {
            let attempt = content.fork();
            if let Ok(Item { method, is_whole }) = parse_item(&attempt, errors) {
                content.advance_to(&attempt);
                items.methods.extend(method);
                items.has_slips |= !is_whole;
            } else {
                items.methods.extend(skip_to_next_item(content, errors));
                items.has_slips = true;
            }
        }
        items
    }
}

fn parse_item(input: ParseStream<'_>, errors: &mut Errors) -> Result<Item> {
    let attributes = input.call(Attribute::parse_outer)?;
    let visibility: Visibility = input.parse()?;
    if !is_function(input) {
        let is_macro = input.peek(Ident) && input.peek2(Token![!]);
        let is_braced_macro = is_macro && input.peek3(Brace);
        let is_value = input.peek(Token![const]) || input.peek(Token![type]);
        let end = skip_item(input)?;
        if is_macro || is_value {
            attributes::refuse(&attributes, errors);
        }
        return Ok(Item {
            method: None,
            is_whole: match end {
                End::Semicolon => is_macro || is_value,
                End::Braces => is_braced_macro,
                End::NextItem => false,
            },
        });
    }
    let signature: Signature = input.parse()?;
    if input.peek(Paren) {
        // rustc refuses a type such as `Option(u8)`, which `signature` has only a part of.
        return Err(input.error("expected a body"));
    }
    let is_whole = input.peek(Brace) || input.peek(Token![;]);
    // While the body is still to be typed, an editor puts an identifier there, or nothing.
    if !input.is_empty() && !is_start_of_item(input) {
        input.parse::<TokenTree>()?;
    }
    let options = attributes::parse(&attributes, errors);
    let method = Method {
        attributes,
        options,
        visibility,
        signature,
    };
    Ok(Item {
        method: Some(method),
        is_whole,
    })
}

fn is_function(input: ParseStream<'_>) -> bool {
    input.peek(Token![fn])
        || input.peek(Token![async])
        || input.peek(Token![unsafe])
        || input.peek(Token![extern])
        || (input.peek(Token![const]) && !(input.peek2(Ident::peek_any) && input.peek3(Token![:])))
}

/// The end of an item that is not a function.
#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    Semicolon,
    Braces,
    /// The item is half-typed.
    NextItem,
}

/// Skips up to a `;`, a braced group with the `;` after it, or the next item if this one is half-typed.
fn skip_item(input: ParseStream<'_>) -> Result<End> {
    loop {
        if input.peek(Token![#]) || input.peek(Token![pub]) {
            return Ok(End::NextItem);
        }
        if input.parse::<Option<Token![;]>>()?.is_some() {
            return Ok(End::Semicolon);
        }
        if let TokenTree::Group(group) = input.parse()? {
            if group.delimiter() == Delimiter::Brace {
                let semicolon = input.parse::<Option<Token![;]>>()?;
                return Ok(semicolon.map_or(End::Braces, |_| End::Semicolon));
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
                let behind = |input: ParseStream<'_>| Ok(Items::parse(input, errors));
                let behind = behind.parse2(group.stream()).unwrap_or_default();
                methods.extend(behind.methods);
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
    with_body(block, attributes::strip)
}

/// Returns the block with the `impl` at a place where rustc does not suggest adding a parameter. It does not suggest that
/// for generated items either, and reports an unknown type only once if all its reports are the same.
fn without_place_for_parameters(block: TokenStream) -> TokenStream {
    let respanned = |tree| match tree {
        TokenTree::Ident(mut word) if word == "impl" => {
            word.set_span(Span::call_site().located_at(word.span()));
            word.into()
        }
        _ => tree,
    };
    block.into_iter().map(respanned).collect()
}

/// Returns the block with another body, made from its own.
fn with_body(block: TokenStream, replace: impl FnOnce(TokenStream) -> TokenStream) -> TokenStream {
    let mut tokens: Vec<TokenTree> = block.into_iter().collect();
    if let Some(TokenTree::Group(body)) = tokens.last_mut() {
        *body = regrouped(body, replace(body.stream()));
    }
    tokens.into_iter().collect()
}
