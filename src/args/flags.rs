//! The table of flags: names, value, help text and which cannot be used together.
//!
//! Each row also declares the constant by which `plan` reads the flag, so that a
//! misspelt flag does not compile and one that is never read is a warning.

use std::marker::PhantomData;

/// The constant of a flag: what its value is read by. `A` is [`Switch`], [`Value`] or [`Values`].
pub(crate) struct Flag<A> {
    /// The name after `--`, and the key under which clap and the layers have it.
    pub(crate) long: &'static str,
    pub(crate) content: Content,
    arity: PhantomData<A>,
}

// Derived, both would ask the same of `A`.
impl<A> Clone for Flag<A> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<A> Copy for Flag<A> {}

/// A flag that is on or off.
pub(crate) struct Switch;

/// A flag with one value; the last one wins.
pub(crate) struct Value;

/// A repeatable flag.
pub(crate) struct Values;

/// A row of the table.
#[derive(Debug)]
pub(crate) struct Spec {
    pub(crate) long: &'static str,
    pub(crate) short: Option<char>,
    pub(crate) arity: Arity,
    pub(crate) content: Content,
    pub(crate) help: &'static str,
    group: Option<Group>,
}

/// How many values a flag takes, and their name in the help.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Arity {
    Switch,
    Value(&'static str),
    Values(&'static str),
}

/// What a value holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Content {
    Text,
    /// The path of a file; in a config, relative to it.
    Path,
    /// A URL, whose credentials and query are not shown.
    Url,
    /// A credential, which is not shown.
    Secret,
}

/// Flags of one group cannot be used together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Group {
    Authorization,
    Route,
    Family,
    Baseline,
}

impl Switch {
    const fn spec(long: &'static str, help: &'static str) -> Spec {
        Spec {
            long,
            short: None,
            arity: Arity::Switch,
            content: Content::Text,
            help,
            group: None,
        }
    }
}

impl Value {
    const fn spec(long: &'static str, value_name: &'static str, help: &'static str) -> Spec {
        Spec {
            arity: Arity::Value(value_name),
            ..Switch::spec(long, help)
        }
    }
}

impl Values {
    const fn spec(long: &'static str, value_name: &'static str, help: &'static str) -> Spec {
        Spec {
            arity: Arity::Values(value_name),
            ..Switch::spec(long, help)
        }
    }
}

impl Spec {
    const fn short(self, short: char) -> Self {
        Self {
            short: Some(short),
            ..self
        }
    }

    const fn content(self, content: Content) -> Self {
        Self { content, ..self }
    }

    const fn group(self, group: Group) -> Self {
        Self {
            group: Some(group),
            ..self
        }
    }

    const fn flag<A>(self) -> Flag<A> {
        Flag {
            long: self.long,
            content: self.content,
            arity: PhantomData,
        }
    }

    /// Whether it is the URL, the only argument without a name.
    pub(crate) fn is_positional(&self) -> bool {
        self.long == URL.long
    }

    /// Whether both cannot be used together.
    pub(crate) fn conflicts_with(&self, other: &Self) -> bool {
        self.group.is_some() && self.group == other.group && self.long != other.long
    }
}

/// Declares sections of the table: `NAME = Arity(long, value name, help)` and what differs
/// from the default.
macro_rules! sections {
    ($($section:ident { $($name:ident = $arity:ident $spec:tt $(.$with:ident $value:tt)*;)* })*) => {$(
        $(
            // A build without TLS reads no flag of TLS.
            #[cfg_attr(not(feature = "tls"), allow(dead_code))]
            pub(crate) const $name: Flag<$arity> = $arity::spec $spec $(.$with $value)*.flag();
        )*
        pub(crate) const $section: &[Spec] = &[$($arity::spec $spec $(.$with $value)*),*];
    )*};
}

sections! {
    POSITIONAL {
        URL = Value("url", "URL", "http(s)://host:8000/path, host/path or :8000/path;\n${PORT} and ${PORT:-8000} are read from the environment").content(Content::Url);
    }
    REQUEST_FLAGS {
        CONFIG = Value("config", "FILE", "Read options from this JSON file; flags and\nvariables override it").short('c').content(Content::Path);
        REQUEST = Value("request", "METHOD", "Method [default: GET, or POST with --data]").short('X');
        HEADER = Values("header", "NAME: VALUE", "Send this header, or those in @FILE, one per\nline; repeatable").short('H').content(Content::Secret);
        DATA = Value("data", "TEXT", "Send this body, or that in @FILE or @- (stdin)\n[default Content-Type: application/json]").short('d').content(Content::Secret);
        USER = Value("user", "USER:PASSWORD", "Basic authentication").short('u').content(Content::Secret).group(Group::Authorization);
        BEARER_FILE = Value("bearer-file", "FILE", "Bearer authentication with this file's token").content(Content::Path).group(Group::Authorization);
        TIMEOUT = Value("timeout", "DURATION", "Deadline of the whole probe, e.g. 500ms, 2s or\n1m 30s [default: 2s]").short('t');
        WAIT = Value("wait", "DURATION", "Probe until healthy, for at most this long");
        INTERVAL = Value("interval", "DURATION", "Pause between attempts of --wait [default: 1s]");
        LOCATION = Switch("location", "Follow redirects, at most 10").short('L');
        CONNECT_TO = Value("connect-to", "HOST[:PORT]", "Connect to this address, not the URL's host").group(Group::Route);
        UNIX_SOCKET = Value("unix-socket", "PATH", "Connect to this Unix socket").content(Content::Path).group(Group::Route);
        IPV4 = Switch("ipv4", "Use IPv4 addresses only").short('4').group(Group::Family);
        IPV6 = Switch("ipv6", "Use IPv6 addresses only").short('6').group(Group::Family);
        PROXY = Value("proxy", "URL", "Use this HTTP proxy; HTTP_PROXY and related\nvariables are ignored").content(Content::Url).group(Group::Route);
        INSECURE = Switch("insecure", "Skip certificate verification").short('k');
        CACERT = Value("cacert", "FILE", "Trust these CA certificates (PEM) instead of\nthe system's").content(Content::Path);
        CERT = Value("cert", "FILE", "Client certificate (PEM), with its key unless\n--key is given").content(Content::Path);
        KEY = Value("key", "FILE", "Client private key (PEM)").content(Content::Path);
        MAX_BODY = Value("max-body", "SIZE", "Read at most this much of a body; 0 is the\nhead alone [default: 1MiB]");
    }
    CHECK_FLAGS {
        EXPECT_STATUS = Value("expect-status", "SET", "Allowed statuses: 200, 2xx, 200-299 or a\nlist of these [default: 200-399]").short('s');
        BUSY_STATUS = Value("busy-status", "SET", "Statuses of a busy server, e.g. 429, which\nis healthy without header and body checks");
        EXPECT_HEADER = Values("expect-header", "ASSERTION", "NAME, !NAME, or NAME with =, !=, ~ or !~\nand a value; repeatable");
        EXPECT_BODY = Values("expect-body", "TEXT", "The body contains this text; repeatable");
        EXPECT_BODY_REGEX = Values("expect-body-regex", "RE", "The body matches this regular expression;\nrepeatable");
        REJECT_BODY_REGEX = Values("reject-body-regex", "RE", "The body does not match this regular\nexpression; repeatable");
        EXPECT = Values("expect", "ASSERTION", "Assert on the JSON body, e.g. status=ok;\nrepeatable").short('e');
        BASELINE = Value("baseline", "FILE", "Compare the JSON body with this recording").content(Content::Path).group(Group::Baseline);
        TOLERANCE = Value("tolerance", "N", "How far numbers may drift from the\nbaseline: 0.02, 2% or 0.1+2% [default: 0]");
        MIN_COSINE = Value("min-cosine", "N", "Compare arrays of numbers as vectors: the\nminimum cosine similarity, e.g. 0.99");
        IGNORE = Values("ignore", "QUERY", "Leave these nodes (JSONPath) out of the\nbaseline; repeatable");
        WRITE_BASELINE = Value("write-baseline", "FILE", "Record the response as the baseline if all\nother checks hold").content(Content::Path).group(Group::Baseline);
        MAX_LATENCY = Value("max-latency", "DURATION", "The response takes no longer than this");
        MIN_CERT_VALIDITY = Value("min-cert-validity", "DURATION", "The server's certificate stays valid for\nat least this long, e.g. 7d");
    }
    OUTPUT_FLAGS {
        QUIET = Switch("quiet", "Print nothing when healthy").short('q');
        VERBOSE = Switch("verbose", "Also print address, times, checks and headers, on\nstderr").short('v');
        OUTPUT = Value("output", "FORMAT", "text, or json for one JSON object [default: text]").short('o');
        METRICS_FILE = Value("metrics-file", "FILE", "Also write the result as Prometheus text").content(Content::Path);
    }
}

/// The flags under the headings of the help text.
pub(crate) const SECTIONS: [(&str, &[Spec]); 3] = [
    ("Request", REQUEST_FLAGS),
    ("Checks", CHECK_FLAGS),
    ("Output", OUTPUT_FLAGS),
];

/// The flags, without the URL.
pub(crate) fn named() -> impl Iterator<Item = &'static Spec> {
    SECTIONS.iter().flat_map(|(_, flags)| *flags)
}

/// The URL and the flags: what can also come from the environment or a config file.
pub(crate) fn all() -> impl Iterator<Item = &'static Spec> {
    POSITIONAL.iter().chain(named())
}
