use std::io;
pub struct Row;
#[derive(Default)]
pub struct Store {
    rows: Vec<Row>,
}
impl Store {
    pub async fn insert(&mut self, rows: Vec<Row>) -> Vec<io::Result<usize>> {
        let first = self.rows.len();
        self.rows.extend(rows);
        (first..self.rows.len()).map(Ok).collect()
    }
    pub fn note(&mut self, lines: Vec<String>) {
        println!("{lines:?}");
    }
    pub fn len(&self) -> usize {
        self.rows.len()
    }
    pub fn count(&self, from: usize) -> usize {
        self.rows.len() - from
    }
}
/// Commands for a [`Store`] actor.
#[non_exhaustive]
pub enum StoreCommand {
    /// Sent by [`StoreClient::insert`].
    Insert {
        /// The argument `row`.
        row: Row,
        /// Sends the answer to the caller.
        reply: ::actor_runtime::Reply<io::Result<usize>>,
    },
    /// Sent by [`StoreClient::note`].
    Note {
        /// The argument `lines`.
        lines: String,
    },
    /// Sent by [`StoreClient::len`].
    Len {
        /// Sends the answer to the caller.
        reply: ::actor_runtime::Reply<usize>,
    },
    /// Sent by [`StoreClient::count`].
    Count {
        /// The argument `from`.
        from: usize,
        /// Sends the answer to the caller.
        reply: ::actor_runtime::Reply<usize>,
    },
}
#[automatically_derived]
impl ::actor_runtime::Command for StoreCommand {
    type Events = ();
    type Latest = ();
    const HAS_PRIORITY: bool = true;
    const HAS_BATCHES: bool = true;
    const ACTOR: &'static str = "store";
    fn name(&self) -> &'static str {
        match *self {
            Self::Insert { .. } => "insert",
            Self::Note { .. } => "note",
            Self::Len { .. } => "len",
            Self::Count { .. } => "count",
        }
    }
    fn has_priority(&self) -> bool {
        ::core::matches!(* self, Self::Len { .. })
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
        row: Row,
    ) -> ::core::result::Result<io::Result<usize>, ::actor_runtime::CallError> {
        let (reply, answer) = ::actor_runtime::Reply::new();
        (&self.0).call(StoreCommand::Insert { row, reply }, answer).await
    }
    /// Calls `Store::note`.
    pub async fn note(
        &self,
        lines: String,
    ) -> ::core::result::Result<(), ::actor_runtime::CallError> {
        (&self.0).cast(StoreCommand::Note { lines }).await
    }
    /// Calls `Store::len`.
    pub async fn len(
        &self,
    ) -> ::core::result::Result<usize, ::actor_runtime::CallError> {
        let (reply, answer) = ::actor_runtime::Reply::new();
        (&self.0).call(StoreCommand::Len { reply }, answer).await
    }
    /// Calls `Store::count`.
    pub async fn count(
        &self,
        from: usize,
    ) -> ::core::result::Result<usize, ::actor_runtime::CallError> {
        let (reply, answer) = ::actor_runtime::Reply::new();
        (&self.0).call(StoreCommand::Count { from, reply }, answer).await
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
        context: &mut ::actor_runtime::Context<Self>,
    ) {
        match command {
            StoreCommand::Insert { row, reply } => {
                let (batch, replies) = context
                    .batch(
                        "insert",
                        100,
                        (row, reply),
                        |command| {
                            match command {
                                StoreCommand::Insert { row, reply } => {
                                    ::core::option::Option::Some((row, reply))
                                }
                                _ => ::core::option::Option::None,
                            }
                        },
                    );
                let answers = ::actor_runtime::__private::given::<(Self, Row)>()
                    .assert_send(Self::insert(self, batch))
                    .await;
                ::actor_runtime::__private::answer_each(replies, answers);
            }
            StoreCommand::Note { lines } => {
                let (batch, _) = context
                    .batch(
                        "note",
                        8,
                        (lines, ()),
                        |command| {
                            match command {
                                StoreCommand::Note { lines } => {
                                    ::core::option::Option::Some((lines, ()))
                                }
                                _ => ::core::option::Option::None,
                            }
                        },
                    );
                Self::note(self, batch);
            }
            StoreCommand::Len { reply } => reply.send(Self::len(self)),
            StoreCommand::Count { ref reply, .. } if reply.is_closed() => {
                context.skip(command)
            }
            StoreCommand::Count { from, reply } => reply.send(Self::count(self, from)),
        }
    }
    async fn run(
        mut self,
        inbox: &mut ::actor_runtime::Inbox<StoreCommand>,
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
impl ::actor_runtime::SendActor for Store
where
    for<'assumed> StoreCommand: ::core::marker::Send,
{
    fn run_send(
        self,
        inbox: &mut ::actor_runtime::Inbox<StoreCommand>,
        context: &mut ::actor_runtime::Context<Self>,
    ) -> impl ::core::future::Future<Output = Self> + ::core::marker::Send {
        ::actor_runtime::__private::is_send::<Row>();
        ::actor_runtime::__private::is_send::<io::Result<usize>>();
        ::actor_runtime::__private::given::<(Self, Row, io::Result<usize>)>()
            .assert_loop(::actor_runtime::Actor::run(self, inbox, context))
    }
}
fn main() {}
