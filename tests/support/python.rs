//! Pythons with the packages that tests need: the one in a variable, or that of `target/venv-NAME`, made by
//! `.ci/run`.
//!
//! Each is `None` if there is none, and prints that; `HP_TEST_REQUIRE_PYTHON=1` makes it a failure.

use std::path::{Path, PathBuf};

use super::skip::{path_in, skip};
use super::vars;

fn python(variable: &str, name: &str, requirements: &str) -> Option<PathBuf> {
    if let Some(python) = path_in(variable) {
        return Some(python);
    }
    let venv = format!("target/venv-{name}");
    let python = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("{venv}/bin/python"));
    if python.exists() {
        return Some(python);
    }
    let missing = format!(
        "no Python with {requirements}: set {variable} or install it into a venv at {venv}"
    );
    skip(vars::REQUIRE_PYTHON, &format!("{name}: {missing}"));
    None
}

/// For `examples/fastapi`.
pub fn fastapi_python() -> Option<PathBuf> {
    python(vars::PYTHON, "fastapi", "examples/fastapi/requirements.txt")
}

/// For `examples/credit-scoring`, and with jsonschema.
pub fn credit_python() -> Option<PathBuf> {
    python(
        vars::CREDIT_PYTHON,
        "credit-scoring",
        "examples/credit-scoring/requirements.txt and tests/repo/requirements.txt",
    )
}

/// For most recipes, and gunicorn.
pub fn recipes_python() -> Option<PathBuf> {
    python(
        vars::RECIPES_PYTHON,
        "recipes",
        "tests/platforms/recipes/requirements.txt",
    )
}

/// For the recipe `BentoML`, whose requirements exclude those of `MLServer`.
pub fn bentoml_python() -> Option<PathBuf> {
    python(
        vars::BENTOML_PYTHON,
        "bentoml",
        "tests/platforms/recipes/requirements-bentoml.txt",
    )
}

/// With llama.cpp and an embedding model.
pub fn llm_python() -> Option<PathBuf> {
    python(
        vars::LLM_PYTHON,
        "llm",
        "tests/platforms/llm/requirements.txt (--no-deps)",
    )
}

/// With another implementation of `JSONPath`.
pub fn differential_python() -> Option<PathBuf> {
    python(
        vars::DIFFERENTIAL_PYTHON,
        "differential",
        "tests/oracle/differential/requirements.txt",
    )
}

/// With the schemas of Kubernetes, GitHub and GitLab.
pub fn platforms_python() -> Option<PathBuf> {
    python(
        vars::PLATFORMS_PYTHON,
        "platforms",
        "tests/platforms/requirements.txt",
    )
}

/// With the checkers of wheels.
pub fn packaging_python() -> Option<PathBuf> {
    python(
        vars::PACKAGING_PYTHON,
        "packaging",
        "tests/repo/packaging/requirements.txt",
    )
}
