//! What was typed: the flags, declared for clap, with their help texts.
//!
//! Declarations only. What a value means, and whether it is one, is `plan`'s.

use clap::Parser;

/// Check that an HTTP service really works: one request, some checks on the
/// answer, one line of output, exit code 0 or 1.
#[derive(Debug, Parser)]
#[command(
    name = "healthprobe",
    version,
    args_override_self = true,
    disable_help_flag = true,
    disable_version_flag = true,
    override_usage = "healthprobe [OPTIONS] <URL>",
    after_help = AFTER_HELP
)]
pub struct Args {
    // clap shows it as it stands; a doc comment would want a link around the URL.
    #[arg(
        value_name = "URL",
        help = "http://host:8000/path, host/path or :8000/path; ${PORT} and ${PORT:-8000} come from the environment"
    )]
    /// The URL, in any of its short forms.
    pub url: Option<String>,
    /// What to ask.
    #[command(flatten)]
    pub request: RequestArgs,
    /// What must hold.
    #[command(flatten)]
    pub checks: CheckArgs,
    /// What to say.
    #[command(flatten)]
    pub output: OutputArgs,
}

/// Flags on the request.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Request")]
pub struct RequestArgs {
    /// A JSON file with any of these flags; flags and environment win over it
    #[arg(short, long, value_name = "FILE", allow_hyphen_values = true)]
    pub config: Option<String>,
    /// The method [default: GET, or POST with --data]
    #[arg(short = 'X', long, value_name = "METHOD", allow_hyphen_values = true)]
    pub request: Option<String>,
    /// A header to send; repeatable
    #[arg(
        short = 'H',
        long,
        value_name = "NAME: VALUE",
        allow_hyphen_values = true
    )]
    pub header: Vec<String>,
    /// The body, or @FILE, or @- for standard input; application/json unless a header says otherwise
    #[arg(short, long, value_name = "TEXT", allow_hyphen_values = true)]
    pub data: Option<String>,
    /// Basic authentication
    #[arg(short, long, value_name = "USER:PASSWORD", allow_hyphen_values = true)]
    pub user: Option<String>,
    /// The whole probe's deadline: 500ms, 2s, 1m 30s [default: 2s]
    #[arg(short, long, value_name = "DURATION", allow_hyphen_values = true)]
    pub timeout: Option<String>,
    /// The longest body that a check may need [default: 1MiB]
    #[arg(long, value_name = "SIZE", allow_hyphen_values = true)]
    pub max_body: Option<String>,
    /// Use IPv4 addresses only
    #[arg(short = '4', long, conflicts_with = "ipv6")]
    pub ipv4: bool,
    /// Use IPv6 addresses only
    #[arg(short = '6', long, conflicts_with = "ipv4")]
    pub ipv6: bool,
}

/// Flags on the answer.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Checks")]
pub struct CheckArgs {
    /// The status is one of these: 200, 2xx, 200-299 or a list [default: 200-399]
    #[arg(short = 's', long, value_name = "SET", allow_hyphen_values = true)]
    pub expect_status: Option<String>,
    /// NAME, !NAME, or NAME with =, !=, ~ or !~ and a value; repeatable
    #[arg(long, value_name = "ASSERTION", allow_hyphen_values = true)]
    pub expect_header: Vec<String>,
    /// The body contains this text; repeatable
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true)]
    pub expect_body: Vec<String>,
    /// The body matches this regular expression; repeatable
    #[arg(long, value_name = "RE", allow_hyphen_values = true)]
    pub expect_body_regex: Vec<String>,
    /// The body does not match this regular expression; repeatable
    #[arg(long, value_name = "RE", allow_hyphen_values = true)]
    pub reject_body_regex: Vec<String>,
    /// The JSON body holds this, as in status=ok; repeatable
    #[arg(short, long, value_name = "ASSERTION", allow_hyphen_values = true)]
    pub expect: Vec<String>,
    /// The JSON body holds what this file holds
    #[arg(
        long,
        value_name = "FILE",
        allow_hyphen_values = true,
        conflicts_with = "write_baseline"
    )]
    pub baseline: Option<String>,
    /// How far a number may drift from the baseline, absolute or in percent [default: 0]
    #[arg(long, value_name = "N", allow_hyphen_values = true)]
    pub tolerance: Option<String>,
    /// Nodes to leave out of the baseline, as JSONPath; repeatable
    #[arg(long, value_name = "QUERY", allow_hyphen_values = true)]
    pub ignore: Vec<String>,
    /// Record the answer as the baseline if all else holds
    #[arg(
        long,
        value_name = "FILE",
        allow_hyphen_values = true,
        conflicts_with = "baseline"
    )]
    pub write_baseline: Option<String>,
    /// The answer takes no longer than this
    #[arg(long, value_name = "DURATION", allow_hyphen_values = true)]
    pub max_latency: Option<String>,
}

/// Flags on the report.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Output")]
pub struct OutputArgs {
    /// Print nothing when healthy
    #[arg(short, long)]
    pub quiet: bool,
    /// Also print address, times, checks and headers, on stderr
    #[arg(short, long)]
    pub verbose: bool,
    /// text, or json: one object on one line [default: text]
    #[arg(short, long, value_name = "FORMAT", allow_hyphen_values = true)]
    pub output: Option<String>,
    /// Print this help
    #[arg(short, long, action = clap::ArgAction::Help)]
    pub help: Option<bool>,
    /// Print the version
    #[arg(short = 'V', long, action = clap::ArgAction::Version)]
    pub version: Option<bool>,
}

const AFTER_HELP: &str = "\
Assertions:
  status=ok  model.loaded=true  outputs[0].data[-1]>=0.5  label!=Unknown  !error
  length(predictions)>0  type(score)=number  score=0.87+-2%  models[*].state~^READY$
  A query is JSONPath (RFC 9535); the functions are length, count, type, sum, min, max and avg.

Every flag can also come from the environment: HEALTHPROBE_URL, HEALTHPROBE_MAX_LATENCY, …
A repeatable one takes one value a line, a switch takes true or false. The flag wins.

Exit code: 0 when every check holds, 1 for everything else.";
