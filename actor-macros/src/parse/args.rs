//! The arguments of `#[actor(..)]`.

use proc_macro2::{Group, TokenStream, TokenTree};
use syn::ext::IdentExt as _;
use syn::parse::{Parse as _, ParseStream, Parser as _};
use syn::token::Paren;
use syn::{Error, Expr, ExprLit, ExprPath, Ident, Lit, Path, Result, Token, Type, Visibility};

use super::nearest::nearest;
use crate::diagnostics::Errors;
use crate::model::{Capacity, ErrorMode, Life, Locality, Shutdown, Twin};

const OPTIONS: [&str; 18] = [
    "capacity",
    "unbounded",
    "shutdown",
    "deadline",
    "timeout",
    "errors",
    "event",
    "event_capacity",
    "detached",
    "command",
    "client",
    "vis",
    "try",
    "blocking",
    "local",
    "in_place",
    "remote",
    "crate",
];

/// Words that people write for an option, each with the option.
const MEANT: [(&str, &str); 49] = [
    ("mailbox", "capacity = 64"),
    ("buffer", "capacity = 64"),
    ("size", "capacity = 64"),
    ("queue", "capacity = 64"),
    ("bound", "capacity = 64"),
    ("bounded", "capacity = 64"),
    ("channel", "capacity = 64"),
    ("mailbox_size", "capacity = 64"),
    ("mailbox_capacity", "capacity = 64"),
    ("buffer_size", "capacity = 64"),
    ("queue_size", "capacity = 64"),
    ("channel_size", "capacity = 64"),
    ("name", "client = Name"),
    ("handle", "client = Name"),
    ("message", "command = Name"),
    ("messages", "command = Name"),
    ("msg", "command = Name"),
    ("wrap", "errors = wrap"),
    ("into", "errors = into"),
    ("default", "errors = default"),
    ("error", "errors = into"),
    ("on_stopped", "errors"),
    ("stop", "shutdown = stop"),
    ("drain", "shutdown = drain"),
    ("grace", "deadline = Duration::from_secs(5)"),
    ("events", "event = Event"),
    ("visibility", "vis = pub(crate)"),
    ("pub", "vis = pub"),
    ("nonblocking", "try"),
    ("sync", "blocking"),
    ("not_send", "local"),
    ("single_threaded", "local"),
    ("inline", "in_place"),
    ("direct", "in_place"),
    ("serde", "remote"),
    ("network", "remote"),
    ("nats", "remote"),
    ("distributed", "remote"),
    ("runtime", "crate = path"),
    ("path", "crate = path"),
    ("actor_runtime", "crate = path"),
    ("detach", "detached"),
    ("keep_alive", "detached"),
    ("ack", "#[command(ack)]"),
    ("batch", "#[command(batch = 100)]"),
    ("last", "#[command(last)]"),
    ("priority", "#[command(priority)]"),
    ("skip", "#[command(skip)]"),
    ("skip_cancelled", "#[command(skip_cancelled)]"),
];

/// The options of an actor. An option that was not given is `None` or the default.
#[derive(Default)]
pub(crate) struct Args {
    pub(crate) capacity: Capacity,
    pub(crate) locality: Locality,
    pub(crate) life: Life,
    pub(crate) in_place: Option<Ident>,
    pub(crate) remote: Option<Ident>,
    /// The second client methods of all commands.
    pub(crate) twins: Vec<Twin>,
    pub(crate) shutdown: Option<Shutdown>,
    pub(crate) deadline: Option<Expr>,
    /// The time after which callers give up, unless a command has its own.
    pub(crate) timeout: Option<Expr>,
    pub(crate) event: Option<Type>,
    /// The capacity, with the name of its option.
    pub(crate) event_capacity: Option<(Ident, Expr)>,
    /// The mode, with the name of its option.
    pub(crate) errors: Option<(Ident, ErrorMode)>,
    pub(crate) command: Option<Ident>,
    pub(crate) client: Option<Ident>,
    pub(crate) visibility: Option<Visibility>,
    pub(crate) runtime: Option<Path>,
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
    if let (Some((option, _)), None) = (&args.event_capacity, &args.event) {
        errors.report(option, "there are no events; add `event = Event`");
    }
    args
}

/// Calls `set` with the name of each option. Continues after a bad option, and refuses an option that is given twice.
pub(super) fn parse_list(
    input: ParseStream<'_>,
    errors: &mut Errors,
    mut set: impl FnMut(&Ident, ParseStream<'_>) -> Result<()>,
) -> Result<()> {
    let mut seen: Vec<Ident> = Vec::new();
    while !input.is_empty() {
        let result = match input.call(Ident::parse_any) {
            Err(_) => Err(input.error("expected the name of an option; write one or remove this")),
            Ok(option) if seen.contains(&option) => Err(Error::new_spanned(
                &option,
                format!("`{option}` is given twice; remove one"),
            )),
            Ok(option) => {
                let result =
                    set(&option, input).and_then(|()| expect_end_of_option(&option, input));
                seen.push(option);
                result
            }
        };
        if let Err(error) = result {
            errors.push(error);
            rest_of_option(input)?;
        }
        input.parse::<Option<Token![,]>>()?;
    }
    Ok(())
}

fn expect_end_of_option(option: &Ident, input: ParseStream<'_>) -> Result<()> {
    if input.is_empty() || input.peek(Token![,]) {
        return Ok(());
    }
    if input.peek(Token![=]) || input.peek(Paren) {
        return Err(Error::new_spanned(
            rest_of_option(input)?,
            format!("`{option}` takes no value; remove it"),
        ));
    }
    let next: TokenTree = input.parse()?;
    Err(Error::new_spanned(
        &next,
        format!("missing `,`; write `, {next}`"),
    ))
}

/// Returns the tokens up to the next `,`.
pub(super) fn rest_of_option(input: ParseStream<'_>) -> Result<TokenStream> {
    let mut rest = TokenStream::new();
    while !input.is_empty() && !input.peek(Token![,]) {
        rest.extend([input.parse::<TokenTree>()?]);
    }
    Ok(rest)
}

impl Args {
    fn set(&mut self, option: &Ident, input: ParseStream<'_>) -> Result<()> {
        match option.to_string().as_str() {
            "capacity" | "unbounded" if !matches!(self.capacity, Capacity::Default) => {
                return Err(Error::new_spanned(
                    option,
                    "a mailbox is either bounded or `unbounded`; remove one",
                ));
            }
            "capacity" => {
                self.capacity = Capacity::Bounded(parse_count(option, input, "commands", 64)?);
            }
            "unbounded" => self.capacity = Capacity::Unbounded,
            "local" => self.locality = Locality::Local,
            "detached" => self.life = Life::Detached,
            "in_place" => self.in_place = Some(option.clone()),
            "remote" => self.remote = Some(option.clone()),
            "try" => self.twins.push(Twin::Try),
            "blocking" => self.twins.push(Twin::Blocking),
            "shutdown" => self.shutdown = Some(parse_shutdown(option, input)?),
            "deadline" => {
                let example = "deadline = Duration::from_secs(5)";
                self.deadline = Some(parse_value(option, input, example, Expr::parse)?);
            }
            "timeout" => self.timeout = Some(parse_timeout(option, input)?),
            "event" => {
                self.event = Some(parse_value(option, input, "event = Event", Type::parse)?);
            }
            "event_capacity" => {
                let capacity = parse_count(option, input, "events", 64)?;
                self.event_capacity = Some((option.clone(), capacity));
            }
            "errors" => self.errors = Some((option.clone(), parse_error_mode(option, input)?)),
            "command" => {
                let name = parse_value(option, input, "command = Request", Ident::parse)?;
                self.command = Some(name);
            }
            "client" => {
                let name = parse_value(option, input, "client = Handle", Ident::parse)?;
                self.client = Some(name);
            }
            "vis" => {
                let visibility = parse_value(option, input, "vis = pub(crate)", parse_visibility)?;
                self.visibility = Some(visibility);
            }
            "crate" => {
                let path = parse_value(option, input, "crate = ::path", Path::parse_mod_style)?;
                self.runtime = Some(path);
            }
            _ => return Err(unknown_option(option, &OPTIONS, &MEANT)),
        }
        Ok(())
    }
}

/// Returns the error for an `option` that an attribute does not have. The options in `known` are the ones it has, and
/// `meant` are other words for them.
pub(super) fn unknown_option(option: &Ident, known: &[&str], meant: &[(&str, &str)]) -> Error {
    let meant = meant.iter().find(|(word, _)| option == word);
    let meant = meant.map(|(_, meant)| *meant);
    let remedy = match meant.or_else(|| nearest(&option.to_string(), known)) {
        Some(meant) => format!("write `{meant}`"),
        None => format!("the options are `{}`", known.join("`, `")),
    };
    Error::new_spanned(option, format!("unknown option `{option}`; {remedy}"))
}

/// Parses ` = value`. `example` is the option with its value.
pub(super) fn parse_value<T>(
    option: &Ident,
    input: ParseStream<'_>,
    example: &str,
    parser: fn(ParseStream<'_>) -> Result<T>,
) -> Result<T> {
    let is_assigned = input.parse::<Option<Token![=]>>()?.is_some();
    if !is_assigned || input.is_empty() || input.peek(Token![,]) {
        return Err(Error::new_spanned(
            option,
            format!("`{option}` needs a value; write `{example}`"),
        ));
    }
    let value = input.fork();
    match parser(input) {
        Ok(value) if is_end_of_value(input) => Ok(value),
        _ => Err(Error::new_spanned(
            rest_of_option(&value)?,
            format!("not a value of `{option}`; write `{example}`"),
        )),
    }
}

/// Returns whether a value may end here. If a name follows, only the `,` is missing.
fn is_end_of_value(input: ParseStream<'_>) -> bool {
    input.is_empty() || input.peek(Token![,]) || input.peek(Ident::peek_any)
}

fn parse_visibility(input: ParseStream<'_>) -> Result<Visibility> {
    match input.parse()? {
        Visibility::Inherited => Err(input.error("expected `pub`")),
        visibility => Ok(visibility),
    }
}

/// Parses ` = number`, a number of things that are called `counted`, such as `usual`.
pub(super) fn parse_count(
    option: &Ident,
    input: ParseStream<'_>,
    counted: &str,
    usual: usize,
) -> Result<Expr> {
    let example = format!("{option} = {usual}");
    let count = parse_value(option, input, &example, Expr::parse)?;
    match bare(&count) {
        Expr::Lit(ExprLit {
            lit: Lit::Int(number),
            ..
        }) if number.base10_digits() != "0" => {}
        Expr::Lit(_) | Expr::Unary(_) => {
            return Err(Error::new_spanned(
                count,
                format!("expected a number of {counted}, at least 1; write `{example}`"),
            ));
        }
        _ => {}
    }
    Ok(count)
}

/// Returns `expression` without the invisible group of a `macro_rules!` fragment and without parentheses.
fn bare(expression: &Expr) -> &Expr {
    match expression {
        Expr::Group(group) => bare(&group.expr),
        Expr::Paren(paren) => bare(&paren.expr),
        expression => expression,
    }
}

/// Parses ` = stop` or ` = drain`.
fn parse_shutdown(option: &Ident, input: ParseStream<'_>) -> Result<Shutdown> {
    let mode = parse_value(option, input, "shutdown = drain", Ident::parse_any)?;
    match mode.to_string().as_str() {
        "stop" => Ok(Shutdown::Stop),
        "drain" => Ok(Shutdown::Drain),
        _ => Err(Error::new_spanned(
            &mode,
            format!("unknown mode `{mode}`; write `stop` or `drain`"),
        )),
    }
}

/// Parses ` = duration`.
pub(super) fn parse_timeout(option: &Ident, input: ParseStream<'_>) -> Result<Expr> {
    let example = "timeout = Duration::from_secs(5)";
    parse_value(option, input, example, Expr::parse)
}

/// Parses ` = wrap`, ` = into`, ` = into(path)` or ` = default`.
pub(super) fn parse_error_mode(option: &Ident, input: ParseStream<'_>) -> Result<ErrorMode> {
    let (mode, function) = parse_value(option, input, "errors = default", |input| {
        let mode = input.call(Ident::parse_any)?;
        let function = input.peek(Paren).then(|| input.parse::<Group>());
        Ok((mode, function.transpose()?))
    })?;
    match (mode.to_string().as_str(), function) {
        ("wrap", None) => Ok(ErrorMode::Wrap),
        ("into", None) => Ok(ErrorMode::Into(None)),
        ("into", Some(function)) => Ok(ErrorMode::Into(Some(parse_function(&function)?))),
        ("default", None) => Ok(ErrorMode::Default),
        ("wrap" | "default", Some(function)) => Err(Error::new_spanned(
            function,
            format!("`{mode}` takes no function; remove it"),
        )),
        ("error", _) => Err(Error::new_spanned(&mode, "`error` is now `wrap`")),
        _ => Err(Error::new_spanned(
            &mode,
            format!("unknown mode `{mode}`; write `wrap`, `into` or `default`"),
        )),
    }
}

/// Parses the path in `into(path)`.
fn parse_function(function: &Group) -> Result<ExprPath> {
    syn::parse2(function.stream())
        .map_err(|_| Error::new_spanned(function, "expected a function; write `into(path)`"))
}
