use std::collections::HashMap;
use std::hash::Hash;
use actor_runtime::Reply;
#[derive(Default)]
pub struct Cache {
    store: HashMap<String, String>,
}
impl Cache {
    /// The value stored under `key`.
    pub fn get(&self, key: &str) -> Option<String> {
        self.store.get(key).cloned()
    }
    pub fn set(&mut self, key: String, value: String) {
        self.store.insert(key, value);
    }
    pub fn invalidate(&mut self, key: &str) {
        self.store.remove(key);
    }
}
/// Commands for a [`Cache`] actor.
#[non_exhaustive]
pub enum CacheCommand {
    /// The value stored under `key`.
    ///
    /// Sent by [`CacheClient::get`].
    Get {
        /// The argument `key`.
        key: ::std::string::String,
        /// Sends the answer to the caller.
        reply: ::actor_runtime::Reply<Option<String>>,
    },
    /// Sent by [`CacheClient::set`].
    Set {
        /// The argument `key`.
        key: String,
        /// The argument `value`.
        value: String,
        /// Sends the answer to the caller.
        reply: ::actor_runtime::Reply<()>,
    },
    /// Sent by [`CacheClient::invalidate`].
    Invalidate {
        /// The argument `key`.
        key: ::std::string::String,
        /// Sends the answer to the caller.
        reply: ::actor_runtime::Reply<()>,
    },
}
#[automatically_derived]
impl ::actor_runtime::Command for CacheCommand {
    type Events = ();
    type Latest = ();
    const ACTOR: &'static str = "cache";
    fn name(&self) -> &'static str {
        match *self {
            Self::Get { .. } => "get",
            Self::Set { .. } => "set",
            Self::Invalidate { .. } => "invalidate",
        }
    }
}
#[automatically_derived]
impl ::core::fmt::Debug for CacheCommand {
    fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
        f.write_str(::actor_runtime::Command::name(self))
    }
}
/// A client of a [`Cache`] actor.
#[derive(::core::clone::Clone)]
pub struct CacheClient(::actor_runtime::__private::Sender<CacheCommand>);
impl CacheClient {
    /// The value stored under `key`.
    pub async fn get(
        &self,
        key: &str,
    ) -> ::core::result::Result<Option<String>, ::actor_runtime::CallError> {
        let key = ::std::borrow::ToOwned::to_owned(key);
        let (reply, answer) = ::actor_runtime::Reply::new();
        (&self.0).call(CacheCommand::Get { key, reply }, answer).await
    }
    /// Calls `Cache::set`.
    pub async fn set(
        &self,
        key: String,
        value: String,
    ) -> ::core::result::Result<(), ::actor_runtime::CallError> {
        let (reply, answer) = ::actor_runtime::Reply::new();
        (&self.0)
            .call(
                CacheCommand::Set {
                    key,
                    value,
                    reply,
                },
                answer,
            )
            .await
    }
    /// Calls `Cache::invalidate`.
    pub async fn invalidate(
        &self,
        key: &str,
    ) -> ::core::result::Result<(), ::actor_runtime::CallError> {
        let key = ::std::borrow::ToOwned::to_owned(key);
        let (reply, answer) = ::actor_runtime::Reply::new();
        (&self.0)
            .call(
                CacheCommand::Invalidate {
                    key,
                    reply,
                },
                answer,
            )
            .await
    }
}
#[automatically_derived]
impl ::actor_runtime::Client for CacheClient {
    type Command = CacheCommand;
    fn from_sender(sender: ::actor_runtime::__private::Sender<Self::Command>) -> Self {
        Self(sender)
    }
    fn as_sender(&self) -> &::actor_runtime::__private::Sender<Self::Command> {
        &self.0
    }
}
#[automatically_derived]
impl ::core::fmt::Debug for CacheClient {
    fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
        (&self.0).describe("CacheClient", f)
    }
}
#[automatically_derived]
impl ::actor_runtime::Actor for Cache {
    type Command = CacheCommand;
    type Client = CacheClient;
    async fn handle(
        &mut self,
        command: CacheCommand,
        _context: &mut ::actor_runtime::Context<Self>,
    ) {
        match command {
            CacheCommand::Get { key, reply } => reply.send(Self::get(self, &key)),
            CacheCommand::Set { key, value, reply } => {
                reply.send(Self::set(self, key, value))
            }
            CacheCommand::Invalidate { key, reply } => {
                reply.send(Self::invalidate(self, &key))
            }
        }
    }
    async fn run(
        mut self,
        inbox: &mut ::actor_runtime::Inbox<CacheCommand>,
        context: &mut ::actor_runtime::Context<Self>,
    ) -> Self {
        loop {
            let ::core::option::Option::Some(command) = inbox.next().await else {
                return self;
            };
            ::actor_runtime::Actor::handle(&mut self, command, context).await;
        }
    }
}
#[automatically_derived]
impl ::actor_runtime::SendActor for Cache {
    fn run_send(
        self,
        inbox: &mut ::actor_runtime::Inbox<CacheCommand>,
        context: &mut ::actor_runtime::Context<Self>,
    ) -> impl ::core::future::Future<Output = Self> + ::core::marker::Send {
        ::actor_runtime::__private::given::<Self>()
            .assert_loop(::actor_runtime::Actor::run(self, inbox, context))
    }
}
#[automatically_derived]
impl ::actor_runtime::remote::RemoteCommand for CacheCommand
where
    ::std::string::String: ::actor_runtime::remote::Portable,
    Option<String>: ::actor_runtime::remote::Portable,
    (): ::actor_runtime::remote::Portable,
{
    const INTERFACE: &'static [&'static str] = &[
        "get(key: String) -> Option<String>",
        "set(key: String, value: String)",
        "invalidate(key: String)",
    ];
    fn write(self) -> ::actor_runtime::remote::Written {
        match self {
            Self::Get { key, reply } => {
                ::actor_runtime::remote::Written::call("get", reply).with("key", &key)
            }
            Self::Set { key, value, reply } => {
                ::actor_runtime::remote::Written::call("set", reply)
                    .with("key", &key)
                    .with("value", &value)
            }
            Self::Invalidate { key, reply } => {
                ::actor_runtime::remote::Written::call("invalidate", reply)
                    .with("key", &key)
            }
        }
    }
    fn read(
        incoming: ::actor_runtime::remote::Incoming<'_, Self>,
    ) -> ::actor_runtime::remote::Handling<'_> {
        match (&incoming).method() {
            "get" => {
                incoming
                    .call(|arguments, reply| {
                        ::core::result::Result::Ok(Self::Get {
                            key: arguments.take("key")?,
                            reply,
                        })
                    })
            }
            "set" => {
                incoming
                    .call(|arguments, reply| {
                        ::core::result::Result::Ok(Self::Set {
                            key: arguments.take("key")?,
                            value: arguments.take("value")?,
                            reply,
                        })
                    })
            }
            "invalidate" => {
                incoming
                    .call(|arguments, reply| {
                        ::core::result::Result::Ok(Self::Invalidate {
                            key: arguments.take("key")?,
                            reply,
                        })
                    })
            }
            _ => incoming.unknown(),
        }
    }
}
pub struct Store<K, V> {
    rows: HashMap<K, Vec<V>>,
    waiting: Vec<(K, Reply<Vec<V>>)>,
}
impl<K: Clone + Eq + Hash, V: Clone> Store<K, V> {
    pub fn rows(&mut self, key: K, reply: Reply<Vec<V>>) {
        match self.rows.get(&key) {
            Some(rows) => reply.send(rows.clone()),
            None => self.waiting.push((key, reply)),
        }
    }
    pub fn add(&mut self, key: K, row: V, #[cfg(test)] times: usize) {
        #[cfg(not(test))]
        let times = 1;
        let row = std::iter::repeat_n(row, times);
        self.rows.entry(key).or_default().extend(row);
    }
    #[cfg(test)]
    pub fn last(&self, r#type: &K) -> Option<V> {
        self.rows.get(r#type)?.last().cloned()
    }
    fn clear(&mut self) {
        self.rows.clear();
    }
}
/// Commands for a [`Store`] actor.
#[non_exhaustive]
pub enum StoreCommand<K: Clone + Eq + Hash, V: Clone> {
    /// Sent by [`StoreClient::rows`].
    Rows {
        /// The argument `key`.
        key: K,
        /// Sends the answer to the caller.
        reply: ::actor_runtime::Reply<Vec<V>>,
    },
    /// Sent by [`StoreClient::add`].
    Add {
        /// The argument `key`.
        key: K,
        /// The argument `row`.
        row: V,
        /// The argument `times`.
        #[cfg(test)]
        times: usize,
        /// Sends the answer to the caller.
        reply: ::actor_runtime::Reply<()>,
    },
    /// Sent by [`StoreClient::last`].
    #[cfg(test)]
    Last {
        /// The argument `type`.
        r#type: K,
        /// Sends the answer to the caller.
        reply: ::actor_runtime::Reply<Option<V>>,
    },
    #[doc(hidden)]
    /// Sent by `StoreClient::clear`.
    Clear {
        /// Sends the answer to the caller.
        reply: ::actor_runtime::Reply<()>,
    },
}
#[automatically_derived]
impl<K: Clone + Eq + Hash, V: Clone> ::actor_runtime::Command for StoreCommand<K, V> {
    type Events = ();
    type Latest = ();
    const ACTOR: &'static str = "store";
    fn name(&self) -> &'static str {
        match *self {
            Self::Rows { .. } => "rows",
            Self::Add { .. } => "add",
            #[cfg(test)]
            Self::Last { .. } => "last",
            Self::Clear { .. } => "clear",
        }
    }
}
#[automatically_derived]
impl<K: Clone + Eq + Hash, V: Clone> ::core::fmt::Debug for StoreCommand<K, V> {
    fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
        f.write_str(::actor_runtime::Command::name(self))
    }
}
/// A client of a [`Store`] actor.
pub struct StoreClient<K: Clone + Eq + Hash, V: Clone>(
    ::actor_runtime::__private::Sender<StoreCommand<K, V>>,
);
#[allow(clippy::future_not_send, reason = "`Send` if the type parameters are")]
impl<K: Clone + Eq + Hash, V: Clone> StoreClient<K, V> {
    /// Calls `Store::rows`.
    pub async fn rows(
        &self,
        key: K,
    ) -> ::core::result::Result<Vec<V>, ::actor_runtime::CallError> {
        let (reply, answer) = ::actor_runtime::Reply::new();
        (&self.0).call(StoreCommand::Rows { key, reply }, answer).deferred().await
    }
    /// Calls `Store::add`.
    pub async fn add(
        &self,
        key: K,
        row: V,
        #[cfg(test)]
        times: usize,
    ) -> ::core::result::Result<(), ::actor_runtime::CallError> {
        let (reply, answer) = ::actor_runtime::Reply::new();
        (&self.0)
            .call(
                StoreCommand::Add {
                    key,
                    row,
                    #[cfg(test)]
                    times,
                    reply,
                },
                answer,
            )
            .await
    }
    /// Calls `Store::last`.
    #[cfg(test)]
    pub async fn last(
        &self,
        r#type: &K,
    ) -> ::core::result::Result<Option<V>, ::actor_runtime::CallError> {
        let r#type = ::core::clone::Clone::clone(r#type);
        let (reply, answer) = ::actor_runtime::Reply::new();
        (&self.0)
            .call(
                StoreCommand::Last {
                    r#type,
                    reply,
                },
                answer,
            )
            .await
    }
    /// Calls `Store::clear`.
    async fn clear(&self) -> ::core::result::Result<(), ::actor_runtime::CallError> {
        let (reply, answer) = ::actor_runtime::Reply::new();
        (&self.0).call(StoreCommand::Clear { reply }, answer).await
    }
}
#[automatically_derived]
impl<K: Clone + Eq + Hash, V: Clone> ::actor_runtime::Client for StoreClient<K, V>
where
    K: 'static,
    V: 'static,
{
    type Command = StoreCommand<K, V>;
    fn from_sender(sender: ::actor_runtime::__private::Sender<Self::Command>) -> Self {
        Self(sender)
    }
    fn as_sender(&self) -> &::actor_runtime::__private::Sender<Self::Command> {
        &self.0
    }
}
#[automatically_derived]
impl<K: Clone + Eq + Hash, V: Clone> ::core::clone::Clone for StoreClient<K, V> {
    fn clone(&self) -> Self {
        Self(::core::clone::Clone::clone(&self.0))
    }
}
#[automatically_derived]
impl<K: Clone + Eq + Hash, V: Clone> ::core::fmt::Debug for StoreClient<K, V> {
    fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
        (&self.0).describe("StoreClient", f)
    }
}
#[automatically_derived]
#[allow(clippy::future_not_send, reason = "`Send` if the type parameters are")]
#[allow(
    clippy::trait_duplication_in_bounds,
    clippy::type_repetition_in_bounds,
    reason = "the block may already have these bounds"
)]
impl<K: Clone + Eq + Hash, V: Clone> ::actor_runtime::Actor for Store<K, V>
where
    K: ::core::marker::Send + 'static,
    V: ::core::marker::Send + 'static,
{
    type Command = StoreCommand<K, V>;
    type Client = StoreClient<K, V>;
    async fn handle(
        &mut self,
        command: StoreCommand<K, V>,
        _context: &mut ::actor_runtime::Context<Self>,
    ) {
        match command {
            StoreCommand::Rows { key, reply } => Self::rows(self, key, reply),
            StoreCommand::Add { key, row, #[cfg(test)] times, reply } => {
                reply.send(Self::add(self, key, row, #[cfg(test)] times))
            }
            #[cfg(test)]
            StoreCommand::Last { r#type, reply } => reply.send(Self::last(self, &r#type)),
            StoreCommand::Clear { reply } => reply.send(Self::clear(self)),
        }
    }
    async fn run(
        mut self,
        inbox: &mut ::actor_runtime::Inbox<StoreCommand<K, V>>,
        context: &mut ::actor_runtime::Context<Self>,
    ) -> Self {
        loop {
            let ::core::option::Option::Some(command) = inbox.next().await else {
                return self;
            };
            ::actor_runtime::Actor::handle(&mut self, command, context).await;
        }
    }
}
#[automatically_derived]
#[allow(
    clippy::trait_duplication_in_bounds,
    clippy::type_repetition_in_bounds,
    reason = "the block may already have these bounds"
)]
impl<K: Clone + Eq + Hash, V: Clone> ::actor_runtime::SendActor for Store<K, V>
where
    K: ::core::marker::Send + 'static,
    V: ::core::marker::Send + 'static,
    Self: ::core::marker::Send,
{
    fn run_send(
        self,
        inbox: &mut ::actor_runtime::Inbox<StoreCommand<K, V>>,
        context: &mut ::actor_runtime::Context<Self>,
    ) -> impl ::core::future::Future<Output = Self> + ::core::marker::Send {
        ::actor_runtime::Actor::run(self, inbox, context)
    }
}
#[automatically_derived]
impl<K: Clone + Eq + Hash, V: Clone> ::actor_runtime::remote::RemoteCommand
for StoreCommand<K, V>
where
    K: ::actor_runtime::remote::Portable,
    Vec<V>: ::actor_runtime::remote::Portable,
    V: ::actor_runtime::remote::Portable,
    (): ::actor_runtime::remote::Portable,
    K: ::actor_runtime::remote::PortablePart,
    V: ::actor_runtime::remote::PortablePart,
{
    const INTERFACE: &'static [&'static str] = &[
        "rows(key: K) -> Vec<V>",
        "add(key: K, row: V, #[cfg(test)] times: usize)",
        #[cfg(test)]
        "last(type: K) -> Option<V>",
    ];
    fn write(self) -> ::actor_runtime::remote::Written {
        match self {
            Self::Rows { key, reply } => {
                ::actor_runtime::remote::Written::call("rows", reply).with("key", &key)
            }
            Self::Add { key, row, #[cfg(test)] times, reply } => {
                let written = ::actor_runtime::remote::Written::call("add", reply);
                let written = written.with("key", &key);
                let written = written.with("row", &row);
                #[cfg(test)]
                let written = written.with("times", &times);
                written
            }
            #[cfg(test)]
            Self::Last { r#type, reply } => {
                ::actor_runtime::remote::Written::call("last", reply)
                    .with("type", &r#type)
            }
            Self::Clear { reply, .. } => {
                ::actor_runtime::remote::Written::private("clear", reply)
            }
        }
    }
    fn read(
        incoming: ::actor_runtime::remote::Incoming<'_, Self>,
    ) -> ::actor_runtime::remote::Handling<'_> {
        match (&incoming).method() {
            "rows" => {
                incoming
                    .call_deferred(|arguments, reply| {
                        ::core::result::Result::Ok(Self::Rows {
                            key: arguments.take("key")?,
                            reply,
                        })
                    })
            }
            "add" => {
                incoming
                    .call(|arguments, reply| {
                        ::core::result::Result::Ok(Self::Add {
                            key: arguments.take("key")?,
                            row: arguments.take("row")?,
                            #[cfg(test)]
                            times: arguments.take("times")?,
                            reply,
                        })
                    })
            }
            #[cfg(test)]
            "last" => {
                incoming
                    .call(|arguments, reply| {
                        ::core::result::Result::Ok(Self::Last {
                            r#type: arguments.take("type")?,
                            reply,
                        })
                    })
            }
            _ => incoming.unknown(),
        }
    }
}
fn main() {}
