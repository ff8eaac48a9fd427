//! `Input` to `Actor`: each method's signature becomes a command, or an error.

use std::collections::HashSet;

use syn::{
    Error, FnArg, Ident, PatType, ReceiverKind, Result, ReturnType, Safety, Signature, Type,
    Visibility, WherePredicate,
};

use super::argument::{Arguments, is_context, simple_name};
use super::generics;
use super::types::{self, Obstacle, is_named};
use super::visibility::most_visible;
use super::{
    Actor, Asyncness, Attributes, Command, Names, OnStopped, Refused, Reply, ReplyType, Twin, names,
};
use crate::diagnostics::Errors;
use crate::parse::{Block, CommandOptions, Input, Method};

/// `None` if the type has no name, after which nothing can be named.
pub(crate) fn lower(input: Input, errors: &mut Errors) -> Option<Actor> {
    let Input { args, block } = input;
    let Some(name) = type_name(&block.self_type) else {
        if !types::is_without_impl(&block.self_type) {
            errors.report(
                &block.self_type,
                "an actor needs a name; write `impl Name { .. }`",
            );
        }
        return None;
    };
    let used_names = argument_names(&block);
    let arguments = Arguments {
        self_type: &block.self_type,
        generics: &block.generics,
        used_names: &used_names,
    };
    let lowering = Lowering {
        arguments,
        on_stopped: args.on_stopped,
    };
    let mut commands = Vec::new();
    let mut refused = Vec::new();
    for method in &block.methods {
        if !is_command(method, errors) {
            continue;
        }
        match lowering.command(method, errors) {
            Some(command) => commands.push(command),
            None => refused.extend(lowering.refused(method, &block.generics)),
        }
    }
    let sent = commands.iter().flat_map(Command::sent_types).cloned();
    let sent = sent.chain(refused.iter().map(Refused::named));
    let message_generics = generics::used_generics(&block.generics, sent.collect());
    let surely_sent = commands.iter().flat_map(Command::surely_sent_types);
    let unnamed_parameters = generics::unnamed_parameters(&message_generics, surely_sent);
    let visibility = args.visibility.unwrap_or_else(|| most_visible(&commands));
    Some(Actor {
        command: args
            .command
            .unwrap_or_else(|| names::item(&name, "Command")),
        client: args.client.unwrap_or_else(|| names::item(&name, "Client")),
        message_generics,
        unnamed_parameters,
        runtime: args.runtime,
        visibility,
        capacity: args.capacity,
        locality: args.locality,
        names: Names::unused(&used_names),
        attributes: Attributes::of(&block.attributes),
        commands,
        refused,
        name,
        block: block.tokens,
        self_type: block.self_type,
        generics: block.generics,
    })
}

fn type_name(ty: &Type) -> Option<Ident> {
    match types::bare(ty) {
        Type::Path(path) if path.qself.is_none() => path
            .path
            .segments
            .last()
            .map(|segment| segment.ident.clone()),
        _ => None,
    }
}

fn argument_names(block: &Block) -> HashSet<String> {
    let inputs = block
        .methods
        .iter()
        .flat_map(|method| &method.signature.inputs);
    inputs
        .filter_map(|input| Some(simple_name(typed(input)?)?.to_string()))
        .collect()
}

pub(super) fn typed(input: &FnArg) -> Option<&PatType> {
    match input {
        FnArg::Typed(typed) => Some(typed),
        FnArg::Receiver(_) => None,
    }
}

/// Whether the client is to have `method`.
fn is_command(method: &Method, errors: &mut Errors) -> bool {
    let Method {
        options, signature, ..
    } = method;
    if let Some(why) = why_no_command(&method.visibility, signature) {
        check_options_of_no_command(options, why, errors);
        return false;
    }
    if options.skip.is_some() {
        check_skip(options, errors);
        return false;
    }
    // rustc refuses an unsized type at the method itself; what is made of it would be refused once more.
    !has_unsized(signature)
}

/// What the methods of one block have in common.
pub(super) struct Lowering<'a> {
    pub(super) arguments: Arguments<'a>,
    on_stopped: OnStopped,
}

impl Lowering<'_> {
    /// `None` if something about it was reported.
    fn command(&self, method: &Method, errors: &mut Errors) -> Option<Command> {
        let Method {
            attributes,
            options,
            visibility,
            signature,
        } = method;
        if !signature.generics.params.is_empty() {
            // What mentions a parameter is not reported once more.
            report_generics(signature, errors);
            return None;
        }
        check_ack(signature, options, errors);
        let mut own_errors = Errors::default();
        check_safety(signature, &mut own_errors);
        let mut parameters = Vec::new();
        for (position, argument) in signature.inputs.iter().filter_map(typed).enumerate() {
            match self.arguments.parameter(position + 1, argument) {
                Ok(parameter) => parameters.push(parameter),
                Err(error) => own_errors.push(error),
            }
        }
        check_contexts(signature, &mut own_errors);
        let reply = self
            .reply(&signature.output, options)
            .map_err(|error| own_errors.push(error))
            .ok();
        if !own_errors.is_empty() {
            errors.append(own_errors);
            return None;
        }
        Some(Command {
            attributes: Attributes::of(attributes),
            visibility: visibility.clone(),
            method: signature.ident.clone(),
            variant: names::variant(&signature.ident),
            asyncness: signature
                .asyncness
                .map_or(Asyncness::Sync, |_| Asyncness::Async),
            conditions: conditions(signature),
            parameters,
            reply: reply?,
            on_stopped: self.on_stopped(options),
            twins: twins(options),
        })
    }

    pub(super) fn on_stopped(&self, options: &CommandOptions) -> OnStopped {
        match options.on_stopped {
            Some((_, on_stopped)) => on_stopped,
            None => self.on_stopped,
        }
    }

    fn reply(&self, output: &ReturnType, options: &CommandOptions) -> Result<Reply> {
        let ReturnType::Type(_, ty) = output else {
            return Ok(if options.ack.is_some() {
                Reply::Done
            } else {
                Reply::Accepted
            });
        };
        match types::bare(ty) {
            Type::Tuple(tuple) if tuple.elems.is_empty() => return Ok(Reply::Done),
            Type::Never(never) => {
                return Err(Error::new_spanned(
                    never,
                    "a command has to return; name what it returns",
                ));
            }
            _ => {}
        }
        let borrows = "a reply cannot borrow from the actor; return an owned value";
        match self.arguments.obstacle(ty) {
            Some(Obstacle::ImplTrait(culprit)) => Err(Error::new_spanned(
                culprit,
                "a reply needs a named type; return it instead of `impl`",
            )),
            Some(Obstacle::Reference(culprit)) => Err(Error::new_spanned(culprit, borrows)),
            Some(Obstacle::Lifetime(culprit)) => Err(Error::new_spanned(culprit, borrows)),
            Some(Obstacle::Itself(culprit)) => Err(Error::new_spanned(culprit, borrows)),
            None => Ok(Reply::Value(ReplyType::of(
                ty,
                self.arguments.spell_out(ty),
            ))),
        }
    }
}

fn why_no_command(visibility: &Visibility, signature: &Signature) -> Option<&'static str> {
    let Some(FnArg::Receiver(receiver)) = signature.inputs.first() else {
        return Some("an associated function is not a command; take `&self` or `&mut self`");
    };
    let borrows = match &receiver.kind {
        ReceiverKind::Reference(..) => true,
        ReceiverKind::Typed(_, ty) => match &**ty {
            Type::Reference(reference) => !is_pointer(&reference.elem),
            _ => false,
        },
        _ => false,
    };
    if !borrows {
        return Some("a method that takes `self` is not a command; take `&mut self`");
    }
    match visibility {
        Visibility::Inherited => Some("a private method is not a command; write `pub(crate) fn`"),
        _ => None,
    }
}

fn check_options_of_no_command(options: &CommandOptions, why: &str, errors: &mut Errors) {
    match (&options.skip, &options.attribute) {
        (Some(skip), _) => errors.report(skip, "the method is no command anyway; remove `skip`"),
        (None, Some(attribute)) => errors.report(attribute, why),
        (None, None) => {}
    }
}

fn check_skip(options: &CommandOptions, errors: &mut Errors) {
    let CommandOptions {
        ack,
        try_twin,
        blocking_twin,
        on_stopped,
        ..
    } = options;
    let on_stopped = on_stopped.as_ref().map(|(option, _)| option);
    let flags = [ack, try_twin, blocking_twin].map(Option::as_ref);
    for flag in flags.into_iter().chain([on_stopped]).flatten() {
        errors.report(
            flag,
            format!("a skipped method is not a command; remove `{flag}`"),
        );
    }
}

fn report_generics(signature: &Signature, errors: &mut Errors) {
    let generics = &signature.generics;
    let has_types = generics.lifetimes().count() < generics.params.len();
    let message = if has_types {
        "a command cannot be generic; name the type, or add `#[command(skip)]`"
    } else {
        "a command cannot hold a lifetime; leave it out, or add `#[command(skip)]`"
    };
    errors.report(&generics.params, message);
}

fn check_safety(signature: &Signature, errors: &mut Errors) {
    if let Safety::Unsafe(token) = &signature.safety {
        errors.report(
            token,
            "a command cannot be `unsafe`; make it safe, or add `#[command(skip)]`",
        );
    }
}

fn check_ack(signature: &Signature, options: &CommandOptions, errors: &mut Errors) {
    if let (Some(ack), ReturnType::Type(..)) = (&options.ack, &signature.output) {
        errors.report(ack, "the method is answered anyway; remove `ack`");
    }
}

fn check_contexts(signature: &Signature, errors: &mut Errors) {
    let contexts = signature
        .inputs
        .iter()
        .filter_map(typed)
        .filter(|argument| is_context(&argument.ty));
    for second in contexts.skip(1) {
        errors.report(second, "there is one context; remove the second");
    }
}

fn conditions(signature: &Signature) -> Vec<WherePredicate> {
    let clause = signature.generics.where_clause.iter();
    clause
        .flat_map(|clause| &clause.predicates)
        .cloned()
        .collect()
}

fn has_unsized(signature: &Signature) -> bool {
    let arguments = signature.inputs.iter().filter_map(typed);
    let reply = match &signature.output {
        ReturnType::Type(_, ty) => Some(ty),
        ReturnType::Default => None,
    };
    let mut types = arguments.map(|argument| &argument.ty).chain(reply);
    types.any(|ty| types::is_unsized(ty))
}

/// What `self` can be behind.
fn is_pointer(ty: &Type) -> bool {
    ["Arc", "Box", "Pin", "Rc"]
        .iter()
        .any(|pointer| is_named(ty, pointer))
}

fn twins(options: &CommandOptions) -> Vec<Twin> {
    let mut twins = Vec::new();
    twins.extend(options.try_twin.as_ref().map(|_| Twin::Try));
    twins.extend(options.blocking_twin.as_ref().map(|_| Twin::Blocking));
    twins
}
