//! Texts that are plainly not one JSON document but another format that model servers send.

use serde::de::IgnoredAny;

use crate::response::Advice;

/// The format of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lookalike {
    /// Server-sent events.
    Events,
    /// One JSON document per line.
    Lines,
    /// A JSON text sequence (RFC 7464).
    Records,
    /// Prometheus' text format.
    Metrics,
}

impl Lookalike {
    /// The format that the first bytes show.
    pub(super) fn of(text: &[u8]) -> Option<Self> {
        let begins = |prefixes: &[&[u8]]| prefixes.iter().any(|prefix| text.starts_with(prefix));
        if begins(&[b"\x1e"]) {
            Some(Self::Records)
        } else if begins(&[b"# HELP ", b"# TYPE "]) {
            Some(Self::Metrics)
        } else if begins(&[b"data:", b"event:", b"id:", b"retry:", b":"])
            && lines(text).any(|line| line.starts_with(b"data:"))
        {
            Some(Self::Events)
        } else {
            None
        }
    }

    /// Of a text that goes on after its first JSON document: whether its first two lines are
    /// one each.
    pub(super) fn is_lines(text: &[u8]) -> bool {
        let is_json = |line: &[u8]| serde_json::from_slice::<IgnoredAny>(line).is_ok();
        let mut documents = lines(text).filter(|line| !line.trim_ascii().is_empty());
        documents.next().is_some_and(is_json) && documents.next().is_some_and(is_json)
    }

    /// Its usual name.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Events => "server-sent events",
            Self::Lines => "NDJSON",
            Self::Records => "a JSON text sequence",
            Self::Metrics => "Prometheus text",
        }
    }

    /// What the user can do to check it.
    pub(super) fn advice(self) -> Advice {
        match self {
            Self::Events => Advice::SendEventStream,
            Self::Lines => Advice::SendNdjson,
            Self::Records => Advice::SendJsonSeq,
            Self::Metrics => Advice::CheckText,
        }
    }
}

fn lines(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    text.split(|byte| matches!(byte, b'\n' | b'\r'))
}

#[cfg(test)]
mod tests {
    use super::Lookalike;

    #[test]
    fn only_what_is_plain_is_recognised() {
        for (text, format) in [
            ("data: {}\n\n", Some(Lookalike::Events)),
            (": ping\r\rdata:1\r\r", Some(Lookalike::Events)),
            ("event: x\ndata: 1", Some(Lookalike::Events)),
            ("id: 5\nname: x\n", None),
            (":", None),
            ("\u{1e}{}\n", Some(Lookalike::Records)),
            ("# HELP up Whether it is up.\n", Some(Lookalike::Metrics)),
            ("# TYPE up gauge\nup 1\n", Some(Lookalike::Metrics)),
            ("# Title\n", None),
            ("{}\n{}", None),
            ("", None),
        ] {
            assert_eq!(Lookalike::of(text.as_bytes()), format, "{text:?}");
        }
        for (text, is_lines) in [
            ("{}\n{}", true),
            ("\n[1]\r\n\n{}\r\n{", true),
            ("{}\n", false),
            ("{} {}\n{}", false),
            ("{\n}\n{\n}", false),
            ("{}\nok", false),
        ] {
            assert_eq!(Lookalike::is_lines(text.as_bytes()), is_lines, "{text:?}");
        }
    }
}
