//! What is left of a command or a published value that was refused: a client method with its signature,
//! so that a mistake in the block is not reported once more at every call.

use proc_macro2::TokenStream;
use quote::{ToTokens as _, quote};
use syn::{Generics, Ident, PatType, ReturnType, Type, Visibility};

use super::argument::{is_context, mentions_own_context, reply_of};
use super::lower::{Lowering, typed};
use super::signature::hides_clone;
use super::tokens;
use super::types::{self, Obstacle, ObstacleKind};
use super::{Attributes, ErrorMode, Place, Reply, ReplyType};
use crate::parse::Method;

pub(crate) struct Refused {
    pub(crate) kind: RefusedKind,
    pub(crate) attributes: Attributes,
    pub(crate) visibility: Visibility,
    pub(crate) method: Ident,
    /// Those of the method, such as `<T: ToString>`.
    pub(crate) generics: TokenStream,
    pub(crate) where_clause: TokenStream,
    /// `pattern: Type`, as the method has it.
    pub(crate) arguments: Vec<TokenStream>,
    pub(crate) reply: Reply,
    pub(crate) errors: ErrorMode,
}

/// What the method was to be.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum RefusedKind {
    Command,
    Watch,
}

impl Lowering<'_> {
    /// `None` if the client cannot have a method with that signature.
    pub(super) fn refused(&self, method: &Method, of_block: &Generics) -> Option<Refused> {
        let signature = &method.signature;
        if hides_clone(signature) {
            return None;
        }
        // A client cannot name what the block borrows.
        let spell_out = |tokens: TokenStream| {
            tokens::without_lifetimes(self.arguments.spell_out(tokens), of_block)
        };
        let is_sent = |argument: &&PatType| {
            !is_context(&argument.ty)
                && !mentions_own_context(&argument.ty)
                && reply_of(&argument.ty).is_none()
        };
        let argument = |argument: &PatType| {
            let condition = Attributes::of(&argument.attrs).at(Place::Argument);
            let (pattern, ty) = (&argument.pat, spell_out(argument.ty.to_token_stream()));
            quote!(#condition #pattern: #ty)
        };
        let arguments = signature.inputs.iter().filter_map(typed).filter(is_sent);
        Some(Refused {
            kind: RefusedKind::Command,
            attributes: Attributes::of(&method.attributes),
            visibility: method.visibility.clone(),
            method: signature.ident.clone(),
            generics: spell_out(signature.generics.to_token_stream()),
            where_clause: spell_out(signature.generics.where_clause.to_token_stream()),
            arguments: arguments.map(argument).collect(),
            reply: reply(&signature.output, spell_out)?,
            errors: self.errors(&method.options.command),
        })
    }

    /// The same for a `#[watch]` method.
    pub(super) fn refused_watch(&self, method: &Method) -> Option<Refused> {
        let signature = &method.signature;
        if hides_clone(signature) {
            return None;
        }
        let reply = reply(&signature.output, |ty| self.outliving(ty))?;
        Some(Refused {
            kind: RefusedKind::Watch,
            attributes: Attributes::of(&method.attributes),
            visibility: method.visibility.clone(),
            method: signature.ident.clone(),
            generics: self.arguments.spell_out(&signature.generics),
            where_clause: self.arguments.spell_out(&signature.generics.where_clause),
            arguments: Vec::new(),
            reply,
            errors: ErrorMode::Wrap,
        })
    }

    /// The type that was meant by one that cannot be published because it borrows.
    pub(super) fn outliving(&self, ty: TokenStream) -> TokenStream {
        tokens::made_static(self.arguments.spell_out(ty))
    }
}

fn reply(output: &ReturnType, spell_out: impl FnOnce(TokenStream) -> TokenStream) -> Option<Reply> {
    let ReturnType::Type(_, ty) = output else {
        return Some(Reply::Accepted);
    };
    if let Type::Never(_) = types::bare(ty) {
        return Some(Reply::Done);
    }
    // There is no value of an unknown type to write down.
    if is_unknown(ty) {
        return None;
    }
    let tokens = spell_out(ty.to_token_stream());
    Some(Reply::Value(ReplyType::of(ty, tokens)))
}

pub(super) fn is_unknown(ty: &Type) -> bool {
    let is_unknown = |obstacle: &Obstacle| obstacle.kind == ObstacleKind::ImplTrait;
    types::obstacle(ty).as_ref().is_some_and(is_unknown)
}

impl Refused {
    /// What may name a parameter of the block.
    pub(super) fn named(&self) -> TokenStream {
        let Self {
            generics,
            where_clause,
            arguments,
            ..
        } = self;
        let reply = self.reply.sent_type();
        quote!(#generics #where_clause #(#arguments)* #reply)
    }
}
