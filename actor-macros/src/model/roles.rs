//! From a method with an attribute of ours other than `#[command]` to a hook, a source or a published
//! value.

use std::collections::HashSet;

use proc_macro2::TokenStream;
use quote::ToTokens as _;
use syn::{Error, FnArg, Ident, PatType, Result, ReturnType, Signature, Type, Visibility};

use super::argument::{is_context, reply_of};
use super::lower::{Lowering, asyncness, conditions, typed};
use super::refused::is_unknown;
use super::types::{self, Obstacle};
use super::{
    Attributes, Call, CallParameter, Hook, Receiver, Refused, Source, SourceKind, Watch, names,
    signature, tokens,
};
use crate::diagnostics::Errors;
use crate::parse::{Method, Role};

/// The methods of a block that are no commands.
#[derive(Default)]
pub(super) struct Roles {
    pub(super) on_start: Vec<Hook>,
    pub(super) sources: Vec<Source>,
    pub(super) on_stop: Vec<Hook>,
    pub(super) watches: Vec<Watch>,
    pub(super) refused: Vec<Refused>,
}

/// What the loop has for a method.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Offer {
    Nothing,
    /// A value, which the method may take.
    Output,
}

impl Lowering<'_> {
    /// Reports what is wrong with the method, or adds it to `roles`.
    pub(super) fn lower_role(
        &self,
        method: &Method,
        word: &Ident,
        role: &Role,
        roles: &mut Roles,
        errors: &mut Errors,
    ) {
        let mut own_errors = Errors::default();
        let is_watch = matches!(role, Role::Watch);
        if is_watch {
            check_visible(method, word, errors);
        } else {
            check_private(method, word, errors);
        }
        if !is_watch && signature::can_be_command(method) {
            // The attribute of a method that is still to be typed is on the next one.
            roles
                .refused
                .extend(self.refused(method, self.arguments.generics));
        }
        check_signature(&method.signature, word, &mut own_errors);
        let offer = match role {
            Role::OnStart | Role::Watch => Offer::Nothing,
            Role::OnStop | Role::Every { .. } | Role::Stream(_) | Role::On { .. } => Offer::Output,
        };
        let call = self.call(&method.signature, word, offer, &mut own_errors);
        if let Role::Watch = role {
            match self.watch(method, &mut own_errors) {
                Some(watch) if own_errors.is_empty() => roles.watches.push(watch),
                _ => roles.refused.extend(self.refused_watch(method)),
            }
        } else {
            if !matches!(role, Role::OnStart) {
                check_result(&method.signature, word, &mut own_errors);
            }
            if let (Some(call), true) = (call, own_errors.is_empty()) {
                self.add(method, role, call, roles);
            }
        }
        errors.append(own_errors);
    }

    fn watch(&self, method: &Method, errors: &mut Errors) -> Option<Watch> {
        let signature = &method.signature;
        signature::check_name(signature, errors);
        Some(Watch {
            attributes: Attributes::of(&method.attributes),
            visibility: method.visibility.clone(),
            method: signature.ident.clone(),
            follower: Some(names::follower(&signature.ident)),
            conditions: conditions(signature),
            ty: self.watched(signature, errors)?,
        })
    }

    fn add(&self, method: &Method, role: &Role, call: Call, roles: &mut Roles) {
        let attributes = Attributes::of(&method.attributes);
        let hook = |call| {
            let result = match &method.signature.output {
                ReturnType::Type(_, ty) => Some(ty.to_token_stream()),
                ReturnType::Default => None,
            };
            Hook {
                attributes: Attributes::of(&method.attributes),
                call,
                result,
            }
        };
        let name = &method.signature.ident;
        let kind = match role {
            Role::OnStart => return roles.on_start.push(hook(call)),
            Role::OnStop => return roles.on_stop.push(hook(call)),
            Role::Watch => return,
            Role::Every { period, first } => SourceKind::Every {
                period: period.to_token_stream(),
                first: *first,
            },
            Role::Stream(stream) => SourceKind::Stream(stream.to_token_stream()),
            Role::On {
                future,
                condition: None,
            } => SourceKind::On(future.to_token_stream()),
            Role::On {
                future,
                condition: Some(condition),
            } => SourceKind::OnIf {
                future: future.to_token_stream(),
                condition: condition.to_token_stream(),
                local: names::condition(name, self.arguments.used_names),
            },
        };
        let variant = names::variant(name);
        let is_taken = |source: &Source| source.variant == variant;
        let variant = if roles.sources.iter().any(is_taken) {
            names::numbered_variant(&variant.to_string(), roles.sources.len())
        } else {
            variant
        };
        roles.sources.push(Source {
            attributes,
            call,
            output_type: names::output_type(&variant),
            number: names::number(&variant, self.arguments.used_names),
            variant,
            local: names::local(name, self.arguments.used_names),
            kind,
        });
    }

    fn call(
        &self,
        signature: &Signature,
        word: &Ident,
        offer: Offer,
        errors: &mut Errors,
    ) -> Option<Call> {
        let mut parameters = Vec::new();
        let mut outputs = 0;
        for argument in signature.inputs.iter().filter_map(typed) {
            let checked = match self.arguments.context(argument) {
                Ok(Some(attributes)) => {
                    parameters.push(CallParameter::Context(attributes));
                    continue;
                }
                Ok(None) => check_output(argument, word, offer, outputs),
                Err(error) => Err(error),
            };
            if let Err(error) = checked {
                errors.push(error);
            }
            outputs += 1;
            parameters.push(CallParameter::Output(argument.ty.to_token_stream()));
        }
        Some(Call {
            method: signature.ident.clone(),
            receiver: signature::receiver(signature)?,
            itself: signature::itself(signature)?,
            asyncness: asyncness(signature),
            conditions: conditions(signature),
            parameters,
        })
    }

    /// The type of a published value.
    fn watched(&self, signature: &Signature, errors: &mut Errors) -> Option<TokenStream> {
        if let Some(token) = &signature.asyncness {
            errors.report(token, "a value is published at once; remove `async`");
        }
        if let Some(FnArg::Receiver(receiver)) = signature.inputs.first() {
            if signature::receiver(signature) == Some(Receiver::Changes) {
                errors.report(receiver, "to publish is to read; take `&self`");
            }
        }
        for argument in signature.inputs.iter().filter_map(typed) {
            if is_context(&argument.ty) {
                errors.report(
                    argument,
                    "a published value is that of the state; remove this",
                );
            }
        }
        let ReturnType::Type(_, ty) = &signature.output else {
            errors.report(
                &signature.ident,
                "nothing is published; return the value: `-> T`",
            );
            return None;
        };
        match self.published(ty) {
            Ok(ty) => Some(ty),
            Err(error) => {
                errors.push(error);
                None
            }
        }
    }

    /// The type of what the actor announces. If it was refused, there are events all the same for those
    /// who use them.
    pub(super) fn event(&self, ty: &Type, errors: &mut Errors) -> Option<TokenStream> {
        match self.published(ty) {
            Ok(ty) => Some(ty),
            Err(error) => {
                errors.push(error);
                (!is_unknown(ty)).then(|| self.outliving(ty.to_token_stream()))
            }
        }
    }

    fn published(&self, ty: &Type) -> Result<TokenStream> {
        match self.arguments.obstacle_in_block(ty) {
            Some(Obstacle { culprit, .. }) => Err(Error::new_spanned(
                culprit,
                "what is published outlives the method; name an owned type",
            )),
            None => Ok(self.arguments.spell_out(ty)),
        }
    }
}

fn check_visible(method: &Method, word: &Ident, errors: &mut Errors) {
    if let Visibility::Inherited = method.visibility {
        errors.report(word, "the client has what is published; write `pub fn`");
    }
}

fn check_private(method: &Method, word: &Ident, errors: &mut Errors) {
    match &method.visibility {
        Visibility::Inherited => {}
        visibility => errors.report(
            visibility,
            format!("`{word}` makes the method no command; remove the visibility"),
        ),
    }
}

fn check_signature(signature: &Signature, word: &Ident, errors: &mut Errors) {
    if signature::receiver(signature).is_none() {
        let message = format!("`{word}` is about the actor; take `&self` or `&mut self`");
        match signature.inputs.first() {
            Some(FnArg::Receiver(receiver)) => errors.report(receiver, message),
            _ => errors.report(&signature.ident, message),
        }
    }
    signature::check_receiver(signature, errors);
    if let syn::Safety::Unsafe(token) = &signature.safety {
        errors.report(token, "the loop calls the method; make it safe");
    }
    let generics = &signature.generics;
    if !generics.params.is_empty() {
        let has_types = generics.lifetimes().count() < generics.params.len();
        let message = if has_types {
            "the loop calls the method with one type; name it"
        } else {
            "the loop calls the method; leave the lifetime out"
        };
        errors.report(&generics.params, message);
    }
    signature::check_contexts(signature, errors);
}

/// Nobody would learn of it.
fn check_result(signature: &Signature, word: &Ident, errors: &mut Errors) {
    if let ReturnType::Type(_, ty) = &signature.output {
        if !matches!(types::bare(ty), Type::Tuple(tuple) if tuple.elems.is_empty()) {
            errors.report(
                ty,
                format!("nobody gets what `{word}` returns; treat it in the method"),
            );
        }
    }
}

fn check_output(argument: &PatType, word: &Ident, offer: Offer, before: usize) -> Result<()> {
    let message = match offer {
        _ if reply_of(&argument.ty).is_some() => {
            format!("nobody waits for an answer of `{word}`; remove the reply")
        }
        Offer::Nothing => format!("`{word}` has no value to take; remove the argument"),
        Offer::Output if before > 0 => format!("`{word}` gives one value; take a tuple"),
        Offer::Output => return Ok(()),
    };
    Err(Error::new_spanned(argument, message))
}

/// The names in what a role says, and in the type that it publishes.
pub(super) fn names_in(role: &Role, signature: &Signature) -> HashSet<String> {
    let said = match role {
        Role::OnStart | Role::OnStop => TokenStream::new(),
        Role::Every { period, .. } => period.to_token_stream(),
        Role::Stream(stream) => stream.to_token_stream(),
        Role::On { future, condition } => {
            let mut said = future.to_token_stream();
            condition.to_tokens(&mut said);
            said
        }
        Role::Watch => signature.output.to_token_stream(),
    };
    tokens::names_in(said)
}
