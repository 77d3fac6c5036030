//! On a terminal: colors, and with `--wait` the latest attempt on one line. Needs python3.

use std::process::Command;

use crate::support::{Server, in_turn, program, response, without_times};

fn loading() -> String {
    response("503 Service Unavailable", "{\"detail\":\"loading\"}")
}

fn ok() -> String {
    response("200 OK", "{\"status\":\"ok\"}")
}

/// Runs a command on a terminal with these variables alone, then prints its exit code and everything sent to the terminal.
const ON_A_TERMINAL: &str = r#"
import os, pty, sys
variables, *command = sys.argv[1:]
child, terminal = pty.fork()
if child == 0:
    os.execve(command[0], command, dict(variable.split("=", 1) for variable in variables.split()))
printed = b""
while True:
    try:
        part = os.read(terminal, 4096)
    except OSError:
        break
    if not part:
        break
    printed += part
code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
sys.stdout.buffer.write(b"%d " % code + printed)
"#;

fn on_a_terminal(variables: &str, server: &Server, arguments: &[&str]) -> Option<String> {
    let output = Command::new(program("python3")?)
        .args(["-c", ON_A_TERMINAL, variables])
        .arg(env!("CARGO_BIN_EXE_healthprobe"))
        .arg(format!("127.0.0.1:{}", server.port()))
        .args(arguments)
        .output()
        .unwrap();
    let printed = String::from_utf8(output.stdout).unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    let printed = printed.replace(&format!(":{}", server.port()), ":PORT");
    Some(without_times(&printed))
}

#[test]
fn rewrites_one_line_on_a_terminal() {
    let cold = response("200 OK", "{\"status\":\"\u{6f22}\u{5b57}\\u001b[2J\"}");
    let waiting = ["--wait", "20s", "--interval", "1ms", "-e", "status=ok"];
    let clear = "\r\u{1b}[K";
    let server = in_turn(&[loading(), loading(), cold, ok()]);
    let Some(printed) = on_a_terminal("COLUMNS=", &server, &waiting) else {
        return;
    };
    let lines: Vec<&str> = printed.split(clear).collect();
    assert_eq!(lines[0], "0 ", "{printed:?}");
    for (number, line) in lines[1..3].iter().enumerate() {
        let start = format!("attempt {} after <t>: status 503, expected ", number + 1);
        assert!(line.starts_with(&start), "{printed:?}");
        // The time was longer than `<t>`.
        assert!((70..=80).contains(&line.len()), "{printed:?}");
    }
    assert_eq!(
        lines[3..],
        [
            "attempt 3 after <t>: status is \"\u{6f22}\u{5b57}\\u001b[2J\", expected \"ok\"",
            "healthy: 200 OK in <t>; GET http://127.0.0.1:PORT/; attempt 4 after <t>\r\n",
        ]
    );

    let server = in_turn(&[loading(), ok()]);
    let printed = on_a_terminal("COLUMNS=11", &server, &waiting).unwrap();
    assert_eq!(
        printed,
        format!(
            "0 {clear}attempt 1 a{clear}healthy: 200 OK in <t>; GET http://127.0.0.1:PORT/; attempt 2 after <t>\r\n"
        )
    );

    let quiet = [&waiting[..], &["-q"]].concat();
    let server = in_turn(&[loading(), ok()]);
    assert_eq!(
        on_a_terminal("COLUMNS=x TERM=xterm", &server, &quiet).unwrap(),
        "0 "
    );

    // Nothing was shown, so nothing is cleared.
    let server = in_turn(&[ok()]);
    assert_eq!(
        on_a_terminal("COLUMNS=80", &server, &waiting).unwrap(),
        "0 healthy: 200 OK in <t>; GET http://127.0.0.1:PORT/; attempt 1 after <t>\r\n"
    );
}

/// Such a terminal prints the sequences that would rewrite the line.
#[test]
fn rewrites_nothing_on_a_dumb_terminal() {
    let server = in_turn(&[loading(), loading(), ok()]);
    let waiting = ["--wait", "20s", "--interval", "1ms", "-e", "status=ok"];
    let Some(printed) = on_a_terminal("TERM=dumb", &server, &waiting) else {
        return;
    };
    let lines: Vec<&str> = printed.split("\r\n").collect();
    assert!(
        lines[0].starts_with("0 unhealthy: status 503, expected 200-399"),
        "{printed:?}"
    );
    assert_eq!(
        lines[1..],
        [
            "healthy: 200 OK in <t>; GET http://127.0.0.1:PORT/; attempt 3 after <t>",
            ""
        ]
    );
}

#[test]
fn colors_the_verdict_where_the_environment_has_colors() {
    let server = Server::json("{\"status\":\"ok\"}");
    let healthy = "200 OK in <t>; GET http://127.0.0.1:PORT/\r\n";
    let plain = format!("0 healthy: {healthy}");
    let green = format!("0 \u{1b}[32mhealthy\u{1b}[0m: {healthy}");
    for (variables, expected) in [
        ("TERM=xterm", &green),
        ("TERM=xterm-256color NO_COLOR=", &green),
        ("TERM=vt100 CI=true", &green),
        ("TERM=xterm NO_COLOR=1", &plain),
        ("TERM=xterm NO_COLOR=0", &plain),
        ("TERM=dumb", &plain),
        ("TERM=", &plain),
        ("", &plain),
    ] {
        let Some(printed) = on_a_terminal(variables, &server, &[]) else {
            return;
        };
        assert_eq!(&printed, expected, "{variables}");
    }
    let unhealthy = on_a_terminal("TERM=xterm", &server, &["-e", "status=up:"]).unwrap();
    assert_eq!(
        unhealthy,
        "1 \u{1b}[31munhealthy\u{1b}[0m: status is \"ok\", expected \"up:\"; GET http://127.0.0.1:PORT/ in <t>\r\n"
    );
    let usage = on_a_terminal("TERM=xterm", &server, &["-e", "status="]).unwrap();
    assert!(
        usage.starts_with("1 \u{1b}[31merror\u{1b}[0m: --expect "),
        "{usage}"
    );
    let usage = on_a_terminal("TERM=xterm NO_COLOR=1", &server, &["-e", "status="]).unwrap();
    assert!(usage.starts_with("1 error: --expect "), "{usage}");
    let json = on_a_terminal("TERM=xterm", &server, &["-o", "json"]).unwrap();
    assert!(
        json.starts_with("0 {\"healthy\":true,") && !json.contains('\u{1b}'),
        "{json}"
    );

    let server = in_turn(&[loading(), ok()]);
    let waiting = ["--wait", "20s", "--interval", "1ms", "-e", "status=ok"];
    let printed = on_a_terminal("TERM=xterm COLUMNS=19", &server, &waiting).unwrap();
    let clear = "\r\u{1b}[K";
    let attempt = printed.split(clear).nth(1).unwrap();
    // As wide as without colors.
    let (attempt, end) = attempt.split_once("\u{1b}[0m").unwrap();
    assert!(
        attempt.starts_with("\u{1b}[31mattempt 1 after "),
        "{printed:?}"
    );
    assert!(attempt.len() + end.len() >= 5 + 19, "{printed:?}");
    let last = format!("{clear}\u{1b}[32mhealthy\u{1b}[0m: 200 OK in <t>; ");
    assert!(printed.contains(&last), "{printed:?}");
}

/// What Docker's HEALTHCHECK and a pipeline have.
#[test]
fn a_pipe_gets_no_colors_whatever_the_environment() {
    let server = Server::json("{}");
    let probe = server
        .prepare(&["127.0.0.1:PORT/"])
        .env("TERM", "xterm-256color");
    assert_eq!(
        probe.run().out,
        "healthy: 200 OK in <t>; GET http://127.0.0.1:PORT/\n"
    );
}
