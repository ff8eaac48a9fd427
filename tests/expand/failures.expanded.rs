use std::io;
use std::num::ParseIntError;
use actor_runtime::{Context, Stream};
use tokio::net::UdpSocket;
pub struct Meter<S> {
    socket: UdpSocket,
    readings: S,
    sum: u64,
}
impl<S: Stream<Item = String> + Unpin + Default + Send + 'static> Meter<S> {
    /// The sum of all readings.
    pub fn sum(&self) -> u64 {
        self.sum
    }
    pub fn check(&self, limit: u64, ctx: &mut Context<Self>) {
        if self.sum > limit {
            ctx.fail("too much");
        }
    }
    fn read(&mut self, reading: String) -> Result<(), ParseIntError> {
        let number: u64 = reading.parse()?;
        self.sum += number;
        Ok(())
    }
    async fn receive(&mut self, readable: io::Result<()>) -> io::Result<()> {
        readable
    }
    async fn report(&mut self) -> io::Result<()> {
        self.socket.send(&self.sum.to_be_bytes()).await?;
        Ok(())
    }
}
/// Commands for a [`Meter`] actor.
#[non_exhaustive]
pub enum MeterCommand {
    /// Sent by [`MeterClient::check`].
    Check {
        /// The argument `limit`.
        limit: u64,
    },
}
const _: () = {
    /// The latest values of a [`Meter`] actor.
    pub struct Latest {
        /// The value that `sum` returned last.
        pub sum: ::actor_runtime::Latest<u64>,
    }
    #[automatically_derived]
    impl ::actor_runtime::__private::Published for Latest {
        fn open(_: usize) -> Self {
            Self {
                sum: ::actor_runtime::Latest::new(),
            }
        }
        fn close(&self) {
            ::actor_runtime::__private::Published::close(&self.sum);
        }
    }
    #[automatically_derived]
    impl ::actor_runtime::Command for MeterCommand {
        type Events = ();
        type Latest = Latest;
        const ACTOR: &'static str = "meter";
        fn name(&self) -> &'static str {
            match *self {
                Self::Check { .. } => "check",
            }
        }
    }
};
#[automatically_derived]
impl ::core::fmt::Debug for MeterCommand {
    fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
        f.write_str(::actor_runtime::Command::name(self))
    }
}
/// A client of a [`Meter`] actor.
#[derive(::core::clone::Clone)]
pub struct MeterClient(::actor_runtime::__private::Sender<MeterCommand>);
#[allow(clippy::future_not_send, reason = "`Send` if the type parameters are")]
impl MeterClient {
    /// Calls `Meter::check`.
    pub async fn check(
        &self,
        limit: u64,
    ) -> ::core::result::Result<(), ::actor_runtime::CallError> {
        (&self.0).cast(MeterCommand::Check { limit }).await
    }
    /// The sum of all readings.
    #[track_caller]
    pub fn sum(&self) -> u64 {
        ::actor_runtime::Latest::get(&(&self.0).latest().sum)
    }
    /// Follows [`sum`](Self::sum): yields its present value, then each change.
    pub fn watch_sum(&self) -> ::actor_runtime::Watch<u64> {
        ::actor_runtime::Latest::watch(&(&self.0).latest().sum)
    }
}
#[automatically_derived]
impl ::actor_runtime::Client for MeterClient {
    type Command = MeterCommand;
    fn from_sender(sender: ::actor_runtime::__private::Sender<Self::Command>) -> Self {
        Self(sender)
    }
    fn as_sender(&self) -> &::actor_runtime::__private::Sender<Self::Command> {
        &self.0
    }
}
#[automatically_derived]
impl ::core::fmt::Debug for MeterClient {
    fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
        (&self.0).describe("MeterClient", f)
    }
}
#[automatically_derived]
#[allow(clippy::future_not_send, reason = "`Send` if the type parameters are")]
#[allow(
    clippy::trait_duplication_in_bounds,
    clippy::type_repetition_in_bounds,
    reason = "the block may already have these bounds"
)]
impl<S: Stream<Item = String> + Unpin + Default + Send + 'static> ::actor_runtime::Actor
for Meter<S>
where
    S: ::core::marker::Send + 'static,
    Self: ::core::marker::Send,
{
    type Command = MeterCommand;
    type Client = MeterClient;
    async fn handle(
        &mut self,
        command: MeterCommand,
        context: &mut ::actor_runtime::Context<Self>,
    ) {
        match command {
            MeterCommand::Check { limit } => Self::check(self, limit, context),
        }
    }
    async fn run(
        mut self,
        inbox: &mut ::actor_runtime::Inbox<MeterCommand>,
        context: &mut ::actor_runtime::Context<Self>,
    ) -> Self {
        enum Source<ReadOutput, ReceiveOutput> {
            Read(ReadOutput),
            Receive(ReceiveOutput),
        }
        const READ: usize = 0;
        const RECEIVE: usize = 1;
        let turns = &mut ::actor_runtime::__private::Turns::new(["read", "receive"]);
        inbox.set_up("read");
        let mut read = ::core::pin::pin!(
            turns.stream(READ, ::actor_runtime::__private::assert_stream(std::mem::take(&
            mut self.readings)))
        );
        loop {
            let turn = {
                inbox.leave();
                let mut receive = ::core::pin::pin!(
                    ::actor_runtime::__private::assert_source(self.socket.readable())
                );
                turns
                    .next(
                        inbox,
                        |source, cx| match source {
                            READ => {
                                ::actor_runtime::__private::poll_item(
                                    ::core::pin::Pin::as_mut(&mut read),
                                    cx,
                                    Source::Read,
                                )
                            }
                            RECEIVE => {
                                ::actor_runtime::__private::poll_output(
                                    ::core::pin::Pin::as_mut(&mut receive),
                                    cx,
                                    Source::Receive,
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
                ::actor_runtime::__private::Turn::Source(Source::Read(output)) => {
                    let result = Self::read(&mut self, output);
                    ::actor_runtime::Actor::publish(&self, context);
                    inbox.fail_if_error(result);
                }
                ::actor_runtime::__private::Turn::Source(Source::Receive(output)) => {
                    let result = ::actor_runtime::__private::assert_send(
                            Self::receive(&mut self, output),
                        )
                        .await;
                    ::actor_runtime::Actor::publish(&self, context);
                    inbox.fail_if_error(result);
                }
                ::actor_runtime::__private::Turn::End => break,
            }
        }
        {
            inbox.enter_stop("report");
            let result = ::actor_runtime::__private::assert_send(Self::report(&mut self))
                .await;
            ::actor_runtime::Actor::publish(&self, context);
            inbox.fail_if_error(result);
            inbox.leave();
        }
        self
    }
    fn publish(&self, context: &::actor_runtime::Context<Self>) {
        let latest = context.latest();
        ::actor_runtime::Latest::publish(&latest.sum, Self::sum(self));
    }
}
#[automatically_derived]
#[allow(
    clippy::trait_duplication_in_bounds,
    clippy::type_repetition_in_bounds,
    reason = "the block may already have these bounds"
)]
impl<
    S: Stream<Item = String> + Unpin + Default + Send + 'static,
> ::actor_runtime::SendActor for Meter<S>
where
    S: ::core::marker::Send + 'static,
    Self: ::core::marker::Send,
{
    fn run_send(
        self,
        inbox: &mut ::actor_runtime::Inbox<MeterCommand>,
        context: &mut ::actor_runtime::Context<Self>,
    ) -> impl ::core::future::Future<Output = Self> + ::core::marker::Send {
        ::actor_runtime::Actor::run(self, inbox, context)
    }
}
fn main() {}
