//! From the attributes of a method to the ones that apply to generated items.

use proc_macro2::TokenStream;
use quote::{ToTokens as _, quote};
use syn::{Attribute, Expr, ExprLit, Lit, Meta};

use crate::model::{Attributes, Forwarded, ForwardedKind, Trees};
use crate::parse::CfgAttr;

/// Returns the attributes that also apply to generated items.
pub(super) fn forwarded(attributes: &[Attribute]) -> Attributes {
    let mut all = Vec::new();
    for attribute in attributes {
        forward(&attribute.meta, None, &mut all);
    }
    Attributes { all }
}

/// Returns whether an item with these attributes is under a `cfg`.
pub(super) fn are_conditional(attributes: &[Attribute]) -> bool {
    forwarded(attributes).is_conditional()
}

/// Adds `meta`, or the attributes in it if it is a `cfg_attr`.
fn forward(meta: &Meta, condition: Option<TokenStream>, all: &mut Vec<Forwarded>) {
    let Some(cfg_attr) = CfgAttr::of(meta) else {
        all.extend(match (kind(meta), text(meta)) {
            (Some(ForwardedKind::Doc), Some(text)) => Some(Forwarded {
                condition,
                ..Forwarded::doc(&text)
            }),
            (kind, text) => kind.map(|kind| Forwarded {
                kind,
                condition,
                meta: Trees::of(copied(meta)),
                text,
            }),
        });
        return;
    };
    let inner = cfg_attr.predicate;
    let condition = match condition {
        Some(outer) => quote!(all(#outer, #inner)),
        None => inner,
    };
    for meta in &cfg_attr.attributes {
        forward(meta, Some(condition.clone()), all);
    }
}

/// Returns `None` for attributes that stay where they are.
fn kind(meta: &Meta) -> Option<ForwardedKind> {
    match meta.path().get_ident()?.to_string().as_str() {
        "cfg" => Some(ForwardedKind::Cfg),
        "doc" if matches!(meta, Meta::List(_)) => Some(ForwardedKind::DocOption),
        "doc" => Some(ForwardedKind::Doc),
        "deprecated" => Some(ForwardedKind::Deprecated),
        "must_use" => Some(ForwardedKind::MustUse),
        "allow" | "expect" | "warn" | "deny" | "forbid" => Some(ForwardedKind::Lint),
        _ => None,
    }
}

/// Returns the text of docs, unless a macro makes it.
fn text(meta: &Meta) -> Option<String> {
    let Meta::NameValue(pair) = meta else {
        return None;
    };
    let mut value = &pair.value;
    while let Expr::Group(group) = value {
        value = &group.expr;
    }
    match value {
        Expr::Lit(ExprLit {
            lit: Lit::Str(text),
            ..
        }) => Some(text.value()),
        _ => None,
    }
}

fn copied(meta: &Meta) -> TokenStream {
    match meta {
        // The lint need not fire on the generated item, and the copy would then be an unfulfilled expectation.
        Meta::List(list) if list.path.is_ident("expect") => {
            let lints = &list.tokens;
            quote!(allow(#lints))
        }
        // Generated items allow lints, and `forbid` would not let them.
        Meta::List(list) if list.path.is_ident("forbid") => {
            let lints = &list.tokens;
            quote!(deny(#lints))
        }
        meta => meta.to_token_stream(),
    }
}
