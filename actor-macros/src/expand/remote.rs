//! `impl RemoteCommand for CacheCommand`: the commands that other processes can send.

use std::collections::HashSet;

use proc_macro2::{TokenStream, TokenTree};
use quote::{ToTokens as _, quote};
use syn::Ident;
use syn::ext::IdentExt as _;

use super::bounds::CarriedTypes;
use super::call::name_of;
use super::command::{answer_type, never_arm};
use super::{bounds, interface, lints, parameters, paths};
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
    let (impl_generics, type_generics, _) = parameters::split(&actor.message_generics);
    let where_clause = bounds::remote_where(actor, &carried_types(actor), word);
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

/// The types that have to be portable, each once.
fn carried_types(actor: &Actor) -> CarriedTypes {
    let (mut seen, mut seen_parts) = (HashSet::new(), HashSet::new());
    let mut carried = CarriedTypes::default();
    let commands = actor.commands.iter().filter(|command| command.is_carried());
    for command in commands {
        let is_sure = !command.attributes.is_conditional();
        let arguments = command.arguments().map(|argument| {
            let is_sure = is_sure && !argument.attributes.is_conditional();
            (&argument.carried, Some(&argument.named), is_sure)
        });
        let answer = answer_type(&command.reply);
        let answer = [(&answer, command.reply.sent_type(), is_sure)];
        for (ty, named, is_sure) in arguments.chain(answer) {
            if is_sure && seen.insert(interface::written(ty.to_token_stream())) {
                carried.certain.push(ty.to_token_stream());
            } else if !is_sure {
                let projections = named.into_iter().flat_map(|named| &named.projections);
                let parts = projections
                    .cloned()
                    .chain(parameters_in(actor, &ty.to_token_stream()));
                let new = parts.filter(|part| seen_parts.insert(part.to_string()));
                carried.parts_of_others.extend(new);
            }
        }
    }
    carried
}

/// The parameters that stand for themselves in a type, and not in front of an associated type.
fn parameters_in(actor: &Actor, ty: &TokenStream) -> Vec<TokenStream> {
    let trees: Vec<TokenTree> = ty.clone().into_iter().collect();
    let mut found = Vec::new();
    for (position, tree) in trees.iter().enumerate() {
        match tree {
            TokenTree::Group(group) => found.extend(parameters_in(actor, &group.stream())),
            TokenTree::Ident(name) => {
                let mut params = actor.message_generics.type_params();
                let is_owner = matches!(trees.get(position + 1), Some(TokenTree::Punct(next)) if next.as_char() == ':');
                if params.any(|param| param.ident == *name) && !is_owner {
                    found.push(tree.to_token_stream());
                }
            }
            TokenTree::Punct(_) | TokenTree::Literal(_) => {}
        }
    }
    found
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
    // With `incoming.method()`, a blanket trait with `method(self)` would come first.
    quote! {
        fn read(#incoming: #remote::Incoming<'_, Self>) -> #remote::Handling<'_> {
            match (&#incoming).method() {
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
