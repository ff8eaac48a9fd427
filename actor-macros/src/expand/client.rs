//! `struct CacheClient` and its methods.

use proc_macro2::{Span, TokenStream, TokenTree};
use quote::{quote, quote_spanned};
use syn::Ident;
use syn::ext::IdentExt as _;

use super::{allowed_lints, paths, published};
use crate::model::{
    Actor, Argument, Command, Conversion, ErrorMode, Place, Referent, Refused, RefusedKind, Reply,
    ReplyShape, Twin, follower_name, twin_name,
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
    let doc = format!(" A client of a [`{}`] actor.", actor.name);
    let allowed_lints = allowed_lints();
    let private = paths::private(actor);
    let (visibility, name, command) = (&actor.visibility, &actor.client, &actor.command);
    let generics = &actor.message_generics;
    let (_, type_generics, where_clause) = generics.split_for_impl();
    let derive_clone = (!has_parameters(actor)).then(|| quote!(#[derive(::core::clone::Clone)]));
    quote! {
        #[doc = #doc]
        #derive_clone
        #allowed_lints
        #visibility struct #name #generics (
            #private::Sender<#command #type_generics>
        ) #where_clause;
    }
}

fn impl_methods(actor: &Actor) -> TokenStream {
    let name = &actor.client;
    let (impl_generics, type_generics, where_clause) = actor.message_generics.split_for_impl();
    let methods = actor.commands.iter().map(|command| methods(actor, command));
    let refused = actor.refused.iter().map(|method| refused(actor, method));
    let watches = actor
        .watches
        .iter()
        .map(|watch| published::watch_methods(actor, watch));
    let subscribe = actor
        .event
        .as_ref()
        .and_then(|event| published::subscribe(actor, event));
    let allow_deprecated = super::allow_deprecated(actor);
    let allow_not_send = super::allow_not_send(actor);
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

/// In place of a method that cannot be. As there was an error, nobody ever calls it.
fn refused(actor: &Actor, refused: &Refused) -> TokenStream {
    match refused.kind {
        RefusedKind::Command => refused_command(actor, refused),
        RefusedKind::Watch => refused_watch(actor, refused),
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
    let (follower, ty) = (follower_name(method), super::reply_type(&refused.reply));
    let attributes = refused.attributes.at(Place::ClientMethod);
    quote! {
        #attributes
        #[allow(unused, reason = "only the signature is used")]
        #visibility fn #method #generics(&self) -> #ty #where_clause {
            ::core::unimplemented!()
        }

        #attributes
        #[allow(unused, reason = "only the signature is used")]
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
    let attributes = refused.attributes.at(Place::ClientMethod);
    let output = output(actor, refused.errors, &refused.reply);
    quote! {
        #attributes
        #[allow(unused, reason = "only the signature is used")]
        #visibility async fn #method #generics(&self, #(#arguments),*) #output #where_clause {
            ::core::unimplemented!()
        }
    }
}

/// The client's method for `command`, and its twins.
fn methods(actor: &Actor, command: &Command) -> TokenStream {
    let mut methods = method(actor, command);
    methods.extend(
        command
            .twins
            .iter()
            .map(|&twin| twin_method(actor, command, twin)),
    );
    methods
}

fn method(actor: &Actor, command: &Command) -> TokenStream {
    let attributes = super::documented(actor, command, Place::ClientMethod);
    let allow_name = allow_name(&command.method);
    let (visibility, name) = (&command.visibility, &command.method);
    let parameters = parameters(command);
    let output = output(actor, command.errors, &command.reply);
    let where_clause = stream_where(actor, command);
    let body = body(actor, command, Kind::Plain);
    quote! {
        #attributes
        #allow_name
        #visibility async fn #name(&self, #(#parameters),*) #output #where_clause {
            #body
        }
    }
}

fn twin_method(actor: &Actor, command: &Command, twin: Twin) -> TokenStream {
    let public = paths::public(actor);
    let attributes = super::documented(actor, command, Place::ClientMethod);
    let method = command.method.unraw();
    let remark = match twin {
        Twin::Try => format!(" Fails with `CallError::Full` where `{method}` waits for room."),
        Twin::Blocking => {
            format!(" Blocks the thread where `{method}` is async, and fails inside an async task.")
        }
    };
    let kind = Kind::Twin(twin);
    let asyncness = kind.is_async(command).then(|| quote!(async));
    let visibility = &command.visibility;
    let name = twin_name(twin, &command.method);
    let parameters = parameters(command);
    let reply = answered(actor, &command.reply);
    let where_clause = stream_where(actor, command);
    let body = body(actor, command, kind);
    quote! {
        #attributes
        #[doc = ""]
        #[doc = #remark]
        #visibility #asyncness fn #name(
            &self,
            #(#parameters),*
        ) -> ::core::result::Result<#reply, #public::CallError> #where_clause {
            #body
        }
    }
}

/// A stream keeps the mailbox, wherever it is read, to say why it was cut off. Parameters need not
/// allow for that.
fn stream_where(actor: &Actor, command: &Command) -> Option<TokenStream> {
    let name = &actor.command;
    let (_, type_generics, _) = actor.message_generics.split_for_impl();
    (is_stream(command) && has_parameters(actor))
        .then(|| quote!(where #name #type_generics: ::core::marker::Send + 'static,))
}

/// The user's method is warned about already.
pub(super) fn allow_name(method: &Ident) -> Option<TokenStream> {
    let name = method.unraw().to_string();
    let is_snake_case = name.to_lowercase() == name && !name.trim_matches('_').contains("__");
    (!is_snake_case).then(|| quote!(#[allow(non_snake_case, reason = "the method has this name")]))
}

fn parameters(command: &Command) -> impl Iterator<Item = TokenStream> {
    command.arguments().map(
        |Argument {
             attributes,
             name,
             taken,
             ..
         }| {
            let condition = attributes.at(Place::Argument);
            quote!(#condition #name: #taken)
        },
    )
}

fn output(actor: &Actor, errors: ErrorMode, reply: &Reply) -> TokenStream {
    let public = paths::public(actor);
    let ty = answered(actor, reply);
    match (Returned::of(errors, reply), reply) {
        (Returned::CallResult, _) => {
            quote!(-> ::core::result::Result<#ty, #public::CallError>)
        }
        (Returned::OrDefault, Reply::Accepted | Reply::Done) => TokenStream::new(),
        (Returned::OrDefault | Returned::Flattened, _) => quote!(-> #ty),
    }
}

/// What there is for the client if all goes well.
fn answered(actor: &Actor, reply: &Reply) -> TokenStream {
    let public = paths::public(actor);
    let ty = super::reply_type(reply);
    match reply {
        Reply::Stream(_) => quote!(#public::Replies<#ty>),
        _ => ty,
    }
}

/// What the async method of the client returns.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Returned {
    CallResult,
    Flattened,
    OrDefault,
}

impl Returned {
    fn of(errors: ErrorMode, reply: &Reply) -> Self {
        match (errors, reply) {
            (_, Reply::Stream(_)) => Self::CallResult,
            (ErrorMode::Default, _) => Self::OrDefault,
            (ErrorMode::Into, Reply::Value(ty) | Reply::Deferred(ty))
                if ty.shape == ReplyShape::Result =>
            {
                Self::Flattened
            }
            (ErrorMode::Wrap | ErrorMode::Into, _) => Self::CallResult,
        }
    }
}

/// Which of the client's methods for a command.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// The one with the name of the user's.
    Plain,
    Twin(Twin),
}

impl Kind {
    fn is_async(self, command: &Command) -> bool {
        match self {
            Self::Plain => true,
            Self::Twin(Twin::Try) => command.replies() && !is_stream(command),
            Self::Twin(Twin::Blocking) => false,
        }
    }
}

fn body(actor: &Actor, command: &Command, kind: Kind) -> TokenStream {
    let public = paths::public(actor);
    let (reply, answer) = (&actor.names.reply, &actor.names.answer);
    let converted = command.arguments().filter_map(converted);
    let channel = match command.reply {
        Reply::Stream(_) => Some(quote!(let (#reply, #answer) = #public::ReplyStream::new();)),
        _ => command
            .replies()
            .then(|| quote!(let (#reply, #answer) = #public::Reply::new();)),
    };
    let sent = sent(actor, command, kind);
    let returned = match kind {
        Kind::Plain => returned(actor, command, &sent),
        Kind::Twin(_) => sent,
    };
    quote!(#(#converted)* #channel #returned)
}

/// Sends the command, and waits as the method does.
fn sent(actor: &Actor, command: &Command, kind: Kind) -> TokenStream {
    let (start, end) = asked_at(command);
    let message = super::message(actor, command);
    let answer = &actor.names.answer;
    let call = match command.reply {
        Reply::Accepted => quote_spanned!(start=> cast(#message)),
        Reply::Stream(_) => quote_spanned!(start=> open(#message, #answer)),
        Reply::Deferred(_) => quote_spanned!(start=> call(#message, #answer).deferred()),
        Reply::Done | Reply::Value(_) => quote_spanned!(start=> call(#message, #answer)),
    };
    let mode = match (kind, kind.is_async(command)) {
        (Kind::Plain, _) => quote_spanned!(end=> .await),
        (Kind::Twin(Twin::Try), true) => quote_spanned!(end=> .if_room().await),
        (Kind::Twin(Twin::Try), false) => quote_spanned!(end=> .if_room()),
        (Kind::Twin(Twin::Blocking), _) => quote_spanned!(end=> .blocking()),
    };
    quote_spanned!(start=> self.0.#call #mode)
}

fn is_stream(command: &Command) -> bool {
    matches!(command.reply, Reply::Stream(_))
}

/// What was sent for, turned into what the method returns.
fn returned(actor: &Actor, command: &Command, sent: &TokenStream) -> TokenStream {
    let (start, end) = asked_at(command);
    let private = paths::private_at(actor, start);
    match Returned::of(command.errors, &command.reply) {
        Returned::CallResult => sent.clone(),
        Returned::Flattened => quote_spanned!(end=> #private::flatten(#sent)),
        Returned::OrDefault => {
            let name = command.method.unraw().to_string();
            quote_spanned!(end=> #private::or_default(#name, #sent))
        }
    }
}

/// What a reply has to be is asked at the return type.
fn asked_at(command: &Command) -> (Span, Span) {
    let here = Span::call_site();
    match &command.reply {
        Reply::Value(ty) | Reply::Deferred(ty) | Reply::Stream(ty) => {
            let (start, end) = super::ends(&ty.named);
            (here.located_at(start), here.located_at(end))
        }
        Reply::Accepted | Reply::Done => (here, here),
    }
}

/// The last name or the last brackets of a type, such as `Config` of `&Config`.
fn main_span(ty: &TokenStream) -> Span {
    let spans = ty.clone().into_iter().filter_map(|tree| match tree {
        TokenTree::Ident(_) | TokenTree::Group(_) => Some(tree.span()),
        TokenTree::Punct(_) | TokenTree::Literal(_) => None,
    });
    spans.last().unwrap_or_else(Span::call_site)
}

/// What the client takes, turned into what the command carries. What its type has to be for that is
/// asked there.
fn converted(argument: &Argument) -> Option<TokenStream> {
    let at = main_span(&argument.taken);
    let name = {
        let mut name = argument.name.clone();
        name.set_span(name.span().located_at(at));
        name
    };
    let at = Span::call_site().located_at(at);
    let converted = match argument.conversion {
        Conversion::Move => return None,
        Conversion::Own(Referent::Sized) => {
            quote_spanned!(at=> ::core::clone::Clone::clone(#name))
        }
        Conversion::Own(_) => quote_spanned!(at=> ::std::borrow::ToOwned::to_owned(#name)),
        Conversion::OwnOption(Referent::Sized) => quote_spanned!(at=> #name.cloned()),
        Conversion::OwnOption(_) => {
            quote_spanned!(at=> #name.map(::std::borrow::ToOwned::to_owned))
        }
        Conversion::Into => quote!(::core::convert::Into::into(#name)),
        Conversion::AsRef => {
            quote!(::std::borrow::ToOwned::to_owned(::core::convert::AsRef::as_ref(&#name)))
        }
        Conversion::Collect => quote!(::core::iter::FromIterator::from_iter(#name)),
    };
    // Without it, what is not known is the type to convert to.
    let ty = match argument.conversion {
        Conversion::Into | Conversion::AsRef | Conversion::Collect => {
            let carried = &argument.carried;
            Some(quote!(: #carried))
        }
        _ => None,
    };
    let condition = argument.attributes.at(Place::Argument);
    let name = &argument.name;
    Some(quote!(#condition let #name #ty = #converted;))
}

/// `Clone` for a client with parameters: a derive would ask `Clone` of each of them.
fn impl_clone(actor: &Actor) -> TokenStream {
    let name = &actor.client;
    let (impl_generics, type_generics, where_clause) = actor.message_generics.split_for_impl();
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
    let formatter = &actor.names.formatter;
    let (impl_generics, type_generics, where_clause) = actor.message_generics.split_for_impl();
    quote! {
        #[automatically_derived]
        impl #impl_generics ::core::fmt::Debug for #name #type_generics #where_clause {
            fn fmt(&self, #formatter: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                ::core::fmt::Debug::fmt(&self.0, #formatter)
            }
        }
    }
}

fn impl_client(actor: &Actor) -> TokenStream {
    let public = paths::public(actor);
    let private = paths::private(actor);
    let (name, command, sender) = (&actor.client, &actor.command, &actor.names.sender);
    let (impl_generics, type_generics, _) = actor.message_generics.split_for_impl();
    let where_clause = super::client_where(actor);
    quote! {
        #[automatically_derived]
        impl #impl_generics #public::Client for #name #type_generics #where_clause {
            type Command = #command #type_generics;

            fn from_sender(#sender: #private::Sender<Self::Command>) -> Self {
                Self(#sender)
            }

            fn as_sender(&self) -> &#private::Sender<Self::Command> {
                &self.0
            }
        }
    }
}
