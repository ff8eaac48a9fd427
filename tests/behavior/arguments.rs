//! The way of arguments from the client's parameters to the method's.

#![allow(
    clippy::borrowed_box,
    clippy::needless_pass_by_value,
    clippy::too_many_arguments,
    clippy::trivially_copy_pass_by_ref,
    clippy::unnecessary_debug_formatting,
    clippy::unnecessary_literal_bound,
    clippy::wrong_self_convention,
    reason = "any parameter is allowed, whether or not it is the best one"
)]

use std::borrow::Cow;
use std::ffi::{CStr, OsStr, OsString};
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use actor_runtime::{Actor as _, CallError, CancellationToken, actor, channel};

use crate::support::{Gate, gate, idle, soon};

#[derive(Clone, Debug, PartialEq)]
struct Config {
    name: String,
    size: u8,
}

fn config() -> Config {
    Config {
        name: "big".to_owned(),
        size: 9,
    }
}

struct Pair(u8, u8);

/// An actor that shows what its methods see.
struct Mirror;

#[actor]
impl Mirror {
    pub(crate) fn number(&self, number: u32) -> String {
        format!("{number:?}")
    }

    pub(crate) fn several(&self, a: u8, b: &str, c: Vec<bool>) -> String {
        format!("{:?}", (a, b, c))
    }

    pub(crate) fn text(&self, text: &str) -> String {
        format!("{text:?}")
    }

    pub(crate) fn static_text(&self, text: &'static str) -> String {
        format!("{text:?}")
    }

    pub(crate) fn path(&self, path: &Path) -> String {
        format!("{path:?}")
    }

    pub(crate) fn slice(&self, slice: &[u8]) -> String {
        format!("{slice:?}")
    }

    pub(crate) fn array(&self, array: &[u8; 2]) -> String {
        format!("{array:?}")
    }

    pub(crate) fn os_text(&self, text: &OsStr) -> String {
        format!("{text:?}")
    }

    pub(crate) fn c_text(&self, text: &CStr) -> String {
        format!("{text:?}")
    }

    pub(crate) fn config(&self, config: &Config) -> String {
        format!("{config:?}")
    }

    pub(crate) fn boxed(&self, config: &Box<Config>) -> String {
        format!("{config:?}")
    }

    pub(crate) fn maybe_text(&self, text: Option<&str>) -> String {
        format!("{text:?}")
    }

    pub(crate) fn maybe_path(&self, path: Option<&Path>) -> String {
        format!("{path:?}")
    }

    pub(crate) fn maybe_slice(&self, slice: Option<&[u8]>) -> String {
        format!("{slice:?}")
    }

    pub(crate) fn maybe_config(&self, config: Option<&Config>) -> String {
        format!("{config:?}")
    }

    pub(crate) fn cow(&self, text: Cow<'static, str>) -> String {
        format!("{text:?}")
    }

    pub(crate) fn into_text(&self, text: impl Into<String>) -> String {
        let text: String = text.into();
        format!("{text:?}")
    }

    pub(crate) fn into_maybe(&self, number: impl Into<Option<u8>>) -> String {
        let number: Option<u8> = number.into();
        format!("{number:?}")
    }

    pub(crate) fn with_more_bounds(
        &self,
        text: impl Send + Into<String>,
        numbers: impl IntoIterator<Item = u8, IntoIter: ExactSizeIterator>,
    ) -> String {
        format!("{} {}", text.into(), numbers.into_iter().len())
    }

    pub(crate) fn as_text(&self, text: impl AsRef<str>) -> String {
        format!("{:?}", text.as_ref())
    }

    pub(crate) fn as_path(&self, path: impl AsRef<Path>) -> String {
        format!("{:?}", path.as_ref())
    }

    pub(crate) fn as_bytes(&self, bytes: impl AsRef<[u8]>) -> String {
        format!("{:?}", bytes.as_ref())
    }

    pub(crate) fn all(&self, numbers: impl IntoIterator<Item = u32>) -> String {
        format!("{:?}", numbers.into_iter().collect::<Vec<_>>())
    }

    pub(crate) fn apply(&self, function: Box<dyn FnOnce(u8) -> u8 + Send>) -> String {
        format!("{:?}", function(1))
    }

    pub(crate) fn apply_pointer(&self, function: fn(&str) -> usize) -> String {
        format!("{:?}", function("four"))
    }

    pub(crate) fn own_type(&self, other: Self, others: Vec<Self>) -> String {
        let Self = other;
        format!("{:?}", 1 + others.len())
    }

    pub(crate) fn tuple(&self, (a, (b, c)): (u8, (u8, u8))) -> String {
        format!("{:?}", [a, b, c])
    }

    pub(crate) fn structure(&self, Pair(a, b): Pair) -> String {
        format!("{:?}", [a, b])
    }

    pub(crate) fn borrowed_pattern(&self, &Config { ref name, size }: &Config) -> String {
        format!("{:?}", (name, size))
    }

    pub(crate) fn ignored(&self, _: u8, seen: u8, _: &str) -> String {
        format!("{seen:?}")
    }

    pub(crate) fn mutable(&self, mut numbers: Vec<u8>) -> String {
        numbers.push(3);
        format!("{numbers:?}")
    }

    pub(crate) fn bound(&self, all @ (a, _): (u8, u8)) -> String {
        format!("{:?}", (all, a))
    }

    /// Methods with names that generated code also uses.
    pub(crate) fn names(
        &self,
        command: u8,
        context: u8,
        inbox: u8,
        reply: u8,
        answer: u8,
        sender: u8,
        f: u8,
        argument_1: u8,
        r#type: u8,
    ) -> String {
        let odd = [command, context, inbox, reply, answer];
        format!(
            "{:?}",
            [&odd[..], &[sender, f, argument_1, r#type]].concat()
        )
    }

    pub(crate) async fn later(&mut self, text: &str, slice: Option<&[u8]>) -> String {
        tokio::task::yield_now().await;
        format!("{:?}", (text, slice))
    }
}

#[tokio::test(start_paused = true)]
async fn the_method_sees_what_the_client_was_given() {
    async fn check(call: impl AsyncFnOnce(&MirrorClient) -> Result<String, CallError>, seen: &str) {
        let mirror = Mirror.spawn(CancellationToken::new());
        assert_eq!(soon(call(&mirror)).await.as_deref(), Ok(seen));
    }
    let big = r#"Config { name: "big", size: 9 }"#;

    check(async |m| m.number(7).await, "7").await;
    check(
        async |m| m.several(1, "two", vec![true]).await,
        r#"(1, "two", [true])"#,
    )
    .await;

    check(async |m| m.text(&String::from("é")).await, r#""é""#).await;
    check(async |m| m.static_text("s").await, r#""s""#).await;
    check(async |m| m.path(Path::new("a.txt")).await, r#""a.txt""#).await;
    check(async |m| m.slice(&[1, 2]).await, "[1, 2]").await;
    check(async |m| m.array(&[1, 2]).await, "[1, 2]").await;
    check(async |m| m.os_text(&OsString::from("o")).await, r#""o""#).await;
    check(async |m| m.c_text(c"c").await, r#""c""#).await;
    check(async |m| m.config(&config()).await, big).await;
    check(async |m| m.boxed(&Box::new(config())).await, big).await;
    check(async |m| m.cow(Cow::Borrowed("b")).await, r#""b""#).await;

    check(async |m| m.maybe_text(Some("t")).await, r#"Some("t")"#).await;
    check(async |m| m.maybe_text(None).await, "None").await;
    check(
        async |m| m.maybe_path(Some(Path::new("p"))).await,
        r#"Some("p")"#,
    )
    .await;
    check(async |m| m.maybe_slice(Some(&[1])).await, "Some([1])").await;
    check(async |m| m.maybe_slice(None).await, "None").await;
    check(
        async |m| m.maybe_config(Some(&config())).await,
        &format!("Some({big})"),
    )
    .await;
    check(async |m| m.maybe_config(None).await, "None").await;

    check(async |m| m.into_text("str").await, r#""str""#).await;
    check(async |m| m.into_text('c').await, r#""c""#).await;
    check(async |m| m.into_maybe(1).await, "Some(1)").await;
    check(async |m| m.with_more_bounds("a", [1, 2]).await, "a 2").await;
    check(async |m| m.as_text("str").await, r#""str""#).await;
    check(async |m| m.as_text(String::from("own")).await, r#""own""#).await;
    check(async |m| m.as_path("p").await, r#""p""#).await;
    check(async |m| m.as_path(PathBuf::from("p")).await, r#""p""#).await;
    check(async |m| m.as_bytes("a").await, "[97]").await;
    check(async |m| m.as_bytes([1]).await, "[1]").await;
    check(async |m| m.all([1, 2]).await, "[1, 2]").await;
    check(async |m| m.all((1..9).step_by(3)).await, "[1, 4, 7]").await;

    check(async |m| m.apply(Box::new(|n| n + 1)).await, "2").await;
    check(async |m| m.apply_pointer(str::len).await, "4").await;
    check(async |m| m.own_type(Mirror, vec![Mirror]).await, "2").await;

    check(async |m| m.tuple((1, (2, 3))).await, "[1, 2, 3]").await;
    check(async |m| m.structure(Pair(1, 2)).await, "[1, 2]").await;
    check(
        async |m| m.borrowed_pattern(&config()).await,
        r#"("big", 9)"#,
    )
    .await;
    check(async |m| m.ignored(1, 2, "three").await, "2").await;
    check(async |m| m.mutable(vec![1, 2]).await, "[1, 2, 3]").await;
    check(async |m| m.bound((1, 2)).await, "((1, 2), 1)").await;
    check(
        async |m| m.names(1, 2, 3, 4, 5, 6, 7, 8, 9).await,
        "[1, 2, 3, 4, 5, 6, 7, 8, 9]",
    )
    .await;
    check(
        async |m| m.later("t", Some(&[1])).await,
        r#"("t", Some([1]))"#,
    )
    .await;
}

#[tokio::test(start_paused = true)]
async fn commands_carry_owned_values() {
    let (mirror, mut inbox) = channel::<Mirror>(8);
    let big = config();
    let send = async {
        let _ = tokio::join!(
            biased;
            mirror.text("t"),
            mirror.maybe_slice(Some(&[1])),
            mirror.as_path("p"),
            mirror.all([1, 2]),
            mirror.config(&big),
        );
    };
    let receive = async {
        let mut fields = Vec::new();
        for _ in 0..5 {
            fields.push(match inbox.next().await.unwrap() {
                MirrorCommand::Text { text, .. } => {
                    let text: String = text;
                    text
                }
                MirrorCommand::MaybeSlice { slice, .. } => {
                    let slice: Option<Vec<u8>> = slice;
                    format!("{slice:?}")
                }
                MirrorCommand::AsPath { path, .. } => {
                    let path: PathBuf = path;
                    format!("{path:?}")
                }
                MirrorCommand::All { numbers, .. } => {
                    let numbers: Vec<u32> = numbers;
                    format!("{numbers:?}")
                }
                MirrorCommand::Config { config, .. } => {
                    let config: Config = config;
                    config.name
                }
                other => panic!("an unexpected `{other:?}`"),
            });
        }
        fields
    };
    let ((), fields) = tokio::join!(send, receive);
    assert_eq!(fields, ["t", "Some([1])", r#""p""#, "[1, 2]", "big"]);
}

/// A type that counts its conversions.
#[derive(Clone, Default)]
struct Conversions(Arc<AtomicUsize>);

impl Conversions {
    fn count(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }

    fn one_more(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

impl From<Conversions> for u32 {
    fn from(conversions: Conversions) -> Self {
        conversions.one_more();
        0
    }
}

impl AsRef<str> for Conversions {
    fn as_ref(&self) -> &str {
        self.one_more();
        ""
    }
}

impl IntoIterator for Conversions {
    type Item = u8;
    type IntoIter = std::option::IntoIter<u8>;

    fn into_iter(self) -> Self::IntoIter {
        self.one_more();
        None.into_iter()
    }
}

struct Sink;

#[actor]
impl Sink {
    pub(crate) async fn hold(&mut self, gate: Gate) {
        gate.pass().await;
    }

    pub(crate) fn into_number(&mut self, _: impl Into<u32>) {}

    pub(crate) fn as_text(&mut self, _: impl AsRef<str>) {}

    pub(crate) fn all(&mut self, _: impl IntoIterator<Item = u8>) {}
}

#[tokio::test(start_paused = true)]
async fn arguments_are_converted_once_and_on_the_side_of_the_caller() {
    async fn check(cast: impl AsyncFnOnce(&SinkClient, Conversions) -> Result<(), CallError>) {
        let sink = Sink.spawn(CancellationToken::new());
        let (gate, mut key) = gate();
        sink.hold(gate).await.unwrap();
        key.entered().await;
        let conversions = Conversions::default();
        soon(cast(&sink, conversions.clone())).await.unwrap();
        assert_eq!(conversions.count(), 1, "while the actor is busy");
        key.open();
        idle().await;
        assert_eq!(conversions.count(), 1, "after the method has run");
    }
    check(async |sink, number| sink.into_number(number).await).await;
    check(async |sink, text| sink.as_text(text).await).await;
    check(async |sink, numbers| sink.all(numbers).await).await;
}

#[tokio::test(start_paused = true)]
async fn what_is_converted_need_not_be_sendable() {
    let mirror = Mirror.spawn(CancellationToken::new());
    let text: Rc<str> = "rc".into();
    assert_eq!(soon(mirror.as_text(text)).await.as_deref(), Ok(r#""rc""#));
    let numbers = Rc::new([1, 2]);
    let numbers = (0..2).map(|place| numbers[place]);
    assert_eq!(soon(mirror.all(numbers)).await.as_deref(), Ok("[1, 2]"));
}
