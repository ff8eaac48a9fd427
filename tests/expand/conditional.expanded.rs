pub struct Index<T, U> {
    entries: Vec<T>,
    others: Vec<U>,
}
impl<T: Clone, U> Index<T, U> {
    pub fn add(
        &mut self,
        entry: &T,
        #[cfg(windows)]
        other: U,
        #[cfg(unix)]
        mode: Option<&str>,
    ) {
        #[cfg(unix)]
        let _ = mode;
        #[cfg(windows)] self.others.push(other);
        self.entries.push(entry.clone());
    }
    #[cfg(windows)]
    pub fn others(&mut self) -> Vec<U> {
        std::mem::take(&mut self.others)
    }
}
/// Commands for a [`Index`] actor.
#[non_exhaustive]
pub enum IndexCommand<T: Clone, U> {
    /// Sent by [`IndexClient::add`].
    Add {
        /// The argument `entry`.
        entry: T,
        /// The argument `other`.
        #[cfg(windows)]
        other: U,
        /// The argument `mode`.
        #[cfg(unix)]
        mode: ::core::option::Option<::std::string::String>,
    },
    /// Sent by [`IndexClient::others`].
    #[cfg(windows)]
    Others {
        /// Sends the answer to the caller.
        reply: ::actor_runtime::Reply<Vec<U>>,
    },
    /// Cannot be constructed. Names the parameters that other variants name only under a `cfg`.
    #[doc(hidden)]
    __Never(
        ::core::convert::Infallible,
        ::core::marker::PhantomData<fn() -> (*const U,)>,
    ),
}
#[automatically_derived]
impl<T: Clone, U> ::actor_runtime::Command for IndexCommand<T, U> {
    type Events = ();
    type Latest = ();
    const ACTOR: &'static str = "index";
    fn name(&self) -> &'static str {
        match *self {
            Self::Add { .. } => "add",
            #[cfg(windows)]
            Self::Others { .. } => "others",
            IndexCommand::__Never(never, _) => match never {}
        }
    }
}
#[automatically_derived]
impl<T: Clone, U> ::core::fmt::Debug for IndexCommand<T, U> {
    fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
        f.write_str(::actor_runtime::Command::name(self))
    }
}
/// A client of a [`Index`] actor.
pub struct IndexClient<T: Clone, U>(
    ::actor_runtime::__private::Sender<IndexCommand<T, U>>,
);
#[allow(clippy::future_not_send, reason = "`Send` if the type parameters are")]
impl<T: Clone, U> IndexClient<T, U> {
    /// Calls `Index::add`.
    pub async fn add(
        &self,
        entry: &T,
        #[cfg(windows)]
        other: U,
        #[cfg(unix)]
        mode: Option<&str>,
    ) -> ::core::result::Result<(), ::actor_runtime::CallError> {
        let entry = ::core::clone::Clone::clone(entry);
        #[cfg(unix)]
        let mode = mode.map(::std::borrow::ToOwned::to_owned);
        (&self.0)
            .cast(IndexCommand::Add {
                entry,
                #[cfg(windows)]
                other,
                #[cfg(unix)]
                mode,
            })
            .await
    }
    /// Calls `Index::others`.
    #[cfg(windows)]
    pub async fn others(
        &self,
    ) -> ::core::result::Result<Vec<U>, ::actor_runtime::CallError> {
        let (reply, answer) = ::actor_runtime::Reply::new();
        (&self.0).call(IndexCommand::Others { reply }, answer).await
    }
}
#[automatically_derived]
impl<T: Clone, U> ::actor_runtime::Client for IndexClient<T, U>
where
    T: 'static,
    U: 'static,
{
    type Command = IndexCommand<T, U>;
    fn from_sender(sender: ::actor_runtime::__private::Sender<Self::Command>) -> Self {
        Self(sender)
    }
    fn as_sender(&self) -> &::actor_runtime::__private::Sender<Self::Command> {
        &self.0
    }
}
#[automatically_derived]
impl<T: Clone, U> ::core::clone::Clone for IndexClient<T, U> {
    fn clone(&self) -> Self {
        Self(::core::clone::Clone::clone(&self.0))
    }
}
#[automatically_derived]
impl<T: Clone, U> ::core::fmt::Debug for IndexClient<T, U> {
    fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
        (&self.0).describe("IndexClient", f)
    }
}
#[automatically_derived]
#[allow(clippy::future_not_send, reason = "`Send` if the type parameters are")]
#[allow(
    clippy::trait_duplication_in_bounds,
    clippy::type_repetition_in_bounds,
    reason = "the block may already have these bounds"
)]
impl<T: Clone, U> ::actor_runtime::Actor for Index<T, U>
where
    T: ::core::marker::Send + 'static,
    U: ::core::marker::Send + 'static,
{
    type Command = IndexCommand<T, U>;
    type Client = IndexClient<T, U>;
    async fn handle(
        &mut self,
        command: IndexCommand<T, U>,
        _context: &mut ::actor_runtime::Context<Self>,
    ) {
        match command {
            IndexCommand::Add { entry, #[cfg(windows)] other, #[cfg(unix)] mode } => {
                Self::add(
                    self,
                    &entry,
                    #[cfg(windows)]
                    other,
                    #[cfg(unix)]
                    ::core::option::Option::as_deref(&mode),
                )
            }
            #[cfg(windows)]
            IndexCommand::Others { reply } => reply.send(Self::others(self)),
            IndexCommand::__Never(never, _) => match never {}
        }
    }
    async fn run(
        mut self,
        inbox: &mut ::actor_runtime::Inbox<IndexCommand<T, U>>,
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
impl<T: Clone, U> ::actor_runtime::SendActor for Index<T, U>
where
    T: ::core::marker::Send + 'static,
    U: ::core::marker::Send + 'static,
    Self: ::core::marker::Send,
{
    fn run_send(
        self,
        inbox: &mut ::actor_runtime::Inbox<IndexCommand<T, U>>,
        context: &mut ::actor_runtime::Context<Self>,
    ) -> impl ::core::future::Future<Output = Self> + ::core::marker::Send {
        ::actor_runtime::Actor::run(self, inbox, context)
    }
}
fn main() {}
