//! The executable's behaviour against raw sockets. Needs nothing else.

mod answer;
mod baseline;
mod checks;
mod config;
mod data;
mod deadline;
mod encoding;
mod faults;
mod json;
mod location;
mod metrics;
mod no_tls;
mod operators;
mod output;
mod redirect;
mod request;
mod routing;
mod secrets;
mod settings;
mod side_effects;
mod surrogates;
mod target;
mod terminal;
mod tls;
mod wait;
mod white_space;
