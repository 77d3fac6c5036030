//! The output of the README's tour, compared in full.

use regex_lite::Regex;

use crate::support::tour::tour;

const TEXT: &str = r#"A model server on http://localhost:8000, probed in several states.


Loading
The server is up, but its model is not loaded. The status shows it.

$ healthprobe http://localhost:8000/health
unhealthy: status 503, expected 200-399; GET http://localhost:8000/health in <t>; body: {"detail":"Model not loaded"}
exit code 1


Healthy
The model is loaded, and an inference returns a good answer.

$ healthprobe http://localhost:8000/health --expect status=ok
healthy: 200 OK in <t>; GET http://localhost:8000/health
exit code 0

$ healthprobe http://localhost:8000/predict/sample \
    --expect 'length(predictions)>0' \
    --expect 'predictions[0].label!=Unknown' \
    --expect 'predictions[0].score=0.74+-1%'
healthy: 200 OK in <t>; GET http://localhost:8000/predict/sample
exit code 0


Slow
The answer is right, but late.

$ healthprobe http://localhost:8000/predict/sample --max-latency 100ms
unhealthy: took <t>, expected at most 100ms; GET http://localhost:8000/predict/sample in <t>
exit code 1


Stuck
The server accepts the connection and hangs. The probe stops before Docker kills it.

$ healthprobe http://localhost:8000/health --timeout 300ms
unhealthy: timed out after 300ms waiting for the response; GET http://localhost:8000/health
exit code 1


Wrong
The status is 200, but the server does not work.

$ healthprobe http://localhost:8000/health \
    --expect status=ok \
    --expect model.loaded
unhealthy: status is "error", expected "ok"; model.loaded is false, expected anything but null or false; GET http://localhost:8000/health in <t>
exit code 1

$ healthprobe http://localhost:8000/predict/sample --expect 'length(predictions)>0'
unhealthy: length(predictions) is 0, expected > 0; GET http://localhost:8000/predict/sample in <t>
exit code 1


Green but dead
The server reports ok. Only an inference reveals that the weights are broken.

$ healthprobe http://localhost:8000/health --expect status=ok
healthy: 200 OK in <t>; GET http://localhost:8000/health
exit code 0

$ healthprobe http://localhost:8000/predict/sample \
    --expect 'predictions[0].label!=Unknown' \
    --expect 'predictions[0].score>=0.5'
unhealthy: predictions[0].label is "Unknown", expected anything but "Unknown"; predictions[0].score is NaN, expected a number >= 0.5; GET http://localhost:8000/predict/sample in <t>
exit code 1


Mistyped
A syntax error in an assertion is reported before anything is sent.

$ healthprobe http://localhost:8000/predict/sample --expect 'predictions[0.score>=0.5'
error: --expect "predictions[0.score>=0.5": column 12: expected a closing ]
exit code 1


All 10 probes ended as expected.
"#;

#[test]
fn the_tour_prints_the_expected_text() {
    let tour = tour();
    let text = normalised(&tour.out);
    assert!(text == TEXT, "the tour now reads:\n{text}");
    assert_eq!((tour.err.as_str(), tour.code), ("", Some(0)));
}

/// The text with times as `<t>` and port 8000.
fn normalised(text: &str) -> String {
    let port = Regex::new(r"localhost:\d+").expect("a regex");
    let time = Regex::new(r"\b(in|took) \d+(\.\d+)?(µs|ms|s)\b").expect("a regex");
    let text = port.replace_all(text, "localhost:8000");
    time.replace_all(&text, "$1 <t>").into_owned()
}
