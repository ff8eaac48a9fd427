//! `impl RemoteCommand for CacheCommand`: the commands that other processes can send.

use std::collections::HashSet;

use proc_macro2::{TokenStream, TokenTree};
use quote::{ToTokens as _, quote};
use syn::Ident;
use syn::ext::IdentExt as _;

use super::call::name_of;
use super::command::{answer_type, never_arm};
use super::{bounds, interface, lints, paths};
use crate::model::{Actor, Argument, Command, Place, Reply};

pub(super) fn items(actor: &Actor) -> Vec<TokenStream> {
    let remote = actor.remote.iter();
    remote
        .map(|word| impl_remote_command(actor, word))
        .collect()
}

fn impl_remote_command(actor: &Actor, word: &Ident) -> TokenStream {
    let remote = paths::remote(actor, word);
    let name = &actor.command;
    let (impl_generics, type_generics, _) = actor.message_generics.split_for_impl();
    let where_clause = bounds::remote_where(actor, &portable_types(actor), word);
    let interface = interface::constant(actor);
    let write_method = write_method(actor, &remote);
    let read_method = read_method(actor, &remote);
    let allow_deprecated = lints::allow_deprecated(actor);
    quote! {
        #[automatically_derived]
        #allow_deprecated
        impl #impl_generics #remote::RemoteCommand for #name #type_generics #where_clause {
            #interface

            #write_method

            #read_method
        }
    }
}

/// Each type that is carried, once. A type under a `cfg` need not exist, so it is left out unless it depends on
/// parameters: then only a predicate can say that it is portable.
fn portable_types(actor: &Actor) -> Vec<TokenStream> {
    let mut seen = HashSet::new();
    let mut types = Vec::new();
    let commands = actor.commands.iter().filter(|command| command.is_carried());
    for command in commands {
        let is_sure = !command.attributes.is_conditional();
        let arguments = command.arguments().map(|argument| {
            let is_sure = is_sure && !argument.attributes.is_conditional();
            (argument.carried.clone(), is_sure)
        });
        let answer = (answer_type(&command.reply), is_sure);
        for (ty, is_sure) in arguments.chain([answer]) {
            let is_asked = is_sure || depends_on_parameters(actor, &ty);
            if is_asked && seen.insert(interface::written(ty.clone())) {
                types.push(ty);
            }
        }
    }
    types
}

fn depends_on_parameters(actor: &Actor, ty: &TokenStream) -> bool {
    let mut trees = ty.clone().into_iter();
    trees.any(|tree| match tree {
        TokenTree::Ident(name) => {
            let mut params = actor.message_generics.type_params();
            params.any(|param| param.ident == name)
        }
        TokenTree::Group(group) => depends_on_parameters(actor, &group.stream()),
        TokenTree::Punct(_) | TokenTree::Literal(_) => false,
    })
}

/// `fn write`, which takes a command apart.
fn write_method(actor: &Actor, remote: &TokenStream) -> TokenStream {
    let commands = actor.commands.iter();
    let arms = commands.map(|command| written_arm(actor, command, remote));
    let never_arm = never_arm(actor);
    quote! {
        fn write(self) -> #remote::Written {
            match self {
                #(#arms,)*
                #never_arm
            }
        }
    }
}

fn written_arm(actor: &Actor, command: &Command, remote: &TokenStream) -> TokenStream {
    let attributes = command.attributes.at(Place::Arm);
    let (variant, reply, method) = (
        &command.variant,
        &actor.names.reply,
        name_of(&command.method),
    );
    if !command.is_carried() {
        return quote!(#attributes Self::#variant { #reply, .. } => #remote::Written::private(#method, #reply));
    }
    let fields = command.arguments().map(|argument| {
        let (cfg, name) = (argument.attributes.at(Place::Argument), &argument.name);
        quote!(#cfg #name)
    });
    let fields = fields.chain([reply.to_token_stream()]);
    let with = |argument: &Argument| {
        let (name, wire_name) = (&argument.name, argument.name.unraw().to_string());
        quote!(.with(#wire_name, &#name))
    };
    let call = quote!(#remote::Written::call(#method, #reply));
    let mut arguments = command.arguments();
    let written = if arguments.any(|argument| argument.attributes.is_conditional()) {
        let written = &actor.names.written;
        let steps = command.arguments().map(|argument| {
            let (cfg, with) = (argument.attributes.at(Place::Argument), with(argument));
            quote!(#cfg let #written = #written #with;)
        });
        quote!({ let #written = #call; #(#steps)* #written })
    } else {
        let with = command.arguments().map(with);
        quote!(#call #(#with)*)
    };
    quote!(#attributes Self::#variant { #(#fields),* } => #written)
}

/// `fn read`, which makes a command of what came in.
fn read_method(actor: &Actor, remote: &TokenStream) -> TokenStream {
    let incoming = &actor.names.incoming;
    let commands = actor.commands.iter().filter(|command| command.is_carried());
    let arms = commands.map(|command| read_arm(actor, command));
    quote! {
        fn read(#incoming: #remote::Incoming<'_, Self>) -> #remote::Handling<'_> {
            match #incoming.method() {
                #(#arms,)*
                _ => #incoming.unknown(),
            }
        }
    }
}

fn read_arm(actor: &Actor, command: &Command) -> TokenStream {
    let attributes = command.attributes.at(Place::Arm);
    let (method, variant) = (name_of(&command.method), &command.variant);
    let names = &actor.names;
    let (incoming, reply) = (&names.incoming, &names.reply);
    let fields: Vec<TokenStream> = command
        .arguments()
        .map(|argument| {
            let (cfg, name) = (argument.attributes.at(Place::Argument), &argument.name);
            let (arguments, wire_name) = (&names.arguments, name.unraw().to_string());
            quote!(#cfg #name: #arguments.take(#wire_name)?)
        })
        .collect();
    let arguments = if fields.is_empty() {
        quote!(_)
    } else {
        names.arguments.to_token_stream()
    };
    let call = match command.reply {
        Reply::Deferred(_) => quote!(call_deferred),
        _ => quote!(call),
    };
    quote! {
        #attributes
        #method => #incoming.#call(|#arguments, #reply| {
            ::core::result::Result::Ok(Self::#variant { #(#fields,)* #reply })
        })
    }
}
