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
    /// How many wait.
    pub fn len(&self) -> usize {
        self.waiting.len()
    }
    pub fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }
}
/// Commands for a [`Queue`] actor.
#[allow(private_interfaces, unreachable_pub, reason = "visibility is a guess")]
pub enum QueueCommand<T: Clone>
where
    T: ::core::marker::Send + 'static,
{
    /// Calls `Queue::add`.
    Add {
        /// The argument `item`.
        item: T,
    },
    /// Calls `Queue::take`.
    Take {
        /// Where the answer goes.
        reply: ::actor_runtime::__private::Reply<Option<T>>,
    },
    /// Calls `Queue::peek`.
    Peek {
        /// Where the answer goes.
        reply: ::actor_runtime::__private::Reply<Option<T>>,
    },
}
#[automatically_derived]
impl<T: Clone> ::core::fmt::Debug for QueueCommand<T>
where
    T: ::core::marker::Send + 'static,
{
    fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
        f.write_str(::actor_runtime::__private::FullCommand::name(self))
    }
}
const _: () = {
    /// The latest values of a [`Queue`] actor.
    #[allow(private_interfaces, unreachable_pub, reason = "visibility is a guess")]
    pub struct Latest {
        /// What `len` returned last.
        pub len: ::actor_runtime::__private::Latest<usize>,
        /// What `is_empty` returned last.
        pub is_empty: ::actor_runtime::__private::Latest<bool>,
    }
    #[automatically_derived]
    impl ::actor_runtime::__private::Published for Latest {
        fn close(&self) {
            ::actor_runtime::__private::Published::close(&self.len);
            ::actor_runtime::__private::Published::close(&self.is_empty);
        }
    }
    #[automatically_derived]
    impl<T: Clone> ::actor_runtime::__private::FullCommand for QueueCommand<T>
    where
        T: ::core::marker::Send + 'static,
    {
        type Events = ::actor_runtime::__private::Events<QueueEvent<T>>;
        type Latest = Latest;
        const ACTOR: &'static str = "queue";
        fn name(&self) -> &'static str {
            match *self {
                Self::Add { .. } => "add",
                Self::Take { .. } => "take",
                Self::Peek { .. } => "peek",
            }
        }
        fn publications() -> (Self::Events, Self::Latest) {
            (
                ::actor_runtime::__private::Events::new(16),
                Latest {
                    len: ::actor_runtime::__private::Latest::new(),
                    is_empty: ::actor_runtime::__private::Latest::new(),
                },
            )
        }
    }
};
#[automatically_derived]
impl<T: Clone> ::actor_runtime::__private::Emitter for QueueCommand<T>
where
    T: ::core::marker::Send + 'static,
{
    type Event = QueueEvent<T>;
}
/// A client of a [`Queue`] actor.
#[allow(private_interfaces, unreachable_pub, reason = "visibility is a guess")]
pub struct QueueClient<T: Clone>
where
    T: ::core::marker::Send + 'static,
{
    sender: ::actor_runtime::__private::Sender<QueueCommand<T>>,
}
#[allow(clippy::future_not_send, reason = "they are if what they carry is")]
impl<T: Clone> QueueClient<T>
where
    T: ::core::marker::Send + 'static,
{
    /// Calls `Queue::add`.
    pub async fn add(
        &self,
        item: T,
    ) -> ::core::result::Result<(), ::actor_runtime::__private::CallError> {
        self.sender.cast(QueueCommand::Add { item }).await
    }
    /// Calls `Queue::take`.
    pub async fn take(
        &self,
    ) -> ::core::result::Result<Option<T>, ::actor_runtime::__private::CallError> {
        let (reply, answer) = ::actor_runtime::__private::Reply::new();
        self.sender.call(QueueCommand::Take { reply }, answer).await
    }
    /// Calls `Queue::peek`.
    pub async fn peek(
        &self,
    ) -> ::core::result::Result<Option<T>, ::actor_runtime::__private::CallError> {
        let (reply, answer) = ::actor_runtime::__private::Reply::new();
        self.sender.call(QueueCommand::Peek { reply }, answer).await
    }
    /// How many wait.
    pub fn len(&self) -> usize {
        self.sender.latest().len.get()
    }
    /// Follows [`len`](Self::len): its value now, and then after each change.
    pub fn watch_len(&self) -> ::actor_runtime::__private::Watch<usize> {
        self.sender.latest().len.watch()
    }
    /// What `Queue::is_empty` returned last.
    pub fn is_empty(&self) -> bool {
        self.sender.latest().is_empty.get()
    }
    /// Follows [`is_empty`](Self::is_empty): its value now, and then after each change.
    pub fn watch_is_empty(&self) -> ::actor_runtime::__private::Watch<bool> {
        self.sender.latest().is_empty.watch()
    }
    /// The events of the actor from now on. It does not keep the actor alive.
    pub fn subscribe(&self) -> ::actor_runtime::__private::Subscription<QueueEvent<T>> {
        self.sender.subscribe()
    }
}
#[automatically_derived]
impl<T: Clone> ::actor_runtime::__private::Client for QueueClient<T>
where
    T: ::core::marker::Send + 'static,
    T: 'static,
{
    type Command = QueueCommand<T>;
    fn from_sender(sender: ::actor_runtime::__private::Sender<Self::Command>) -> Self {
        Self { sender }
    }
    fn as_sender(&self) -> &::actor_runtime::__private::Sender<Self::Command> {
        &self.sender
    }
}
#[automatically_derived]
impl<T: Clone> ::core::clone::Clone for QueueClient<T>
where
    T: ::core::marker::Send + 'static,
{
    fn clone(&self) -> Self {
        Self {
            sender: ::core::clone::Clone::clone(&self.sender),
        }
    }
}
#[automatically_derived]
impl<T: Clone> ::core::fmt::Debug for QueueClient<T>
where
    T: ::core::marker::Send + 'static,
{
    fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
        ::core::fmt::Debug::fmt(&self.sender, f)
    }
}
#[automatically_derived]
#[allow(clippy::future_not_send, reason = "they are if what they carry is")]
#[allow(
    clippy::trait_duplication_in_bounds,
    clippy::type_repetition_in_bounds,
    reason = "the block may say so, too"
)]
impl<T: Clone> ::actor_runtime::__private::Actor for Queue<T>
where
    T: Send + 'static,
    T: ::core::marker::Send + 'static,
{
    type Command = QueueCommand<T>;
    type Client = QueueClient<T>;
    async fn handle(
        &mut self,
        command: QueueCommand<T>,
        context: &mut ::actor_runtime::__private::Context<Self>,
    ) {
        match command {
            QueueCommand::Add { item } => {
                Self::add(self, item, context);
                ::actor_runtime::__private::Actor::publish(self, context);
            }
            QueueCommand::Take { reply } => {
                let answer = Self::take(self);
                ::actor_runtime::__private::Actor::publish(self, context);
                reply.send(answer)
            }
            QueueCommand::Peek { reply } => reply.send(Self::peek(self)),
        }
    }
    async fn run(
        mut self,
        inbox: &mut ::actor_runtime::__private::Inbox<QueueCommand<T>>,
        context: &mut ::actor_runtime::__private::Context<Self>,
    ) -> Self {
        loop {
            let ::core::option::Option::Some(command) = inbox.next().await else {
                return self;
            };
            ::actor_runtime::__private::Actor::handle(&mut self, command, context).await;
        }
    }
    fn publish(&self, context: &::actor_runtime::__private::Context<Self>) {
        let latest = context.latest();
        latest.len.publish(Self::len(self));
        latest.is_empty.publish(Self::is_empty(self));
    }
}
#[automatically_derived]
#[allow(
    clippy::trait_duplication_in_bounds,
    clippy::type_repetition_in_bounds,
    reason = "the block may say so, too"
)]
impl<T: Clone> ::actor_runtime::__private::SendActor for Queue<T>
where
    T: Send + 'static,
    T: ::core::marker::Send + 'static,
    Self: ::core::marker::Send,
{
    fn run_send(
        self,
        inbox: &mut ::actor_runtime::__private::Inbox<QueueCommand<T>>,
        context: &mut ::actor_runtime::__private::Context<Self>,
    ) -> impl ::core::future::Future<Output = Self> + ::core::marker::Send {
        ::actor_runtime::__private::Actor::run(self, inbox, context)
    }
}
fn main() {}
