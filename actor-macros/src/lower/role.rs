//! From a method with an attribute of ours other than `#[command]` to a hook, a loop, a source or a published value.

use std::collections::HashSet;

use proc_macro2::{Span, TokenStream};
use quote::ToTokens as _;
use syn::{
    Error, Expr, FnArg, Ident, Pat, PatType, Result, ReturnType, Safety, Signature, Type,
    Visibility,
};

use super::argument::{is_context, may_be_context, reply_of, simple_name};
use super::attributes::forwarded;
use super::refused::is_unknown;
use super::signature::typed_arguments;
use super::types::{self, Obstacle};
use super::{Lowering, Methods, signature, tokens};
use crate::diagnostics::Errors;
use crate::model::{
    Hook, LoopMethod, LoopParameter, NamedType, OutputPattern, Receiver, Requirement, Source,
    SourceKind, Trees, Watch, condition_name, follower_name, local_name, misses_name, number_name,
    numbered_variant, output_type_name, variant_name,
};
use crate::parse::{Method, Role};

/// The value that the loop offers to a method.
#[derive(Clone, Copy)]
enum Offer<'a> {
    Nothing,
    /// A value, which the method may take.
    Output,
    /// The parts of a value that this pattern names.
    Parts(&'a Pat),
}

impl Lowering<'_> {
    /// Adds the method to `methods`, or reports its mistake.
    pub(super) fn lower_role(
        &self,
        method: &Method,
        word: &Ident,
        role: &Role,
        methods: &mut Methods,
        errors: &mut Errors,
    ) {
        if let Role::Watch { initial } = role {
            check_visible(method, word, errors);
            self.lower_watch(method, word, initial.as_ref(), methods, errors);
        } else {
            if signature::can_be_command(method, &self.block.generics) {
                // While a method is still being typed, its attribute stands on the next one.
                methods.refused.extend(self.refused(method));
            }
            if !check_private(method, word, errors) && may_be_next_method(&method.signature) {
                return;
            }
            if let Role::Run = role {
                self.lower_own_loop(method, methods, errors);
            } else {
                self.lower_loop_method(method, word, role, methods, errors);
            }
        }
    }

    fn lower_watch(
        &self,
        method: &Method,
        word: &Ident,
        initial: Option<&Expr>,
        methods: &mut Methods,
        errors: &mut Errors,
    ) {
        let signature = &method.signature;
        let mut own_errors = Errors::default();
        check_signature(signature, word, &mut own_errors);
        self.loop_parameters(signature, word, Offer::Nothing, &mut own_errors);
        if signature::hides_clone(signature) {
            own_errors.report(&signature.ident, signature::HIDES_CLONE);
        }
        check_initial(initial, &mut own_errors);
        match self.watched(signature, &mut own_errors) {
            Some(ty) if own_errors.is_empty() => methods.watches.push(Watch {
                attributes: forwarded(&method.attributes),
                visibility: method.visibility.clone(),
                method: signature.ident.clone(),
                follower: Some(follower_name(&signature.ident)),
                conditions: signature::conditions(signature),
                ty,
                initial: initial.cloned(),
            }),
            _ if typed_arguments(signature).next().is_some() => {
                // As below, it may be the next method.
                methods.refused.extend(self.refused(method));
            }
            _ => methods.refused.extend(self.refused_watch(method)),
        }
        errors.append(own_errors);
    }

    fn lower_loop_method(
        &self,
        method: &Method,
        word: &Ident,
        role: &Role,
        methods: &mut Methods,
        errors: &mut Errors,
    ) {
        let mut own_errors = Errors::default();
        check_signature(&method.signature, word, &mut own_errors);
        let offer = match role {
            Role::OnStart | Role::BeforeEach | Role::AfterEach | Role::Run | Role::Watch { .. } => {
                Offer::Nothing
            }
            Role::On {
                pattern: Some(pattern),
                ..
            } => Offer::Parts(pattern),
            Role::OnStop | Role::Every { .. } | Role::Stream(_) | Role::At(_) | Role::On { .. } => {
                Offer::Output
            }
        };
        let call = self.loop_method(&method.signature, word, offer, &mut own_errors);
        check_result(&method.signature, &mut own_errors);
        check_evaluation(role, &mut own_errors);
        if let (Some(call), true) = (call, own_errors.is_empty()) {
            self.add(method, role, call, methods);
        }
        errors.append(own_errors);
    }

    fn add(&self, method: &Method, role: &Role, call: LoopMethod, methods: &mut Methods) {
        let kind = match role {
            Role::OnStart => return methods.on_start.push(hook(method, call)),
            Role::OnStop => return methods.on_stop.push(hook(method, call)),
            Role::BeforeEach => return methods.before_each.push(hook(method, call)),
            Role::AfterEach => return methods.after_each.push(hook(method, call)),
            Role::Run | Role::Watch { .. } => return,
            Role::Every { period, first } => SourceKind::Every {
                period: period.clone(),
                first: *first,
            },
            Role::Stream(stream) => SourceKind::Stream(stream.clone()),
            Role::At(deadline) => SourceKind::At(deadline.clone()),
            Role::On {
                future,
                condition: None,
                ..
            } => SourceKind::On(future.clone()),
            Role::On {
                future,
                condition: Some(condition),
                ..
            } => SourceKind::OnIf {
                future: future.clone(),
                condition: condition.clone(),
                local: condition_name(&call.method, self.used_names),
            },
        };
        let pattern = match role {
            Role::On {
                pattern: Some(pattern),
                ..
            } => Some(OutputPattern {
                pattern: (**pattern).clone(),
                misses: misses_name(&call.method, self.used_names),
            }),
            _ => None,
        };
        let variant = source_variant(&call.method, &methods.sources);
        methods.sources.push(Source {
            attributes: forwarded(&method.attributes),
            output_type: output_type_name(&variant),
            number: number_name(&variant, self.used_names),
            variant,
            local: local_name(&call.method, self.used_names),
            call,
            kind,
            pattern,
        });
    }

    fn loop_method(
        &self,
        signature: &Signature,
        word: &Ident,
        offer: Offer<'_>,
        errors: &mut Errors,
    ) -> Option<LoopMethod> {
        let parameters = self.loop_parameters(signature, word, offer, errors);
        Some(LoopMethod {
            method: signature.ident.clone(),
            receiver: signature::receiver(signature)?,
            self_ident: signature::self_ident(signature)?,
            asyncness: signature::asyncness(signature),
            conditions: signature::conditions(signature),
            parameters,
            result: result(signature),
        })
    }

    fn loop_parameters(
        &self,
        signature: &Signature,
        word: &Ident,
        offer: Offer<'_>,
        errors: &mut Errors,
    ) -> Vec<LoopParameter> {
        let mut parameters = Vec::new();
        let mut outputs = 0;
        for argument in typed_arguments(signature) {
            let checked = match self.context(argument) {
                Ok(Some(context)) => {
                    parameters.push(LoopParameter::Context(context));
                    continue;
                }
                Ok(None) => check_output(argument, word, offer, outputs),
                Err(error) => Err(error),
            };
            errors.keep(checked);
            let (attributes, ty) = (forwarded(&argument.attrs), argument.ty.clone());
            outputs += usize::from(!attributes.is_conditional());
            parameters.push(match part(argument, offer) {
                Some(part) => LoopParameter::Part(attributes, part, ty),
                None => LoopParameter::Output(attributes, ty),
            });
        }
        parameters
    }

    /// Returns the type of a published value.
    fn watched(&self, signature: &Signature, errors: &mut Errors) -> Option<NamedType> {
        if let Some(token) = &signature.asyncness {
            errors.report(token, "a value is published at once; remove `async`");
        }
        if let Some(FnArg::Receiver(receiver)) = signature.inputs.first() {
            if signature::receiver(signature) == Some(Receiver::Changes) {
                errors.report(receiver, "a `#[watch]` method only reads; take `&self`");
            }
        }
        for argument in typed_arguments(signature) {
            if is_context(argument) {
                errors.report(
                    argument,
                    "a published value depends on the state alone; remove this",
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
        if let Some(mistake) = types::confined_object(ty, Requirement::Shared) {
            errors.push(mistake.into_error());
            return None;
        }
        errors.keep(self.published_type(ty))
    }

    /// Returns the type of the events. A refused type is kept for the methods that use the events, unless it cannot
    /// be written down.
    pub(super) fn event_type(&self, ty: &Type, errors: &mut Errors) -> Option<NamedType> {
        errors.keep(self.published_type(ty)).or_else(|| {
            let ty = (!is_unknown(ty)).then(|| self.made_static(ty))?;
            Some(self.named(Trees::of(ty)))
        })
    }

    fn published_type(&self, ty: &Type) -> Result<NamedType> {
        match self.obstacle(ty) {
            Some(Obstacle { culprit, .. }) => Err(Error::new_spanned(
                culprit,
                "a published value outlives the method; name an owned type",
            )),
            None => Ok(self.named_type(ty)),
        }
    }
}

fn hook(method: &Method, call: LoopMethod) -> Hook {
    Hook {
        attributes: forwarded(&method.attributes),
        call,
    }
}

/// Returns the type of what a method returns, if it returns something.
fn result(signature: &Signature) -> Option<Type> {
    match &signature.output {
        ReturnType::Type(_, ty) if !types::is_unit(ty) => Some((**ty).clone()),
        ReturnType::Type(..) | ReturnType::Default => None,
    }
}

/// Returns the variant for a source, different from `others`.
fn source_variant(method: &Ident, others: &[Source]) -> Ident {
    let variant = variant_name(method);
    if others.iter().any(|other| other.variant == variant) {
        numbered_variant(&variant, others.len())
    } else {
        variant
    }
}

fn check_visible(method: &Method, word: &Ident, errors: &mut Errors) {
    if let Visibility::Inherited = method.visibility {
        errors.report(word, "a published value is for the client; write `pub fn`");
    }
}

/// Returns whether a visible method takes or returns something, as a command does. Then it is not checked further.
fn may_be_next_method(signature: &Signature) -> bool {
    typed_arguments(signature).next().is_some() || matches!(signature.output, ReturnType::Type(..))
}

/// Refuses a visible method, and returns whether the method is private.
fn check_private(method: &Method, word: &Ident, errors: &mut Errors) -> bool {
    let is_private = matches!(method.visibility, Visibility::Inherited);
    if !is_private {
        let message = format!("a method with `{word}` is not a command; remove the visibility");
        errors.report(&method.visibility, message);
    }
    is_private
}

/// Refuses an `.await` in what the loop evaluates before it polls anything.
fn check_evaluation(role: &Role, errors: &mut Errors) {
    let evaluated = match role {
        Role::At(deadline) => Some(deadline),
        Role::On { condition, .. } => condition.as_ref(),
        _ => None,
    };
    let word = Ident::new("await", Span::call_site());
    let found = evaluated.and_then(|it| tokens::find_name(it.to_token_stream(), &word));
    if let Some(found) = found {
        errors.report(
            found,
            "the loop cannot wait here; keep the value in a field",
        );
    }
}

/// Refuses an initial value that needs the state.
fn check_initial(initial: Option<&Expr>, errors: &mut Errors) {
    let state = Ident::new("self", Span::call_site());
    if let Some(state) = tokens::find_name(initial.to_token_stream(), &state) {
        errors.report(state, "there is no state yet; leave `self` out");
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
    if let Some(mistake) = signature::wrong_receiver_lifetime(signature) {
        errors.push(mistake.into_error());
    }
    check_callable(signature, errors);
    signature::check_contexts(signature, errors);
}

/// Refuses what keeps generated code from calling the method.
pub(super) fn check_callable(signature: &Signature, errors: &mut Errors) {
    if let Safety::Unsafe(token) = &signature.safety {
        errors.report(token, "the loop calls the method; make it safe");
    }
    let generics = &signature.generics;
    if !generics.params.is_empty() {
        let message = if signature::has_types(generics) {
            "the loop calls the method with one type; name it"
        } else {
            "the loop calls the method; leave the lifetime out"
        };
        errors.report(&generics.params, message);
    }
}

/// Refuses an error that cannot go to whoever waits for the start or the end.
fn check_result(signature: &Signature, errors: &mut Errors) {
    let ReturnType::Type(_, ty) = &signature.output else {
        return;
    };
    if let Some(mistake) = types::confined_object(ty, Requirement::Shared) {
        errors.push(mistake.into_error());
    }
}

/// Checks an argument that has `before` others in front of it.
fn check_output(argument: &PatType, word: &Ident, offer: Offer<'_>, before: usize) -> Result<()> {
    let message = match offer {
        _ if reply_of(&argument.ty).is_some() => {
            format!("nobody waits for an answer of `{word}`; remove the reply")
        }
        Offer::Nothing => match types::bare(&argument.ty) {
            Type::Reference(reference) if may_be_context(reference) => {
                format!("`{word}` has no value to take; remove the argument, name a context `ctx`")
            }
            _ => format!("`{word}` has no value to take; remove the argument"),
        },
        Offer::Output if before > 0 && (word == "on" || word == "stream") => {
            format!("`{word}` gives one value; take a tuple")
        }
        Offer::Output if before > 0 => format!("`{word}` gives one value; remove this argument"),
        // Items and outputs may be references.
        Offer::Output if word != "on" && word != "stream" && is_mutable_reference(argument) => {
            format!("the value of `{word}` is not borrowed; take it, name a context `ctx`")
        }
        Offer::Parts(_) if part(argument, offer).is_none() => match simple_name(argument) {
            Some(name) => format!("the pattern does not bind `{name}`; bind or rename it"),
            None => "the pattern names the arguments; write one of its names".to_owned(),
        },
        Offer::Output | Offer::Parts(_) => return Ok(()),
    };
    Err(Error::new_spanned(argument, message))
}

fn is_mutable_reference(argument: &PatType) -> bool {
    matches!(types::bare(&argument.ty), Type::Reference(reference) if reference.mutability.is_some())
}

/// Returns the name in the pattern that the argument has, too.
fn part(argument: &PatType, offer: Offer<'_>) -> Option<Ident> {
    let Offer::Parts(pattern) = offer else {
        return None;
    };
    let name = simple_name(argument)?;
    tokens::find_name(pattern.to_token_stream(), name)
}

/// Returns the names in the expressions of a role, and in the type that it publishes.
pub(super) fn names_in(role: &Role, signature: &Signature) -> HashSet<String> {
    let tokens = match role {
        Role::OnStart | Role::OnStop | Role::BeforeEach | Role::AfterEach | Role::Run => {
            TokenStream::new()
        }
        Role::Every { period, .. } => period.to_token_stream(),
        Role::Stream(stream) => stream.to_token_stream(),
        Role::At(deadline) => deadline.to_token_stream(),
        Role::On {
            pattern,
            future,
            condition,
        } => {
            let mut tokens = future.to_token_stream();
            pattern.to_tokens(&mut tokens);
            condition.to_tokens(&mut tokens);
            tokens
        }
        Role::Watch { initial } => {
            let mut tokens = signature.output.to_token_stream();
            initial.to_tokens(&mut tokens);
            tokens
        }
    };
    tokens::names_in(tokens)
}
