//! Questions about types.

use std::collections::HashSet;

use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::{
    GenericArgument, GenericParam, Generics, Ident, Lifetime, Path, PathArguments, Type,
    TypeParamBound,
};

use super::tokens::names_in;

/// What keeps a type from being sent in a command.
pub(crate) struct Obstacle {
    pub(crate) kind: ObstacleKind,
    pub(crate) culprit: TokenStream,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum ObstacleKind {
    Reference,
    Lifetime,
    ImplTrait,
    /// `Self`, where the block has lifetimes.
    Itself,
}

impl Obstacle {
    pub(crate) fn new(kind: ObstacleKind, culprit: impl ToTokens) -> Self {
        let culprit = culprit.into_token_stream();
        Self { kind, culprit }
    }
}

/// The first reference, lifetime or `impl Trait` in `ty`, outside of function signatures.
pub(crate) fn obstacle(ty: &Type) -> Option<Obstacle> {
    match ty {
        Type::Reference(reference) if !is_static(reference.lifetime.as_ref()) => {
            Some(Obstacle::new(ObstacleKind::Reference, reference))
        }
        Type::Reference(reference) => obstacle(&reference.elem),
        Type::ImplTrait(impl_trait) => Some(Obstacle::new(ObstacleKind::ImplTrait, impl_trait)),
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
    (!is_static(Some(lifetime))).then(|| Obstacle::new(ObstacleKind::Lifetime, lifetime))
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
    list.args.iter().find_map(|argument| match argument {
        GenericArgument::Type(ty) if list.args.len() == 1 => Some(ty),
        GenericArgument::AssocType(assoc) if assoc.ident == "Item" => Some(&assoc.ty),
        _ => None,
    })
}

/// Whether the last segment of a path is `expected`.
pub(crate) fn is_named(ty: &Type, expected: &str) -> bool {
    name(ty).is_some_and(|name| name == expected)
}

/// The last segment of a path.
pub(crate) fn name(ty: &Type) -> Option<&Ident> {
    match bare(ty) {
        Type::Path(path) => path.path.segments.last().map(|last| &last.ident),
        _ => None,
    }
}

/// Whether rustc refuses any block for `ty`.
pub(crate) fn is_without_block(ty: &Type) -> bool {
    matches!(
        bare(ty),
        Type::Path(_)
            | Type::Array(_)
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
        Type::Path(path) => path.path.is_ident("str"),
        _ => false,
    }
}

/// Whether a type without a size is called like that: `OsStr`, `CStr`, `Utf8Path`.
pub(crate) fn is_unsized_by_name(ty: &Type) -> bool {
    let endings = ["Path", "RawValue", "Slice", "Str"];
    plain_name(ty).is_some_and(|name| {
        let name = name.to_string();
        endings.iter().any(|ending| name.ends_with(ending))
    })
}

/// The last segment of a path that has no arguments.
pub(crate) fn plain_name(ty: &Type) -> Option<&Ident> {
    let Type::Path(path) = bare(ty) else {
        return None;
    };
    let last = path.path.segments.last()?;
    last.arguments.is_none().then_some(&last.ident)
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

/// Whether a type is made of nothing but these and parameters, so that asking would only be noise.
pub(crate) fn is_plainly_send(ty: &TokenStream, generics: &Generics) -> bool {
    let params = generics.params.iter().filter_map(|param| match param {
        GenericParam::Type(param) => Some(param.ident.to_string()),
        GenericParam::Const(param) => Some(param.ident.to_string()),
        GenericParam::Lifetime(_) => None,
    });
    let params: HashSet<String> = params.collect();
    let names = names_in(ty.clone());
    let is_plain = |name: &String| PLAIN.contains(&name.as_str()) || params.contains(name);
    names.iter().all(is_plain)
}

/// Whether `ty` has a lifetime, written or not.
pub(crate) fn has_region(ty: &TokenStream) -> bool {
    let names = names_in(ty.clone());
    names.contains("dyn") || names.iter().any(|name| name.starts_with('\''))
}

/// Whether `ty` names a lifetime besides `'static`.
pub(crate) fn has_lifetime(ty: &Type) -> bool {
    let names = names_in(ty.to_token_stream());
    names
        .iter()
        .any(|name| name.starts_with('\'') && name != "'static")
}

/// Whether the arguments of a path may have a lifetime in them, or are one.
pub(crate) fn may_hide_lifetimes(ty: &Type, generics: &Generics) -> bool {
    let Type::Path(path) = bare(ty) else {
        return true;
    };
    let arguments = path.path.segments.iter().map(|segment| &segment.arguments);
    arguments
        .map(ToTokens::to_token_stream)
        .any(|arguments| has_region(&arguments) || !is_plainly_send(&arguments, generics))
}
