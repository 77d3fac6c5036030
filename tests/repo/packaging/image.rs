//! The OCI image layouts: what they hold, and that the bytes depend on the executables and the project alone.

use std::process::Command;

use serde_json::{Value, json};

use super::{assert_same, in_two_places, read};
use crate::support::packaging::{
    architectures, elf, finish, images, loadable, place, pushable, python, script,
};
use crate::support::{Folder, run};

const VERSION: &str = env!("CARGO_PKG_VERSION");

/// Something like an executable for each architecture.
fn executables() -> Folder {
    let folder = Folder::new("executables");
    for arch in architectures() {
        place(&folder.0, arch.name, &elf(arch.name));
    }
    folder
}

fn sha256(path: &std::path::Path) -> String {
    let output = run(Command::new("sha256sum").arg(path));
    let text = String::from_utf8(output.stdout).unwrap();
    text.split_whitespace().next().unwrap().to_owned()
}

/// Asserts that this is an image of `/healthprobe` alone.
#[track_caller]
fn assert_image(manifest: &Value, platform: &Value, executable: &std::path::Path) {
    let config = &manifest["config"]["content"];
    for key in ["os", "architecture", "variant"] {
        assert_eq!(config[key], platform[key], "{key}");
    }
    assert_eq!(config["config"]["User"], "65534:65534");
    assert_eq!(config["config"]["Entrypoint"], json!(["/healthprobe"]));
    assert_eq!(config["config"]["Labels"], manifest["annotations"]);
    let layers = manifest["layers"].as_array().unwrap();
    assert_eq!(layers.len(), 1);
    let layer = &layers[0]["content"];
    assert_eq!(config["rootfs"]["diff_ids"], json!([layer["diff_id"]]));
    let entry = json!([{
        "name": "healthprobe",
        "mode": "0o755",
        "owner": [0, 0, "", ""],
        "time": 1_700_000_000,
        "sha256": sha256(executable),
    }]);
    assert_eq!(layer["entries"], entry);
}

#[test]
fn the_layout_has_an_image_per_architecture_and_an_index() {
    let Some(python) = python() else { return };
    let (executables, out) = (executables(), Folder::new("images"));
    run(script(&python, "image.py")
        .args(["--version", VERSION, "--executables"])
        .arg(&executables.0)
        .arg("--out")
        .arg(&out.0)
        .env("SOURCE_DATE_EPOCH", "1700000000"));
    let read = read(&python, "read_image.py", &pushable(&out.0));
    assert_eq!(read["unused"], json!([]));
    assert_eq!(read["oci-layout"], json!({"imageLayoutVersion": "1.0.0"}));
    // Nothing that an engine would load as one image.
    assert_eq!(read["manifest.json"], json!(null));
    let roots = read["index"]["manifests"].as_array().unwrap();
    assert_eq!(roots.len(), 1);
    let published = env!("CARGO_PKG_REPOSITORY").replace("https://github.com", "ghcr.io");
    assert_eq!(
        roots[0]["annotations"],
        json!({
            "io.containerd.image.name": format!("{published}:{VERSION}"),
            "org.opencontainers.image.ref.name": VERSION,
        })
    );
    let index = &roots[0]["content"];
    let about = &index["annotations"];
    for (key, value) in [
        ("created", "2023-11-14T22:13:20Z"),
        ("description", env!("CARGO_PKG_DESCRIPTION")),
        ("licenses", env!("CARGO_PKG_LICENSE")),
        ("source", env!("CARGO_PKG_REPOSITORY")),
        ("title", "healthprobe"),
        ("version", VERSION),
    ] {
        assert_eq!(about[format!("org.opencontainers.image.{key}")], value);
    }
    let manifests = index["manifests"].as_array().unwrap();
    assert_eq!(manifests.len(), architectures().len());
    for (descriptor, arch) in manifests.iter().zip(architectures()) {
        let mut platform = json!({"os": "linux", "architecture": arch.oci});
        if let Some(variant) = arch.variant {
            platform["variant"] = variant.into();
        }
        assert_eq!(descriptor["platform"], platform);
        assert_eq!(&descriptor["content"]["annotations"], about);
        let executable = executables.0.join(arch.name).join("healthprobe");
        assert_image(&descriptor["content"], &platform, &executable);
    }
}

#[test]
fn each_architecture_has_an_archive_for_docker_load() {
    let Some(python) = python() else { return };
    let (executables, out) = (executables(), Folder::new("images"));
    images(&python, &executables.0, "registry.example/a", &out.0);
    for arch in architectures() {
        let read = read(&python, "read_image.py", &loadable(&out.0, arch.name));
        assert_eq!(read["unused"], json!([]), "{}", arch.name);
        let manifests = read["index"]["manifests"].as_array().unwrap();
        assert_eq!(manifests.len(), 1);
        let name = format!("registry.example/a:{VERSION}");
        assert_eq!(
            manifests[0]["annotations"]["io.containerd.image.name"],
            name
        );
        let manifest = &manifests[0]["content"];
        let path = |descriptor: &Value| {
            let digest = descriptor["digest"].as_str().unwrap();
            format!("blobs/{}", digest.replace(':', "/"))
        };
        let expected = json!([{
            "Config": path(&manifest["config"]),
            "RepoTags": [name],
            "Layers": [path(&manifest["layers"][0])],
        }]);
        assert_eq!(read["manifest.json"], expected);
        assert_eq!(manifest["config"]["content"]["architecture"], arch.oci);
    }
}

#[test]
fn the_same_executables_give_the_same_images() {
    let Some(python) = python() else { return };
    let executables = executables();
    let path = executables.0.to_str().unwrap();
    let arguments = ["--version", VERSION, "--executables", path];
    let folders = in_two_places(&python, "image.py", &arguments);
    let names = assert_same(&folders);
    assert_eq!(names.len(), 1 + architectures().len(), "{names:?}");
}

#[test]
fn an_executable_of_another_architecture_makes_no_image() {
    let Some(python) = python() else { return };
    let (executables, out) = (executables(), Folder::new("images"));
    place(&executables.0, "riscv64", &elf("arm64"));
    let printed = finish(
        script(&python, "image.py")
            .args(["--version", VERSION, "--executables"])
            .arg(&executables.0)
            .args(["--out"])
            .arg(out.0.join("out")),
    );
    let path = executables.0.join("riscv64/healthprobe");
    let error = format!("error: {} is for arm64, expected riscv64\n", path.display());
    assert_eq!((printed.code, printed.text), (Some(1), error));
    assert!(!out.0.join("out").exists());
}
