//! A cache in another process, called over HTTP: `POST /cache/get` with the arguments as JSON.
//!
//! The cache is the one of the README, with the word `remote`. Its callers have the client that they always had. The
//! two functions `serve` and `carry` are all that stands between: one lets commands in, and one sends them out.
//!
//! ```text
//! cargo run -p examples --example http_actor
//! ```

use std::collections::HashMap;
use std::io;
use std::net::SocketAddr;

use actor_runtime::remote::{RemoteCommand as _, receive};
use actor_runtime::{Actor as _, CallError, CancellationToken, Detail, Inbox, actor, channel_of};
use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::routing::post;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

/// The values by key.
#[derive(Default)]
pub struct Cache {
    store: HashMap<String, String>,
}

#[actor(remote)]
impl Cache {
    /// Returns the value stored under `key`.
    pub fn get(&self, key: &str) -> Option<String> {
        self.store.get(key).cloned()
    }

    /// Stores `value` under `key`.
    pub fn set(&mut self, key: String, value: String) {
        self.store.insert(key, value);
    }

    /// Forgets the value stored under `key`.
    pub fn invalidate(&mut self, key: &str) {
        self.store.remove(key);
    }
}

/// Lets commands in, on the side of the actor.
async fn serve(
    State(cache): State<CacheClient>,
    Path(method): Path<String>,
    arguments: Bytes,
) -> Result<Vec<u8>, (StatusCode, String)> {
    receive(&cache, &method, &arguments)
        .await
        .map_err(|error| match error {
            CallError::Unsupported(detail) => (StatusCode::NOT_IMPLEMENTED, detail.to_string()),
            error if error.never_ran() => (StatusCode::SERVICE_UNAVAILABLE, error.to_string()),
            error => (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()),
        })
}

/// Sends commands out, on the side of the client. One after the other, so that they arrive in their order.
async fn carry(mut inbox: Inbox<CacheCommand>, server: SocketAddr) {
    while let Some(command) = inbox.next().await {
        let Some((method, arguments, reply)) = command.write().into_parts() else {
            continue; // Its caller was told that an argument cannot be written.
        };
        let Ok(connection) = TcpStream::connect(server).await else {
            reply.fail(CallError::Unreachable);
            continue;
        };
        match post_to(connection, &format!("/cache/{method}"), &arguments).await {
            Ok((200, answer)) => reply.answer(&answer),
            Ok((501, phrase)) => {
                let phrase = String::from_utf8_lossy(&phrase).into_owned();
                reply.fail(CallError::Unsupported(Detail::new(phrase)));
            }
            Ok((503, _)) => reply.fail(CallError::Refused),
            // The command may have run.
            _ => reply.fail(CallError::Unanswered),
        }
    }
}

/// Sends a request, and returns the status and the body of the response.
async fn post_to(mut to: TcpStream, path: &str, body: &[u8]) -> io::Result<(u16, Vec<u8>)> {
    let length = body.len();
    let head = format!("POST {path} HTTP/1.0\r\nContent-Length: {length}\r\n\r\n");
    to.write_all(head.as_bytes()).await?;
    to.write_all(body).await?;
    let mut response = Vec::new();
    to.read_to_end(&mut response).await?;
    let end = response.windows(4).position(|end| end == b"\r\n\r\n");
    let body = response.split_off(end.map_or(response.len(), |end| end + 4));
    let head = String::from_utf8_lossy(&response);
    let status = head
        .split(' ')
        .nth(1)
        .and_then(|status| status.parse().ok());
    Ok((status.ok_or(io::ErrorKind::InvalidData)?, body))
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    // In the process of the actor:
    let shutdown = CancellationToken::new();
    let cache = Cache::default().spawn(CancellationToken::new());
    let router = Router::new()
        .route("/cache/{method}", post(serve))
        .with_state(cache);
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let server =
        axum::serve(listener, router).with_graceful_shutdown(shutdown.clone().cancelled_owned());
    let server = tokio::spawn(server.into_future());

    // In any other process:
    let (cache, inbox) = channel_of::<CacheClient>(64);
    tokio::spawn(carry(inbox, address));

    cache.set("answer".into(), "42".into()).await?;
    println!("the answer is {:?}", cache.get("answer").await?);
    assert_eq!(cache.get("answer").await?.as_deref(), Some("42"));
    cache.invalidate("answer").await?;
    println!("now it is {:?}", cache.get("answer").await?);
    assert_eq!(cache.get("answer").await?, None);

    shutdown.cancel();
    server.await??;
    let error = cache.get("answer").await.unwrap_err();
    println!("without a server: {error}");
    assert_eq!(error, CallError::Unreachable);
    Ok(())
}
