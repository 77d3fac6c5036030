//! `cargo bench --bench baseline`: comparing a 10 MB answer with its baseline,
//! against what `serde_json` alone needs to parse it.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use healthprobe::check::json::{Baseline, Ignored};
use healthprobe::check::{self, Check};
use healthprobe::response::{Address, Body, BodyEnd, Phases, Response};
use serde_json::Value;

const ROUNDS: usize = 15;

fn main() {
    let mut state = 1_u64;
    let numbers: Vec<String> = (0..550_000)
        .map(|_| {
            // A linear congruential generator: the same numbers each time.
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            format!("0.{:016}", state >> 11)
        })
        .collect();
    let text = format!("{{\"embedding\":[{}]}}", numbers.join(","));
    let recorded: Value = serde_json::from_str(&text).unwrap_or_default();
    let body = Body {
        bytes: text.clone().into_bytes(),
        end: BodyEnd::Complete,
    };
    let exchange = Response {
        address: Address::Tcp(SocketAddr::from(([127, 0, 0, 1], 80))),
        redirects: Vec::new(),
        tls: None,
        status: 200,
        reason_phrase: None,
        headers: Vec::new(),
        body,
        phases: Phases::default(),
    };
    println!("{} bytes", text.len());
    for (name, recorded, ok) in [
        ("equal", recorded.clone(), true),
        (
            "every number off by more than the tolerance",
            shifted(&recorded, 0.5),
            false,
        ),
        ("every number off by less", shifted(&recorded, 1e-4), true),
    ] {
        let checks = [Check::Baseline(Baseline {
            name: name.to_owned(),
            recorded,
            tolerance: "0.01".parse().unwrap_or_default(),
            min_cosine: None,
            ignored: Ignored::default(),
        })];
        let (mut parse, mut both) = (Vec::new(), Vec::new());
        for _ in 0..ROUNDS {
            let started = Instant::now();
            let value: Option<Value> = serde_json::from_slice(&exchange.body.bytes).ok();
            parse.push(started.elapsed());
            drop(value);
            let started = Instant::now();
            let outcomes = check::evaluate(&checks, &exchange);
            both.push(started.elapsed());
            assert_eq!(outcomes[0].failure.is_none(), ok, "{name}");
        }
        let (parse, both) = (median(parse), median(both));
        println!(
            "{name}: parse {parse:?}, parse and compare {both:?}, ratio {:.2}",
            both.as_secs_f64() / parse.as_secs_f64()
        );
    }
}

fn shifted(value: &Value, by: f64) -> Value {
    match value {
        Value::Array(elements) => elements
            .iter()
            .map(|element| shifted(element, by))
            .collect(),
        Value::Object(members) => members
            .iter()
            .map(|(name, member)| (name.clone(), shifted(member, by)))
            .collect(),
        number => Value::from(number.as_f64().unwrap_or_default() + by),
    }
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}
