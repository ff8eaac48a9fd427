//! The remains of a method with a mistake: a client method with its signature.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::{PatType, ReturnType, Signature, Type, WhereClause};

use super::argument::{ReplyKind, is_context, mentions_own_context, reply_of};
use super::attributes::forwarded;
use super::signature::{hides_clone, typed_arguments};
use super::types::{self, Obstacle, ObstacleKind};
use super::{Lowering, generics, tokens};
use crate::model::{ErrorMode, MethodKind, Place, Refused, Reply, ReplyType, Trees};
use crate::parse::Method;

impl Lowering<'_> {
    /// Returns `None` if the client cannot have a method with this signature.
    pub(super) fn refused(&self, method: &Method) -> Option<Refused> {
        let signature = &method.signature;
        if hides_clone(signature) {
            return None;
        }
        let is_sent = |argument: &&PatType| {
            !is_context(argument)
                && !mentions_own_context(&argument.ty)
                && reply_of(&argument.ty).is_none()
        };
        let arguments = typed_arguments(signature).filter(is_sent);
        let arguments = arguments.map(|argument| {
            let attributes = forwarded(&argument.attrs);
            let condition = attributes.at(Place::Argument);
            let ty = tokens::with_elided_lifetimes(self.without_lifetimes(&argument.ty));
            let pattern = &argument.pat;
            quote!(#condition #pattern: #ty)
        });
        let generics = &signature.generics;
        let reply = self.refused_answer(signature)?;
        Some(Refused {
            kind: MethodKind::Command,
            attributes: forwarded(&method.attributes),
            visibility: method.visibility.clone(),
            method: signature.ident.clone(),
            generics: Trees::of(self.without_lifetimes(generics)),
            where_clause: Trees::of(self.without_lifetimes(self.where_of_refused(signature))),
            arguments: arguments.collect(),
            errors: self.error_mode(&method.options.command, &reply),
            reply,
        })
    }

    /// Returns `None` if the client cannot have a method with this signature.
    pub(super) fn refused_watch(&self, method: &Method) -> Option<Refused> {
        let signature = &method.signature;
        if hides_clone(signature) {
            return None;
        }
        let generics = &signature.generics;
        Some(Refused {
            kind: MethodKind::Watch,
            attributes: forwarded(&method.attributes),
            visibility: method.visibility.clone(),
            method: signature.ident.clone(),
            generics: self.spell_out(generics),
            where_clause: self.spell_out(self.where_of_refused(signature)),
            arguments: Vec::new(),
            reply: self.refused_reply(&signature.output, |ty| self.made_static(ty))?,
            errors: ErrorMode::Wrap,
        })
    }

    /// Returns the method's `where` clause, with `'static` for each parameter in a reply that borrows.
    fn where_of_refused(&self, signature: &Signature) -> Option<WhereClause> {
        let mut generics = signature.generics.clone();
        let ReturnType::Type(_, ty) = &signature.output else {
            return generics.where_clause;
        };
        if self.obstacle(ty).is_some() {
            let params = self.block.generics.type_params();
            let params = params.chain(signature.generics.type_params());
            let used = tokens::first_names_in(ty.to_token_stream());
            let names = params.map(|param| param.ident.to_token_stream());
            let names = names.filter(|name| used.contains(&name.to_string()));
            generics::require(&mut generics, names, &quote!('static));
        }
        generics.where_clause
    }

    /// Returns the reply that the method sends, if it takes one and returns nothing, or the one that it returns.
    fn refused_answer(&self, signature: &Signature) -> Option<Reply> {
        let spell_out = |ty: &Type| self.without_lifetimes(ty);
        let sent = typed_arguments(signature).find_map(|argument| reply_of(&argument.ty));
        match (&signature.output, sent) {
            (ReturnType::Default, Some((kind, ty))) => {
                let ty = self.refused_type(ty, spell_out)?;
                Some(match kind {
                    ReplyKind::Once => Reply::Deferred(ty),
                    ReplyKind::Stream => Reply::Stream(ty),
                })
            }
            (output, _) => self.refused_reply(output, spell_out),
        }
    }

    fn refused_reply(
        &self,
        output: &ReturnType,
        spell_out: impl FnOnce(&Type) -> TokenStream,
    ) -> Option<Reply> {
        let ReturnType::Type(_, ty) = output else {
            return Some(Reply::Accepted);
        };
        if let Type::Never(_) = types::bare(ty) {
            return Some(Reply::Done);
        }
        self.refused_type(ty, spell_out).map(Reply::Value)
    }

    /// Returns `None` if the type cannot be written down.
    fn refused_type(
        &self,
        ty: &Type,
        spell_out: impl FnOnce(&Type) -> TokenStream,
    ) -> Option<ReplyType> {
        (!is_unknown(ty)).then(|| ReplyType {
            named: self.named(Trees::of(spell_out(ty))),
            shape: types::reply_shape(ty),
        })
    }

    /// Writes `tokens` as a client can write them. A client cannot name the lifetimes of the block.
    fn without_lifetimes(&self, tokens: impl ToTokens) -> TokenStream {
        tokens::without_lifetimes(
            self.spell_out(tokens).into_token_stream(),
            &self.block.generics,
        )
    }

    /// Returns the type that was probably meant by a published type that borrows.
    pub(super) fn made_static(&self, ty: &Type) -> TokenStream {
        tokens::made_static(self.spell_out(ty).into_token_stream())
    }
}

/// Returns whether the type of a value cannot be written down.
pub(super) fn is_unknown(ty: &Type) -> bool {
    let is_unknown = |obstacle: &Obstacle| obstacle.kind == ObstacleKind::ImplTrait;
    types::obstacle(ty).as_ref().is_some_and(is_unknown)
}
