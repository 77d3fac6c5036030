//! `--wait`: repeats a probe until it is healthy or the time is up.

use std::thread;
use std::time::{Duration, Instant};

/// The minimum time for another attempt, unless the timeout is shorter: an attempt that
/// cannot succeed would replace the server's reason with its own timeout.
const MIN_ATTEMPT: Duration = Duration::from_millis(100);

/// How long to repeat a probe, and how often.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WaitPolicy {
    /// `--wait`: the time in which the probe must become healthy.
    pub limit: Duration,
    /// `--interval`: the pause between two attempts.
    pub interval: Duration,
}

/// The attempts so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WaitStats {
    /// The number of attempts.
    pub attempts: u32,
    /// The time since the first one began.
    pub elapsed: Duration,
}

impl WaitPolicy {
    /// Makes attempts until one is healthy or the time is up, and returns the last.
    /// `attempt` takes its timeout; `on_retry` gets each attempt that another one follows.
    pub fn until<T>(
        &self,
        is_healthy: impl Fn(&T) -> bool,
        timeout: Duration,
        mut attempt: impl FnMut(Duration) -> T,
        mut on_retry: impl FnMut(&T, WaitStats),
    ) -> (T, WaitStats) {
        let started = Instant::now();
        let mut remaining = self.limit;
        let mut attempts = 0;
        loop {
            let result = attempt(timeout.min(remaining));
            attempts += 1;
            let elapsed = started.elapsed();
            let stats = WaitStats { attempts, elapsed };
            let pause = self.pause(timeout, self.limit.saturating_sub(elapsed));
            let Some(pause) = pause.filter(|_| !is_healthy(&result)) else {
                return (result, stats);
            };
            on_retry(&result, stats);
            thread::sleep(pause);
            remaining = whole_milliseconds(self.limit.saturating_sub(started.elapsed()));
            // The machine may have been suspended.
            if remaining < timeout.min(MIN_ATTEMPT) {
                return (result, stats);
            }
        }
    }

    /// The pause before the next attempt; `None` if there is no time for one. The last
    /// pause may be shorter than the interval, so that the remaining time is used.
    fn pause(&self, timeout: Duration, remaining: Duration) -> Option<Duration> {
        let min = timeout.min(MIN_ATTEMPT);
        if remaining.saturating_sub(self.interval) >= min {
            Some(self.interval)
        } else {
            remaining.checked_sub(min * 2)
        }
    }
}

/// Drops the fraction of a millisecond, so that messages print a short timeout.
fn whole_milliseconds(duration: Duration) -> Duration {
    if duration < Duration::from_millis(1) {
        return duration;
    }
    Duration::new(duration.as_secs(), duration.subsec_millis() * 1_000_000)
}

#[cfg(test)]
mod tests {
    use super::{WaitPolicy, WaitStats, whole_milliseconds};
    use std::cell::RefCell;
    use std::thread;
    use std::time::Duration;

    const fn ms(milliseconds: u64) -> Duration {
        Duration::from_millis(milliseconds)
    }

    fn policy(limit: Duration, interval: Duration) -> WaitPolicy {
        WaitPolicy { limit, interval }
    }

    #[test]
    fn the_last_attempt_has_the_minimum_time() {
        for (interval, timeout, remaining, pause) in [
            (1000, 2000, 5000, Some(1000)),
            (1000, 2000, 1100, Some(1000)),
            (1000, 2000, 1099, Some(899)),
            (1000, 2000, 200, Some(0)),
            (1000, 2000, 199, None),
            (1000, 2000, 0, None),
            (10, 2000, 110, Some(10)),
            (10, 2000, 109, None),
            (1000, 30, 1030, Some(1000)),
            (1000, 30, 100, Some(40)),
            (1000, 30, 59, None),
        ] {
            let found = policy(ms(9000), ms(interval)).pause(ms(timeout), ms(remaining));
            assert_eq!(found, pause.map(ms), "{interval} {timeout} {remaining}");
        }
        let forever = policy(Duration::MAX, Duration::MAX);
        assert_eq!(forever.pause(ms(2000), ms(5000)), Some(ms(4800)));
    }

    #[test]
    fn each_attempt_but_the_last_is_a_retry() {
        let retried = RefCell::new(Vec::new());
        let mut number = 0;
        let attempt = |timeout| {
            assert_eq!(timeout, ms(2000));
            number += 1;
            number
        };
        let (last, stats) = policy(ms(60_000), ms(1)).until(
            |number| *number == 3,
            ms(2000),
            attempt,
            |number, stats| {
                assert_eq!(*number, stats.attempts);
                retried.borrow_mut().push(*number);
            },
        );
        assert_eq!((last, stats.attempts), (3, 3));
        assert_eq!(retried.into_inner(), [1, 2]);
    }

    #[test]
    fn there_is_at_least_one_attempt_and_none_beyond_the_limit() {
        let ignore = |(): &(), _: WaitStats| {};
        let short = policy(Duration::from_nanos(1), ms(1000));
        let attempt = |timeout| assert_eq!(timeout, Duration::from_nanos(1));
        let ((), stats) = short.until(|()| false, ms(2000), attempt, ignore);
        assert_eq!(stats.attempts, 1);

        let mut timeouts = Vec::new();
        let attempt = |timeout| {
            timeouts.push(timeout);
            thread::sleep(timeout);
        };
        let ((), _) = policy(ms(500), ms(50)).until(|()| false, ms(200), attempt, ignore);
        assert_eq!(timeouts[0], ms(200));
        assert!(
            timeouts.iter().all(|t| (ms(100)..=ms(200)).contains(t)),
            "{timeouts:?}"
        );
        // However late the machine makes one, together they fit in the limit.
        assert!(timeouts.iter().sum::<Duration>() <= ms(500), "{timeouts:?}");
    }

    #[test]
    fn a_timeout_has_no_fraction_of_a_millisecond() {
        assert_eq!(whole_milliseconds(Duration::from_micros(873_123)), ms(873));
        assert_eq!(
            whole_milliseconds(Duration::from_micros(999)),
            Duration::from_micros(999)
        );
    }
}
