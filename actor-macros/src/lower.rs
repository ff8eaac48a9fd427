//! `Input` to `Actor`: the signature of each method becomes a command, a hook, a loop, a source or a published value. A
//! mistake that one method alone can show is reported here.

mod block;
mod command;
mod own_loop;
mod role;

mod refused;

mod argument;
mod attributes;
mod generics;
mod last;
mod options;
mod parameters;
mod remedies;
mod remote;
mod signature;
mod tokens;
mod types;
mod visibility;

use std::collections::HashSet;

use quote::ToTokens;
use syn::{Expr, Ident, Result, Type};

pub(crate) use self::block::lower;
use self::types::{Obstacle, ObstacleKind};
use crate::model::{
    Command, ErrorMode, Hook, Lifetimes, Locality, NamedType, OwnLoop, Refused, Requirement,
    Source, Trees, Twin, Watch,
};
use crate::parse::Block;

/// The surroundings of the methods of one block.
struct Lowering<'a> {
    block: &'a Block,
    /// The lifetimes of the block's type.
    lifetimes: Lifetimes,
    /// The names that generated code must not give to anything of its own.
    used_names: &'a HashSet<String>,
    /// The error mode of methods that choose none.
    errors: &'a ErrorMode,
    /// The time after which callers give up commands that set none.
    timeout: Option<&'a Expr>,
    /// The second client methods of all commands.
    twins: &'a [Twin],
    locality: Locality,
    callers: Callers,
    /// The name of the generated client.
    client: &'a Ident,
}

/// The places of an actor's callers.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Callers {
    /// The process of the actor.
    InProcess,
    /// Any process, so that every command is answered.
    Anywhere,
}

/// The methods of a block, by role.
#[derive(Default)]
struct Methods {
    commands: Vec<Command>,
    on_start: Vec<Hook>,
    own_loops: Vec<OwnLoop>,
    sources: Vec<Source>,
    on_stop: Vec<Hook>,
    before_each: Vec<Hook>,
    after_each: Vec<Hook>,
    watches: Vec<Watch>,
    refused: Vec<Refused>,
}

impl Lowering<'_> {
    /// Refuses a trait object that is not `Send` in the type of an argument or a reply, unless the actor is `local`.
    fn check_sent(&self, ty: &Type) -> Result<()> {
        let mistake = match self.locality {
            Locality::Anywhere => types::confined_object(ty, Requirement::Sent),
            Locality::Local => None,
        };
        match mistake {
            Some(mistake) => Err(mistake.or_skip().into_error()),
            None => Ok(()),
        }
    }

    /// The first part of `ty` that keeps it from being sent, in the tokens or in the type that `Self` is.
    fn obstacle(&self, ty: &Type) -> Option<Obstacle> {
        let of_block = || tokens::lifetime_of(ty, &self.block.generics);
        let self_type = || match self.lifetimes {
            Lifetimes::Named => tokens::first_self(ty.to_token_stream()),
            _ => None,
        };
        types::obstacle(ty)
            .or_else(|| Some(Obstacle::new(ObstacleKind::Lifetime, of_block()?)))
            .or_else(|| Some(Obstacle::new(ObstacleKind::SelfType, self_type()?)))
    }

    /// Writes `tokens` of a type as they are written outside of the block, without `Self`.
    fn spell_out(&self, tokens: impl ToTokens) -> Trees {
        tokens::without_self(tokens, &self.block.self_type)
    }

    /// Names `ty` as it is written outside of the block.
    fn named_type(&self, ty: &Type) -> NamedType {
        let tokens = Trees::of(ty);
        if tokens::have_self(&tokens) {
            return self.named(self.spell_out(tokens));
        }
        types::named(tokens, ty, &self.block.generics)
    }

    /// Names the type that `tokens` are, as they are written outside of the block.
    fn named(&self, tokens: Trees) -> NamedType {
        let stream = tokens.to_token_stream();
        let ty = syn::parse2::<Type>(stream.clone()).unwrap_or(Type::Verbatim(stream));
        types::named(tokens, &ty, &self.block.generics)
    }
}
