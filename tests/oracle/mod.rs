//! Tests whose expected results come from elsewhere: a reference implementation, other programs, many runs.

mod compliance;
mod differential;
mod drift;
mod evaluate;
mod generate;
mod model;
mod reference;
mod soak;
