//! The same questions to something else that knows the answer: a model, other implementations, many runs.

pub mod differential;
pub mod model;
pub mod soak;
