//! The words that several parts of the model share.

use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::{Generics, Type, TypeParam, TypeParamBound, Visibility, WherePredicate};

use super::attributes::Attributes;
use super::trees::Trees;

/// A type that the user named, as it is written outside of the block.
pub(crate) struct NamedType {
    pub(crate) tokens: Trees,
    /// The parts of the type that are not known to be `Send`: neither types of std nor parameters.
    pub(crate) unproven: Vec<Part>,
    /// The associated types of parameters in this type.
    pub(crate) projections: Vec<TokenStream>,
}

/// A part of a type, such as the `Rc<u8>` of `Option<Rc<u8>>`.
#[derive(Clone)]
pub(crate) struct Part {
    pub(crate) tokens: Trees,
    /// The tokens as text, by which parts are compared.
    pub(crate) text: String,
    pub(crate) sending: Sending,
}

/// The way in which generated code asks rustc whether a part is `Send`: by a predicate, or by an assertion in a body.
///
/// A predicate is assumed where it is asked for, and for rustc it is about the only type of its kind: with `Box<dyn
/// Error + Send + Sync>: Send`, where the trait object is `'static`, the one in a future, which has an arbitrary
/// lifetime, is no longer `Send`.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sending {
    /// By a predicate, as only that can make it true: `T::Item: Send`, `Arc<T>: Send`.
    Required,
    /// By a predicate, unless a future keeps the part, as it depends on parameters and may have a lifetime.
    RequiredOutsideFutures,
    /// By an assertion.
    Asserted,
}

/// An argument that is the context of the actor.
pub(crate) struct ContextArgument {
    pub(crate) attributes: Attributes,
    /// The type, under whatever name it has.
    pub(crate) ty: Box<Type>,
}

/// The effect of a method on the state.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Receiver {
    Reads,
    Changes,
    /// The method takes the state, after which there is no actor.
    Takes,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Asyncness {
    Sync,
    Async,
}

/// A second client method for a command.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Twin {
    Try,
    Blocking,
}

/// Returns whether `one` is `pub` or written like `other`, and so seen wherever `other` is.
pub(crate) fn is_as_visible(one: &Visibility, other: &Visibility) -> bool {
    let written = |visibility: &Visibility| visibility.to_token_stream().to_string();
    matches!(one, Visibility::Public(_)) || written(one) == written(other)
}

/// Returns the bounds of a parameter, with those in the `where` clause.
pub(crate) fn bounds_of<'a>(
    param: &'a TypeParam,
    generics: &'a Generics,
) -> impl Iterator<Item = &'a TypeParamBound> + Clone {
    let clause = generics.where_clause.iter();
    let predicates = clause.flat_map(|clause| &clause.predicates);
    let in_clause = predicates.filter_map(|predicate| match predicate {
        WherePredicate::Type(predicate) => match &predicate.bounded_ty {
            Type::Path(path) if path.path.is_ident(&param.ident) => Some(&predicate.bounds),
            _ => None,
        },
        _ => None,
    });
    param.bounds.iter().chain(in_clause.flatten())
}

impl Part {
    /// Makes a part that only a predicate can prove.
    pub(crate) fn required(tokens: TokenStream) -> Self {
        Self {
            text: tokens.to_string(),
            tokens: Trees::of(tokens),
            sending: Sending::Required,
        }
    }
}

impl ToTokens for NamedType {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        self.tokens.to_tokens(tokens);
    }
}
