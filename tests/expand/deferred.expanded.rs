use std::collections::HashMap;
use actor_runtime::{Reply, ReplyStream};
#[derive(Default)]
pub struct Exchange {
    waiting: HashMap<u64, Reply<String>>,
    history: Vec<String>,
}
impl Exchange {
    pub fn ask(&mut self, id: u64, reply: Reply<String>) {
        self.waiting.insert(id, reply);
    }
    pub fn answer(&mut self, id: u64, text: String) {
        self.history.push(text.clone());
        if let Some(reply) = self.waiting.remove(&id) {
            reply.send(text);
        }
    }
    pub async fn history(&self, mut reply: ReplyStream<String>) {
        for text in &self.history {
            if reply.send(text.clone()).await.is_err() {
                return;
            }
        }
        reply.finish();
    }
}
/// Commands for a [`Exchange`] actor.
#[non_exhaustive]
pub enum ExchangeCommand {
    /// Sent by [`ExchangeClient::ask`].
    Ask {
        /// The argument `id`.
        id: u64,
        /// Sends the answer to the caller.
        reply: ::actor_runtime::Reply<String>,
    },
    /// Sent by [`ExchangeClient::answer`].
    Answer {
        /// The argument `id`.
        id: u64,
        /// The argument `text`.
        text: String,
    },
    /// Sent by [`ExchangeClient::history`].
    History {
        /// Sends the answers to the caller.
        reply: ::actor_runtime::ReplyStream<String>,
    },
}
#[automatically_derived]
impl ::actor_runtime::Command for ExchangeCommand {
    type Events = ();
    type Latest = ();
    const ACTOR: &'static str = "exchange";
    fn name(&self) -> &'static str {
        match *self {
            Self::Ask { .. } => "ask",
            Self::Answer { .. } => "answer",
            Self::History { .. } => "history",
        }
    }
}
#[automatically_derived]
impl ::core::fmt::Debug for ExchangeCommand {
    fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
        f.write_str(::actor_runtime::Command::name(self))
    }
}
/// A client of a [`Exchange`] actor.
#[derive(::core::clone::Clone)]
pub struct ExchangeClient(::actor_runtime::__private::Sender<ExchangeCommand>);
impl ExchangeClient {
    /// Calls `Exchange::ask`.
    pub async fn ask(
        &self,
        id: u64,
    ) -> ::core::result::Result<String, ::actor_runtime::CallError> {
        let (reply, answer) = ::actor_runtime::Reply::new();
        (&self.0).call(ExchangeCommand::Ask { id, reply }, answer).deferred().await
    }
    /// Like [`ask`](Self::ask), but returns a future of the answer once the call is sent, and fails with `CallError::Full` instead of waiting for room in the mailbox.
    pub fn try_ask(
        &self,
        id: u64,
    ) -> ::core::result::Result<
        ::actor_runtime::Answer<String>,
        ::actor_runtime::CallError,
    > {
        let (reply, answer) = ::actor_runtime::Reply::new();
        (&self.0).call(ExchangeCommand::Ask { id, reply }, answer).deferred().if_room()
    }
    /// Calls `Exchange::answer`.
    pub async fn answer(
        &self,
        id: u64,
        text: String,
    ) -> ::core::result::Result<(), ::actor_runtime::CallError> {
        (&self.0)
            .cast(ExchangeCommand::Answer {
                id,
                text,
            })
            .await
    }
    /// Calls `Exchange::history`.
    pub async fn history(
        &self,
    ) -> ::core::result::Result<
        ::actor_runtime::Replies<String>,
        ::actor_runtime::CallError,
    > {
        let (reply, answer) = ::actor_runtime::ReplyStream::new();
        (&self.0).open(ExchangeCommand::History { reply }, answer).await
    }
    /// Like [`history`](Self::history), but fails with `CallError::Full` instead of waiting for room in the mailbox.
    pub fn try_history(
        &self,
    ) -> ::core::result::Result<
        ::actor_runtime::Replies<String>,
        ::actor_runtime::CallError,
    > {
        let (reply, answer) = ::actor_runtime::ReplyStream::new();
        (&self.0).open(ExchangeCommand::History { reply }, answer).if_room()
    }
}
#[automatically_derived]
impl ::actor_runtime::Client for ExchangeClient {
    type Command = ExchangeCommand;
    fn from_sender(sender: ::actor_runtime::__private::Sender<Self::Command>) -> Self {
        Self(sender)
    }
    fn as_sender(&self) -> &::actor_runtime::__private::Sender<Self::Command> {
        &self.0
    }
}
#[automatically_derived]
impl ::core::fmt::Debug for ExchangeClient {
    fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
        (&self.0).describe("ExchangeClient", f)
    }
}
#[automatically_derived]
impl ::actor_runtime::Actor for Exchange {
    type Command = ExchangeCommand;
    type Client = ExchangeClient;
    async fn handle(
        &mut self,
        command: ExchangeCommand,
        _context: &mut ::actor_runtime::Context<Self>,
    ) {
        match command {
            ExchangeCommand::Ask { id, reply } => Self::ask(self, id, reply),
            ExchangeCommand::Answer { id, text } => Self::answer(self, id, text),
            ExchangeCommand::History { reply } => {
                ::actor_runtime::__private::given::<Self>()
                    .assert_send(Self::history(self, reply))
                    .await
            }
        }
    }
    async fn run(
        mut self,
        inbox: &mut ::actor_runtime::Inbox<ExchangeCommand>,
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
impl ::actor_runtime::SendActor for Exchange {
    fn run_send(
        self,
        inbox: &mut ::actor_runtime::Inbox<ExchangeCommand>,
        context: &mut ::actor_runtime::Context<Self>,
    ) -> impl ::core::future::Future<Output = Self> + ::core::marker::Send {
        ::actor_runtime::__private::given::<Self>()
            .assert_loop(::actor_runtime::Actor::run(self, inbox, context))
    }
}
fn main() {}
