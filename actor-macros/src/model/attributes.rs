//! The attributes that the user's items pass on to generated items.

use proc_macro2::{Ident, Literal, Punct, Spacing, Span, TokenStream};
use quote::{ToTokens, quote};
use syn::token::Bracket;
use syn::{MetaList, Token, parse2};

use super::trees::Trees;

/// The attributes of a method, an argument or the block that apply to generated items.
#[derive(Default)]
pub(crate) struct Attributes {
    pub(crate) all: Vec<Forwarded>,
}

#[derive(Clone)]
pub(crate) struct Forwarded {
    pub(crate) kind: ForwardedKind,
    /// The predicate of a `cfg_attr` around the attribute.
    pub(crate) condition: Option<TokenStream>,
    pub(crate) meta: Trees,
    /// The text of docs, unless a macro makes it.
    pub(crate) text: Option<String>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum ForwardedKind {
    Cfg,
    Doc,
    /// An option such as `doc(hidden)`, which is not text.
    DocOption,
    Deprecated,
    MustUse,
    Lint,
}

/// A position of attributes in the generated code.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    Variant,
    ClientMethod,
    Arm,
    Argument,
    /// Each of the generated items.
    Item,
}

/// The attributes that belong to one place. Mostly there are none, and then `quote!` has nothing to do.
#[derive(Clone, Copy)]
pub(crate) struct AttributesAt<'a> {
    attributes: &'a Attributes,
    place: Place,
}

impl Attributes {
    /// Returns the attributes that belong to `place`, except the text of docs, which differs from place to place.
    pub(crate) fn at(&self, place: Place) -> AttributesAt<'_> {
        AttributesAt {
            attributes: self,
            place,
        }
    }

    /// Returns the attributes that are docs.
    pub(crate) fn docs(&self) -> impl Iterator<Item = &Forwarded> {
        let all = self.all.iter();
        all.filter(|attribute| attribute.kind == ForwardedKind::Doc)
    }

    pub(crate) fn is_conditional(&self) -> bool {
        self.has(ForwardedKind::Cfg)
    }

    /// Returns the predicate of the `cfg`, and `None` if there is no `cfg`, or one inside of a `cfg_attr`.
    pub(crate) fn cfg(&self) -> Option<TokenStream> {
        let all = self.all.iter();
        let conditions = all.filter(|attribute| attribute.kind == ForwardedKind::Cfg);
        let predicates: Option<Vec<TokenStream>> = conditions
            .map(|attribute| match &attribute.condition {
                Some(_) => None,
                None => Some(
                    parse2::<MetaList>(attribute.meta.to_token_stream())
                        .ok()?
                        .tokens,
                ),
            })
            .collect();
        match predicates?.as_slice() {
            [] => None,
            [predicate] => Some(predicate.clone()),
            predicates => Some(quote!(all(#(#predicates),*))),
        }
    }

    /// Returns whether both are under a `cfg`, in which case only one of the two methods may exist.
    pub(crate) fn may_exclude(&self, other: &Self) -> bool {
        self.is_conditional() && other.is_conditional()
    }

    /// Returns whether the method is deprecated, or may use deprecated items.
    pub(crate) fn is_about_deprecation(&self) -> bool {
        let is_about = |lint: &Forwarded| lint.meta.to_string().contains("deprecated");
        let all = self.all.iter();
        let mut lints = all.filter(|attribute| attribute.kind == ForwardedKind::Lint);
        self.has(ForwardedKind::Deprecated) || lints.any(is_about)
    }

    fn has(&self, kind: ForwardedKind) -> bool {
        self.all.iter().any(|attribute| attribute.kind == kind)
    }
}

impl<'a> AttributesAt<'a> {
    pub(crate) fn is_empty(self) -> bool {
        self.iter().next().is_none()
    }

    fn iter(self) -> impl Iterator<Item = &'a Forwarded> {
        let all = self.attributes.all.iter();
        all.filter(move |attribute| attribute.kind.applies_at(self.place))
    }
}

impl ToTokens for AttributesAt<'_> {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        self.iter()
            .for_each(|attribute| attribute.to_tokens(tokens));
    }
}

impl Forwarded {
    /// Makes a line of docs.
    pub(crate) fn doc(text: &str) -> Self {
        let (name, equals) = (
            Ident::new("doc", Span::call_site()),
            Punct::new('=', Spacing::Alone),
        );
        let meta = vec![name.into(), equals.into(), Literal::string(text).into()];
        Self {
            kind: ForwardedKind::Doc,
            condition: None,
            meta: Trees(meta),
            text: Some(text.to_owned()),
        }
    }

    /// Returns docs with another text.
    pub(crate) fn with_text(&self, text: &str) -> Self {
        Self {
            condition: self.condition.clone(),
            ..Self::doc(text)
        }
    }
}

impl ForwardedKind {
    fn applies_at(self, place: Place) -> bool {
        match self {
            Self::Cfg => true,
            Self::Lint => place != Place::Argument,
            Self::Doc => false,
            Self::DocOption | Self::Deprecated => {
                matches!(place, Place::Variant | Place::ClientMethod)
            }
            Self::MustUse => place == Place::ClientMethod,
        }
    }
}

impl ToTokens for Forwarded {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        let Self {
            condition, meta, ..
        } = self;
        <Token![#]>::default().to_tokens(tokens);
        Bracket::default().surround(tokens, |attribute| match condition {
            Some(condition) => attribute.extend(quote!(cfg_attr(#condition, #meta))),
            None => meta.to_tokens(attribute),
        });
    }
}
