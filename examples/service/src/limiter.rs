//! The rate limit of each user.

use std::collections::HashMap;
use std::time::Duration;

use actor_runtime::actor;
use tokio::time::Instant;

use crate::config::ConfigClient;

/// The number of entries that are not worth a look.
const SMALLEST_CROWD: usize = 1024;

/// The actor that counts requests.
pub struct Limiter {
    config: ConfigClient,
    /// The moment at which each user will have paid for all requests so far. A request costs the time that the rate
    /// gives it, and a user may be in debt for a burst. Users without debts need no entry.
    paid: HashMap<String, Instant>,
    /// The number of entries at which those without debts are removed.
    crowd: usize,
}

impl Limiter {
    /// Makes a limiter that has seen no requests.
    pub fn new(config: ConfigClient) -> Self {
        Self {
            config,
            paid: HashMap::new(),
            crowd: SMALLEST_CROWD,
        }
    }

    /// Removes entries once their number has doubled, so that each request pays for a constant part of the work.
    fn forget_paid(&mut self, now: Instant) {
        if self.paid.len() >= self.crowd {
            self.paid.retain(|_, paid| *paid > now);
            self.crowd = SMALLEST_CROWD.max(2 * self.paid.len());
        }
    }
}

// Nothing here waits, so a request need not switch to the task of the actor and back.
#[actor(in_place)]
impl Limiter {
    /// Admits a request of `user`, or returns the time after which it would be admitted.
    pub fn admit(&mut self, user: &str) -> Result<(), Duration> {
        let settings = self.config.settings();
        let price = Duration::from_secs(60) / settings.requests_per_minute.get();
        let now = Instant::now();
        let paid = self.paid.get(user).map_or(now, |paid| now.max(*paid)) + price;
        let wait = (paid - now).saturating_sub(price * settings.burst.get());
        if !wait.is_zero() {
            return Err(wait);
        }
        self.forget_paid(now);
        self.paid.insert(user.to_owned(), paid);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use actor_runtime::{Actor as _, CallError};
    use tokio::time::advance;

    use super::*;
    use crate::config;

    const SECOND: Duration = Duration::from_secs(1);

    #[tokio::test(start_paused = true)]
    async fn a_burst_is_admitted_and_then_the_rate() -> Result<(), CallError> {
        let (config, inbox) = config::fake("requests_per_minute = 60\nburst = 3");
        let limiter = Limiter::new(config).builder().spawn();
        for expected in [Ok(()), Ok(()), Ok(()), Err(SECOND), Err(SECOND)] {
            assert_eq!(limiter.admit("Ann").await?, expected);
        }
        assert_eq!(limiter.admit("Bob").await?, Ok(()));
        advance(SECOND / 2).await;
        assert_eq!(limiter.admit("Ann").await?, Err(SECOND / 2));
        advance(SECOND / 2).await;
        assert_eq!(limiter.admit("Ann").await?, Ok(()));
        assert_eq!(limiter.admit("Ann").await?, Err(SECOND));

        // New settings are in force at once.
        let settings = config::parse("requests_per_minute = 60\nburst = 5");
        inbox.latest().settings.publish(settings);
        assert_eq!(limiter.admit("Ann").await?, Ok(()));
        Ok(())
    }

    #[tokio::test(start_paused = true)]
    async fn users_without_debts_are_forgotten() {
        let (config, _inbox) = config::fake("requests_per_minute = 60\nburst = 3");
        let mut limiter = Limiter::new(config);
        for number in 0..100 * SMALLEST_CROWD {
            assert_eq!(limiter.admit(&number.to_string()), Ok(()));
            advance(SECOND / 100).await;
        }
        assert!(limiter.paid.len() <= SMALLEST_CROWD);
    }
}
