//! Headless Chromium, which its driver drives by `WebDriver`.

use std::error::Error;
use std::io::{BufRead as _, BufReader, ErrorKind};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use http_body_util::BodyExt as _;
use hyper::Request;
use hyper::client::conn::http1::handshake;
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio::time::sleep;

pub(crate) type TestResult<T = ()> = Result<T, Box<dyn Error + Send + Sync>>;

/// A driver of browsers, which is killed when it is dropped.
pub(crate) struct Driver {
    process: Child,
    address: SocketAddr,
}

impl Driver {
    /// Starts the driver on a free port, if there is one.
    pub(crate) fn start() -> TestResult<Option<Self>> {
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
pub(crate) struct Browser {
    driver: SocketAddr,
    session: String,
}

impl Browser {
    /// Opens a browser with more `options` than the usual ones.
    pub(crate) async fn open(driver: &Driver, mut options: Value) -> TestResult<Self> {
        let driver = driver.address;
        options["args"] = json!(["--headless=new", "--no-sandbox", "--window-size=1200,900"]);
        let capabilities = json!({ "capabilities": { "alwaysMatch": {
            "browserName": "chrome",
            "goog:chromeOptions": options,
            "goog:loggingPrefs": { "browser": "ALL" },
        }}});
        let made = send(driver, "POST", "/session", &capabilities).await?;
        let session = made["sessionId"].as_str().ok_or("there is no session")?;
        Ok(Self {
            driver,
            session: format!("/session/{session}"),
        })
    }

    pub(crate) async fn close(&self) -> TestResult {
        send(self.driver, "DELETE", &self.session, &json!({})).await?;
        Ok(())
    }

    pub(crate) async fn command(&self, command: &str, arguments: Value) -> TestResult<Value> {
        let path = format!("{}/{command}", self.session);
        send(self.driver, "POST", &path, &arguments).await
    }

    /// Returns the value of a JavaScript expression.
    pub(crate) async fn value(&self, expression: &str) -> TestResult<Value> {
        let script = format!("return {expression}");
        let arguments = json!({ "script": script, "args": [] });
        self.command("execute/sync", arguments).await
    }

    /// Returns once a JavaScript expression is true.
    pub(crate) async fn until(&self, expression: &str) -> TestResult {
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
