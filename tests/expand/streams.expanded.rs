use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;
use actor_runtime::Stream;
pub struct Lines;
impl Stream for Lines {
    type Item = String;
    fn poll_next(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<Option<String>> {
        Poll::Ready(None)
    }
}
#[derive(Default)]
pub struct Counter {
    lines: usize,
}
impl Counter {
    fn count(&mut self) {
        self.lines += 1;
    }
    fn report(&self) {
        println!("{} lines", self.lines);
    }
}
/// Commands for a [`Counter`] actor.
#[non_exhaustive]
pub enum CounterCommand {}
#[automatically_derived]
impl ::actor_runtime::Command for CounterCommand {
    type Events = ();
    type Latest = ();
    const ACTOR: &'static str = "counter";
    fn name(&self) -> &'static str {
        match *self {}
    }
}
#[automatically_derived]
impl ::core::fmt::Debug for CounterCommand {
    fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
        f.write_str(::actor_runtime::Command::name(self))
    }
}
/// A client of a [`Counter`] actor.
#[derive(::core::clone::Clone)]
pub struct CounterClient(::actor_runtime::__private::Sender<CounterCommand>);
impl CounterClient {}
#[automatically_derived]
impl ::actor_runtime::Client for CounterClient {
    type Command = CounterCommand;
    fn from_sender(sender: ::actor_runtime::__private::Sender<Self::Command>) -> Self {
        Self(sender)
    }
    fn as_sender(&self) -> &::actor_runtime::__private::Sender<Self::Command> {
        &self.0
    }
}
#[automatically_derived]
impl ::core::fmt::Debug for CounterClient {
    fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
        (&self.0).describe("CounterClient", f)
    }
}
#[automatically_derived]
impl ::actor_runtime::Actor for Counter {
    type Command = CounterCommand;
    type Client = CounterClient;
    const DETACHED: bool = true;
    const START_CAN_FAIL: bool = true;
    const NEEDS_TIMER: bool = true;
    async fn handle(
        &mut self,
        command: CounterCommand,
        _context: &mut ::actor_runtime::Context<Self>,
    ) {
        match command {}
    }
    async fn run(
        mut self,
        inbox: &mut ::actor_runtime::Inbox<CounterCommand>,
        context: &mut ::actor_runtime::Context<Self>,
    ) -> Self {
        enum Source {
            Count,
            Report,
        }
        const COUNT: usize = 0;
        const REPORT: usize = 1;
        let turns = &mut ::actor_runtime::__private::Turns::new(["count", "report"]);
        inbox.set_up("count");
        let mut count = ::core::pin::pin!(
            turns.stream(COUNT, ::actor_runtime::__private::assert_stream(Lines))
        );
        inbox.set_up("report");
        let ::core::option::Option::Some(mut report) = inbox
            .every_from_now("report", Duration::from_secs(1)) else {
            return self;
        };
        inbox.started();
        loop {
            let turn = {
                turns
                    .next(
                        inbox,
                        |source, cx| match source {
                            COUNT => {
                                ::actor_runtime::__private::poll_item(
                                    ::core::pin::Pin::as_mut(&mut count),
                                    cx,
                                    |_| Source::Count,
                                )
                            }
                            REPORT => {
                                ::actor_runtime::__private::poll_tick(
                                    &mut report,
                                    cx,
                                    |_| Source::Report,
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
                ::actor_runtime::__private::Turn::Source(Source::Count) => {
                    Self::count(&mut self);
                }
                ::actor_runtime::__private::Turn::Source(Source::Report) => {
                    Self::report(&self);
                }
                ::actor_runtime::__private::Turn::End => return self,
            }
        }
    }
}
#[automatically_derived]
impl ::actor_runtime::SendActor for Counter {
    fn run_send(
        self,
        inbox: &mut ::actor_runtime::Inbox<CounterCommand>,
        context: &mut ::actor_runtime::Context<Self>,
    ) -> impl ::core::future::Future<Output = Self> + ::core::marker::Send {
        ::actor_runtime::__private::given::<Self>()
            .assert_loop(::actor_runtime::Actor::run(self, inbox, context))
    }
}
fn main() {}
