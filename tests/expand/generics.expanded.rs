use std::collections::HashMap;
use std::fmt::Debug;
use std::hash::Hash;
pub struct Table<'a, K, V, S, const N: usize> {
    name: &'a str,
    rows: HashMap<K, [V; N]>,
    source: S,
}
impl<'a, K: Eq + Hash, V, S: Debug, const N: usize> Table<'a, K, V, S, N>
where
    K: Clone,
    V: Clone + PartialEq<K>,
    S: PartialEq<V>,
{
    pub fn row(&self, key: &K) -> Option<[V; N]> {
        self.rows.get(key).cloned()
    }
    pub fn source(&self) -> String {
        format!("{} from {:?}", self.name, self.source)
    }
}
/// Commands for a [`Table`] actor.
#[non_exhaustive]
pub enum TableCommand<K: Eq + Hash, V, const N: usize>
where
    K: Clone,
    V: Clone + PartialEq<K>,
{
    /// Sent by [`TableClient::row`].
    Row {
        /// The argument `key`.
        key: K,
        /// Sends the answer to the caller.
        reply: ::actor_runtime::Reply<Option<[V; N]>>,
    },
    /// Sent by [`TableClient::source`].
    Source {
        /// Sends the answer to the caller.
        reply: ::actor_runtime::Reply<String>,
    },
}
#[automatically_derived]
impl<K: Eq + Hash, V, const N: usize> ::actor_runtime::Command for TableCommand<K, V, N>
where
    K: Clone,
    V: Clone + PartialEq<K>,
{
    type Events = ();
    type Latest = ();
    const ACTOR: &'static str = "table";
    fn name(&self) -> &'static str {
        match *self {
            Self::Row { .. } => "row",
            Self::Source { .. } => "source",
        }
    }
}
#[automatically_derived]
impl<K: Eq + Hash, V, const N: usize> ::core::fmt::Debug for TableCommand<K, V, N>
where
    K: Clone,
    V: Clone + PartialEq<K>,
{
    fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
        f.write_str(::actor_runtime::Command::name(self))
    }
}
/// A client of a [`Table`] actor.
pub struct TableClient<K: Eq + Hash, V, const N: usize>(
    ::actor_runtime::__private::Sender<TableCommand<K, V, N>>,
)
where
    K: Clone,
    V: Clone + PartialEq<K>;
#[allow(clippy::future_not_send, reason = "`Send` if the type parameters are")]
impl<K: Eq + Hash, V, const N: usize> TableClient<K, V, N>
where
    K: Clone,
    V: Clone + PartialEq<K>,
{
    /// Calls `Table::row`.
    pub async fn row(
        &self,
        key: &K,
    ) -> ::core::result::Result<Option<[V; N]>, ::actor_runtime::CallError> {
        let key = ::core::clone::Clone::clone(key);
        let (reply, answer) = ::actor_runtime::Reply::new();
        (&self.0).call(TableCommand::Row { key, reply }, answer).await
    }
    /// Calls `Table::source`.
    pub async fn source(
        &self,
    ) -> ::core::result::Result<String, ::actor_runtime::CallError> {
        let (reply, answer) = ::actor_runtime::Reply::new();
        (&self.0).call(TableCommand::Source { reply }, answer).await
    }
}
#[automatically_derived]
impl<K: Eq + Hash, V, const N: usize> ::actor_runtime::Client for TableClient<K, V, N>
where
    K: Clone,
    V: Clone + PartialEq<K>,
    K: 'static,
    V: 'static,
{
    type Command = TableCommand<K, V, N>;
    fn from_sender(sender: ::actor_runtime::__private::Sender<Self::Command>) -> Self {
        Self(sender)
    }
    fn as_sender(&self) -> &::actor_runtime::__private::Sender<Self::Command> {
        &self.0
    }
}
#[automatically_derived]
impl<K: Eq + Hash, V, const N: usize> ::core::clone::Clone for TableClient<K, V, N>
where
    K: Clone,
    V: Clone + PartialEq<K>,
{
    fn clone(&self) -> Self {
        Self(::core::clone::Clone::clone(&self.0))
    }
}
#[automatically_derived]
impl<K: Eq + Hash, V, const N: usize> ::core::fmt::Debug for TableClient<K, V, N>
where
    K: Clone,
    V: Clone + PartialEq<K>,
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
impl<'a, K: Eq + Hash, V, S: Debug, const N: usize> ::actor_runtime::Actor
for Table<'a, K, V, S, N>
where
    K: Clone,
    V: Clone + PartialEq<K>,
    S: PartialEq<V>,
    K: ::core::marker::Send + 'static,
    V: ::core::marker::Send + 'static,
    S: ::core::marker::Send + 'static,
{
    type Command = TableCommand<K, V, N>;
    type Client = TableClient<K, V, N>;
    async fn handle(
        &mut self,
        command: TableCommand<K, V, N>,
        _context: &mut ::actor_runtime::Context<Self>,
    ) {
        match command {
            TableCommand::Row { key, reply } => reply.send(Self::row(self, &key)),
            TableCommand::Source { reply } => reply.send(Self::source(self)),
        }
    }
    fn run(
        self,
        inbox: &mut ::actor_runtime::Inbox<TableCommand<K, V, N>>,
        context: &mut ::actor_runtime::Context<Self>,
    ) -> impl ::core::future::Future<Output = Self> {
        ::actor_runtime::__private::run(self, inbox, context)
    }
}
#[automatically_derived]
#[allow(
    clippy::trait_duplication_in_bounds,
    clippy::type_repetition_in_bounds,
    reason = "the block may already have these bounds"
)]
impl<'a, K: Eq + Hash, V, S: Debug, const N: usize> ::actor_runtime::SendActor
for Table<'a, K, V, S, N>
where
    K: Clone,
    V: Clone + PartialEq<K>,
    S: PartialEq<V>,
    K: ::core::marker::Send + 'static,
    V: ::core::marker::Send + 'static,
    S: ::core::marker::Send + 'static,
    Self: 'static,
{
    fn run_send(
        self,
        inbox: &mut ::actor_runtime::Inbox<TableCommand<K, V, N>>,
        context: &mut ::actor_runtime::Context<Self>,
    ) -> impl ::core::future::Future<Output = Self> + ::core::marker::Send {
        ::actor_runtime::__private::given::<Self>()
            .assert_loop(::actor_runtime::Actor::run(self, inbox, context))
    }
}
fn main() {}
