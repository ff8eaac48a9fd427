//! The sessions, which end when they are not used for a while.

use std::collections::{BTreeSet, HashMap};
use std::time::Duration;

use actor_runtime::actor;
use tokio::time::Instant;

use crate::config::ConfigClient;

/// The actor that knows who is logged in.
pub struct Sessions {
    config: ConfigClient,
    by_token: HashMap<String, Session>,
    /// The end of each session, with its token. The next one to end comes first.
    ends: BTreeSet<(Instant, String)>,
}

struct Session {
    user: String,
    end: Instant,
}

impl Sessions {
    /// Makes a table without sessions.
    pub fn new(config: ConfigClient) -> Self {
        Self {
            config,
            by_token: HashMap::new(),
            ends: BTreeSet::new(),
        }
    }

    fn next_end(&self) -> Option<Instant> {
        self.ends.first().map(|(end, _)| *end)
    }

    fn end_from_now(&self) -> Instant {
        Instant::now() + Duration::from_secs(self.config.settings().session_seconds.into())
    }
}

#[actor]
impl Sessions {
    /// Opens a session, and returns its token.
    pub fn open(&mut self, user: String) -> Result<String, getrandom::Error> {
        let mut secret = [0; 16];
        getrandom::fill(&mut secret)?;
        let token = format!("{:032x}", u128::from_ne_bytes(secret));
        let end = self.end_from_now();
        self.ends.insert((end, token.clone()));
        self.by_token.insert(token.clone(), Session { user, end });
        Ok(token)
    }

    /// Returns the user of a session, and prolongs the session.
    pub fn user(&mut self, token: &str) -> Option<String> {
        let end = self.end_from_now();
        // Commands that are queued when a session ends may come before `expire`.
        let session = self.by_token.get_mut(token)?;
        if session.end <= Instant::now() {
            return None;
        }
        self.ends.remove(&(session.end, token.to_owned()));
        self.ends.insert((end, token.to_owned()));
        session.end = end;
        Some(session.user.clone())
    }

    /// Closes a session.
    #[command(ack)]
    pub fn close(&mut self, token: &str) {
        if let Some(session) = self.by_token.remove(token) {
            self.ends.remove(&(session.end, token.to_owned()));
        }
    }

    /// Returns the number of open sessions.
    #[watch]
    pub fn count(&self) -> usize {
        self.by_token.len()
    }

    #[at(self.next_end())]
    fn expire(&mut self) {
        if let Some((_, token)) = self.ends.pop_first() {
            self.by_token.remove(&token);
        }
    }
}

#[cfg(test)]
mod tests {
    use actor_runtime::{Actor as _, CallError, CancellationToken};
    use tokio::time::sleep;

    use super::*;
    use crate::config;

    const HALF: Duration = Duration::from_secs(30);

    #[tokio::test(start_paused = true)]
    async fn a_session_ends_unless_it_is_used() -> Result<(), CallError> {
        let (config, _inbox) = config::fake("session_seconds = 60");
        let sessions = Sessions::new(config).spawn(CancellationToken::new());
        let ann = sessions.open("Ann".into()).await?.expect("a token");
        let bob = sessions.open("Bob".into()).await?.expect("a token");
        assert_ne!(ann, bob);

        sleep(HALF).await;
        assert_eq!(sessions.user(&ann).await?.as_deref(), Some("Ann"));
        sleep(HALF).await;
        assert_eq!(sessions.user(&ann).await?.as_deref(), Some("Ann"));
        assert_eq!(sessions.user(&bob).await?, None);
        assert_eq!(sessions.count(), 1);

        // Nobody asks, and the session is gone nevertheless.
        sleep(HALF * 3).await;
        assert_eq!(sessions.count(), 0);
        Ok(())
    }

    #[tokio::test(start_paused = true)]
    async fn a_closed_session_is_gone() -> Result<(), CallError> {
        let (config, _inbox) = config::fake("session_seconds = 60");
        let sessions = Sessions::new(config).spawn(CancellationToken::new());
        let token = sessions.open("Ann".into()).await?.expect("a token");
        sessions.close(&token).await?;
        assert_eq!(sessions.user(&token).await?, None);
        assert_eq!(sessions.count(), 0);
        Ok(())
    }

    #[test]
    fn a_session_that_has_ended_is_not_revived() {
        let (config, _inbox) = config::fake("session_seconds = 0");
        let mut sessions = Sessions::new(config);
        let token = sessions.open("Ann".into()).expect("a token");
        assert_eq!(sessions.user(&token), None);
        sessions.expire();
        assert!(sessions.by_token.is_empty() && sessions.ends.is_empty());
    }
}
