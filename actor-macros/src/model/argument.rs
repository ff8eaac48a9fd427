//! From the arguments of a method to what its command carries.

use std::collections::HashSet;

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::{
    Error, Generics, Ident, Pat, PatType, Result, Type, TypeImplTrait, TypeParamBound,
    TypeReference,
};

use super::types::{self, Obstacle, is_named};
use super::{Argument, Attributes, Conversion, Parameter, Referent, names};

/// What the arguments of one block have in common.
pub(super) struct Arguments<'a> {
    pub(super) self_type: &'a Type,
    pub(super) generics: &'a Generics,
    pub(super) used_names: &'a HashSet<String>,
}

impl Arguments<'_> {
    pub(super) fn parameter(&self, position: usize, argument: &PatType) -> Result<Parameter> {
        let attributes = Attributes::of(&argument.attrs);
        if is_context(&argument.ty) {
            return Ok(Parameter::Context(attributes));
        }
        if mentions_own_context(&argument.ty) {
            return Err(Error::new_spanned(
                &argument.ty,
                "the context is lent to a method; take `&mut Context<Self>`",
            ));
        }
        let (conversion, carried) = self.carried(&argument.ty)?;
        let name = match simple_name(argument) {
            Some(name) => names::generated(name),
            None => names::argument(position, self.used_names),
        };
        let taken = self.spell_out(&argument.ty);
        Ok(Parameter::Argument(Argument {
            attributes,
            name,
            taken,
            carried,
            conversion,
        }))
    }

    /// How an argument of type `ty` travels, and as what.
    fn carried(&self, ty: &Type) -> Result<(Conversion, TokenStream)> {
        match types::bare(ty) {
            Type::Reference(reference) if !types::is_static(reference.lifetime.as_ref()) => {
                let (referent, owned) = self.owned(reference)?;
                Ok((Conversion::Own(referent), owned))
            }
            Type::ImplTrait(impl_trait) => self.converted(impl_trait),
            Type::Path(path) => match types::only_argument(&path.path, "Option").map(types::bare) {
                Some(Type::Reference(reference))
                    if !types::is_static(reference.lifetime.as_ref()) =>
                {
                    let (referent, owned) = self.owned(reference)?;
                    let carried = quote!(::core::option::Option<#owned>);
                    Ok((Conversion::OwnOption(referent), carried))
                }
                _ => self.moved(ty),
            },
            _ => self.moved(ty),
        }
    }

    fn moved(&self, ty: &Type) -> Result<(Conversion, TokenStream)> {
        check_storable(ty)?;
        Ok((Conversion::Move, self.spell_out(ty)))
    }

    /// The owned type for `&T`.
    fn owned(&self, reference: &TypeReference) -> Result<(Referent, TokenStream)> {
        if let Some(lifetime) = &reference.lifetime {
            return Err(Error::new_spanned(
                lifetime,
                format!("a command cannot hold `{lifetime}`; leave the lifetime out"),
            ));
        }
        if reference.mutability.is_some() {
            return Err(Error::new_spanned(
                reference,
                "a command cannot borrow mutably; take the value and return it",
            ));
        }
        let target = types::bare(&reference.elem);
        if let Type::TraitObject(_) = target {
            return Err(Error::new_spanned(
                reference,
                "a trait object cannot be cloned; take `Box<dyn ..>`",
            ));
        }
        if let Type::Slice(slice) = target {
            check_storable(&slice.elem)?;
            let element = self.spell_out(&slice.elem);
            return Ok((Referent::Known, quote!(::std::vec::Vec<#element>)));
        }
        check_storable(target)?;
        if let Some(owned) = known_owned(target) {
            return Ok((Referent::Known, owned));
        }
        let owned = self.spell_out(target);
        if types::is_unsized_by_name(target) || self.is_unsized_parameter(target) {
            return Ok((
                Referent::Unsized,
                quote!(<#owned as ::std::borrow::ToOwned>::Owned),
            ));
        }
        Ok((Referent::Sized, owned))
    }

    /// Whether `ty` is a parameter that is `?Sized`.
    fn is_unsized_parameter(&self, ty: &Type) -> bool {
        types::unsized_parameters(self.generics).any(|name| is_named(ty, &name.to_string()))
    }

    /// The type for `impl Into<T>`, `impl AsRef<T>` or `impl IntoIterator<Item = T>`.
    fn converted(&self, impl_trait: &TypeImplTrait) -> Result<(Conversion, TokenStream)> {
        let refusal = || {
            Error::new_spanned(
                impl_trait,
                "a command needs a named type; take it instead of `impl`",
            )
        };
        let mut traits = impl_trait.bounds.iter().filter_map(|bound| match bound {
            TypeParamBound::Trait(bound) => Some(&bound.path),
            _ => None,
        });
        let path = traits.next().ok_or_else(refusal)?;
        if let Some(target) = types::only_argument(path, "Into") {
            check_storable(target)?;
            return Ok((Conversion::Into, self.spell_out(target)));
        }
        if let Some(target) = types::only_argument(path, "AsRef") {
            if let Type::Slice(slice) = types::bare(target) {
                check_storable(&slice.elem)?;
                let element = self.spell_out(&slice.elem);
                return Ok((Conversion::AsRef, quote!(::std::vec::Vec<#element>)));
            }
            return Ok((Conversion::AsRef, known_owned(target).ok_or_else(refusal)?));
        }
        if let Some(item) = types::only_argument(path, "IntoIterator") {
            check_storable(item)?;
            let item = self.spell_out(item);
            return Ok((Conversion::Collect, quote!(::std::vec::Vec<#item>)));
        }
        Err(refusal())
    }

    pub(super) fn spell_out(&self, ty: impl ToTokens) -> TokenStream {
        types::without_self(ty, self.self_type)
    }
}

/// The name of an argument that is not a pattern.
pub(super) fn simple_name(argument: &PatType) -> Option<&Ident> {
    match &*argument.pat {
        Pat::Ident(pattern) if pattern.subpat.is_none() => Some(&pattern.ident),
        _ => None,
    }
}

/// Refuses types that a command, which outlives the call, cannot hold.
fn check_storable(ty: &Type) -> Result<()> {
    match types::obstacle(ty) {
        None => Ok(()),
        Some(Obstacle::Reference(culprit)) => Err(Error::new_spanned(
            culprit,
            "a reference inside a type cannot be sent; take an owned type",
        )),
        Some(Obstacle::Lifetime(culprit)) => Err(Error::new_spanned(
            &culprit,
            format!("a command cannot hold `{culprit}`; take an owned type"),
        )),
        Some(Obstacle::ImplTrait(culprit)) => Err(Error::new_spanned(
            culprit,
            "a command needs a named type; take it instead of `impl`",
        )),
    }
}

/// `&mut Context<Self>`, however it is qualified.
pub(super) fn is_context(ty: &Type) -> bool {
    match types::bare(ty) {
        Type::Reference(reference) if reference.mutability.is_some() => {
            context_of(&reference.elem).is_some()
        }
        _ => false,
    }
}

/// `Context<Self>` or a reference to it.
pub(super) fn mentions_own_context(ty: &Type) -> bool {
    match types::bare(ty) {
        Type::Reference(reference) => mentions_own_context(&reference.elem),
        ty => context_of(ty).is_some_and(|actor| is_named(actor, "Self")),
    }
}

/// The `A` of `Context<A>`.
fn context_of(ty: &Type) -> Option<&Type> {
    match types::bare(ty) {
        Type::Path(path) => types::only_argument(&path.path, "Context"),
        _ => None,
    }
}

/// The owned type of `str` and `Path`.
fn known_owned(target: &Type) -> Option<TokenStream> {
    let Type::Path(path) = types::bare(target) else {
        return None;
    };
    match path.path.segments.last()?.ident.to_string().as_str() {
        "str" => Some(quote!(::std::string::String)),
        "Path" => Some(quote!(::std::path::PathBuf)),
        _ => None,
    }
}
