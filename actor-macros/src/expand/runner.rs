//! `impl Actor for Cache`: the settings and the match; the loop is in `run.rs`.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens as _, quote, quote_spanned};

use syn::Ident;

use super::command::never_arm;
use super::{paths, run};
use crate::model::{
    AbsentCallers, Actor, Argument, Asyncness, Attributes, Capacity, Command, Conversion, Locality,
    Parameter, Place, Receiver, Referent, Reply, Shutdown, Watch,
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
    let (self_type, client) = (&actor.self_type, &actor.client);
    let command_type = command_type(actor);
    let (impl_generics, ..) = actor.generics.split_for_impl();
    let where_clause = super::actor_where(actor);
    let (_, message_generics, _) = actor.message_generics.split_for_impl();
    let type_command = type_named("Command", &command_type, actor);
    let type_client = type_named("Client", &quote!(#client #message_generics), actor);
    let settings = settings(actor);
    let handle = handle(actor);
    let run = run::run(actor);
    let publish = publish(actor);
    let allow_deprecated = super::allow_deprecated(actor);
    let allow_not_send = super::allow_not_send(actor);
    let allow_repetition = super::allow_repetition(actor);
    quote! {
        #[automatically_derived]
        #allow_deprecated
        #allow_not_send
        #allow_repetition
        impl #impl_generics #public::Actor for #self_type #where_clause {
            #type_command
            #type_client

            #settings

            #handle

            #run

            #publish
        }
    }
}

/// What is not as visible as the actor is refused by rustc at the visibility that made it so.
fn type_named(name: &str, ty: &TokenStream, actor: &Actor) -> TokenStream {
    let (start, end) = super::ends(&actor.visibility.to_token_stream());
    let [start, end] = [start, end].map(|at| Span::call_site().located_at(at));
    let name = Ident::new(name, end);
    let end = quote_spanned!(end=> ;);
    quote_spanned!(start=> type #name = #ty #end)
}

/// What differs from the defaults.
fn settings(actor: &Actor) -> TokenStream {
    let public = paths::public(actor);
    let private = paths::private(actor);
    let capacity = match &actor.capacity {
        Capacity::Default => None,
        Capacity::Bounded(capacity) => Some(capacity.to_token_stream()),
        Capacity::Unbounded => Some(quote!(#private::UNBOUNDED)),
    };
    let capacity = capacity.map(|capacity| quote!(const CAPACITY: usize = #capacity;));
    let shutdown = actor.shutdown.map(|shutdown| {
        let shutdown = match shutdown {
            Shutdown::Stop => quote!(Stop),
            Shutdown::Drain => quote!(Drain),
        };
        quote!(const SHUTDOWN: #public::Shutdown = #public::Shutdown::#shutdown;)
    });
    let deadline = actor.deadline.as_ref().map(|deadline| {
        quote! {
            const DEADLINE: ::core::option::Option<::core::time::Duration> =
                ::core::option::Option::Some(#deadline);
        }
    });
    let detached = actor.is_detached().then(|| {
        quote!(
            const DETACHED: bool = true;
        )
    });
    let starts = actor.start_can_fail().then(|| {
        quote!(
            const START_CAN_FAIL: bool = true;
        )
    });
    quote!(#capacity #shutdown #deadline #detached #starts)
}

/// Reads the published values, and tells of those that have changed.
fn publish(actor: &Actor) -> Option<TokenStream> {
    let public = paths::public(actor);
    let (context, latest) = (&actor.names.context, &actor.names.latest);
    let watches = actor.watches.iter().map(|watch| {
        let Watch { method, ty, .. } = watch;
        let condition = watch.attributes.at(Place::Argument);
        let at = Span::call_site().located_at(super::ends(ty).0);
        let published = quote_spanned!(at=> #latest.#method.publish(Self::#method(self)));
        quote!(#condition #published;)
    });
    (!actor.watches.is_empty()).then(|| {
        quote! {
            fn publish(&self, #context: &#public::Context<Self>) {
                let #latest = #context.latest();
                #(#watches)*
            }
        }
    })
}

fn handle(actor: &Actor) -> TokenStream {
    let public = paths::public(actor);
    let (command, command_type) = (&actor.names.command, command_type(actor));
    let context = if actor.uses_context() {
        &actor.names.context
    } else {
        &actor.names.unused_context
    };
    let arms = actor.commands.iter().map(|command| arm(actor, command));
    let never = never_arm(actor);
    let matched = quote! {
        match #command {
            #(#arms,)*
            #never
        }
    };
    let body = if actor.publishes_after_commands() {
        let (private, held) = (paths::private(actor), &actor.names.held);
        let context = &actor.names.context;
        quote! {
            let #held: #private::Held = #matched;
            #public::Actor::publish(self, #context);
            #held.send();
        }
    } else {
        matched
    };
    quote! {
        async fn handle(
            &mut self,
            #command: #command_type,
            #context: &mut #public::Context<Self>,
        ) {
            #body
        }
    }
}

/// Not `Self::Command`, which in an actor that is an enum may be a variant.
pub(super) fn command_type(actor: &Actor) -> TokenStream {
    let name = &actor.command;
    let (_, message_generics, _) = actor.message_generics.split_for_impl();
    quote!(#name #message_generics)
}

fn arm(actor: &Actor, command: &Command) -> TokenStream {
    let attributes = command.attributes.at(Place::Arm);
    let skip = skip_arm(actor, command);
    let message = super::message(actor, command);
    let handled = match &command.batch {
        Some(limit) => super::batch::handled(actor, command, limit),
        None => handled(actor, command),
    };
    quote!(#skip #attributes #message => #handled)
}

/// The arm for a call whose caller has gone, if the method skips it.
fn skip_arm(actor: &Actor, command: &Command) -> Option<TokenStream> {
    let (name, variant) = (&actor.command, &command.variant);
    let (reply, context) = (&actor.names.reply, &actor.names.context);
    let skipped = &actor.names.command;
    let attributes = command.attributes.at(Place::Arm);
    let skip = match end_of_arm(actor, command) {
        EndOfArm::Match => quote!(#context.skip(#skipped)),
        EndOfArm::Return | EndOfArm::Held => quote!(return #context.skip(#skipped)),
    };
    (command.absent_callers == AbsentCallers::Skipped).then(|| {
        quote! {
            #attributes
            #name::#variant { ref #reply, .. } if #reply.is_closed() => #skip,
        }
    })
}

/// Calls the method and answers. Where values are published behind the `match`, the arm gives what is sent after that,
/// or returns if nothing can have changed.
fn handled(actor: &Actor, command: &Command) -> TokenStream {
    let reply = &actor.names.reply;
    let called = called(actor, command);
    let is_answered = matches!(command.reply, Reply::Done | Reply::Value(_));
    match (is_answered, end_of_arm(actor, command)) {
        (true, EndOfArm::Match) => quote!(#reply.send(#called)),
        (true, EndOfArm::Return) => quote!(return #reply.send(#called)),
        (true, EndOfArm::Held) => quote!(#reply.hold(#called)),
        (false, EndOfArm::Match) => called,
        (false, EndOfArm::Return) => quote!(return #called),
        (false, EndOfArm::Held) => {
            let private = paths::private(actor);
            quote!({
                #called;
                #private::Held::nothing()
            })
        }
    }
}

/// The end of an arm of `handle`.
pub(super) enum EndOfArm {
    /// Nothing comes behind the `match`.
    Match,
    /// Nothing of what comes behind the `match` is needed.
    Return,
    /// The arm gives the answer, which is sent behind the `match`.
    Held,
}

pub(super) fn end_of_arm(actor: &Actor, command: &Command) -> EndOfArm {
    if !actor.publishes_after_commands() {
        EndOfArm::Match
    } else if actor.publishes_after(command.receiver) {
        EndOfArm::Held
    } else {
        EndOfArm::Return
    }
}

/// What comes after a method of `borrowed` that may have changed a published value.
pub(super) fn published(
    actor: &Actor,
    receiver: Receiver,
    borrowed: &TokenStream,
) -> Option<TokenStream> {
    let public = paths::public(actor);
    let context = &actor.names.context;
    actor
        .publishes_after(receiver)
        .then(|| quote!(#public::Actor::publish(#borrowed, #context);))
}

/// The call of the user's method with the fields of its command.
fn called(actor: &Actor, command: &Command) -> TokenStream {
    let arguments = command.parameters.iter().map(|parameter| match parameter {
        Parameter::Argument(argument) => passed(argument),
        Parameter::Context(attributes) => passed_context(actor, attributes),
        Parameter::Reply => actor.names.reply.to_token_stream(),
    });
    let arguments = quote!(self, #(#arguments),*);
    call(actor, &command.method, command.asyncness, &arguments)
}

pub(super) fn passed_context(actor: &Actor, attributes: &Attributes) -> TokenStream {
    let (condition, context) = (attributes.at(Place::Argument), &actor.names.context);
    quote!(#condition #context)
}

/// The call of the user's method. What its future has to be is asked at its name.
pub(super) fn call(
    actor: &Actor,
    method: &Ident,
    asyncness: Asyncness,
    arguments: &TokenStream,
) -> TokenStream {
    let span = method.span();
    match (asyncness, actor.locality) {
        (Asyncness::Sync, _) => quote!(Self::#method(#arguments)),
        (Asyncness::Async, Locality::Local) => quote!(Self::#method(#arguments).await),
        (Asyncness::Async, Locality::Anywhere) => {
            let private = paths::private_at(actor, span);
            quote_spanned!(span=> #private::assert_send(Self::#method(#arguments)).await)
        }
    }
}

fn passed(argument: &Argument) -> TokenStream {
    let name = &argument.name;
    let passed = match argument.conversion {
        Conversion::Move | Conversion::Into | Conversion::AsRef | Conversion::Collect => {
            quote!(#name)
        }
        Conversion::Own(Referent::Sized | Referent::Known) => quote!(&#name),
        Conversion::Own(Referent::Unsized) => quote!(::core::borrow::Borrow::borrow(&#name)),
        Conversion::OwnOption(Referent::Sized) => quote!(#name.as_ref()),
        Conversion::OwnOption(Referent::Known) => quote!(#name.as_deref()),
        Conversion::OwnOption(Referent::Unsized) => {
            quote!(#name.as_ref().map(::core::borrow::Borrow::borrow))
        }
    };
    let condition = argument.attributes.at(Place::Argument);
    quote!(#condition #passed)
}

fn impl_send_actor(actor: &Actor) -> TokenStream {
    let public = paths::public(actor);
    let self_type = &actor.self_type;
    let (inbox, context) = (&actor.names.inbox, &actor.names.context);
    let (impl_generics, ..) = actor.generics.split_for_impl();
    let where_clause = super::send_actor_where(actor);
    let command_type = command_type(actor);
    let allow_deprecated = super::allow_deprecated(actor);
    let allow_repetition = super::allow_repetition(actor);
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
                #public::Actor::run(self, #inbox, #context)
            }
        }
    }
}
