//! A client of the service, which sends one request after the other and gives some of them up.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use http_body_util::{BodyExt as _, Empty};
use hyper::body::Bytes;
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::{Request, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinHandle;
use tokio::time::timeout;

use crate::book::{Counts, add};
use crate::service::{OFTEN, RARELY};
use crate::{Dice, TestResult};

/// Sends some requests to the current server, adds a permit to `progress` for each, and counts their outcomes.
pub(crate) async fn send_requests(
    requests: usize,
    mut dice: Dice,
    mut address: watch::Receiver<SocketAddr>,
    progress: Arc<Semaphore>,
) -> TestResult<Counts> {
    let mut responses = Counts::new();
    let mut connection = None;
    for _ in 0..requests {
        let mut current = match connection.take() {
            Some(current) => current,
            None => connect(&mut address).await?,
        };
        let request = Request::get(draw_path(&mut dice))
            .header("host", "localhost")
            .body(Empty::new())?;
        let response = current.exchange(request);
        let response = match dice.roll(8) {
            0 => timeout(draw_patience(&mut dice), response).await.ok(),
            _ => Some(response.await),
        };
        let response = match response {
            None => "given up",
            Some(None) => "connection lost",
            Some(Some(status)) => {
                connection = Some(current);
                match status {
                    StatusCode::OK => "200",
                    StatusCode::SERVICE_UNAVAILABLE => "503",
                    StatusCode::INTERNAL_SERVER_ERROR => "500",
                    other => return Err(format!("an unexpected response: {other}").into()),
                }
            }
        };
        add(&mut responses, response, 1);
        progress.add_permits(1);
    }
    Ok(responses)
}

fn draw_path(dice: &mut Dice) -> String {
    let command = match dice.roll(20) {
        0 => RARELY[dice.roll(RARELY.len())],
        _ => OFTEN[dice.roll(OFTEN.len())],
    };
    let effort = match dice.roll(16) {
        0 => dice.roll(500),
        _ => dice.roll(8),
    };
    format!("/{command}/{effort}")
}

fn draw_patience(dice: &mut Dice) -> Duration {
    Duration::from_micros(dice.roll(2000) as u64)
}

/// Connects to the server, or to its successor if it has been shut down.
async fn connect(address: &mut watch::Receiver<SocketAddr>) -> TestResult<Connection> {
    loop {
        let current = *address.borrow_and_update();
        if let Ok(stream) = TcpStream::connect(current).await {
            let (sender, connection) = handshake(TokioIo::new(stream)).await?;
            // The connection ends when the sender is dropped, or the server hangs up.
            let task = tokio::spawn(connection);
            return Ok(Connection { sender, task });
        }
        address.changed().await?;
    }
}

struct Connection {
    sender: SendRequest<Empty<Bytes>>,
    task: JoinHandle<hyper::Result<()>>,
}

impl Connection {
    /// Returns the status of the response, or `None` if the connection ended before it.
    async fn exchange(&mut self, request: Request<Empty<Bytes>>) -> Option<StatusCode> {
        tokio::select! {
            biased;
            response = exchange(&mut self.sender, request) => response.ok(),
            // A request that is sent at that moment may stay in hyper's queue, and its caller would wait forever:
            // https://github.com/hyperium/hyper/issues/4122
            _ = &mut self.task => None,
        }
    }
}

async fn exchange(
    sender: &mut SendRequest<Empty<Bytes>>,
    request: Request<Empty<Bytes>>,
) -> hyper::Result<StatusCode> {
    sender.ready().await?;
    let response = sender.send_request(request).await?;
    let status = response.status();
    response.into_body().collect().await?;
    Ok(status)
}
