//! `--wait`: the only loop.

use std::thread;
use std::time::{Duration, Instant};

use crate::report::WaitStats;

/// The least that a further attempt is given, unless the timeout is shorter still:
/// one without a chance would put its own reason before the server's.
const MIN_ATTEMPT: Duration = Duration::from_millis(100);

/// How often, and for how long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WaitPolicy {
    /// `--wait`: the time in which it has to become healthy.
    pub limit: Duration,
    /// `--interval`: the pause between two attempts.
    pub interval: Duration,
    /// How wide a terminal is, in columns.
    pub columns: usize,
}

impl WaitPolicy {
    /// Makes attempts, each with its own timeout, until one is healthy or the time is
    /// up. Hands over each that another follows, and returns the last.
    pub fn until<T>(
        &self,
        is_healthy: impl Fn(&T) -> bool,
        timeout: Duration,
        mut attempt: impl FnMut(Duration) -> T,
        mut on_retry: impl FnMut(&T, WaitStats),
    ) -> (T, WaitStats) {
        let started = Instant::now();
        let mut left = self.limit;
        let mut attempts = 0;
        loop {
            let tried = attempt(timeout.min(left));
            attempts += 1;
            let time = started.elapsed();
            let waited = WaitStats { attempts, time };
            let pause = self.pause(timeout, self.limit.saturating_sub(time));
            let Some(pause) = pause.filter(|_| !is_healthy(&tried)) else {
                return (tried, waited);
            };
            on_retry(&tried, waited);
            thread::sleep(pause);
            left = whole_milliseconds(self.limit.saturating_sub(started.elapsed()));
            // A machine that was asleep is late.
            if left < timeout.min(MIN_ATTEMPT) {
                return (tried, waited);
            }
        }
    }

    /// How long to pause before the next attempt; `None` where none has a chance. One
    /// for which an interval is too long comes sooner, so that no time is lost at the end.
    fn pause(&self, timeout: Duration, left: Duration) -> Option<Duration> {
        let shortest = timeout.min(MIN_ATTEMPT);
        if left.saturating_sub(self.interval) >= shortest {
            Some(self.interval)
        } else {
            left.checked_sub(shortest * 2)
        }
    }
}

/// A timeout that is told has no more digits than it needs.
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

    fn waiting(limit: Duration, interval: Duration) -> WaitPolicy {
        WaitPolicy {
            limit,
            interval,
            columns: 80,
        }
    }

    #[test]
    fn the_last_attempt_has_a_chance() {
        for (interval, timeout, left, pause) in [
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
            let found = waiting(ms(9000), ms(interval)).pause(ms(timeout), ms(left));
            assert_eq!(found, pause.map(ms), "{interval} {timeout} {left}");
        }
        let forever = waiting(Duration::MAX, Duration::MAX);
        assert_eq!(forever.pause(ms(2000), ms(5000)), Some(ms(4800)));
    }

    #[test]
    fn each_attempt_but_the_last_is_handed_over() {
        let handed_over = RefCell::new(Vec::new());
        let mut number = 0;
        let attempt = |timeout| {
            assert_eq!(timeout, ms(2000));
            number += 1;
            number
        };
        let (last, waited) = waiting(ms(60_000), ms(1)).until(
            |number| *number == 3,
            ms(2000),
            attempt,
            |number, waited| {
                assert_eq!(*number, waited.attempts);
                handed_over.borrow_mut().push(*number);
            },
        );
        assert_eq!((last, waited.attempts), (3, 3));
        assert_eq!(handed_over.into_inner(), [1, 2]);
    }

    #[test]
    fn there_is_one_attempt_in_no_time_and_none_beyond_the_limit() {
        let nothing = |(): &(), _: WaitStats| {};
        let short = waiting(Duration::from_nanos(1), ms(1000));
        let attempt = |timeout| assert_eq!(timeout, Duration::from_nanos(1));
        let ((), waited) = short.until(|()| false, ms(2000), attempt, nothing);
        assert_eq!(waited.attempts, 1);

        let mut given = Vec::new();
        let attempt = |timeout| {
            given.push(timeout);
            thread::sleep(timeout);
        };
        let ((), waited) = waiting(ms(500), ms(50)).until(|()| false, ms(200), attempt, nothing);
        assert_eq!(given[0], ms(200));
        assert!(
            given.iter().all(|t| (ms(100)..=ms(200)).contains(t)),
            "{given:?}"
        );
        assert!(waited.time < ms(700), "{waited:?}");
    }

    #[test]
    fn a_timeout_is_told_in_milliseconds() {
        assert_eq!(whole_milliseconds(Duration::from_micros(873_123)), ms(873));
        assert_eq!(
            whole_milliseconds(Duration::from_micros(999)),
            Duration::from_micros(999)
        );
    }
}
