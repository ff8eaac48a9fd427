use actor_runtime::ReplyStream;
pub struct Log {
    lines: Vec<String>,
}
impl Log {
    pub fn add(&mut self, line: String) {
        self.lines.push(line);
    }
    pub fn last(&self) -> Option<String> {
        self.lines.last().cloned()
    }
    pub async fn all(&self, mut reply: ReplyStream<String>) {
        for line in &self.lines {
            if reply.send(line.clone()).await.is_err() {
                return;
            }
        }
        reply.finish();
    }
}
/// Commands for a [`Log`] actor.
#[non_exhaustive]
pub enum LogCommand {
    /// Sent by [`LogClient::add`].
    Add {
        /// The argument `line`.
        line: String,
    },
    /// Sent by [`LogClient::last`].
    Last {
        /// Sends the answer to the caller.
        reply: ::actor_runtime::Reply<Option<String>>,
    },
    /// Sent by [`LogClient::all`].
    All {
        /// Sends the answers to the caller.
        reply: ::actor_runtime::ReplyStream<String>,
    },
}
#[automatically_derived]
impl ::actor_runtime::Command for LogCommand {
    type Events = ();
    type Latest = ();
    const ACTOR: &'static str = "log";
    fn name(&self) -> &'static str {
        match *self {
            Self::Add { .. } => "add",
            Self::Last { .. } => "last",
            Self::All { .. } => "all",
        }
    }
}
#[automatically_derived]
impl ::core::fmt::Debug for LogCommand {
    fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
        f.write_str(::actor_runtime::Command::name(self))
    }
}
/// A client of a [`Log`] actor.
#[derive(::core::clone::Clone)]
pub struct LogClient(::actor_runtime::__private::Sender<LogCommand>);
impl LogClient {
    /// Calls `Log::add`.
    pub async fn add(
        &self,
        line: String,
    ) -> ::core::result::Result<(), ::actor_runtime::CallError> {
        (&self.0).cast(LogCommand::Add { line }).await
    }
    /// Like [`add`](Self::add), but fails with `CallError::Full` instead of waiting for room in the mailbox.
    pub fn try_add(
        &self,
        line: String,
    ) -> ::core::result::Result<(), ::actor_runtime::CallError> {
        (&self.0).cast(LogCommand::Add { line }).if_room()
    }
    /// Like [`add`](Self::add), but waits by blocking the thread, and fails with `CallError::Blocking` inside an async task.
    pub fn blocking_add(
        &self,
        line: String,
    ) -> ::core::result::Result<(), ::actor_runtime::CallError> {
        (&self.0).cast(LogCommand::Add { line }).blocking()
    }
    /// Calls `Log::last`.
    pub async fn last(
        &self,
    ) -> ::core::result::Result<Option<String>, ::actor_runtime::CallError> {
        let (reply, answer) = ::actor_runtime::Reply::new();
        (&self.0).call(LogCommand::Last { reply }, answer).await
    }
    /// Like [`last`](Self::last), but returns a future of the answer once the call is sent, and fails with `CallError::Full` instead of waiting for room in the mailbox.
    pub fn try_last(
        &self,
    ) -> ::core::result::Result<
        ::actor_runtime::Answer<Option<String>>,
        ::actor_runtime::CallError,
    > {
        let (reply, answer) = ::actor_runtime::Reply::new();
        (&self.0).call(LogCommand::Last { reply }, answer).if_room()
    }
    /// Like [`last`](Self::last), but waits by blocking the thread, and fails with `CallError::Blocking` inside an async task.
    pub fn blocking_last(
        &self,
    ) -> ::core::result::Result<Option<String>, ::actor_runtime::CallError> {
        let (reply, answer) = ::actor_runtime::Reply::new();
        (&self.0).call(LogCommand::Last { reply }, answer).blocking()
    }
    /// Calls `Log::all`.
    pub async fn all(
        &self,
    ) -> ::core::result::Result<
        ::actor_runtime::Replies<String>,
        ::actor_runtime::CallError,
    > {
        let (reply, answer) = ::actor_runtime::ReplyStream::new();
        (&self.0).open(LogCommand::All { reply }, answer).await
    }
    /// Like [`all`](Self::all), but fails with `CallError::Full` instead of waiting for room in the mailbox.
    pub fn try_all(
        &self,
    ) -> ::core::result::Result<
        ::actor_runtime::Replies<String>,
        ::actor_runtime::CallError,
    > {
        let (reply, answer) = ::actor_runtime::ReplyStream::new();
        (&self.0).open(LogCommand::All { reply }, answer).if_room()
    }
}
#[automatically_derived]
impl ::actor_runtime::Client for LogClient {
    type Command = LogCommand;
    fn from_sender(sender: ::actor_runtime::__private::Sender<Self::Command>) -> Self {
        Self(sender)
    }
    fn as_sender(&self) -> &::actor_runtime::__private::Sender<Self::Command> {
        &self.0
    }
}
#[automatically_derived]
impl ::core::fmt::Debug for LogClient {
    fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
        (&self.0).describe("LogClient", f)
    }
}
#[automatically_derived]
impl ::actor_runtime::Actor for Log {
    type Command = LogCommand;
    type Client = LogClient;
    async fn handle(
        &mut self,
        command: LogCommand,
        _context: &mut ::actor_runtime::Context<Self>,
    ) {
        match command {
            LogCommand::Add { line } => Self::add(self, line),
            LogCommand::Last { reply } => reply.send(Self::last(self)),
            LogCommand::All { reply } => {
                ::actor_runtime::__private::given::<Self>()
                    .assert_send(Self::all(self, reply))
                    .await
            }
        }
    }
    async fn run(
        mut self,
        inbox: &mut ::actor_runtime::Inbox<LogCommand>,
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
impl ::actor_runtime::SendActor for Log {
    fn run_send(
        self,
        inbox: &mut ::actor_runtime::Inbox<LogCommand>,
        context: &mut ::actor_runtime::Context<Self>,
    ) -> impl ::core::future::Future<Output = Self> + ::core::marker::Send {
        ::actor_runtime::__private::given::<Self>()
            .assert_loop(::actor_runtime::Actor::run(self, inbox, context))
    }
}
fn main() {}
