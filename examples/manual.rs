//! Writes the manual page and the shells' completions: `cargo run --example manual -- FOLDER`.
//!
//! They are generated from the executable's flags, but not part of it, to keep it small:
//!
//! - `healthprobe.1`, for `/usr/share/man/man1`
//! - `healthprobe.bash`, for `/usr/share/bash-completion/completions/healthprobe`
//! - `_healthprobe`, for zsh, `/usr/share/zsh/vendor-completions`
//! - `healthprobe.fish`, for `/usr/share/fish/vendor_completions.d`

use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::{env, fs};

use clap::Command;
use clap::builder::{Resettable, ValueHint};
use clap_complete::{Shell, generate_to};
use clap_mangen::Man;

const NAME: &str = "healthprobe";

fn main() -> ExitCode {
    let mut arguments = env::args_os().skip(1);
    let (Some(folder), None) = (arguments.next(), arguments.next()) else {
        eprintln!("usage: cargo run --example manual -- FOLDER");
        return ExitCode::FAILURE;
    };
    match write(Path::new(&folder)) {
        Ok(files) => {
            for file in files {
                println!("{}", file.display());
            }
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("error: {}: {error}", folder.display());
            ExitCode::FAILURE
        }
    }
}

fn write(folder: &Path) -> Result<Vec<PathBuf>, Box<dyn Error>> {
    fs::create_dir_all(folder)?;
    let page = folder.join("healthprobe.1");
    fs::write(&page, manual()?)?;
    let mut files = vec![page];
    for shell in [Shell::Bash, Shell::Zsh, Shell::Fish] {
        files.push(generate_to(shell, &mut completed(), NAME, folder)?);
    }
    Ok(files)
}

/// The command line, with hints for completing the values of its flags.
fn completed() -> Command {
    healthprobe::args::command().mut_args(|argument| {
        let Some(names) = argument.get_value_names() else {
            return argument;
        };
        let hint = match names[0].as_str() {
            "FORMAT" => return argument.value_parser(["text", "json"]),
            "FILE" | "PATH" => ValueHint::FilePath,
            "URL" => ValueHint::Url,
            _ => ValueHint::Other,
        };
        argument.value_hint(hint)
    })
}

/// The manual page: the flags' help, and sections in man(7) format.
fn manual() -> Result<String, Box<dyn Error>> {
    let command = healthprobe::args::command()
        // The line that apropos(1) lists.
        .about("check that an HTTP service really works")
        .long_about(DESCRIPTION)
        .after_help(Resettable::Reset);
    let man = Man::new(command)
        .title(NAME.to_uppercase())
        // An empty date would be replaced by the version.
        .date(" ")
        .manual("User Commands");
    let mut page = Vec::new();
    man.render(&mut page)?;
    let page = String::from_utf8(page)?;
    // The version is in the footer already.
    let (page, _) = page.split_once(".SH VERSION\n").ok_or("no VERSION")?;
    let (page, options) = page.split_once(".SH OPTIONS\n").ok_or("no OPTIONS")?;
    let mut options = options.to_owned();
    // The headings of the help become subsections.
    for heading in ["Request", "Checks", "Output"] {
        let section = format!(".SH {}\n", heading.to_uppercase());
        options = options.replace(&section, &format!(".SS {heading}\n"));
    }
    Ok(format!("{page}.SH OPTIONS\n{options}{MORE}"))
}

const DESCRIPTION: &str = "\
Makes one HTTP request, checks the status, headers, latency and JSON body of the response, prints one line with the reason, \
and exits 0 or 1. It is meant for the HEALTHCHECK of containers without curl or a shell.

The line is at most 500 bytes long, with the reason first. Passwords, tokens, the URL's query and the values of request \
headers are never printed.";

const MORE: &str = r#".SH ASSERTIONS
.B \-\-expect
takes
.IR "QUERY OPERATOR VALUE" ,
or a query alone, which holds unless it selects nothing,
.BR null " or " false ;
.BI ! QUERY
is the opposite.
The query is JSONPath (RFC 9535); its leading
.B $
and first dot may be left out.
If it selects several nodes, the assertion must hold for each of them.
.PP
The operators are
.BR = ,
.BR != ,
.BR < ,
.BR <= ,
.BR > ,
.BR >= ,
and
.B \(ti
and
.B !\(ti
with a regular expression.
The functions are
.BR length ,
.BR count ,
.BR type ,
.BR sum ,
.BR min ,
.B max
and
.BR avg .
.B =0.87+\-2%
and
.B =1+\-0.001
allow a tolerance.
A value that parses as JSON is that JSON; anything else is a string.
NaN and the infinities fail every assertion that meets them.
.SH ENVIRONMENT
.TP
.B HEALTHPROBE_*
Every option, and
.B HEALTHPROBE_URL
the URL: the long name in capitals with
.B _
for
.BR \- ,
such as
.BR HEALTHPROBE_MAX_LATENCY .
Repeatable options take one value per line, switches take
.B true
or
.BR false .
An empty variable counts as unset.
The command line overrides the environment, which overrides the file of
.BR \-\-config .
.TP
.BR SSL_CERT_FILE ", " SSL_CERT_DIR
Paths of the trusted certificates, unless
.B \-\-cacert
is given.
.PP
.BI ${ NAME }
and
.BI ${ NAME :\- DEFAULT }
are expanded in the URL, in header values, in
.B \-\-user
and in
.BR \-\-proxy .
.B HTTP_PROXY
and related variables are ignored.
.SH EXIT STATUS
.TP
.B 0
Every check holds; also after
.B \-\-help
and
.BR \-\-version .
.TP
.B 1
Everything else.
.SH FILES
The first existing file of these contains the trusted CA certificates, unless
.B \-\-cacert
or the environment names others:
.PP
.RS
.nf
/etc/ssl/certs/ca\-certificates.crt
/etc/pki/tls/certs/ca\-bundle.crt
/etc/pki/ca\-trust/extracted/pem/tls\-ca\-bundle.pem
/etc/ssl/ca\-bundle.pem
/etc/ssl/cert.pem
.fi
.RE
.PP
If none exists, the files in
.I /etc/ssl/certs
and
.IR /etc/pki/tls/certs .
.SH EXAMPLES
In a Dockerfile, where the exec form needs no shell and healthprobe expands the variable:
.PP
.RS
.nf
HEALTHCHECK \-\-timeout=3s CMD ["/healthprobe", ":${PORT:\-8000}/health", "\-e", "status=ok"]
.fi
.RE
.PP
Send a model an input with a known answer:
.PP
.RS
.nf
healthprobe :8000/predict \-\-data \(aq{"inputs":[5.9,3.0]}\(aq \-e \(aqpredictions[0].label!=Unknown\(aq
.fi
.RE
.PP
Wait until a service is up:
.PP
.RS
.nf
healthprobe http://localhost:8000/health \-\-wait 30s
.fi
.RE
.PP
Fail a week before a certificate expires:
.PP
.RS
.nf
healthprobe https://localhost:8443/ \-\-cacert ca.pem \-\-min\-cert\-validity 7d
.fi
.RE
.SH SEE ALSO
.BR curl (1),
.BR docker (1),
.BR jq (1)
"#;
