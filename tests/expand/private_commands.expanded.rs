use actor_runtime::Context;
pub struct Feed {
    items: Vec<String>,
}
impl Feed {
    pub fn refresh(&self, ctx: &mut Context<Self>) {
        let feed = ctx.client().clone();
        ctx.spawn(async move {
            if let Some(feed) = feed.upgrade() {
                let _ = feed.replace(Vec::new()).await;
            }
        });
    }
    /// Replaces all items.
    fn replace(&mut self, items: Vec<String>) {
        self.items = items;
    }
    fn _len(&self) -> usize {
        self.items.len()
    }
}
/// Commands for a [`Feed`] actor.
#[non_exhaustive]
pub enum FeedCommand {
    /// Sent by [`FeedClient::refresh`].
    Refresh,
    #[doc(hidden)]
    /// Replaces all items.
    ///
    /// Sent by `FeedClient::replace`.
    Replace {
        /// The argument `items`.
        items: Vec<String>,
    },
}
#[automatically_derived]
impl ::actor_runtime::Command for FeedCommand {
    type Events = ();
    type Latest = ();
    const HAS_PRIORITY: bool = true;
    const ACTOR: &'static str = "feed";
    fn name(&self) -> &'static str {
        match *self {
            Self::Refresh { .. } => "refresh",
            Self::Replace { .. } => "replace",
        }
    }
    fn has_priority(&self) -> bool {
        ::core::matches!(* self, Self::Replace { .. })
    }
}
#[automatically_derived]
impl ::core::fmt::Debug for FeedCommand {
    fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
        f.write_str(::actor_runtime::Command::name(self))
    }
}
/// A client of a [`Feed`] actor.
#[derive(::core::clone::Clone)]
pub struct FeedClient(::actor_runtime::__private::Sender<FeedCommand>);
impl FeedClient {
    /// Calls `Feed::refresh`.
    pub async fn refresh(
        &self,
    ) -> ::core::result::Result<(), ::actor_runtime::CallError> {
        (&self.0).cast(FeedCommand::Refresh).await
    }
    /// Replaces all items.
    async fn replace(
        &self,
        items: Vec<String>,
    ) -> ::core::result::Result<(), ::actor_runtime::CallError> {
        (&self.0).cast(FeedCommand::Replace { items }).await
    }
}
#[automatically_derived]
impl ::actor_runtime::Client for FeedClient {
    type Command = FeedCommand;
    fn from_sender(sender: ::actor_runtime::__private::Sender<Self::Command>) -> Self {
        Self(sender)
    }
    fn as_sender(&self) -> &::actor_runtime::__private::Sender<Self::Command> {
        &self.0
    }
}
#[automatically_derived]
impl ::core::fmt::Debug for FeedClient {
    fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
        (&self.0).describe("FeedClient", f)
    }
}
#[automatically_derived]
impl ::actor_runtime::Actor for Feed {
    type Command = FeedCommand;
    type Client = FeedClient;
    async fn handle(
        &mut self,
        command: FeedCommand,
        context: &mut ::actor_runtime::Context<Self>,
    ) {
        match command {
            FeedCommand::Refresh => Self::refresh(self, context),
            FeedCommand::Replace { items } => Self::replace(self, items),
        }
    }
    async fn run(
        mut self,
        inbox: &mut ::actor_runtime::Inbox<FeedCommand>,
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
impl ::actor_runtime::SendActor for Feed {
    fn run_send(
        self,
        inbox: &mut ::actor_runtime::Inbox<FeedCommand>,
        context: &mut ::actor_runtime::Context<Self>,
    ) -> impl ::core::future::Future<Output = Self> + ::core::marker::Send {
        ::actor_runtime::__private::given::<Self>()
            .assert_loop(::actor_runtime::Actor::run(self, inbox, context))
    }
}
struct Counter(u32);
impl Counter {
    fn add(&mut self, number: u32) -> u32 {
        self.0 += number;
        self.0
    }
}
/// Commands for a [`Counter`] actor.
enum CounterCommand {
    /// Sent by [`CounterClient::add`].
    Add {
        /// The argument `number`.
        number: u32,
        /// Sends the answer to the caller.
        reply: ::actor_runtime::Reply<u32>,
    },
}
#[automatically_derived]
impl ::actor_runtime::Command for CounterCommand {
    type Events = ();
    type Latest = ();
    const ACTOR: &'static str = "counter";
    fn name(&self) -> &'static str {
        match *self {
            Self::Add { .. } => "add",
        }
    }
}
#[automatically_derived]
impl ::core::fmt::Debug for CounterCommand {
    fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
        f.write_str(::actor_runtime::Command::name(self))
    }
}
/// A client of a [`Counter`] actor.
#[derive(::core::clone::Clone)]
struct CounterClient(::actor_runtime::__private::Sender<CounterCommand>);
impl CounterClient {
    /// Calls `Counter::add`.
    async fn add(
        &self,
        number: u32,
    ) -> ::core::result::Result<u32, ::actor_runtime::CallError> {
        let (reply, answer) = ::actor_runtime::Reply::new();
        (&self.0)
            .call(
                CounterCommand::Add {
                    number,
                    reply,
                },
                answer,
            )
            .await
    }
}
#[automatically_derived]
impl ::actor_runtime::Client for CounterClient {
    type Command = CounterCommand;
    fn from_sender(sender: ::actor_runtime::__private::Sender<Self::Command>) -> Self {
        Self(sender)
    }
    fn as_sender(&self) -> &::actor_runtime::__private::Sender<Self::Command> {
        &self.0
    }
}
#[automatically_derived]
impl ::core::fmt::Debug for CounterClient {
    fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
        (&self.0).describe("CounterClient", f)
    }
}
#[automatically_derived]
impl ::actor_runtime::Actor for Counter {
    type Command = CounterCommand;
    type Client = CounterClient;
    async fn handle(
        &mut self,
        command: CounterCommand,
        _context: &mut ::actor_runtime::Context<Self>,
    ) {
        match command {
            CounterCommand::Add { number, reply } => reply.send(Self::add(self, number)),
        }
    }
    async fn run(
        mut self,
        inbox: &mut ::actor_runtime::Inbox<CounterCommand>,
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
impl ::actor_runtime::SendActor for Counter {
    fn run_send(
        self,
        inbox: &mut ::actor_runtime::Inbox<CounterCommand>,
        context: &mut ::actor_runtime::Context<Self>,
    ) -> impl ::core::future::Future<Output = Self> + ::core::marker::Send {
        ::actor_runtime::__private::given::<Self>()
            .assert_loop(::actor_runtime::Actor::run(self, inbox, context))
    }
}
pub fn main() {
    let (feed, _inbox) = actor_runtime::channel::<Feed>(1);
    drop(feed.refresh());
    let (counter, _inbox) = actor_runtime::channel::<Counter>(1);
    drop(counter.add(1));
}
