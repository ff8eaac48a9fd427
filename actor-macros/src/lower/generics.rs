//! The parameters of a block that a type uses, with their predicates.

use std::collections::HashSet;
use std::mem;

use proc_macro2::{TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::punctuated::Punctuated;
use syn::{
    GenericArgument, GenericParam, Generics, Ident, PathArguments, PredicateType, Token, Type,
    TypeParam, TypeParamBound, WherePredicate,
};

use super::tokens::{
    Neighbours, first_names_in, is_path_separator, names_in, with_neighbours, without_self,
};
use crate::model::{NamedType, Trees, bounds_of};
use crate::parse::{is_punct, length_of_arguments};

/// Returns whether a parameter is called `_`, which rustc refuses.
pub(super) fn has_unnamed(generics: &Generics) -> bool {
    names_of(generics).any(|name| name == "_" || name == "'_")
}

/// Returns the type parameters that are `?Sized`.
pub(super) fn unsized_parameters(generics: &Generics) -> impl Iterator<Item = &Ident> {
    let is_relaxed = |bound: &TypeParamBound| match bound {
        TypeParamBound::Trait(bound) => bound.maybe.is_some(),
        _ => false,
    };
    let params = generics.type_params();
    params
        .filter(move |param| bounds_of(param, generics).any(is_relaxed))
        .map(|param| &param.ident)
}

/// Returns the type parameters of `generics` that none of `types` names.
pub(super) fn unnamed_parameters<'a>(
    generics: &Generics,
    types: impl Iterator<Item = &'a NamedType>,
) -> Vec<Ident> {
    if generics.params.is_empty() {
        return Vec::new();
    }
    let named = first_names_in(quote!(#(#types),*));
    let params = generics.type_params().map(|param| &param.ident);
    params
        .filter(|name| !named.contains(&name.to_string()))
        .cloned()
        .collect()
}

/// Returns the parameters of `generics` that `used` names, with the predicates that mention only those. A parameter
/// whose associated types are used keeps all its bounds, because they determine the associated types. Another predicate
/// that mentions the parameter loses what it says about dropped ones.
pub(super) fn used_generics(generics: &Generics, self_type: &Type, used: TokenStream) -> Generics {
    if generics.params.is_empty() {
        return Generics::default();
    }
    let predicates = predicates_without_self(generics, self_type);
    let used = with_bounds(used, generics, &predicates);
    let projected = projected(&used, &names_of(generics).collect());
    let used = first_names_in(used);
    let (kept, mut dropped): (HashSet<String>, HashSet<String>) =
        names_of(generics).partition(|name| used.contains(name));
    dropped.insert("Self".to_owned());
    let mentions_dropped = |tokens: TokenStream| !first_names_in(tokens).is_disjoint(&dropped);

    let keep = |bound: &TypeParamBound| !mentions_dropped(bound.to_token_stream());
    let mut result = Generics::default();
    for param in &generics.params {
        if kept.contains(&name_of(param)) {
            let mut param = param.clone();
            if let GenericParam::Type(TypeParam { bounds, .. }) = &mut param {
                *bounds = mem::take(bounds).into_iter().filter(keep).collect();
            }
            result.params.push(param);
        }
    }
    for mut predicate in predicates {
        let is_projected = !first_names_in(predicate.to_token_stream()).is_disjoint(&projected);
        if let WherePredicate::Type(predicate) = &mut predicate {
            let mut all = mem::take(&mut predicate.bounds);
            if is_projected {
                let arguments = all.iter_mut().filter_map(arguments_of);
                arguments.for_each(|arguments| drop_bindings(arguments, mentions_dropped));
            }
            // A bound about a dropped parameter does not take the others with it.
            let bounds = &mut predicate.bounds;
            let was_empty = all.is_empty();
            *bounds = all.into_iter().filter(keep).collect();
            if bounds.is_empty() && !was_empty {
                continue;
            }
        }
        let tokens = predicate.to_token_stream();
        if !first_names_in(tokens.clone()).is_disjoint(&kept) && !mentions_dropped(tokens) {
            result.make_where_clause().predicates.push(predicate);
        }
    }
    result
}

/// Removes each `Output = U` that mentions a dropped parameter.
fn drop_bindings(arguments: &mut Arguments, mentions_dropped: impl Fn(TokenStream) -> bool) {
    let is_kept = |argument: &GenericArgument| {
        name_of_binding(argument).is_none() || !mentions_dropped(argument.to_token_stream())
    };
    let all = mem::take(arguments).into_iter();
    *arguments = all.filter(is_kept).collect();
}

/// Adds bounds to `types`, which are parameters or associated types of parameters.
pub(super) fn require(
    generics: &mut Generics,
    types: impl Iterator<Item = TokenStream>,
    bounds: &TokenStream,
) {
    for ty in types {
        let predicate = quote!(#ty: #bounds);
        let predicates = &mut generics.make_where_clause().predicates;
        let mut known = predicates.iter().map(ToTokens::to_token_stream);
        if !known.any(|known| known.to_string() == predicate.to_string()) {
            predicates.extend(syn::parse2::<WherePredicate>(predicate).ok());
        }
    }
}

/// Returns the type parameters of `generics`.
pub(super) fn parameters(generics: &Generics) -> impl Iterator<Item = TokenStream> {
    let params = generics.type_params();
    params.map(|param| param.ident.to_token_stream())
}

/// Returns the predicates of the block, as they are written outside of it.
fn predicates_without_self(generics: &Generics, self_type: &Type) -> Vec<WherePredicate> {
    let clause = generics.where_clause.iter();
    let predicates = clause.flat_map(|clause| &clause.predicates);
    predicates
        .map(|predicate| {
            let spelled_out = syn::parse2(without_self(predicate, self_type).into_token_stream());
            spelled_out.unwrap_or_else(|_| predicate.clone())
        })
        .collect()
}

/// Returns whether `ty` names a parameter of the block.
pub(super) fn mentions_parameter(ty: &TokenStream, generics: &Generics) -> bool {
    let params: HashSet<String> = names_of(generics).collect();
    !params.is_empty() && !first_names_in(ty.clone()).is_disjoint(&params)
}

/// Returns the associated types of parameters in `ty`: `T::Item`, and `<T::Item as Trait>::Item` as a whole.
pub(super) fn projections(ty: &impl ToTokens, generics: &Generics) -> Vec<TokenStream> {
    // Most blocks have no parameters, and this is asked for each type.
    if generics.params.is_empty() {
        return Vec::new();
    }
    projections_in(&Trees::of(ty).0, &names_of(generics).collect())
}

/// Returns whether `ty` has a `T::Item` that rustc refuses, as no bound of `T` names a trait with associated types.
pub(super) fn is_without_trait(
    ty: &Type,
    generics: &Generics,
    conditions: &[WherePredicate],
) -> bool {
    const PLAIN: [&str; 9] = [
        "Clone",
        "Copy",
        "Debug",
        "Default",
        "Eq",
        "PartialEq",
        "Send",
        "Sync",
        "Unpin",
    ];
    let projections = projections(ty, generics);
    if projections.is_empty() {
        return false;
    }
    let mut generics = generics.clone();
    if !conditions.is_empty() {
        let clause = generics.make_where_clause();
        clause.predicates.extend(conditions.iter().cloned());
    }
    let is_plain = |bound: &TypeParamBound| match bound {
        TypeParamBound::Trait(bound) => PLAIN.iter().any(|name| bound.path.is_ident(name)),
        _ => true,
    };
    let is_bare = |projection: TokenStream| {
        let first = projection.into_iter().next();
        let Some(TokenTree::Ident(name)) = first else {
            return false;
        };
        // Under `cfg`, there may be several of one name.
        let params = generics.type_params().filter(|param| param.ident == name);
        let params: Vec<&TypeParam> = params.collect();
        let mut bounds = params.iter().flat_map(|param| bounds_of(param, &generics));
        !params.is_empty() && bounds.all(is_plain)
    };
    projections.into_iter().any(is_bare)
}

fn projections_in(trees: &[TokenTree], params: &HashSet<String>) -> Vec<TokenStream> {
    let mut found = Vec::new();
    let mut rest = 0;
    for (position, here) in with_neighbours(trees).enumerate() {
        if position < rest {
            continue;
        }
        if let TokenTree::Group(group) = here.tree {
            let trees: Vec<TokenTree> = group.stream().into_iter().collect();
            found.extend(projections_in(&trees, params));
        } else if let Some(length) = projection(&here, params) {
            rest = position + length;
            found.push(trees[position..rest].iter().cloned().collect());
        }
    }
    found
}

/// Returns the length of the projection that begins here, with the arguments of its last name.
fn projection(here: &Neighbours<'_>, params: &HashSet<String>) -> Option<usize> {
    let mut length = match here.tree {
        TokenTree::Ident(name) if params.contains(&name.to_string()) && here.is_first() => 1,
        tree if is_punct(tree, '<') && !here.is_after_name() => {
            let length = 1 + length_of_arguments(here.after)?;
            let inside = here.after[..length - 1].iter().cloned().collect();
            (!first_names_in(inside).is_disjoint(params)).then_some(length)?
        }
        _ => return None,
    };
    let after = &here.after[length - 1..];
    match after {
        [first, second, TokenTree::Ident(_), rest @ ..]
            if is_path_separator(first) && is_punct(second, ':') =>
        {
            length += 3;
            if let [open, inside @ ..] = rest {
                if is_punct(open, '<') {
                    length += 1 + length_of_arguments(inside)?;
                }
            }
            Some(length)
        }
        _ => None,
    }
}

/// Returns `types`, with the bounds of the parameters whose associated types they use.
fn with_bounds(
    mut types: TokenStream,
    generics: &Generics,
    predicates: &[WherePredicate],
) -> TokenStream {
    let params: HashSet<String> = names_of(generics).collect();
    let named = names_in(types.clone());
    let mut known = HashSet::new();
    loop {
        let found = projected(&types, &params);
        let Some(name) = found.into_iter().find(|name| !known.contains(name)) else {
            return types;
        };
        let param = generics.params.iter().find(|param| name_of(param) == name);
        types.extend(param.map(ToTokens::to_token_stream));
        let about = predicates
            .iter()
            .filter(|predicate| first_names_in(predicate.to_token_stream()).contains(&name));
        let determining = about.map(|predicate| determining_part(predicate, &name, &named));
        types.extend(determining.collect::<TokenStream>());
        known.insert(name);
    }
}

/// Returns the part of a predicate that may determine one of the associated types in `named`, of the parameter `param`
/// or of its associated types. A predicate about the parameter does as a whole, because `T::Item` does not name the
/// trait. Another one does only by an associated type that it names: with `T::Item: Job<Output = U>` or `U: Job<T>`,
/// nobody needs `U` to know what `T::Item` is.
fn determining_part(
    predicate: &WherePredicate,
    param: &str,
    named: &HashSet<String>,
) -> TokenStream {
    let mut predicate = match predicate {
        WherePredicate::Type(predicate) if !is_about(predicate, param) => predicate.clone(),
        predicate => return predicate.to_token_stream(),
    };
    let bindings = predicate.bounds.iter_mut().filter_map(arguments_of);
    let bindings = bindings.flatten().filter(|argument| {
        name_of_binding(argument).is_some_and(|name| named.contains(&name.to_string()))
    });
    bindings.map(|binding| quote!(#binding,)).collect()
}

/// Returns whether the predicate has the form `T: ..`, where `T` is the parameter.
fn is_about(predicate: &PredicateType, param: &str) -> bool {
    match &predicate.bounded_ty {
        Type::Path(path) => path.path.is_ident(param),
        _ => false,
    }
}

/// The arguments of a trait, in a bound such as `Job<Output = U>`.
type Arguments = Punctuated<GenericArgument, Token![,]>;

fn arguments_of(bound: &mut TypeParamBound) -> Option<&mut Arguments> {
    let TypeParamBound::Trait(bound) = bound else {
        return None;
    };
    match &mut bound.path.segments.last_mut()?.arguments {
        PathArguments::AngleBracketed(list) => Some(&mut list.args),
        _ => None,
    }
}

/// Returns the `Output` of `Output = U` or `Output: Bound`.
fn name_of_binding(argument: &GenericArgument) -> Option<&Ident> {
    match argument {
        GenericArgument::AssocType(binding) => Some(&binding.ident),
        GenericArgument::AssocConst(binding) => Some(&binding.ident),
        GenericArgument::Constraint(binding) => Some(&binding.ident),
        _ => None,
    }
}

/// Returns the parameters whose associated types `types` use: `T::Item`, or `<Vec<T> as Trait>::Item`.
fn projected(types: &TokenStream, params: &HashSet<String>) -> HashSet<String> {
    let trees: Vec<TokenTree> = types.clone().into_iter().collect();
    let mut found = HashSet::new();
    // The parameters after the `<` that opened a qualified path.
    let mut qualified = HashSet::new();
    for here in with_neighbours(&trees) {
        match here.tree {
            TokenTree::Ident(name) if name == "as" => found.extend(mem::take(&mut qualified)),
            TokenTree::Ident(name) => {
                let name = Some(name.to_string()).filter(|name| params.contains(name));
                let name = name.filter(|_| here.is_first());
                if matches!(here.after, [next, ..] if is_path_separator(next)) {
                    found.extend(name.clone());
                }
                qualified.extend(name);
            }
            TokenTree::Group(group) => {
                found.extend(projected(&group.stream(), params));
                let names = first_names_in(group.stream());
                qualified.extend(names.intersection(params).cloned());
            }
            tree => {
                if is_punct(tree, '<') && !here.is_after_name() {
                    qualified.clear();
                }
            }
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
