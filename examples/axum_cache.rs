//! A cache behind HTTP: the actor's client is the state of an axum router.
//!
//! ```text
//! cargo run -p examples --example axum_cache
//! curl -i -X PUT -d 42 http://127.0.0.1:3000/cache/answer
//! curl -i http://127.0.0.1:3000/cache/answer
//! curl -i -X DELETE http://127.0.0.1:3000/cache/answer
//! ```

use std::collections::HashMap;
use std::env;
use std::io;

use actor_runtime::{Actor as _, CallError, CancellationToken, actor};
use axum::Router;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use tokio::net::TcpListener;

/// The values by key, owned by one task.
#[derive(Default)]
pub struct Cache {
    store: HashMap<String, String>,
}

#[actor]
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

/// The response when the actor gave no answer.
pub struct Unavailable(CallError);

impl From<CallError> for Unavailable {
    fn from(error: CallError) -> Self {
        Self(error)
    }
}

impl IntoResponse for Unavailable {
    fn into_response(self) -> Response {
        // Only a command that certainly did not run may be sent again.
        let status = if self.0.never_ran() {
            StatusCode::SERVICE_UNAVAILABLE
        } else {
            StatusCode::INTERNAL_SERVER_ERROR
        };
        (status, self.0.to_string()).into_response()
    }
}

/// Routes GET, PUT and DELETE of `/cache/{key}`.
pub fn router(cache: CacheClient) -> Router {
    Router::new()
        .route("/cache/{key}", get(read).put(write).delete(forget))
        .with_state(cache)
}

async fn read(
    State(cache): State<CacheClient>,
    Path(key): Path<String>,
) -> Result<Result<String, StatusCode>, Unavailable> {
    Ok(cache.get(&key).await?.ok_or(StatusCode::NOT_FOUND))
}

async fn write(
    State(cache): State<CacheClient>,
    Path(key): Path<String>,
    value: String,
) -> Result<StatusCode, Unavailable> {
    cache.set(key, value).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn forget(
    State(cache): State<CacheClient>,
    Path(key): Path<String>,
) -> Result<StatusCode, Unavailable> {
    cache.invalidate(&key).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Serves until `shutdown` is cancelled and all requests in flight are answered. A timeout layer
/// would limit how long that takes.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    shutdown: CancellationToken,
) -> io::Result<()> {
    axum::serve(listener, router)
        .with_graceful_shutdown(shutdown.cancelled_owned())
        .await
}

/// Waits for ctrl-c or SIGTERM. The signals are caught from the call on, so that none comes too
/// early.
#[cfg(unix)]
fn stop_signal() -> io::Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};

    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}

/// Waits for ctrl-c. The signal is caught from the call on, so that none comes too early.
#[cfg(windows)]
fn stop_signal() -> io::Result<impl Future<Output = ()>> {
    let mut interrupt = tokio::signal::windows::ctrl_c()?;
    Ok(async move {
        interrupt.recv().await;
    })
}

/// Serves the cache at the address in the first argument until the program is told to stop.
#[tokio::main]
async fn main() -> io::Result<()> {
    let address = env::args().nth(1);
    let listener = TcpListener::bind(address.as_deref().unwrap_or("127.0.0.1:3000")).await?;
    let shutdown = CancellationToken::new();
    let signal = stop_signal()?;
    tokio::spawn({
        let shutdown = shutdown.clone();
        async move {
            signal.await;
            shutdown.cancel();
        }
    });

    // The cache has its own token, which nobody cancels, since requests in flight still need the
    // cache. The actor ends when the server drops the last client.
    let (cache, handle) = Cache::default().spawn_with_handle(CancellationToken::new());
    println!("listening on http://{}", listener.local_addr()?);
    serve(listener, router(cache), shutdown).await?;
    println!("the cache ended: {}", handle.await);
    Ok(())
}
