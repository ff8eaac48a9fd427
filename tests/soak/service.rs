//! The service: the actors' clients behind HTTP.

use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use actor_runtime::{Actor, CallError, CancellationToken, Notice, Why};
use axum::Router;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::routing::get;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use crate::actors::{Board, BoardClient, Desk, DeskClient, Vault, VaultClient};
use crate::book::{Book, Manner, Ticket};

/// The requests: frequent ones, and rare ones.
pub(crate) const OFTEN: [&str; 16] = [
    "get",
    "put",
    "try_put",
    "audit",
    "find",
    "find_first",
    "try_find_first",
    "file",
    "note",
    "try_note",
    "ask",
    "delegate",
    "check",
    "look",
    "copy",
    "list",
];
pub(crate) const RARELY: [&str; 6] = ["fail", "fail_aside", "leave", "fall", "listen", "ticks"];

/// The directory of the actors. They are replaced when they end, so they hold this instead of each other's clients.
#[derive(Default)]
pub(crate) struct Service {
    pub(crate) vault: Account<Vault>,
    pub(crate) desk: Account<Desk>,
    pub(crate) board: Account<Board>,
}

/// The current actor of a type, and the book of all its actors.
pub(crate) struct Account<A: Actor> {
    pub(crate) client: Mutex<Option<A::Client>>,
    pub(crate) book: Arc<Book>,
}

impl<A: Actor> Default for Account<A> {
    fn default() -> Self {
        Self {
            client: Mutex::new(None),
            book: Arc::default(),
        }
    }
}

impl<A: Actor> Account<A> {
    fn client(&self) -> Result<A::Client, CallError> {
        let client = self.client.lock().unwrap().clone();
        client.ok_or(CallError::Closed(Why::Unknown))
    }

    async fn send<T, F>(
        &self,
        command: (&'static str, Manner),
        effort: u32,
        send: impl FnOnce(A::Client, Ticket) -> F,
    ) -> Result<T, CallError>
    where
        F: Future<Output = Result<T, CallError>>,
    {
        let client = self.client()?;
        let call = self
            .book
            .call(command, effort, |ticket| send(client, ticket));
        call.await
    }

    /// Sends a cast without waiting for room.
    async fn try_cast(
        &self,
        command: &'static str,
        effort: u32,
        send: impl FnOnce(&A::Client, Ticket) -> Result<(), CallError>,
    ) -> Result<u64, CallError> {
        let cast = async |client, ticket| send(&client, ticket).map(|()| 0);
        self.send((command, Manner::Cast), effort, cast).await
    }
}

/// Sends one command to the actor of an account.
macro_rules! send {
    ($manner:ident, $account:ident.$method:ident, $effort:expr) => {
        $account
            .send(
                (stringify!($method), Manner::$manner),
                $effort,
                async |client, ticket| client.$method(ticket).await,
            )
            .await
    };
}

impl Service {
    pub(crate) fn books(&self) -> [&Book; 3] {
        [&self.vault.book, &self.desk.book, &self.board.book]
    }

    /// Answers a request with a number, or with 0 if its command has no number.
    async fn answer(&self, command: &str, effort: u32) -> Result<u64, CallError> {
        let Self { vault, desk, board } = self;
        match command {
            "get" => self.get(effort).await,
            "put" => self.put(effort).await.map(|()| 0),
            "try_put" => {
                vault
                    .try_cast("try_put", effort, VaultClient::try_put)
                    .await
            }
            "audit" => send!(Call, vault.audit, effort)?,
            "fail" => send!(Call, vault.fail, effort).map(|()| 0),
            "fail_aside" => send!(Call, vault.fail_aside, effort).map(|()| 0),
            "find" => self.find(effort).await,
            "find_first" => send!(Call, desk.find_first, effort),
            "try_find_first" => self.try_find_first(effort).await,
            "file" => send!(Call, desk.file, effort),
            "note" => send!(Cast, desk.note, effort).map(|()| 0),
            "try_note" => {
                desk.try_cast("try_note", effort, DeskClient::try_note)
                    .await
            }
            "ask" => send!(Deferred, desk.ask, effort),
            "delegate" => send!(Deferred, desk.delegate, effort),
            "check" => send!(Call, desk.check, effort)?,
            "leave" => send!(Call, desk.leave, effort).map(|()| 0),
            "look" => self.look(effort).await,
            "copy" => send!(Call, board.copy, effort)?,
            "list" => self.list(effort).await,
            "fall" => send!(Call, board.fall, effort).map(|()| 0),
            "listen" => self.listen().await,
            "ticks" => Ok(board.client()?.ticks()),
            _ => unreachable!("there is no `{command}`"),
        }
    }

    async fn try_find_first(&self, effort: u32) -> Result<u64, CallError> {
        let find = ("try_find_first", Manner::Call);
        let call = async |client: DeskClient, ticket| client.try_find_first(ticket)?.await;
        self.desk.send(find, effort, call).await
    }

    pub(crate) async fn get(&self, effort: u32) -> Result<u64, CallError> {
        let vault = &self.vault;
        send!(Call, vault.get, effort)
    }

    pub(crate) async fn put(&self, effort: u32) -> Result<(), CallError> {
        let vault = &self.vault;
        send!(Cast, vault.put, effort)
    }

    pub(crate) async fn find(&self, effort: u32) -> Result<u64, CallError> {
        let desk = &self.desk;
        send!(Call, desk.find, effort)
    }

    pub(crate) async fn look(&self, effort: u32) -> Result<u64, CallError> {
        let board = &self.board;
        send!(Call, board.look, effort)
    }

    /// Returns the number of items.
    async fn list(&self, effort: u32) -> Result<u64, CallError> {
        let list = async |board: BoardClient, ticket| {
            let mut items = board.list(ticket).await?;
            let mut count = 0;
            while let Some(item) = items.next().await {
                assert_eq!(item?, count);
                count += 1;
            }
            assert_eq!(count, u64::from(effort), "a list that looks complete");
            Ok(count)
        };
        self.board
            .send(("list", Manner::Deferred), effort, list)
            .await
    }

    /// Waits for the next event.
    async fn listen(&self) -> Result<u64, CallError> {
        // The client is dropped before the wait, as it would keep the board alive.
        let mut events = self.board.client()?.subscribe();
        match events.next().await {
            Some(Notice::Event(number) | Notice::Missed(number)) => Ok(number),
            None => Err(CallError::Closed(Why::Unknown)),
        }
    }
}

/// The service behind HTTP, on a port that the system chooses.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    shutdown: CancellationToken,
    task: JoinHandle<io::Result<()>>,
}

impl Server {
    pub(crate) async fn start(service: Arc<Service>) -> io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let shutdown = CancellationToken::new();
        let router = Router::new()
            .route("/{command}/{effort}", get(respond))
            .with_state(service);
        let server = axum::serve(listener, router)
            .with_graceful_shutdown(shutdown.clone().cancelled_owned());
        Ok(Self {
            address,
            shutdown,
            task: tokio::spawn(server.into_future()),
        })
    }

    /// Answers the requests in flight, and then ends.
    pub(crate) async fn stop(self) -> io::Result<()> {
        self.shutdown.cancel();
        self.task.await?
    }
}

async fn respond(
    State(service): State<Arc<Service>>,
    Path((command, effort)): Path<(String, u32)>,
) -> Result<String, StatusCode> {
    match service.answer(&command, effort).await {
        Ok(number) => Ok(number.to_string()),
        Err(error) if error.never_ran() => Err(StatusCode::SERVICE_UNAVAILABLE),
        Err(_) => Err(StatusCode::INTERNAL_SERVER_ERROR),
    }
}
