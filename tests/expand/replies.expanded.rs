pub struct Disk {
    bytes: Vec<u8>,
}
impl Disk {
    pub fn len(&self) -> usize {
        self.bytes.len()
    }
    pub fn append(&mut self, byte: u8) {
        self.bytes.push(byte);
    }
    pub fn clear(&mut self) -> () {
        self.bytes.clear();
    }
    pub fn truncate(&mut self, len: usize) {
        self.bytes.truncate(len);
    }
    pub async fn read(&self) -> Result<Vec<u8>, std::io::Error> {
        Ok(self.bytes.clone())
    }
    pub async fn flush(&mut self) {}
    pub fn new() -> Self {
        Self { bytes: Vec::new() }
    }
    pub fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }
    fn grow(&mut self, by: usize) {
        self.bytes.reserve(by);
    }
}
/// Commands for a [`Disk`] actor.
#[non_exhaustive]
pub enum DiskCommand {
    /// Sent by [`DiskClient::len`].
    Len {
        /// Sends the answer to the caller.
        reply: ::actor_runtime::Reply<usize>,
    },
    /// Sent by [`DiskClient::append`].
    Append {
        /// The argument `byte`.
        byte: u8,
    },
    /// Sent by [`DiskClient::clear`].
    Clear {
        /// Sends the answer to the caller.
        reply: ::actor_runtime::Reply<()>,
    },
    /// Sent by [`DiskClient::truncate`].
    Truncate {
        /// The argument `len`.
        len: usize,
        /// Sends the answer to the caller.
        reply: ::actor_runtime::Reply<()>,
    },
    /// Sent by [`DiskClient::read`].
    Read {
        /// Sends the answer to the caller.
        reply: ::actor_runtime::Reply<Result<Vec<u8>, std::io::Error>>,
    },
    /// Sent by [`DiskClient::flush`].
    Flush,
}
#[automatically_derived]
impl ::actor_runtime::Command for DiskCommand {
    type Events = ();
    type Latest = ();
    const ACTOR: &'static str = "disk";
    fn name(&self) -> &'static str {
        match *self {
            Self::Len { .. } => "len",
            Self::Append { .. } => "append",
            Self::Clear { .. } => "clear",
            Self::Truncate { .. } => "truncate",
            Self::Read { .. } => "read",
            Self::Flush { .. } => "flush",
        }
    }
}
#[automatically_derived]
impl ::core::fmt::Debug for DiskCommand {
    fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
        f.write_str(::actor_runtime::Command::name(self))
    }
}
/// A client of a [`Disk`] actor.
#[derive(::core::clone::Clone)]
pub struct DiskClient(::actor_runtime::__private::Sender<DiskCommand>);
impl DiskClient {
    /// Calls `Disk::len`.
    pub async fn len(
        &self,
    ) -> ::core::result::Result<usize, ::actor_runtime::CallError> {
        let (reply, answer) = ::actor_runtime::Reply::new();
        (&self.0).call(DiskCommand::Len { reply }, answer).await
    }
    /// Calls `Disk::append`.
    pub async fn append(
        &self,
        byte: u8,
    ) -> ::core::result::Result<(), ::actor_runtime::CallError> {
        (&self.0).cast(DiskCommand::Append { byte }).await
    }
    /// Calls `Disk::clear`.
    pub async fn clear(&self) -> ::core::result::Result<(), ::actor_runtime::CallError> {
        let (reply, answer) = ::actor_runtime::Reply::new();
        (&self.0).call(DiskCommand::Clear { reply }, answer).await
    }
    /// Calls `Disk::truncate`.
    pub async fn truncate(
        &self,
        len: usize,
    ) -> ::core::result::Result<(), ::actor_runtime::CallError> {
        let (reply, answer) = ::actor_runtime::Reply::new();
        (&self.0)
            .call(
                DiskCommand::Truncate {
                    len,
                    reply,
                },
                answer,
            )
            .await
    }
    /// Calls `Disk::read`.
    pub async fn read(
        &self,
    ) -> ::core::result::Result<
        Result<Vec<u8>, std::io::Error>,
        ::actor_runtime::CallError,
    > {
        let (reply, answer) = ::actor_runtime::Reply::new();
        (&self.0).call(DiskCommand::Read { reply }, answer).await
    }
    /// Calls `Disk::flush`.
    pub async fn flush(&self) -> ::core::result::Result<(), ::actor_runtime::CallError> {
        (&self.0).cast(DiskCommand::Flush).await
    }
}
#[automatically_derived]
impl ::actor_runtime::Client for DiskClient {
    type Command = DiskCommand;
    fn from_sender(sender: ::actor_runtime::__private::Sender<Self::Command>) -> Self {
        Self(sender)
    }
    fn as_sender(&self) -> &::actor_runtime::__private::Sender<Self::Command> {
        &self.0
    }
}
#[automatically_derived]
impl ::core::fmt::Debug for DiskClient {
    fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
        (&self.0).describe("DiskClient", f)
    }
}
#[automatically_derived]
impl ::actor_runtime::Actor for Disk {
    type Command = DiskCommand;
    type Client = DiskClient;
    async fn handle(
        &mut self,
        command: DiskCommand,
        _context: &mut ::actor_runtime::Context<Self>,
    ) {
        match command {
            DiskCommand::Len { reply } => reply.send(Self::len(self)),
            DiskCommand::Append { byte } => Self::append(self, byte),
            DiskCommand::Clear { reply } => reply.send(Self::clear(self)),
            DiskCommand::Truncate { len, reply } => reply.send(Self::truncate(self, len)),
            DiskCommand::Read { reply } => {
                reply
                    .send(
                        ::actor_runtime::__private::given::<Self>()
                            .assert_send(Self::read(self))
                            .await,
                    )
            }
            DiskCommand::Flush => {
                ::actor_runtime::__private::given::<Self>()
                    .assert_send(Self::flush(self))
                    .await
            }
        }
    }
    async fn run(
        mut self,
        inbox: &mut ::actor_runtime::Inbox<DiskCommand>,
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
impl ::actor_runtime::SendActor for Disk
where
    for<'assumed> DiskCommand: ::core::marker::Send,
{
    fn run_send(
        self,
        inbox: &mut ::actor_runtime::Inbox<DiskCommand>,
        context: &mut ::actor_runtime::Context<Self>,
    ) -> impl ::core::future::Future<Output = Self> + ::core::marker::Send {
        ::actor_runtime::__private::is_send::<std::io::Error>();
        ::actor_runtime::__private::given::<(Self, Result<Vec<u8>, std::io::Error>)>()
            .assert_loop(::actor_runtime::Actor::run(self, inbox, context))
    }
}
pub fn main() {
    let mut disk = Disk::new();
    disk.grow(8);
    assert!(disk.as_bytes().is_empty());
    assert!(disk.into_bytes().is_empty());
}
