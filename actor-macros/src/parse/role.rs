//! What a method is that is no command: a hook, a source of the loop, or a published value.

use proc_macro2::TokenStream;
use syn::parse::{End, Parse as _, ParseStream, Parser as _};
use syn::{Error, Expr, Ident, Meta, Result, Token};

/// What an attribute other than `#[command]` makes of a method.
pub(crate) enum Role {
    OnStart,
    OnStop,
    Every {
        period: Expr,
        first: FirstTick,
    },
    Stream(Expr),
    On {
        future: Expr,
        condition: Option<Expr>,
    },
    Watch,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum FirstTick {
    AfterOnePeriod,
    AtOnce,
}

impl Role {
    /// `name` is the attribute's, and one of ours.
    pub(super) fn parse(name: &Ident, meta: &Meta) -> Result<Self> {
        match name.to_string().as_str() {
            "on_start" => without_value(name, meta, Self::OnStart),
            "on_stop" => without_value(name, meta, Self::OnStop),
            "watch" => without_value(name, meta, Self::Watch),
            "every" => with_value(name, meta, "#[every(Duration::from_secs(1))]", |input| {
                let period = input.parse()?;
                let first = parse_first_tick(input)?;
                Ok(Self::Every { period, first })
            }),
            "stream" => with_value(name, meta, "#[stream(self.lines())]", |input| {
                input.parse().map(Self::Stream)
            }),
            _ => with_value(name, meta, "#[on(self.socket.recv())]", |input| {
                let future = input.parse()?;
                let condition = parse_condition(input)?;
                Ok(Self::On { future, condition })
            }),
        }
    }
}

/// `, now`
fn parse_first_tick(input: ParseStream<'_>) -> Result<FirstTick> {
    if !input.peek(Token![,]) || input.peek2(End) {
        return Ok(FirstTick::AfterOnePeriod);
    }
    input.parse::<Token![,]>()?;
    let option = input.call(Expr::parse)?;
    let is_now = matches!(&option, Expr::Path(path) if path.path.is_ident("now"));
    if !is_now {
        return Err(Error::new_spanned(
            option,
            "expected nothing or `now` behind the period; write `now`",
        ));
    }
    Ok(FirstTick::AtOnce)
}

/// `, if condition`
fn parse_condition(input: ParseStream<'_>) -> Result<Option<Expr>> {
    if !input.peek(Token![,]) || input.peek2(End) {
        return Ok(None);
    }
    input.parse::<Token![,]>()?;
    if !input.peek(Token![if]) {
        return Err(Error::new_spanned(
            input.call(Expr::parse)?,
            "expected a condition behind the future; write `if ..`",
        ));
    }
    input.parse::<Token![if]>()?;
    Ok(Some(input.parse()?))
}

fn without_value(name: &Ident, meta: &Meta, role: Role) -> Result<Role> {
    match meta {
        Meta::Path(_) => Ok(role),
        Meta::List(list) => Err(Error::new_spanned(
            &list.tokens,
            format!("`{name}` takes no value; write `#[{name}]`"),
        )),
        Meta::NameValue(pair) => Err(Error::new_spanned(
            &pair.value,
            format!("`{name}` takes no value; write `#[{name}]`"),
        )),
    }
}

/// `example` is the attribute with its value.
fn with_value(
    name: &Ident,
    meta: &Meta,
    example: &str,
    parser: impl FnOnce(ParseStream<'_>) -> Result<Role>,
) -> Result<Role> {
    let needs_a_value =
        || Error::new_spanned(name, format!("`{name}` needs a value; write `{example}`"));
    let parser = |input: ParseStream<'_>| {
        let role = parser(input)?;
        input.parse::<Option<Token![,]>>()?;
        if input.is_empty() {
            return Ok(role);
        }
        Err(Error::new_spanned(
            input.parse::<TokenStream>()?,
            format!("not a value of `{name}`; write `{example}`"),
        ))
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
