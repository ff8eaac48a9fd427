//! Sources, hooks and published values with the names of generated items.

use std::future::ready;
use std::io;
use std::time::Duration;

use actor_runtime::{Actor as _, Context, Reply, StopReason, actor};

#[derive(Default)]
pub struct Sources(u8);

#[actor]
impl Sources {
    #[every(Duration::from_secs(1))]
    fn turns(&mut self) {}
    #[every(Duration::from_secs(1))]
    fn turn(&mut self) {}
    #[on(ready(1))]
    fn source(&mut self, cx: u8, context: &mut Context<Self>) {
        let _ = (cx, context);
    }
    #[on(ready(self.0), if self.0 > 0)]
    fn cx(&mut self, output: u8) {
        self.0 = output;
    }
    #[on(ready((1, 2)))]
    fn output(&mut self, (one, two): (u8, u8)) {
        self.0 = one + two;
    }
    #[on(ready(1))]
    async fn inbox(&mut self, _: u8) {}
    #[on(ready(1), if true)]
    fn context(&mut self, inbox: u8) {
        let _ = inbox;
    }
    #[on(ready(1))]
    fn r#loop(&mut self, r#match: u8) {
        self.0 = r#match;
    }
    #[on(ready(1), if true)]
    fn r#if(&mut self, r#if_is_on: u8) {
        self.0 = r#if_is_on;
    }
    #[on(ready(1), if true)]
    fn if_is_on(&mut self) {}
    #[every(Duration::from_secs(1))]
    fn started(&mut self) {}
    #[every(Duration::from_secs(1))]
    fn command(&mut self) {}
    #[every(Duration::from_secs(1))]
    fn answer(&mut self, answer: tokio::time::Instant) {
        let _ = answer;
    }
    #[every(Duration::from_secs(1))]
    fn next(&mut self) {}
    #[every(Duration::from_secs(1))]
    fn stream(&mut self) {}
    #[every(Duration::from_secs(1))]
    fn every(&mut self) {}
    #[every(Duration::from_secs(1))]
    fn poll_tick(&mut self) {}
    #[every(Duration::from_secs(1))]
    fn pin(&mut self) {}
    #[every(Duration::from_secs(1))]
    fn run(&mut self) {}
    #[every(Duration::from_secs(1))]
    fn handle(&mut self) {}
    #[every(Duration::from_secs(1))]
    fn publish(&mut self) {}
    #[every(Duration::from_secs(1))]
    fn spawn(&mut self) {}
    #[every(Duration::from_secs(1))]
    fn _private(&mut self) {}
    #[every(Duration::from_secs(1))]
    fn self_(&mut self) {}
    #[every(Duration::from_secs(1))]
    fn grün(&mut self) {}
    #[on_start]
    fn start(&mut self) -> io::Result<()> {
        Ok(())
    }
    #[on_stop]
    async fn end(&mut self, inbox: StopReason, context: &mut Context<Self>) {
        let _ = (inbox, context);
    }
}

pub struct Hooks;

#[actor]
impl Hooks {
    #[on_start]
    async fn started(&mut self) -> Result<(), String> {
        Ok(())
    }
    #[on_stop]
    fn inbox(&mut self, started: StopReason) {
        let _ = started;
    }
}

/// A type with the name that a latest value has elsewhere.
#[derive(Clone, PartialEq)]
pub struct Latest(u8);

#[derive(Clone)]
pub enum Source {
    Turn,
}

pub struct Published;

#[actor(event = Source)]
impl Published {
    #[watch]
    pub fn latest(&self) -> Latest {
        Latest(1)
    }
    #[watch]
    pub fn context(&self) -> u8 {
        1
    }
    #[watch]
    pub fn sender(&self) -> Option<Source2> {
        None
    }
    #[watch]
    pub fn r#loop(&self) -> u8 {
        1
    }
    #[watch]
    pub fn close(&self) -> u8 {
        1
    }
    #[watch]
    pub fn publish(&self) -> u8 {
        1
    }
    #[watch]
    pub fn get(&self) -> u8 {
        1
    }
    #[watch]
    pub fn events(&self) -> u8 {
        1
    }
    #[watch]
    pub fn new(&self) -> u8 {
        1
    }
    pub fn emit(&mut self, ctx: &mut Context<Self>) {
        ctx.emit(Source::Turn);
    }
    pub fn r#match(&mut self, r#type: u8) -> u8 {
        r#type
    }
    pub fn watch(&mut self, latest: u8, answer: u8, reply: u8) -> u8 {
        latest + answer + reply
    }
    #[on(ready(1))]
    fn latest_(&mut self, latest: u8) {
        let _ = latest;
    }
}

type Source2 = Latest;

pub struct Batches;

#[actor]
impl Batches {
    #[command(batch = 8)]
    pub fn batch(&mut self, batch: Vec<u8>) -> Vec<u8> {
        batch
    }
    #[command(batch = 8, arg = replies)]
    pub fn replies(&mut self, answers: Vec<u8>, context: &mut Context<Self>) -> Vec<u8> {
        let _ = context;
        answers
    }
    #[command(batch = 8, arg = reply, priority)]
    pub fn answers(&mut self, mut rows: Vec<u8>) -> Vec<u8> {
        rows.clear();
        rows
    }
    #[command(batch = 8, arg = r#type)]
    pub fn r#loop(&mut self, command: Vec<u8>) {
        drop(command);
    }
    #[command(batch = 8)]
    pub fn nothing(&mut self, _: Vec<u8>) -> () {}
    pub fn ask(&mut self, answer: Reply<u8>, reply: u8) {
        answer.send(reply);
    }
    #[command(skip_cancelled)]
    pub fn reply(&mut self, reply: u8) -> u8 {
        reply
    }
}

pub fn main() {
    drop(Sources::default().builder());
    let (published, inbox) = actor_runtime::channel::<Published>(1);
    inbox.latest().r#loop.publish(1);
    inbox.latest().close.publish(1);
    assert_eq!(published.r#loop(), 1);
    drop(published.watch_loop());
    drop(published.subscribe());
}
