//! What `handle` does with the first command of a batch.

use proc_macro2::TokenStream;
use quote::{ToTokens as _, quote};
use syn::Expr;
use syn::ext::IdentExt as _;

use super::paths;
use super::runner::{EndOfArm, call, end_of_arm, passed_context};
use crate::model::{Actor, Argument, Command, Parameter, Reply};

/// Takes the calls of the same method behind the first one, up to `limit` together, and answers all.
pub(super) fn handled(actor: &Actor, command: &Command, limit: &Expr) -> TokenStream {
    let private = paths::private(actor);
    let (context, batch, replies) = (
        &actor.names.context,
        &actor.names.batch,
        &actor.names.replies,
    );
    let name = command.method.unraw().to_string();
    let apart = apart(actor, command);
    let pattern = super::message(actor, command);
    let others = others(actor, command);
    let taken_apart = &actor.names.command;
    let called = called(actor, command);
    let answers = &actor.names.answers;
    let kept = match command.reply {
        Reply::Accepted => quote!(_),
        _ => replies.to_token_stream(),
    };
    let handled = match (&command.reply, end_of_arm(actor, command)) {
        (Reply::Accepted, EndOfArm::Match) => quote!(#called;),
        (Reply::Accepted, EndOfArm::Return) => quote!(return #called;),
        (Reply::Accepted, EndOfArm::Held) => quote!(#called; #private::Held::nothing()),
        (Reply::Done, EndOfArm::Match) => quote!(#called; #private::acknowledge(#replies);),
        (Reply::Done, EndOfArm::Return) => {
            quote!(#called; return #private::acknowledge(#replies);)
        }
        (Reply::Done, EndOfArm::Held) => quote!(#called; #private::Held::done(#replies)),
        (_, EndOfArm::Match) => quote! {
            let #answers = #called;
            #private::answer_each(#replies, #answers);
        },
        (_, EndOfArm::Return) => quote! {
            let #answers = #called;
            return #private::answer_each(#replies, #answers);
        },
        (_, EndOfArm::Held) => quote! {
            let #answers = #called;
            #private::Held::each(#replies, #answers)
        },
    };
    quote!({
        let (#batch, #kept) = #context.batch(#name, #limit, #apart, |#taken_apart| {
            match #taken_apart {
                #pattern => ::core::option::Option::Some(#apart),
                #others
            }
        });
        #handled
    })
}

/// What one call has for the method, and its reply.
fn apart(actor: &Actor, command: &Command) -> TokenStream {
    let argument = command.arguments().next().map(|Argument { name, .. }| name);
    let reply = if command.replies() {
        actor.names.reply.to_token_stream()
    } else {
        quote!(())
    };
    quote!((#argument, #reply))
}

/// The arm for what is no part of the batch, if there is more.
fn others(actor: &Actor, command: &Command) -> Option<TokenStream> {
    let others = actor.commands.iter();
    let mut others = others
        .filter(|other| other.variant != command.variant)
        .peekable();
    let is_alone = others.peek().is_none() && actor.unnamed_parameters.is_empty();
    let may_be_alone = others.all(|other| other.attributes.is_conditional());
    let allow = may_be_alone.then(
        || quote!(#[allow(unreachable_patterns, reason = "the others may be under a `cfg`")]),
    );
    (!is_alone).then(|| quote!(#allow _ => ::core::option::Option::None,))
}

fn called(actor: &Actor, command: &Command) -> TokenStream {
    let arguments = command
        .parameters
        .iter()
        .filter_map(|parameter| match parameter {
            Parameter::Argument(_) => Some(actor.names.batch.to_token_stream()),
            Parameter::Context(attributes) => Some(passed_context(actor, attributes)),
            Parameter::Reply => None,
        });
    let arguments = quote!(self, #(#arguments),*);
    call(actor, &command.method, command.asyncness, &arguments)
}
