//! What a method's signature alone can be refused for, or left alone.

use syn::{FnArg, Ident, ReceiverKind, ReturnType, Safety, Signature, Type, Visibility};

use super::argument::{is_context, reply_of};
use super::lower::typed;
use super::types::{self, is_named};
use super::{Attributes, Receiver};
use crate::diagnostics::Errors;
use crate::parse::{CommandOptions, Method};

/// What a method does to the actor that it borrows, if it borrows one.
pub(super) fn receiver(signature: &Signature) -> Option<Receiver> {
    let Some(FnArg::Receiver(receiver)) = signature.inputs.first() else {
        return None;
    };
    let is_mutable = match &receiver.kind {
        ReceiverKind::Reference(_, _, mutability) => mutability.is_some(),
        ReceiverKind::Typed(_, ty) => match &**ty {
            Type::Reference(reference) if !is_pointer(&reference.elem) => {
                reference.mutability.is_some()
            }
            _ => return None,
        },
        _ => return None,
    };
    Some(if is_mutable {
        Receiver::Changes
    } else {
        Receiver::Reads
    })
}

/// The `self` of the receiver.
pub(super) fn itself(signature: &Signature) -> Option<Ident> {
    match signature.inputs.first() {
        Some(FnArg::Receiver(receiver)) => Some(Ident::new("self", receiver.self_token.span)),
        _ => None,
    }
}

pub(super) fn why_no_command(
    visibility: &Visibility,
    signature: &Signature,
) -> Option<&'static str> {
    if !matches!(signature.inputs.first(), Some(FnArg::Receiver(_))) {
        return Some("an associated function is not a command; take `&self` or `&mut self`");
    }
    if receiver(signature).is_none() {
        return Some("a method that takes `self` is not a command; take `&mut self`");
    }
    match visibility {
        Visibility::Inherited => Some("a private method is not a command; write `pub(crate) fn`"),
        _ => None,
    }
}

/// Whether the client can have a method like this one.
pub(super) fn can_be_command(method: &Method) -> bool {
    why_no_command(&method.visibility, &method.signature).is_none()
        && !has_unsized(&method.signature)
}

pub(super) fn check_options_of_no_command(
    options: &CommandOptions,
    why: &str,
    errors: &mut Errors,
) {
    match (&options.skip, &options.attribute) {
        (Some(skip), _) => errors.report(skip, "the method is no command anyway; remove `skip`"),
        (None, Some(attribute)) => errors.report(attribute, why),
        (None, None) => {}
    }
}

pub(super) fn check_skip(options: &CommandOptions, errors: &mut Errors) {
    for option in options.words().filter(|option| *option != "skip") {
        errors.report(
            option,
            format!("a skipped method is not a command; remove `{option}`"),
        );
    }
}

pub(super) fn report_generics(signature: &Signature, errors: &mut Errors) {
    let generics = &signature.generics;
    let has_types = generics.lifetimes().count() < generics.params.len();
    let message = if has_types {
        "a command cannot be generic; name the type, or add `#[command(skip)]`"
    } else {
        "a command cannot hold a lifetime; leave it out, or add `#[command(skip)]`"
    };
    errors.report(&generics.params, message);
}

/// The client's `clone` is the one of `Clone`.
pub(super) fn hides_clone(signature: &Signature) -> bool {
    signature.ident == "clone"
}

pub(super) fn check_name(signature: &Signature, errors: &mut Errors) {
    if hides_clone(signature) {
        errors.report(
            &signature.ident,
            "`clone` would hide the client's own; rename the method",
        );
    }
}

/// The actor lends itself to a command for as long as that takes.
pub(super) fn check_receiver(signature: &Signature, errors: &mut Errors) {
    let Some(FnArg::Receiver(receiver)) = signature.inputs.first() else {
        return;
    };
    let lifetime = match &receiver.kind {
        ReceiverKind::Reference(_, lifetime, _) => lifetime.as_ref(),
        ReceiverKind::Typed(_, ty) => match &**ty {
            Type::Reference(reference) => reference.lifetime.as_ref(),
            _ => None,
        },
        _ => None,
    };
    let mut own = signature.generics.lifetimes();
    let is_own = own.any(|own| Some(&own.lifetime) == lifetime);
    if let Some(lifetime) = lifetime.filter(|lifetime| lifetime.ident != "_" && !is_own) {
        errors.report(
            lifetime,
            format!("a method borrows the actor while it runs; remove `{lifetime}`"),
        );
    }
}

pub(super) fn check_safety(signature: &Signature, errors: &mut Errors) {
    if let Safety::Unsafe(token) = &signature.safety {
        errors.report(
            token,
            "a command cannot be `unsafe`; make it safe, or add `#[command(skip)]`",
        );
    }
}

pub(super) fn check_contexts(signature: &Signature, errors: &mut Errors) {
    let contexts = signature
        .inputs
        .iter()
        .filter_map(typed)
        .filter(|argument| is_context(&argument.ty))
        .filter(|argument| !Attributes::of(&argument.attrs).is_conditional());
    for second in contexts.skip(1) {
        errors.report(second, "there is one context; remove the second");
    }
}

pub(super) fn check_replies(signature: &Signature, errors: &mut Errors) {
    let arguments = signature.inputs.iter().filter_map(typed);
    let replies = arguments.filter(|argument| reply_of(&argument.ty).is_some());
    for second in replies.skip(1) {
        errors.report(second, "a call has one answer; remove the second reply");
    }
}

/// Whether rustc refuses the signature itself, after which all that is made of it would be refused, too.
pub(super) fn has_unsized(signature: &Signature) -> bool {
    let arguments = signature.inputs.iter().filter_map(typed);
    let reply = match &signature.output {
        ReturnType::Type(_, ty) => Some(ty),
        ReturnType::Default => None,
    };
    let mut types = arguments.map(|argument| &argument.ty).chain(reply);
    types.any(|ty| types::is_unsized(ty))
}

/// What `self` can be behind.
fn is_pointer(ty: &Type) -> bool {
    matches!(types::bare(ty), Type::Reference(_))
        || ["Arc", "Box", "Pin", "Rc"]
            .iter()
            .any(|pointer| is_named(ty, pointer))
}
