use tokio::sync::mpsc;
pub struct Market {
    prices: mpsc::Receiver<(String, u32)>,
    bells: mpsc::Receiver<()>,
    is_open: bool,
    total: u32,
}
impl Market {
    pub fn total(&self) -> u32 {
        self.total
    }
    fn price(&mut self, price: u32) {
        self.total += price;
    }
    fn bell(&mut self) {
        self.is_open = !self.is_open;
    }
}
/// Commands for a [`Market`] actor.
#[non_exhaustive]
pub enum MarketCommand {
    /// Sent by [`MarketClient::total`].
    Total {
        /// Sends the answer to the caller.
        reply: ::actor_runtime::Reply<u32>,
    },
}
#[automatically_derived]
impl ::actor_runtime::Command for MarketCommand {
    type Events = ();
    type Latest = ();
    const ACTOR: &'static str = "market";
    fn name(&self) -> &'static str {
        match *self {
            Self::Total { .. } => "total",
        }
    }
}
#[automatically_derived]
impl ::core::fmt::Debug for MarketCommand {
    fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
        f.write_str(::actor_runtime::Command::name(self))
    }
}
/// A client of a [`Market`] actor.
#[derive(::core::clone::Clone)]
pub struct MarketClient(::actor_runtime::__private::Sender<MarketCommand>);
impl MarketClient {
    /// Calls `Market::total`.
    pub async fn total(
        &self,
    ) -> ::core::result::Result<u32, ::actor_runtime::CallError> {
        let (reply, answer) = ::actor_runtime::Reply::new();
        (&self.0).call(MarketCommand::Total { reply }, answer).await
    }
}
#[automatically_derived]
impl ::actor_runtime::Client for MarketClient {
    type Command = MarketCommand;
    fn from_sender(sender: ::actor_runtime::__private::Sender<Self::Command>) -> Self {
        Self(sender)
    }
    fn as_sender(&self) -> &::actor_runtime::__private::Sender<Self::Command> {
        &self.0
    }
}
#[automatically_derived]
impl ::core::fmt::Debug for MarketClient {
    fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
        (&self.0).describe("MarketClient", f)
    }
}
#[automatically_derived]
impl ::actor_runtime::Actor for Market {
    type Command = MarketCommand;
    type Client = MarketClient;
    async fn handle(
        &mut self,
        command: MarketCommand,
        _context: &mut ::actor_runtime::Context<Self>,
    ) {
        match command {
            MarketCommand::Total { reply } => reply.send(Self::total(self)),
        }
    }
    async fn run(
        mut self,
        inbox: &mut ::actor_runtime::Inbox<MarketCommand>,
        context: &mut ::actor_runtime::Context<Self>,
    ) -> Self {
        enum Source<PriceOutput> {
            Price(PriceOutput),
            Bell,
        }
        const PRICE: usize = 0;
        const BELL: usize = 1;
        let turns = &mut ::actor_runtime::__private::Turns::new(["price", "bell"]);
        let mut price_misses = ::actor_runtime::__private::Misses::new();
        let mut bell_misses = ::actor_runtime::__private::Misses::new();
        loop {
            let turn = {
                inbox.leave();
                let price_is_on: bool = self.is_open;
                let price = if price_is_on {
                    ::core::option::Option::Some(async {
                        price_misses.begin();
                        loop {
                            #[allow(
                                irrefutable_let_patterns,
                                reason = "the pattern may match every output"
                            )]
                            if let Some((_, price)) = ::actor_runtime::__private::future_of(
                                    ::actor_runtime::__private::sent(self.prices.recv()),
                                )
                                .await
                            {
                                break ::actor_runtime::__private::sent(price);
                            }
                            price_misses.miss().await;
                        }
                    })
                } else {
                    ::core::option::Option::None
                };
                let mut price = ::core::pin::pin!(price);
                let bell = async {
                    bell_misses.begin();
                    loop {
                        #[allow(
                            irrefutable_let_patterns,
                            reason = "the pattern may match every output"
                        )]
                        if let Some(()) = ::actor_runtime::__private::future_of(
                                ::actor_runtime::__private::sent(self.bells.recv()),
                            )
                            .await
                        {
                            break ();
                        }
                        bell_misses.miss().await;
                    }
                };
                let mut bell = ::core::pin::pin!(bell);
                turns
                    .next(
                        inbox,
                        |source, cx| match source {
                            PRICE => {
                                ::actor_runtime::__private::poll_output_if(
                                    ::core::pin::Pin::as_mut(&mut price),
                                    cx,
                                    Source::Price,
                                )
                            }
                            BELL => {
                                ::actor_runtime::__private::poll_output(
                                    ::core::pin::Pin::as_mut(&mut bell),
                                    cx,
                                    |_| Source::Bell,
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
                ::actor_runtime::__private::Turn::Source(Source::Price(output)) => {
                    Self::price(&mut self, output);
                }
                ::actor_runtime::__private::Turn::Source(Source::Bell) => {
                    Self::bell(&mut self);
                }
                ::actor_runtime::__private::Turn::End => return self,
            }
        }
    }
}
#[automatically_derived]
impl ::actor_runtime::SendActor for Market {
    fn run_send(
        self,
        inbox: &mut ::actor_runtime::Inbox<MarketCommand>,
        context: &mut ::actor_runtime::Context<Self>,
    ) -> impl ::core::future::Future<Output = Self> + ::core::marker::Send {
        ::actor_runtime::__private::given::<Self>()
            .assert_loop(::actor_runtime::Actor::run(self, inbox, context))
    }
}
fn main() {}
