//! The tests' own environment variables. `HEALTHPROBE_` is the users' prefix.

/// The static executable to ship.
pub const STATIC: &str = "HP_TEST_STATIC";
/// The build without TLS.
pub const PLAIN: &str = "HP_TEST_PLAIN";
/// The executables of a release, `ARCH/healthprobe`, with colons between them.
pub const EXECUTABLES: &str = "HP_TEST_EXECUTABLES";
/// The Python for `examples/fastapi`.
pub const PYTHON: &str = "HP_TEST_PYTHON";
/// The Python for `examples/credit-scoring`.
pub const CREDIT_PYTHON: &str = "HP_TEST_CREDIT_PYTHON";
/// The Python for most recipes.
pub const RECIPES_PYTHON: &str = "HP_TEST_RECIPES_PYTHON";
/// The Python for the recipe `BentoML`.
pub const BENTOML_PYTHON: &str = "HP_TEST_BENTOML_PYTHON";
/// The Python with llama.cpp and an embedding model.
pub const LLM_PYTHON: &str = "HP_TEST_LLM_PYTHON";
/// The Python for `oracle/differential`.
pub const DIFFERENTIAL_PYTHON: &str = "HP_TEST_DIFFERENTIAL_PYTHON";
/// The Python with the platforms' schemas.
pub const PLATFORMS_PYTHON: &str = "HP_TEST_PLATFORMS_PYTHON";
/// The Python with the checkers of wheels.
pub const PACKAGING_PYTHON: &str = "HP_TEST_PACKAGING_PYTHON";
/// An archive of a Debian with Python.
pub const DEBIAN_PYTHON: &str = "HP_TEST_DEBIAN_PYTHON";
/// `1` makes a missing Docker Engine a failure.
pub const REQUIRE_DOCKER: &str = "HP_TEST_REQUIRE_DOCKER";
/// `1` makes a missing Python a failure.
pub const REQUIRE_PYTHON: &str = "HP_TEST_REQUIRE_PYTHON";
/// `1` makes any other missing program a failure.
pub const REQUIRE_SERVERS: &str = "HP_TEST_REQUIRE_SERVERS";
/// The number of probes in `oracle/soak.rs`.
pub const SOAK: &str = "HP_TEST_SOAK";
/// The seed of the random tests.
pub const MODEL_SEED: &str = "HP_TEST_MODEL_SEED";
