//! The dashboard of the examples, in a real browser: headless Chromium, which its driver drives by `WebDriver`.
//!
//! Skipped with a message where there is no `chromedriver`.

use std::error::Error;
use std::io::{BufRead as _, BufReader, ErrorKind};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use actor_runtime::CancellationToken;
use http_body_util::BodyExt as _;
use hyper::Request;
use hyper::client::conn::http1::handshake;
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{sleep, timeout};

use crate::dashboard::{Shop, router};

#[expect(dead_code, reason = "its `main` is for the example alone")]
#[path = "../examples/dashboard.rs"]
pub mod dashboard;

type TestResult<T = ()> = Result<T, Box<dyn Error + Send + Sync>>;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_browser_shows_the_actors_live() -> TestResult {
    let Some(driver) = Driver::start()? else {
        eprintln!("skipped: there is no chromedriver, which is in Debian's chromium-driver");
        return Ok(());
    };
    let shutdown = CancellationToken::new();
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let page = format!("http://{}/", listener.local_addr()?);
    let service = axum::serve(listener, router(Shop::open(&shutdown)))
        .with_graceful_shutdown(shutdown.clone().cancelled_owned());
    let service = tokio::spawn(async move { service.await });

    let browser = Browser::open(driver.address).await?;
    let looked = timeout(Duration::from_secs(120), look_at(&browser, &page)).await;
    browser.close().await?;
    looked??;

    shutdown.cancel();
    timeout(Duration::from_secs(30), service).await???;
    Ok(())
}

async fn look_at(browser: &Browser, page: &str) -> TestResult {
    browser.command("url", json!({ "url": page })).await?;
    browser
        .until("document.getElementById('state').textContent === 'live'")
        .await?;

    // Rows appear, in the order in which the actors were spawned.
    let actors = "[...document.querySelectorAll('tbody tr')].map(row => row.dataset.actor).join()";
    browser.until(&format!("{actors} !== ''")).await?;
    assert_eq!(
        browser.value(actors).await?,
        "mailer,printer,stock,pricing,checkout eu,checkout us,importer"
    );

    // A bar fills up when its actor is stuck in a method.
    let printer = "document.querySelector('[data-actor=printer]')";
    let jam = "document.getElementById('jam').click()";
    browser.value(jam).await?;
    browser
        .until(&format!("{printer}.matches('.full.stuck')"))
        .await?;
    let text = browser.value(&format!("{printer}.innerText")).await?;
    let text = text.as_str().unwrap_or_default();
    assert!(text.contains("print") && text.contains("/ 32"), "{text}");
    let filled = "querySelector('.bar i').getBoundingClientRect().width";
    let length = "querySelector('.bar').getBoundingClientRect().width";
    browser
        .until(&format!("{printer}.{filled} > 0.85 * {printer}.{length}"))
        .await?;
    browser.value(jam).await?;
    browser
        .until(&format!("!{printer}.matches('.full, .stuck')"))
        .await?;

    // A restart is counted, and the failure is shown.
    let importer = "document.querySelector('[data-actor=importer]')";
    browser
        .until(&format!(
            "{importer}.querySelector('.restarts').textContent > 0"
        ))
        .await?;
    browser
        .until(&format!("{importer}.textContent.includes('is no number')"))
        .await?;

    // Somebody waits for somebody.
    browser
        .until("document.querySelector('#arrows path') !== null")
        .await?;

    let log = browser.command("se/log", json!({ "type": "browser" }));
    assert_eq!(log.await?, json!([]), "on the console");
    Ok(())
}

/// A driver of browsers, which is killed when it is dropped.
struct Driver {
    process: Child,
    address: SocketAddr,
}

impl Driver {
    /// Starts the driver on a free port, if there is one.
    fn start() -> TestResult<Option<Self>> {
        let mut command = Command::new("chromedriver");
        command.arg("--port=0").stdout(Stdio::piped());
        let mut process = match command.spawn() {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            process => process?,
        };
        let output = process.stdout.take().ok_or("the driver has no output")?;
        for line in BufReader::new(output).lines() {
            let line = line?;
            let port = line.split_once("started successfully on port ");
            if let Some((_, port)) = port {
                let port: u16 = port.trim_end_matches('.').parse()?;
                let address = SocketAddr::from(([127, 0, 0, 1], port));
                return Ok(Some(Self { process, address }));
            }
        }
        Err("the driver did not start".into())
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        // It may have ended.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// A session with a browser of its own.
struct Browser {
    driver: SocketAddr,
    session: String,
}

impl Browser {
    async fn open(driver: SocketAddr) -> TestResult<Self> {
        let arguments = ["--headless=new", "--no-sandbox", "--window-size=1200,900"];
        let capabilities = json!({ "capabilities": { "alwaysMatch": {
            "browserName": "chrome",
            "goog:chromeOptions": { "args": arguments },
            "goog:loggingPrefs": { "browser": "ALL" },
        }}});
        let made = send(driver, "POST", "/session", &capabilities).await?;
        let session = made["sessionId"].as_str().ok_or("there is no session")?;
        Ok(Self {
            driver,
            session: format!("/session/{session}"),
        })
    }

    async fn close(&self) -> TestResult {
        send(self.driver, "DELETE", &self.session, &json!({})).await?;
        Ok(())
    }

    async fn command(&self, command: &str, arguments: Value) -> TestResult<Value> {
        let path = format!("{}/{command}", self.session);
        send(self.driver, "POST", &path, &arguments).await
    }

    /// Returns the value of a JavaScript expression.
    async fn value(&self, expression: &str) -> TestResult<Value> {
        let script = format!("return {expression}");
        let arguments = json!({ "script": script, "args": [] });
        self.command("execute/sync", arguments).await
    }

    /// Returns once a JavaScript expression is true.
    async fn until(&self, expression: &str) -> TestResult {
        for _ in 0..600 {
            if self.value(expression).await? == true {
                return Ok(());
            }
            sleep(Duration::from_millis(50)).await;
        }
        let page = self.value("document.body.innerText").await?;
        Err(format!("this stays false: {expression}\n{page}").into())
    }
}

/// Sends a command to the driver, and returns the value that it answers.
async fn send(driver: SocketAddr, method: &str, path: &str, body: &Value) -> TestResult<Value> {
    let stream = TcpStream::connect(driver).await?;
    let (mut sender, connection) = handshake(TokioIo::new(stream)).await?;
    let connection = tokio::spawn(connection);
    let request = Request::builder()
        .method(method)
        .uri(path)
        .header("host", driver.to_string())
        .body(body.to_string())?;
    let response = sender.send_request(request).await?;
    let status = response.status();
    let body = response.into_body().collect().await?.to_bytes();
    drop(sender);
    connection.await??;
    let mut answer: Value = serde_json::from_slice(&body)?;
    if !status.is_success() {
        return Err(format!("{path}: {answer}").into());
    }
    Ok(answer["value"].take())
}
