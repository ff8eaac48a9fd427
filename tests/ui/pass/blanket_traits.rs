//! Traits in scope that every type implements, with methods named like those of the runtime.

use std::time::Duration;

use actor_runtime::{Context, Reply, ReplyStream, StopReason, actor};

pub struct Captured;

pub trait ByValue: Sized {
    fn as_mut(self) -> Captured {
        Captured
    }

    fn as_ref(self) -> Captured {
        Captured
    }

    fn call<C, A>(self, _command: C, _answer: A) -> Captured {
        Captured
    }

    fn call_deferred<F>(self, _make: F) -> Captured {
        Captured
    }

    fn cast<C>(self, _command: C) -> Captured {
        Captured
    }

    fn get(self) -> Captured {
        Captured
    }

    fn latest(self) -> Captured {
        Captured
    }

    fn method(self) -> Captured {
        Captured
    }

    fn open<C, A>(self, _command: C, _answer: A) -> Captured {
        Captured
    }

    fn publish<T>(self, _value: T) -> Captured {
        Captured
    }

    fn send<T>(self, _value: T) -> Captured {
        Captured
    }

    fn stop_reason(self) -> Captured {
        Captured
    }

    fn subscribe(self) -> Captured {
        Captured
    }

    fn take<N>(self, _name: N) -> Captured {
        Captured
    }

    fn unknown(self) -> Captured {
        Captured
    }

    fn watch(self) -> Captured {
        Captured
    }

    fn with<N, A>(self, _name: N, _argument: A) -> Captured {
        Captured
    }
}

impl<T> ByValue for T {}

pub trait ByReference {
    fn as_deref(&self) -> Captured {
        Captured
    }

    fn next(&self) -> Captured {
        Captured
    }

    fn parts(&self) -> Captured {
        Captured
    }

    fn stream(&self) -> Captured {
        Captured
    }
}

impl<T> ByReference for T {}

#[derive(Clone)]
pub struct Entry;

pub struct Pending;

impl Pending {
    async fn receive(&mut self) -> u8 {
        std::future::pending().await
    }
}

/// The loop of this actor lends its state.
pub struct Lent;

#[actor(in_place)]
impl Lent {
    pub fn get(&self, key: &str, text: Option<&str>) -> u8 {
        let _ = (key, text);
        1
    }
}

pub struct Cache(Pending, bool);

#[actor(event = Entry)]
impl Cache {
    pub fn get(&self, key: &str, entry: Option<&Entry>, text: Option<&str>) -> u8 {
        let _ = (key, entry, text);
        1
    }

    #[command(try, blocking)]
    pub async fn set(&mut self, entry: Entry) {
        drop(entry);
    }

    #[command(batch = 8, priority)]
    pub fn add(&mut self, rows: Vec<u8>) -> Vec<u8> {
        rows
    }

    #[command(skip_cancelled)]
    pub fn later(&mut self, reply: Reply<u8>, context: &mut Context<Self>) {
        let _ = context;
        Reply::send(reply, 1);
    }

    pub fn all(&mut self, reply: ReplyStream<u8>) {
        reply.finish();
    }

    #[watch]
    pub fn size(&self) -> u8 {
        1
    }

    #[on_stop]
    fn stop(&mut self, reason: StopReason) {
        let _ = reason;
    }

    #[every(Duration::from_secs(1))]
    fn tick(&mut self) {}

    #[on(self.0.receive(), if self.1)]
    fn receive(&mut self, byte: u8) {
        let _ = byte;
    }
}

pub struct Far;

#[actor(remote)]
impl Far {
    pub fn get(&self, key: &str) -> usize {
        key.len()
    }

    pub fn put(&mut self, value: u8, reply: Reply<u8>) {
        reply.send(value);
    }
}

fn main() {}
