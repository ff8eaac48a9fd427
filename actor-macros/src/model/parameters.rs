//! Which parameters of a block its commands, events and published values use, and what is asked of them.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{Generics, Ident};

use super::generics;
use super::roles::Roles;
use super::{Command, Event, Refused, Reply};
use crate::parse::Block;

/// Which parameters of the block the generated types have.
pub(super) struct UsedParameters {
    pub(super) of_messages: Generics,
    pub(super) of_watches: Generics,
    /// Those of messages that no field is sure to name.
    pub(super) unnamed: Vec<Ident>,
    /// Those of published values.
    pub(super) unwatched: Vec<Ident>,
}

impl UsedParameters {
    pub(super) fn of(
        block: &Block,
        commands: &[Command],
        refused: &[Refused],
        roles: &Roles,
        event: Option<&Event>,
    ) -> Self {
        let used_by = |types| generics::used_generics(&block.generics, &block.self_type, types);
        let published = roles.watches.iter().map(|watch| watch.ty.clone());
        let published: TokenStream = published.collect();
        let announced = event.map(|event| event.ty.clone());
        let sent = commands.iter().flat_map(Command::sent_types).cloned();
        let sent: TokenStream = sent.collect();
        let named = sent.clone().into_iter();
        let named = named
            .chain(refused.iter().flat_map(Refused::named))
            .chain(published.clone())
            .chain(announced.clone().into_iter().flatten());
        let mut of_messages = used_by(named.collect());
        let mut of_watches = used_by(published.clone());
        let projections = |types: &TokenStream| generics::projections(types, &block.generics);
        let is_sent = quote!(::core::marker::Send + 'static);
        if let (Some(event), Some(ty)) = (event, &announced) {
            let types = generics::parameters(&event.generics).chain(projections(ty));
            generics::require(&mut of_messages, types, &is_sent);
        }
        // What is published is seen from other threads.
        let is_shared = quote!(::core::marker::Send + ::core::marker::Sync + 'static);
        let shared: Vec<TokenStream> = generics::parameters(&of_watches)
            .chain(projections(&published))
            .collect();
        generics::require(&mut of_messages, shared.iter().cloned(), &is_shared);
        generics::require(&mut of_watches, shared.into_iter(), &is_shared);
        let mut replies = commands.iter().map(|command| &command.reply);
        if replies.any(|reply| matches!(reply, Reply::Stream(_))) {
            // A stream of replies, which goes anywhere, holds on to the mailbox.
            let types: Vec<TokenStream> = generics::parameters(&of_messages)
                .chain(projections(&sent))
                .collect();
            generics::require(&mut of_messages, types.into_iter(), &is_sent);
        }
        let surely_sent = commands.iter().flat_map(Command::surely_sent_types);
        let unnamed = generics::unnamed_parameters(&of_messages, surely_sent);
        let watches = roles.watches.iter();
        let surely_watched = watches
            .filter(|watch| !watch.attributes.is_conditional())
            .map(|watch| &watch.ty);
        let unwatched = generics::unnamed_parameters(&of_watches, surely_watched);
        Self {
            of_messages,
            of_watches,
            unnamed,
            unwatched,
        }
    }
}
