//! Questions about types, answered from their names and their syntax.

use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens;
use syn::{
    GenericArgument, GenericParam, Generics, Ident, Lifetime, Path, PathArguments, PathSegment,
    Type, TypeParamBound, TypePath, TypeTraitObject,
};

use super::generics::{mentions_parameter, projections};
use super::tokens::{GUARDS, has_placeholder, has_region, names_in};
use crate::diagnostics::Mistake;
use crate::model::{Lifetimes, NamedType, Part, ReplyShape, Requirement, Sending, Trees};
use crate::parse::is_punct;

/// The part of a type that keeps it from being sent in a command.
pub(super) struct Obstacle {
    pub(super) kind: ObstacleKind,
    pub(super) culprit: TokenStream,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum ObstacleKind {
    Reference,
    Lifetime,
    ImplTrait,
    /// `Self`, where the type of the block has lifetimes.
    SelfType,
    /// A `Cow` that does not name its lifetime.
    BorrowingCow,
}

impl Obstacle {
    pub(super) fn new(kind: ObstacleKind, culprit: impl ToTokens) -> Self {
        let culprit = culprit.into_token_stream();
        Self { kind, culprit }
    }
}

/// Returns the first reference, lifetime or `impl Trait` in `ty`, outside of function signatures.
pub(super) fn obstacle(ty: &Type) -> Option<Obstacle> {
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
            let is_cow = has_unsized_argument(&path.path, "Cow");
            let cow = is_cow.then(|| Obstacle::new(ObstacleKind::BorrowingCow, path));
            let guard = is_guard(ty).then(|| Obstacle::new(ObstacleKind::Reference, path));
            in_qself
                .or(cow)
                .or(guard)
                .or_else(|| obstacle_in_path(&path.path))
        }
        _ => None,
    }
}

/// Returns whether `path` is `Name<str>`, or has another argument without a size.
fn has_unsized_argument(path: &Path, name: &str) -> bool {
    only_argument(path, name).is_some_and(|ty| is_unsized(ty) || is_unsized_by_name(ty))
}

/// Returns whether `ty` is the guard of a lock, and names no lifetime.
fn is_guard(ty: &Type) -> bool {
    let Type::Path(path) = ty else {
        return false;
    };
    let mut guards = GUARDS.iter();
    guards.any(|guard| only_argument(&path.path, guard).is_some())
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

pub(super) fn is_static(lifetime: Option<&Lifetime>) -> bool {
    lifetime.is_some_and(|lifetime| lifetime.ident == "static")
}

/// Returns a trait object in `ty` that says nothing about `Send`, in a type with this requirement.
pub(super) fn confined_object(
    ty: &Type,
    requirement: Requirement,
) -> Option<Mistake<'_, TypeTraitObject>> {
    let find = |ty| confined_object(ty, requirement);
    match bare(ty) {
        Type::Array(array) => find(&array.elem),
        Type::Slice(slice) => find(&slice.elem),
        Type::Tuple(tuple) => tuple.elems.iter().find_map(find),
        Type::TraitObject(object) => confined(object, requirement),
        Type::Path(path) => {
            let requirement = if is_named(ty, "Arc") {
                Requirement::Shared
            } else {
                requirement
            };
            let mut types = contained(path, &CONTAINERS).into_iter();
            types.find_map(|ty| confined_object(ty, requirement))
        }
        _ => None,
    }
}

fn confined(
    object: &TypeTraitObject,
    requirement: Requirement,
) -> Option<Mistake<'_, TypeTraitObject>> {
    let traits = traits(&object.bounds);
    let names: Vec<&Ident> = traits.clone().filter_map(trait_of_std).collect();
    let name = match names[..] {
        [name, ..] if names.len() == traits.count() => name,
        _ => return None,
    };
    let missing = if requirement == Requirement::Shared || name == "Error" {
        "Send + Sync"
    } else {
        "Send"
    };
    Some(Mistake {
        culprit: object,
        message: format!("`dyn {name}` stays on its thread; add `+ {missing}`"),
    })
}

/// Returns the name of a trait of [`TRAITS`]. A trait of another crate may imply `Send`.
fn trait_of_std(path: &Path) -> Option<&Ident> {
    let last = path.segments.last()?;
    let is_known = TRAITS.iter().any(|name| last.ident == name);
    (is_path_of_std(path) && is_known).then_some(&last.ident)
}

/// Returns whether `ty` is a name without a path, or with one that begins in the standard library.
pub(super) fn may_be_of_std(ty: &Type) -> bool {
    matches!(bare(ty), Type::Path(path) if is_path_of_std(&path.path))
}

fn is_path_of_std(path: &Path) -> bool {
    let is_root = |first: &PathSegment| {
        let mut roots = ["std", "core", "alloc"].iter();
        roots.any(|root| first.ident == root)
    };
    path.segments.len() == 1 || path.segments.first().is_some_and(is_root)
}

/// Returns the traits among the bounds.
pub(super) fn traits<'a>(
    bounds: impl IntoIterator<Item = &'a TypeParamBound, IntoIter: Clone>,
) -> impl Iterator<Item = &'a Path> + Clone {
    bounds.into_iter().filter_map(|bound| match bound {
        TypeParamBound::Trait(bound) => Some(&bound.path),
        _ => None,
    })
}

/// Returns `ty` without the invisible group of a `macro_rules!` fragment and without parentheses.
pub(super) fn bare(ty: &Type) -> &Type {
    match ty {
        Type::Group(group) => bare(&group.elem),
        Type::Paren(paren) => bare(&paren.elem),
        ty => ty,
    }
}

/// Returns the `T` of `Name<T>` or `Name<Item = T>`, under any path.
pub(super) fn only_argument<'a>(path: &'a Path, name: &str) -> Option<&'a Type> {
    let segment = path.segments.last()?;
    let list = match &segment.arguments {
        PathArguments::AngleBracketed(list) if segment.ident == name => list,
        _ => return None,
    };
    list.args.iter().find_map(|argument| match argument {
        GenericArgument::Type(ty) if list.args.len() == 1 => Some(ty),
        GenericArgument::AssocType(assoc) if assoc.ident == "Item" => Some(&assoc.ty),
        _ => None,
    })
}

/// Returns whether the last segment of a path is `expected`.
pub(super) fn is_named(ty: &Type, expected: &str) -> bool {
    name(ty).is_some_and(|name| name == expected)
}

/// Returns the last segment of a path.
pub(super) fn name(ty: &Type) -> Option<&Ident> {
    match bare(ty) {
        Type::Path(path) => path.path.segments.last().map(|last| &last.ident),
        _ => None,
    }
}

/// Returns whether rustc refuses every `impl` block for `ty`.
pub(super) fn is_without_block(ty: &Type) -> bool {
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

/// Returns whether `ty` is `()`.
pub(super) fn is_unit(ty: &Type) -> bool {
    matches!(bare(ty), Type::Tuple(tuple) if tuple.elems.is_empty())
}

pub(super) fn reply_shape(ty: &Type) -> ReplyShape {
    if name(ty).is_some_and(|name| name.to_string().ends_with("Result")) {
        ReplyShape::Result
    } else {
        ReplyShape::Other
    }
}

/// Returns whether a value of type `ty` cannot be passed by value.
pub(super) fn is_unsized(ty: &Type) -> bool {
    match bare(ty) {
        Type::Slice(_) | Type::TraitObject(_) => true,
        Type::Path(path) => path.path.is_ident("str"),
        _ => false,
    }
}

/// Returns whether rustc refuses `ty` in a signature.
pub(super) fn is_refused(ty: &Type) -> bool {
    is_unsized(ty) || has_placeholder(ty.to_token_stream())
}

/// Returns whether the name is usual for a type without a size: `OsStr`, `CStr`, `Utf8Path`.
pub(super) fn is_unsized_by_name(ty: &Type) -> bool {
    let endings = ["Path", "RawValue", "Slice", "Str"];
    plain_name(ty).is_some_and(|name| {
        let name = name.to_string();
        endings.iter().any(|ending| name.ends_with(ending))
    })
}

/// Returns the last segment of a path that has no arguments.
pub(super) fn plain_name(ty: &Type) -> Option<&Ident> {
    let Type::Path(path) = bare(ty) else {
        return None;
    };
    let last = path.path.segments.last()?;
    last.arguments.is_none().then_some(&last.ident)
}

/// Returns whether `ty` has one argument, which is `expected`, and is not a container of the standard library.
pub(super) fn is_about(ty: &Type, expected: &str) -> bool {
    let Type::Path(path) = bare(ty) else {
        return false;
    };
    let Some(last) = path.path.segments.last() else {
        return false;
    };
    let name = last.ident.to_string();
    only_argument(&path.path, &name).is_some_and(|argument| is_named(argument, expected))
        && !CONTAINERS.contains(&name.as_str())
}

/// Returns whether `ty` has arguments, and all of them are lifetimes that end.
pub(super) fn has_only_lifetimes(ty: &Type) -> bool {
    let Type::Path(path) = bare(ty) else {
        return false;
    };
    match path.path.segments.last().map(|last| &last.arguments) {
        Some(PathArguments::AngleBracketed(list)) => {
            let mut arguments = list.args.iter();
            arguments.all(|argument| match argument {
                GenericArgument::Lifetime(lifetime) => !is_static(Some(lifetime)),
                _ => false,
            })
        }
        _ => false,
    }
}

/// Types of the standard library that are not `Send` unless what they contain is.
const CONTAINERS: [&str; 13] = [
    "Arc", "BTreeMap", "BTreeSet", "Box", "HashMap", "HashSet", "Mutex", "Option", "Pin", "Result",
    "RwLock", "Vec", "VecDeque",
];

/// Traits of the standard library. None of them implies `Send`.
const TRAITS: [&str; 16] = [
    "Any",
    "BufRead",
    "Debug",
    "Display",
    "DoubleEndedIterator",
    "Error",
    "Fn",
    "FnMut",
    "FnOnce",
    "Future",
    "Iterator",
    "Read",
    "Seek",
    "Sync",
    "ToString",
    "Write",
];

/// Names in the paths of types of the standard library that are `Send` if their parameters are.
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

/// Returns whether a type consists only of [`PLAIN`] types and parameters. A bound for it would be noise.
fn is_plainly_send(ty: TokenStream, generics: &Generics) -> bool {
    names_in(ty).iter().all(|name| is_plain(name, generics))
}

fn is_plain(name: &str, generics: &Generics) -> bool {
    let mut params = generics.params.iter();
    PLAIN.contains(&name)
        || params.any(|param| match param {
            GenericParam::Type(param) => param.ident == name,
            GenericParam::Const(param) => param.ident == name,
            GenericParam::Lifetime(_) => false,
        })
}

/// Names `ty`, whose tokens these are.
pub(super) fn named(tokens: Trees, ty: &Type, generics: &Generics) -> NamedType {
    let projections = projections(&tokens, generics);
    let unproven = if projections.is_empty() && is_path_of_plain_names(&tokens) {
        // As for most types.
        Vec::new()
    } else {
        unproven_parts(ty, generics)
    };
    NamedType {
        tokens,
        unproven,
        projections,
    }
}

/// Returns whether the type is a path such as `u64` or `std::string::String`, without arguments.
fn is_path_of_plain_names(ty: &Trees) -> bool {
    ty.0.iter().all(|tree| match tree {
        TokenTree::Ident(name) => PLAIN.contains(&name.to_string().as_str()),
        tree => is_punct(tree, ':'),
    })
}

/// Returns the parts of `ty` that are not known to be `Send`.
fn unproven_parts(ty: &Type, generics: &Generics) -> Vec<Part> {
    let of = |ty| unproven_parts(ty, generics);
    match bare(ty) {
        Type::Array(array) => of(&array.elem),
        Type::Slice(slice) => of(&slice.elem),
        Type::Tuple(tuple) => tuple.elems.iter().flat_map(of).collect(),
        Type::FnPtr(_) | Type::Never(_) => Vec::new(),
        Type::Path(path) if is_plain_container(path) => {
            contained(path, &PLAIN).into_iter().flat_map(of).collect()
        }
        Type::Path(path) if is_plain_name(path, generics) => Vec::new(),
        Type::Reference(reference)
            if is_plainly_send(ty.to_token_stream(), &Generics::default()) =>
        {
            of(&reference.elem)
        }
        ty => unproven(ty, generics),
    }
}

/// Returns `ty` as a part, after the associated types in it.
fn unproven(ty: &Type, generics: &Generics) -> Vec<Part> {
    let tokens = ty.to_token_stream();
    // Its parameters have to be more than `Send`.
    let is_shared = is_named(ty, "Arc") || is_named(ty, "Weak");
    let sending = if !mentions_parameter(&tokens, generics) {
        Sending::Asserted
    } else if is_shared && !has_region(tokens.clone()) {
        Sending::Required
    } else {
        Sending::RequiredOutsideFutures
    };
    let mut parts: Vec<Part> = projections(&tokens, generics)
        .into_iter()
        .map(Part::required)
        .collect();
    let text = tokens.to_string();
    if parts.iter().all(|part| part.text != text) {
        let tokens = Trees::of(tokens);
        parts.push(Part {
            tokens,
            text,
            sending,
        });
    }
    parts
}

/// Returns whether `path` is a type of std that is `Send` if its arguments are. A `Result` with one argument is an
/// alias, whose error may be anything.
fn is_plain_container(path: &TypePath) -> bool {
    let mut names = path.path.segments.iter().map(|segment| &segment.ident);
    let is_plain = names.all(|name| PLAIN.contains(&name.to_string().as_str()));
    let has_arguments = path.path.segments.last().is_some_and(|last| {
        let least = if last.ident == "Result" { 2 } else { 1 };
        matches!(&last.arguments, PathArguments::AngleBracketed(list) if list.args.len() >= least)
    });
    is_plain && path.qself.is_none() && has_arguments
}

/// Returns whether `path` is a parameter, or a type of std without arguments.
fn is_plain_name(path: &TypePath, generics: &Generics) -> bool {
    let mut segments = path.path.segments.iter();
    path.qself.is_none()
        && segments.all(|segment| {
            segment.arguments.is_none() && is_plain(&segment.ident.to_string(), generics)
        })
        && projections(path, generics).is_empty()
}

/// Returns the types in one of `containers`.
fn contained<'a>(path: &'a TypePath, containers: &[&str]) -> Vec<&'a Type> {
    let Some(last) = path.path.segments.last() else {
        return Vec::new();
    };
    let is_container = containers.contains(&last.ident.to_string().as_str());
    match &last.arguments {
        PathArguments::AngleBracketed(arguments) if is_container => {
            let types = arguments.args.iter().filter_map(|argument| match argument {
                GenericArgument::Type(ty) => Some(ty),
                _ => None,
            });
            types.collect()
        }
        _ => Vec::new(),
    }
}

pub(super) fn lifetimes_of(self_type: &Type, generics: &Generics) -> Lifetimes {
    if has_lifetime(self_type) {
        Lifetimes::Named
    } else if has_region(self_type.to_token_stream()) {
        Lifetimes::Static
    } else if may_hide_lifetimes(self_type, generics) {
        Lifetimes::MaybeHidden
    } else {
        Lifetimes::Absent
    }
}

/// Returns whether `ty` names a lifetime except `'static`.
pub(super) fn has_lifetime(ty: &Type) -> bool {
    let names = names_in(ty.to_token_stream());
    let mut lifetimes = names.iter().filter(|name| name.starts_with('\''));
    lifetimes.any(|name| name != "'static")
}

/// Returns whether an argument of a path may contain a lifetime.
fn may_hide_lifetimes(ty: &Type, generics: &Generics) -> bool {
    let Type::Path(path) = bare(ty) else {
        return true;
    };
    let arguments = path.path.segments.iter().map(|segment| &segment.arguments);
    arguments
        .map(ToTokens::to_token_stream)
        .any(|arguments| !is_plainly_send(arguments, generics))
}
