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
/// A type that is one only if `G` is a game for players like `P`.
pub struct Seat<G, P: Player>(
    pub G,
    pub P::Item,
)
where
    G: Rules<P>;
pub trait Rules<P> {
    type Result;
}
pub struct Hall<G: Rules<P>, P: Player, R> {
    seats: Vec<Seat<G, P>>,
    _results: Vec<R>,
}
impl<G, P, R> Hall<G, P, R>
where
    G: Rules<P, Result = R>,
    P: Player,
{
    pub fn sit(&mut self, seat: Seat<G, P>, item: P::Item) {
        self.seats.push(Seat(seat.0, item));
    }
}
/// Commands for a [`Hall`] actor.
#[non_exhaustive]
pub enum HallCommand<G, P>
where
    G: Rules<P>,
    P: Player,
{
    /// Sent by [`HallClient::sit`].
    Sit {
        /// The argument `seat`.
        seat: Seat<G, P>,
        /// The argument `item`.
        item: P::Item,
    },
}
#[automatically_derived]
impl<G, P> ::actor_runtime::Command for HallCommand<G, P>
where
    G: Rules<P>,
    P: Player,
{
    type Events = ();
    type Latest = ();
    const ACTOR: &'static str = "hall";
    fn name(&self) -> &'static str {
        match *self {
            Self::Sit { .. } => "sit",
        }
    }
}
#[automatically_derived]
impl<G, P> ::core::fmt::Debug for HallCommand<G, P>
where
    G: Rules<P>,
    P: Player,
{
    fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
        f.write_str(::actor_runtime::Command::name(self))
    }
}
/// A client of a [`Hall`] actor.
pub struct HallClient<G, P>(
    ::actor_runtime::__private::Sender<HallCommand<G, P>>,
)
where
    G: Rules<P>,
    P: Player;
#[allow(clippy::future_not_send, reason = "`Send` if the type parameters are")]
impl<G, P> HallClient<G, P>
where
    G: Rules<P>,
    P: Player,
{
    /// Calls `Hall::sit`.
    pub async fn sit(
        &self,
        seat: Seat<G, P>,
        item: P::Item,
    ) -> ::core::result::Result<(), ::actor_runtime::CallError> {
        (&self.0).cast(HallCommand::Sit { seat, item }).await
    }
}
#[automatically_derived]
impl<G, P> ::actor_runtime::Client for HallClient<G, P>
where
    G: Rules<P>,
    P: Player,
    G: 'static,
    P: 'static,
{
    type Command = HallCommand<G, P>;
    fn from_sender(sender: ::actor_runtime::__private::Sender<Self::Command>) -> Self {
        Self(sender)
    }
    fn as_sender(&self) -> &::actor_runtime::__private::Sender<Self::Command> {
        &self.0
    }
}
#[automatically_derived]
impl<G, P> ::core::clone::Clone for HallClient<G, P>
where
    G: Rules<P>,
    P: Player,
{
    fn clone(&self) -> Self {
        Self(::core::clone::Clone::clone(&self.0))
    }
}
#[automatically_derived]
impl<G, P> ::core::fmt::Debug for HallClient<G, P>
where
    G: Rules<P>,
    P: Player,
{
    fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
        (&self.0).describe("HallClient", f)
    }
}
#[automatically_derived]
#[allow(clippy::future_not_send, reason = "`Send` if the type parameters are")]
#[allow(
    clippy::trait_duplication_in_bounds,
    clippy::type_repetition_in_bounds,
    reason = "the block may already have these bounds"
)]
impl<G, P, R> ::actor_runtime::Actor for Hall<G, P, R>
where
    G: Rules<P, Result = R>,
    P: Player,
    G: ::core::marker::Send + 'static,
    P: ::core::marker::Send + 'static,
    R: ::core::marker::Send + 'static,
{
    type Command = HallCommand<G, P>;
    type Client = HallClient<G, P>;
    async fn handle(
        &mut self,
        command: HallCommand<G, P>,
        _context: &mut ::actor_runtime::Context<Self>,
    ) {
        match command {
            HallCommand::Sit { seat, item } => Self::sit(self, seat, item),
        }
    }
    async fn run(
        mut self,
        inbox: &mut ::actor_runtime::Inbox<HallCommand<G, P>>,
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
impl<G, P, R> ::actor_runtime::SendActor for Hall<G, P, R>
where
    G: Rules<P, Result = R>,
    P: Player,
    G: ::core::marker::Send + 'static,
    P: ::core::marker::Send + 'static,
    R: ::core::marker::Send + 'static,
    Self: ::core::marker::Send,
    Seat<G, P>: ::core::marker::Send,
    P::Item: ::core::marker::Send,
{
    fn run_send(
        self,
        inbox: &mut ::actor_runtime::Inbox<HallCommand<G, P>>,
        context: &mut ::actor_runtime::Context<Self>,
    ) -> impl ::core::future::Future<Output = Self> + ::core::marker::Send {
        ::actor_runtime::Actor::run(self, inbox, context)
    }
}
pub struct Queue<G: Rules<P>, P: Player> {
    items: Vec<P::Item>,
    _rules: G,
}
impl<G, P> Queue<G, P>
where
    G: Rules<P>,
    P: Player,
    G::Result: Job<Item = P::Item>,
{
    pub fn wait(&mut self, item: P::Item) {
        self.items.push(item);
    }
}
/// Commands for a [`Queue`] actor.
#[non_exhaustive]
pub enum QueueCommand<P>
where
    P: Player,
{
    /// Sent by [`QueueClient::wait`].
    Wait {
        /// The argument `item`.
        item: P::Item,
    },
}
#[automatically_derived]
impl<P> ::actor_runtime::Command for QueueCommand<P>
where
    P: Player,
{
    type Events = ();
    type Latest = ();
    const ACTOR: &'static str = "queue";
    fn name(&self) -> &'static str {
        match *self {
            Self::Wait { .. } => "wait",
        }
    }
}
#[automatically_derived]
impl<P> ::core::fmt::Debug for QueueCommand<P>
where
    P: Player,
{
    fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
        f.write_str(::actor_runtime::Command::name(self))
    }
}
/// A client of a [`Queue`] actor.
pub struct QueueClient<P>(
    ::actor_runtime::__private::Sender<QueueCommand<P>>,
)
where
    P: Player;
#[allow(clippy::future_not_send, reason = "`Send` if the type parameters are")]
impl<P> QueueClient<P>
where
    P: Player,
{
    /// Calls `Queue::wait`.
    pub async fn wait(
        &self,
        item: P::Item,
    ) -> ::core::result::Result<(), ::actor_runtime::CallError> {
        (&self.0).cast(QueueCommand::Wait { item }).await
    }
}
#[automatically_derived]
impl<P> ::actor_runtime::Client for QueueClient<P>
where
    P: Player,
    P: 'static,
{
    type Command = QueueCommand<P>;
    fn from_sender(sender: ::actor_runtime::__private::Sender<Self::Command>) -> Self {
        Self(sender)
    }
    fn as_sender(&self) -> &::actor_runtime::__private::Sender<Self::Command> {
        &self.0
    }
}
#[automatically_derived]
impl<P> ::core::clone::Clone for QueueClient<P>
where
    P: Player,
{
    fn clone(&self) -> Self {
        Self(::core::clone::Clone::clone(&self.0))
    }
}
#[automatically_derived]
impl<P> ::core::fmt::Debug for QueueClient<P>
where
    P: Player,
{
    fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
        (&self.0).describe("QueueClient", f)
    }
}
#[automatically_derived]
#[allow(clippy::future_not_send, reason = "`Send` if the type parameters are")]
#[allow(
    clippy::trait_duplication_in_bounds,
    clippy::type_repetition_in_bounds,
    reason = "the block may already have these bounds"
)]
impl<G, P> ::actor_runtime::Actor for Queue<G, P>
where
    G: Rules<P>,
    P: Player,
    G::Result: Job<Item = P::Item>,
    G: ::core::marker::Send + 'static,
    P: ::core::marker::Send + 'static,
{
    type Command = QueueCommand<P>;
    type Client = QueueClient<P>;
    async fn handle(
        &mut self,
        command: QueueCommand<P>,
        _context: &mut ::actor_runtime::Context<Self>,
    ) {
        match command {
            QueueCommand::Wait { item } => Self::wait(self, item),
        }
    }
    async fn run(
        mut self,
        inbox: &mut ::actor_runtime::Inbox<QueueCommand<P>>,
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
impl<G, P> ::actor_runtime::SendActor for Queue<G, P>
where
    G: Rules<P>,
    P: Player,
    G::Result: Job<Item = P::Item>,
    G: ::core::marker::Send + 'static,
    P: ::core::marker::Send + 'static,
    Self: ::core::marker::Send,
    P::Item: ::core::marker::Send,
{
    fn run_send(
        self,
        inbox: &mut ::actor_runtime::Inbox<QueueCommand<P>>,
        context: &mut ::actor_runtime::Context<Self>,
    ) -> impl ::core::future::Future<Output = Self> + ::core::marker::Send {
        ::actor_runtime::Actor::run(self, inbox, context)
    }
}
pub struct Chess;
impl Player for Chess {
    type Item = u8;
}
impl Game for Chess {
    type Job = u8;
}
impl Job for u8 {
    type Item = ();
}
pub fn main() {
    let (client, _inbox) = actor_runtime::channel_of::<TableClient<Chess>>(1);
    drop(client.add(1));
    let (client, _inbox) = actor_runtime::channel_of::<QueueClient<Chess>>(1);
    drop(client.wait(1));
}
