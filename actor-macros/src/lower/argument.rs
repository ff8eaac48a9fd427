//! From the arguments of a method to the fields of its command.

use quote::quote;
use syn::{Error, Ident, Pat, PatType, Result, Type, TypeImplTrait, TypeReference};

use super::attributes::forwarded;
use super::remedies;
use super::types::{self, Obstacle, ObstacleKind, is_named};
use super::{Lowering, generics};
use crate::diagnostics::or_skip;
use crate::model::{
    Argument, ContextArgument, Conversion, NamedType, Parameter, Referent, Trees, argument_name,
    generated_name,
};

/// The path of an argument to its method.
struct Travel {
    conversion: Conversion,
    carried: Trees,
    /// The part of the carried type that the user named.
    named: NamedType,
}

impl Travel {
    fn of(conversion: Conversion, named: NamedType) -> Self {
        Self {
            conversion,
            carried: named.tokens.clone(),
            named,
        }
    }
}

impl Lowering<'_> {
    pub(super) fn parameter(&self, position: usize, argument: &PatType) -> Result<Parameter> {
        if let Some(context) = self.context(argument)? {
            return Ok(Parameter::Context(context));
        }
        let attributes = forwarded(&argument.attrs);
        if reply_of(&argument.ty).is_some() {
            if attributes.is_conditional() {
                return Err(Error::new_spanned(
                    argument,
                    or_skip("a reply cannot depend on `cfg`; write two methods under `cfg`"),
                ));
            }
            return Ok(Parameter::Reply);
        }
        if let Type::Reference(reference) = types::bare(&argument.ty) {
            if reply_of(&reference.elem).is_some() {
                return Err(Error::new_spanned(
                    &argument.ty,
                    or_skip("a method owns its reply; take it without `&`"),
                ));
            }
        }
        let Travel {
            conversion,
            carried,
            named,
        } = self.travel(&argument.ty)?;
        let name = match simple_name(argument) {
            Some(name) => generated_name(name),
            None => self.invented_name(position),
        };
        let taken = match conversion {
            Conversion::Move => carried.clone(),
            _ => self.spell_out(&argument.ty),
        };
        Ok(Parameter::Argument(Argument {
            attributes,
            name,
            taken,
            carried,
            named,
            conversion,
        }))
    }

    /// Returns the context if the argument is that, and `None` for all others.
    pub(super) fn context(&self, argument: &PatType) -> Result<Option<ContextArgument>> {
        if is_context(argument) {
            self.check_context(&argument.ty)?;
            return Ok(Some(ContextArgument {
                attributes: forwarded(&argument.attrs),
                ty: argument.ty.clone(),
            }));
        }
        if mentions_own_context(&argument.ty) {
            return Err(Error::new_spanned(
                &argument.ty,
                "the context is lent to a method; take `&mut Context<Self>`",
            ));
        }
        Ok(None)
    }

    pub(super) fn invented_name(&self, position: usize) -> Ident {
        argument_name(position, self.used_names)
    }

    /// Refuses the context of another actor. The actor's own may be called by any name.
    fn check_context(&self, ty: &Type) -> Result<()> {
        let actor = match types::bare(ty) {
            Type::Reference(reference) => context_of(&reference.elem),
            _ => None,
        };
        let own = types::name(&self.block.self_type);
        let is_other = |actor: &&Type| !is_named(actor, "Self") && types::name(actor) != own;
        match actor.filter(is_other) {
            Some(other) => Err(Error::new_spanned(
                other,
                "the context belongs to the actor; write `Context<Self>`",
            )),
            None => Ok(()),
        }
    }

    fn travel(&self, ty: &Type) -> Result<Travel> {
        match types::bare(ty) {
            Type::Reference(reference) if !types::is_static(reference.lifetime.as_ref()) => {
                self.borrowed(Conversion::Own, reference)
            }
            Type::ImplTrait(impl_trait) => self.converted(impl_trait),
            Type::Path(path) => match types::only_argument(&path.path, "Option").map(types::bare) {
                Some(Type::Reference(reference))
                    if !types::is_static(reference.lifetime.as_ref()) =>
                {
                    let borrowed = self.borrowed(Conversion::OwnOption, reference)?;
                    let carried = borrowed.carried;
                    Ok(Travel {
                        carried: Trees::of(quote!(::core::option::Option<#carried>)),
                        ..borrowed
                    })
                }
                _ => self.as_is(Conversion::Move, ty),
            },
            _ => self.as_is(Conversion::Move, ty),
        }
    }

    fn as_is(&self, conversion: Conversion, ty: &Type) -> Result<Travel> {
        Ok(Travel::of(conversion, self.element(ty)?))
    }

    /// Returns the type of one call's value in a batch.
    pub(super) fn element(&self, ty: &Type) -> Result<NamedType> {
        self.check_storable(ty)?;
        Ok(self.named_type(ty))
    }

    /// Lowers `&T`: the client makes an owned value of it, and the loop borrows it again.
    fn borrowed(
        &self,
        conversion: fn(Referent) -> Conversion,
        reference: &TypeReference,
    ) -> Result<Travel> {
        check_reference(reference)?;
        let target = types::bare(&reference.elem);
        if let Type::Slice(slice) = target {
            return self.in_vec(conversion(Referent::Known), &slice.elem);
        }
        self.check_storable(target)?;
        let of_std = known_owned(target).filter(|_| types::may_be_of_std(target));
        let (referent, named) = if let Some(owned) = of_std {
            (Referent::Known, owned)
        } else if types::is_unsized_by_name(target) || self.is_unsized_parameter(target) {
            let target = self.spell_out(target);
            let owned = quote!(<#target as ::std::borrow::ToOwned>::Owned);
            (Referent::Unsized, self.named(Trees::of(owned)))
        } else {
            (Referent::Sized, self.named_type(target))
        };
        Ok(Travel::of(conversion(referent), named))
    }

    /// Returns whether `ty` is a parameter that is `?Sized`.
    fn is_unsized_parameter(&self, ty: &Type) -> bool {
        let mut names = generics::unsized_parameters(&self.block.generics);
        names.any(|name| is_named(ty, &name.to_string()))
    }

    /// Lowers `impl Into<T>`, `impl AsRef<T>` or `impl IntoIterator<Item = T>`, converted by the client.
    fn converted(&self, impl_trait: &TypeImplTrait) -> Result<Travel> {
        let refusal = || {
            let remedy = remedies::of_argument(impl_trait);
            let message = format!("a command needs a named type; {remedy}");
            Error::new_spanned(impl_trait, or_skip(&message))
        };
        let traits = types::traits(&impl_trait.bounds);
        let of = |name| {
            traits
                .clone()
                .find_map(|path| types::only_argument(path, name))
        };
        if let Some(target) = of("Into") {
            return self.as_is(Conversion::Into, target);
        }
        if let Some(item) = of("IntoIterator") {
            return self.in_vec(Conversion::Collect, item);
        }
        let target = of("AsRef").ok_or_else(refusal)?;
        if let Type::Slice(slice) = types::bare(target) {
            return self.in_vec(Conversion::AsRef, &slice.elem);
        }
        let named = known_owned(target).ok_or_else(refusal)?;
        Ok(Travel::of(Conversion::AsRef, named))
    }

    fn in_vec(&self, conversion: Conversion, item: &Type) -> Result<Travel> {
        let item = self.element(item)?;
        Ok(Travel {
            conversion,
            carried: Trees::of(quote!(::std::vec::Vec<#item>)),
            named: item,
        })
    }

    /// Refuses types that a command, which outlives the call, cannot hold.
    fn check_storable(&self, ty: &Type) -> Result<()> {
        let Some(Obstacle { kind, culprit }) = self.obstacle(ty) else {
            return self.check_sent(ty);
        };
        let message = match kind {
            ObstacleKind::Reference => {
                "a reference inside a type cannot be sent; take an owned type".to_owned()
            }
            ObstacleKind::Lifetime => {
                let lifetime = culprit.to_string();
                format!("a command cannot hold `{lifetime}`; take an owned type")
            }
            ObstacleKind::SelfType => {
                "a command cannot hold what `Self` borrows; take an owned type".to_owned()
            }
            ObstacleKind::BorrowingCow => {
                "a command cannot hold what it borrows; write `Cow<'static, ..>`".to_owned()
            }
            ObstacleKind::ImplTrait => {
                "a command needs a named type; take it instead of `impl`".to_owned()
            }
        };
        Err(Error::new_spanned(culprit, or_skip(&message)))
    }
}

/// Refuses references to values that a command cannot own.
fn check_reference(reference: &TypeReference) -> Result<()> {
    let lifetime = reference.lifetime.as_ref();
    if let Some(lifetime) = lifetime.filter(|lifetime| lifetime.ident != "_") {
        return Err(Error::new_spanned(
            lifetime,
            or_skip(&format!(
                "a command cannot hold `{lifetime}`; leave the lifetime out"
            )),
        ));
    }
    if reference.mutability.is_some() {
        let message = if is_context_with_lifetime(&reference.elem) {
            "the context belongs to the actor; write `Context<Self>`"
        } else if may_be_context(reference) {
            "a command cannot borrow mutably; take the value and return it, name a context `ctx`"
        } else {
            "a command cannot borrow mutably; take the value and return it"
        };
        return Err(Error::new_spanned(reference, or_skip(message)));
    }
    match types::bare(&reference.elem) {
        Type::TraitObject(_) => Err(Error::new_spanned(
            reference,
            or_skip("a trait object cannot be cloned; take `Box<dyn ..>`"),
        )),
        _ => Ok(()),
    }
}

/// Returns the name of an argument that is not a pattern.
pub(super) fn simple_name(argument: &PatType) -> Option<&Ident> {
    match &*argument.pat {
        Pat::Ident(pattern) if pattern.subpat.is_none() => Some(&pattern.ident),
        _ => None,
    }
}

/// Returns whether an argument is `&mut Context<Self>`, under any path. rustc reports a `&mut Context` without the
/// `<Self>`, and what only has the name of a context.
pub(super) fn is_context(argument: &PatType) -> bool {
    match types::bare(&argument.ty) {
        Type::Reference(reference) if reference.mutability.is_some() => {
            let target = types::bare(&reference.elem);
            context_of(target).is_some()
                || is_context_of_nobody(target)
                || (types::is_about(target, "Self") && !is_named(target, "Inbox"))
                || (types::plain_name(target).is_some() && is_called_context(argument, target))
        }
        ty => types::has_only_lifetimes(ty) && is_called_context(argument, ty),
    }
}

/// Returns whether the argument or its type has a name that people give to a context, such as `Ctx`. What is
/// called so could not be sent, so it is worth a try.
fn is_called_context(argument: &PatType, ty: &Type) -> bool {
    let is_argument = simple_name(argument).is_some_and(|name| {
        let name = name.to_string();
        matches!(name.trim_start_matches('_'), "ctx" | "context")
    });
    let is_type = types::name(ty).is_some_and(|name| {
        let name = name.to_string();
        name.ends_with("Ctx") || name.ends_with("Context")
    });
    is_argument || is_type
}

/// Returns whether a reference may be the context, whose type and argument have other names.
pub(super) fn may_be_context(reference: &TypeReference) -> bool {
    let name = types::plain_name(&reference.elem).map(Ident::to_string);
    let is_type = name.is_some_and(|name| name.starts_with(char::is_uppercase) && name != "String");
    is_type && reference.mutability.is_some()
}

/// Returns whether `ty` is `Context`, and not the one in `std::task`.
fn is_context_of_nobody(ty: &Type) -> bool {
    let Type::Path(path) = types::bare(ty) else {
        return false;
    };
    let mut segments = path.path.segments.iter();
    types::plain_name(ty).is_some_and(|name| name == "Context")
        && segments.all(|segment| segment.ident != "task")
}

/// Returns whether `ty` is `Context<'_>`, which may be the one in `std::task` by its short name.
fn is_context_with_lifetime(ty: &Type) -> bool {
    match types::bare(ty) {
        Type::Path(path) if path.path.segments.len() == 1 => {
            is_named(ty, "Context") && types::has_only_lifetimes(ty)
        }
        _ => false,
    }
}

/// Returns the `T` of `Reply<T>` or `ReplyStream<T>`, with the kind of reply.
pub(super) fn reply_of(ty: &Type) -> Option<(ReplyKind, &Type)> {
    let Type::Path(path) = types::bare(ty) else {
        return None;
    };
    let once = types::only_argument(&path.path, "Reply").map(|ty| (ReplyKind::Once, ty));
    once.or_else(|| {
        let stream = types::only_argument(&path.path, "ReplyStream");
        stream.map(|ty| (ReplyKind::Stream, ty))
    })
}

/// The parameter through which a method answers, instead of by its return value.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum ReplyKind {
    Once,
    Stream,
}

/// Returns whether `ty` is `Context<Self>` or a reference to it.
pub(super) fn mentions_own_context(ty: &Type) -> bool {
    match types::bare(ty) {
        Type::Reference(reference) => mentions_own_context(&reference.elem),
        ty => context_of(ty).is_some_and(|actor| is_named(actor, "Self")),
    }
}

/// Returns the `A` of `Context<A>`.
fn context_of(ty: &Type) -> Option<&Type> {
    match types::bare(ty) {
        Type::Path(path) => types::only_argument(&path.path, "Context"),
        _ => None,
    }
}

/// Returns the owned type of `str` and `Path`.
fn known_owned(target: &Type) -> Option<NamedType> {
    let owned = match types::plain_name(target)?.to_string().as_str() {
        "str" => quote!(::std::string::String),
        "Path" => quote!(::std::path::PathBuf),
        _ => return None,
    };
    Some(NamedType {
        tokens: Trees::of(owned),
        unproven: Vec::new(),
        projections: Vec::new(),
    })
}
