//! What the repository ships besides the executable: README, examples, manual, packages, its own rules.

mod architecture;
mod dependencies;
mod install;
mod manual;
mod picture;
mod readme;
mod recipes;
mod schema;
mod tour;
mod version;
