//! The loop of an actor, with what comes before and after it.

use proc_macro2::{Group, Span, TokenStream, TokenTree};
use quote::{ToTokens as _, quote, quote_spanned};
use syn::ext::IdentExt as _;
use syn::{Ident, Type};

use super::runner::{call, command_type, passed_context};
use super::{paths, runner, sources};
use crate::model::{Actor, Hook, LoopMethod, LoopParameter, Place, Receiver, Source, SourceKind};

pub(super) fn run(actor: &Actor) -> TokenStream {
    let public = paths::public(actor);
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
                #inbox: &mut #public::Inbox<#command_type>,
                #context: &mut #public::Context<Self>,
            ) -> impl ::core::future::Future<Output = Self> {
                #private::run(self, #inbox, #context)
            }
        };
    }
    let itself = itself(actor, Span::call_site());
    let source_type = sources::source_type(actor);
    let start = start(actor);
    let turns = if actor.sources.is_empty() {
        command_loop(actor)
    } else {
        source_loop(actor)
    };
    let stop = stop(actor);
    quote! {
        async fn run(
            mut #itself,
            #inbox: &mut #public::Inbox<#command_type>,
            #context: &mut #public::Context<Self>,
        ) -> Self {
            #source_type
            #start
            #turns
            #stop
        }
    }
}

/// `self`, shown at `place`. In a `macro_rules!`, the user's can be another one than ours, and it is the
/// user's of which the sources say something.
pub(super) fn itself(actor: &Actor, place: Span) -> Ident {
    let mut sources = actor.sources.iter();
    let place = match sources.next() {
        Some(source) => place.resolved_at(source.call.self_ident.span()),
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
    let numbers = sources::numbers(actor);
    let turns = (!actor.sources.is_empty())
        .then(|| quote!(#numbers let mut #turns = #private::Turns::new([#(#names),*]);));
    let sources = actor
        .sources
        .iter()
        .map(|source| sources::set_up(actor, source));
    let started = actor.start_can_fail().then(|| quote!(#inbox.started();));
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
    let fails = quote_spanned!(start=> #inbox.start_failed #arguments);
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

/// The loop of an actor that waits for nothing but commands.
fn command_loop(actor: &Actor) -> TokenStream {
    let public = paths::public(actor);
    let (inbox, command, context) = (
        &actor.names.inbox,
        &actor.names.command,
        &actor.names.context,
    );
    let itself = itself(actor, Span::call_site());
    let end = end(actor);
    // Not `while let`, which keeps the command twice: beside the future of `handle` in the one of `run`.
    quote! {
        loop {
            let ::core::option::Option::Some(#command) = #inbox.next().await else {
                #end;
            };
            #public::Actor::handle(&mut #itself, #command, #context).await;
        }
    }
}

/// The loop of an actor with sources: it waits for all of them, then handles what came.
fn source_loop(actor: &Actor) -> TokenStream {
    let public = paths::public(actor);
    let private = paths::private(actor);
    let (inbox, turns, turn) = (&actor.names.inbox, &actor.names.turns, &actor.names.turn);
    let (command, context) = (&actor.names.command, &actor.names.context);
    let (number, task) = (&actor.names.source, &actor.names.task);
    // Where it is shown that a stream borrows the state.
    let at = Span::call_site().located_at(actor.name.span());
    let itself = itself(actor, at);
    let receiver = quote_spanned!(at=> &mut #itself);
    let conditions = actor.sources.iter().map(sources::condition_of);
    let futures = actor
        .sources
        .iter()
        .map(|source| sources::future(actor, source));
    let is_made =
        |source: &Source| matches!(source.kind, SourceKind::On(_) | SourceKind::OnIf { .. });
    // What makes a future may panic, and then no method is to blame.
    let leave = actor.sources.iter().any(is_made);
    let leave = leave.then(|| quote!(#inbox.leave();));
    let polls = sources::polls(actor);
    let arms = actor
        .sources
        .iter()
        .map(|source| sources::arm(actor, source));
    let absent = sources::all_may_be_absent(actor).then(|| {
        let source_type = &actor.names.source_type;
        let (variant, never) = (&actor.names.never_variant, &actor.names.never);
        quote!(#private::Turn::Source(#source_type::#variant(#never)) => match #never {},)
    });
    let end = end(actor);
    quote! {
        loop {
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
                #public::Actor::handle(#receiver, #command, #context).await;
            }
            #(#arms)*
            #absent
            #private::Turn::End => #end,
        }
        }
    }
}

/// After the last turn: the hooks.
fn stop(actor: &Actor) -> Option<TokenStream> {
    let (inbox, context) = (&actor.names.inbox, &actor.names.context);
    let hooks = actor.on_stop.iter().map(|hook| {
        let name = name(&hook.call);
        let condition = hook.attributes.at(Place::Argument);
        let called = called(actor, &hook.call, &quote!(#context.stop_reason()));
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

/// The statement that leaves the loop.
fn end(actor: &Actor) -> TokenStream {
    let itself = itself(actor, Span::call_site());
    if actor.on_stop.is_empty() {
        quote!(return #itself)
    } else {
        quote!(break)
    }
}

/// The name of the method, for the exit.
pub(super) fn name(call: &LoopMethod) -> String {
    call.method.unraw().to_string()
}

/// The call of the user's method, about `output`.
pub(super) fn called(actor: &Actor, called: &LoopMethod, output: &TokenStream) -> TokenStream {
    let at = Span::call_site().located_at(called.method.span());
    let itself = itself(actor, at);
    let receiver = match called.receiver {
        Receiver::Reads => quote_spanned!(at=> &#itself),
        Receiver::Changes => quote_spanned!(at=> &mut #itself),
    };
    let arguments = called.parameters.iter().map(|parameter| match parameter {
        LoopParameter::Output(ty) => shown_at(first_name(ty), output),
        LoopParameter::Context(attributes) => passed_context(actor, attributes),
    });
    let arguments = quote!(#receiver, #(#arguments),*);
    call(actor, &called.method, called.asyncness, &arguments)
}

/// Where the first name of a type is, such as that of `Config` in `&Config`.
fn first_name(ty: &Type) -> Span {
    let mut trees = ty.to_token_stream().into_iter();
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

/// After a method of the loop's own state.
pub(super) fn published(actor: &Actor, receiver: Receiver) -> Option<TokenStream> {
    let itself = itself(actor, Span::call_site());
    runner::published(actor, receiver, &quote!(&#itself))
}
