pub trait Job {
    type Item;
}
pub trait Game {
    type Job;
}
pub trait Player {
    type Item;
}
/// A type that is one only if its parameter is a job.
pub struct Ticket<J: Job>(pub J);
pub struct Table<G: Game, P> {
    jobs: Vec<G::Job>,
    _player: P,
}
impl<G, P> Table<G, P>
where
    G: Game,
    P: Player,
    G::Job: Job<Item = P::Item> + Into<P>,
{
    pub fn add(&mut self, job: G::Job) {
        self.jobs.push(job);
    }
    pub fn take(&mut self) -> Option<Ticket<G::Job>> {
        self.jobs.pop().map(Ticket)
    }
}
/// Commands for a [`Table`] actor.
#[non_exhaustive]
pub enum TableCommand<G>
where
    G: Game,
    G::Job: Job,
{
    /// Sent by [`TableClient::add`].
    Add {
        /// The argument `job`.
        job: G::Job,
    },
    /// Sent by [`TableClient::take`].
    Take {
        /// Sends the answer to the caller.
        reply: ::actor_runtime::Reply<Option<Ticket<G::Job>>>,
    },
}
#[automatically_derived]
impl<G> ::actor_runtime::Command for TableCommand<G>
where
    G: Game,
    G::Job: Job,
{
    type Events = ();
    type Latest = ();
    const ACTOR: &'static str = "table";
    fn name(&self) -> &'static str {
        match *self {
            Self::Add { .. } => "add",
            Self::Take { .. } => "take",
        }
    }
}
#[automatically_derived]
impl<G> ::core::fmt::Debug for TableCommand<G>
where
    G: Game,
    G::Job: Job,
{
    fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
        f.write_str(::actor_runtime::Command::name(self))
    }
}
/// A client of a [`Table`] actor.
pub struct TableClient<G>(
    ::actor_runtime::__private::Sender<TableCommand<G>>,
)
where
    G: Game,
    G::Job: Job;
#[allow(clippy::future_not_send, reason = "`Send` if the type parameters are")]
impl<G> TableClient<G>
where
    G: Game,
    G::Job: Job,
{
    /// Calls `Table::add`.
    pub async fn add(
        &self,
        job: G::Job,
    ) -> ::core::result::Result<(), ::actor_runtime::CallError> {
        (&self.0).cast(TableCommand::Add { job }).await
    }
    /// Calls `Table::take`.
    pub async fn take(
        &self,
    ) -> ::core::result::Result<Option<Ticket<G::Job>>, ::actor_runtime::CallError> {
        let (reply, answer) = ::actor_runtime::Reply::new();
        (&self.0).call(TableCommand::Take { reply }, answer).await
    }
}
#[automatically_derived]
impl<G> ::actor_runtime::Client for TableClient<G>
where
    G: Game,
    G::Job: Job,
    G: 'static,
{
    type Command = TableCommand<G>;
    fn from_sender(sender: ::actor_runtime::__private::Sender<Self::Command>) -> Self {
        Self(sender)
    }
    fn as_sender(&self) -> &::actor_runtime::__private::Sender<Self::Command> {
        &self.0
    }
}
#[automatically_derived]
impl<G> ::core::clone::Clone for TableClient<G>
where
    G: Game,
    G::Job: Job,
{
    fn clone(&self) -> Self {
        Self(::core::clone::Clone::clone(&self.0))
    }
}
#[automatically_derived]
impl<G> ::core::fmt::Debug for TableClient<G>
where
    G: Game,
    G::Job: Job,
{
    fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
        (&self.0).describe("TableClient", f)
    }
}
#[automatically_derived]
#[allow(clippy::future_not_send, reason = "`Send` if the type parameters are")]
#[allow(
    clippy::trait_duplication_in_bounds,
    clippy::type_repetition_in_bounds,
    reason = "the block may already have these bounds"
)]
impl<G, P> ::actor_runtime::Actor for Table<G, P>
where
    G: Game,
    P: Player,
    G::Job: Job<Item = P::Item> + Into<P>,
    G: ::core::marker::Send + 'static,
    P: ::core::marker::Send + 'static,
{
    type Command = TableCommand<G>;
    type Client = TableClient<G>;
    async fn handle(
        &mut self,
        command: TableCommand<G>,
        _context: &mut ::actor_runtime::Context<Self>,
    ) {
        match command {
            TableCommand::Add { job } => Self::add(self, job),
            TableCommand::Take { reply } => reply.send(Self::take(self)),
        }
    }
    async fn run(
        mut self,
        inbox: &mut ::actor_runtime::Inbox<TableCommand<G>>,
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
#[allow(
    clippy::trait_duplication_in_bounds,
    clippy::type_repetition_in_bounds,
    reason = "the block may already have these bounds"
)]
impl<G, P> ::actor_runtime::SendActor for Table<G, P>
where
    G: Game,
    P: Player,
    G::Job: Job<Item = P::Item> + Into<P>,
    G: ::core::marker::Send + 'static,
    P: ::core::marker::Send + 'static,
    Self: ::core::marker::Send,
    G::Job: ::core::marker::Send,
    Ticket<G::Job>: ::core::marker::Send,
{
    fn run_send(
        self,
        inbox: &mut ::actor_runtime::Inbox<TableCommand<G>>,
        context: &mut ::actor_runtime::Context<Self>,
    ) -> impl ::core::future::Future<Output = Self> + ::core::marker::Send {
        ::actor_runtime::Actor::run(self, inbox, context)
    }
}
pub struct Chess;
impl Game for Chess {
    type Job = u8;
}
impl Job for u8 {
    type Item = ();
}
pub fn main() {
    let (client, _inbox) = actor_runtime::channel_of::<TableClient<Chess>>(1);
    drop(client.add(1));
}
