//! The output when there were mistakes: as much as possible, so that one mistake is one error.

use proc_macro2::TokenStream;

use crate::diagnostics::Errors;
use crate::model::{Actor, item_name, numbered_variant};
use crate::parse;
use crate::validate::Conflict;

/// Returns the user's tokens unchanged, with the errors after them. Nothing could be generated.
pub(crate) fn block_only(block: &TokenStream, errors: Errors) -> TokenStream {
    with_errors(parse::without_helpers(block.clone()), errors)
}

/// Returns the generated items, with the errors after them.
pub(crate) fn with_errors(mut output: TokenStream, errors: Errors) -> TokenStream {
    output.extend(errors.into_compile_errors());
    output
}

/// Renames or takes out the items in conflict, so that rustc does not report the mistakes again.
pub(crate) fn resolve(actor: &mut Actor, conflicts: &[Conflict]) {
    // From the last to the first, because removing an item moves the positions after it.
    for conflict in conflicts.iter().rev() {
        match *conflict {
            Conflict::EnumName => actor.command = item_name(&actor.name, "Command"),
            Conflict::ClientName => actor.client = item_name(&actor.name, "Client"),
            Conflict::Variant(position) => {
                // With a variant of its own the command keeps its client method.
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
            Conflict::Sources => actor.sources.clear(),
            Conflict::Subscribe => {
                if let Some(event) = &mut actor.event {
                    event.subscribe = None;
                }
            }
        }
    }
    if actor.command == actor.client {
        // One of the two had the usual name of the other.
        actor.command = item_name(&actor.name, "Command");
        actor.client = item_name(&actor.name, "Client");
    }
}
