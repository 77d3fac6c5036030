//! The tables of flags, fields and metrics name what there is, and the table of costs agrees with the budgets.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use super::pages::{ROOT, tables};
use super::{README, READY, World};
use crate::support::{Server, file, help_flags};

pub const FLAGS: &str = "| flag | meaning |";
pub const FIELDS: &str = "| field | meaning |";
pub const METRICS: &str = "| metric | meaning |";
pub const COSTS: &str = "| program | size, with libraries | time | × floor | memory | page faults | instructions | system calls |";

#[test]
fn the_tables_of_flags_are_those_of_the_help() {
    let of_help: Vec<String> = help_flags()
        .iter()
        .map(|[flag, ..]| match flag.strip_suffix('>') {
            // A value with a space is quoted.
            Some(flag) if flag.ends_with(": VALUE") => flag.replace('<', "'") + "'",
            Some(flag) => flag.replace('<', ""),
            None => flag.clone(),
        })
        .collect();
    let rows = tables(FLAGS).into_iter().flat_map(|table| table.rows);
    let of_pages: Vec<String> = rows.map(|row| row[0].clone()).collect();
    assert_eq!(of_pages, of_help);
}

/// The first column of the only table with this header.
fn names(header: &str) -> BTreeSet<String> {
    let mut tables = tables(header);
    assert_eq!(tables.len(), 1);
    let rows = tables.remove(0).rows.into_iter();
    rows.map(|row| row[0].clone()).collect()
}

#[test]
fn the_table_of_fields_is_that_of_the_json_output() {
    let server = Server::json(READY);
    let output = server.prepare(&[":PORT", "-o", "json"]).output();
    let object: serde_json::Map<String, serde_json::Value> =
        serde_json::from_slice(&output.stdout).unwrap();
    let fields: BTreeSet<String> = object.keys().cloned().collect();
    assert_eq!(names(FIELDS), fields);
}

#[test]
fn the_table_of_metrics_is_what_is_written() {
    let world = World::new("metrics");
    let file = file("pages.prom", "");
    let arguments = [
        "https://localhost:8443/",
        "--wait",
        "9s",
        "--metrics-file",
        &file,
    ];
    let ran = world.probe(&arguments.map(str::to_owned));
    assert_eq!(ran.code, Some(0), "{ran:?}");
    let text = fs::read_to_string(file).unwrap();
    let types = text.lines().filter_map(|line| line.strip_prefix("# TYPE "));
    let written = types.map(|line| line.split(' ').next().unwrap().to_owned());
    assert_eq!(names(METRICS), written.collect());
}

/// A number as the table of costs has it: `1.8 MB`, `15.5 million`.
fn number(cell: &str) -> f64 {
    let (number, unit) = cell.split_once(' ').unwrap_or((cell, ""));
    let factor = match unit {
        "" | "ms" => 1.0,
        "kB" | "thousand" => 1e3,
        "MB" | "million" => 1e6,
        other => panic!("no such unit: {other}"),
    };
    number.parse::<f64>().unwrap() * factor
}

#[test]
fn the_table_of_costs_agrees_with_itself_and_with_the_budgets() {
    let rows = tables(COSTS).remove(0).rows;
    let floor = number(&rows[0][2]);
    for row in &rows {
        let ratio = number(&row[2]) / floor;
        let shown = number(&row[3]);
        // The ratios are medians of their own.
        assert!((ratio / shown - 1.0).abs() < 0.03, "{row:?}: {ratio}");
    }
    let curl = rows.iter().find(|row| row[0].starts_with("curl")).unwrap();
    assert!(README.contains(&format!("`curl -f` takes {} and {}.", curl[2], curl[4])));
    let budgets = fs::read_to_string(Path::new(ROOT).join(".ci/budgets")).unwrap();
    let budget = |name: &str| {
        let line = budgets.lines().find_map(|line| line.strip_prefix(name));
        number(line.unwrap().trim_start_matches('='))
    };
    let healthprobe = &rows[1];
    assert!(healthprobe[0].starts_with("healthprobe"));
    let claim = format!(
        "{}, {} and {} of memory per probe.",
        healthprobe[1], healthprobe[2], healthprobe[4]
    );
    assert!(README.contains(&claim), "{claim}");
    for (column, name) in [
        (1, "MAX_STATIC_BYTES"),
        (6, "MAX_INSTRUCTIONS"),
        (7, "MAX_SYSCALLS"),
    ] {
        let shown = number(&healthprobe[column]);
        // The table rounds.
        assert!(
            shown <= budget(name) && shown > 0.8 * budget(name),
            "{name}"
        );
    }
}
