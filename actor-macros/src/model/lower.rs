//! `Input` to `Actor`: each method's signature becomes a command, or an error.

use std::collections::HashSet;

use quote::ToTokens as _;
use syn::{Error, FnArg, Ident, PatType, Result, ReturnType, Signature, Type, WherePredicate};

use super::argument::{Arguments, simple_name};
use super::types::{self, Obstacle, ObstacleKind};
use super::visibility::most_visible;
use super::{
    Actor, Argument, Asyncness, Attributes, Command, Names, OnStopped, Parameter, Refused, Reply,
    ReplyType, Twin, names,
};
use super::{generics, signature};
use crate::diagnostics::Errors;
use crate::parse::{Block, CommandOptions, Input, Method};

/// `None` if the type or a parameter has no name, after which nothing can be named.
pub(crate) fn lower(input: Input, errors: &mut Errors) -> Option<Actor> {
    let Input { args, block } = input;
    if generics::has_unnamed(&block.generics) {
        return None;
    }
    let Some(name) = type_name(&block.self_type) else {
        if !types::is_without_block(&block.self_type) {
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
    let message_generics =
        generics::used_generics(&block.generics, &block.self_type, sent.collect());
    let surely_sent = commands.iter().flat_map(Command::surely_sent_types);
    let unnamed_parameters = generics::unnamed_parameters(&message_generics, surely_sent);
    let visibilities = commands.iter().map(|command| &command.visibility);
    let visibilities = visibilities.chain(refused.iter().map(|refused| &refused.visibility));
    let visibility = args
        .visibility
        .unwrap_or_else(|| most_visible(visibilities));
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
        Type::Path(path) if path.qself.is_none() => {
            let name = &path.path.segments.last()?.ident;
            // `crate` and the like are none.
            syn::parse2(name.to_token_stream()).ok()
        }
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
    if let Some(why) = signature::why_no_command(&method.visibility, signature) {
        signature::check_options_of_no_command(options, why, errors);
        return false;
    }
    if options.skip.is_some() {
        signature::check_skip(options, errors);
        return false;
    }
    !signature::has_unsized(signature)
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
        signature::check_ack(signature, options, errors);
        let mut own_errors = Errors::default();
        signature::check_name(signature, &mut own_errors);
        signature::check_safety(signature, &mut own_errors);
        signature::check_receiver(signature, &mut own_errors);
        if !signature.generics.params.is_empty() {
            // What mentions a parameter is not reported once more.
            signature::report_generics(signature, &mut own_errors);
            errors.append(own_errors);
            return None;
        }
        let parameters = self.parameters(signature, &mut own_errors);
        signature::check_contexts(signature, &mut own_errors);
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

    fn parameters(&self, signature: &Signature, errors: &mut Errors) -> Vec<Parameter> {
        let mut names = HashSet::new();
        let mut parameters = Vec::new();
        for (position, argument) in signature.inputs.iter().filter_map(typed).enumerate() {
            match self.arguments.parameter(position + 1, argument) {
                // For a `macro_rules!`, two names can differ that read the same.
                Ok(Parameter::Argument(argument))
                    if !argument.attributes.is_conditional()
                        && !names.insert(argument.name.clone()) =>
                {
                    let name = self.arguments.invented_name(position + 1);
                    parameters.push(Parameter::Argument(Argument { name, ..argument }));
                }
                Ok(parameter) => parameters.push(parameter),
                Err(error) => errors.push(error),
            }
        }
        parameters
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
        match self.arguments.obstacle_in_block(ty) {
            Some(Obstacle { kind, culprit }) => Err(Error::new_spanned(
                culprit,
                match kind {
                    ObstacleKind::ImplTrait => {
                        "a reply needs a named type; return it instead of `impl`"
                    }
                    ObstacleKind::Reference | ObstacleKind::Lifetime | ObstacleKind::Itself => {
                        "a reply cannot borrow from the actor; return an owned value"
                    }
                },
            )),
            None => Ok(Reply::Value(ReplyType::of(
                ty,
                self.arguments.spell_out(ty),
            ))),
        }
    }
}

fn twins(options: &CommandOptions) -> Vec<Twin> {
    let mut twins = Vec::new();
    twins.extend(options.try_twin.as_ref().map(|_| Twin::Try));
    twins.extend(options.blocking_twin.as_ref().map(|_| Twin::Blocking));
    twins
}

fn conditions(signature: &Signature) -> Vec<WherePredicate> {
    let clause = signature.generics.where_clause.iter();
    clause
        .flat_map(|clause| &clause.predicates)
        .cloned()
        .collect()
}
