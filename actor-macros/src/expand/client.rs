//! `struct CacheClient` and its methods.

use std::iter;

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::ext::IdentExt as _;
use syn::{ExprPath, Ident, Index, Token};

use super::call::name_of;
use super::command::{self, answer_type, command_type};
use super::{bounds, docs, lints, parameters, paths, places, published};
use crate::model::{
    Actor, Argument, Command, Conversion, ErrorMode, MethodKind, Place, Referent, Refused, Reply,
    Trees, Twin, follower_name, twin_name,
};

pub(super) fn items(actor: &Actor) -> Vec<TokenStream> {
    let mut items = vec![definition(actor), impl_methods(actor), impl_client(actor)];
    if has_parameters(actor) {
        items.push(impl_clone(actor));
    }
    items.push(impl_debug(actor));
    items
}

fn has_parameters(actor: &Actor) -> bool {
    actor.message_generics.type_params().next().is_some()
}

fn definition(actor: &Actor) -> TokenStream {
    let private = paths::private(actor);
    let docs = docs::of_client(actor);
    let (visibility, name, command_type) = (&actor.visibility, &actor.client, command_type(actor));
    let generics = &actor.message_generics;
    let where_clause = &generics.where_clause;
    let derive_clone = (!has_parameters(actor)).then(|| quote!(#[derive(::core::clone::Clone)]));
    quote! {
        #(#docs)*
        #derive_clone
        #visibility struct #name #generics (#private::Sender<#command_type>) #where_clause;
    }
}

fn impl_methods(actor: &Actor) -> TokenStream {
    let name = &actor.client;
    let (impl_generics, type_generics, where_clause) = parameters::split(&actor.message_generics);
    let commands = actor.commands.iter();
    let methods = commands.flat_map(|command| methods(actor, command));
    let refused = actor.refused.iter();
    let refused = refused.map(|refused| refused_methods(actor, refused));
    let watches = actor.watches.iter();
    let watches = watches.map(|watch| published::watch_methods(actor, watch));
    let event = actor.event.as_ref();
    let subscribe = event.and_then(|event| published::subscribe_method(actor, event));
    let allow_deprecated = lints::allow_deprecated(actor);
    let allow_not_send = lints::allow_not_send(actor);
    quote! {
        #allow_deprecated
        #allow_not_send
        impl #impl_generics #name #type_generics #where_clause {
            #(#methods)*
            #(#refused)*
            #(#watches)*
            #subscribe
        }
    }
}

/// The client methods of a command or `#[watch]` method that the macro refused. They only have to type-check: the block
/// has an error, so they never run.
fn refused_methods(actor: &Actor, refused: &Refused) -> TokenStream {
    match refused.kind {
        MethodKind::Command => refused_command(actor, refused),
        MethodKind::Watch => refused_watch(actor, refused),
    }
}

fn refused_watch(actor: &Actor, refused: &Refused) -> TokenStream {
    let public = paths::public(actor);
    let Refused {
        visibility,
        method,
        generics,
        where_clause,
        ..
    } = refused;
    let (follower, ty) = (follower_name(method), answer_type(&refused.reply));
    let docs = docs::of_watch(actor, method, &refused.attributes);
    let attributes = refused.attributes.at(Place::ClientMethod);
    let allow_unused = lints::allow_unused();
    quote! {
        #(#docs)*
        #attributes
        #allow_unused
        #visibility fn #method #generics(&self) -> #ty #where_clause {
            ::core::unimplemented!()
        }

        #attributes
        #allow_unused
        #visibility fn #follower #generics(&self) -> #public::Watch<#ty> #where_clause {
            ::core::unimplemented!()
        }
    }
}

fn refused_command(actor: &Actor, refused: &Refused) -> TokenStream {
    let Refused {
        visibility,
        method,
        generics,
        where_clause,
        arguments,
        ..
    } = refused;
    let docs = docs::of_command(actor, method, &refused.attributes);
    let attributes = refused.attributes.at(Place::ClientMethod);
    let return_type = return_type(actor, &refused.errors, &refused.reply);
    let allow_unused = lints::allow_unused();
    quote! {
        #(#docs)*
        #attributes
        #allow_unused
        #visibility async fn #method #generics(&self, #(#arguments),*) #return_type #where_clause {
            ::core::unimplemented!()
        }
    }
}

/// The client's method for `command`, and its `try_` and `blocking_` twins.
fn methods(actor: &Actor, command: &Command) -> impl Iterator<Item = TokenStream> {
    let twins = command.twins.iter();
    let twins = twins.map(move |&twin| twin_method(actor, command, twin));
    iter::once(main_method(actor, command)).chain(twins)
}

fn main_method(actor: &Actor, command: &Command) -> TokenStream {
    let docs = docs::of_command(actor, &command.method, &command.attributes);
    let attributes = command.attributes.at(Place::ClientMethod);
    let allow_name = lints::allow_name(&command.method);
    let allow_iterator_name = lints::allow_iterator_name(&command.method);
    let (visibility, name) = (&command.visibility, &command.method);
    let parameters = command.arguments().map(Taken);
    let return_type = return_type(actor, &command.errors, &command.reply);
    let where_clause = where_clause(actor, command, Form::Main);
    let body = body(actor, command, Form::Main);
    quote! {
        #(#docs)*
        #attributes
        #allow_name
        #allow_iterator_name
        #visibility async fn #name(&self, #(#parameters),*) #return_type #where_clause {
            #body
        }
    }
}

fn twin_method(actor: &Actor, command: &Command, twin: Twin) -> TokenStream {
    let public = paths::public(actor);
    let docs = docs::of_twin(command, twin);
    let attributes = command.attributes.at(Place::ClientMethod);
    let form = Form::Twin(twin);
    let visibility = &command.visibility;
    let name = twin_name(twin, &command.method);
    let parameters = command.arguments().map(Taken);
    let ty = success_type(actor, &command.reply);
    let ty = if form.leaves_answer(command) {
        Trees::of(quote!(#public::Answer<#ty>))
    } else {
        ty
    };
    let where_clause = where_clause(actor, command, form);
    let body = body(actor, command, form);
    quote! {
        #(#docs)*
        #attributes
        #visibility fn #name(
            &self,
            #(#parameters),*
        ) -> ::core::result::Result<#ty, #public::CallError> #where_clause {
            #body
        }
    }
}

fn where_clause(actor: &Actor, command: &Command, form: Form) -> Option<TokenStream> {
    let keeps_mailbox = matches!(command.reply, Reply::Stream(_))
        || form.leaves_answer(command)
        || form.runs_in_place(actor, command);
    keeps_mailbox
        .then(|| bounds::mailbox_where(actor))
        .flatten()
}

/// `key: &str`, a parameter of the client's method.
struct Taken<'a>(&'a Argument);

impl ToTokens for Taken<'_> {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        let Self(argument) = self;
        argument.attributes.at(Place::Argument).to_tokens(tokens);
        argument.name.to_tokens(tokens);
        <Token![:]>::default().to_tokens(tokens);
        argument.taken.to_tokens(tokens);
    }
}

/// The return type of the main method, with its arrow.
fn return_type(actor: &Actor, errors: &ErrorMode, reply: &Reply) -> Option<TokenStream> {
    let public = paths::public(actor);
    let ty = success_type(actor, reply);
    match (Returned::of(errors, reply), reply) {
        (Returned::CallResult, _) => {
            Some(quote!(-> ::core::result::Result<#ty, #public::CallError>))
        }
        (Returned::OrDefault, Reply::Accepted | Reply::Done) => None,
        (Returned::OrDefault | Returned::Flattened(_), _) => Some(quote!(-> #ty)),
    }
}

/// The type that the caller gets if the call succeeds.
fn success_type(actor: &Actor, reply: &Reply) -> Trees {
    let public = paths::public(actor);
    let ty = answer_type(reply);
    match reply {
        Reply::Stream(_) => Trees::of(quote!(#public::Replies<#ty>)),
        _ => ty,
    }
}

/// The value that the main method returns.
#[derive(Clone, Copy)]
enum Returned<'a> {
    /// The answer, in a `Result` with `CallError`.
    CallResult,
    /// The answer, which is a `Result`. A `CallError` is converted into its error type, by this function or by `From`.
    Flattened(Option<&'a ExprPath>),
    /// The answer, or the default of its type in place of a `CallError`.
    OrDefault,
}

impl<'a> Returned<'a> {
    fn of(errors: &'a ErrorMode, reply: &Reply) -> Self {
        match (errors, reply) {
            (_, Reply::Stream(_)) => Self::CallResult,
            (ErrorMode::Default, _) => Self::OrDefault,
            (ErrorMode::Into(path), Reply::Value(_) | Reply::Deferred(_)) => {
                Self::Flattened(path.as_ref())
            }
            (ErrorMode::Wrap | ErrorMode::Into(_), _) => Self::CallResult,
        }
    }
}

/// The form of a client's method for a command.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    /// The method that has the name of the user's method.
    Main,
    Twin(Twin),
}

impl Form {
    /// Returns whether the method leaves it to the caller to wait for the answer.
    fn leaves_answer(self, command: &Command) -> bool {
        self == Self::Twin(Twin::Try) && command.reply.is_one_answer()
    }

    /// Returns whether the method may run the command on the caller's task.
    fn runs_in_place(self, actor: &Actor, command: &Command) -> bool {
        self == Self::Main && actor.runs_in_place(command)
    }
}

fn body(actor: &Actor, command: &Command, form: Form) -> TokenStream {
    let public = paths::public(actor);
    let (reply, answer) = (&actor.names.reply, &actor.names.answer);
    let converted = |argument: &&Argument| argument.conversion != Conversion::Move;
    let conversions = command.arguments().filter(converted).map(conversion);
    let channel = match command.reply {
        Reply::Accepted => None,
        Reply::Stream(_) => Some(quote!(let (#reply, #answer) = #public::ReplyStream::new();)),
        Reply::Done | Reply::Value(_) | Reply::Deferred(_) => {
            Some(quote!(let (#reply, #answer) = #public::Reply::new();))
        }
    };
    let sent = sent(actor, command, form);
    let returned = match form {
        Form::Main => returned(actor, command, &sent),
        Form::Twin(_) => sent,
    };
    quote!(#(#conversions)* #channel #returned)
}

/// The expression that sends the command, and waits in the way that the `form` prescribes.
fn sent(actor: &Actor, command: &Command, form: Form) -> TokenStream {
    let (start, end) = answer_edges(command);
    let message = command::with_fields(actor, command);
    let send = match command.reply {
        Reply::Accepted => "cast",
        Reply::Stream(_) => "open",
        Reply::Done | Reply::Value(_) | Reply::Deferred(_) => "call",
    };
    let send = Ident::new(send, start);
    let answer = command.replies().then_some(&actor.names.answer).into_iter();
    let deferred =
        matches!(command.reply, Reply::Deferred(_)).then(|| quote_spanned!(start=> .deferred()));
    let within = command
        .timeout
        .as_ref()
        .filter(|_| form != Form::Twin(Twin::Try))
        .map(|time| quote_spanned!(end=> .within(const { #time })));
    let mode = match form {
        _ if form.runs_in_place(actor, command) => quote_spanned!(end=> .in_place().await),
        Form::Main => quote_spanned!(end=> .await),
        Form::Twin(Twin::Try) => quote_spanned!(end=> .if_room()),
        Form::Twin(Twin::Blocking) => quote_spanned!(end=> .blocking()),
    };
    let sender = Index {
        index: 0,
        span: start,
    };
    // With `self.0.call()`, a blanket trait with `call(self)` would come first.
    quote_spanned!(start=> (&self.#sender).#send(#message #(, #answer)*) #deferred #within #mode)
}

/// The expression that turns the `Result` of `sent` into the value that the main method returns.
fn returned(actor: &Actor, command: &Command, sent: &TokenStream) -> TokenStream {
    let (start, end) = answer_edges(command);
    let private = paths::private_at(actor, start);
    match Returned::of(&command.errors, &command.reply) {
        Returned::CallResult => sent.clone(),
        Returned::Flattened(None) => quote_spanned!(end=> #private::flatten(#sent)),
        Returned::Flattened(Some(path)) => {
            quote_spanned!(end=> #private::flatten_with(#sent, #path))
        }
        Returned::OrDefault => {
            let name = name_of(&command.method);
            quote_spanned!(end=> #private::or_default(#name, #sent))
        }
    }
}

/// The edges of the answer's type, where rustc shows an error about bounds on the answer.
fn answer_edges(command: &Command) -> (Span, Span) {
    match command.reply.sent_type() {
        Some(ty) => places::generated_edges_of(ty),
        None => (Span::call_site(), Span::call_site()),
    }
}

/// Converts an argument of the client's method to the type of its field in the command.
/// rustc shows an error about bounds on the argument's type at that type.
fn conversion(argument: &Argument) -> TokenStream {
    let place = places::last_name(&argument.taken);
    let taken = places::name_at(&argument.name, place);
    let at = places::generated_at(place);
    let converted = match argument.conversion {
        Conversion::Move => quote!(#taken),
        Conversion::Own(Referent::Sized) => {
            quote_spanned!(at=> ::core::clone::Clone::clone(#taken))
        }
        Conversion::Own(_) => quote_spanned!(at=> ::std::borrow::ToOwned::to_owned(#taken)),
        Conversion::OwnOption(Referent::Sized) => quote_spanned!(at=> #taken.cloned()),
        Conversion::OwnOption(_) => {
            quote_spanned!(at=> #taken.map(::std::borrow::ToOwned::to_owned))
        }
        Conversion::Into => quote!(::core::convert::Into::into(#taken)),
        Conversion::AsRef => {
            quote!(::std::borrow::ToOwned::to_owned(::core::convert::AsRef::as_ref(&#taken)))
        }
        Conversion::Collect => quote!(::core::iter::FromIterator::from_iter(#taken)),
    };
    // The target type of these conversions cannot be inferred.
    let ty = match argument.conversion {
        Conversion::Into | Conversion::AsRef | Conversion::Collect => {
            let carried = &argument.carried;
            Some(quote!(: #carried))
        }
        _ => None,
    };
    let (cfg, name) = (argument.attributes.at(Place::Argument), &argument.name);
    quote!(#cfg let #name #ty = #converted;)
}

/// `Clone` for a client with type parameters. A derive would require each of them to be `Clone`.
fn impl_clone(actor: &Actor) -> TokenStream {
    let name = &actor.client;
    let (impl_generics, type_generics, where_clause) = parameters::split(&actor.message_generics);
    quote! {
        #[automatically_derived]
        impl #impl_generics ::core::clone::Clone for #name #type_generics #where_clause {
            fn clone(&self) -> Self {
                Self(::core::clone::Clone::clone(&self.0))
            }
        }
    }
}

fn impl_debug(actor: &Actor) -> TokenStream {
    let name = &actor.client;
    let shown = name.unraw().to_string();
    let formatter = &actor.names.formatter;
    let (impl_generics, type_generics, where_clause) = parameters::split(&actor.message_generics);
    quote! {
        #[automatically_derived]
        impl #impl_generics ::core::fmt::Debug for #name #type_generics #where_clause {
            fn fmt(&self, #formatter: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                (&self.0).describe(#shown, #formatter)
            }
        }
    }
}

fn impl_client(actor: &Actor) -> TokenStream {
    let public = paths::public(actor);
    let private = paths::private(actor);
    let (name, command_type, sender) = (&actor.client, command_type(actor), &actor.names.sender);
    let (impl_generics, type_generics, _) = parameters::split(&actor.message_generics);
    let where_clause = bounds::client_where(actor);
    quote! {
        #[automatically_derived]
        impl #impl_generics #public::Client for #name #type_generics #where_clause {
            type Command = #command_type;

            fn from_sender(#sender: #private::Sender<Self::Command>) -> Self {
                Self(#sender)
            }

            fn as_sender(&self) -> &#private::Sender<Self::Command> {
                &self.0
            }
        }
    }
}
