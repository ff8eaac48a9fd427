//! A nats-server of one test, and processes of its own.

use std::env;
use std::error::Error;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use async_nats::jetstream::{self, kv, stream};
use async_nats::{Client, ConnectOptions};
use serde_json::Value;
use tokio::io::{AsyncBufReadExt as _, BufReader, Lines};
use tokio::process::ChildStdout;
use tokio::time::{sleep, timeout};

pub(crate) type TestResult<T = ()> = Result<T, Box<dyn Error + Send + Sync>>;

/// The longest time that a test waits for something that should come.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// A nats-server on a port of 127.0.0.1 that was free. It is killed by its process id, at the latest with this value.
pub(crate) struct NatsServer {
    directory: PathBuf,
    port: u16,
    process: Option<Child>,
}

impl NatsServer {
    /// Starts a server with this configuration, or returns `None` if the program is missing.
    pub(crate) async fn start_with(configuration: &str) -> TestResult<Option<Self>> {
        static STARTED: AtomicU32 = AtomicU32::new(0);
        let number = STARTED.fetch_add(1, Ordering::Relaxed);
        let name = format!("actor-nats-{}-{number}", std::process::id());
        let directory = env::temp_dir().join(name);
        fs::create_dir(&directory)?;
        fs::write(directory.join("nats.conf"), configuration)?;
        let mut server = Self {
            directory,
            port: 0,
            process: None,
        };
        match server.restart().await {
            Ok(()) => Ok(Some(server)),
            Err(error) if is_missing(&*error) && env::var_os("REQUIRE_NATS").is_none() => {
                eprintln!("skipped: no nats-server");
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    /// Starts the server again, on the port that it had.
    pub(crate) async fn restart(&mut self) -> TestResult {
        let port = if self.port == 0 {
            "-1".to_owned()
        } else {
            self.port.to_string()
        };
        let program = env::var_os("NATS_SERVER").unwrap_or("nats-server".into());
        let process = Command::new(program)
            .args(["-a", "127.0.0.1", "-p", &port, "--ports_file_dir"])
            .arg(&self.directory)
            .arg("-c")
            .arg(self.directory.join("nats.conf"))
            .arg("-sd")
            .arg(self.directory.join("jetstream"))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()?;
        let ports = format!("nats-server_{}.ports", process.id());
        let ports = self.directory.join(ports);
        self.process = Some(process);
        self.port = timeout(PATIENCE, port_in(&ports)).await?;
        Ok(())
    }

    /// Kills the server, as a crash of its machine would.
    pub(crate) fn kill(&mut self) {
        if let Some(mut process) = self.process.take() {
            let _ = process.kill();
            let _ = process.wait();
        }
    }

    pub(crate) fn url(&self) -> String {
        format!("nats://127.0.0.1:{}", self.port)
    }

    pub(crate) async fn connect(&self) -> TestResult<Client> {
        connect(&self.url()).await
    }
}

impl Drop for NatsServer {
    fn drop(&mut self) {
        self.kill();
        let _ = fs::remove_dir_all(&self.directory);
    }
}

/// Connects with a client that is soon back after a restart of the server.
pub(crate) async fn connect(url: &str) -> TestResult<Client> {
    let options = ConnectOptions::new().reconnect_delay_callback(|_| Duration::from_millis(20));
    Ok(options.connect(url).await?)
}

fn is_missing(error: &(dyn Error + 'static)) -> bool {
    let error = error.downcast_ref::<std::io::Error>();
    error.is_some_and(|error| error.kind() == ErrorKind::NotFound)
}

/// Waits for the file in which the server says where it listens.
async fn port_in(file: &Path) -> u16 {
    loop {
        let text = fs::read_to_string(file).unwrap_or_default();
        let ports: Value = serde_json::from_str(&text).unwrap_or_default();
        let url = ports["nats"][0].as_str();
        let port = url
            .and_then(|url| url.rsplit_once(':'))
            .and_then(|(_, port)| port.parse().ok());
        if let Some(port) = port {
            return port;
        }
        sleep(Duration::from_millis(10)).await;
    }
}

/// Makes a bucket whose entries expire after `term`.
pub(crate) async fn bucket(nats: &Client, term: Duration) -> TestResult<kv::Store> {
    let jetstream = jetstream::new(nats.clone());
    // `create_key_value` reads the account first, and cannot read the account of a server as old as 2.9.
    jetstream
        .create_stream(stream::Config {
            name: "KV_leases".to_owned(),
            subjects: vec!["$KV.leases.>".to_owned()],
            max_messages_per_subject: 1,
            max_age: term,
            discard: stream::DiscardPolicy::New,
            allow_rollup: true,
            deny_delete: true,
            allow_direct: true,
            ..Default::default()
        })
        .await?;
    Ok(jetstream.get_key_value("leases").await?)
}

/// Another process of this test program, in a role of [`processes`](crate::processes).
pub(crate) struct Process {
    process: tokio::process::Child,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Process {
    pub(crate) fn start(role: &str, server: &NatsServer) -> TestResult<Self> {
        let mut process = tokio::process::Command::new(env::current_exe()?)
            .args(["--exact", "processes::process", "--ignored", "--nocapture"])
            .env("ROLE", role)
            .env("NATS_URL", server.url())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()?;
        let output = process.stdout.take().expect("the output is piped");
        let lines = BufReader::new(output).lines();
        Ok(Self { process, lines })
    }

    /// Waits until the process says `word`, and returns what follows it on its line.
    pub(crate) async fn says(&mut self, word: &str) -> TestResult<String> {
        let said = async {
            while let Some(line) = self.lines.next_line().await? {
                let said = line.strip_prefix("process: ");
                if let Some(rest) = said.and_then(|said| said.strip_prefix(word)) {
                    return Ok(rest.trim().to_owned());
                }
            }
            Err(format!("the process ended and did not say {word:?}").into())
        };
        timeout(PATIENCE, said).await?
    }

    /// Sends a signal, such as `STOP`.
    pub(crate) fn signal(&self, signal: &str) -> TestResult {
        let id = self.process.id().ok_or("the process has ended")?;
        let kill = Command::new("kill")
            .args(["-s", signal, &id.to_string()])
            .status()?;
        assert!(kill.success());
        Ok(())
    }

    /// Waits for the end of the process, and returns whether it succeeded.
    pub(crate) async fn ended(&mut self) -> TestResult<bool> {
        Ok(timeout(PATIENCE, self.process.wait()).await??.success())
    }
}
