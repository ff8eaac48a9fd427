//! `Input` to `Actor`: the signature of each method becomes a command, a hook, a source or a published
//! value. A mistake that one method alone can show is reported here.

mod block;
mod command;
mod role;

mod refused;

mod argument;
mod attributes;
mod generics;
mod options;
mod parameters;
mod signature;
mod tokens;
mod types;
mod visibility;

use std::collections::HashSet;

pub(crate) use self::block::lower;
use crate::model::{Command, ErrorMode, Hook, Refused, Source, Watch};
use crate::parse::Block;

/// The surroundings of the methods of one block.
struct Lowering<'a> {
    block: &'a Block,
    /// The names that generated code must not give to anything of its own.
    used_names: &'a HashSet<String>,
    /// The error mode of methods that choose none.
    errors: ErrorMode,
}

/// The methods of a block, by role.
#[derive(Default)]
struct Methods {
    commands: Vec<Command>,
    on_start: Vec<Hook>,
    sources: Vec<Source>,
    on_stop: Vec<Hook>,
    watches: Vec<Watch>,
    refused: Vec<Refused>,
}
