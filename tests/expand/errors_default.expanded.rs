pub struct Inventory {
    items: Vec<String>,
}
impl Inventory {
    pub fn list(&self) -> Vec<String> {
        self.items.clone()
    }
    pub fn add(&mut self, item: String) {
        self.items.push(item);
    }
    pub fn clear(&mut self) {
        self.items.clear();
    }
    pub fn count(&self) -> usize {
        self.items.len()
    }
}
/// Commands for a [`Inventory`] actor.
#[non_exhaustive]
pub enum InventoryCommand {
    /// Sent by [`InventoryClient::list`].
    List {
        /// Sends the answer to the caller.
        reply: ::actor_runtime::Reply<Vec<String>>,
    },
    /// Sent by [`InventoryClient::add`].
    Add {
        /// The argument `item`.
        item: String,
    },
    /// Sent by [`InventoryClient::clear`].
    Clear {
        /// Sends the answer to the caller.
        reply: ::actor_runtime::Reply<()>,
    },
    /// Sent by [`InventoryClient::count`].
    Count {
        /// Sends the answer to the caller.
        reply: ::actor_runtime::Reply<usize>,
    },
}
#[automatically_derived]
impl ::actor_runtime::Command for InventoryCommand {
    type Events = ();
    type Latest = ();
    const ACTOR: &'static str = "inventory";
    fn name(&self) -> &'static str {
        match *self {
            Self::List { .. } => "list",
            Self::Add { .. } => "add",
            Self::Clear { .. } => "clear",
            Self::Count { .. } => "count",
        }
    }
}
#[automatically_derived]
impl ::core::fmt::Debug for InventoryCommand {
    fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
        f.write_str(::actor_runtime::Command::name(self))
    }
}
/// A client of a [`Inventory`] actor.
#[derive(::core::clone::Clone)]
pub struct InventoryClient(::actor_runtime::__private::Sender<InventoryCommand>);
impl InventoryClient {
    /// Calls `Inventory::list`.
    pub async fn list(&self) -> Vec<String> {
        let (reply, answer) = ::actor_runtime::Reply::new();
        ::actor_runtime::__private::or_default(
            "list",
            (&self.0).call(InventoryCommand::List { reply }, answer).await,
        )
    }
    /// Calls `Inventory::add`.
    pub async fn add(&self, item: String) {
        ::actor_runtime::__private::or_default(
            "add",
            (&self.0).cast(InventoryCommand::Add { item }).await,
        )
    }
    /// Calls `Inventory::clear`.
    pub async fn clear(&self) {
        let (reply, answer) = ::actor_runtime::Reply::new();
        ::actor_runtime::__private::or_default(
            "clear",
            (&self.0).call(InventoryCommand::Clear { reply }, answer).await,
        )
    }
    /// Calls `Inventory::count`.
    pub async fn count(
        &self,
    ) -> ::core::result::Result<usize, ::actor_runtime::CallError> {
        let (reply, answer) = ::actor_runtime::Reply::new();
        (&self.0).call(InventoryCommand::Count { reply }, answer).await
    }
}
#[automatically_derived]
impl ::actor_runtime::Client for InventoryClient {
    type Command = InventoryCommand;
    fn from_sender(sender: ::actor_runtime::__private::Sender<Self::Command>) -> Self {
        Self(sender)
    }
    fn as_sender(&self) -> &::actor_runtime::__private::Sender<Self::Command> {
        &self.0
    }
}
#[automatically_derived]
impl ::core::fmt::Debug for InventoryClient {
    fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
        (&self.0).describe("InventoryClient", f)
    }
}
#[automatically_derived]
impl ::actor_runtime::Actor for Inventory {
    type Command = InventoryCommand;
    type Client = InventoryClient;
    async fn handle(
        &mut self,
        command: InventoryCommand,
        _context: &mut ::actor_runtime::Context<Self>,
    ) {
        match command {
            InventoryCommand::List { reply } => reply.send(Self::list(self)),
            InventoryCommand::Add { item } => Self::add(self, item),
            InventoryCommand::Clear { reply } => reply.send(Self::clear(self)),
            InventoryCommand::Count { reply } => reply.send(Self::count(self)),
        }
    }
    async fn run(
        mut self,
        inbox: &mut ::actor_runtime::Inbox<InventoryCommand>,
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
impl ::actor_runtime::SendActor for Inventory {
    fn run_send(
        self,
        inbox: &mut ::actor_runtime::Inbox<InventoryCommand>,
        context: &mut ::actor_runtime::Context<Self>,
    ) -> impl ::core::future::Future<Output = Self> + ::core::marker::Send {
        ::actor_runtime::__private::given::<Self>()
            .assert_loop(::actor_runtime::Actor::run(self, inbox, context))
    }
}
fn main() {}
