pub struct Name<'a>(&'a str);
impl Name<'static> {
    pub async fn get(&self) -> &'static str {
        self.0
    }
}
/// Commands for a [`Name`] actor.
#[non_exhaustive]
pub enum NameCommand {
    /// Sent by [`NameClient::get`].
    Get {
        /// Sends the answer to the caller.
        reply: ::actor_runtime::Reply<&'static str>,
    },
}
#[automatically_derived]
impl ::actor_runtime::Command for NameCommand {
    type Events = ();
    type Latest = ();
    const ACTOR: &'static str = "name";
    fn name(&self) -> &'static str {
        match *self {
            Self::Get { .. } => "get",
        }
    }
}
#[automatically_derived]
impl ::core::fmt::Debug for NameCommand {
    fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
        f.write_str(::actor_runtime::Command::name(self))
    }
}
/// A client of a [`Name`] actor.
#[derive(::core::clone::Clone)]
pub struct NameClient(::actor_runtime::__private::Sender<NameCommand>);
impl NameClient {
    /// Calls `Name::get`.
    pub async fn get(
        &self,
    ) -> ::core::result::Result<&'static str, ::actor_runtime::CallError> {
        let (reply, answer) = ::actor_runtime::Reply::new();
        (&self.0).call(NameCommand::Get { reply }, answer).await
    }
}
#[automatically_derived]
impl ::actor_runtime::Client for NameClient {
    type Command = NameCommand;
    fn from_sender(sender: ::actor_runtime::__private::Sender<Self::Command>) -> Self {
        Self(sender)
    }
    fn as_sender(&self) -> &::actor_runtime::__private::Sender<Self::Command> {
        &self.0
    }
}
#[automatically_derived]
impl ::core::fmt::Debug for NameClient {
    fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
        (&self.0).describe("NameClient", f)
    }
}
#[automatically_derived]
impl ::actor_runtime::Actor for Name<'static> {
    type Command = NameCommand;
    type Client = NameClient;
    async fn handle(
        &mut self,
        command: NameCommand,
        _context: &mut ::actor_runtime::Context<Self>,
    ) {
        match command {
            NameCommand::Get { reply } => {
                reply
                    .send(
                        ::actor_runtime::__private::given::<Self>()
                            .assert_send(Self::get(self))
                            .await,
                    )
            }
        }
    }
    fn run(
        self,
        inbox: &mut ::actor_runtime::Inbox<NameCommand>,
        context: &mut ::actor_runtime::Context<Self>,
    ) -> impl ::core::future::Future<Output = Self> {
        ::actor_runtime::__private::run(self, inbox, context)
    }
}
#[automatically_derived]
impl ::actor_runtime::SendActor for Name<'static> {
    fn run_send(
        self,
        inbox: &mut ::actor_runtime::Inbox<NameCommand>,
        context: &mut ::actor_runtime::Context<Self>,
    ) -> impl ::core::future::Future<Output = Self> + ::core::marker::Send {
        ::actor_runtime::__private::given::<Self>()
            .assert_loop(::actor_runtime::Actor::run(self, inbox, context))
    }
}
fn main() {}
