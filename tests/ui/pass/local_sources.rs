//! A `local` actor with every feature, and nothing in it that is `Send`.

use std::future::{pending, ready};
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context as Task, Poll};
use std::time::Duration;

use actor_runtime::{
    Actor as _, CancellationToken, Client as _, Context, Reply, StopReason, Stream, actor,
};

pub struct Script<T>(Rc<str>, T);

pub struct Lines(Rc<str>);

impl Stream for Lines {
    type Item = Rc<str>;

    fn poll_next(self: Pin<&mut Self>, _: &mut Task<'_>) -> Poll<Option<Rc<str>>> {
        Poll::Ready(Some(Rc::clone(&self.0)))
    }
}

#[actor(local, event = String, shutdown = drain, deadline = Duration::from_secs(1))]
impl<T: Clone + PartialEq + Send + Sync + 'static> Script<T> {
    #[every(Duration::from_secs(1))]
    async fn tick(&mut self, ctx: &mut Context<Self>) {
        let text = Rc::clone(&self.0);
        ready(()).await;
        ctx.emit(text.to_string());
    }

    #[stream(Lines(Rc::clone(&self.0)))]
    fn line(&mut self, line: Rc<str>) {
        self.0 = line;
    }

    #[on(pending::<Rc<u8>>(), if self.0.is_empty())]
    async fn number(&mut self, number: Rc<u8>) {
        ready(()).await;
        drop(number);
    }

    #[on_start]
    async fn open(&mut self) -> Result<(), String> {
        let text = Rc::clone(&self.0);
        ready(()).await;
        drop(text);
        Ok(())
    }

    #[on_stop]
    async fn close(&mut self, reason: StopReason) {
        let _ = reason;
    }

    #[watch]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    #[watch]
    pub fn value(&self) -> T {
        self.1.clone()
    }

    pub fn ask(&mut self, reply: Reply<u8>) {
        reply.send(1);
    }

    #[command(batch = 8, arg = value)]
    pub fn add(&mut self, values: Vec<T>) -> Vec<T> {
        values
    }

    #[command(priority, skip_cancelled)]
    pub fn get(&mut self, value: T) -> T {
        value
    }
}

/// An actor whose arguments and replies stay on its thread.
pub struct Kept(Rc<str>);

#[actor(local, event = Rc2)]
impl Kept {
    pub fn text(&self, text: Rc<str>) -> Rc<str> {
        drop(text);
        Rc::clone(&self.0)
    }

    #[command(batch = 8)]
    pub fn add(&mut self, texts: Vec<Rc<str>>) -> Vec<Rc<str>> {
        texts
    }

    pub fn ask(&mut self, reply: Reply<Rc<str>>) {
        reply.send(Rc::clone(&self.0));
    }

    #[watch]
    pub fn len(&self) -> usize {
        self.0.len()
    }
}

#[derive(Clone)]
pub struct Rc2;

fn is_shared<T: Send + Sync>(_: &T) {}

#[tokio::main(flavor = "current_thread")]
pub async fn main() {
    let token = CancellationToken::new();
    let (script, runner) = Script("".into(), 1_u8)
        .builder()
        .shutdown(token.clone())
        .into_runner();
    is_shared(&script);
    drop((script.watch_value(), script.subscribe(), script.downgrade()));
    drop(runner);
    let (kept, _runner) = Kept("".into()).builder().shutdown(token).into_runner();
    drop(kept.text("".into()));
}
