//! Actors with sources in functions, under other names, at other paths, and named like generated items.
#![allow(non_snake_case)]

use std::future::ready;
use std::time::Duration;

use actor_runtime::{Actor as _, CancellationToken, Context, actor};

mod renamed {
    pub use actor_runtime as runtime;
    pub type Context<A> = runtime::Context<A>;
}

pub struct Turn(u8);

#[actor(crate = renamed::runtime, event = Turns)]
impl Turn {
    #[every(Duration::from_secs(1))]
    fn tick(&mut self, ctx: &mut renamed::Context<Self>) {
        ctx.emit(Turns);
    }

    #[on(ready(self.0))]
    fn done(&mut self, turn: u8) {
        self.0 = turn;
    }

    #[on_start]
    fn start(&mut self) {}

    #[watch]
    pub fn turn(&self) -> u8 {
        self.0
    }

    #[command(batch = 2)]
    pub fn add(&mut self, turns: Vec<u8>) {
        self.0 += turns.iter().sum::<u8>();
    }
}

#[derive(Clone, PartialEq)]
pub struct Turns;

#[actor(event = Self)]
impl Turns {
    #[every(Duration::from_secs(1))]
    fn tick(&mut self, ctx: &mut actor_runtime::Context<Turns>) {
        ctx.emit(Self);
    }

    #[watch]
    pub fn itself(&self) -> Option<Self> {
        Some(self.clone())
    }
}

pub struct Source;

#[actor]
impl Source {
    #[on(ready(Source))]
    fn source(&mut self, source: Source) {
        let _ = source;
    }

    #[on(ready(1))]
    fn Source(&mut self, source: u8) {
        let _ = source;
    }
}

#[derive(Clone, PartialEq)]
pub struct Latest;

#[actor]
impl Latest {
    #[watch]
    pub fn latest(&self) -> Latest {
        Latest
    }
}

pub struct Actor;

#[actor]
impl Actor {
    #[every(Duration::from_secs(1))]
    fn every(&mut self, ctx: &mut Context<Self>) {
        ctx.stop();
    }
}

pub(crate) struct Client;

#[actor(client = Handle, command = Request, vis = pub(crate))]
impl Client {
    #[on_stop]
    async fn on_stop(&mut self) {}

    #[watch]
    pub(crate) fn watch(&self) -> u8 {
        1
    }
}

pub struct Nested<T>(T);

#[actor]
impl Nested<Result<Box<[u8; 1 + 1]>, fn(&str) -> u8>> {
    #[every(Duration::from_secs(1))]
    fn tick(&mut self) {
        self.0 = Err(|text| u8::from(text.is_empty()));
    }
}

/// A path with parameters, and without.
#[actor(client = PathClient, command = PathCommand)]
impl self::inner::Paths<u8> {
    #[every(self::inner::period(&self.0))]
    fn tick(&mut self) {}
}

mod inner {
    use std::time::Duration;

    pub struct Paths<T>(pub T);

    pub fn period<T>(_: &T) -> Duration {
        Duration::from_secs(1)
    }
}

#[tokio::main(flavor = "current_thread")]
pub async fn main() {
    struct Outer(u8);

    #[derive(Clone)]
    pub struct Event;

    #[actor(event = Event)]
    impl Outer {
        #[every(Duration::from_secs(1))]
        fn tick(&mut self, ctx: &mut Context<Self>) {
            ctx.emit(Event);
        }

        #[on({
            struct Inner;

            #[actor]
            impl Inner {
                #[every(Duration::from_secs(1))]
                fn tick(&mut self) {}
            }

            ready(Inner)
        }, if {
            let number = self.0;
            number > 0
        })]
        fn done(&mut self) {}

        #[on(async { if self.0 > 0 { self.0 } else { 1 } })]
        fn block(&mut self, number: u8) {
            self.0 = number;
        }

        #[watch]
        pub fn number(&self) -> u8 {
            self.0
        }
    }

    let token = CancellationToken::new();
    let outer = Outer(1).spawn(token.clone());
    drop((outer.watch_number(), outer.subscribe()));
    drop(Turn(1).spawn(token.clone()).subscribe());
    drop(Turns.spawn(token.clone()).itself());
    drop(inner::Paths(1).spawn(token));
}
