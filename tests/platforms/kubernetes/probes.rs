//! The manifest's probes while the model loads, works, is wrong and hangs, and the effect of mistakes in the
//! manifest.

use std::time::Instant;

use super::pod::Pod;
use super::{MANIFEST, Manifest, manifest};
use crate::support::machine::Machine;
use crate::support::{DEADLINE, Finished, changed, without_times};

/// A probe, its exit code and the start of its output.
type Expected = (&'static str, i32, &'static str);

const LOADING: [Expected; 3] = [
    (
        "startupProbe",
        1,
        "unhealthy: status 503, expected 200-399; model.loaded is missing, ",
    ),
    (
        "livenessProbe",
        0,
        "healthy: 503 Service Unavailable in <t>; GET http://localhost:8000/health\n",
    ),
    (
        "readinessProbe",
        1,
        "unhealthy: status 503, expected 200-399; ",
    ),
];
const RIGHT: [Expected; 3] = [
    (
        "startupProbe",
        0,
        "healthy: 200 OK in <t>; GET http://localhost:8000/health\n",
    ),
    (
        "livenessProbe",
        0,
        "healthy: 200 OK in <t>; GET http://localhost:8000/health\n",
    ),
    (
        "readinessProbe",
        0,
        "healthy: 200 OK in <t>; POST http://localhost:8000/predict\n",
    ),
];
const WRONG: [Expected; 3] = [
    RIGHT[0],
    RIGHT[1],
    (
        "readinessProbe",
        1,
        "unhealthy: drift at $.predictions[0].score: 0.742 → 0.",
    ),
];
const HUNG: [Expected; 3] = [
    (
        "startupProbe",
        1,
        "unhealthy: timed out after 2s waiting for the response; GET http://localhost:8000/health\n",
    ),
    (
        "livenessProbe",
        1,
        "unhealthy: timed out after 3s waiting for the response; GET http://localhost:8000/health\n",
    ),
    (
        "readinessProbe",
        1,
        "unhealthy: timed out after 3s waiting for the response; POST http://localhost:8000/predict\n",
    ),
];

#[track_caller]
fn assert_probes(pod: &Pod, manifest: &Manifest, expected: &[Expected]) {
    let is_so = |ended: &Finished, (_, code, line): &Expected| {
        ended.code == Some(*code) && without_times(&ended.text).starts_with(line)
    };
    let all = |ended: &[Finished]| {
        let mut pairs = ended.iter().zip(expected);
        pairs.all(|(ended, expected)| is_so(ended, expected))
    };
    for (ended, expected) in probed(pod, manifest, all).iter().zip(expected) {
        assert!(is_so(ended, expected), "{}: {ended:?}", expected.0);
    }
}

/// The exit code of one probe, and a part of its output.
#[track_caller]
fn assert_ends(pod: &Pod, manifest: &Manifest, probe: usize, (code, part): (i32, &str)) {
    let is_so = |ended: &[Finished]| {
        let ended = &ended[probe];
        ended.code == Some(code) && ended.text.contains(part)
    };
    let ended = probed(pod, manifest, is_so);
    assert!(is_so(&ended), "{part}: {:?}", ended[probe]);
}

/// Runs the probes. On a busy machine even a server that works may answer too late, so probes that should not time out
/// but do are repeated.
fn probed(pod: &Pod, manifest: &Manifest, is_so: impl Fn(&[Finished]) -> bool) -> Vec<Finished> {
    let deadline = Instant::now() + DEADLINE;
    loop {
        let ended = pod.probes(manifest);
        let is_late = ended
            .iter()
            .any(|ended| ended.text.contains("timed out after "));
        if is_so(&ended) || !is_late || Instant::now() > deadline {
            return ended;
        }
    }
}

#[test]
fn probes_distinguish_loading_healthy_wrong_and_hung() {
    let Some(machine) = Machine::build() else {
        return;
    };
    let Some(right) = manifest(MANIFEST) else {
        return;
    };
    // Each of these breaks one probe in one state.
    let broken = |right: &str, wrong: &str| manifest(&changed(MANIFEST, right, wrong)).unwrap();

    let pod = Pod::start(&machine, &right).unwrap();
    pod.wait_until_it_answers(&right);
    assert_probes(&pod, &right, &LOADING);
    // Would restart the pod while its model loads.
    let hasty = broken("--expect-status, 100-599", "--expect-status, \"200\"");
    assert_ends(
        &pod,
        &hasty,
        1,
        (1, "unhealthy: status 503, expected 200; "),
    );
    // Would end the startup too early.
    let blind = broken(
        "/health\", --timeout, 2s, --expect, model.loaded",
        "/docs\"",
    );
    assert_ends(&pod, &blind, 0, (0, "healthy: 200 OK in "));

    pod.put_model(str::to_owned);
    pod.wait_until_started(&right);
    assert_probes(&pod, &right, &RIGHT);
    for (right, wrong, reason) in [
        ("/predict\"", "/predictions\"", "unhealthy: status 404, "),
        (
            "\"label\": \"virginica\"",
            "\"label\": \"setosa\"",
            "drift at $.predictions[0].label: \"setosa\" → \"virginica\"; ",
        ),
        (
            "[[5.9, 3.0, 4.9, 1.7]]",
            "[5.9, 3.0, 4.9, 1.7]",
            "unhealthy: status 422, ",
        ),
        (
            "\"tolerance\"",
            "\"tolerence\"",
            "unknown key \"tolerence\"",
        ),
        (
            "probe.json: |",
            "check.json: |",
            "cannot read /etc/healthprobe/probe.json: No such file",
        ),
        (
            ", --config, /etc",
            ", /etc",
            "URL \"/etc/healthprobe/probe.json\": ",
        ),
    ] {
        let broken = broken(right, wrong);
        pod.configure(&broken);
        assert_ends(&pod, &broken, 2, (1, reason));
    }
    // healthprobe expands ${PORT}, not $(PORT).
    let foreign = broken(
        "\":${PORT}/health\", --timeout, 3s",
        "\":$(PORT)/health\", --timeout, 3s",
    );
    assert_ends(&pod, &foreign, 1, (1, "expected ${NAME}"));

    pod.put_model(|model| changed(model, "-104.368", "-104"));
    // Would not detect the drift.
    let lax = broken("\"tolerance\": 0.02", "\"tolerance\": 0.5");
    pod.configure(&right);
    pod.wait_until_it_drifts(&right);
    assert_probes(&pod, &right, &WRONG);
    // An edited ConfigMap takes effect without a new pod.
    pod.configure(&lax);
    assert_ends(&pod, &lax, 2, (0, "healthy: 200 OK in "));

    pod.configure(&right);
    pod.freeze();
    assert_probes(&pod, &right, &HUNG);
}

#[test]
fn a_pod_with_mismatched_parts_does_not_start() {
    let Some(machine) = Machine::build() else {
        return;
    };
    for (right, wrong, reason) in [
        (
            "[cp, /healthprobe, /probe/",
            "[cp, /healthprobe, /tmp/",
            "Read-only file system",
        ),
        (
            "[cp, /healthprobe,",
            "[cp, /usr/local/healthprobe,",
            "No such file",
        ),
        (
            "[cp, /healthprobe,",
            "[/healthprobe, --copy,",
            "unknown flag --copy",
        ),
    ] {
        let Some(manifest) = manifest(&changed(MANIFEST, right, wrong)) else {
            return;
        };
        let error = Pod::start(&machine, &manifest).map(drop).unwrap_err();
        assert!(error.contains(reason), "{right} → {wrong}: {error}");
    }
    for (right, wrong) in [
        (
            "mountPath: /probe\n              readOnly",
            "mountPath: /prob\n              readOnly",
        ),
        ("--port, $(PORT)]", "--port, \"${PORT}\"]"),
    ] {
        let manifest = manifest(&changed(MANIFEST, right, wrong)).unwrap();
        let pod = Pod::start(&machine, &manifest).unwrap();
        pod.put_model(str::to_owned);
        assert!(!pod.starts(&manifest), "{right} → {wrong}");
    }
}
