//! What an actor lets others see besides its replies: events, and the latest values of `#[watch]` methods.

use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::ext::IdentExt as _;

use super::client::allow_name;
use super::{allowed_lints, paths};
use crate::model::{Actor, Event, Place, Watch};

/// The `impl_command` of the actor, beside the type of the latest values if there are any.
pub(super) fn beside_latest(actor: &Actor, impl_command: TokenStream) -> TokenStream {
    if actor.watches.is_empty() {
        return impl_command;
    }
    let definition = definition(actor);
    let impl_published = impl_published(actor);
    // A struct with a name, which nobody has to see.
    quote! {
        const _: () = {
            #definition
            #impl_published
            #impl_command
        };
    }
}

/// The struct that holds the latest values, a field for each method.
fn definition(actor: &Actor) -> TokenStream {
    let public = paths::public(actor);
    let doc = format!(" The latest values of a [`{}`] actor.", actor.name);
    let allowed_lints = allowed_lints();
    let name = &actor.names.latest_type;
    let generics = &actor.watch_generics;
    let where_clause = &generics.where_clause;
    let fields = actor.watches.iter().map(|watch| {
        let Watch { method, ty, .. } = watch;
        let condition = watch.attributes.at(Place::Argument);
        let doc = format!(" The value that `{}` returned last.", method.unraw());
        quote!(#[doc = #doc] #condition pub #method: #public::Latest<#ty>)
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
    let public = paths::public(actor);
    let private = paths::private(actor);
    let name = &actor.names.latest_type;
    let (impl_generics, type_generics, where_clause) = actor.watch_generics.split_for_impl();
    let opened = actor.watches.iter().map(|watch| {
        let (condition, method) = (watch.attributes.at(Place::Argument), &watch.method);
        quote!(#condition #method: #public::Latest::new())
    });
    let closed = actor.watches.iter().map(|watch| {
        let (condition, method) = (watch.attributes.at(Place::Argument), &watch.method);
        quote!(#condition #private::Published::close(&self.#method);)
    });
    let absent = &actor.names.absent;
    let absent = (!actor.unwatched_parameters.is_empty())
        .then(|| quote!(#absent: ::core::marker::PhantomData,));
    quote! {
        #[automatically_derived]
        impl #impl_generics #private::Published for #name #type_generics #where_clause {
            fn open(_: usize) -> Self {
                Self { #(#opened,)* #absent }
            }

            fn close(&self) {
                #(#closed)*
            }
        }
    }
}

/// The types of what the actor publishes.
pub(super) fn types(actor: &Actor) -> TokenStream {
    let events = match &actor.event {
        Some(event) => {
            let private = paths::private(actor);
            let ty = &event.ty;
            let (start, _) = super::ends(ty);
            let at = Span::call_site().located_at(start);
            quote_spanned!(at=> type Events = #private::Events<#ty>;)
        }
        None => quote!(
            type Events = ();
        ),
    };
    let latest = if actor.watches.is_empty() {
        quote!(())
    } else {
        let name = &actor.names.latest_type;
        let (_, type_generics, _) = actor.watch_generics.split_for_impl();
        quote!(#name #type_generics)
    };
    quote! {
        #events
        type Latest = #latest;
    }
}

pub(super) fn impl_emitter(actor: &Actor) -> Option<TokenStream> {
    let ty = &actor.event.as_ref()?.ty;
    let private = paths::private(actor);
    let name = &actor.command;
    let (impl_generics, type_generics, where_clause) = actor.message_generics.split_for_impl();
    let (start, end) = super::ends(ty);
    let [start, end] = [start, end].map(|at| Span::call_site().located_at(at));
    let semicolon = quote_spanned!(end=> ;);
    let type_event = quote_spanned!(start=> type Event = #ty #semicolon);
    Some(quote! {
        #[automatically_derived]
        impl #impl_generics #private::Emitter for #name #type_generics #where_clause {
            #type_event
        }
    })
}

/// The client's methods for a published value: to read it, and to follow it.
pub(super) fn watch_methods(actor: &Actor, watch: &Watch) -> TokenStream {
    let public = paths::public(actor);
    let Watch {
        visibility,
        method,
        ty,
        ..
    } = watch;
    let attributes = watch.attributes.at(Place::ClientMethod);
    let doc = (!watch.attributes.has_docs()).then(|| {
        let doc = format!(
            " Returns the value that `{}::{}` returned last.",
            actor.name,
            method.unraw()
        );
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
            " Follows [`{0}`](Self::{0}): yields its present value, then each change.",
            method.unraw()
        );
        quote! {
            #[doc = #doc]
            #condition
            #allow_name
            #visibility fn #follower(&self) -> #public::Watch<#ty> {
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
    let public = paths::public(actor);
    let (visibility, sender, ty) = (&actor.visibility, &actor.names.sender, &event.ty);
    let method = event.subscribe.as_ref()?;
    Some(quote! {
        /// Subscribes to the events from now on. A subscription does not keep the actor alive.
        #visibility fn #method(&self) -> #public::Subscription<#ty> {
            self.#sender.subscribe()
        }
    })
}
