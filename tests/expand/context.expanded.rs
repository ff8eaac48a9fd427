use actor_runtime::Context;
pub struct Countdown {
    left: u32,
}
impl Countdown {
    pub fn tick(&mut self, by: u32, ctx: &mut Context<Self>) -> u32 {
        self.left = self.left.saturating_sub(by);
        if self.left == 0 {
            ctx.stop();
        }
        self.left
    }
    pub fn left(&self) -> u32 {
        self.left
    }
}
/// Commands for a [`Countdown`] actor.
#[non_exhaustive]
pub enum CountdownCommand {
    /// Sent by [`CountdownClient::tick`].
    Tick {
        /// The argument `by`.
        by: u32,
        /// Sends the answer to the caller.
        reply: ::actor_runtime::Reply<u32>,
    },
    /// Sent by [`CountdownClient::left`].
    Left {
        /// Sends the answer to the caller.
        reply: ::actor_runtime::Reply<u32>,
    },
}
#[automatically_derived]
impl ::actor_runtime::Command for CountdownCommand {
    type Events = ();
    type Latest = ();
    const ACTOR: &'static str = "countdown";
    fn name(&self) -> &'static str {
        match *self {
            Self::Tick { .. } => "tick",
            Self::Left { .. } => "left",
        }
    }
}
#[automatically_derived]
impl ::core::fmt::Debug for CountdownCommand {
    fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
        f.write_str(::actor_runtime::Command::name(self))
    }
}
/// A client of a [`Countdown`] actor.
#[derive(::core::clone::Clone)]
pub struct CountdownClient(::actor_runtime::__private::Sender<CountdownCommand>);
impl CountdownClient {
    /// Calls `Countdown::tick`.
    pub async fn tick(
        &self,
        by: u32,
    ) -> ::core::result::Result<u32, ::actor_runtime::CallError> {
        let (reply, answer) = ::actor_runtime::Reply::new();
        (&self.0)
            .call(
                CountdownCommand::Tick {
                    by,
                    reply,
                },
                answer,
            )
            .await
    }
    /// Calls `Countdown::left`.
    pub async fn left(&self) -> ::core::result::Result<u32, ::actor_runtime::CallError> {
        let (reply, answer) = ::actor_runtime::Reply::new();
        (&self.0).call(CountdownCommand::Left { reply }, answer).await
    }
}
#[automatically_derived]
impl ::actor_runtime::Client for CountdownClient {
    type Command = CountdownCommand;
    fn from_sender(sender: ::actor_runtime::__private::Sender<Self::Command>) -> Self {
        Self(sender)
    }
    fn as_sender(&self) -> &::actor_runtime::__private::Sender<Self::Command> {
        &self.0
    }
}
#[automatically_derived]
impl ::core::fmt::Debug for CountdownClient {
    fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
        (&self.0).describe("CountdownClient", f)
    }
}
#[automatically_derived]
impl ::actor_runtime::Actor for Countdown {
    type Command = CountdownCommand;
    type Client = CountdownClient;
    async fn handle(
        &mut self,
        command: CountdownCommand,
        context: &mut ::actor_runtime::Context<Self>,
    ) {
        match command {
            CountdownCommand::Tick { by, reply } => {
                reply.send(Self::tick(self, by, context))
            }
            CountdownCommand::Left { reply } => reply.send(Self::left(self)),
        }
    }
    async fn run(
        mut self,
        inbox: &mut ::actor_runtime::Inbox<CountdownCommand>,
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
impl ::actor_runtime::SendActor for Countdown {
    fn run_send(
        self,
        inbox: &mut ::actor_runtime::Inbox<CountdownCommand>,
        context: &mut ::actor_runtime::Context<Self>,
    ) -> impl ::core::future::Future<Output = Self> + ::core::marker::Send {
        ::actor_runtime::__private::given::<Self>()
            .assert_loop(::actor_runtime::Actor::run(self, inbox, context))
    }
}
fn main() {}
