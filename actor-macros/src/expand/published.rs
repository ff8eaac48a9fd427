//! The latest values of an actor, and the client's methods for latest values and events.

use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::ext::IdentExt as _;
use syn::{WherePredicate, parse_quote};

use super::{docs, lints, parameters, paths, places};
use crate::model::{Actor, Event, Place, Watch};

/// The struct that holds the latest values, if the actor has any, with a field for each method.
pub(super) fn latest_struct(actor: &Actor) -> Option<TokenStream> {
    if actor.watches.is_empty() {
        return None;
    }
    let definition = definition(actor);
    let impl_published = impl_published(actor);
    let impl_initialized = impl_initialized(actor);
    Some(quote!(#definition #impl_published #impl_initialized))
}

/// The type of the latest values.
pub(super) fn latest_type(actor: &Actor) -> TokenStream {
    if actor.watches.is_empty() {
        return quote!(());
    }
    let name = &actor.names.latest_type;
    let (_, type_generics, _) = parameters::split(&actor.watch_generics);
    quote!(#name #type_generics)
}

/// The client's methods for a latest value: one reads it, the other follows it.
pub(super) fn watch_methods(actor: &Actor, watch: &Watch) -> TokenStream {
    let Watch { method, ty, .. } = watch;
    let visibility = &watch.visibility;
    let docs = docs::of_watch(actor, method, &watch.attributes);
    let attributes = watch.attributes.at(Place::ClientMethod);
    let allow_name = lints::allow_name(method);
    // rustc shows an error about bounds on the type at the type.
    let (at, _) = places::generated_edges(ty);
    let public = paths::public_at(actor, at);
    let get = quote_spanned!(at=> #public::Latest::get(&(&self.0).latest().#method));
    let follower = follower(actor, watch);
    // A fake has no value until its test publishes one.
    let track_caller = watch.initial.is_none().then(|| quote!(#[track_caller]));
    quote! {
        #(#docs)*
        #attributes
        #allow_name
        #track_caller
        #visibility fn #method(&self) -> #ty {
            #get
        }

        #follower
    }
}

/// The client's method that follows a latest value.
fn follower(actor: &Actor, watch: &Watch) -> Option<TokenStream> {
    let name = watch.follower.as_ref()?;
    let public = paths::public(actor);
    let Watch { method, ty, .. } = watch;
    let visibility = &watch.visibility;
    let cfg = watch.attributes.at(Place::Argument);
    let read = method.unraw();
    let doc =
        format!(" Follows [`{read}`](Self::{read}): yields its present value, then each change.");
    let allow_name = lints::allow_name(method);
    let (at, _) = places::generated_edges(ty);
    let public_at_type = paths::public_at(actor, at);
    let watched = quote_spanned!(at=> #public_at_type::Latest::watch(&(&self.0).latest().#method));
    Some(quote! {
        #[doc = #doc]
        #cfg
        #allow_name
        #visibility fn #name(&self) -> #public::Watch<#ty> {
            #watched
        }
    })
}

/// The client's method for events.
pub(super) fn subscribe_method(actor: &Actor, event: &Event) -> Option<TokenStream> {
    let public = paths::public(actor);
    let (visibility, ty) = (&actor.visibility, &event.ty);
    let name = event.subscribe.as_ref()?;
    Some(quote! {
        /// Subscribes to the events that follow. A subscription does not keep the actor alive.
        #visibility fn #name(&self) -> #public::Subscription<#ty> {
            (&self.0).subscribe()
        }
    })
}

fn definition(actor: &Actor) -> TokenStream {
    let public = paths::public(actor);
    let doc = format!(" The latest values of a [`{}`] actor.", actor.name);
    let name = &actor.names.latest_type;
    let generics = &actor.watch_generics;
    let where_clause = &generics.where_clause;
    let fields = actor.watches.iter().map(|watch| {
        let Watch { method, ty, .. } = watch;
        let cfg = watch.attributes.at(Place::Argument);
        let doc = format!(" The value that `{}` returned last.", method.unraw());
        quote!(#[doc = #doc] #cfg pub #method: #public::Latest<#ty>)
    });
    let (absent, unnamed) = (&actor.names.absent, &actor.unwatched_parameters);
    let absent = (!unnamed.is_empty())
        .then(|| quote!(#absent: ::core::marker::PhantomData<fn() -> (#(*const #unnamed,)*)>,));
    quote! {
        #[doc = #doc]
        pub struct #name #generics #where_clause {
            #(#fields,)*
            #absent
        }
    }
}

/// The impl that lets clients be there before a state, if some values have an `initial`. For a value without one it has
/// a bound that does not hold, and is shown at the name of the method.
fn impl_initialized(actor: &Actor) -> Option<TokenStream> {
    let mut watches = actor.watches.iter();
    watches.clone().find(|watch| watch.initial.is_some())?;
    let missing = watches.find(|watch| watch.initial.is_none());
    let at = missing.map_or_else(Span::call_site, |watch| {
        places::generated_at(watch.method.span())
    });
    let private = paths::private_at(actor, at);
    let name = places::name_at(&actor.names.latest_type, at);
    let mut generics = actor.watch_generics.clone();
    if missing.is_some() {
        let bound: WherePredicate =
            parse_quote!(for<'actor> #private::NoInitial<'actor>: #private::Initialized);
        generics.make_where_clause().predicates.push(bound);
    }
    let (impl_generics, type_generics, where_clause) = parameters::split(&generics);
    Some(quote_spanned! {at=>
        #[automatically_derived]
        impl #impl_generics #private::Initialized for #name #type_generics #where_clause {}
    })
}

fn impl_published(actor: &Actor) -> TokenStream {
    let public = paths::public(actor);
    let private = paths::private(actor);
    let name = &actor.names.latest_type;
    let (impl_generics, type_generics, where_clause) = parameters::split(&actor.watch_generics);
    let opened = actor.watches.iter().map(|watch| {
        let (cfg, method) = (watch.attributes.at(Place::Argument), &watch.method);
        quote!(#cfg #method: #public::Latest::new())
    });
    let closed = actor.watches.iter().map(|watch| {
        let (cfg, method) = (watch.attributes.at(Place::Argument), &watch.method);
        quote!(#cfg #private::Published::close(&self.#method);)
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
