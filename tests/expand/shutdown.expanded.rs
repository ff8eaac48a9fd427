use std::time::Duration;
#[derive(Default)]
pub struct Mailer {
    sent: Vec<String>,
}
impl Mailer {
    pub fn send(&mut self, mail: String) {
        self.sent.push(mail);
    }
}
/// Commands for a [`Mailer`] actor.
#[non_exhaustive]
pub enum MailerCommand {
    /// Sent by [`MailerClient::send`].
    Send {
        /// The argument `mail`.
        mail: String,
    },
}
#[automatically_derived]
impl ::actor_runtime::Command for MailerCommand {
    type Events = ();
    type Latest = ();
    const ACTOR: &'static str = "mailer";
    fn name(&self) -> &'static str {
        match *self {
            Self::Send { .. } => "send",
        }
    }
}
#[automatically_derived]
impl ::core::fmt::Debug for MailerCommand {
    fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
        f.write_str(::actor_runtime::Command::name(self))
    }
}
/// A client of a [`Mailer`] actor.
#[derive(::core::clone::Clone)]
pub struct MailerClient(::actor_runtime::__private::Sender<MailerCommand>);
impl MailerClient {
    /// Calls `Mailer::send`.
    pub async fn send(
        &self,
        mail: String,
    ) -> ::core::result::Result<(), ::actor_runtime::CallError> {
        (&self.0).cast(MailerCommand::Send { mail }).await
    }
}
#[automatically_derived]
impl ::actor_runtime::Client for MailerClient {
    type Command = MailerCommand;
    fn from_sender(sender: ::actor_runtime::__private::Sender<Self::Command>) -> Self {
        Self(sender)
    }
    fn as_sender(&self) -> &::actor_runtime::__private::Sender<Self::Command> {
        &self.0
    }
}
#[automatically_derived]
impl ::core::fmt::Debug for MailerClient {
    fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
        (&self.0).describe("MailerClient", f)
    }
}
#[automatically_derived]
impl ::actor_runtime::Actor for Mailer {
    type Command = MailerCommand;
    type Client = MailerClient;
    const SHUTDOWN: ::actor_runtime::Shutdown = ::actor_runtime::Shutdown::Drain;
    const DEADLINE: ::core::option::Option<::core::time::Duration> = ::core::option::Option::Some(
        Duration::from_secs(5),
    );
    const DETACHED: bool = true;
    async fn handle(
        &mut self,
        command: MailerCommand,
        _context: &mut ::actor_runtime::Context<Self>,
    ) {
        match command {
            MailerCommand::Send { mail } => Self::send(self, mail),
        }
    }
    async fn run(
        mut self,
        inbox: &mut ::actor_runtime::Inbox<MailerCommand>,
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
impl ::actor_runtime::SendActor for Mailer {
    fn run_send(
        self,
        inbox: &mut ::actor_runtime::Inbox<MailerCommand>,
        context: &mut ::actor_runtime::Context<Self>,
    ) -> impl ::core::future::Future<Output = Self> + ::core::marker::Send {
        ::actor_runtime::__private::given::<Self>()
            .assert_loop(::actor_runtime::Actor::run(self, inbox, context))
    }
}
fn main() {}
