//! What the executable does, against raw sockets: needs nothing but the executable.

pub mod answer;
pub mod baseline;
pub mod checks;
pub mod config;
pub mod data;
pub mod deadline;
pub mod faults;
pub mod json;
pub mod metrics;
pub mod no_tls;
pub mod output;
pub mod redirect;
pub mod request;
pub mod routing;
pub mod secrets;
pub mod settings;
pub mod side_effects;
pub mod target;
pub mod tls;
pub mod wait;
