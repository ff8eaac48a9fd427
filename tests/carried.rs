//! `#[actor(remote)]`: commands that are written down, carried, and read again. Here a task carries them.
//!
//! This is not part of `behavior`: with `serde_json` in sight, rustc infers fewer types.

#![allow(
    clippy::unused_self,
    clippy::unnecessary_wraps,
    clippy::needless_pass_by_value,
    clippy::option_option,
    clippy::too_many_arguments,
    clippy::trivially_copy_pass_by_ref,
    reason = "a command is a method, and what it takes and returns is what is tested"
)]

use std::collections::{BTreeMap, HashMap};
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use actor_runtime::remote::{RemoteCommand, receive};
use actor_runtime::{
    Actor, CallError, CancellationToken, Client, Context, Detail, ExitReason, Inbox, Reply,
    SendActor, Supervisor, Why, actor, channel, channel_of,
};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::json;
use tokio::task::yield_now;
use tokio::time::timeout;

/// Waits for something that comes without any time passing.
async fn soon<F: Future>(future: F) -> F::Output {
    timeout(Duration::from_secs(60), future)
        .await
        .expect("it does not come")
}

/// Returns a client whose commands a task carries to the actor of `client`, as JSON.
fn carried<C>(client: C) -> C
where
    C: Client<Command: RemoteCommand> + Send + Sync,
{
    let (near, mut inbox) = channel_of::<C>(64);
    tokio::spawn(async move {
        while let Some(command) = inbox.next().await {
            let Some((method, arguments, reply)) = command.write().into_parts() else {
                continue;
            };
            match receive(&client, method, &arguments).await {
                Ok(answer) => reply.answer(&answer),
                Err(error) => reply.fail(error),
            }
        }
    });
    near
}

fn unsupported(phrase: &str) -> CallError {
    CallError::Unsupported(Detail::new(phrase))
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Order {
    id: u64,
    note: Option<String>,
    #[serde(default)]
    tags: Vec<String>,
}

/// A value that some processes cannot write, or not read.
#[derive(Debug)]
pub(crate) enum Odd {
    Fine,
    Unwritable,
    Unreadable,
    PanicsWhenWritten,
    PanicsWhenRead,
}

impl Serialize for Odd {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Fine => serializer.serialize_u8(0),
            Self::Unwritable => Err(serde::ser::Error::custom("secret")),
            Self::Unreadable => serializer.serialize_u8(1),
            Self::PanicsWhenWritten => panic!("a value that cannot be written"),
            Self::PanicsWhenRead => serializer.serialize_u8(2),
        }
    }
}

impl<'de> Deserialize<'de> for Odd {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match u8::deserialize(deserializer)? {
            0 => Ok(Self::Fine),
            2 => panic!("a value that cannot be read"),
            _ => Err(serde::de::Error::custom("secret")),
        }
    }
}

#[derive(Default)]
struct Shop {
    orders: Vec<Order>,
    handled: usize,
    waiting: Vec<Reply<usize>>,
}

#[actor(remote)]
impl Shop {
    pub(crate) fn add(&mut self, order: Order) {
        self.handled += 1;
        self.orders.push(order);
    }

    pub(crate) fn find(&mut self, id: u64) -> Option<Order> {
        self.handled += 1;
        self.orders.iter().find(|order| order.id == id).cloned()
    }

    pub(crate) fn many(
        &mut self,
        name: &str,
        path: &Path,
        r#type: u8,
        pair: &(i8, char),
        list: &[f64],
        map: HashMap<String, BTreeMap<i32, bool>>,
        maybe: Option<&str>,
        text: impl Into<String>,
        numbers: impl IntoIterator<Item = u16>,
        (left, right): (u8, String),
    ) -> String {
        self.handled += 1;
        let (text, numbers): (String, Vec<u16>) = (text.into(), numbers.into_iter().collect());
        format!(
            "{name:?} {} {type:?} {pair:?} {list:?} {map:?} {maybe:?} {text:?} {numbers:?} {left} {right:?}",
            path.display(),
        )
    }

    pub(crate) fn nothing(&mut self) -> Result<(), String> {
        self.handled += 1;
        Err("a failure of its own".to_owned())
    }

    /// Answered by `arrive`.
    pub(crate) fn later(&mut self, reply: Reply<usize>) {
        self.waiting.push(reply);
    }

    pub(crate) fn arrive(&mut self) -> usize {
        let waiting = self.waiting.len();
        for reply in self.waiting.drain(..) {
            reply.send(waiting);
        }
        waiting
    }

    pub(crate) fn forget(&mut self) -> usize {
        self.waiting.drain(..).count()
    }

    #[command(batch = 8, arg = id)]
    pub(crate) fn all(&mut self, ids: Vec<u64>) -> Vec<u64> {
        ids.into_iter().map(|id| id * 2).collect()
    }

    #[command(batch = 8, arg = id)]
    pub(crate) fn mark(&mut self, ids: Vec<u64>) {
        self.handled += ids.len();
    }

    #[command(priority, skip_cancelled, try)]
    pub(crate) fn handled(&self) -> usize {
        self.handled
    }

    pub(crate) fn odd(&mut self, argument: Odd, answer: Odd) -> Odd {
        self.handled += 1;
        assert!(matches!(argument, Odd::Fine));
        match answer {
            Odd::Fine => Odd::Unreadable,
            odd => odd,
        }
    }

    pub(crate) fn strange(&mut self, kind: u8) -> Odd {
        self.handled += 1;
        match kind {
            0 => Odd::Fine,
            1 => Odd::Unwritable,
            2 => Odd::Unreadable,
            3 => Odd::PanicsWhenWritten,
            _ => Odd::PanicsWhenRead,
        }
    }

    pub(crate) fn number(&mut self, number: f64) -> f64 {
        number
    }

    pub(crate) fn nested(&mut self, value: Option<Option<u8>>) -> Option<Option<u8>> {
        value
    }

    pub(crate) fn by_pair(&mut self, map: HashMap<String, u8>) -> BTreeMap<(u8, u8), u8> {
        map.into_values()
            .map(|value| ((value, value), value))
            .collect()
    }

    pub(crate) fn fail(&mut self) {
        panic!("the shop burns");
    }

    pub(crate) fn stop(&mut self, ctx: &mut Context<Self>) {
        ctx.stop();
    }

    #[cfg(not(any()))]
    pub(crate) fn here(&self, #[cfg(any())] never: u8, #[cfg(not(any()))] always: u8) -> u8 {
        always
    }

    #[cfg(any())]
    pub(crate) fn absent(&self, value: Absent) -> Absent {
        value
    }

    #[command]
    fn secret(&mut self) -> usize {
        self.handled
    }

    #[command(last)]
    pub(crate) fn close(self) -> usize {
        self.orders.len()
    }
}

fn shop() -> ShopClient {
    Shop::default().spawn(CancellationToken::new())
}

fn order(id: u64) -> Order {
    Order {
        id,
        ..Order::default()
    }
}

#[tokio::test(start_paused = true)]
async fn a_client_is_the_same_whether_its_commands_are_carried_or_not() {
    let [near, far] = [shop(), shop()];
    for (client, far) in [(near.clone(), near), (carried(far.clone()), far)] {
        let written = Order {
            id: 7,
            note: Some("\"quoted\"\n\u{1F600}\0".to_owned()),
            tags: vec![String::new(), "tag".to_owned()],
        };
        client.add(written.clone()).await.unwrap();
        assert_eq!(client.find(7).await, Ok(Some(written)));
        assert_eq!(client.find(8).await, Ok(None));
        assert_eq!(
            client.nothing().await,
            Ok(Err("a failure of its own".to_owned()))
        );
        let map = HashMap::from([("a".to_owned(), BTreeMap::from([(-1, true)]))]);
        let path = PathBuf::from("/a b/c");
        let many = client.many(
            "n",
            &path,
            255,
            &(-1, 'ä'),
            &[0.5, -1e300],
            map,
            Some("x"),
            "text",
            [1, 2],
            (3, "r".to_owned()),
        );
        assert_eq!(
            many.await.unwrap(),
            r#""n" /a b/c 255 (-1, 'ä') [0.5, -1e300] {"a": {-1: true}} Some("x") "text" [1, 2] 3 "r""#
        );
        assert_eq!(client.here(5).await, Ok(5));
        assert_eq!(client.all(21).await, Ok(42));
        assert_eq!(client.mark(1).await, Ok(()));
        assert_eq!(client.handled().await, Ok(6));
        assert_eq!(client.try_handled().unwrap().await, Ok(6));
        assert_eq!(client.close().await, Ok(1));
        soon(far.closed()).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_method_without_a_return_type_is_done_when_its_client_returns() {
    let (client, mut inbox) = channel::<Shop>(1);
    let call = tokio::spawn(async move { client.add(order(1)).await });
    let Some(ShopCommand::Add { order, reply }) = soon(inbox.next()).await else {
        panic!("another command");
    };
    assert_eq!(order.id, 1);
    yield_now().await;
    assert!(!call.is_finished());
    reply.send(());
    assert_eq!(soon(call).await.unwrap(), Ok(()));
}

#[tokio::test(start_paused = true)]
async fn replies_that_come_later_are_carried() {
    let far = shop();
    let near = carried(far.clone());
    let call = tokio::spawn(async move { near.later().await });
    while far.arrive().await.unwrap() == 0 {
        yield_now().await;
    }
    assert_eq!(soon(call).await.unwrap(), Ok(1));

    let near = carried(far.clone());
    let call = tokio::spawn(async move { near.later().await });
    while far.forget().await.unwrap() == 0 {
        yield_now().await;
    }
    assert_eq!(soon(call).await.unwrap(), Err(CallError::Unanswered));

    // The reply is in the state, and is lost with it.
    let near = carried(far.clone());
    let call = tokio::spawn(async move { near.later().await });
    yield_now().await;
    yield_now().await;
    far.stop().await.unwrap();
    assert_eq!(soon(call).await.unwrap(), Err(CallError::Stopped));
}

#[tokio::test(start_paused = true)]
async fn errors_of_the_actor_are_the_errors_of_the_caller() {
    let far = shop();
    let near = carried(far.clone());
    assert_eq!(near.fail().await, Err(CallError::Panicked));
    soon(far.ended()).await;
    assert_eq!(near.find(1).await, Err(CallError::Closed(Why::Panicked)));
    assert!(!near.is_closed());
}

#[tokio::test(start_paused = true)]
async fn values_that_cannot_be_carried_are_told_apart() {
    let far = shop();
    let near = carried(far.clone());
    // The argument cannot be written, or read: the method did not run.
    for (odd, phrase) in [
        (Odd::Unwritable, "the argument `argument` cannot be written"),
        (
            Odd::PanicsWhenWritten,
            "the argument `argument` cannot be written",
        ),
        (Odd::Unreadable, "the argument `argument` cannot be read"),
        (
            Odd::PanicsWhenRead,
            "the argument `argument` cannot be read",
        ),
    ] {
        let error = near.odd(odd, Odd::Fine).await.unwrap_err();
        assert_eq!(error, unsupported(phrase));
        assert!(error.never_ran());
    }
    let error = near.odd(Odd::Fine, Odd::Unwritable).await.unwrap_err();
    assert_eq!(
        error,
        unsupported("the argument `answer` cannot be written")
    );
    assert_eq!(far.handled().await, Ok(0));
    // The answer cannot be written, or read: the method has run.
    assert!(matches!(near.strange(0).await, Ok(Odd::Fine)));
    for kind in 1..=4 {
        let error = near.strange(kind).await.unwrap_err();
        assert_eq!(error, CallError::Unanswered);
        assert!(!error.never_ran());
    }
    assert_eq!(far.handled().await, Ok(5));
    // JSON has no word for these.
    assert_eq!(near.number(0.1).await, Ok(0.1));
    assert_eq!(
        near.number(f64::NAN).await,
        Err(unsupported("the argument `number` cannot be read"))
    );
    assert_eq!(near.nested(Some(Some(1))).await, Ok(Some(Some(1))));
    assert_eq!(near.nested(Some(None)).await, Ok(None));
    let map = HashMap::from([("a".to_owned(), 1)]);
    assert_eq!(near.by_pair(HashMap::new()).await, Ok(BTreeMap::new()));
    assert_eq!(near.by_pair(map).await, Err(CallError::Unanswered));
}

#[tokio::test(start_paused = true)]
async fn arguments_go_by_their_names() {
    let shop = shop();
    let call = async |method: &str, arguments: &str| {
        let answer = receive(&shop, method, arguments.as_bytes()).await;
        answer.map(|json| String::from_utf8(json).unwrap())
    };
    for (method, arguments, answer) in [
        ("find", r#"{"id":1}"#, "null"),
        ("find", r#" { "id" : 1 , "other" : [{}] } "#, "null"),
        ("find", r#"{"\u0069d":1}"#, "null"),
        ("find", r#"{"id":"x","id":1}"#, "null"),
        ("add", r#"{"order":{"id":3}}"#, "null"),
        (
            "add",
            r#"{"order":{"id":4,"tags":["a"],"added":1}}"#,
            "null",
        ),
        ("find", r#"{"id":3}"#, r#"{"id":3,"note":null,"tags":[]}"#),
        ("nothing", "", r#"{"Err":"a failure of its own"}"#),
        ("nothing", "{}", r#"{"Err":"a failure of its own"}"#),
        ("nested", "{}", "null"),
        ("nested", r#"{"value":null}"#, "null"),
        ("here", r#"{"always":1,"never":2}"#, "1"),
        ("all", r#"{"id":4}"#, "8"),
    ] {
        assert_eq!(
            call(method, arguments).await,
            Ok(answer.to_owned()),
            "{method} {arguments}"
        );
    }
    let deep = "[".repeat(100_000);
    let deep = format!(r#"{{"order":{deep}}}"#);
    let nested = format!(r#"{{"order":{}{}}}"#, "[".repeat(200), "]".repeat(200));
    for (method, arguments, phrase) in [
        ("find", "", "the argument `id` is missing"),
        ("find", "{}", "the argument `id` is missing"),
        ("find", r#"{"ID":1}"#, "the argument `id` is missing"),
        ("find", r#"{"id":null}"#, "the argument `id` cannot be read"),
        ("find", r#"{"id":-1}"#, "the argument `id` cannot be read"),
        (
            "find",
            r#"{"id":1e400}"#,
            "the argument `id` cannot be read",
        ),
        (
            "find",
            r#"{"id":"password"}"#,
            "the argument `id` cannot be read",
        ),
        (
            "find",
            r#"{"id":1,"id":"x"}"#,
            "the argument `id` cannot be read",
        ),
        ("find", "[1]", "the arguments are not a JSON object"),
        ("find", "1", "the arguments are not a JSON object"),
        ("find", "null", "the arguments are not a JSON object"),
        ("find", r#"{"id":1"#, "the arguments are not a JSON object"),
        (
            "find",
            r#"{"id":1}}"#,
            "the arguments are not a JSON object",
        ),
        (
            "find",
            r#"{"id":1} {}"#,
            "the arguments are not a JSON object",
        ),
        ("find", "{id:1}", "the arguments are not a JSON object"),
        ("add", &deep, "the arguments are not a JSON object"),
        ("add", &nested, "the argument `order` cannot be read"),
        ("absent", "{}", "no method `absent`"),
        ("secret", "{}", "no method `secret`"),
        ("Find", "{}", "no method `Find`"),
        ("", "{}", "no method ``"),
        ("$who", "{}", "no method `$who`"),
    ] {
        assert_eq!(
            call(method, arguments).await,
            Err(unsupported(phrase)),
            "{method} {arguments}"
        );
    }
    let error = receive(&shop, "find", b"\xff").await;
    assert_eq!(
        error,
        Err(unsupported("the arguments are not a JSON object"))
    );
}

#[tokio::test(start_paused = true)]
async fn a_private_command_stays_in_its_process() {
    let far = shop();
    assert_eq!(far.secret().await, Ok(0));
    let near = carried(far);
    let error = near.secret().await.unwrap_err();
    assert_eq!(error, unsupported("`secret` is private"));
}

#[tokio::test(start_paused = true)]
async fn a_command_that_is_not_polled_is_not_sent() {
    let (client, mut inbox) = channel::<Shop>(1);
    let arguments = br#"{"id":1}"#;
    drop(receive(&client, "find", arguments));
    // There is no room behind this one, so the next leaves nothing behind.
    let call = tokio::spawn({
        let client = client.clone();
        async move { client.find(2).await }
    });
    yield_now().await;
    let waits = receive(&client, "find", arguments);
    assert!(timeout(Duration::from_secs(1), waits).await.is_err());
    drop(client);
    call.abort();
    let _ = call.await;
    let mut ids = Vec::new();
    while let Some(command) = soon(inbox.next()).await {
        let ShopCommand::Find { id, .. } = command else {
            panic!("another command");
        };
        ids.push(id);
    }
    assert_eq!(ids, [2]);
}

#[tokio::test(start_paused = true)]
async fn whoever_carries_a_command_tells_its_caller() {
    let errors = [
        CallError::Closed(Why::Cancelled),
        CallError::Full,
        CallError::Refused,
        CallError::Stopped,
        CallError::Panicked,
        CallError::Unanswered,
        CallError::TimedOut,
        CallError::Unreachable,
        unsupported("a reason"),
    ];
    for error in errors {
        let (client, mut inbox) = channel::<Shop>(1);
        let call = tokio::spawn(async move { client.find(1).await });
        let command = soon(inbox.next()).await.unwrap();
        let (method, arguments, reply) = command.write().into_parts().unwrap();
        assert_eq!((method, &*arguments), ("find", &br#"{"id":1}"#[..]));
        assert!(!reply.is_closed());
        reply.fail(error.clone());
        assert_eq!(call.await.unwrap(), Err(error));
    }
}

#[tokio::test(start_paused = true)]
async fn whoever_carries_a_command_sees_its_caller_leave() {
    let (client, mut inbox) = channel::<Shop>(1);
    let call = tokio::spawn(async move { client.find(1).await });
    let command = soon(inbox.next()).await.unwrap();
    let (.., reply) = command.write().into_parts().unwrap();
    call.abort();
    let _ = call.await;
    assert!(reply.is_closed());
    reply.answer(b"null");
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_nobody_sends_or_can_read_is_no_answer() {
    for answer in [None, Some("{"), Some("1"), Some("")] {
        let (client, mut inbox) = channel::<Shop>(1);
        let call = tokio::spawn(async move { client.find(1).await });
        let command = soon(inbox.next()).await.unwrap();
        let (.., reply) = command.write().into_parts().unwrap();
        match answer {
            Some(answer) => reply.answer(answer.as_bytes()),
            None => drop(reply),
        }
        assert_eq!(
            call.await.unwrap(),
            Err(CallError::Unanswered),
            "{answer:?}"
        );
    }
}

#[test]
fn the_interface_is_text() {
    assert_eq!(
        ShopCommand::INTERFACE,
        [
            "add(order: Order)",
            "find(id: u64) -> Option<Order>",
            "many(name: String, path: PathBuf, type: u8, pair: (i8, char), list: Vec<f64>, map: HashMap<String, \
             BTreeMap<i32, bool>>, maybe: Option<String>, text: String, numbers: Vec<u16>, argument_10: (u8, String)) \
             -> String",
            "nothing() -> Result<(), String>",
            "later() -> usize",
            "arrive() -> usize",
            "forget() -> usize",
            "all(id: u64) -> u64",
            "mark(id: u64)",
            "handled() -> usize",
            "odd(argument: Odd, answer: Odd) -> Odd",
            "strange(kind: u8) -> Odd",
            "number(number: f64) -> f64",
            "nested(value: Option<Option<u8>>) -> Option<Option<u8>>",
            "by_pair(map: HashMap<String, u8>) -> BTreeMap<(u8, u8), u8>",
            "fail()",
            "stop()",
            "here(#[cfg(any())] never: u8, #[cfg(not(any()))] always: u8) -> u8",
            "close() -> usize",
        ]
    );
}

#[test]
fn errors_of_remote_calls_have_words_and_kinds() {
    for (error, text, kind) in [
        (
            CallError::Unreachable,
            "the actor cannot be reached",
            io::ErrorKind::NotConnected,
        ),
        (
            unsupported("no method `put`"),
            "the command is not supported: no method `put`",
            io::ErrorKind::Unsupported,
        ),
        (
            CallError::TimedOut,
            "the call took longer than its timeout",
            io::ErrorKind::TimedOut,
        ),
    ] {
        assert_eq!(error.to_string(), text);
        assert_eq!(error.never_ran(), error != CallError::TimedOut);
        assert_eq!(io::Error::from(error).kind(), kind);
    }
}

/// An actor without commands can be remote, too.
struct Empty;

#[actor(remote)]
impl Empty {
    #[on_start]
    fn begin(&mut self) {}
}

#[tokio::test(start_paused = true)]
async fn an_actor_without_commands_knows_no_method() {
    let (client, _inbox) = channel::<Empty>(1);
    assert!(EmptyCommand::INTERFACE.is_empty());
    let error = receive(&client, "get", b"{}").await;
    assert_eq!(error, Err(unsupported("no method `get`")));
}

/// Changes one place of `json`, in one of several ways.
fn mutate(json: &mut Vec<u8>, random: &mut impl FnMut(usize) -> usize) {
    const PARTS: [&[u8]; 12] = [
        b"{",
        b"}",
        b"[",
        b"\"",
        b":",
        b",",
        b"null",
        b"-1",
        b"1e400",
        b"\\u0000",
        b"\xff",
        b"{\"id\":1}",
    ];
    let place = random(json.len() + 1);
    match random(4) {
        0 if place < json.len() => drop(json.remove(place)),
        1 if place < json.len() => json[place] = u8::try_from(random(256)).unwrap_or(0),
        2 => json.truncate(place),
        _ => {
            let part = PARTS[random(PARTS.len())];
            json.splice(place..place, part.iter().copied());
        }
    }
}

#[tokio::test(start_paused = true)]
async fn what_was_not_understood_did_not_run() {
    let mut state = 0x9E37_79B9_7F4A_7C15_u64;
    let mut random = |below: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        usize::try_from(state % below as u64).unwrap_or(0)
    };
    let shop = shop();
    let arguments = json!({
        "id": 7, "order": { "id": 1, "note": "n", "tags": ["a", "b"] }, "argument": 0, "answer": 0, "kind": 0,
        "name": "n", "path": "p", "type": 1, "pair": [1, "c"], "list": [0.5], "map": { "a": { "1": true } },
        "maybe": null, "text": "t", "numbers": [1], "argument_10": [1, "r"],
    });
    let arguments = serde_json::to_vec(&arguments).unwrap();
    let mut handled = 0;
    let mut refused = 0;
    for _ in 0..20_000 {
        let mut json = arguments.clone();
        for _ in 0..=random(3) {
            mutate(&mut json, &mut random);
        }
        let method = ["add", "find", "many", "odd", "strange", "nothing"][random(6)];
        match receive(&shop, method, &json).await {
            Ok(_) | Err(CallError::Unanswered) => handled += 1,
            Err(CallError::Unsupported(_)) => refused += 1,
            Err(error) => panic!("{error} for {}", String::from_utf8_lossy(&json)),
        }
        assert_eq!(shop.handled().await, Ok(handled));
    }
    // Both ways were gone often.
    assert!(
        handled > 1_000 && refused > 1_000,
        "{handled} and {refused}"
    );
}

/// A counter whose local callers may run its methods themselves.
#[derive(Default)]
struct Counter(u64);

#[actor(remote, in_place, timeout = Duration::from_secs(30))]
impl Counter {
    pub(crate) fn add(&mut self, amount: u64) -> u64 {
        assert_ne!(amount, 13, "unlucky");
        self.0 += amount;
        self.0
    }
}

#[derive(Default)]
struct Idle(u64);

#[actor(remote, in_place)]
impl Idle {
    pub(crate) fn add(&mut self, amount: u64) -> u64 {
        self.0 += amount;
        self.0
    }
}

/// An actor written by hand that has the client of another one, as links have.
struct Link<C>(C);

impl<C: Client<Command: RemoteCommand> + Send + Sync> Actor for Link<C> {
    type Command = C::Command;
    type Client = C;

    async fn handle(&mut self, command: C::Command, _context: &mut Context<Self>) {
        let Some((method, arguments, reply)) = command.write().into_parts() else {
            return;
        };
        assert_ne!(
            arguments, br#"{"amount":99}"#,
            "a command that breaks links"
        );
        match receive(&self.0, method, &arguments).await {
            Ok(answer) => reply.answer(&answer),
            Err(error) => reply.fail(error),
        }
    }

    async fn run(mut self, inbox: &mut Inbox<C::Command>, context: &mut Context<Self>) -> Self {
        while let Some(command) = inbox.next().await {
            self.handle(command, context).await;
        }
        self
    }
}

impl<C: Client<Command: RemoteCommand> + Send + Sync> SendActor for Link<C> {
    fn run_send(
        self,
        inbox: &mut Inbox<C::Command>,
        context: &mut Context<Self>,
    ) -> impl Future<Output = Self> + Send {
        self.run(inbox, context)
    }
}

#[tokio::test(start_paused = true)]
async fn a_link_keeps_its_state_whatever_its_commands_may_do_elsewhere() {
    let counter = Counter::default().spawn(CancellationToken::new());
    let shutdown = CancellationToken::new();
    let (near, handle) = Link(counter.clone()).spawn_with_handle(shutdown.clone());
    for sum in 1..=20 {
        assert_eq!(near.add(1).await, Ok(sum));
    }
    assert_eq!(counter.add(1).await, Ok(21));
    shutdown.cancel();
    let exit = soon(handle).await;
    assert!(exit.state.is_some());
    assert_eq!(exit.handled, 20);
    assert_eq!(near.add(1).await, Err(CallError::Closed(Why::Cancelled)));
    // The callers of the other actor notice nothing.
    assert_eq!(counter.add(1).await, Ok(22));
}

#[tokio::test(start_paused = true)]
async fn a_link_that_panics_or_is_aborted_tells_its_callers() {
    let counter = Counter::default().spawn(CancellationToken::new());
    let (near, handle) = Link(counter.clone()).spawn_with_handle(CancellationToken::new());
    assert_eq!(near.add(99).await, Err(CallError::Panicked));
    let exit = soon(handle).await;
    assert!(matches!(exit.reason, ExitReason::Panicked(_)));
    assert_eq!(near.add(1).await, Err(CallError::Closed(Why::Panicked)));

    let idle = Idle::default().spawn(CancellationToken::new());
    let (near, handle) = Link(idle).spawn_with_handle(CancellationToken::new());
    assert_eq!(near.add(1).await, Ok(1));
    handle.abort();
    let exit = soon(handle).await;
    assert!(matches!(exit.reason, ExitReason::Aborted));
    assert_eq!(near.add(1).await, Err(CallError::Closed(Why::Aborted)));
}

#[tokio::test(start_paused = true)]
async fn a_supervised_link_is_restarted_with_its_queue() {
    let counter = Counter::default().spawn(CancellationToken::new());
    let far = counter.clone();
    let near = Supervisor::new(move || Link(far.clone())).spawn();
    assert_eq!(near.add(2).await, Ok(2));
    assert_eq!(near.add(99).await, Err(CallError::Panicked));
    assert_eq!(near.add(3).await, Ok(5));
    // The remote method panics, and not the link.
    assert_eq!(near.add(13).await, Err(CallError::Panicked));
    assert_eq!(near.add(1).await, Err(CallError::Closed(Why::Panicked)));
    assert!(!near.is_closed());
}

#[tokio::test(start_paused = true)]
async fn a_caller_of_a_remote_method_has_its_timeout() {
    let (far, _inbox) = channel::<Counter>(8);
    let near = Link(far).spawn(CancellationToken::new());
    assert_eq!(near.add(1).await, Err(CallError::TimedOut));
}
