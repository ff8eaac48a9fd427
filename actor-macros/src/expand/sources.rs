//! The sources of a loop: how each is set up, polled, and handled.

use proc_macro2::{Literal, Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::{Expr, Ident};

use super::call::{fallible_method, name_of, state};
use super::{lints, paths, places};
use crate::model::{Actor, FirstTick, Locality, OutputPattern, Place, Source, SourceKind};

/// The enum of the outputs of all sources, with a parameter for the type of each output.
pub(super) fn source_type(actor: &Actor) -> Option<TokenStream> {
    if actor.sources.is_empty() {
        return None;
    }
    let name = &actor.names.source_type;
    let sources = actor.sources.iter();
    let with_output = sources.filter(|source| source.call.takes_output());
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
    Some(quote! {
        enum #name #parameters {
            #(#variants,)*
        }
    })
}

/// The constants for the numbers by which the loop tells the sources apart.
pub(super) fn numbers(actor: &Actor) -> TokenStream {
    let numbers = actor.sources.iter().enumerate().map(|(number, source)| {
        let (cfg, name) = (source.attributes.at(Place::Argument), &source.number);
        let number = Literal::usize_unsuffixed(number);
        quote!(#cfg const #name: usize = #number;)
    });
    quote!(#(#numbers)*)
}

/// The timer or stream of a source that lasts as long as the loop.
pub(super) fn set_up(actor: &Actor, source: &Source) -> Option<TokenStream> {
    let (inbox, turns) = (&actor.names.inbox, &actor.names.turns);
    let cfg = source.attributes.at(Place::Argument);
    let (name, local) = (name_of(&source.call.method), &source.local);
    let set_up = match &source.kind {
        SourceKind::Every { period, first } => {
            let every = match first {
                FirstTick::AfterOnePeriod => quote!(every),
                FirstTick::AtOnce => quote!(every_from_now),
            };
            let state = state(actor, Span::call_site());
            quote! {
                let ::core::option::Option::Some(mut #local) = #inbox.#every(#name, #period) else {
                    return #state;
                };
            }
        }
        SourceKind::Stream(stream) => {
            let stream = checked(actor, stream, "assert_stream");
            let number = &source.number;
            quote!(let mut #local = ::core::pin::pin!(#turns.stream(#number, #stream));)
        }
        SourceKind::At(_) => {
            let number = &source.number;
            return Some(quote!(#cfg let mut #local = #turns.deadline(#number);));
        }
        SourceKind::On(_) | SourceKind::OnIf { .. } => {
            let misses = &source.pattern.as_ref()?.misses;
            let private = paths::private(actor);
            return Some(quote!(#cfg let mut #misses = #private::Misses::new();));
        }
    };
    // The expression of the source may panic. Then the source's method is to blame.
    Some(quote! {
        #cfg #inbox.set_up(#name);
        #cfg
        #set_up
    })
}

/// The statement about a source that comes before the futures of the turn, which may borrow the state: its condition
/// or its deadline is evaluated.
pub(super) fn before_futures(source: &Source) -> Option<TokenStream> {
    let cfg = source.attributes.at(Place::Argument);
    match &source.kind {
        SourceKind::At(deadline) => {
            let local = &source.local;
            Some(quote!(#cfg #local.set(#deadline);))
        }
        SourceKind::OnIf {
            condition, local, ..
        } => Some(quote!(#cfg let #local: bool = #condition;)),
        SourceKind::Every { .. } | SourceKind::Stream(_) | SourceKind::On(_) => None,
    }
}

/// The local with the future of a source, which is made each turn.
pub(super) fn future(actor: &Actor, source: &Source) -> Option<TokenStream> {
    let (cfg, local) = (source.attributes.at(Place::Argument), &source.local);
    let future = match &source.kind {
        SourceKind::On(future) => made_each_turn(actor, source, future),
        SourceKind::OnIf {
            future,
            local: condition,
            ..
        } => {
            let future = made_each_turn(actor, source, future);
            quote! {
                if #condition {
                    ::core::option::Option::Some(#future)
                } else {
                    ::core::option::Option::None
                }
            }
        }
        SourceKind::Every { .. } | SourceKind::Stream(_) | SourceKind::At(_) => return None,
    };
    Some(match source.pattern {
        None => quote!(#cfg let mut #local = ::core::pin::pin!(#future);),
        // For readers: no formatter looks into a macro.
        Some(_) => quote! {
            #cfg
            let #local = #future;
            #cfg
            let mut #local = ::core::pin::pin!(#local);
        },
    })
}

/// The future of a source: the user's, or one that waits for an output that matches the pattern.
fn made_each_turn(actor: &Actor, source: &Source, future: &Expr) -> TokenStream {
    let Some(OutputPattern { pattern, misses }) = &source.pattern else {
        return checked(actor, future, "assert_source");
    };
    // If two sources borrow one field, rustc shows the error at their futures.
    let (at, _) = places::edges(future);
    let checked = sent(actor, future, &future.to_token_stream());
    let future = called_at(actor, future, "future_of", &checked);
    let parts: Vec<&Ident> = source.call.parts().collect();
    let output = match &parts[..] {
        [] => quote!(()),
        [part] => sent(actor, pattern, &part.to_token_stream()),
        parts => sent(actor, pattern, &quote!((#(#parts),*))),
    };
    let allow_irrefutable_pattern = lints::allow_irrefutable_pattern();
    // In the edition of this crate, the block borrows single fields.
    quote_spanned! {Span::mixed_site().located_at(at)=>
        async {
            #misses.begin();
            loop {
                #allow_irrefutable_pattern
                if let #pattern = #future.await {
                    break #output;
                }
                #misses.miss().await;
            }
        }
    }
}

/// Returns whether the loop evaluates an expression of the source each turn.
pub(super) fn is_evaluated_each_turn(source: &Source) -> bool {
    matches!(
        source.kind,
        SourceKind::At(_) | SourceKind::On(_) | SourceKind::OnIf { .. }
    )
}

/// A stream or future that has to be `Send`, unless the actor is `local`. If it is not, rustc shows the error at the
/// expression.
fn checked(actor: &Actor, expression: &Expr, assertion: &str) -> TokenStream {
    let assertion = match actor.locality {
        Locality::Anywhere => assertion.to_owned(),
        Locality::Local => format!("{assertion}_local"),
    };
    called_at(actor, expression, &assertion, &expression.to_token_stream())
}

/// A value that has to be `Send`, unless the actor is `local`. If it is not, rustc shows the error at `place`.
fn sent(actor: &Actor, place: &impl ToTokens, value: &TokenStream) -> TokenStream {
    match actor.locality {
        Locality::Anywhere => called_at(actor, place, "sent", value),
        Locality::Local => value.clone(),
    }
}

/// A call of a function of the runtime, shown at `place`.
fn called_at(
    actor: &Actor,
    place: &impl ToTokens,
    function: &str,
    argument: &TokenStream,
) -> TokenStream {
    let (start, end) = places::generated_edges(place);
    let (private, function) = (paths::private_at(actor, start), Ident::new(function, end));
    let arguments = quote_spanned!(end=> (#argument));
    quote_spanned!(start=> #private::#function #arguments)
}

/// The arms that poll each source, by its number.
pub(super) fn poll_arms(actor: &Actor) -> TokenStream {
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
    let constructor = if source.call.takes_output() {
        quote!(#source_type::#variant)
    } else {
        quote!(|_| #source_type::#variant)
    };
    match &source.kind {
        SourceKind::Every { .. } => quote!(#private::poll_tick(&mut #local, #task, #constructor)),
        SourceKind::At(_) => quote!(#private::poll_deadline(&mut #local, #task, #constructor)),
        SourceKind::Stream(stream) => {
            let pinned = pinned(local, stream);
            quote!(#private::poll_item(#pinned, #task, #constructor))
        }
        SourceKind::On(future) => {
            let pinned = pinned(local, future);
            quote!(#private::poll_output(#pinned, #task, #constructor))
        }
        SourceKind::OnIf { future, .. } => {
            let pinned = pinned(local, future);
            quote!(#private::poll_output_if(#pinned, #task, #constructor))
        }
    }
}

/// The pinned stream or future, shown at its expression, where it was already checked that it can be polled.
fn pinned(local: &Ident, expression: &Expr) -> TokenStream {
    let (start, end) = places::generated_edges(expression);
    let local = places::name_at(local, start);
    let arguments = quote_spanned!(end=> (&mut #local));
    quote_spanned!(start=> ::core::pin::Pin::as_mut #arguments)
}

/// The arm of the loop that handles an output of the source.
pub(super) fn source_arm(actor: &Actor, source: &Source) -> TokenStream {
    let private = paths::private(actor);
    let (output, source_type) = (&actor.names.output, &actor.names.source_type);
    let cfg = source.attributes.at(Place::Arm);
    let variant = &source.variant;
    let takes_output = source.call.takes_output();
    let field = takes_output.then(|| quote!((#output)));
    let called = fallible_method(actor, &source.call, &output.to_token_stream());
    quote! {
        #cfg
        #private::Turn::Source(#source_type::#variant #field) => {
            #called
        }
    }
}

/// The arm of the loop for the variant that cannot be constructed, if there is one.
pub(super) fn never_arm(actor: &Actor) -> Option<TokenStream> {
    let private = paths::private(actor);
    let (source_type, names) = (&actor.names.source_type, &actor.names);
    let (variant, never) = (&names.never_variant, &names.never);
    all_may_be_absent(actor).then(|| {
        quote! {
            #private::Turn::Source(#source_type::#variant(#never)) => match #never {},
        }
    })
}

/// Returns whether each source is under a `cfg`. Then the enum needs a variant that is always there.
fn all_may_be_absent(actor: &Actor) -> bool {
    let mut sources = actor.sources.iter();
    sources.all(|source| source.attributes.is_conditional())
}
