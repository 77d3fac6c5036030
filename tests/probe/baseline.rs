//! `--baseline` and `--write-baseline`.

use crate::support::{Server, file, probe};
use std::fs;

const ANSWER: &str = r#"{"id":"a1","created":1700000000,"model":"iris","predictions":[{"label":"cat","score":0.871}]}"#;
const DRIFTED: &str = r#"{"id":"b2","created":1800000000,"model":"iris","predictions":[{"label":"cat","score":0.412}]}"#;
const IGNORE: [&str; 4] = ["--ignore", "id", "--ignore", "$..created"];

#[test]
fn compares_with_the_recorded_baseline() {
    let server = Server::json(ANSWER);
    let path = file("recorded.json", "old");
    let record = [&["127.0.0.1:PORT", "--write-baseline", &path], &IGNORE[..]].concat();
    server.assert_verdict(
        &record,
        "healthy: 200 OK in <t>; GET http://127.0.0.1:PORT/",
    );
    assert_eq!(
        fs::read_to_string(&path).unwrap(),
        "{\n  \"model\": \"iris\",\n  \"predictions\": [\n    {\n      \"label\": \"cat\",\n      \"score\": 0.871\n    }\n  ]\n}\n"
    );
    server.assert_healthy(&["--baseline", &path]);

    let drifted = Server::json(DRIFTED);
    drifted.assert_unhealthy(
        &["--baseline", &path, "--tolerance", "0.02"],
        "drift at $.predictions[0].score: 0.871 → 0.412 (Δ 0.459 > 0.02)",
        " in <t>",
    );
    drifted.assert_unhealthy(
        &["--baseline", &path, "--tolerance", "10%"],
        "drift at $.predictions[0].score: 0.871 → 0.412 (Δ 0.459 > 0.0871)",
        " in <t>",
    );
    drifted.assert_healthy(&["--baseline", &path, "--tolerance", "0.459"]);
    drifted.assert_healthy(&["--baseline", &path, "--ignore", "predictions[*].score"]);
}

/// As in numpy's `allclose`: a percentage alone allows no noise near 0, an absolute tolerance alone none of 364.
#[test]
fn adds_an_absolute_and_a_relative_tolerance() {
    let recorded = file("sum.json", r#"{"scores":[0.0,0.25,364]}"#);
    let noisy = Server::json(r#"{"scores":[0.0009,0.2512,364.3]}"#);
    let within = |tolerance| ["--baseline", recorded.as_str(), "--tolerance", tolerance];
    noisy.assert_healthy(&within("0.001+0.1%"));
    noisy.assert_unhealthy(
        &within("0.1%"),
        "drift at $.scores[0]: 0.0 → 0.0009 (Δ 0.0009 > 0), $.scores[1]: 0.25 → 0.2512 (Δ 0.0012 > 0.00025)",
        " in <t>",
    );
    noisy.assert_unhealthy(
        &within("0.001"),
        "drift at $.scores[1]: 0.25 → 0.2512 (Δ 0.0012 > 0.001), $.scores[2]: 364 → 364.3 (Δ 0.3 > 0.001)",
        " in <t>",
    );

    let drifted = Server::json(r#"{"scores":[0.001,0.25125,364.3650001]}"#);
    drifted.assert_unhealthy(
        &within(" 0.001 + 0.1 % "),
        "drift at $.scores[2]: 364 → 364.3650001 (Δ 0.3650001 > 0.365)",
        " in <t>",
    );
    drifted.assert_healthy(&[
        "-e",
        "scores[1]=0.25+-0.001+0.1%",
        "-e",
        "scores[2]!=364+-0.001+0.1%",
    ]);
    drifted.assert_unhealthy(
        &["-e", "scores[2] = 364 +- 0.001 + 0.1%"],
        "scores[2] is 364.3650001, expected 364+-0.001+0.1% (off by 0.3650001)",
        " in <t>",
    );
}

/// Noise of another batch moves each number by more than a tolerance that notices another model, and not the direction.
#[test]
fn compares_vectors_by_cosine() {
    let vector = |numbers: &[f64]| {
        let numbers: Vec<String> = numbers.iter().map(f64::to_string).collect();
        format!(
            "{{\"data\":[{{\"embedding\":[{}],\"index\":0}}]}}",
            numbers.join(",")
        )
    };
    let embedding: Vec<f64> = (0..384)
        .map(|i| (f64::from(i) * 0.7).sin() / 14.0)
        .collect();
    let noisy: Vec<f64> = (0..384)
        .map(|i| f64::from(i % 3 - 1) / 1000.0)
        .zip(&embedding)
        .map(|(noise, x)| x + noise)
        .collect();
    let turned: Vec<f64> = embedding.iter().rev().copied().collect();
    let recorded = file("vector.json", vector(&embedding));
    let by_cosine = ["--baseline", recorded.as_str(), "--min-cosine", "0.999"];

    let server = Server::json(&vector(&noisy));
    server.assert_healthy(&by_cosine);
    let drift = "drift at 256 places, the worst: ";
    let outcome = server.probe(&[":PORT", "--baseline", &recorded, "--tolerance", "0.0009"]);
    assert!(
        outcome.out.starts_with(&format!("unhealthy: {drift}")),
        "{outcome:?}"
    );

    let server = Server::json(&vector(&turned));
    server.assert_unhealthy(
        &by_cosine,
        "drift at $.data[0].embedding: cosine 0.4818 < 0.999 (384 numbers)",
        " in <t>",
    );
    let outcome = server.probe(&[&[":PORT", "-o", "json"], &by_cosine[..]].concat());
    let object: serde_json::Value = serde_json::from_str(&outcome.out).unwrap();
    assert_eq!(
        object["checks"][1],
        serde_json::json!({
            "check": format!("baseline {recorded}"),
            "ok": false,
            "expected": "the recorded response within 0, vectors with a cosine >= 0.999",
            "actual": "1 difference",
        })
    );
}

/// The numbers beside a vector are compared as ever, and so is what a server sends in place of a vector.
#[test]
fn a_cosine_replaces_the_tolerance_for_vectors_alone() {
    let recorded = file("beside.json", r#"{"v":[3,4],"n":0.5}"#);
    let check = |answer: &str, reason: &str| {
        Server::json(answer).assert_unhealthy(
            &[
                "--baseline",
                &recorded,
                "--min-cosine",
                "0.99",
                "--tolerance",
                "0.01",
            ],
            reason,
            " in <t>",
        );
    };
    check(
        r#"{"v":[6,8],"n":0.52}"#,
        "drift at $.n: 0.5 → 0.52 (Δ 0.02 > 0.01)",
    );
    check(
        r#"{"v":[4,3],"n":0.51}"#,
        "drift at $.v: cosine 0.96 < 0.99 (2 numbers)",
    );
    check(
        r#"{"v":[3,4,0],"n":0.5}"#,
        "drift at $.v: 2 elements → 3 elements",
    );
    check(r#"{"v":[NaN,4],"n":0.5}"#, "drift at $.v[0]: 3 → NaN");
    check(r#"{"v":[null,4],"n":0.5}"#, "drift at $.v[0]: 3 → null");
    check(
        r#"{"v":[0,0],"n":0.5}"#,
        "drift at $.v: zero vector, expected a cosine >= 0.99 (2 numbers)",
    );
    check(r#"{"n":0.5}"#, "drift at $.v: [3,4] → missing");
}

#[test]
fn a_minimum_cosine_needs_a_baseline_or_records_one() {
    let server = Server::json("[3,4]");
    let path = file("cosine.json", "old");
    let min_cosine = ["--min-cosine", "1"];
    server.assert_healthy(&[&["--write-baseline", &path], &min_cosine[..]].concat());
    server.assert_healthy(&[&["--baseline", &path], &min_cosine[..]].concat());
    let turned = Server::json("[4,3]");
    let run = |minimum: &str| {
        turned
            .prepare(&[":PORT", "--baseline", &path])
            .env("HEALTHPROBE_MIN_COSINE", minimum)
            .run()
            .code
    };
    assert_eq!(
        (run("0.96"), run("0.9600000000000001"), run("")),
        (Some(0), Some(1), Some(1))
    );
    let config = file(
        "cosine-probe.json",
        r#"{"baseline": [3, 4], "min_cosine": 0.961}"#,
    );
    turned.assert_unhealthy(
        &["-c", &config],
        "drift at $: cosine 0.96 < 0.961 (2 numbers)",
        " in <t>",
    );

    let missing = ": expected --baseline FILE as well, the vectors to compare with";
    server
        .probe(&[":PORT", "--min-cosine", "0.99"])
        .assert_error(format!("--min-cosine{missing}"));
    probe(&[":1"])
        .env("HEALTHPROBE_MIN_COSINE", "0.99")
        .run()
        .assert_error(format!("HEALTHPROBE_MIN_COSINE{missing}"));
}

#[test]
fn reports_the_three_largest_of_many_differences() {
    let recorded: Vec<String> = (0..1000)
        .map(|i| (f64::from(i) / 1000.0).to_string())
        .collect();
    let path = file(
        "embedding.json",
        format!("{{\"embedding\":[{}]}}", recorded.join(",")),
    );
    let answer: Vec<String> = (0..1000)
        .map(|i| {
            if i % 3 == 0 {
                format!("{}", f64::from(i) / 1000.0 - 0.1 - f64::from(i) / 1e6)
            } else {
                (f64::from(i) / 1000.0).to_string()
            }
        })
        .collect();
    let server = Server::json(&format!("{{\"embedding\":[{}]}}", answer.join(",")));
    server.assert_unhealthy(
        &["--baseline", &path, "--tolerance", "0.05"],
        "drift at 334 places, the worst: $.embedding[999]: 0.999 → 0.898001 (Δ 0.100999 > 0.05), \
         $.embedding[996]: 0.996 → 0.895004 (Δ 0.100996 > 0.05), $.embedding[993]: 0.993 → 0.892007 (Δ 0.100993 > 0.05)",
        " in <t>",
    );
}

#[test]
fn records_nothing_unless_every_check_holds() {
    let path = file("kept.json", "kept");
    let server = Server::json(r#"{"status":"ok","score":NaN}"#);
    server.assert_unhealthy(
        &["--write-baseline", &path, "-e", "status=bad"],
        "status is \"ok\", expected \"bad\"",
        " in <t>",
    );
    server.assert_unhealthy(
        &["--write-baseline", &path],
        "score is NaN; only finite numbers can be recorded (--ignore leaves it out)",
        " in <t>",
    );
    Server::json("<html>").assert_unhealthy(
        &["--write-baseline", &path],
        "body is not JSON: it looks like HTML or XML at line 1 column 1",
        " in <t>",
    );
    assert_eq!(fs::read_to_string(&path).unwrap(), "kept");
    server.assert_unhealthy(
        &["--write-baseline", "/nowhere/x.json", "--ignore", "score"],
        "cannot write /nowhere/x.json: No such file or directory",
        " in <t>",
    );
    let folder = std::path::Path::new(&path).parent().unwrap();
    let left: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.starts_with("kept.json."))
        .collect();
    assert!(left.is_empty(), "{left:?}");
}

#[test]
fn rejects_an_invalid_baseline_before_sending() {
    let server = Server::json("{}");
    let html = file("html.json", "<html>");
    let nan = file("nan.json", "{\"a\":[NaN]}");
    let good = file("good.json", "{}");
    for (arguments, message) in [
        (
            &["--baseline", "/nowhere.json"][..],
            "--baseline: cannot read /nowhere.json: No such file or directory".to_owned(),
        ),
        (
            &["--baseline", &html],
            format!(
                "--baseline {html:?}: the baseline is not JSON: it looks like HTML or XML at line 1 column 1"
            ),
        ),
        (
            &["--baseline", &nan],
            format!(
                "--baseline {nan:?}: baseline has NaN at a[0]; only finite numbers are allowed"
            ),
        ),
        (
            &["--baseline", &good, "--tolerance", "-1"],
            "--tolerance \"-1\": column 1: expected a tolerance that is not negative".to_owned(),
        ),
        (
            &["--baseline", &good, "--tolerance", "5%%"],
            "--tolerance \"5%%\": column 1: expected a tolerance such as 0.02, 2% or 0.001+0.1%"
                .to_owned(),
        ),
        (
            &["--tolerance", "nan"],
            "--tolerance \"nan\": column 1: expected a tolerance such as 0.02, 2% or 0.001+0.1%"
                .to_owned(),
        ),
        (
            &["--baseline", &good, "--tolerance", "0.001 + 0.1"],
            "--tolerance \"0.001 + 0.1\": column 1: expected a tolerance such as 0.02, 2% or 0.001+0.1%".to_owned(),
        ),
        (
            &["--baseline", &good, "--tolerance", "0.001 + x%"],
            "--tolerance \"0.001 + x%\": column 9: expected a tolerance such as 0.02, 2% or 0.001+0.1%".to_owned(),
        ),
        (
            &["--baseline", &good, "--min-cosine", "0"],
            "--min-cosine \"0\": column 1: expected a cosine above 0 and at most 1, such as 0.99".to_owned(),
        ),
        (
            &["--baseline", &good, "--min-cosine", "99%"],
            "--min-cosine \"99%\": column 1: expected a cosine above 0 and at most 1, such as 0.99".to_owned(),
        ),
        (
            &["--ignore", "a=1"],
            "--ignore \"a=1\": column 2: expected only a query".to_owned(),
        ),
        (
            &["--write-baseline", ""],
            "--write-baseline \"\": column 1: expected the name of a file".to_owned(),
        ),
        (
            &["--baseline", &good, "--write-baseline", &good],
            "--baseline cannot be used with --write-baseline; see healthprobe --help".to_owned(),
        ),
    ] {
        server
            .probe(&[&[":PORT"], arguments].concat())
            .assert_error(message);
    }
    assert!(server.received_nothing());
}

#[test]
fn reads_the_tolerance_from_the_environment() {
    let path = file("environment.json", ANSWER);
    let server = Server::json(&ANSWER.replace("0.871", "0.9"));
    let run = |tolerance: &str| {
        server
            .prepare(&[":PORT", "--baseline", &path])
            .env("HEALTHPROBE_TOLERANCE", tolerance)
            .run()
            .code
    };
    assert_eq!((run("5%"), run("1%"), run("")), (Some(0), Some(1), Some(1)));
    // 0.9 is 0.029 away, 3 % of 0.871 is 0.02613.
    assert_eq!((run("0.003+3%"), run("0.002+3%")), (Some(0), Some(1)));
    probe(&[":1"])
        .env("HEALTHPROBE_BASELINE", "/nowhere")
        .run()
        .assert_error("HEALTHPROBE_BASELINE: cannot read /nowhere: No such file or directory");
}
