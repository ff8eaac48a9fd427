#![no_implicit_prelude]

pub struct Value;

impl ::std::clone::Clone for Value {
    fn clone(&self) -> Self {
        Value
    }
}

pub struct Cache<T>(T);

#[::actor_runtime::actor(errors = default, capacity = 8)]
impl<T: ::std::clone::Clone + ::std::marker::Sync> Cache<T> {
    #[command(try, blocking)]
    pub fn get(
        &self,
        key: &str,
        path: ::std::option::Option<&::std::path::Path>,
        value: &Value,
        other: ::std::option::Option<&Value>,
    ) -> ::std::option::Option<::std::string::String> {
        let _ = (key, path, value, other);
        ::std::option::Option::None
    }

    #[command(ack)]
    pub async fn set(&mut self, value: &T, name: impl ::std::convert::Into<::std::string::String>) {
        let _ = (value.clone(), name.into());
    }

    #[command(errors = into)]
    pub fn save(
        &mut self,
        path: impl ::std::convert::AsRef<::std::path::Path>,
        rows: impl ::std::iter::IntoIterator<Item = u8>,
    ) -> ::std::io::Result<()> {
        let _ = path.as_ref();
        ::std::mem::drop(rows);
        ::std::result::Result::Ok(())
    }
}

pub struct Never;

impl ::actor_runtime::Stream for Never {
    type Item = u8;

    fn poll_next(
        self: ::std::pin::Pin<&mut Self>,
        _: &mut ::std::task::Context<'_>,
    ) -> ::std::task::Poll<::std::option::Option<u8>> {
        ::std::task::Poll::Pending
    }
}

pub struct Sources<T>(T);

#[::actor_runtime::actor(
    event = T,
    event_capacity = 8,
    shutdown = drain,
    deadline = ::std::time::Duration::from_secs(1),
    timeout = ::std::time::Duration::from_secs(1),
    detached
)]
impl<T> Sources<T>
where
    T: ::std::clone::Clone
        + ::std::cmp::PartialEq
        + ::std::marker::Send
        + ::std::marker::Sync
        + 'static,
{
    #[every(::std::time::Duration::from_secs(1))]
    fn tick(&mut self) {}

    #[every(::std::time::Duration::from_secs(1), now)]
    fn tick_now(&self, _: ::tokio::time::Instant) {}

    #[stream(Never)]
    fn item(&mut self, item: u8) {
        let _ = item;
    }

    #[on(::std::future::pending::<T>())]
    async fn done(&mut self, value: T) {
        self.0 = value;
    }

    #[on(::std::future::ready(()), if false)]
    fn ready(&mut self, ctx: &mut ::actor_runtime::Context<Self>) {
        ctx.emit(::std::clone::Clone::clone(&self.0));
    }

    #[on(::std::option::Option::Some(value) = ::std::future::pending())]
    fn matched(&mut self, value: T) {
        self.0 = value;
    }

    #[on_start]
    async fn open(&mut self) -> ::std::result::Result<(), ::std::io::Error> {
        ::std::result::Result::Ok(())
    }

    #[on_stop]
    fn close(&mut self, _: ::actor_runtime::StopReason) {}

    #[watch]
    pub fn value(&self) -> ::std::option::Option<T> {
        ::std::option::Option::None
    }

    #[command(batch = 8, arg = row, priority, try, blocking)]
    pub fn add(&mut self, rows: ::std::vec::Vec<T>) -> ::std::vec::Vec<T> {
        rows
    }

    #[command(batch = 8, ack, errors = default)]
    pub fn note(&mut self, _: ::std::vec::Vec<u8>) {}

    #[command(skip_cancelled)]
    pub fn get(&self) -> T {
        ::std::clone::Clone::clone(&self.0)
    }

    #[command(try, blocking)]
    pub fn ask(&mut self, reply: ::actor_runtime::Reply<T>) {
        reply.send(::std::clone::Clone::clone(&self.0));
    }

    #[command(try)]
    pub fn list(&mut self, reply: ::actor_runtime::ReplyStream<T>) {
        reply.finish();
    }
}

pub struct Far<T>(T);

#[::actor_runtime::actor(remote)]
impl<T: ::std::clone::Clone> Far<T> {
    pub fn get(&self, key: &str, #[cfg(any())] absent: u8) -> ::std::vec::Vec<T> {
        let _ = key;
        ::std::vec![::std::clone::Clone::clone(&self.0)]
    }

    pub fn put(&mut self, reply: ::actor_runtime::Reply<T>) {
        reply.send(::std::clone::Clone::clone(&self.0));
    }

    #[cfg(any())]
    pub fn absent(&self, absent: ::absent::Absent<T>) {}
}

pub struct Absent;

#[::actor_runtime::actor]
impl Absent {
    #[cfg(any())]
    #[on(absent)]
    fn absent(&mut self) {}
}

fn main() {}
