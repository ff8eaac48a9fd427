//! The sources of a loop: how each is set up, polled, and what is done with what it gives.

use proc_macro2::{Literal, Span, TokenStream};
use quote::{ToTokens as _, quote, quote_spanned};
use syn::{Expr, Ident};

use super::paths;
use super::run::{called, itself, name, published};
use crate::model::{Actor, FirstTick, Locality, Place, Source, SourceKind};

/// The enum of what the sources give, with a parameter for the type of each output.
pub(super) fn source_type(actor: &Actor) -> Option<TokenStream> {
    let name = &actor.names.source_type;
    let with_output = actor
        .sources
        .iter()
        .filter(|source| source.call.takes_output());
    let parameters = with_output.map(|source| {
        let (cfg, output) = (source.attributes.at(Place::Argument), &source.output_type);
        quote!(#cfg #output)
    });
    let parameters: Vec<TokenStream> = parameters.collect();
    let parameters = (!parameters.is_empty()).then(|| quote!(<#(#parameters),*>));
    let variants = actor.sources.iter().map(|source| {
        let (cfg, variant) = (source.attributes.at(Place::Argument), &source.variant);
        let output = &source.output_type;
        let output = source.call.takes_output().then(|| quote!((#output)));
        quote!(#cfg #variant #output)
    });
    let never = &actor.names.never_variant;
    let never = all_may_be_absent(actor).then(|| quote!(#never(::core::convert::Infallible)));
    let variants = variants.chain(never);
    (!actor.sources.is_empty()).then(|| {
        quote! {
            enum #name #parameters {
                #(#variants,)*
            }
        }
    })
}

/// What the loop waits for, as far as that lasts.
pub(super) fn set_up(actor: &Actor, source: &Source) -> Option<TokenStream> {
    let (inbox, turns) = (&actor.names.inbox, &actor.names.turns);
    let condition = source.attributes.at(Place::Argument);
    let (name, local) = (name(&source.call), &source.local);
    let entered = entered(actor, source);
    let itself = itself(actor, Span::call_site());
    match &source.kind {
        SourceKind::Every { period, first } => {
            let every = match first {
                FirstTick::AfterOnePeriod => quote!(every),
                FirstTick::AtOnce => quote!(every_from_now),
            };
            Some(quote! {
                #entered
                #condition
                let ::core::option::Option::Some(mut #local) = #inbox.#every(#name, #period) else {
                    return #itself;
                };
            })
        }
        SourceKind::Stream(stream) => {
            let stream = asserted(actor, stream, "assert_stream");
            Some(quote! {
                #entered
                #condition
                let mut #local = ::core::pin::pin!(#turns.stream(#stream));
            })
        }
        SourceKind::On(_) | SourceKind::OnIf { .. } => None,
    }
}

/// What makes a source may panic: then it is that of the method.
fn entered(actor: &Actor, source: &Source) -> TokenStream {
    let inbox = &actor.names.inbox;
    let cfg = source.attributes.at(Place::Argument);
    let name = name(&source.call);
    quote!(#cfg #inbox.enter(#name);)
}

/// What is waited for has to be `Send`, unless the actor is `local`; that is asked where it is written.
fn asserted(actor: &Actor, expression: &Expr, assertion: &str) -> TokenStream {
    let (start, end) = super::ends(expression);
    let [start, end] = [start, end].map(|at| Span::call_site().located_at(at));
    let private = paths::private_at(actor, start);
    let assertion = match actor.locality {
        Locality::Anywhere => Ident::new(assertion, end),
        Locality::Local => Ident::new(&format!("{assertion}_local"), end),
    };
    let arguments = quote_spanned!(end=> (#expression));
    quote_spanned!(start=> #private::#assertion #arguments)
}

pub(super) fn condition_of(source: &Source) -> Option<TokenStream> {
    let SourceKind::OnIf {
        condition, local, ..
    } = &source.kind
    else {
        return None;
    };
    let cfg = source.attributes.at(Place::Argument);
    Some(quote!(#cfg let #local: bool = #condition;))
}

pub(super) fn future(actor: &Actor, source: &Source) -> Option<TokenStream> {
    let (cfg, own) = (source.attributes.at(Place::Argument), &source.local);
    let future = match &source.kind {
        SourceKind::On(future) => asserted(actor, future, "assert_source"),
        SourceKind::OnIf { future, local, .. } => {
            let future = asserted(actor, future, "assert_source");
            quote! {
                if #local {
                    ::core::option::Option::Some(#future)
                } else {
                    ::core::option::Option::None
                }
            }
        }
        SourceKind::Every { .. } | SourceKind::Stream(_) => return None,
    };
    Some(quote!(#cfg let mut #own = ::core::pin::pin!(#future);))
}

/// The numbers of the sources, by which the loop tells them apart.
pub(super) fn numbers(actor: &Actor) -> TokenStream {
    let numbers = actor.sources.iter().enumerate().map(|(number, source)| {
        let (cfg, name) = (source.attributes.at(Place::Argument), &source.number);
        let number = Literal::usize_unsuffixed(number);
        quote!(#cfg const #name: usize = #number;)
    });
    quote!(#(#numbers)*)
}

/// The arms that poll each source, by its number.
pub(super) fn polls(actor: &Actor) -> TokenStream {
    let arms = actor.sources.iter().map(|source| {
        let (cfg, number) = (source.attributes.at(Place::Argument), &source.number);
        let poll = poll(actor, source);
        quote!(#cfg #number => #poll,)
    });
    let other = if all_may_be_absent(actor) {
        let (private, source_type) = (paths::private(actor), &actor.names.source_type);
        let never = &actor.names.never_variant;
        quote!(#private::poll_nothing(#source_type::#never))
    } else {
        quote!(::core::task::Poll::Pending)
    };
    quote!(#(#arms)* _ => #other,)
}

fn poll(actor: &Actor, source: &Source) -> TokenStream {
    let private = paths::private(actor);
    let (task, local, source_type) = (&actor.names.task, &source.local, &actor.names.source_type);
    let variant = &source.variant;
    let made = if source.call.takes_output() {
        quote!(#source_type::#variant)
    } else {
        quote!(|_| #source_type::#variant)
    };
    match &source.kind {
        SourceKind::Every { .. } => quote!(#private::poll_tick(&mut #local, #task, #made)),
        SourceKind::Stream(stream) => {
            let polled = polled(local, stream);
            quote!(#private::poll_item(#polled, #task, #made))
        }
        SourceKind::On(future) => {
            let polled = polled(local, future);
            quote!(#private::poll_output(#polled, #task, #made))
        }
        SourceKind::OnIf { future, .. } => {
            let polled = polled(local, future);
            quote!(#private::poll_output_if(#polled, #task, #made))
        }
    }
}

/// What is waited for, shown where it is written: that it can be polled is asked there already.
fn polled(local: &Ident, expression: &Expr) -> TokenStream {
    let (start, end) = super::ends(expression);
    let mut local = local.clone();
    local.set_span(local.span().located_at(start));
    let end = Span::call_site().located_at(end);
    let polled = quote_spanned!(end=> .as_mut());
    quote!(#local #polled)
}

/// What is done with what a source gave.
pub(super) fn arm(actor: &Actor, source: &Source) -> TokenStream {
    let private = paths::private(actor);
    let (output, source_type) = (&actor.names.output, &actor.names.source_type);
    let cfg = source.attributes.at(Place::Arm);
    let variant = &source.variant;
    let takes_output = source.call.takes_output();
    let taken = takes_output.then(|| quote!((#output)));
    let called = called(actor, &source.call, &output.to_token_stream());
    let published = published(actor, source.call.receiver);
    quote! {
        #cfg
        #private::Turn::Source(#source_type::#variant #taken) => {
            #called;
            #published
        }
    }
}

/// Whether there may be no source at all, which an enum of them has to be told.
pub(super) fn all_may_be_absent(actor: &Actor) -> bool {
    let mut sources = actor.sources.iter();
    sources.all(|source| source.attributes.is_conditional())
}
