//! The visibility of the enum and the client.

use proc_macro2::Span;
use quote::ToTokens as _;
use syn::{Token, Visibility};

/// Returns the widest of `visibilities`, or `pub` without any, as a public actor cannot name private types.
pub(super) fn most_visible<'a>(
    visibilities: impl Iterator<Item = &'a Visibility> + Clone,
) -> Visibility {
    let Some(most) = visibilities
        .clone()
        .max_by_key(|visibility| reach(visibility))
    else {
        return Visibility::Public(Token![pub](Span::call_site()));
    };
    let mut rivals = visibilities.filter(|visibility| reach(visibility) == Reach::Module);
    if reach(most) == Reach::Module && rivals.any(|rival| !is_same(rival, most)) {
        // The macro cannot see which module contains the other, but the crate contains both.
        return syn::parse_quote!(pub(crate));
    }
    most.clone()
}

/// The reach of a visibility, judged by that visibility alone.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Reach {
    Private,
    Module,
    Crate,
    Public,
}

fn reach(visibility: &Visibility) -> Reach {
    match visibility {
        Visibility::Public(_) => Reach::Public,
        Visibility::Restricted(restricted) if restricted.path.is_ident("crate") => Reach::Crate,
        Visibility::Restricted(restricted) if restricted.path.is_ident("self") => Reach::Private,
        Visibility::Restricted(_) => Reach::Module,
        Visibility::Inherited => Reach::Private,
    }
}

fn is_same(one: &Visibility, other: &Visibility) -> bool {
    let [one, other] = [one, other].map(|it| it.to_token_stream().to_string());
    one == other
}
