//! The commands that take the state: `handle` keeps one, and `last` calls its method after the end.

use proc_macro2::TokenStream;
use quote::quote;

use super::call::{self, command_method, without_answer};
use super::command::{self, command_type, with_fields};
use super::{lints, paths};
use crate::model::{Actor, Attributes, Command, Place};

/// The arm of `handle`, which keeps the command.
pub(super) fn kept_arm(actor: &Actor, command: &Command) -> TokenStream {
    let (name, variant) = (&actor.command, &command.variant);
    let (kept, context) = (&actor.names.command, &actor.names.context);
    let attributes = command.attributes.at(Place::Arm);
    let keep = without_answer(actor, command, &quote!(#context.keep_last(#kept)));
    quote!(#attributes #name::#variant { .. } => #keep)
}

/// `Actor::last`, if a command takes the state.
pub(super) fn last_method(actor: &Actor) -> Option<TokenStream> {
    let (command_type, name) = (command_type(actor), &actor.names.command);
    let (last, others): (Vec<&Command>, Vec<&Command>) =
        actor.commands.iter().partition(|command| command.is_last());
    let arms = last.iter().map(|command| {
        let attributes = command.attributes.at(Place::Arm);
        let pattern = with_fields(actor, command);
        let (reply, called) = (&actor.names.reply, command_method(actor, command));
        quote!(#attributes #pattern => #reply.send(#called))
    });
    let others_arm = others_arm(actor, &others);
    (!last.is_empty()).then(|| {
        quote! {
            async fn last(self, #name: #command_type) {
                match #name {
                    #(#arms,)*
                    #others_arm
                }
            }
        }
    })
}

/// The arm for the commands that were handled before the end, if the enum has any.
fn others_arm(actor: &Actor, others: &[&Command]) -> Option<TokenStream> {
    let attributes: Vec<&Attributes> = others.iter().map(|command| &command.attributes).collect();
    if attributes.is_empty() {
        return command::never_arm(actor);
    }
    let allow_unreachable = lints::allow_unreachable(&attributes);
    Some(quote!(#allow_unreachable _ => {}))
}

/// `SendActor::last_send`, if a command takes the state.
pub(super) fn last_send_method(actor: &Actor) -> Option<TokenStream> {
    if !actor.has_last() {
        return None;
    }
    let public = paths::public(actor);
    let (command_type, name) = (command_type(actor), &actor.names.command);
    let sent_last = call::sent_run(actor, &quote!(#public::Actor::last(self, #name)));
    Some(quote! {
        fn last_send(
            self,
            #name: #command_type,
        ) -> impl ::core::future::Future<Output = ()> + ::core::marker::Send {
            #sent_last
        }
    })
}
