//! The settings, which are read again while the service runs.

use std::fs;
use std::io;
use std::net::SocketAddr;
use std::num::{NonZeroU32, NonZeroUsize};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use actor_runtime::actor;
use serde::Deserialize;
use tracing::{info, warn};

use crate::signals::Hangups;

/// The settings in a file, see `service.toml`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// The address for users. Read at the start only.
    pub listen: SocketAddr,
    /// The address for metrics and the dashboard. Read at the start only.
    pub admin: SocketAddr,
    /// The file of the jobs. Read at the start only.
    pub database: PathBuf,
    /// The time after which an unused session ends.
    pub session_seconds: u32,
    /// The number of requests that each user may make per minute, in the long run.
    pub requests_per_minute: NonZeroU32,
    /// The number of requests that a user may make at once.
    pub burst: NonZeroU32,
    /// The number of jobs that are performed at once.
    pub workers: NonZeroUsize,
    /// The number of times that a job is tried.
    pub attempts: NonZeroU32,
}

/// The actor that reads the file.
pub struct Config {
    path: PathBuf,
    settings: Arc<Settings>,
    problem: Option<String>,
    hangups: Hangups,
}

impl Config {
    /// Reads the file for the first time, when there are no older settings to fall back to.
    pub fn open(path: PathBuf) -> io::Result<Self> {
        Ok(Self {
            settings: Arc::new(read(&path)?),
            path,
            problem: None,
            hangups: Hangups::new()?,
        })
    }
}

#[actor(errors = into)]
impl Config {
    /// Returns the settings in force.
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
    pub fn reload(&mut self) -> io::Result<()> {
        let settings = read(&self.path);
        self.problem = settings.as_ref().err().map(ToString::to_string);
        self.settings = Arc::new(settings?);
        Ok(())
    }

    #[on(self.hangups.recv())]
    fn hang_up(&mut self) {
        match self.reload() {
            Ok(()) => info!("new settings: {:?}", self.settings),
            Err(error) => warn!("the old settings stay in force: {error}"),
        }
    }
}

/// Reads a file that is so small and so rarely read that this thread may wait for it.
fn read(path: &Path) -> io::Result<Settings> {
    let text = fs::read_to_string(path)?;
    toml::from_str(&text).map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))
}

/// Makes a client of settings that are the example's, except for `lines`.
#[cfg(test)]
pub(crate) fn fake(lines: &str) -> (ConfigClient, actor_runtime::Inbox<ConfigCommand>) {
    let (client, inbox) = actor_runtime::channel_of::<ConfigClient>(1);
    inbox.latest().settings.publish(parse(lines));
    (client, inbox)
}

/// Parses the example's settings, except for `lines`.
#[cfg(test)]
pub(crate) fn parse(lines: &str) -> Arc<Settings> {
    let mut table: toml::Table = include_str!("../service.toml").parse().expect("a table");
    table.extend(lines.parse::<toml::Table>().expect("a table"));
    Arc::new(table.try_into().expect("settings"))
}

#[cfg(test)]
mod tests {
    use std::{env, process};

    use actor_runtime::{Actor as _, CancellationToken};

    use super::*;

    #[tokio::test]
    async fn a_bad_file_changes_nothing_until_it_is_mended() -> io::Result<()> {
        let example = include_str!("../service.toml");
        let path = env::temp_dir().join(format!("service-{}.toml", process::id()));
        fs::write(&path, example)?;
        let config = Config::open(path.clone())?.spawn(CancellationToken::new());
        let old = config.settings();
        assert_eq!(old, parse(""));

        for bad in ["workers = 0", "brust = 3", "session_seconds ="] {
            fs::write(&path, example.replace("workers = 16", bad))?;
            let error = config.reload().await.expect_err(bad);
            assert_eq!(config.problem(), Some(error.to_string()));
            assert_eq!(config.settings(), old);
        }

        fs::write(&path, example.replace("workers = 16", "workers = 17"))?;
        config.reload().await?;
        assert_eq!(config.problem(), None);
        assert_eq!(config.settings(), parse("workers = 17"));
        fs::remove_file(path)
    }
}
