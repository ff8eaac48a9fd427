//! Questions about types, answered from their tokens.

use std::collections::HashSet;
use std::mem;

use proc_macro2::{Group, Ident, Punct, Spacing, TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::{
    GenericArgument, GenericParam, Generics, Lifetime, Path, PathArguments, Type, TypeParam,
    TypeParamBound, WherePredicate,
};

/// What keeps a type from being sent in a command.
pub(crate) enum Obstacle {
    Reference(TokenStream),
    Lifetime(Lifetime),
    ImplTrait(TokenStream),
    /// `Self`, where the block has lifetimes.
    Itself(Ident),
}

/// The first reference, lifetime or `impl Trait` in `ty`, outside of function signatures.
pub(crate) fn obstacle(ty: &Type) -> Option<Obstacle> {
    match ty {
        Type::Reference(reference) if !is_static(reference.lifetime.as_ref()) => {
            Some(Obstacle::Reference(reference.to_token_stream()))
        }
        Type::Reference(reference) => obstacle(&reference.elem),
        Type::ImplTrait(impl_trait) => Some(Obstacle::ImplTrait(impl_trait.to_token_stream())),
        Type::Array(array) => obstacle(&array.elem),
        Type::Slice(slice) => obstacle(&slice.elem),
        Type::Group(group) => obstacle(&group.elem),
        Type::Paren(paren) => obstacle(&paren.elem),
        Type::Ptr(pointer) => obstacle(&pointer.elem),
        Type::Tuple(tuple) => tuple.elems.iter().find_map(obstacle),
        Type::TraitObject(object) => object.bounds.iter().find_map(obstacle_in_bound),
        Type::Path(path) => {
            let in_qself = path.qself.as_ref().and_then(|qself| obstacle(&qself.ty));
            in_qself.or_else(|| obstacle_in_path(&path.path))
        }
        _ => None,
    }
}

fn obstacle_in_path(path: &Path) -> Option<Obstacle> {
    path.segments
        .iter()
        .find_map(|segment| match &segment.arguments {
            PathArguments::AngleBracketed(list) => list.args.iter().find_map(obstacle_in_argument),
            PathArguments::None | PathArguments::Parenthesized(_) => None,
        })
}

fn obstacle_in_argument(argument: &GenericArgument) -> Option<Obstacle> {
    match argument {
        GenericArgument::Lifetime(lifetime) => obstacle_of_lifetime(lifetime),
        GenericArgument::Type(ty) => obstacle(ty),
        GenericArgument::AssocType(assoc) => obstacle(&assoc.ty),
        _ => None,
    }
}

fn obstacle_in_bound(bound: &TypeParamBound) -> Option<Obstacle> {
    match bound {
        TypeParamBound::Lifetime(lifetime) => obstacle_of_lifetime(lifetime),
        TypeParamBound::Trait(bound) if bound.lifetimes.is_none() => obstacle_in_path(&bound.path),
        _ => None,
    }
}

fn obstacle_of_lifetime(lifetime: &Lifetime) -> Option<Obstacle> {
    (!is_static(Some(lifetime))).then(|| Obstacle::Lifetime(lifetime.clone()))
}

pub(crate) fn is_static(lifetime: Option<&Lifetime>) -> bool {
    lifetime.is_some_and(|lifetime| lifetime.ident == "static")
}

/// What a `macro_rules!` fragment or parentheses wrap.
pub(crate) fn bare(ty: &Type) -> &Type {
    match ty {
        Type::Group(group) => bare(&group.elem),
        Type::Paren(paren) => bare(&paren.elem),
        ty => ty,
    }
}

/// The `T` of `Name<T>` or `Name<Item = T>`, however `Name` is qualified.
pub(crate) fn only_argument<'a>(path: &'a Path, name: &str) -> Option<&'a Type> {
    let segment = path
        .segments
        .last()
        .filter(|segment| segment.ident == name)?;
    let PathArguments::AngleBracketed(list) = &segment.arguments else {
        return None;
    };
    match list.args.first() {
        _ if list.args.len() != 1 => None,
        Some(GenericArgument::Type(ty)) => Some(ty),
        Some(GenericArgument::AssocType(assoc)) => Some(&assoc.ty),
        _ => None,
    }
}

/// Whether the last segment of a path is `name`.
pub(crate) fn is_named(ty: &Type, name: &str) -> bool {
    match bare(ty) {
        Type::Path(path) => path
            .path
            .segments
            .last()
            .is_some_and(|segment| segment.ident == name),
        _ => false,
    }
}

/// `tokens` of a type with `Self` spelled out, as it is needed outside of the block.
pub(crate) fn without_self(tokens: impl ToTokens, self_type: &Type) -> TokenStream {
    let mut trees = tokens.into_token_stream().into_iter().peekable();
    let mut spelled_out = TokenStream::new();
    while let Some(tree) = trees.next() {
        match tree {
            TokenTree::Ident(name) if name == "Self" => {
                let is_prefix = matches!(trees.peek(), Some(TokenTree::Punct(punct)) if is_path_separator(punct));
                spelled_out.extend(if is_prefix {
                    quote!(<#self_type>)
                } else {
                    self_type.to_token_stream()
                });
            }
            TokenTree::Group(group) => {
                let inner = regrouped(&group, without_self(group.stream(), self_type));
                spelled_out.extend([TokenTree::Group(inner)]);
            }
            tree => spelled_out.extend([tree]),
        }
    }
    spelled_out
}

/// `tokens` with `'_` in place of the lifetimes of `generics`.
pub(crate) fn without_lifetimes(tokens: TokenStream, generics: &Generics) -> TokenStream {
    let lifetimes: HashSet<String> = generics
        .lifetimes()
        .map(|param| param.lifetime.ident.to_string())
        .collect();
    let mut is_lifetime = false;
    let elided = tokens.into_iter().map(|tree| {
        let was_lifetime = mem::replace(&mut is_lifetime, is_apostrophe(&tree));
        match tree {
            TokenTree::Ident(name) if was_lifetime && lifetimes.contains(&name.to_string()) => {
                Ident::new("_", name.span()).into()
            }
            TokenTree::Group(group) => {
                regrouped(&group, without_lifetimes(group.stream(), generics)).into()
            }
            tree => tree,
        }
    });
    elided.collect()
}

fn regrouped(group: &Group, stream: TokenStream) -> Group {
    let mut regrouped = Group::new(group.delimiter(), stream);
    regrouped.set_span(group.span());
    regrouped
}

/// Whether rustc refuses any block for `ty`.
pub(crate) fn is_without_impl(ty: &Type) -> bool {
    matches!(
        bare(ty),
        Type::Array(_)
            | Type::FnPtr(_)
            | Type::Never(_)
            | Type::Ptr(_)
            | Type::Reference(_)
            | Type::Slice(_)
            | Type::Tuple(_)
    )
}

/// Whether a value of type `ty` cannot be passed.
pub(crate) fn is_unsized(ty: &Type) -> bool {
    match bare(ty) {
        Type::Slice(_) | Type::TraitObject(_) => true,
        ty => is_named(ty, "str"),
    }
}

/// Whether a type without a size is called like that: `OsStr`, `CStr`, `Utf8Path`.
pub(crate) fn is_unsized_by_name(ty: &Type) -> bool {
    let Type::Path(path) = bare(ty) else {
        return false;
    };
    let name = path.path.segments.last().map(|last| last.ident.to_string());
    name.is_some_and(|name| name.ends_with("Str") || name.ends_with("Path"))
}

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

/// Types of the standard library that are `Send` if their parameters are.
const PLAIN: [&str; 41] = [
    "'static",
    "std",
    "core",
    "alloc",
    "string",
    "vec",
    "path",
    "option",
    "result",
    "collections",
    "time",
    "String",
    "Vec",
    "PathBuf",
    "Option",
    "Result",
    "Box",
    "Duration",
    "Instant",
    "HashMap",
    "HashSet",
    "BTreeMap",
    "BTreeSet",
    "VecDeque",
    "bool",
    "char",
    "u8",
    "u16",
    "u32",
    "u64",
    "u128",
    "usize",
    "i8",
    "i16",
    "i32",
    "i64",
    "i128",
    "isize",
    "f32",
    "f64",
    "str",
];

/// Whether a type is made of nothing but these, so that asking would only be noise.
pub(crate) fn is_plainly_send(ty: &TokenStream) -> bool {
    names_in(ty.clone())
        .iter()
        .all(|name| PLAIN.contains(&name.as_str()))
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

/// Whether `ty` has a lifetime, written or not.
pub(crate) fn has_region(ty: &TokenStream) -> bool {
    let names = names_in(ty.clone());
    names.contains("dyn") || names.iter().any(|name| name.starts_with('\''))
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
        match tree {
            TokenTree::Ident(ident) if ident == "as" => found.extend(mem::take(&mut qualified)),
            TokenTree::Ident(ident) => last = Some(ident.to_string()),
            TokenTree::Group(group) => found.extend(projected(&group.stream(), params)),
            TokenTree::Punct(punct) => match punct.as_char() {
                '<' if !is_after_name => qualified.clear(),
                _ if is_path_separator(&punct) => found.extend(name),
                _ => {}
            },
            TokenTree::Literal(_) => {}
        }
    }
    found
}

/// The first half of `::`.
fn is_path_separator(punct: &Punct) -> bool {
    punct.as_char() == ':' && punct.spacing() == Spacing::Joint
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

/// The first `Self` in the tokens of a type.
pub(crate) fn own_type(ty: TokenStream) -> Option<Ident> {
    ty.into_iter().find_map(|tree| match tree {
        TokenTree::Ident(name) if name == "Self" => Some(name),
        TokenTree::Group(group) => own_type(group.stream()),
        _ => None,
    })
}

/// Whether `ty` names a lifetime besides `'static`.
pub(crate) fn has_lifetime(ty: &Type) -> bool {
    let names = names_in(ty.to_token_stream());
    names
        .iter()
        .any(|name| name.starts_with('\'') && name != "'static")
}

pub(crate) fn names_static(ty: &Type) -> bool {
    names_in(ty.to_token_stream()).contains("'static")
}

fn names_in(tokens: TokenStream) -> HashSet<String> {
    let mut names = HashSet::new();
    collect_names(tokens, &mut names);
    names
}

/// Identifiers and lifetimes, in groups too.
fn collect_names(tokens: TokenStream, names: &mut HashSet<String>) {
    let mut is_lifetime = false;
    for tree in tokens {
        let was_lifetime = mem::replace(&mut is_lifetime, is_apostrophe(&tree));
        match tree {
            TokenTree::Ident(name) if was_lifetime => {
                names.insert(format!("'{name}"));
            }
            TokenTree::Ident(name) => {
                names.insert(name.to_string());
            }
            TokenTree::Group(group) => collect_names(group.stream(), names),
            TokenTree::Punct(_) | TokenTree::Literal(_) => {}
        }
    }
}

fn is_apostrophe(tree: &TokenTree) -> bool {
    matches!(tree, TokenTree::Punct(punct) if punct.as_char() == '\'')
}
