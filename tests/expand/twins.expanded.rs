pub struct Log {
    lines: Vec<String>,
}
impl Log {
    /// Adds a line.
    pub fn add(&mut self, line: &str) {
        self.lines.push(line.to_owned());
    }
    pub fn last(&self) -> Option<String> {
        self.lines.last().cloned()
    }
}
/// Commands for a [`Log`] actor.
#[non_exhaustive]
pub enum LogCommand {
    /// Adds a line.
    ///
    /// Sent by [`LogClient::add`].
    Add {
        /// The argument `line`.
        line: ::std::string::String,
    },
    /// Sent by [`LogClient::last`].
    Last {
        /// Sends the answer to the caller.
        reply: ::actor_runtime::Reply<Option<String>>,
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
    /// Adds a line.
    pub async fn add(&self, line: &str) {
        let line = ::std::borrow::ToOwned::to_owned(line);
        ::actor_runtime::__private::or_default(
            "add",
            (&self.0).cast(LogCommand::Add { line }).await,
        )
    }
    /// Like [`add`](Self::add), but fails with `CallError::Full` instead of waiting for room in the mailbox.
    pub fn try_add(
        &self,
        line: &str,
    ) -> ::core::result::Result<(), ::actor_runtime::CallError> {
        let line = ::std::borrow::ToOwned::to_owned(line);
        (&self.0).cast(LogCommand::Add { line }).if_room()
    }
    /// Like [`add`](Self::add), but waits by blocking the thread, and fails with `CallError::Blocking` inside an async task.
    pub fn blocking_add(
        &self,
        line: &str,
    ) -> ::core::result::Result<(), ::actor_runtime::CallError> {
        let line = ::std::borrow::ToOwned::to_owned(line);
        (&self.0).cast(LogCommand::Add { line }).blocking()
    }
    /// Calls `Log::last`.
    pub async fn last(&self) -> Option<String> {
        let (reply, answer) = ::actor_runtime::Reply::new();
        ::actor_runtime::__private::or_default(
            "last",
            (&self.0).call(LogCommand::Last { reply }, answer).await,
        )
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
            LogCommand::Add { line } => Self::add(self, &line),
            LogCommand::Last { reply } => reply.send(Self::last(self)),
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
