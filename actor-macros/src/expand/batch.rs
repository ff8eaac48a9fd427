//! The part of `handle` that handles the first command of a batch.

use proc_macro2::TokenStream;
use quote::{ToTokens as _, quote};
use syn::Expr;

use super::call::{AnswerTime, answer_time, batch_method, held_type, name_of};
use super::{command, lints, paths};
use crate::model::{Actor, Attributes, Command, Reply};

/// Takes the calls of the same method behind the first one, up to `limit` together, and answers all.
pub(super) fn handle(actor: &Actor, command: &Command, limit: &Expr) -> TokenStream {
    let (context, taken) = (&actor.names.context, &actor.names.command);
    let (batch, replies) = (&actor.names.batch, &actor.names.replies);
    let name = name_of(&command.method);
    let fields = fields(actor, command);
    let pattern = command::with_fields(actor, command);
    let others_arm = others_arm(actor, command);
    let replies = match command.reply {
        Reply::Accepted => quote!(_),
        _ => replies.to_token_stream(),
    };
    let answered = answered(actor, command);
    quote!({
        let (#batch, #replies) = #context.batch(#name, #limit, #fields, |#taken| {
            match #taken {
                #pattern => ::core::option::Option::Some(#fields),
                #others_arm
            }
        });
        #answered
    })
}

/// The argument of one call, and its reply.
fn fields(actor: &Actor, command: &Command) -> TokenStream {
    let argument = command.arguments().next().map(|argument| &argument.name);
    let reply = if command.replies() {
        actor.names.reply.to_token_stream()
    } else {
        quote!(())
    };
    quote!((#argument, #reply))
}

/// The arm for commands that cannot be in the batch, if the enum has any.
fn others_arm(actor: &Actor, command: &Command) -> Option<TokenStream> {
    let commands = actor.commands.iter();
    let others = commands.filter(|other| other.variant != command.variant);
    let others: Vec<&Attributes> = others.map(|other| &other.attributes).collect();
    let allow_unreachable = lints::allow_unreachable(&others);
    let is_alone = others.is_empty() && actor.unnamed_parameters.is_empty();
    (!is_alone).then(|| quote!(#allow_unreachable _ => ::core::option::Option::None,))
}

/// Calls the method with the batch. The answers are sent in the arm, or held until the code after the `match` has
/// published the values.
fn answered(actor: &Actor, command: &Command) -> TokenStream {
    let private = paths::private(actor);
    let (held_type, is_sent) = (held_type(actor), actor.sends_held_answers());
    let called = batch_method(actor, command);
    let (replies, answers) = (&actor.names.replies, &actor.names.answers);
    let called = match command.reply {
        Reply::Accepted | Reply::Done => called,
        _ => quote!(let #answers = #called),
    };
    let answer = match command.reply {
        Reply::Accepted => None,
        Reply::Done => Some(quote!(#private::acknowledge(#replies))),
        _ => Some(quote!(#private::answer_each(#replies, #answers))),
    };
    let held = match command.reply {
        Reply::Accepted => quote!(nothing()),
        Reply::Done if is_sent => quote!(done_sent(#replies)),
        Reply::Done => quote!(done(#replies)),
        _ if is_sent => quote!(each_sent(#replies, #answers)),
        _ => quote!(each(#replies, #answers)),
    };
    match (answer_time(actor, command), answer) {
        (AnswerTime::InArm, None) => quote!(#called;),
        (AnswerTime::InArm, Some(answer)) => quote!(#called; #answer;),
        (AnswerTime::BeforeReturn, None) => quote!(return #called;),
        (AnswerTime::BeforeReturn, Some(answer)) => quote!(#called; return #answer;),
        (AnswerTime::Later, _) => quote!(#called; #held_type::#held),
    }
}
