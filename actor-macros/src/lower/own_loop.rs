//! From a method with `#[run]` to the actor's own loop.

use syn::{FnArg, PatType, ReceiverKind, ReturnType, Signature, Type};

use super::attributes::{are_conditional, forwarded};
use super::role::check_callable;
use super::signature::typed_arguments;
use super::types::{self, is_named};
use super::{Lowering, Methods, signature};
use crate::diagnostics::Errors;
use crate::model::{LoopArgument, OwnLoop};
use crate::parse::Method;

impl Lowering<'_> {
    pub(super) fn lower_own_loop(
        &self,
        method: &Method,
        methods: &mut Methods,
        errors: &mut Errors,
    ) {
        let signature = &method.signature;
        let mut own_errors = Errors::default();
        if are_conditional(&method.attributes) {
            own_errors.report(
                &signature.ident,
                "a loop cannot depend on `cfg`; move the `cfg` into its body",
            );
        }
        check_owned(signature, &mut own_errors);
        if signature.asyncness.is_none() {
            own_errors.report(
                signature.fn_token,
                "a loop waits for commands; write `async fn`",
            );
        }
        check_callable(signature, &mut own_errors);
        signature::check_contexts(signature, &mut own_errors);
        let arguments = self.loop_arguments(signature, &mut own_errors);
        if own_errors.is_empty() {
            // While a method is still being typed, the rest of it is not there yet.
            self.check_state(signature, &mut own_errors);
        }
        // rustc says that the actor of an `Inbox<Self>` is no command.
        let mut types = typed_arguments(signature).map(|argument| &argument.ty);
        if own_errors.is_empty() && !types.any(|ty| is_inbox_of_actor(ty)) {
            methods.own_loops.push(OwnLoop {
                method: signature.ident.clone(),
                conditions: signature::conditions(signature),
                arguments,
            });
        }
        errors.append(own_errors);
    }

    fn loop_arguments(&self, signature: &Signature, errors: &mut Errors) -> Vec<LoopArgument> {
        let mut arguments = Vec::new();
        let mut inboxes = 0;
        for argument in typed_arguments(signature) {
            if mentions_inbox(&argument.ty) {
                inboxes += 1;
                check_inbox(argument, inboxes, errors);
                let ty = argument.ty.clone();
                arguments.push(LoopArgument::Inbox(forwarded(&argument.attrs), ty));
                continue;
            }
            match self.context(argument) {
                Ok(Some(context)) => arguments.push(LoopArgument::Context(context)),
                Ok(None) => errors.report(
                    argument,
                    "a loop gets the inbox and the context; remove this",
                ),
                Err(error) => errors.push(error),
            }
        }
        if inboxes == 0 {
            errors.report(
                &signature.ident,
                "a loop reads the inbox; take `&mut Inbox<..>`",
            );
        }
        arguments
    }

    /// Checks that the loop gives the state back.
    fn check_state(&self, signature: &Signature, errors: &mut Errors) {
        let message = "a loop gives the state back; return `Self`";
        match &signature.output {
            ReturnType::Default => errors.report(&signature.ident, message),
            ReturnType::Type(_, ty) => {
                let is_own = types::name(ty) == types::name(&self.block.self_type);
                if !is_own && !is_named(ty, "Self") {
                    errors.report(ty, message);
                }
            }
        }
    }
}

/// Checks that the loop takes the state, which it keeps until the end.
fn check_owned(signature: &Signature, errors: &mut Errors) {
    let message = "a loop owns the state; take `self`";
    match signature.inputs.first() {
        Some(FnArg::Receiver(receiver)) => match &receiver.kind {
            ReceiverKind::Value => {}
            ReceiverKind::Typed(_, ty) if is_named(ty, "Self") => {}
            _ => errors.report(receiver, message),
        },
        _ => errors.report(&signature.ident, message),
    }
}

/// Checks the argument that is the inbox, the `count`th one.
fn check_inbox(argument: &PatType, count: usize, errors: &mut Errors) {
    let is_lent = matches!(
        types::bare(&argument.ty),
        Type::Reference(reference) if reference.mutability.is_some()
    );
    if count > 1 {
        errors.report(argument, "there is one inbox; remove the second");
    } else if !is_lent {
        errors.report(
            &argument.ty,
            "the inbox is lent to the loop; take `&mut Inbox<..>`",
        );
    }
}

/// Returns whether `ty` is `&mut Inbox<Self>`.
fn is_inbox_of_actor(ty: &Type) -> bool {
    match types::bare(ty) {
        Type::Reference(reference) => {
            mentions_inbox(&reference.elem) && types::is_about(&reference.elem, "Self")
        }
        _ => false,
    }
}

/// Returns whether `ty` is `Inbox<..>` or a reference to it.
fn mentions_inbox(ty: &Type) -> bool {
    match types::bare(ty) {
        Type::Reference(reference) => mentions_inbox(&reference.elem),
        ty => is_named(ty, "Inbox"),
    }
}
