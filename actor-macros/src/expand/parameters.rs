//! The parameters of generated types, in the places where they stand.

use std::collections::HashSet;

use proc_macro2::TokenStream;
use quote::{ToTokens as _, quote};
use syn::{GenericParam, Generics, ImplGenerics, WhereClause};

/// Returns the parameters of an `impl`, the arguments of the type, and the `where`.
pub(super) fn split(
    generics: &Generics,
) -> (ImplGenerics<'_>, Option<TokenStream>, Option<&WhereClause>) {
    let (impl_generics, _, where_clause) = generics.split_for_impl();
    (impl_generics, arguments(generics), where_clause)
}

/// Returns the arguments of a type with the parameters of `generics`. Under `cfg`, there may be several of one name,
/// one of which is there.
fn arguments(generics: &Generics) -> Option<TokenStream> {
    let names = generics.params.iter().map(|param| match param {
        GenericParam::Lifetime(param) => param.lifetime.to_token_stream(),
        GenericParam::Type(param) => param.ident.to_token_stream(),
        GenericParam::Const(param) => param.ident.to_token_stream(),
    });
    let mut known = HashSet::new();
    let names = names.filter(|name| known.insert(name.to_string()));
    let names: Vec<TokenStream> = names.collect();
    (!names.is_empty()).then(|| quote!(<#(#names),*>))
}
