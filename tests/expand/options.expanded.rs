const ROWS: usize = 8;
struct Pipe {
    bytes: Vec<u8>,
}
impl Pipe {
    pub fn push(&mut self, byte: u8) {
        self.bytes.push(byte);
    }
}
/// Commands for a [`Pipe`] actor.
pub(crate) enum Request {
    /// Sent by [`Handle::push`].
    Push {
        /// The argument `byte`.
        byte: u8,
    },
}
#[automatically_derived]
impl ::actor_runtime::Command for Request {
    type Events = ();
    type Latest = ();
    const ACTOR: &'static str = "pipe";
    fn name(&self) -> &'static str {
        match *self {
            Self::Push { .. } => "push",
        }
    }
}
#[automatically_derived]
impl ::core::fmt::Debug for Request {
    fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
        f.write_str(::actor_runtime::Command::name(self))
    }
}
/// A client of a [`Pipe`] actor.
#[derive(::core::clone::Clone)]
pub(crate) struct Handle(::actor_runtime::__private::Sender<Request>);
impl Handle {
    /// Calls `Pipe::push`.
    pub async fn push(
        &self,
        byte: u8,
    ) -> ::core::result::Result<(), ::actor_runtime::CallError> {
        (&self.0).cast(Request::Push { byte }).await
    }
}
#[automatically_derived]
impl ::actor_runtime::Client for Handle {
    type Command = Request;
    fn from_sender(sender: ::actor_runtime::__private::Sender<Self::Command>) -> Self {
        Self(sender)
    }
    fn as_sender(&self) -> &::actor_runtime::__private::Sender<Self::Command> {
        &self.0
    }
}
#[automatically_derived]
impl ::core::fmt::Debug for Handle {
    fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
        (&self.0).describe("Handle", f)
    }
}
#[automatically_derived]
impl ::actor_runtime::Actor for Pipe {
    type Command = Request;
    type Client = Handle;
    const CAPACITY: usize = 4 * ROWS;
    async fn handle(
        &mut self,
        command: Request,
        _context: &mut ::actor_runtime::Context<Self>,
    ) {
        match command {
            Request::Push { byte } => Self::push(self, byte),
        }
    }
    async fn run(
        mut self,
        inbox: &mut ::actor_runtime::Inbox<Request>,
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
impl ::actor_runtime::SendActor for Pipe {
    fn run_send(
        self,
        inbox: &mut ::actor_runtime::Inbox<Request>,
        context: &mut ::actor_runtime::Context<Self>,
    ) -> impl ::core::future::Future<Output = Self> + ::core::marker::Send {
        ::actor_runtime::__private::given::<Self>()
            .assert_loop(::actor_runtime::Actor::run(self, inbox, context))
    }
}
struct Funnel;
impl Funnel {
    pub(crate) fn pour(&mut self, _litres: u32) {}
}
/// Commands for a [`Funnel`] actor.
pub(crate) enum FunnelCommand {
    /// Sent by [`FunnelClient::pour`].
    Pour {
        /// The argument `_litres`.
        _litres: u32,
    },
}
#[automatically_derived]
impl ::actor_runtime::Command for FunnelCommand {
    type Events = ();
    type Latest = ();
    const ACTOR: &'static str = "funnel";
    fn name(&self) -> &'static str {
        match *self {
            Self::Pour { .. } => "pour",
        }
    }
}
#[automatically_derived]
impl ::core::fmt::Debug for FunnelCommand {
    fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
        f.write_str(::actor_runtime::Command::name(self))
    }
}
/// A client of a [`Funnel`] actor.
#[derive(::core::clone::Clone)]
pub(crate) struct FunnelClient(::actor_runtime::__private::Sender<FunnelCommand>);
impl FunnelClient {
    /// Calls `Funnel::pour`.
    pub(crate) async fn pour(
        &self,
        _litres: u32,
    ) -> ::core::result::Result<(), ::actor_runtime::CallError> {
        (&self.0).cast(FunnelCommand::Pour { _litres }).await
    }
}
#[automatically_derived]
impl ::actor_runtime::Client for FunnelClient {
    type Command = FunnelCommand;
    fn from_sender(sender: ::actor_runtime::__private::Sender<Self::Command>) -> Self {
        Self(sender)
    }
    fn as_sender(&self) -> &::actor_runtime::__private::Sender<Self::Command> {
        &self.0
    }
}
#[automatically_derived]
impl ::core::fmt::Debug for FunnelClient {
    fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
        (&self.0).describe("FunnelClient", f)
    }
}
#[automatically_derived]
impl ::actor_runtime::Actor for Funnel {
    type Command = FunnelCommand;
    type Client = FunnelClient;
    const CAPACITY: usize = ::actor_runtime::__private::UNBOUNDED;
    async fn handle(
        &mut self,
        command: FunnelCommand,
        _context: &mut ::actor_runtime::Context<Self>,
    ) {
        match command {
            FunnelCommand::Pour { _litres } => Self::pour(self, _litres),
        }
    }
    async fn run(
        mut self,
        inbox: &mut ::actor_runtime::Inbox<FunnelCommand>,
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
impl ::actor_runtime::SendActor for Funnel {
    fn run_send(
        self,
        inbox: &mut ::actor_runtime::Inbox<FunnelCommand>,
        context: &mut ::actor_runtime::Context<Self>,
    ) -> impl ::core::future::Future<Output = Self> + ::core::marker::Send {
        ::actor_runtime::__private::given::<Self>()
            .assert_loop(::actor_runtime::Actor::run(self, inbox, context))
    }
}
pub fn main() {
    let (pipe, _inbox) = actor_runtime::channel::<Pipe>(ROWS);
    drop(pipe.push(1));
    let (funnel, _inbox) = actor_runtime::channel::<Funnel>(1);
    drop(funnel.pour(2));
}
