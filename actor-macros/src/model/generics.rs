//! Which parameters of a block its commands use.

use std::collections::HashSet;
use std::mem;

use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens;
use syn::{GenericParam, Generics, Ident, Type, TypeParam, TypeParamBound, WherePredicate};

use super::tokens::{is_path_separator, names_in};

/// The type parameters that are `?Sized`.
pub(crate) fn unsized_parameters(generics: &Generics) -> impl Iterator<Item = &Ident> {
    let clause = generics.where_clause.iter();
    let predicates = clause.flat_map(|clause| &clause.predicates);
    let in_clause = predicates.filter_map(|predicate| match predicate {
        WherePredicate::Type(predicate) => match &predicate.bounded_ty {
            Type::Path(path) => Some((path.path.get_ident()?, &predicate.bounds)),
            _ => None,
        },
        _ => None,
    });
    let params = generics.type_params();
    let all = params
        .map(|param| (&param.ident, &param.bounds))
        .chain(in_clause);
    let is_relaxed = |bound: &TypeParamBound| matches!(bound, TypeParamBound::Trait(bound) if bound.maybe.is_some());
    all.filter(move |(_, bounds)| bounds.iter().any(is_relaxed))
        .map(|(name, _)| name)
}

/// The type parameters of `generics` that none of `types` names.
pub(crate) fn unnamed_parameters<'a>(
    generics: &Generics,
    types: impl Iterator<Item = &'a TokenStream>,
) -> Vec<Ident> {
    let named = names_in(types.cloned().collect());
    let params = generics.type_params().map(|param| &param.ident);
    params
        .filter(|name| !named.contains(&name.to_string()))
        .cloned()
        .collect()
}

/// The parameters of `generics` that `used` names, with the predicates that mention only those. What
/// says of a parameter whose associated types are used which they are, is kept whole.
pub(crate) fn used_generics(generics: &Generics, used: TokenStream) -> Generics {
    let used = names_in(with_bounds(used, generics));
    let (kept, mut dropped): (HashSet<String>, HashSet<String>) =
        names_of(generics).partition(|name| used.contains(name));
    dropped.insert("Self".to_owned());
    let mentions_dropped = |tokens: TokenStream| !names_in(tokens).is_disjoint(&dropped);

    let mut result = Generics::default();
    for param in &generics.params {
        if kept.contains(&name_of(param)) {
            let mut param = param.clone();
            if let GenericParam::Type(TypeParam { bounds, .. }) = &mut param {
                let keep = |bound: &TypeParamBound| !mentions_dropped(bound.to_token_stream());
                *bounds = mem::take(bounds).into_iter().filter(keep).collect();
            }
            result.params.push(param);
        }
    }
    for predicate in generics
        .where_clause
        .iter()
        .flat_map(|clause| &clause.predicates)
    {
        let tokens = predicate.to_token_stream();
        if !names_in(tokens.clone()).is_disjoint(&kept) && !mentions_dropped(tokens) {
            result
                .make_where_clause()
                .predicates
                .push(predicate.clone());
        }
    }
    result
}

/// Whether `ty` is made of parameters, and not of a projection such as `T::Item`, about which their
/// bounds say nothing.
pub(crate) fn is_up_to(ty: &TokenStream, generics: &Generics) -> bool {
    let params = names_of(generics).collect();
    mentions(ty, generics) && projected(ty, &params).is_empty()
}

/// Whether `ty` names a parameter.
pub(crate) fn mentions(ty: &TokenStream, generics: &Generics) -> bool {
    let names = names_in(ty.clone());
    names_of(generics).any(|param| names.contains(&param))
}

/// `types`, and what `generics` say of the parameters whose associated types they use.
fn with_bounds(mut types: TokenStream, generics: &Generics) -> TokenStream {
    let params: HashSet<String> = names_of(generics).collect();
    let mut known = HashSet::new();
    loop {
        let found = projected(&types, &params);
        let Some(name) = found.into_iter().find(|name| !known.contains(name)) else {
            return types;
        };
        let param = generics.params.iter().find(|param| name_of(param) == name);
        types.extend(param.map(ToTokens::to_token_stream));
        let clause = generics.where_clause.iter();
        for predicate in clause.flat_map(|clause| &clause.predicates) {
            let predicate = predicate.to_token_stream();
            if names_in(predicate.clone()).contains(&name) {
                types.extend(predicate);
            }
        }
        known.insert(name);
    }
}

/// The parameters whose associated types `types` use: `T::Item`, or `<Vec<T> as Trait>::Item`.
fn projected(types: &TokenStream, params: &HashSet<String>) -> HashSet<String> {
    let mut found = HashSet::new();
    // Those since the `<` that began a qualified path, and the one that was last.
    let mut qualified = HashSet::new();
    let mut last = None;
    for tree in types.clone() {
        let is_after_name = last.is_some();
        let name = last.take().filter(|name| params.contains(name));
        qualified.extend(name.clone());
        match &tree {
            TokenTree::Ident(ident) if ident == "as" => found.extend(mem::take(&mut qualified)),
            TokenTree::Ident(ident) => last = Some(ident.to_string()),
            TokenTree::Group(group) => found.extend(projected(&group.stream(), params)),
            TokenTree::Punct(punct) if punct.as_char() == '<' && !is_after_name => {
                qualified.clear();
            }
            tree if is_path_separator(tree) => found.extend(name),
            TokenTree::Punct(_) | TokenTree::Literal(_) => {}
        }
    }
    found
}

fn names_of(generics: &Generics) -> impl Iterator<Item = String> {
    generics.params.iter().map(name_of)
}

fn name_of(param: &GenericParam) -> String {
    match param {
        GenericParam::Lifetime(param) => param.lifetime.to_string(),
        GenericParam::Type(param) => param.ident.to_string(),
        GenericParam::Const(param) => param.ident.to_string(),
    }
}
