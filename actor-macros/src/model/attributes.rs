//! Which of a method's attributes reach which generated item.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::{Attribute, Meta};

use crate::parse::CfgAttr;

/// The attributes of a method that apply to what is generated for it.
#[derive(Default)]
pub(crate) struct Attributes {
    all: Vec<Forwarded>,
}

struct Forwarded {
    kind: Kind,
    /// The predicate of a `cfg_attr` around it.
    condition: Option<TokenStream>,
    meta: TokenStream,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Cfg,
    Doc,
    /// `doc(hidden)` and the like, which say nothing.
    DocOption,
    Deprecated,
    MustUse,
    Lint,
}

/// Where attributes are wanted.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    Variant,
    ClientMethod,
    Arm,
    Argument,
    /// Each of the generated items.
    Item,
}

impl Attributes {
    pub(crate) fn of(attributes: &[Attribute]) -> Self {
        let mut all = Vec::new();
        for attribute in attributes {
            forward(&attribute.meta, None, &mut all);
        }
        Self { all }
    }

    pub(crate) fn at(&self, place: Place) -> TokenStream {
        let here = self
            .all
            .iter()
            .filter(|attribute| attribute.kind.is_for(place));
        here.map(Forwarded::tokens).collect()
    }

    pub(crate) fn has_docs(&self) -> bool {
        self.all
            .iter()
            .any(|attribute| attribute.kind == Kind::Doc && attribute.condition.is_none())
    }

    pub(crate) fn is_conditional(&self) -> bool {
        self.has(Kind::Cfg)
    }

    /// Whether it is deprecated itself, or may use what is.
    pub(crate) fn is_about_deprecation(&self) -> bool {
        let is_about = |lint: &Forwarded| lint.meta.to_string().contains("deprecated");
        let mut lints = self.all.iter().filter(|one| one.kind == Kind::Lint);
        self.has(Kind::Deprecated) || lints.any(is_about)
    }

    fn has(&self, kind: Kind) -> bool {
        self.all.iter().any(|attribute| attribute.kind == kind)
    }
}

/// Adds what applies elsewhere of `meta`, which may be a `cfg_attr` with others in it.
fn forward(meta: &Meta, condition: Option<TokenStream>, all: &mut Vec<Forwarded>) {
    let Some(cfg_attr) = CfgAttr::of(meta) else {
        all.extend(Forwarded::of(meta, condition));
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

impl Forwarded {
    fn of(meta: &Meta, condition: Option<TokenStream>) -> Option<Self> {
        let kind = Kind::of(meta)?;
        let meta = match meta {
            // What the lint is about need not occur in the copy, where it would be unfulfilled.
            Meta::List(list) if list.path.is_ident("expect") => {
                let lints = &list.tokens;
                quote!(allow(#lints))
            }
            // What the items allow must not be forbidden.
            Meta::List(list) if list.path.is_ident("forbid") => {
                let lints = &list.tokens;
                quote!(deny(#lints))
            }
            meta => meta.to_token_stream(),
        };
        Some(Self {
            kind,
            condition,
            meta,
        })
    }

    fn tokens(&self) -> TokenStream {
        let Self {
            condition, meta, ..
        } = self;
        match condition {
            Some(condition) => quote!(#[cfg_attr(#condition, #meta)]),
            None => quote!(#[#meta]),
        }
    }
}

impl Kind {
    fn of(meta: &Meta) -> Option<Self> {
        match meta.path().get_ident()?.to_string().as_str() {
            "cfg" => Some(Self::Cfg),
            "doc" if matches!(meta, Meta::List(_)) => Some(Self::DocOption),
            "doc" => Some(Self::Doc),
            "deprecated" => Some(Self::Deprecated),
            "must_use" => Some(Self::MustUse),
            "allow" | "expect" | "warn" | "deny" | "forbid" => Some(Self::Lint),
            _ => None,
        }
    }

    fn is_for(self, place: Place) -> bool {
        match self {
            Self::Cfg => true,
            Self::Lint => place != Place::Argument,
            Self::Doc | Self::DocOption | Self::Deprecated => {
                matches!(place, Place::Variant | Place::ClientMethod)
            }
            Self::MustUse => place == Place::ClientMethod,
        }
    }
}
