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
#[allow(private_interfaces, unreachable_pub, reason = "visibility is a guess")]
pub enum LogCommand {
    /// Adds a line.
    Add {
        /// The argument `line`.
        line: ::std::string::String,
    },
    /// Calls `Log::last`.
    Last {
        /// Where the answer goes.
        reply: ::actor_runtime::__private::Reply<Option<String>>,
    },
}
#[automatically_derived]
impl ::actor_runtime::__private::Command for LogCommand {
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
        f.write_str(::actor_runtime::__private::Command::name(self))
    }
}
/// A client of a [`Log`] actor.
#[allow(private_interfaces, unreachable_pub, reason = "visibility is a guess")]
pub struct LogClient {
    sender: ::actor_runtime::__private::Sender<LogCommand>,
}
impl LogClient {
    /// Adds a line.
    pub async fn add(&self, line: &str) {
        let line = ::std::borrow::ToOwned::to_owned(line);
        ::actor_runtime::__private::or_default(
            "add",
            self.sender.cast(LogCommand::Add { line }).await,
        )
    }
    /// Adds a line.
    ///
    /// Fails with `CallError::Full` where `add` waits for room.
    pub fn try_add(
        &self,
        line: &str,
    ) -> ::core::result::Result<(), ::actor_runtime::__private::CallError> {
        let line = ::std::borrow::ToOwned::to_owned(line);
        self.sender.try_cast(LogCommand::Add { line })
    }
    /// Adds a line.
    ///
    /// Blocks the thread where `add` is async, and fails inside an async task.
    pub fn blocking_add(
        &self,
        line: &str,
    ) -> ::core::result::Result<(), ::actor_runtime::__private::CallError> {
        let line = ::std::borrow::ToOwned::to_owned(line);
        self.sender.blocking_cast(LogCommand::Add { line })
    }
    /// Calls `Log::last`.
    pub async fn last(&self) -> Option<String> {
        let (reply, answer) = ::actor_runtime::__private::Reply::new();
        ::actor_runtime::__private::or_default(
            "last",
            self.sender.call(LogCommand::Last { reply }, answer).await,
        )
    }
    /// Calls `Log::last`.
    ///
    /// Fails with `CallError::Full` where `last` waits for room.
    pub async fn try_last(
        &self,
    ) -> ::core::result::Result<Option<String>, ::actor_runtime::__private::CallError> {
        let (reply, answer) = ::actor_runtime::__private::Reply::new();
        self.sender.try_call(LogCommand::Last { reply }, answer).await
    }
    /// Calls `Log::last`.
    ///
    /// Blocks the thread where `last` is async, and fails inside an async task.
    pub fn blocking_last(
        &self,
    ) -> ::core::result::Result<Option<String>, ::actor_runtime::__private::CallError> {
        let (reply, answer) = ::actor_runtime::__private::Reply::new();
        self.sender.blocking_call(LogCommand::Last { reply }, answer)
    }
}
#[automatically_derived]
impl ::actor_runtime::__private::Client for LogClient {
    type Command = LogCommand;
    fn from_sender(sender: ::actor_runtime::__private::Sender<Self::Command>) -> Self {
        Self { sender }
    }
    fn as_sender(&self) -> &::actor_runtime::__private::Sender<Self::Command> {
        &self.sender
    }
}
#[automatically_derived]
impl ::core::clone::Clone for LogClient {
    fn clone(&self) -> Self {
        Self {
            sender: ::core::clone::Clone::clone(&self.sender),
        }
    }
}
#[automatically_derived]
impl ::core::fmt::Debug for LogClient {
    fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
        ::core::fmt::Debug::fmt(&self.sender, f)
    }
}
#[automatically_derived]
impl ::actor_runtime::__private::Actor for Log {
    type Command = LogCommand;
    type Client = LogClient;
    async fn handle(
        &mut self,
        command: LogCommand,
        _context: &mut ::actor_runtime::__private::Context<Self>,
    ) {
        match command {
            LogCommand::Add { line } => Self::add(self, &line),
            LogCommand::Last { reply } => reply.send(Self::last(self)),
        }
    }
    async fn run(
        mut self,
        inbox: &mut ::actor_runtime::__private::Inbox<LogCommand>,
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
impl ::actor_runtime::__private::SendActor for Log
where
    Self: ::core::marker::Send,
{
    fn run_send(
        self,
        inbox: &mut ::actor_runtime::__private::Inbox<LogCommand>,
        context: &mut ::actor_runtime::__private::Context<Self>,
    ) -> impl ::core::future::Future<Output = Self> + ::core::marker::Send {
        ::actor_runtime::__private::Actor::run(self, inbox, context)
    }
}
fn main() {}
