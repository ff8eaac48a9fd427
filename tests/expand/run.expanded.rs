use std::collections::HashMap;
use actor_runtime::{Actor, Context, Inbox, StopReason};
#[derive(Default)]
pub struct Store {
    rows: HashMap<String, String>,
}
impl Store {
    pub fn insert(&mut self, key: String, value: String) {
        self.rows.insert(key, value);
    }
    pub fn get(&self, key: &str) -> Option<String> {
        self.rows.get(key).cloned()
    }
    async fn run_batches(
        mut self,
        inbox: &mut Inbox<StoreCommand>,
        ctx: &mut Context<Self>,
    ) -> Self {
        while let Some(command) = inbox.next().await {
            Actor::handle(&mut self, command, ctx).await;
        }
        self
    }
}
/// Commands for a [`Store`] actor.
#[non_exhaustive]
pub enum StoreCommand {
    /// Sent by [`StoreClient::insert`].
    Insert {
        /// The argument `key`.
        key: String,
        /// The argument `value`.
        value: String,
    },
    /// Sent by [`StoreClient::get`].
    Get {
        /// The argument `key`.
        key: ::std::string::String,
        /// Sends the answer to the caller.
        reply: ::actor_runtime::Reply<Option<String>>,
    },
}
#[automatically_derived]
impl ::actor_runtime::Command for StoreCommand {
    type Events = ();
    type Latest = ();
    const ACTOR: &'static str = "store";
    fn name(&self) -> &'static str {
        match *self {
            Self::Insert { .. } => "insert",
            Self::Get { .. } => "get",
        }
    }
}
#[automatically_derived]
impl ::core::fmt::Debug for StoreCommand {
    fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
        f.write_str(::actor_runtime::Command::name(self))
    }
}
/// A client of a [`Store`] actor.
#[derive(::core::clone::Clone)]
pub struct StoreClient(::actor_runtime::__private::Sender<StoreCommand>);
impl StoreClient {
    /// Calls `Store::insert`.
    pub async fn insert(
        &self,
        key: String,
        value: String,
    ) -> ::core::result::Result<(), ::actor_runtime::CallError> {
        (&self.0).cast(StoreCommand::Insert { key, value }).await
    }
    /// Calls `Store::get`.
    pub async fn get(
        &self,
        key: &str,
    ) -> ::core::result::Result<Option<String>, ::actor_runtime::CallError> {
        let key = ::std::borrow::ToOwned::to_owned(key);
        let (reply, answer) = ::actor_runtime::Reply::new();
        (&self.0).call(StoreCommand::Get { key, reply }, answer).await
    }
}
#[automatically_derived]
impl ::actor_runtime::Client for StoreClient {
    type Command = StoreCommand;
    fn from_sender(sender: ::actor_runtime::__private::Sender<Self::Command>) -> Self {
        Self(sender)
    }
    fn as_sender(&self) -> &::actor_runtime::__private::Sender<Self::Command> {
        &self.0
    }
}
#[automatically_derived]
impl ::core::fmt::Debug for StoreClient {
    fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
        (&self.0).describe("StoreClient", f)
    }
}
#[automatically_derived]
impl ::actor_runtime::Actor for Store {
    type Command = StoreCommand;
    type Client = StoreClient;
    async fn handle(
        &mut self,
        command: StoreCommand,
        _context: &mut ::actor_runtime::Context<Self>,
    ) {
        match command {
            StoreCommand::Insert { key, value } => Self::insert(self, key, value),
            StoreCommand::Get { key, reply } => reply.send(Self::get(self, &key)),
        }
    }
    async fn run(
        mut self,
        inbox_: &mut ::actor_runtime::Inbox<StoreCommand>,
        context: &mut ::actor_runtime::Context<Self>,
    ) -> Self {
        self = ::actor_runtime::__private::given::<Self>()
            .assert_send(Self::run_batches(self, inbox_, context))
            .await;
        inbox_.loop_returned();
        self
    }
}
#[automatically_derived]
impl ::actor_runtime::SendActor for Store {
    fn run_send(
        self,
        inbox_: &mut ::actor_runtime::Inbox<StoreCommand>,
        context: &mut ::actor_runtime::Context<Self>,
    ) -> impl ::core::future::Future<Output = Self> + ::core::marker::Send {
        ::actor_runtime::__private::given::<Self>()
            .assert_loop(::actor_runtime::Actor::run(self, inbox_, context))
    }
}
pub struct Journal {
    lines: Vec<String>,
}
impl Journal {
    pub fn append(&mut self, line: String) {
        self.lines.push(line);
    }
    fn open(&mut self) {
        self.lines.clear();
    }
    async fn take_one(mut self, inbox: &mut Inbox<JournalCommand>) -> Self {
        if let Some(JournalCommand::Append { line }) = inbox.next().await {
            self.lines.push(line);
        }
        self
    }
    async fn close(&mut self, _reason: StopReason) {
        self.lines.push(String::new());
    }
}
/// Commands for a [`Journal`] actor.
#[non_exhaustive]
pub enum JournalCommand {
    /// Sent by [`JournalClient::append`].
    Append {
        /// The argument `line`.
        line: String,
    },
}
#[automatically_derived]
impl ::actor_runtime::Command for JournalCommand {
    type Events = ();
    type Latest = ();
    const ACTOR: &'static str = "journal";
    fn name(&self) -> &'static str {
        match *self {
            Self::Append { .. } => "append",
        }
    }
}
#[automatically_derived]
impl ::core::fmt::Debug for JournalCommand {
    fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
        f.write_str(::actor_runtime::Command::name(self))
    }
}
/// A client of a [`Journal`] actor.
#[derive(::core::clone::Clone)]
pub struct JournalClient(::actor_runtime::__private::Sender<JournalCommand>);
impl JournalClient {
    /// Calls `Journal::append`.
    pub async fn append(
        &self,
        line: String,
    ) -> ::core::result::Result<(), ::actor_runtime::CallError> {
        (&self.0).cast(JournalCommand::Append { line }).await
    }
}
#[automatically_derived]
impl ::actor_runtime::Client for JournalClient {
    type Command = JournalCommand;
    fn from_sender(sender: ::actor_runtime::__private::Sender<Self::Command>) -> Self {
        Self(sender)
    }
    fn as_sender(&self) -> &::actor_runtime::__private::Sender<Self::Command> {
        &self.0
    }
}
#[automatically_derived]
impl ::core::fmt::Debug for JournalClient {
    fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
        (&self.0).describe("JournalClient", f)
    }
}
#[automatically_derived]
impl ::actor_runtime::Actor for Journal {
    type Command = JournalCommand;
    type Client = JournalClient;
    const START_CAN_FAIL: bool = true;
    async fn handle(
        &mut self,
        command: JournalCommand,
        _context: &mut ::actor_runtime::Context<Self>,
    ) {
        match command {
            JournalCommand::Append { line } => Self::append(self, line),
        }
    }
    async fn run(
        mut self,
        inbox_: &mut ::actor_runtime::Inbox<JournalCommand>,
        context: &mut ::actor_runtime::Context<Self>,
    ) -> Self {
        {
            inbox_.enter("open");
            Self::open(&mut self);
        }
        inbox_.started();
        self = ::actor_runtime::__private::given::<Self>()
            .assert_send(Self::take_one(self, inbox_))
            .await;
        inbox_.loop_returned();
        {
            inbox_.enter_stop("close");
            ::actor_runtime::__private::given::<Self>()
                .assert_send(
                    Self::close(
                        &mut self,
                        ::actor_runtime::Context::stop_reason(context),
                    ),
                )
                .await;
            inbox_.leave();
        }
        self
    }
}
#[automatically_derived]
impl ::actor_runtime::SendActor for Journal {
    fn run_send(
        self,
        inbox_: &mut ::actor_runtime::Inbox<JournalCommand>,
        context: &mut ::actor_runtime::Context<Self>,
    ) -> impl ::core::future::Future<Output = Self> + ::core::marker::Send {
        ::actor_runtime::__private::given::<Self>()
            .assert_loop(::actor_runtime::Actor::run(self, inbox_, context))
    }
}
fn main() {}
