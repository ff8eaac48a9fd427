//! `Input` to `Actor`: each method's signature becomes a command, or an error.

use std::collections::HashSet;

use quote::ToTokens as _;
use syn::{Error, FnArg, Ident, PatType, Result, ReturnType, Signature, Type, WherePredicate};

use super::argument::{Arguments, ReplyKind, reply_of, simple_name};
use super::parameters::UsedParameters;
use super::roles::Roles;
use super::types::{self, Obstacle, ObstacleKind};
use super::visibility::most_visible;
use super::{
    AbsentCallers, Actor, Argument, Asyncness, Attributes, Command, Conversion, ErrorMode, Event,
    Lane, Names, Parameter, Reply, ReplyType, Twin, names,
};
use super::{generics, options, roles, signature};
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
    let used_names = used_names(&block);
    let arguments = Arguments {
        self_type: &block.self_type,
        generics: &block.generics,
        used_names: &used_names,
    };
    let lowering = Lowering {
        arguments,
        errors: args.errors,
    };
    let mut commands = Vec::new();
    let mut refused = Vec::new();
    let mut roles = Roles::default();
    for method in &block.methods {
        if let Some((word, role)) = &method.options.role {
            lowering.lower_role(method, word, role, &mut roles, errors);
            continue;
        }
        if !is_command(method, errors) {
            continue;
        }
        match lowering.command(method, errors) {
            Some(command) => commands.push(command),
            None => refused.extend(lowering.refused(method, &block.generics)),
        }
    }
    refused.append(&mut roles.refused);
    let event = args.event.as_ref().and_then(|ty| {
        let ty = lowering.event(ty, errors)?;
        let generics = generics::used_generics(&block.generics, &block.self_type, ty.clone());
        Some(Event {
            ty,
            generics,
            capacity: args.event_capacity.map(|(_, capacity)| capacity),
            subscribe: Some(names::subscribe()),
        })
    });
    let parameters = UsedParameters::of(&block, &commands, &refused, &roles, event.as_ref());
    let visibilities = commands.iter().map(|command| &command.visibility);
    let visibilities = visibilities
        .chain(refused.iter().map(|refused| &refused.visibility))
        .chain(roles.watches.iter().map(|watch| &watch.visibility));
    let visibility = args
        .visibility
        .unwrap_or_else(|| most_visible(visibilities));
    let Roles {
        on_start,
        sources,
        on_stop,
        watches,
        refused: _,
    } = roles;
    Some(Actor {
        command: args
            .command
            .unwrap_or_else(|| names::item(&name, "Command")),
        client: args.client.unwrap_or_else(|| names::item(&name, "Client")),
        message_generics: parameters.of_messages,
        unnamed_parameters: parameters.unnamed,
        runtime: args.runtime,
        visibility,
        capacity: args.capacity,
        locality: args.locality,
        life: args.life,
        shutdown: args.shutdown,
        deadline: args.deadline,
        event,
        names: Names::unused(&used_names),
        attributes: Attributes::of(&block.attributes),
        commands,
        refused,
        on_start,
        sources,
        on_stop,
        watches,
        watch_generics: parameters.of_watches,
        unwatched_parameters: parameters.unwatched,
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

/// The names that the generated code must not give to anything else.
fn used_names(block: &Block) -> HashSet<String> {
    let mut used = HashSet::new();
    for method in &block.methods {
        // A reply is always in the field that is called so.
        let arguments = method.signature.inputs.iter().filter_map(typed);
        let arguments = arguments.filter(|argument| reply_of(&argument.ty).is_none());
        used.extend(arguments.filter_map(|argument| Some(simple_name(argument)?.to_string())));
        if let Some((_, role)) = &method.options.role {
            used.insert(method.signature.ident.to_string());
            used.extend(roles::names_in(role, &method.signature));
        }
    }
    used
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
    let options = &options.command;
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
    errors: ErrorMode,
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
        let options = &options.command;
        let mut own_errors = Errors::default();
        options::check_ack(signature, options, errors);
        signature::check_name(signature, &mut own_errors);
        signature::check_safety(signature, &mut own_errors);
        signature::check_receiver(signature, &mut own_errors);
        if !signature.generics.params.is_empty() {
            // What mentions a parameter is not reported once more.
            signature::report_generics(signature, &mut own_errors);
            errors.append(own_errors);
            return None;
        }
        let parameters = match &options.batch {
            Some(_) => self.batch_parameters(signature, options, &mut own_errors),
            None => self.parameters(signature, &mut own_errors),
        };
        signature::check_contexts(signature, &mut own_errors);
        signature::check_replies(signature, &mut own_errors);
        let reply = self
            .reply(signature, options)
            .map_err(|error| own_errors.push(error))
            .ok();
        if !own_errors.is_empty() {
            errors.append(own_errors);
            return None;
        }
        let mut command = Command {
            attributes: Attributes::of(attributes),
            visibility: visibility.clone(),
            method: signature.ident.clone(),
            variant: names::variant(&signature.ident),
            receiver: signature::receiver(signature)?,
            asyncness: asyncness(signature),
            conditions: conditions(signature),
            parameters,
            reply: reply?,
            errors: self.errors(options),
            twins: twins(options),
            lane: match options.priority {
                Some(_) => Lane::Priority,
                None => Lane::First,
            },
            absent_callers: AbsentCallers::Served,
            batch: options.batch.as_ref().map(|(_, limit)| limit.clone()),
        };
        if options.skip_cancelled.is_some() && command.replies() {
            command.absent_callers = AbsentCallers::Skipped;
        }
        options::check_options(&command, options, errors);
        Some(command)
    }

    /// Those of a method that takes several calls at once.
    fn batch_parameters(
        &self,
        signature: &Signature,
        options: &CommandOptions,
        errors: &mut Errors,
    ) -> Vec<Parameter> {
        let element = options::batch_argument(signature).and_then(|(argument, element)| {
            let element = self.arguments.element(element)?;
            Ok((argument, element))
        });
        let (own, element) = match element {
            Ok(element) => element,
            Err(error) => {
                errors.push(error);
                return Vec::new();
            }
        };
        let given = options.arg.as_ref().map(|(_, name)| name);
        let name = match given.or_else(|| simple_name(own)) {
            Some(name) => names::generated(name),
            None => self.arguments.invented_name(1),
        };
        let argument = Parameter::Argument(Argument {
            attributes: Attributes::of(&own.attrs),
            name,
            taken: element.clone(),
            carried: element.clone(),
            named: element,
            conversion: Conversion::Move,
        });
        let mut argument = Some(argument);
        let mut in_order = Vec::new();
        for parameter in signature.inputs.iter().filter_map(typed) {
            match self.arguments.context(parameter) {
                Ok(Some(attributes)) => in_order.push(Parameter::Context(attributes)),
                Ok(None) => in_order.extend(argument.take()),
                Err(error) => errors.push(error),
            }
        }
        in_order
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

    pub(super) fn errors(&self, options: &CommandOptions) -> ErrorMode {
        match options.errors {
            Some((_, errors)) => errors,
            None => self.errors,
        }
    }

    fn reply(&self, signature: &Signature, options: &CommandOptions) -> Result<Reply> {
        let output = &signature.output;
        let mut taken = signature.inputs.iter().filter_map(typed);
        if let Some((kind, ty)) = taken.find_map(|argument| reply_of(&argument.ty)) {
            options::check_returns_nothing(output)?;
            let ty = self.reply_type(ty)?;
            return Ok(match kind {
                ReplyKind::Once => Reply::Deferred(ty),
                ReplyKind::Stream => Reply::Stream(ty),
            });
        }
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
        match options.batch {
            Some(_) => self.reply_type(options::batch_answer(ty)?),
            None => self.reply_type(ty),
        }
        .map(Reply::Value)
    }

    /// The type of an answer.
    pub(super) fn reply_type(&self, ty: &Type) -> Result<ReplyType> {
        let Some(Obstacle { kind, culprit }) = self.arguments.obstacle_in_block(ty) else {
            return Ok(ReplyType::of(ty, self.arguments.spell_out(ty)));
        };
        Err(Error::new_spanned(
            culprit,
            match kind {
                ObstacleKind::ImplTrait => {
                    "a reply needs a named type; return it instead of `impl`"
                }
                ObstacleKind::Reference | ObstacleKind::Lifetime | ObstacleKind::Itself => {
                    "a reply cannot borrow from the actor; return an owned value"
                }
            },
        ))
    }
}

pub(super) fn asyncness(signature: &Signature) -> Asyncness {
    match signature.asyncness {
        Some(_) => Asyncness::Async,
        None => Asyncness::Sync,
    }
}

fn twins(options: &CommandOptions) -> Vec<Twin> {
    let mut twins = Vec::new();
    twins.extend(options.try_twin.as_ref().map(|_| Twin::Try));
    twins.extend(options.blocking_twin.as_ref().map(|_| Twin::Blocking));
    twins
}

pub(super) fn conditions(signature: &Signature) -> Vec<WherePredicate> {
    let clause = signature.generics.where_clause.iter();
    clause
        .flat_map(|clause| &clause.predicates)
        .cloned()
        .collect()
}
