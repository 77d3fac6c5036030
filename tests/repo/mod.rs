//! The repository's other files: README, examples, manual, packages, dependencies, architecture.

mod architecture;
mod dependencies;
mod install;
mod manual;
mod packaging;
mod picture;
mod readme;
mod recipes;
mod release;
mod schema;
mod tour;
mod version;
