//! Calls that may run in place, with a cast, an async method and a latest value.
#[derive(Default)]
pub struct Store(Vec<String>);
impl Store {
    pub fn get(&self, index: usize) -> Option<String> {
        self.0.get(index).cloned()
    }
    pub fn push(&mut self, value: String) {
        self.0.push(value);
    }
    pub async fn load(&mut self) -> usize {
        std::future::ready(self.0.len()).await
    }
    pub fn len(&self) -> usize {
        self.0.len()
    }
}
/// Commands for a [`Store`] actor.
#[non_exhaustive]
pub enum StoreCommand {
    /// Sent by [`StoreClient::get`].
    Get {
        /// The argument `index`.
        index: usize,
        /// Sends the answer to the caller.
        reply: ::actor_runtime::Reply<Option<String>>,
    },
    /// Sent by [`StoreClient::push`].
    Push {
        /// The argument `value`.
        value: String,
    },
    /// Sent by [`StoreClient::load`].
    Load {
        /// Sends the answer to the caller.
        reply: ::actor_runtime::Reply<usize>,
    },
}
const _: () = {
    /// The latest values of a [`Store`] actor.
    pub struct Latest {
        /// The value that `len` returned last.
        pub len: ::actor_runtime::Latest<usize>,
    }
    #[automatically_derived]
    impl ::actor_runtime::__private::Published for Latest {
        fn open(_: usize) -> Self {
            Self {
                len: ::actor_runtime::Latest::new(),
            }
        }
        fn close(&self) {
            ::actor_runtime::__private::Published::close(&self.len);
        }
    }
    #[automatically_derived]
    impl ::actor_runtime::Command for StoreCommand {
        type Events = ();
        type Latest = ::actor_runtime::__private::InPlace<Latest>;
        const ACTOR: &'static str = "store";
        fn name(&self) -> &'static str {
            match *self {
                Self::Get { .. } => "get",
                Self::Push { .. } => "push",
                Self::Load { .. } => "load",
            }
        }
        fn is_immediate(&self) -> bool {
            ::core::matches!(* self, Self::Get { .. } | Self::Push { .. })
        }
    }
};
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
    /// Calls `Store::get`.
    pub async fn get(
        &self,
        index: usize,
    ) -> ::core::result::Result<Option<String>, ::actor_runtime::CallError> {
        let (reply, answer) = ::actor_runtime::Reply::new();
        (&self.0).call(StoreCommand::Get { index, reply }, answer).in_place().await
    }
    /// Calls `Store::push`.
    pub async fn push(
        &self,
        value: String,
    ) -> ::core::result::Result<(), ::actor_runtime::CallError> {
        (&self.0).cast(StoreCommand::Push { value }).await
    }
    /// Calls `Store::load`.
    pub async fn load(
        &self,
    ) -> ::core::result::Result<usize, ::actor_runtime::CallError> {
        let (reply, answer) = ::actor_runtime::Reply::new();
        (&self.0).call(StoreCommand::Load { reply }, answer).await
    }
    /// Returns the value that `Store::len` returned last.
    #[track_caller]
    pub fn len(&self) -> usize {
        ::actor_runtime::Latest::get(&(&self.0).latest().len)
    }
    /// Follows [`len`](Self::len): yields its present value, then each change.
    pub fn watch_len(&self) -> ::actor_runtime::Watch<usize> {
        ::actor_runtime::Latest::watch(&(&self.0).latest().len)
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
    fn handle_now(
        &mut self,
        command: StoreCommand,
        context: &mut ::actor_runtime::Context<Self>,
    ) {
        let held: ::actor_runtime::__private::Held = match command {
            StoreCommand::Get { index, reply } => {
                return reply.send(Self::get(self, index));
            }
            StoreCommand::Push { value } => {
                Self::push(self, value);
                ::actor_runtime::__private::Held::nothing()
            }
            StoreCommand::Load { .. } => return,
        };
        ::actor_runtime::Actor::publish(self, context);
        held.send();
    }
    async fn handle(
        &mut self,
        command: StoreCommand,
        context: &mut ::actor_runtime::Context<Self>,
    ) {
        let held: ::actor_runtime::__private::Held = match command {
            StoreCommand::Load { reply } => {
                reply
                    .hold(
                        ::actor_runtime::__private::given::<Self>()
                            .assert_send(Self::load(self))
                            .await,
                    )
            }
            command => return ::actor_runtime::Actor::handle_now(self, command, context),
        };
        ::actor_runtime::Actor::publish(self, context);
        held.send();
    }
    async fn run(
        self,
        inbox: &mut ::actor_runtime::Inbox<StoreCommand>,
        context: &mut ::actor_runtime::Context<Self>,
    ) -> Self {
        let mut lent = inbox.lend(self, context);
        while let ::core::option::Option::Some(command) = (&mut lent).next().await {
            let (actor, context) = (&mut lent).parts();
            ::actor_runtime::Actor::handle(actor, command, context).await;
        }
        lent.into_state()
    }
    fn publish(&self, context: &::actor_runtime::Context<Self>) {
        let latest = context.latest();
        ::actor_runtime::Latest::publish(&latest.len, Self::len(self));
    }
}
#[automatically_derived]
impl ::actor_runtime::SendActor for Store {
    fn run_send(
        self,
        inbox: &mut ::actor_runtime::Inbox<StoreCommand>,
        context: &mut ::actor_runtime::Context<Self>,
    ) -> impl ::core::future::Future<Output = Self> + ::core::marker::Send {
        ::actor_runtime::__private::given::<Self>()
            .assert_loop(::actor_runtime::Actor::run(self, inbox, context))
    }
}
fn main() {}
