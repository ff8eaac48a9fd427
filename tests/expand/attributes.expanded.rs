pub struct Door {
    open: bool,
}
#[cfg(not(windows))]
#[allow(clippy::missing_const_for_fn)]
impl Door {
    /// Returns whether the door is open.
    ///
    /// It is closed at first.
    #[must_use = "nothing is opened"]
    pub fn is_open(&self) -> bool {
        self.open
    }
    #[deprecated = "use `close`"]
    pub fn slam(&mut self) {
        self.open = false;
    }
    #[cfg(unix)]
    #[cfg_attr(debug_assertions, doc = "Opens the door, in debug builds too.")]
    pub fn open(&mut self) {
        self.open = true;
    }
    #[allow(non_snake_case)]
    #[expect(clippy::unused_self, reason = "there is but one door")]
    #[inline]
    pub fn doorNumber(&self) -> u32 {
        1
    }
}
#[cfg(not(windows))]
#[allow(clippy::missing_const_for_fn)]
/// Commands for a [`Door`] actor.
#[non_exhaustive]
pub enum DoorCommand {
    /// Returns whether the door is open.
    ///
    /// Sent by [`DoorClient::is_open`].
    IsOpen {
        /// Sends the answer to the caller.
        reply: ::actor_runtime::Reply<bool>,
    },
    /// Sent by [`DoorClient::slam`].
    #[deprecated = "use `close`"]
    Slam,
    #[cfg_attr(debug_assertions, doc = "Opens the door, in debug builds too.")]
    ///
    /// Sent by [`DoorClient::open`].
    #[cfg(unix)]
    Open,
    /// Sent by [`DoorClient::doorNumber`].
    #[allow(non_snake_case)]
    #[allow(clippy::unused_self, reason = "there is but one door")]
    DoorNumber {
        /// Sends the answer to the caller.
        reply: ::actor_runtime::Reply<u32>,
    },
}
#[cfg(not(windows))]
#[allow(clippy::missing_const_for_fn)]
#[automatically_derived]
#[allow(deprecated, reason = "the warning is for callers of the client")]
impl ::actor_runtime::Command for DoorCommand {
    type Events = ();
    type Latest = ();
    const ACTOR: &'static str = "door";
    fn name(&self) -> &'static str {
        match *self {
            Self::IsOpen { .. } => "is_open",
            Self::Slam { .. } => "slam",
            #[cfg(unix)]
            Self::Open { .. } => "open",
            #[allow(non_snake_case)]
            #[allow(clippy::unused_self, reason = "there is but one door")]
            Self::DoorNumber { .. } => "doorNumber",
        }
    }
}
#[cfg(not(windows))]
#[allow(clippy::missing_const_for_fn)]
#[automatically_derived]
impl ::core::fmt::Debug for DoorCommand {
    fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
        f.write_str(::actor_runtime::Command::name(self))
    }
}
#[cfg(not(windows))]
#[allow(clippy::missing_const_for_fn)]
/// A client of a [`Door`] actor.
#[derive(::core::clone::Clone)]
pub struct DoorClient(::actor_runtime::__private::Sender<DoorCommand>);
#[cfg(not(windows))]
#[allow(clippy::missing_const_for_fn)]
#[allow(deprecated, reason = "the warning is for callers of the client")]
impl DoorClient {
    /// Returns whether the door is open.
    ///
    /// It is closed at first.
    #[must_use = "nothing is opened"]
    pub async fn is_open(
        &self,
    ) -> ::core::result::Result<bool, ::actor_runtime::CallError> {
        let (reply, answer) = ::actor_runtime::Reply::new();
        (&self.0).call(DoorCommand::IsOpen { reply }, answer).await
    }
    /// Calls `Door::slam`.
    #[deprecated = "use `close`"]
    pub async fn slam(&self) -> ::core::result::Result<(), ::actor_runtime::CallError> {
        (&self.0).cast(DoorCommand::Slam).await
    }
    /// Calls `Door::open`.
    #[cfg_attr(debug_assertions, doc = "Opens the door, in debug builds too.")]
    #[cfg(unix)]
    pub async fn open(&self) -> ::core::result::Result<(), ::actor_runtime::CallError> {
        (&self.0).cast(DoorCommand::Open).await
    }
    /// Calls `Door::doorNumber`.
    #[allow(non_snake_case)]
    #[allow(clippy::unused_self, reason = "there is but one door")]
    #[allow(non_snake_case, reason = "the block's method has this name")]
    pub async fn doorNumber(
        &self,
    ) -> ::core::result::Result<u32, ::actor_runtime::CallError> {
        let (reply, answer) = ::actor_runtime::Reply::new();
        (&self.0).call(DoorCommand::DoorNumber { reply }, answer).await
    }
}
#[cfg(not(windows))]
#[allow(clippy::missing_const_for_fn)]
#[automatically_derived]
impl ::actor_runtime::Client for DoorClient {
    type Command = DoorCommand;
    fn from_sender(sender: ::actor_runtime::__private::Sender<Self::Command>) -> Self {
        Self(sender)
    }
    fn as_sender(&self) -> &::actor_runtime::__private::Sender<Self::Command> {
        &self.0
    }
}
#[cfg(not(windows))]
#[allow(clippy::missing_const_for_fn)]
#[automatically_derived]
impl ::core::fmt::Debug for DoorClient {
    fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
        (&self.0).describe("DoorClient", f)
    }
}
#[cfg(not(windows))]
#[allow(clippy::missing_const_for_fn)]
#[automatically_derived]
#[allow(deprecated, reason = "the warning is for callers of the client")]
impl ::actor_runtime::Actor for Door {
    type Command = DoorCommand;
    type Client = DoorClient;
    async fn handle(
        &mut self,
        command: DoorCommand,
        _context: &mut ::actor_runtime::Context<Self>,
    ) {
        match command {
            DoorCommand::IsOpen { reply } => reply.send(Self::is_open(self)),
            DoorCommand::Slam => Self::slam(self),
            #[cfg(unix)]
            DoorCommand::Open => Self::open(self),
            #[allow(non_snake_case)]
            #[allow(clippy::unused_self, reason = "there is but one door")]
            DoorCommand::DoorNumber { reply } => reply.send(Self::doorNumber(self)),
        }
    }
    async fn run(
        mut self,
        inbox: &mut ::actor_runtime::Inbox<DoorCommand>,
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
#[cfg(not(windows))]
#[allow(clippy::missing_const_for_fn)]
#[automatically_derived]
#[allow(deprecated, reason = "the warning is for callers of the client")]
impl ::actor_runtime::SendActor for Door {
    fn run_send(
        self,
        inbox: &mut ::actor_runtime::Inbox<DoorCommand>,
        context: &mut ::actor_runtime::Context<Self>,
    ) -> impl ::core::future::Future<Output = Self> + ::core::marker::Send {
        ::actor_runtime::__private::given::<Self>()
            .assert_loop(::actor_runtime::Actor::run(self, inbox, context))
    }
}
fn main() {}
