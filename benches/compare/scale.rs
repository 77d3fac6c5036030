//! What a longer body and more assertions cost. Nothing may grow faster than they do.

use std::fmt::Write as _;

use super::run::{Run, Runner};
use super::server::serve;
use super::{Done, healthprobe, median};

const ROUNDS: usize = 21;

/// How much dearer a unit may become where there are more of them. What a step
/// costs is exact, but buffers grow by doubling.
const TOLERANCE: f64 = 1.25;

const BODIES: [(&str, usize); 4] = [
    ("/1k", 1_000),
    ("/100k", 100_000),
    ("/1M", 1_000_000),
    ("/10M", 10_000_000),
];

/// What one command took.
struct Cost {
    wall: f64,
    memory: f64,
    instructions: Option<f64>,
}

/// Prints both tables.
pub fn tables(runner: &Runner) -> Done {
    let bodies = BODIES.map(|(path, bytes)| (path, "200 OK", body(bytes)));
    let port = serve(bodies.into())?;
    let probe = |path: &str, assertions: &[String]| {
        let mut command = vec![healthprobe(), format!("http://127.0.0.1:{port}{path}")];
        command.extend(["--max-body", "20MiB", "--timeout", "60s"].map(str::to_owned));
        for assertion in assertions {
            command.extend(["--expect".to_owned(), assertion.clone()]);
        }
        command
    };
    println!("\nOne assertion at the end of a body.\n");
    println!("| body | time | memory | time a kB | memory a kB | instructions a kB |");
    println!("| ---: | ---: | ---: | ---: | ---: | ---: |");
    let mut costs = Vec::new();
    for (path, bytes) in BODIES {
        let cost = cost(runner, &probe(path, &["status=ok".to_owned()]))?;
        print_row(&format!("{} kB", bytes / 1000), bytes / 1000, &cost);
        costs.push((bytes, cost));
    }
    check("a byte", &costs)?;
    println!("\nAssertions on a body of 100 kB.\n");
    println!("| assertions | time | memory | time each | memory each | instructions each |");
    println!("| ---: | ---: | ---: | ---: | ---: | ---: |");
    let mut costs = Vec::new();
    for count in [1, 10, 100] {
        let assertions: Vec<String> = (0..count)
            .map(|index| format!("items[{index}].score>=0"))
            .collect();
        let cost = cost(runner, &probe("/100k", &assertions))?;
        print_row(&count.to_string(), count, &cost);
        costs.push((count, cost));
    }
    check("an assertion", &costs)
}

/// A JSON object of about this many bytes, whose last member is the status.
fn body(bytes: usize) -> String {
    let end = "],\"status\":\"ok\"}";
    let mut text = "{\"items\":[".to_owned();
    let mut index = 0;
    while text.len() + end.len() < bytes {
        let comma = if index == 0 { "" } else { "," };
        // Writing to a String cannot fail.
        let _ = write!(
            text,
            "{comma}{{\"label\":\"item {index}\",\"score\":0.{index:06}}}"
        );
        index += 1;
    }
    text + end
}

fn cost(runner: &Runner, command: &[String]) -> Result<Cost, Box<dyn std::error::Error>> {
    let runs: Vec<Run> = (0..ROUNDS)
        .map(|_| runner.run(command, 0))
        .collect::<Result<_, _>>()?;
    if !runs.iter().all(|run| run.ok) {
        return Err(format!("{command:?} fails").into());
    }
    Ok(Cost {
        wall: median(runs.iter().map(|run| run.wall)),
        memory: median(runs.iter().map(|run| run.memory)),
        instructions: runner.instructions(command),
    })
}

fn print_row(name: &str, units: usize, cost: &Cost) {
    let units = f64::from(u32::try_from(units).unwrap_or(u32::MAX));
    let each = |amount: f64| amount / units;
    let instructions = cost.instructions;
    println!(
        "| {name} | {:.2} ms | {:.1} MB | {:.1} µs | {:.1} kB | {} |",
        cost.wall / 1e3,
        cost.memory / 1e3,
        each(cost.wall),
        each(cost.memory),
        instructions.map_or_else(
            || "–".to_owned(),
            |count| format!("{:.1} thousand", each(count) / 1e3)
        ),
    );
}

/// No step is worse than linear: what each further unit costs beyond the first
/// row is no more in the last step than in the one before.
fn check(unit: &str, costs: &[(usize, Cost)]) -> Done {
    let number = |count: usize| f64::from(u32::try_from(count).unwrap_or(u32::MAX));
    let steps: Vec<f64> = costs
        .windows(2)
        .filter_map(|pair| {
            let more = pair[1].1.instructions? - pair[0].1.instructions?;
            Some(more / (number(pair[1].0) - number(pair[0].0)))
        })
        .collect();
    for step in steps.windows(2) {
        if step[1] > step[0] * TOLERANCE {
            return Err(format!(
                "{unit} costs {:.1} instructions, then {:.1}",
                step[0], step[1]
            )
            .into());
        }
    }
    Ok(())
}
