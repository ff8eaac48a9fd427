//! The `#[before_each]` and `#[after_each]` methods, which run around each command.

use proc_macro2::TokenStream;
use quote::quote;

use super::call::{checked_result, method_around};
use crate::model::{Actor, Hook, Place};

/// Calls the methods before a command. If one fails, the command is refused.
pub(super) fn before(actor: &Actor) -> TokenStream {
    let (context, command) = (&actor.names.context, &actor.names.command);
    let refuse = quote!(return #context.refuse(#command););
    around(actor, &actor.before_each, &refuse)
}

/// Calls the methods after a command. If one fails, the answer that is held back is dropped.
pub(super) fn after(actor: &Actor) -> TokenStream {
    around(actor, &actor.after_each, &quote!(return;))
}

fn around(actor: &Actor, hooks: &[Hook], if_failed: &TokenStream) -> TokenStream {
    // An actor without commands handles none.
    let hooks = hooks.iter().filter(|_| !actor.commands.is_empty());
    let calls = hooks.map(|hook| {
        let cfg = hook.attributes.at(Place::Argument);
        let called = method_around(actor, &hook.call);
        let Some(ty) = &hook.call.result else {
            return quote!(#cfg #called;);
        };
        let (context, result) = (&actor.names.context, &actor.names.result);
        let failed = checked_result(context, "failed", result, ty);
        quote! {
            #cfg
            let #result = #called;
            #cfg
            if #failed {
                #if_failed
            }
        }
    });
    calls.collect()
}
