//! Questions about types, answered from their tokens.

use std::collections::HashSet;
use std::mem;

use proc_macro2::{Group, TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::{
    GenericArgument, GenericParam, Generics, Lifetime, Path, PathArguments, Type, TypeParam,
    TypeParamBound,
};

/// What keeps a type from being sent in a command.
pub(crate) enum Obstacle {
    Reference(TokenStream),
    Lifetime(Lifetime),
    ImplTrait(TokenStream),
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
                let is_prefix =
                    matches!(trees.peek(), Some(TokenTree::Punct(punct)) if punct.as_char() == ':');
                spelled_out.extend(if is_prefix {
                    quote!(<#self_type>)
                } else {
                    self_type.to_token_stream()
                });
            }
            TokenTree::Group(group) => {
                let mut inner =
                    Group::new(group.delimiter(), without_self(group.stream(), self_type));
                inner.set_span(group.span());
                spelled_out.extend([TokenTree::Group(inner)]);
            }
            tree => spelled_out.extend([tree]),
        }
    }
    spelled_out
}

/// The parameters of `generics` that `used` names, with the predicates that mention only those.
pub(crate) fn used_generics(generics: &Generics, used: TokenStream) -> Generics {
    let used = names_in(used);
    let names: HashSet<String> = generics.params.iter().map(name_of).collect();
    let (kept, mut dropped): (HashSet<String>, HashSet<String>) =
        names.into_iter().partition(|name| used.contains(name));
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
const PLAIN: [&str; 40] = [
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
    let params: HashSet<String> = generics.params.iter().map(name_of).collect();
    !names_in(ty.clone()).is_disjoint(&params) && !has_projection(ty.clone(), &params)
}

fn has_projection(ty: TokenStream, params: &HashSet<String>) -> bool {
    let mut trees = ty.into_iter().peekable();
    while let Some(tree) = trees.next() {
        let is_projection = match tree {
            TokenTree::Ident(name) if name == "as" => true,
            TokenTree::Ident(name) => {
                let is_prefix =
                    matches!(trees.peek(), Some(TokenTree::Punct(punct)) if punct.as_char() == ':');
                is_prefix && params.contains(&name.to_string())
            }
            TokenTree::Group(group) => has_projection(group.stream(), params),
            TokenTree::Punct(_) | TokenTree::Literal(_) => false,
        };
        if is_projection {
            return true;
        }
    }
    false
}

fn name_of(param: &GenericParam) -> String {
    match param {
        GenericParam::Lifetime(param) => param.lifetime.to_string(),
        GenericParam::Type(param) => param.ident.to_string(),
        GenericParam::Const(param) => param.ident.to_string(),
    }
}

/// Whether `ty` names a lifetime besides `'static`.
pub(crate) fn has_lifetime(ty: &Type) -> bool {
    let names = names_in(ty.to_token_stream());
    names
        .iter()
        .any(|name| name.starts_with('\'') && name != "'static")
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
