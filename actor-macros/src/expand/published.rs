//! What an actor lets others see besides its replies: events, and the latest values of `#[watch]` methods.

use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::ext::IdentExt as _;

use super::client::allow_name;
use super::command::{names, never_arm};
use super::{allowed_lints, paths};
use crate::model::{Actor, Event, Lane, Place, Watch};

/// Nothing for an actor that has commands and nothing else.
pub(super) fn items(actor: &Actor) -> Vec<TokenStream> {
    if actor.is_plain() {
        return Vec::new();
    }
    let impl_command = impl_command(actor);
    let mut items = Vec::new();
    if actor.watches.is_empty() {
        items.push(impl_command);
    } else {
        let definition = definition(actor);
        let impl_published = impl_published(actor);
        // A struct with a name, which nobody has to see.
        items.push(quote! {
            const _: () = {
                #definition
                #impl_published
                #impl_command
            };
        });
    }
    items.extend(actor.event.as_ref().map(|event| impl_emitter(actor, event)));
    items
}

/// The struct that holds the latest values, a field for each method.
fn definition(actor: &Actor) -> TokenStream {
    let private = paths::private(actor);
    let doc = format!(" The latest values of a [`{}`] actor.", actor.name);
    let allowed_lints = allowed_lints();
    let name = &actor.names.latest_type;
    let generics = &actor.watch_generics;
    let where_clause = &generics.where_clause;
    let fields = actor.watches.iter().map(|watch| {
        let Watch { method, ty, .. } = watch;
        let condition = watch.attributes.at(Place::Argument);
        let doc = format!(" What `{}` returned last.", method.unraw());
        quote!(#[doc = #doc] #condition pub #method: #private::Latest<#ty>)
    });
    let (absent, unnamed) = (&actor.names.absent, &actor.unwatched_parameters);
    let absent = (!unnamed.is_empty())
        .then(|| quote!(#absent: ::core::marker::PhantomData<fn() -> (#(*const #unnamed,)*)>,));
    quote! {
        #[doc = #doc]
        #allowed_lints
        pub struct #name #generics #where_clause {
            #(#fields,)*
            #absent
        }
    }
}

fn impl_published(actor: &Actor) -> TokenStream {
    let private = paths::private(actor);
    let name = &actor.names.latest_type;
    let (impl_generics, type_generics, where_clause) = actor.watch_generics.split_for_impl();
    let closed = actor.watches.iter().map(|watch| {
        let (condition, method) = (watch.attributes.at(Place::Argument), &watch.method);
        quote!(#condition #private::Published::close(&self.#method);)
    });
    quote! {
        #[automatically_derived]
        impl #impl_generics #private::Published for #name #type_generics #where_clause {
            fn close(&self) {
                #(#closed)*
            }
        }
    }
}

fn impl_command(actor: &Actor) -> TokenStream {
    let private = paths::private(actor);
    let name = &actor.command;
    let (impl_generics, type_generics, where_clause) = actor.message_generics.split_for_impl();
    let names = names(actor);
    let allow_deprecated = super::allow_deprecated(actor);
    let (type_events, events) = match &actor.event {
        Some(event) => events(actor, event),
        None => (
            quote!(
                type Events = ();
            ),
            quote!(()),
        ),
    };
    let (latest_type, latest) = latest(actor);
    let priority = actor.has_priority().then(|| {
        quote!(
            const PRIORITY: bool = true;
        )
    });
    let has_priority = has_priority(actor);
    let batches = actor.has_batches().then(|| {
        quote!(
            const BATCHES: bool = true;
        )
    });
    quote! {
        #[automatically_derived]
        #allow_deprecated
        impl #impl_generics #private::FullCommand for #name #type_generics #where_clause {
            #type_events
            type Latest = #latest_type;

            #priority
            #batches

            #names

            #has_priority

            fn publications() -> (Self::Events, Self::Latest) {
                (#events, #latest)
            }
        }
    }
}

/// Which commands have priority, if some do.
fn has_priority(actor: &Actor) -> Option<TokenStream> {
    let arms = actor.commands.iter().map(|command| {
        let attributes = command.attributes.at(Place::Arm);
        let variant = &command.variant;
        let has_priority = command.lane == Lane::Priority;
        quote!(#attributes Self::#variant { .. } => #has_priority)
    });
    let never = never_arm(actor);
    actor.has_priority().then(|| {
        quote! {
            fn has_priority(&self) -> bool {
                match *self {
                    #(#arms,)*
                    #never
                }
            }
        }
    })
}

fn events(actor: &Actor, event: &Event) -> (TokenStream, TokenStream) {
    let private = paths::private(actor);
    let ty = &event.ty;
    let (start, _) = super::ends(ty);
    let at = Span::call_site().located_at(start);
    let capacity = match &event.capacity {
        Some(capacity) => quote!(#capacity),
        None => quote!(#private::EVENTS),
    };
    (
        quote_spanned!(at=> type Events = #private::Events<#ty>;),
        quote!(#private::Events::new(#capacity)),
    )
}

fn latest(actor: &Actor) -> (TokenStream, TokenStream) {
    if actor.watches.is_empty() {
        return (quote!(()), quote!(()));
    }
    let private = paths::private(actor);
    let name = &actor.names.latest_type;
    let (_, type_generics, _) = actor.watch_generics.split_for_impl();
    let fields = actor.watches.iter().map(|watch| {
        let (condition, method) = (watch.attributes.at(Place::Argument), &watch.method);
        quote!(#condition #method: #private::Latest::new())
    });
    let absent = &actor.names.absent;
    let absent = (!actor.unwatched_parameters.is_empty())
        .then(|| quote!(#absent: ::core::marker::PhantomData));
    let fields = fields.chain(absent);
    (quote!(#name #type_generics), quote!(#name { #(#fields),* }))
}

fn impl_emitter(actor: &Actor, event: &Event) -> TokenStream {
    let private = paths::private(actor);
    let name = &actor.command;
    let (impl_generics, type_generics, where_clause) = actor.message_generics.split_for_impl();
    let ty = &event.ty;
    let (start, end) = super::ends(ty);
    let [start, end] = [start, end].map(|at| Span::call_site().located_at(at));
    let semicolon = quote_spanned!(end=> ;);
    let type_event = quote_spanned!(start=> type Event = #ty #semicolon);
    quote! {
        #[automatically_derived]
        impl #impl_generics #private::Emitter for #name #type_generics #where_clause {
            #type_event
        }
    }
}

/// The client's methods for a published value: to read it, and to follow it.
pub(super) fn watch_methods(actor: &Actor, watch: &Watch) -> TokenStream {
    let private = paths::private(actor);
    let Watch {
        visibility,
        method,
        ty,
        ..
    } = watch;
    let attributes = watch.attributes.at(Place::ClientMethod);
    let doc = (!watch.attributes.has_docs()).then(|| {
        let doc = format!(" What `{}::{}` returned last.", actor.name, method.unraw());
        quote!(#[doc = #doc])
    });
    let allow_name = allow_name(method);
    let condition = watch.attributes.at(Place::Argument);
    let sender = &actor.names.sender;
    // What the type has to be is asked there.
    let at = Span::call_site().located_at(super::ends(ty).0);
    let latest = quote_spanned!(at=> self.#sender.latest().#method);
    let get = quote_spanned!(at=> #latest.get());
    let watched = quote_spanned!(at=> #latest.watch());
    let follower = watch.follower.as_ref().map(|follower| {
        let doc = format!(
            " Follows [`{0}`](Self::{0}): its value now, and then after each change.",
            method.unraw()
        );
        quote! {
            #[doc = #doc]
            #condition
            #allow_name
            #visibility fn #follower(&self) -> #private::Watch<#ty> {
                #watched
            }
        }
    });
    quote! {
        #attributes
        #doc
        #allow_name
        #visibility fn #method(&self) -> #ty {
            #get
        }

        #follower
    }
}

/// The client's method for events.
pub(super) fn subscribe(actor: &Actor, event: &Event) -> Option<TokenStream> {
    let private = paths::private(actor);
    let (visibility, sender, ty) = (&actor.visibility, &actor.names.sender, &event.ty);
    let method = event.subscribe.as_ref()?;
    Some(quote! {
        /// The events of the actor from now on. It does not keep the actor alive.
        #visibility fn #method(&self) -> #private::Subscription<#ty> {
            self.#sender.subscribe()
        }
    })
}
