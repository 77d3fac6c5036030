//! The wheel in an image of Debian's Python: pip puts the probe into `PATH`, and HEALTHCHECK runs it by its name.

use std::fs;
use std::path::{Path, PathBuf};

use super::{HEALTHY, NOT_LOADED, assert_last_probe, wait_until_it_listens};
use crate::support::build::{compile, static_healthprobe};
use crate::support::engine::{Container, Image, docker, engine_or_skip};
use crate::support::packaging::{python, this_architecture, wheel};
use crate::support::skip::path_in;
use crate::support::{Folder, skip, source, unique, vars};

const DOCKERFILE: &str = r#"
ARG PYTHON_IMAGE
FROM ${PYTHON_IMAGE}
RUN python3 -m venv /venv
# What pip would otherwise download.
COPY *.whl /
ENV PATH=/venv/bin:/usr/bin:/bin PIP_NO_INDEX=1 PIP_FIND_LINKS=/
RUN pip install --no-cache-dir healthprobe
RUN pip check
# Without any Python a probe that needed one would fail.
RUN rm -r /venv/bin/python* /usr/bin/python3*
COPY server /server
USER 65534:65534
HEALTHCHECK --interval=500ms --timeout=60s --start-period=60s --retries=1 \
  CMD ["healthprobe", "http://localhost:8000/health", "-t", "5s"]
ENTRYPOINT ["/server"]
"#;

/// The archive of Debian with Python that `.ci/stages/tests` makes. `None` if there is none; prints that.
fn debian_python() -> Option<PathBuf> {
    let archive = path_in(vars::DEBIAN_PYTHON);
    let archive = archive.unwrap_or_else(|| source("target/debian-python.tar"));
    if archive.exists() {
        return Some(archive);
    }
    let missing = format!("no Debian with Python in {}", archive.display());
    skip(vars::REQUIRE_PYTHON, &missing);
    None
}

struct Installed {
    // Dropped before its base.
    image: Image,
    _base: Image,
}

fn installed(python: &Path, debian: &Path) -> Installed {
    let folder = Folder::new("wheel");
    wheel(python, this_architecture(), static_healthprobe(), &folder.0);
    compile("tests/platforms/docker/server.rs", &folder.0.join("server"));
    fs::write(folder.0.join("Dockerfile"), DOCKERFILE).expect("a Dockerfile");
    let base = Image::named(unique("debian-python"));
    docker(&["import", debian.to_str().expect("UTF-8"), base.name()]);
    let argument = format!("--build-arg=PYTHON_IMAGE={}", base.name());
    Installed {
        image: Image::build("wheel", &folder.0, &[&argument]),
        _base: base,
    }
}

#[test]
fn a_wheel_in_debians_python_probes_by_its_name() {
    engine_or_skip!();
    let (Some(python), Some(debian)) = (python(), debian_python()) else {
        return;
    };
    let installed = installed(&python, &debian);
    let options = ["--network=none", "--read-only", "--cap-drop=ALL"];
    let container = Container::start(&installed.image, &options, &["loading"]);
    let mode = |mode: &str| {
        let url = format!("http://localhost:8000/mode/{mode}");
        container.exec(&["healthprobe", &url, "-t", "30s"]);
    };
    container.wait_for_a_probe();
    wait_until_it_listens(&container);
    assert_eq!(container.health(), "starting");
    assert_last_probe(&container, 1, NOT_LOADED);

    mode("healthy");
    container.wait_until("healthy");
    assert_last_probe(&container, 0, HEALTHY);

    mode("loading");
    container.wait_until("unhealthy");
    assert_last_probe(&container, 1, NOT_LOADED);

    let version = docker(&["exec", container.name(), "healthprobe", "--version"]);
    assert_eq!(version, concat!("healthprobe ", env!("CARGO_PKG_VERSION")));
}
