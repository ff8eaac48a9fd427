//! Commands that take the state, and end the actor with it.
#[derive(Default)]
pub struct Store(Vec<String>);
impl Store {
    pub fn insert(&mut self, value: String) {
        self.0.push(value);
    }
    /// The values, when no more can be added.
    pub fn into_values(self) -> Vec<String> {
        self.0
    }
    pub async fn write_to(mut self, name: &str) {
        std::future::ready(name.len()).await;
        self.0.clear();
    }
    pub fn len(&self) -> usize {
        self.0.len()
    }
}
/// Commands for a [`Store`] actor.
#[non_exhaustive]
pub enum StoreCommand {
    /// Sent by [`StoreClient::insert`].
    Insert {
        /// The argument `value`.
        value: String,
    },
    /// The values, when no more can be added.
    ///
    /// Sent by [`StoreClient::into_values`].
    IntoValues {
        /// Sends the answer to the caller.
        reply: ::actor_runtime::Reply<Vec<String>>,
    },
    /// Sent by [`StoreClient::write_to`].
    WriteTo {
        /// The argument `name`.
        name: ::std::string::String,
        /// Sends the answer to the caller.
        reply: ::actor_runtime::Reply<()>,
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
        type Latest = Latest;
        const ACTOR: &'static str = "store";
        fn name(&self) -> &'static str {
            match *self {
                Self::Insert { .. } => "insert",
                Self::IntoValues { .. } => "into_values",
                Self::WriteTo { .. } => "write_to",
            }
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
    /// Calls `Store::insert`.
    pub async fn insert(
        &self,
        value: String,
    ) -> ::core::result::Result<(), ::actor_runtime::CallError> {
        (&self.0).cast(StoreCommand::Insert { value }).await
    }
    /// The values, when no more can be added.
    pub async fn into_values(
        &self,
    ) -> ::core::result::Result<Vec<String>, ::actor_runtime::CallError> {
        let (reply, answer) = ::actor_runtime::Reply::new();
        (&self.0).call(StoreCommand::IntoValues { reply }, answer).await
    }
    /// Calls `Store::write_to`.
    pub async fn write_to(
        &self,
        name: &str,
    ) -> ::core::result::Result<(), ::actor_runtime::CallError> {
        let name = ::std::borrow::ToOwned::to_owned(name);
        let (reply, answer) = ::actor_runtime::Reply::new();
        (&self.0)
            .call(
                StoreCommand::WriteTo {
                    name,
                    reply,
                },
                answer,
            )
            .await
    }
    /// Like [`write_to`](Self::write_to), but returns a future of the answer once the call is sent, and fails with `CallError::Full` instead of waiting for room in the mailbox.
    pub fn try_write_to(
        &self,
        name: &str,
    ) -> ::core::result::Result<
        ::actor_runtime::Answer<()>,
        ::actor_runtime::CallError,
    > {
        let name = ::std::borrow::ToOwned::to_owned(name);
        let (reply, answer) = ::actor_runtime::Reply::new();
        (&self.0)
            .call(
                StoreCommand::WriteTo {
                    name,
                    reply,
                },
                answer,
            )
            .if_room()
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
    const HAS_LAST: bool = true;
    async fn handle(
        &mut self,
        command: StoreCommand,
        context: &mut ::actor_runtime::Context<Self>,
    ) {
        let held: ::actor_runtime::__private::Held = match command {
            StoreCommand::Insert { value } => {
                Self::insert(self, value);
                ::actor_runtime::__private::Held::nothing()
            }
            StoreCommand::IntoValues { .. } => return context.keep_last(command),
            StoreCommand::WriteTo { .. } => return context.keep_last(command),
        };
        ::actor_runtime::Actor::publish(self, context);
        held.send();
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
    fn publish(&self, context: &::actor_runtime::Context<Self>) {
        let latest = context.latest();
        ::actor_runtime::Latest::publish(&latest.len, Self::len(self));
    }
    async fn last(self, command: StoreCommand) {
        match command {
            StoreCommand::IntoValues { reply } => reply.send(Self::into_values(self)),
            StoreCommand::WriteTo { name, reply } => {
                reply
                    .send(
                        ::actor_runtime::__private::given::<Self>()
                            .assert_send(Self::write_to(self, &name))
                            .await,
                    )
            }
            _ => {}
        }
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
    fn last_send(
        self,
        command: StoreCommand,
    ) -> impl ::core::future::Future<Output = ()> + ::core::marker::Send {
        ::actor_runtime::__private::given::<Self>()
            .assert_loop(::actor_runtime::Actor::last(self, command))
    }
}
pub fn main() {}
