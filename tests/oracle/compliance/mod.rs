//! The JSONPath Compliance Test Suite: its cases with `match()` or `search()`.
//!
//! `cases.json` holds all cases whose selector names one of them, from `cts.json` of
//! <https://github.com/jsonpath-standard/jsonpath-compliance-test-suite>, commit 7be7c1f (May 2026), without their tags.
//! `LICENSE` is that suite's.

use healthprobe::check::json;
use serde_json::Value;

use super::differential::normalized;

#[test]
fn every_case_with_match_or_search_passes() {
    let cases: Vec<Value> = serde_json::from_str(include_str!("cases.json")).unwrap();
    let (mut selecting, mut invalid) = (0, 0);
    for case in &cases {
        let selector = case["selector"].as_str().unwrap();
        let name = &case["name"];
        if case["invalid_selector"] == true {
            assert!(json::query(selector).is_err(), "{name}: {selector}");
            invalid += 1;
            continue;
        }
        let query =
            json::query(selector).unwrap_or_else(|error| panic!("{name}: {selector}: {error}"));
        let located = query.query_located(&case["document"]);
        let paths: Vec<String> = located.locations().map(normalized).collect();
        assert_eq!(
            Value::from(paths),
            case["result_paths"],
            "{name}: {selector}"
        );
        let nodes = located.nodes().cloned().collect::<Value>();
        assert_eq!(nodes, case["result"], "{name}: {selector}");
        assert_eq!(
            query.query(&case["document"]).all().len(),
            located.len(),
            "{name}"
        );
        selecting += 1;
    }
    assert_eq!((selecting, invalid), (50, 6));
}
