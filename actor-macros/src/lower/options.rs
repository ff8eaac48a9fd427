//! The rules for the options of a command.

use syn::{Error, PatType, Result, ReturnType, Signature, Type};

use super::argument::{is_context, mentions_own_context, reply_of};
use super::signature::typed_arguments;
use super::types;
use crate::diagnostics::Errors;
use crate::model::{Command, ErrorMode, Reply};
use crate::parse::CommandOptions;

/// Reports the options that do not combine with the `command` made of the method.
pub(super) fn check_options(command: &Command, options: &CommandOptions, errors: &mut Errors) {
    let is_stream = matches!(command.reply, Reply::Stream(_));
    if let (Some(skip), false) = (&options.skip_cancelled, command.replies()) {
        errors.report(
            skip,
            format!("nobody waits for the end of a cast; remove `{skip}`, or add `ack`"),
        );
    }
    if let (Some(skip), Some(_)) = (&options.skip_cancelled, &options.batch) {
        errors.report(skip, format!("a batch runs as a whole; remove `{skip}`"));
    }
    if let (Some(blocking), true) = (&options.blocking_twin, is_stream) {
        errors.report(
            blocking,
            "a stream is read by async code; remove `blocking`",
        );
    }
    if let (Some(in_place), false) = (&options.in_place, command.can_run_in_place()) {
        let reason = match &command.reply {
            _ if command.is_last() => {
                format!("the actor's task calls it at the end; remove `{in_place}`")
            }
            Reply::Accepted => {
                format!("nobody waits for the end of a cast; remove `{in_place}`, or add `ack`")
            }
            Reply::Stream(_) => format!("a stream is filled by the actor; remove `{in_place}`"),
            _ if options.batch.is_some() => {
                format!("a batch is handled by the actor; remove `{in_place}`")
            }
            _ if command.timeout.is_some() => {
                format!("a call with a `timeout` is queued; remove `{in_place}`")
            }
            _ => format!("an async method runs on the actor's task; remove `{in_place}`"),
        };
        errors.report(in_place, reason);
    }
    if let (Some((word, _)), true) = (&options.errors, is_stream) {
        errors.report(word, "a stream is always in a `Result`; remove `errors`");
    }
    if let (Some((word, ErrorMode::Into(_))), Reply::Accepted | Reply::Done) =
        (&options.errors, &command.reply)
    {
        errors.report(word, "the method returns no `Result`; remove `errors`");
    }
    if let (Some((word, _)), None) = (&options.arg, &options.batch) {
        errors.report(word, "only a batch has one argument to name; remove `arg`");
    }
}

pub(super) fn check_ack(signature: &Signature, options: &CommandOptions, errors: &mut Errors) {
    let mut arguments = typed_arguments(signature);
    let is_answered = matches!(signature.output, ReturnType::Type(..))
        || arguments.any(|argument| reply_of(&argument.ty).is_some())
        || options.last.is_some();
    if let (Some(ack), true) = (&options.ack, is_answered) {
        errors.report(ack, "the method is answered anyway; remove `ack`");
    }
}

/// Returns the one argument of a batch, with the type of one call's value.
pub(super) fn batch_argument(signature: &Signature) -> Result<(&PatType, &Type)> {
    let mut arguments = typed_arguments(signature)
        .filter(|argument| !is_context(argument) && !mentions_own_context(&argument.ty));
    let (first, second) = (arguments.next(), arguments.next());
    let Some(argument) = first else {
        return Err(Error::new_spanned(
            &signature.ident,
            "a batch has one argument; take `rows: Vec<Row>`",
        ));
    };
    if let Some(second) = second {
        let message = match reply_of(&second.ty) {
            Some(_) => "a batch answers by its return value; remove the reply",
            None => "a batch has one argument; join them to `Vec<(A, B)>`",
        };
        return Err(Error::new_spanned(second, message));
    }
    match element(&argument.ty) {
        Some(element) => Ok((argument, element)),
        None => Err(Error::new_spanned(
            &argument.ty,
            "a batch has one value of each call; take `Vec<Row>`",
        )),
    }
}

/// Returns the type of the answer to each call of a batch.
pub(super) fn batch_answer(ty: &Type) -> Result<&Type> {
    element(ty).ok_or_else(|| {
        Error::new_spanned(
            ty,
            "a batch has an answer for each call; return `Vec<T>` or nothing",
        )
    })
}

fn element(ty: &Type) -> Option<&Type> {
    match types::bare(ty) {
        Type::Path(path) => types::only_argument(&path.path, "Vec"),
        _ => None,
    }
}

/// Refuses the return type of a method that takes its reply as an argument.
pub(super) fn check_returns_nothing(output: &ReturnType) -> Result<()> {
    match output {
        ReturnType::Default => Ok(()),
        ReturnType::Type(_, ty) => Err(Error::new_spanned(
            ty,
            "the method answers by its reply; remove the return type",
        )),
    }
}
