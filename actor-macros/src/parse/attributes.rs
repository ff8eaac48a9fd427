//! Our attributes on methods: read them, then take them off the block.

use proc_macro2::{Delimiter, TokenStream, TokenTree};
use syn::parse::{ParseStream, Parser as _};
use syn::punctuated::Punctuated;
use syn::{Attribute, Error, Ident, Meta, Result, Token};

use super::args::{OnStopped, parse_list, parse_on_stopped, rest_of_option, unknown_option};
use super::nearest::slips;
use super::regrouped;
use crate::diagnostics::Errors;

const HELPER: &str = "command";

const OPTIONS: [&str; 5] = ["skip", "ack", "on_stopped", "try", "blocking"];

/// What `#[command(..)]` says; each option with the word that said it.
#[derive(Default)]
pub(crate) struct CommandOptions {
    /// The attribute, if there is one.
    pub(crate) attribute: Option<Ident>,
    pub(crate) skip: Option<Ident>,
    pub(crate) ack: Option<Ident>,
    pub(crate) try_twin: Option<Ident>,
    pub(crate) blocking_twin: Option<Ident>,
    pub(crate) on_stopped: Option<(Ident, OnStopped)>,
}

pub(crate) fn parse(attributes: &[Attribute], errors: &mut Errors) -> CommandOptions {
    let mut options = CommandOptions::default();
    for attribute in attributes {
        if let Err(error) = options.read(attribute, errors) {
            errors.push(error);
        }
    }
    options
}

/// Our attributes on something that is not a method.
pub(super) fn refuse(attributes: &[Attribute], errors: &mut Errors) {
    for attribute in attributes {
        let name = name_of_helper(attribute).cloned();
        let Some(name) = name.or_else(|| helper_in_cfg_attr(&attribute.meta)) else {
            continue;
        };
        errors.report(
            &name,
            format!("only a method is a command; remove `{name}`"),
        );
    }
}

/// The name of an attribute of ours, or of one that was meant to be.
fn name_of_helper(attribute: &Attribute) -> Option<&Ident> {
    attribute.path().get_ident().filter(|name| is_meant(name))
}

/// One slip is ours to report: rustc would say no more than that there is no such attribute.
fn is_meant(name: &Ident) -> bool {
    slips(&name.to_string().to_lowercase(), HELPER) <= 1
}

impl CommandOptions {
    fn read(&mut self, attribute: &Attribute, errors: &mut Errors) -> Result<()> {
        if let Some(helper) = helper_in_cfg_attr(&attribute.meta) {
            return Err(Error::new_spanned(
                helper,
                "`command` cannot depend on `cfg_attr`; write two methods under `cfg`",
            ));
        }
        let Some(name) = name_of_helper(attribute) else {
            return Ok(());
        };
        if name != HELPER {
            return Err(Error::new_spanned(
                name,
                format!("unknown attribute `{name}`; write `{HELPER}`"),
            ));
        }
        if self.attribute.is_some() {
            return Err(Error::new_spanned(name, "a second `command`; join the two"));
        }
        self.attribute = Some(name.clone());
        match &attribute.meta {
            Meta::Path(_) => Ok(()),
            Meta::List(list) => (|input: ParseStream<'_>| {
                parse_list(input, errors, |option, input| self.set(option, input))
            })
            .parse2(list.tokens.clone()),
            Meta::NameValue(_) => Err(Error::new_spanned(
                attribute,
                "expected a list; write `#[command(..)]`",
            )),
        }
    }

    fn set(&mut self, option: &Ident, input: ParseStream<'_>) -> Result<()> {
        let flag = match option.to_string().as_str() {
            "skip" => &mut self.skip,
            "ack" => &mut self.ack,
            "try" => &mut self.try_twin,
            "blocking" => &mut self.blocking_twin,
            "on_stopped" => {
                self.on_stopped = Some((option.clone(), parse_on_stopped(option, input)?));
                return Ok(());
            }
            _ => {
                return Err(unknown_option(option, &OPTIONS, "#[command]"));
            }
        };
        *flag = Some(option.clone());
        Ok(())
    }
}

fn helper_in_cfg_attr(attribute: &Meta) -> Option<Ident> {
    let cfg_attr = CfgAttr::of(attribute)?;
    cfg_attr.attributes.iter().find_map(|meta| {
        let name = meta.path().get_ident().filter(|name| *name == HELPER);
        name.cloned().or_else(|| helper_in_cfg_attr(meta))
    })
}

/// `cfg_attr(predicate, attributes)`
pub(crate) struct CfgAttr {
    pub(crate) predicate: TokenStream,
    pub(crate) attributes: Punctuated<Meta, Token![,]>,
}

impl CfgAttr {
    /// `None` if `attribute` is another one, or cannot be understood.
    pub(crate) fn of(attribute: &Meta) -> Option<Self> {
        let list = attribute
            .require_list()
            .ok()
            .filter(|list| list.path.is_ident("cfg_attr"))?;
        let parser = |input: ParseStream<'_>| {
            // Not a `Meta`: it may be `true`.
            let predicate = rest_of_option(input)?;
            input.parse::<Token![,]>()?;
            let attributes = Punctuated::parse_terminated(input)?;
            Ok(Self {
                predicate,
                attributes,
            })
        };
        list.parse_args_with(parser).ok()
    }
}

/// A block, or its body, without our attributes on what is in it.
pub(super) fn strip(body: TokenStream) -> TokenStream {
    let mut trees = body.into_iter().peekable();
    let mut stripped = TokenStream::new();
    while let Some(tree) = trees.next() {
        let is_pound = matches!(&tree, TokenTree::Punct(punct) if punct.as_char() == '#');
        match tree {
            _ if is_pound && trees.peek().is_some_and(is_helper) => drop(trees.next()),
            // What a `macro_rules!` fragment such as `$method:item` wraps.
            TokenTree::Group(group) if group.delimiter() == Delimiter::None => {
                let inner = regrouped(&group, strip(group.stream()));
                stripped.extend([TokenTree::Group(inner)]);
            }
            tree => stripped.extend([tree]),
        }
    }
    stripped
}

/// Whether this is the `[..]` of an attribute of ours, or of a `cfg_attr` with one.
fn is_helper(tree: &TokenTree) -> bool {
    let TokenTree::Group(group) = tree else {
        return false;
    };
    if group.delimiter() != Delimiter::Bracket {
        return false;
    }
    let Ok(meta) = syn::parse2::<Meta>(group.stream()) else {
        return is_named_helper(group.stream());
    };
    meta.path().get_ident().is_some_and(is_meant) || helper_in_cfg_attr(&meta).is_some()
}

/// Whether this is an attribute of ours that is still being typed.
fn is_named_helper(attribute: TokenStream) -> bool {
    let mut trees = attribute.into_iter();
    let is_named = matches!(trees.next(), Some(TokenTree::Ident(name)) if is_meant(&name));
    is_named && !matches!(trees.next(), Some(TokenTree::Punct(punct)) if punct.as_char() == ':')
}
