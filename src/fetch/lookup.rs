//! Name → addresses, by the system's resolver.
//!
//! The resolver is asked for IPv4 and IPv6 together, as every program asks it. If DNS fails
//! for one family, musl's resolver fails for both; if DNS does not answer for one family,
//! every resolver waits. So if the common lookup fails or is late, each family is looked up
//! alone.
//!
//! Each question has a thread, since the resolver knows no deadline. One that never returns
//! ends with the process.

use std::net::SocketAddr;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use dns_lookup::{AddrFamily, AddrInfoHints, SockType, getaddrinfo};

use super::deadline::Deadline;
use crate::request::Family;
use crate::response::{FetchError, Stage};
use crate::upstream::strip_lookup_introduction;

/// How long a better answer is waited for: the "Resolution Delay" of RFC 8305, section 3.
const DELAY: Duration = Duration::from_millis(50);

/// The addresses, or why there are none.
type Answer = Result<Vec<SocketAddr>, String>;

/// The lookup of one name, which may bring addresses more than once.
pub(super) struct Lookup {
    name: String,
    port: u16,
    family: Family,
    deadline: Deadline,
    resolver: fn(&str, u16, Family) -> Answer,
    questions: Arc<Shared>,
    /// Whose answer was handed out last.
    used: Option<Family>,
    handed_out: Vec<SocketAddr>,
}

/// What the threads of the resolver and that of the probe share. A channel of the standard
/// library costs 9 kB, and its thread-local state exceeds what musl sets aside, which adds a
/// system call and a page fault to every probe.
#[derive(Default)]
struct Shared {
    questions: Mutex<Questions>,
    answered: Condvar,
}

/// The state of each question.
#[derive(Default)]
struct Questions {
    both: Question,
    v4: Question,
    v6: Question,
}

#[derive(Debug, Default, Clone, PartialEq, Eq)]
enum Question {
    #[default]
    Unasked,
    Open,
    Answered(Answer),
}

/// What to do next.
#[derive(Debug, PartialEq, Eq)]
enum Step {
    /// Try the addresses of this answer.
    Use(Family),
    AskEachFamily,
    Wait,
    /// Wait no longer than `DELAY`.
    WaitBriefly,
    End,
}

impl Lookup {
    pub(super) fn start(name: &str, port: u16, family: Family, deadline: Deadline) -> Self {
        Self::with_resolver(name, port, family, deadline, system)
    }

    fn with_resolver(
        name: &str,
        port: u16,
        family: Family,
        deadline: Deadline,
        resolver: fn(&str, u16, Family) -> Answer,
    ) -> Self {
        let lookup = Self {
            name: name.to_owned(),
            port,
            family,
            deadline,
            resolver,
            questions: Arc::default(),
            used: None,
            handed_out: Vec::new(),
        };
        lookup.ask(family);
        lookup
    }

    fn ask(&self, family: Family) {
        *self.questions.lock().get(family) = Question::Open;
        let (name, port, resolver) = (self.name.clone(), self.port, self.resolver);
        let questions = Arc::clone(&self.questions);
        let spawned = thread::Builder::new()
            .spawn(move || questions.answer(family, resolver(&name, port, family)));
        if let Err(error) = spawned {
            self.questions.answer(family, Err(error.to_string()));
        }
    }

    /// Further addresses; none if no more will come.
    ///
    /// # Errors
    /// No addresses at all, or none within the deadline.
    pub(super) fn next_addresses(&mut self) -> Result<Vec<SocketAddr>, FetchError> {
        let shared = Arc::clone(&self.questions);
        let mut questions = shared.lock();
        let mut wait_until = None;
        loop {
            let remaining = match self.remaining() {
                Ok(remaining) => remaining,
                Err(timed_out) => return Err(self.failure(&questions).unwrap_or(timed_out)),
            };
            let now = Instant::now();
            let is_late = wait_until.is_some_and(|until| now >= until);
            let wait = match questions.next_step(self.used, is_late) {
                Step::Use(family) => {
                    self.used = Some(family);
                    let addresses = self.unused(questions.get(family));
                    if !addresses.is_empty() {
                        return Ok(addresses);
                    }
                    continue;
                }
                Step::AskEachFamily => {
                    drop(questions);
                    self.ask(Family::V4);
                    self.ask(Family::V6);
                    questions = shared.lock();
                    wait_until = None;
                    continue;
                }
                Step::Wait => remaining,
                Step::WaitBriefly => *wait_until.get_or_insert(now + DELAY) - now,
                Step::End => {
                    return match self.failure(&questions) {
                        Some(failure) if self.used.is_none() => Err(failure),
                        _ => Ok(Vec::new()),
                    };
                }
            };
            questions = shared
                .answered
                .wait_timeout(questions, wait.min(remaining))
                .unwrap_or_else(PoisonError::into_inner)
                .0;
        }
    }

    fn remaining(&self) -> Result<Duration, FetchError> {
        self.deadline
            .remaining(|| Stage::Resolve(self.name.clone()))
    }

    /// The addresses of this answer that were not handed out before, each once.
    fn unused(&mut self, question: &Question) -> Vec<SocketAddr> {
        let mut unused = Vec::new();
        if let Question::Answered(Ok(addresses)) = question {
            for address in addresses {
                if !self.handed_out.contains(address) {
                    self.handed_out.push(*address);
                    unused.push(*address);
                }
            }
        }
        unused
    }

    /// The first failed question's reason.
    fn failure(&self, questions: &Questions) -> Option<FetchError> {
        let reason = [&questions.both, &questions.v4, &questions.v6]
            .into_iter()
            .find_map(Question::reason)?;
        let reason = match self.family {
            Family::Any => reason.to_owned(),
            Family::V4 => format!("no IPv4 address ({reason})"),
            Family::V6 => format!("no IPv6 address ({reason})"),
        };
        Some(FetchError::Resolve {
            name: self.name.clone(),
            reason,
        })
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Questions> {
        self.questions
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn answer(&self, family: Family, answer: Answer) {
        *self.lock().get(family) = Question::Answered(answer);
        self.answered.notify_one();
    }
}

impl Questions {
    fn get(&mut self, family: Family) -> &mut Question {
        match family {
            Family::Any => &mut self.both,
            Family::V4 => &mut self.v4,
            Family::V6 => &mut self.v6,
        }
    }

    /// The answer for both families holds the addresses of one name, as the system's rules
    /// have it. That for IPv6 alone may come from another domain of the search list, or past
    /// the hosts file: with IPv4 addresses at hand, it is not used.
    fn next_step(&self, used: Option<Family>, is_late: bool) -> Step {
        let Self { both, v4, v6 } = self;
        let unless_late = |better: &Question, step| match better {
            Question::Open if !is_late => Step::WaitBriefly,
            _ => step,
        };
        let is_any_open = [both, v4, v6].into_iter().any(Question::is_open);
        match used {
            Some(Family::Any) => Step::End,
            _ if both.is_found() => Step::Use(Family::Any),
            Some(Family::V4) if both.is_open() => Step::Wait,
            Some(Family::V4) => Step::End,
            _ if v4.is_found() => Step::Use(Family::V4),
            None if both.is_asked() && !v4.is_asked() => unless_late(both, Step::AskEachFamily),
            None if v6.is_found() => unless_late(v4, Step::Use(Family::V6)),
            _ if is_any_open => Step::Wait,
            _ => Step::End,
        }
    }
}

impl Question {
    fn is_asked(&self) -> bool {
        *self != Self::Unasked
    }

    fn is_open(&self) -> bool {
        *self == Self::Open
    }

    fn is_found(&self) -> bool {
        matches!(self, Self::Answered(Ok(_)))
    }

    fn reason(&self) -> Option<&str> {
        match self {
            Self::Answered(Err(reason)) => Some(reason),
            _ => None,
        }
    }
}

/// The system's resolver: the hosts file, DNS, and what else is configured.
fn system(name: &str, port: u16, family: Family) -> Answer {
    let hints = AddrInfoHints {
        address: match family {
            Family::Any => 0,
            Family::V4 => AddrFamily::Inet.into(),
            Family::V6 => AddrFamily::Inet6.into(),
        },
        socktype: SockType::Stream.into(),
        ..AddrInfoHints::default()
    };
    let found = getaddrinfo(Some(name), None, Some(hints))
        .map_err(|error| strip_lookup_introduction(&error.into()))?;
    let mut addresses: Vec<SocketAddr> = found.flatten().map(|found| found.sockaddr).collect();
    for address in &mut addresses {
        address.set_port(port);
    }
    if addresses.is_empty() {
        return Err("it has no address".to_owned());
    }
    Ok(addresses)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TIMEOUT: Duration = Duration::from_millis(400);

    const V4: &str = "10.0.0.1:80";
    const V6: &str = "[2001:db8::1]:80";

    /// Addresses separated by spaces, or a reason.
    fn answer(text: &str) -> Answer {
        text.split(' ')
            .map(|address| address.parse().map_err(|_| text.to_owned()))
            .collect()
    }

    fn silence() -> Answer {
        loop {
            thread::park();
        }
    }

    fn lookup(family: Family, resolver: fn(&str, u16, Family) -> Answer) -> Lookup {
        Lookup::with_resolver("model", 80, family, Deadline::start(TIMEOUT), resolver)
    }

    /// All addresses, in groups as they come, and the error at the end.
    fn all(mut lookup: Lookup) -> (Vec<Vec<String>>, Option<String>) {
        let mut groups = Vec::new();
        loop {
            match lookup.next_addresses() {
                Ok(addresses) if addresses.is_empty() => return (groups, None),
                Ok(addresses) => {
                    groups.push(addresses.iter().map(ToString::to_string).collect());
                }
                Err(error) => return (groups, Some(error.to_string())),
            }
        }
    }

    #[track_caller]
    fn assert_all(
        family: Family,
        resolver: fn(&str, u16, Family) -> Answer,
        groups: &[&[&str]],
        error: Option<&str>,
    ) {
        let (found, reason) = all(lookup(family, resolver));
        assert_eq!(
            (found, reason.as_deref()),
            (
                groups
                    .iter()
                    .map(|group| group.iter().map(|&address| address.to_owned()).collect())
                    .collect(),
                error,
            )
        );
    }

    #[test]
    fn uses_the_answer_for_both_families_in_its_order_and_each_address_once() {
        assert_all(
            Family::Any,
            |_, _, family| match family {
                Family::Any => answer(&[V6, V4, V6].join(" ")),
                _ => answer("not asked"),
            },
            &[&[V6, V4]],
            None,
        );
    }

    #[test]
    fn asks_for_each_family_where_both_fail() {
        assert_all(
            Family::Any,
            |_, _, family| match family {
                Family::V4 => answer(V4),
                _ => answer("Try again"),
            },
            &[&[V4]],
            None,
        );
        assert_all(
            Family::Any,
            |_, _, family| match family {
                Family::V6 => answer(V6),
                _ => answer("Try again"),
            },
            &[&[V6]],
            None,
        );
        assert_all(
            Family::Any,
            |_, _, family| match family {
                Family::Any => answer("Try again"),
                _ => answer("No address"),
            },
            &[],
            Some("cannot look up model: Try again"),
        );
    }

    #[test]
    fn asks_for_each_family_where_both_are_late() {
        let timed_out = Some("timed out after 400ms looking up model");
        assert_all(Family::Any, |_, _, _| silence(), &[], timed_out);
        assert_all(Family::V4, |_, _, _| silence(), &[], timed_out);
        assert_all(
            Family::Any,
            |_, _, family| match family {
                Family::V4 => answer(V4),
                _ => silence(),
            },
            &[&[V4]],
            timed_out,
        );
        assert_all(
            Family::Any,
            |_, _, family| match family {
                Family::V6 => answer(V6),
                _ => silence(),
            },
            &[&[V6]],
            timed_out,
        );
        // The reason of one question beats the silence of another.
        assert_all(
            Family::Any,
            |_, _, family| match family {
                Family::V4 => answer("No address"),
                _ => silence(),
            },
            &[],
            Some("cannot look up model: No address"),
        );
    }

    #[test]
    fn uses_no_ipv6_address_of_its_own_answer_beside_ipv4_addresses() {
        assert_all(
            Family::Any,
            |_, _, family| match family {
                Family::Any => answer("Try again"),
                Family::V4 => answer(V4),
                Family::V6 => answer(V6),
            },
            &[&[V4]],
            None,
        );
    }

    #[test]
    fn hands_out_what_a_late_answer_adds() {
        assert_all(
            Family::Any,
            |_, _, family| match family {
                Family::Any => {
                    thread::sleep(Duration::from_millis(200));
                    answer(&[V6, V4].join(" "))
                }
                Family::V4 => answer(V4),
                Family::V6 => silence(),
            },
            &[&[V4], &[V6]],
            None,
        );
    }

    #[test]
    fn asks_for_one_family_alone() {
        assert_all(
            Family::V6,
            |_, _, family| match family {
                Family::V6 => answer(V6),
                _ => answer("not asked"),
            },
            &[&[V6]],
            None,
        );
        assert_all(
            Family::V4,
            |_, _, _| answer("No address"),
            &[],
            Some("cannot look up model: no IPv4 address (No address)"),
        );
    }

    #[test]
    fn prefers_ipv4_within_the_delay() {
        let mut questions = Questions {
            both: Question::Open,
            v4: Question::Open,
            v6: Question::Answered(answer(V6)),
        };
        assert_eq!(questions.next_step(None, false), Step::WaitBriefly);
        assert_eq!(questions.next_step(None, true), Step::Use(Family::V6));
        questions.v4 = Question::Answered(answer("No address"));
        assert_eq!(questions.next_step(None, false), Step::Use(Family::V6));
    }
}
