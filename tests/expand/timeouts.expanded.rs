//! Timeouts of the block and of a command: a call, a cast, a stream of replies and their twins.
use actor_runtime::ReplyStream;
pub struct Printer {
    pages: Vec<String>,
}
impl Printer {
    pub fn print(&mut self, page: String) -> usize {
        self.pages.push(page);
        self.pages.len()
    }
    pub fn clear(&mut self) {
        self.pages.clear();
    }
    pub fn list(&self, mut reply: ReplyStream<String>) {
        for page in &self.pages {
            if reply.try_send(page.clone()).is_err() {
                return;
            }
        }
        reply.finish();
    }
}
/// Commands for a [`Printer`] actor.
#[non_exhaustive]
pub enum PrinterCommand {
    /// Sent by [`PrinterClient::print`].
    Print {
        /// The argument `page`.
        page: String,
        /// Sends the answer to the caller.
        reply: ::actor_runtime::Reply<usize>,
    },
    /// Sent by [`PrinterClient::clear`].
    Clear,
    /// Sent by [`PrinterClient::list`].
    List {
        /// Sends the answers to the caller.
        reply: ::actor_runtime::ReplyStream<String>,
    },
}
#[automatically_derived]
impl ::actor_runtime::Command for PrinterCommand {
    type Events = ();
    type Latest = ();
    const HAS_TIMEOUTS: bool = true;
    const ACTOR: &'static str = "printer";
    fn name(&self) -> &'static str {
        match *self {
            Self::Print { .. } => "print",
            Self::Clear { .. } => "clear",
            Self::List { .. } => "list",
        }
    }
}
#[automatically_derived]
impl ::core::fmt::Debug for PrinterCommand {
    fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
        f.write_str(::actor_runtime::Command::name(self))
    }
}
/// A client of a [`Printer`] actor.
#[derive(::core::clone::Clone)]
pub struct PrinterClient(::actor_runtime::__private::Sender<PrinterCommand>);
impl PrinterClient {
    /// Calls `Printer::print`.
    pub async fn print(
        &self,
        page: String,
    ) -> ::core::result::Result<usize, ::actor_runtime::CallError> {
        let (reply, answer) = ::actor_runtime::Reply::new();
        (&self.0)
            .call(
                PrinterCommand::Print {
                    page,
                    reply,
                },
                answer,
            )
            .within(const { std::time::Duration::from_secs(5) })
            .await
    }
    /// Like [`print`](Self::print), but returns a future of the answer once the call is sent, and fails with `CallError::Full` instead of waiting for room in the mailbox.
    pub fn try_print(
        &self,
        page: String,
    ) -> ::core::result::Result<
        ::actor_runtime::Answer<usize>,
        ::actor_runtime::CallError,
    > {
        let (reply, answer) = ::actor_runtime::Reply::new();
        (&self.0)
            .call(
                PrinterCommand::Print {
                    page,
                    reply,
                },
                answer,
            )
            .if_room()
    }
    /// Like [`print`](Self::print), but waits by blocking the thread, and fails with `CallError::Blocking` inside an async task.
    pub fn blocking_print(
        &self,
        page: String,
    ) -> ::core::result::Result<usize, ::actor_runtime::CallError> {
        let (reply, answer) = ::actor_runtime::Reply::new();
        (&self.0)
            .call(
                PrinterCommand::Print {
                    page,
                    reply,
                },
                answer,
            )
            .within(const { std::time::Duration::from_secs(5) })
            .blocking()
    }
    /// Calls `Printer::clear`.
    pub async fn clear(&self) {
        ::actor_runtime::__private::or_default(
            "clear",
            (&self.0)
                .cast(PrinterCommand::Clear)
                .within(const { <Printer>::PATIENCE })
                .await,
        )
    }
    /// Calls `Printer::list`.
    pub async fn list(
        &self,
    ) -> ::core::result::Result<
        ::actor_runtime::Replies<String>,
        ::actor_runtime::CallError,
    > {
        let (reply, answer) = ::actor_runtime::ReplyStream::new();
        (&self.0)
            .open(PrinterCommand::List { reply }, answer)
            .within(const { std::time::Duration::from_secs(5) })
            .await
    }
}
#[automatically_derived]
impl ::actor_runtime::Client for PrinterClient {
    type Command = PrinterCommand;
    fn from_sender(sender: ::actor_runtime::__private::Sender<Self::Command>) -> Self {
        Self(sender)
    }
    fn as_sender(&self) -> &::actor_runtime::__private::Sender<Self::Command> {
        &self.0
    }
}
#[automatically_derived]
impl ::core::fmt::Debug for PrinterClient {
    fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
        (&self.0).describe("PrinterClient", f)
    }
}
#[automatically_derived]
impl ::actor_runtime::Actor for Printer {
    type Command = PrinterCommand;
    type Client = PrinterClient;
    async fn handle(
        &mut self,
        command: PrinterCommand,
        _context: &mut ::actor_runtime::Context<Self>,
    ) {
        match command {
            PrinterCommand::Print { page, reply } => reply.send(Self::print(self, page)),
            PrinterCommand::Clear => Self::clear(self),
            PrinterCommand::List { reply } => Self::list(self, reply),
        }
    }
    async fn run(
        mut self,
        inbox: &mut ::actor_runtime::Inbox<PrinterCommand>,
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
impl ::actor_runtime::SendActor for Printer {
    fn run_send(
        self,
        inbox: &mut ::actor_runtime::Inbox<PrinterCommand>,
        context: &mut ::actor_runtime::Context<Self>,
    ) -> impl ::core::future::Future<Output = Self> + ::core::marker::Send {
        ::actor_runtime::__private::given::<Self>()
            .assert_loop(::actor_runtime::Actor::run(self, inbox, context))
    }
}
impl Printer {
    const PATIENCE: std::time::Duration = std::time::Duration::from_millis(100);
}
fn main() {}
