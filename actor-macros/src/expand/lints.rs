//! The lints that generated code allows itself, each with a reason for readers of `cargo expand`.
//!
//! rustc reports most lints only outside of expansions. Such a lint is not allowed here, because a crate that forbids
//! it would refuse the `allow`.

use proc_macro2::TokenStream;
use quote::quote;
use syn::ext::IdentExt as _;
use syn::{Generics, Ident, TypeParam, TypeParamBound};

use crate::model::{Actor, Attributes, Locality, bounds_of};

/// Allows futures that are not `Send`, where that depends on type parameters or the actor is `local`.
pub(super) fn allow_not_send(actor: &Actor) -> Option<TokenStream> {
    if actor.locality == Locality::Local {
        return Some(quote! {
            #[allow(clippy::future_not_send, reason = "a `local` actor stays on one thread")]
        });
    }
    let mut params = actor.generics.type_params();
    let may_stay = params.any(|param| !is_shared(param, &actor.generics));
    may_stay.then(|| {
        quote! {
            #[allow(clippy::future_not_send, reason = "`Send` if the type parameters are")]
        }
    })
}

/// Returns whether a parameter is seen to be `Send + Sync`, in which case the futures are `Send`.
fn is_shared(param: &TypeParam, generics: &Generics) -> bool {
    let names = bounds_of(param, generics).filter_map(|bound| match bound {
        TypeParamBound::Trait(bound) => Some(&bound.path.segments.last()?.ident),
        _ => None,
    });
    let has = |wanted: &str| names.clone().any(|name| name == wanted);
    has("Send") && has("Sync")
}

/// Allows bounds that the block has already.
pub(super) fn allow_repetition(actor: &Actor) -> Option<TokenStream> {
    actor.has_type_parameters().then(|| {
        quote! {
            #[allow(
                clippy::trait_duplication_in_bounds,
                clippy::type_repetition_in_bounds,
                reason = "the block may already have these bounds"
            )]
        }
    })
}

/// Allows an item to call the user's deprecated methods, and to name what a command is allowed to name.
pub(super) fn allow_deprecated(actor: &Actor) -> Option<TokenStream> {
    let commands = actor.commands.iter().map(|command| &command.attributes);
    let watches = actor.watches.iter().map(|watch| &watch.attributes);
    let is_deprecated = commands
        .chain(watches)
        .chain([&actor.attributes])
        .any(Attributes::is_about_deprecation);
    is_deprecated.then(|| {
        quote! {
            #[allow(deprecated, reason = "the warning is for callers of the client")]
        }
    })
}

/// Allows the client's method to have the name of the user's method, about which rustc warns already.
pub(super) fn allow_name(method: &Ident) -> Option<TokenStream> {
    let name = method.unraw().to_string();
    let is_snake_case = name.to_lowercase() == name && !name.trim_matches('_').contains("__");
    (!is_snake_case).then(|| {
        quote! {
            #[allow(non_snake_case, reason = "the block's method has this name")]
        }
    })
}

/// Allows the client's method to be called `iter`, although it returns a future.
pub(super) fn allow_iterator_name(method: &Ident) -> Option<TokenStream> {
    let is_iterator = method == "iter" || method == "iter_mut";
    is_iterator.then(|| {
        quote! {
            #[allow(clippy::iter_not_returning_iterator, reason = "the block's method has this name")]
        }
    })
}

/// Allows a method of which only the signature is used.
pub(super) fn allow_unused() -> TokenStream {
    quote! {
        #[allow(unused, reason = "a stand-in for a method with a mistake")]
    }
}

/// Allows a pattern for the outputs of a source that every output matches.
pub(super) fn allow_irrefutable_pattern() -> TokenStream {
    quote! {
        #[allow(irrefutable_let_patterns, reason = "the pattern may match every output")]
    }
}

/// Allows a last arm for the other commands where all of them are under a `cfg`.
pub(super) fn allow_unreachable(others: &[&Attributes]) -> Option<TokenStream> {
    let may_be_absent = others.iter().all(|attributes| attributes.is_conditional());
    may_be_absent.then(|| {
        quote! {
            #[allow(unreachable_patterns, reason = "`cfg` may remove all other commands")]
        }
    })
}

/// Allows code after the `match` of an actor whose commands are all under a `cfg`.
pub(super) fn allow_unreachable_code(actor: &Actor) -> Option<TokenStream> {
    let mut commands = actor.commands.iter();
    let may_be_absent = commands.all(|command| command.attributes.is_conditional());
    (may_be_absent && actor.holds_answers()).then(|| {
        quote! {
            #[allow(unreachable_code, reason = "`cfg` may remove all commands")]
        }
    })
}
