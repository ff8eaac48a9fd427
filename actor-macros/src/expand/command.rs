//! `enum CacheCommand`.

use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::ext::IdentExt as _;
use syn::{Ident, Visibility};

use super::call::name_of;
use super::{docs, lints, parameters, paths, places, published};
use crate::model::{
    Actor, Argument, Attributes, Command, Lane, Place, Reply, Trees, in_words, is_as_visible,
};

pub(super) fn items(actor: &Actor) -> Vec<TokenStream> {
    let mut items = vec![
        definition(actor),
        impl_command_with_latest(actor),
        impl_debug(actor),
    ];
    items.extend(impl_emitter(actor));
    items
}

/// The enum as a type. In an actor that is an enum, `Self::Command` may be a variant.
pub(super) fn command_type(actor: &Actor) -> TokenStream {
    let name = &actor.command;
    let (_, type_generics, _) = parameters::split(&actor.message_generics);
    quote!(#name #type_generics)
}

/// The command with its fields: an expression in the client, and a pattern in the loop.
pub(super) fn with_fields(actor: &Actor, command: &Command) -> TokenStream {
    let (name, variant) = (&actor.command, &command.variant);
    let arguments = command.arguments().map(|argument| {
        let cfg = argument.attributes.at(Place::Argument);
        (Some(cfg), &argument.name)
    });
    let reply = command.replies().then_some((None, &actor.names.reply));
    let (cfgs, fields): (Vec<_>, Vec<_>) = arguments.chain(reply).unzip();
    if fields.is_empty() {
        quote!(#name::#variant)
    } else {
        quote!(#name::#variant { #(#cfgs #fields),* })
    }
}

/// The type that the command's method answers with.
pub(super) fn answer_type(reply: &Reply) -> Trees {
    match reply {
        Reply::Accepted | Reply::Done => Trees::of(quote!(())),
        Reply::Value(ty) | Reply::Deferred(ty) | Reply::Stream(ty) => ty.named.tokens.clone(),
    }
}

fn definition(actor: &Actor) -> TokenStream {
    let doc = format!(" Commands for a [`{}`] actor.", actor.name);
    let (visibility, name, generics) = (&actor.visibility, &actor.command, &actor.message_generics);
    let where_clause = &generics.where_clause;
    let variants = actor.commands.iter().map(|command| variant(actor, command));
    let never_variant = never_variant(actor);
    // A library can add a command without breaking the fakes of its users.
    let non_exhaustive =
        matches!(visibility, Visibility::Public(_)).then(|| quote!(#[non_exhaustive]));
    quote! {
        #[doc = #doc]
        #non_exhaustive
        #visibility enum #name #generics #where_clause {
            #(#variants,)*
            #never_variant
        }
    }
}

fn variant(actor: &Actor, command: &Command) -> TokenStream {
    let is_shown = is_as_visible(&command.visibility, &actor.visibility);
    let hidden = (!is_shown).then(|| quote!(#[doc(hidden)]));
    let docs = docs::of_variant(actor, command);
    let attributes = command.attributes.at(Place::Variant);
    let name = &command.variant;
    let mut fields: Vec<TokenStream> = command.arguments().map(argument_field).collect();
    fields.extend(reply_field(actor, command));
    let fields = (!fields.is_empty()).then(|| quote!({ #(#fields,)* }));
    quote!(#hidden #(#docs)* #attributes #name #fields)
}

fn argument_field(argument: &Argument) -> TokenStream {
    let Argument { name, carried, .. } = argument;
    let cfg = argument.attributes.at(Place::Argument);
    let doc = format!(" The argument `{}`.", name.unraw());
    quote!(#[doc = #doc] #cfg #name: #carried)
}

fn reply_field(actor: &Actor, command: &Command) -> Option<TokenStream> {
    let (doc, sender) = match command.reply {
        Reply::Accepted => return None,
        Reply::Stream(_) => (" Sends the answers to the caller.", "ReplyStream"),
        Reply::Done | Reply::Value(_) | Reply::Deferred(_) => {
            (" Sends the answer to the caller.", "Reply")
        }
    };
    let public = paths::public(actor);
    let (name, ty) = (&actor.names.reply, answer_type(&command.reply));
    let sender = Ident::new(sender, Span::call_site());
    Some(quote!(#[doc = #doc] #name: #public::#sender<#ty>))
}

/// A variant that cannot be constructed, for the parameters that no other variant is sure to name.
fn never_variant(actor: &Actor) -> Option<TokenStream> {
    let unnamed = &actor.unnamed_parameters;
    (!unnamed.is_empty()).then(|| {
        let name = &actor.names.never_variant;
        quote! {
            /// Cannot be constructed. Names the parameters that other variants name only under a `cfg`.
            #[doc(hidden)]
            #name(
                ::core::convert::Infallible,
                ::core::marker::PhantomData<fn() -> (#(*const #unnamed,)*)>,
            ),
        }
    })
}

/// The arm of a `match` for the variant that cannot be constructed.
pub(super) fn never_arm(actor: &Actor) -> Option<TokenStream> {
    let (command, names) = (&actor.command, &actor.names);
    let (variant, never) = (&names.never_variant, &names.never);
    (!actor.unnamed_parameters.is_empty())
        .then(|| quote!(#command::#variant(#never, _) => match #never {},))
}

/// `impl Command`, next to the struct with the latest values, if the actor has any.
fn impl_command_with_latest(actor: &Actor) -> TokenStream {
    let impl_command = impl_command(actor);
    match published::latest_struct(actor) {
        // The struct has a name that nobody has to see.
        Some(latest_struct) => quote!(const _: () = { #latest_struct #impl_command };),
        None => impl_command,
    }
}

fn impl_command(actor: &Actor) -> TokenStream {
    let public = paths::public(actor);
    let name = &actor.command;
    let (impl_generics, type_generics, where_clause) = parameters::split(&actor.message_generics);
    let type_events = type_events(actor);
    let latest_type = published::latest_type(actor);
    let latest_type = in_place_type(actor, &latest_type).unwrap_or(latest_type);
    let constants = constants(actor);
    let event_capacity_method = event_capacity_method(actor);
    let name_method = name_method(actor);
    let has_priority_method = has_priority_method(actor);
    let is_immediate_method = is_immediate_method(actor);
    let refuse_method = refuse_method(actor);
    let allow_deprecated = lints::allow_deprecated(actor);
    quote! {
        #[automatically_derived]
        #allow_deprecated
        impl #impl_generics #public::Command for #name #type_generics #where_clause {
            #type_events
            type Latest = #latest_type;

            #constants

            #event_capacity_method

            #name_method

            #has_priority_method

            #is_immediate_method

            #refuse_method
        }
    }
}

fn type_events(actor: &Actor) -> TokenStream {
    let Some(event) = &actor.event else {
        return quote! {
            type Events = ();
        };
    };
    let private = paths::private(actor);
    let ty = &event.ty;
    let (start, _) = places::generated_edges(ty);
    quote_spanned!(start=> type Events = #private::Events<#ty>;)
}

/// The constants of `Command`: those that differ from their defaults, then the actor's name.
fn constants(actor: &Actor) -> TokenStream {
    let has_priority = actor.has_priority().then(|| {
        quote! {
            const HAS_PRIORITY: bool = true;
        }
    });
    let has_batches = actor.has_batches().then(|| {
        quote! {
            const HAS_BATCHES: bool = true;
        }
    });
    let attributes = actor
        .commands_with_timeout()
        .map(|command| &command.attributes);
    let has_timeouts = is_any_there(attributes).map(|value| {
        quote! {
            const HAS_TIMEOUTS: bool = #value;
        }
    });
    let actor_in_words = in_words(&actor.name);
    quote! {
        #has_priority
        #has_batches
        #has_timeouts
        const ACTOR: &'static str = #actor_in_words;
    }
}

/// A constant expression that says whether any item with these `attributes` is there; `None` if there are no such
/// items. An item under a `cfg` may be absent.
pub(super) fn is_any_there<'a>(
    attributes: impl Iterator<Item = &'a Attributes>,
) -> Option<TokenStream> {
    let cfgs = attributes.map(|attributes| attributes.at(Place::Argument));
    let cfgs: Vec<_> = cfgs.collect();
    if cfgs.is_empty() {
        None
    } else if cfgs.iter().any(|cfg| cfg.is_empty()) {
        Some(quote!(true))
    } else {
        Some(quote!(!<[()]>::is_empty(&[#(#cfgs (),)*])))
    }
}

/// `fn event_capacity`, if the block sets it.
fn event_capacity_method(actor: &Actor) -> Option<TokenStream> {
    let capacity = actor.event.as_ref()?.capacity.as_ref()?;
    let (start, _) = places::generated_edges(capacity);
    let usize_type = quote_spanned!(start=> usize);
    Some(quote! {
        fn event_capacity() -> #usize_type {
            #capacity
        }
    })
}

/// `fn name`, which tells the name of the command's method.
fn name_method(actor: &Actor) -> TokenStream {
    let commands = actor.commands.iter();
    let attributes = commands
        .clone()
        .map(|command| command.attributes.at(Place::Arm));
    let variants = commands.clone().map(|command| &command.variant);
    let methods = commands.map(|command| name_of(&command.method));
    let never_arm = never_arm(actor);
    quote! {
        fn name(&self) -> &'static str {
            match *self {
                #(#attributes Self::#variants { .. } => #methods,)*
                #never_arm
            }
        }
    }
}

/// `fn has_priority`, if some commands have priority.
fn has_priority_method(actor: &Actor) -> Option<TokenStream> {
    actor.has_priority().then(|| {
        let has_priority = is_any_of(actor, |command| command.lane == Lane::Priority);
        quote!(fn has_priority(&self) -> bool { #has_priority })
    })
}

/// `fn is_immediate`, if calls may run in place.
fn is_immediate_method(actor: &Actor) -> Option<TokenStream> {
    actor.lends().then(|| {
        let is_immediate = if actor.commands.iter().all(Command::is_immediate) {
            quote!(true)
        } else {
            is_any_of(actor, Command::is_immediate)
        };
        quote!(fn is_immediate(&self) -> bool { #is_immediate })
    })
}

/// `fn refuse`, which tells the caller, if a method before each command may fail.
fn refuse_method(actor: &Actor) -> Option<TokenStream> {
    let mut before = actor.before_each.iter();
    let can_fail = before.any(|hook| hook.call.result.is_some());
    let commands = actor.commands.iter();
    let (answered, others): (Vec<&Command>, Vec<&Command>) =
        commands.partition(|command| command.replies());
    let arms = answered.iter().map(|command| {
        let attributes = command.attributes.at(Place::Arm);
        let (variant, reply) = (&command.variant, &actor.names.reply);
        quote!(#attributes Self::#variant { #reply, .. } => #reply.refuse())
    });
    let others: Vec<_> = others.iter().map(|command| &command.attributes).collect();
    let others_arm = if others.is_empty() {
        never_arm(actor)
    } else {
        let allow_unreachable = lints::allow_unreachable(&others);
        Some(quote!(#allow_unreachable _ => {}))
    };
    (can_fail && !answered.is_empty()).then(|| {
        quote! {
            fn refuse(self) {
                match self {
                    #(#arms,)*
                    #others_arm
                }
            }
        }
    })
}

/// The question whether a command is one of those `wanted`. A pattern cannot be under a `cfg`, so commands that are
/// come first.
fn is_any_of(actor: &Actor, wanted: impl Fn(&Command) -> bool) -> TokenStream {
    let wanted = actor.commands.iter().filter(|command| wanted(command));
    let (conditional, certain): (Vec<&Command>, Vec<&Command>) =
        wanted.partition(|command| command.attributes.is_conditional());
    let pattern = |command: &&Command| {
        let variant = &command.variant;
        quote!(Self::#variant { .. })
    };
    let conditional = conditional.iter().map(|command| {
        let (cfg, pattern) = (command.attributes.at(Place::Argument), pattern(command));
        quote! {
            #cfg
            if ::core::matches!(*self, #pattern) {
                return true;
            }
        }
    });
    let certain = if certain.is_empty() {
        quote!(false)
    } else {
        let patterns = certain.iter().map(pattern);
        quote!(::core::matches!(*self, #(#patterns)|*))
    };
    quote! {
        #(#conditional)*
        #certain
    }
}

/// The latest values of an actor whose calls may run in place.
fn in_place_type(actor: &Actor, latest: &TokenStream) -> Option<TokenStream> {
    let private = paths::private(actor);
    actor.lends().then(|| quote!(#private::InPlace<#latest>))
}

/// `Debug` that names the method. The arguments, which may be secret, are not shown.
fn impl_debug(actor: &Actor) -> TokenStream {
    let public = paths::public(actor);
    let name = &actor.command;
    let formatter = &actor.names.formatter;
    let (impl_generics, type_generics, where_clause) = parameters::split(&actor.message_generics);
    quote! {
        #[automatically_derived]
        impl #impl_generics ::core::fmt::Debug for #name #type_generics #where_clause {
            fn fmt(&self, #formatter: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                #formatter.write_str(#public::Command::name(self))
            }
        }
    }
}

/// `impl Emitter`, if the actor has events.
fn impl_emitter(actor: &Actor) -> Option<TokenStream> {
    let ty = &actor.event.as_ref()?.ty;
    let private = paths::private(actor);
    let name = &actor.command;
    let (impl_generics, type_generics, where_clause) = parameters::split(&actor.message_generics);
    let (start, end) = places::generated_edges(ty);
    let semicolon = quote_spanned!(end=> ;);
    let type_event = quote_spanned!(start=> type Event = #ty #semicolon);
    Some(quote! {
        #[automatically_derived]
        impl #impl_generics #private::Emitter for #name #type_generics #where_clause {
            #type_event
        }
    })
}
