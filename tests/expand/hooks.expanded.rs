use std::io;
use actor_runtime::{Context, StopReason};
pub struct Session {
    user: Option<String>,
}
impl Session {
    pub fn user(&self) -> Option<String> {
        self.user.clone()
    }
    async fn log_in(&mut self) -> io::Result<()> {
        self.user = Some("root".to_owned());
        Ok(())
    }
    async fn log_out(&mut self, reason: StopReason, ctx: &mut Context<Self>) {
        if reason == StopReason::Cancelled {
            self.user = None;
            ctx.spawn(async {});
        }
    }
}
/// Commands for a [`Session`] actor.
#[non_exhaustive]
pub enum SessionCommand {
    /// Sent by [`SessionClient::user`].
    User {
        /// Sends the answer to the caller.
        reply: ::actor_runtime::Reply<Option<String>>,
    },
}
#[automatically_derived]
impl ::actor_runtime::Command for SessionCommand {
    type Events = ();
    type Latest = ();
    const ACTOR: &'static str = "session";
    fn name(&self) -> &'static str {
        match *self {
            Self::User { .. } => "user",
        }
    }
}
#[automatically_derived]
impl ::core::fmt::Debug for SessionCommand {
    fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
        f.write_str(::actor_runtime::Command::name(self))
    }
}
/// A client of a [`Session`] actor.
#[derive(::core::clone::Clone)]
pub struct SessionClient(::actor_runtime::__private::Sender<SessionCommand>);
impl SessionClient {
    /// Calls `Session::user`.
    pub async fn user(
        &self,
    ) -> ::core::result::Result<Option<String>, ::actor_runtime::CallError> {
        let (reply, answer) = ::actor_runtime::Reply::new();
        (&self.0).call(SessionCommand::User { reply }, answer).await
    }
}
#[automatically_derived]
impl ::actor_runtime::Client for SessionClient {
    type Command = SessionCommand;
    fn from_sender(sender: ::actor_runtime::__private::Sender<Self::Command>) -> Self {
        Self(sender)
    }
    fn as_sender(&self) -> &::actor_runtime::__private::Sender<Self::Command> {
        &self.0
    }
}
#[automatically_derived]
impl ::core::fmt::Debug for SessionClient {
    fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
        (&self.0).describe("SessionClient", f)
    }
}
#[automatically_derived]
impl ::actor_runtime::Actor for Session {
    type Command = SessionCommand;
    type Client = SessionClient;
    const START_CAN_FAIL: bool = true;
    async fn handle(
        &mut self,
        command: SessionCommand,
        _context: &mut ::actor_runtime::Context<Self>,
    ) {
        match command {
            SessionCommand::User { reply } => reply.send(Self::user(self)),
        }
    }
    async fn run(
        mut self,
        inbox: &mut ::actor_runtime::Inbox<SessionCommand>,
        context: &mut ::actor_runtime::Context<Self>,
    ) -> Self {
        {
            inbox.enter("log_in");
            let started = ::actor_runtime::__private::given::<Self>()
                .assert_send(Self::log_in(&mut self))
                .await;
            if inbox.start_failed(started) {
                return self;
            }
        }
        inbox.started();
        loop {
            let ::core::option::Option::Some(command) = inbox.next().await else {
                break;
            };
            ::actor_runtime::Actor::handle(&mut self, command, context).await;
        }
        {
            inbox.enter_stop("log_out");
            ::actor_runtime::__private::given::<Self>()
                .assert_send(
                    Self::log_out(
                        &mut self,
                        ::actor_runtime::Context::stop_reason(context),
                        context,
                    ),
                )
                .await;
            inbox.leave();
        }
        self
    }
}
#[automatically_derived]
impl ::actor_runtime::SendActor for Session {
    fn run_send(
        self,
        inbox: &mut ::actor_runtime::Inbox<SessionCommand>,
        context: &mut ::actor_runtime::Context<Self>,
    ) -> impl ::core::future::Future<Output = Self> + ::core::marker::Send {
        ::actor_runtime::__private::given::<Self>()
            .assert_loop(::actor_runtime::Actor::run(self, inbox, context))
    }
}
fn main() {}
