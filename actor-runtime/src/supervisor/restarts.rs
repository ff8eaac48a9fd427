//! The restarts of a supervised actor: their limit, and the delays before them.

use std::collections::VecDeque;
use std::hash::{BuildHasher, RandomState};
use std::time::Duration;

use tokio::time::Instant;

/// A delay longer than any process runs, and short enough to be multiplied by any `u32`.
const LONGEST: Duration = Duration::from_secs(60 * 60 * 24 * 365 * 30);

/// The limit of restarts, and the delays before them.
pub(super) struct Restarts {
    pub(super) limit: usize,
    pub(super) within: Duration,
    pub(super) first: Duration,
    pub(super) longest: Duration,
    /// The delay before the next restart in a row.
    next: Duration,
    /// The times of the restarts that still count.
    past: VecDeque<Instant>,
    /// The number of failures in a row of incarnations that have done nothing.
    in_vain: usize,
}

impl Default for Restarts {
    fn default() -> Self {
        Self {
            limit: 10,
            within: Duration::from_secs(600),
            first: Duration::from_millis(100),
            longest: Duration::from_secs(10),
            next: Duration::ZERO,
            past: VecDeque::new(),
            in_vain: 0,
        }
    }
}

impl Restarts {
    /// Returns the time to wait after a failure, unless it was one too many. `has_worked` is true if the incarnation
    /// that failed had done something.
    pub(super) fn delay(
        &mut self,
        now: Instant,
        random: u32,
        has_worked: bool,
    ) -> Option<Duration> {
        while let Some(first) = self.past.front() {
            if now.saturating_duration_since(*first) < self.within {
                break;
            }
            self.past.pop_front();
        }
        if self.past.is_empty() {
            self.next = self.first;
        }
        self.in_vain = if has_worked { 0 } else { self.in_vain + 1 };
        if self.past.len() >= self.limit || self.in_vain > self.limit {
            return None;
        }
        let delay = self.next.min(self.longest);
        self.next = delay.saturating_mul(2);
        Some(between_half_and_all(delay, random))
    }

    /// Counts a restart.
    pub(super) fn count(&mut self, now: Instant) {
        self.past.push_back(now);
    }
}

/// Returns half of `delay` if the number is 0, all of it if it is the greatest one.
fn between_half_and_all(delay: Duration, random: u32) -> Duration {
    // Short enough to be multiplied by any number.
    let half = delay.min(LONGEST) / 2;
    half + half * random / u32::MAX
}

/// Returns a random number, from the seed that keeps the hashes of a map from being guessed.
pub(super) fn random() -> u32 {
    let [a, b, c, d, ..] = RandomState::new().hash_one(()).to_ne_bytes();
    u32::from_ne_bytes([a, b, c, d])
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn restarts(limit: usize, within: Duration) -> Restarts {
        Restarts {
            limit,
            within,
            first: SECOND,
            longest: 10 * SECOND,
            ..Restarts::default()
        }
    }

    /// Returns the delay if the actor fails that many seconds after the `start`, and is restarted at once.
    fn fail(restarts: &mut Restarts, start: Instant, seconds: u32) -> Option<Duration> {
        let now = start + seconds * SECOND;
        let delay = restarts.delay(now, u32::MAX, true);
        if delay.is_some() {
            restarts.count(now);
        }
        delay
    }

    #[test]
    fn the_delay_doubles_up_to_the_longest() {
        let (mut restarts, start) = (restarts(usize::MAX, 60 * SECOND), Instant::now());
        let delays = [0, 1, 2, 3, 40, 90].map(|at| fail(&mut restarts, start, at));
        assert_eq!(
            delays,
            [1, 2, 4, 8, 10, 10].map(|delay| Some(delay * SECOND))
        );
    }

    #[test]
    fn the_first_delay_is_no_longer_than_the_longest() {
        let mut restarts = Restarts {
            first: 20 * SECOND,
            ..restarts(1, SECOND)
        };
        let delay = restarts.delay(Instant::now(), u32::MAX, true);
        assert_eq!(delay, Some(10 * SECOND));
    }

    #[test]
    fn the_delay_starts_over_when_an_incarnation_has_lived_long() {
        let (mut restarts, start) = (restarts(usize::MAX, 60 * SECOND), Instant::now());
        let delays = [0, 1, 61, 120, 181].map(|at| fail(&mut restarts, start, at));
        assert_eq!(delays, [1, 2, 1, 2, 1].map(|delay| Some(delay * SECOND)));
    }

    #[test]
    fn the_limit_holds_for_each_stretch_of_time() {
        let (mut restarts, start) = (restarts(2, 60 * SECOND), Instant::now());
        let at = [0, 50, 60, 109, 110, 119].map(|at| fail(&mut restarts, start, at).is_some());
        assert_eq!(at, [true, true, true, false, true, false]);
    }

    #[test]
    fn incarnations_that_do_nothing_are_given_up_however_long_they_live() {
        let (mut restarts, mut now) = (restarts(3, 60 * SECOND), Instant::now());
        let mut fail = |has_worked| {
            now += 3600 * SECOND;
            let delay = restarts.delay(now, 0, has_worked);
            restarts.count(now);
            delay.is_some()
        };
        let in_vain = [false, false, true, false, false, false, false].map(&mut fail);
        assert_eq!(in_vain, [true, true, true, true, true, true, false]);
    }

    #[test]
    fn without_restarts_the_first_failure_is_one_too_many() {
        let mut restarts = restarts(0, 60 * SECOND);
        assert_eq!(restarts.delay(Instant::now(), 0, true), None);
    }

    #[test]
    fn no_duration_is_too_long() {
        let mut restarts = Restarts {
            first: Duration::MAX,
            longest: Duration::MAX,
            ..restarts(usize::MAX, Duration::MAX)
        };
        let now = Instant::now();
        for random in [0, 1, u32::MAX] {
            let delay = restarts.delay(now, random, true).unwrap();
            assert!(delay >= LONGEST / 2 && delay <= LONGEST);
            restarts.count(now);
        }
    }

    #[test]
    fn a_wait_is_between_half_of_the_delay_and_all_of_it() {
        for delay in [Duration::ZERO, Duration::from_nanos(1), SECOND, LONGEST] {
            assert_eq!(between_half_and_all(delay, 0), delay / 2);
            assert_eq!(between_half_and_all(delay, u32::MAX), delay / 2 * 2);
            for random in [1, u32::MAX / 3, u32::MAX / 2, u32::MAX - 1] {
                let wait = between_half_and_all(delay, random);
                assert!(wait >= delay / 2 && wait <= delay, "{wait:?} of {delay:?}");
            }
        }
        let wait = between_half_and_all(SECOND, u32::MAX / 5);
        assert_eq!(wait.as_millis(), 600);
    }

    #[test]
    fn numbers_are_random() {
        let numbers: Vec<u32> = (0..100).map(|_| random()).collect();
        let low = numbers.iter().filter(|number| **number < u32::MAX / 2);
        assert!((1..100).contains(&low.count()));
    }
}
