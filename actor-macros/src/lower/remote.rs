//! The rules on actors that other processes can call.

use quote::ToTokens as _;
use syn::{Error, Ident, Result, Signature};

use super::argument::{ReplyKind, reply_of};
use super::signature::typed_arguments;
use super::tokens;
use crate::diagnostics::{Errors, or_skip};
use crate::model::{ErrorMode, Locality};
use crate::parse::{Args, Block, CommandOptions, Role};

/// Returns the word `remote`, if the actor has it and can have it. Reports everything that is not carried.
pub(super) fn checked(args: &Args, block: &Block, errors: &mut Errors) -> Option<Ident> {
    let remote = args.remote.as_ref()?;
    if let Some(event) = &args.event {
        errors.report(event, "events are not carried yet; make them a command");
    }
    if let Some((word, ErrorMode::Default)) = &args.errors {
        errors.report(word, HIDDEN);
    }
    for method in &block.methods {
        if let Some((_, Role::Watch { .. })) = &method.options.role {
            errors.report(
                &method.signature.ident,
                "latest values are not carried yet; make it a command",
            );
        }
    }
    if args.locality == Locality::Local {
        let message = "a `local` actor's client cannot leave its thread; remove `remote`";
        errors.report(remote, message);
        return None;
    }
    Some(remote.clone())
}

/// Checks the options of a command that other processes can call.
pub(super) fn check_options(options: &CommandOptions, errors: &mut Errors) {
    if let Some((word, ErrorMode::Default)) = &options.errors {
        errors.report(word, HIDDEN);
    }
}

/// Refuses references in what is carried. Nothing that is read again could borrow, and serde's own message about that
/// appears at each use.
pub(super) fn check_references(signature: &Signature, errors: &mut Errors) {
    let arguments = typed_arguments(signature).map(|argument| argument.ty.to_token_stream());
    let types = arguments.chain([signature.output.to_token_stream()]);
    for reference in types.filter_map(tokens::static_reference) {
        let message = or_skip("a reference cannot be carried; name an owned type");
        errors.report(reference, message);
    }
}

/// Refuses a streamed reply.
pub(super) fn check_reply(signature: &Signature) -> Result<()> {
    let mut arguments = typed_arguments(signature);
    let stream = arguments.find(|argument| {
        let reply = reply_of(&argument.ty);
        reply.is_some_and(|(kind, _)| kind == ReplyKind::Stream)
    });
    match stream {
        Some(argument) => Err(Error::new_spanned(
            &argument.ty,
            or_skip("a stream is not carried yet; return a `Vec` and where to go on"),
        )),
        None => Ok(()),
    }
}

const HIDDEN: &str = "a remote call can fail, and the default would hide it; remove `errors`";
