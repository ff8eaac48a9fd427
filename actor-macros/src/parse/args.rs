//! The arguments of `#[actor(..)]`.

use proc_macro2::{TokenStream, TokenTree};
use syn::ext::IdentExt as _;
use syn::parse::{ParseStream, Parser as _};
use syn::{Error, Expr, ExprLit, Ident, Lit, Path, Result, Token, Visibility};

use crate::diagnostics::Errors;

/// What an actor is told besides its methods; what was not said is `None` or the default.
#[derive(Default)]
pub(crate) struct Args {
    pub(crate) capacity: Capacity,
    pub(crate) locality: Locality,
    pub(crate) on_stopped: OnStopped,
    pub(crate) command: Option<Ident>,
    pub(crate) client: Option<Ident>,
    pub(crate) visibility: Option<Visibility>,
    pub(crate) runtime: Option<Path>,
}

#[derive(Default)]
pub(crate) enum Capacity {
    #[default]
    Default,
    Bounded(Expr),
    Unbounded,
}

#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Locality {
    /// The actor runs on any thread.
    #[default]
    Anywhere,
    /// The actor stays on the thread of its runner.
    Local,
}

/// What a client method returns when the actor is gone.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum OnStopped {
    #[default]
    Error,
    Into,
    Default,
}

pub(crate) fn parse(tokens: TokenStream, errors: &mut Errors) -> Args {
    let mut args = Args::default();
    let parsed = (|input: ParseStream<'_>| {
        parse_list(input, errors, |option, input| args.set(option, input))
    })
    .parse2(tokens);
    if let Err(error) = parsed {
        errors.push(error);
    }
    args
}

/// Calls `set` with the name of each option; what follows a bad one is still looked at, and none may
/// be given twice.
pub(super) fn parse_list(
    input: ParseStream<'_>,
    errors: &mut Errors,
    mut set: impl FnMut(&Ident, ParseStream<'_>) -> Result<()>,
) -> Result<()> {
    let mut seen: Vec<Ident> = Vec::new();
    while !input.is_empty() {
        let option = input.call(Ident::parse_any)?;
        let result = if seen.contains(&option) {
            Err(Error::new_spanned(
                &option,
                format!("`{option}` is given twice; remove one"),
            ))
        } else {
            set(&option, input).and_then(|()| expect_end_of_option(input))
        };
        if let Err(error) = result {
            errors.push(error);
            while !input.is_empty() && !input.peek(Token![,]) {
                input.parse::<TokenTree>()?;
            }
        }
        seen.push(option);
        input.parse::<Option<Token![,]>>()?;
    }
    Ok(())
}

fn expect_end_of_option(input: ParseStream<'_>) -> Result<()> {
    if input.is_empty() || input.peek(Token![,]) {
        return Ok(());
    }
    Err(input.error("expected `,`"))
}

impl Args {
    fn set(&mut self, option: &Ident, input: ParseStream<'_>) -> Result<()> {
        match option.to_string().as_str() {
            "capacity" | "unbounded" if !matches!(self.capacity, Capacity::Default) => {
                Err(Error::new_spanned(
                    option,
                    "a mailbox is either bounded or `unbounded`; remove one",
                ))
            }
            "capacity" => {
                self.capacity = Capacity::Bounded(parse_capacity(input)?);
                Ok(())
            }
            "unbounded" => {
                self.capacity = Capacity::Unbounded;
                Ok(())
            }
            "local" => {
                self.locality = Locality::Local;
                Ok(())
            }
            "on_stopped" => {
                self.on_stopped = parse_on_stopped(input)?;
                Ok(())
            }
            "command" => parse_value(input, &mut self.command),
            "client" => parse_value(input, &mut self.client),
            "vis" => {
                parse_value(input, &mut self.visibility)?;
                match self
                    .visibility
                    .take_if(|vis| matches!(vis, Visibility::Inherited))
                {
                    Some(_) => Err(Error::new_spanned(
                        option,
                        "`vis` needs a visibility; write `vis = pub(self)` for a private client",
                    )),
                    None => Ok(()),
                }
            }
            "crate" => {
                input.parse::<Token![=]>()?;
                self.runtime = Some(input.call(Path::parse_mod_style)?);
                Ok(())
            }
            _ => Err(Error::new_spanned(
                option,
                format!(
                    "unknown option `{option}`; write one of `capacity`, `unbounded`, `on_stopped`, \
                     `command`, `client`, `vis`, `local`, `crate`"
                ),
            )),
        }
    }
}

fn parse_value<T: syn::parse::Parse>(input: ParseStream<'_>, value: &mut Option<T>) -> Result<()> {
    input.parse::<Token![=]>()?;
    *value = Some(input.parse()?);
    Ok(())
}

fn parse_capacity(input: ParseStream<'_>) -> Result<Expr> {
    input.parse::<Token![=]>()?;
    let capacity: Expr = input.parse()?;
    match &capacity {
        Expr::Lit(ExprLit {
            lit: Lit::Int(number),
            ..
        }) if number.base10_digits() != "0" => {}
        Expr::Lit(_) | Expr::Unary(_) => {
            return Err(Error::new_spanned(
                capacity,
                "expected a number of commands, at least 1; write `capacity = 64`",
            ));
        }
        _ => {}
    }
    Ok(capacity)
}

/// ` = error`, ` = into` or ` = default`.
pub(super) fn parse_on_stopped(input: ParseStream<'_>) -> Result<OnStopped> {
    input.parse::<Token![=]>()?;
    let mode = input.call(Ident::parse_any)?;
    match mode.to_string().as_str() {
        "error" => Ok(OnStopped::Error),
        "into" => Ok(OnStopped::Into),
        "default" => Ok(OnStopped::Default),
        _ => Err(Error::new_spanned(
            &mode,
            format!("unknown mode `{mode}`; write `error`, `into` or `default`"),
        )),
    }
}
