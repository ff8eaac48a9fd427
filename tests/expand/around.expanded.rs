//! Methods that run before and after each command.
use actor_runtime::Context;
#[derive(Default)]
pub struct Journal {
    lines: Vec<String>,
    committed: usize,
}
impl Journal {
    pub fn len(&self) -> usize {
        self.committed
    }
    pub fn append(&mut self, line: String) {
        self.lines.push(line);
    }
    pub fn into_lines(self) -> Vec<String> {
        self.lines
    }
    async fn begin(&mut self, ctx: &mut Context<Self>) -> Result<(), std::io::Error> {
        drop(ctx.token());
        std::future::ready(Ok(())).await
    }
    fn commit(&mut self) {
        self.committed = self.lines.len();
    }
}
/// Commands for a [`Journal`] actor.
#[non_exhaustive]
pub enum JournalCommand {
    /// Sent by [`JournalClient::len`].
    Len {
        /// Sends the answer to the caller.
        reply: ::actor_runtime::Reply<usize>,
    },
    /// Sent by [`JournalClient::append`].
    Append {
        /// The argument `line`.
        line: String,
    },
    /// Sent by [`JournalClient::into_lines`].
    IntoLines {
        /// Sends the answer to the caller.
        reply: ::actor_runtime::Reply<Vec<String>>,
    },
}
#[automatically_derived]
impl ::actor_runtime::Command for JournalCommand {
    type Events = ();
    type Latest = ();
    const ACTOR: &'static str = "journal";
    fn name(&self) -> &'static str {
        match *self {
            Self::Len { .. } => "len",
            Self::Append { .. } => "append",
            Self::IntoLines { .. } => "into_lines",
        }
    }
    fn refuse(self) {
        match self {
            Self::Len { reply, .. } => reply.refuse(),
            Self::IntoLines { reply, .. } => reply.refuse(),
            _ => {}
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
    /// Calls `Journal::len`.
    pub async fn len(
        &self,
    ) -> ::core::result::Result<usize, ::actor_runtime::CallError> {
        let (reply, answer) = ::actor_runtime::Reply::new();
        (&self.0).call(JournalCommand::Len { reply }, answer).await
    }
    /// Calls `Journal::append`.
    pub async fn append(
        &self,
        line: String,
    ) -> ::core::result::Result<(), ::actor_runtime::CallError> {
        (&self.0).cast(JournalCommand::Append { line }).await
    }
    /// Calls `Journal::into_lines`.
    pub async fn into_lines(
        &self,
    ) -> ::core::result::Result<Vec<String>, ::actor_runtime::CallError> {
        let (reply, answer) = ::actor_runtime::Reply::new();
        (&self.0).call(JournalCommand::IntoLines { reply }, answer).await
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
    const HAS_LAST: bool = true;
    async fn handle(
        &mut self,
        command: JournalCommand,
        context: &mut ::actor_runtime::Context<Self>,
    ) {
        let result = ::actor_runtime::__private::given::<Self>()
            .assert_send(Self::begin(self, context))
            .await;
        if context.failed(result) {
            return context.refuse(command);
        }
        let held: ::actor_runtime::__private::Held = match command {
            JournalCommand::Len { reply } => reply.hold(Self::len(self)),
            JournalCommand::Append { line } => {
                Self::append(self, line);
                ::actor_runtime::__private::Held::nothing()
            }
            JournalCommand::IntoLines { .. } => {
                context.keep_last(command);
                ::actor_runtime::__private::Held::nothing()
            }
        };
        Self::commit(self);
        held.send();
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
    async fn last(self, command: JournalCommand) {
        match command {
            JournalCommand::IntoLines { reply } => reply.send(Self::into_lines(self)),
            _ => {}
        }
    }
}
#[automatically_derived]
impl ::actor_runtime::SendActor for Journal {
    fn run_send(
        self,
        inbox: &mut ::actor_runtime::Inbox<JournalCommand>,
        context: &mut ::actor_runtime::Context<Self>,
    ) -> impl ::core::future::Future<Output = Self> + ::core::marker::Send {
        ::actor_runtime::__private::given::<Self>()
            .assert_loop(::actor_runtime::Actor::run(self, inbox, context))
    }
    fn last_send(
        self,
        command: JournalCommand,
    ) -> impl ::core::future::Future<Output = ()> + ::core::marker::Send {
        ::actor_runtime::__private::given::<Self>()
            .assert_loop(::actor_runtime::Actor::last(self, command))
    }
}
pub fn main() {}
