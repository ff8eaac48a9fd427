//! A configuration that is read again while the program runs: on command, and periodically. A bad
//! file is reported, and the old settings stay in force. Services follow the settings or read them
//! at once.
//!
//! ```text
//! cargo run -p examples --example config
//! ```

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use std::{env, io, process};

use actor_runtime::{Actor as _, CancellationToken, actor};
use tokio::fs;

/// The settings in a file.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    greeting: String,
    workers: usize,
}

impl Settings {
    /// Parses lines such as `workers = 4`.
    fn parse(text: &str) -> io::Result<Self> {
        let (mut greeting, mut workers) = (None, None);
        for line in text.lines() {
            match line.split_once(" = ") {
                Some(("greeting", value)) => greeting = Some(value.to_owned()),
                Some(("workers", value)) => workers = value.parse().ok(),
                _ => return Err(invalid(&format!("not a setting: `{line}`"))),
            }
        }
        Ok(Self {
            greeting: greeting.ok_or_else(|| invalid("no `greeting`"))?,
            workers: workers.ok_or_else(|| invalid("no number of `workers`"))?,
        })
    }
}

fn invalid(message: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, message)
}

/// The actor that reads the file.
pub struct Config {
    path: PathBuf,
    settings: Arc<Settings>,
    problem: Option<String>,
}

impl Config {
    /// Reads the file for the first time, when there are no older settings to fall back to.
    pub async fn open(path: &Path) -> io::Result<Self> {
        Ok(Self {
            path: path.to_owned(),
            settings: Arc::new(Settings::parse(&fs::read_to_string(path).await?)?),
            problem: None,
        })
    }
}

#[actor(errors = into)]
impl Config {
    /// Returns the settings in force, behind an `Arc`, so that reading them is cheap.
    #[watch]
    pub fn settings(&self) -> Arc<Settings> {
        Arc::clone(&self.settings)
    }

    /// Returns the problem with the file, if the settings in force are not the ones in the file.
    #[watch]
    pub fn problem(&self) -> Option<String> {
        self.problem.clone()
    }

    /// Reads the file again. If it is bad, the old settings stay in force.
    pub async fn reload(&mut self) -> io::Result<()> {
        let text = fs::read_to_string(&self.path).await;
        let settings = text.and_then(|text| Settings::parse(&text));
        self.problem = settings.as_ref().err().map(ToString::to_string);
        self.settings = Arc::new(settings?);
        Ok(())
    }

    /// Reads the file again periodically. Settings that equal the old ones are not published again.
    #[every(Duration::from_millis(10))]
    async fn look(&mut self) {
        // The problem is published, and no caller waits for the result.
        let _ = self.reload().await;
    }
}

/// A service that adjusts its number of workers. It follows the settings between its commands.
pub struct Pool {
    config: ConfigClient,
    settings: Arc<Settings>,
}

#[actor]
impl Pool {
    /// Returns the number of workers.
    #[watch]
    pub fn size(&self) -> usize {
        self.settings.workers
    }

    #[stream(self.config.watch_settings())]
    fn resize(&mut self, settings: Arc<Settings>) {
        self.settings = settings;
    }
}

/// A service that is not an actor. It follows the settings to their end, and returns the last ones.
async fn log_changes(config: ConfigClient) -> Option<Arc<Settings>> {
    let mut settings = config.watch_settings();
    let mut last = None;
    while let Some(new) = settings.next().await {
        println!("in force: {new:?}");
        last = Some(new);
    }
    last
}

/// A service that reads the settings at each request. It never waits for the actor, even if the
/// actor is busy.
fn greet(config: &ConfigClient, name: &str) -> String {
    format!("{}, {name}", config.settings().greeting)
}

/// Puts a whole new file in place of the old one, so that nobody reads half a file.
async fn replace(path: &Path, text: &str) -> io::Result<()> {
    let new = path.with_extension("new");
    fs::write(&new, text).await?;
    fs::rename(&new, path).await
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> io::Result<()> {
    let path = env::temp_dir().join(format!("config-{}.conf", process::id()));
    replace(&path, "greeting = hello\nworkers = 2").await?;

    let shutdown = CancellationToken::new();
    let config = Config::open(&path).await?.spawn(shutdown.clone());
    let pool = Pool {
        config: config.clone(),
        settings: config.settings(),
    }
    .spawn(shutdown.clone());
    let log = tokio::spawn(log_changes(config.clone()));
    let mut size = pool.watch_size();
    assert_eq!(size.next().await, Some(2));
    assert_eq!(greet(&config, "Ann"), "hello, Ann");

    // On command: the new settings are in force before the answer arrives.
    replace(&path, "greeting = good morning\nworkers = 3").await?;
    config.reload().await?;
    assert_eq!(greet(&config, "Ann"), "good morning, Ann");
    assert_eq!(size.next().await, Some(3));

    replace(&path, "greeting = good evening\nworkers = many").await?;
    let error = config.reload().await.expect_err("`many` is no number");
    println!("refused: {error}");
    assert_eq!(config.problem(), Some(error.to_string()));
    assert_eq!(greet(&config, "Ann"), "good morning, Ann");
    assert_eq!(pool.size(), 3);

    // Without a command: the actor notices by itself.
    replace(&path, "greeting = good night\nworkers = 4").await?;
    while size.next().await != Some(4) {}
    assert_eq!(greet(&config, "Ann"), "good night, Ann");
    assert_eq!(config.problem(), None);

    shutdown.cancel();
    assert_eq!(log.await?, Some(config.settings()));
    fs::remove_file(&path).await
}
