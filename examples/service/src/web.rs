//! The routes: one router for users, and one for those who run the service.

use std::convert::Infallible;
use std::future::ready;
use std::time::Duration;

use actor_runtime::{CallError, Notice};
use axum::Router;
use axum::extract::{FromRequestParts, Json, Path, State};
use axum::http::request::Parts;
use axum::http::{StatusCode, header};
use axum::middleware;
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::{get, post};
use futures_util::{Stream, StreamExt as _};
use serde::Deserialize;
use serde_json::{Value, json};
use tracing::error;

use crate::config::ConfigClient;
use crate::jobs::{Job, JobError, JobsClient, NewJob};
use crate::limiter::LimiterClient;
use crate::sessions::SessionsClient;
use crate::telemetry::{self, TelemetryClient};
use crate::worker::WorkerClient;

/// The clients that requests need.
#[derive(Clone)]
pub struct App {
    /// Maps tokens to users.
    pub sessions: SessionsClient,
    /// Admits requests.
    pub limiter: LimiterClient,
    /// Takes jobs.
    pub jobs: JobsClient,
    /// Announces outcomes.
    pub worker: WorkerClient,
}

/// Routes the requests of users.
pub fn router(app: App) -> Router {
    Router::new()
        .route("/sessions", post(log_in).delete(log_out))
        .route("/jobs", post(submit))
        .route("/jobs/{id}", get(look_up))
        .route("/events", get(events))
        .layer(middleware::from_fn(telemetry::observe))
        .with_state(app)
}

#[derive(Deserialize)]
struct LogIn {
    user: String,
}

/// Opens a session. Your check of a password goes here.
async fn log_in(
    State(app): State<App>,
    Json(LogIn { user }): Json<LogIn>,
) -> Result<(StatusCode, Json<Value>), Failure> {
    app.limiter.admit(&user).await??;
    let token = app.sessions.open(user).await??;
    Ok((StatusCode::CREATED, Json(json!({ "token": token }))))
}

async fn log_out(State(app): State<App>, token: Token) -> Result<StatusCode, Failure> {
    app.sessions.close(&token.0).await?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Deserialize)]
struct Submission {
    text: String,
}

/// Submits a job. The response comes when the job is on the disk.
async fn submit(
    State(app): State<App>,
    User(user): User,
    Json(Submission { text }): Json<Submission>,
) -> Result<(StatusCode, Json<Value>), Failure> {
    let id = app.jobs.submit(NewJob { user, text }).await?;
    Ok((StatusCode::ACCEPTED, Json(json!({ "id": id }))))
}

async fn look_up(
    State(app): State<App>,
    User(user): User,
    Path(id): Path<i64>,
) -> Result<Json<Job>, Failure> {
    let job = app.jobs.get(id).await?;
    let job = job.filter(|job| job.user == user);
    job.map(Json).ok_or(Failure::NotFound)
}

/// Streams the outcomes of the user's jobs, until the worker has ended.
async fn events(
    State(app): State<App>,
    User(user): User,
) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let events = app.worker.subscribe().filter_map(move |notice| {
        ready(match notice {
            Notice::Event(finished) if finished.job.user == user => {
                let (kind, text) = match &finished.result {
                    Ok(result) => ("done", result),
                    Err(error) => ("failed", error),
                };
                let data = json!({ "id": finished.job.id, kind: text });
                Some(Ok(Event::default().event(kind).data(data.to_string())))
            }
            Notice::Event(_) => None,
            // The reader was too slow, and has to look its jobs up.
            Notice::Missed(count) => {
                Some(Ok(Event::default().event("missed").data(count.to_string())))
            }
        })
    });
    Sse::new(events).keep_alive(KeepAlive::default())
}

/// The token of a session, from the header `Authorization: Bearer ..`.
struct Token(String);

impl<S: Sync> FromRequestParts<S> for Token {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Failure> {
        let header = parts.headers.get(header::AUTHORIZATION);
        let token = header.and_then(|header| header.to_str().ok()?.strip_prefix("Bearer "));
        let token = token.ok_or(Failure::Unauthorized)?;
        Ok(Self(token.to_owned()))
    }
}

/// The user who is logged in, and within the rate limit.
struct User(String);

impl FromRequestParts<App> for User {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Failure> {
        let token = Token::from_request_parts(parts, app).await?;
        let user = app.sessions.user(&token.0).await?;
        let user = user.ok_or(Failure::Unauthorized)?;
        app.limiter.admit(&user).await??;
        Ok(Self(user))
    }
}

/// A request that was not fulfilled.
enum Failure {
    Unauthorized,
    NotFound,
    /// Too many requests. The next one is admitted after this time.
    Limited(Duration),
    /// An actor gave no answer.
    Call(CallError),
    /// Something that the user can do nothing about.
    Internal(String),
}

impl From<CallError> for Failure {
    fn from(error: CallError) -> Self {
        Self::Call(error)
    }
}

impl From<Duration> for Failure {
    fn from(wait: Duration) -> Self {
        Self::Limited(wait)
    }
}

impl From<JobError> for Failure {
    fn from(error: JobError) -> Self {
        match error {
            JobError::Call(error) => Self::Call(error),
            JobError::Database(error) => Self::Internal(error.to_string()),
        }
    }
}

impl From<getrandom::Error> for Failure {
    fn from(error: getrandom::Error) -> Self {
        Self::Internal(error.to_string())
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        match self {
            Self::Unauthorized => StatusCode::UNAUTHORIZED.into_response(),
            Self::NotFound => StatusCode::NOT_FOUND.into_response(),
            Self::Limited(wait) => {
                let seconds = wait.as_secs_f64().ceil().to_string();
                (
                    StatusCode::TOO_MANY_REQUESTS,
                    [(header::RETRY_AFTER, seconds)],
                )
                    .into_response()
            }
            // Sending it again cannot run it twice.
            Self::Call(error) if error.never_ran() => {
                (StatusCode::SERVICE_UNAVAILABLE, error.to_string()).into_response()
            }
            Self::Call(error) => Self::Internal(error.to_string()).into_response(),
            Self::Internal(problem) => {
                error!("{problem}");
                StatusCode::INTERNAL_SERVER_ERROR.into_response()
            }
        }
    }
}

/// The clients that those who run the service need.
#[derive(Clone)]
pub struct Admin {
    /// The settings.
    pub config: ConfigClient,
    /// The metrics and the dashboard.
    pub telemetry: TelemetryClient,
}

/// Routes the requests of those who run the service. Its address is not for everybody.
pub fn admin_router(admin: Admin) -> Router {
    Router::new()
        .route("/health", get(health))
        .route("/config/reload", post(reload))
        .route("/metrics", get(metrics))
        .route(
            "/actors",
            get(async || Html(include_str!("../../dashboard.html"))),
        )
        .route("/actors/events", get(snapshots))
        .with_state(admin)
}

async fn health(State(admin): State<Admin>) -> Json<Value> {
    Json(json!({ "config": admin.config.problem().unwrap_or_else(|| "ok".to_owned()) }))
}

async fn reload(State(admin): State<Admin>) -> Result<StatusCode, (StatusCode, String)> {
    match admin.config.reload().await {
        Ok(()) => Ok(StatusCode::NO_CONTENT),
        Err(error) => Err((StatusCode::UNPROCESSABLE_ENTITY, error.to_string())),
    }
}

async fn metrics(State(admin): State<Admin>) -> Result<String, Failure> {
    Ok(admin.telemetry.render().await?)
}

async fn snapshots(
    State(admin): State<Admin>,
) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let snapshots = admin.telemetry.subscribe().filter_map(|notice| {
        ready(match notice {
            Notice::Event(snapshot) => Some(Ok(Event::default().data(&*snapshot))),
            // The next snapshot has everything that a slow browser has missed.
            Notice::Missed(_) => None,
        })
    });
    Sse::new(snapshots)
}
