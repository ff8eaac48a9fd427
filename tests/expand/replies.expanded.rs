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
#[allow(private_interfaces, unreachable_pub, reason = "visibility is a guess")]
pub enum DiskCommand {
    /// Calls `Disk::len`.
    Len {
        /// Where the answer goes.
        reply: ::actor_runtime::__private::Reply<usize>,
    },
    /// Calls `Disk::append`.
    Append {
        /// The argument `byte`.
        byte: u8,
    },
    /// Calls `Disk::clear`.
    Clear {
        /// Where the answer goes.
        reply: ::actor_runtime::__private::Reply<()>,
    },
    /// Calls `Disk::truncate`.
    Truncate {
        /// The argument `len`.
        len: usize,
        /// Where the answer goes.
        reply: ::actor_runtime::__private::Reply<()>,
    },
    /// Calls `Disk::read`.
    Read {
        /// Where the answer goes.
        reply: ::actor_runtime::__private::Reply<Result<Vec<u8>, std::io::Error>>,
    },
    /// Calls `Disk::flush`.
    Flush,
}
#[automatically_derived]
impl ::actor_runtime::__private::Command for DiskCommand {
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
        f.write_str(::actor_runtime::__private::Command::name(self))
    }
}
/// A client of a [`Disk`] actor.
#[allow(private_interfaces, unreachable_pub, reason = "visibility is a guess")]
pub struct DiskClient {
    sender: ::actor_runtime::__private::Sender<DiskCommand>,
}
impl DiskClient {
    /// Calls `Disk::len`.
    pub async fn len(
        &self,
    ) -> ::core::result::Result<usize, ::actor_runtime::__private::CallError> {
        let (reply, answer) = ::actor_runtime::__private::Reply::new();
        self.sender.call(DiskCommand::Len { reply }, answer).await
    }
    /// Calls `Disk::append`.
    pub async fn append(
        &self,
        byte: u8,
    ) -> ::core::result::Result<(), ::actor_runtime::__private::CallError> {
        self.sender.cast(DiskCommand::Append { byte }).await
    }
    /// Calls `Disk::clear`.
    pub async fn clear(
        &self,
    ) -> ::core::result::Result<(), ::actor_runtime::__private::CallError> {
        let (reply, answer) = ::actor_runtime::__private::Reply::new();
        self.sender.call(DiskCommand::Clear { reply }, answer).await
    }
    /// Calls `Disk::truncate`.
    pub async fn truncate(
        &self,
        len: usize,
    ) -> ::core::result::Result<(), ::actor_runtime::__private::CallError> {
        let (reply, answer) = ::actor_runtime::__private::Reply::new();
        self.sender
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
        ::actor_runtime::__private::CallError,
    > {
        let (reply, answer) = ::actor_runtime::__private::Reply::new();
        self.sender.call(DiskCommand::Read { reply }, answer).await
    }
    /// Calls `Disk::flush`.
    pub async fn flush(
        &self,
    ) -> ::core::result::Result<(), ::actor_runtime::__private::CallError> {
        self.sender.cast(DiskCommand::Flush).await
    }
}
#[automatically_derived]
impl ::actor_runtime::__private::Client for DiskClient {
    type Command = DiskCommand;
    fn from_sender(sender: ::actor_runtime::__private::Sender<Self::Command>) -> Self {
        Self { sender }
    }
    fn as_sender(&self) -> &::actor_runtime::__private::Sender<Self::Command> {
        &self.sender
    }
}
#[automatically_derived]
impl ::core::clone::Clone for DiskClient {
    fn clone(&self) -> Self {
        Self {
            sender: ::core::clone::Clone::clone(&self.sender),
        }
    }
}
#[automatically_derived]
impl ::core::fmt::Debug for DiskClient {
    fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
        ::core::fmt::Debug::fmt(&self.sender, f)
    }
}
#[automatically_derived]
impl ::actor_runtime::__private::Actor for Disk
where
    Self: ::core::marker::Send,
{
    type Command = DiskCommand;
    type Client = DiskClient;
    async fn handle(
        &mut self,
        command: DiskCommand,
        _context: &mut ::actor_runtime::__private::Context<Self>,
    ) {
        match command {
            DiskCommand::Len { reply } => reply.send(Self::len(self)),
            DiskCommand::Append { byte } => Self::append(self, byte),
            DiskCommand::Clear { reply } => reply.send(Self::clear(self)),
            DiskCommand::Truncate { len, reply } => reply.send(Self::truncate(self, len)),
            DiskCommand::Read { reply } => {
                reply
                    .send(
                        ::actor_runtime::__private::assert_send(Self::read(self)).await,
                    )
            }
            DiskCommand::Flush => {
                ::actor_runtime::__private::assert_send(Self::flush(self)).await
            }
        }
    }
    async fn run(
        mut self,
        inbox: &mut ::actor_runtime::__private::Inbox<DiskCommand>,
        context: &mut ::actor_runtime::__private::Context<Self>,
    ) -> Self {
        loop {
            let ::core::option::Option::Some(command) = inbox.next().await else {
                return self;
            };
            ::actor_runtime::__private::Actor::handle(&mut self, command, context).await;
        }
    }
}
#[automatically_derived]
impl ::actor_runtime::__private::SendActor for Disk
where
    Self: ::core::marker::Send,
    Result<Vec<u8>, std::io::Error>: ::core::marker::Send,
{
    fn run_send(
        self,
        inbox: &mut ::actor_runtime::__private::Inbox<DiskCommand>,
        context: &mut ::actor_runtime::__private::Context<Self>,
    ) -> impl ::core::future::Future<Output = Self> + ::core::marker::Send {
        ::actor_runtime::__private::Actor::run(self, inbox, context)
    }
}
pub fn main() {
    let mut disk = Disk::new();
    disk.grow(8);
    assert!(disk.as_bytes().is_empty());
    assert!(disk.into_bytes().is_empty());
}
