//! `impl Actor for Cache`: the match and the loop.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens as _, quote, quote_spanned};

use syn::Ident;

use super::command::never_arm;
use super::paths;
use crate::model::{
    Actor, Argument, Asyncness, Capacity, Command, Conversion, Locality, Parameter, Place, Referent,
};

pub(super) fn items(actor: &Actor) -> Vec<TokenStream> {
    let mut items = vec![impl_actor(actor)];
    if actor.locality == Locality::Anywhere {
        items.push(impl_send_actor(actor));
    }
    items
}

fn impl_actor(actor: &Actor) -> TokenStream {
    let private = paths::private(actor);
    let (self_type, client) = (&actor.self_type, &actor.client);
    let command_type = command_type(actor);
    let (impl_generics, ..) = actor.generics.split_for_impl();
    let where_clause = super::actor_where(actor);
    let (_, message_generics, _) = actor.message_generics.split_for_impl();
    let type_command = type_named("Command", &command_type, actor);
    let type_client = type_named("Client", &quote!(#client #message_generics), actor);
    let capacity = capacity(actor);
    let handle = handle(actor);
    let run = run(actor);
    let allow_deprecated = super::allow_deprecated(actor);
    let allow_not_send = super::allow_not_send(actor);
    let allow_repetition = super::allow_repetition(actor);
    quote! {
        #[automatically_derived]
        #allow_deprecated
        #allow_not_send
        #allow_repetition
        impl #impl_generics #private::Actor for #self_type #where_clause {
            #type_command
            #type_client

            #capacity

            #handle

            #run
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

fn capacity(actor: &Actor) -> Option<TokenStream> {
    let private = paths::private(actor);
    let capacity = match &actor.capacity {
        Capacity::Default => return None,
        Capacity::Bounded(capacity) => capacity.to_token_stream(),
        Capacity::Unbounded => quote!(#private::UNBOUNDED),
    };
    Some(quote!(const CAPACITY: usize = #capacity;))
}

fn handle(actor: &Actor) -> TokenStream {
    let private = paths::private(actor);
    let (command, command_type) = (&actor.names.command, command_type(actor));
    let context = if actor.uses_context() {
        &actor.names.context
    } else {
        &actor.names.unused_context
    };
    let arms = actor.commands.iter().map(|command| arm(actor, command));
    let never = never_arm(actor);
    quote! {
        async fn handle(
            &mut self,
            #command: #command_type,
            #context: &mut #private::Context<Self>,
        ) {
            match #command {
                #(#arms,)*
                #never
            }
        }
    }
}

/// Not `Self::Command`, which in an actor that is an enum may be a variant.
fn command_type(actor: &Actor) -> TokenStream {
    let name = &actor.command;
    let (_, message_generics, _) = actor.message_generics.split_for_impl();
    quote!(#name #message_generics)
}

fn arm(actor: &Actor, command: &Command) -> TokenStream {
    let attributes = command.attributes.at(Place::Arm);
    let message = super::message(actor, command);
    let called = called(actor, command);
    let handled = if command.replies() {
        let reply = &actor.names.reply;
        quote!(#reply.send(#called))
    } else {
        called
    };
    quote!(#attributes #message => #handled)
}

/// The call of the user's method. What its future has to be is asked at its name.
fn called(actor: &Actor, command: &Command) -> TokenStream {
    let method = &command.method;
    let span = method.span();
    let arguments = command.parameters.iter().map(|parameter| match parameter {
        Parameter::Argument(argument) => passed(argument),
        Parameter::Context(attributes) => {
            let condition = attributes.at(Place::Argument);
            let context = &actor.names.context;
            quote!(#condition #context)
        }
    });
    let arguments = quote!(self, #(#arguments),*);
    match (command.asyncness, actor.locality) {
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

fn run(actor: &Actor) -> TokenStream {
    let private = paths::private(actor);
    let (command, context, inbox) = (
        &actor.names.command,
        &actor.names.context,
        &actor.names.inbox,
    );
    let command_type = command_type(actor);
    if actor.may_hide_lifetimes() {
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
    quote! {
        async fn run(
            mut self,
            #inbox: &mut #private::Inbox<#command_type>,
            #context: &mut #private::Context<Self>,
        ) -> Self {
            loop {
                let ::core::option::Option::Some(#command) = #inbox.next().await else {
                    return self;
                };
                #private::Actor::handle(&mut self, #command, #context).await;
            }
        }
    }
}

fn impl_send_actor(actor: &Actor) -> TokenStream {
    let private = paths::private(actor);
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
        impl #impl_generics #private::SendActor for #self_type #where_clause {
            fn run_send(
                self,
                #inbox: &mut #private::Inbox<#command_type>,
                #context: &mut #private::Context<Self>,
            ) -> impl ::core::future::Future<Output = Self> + ::core::marker::Send {
                #private::Actor::run(self, #inbox, #context)
            }
        }
    }
}
