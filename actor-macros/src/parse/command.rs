//! The parser of `#[command(..)]`.

use syn::parse::{Parse as _, ParseStream, Parser as _};
use syn::{Attribute, Error, Expr, Ident, Meta, Result};

use super::args::{
    parse_count, parse_error_mode, parse_list, parse_timeout, parse_value, unknown_option,
};
use crate::diagnostics::Errors;
use crate::model::ErrorMode;

const OPTIONS: [&str; 12] = [
    "skip",
    "ack",
    "last",
    "errors",
    "timeout",
    "try",
    "blocking",
    "skip_cancelled",
    "priority",
    "in_place",
    "batch",
    "arg",
];

/// Words that people write for an option, each with the option.
const MEANT: [(&str, &str); 23] = [
    ("ignore", "skip"),
    ("private", "skip"),
    ("wait", "ack"),
    ("reply", "ack"),
    ("call", "ack"),
    ("final", "last"),
    ("shutdown", "last"),
    ("wrap", "errors = wrap"),
    ("into", "errors = into"),
    ("default", "errors = default"),
    ("on_stopped", "errors"),
    ("nonblocking", "try"),
    ("sync", "blocking"),
    ("cancel", "skip_cancelled"),
    ("inline", "in_place"),
    ("urgent", "priority"),
    ("high", "priority"),
    ("batched", "batch = 100"),
    ("deadline", "timeout = Duration::from_secs(5)"),
    ("capacity", "#[actor(capacity = 64)]"),
    ("unbounded", "#[actor(unbounded)]"),
    ("local", "#[actor(local)]"),
    ("remote", "#[actor(remote)]"),
];

/// The options in `#[command(..)]`, each with its name as it was written.
#[derive(Default)]
pub(crate) struct CommandOptions {
    /// The attribute, if there is one.
    pub(crate) attribute: Option<Ident>,
    pub(crate) skip: Option<Ident>,
    pub(crate) ack: Option<Ident>,
    pub(crate) last: Option<Ident>,
    pub(crate) try_twin: Option<Ident>,
    pub(crate) blocking_twin: Option<Ident>,
    pub(crate) errors: Option<(Ident, ErrorMode)>,
    pub(crate) timeout: Option<(Ident, Expr)>,
    pub(crate) skip_cancelled: Option<Ident>,
    pub(crate) priority: Option<Ident>,
    pub(crate) in_place: Option<Ident>,
    pub(crate) batch: Option<(Ident, Expr)>,
    /// The client's name for the one argument of a batch.
    pub(crate) arg: Option<(Ident, Ident)>,
}

impl CommandOptions {
    /// Returns the names of all options that were given.
    pub(crate) fn words(&self) -> impl Iterator<Item = &Ident> {
        let Self {
            attribute: _,
            skip,
            ack,
            last,
            try_twin,
            blocking_twin,
            errors,
            timeout,
            skip_cancelled,
            priority,
            in_place,
            batch,
            arg,
        } = self;
        let flags = [
            skip,
            ack,
            last,
            try_twin,
            blocking_twin,
            skip_cancelled,
            priority,
            in_place,
        ];
        let words = flags.map(Option::as_ref);
        let with_value = [
            errors.as_ref().map(|(word, _)| word),
            timeout.as_ref().map(|(word, _)| word),
            batch.as_ref().map(|(word, _)| word),
            arg.as_ref().map(|(word, _)| word),
        ];
        words.into_iter().chain(with_value).flatten()
    }

    pub(super) fn read(
        &mut self,
        name: &Ident,
        attribute: &Attribute,
        errors: &mut Errors,
    ) -> Result<()> {
        if self.attribute.is_some() {
            return Err(Error::new_spanned(name, "a second `command`; join the two"));
        }
        self.attribute = Some(name.clone());
        match &attribute.meta {
            Meta::Path(_) => Ok(()),
            Meta::List(list) => (|input: ParseStream<'_>| {
                parse_list(input, errors, |option, input| self.set(option, input))
            })
            .parse2(list.tokens.clone()),
            Meta::NameValue(_) => Err(Error::new_spanned(
                attribute,
                "expected a list; write `#[command(..)]`",
            )),
        }
    }

    fn set(&mut self, option: &Ident, input: ParseStream<'_>) -> Result<()> {
        let flag = match option.to_string().as_str() {
            "skip" => &mut self.skip,
            "ack" => &mut self.ack,
            "last" => &mut self.last,
            "try" => &mut self.try_twin,
            "blocking" => &mut self.blocking_twin,
            "skip_cancelled" => &mut self.skip_cancelled,
            "priority" => &mut self.priority,
            "in_place" => &mut self.in_place,
            "errors" => {
                self.errors = Some((option.clone(), parse_error_mode(option, input)?));
                return Ok(());
            }
            "timeout" => {
                self.timeout = Some((option.clone(), parse_timeout(option, input)?));
                return Ok(());
            }
            "batch" => {
                self.batch = Some((option.clone(), parse_count(option, input, "calls", 100)?));
                return Ok(());
            }
            "arg" => {
                let name = parse_value(option, input, "arg = row", Ident::parse)?;
                self.arg = Some((option.clone(), name));
                return Ok(());
            }
            _ => {
                return Err(unknown_option(option, &OPTIONS, &MEANT));
            }
        };
        *flag = Some(option.clone());
        Ok(())
    }
}
