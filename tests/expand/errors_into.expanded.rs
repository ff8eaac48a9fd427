use std::io;
pub struct Journal {
    lines: Vec<String>,
}
impl Journal {
    pub fn write(&mut self, line: String) -> io::Result<()> {
        self.lines.push(line);
        Ok(())
    }
    pub fn count(&self) -> usize {
        self.lines.len()
    }
}
/// Commands for a [`Journal`] actor.
#[non_exhaustive]
pub enum JournalCommand {
    /// Sent by [`JournalClient::write`].
    Write {
        /// The argument `line`.
        line: String,
        /// Sends the answer to the caller.
        reply: ::actor_runtime::Reply<io::Result<()>>,
    },
    /// Sent by [`JournalClient::count`].
    Count {
        /// Sends the answer to the caller.
        reply: ::actor_runtime::Reply<usize>,
    },
}
#[automatically_derived]
impl ::actor_runtime::Command for JournalCommand {
    type Events = ();
    type Latest = ();
    const ACTOR: &'static str = "journal";
    fn name(&self) -> &'static str {
        match *self {
            Self::Write { .. } => "write",
            Self::Count { .. } => "count",
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
    /// Calls `Journal::write`.
    pub async fn write(&self, line: String) -> io::Result<()> {
        let (reply, answer) = ::actor_runtime::Reply::new();
        ::actor_runtime::__private::flatten(
            (&self.0)
                .call(
                    JournalCommand::Write {
                        line,
                        reply,
                    },
                    answer,
                )
                .await,
        )
    }
    /// Calls `Journal::count`.
    pub async fn count(
        &self,
    ) -> ::core::result::Result<usize, ::actor_runtime::CallError> {
        let (reply, answer) = ::actor_runtime::Reply::new();
        (&self.0).call(JournalCommand::Count { reply }, answer).await
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
    async fn handle(
        &mut self,
        command: JournalCommand,
        _context: &mut ::actor_runtime::Context<Self>,
    ) {
        match command {
            JournalCommand::Write { line, reply } => reply.send(Self::write(self, line)),
            JournalCommand::Count { reply } => reply.send(Self::count(self)),
        }
    }
    async fn run(
        mut self,
        inbox: &mut ::actor_runtime::Inbox<JournalCommand>,
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
impl ::actor_runtime::SendActor for Journal
where
    for<'assumed> JournalCommand: ::core::marker::Send,
{
    fn run_send(
        self,
        inbox: &mut ::actor_runtime::Inbox<JournalCommand>,
        context: &mut ::actor_runtime::Context<Self>,
    ) -> impl ::core::future::Future<Output = Self> + ::core::marker::Send {
        ::actor_runtime::__private::is_send::<io::Result<()>>();
        ::actor_runtime::__private::given::<Self>()
            .assert_loop(::actor_runtime::Actor::run(self, inbox, context))
    }
}
fn main() {}
