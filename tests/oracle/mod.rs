//! Behaviour beside something else that knows the answer: a reference, other implementations, many runs.

mod differential;
mod drift;
mod evaluate;
mod generate;
mod model;
mod reference;
mod soak;
