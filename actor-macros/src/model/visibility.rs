//! How visible the enum and the client are.

use proc_macro2::Span;
use quote::ToTokens as _;
use syn::{Token, Visibility};

/// As visible as the most visible command; `pub` if there is none, as what a public actor names has to
/// be.
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
        // Which module is inside the other cannot be seen; the crate is around both.
        return syn::parse_quote!(pub(crate));
    }
    most.clone()
}

/// How far a visibility reaches, as far as it alone can tell.
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
