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
#[allow(private_interfaces, unreachable_pub, reason = "visibility is a guess")]
pub enum SessionCommand {
    /// Calls `Session::user`.
    User {
        /// Where the answer goes.
        reply: ::actor_runtime::__private::Reply<Option<String>>,
    },
}
#[automatically_derived]
impl ::actor_runtime::__private::Command for SessionCommand {
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
        f.write_str(::actor_runtime::__private::Command::name(self))
    }
}
/// A client of a [`Session`] actor.
#[allow(private_interfaces, unreachable_pub, reason = "visibility is a guess")]
pub struct SessionClient {
    sender: ::actor_runtime::__private::Sender<SessionCommand>,
}
impl SessionClient {
    /// Calls `Session::user`.
    pub async fn user(
        &self,
    ) -> ::core::result::Result<Option<String>, ::actor_runtime::__private::CallError> {
        let (reply, answer) = ::actor_runtime::__private::Reply::new();
        self.sender.call(SessionCommand::User { reply }, answer).await
    }
}
#[automatically_derived]
impl ::actor_runtime::__private::Client for SessionClient {
    type Command = SessionCommand;
    fn from_sender(sender: ::actor_runtime::__private::Sender<Self::Command>) -> Self {
        Self { sender }
    }
    fn as_sender(&self) -> &::actor_runtime::__private::Sender<Self::Command> {
        &self.sender
    }
}
#[automatically_derived]
impl ::core::clone::Clone for SessionClient {
    fn clone(&self) -> Self {
        Self {
            sender: ::core::clone::Clone::clone(&self.sender),
        }
    }
}
#[automatically_derived]
impl ::core::fmt::Debug for SessionClient {
    fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
        ::core::fmt::Debug::fmt(&self.sender, f)
    }
}
#[automatically_derived]
impl ::actor_runtime::__private::Actor for Session
where
    Self: ::core::marker::Send,
{
    type Command = SessionCommand;
    type Client = SessionClient;
    const STARTS: bool = true;
    async fn handle(
        &mut self,
        command: SessionCommand,
        _context: &mut ::actor_runtime::__private::Context<Self>,
    ) {
        match command {
            SessionCommand::User { reply } => reply.send(Self::user(self)),
        }
    }
    async fn run(
        mut self,
        inbox: &mut ::actor_runtime::__private::Inbox<SessionCommand>,
        context: &mut ::actor_runtime::__private::Context<Self>,
    ) -> Self {
        {
            inbox.enter("log_in");
            let started = ::actor_runtime::__private::assert_send(
                    Self::log_in(&mut self),
                )
                .await;
            if inbox.fails(started) {
                return self;
            }
        }
        inbox.started();
        loop {
            let ::core::option::Option::Some(command) = inbox.next().await else {
                break;
            };
            ::actor_runtime::__private::Actor::handle(&mut self, command, context).await;
        }
        {
            inbox.enter_stop("log_out");
            ::actor_runtime::__private::assert_send(
                    Self::log_out(&mut self, inbox.stop_reason(), context),
                )
                .await;
            inbox.leave();
        }
        self
    }
}
#[automatically_derived]
impl ::actor_runtime::__private::SendActor for Session
where
    Self: ::core::marker::Send,
{
    fn run_send(
        self,
        inbox: &mut ::actor_runtime::__private::Inbox<SessionCommand>,
        context: &mut ::actor_runtime::__private::Context<Self>,
    ) -> impl ::core::future::Future<Output = Self> + ::core::marker::Send {
        ::actor_runtime::__private::Actor::run(self, inbox, context)
    }
}
fn main() {}
