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
    },
    /// Sent by [`CacheClient::invalidate`].
    Invalidate {
        /// The argument `key`.
        key: ::std::string::String,
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
        (&self.0).cast(CacheCommand::Set { key, value }).await
    }
    /// Calls `Cache::invalidate`.
    pub async fn invalidate(
        &self,
        key: &str,
    ) -> ::core::result::Result<(), ::actor_runtime::CallError> {
        let key = ::std::borrow::ToOwned::to_owned(key);
        (&self.0).cast(CacheCommand::Invalidate { key }).await
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
            CacheCommand::Set { key, value } => Self::set(self, key, value),
            CacheCommand::Invalidate { key } => Self::invalidate(self, &key),
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
fn main() {}
