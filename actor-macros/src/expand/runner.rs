//! `impl Actor for Cache` and `impl SendActor for Cache`: the settings, `handle`, `publish` and `run_send`.

use proc_macro2::TokenStream;
use quote::{ToTokens as _, quote, quote_spanned};
use syn::Ident;

use super::call::{self, AnswerTime, answer_time, command_method, held_type, without_answer};
use super::command::{self, command_type, never_arm};
use super::{around, batch, bounds, last, lints, parameters, paths, places, run};
use crate::model::{
    AbsentCallers, Actor, Capacity, Command, Locality, Place, Reply, Shutdown, Watch,
};

pub(super) fn items(actor: &Actor) -> Vec<TokenStream> {
    let mut items = vec![impl_actor(actor)];
    if actor.locality == Locality::Anywhere {
        items.push(impl_send_actor(actor));
    }
    items
}

fn impl_actor(actor: &Actor) -> TokenStream {
    let public = paths::public(actor);
    let self_type = &actor.self_type;
    let generics = bounds::actor_generics(actor);
    let (impl_generics, ..) = generics.split_for_impl();
    let where_clause = bounds::actor_where(actor);
    let type_command = type_command(actor);
    let type_client = type_client(actor);
    let settings = settings(actor);
    let handle_methods = handle_methods(actor);
    let run_method = run::run_method(actor);
    let publish_method = publish_method(actor);
    let last_method = last::last_method(actor);
    let publish_initial_method = publish_initial_method(actor);
    let allow_deprecated = lints::allow_deprecated(actor);
    let allow_not_send = lints::allow_not_send(actor);
    let allow_repetition = lints::allow_repetition(actor);
    quote! {
        #[automatically_derived]
        #allow_deprecated
        #allow_not_send
        #allow_repetition
        impl #impl_generics #public::Actor for #self_type #where_clause {
            #type_command
            #type_client

            #settings

            #handle_methods

            #run_method

            #publish_method

            #last_method

            #publish_initial_method
        }
    }
}

fn type_command(actor: &Actor) -> TokenStream {
    associated_type("Command", &command_type(actor), actor)
}

fn type_client(actor: &Actor) -> TokenStream {
    let client = &actor.client;
    let (_, type_generics, _) = parameters::split(&actor.message_generics);
    associated_type("Client", &quote!(#client #type_generics), actor)
}

/// An associated type, with the span of the visibility of the enum and the client. rustc refuses a type that is less
/// visible than the actor, and then shows the error there.
fn associated_type(name: &str, ty: &TokenStream, actor: &Actor) -> TokenStream {
    let (start, end) = places::generated_edges(&actor.visibility);
    let name = Ident::new(name, end);
    let semicolon = quote_spanned!(end=> ;);
    quote_spanned!(start=> type #name = #ty #semicolon)
}

/// The constants of the `Actor` trait that differ from their defaults.
fn settings(actor: &Actor) -> TokenStream {
    let capacity = capacity_setting(actor);
    let shutdown = shutdown_setting(actor);
    let deadline = actor.deadline.as_ref().map(|deadline| {
        quote! {
            const DEADLINE: ::core::option::Option<::core::time::Duration> =
                ::core::option::Option::Some(#deadline);
        }
    });
    let detached = actor.is_detached().then(|| {
        quote! {
            const DETACHED: bool = true;
        }
    });
    let start_can_fail = actor.start_can_fail().then(|| {
        quote! {
            const START_CAN_FAIL: bool = true;
        }
    });
    let needs_timer = needs_timer_setting(actor);
    let has_last = actor.has_last().then(|| {
        quote! {
            const HAS_LAST: bool = true;
        }
    });
    quote!(#capacity #shutdown #deadline #detached #start_can_fail #needs_timer #has_last)
}

/// The constant that says whether the loop needs a timer.
fn needs_timer_setting(actor: &Actor) -> Option<TokenStream> {
    let attributes = actor.timed().map(|source| &source.attributes);
    let value = command::is_any_there(attributes)?;
    Some(quote! {
        const NEEDS_TIMER: bool = #value;
    })
}

fn capacity_setting(actor: &Actor) -> Option<TokenStream> {
    let private = paths::private(actor);
    let capacity = match &actor.capacity {
        Capacity::Default => return None,
        Capacity::Bounded(capacity) => capacity.to_token_stream(),
        Capacity::Unbounded => quote!(#private::UNBOUNDED),
    };
    Some(quote! {
        const CAPACITY: usize = #capacity;
    })
}

fn shutdown_setting(actor: &Actor) -> Option<TokenStream> {
    let public = paths::public(actor);
    let shutdown = match actor.shutdown? {
        Shutdown::Stop => quote!(Stop),
        Shutdown::Drain => quote!(Drain),
    };
    Some(quote! {
        const SHUTDOWN: #public::Shutdown = #public::Shutdown::#shutdown;
    })
}

/// `async fn handle`, and `fn handle_now` with the arms of synchronous methods if calls may run in place.
fn handle_methods(actor: &Actor) -> TokenStream {
    let lends = actor.lends();
    let (now, later): (Vec<&Command>, Vec<&Command>) = actor
        .commands
        .iter()
        .partition(|command| lends && command.is_immediate());
    let public = paths::public(actor);
    let (command, context) = (&actor.names.command, &actor.names.context);
    let handle_now = quote!(#public::Actor::handle_now(self, #command, #context));
    let handle_now_method = lends.then(|| {
        let others = later.iter().map(|command| ignored_arm(actor, command));
        let others: Vec<TokenStream> = others.collect();
        let body = handle_body(actor, &now, &others);
        handle_method(actor, &quote!(fn handle_now), &body)
    });
    let body = if now.is_empty() {
        handle_body(actor, &later, &[])
    } else if later.is_empty() {
        handle_now
    } else if actor.around_each().next().is_some() {
        // The methods around the others are called there.
        let others = now.iter().map(|command| ignored_arm(actor, command));
        let others: Vec<TokenStream> = others.collect();
        let body = handle_body(actor, &later, &others);
        quote! {
            if #public::Command::is_immediate(&#command) {
                return #handle_now;
            }
            #body
        }
    } else {
        let others = if actor.holds_answers() {
            quote!(#command => return #handle_now)
        } else {
            quote!(#command => #handle_now)
        };
        handle_body(actor, &later, &[others])
    };
    let handle_method = handle_method(actor, &quote!(async fn handle), &body);
    quote!(#handle_now_method #handle_method)
}

fn handle_method(actor: &Actor, start: &TokenStream, body: &TokenStream) -> TokenStream {
    let public = paths::public(actor);
    let command_type = command_type(actor);
    let (command, context) = (&actor.names.command, &actor.names.context);
    let context_parameter = if actor.uses_context() || actor.lends() {
        context
    } else {
        &actor.names.unused_context
    };
    let allow_unreachable = lints::allow_unreachable_code(actor);
    quote! {
        #allow_unreachable
        #start(
            &mut self,
            #command: #command_type,
            #context_parameter: &mut #public::Context<Self>,
        ) {
            #body
        }
    }
}

/// The `match` with the arms of these `commands` and the arms for all others, between the methods around each command,
/// and the code that publishes after it.
fn handle_body(actor: &Actor, commands: &[&Command], others: &[TokenStream]) -> TokenStream {
    let public = paths::public(actor);
    let (command, context) = (&actor.names.command, &actor.names.context);
    let arms = commands.iter().map(|command| command_arm(actor, command));
    let never_arm = never_arm(actor);
    let before = around::before(actor);
    let matched = quote! {
        match #command {
            #(#arms,)*
            #(#others,)*
            #never_arm
        }
    };
    let mut answer_times = commands.iter().map(|command| answer_time(actor, command));
    if !answer_times.any(|time| matches!(time, AnswerTime::Later)) {
        return quote!(#before #matched);
    }
    let (held_type, held) = (held_type(actor), &actor.names.held);
    let after = around::after(actor);
    let publish = actor
        .publishes_after_commands()
        .then(|| quote!(#public::Actor::publish(self, #context);));
    quote! {
        #before
        let #held: #held_type = #matched;
        #after
        #publish
        #held.send();
    }
}

/// The arm of a command that the method does not handle.
fn ignored_arm(actor: &Actor, command: &Command) -> TokenStream {
    let (name, variant) = (&actor.command, &command.variant);
    let attributes = command.attributes.at(Place::Arm);
    quote!(#attributes #name::#variant { .. } => return)
}

fn command_arm(actor: &Actor, command: &Command) -> TokenStream {
    let attributes = command.attributes.at(Place::Arm);
    let skip_arm = skip_arm(actor, command);
    let pattern = command::with_fields(actor, command);
    let handled = match &command.batch {
        _ if command.is_last() => return last::kept_arm(actor, command),
        Some(limit) => batch::handle(actor, command, limit),
        None => handle(actor, command),
    };
    quote!(#skip_arm #attributes #pattern => #handled)
}

/// The arm that skips a call whose caller has gone, if the command has `skip_cancelled`.
fn skip_arm(actor: &Actor, command: &Command) -> Option<TokenStream> {
    let (name, variant) = (&actor.command, &command.variant);
    let (reply, context) = (&actor.names.reply, &actor.names.context);
    let skipped = &actor.names.command;
    let attributes = command.attributes.at(Place::Arm);
    (command.absent_callers == AbsentCallers::Skipped).then(|| {
        let skip = without_answer(actor, command, &quote!(#context.skip(#skipped)));
        quote! {
            #attributes
            #name::#variant { ref #reply, .. } if #reply.is_closed() => #skip,
        }
    })
}

/// Calls the method. An answer is sent in the arm, or held until the code after the `match` has published the values.
fn handle(actor: &Actor, command: &Command) -> TokenStream {
    let reply = &actor.names.reply;
    let called = command_method(actor, command);
    let is_answered = matches!(command.reply, Reply::Done | Reply::Value(_));
    match (is_answered, answer_time(actor, command)) {
        (true, AnswerTime::InArm) => quote!(#reply.send(#called)),
        (true, AnswerTime::BeforeReturn) => quote!(return #reply.send(#called)),
        (true, AnswerTime::Later) if actor.sends_held_answers() => {
            quote!(#reply.hold_sent(#called))
        }
        (true, AnswerTime::Later) => quote!(#reply.hold(#called)),
        (false, AnswerTime::InArm) => called,
        (false, AnswerTime::BeforeReturn) => quote!(return #called),
        (false, AnswerTime::Later) => {
            let held_type = held_type(actor);
            quote!({
                #called;
                #held_type::nothing()
            })
        }
    }
}

/// `fn publish`, which publishes the values of the `#[watch]` methods, if the actor has such methods.
fn publish_method(actor: &Actor) -> Option<TokenStream> {
    let public = paths::public(actor);
    let (context, latest) = (&actor.names.context, &actor.names.latest);
    let published = actor.watches.iter().map(|watch| {
        let (cfg, method) = (watch.attributes.at(Place::Argument), &watch.method);
        let (at, _) = places::generated_edges(&watch.ty);
        let public = paths::public_at(actor, at);
        let published = quote_spanned! {at=>
            #public::Latest::publish(&#latest.#method, Self::#method(self))
        };
        quote!(#cfg #published;)
    });
    (!actor.watches.is_empty()).then(|| {
        quote! {
            fn publish(&self, #context: &#public::Context<Self>) {
                let #latest = #context.latest();
                #(#published)*
            }
        }
    })
}

/// `fn publish_initial`, which publishes the values that there are before a state, if there are any.
fn publish_initial_method(actor: &Actor) -> Option<TokenStream> {
    let public = paths::public(actor);
    let (inbox, latest) = (&actor.names.inbox, &actor.names.latest);
    let published = actor.watches.iter().filter_map(|watch| {
        let Watch { method, ty, .. } = watch;
        let (cfg, initial) = (watch.attributes.at(Place::Argument), &watch.initial);
        let initial = initial.as_ref()?;
        let (at, _) = places::generated_edges(ty);
        let public = paths::public_at(actor, at);
        let published = quote_spanned!(at=> #public::Latest::<#ty>::publish);
        Some(quote!(#cfg #published(&#latest.#method, #initial);))
    });
    let published: Vec<_> = published.collect();
    let command_type = command_type(actor);
    (!published.is_empty()).then(|| {
        quote! {
            fn publish_initial(#inbox: &#public::Inbox<#command_type>) {
                let #latest = #inbox.latest();
                #(#published)*
            }
        }
    })
}

fn impl_send_actor(actor: &Actor) -> TokenStream {
    let public = paths::public(actor);
    let self_type = &actor.self_type;
    let (inbox, context) = (&actor.names.inbox, &actor.names.context);
    let generics = bounds::actor_generics(actor);
    let (impl_generics, ..) = generics.split_for_impl();
    let where_clause = bounds::send_actor_where(actor);
    let assertions = bounds::assertions(actor);
    let sent_run = call::sent_run(actor, &quote!(#public::Actor::run(self, #inbox, #context)));
    let last_send_method = last::last_send_method(actor);
    let command_type = command_type(actor);
    let allow_deprecated = lints::allow_deprecated(actor);
    let allow_repetition = lints::allow_repetition(actor);
    quote! {
        #[automatically_derived]
        #allow_deprecated
        #allow_repetition
        impl #impl_generics #public::SendActor for #self_type #where_clause {
            fn run_send(
                self,
                #inbox: &mut #public::Inbox<#command_type>,
                #context: &mut #public::Context<Self>,
            ) -> impl ::core::future::Future<Output = Self> + ::core::marker::Send {
                #assertions
                #sent_run
            }

            #last_send_method
        }
    }
}
