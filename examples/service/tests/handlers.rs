//! The handlers against fakes: each test answers the commands itself, so that it can give answers that are rare.

use std::sync::Arc;
use std::time::Duration;

use actor_runtime::{Inbox, channel_of};
use axum::Router;
use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use axum::response::Response;
use http_body_util::BodyExt as _;
use service::jobs::{Job, JobsCommand, NewJob};
use service::limiter::LimiterCommand;
use service::sessions::SessionsCommand;
use service::web::{App, router};
use service::worker::{Finished, WorkerCommand};
use tokio::task::yield_now;
use tower::ServiceExt as _;

/// Receives what handlers send to the actors that are not faked by `start`.
struct Fakes {
    jobs: Inbox<JobsCommand>,
    worker: Inbox<WorkerCommand>,
}

/// Routes requests to fakes. The token `ann` is a session of Ann, and `greedy` one of somebody over the limit.
fn start() -> (Router, Fakes) {
    let (sessions, inbox) = channel_of(8);
    tokio::spawn(fake_sessions(inbox));
    let (limiter, inbox) = channel_of(8);
    tokio::spawn(fake_limiter(inbox));
    let (jobs, jobs_inbox) = channel_of(8);
    let (worker, worker_inbox) = channel_of(8);
    let app = App {
        sessions,
        limiter,
        jobs,
        worker,
    };
    let fakes = Fakes {
        jobs: jobs_inbox,
        worker: worker_inbox,
    };
    (router(app), fakes)
}

async fn fake_sessions(mut inbox: Inbox<SessionsCommand>) {
    while let Some(command) = inbox.next().await {
        match command {
            SessionsCommand::User { token, reply } => {
                reply.send(["ann", "greedy"].contains(&&*token).then_some(token));
            }
            SessionsCommand::Open { user, reply } => reply.send(Ok(format!("token of {user}"))),
            _ => panic!("not expected"),
        }
    }
}

async fn fake_limiter(mut inbox: Inbox<LimiterCommand>) {
    while let Some(LimiterCommand::Admit { user, reply }) = inbox.next().await {
        let wait = Duration::from_millis(1500);
        reply.send(if user == "greedy" { Err(wait) } else { Ok(()) });
    }
}

fn request(method: &str, path: &str, token: Option<&str>, body: &str) -> Request<Body> {
    let mut request = Request::builder()
        .method(method)
        .uri(path)
        .header(header::CONTENT_TYPE, "application/json");
    if let Some(token) = token {
        request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
    }
    request.body(body.to_owned().into()).expect("a request")
}

async fn send(router: &Router, request: Request<Body>) -> Response {
    let Ok(response) = router.clone().oneshot(request).await;
    response
}

async fn text(response: Response) -> String {
    let body = response.into_body().collect().await.expect("a body");
    String::from_utf8(body.to_bytes().into()).expect("text")
}

fn submission(token: Option<&str>) -> Request<Body> {
    request("POST", "/jobs", token, r#"{"text":"a b"}"#)
}

fn job(user: &str) -> Job {
    Job {
        id: 7,
        user: user.into(),
        text: "a b".into(),
        result: None,
        error: None,
    }
}

#[tokio::test]
async fn a_session_is_opened() {
    let (router, _fakes) = start();
    let opened = request("POST", "/sessions", None, r#"{"user":"Bob"}"#);
    let opened = send(&router, opened).await;
    assert_eq!(opened.status(), StatusCode::CREATED);
    assert_eq!(text(opened).await, r#"{"token":"token of Bob"}"#);
}

#[tokio::test]
async fn a_submission_is_answered_after_the_commit() {
    let (router, mut fakes) = start();
    let submitted = tokio::spawn(async move { send(&router, submission(Some("ann"))).await });
    let Some(JobsCommand::Submit { job, reply }) = fakes.jobs.next().await else {
        panic!("no job");
    };
    let (user, text_of_job) = ("ann".into(), "a b".into());
    assert_eq!(
        job,
        NewJob {
            user,
            text: text_of_job
        }
    );
    yield_now().await;
    assert!(!submitted.is_finished());
    reply.send(Ok(7));
    let submitted = submitted.await.expect("no panic");
    assert_eq!(submitted.status(), StatusCode::ACCEPTED);
    assert_eq!(text(submitted).await, r#"{"id":7}"#);
}

#[tokio::test]
async fn a_request_without_a_session_goes_no_further() {
    let (router, fakes) = start();
    for token in [None, Some("Eve")] {
        let refused = send(&router, submission(token)).await;
        assert_eq!(refused.status(), StatusCode::UNAUTHORIZED);
    }
    let refused = send(&router, submission(Some("greedy"))).await;
    assert_eq!(refused.status(), StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(refused.headers()[header::RETRY_AFTER], "2");
    let refused = request("POST", "/sessions", None, r#"{"user":"greedy"}"#);
    let refused = send(&router, refused).await;
    assert_eq!(refused.status(), StatusCode::TOO_MANY_REQUESTS);
    drop(router);
    let Fakes { mut jobs, .. } = fakes;
    assert!(jobs.next().await.is_none());
}

#[tokio::test]
async fn a_lost_answer_is_an_error_and_a_refusal_another() {
    let (router, mut fakes) = start();
    let submitted = tokio::spawn({
        let router = router.clone();
        async move { send(&router, submission(Some("ann"))).await }
    });
    // The job may be written or not.
    drop(fakes.jobs.next().await);
    let lost = submitted.await.expect("no panic");
    assert_eq!(lost.status(), StatusCode::INTERNAL_SERVER_ERROR);
    // The job is certainly not written.
    drop(fakes.jobs);
    let refused = send(&router, submission(Some("ann"))).await;
    assert_eq!(refused.status(), StatusCode::SERVICE_UNAVAILABLE);
}

#[tokio::test]
async fn a_job_of_somebody_else_is_not_found() {
    let (router, mut fakes) = start();
    tokio::spawn(async move {
        for owner in ["ann", "Bob"] {
            let Some(JobsCommand::Get { id: 7, reply }) = fakes.jobs.next().await else {
                panic!("no look-up");
            };
            reply.send(Ok(Some(job(owner))));
        }
    });
    for status in [StatusCode::OK, StatusCode::NOT_FOUND] {
        let found = send(&router, request("GET", "/jobs/7", Some("ann"), "")).await;
        assert_eq!(found.status(), status);
    }
}

#[tokio::test]
async fn events_are_those_of_the_user() {
    let (router, fakes) = start();
    let events = send(&router, request("GET", "/events", Some("ann"), "")).await;
    assert_eq!(events.status(), StatusCode::OK);
    let finished = [
        ("ann", Ok("2 words".to_owned())),
        ("Bob", Ok("2 words".to_owned())),
        ("ann", Err("no words".to_owned())),
    ];
    for (user, result) in finished {
        let job = job(user);
        assert_eq!(fakes.worker.emit(Arc::new(Finished { job, result })), 1);
    }
    // The events end with the worker.
    drop(fakes);
    let expected = r#"event: done
data: {"done":"2 words","id":7}

event: failed
data: {"failed":"no words","id":7}

"#;
    assert_eq!(text(events).await, expected);
}

#[tokio::test]
async fn a_slow_reader_is_told_how_much_it_has_missed() {
    let (router, fakes) = start();
    let events = send(&router, request("GET", "/events", Some("ann"), "")).await;
    for _ in 0..70 {
        let (job, result) = (job("ann"), Ok("2 words".to_owned()));
        fakes.worker.emit(Arc::new(Finished { job, result }));
    }
    drop(fakes);
    let events = text(events).await;
    assert!(events.starts_with("event: missed\ndata: 6\n\n"), "{events}");
    assert_eq!(events.matches("event: done").count(), 64);
}
