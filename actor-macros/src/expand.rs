//! `Actor` to tokens: the user's block first, then the enum, the client and the loop.

mod batch;
mod client;
mod command;
mod paths;
mod published;
mod run;
mod runner;
mod sources;

use std::collections::HashSet;

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::ext::IdentExt as _;
use syn::{Generics, Ident};

use crate::model::{Actor, Attributes, Command, Locality, Place, Reply, Requirement};

pub(crate) fn expand(actor: &Actor) -> TokenStream {
    // First, because editors resolve a token to its first occurrence.
    let block = &actor.block;
    let items = [
        command::items(actor),
        client::items(actor),
        runner::items(actor),
    ];
    let items = items.into_iter().flatten();
    let attributes = actor.attributes.at(Place::Item);
    quote! {
        #block
        #(#attributes #items)*
    }
}

/// What the enum and the client allow themselves.
fn allowed_lints() -> TokenStream {
    quote! {
        #[allow(private_interfaces, unreachable_pub, reason = "the type may be less visible")]
    }
}

/// Where it is up to parameters, or to whoever runs a local actor, whether a future is `Send`.
fn allow_not_send(actor: &Actor) -> Option<TokenStream> {
    (actor.has_type_parameters() || actor.locality == Locality::Local)
        .then(|| quote!(#[allow(clippy::future_not_send, reason = "`Send` if its arguments are")]))
}

/// What is asked of a parameter may be asked by the block, too.
fn allow_repetition(actor: &Actor) -> Option<TokenStream> {
    actor.has_type_parameters().then(|| {
        quote! {
            #[allow(
                clippy::trait_duplication_in_bounds,
                clippy::type_repetition_in_bounds,
                reason = "the block may state them, too"
            )]
        }
    })
}

/// A generated item matches on deprecated commands, too, calls deprecated methods, and names what a
/// command is allowed to name.
fn allow_deprecated(actor: &Actor) -> Option<TokenStream> {
    let commands = actor.commands.iter().map(|command| &command.attributes);
    let watches = actor.watches.iter().map(|watch| &watch.attributes);
    let is_deprecated = commands
        .chain(watches)
        .any(Attributes::is_about_deprecation);
    is_deprecated.then(
        || quote!(#[allow(deprecated, reason = "generated code uses deprecated methods, too")]),
    )
}

/// The command with its fields, made in the client and taken apart in the loop.
fn message(actor: &Actor, command: &Command) -> TokenStream {
    let (name, variant, reply) = (&actor.command, &command.variant, &actor.names.reply);
    let arguments = command.arguments().map(|argument| {
        let (condition, name) = (argument.attributes.at(Place::Argument), &argument.name);
        quote!(#condition #name)
    });
    let reply = command.replies().then(|| reply.to_token_stream());
    let fields: Vec<TokenStream> = arguments.chain(reply).collect();
    let fields = (!fields.is_empty()).then(|| quote!({ #(#fields),* }));
    quote!(#name::#variant #fields)
}

/// The method's docs and other attributes that belong to `place`.
fn documented(actor: &Actor, command: &Command, place: Place) -> TokenStream {
    let attributes = command.attributes.at(place);
    if command.attributes.has_docs() {
        return attributes;
    }
    let doc = format!(" Calls `{}::{}`.", actor.name, command.method.unraw());
    quote!(#[doc = #doc] #attributes)
}

fn reply_type(reply: &Reply) -> TokenStream {
    match reply {
        Reply::Accepted | Reply::Done => quote!(()),
        Reply::Value(ty) | Reply::Deferred(ty) | Reply::Stream(ty) => ty.named.tokens.clone(),
    }
}

/// What has to hold so that a client can outlive whoever made it.
fn client_where(actor: &Actor) -> TokenStream {
    let generics = &actor.message_generics;
    where_clause(
        generics,
        generics
            .type_params()
            .map(|param| bound(&param.ident, quote!('static))),
    )
}

/// What has to hold so that an actor can be one, and the futures of its methods can be sent.
fn actor_where(actor: &Actor) -> TokenStream {
    let mut sent = Vec::new();
    if actor.locality == Locality::Anywhere && actor.has_futures() {
        // With lifetimes, it would be taken for a condition on them.
        sent.extend((!actor.may_hide_lifetimes()).then(|| itself(actor)));
        sent.extend(actor.types_in_futures());
    }
    let predicates = actor_predicates(actor).chain(sent.iter().map(sent_predicate));
    where_clause(&actor.generics, predicates)
}

/// What has to hold so that an actor can run on any thread. It is asked at the user's types and then
/// assumed, so that one mistake is one error.
fn send_actor_where(actor: &Actor) -> TokenStream {
    let itself = itself(actor);
    let itself = if actor.borrows() {
        bound(itself, quote!('static))
    } else {
        sent_predicate(&itself)
    };
    let mut types = actor.types_in_futures();
    let in_futures: HashSet<String> = types.iter().map(ToString::to_string).collect();
    let others = actor.types_to_prove().into_iter();
    types.extend(
        others
            .filter(|ty| !in_futures.contains(&ty.to_string()))
            .cloned(),
    );
    let predicates = actor_predicates(actor)
        .chain([itself])
        .chain(types.iter().map(sent_predicate));
    where_clause(&actor.generics, predicates)
}

fn itself(actor: &Actor) -> TokenStream {
    Ident::new("Self", actor.name.span()).into_token_stream()
}

fn sent_predicate(ty: &TokenStream) -> TokenStream {
    bound(ty, send_at(ty))
}

/// What the commands say, and what an actor is. That is shown at the parameters, for whoever uses it with
/// a type that is not `Send`.
fn actor_predicates(actor: &Actor) -> impl Iterator<Item = TokenStream> {
    let params = actor.generics.type_params();
    let params = params.map(|param| {
        let name = param.ident.to_token_stream();
        (name, actor.requirement_of(&param.ident))
    });
    let types = params.chain(actor.published_projections());
    let bounds = types.map(|(ty, needs)| {
        let at = Span::call_site().located_at(ends(&ty).0);
        let bounds = match needs {
            Requirement::Shared => {
                quote_spanned!(at=> ::core::marker::Send + ::core::marker::Sync + 'static)
            }
            Requirement::Sent => quote_spanned!(at=> ::core::marker::Send + 'static),
            Requirement::Kept => quote_spanned!(at=> 'static),
        };
        bound(&ty, bounds)
    });
    // What is published is read on other threads, of a `local` actor, too.
    let published = actor.watch_generics.type_params().map(|param| {
        let at = Span::call_site().located_at(param.ident.span());
        let shared = match actor.locality {
            Locality::Anywhere => quote_spanned!(at=> ::core::marker::Sync),
            Locality::Local => quote_spanned!(at=> ::core::marker::Send + ::core::marker::Sync),
        };
        bound(&param.ident, shared)
    });
    actor
        .conditions()
        .map(ToTokens::to_token_stream)
        .chain(bounds)
        .chain(published)
}

/// `Send`, shown at `ty` if it does not hold.
fn send_at(ty: &TokenStream) -> TokenStream {
    let (start, end) = ends(ty);
    // Where the path begins is up to the edition of this token.
    let root = quote_spanned!(Span::call_site().located_at(start)=> ::);
    let send = quote_spanned!(end=> Send);
    quote_spanned!(start=> #root core::marker::#send)
}

/// The first and the last place of `tokens`: what is spanned by both is shown at all of them.
fn ends(tokens: &impl ToTokens) -> (Span, Span) {
    let trees = tokens.to_token_stream().into_iter();
    let mut spans = trees.map(|tree| tree.span());
    let start = spans.next().unwrap_or_else(Span::call_site);
    (start, spans.last().unwrap_or(start))
}

fn bound(ty: impl ToTokens, bounds: impl ToTokens) -> TokenStream {
    quote!(#ty: #bounds)
}

/// The `where` of `generics` with further predicates.
fn where_clause(generics: &Generics, further: impl Iterator<Item = TokenStream>) -> TokenStream {
    let own = generics
        .where_clause
        .iter()
        .flat_map(|clause| &clause.predicates);
    let mut all = own.map(ToTokens::to_token_stream).chain(further).peekable();
    if all.peek().is_none() {
        return TokenStream::new();
    }
    quote!(where #(#all),*)
}
