//! `Actor::run`: the loop of an actor, and the hooks before and after it.

use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};

use super::call::{
    checked_result, fallible_method, loop_method, name_of, own_loop, publish_after, state,
};
use super::command::command_type;
use super::{paths, places, sources};
use crate::model::{Actor, Hook, OwnLoop, Place, Receiver};

pub(super) fn run_method(actor: &Actor) -> TokenStream {
    let has_commands_only = actor.on_start.is_empty()
        && actor.own_loops.is_empty()
        && actor.sources.is_empty()
        && actor.on_stop.is_empty();
    if has_commands_only && actor.may_hide_lifetimes() {
        return run_in_runtime(actor);
    }
    let public = paths::public(actor);
    let (context, inbox) = (&actor.names.context, &actor.names.inbox);
    let command_type = command_type(actor);
    let state = state(actor, Span::call_site());
    let source_type = sources::source_type(actor);
    let start = start(actor);
    let turns = if let Some(own) = actor.own_loops.first() {
        run_own_loop(actor, own)
    } else if !actor.sources.is_empty() {
        source_loop(actor)
    } else if actor.lends() {
        lending_loop(actor)
    } else {
        command_loop(actor)
    };
    let stop = stop(actor);
    let mutability = changes_state(actor).then(|| quote!(mut));
    quote! {
        async fn run(
            #mutability #state,
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

/// Returns whether `run` changes the state itself, and not only where the state is lent.
fn changes_state(actor: &Actor) -> bool {
    let mut starts = actor.on_start.iter();
    !actor.lends()
        || !actor.own_loops.is_empty()
        || !actor.sources.is_empty()
        || !actor.on_stop.is_empty()
        || starts.any(|hook| hook.call.receiver == Receiver::Changes)
}

/// `run` that calls the loop of the runtime, which is generic over the actor.
///
/// When rustc checks whether a future is `Send`, it replaces each lifetime in it by an arbitrary one, for which
/// the type need not be an actor: <https://github.com/rust-lang/rust/issues/110338>.
fn run_in_runtime(actor: &Actor) -> TokenStream {
    let public = paths::public(actor);
    let private = paths::private(actor);
    let (context, inbox) = (&actor.names.context, &actor.names.inbox);
    let command_type = command_type(actor);
    let run = if actor.lends() {
        quote!(run_lending)
    } else {
        quote!(run)
    };
    quote! {
        fn run(
            self,
            #inbox: &mut #public::Inbox<#command_type>,
            #context: &mut #public::Context<Self>,
        ) -> impl ::core::future::Future<Output = Self> {
            #private::#run(self, #inbox, #context)
        }
    }
}

/// The code before the first turn: the hooks, then the sources.
fn start(actor: &Actor) -> TokenStream {
    let private = paths::private(actor);
    let (inbox, turns) = (&actor.names.inbox, &actor.names.turns);
    let hooks = actor.on_start.iter().map(|hook| start_hook(actor, hook));
    let numbers = sources::numbers(actor);
    let names = actor.sources.iter();
    let names = names.map(|source| name_of(&source.call.method));
    let turns = (!actor.sources.is_empty())
        .then(|| quote!(#numbers let #turns = &mut #private::Turns::new([#(#names),*]);));
    let sources = actor.sources.iter();
    let sources = sources.map(|source| sources::set_up(actor, source));
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
    let name = name_of(&hook.call.method);
    let cfg = hook.attributes.at(Place::Argument);
    let called = loop_method(actor, &hook.call, &TokenStream::new());
    let publish = publish_after(actor, &hook.call);
    let Some(result) = &hook.call.result else {
        return quote! {
            #cfg
            {
                #inbox.enter(#name);
                #called;
                #publish
            }
        };
    };
    let start_failed = checked_result(inbox, "start_failed", started, result);
    let state = state(actor, Span::call_site());
    quote! {
        #cfg
        {
            #inbox.enter(#name);
            let #started = #called;
            #publish
            if #start_failed {
                return #state;
            }
        }
    }
}

/// The user's own loop.
fn run_own_loop(actor: &Actor, own: &OwnLoop) -> TokenStream {
    let inbox = &actor.names.inbox;
    let state = state(actor, Span::call_site());
    let called = own_loop(actor, own);
    let returned = actor.on_stop.is_empty().then_some(&state);
    quote! {
        #state = #called;
        #inbox.loop_returned();
        #returned
    }
}

/// The loop of an actor that lends its state while it has nothing to do.
fn lending_loop(actor: &Actor) -> TokenStream {
    let public = paths::public(actor);
    let (inbox, context) = (&actor.names.inbox, &actor.names.context);
    let (command, lent, lent_actor) = (&actor.names.command, &actor.names.lent, &actor.names.actor);
    let state = state(actor, Span::call_site());
    let leave_loop = if actor.on_stop.is_empty() {
        quote!(#lent.into_state())
    } else {
        quote!(#state = #lent.into_state();)
    };
    // With `lent.next()`, a blanket trait with `next(&self)` would come first.
    quote! {
        let mut #lent = #inbox.lend(#state, #context);
        while let ::core::option::Option::Some(#command) = (&mut #lent).next().await {
            let (#lent_actor, #context) = (&mut #lent).parts();
            #public::Actor::handle(#lent_actor, #command, #context).await;
        }
        #leave_loop
    }
}

/// The loop of an actor that waits for nothing except commands.
fn command_loop(actor: &Actor) -> TokenStream {
    let public = paths::public(actor);
    let (inbox, context) = (&actor.names.inbox, &actor.names.context);
    let command = &actor.names.command;
    let state = state(actor, Span::call_site());
    let leave_loop = leave_loop(actor);
    // With `while let`, the future of `run` would keep the command twice, as the future of `handle` has it.
    quote! {
        loop {
            let ::core::option::Option::Some(#command) = #inbox.next().await else {
                #leave_loop;
            };
            #public::Actor::handle(&mut #state, #command, #context).await;
        }
    }
}

/// The loop of an actor with sources: it waits for all of them, then handles what came.
fn source_loop(actor: &Actor) -> TokenStream {
    let public = paths::public(actor);
    let private = paths::private(actor);
    let (turn, command, context) = (
        &actor.names.turn,
        &actor.names.command,
        &actor.names.context,
    );
    let next_turn = next_turn(actor);
    // A stream that borrows the state is shown at the actor's name.
    let at = places::generated_at(actor.name.span());
    let state = state(actor, at);
    let receiver = quote_spanned!(at=> &mut #state);
    let source_arms = actor.sources.iter();
    let source_arms = source_arms.map(|source| sources::source_arm(actor, source));
    let never_arm = sources::never_arm(actor);
    let leave_loop = leave_loop(actor);
    quote! {
        loop {
            let #turn = #next_turn;
            match #turn {
                #private::Turn::Command(#command) => {
                    #public::Actor::handle(#receiver, #command, #context).await;
                }
                #(#source_arms)*
                #never_arm
                #private::Turn::End => #leave_loop,
            }
        }
    }
}

/// The expression that waits for a command or a source.
fn next_turn(actor: &Actor) -> TokenStream {
    let (inbox, turns) = (&actor.names.inbox, &actor.names.turns);
    let (number, task) = (&actor.names.source, &actor.names.task);
    // An expression may panic, and then no method is to blame.
    let mut sources = actor.sources.iter();
    let leave = sources.any(sources::is_evaluated_each_turn);
    let leave = leave.then(|| quote!(#inbox.leave();));
    let before_futures = actor.sources.iter().map(sources::before_futures);
    let futures = actor.sources.iter();
    let futures = futures.map(|source| sources::future(actor, source));
    let poll_arms = sources::poll_arms(actor);
    quote! {
        {
            #leave
            #(#before_futures)*
            #(#futures)*
            #turns.next(#inbox, |#number, #task| match #number {
                #poll_arms
            })
            .await
        }
    }
}

/// The code after the last turn: the hooks, and the state.
fn stop(actor: &Actor) -> Option<TokenStream> {
    let public = paths::public(actor);
    let (inbox, context) = (&actor.names.inbox, &actor.names.context);
    let hooks = actor.on_stop.iter().map(|hook| {
        let name = name_of(&hook.call.method);
        let cfg = hook.attributes.at(Place::Argument);
        let reason = quote!(#public::Context::stop_reason(#context));
        let called = fallible_method(actor, &hook.call, &reason);
        quote! {
            #cfg
            {
                #inbox.enter_stop(#name);
                #called
                #inbox.leave();
            }
        }
    });
    let state = state(actor, Span::call_site());
    (!actor.on_stop.is_empty()).then(|| {
        quote! {
            #(#hooks)*
            #state
        }
    })
}

/// The expression that leaves the loop.
fn leave_loop(actor: &Actor) -> TokenStream {
    let state = state(actor, Span::call_site());
    if actor.on_stop.is_empty() {
        quote!(return #state)
    } else {
        quote!(break)
    }
}
