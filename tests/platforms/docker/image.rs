//! The images that `scripts/packaging/image.py` writes, in a real engine and a real registry.

use std::fs;
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

use super::HEALTHY;
use crate::support::build::{self, executables, static_healthprobe};
use crate::support::engine::{Container, Image, docker, engine_or_skip, try_docker};
use crate::support::packaging::{
    elf, images, loadable, place, pushable, python, this_architecture,
};
use crate::support::{DEADLINE, Folder, Running, free_port, program, run, unique, without_times};

const VERSION: &str = env!("CARGO_PKG_VERSION");

/// `image.py`'s results for this machine and another, with the images' name.
pub struct Layouts {
    pub folder: Folder,
    pub name: String,
}

impl Layouts {
    pub fn build(python: &Path) -> Self {
        let folder = Folder::new("layouts");
        let executables = folder.0.join("executables");
        let executable = fs::read(static_healthprobe()).expect("an executable");
        place(&executables, this_architecture(), &executable);
        let (other, content) = other();
        place(&executables, other, &content);
        let name = unique("image");
        images(python, &executables, &name, &folder.0);
        Self { folder, name }
    }

    /// The image of this machine, loaded into the engine.
    pub fn load(&self) -> Image {
        let archive = loadable(&self.folder.0, this_architecture());
        let name = format!("{}:{VERSION}", self.name);
        let image = Image::named(name.clone());
        let path = archive.to_str().expect("UTF-8");
        let loaded = docker(&["load", "--input", path]);
        assert_eq!(loaded, format!("Loaded image: {name}"));
        image
    }
}

/// Another architecture, and an executable for it: the real one if there is one.
fn other() -> (&'static str, Vec<u8>) {
    if this_architecture() == "arm64" {
        return ("amd64", elf("amd64"));
    }
    let real = executables()
        .into_iter()
        .find(|path| path.ends_with("arm64/healthprobe"));
    let content = real.map(|path| fs::read(path).expect("an executable"));
    ("arm64", content.unwrap_or_else(|| elf("arm64")))
}

/// Probes a server through the loaded image, in the server's network.
#[track_caller]
fn assert_probes(image: &Image) {
    let server_image = build::image();
    let server = Container::start(&server_image, &["--no-healthcheck"], &["healthy"]);
    let network = format!("--network=container:{}", server.name());
    let options = ["run", "--rm", "--read-only", "--cap-drop=ALL", &network];
    let arguments = ["--wait=60s", "--quiet", ":8000/health", "-e", "status=ok"];
    let quiet = [&options[..], &[image.name()], &arguments].concat();
    assert_eq!(docker(&quiet), "");
    let arguments = [":8000/health", "-e", "status=ok", "-t", "30s"];
    let healthy = docker(&[&options[..], &[image.name()], &arguments].concat());
    assert_eq!(without_times(&healthy), HEALTHY.trim_end());
    let arguments = [":8000/health", "-e", "status=no", "-t", "30s"];
    let unhealthy = try_docker(&[&options[..], &[image.name()], &arguments].concat());
    let unhealthy = unhealthy.expect_err("unhealthy");
    assert!(
        unhealthy.contains("exit status: 1\nunhealthy: status is \"ok\", expected \"no\"; GET "),
        "{unhealthy}"
    );
}

#[test]
fn docker_load_gives_an_image_that_probes() {
    engine_or_skip!();
    let Some(python) = python() else { return };
    let layouts = Layouts::build(&python);
    let image = layouts.load();
    assert_eq!(image.inspect("{{json .Config.User}}"), "65534:65534");
    assert_probes(&image);
}

#[test]
fn other_images_copy_from_it() {
    engine_or_skip!();
    let Some(python) = python() else { return };
    let layouts = Layouts::build(&python);
    let image = layouts.load();
    let server = build::image();
    let folder = Folder::new("copies");
    let copies = format!(
        "FROM scratch\nCOPY --from={} /server /server\nCOPY --from={} /healthprobe /healthprobe\nUSER 65534:65534\n\
         HEALTHCHECK --interval=500ms --timeout=60s CMD [\"/healthprobe\", \":8000/health\", \"-e\", \"status=ok\", \"-t\", \"30s\"]\n\
         ENTRYPOINT [\"/server\", \"healthy\"]\n",
        server.name(),
        image.name()
    );
    fs::write(folder.0.join("Dockerfile"), copies).expect("a Dockerfile");
    let copied = Image::build("copied", &folder.0, &[]);
    let container = Container::start(&copied, &["--read-only", "--network=none"], &[]);
    container.wait_until("healthy");
    super::assert_last_probe(&container, 0, HEALTHY);
}

/// A registry on loopback, which the engine may use without TLS.
fn registry(folder: &Path) -> Option<(Running, String)> {
    let program = program("docker-registry")?;
    let port = free_port();
    let config = format!(
        "version: 0.1\nlog: {{level: error}}\nstorage: {{filesystem: {{rootdirectory: {}}}}}\nhttp: {{addr: '127.0.0.1:{port}'}}\n",
        folder.join("registry").display()
    );
    let path = folder.join("registry.yml");
    fs::write(&path, config).expect("a configuration");
    let child = Command::new(program)
        .arg("serve")
        .arg(path)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn();
    let registry = Running(child.expect("a registry"));
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let deadline = Instant::now() + DEADLINE;
    while TcpStream::connect(address).is_err() {
        assert!(Instant::now() < deadline, "the registry does not listen");
        std::thread::yield_now();
    }
    Some((registry, format!("127.0.0.1:{port}")))
}

#[test]
fn a_registry_serves_each_architecture_its_own_image() {
    engine_or_skip!();
    let Some(skopeo) = program("skopeo") else {
        return;
    };
    let Some(python) = python() else { return };
    let layouts = Layouts::build(&python);
    let Some((_registry, address)) = registry(&layouts.folder.0) else {
        return;
    };
    let name = format!("{address}/{}:{VERSION}", layouts.name);
    run(Command::new(skopeo)
        .args(["copy", "--quiet", "--all", "--preserve-digests"])
        .args(["--insecure-policy", "--dest-tls-verify=false"])
        .arg(format!(
            "oci-archive:{}",
            pushable(&layouts.folder.0).display()
        ))
        .arg(format!("docker://{name}")));

    docker(&["pull", "--quiet", &name]);
    let image = Image::named(name.clone());
    assert_eq!(image.inspect("{{json .Architecture}}"), this_architecture());
    assert_probes(&image);
    drop(image);

    let (arch, executable) = other();
    let platform = format!("--platform=linux/{arch}");
    docker(&["pull", "--quiet", &platform, &name]);
    let image = Image::named(name);
    assert_eq!(image.inspect("{{json .Architecture}}"), arch);
    // The kernel may not know how to run it, but its file can be read.
    let container = docker(&["create", &platform, image.name()]);
    let to = layouts.folder.0.join("pulled");
    let from = format!("{container}:/healthprobe");
    docker(&["cp", &from, to.to_str().expect("UTF-8")]);
    docker(&["rm", &container]);
    assert!(fs::read(&to).expect("a file") == executable, "other bytes");
}
