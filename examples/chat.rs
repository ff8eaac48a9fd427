//! Rooms and users over TCP: a lobby that owns the rooms, an actor for each room, and an actor for
//! each connection. One token ends them all, and everything said before the end is still delivered.
//!
//! ```text
//! cargo run -p examples --example chat
//! ```
//!
//! The actors wait for each other in one direction only, so they cannot deadlock. A session waits
//! for the lobby, for its room and for its socket. A room announces messages without waiting for
//! anybody. The lobby starts rooms and sessions, and never calls them.

use std::collections::{BTreeSet, HashMap};
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use actor_runtime::{
    Actor as _, CallError, CancellationToken, Context, Notice, StopReason, Subscription, actor,
};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, Lines};
use tokio::net::{TcpListener, TcpStream};

/// The actor that lets users in and owns the rooms.
pub struct Lobby {
    listener: TcpListener,
    rooms: HashMap<String, RoomClient>,
    guests: usize,
}

// Sessions and rooms are tasks of the lobby, so the lobby waits for them before it ends, and its
// deadline also applies to them. A user who does not read cannot hold up the end for longer.
#[actor(shutdown = drain, deadline = Duration::from_secs(5))]
impl Lobby {
    /// Returns the room with this name, and opens it if necessary.
    pub fn room(&mut self, name: String, ctx: &mut Context<Self>) -> RoomClient {
        let room = self.rooms.entry(name).or_insert_with_key(|name| {
            let name = name.clone();
            let (room, runner) = Room::default()
                .builder()
                .shutdown(ctx.token())
                .into_runner();
            ctx.spawn(async move { println!("the room `{name}` ended: {}", runner.run().await) });
            room
        });
        room.clone()
    }

    #[on(self.listener.accept())]
    fn accept(&mut self, accepted: io::Result<(TcpStream, SocketAddr)>, ctx: &mut Context<Self>) {
        let (Ok((socket, address)), Some(lobby)) = (accepted, ctx.client().upgrade()) else {
            return;
        };
        self.guests += 1;
        let session = Session {
            lobby,
            user: format!("guest {}", self.guests),
            lines: BufReader::new(socket).lines(),
            room: None,
            messages: None,
        };
        let (_, runner) = session.builder().shutdown(ctx.token()).into_runner();
        ctx.spawn(async move { println!("{address} has left: {}", runner.run().await) });
    }
}

/// A line that everybody in a room reads.
pub type Message = Arc<str>;

/// The actor that announces messages and arrivals in a room.
#[derive(Default)]
pub struct Room {
    users: BTreeSet<String>,
}

#[actor(event = Message, event_capacity = 64, shutdown = drain)]
impl Room {
    /// Lets a user in.
    pub fn enter(&mut self, user: String, ctx: &mut Context<Self>) {
        self.users.insert(user);
        let users: Vec<_> = self.users.iter().map(String::as_str).collect();
        ctx.emit(format!("* in the room: {}", users.join(", ")).into());
    }

    /// Announces a message of a user.
    pub fn say(&mut self, user: &str, text: &str, ctx: &mut Context<Self>) {
        ctx.emit(format!("{user}: {text}").into());
    }

    /// Lets a user out.
    pub fn leave(&mut self, user: &str, ctx: &mut Context<Self>) {
        self.users.remove(user);
        ctx.emit(format!("* {user} has left").into());
    }
}

/// A user's connection. Nobody calls it: the actor has sources and no commands.
struct Session {
    lobby: LobbyClient,
    user: String,
    lines: Lines<BufReader<TcpStream>>,
    room: Option<RoomClient>,
    messages: Option<Subscription<Message>>,
}

#[actor]
impl Session {
    // `next_line` is cancel safe: the part of a line that was read stays in `lines`.
    #[on(self.lines.next_line())]
    async fn hear(&mut self, line: io::Result<Option<String>>, ctx: &mut Context<Self>) {
        let Ok(Some(line)) = line else {
            return ctx.stop();
        };
        // If the room has ended, its messages end, too, and so does this session.
        let _ = match (line.split_once(' '), &self.room) {
            (Some(("/join", room)), None) => self.join(room).await,
            (_, Some(room)) => room.say(&self.user, &line).await,
            (_, None) => {
                self.user = line;
                Ok(())
            }
        };
    }

    // `next` is cancel safe, too: a message that was not returned stays in the subscription.
    #[on(next(&mut self.messages), if self.messages.is_some())]
    async fn forward(&mut self, notice: Option<Notice<Message>>, ctx: &mut Context<Self>) {
        let written = match notice {
            Some(notice) => self.write(notice).await,
            None => Err(io::ErrorKind::UnexpectedEof.into()),
        };
        if written.is_err() {
            ctx.stop();
        }
    }

    #[on_stop]
    async fn leave(&mut self, reason: StopReason) {
        if reason == StopReason::Cancelled {
            // All actors are told to end at once, and the room still announces earlier messages.
            while let Some(notice) = next(&mut self.messages).await {
                if self.write(notice).await.is_err() {
                    break;
                }
            }
        } else if let Some(room) = &self.room {
            let _ = room.leave(&self.user).await;
        }
    }
}

impl Session {
    async fn join(&mut self, name: &str) -> Result<(), CallError> {
        let room = self.lobby.room(name.to_owned()).await?;
        self.messages = Some(room.subscribe());
        self.room.insert(room).enter(self.user.clone()).await
    }

    async fn write(&mut self, notice: Notice<Message>) -> io::Result<()> {
        let line = match notice {
            Notice::Event(text) => format!("{text}\n"),
            Notice::Missed(count) => format!("* you missed {count} messages\n"),
        };
        self.lines.get_mut().write_all(line.as_bytes()).await
    }
}

/// Returns the next message, or `None` if there is no room or the room has ended.
async fn next(messages: &mut Option<Subscription<Message>>) -> Option<Notice<Message>> {
    messages.as_mut()?.next().await
}

/// The user's end of a connection.
struct User(BufReader<TcpStream>);

impl User {
    async fn join(address: SocketAddr, name: &str, room: &str) -> io::Result<Self> {
        let mut user = Self(BufReader::new(TcpStream::connect(address).await?));
        user.say(&format!("{name}\n/join {room}")).await?;
        Ok(user)
    }

    async fn say(&mut self, text: &str) -> io::Result<()> {
        self.0.write_all(format!("{text}\n").as_bytes()).await
    }

    /// Returns the next line, which is empty at the end.
    async fn read(&mut self) -> io::Result<String> {
        let mut line = String::new();
        self.0.read_line(&mut line).await?;
        Ok(line.trim_end().to_owned())
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> io::Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let shutdown = CancellationToken::new();
    let lobby = Lobby {
        listener,
        rooms: HashMap::new(),
        guests: 0,
    };
    // This client keeps the lobby open while nobody is in it.
    let (_lobby, handle) = lobby.spawn_with_handle(shutdown.clone());

    let mut ann = User::join(address, "Ann", "rust").await?;
    assert_eq!(ann.read().await?, "* in the room: Ann");
    let mut bob = User::join(address, "Bob", "rust").await?;
    let mut eve = User::join(address, "Eve", "tea").await?;
    assert_eq!(eve.read().await?, "* in the room: Eve");
    drop(eve);
    for user in [&mut ann, &mut bob] {
        assert_eq!(user.read().await?, "* in the room: Ann, Bob");
    }

    // The end comes while Bob is speaking. Both users read the same lines, without a gap.
    let numbers: Vec<_> = (1..=50).map(|number| number.to_string()).collect();
    bob.say(&numbers.join("\n")).await?;
    let mut said = 0;
    loop {
        let line = ann.read().await?;
        assert_eq!(bob.read().await?, line);
        if line.is_empty() {
            break;
        }
        said += 1;
        assert_eq!(line, format!("Bob: {said}"));
        if said == 1 {
            shutdown.cancel();
        }
    }
    println!("the lobby ended: {}", handle.await);
    println!("Bob said {said} lines");
    assert!(said > 0);
    Ok(())
}
