//! `--wait` on a terminal: the latest attempt on one line. Needs python3.

use std::process::Command;

use crate::support::{Server, in_turn, program, response, without_times};

fn loading() -> String {
    response("503 Service Unavailable", "{\"detail\":\"loading\"}")
}

fn ok() -> String {
    response("200 OK", "{\"status\":\"ok\"}")
}

/// Runs a command on a terminal, then prints its exit code and everything sent to the terminal.
const ON_A_TERMINAL: &str = r#"
import os, pty, sys
columns, *command = sys.argv[1:]
child, terminal = pty.fork()
if child == 0:
    os.execve(command[0], command, {"COLUMNS": columns})
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

fn on_a_terminal(columns: &str, server: &Server, arguments: &[&str]) -> Option<String> {
    let output = Command::new(program("python3")?)
        .args(["-c", ON_A_TERMINAL, columns])
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
    let Some(printed) = on_a_terminal("", &server, &waiting) else {
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
    let printed = on_a_terminal("11", &server, &waiting).unwrap();
    assert_eq!(
        printed,
        format!(
            "0 {clear}attempt 1 a{clear}healthy: 200 OK in <t>; GET http://127.0.0.1:PORT/; attempt 2 after <t>\r\n"
        )
    );

    let quiet = [&waiting[..], &["-q"]].concat();
    let server = in_turn(&[loading(), ok()]);
    assert_eq!(on_a_terminal("x", &server, &quiet).unwrap(), "0 ");

    // Nothing was shown, so nothing is cleared.
    let server = in_turn(&[ok()]);
    assert_eq!(
        on_a_terminal("80", &server, &waiting).unwrap(),
        "0 healthy: 200 OK in <t>; GET http://127.0.0.1:PORT/; attempt 1 after <t>\r\n"
    );
}
