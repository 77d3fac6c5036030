//! A container with this machine's `/usr` and the inference service of `examples/fastapi` in `/opt/model`, and
//! nothing else of this machine.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::{Command, Stdio};

use super::engine::{self, Image};
use super::files::executable;
use super::python::fastapi_python;
use super::{Finished, Folder, source};

/// The image and the mounts of its containers. The image is removed when dropped.
pub struct Machine {
    pub image: Image,
    mounts: Vec<String>,
}

impl Machine {
    /// `None` if there is no engine, or no Python for the service; prints that.
    pub fn build() -> Option<Self> {
        if !engine::answers() {
            return None;
        }
        let python = fastapi_python()?;
        let [base, packages] = places(&python);
        let folder = Folder::new("machine");
        lay_out(&folder.0.join("root"));
        let dockerfile = "FROM scratch\nCOPY root /\nENV PATH=/opt/model/venv/bin:/usr/sbin:/usr/bin\n\
            WORKDIR /opt/model\n";
        fs::write(folder.0.join("Dockerfile"), dockerfile).unwrap();
        Some(Self {
            image: Image::build("machine", &folder.0, &[]),
            mounts: vec![
                "--volume=/usr:/usr:ro".to_owned(),
                format!("--volume={base}:/opt/python:ro"),
                format!("--volume={packages}:/opt/packages:ro"),
            ],
        })
    }

    /// The options of `docker create` for it, and these.
    pub fn options<'a>(&'a self, further: &'a [String]) -> Vec<&'a str> {
        let options = self.mounts.iter().chain(further);
        options.map(String::as_str).collect()
    }
}

/// The base installation of a virtual environment, and the folder of the environment's packages.
fn places(python: &Path) -> [String; 2] {
    let output = Command::new(python)
        .args([
            "-c",
            "import sys, sysconfig; print(sys.base_prefix); print(sysconfig.get_path('purelib'))",
        ])
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let mut lines = text.lines().map(str::to_owned);
    [lines.next().unwrap(), lines.next().unwrap()]
}

fn lay_out(root: &Path) {
    for folder in [
        "dev",
        "etc",
        "proc",
        "run",
        "sys",
        "tmp",
        "var",
        "opt/model/venv/bin",
    ] {
        fs::create_dir_all(root.join(folder)).unwrap();
    }
    for folder in ["bin", "sbin", "lib", "lib64"] {
        symlink(format!("usr/{folder}"), root.join(folder)).unwrap();
    }
    fs::write(root.join("etc/passwd"), "root:x:0:0::/:/bin/sh\n").unwrap();
    fs::write(root.join("etc/group"), "root:x:0:\n").unwrap();
    for file in ["app.py", "model.json"] {
        let from = source("examples/fastapi").join(file);
        fs::copy(from, root.join("opt/model").join(file)).unwrap();
    }
    // Mounted at another place than its own, which may be a home folder that services cannot read.
    let python = "#!/bin/sh\n\
        export LD_LIBRARY_PATH=/opt/python/lib PYTHONHOME=/opt/python PYTHONPATH=/opt/packages\n\
        exec /opt/python/bin/python3 ";
    for (name, arguments) in [("python", ""), ("uvicorn", "-m uvicorn ")] {
        let script = format!("{python}{arguments}\"$@\"\n");
        executable(&root.join("opt/model/venv/bin").join(name), script);
    }
}

/// Runs a command in a container.
pub fn exec(container: &str, command: &[String]) -> Finished {
    let output = Command::new("docker")
        .args(["exec", container])
        .args(command)
        .stdin(Stdio::null())
        .output();
    output.unwrap().into()
}
