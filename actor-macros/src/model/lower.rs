//! `Input` to `Actor`: each method's signature becomes a command, or an error.

use std::collections::HashSet;

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens as _, quote};
use syn::{
    Error, FnArg, Ident, Pat, PatType, ReceiverKind, Result, ReturnType, Safety, Signature, Token,
    Type, TypeImplTrait, TypeParamBound, TypeReference, Visibility,
};

use super::types::{self, Obstacle};
use super::{
    Actor, Argument, Asyncness, Attributes, Command, Conversion, Names, OnStopped, Parameter,
    Reply, ReplyShape, ReplyType, Twin, names,
};
use crate::diagnostics::Errors;
use crate::parse::{Block, CommandOptions, Input, Method};

/// `None` if the type has no name, after which nothing can be named.
pub(crate) fn lower(input: Input, errors: &mut Errors) -> Option<Actor> {
    let Input { args, block } = input;
    let Some(name) = type_name(&block.self_type) else {
        errors.report(
            &block.self_type,
            "an actor needs a name; write `impl Name { .. }`",
        );
        return None;
    };
    let used_names = argument_names(&block);
    let lowering = Lowering {
        block: &block,
        on_stopped: args.on_stopped,
        used_names,
    };
    let commands: Vec<Command> = block
        .methods
        .iter()
        .filter_map(|method| lowering.command(method, errors))
        .collect();
    let visibility = args.visibility.unwrap_or_else(|| most_visible(&commands));
    Some(Actor {
        command: args
            .command
            .unwrap_or_else(|| names::item(&name, "Command")),
        client: args.client.unwrap_or_else(|| names::item(&name, "Client")),
        message_generics: types::used_generics(
            &block.generics,
            commands
                .iter()
                .flat_map(Command::sent_types)
                .cloned()
                .collect(),
        ),
        runtime: args.runtime,
        visibility,
        capacity: args.capacity,
        locality: args.locality,
        names: Names::unused(&lowering.used_names),
        attributes: Attributes::of(&block.attributes),
        commands,
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

fn typed(input: &FnArg) -> Option<&PatType> {
    match input {
        FnArg::Typed(typed) => Some(typed),
        FnArg::Receiver(_) => None,
    }
}

fn simple_name(argument: &PatType) -> Option<&Ident> {
    match &*argument.pat {
        Pat::Ident(pattern) if pattern.subpat.is_none() => Some(&pattern.ident),
        _ => None,
    }
}

/// As visible as the most visible command; `pub` if there is none, as what a public actor names has to
/// be.
fn most_visible(commands: &[Command]) -> Visibility {
    let visibilities = commands.iter().map(|command| &command.visibility);
    let Some(most) = visibilities
        .clone()
        .max_by_key(|visibility| reach(visibility))
    else {
        return Visibility::Public(Token![pub](Span::call_site()));
    };
    let mut rivals = visibilities.filter(|visibility| reach(visibility) == Reach::Module);
    if reach(most) == Reach::Module && rivals.any(|rival| !is_same(rival, most)) {
        // Which module is inside the other cannot be seen; the crate is around both.
        return syn::parse_quote!(pub(crate));
    }
    most.clone()
}

/// How far a visibility reaches, as far as it alone can tell.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Reach {
    Private,
    Module,
    Crate,
    Public,
}

fn reach(visibility: &Visibility) -> Reach {
    match visibility {
        Visibility::Public(_) => Reach::Public,
        Visibility::Restricted(restricted) if restricted.path.is_ident("crate") => Reach::Crate,
        Visibility::Restricted(restricted) if restricted.path.is_ident("self") => Reach::Private,
        Visibility::Restricted(_) => Reach::Module,
        Visibility::Inherited => Reach::Private,
    }
}

fn is_same(one: &Visibility, other: &Visibility) -> bool {
    let [one, other] = [one, other].map(|it| it.to_token_stream().to_string());
    one == other
}

/// What the methods of one block have in common.
struct Lowering<'a> {
    block: &'a Block,
    on_stopped: OnStopped,
    used_names: HashSet<String>,
}

impl Lowering<'_> {
    fn command(&self, method: &Method, errors: &mut Errors) -> Option<Command> {
        let Method {
            attributes,
            options,
            visibility,
            signature,
        } = method;
        if let Some(why) = why_no_command(visibility, signature) {
            check_options_of_no_command(options, why, errors);
            return None;
        }
        if options.skip.is_some() {
            check_skip(options, errors);
            return None;
        }
        if !signature.generics.params.is_empty() {
            // What mentions a parameter is not reported once more.
            report_generics(signature, errors);
            return None;
        }
        let mut own_errors = Errors::default();
        check_safety(signature, &mut own_errors);
        check_ack(signature, options, &mut own_errors);
        let mut parameters = Vec::new();
        for (position, argument) in signature.inputs.iter().filter_map(typed).enumerate() {
            match self.parameter(position + 1, argument) {
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
            parameters,
            reply: reply?,
            on_stopped: match options.on_stopped {
                Some((_, on_stopped)) => on_stopped,
                None => self.on_stopped,
            },
            twins: twins(options),
        })
    }

    fn parameter(&self, position: usize, argument: &PatType) -> Result<Parameter> {
        if let Some(attribute) = argument.attrs.iter().find(|attribute| {
            attribute.path().is_ident("cfg") || attribute.path().is_ident("cfg_attr")
        }) {
            return Err(Error::new_spanned(
                attribute,
                "an argument cannot depend on `cfg`; write two methods under `cfg`",
            ));
        }
        if is_context(&argument.ty) {
            return Ok(Parameter::Context);
        }
        if mentions_own_context(&argument.ty) {
            return Err(Error::new_spanned(
                &argument.ty,
                "the context is lent to a method; take `&mut Context<Self>`",
            ));
        }
        let (conversion, carried) = self.carried(&argument.ty)?;
        let name = match simple_name(argument) {
            Some(name) => names::generated(name),
            None => names::argument(position, &self.used_names),
        };
        let taken = self.spell_out(&argument.ty);
        Ok(Parameter::Argument(Argument {
            name,
            taken,
            carried,
            conversion,
        }))
    }

    /// How an argument of type `ty` travels, and as what.
    fn carried(&self, ty: &Type) -> Result<(Conversion, TokenStream)> {
        match types::bare(ty) {
            Type::Reference(reference) if !types::is_static(reference.lifetime.as_ref()) => {
                let (target, carried) = self.owned(reference)?;
                let conversion = match target {
                    Target::Known => Conversion::Own,
                    Target::Other => Conversion::OwnAndBorrow,
                };
                Ok((conversion, carried))
            }
            Type::ImplTrait(impl_trait) => self.converted(impl_trait),
            Type::Path(path) => match types::only_argument(&path.path, "Option").map(types::bare) {
                Some(Type::Reference(reference))
                    if !types::is_static(reference.lifetime.as_ref()) =>
                {
                    let (target, owned) = self.owned(reference)?;
                    let conversion = match target {
                        Target::Known => Conversion::OwnOption,
                        Target::Other => Conversion::OwnAndBorrowOption,
                    };
                    Ok((conversion, quote!(::core::option::Option<#owned>)))
                }
                _ => self.moved(ty),
            },
            _ => self.moved(ty),
        }
    }

    fn moved(&self, ty: &Type) -> Result<(Conversion, TokenStream)> {
        check_storable(ty)?;
        Ok((Conversion::Move, self.spell_out(ty)))
    }

    /// The owned type for `&T`.
    fn owned(&self, reference: &TypeReference) -> Result<(Target, TokenStream)> {
        if let Some(lifetime) = &reference.lifetime {
            return Err(Error::new_spanned(
                lifetime,
                format!("a command cannot hold `{lifetime}`; leave the lifetime out"),
            ));
        }
        if reference.mutability.is_some() {
            return Err(Error::new_spanned(
                reference,
                "a command cannot borrow mutably; take the value and return it",
            ));
        }
        let target = types::bare(&reference.elem);
        if let Type::TraitObject(_) = target {
            return Err(Error::new_spanned(
                reference,
                "a trait object cannot be cloned; take `Box<dyn ..>`",
            ));
        }
        if let Type::Slice(slice) = target {
            check_storable(&slice.elem)?;
            let element = self.spell_out(&slice.elem);
            return Ok((Target::Known, quote!(::std::vec::Vec<#element>)));
        }
        check_storable(target)?;
        if let Some(owned) = known_owned(target) {
            return Ok((Target::Known, owned));
        }
        let target = self.spell_out(target);
        Ok((
            Target::Other,
            quote!(<#target as ::std::borrow::ToOwned>::Owned),
        ))
    }

    /// The type for `impl Into<T>`, `impl AsRef<T>` or `impl IntoIterator<Item = T>`.
    fn converted(&self, impl_trait: &TypeImplTrait) -> Result<(Conversion, TokenStream)> {
        let refusal = || {
            Error::new_spanned(
                impl_trait,
                "a command needs a named type; take it instead of `impl`",
            )
        };
        let mut traits = impl_trait.bounds.iter().filter_map(|bound| match bound {
            TypeParamBound::Trait(bound) => Some(&bound.path),
            _ => None,
        });
        let path = traits.next().ok_or_else(refusal)?;
        if let Some(target) = types::only_argument(path, "Into") {
            check_storable(target)?;
            return Ok((Conversion::Into, self.spell_out(target)));
        }
        if let Some(target) = types::only_argument(path, "AsRef") {
            if let Type::Slice(slice) = types::bare(target) {
                check_storable(&slice.elem)?;
                let element = self.spell_out(&slice.elem);
                return Ok((Conversion::AsRef, quote!(::std::vec::Vec<#element>)));
            }
            return Ok((Conversion::AsRef, known_owned(target).ok_or_else(refusal)?));
        }
        if let Some(item) = types::only_argument(path, "IntoIterator") {
            check_storable(item)?;
            let item = self.spell_out(item);
            return Ok((Conversion::Collect, quote!(::std::vec::Vec<#item>)));
        }
        Err(refusal())
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
        match types::obstacle(ty) {
            Some(Obstacle::ImplTrait(culprit)) => Err(Error::new_spanned(
                culprit,
                "a reply needs a named type; return it instead of `impl`",
            )),
            Some(Obstacle::Reference(culprit)) => Err(Error::new_spanned(
                culprit,
                "a reply cannot borrow from the actor; return an owned value",
            )),
            Some(Obstacle::Lifetime(culprit)) => Err(Error::new_spanned(
                culprit,
                "a reply cannot borrow from the actor; return an owned value",
            )),
            None => Ok(Reply::Value(ReplyType {
                tokens: self.spell_out(ty),
                shape: reply_shape(ty),
            })),
        }
    }

    fn spell_out(&self, ty: &Type) -> TokenStream {
        types::without_self(ty, &self.block.self_type)
    }
}

/// What a reference refers to.
enum Target {
    /// Something that a reference to its owned type turns into by itself.
    Known,
    Other,
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

/// Refuses types that a command, which outlives the call, cannot hold.
fn check_storable(ty: &Type) -> Result<()> {
    match types::obstacle(ty) {
        None => Ok(()),
        Some(Obstacle::Reference(culprit)) => Err(Error::new_spanned(
            culprit,
            "a reference inside a type cannot be sent; take an owned type",
        )),
        Some(Obstacle::Lifetime(culprit)) => Err(Error::new_spanned(
            &culprit,
            format!("a command cannot hold `{culprit}`; take an owned type"),
        )),
        Some(Obstacle::ImplTrait(culprit)) => Err(Error::new_spanned(
            culprit,
            "a command needs a named type; take it instead of `impl`",
        )),
    }
}

/// `&mut Context<Self>`, however it is qualified.
fn is_context(ty: &Type) -> bool {
    match types::bare(ty) {
        Type::Reference(reference) if reference.mutability.is_some() => {
            context_of(&reference.elem).is_some()
        }
        _ => false,
    }
}

/// `Context<Self>` or a reference to it.
fn mentions_own_context(ty: &Type) -> bool {
    match types::bare(ty) {
        Type::Reference(reference) => mentions_own_context(&reference.elem),
        ty => context_of(ty).is_some_and(|actor| is_named(actor, "Self")),
    }
}

/// The `A` of `Context<A>`.
fn context_of(ty: &Type) -> Option<&Type> {
    match types::bare(ty) {
        Type::Path(path) => types::only_argument(&path.path, "Context"),
        _ => None,
    }
}

/// What `self` can be behind.
fn is_pointer(ty: &Type) -> bool {
    ["Arc", "Box", "Pin", "Rc"]
        .iter()
        .any(|pointer| is_named(ty, pointer))
}

fn is_named(ty: &Type, name: &str) -> bool {
    match types::bare(ty) {
        Type::Path(path) => path
            .path
            .segments
            .last()
            .is_some_and(|segment| segment.ident == name),
        _ => false,
    }
}

/// The owned type of `str` and `Path`.
fn known_owned(target: &Type) -> Option<TokenStream> {
    let Type::Path(path) = types::bare(target) else {
        return None;
    };
    match path.path.segments.last()?.ident.to_string().as_str() {
        "str" => Some(quote!(::std::string::String)),
        "Path" => Some(quote!(::std::path::PathBuf)),
        _ => None,
    }
}

fn reply_shape(ty: &Type) -> ReplyShape {
    if is_named(ty, "Result") {
        ReplyShape::Result
    } else {
        ReplyShape::Other
    }
}

fn twins(options: &CommandOptions) -> Vec<Twin> {
    let mut twins = Vec::new();
    twins.extend(options.try_twin.as_ref().map(|_| Twin::Try));
    twins.extend(options.blocking_twin.as_ref().map(|_| Twin::Blocking));
    twins
}
