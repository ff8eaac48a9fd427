//! The loop of an actor, with what comes before and after it.

use proc_macro2::{Group, Literal, Span, TokenStream, TokenTree};
use quote::{ToTokens as _, quote, quote_spanned};
use syn::Ident;
use syn::ext::IdentExt as _;

use super::paths;
use super::runner::{call, command_type, passed_context};
use crate::model::{
    Actor, Call, CallParameter, FirstTick, Hook, Locality, Place, Receiver, Source, SourceKind,
};

pub(super) fn run(actor: &Actor) -> TokenStream {
    let private = paths::private(actor);
    let (context, inbox) = (&actor.names.context, &actor.names.inbox);
    let command_type = command_type(actor);
    let is_plain =
        actor.on_start.is_empty() && actor.sources.is_empty() && actor.on_stop.is_empty();
    if is_plain && actor.may_hide_lifetimes() {
        // When rustc looks whether a future is `Send`, all lifetimes in what it keeps are any, and not
        // the ones for which this is an actor: <https://github.com/rust-lang/rust/issues/110338>. The
        // runtime's loop knows the actor by a parameter.
        return quote! {
            fn run(
                self,
                #inbox: &mut #private::Inbox<#command_type>,
                #context: &mut #private::Context<Self>,
            ) -> impl ::core::future::Future<Output = Self> {
                #private::run(self, #inbox, #context)
            }
        };
    }
    let itself = itself(actor, Span::call_site());
    let source_type = source_type(actor);
    let start = start(actor);
    let turn = if actor.sources.is_empty() {
        command_turn(actor)
    } else {
        turn(actor)
    };
    let stop = stop(actor);
    quote! {
        async fn run(
            mut #itself,
            #inbox: &mut #private::Inbox<#command_type>,
            #context: &mut #private::Context<Self>,
        ) -> Self {
            #source_type
            #start
            loop {
                #turn
            }
            #stop
        }
    }
}

/// `self`, shown at `place`. In a `macro_rules!`, the user's can be another one than ours, and it is the
/// user's of which the sources say something.
fn itself(actor: &Actor, place: Span) -> Ident {
    let mut sources = actor.sources.iter();
    let place = match sources.next() {
        Some(source) => place.resolved_at(source.call.itself.span()),
        None => place,
    };
    Ident::new("self", place)
}

/// Before the first turn: the hooks, then the sources.
fn start(actor: &Actor) -> TokenStream {
    let private = paths::private(actor);
    let (inbox, turns) = (&actor.names.inbox, &actor.names.turns);
    let hooks = actor.on_start.iter().map(|hook| start_hook(actor, hook));
    let names = actor.sources.iter().map(|source| name(&source.call));
    let turns = (!actor.sources.is_empty())
        .then(|| quote!(let mut #turns = #private::Turns::new([#(#names),*]);));
    let sources = actor.sources.iter().map(|source| set_up(actor, source));
    let started = actor.starts().then(|| quote!(#inbox.started();));
    quote! {
        #(#hooks)*
        #turns
        #(#sources)*
        #started
    }
}

fn start_hook(actor: &Actor, hook: &Hook) -> TokenStream {
    let (inbox, started) = (&actor.names.inbox, &actor.names.started);
    let name = name(&hook.call);
    let condition = hook.attributes.at(Place::Argument);
    let called = called(actor, &hook.call, &TokenStream::new());
    let published = published(actor, hook.call.receiver);
    let Some(result) = &hook.result else {
        return quote! {
            #condition
            {
                #inbox.enter(#name);
                #called;
                #published
            }
        };
    };
    let (start, end) = super::ends(result);
    let [start, end] = [start, end].map(|at| Span::call_site().located_at(at));
    let arguments = quote_spanned!(end=> (#started));
    let fails = quote_spanned!(start=> #inbox.fails #arguments);
    let itself = itself(actor, Span::call_site());
    quote! {
        #condition
        {
            #inbox.enter(#name);
            let #started = #called;
            #published
            if #fails {
                return #itself;
            }
        }
    }
}

/// What the loop waits for, as far as that lasts.
fn set_up(actor: &Actor, source: &Source) -> Option<TokenStream> {
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
fn asserted(actor: &Actor, expression: &TokenStream, assertion: &str) -> TokenStream {
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

/// A turn of an actor that waits for nothing but commands.
fn command_turn(actor: &Actor) -> TokenStream {
    let private = paths::private(actor);
    let (inbox, command, context) = (
        &actor.names.inbox,
        &actor.names.command,
        &actor.names.context,
    );
    let (itself, end) = (itself(actor, Span::call_site()), end(actor));
    quote! {
        let ::core::option::Option::Some(#command) = #inbox.next().await else {
            #end;
        };
        #private::Actor::handle(&mut #itself, #command, #context).await;
    }
}

/// What leaves the loop.
fn end(actor: &Actor) -> TokenStream {
    let itself = itself(actor, Span::call_site());
    if actor.on_stop.is_empty() {
        quote!(return #itself)
    } else {
        quote!(break)
    }
}

/// A turn of an actor with sources: wait for all of them, then treat what came.
fn turn(actor: &Actor) -> TokenStream {
    let private = paths::private(actor);
    let (inbox, turns, turn) = (&actor.names.inbox, &actor.names.turns, &actor.names.turn);
    let (command, context) = (&actor.names.command, &actor.names.context);
    let (number, task) = (&actor.names.source, &actor.names.task);
    // Where it is shown that a stream borrows the state.
    let at = Span::call_site().located_at(actor.name.span());
    let itself = itself(actor, at);
    let receiver = quote_spanned!(at=> &mut #itself);
    let conditions = actor.sources.iter().map(condition_of);
    let futures = actor.sources.iter().map(|source| future(actor, source));
    let is_made =
        |source: &Source| matches!(source.kind, SourceKind::On(_) | SourceKind::OnIf { .. });
    // What makes a future may panic, and then no method is to blame.
    let leave = actor.sources.iter().any(is_made);
    let leave = leave.then(|| quote!(#inbox.leave();));
    let polls = polls(actor);
    let arms = actor.sources.iter().map(|source| arm(actor, source));
    let absent = all_may_be_absent(actor).then(|| {
        let source_type = &actor.names.source_type;
        let (variant, never) = (&actor.names.never_variant, &actor.names.never);
        quote!(#private::Turn::Source(#source_type::#variant(#never)) => match #never {},)
    });
    let end = end(actor);
    quote! {
        let #turn = {
            #leave
            #(#conditions)*
            #(#futures)*
            #turns.next(#inbox, |#number, #task| match #number {
                #polls
            })
            .await
        };
        match #turn {
            #private::Turn::Command(#command) => {
                #private::Actor::handle(#receiver, #command, #context).await;
            }
            #(#arms)*
            #absent
            #private::Turn::End => #end,
        }
    }
}

fn condition_of(source: &Source) -> Option<TokenStream> {
    let SourceKind::OnIf {
        condition, local, ..
    } = &source.kind
    else {
        return None;
    };
    let cfg = source.attributes.at(Place::Argument);
    Some(quote!(#cfg let #local: bool = #condition;))
}

fn future(actor: &Actor, source: &Source) -> Option<TokenStream> {
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

/// How each source is polled, by its number.
fn polls(actor: &Actor) -> TokenStream {
    let is_conditional = |source: &Source| source.attributes.is_conditional();
    let some_may_be_absent = actor.sources.iter().any(is_conditional);
    let last = actor.sources.len() - 1;
    let arms = actor.sources.iter().enumerate().map(|(number, source)| {
        let cfg = source.attributes.at(Place::Argument);
        let pattern = if number == last && !some_may_be_absent {
            quote!(_)
        } else {
            Literal::usize_unsuffixed(number).to_token_stream()
        };
        let poll = poll(actor, source);
        quote!(#cfg #pattern => #poll,)
    });
    let absent = if all_may_be_absent(actor) {
        let (private, source_type) = (paths::private(actor), &actor.names.source_type);
        let never = &actor.names.never_variant;
        Some(quote!(_ => #private::poll_nothing(#source_type::#never),))
    } else {
        some_may_be_absent.then(|| quote!(_ => ::core::task::Poll::Pending,))
    };
    quote!(#(#arms)* #absent)
}

/// Whether there may be no source at all, which an enum of them has to be told.
fn all_may_be_absent(actor: &Actor) -> bool {
    let mut sources = actor.sources.iter();
    sources.all(|source| source.attributes.is_conditional())
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
fn polled(local: &Ident, expression: &TokenStream) -> TokenStream {
    let (start, end) = super::ends(expression);
    let mut local = local.clone();
    local.set_span(local.span().located_at(start));
    let end = Span::call_site().located_at(end);
    let polled = quote_spanned!(end=> .as_mut());
    quote!(#local #polled)
}

/// What is done with what a source gave.
fn arm(actor: &Actor, source: &Source) -> TokenStream {
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

/// The enum of what the sources give, with a parameter for each output.
fn source_type(actor: &Actor) -> Option<TokenStream> {
    let name = &actor.names.source_type;
    let with_output = actor
        .sources
        .iter()
        .filter(|source| source.call.takes_output());
    let parameters = with_output.map(|source| {
        let (cfg, variant) = (source.attributes.at(Place::Argument), &source.variant);
        quote!(#cfg #variant)
    });
    let parameters: Vec<TokenStream> = parameters.collect();
    let parameters = (!parameters.is_empty()).then(|| quote!(<#(#parameters),*>));
    let variants = actor.sources.iter().map(|source| {
        let (cfg, variant) = (source.attributes.at(Place::Argument), &source.variant);
        let output = source.call.takes_output().then(|| quote!((#variant)));
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

/// After the last turn: the hooks.
fn stop(actor: &Actor) -> Option<TokenStream> {
    let inbox = &actor.names.inbox;
    let hooks = actor.on_stop.iter().map(|hook| {
        let name = name(&hook.call);
        let condition = hook.attributes.at(Place::Argument);
        let called = called(actor, &hook.call, &quote!(#inbox.stop_reason()));
        let published = published(actor, hook.call.receiver);
        quote! {
            #condition
            {
                #inbox.enter_stop(#name);
                #called;
                #published
                #inbox.leave();
            }
        }
    });
    let itself = itself(actor, Span::call_site());
    (!actor.on_stop.is_empty()).then(|| {
        quote! {
            #(#hooks)*
            #itself
        }
    })
}

/// The name of the method, for the exit.
fn name(call: &Call) -> String {
    call.method.unraw().to_string()
}

/// The call of the user's method, about `output`.
fn called(actor: &Actor, called: &Call, output: &TokenStream) -> TokenStream {
    let at = Span::call_site().located_at(called.method.span());
    let itself = itself(actor, at);
    let receiver = match called.receiver {
        Receiver::Reads => quote_spanned!(at=> &#itself),
        Receiver::Changes => quote_spanned!(at=> &mut #itself),
    };
    let arguments = called.parameters.iter().map(|parameter| match parameter {
        CallParameter::Output(ty) => shown_at(first_name(ty), output),
        CallParameter::Context(attributes) => passed_context(actor, attributes),
    });
    let arguments = quote!(#receiver, #(#arguments),*);
    call(actor, &called.method, called.asyncness, &arguments)
}

/// Where the first name of a type is, such as that of `Config` in `&Config`.
fn first_name(ty: &TokenStream) -> Span {
    let mut trees = ty.clone().into_iter();
    let name = trees.find(|tree| matches!(tree, TokenTree::Ident(name) if name != "mut"));
    name.map_or_else(|| super::ends(ty).0, |name| name.span())
}

/// The same tokens, which rustc shows at `place`.
fn shown_at(place: Span, tokens: &TokenStream) -> TokenStream {
    let shown = tokens.clone().into_iter().map(|mut tree| {
        if let TokenTree::Group(group) = &tree {
            tree = Group::new(group.delimiter(), shown_at(place, &group.stream())).into();
        }
        tree.set_span(tree.span().located_at(place));
        tree
    });
    shown.collect()
}

fn published(actor: &Actor, receiver: Receiver) -> Option<TokenStream> {
    let private = paths::private(actor);
    let (itself, context) = (itself(actor, Span::call_site()), &actor.names.context);
    actor
        .publishes_after(receiver)
        .then(|| quote!(#private::Actor::publish(&#itself, #context);))
}
