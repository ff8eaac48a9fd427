//! Our attributes on methods: reads them, then takes them off the block.

use proc_macro2::{Delimiter, TokenStream, TokenTree};
use syn::parse::ParseStream;
use syn::punctuated::Punctuated;
use syn::{Attribute, Error, Ident, Meta, Result, Token};

use super::args::rest_of_option;
use super::command::CommandOptions;
use super::groups::regrouped;
use super::nearest::is_one_slip_from;
use super::role::Role;
use super::trees::is_punct;
use crate::diagnostics::Errors;

pub(super) const COMMAND: &str = "command";
const ON_START: &str = "on_start";
const ON_STOP: &str = "on_stop";
const BEFORE_EACH: &str = "before_each";
const AFTER_EACH: &str = "after_each";

const HELPERS: [&str; 11] = [
    COMMAND,
    ON_START,
    ON_STOP,
    BEFORE_EACH,
    AFTER_EACH,
    "every",
    "stream",
    "at",
    "on",
    "run",
    "watch",
];

/// The options and the role that our attributes give a method.
#[derive(Default)]
pub(crate) struct Options {
    pub(crate) command: CommandOptions,
    /// The role of a method that is not a command, with the name of its attribute.
    pub(crate) role: Option<(Ident, Role)>,
}

pub(crate) fn parse(attributes: &[Attribute], errors: &mut Errors) -> Options {
    let mut options = Options::default();
    for attribute in attributes {
        if let Err(error) = options.read(attribute, errors) {
            errors.push(error);
        }
    }
    if let (Some(command), Some((role, _))) = (&options.command.attribute, &options.role) {
        errors.report(
            command,
            format!("a method with `{role}` is not a command; remove `{command}`"),
        );
    }
    options
}

/// Refuses our attributes on anything except a method.
pub(super) fn refuse(attributes: &[Attribute], errors: &mut Errors) {
    for attribute in attributes {
        let name = name_of_helper(attribute).cloned();
        let Some(name) = name.or_else(|| helper_in_cfg_attr(&attribute.meta)) else {
            continue;
        };
        let message = match meant(&name) {
            Some(COMMAND) => format!("only a method is a command; remove `{name}`"),
            _ => format!("only a method can be `{name}`; remove it"),
        };
        errors.report(&name, message);
    }
}

/// Returns the name of an attribute of ours, or of a misspelled one.
fn name_of_helper(attribute: &Attribute) -> Option<&Ident> {
    let name = attribute.path().get_ident()?;
    meant(name).map(|_| name)
}

/// Returns the attribute of ours that `name` means. One slip in a long name is ours to report, as rustc would only
/// say that there is no such attribute.
fn meant(name: &Ident) -> Option<&'static str> {
    let name = name.to_string();
    let exact = HELPERS.into_iter().find(|helper| *helper == name);
    exact.or_else(|| {
        let name = name.to_lowercase();
        let long = [COMMAND, ON_START, ON_STOP, BEFORE_EACH, AFTER_EACH];
        long.into_iter().find(|long| is_one_slip_from(long, &name))
    })
}

impl Options {
    fn read(&mut self, attribute: &Attribute, errors: &mut Errors) -> Result<()> {
        if let Some(helper) = helper_in_cfg_attr(&attribute.meta) {
            return Err(Error::new_spanned(
                &helper,
                format!("`{helper}` cannot depend on `cfg_attr`; write two methods under `cfg`"),
            ));
        }
        let name = attribute.path().get_ident();
        let Some((name, meant)) = name.and_then(|name| Some((name, meant(name)?))) else {
            return Ok(());
        };
        if name != meant {
            return Err(Error::new_spanned(
                name,
                format!("unknown attribute `{name}`; write `{meant}`"),
            ));
        }
        if meant == COMMAND {
            return self.command.read(name, attribute, errors);
        }
        if self.role.is_some() {
            return Err(Error::new_spanned(
                name,
                format!("a method has one role; remove `{name}`"),
            ));
        }
        let role = Role::parse(name, &attribute.meta, errors)?;
        self.role = Some((name.clone(), role));
        Ok(())
    }
}

fn helper_in_cfg_attr(attribute: &Meta) -> Option<Ident> {
    let cfg_attr = CfgAttr::of(attribute)?;
    cfg_attr.attributes.iter().find_map(|meta| {
        let name = meta.path().get_ident();
        let name = name.filter(|name| HELPERS.iter().any(|helper| *name == helper));
        name.cloned().or_else(|| helper_in_cfg_attr(meta))
    })
}

/// The parts of `cfg_attr(predicate, attributes)`.
pub(crate) struct CfgAttr {
    pub(crate) predicate: TokenStream,
    pub(crate) attributes: Punctuated<Meta, Token![,]>,
}

impl CfgAttr {
    /// Returns `None` if `attribute` is another one or cannot be understood.
    pub(crate) fn of(attribute: &Meta) -> Option<Self> {
        let list = attribute
            .require_list()
            .ok()
            .filter(|list| list.path.is_ident("cfg_attr"))?;
        let parser = |input: ParseStream<'_>| {
            // A predicate is not always a `Meta`: it may be `true`.
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

/// Returns a block, or its body, without our attributes on the items in it.
pub(super) fn strip(body: TokenStream) -> TokenStream {
    let mut trees = body.into_iter().peekable();
    let mut stripped = TokenStream::new();
    while let Some(tree) = trees.next() {
        match tree {
            _ if is_punct(&tree, '#') && trees.peek().is_some_and(is_helper) => drop(trees.next()),
            // The invisible group of a `macro_rules!` fragment such as `$method:item`.
            TokenTree::Group(group) if group.delimiter() == Delimiter::None => {
                let inner = regrouped(&group, strip(group.stream()));
                stripped.extend([TokenTree::Group(inner)]);
            }
            tree => stripped.extend([tree]),
        }
    }
    stripped
}

/// Returns whether `tree` is the `[..]` of an attribute of ours, or of a `cfg_attr` with one.
fn is_helper(tree: &TokenTree) -> bool {
    let TokenTree::Group(group) = tree else {
        return false;
    };
    if group.delimiter() != Delimiter::Bracket {
        return false;
    }
    let mut trees = group.stream().into_iter();
    match trees.next() {
        // Not parsed, as it may still be being typed, and as lines of docs are attributes, too.
        Some(TokenTree::Ident(name)) if name != "cfg_attr" => {
            let is_path = matches!(trees.next(), Some(tree) if is_punct(&tree, ':'));
            !is_path && meant(&name).is_some()
        }
        _ => syn::parse2::<Meta>(group.stream()).is_ok_and(|meta| {
            meta.path().get_ident().and_then(meant).is_some() || helper_in_cfg_attr(&meta).is_some()
        }),
    }
}
