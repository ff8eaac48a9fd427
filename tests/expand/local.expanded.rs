use std::rc::Rc;
pub struct Plugin {
    script: Rc<str>,
}
impl Plugin {
    pub async fn run(&mut self, input: String) -> String {
        format!("{}({input})", self.script)
    }
}
/// Commands for a [`Plugin`] actor.
#[non_exhaustive]
pub enum PluginCommand {
    /// Sent by [`PluginClient::run`].
    Run {
        /// The argument `input`.
        input: String,
        /// Sends the answer to the caller.
        reply: ::actor_runtime::Reply<String>,
    },
}
#[automatically_derived]
impl ::actor_runtime::Command for PluginCommand {
    type Events = ();
    type Latest = ();
    const ACTOR: &'static str = "plugin";
    fn name(&self) -> &'static str {
        match *self {
            Self::Run { .. } => "run",
        }
    }
}
#[automatically_derived]
impl ::core::fmt::Debug for PluginCommand {
    fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
        f.write_str(::actor_runtime::Command::name(self))
    }
}
/// A client of a [`Plugin`] actor.
#[derive(::core::clone::Clone)]
pub struct PluginClient(::actor_runtime::__private::Sender<PluginCommand>);
#[allow(clippy::future_not_send, reason = "a `local` actor stays on one thread")]
impl PluginClient {
    /// Calls `Plugin::run`.
    pub async fn run(
        &self,
        input: String,
    ) -> ::core::result::Result<String, ::actor_runtime::CallError> {
        let (reply, answer) = ::actor_runtime::Reply::new();
        (&self.0).call(PluginCommand::Run { input, reply }, answer).await
    }
}
#[automatically_derived]
impl ::actor_runtime::Client for PluginClient {
    type Command = PluginCommand;
    fn from_sender(sender: ::actor_runtime::__private::Sender<Self::Command>) -> Self {
        Self(sender)
    }
    fn as_sender(&self) -> &::actor_runtime::__private::Sender<Self::Command> {
        &self.0
    }
}
#[automatically_derived]
impl ::core::fmt::Debug for PluginClient {
    fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
        (&self.0).describe("PluginClient", f)
    }
}
#[automatically_derived]
#[allow(clippy::future_not_send, reason = "a `local` actor stays on one thread")]
impl ::actor_runtime::Actor for Plugin {
    type Command = PluginCommand;
    type Client = PluginClient;
    async fn handle(
        &mut self,
        command: PluginCommand,
        _context: &mut ::actor_runtime::Context<Self>,
    ) {
        match command {
            PluginCommand::Run { input, reply } => {
                reply.send(Self::run(self, input).await)
            }
        }
    }
    async fn run(
        mut self,
        inbox: &mut ::actor_runtime::Inbox<PluginCommand>,
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
fn main() {}
