//! Generic actors with sources, hooks, events and published values.

use std::borrow::Cow;
use std::fmt::Display;
use std::future::{Future, pending, ready};
use std::pin::Pin;
use std::task::{Context as Task, Poll};
use std::time::Duration;

use actor_runtime::{
    Actor as _, CancellationToken, Context, Reply, ReplyStream, StopReason, Stream, actor,
};

pub trait Db {
    type Row;
    fn row(&self) -> Self::Row;
    fn change(&mut self) -> impl Future<Output = Self::Row> + Send;
}

pub struct Repository<D: Db, const N: usize>(D, Vec<D::Row>);

#[actor(event = [D::Row; N])]
impl<D: Db, const N: usize> Repository<D, N>
where
    D::Row: Clone + PartialEq + Send + Sync + 'static,
    D: Send + Sync + 'static,
{
    #[on(self.0.change())]
    fn changed(&mut self, row: D::Row, ctx: &mut Context<Self>) {
        self.1.push(row.clone());
        ctx.emit([const { None::<()> }; N].map(|_| row.clone()));
    }

    #[on_start]
    async fn open(&mut self) -> Result<(), std::io::Error> {
        let row = self.0.change().await;
        self.1.push(row);
        Ok(())
    }

    #[watch]
    pub fn last(&self) -> Option<D::Row> {
        self.1.last().cloned()
    }
}

pub struct Values<T, E>(T, E);

#[actor(event = E)]
impl<T, E: Clone> Values<T, E>
where
    T: Clone + PartialEq,
{
    #[watch]
    pub fn value(&self) -> T {
        self.0.clone()
    }

    #[watch]
    pub fn text(&self) -> String
    where
        T: Display,
    {
        self.0.to_string()
    }

    #[on(pending::<T>())]
    fn next(&mut self, value: T) {
        self.0 = value;
    }

    #[on(pending::<E>(), if false)]
    fn announce(&mut self, event: E)
    where
        E: Display,
    {
        self.1 = event;
    }

    #[on_stop]
    fn close(&mut self, reason: StopReason)
    where
        T: Default,
    {
        let _ = reason;
        self.0 = T::default();
    }
}

pub struct Deferred<T>(Option<Reply<T>>);

#[actor]
impl<T: Clone> Deferred<T> {
    pub fn ask(&mut self, reply: Reply<T>) {
        self.0 = Some(reply);
    }

    pub fn list(&mut self, reply: ReplyStream<Vec<T>>) {
        reply.finish();
    }

    #[command(batch = 4, arg = one)]
    pub fn add(&mut self, all: Vec<T>) -> Vec<Option<T>> {
        all.into_iter().map(Some).collect()
    }

    #[command(priority, skip_cancelled)]
    pub fn get(&mut self, value: T) -> T {
        value
    }
}

pub struct Reader<'a> {
    text: &'a str,
    is_open: bool,
}

pub struct Words<'a>(&'a str);

impl<'a> Stream for Words<'a> {
    type Item = Cow<'a, str>;

    fn poll_next(self: Pin<&mut Self>, _: &mut Task<'_>) -> Poll<Option<Cow<'a, str>>> {
        Poll::Ready(Some(Cow::Borrowed(self.0)))
    }
}

#[actor]
impl<'a> Reader<'a> {
    #[stream(Words(self.text))]
    fn word(&mut self, word: Cow<'a, str>) {
        drop(word);
    }

    #[on(ready(self.text), if self.is_open)]
    fn text(&mut self, text: &'a str) {
        self.text = text;
    }

    #[every(Duration::from_secs(1))]
    async fn tick(&mut self) {
        ready(self.text).await;
    }

    #[on_start]
    async fn open(&mut self) {
        self.is_open = true;
    }

    #[on_stop]
    fn close(&mut self) {}

    #[watch]
    pub fn len(&self) -> usize {
        self.text.len()
    }

    pub fn get(&self) -> u8 {
        1
    }
}

pub struct Elided<'a>(&'a str);

#[actor]
impl Elided<'_> {
    #[on(ready(self.0))]
    fn text(&mut self, text: &str) {
        drop(text.to_owned());
    }

    #[watch]
    pub fn len(&self) -> usize {
        self.0.len()
    }
}

pub struct Forever<'a>(&'a str);

#[actor(event = &'static str)]
impl Forever<'static> {
    #[on(ready(self.0))]
    async fn text(&mut self, text: &'static str, ctx: &mut Context<Self>) {
        ctx.emit(text);
    }

    #[watch]
    pub fn whole(&self) -> &'static str {
        self.0
    }

    #[on_start]
    async fn open(&mut self) -> Result<(), &'static str> {
        Ok(())
    }
}

pub trait Dyn: Send {
    fn next(&mut self) -> Pin<Box<dyn Future<Output = u8> + Send + '_>>;
}

pub struct Boxed<D>(D);

#[actor]
impl Boxed<Box<dyn Dyn>> {
    #[on(self.0.next())]
    async fn next(&mut self, number: u8) {
        let _ = number + self.0.next().await;
    }

    #[every(Duration::from_secs(1))]
    fn tick(&mut self) {}

    pub async fn get(&mut self) -> u8 {
        self.0.next().await
    }
}

pub enum Machine {
    Idle,
    Busy(u8),
}

#[actor]
impl Machine {
    #[on(ready(1), if matches!(self, Self::Busy(_)))]
    fn done(&mut self) {
        *self = Self::Idle;
    }

    #[every(match self { Self::Idle => Duration::from_secs(1), Machine::Busy(_) => Duration::from_secs(2) })]
    fn tick(&mut self) {}

    #[watch]
    pub fn is_busy(&self) -> bool {
        matches!(self, Self::Busy(_))
    }

    pub fn start(&mut self, number: u8) {
        *self = Self::Busy(number);
    }
}

struct Rows;

impl Db for Rows {
    type Row = String;
    fn row(&self) -> String {
        String::new()
    }
    async fn change(&mut self) -> String {
        pending().await
    }
}

struct Nothing;

impl Dyn for Nothing {
    fn next(&mut self) -> Pin<Box<dyn Future<Output = u8> + Send + '_>> {
        Box::pin(ready(1))
    }
}

#[tokio::main(flavor = "current_thread")]
pub async fn main() {
    let token = CancellationToken::new();
    let repository: RepositoryClient<Rows, 2> = Repository(Rows, vec![]).spawn(token.clone());
    drop(repository.watch_last().next());
    drop(repository.subscribe().next());
    let values: ValuesClient<u8, String> = Values(1, String::new()).spawn(token.clone());
    drop(values.watch_text());
    drop(Deferred::<u8>(None).spawn(token.clone()));
    let reader = Reader {
        text: "",
        is_open: false,
    };
    drop(reader.spawn(token.clone()));
    drop(Elided("").spawn(token.clone()));
    drop(Forever("").spawn(token.clone()));
    drop(Boxed(Box::new(Nothing) as Box<dyn Dyn>).spawn(token.clone()));
    drop(Machine::Idle.spawn(token));
}
