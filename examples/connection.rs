//! A connection that many callers share: one actor owns the TCP socket, sends their questions, and
//! returns each answer to the caller who asked. The answers may come in any order.
//!
//! ```text
//! cargo run -p examples --example connection
//! ```
//!
//! The actor never waits for the peer inside a command. A command puts its frame into a buffer, and
//! two sources write and read. So a peer that writes before it reads cannot bring both sides to a
//! halt.

use std::collections::{HashMap, VecDeque};
use std::io;

use actor_runtime::{Actor as _, CallError, CancellationToken, Context, Reply, Why, actor};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};

/// A question or its answer: an id, a length, and the bytes.
#[derive(Debug, PartialEq)]
pub struct Frame {
    id: u32,
    body: Vec<u8>,
}

const HEADER: usize = 8;

impl Frame {
    fn encode(&self, bytes: &mut impl Extend<u8>) {
        let length = u32::try_from(self.body.len()).expect("a frame is short");
        bytes.extend(self.id.to_be_bytes());
        bytes.extend(length.to_be_bytes());
        bytes.extend(self.body.iter().copied());
    }

    /// Takes the first frame out of `bytes`, if the frame is complete.
    fn decode(bytes: &mut Vec<u8>) -> Option<Self> {
        let (id, rest) = bytes.split_first_chunk()?;
        let (length, rest) = rest.split_first_chunk()?;
        let id = u32::from_be_bytes(*id);
        let length = u32::from_be_bytes(*length) as usize;
        let body = rest.get(..length)?.to_vec();
        bytes.drain(..HEADER + length);
        Some(Self { id, body })
    }
}

/// One end of a TCP connection.
pub struct Connection {
    reader: OwnedReadHalf,
    writer: OwnedWriteHalf,
    /// The bytes of an incomplete frame.
    incoming: Vec<u8>,
    outgoing: VecDeque<u8>,
    next_id: u32,
    waiting: HashMap<u32, Reply<String>>,
    failure: Option<io::Error>,
}

impl Connection {
    /// Creates an actor for this socket.
    pub fn new(socket: TcpStream) -> Self {
        let (reader, writer) = socket.into_split();
        Self {
            reader,
            writer,
            incoming: Vec::new(),
            outgoing: VecDeque::new(),
            next_id: 0,
            waiting: HashMap::new(),
            failure: None,
        }
    }
}

#[actor]
impl Connection {
    /// Sends `question`, and answers when the peer does.
    pub fn ask(&mut self, question: String, reply: Reply<String>) {
        let id = self.next_id;
        self.next_id = id.wrapping_add(1);
        let body = question.into_bytes();
        Frame { id, body }.encode(&mut self.outgoing);
        self.waiting.insert(id, reply);
    }

    // Both futures have to be cancel safe, since they are dropped when something else is ready
    // first. A dropped future has read or written nothing, and the rest of a frame is in a field.
    #[on(self.reader.read_buf(&mut self.incoming))]
    fn receive(&mut self, read: io::Result<usize>, ctx: &mut Context<Self>) {
        match read {
            Ok(0) => ctx.stop(),
            Ok(_) => self.answer(),
            Err(error) => self.fail(error, ctx),
        }
    }

    #[on(self.writer.write_buf(&mut self.outgoing), if !self.outgoing.is_empty())]
    fn sent(&mut self, written: io::Result<usize>, ctx: &mut Context<Self>) {
        if let Err(error) = written {
            self.fail(error, ctx);
        }
    }
}

impl Connection {
    fn answer(&mut self) {
        while let Some(Frame { id, body }) = Frame::decode(&mut self.incoming) {
            // The caller of an answer may have left.
            if let Some(reply) = self.waiting.remove(&id) {
                reply.send(String::from_utf8_lossy(&body).into_owned());
            }
        }
    }

    fn fail(&mut self, error: io::Error, ctx: &mut Context<Self>) {
        self.failure = Some(error);
        ctx.stop();
    }
}

/// Plays the peer: answers three questions at once, the last one first, and hangs up after two
/// more.
async fn serve(listener: TcpListener) -> io::Result<()> {
    let (mut socket, _) = listener.accept().await?;
    let mut answers = Vec::new();
    for _ in 0..3 {
        let Frame { id, mut body } = read(&mut socket).await?;
        body.make_ascii_uppercase();
        answers.push(Frame { id, body });
    }
    for answer in answers.iter().rev() {
        let mut bytes = Vec::new();
        answer.encode(&mut bytes);
        // In two parts, the first of which is an incomplete frame.
        let (start, end) = bytes.split_at(HEADER / 2);
        socket.write_all(start).await?;
        socket.write_all(end).await?;
    }
    read(&mut socket).await?;
    read(&mut socket).await?;
    Ok(())
}

async fn read(socket: &mut TcpStream) -> io::Result<Frame> {
    let id = socket.read_u32().await?;
    let length = socket.read_u32().await?;
    let mut body = vec![0; length as usize];
    socket.read_exact(&mut body).await?;
    Ok(Frame { id, body })
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> io::Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let server = tokio::spawn(serve(listener));

    let socket = TcpStream::connect(address).await?;
    let (connection, handle) = Connection::new(socket).spawn_with_handle(CancellationToken::new());
    let (one, two, three) = tokio::try_join!(
        connection.ask("one".into()),
        connection.ask("two".into()),
        connection.ask("three".into()),
    )?;
    println!("answered: {one}, {two}, {three}");
    assert_eq!([one, two, three], ["ONE", "TWO", "THREE"]);

    // The peer has received the next two questions, and is gone. Nobody can tell whether it acted
    // on them.
    let lost = tokio::join!(connection.ask("four".into()), connection.ask("five".into()));
    println!("hung up: {lost:?}");
    assert_eq!(lost, (Err(CallError::Stopped), Err(CallError::Stopped)));
    server.await??;

    let exit = handle.await;
    println!("the connection ended: {exit}");
    assert!(
        exit.state
            .is_some_and(|connection| connection.failure.is_none())
    );
    assert_eq!(
        connection.ask("six".into()).await,
        Err(CallError::Closed(Why::Stopped))
    );
    Ok(())
}
