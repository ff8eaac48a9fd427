//! An actor behind an axum server, over real sockets: the example, and requests that outlive their connection or the
//! server's shutdown.

use std::error::Error;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use actor_runtime::{Actor as _, CancellationToken, ExitReason, actor, channel};
use axum::Router;
use axum::extract::State;
use axum::routing::get;
use http_body_util::BodyExt as _;
use hyper::Request;
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;
use tokio::task::JoinHandle;
use tokio::time::timeout;

use crate::axum_cache::{Cache, CacheCommand, Unavailable, router, serve};

#[expect(dead_code, reason = "its `main` is for the example alone")]
#[path = "../examples/axum_cache.rs"]
pub mod axum_cache;

type TestResult<T = ()> = Result<T, Box<dyn Error + Send + Sync>>;

#[tokio::test]
async fn values_are_stored_and_forgotten() -> TestResult {
    watched(async {
        let (cache, handle) = Cache::default().spawn_with_handle(CancellationToken::new());
        let server = Server::start(router(cache)).await?;
        let mut client = HttpClient::connect(server.address).await?;

        let cases = [
            ("GET /cache/a", "404"),
            ("PUT /cache/a 1", "204"),
            ("PUT /cache/%C3%A9 2", "204"),
            ("GET /cache/a", "200 1"),
            ("GET /cache/%c3%a9", "200 2"),
            ("PUT /cache/a 3", "204"),
            ("GET /cache/a", "200 3"),
            ("DELETE /cache/a", "204"),
            ("GET /cache/a", "404"),
            ("DELETE /cache/a", "204"),
        ];
        for (request, response) in cases {
            assert_eq!(client.send(request).await?, response, "{request}");
        }

        server.stop().await?;
        let exit = handle.await;
        assert!(matches!(exit.reason, ExitReason::ClientsDropped), "{exit}");
        assert_eq!((exit.handled, exit.refused), (cases.len() as u64, 0));
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_lost_reply_is_an_internal_error() -> TestResult {
    watched(async {
        let (cache, mut inbox) = channel::<Cache>(1);
        let server = Server::start(router(cache)).await?;
        let mut client = HttpClient::connect(server.address).await?;

        let request = tokio::spawn(async move { client.send("GET /cache/a").await });
        let Some(CacheCommand::Get { key, reply }) = inbox.next().await else {
            return Err("the request was no `Get`".into());
        };
        assert_eq!(key, "a");
        drop(reply);
        assert_eq!(
            request.await??,
            "500 the actor dropped the reply without an answer"
        );
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_closed_mailbox_is_unavailable() -> TestResult {
    watched(async {
        let (cache, inbox) = channel::<Cache>(1);
        drop(inbox);
        let server = Server::start(router(cache)).await?;
        let mut client = HttpClient::connect(server.address).await?;

        for request in ["GET /cache/a", "PUT /cache/a 1", "DELETE /cache/a"] {
            let response = client.send(request).await?;
            assert_eq!(
                response, "503 the actor no longer takes commands",
                "{request}"
            );
        }
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_command_outlives_its_connection() -> TestResult {
    watched(async {
        let gate = Gate::default();
        let (turnstile, handle) =
            Turnstile::new(gate.clone()).spawn_with_handle(CancellationToken::new());
        let server = Server::start(turnstile_router(turnstile, gate.clone())).await?;
        let mut client = HttpClient::connect(server.address).await?;
        let connection = client.connection.abort_handle();

        let request = tokio::spawn(async move { client.send("GET /pass").await });
        gate.entered.notified().await;
        connection.abort();
        assert!(request.await?.is_err());
        gate.caller_left.cancelled().await;
        gate.open.notify_one();

        server.stop().await?;
        let exit = handle.await;
        assert!(matches!(exit.reason, ExitReason::ClientsDropped), "{exit}");
        assert_eq!(exit.handled, 1);
        assert_eq!(exit.state.map(|turnstile| turnstile.passed), Some(1));
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_request_in_flight_outlives_shutdown() -> TestResult {
    watched(async {
        let gate = Gate::default();
        let (turnstile, handle) =
            Turnstile::new(gate.clone()).spawn_with_handle(CancellationToken::new());
        let server = Server::start(turnstile_router(turnstile, gate.clone())).await?;
        let mut idle = HttpClient::connect(server.address).await?;
        assert_eq!(idle.send("GET /nowhere").await?, "404");
        let mut client = HttpClient::connect(server.address).await?;

        let request = tokio::spawn(async move { client.send("GET /pass").await });
        gate.entered.notified().await;
        server.shutdown.cancel();
        // The server has seen the token, since it hangs up on the idle client.
        idle.connection.await??;
        assert!(!request.is_finished() && !server.task.is_finished());
        gate.open.notify_one();
        assert_eq!(request.await??, "200 1");

        let address = server.address;
        server.stop().await?;
        assert!(TcpStream::connect(address).await.is_err());
        let exit = handle.await;
        assert!(matches!(exit.reason, ExitReason::ClientsDropped), "{exit}");
        assert_eq!((exit.handled, exit.refused), (1, 0));
        Ok(())
    })
    .await
}

/// An actor that holds a command for as long as a test wants.
pub struct Turnstile {
    gate: Gate,
    passed: u64,
}

#[actor]
impl Turnstile {
    fn new(gate: Gate) -> Self {
        Self { gate, passed: 0 }
    }

    /// Passes when the gate opens, and returns the number of passes so far.
    pub async fn pass(&mut self) -> u64 {
        self.gate.entered.notify_one();
        self.gate.open.notified().await;
        self.passed += 1;
        self.passed
    }
}

/// A test's view of a held request, with the means to let it go.
#[derive(Clone, Default)]
struct Gate {
    entered: Arc<Notify>,
    open: Arc<Notify>,
    /// Cancelled when the server drops the request's future.
    caller_left: CancellationToken,
}

fn turnstile_router(turnstile: TurnstileClient, gate: Gate) -> Router {
    Router::new()
        .route("/pass", get(pass))
        .with_state((turnstile, gate))
}

async fn pass(
    State((turnstile, gate)): State<(TurnstileClient, Gate)>,
) -> Result<String, Unavailable> {
    let _guard = gate.caller_left.drop_guard();
    Ok(turnstile.pass().await?.to_string())
}

/// The example's server, on a port that the system chooses.
struct Server {
    address: SocketAddr,
    shutdown: CancellationToken,
    task: JoinHandle<io::Result<()>>,
}

impl Server {
    async fn start(router: Router) -> io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let shutdown = CancellationToken::new();
        Ok(Self {
            address: listener.local_addr()?,
            shutdown: shutdown.clone(),
            task: tokio::spawn(serve(listener, router, shutdown)),
        })
    }

    async fn stop(self) -> io::Result<()> {
        self.shutdown.cancel();
        self.task.await?
    }
}

/// One connection, so that a test decides when it ends.
struct HttpClient {
    sender: SendRequest<String>,
    connection: JoinHandle<hyper::Result<()>>,
}

impl HttpClient {
    async fn connect(address: SocketAddr) -> TestResult<Self> {
        let stream = TcpStream::connect(address).await?;
        let (sender, connection) = handshake(TokioIo::new(stream)).await?;
        Ok(Self {
            sender,
            connection: tokio::spawn(connection),
        })
    }

    /// Sends a request such as `PUT /path body`, and returns a response such as `200 body`.
    async fn send(&mut self, request: &str) -> TestResult<String> {
        let mut words = request.splitn(3, ' ').map(str::to_owned);
        let request = Request::builder()
            .method(words.next().unwrap_or_default().as_str())
            .uri(words.next().unwrap_or_default())
            .header("host", "localhost")
            .body(words.next().unwrap_or_default())?;
        self.sender.ready().await?;
        let response = self.sender.send_request(request).await?;
        let status = response.status().as_u16();
        let body = response.into_body().collect().await?.to_bytes();
        let response = format!("{status} {}", str::from_utf8(&body)?);
        Ok(response.trim_end().to_owned())
    }
}

/// Fails a test that hangs.
async fn watched(test: impl Future<Output = TestResult>) -> TestResult {
    timeout(Duration::from_secs(30), test).await?
}
