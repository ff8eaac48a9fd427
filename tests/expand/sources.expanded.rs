use std::io;
use std::time::Duration;
use actor_runtime::Context;
use tokio::net::UdpSocket;
use tokio::sync::mpsc;
pub struct Relay {
    socket: UdpSocket,
    lines: Option<mpsc::Receiver<String>>,
    is_open: bool,
    flush: Duration,
    pending: Vec<String>,
}
impl Relay {
    pub fn send(&mut self, line: String) {
        self.pending.push(line);
    }
    async fn flush(&mut self) {
        for line in self.pending.drain(..) {
            let _ = self.socket.send(line.as_bytes()).await;
        }
    }
    fn receive(&mut self, readable: io::Result<()>, ctx: &mut Context<Self>) {
        if readable.is_err() {
            ctx.stop();
        }
    }
    fn line(&mut self, line: Option<String>) {
        match line {
            Some(line) => self.pending.push(line),
            None => self.is_open = false,
        }
    }
}
/// Commands for a [`Relay`] actor.
#[non_exhaustive]
pub enum RelayCommand {
    /// Sent by [`RelayClient::send`].
    Send {
        /// The argument `line`.
        line: String,
    },
}
#[automatically_derived]
impl ::actor_runtime::Command for RelayCommand {
    type Events = ();
    type Latest = ();
    const ACTOR: &'static str = "relay";
    fn name(&self) -> &'static str {
        match *self {
            Self::Send { .. } => "send",
        }
    }
}
#[automatically_derived]
impl ::core::fmt::Debug for RelayCommand {
    fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
        f.write_str(::actor_runtime::Command::name(self))
    }
}
/// A client of a [`Relay`] actor.
#[derive(::core::clone::Clone)]
pub struct RelayClient(::actor_runtime::__private::Sender<RelayCommand>);
impl RelayClient {
    /// Calls `Relay::send`.
    pub async fn send(
        &self,
        line: String,
    ) -> ::core::result::Result<(), ::actor_runtime::CallError> {
        (&self.0).cast(RelayCommand::Send { line }).await
    }
}
#[automatically_derived]
impl ::actor_runtime::Client for RelayClient {
    type Command = RelayCommand;
    fn from_sender(sender: ::actor_runtime::__private::Sender<Self::Command>) -> Self {
        Self(sender)
    }
    fn as_sender(&self) -> &::actor_runtime::__private::Sender<Self::Command> {
        &self.0
    }
}
#[automatically_derived]
impl ::core::fmt::Debug for RelayClient {
    fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
        (&self.0).describe("RelayClient", f)
    }
}
#[automatically_derived]
impl ::actor_runtime::Actor for Relay {
    type Command = RelayCommand;
    type Client = RelayClient;
    const START_CAN_FAIL: bool = true;
    const NEEDS_TIMER: bool = true;
    async fn handle(
        &mut self,
        command: RelayCommand,
        _context: &mut ::actor_runtime::Context<Self>,
    ) {
        match command {
            RelayCommand::Send { line } => Self::send(self, line),
        }
    }
    async fn run(
        mut self,
        inbox: &mut ::actor_runtime::Inbox<RelayCommand>,
        context: &mut ::actor_runtime::Context<Self>,
    ) -> Self {
        enum Source<ReceiveOutput, LineOutput> {
            Flush,
            Receive(ReceiveOutput),
            Line(LineOutput),
        }
        const FLUSH: usize = 0;
        const RECEIVE: usize = 1;
        const LINE: usize = 2;
        let turns = &mut ::actor_runtime::__private::Turns::new([
            "flush",
            "receive",
            "line",
        ]);
        inbox.set_up("flush");
        let ::core::option::Option::Some(mut flush) = inbox.every("flush", self.flush)
        else {
            return self;
        };
        inbox.started();
        loop {
            let turn = {
                inbox.leave();
                let line_is_on: bool = self.is_open;
                let mut receive = ::core::pin::pin!(
                    ::actor_runtime::__private::assert_source(self.socket.readable())
                );
                let mut line = ::core::pin::pin!(
                    if line_is_on {
                    ::core::option::Option::Some(::actor_runtime::__private::assert_source(next_line(&
                    mut self.lines))) } else { ::core::option::Option::None }
                );
                turns
                    .next(
                        inbox,
                        |source, cx| match source {
                            FLUSH => {
                                ::actor_runtime::__private::poll_tick(
                                    &mut flush,
                                    cx,
                                    |_| Source::Flush,
                                )
                            }
                            RECEIVE => {
                                ::actor_runtime::__private::poll_output(
                                    ::core::pin::Pin::as_mut(&mut receive),
                                    cx,
                                    Source::Receive,
                                )
                            }
                            LINE => {
                                ::actor_runtime::__private::poll_output_if(
                                    ::core::pin::Pin::as_mut(&mut line),
                                    cx,
                                    Source::Line,
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
                ::actor_runtime::__private::Turn::Source(Source::Flush) => {
                    ::actor_runtime::__private::given::<Self>()
                        .assert_send(Self::flush(&mut self))
                        .await;
                }
                ::actor_runtime::__private::Turn::Source(Source::Receive(output)) => {
                    Self::receive(&mut self, output, context);
                }
                ::actor_runtime::__private::Turn::Source(Source::Line(output)) => {
                    Self::line(&mut self, output);
                }
                ::actor_runtime::__private::Turn::End => return self,
            }
        }
    }
}
#[automatically_derived]
impl ::actor_runtime::SendActor for Relay {
    fn run_send(
        self,
        inbox: &mut ::actor_runtime::Inbox<RelayCommand>,
        context: &mut ::actor_runtime::Context<Self>,
    ) -> impl ::core::future::Future<Output = Self> + ::core::marker::Send {
        ::actor_runtime::__private::given::<Self>()
            .assert_loop(::actor_runtime::Actor::run(self, inbox, context))
    }
}
async fn next_line(lines: &mut Option<mpsc::Receiver<String>>) -> Option<String> {
    lines.as_mut()?.recv().await
}
fn main() {}
