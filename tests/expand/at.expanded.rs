use std::collections::BTreeMap;
use tokio::sync::mpsc;
use tokio::time::Instant;
pub struct Sessions {
    logins: mpsc::Receiver<String>,
    by_expiry: BTreeMap<Instant, String>,
    flush_at: Option<Instant>,
}
impl Sessions {
    pub fn len(&self) -> usize {
        self.by_expiry.len()
    }
    fn expire(&mut self, due: Instant) {
        self.by_expiry.retain(|expiry, _| *expiry > due);
    }
    async fn flush(&mut self) {
        self.flush_at = None;
    }
    fn login(&mut self, name: Option<String>) {
        self.by_expiry.extend(name.map(|name| (Instant::now(), name)));
    }
    fn next_expiry(&self) -> Option<Instant> {
        self.by_expiry.keys().next().copied()
    }
}
/// Commands for a [`Sessions`] actor.
#[non_exhaustive]
pub enum SessionsCommand {
    /// Sent by [`SessionsClient::len`].
    Len {
        /// Sends the answer to the caller.
        reply: ::actor_runtime::Reply<usize>,
    },
}
#[automatically_derived]
impl ::actor_runtime::Command for SessionsCommand {
    type Events = ();
    type Latest = ();
    const ACTOR: &'static str = "sessions";
    fn name(&self) -> &'static str {
        match *self {
            Self::Len { .. } => "len",
        }
    }
}
#[automatically_derived]
impl ::core::fmt::Debug for SessionsCommand {
    fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
        f.write_str(::actor_runtime::Command::name(self))
    }
}
/// A client of a [`Sessions`] actor.
#[derive(::core::clone::Clone)]
pub struct SessionsClient(::actor_runtime::__private::Sender<SessionsCommand>);
impl SessionsClient {
    /// Calls `Sessions::len`.
    pub async fn len(
        &self,
    ) -> ::core::result::Result<usize, ::actor_runtime::CallError> {
        let (reply, answer) = ::actor_runtime::Reply::new();
        (&self.0).call(SessionsCommand::Len { reply }, answer).await
    }
}
#[automatically_derived]
impl ::actor_runtime::Client for SessionsClient {
    type Command = SessionsCommand;
    fn from_sender(sender: ::actor_runtime::__private::Sender<Self::Command>) -> Self {
        Self(sender)
    }
    fn as_sender(&self) -> &::actor_runtime::__private::Sender<Self::Command> {
        &self.0
    }
}
#[automatically_derived]
impl ::core::fmt::Debug for SessionsClient {
    fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
        (&self.0).describe("SessionsClient", f)
    }
}
#[automatically_derived]
impl ::actor_runtime::Actor for Sessions {
    type Command = SessionsCommand;
    type Client = SessionsClient;
    const NEEDS_TIMER: bool = true;
    async fn handle(
        &mut self,
        command: SessionsCommand,
        _context: &mut ::actor_runtime::Context<Self>,
    ) {
        match command {
            SessionsCommand::Len { reply } => reply.send(Self::len(self)),
        }
    }
    async fn run(
        mut self,
        inbox: &mut ::actor_runtime::Inbox<SessionsCommand>,
        context: &mut ::actor_runtime::Context<Self>,
    ) -> Self {
        enum Source<ExpireOutput, LoginOutput> {
            Expire(ExpireOutput),
            Flush,
            Login(LoginOutput),
        }
        const EXPIRE: usize = 0;
        const FLUSH: usize = 1;
        const LOGIN: usize = 2;
        let turns = &mut ::actor_runtime::__private::Turns::new([
            "expire",
            "flush",
            "login",
        ]);
        let mut expire = turns.deadline(EXPIRE);
        let mut flush = turns.deadline(FLUSH);
        loop {
            let turn = {
                inbox.leave();
                expire.set(self.next_expiry());
                flush.set(self.flush_at);
                let mut login = ::core::pin::pin!(
                    ::actor_runtime::__private::assert_source(self.logins.recv())
                );
                turns
                    .next(
                        inbox,
                        |source, cx| match source {
                            EXPIRE => {
                                ::actor_runtime::__private::poll_deadline(
                                    &mut expire,
                                    cx,
                                    Source::Expire,
                                )
                            }
                            FLUSH => {
                                ::actor_runtime::__private::poll_deadline(
                                    &mut flush,
                                    cx,
                                    |_| Source::Flush,
                                )
                            }
                            LOGIN => {
                                ::actor_runtime::__private::poll_output(
                                    ::core::pin::Pin::as_mut(&mut login),
                                    cx,
                                    Source::Login,
                                )
                            }
                            _ => ::core::task::Poll::Pending,
                        },
                    )
                    .await
            };
            match turn {
                ::actor_runtime::__private::Turn::Command(command) => {
                    ::actor_runtime::Actor::handle(&mut self, command, context).await;
                }
                ::actor_runtime::__private::Turn::Source(Source::Expire(output)) => {
                    Self::expire(&mut self, output);
                }
                ::actor_runtime::__private::Turn::Source(Source::Flush) => {
                    ::actor_runtime::__private::given::<Self>()
                        .assert_send(Self::flush(&mut self))
                        .await;
                }
                ::actor_runtime::__private::Turn::Source(Source::Login(output)) => {
                    Self::login(&mut self, output);
                }
                ::actor_runtime::__private::Turn::End => return self,
            }
        }
    }
}
#[automatically_derived]
impl ::actor_runtime::SendActor for Sessions {
    fn run_send(
        self,
        inbox: &mut ::actor_runtime::Inbox<SessionsCommand>,
        context: &mut ::actor_runtime::Context<Self>,
    ) -> impl ::core::future::Future<Output = Self> + ::core::marker::Send {
        ::actor_runtime::__private::given::<Self>()
            .assert_loop(::actor_runtime::Actor::run(self, inbox, context))
    }
}
fn main() {}
