use actor_runtime::Context;
pub struct Queue<T> {
    waiting: Vec<T>,
}
#[derive(Clone)]
pub enum QueueEvent<T> {
    Added(T),
}
impl<T: Clone> Queue<T> {
    pub fn add(&mut self, item: T, ctx: &mut Context<Self>)
    where
        T: Send + 'static,
    {
        self.waiting.push(item.clone());
        ctx.emit(QueueEvent::Added(item));
    }
    pub fn take(&mut self) -> Option<T> {
        self.waiting.pop()
    }
    pub fn peek(&self) -> Option<T> {
        self.waiting.last().cloned()
    }
    /// The number of people who wait.
    pub fn len(&self) -> usize {
        self.waiting.len()
    }
    pub fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }
}
/// Commands for a [`Queue`] actor.
#[non_exhaustive]
pub enum QueueCommand<T: Clone>
where
    T: Send + 'static,
    T: ::core::marker::Send + 'static,
{
    /// Sent by [`QueueClient::add`].
    Add {
        /// The argument `item`.
        item: T,
    },
    /// Sent by [`QueueClient::take`].
    Take {
        /// Sends the answer to the caller.
        reply: ::actor_runtime::Reply<Option<T>>,
    },
    /// Sent by [`QueueClient::peek`].
    Peek {
        /// Sends the answer to the caller.
        reply: ::actor_runtime::Reply<Option<T>>,
    },
}
const _: () = {
    /// The latest values of a [`Queue`] actor.
    pub struct Latest {
        /// The value that `len` returned last.
        pub len: ::actor_runtime::Latest<usize>,
        /// The value that `is_empty` returned last.
        pub is_empty: ::actor_runtime::Latest<bool>,
    }
    #[automatically_derived]
    impl ::actor_runtime::__private::Published for Latest {
        fn open(_: usize) -> Self {
            Self {
                len: ::actor_runtime::Latest::new(),
                is_empty: ::actor_runtime::Latest::new(),
            }
        }
        fn close(&self) {
            ::actor_runtime::__private::Published::close(&self.len);
            ::actor_runtime::__private::Published::close(&self.is_empty);
        }
    }
    #[automatically_derived]
    impl<T: Clone> ::actor_runtime::Command for QueueCommand<T>
    where
        T: Send + 'static,
        T: ::core::marker::Send + 'static,
    {
        type Events = ::actor_runtime::__private::Events<QueueEvent<T>>;
        type Latest = Latest;
        const ACTOR: &'static str = "queue";
        fn event_capacity() -> usize {
            16
        }
        fn name(&self) -> &'static str {
            match *self {
                Self::Add { .. } => "add",
                Self::Take { .. } => "take",
                Self::Peek { .. } => "peek",
            }
        }
    }
};
#[automatically_derived]
impl<T: Clone> ::core::fmt::Debug for QueueCommand<T>
where
    T: Send + 'static,
    T: ::core::marker::Send + 'static,
{
    fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
        f.write_str(::actor_runtime::Command::name(self))
    }
}
#[automatically_derived]
impl<T: Clone> ::actor_runtime::__private::Emitter for QueueCommand<T>
where
    T: Send + 'static,
    T: ::core::marker::Send + 'static,
{
    type Event = QueueEvent<T>;
}
/// A client of a [`Queue`] actor.
pub struct QueueClient<T: Clone>(
    ::actor_runtime::__private::Sender<QueueCommand<T>>,
)
where
    T: Send + 'static,
    T: ::core::marker::Send + 'static;
#[allow(clippy::future_not_send, reason = "`Send` if the type parameters are")]
impl<T: Clone> QueueClient<T>
where
    T: Send + 'static,
    T: ::core::marker::Send + 'static,
{
    /// Calls `Queue::add`.
    pub async fn add(
        &self,
        item: T,
    ) -> ::core::result::Result<(), ::actor_runtime::CallError> {
        (&self.0).cast(QueueCommand::Add { item }).await
    }
    /// Calls `Queue::take`.
    pub async fn take(
        &self,
    ) -> ::core::result::Result<Option<T>, ::actor_runtime::CallError> {
        let (reply, answer) = ::actor_runtime::Reply::new();
        (&self.0).call(QueueCommand::Take { reply }, answer).await
    }
    /// Calls `Queue::peek`.
    pub async fn peek(
        &self,
    ) -> ::core::result::Result<Option<T>, ::actor_runtime::CallError> {
        let (reply, answer) = ::actor_runtime::Reply::new();
        (&self.0).call(QueueCommand::Peek { reply }, answer).await
    }
    /// The number of people who wait.
    #[track_caller]
    pub fn len(&self) -> usize {
        ::actor_runtime::Latest::get(&(&self.0).latest().len)
    }
    /// Follows [`len`](Self::len): yields its present value, then each change.
    pub fn watch_len(&self) -> ::actor_runtime::Watch<usize> {
        ::actor_runtime::Latest::watch(&(&self.0).latest().len)
    }
    /// Returns the value that `Queue::is_empty` returned last.
    #[track_caller]
    pub fn is_empty(&self) -> bool {
        ::actor_runtime::Latest::get(&(&self.0).latest().is_empty)
    }
    /// Follows [`is_empty`](Self::is_empty): yields its present value, then each change.
    pub fn watch_is_empty(&self) -> ::actor_runtime::Watch<bool> {
        ::actor_runtime::Latest::watch(&(&self.0).latest().is_empty)
    }
    /// Subscribes to the events that follow. A subscription does not keep the actor alive.
    pub fn subscribe(&self) -> ::actor_runtime::Subscription<QueueEvent<T>> {
        (&self.0).subscribe()
    }
}
#[automatically_derived]
impl<T: Clone> ::actor_runtime::Client for QueueClient<T>
where
    T: Send + 'static,
    T: ::core::marker::Send + 'static,
    T: 'static,
{
    type Command = QueueCommand<T>;
    fn from_sender(sender: ::actor_runtime::__private::Sender<Self::Command>) -> Self {
        Self(sender)
    }
    fn as_sender(&self) -> &::actor_runtime::__private::Sender<Self::Command> {
        &self.0
    }
}
#[automatically_derived]
impl<T: Clone> ::core::clone::Clone for QueueClient<T>
where
    T: Send + 'static,
    T: ::core::marker::Send + 'static,
{
    fn clone(&self) -> Self {
        Self(::core::clone::Clone::clone(&self.0))
    }
}
#[automatically_derived]
impl<T: Clone> ::core::fmt::Debug for QueueClient<T>
where
    T: Send + 'static,
    T: ::core::marker::Send + 'static,
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
impl<T: Clone> ::actor_runtime::Actor for Queue<T>
where
    T: Send + 'static,
    T: ::core::marker::Send + 'static,
{
    type Command = QueueCommand<T>;
    type Client = QueueClient<T>;
    async fn handle(
        &mut self,
        command: QueueCommand<T>,
        context: &mut ::actor_runtime::Context<Self>,
    ) {
        let held: ::actor_runtime::__private::Held = match command {
            QueueCommand::Add { item } => {
                Self::add(self, item, context);
                ::actor_runtime::__private::Held::nothing()
            }
            QueueCommand::Take { reply } => reply.hold(Self::take(self)),
            QueueCommand::Peek { reply } => return reply.send(Self::peek(self)),
        };
        ::actor_runtime::Actor::publish(self, context);
        held.send();
    }
    async fn run(
        mut self,
        inbox: &mut ::actor_runtime::Inbox<QueueCommand<T>>,
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
        ::actor_runtime::Latest::publish(&latest.is_empty, Self::is_empty(self));
    }
}
#[automatically_derived]
#[allow(
    clippy::trait_duplication_in_bounds,
    clippy::type_repetition_in_bounds,
    reason = "the block may already have these bounds"
)]
impl<T: Clone> ::actor_runtime::SendActor for Queue<T>
where
    T: Send + 'static,
    T: ::core::marker::Send + 'static,
    Self: ::core::marker::Send,
{
    fn run_send(
        self,
        inbox: &mut ::actor_runtime::Inbox<QueueCommand<T>>,
        context: &mut ::actor_runtime::Context<Self>,
    ) -> impl ::core::future::Future<Output = Self> + ::core::marker::Send {
        ::actor_runtime::Actor::run(self, inbox, context)
    }
}
fn main() {}
