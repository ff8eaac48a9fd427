//! The call of a user's method: its receiver, its arguments, and what follows it.

use proc_macro2::{Literal, Span, TokenStream};
use quote::{ToTokens as _, quote, quote_spanned};
use syn::ext::IdentExt as _;
use syn::{Ident, Type};

use super::{paths, places};
use crate::model::{
    Actor, Argument, Asyncness, Command, ContextArgument, Conversion, Locality, LoopArgument,
    LoopMethod, LoopParameter, OwnLoop, Parameter, Place, Receiver, Referent, Trees,
};

/// Calls the method of a command with the fields of the command.
pub(super) fn command_method(actor: &Actor, command: &Command) -> TokenStream {
    let arguments = command.parameters.iter().map(|parameter| match parameter {
        Parameter::Argument(argument) => field(argument),
        Parameter::Context(argument) => context(actor, argument),
        Parameter::Reply => actor.names.reply.to_token_stream(),
    });
    let arguments = quote!(self, #(#arguments),*);
    call_command(actor, command, &arguments)
}

/// Calls the method of a command with the arguments of a batch.
pub(super) fn batch_method(actor: &Actor, command: &Command) -> TokenStream {
    let parameters = command.parameters.iter();
    let arguments = parameters.filter_map(|parameter| match parameter {
        Parameter::Argument(_) => Some(actor.names.batch.to_token_stream()),
        Parameter::Context(argument) => Some(context(actor, argument)),
        Parameter::Reply => None,
    });
    let arguments = quote!(self, #(#arguments),*);
    call_command(actor, command, &arguments)
}

fn call_command(actor: &Actor, command: &Command, arguments: &TokenStream) -> TokenStream {
    let given = command.unproven_types_in_future();
    call(actor, &command.method, command.asyncness, &given, arguments)
}

/// Calls a method around a command, in `handle`.
pub(super) fn method_around(actor: &Actor, method: &LoopMethod) -> TokenStream {
    loop_method_of(actor, &quote!(self), method, &TokenStream::new())
}

/// Calls a hook or the method of a source, about `output`.
pub(super) fn loop_method(actor: &Actor, method: &LoopMethod, output: &TokenStream) -> TokenStream {
    let at = places::generated_at(method.method.span());
    let state = state(actor, at);
    let receiver = match method.receiver {
        Receiver::Reads => quote_spanned!(at=> &#state),
        Receiver::Changes => quote_spanned!(at=> &mut #state),
        Receiver::Takes => state.to_token_stream(),
    };
    loop_method_of(actor, &receiver, method, output)
}

fn loop_method_of(
    actor: &Actor,
    receiver: &TokenStream,
    method: &LoopMethod,
    output: &TokenStream,
) -> TokenStream {
    let mut parts = 0..method.parts().count();
    let is_only = parts.len() == 1;
    let arguments = method.parameters.iter().map(|parameter| match parameter {
        LoopParameter::Output(attributes, ty) => {
            let cfg = attributes.at(Place::Argument);
            let output = places::tokens_at(output, places::first_name(ty));
            quote!(#cfg #output)
        }
        LoopParameter::Part(attributes, _, ty) => {
            let cfg = attributes.at(Place::Argument);
            let number = parts
                .next()
                .filter(|_| !is_only)
                .map(Literal::usize_unsuffixed);
            let part = number.map_or_else(|| output.clone(), |number| quote!(#output.#number));
            let part = places::tokens_at(&part, places::first_name(ty));
            quote!(#cfg #part)
        }
        LoopParameter::Context(argument) => context(actor, argument),
    });
    let arguments = quote!(#receiver, #(#arguments),*);
    call(actor, &method.method, method.asyncness, &[], &arguments)
}

/// Calls the user's own loop.
pub(super) fn own_loop(actor: &Actor, own: &OwnLoop) -> TokenStream {
    let state = state(actor, places::generated_at(own.method.span()));
    let arguments = own.arguments.iter().map(|argument| match argument {
        LoopArgument::Inbox(attributes, ty) => {
            let cfg = attributes.at(Place::Argument);
            let inbox = places::name_at(&actor.names.inbox, places::last_name(&Trees::of(ty)));
            quote!(#cfg #inbox)
        }
        LoopArgument::Context(argument) => context(actor, argument),
    });
    let arguments = quote!(#state, #(#arguments),*);
    let given = actor.unproven_types_in_futures();
    call(actor, &own.method, Asyncness::Async, &given, &arguments)
}

/// Calls the method of a source or of the end about `output`, publishes what it may have changed, and ends the actor if
/// it returns an error.
pub(super) fn fallible_method(
    actor: &Actor,
    method: &LoopMethod,
    output: &TokenStream,
) -> TokenStream {
    let called = loop_method(actor, method, output);
    let publish = publish_after(actor, method);
    let Some(ty) = &method.result else {
        return quote!(#called; #publish);
    };
    let result = &actor.names.result;
    let inbox = &actor.names.inbox;
    let fail_if_error = checked_result(inbox, "fail_if_error", result, ty);
    quote! {
        let #result = #called;
        #publish
        #fail_if_error;
    }
}

/// Gives the `result` of a method to a `check` of the inbox or the context. If it is not a result, rustc shows the
/// error at its type.
pub(super) fn checked_result(
    checker: &Ident,
    check: &str,
    result: &Ident,
    ty: &Type,
) -> TokenStream {
    let (start, end) = places::generated_edges(ty);
    let check = Ident::new(check, start);
    let result = places::name_at(result, start);
    let arguments = quote_spanned!(end=> (#result));
    quote_spanned!(start=> #checker.#check #arguments)
}

/// `self` in the loop, shown at `place`. In a `macro_rules!`, the user's `self` can be another one than ours, and
/// the expressions of the sources use the user's.
pub(super) fn state(actor: &Actor, place: Span) -> Ident {
    let mut sources = actor.sources.iter();
    let place = match sources.next() {
        Some(source) => place.resolved_at(source.call.self_ident.span()),
        None => place,
    };
    Ident::new("self", place)
}

/// The name of a method in messages and exits.
pub(super) fn name_of(method: &Ident) -> String {
    method.unraw().to_string()
}

/// Publishes the latest values after a method of the loop, if it may have changed them.
pub(super) fn publish_after(actor: &Actor, method: &LoopMethod) -> Option<TokenStream> {
    let public = paths::public(actor);
    let (state, context) = (state(actor, Span::call_site()), &actor.names.context);
    actor
        .publishes_after(method.receiver)
        .then(|| quote!(#public::Actor::publish(&#state, #context);))
}

/// The moment at which `handle` answers a command.
pub(super) enum AnswerTime {
    /// The arm answers, and nothing follows the `match`.
    InArm,
    /// The arm answers and returns, as the method changes no published value.
    BeforeReturn,
    /// The arm gives the answer to the code after the `match`, which calls the `#[after_each]` method, publishes
    /// values, and then sends it.
    Later,
}

pub(super) fn answer_time(actor: &Actor, command: &Command) -> AnswerTime {
    if !actor.holds_answers() {
        AnswerTime::InArm
    } else if actor.holds_answer(command) {
        AnswerTime::Later
    } else {
        AnswerTime::BeforeReturn
    }
}

/// The type of answers that are held.
pub(super) fn held_type(actor: &Actor) -> TokenStream {
    let private = paths::private(actor);
    if actor.sends_held_answers() {
        quote!(#private::SentHeld)
    } else {
        quote!(#private::Held)
    }
}

/// Does something with a command in place of its method. With a method after each command, it is as if the command had
/// run.
pub(super) fn without_answer(actor: &Actor, command: &Command, done: &TokenStream) -> TokenStream {
    match answer_time(actor, command) {
        AnswerTime::InArm => done.clone(),
        AnswerTime::Later if !actor.after_each.is_empty() => {
            let held_type = held_type(actor);
            quote!({
                #done;
                #held_type::nothing()
            })
        }
        AnswerTime::BeforeReturn | AnswerTime::Later => quote!(return #done),
    }
}

/// The future of the loop, which has to be `Send`.
pub(super) fn sent_run(actor: &Actor, run: &TokenStream) -> TokenStream {
    match given(actor, &actor.unproven_types_in_futures(), Span::call_site()) {
        Some(given) => quote!(#given.assert_loop(#run)),
        None => run.clone(),
    }
}

/// Calls the method. If its future is not `Send`, rustc shows the error at the method's name, unless the `unproven`
/// types in the future are to blame.
fn call(
    actor: &Actor,
    method: &Ident,
    asyncness: Asyncness,
    unproven: &[&Trees],
    arguments: &TokenStream,
) -> TokenStream {
    let span = method.span();
    match (asyncness, actor.locality) {
        (Asyncness::Sync, _) => quote!(Self::#method(#arguments)),
        (Asyncness::Async, Locality::Local) => quote!(Self::#method(#arguments).await),
        (Asyncness::Async, Locality::Anywhere) => {
            let private = paths::private_at(actor, span);
            let assert_send = match given(actor, unproven, span) {
                Some(given) => quote_spanned!(span=> #given.assert_send),
                None => quote_spanned!(span=> #private::assert_send),
            };
            quote_spanned!(span=> #assert_send(Self::#method(#arguments)).await)
        }
    }
}

/// `given::<Types>()`, if there are types that keep a future from being `Send` unless they are proven to be.
fn given(actor: &Actor, unproven: &[&Trees], span: Span) -> Option<TokenStream> {
    let private = paths::private_at(actor, span);
    let self_type = (!actor.assumes_sent_state()).then(|| Trees::of(quote!(Self)));
    let types: Vec<&Trees> = self_type.iter().chain(unproven.iter().copied()).collect();
    let given = match *types {
        [] => return None,
        [ty] => quote!(#ty),
        _ => quote!((#(#types),*)),
    };
    Some(quote_spanned!(span=> #private::given::<#given>()))
}

/// A field of the command, as the method takes it.
fn field(argument: &Argument) -> TokenStream {
    let (cfg, name) = (argument.attributes.at(Place::Argument), &argument.name);
    match argument.conversion {
        Conversion::Move | Conversion::Into | Conversion::AsRef | Conversion::Collect => {
            quote!(#cfg #name)
        }
        Conversion::Own(Referent::Sized | Referent::Known) => quote!(#cfg &#name),
        Conversion::Own(Referent::Unsized) => quote!(#cfg ::core::borrow::Borrow::borrow(&#name)),
        Conversion::OwnOption(Referent::Sized) => {
            quote!(#cfg ::core::option::Option::as_ref(&#name))
        }
        Conversion::OwnOption(Referent::Known) => {
            quote!(#cfg ::core::option::Option::as_deref(&#name))
        }
        Conversion::OwnOption(Referent::Unsized) => {
            let borrowed = quote!(::core::option::Option::as_ref(&#name));
            quote!(#cfg #borrowed.map(::core::borrow::Borrow::borrow))
        }
    }
}

/// The context, as a method takes it. If the argument is something else, rustc shows the error at its type.
fn context(actor: &Actor, argument: &ContextArgument) -> TokenStream {
    let cfg = argument.attributes.at(Place::Argument);
    let context = places::name_at(&actor.names.context, places::first_name(&argument.ty));
    quote!(#cfg #context)
}
