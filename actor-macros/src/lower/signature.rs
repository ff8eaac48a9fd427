//! The rules for a method's signature.

use syn::{
    FnArg, Generics, Ident, Lifetime, PatType, ReceiverKind, ReturnType, Safety, Signature, Type,
    Visibility, WherePredicate,
};

use super::argument::{is_context, reply_of};
use super::attributes::are_conditional;
use super::generics;
use super::remedies;
use super::types::{self, is_named};
use crate::diagnostics::{Errors, Mistake, or_skip};
use crate::model::{Asyncness, Receiver};
use crate::parse::{CommandOptions, Method};

/// Returns the arguments except `self`.
pub(super) fn typed_arguments(signature: &Signature) -> impl Iterator<Item = &PatType> {
    signature.inputs.iter().filter_map(|input| match input {
        FnArg::Typed(typed) => Some(typed),
        FnArg::Receiver(_) => None,
    })
}

/// Returns the effect of a method on the actor that it borrows, and `None` if it does not borrow one.
pub(super) fn receiver(signature: &Signature) -> Option<Receiver> {
    let Some(FnArg::Receiver(receiver)) = signature.inputs.first() else {
        return None;
    };
    let mutability = match &receiver.kind {
        ReceiverKind::Reference(_, _, mutability) => mutability,
        ReceiverKind::Typed(_, ty) => match types::bare(ty) {
            Type::Reference(reference) if !is_pointer(&reference.elem) => &reference.mutability,
            _ => return None,
        },
        _ => return None,
    };
    Some(match mutability {
        Some(_) => Receiver::Changes,
        None => Receiver::Reads,
    })
}

/// Returns whether a method takes the actor by value.
pub(super) fn takes_state(signature: &Signature) -> bool {
    match signature.inputs.first() {
        Some(FnArg::Receiver(receiver)) => match &receiver.kind {
            ReceiverKind::Value => true,
            ReceiverKind::Typed(_, ty) => is_named(ty, "Self"),
            _ => false,
        },
        _ => false,
    }
}

/// Returns the `self` of the receiver.
pub(super) fn self_ident(signature: &Signature) -> Option<Ident> {
    match signature.inputs.first() {
        Some(FnArg::Receiver(receiver)) => Some(Ident::new("self", receiver.self_token.span)),
        _ => None,
    }
}

pub(super) fn asyncness(signature: &Signature) -> Asyncness {
    match signature.asyncness {
        Some(_) => Asyncness::Async,
        None => Asyncness::Sync,
    }
}

/// Returns the predicates of the method's own `where`.
pub(super) fn conditions(signature: &Signature) -> Vec<WherePredicate> {
    let clause = signature.generics.where_clause.iter();
    let predicates = clause.flat_map(|clause| &clause.predicates);
    predicates.cloned().collect()
}

/// Returns whether any of the parameters is not a lifetime.
pub(super) fn has_types(generics: &Generics) -> bool {
    generics.lifetimes().count() < generics.params.len()
}

/// Returns whether a method without a role becomes a command, unless it is a builder.
pub(super) fn is_command(method: &Method, block: &Generics, errors: &mut Errors) -> bool {
    let Method {
        options, signature, ..
    } = method;
    let options = &options.command;
    let receiver = receiver_type(signature).map(types::bare);
    if let (Some(Type::Macro(ty)), true) = (receiver, asks_to_be_command(method)) {
        // It may be `&Self`.
        if options.skip.is_none() {
            errors.report(ty, or_skip("a macro hides the receiver; write `&self`"));
        }
        return false;
    }
    if let Some(receiver) = receiver.filter(|ty| hides_receiver(ty) && may_be_meant(method)) {
        if options.skip.is_none() {
            let message = "a type hides the receiver; write `&self`, `&mut self` or `self`";
            errors.report(receiver, or_skip(message));
        }
        return false;
    }
    if let Some(why) = why_not_a_command(method) {
        check_needless_options(options, why, errors);
        return false;
    }
    if let Some(skip) = &options.skip {
        if is_private(method) {
            report_needless_skip(skip, errors);
        }
        check_skip(options, errors);
        return false;
    }
    asks_to_be_command(method) && !has_wrong_type(signature, block)
}

/// Returns whether the method would be a command with the right receiver: it is visible, or has a `#[command]`.
fn asks_to_be_command(method: &Method) -> bool {
    !is_private(method) || method.options.command.attribute.is_some()
}

fn is_private(method: &Method) -> bool {
    matches!(method.visibility, Visibility::Inherited)
}

/// Returns whether the method would be a command if it borrowed the actor.
fn may_be_meant(method: &Method) -> bool {
    asks_to_be_command(method) && method.options.command.last.is_none()
}

/// Returns whether the `ty` of a receiver is an alias, or another name of the actor.
fn hides_receiver(ty: &Type) -> bool {
    matches!(ty, Type::Path(_)) && !is_named(ty, "Self") && !is_smart_pointer(ty)
}

/// Returns the type in a receiver such as `self: &Self`.
fn receiver_type(signature: &Signature) -> Option<&Type> {
    match signature.inputs.first() {
        Some(FnArg::Receiver(receiver)) => match &receiver.kind {
            ReceiverKind::Typed(_, ty) => Some(ty),
            _ => None,
        },
        _ => None,
    }
}

/// Returns whether the client can have such a method.
pub(super) fn can_be_command(method: &Method, block: &Generics) -> bool {
    is_meant_as_command(method) && !has_wrong_type(&method.signature, block)
}

/// Returns whether the method is a command unless rustc refuses its signature.
pub(super) fn is_meant_as_command(method: &Method) -> bool {
    let is_last = method.options.command.last.is_some();
    asks_to_be_command(method)
        && why_not_a_command(method).is_none()
        && (is_last || receiver(&method.signature).is_some())
}

fn why_not_a_command(method: &Method) -> Option<&'static str> {
    let Method {
        signature, options, ..
    } = method;
    if !matches!(signature.inputs.first(), Some(FnArg::Receiver(_))) {
        return Some("an associated function is not a command; take `&self` or `&mut self`");
    }
    let is_checked_later = takes_state(signature) || options.command.last.is_some();
    if receiver(signature).is_none() && !is_checked_later {
        return Some("a command borrows the actor or takes it; take `&mut self` or `self`");
    }
    None
}

fn check_needless_options(options: &CommandOptions, why: &str, errors: &mut Errors) {
    match (&options.skip, &options.attribute) {
        (Some(skip), _) => report_needless_skip(skip, errors),
        (None, Some(attribute)) => errors.report(attribute, why),
        (None, None) => {}
    }
}

fn report_needless_skip(skip: &Ident, errors: &mut Errors) {
    errors.report(skip, "the method is not a command anyway; remove `skip`");
}

fn check_skip(options: &CommandOptions, errors: &mut Errors) {
    for option in options.words().filter(|option| *option != "skip") {
        errors.report(
            option,
            format!("a skipped method is not a command; remove `{option}`"),
        );
    }
}

pub(super) fn report_generics(signature: &Signature, errors: &mut Errors) {
    let generics = &signature.generics;
    let message = if has_types(generics) {
        let remedy = remedies::of_parameters(generics);
        let remedy = remedy.unwrap_or_else(|| "name the type".to_owned());
        format!("a command cannot be generic; {remedy}")
    } else {
        "a command cannot hold a lifetime; leave it out".to_owned()
    };
    errors.report(&generics.params, or_skip(&message));
}

/// The mistake of a method that [`hides_clone`].
pub(super) const HIDES_CLONE: &str = "`clone` would hide the client's own; rename the method";

/// Returns whether the client's method would shadow `Clone::clone`.
pub(super) fn hides_clone(signature: &Signature) -> bool {
    signature.ident == "clone"
}

/// Returns a lifetime of the receiver that the method does not declare itself, and the mistake that it is: a command
/// borrows the actor only until its method returns.
pub(super) fn wrong_receiver_lifetime(signature: &Signature) -> Option<Mistake<'_, Lifetime>> {
    let Some(FnArg::Receiver(receiver)) = signature.inputs.first() else {
        return None;
    };
    let lifetime = match &receiver.kind {
        ReceiverKind::Reference(_, lifetime, _) => lifetime.as_ref(),
        ReceiverKind::Typed(_, ty) => match types::bare(ty) {
            Type::Reference(reference) => reference.lifetime.as_ref(),
            _ => None,
        },
        _ => None,
    };
    let mut own = signature.generics.lifetimes();
    let is_own = own.any(|own| Some(&own.lifetime) == lifetime);
    let culprit = lifetime.filter(|lifetime| lifetime.ident != "_" && !is_own)?;
    Some(Mistake {
        culprit,
        message: format!("a method borrows the actor while it runs; remove `{culprit}`"),
    })
}

pub(super) fn check_safety(signature: &Signature, errors: &mut Errors) {
    if let Safety::Unsafe(token) = &signature.safety {
        errors.report(token, or_skip("a command cannot be `unsafe`; make it safe"));
    }
}

pub(super) fn check_contexts(signature: &Signature, errors: &mut Errors) {
    let contexts = typed_arguments(signature)
        .filter(|argument| is_context(argument))
        .filter(|argument| !are_conditional(&argument.attrs));
    for second in contexts.skip(1) {
        errors.report(second, "there is one context; remove the second");
    }
}

pub(super) fn check_replies(signature: &Signature, errors: &mut Errors) {
    let arguments = typed_arguments(signature);
    let replies = arguments.filter(|argument| reply_of(&argument.ty).is_some());
    for second in replies.skip(1) {
        errors.report(
            second,
            "a call has one answer; to pass a second reply on, wrap it in a type",
        );
    }
}

/// Returns whether rustc refuses the signature itself, and therefore everything generated from it.
fn has_wrong_type(signature: &Signature, block: &Generics) -> bool {
    let arguments = typed_arguments(signature);
    let reply = match &signature.output {
        ReturnType::Type(_, ty) => Some(ty),
        ReturnType::Default => None,
    };
    let mut types = arguments.map(|argument| &argument.ty).chain(reply);
    let conditions = conditions(signature);
    types.any(|ty| types::is_refused(ty) || generics::is_without_trait(ty, block, &conditions))
}

/// Returns whether `self` can be behind `ty`.
fn is_pointer(ty: &Type) -> bool {
    matches!(types::bare(ty), Type::Reference(_)) || is_smart_pointer(ty)
}

fn is_smart_pointer(ty: &Type) -> bool {
    let pointers = ["Arc", "Box", "Pin", "Rc"];
    pointers.iter().any(|pointer| is_named(ty, pointer))
}
