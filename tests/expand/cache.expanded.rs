use std::collections::HashMap;
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
#[allow(private_interfaces, unreachable_pub, reason = "visibility is a guess")]
pub enum CacheCommand {
    /// The value stored under `key`.
    Get {
        /// The argument `key`.
        key: ::std::string::String,
        /// Where the answer goes.
        reply: ::actor_runtime::__private::Reply<Option<String>>,
    },
    /// Calls `Cache::set`.
    Set {
        /// The argument `key`.
        key: String,
        /// The argument `value`.
        value: String,
    },
    /// Calls `Cache::invalidate`.
    Invalidate {
        /// The argument `key`.
        key: ::std::string::String,
    },
}
#[automatically_derived]
impl ::actor_runtime::__private::Command for CacheCommand {
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
        f.write_str(::actor_runtime::__private::Command::name(self))
    }
}
/// A client of a [`Cache`] actor.
#[allow(private_interfaces, unreachable_pub, reason = "visibility is a guess")]
pub struct CacheClient {
    sender: ::actor_runtime::__private::Sender<CacheCommand>,
}
impl CacheClient {
    /// The value stored under `key`.
    pub async fn get(
        &self,
        key: &str,
    ) -> ::core::result::Result<Option<String>, ::actor_runtime::__private::CallError> {
        let key = ::std::borrow::ToOwned::to_owned(key);
        let (reply, answer) = ::actor_runtime::__private::Reply::new();
        self.sender.call(CacheCommand::Get { key, reply }, answer).await
    }
    /// Calls `Cache::set`.
    pub async fn set(
        &self,
        key: String,
        value: String,
    ) -> ::core::result::Result<(), ::actor_runtime::__private::CallError> {
        self.sender.cast(CacheCommand::Set { key, value }).await
    }
    /// Calls `Cache::invalidate`.
    pub async fn invalidate(
        &self,
        key: &str,
    ) -> ::core::result::Result<(), ::actor_runtime::__private::CallError> {
        let key = ::std::borrow::ToOwned::to_owned(key);
        self.sender.cast(CacheCommand::Invalidate { key }).await
    }
}
#[automatically_derived]
impl ::actor_runtime::__private::Client for CacheClient {
    type Command = CacheCommand;
    fn from_sender(sender: ::actor_runtime::__private::Sender<Self::Command>) -> Self {
        Self { sender }
    }
    fn as_sender(&self) -> &::actor_runtime::__private::Sender<Self::Command> {
        &self.sender
    }
}
#[automatically_derived]
impl ::core::clone::Clone for CacheClient {
    fn clone(&self) -> Self {
        Self {
            sender: ::core::clone::Clone::clone(&self.sender),
        }
    }
}
#[automatically_derived]
impl ::core::fmt::Debug for CacheClient {
    fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
        ::core::fmt::Debug::fmt(&self.sender, f)
    }
}
#[automatically_derived]
impl ::actor_runtime::__private::Actor for Cache {
    type Command = CacheCommand;
    type Client = CacheClient;
    async fn handle(
        &mut self,
        command: CacheCommand,
        _context: &mut ::actor_runtime::__private::Context<Self>,
    ) {
        match command {
            CacheCommand::Get { key, reply } => reply.send(Self::get(self, &key)),
            CacheCommand::Set { key, value } => Self::set(self, key, value),
            CacheCommand::Invalidate { key } => Self::invalidate(self, &key),
        }
    }
    async fn run(
        mut self,
        inbox: &mut ::actor_runtime::__private::Inbox<CacheCommand>,
        context: &mut ::actor_runtime::__private::Context<Self>,
    ) -> Self {
        loop {
            let ::core::option::Option::Some(command) = inbox.next().await else {
                return self;
            };
            ::actor_runtime::__private::Actor::handle(&mut self, command, context).await;
        }
    }
}
#[automatically_derived]
impl ::actor_runtime::__private::SendActor for Cache
where
    Self: ::core::marker::Send,
{
    fn run_send(
        self,
        inbox: &mut ::actor_runtime::__private::Inbox<CacheCommand>,
        context: &mut ::actor_runtime::__private::Context<Self>,
    ) -> impl ::core::future::Future<Output = Self> + ::core::marker::Send {
        ::actor_runtime::__private::Actor::run(self, inbox, context)
    }
}
fn main() {}
