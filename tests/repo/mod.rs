//! What the repository ships besides the executable: README, examples, manual, packages, its own rules.

pub mod architecture;
pub mod dependencies;
pub mod install;
pub mod manual;
pub mod picture;
pub mod readme;
pub mod recipes;
pub mod schema;
pub mod tour;
pub mod version;
