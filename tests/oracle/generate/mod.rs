//! Random documents and assertions.

pub mod assertion;
pub mod document;
pub mod rng;

use crate::support::vars;
use std::env;

const SEED: u64 = 20_261_120;

/// The default seed, or the one in `HP_TEST_MODEL_SEED`.
pub fn seed() -> u64 {
    match env::var(vars::MODEL_SEED) {
        Ok(text) => text.parse().unwrap(),
        Err(_) => SEED,
    }
}
