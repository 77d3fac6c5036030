//! The lines to install a release: they name what a release has, and the download runs.

use std::fs;
use std::path::Path;
use std::process::Command;

use super::pages::{ROOT, pages, tables};
use crate::support::packaging::finish;
use crate::support::{Folder, changed, program};

pub const WAYS: &str = "| for | line |";

const REPOSITORY: &str = env!("CARGO_PKG_REPOSITORY");

/// The lines of the README's table, in its order.
fn lines() -> Vec<String> {
    let rows = tables(WAYS).into_iter().flat_map(|table| table.rows);
    rows.map(|row| row[1].clone()).collect()
}

#[test]
fn the_lines_name_the_project() {
    let lines = lines();
    let image = REPOSITORY.replace("https://github.com", "ghcr.io");
    assert_eq!(lines.len(), 4);
    assert_eq!(
        lines[0],
        format!("COPY --from={image} /healthprobe /healthprobe")
    );
    assert_eq!(lines[1], concat!("pip install ", env!("CARGO_PKG_NAME")));
    assert_eq!(
        lines[3],
        concat!("cargo install --locked ", env!("CARGO_PKG_NAME"))
    );
}

/// One name of the image everywhere: `scripts/packaging/image.py` takes it from Cargo.toml.
#[test]
fn every_page_and_dockerfile_names_the_same_image() {
    let image = REPOSITORY.replace("https://github.com", "ghcr.io");
    let mut files: Vec<_> = pages().into_iter().map(|page| page.path).collect();
    let others = ["Dockerfile", "Dockerfile.example", "examples/compose.yaml"];
    files.extend(others.map(|name| Path::new(ROOT).join(name)));
    let mut named = 0;
    for file in files {
        let text = fs::read_to_string(&file).unwrap();
        for found in text.match_indices("ghcr.io/") {
            assert!(text[found.0..].starts_with(&image), "{}", file.display());
            named += 1;
        }
        assert!(!text.contains("--from=healthprobe"), "{}", file.display());
    }
    assert!(named >= 8, "{named}");
}

#[test]
fn the_download_checks_its_checksum() {
    if program("curl").is_none() {
        return;
    }
    let (release, here) = (Folder::new("release"), Folder::new("download"));
    let name = "healthprobe-x86_64-unknown-linux-musl";
    let files = [
        (name, "the executable"),
        ("healthprobe-other", "not downloaded"),
    ];
    for (name, content) in files {
        fs::write(release.0.join(name), content).unwrap();
    }
    let sums = finish(
        Command::new("sha256sum")
            .args(files.map(|file| file.0))
            .current_dir(&release.0),
    );
    fs::write(release.0.join("SHA256SUMS"), sums.text).unwrap();
    let published = format!("{REPOSITORY}/releases/latest/download");
    let local = format!("file://{}", release.0.display());
    let line = changed(&lines()[2], &published, &local);
    for shell in ["sh", "bash"] {
        let run = || finish(Command::new(shell).args(["-c", &line]).current_dir(&here.0));
        let downloaded = run();
        assert_eq!(downloaded.code, Some(0), "{}", downloaded.text);
        let ok = format!("{name}: OK\n");
        assert!(downloaded.text.starts_with(&ok), "{}", downloaded.text);
        assert_eq!(
            fs::read_to_string(here.0.join(name)).unwrap(),
            "the executable"
        );

        fs::write(release.0.join(name), "another executable").unwrap();
        let spoilt = run();
        assert_eq!(spoilt.code, Some(1), "{}", spoilt.text);
        assert!(
            spoilt.text.starts_with(&format!("{name}: FAILED\n")),
            "{}",
            spoilt.text
        );
        fs::write(release.0.join(name), "the executable").unwrap();
    }
}
