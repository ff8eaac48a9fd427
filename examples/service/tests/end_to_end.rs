//! The whole service, as a process with sockets and signals.
#![cfg(unix)]

use std::collections::BTreeSet;
use std::error::Error;
use std::fs::File;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{ExitStatus, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;
use std::{env, fs, process};

use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use rusqlite::Connection;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::net::TcpStream;
use tokio::process::{Child, Command};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

type TestResult<T = ()> = Result<T, Box<dyn Error + Send + Sync>>;

/// Fails a test that hangs.
async fn watched(test: impl Future<Output = TestResult>) -> TestResult {
    timeout(Duration::from_secs(60), test).await?
}

#[tokio::test]
async fn a_user_hears_of_a_job() -> TestResult {
    watched(async {
        let directory = Directory::new(20)?;
        let service = Service::start(&directory).await?;
        let mut user = User::log_in(service.address, "Ann").await?;
        let events = user.another().await?.get("/events").await?;
        assert_eq!(events.status(), StatusCode::OK);

        let id = user.submit("one two three").await?;
        let event = text_until(events, "words").await?;
        assert!(event.contains("event: done"), "{event}");
        assert!(event.contains(r#"{"done":"3 words","id":1}"#), "{event}");
        let job = json(user.get(&format!("/jobs/{id}")).await?).await?;
        assert_eq!(job["result"], "3 words");

        let mut eve = User::log_in(service.address, "Eve").await?;
        let status = eve.get(&format!("/jobs/{id}")).await?.status();
        assert_eq!(status, StatusCode::NOT_FOUND);
        let closed = user.send("DELETE", "/sessions", "").await?;
        assert_eq!(closed.status(), StatusCode::NO_CONTENT);
        let status = user.get(&format!("/jobs/{id}")).await?.status();
        assert_eq!(status, StatusCode::UNAUTHORIZED);

        let mut admin = User::connect(service.admin, "").await?;
        let metrics = text(admin.get("/metrics").await?).await?;
        let requests = r#"http_request_seconds_count{method="POST",route="/jobs",status="202"} 1"#;
        assert!(metrics.contains(requests), "{metrics}");
        let submitted =
            r#"actor_commands_total{actor="jobs",name="",method="submit",outcome="ok"} 1"#;
        assert_eq!(metrics.contains(submitted), cfg!(feature = "observed"));
        let page = text(admin.get("/actors").await?).await?;
        assert!(page.contains("Who waits for whom"));
        text_until(admin.get("/actors/events").await?, r#""actor":"worker""#).await?;
        Ok(())
    })
    .await
}

#[tokio::test]
async fn settings_are_read_again() -> TestResult {
    watched(async {
        let directory = Directory::new(100)?;
        let service = Service::start(&directory).await?;
        let mut user = User::log_in(service.address, "Ann").await?;
        let mut admin = User::connect(service.admin, "").await?;
        user.submit("one").await?;

        directory.write(1)?;
        service.signal("HUP").await?;
        while user.get("/jobs/1").await?.status() != StatusCode::TOO_MANY_REQUESTS {}

        directory.write(0)?;
        let refused = admin.send("POST", "/config/reload", "").await?;
        assert_eq!(refused.status(), StatusCode::UNPROCESSABLE_ENTITY);
        let health = json(admin.get("/health").await?).await?;
        assert_ne!(health["config"], "ok");

        directory.write(1000)?;
        let reloaded = admin.send("POST", "/config/reload", "").await?;
        assert_eq!(reloaded.status(), StatusCode::NO_CONTENT);
        assert_eq!(user.get("/jobs/1").await?.status(), StatusCode::OK);
        let health = json(admin.get("/health").await?).await?;
        assert_eq!(health["config"], "ok");
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_stop_answers_requests_in_flight() -> TestResult {
    watched(async {
        let directory = Directory::new(FAST)?;
        let mut service = Service::start(&directory).await?;
        let mut users = Submitters::start(service.address).await?;
        users.acknowledged(50).await?;
        service.signal("TERM").await?;
        let acknowledged = users.all_acknowledged().await?;
        assert!(service.end().await?.success());
        let written = directory.ids("TRUE")?;
        // Nobody hangs up, so each job that was written was acknowledged, too.
        assert_eq!(written, acknowledged);
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_stop_waits_for_jobs_that_have_begun() -> TestResult {
    watched(async {
        let directory = Directory::new(20)?;
        let mut service = Service::start(&directory).await?;
        let mut user = User::log_in(service.address, "Ann").await?;
        user.submit("one").await?;
        while !fs::read_to_string(directory.log())?.contains("begun") {
            sleep(Duration::from_millis(1)).await;
        }
        service.signal("TERM").await?;
        assert!(service.end().await?.success());
        assert!(directory.ids("result IS NULL")?.is_empty());
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_stop_ends_events() -> TestResult {
    watched(async {
        let directory = Directory::new(20)?;
        let mut service = Service::start(&directory).await?;
        let mut user = User::log_in(service.address, "Ann").await?;
        let events = user.get("/events").await?;
        service.signal("TERM").await?;
        // The stream comes to its end, and is not cut off.
        assert_eq!(text(events).await?, "");
        assert!(service.end().await?.success());
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_kill_loses_nothing_that_was_acknowledged() -> TestResult {
    watched(async {
        let directory = Directory::new(FAST)?;
        let mut acknowledged = BTreeSet::new();
        for _ in 0..3 {
            let mut service = Service::start(&directory).await?;
            let mut users = Submitters::start(service.address).await?;
            users.acknowledged(100).await?;
            // SIGKILL
            service.process.start_kill()?;
            acknowledged.extend(users.all_acknowledged().await?);
            assert!(!service.end().await?.success());
        }
        assert!(acknowledged.len() >= 300);
        let written = directory.ids("TRUE")?;
        assert!(acknowledged.is_subset(&written));

        // After another start, the jobs that were cut off are performed.
        let service = Service::start(&directory).await?;
        while !directory.ids("result IS NULL")?.is_empty() {
            sleep(Duration::from_millis(5)).await;
        }
        let mut user = User::log_in(service.address, "Ann").await?;
        let last = acknowledged.last().expect("there are many");
        let job = json(user.get(&format!("/jobs/{last}")).await?).await?;
        assert_eq!(job["result"], "2 words");
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_failure_of_an_actor_ends_the_service() -> TestResult {
    watched(async {
        let directory = Directory::new(20)?;
        let mut service = Service::start(&directory).await?;
        let mut user = User::log_in(service.address, "Ann").await?;
        // Jobs can still be written, but the worker cannot read them.
        Connection::open(directory.0.join("jobs"))?
            .execute_batch("ALTER TABLE job RENAME COLUMN result TO other")?;
        user.submit("one").await?;
        assert!(!service.end().await?.success());
        let log = fs::read_to_string(directory.log())?;
        assert!(log.contains("worker failed"), "{log}");
        Ok(())
    })
    .await
}

/// The burst of users that send many requests.
const FAST: u32 = 1_000_000;

/// The settings and the database of a service, which are removed in the end.
struct Directory(PathBuf);

impl Directory {
    fn new(burst: u32) -> TestResult<Self> {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let path = env::temp_dir().join(format!("service-{}-{number}", process::id()));
        fs::create_dir(&path)?;
        let directory = Self(path);
        directory.write(burst)?;
        Ok(directory)
    }

    /// Writes settings that are the example's, except for the addresses and the burst.
    fn write(&self, burst: u32) -> TestResult {
        let database = self.0.join("jobs").display().to_string();
        let settings = include_str!("../service.toml")
            .replace(":3000", ":0")
            .replace(":9090", ":0")
            .replace("service.sqlite", &database)
            .replace("burst = 20", &format!("burst = {burst}"));
        Ok(fs::write(self.0.join("settings"), settings)?)
    }

    /// Returns the path of the last service's log.
    fn log(&self) -> PathBuf {
        self.0.join("log")
    }

    /// Returns the jobs in the database that fulfil a condition.
    fn ids(&self, condition: &str) -> TestResult<BTreeSet<i64>> {
        let database = Connection::open(self.0.join("jobs"))?;
        let mut select = database.prepare(&format!("SELECT id FROM job WHERE {condition}"))?;
        let ids = select.query_map((), |row| row.get(0))?;
        Ok(ids.collect::<Result<_, _>>()?)
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        fs::remove_dir_all(&self.0).expect("the directory is there");
    }
}

/// The process, which is killed in the end.
struct Service {
    process: Child,
    address: SocketAddr,
    admin: SocketAddr,
}

impl Service {
    async fn start(directory: &Directory) -> TestResult<Self> {
        let mut process = Command::new(env!("CARGO_BIN_EXE_service"))
            .arg(directory.0.join("settings"))
            .stdout(Stdio::piped())
            .env("RUST_LOG", "info,service=debug")
            .stderr(File::create(directory.log())?)
            .kill_on_drop(true)
            .spawn()?;
        let output = process.stdout.take().ok_or("no output")?;
        let mut lines = BufReader::new(output).lines();
        let mut address = async |prefix: &str| {
            let line = lines.next_line().await?.ok_or("no address")?;
            let address = line.strip_prefix(prefix).ok_or("no address")?;
            TestResult::Ok(address.parse::<SocketAddr>()?)
        };
        let admin = address("admin on http://").await?;
        let address = address("listening on http://").await?;
        Ok(Self {
            process,
            address,
            admin,
        })
    }

    async fn signal(&self, name: &str) -> TestResult {
        let process = self.process.id().ok_or("the process has ended")?;
        let kill = format!("kill -{name} {process}");
        let status = Command::new("sh").args(["-c", &kill]).status().await?;
        assert!(status.success());
        Ok(())
    }

    async fn end(&mut self) -> TestResult<ExitStatus> {
        Ok(self.process.wait().await?)
    }
}

/// A connection with a session.
struct User {
    address: SocketAddr,
    token: String,
    sender: SendRequest<String>,
}

impl User {
    async fn connect(address: SocketAddr, token: &str) -> TestResult<Self> {
        let stream = TcpStream::connect(address).await?;
        let (sender, connection) = handshake(TokioIo::new(stream)).await?;
        tokio::spawn(connection);
        Ok(Self {
            address,
            token: token.to_owned(),
            sender,
        })
    }

    async fn log_in(address: SocketAddr, name: &str) -> TestResult<Self> {
        let mut stranger = Self::connect(address, "").await?;
        let body = json!({ "user": name }).to_string();
        let session = json(stranger.send("POST", "/sessions", &body).await?).await?;
        let token = session["token"].as_str().ok_or("no token")?.to_owned();
        Ok(Self { token, ..stranger })
    }

    /// Opens another connection of the session.
    async fn another(&self) -> TestResult<Self> {
        Self::connect(self.address, &self.token).await
    }

    async fn send(
        &mut self,
        method: &str,
        path: &str,
        body: &str,
    ) -> TestResult<Response<Incoming>> {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header("host", "service")
            .header("authorization", format!("Bearer {}", self.token))
            .header("content-type", "application/json")
            .body(body.to_owned())?;
        self.sender.ready().await?;
        Ok(self.sender.send_request(request).await?)
    }

    async fn get(&mut self, path: &str) -> TestResult<Response<Incoming>> {
        self.send("GET", path, "").await
    }

    /// Submits a job, and returns its number when it is acknowledged.
    async fn submit(&mut self, text: &str) -> TestResult<i64> {
        let body = json!({ "text": text }).to_string();
        let response = self.send("POST", "/jobs", &body).await?;
        if response.status() != StatusCode::ACCEPTED {
            return Err(response.status().to_string().into());
        }
        let id = json(response).await?;
        Ok(id["id"].as_i64().ok_or("no number")?)
    }
}

/// Connections that submit one job after the other, until there is an error.
struct Submitters {
    tasks: JoinSet<()>,
    acknowledged: mpsc::UnboundedReceiver<i64>,
    ids: BTreeSet<i64>,
}

impl Submitters {
    async fn start(address: SocketAddr) -> TestResult<Self> {
        let user = User::log_in(address, "Ann").await?;
        let (acknowledge, acknowledged) = mpsc::unbounded_channel();
        let mut tasks = JoinSet::new();
        for _ in 0..16 {
            let mut user = user.another().await?;
            let acknowledge = acknowledge.clone();
            tasks.spawn(async move {
                while let Ok(id) = user.submit("two words").await {
                    acknowledge.send(id).expect("somebody counts");
                }
            });
        }
        Ok(Self {
            tasks,
            acknowledged,
            ids: BTreeSet::new(),
        })
    }

    /// Waits until this number of jobs is acknowledged.
    async fn acknowledged(&mut self, count: usize) -> TestResult {
        while self.ids.len() < count {
            let id = self.acknowledged.recv().await.ok_or("an early end")?;
            assert!(self.ids.insert(id), "two jobs have the number {id}");
        }
        Ok(())
    }

    /// Waits until the service is gone, and returns all jobs that were acknowledged.
    async fn all_acknowledged(mut self) -> TestResult<BTreeSet<i64>> {
        while let Some(ended) = self.tasks.join_next().await {
            ended?;
        }
        while let Some(id) = self.acknowledged.recv().await {
            self.ids.insert(id);
        }
        Ok(self.ids)
    }
}

async fn text(response: Response<Incoming>) -> TestResult<String> {
    let body = response.into_body().collect().await?;
    Ok(String::from_utf8(body.to_bytes().into())?)
}

async fn json(response: Response<Incoming>) -> TestResult<Value> {
    Ok(serde_json::from_str(&text(response).await?)?)
}

/// Reads a stream up to the frame that contains `end`.
async fn text_until(response: Response<Incoming>, end: &str) -> TestResult<String> {
    let mut text = String::new();
    let mut body = response.into_body();
    while !text.contains(end) {
        let frame = body.frame().await.ok_or("an early end")??;
        if let Ok(data) = frame.into_data() {
            text.push_str(str::from_utf8(&data)?);
        }
    }
    Ok(text)
}
