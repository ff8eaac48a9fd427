//! From a method to the command that runs it.

use std::collections::HashSet;

use quote::ToTokens as _;
use syn::{Error, Result, ReturnType, Signature, Type};

use super::argument::{ReplyKind, reply_of, simple_name};
use super::attributes::forwarded;
use super::remedies;
use super::signature::typed_arguments;
use super::types::{self, Obstacle, ObstacleKind};
use super::{Callers, Lowering, last, options, remote, signature};
use crate::diagnostics::{Errors, or_skip};
use crate::model::{
    AbsentCallers, Argument, Command, Conversion, ErrorMode, Lane, Parameter, Receiver, Reply,
    ReplyType, Trees, Twin, generated_name, variant_name,
};
use crate::parse::{CommandOptions, Method};

impl Lowering<'_> {
    /// Reports why a method cannot be a command, and returns `None` then.
    pub(super) fn command(&self, method: &Method, errors: &mut Errors) -> Option<Command> {
        let options = &method.options.command;
        options::check_ack(&method.signature, options, errors);
        let mut own_errors = Errors::default();
        let command = self.checked_command(method, &mut own_errors);
        let is_carried = command.as_ref().is_some_and(Command::is_carried);
        if is_carried && self.callers == Callers::Anywhere {
            remote::check_references(&method.signature, &mut own_errors);
        }
        let command = command.filter(|_| own_errors.is_empty());
        errors.append(own_errors);
        let command = command?;
        options::check_options(&command, options, errors);
        if self.callers == Callers::Anywhere {
            remote::check_options(options, errors);
        }
        Some(command)
    }

    fn checked_command(&self, method: &Method, errors: &mut Errors) -> Option<Command> {
        let (signature, options) = (&method.signature, &method.options.command);
        if !last::check_last(method, errors) {
            return None;
        }
        if signature::hides_clone(signature) {
            errors.report(&signature.ident, or_skip(signature::HIDES_CLONE));
        }
        signature::check_safety(signature, errors);
        if let Some(mistake) = signature::wrong_receiver_lifetime(signature) {
            errors.push(mistake.or_skip().into_error());
        }
        if !signature.generics.params.is_empty() {
            // A type that mentions a parameter is not reported again.
            signature::report_generics(signature, errors);
            return None;
        }
        let parameters = match &options.batch {
            Some(_) => self.batch_parameters(signature, options, errors),
            None => self.parameters(signature, errors),
        };
        signature::check_contexts(signature, errors);
        signature::check_replies(signature, errors);
        let reply = errors.keep(self.reply(signature, options))?;
        Some(Command {
            attributes: forwarded(&method.attributes),
            visibility: method.visibility.clone(),
            method: signature.ident.clone(),
            variant: variant_name(&signature.ident),
            receiver: match options.last {
                Some(_) => Receiver::Takes,
                None => signature::receiver(signature)?,
            },
            asyncness: signature::asyncness(signature),
            conditions: signature::conditions(signature),
            parameters,
            errors: self.error_mode(options, &reply),
            timeout: self.timeout(options),
            twins: self.twins(options, &reply),
            lane: lane(options),
            absent_callers: absent_callers(options, &reply),
            in_place: options.in_place.clone(),
            batch: options.batch.as_ref().map(|(_, limit)| limit.clone()),
            reply,
        })
    }

    fn parameters(&self, signature: &Signature, errors: &mut Errors) -> Vec<Parameter> {
        let mut names = HashSet::new();
        let mut parameters = Vec::new();
        for (position, argument) in typed_arguments(signature).enumerate() {
            match self.parameter(position + 1, argument) {
                // Under `macro_rules!`, names that read alike can be different names.
                Ok(Parameter::Argument(argument))
                    if !argument.attributes.is_conditional()
                        && !names.insert(argument.name.clone()) =>
                {
                    let name = self.invented_name(position + 1);
                    parameters.push(Parameter::Argument(Argument { name, ..argument }));
                }
                Ok(parameter) => parameters.push(parameter),
                Err(error) => errors.push(error),
            }
        }
        parameters
    }

    /// Lowers the parameters of a method that takes several calls at once.
    fn batch_parameters(
        &self,
        signature: &Signature,
        options: &CommandOptions,
        errors: &mut Errors,
    ) -> Vec<Parameter> {
        let argument = self.batch_argument(signature, options);
        let Some(argument) = errors.keep(argument) else {
            return Vec::new();
        };
        let mut argument = Some(Parameter::Argument(argument));
        let mut parameters = Vec::new();
        for parameter in typed_arguments(signature) {
            match self.context(parameter) {
                Ok(Some(context)) => parameters.push(Parameter::Context(context)),
                Ok(None) => parameters.extend(argument.take()),
                Err(error) => errors.push(error),
            }
        }
        parameters
    }

    /// Lowers the argument of one call of a batch.
    fn batch_argument(&self, signature: &Signature, options: &CommandOptions) -> Result<Argument> {
        let (argument, element) = options::batch_argument(signature)?;
        let element = self.element(element)?;
        let given = options.arg.as_ref().map(|(_, name)| name);
        let name = match given.or_else(|| simple_name(argument)) {
            Some(name) => generated_name(name),
            None => self.invented_name(1),
        };
        Ok(Argument {
            attributes: forwarded(&argument.attrs),
            name,
            taken: element.tokens.clone(),
            carried: element.tokens.clone(),
            named: element,
            conversion: Conversion::Move,
        })
    }

    fn reply(&self, signature: &Signature, options: &CommandOptions) -> Result<Reply> {
        let mut arguments = typed_arguments(signature);
        if let Some((kind, ty)) = arguments.find_map(|argument| reply_of(&argument.ty)) {
            options::check_returns_nothing(&signature.output)?;
            if self.callers == Callers::Anywhere {
                remote::check_reply(signature)?;
            }
            let ty = self.reply_type(ty)?;
            return Ok(match kind {
                ReplyKind::Once => Reply::Deferred(ty),
                ReplyKind::Stream => Reply::Stream(ty),
            });
        }
        let ReturnType::Type(_, ty) = &signature.output else {
            let is_awaited = options.ack.is_some()
                || options.last.is_some()
                || self.callers == Callers::Anywhere;
            return Ok(if is_awaited {
                Reply::Done
            } else {
                Reply::Accepted
            });
        };
        match types::bare(ty) {
            ty if types::is_unit(ty) => Ok(Reply::Done),
            Type::Never(never) => Err(Error::new_spanned(
                never,
                or_skip("a command has to return; name the type that it returns"),
            )),
            _ => {
                let ty = match options.batch {
                    Some(_) => options::batch_answer(ty)?,
                    None => ty,
                };
                self.reply_type(ty).map(Reply::Value)
            }
        }
    }

    fn reply_type(&self, ty: &Type) -> Result<ReplyType> {
        let Some(Obstacle { kind, culprit }) = self.obstacle(ty) else {
            self.check_sent(ty)?;
            return Ok(ReplyType {
                named: self.named_type(ty),
                shape: types::reply_shape(ty),
            });
        };
        let message = match kind {
            ObstacleKind::ImplTrait => {
                let remedy = remedies::of_reply(culprit.clone());
                format!("a reply needs a named type; {remedy}")
            }
            ObstacleKind::Reference | ObstacleKind::Lifetime | ObstacleKind::SelfType => {
                let remedy = remedies::of_borrowing_reply(ty);
                format!("a reply cannot borrow from the actor; {remedy}")
            }
            ObstacleKind::BorrowingCow => {
                "a reply cannot borrow from the actor; write `Cow<'static, ..>`".to_owned()
            }
        };
        Err(Error::new_spanned(culprit, or_skip(&message)))
    }

    /// Returns the second client methods that a command with such a `reply` has. A stream is not read by a thread that
    /// blocks, as `options` reports.
    fn twins(&self, options: &CommandOptions, reply: &Reply) -> Vec<Twin> {
        let mut twins = Vec::new();
        if options.try_twin.is_some() || self.twins.contains(&Twin::Try) {
            twins.push(Twin::Try);
        }
        let is_stream = matches!(reply, Reply::Stream(_));
        if !is_stream && (options.blocking_twin.is_some() || self.twins.contains(&Twin::Blocking)) {
            twins.push(Twin::Blocking);
        }
        twins
    }

    /// Returns the time after which callers give up: the method's own, otherwise the block's.
    fn timeout(&self, options: &CommandOptions) -> Option<Trees> {
        let own = options.timeout.as_ref().map(|(_, time)| time);
        own.or(self.timeout).map(|time| self.spell_out(time))
    }

    /// Returns the way in which the client method for a command with such a `reply` returns a `CallError`. The block
    /// can tell only by its name which type is a `Result`, and the option of a method is taken at its word.
    pub(super) fn error_mode(&self, options: &CommandOptions, reply: &Reply) -> ErrorMode {
        let is_into = matches!(self.errors, ErrorMode::Into(_));
        let mode = match &options.errors {
            Some((_, mode)) => mode,
            None if is_into && !reply.is_named_result() => &ErrorMode::Wrap,
            None => self.errors,
        };
        let ErrorMode::Into(Some(path)) = mode else {
            return mode.clone();
        };
        let spelled_out = syn::parse2(self.spell_out(path).into_token_stream());
        ErrorMode::Into(Some(spelled_out.unwrap_or_else(|_| path.clone())))
    }
}

fn lane(options: &CommandOptions) -> Lane {
    match options.priority {
        Some(_) => Lane::Priority,
        None => Lane::First,
    }
}

/// Returns the treatment of absent callers. A cast has no caller that could be absent.
fn absent_callers(options: &CommandOptions, reply: &Reply) -> AbsentCallers {
    match (&options.skip_cancelled, reply) {
        (None, _) | (Some(_), Reply::Accepted) => AbsentCallers::Served,
        (Some(_), _) => AbsentCallers::Skipped,
    }
}
