//! The roles of methods that are not commands: hooks, sources of the loop and published values.

use proc_macro2::TokenStream;
use quote::ToTokens as _;
use syn::parse::{End, Parse as _, ParseStream, Parser as _};
use syn::{Error, Expr, ExprAssign, Ident, Meta, MetaList, Pat, Result, Token};

use super::args::{parse_list, parse_value, rest_of_option, unknown_option};
use crate::diagnostics::Errors;
use crate::model::FirstTick;

/// Words that people write for the option of a watch.
const MEANT: [(&str, &str); 3] = [
    ("default", "initial = .."),
    ("init", "initial = .."),
    ("value", "initial = .."),
];

/// The role that an attribute other than `#[command]` gives a method.
pub(crate) enum Role {
    OnStart,
    OnStop,
    BeforeEach,
    AfterEach,
    Every {
        period: Expr,
        first: FirstTick,
    },
    Stream(Expr),
    At(Expr),
    On {
        /// The pattern of the outputs for which the method is called, if it is not called for all of them.
        pattern: Option<Box<Pat>>,
        future: Expr,
        condition: Option<Expr>,
    },
    Run,
    Watch {
        /// The value that clients read before there is a state.
        initial: Option<Expr>,
    },
}

impl Role {
    /// Parses `meta`, our attribute called `name`. A value that does not belong there is reported, and the method keeps
    /// its role.
    pub(super) fn parse(name: &Ident, meta: &Meta, errors: &mut Errors) -> Result<Self> {
        let mut without_value = |role| {
            check_without_value(name, meta, errors);
            Ok(role)
        };
        match name.to_string().as_str() {
            "on_start" => without_value(Self::OnStart),
            "on_stop" => without_value(Self::OnStop),
            "before_each" => without_value(Self::BeforeEach),
            "after_each" => without_value(Self::AfterEach),
            "run" => without_value(Self::Run),
            "watch" => Ok(Self::Watch {
                initial: parse_initial(meta, errors)?,
            }),
            "every" => {
                let example = "#[every(Duration::from_secs(1))]";
                with_value(name, meta, example, |period, input| {
                    check_period(&period)?;
                    let first = parse_first_tick(input)?;
                    Ok(Self::Every { period, first })
                })
            }
            "stream" => {
                let example = "#[stream(self.lines())]";
                with_value(name, meta, example, |stream, _| Ok(Self::Stream(stream)))
            }
            "at" => {
                let example = "#[at(self.deadline)]";
                with_value(name, meta, example, |deadline, _| Ok(Self::At(deadline)))
            }
            "on" => {
                let example = "#[on(self.socket.recv())]";
                let (pattern, meta) = split_pattern(meta);
                with_value(name, &meta, example, |future, input| {
                    let condition = parse_condition(input)?;
                    Ok(Self::On {
                        pattern,
                        future,
                        condition,
                    })
                })
            }
            _ => Err(Error::new_spanned(
                name,
                format!("unknown attribute `{name}`; remove it"),
            )),
        }
    }
}

/// Parses `initial = value`, the one option of a watch.
fn parse_initial(meta: &Meta, errors: &mut Errors) -> Result<Option<Expr>> {
    let example = "initial = 0";
    let mut initial = None;
    match meta {
        Meta::Path(_) => {}
        Meta::List(list) => (|input: ParseStream<'_>| {
            parse_list(input, errors, |option, input| {
                if option != "initial" {
                    return Err(unknown_option(option, &["initial"], &MEANT));
                }
                initial = Some(parse_value(option, input, example, Expr::parse)?);
                Ok(())
            })
        })
        .parse2(list.tokens.clone())?,
        Meta::NameValue(pair) => errors.report(
            &pair.value,
            format!("`watch` takes its value in parentheses; write `#[watch({example})]`"),
        ),
    }
    Ok(initial)
}

/// Splits off `pattern =` from the value of an attribute, if it is there.
fn split_pattern(meta: &Meta) -> (Option<Box<Pat>>, Meta) {
    let parser = |input: ParseStream<'_>| {
        let pattern = Pat::parse_multi_with_leading_vert(input)?;
        if input.peek(Token![==]) || input.peek(Token![=>]) {
            return Err(input.error("expected `=`"));
        }
        input.parse::<Token![=]>()?;
        Ok((pattern, input.parse::<TokenStream>()?))
    };
    if let Meta::List(list) = meta {
        if let Ok((pattern, tokens)) = parser.parse2(list.tokens.clone()) {
            let list = MetaList {
                tokens,
                ..list.clone()
            };
            return (Some(Box::new(pattern)), Meta::List(list));
        }
    }
    (None, meta.clone())
}

/// Refuses a period in words, such as `secs = 5`.
fn check_period(period: &Expr) -> Result<()> {
    let Expr::Assign(ExprAssign { left, right, .. }) = period else {
        return Ok(());
    };
    let unit = left.to_token_stream().to_string();
    let number = right.to_token_stream();
    let value = match unit.as_str() {
        "secs" | "seconds" | "s" => format!("from_secs({number})"),
        "millis" | "milliseconds" | "ms" => format!("from_millis({number})"),
        "micros" | "microseconds" | "us" => format!("from_micros({number})"),
        "nanos" | "nanoseconds" | "ns" => format!("from_nanos({number})"),
        _ => "from_secs(..)".to_owned(),
    };
    Err(Error::new_spanned(
        period,
        format!("a period is an expression; write `Duration::{value}`"),
    ))
}

/// Parses `, now`, which may follow the period. The caller parses a trailing comma.
fn parse_first_tick(input: ParseStream<'_>) -> Result<FirstTick> {
    if !input.peek(Token![,]) || input.peek2(End) {
        return Ok(FirstTick::AfterOnePeriod);
    }
    input.parse::<Token![,]>()?;
    let option = rest_of_option(input)?;
    if option.to_string() != "now" {
        return Err(Error::new_spanned(
            option,
            "expected nothing or `now` after the period; write `now`",
        ));
    }
    Ok(FirstTick::AtOnce)
}

/// Parses `, if condition`, which may follow the future. The caller parses a trailing comma.
fn parse_condition(input: ParseStream<'_>) -> Result<Option<Expr>> {
    if !input.peek(Token![,]) || input.peek2(End) {
        return Ok(None);
    }
    input.parse::<Token![,]>()?;
    if !input.peek(Token![if]) {
        return Err(Error::new_spanned(
            rest_of_option(input)?,
            "expected a condition after the future; write `if ..`",
        ));
    }
    let token: Token![if] = input.parse()?;
    let condition = input.fork();
    match input.parse() {
        Ok(parsed) if input.is_empty() || input.peek(Token![,]) => Ok(Some(parsed)),
        _ if condition.is_empty() => Err(Error::new_spanned(
            token,
            "`if` needs a condition; write `if self.is_open`",
        )),
        _ => Err(Error::new_spanned(
            rest_of_option(&condition)?,
            "not a condition; write `if self.is_open`",
        )),
    }
}

/// Reports the value of an attribute that takes none.
fn check_without_value(name: &Ident, meta: &Meta, errors: &mut Errors) {
    let message = format!("`{name}` takes no value; write `#[{name}]`");
    match meta {
        Meta::Path(_) => {}
        Meta::List(list) if list.tokens.is_empty() => errors.report(meta, message),
        Meta::List(list) => errors.report(&list.tokens, message),
        Meta::NameValue(pair) => errors.report(&pair.value, message),
    }
}

/// Parses the value of an attribute: an expression in parentheses, and options after it.
///
/// `parser` gets the expression and the rest of the input, and makes the role. Error messages recommend `example`.
fn with_value(
    name: &Ident,
    meta: &Meta,
    example: &str,
    parser: impl FnOnce(Expr, ParseStream<'_>) -> Result<Role>,
) -> Result<Role> {
    let needs_a_value =
        || Error::new_spanned(name, format!("`{name}` needs a value; write `{example}`"));
    let not_a_value = |culprit: TokenStream| {
        let message = format!("not a value of `{name}`; write `{example}`");
        Error::new_spanned(culprit, message)
    };
    let parser = |input: ParseStream<'_>| {
        let value = input.fork();
        let Ok(expression) = input.parse() else {
            return Err(not_a_value(value.parse()?));
        };
        if !input.is_empty() && !input.peek(Token![,]) {
            return Err(not_a_value(value.parse()?));
        }
        let role = parser(expression, input)?;
        input.parse::<Option<Token![,]>>()?;
        if input.is_empty() {
            return Ok(role);
        }
        Err(not_a_value(input.parse()?))
    };
    match meta {
        Meta::List(list) if !list.tokens.is_empty() => parser.parse2(list.tokens.clone()),
        Meta::List(_) | Meta::Path(_) => Err(needs_a_value()),
        Meta::NameValue(pair) => Err(Error::new_spanned(
            &pair.value,
            format!("`{name}` takes its value in parentheses; write `{example}`"),
        )),
    }
}
