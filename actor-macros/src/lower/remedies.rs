//! The types to write in place of an `impl Trait` or of a type parameter, for messages.

use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::{Generics, Path, PathArguments, Type, TypeImplTrait, TypeParamBound, parse2};

use super::tokens::names_in;
use super::types;
use crate::model::bounds_of;

/// Returns the remedy for an argument that is an `impl Trait`.
pub(super) fn of_argument(impl_trait: &TypeImplTrait) -> String {
    let remedy = argument(&impl_trait.bounds);
    remedy.unwrap_or_else(|| "take it instead of `impl`".to_owned())
}

/// Returns the remedy for a reply that is an `impl Trait`.
pub(super) fn of_reply(impl_trait: TokenStream) -> String {
    let bounds = parse2(impl_trait).map(|ty: TypeImplTrait| ty.bounds);
    let remedy = bounds
        .ok()
        .and_then(|bounds| types::traits(&bounds).find_map(reply));
    remedy.unwrap_or_else(|| "return it instead of `impl`".to_owned())
}

/// Returns the remedy for a reply that borrows from the actor.
pub(super) fn of_borrowing_reply(ty: &Type) -> &'static str {
    let names = names_in(ty.to_token_stream());
    let futures = ["BoxFuture", "LocalBoxFuture", "Future"];
    if futures.iter().any(|future| names.contains(*future)) {
        "write `async fn`"
    } else {
        "return an owned value"
    }
}

/// Returns the remedy for type parameters of a method.
pub(super) fn of_parameters(generics: &Generics) -> Option<String> {
    let mut params = generics.type_params();
    params.find_map(|param| argument(bounds_of(param, generics)))
}

fn argument<'a>(
    bounds: impl IntoIterator<Item = &'a TypeParamBound, IntoIter: Clone>,
) -> Option<String> {
    let taken = types::traits(bounds).find_map(|path| {
        let name = path.segments.last()?.ident.to_string();
        Some(match name.as_str() {
            "Into" | "IntoIterator" => format!("impl {}", last_segment(path)),
            "AsRef" => as_ref(types::only_argument(path, "AsRef")?, path),
            "Iterator" | "DoubleEndedIterator" | "ExactSizeIterator" => {
                format!("impl IntoIterator<Item = {}>", item(path, &name))
            }
            "ToString" | "Display" => "impl Into<String>".to_owned(),
            "Fn" | "FnMut" | "FnOnce" => format!("Box<dyn {name}(..) + Send>"),
            "Future" | "Stream" => format!("Pin<Box<dyn {name}<..> + Send>>"),
            _ => return None,
        })
    })?;
    Some(format!("take `{taken}`"))
}

/// Returns the type to take instead of an `impl AsRef<target>`, which `path` is.
fn as_ref(target: &Type, path: &Path) -> String {
    let name = types::plain_name(target).map(ToString::to_string);
    match name.as_deref() {
        Some("OsStr") => "impl Into<OsString>".to_owned(),
        Some("CStr") => "impl Into<CString>".to_owned(),
        Some("str" | "Path") => format!("impl {}", last_segment(path)),
        _ if matches!(types::bare(target), Type::Slice(_)) => {
            format!("impl {}", last_segment(path))
        }
        _ => format!("&{}", written(target)),
    }
}

fn reply(path: &Path) -> Option<String> {
    let name = path.segments.last()?.ident.to_string();
    Some(match name.as_str() {
        "Future" => "write `async fn`".to_owned(),
        "Stream" => format!("take `reply: ReplyStream<{}>`", item(path, &name)),
        "Iterator" | "IntoIterator" | "DoubleEndedIterator" | "ExactSizeIterator" => {
            format!("return `Vec<{}>`", owned_item(path, &name))
        }
        "ToString" | "Display" => "return `String`".to_owned(),
        "Fn" | "FnMut" | "FnOnce" => format!("return `Box<dyn {name}(..) + Send>`"),
        _ => return None,
    })
}

/// Returns the `T` of a trait with `Item = T`, and `T` itself by default.
fn item(path: &Path, name: &str) -> String {
    types::only_argument(path, name).map_or_else(|| "T".to_owned(), written)
}

/// Returns the `T` of a trait with `Item = &T`.
fn owned_item(path: &Path, name: &str) -> String {
    match types::only_argument(path, name).map(types::bare) {
        Some(Type::Reference(reference)) => match types::plain_name(&reference.elem) {
            Some(name) if name == "str" => "String".to_owned(),
            _ => written(&reference.elem),
        },
        _ => item(path, name),
    }
}

fn last_segment(path: &Path) -> String {
    let last = path.segments.last();
    last.map_or_else(String::new, |segment| match &segment.arguments {
        PathArguments::None => segment.ident.to_string(),
        arguments => format!("{}{}", segment.ident, written(arguments)),
    })
}

/// Returns `tokens` of a type with the spaces that people write.
fn written(tokens: &impl ToTokens) -> String {
    let mut text = tokens.to_token_stream().to_string();
    for (spaced, close) in [
        (" < ", "<"),
        ("< ", "<"),
        (" >", ">"),
        (" ,", ","),
        (" :: ", "::"),
        ("& ", "&"),
    ] {
        text = text.replace(spaced, close);
    }
    text
}
