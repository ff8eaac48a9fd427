//! The rules for methods that take the state.

use quote::ToTokens as _;
use syn::{FnArg, ReturnType, Signature};

use super::argument::{is_context, mentions_own_context, reply_of};
use super::signature::{takes_state, typed_arguments};
use super::{Lowering, tokens, types};
use crate::diagnostics::Errors;
use crate::parse::{CommandOptions, Method};

impl Lowering<'_> {
    /// Returns whether a method takes the state to give it back, or something that is made of it for an actor.
    pub(super) fn is_builder(&self, method: &Method) -> bool {
        let is_meant_as_command = method.options.command.attribute.is_some();
        takes_state(&method.signature) && !is_meant_as_command && self.gives_back(&method.signature)
    }

    fn gives_back(&self, signature: &Signature) -> bool {
        let ReturnType::Type(_, ty) = &signature.output else {
            return false;
        };
        let own = types::name(&self.block.self_type);
        let of_actor = own.into_iter().chain([self.client]);
        let of_actor: Vec<String> = of_actor.map(ToString::to_string).collect();
        let names = tokens::names_in(ty.to_token_stream());
        names
            .iter()
            .any(|name| name == "Self" || of_actor.contains(name) || name.ends_with("Builder"))
    }
}

/// Checks that a command takes the state if it is the last one, and only then. Returns whether the rest can be checked.
pub(super) fn check_last(method: &Method, errors: &mut Errors) -> bool {
    let Method {
        options, signature, ..
    } = method;
    let options = &options.command;
    match (&options.last, takes_state(signature)) {
        (None, false) => true,
        (Some(_), true) => {
            check_parameters(signature, errors);
            check_options(options, errors);
            errors.is_empty()
        }
        (Some(_), false) => {
            let message = "the last command takes the state; take `self`";
            match signature.inputs.first() {
                Some(FnArg::Receiver(receiver)) => errors.report(receiver, message),
                _ => errors.report(&signature.ident, message),
            }
            false
        }
        (None, true) => {
            match &options.attribute {
                Some(attribute) => errors.report(
                    attribute,
                    "a command that takes `self` ends the actor; add `last`",
                ),
                None => errors.report(
                    &signature.ident,
                    "a command that takes `self` ends the actor; \
                     add `#[command(last)]` or `#[command(skip)]`",
                ),
            }
            false
        }
    }
}

fn check_parameters(signature: &Signature, errors: &mut Errors) {
    for argument in typed_arguments(signature) {
        if is_context(argument) || mentions_own_context(&argument.ty) {
            errors.report(argument, "the last command has no context; remove this");
        } else if reply_of(&argument.ty).is_some() {
            errors.report(
                argument,
                "the last command answers by its return value; return it",
            );
        }
    }
}

fn check_options(options: &CommandOptions, errors: &mut Errors) {
    if let Some((batch, _)) = &options.batch {
        errors.report(batch, "only one call is the last; remove `batch`");
    }
    if let Some(skip) = &options.skip_cancelled {
        let message = format!("the actor ends, whoever waits for it; remove `{skip}`");
        errors.report(skip, message);
    }
}
