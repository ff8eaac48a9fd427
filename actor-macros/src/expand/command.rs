//! `enum CacheCommand`.

use proc_macro2::TokenStream;
use quote::quote;
use syn::ext::IdentExt as _;

use super::{allowed_lints, paths, published};
use crate::model::{Actor, Argument, Command, Lane, Place, Reply, in_words};

pub(super) fn items(actor: &Actor) -> Vec<TokenStream> {
    let impl_command = published::beside_latest(actor, impl_command(actor));
    let mut items = vec![definition(actor), impl_command, impl_debug(actor)];
    items.extend(published::impl_emitter(actor));
    items
}

fn definition(actor: &Actor) -> TokenStream {
    let doc = format!(" Commands for a [`{}`] actor.", actor.name);
    let allowed_lints = allowed_lints();
    let (visibility, name, generics) = (&actor.visibility, &actor.command, &actor.message_generics);
    let where_clause = &generics.where_clause;
    let variants = actor.commands.iter().map(|command| variant(actor, command));
    let never = never(actor);
    quote! {
        #[doc = #doc]
        #allowed_lints
        #visibility enum #name #generics #where_clause {
            #(#variants,)*
            #never
        }
    }
}

/// A variant that cannot be made, for the parameters that no other is sure to name.
fn never(actor: &Actor) -> Option<TokenStream> {
    let unnamed = &actor.unnamed_parameters;
    (!unnamed.is_empty()).then(|| {
        let name = &actor.names.never_variant;
        quote! {
            /// Cannot be made. It names the parameters that the others name only under a `cfg`.
            #[doc(hidden)]
            #name(
                ::core::convert::Infallible,
                ::core::marker::PhantomData<fn() -> (#(*const #unnamed,)*)>,
            ),
        }
    })
}

/// The arm for it in a `match`.
pub(super) fn never_arm(actor: &Actor) -> Option<TokenStream> {
    let (command, variant, never) = (
        &actor.command,
        &actor.names.never_variant,
        &actor.names.never,
    );
    (!actor.unnamed_parameters.is_empty())
        .then(|| quote!(#command::#variant(#never, _) => match #never {},))
}

fn variant(actor: &Actor, command: &Command) -> TokenStream {
    let attributes = super::documented(actor, command, Place::Variant);
    let name = &command.variant;
    let mut fields: Vec<TokenStream> = command.arguments().map(field).collect();
    fields.extend(reply_field(actor, command));
    let fields = (!fields.is_empty()).then(|| quote!({ #(#fields,)* }));
    quote!(#attributes #name #fields)
}

fn field(argument: &Argument) -> TokenStream {
    let Argument { name, carried, .. } = argument;
    let condition = argument.attributes.at(Place::Argument);
    let doc = format!(" The argument `{}`.", name.unraw());
    quote!(#[doc = #doc] #condition #name: #carried)
}

fn reply_field(actor: &Actor, command: &Command) -> Option<TokenStream> {
    let public = paths::public(actor);
    let name = &actor.names.reply;
    let ty = super::reply_type(&command.reply);
    let (doc, kind) = match command.reply {
        Reply::Stream(_) => (" Where the answers go.", quote!(ReplyStream)),
        _ => (" Where the answer goes.", quote!(Reply)),
    };
    command.replies().then(|| {
        quote! {
            #[doc = #doc]
            #name: #public::#kind<#ty>
        }
    })
}

fn impl_command(actor: &Actor) -> TokenStream {
    let public = paths::public(actor);
    let name = &actor.command;
    let (impl_generics, type_generics, where_clause) = actor.message_generics.split_for_impl();
    let published = published::types(actor);
    let facts = facts(actor);
    let names = names(actor);
    let has_priority = has_priority(actor);
    let allow_deprecated = super::allow_deprecated(actor);
    quote! {
        #[automatically_derived]
        #allow_deprecated
        impl #impl_generics #public::Command for #name #type_generics #where_clause {
            #published

            #facts

            #names

            #has_priority
        }
    }
}

/// The constants that differ from their defaults.
fn facts(actor: &Actor) -> TokenStream {
    let event_capacity = actor.event.iter().find_map(|event| event.capacity.as_ref());
    let event_capacity =
        event_capacity.map(|capacity| quote!(const EVENT_CAPACITY: usize = #capacity;));
    let has_priority = actor.has_priority().then(|| {
        quote!(
            const HAS_PRIORITY: bool = true;
        )
    });
    let has_batches = actor.has_batches().then(|| {
        quote!(
            const HAS_BATCHES: bool = true;
        )
    });
    quote!(#event_capacity #has_priority #has_batches)
}

/// Tells which commands have priority, if some do. A pattern cannot be under a `cfg`, so those that are come first.
fn has_priority(actor: &Actor) -> Option<TokenStream> {
    let commands = actor.commands.iter();
    let urgent = commands.filter(|command| command.lane == Lane::Priority);
    let (conditional, certain): (Vec<&Command>, Vec<&Command>) =
        urgent.partition(|command| command.attributes.is_conditional());
    let pattern = |command: &&Command| {
        let variant = &command.variant;
        quote!(Self::#variant { .. })
    };
    let conditional = conditional.iter().map(|command| {
        let (condition, pattern) = (command.attributes.at(Place::Argument), pattern(command));
        quote! {
            #condition
            if ::core::matches!(*self, #pattern) {
                return true;
            }
        }
    });
    let certain = if certain.is_empty() {
        quote!(false)
    } else {
        let patterns = certain.iter().map(pattern);
        quote!(::core::matches!(*self, #(#patterns)|*))
    };
    actor.has_priority().then(|| {
        quote! {
            fn has_priority(&self) -> bool {
                #(#conditional)*
                #certain
            }
        }
    })
}

/// What messages call the actor and the method.
fn names(actor: &Actor) -> TokenStream {
    let arms = actor.commands.iter().map(|command| {
        let attributes = command.attributes.at(Place::Arm);
        let (variant, method) = (&command.variant, command.method.unraw().to_string());
        quote!(#attributes Self::#variant { .. } => #method)
    });
    let never = never_arm(actor);
    let actor_in_words = in_words(&actor.name);
    quote! {
        const ACTOR: &'static str = #actor_in_words;
        fn name(&self) -> &'static str {
            match *self {
                #(#arms,)*
                #never
            }
        }
    }
}

/// Names the method, and keeps quiet about the arguments, which may be secret.
fn impl_debug(actor: &Actor) -> TokenStream {
    let public = paths::public(actor);
    let name = &actor.command;
    let formatter = &actor.names.formatter;
    let (impl_generics, type_generics, where_clause) = actor.message_generics.split_for_impl();
    quote! {
        #[automatically_derived]
        impl #impl_generics ::core::fmt::Debug for #name #type_generics #where_clause {
            fn fmt(&self, #formatter: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                #formatter.write_str(#public::Command::name(self))
            }
        }
    }
}
