//! Names from the prelude that mean something else here, which generated code does not use.
#![allow(dead_code, non_snake_case, non_upper_case_globals, unused_macros)]

pub struct Option;
pub struct Result;
pub struct String;
pub struct Vec;
pub struct Box;
pub struct PathBuf;
pub struct Actor;
pub struct Client;
pub struct Command;
pub struct Context;
pub struct Inbox;
pub struct Reply;
pub struct Sender;
pub struct Turn;
pub struct Turns;
pub struct Source;
pub struct Latest;
pub struct Events;
pub struct Watch;
pub struct Subscription;
pub struct ReplyStream;
pub struct Replies;
pub struct Duration;
pub struct Poll;
pub struct Pending;
pub struct PhantomData;
pub struct Infallible;
#[derive(::std::clone::Clone, ::std::cmp::PartialEq)]
pub struct Instant;
#[derive(::std::clone::Clone)]
pub struct Event;
pub trait Stream {}
pub trait Emitter {}
pub trait Published {}
pub trait PartialEq {}
pub trait IntoFuture {}
pub trait Clone {}
pub trait Debug {}
pub trait Default {}
pub trait Future {}
pub trait Into {}
pub trait Send {}
pub trait Sync {}
pub trait ToOwned {}
pub const Ok: u8 = 0;
pub const Err: u8 = 0;
pub const Some: u8 = 0;
pub const None: u8 = 0;
pub fn drop() {}
pub mod actor_runtime {}
pub mod core {}
pub mod std {}
pub mod tokio {}
pub mod __private {}
macro_rules! matches {
    () => {};
}
macro_rules! panic {
    () => {};
}
macro_rules! pin {
    () => {};
}

pub struct Cache(u32);

pub struct Portable;
pub struct RemoteCommand;
pub struct Written;
pub struct Incoming;
pub struct Handling;
pub mod remote {}

#[::actor_runtime::actor(remote)]
impl Incoming {
    pub fn get(&self, written: ::std::string::String, incoming: &str, arguments: &[u8]) -> u32 {
        let _ = (written, incoming, arguments);
        0
    }

    pub fn put(&mut self, reply: ::actor_runtime::Reply<u8>, read: ::std::option::Option<&u8>) {
        let _ = read;
        reply.send(1);
    }
}

#[::actor_runtime::actor(errors = default)]
impl Cache {
    #[command(try, blocking)]
    pub fn get(&self, key: &str) -> u32 {
        let _ = key;
        self.0
    }

    #[command(ack)]
    pub async fn set(&mut self, bytes: &[u8]) {
        self.0 = u32::from(bytes.is_empty());
    }

    #[command(errors = wrap)]
    pub fn own(&self, option: Option, vec: Vec, string: String) -> Result {
        let _ = (option, vec, string);
        Result
    }
}

pub struct Sources(u32);

pub struct Never;

impl ::actor_runtime::Stream for Never {
    type Item = Option;

    fn poll_next(
        self: ::std::pin::Pin<&mut Self>,
        _: &mut ::std::task::Context<'_>,
    ) -> ::std::task::Poll<::std::option::Option<Option>> {
        ::std::task::Poll::Pending
    }
}

#[::actor_runtime::actor(
    event = Event,
    deadline = ::std::time::Duration::from_secs(1),
    timeout = ::std::time::Duration::from_secs(1),
    detached
)]
impl Sources {
    #[every(::std::time::Duration::from_secs(1))]
    fn tick(&mut self) {}

    #[stream(Never)]
    fn item(&mut self, option: Option) {
        let _ = option;
    }

    #[on(::std::future::ready(Result), if false)]
    async fn ready(&mut self, result: Result, ctx: &mut ::actor_runtime::Context<Self>) {
        let _ = result;
        ctx.emit(Event);
    }

    #[on_start]
    fn open(&mut self) -> ::std::result::Result<(), ::std::fmt::Error> {
        ::std::result::Result::Ok(())
    }

    #[on_stop]
    fn close(&mut self) {}

    #[watch]
    pub fn value(&self) -> Instant {
        Instant
    }

    #[command(batch = 8, priority, try, blocking)]
    pub fn add(&mut self, rows: ::std::vec::Vec<Vec>) -> ::std::vec::Vec<String> {
        rows.iter().map(|_| String).collect()
    }

    #[command(skip_cancelled)]
    pub fn get(&self) -> Option {
        Option
    }

    #[command(try, blocking)]
    pub fn ask(&mut self, reply: ::actor_runtime::Reply<Reply>) {
        reply.send(Reply);
    }
}

fn main() {}
