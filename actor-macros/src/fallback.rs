//! The output when there were errors: as much as could be made, so that one mistake is one error.

use proc_macro2::TokenStream;

use crate::diagnostics::Errors;
use crate::model::{Actor, item_name, numbered_variant};
use crate::parse;
use crate::validate::Conflict;

/// The user's tokens as they went in, and the errors after them. Nothing could be generated.
pub(crate) fn block_only(block: &TokenStream, errors: Errors) -> TokenStream {
    with_errors(parse::without_helpers(block.clone()), errors)
}

/// The generated items, and the errors after them.
pub(crate) fn with_errors(mut output: TokenStream, errors: Errors) -> TokenStream {
    output.extend(errors.into_compile_errors());
    output
}

/// Renames or takes out the items in conflict, so that rustc does not report the mistakes once more.
pub(crate) fn resolve(actor: &mut Actor, conflicts: &[Conflict]) {
    // From the last to the first, as positions are those before anything is taken out.
    for conflict in conflicts.iter().rev() {
        match *conflict {
            Conflict::EnumName => actor.command = item_name(&actor.name, "Command"),
            Conflict::ClientName => actor.client = item_name(&actor.name, "Client"),
            Conflict::Variant(position) => {
                // With a variant of its own it stays a method of the client.
                let command = &mut actor.commands[position];
                command.variant = numbered_variant(&command.variant, position + 1);
            }
            Conflict::Command(position) => drop(actor.commands.remove(position)),
            Conflict::Watch(position) => drop(actor.watches.remove(position)),
            Conflict::Twin(position, twin) => {
                let twins = &mut actor.commands[position].twins;
                twins.retain(|&other| other != twin);
            }
            Conflict::Follower(position) => actor.watches[position].follower = None,
            Conflict::Subscribe => {
                if let Some(event) = &mut actor.event {
                    event.subscribe = None;
                }
            }
        }
    }
    if actor.command == actor.client {
        // One of them had the other's usual name.
        actor.command = item_name(&actor.name, "Command");
        actor.client = item_name(&actor.name, "Client");
    }
}
