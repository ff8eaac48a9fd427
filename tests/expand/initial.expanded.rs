pub struct Pool<const N: usize> {
    taken: usize,
}
impl<const N: usize> Pool<N> {
    const NONE: usize = 0;
    pub fn take(&mut self) {
        self.taken += 1;
    }
    /// The number of places that are taken.
    pub fn taken(&self) -> usize {
        self.taken
    }
    pub fn free(&self) -> Option<usize> {
        N.checked_sub(self.taken)
    }
}
/// Commands for a [`Pool`] actor.
#[non_exhaustive]
pub enum PoolCommand {
    /// Sent by [`PoolClient::take`].
    Take,
}
const _: () = {
    /// The latest values of a [`Pool`] actor.
    pub struct Latest {
        /// The value that `taken` returned last.
        pub taken: ::actor_runtime::Latest<usize>,
        /// The value that `free` returned last.
        pub free: ::actor_runtime::Latest<Option<usize>>,
    }
    #[automatically_derived]
    impl ::actor_runtime::__private::Published for Latest {
        fn open(_: usize) -> Self {
            Self {
                taken: ::actor_runtime::Latest::new(),
                free: ::actor_runtime::Latest::new(),
            }
        }
        fn close(&self) {
            ::actor_runtime::__private::Published::close(&self.taken);
            ::actor_runtime::__private::Published::close(&self.free);
        }
    }
    #[automatically_derived]
    impl ::actor_runtime::__private::Initialized for Latest {}
    #[automatically_derived]
    impl ::actor_runtime::Command for PoolCommand {
        type Events = ();
        type Latest = Latest;
        const ACTOR: &'static str = "pool";
        fn name(&self) -> &'static str {
            match *self {
                Self::Take { .. } => "take",
            }
        }
    }
};
#[automatically_derived]
impl ::core::fmt::Debug for PoolCommand {
    fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
        f.write_str(::actor_runtime::Command::name(self))
    }
}
/// A client of a [`Pool`] actor.
#[derive(::core::clone::Clone)]
pub struct PoolClient(::actor_runtime::__private::Sender<PoolCommand>);
impl PoolClient {
    /// Calls `Pool::take`.
    pub async fn take(&self) -> ::core::result::Result<(), ::actor_runtime::CallError> {
        (&self.0).cast(PoolCommand::Take).await
    }
    /// The number of places that are taken.
    pub fn taken(&self) -> usize {
        ::actor_runtime::Latest::get(&(&self.0).latest().taken)
    }
    /// Follows [`taken`](Self::taken): yields its present value, then each change.
    pub fn watch_taken(&self) -> ::actor_runtime::Watch<usize> {
        ::actor_runtime::Latest::watch(&(&self.0).latest().taken)
    }
    /// Returns the value that `Pool::free` returned last.
    pub fn free(&self) -> Option<usize> {
        ::actor_runtime::Latest::get(&(&self.0).latest().free)
    }
    /// Follows [`free`](Self::free): yields its present value, then each change.
    pub fn watch_free(&self) -> ::actor_runtime::Watch<Option<usize>> {
        ::actor_runtime::Latest::watch(&(&self.0).latest().free)
    }
}
#[automatically_derived]
impl ::actor_runtime::Client for PoolClient {
    type Command = PoolCommand;
    fn from_sender(sender: ::actor_runtime::__private::Sender<Self::Command>) -> Self {
        Self(sender)
    }
    fn as_sender(&self) -> &::actor_runtime::__private::Sender<Self::Command> {
        &self.0
    }
}
#[automatically_derived]
impl ::core::fmt::Debug for PoolClient {
    fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
        (&self.0).describe("PoolClient", f)
    }
}
#[automatically_derived]
impl<const N: usize> ::actor_runtime::Actor for Pool<N> {
    type Command = PoolCommand;
    type Client = PoolClient;
    async fn handle(
        &mut self,
        command: PoolCommand,
        context: &mut ::actor_runtime::Context<Self>,
    ) {
        let held: ::actor_runtime::__private::Held = match command {
            PoolCommand::Take => {
                Self::take(self);
                ::actor_runtime::__private::Held::nothing()
            }
        };
        ::actor_runtime::Actor::publish(self, context);
        held.send();
    }
    async fn run(
        mut self,
        inbox: &mut ::actor_runtime::Inbox<PoolCommand>,
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
        ::actor_runtime::Latest::publish(&latest.taken, Self::taken(self));
        ::actor_runtime::Latest::publish(&latest.free, Self::free(self));
    }
    fn publish_initial(inbox: &::actor_runtime::Inbox<PoolCommand>) {
        let latest = inbox.latest();
        ::actor_runtime::Latest::<usize>::publish(&latest.taken, Self::NONE);
        ::actor_runtime::Latest::<Option<usize>>::publish(&latest.free, None);
    }
}
#[automatically_derived]
impl<const N: usize> ::actor_runtime::SendActor for Pool<N> {
    fn run_send(
        self,
        inbox: &mut ::actor_runtime::Inbox<PoolCommand>,
        context: &mut ::actor_runtime::Context<Self>,
    ) -> impl ::core::future::Future<Output = Self> + ::core::marker::Send {
        ::actor_runtime::__private::given::<Self>()
            .assert_loop(::actor_runtime::Actor::run(self, inbox, context))
    }
}
fn main() {}
